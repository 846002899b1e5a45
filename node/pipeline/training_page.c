#include "pipeline/training_page.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/csv.h"
#include "pipeline/validation_parts.h"
#include "plot/axes.h"
#include "plot/forest.h"

enum { MAX_ROWS = 60, MAX_LEGEND = 8 };

static void put_identity(pn_sheet *s, const pn_training_content *c)
{
    static const double share[] = {1, 2.6};
    const cfg_model *m = c->m;
    char text[PN_NUMBER_SIZE];
    pn_sheet_heading(s, 1, "Training of %s", m->title[0] != '\0' ? m->title : m->id);
    pn_sheet_note(s, "All on this page is of the patients that the model was made from. How good it is, other patients tell: prognode "
                  "validate.");
    pn_sheet_table(s, 2, share, NULL);
    pn_sheet_fact(s, "Model", "%s %s", m->id, m->version);
    pn_sheet_fact(s, "Made from", "%s: %u patients, %u events", c->table, m->n_patients, m->n_events);
    pn_sheet_fact(s, "SHA-256 of its tables", "%s", m->table_sha256);
    pn_sheet_fact(s, "C-index, apparent", "%s (SE %.3f)", pn_number_text(text, m->c_index, 3), m->c_index_se);
    pn_sheet_fact(s, "Cut-point", "%.6g: %zu patients with %zu events low, %zu with %zu high", m->cutpoint, c->s->low.patients,
                  c->s->low.events, c->s->high.patients, c->s->high.events);
    pn_sheet_table_end(s);
    for (size_t i = 0; i < c->s->n_warnings; i++) { pn_sheet_note(s, "%s", c->s->warnings[i]); }
}

static void put_terms(pn_sheet *s, const pn_train_summary *t)
{
    pn_forest_row rows[MAX_ROWS];
    pn_sheet_heading(s, 2, "Hazard ratios");
    for (size_t from = 0, take; from < t->n_terms; from += take) {
        take = t->n_terms - from < 40 ? t->n_terms - from : 40;
        for (size_t i = 0; i < take; i++) {
            const pn_train_term *k = &t->terms[from + i];
            rows[i] = (pn_forest_row){k->name, "per SD", k->hazard_ratio, k->low, k->high, k->p, false};
        }
        pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_WIDE, pn_forest_height(take), "Cox model", from + take < t->n_terms ? ""
                                       : "95 % Wald intervals; where features were selected on these patients, too good by what the search found by chance");
        pn_forest_draw(c, rows, take, "hazard ratio");
        pn_sheet_figure_end(s);
    }
}

/* ---- Optimism -------------------------------------------------------------------------------- */

static void put_measures(pn_sheet *s, const sv_validation *v)
{
    static const char *const names[SV_VALID_COUNT] = {"Dxy", "R2 (Nagelkerke)", "calibration slope", "D (discrimination)", "U (unreliability)", "Q (D - U)",
                                                      "g (Gini)"};
    static const double share[] = {2, 1, 1, 1};
    pn_sheet_table(s, 4, share, (const char *const[]){"measure", "apparent", "optimism", "corrected"});
    for (size_t k = 0; k <= SV_VALID_COUNT; k++) {
        bool c_index = k == 0;                           /* (Dxy + 1) / 2 */
        const sv_validated *q = &v->measure[c_index ? SV_VALID_DXY : k - 1];
        char a[32], o[32], r[32];
        double scale = c_index ? 0.5 : 1, shift = c_index ? 0.5 : 0;
        (void)snprintf(a, sizeof a, "%.4f", scale * q->apparent + shift);
        (void)snprintf(o, sizeof o, "%.4f", scale * q->optimism);
        (void)snprintf(r, sizeof r, "%.4f", scale * q->corrected + shift);
        pn_sheet_row(s, (const char *const[]){c_index ? "C-index" : names[k - 1], a, o, r});
    }
    pn_sheet_table_end(s);
}

static void put_calibration(pn_sheet *s, const sv_validation *v, double years)
{
    static const double diagonal[] = {0, 1};
    static const pn_pen grey = {PN_BOX_LINE, 1, PN_DOTTED};
    static const pn_legend legend[] = {{"corrected", {PN_LOW_RISK, 0, PN_SOLID}, true, PN_DISC},
                                       {"apparent", {PN_HIGH_RISK, 0, PN_SOLID}, true, PN_TRIANGLE}};
    char title[64], caption[200];
    (void)snprintf(title, sizeof title, "Calibration at %.3g year%s", years, fabs(years - 1) < 1e-9 ? "" : "s");
    (void)snprintf(caption, sizeof caption, "%zu groups by predicted risk, observed by Kaplan-Meier, corrected for optimism by %zu bootstrap samples",
                   v->n_bins, v->n);
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, 200, title, caption);
    pn_axes a = pn_axes_on(c, PN_LEGEND_LINE, 0);
    pn_axes_draw(&a, "predicted risk", "observed risk");
    pn_axes_legend(&a, legend, 2);
    pn_axes_line(&a, diagonal, diagonal, 2, &grey);
    for (size_t b = 0; b < v->n_bins; b++) {
        const sv_calibration_bin *k = &v->bin[b];
        pn_axes_point(&a, 1 - k->group.predicted, 1 - k->group.observed, NAN, NAN, PN_TRIANGLE, PN_HIGH_RISK);
        pn_axes_point(&a, 1 - k->group.predicted, 1 - k->corrected, NAN, NAN, PN_DISC, PN_LOW_RISK);
    }
    pn_sheet_figure_end(s);
}

