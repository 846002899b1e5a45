/* test_cox_variants.c - exact ties, ridge and backward elimination against R. */
#include "cohort.h"

#include <survival/cox_variants.h>

static const char *const LUNG[] = { "age", "sex", "ph.ecog", "ph.karno", "wt.loss", NULL };
#define LUNG_PATH REFERENCE("03_cox/data_lung_complete.csv")

static void test_cox_variants__exact_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox"));
    cohort d;
    csv coef, fit, vcov;
    sv_error err;
    sv_cox got;
    cohort_read(&d, LUNG_PATH, NULL, "time", "status", 2, LUNG);
    if (!csv_read(&coef, REFERENCE("03_cox/lung_exact_coef.csv")) ||
        !csv_read(&fit, REFERENCE("03_cox/lung_exact_fit.csv")) ||
        !csv_read(&vcov, REFERENCE("03_cox/lung_exact_vcov.csv"))) {
        fail_msg("cannot read the reference");
    }
    CHECK_OK(sv_cox_fit_exact(&got, &d.matrix, &d.surv, NULL, &err), err);
    assert_true(got.converged);
    assert_int_equal(got.n_event, (size_t)csv_stat(&fit, "nevent"));
    CHECK_NEAR(got.loglik0, csv_stat(&fit, "loglik_null"), 1e-12, 0);
    CHECK_NEAR(got.loglik, csv_stat(&fit, "loglik"), 1e-11, 0);
    CHECK_NEAR(got.score, csv_stat(&fit, "score"), 1e-9, 0);
    CHECK_NEAR(got.lrt_p, csv_stat(&fit, "lrt_p"), 1e-8, 0);
    for (size_t j = 0; j < got.p; j++) {
        CHECK_NEAR(got.coef[j], csv_num(&coef, j, "coef"), 1e-7, 0);     /* R stops at 1e-9 of the likelihood */
        CHECK_NEAR(got.se[j], csv_num(&coef, j, "se"), 1e-7, 0);
        for (size_t k = 0; k < got.p; k++) {
            CHECK_NEAR(got.vcov[j * got.p + k], csv_num_at(&vcov, j, k + 1), 1e-6, 1e-11);
        }
    }
    sv_cox_free(&got);
    csv_free(&coef);
    csv_free(&fit);
    csv_free(&vcov);
    cohort_free(&d);
}

/* Without ties all three are one. */
static void test_cox_variants__exact_is_cox_without_ties(void **state)
{
    (void)state;
    enum { N = 60 };
    double time[N], x[2 * N];
    int event[N], stratum[N];
    uint64_t seed = 21;
    sv_error err;
    sv_cox one, two;
    for (size_t i = 0; i < N; i++) {
        x[2 * i] = uniform(&seed);
        x[2 * i + 1] = floor(3 * uniform(&seed));
        time[i] = -log(uniform(&seed)) * exp(-x[2 * i]);
        event[i] = uniform(&seed) < 0.8;
        stratum[i] = (int)(i % 2);
    }
    const sv_surv s = { .n = N, .time = time, .event = event, .stratum = stratum };
    const sv_matrix m = sv_matrix_rowmajor(x, N, 2);
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.eps = 1e-14;
    CHECK_OK(sv_cox_fit(&one, &m, &s, &o, &err), err);
    CHECK_OK(sv_cox_fit_exact(&two, &m, &s, NULL, &err), err);
    CHECK_NEAR(two.loglik, one.loglik, 1e-12, 0);
    for (size_t j = 0; j < 2; j++) { CHECK_NEAR(two.coef[j], one.coef[j], 1e-7, 0); }
    for (size_t j = 0; j < 4; j++) { CHECK_NEAR(two.vcov[j], one.vcov[j], 1e-7, 0); }
    sv_cox_free(&one);
    sv_cox_free(&two);
}

/* Two of five die at once: ten pairs to sum over. */
static void test_cox_variants__exact_counts_the_sets(void **state)
{
    (void)state;
    const double time[] = { 1, 1, 1, 1, 2 }, x[] = { 1, 0, 1, 0, 0 };
    const int event[] = { 1, 1, 0, 0, 0 };
    const sv_surv s = { .n = 5, .time = time, .event = event };
    const sv_matrix m = sv_matrix_rowmajor(x, 5, 1);
    sv_error err;
    sv_cox got;
    CHECK_OK(sv_cox_fit_exact(&got, &m, &s, NULL, &err), err);
    /* pairs of {r, 1, r, 1, 1}: r^2 + 6 r + 3; the likelihood r / that is largest at r = sqrt(3) */
    CHECK_NEAR(got.loglik0, -log(10), 1e-13, 0);
    CHECK_NEAR(got.coef[0], log(3) / 2, 1e-8, 0);
    CHECK_NEAR(got.loglik, -log(6 + 2 * sqrt(3)), 1e-12, 0);
    sv_cox_free(&got);
}

