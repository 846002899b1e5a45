#include "pipeline/compare_page.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "pipeline/score.h"
#include "plot/axes.h"

enum { CELL = 64 };
typedef char cell[CELL];

/* A number with `digits` after the point; a dash where there is none. */
static const char *number(cell out, double v, int digits)
{
    (void)snprintf(out, CELL, isfinite(v) ? "%.*f" : "–", digits, v);
    return out;
}

static const char *p_value(cell out, double p)
{
    if (isfinite(p) && p < 0.001) { return "< 0.001"; }
    return number(out, p, 3);
}

static const char *interval(cell out, double v, double low, double high, int digits)
{
    if (!isfinite(v)) { return "–"; }
    (void)snprintf(out, CELL, isfinite(low) && isfinite(high) ? "%+.*f (%+.*f to %+.*f)" : "%+.*f", digits, v, digits, low,
                   digits, high);
    return out;
}

/* ---- Differences ----------------------------------------------------------------------------- */

static const double difference_share[] = {30, 13, 13, 28, 11, 13};

static void difference_row(pn_sheet *s, const char *name, const sv_difference *d, double p_adjusted, bool adjusted)
{
    cell a, b, c, p, q;
    const char *const cells[] = {name, number(a, d->a, 4), number(b, d->b, 4), interval(c, d->difference, d->low, d->high, 4),
                                 p_value(p, d->p), adjusted ? p_value(q, p_adjusted) : ""};
    pn_sheet_row(s, cells);
}

static void differences(pn_sheet *s, const pn_comparison *c)
{
    static const char *const head[] = {"", "this model", "other", "difference (95 % CI)", "p", "p, all times"};
    char name[80];
    pn_sheet_heading(s, 2, "Differences");
    pn_sheet_text(s, "This model less the other, on the same patients and with what is known of both for each patient. AUC "
                  "and C: above 0 speaks for this model. Brier score: below 0 does. The last column is adjusted for "
                  "looking at several times.");
    pn_sheet_table(s, 6, difference_share, head);
    difference_row(s, "C-index (Harrell)", &c->harrell, NAN, false);
    (void)snprintf(name, sizeof name, "C-index (Uno, %.3g years)", c->uno_days / PN_DAYS_PER_YEAR);
    difference_row(s, name, &c->uno, NAN, false);
    for (size_t k = 0; k < c->n_horizons; k++) {
        (void)snprintf(name, sizeof name, "AUC at %.3g years", c->horizon[k].years);
        difference_row(s, name, &c->horizon[k].auc, c->horizon[k].auc_p_adjusted, true);
    }
    for (size_t k = 0; k < c->n_horizons; k++) {
        if (!c->horizon[k].risks) { continue; }
        (void)snprintf(name, sizeof name, "Brier score at %.3g years", c->horizon[k].years);
        difference_row(s, name, &c->horizon[k].brier, NAN, false);
    }
    if (isfinite(c->ibs.difference)) {
        (void)snprintf(name, sizeof name, "Brier score, mean to %.3g years", c->ibs_years);
        difference_row(s, name, &c->ibs, NAN, false);
    }
    pn_sheet_table_end(s);
}

