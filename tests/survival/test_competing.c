/* test_competing.c - competing causes against R's cmprsk, and against what must hold without competition. */
#include "cohort.h"

#include <stdlib.h>

#include <survival/competing.h>
#include <survival/cox.h>
#include <survival/cox_check.h>
#include <survival/dist.h>
#include <survival/km.h>
#include <survival/logrank.h>

typedef struct causes {
    csv table;
    double *time;
    int *cause, *group;
    sv_competing c;
} causes;

static void causes_free(causes *d)
{
    csv_free(&d->table);
    free(d->time);
    free(d->cause);
    free(d->group);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The cohort of the memory clinics, in two groups by the median of a score. */
static void read_paquid(causes *d)
{
    *d = (causes){ 0 };
    if (!csv_read(&d->table, REFERENCE("07_timeROC/data_paquid.csv"))) { fail_msg("cannot read the cohort"); }
    size_t n = d->table.rows;
    double *dsst = csv_column(&d->table, "DSST"), *sorted = csv_column(&d->table, "DSST");
    d->time = csv_column(&d->table, "time");
    d->cause = calloc(n, sizeof *d->cause);
    d->group = calloc(n, sizeof *d->group);
    qsort(sorted, n, sizeof *sorted, by_value);
    double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    for (size_t i = 0; i < n; i++) {
        d->cause[i] = (int)csv_num(&d->table, i, "status");
        d->group[i] = dsst[i] > median;
    }
    free(dsst);
    free(sorted);
    d->c = (sv_competing){ n, d->time, d->cause, .exact_times = true };
}

static void test_competing__incidence_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("23_competing"));
    causes d;
    csv est, var;
    sv_error err;
    read_paquid(&d);
    if (!csv_read(&est, REFERENCE("23_competing/paquid_cuminc_est.csv")) ||
        !csv_read(&var, REFERENCE("23_competing/paquid_cuminc_var.csv"))) {
        fail_msg("cannot read the reference");
    }
    static const char *const at[] = { "2", "5", "8" };
    bool *keep = calloc(d.c.n, sizeof *keep);
    for (size_t r = 0; r < est.rows; r++) {
        int group = 0, cause = 0;
        assert_int_equal(sscanf(csv_text(&est, r, "curve"), "%d %d", &group, &cause), 2);
        for (size_t i = 0; i < d.c.n; i++) { keep[i] = d.group[i] == group; }
        sv_cuminc f;
        CHECK_OK(sv_cuminc_fit(&f, &d.c, keep, cause, &err), err);
        for (size_t k = 0; k < 3; k++) {
            sv_cuminc_estimate e = sv_cuminc_at(&f, strtod(at[k], NULL), 0.95);
            CHECK_NEAR(e.value, csv_num(&est, r, at[k]), 1e-12, 0);
            CHECK_NEAR(e.variance, csv_num(&var, r, at[k]), 1e-11, 0);
            assert_true(e.lower < e.value && e.value < e.upper);
        }
        sv_cuminc_free(&f);
    }
    free(keep);
    csv_free(&est);
    csv_free(&var);
    causes_free(&d);
}

/* The incidences of all causes and the survival add up to 1. */
static void test_competing__incidences_and_survival_are_all(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("07_timeROC"));
    causes d;
    sv_error err;
    read_paquid(&d);
    d.c.exact_times = false;
    int *any = calloc(d.c.n, sizeof *any);
    for (size_t i = 0; i < d.c.n; i++) { any[i] = d.cause[i] > 0; }
    const sv_surv s = { .n = d.c.n, .time = d.time, .event = any };
    const sv_km_opts o = SV_KM_OPTS_INIT;
    sv_cuminc one, two;
    sv_km km;
    CHECK_OK(sv_cuminc_fit(&one, &d.c, NULL, 1, &err), err);
    CHECK_OK(sv_cuminc_fit(&two, &d.c, NULL, 2, &err), err);
    CHECK_OK(sv_km_fit(&km, &s, NULL, &o, &err), err);
    assert_int_equal(one.n, km.n);
    for (size_t i = 0; i < km.n; i++) {
        CHECK_NEAR(one.incidence[i] + two.incidence[i] + km.surv[i], 1, 1e-12, 0);
        CHECK_NEAR(one.n_risk[i], km.n_risk[i], 0, 0);
    }
    sv_cuminc_free(&one);
    sv_cuminc_free(&two);
    sv_km_free(&km);
    free(any);
    causes_free(&d);
}

