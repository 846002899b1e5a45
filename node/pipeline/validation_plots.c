/* validation_plots.c - the plots of a validation. */
#include <math.h>
#include <survival/concordance.h>
#include <stdio.h>
#include "pipeline/validation_parts.h"
#include "plot/axes.h"
#include "plot/forest.h"
#include "plot/km_plot.h"

static const double diagonal[] = {0, 1}, zero[] = {0, 0}, half[] = {0.5, 0.5};
static const pn_pen blue = {PN_LOW_RISK, 1.4, PN_SOLID}, orange = {PN_HIGH_RISK, 1.4, PN_DASHED},
                    grey = {PN_BOX_LINE, 1, PN_DOTTED};
static const double plot_height = 190;

/* ---- Groups ---------------------------------------------------------------------------------- */

void pn_put_survival(pn_sheet *s, const pn_validation_content *c)
{
    const pn_validation *v = c->v;
    const pn_km_curve curves[] = {{"low risk", &v->km[0], {PN_LOW_RISK, 1.4, PN_SOLID}},
                                  {"high risk", &v->km[1], {PN_HIGH_RISK, 1.4, PN_DASHED}}};
    char caption[400], p[PN_NUMBER_SIZE];
    (void)snprintf(caption, sizeof caption, "Kaplan-Meier curves with pointwise 95 %% confidence limits (log); short marks: left "
                   "without the event; below, patients at risk. Cut-point %.4f, fixed by the model%s%s.", c->m->cutpoint,
                   isfinite(v->logrank_p) ? "; log-rank p " : "", isfinite(v->logrank_p) ? pn_p_text(p, v->logrank_p) : "");
    pn_sheet_heading(s, 2, "Risk groups");
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, pn_km_plot_height(2), "Survival by risk group", caption);
    pn_km_plot(canvas, curves, 2, PN_DAYS_PER_YEAR, "years", "share without event");
    pn_sheet_figure_end(s);
}

/* ---- Hazard ratios --------------------------------------------------------------------------- */

static size_t add_model(pn_forest_row *rows, size_t n, char title[160], const pn_adjusted *a)
{
    if (a->n_rows == 0) { return n; }
    (void)snprintf(title, 160, "%s (%zu patients, %zu events)%s%s", a->title, a->patients, a->events,
                   a->trouble[0] != '\0' ? ": " : "", a->trouble);
    rows[n++] = (pn_forest_row){.name = title, .heading = true};
    for (size_t i = 0; i < a->n_rows; i++) {
        const pn_hazard_ratio *r = &a->row[i];
        rows[n++] = (pn_forest_row){r->name, r->detail, r->ratio, r->low, r->high, r->p, false};
    }
    return n;
}

void pn_put_forest(pn_sheet *s, const pn_forest *f)
{
    pn_forest_row rows[3 * (PN_MAX_CLINICAL_TERMS + 3)];
    char title[3][160];
    size_t n = add_model(rows, 0, title[0], &f->alone);
    n = add_model(rows, n, title[1], &f->with_score);
    n = add_model(rows, n, title[2], &f->with_group);
    pn_sheet_heading(s, 2, "Hazard ratios in these patients");
    for (size_t from = 0, take; from < n; from += take) {
        take = n - from < 40 ? n - from : 40;
        pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_WIDE, pn_forest_height(take), from == 0 ? "Cox models" : "Cox models, continued",
                                       from + take < n ? "" : "Hazard ratios of Cox models fitted to these patients (Efron's ties), "
                                       "95 % Wald intervals (Firth: profile intervals); a dash: it could not be fitted. Patients with a missing value are left out.");
        pn_forest_draw(c, rows + from, take, "hazard ratio");
        pn_sheet_figure_end(s);
    }
}

/* ---- Horizons -------------------------------------------------------------------------------- */

