/* test_km.c - Kaplan-Meier curves against R's survfit and against first principles. */
#include "cohort.h"

#include <survival/km.h>

#define RTOL 1e-10

typedef struct curve {
    const char *name;     /* file in 01_km, without _summary.csv */
    const char *stratum;  /* value of its strata column */
    const char *data, *start, *time, *status;
    double event_code;
    const char *group;    /* column and value that select the rows, or NULL */
    const char *value;
    sv_km_opts opts;
    bool weighted;        /* weight = age / 60 */
} curve;

#define LUNG REFERENCE("00_data/lung.csv"), NULL, "time", "status", 2
#define OPTS(e, c) { .estimator = (e), .ci = (c), .variance = SV_KM_VAR_AUTO, .level = 0.95 }
#define LOG_CI OPTS(SV_KM_PRODUCT, SV_KM_CI_LOG)

static const curve CURVES[] = {
    { "lung_all", "all", LUNG, NULL, NULL, LOG_CI, false },
    { "lung_sex", "sex=1", LUNG, "sex", "1", LOG_CI, false },
    { "lung_sex", "sex=2", LUNG, "sex", "2", LOG_CI, false },
    { "lung_sex_loglog", "sex=1", LUNG, "sex", "1", OPTS(SV_KM_PRODUCT, SV_KM_CI_LOGLOG), false },
    { "lung_sex_loglog", "sex=2", LUNG, "sex", "2", OPTS(SV_KM_PRODUCT, SV_KM_CI_LOGLOG), false },
    { "lung_sex_plain", "sex=1", LUNG, "sex", "1", OPTS(SV_KM_PRODUCT, SV_KM_CI_PLAIN), false },
    { "lung_sex_plain", "sex=2", LUNG, "sex", "2", OPTS(SV_KM_PRODUCT, SV_KM_CI_PLAIN), false },
    { "lung_sex_FH", "sex=1", LUNG, "sex", "1", OPTS(SV_KM_EXP_CUMHAZ, SV_KM_CI_LOG), false },
    { "lung_sex_FH", "sex=2", LUNG, "sex", "2", OPTS(SV_KM_EXP_CUMHAZ, SV_KM_CI_LOG), false },
    { "colon_rec_rx", "rx=Obs", REFERENCE("00_data/colon_recurrence.csv"), NULL, "time", "status", 1,
      "rx", "Obs", LOG_CI, false },
    { "colon_rec_rx", "rx=Lev+5FU", REFERENCE("00_data/colon_recurrence.csv"), NULL, "time",
      "status", 1, "rx", "Lev+5FU", LOG_CI, false },
    { "colon_death_rx", "rx=Lev", REFERENCE("00_data/colon_death.csv"), NULL, "time", "status", 1,
      "rx", "Lev", LOG_CI, false },
    { "heart_transplant_lefttrunc", "transplant=0", REFERENCE("00_data/heart.csv"), "start", "stop",
      "event", 1, "transplant", "0", LOG_CI, false },
    { "heart_transplant_lefttrunc", "transplant=1", REFERENCE("00_data/heart.csv"), "start", "stop",
      "event", 1, "transplant", "1", LOG_CI, false },
    { "veteran_weighted", "all", REFERENCE("00_data/veteran.csv"), NULL, "time", "status", 1, NULL,
      NULL, LOG_CI, true },
};

static void read_table(csv *out, const char *name, const char *suffix)
{
    char path[512];
    (void)snprintf(path, sizeof path, REFERENCE("01_km/%s%s.csv"), name, suffix);
    if (!csv_read(out, path)) { fail_msg("cannot read %s", path); }
}

static void fit_curve(sv_km *km, cohort *c, const curve *k)
{
    sv_error err;
    bool keep[1000];
    cohort_read(c, k->data, k->start, k->time, k->status, k->event_code, NULL);
    assert_true(c->n == c->table.rows && c->n <= 1000);
    for (size_t i = 0; i < c->n; i++) {
        keep[i] = k->group == NULL || strcmp(csv_text(&c->table, i, k->group), k->value) == 0;
    }
    if (k->weighted) {
        c->weight = csv_column(&c->table, "age");
        for (size_t i = 0; i < c->n; i++) { c->weight[i] /= 60; }
        c->surv.weight = c->weight;
    }
    CHECK_OK(sv_km_fit(km, &c->surv, keep, &k->opts, &err), err);
}

