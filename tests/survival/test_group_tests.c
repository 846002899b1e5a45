/* test_group_tests.c - tests of groups, against R and against their definitions. */
#include "lung1.h"

#include <survival/dist.h>
#include <survival/rng.h>
#include <survival/tests.h>

#define REFERENCE(name) SHARED("reference/survival/17_tests/" name)

/* Compares everything the table gives. */
static void check_row(const csv *c, const char *id, const sv_test *t)
{
    for (size_t i = 0; i < c->rows; i++) {
        if (strcmp(csv_text(c, i, "id"), id) != 0) { continue; }
        CHECK_NEAR(t->statistic, csv_num(c, i, "statistic"), 1e-9, 0);
        if (!isnan(csv_num(c, i, "df1"))) { CHECK_NEAR(t->df1, csv_num(c, i, "df1"), 1e-9, 0); }
        if (!isnan(csv_num(c, i, "df2"))) { CHECK_NEAR(t->df2, csv_num(c, i, "df2"), 1e-9, 0); }
        if (!isnan(csv_num(c, i, "estimate"))) { CHECK_NEAR(t->estimate, csv_num(c, i, "estimate"), 1e-9, 0); }
        if (!isnan(csv_num(c, i, "estimate2"))) { CHECK_NEAR(t->estimate2, csv_num(c, i, "estimate2"), 1e-9, 0); }
        if (!isnan(csv_num(c, i, "ci_lo"))) { CHECK_NEAR(t->lower, csv_num(c, i, "ci_lo"), 1e-9, 0); }
        if (!isnan(csv_num(c, i, "ci_hi"))) { CHECK_NEAR(t->upper, csv_num(c, i, "ci_hi"), 1e-9, 0); }
        CHECK_NEAR(t->p, csv_num(c, i, "p"), 1e-9, 0);
        return;
    }
    fail_msg("no reference for %s", id);
}

static void test_group_tests__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("htests.csv"));
    SKIP_WITHOUT(LUNG1("lung1_clinical_v3.csv"));
    csv want;
    assert_true(csv_read(&want, REFERENCE("htests.csv")));
    lung1 l = lung1_read();
    size_t n = l.features.rows;
    double *b = csv_column(&l.features, "original_shape_MajorAxisLength");
    double *elongation = csv_column(&l.features, "original_shape_Elongation");
    double *flatness = csv_column(&l.features, "original_shape_Flatness");
    int *gender = lung1_codes(&l, "gender"), *stage = lung1_codes(&l, "Overall.Stage");
    int male = strcmp(lung1_clinical(&l, 0, "gender"), "male") == 0 ? 0 : 1;
    double *m = calloc(n, sizeof *m), *f = calloc(n, sizeof *f);
    size_t nm = lung1_pick(m, b, gender, n, male), nf = lung1_pick(f, b, gender, n, 1 - male);
    assert_int_equal(nm, 290);
    assert_int_equal(nf, 131);

    sv_test t;
    sv_error err = { 0 };
    CHECK_OK(sv_t_welch(&t, f, nf, m, nm, 0.95, &err), err);
    check_row(&want, "welch", &t);
    CHECK_OK(sv_t_pooled(&t, f, nf, m, nm, 0.95, &err), err);
    check_row(&want, "student", &t);
    CHECK_OK(sv_t_paired(&t, elongation, flatness, 100, 0.95, &err), err);
    check_row(&want, "paired", &t);
    CHECK_OK(sv_variance_test(&t, f, nf, m, nm, 0.95, &err), err);
    check_row(&want, "var_F", &t);
    CHECK_OK(sv_anova(&t, b, stage, n, &err), err);
    check_row(&want, "anova", &t);
    CHECK_OK(sv_wilcoxon(&t, f, nf, m, nm, SV_TEST_APPROXIMATE, &err), err);
    check_row(&want, "wilcox_normal", &t);
    CHECK_OK(sv_wilcoxon(&t, b, 20, b + 20, 18, SV_TEST_AUTO, &err), err);
    check_row(&want, "wilcox_exact", &t);
    CHECK_OK(sv_wilcoxon_signed(&t, elongation, flatness, 30, SV_TEST_AUTO, &err), err);
    check_row(&want, "wilcox_signed", &t);
    CHECK_OK(sv_kruskal(&t, b, stage, n, &err), err);
    check_row(&want, "kruskal", &t);
    CHECK_OK(sv_ks(&t, m, nm, f, nf, SV_TEST_AUTO, &err), err);
    check_row(&want, "ks2", &t);
    CHECK_OK(sv_shapiro(&t, b, n, &err), err);
    check_row(&want, "shapiro", &t);

    free(b);
    free(elongation);
    free(flatness);
    free(gender);
    free(stage);
    free(m);
    free(f);
    lung1_free(&l);
    csv_free(&want);
}

