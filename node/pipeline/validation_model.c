/* validation_model.c - the model written out, as nomogram, and its features in the patients validated on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <survival/quantile.h>
#include <survival/redundancy.h>
#include "pipeline/score.h"
#include "pipeline/validation_parts.h"
#include "plot/heat.h"
#include "plot/nomogram_plot.h"

enum { MAX_CORRELATED = 200 };

/* ---- Equation -------------------------------------------------------------------------------- */

static void put_coefficients(pn_sheet *s, const pn_validation_content *c)
{
    static const double share[] = {6, 2.4, 2.4, 1.6, 1.6};
    static const char *const head[] = {"feature", "training mean (spread)", "here", "coefficient", "hazard ratio"};
    const cfg_model *m = c->m;
    pn_sheet_table(s, m->method == CFG_RISK_COX ? 5 : 3, share, head);       /* networks have no coefficients */
    for (size_t j = 0; j < m->n_features; j++) {
        const cfg_model_feature *f = &m->features[j];
        const double *x = c->d->x + j * c->d->n;
        char coefficient[PN_NUMBER_SIZE], ratio[PN_NUMBER_SIZE], there[PN_NUMBER_SIZE], here[PN_NUMBER_SIZE];
        (void)snprintf(coefficient, sizeof coefficient, "%.6g", f->coefficient);
        (void)snprintf(ratio, sizeof ratio, "%.4g", exp(f->coefficient));
        (void)snprintf(there, sizeof there, "%.6g (%.4g)", f->mean, f->sd);
        (void)snprintf(here, sizeof here, "%.6g (%.4g)", sv_mean(x, c->d->n), sv_sd(x, c->d->n));
        pn_sheet_row(s, (const char *const[]){f->name, there, here, coefficient, ratio});
    }
    pn_sheet_table_end(s);
}

static void put_baseline(pn_sheet *s, const cfg_model *m)
{
    static const double share[] = {1, 1, 1};
    static const char *const head[] = {"years", "baseline survival S0", "cumulative baseline hazard H0"};
    if (m->n_horizons == 0) { return; }
    pn_sheet_table(s, 3, share, head);
    for (size_t h = 0; h < m->n_horizons; h++) {
        char years[PN_NUMBER_SIZE], survival[PN_NUMBER_SIZE], hazard[PN_NUMBER_SIZE];
        double h0 = pn_score_baseline(m, m->horizon_years[h] * PN_DAYS_PER_YEAR);
        (void)snprintf(years, sizeof years, "%g", m->horizon_years[h]);
        pn_sheet_row(s, (const char *const[]){years, pn_number_text(survival, exp(-h0), 6), pn_number_text(hazard, h0, 6)});
    }
    pn_sheet_table_end(s);
}

static int by_span(const void *a, const void *b)
{
    const pn_nomogram_variable *x = a, *y = b;
    double dx = fabs(x->coefficient) * (x->high - x->low), dy = fabs(y->coefficient) * (y->high - y->low);
    return dx > dy ? -1 : dx < dy;
}

/* The values between the 5 % and the 95 % quantile of the training patients, the longest scale first. */
static void put_nomogram(pn_sheet *s, const cfg_model *m)
{
    pn_nomogram_variable v[PN_NOMOGRAM_MAX_VARIABLES];
    pn_nomogram_horizon horizon[PN_NOMOGRAM_MAX_HORIZONS];
    size_t n = 0, horizons = 0;
    double centre = 0;
    for (size_t j = 0; j < m->n_features; j++) {
        const cfg_model_feature *f = &m->features[j];
        double per_unit = f->coefficient / f->sd, low = f->quantile[1], high = f->quantile[CFG_NQUANTILES - 2];
        centre += per_unit * f->mean;
        if (!(fabs(per_unit) > 0)) { continue; }
        if (n == PN_NOMOGRAM_MAX_VARIABLES || !(high > low)) {
            pn_sheet_text(s, "No nomogram: %s.", n == PN_NOMOGRAM_MAX_VARIABLES ? "there are too many features to add by hand"
                                                                               : "the training values of a feature do not vary");
            return;
        }
        v[n++] = (pn_nomogram_variable){f->name, per_unit, low, high};
    }
    for (size_t h = 0; h < m->n_horizons && horizons < PN_NOMOGRAM_MAX_HORIZONS; h++) {
        double hazard = pn_score_baseline(m, m->horizon_years[h] * PN_DAYS_PER_YEAR) * exp(-centre);
        if (hazard > 0 && isfinite(hazard)) { horizon[horizons++] = (pn_nomogram_horizon){m->horizon_years[h], hazard}; }
    }
    if (n == 0) { return; }
    qsort(v, n, sizeof *v, by_span);
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_WIDE, pn_nomogram_height(n, horizons), "Nomogram",
                                   "Points of each feature's value are read above it and added; below the total stands the survival. "
                                   "Values from the 5 % to the 95 % quantile of the training patients.");
    if (!pn_nomogram_draw(c, v, n, horizon, horizons)) {
        const pn_type type = {8, PN_MUTED, PN_START, false};
        pn_canvas_text(c, 0, 12, &type, "There is no such scale for this model.");
    }
    pn_sheet_figure_end(s);
}