static void check_table(const sv_km *km, const curve *k)
{
    csv want;
    read_table(&want, k->name, "");
    size_t at = 0;
    for (size_t i = 0; i < want.rows; i++) {
        if (strcmp(csv_text(&want, i, "strata"), k->stratum) != 0) { continue; }
        assert_true(at < km->n);
        CHECK_NEAR(km->time[at], csv_num(&want, i, "time"), 1e-14, 0);
        CHECK_NEAR(km->n_risk[at], csv_num(&want, i, "n.risk"), 1e-12, 0);
        CHECK_NEAR(km->n_event[at], csv_num(&want, i, "n.event"), 1e-12, 0);
        CHECK_NEAR(km->n_censor[at], csv_num(&want, i, "n.censor"), 1e-12, 0);
        CHECK_NEAR(km->surv[at], csv_num(&want, i, "surv"), RTOL, 0);
        CHECK_NEAR(km->std_err[at], csv_num(&want, i, "std.err"), RTOL, 0);
        CHECK_NEAR(km->cumhaz[at], csv_num(&want, i, "cumhaz"), RTOL, 0);
        CHECK_NEAR(km->std_chaz[at], csv_num(&want, i, "std.chaz"), RTOL, 0);
        CHECK_NEAR(km->lower[at], csv_num(&want, i, "lower"), RTOL, 0);
        CHECK_NEAR(km->upper[at], csv_num(&want, i, "upper"), RTOL, 0);
        at++;
    }
    assert_int_equal(at, km->n);
    csv_free(&want);
}

static void check_summary(const sv_km *km, const curve *k)
{
    csv want;
    read_table(&want, k->name, "_summary");
    for (size_t i = 0; i < want.rows; i++) {
        if (strcmp(csv_text(&want, i, "row"), k->stratum) != 0) { continue; }
        sv_km_estimate median = sv_km_quantile(km, 0.5);
        CHECK_NEAR(median.value, csv_num(&want, i, "median"), 0, 0);
        CHECK_NEAR(median.lower, csv_num(&want, i, "0.95LCL"), 0, 0);
        CHECK_NEAR(median.upper, csv_num(&want, i, "0.95UCL"), 0, 0);
        sv_km_estimate q25 = sv_km_quantile(km, 0.25), q75 = sv_km_quantile(km, 0.75);
        CHECK_NEAR(q25.value, csv_num(&want, i, "q25"), 0, 0);
        CHECK_NEAR(q25.lower, csv_num(&want, i, "q25l"), 0, 0);
        CHECK_NEAR(q25.upper, csv_num(&want, i, "q25u"), 0, 0);
        CHECK_NEAR(q75.value, csv_num(&want, i, "q75"), 0, 0);
        CHECK_NEAR(q75.lower, csv_num(&want, i, "q75l"), 0, 0);
        CHECK_NEAR(q75.upper, csv_num(&want, i, "q75u"), 0, 0);
    }
    csv_free(&want);
}

/* R integrates all curves of one call up to their common last time. */
static void check_rmean(const sv_km *km, const cohort *c, const curve *k)
{
    csv want;
    double tau = 0, mean, std_err;
    for (size_t i = 0; i < c->n; i++) { tau = fmax(tau, c->time[i]); }
    sv_km_rmean(&mean, &std_err, km, tau);
    read_table(&want, k->name, "_summary");
    for (size_t i = 0; i < want.rows; i++) {
        if (strcmp(csv_text(&want, i, "row"), k->stratum) != 0) { continue; }
        CHECK_NEAR(mean, csv_num(&want, i, "rmean"), RTOL, 0);
        CHECK_NEAR(std_err, csv_num(&want, i, "se(rmean)"), RTOL, 0);
    }
    csv_free(&want);
}

static void test_km__agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("01_km"));
    for (size_t i = 0; i < sizeof CURVES / sizeof *CURVES; i++) {
        cohort c;
        sv_km km;
        print_message("%s %s\n", CURVES[i].name, CURVES[i].stratum);
        fit_curve(&km, &c, &CURVES[i]);
        check_table(&km, &CURVES[i]);
        check_summary(&km, &CURVES[i]);
        check_rmean(&km, &c, &CURVES[i]);
        sv_km_free(&km);
        cohort_free(&c);
    }
}