/* One cause alone: 1 - Kaplan-Meier, and Greenwood's variance where no two events tie. */
static void test_competing__one_cause_is_kaplan_meier(void **state)
{
    (void)state;
    enum { N = 60 };
    double time[N];
    int event[N];
    uint64_t seed = 77;
    for (size_t i = 0; i < N; i++) {
        time[i] = uniform(&seed);
        event[i] = uniform(&seed) < 0.7;
    }
    const sv_surv s = { .n = N, .time = time, .event = event };
    const sv_competing c = { .n = N, .time = time, .cause = event };
    const sv_km_opts o = SV_KM_OPTS_INIT;
    sv_error err;
    sv_km km;
    sv_cuminc f;
    CHECK_OK(sv_km_fit(&km, &s, NULL, &o, &err), err);
    CHECK_OK(sv_cuminc_fit(&f, &c, NULL, 1, &err), err);
    assert_int_equal(f.n, km.n);
    for (size_t i = 0; i < f.n; i++) {
        CHECK_NEAR(f.incidence[i], 1 - km.surv[i], 1e-12, 1e-15);
        double left = km.n_risk[i], greenwood = 0;
        if (!(left > 1)) { continue; }
        for (size_t k = 0; k <= i; k++) {       /* with 1/n^2 in place of 1/(n (n - 1)) an event, and S(t)/S(s) */
            double to_here = km.n_event[k] > 0 ? km.surv[i] / km.surv[k] : 0;
            double before = k > 0 ? km.surv[k - 1] : 1;
            greenwood += km.n_event[k] * pow(before * to_here / km.n_risk[k], 2);
        }
        CHECK_NEAR(f.variance[i], greenwood, 1e-10, 1e-15);
    }
    sv_km_free(&km);
    sv_cuminc_free(&f);
}

/* Without competition Gray's scores are those of the log-rank test. */
static void test_competing__gray_scores_are_log_rank_scores(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("00_data"));
    static const char *const cols[] = { "ph.ecog", "sex", NULL };
    cohort d;
    sv_error err;
    sv_gray g;
    sv_logrank t;
    cohort_read(&d, REFERENCE("00_data/lung.csv"), NULL, "time", "status", 2, cols);
    int group[300], stratum[300];
    for (size_t i = 0; i < d.n; i++) {
        group[i] = (int)d.x[2 * i];
        stratum[i] = (int)d.x[2 * i + 1];
    }
    const sv_competing c = { .n = d.n, .time = d.time, .cause = d.event };
    for (int strata = 0; strata < 2; strata++) {
        d.surv.stratum = strata ? stratum : NULL;
        CHECK_OK(sv_gray_test(&g, &c, group, d.surv.stratum, 1, 0, &err), err);
        CHECK_OK(sv_logrank_test(&t, &d.surv, group, 0, &err), err);
        assert_int_equal(g.df, t.df);
        for (size_t k = 0; k + 1 < g.k; k++) {
            CHECK_NEAR(g.score[k], t.observed[k] - t.expected[k], 1e-9, 1e-11);
        }
        sv_gray_free(&g);
        sv_logrank_free(&t);
    }
    cohort_free(&d);
}

/* Two competing causes at constant rates, censored evenly; groups differ by their rates of cause 1. */
static void simulate(double *time, int *cause, int *group, double *x, size_t n, double rate1, double ratio,
                     uint64_t *seed)
{
    for (size_t i = 0; i < n; i++) {
        group[i] = (int)(i % 2);
        x[i] = group[i];
        double first = -log(uniform(seed)) / (rate1 * (group[i] ? ratio : 1)), other = -log(uniform(seed)) / 0.7;
        double end = 3 * uniform(seed), least = fmin(first, fmin(other, end));
        time[i] = least;
        cause[i] = least == first ? 1 : least == other ? 2 : 0;
    }
}

