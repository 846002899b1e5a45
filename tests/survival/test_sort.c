/* test_sort.c - the order that every sum is taken in. */
#include "cohort.h"

#include <sort.h>
#include <times.h>

enum { MOST = 5000 };

/* Ascending, and equal keys by row: exactly one order is so. */
static void check_order(const double *key, size_t n)
{
    static uint32_t order[MOST];
    static double sorted[MOST];
    static bool seen[MOST];
    sv_error err = { 0 };
    memset(seen, 0, sizeof seen);
    assert_int_equal(sv_sort_keys(sorted, order, key, n, &err), SV_OK);
    for (size_t k = 0; k < n; k++) {
        assert_true(order[k] < n && !seen[order[k]]);
        seen[order[k]] = true;
        assert_true(sorted[k] <= key[order[k]] && sorted[k] >= key[order[k]]);
        if (k == 0) { continue; }
        assert_true(sorted[k - 1] <= sorted[k]);
        assert_true(sorted[k - 1] < sorted[k] || order[k - 1] < order[k]);
    }
}

static void test_sort__every_length_about_the_change_of_method(void **state)
{
    (void)state;
    static double key[MOST];
    uint64_t rng = 5;
    for (size_t n = 0; n <= 70; n++) {
        for (size_t i = 0; i < n; i++) { key[i] = floor(20 * uniform(&rng)) - 10; }
        check_order(key, n);
    }
}

static void test_sort__numbers_of_all_sizes_and_signs(void **state)
{
    (void)state;
    static double key[MOST];
    static const double odd[] = { 0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
                                  -1.7976931348623157e308, (double)INFINITY, -(double)INFINITY, 1, -1 };
    uint64_t rng = 6;
    for (size_t i = 0; i < MOST; i++) {
        double u = uniform(&rng), sign = uniform(&rng) < 0.5 ? -1 : 1;
        key[i] = i % 7 == 0 ? odd[(size_t)(u * 11)] : sign * exp2(1400 * u - 700) * uniform(&rng);
    }
    check_order(key, MOST);
}

static void test_sort__keys_alike_in_most_digits(void **state)
{
    (void)state;
    static double key[MOST];
    uint64_t rng = 7;
    for (size_t i = 0; i < MOST; i++) { key[i] = 1e9 + floor(30 * uniform(&rng)); }
    check_order(key, MOST);
    for (size_t i = 0; i < MOST; i++) { key[i] = 3; }
    check_order(key, MOST);
}

static void test_sort__in_place_and_dense_ranks(void **state)
{
    (void)state;
    double key[] = { 2, -0.0, 7, 0.0, 2, -3 };
    uint32_t order[6], rank[6];
    static const uint32_t expected_order[] = { 5, 1, 3, 0, 4, 2 }, expected_rank[] = { 2, 1, 3, 1, 2, 0 };
    size_t distinct = 0;
    sv_error err = { 0 };
    assert_int_equal(sv_dense_rank(rank, &distinct, key, 6, &err), SV_OK);
    assert_int_equal(distinct, 4);
    assert_memory_equal(rank, expected_rank, sizeof rank);
    assert_int_equal(sv_sort_keys(key, order, key, 6, &err), SV_OK);
    assert_memory_equal(order, expected_order, sizeof order);
    for (size_t i = 1; i < 6; i++) { assert_true(key[i - 1] <= key[i]); }
}

/* Times a hair apart merge; few to a time or hundreds, those of a time stand in row order. */
static void test_sort__merged_times_in_row_order(void **state)
{
    (void)state;
    static double time[MOST];
    static int event[MOST];
    uint64_t rng = 8;
    for (double distinct = 2; distinct <= 4000; distinct *= 10) {
        sv_surv s = { .n = MOST, .time = time, .event = event };
        for (size_t i = 0; i < MOST; i++) { time[i] = 1 + floor(distinct * uniform(&rng)) + 1e-9 * uniform(&rng); }
        sv_times t;
        sv_error err = { 0 };
        CHECK_OK(sv_times_rank(&t, &s, &err), err);
        assert_in_range(t.n_distinct, 2, (size_t)distinct);
        for (size_t k = 1; k < MOST; k++) {
            uint32_t a = t.order[k - 1], b = t.order[k];
            assert_true(t.stop[a] < t.stop[b] || (t.stop[a] == t.stop[b] && a < b));
            assert_true(floor(time[a]) <= floor(time[b]));
        }
        sv_times_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort__every_length_about_the_change_of_method),
        cmocka_unit_test(test_sort__numbers_of_all_sizes_and_signs),
        cmocka_unit_test(test_sort__keys_alike_in_most_digits),
        cmocka_unit_test(test_sort__in_place_and_dense_ranks),
        cmocka_unit_test(test_sort__merged_times_in_row_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
