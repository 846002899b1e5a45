/* test_logrank.c - log-rank tests against R's survdiff. */
#include "cohort.h"

#include <survival/cox.h>
#include <survival/dist.h>
#include <survival/logrank.h>

#define RTOL 1e-10

static void check_against(const sv_logrank *t, const char *name)
{
    char path[512];
    csv want, var;
    (void)snprintf(path, sizeof path, REFERENCE("02_logrank/%s.csv"), name);
    if (!csv_read(&want, path)) { fail_msg("cannot read %s", path); }
    assert_int_equal(t->k, want.rows);
    CHECK_NEAR(t->chisq, csv_num(&want, 0, "chisq"), RTOL, 0);
    CHECK_NEAR(t->p, csv_num(&want, 0, "p"), RTOL, 0);
    assert_int_equal(t->df, (int)csv_num(&want, 0, "df"));
    for (size_t g = 0; g < t->k; g++) {
        CHECK_NEAR((double)t->n[g], csv_num(&want, g, "n"), 0, 0);
        CHECK_NEAR(t->observed[g], csv_num(&want, g, "obs"), RTOL, 0);
        CHECK_NEAR(t->expected[g], csv_num(&want, g, "exp"), RTOL, 0);
    }
    (void)snprintf(path, sizeof path, REFERENCE("02_logrank/%s_var.csv"), name);
    if (!csv_read(&var, path)) { fail_msg("cannot read %s", path); }
    for (size_t g = 0; g < t->k; g++) {
        for (size_t h = 0; h < t->k; h++) {
            CHECK_NEAR(t->var[g * t->k + h], csv_num_at(&var, g, h), RTOL, 1e-12);
        }
    }
    csv_free(&want);
    csv_free(&var);
}

/* Column 0 of the covariates is the group, column 1 (if any) the stratum. */
static void check_data(const char *data, double event_code, const char *const *cols, double rho,
                       const char *name)
{
    sv_error err;
    sv_logrank t;
    cohort c;
    int group[1000], stratum[1000];
    cohort_read(&c, data, NULL, "time", "status", event_code, cols);
    for (size_t i = 0; i < c.n; i++) {
        group[i] = (int)c.x[i * c.p];
        stratum[i] = (int)c.x[i * c.p + c.p - 1];
    }
    c.surv.stratum = c.p > 1 ? stratum : NULL;
    CHECK_OK(sv_logrank_test(&t, &c.surv, group, rho, &err), err);
    check_against(&t, name);
    sv_logrank_free(&t);
    cohort_free(&c);
}

static void test_logrank__lung_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("02_logrank"));
    static const char *const sex[] = { "sex", NULL }, *const ecog[] = { "ph.ecog", NULL };
    check_data(REFERENCE("00_data/lung.csv"), 2, sex, 0, "lung_sex");
    check_data(REFERENCE("00_data/lung.csv"), 2, sex, 1, "lung_sex_rho1");
    check_data(REFERENCE("00_data/lung.csv"), 2, ecog, 0, "lung_ecog");
}

static int treatment(const csv *t, size_t i)
{
    const char *rx = csv_text(t, i, "rx");
    return strcmp(rx, "Obs") == 0 ? 0 : strcmp(rx, "Lev") == 0 ? 1 : 2;
}

static void check_colon(bool stratified, const char *name)
{
    sv_error err;
    sv_logrank t;
    cohort c;
    int group[1000], stratum[1000];
    cohort_read(&c, REFERENCE("00_data/colon_recurrence.csv"), NULL, "time", "status", 1, NULL);
    size_t n = 0;
    for (size_t i = 0; i < c.n; i++) {
        double differ = csv_num(&c.table, i, "differ");
        if (stratified && isnan(differ)) { continue; }
        group[n] = treatment(&c.table, i);
        stratum[n] = stratified ? (int)differ : 0;
        c.time[n] = c.time[i];
        c.event[n++] = c.event[i];
    }
    c.surv.n = n;
    c.surv.stratum = stratified ? stratum : NULL;
    CHECK_OK(sv_logrank_test(&t, &c.surv, group, 0, &err), err);
    check_against(&t, name);
    sv_logrank_free(&t);
    cohort_free(&c);
}

static void test_logrank__colon_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("02_logrank"));
    check_colon(false, "colon_rec_rx");
    check_colon(true, "colon_rec_rx_strata_differ");
}