/* Under the null the scores' variance is what the test says, and its p-values are even. */
static void test_competing__gray_keeps_its_level(void **state)
{
    (void)state;
    enum { N = 120, RUNS = 800 };
    double time[N], x[N], square = 0, variance = 0, small = 0;
    int cause[N], group[N];
    uint64_t seed = 4711;
    sv_error err;
    for (size_t r = 0; r < RUNS; r++) {
        simulate(time, cause, group, x, N, 0.5, 1, &seed);
        const sv_competing c = { .n = N, .time = time, .cause = cause };
        sv_gray g;
        CHECK_OK(sv_gray_test(&g, &c, group, NULL, 1, 0, &err), err);
        square += g.score[0] * g.score[0] / RUNS;
        variance += g.var[0] / RUNS;
        small += g.p < 0.1;
        sv_gray_free(&g);
    }
    CHECK_NEAR(square / variance, 1, 0.15, 0);           /* 3 standard errors: sqrt(2/800) * 3 */
    CHECK_NEAR(small / RUNS, 0.1, 0, 0.032);             /* likewise */
}

/* Without competition: Breslow's Cox model, and the robust variance of Lin and Wei. */
static void test_competing__finegray_is_cox_without_competition(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox"));
    static const char *const cols[] = { "age", "sex", "ph.ecog", NULL };
    cohort d;
    sv_error err;
    sv_cox cox;
    sv_finegray f;
    sv_baseline base;
    double robust[9], lp[300];
    cohort_read(&d, REFERENCE("03_cox/data_lung_complete.csv"), NULL, "time", "status", 2, cols);
    const sv_competing c = { .n = d.n, .time = d.time, .cause = d.event };
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.ties = SV_TIES_BRESLOW;
    o.eps = 1e-14;
    CHECK_OK(sv_cox_fit(&cox, &d.matrix, &d.surv, &o, &err), err);
    CHECK_OK(sv_cox_robust(robust, &cox, &d.matrix, &d.surv, NULL, SV_TIES_BRESLOW, &err), err);
    CHECK_OK(sv_cox_predict(lp, &cox, &d.matrix, &err), err);
    CHECK_OK(sv_baseline_fit(&base, lp, &d.surv, SV_TIES_BRESLOW, &err), err);
    CHECK_OK(sv_finegray_fit(&f, &d.matrix, &c, 1, cols, &err), err);
    assert_true(f.converged);
    assert_int_equal(f.n_event, cox.n_event);
    CHECK_NEAR(f.loglik0, cox.loglik0, 1e-11, 0);
    CHECK_NEAR(f.loglik, cox.loglik, 1e-11, 0);
    for (size_t j = 0; j < f.p; j++) { CHECK_NEAR(f.coef[j], cox.coef[j], 1e-8, 0); }
    for (size_t j = 0; j < 9; j++) {
        CHECK_NEAR(f.naive[j], cox.vcov[j], 1e-8, 1e-12);
        CHECK_NEAR(f.vcov[j], robust[j], 1e-8, 1e-12);
    }
    for (size_t k = 0; k < f.n_times; k++) {
        CHECK_NEAR(f.cumhaz[k], sv_baseline_at(&base, 0, f.time[k]), 1e-7, 0);
    }
    sv_cox_free(&cox);
    sv_baseline_free(&base);
    sv_finegray_free(&f);
    cohort_free(&d);
}

