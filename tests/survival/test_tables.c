/* test_tables.c - tests of counts, against R and against their definitions. */
#include "lung1.h"

#include <survival/dist.h>
#include <survival/tables.h>

#define REFERENCE(name) SHARED("reference/survival/17_tests/" name)

static size_t row_of(const csv *c, const char *id)
{
    for (size_t i = 0; i < c->rows; i++) {
        if (strcmp(csv_text(c, i, "id"), id) == 0) { return i; }
    }
    fail_msg("no reference for %s", id);
    return 0;
}

/* R finds odds ratios, or their inverses above 1, by a root search of this absolute tolerance; ours
 * are held to their equations below. */
static const double r_root = 1.2207e-4;

static void check_root(double got, double want)
{
    CHECK_NEAR(want > 1 ? 1 / got : got, want > 1 ? 1 / want : want, 0, r_root);
}

static void check_row(const csv *c, const char *id, const sv_test *t, bool root)
{
    size_t i = row_of(c, id);
    if (!isnan(csv_num(c, i, "statistic"))) { CHECK_NEAR(t->statistic, csv_num(c, i, "statistic"), 1e-9, 0); }
    if (!isnan(csv_num(c, i, "df1"))) { CHECK_NEAR(t->df1, csv_num(c, i, "df1"), 0, 0); }
    CHECK_NEAR(t->p, csv_num(c, i, "p"), 1e-9, 0);
    const double got[] = { t->estimate, t->lower, t->upper };
    const double want[] = { csv_num(c, i, "estimate"), csv_num(c, i, "ci_lo"), csv_num(c, i, "ci_hi") };
    for (size_t k = 0; k < 3; k++) {
        if (isnan(want[k])) { continue; }
        if (root) { check_root(got[k], want[k]); } else { CHECK_NEAR(got[k], want[k], 1e-9, 0); }
    }
}

static size_t *read_counts(const char *path, sv_table *t)
{
    csv c;
    if (!csv_read(&c, path)) { fail_msg("cannot read %s", path); }
    size_t *count = calloc(c.rows * c.cols, sizeof *count);
    *t = (sv_table){ count, c.rows, c.cols - 1 };
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t j = 0; j < t->cols; j++) { count[i * t->cols + j] = (size_t)csv_num_at(&c, i, j + 1); }
    }
    csv_free(&c);
    return count;
}

static void test_tables__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("htests.csv"));
    csv want;
    assert_true(csv_read(&want, REFERENCE("htests.csv")));
    sv_test t;
    sv_error err = { 0 };
    sv_table two, stages, small;
    double p, least;
    size_t *c2 = read_counts(REFERENCE("table_t2.csv"), &two), *c3 = read_counts(REFERENCE("table_t3.csv"), &stages),
           *c4 = read_counts(REFERENCE("table_t4.csv"), &small);
    CHECK_OK(sv_chisq_table(&t, NULL, &two, true, &err), err);
    check_row(&want, "chisq_yates", &t, false);
    CHECK_OK(sv_chisq_table(&t, &least, &two, false, &err), err);
    check_row(&want, "chisq_noyates", &t, false);
    CHECK_NEAR(least, 48.0 * 131 / 421, 1e-12, 0);
    CHECK_OK(sv_chisq_table(&t, NULL, &stages, true, &err), err);
    check_row(&want, "chisq_rxc", &t, false);
    CHECK_OK(sv_fisher_2x2(&t, two.count, 0.95, &err), err);
    check_row(&want, "fisher22", &t, true);
    static const size_t printed[] = { 8, 1, 2, 5 }, wide[] = { 3, 2, 0, 1, 6, 4 }, before[] = { 30, 5, 12, 40 };
    CHECK_OK(sv_fisher_2x2(&t, printed, 0.95, &err), err);
    check_row(&want, "fisher_small", &t, true);
    CHECK_OK(sv_fisher_table(&p, &small, &err), err);
    CHECK_NEAR(p, csv_num(&want, row_of(&want, "fisher_rxc"), "p"), 1e-9, 0);
    CHECK_OK(sv_fisher_table(&p, &(sv_table){ wide, 2, 3 }, &err), err);
    CHECK_NEAR(p, csv_num(&want, row_of(&want, "fisher_2x3"), "p"), 1e-9, 0);
    CHECK_OK(sv_mcnemar(&t, &(sv_table){ before, 2, 2 }, true, &err), err);
    check_row(&want, "mcnemar", &t, false);
    CHECK_OK(sv_mcnemar(&t, &(sv_table){ before, 2, 2 }, false, &err), err);
    check_row(&want, "mcnemar_nc", &t, false);
    static const size_t events[] = { 15, 30, 45 }, of[] = { 50, 60, 70 };
    static const double score[] = { 1, 2, 3 };
    CHECK_OK(sv_trend(&t, events, of, score, 3, &err), err);
    check_row(&want, "prop_trend", &t, false);
    CHECK_OK(sv_binomial(&t, 37, 50, 0.5, 0.95, &err), err);
    check_row(&want, "binom", &t, false);
    CHECK_OK(sv_poisson(&t, 12, 100, 0.1, 0.95, &err), err);
    check_row(&want, "poisson", &t, false);
    free(c2);
    free(c3);
    free(c4);
    csv_free(&want);
}

