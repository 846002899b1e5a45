/* validation_page.c - a validation as one HTML page with its plots. */
#include "pipeline/validation_page.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/svg.h"

static const double days_per_year = 365.25, z95 = 1.959963984540054;

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    "body{font:16px/1.45 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}\n"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.25rem 1rem .25rem 0;border-bottom:1px solid #d7dce1}\n"
    "td{font-variant-numeric:tabular-nums}.note{border-left:4px solid #b35c00;padding:.2rem .8rem;margin:.5rem 0}\n"
    ".plots{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;flex:1 1 22rem;max-width:30rem}figcaption{font-size:.9rem}\n"
    "svg{width:100%;height:auto;font:13px system-ui,sans-serif;fill:#1b1f24}.mid{text-anchor:middle}.end{text-anchor:end}\n"
    ".frame,.tick{fill:none;stroke:#8a939c}path{fill:none;stroke-width:2}.a{stroke:#0b62a8}.b{stroke:#b3261e;stroke-dasharray:9 3}\n"
    ".grey{stroke:#8a939c;stroke-dasharray:5 4}text.a{fill:#0b62a8;stroke:none}text.b{fill:#b3261e;stroke:none}\n"
    "circle.a{fill:#0b62a8}@media print{body{margin:0;max-width:none}figure{break-inside:avoid}}\n"
    "</style>\n";