static void put_roc(pn_sheet *s, const pn_validation_horizon *h)
{
    char caption[300], text[PN_NUMBER_SIZE];
    double low, high;
    if (h->n_roc == 0) { return; }
    sv_index_interval(&low, &high, h->auc, h->auc_se);
    (void)snprintf(caption, sizeof caption, "AUC %s; %zu cases (event before), %zu controls (watched beyond)",
                   pn_interval_text(text, h->auc, low, high, 3), h->cases, h->controls);
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, plot_height, "ROC curve", caption);
    pn_axes a = pn_axes_on(c, 0, 0);
    pn_axes_draw(&a, "1 - specificity", "sensitivity");
    pn_axes_line(&a, diagonal, diagonal, 2, &grey);
    pn_axes_line(&a, h->roc_x, h->roc_y, h->n_roc, &blue);
    pn_sheet_figure_end(s);
}

static void put_calibration(pn_sheet *s, const pn_validation_horizon *h)
{
    char caption[500], text[4][PN_NUMBER_SIZE], unknown[64] = "";
    size_t unwatched = 0;
    if (h->n_groups == 0) { return; }
    for (size_t g = 0; g < h->n_groups; g++) { unwatched += isfinite(h->group[g].observed) ? 0 : 1; }
    if (unwatched > 0) { (void)snprintf(unknown, sizeof unknown, " (in %zu of them nobody was watched so long)", unwatched); }
    (void)snprintf(caption, sizeof caption, "%zu groups by predicted risk%s, observed by Kaplan-Meier with 95 %% limits. All: mean "
                   "predicted %s, observed %s; Brier score %s, of the same risk for all %s", h->n_groups, unknown,
                   pn_number_text(text[0], h->predicted, 3), pn_number_text(text[1], h->observed, 3),
                   pn_number_text(text[2], h->brier, 4), pn_number_text(text[3], h->brier_null, 4));
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, plot_height, "Calibration", caption);
    pn_axes a = pn_axes_on(c, 0, 0);
    pn_axes_draw(&a, "predicted risk", "observed risk");
    pn_axes_line(&a, diagonal, diagonal, 2, &grey);
    for (size_t g = 0; g < h->n_groups; g++) {
        const pn_calibration_group *k = &h->group[g];
        pn_axes_point(&a, k->predicted, k->observed, k->low, k->high, PN_DISC, PN_LOW_RISK);
    }
    pn_sheet_figure_end(s);
}

static void put_decision(pn_sheet *s, const pn_validation_horizon *h)
{
    double x[PN_DECISION_POINTS], model[PN_DECISION_POINTS], all[PN_DECISION_POINTS], highest = 0.05;
    static const pn_legend legend[] = {{"model", {PN_LOW_RISK, 1.4, PN_SOLID}, false, PN_DISC},
                                       {"all", {PN_HIGH_RISK, 1.4, PN_DASHED}, false, PN_DISC},
                                       {"none", {PN_BOX_LINE, 1, PN_DOTTED}, false, PN_DISC}};
    if (!isfinite(h->brier)) { return; }
    for (size_t k = 0; k < PN_DECISION_POINTS; k++) {
        x[k] = h->decision[k].threshold;
        model[k] = h->decision[k].net_benefit;
        all[k] = h->decision[k].treat_all;
        if (isfinite(model[k])) { highest = fmax(highest, model[k]); }
    }
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, plot_height, "Decision curve",
                                   "Treating those whose predicted risk is above the threshold, all, or none");
    pn_axes a = pn_axes_on(c, PN_LEGEND_LINE, 0);
    a.y_high = highest * 1.1;
    a.y_low = -0.25 * a.y_high;
    size_t shown = 0;                              /* until "all" leaves the frame for good */
    while (shown < PN_DECISION_POINTS && all[shown] > a.y_low) { shown++; }
    for (size_t k = 0; k < PN_DECISION_POINTS; k++) { model[k] = model[k] < a.y_low ? (double)NAN : model[k]; }
    pn_axes_draw(&a, "threshold probability", "net benefit");
    pn_axes_legend(&a, legend, 3);
    pn_axes_line(&a, diagonal, zero, 2, &grey);
    pn_axes_line(&a, x, all, shown, &orange);
    pn_axes_line(&a, x, model, PN_DECISION_POINTS, &blue);
    pn_sheet_figure_end(s);
}