static void test_tables__cmh_reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("htests.csv"));
    SKIP_WITHOUT(LUNG1("lung1_clinical_v3.csv"));
    csv want;
    assert_true(csv_read(&want, REFERENCE("htests.csv")));
    lung1 l = lung1_read();
    size_t count[2][4] = { { 0 } };                      /* "Unknown" sorts behind "II" */
    for (size_t i = 0; i < l.features.rows; i++) {
        const char *stage = lung1_clinical(&l, i, "Overall.Stage");
        size_t s = strcmp(stage, "I") != 0 && strcmp(stage, "II") != 0 ? 1 : 0;
        size_t r = strcmp(lung1_clinical(&l, i, "gender"), "female") == 0 ? 0 : 1;
        size_t e = strcmp(lung1_clinical(&l, i, "deadstatus.event"), "1") == 0 ? 1 : 0;
        count[s][2 * r + e]++;
    }
    sv_test t;
    sv_error err = { 0 };
    CHECK_OK(sv_cmh(&t, count[0], 2, true, 0.95, &err), err);
    check_row(&want, "mantelhaen", &t, false);
    lung1_free(&l);
    csv_free(&want);
}

static double choose(double n, double k)
{
    double v = 1;
    for (double i = 1; i <= k; i++) { v *= (n - k + i) / i; }
    return v;
}

/* Expectation and tails of the upper left cell at an odds ratio, term by term. */
static void noncentral(double *mean, double *upper, double *lower, const size_t c[4], double odds)
{
    double row = (double)(c[0] + c[1]), col = (double)(c[0] + c[2]), n = (double)(c[1] + c[3]), all = 0;
    *mean = *upper = *lower = 0;
    for (double x = fmax(0, row - n); x <= fmin(row, col); x++) {
        double w = choose(col, x) * choose(n, row - x) * pow(odds, x);
        all += w;
        *mean += x * w;
        *upper += x >= (double)c[0] ? w : 0;
        *lower += x <= (double)c[0] ? w : 0;
    }
    *mean /= all;
    *upper /= all;
    *lower /= all;
}

/* The odds ratio and its bounds solve their equations, which R's root search nearly does. */
static void test_tables__odds_ratio(void **state)
{
    (void)state;
    static const size_t table[][4] = { { 8, 1, 2, 5 }, { 21, 110, 27, 263 }, { 3, 9, 1, 2 }, { 1, 400, 30, 3 } };
    sv_test t;
    sv_error err = { 0 };
    for (size_t k = 0; k < 4; k++) {
        double mean, upper, lower;
        CHECK_OK(sv_fisher_2x2(&t, table[k], 0.9, &err), err);
        noncentral(&mean, &upper, &lower, table[k], t.estimate);
        CHECK_NEAR(mean, (double)table[k][0], 1e-9, 0);
        noncentral(&mean, &upper, &lower, table[k], t.lower);
        CHECK_NEAR(upper, 0.05, 1e-9, 0);
        noncentral(&mean, &upper, &lower, table[k], t.upper);
        CHECK_NEAR(lower, 0.05, 1e-9, 0);
        const size_t turned[4] = { table[k][1], table[k][0], table[k][3], table[k][2] };
        double p = t.p, odds = t.estimate;
        CHECK_OK(sv_fisher_2x2(&t, turned, 0.9, &err), err);
        CHECK_NEAR(t.p, p, 1e-11, 0);
        CHECK_NEAR(t.estimate * odds, 1, 1e-9, 0);
        CHECK_OK(sv_fisher_table(&p, &(sv_table){ table[k], 2, 2 }, &err), err);
        CHECK_NEAR(p, t.p, 1e-10, 0);
    }
    const size_t extreme[4] = { 4, 0, 2, 3 }, certain[4] = { 4, 0, 3, 0 };
    CHECK_OK(sv_fisher_2x2(&t, extreme, 0.95, &err), err);
    assert_true(isinf(t.estimate) && isinf(t.upper) && t.lower > 0);
    CHECK_OK(sv_fisher_2x2(&t, certain, 0.95, &err), err);
    assert_true(isnan(t.estimate) && t.lower == 0 && isinf(t.upper) && t.p == 1);
}