enum { N = 9, NX = 4 };

/* Deals tied values to two samples; their W and D by definition. False for other sizes than NX. */
static bool deal(double *x, double *y, double *w, double *d, unsigned chosen)
{
    static const double value[N] = { 1, 2, 2, 3, 4.5, 4.5, 4.5, 8, 9 };
    size_t nx = 0, ny = 0;
    for (unsigned i = 0; i < N; i++) {
        if (chosen >> i & 1) { x[nx++] = value[i]; } else { y[ny++] = value[i]; }
    }
    *w = *d = 0;
    if (nx != NX) { return false; }
    for (size_t i = 0; i < nx; i++) {
        for (size_t j = 0; j < ny; j++) { *w += x[i] > y[j] ? 1 : x[i] == y[j] ? 0.5 : 0; }
    }
    for (unsigned k = 0; k < N; k++) {
        double fx = 0, fy = 0;
        for (size_t i = 0; i < nx; i++) { fx += x[i] <= value[k]; }
        for (size_t j = 0; j < ny; j++) { fy += y[j] <= value[k]; }
        *d = fmax(*d, fabs(fx / NX - fy / (N - NX)));
    }
    return true;
}

/* Exact p-values against all ways to deal the values. */
static void test_group_tests__permutations(void **state)
{
    (void)state;
    double x[N], y[N], w, d, w_seen, d_seen, checked = 0;
    sv_test rank_sum, distance;
    sv_error err = { 0 };
    for (unsigned seen = 0; seen < 1u << N; seen++) {
        if (!deal(x, y, &w_seen, &d_seen, seen)) { continue; }
        CHECK_OK(sv_wilcoxon(&rank_sum, x, NX, y, N - NX, SV_TEST_EXACT, &err), err);
        CHECK_OK(sv_ks(&distance, x, NX, y, N - NX, SV_TEST_AUTO, &err), err);
        CHECK_NEAR(rank_sum.statistic, w_seen, 0, 1e-12);
        CHECK_NEAR(distance.statistic, d_seen, 0, 1e-12);
        double lower = 0, upper = 0, farther = 0, all = 0;
        for (unsigned set = 0; set < 1u << N; set++) {
            if (!deal(x, y, &w, &d, set)) { continue; }
            all++;
            lower += w <= w_seen + 1e-9;
            upper += w >= w_seen - 1e-9;
            farther += d >= d_seen - 1e-9;
        }
        CHECK_NEAR(rank_sum.p, fmin(1, 2 * fmin(lower, upper) / all), 1e-12, 0);
        CHECK_NEAR(distance.p, farther / all, 1e-12, 0);
        checked++;
    }
    assert_true(checked == 126);
}

/* Signs over ranks, all of them. */
static void test_group_tests__signs(void **state)
{
    (void)state;
    static const double d[] = { -1, 2, -2, 3, 5, 5, -7, 8 };
    static const double rank[] = { 1, 2.5, 2.5, 4, 5.5, 5.5, 7, 8 }, zero[8] = { 0 };
    sv_test t;
    sv_error err = { 0 };
    CHECK_OK(sv_wilcoxon_signed(&t, d, zero, 8, SV_TEST_EXACT, &err), err);
    double v = 0, above = 0;
    for (size_t i = 0; i < 8; i++) { v += d[i] > 0 ? rank[i] : 0; }
    for (unsigned set = 0; set < 256; set++) {
        double s = 0;
        for (unsigned i = 0; i < 8; i++) { s += set >> i & 1 ? rank[i] : 0; }
        above += s >= v;
    }
    CHECK_NEAR(t.statistic, v, 0, 1e-12);
    CHECK_NEAR(t.p, 2 * above / 256, 1e-12, 0);
}

