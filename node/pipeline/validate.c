#include "pipeline/validate.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <survival/auc.h>
#include <survival/brier.h>
#include <survival/calibration.h>
#include <survival/concordance.h>
#include <survival/cox.h>
#include <survival/cox_check.h>
#include <survival/cox_variants.h>
#include <survival/dist.h>
#include <survival/logrank.h>
#include "pipeline/cautions.h"
#include "pipeline/score.h"
#include "pipeline/score_patients.h"

static const double z95 = 1.959963984540054;

static int fail_with(pn_error *err, const sv_error *sv)
{
    return sv->code == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "%s", sv->msg)
                                 : pn_fail(err, PN_EINVAL, "%s", sv->msg);
}

void pn_validation_free(pn_validation *v)
{
    if (v == NULL) { return; }
    free(v->score);
    free(v->high);
    for (size_t g = 0; g < 2; g++) { sv_km_free(&v->km[g]); }
    for (size_t h = 0; h < v->n_horizons; h++) {
        free(v->horizon[h].roc_x);
        free(v->horizon[h].roc_y);
    }
    *v = (pn_validation){0};
}

/* ---- Scores and groups ----------------------------------------------------------------------- */

/* risk[i * horizons + h]: 1 - S(horizon h) of patient i; NaN beyond the training follow-up. */
static int score_patients(pn_validation *v, double *risk, const cfg_model *m, const pn_train_data *d,
                          pn_error *err)
{
    int rc = pn_score_patients(v->score, v->high, risk, m, d, err);
    for (size_t i = 0; rc == PN_OK && i < d->n; i++) {
        v->group_patients[v->high[i]]++;
        v->group_events[v->high[i]] += d->event[i] == 1;
    }
    return rc;
}

static int compare_groups(pn_validation *v, const sv_surv *s, pn_error *err)
{
    const sv_km_opts o = SV_KM_OPTS_INIT;
    sv_error sv = {0};
    bool *keep = calloc(s->n, sizeof *keep);
    int *group = calloc(s->n, sizeof *group);
    int rc = keep == NULL || group == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for groups") : PN_OK;
    for (size_t g = 0; g < 2 && rc == PN_OK; g++) {
        for (size_t i = 0; i < s->n; i++) {
            keep[i] = v->high[i] == (g == 1);
            group[i] = v->high[i];
        }
        if (v->group_patients[g] > 0 && sv_km_fit(&v->km[g], s, keep, &o, &sv) != SV_OK) { rc = fail_with(err, &sv); }
    }
    if (rc == PN_OK && v->group_patients[0] > 0 && v->group_patients[1] > 0) {
        sv_logrank t;
        if (sv_logrank_test(&t, s, group, 0, &sv) != SV_OK) {
            rc = fail_with(err, &sv);
        } else {
            v->logrank = t.chisq;
            v->logrank_p = t.p;
            sv_logrank_free(&t);
        }
    }
    free(keep);
    free(group);
    return rc;
}

/* A Cox model of one column; false where it has no answer (constant column, monotone likelihood). */
static bool fit_one(sv_cox *fit, const double *column, const sv_surv *s)
{
    const sv_matrix x = sv_matrix_colmajor(column, s->n, 1);
    const sv_cox_opts o = SV_COX_OPTS_INIT;
    if (sv_cox_fit(fit, &x, s, &o, NULL) != SV_OK) { return false; }
    if (fit->flag[0] == 0 && fit->converged) { return true; }
    sv_cox_free(fit);
    return false;
}