/* 3 x 3: every table by brute force, whichever side is walked along; and by simulation. */
static void test_tables__every_table(void **state)
{
    (void)state;
    static const size_t seen[9] = { 4, 1, 0, 1, 3, 2, 0, 2, 5 };
    double f[19] = { 1 }, total = 0, some = 0, p, turned_p, simulated;
    for (size_t i = 1; i < 19; i++) { f[i] = f[i - 1] * (double)i; }
    double bound = 1;
    for (size_t i = 0; i < 9; i++) { bound /= f[seen[i]]; }
    for (size_t a = 0; a <= 5; a++) {
        for (size_t b = 0; b <= 5; b++) {
            for (size_t c = 0; c <= 6; c++) {
                for (size_t d = 0; d <= 6; d++) {
                    long cell[9] = { (long)a, (long)b, 5 - (long)(a + b), (long)c, (long)d, 6 - (long)(c + d),
                                     5 - (long)(a + c), 6 - (long)(b + d), 0 };
                    cell[8] = 7 - cell[6] - cell[7];
                    double w = 1;
                    for (size_t i = 0; i < 9; i++) { w = cell[i] < 0 ? 0 : w / f[cell[i] < 0 ? 0 : cell[i]]; }
                    total += w;
                    some += w <= bound * (1 + 1e-7) ? w : 0;
                }
            }
        }
    }
    sv_error err = { 0 };
    size_t turned[6], wide[6] = { 3, 1, 0, 2, 6, 4 };
    for (size_t i = 0; i < 6; i++) { turned[i % 3 * 2 + i / 3] = wide[i]; }
    CHECK_OK(sv_fisher_table(&p, &(sv_table){ seen, 3, 3 }, &err), err);
    CHECK_NEAR(p, some / total, 1e-12, 0);
    CHECK_OK(sv_fisher_simulate(&simulated, &(sv_table){ seen, 3, 3 }, 20000, 5, &err), err);
    CHECK_NEAR(simulated, p, 0, 5 * sqrt(p * (1 - p) / 20000));
    CHECK_OK(sv_fisher_table(&p, &(sv_table){ wide, 2, 3 }, &err), err);
    CHECK_OK(sv_fisher_table(&turned_p, &(sv_table){ turned, 3, 2 }, &err), err);
    CHECK_NEAR(p, turned_p, 1e-12, 0);
}

static void test_tables__exact_proportion(void **state)
{
    (void)state;
    sv_test t;
    sv_error err = { 0 };
    for (size_t x = 0; x <= 12; x++) {
        double some = 0;
        for (size_t k = 0; k <= 12; k++) {
            double w = choose(12, (double)k) * pow(0.3, (double)k) * pow(0.7, 12 - (double)k);
            double seen = choose(12, (double)x) * pow(0.3, (double)x) * pow(0.7, 12 - (double)x);
            some += w <= seen * (1 + 1e-7) ? w : 0;
        }
        CHECK_OK(sv_binomial(&t, x, 12, 0.3, 0.9, &err), err);
        CHECK_NEAR(t.p, some, 1e-12, 0);
        double above = 0, below = 0;                     /* the bounds leave 5 % on either side */
        for (size_t k = 0; k <= 12; k++) {
            double up = choose(12, (double)k) * pow(t.lower, (double)k) * pow(1 - t.lower, 12 - (double)k);
            double down = choose(12, (double)k) * pow(t.upper, (double)k) * pow(1 - t.upper, 12 - (double)k);
            above += k >= x ? up : 0;
            below += k <= x ? down : 0;
        }
        if (x > 0) { CHECK_NEAR(above, 0.05, 1e-9, 0); } else { assert_true(t.lower == 0); }
        if (x < 12) { CHECK_NEAR(below, 0.05, 1e-9, 0); } else { assert_true(t.upper == 1); }
    }
    CHECK_OK(sv_poisson(&t, 0, 10, 0.3, 0.95, &err), err);
    CHECK_NEAR(t.upper, -log(0.025) / 10, 1e-11, 0);
    assert_true(t.lower == 0);
    CHECK_OK(sv_poisson(&t, 300, 1, 1000, 0.95, &err), err);
    assert_true(t.p > 0 && t.p < 1e-100);
    CHECK_OK(sv_binomial(&t, 3, 3, 1, 0.95, &err), err);
    assert_true(t.p == 1);
}