static void test_km__points_agree_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("01_km"));
    csv want;
    read_table(&want, "colon_death_rx_1_3_5yr", "");
    for (size_t i = 0; i < want.rows; i++) {
        curve k = { "", "", REFERENCE("00_data/colon_death.csv"), NULL, "time", "status", 1, "rx",
                    csv_text(&want, i, "strata") + 3, LOG_CI, false };
        cohort c;
        sv_km km;
        fit_curve(&km, &c, &k);
        double t = csv_num(&want, i, "time");
        sv_km_estimate s = sv_km_at(&km, t);
        CHECK_NEAR(s.value, csv_num(&want, i, "surv"), RTOL, 0);
        CHECK_NEAR(s.lower, csv_num(&want, i, "lower"), RTOL, 0);
        CHECK_NEAR(s.upper, csv_num(&want, i, "upper"), RTOL, 0);
        CHECK_NEAR(sv_km_at_risk(&km, t), csv_num(&want, i, "n.risk"), 0, 0);
        sv_km_free(&km);
        cohort_free(&c);
    }
    csv_free(&want);
}

static void test_km__without_censoring_is_the_empirical_distribution(void **state)
{
    (void)state;
    enum { N = 200 };
    double time[N];
    int event[N];
    uint64_t seed = 99;
    for (size_t i = 0; i < N; i++) {
        time[i] = floor(40 * uniform(&seed));
        event[i] = 1;
    }
    sv_surv s = { .n = N, .time = time, .event = event };
    sv_error err;
    sv_km km;
    CHECK_OK(sv_km_fit(&km, &s, NULL, NULL, &err), err);
    for (size_t k = 0; k < km.n; k++) {
        size_t later = 0;
        for (size_t i = 0; i < N; i++) { later += time[i] > km.time[k]; }
        double p = (double)later / N;
        CHECK_NEAR(km.surv[k], p, 1e-13, 0);
        if (later > 0) { CHECK_NEAR(km.std_err[k], sqrt(p * (1 - p) / N), 1e-12, 0); }
    }
    double mean, se, sum = 0;
    for (size_t i = 0; i < N; i++) { sum += time[i]; }
    sv_km_rmean(&mean, &se, &km, 40);
    CHECK_NEAR(mean, sum / N, 1e-12, 0);
    sv_km_free(&km);
}

/* The middle of the flat stretch at exactly one half; also with sampling weights, where the
 * jackknife of equal weights must not depend on their size. */
static void test_km__median_on_a_flat_stretch_and_scaled_weights(void **state)
{
    (void)state;
    const double time[] = { 2, 4, 6, 8 }, w[] = { 0.3, 0.3, 0.3, 0.3 };
    const int event[] = { 1, 1, 1, 1 };
    sv_surv s = { .n = 4, .time = time, .event = event };
    sv_error err;
    sv_km km, weighted;
    sv_km_opts opts = SV_KM_OPTS_INIT;
    opts.variance = SV_KM_VAR_JACKKNIFE;
    CHECK_OK(sv_km_fit(&km, &s, NULL, &opts, &err), err);
    CHECK_NEAR(sv_km_quantile(&km, 0.5).value, 5, 0, 0);
    CHECK_NEAR(sv_km_quantile(&km, 0.4).value, 4, 0, 0);
    CHECK_NEAR(sv_km_quantile(&km, 0.9).value, 8, 0, 0);
    assert_true(isnan(sv_km_quantile(&km, 1).value));
    s.weight = w;
    CHECK_OK(sv_km_fit(&weighted, &s, NULL, NULL, &err), err);
    for (size_t i = 0; i < 3; i++) { CHECK_NEAR(weighted.std_err[i], km.std_err[i], 1e-12, 0); }
    CHECK_NEAR(weighted.surv[3], 0, 0, 0);
    sv_km_free(&km);
    sv_km_free(&weighted);
}

/* All who were there die while others are still to come: 0, not what rounding makes of it. */
static void test_km__falls_to_zero_between_late_entries(void **state)
{
    (void)state;
    const double start[] = { 0, 0, 2, 2, 2 }, time[] = { 2, 2, 5, 4, 5 };
    const double w[] = { 0.1, 0.2, 0.7, 0.3, 0.6 };
    const int event[] = { 1, 1, 1, 1, 0 };
    sv_surv s = { .n = 5, .time = time, .event = event, .start = start, .weight = w };
    sv_error err;
    sv_km km;
    CHECK_OK(sv_km_fit(&km, &s, NULL, NULL, &err), err);
    for (size_t i = 0; i < km.n; i++) { CHECK_NEAR(km.surv[i], 0, 0, 0); }
    CHECK_NEAR(km.n_risk[1], 1.6, 1e-15, 0);
    sv_km_free(&km);
}