/* The slope tells of the calibration of a linear predictor; other scores have no scale to be right. */
static void regress(pn_validation *v, const cfg_model *m, const sv_surv *s)
{
    sv_cox fit;
    sv_cox_zph zph;
    const sv_matrix x = sv_matrix_colmajor(v->score, s->n, 1);
    if (fit_one(&fit, v->score, s)) {
        if (m->method == CFG_RISK_COX) {
            v->slope = fit.coef[0];
            v->slope_se = fit.se[0];
            v->slope_p = sv_normal_two_sided((v->slope - 1) / v->slope_se);
        }
        if (sv_cox_zph_test(&zph, &fit, &x, s, SV_ZPH_KM, SV_TIES_EFRON, NULL) == SV_OK) {
            v->zph_p = zph.p_value[0];
            sv_cox_zph_free(&zph);
        }
        sv_cox_free(&fit);
    } else if (m->method == CFG_RISK_COX) {
        pn_validation_warn(v, "no calibration slope: the score does not vary, or it orders all events perfectly");
    }
}

/* Where one group has no event the likelihood has no highest point; Firth's has. */
static bool compare_by_firth(pn_validation *v, const double *high, const sv_surv *s)
{
    sv_firth f;
    const sv_matrix x = sv_matrix_colmajor(high, s->n, 1);
    if (v->group_patients[0] == 0 || v->group_patients[1] == 0 || sv_cox_fit_firth(&f, &x, s, 0.95, NULL, NULL) != SV_OK) {
        return false;
    }
    v->hr = exp(f.fit.coef[0]);
    v->hr_low = exp(f.lower[0]);
    v->hr_high = exp(f.upper[0]);
    v->hr_p = f.p_value[0];
    sv_firth_free(&f);
    pn_validation_warn(v, "the hazard ratio is by Firth's penalised likelihood: of %zu low and %zu high risk patients %zu and %zu have the "
                       "event", v->group_patients[0], v->group_patients[1], v->group_events[0], v->group_events[1]);
    return true;
}

static void compare_hazards(pn_validation *v, const sv_surv *s)
{
    sv_cox fit;
    double *high = calloc(s->n, sizeof *high);
    for (size_t i = 0; high != NULL && i < s->n; i++) { high[i] = v->high[i]; }
    if (high != NULL && fit_one(&fit, high, s)) {
        double ci[2];
        sv_cox_hazard_ratio_ci(ci, &fit, 0, 0.95);
        v->hr = exp(fit.coef[0]);
        v->hr_low = ci[0];
        v->hr_high = ci[1];
        v->hr_p = sv_normal_two_sided(fit.coef[0] / fit.se[0]);
        sv_cox_free(&fit);
    } else if (high == NULL || !compare_by_firth(v, high, s)) {
        pn_validation_warn(v, "no hazard ratio: %zu patients are low and %zu high risk, with %zu and %zu events",
             v->group_patients[0], v->group_patients[1], v->group_events[0], v->group_events[1]);
    }
    free(high);
}

/* ---- Horizons -------------------------------------------------------------------------------- */