static void put_optimism(pn_sheet *s, const pn_training_content *c)
{
    const pn_optimism *o = c->optimism;
    pn_sheet_heading(s, 2, "Optimism, by the bootstrap");
    pn_sheet_text(s, "The model was fitted again to %zu of %zu samples drawn from these patients and judged on all of them; what it lost "
                  "there is its optimism.%s", o->at[0].n, o->at[0].asked, c->path != NULL ? " The features were not selected again in each sample: "
                  "the optimism of the selection is not in these figures." : "");
    put_measures(s, &o->at[0]);
    for (size_t h = 0; h < o->n; h++) { put_calibration(s, &o->at[h], o->years[h]); }
}

/* ---- LASSO ----------------------------------------------------------------------------------- */

/* -log10 of the penalty: from the empty model on the left to the full one. */
static double *place_lambdas(const pn_selection_path *p)
{
    double *x = calloc(p->fits.n_lambda + 1, sizeof *x);
    for (size_t k = 0; x != NULL && k < p->fits.n_lambda; k++) { x[k] = -log10(p->fits.lambda[k]); }
    return x;
}

static pn_axes lambda_axes(pn_canvas *c, const pn_selection_path *p, const double *x, double above)
{
    pn_axes a = pn_axes_on(c, above, 0);
    size_t last = p->fits.n_lambda - 1;
    a.x_low = x[0];
    a.x_high = last > 0 ? x[last] : x[0] + 1;
    return a;
}

static pn_pen pen_of(size_t i)
{
    static const uint32_t colours[] = {PN_LOW_RISK, PN_HIGH_RISK, PN_GOOD, PN_CARE};
    return (pn_pen){colours[i % 4], 1.3, (pn_dash)(i / 4 % 3)};
}

/* Columns that are chosen, the largest coefficient first. */
static size_t find_chosen(size_t *chosen, size_t room, const pn_selection_path *p)
{
    const double *coef = p->fits.coef + p->at * p->fits.p;
    size_t n = 0;
    for (size_t j = 0; j < p->fits.p; j++) {
        size_t at = n;
        if (!(fabs(coef[j]) > 0)) { continue; }
        while (at > 0 && fabs(coef[chosen[at - 1]]) < fabs(coef[j])) { at--; }
        if (at >= room) { continue; }
        if (n < room) { n++; }
        for (size_t k = n - 1; k > at; k--) { chosen[k] = chosen[k - 1]; }
        chosen[at] = j;
    }
    return n;
}

static void put_coefficients(pn_sheet *s, const pn_training_content *c, const double *x)
{
    const pn_selection_path *p = c->path;
    const size_t n = p->fits.n_lambda, width = p->fits.p;
    const pn_pen pale = {PN_BOX_LINE, 0.5, PN_SOLID}, line = {PN_INK, 0.8, PN_DASHED};
    size_t chosen[MAX_LEGEND], named = find_chosen(chosen, MAX_LEGEND, p);
    pn_legend legend[MAX_LEGEND] = {0};
    double low = 0, high = 0, *y = calloc(n + 1, sizeof *y);
    for (size_t i = 0; i < named; i++) { legend[i] = (pn_legend){c->names[p->column[chosen[i]]], pen_of(i), false, PN_DISC}; }
    for (size_t i = 0; i < n * width; i++) {
        low = fmin(low, p->fits.coef[i]);
        high = fmax(high, p->fits.coef[i]);
    }
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, 260 + 13 * (double)named, "Coefficients along the path",
                                        "For one standard deviation; the penalty falls to the right. Coloured: the largest of the chosen; dashed "
                                        "upright line: the penalty chosen.");
    pn_axes a = lambda_axes(canvas, p, x, PN_LEGEND_LINE * (double)pn_axes_legend_lines(canvas, legend, named));
    canvas->no_memory = y == NULL;
    a.y_low = 1.05 * low - 1e-9;
    a.y_high = 1.05 * high + 1e-9;
    pn_axes_draw(&a, "-log10 lambda", "coefficient");
    pn_axes_legend(&a, legend, named);
    pn_axes_mark_x(&a, x[p->at], &line);
    for (size_t pass = 0; y != NULL && pass < 2; pass++) {       /* the coloured ones on top */
        for (size_t j = 0; j < (pass == 0 ? width : named); j++) {
            size_t column = pass == 0 ? j : chosen[j];
            bool ever = false;
            for (size_t k = 0; k < n; k++) {
                y[k] = p->fits.coef[k * width + column];
                ever = ever || fabs(y[k]) > 0;
            }
            if (ever) { pn_axes_line(&a, x, y, n, pass == 0 ? &pale : &legend[j].pen); }
        }
    }
    pn_sheet_figure_end(s);
    free(y);
}

