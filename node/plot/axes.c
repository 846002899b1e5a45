#include "plot/axes.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <survival/nomogram.h>

static const double left_room = 46, right_room = 9, bottom_room = 31, size = 7.5;
static const pn_type middle = {7.5, PN_MUTED, PN_MIDDLE, false}, end = {7.5, PN_MUTED, PN_END, false},
                     name = {8, PN_INK, PN_MIDDLE, false};
static const pn_pen pale = {PN_HAIRLINE, 0.4, PN_SOLID}, frame = {PN_BOX_LINE, 0.8, PN_SOLID};

pn_axes pn_axes_on(pn_canvas *c, double above, double below)
{
    double top = above + 5;
    return (pn_axes){.canvas = c, .left = left_room, .top = top, .width = c->width - left_room - right_room,
                     .height = c->height - top - bottom_room - below, .x_high = 1, .y_high = 1};
}

/* ---- Scales ---------------------------------------------------------------------------------- */

size_t pn_axes_ticks(double values[PN_AXES_MAX_TICKS], double low, double high, int intervals)
{
    double round[SV_NOMOGRAM_MAX_TICKS], slack = 1e-9 * (high - low);
    size_t n = 0, used = 0;
    if (sv_nomogram_ticks(round, &n, low, high, intervals, NULL) != SV_OK) { return 0; }
    for (size_t i = 0; i < n && used < PN_AXES_MAX_TICKS; i++) {
        if (round[i] >= low - slack && round[i] <= high + slack) { values[used++] = fabs(round[i]) < slack ? 0 : round[i]; }
    }
    return used;
}

size_t pn_axes_log_ticks(double values[PN_AXES_MAX_TICKS], double low, double high)
{
    static const double digits[] = {1, 2, 5};
    bool all = log10(high / low) <= 2;
    size_t n = 0;
    for (double power = floor(log10(low)); power <= log10(high) && n + 3 <= PN_AXES_MAX_TICKS; power++) {
        for (size_t k = 0; k < (all ? 3u : 1u); k++) {
            double v = digits[k] * pow(10, power);
            if (v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9)) { values[n++] = v; }
        }
    }
    return n;
}

static double inside(double v, double low, double high) { return v < low ? low : v > high ? high : v; }

double pn_axes_x(const pn_axes *a, double x)
{
    double v = inside(x, a->x_low, a->x_high);
    double share = a->x_log ? log(v / a->x_low) / log(a->x_high / a->x_low) : (v - a->x_low) / (a->x_high - a->x_low);
    return a->left + a->width * share;
}

double pn_axes_y(const pn_axes *a, double y)
{
    return a->top + a->height * (a->y_high - inside(y, a->y_low, a->y_high)) / (a->y_high - a->y_low);
}

void pn_axes_draw_x(const pn_axes *a, const char *label)
{
    double v[PN_AXES_MAX_TICKS], bottom = a->top + a->height;
    size_t n = a->x_log ? pn_axes_log_ticks(v, a->x_low, a->x_high)
                        : pn_axes_ticks(v, a->x_low, a->x_high, a->width > 300 ? 8 : 5);
    for (size_t i = 0; i < n; i++) {
        char text[32];
        double x = pn_axes_x(a, v[i]);
        if (a->x_whole && fabs(v[i] - nearbyint(v[i])) > 1e-9) { continue; }
        (void)snprintf(text, sizeof text, "%.6g", v[i]);
        pn_canvas_line(a->canvas, x, a->top, x, bottom, &pale);
        pn_canvas_line(a->canvas, x, bottom, x, bottom + 3, &frame);
        pn_canvas_text(a->canvas, x, bottom + 11.5, &middle, text);
    }
    pn_canvas_text(a->canvas, a->left + a->width / 2, bottom + 24, &name, label);
}

void pn_axes_draw_y(const pn_axes *a, const char *label)
{
    double v[PN_AXES_MAX_TICKS];
    size_t n = pn_axes_ticks(v, a->y_low, a->y_high, a->height > 180 ? 6 : 5);
    for (size_t i = 0; i < n; i++) {
        char text[32];
        double y = pn_axes_y(a, v[i]);
        (void)snprintf(text, sizeof text, "%.6g", v[i]);
        pn_canvas_line(a->canvas, a->left, y, a->left + a->width, y, &pale);
        pn_canvas_line(a->canvas, a->left - 3, y, a->left, y, &frame);
        pn_canvas_text(a->canvas, a->left - 5, y + 0.35 * size, &end, text);
    }
    pn_canvas_text_upward(a->canvas, 9, a->top + a->height / 2, &name, label);
}

void pn_axes_draw(const pn_axes *a, const char *x_label, const char *y_label)
{
    pn_axes_draw_x(a, x_label);
    pn_axes_draw_y(a, y_label);
    pn_canvas_frame(a->canvas, a->left, a->top, a->width, a->height, &frame);
}

/* ---- Series ---------------------------------------------------------------------------------- */

/* Points, for the eye and for the size of the page: what moves less is passed over. */
static const double too_near = 0.05;

