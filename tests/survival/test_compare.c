/* test_compare.c - differences of two models: against R's covariance of two concordances, the jackknife, known
 * normal integrals, and what the tests say where nothing or something is to be found. */
#include "cohort.h"

#include <survival/auc.h>
#include <survival/brier.h>
#include <survival/compare.h>
#include <survival/concordance.h>
#include <survival/dist.h>

#include "mvnorm.h"

#define PBC REFERENCE("07_timeROC/data_pbc_lp.csv")

/* ---- Against R --------------------------------------------------------------------------------- */

static void test_two_concordances_equal_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(PBC);
    static const char *const cols[] = { "lp", "bili", NULL };
    cohort c;
    csv var;
    sv_difference d;
    sv_error err;
    double full[312], bili[312];
    cohort_read(&c, PBC, NULL, "time", "ev", 1, cols);
    assert_int_equal(c.n, 312);
    for (size_t i = 0; i < c.n; i++) {
        full[i] = c.x[2 * i];
        bili[i] = c.x[2 * i + 1];
    }
    assert_true(csv_read(&var, REFERENCE("08_cindex/pbc_two_models_var.csv")));
    double v11 = csv_num(&var, 0, "V1"), v12 = csv_num(&var, 0, "V2"), v22 = csv_num(&var, 1, "V2");
    CHECK_OK(sv_compare_harrell(&d, full, bili, &c.surv, &err), err);
    CHECK_NEAR(d.a, 0.84386126335160228, 1e-13, 0);
    CHECK_NEAR(d.b, 0.7939552746329559, 1e-13, 0);
    CHECK_NEAR(d.se, sqrt(v11 + v22 - 2 * v12), 1e-10, 0);
    CHECK_NEAR(d.z, (d.a - d.b) / sqrt(v11 + v22 - 2 * v12), 1e-10, 0);
    csv_free(&var);
    cohort_free(&c);
}

/* ---- Made data --------------------------------------------------------------------------------- */

enum { N = 80, TIMES = 3 };
static const double AT[TIMES] = { 3, 6, 10 };

typedef struct made { double time[N], a[N], b[N], risk_a[N * TIMES], risk_b[N * TIMES]; int event[N]; sv_surv surv; } made;

static double normal(uint64_t *seed) { return sv_normal_quantile(0.5 / 9007199254740992.0 + uniform(seed) * (1 - 1e-15)); }

/* Two markers that see the same hazard, each with noise of its own; `worse`: additional noise of b. ties: times in
 * whole units, markers in quarters. */
static void make_data(made *m, uint64_t seed, double worse, bool ties)
{
    for (int i = 0; i < N; i++) {
        double truth = normal(&seed), died = -log(uniform(&seed)) * 10 * exp(-truth), left = 25 * uniform(&seed) + 0.5;
        m->a[i] = truth + normal(&seed);
        m->b[i] = truth + (1 + worse) * normal(&seed);
        m->time[i] = fmin(died, left);
        m->event[i] = died <= left;
        if (ties) {
            m->time[i] = ceil(m->time[i]);
            m->a[i] = floor(4 * m->a[i]) / 4;
            m->b[i] = floor(4 * m->b[i]) / 4;
        }
        for (int k = 0; k < TIMES; k++) {
            m->risk_a[i * TIMES + k] = 1 - exp(-AT[k] / 10 * exp(m->a[i] / 2));
            m->risk_b[i * TIMES + k] = 1 - exp(-AT[k] / 10 * exp(m->b[i] / 2));
        }
    }
    m->surv = (sv_surv){ .n = N, .time = m->time, .event = m->event };
}

enum { HARRELL, UNO, AUC, BRIER = AUC + TIMES, IBS = BRIER + TIMES, ALL };

/* Every difference that the header offers. */
static void compare_all(sv_difference d[ALL], double p_adjusted[TIMES], const made *m)
{
    sv_error err;
    CHECK_OK(sv_compare_harrell(&d[HARRELL], m->a, m->b, &m->surv, &err), err);
    CHECK_OK(sv_compare_uno(&d[UNO], m->a, m->b, AT[2], &m->surv, &err), err);
    CHECK_OK(sv_compare_auc(&d[AUC], p_adjusted, AT, TIMES, m->a, m->b, &m->surv, &err), err);
    CHECK_OK(sv_compare_brier(&d[BRIER], &d[IBS], AT, TIMES, m->risk_a, m->risk_b, &m->surv, &err), err);
}