static void html(pn_svg *s, const char *fmt, ...) PN_PRINTF(2, 3);
static void html(pn_svg *s, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (s->rc != PN_OK) { return; }
    s->rc = n < 0 || (size_t)n >= sizeof text ? (int)pn_fail(s->err, PN_ELIMIT, "a line of the page is too long")
                                              : pn_buf_add(s->b, text, (size_t)n, s->err);
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static const char *number(char buf[32], double v, int digits)
{
    if (!isfinite(v)) { return "not known"; }
    (void)snprintf(buf, 32, "%.*f", digits, v);
    return buf;
}

static const char *p_value(char buf[32], double p)
{
    if (!isfinite(p)) { return ""; }
    if (p < 0.0001) { return ", p &lt; 0.0001"; }
    (void)snprintf(buf, 32, ", p = %.4f", p);
    return buf;
}

static void row(pn_svg *s, const char *what, double v, double low, double high, double p)
{
    char a[32], b[32], c[32], d[32];
    html(s, "<tr><th scope=\"row\">%s</th><td>%s", what, number(a, v, 3));
    if (isfinite(low) && isfinite(high)) { html(s, " (95 %% CI %s to %s)", number(b, low, 3), number(c, high, 3)); }
    html(s, "%s</td></tr>\n", isfinite(v) ? p_value(d, p) : "");
}

/* An index that lies in 0..1, and so does its interval. */
static void row_index(pn_svg *s, const char *what, double v, double se)
{
    row(s, what, v, fmax(v - z95 * se, 0), fmin(v + z95 * se, 1), NAN);
}

static void put_numbers(pn_svg *s, const pn_validation *v)
{
    char buf[32], name[64];
    html(s, "<h2>Overall</h2>\n<table>\n<tr><th scope=\"row\">Patients, events</th><td>%zu, %zu</td></tr>\n", v->patients,
         v->events);
    html(s, "<tr><th scope=\"row\">Median follow-up</th><td>%s years</td></tr>\n",
         number(buf, v->follow_up_days / days_per_year, 2));
    row_index(s, "C-index (Harrell)", v->c, v->c_se);
    (void)snprintf(name, sizeof name, "C-index (Uno), until %.3g years", v->uno_days / days_per_year);
    row_index(s, name, v->uno, v->uno_se);
    row(s, "Calibration slope; p: differs from 1", v->slope, v->slope - z95 * v->slope_se, v->slope + z95 * v->slope_se,
        v->slope_p);
    row(s, "Hazard ratio, high against low risk", v->hr, v->hr_low, v->hr_high, v->hr_p);
    row(s, "Log-rank chi-square", v->logrank, NAN, NAN, v->logrank_p);
    html(s, "<tr><th scope=\"row\">Proportional hazards of the score</th><td>%s</td></tr>\n",
         isfinite(v->zph_p) ? p_value(buf, v->zph_p) + 2 : "not known");
    html(s, "</table>\n");
    for (size_t i = 0; i < v->n_warnings; i++) {
        html(s, "<p class=\"note\">");
        pn_svg_text(s, v->warnings[i]);
        html(s, "</p>\n");
    }
}

/* ---- Plots ----------------------------------------------------------------------------------- */

static void curve(pn_svg *s, const sv_km *km, const char *css)
{
    double *x = calloc(km->n + 1, sizeof *x), *y = calloc(km->n + 1, sizeof *y);
    if (x == NULL || y == NULL) {
        if (s->rc == PN_OK) { s->rc = (int)pn_fail_transient(s->err, PN_ENOMEM, "no memory for a curve"); }
    } else {
        y[0] = 1;
        for (size_t i = 0; i < km->n; i++) {
            x[i + 1] = km->time[i] / days_per_year;
            y[i + 1] = km->surv[i];
        }
        pn_svg_steps(s, x, y, km->n + 1, css);
    }
    free(x);
    free(y);
}

static void put_survival(pn_svg *s, const pn_validation *v, const cfg_model *m)
{
    static const char *const css[] = {"a", "b"}, *const words[] = {"low", "high"};
    double last = 0, first, step;
    char text[32], buf[32];
    for (size_t g = 0; g < 2; g++) {
        if (v->km[g].n > 0) { last = fmax(last, v->km[g].time[v->km[g].n - 1] / days_per_year); }
    }
    s->x_low = s->y_low = 0;
    s->x_high = last > 0 ? last : 1;
    s->y_high = 1;
    html(s, "<h2>Groups</h2>\n<figure>");
    pn_svg_open(s, "Kaplan-Meier curves of the low and the high risk group", "years", "share without event", 2);
    size_t n = pn_svg_ticks(&first, &step, 0, s->x_high);
    for (unsigned g = 0; g < 2; g++) {
        curve(s, &v->km[g], css[g]);
        for (size_t i = 0; i < n; i++) {
            double t = first + (double)i * step;
            (void)snprintf(text, sizeof text, "%.0f", v->km[g].n > 0 ? sv_km_at_risk(&v->km[g], t * days_per_year) : 0);
            pn_svg_below(s, t, g, css[g], text);
        }
    }
    pn_svg_close(s);
    html(s, "<figcaption>Kaplan-Meier; below, patients at risk: ");
    for (size_t g = 0; g < 2; g++) {
        html(s, "%s risk (%s, %zu patients, %zu events)%s", words[g], g == 0 ? "blue" : "red, dashed", v->group_patients[g],
             v->group_events[g], g == 0 ? ", " : "");
    }
    html(s, ". Cut-point %s, fixed by the model%s.</figcaption></figure>\n", number(buf, m->cutpoint, 4),
         isfinite(v->logrank_p) ? p_value(text, v->logrank_p) : "");
}

static void unit_axes(pn_svg *s)
{
    s->x_low = s->y_low = 0;
    s->x_high = s->y_high = 1;
}

static void put_roc(pn_svg *s, const pn_validation_horizon *h)
{
    static const double diagonal[] = {0, 1};
    char a[32], b[32], c[32];
    if (h->n_roc == 0) { return; }
    unit_axes(s);
    html(s, "<figure>");
    pn_svg_open(s, "ROC curve", "1 - specificity", "sensitivity", 0);
    pn_svg_line(s, diagonal, diagonal, 2, "grey");
    pn_svg_line(s, h->roc_x, h->roc_y, h->n_roc, "a");
    pn_svg_close(s);
    html(s, "<figcaption>ROC: AUC %s (95 %% CI %s to %s), %zu cases, %zu controls</figcaption></figure>\n",
         number(a, h->auc, 3), number(b, fmax(h->auc - z95 * h->auc_se, 0), 3), number(c, fmin(h->auc + z95 * h->auc_se, 1), 3), h->cases,
         h->controls);
}

static void put_calibration(pn_svg *s, const pn_validation_horizon *h)
{
    static const double diagonal[] = {0, 1};
    char a[32], b[32], c[32], d[32];
    if (h->n_groups == 0) { return; }
    unit_axes(s);
    html(s, "<figure>");
    pn_svg_open(s, "Calibration", "predicted risk", "observed risk", 0);
    pn_svg_line(s, diagonal, diagonal, 2, "grey");
    for (size_t g = 0; g < h->n_groups; g++) {
        const pn_calibration_group *k = &h->group[g];
        pn_svg_point(s, k->predicted, k->observed, k->low, k->high, "a");
    }
    pn_svg_close(s);
    html(s, "<figcaption>Calibration in %zu groups by predicted risk: mean predicted %s, observed %s; Brier score %s, of the "
         "same risk for all %s</figcaption></figure>\n", h->n_groups, number(a, h->predicted, 3),
         number(b, h->observed, 3), number(c, h->brier, 4), number(d, h->brier_null, 4));
}

static void put_decision(pn_svg *s, const pn_validation_horizon *h)
{
    double x[PN_DECISION_POINTS], model[PN_DECISION_POINTS], all[PN_DECISION_POINTS], highest = 0.05;
    if (!isfinite(h->brier)) { return; }
    for (size_t k = 0; k < PN_DECISION_POINTS; k++) {
        x[k] = h->decision[k].threshold;
        model[k] = h->decision[k].net_benefit;
        all[k] = h->decision[k].treat_all;
        if (isfinite(model[k])) { highest = fmax(highest, model[k]); }
    }
    static const double ends[] = {0, 1}, zero[] = {0, 0};
    s->x_low = 0;
    s->x_high = 1;
    s->y_high = highest * 1.1;
    s->y_low = -0.25 * s->y_high;
    html(s, "<figure>");
    pn_svg_open(s, "Decision curve", "threshold probability", "net benefit", 0);
    pn_svg_line(s, ends, zero, 2, "grey");
    pn_svg_line(s, x, all, PN_DECISION_POINTS, "b");
    pn_svg_line(s, x, model, PN_DECISION_POINTS, "a");
    pn_svg_close(s);
    html(s, "<figcaption>Decision curve: by the model (blue), treating all (red, dashed), treating none (0)</figcaption></figure>\n");
}

static void put_horizon(pn_svg *s, const pn_validation_horizon *h)
{
    html(s, "<h2>At %.3g years</h2>\n", h->years);
    if (!isfinite(h->auc) && !isfinite(h->brier)) {
        html(s, "<p>These patients, or those the model was made of, were not watched so long.</p>\n");
        return;
    }
    html(s, "<div class=\"plots\">\n");
    put_roc(s, h);
    put_calibration(s, h);
    put_decision(s, h);
    html(s, "</div>\n");
}

/* ---- The page -------------------------------------------------------------------------------- */

static void put_text(pn_svg *s, const char *before, const char *text, const char *after)
{
    html(s, "%s", before);
    pn_svg_text(s, text);
    html(s, "%s", after);
}

static void put_identity(pn_svg *s, const cfg_model *m, const char *cohort)
{
    put_text(s, "<title>Validation of ", m->id, "</title></head><body>\n");
    put_text(s, "<h1>Validation of ", m->title[0] != '\0' ? m->title : m->id, "</h1>\n<table>\n");
    put_text(s, "<tr><th scope=\"row\">Model</th><td>", m->id, " ");
    put_text(s, "", m->version, "</td></tr>\n");
    put_text(s, "<tr><th scope=\"row\">SHA-256 of its file</th><td>", m->file_sha256, "</td></tr>\n");
    put_text(s, "<tr><th scope=\"row\">Predicts</th><td>", m->endpoint, "</td></tr>\n");
    put_text(s, "<tr><th scope=\"row\">Patients validated on</th><td>", cohort, "</td></tr>\n");
    html(s, "<tr><th scope=\"row\">Made from</th><td>%u patients, %u events; C-index there %.3f (apparent)</td></tr>\n",
         m->n_patients, m->n_events, m->c_index);
    html(s, "</table>\n<p>The model stands as its file says; nothing of it was fitted again.</p>\n");
}

int pn_validation_page(pn_buf *out, const pn_validation *v, const cfg_model *m, const char *cohort, pn_error *err)
{
    pn_svg s = {.b = out, .err = err};
    s.rc = pn_buf_add(out, head, sizeof head - 1, err);
    put_identity(&s, m, cohort);
    put_numbers(&s, v);
    put_survival(&s, v, m);
    for (size_t h = 0; h < v->n_horizons; h++) { put_horizon(&s, &v->horizon[h]); }
    html(&s, "</body></html>\n");
    return s.rc;
}
