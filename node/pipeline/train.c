#include "pipeline/train.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/baseline.h>
#include <survival/concordance.h>
#include <survival/cox.h>
#include <survival/dist.h>
#include <survival/km.h>
#include <survival/logrank.h>
#include <survival/quantile.h>
#include "pipeline/score.h"
#include "pipeline/train_spread.h"

static const double days_per_year = 365.25;

typedef struct trainer {
    cfg_model m;               /* only what the fit fills                                  */
    pn_train_summary s;
    const pn_train_data *d;
    const pn_train_opts *o;
    sv_surv surv;
    double *z;                 /* standardised features, column by column                  */
    double *lp;                /* score of each patient, by pn_score_linear                */
    int *group;                /* 1: high risk                                             */
    bool *keep;
    pn_error *err;
} trainer;

static int no_memory(pn_error *err)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for training");
}

static int from_sv(pn_error *err, const sv_error *sv, const char *what)
{
    return sv->code == SV_ENOMEM ? no_memory(err)
                                 : pn_fail(err, PN_EINVAL, "%s: %s", what, sv->msg);
}

static void PN_PRINTF(2, 3) warn(trainer *t, const char *fmt, ...)
{
    if (t->s.n_warnings == sizeof t->s.warnings / sizeof t->s.warnings[0]) { return; }
    char *to = t->s.warnings[t->s.n_warnings++];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(to, sizeof t->s.warnings[0], fmt, ap);
    va_end(ap);
}

static int check_events(trainer *t)
{
    const size_t p = t->d->p, events = t->d->events;
    if (p >= events) {
        return pn_fail(t->err, PN_EINVAL, "%zu features and %zu events; a fit needs fewer features "
                       "than events, a sound one ten events a feature", p, events);
    }
    if (10 * p > events) {
        warn(t, "%zu features for %zu events: fewer than ten events a feature, expect overfitting", p,
             events);
    }
    return PN_OK;
}

static int allocate(trainer *t)
{
    const size_t n = t->d->n, p = t->d->p;
    t->lp = malloc(n * sizeof *t->lp);
    t->group = malloc(n * sizeof *t->group);
    t->keep = malloc(n * sizeof *t->keep);
    t->s.terms = calloc(p, sizeof *t->s.terms);
    if (t->lp == NULL || t->group == NULL || t->keep == NULL || t->s.terms == NULL) { return no_memory(t->err); }
    t->s.n_terms = p;
    return PN_OK;
}

/* ---- the features ------------------------------------------------------------------------ */

static int describe_feature(cfg_model_feature *f, double *z, const double *x, size_t n, const char *name, pn_error *err)
{
    sv_error sv = {0};
    if (strlen(name) >= sizeof f->name) { return pn_fail(err, PN_EINVAL, "feature name too long: %.80s...", name); }
    snprintf(f->name, sizeof f->name, "%s", name);
    f->mean = sv_mean(x, n);
    f->sd = sv_sd(x, n);
    if (!(f->sd > 0) || !isfinite(f->sd)) {
        return pn_fail(err, PN_EINVAL, "feature %s: its standard deviation is %g", f->name, f->sd);
    }
    if (sv_quantile(f->quantile, x, n, cfg_quantile_p, CFG_NQUANTILES, &sv) != SV_OK) { return from_sv(err, &sv, f->name); }
    for (size_t i = 0; i < n; i++) { z[i] = (x[i] - f->mean) / f->sd; }
    return PN_OK;
}

/* *z: the standardised features, which are the caller's, also after a failure. */
static int describe(cfg_model *m, double **z, const pn_train_data *d, const pn_train_opts *o, pn_error *err)
{
    *z = malloc(d->n * d->p * sizeof **z);
    m->features = calloc(d->p, sizeof *m->features);
    if (*z == NULL || m->features == NULL) { return no_memory(err); }
    m->n_features = d->p;
    int rc = PN_OK;
    for (size_t j = 0; j < d->p && rc == PN_OK; j++) {
        rc = describe_feature(&m->features[j], *z + j * d->n, d->x + j * d->n, d->n, o->features[j], err);
    }
    return rc == PN_OK ? pn_train_distances(m, *z, d->n, o, err) : rc;
}

int pn_train_describe(cfg_model *m, const pn_train_data *d, const pn_train_opts *opts, pn_error *err)
{
    double *z = NULL;
    int rc = describe(m, &z, d, opts, err);
    free(z);
    return rc;
}