static void put_risks(pn_sheet *s, const pn_validation_horizon *h)
{
    double highest = 0.05;
    if (!isfinite(h->brier)) { return; }
    for (size_t b = 0; b < PN_RISK_BINS; b++) { highest = fmax(highest, h->risk_share[b]); }
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, plot_height, "Predicted risks", "Share of these patients by their predicted risk, in twentieths");
    pn_axes a = pn_axes_on(c, PN_LEGEND_LINE, 0);
    a.y_high = 1.1 * highest;
    pn_axes_draw(&a, "predicted risk", "share of the patients");
    for (size_t b = 0; b < PN_RISK_BINS; b++) {
        double from = pn_axes_x(&a, (double)b / PN_RISK_BINS), to = pn_axes_x(&a, (double)(b + 1) / PN_RISK_BINS);
        double top = pn_axes_y(&a, h->risk_share[b]);
        if (h->risk_share[b] > 0) { pn_canvas_fill(c, from + 0.5, top, to - from - 1, a.top + a.height - top, PN_LOW_RISK); }
    }
    pn_sheet_figure_end(s);
}

void pn_put_horizon(pn_sheet *s, const pn_validation_horizon *h)
{
    pn_sheet_heading(s, 2, "At %.3g year%s", h->years, fabs(h->years - 1) < 1e-9 ? "" : "s");
    if (!isfinite(h->auc) && !isfinite(h->brier)) {
        pn_sheet_text(s, "These patients, or those the model was made of, were not watched so long.");
        return;
    }
    put_roc(s, h);
    put_calibration(s, h);
    put_decision(s, h);
    put_risks(s, h);
}

/* ---- Over time ------------------------------------------------------------------------------- */

static void scale_x(pn_axes *a, const pn_time_curves *t)
{
    a->x_low = 0;
    a->x_high = t->years[t->n - 1];
}

static void put_auc(pn_sheet *s, const pn_time_curves *t)
{
    const double ends[] = {0, t->years[t->n - 1]};
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, plot_height, "AUC over time",
                                   "Area under the time-dependent ROC curve of the score, with pointwise 95 % limits; 0.5: chance");
    pn_axes a = pn_axes_on(c, 0, 0);
    scale_x(&a, t);
    pn_axes_draw(&a, "years", "AUC");
    pn_axes_line(&a, ends, half, 2, &grey);
    pn_axes_band(&a, t->years, t->auc_low, t->auc_high, t->n, false, PN_LOW_RISK);
    pn_axes_line(&a, t->years, t->auc, t->n, &blue);
    pn_sheet_figure_end(s);
}

static void put_brier(pn_sheet *s, const pn_time_curves *t)
{
    static const pn_legend legend[] = {{"model", {PN_LOW_RISK, 1.4, PN_SOLID}, false, PN_DISC},
                                       {"same risk for all", {PN_HIGH_RISK, 1.4, PN_DASHED}, false, PN_DISC}};
    char caption[300];
    double highest = 0.05;
    if (!isfinite(t->ibs)) { return; }
    for (size_t k = 0; k < t->n; k++) {
        if (isfinite(t->brier[k])) { highest = fmax(highest, fmax(t->brier[k], t->brier_null[k])); }
    }
    (void)snprintf(caption, sizeof caption, "Less is better. Mean from %.3g to %.3g years: %.4f, of the same risk for all %.4f",
                   t->years[0], t->ibs_years, t->ibs, t->ibs_null);
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, plot_height, "Brier score over time", caption);
    pn_axes a = pn_axes_on(c, PN_LEGEND_LINE, 0);
    scale_x(&a, t);
    a.y_high = 1.1 * highest;
    pn_axes_draw(&a, "years", "Brier score");
    pn_axes_legend(&a, legend, 2);
    pn_axes_line(&a, t->years, t->brier_null, t->n, &orange);
    pn_axes_line(&a, t->years, t->brier, t->n, &blue);
    pn_sheet_figure_end(s);
}

void pn_put_time_curves(pn_sheet *s, const pn_validation_content *c)
{
    if (c->curves->n == 0) { return; }
    pn_sheet_heading(s, 2, "Over time");
    put_auc(s, c->curves);
    put_brier(s, c->curves);
}
