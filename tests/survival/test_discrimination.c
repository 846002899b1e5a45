/* test_discrimination.c - concordance by Uno and by Goenen & Heller, AUC(t), Brier score, the
 * censoring distribution: against R (reference/survival/07_timeROC, 08_cindex, 09_brier) and against
 * their definitions, written out over all pairs. */
#include "cohort.h"

#include <survival/auc.h>
#include <survival/brier.h>
#include <survival/concordance.h>
#include <survival/km.h>

#define PBC REFERENCE("07_timeROC/data_pbc_lp.csv")

static void read_pbc(cohort *c)
{
    static const char *const lp[] = { "lp", NULL };
    cohort_read(c, PBC, NULL, "time", "ev", 1, lp);
    assert_int_equal(c->n, 312);
}

/* The row of a two-column table whose first column is `name`. */
static double value_of(const csv *t, const char *name, const char *col)
{
    for (size_t i = 0; i < t->rows; i++) {
        if (strcmp(t->cell[(i + 1) * t->cols], name) == 0) { return csv_num(t, i, col); }
    }
    fail_msg("no %s", name);
    return 0;
}

/* ---- Against R ------------------------------------------------------------------------------- */

static void test_concordances_equal_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(PBC);
    cohort c, tie;
    csv t;
    sv_concordance u;
    sv_error err;
    double gh;
    read_pbc(&c);
    assert_true(csv_read(&t, REFERENCE("08_cindex/cindex_all.csv")));
    static const struct { const char *name; double tau; } forms[] = {
        { "pbc_conc_n/G2", INFINITY }, { "pbc_conc_nG2_ymax1095.75", 1095.75 },
        { "pbc_conc_nG2_ymax1826.25", 1826.25 } };
    for (size_t f = 0; f < 3; f++) {
        CHECK_OK(sv_concordance_uno(&u, c.x, forms[f].tau, &c.surv, &err), err);
        CHECK_NEAR(u.c, value_of(&t, forms[f].name, "value"), 1e-11, 0);
        CHECK_NEAR(u.se, value_of(&t, forms[f].name, "se"), 1e-9, 0);
    }
    CHECK_OK(sv_concordance_gonen_heller(&gh, c.x, c.n, &err), err);
    CHECK_NEAR(gh, value_of(&t, "pbc_BeggC", "value"), 1e-12, 0);
    static const char *const r[] = { "r", NULL };
    cohort_read(&tie, REFERENCE("08_cindex/data_tie7.csv"), NULL, "time", "st", 1, r);
    CHECK_OK(sv_concordance_uno(&u, tie.x, INFINITY, &tie.surv, &err), err);
    CHECK_NEAR(u.c, value_of(&t, "tie7_survival_nG2", "value"), 1e-12, 0);
    CHECK_NEAR(u.se, value_of(&t, "tie7_survival_nG2", "se"), 1e-9, 0);
    cohort_free(&tie);
    csv_free(&t);
    cohort_free(&c);
}

static void test_censoring_distribution_equals_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(PBC);
    cohort c;
    csv t;
    sv_censoring g;
    sv_error err;
    read_pbc(&c);
    assert_true(csv_read(&t, REFERENCE("07_timeROC/pbc_censKM.csv")));
    CHECK_OK(sv_censoring_fit(&g, &c.surv, &err), err);
    for (size_t i = 0; i < t.rows; i++) {
        CHECK_NEAR(sv_censoring_at(&g, csv_num(&t, i, "time")), csv_num(&t, i, "G"), 1e-12, 1e-15);
    }
    sv_censoring_free(&g);
    csv_free(&t);
    cohort_free(&c);
}

static void test_auc_equals_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(PBC);
    cohort c;
    csv t;
    sv_error err;
    read_pbc(&c);
    assert_true(csv_read(&t, REFERENCE("07_timeROC/pbc_timeROC_marginal.csv")));
    for (size_t i = 0; i < t.rows; i++) {
        sv_auc a;
        CHECK_OK(sv_auc_at(&a, csv_num(&t, i, "time"), c.x, &c.surv, &err), err);
        CHECK_NEAR(a.auc, csv_num(&t, i, "AUC"), 1e-11, 0);
        /* before the third time a death and a censoring tie, where timeROC and riskRegression differ
         * from one another by 8e-7 */
        CHECK_NEAR(a.se, csv_num(&t, i, "se"), i < 2 ? 1e-11 : 1e-6, 0);
        assert_int_equal(a.cases, (int)csv_num(&t, i, "cases"));
        assert_int_equal(a.controls, (int)csv_num(&t, i, "survivors"));
        assert_int_equal(a.censored, (int)csv_num(&t, i, "censored"));
    }
    csv_free(&t);
    cohort_free(&c);
}