/* Without censoring those with another cause stay for ever: a Cox model that never lets them go. */
static void test_competing__finegray_without_censoring_keeps_the_others(void **state)
{
    (void)state;
    enum { N = 90 };
    double time[N], never[N], x[N];
    int cause[N], event[N];
    uint64_t seed = 5;
    for (size_t i = 0; i < N; i++) {
        x[i] = uniform(&seed);
        time[i] = never[i] = floor(20 * uniform(&seed)) + 1;
        cause[i] = uniform(&seed) < 0.4 + 0.3 * x[i] ? 1 : 2;
        event[i] = cause[i] == 1;
        if (cause[i] == 2) { never[i] = 100; }
    }
    const sv_competing c = { .n = N, .time = time, .cause = cause };
    const sv_surv s = { .n = N, .time = never, .event = event };
    const sv_matrix m = sv_matrix_rowmajor(x, N, 1);
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.ties = SV_TIES_BRESLOW;
    o.eps = 1e-14;
    sv_error err;
    sv_cox cox;
    sv_finegray f;
    double robust[1];
    CHECK_OK(sv_cox_fit(&cox, &m, &s, &o, &err), err);
    CHECK_OK(sv_cox_robust(robust, &cox, &m, &s, NULL, SV_TIES_BRESLOW, &err), err);
    CHECK_OK(sv_finegray_fit(&f, &m, &c, 1, NULL, &err), err);
    CHECK_NEAR(f.coef[0], cox.coef[0], 1e-8, 0);
    CHECK_NEAR(f.vcov[0], robust[0], 1e-8, 0);
    CHECK_NEAR(sv_finegray_incidence(&f, 0, 0.5), 0, 0, 0);
    CHECK_NEAR(sv_finegray_incidence(&f, f.coef[0], 1e9),
               1 - exp(-f.cumhaz[f.n_times - 1] * exp(f.coef[0])), 1e-12, 0);
    sv_cox_free(&cox);
    sv_finegray_free(&f);
}

/* Score, information and sandwich written out as sums over all pairs, at the coefficients found. */
static void check_by_pairs(const sv_finegray *f, const double *time, const int *cause, const double *x, size_t n)
{
    double b = f->coef[0], score = 0, info = 0, meat = 0;
    double *g = calloc(n, sizeof *g), *s0 = calloc(n, sizeof *s0), *bar = calloc(n, sizeof *bar);
    for (size_t i = 0; i < n; i++) {                      /* G just before each time */
        g[i] = 1;
        for (size_t j = 0; j < n; j++) {
            if (cause[j] != 0 || time[j] >= time[i]) { continue; }
            double left = 0;
            for (size_t k = 0; k < n; k++) { left += time[k] >= time[j]; }
            g[i] *= 1 - 1 / left;
        }
    }
#define WEIGHT(i, k) (time[i] >= time[k] ? 1.0 : cause[i] == 2 ? g[k] / g[i] : 0.0)
    for (size_t k = 0; k < n; k++) {
        double s1 = 0, s2 = 0;
        for (size_t i = 0; i < n; i++) {
            double w = WEIGHT(i, k) * exp(b * x[i]);
            s0[k] += w;
            s1 += w * x[i];
            s2 += w * x[i] * x[i];
        }
        bar[k] = s1 / s0[k];
        if (cause[k] == 1) {
            score += x[k] - bar[k];
            info += s2 / s0[k] - bar[k] * bar[k];
        }
    }
    for (size_t i = 0; i < n; i++) {
        double r = cause[i] == 1 ? x[i] - bar[i] : 0;
        for (size_t k = 0; k < n; k++) {
            if (cause[k] == 1) { r -= WEIGHT(i, k) * exp(b * x[i]) * (x[i] - bar[k]) / s0[k]; }
        }
        for (size_t u = 0; u < n; u++) {                  /* what row i adds by its part in G */
            if (cause[u] != 0 || time[u] > time[i]) { continue; }
            double q = 0, left = 0;
            for (size_t j = 0; j < n; j++) {
                left += time[j] >= time[u];
                for (size_t k = 0; k < n; k++) {
                    bool counts = cause[k] == 1 && time[k] >= time[u] && cause[j] == 2 && time[j] < time[u];
                    if (counts) { q += g[k] / g[j] * exp(b * x[j]) * (x[j] - bar[k]) / s0[k]; }
                }
            }
            r += (u == i ? q / left : 0) - q / (left * left);
        }
        meat += r * r;
    }
#undef WEIGHT
    CHECK_NEAR(score, 0, 0, 1e-9);
    CHECK_NEAR(f->naive[0], 1 / info, 1e-9, 0);
    CHECK_NEAR(f->vcov[0], meat / (info * info), 1e-9, 0);
    free(g);
    free(s0);
    free(bar);
}

