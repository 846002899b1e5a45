/* test_correlation.c - correlation coefficients and tests, against R and against their definitions. */
#include "lung1.h"

#include <survival/correlation.h>
#include <survival/rng.h>

#define REFERENCE(name) SHARED("reference/survival/17_tests/" name)

static void check_row(const csv *c, const char *id, const sv_test *t)
{
    for (size_t i = 0; i < c->rows; i++) {
        if (strcmp(csv_text(c, i, "id"), id) != 0) { continue; }
        CHECK_NEAR(t->statistic, csv_num(c, i, "statistic"), 1e-9, 0);
        CHECK_NEAR(t->estimate, csv_num(c, i, "estimate"), 1e-9, 0);
        CHECK_NEAR(t->p, csv_num(c, i, "p"), 1e-9, 0);
        if (!isnan(csv_num(c, i, "df1"))) { CHECK_NEAR(t->df1, csv_num(c, i, "df1"), 0, 0); }
        if (!isnan(csv_num(c, i, "ci_lo"))) { CHECK_NEAR(t->lower, csv_num(c, i, "ci_lo"), 1e-9, 0); }
        if (!isnan(csv_num(c, i, "ci_hi"))) { CHECK_NEAR(t->upper, csv_num(c, i, "ci_hi"), 1e-9, 0); }
        return;
    }
    fail_msg("no reference for %s", id);
}

static void test_correlation__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("htests.csv"));
    SKIP_WITHOUT(LUNG1("lung1_clinical_v3.csv"));
    csv want;
    assert_true(csv_read(&want, REFERENCE("htests.csv")));
    lung1 l = lung1_read();
    size_t n = l.features.rows;
    double *a = csv_column(&l.features, "original_firstorder_Median");
    double *b = csv_column(&l.features, "original_shape_MajorAxisLength");
    sv_test t;
    int exact;
    sv_error err = { 0 };
    CHECK_OK(sv_pearson(&t, a, b, n, 0.95, &err), err);
    check_row(&want, "pearson", &t);
    CHECK_OK(sv_spearman(&t, a, b, n, SV_TEST_APPROXIMATE, &err), err);
    check_row(&want, "spearman_as89_big", &t);
    CHECK_OK(sv_spearman(&t, a, b, 9, SV_TEST_AUTO, &err), err);
    check_row(&want, "spearman_exact_n9", &t);
    CHECK_OK(sv_spearman(&t, a, b, 50, SV_TEST_AUTO, &err), err);
    check_row(&want, "spearman_edgeworth_n50", &t);
    CHECK_OK(sv_kendall(&t, &exact, a, b, 15, SV_TEST_AUTO, &err), err);
    check_row(&want, "kendall_exact", &t);
    assert_true(exact);
    CHECK_OK(sv_kendall(&t, &exact, a, b, 60, SV_TEST_APPROXIMATE, &err), err);
    check_row(&want, "kendall", &t);
    assert_false(exact);
    free(a);
    free(b);
    lung1_free(&l);
    csv_free(&want);
}

/* S and the concordant pairs of an order of n items. */
static void count(double *s, double *concordant, const int *order, int n)
{
    *s = *concordant = 0;
    for (int i = 0; i < n; i++) {
        *s += (order[i] - i) * (order[i] - i);
        for (int j = 0; j < i; j++) { *concordant += order[j] < order[i]; }
    }
}

/* The next order of n items in the dictionary; false after the last. */
static bool next_order(int *o, int n)
{
    int i = n - 2, j = n - 1;
    while (i >= 0 && o[i] > o[i + 1]) { i--; }
    if (i < 0) { return false; }
    while (o[j] < o[i]) { j--; }
    int swap = o[i]; o[i] = o[j]; o[j] = swap;
    for (int a = i + 1, b = n - 1; a < b; a++, b--) { swap = o[a]; o[a] = o[b]; o[b] = swap; }
    return true;
}

/* Exact p-values against all 720 orders. */
static void test_correlation__every_order(void **state)
{
    (void)state;
    enum { N = 6 };
    int seen[N] = { 0, 1, 2, 3, 4, 5 }, orders = 0;
    double x[N], y[N];
    sv_test rho, tau;
    sv_error err = { 0 };
    do {
        if (orders++ % 7 != 0) { continue; }
        double s_seen, c_seen, s, c, s_low = 0, s_high = 0, c_low = 0, c_high = 0, all = 0;
        for (int i = 0; i < N; i++) { x[i] = exp(i); y[i] = 3 * seen[i] - 5; }
        CHECK_OK(sv_spearman(&rho, x, y, N, SV_TEST_AUTO, &err), err);
        CHECK_OK(sv_kendall(&tau, NULL, x, y, N, SV_TEST_AUTO, &err), err);
        count(&s_seen, &c_seen, seen, N);
        int o[N] = { 0, 1, 2, 3, 4, 5 };
        do {
            count(&s, &c, o, N);
            all++;
            s_low += s <= s_seen;
            s_high += s >= s_seen;
            c_low += c <= c_seen;
            c_high += c >= c_seen;
        } while (next_order(o, N));
        CHECK_NEAR(rho.statistic, s_seen, 0, 1e-9);
        CHECK_NEAR(rho.p, fmin(1, 2 * fmin(s_low, s_high) / all), 1e-12, 0);
        CHECK_NEAR(tau.statistic, c_seen, 0, 1e-9);
        CHECK_NEAR(tau.p, fmin(1, 2 * fmin(c_low, c_high) / all), 1e-12, 0);
    } while (next_order(seen, N));
    assert_int_equal(orders, 720);
}

