/* planted_cox.c - a Cox model of the columns that act: intervals of its coefficients; and what is said of the true
 * predictor in new patients. */
#include "planted.h"

#include <survival/auc.h>
#include <survival/calibration.h>
#include <survival/concordance.h>
#include <survival/cox_check.h>
#include <survival/dist.h>

/* The horizon of Uno's C and of AUC(t), months. */
#define HORIZON 36.0

/* What would be seen of the true predictor in endless patients, nobody of whom is censored before the horizon. */
typedef struct truth {
    double c_harrell;            /* with the cohorts' own censoring       */
    double c_horizon, auc;
} truth;

static truth find_truth(const report *r, const sv_sim *sim, const sv_sim_spec *like, const sv_sim_follow *follow)
{
    truth t;
    sv_sim_spec spec = *like;
    sv_sim_cohort c;
    sv_concordance k;
    sv_auc a;
    sv_error err = { 0 };
    spec.n = r->cohorts < 100 ? 30000 : 200000;
    spec.number = 900001;
    spec.features = false;
    MUST(sv_sim_draw(&c, sim, &spec, follow, &err));
    sv_surv s = { .n = c.n, .time = c.time, .event = c.event };
    MUST(sv_concordance_harrell(&k, c.lp, &s, &err));
    t.c_harrell = k.c;
    sv_sim_cohort_free(&c);
    sv_sim_follow endless = *follow;
    endless.censoring_scale *= 1e9;
    MUST(sv_sim_draw(&c, sim, &spec, &endless, &err));
    s = (sv_surv){ .n = c.n, .time = c.time, .event = c.event };
    MUST(sv_auc_at(&a, HORIZON, c.lp, &s, &err));
    t.auc = a.auc;
    for (size_t i = 0; i < c.n; i++) {
        if (c.time[i] <= HORIZON) { continue; }
        c.time[i] = HORIZON;
        c.event[i] = 0;
    }
    MUST(sv_concordance_harrell(&k, c.lp, &s, &err));
    t.c_horizon = k.c;
    sv_sim_cohort_free(&c);
    return t;
}

static bool holds(double estimate, double se, double want)
{
    return fabs(estimate - want) <= sv_normal_quantile(0.975) * se;
}

/* The interval that is told of C and AUC. */
static bool logit_holds(double estimate, double se, double want)
{
    double low, high;
    sv_index_interval(&low, &high, estimate, se);
    return low <= want && want <= high;
}

static void new_patients(report *r, const sv_sim *sim, const char *who, const sv_sim_spec *like)
{
    size_t rounds = 10 * r->cohorts, plain[3] = { 0 }, logit[3] = { 0 }, slope = 0;
    double *slope_p = ROOM(double, rounds), slopes = 0, auc_sum = 0, uno_sum = 0;
    sv_sim_spec spec = *like;
    sv_sim_follow follow;
    sv_error err = { 0 };
    char name[96];
    spec.features = false;
    MUST(sv_sim_calibrate(&follow, sim, &spec, &err));
    truth t = find_truth(r, sim, &spec, &follow);
    for (size_t k = 0; k < rounds; k++) {
        sv_sim_cohort c;
        sv_concordance h, u;
        sv_auc a;
        sv_calibration_slope cal;
        spec.number = (uint32_t)(200000 + k);
        MUST(sv_sim_draw(&c, sim, &spec, &follow, &err));
        sv_surv s = { .n = c.n, .time = c.time, .event = c.event };
        MUST(sv_concordance_harrell(&h, c.lp, &s, &err));
        MUST(sv_concordance_uno(&u, c.lp, HORIZON, &s, &err));
        MUST(sv_auc_at(&a, HORIZON, c.lp, &s, &err));
        MUST(sv_calibration_slope_of(&cal, c.lp, &s, &err));
        const double index[3][3] = { { h.c, h.se, t.c_harrell }, { u.c, u.se, t.c_horizon }, { a.auc, a.se, t.auc } };
        for (size_t q = 0; q < 3; q++) {
            plain[q] += holds(index[q][0], index[q][1], index[q][2]);
            logit[q] += logit_holds(index[q][0], index[q][1], index[q][2]);
        }
        slope += holds(cal.slope, cal.se, 1);
        slope_p[k] = cal.p;
        slopes += cal.slope / (double)rounds;
        auc_sum += a.auc / (double)rounds;
        uno_sum += u.c / (double)rounds;
        sv_sim_cohort_free(&c);
    }
#define NAMED(text) (snprintf(name, sizeof name, text ", %s", who), name)
    static const char *const what[] = { "C (Harrell)", "C (Uno) at 36 months", "AUC at 36 months" };
    for (size_t q = 0; q < 3; q++) {
        snprintf(name, sizeof name, "%s, logit, %s", what[q], who);
        tell_coverage(r, name, logit[q], rounds);
        tell("... estimate +- 1.96 se holds in", (double)plain[q] / (double)rounds);
    }
    tell_within(r, NAMED("C (Uno): mean less the truth"), uno_sum - t.c_horizon, -0.01, 0.01);
    tell_within(r, NAMED("AUC: mean less the truth"), auc_sum - t.auc, -0.01, 0.01);
    tell_coverage(r, NAMED("calibration slope"), slope, rounds);
    tell_within(r, NAMED("calibration slope: mean"), slopes, 0.95, 1.05);
    tell_even(r, NAMED("calibration slope: p of slope 1"), slope_p, rounds);
    free(slope_p);
}

