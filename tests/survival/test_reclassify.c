/* test_reclassify.c - reclassification: counted by hand without censoring, and what must hold with it. */
#include "cohort.h"

#include <survival/km.h>
#include <survival/reclassify.h>

enum { N = 60 };
static const double LIMITS[] = { 0.1, 0.3 };
static const sv_reclassify_opts AT_10 = { .t = 10, .limits = LIMITS, .n_limits = 2, .level = 0.95 };

typedef struct made { double time[N], old_risk[N], new_risk[N]; int event[N]; sv_surv surv; } made;

/* The new risk knows more of the hazard than the old one; a tenth of the rows keeps its risk. */
static void make_data(made *m, uint64_t seed, bool censored)
{
    for (int i = 0; i < N; i++) {
        double x = 4 * uniform(&seed) - 2, y = 4 * uniform(&seed) - 2;
        double died = -log(uniform(&seed)) * 30 * exp(-x - y), left = 40 * uniform(&seed);
        m->time[i] = censored ? fmin(died, left) : died;
        m->event[i] = !censored || died <= left;
        m->old_risk[i] = 1 - exp(-exp(x) / 3);
        m->new_risk[i] = i % 10 == 0 ? m->old_risk[i] : 1 - exp(-exp(x + y) / 3);
    }
    m->surv = (sv_surv){ .n = N, .time = m->time, .event = m->event };
}

static int category(double risk) { return (risk >= 0.1) + (risk >= 0.3); }

static void test_counts_without_censoring(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        made m;
        sv_reclassification r;
        sv_error err;
        double up[2] = { 0 }, down[2] = { 0 }, rose[2] = { 0 }, fell[2] = { 0 }, n[2] = { 0 }, rise[2] = { 0 };
        size_t moved[3][3] = { { 0 } };
        make_data(&m, seed, false);
        m.new_risk[1] = 0.3;                        /* on a limit: the category above */
        for (int i = 0; i < N; i++) {
            int e = m.time[i] <= 10, from = category(m.old_risk[i]), to = category(m.new_risk[i]);
            n[e]++;
            up[e] += to > from;
            down[e] += to < from;
            rose[e] += m.new_risk[i] > m.old_risk[i];
            fell[e] += m.new_risk[i] < m.old_risk[i];
            rise[e] += m.new_risk[i] - m.old_risk[i];
            moved[from][to]++;
        }
        CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &AT_10, &err), err);
        CHECK_NEAR(r.category.event.value, (up[1] - down[1]) / n[1], 1e-12, 1e-14);
        CHECK_NEAR(r.category.nonevent.value, (down[0] - up[0]) / n[0], 1e-12, 1e-14);
        CHECK_NEAR(r.category.total.value, (up[1] - down[1]) / n[1] + (down[0] - up[0]) / n[0], 1e-12, 1e-14);
        CHECK_NEAR(r.any.event.value, (rose[1] - fell[1]) / n[1], 1e-12, 1e-14);
        CHECK_NEAR(r.any.nonevent.value, (fell[0] - rose[0]) / n[0], 1e-12, 1e-14);
        CHECK_NEAR(r.idi_event.value, rise[1] / n[1], 1e-12, 1e-14);
        CHECK_NEAR(r.idi_nonevent.value, rise[0] / n[0], 1e-12, 1e-14);
        CHECK_NEAR(r.idi.value, rise[1] / n[1] - rise[0] / n[0], 1e-12, 1e-14);
        assert_int_equal(r.category.up, up[0] + up[1]);
        assert_int_equal(r.any.down, fell[0] + fell[1]);
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++) { assert_int_equal(r.moved[a][b], moved[a][b]); }
        }
        assert_true(isnan(r.any.event.low) && isnan(r.idi.high));      /* no replicates were asked for */
    }
}

/* The two ways to write P(event | up) P(up) / P(event) by Kaplan-Meier. */
static void test_censored_parts_are_kaplan_meiers(void **state)
{
    (void)state;
    made m;
    sv_reclassification r;
    sv_error err;
    bool up[N], down[N];
    double n_up = 0, n_down = 0;
    make_data(&m, 5, true);
    for (int i = 0; i < N; i++) {
        n_up += up[i] = m.new_risk[i] > m.old_risk[i];
        n_down += down[i] = m.new_risk[i] < m.old_risk[i];
    }
    sv_km all, of_up, of_down;
    CHECK_OK(sv_km_fit(&all, &m.surv, NULL, NULL, &err), err);
    CHECK_OK(sv_km_fit(&of_up, &m.surv, up, NULL, &err), err);
    CHECK_OK(sv_km_fit(&of_down, &m.surv, down, NULL, &err), err);
    double s = sv_km_at(&all, 10).value, u = sv_km_at(&of_up, 10).value, d = sv_km_at(&of_down, 10).value;
    CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &AT_10, &err), err);
    CHECK_NEAR(r.any.event.value, ((1 - u) * n_up - (1 - d) * n_down) / N / (1 - s), 1e-12, 0);
    CHECK_NEAR(r.any.nonevent.value, (d * n_down - u * n_up) / N / s, 1e-12, 0);
    sv_km_free(&all);
    sv_km_free(&of_up);
    sv_km_free(&of_down);
}