/* The null model at 20 times, the full one at 1, 3 and 5 years. */
static void test_brier_scores_equal_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(PBC);
    cohort c;
    csv want, risk;
    sv_error err;
    double times[20], score[20], se[20];
    read_pbc(&c);
    assert_true(csv_read(&want, REFERENCE("09_brier/pbc_Score_brier.csv")));
    for (size_t k = 0; k < 20; k++) { times[k] = csv_num(&want, k, "times"); }
    CHECK_OK(sv_brier(score, se, NULL, times, 20, &c.surv, &err), err);
    for (size_t k = 0; k < 20; k++) {
        CHECK_NEAR(score[k], csv_num(&want, k, "Brier"), 1e-10, 0);
        CHECK_NEAR(sv_brier_integrated(score, times, k + 1, SV_IBS_STEPS), csv_num(&want, k, "IBS"), 1e-10, 1e-15);
    }
    assert_true(csv_read(&risk, REFERENCE("09_brier/pbc_risk_1_3_5.csv")));
    static const char *const col[] = { "risk_1y", "risk_3y", "risk_5y" };
    static const size_t at[] = { 1, 5, 9 };
    double p[312 * 3], t3[3];
    for (size_t k = 0; k < 3; k++) {
        t3[k] = times[at[k]];
        for (size_t i = 0; i < 312; i++) { p[i * 3 + k] = csv_num(&risk, i, col[k]); }
    }
    CHECK_OK(sv_brier(score, se, p, t3, 3, &c.surv, &err), err);
    for (size_t k = 0; k < 3; k++) { CHECK_NEAR(score[k], csv_num(&want, 20 + at[k], "Brier"), 1e-10, 0); }
    csv_free(&risk);
    csv_free(&want);
    cohort_free(&c);
}

/* ---- Against the definitions ----------------------------------------------------------------- */

enum { N = 60 };
typedef struct made { double time[N], marker[N], other[N]; int event[N]; sv_surv surv; } made;

/* Ties in times and markers. */
static void make_data(made *m, uint64_t seed)
{
    for (int i = 0; i < N; i++) {
        m->marker[i] = floor(8 * uniform(&seed));
        m->other[i] = uniform(&seed);
        m->time[i] = 1 + floor(30 * uniform(&seed) / (1 + m->marker[i] / 8));
        m->event[i] = uniform(&seed) < 0.6;
    }
    m->surv = (sv_surv){ .n = N, .time = m->time, .event = m->event };
}

/* G(t-) of a row: the product over censoring times before it, the dead of a time gone before. */
static double g_before(const made *m, double t)
{
    double g = 1;
    for (double u = 1; u < t; u++) {
        double censored = 0, at_risk = 0;
        for (int i = 0; i < N; i++) {
            censored += m->time[i] == u && !m->event[i];
            at_risk += m->time[i] > u || (m->time[i] == u && !m->event[i]);
        }
        if (censored > 0) { g *= 1 - censored / at_risk; }
    }
    return g;
}

static double auc_by_pairs(const made *m, const double *marker, double t)
{
    double sum = 0, all = 0;
    for (int i = 0; i < N; i++) {
        if (!(m->event[i] && m->time[i] <= t)) { continue; }
        for (int j = 0; j < N; j++) {
            if (m->time[j] <= t) { continue; }
            double w = 1 / g_before(m, m->time[i]);
            sum += w * (marker[i] > marker[j] ? 1 : marker[i] < marker[j] ? 0 : 0.5);
            all += w;
        }
    }
    return sum / all;
}

