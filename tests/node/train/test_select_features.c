/* Features chosen for a model: planted ones are found, repeated ones go, and of noise there is nothing. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <survival/quantile.h>
#include "pipeline/select_features.h"

enum { N = 220, P = 30 };

static double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

/* Columns 4 and 11 make the hazard by `effect`; 12 is 11 again, bent. */
static pn_train_data made(double effect, uint64_t seed)
{
    pn_train_data d = {.n = N, .p = P, .x = calloc(N * P, sizeof *d.x), .time_days = calloc(N, sizeof *d.time_days),
                       .event = calloc(N, sizeof *d.event)};
    assert_true(d.x && d.time_days && d.event);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < P; j++) {
            double sum = 0;
            for (int k = 0; k < 6; k++) { sum += uniform(&seed) - 0.5; }
            d.x[j * N + i] = sum * (1 + j) + 10 * j;
        }
        double z4 = (d.x[4 * N + i] - 40) / 5, z11 = (d.x[11 * N + i] - 110) / 12;
        d.x[12 * N + i] = exp(z11) + 1e-3 * uniform(&seed);
        double died = -log(uniform(&seed)) * 500 * exp(-effect * (z4 - z11)), watched = 200 + 2000 * uniform(&seed);
        d.time_days[i] = fmin(died, watched);
        d.event[i] = died <= watched;
        d.events += died <= watched;
    }
    return d;
}

static const pn_selection_opts plain = {.redundancy = 1, .folds = 10, .seed = 3, .alpha = 1};

static bool has(const pn_selection *s, size_t column)
{
    for (size_t k = 0; k < s->n; k++) {
        if (s->chosen[k] == column) { return true; }
    }
    return false;
}

static void test_planted_features_are_found(void **state)
{
    (void)state;
    int found = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        pn_train_data d = made(0.8, seed);
        pn_selection s;
        pn_error err = {0};
        pn_selection_opts o = plain;
        o.redundancy = 0.9;
        CHECK_OK(pn_select_features(&s, &d, &o, &err), err);
        assert_int_equal(s.redundant, 1);
        assert_false(has(&s, 11) && has(&s, 12));
        found += has(&s, 4) && (has(&s, 11) || has(&s, 12));
        for (size_t k = 1; k < s.n; k++) { assert_true(s.chosen[k] > s.chosen[k - 1]); }
        pn_selection_free(&s);
        pn_train_data_free(&d);
    }
    assert_true(found >= 9);
}

static void test_noise_gives_nothing_within_one_error(void **state)
{
    (void)state;
    int empty = 0;
    for (uint64_t seed = 21; seed <= 30; seed++) {
        pn_train_data d = made(0, seed);
        pn_selection s = {0};
        pn_error err = {0};
        pn_selection_opts o = plain;
        o.one_se = true;
        int rc = pn_select_features(&s, &d, &o, &err);
        empty += rc == PN_EINVAL && strstr(err.msg, "chooses none of 30 features") != NULL;
        assert_true(rc == PN_OK || rc == PN_EINVAL);
        pn_selection_free(&s);
        pn_train_data_free(&d);
    }
    assert_true(empty >= 9);
}

static void test_same_seed_same_choice_and_columns_are_kept(void **state)
{
    (void)state;
    pn_train_data d = made(0.8, 5);
    pn_selection a, b;
    pn_error err = {0};
    CHECK_OK(pn_select_features(&a, &d, &plain, &err), err);
    CHECK_OK(pn_select_features(&b, &d, &plain, &err), err);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.chosen, b.chosen, a.n * sizeof *a.chosen);
    double want[N];
    memcpy(want, d.x + a.chosen[a.n - 1] * N, sizeof want);
    pn_train_data_keep(&d, &a);
    assert_int_equal(d.p, a.n);
    assert_memory_equal(d.x + (a.n - 1) * N, want, sizeof want);
    pn_selection_free(&a);
    pn_selection_free(&b);
    pn_train_data_free(&d);
}

static void count_folds(void *context, size_t done, size_t all)
{
    assert_int_equal(all, 10);
    *(size_t *)context = done;
}

static void test_progress_and_refusals(void **state)
{
    (void)state;
    pn_train_data d = made(0.8, 6);
    pn_selection s = {0};
    pn_error err = {0};
    size_t done = 0;
    pn_selection_opts o = plain;
    o.progress = count_folds;
    o.progress_context = &done;
    CHECK_OK(pn_select_features(&s, &d, &o, &err), err);
    assert_int_equal(done, 10);
    pn_selection_free(&s);
    o = plain;
    o.redundancy = 0;
    assert_int_equal(pn_select_features(&s, &d, &o, &err), PN_EINVAL);
    o = plain;
    o.folds = 2;
    assert_int_equal(pn_select_features(&s, &d, &o, &err), PN_EINVAL);
    memset(d.event, 0, N * sizeof *d.event);
    assert_int_equal(pn_select_features(&s, &d, &plain, &err), PN_EINVAL);
    assert_null(s.chosen);
    pn_train_data_free(&d);
}

/* The path holds what was chosen, for one standard deviation of each column, and does not change the choice. */
static void test_path_is_kept(void **state)
{
    (void)state;
    pn_train_data d = made(0.8, 5);
    pn_selection s, without;
    pn_error err = {0};
    pn_selection_opts o = plain;
    o.redundancy = 0.9;
    CHECK_OK(pn_select_features(&without, &d, &o, &err), err);
    assert_null(without.path);
    o.keep_path = true;
    CHECK_OK(pn_select_features(&s, &d, &o, &err), err);
    const pn_selection_path *p = s.path;
    assert_non_null(p);
    assert_int_equal(s.n, without.n);
    assert_memory_equal(s.chosen, without.chosen, s.n * sizeof *s.chosen);
    assert_int_equal(p->fits.p, P - 1);
    assert_int_equal(p->at, p->cv.best);
    assert_int_equal(p->fits.n_selected[0], 0);
    CHECK_NEAR(p->fits.lambda[p->at], s.lambda, 1e-12, 0);
    size_t chosen = 0;
    for (size_t j = 0; j < p->fits.p; j++) {
        double coef = p->fits.coef[p->at * p->fits.p + j];
        if (fabs(coef) > 0) {
            assert_int_equal(p->column[j], s.chosen[chosen]);
            CHECK_NEAR(coef, s.coef[chosen] * sv_sd(d.x + s.chosen[chosen] * N, N), 1e-12, 0);
            chosen++;
        }
    }
    assert_int_equal(chosen, s.n);
    pn_selection_free(&s);
    pn_selection_free(&without);
    pn_train_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_features_are_found), cmocka_unit_test(test_noise_gives_nothing_within_one_error),
        cmocka_unit_test(test_same_seed_same_choice_and_columns_are_kept), cmocka_unit_test(test_progress_and_refusals),
        cmocka_unit_test(test_path_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
