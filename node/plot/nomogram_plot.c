#include "plot/nomogram_plot.h"
#include <math.h>
#include <stdio.h>
#include <survival/nomogram.h>

static const double row = 27, left = 150, right = 16;
static const pn_pen rule = {PN_MUTED, 0.8, PN_SOLID};
static const pn_type label = {8, PN_INK, PN_END, false}, number = {7, PN_MUTED, PN_MIDDLE, false};

double pn_nomogram_height(size_t n, size_t horizons) { return row * (double)(n + horizons + 2) + 6; }

/* One scale: its name, its line from the first to the last mark, and the marks with their numbers, those
 * left out that would stand on another. */
typedef struct scale { pn_canvas *c; double y, first, last, text_end; bool begun; } scale;

static double at(const pn_canvas *c, double share) { return left + (c->width - left - right) * share; }

static scale begin(pn_canvas *c, size_t line, const char *name)
{
    scale s = {.c = c, .y = row * ((double)line + 0.5), .text_end = -1};
    pn_canvas_text_within(c, left - 12, s.y + 2.5, left - 14, &label, name);
    return s;
}

static void mark(scale *s, double share, double value)
{
    char text[32];
    double x = at(s->c, share);
    (void)snprintf(text, sizeof text, "%.6g", value);
    double half = pn_canvas_text_width(&number, text) / 2 + 1.5;
    pn_canvas_line(s->c, x, s->y, x, s->y + 3.5, &rule);
    if (!s->begun || x < s->first) { s->first = x; }
    if (!s->begun || x > s->last) { s->last = x; }
    if (!s->begun || x - half > s->text_end) {
        pn_canvas_text(s->c, x, s->y + 11.5, &number, text);
        s->text_end = x + half;
    }
    s->begun = true;
}

static void end(const scale *s)
{
    if (s->begun) { pn_canvas_line(s->c, s->first, s->y, s->last, s->y, &rule); }
}

static void put_round(pn_canvas *c, size_t line, const char *name, double most, int intervals)
{
    double v[SV_NOMOGRAM_MAX_TICKS];
    size_t n = 0;
    scale s = begin(c, line, name);
    if (sv_nomogram_ticks(v, &n, 0, most, intervals, NULL) != SV_OK) { return; }
    for (size_t i = 0; i < n && v[i] <= most * (1 + 1e-9); i++) { mark(&s, v[i] / most, v[i]); }
    pn_canvas_line(c, at(c, 0), s.y, at(c, 1), s.y, &rule);
}

/* Marks from the left to the right, whichever way the values run. */
static void put_variable(pn_canvas *c, size_t line, const sv_nomogram *g, size_t j, const pn_nomogram_variable *v,
                         const double *ticks, size_t n)
{
    scale s = begin(c, line, v->name);
    for (size_t i = 0; i < n; i++) {
        double value = ticks[v->coefficient > 0 ? i : n - 1 - i];
        mark(&s, sv_nomogram_points(g, j, v->coefficient, value) / 100, value);
    }
    end(&s);
}

static void put_survival(pn_canvas *c, size_t line, const sv_nomogram *g, const pn_nomogram_horizon *h)
{
    static const double shares[] = {0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01};
    char name[64];
    (void)snprintf(name, sizeof name, "survival at %.3g year%s", h->years, fabs(h->years - 1) < 1e-9 ? "" : "s");
    scale s = begin(c, line, name);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double points = sv_nomogram_points_at(g, h->hazard, shares[i]);
        if (isfinite(points) && points >= 0 && points <= g->max_points) { mark(&s, points / g->max_points, shares[i]); }
    }
    end(&s);
}

bool pn_nomogram_draw(pn_canvas *c, const pn_nomogram_variable *v, size_t n, const pn_nomogram_horizon *horizon,
                      size_t horizons)
{
    static const size_t most = PN_NOMOGRAM_MAX_VARIABLES;
    double coef[PN_NOMOGRAM_MAX_VARIABLES], shown[2 * PN_NOMOGRAM_MAX_VARIABLES];
    double ticks[PN_NOMOGRAM_MAX_VARIABLES][SV_NOMOGRAM_MAX_TICKS];
    size_t n_ticks[PN_NOMOGRAM_MAX_VARIABLES];
    sv_nomogram g;
    sv_error sv = {0};
    if (n == 0 || n > most) { return false; }
    for (size_t j = 0; j < n; j++) {
        if (sv_nomogram_ticks(ticks[j], &n_ticks[j], v[j].low, v[j].high, 6, &sv) != SV_OK || n_ticks[j] < 2) { return false; }
        coef[j] = v[j].coefficient;
        shown[2 * j] = ticks[j][0];
        shown[2 * j + 1] = ticks[j][n_ticks[j] - 1];
    }
    if (sv_nomogram_make(&g, coef, shown, n, 100, &sv) != SV_OK) {
        c->no_memory = c->no_memory || sv.code == SV_ENOMEM;
        return false;
    }
    put_round(c, 0, "points", 100, 10);
    for (size_t j = 0; j < n; j++) { put_variable(c, j + 1, &g, j, &v[j], ticks[j], n_ticks[j]); }
    put_round(c, n + 1, "total points", g.max_points, 10);
    for (size_t h = 0; h < horizons; h++) { put_survival(c, n + 2 + h, &g, &horizon[h]); }
    sv_nomogram_free(&g);
    return true;
}
