/* test_concordance.c - Harrell's C against R and against a count over all pairs. The concordances
 * of the Cox models are checked in test_cox.c. */
#include "cohort.h"

#include <survival/concordance.h>
#include <survival/cox.h>

enum { N = 70 };

typedef struct sample {
    double time[N], start[N], weight[N], risk[N];
    int event[N], stratum[N];
    sv_surv surv;
} sample;

static void make_sample(sample *s, bool start, bool weight, bool stratum)
{
    uint64_t seed = 20240229;
    for (size_t i = 0; i < N; i++) {
        s->start[i] = floor(4 * uniform(&seed));
        s->time[i] = s->start[i] + 1 + floor(12 * uniform(&seed));
        s->event[i] = uniform(&seed) < 0.6;
        s->weight[i] = 0.25 + uniform(&seed);
        s->risk[i] = floor(15 * uniform(&seed)) - 0.3 * s->time[i];
        s->stratum[i] = (int)(3 * uniform(&seed));
    }
    s->surv = (sv_surv){ .n = N, .time = s->time, .event = s->event,
                         .start = start ? s->start : NULL, .weight = weight ? s->weight : NULL,
                         .stratum = stratum ? s->stratum : NULL };
}

static void count_pair(sv_concordance *sum, const sv_surv *s, const double *w, const double *risk,
                       size_t i, size_t j)
{
    if (s->event[i] == 0 || (s->stratum != NULL && s->stratum[i] != s->stratum[j])) { return; }
    if (s->start != NULL && s->start[j] >= s->time[i]) { return; }
    double pair = w[i] * w[j];
    if (s->time[j] == s->time[i] && s->event[j] == 1) {
        if (i < j) { *(risk[i] == risk[j] ? &sum->tied_both : &sum->tied_time) += pair; }
    } else if (s->time[j] >= s->time[i]) {
        *(risk[i] > risk[j] ? &sum->concordant : risk[i] < risk[j] ? &sum->discordant
                                                                   : &sum->tied_risk) += pair;
    }
}

static sv_concordance count_all(const sv_surv *s, const double *w, const double *risk)
{
    sv_concordance sum = { 0 };
    for (size_t i = 0; i < s->n; i++) {
        for (size_t j = 0; j < s->n; j++) {
            if (i != j) { count_pair(&sum, s, w, risk, i, j); }
        }
    }
    sum.c = (sum.concordant + sum.tied_risk / 2) / (sum.concordant + sum.discordant + sum.tied_risk);
    return sum;
}

/* The jackknife written as what it is: C differentiated by each weight. */
static double naive_se(const sv_surv *s, const double *w, const double *risk)
{
    double var = 0, h = 1e-4, moved[N];
    memcpy(moved, w, sizeof moved);
    for (size_t i = 0; i < s->n; i++) {
        moved[i] = w[i] + h;
        double up = count_all(s, moved, risk).c;
        moved[i] = w[i] - h;
        double down = count_all(s, moved, risk).c;
        moved[i] = w[i];
        var += pow(w[i] * (up - down) / (2 * h), 2);
    }
    return sqrt(var);
}