static void test_symmetries(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        made m, turned;
        sv_reclassification r, back, self, t;
        sv_error err;
        make_data(&m, seed, true);
        CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &AT_10, &err), err);
        CHECK_OK(sv_reclassify(&back, m.new_risk, m.old_risk, &m.surv, &AT_10, &err), err);
        CHECK_NEAR(r.category.total.value, -back.category.total.value, 0, 1e-13);
        CHECK_NEAR(r.any.total.value, -back.any.total.value, 0, 1e-13);
        CHECK_NEAR(r.idi.value, -back.idi.value, 0, 1e-13);
        assert_int_equal(r.any.up, back.any.down);
        CHECK_OK(sv_reclassify(&self, m.old_risk, m.old_risk, &m.surv, &AT_10, &err), err);
        assert_true(self.any.total.value == 0 && self.category.total.value == 0 && self.idi.value == 0);
        assert_int_equal(self.any.up + self.any.down, 0);
        for (int i = 0; i < N; i++) {
            int j = N - 1 - i;
            turned.time[i] = m.time[j];
            turned.event[i] = m.event[j];
            turned.old_risk[i] = m.old_risk[j];
            turned.new_risk[i] = m.new_risk[j];
        }
        turned.surv = (sv_surv){ .n = N, .time = turned.time, .event = turned.event };
        CHECK_OK(sv_reclassify(&t, turned.old_risk, turned.new_risk, &turned.surv, &AT_10, &err), err);
        CHECK_NEAR(r.category.total.value, t.category.total.value, 0, 1e-13);
        CHECK_NEAR(r.idi.value, t.idi.value, 0, 1e-13);
    }
}

/* Risks of 0 and 1 that come true, against one risk for all: all that can be gained. */
static void test_perfect_model(void **state)
{
    (void)state;
    made m;
    sv_reclassification r;
    sv_error err;
    make_data(&m, 2, false);
    for (int i = 0; i < N; i++) {
        m.old_risk[i] = 0.2;
        m.new_risk[i] = m.time[i] <= 10;
    }
    CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &AT_10, &err), err);
    CHECK_NEAR(r.category.total.value, 2, 1e-13, 0);
    CHECK_NEAR(r.any.total.value, 2, 1e-13, 0);
    CHECK_NEAR(r.idi_event.value, 0.8, 1e-13, 0);
    CHECK_NEAR(r.idi.value, 1, 1e-13, 0);
}

/* Intervals of cohorts hold what a very large one has; a seed says it again. */
static void test_intervals(void **state)
{
    (void)state;
    enum { COHORTS = 60, LARGE = 200 };
    double truth = 0, idi = 0, held = 0, idi_held = 0;
    sv_error err;
    made m;
    for (uint64_t seed = 1; seed <= LARGE; seed++) {
        sv_reclassification r;
        make_data(&m, 77 * seed, false);
        CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &AT_10, &err), err);
        truth += r.any.total.value / LARGE;
        idi += r.idi.value / LARGE;
    }
    sv_reclassify_opts o = AT_10;
    o.replicates = 100;
    for (uint64_t seed = 1; seed <= COHORTS; seed++) {
        sv_reclassification r, again;
        make_data(&m, 13 * seed, true);
        o.seed = seed;
        CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &o, &err), err);
        assert_true(r.any.total.low <= r.any.total.value && r.any.total.value <= r.any.total.high);
        assert_true(r.category.event.low < r.category.event.high && r.failed < 50);
        held += r.any.total.low <= truth && truth <= r.any.total.high;
        idi_held += r.idi.low <= idi && idi <= r.idi.high;
        if (seed > 3) { continue; }
        CHECK_OK(sv_reclassify(&again, m.old_risk, m.new_risk, &m.surv, &o, &err), err);
        assert_memory_equal(&r, &again, sizeof r);
    }
    assert_true(held / COHORTS > 0.85 && idi_held / COHORTS > 0.85);      /* 0.95, and 3.5 standard errors below */
}

static void test_refusals(void **state)
{
    (void)state;
    made m;
    sv_reclassification r = { .failed = 77 };
    sv_error err;
    double weight[N], backwards[] = { 0.3, 0.1 }, outside[] = { 1 };
    sv_reclassify_opts o = AT_10;
    make_data(&m, 3, true);
    o.t = 0;
    assert_int_equal(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &o, &err), SV_EINVAL);
    o = AT_10;
    o.limits = backwards;
    assert_int_equal(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &o, &err), SV_EINVAL);
    o.limits = outside;
    o.n_limits = 1;
    assert_int_equal(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &o, &err), SV_EINVAL);
    o = AT_10;
    o.replicates = 10;
    o.level = 1;
    assert_int_equal(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &o, &err), SV_EINVAL);
    for (int i = 0; i < N; i++) { weight[i] = 1; }
    m.surv.weight = weight;
    assert_int_equal(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &AT_10, &err), SV_EINVAL);
    m.surv.weight = NULL;
    m.new_risk[9] = (double)NAN;
    assert_int_equal(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &AT_10, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "new risk of row 9"));
    assert_int_equal(r.failed, 77);
}

/* Nobody was watched until then: no value, and no failure. No limits: no categories. */
static void test_what_cannot_be_known(void **state)
{
    (void)state;
    made m;
    sv_reclassification r;
    sv_error err;
    sv_reclassify_opts o = { .t = 1000, .replicates = 20, .level = 0.95 };
    make_data(&m, 4, true);
    m.time[0] = 90;
    m.event[0] = 0;
    CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &o, &err), err);
    assert_true(isnan(r.any.total.value) && isnan(r.any.total.low) && isnan(r.category.total.value));
    o.t = 10;
    CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &o, &err), err);
    assert_true(isfinite(r.any.total.low) && isnan(r.category.total.value) && isnan(r.category.total.low));
    memset(m.event, 0, sizeof m.event);
    CHECK_OK(sv_reclassify(&r, m.old_risk, m.new_risk, &m.surv, &o, &err), err);
    assert_true(isnan(r.any.event.value) && isnan(r.idi.value) && isfinite(r.any.nonevent.value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_without_censoring), cmocka_unit_test(test_censored_parts_are_kaplan_meiers),
        cmocka_unit_test(test_symmetries), cmocka_unit_test(test_perfect_model), cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_what_cannot_be_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
