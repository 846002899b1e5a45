/* test_vector.c - the loops over four columns at once, on small integers, whose sums are exact: so
 * every length, also those that leave rows over after the last full register, is told to the bit. */
#include <check.h>

#include <survival/rng.h>

#include "vector.h"

enum { MOST = 41, UNTOUCHED = 12345 };

typedef struct rows {
    double column[4][MOST], w[MOST], y[MOST], r[MOST];
    const double *x[4];
} rows;

static void draw(rows *t, uint64_t seed)
{
    sv_rng g = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < MOST; i++) {
        for (size_t k = 0; k < 4; k++) { t->column[k][i] = (double)sv_rng_below(&g, 101) - 50; }
        t->w[i] = (double)sv_rng_below(&g, 10);
        t->y[i] = (double)sv_rng_below(&g, 101) - 50;
        t->r[i] = (double)sv_rng_below(&g, 101) - 50;
    }
    for (size_t k = 0; k < 4; k++) { t->x[k] = t->column[k]; }
}

static void test_products(void **state)
{
    (void)state;
    rows t;
    draw(&t, 1);
    for (size_t n = 0; n <= MOST; n++) {
        double dot[4], gram[16];
        for (size_t k = 0; k < 16; k++) { gram[k] = UNTOUCHED; }
        sv_dot_four(dot, t.x, t.y, n);
        sv_gram_four(gram, t.x, t.w, n);
        for (size_t k = 0; k < 4; k++) {
            double want = 0;
            for (size_t i = 0; i < n; i++) { want += t.x[k][i] * t.y[i]; }
            assert_true(dot[k] == want);
            for (size_t l = 0; l < 4; l++) {
                want = l < k ? UNTOUCHED : 0;
                for (size_t i = 0; i < n && l >= k; i++) { want += t.w[i] * t.x[k][i] * t.x[l][i]; }
                assert_true(gram[k * 4 + l] == want);
            }
        }
    }
}

static void test_move(void **state)
{
    (void)state;
    const double c[4] = { 2, -3, 0, 5 };
    for (size_t n = 0; n <= MOST; n++) {
        rows t, before;
        draw(&t, n + 1);
        before = t;
        sv_move_four(t.y, t.r, c, t.x, t.w, n);
        for (size_t i = 0; i < MOST; i++) {
            double by = 0;
            for (size_t k = 0; k < 4 && i < n; k++) { by += c[k] * t.x[k][i]; }
            assert_true(t.y[i] == before.y[i] + by);
            assert_true(t.r[i] == before.r[i] - t.w[i] * by);
        }
    }
}

/* The same column four times, as where a set ends before its last four. */
static void test_one_column(void **state)
{
    (void)state;
    rows t;
    double dot[4];
    draw(&t, 3);
    for (size_t k = 1; k < 4; k++) { t.x[k] = t.x[0]; }
    sv_dot_four(dot, t.x, t.y, MOST);
    for (size_t k = 1; k < 4; k++) { assert_true(dot[k] == dot[0]); }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_one_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
