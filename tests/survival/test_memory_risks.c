/* test_memory_risks.c - every allocation of the functions for competing causes, calibration and the variants of the
 * Cox model fails once: SV_ENOMEM, results untouched, nothing leaked (the sanitizer looks). */
#include "cohort.h"
#include "failing_calloc.h"

#include <survival/calibration.h>
#include <survival/compare.h>
#include <survival/competing.h>
#include <survival/cox_variants.h>
#include <survival/logrank.h>
#include <survival/maxstat.h>
#include <survival/nomogram.h>
#include <survival/reclassify.h>

enum { N = 12 };
static const double TIME[N] = { 4, 2, 7, 2, 9, 5, 5, 8, 3, 6, 1, 4 };
static const double X[2 * N] = { 3, 9, 1, 4, 2, 2, 7, 5, 8, 6, 5, 3, 1, 1, 6, 2, 9, 9, 4, 7, 2, 8, 3, 5 };
static const double RISK[N] = { .3, .9, .1, .4, .2, .25, .7, .5, .8, .6, .55, .35 };
static const int EVENT[N] = { 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1 };
static const int CAUSE[N] = { 1, 2, 0, 1, 1, 0, 2, 1, 1, 0, 2, 1 };
static const int GROUP[N] = { 0, 1, 2, 1, 0, 2, 0, 1, 2, 1, 0, 2 };
static const int STRATUM[N] = { 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 };
static const sv_surv BARE = { .n = N, .time = TIME, .event = EVENT };
static const sv_competing CAUSES = { .n = N, .time = TIME, .cause = CAUSE };
static const sv_competing EXACT = { .n = N, .time = TIME, .cause = CAUSE, .exact_times = true };

static int run_incidence(sv_error *err)
{
    sv_cuminc f = { .n = 77 };
    int rc = sv_cuminc_fit(&f, &EXACT, NULL, 1, err);
    if (rc != SV_OK) { assert_int_equal(f.n, 77); } else { sv_cuminc_free(&f); }
    return rc;
}

static int run_gray(sv_error *err)
{
    sv_gray t = { .k = 77 };
    int rc = sv_gray_test(&t, &CAUSES, GROUP, STRATUM, 1, 0, err);
    if (rc != SV_OK) { assert_int_equal(t.k, 77); } else { sv_gray_free(&t); }
    return rc;
}

static int run_finegray(sv_error *err)
{
    const sv_matrix m = sv_matrix_rowmajor(X, N, 1);
    sv_finegray f = { .n = 77 };
    int rc = sv_finegray_fit(&f, &m, &CAUSES, 1, NULL, err);
    if (rc != SV_OK) { assert_int_equal(f.n, 77); } else { sv_finegray_free(&f); }
    return rc;
}

static int run_groups(sv_error *err)
{
    sv_calibration_group g[3];
    size_t m = 77;
    const double cuts[] = { 0, .5, 1 };
    int rc = sv_calibration_groups(g, &m, RISK, &BARE, 4, 3, err);
    if (rc != SV_OK) {
        assert_int_equal(m, 77);
        return rc;
    }
    return sv_calibration_between(g, RISK, &BARE, 4, cuts, 3, err);
}

static int run_validation(sv_error *err)
{
    const sv_matrix m = sv_matrix_rowmajor(X, N, 1);
    sv_validation_opts o = SV_VALIDATION_OPTS_INIT;
    o.replicates = 1;
    o.horizon = 4;
    o.group_size = 6;
    sv_validation v = { .n = 77 };
    int rc = sv_cox_validate(&v, &m, &BARE, &o, err);
    if (rc != SV_OK) { assert_int_equal(v.n, 77); } else { sv_validation_free(&v); }
    return rc;
}

static int run_probability(sv_error *err)
{
    sv_probability_check c = { .c = 77 };
    sv_hosmer_lemeshow h;
    int rc = sv_probability_check_of(&c, RISK, EVENT, N, err);
    if (rc != SV_OK) {
        assert_true(c.c > 76);
        return rc;
    }
    return sv_hosmer_lemeshow_test(&h, NULL, NULL, NULL, RISK, EVENT, N, 3, err);
}

