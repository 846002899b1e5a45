/* test_calibration.c - calibration and bootstrap validation against R's rms. */
#include "cohort.h"

#include <survival/calibration.h>
#include <survival/quantile.h>

static const char *const COLON[] = { "age", "nodes", "differ", "extent", "node4", "rxLev5FU", NULL };
#define COLON_PATH REFERENCE("03_cox/data_colon_rec_complete.csv")

static void check_groups(const double *predicted, const sv_surv *s, size_t g, const char *path)
{
    csv want;
    sv_error err;
    sv_calibration_group got[10];
    size_t m = 0;
    if (!csv_read(&want, path)) { fail_msg("cannot read %s", path); }
    CHECK_OK(sv_calibration_groups(got, &m, predicted, s, 1095, g, &err), err);
    assert_int_equal(m, want.rows);
    for (size_t k = 0; k < m; k++) {
        CHECK_NEAR((double)got[k].n, csv_num(&want, k, "n"), 0, 0);
        CHECK_NEAR((double)got[k].events, csv_num(&want, k, "events"), 0, 0);
        CHECK_NEAR(got[k].predicted, csv_num(&want, k, "x"), 1e-12, 0);
        CHECK_NEAR(got[k].observed, csv_num(&want, k, "KM"), 1e-12, 0);
        CHECK_NEAR(got[k].std_err, csv_num(&want, k, "std.err"), 1e-12, 0);
    }
    csv_free(&want);
}

/* The groups of calibrate: between the quantiles of the predictions, 0 and 1. */
static void check_curve(const double *predicted, const sv_surv *s)
{
    csv want;
    sv_error err;
    double *v = calloc(s->n + 2, sizeof *v), cuts[6];
    const double share[] = { 0, .2, .4, .6, .8, 1 };
    sv_calibration_group got[5];
    if (!csv_read(&want, REFERENCE("10_calibration/colon_calibrate_boot_KM.csv"))) { fail_msg("cannot read the curve"); }
    memcpy(v, predicted, s->n * sizeof *v);
    v[s->n + 1] = 1;
    CHECK_OK(sv_quantile(cuts, v, s->n + 2, share, 6, &err), err);
    CHECK_OK(sv_calibration_between(got, predicted, s, 1095, cuts, 6, &err), err);
    for (size_t k = 0; k < 5; k++) {
        CHECK_NEAR(got[k].predicted, csv_num(&want, k, "mean.predicted"), 1e-12, 0);
        CHECK_NEAR(got[k].observed, csv_num(&want, k, "KM"), 1e-12, 0);
        CHECK_NEAR(got[k].std_err, csv_num(&want, k, "std.err"), 1e-12, 0);
    }
    free(v);
    csv_free(&want);
}

static void test_calibration__groups_agree_with_rms(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("10_calibration"));
    static const char *const cols[] = { "lp", "S3y", NULL };
    cohort d;
    cohort_read(&d, REFERENCE("10_calibration/colon_pred_3y.csv"), NULL, "time", "status", 1, cols);
    double *predicted = csv_column(&d.table, "S3y");
    check_groups(predicted, &d.surv, 5, REFERENCE("10_calibration/colon_groupkm_g5.csv"));
    check_groups(predicted, &d.surv, 10, REFERENCE("10_calibration/colon_groupkm_g10.csv"));
    check_curve(predicted, &d.surv);
    free(predicted);
    cohort_free(&d);
}

/* The apparent values, those of g and of the curve up to rms stopping its fit at 1e-4 of the likelihood; of the resampled ones the noise of its 200
 * replicates is left. */