static void test_concordance__equals_the_count_over_all_pairs(void **state)
{
    (void)state;
    for (unsigned mask = 0; mask < 8; mask++) {
        sample s;
        sv_error err;
        sv_concordance got;
        double ones[N];
        make_sample(&s, (mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0);
        for (size_t i = 0; i < N; i++) { ones[i] = 1; }
        const double *w = s.surv.weight != NULL ? s.surv.weight : ones;
        CHECK_OK(sv_concordance_harrell(&got, s.risk, &s.surv, &err), err);
        sv_concordance want = count_all(&s.surv, w, s.risk);
        CHECK_NEAR(got.concordant, want.concordant, 1e-12, 0);
        CHECK_NEAR(got.discordant, want.discordant, 1e-12, 0);
        CHECK_NEAR(got.tied_risk, want.tied_risk, 1e-12, 0);
        CHECK_NEAR(got.tied_time, want.tied_time, 1e-12, 0);
        CHECK_NEAR(got.tied_both, want.tied_both, 1e-12, 0);
        CHECK_NEAR(got.c, want.c, 1e-13, 0);
        CHECK_NEAR(got.se, naive_se(&s.surv, w, s.risk), 1e-6, 0);
    }
}

static void test_concordance__reversed_risk_gives_one_minus_c(void **state)
{
    (void)state;
    sample s;
    sv_error err;
    sv_concordance a, b;
    make_sample(&s, true, true, true);
    CHECK_OK(sv_concordance_harrell(&a, s.risk, &s.surv, &err), err);
    for (size_t i = 0; i < N; i++) { s.risk[i] = -s.risk[i]; }
    CHECK_OK(sv_concordance_harrell(&b, s.risk, &s.surv, &err), err);
    CHECK_NEAR(b.c, 1 - a.c, 1e-14, 0);
    CHECK_NEAR(b.se, a.se, 1e-12, 0);
}

/* R: concordance(Surv(time, st) ~ r) takes a high r for a late event: the risk is -r. */
static void test_concordance__seven_rows_tied_with_a_censoring(void **state)
{
    (void)state;
    const double time[] = { 11, 11, 26, 89, 128, 299, 300 };
    const double risk[] = { 0.02, -1.2, 0.56, 1.33, 0.81, -1.02, 1.29 };
    const int event[] = { 1, 0, 0, 1, 0, 1, 0 };
    sv_surv s = { .n = 7, .time = time, .event = event };
    sv_error err;
    sv_concordance got;
    CHECK_OK(sv_concordance_harrell(&got, risk, &s, &err), err);
    CHECK_NEAR(got.c, 0.5, 1e-14, 0);                     /* 08_cindex, tie7_harrell */
    CHECK_NEAR(got.se, 0.17320508075688776, 1e-12, 0);
}

static void check_reference(const sv_concordance *got, const char *name)
{
    csv want;
    char stat[64];
    if (!csv_read(&want, REFERENCE("08_cindex/cindex_all.csv"))) { fail_msg("cannot read"); }
    const char *const counts[] = { "concordant", "discordant", "tied.x", "tied.y", "tied.xy" };
    const double have[] = { got->concordant, got->discordant, got->tied_risk, got->tied_time,
                            got->tied_both };
    for (size_t k = 0; k < 5; k++) {
        (void)snprintf(stat, sizeof stat, "%s_count_%s", name, counts[k]);
        CHECK_NEAR(have[k], csv_stat(&want, stat), 0, 0);
    }
    (void)snprintf(stat, sizeof stat, "%s_conc_n", name);
    CHECK_NEAR(got->c, csv_stat(&want, stat), 1e-12, 0);
    for (size_t i = 0; i < want.rows; i++) {
        if (strcmp(csv_text(&want, i, "stat"), stat) == 0) {
            CHECK_NEAR(got->se, csv_num(&want, i, "se"), 1e-10, 0);
        }
    }
    csv_free(&want);
}

static void test_concordance__lung1_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("08_cindex"));
    static const char *const cols[] = { "lp", NULL };
    sv_error err;
    cohort c;
    sv_concordance got;
    cohort_read(&c, REFERENCE("07_timeROC/data_lung1_major.csv"), NULL, "time", "ev", 1, cols);
    CHECK_OK(sv_concordance_harrell(&got, c.x, &c.surv, &err), err);
    check_reference(&got, "lung1");
    cohort_free(&c);
}