static double uno_by_pairs(const made *m, double tau)
{
    double sum = 0, all = 0;
    for (int i = 0; i < N; i++) {
        if (!m->event[i] || m->time[i] > tau) { continue; }
        double g = g_before(m, m->time[i]);
        for (int j = 0; j < N; j++) {
            if (!(m->time[j] > m->time[i] || (m->time[j] == m->time[i] && !m->event[j]))) { continue; }
            sum += (m->marker[i] > m->marker[j] ? 1 : m->marker[i] < m->marker[j] ? 0 : 0.5) / (g * g);
            all += 1 / (g * g);
        }
    }
    return sum / all;
}

static void test_by_all_pairs(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        made m;
        sv_auc a;
        sv_concordance u;
        sv_error err;
        make_data(&m, seed);
        for (double t = 5; t <= 20; t += 5) {
            CHECK_OK(sv_auc_at(&a, t, m.marker, &m.surv, &err), err);
            CHECK_NEAR(a.auc, auc_by_pairs(&m, m.marker, t), 1e-12, 0);
            CHECK_OK(sv_concordance_uno(&u, m.marker, t, &m.surv, &err), err);
            CHECK_NEAR(u.c, uno_by_pairs(&m, t), 1e-12, 0);
        }
    }
}

/* What the jackknife finds is what the influence function says, for small data roughly. */
static void test_auc_error_agrees_with_the_jackknife(void **state)
{
    (void)state;
    made m;
    sv_auc a;
    sv_error err;
    make_data(&m, 4);
    CHECK_OK(sv_auc_at(&a, 12, m.other, &m.surv, &err), err);
    double leave[N], mean = 0, var = 0;
    for (int k = 0; k < N; k++) {
        made without = m;
        without.time[k] = without.time[N - 1];
        without.event[k] = without.event[N - 1];
        without.other[k] = without.other[N - 1];
        sv_surv s = { .n = N - 1, .time = without.time, .event = without.event };
        sv_auc b;
        CHECK_OK(sv_auc_at(&b, 12, without.other, &s, &err), err);
        leave[k] = b.auc;
        mean += b.auc / N;
    }
    for (int k = 0; k < N; k++) { var += (leave[k] - mean) * (leave[k] - mean) * (N - 1) / N; }
    CHECK_NEAR(a.se, sqrt(var), 0.06, 0);
}

static void test_auc_identities(void **state)
{
    (void)state;
    made m;
    sv_auc a, b;
    sv_error err;
    double negative[N], cut[N + 1], tp[N + 1], fp[N + 1], area = 0;
    size_t n;
    make_data(&m, 9);
    for (int i = 0; i < N; i++) { negative[i] = -m.marker[i]; }
    CHECK_OK(sv_auc_at(&a, 10, m.marker, &m.surv, &err), err);
    CHECK_OK(sv_auc_at(&b, 10, negative, &m.surv, &err), err);
    CHECK_NEAR(a.auc + b.auc, 1, 1e-12, 0);
    CHECK_NEAR(a.se, b.se, 1e-10, 0);
    CHECK_OK(sv_roc_at(cut, tp, fp, &n, 10, m.marker, &m.surv, &err), err);
    assert_int_equal(n, 9);                          /* 8 markers and the start */
    for (size_t k = 1; k < n; k++) {
        assert_true(cut[k] < cut[k - 1]);
        area += (fp[k] - fp[k - 1]) * (tp[k] + tp[k - 1]) / 2;
    }
    CHECK_NEAR(area, a.auc, 1e-12, 0);
    CHECK_NEAR(tp[n - 1], 1, 1e-12, 0);
    CHECK_NEAR(fp[n - 1], 1, 1e-12, 0);
}

/* Without censoring the Brier score is the mean squared error, C by Uno is Harrell's. */
static void test_without_censoring(void **state)
{
    (void)state;
    made m;
    sv_error err;
    sv_concordance u, h;
    double risk[N], t = 9, score, mean = 0;
    make_data(&m, 2);
    for (int i = 0; i < N; i++) {
        m.event[i] = 1;
        risk[i] = m.other[i];
    }
    CHECK_OK(sv_brier(&score, NULL, risk, &t, 1, &m.surv, &err), err);
    for (int i = 0; i < N; i++) {
        double d = (m.time[i] <= t) - risk[i];
        mean += d * d / N;
    }
    CHECK_NEAR(score, mean, 1e-12, 0);
    CHECK_OK(sv_concordance_uno(&u, m.marker, INFINITY, &m.surv, &err), err);
    CHECK_OK(sv_concordance_harrell(&h, m.marker, &m.surv, &err), err);
    CHECK_NEAR(u.c, h.c, 1e-14, 0);
    CHECK_NEAR(u.se, h.se, 1e-12, 0);
}