static void test_competing__finegray_solves_its_equations(void **state)
{
    (void)state;
    enum { N = 80 };
    double time[N], x[N];
    int cause[N], group[N];
    uint64_t seed = 12;
    simulate(time, cause, group, x, N, 0.5, 2, &seed);
    for (size_t i = 0; i < N; i++) { x[i] += uniform(&seed); }
    const sv_competing c = { .n = N, .time = time, .cause = cause };
    const sv_matrix m = sv_matrix_rowmajor(x, N, 1);
    sv_error err;
    sv_finegray f;
    CHECK_OK(sv_finegray_fit(&f, &m, &c, 1, NULL, &err), err);
    check_by_pairs(&f, time, cause, x, N);
    sv_finegray_free(&f);
}

static void test_competing__bad_input_is_refused(void **state)
{
    (void)state;
    double time[] = { 1, 2, 3, 4 }, x[] = { 1, 2, 4, 8, 3, 6, 2, 4 };
    int cause[] = { 1, 2, 0, 1 }, group[] = { 1, 1, 2, 2 }, one[] = { 3, 3, 3, 3 };
    bool none[] = { false, false, false, false };
    static const char *const names[] = { "a", "b" };
    const sv_competing c = { .n = 4, .time = time, .cause = cause };
    const sv_matrix m = sv_matrix_rowmajor(x, 4, 2), flat = { .v = time, .rows = 4, .cols = 1 };
    sv_error err;
    sv_cuminc f = { .n = 77 };
    sv_gray g;
    sv_finegray fit;
    assert_int_equal(sv_cuminc_fit(&f, &c, none, 1, &err), SV_ETOOSMALL);
    assert_int_equal(sv_cuminc_fit(&f, &c, NULL, 0, &err), SV_EINVAL);
    assert_int_equal(f.n, 77);
    assert_int_equal(sv_gray_test(&g, &c, one, NULL, 1, 0, &err), SV_ETOOSMALL);
    assert_int_equal(sv_gray_test(&g, &c, group, NULL, 3, 0, &err), SV_ENOEVENT);
    assert_int_equal(sv_finegray_fit(&fit, &flat, &c, 1, NULL, &err), SV_EDATA);
    assert_int_equal(sv_finegray_fit(&fit, &m, &c, 1, names, &err), SV_EDATA);
    assert_string_equal(err.msg, "covariate in column 1, b is a combination of the columns before it, or separates "
                                 "the events");
    cause[1] = -1;
    assert_int_equal(sv_cuminc_fit(&f, &c, NULL, 1, &err), SV_EDATA);
    assert_string_equal(err.msg, "cause of row 1 is -1, expected 0 (censored) to 1000");
    cause[1] = 2;
    time[2] = (double)NAN;
    assert_int_equal(sv_cuminc_fit(&f, &c, NULL, 1, &err), SV_EDATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_competing__incidence_agrees_with_r),
        cmocka_unit_test(test_competing__incidences_and_survival_are_all),
        cmocka_unit_test(test_competing__one_cause_is_kaplan_meier),
        cmocka_unit_test(test_competing__gray_scores_are_log_rank_scores),
        cmocka_unit_test(test_competing__gray_keeps_its_level),
        cmocka_unit_test(test_competing__finegray_is_cox_without_competition),
        cmocka_unit_test(test_competing__finegray_without_censoring_keeps_the_others),
        cmocka_unit_test(test_competing__finegray_solves_its_equations),
        cmocka_unit_test(test_competing__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