/* Without tied deaths the log-rank test is the score test of the Cox model. */
static void test_logrank__is_the_score_test_without_ties(void **state)
{
    (void)state;
    enum { N = 80 };
    double time[N], x[N];
    int event[N], group[N], stratum[N];
    uint64_t seed = 31;
    for (size_t i = 0; i < N; i++) {
        group[i] = uniform(&seed) < 0.5 ? -4 : 12;
        x[i] = group[i] > 0;
        stratum[i] = uniform(&seed) < 0.3;
        time[i] = -log(uniform(&seed)) * (1 + x[i]);
        event[i] = uniform(&seed) < 0.8;
    }
    sv_surv s = { .n = N, .time = time, .event = event, .stratum = stratum };
    sv_matrix m = sv_matrix_rowmajor(x, N, 1);
    sv_error err;
    sv_logrank t;
    sv_cox fit;
    CHECK_OK(sv_logrank_test(&t, &s, group, 0, &err), err);
    CHECK_OK(sv_cox_fit(&fit, &m, &s, NULL, &err), err);
    CHECK_NEAR(t.chisq, fit.score, 1e-11, 0);
    CHECK_NEAR(t.p, fit.score_p, 1e-10, 0);
    assert_int_equal(t.code[0], -4);
    assert_int_equal(t.code[1], 12);
    sv_logrank_free(&t);
    sv_cox_free(&fit);
}

/* One patient each: O - E = 1/2, variance 1/4. */
static void test_logrank__two_patients(void **state)
{
    (void)state;
    const double time[] = { 1, 2 };
    const int event[] = { 1, 1 }, group[] = { 1, 2 };
    sv_surv s = { .n = 2, .time = time, .event = event };
    sv_error err;
    sv_logrank t;
    CHECK_OK(sv_logrank_test(&t, &s, group, 0, &err), err);
    CHECK_NEAR(t.chisq, 1, 1e-15, 0);
    CHECK_NEAR(t.expected[1], 1.5, 1e-15, 0);
    sv_logrank_free(&t);
}

/* A group that is gone before the first death adds no degree of freedom. */
static void test_logrank__group_never_at_risk_takes_no_part(void **state)
{
    (void)state;
    const double time[] = { 1, 1, 3, 4, 5, 6, 7, 8 };
    const int event[] = { 0, 0, 1, 1, 1, 0, 1, 1 }, three[] = { 0, 0, 1, 2, 1, 2, 2, 1 };
    sv_surv s = { .n = 8, .time = time, .event = event };
    sv_error err;
    sv_logrank a, b;
    CHECK_OK(sv_logrank_test(&a, &s, three, 0, &err), err);
    sv_surv rest = { .n = 6, .time = time + 2, .event = event + 2 };
    CHECK_OK(sv_logrank_test(&b, &rest, three + 2, 0, &err), err);
    assert_int_equal(a.df, 1);
    CHECK_NEAR(a.expected[0], 0, 0, 0);
    CHECK_NEAR(a.chisq, b.chisq, 1e-13, 0);
    sv_logrank_free(&a);
    sv_logrank_free(&b);
}

static void test_logrank__bad_input_is_refused(void **state)
{
    (void)state;
    const double time[] = { 1, 2, 3 }, weight[] = { 1, 2, 3 };
    const int event[] = { 1, 0, 1 }, group[] = { 1, 1, 2 }, one[] = { 5, 5, 5 }, no[] = { 0, 0, 0 };
    sv_surv s = { .n = 3, .time = time, .event = event };
    sv_error err;
    sv_logrank t;
    assert_int_equal(sv_logrank_test(&t, &s, one, 0, &err), SV_ETOOSMALL);
    assert_string_equal(err.msg, "1 group, at least 2 are needed");
    assert_int_equal(sv_logrank_test(&t, &s, group, (double)NAN, &err), SV_EINVAL);
    s.weight = weight;
    assert_int_equal(sv_logrank_test(&t, &s, group, 0, &err), SV_EINVAL);
    s.weight = NULL;
    s.event = no;
    assert_int_equal(sv_logrank_test(&t, &s, group, 0, &err), SV_ENOEVENT);
}