static void put_cross_validation(pn_sheet *s, const pn_selection_path *p, const double *x)
{
    const sv_cv *v = &p->cv;
    const pn_pen blue = {PN_LOW_RISK, 1.4, PN_SOLID}, best = {PN_INK, 0.8, PN_DASHED}, sparse = {PN_INK, 0.8, PN_DOTTED};
    double low = INFINITY, high = -INFINITY, *edge = calloc(2 * v->n_lambda + 1, sizeof *edge);
    char caption[300];
    for (size_t k = 0; edge != NULL && k < v->n_lambda; k++) {
        edge[k] = v->mean[k] - v->se[k];
        edge[v->n_lambda + k] = v->mean[k] + v->se[k];
        if (isfinite(edge[k]) && isfinite(edge[v->n_lambda + k])) {
            low = fmin(low, edge[k]);
            high = fmax(high, edge[v->n_lambda + k]);
        }
    }
    (void)snprintf(caption, sizeof caption, "Mean over the folds with one standard error. Dashed: the best (lambda %.4g, %zu features); dotted: the "
                   "sparsest within one standard error (lambda %.4g, %zu features)", v->lambda[v->best], p->fits.n_selected[v->best],
                   v->lambda[v->one_se], p->fits.n_selected[v->one_se]);
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, 230, "Cross-validation", caption);
    canvas->no_memory = edge == NULL;
    pn_axes a = lambda_axes(canvas, p, x, 0);
    if (high > low) {
        a.y_low = low - 0.05 * (high - low);
        a.y_high = high + 0.05 * (high - low);
    }
    pn_axes_draw(&a, "-log10 lambda", "partial likelihood deviance");
    if (edge != NULL) { pn_axes_band(&a, x, edge, edge + v->n_lambda, v->n_lambda, false, PN_LOW_RISK); }
    pn_axes_line(&a, x, v->mean, v->n_lambda, &blue);
    pn_axes_mark_x(&a, x[v->best], &best);
    pn_axes_mark_x(&a, x[v->one_se], &sparse);
    pn_sheet_figure_end(s);
    free(edge);
}

static int put_path(pn_sheet *s, const pn_training_content *c, pn_error *err)
{
    double *x = place_lambdas(c->path);
    if (x == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a path"); }
    pn_sheet_heading(s, 2, "Selection by the LASSO");
    put_coefficients(s, c, x);
    put_cross_validation(s, c->path, x);
    free(x);
    return PN_OK;
}

/* ---- All ------------------------------------------------------------------------------------- */

int pn_training_page(pn_buf *out, pn_sheet_form form, const pn_training_content *c, pn_error *err)
{
    pn_sheet *s = NULL;
    char title[128];
    (void)snprintf(title, sizeof title, "Training of %s %s", c->m->id, c->m->version);
    int rc = pn_sheet_open(&s, form, title, err);
    if (rc != PN_OK) { return rc; }
    put_identity(s, c);
    if (c->path != NULL) { rc = put_path(s, c, err); }
    put_terms(s, c->s);
    put_optimism(s, c);
    if (rc == PN_OK) { rc = pn_sheet_finish(s, out, err); }
    pn_sheet_free(s);
    return rc;
}

int pn_path_table(pn_buf *out, const pn_selection_path *p, const char *const *names, pn_error *err)
{
    const size_t n = p->fits.n_lambda, width = p->fits.p;
    bool *ever = calloc(width + 1, sizeof *ever);
    if (ever == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a path"); }
    for (size_t i = 0; i < n * width; i++) { ever[i % width] = ever[i % width] || fabs(p->fits.coef[i]) > 0; }
    int rc = pn_buf_printf(out, err, "lambda,cv_mean,cv_se,selected,chosen");
    for (size_t j = 0; j < width && rc == PN_OK; j++) {
        if (ever[j]) { rc = pn_csv_put(out, false, names[p->column[j]], err); }
    }
    if (rc == PN_OK) { rc = pn_csv_end_row(out, err); }
    for (size_t k = 0; k < n && rc == PN_OK; k++) {
        bool judged = k < p->cv.n_lambda;
        const double v[] = {p->fits.lambda[k], judged ? p->cv.mean[k] : (double)NAN, judged ? p->cv.se[k] : (double)NAN,
                            (double)p->fits.n_selected[k], k == p->at};
        for (size_t i = 0; i < 5 && rc == PN_OK; i++) { rc = pn_csv_put_number(out, i == 0, v[i], err); }
        for (size_t j = 0; j < width && rc == PN_OK; j++) {
            if (ever[j]) { rc = pn_csv_put_number(out, false, p->fits.coef[k * width + j], err); }
        }
        if (rc == PN_OK) { rc = pn_csv_end_row(out, err); }
    }
    free(ever);
    return rc;
}
