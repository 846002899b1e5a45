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

/* Every order of seven scores: the bound lies above the true tail, and not far. */
static void count_orders(size_t *order, size_t at, const double *score, const sv_maxstat *m, double b, size_t *reached,
                         size_t *all)
{
    enum { N = 7 };
    if (at < N) {
        for (size_t i = at; i < N; i++) {
            size_t a = order[at], c = order[i];
            order[at] = c;
            order[i] = a;
            count_orders(order, at + 1, score, m, b, reached, all);
            order[at] = a;
            order[i] = c;
        }
        return;
    }
    double total = 0, squares = 0, best = 0;
    for (size_t i = 0; i < N; i++) {
        total += score[i];
        squares += score[i] * score[i];
    }
    for (size_t k = 0; k < m->n_cuts; k++) {
        double sum = 0, size = (double)m->n_low[k];
        for (size_t i = 0; i < m->n_low[k]; i++) { sum += score[order[i]]; }
        double var = size * (N - size) / (N * N * (N - 1.0)) * (N * squares - total * total);
        best = fmax(best, fabs(sum - size / N * total) / sqrt(var));
    }
    *all += 1;
    *reached += best >= b * (1 - 1e-9);
}

static void test_maxstat_p__exact_bounds_every_order(void **state)
{
    (void)state;
    const double score[] = { 7, 0, 5, 2, 3, 1, 6 };     /* already whole numbers 0..7 */
    double x[] = { 1, 2, 3, 4, 5, 6, 7 }, cut[] = { 2, 3, 4, 5 };
    size_t low[] = { 2, 3, 4, 5 }, order[7];
    sv_maxstat m = { .n_cuts = 4, .cut = cut, .n_low = low };
    sv_error err;
    for (int shift = 0; shift < 7; shift++) {
        double turned[7], p = 0, b = 0;
        size_t reached = 0, all = 0;
        for (size_t i = 0; i < 7; i++) {
            turned[i] = score[(i + (size_t)shift) % 7];
            order[i] = i;
        }
        for (size_t k = 0; k < 4; k++) {
            double sum = 0, size = (double)low[k];
            for (size_t i = 0; i < low[k]; i++) { sum += turned[i]; }
            b = fmax(b, fabs(sum - size / 7 * 24) / sqrt(size * (7 - size) / (49 * 6.0) * (7 * 124.0 - 24 * 24)));
        }
        count_orders(order, 0, turned, &m, b, &reached, &all);
        assert_int_equal(all, 5040);
        CHECK_OK(sv_maxstat_p_exact(&p, x, turned, 7, &m, &err), err);
        double truth = (double)reached / (double)all;
        assert_true(p >= truth * (1 - 1e-9));
        assert_true(p <= fmin(1, 4 * truth));
    }
}

static void test_maxstat_p__exact_is_near_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("06_maxstat"));
    static const char *const names[] = { "dlbcl_MGE", "dlbcl_IPI" }, *const cols[] = { "x", NULL };
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        csv want;
        cohort c;
        sv_error err;
        sv_maxstat m;
        double p = 0;
        (void)snprintf(path, sizeof path, REFERENCE("06_maxstat/%s.csv"), names[i]);
        if (!csv_read(&want, path)) { fail_msg("cannot read %s", path); }
        (void)snprintf(path, sizeof path, REFERENCE("06_maxstat/%s_scores.csv"), names[i]);
        cohort_read(&c, path, NULL, "time", "event", 1, cols);
        double *score = calloc(c.n, sizeof *score);
        CHECK_OK(sv_logrank_scores(score, &c.surv, &err), err);
        CHECK_OK(sv_maxstat_find(&m, c.x, &c.surv, NULL, &err), err);
        CHECK_OK(sv_maxstat_p_exact(&p, c.x, score, c.n, &m, &err), err);
        print_message("%s: %.9g (R %.9g)\n", names[i], p, csv_stat(&want, "p_HL"));
        double r = csv_stat(&want, "p_HL");     /* leaves out the orders that equal the one found */
        assert_true(p >= r && p <= 1.25 * r);
        free(score);
        sv_maxstat_free(&m);
        cohort_free(&c);
        csv_free(&want);
    }
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
        cmocka_unit_test(test_maxstat_p__exact_bounds_every_order),
        cmocka_unit_test(test_maxstat_p__exact_is_near_r),
        cmocka_unit_test(test_maxstat_p__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