/* Weights written out once more, over every pair of a death and a row. */
static double weight_at(sv_logrank_weight kind, const cohort *c, double t)
{
    double surv = 1, peto = 1, n = 0;
    for (double last = -1;;) {
        double next = (double)INFINITY, d = 0;
        for (size_t i = 0; i < c->n; i++) {
            if (c->event[i] && c->time[i] > last && c->time[i] < next) { next = c->time[i]; }
        }
        n = 0;
        for (size_t i = 0; i < c->n; i++) {
            n += c->time[i] >= next;
            d += c->event[i] && c->time[i] == next;
        }
        peto *= 1 - d / (n + 1);
        if (next == t) { break; }
        surv *= 1 - d / n;
        last = next;
    }
    switch (kind) {
    case SV_LOGRANK_GEHAN: return n;
    case SV_LOGRANK_TARONE_WARE: return sqrt(n);
    case SV_LOGRANK_PETO: return peto;
    case SV_LOGRANK_MODIFIED_PETO: return peto * n / (n + 1);
    case SV_LOGRANK_FLEMING_HARRINGTON: return surv * (1 - surv);
    }
    return 0;
}

static void check_weight(sv_logrank_weight kind, const cohort *c, const int *group)
{
    double excess = 0, var = 0;
    sv_error err;
    sv_logrank t;
    for (size_t i = 0; i < c->n; i++) {
        bool first = c->event[i];
        for (size_t j = 0; j < i; j++) { first = first && !(c->event[j] && c->time[j] == c->time[i]); }
        if (!first) { continue; }
        double n = 0, n1 = 0, d = 0, d1 = 0, w = weight_at(kind, c, c->time[i]);
        for (size_t j = 0; j < c->n; j++) {
            bool one = group[j] == 1, dead = c->event[j] && c->time[j] == c->time[i];
            n += c->time[j] >= c->time[i];
            n1 += one && c->time[j] >= c->time[i];
            d += dead;
            d1 += one && dead;
        }
        excess += w * (d1 - d * n1 / n);
        var += n > 1 ? w * w * n1 / n * (1 - n1 / n) * (n - d) / (n - 1) * d : 0;
    }
    CHECK_OK(sv_logrank_weighted(&t, &c->surv, group, kind, 1, 1, &err), err);
    CHECK_NEAR(t.observed[0] - t.expected[0], excess, 1e-9, 0);
    CHECK_NEAR(t.chisq, excess * excess / var, 1e-9, 0);
    sv_logrank_free(&t);
}

static void test_logrank__weights_are_what_they_say(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("00_data"));
    static const char *const cols[] = { "trt", NULL };
    cohort c;
    int group[200];
    cohort_read(&c, REFERENCE("00_data/veteran.csv"), NULL, "time", "status", 1, cols);
    for (size_t i = 0; i < c.n; i++) { group[i] = (int)c.x[i]; }
    for (int kind = SV_LOGRANK_FLEMING_HARRINGTON; kind <= SV_LOGRANK_MODIFIED_PETO; kind++) {
        check_weight((sv_logrank_weight)kind, &c, group);
    }
    cohort_free(&c);
}

/* With a weight of n the excess counts pairs: who died while one of the other group was watched. */
static void test_logrank__gehan_counts_pairs(void **state)
{
    (void)state;
    const double time[] = { 3, 5, 5, 8, 2, 5, 9, 1, 3, 7 };
    const int event[] = { 1, 1, 0, 1, 0, 1, 1, 1, 1, 0 }, group[] = { 0, 0, 0, 0, 0, 1, 1, 1, 1, 1 };
    const sv_surv s = { .n = 10, .time = time, .event = event };
    double pairs = 0;
    sv_error err;
    sv_logrank t;
    for (size_t i = 0; i < 10; i++) {
        for (size_t j = 0; j < 10; j++) {
            if (event[i] && time[j] >= time[i] && group[i] != group[j]) { pairs += group[i] == 0 ? 1 : -1; }
        }
    }
    CHECK_OK(sv_logrank_weighted(&t, &s, group, SV_LOGRANK_GEHAN, 0, 0, &err), err);
    CHECK_NEAR(t.observed[0] - t.expected[0], pairs, 1e-12, 1e-12);
    sv_logrank_free(&t);
    assert_int_equal(sv_logrank_weighted(&t, &s, group, (sv_logrank_weight)9, 0, 0, &err), SV_EINVAL);
}