static void auc_figure(pn_sheet *s, const pn_comparison *c)
{
    double reach = 0.05, first = INFINITY, last = 0;
    size_t known = 0;
    for (size_t k = 0; k < c->n_horizons; k++) {
        const pn_comparison_horizon *h = &c->horizon[k];
        if (!isfinite(h->auc.difference)) { continue; }
        reach = fmax(reach, fmax(fabs(h->auc.low), fabs(h->auc.high)));
        first = fmin(first, h->years);
        last = fmax(last, h->years);
        known++;
    }
    if (known == 0) { return; }
    const pn_pen pen = {PN_MUTED, 0.8, PN_DASHED};
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, 200, "Difference of AUC",
                                        "This model less the other, with 95 % intervals.");
    pn_axes a = pn_axes_on(canvas, 0, 0);
    const double pad = fmax((last - first) / 10, 0.25), x[2] = {fmax(first - pad, 0), last + pad}, zero[2] = {0, 0};
    a.x_low = x[0];
    a.x_high = x[1];
    a.y_low = -1.1 * reach;
    a.y_high = 1.1 * reach;
    pn_axes_draw(&a, "years", "difference of AUC");
    pn_axes_line(&a, x, zero, 2, &pen);
    for (size_t k = 0; k < c->n_horizons; k++) {
        const pn_comparison_horizon *h = &c->horizon[k];
        pn_axes_point(&a, h->years, h->auc.difference, h->auc.low, h->auc.high, PN_DISC, PN_LOW_RISK);
    }
    pn_sheet_figure_end(s);
}

/* ---- Risks ----------------------------------------------------------------------------------- */

static void decision_figure(pn_sheet *s, const pn_comparison_horizon *h)
{
    double x[PN_DECISION_POINTS], y[3][PN_DECISION_POINTS], highest = 0.05;
    static const pn_legend legend[] = {{"this model", {PN_LOW_RISK, 1.6, PN_SOLID}, false, PN_DISC},
                                       {"other", {PN_HIGH_RISK, 1.6, PN_DASHED}, false, PN_DISC},
                                       {"treat all", {PN_MUTED, 1, PN_DOTTED}, false, PN_DISC}};
    char title[64];
    for (size_t k = 0; k < PN_DECISION_POINTS; k++) {
        x[k] = h->decision[0][k].threshold;
        y[0][k] = h->decision[0][k].net_benefit;
        y[1][k] = h->decision[1][k].net_benefit;
        y[2][k] = h->decision[0][k].treat_all;
        for (size_t m = 0; m < 2; m++) { highest = isfinite(y[m][k]) ? fmax(highest, y[m][k]) : highest; }
    }
    (void)snprintf(title, sizeof title, "Decision curves at %.3g years", h->years);
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, 230, title, "Treating none has a net benefit of 0.");
    pn_axes a = pn_axes_on(canvas, PN_LEGEND_LINE * (double)pn_axes_legend_lines(canvas, legend, 3), 0);
    a.y_high = 1.1 * highest;
    a.y_low = -0.25 * a.y_high;
    pn_axes_draw(&a, "threshold probability", "net benefit");
    for (size_t m = 3; m-- > 0;) {
        for (size_t k = 0; k < PN_DECISION_POINTS; k++) {       /* below the frame nothing is told */
            y[m][k] = y[m][k] < a.y_low ? (double)NAN : y[m][k];
        }
        pn_axes_line(&a, x, y[m], PN_DECISION_POINTS, &legend[m].pen);
    }
    pn_axes_legend(&a, legend, 3);
    pn_sheet_figure_end(s);
}

static const double moved_share[] = {40, 30, 15, 15};

static void moved_row(pn_sheet *s, const char *name, const sv_reclassify_value *v, const char *up, const char *down)
{
    cell a;
    const char *const cells[] = {name, interval(a, v->value, v->low, v->high, 3), up, down};
    pn_sheet_row(s, cells);
}

static void moved_rows(pn_sheet *s, const char *what, const sv_net_reclassification *m)
{
    cell name, up, down;
    (void)snprintf(up, sizeof up, "%zu", m->up);
    (void)snprintf(down, sizeof down, "%zu", m->down);
    (void)snprintf(name, sizeof name, "%s: events", what);
    moved_row(s, name, &m->event, up, down);
    (void)snprintf(name, sizeof name, "%s: non-events", what);
    moved_row(s, name, &m->nonevent, "", "");
    (void)snprintf(name, sizeof name, "%s: both", what);
    moved_row(s, name, &m->total, "", "");
}