/* ---- the fit --------------------------------------------------------------------------- */

static int check_fit(const trainer *t, const sv_cox *fit)
{
    for (size_t j = 0; j < fit->p; j++) {
        if (fit->flag[j] & SV_COX_DROPPED) {
            return pn_fail(t->err, PN_EINVAL, "feature %s is determined by the features before it",
                           t->o->features[j]);
        }
        if (fit->flag[j] & SV_COX_INFINITE) {
            return pn_fail(t->err, PN_EINVAL, "feature %s separates the events perfectly; its "
                           "coefficient has no finite estimate", t->o->features[j]);
        }
    }
    if (!fit->converged) {
        return pn_fail(t->err, PN_EINVAL, "Cox regression did not converge in %d steps", fit->iter);
    }
    return PN_OK;
}

static void take_coefficients(trainer *t, const sv_cox *fit)
{
    for (size_t j = 0; j < fit->p; j++) {
        double ci[2];
        sv_cox_hazard_ratio_ci(ci, fit, j, 0.95);
        t->m.features[j].coefficient = fit->coef[j];
        t->s.terms[j] = (pn_train_term){t->o->features[j], exp(fit->coef[j]), ci[0], ci[1],
                                        sv_normal_two_sided(fit->coef[j] / fit->se[j])};
    }
    t->s.likelihood_ratio_p = fit->lrt_p;
}

static void take_given(trainer *t)
{
    for (size_t j = 0; j < t->d->p; j++) {
        const double b = t->o->coefficient[j];
        t->m.features[j].coefficient = b;
        t->s.terms[j] = (pn_train_term){t->o->features[j], exp(b), NAN, NAN, NAN};
    }
    t->s.likelihood_ratio_p = NAN;
}

static int fit_cox(trainer *t)
{
    const size_t n = t->d->n, p = t->d->p;
    const sv_matrix z = sv_matrix_colmajor(t->z, n, p);
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    opts.names = t->o->features;
    sv_error sv = {0};
    sv_cox fit;
    int failed = sv_cox_fit(&fit, &z, &t->surv, &opts, &sv);
    if (failed == SV_ENUMERIC) {
        return pn_fail(t->err, PN_EINVAL, "Cox regression: %s; a feature, or several together, may "
                       "separate the events perfectly", sv.msg);
    }
    if (failed != SV_OK) {
        return from_sv(t->err, &sv, "Cox regression");
    }
    int rc = check_fit(t, &fit);
    if (rc == PN_OK) { take_coefficients(t, &fit); }
    sv_cox_free(&fit);
    return rc;
}

static int score_patients(trainer *t)
{
    const size_t n = t->d->n, p = t->d->p;
    double *values = malloc(p * sizeof *values);
    if (values == NULL) { return no_memory(t->err); }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++) { values[j] = t->d->x[j * n + i]; }
        t->lp[i] = pn_score_linear(&t->m, values);
    }
    free(values);
    return PN_OK;
}

/* The steps of H0, and the end of follow-up, up to which H0 is known. */
static int fit_baseline(trainer *t)
{
    sv_baseline b;
    sv_error sv = {0};
    if (sv_baseline_fit(&b, t->lp, &t->surv, SV_TIES_EFRON, &sv) != SV_OK) {
        return from_sv(t->err, &sv, "baseline hazard");
    }
    double *time = malloc(b.n * sizeof *time), *hazard = malloc(b.n * sizeof *hazard);
    size_t n = 0;
    for (size_t i = 0; i < b.n && time != NULL && hazard != NULL; i++) {
        double before = i == 0 ? 0.0 : b.hazard[i - 1];
        if (b.hazard[i] > before || i + 1 == b.n) {
            time[n] = b.time[i];
            hazard[n++] = b.hazard[i];
        }
    }
    sv_baseline_free(&b);
    t->m.baseline_time_days = time;
    t->m.baseline_cumhaz = hazard;
    t->m.n_baseline = n;
    return time != NULL && hazard != NULL ? PN_OK : no_memory(t->err);
}

static void take_horizons(trainer *t)
{
    const double end_days = t->m.baseline_time_days[t->m.n_baseline - 1];
    for (size_t i = 0; i < t->o->n_horizons && i < CFG_MAX_HORIZONS; i++) {
        double years = t->o->horizon_years[i];
        if (years * days_per_year <= end_days) {
            t->m.horizon_years[t->m.n_horizons++] = years;
        } else {
            warn(t, "no survival at %g years: the longest follow-up is %.2f years", years,
                 end_days / days_per_year);
        }
    }
}