static void swap_models(made *m)
{
    made old = *m;
    memcpy(m->a, old.b, sizeof m->a);
    memcpy(m->b, old.a, sizeof m->b);
    memcpy(m->risk_a, old.risk_b, sizeof m->risk_a);
    memcpy(m->risk_b, old.risk_a, sizeof m->risk_b);
}

/* Rows i and N - 1 - i change places. */
static void turn_round(made *m)
{
    made old = *m;
    for (int i = 0; i < N; i++) {
        int j = N - 1 - i;
        m->time[i] = old.time[j];
        m->event[i] = old.event[j];
        m->a[i] = old.a[j];
        m->b[i] = old.b[j];
        memcpy(m->risk_a + i * TIMES, old.risk_a + j * TIMES, TIMES * sizeof(double));
        memcpy(m->risk_b + i * TIMES, old.risk_b + j * TIMES, TIMES * sizeof(double));
    }
}

static void test_indices_are_those_of_each_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        made m;
        sv_difference d[ALL];
        sv_concordance c;
        sv_auc auc;
        sv_error err;
        double p[TIMES], score[TIMES];
        make_data(&m, seed, 0.5, seed % 2 == 0);
        compare_all(d, p, &m);
        CHECK_OK(sv_concordance_harrell(&c, m.a, &m.surv, &err), err);
        CHECK_NEAR(d[HARRELL].a, c.c, 1e-15, 0);
        CHECK_OK(sv_concordance_uno(&c, m.b, AT[2], &m.surv, &err), err);
        CHECK_NEAR(d[UNO].b, c.c, 1e-15, 0);
        CHECK_OK(sv_brier(score, NULL, m.risk_b, AT, TIMES, &m.surv, &err), err);
        for (int k = 0; k < TIMES; k++) {
            CHECK_OK(sv_auc_at(&auc, AT[k], m.a, &m.surv, &err), err);
            CHECK_NEAR(d[AUC + k].a, auc.auc, 1e-15, 0);
            CHECK_NEAR(d[BRIER + k].b, score[k], 1e-15, 0);
            assert_true(p[k] >= d[AUC + k].p && p[k] <= fmin(1, TIMES * d[AUC + k].p));
        }
        CHECK_NEAR(d[IBS].b, sv_brier_integrated(score, AT, TIMES, SV_IBS_STEPS), 1e-14, 0);
    }
}

/* The variance of one index is that of its difference from a marker that says nothing, in a cohort of both. */
static void test_errors_fit_those_of_one_model(void **state)
{
    (void)state;
    made m;
    sv_difference d;
    sv_auc auc;
    sv_concordance c;
    sv_error err;
    make_data(&m, 3, 0, true);
    for (int i = 0; i < N; i++) { m.b[i] = 7; }
    CHECK_OK(sv_compare_auc(&d, NULL, &AT[1], 1, m.a, m.b, &m.surv, &err), err);
    CHECK_OK(sv_auc_at(&auc, AT[1], m.a, &m.surv, &err), err);
    CHECK_NEAR(d.b, 0.5, 1e-15, 0);
    CHECK_NEAR(d.se, auc.se, 1e-12, 0);
    CHECK_OK(sv_compare_harrell(&d, m.a, m.b, &m.surv, &err), err);
    CHECK_OK(sv_concordance_harrell(&c, m.a, &m.surv, &err), err);
    CHECK_NEAR(d.se, c.se, 1e-12, 0);
}

static void test_a_model_against_itself(void **state)
{
    (void)state;
    made m;
    sv_difference d[ALL];
    double p[TIMES];
    make_data(&m, 8, 0, true);
    for (int i = 0; i < N; i++) { m.b[i] = exp(m.a[i]); }       /* the same order */
    memcpy(m.risk_b, m.risk_a, sizeof m.risk_b);
    compare_all(d, p, &m);
    for (int k = 0; k < ALL; k++) {
        assert_true(d[k].difference == 0 && d[k].se == 0 && d[k].z == 0 && d[k].p == 1);
        assert_true(d[k].low == 0 && d[k].high == 0 && d[k].a > 0);
    }
    for (int k = 0; k < TIMES; k++) { assert_true(p[k] == 1); }
}