static void category_name(cell out, const double *limits, size_t n, size_t k)
{
    if (k == 0) {
        (void)snprintf(out, CELL, "below %.3g", limits[0]);
    } else if (k == n) {
        (void)snprintf(out, CELL, "%.3g and more", limits[n - 1]);
    } else {
        (void)snprintf(out, CELL, "%.3g to %.3g", limits[k - 1], limits[k]);
    }
}

/* Patients by both models' categories. */
static void moved_table(pn_sheet *s, const pn_comparison_horizon *h, const double *limits, size_t n)
{
    cell text[SV_RECLASSIFY_MAX_LIMITS + 2];
    const char *cells[SV_RECLASSIFY_MAX_LIMITS + 2];
    double share[SV_RECLASSIFY_MAX_LIMITS + 2];
    for (size_t k = 0; k <= n + 1; k++) {
        share[k] = k == 0 ? 3 : 2;
        cells[k] = text[k];
    }
    (void)snprintf(text[0], CELL, "other (rows), this model (columns)");
    for (size_t k = 0; k <= n; k++) { category_name(text[k + 1], limits, n, k); }
    pn_sheet_table(s, n + 2, share, cells);
    for (size_t i = 0; i <= n; i++) {
        category_name(text[0], limits, n, i);
        for (size_t k = 0; k <= n; k++) { (void)snprintf(text[k + 1], CELL, "%zu", h->moved.moved[i][k]); }
        pn_sheet_row(s, cells);
    }
    pn_sheet_table_end(s);
}

static void risks(pn_sheet *s, const pn_comparison *c, const pn_comparison_names *names)
{
    static const char *const head[] = {"", "value (95 % CI)", "moved up", "moved down"};
    bool any = false;
    for (size_t k = 0; k < c->n_horizons; k++) { any = any || c->horizon[k].risks; }
    if (!any) { return; }
    pn_sheet_heading(s, 2, "Net benefit and reclassification");
    pn_sheet_note(s, "Reclassification is to be read with its parts, and never alone: neither the net reclassification "
                  "improvement (NRI) nor the integrated discrimination improvement (IDI) is a proper score, and both can be "
                  "above 0 for a model that is wrongly calibrated or adds noise (Hilden and Gerds 2014, Pepe 2015). The NRI of "
                  "any change counts its direction and not its size. Differences of AUC, Brier score and net benefit do not "
                  "have this fault.");
    for (size_t k = 0; k < c->n_horizons; k++) {
        const pn_comparison_horizon *h = &c->horizon[k];
        if (!h->risks) { continue; }
        pn_sheet_heading(s, 3, "At %.3g years", h->years);
        decision_figure(s, h);
        pn_sheet_table(s, 4, moved_share, head);
        if (c->n_limits > 0) { moved_rows(s, "NRI, categories", &h->moved.category); }
        moved_rows(s, "NRI, any change", &h->moved.any);
        moved_row(s, "IDI", &h->moved.idi, "", "");
        pn_sheet_table_end(s);
        if (c->n_limits > 0) { moved_table(s, h, names->limits, c->n_limits); }
        if (c->replicates > 0) {
            pn_sheet_text(s, "Intervals from %zu resamples of the patients; %zu more had too few events or too short a follow-up "
                          "for a value.", c->replicates - h->moved.failed, h->moved.failed);
        }
    }
}

/* ---- Clinical variables ------------------------------------------------------------------------ */

