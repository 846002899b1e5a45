/* The Fourier transforms against the sum that defines them, and Parseval's theorem. */
#include "check.h"
#include "fft.h"
#include <stdlib.h>

static double noise(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0 - 0.5;
}

static void check_length(size_t n)
{
    enum { LINES = 11 };
    uint64_t seed = n;
    rx_error err;
    rx_fft *plan;
    CHECK_OK(rx_fft_new(&plan, n, &err), err);
    rx_complex *x = malloc(n * LINES * sizeof *x), *y = malloc(n * LINES * sizeof *y);
    for (size_t i = 0; i < n * LINES; i++) { x[i] = y[i] = (rx_complex){ noise(&seed), noise(&seed) }; }
    rx_fft_run(plan, y, LINES, 1, LINES, false);
    for (size_t b = 0; b < LINES; b += 5) {
        for (size_t k = 0; k < n; k++) {
            double re = 0, im = 0;
            for (size_t i = 0; i < n; i++) {
                double a = -2 * acos(-1) * (double)(i * k % n) / (double)n;
                rx_complex t = rx_cmul(x[i * LINES + b], (rx_complex){ cos(a), sin(a) });
                re += t.re;
                im += t.im;
            }
            CHECK_NEAR(y[k * LINES + b].re, re, 0, 1e-12 * (double)n);
            CHECK_NEAR(y[k * LINES + b].im, im, 0, 1e-12 * (double)n);
        }
    }
    rx_fft_run(plan, y, LINES, 1, LINES, true);
    for (size_t i = 0; i < n * LINES; i++) {
        CHECK_NEAR(y[i].re, x[i].re, 0, 1e-13);
        CHECK_NEAR(y[i].im, x[i].im, 0, 1e-13);
    }
    free(x);
    free(y);
    rx_fft_free(plan);
}

static void test_fft__equals_the_sum(void **state)
{
    (void)state;
    static const size_t lengths[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 25, 29, 30, 31, 32, 37, 60,
                                      64, 74, 101, 128, 135, 201, 204 };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) { check_length(lengths[i]); }
}

static void test_fft__good_sizes(void **state)
{
    (void)state;
    assert_int_equal(rx_fft_good_size(1), 1);
    assert_int_equal(rx_fft_good_size(7), 8);
    assert_int_equal(rx_fft_good_size(121), 125);
    assert_int_equal(rx_fft_good_size(0), 1);
}

static void test_fft__refuses_bad_lengths(void **state)
{
    (void)state;
    rx_error err;
    rx_fft *plan;
    assert_int_equal(rx_fft_new(&plan, 0, &err), RX_EINVAL);
    assert_null(plan);
    assert_int_equal(rx_fft_new(&plan, ((size_t)1 << 28) + 1, &err), RX_ELIMIT);
    assert_null(plan);
}

static void check_volume(size_t nx, size_t ny, size_t nz)
{
    const size_t dim[3] = { nx, ny, nz }, n = nx * ny * nz;
    uint64_t seed = n;
    rx_error err;
    rx_fft3 *plan;
    CHECK_OK(rx_fft3_new(&plan, dim, &err), err);
    double *x = malloc(n * sizeof *x), *back = malloc(n * sizeof *back);
    rx_complex *s = malloc(rx_fft3_terms(plan) * sizeof *s);
    double energy = 0, spectral = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = noise(&seed);
        energy += x[i] * x[i];
    }
    rx_fft3_forward(plan, s, x);
    const size_t half = nx / 2 + 1;
    for (size_t q = 0; q < rx_fft3_terms(plan); q++) {
        size_t kx = q % half;
        bool own_mirror = kx == 0 || 2 * kx == nx;
        spectral += (own_mirror ? 1 : 2) * (s[q].re * s[q].re + s[q].im * s[q].im);
    }
    CHECK_NEAR(spectral / (double)n, energy, 1e-13, 0);          /* Parseval */
    size_t at[3] = { half - 1, ny / 2, nz / 3 };
    double re = 0, im = 0;
    for (size_t i = 0; i < n; i++) {
        double turn = (double)(at[0] * (i % nx)) / (double)nx + (double)(at[1] * (i / nx % ny)) / (double)ny
                      + (double)(at[2] * (i / nx / ny)) / (double)nz;
        re += x[i] * cos(2 * acos(-1) * turn);
        im -= x[i] * sin(2 * acos(-1) * turn);
    }
    rx_complex got = s[at[0] + half * (at[1] + ny * at[2])];
    CHECK_NEAR(got.re, re, 0, 1e-12 * (double)n);
    CHECK_NEAR(got.im, im, 0, 1e-12 * (double)n);
    rx_fft3_inverse(plan, back, s);
    for (size_t i = 0; i < n; i++) { CHECK_NEAR(back[i], x[i], 0, 1e-13); }
    free(x);
    free(back);
    free(s);
    rx_fft3_free(plan);
}

static void test_fft__real_volumes(void **state)
{
    (void)state;
    check_volume(1, 1, 1);
    check_volume(8, 1, 1);
    check_volume(7, 5, 3);
    check_volume(1, 37, 2);
    check_volume(16, 12, 10);
    check_volume(33, 17, 1);
    check_volume(41, 6, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fft__equals_the_sum),
        cmocka_unit_test(test_fft__good_sizes),
        cmocka_unit_test(test_fft__refuses_bad_lengths),
        cmocka_unit_test(test_fft__real_volumes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
