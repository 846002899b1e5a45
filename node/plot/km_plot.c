#include "plot/km_plot.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "plot/axes.h"

static const double row = 11, size = 7.5;
enum { MAX_CURVES = 8 };

double pn_km_plot_height(size_t n) { return 265 + row * (double)n; }

/* From 0 and 1 on, in units; where S is 0 its limits are 0 too. */
static void draw_curve(const pn_axes *a, const pn_km_curve *c, double unit)
{
    const sv_km *km = c->km;
    double *v = calloc(4 * (km->n + 1), sizeof *v);
    if (v == NULL) {
        a->canvas->no_memory = true;
        return;
    }
    double *x = v, *y = x + km->n + 1, *low = y + km->n + 1, *high = low + km->n + 1;
    y[0] = low[0] = high[0] = 1;
    for (size_t i = 0; i < km->n; i++) {
        bool known = isfinite(km->lower[i]) && isfinite(km->upper[i]);
        x[i + 1] = km->time[i] / unit;
        y[i + 1] = km->surv[i];
        low[i + 1] = known ? km->lower[i] : 0;
        high[i + 1] = known ? km->upper[i] : high[i];
    }
    pn_axes_band(a, x, low, high, km->n + 1, true, c->pen.rgb);
    pn_axes_steps(a, x, y, km->n + 1, &c->pen);
    double marked = -1;
    for (size_t i = 0; i < km->n; i++) {           /* who left without the event; marks do not cover each other */
        double at = pn_axes_x(a, x[i + 1]), up = pn_axes_y(a, y[i + 1]);
        const pn_pen tick = {c->pen.rgb, 0.6, PN_SOLID};
        if (!(km->n_censor[i] > 0) || at - marked < 0.4) { continue; }
        pn_canvas_line(a->canvas, at, up - 2.2, at, up + 2.2, &tick);
        marked = at;
    }
    free(v);
}

static void put_at_risk(const pn_axes *a, const pn_km_curve *curve, size_t n, double unit)
{
    double t[PN_AXES_MAX_TICKS], y = a->top + a->height + 40;
    const pn_type title = {size, PN_MUTED, PN_START, false};
    size_t ticks = pn_axes_ticks(t, a->x_low, a->x_high, a->width > 300 ? 8 : 5);
    pn_canvas_text(a->canvas, 2, y, &title, "at risk");
    for (size_t g = 0; g < n; g++) {
        const pn_type type = {size, curve[g].pen.rgb, PN_MIDDLE, false}, label = {size, curve[g].pen.rgb, PN_START, true};
        double at = y + row * (double)(g + 1);
        pn_canvas_text_within(a->canvas, 2, at, a->left - 14, &label, curve[g].name);
        for (size_t i = 0; i < ticks; i++) {
            char text[32];
            (void)snprintf(text, sizeof text, "%.0f", curve[g].km->n > 0 ? sv_km_at_risk(curve[g].km, t[i] * unit) : 0);
            pn_canvas_text(a->canvas, pn_axes_x(a, t[i]), at, &type, text);
        }
    }
}

/* The names stand left of the frame. */
static void make_room(pn_axes *a, const pn_km_curve *curve, size_t n)
{
    const pn_type type = {size, PN_INK, PN_START, true};
    double widest = a->left;
    for (size_t g = 0; g < n; g++) { widest = fmax(widest, pn_canvas_text_width(&type, curve[g].name) + 18); }
    widest = fmin(widest, 0.3 * a->canvas->width);
    a->width -= widest - a->left;
    a->left = widest;
}

void pn_km_plot(pn_canvas *c, const pn_km_curve *curve, size_t n, double unit, const char *x_label, const char *y_label)
{
    pn_legend legend[MAX_CURVES] = {0};
    char words[MAX_CURVES][160];
    double last = 0;
    if (n > MAX_CURVES) { n = MAX_CURVES; }
    for (size_t g = 0; g < n; g++) {
        const sv_km *km = curve[g].km;
        (void)snprintf(words[g], sizeof words[g], "%.80s: %zu patients, %zu events", curve[g].name, km->rows, km->events);
        legend[g] = (pn_legend){words[g], curve[g].pen, false, PN_DISC};
        if (km->n > 0) { last = fmax(last, km->time[km->n - 1] / unit); }
    }
    pn_axes a = pn_axes_on(c, PN_LEGEND_LINE * (double)pn_axes_legend_lines(c, legend, n), row * (double)(n + 1));
    a.x_high = last > 0 ? last : 1;
    make_room(&a, curve, n);
    pn_axes_draw(&a, x_label, y_label);
    pn_axes_legend(&a, legend, n);
    for (size_t g = 0; g < n; g++) {
        if (curve[g].km->n > 0) { draw_curve(&a, &curve[g], unit); }
    }
    put_at_risk(&a, curve, n, unit);
}