/* ---- risk groups ------------------------------------------------------------------------- */

static void split(trainer *t, double cut)
{
    t->s.low = t->s.high = (pn_train_group){0};
    for (size_t i = 0; i < t->d->n; i++) {
        t->group[i] = t->lp[i] > cut;
        pn_train_group *g = t->group[i] ? &t->s.high : &t->s.low;
        g->patients++;
        g->events += (size_t)t->d->event[i];
    }
}

static int choose_cut(trainer *t)
{
    int rc = pn_risk_cut(&t->m.cutpoint, &t->s.cut_p, t->lp, &t->surv, t->o->cut, t->o->cut_value, t->err);
    if (rc != PN_OK) { return rc; }
    split(t, t->m.cutpoint);
    if (t->s.low.patients > 0 && t->s.high.patients > 0) { return PN_OK; }
    double least = t->lp[0], most = t->lp[0];
    for (size_t i = 1; i < t->d->n; i++) {
        least = fmin(least, t->lp[i]);
        most = fmax(most, t->lp[i]);
    }
    return pn_fail(t->err, PN_EINVAL, "cut-point %g leaves no patient in the %s group; the scores lie between %g and %g",
                   t->m.cutpoint, t->s.low.patients == 0 ? "low" : "high", least, most);
}

int pn_train_curve(cfg_km_curve *out, const sv_surv *s, const bool *keep, bool high, const pn_train_group *count,
                   pn_error *err)
{
    const sv_km_opts opts = SV_KM_OPTS_INIT;
    sv_km km;
    sv_error sv = {0};
    if (sv_km_fit(&km, s, keep, &opts, &sv) != SV_OK) { return from_sv(err, &sv, "Kaplan-Meier curve"); }
    snprintf(out->group, sizeof out->group, "%s", pn_score_group(high));
    out->patients = (unsigned)count->patients;
    out->events = (unsigned)count->events;
    out->time_days = malloc(km.n * sizeof *out->time_days);
    out->survival = malloc(km.n * sizeof *out->survival);
    out->n_risk = malloc(km.n * sizeof *out->n_risk);
    bool room = out->time_days != NULL && out->survival != NULL && out->n_risk != NULL;
    for (size_t i = 0; i < km.n && room; i++) {
        if (km.n_event[i] > 0) {
            out->time_days[out->n] = km.time[i];
            out->survival[out->n] = km.surv[i];
            out->n_risk[out->n++] = km.n_risk[i];
        }
    }
    sv_km_free(&km);
    return room ? PN_OK : no_memory(err);
}

static int take_curve(cfg_km_curve *out, trainer *t, bool high)
{
    for (size_t i = 0; i < t->d->n; i++) { t->keep[i] = (t->group[i] == 1) == high; }
    return pn_train_curve(out, &t->surv, t->keep, high, high ? &t->s.high : &t->s.low, t->err);
}

static int compare_groups(trainer *t)
{
    t->m.km = calloc(2, sizeof *t->m.km);
    if (t->m.km == NULL) { return no_memory(t->err); }
    t->m.n_km = 2;
    int rc = take_curve(&t->m.km[0], t, false);
    if (rc == PN_OK) { rc = take_curve(&t->m.km[1], t, true); }
    if (rc != PN_OK) { return rc; }
    sv_logrank test;
    sv_error sv = {0};
    if (sv_logrank_test(&test, &t->surv, t->group, 0.0, &sv) != SV_OK) {
        return from_sv(t->err, &sv, "log-rank test of the groups");
    }
    t->s.logrank_p = test.p;
    sv_logrank_free(&test);
    return PN_OK;
}

static int judge(trainer *t)
{
    sv_concordance c;
    sv_error sv = {0};
    if (sv_concordance_harrell(&c, t->lp, &t->surv, &sv) != SV_OK) {
        return from_sv(t->err, &sv, "concordance");
    }
    if (isnan(c.c)) { return pn_fail(t->err, PN_EINVAL, "no two patients can be compared in time"); }
    t->m.c_index = t->s.c_index = c.c;
    t->m.c_index_se = t->s.c_index_se = c.se;
    t->m.n_patients = (unsigned)t->d->n;
    t->m.n_events = (unsigned)t->d->events;
    return PN_OK;
}