static void test_cox_variants__ridge_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox"));
    cohort d;
    csv want;
    sv_error err;
    sv_cox got, plain;
    double df = 0;
    cohort_read(&d, LUNG_PATH, NULL, "time", "status", 2, LUNG);
    if (!csv_read(&want, REFERENCE("03_cox/lung_ridge10.csv"))) { fail_msg("cannot read the reference"); }
    CHECK_OK(sv_cox_fit_ridge(&got, &df, &d.matrix, &d.surv, 10, NULL, &err), err);
    CHECK_NEAR(got.loglik0, csv_num(&want, 0, "loglik0"), 1e-12, 0);
    CHECK_NEAR(got.loglik, csv_num(&want, 0, "loglik"), 1e-8, 0);
    assert_true(df > 4 && df < 5);
    for (size_t j = 0; j < got.p; j++) {
        CHECK_NEAR(got.coef[j], csv_num(&want, j, "coef"), 1e-6, 0);
        CHECK_NEAR(got.se[j], csv_num(&want, j, "se"), 1e-6, 0);
    }
    sv_cox_free(&got);
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.eps = 1e-14;
    CHECK_OK(sv_cox_fit(&plain, &d.matrix, &d.surv, &o, &err), err);
    CHECK_OK(sv_cox_fit_ridge(&got, &df, &d.matrix, &d.surv, 0, NULL, &err), err);
    CHECK_NEAR(df, 5, 1e-12, 0);
    for (size_t j = 0; j < got.p; j++) { CHECK_NEAR(got.coef[j], plain.coef[j], 1e-7, 0); }
    sv_cox_free(&got);
    sv_cox_free(&plain);
    csv_free(&want);
    cohort_free(&d);
}

/* More columns than rows, two of them the same: equal coefficients. */
static void test_cox_variants__ridge_takes_many_columns(void **state)
{
    (void)state;
    enum { N = 20, P = 40 };
    double time[N], x[N * P], df = 0;
    int event[N];
    uint64_t seed = 8;
    sv_error err;
    sv_cox got;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++) { x[i * P + j] = uniform(&seed); }
        x[i * P + 1] = x[i * P];
        time[i] = uniform(&seed);
        event[i] = 1;
    }
    const sv_surv s = { .n = N, .time = time, .event = event };
    const sv_matrix m = sv_matrix_rowmajor(x, N, P);
    CHECK_OK(sv_cox_fit_ridge(&got, &df, &m, &s, 2, NULL, &err), err);
    CHECK_NEAR(got.coef[0], got.coef[1], 1e-9, 0);
    assert_true(df > 0 && df < N);
    sv_cox_free(&got);
    assert_int_equal(sv_cox_fit_ridge(&got, &df, &m, &s, 0, NULL, &err), SV_EDATA);
    assert_int_equal(sv_cox_fit_ridge(&got, &df, &m, &s, -1, NULL, &err), SV_EINVAL);
}

static void test_cox_variants__backward_agrees_with_step_aic(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox"));
    static const char *const cols[] = { "rxLev", "rxLev5FU", "sex", "age", "obstruct", "perfor", "adhere", "nodes",
                                        "differ", "extent", "surg", "node4", NULL };
    cohort d;
    csv steps, coef;
    sv_error err;
    sv_backward b;
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.names = cols;
    cohort_read(&d, REFERENCE("03_cox/data_colon_rec_complete.csv"), NULL, "time", "status", 1, cols);
    if (!csv_read(&steps, REFERENCE("03_cox/colon_rec_backwardAIC.csv")) ||
        !csv_read(&coef, REFERENCE("03_cox/colon_rec_backwardAIC_coef.csv"))) {
        fail_msg("cannot read the reference");
    }
    CHECK_OK(sv_cox_backward(&b, &d.matrix, &d.surv, NULL, &o, &err), err);
    assert_int_equal(b.n_steps + 1, steps.rows);
    for (size_t k = 0; k < steps.rows; k++) {
        CHECK_NEAR(b.aic[k], csv_num(&steps, k, "AIC"), 1e-11, 0);
        CHECK_NEAR(-2 * b.loglik[k], csv_num(&steps, k, "residdev"), 1e-11, 0);
        if (k > 0) { assert_string_equal(cols[b.dropped[k - 1]], csv_text(&steps, k, "step") + 2); }
    }
    size_t left = 0;
    for (size_t j = 0; j < b.p; j++) {
        if (b.kept[j]) { assert_string_equal(cols[j], csv_text(&coef, left++, "term")); }
    }
    assert_int_equal(left, coef.rows);
    sv_backward_free(&b);
    int term[12];
    for (int j = 0; j < 12; j++) { term[j] = j < 2 ? 0 : j; }       /* the arms of the trial stay together */
    CHECK_OK(sv_cox_backward(&b, &d.matrix, &d.surv, term, &o, &err), err);
    assert_true(b.kept[0] && b.kept[1]);
    sv_backward_free(&b);
    csv_free(&steps);
    csv_free(&coef);
    cohort_free(&d);
}

static void test_cox_variants__bad_input_is_refused(void **state)
{
    (void)state;
    const double time[] = { 1, 2, 3 }, weight[] = { 1, 1, 2 }, x[] = { 1, 2, 2, 4, 5, 10 };
    const int event[] = { 1, 1, 1 };
    static const char *const names[] = { "a", "b" };
    sv_surv s = { .n = 3, .time = time, .event = event };
    const sv_matrix m = sv_matrix_rowmajor(x, 3, 2);
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.names = names;
    sv_error err;
    sv_cox got = { .n = 77 };
    assert_int_equal(sv_cox_fit_exact(&got, &m, &s, &o, &err), SV_EDATA);
    assert_string_equal(err.msg, "covariate in column 1, b is constant, a combination of the columns before it, or "
                                 "separates the events");
    s.weight = weight;
    assert_int_equal(sv_cox_fit_exact(&got, &m, &s, &o, &err), SV_EINVAL);
    assert_int_equal(got.n, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cox_variants__exact_agrees_with_r),
        cmocka_unit_test(test_cox_variants__exact_is_cox_without_ties),
        cmocka_unit_test(test_cox_variants__exact_counts_the_sets),
        cmocka_unit_test(test_cox_variants__ridge_agrees_with_r),
        cmocka_unit_test(test_cox_variants__ridge_takes_many_columns),
        cmocka_unit_test(test_cox_variants__backward_agrees_with_step_aic),
        cmocka_unit_test(test_cox_variants__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