void pn_put_equation(pn_sheet *s, const pn_validation_content *c)
{
    pn_sheet_heading(s, 2, "The model");
    if (c->m->method == CFG_RISK_COX) {
        pn_sheet_text(s, "Score = sum of coefficient \xc3\x97 (value - training mean) / training spread. Survival at t: "
                      "S(t) = S0(t) to the power of exp(score), S0(t) = exp(-H0(t)). High risk: score above %.6g.", c->m->cutpoint);
    } else {
        pn_sheet_text(s, "Score = mean of %zu networks of %zu hidden nodes each, whose weights the model file holds. High risk: score above "
                      "%.6g. Survival is that of the training patients of the same group.", c->m->elm.n_networks, c->m->elm.hidden,
                      c->m->cutpoint);
    }
    put_coefficients(s, c);
    if (c->m->method != CFG_RISK_COX) { return; }
    put_baseline(s, c->m);
    put_nomogram(s, c->m);
}

/* ---- Features -------------------------------------------------------------------------------- */

typedef struct ranked { double key; size_t at; } ranked;

static int by_key(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key ? 1 : x->at < y->at ? -1 : x->at > y->at;
}

/* Features as rows, from the one that raises the score most to the one that lowers it most; patients as
 * columns by their score. */
static void put_heat(pn_sheet *s, const pn_validation_content *c)
{
    const cfg_model *m = c->m;
    const pn_train_data *d = c->d;
    size_t n = d->n, p = m->n_features, low_risk = c->v->group_patients[0];
    double *v = calloc(n * p + 1, sizeof *v);
    ranked *column = calloc(n + 1, sizeof *column), *row = calloc(p + 1, sizeof *row);
    const char **name = calloc(p + 1, sizeof *name);
    bool *event = calloc(n + 1, sizeof *event);
    bool whole = v != NULL && column != NULL && row != NULL && name != NULL && event != NULL;
    for (size_t i = 0; whole && i < n; i++) { column[i] = (ranked){c->v->score[i], i}; }
    for (size_t j = 0; whole && j < p; j++) { row[j] = (ranked){-m->features[j].coefficient, j}; }
    if (whole) {
        qsort(column, n, sizeof *column, by_key);
        qsort(row, p, sizeof *row, by_key);
    }
    for (size_t j = 0; whole && j < p; j++) {
        const cfg_model_feature *f = &m->features[row[j].at];
        name[j] = f->name;
        for (size_t i = 0; i < n; i++) { v[j * n + i] = (d->x[row[j].at * n + column[i].at] - f->mean) / f->sd; }
    }
    for (size_t i = 0; whole && i < n; i++) { event[i] = d->event[column[i].at] == 1; }
    const pn_heat h = {.v = v, .rows = p, .columns = n, .low = -3, .high = 3, .two_sided = true, .row_name = name, .bar = event,
                       .bar_name = "event", .mark = &low_risk, .n_marks = 1, .scale = "training spreads above the training mean"};
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, pn_heat_height(&h), "Features of the patients, ordered by score",
                                        "A column is a patient, the lowest score on the left; the upright line parts low from high "
                                        "risk. Bar: dark where the event was seen.");
    canvas->no_memory = !whole;
    if (whole) { pn_heat_draw(canvas, &h); }
    pn_sheet_figure_end(s);
    free(v);
    free(column);
    free(row);
    free(name);
    free(event);
}

static void put_correlations(pn_sheet *s, const pn_validation_content *c)
{
    size_t p = c->m->n_features;
    const sv_matrix x = sv_matrix_colmajor(c->d->x, c->d->n, p);
    double *r = calloc(p * p + 1, sizeof *r);
    const char **name = calloc(p + 1, sizeof *name);
    sv_error sv = {0};
    bool whole = r != NULL && name != NULL && sv_spearman_matrix(r, &x, &sv) == SV_OK;
    for (size_t j = 0; whole && j < p; j++) { name[j] = c->m->features[j].name; }
    const pn_heat h = {.v = r, .rows = p, .columns = p, .low = -1, .high = 1, .two_sided = true, .row_name = name,
                       .scale = "Spearman's correlation among these patients"};
    double height = fmin(fmax(pn_heat_height(&h), 110), 380);
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, height, "Correlation of the features", "Columns in the order of the rows");
    canvas->no_memory = !whole;
    if (whole) { pn_heat_draw(canvas, &h); }
    pn_sheet_figure_end(s);
    free(r);
    free(name);
}

void pn_put_features(pn_sheet *s, const pn_validation_content *c)
{
    pn_sheet_heading(s, 2, "Features");
    put_heat(s, c);
    if (c->m->n_features > 1 && c->m->n_features <= MAX_CORRELATED) { put_correlations(s, c); }
}
