#include "pipeline/compare.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/baseline.h>
#include <survival/correlation.h>
#include "pipeline/score.h"
#include "pipeline/score_patients.h"

static const sv_difference unknown = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};

/* What a model says of the patients. */
typedef struct judged { const cfg_model *m; double *score, *risk; bool *high; } judged;

static int fail_with(pn_error *err, const sv_error *sv)
{
    return sv->code == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "%s", sv->msg)
                                 : pn_fail(err, PN_EINVAL, "%s", sv->msg);
}

static void warn(pn_comparison *c, const char *fmt, ...) PN_PRINTF(2, 3);
static void warn(pn_comparison *c, const char *fmt, ...)
{
    if (c->n_warnings == PN_VALIDATION_WARNINGS) { return; }
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(c->warnings[c->n_warnings++], sizeof c->warnings[0], fmt, ap);
    va_end(ap);
}

static void judged_free(judged *j)
{
    free(j->score);
    free(j->risk);
    free(j->high);
}

static int judge_patients(judged *j, const cfg_model *m, const pn_train_data *d, pn_error *err)
{
    *j = (judged){.m = m, .score = calloc(d->n, sizeof *j->score), .high = calloc(d->n, sizeof *j->high),
                  .risk = calloc(d->n * (m->n_horizons + 1), sizeof *j->risk)};
    if (j->score == NULL || j->high == NULL || j->risk == NULL) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", d->n);
    }
    return pn_score_patients(j->score, j->high, j->risk, m, d, err);
}

/* ---- Horizons -------------------------------------------------------------------------------- */

/* Risks by `years` into out[n]; false where the model has none for all of them. */
static bool risks_by(double *out, const judged *j, size_t n, double years)
{
    size_t k = 0;
    while (k < j->m->n_horizons && fabs(j->m->horizon_years[k] - years) > 1e-9) { k++; }
    bool known = k < j->m->n_horizons;
    for (size_t i = 0; known && i < n; i++) {
        out[i] = j->risk[i * j->m->n_horizons + k];
        known = isfinite(out[i]);
    }
    return known;
}

static int judge_risks(pn_comparison_horizon *h, const double *first, const double *other, const sv_surv *s,
                       const pn_compare_opts *o, pn_error *err)
{
    const double t = h->years * PN_DAYS_PER_YEAR;
    const sv_reclassify_opts r = {.t = t, .limits = o->limits, .n_limits = o->n_limits, .replicates = o->replicates,
                                  .seed = o->seed, .level = 0.95};
    double thresholds[PN_DECISION_POINTS];
    sv_error sv = {0};
    for (size_t k = 0; k < PN_DECISION_POINTS; k++) { thresholds[k] = 0.01 + 0.02 * (double)k; }
    if (sv_compare_brier(&h->brier, NULL, &t, 1, first, other, s, &sv) != SV_OK ||
        sv_reclassify(&h->moved, other, first, s, &r, &sv) != SV_OK ||
        sv_decision_survival(h->decision[0], first, s, t, thresholds, PN_DECISION_POINTS, &sv) != SV_OK ||
        sv_decision_survival(h->decision[1], other, s, t, thresholds, PN_DECISION_POINTS, &sv) != SV_OK) {
        return fail_with(err, &sv);
    }
    h->risks = true;
    return PN_OK;
}

/* Horizons that were watched come first: their number. `end`: after it nobody's status is known. */
static size_t list_horizons(pn_comparison *c, const cfg_model *m, double end)
{
    size_t watched = 0;
    for (size_t k = 0; k < m->n_horizons; k++) {
        pn_comparison_horizon *h = &c->horizon[c->n_horizons++];
        h->years = m->horizon_years[k];
        h->auc = h->brier = unknown;
        h->auc_p_adjusted = NAN;
        if (h->years * PN_DAYS_PER_YEAR < end) {
            watched = k + 1;
            c->uno_days = h->years * PN_DAYS_PER_YEAR;
        } else {
            warn(c, "nothing at %g years: the longest follow-up is %.2f years", h->years, end / PN_DAYS_PER_YEAR);
        }
    }
    return watched;
}

static int compare_aucs(pn_comparison *c, double *times, size_t n_times, const judged *a, const judged *b, const sv_surv *s,
                        pn_error *err)
{
    sv_difference d[CFG_MAX_HORIZONS];
    double p[CFG_MAX_HORIZONS];
    sv_error sv = {0};
    for (size_t k = 0; k < n_times; k++) { times[k] = c->horizon[k].years * PN_DAYS_PER_YEAR; }
    if (n_times == 0) { return PN_OK; }
    if (sv_compare_auc(d, p, times, n_times, a->score, b->score, s, &sv) != SV_OK) { return fail_with(err, &sv); }
    for (size_t k = 0; k < n_times; k++) {
        c->horizon[k].auc = d[k];
        c->horizon[k].auc_p_adjusted = p[k];
    }
    return PN_OK;
}

static int compare_risks(pn_comparison *c, size_t n_times, const judged *a, const judged *b, const sv_surv *s,
                         const pn_compare_opts *o, pn_error *err)
{
    double *risk = calloc(2 * s->n, sizeof *risk);
    int rc = risk == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for risks") : PN_OK;
    for (size_t k = 0; rc == PN_OK && k < n_times; k++) {
        pn_comparison_horizon *h = &c->horizon[k];
        if (risks_by(risk, a, s->n, h->years) && risks_by(risk + s->n, b, s->n, h->years)) {
            rc = judge_risks(h, risk, risk + s->n, s, o, err);
        } else {
            warn(c, "no risks are compared at %g years: one of the models predicts none then", h->years);
        }
        if (o->progress != NULL) { o->progress(o->context, k + 1, n_times); }
    }
    free(risk);
    return rc;
}