/* Groups of like predicted risk, equal ones together; fewer groups where there are few patients. */
static int calibrate(pn_validation_horizon *h, const double *risk, const sv_surv *s, double t, pn_error *err)
{
    sv_calibration_group found[PN_CALIBRATION_GROUPS];
    sv_error sv = {0};
    size_t groups = s->n / 10 < PN_CALIBRATION_GROUPS ? s->n / 10 : PN_CALIBRATION_GROUPS, n = 0;
    double *survival = calloc(s->n, sizeof *survival);
    if (survival == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for groups"); }
    for (size_t i = 0; i < s->n; i++) { survival[i] = 1 - risk[i]; }
    int rc = groups > 0 && sv_calibration_groups(found, &n, survival, s, t, groups, &sv) != SV_OK ? fail_with(err, &sv) : PN_OK;
    free(survival);
    for (size_t g = 0; rc == PN_OK && g < n; g++) {
        const sv_calibration_group *f = &found[n - 1 - g];              /* by risk, not by survival */
        double away = exp(z95 * f->std_err), highest = isfinite(away) ? fmin(f->observed * away, 1) : (double)NAN;
        h->group[h->n_groups++] = (pn_calibration_group){.patients = f->n, .predicted = 1 - f->predicted, .observed = 1 - f->observed,
                                                         .low = 1 - highest, .high = 1 - f->observed / away};
    }
    return rc;
}

static int trace_roc(pn_validation_horizon *h, const double *score, const sv_surv *s, double t, pn_error *err)
{
    double *cut = calloc(s->n + 1, sizeof *cut);
    sv_error sv = {0};
    h->roc_x = calloc(s->n + 1, sizeof *h->roc_x);
    h->roc_y = calloc(s->n + 1, sizeof *h->roc_y);
    int rc = cut == NULL || h->roc_x == NULL || h->roc_y == NULL
                 ? pn_fail_transient(err, PN_ENOMEM, "no memory for a curve") : PN_OK;
    if (rc == PN_OK && sv_roc_at(cut, h->roc_y, h->roc_x, &h->n_roc, t, score, s, &sv) != SV_OK) {
        rc = fail_with(err, &sv);
    }
    free(cut);
    return rc;
}

/* Everything that needs the predicted risk. */
static int judge_risk(pn_validation_horizon *h, const double *risk, const sv_surv *s, double t, pn_error *err)
{
    sv_error sv = {0};
    double thresholds[PN_DECISION_POINTS];
    for (size_t k = 0; k < PN_DECISION_POINTS; k++) { thresholds[k] = 0.01 + 0.02 * (double)k; }
    h->predicted = 0;
    for (size_t i = 0; i < s->n; i++) {
        h->predicted += risk[i] / (double)s->n;
        h->risk_share[risk[i] < 1 ? (size_t)(risk[i] * PN_RISK_BINS) : PN_RISK_BINS - 1] += 1 / (double)s->n;
    }
    if (sv_brier(&h->brier, NULL, risk, &t, 1, s, &sv) != SV_OK ||
        sv_brier(&h->brier_null, NULL, NULL, &t, 1, s, &sv) != SV_OK ||
        sv_decision_survival(h->decision, risk, s, t, thresholds, PN_DECISION_POINTS, &sv) != SV_OK) {
        return fail_with(err, &sv);
    }
    return calibrate(h, risk, s, t, err);
}

static int judge_horizon(pn_validation *v, size_t k, const double *risk, size_t step, const sv_surv *s,
                         const sv_km *all, double end, pn_error *err)
{
    pn_validation_horizon *h = &v->horizon[k];
    double t = h->years * PN_DAYS_PER_YEAR;
    sv_error sv = {0};
    sv_auc a;
    if (!(t < end)) {
        pn_validation_warn(v, "nothing at %g years: the longest follow-up is %.2f years", h->years,
                           end / PN_DAYS_PER_YEAR);
        return PN_OK;
    }
    h->observed = 1 - sv_km_at(all, t).value;
    if (sv_auc_at(&a, t, v->score, s, &sv) != SV_OK) { return fail_with(err, &sv); }
    h->cases = a.cases;
    h->controls = a.controls;
    h->auc = a.auc;
    h->auc_se = a.se;
    int rc = isfinite(a.auc) ? trace_roc(h, v->score, s, t, err) : PN_OK;
    if (rc != PN_OK) { return rc; }
    double *own = calloc(s->n, sizeof *own);
    if (own == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for risks"); }
    bool all_known = true;       /* a group's curve may end before the other's */
    for (size_t i = 0; i < s->n; i++) {
        own[i] = risk[i * step + k];
        all_known = all_known && isfinite(own[i]);
    }
    if (all_known) { rc = judge_risk(h, own, s, t, err); }
    free(own);
    return rc;
}

static int judge_horizons(pn_validation *v, const cfg_model *m, const double *risk, const sv_surv *s, pn_error *err)
{
    sv_km all;
    const sv_km_opts o = SV_KM_OPTS_INIT;
    sv_error sv = {0};
    if (sv_km_fit(&all, s, NULL, &o, &sv) != SV_OK) { return fail_with(err, &sv); }
    double end = all.time[all.n - 1];
    int rc = PN_OK;
    for (size_t k = 0; k < m->n_horizons; k++) {
        v->horizon[k] = (pn_validation_horizon){.years = m->horizon_years[k], .auc = NAN, .auc_se = NAN, .brier = NAN,
                                                .brier_null = NAN, .predicted = NAN, .observed = NAN};
        v->n_horizons = k + 1;
        if (rc == PN_OK) { rc = judge_horizon(v, k, risk, m->n_horizons, s, &all, end, err); }
        if (v->horizon[k].years * PN_DAYS_PER_YEAR < end) { v->uno_days = v->horizon[k].years * PN_DAYS_PER_YEAR; }
    }
    sv_km_free(&all);
    return rc;
}

/* ---- All ------------------------------------------------------------------------------------- */

static int concordances(pn_validation *v, const sv_surv *s, pn_error *err)
{
    sv_concordance c, u;
    sv_error sv = {0};
    double last = 0;
    for (size_t i = 0; i < s->n; i++) { last = s->event[i] == 1 ? fmax(last, s->time[i]) : last; }
    if (!(v->uno_days > 0)) { v->uno_days = last; }
    if (sv_concordance_harrell(&c, v->score, s, &sv) != SV_OK) { return fail_with(err, &sv); }
    v->c = c.c;
    v->c_se = c.se;
    if (v->uno_days > 0) {
        if (sv_concordance_uno(&u, v->score, v->uno_days, s, &sv) != SV_OK) { return fail_with(err, &sv); }
        v->uno = u.c;
        v->uno_se = u.se;
    }
    return PN_OK;
}

/* Median of the time that patients would have been watched had none had the event. */
static int follow_up(pn_validation *v, const sv_surv *s, pn_error *err)
{
    sv_censoring g;
    sv_error sv = {0};
    if (sv_censoring_fit(&g, s, &sv) != SV_OK) { return fail_with(err, &sv); }
    v->follow_up_days = NAN;
    for (size_t k = g.n; k-- > 0 && g.surv[k] <= 0.5;) { v->follow_up_days = g.time[k]; }
    sv_censoring_free(&g);
    return PN_OK;
}

static int judge(pn_validation *v, const cfg_model *m, const pn_train_data *d, pn_error *err)
{
    const sv_surv s = {.n = d->n, .time = d->time_days, .event = d->event};
    double *risk = calloc(d->n * (m->n_horizons + 1), sizeof *risk);
    v->score = calloc(d->n, sizeof *v->score);
    v->high = calloc(d->n, sizeof *v->high);
    int rc = risk == NULL || v->score == NULL || v->high == NULL
                 ? pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", d->n) : PN_OK;
    if (rc == PN_OK) { rc = score_patients(v, risk, m, d, err); }
    if (rc == PN_OK) { rc = compare_groups(v, &s, err); }
    if (rc == PN_OK) {
        regress(v, m, &s);
        compare_hazards(v, &s);
    }
    if (rc == PN_OK) { rc = judge_horizons(v, m, risk, &s, err); }
    if (rc == PN_OK) { rc = concordances(v, &s, err); }
    if (rc == PN_OK) { rc = follow_up(v, &s, err); }
    free(risk);
    return rc;
}

int pn_validate(pn_validation *out, const cfg_model *m, const pn_train_data *d, pn_error *err)
{
    if (d->n < 2 || d->events == 0 || d->p != m->n_features) {
        return pn_fail(err, PN_EINVAL, "%zu patients with %zu events and %zu features, expected 2 or more, 1 or more "
                       "and the model's %zu", d->n, d->events, d->p, m->n_features);
    }
    pn_validation v = {.patients = d->n, .events = d->events, .uno = NAN, .uno_se = NAN, .slope = NAN,
                       .slope_se = NAN, .slope_p = NAN, .hr = NAN, .hr_low = NAN, .hr_high = NAN, .hr_p = NAN,
                       .logrank = NAN, .logrank_p = NAN, .zph_p = NAN};
    int rc = judge(&v, m, d, err);
    if (rc != PN_OK) {
        pn_validation_free(&v);
        return rc;
    }
    pn_validation_caution(&v, m, d);
    *out = v;
    return PN_OK;
}