static void test_calibration__validation_agrees_with_rms(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("10_calibration"));
    cohort d;
    csv measures, curve;
    sv_error err;
    sv_validation v;
    cohort_read(&d, COLON_PATH, NULL, "time", "status", 1, COLON);
    if (!csv_read(&measures, REFERENCE("10_calibration/colon_validate_boot.csv")) ||
        !csv_read(&curve, REFERENCE("10_calibration/colon_calibrate_boot_KM.csv"))) {
        fail_msg("cannot read the reference");
    }
    sv_validation_opts o = SV_VALIDATION_OPTS_INIT;
    o.horizon = 1095;
    o.replicates = 600;
    CHECK_OK(sv_cox_validate(&v, &d.matrix, &d.surv, &o, &err), err);
    assert_int_equal(v.n, 600);
    for (size_t k = 0; k < SV_VALID_COUNT; k++) {
        double early = k == SV_VALID_G ? 2e-5 : 1e-12;
        CHECK_NEAR(v.measure[k].apparent, csv_num(&measures, k, "index.orig"), 1e-7, early);
        CHECK_NEAR(v.measure[k].training, csv_num(&measures, k, "training"), 0, 0.012);
        CHECK_NEAR(v.measure[k].test, csv_num(&measures, k, "test"), 0, 0.012);
        CHECK_NEAR(v.measure[k].corrected, csv_num(&measures, k, "index.corrected"), 0, 0.01);
        CHECK_NEAR(v.measure[k].corrected, v.measure[k].apparent - v.measure[k].training + v.measure[k].test, 1e-12,
                   1e-14);
    }
    assert_int_equal(v.n_bins, curve.rows);
    for (size_t k = 0; k < v.n_bins; k++) {
        const sv_calibration_bin *b = &v.bin[k];
        CHECK_NEAR(b->group.predicted, csv_num(&curve, k, "mean.predicted"), 0, 1e-5);
        CHECK_NEAR(b->group.observed, csv_num(&curve, k, "KM"), 1e-9, 0);
        CHECK_NEAR(b->group.std_err, csv_num(&curve, k, "std.err"), 1e-9, 0);
        CHECK_NEAR(b->group.observed - b->group.predicted, csv_num(&curve, k, "index.orig"), 0, 1e-5);
        CHECK_NEAR(b->corrected, csv_num(&curve, k, "KM.corrected"), 0, 0.01);
    }
    sv_validation_free(&v);
    csv_free(&measures);
    csv_free(&curve);
    cohort_free(&d);
}

static void test_calibration__slope_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("10_calibration"));
    static const char *const cols[] = { "age", "meno", "grade", "nodes", "pgr", "er", "hormon", NULL };
    csv want, coef;
    cohort d;
    sv_error err;
    sv_calibration_slope got;
    if (!csv_read(&want, REFERENCE("10_calibration/gbsg_cal_slope_offset.csv")) ||
        !csv_read(&coef, REFERENCE("03_cox/rotterdam_train_coef.csv"))) {
        fail_msg("cannot read the reference");
    }
    cohort_read(&d, REFERENCE("00_data/gbsg.csv"), NULL, "rfstime", "status", 1, cols);
    double *lp = calloc(d.n, sizeof *lp);
    for (size_t i = 0; i < d.n; i++) {
        for (size_t j = 0; j < d.p; j++) {
            double v = d.x[i * d.p + j];
            lp[i] += csv_num(&coef, j, "coef") * (j == 4 || j == 5 ? log1p(v) : v);
        }
    }
    CHECK_OK(sv_calibration_slope_of(&got, lp, &d.surv, &err), err);
    CHECK_NEAR(got.slope - 1, csv_stat(&want, "slope_minus1"), 1e-8, 0);
    CHECK_NEAR(got.se, csv_stat(&want, "se"), 1e-8, 0);
    CHECK_NEAR(got.p, csv_stat(&want, "p"), 1e-7, 0);
    free(lp);
    csv_free(&want);
    csv_free(&coef);
    cohort_free(&d);
}