/* risk[i * GRID + k] of Cox models: their curves have a value at any time. */
enum { GRID = 40 };
static bool risks_on_grid(double *risk, const judged *j, const double *times, size_t n)
{
    for (size_t k = 0; k < GRID; k++) {
        double h0 = pn_score_baseline(j->m, times[k]);
        if (!isfinite(h0)) { return false; }
        for (size_t i = 0; i < n; i++) { risk[i * GRID + k] = 1 - sv_survival_probability(h0, j->score[i]); }
    }
    return true;
}

/* Integrated Brier score until the last horizon at which risks were compared. */
static int integrate(pn_comparison *c, const judged *a, const judged *b, const sv_surv *s, pn_error *err)
{
    double times[GRID];
    sv_difference each[GRID];
    sv_error sv = {0};
    for (size_t k = 0; k < c->n_horizons; k++) { c->ibs_years = c->horizon[k].risks ? c->horizon[k].years : c->ibs_years; }
    if (!(c->ibs_years > 0) || a->m->method != CFG_RISK_COX || b->m->method != CFG_RISK_COX) { return PN_OK; }
    for (size_t k = 0; k < GRID; k++) { times[k] = c->ibs_years * PN_DAYS_PER_YEAR * (double)(k + 1) / GRID; }
    double *risk = calloc(2 * GRID * s->n, sizeof *risk);
    if (risk == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for risks"); }
    int rc = PN_OK;
    if (risks_on_grid(risk, a, times, s->n) && risks_on_grid(risk + GRID * s->n, b, times, s->n) &&
        sv_compare_brier(each, &c->ibs, times, GRID, risk, risk + GRID * s->n, s, &sv) != SV_OK) {
        rc = fail_with(err, &sv);
    }
    free(risk);
    return rc;
}

/* ---- All ------------------------------------------------------------------------------------- */

static int compare_scores(pn_comparison *c, const judged *a, const judged *b, const sv_surv *s, pn_error *err)
{
    sv_error sv = {0};
    sv_test rho;
    if (!(c->uno_days > 0)) {
        for (size_t i = 0; i < s->n; i++) { c->uno_days = s->event[i] == 1 ? fmax(c->uno_days, s->time[i]) : c->uno_days; }
    }
    if (sv_compare_harrell(&c->harrell, a->score, b->score, s, &sv) != SV_OK) { return fail_with(err, &sv); }
    c->uno = c->ibs = unknown;
    if (c->uno_days > 0 && sv_compare_uno(&c->uno, a->score, b->score, c->uno_days, s, &sv) != SV_OK) {
        return fail_with(err, &sv);
    }
    c->spearman = sv_spearman(&rho, a->score, b->score, s->n, SV_TEST_AUTO, NULL) == SV_OK ? rho.estimate : (double)NAN;
    for (size_t i = 0; i < s->n; i++) { c->group[a->high[i]][b->high[i]]++; }
    return PN_OK;
}

static int add_clinical(pn_comparison *c, const judged *a, const judged *b, const double *times, size_t n_times,
                        const sv_surv *s, const pn_compare_opts *o, pn_error *err)
{
    const judged *both[2] = {a, b};
    c->n_clinical = o->clinical->p;
    for (size_t k = 0; k < 2; k++) {
        int rc = pn_added_value_of(&c->added[k], both[k]->score, o->clinical, s, times, n_times, err);
        if (rc != PN_OK) { return rc; }
    }
    return PN_OK;
}

static int compare(pn_comparison *c, const judged *a, const judged *b, const sv_surv *s, const pn_compare_opts *o,
                   pn_error *err)
{
    double end = 0, times[CFG_MAX_HORIZONS];
    for (size_t i = 0; i < s->n; i++) { end = fmax(end, s->time[i]); }
    const size_t watched = list_horizons(c, a->m, end);
    int rc = compare_scores(c, a, b, s, err);
    if (rc == PN_OK) { rc = compare_aucs(c, times, watched, a, b, s, err); }
    if (rc == PN_OK && o->clinical != NULL) { rc = add_clinical(c, a, b, times, watched, s, o, err); }
    if (rc == PN_OK) { rc = compare_risks(c, watched, a, b, s, o, err); }
    return rc == PN_OK ? integrate(c, a, b, s, err) : rc;
}

int pn_compare(pn_comparison *out, const cfg_model *first, const pn_train_data *d_first, const cfg_model *other,
               const pn_train_data *d_other, const pn_compare_opts *opts, pn_error *err)
{
    if (d_first->n < 2 || d_first->events == 0 || d_first->n != d_other->n || d_first->p != first->n_features ||
        d_other->p != other->n_features) {
        return pn_fail(err, PN_EINVAL, "%zu and %zu patients with %zu events, expected the same 2 or more with 1 or more",
                       d_first->n, d_other->n, d_first->events);
    }
    const sv_surv s = {.n = d_first->n, .time = d_first->time_days, .event = d_first->event};
    pn_comparison *c = calloc(1, sizeof *c);
    judged a = {0}, b = {0};
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a comparison"); }
    *c = (pn_comparison){.patients = s.n, .events = d_first->events, .replicates = opts->replicates,
                         .n_limits = opts->n_limits};
    int rc = judge_patients(&a, first, d_first, err);
    if (rc == PN_OK) { rc = judge_patients(&b, other, d_other, err); }
    if (rc == PN_OK) { rc = compare(c, &a, &b, &s, opts, err); }
    if (rc == PN_OK && c->events < 100) {
        warn(c, "%zu events: few differences between models show with fewer than 100", c->events);
    }
    if (rc == PN_OK) { *out = *c; }
    judged_free(&a);
    judged_free(&b);
    free(c);
    return rc;
}