/* The Mayo model of 312 patients, fitted here: predictor, risks at 1, 3, 5 years, concordance. */
static void test_concordance__pbc_model_agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("08_cindex"));
    static const char *const cols[] = { "age", "bili", "albumin", "protime", "edema", NULL };
    sv_error err;
    cohort c;
    sv_cox fit;
    sv_baseline base;
    sv_concordance got;
    csv risk;
    double lp[312];
    cohort_read(&c, REFERENCE("07_timeROC/data_pbc_lp.csv"), NULL, "time", "ev", 1, cols);
    assert_int_equal(c.n, 312);
    for (size_t i = 0; i < c.n * c.p; i++) {
        if (i % c.p >= 1 && i % c.p <= 3) { c.x[i] = log(c.x[i]); }
    }
    CHECK_OK(sv_cox_fit(&fit, &c.matrix, &c.surv, NULL, &err), err);
    CHECK_OK(sv_cox_predict(lp, &fit, &c.matrix, &err), err);
    CHECK_OK(sv_concordance_harrell(&got, lp, &c.surv, &err), err);
    check_reference(&got, "pbc");
    CHECK_OK(sv_baseline_fit(&base, lp, &c.surv, SV_TIES_EFRON, &err), err);
    if (!csv_read(&risk, REFERENCE("09_brier/pbc_risk_1_3_5.csv"))) { fail_msg("cannot read"); }
    const double years[] = { 1, 3, 5 };
    for (size_t i = 0; i < c.n; i++) {
        CHECK_NEAR(lp[i] - sv_cox_centre(&fit), csv_num(&c.table, i, "lp"), 1e-8, 1e-9);
        for (size_t k = 0; k < 3; k++) {
            double h0 = sv_baseline_at(&base, 0, years[k] * 365.25);
            size_t col = risk.cols - 3 + k;
            CHECK_NEAR(1 - sv_survival_probability(h0, lp[i]), csv_num_at(&risk, i, col), 1e-8, 0);
        }
    }
    csv_free(&risk);
    sv_baseline_free(&base);
    sv_cox_free(&fit);
    cohort_free(&c);
}

static void test_concordance__undefined_and_refused(void **state)
{
    (void)state;
    const double time[] = { 1, 2, 3 };
    double risk[] = { 1, 2, 3 };
    const int none[] = { 0, 0, 0 }, last[] = { 0, 0, 1 };
    sv_surv s = { .n = 3, .time = time, .event = none };
    sv_error err;
    sv_concordance got;
    CHECK_OK(sv_concordance_harrell(&got, risk, &s, &err), err);
    assert_true(isnan(got.c) && isnan(got.se));
    s.event = last;
    CHECK_OK(sv_concordance_harrell(&got, risk, &s, &err), err);
    assert_true(isnan(got.c));
    risk[1] = (double)NAN;
    got.c = 0.5;
    assert_int_equal(sv_concordance_harrell(&got, risk, &s, &err), SV_EDATA);
    assert_string_equal(err.msg, "risk[1] is nan, expected a finite number");
    assert_true(isnan(got.c));
}

static void test_index_interval__lies_on_the_logit_scale(void **state)
{
    (void)state;
    double low, high, other_low, other_high;
    sv_index_interval(&low, &high, 0.8, 0.05);
    /* As far from the estimate on that scale, and by 1.96 of its standard error there. */
    const double half = (log(high / (1 - high)) - log(low / (1 - low))) / 2;
    CHECK_NEAR(half, 1.959963984540054 * 0.05 / (0.8 * 0.2), 0, 1e-12);
    CHECK_NEAR(log(high / (1 - high)) + log(low / (1 - low)), 2 * log(0.8 / 0.2), 0, 1e-12);
    assert_true(0.8 - low > high - 0.8);
    sv_index_interval(&other_low, &other_high, 0.2, 0.05);       /* the other way round */
    CHECK_NEAR(other_low, 1 - high, 0, 1e-14);
    CHECK_NEAR(other_high, 1 - low, 0, 1e-14);
    sv_index_interval(&low, &high, 0.99, 0.3);
    assert_true(low > 0 && high <= 1);
    sv_index_interval(&low, &high, 1, 0.1);
    assert_true(low >= 1 && low <= 1 && high >= 1 && high <= 1);
    sv_index_interval(&low, &high, 0.7, 0);
    CHECK_NEAR(low, 0.7, 0, 0);
    sv_index_interval(&low, &high, 0.7, (double)NAN);
    assert_true(isnan(low) && isnan(high));
    sv_index_interval(&low, &high, (double)NAN, 0.1);
    assert_true(isnan(low) && isnan(high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_interval__lies_on_the_logit_scale),
        cmocka_unit_test(test_concordance__equals_the_count_over_all_pairs),
        cmocka_unit_test(test_concordance__reversed_risk_gives_one_minus_c),
        cmocka_unit_test(test_concordance__seven_rows_tied_with_a_censoring),
        cmocka_unit_test(test_concordance__lung1_agrees_with_r),
        cmocka_unit_test(test_concordance__pbc_model_agrees_with_r),
        cmocka_unit_test(test_concordance__undefined_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