static void test_calibration__a_model_on_its_own_data_has_slope_one(void **state)
{
    (void)state;
    SKIP_WITHOUT(COLON_PATH);
    cohort d;
    sv_error err;
    sv_cox fit;
    sv_calibration_slope got;
    cohort_read(&d, COLON_PATH, NULL, "time", "status", 1, COLON);
    double *lp = calloc(d.n, sizeof *lp);
    CHECK_OK(sv_cox_fit(&fit, &d.matrix, &d.surv, NULL, &err), err);
    CHECK_OK(sv_cox_predict(lp, &fit, &d.matrix, &err), err);
    CHECK_OK(sv_calibration_slope_of(&got, lp, &d.surv, &err), err);
    CHECK_NEAR(got.slope, 1, 1e-7, 0);
    CHECK_NEAR(got.p, 1, 1e-5, 0);
    for (size_t i = 0; i < d.n; i++) { lp[i] *= 2; }
    CHECK_OK(sv_calibration_slope_of(&got, lp, &d.surv, &err), err);
    CHECK_NEAR(got.slope, 0.5, 1e-7, 0);
    CHECK_NEAR(got.chisq, 0.25 / (got.se * got.se), 1e-6, 0);
    for (size_t i = 0; i < d.n; i++) { lp[i] = 3; }
    assert_int_equal(sv_calibration_slope_of(&got, lp, &d.surv, &err), SV_EDATA);
    sv_cox_free(&fit);
    free(lp);
    cohort_free(&d);
}

static void test_calibration__probabilities_agree_with_rms(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("10_calibration"));
    csv data, want, hl;
    sv_error err;
    if (!csv_read(&data, REFERENCE("10_calibration/binomial_pred.csv")) ||
        !csv_read(&want, REFERENCE("10_calibration/binomial_val_prob.csv")) ||
        !csv_read(&hl, REFERENCE("10_calibration/binomial_hosmer_lemeshow.csv"))) {
        fail_msg("cannot read the reference");
    }
    double *p = csv_column(&data, "p"), rows[10], observed[10], expected[10];
    int *y = calloc(data.rows, sizeof *y);
    for (size_t i = 0; i < data.rows; i++) { y[i] = (int)csv_num(&data, i, "y"); }
    sv_probability_check c;
    CHECK_OK(sv_probability_check_of(&c, p, y, data.rows, &err), err);
    const struct { const char *name; double got, atol; } stats[] = {
        { "Dxy", c.dxy, 1e-12 }, { "C (ROC)", c.c, 1e-12 }, { "R2", c.r2, 1e-9 }, { "D", c.d, 1e-9 },
        { "D:Chi-sq", c.d_chisq, 1e-9 }, { "U", c.u, 1e-9 }, { "U:Chi-sq", c.u_chisq, 1e-9 }, { "U:p", c.u_p, 1e-9 },
        { "Q", c.q, 1e-9 }, { "Brier", c.brier, 1e-12 }, { "Intercept", c.intercept, 1e-7 }, { "Slope", c.slope, 1e-7 },
        { "Emax", c.e_max, 1e-9 }, { "E90", c.e_90, 1e-9 }, { "Eavg", c.e_avg, 1e-9 }, { "S:z", c.s_z, 1e-9 },
        { "S:p", c.s_p, 1e-9 },
    };
    for (size_t i = 0; i < sizeof stats / sizeof *stats; i++) {
        print_message("%s\n", stats[i].name);
        CHECK_NEAR(stats[i].got, csv_stat(&want, stats[i].name), 0, stats[i].atol);
    }
    sv_hosmer_lemeshow h;
    CHECK_OK(sv_hosmer_lemeshow_test(&h, rows, observed, expected, p, y, data.rows, 10, &err), err);
    assert_int_equal(h.df, 8);
    CHECK_NEAR(h.chisq, csv_num(&hl, 0, "X2"), 1e-10, 0);
    CHECK_NEAR(h.p, csv_num(&hl, 0, "p"), 1e-10, 0);
    for (size_t k = 0; k < 10; k++) {
        CHECK_NEAR(rows[k], csv_num(&hl, k, "n"), 0, 0);
        CHECK_NEAR(observed[k], csv_num(&hl, k, "obs"), 0, 0);
        CHECK_NEAR(expected[k], csv_num(&hl, k, "exp"), 1e-12, 0);
    }
    p[3] = 1;
    assert_int_equal(sv_probability_check_of(&c, p, y, data.rows, &err), SV_EDATA);
    assert_string_equal(err.msg, "probability of row 3 is 1, expected between 0 and 1");
    free(p);
    free(y);
    csv_free(&data);
    csv_free(&want);
    csv_free(&hl);
}

