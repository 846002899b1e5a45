/* test_nnls.c - non-negative least squares by its conditions of optimality. */
#include "cohort.h"

#include <string.h>
#include <survival/nnls.h>

/* x >= 0, gradient A'(Ax - b) >= 0, and x_i times its gradient 0: then x is the minimum. */
static void check_optimal(const double *x, double rss, const double *a, const double *b, size_t rows, size_t k)
{
    double residual[200], sum = 0;
    for (size_t r = 0; r < rows; r++) {
        residual[r] = -b[r];
        for (size_t i = 0; i < k; i++) { residual[r] += a[r * k + i] * x[i]; }
        sum += residual[r] * residual[r];
    }
    CHECK_NEAR(rss, sum, 1e-12, 1e-14);
    for (size_t i = 0; i < k; i++) {
        double gradient = 0, size = 0;
        for (size_t r = 0; r < rows; r++) {
            gradient += a[r * k + i] * residual[r];
            size += fabs(a[r * k + i]) * (fabs(b[r]) + 1);
        }
        assert_true(x[i] >= 0);
        assert_true(gradient >= -1e-9 * size);
        if (x[i] > 0) { assert_true(fabs(gradient) <= 1e-9 * size); }
    }
}

static void test_nnls__is_optimal(void **state)
{
    (void)state;
    enum { ROWS = 60, COLUMNS = 25 };
    uint64_t seed = 99;
    static const size_t SIZE[] = { 1, 2, 3, 5, 10, 11, 30, 55 };
    for (size_t t = 0; t < sizeof SIZE / sizeof *SIZE; t++) {
        size_t k = SIZE[t], zero = 0;
        double a[ROWS * 64], b[ROWS * COLUMNS], x[COLUMNS * 64], rss[COLUMNS], column[ROWS];
        for (size_t i = 0; i < ROWS * k; i++) { a[i] = uniform(&seed) - 0.3; }
        for (size_t i = 0; i < ROWS * COLUMNS; i++) { b[i] = uniform(&seed) - 0.4; }
        sv_matrix am = sv_matrix_rowmajor(a, ROWS, k), bm = sv_matrix_rowmajor(b, ROWS, COLUMNS);
        sv_error err = { 0 };
        CHECK_OK(sv_nnls(x, rss, &am, &bm, &err), err);
        for (size_t j = 0; j < COLUMNS; j++) {
            for (size_t r = 0; r < ROWS; r++) { column[r] = b[r * COLUMNS + j]; }
            check_optimal(x + j * k, rss[j], a, column, ROWS, k);
            for (size_t i = 0; i < k; i++) { zero += !(x[j * k + i] > 0); }
        }
        assert_true(zero > 0 || k == 1);
    }
}

/* A twin column and a column of zeros: some minimum, with the residual of the matrix without them. */
static void test_nnls__dependent_columns(void **state)
{
    (void)state;
    enum { ROWS = 12 };
    for (size_t k = 4; k <= 14; k += 10) {
        double a[ROWS * 14], small[ROWS * 14], b[ROWS], x[14], y[14], rss, want;
        uint64_t seed = 17;
        for (size_t r = 0; r < ROWS; r++) {
            for (size_t i = 0; i < k; i++) { a[r * k + i] = uniform(&seed) + (i == r ? 2 : 0); }
            a[r * k + k - 1] = a[r * k];
            a[r * k + 1] = 0;
            for (size_t i = 0, at = 0; i + 1 < k; i++) {
                if (i != 1) { small[r * (k - 2) + at++] = a[r * k + i]; }
            }
            b[r] = uniform(&seed);
        }
        sv_matrix am = sv_matrix_rowmajor(a, ROWS, k), sm = sv_matrix_rowmajor(small, ROWS, k - 2),
                  bm = sv_matrix_rowmajor(b, ROWS, 1);
        sv_error err = { 0 };
        CHECK_OK(sv_nnls(x, &rss, &am, &bm, &err), err);
        CHECK_OK(sv_nnls(y, &want, &sm, &bm, &err), err);
        CHECK_NEAR(rss, want, 1e-10, 1e-14);
        check_optimal(x, rss, a, b, ROWS, k);
        assert_true(x[1] <= 0);
    }
}

static void test_nnls__exact_mixture_is_found(void **state)
{
    (void)state;
    static const double A[4 * 3] = { 1, 0, 2, 0, 1, 1, 3, 1, 0, 1, 1, 1 }, X[3] = { 0.2, 0, 0.8 };
    double b[4] = { 0 }, x[3], rss;
    for (size_t r = 0; r < 4; r++) {
        for (size_t i = 0; i < 3; i++) { b[r] += A[r * 3 + i] * X[i]; }
    }
    sv_matrix am = sv_matrix_rowmajor(A, 4, 3), bm = sv_matrix_rowmajor(b, 4, 1);
    sv_error err = { 0 };
    CHECK_OK(sv_nnls(x, &rss, &am, &bm, &err), err);
    for (size_t i = 0; i < 3; i++) { CHECK_NEAR(x[i], X[i], 0, 1e-12); }
    assert_true(rss < 1e-20);
}

static void test_nnls__refuses(void **state)
{
    (void)state;
    double a[65] = { 1, 2, 3 }, b[3] = { 1, NAN, 2 }, x[65];
    sv_matrix am = sv_matrix_rowmajor(a, 3, 1), bm = sv_matrix_rowmajor(b, 3, 1), none = sv_matrix_rowmajor(a, 0, 1),
              wide = sv_matrix_rowmajor(a, 1, 65), two = sv_matrix_rowmajor(b, 2, 1), one = sv_matrix_rowmajor(a, 1, 1);
    sv_error err = { 0 };
    assert_int_equal(sv_nnls(x, NULL, &am, &bm, &err), SV_EDATA);
    assert_true(isnan(x[0]));
    assert_int_equal(sv_nnls(x, NULL, &am, &two, &err), SV_EINVAL);
    assert_int_equal(sv_nnls(x, NULL, &none, &bm, &err), SV_ETOOSMALL);
    assert_int_equal(sv_nnls(x, NULL, &wide, &one, &err), SV_ELIMIT);
    assert_string_equal(err.msg, "65 columns, non-negative least squares take at most 64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nnls__is_optimal),
        cmocka_unit_test(test_nnls__dependent_columns),
        cmocka_unit_test(test_nnls__exact_mixture_is_found),
        cmocka_unit_test(test_nnls__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
