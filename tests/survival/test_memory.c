/* test_memory.c - every allocation of every function fails once: SV_ENOMEM, results untouched,
 * nothing leaked (the sanitizer looks). calloc, the only allocator of the library, is wrapped. */
#include "cohort.h"
#include "failing_calloc.h"

#include <survival/bootstrap.h>
#include <survival/concordance.h>
#include <survival/elm.h>
#include <survival/cox.h>
#include <survival/km.h>
#include <survival/logrank.h>
#include <survival/mahalanobis.h>
#include <survival/maxstat.h>
#include <survival/quantile.h>

enum { N = 12 };
static const double TIME[N] = { 4, 2, 7, 2, 9, 5, 5, 8, 3, 6, 1, 4 };
static const double START[N] = { 1, 0, 3, 1, 2, 0, 4, 0, 1, 2, 0, 3 };
static const double WEIGHT[N] = { 1, 2, .5, 1, 1, 3, 1, 1, .7, 1, 1, 2 };
static const double X[N] = { 3, 9, 1, 4, 2, 2, 7, 5, 8, 6, 5, 3 };
static const int EVENT[N] = { 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1 };
static const int STRATUM[N] = { 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 };
static const sv_surv FULL = { N, TIME, EVENT, START, WEIGHT, STRATUM };
static const sv_surv PLAIN = { N, TIME, EVENT, NULL, NULL, STRATUM };
static const sv_surv BARE = { N, TIME, EVENT, NULL, NULL, NULL };

static int run_cox(sv_error *err)
{
    sv_matrix m = sv_matrix_rowmajor(X, N, 1);
    sv_cox fit = { .n = 77 };
    int rc = sv_cox_fit(&fit, &m, &FULL, NULL, err);
    if (rc != SV_OK) { assert_int_equal(fit.n, 77); } else { sv_cox_free(&fit); }
    return rc;
}

static int run_baseline(sv_error *err)
{
    sv_baseline b = { .n = 77 };
    int rc = sv_baseline_fit(&b, X, &FULL, SV_TIES_EFRON, err);
    if (rc != SV_OK) { assert_int_equal(b.n, 77); } else { sv_baseline_free(&b); }
    return rc;
}

static int run_loglik(sv_error *err)
{
    double ll = 1;
    int rc = sv_partial_loglik(&ll, X, &FULL, SV_TIES_BRESLOW, err);
    assert_true(isnan(ll) == (rc != SV_OK));
    return rc;
}

static int run_km(sv_error *err)
{
    sv_km km = { .n = 77 };
    int rc = sv_km_fit(&km, &FULL, NULL, NULL, err);
    if (rc != SV_OK) { assert_int_equal(km.n, 77); } else { sv_km_free(&km); }
    return rc;
}

static int run_km_groups(sv_error *err)
{
    sv_km km[2] = { { .n = 77 } };
    int rc = sv_km_fit_groups(km, &FULL, EVENT, 2, NULL, err);
    if (rc != SV_OK) { assert_int_equal(km[0].n, 77); }
    for (size_t g = 0; rc == SV_OK && g < 2; g++) { sv_km_free(&km[g]); }
    return rc;
}

static int run_logrank(sv_error *err)
{
    sv_logrank t = { .k = 77 };
    int rc = sv_logrank_test(&t, &PLAIN, EVENT, 1, err);
    if (rc != SV_OK) { assert_int_equal(t.k, 77); } else { sv_logrank_free(&t); }
    return rc;
}

static int run_concordance(sv_error *err)
{
    sv_concordance c;
    int rc = sv_concordance_harrell(&c, X, &FULL, err);
    assert_true(isnan(c.c) == (rc != SV_OK));
    return rc;
}

static int run_maxstat(sv_error *err)
{
    sv_maxstat m = { .n_cuts = 77 };
    int rc = sv_maxstat_find(&m, X, &BARE, NULL, err);
    if (rc != SV_OK) { assert_int_equal(m.n_cuts, 77); } else { sv_maxstat_free(&m); }
    return rc;
}

static int run_quantile(sv_error *err)
{
    double q = 1, half = 0.5;
    int rc = sv_quantile(&q, X, N, &half, 1, err);
    assert_true(isnan(q) == (rc != SV_OK));
    return rc;
}

static int run_bootstrap(sv_error *err)
{
    const double horizon = 5;
    const sv_bootstrap_opts opts = { .replicates = 1, .seed = 2, .horizon = &horizon, .n_horizons = 1 };
    sv_matrix m = sv_matrix_rowmajor(X, N, 1);
    sv_surv s = FULL;
    s.stratum = NULL;
    sv_bootstrap b = { .n = 77 };
    int rc = sv_cox_bootstrap(&b, &m, &s, &opts, err);
    if (rc != SV_OK) { assert_int_equal(b.n, 77); } else { sv_bootstrap_free(&b); }
    return rc;
}

static int run_interval(sv_error *err)
{
    double ends[2];
    int rc = sv_bootstrap_interval(ends, X, N, 4, 0.95, err);
    assert_true(isnan(ends[0]) == (rc != SV_OK) && isnan(ends[1]) == (rc != SV_OK));
    return rc;
}

static int run_metric(sv_error *err)
{
    double r[4], weight;
    sv_matrix m = sv_matrix_rowmajor(X, N / 2, 2);
    int rc = sv_correlation(r, &m, err);
    assert_true(isnan(r[1]) == (rc != SV_OK));
    if (rc != SV_OK) { return rc; }
    rc = sv_metric_explain(&weight, r, 2, 1, err);
    assert_true(isnan(weight) == (rc != SV_OK));
    return rc;
}

static int run_elm(sv_error *err)
{
    const sv_elm_opts opts = { .hidden = 3, .cost = 1, .seed = 5 };
    sv_matrix m = sv_matrix_rowmajor(X, N, 1);
    sv_elm e = { .p = 77 }, back = { .p = 77 };
    int rc = sv_elm_fit(&e, &m, EVENT, &opts, err);
    if (rc != SV_OK) {
        assert_int_equal(e.p, 77);
        return rc;
    }
    rc = sv_elm_restore(&back, e.p, e.hidden, opts.seed, e.beta, err);
    if (rc != SV_OK) { assert_int_equal(back.p, 77); } else { sv_elm_free(&back); }
    sv_elm_free(&e);
    return rc;
}

static void test_memory__each_allocation_may_fail(void **state)
{
    (void)state;
    int (*const runs[])(sv_error *) = { run_cox, run_baseline, run_loglik, run_km, run_km_groups, run_logrank,
                                        run_concordance, run_maxstat, run_quantile,
                                        run_bootstrap, run_interval, run_metric, run_elm };
    check_each_allocation(runs, sizeof runs / sizeof *runs, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_memory__each_allocation_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