/* The finite stretches of a series as paths; steps: two points for each value but the first. */
static void draw_series(const pn_axes *a, const double *x, const double *y, size_t n, bool steps, const pn_pen *pen)
{
    double *xy = calloc(4 * n + 2, sizeof *xy);
    size_t used = 0;
    if (xy == NULL) {
        a->canvas->no_memory = true;
        return;
    }
    for (size_t i = 0; i <= n; i++) {
        if (i == n || !isfinite(x[i]) || !isfinite(y[i])) {
            pn_canvas_path(a->canvas, xy, used, pen);
            used = 0;
            continue;
        }
        double at = pn_axes_x(a, x[i]), up = pn_axes_y(a, y[i]);
        bool last = i + 1 == n || !isfinite(x[i + 1]) || !isfinite(y[i + 1]);
        if (used > 0 && !last && fabs(at - xy[2 * used - 2]) < too_near && fabs(up - xy[2 * used - 1]) < too_near) { continue; }
        if (steps && used > 0) {
            xy[2 * used] = at;
            xy[2 * used + 1] = xy[2 * used - 1];
            used++;
        }
        xy[2 * used] = at;
        xy[2 * used + 1] = up;
        used++;
    }
    free(xy);
}

void pn_axes_line(const pn_axes *a, const double *x, const double *y, size_t n, const pn_pen *pen)
{
    draw_series(a, x, y, n, false, pen);
}

void pn_axes_steps(const pn_axes *a, const double *x, const double *y, size_t n, const pn_pen *pen)
{
    draw_series(a, x, y, n, true, pen);
}

static size_t add_point(double *xy, size_t n, bool needed, double x, double y)
{
    if (!needed && n > 0 && fabs(x - xy[2 * n - 2]) < too_near && fabs(y - xy[2 * n - 1]) < too_near) { return n; }
    xy[2 * n] = x;
    xy[2 * n + 1] = y;
    return n + 1;
}

/* One stretch [from, to) that is finite: forth along high, back along low. */
static void draw_band(const pn_axes *a, double *xy, const double *x, const double *low, const double *high, size_t from,
                      size_t to, bool steps, uint32_t rgb)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        if (steps && i > from) { n = add_point(xy, n, i + 1 == to, pn_axes_x(a, x[i]), pn_axes_y(a, high[i - 1])); }
        n = add_point(xy, n, i + 1 == to, pn_axes_x(a, x[i]), pn_axes_y(a, high[i]));
    }
    for (size_t i = to; i-- > from;) {
        n = add_point(xy, n, i + 1 == to || i == from, pn_axes_x(a, x[i]), pn_axes_y(a, low[i]));
        if (steps && i > from) { n = add_point(xy, n, false, pn_axes_x(a, x[i]), pn_axes_y(a, low[i - 1])); }
    }
    pn_canvas_area(a->canvas, xy, n, rgb, 0.18);
}

void pn_axes_band(const pn_axes *a, const double *x, const double *low, const double *high, size_t n, bool steps,
                  uint32_t rgb)
{
    double *xy = calloc(8 * n + 8, sizeof *xy);
    size_t from = 0;
    if (xy == NULL) {
        a->canvas->no_memory = true;
        return;
    }
    for (size_t i = 0; i <= n; i++) {
        if (i < n && isfinite(x[i]) && isfinite(low[i]) && isfinite(high[i])) { continue; }
        if (i > from + 1) { draw_band(a, xy, x, low, high, from, i, steps, rgb); }
        from = i + 1;
    }
    free(xy);
}

void pn_axes_point(const pn_axes *a, double x, double y, double low, double high, pn_shape shape, uint32_t rgb)
{
    const pn_pen pen = {rgb, 1, PN_SOLID};
    if (!isfinite(x) || !isfinite(y)) { return; }
    if (isfinite(low) && isfinite(high)) {
        double at = pn_axes_x(a, x), from = pn_axes_y(a, low), to = pn_axes_y(a, high);
        pn_canvas_line(a->canvas, at, from, at, to, &pen);
        pn_canvas_line(a->canvas, at - 2.5, from, at + 2.5, from, &pen);
        pn_canvas_line(a->canvas, at - 2.5, to, at + 2.5, to, &pen);
    }
    pn_canvas_mark(a->canvas, shape, pn_axes_x(a, x), pn_axes_y(a, y), 3, rgb);
}

void pn_axes_mark_x(const pn_axes *a, double x, const pn_pen *pen)
{
    if (!isfinite(x)) { return; }
    pn_canvas_line(a->canvas, pn_axes_x(a, x), a->top, pn_axes_x(a, x), a->top + a->height, pen);
}

/* ---- Legend ---------------------------------------------------------------------------------- */

static const pn_type legend_type = {7.5, PN_INK, PN_START, false};
static const double sample = 20;

/* Places the entries in lines; draws them where `a` is given. */
static size_t place_legend(const pn_axes *a, double width, const pn_legend *entry, size_t n)
{
    double x = left_room;
    size_t lines = n > 0 ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        double wide = sample + 4 + pn_canvas_text_width(&legend_type, entry[i].text) + 10;
        if (x > left_room && x + wide > width) {
            x = left_room;
            lines++;
        }
        if (a != NULL) {
            double y = 4 + PN_LEGEND_LINE * (double)(lines - 1);
            pn_canvas_line(a->canvas, x, y, x + sample, y, &entry[i].pen);
            if (entry[i].mark) { pn_canvas_mark(a->canvas, entry[i].shape, x + sample / 2, y, 3, entry[i].pen.rgb); }
            pn_canvas_text(a->canvas, x + sample + 4, y + 2.6, &legend_type, entry[i].text);
        }
        x += wide;
    }
    return lines;
}

void pn_axes_legend(const pn_axes *a, const pn_legend *entry, size_t n) { (void)place_legend(a, a->canvas->width, entry, n); }
size_t pn_axes_legend_lines(const pn_canvas *c, const pn_legend *entry, size_t n) { return place_legend(NULL, c->width, entry, n); }