/* A pair is a test of its rows alone; of two groups it is the test itself. */
static void test_logrank__pairs(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("00_data"));
    static const char *const ecog[] = { "ph.ecog", NULL }, *const sex[] = { "sex", NULL };
    cohort c;
    sv_error err;
    sv_logrank all, one;
    int group[300];
    double p[6], time[300];
    int event[300], code[300];
    cohort_read(&c, REFERENCE("00_data/lung.csv"), NULL, "time", "status", 2, ecog);
    for (size_t i = 0; i < c.n; i++) { group[i] = (int)c.x[i]; }
    CHECK_OK(sv_logrank_test(&all, &c.surv, group, 0, &err), err);
    CHECK_OK(sv_logrank_pairwise(p, &all, &c.surv, group, SV_LOGRANK_FLEMING_HARRINGTON, 0, 0, &err), err);
    size_t m = 0;
    for (size_t i = 0; i < c.n; i++) {
        if (group[i] != 0 && group[i] != 2) { continue; }
        time[m] = c.time[i];
        event[m] = c.event[i];
        code[m++] = group[i];
    }
    const sv_surv two = { .n = m, .time = time, .event = event };
    CHECK_OK(sv_logrank_test(&one, &two, code, 0, &err), err);
    CHECK_NEAR(p[1], one.p, 1e-12, 0);      /* (1,0), (2,0), (2,1) */
    sv_logrank_free(&all);
    sv_logrank_free(&one);
    cohort_free(&c);
    cohort_read(&c, REFERENCE("00_data/lung.csv"), NULL, "time", "status", 2, sex);
    for (size_t i = 0; i < c.n; i++) { group[i] = (int)c.x[i]; }
    CHECK_OK(sv_logrank_test(&all, &c.surv, group, 0, &err), err);
    CHECK_OK(sv_logrank_pairwise(p, &all, &c.surv, group, SV_LOGRANK_FLEMING_HARRINGTON, 0, 0, &err), err);
    CHECK_NEAR(p[0], 0.0013111645203554882, 1e-9, 0);
    sv_logrank_free(&all);
    cohort_free(&c);
}

/* Without ties among deaths the trend is the score test of a Cox model of the scores; with two groups it is the test
 * itself; zero and unit of the scores do not matter. */
static void test_logrank__trend(void **state)
{
    (void)state;
    enum { N = 90 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        double time[N], score[N];
        int event[N], group[N], two[N];
        uint64_t r = seed;
        for (int i = 0; i < N; i++) {
            group[i] = (int)(4 * uniform(&r));
            two[i] = group[i] > 1;
            score[i] = 3 - 2.5 * group[i];
            time[i] = -log(uniform(&r)) * exp(-0.3 * group[i]);
            event[i] = uniform(&r) < 0.7;
        }
        const sv_surv s = { .n = N, .time = time, .event = event };
        const sv_matrix x = sv_matrix_colmajor(score, N, 1);
        sv_logrank t;
        sv_cox fit;
        sv_error err;
        double chisq, p;
        CHECK_OK(sv_logrank_test(&t, &s, group, 0, &err), err);
        CHECK_OK(sv_cox_fit(&fit, &x, &s, NULL, &err), err);
        const double scores[] = { 0, 1, 2, 3 }, same[] = { 7, 7, 7, 7 };
        assert_int_equal(t.k, 4);
        sv_logrank_trend(&chisq, &p, &t, scores);
        CHECK_NEAR(chisq, fit.score, 1e-9, 0);
        CHECK_NEAR(p, fit.score_p, 1e-8, 0);
        sv_logrank_trend(&chisq, &p, &t, same);
        assert_true(isnan(chisq) && isnan(p));
        sv_logrank_free(&t);
        CHECK_OK(sv_logrank_test(&t, &s, two, 0, &err), err);
        sv_logrank_trend(&chisq, &p, &t, scores + 2);
        CHECK_NEAR(chisq, t.chisq, 1e-9, 0);
        sv_logrank_free(&t);
        sv_cox_free(&fit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logrank__lung_agrees_with_r),
        cmocka_unit_test(test_logrank__colon_agrees_with_r),
        cmocka_unit_test(test_logrank__is_the_score_test_without_ties),
        cmocka_unit_test(test_logrank__two_patients),
        cmocka_unit_test(test_logrank__group_never_at_risk_takes_no_part),
        cmocka_unit_test(test_logrank__weights_are_what_they_say),
        cmocka_unit_test(test_logrank__gehan_counts_pairs),
        cmocka_unit_test(test_logrank__pairs), cmocka_unit_test(test_logrank__trend),
        cmocka_unit_test(test_logrank__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
