/* report/page_curves.c - Kaplan-Meier curves of the training groups, with this patient's marked. */
#include "report/page_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/page_words.h"

static const double DAYS_PER_YEAR = 365.25;
static const double SIZE = 7.5;

static bool is_high(const cfg_km_curve *c) { return strcmp(c->group, "high") == 0; }

/* This patient's group, where there is one. */
static bool is_own(const pn_page *p, const cfg_km_curve *c)
{
    return p->result->applicable && is_high(c) == p->result->high_risk;
}

static double last_year(const pn_report *r)
{
    double last = 0;
    for (size_t i = 0; i < r->n_km; i++) {
        if (r->km[i].n > 0) { last = fmax(last, r->km[i].time_days[r->km[i].n - 1] / DAYS_PER_YEAR); }
    }
    return last;
}

static void draw_frame(pn_page *p, const pn_axis *x, const pn_axis *y, double step)
{
    char text[32];
    for (int percent = 0; percent <= 100; percent += 25) {
        double at = pn_axis_at(y, percent / 100.0);
        pn_draw_rule(p, x->from, at, x->to, at, percent == 0 ? 0.8 : 0.4, percent == 0 ? PN_MUTED : PN_HAIRLINE);
        (void)snprintf(text, sizeof text, "%d %%", percent);
        (void)pn_draw_text(p, x->from - 34, at + 2.6, 30, SIZE, PN_REGULAR, PN_MUTED, PN_RIGHT, text);
    }
    for (double t = 0; t <= x->high * (1 + 1e-9); t += step) {
        double at = pn_axis_at(x, t);
        pn_draw_rule(p, at, y->from, at, y->from + 3, 0.8, PN_MUTED);
        (void)snprintf(text, sizeof text, "%g", t);
        (void)pn_draw_text(p, at - 20, y->from + 10.5, 40, SIZE, PN_REGULAR, PN_MUTED, PN_CENTRE, text);
    }
}

/* Steps down at each event; 1 before the first. */
static void draw_curve(pn_page *p, const cfg_km_curve *c, const pn_axis *x, const pn_axis *y)
{
    bool own = is_own(p, c);
    static const double dashes[] = {4, 2.2};
    cairo_move_to(p->cr, x->from, pn_axis_at(y, 1));
    for (size_t i = 0; i < c->n; i++) {
        double at = pn_axis_at(x, c->time_days[i] / DAYS_PER_YEAR);
        cairo_line_to(p->cr, at, pn_axis_at(y, i > 0 ? c->survival[i - 1] : 1));
        cairo_line_to(p->cr, at, pn_axis_at(y, c->survival[i]));
    }
    pn_draw_colour(p->cr, pn_group_colour(is_high(c)));
    cairo_set_line_width(p->cr, own ? 2.4 : 1.1);
    if (!is_high(c)) { cairo_set_dash(p->cr, dashes, 2, 0); }
    cairo_stroke(p->cr);
    cairo_set_dash(p->cr, NULL, 0, 0);
}

/* Patients at risk at t are those at the next event of their group: who left between is not told
 * by the curve. False after the last one. */
static bool at_risk(double *n, const cfg_km_curve *c, double days)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->time_days[i] >= days) {
            *n = days <= 0 ? (double)c->patients : c->n_risk[i];
            return true;
        }
    }
    return false;
}

static void draw_at_risk(pn_page *p, pn_box b, const pn_axis *x, double step)
{
    const pn_report *r = p->report;
    (void)pn_draw_text(p, b.x, b.y + 7, b.w, SIZE, PN_REGULAR, PN_MUTED, PN_LEFT,
                       pn_msg(p->words, PN_MSG_PAGE_AT_RISK));
    for (size_t i = 0; i < r->n_km; i++) {
        const cfg_km_curve *c = &r->km[i];
        double y = b.y + 17 + 10 * (double)i, n = 0;
        pn_draw_group_mark(p, is_high(c), b.x + 3.5, y - 2.6, 2.8);
        for (double t = 0; t <= x->high * (1 + 1e-9); t += step) {
            if (!at_risk(&n, c, t * DAYS_PER_YEAR)) { continue; }
            char text[32];
            (void)snprintf(text, sizeof text, "%.0f", n);
            (void)pn_draw_text(p, pn_axis_at(x, t) - 20, y, 40, SIZE, is_own(p, c) ? PN_BOLD : PN_REGULAR,
                               pn_group_colour(is_high(c)), PN_CENTRE, text);
        }
    }
}

/* Mark, line and name of each group; which is this patient's. */
static void draw_legend(pn_page *p, pn_box b)
{
    const pn_report *r = p->report;
    double x = b.x;
    for (size_t i = 0; i < r->n_km; i++) {
        const cfg_km_curve *c = &r->km[i];
        bool own = is_own(p, c);
        char text[PN_WORDS_SIZE];
        pn_page_group_text(text, p->words, is_high(c), own);
        pn_draw_group_mark(p, is_high(c), x + 4, b.y + 4.5, 3.4);
        x += 11 + pn_draw_text(p, x + 11, b.y + 7.5, b.x + b.w - x - 11, 8, own ? PN_BOLD : PN_REGULAR,
                               pn_group_colour(is_high(c)), PN_LEFT, text) + 10;
    }
}

void pn_draw_curves(pn_page *p, pn_box b)
{
    const pn_report *r = p->report;
    b = pn_draw_title(p, b, pn_msg(p->words, pn_report_plain_survival(r) ? PN_MSG_PAGE_CURVE : PN_MSG_PAGE_CURVE_EVENT));
    double last = last_year(r);
    if (!(last > 0)) {
        const pn_text_style style = {8.5, PN_REGULAR, PN_MUTED, PN_LEFT};
        (void)pn_text_block(p->type, &style, b.x, b.y + 10, b.w, 11, 4, true, pn_msg(p->words, PN_MSG_PAGE_NO_CURVE));
        return;
    }
    double table = 12 + 10 * (double)r->n_km, step = pn_axis_step(0, last, 5);
    const pn_axis x = {0, last, b.x + 30, b.x + b.w - 8};
    const pn_axis y = {0, 1, b.y + b.h - table - 24, b.y + 16};
    draw_legend(p, (pn_box){b.x, b.y - 1, b.w, 10});
    draw_frame(p, &x, &y, step);
    (void)pn_draw_text(p, x.from, y.from + 19.5, x.to - x.from, SIZE, PN_REGULAR, PN_MUTED, PN_RIGHT,
                       pn_msg(p->words, PN_MSG_PAGE_YEARS));
    for (size_t i = 0; i < r->n_km; i++) { draw_curve(p, &r->km[i], &x, &y); }
    draw_at_risk(p, (pn_box){b.x, b.y + b.h - table - 3, b.w, table}, &x, step);
}