static void test_symmetries(void **state)
{
    (void)state;
    for (uint64_t seed = 11; seed <= 20; seed++) {
        made m;
        sv_difference d[ALL], e[ALL], f[ALL];
        double p[TIMES], q[TIMES];
        make_data(&m, seed, 0.7, seed % 2 == 0);
        compare_all(d, p, &m);
        turn_round(&m);
        compare_all(f, q, &m);
        for (int k = 0; k < TIMES; k++) { CHECK_NEAR(p[k], q[k], 1e-9, 1e-12); }
        swap_models(&m);
        compare_all(e, q, &m);
        for (int k = 0; k < ALL; k++) {
            CHECK_NEAR(d[k].difference, -e[k].difference, 0, 1e-14);
            CHECK_NEAR(d[k].se, e[k].se, 1e-9, 0);
            CHECK_NEAR(d[k].low, -e[k].high, 1e-9, 1e-13);
            CHECK_NEAR(d[k].p, e[k].p, 1e-9, 0);
            CHECK_NEAR(d[k].difference, f[k].difference, 0, 1e-14);
            CHECK_NEAR(d[k].se, f[k].se, 1e-9, 0);
        }
    }
}

/* Leaving each patient out says nearly the same as the influence functions. */
static void test_errors_agree_with_the_jackknife(void **state)
{
    (void)state;
    made m;
    sv_difference d[ALL], e[ALL];
    double p[TIMES], leave[ALL][N];
    make_data(&m, 4, 0.5, false);
    compare_all(d, p, &m);
    for (int i = 0; i < N; i++) {
        made one = m;
        one.time[i] = m.time[N - 1];
        one.event[i] = m.event[N - 1];
        one.a[i] = m.a[N - 1];
        one.b[i] = m.b[N - 1];
        memcpy(one.risk_a + i * TIMES, m.risk_a + (N - 1) * TIMES, TIMES * sizeof(double));
        memcpy(one.risk_b + i * TIMES, m.risk_b + (N - 1) * TIMES, TIMES * sizeof(double));
        one.surv = (sv_surv){ .n = N - 1, .time = one.time, .event = one.event };
        compare_all(e, p, &one);
        for (int k = 0; k < ALL; k++) { leave[k][i] = e[k].difference; }
    }
    for (int k = 0; k < ALL; k++) {
        double mean = 0, var = 0;
        for (int i = 0; i < N; i++) { mean += leave[k][i] / N; }
        for (int i = 0; i < N; i++) { var += (leave[k][i] - mean) * (leave[k][i] - mean) * (N - 1) / N; }
        /* the weights of Uno's C are taken for known */
        CHECK_NEAR(d[k].se, sqrt(var), k == UNO ? 0.15 : 0.06, 0);
    }
}

/* 400 cohorts in which neither marker is better: 5 % of the tests say otherwise, and no more of the adjusted ones
 * at any of the times. Where b is but noise most find it. */
static void test_level_and_power(void **state)
{
    (void)state;
    enum { COHORTS = 400 };
    double found[ALL] = { 0 }, any_adjusted = 0, any_plain = 0, power = 0;
    for (uint64_t seed = 1; seed <= COHORTS; seed++) {
        made m;
        sv_difference d[ALL];
        double p[TIMES];
        make_data(&m, 1000 * seed + 7, 0, false);
        compare_all(d, p, &m);
        for (int k = 0; k < ALL; k++) { found[k] += (d[k].p < 0.05) / (double)COHORTS; }
        any_adjusted += (p[0] < 0.05 || p[1] < 0.05 || p[2] < 0.05) / (double)COHORTS;
        any_plain += (d[AUC].p < 0.05 || d[AUC + 1].p < 0.05 || d[AUC + 2].p < 0.05) / (double)COHORTS;
    }
    for (uint64_t seed = 1; seed <= 100; seed++) {
        made m;
        sv_difference d[ALL];
        double p[TIMES];
        make_data(&m, 900 * seed + 1, 50, false);
        compare_all(d, p, &m);
        power += d[HARRELL].p < 0.05 && d[HARRELL].difference > 0 ? 0.01 : 0;
    }
    for (int k = 0; k < ALL; k++) { CHECK_NEAR(found[k], 0.05, 0, 0.033); }       /* 3 standard errors */
    CHECK_NEAR(any_adjusted, 0.05, 0, 0.033);
    assert_true(any_plain > any_adjusted);
    assert_true(power > 0.7);
}

/* ---- Normal integral --------------------------------------------------------------------------- */