static void test_km__censored_only_and_beyond_the_end(void **state)
{
    (void)state;
    const double time[] = { 3, 5 };
    const int event[] = { 0, 0 };
    const bool none[] = { false, false };
    sv_surv s = { .n = 2, .time = time, .event = event };
    sv_error err;
    sv_km km;
    CHECK_OK(sv_km_fit(&km, &s, NULL, NULL, &err), err);
    assert_int_equal(km.events, 0);
    CHECK_NEAR(sv_km_at(&km, 4).value, 1, 0, 0);
    CHECK_NEAR(sv_km_at(&km, 1).value, 1, 0, 0);
    assert_true(isnan(sv_km_at(&km, 5.5).value));
    assert_true(isnan(sv_km_quantile(&km, 0.5).value));
    CHECK_NEAR(sv_km_at_risk(&km, 6), 0, 0, 0);
    sv_km_free(&km);
    assert_int_equal(sv_km_fit(&km, &s, none, NULL, &err), SV_ETOOSMALL);
    assert_string_equal(err.msg, "none of the 2 rows is kept");
    sv_km_opts opts = SV_KM_OPTS_INIT;
    opts.level = 1;
    assert_int_equal(sv_km_fit(&km, &s, NULL, &opts, &err), SV_EINVAL);
    s.n = 0;
    assert_int_equal(sv_km_fit(&km, &s, NULL, NULL, &err), SV_ETOOSMALL);
}

static void check_same_curve(const sv_km *a, const sv_km *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->time, b->time, a->n * sizeof *a->time);
    assert_memory_equal(a->surv, b->surv, a->n * sizeof *a->surv);
    assert_memory_equal(a->std_chaz, b->std_chaz, a->n * sizeof *a->std_chaz);
    assert_memory_equal(a->n_risk, b->n_risk, a->n * sizeof *a->n_risk);
}

/* Times of two groups a hair apart tie in both ways of asking. */
static void test_km__groups_together_as_one_by_one(void **state)
{
    (void)state;
    enum { N = 90, K = 3 };
    double time[N], start[N], weight[N];
    int event[N], group[N];
    bool keep[N];
    uint64_t rng = 3;
    for (size_t i = 0; i < N; i++) {
        group[i] = (int)(i % K);
        start[i] = uniform(&rng) < 0.3 ? 1 : 0;
        time[i] = 2 + floor(20 * uniform(&rng)) + 1e-10 * group[i];
        event[i] = uniform(&rng) < 0.6;
        weight[i] = 0.5 + uniform(&rng);
    }
    for (int kind = 0; kind < 3; kind++) {
        const sv_surv s = { .n = N, .time = time, .event = event, .start = kind > 0 ? start : NULL,
                            .weight = kind > 1 ? weight : NULL };
        sv_km all[K], one;
        sv_error err = { 0 };
        CHECK_OK(sv_km_fit_groups(all, &s, group, K, NULL, &err), err);
        for (int g = 0; g < K; g++) {
            for (size_t i = 0; i < N; i++) { keep[i] = group[i] == g; }
            CHECK_OK(sv_km_fit(&one, &s, keep, NULL, &err), err);
            check_same_curve(&all[g], &one);
            sv_km_free(&one);
            sv_km_free(&all[g]);
        }
    }
    const sv_surv s = { .n = N, .time = time, .event = event };
    sv_km out[K + 1] = { { .n = 77 } };
    sv_error err = { 0 };
    assert_int_equal(sv_km_fit_groups(out, &s, group, 2, NULL, &err), SV_EINVAL);
    assert_string_equal(err.msg, "group[2] is 2, expected 0 to 1");
    assert_int_equal(sv_km_fit_groups(out, &s, group, K + 1, NULL, &err), SV_ETOOSMALL);
    assert_string_equal(err.msg, "group 3 has no row");
    assert_int_equal(sv_km_fit_groups(out, &s, group, 0, NULL, &err), SV_EINVAL);
    assert_int_equal(out[0].n, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_km__agrees_with_r),
        cmocka_unit_test(test_km__points_agree_with_r),
        cmocka_unit_test(test_km__without_censoring_is_the_empirical_distribution),
        cmocka_unit_test(test_km__median_on_a_flat_stretch_and_scaled_weights),
        cmocka_unit_test(test_km__falls_to_zero_between_late_entries),
        cmocka_unit_test(test_km__censored_only_and_beyond_the_end),
        cmocka_unit_test(test_km__groups_together_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
