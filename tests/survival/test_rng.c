/* test_rng.c - the random numbers behind resampling. */
#include <check.h>

#include <survival/dist.h>
#include <survival/rng.h>

static void test_rng__first_numbers_of_splitmix64(void **state)
{
    (void)state;
    /* Published with the generator of java.util.SplittableRandom, seed 0. */
    sv_rng r = { 0 };
    assert_true(sv_rng_next(&r) == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(sv_rng_next(&r) == UINT64_C(0x6e789e6aa1b965f4));
    assert_true(sv_rng_next(&r) == UINT64_C(0x06c45d188009454f));
}

static double chi_square(const size_t *count, size_t cells, size_t draws)
{
    double expected = (double)draws / (double)cells, sum = 0;
    for (size_t i = 0; i < cells; i++) {
        double off = (double)count[i] - expected;
        sum += off * off / expected;
    }
    return sum;
}

/* Two-sided: too even is as wrong as too uneven. */
static void check_uniform(const size_t *count, size_t cells, size_t draws)
{
    double p = sv_chisq_upper(chi_square(count, cells, draws), (int)cells - 1);
    if (!(p > 0.001 && p < 0.999)) { fail_msg("chi-square p = %g over %zu cells", p, cells); }
}

static void test_rng__below_is_even_also_where_n_is_no_power_of_two(void **state)
{
    (void)state;
    enum { DRAWS = 60000 };
    size_t count[7] = { 0 };
    sv_rng r = sv_rng_stream(1, 0);
    for (size_t i = 0; i < DRAWS; i++) { count[sv_rng_below(&r, 7)]++; }
    check_uniform(count, 7, DRAWS);
    /* 3 * 2^62: a plain remainder would give the lower third twice as often */
    size_t third[3] = { 0 };
    for (size_t i = 0; i < DRAWS; i++) { third[sv_rng_below(&r, UINT64_C(3) << 62) >> 62]++; }
    check_uniform(third, 3, DRAWS);
    for (size_t i = 0; i < 100; i++) { assert_true(sv_rng_below(&r, 1) == 0); }
}

static void test_rng__uniform_stays_between_its_ends(void **state)
{
    (void)state;
    enum { DRAWS = 60000, CELLS = 20 };
    size_t count[CELLS] = { 0 };
    sv_rng r = sv_rng_stream(42, 3);
    for (size_t i = 0; i < DRAWS; i++) {
        double u = sv_rng_uniform(&r);
        assert_true(u > 0 && u < 1);
        count[(size_t)(u * CELLS)]++;
    }
    check_uniform(count, CELLS, DRAWS);
}

/* Neighbouring streams and seeds share no numbers, and are not one another's continuation. */
static void test_rng__streams_differ(void **state)
{
    (void)state;
    enum { STREAMS = 40, LENGTH = 50 };
    static uint64_t seen[STREAMS * LENGTH];
    size_t n = 0;
    for (uint64_t k = 0; k < STREAMS; k++) {
        sv_rng r = sv_rng_stream(k / 20, k % 20);
        for (size_t i = 0; i < LENGTH; i++) {
            uint64_t v = sv_rng_next(&r);
            for (size_t j = 0; j < n; j++) { assert_true(seen[j] != v); }
            seen[n++] = v;
        }
    }
}

/* In cells of equal probability. */
static size_t cell_of(double p, size_t cells) { return p >= 1 ? cells - 1 : (size_t)(p * (double)cells); }

static void test_rng__other_distributions(void **state)
{
    (void)state;
    enum { DRAWS = 60000, CELLS = 20 };
    size_t normal[CELLS] = { 0 }, exponential[CELLS] = { 0 }, chi_square[CELLS] = { 0 };
    sv_rng r = sv_rng_stream(5, 1);
    for (size_t i = 0; i < DRAWS; i++) {
        normal[cell_of(sv_normal_cdf(sv_rng_normal(&r)), CELLS)]++;
        exponential[cell_of(exp(-sv_rng_exponential(&r)), CELLS)]++;
        chi_square[cell_of(sv_chisq_upper(2 * sv_rng_gamma(&r, 2.5), 5), CELLS)]++;
    }
    check_uniform(normal, CELLS, DRAWS);
    check_uniform(exponential, CELLS, DRAWS);
    check_uniform(chi_square, CELLS, DRAWS);
    assert_true(isnan(sv_rng_gamma(&r, 0)) && isnan(sv_rng_gamma(&r, (double)INFINITY)));
}

/* A chi-square of one degree is twice a gamma of shape 1/2: the branch below 1. */
static void test_rng__gamma_below_one(void **state)
{
    (void)state;
    enum { DRAWS = 60000, CELLS = 20 };
    size_t half[CELLS] = { 0 };
    double sum = 0, squares = 0;
    sv_rng r = sv_rng_stream(6, 1);
    for (size_t i = 0; i < DRAWS; i++) {
        double g = sv_rng_gamma(&r, 0.2);
        half[cell_of(sv_chisq_upper(2 * sv_rng_gamma(&r, 0.5), 1), CELLS)]++;
        assert_true(g >= 0);
        sum += g / DRAWS;
        squares += g * g / DRAWS;
    }
    check_uniform(half, CELLS, DRAWS);
    CHECK_NEAR(sum, 0.2, 0, 4 * sqrt(0.2 / DRAWS));
    CHECK_NEAR(squares - sum * sum, 0.2, 0.08, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rng__first_numbers_of_splitmix64),
        cmocka_unit_test(test_rng__below_is_even_also_where_n_is_no_power_of_two),
        cmocka_unit_test(test_rng__uniform_stays_between_its_ends),
        cmocka_unit_test(test_rng__streams_differ),
        cmocka_unit_test(test_rng__other_distributions),
        cmocka_unit_test(test_rng__gamma_below_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
