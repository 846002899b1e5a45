/* Eigenvalues and vectors of matrices made to have known ones. */
#include "region.h"
#include "eigen.h"

static const double pi = 3.14159265358979323846;

/* a := H a H with the reflection H = I - 2 v v' / v'v, which keeps eigenvalues. */
static void reflect(double *a, size_t n, uint64_t *seed)
{
    double v[64], vv = 0;
    for (size_t i = 0; i < n; i++) {
        v[i] = next_uniform(seed) - 0.5;
        vv += v[i] * v[i];
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++) {
            double s = 0;
            for (size_t j = 0; j < n; j++) { s += v[j] * a[side ? i * n + j : j * n + i]; }
            for (size_t j = 0; j < n; j++) { a[side ? i * n + j : j * n + i] -= 2 * s / vv * v[j]; }
        }
    }
}

/* A x = lambda x, for x of length 1. */
static void check_vector(const double *whole, const double *a, size_t n, const double *d, const double *e,
                         double lambda)
{
    double x[64], work[3 * 64], length = 0, size = fabs(lambda) + 1;
    rx_tridiagonal_vector(x, d, e, n, lambda, work);
    rx_tridiagonal_undo(x, a, n);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) {
            sum += whole[i * n + j] * x[j];
            size = fmax(size, fabs(whole[i * n + j]));
        }
        CHECK_NEAR(sum, lambda * x[i], 0, 1e-12 * size);
        length += x[i] * x[i];
    }
    CHECK_NEAR(length, 1, 1e-13, 0);
}

static void check_known(const double *lambda, size_t n, uint64_t seed)
{
    static double a[64 * 64], whole[64 * 64];
    double d[64], e[64], work[64];
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < n; i++) { a[i * n + i] = lambda[i]; }
    for (int i = 0; i < 3; i++) { reflect(a, n, &seed); }
    memcpy(whole, a, sizeof a);
    rx_tridiagonal(a, n, d, e, work);
    for (size_t i = 0; i < n; i++) {
        check_vector(whole, a, n, d, e, lambda[i]);
        CHECK_NEAR(rx_tridiagonal_eigenvalue(d, e, n, i), lambda[i], 0, 1e-13 * fmax(fabs(lambda[0]), fabs(lambda[n - 1])));
    }
}

static void test_eigen__second_difference(void **state)
{
    (void)state;
    double d[50], e[50];
    for (int i = 0; i < 50; i++) {
        d[i] = 2;
        e[i] = i ? -1 : 0;
    }
    for (size_t k = 0; k < 50; k++) {
        CHECK_NEAR(rx_tridiagonal_eigenvalue(d, e, 50, k), 2 - 2 * cos((double)(k + 1) * pi / 51), 1e-12, 1e-15);
    }
}

static void test_eigen__dense_of_known_spectrum(void **state)
{
    (void)state;
    const double few[3] = { -3, 0.25, 7 }, repeated[6] = { -1, -1, 0, 0, 1, 1 }, one[1] = { 5 };
    double many[64];
    for (int i = 0; i < 64; i++) { many[i] = i * i - 500.5; }
    check_known(few, 3, 1);
    check_known(repeated, 6, 2);
    check_known(one, 1, 3);
    check_known(many, 64, 4);
    const double zero[4] = { 0, 0, 0, 0 };
    check_known(zero, 4, 5);
}

static void test_eigen__three_by_three(void **state)
{
    (void)state;
    const double wanted[][3] = { { 1, 2, 3 }, { 1e-9, 1, 1e3 }, { 0, 0, 4 }, { -2, 5, 5 }, { 0, 0, 0 } };
    for (size_t t = 0; t < sizeof wanted / sizeof *wanted; t++) {
        double a[9] = { wanted[t][0], 0, 0, 0, wanted[t][1], 0, 0, 0, wanted[t][2] }, got[3];
        uint64_t seed = t + 1;
        reflect(a, 3, &seed);
        reflect(a, 3, &seed);
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < i; j++) { a[3 * i + j] = a[3 * j + i]; }
        }
        rx_eigen3(got, a);
        for (int i = 0; i < 3; i++) { CHECK_NEAR(got[i], wanted[t][i], 0, 1e-15 * fmax(1, wanted[t][2]) * 8); }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eigen__second_difference),
        cmocka_unit_test(test_eigen__dense_of_known_spectrum),
        cmocka_unit_test(test_eigen__three_by_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