static int run_variants(sv_error *err)
{
    const sv_matrix m = sv_matrix_rowmajor(X, N, 2);
    sv_cox fit = { .n = 77 };
    int rc = sv_cox_fit_exact(&fit, &m, &BARE, NULL, err);
    if (rc == SV_OK) {
        sv_cox_free(&fit);
        fit.n = 77;
        rc = sv_cox_fit_ridge(&fit, NULL, &m, &BARE, 1, NULL, err);
    }
    if (rc != SV_OK) { assert_int_equal(fit.n, 77); } else { sv_cox_free(&fit); }
    return rc;
}

static int run_firth(sv_error *err)
{
    const sv_matrix m = sv_matrix_rowmajor(X, N, 1);        /* with more, a fit an allocation at every limit */
    sv_firth f = { .fit.n = 77 };
    int rc = sv_cox_fit_firth(&f, &m, &BARE, 0.95, NULL, err);
    if (rc != SV_OK) { assert_int_equal(f.fit.n, 77); } else { sv_firth_free(&f); }
    return rc;
}

static int run_backward(sv_error *err)
{
    const sv_matrix m = sv_matrix_rowmajor(X, N, 2);
    sv_backward b = { .p = 77 };
    int rc = sv_cox_backward(&b, &m, &BARE, NULL, NULL, err);
    if (rc != SV_OK) { assert_int_equal(b.p, 77); } else { sv_backward_free(&b); }
    return rc;
}

static int run_cuts(sv_error *err)
{
    double score[N], p = 0;
    sv_maxstat m;
    int rc = sv_logrank_scores(score, &BARE, err);
    if (rc == SV_OK) { rc = sv_maxstat_find(&m, RISK, &BARE, NULL, err); }
    if (rc != SV_OK) { return rc; }
    rc = sv_maxstat_p_gauss(&p, 2, N, m.n_low, m.n_cuts, err);
    if (rc == SV_OK) { rc = sv_maxstat_p_permuted(&p, 2, score, N, m.n_low, m.n_cuts, 9, 1, err); }
    if (rc == SV_OK) { rc = sv_maxstat_p_exact(&p, RISK, score, N, &m, err); }
    assert_true(isnan(p) == (rc != SV_OK));
    sv_maxstat_free(&m);
    return rc;
}

static int run_pairs(sv_error *err)
{
    double p[3];
    sv_logrank t;
    int rc = sv_logrank_test(&t, &BARE, GROUP, 0, err);
    if (rc != SV_OK) { return rc; }
    rc = sv_logrank_pairwise(p, &t, &BARE, GROUP, SV_LOGRANK_GEHAN, 0, 0, err);
    sv_logrank_free(&t);
    return rc;
}

static int run_comparison(sv_error *err)
{
    static const double at[] = { 3, 5 };
    double p[2];
    sv_difference d[2], all;
    int rc = sv_compare_auc(d, p, at, 2, X, X + N, &BARE, err);
    if (rc == SV_OK) { rc = sv_compare_harrell(d, X, X + N, &BARE, err); }
    if (rc == SV_OK) { rc = sv_compare_uno(d, X, X + N, 5, &BARE, err); }
    if (rc == SV_OK) { rc = sv_compare_brier(d, &all, at, 1, RISK, RISK, &BARE, err); }
    return rc;
}

static int run_reclassification(sv_error *err)
{
    static const double limit = 0.4;
    const sv_reclassify_opts o = { .t = 4, .limits = &limit, .n_limits = 1, .replicates = 3, .level = 0.95 };
    double other[N];
    for (size_t i = 0; i < N; i++) { other[i] = RISK[N - 1 - i]; }
    sv_reclassification r = { .failed = 77 };
    int rc = sv_reclassify(&r, RISK, other, &BARE, &o, err);
    if (rc != SV_OK) { assert_int_equal(r.failed, 77); }
    return rc;
}

static int run_nomogram(sv_error *err)
{
    const double coef[] = { 1, -2 }, shown[] = { 0, 1, 3, 4 };
    sv_nomogram n = { .p = 77 };
    int rc = sv_nomogram_make(&n, coef, shown, 2, 100, err);
    if (rc != SV_OK) { assert_int_equal(n.p, 77); } else { sv_nomogram_free(&n); }
    return rc;
}

static void test_memory_risks__each_allocation_may_fail(void **state)
{
    (void)state;
    int (*const runs[])(sv_error *) = { run_incidence, run_gray, run_finegray, run_groups, run_validation,
                                        run_probability, run_variants, run_firth, run_backward, run_cuts, run_pairs, run_nomogram,
                                        run_comparison, run_reclassification };
    check_each_allocation(runs, sizeof runs / sizeof *runs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_memory_risks__each_allocation_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