static void test_calibration__lowess_keeps_a_line(void **state)
{
    (void)state;
    enum { N = 50 };
    double x[N], y[N], got[N], fast[N];
    uint64_t seed = 3;
    sv_error err;
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)(i / 2) + 0.01 * (double)(i % 7 == 0 ? 0 : i % 2);
        y[i] = 3 - 2 * x[i];
    }
    CHECK_OK(sv_lowess(got, x, y, N, 0.3, 0, &err), err);
    CHECK_OK(sv_lowess(fast, x, y, N, 0.3, 2, &err), err);
    for (size_t i = 0; i < N; i++) {
        CHECK_NEAR(got[i], y[i], 1e-10, 1e-10);
        CHECK_NEAR(fast[i], y[i], 1e-10, 1e-10);
    }
    for (size_t i = 0; i < N; i++) { y[i] = 5 + uniform(&seed); }
    CHECK_OK(sv_lowess(got, x, y, N, 1, 0, &err), err);
    for (size_t i = 0; i < N; i++) { assert_true(got[i] > 5 && got[i] < 6); }
    x[4] = -1;
    assert_int_equal(sv_lowess(got, x, y, N, 0.5, 0, &err), SV_EINVAL);
}

static void test_calibration__bad_input_is_refused(void **state)
{
    (void)state;
    const double time[] = { 1, 2, 3, 4 }, p[] = { .1, .2, 1.2, .3 }, good[] = { .5, .5, .5, .9 }, flat[] = { 1, 1, 1, 1 };
    const double cuts[] = { 0, .5, .5 };
    const int event[] = { 1, 1, 0, 1 }, all[] = { 1, 1, 1, 1 };
    const sv_surv s = { .n = 4, .time = time, .event = event };
    const sv_matrix x = sv_matrix_rowmajor(flat, 4, 1);
    sv_validation_opts o = SV_VALIDATION_OPTS_INIT;
    sv_calibration_group g[4];
    sv_validation v = { .n = 77 };
    sv_probability_check c;
    sv_error err;
    size_t m = 0;
    assert_int_equal(sv_calibration_groups(g, &m, p, &s, 2, 2, &err), SV_EDATA);
    assert_string_equal(err.msg, "predicted survival of row 2 is 1.2, expected 0 to 1");
    assert_int_equal(sv_calibration_groups(g, &m, good, &s, 0, 2, &err), SV_EINVAL);
    assert_int_equal(sv_calibration_between(g, good, &s, 2, cuts, 3, &err), SV_EINVAL);
    CHECK_OK(sv_calibration_groups(g, &m, good, &s, 2, 4, &err), err);      /* equal predictions stay together */
    assert_int_equal(m, 2);
    assert_int_equal(g[0].n, 3);
    assert_true(isnan(g[1].observed));
    assert_int_equal(sv_cox_validate(&v, &x, &s, &o, &err), SV_ENUMERIC);
    o.replicates = 0;
    assert_int_equal(sv_cox_validate(&v, &x, &s, &o, &err), SV_EINVAL);
    assert_int_equal(v.n, 77);
    assert_int_equal(sv_probability_check_of(&c, good, all, 4, &err), SV_ENOEVENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calibration__groups_agree_with_rms),
        cmocka_unit_test(test_calibration__validation_agrees_with_rms),
        cmocka_unit_test(test_calibration__slope_agrees_with_r),
        cmocka_unit_test(test_calibration__a_model_on_its_own_data_has_slope_one),
        cmocka_unit_test(test_calibration__probabilities_agree_with_rms),
        cmocka_unit_test(test_calibration__lowess_keeps_a_line),
        cmocka_unit_test(test_calibration__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