/* What exact and approximate must share with each other at a size that both can take. */
static void test_group_tests__approximations(void **state)
{
    (void)state;
    double x[60], y[50];
    sv_rng rng = sv_rng_stream(1, 0);
    for (size_t i = 0; i < 60; i++) { x[i] = sv_rng_uniform(&rng) - 0.09; }
    for (size_t i = 0; i < 50; i++) { y[i] = sv_rng_uniform(&rng); }
    sv_test a, b;
    sv_error err = { 0 };
    CHECK_OK(sv_wilcoxon(&a, x, 60, y, 50, SV_TEST_EXACT, &err), err);
    CHECK_OK(sv_wilcoxon(&b, x, 60, y, 50, SV_TEST_APPROXIMATE, &err), err);
    CHECK_NEAR(a.p, b.p, 0.02, 0);
    CHECK_OK(sv_ks(&a, x, 60, y, 50, SV_TEST_EXACT, &err), err);
    CHECK_OK(sv_ks(&b, x, 60, y, 50, SV_TEST_APPROXIMATE, &err), err);
    CHECK_NEAR(a.p, b.p, 0.3, 0);
    assert_true(a.p < 1 && a.p > 0);
    /* two groups: Kruskal's is the square of Wilcoxon's z without continuity; F that of t */
    int group[110];
    double all[110];
    for (int i = 0; i < 110; i++) { group[i] = i < 60 ? 5 : -2; all[i] = i < 60 ? x[i] : y[i - 60]; }
    CHECK_OK(sv_kruskal(&a, all, group, 110, &err), err);
    CHECK_OK(sv_wilcoxon(&b, x, 60, y, 50, SV_TEST_APPROXIMATE, &err), err);
    double z = (b.statistic - 1500) / sqrt(60.0 * 50 * 111 / 12);
    CHECK_NEAR(a.statistic, z * z, 1e-10, 0);
    CHECK_OK(sv_anova(&a, all, group, 110, &err), err);
    CHECK_OK(sv_t_pooled(&b, x, 60, y, 50, 0.9, &err), err);
    CHECK_NEAR(a.statistic, b.statistic * b.statistic, 1e-11, 0);
    CHECK_NEAR(a.p, b.p, 1e-10, 0);
    /* the limit's two series, on either side of 1 */
    double big[1000], bigger[1000];
    for (size_t i = 0; i < 1000; i++) { big[i] = (double)i; bigger[i] = (double)i + 44.5; }
    CHECK_OK(sv_ks(&a, big, 1000, bigger, 1000, SV_TEST_APPROXIMATE, &err), err);
    CHECK_NEAR(a.statistic, 0.045, 1e-12, 0);
    double lambda = 0.045 * sqrt(500), sum = 0;
    for (int k = 1; k < 200; k++) { sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * lambda * lambda); }
    CHECK_NEAR(a.p, sum, 1e-12, 0);
    for (size_t i = 0; i < 1000; i++) { bigger[i] = (double)i + 39.5; }
    CHECK_OK(sv_ks(&a, big, 1000, bigger, 1000, SV_TEST_APPROXIMATE, &err), err);
    lambda = 0.04 * sqrt(500);
    sum = 0;
    for (int k = 1; k < 200; k++) { sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * lambda * lambda); }
    CHECK_NEAR(a.p, sum, 1e-12, 0);
}

/* At every size that has rules of its own. */
static void test_group_tests__shapiro_sizes(void **state)
{
    (void)state;
    sv_test t;
    sv_error err = { 0 };
    for (size_t n = 3; n <= 40; n++) {                   /* normal scores look normal */
        double x[40];
        for (size_t i = 0; i < n; i++) { x[i] = 7 + 3 * sv_normal_quantile(((double)i + 0.625) / ((double)n + 0.25)); }
        CHECK_OK(sv_shapiro(&t, x, n, &err), err);
        assert_true(t.statistic > 0.97 && t.statistic <= 1 && t.p > 0.6);
        x[0] = -200;                                    /* an outlier does not */
        CHECK_OK(sv_shapiro(&t, x, n, &err), err);
        assert_true(n < 5 || t.p < 1e-3);
    }
    const double three[] = { 148, 154, 158 };            /* W and p of n = 3 have closed forms */
    CHECK_OK(sv_shapiro(&t, three, 3, &err), err);
    double w = 0.5 * 100 / ((148 - 460 / 3.0) * (148 - 460 / 3.0) + (154 - 460 / 3.0) * (154 - 460 / 3.0)
                            + (158 - 460 / 3.0) * (158 - 460 / 3.0));
    CHECK_NEAR(t.statistic, w, 1e-12, 0);
    CHECK_NEAR(t.p, 6 / acos(-1.0) * (asin(sqrt(w)) - asin(sqrt(0.75))), 1e-12, 0);
}