static void added_value(pn_sheet *s, const pn_comparison *c, const pn_comparison_names *names)
{
    static const char *const which[] = {"This model's score", "The other model's score"};
    static const char *const head[] = {"", "with score", "without", "difference (95 % CI)", "p", "p, all times"};
    char name[80];
    if (c->n_clinical == 0) { return; }
    pn_sheet_heading(s, 2, "Beside clinical variables");
    pn_sheet_text(s, "Two Cox models fitted to these patients: %s; and the same with a score. The likelihood ratio test asks "
                  "whether the score tells more. AUC and C are those of the fitted models on the patients that they were "
                  "fitted to, and so too high; the p-value to go by is that of the likelihood ratio.", names->clinical);
    for (size_t k = 0; k < 2; k++) {
        const pn_added_value *v = &c->added[k];
        pn_sheet_heading(s, 3, "%s", which[k]);
        if (!v->fitted) {
            pn_sheet_note(s, "Not known: %s.", v->why);
            continue;
        }
        cell p;
        pn_sheet_text(s, "Likelihood ratio %.2f, %d degree of freedom, p %s. Hazard ratio of a standard deviation of the score, "
                      "clinical variables held: %.2f (95 %% CI %.2f to %.2f).", v->chisq, v->df, p_value(p, v->p), v->hr, v->hr_low,
                      v->hr_high);
        pn_sheet_table(s, 6, difference_share, head);
        difference_row(s, "C-index (Harrell)", &v->c, NAN, false);
        for (size_t i = 0; i < v->n_times; i++) {
            (void)snprintf(name, sizeof name, "AUC at %.3g years", c->horizon[i].years);
            difference_row(s, name, &v->auc[i], v->auc_p_adjusted[i], true);
        }
        pn_sheet_table_end(s);
    }
}

/* ---- The page -------------------------------------------------------------------------------- */

static const char *title_of(const cfg_model *m) { return m->title[0] != '\0' ? m->title : m->id; }

static void identity(pn_sheet *s, const pn_comparison *c, const pn_comparison_names *names)
{
    const cfg_model *const both[] = {names->first, names->other};
    static const char *const which[] = {"This model", "The other model"};
    static const double share[] = {30, 70};
    cell rho;
    pn_sheet_heading(s, 1, "%s and %s compared", title_of(names->first), title_of(names->other));
    pn_sheet_table(s, 2, share, NULL);
    for (size_t k = 0; k < 2; k++) {
        pn_sheet_fact(s, which[k], "%s %s, made from %u patients with %u events; SHA-256 %s", both[k]->id, both[k]->version,
                      both[k]->n_patients, both[k]->n_events, both[k]->file_sha256);
    }
    pn_sheet_fact(s, "Predicts", "%s%s%s", both[0]->endpoint, strcmp(both[0]->endpoint, both[1]->endpoint) != 0 ? "; the other: "
                  : "", strcmp(both[0]->endpoint, both[1]->endpoint) != 0 ? both[1]->endpoint : "");
    pn_sheet_fact(s, "Patients", "%s: %zu, %zu events", names->cohort, c->patients, c->events);
    pn_sheet_fact(s, "Rank correlation of the scores", "%s", number(rho, c->spearman, 3));
    pn_sheet_fact(s, "High risk", "by both %zu, by this model only %zu, by the other only %zu, by neither %zu", c->group[1][1],
                  c->group[1][0], c->group[0][1], c->group[0][0]);
    pn_sheet_table_end(s);
    pn_sheet_text(s, "Both models stand as their files say. Where one of them was made from these very patients the comparison "
                  "flatters it.");
    for (size_t k = 0; k < c->n_warnings; k++) { pn_sheet_note(s, "%s.", c->warnings[k]); }
}

int pn_comparison_page(pn_buf *out, pn_sheet_form form, const pn_comparison *c, const pn_comparison_names *names,
                       pn_error *err)
{
    pn_sheet *s = NULL;
    char title[256];
    (void)snprintf(title, sizeof title, "%s and %s compared", names->first->id, names->other->id);
    int rc = pn_sheet_open(&s, form, title, err);
    if (rc != PN_OK) { return rc; }
    identity(s, c, names);
    differences(s, c);
    auc_figure(s, c);
    risks(s, c, names);
    added_value(s, c, names);
    rc = pn_sheet_finish(s, out, err);
    pn_sheet_free(s);
    return rc;
}
