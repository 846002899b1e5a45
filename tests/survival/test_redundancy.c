/* test_redundancy.c - rank correlations and redundant columns, against R and caret. */
#include <check.h>
#include <csv.h>

#include <stdlib.h>
#include <string.h>
#include <survival/redundancy.h>

#define REFERENCE(name) SHARED("reference/survival/17_tests/" name)
#define LUNG1 SHARED("data/survival/lung1/lung1_pyradiomics191_os.csv")

enum { FEATURES = 191 };

static double *cohort(csv *c, size_t *n)
{
    if (!csv_read(c, LUNG1)) { fail_msg("cannot read %s", LUNG1); }
    double *x = calloc(c->rows * FEATURES, sizeof *x);
    for (size_t i = 0; i < c->rows; i++) {
        for (size_t j = 0; j < FEATURES; j++) { x[i * FEATURES + j] = strtod(c->cell[(i + 1) * c->cols + j + 1], NULL); }
    }
    *n = c->rows;
    return x;
}

static double *spearman(const double *x, size_t n, size_t p)
{
    double *r = calloc(p * p, sizeof *r);
    sv_matrix m = sv_matrix_rowmajor(x, n, p);
    sv_error err = { 0 };
    CHECK_OK(sv_spearman_matrix(r, &m, &err), err);
    return r;
}

static void check_dropped(const double *r, const csv *c, double cutoff, const char *path)
{
    csv want;
    if (!csv_read(&want, path)) { fail_msg("cannot read %s", path); }
    size_t dropped[FEATURES], partner[FEATURES], n;
    sv_error err = { 0 };
    CHECK_OK(sv_find_redundant(dropped, partner, &n, r, FEATURES, cutoff, &err), err);
    assert_int_equal(n, want.rows);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(c->cell[dropped[i] + 1], want.cell[(i + 1) * want.cols + 1]);
        assert_true(fabs(r[dropped[i] * FEATURES + partner[i]]) > cutoff);
    }
    csv_free(&want);

    bool gone[FEATURES] = { false };
    for (size_t i = 0; i < n; i++) { gone[dropped[i]] = true; }
    for (size_t i = 0; i < FEATURES; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(gone[i] || gone[j] || fabs(r[i * FEATURES + j]) <= cutoff);
        }
    }
}

static void test_redundancy__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(LUNG1);
    SKIP_WITHOUT(REFERENCE("lung1_spearman40.csv"));
    csv c, want;
    size_t n;
    double *x = cohort(&c, &n), *r = spearman(x, n, FEATURES);
    assert_true(csv_read(&want, REFERENCE("lung1_spearman40.csv")));
    for (size_t i = 0; i < 40; i++) {
        assert_string_equal(want.cell[i + 1], c.cell[i + 1]);
        for (size_t j = 0; j < 40; j++) {
            CHECK_NEAR(r[i * FEATURES + j], strtod(want.cell[(i + 1) * want.cols + j + 1], NULL), 1e-11, 1e-13);
        }
    }
    csv_free(&want);
    check_dropped(r, &c, 0.7, REFERENCE("lung1_findCorrelation_70.csv"));
    check_dropped(r, &c, 0.9, REFERENCE("lung1_findCorrelation_90.csv"));
    check_dropped(r, &c, 0.95, REFERENCE("lung1_findCorrelation_95.csv"));
    free(x);
    free(r);
    csv_free(&c);
}

/* Ranks only: a monotone change of a column changes nothing; a falling one turns the sign. */
static void test_redundancy__ranks(void **state)
{
    (void)state;
    double x[8 * 4];
    static const double v[8] = { 3, 1, 4, 1, 5, 9, 2, 6 };
    for (int i = 0; i < 8; i++) {
        x[4 * i] = v[i];
        x[4 * i + 1] = exp(v[i]);
        x[4 * i + 2] = -v[i] * v[i];
        x[4 * i + 3] = 7;
    }
    double *r = spearman(x, 8, 4);
    CHECK_NEAR(r[1], 1, 1e-15, 0);
    CHECK_NEAR(r[2], -1, 1e-15, 0);
    assert_true(isnan(r[3]) && isnan(r[12]));
    size_t dropped[4], n;
    sv_error err = { 0 };
    CHECK_OK(sv_find_redundant(dropped, NULL, &n, r, 4, 0.9, &err), err);
    assert_int_equal(n, 2);                       /* two of the first three; never the constant */
    assert_true(dropped[0] != 3 && dropped[1] != 3);
    CHECK_OK(sv_find_redundant(dropped, NULL, &n, r, 4, 1, &err), err);
    assert_int_equal(n, 0);
    free(r);
}

static void test_redundancy__refusals(void **state)
{
    (void)state;
    double x[4] = { 1, 2, 3, (double)NAN }, r[4];
    size_t dropped[2], n;
    sv_error err = { 0 };
    sv_matrix m = sv_matrix_rowmajor(x, 2, 2);
    assert_int_equal(sv_spearman_matrix(r, &m, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "row 2 of column 2"));
    m = sv_matrix_rowmajor(x, 1, 2);
    assert_int_equal(sv_spearman_matrix(r, &m, &err), SV_ETOOSMALL);
    assert_int_equal(sv_find_redundant(dropped, NULL, &n, x, 2, 1.5, &err), SV_EINVAL);
    CHECK_OK(sv_find_redundant(dropped, NULL, &n, x, 1, 0.5, &err), err);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redundancy__reference),
        cmocka_unit_test(test_redundancy__ranks),
        cmocka_unit_test(test_redundancy__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