/* Under the null p-values are uniform, by the distance test itself. */
static void test_group_tests__null(void **state)
{
    (void)state;
    enum { TRIALS = 600, FINE = 60000, FIRST = 25, SECOND = 40 };
    static double p[4][TRIALS], even[FINE];
    sv_rng rng = sv_rng_stream(11, 0);
    sv_test t;
    sv_error err = { 0 };
    for (size_t k = 0; k < TRIALS; k++) {
        double x[FIRST], y[SECOND], all[FIRST + SECOND];
        int group[FIRST + SECOND];
        for (size_t i = 0; i < FIRST + SECOND; i++) {
            all[i] = sv_normal_quantile(sv_rng_uniform(&rng));
            group[i] = (int)(i % 3);
            if (i < FIRST) { x[i] = all[i]; } else { y[i - FIRST] = all[i]; }
        }
        CHECK_OK(sv_t_welch(&t, x, FIRST, y, SECOND, 0.95, &err), err);
        p[0][k] = t.p;
        CHECK_OK(sv_anova(&t, all, group, FIRST + SECOND, &err), err);
        p[1][k] = t.p;
        CHECK_OK(sv_kruskal(&t, all, group, FIRST + SECOND, &err), err);
        p[2][k] = t.p;
        CHECK_OK(sv_shapiro(&t, all, FIRST + SECOND, &err), err);
        p[3][k] = t.p;
    }
    for (size_t k = 0; k < FINE; k++) { even[k] = ((double)k + 0.5) / FINE; }
    for (size_t m = 0; m < 4; m++) {
        CHECK_OK(sv_ks(&t, p[m], TRIALS, even, FINE, SV_TEST_APPROXIMATE, &err), err);
        assert_true(t.p > 0.01);
    }
}

static void test_group_tests__adjust(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("p_adjust.csv"));
    csv c;
    assert_true(csv_read(&c, REFERENCE("p_adjust.csv")));
    double *p = csv_column(&c, "p"), *got = calloc(c.rows + 1, sizeof *got), *mixed = calloc(c.rows + 1, sizeof *mixed);
    sv_error err = { 0 };
    for (int m = 0; m < SV_ADJUSTMENTS; m++) {
        double *want = csv_column(&c, sv_adjust_name((sv_adjust)m));
        CHECK_OK(sv_p_adjust(got, p, c.rows, (sv_adjust)m, &err), err);
        for (size_t i = 0; i < c.rows; i++) { CHECK_NEAR(got[i], want[i], 1e-12, 0); }
        /* the order does not matter, and a NaN is no test */
        for (size_t i = 0; i < c.rows; i++) { mixed[i] = p[(i * 5 + 3) % c.rows]; }
        mixed[c.rows] = (double)NAN;
        CHECK_OK(sv_p_adjust(mixed, mixed, c.rows + 1, (sv_adjust)m, &err), err);
        for (size_t i = 0; i < c.rows; i++) { CHECK_NEAR(mixed[i], want[(i * 5 + 3) % c.rows], 1e-12, 0); }
        assert_true(isnan(mixed[c.rows]));
        free(want);
    }
    p[4] = 1.5;
    assert_int_equal(sv_p_adjust(got, p, c.rows, SV_ADJUST_BH, &err), SV_EDATA);
    assert_int_equal(sv_p_adjust(got, p, c.rows, SV_ADJUSTMENTS, &err), SV_EINVAL);
    CHECK_OK(sv_p_adjust(got, p, 0, SV_ADJUST_HOMMEL, &err), err);
    CHECK_OK(sv_p_adjust(got, p, 1, SV_ADJUST_HOMMEL, &err), err);
    CHECK_NEAR(got[0], p[0], 0, 0);
    free(p);
    free(got);
    free(mixed);
    csv_free(&c);
}

