#include "pipeline/hazard_ratios.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/cox.h>
#include <survival/cox_variants.h>
#include <survival/dist.h>
#include <survival/quantile.h>

/* Columns of a model, with what they are. */
typedef struct design {
    size_t n, p;
    const double *column[PN_MAX_CLINICAL_TERMS + 2];
    const char *name[PN_MAX_CLINICAL_TERMS + 2], *detail[PN_MAX_CLINICAL_TERMS + 2];
} design;

static void add(design *g, const double *column, const char *name, const char *detail)
{
    g->column[g->p] = column;
    g->name[g->p] = name;
    g->detail[g->p++] = detail;
}

static void take_results(pn_hazard_ratio *row, const sv_cox *fit, size_t j)
{
    double ci[2];
    if (fit->flag[j] != 0 || !fit->converged) { return; }
    sv_cox_hazard_ratio_ci(ci, fit, j, 0.95);
    row->ratio = exp(fit->coef[j]);
    row->low = ci[0];
    row->high = ci[1];
    row->p = sv_normal_two_sided(fit->coef[j] / fit->se[j]);
}

/* Where a group has no event, or one without end: Firth's likelihood has a highest point all the same. */
static void fit_by_firth(pn_hazard_ratio *row, const sv_matrix *x, const sv_surv *s)
{
    sv_firth f;
    if (sv_cox_fit_firth(&f, x, s, 0.95, NULL, NULL) != SV_OK) { return; }
    for (size_t j = 0; j < x->cols; j++) {
        size_t used = strlen(row[j].detail);
        (void)snprintf(row[j].detail + used, sizeof row[j].detail - used, ", Firth");
        row[j].ratio = exp(f.fit.coef[j]);
        row[j].low = exp(f.lower[j]);
        row[j].high = exp(f.upper[j]);
        row[j].p = f.p_value[j];
    }
    sv_firth_free(&f);
}

static int fit_matrix(pn_adjusted *out, pn_hazard_ratio *row, const sv_matrix *x, const sv_surv *s, pn_error *err)
{
    const sv_cox_opts o = SV_COX_OPTS_INIT;
    sv_cox fit;
    sv_error sv = {0};
    unsigned flags = 0;
    if (sv_cox_fit(&fit, x, s, &o, &sv) != SV_OK) {
        if (sv.code == SV_ENOMEM) { return pn_fail_transient(err, PN_ENOMEM, "%s", sv.msg); }
        (void)snprintf(out->trouble, sizeof out->trouble, "%.150s", sv.msg);
        return PN_OK;
    }
    for (size_t j = 0; j < x->cols; j++) {
        flags |= fit.flag[j];
        take_results(&row[j], &fit, j);
    }
    if (flags == SV_COX_INFINITE) {
        fit_by_firth(row, x, s);
    } else if (!fit.converged) {
        (void)snprintf(out->trouble, sizeof out->trouble, "the fit did not converge");
    }
    sv_cox_free(&fit);
    return PN_OK;
}

/* Fit columns [from, from + p) to the patients who have them all; the numbers go into row[0..p). */
static int fit_columns(pn_adjusted *out, pn_hazard_ratio *row, const design *g, size_t from, size_t p, const pn_train_data *d,
                       pn_error *err)
{
    double *x = calloc(g->n * p + 1, sizeof *x), *time = calloc(g->n + 1, sizeof *time);
    int *event = calloc(g->n + 1, sizeof *event), rc = PN_OK;
    size_t n = 0, events = 0;
    if (x == NULL || time == NULL || event == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for a Cox model of %zu patients", g->n);
    }
    for (size_t i = 0; i < g->n && rc == PN_OK; i++) {
        bool whole = true;
        for (size_t j = 0; j < p; j++) {
            x[n * p + j] = g->column[from + j][i];
            whole = whole && isfinite(x[n * p + j]);
        }
        if (!whole) { continue; }
        time[n] = d->time_days[i];
        events += d->event[i] == 1;
        event[n++] = d->event[i];
    }
    out->patients = n;
    out->events = events;
    if (rc == PN_OK) {
        const sv_matrix m = sv_matrix_rowmajor(x, n, p);
        const sv_surv s = {.n = n, .time = time, .event = event};
        rc = fit_matrix(out, row, &m, &s, err);
    }
    free(x);
    free(time);
    free(event);
    return rc;
}