/* demanded: of the likelihood ratio of the truth, which is a chi-square only with many events a column. */
static void coefficients(report *r, const sv_sim *sim, const char *who, const sv_sim_spec *like, bool demanded)
{
    static const char *const group[] = { "driver features", "shares", "clinical covariates" };
    size_t rounds = 10 * r->cohorts, hits[3] = { 0 }, n[3] = { 0 }, robust[3] = { 0 };
    double want[TRUE_COLUMNS], off = 0, *x = ROOM(double, like->n * TRUE_COLUMNS), *ratio = ROOM(double, rounds);
    double vcov[TRUE_COLUMNS * TRUE_COLUMNS];
    sv_sim_spec spec = *like;
    sv_sim_follow follow;
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    sv_error err = { 0 };
    MUST(sv_sim_calibrate(&follow, sim, &spec, &err));
    for (size_t k = 0; k < rounds; k++) {
        sv_sim_cohort c;
        sv_cox fit;
        spec.number = (uint32_t)(1000 + k);
        MUST(sv_sim_draw(&c, sim, &spec, &follow, &err));
        true_columns(x, want, sim, &c);
        sv_surv s = { .n = c.n, .time = c.time, .event = c.event };
        sv_matrix m = sv_matrix_rowmajor(x, c.n, TRUE_COLUMNS);
        MUST(sv_cox_fit(&fit, &m, &s, &opts, &err));
        MUST(sv_cox_robust(vcov, &fit, &m, &s, NULL, SV_TIES_EFRON, &err));
        for (size_t j = 0; j < TRUE_COLUMNS; j++) {
            size_t g = j < DRIVERS ? 0 : j < DRIVERS + 3 ? 1 : 2;
            n[g]++;
            hits[g] += holds(fit.coef[j], fit.se[j], want[j]);
            robust[g] += holds(fit.coef[j], sqrt(vcov[j * TRUE_COLUMNS + j]), want[j]);
            off += (fit.coef[j] - want[j]) * ((want[j] > 0) - (want[j] < 0)) / (double)(rounds * TRUE_COLUMNS);
        }
        /* Twice what the likelihood gains from the truth to the estimate: chi-square, as many degrees as columns. */
        double at_truth;
        MUST(sv_partial_loglik(&at_truth, c.lp, &s, SV_TIES_EFRON, &err));
        ratio[k] = sv_chisq_upper(2 * (fit.loglik - at_truth), TRUE_COLUMNS);
        sv_cox_free(&fit);
        sv_sim_cohort_free(&c);
    }
    char name[96];
    for (size_t g = 0; g < 3; g++) {
        snprintf(name, sizeof name, "log hazard ratios of %s, %s", group[g], who);
        tell_coverage(r, name, hits[g], n[g]);
        snprintf(name, sizeof name, "... by the robust variance");
        tell_coverage(r, name, robust[g], n[g]);
    }
    tell(NAMED("mean of estimate less truth, away from 0"), off);
    if (demanded) {
        tell_even(r, NAMED("likelihood ratio of the truth"), ratio, rounds);
    } else {
        double below = 0;
        for (size_t k = 0; k < rounds; k++) { below += (ratio[k] < 0.05) / (double)rounds; }
        tell(NAMED("likelihood ratio of the truth, share below 0.05"), below);
    }
#undef NAMED
    free(x);
    free(ratio);
}

void planted_cox(report *r)
{
    sv_sim sim = population(r, DRIVERS, 1);
    sv_sim_spec small = SV_SIM_SPEC_INIT, large = SV_SIM_SPEC_INIT, censored = SV_SIM_SPEC_INIT;
    small.expression = large.expression = censored.expression = false;
    large.n = 543;
    large.event_share = 188 / 543.0;
    large.follow_up_mean = 56.8;
    large.follow_up_sd = 35.2;
    censored.n = 400;
    censored.event_share = 0.15;         /* heavy censoring, much of it before the horizon */
    censored.follow_up_mean = 20;
    censored.follow_up_sd = 18;
    coefficients(r, &sim, "236 patients", &small, false);
    coefficients(r, &sim, "543 patients", &large, true);
    new_patients(r, &sim, "236 patients", &small);
    new_patients(r, &sim, "543 patients", &large);
    new_patients(r, &sim, "400 patients, 85 % censored", &censored);
    sv_sim_free(&sim);
}
