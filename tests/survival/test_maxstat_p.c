/* test_maxstat_p.c - p-values of selected cut-points against R's maxstat, and against simulation. */
#include "cohort.h"

#include <survival/dist.h>
#include <survival/maxstat.h>

/* A reference, with the permutations that a sanitized run can afford; 0: too large for it. */
static const struct { const char *name; size_t permutations; } REFERENCES[] = {
    { "dlbcl_MGE", 40000 }, { "dlbcl_IPI", 40000 }, { "gbsg2_age", 4000 }, { "gbsg2_pnodes", 0 },
    { "gbsg2_progrec", 0 }, { "lung1_SVR", 4000 }, { "lung1_MajorAxisLength", 4000 },
};

static void check_reference(const char *name, size_t permutations)
{
    static const char *const cols[] = { "x", NULL };
    char path[512];
    csv want;
    cohort c;
    sv_error err;
    sv_maxstat m;
    double gauss = 0, permuted = 0;
    (void)snprintf(path, sizeof path, REFERENCE("06_maxstat/%s.csv"), name);
    if (!csv_read(&want, path)) { fail_msg("cannot read %s", path); }
    (void)snprintf(path, sizeof path, REFERENCE("06_maxstat/%s_scores.csv"), name);
    cohort_read(&c, path, NULL, "time", "event", 1, cols);
    double *score = calloc(c.n, sizeof *score);
    CHECK_OK(sv_logrank_scores(score, &c.surv, &err), err);
    CHECK_OK(sv_maxstat_find(&m, c.x, &c.surv, NULL, &err), err);
    double b = m.statistic[m.best];
    CHECK_OK(sv_maxstat_p_gauss(&gauss, b, c.n, m.n_low, m.n_cuts, &err), err);
    print_message("%s: %.9g (R draws %.9g)\n", name, gauss, csv_stat(&want, "p_exactGauss"));
    CHECK_NEAR(gauss, csv_stat(&want, "p_exactGauss"), 0, 1e-3);          /* what Genz's method promises */
    assert_true(gauss <= (double)m.n_cuts * sv_normal_two_sided(b));
    assert_true(gauss >= sv_normal_two_sided(b));
    if (permutations > 0) {
        CHECK_OK(sv_maxstat_p_permuted(&permuted, b, score, c.n, m.n_low, m.n_cuts, permutations, 7, &err), err);
        double p = csv_stat(&want, "p_condMC");
        CHECK_NEAR(permuted, p, 0, 3.3 * sqrt(p * (1 - p) * (1.0 / 99999 + 1.0 / (double)permutations)) + 1.0 / (double)permutations);
    }
    free(score);
    sv_maxstat_free(&m);
    cohort_free(&c);
    csv_free(&want);
}

static void test_maxstat_p__agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("06_maxstat"));
    for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; i++) {
        check_reference(REFERENCES[i].name, REFERENCES[i].permutations);
    }
}

/* One cut: two-sided normal. Two: P(|X| <= b, |Y| <= b) by Simpson's rule over the first. */
static void test_maxstat_p__one_and_two_cuts(void **state)
{
    (void)state;
    enum { STEPS = 20000 };
    const size_t low[] = { 30, 47 };
    const double b = 2.2, rho = sqrt(30.0 * 53 / (70 * 47)), rest = sqrt(1 - rho * rho);
    sv_error err;
    double p = 0, inside = 0, h = 2 * b / STEPS;
    CHECK_OK(sv_maxstat_p_gauss(&p, b, 100, low, 1, &err), err);
    CHECK_NEAR(p, sv_normal_two_sided(b), 1e-13, 0);
    for (int i = 0; i <= STEPS; i++) {
        double x = -b + i * h, w = i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2;
        double within = sv_normal_cdf((b - rho * x) / rest) - sv_normal_cdf((-b - rho * x) / rest);
        inside += w * h / 3 * sv_normal_density(x) * within;
    }
    CHECK_OK(sv_maxstat_p_gauss(&p, b, 100, low, 2, &err), err);
    CHECK_NEAR(p, 1 - inside, 1e-10, 0);
}

/* The same chain, drawn: each value is rho times the last and something new. */
static void test_maxstat_p__agrees_with_simulation(void **state)
{
    (void)state;
    enum { N = 60, CUTS = 41, RUNS = 40000 };
    size_t low[CUTS], beyond = 0;
    uint64_t seed = 9;
    sv_error err;
    double p = 0;
    for (size_t k = 0; k < CUTS; k++) { low[k] = 10 + k; }
    for (size_t r = 0; r < RUNS; r++) {
        double z = sv_normal_quantile(uniform(&seed)), most = fabs(z);
        for (size_t k = 0; k + 1 < CUTS; k++) {
            double a = (double)low[k], c = (double)low[k + 1], rho = sqrt(a * (N - c) / ((N - a) * c));
            z = rho * z + sqrt(1 - rho * rho) * sv_normal_quantile(uniform(&seed));
            most = fmax(most, fabs(z));
        }
        beyond += most > 2.5;
    }
    CHECK_OK(sv_maxstat_p_gauss(&p, 2.5, N, low, CUTS, &err), err);
    CHECK_NEAR((double)beyond / RUNS, p, 0, 3 * sqrt(p * (1 - p) / RUNS));
}

/* All orders of few scores, counted: the permutations must come near. */
static void test_maxstat_p__permutations_of_few(void **state)
{
    (void)state;
    const double score[] = { 1, 0, 0, 0 };
    const size_t low[] = { 1, 2 };
    sv_error err;
    double p = 0;
    /* excess of the first row alone when the 1 stands first: (3/4) / sqrt(3/16) = sqrt(3); 1 in 4 orders */
    CHECK_OK(sv_maxstat_p_permuted(&p, sqrt(3), score, 4, low, 2, 20000, 1, &err), err);
    CHECK_NEAR(p, 0.25, 0, 0.01);
    CHECK_OK(sv_maxstat_p_permuted(&p, 0.1, score, 4, low, 2, 99, 1, &err), err);
    CHECK_NEAR(p, 1, 0, 0);
}

static void test_maxstat_p__bad_input_is_refused(void **state)
{
    (void)state;
    const double score[] = { 1, 1, 1, 1 };
    const size_t low[] = { 2, 2 }, fine[] = { 1, 2 };
    sv_error err;
    double p = 0;
    assert_int_equal(sv_maxstat_p_gauss(&p, 3, 4, low, 2, &err), SV_EINVAL);
    assert_string_equal(err.msg, "cut 1 has 2 of 4 rows below it, expected ascending numbers from 1");
    assert_true(isnan(p));
    assert_int_equal(sv_maxstat_p_gauss(&p, (double)NAN, 4, fine, 2, &err), SV_EINVAL);
    assert_int_equal(sv_maxstat_p_gauss(&p, 2, 4, fine, 0, &err), SV_EINVAL);
    assert_int_equal(sv_maxstat_p_permuted(&p, 2, score, 4, fine, 2, 10, 1, &err), SV_EDATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maxstat_p__agrees_with_r),
        cmocka_unit_test(test_maxstat_p__one_and_two_cuts),
        cmocka_unit_test(test_maxstat_p__agrees_with_simulation),
        cmocka_unit_test(test_maxstat_p__permutations_of_few),
        cmocka_unit_test(test_maxstat_p__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