/* P(max |Z| > b) where every two are correlated by rho: Z_k = sqrt(rho) Y + sqrt(1 - rho) E_k, over Y. */
static double alike(double b, double rho, int k)
{
    double inside = 0, step = 1e-3;
    for (double y = -9; y <= 9; y += step) {
        double r = sqrt(1 - rho), c = sqrt(rho) * y;
        inside += step * sv_normal_density(y) * pow(sv_normal_cdf((b - c) / r) - sv_normal_cdf((-b - c) / r), k);
    }
    return 1 - inside;
}

static void test_normal_integral(void **state)
{
    (void)state;
    sv_error err;
    static const int sizes[] = { 1, 2, 3, 6, 10 };
    for (int at = 0; at < 5; at++) {
        int k = sizes[at];
        for (double rho = 0; rho < 1; rho += 0.3) {
            double corr[100], p;
            for (int i = 0; i < k * k; i++) { corr[i] = i % (k + 1) == 0 ? 1 : rho; }
            for (double b = 0.5; b < 4; b += 0.7) {
                CHECK_OK(sv_mvnorm_beyond(&p, b, corr, (size_t)k, &err), err);
                CHECK_NEAR(p, alike(b, rho, k), 0, 2e-4);
                if (rho == 0) { CHECK_NEAR(p, 1 - pow(1 - sv_normal_two_sided(b), k), 0, 2e-4); }
            }
        }
        double same[100], p;
        for (int i = 0; i < k * k; i++) { same[i] = (i / k + i % k) % 2 == 0 ? 1 : -1; }    /* one variable, and less it */
        CHECK_OK(sv_mvnorm_beyond(&p, 1.3, same, (size_t)k, &err), err);
        CHECK_NEAR(p, sv_normal_two_sided(1.3), 1e-9, 0);
    }
}

/* ---- What is refused, and what does not exist -------------------------------------------------- */

static void test_refusals(void **state)
{
    (void)state;
    made m;
    sv_difference d[SV_COMPARE_MAX_TIMES], one;
    sv_error err;
    double many[SV_COMPARE_MAX_TIMES + 1], back[2] = { 5, 4 }, early = 1e-6, p;
    make_data(&m, 3, 0, false);
    for (size_t k = 0; k <= SV_COMPARE_MAX_TIMES; k++) { many[k] = (double)(k + 1); }
    assert_int_equal(sv_compare_auc(d, NULL, many, SV_COMPARE_MAX_TIMES + 1, m.a, m.b, &m.surv, &err), SV_ELIMIT);
    assert_int_equal(sv_compare_auc(d, NULL, back, 2, m.a, m.b, &m.surv, &err), SV_EINVAL);
    assert_int_equal(sv_compare_auc(d, NULL, back, 0, m.a, m.b, &m.surv, &err), SV_EINVAL);
    assert_int_equal(sv_compare_uno(&one, m.a, m.b, 0, &m.surv, &err), SV_EINVAL);
    assert_int_equal(sv_compare_uno(&one, m.a, m.b, (double)NAN, &m.surv, &err), SV_EINVAL);
    CHECK_OK(sv_compare_auc(&one, &p, &early, 1, m.a, m.b, &m.surv, &err), err);
    assert_true(isnan(one.difference) && isnan(one.p) && isnan(p));      /* no case yet */
    m.risk_b[4] = 1.25;
    assert_int_equal(sv_compare_brier(d, NULL, AT, TIMES, m.risk_a, m.risk_b, &m.surv, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "1.25"));
    m.b[3] = (double)INFINITY;
    assert_int_equal(sv_compare_auc(d, NULL, AT, TIMES, m.a, m.b, &m.surv, &err), SV_EDATA);
    assert_int_equal(sv_compare_harrell(&one, m.a, m.b, &m.surv, &err), SV_EDATA);
    assert_true(isnan(one.difference) && isnan(one.p));
    memset(m.event, 0, sizeof m.event);
    CHECK_OK(sv_compare_harrell(&one, m.a, m.a, &m.surv, &err), err);
    assert_true(isnan(one.difference) && isnan(one.p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_concordances_equal_rs), cmocka_unit_test(test_indices_are_those_of_each_model),
        cmocka_unit_test(test_errors_fit_those_of_one_model), cmocka_unit_test(test_a_model_against_itself),
        cmocka_unit_test(test_symmetries), cmocka_unit_test(test_errors_agree_with_the_jackknife),
        cmocka_unit_test(test_level_and_power), cmocka_unit_test(test_normal_integral), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