/* Ties: tau-b pair by pair; the approximations near the exact p where both exist; symmetry. */
static void test_correlation__properties(void **state)
{
    (void)state;
    enum { N = 97 };
    double x[N], y[N], minus[N];
    sv_rng rng = sv_rng_stream(3, 0);
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)sv_rng_below(&rng, 12);
        y[i] = (double)sv_rng_below(&rng, 9) + 0.3 * x[i];
        minus[i] = -y[i];
    }
    double s = 0, tx = 0, ty = 0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < i; j++) {
            double dx = x[i] - x[j], dy = y[i] - y[j];
            s += (dx > 0) - (dx < 0) == 0 ? 0 : ((dx > 0) == (dy > 0) ? dy != 0 : -(dy != 0));
            tx += dx == 0;
            ty += dy == 0;
        }
    }
    double all = N * (N - 1) / 2.0;
    sv_test a, b;
    sv_error err = { 0 };
    CHECK_OK(sv_kendall(&a, NULL, x, y, N, SV_TEST_AUTO, &err), err);
    CHECK_NEAR(a.estimate, s / sqrt((all - tx) * (all - ty)), 1e-12, 0);
    CHECK_OK(sv_kendall(&b, NULL, minus, x, N, SV_TEST_AUTO, &err), err);
    CHECK_NEAR(b.estimate, -a.estimate, 1e-12, 0);
    CHECK_NEAR(b.p, a.p, 1e-12, 0);
    CHECK_OK(sv_spearman(&a, x, y, N, SV_TEST_AUTO, &err), err);
    CHECK_OK(sv_spearman(&b, x, minus, N, SV_TEST_APPROXIMATE, &err), err);
    CHECK_NEAR(a.p, b.p, 1e-9, 0);
    for (size_t i = 0; i < N; i++) { x[i] += 1e-3 * sv_rng_uniform(&rng); y[i] += 1e-3 * sv_rng_uniform(&rng); minus[i] = -y[i]; }
    CHECK_OK(sv_spearman(&a, x, y, N, SV_TEST_AUTO, &err), err);
    CHECK_OK(sv_spearman(&b, x, minus, N, SV_TEST_AUTO, &err), err);
    CHECK_NEAR(b.p, a.p, 1e-9, 0);                       /* Edgeworth's series is symmetric */
    CHECK_OK(sv_spearman(&b, x, y, N, SV_TEST_APPROXIMATE, &err), err);
    CHECK_NEAR(b.p, a.p, 0.1, 0);
    CHECK_OK(sv_kendall(&a, NULL, x, y, N, SV_TEST_EXACT, &err), err);
    CHECK_OK(sv_kendall(&b, NULL, x, y, N, SV_TEST_APPROXIMATE, &err), err);
    CHECK_NEAR(b.p, a.p, 0.1, 0);
    assert_true(a.p != b.p);
}

static void test_correlation__edges(void **state)
{
    (void)state;
    const double x[] = { 1, 2, 3, 4 }, flat[] = { 2, 2, 2, 2 }, bad[] = { 1, (double)INFINITY, 2, 3 };
    const double far[] = { 1e300, 2e300, -1e300, 0 };
    sv_test t = { .p = 7 };
    sv_error err = { 0 };
    assert_int_equal(sv_pearson(&t, x, x, 2, 0.95, &err), SV_ETOOSMALL);
    assert_int_equal(sv_pearson(&t, x, x, 4, 0, &err), SV_EINVAL);
    assert_int_equal(sv_spearman(&t, x, bad, 4, SV_TEST_AUTO, &err), SV_EDATA);
    assert_int_equal(sv_kendall(&t, NULL, x, bad, 4, SV_TEST_AUTO, &err), SV_EDATA);
    assert_true(t.p == 7);
    CHECK_OK(sv_pearson(&t, x, flat, 4, 0.95, &err), err);
    assert_true(isnan(t.estimate) && isnan(t.p));
    CHECK_OK(sv_spearman(&t, flat, x, 4, SV_TEST_AUTO, &err), err);
    assert_true(isnan(t.estimate) && isnan(t.p));
    CHECK_OK(sv_kendall(&t, NULL, flat, x, 4, SV_TEST_AUTO, &err), err);
    assert_true(isnan(t.estimate) && isnan(t.p));
    CHECK_OK(sv_pearson(&t, x, x, 4, 0.95, &err), err);
    assert_true(t.estimate == 1 && t.p == 0 && t.lower == 1 && t.upper == 1);
    CHECK_OK(sv_pearson(&t, x, far, 4, 0.95, &err), err);
    assert_true(t.estimate < 0 && t.estimate > -1 && isfinite(t.p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_correlation__reference),
        cmocka_unit_test(test_correlation__every_order),
        cmocka_unit_test(test_correlation__properties),
        cmocka_unit_test(test_correlation__edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
