/* test_nomogram.c - points against R's rms. */
#include "cohort.h"

#include <survival/baseline.h>
#include <survival/nomogram.h>

enum { P = 6 };
static const char *const NAMES[P] = { "age", "nodes", "differ", "extent", "node4", "rxLev5FU" };

/* Coefficients of the reference model, and the ranges that its nomogram shows. */
static void read_model(double *coef, double *shown, const csv *points)
{
    csv c;
    if (!csv_read(&c, REFERENCE("10_calibration/colon_cph_coef.csv"))) { fail_msg("cannot read the coefficients"); }
    for (size_t j = 0; j < P; j++) {
        assert_string_equal(csv_text(&c, j, "term"), NAMES[j]);
        coef[j] = csv_num(&c, j, "coef");
        shown[2 * j] = (double)INFINITY;
        shown[2 * j + 1] = -(double)INFINITY;
        for (size_t r = 0; r < points->rows; r++) {
            if (strcmp(csv_text(points, r, "variable"), NAMES[j]) != 0) { continue; }
            shown[2 * j] = fmin(shown[2 * j], csv_num(points, r, "value"));
            shown[2 * j + 1] = fmax(shown[2 * j + 1], csv_num(points, r, "value"));
        }
    }
    csv_free(&c);
}

static size_t column_of(const char *name)
{
    size_t j = 0;
    while (j < P && strcmp(NAMES[j], name) != 0) { j++; }
    assert_true(j < P);
    return j;
}

static void test_nomogram__points_agree_with_rms(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("12_nomogram"));
    csv points;
    double coef[P], shown[2 * P];
    sv_error err;
    sv_nomogram n;
    if (!csv_read(&points, REFERENCE("12_nomogram/colon_nomogram_points.csv"))) { fail_msg("cannot read the points"); }
    read_model(coef, shown, &points);
    CHECK_OK(sv_nomogram_make(&n, coef, shown, P, 100, &err), err);
    for (size_t r = 0; r < points.rows; r++) {
        size_t j = column_of(csv_text(&points, r, "variable"));
        double got = sv_nomogram_points(&n, j, coef[j], csv_num(&points, r, "value"));
        CHECK_NEAR(got, csv_num(&points, r, "points"), 1e-10, 1e-10);
    }
    /* what the variables add to the most that can be had, and back */
    double most = 0;
    for (size_t j = 0; j < P; j++) {
        double a = sv_nomogram_points(&n, j, coef[j], shown[2 * j]), b = sv_nomogram_points(&n, j, coef[j], shown[2 * j + 1]);
        CHECK_NEAR(fmin(a, b), 0, 0, 1e-10);
        most += fmax(a, b);
    }
    CHECK_NEAR(n.max_points, most, 1e-12, 0);
    sv_nomogram_free(&n);
    csv_free(&points);
}

/* rms centres its predictor: its axis differs by a constant, its points a unit do not. */
static void test_nomogram__predictor_axis_agrees_with_rms(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("12_nomogram"));
    static const char *const cols[] = { "age", "nodes", "differ", "extent", "node4", "rxLev5FU", NULL };
    csv points, axis;
    cohort d;
    double coef[P], shown[2 * P], centre = 0;
    sv_error err;
    sv_nomogram n;
    if (!csv_read(&points, REFERENCE("12_nomogram/colon_nomogram_points.csv")) ||
        !csv_read(&axis, REFERENCE("12_nomogram/colon_nomogram_lp.csv"))) {
        fail_msg("cannot read the reference");
    }
    cohort_read(&d, REFERENCE("03_cox/data_colon_rec_complete.csv"), NULL, "time", "status", 1, cols);
    read_model(coef, shown, &points);
    for (size_t i = 0; i < d.n; i++) {
        for (size_t j = 0; j < P; j++) { centre += coef[j] * d.x[i * P + j] / (double)d.n; }
    }
    CHECK_OK(sv_nomogram_make(&n, coef, shown, P, 100, &err), err);
    for (size_t r = 0; r < axis.rows; r++) {
        double lp = csv_num(&axis, r, "lp_axis") + centre, total = sv_nomogram_total(&n, lp);
        CHECK_NEAR(total, csv_num(&axis, r, "points"), 1e-9, 1e-9);
        CHECK_NEAR(sv_nomogram_predictor(&n, total), lp, 1e-12, 1e-12);
    }
    double h0 = 0.3, s = sv_survival_probability(h0, sv_nomogram_predictor(&n, 120));
    CHECK_NEAR(sv_nomogram_points_at(&n, h0, s), 120, 1e-10, 0);
    assert_true(isnan(sv_nomogram_points_at(&n, h0, 1)));
    sv_nomogram_free(&n);
    cohort_free(&d);
    csv_free(&points);
    csv_free(&axis);
}

static void check_ticks(double low, double high, int intervals, const double *want, size_t count)
{
    double got[SV_NOMOGRAM_MAX_TICKS];
    size_t n = 0;
    sv_error err;
    CHECK_OK(sv_nomogram_ticks(got, &n, low, high, intervals, &err), err);
    assert_int_equal(n, count);
    for (size_t i = 0; i < n; i++) { CHECK_NEAR(got[i], want[i], 1e-12, 1e-12); }
}

static void test_nomogram__ticks_are_round(void **state)
{
    (void)state;
    check_ticks(0, 1, 5, (const double[]){ 0, .2, .4, .6, .8, 1 }, 6);
    check_ticks(0, 33, 5, (const double[]){ 0, 5, 10, 15, 20, 25, 30, 35 }, 8);
    check_ticks(-1.3, 1.9, 5, (const double[]){ -1.5, -1, -.5, 0, .5, 1, 1.5, 2 }, 8);
    check_ticks(0, 97, 5, (const double[]){ 0, 20, 40, 60, 80, 100 }, 6);
    double got[SV_NOMOGRAM_MAX_TICKS];
    size_t n = 0;
    sv_error err;
    assert_int_equal(sv_nomogram_ticks(got, &n, 1, 1, 5, &err), SV_EINVAL);
    assert_int_equal(sv_nomogram_ticks(got, &n, 1e300, 1.0000000000000002e300, 5, &err), SV_EINVAL);
}

static void test_nomogram__bad_input_is_refused(void **state)
{
    (void)state;
    const double coef[] = { 1, (double)NAN }, zero[] = { 0, 0 }, shown[] = { 0, 1, 2, 3 }, empty[] = { 0, 1, 3, 3 };
    sv_error err;
    sv_nomogram n = { .p = 77 };
    assert_int_equal(sv_nomogram_make(&n, coef, shown, 2, 100, &err), SV_EDATA);
    assert_int_equal(sv_nomogram_make(&n, zero, shown, 2, 100, &err), SV_EDATA);
    assert_int_equal(sv_nomogram_make(&n, zero, empty, 2, 100, &err), SV_EINVAL);
    assert_string_equal(err.msg, "variable 1 is shown from 3 to 3, expected an ascending range");
    assert_int_equal(sv_nomogram_make(&n, zero, shown, 0, 100, &err), SV_EINVAL);
    assert_int_equal(n.p, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nomogram__points_agree_with_rms),
        cmocka_unit_test(test_nomogram__predictor_axis_agrees_with_rms),
        cmocka_unit_test(test_nomogram__ticks_are_round),
        cmocka_unit_test(test_nomogram__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