/* One stratum's Mantel-Haenszel chi-square is Pearson's times (n - 1)/n; strata that say nothing add
 * nothing. Two proportions: the trend is Pearson's. */
static void test_tables__agree_among_themselves(void **state)
{
    (void)state;
    static const size_t count[] = { 7, 3, 4, 11, 1, 0, 0, 0, 0, 0, 0, 0 };
    static const size_t events[] = { 7, 4 }, of[] = { 10, 15 };
    static const double score[] = { -1, 6 };
    sv_test one, more, chi, trend;
    sv_error err = { 0 };
    CHECK_OK(sv_cmh(&one, count, 1, false, 0.95, &err), err);
    CHECK_OK(sv_cmh(&more, count, 3, false, 0.95, &err), err);
    CHECK_OK(sv_chisq_table(&chi, NULL, &(sv_table){ count, 2, 2 }, false, &err), err);
    CHECK_OK(sv_trend(&trend, events, of, score, 2, &err), err);
    CHECK_NEAR(one.statistic, chi.statistic * 24 / 25, 1e-12, 0);
    CHECK_NEAR(more.statistic, one.statistic, 0, 0);
    CHECK_NEAR(one.estimate, 77.0 / 12, 1e-14, 0);
    CHECK_NEAR(log(one.upper / one.estimate), 1.959963984540054 * sqrt(1 / 7.0 + 1 / 3.0 + 1 / 4.0 + 1 / 11.0), 1e-12, 0);
    CHECK_NEAR(trend.statistic, chi.statistic, 1e-12, 0);
}

static void test_tables__refusals(void **state)
{
    (void)state;
    static const size_t empty_row[] = { 3, 1, 0, 0 }, four[] = { 3, 1, 2, 2 }, zero[] = { 3, 0, 0, 2 };
    static const size_t huge[] = { 6000000, 1, 2, 6000000 };
    static const double equal[] = { 2, 2 };
    sv_test t = { .p = 7 };
    sv_error err = { 0 };
    double p;
    assert_int_equal(sv_chisq_table(&t, NULL, &(sv_table){ empty_row, 2, 2 }, true, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "row 2"));
    assert_int_equal(sv_chisq_table(&t, NULL, &(sv_table){ four, 1, 4 }, true, &err), SV_ETOOSMALL);
    assert_int_equal(sv_chisq_table(&t, NULL, &(sv_table){ huge, 2, 2 }, true, &err), SV_ELIMIT);
    assert_int_equal(sv_fisher_2x2(&t, huge, 0.95, &err), SV_ELIMIT);
    assert_int_equal(sv_fisher_2x2(&t, four, 0, &err), SV_EINVAL);
    assert_int_equal(sv_mcnemar(&t, &(sv_table){ four, 1, 4 }, true, &err), SV_EINVAL);
    assert_int_equal(sv_trend(&t, four, zero, equal, 2, &err), SV_EDATA);
    assert_int_equal(sv_trend(&t, zero, four, equal, 2, &err), SV_EDATA);
    assert_int_equal(sv_binomial(&t, 4, 3, 0.5, 0.95, &err), SV_EINVAL);
    assert_int_equal(sv_poisson(&t, 4, 0, 0.5, 0.95, &err), SV_EINVAL);
    assert_int_equal(sv_fisher_simulate(&p, &(sv_table){ four, 2, 2 }, 0, 1, &err), SV_EINVAL);
    assert_true(t.p == 7);
    CHECK_OK(sv_mcnemar(&t, &(sv_table){ zero, 2, 2 }, true, &err), err);
    assert_true(isnan(t.p));
    size_t *many = calloc(64, sizeof *many);             /* too many tables: said, not waited for */
    for (size_t i = 0; i < 64; i++) { many[i] = 5 + i % 3; }
    assert_int_equal(sv_fisher_table(&p, &(sv_table){ many, 8, 8 }, &err), SV_ELIMIT);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables__reference),
        cmocka_unit_test(test_tables__cmh_reference),
        cmocka_unit_test(test_tables__odds_ratio),
        cmocka_unit_test(test_tables__every_table),
        cmocka_unit_test(test_tables__exact_proportion),
        cmocka_unit_test(test_tables__agree_among_themselves),
        cmocka_unit_test(test_tables__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