/* Hommel's adjustment is the closure of Simes' test: all intersections, by hand. */
static void test_group_tests__hommel_is_closed_simes(void **state)
{
    (void)state;
    static const double p[] = { 0.011, 0.02, 0.022, 0.038, 0.3, 0.022 };
    enum { M = 6 };
    double got[M];
    sv_error err = { 0 };
    CHECK_OK(sv_p_adjust(got, p, M, SV_ADJUST_HOMMEL, &err), err);
    for (unsigned h = 0; h < M; h++) {
        double worst = 0;
        for (unsigned set = 0; set < 1u << M; set++) {
            if (!(set >> h & 1)) { continue; }
            double size = 0, simes = 1;
            for (unsigned i = 0; i < M; i++) { size += set >> i & 1; }
            for (unsigned i = 0; i < M; i++) {
                if (!(set >> i & 1)) { continue; }
                double rank = 0;
                for (unsigned j = 0; j < M; j++) { rank += (set >> j & 1) && p[j] <= p[i]; }
                simes = fmin(simes, size * p[i] / rank);
            }
            worst = fmax(worst, simes);
        }
        CHECK_NEAR(got[h], worst, 1e-12, 0);
    }
}

static void test_group_tests__refusals(void **state)
{
    (void)state;
    const double x[] = { 1, 2, 3, (double)NAN }, flat[] = { 4, 4, 4, 4 };
    const int one_group[] = { 1, 1, 1, 1 };
    sv_test t = { .p = 7 };
    sv_error err = { 0 };
    assert_int_equal(sv_t_welch(&t, x, 4, flat, 4, 0.95, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "value 4 of the first sample"));
    assert_int_equal(sv_t_welch(&t, x, 3, flat, 1, 0.95, &err), SV_ETOOSMALL);
    assert_int_equal(sv_t_welch(&t, flat, 4, flat, 4, 0.95, &err), SV_EDATA);
    assert_int_equal(sv_t_pooled(&t, x, 3, flat, 4, 1, &err), SV_EINVAL);
    assert_int_equal(sv_variance_test(&t, x, 3, flat, 4, 0.95, &err), SV_EDATA);
    assert_int_equal(sv_anova(&t, x, one_group, 3, &err), SV_ETOOSMALL);
    assert_int_equal(sv_kruskal(&t, x, one_group, 3, &err), SV_ETOOSMALL);
    assert_int_equal(sv_wilcoxon(&t, x, 0, flat, 4, SV_TEST_AUTO, &err), SV_ETOOSMALL);
    assert_int_equal(sv_ks(&t, x, 4, flat, 4, SV_TEST_AUTO, &err), SV_EDATA);
    assert_int_equal(sv_shapiro(&t, flat, 4, &err), SV_EDATA);
    assert_int_equal(sv_shapiro(&t, x, 2, &err), SV_ETOOSMALL);
    assert_true(t.p == 7);
    double many[300] = { 0 };
    assert_int_equal(sv_wilcoxon(&t, many, 150, many + 150, 150, SV_TEST_EXACT, &err), SV_ELIMIT);
    CHECK_OK(sv_wilcoxon(&t, many, 150, many + 150, 150, SV_TEST_AUTO, &err), err);
    assert_true(isnan(t.p) && t.statistic == 150 * 150 / 2);
    CHECK_OK(sv_wilcoxon_signed(&t, flat, flat, 4, SV_TEST_AUTO, &err), err);
    assert_true(isnan(t.p));
    CHECK_OK(sv_ks(&t, flat, 4, flat, 3, SV_TEST_AUTO, &err), err);
    assert_true(t.p == 1 && t.statistic == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group_tests__reference),
        cmocka_unit_test(test_group_tests__permutations),
        cmocka_unit_test(test_group_tests__signs),
        cmocka_unit_test(test_group_tests__approximations),
        cmocka_unit_test(test_group_tests__shapiro_sizes),
        cmocka_unit_test(test_group_tests__null),
        cmocka_unit_test(test_group_tests__adjust),
        cmocka_unit_test(test_group_tests__hommel_is_closed_simes),
        cmocka_unit_test(test_group_tests__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