/* Risks drawn from the model that made the events are scored better than risks made worse. */
static void test_true_risk_scores_best(void **state)
{
    (void)state;
    enum { M = 4000 };
    static double time[M], truth[M], shifted[M];
    static int event[M];
    uint64_t seed = 5;
    double t = 1, best, worse;
    sv_error err;
    for (int i = 0; i < M; i++) {
        double rate = exp(3 * uniform(&seed) - 1.5), died = -log(uniform(&seed)) / rate;
        double censored = -2 * log(uniform(&seed));
        time[i] = fmin(died, censored);
        event[i] = died <= censored;
        truth[i] = 1 - exp(-rate * t);
        shifted[i] = fmin(1, truth[i] + 0.15);
    }
    sv_surv s = { .n = M, .time = time, .event = event };
    CHECK_OK(sv_brier(&best, NULL, truth, &t, 1, &s, &err), err);
    CHECK_OK(sv_brier(&worse, NULL, shifted, &t, 1, &s, &err), err);
    assert_true(best < worse - 0.01);
    double expected = 0;                             /* of the truth: mean p (1 - p) */
    for (int i = 0; i < M; i++) { expected += truth[i] * (1 - truth[i]) / M; }
    CHECK_NEAR(best, expected, 0, 0.01);
}

/* ---- What is refused ------------------------------------------------------------------------- */

static void test_refusals(void **state)
{
    (void)state;
    made m;
    sv_error err;
    sv_auc a;
    sv_concordance u;
    double score, risk[N], late = 1000, times[] = { 2, 2 }, weight[N];
    make_data(&m, 3);
    for (int i = 0; i < N; i++) { risk[i] = 0.5; weight[i] = 1; }
    m.time[0] = 40;                                  /* the last to be seen is censored */
    m.event[0] = 0;
    assert_int_equal(sv_brier(&score, NULL, risk, &late, 1, &m.surv, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "nobody was watched after 40"));
    assert_int_equal(sv_brier(&score, NULL, risk, times, 2, &m.surv, &err), SV_EINVAL);
    risk[7] = 1.5;
    assert_int_equal(sv_brier(&score, NULL, risk, times, 1, &m.surv, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "row 7"));
    assert_int_equal(sv_auc_at(&a, -1, m.marker, &m.surv, &err), SV_EINVAL);
    CHECK_OK(sv_auc_at(&a, 0.5, m.marker, &m.surv, &err), err);
    assert_true(isnan(a.auc) && isnan(a.se));        /* no case yet */
    double cut[N + 1], tp[N + 1], fp[N + 1];
    size_t n;
    assert_int_equal(sv_roc_at(cut, tp, fp, &n, 0.5, m.marker, &m.surv, &err), SV_EDATA);
    assert_int_equal(sv_concordance_uno(&u, m.marker, 0, &m.surv, &err), SV_EINVAL);
    m.surv.weight = weight;
    assert_int_equal(sv_concordance_uno(&u, m.marker, 10, &m.surv, &err), SV_EINVAL);
    m.surv.weight = NULL;
    m.marker[3] = (double)NAN;
    assert_int_equal(sv_auc_at(&a, 10, m.marker, &m.surv, &err), SV_EDATA);
    assert_int_equal(sv_concordance_uno(&u, m.marker, 10, &m.surv, &err), SV_EDATA);
    assert_true(isnan(u.c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_concordances_equal_rs), cmocka_unit_test(test_censoring_distribution_equals_rs),
        cmocka_unit_test(test_auc_equals_rs), cmocka_unit_test(test_brier_scores_equal_rs),
        cmocka_unit_test(test_by_all_pairs), cmocka_unit_test(test_auc_error_agrees_with_the_jackknife),
        cmocka_unit_test(test_auc_identities), cmocka_unit_test(test_without_censoring),
        cmocka_unit_test(test_true_risk_scores_best), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