/* ---- putting it together ------------------------------------------------------------------ */

/* Frees what the fit fills, of a model that may hold more. */
static void free_filled(cfg_model *m)
{
    for (size_t i = 0; i < m->n_km; i++) {
        free(m->km[i].time_days);
        free(m->km[i].survival);
        free(m->km[i].n_risk);
    }
    free(m->km);
    free(m->features);
    free(m->correlation);
    free(m->distance_quantile);
    free(m->boot_coefficient);
    free(m->boot_cumhaz);
    free(m->baseline_time_days);
    free(m->baseline_cumhaz);
}

static void hand_over(cfg_model *to, const cfg_model *from)
{
    free_filled(to);
    to->features = from->features;
    to->n_features = from->n_features;
    to->cutpoint = from->cutpoint;
    to->baseline_time_days = from->baseline_time_days;
    to->baseline_cumhaz = from->baseline_cumhaz;
    to->n_baseline = from->n_baseline;
    memcpy(to->horizon_years, from->horizon_years, sizeof to->horizon_years);
    to->n_horizons = from->n_horizons;
    to->n_patients = from->n_patients;
    to->n_events = from->n_events;
    to->c_index = from->c_index;
    to->c_index_se = from->c_index_se;
    to->km = from->km;
    to->n_km = from->n_km;
    to->correlation = from->correlation;
    to->n_correlation = from->n_correlation;
    to->distance_quantile = from->distance_quantile;
    to->n_distance_quantile = from->n_distance_quantile;
    to->max_mahalanobis = from->max_mahalanobis;
    to->bootstrap_seed = from->bootstrap_seed;
    to->bootstrap_drawn = from->bootstrap_drawn;
    to->boot_coefficient = from->boot_coefficient;
    to->n_boot_coefficient = from->n_boot_coefficient;
    to->boot_cumhaz = from->boot_cumhaz;
    to->n_boot_cumhaz = from->n_boot_cumhaz;
}

/* Replicates that failed are told: intervals of the others are too short. */
static int bootstrap(trainer *t)
{
    pn_train_bootstrap_summary *b = &t->s.bootstrap;
    int rc = pn_train_bootstrap(&t->m, b, t->z, &t->surv, t->o, t->err);
    if (rc == PN_OK && b->fitted < b->drawn) {
        warn(t, "%zu of %zu bootstrap samples could not be fitted (%zu without an event, %zu with a "
             "feature that does not vary, %zu with an infinite coefficient, %zu not converged); the "
             "intervals are those of the others", b->drawn - b->fitted, b->drawn, b->no_event, b->dropped,
             b->infinite, b->not_converged);
    }
    return rc;
}

static int run(trainer *t)
{
    const bool given = t->o->coefficient != NULL;
    int rc = given ? PN_OK : check_events(t);
    if (rc == PN_OK) { rc = allocate(t); }
    if (rc == PN_OK) { rc = describe(&t->m, &t->z, t->d, t->o, t->err); }
    if (rc == PN_OK && given) { take_given(t); }
    if (rc == PN_OK && !given) { rc = fit_cox(t); }
    if (rc == PN_OK) { rc = score_patients(t); }
    if (rc == PN_OK) { rc = fit_baseline(t); }
    if (rc != PN_OK) { return rc; }
    take_horizons(t);
    if (!given) { rc = bootstrap(t); }
    if (rc == PN_OK) { rc = choose_cut(t); }
    if (rc == PN_OK) { rc = compare_groups(t); }
    return rc == PN_OK ? judge(t) : rc;
}

int pn_train_fit(cfg_model *m, pn_train_summary *summary, const pn_train_data *d,
                 const pn_train_opts *opts, pn_error *err)
{
    trainer *t = calloc(1, sizeof *t);
    if (t == NULL) { return no_memory(err); }
    t->d = d;
    t->o = opts;
    t->err = err;
    t->surv = (sv_surv){.n = d->n, .time = d->time_days, .event = d->event};
    int rc = run(t);
    if (rc == PN_OK) {
        hand_over(m, &t->m);
        *summary = t->s;
    } else {
        free_filled(&t->m);
        pn_train_summary_free(&t->s);
    }
    free(t->z);
    free(t->lp);
    free(t->group);
    free(t->keep);
    free(t);
    return rc;
}

void pn_train_summary_free(pn_train_summary *s)
{
    if (s == NULL) { return; }
    free(s->terms);
    *s = (pn_train_summary){0};
}