static int make_rows(pn_adjusted *out, const design *g, const char *title, pn_error *err)
{
    *out = (pn_adjusted){.row = calloc(g->p + 1, sizeof *out->row), .n_rows = g->p};
    if (out->row == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for hazard ratios"); }
    (void)snprintf(out->title, sizeof out->title, "%s", title);
    for (size_t j = 0; j < g->p; j++) {
        pn_hazard_ratio *r = &out->row[j];
        *r = (pn_hazard_ratio){.ratio = NAN, .low = NAN, .high = NAN, .p = NAN};
        (void)snprintf(r->name, sizeof r->name, "%s", g->name[j]);
        (void)snprintf(r->detail, sizeof r->detail, "%s", g->detail[j]);
    }
    return PN_OK;
}

/* Each variable by itself: the terms of one name together, as they are one variable. */
static int fit_alone(pn_adjusted *out, const design *g, const pn_train_data *d, pn_error *err)
{
    int rc = make_rows(out, g, "one variable at a time", err);
    for (size_t j = 0, p; j < g->p && rc == PN_OK; j += p) {
        for (p = 1; j + p < g->p && strcmp(g->name[j + p], g->name[j]) == 0; p++) { }
        rc = fit_columns(out, out->row + j, g, j, p, d, err);
        for (size_t k = j; k < j + p && out->patients < d->n; k++) {
            size_t used = strlen(out->row[k].detail);
            (void)snprintf(out->row[k].detail + used, sizeof out->row[k].detail - used, ", n %zu", out->patients);
        }
    }
    out->patients = d->n;
    out->events = d->events;
    out->trouble[0] = '\0';
    return rc;
}

static int fit_together(pn_adjusted *out, const double *first, const char *name, const char *detail, const pn_clinical_columns *c,
                        const pn_train_data *d, pn_error *err)
{
    design g = {.n = d->n};
    char title[96];
    add(&g, first, name, detail);
    for (size_t k = 0; k < c->p; k++) { add(&g, c->x + k * c->n, c->term[k].name, c->term[k].detail); }
    (void)snprintf(title, sizeof title, "the %s and the others together", name);
    int rc = make_rows(out, &g, title, err);
    return rc == PN_OK ? fit_columns(out, out->row, &g, 0, g.p, d, err) : rc;
}

int pn_forest_fit(pn_forest *out, const pn_train_data *d, const double *score, const bool *high, const pn_clinical_columns *c,
                  pn_error *err)
{
    static const char *const per_sd = "per SD", *const groups = "high against low";
    pn_forest f = {0};
    double *scaled = calloc(2 * d->n + 1, sizeof *scaled);
    if (scaled == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", d->n); }
    double *is_high = scaled + d->n, sd = sv_sd(score, d->n);
    for (size_t i = 0; i < d->n; i++) {
        scaled[i] = sd > 0 ? score[i] / sd : 0;
        is_high[i] = high[i];
    }
    design g = {.n = d->n};
    add(&g, scaled, "score", per_sd);
    add(&g, is_high, "risk group", groups);
    for (size_t k = 0; c != NULL && k < c->p; k++) { add(&g, c->x + k * c->n, c->term[k].name, c->term[k].detail); }
    int rc = fit_alone(&f.alone, &g, d, err);
    if (rc == PN_OK && c != NULL && c->p > 0) { rc = fit_together(&f.with_score, scaled, "score", per_sd, c, d, err); }
    if (rc == PN_OK && c != NULL && c->p > 0) { rc = fit_together(&f.with_group, is_high, "risk group", groups, c, d, err); }
    free(scaled);
    if (rc == PN_OK) { *out = f; } else { pn_forest_free(&f); }
    return rc;
}

void pn_forest_free(pn_forest *f)
{
    if (f == NULL) { return; }
    free(f->alone.row);
    free(f->with_score.row);
    free(f->with_group.row);
    *f = (pn_forest){0};
}
