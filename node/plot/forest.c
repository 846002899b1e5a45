#include "plot/forest.h"
#include <math.h>
#include <stdio.h>
#include "plot/axes.h"

static const double line = 14, size = 8;
/* Where the columns begin: plot, numbers (right), p (right); names and details share what is left of the plot. */
static const double at_plot = 236, plot_width = 108, at_ratio = 450, at_p = 497;

double pn_forest_height(size_t rows) { return 16 + line * (double)rows + 34; }

static void find_scale(pn_axes *a, const pn_forest_row *row, size_t n)
{
    double low = 0.5, high = 2;
    for (size_t i = 0; i < n; i++) {
        if (row[i].heading || !isfinite(row[i].ratio) || !(row[i].ratio > 0)) { continue; }
        low = fmin(low, fmin(row[i].ratio / 1.2, row[i].low > 0 ? row[i].low : low));
        high = fmax(high, fmax(row[i].ratio * 1.2, isfinite(row[i].high) ? row[i].high : high));
    }
    a->x_log = true;
    a->x_low = fmax(low, 0.01);
    a->x_high = fmin(high, 100);
}

/* Details begin behind the longest name, and keep room for themselves. */
static double place_details(const pn_forest_row *row, size_t n, const pn_type *type)
{
    double widest = 60;
    for (size_t i = 0; i < n; i++) {
        if (!row[i].heading) { widest = fmax(widest, pn_canvas_text_width(type, row[i].name)); }
    }
    return fmin(widest + 18, at_plot - 46);
}

/* An interval that runs out of the scale ends in an arrow. */
static void put_interval(const pn_axes *a, const pn_forest_row *r, double y)
{
    const pn_pen pen = {PN_INK, 1, PN_SOLID};
    if (!isfinite(r->ratio) || !(r->ratio > 0)) { return; }
    if (isfinite(r->low) && isfinite(r->high)) {
        double from = pn_axes_x(a, r->low), to = pn_axes_x(a, r->high);
        pn_canvas_line(a->canvas, from, y, to, y, &pen);
        for (int side = 0; side < 2; side++) {
            bool beyond = side == 0 ? r->low < a->x_low : r->high > a->x_high;
            double x = side == 0 ? from : to, inward = side == 0 ? 4 : -4;
            const double arrow[] = {x + inward, y - 2.5, x, y, x + inward, y + 2.5}, stop[] = {x, y - 2.5, x, y, x, y + 2.5};
            pn_canvas_path(a->canvas, beyond ? arrow : stop, 3, &pen);
        }
    }
    if (r->ratio >= a->x_low && r->ratio <= a->x_high) {
        pn_canvas_mark(a->canvas, PN_SQUARE, pn_axes_x(a, r->ratio), y, 3, PN_LOW_RISK);
    }
}

static void put_numbers(pn_canvas *c, const pn_forest_row *r, double y)
{
    const pn_type right = {size, PN_INK, PN_END, false};
    char text[96];
    if (isfinite(r->ratio) && isfinite(r->low) && isfinite(r->high)) {
        (void)snprintf(text, sizeof text, "%.3g (%.3g to %.3g)", r->ratio, r->low, r->high);
    } else {
        (void)snprintf(text, sizeof text, "\xe2\x80\x93");
    }
    pn_canvas_text(c, at_ratio, y, &right, text);
    if (!isfinite(r->p)) { return; }
    if (r->p < 0.0001) { (void)snprintf(text, sizeof text, "< 0.0001"); } else { (void)snprintf(text, sizeof text, "%.4f", r->p); }
    pn_canvas_text(c, at_p, y, &right, text);
}

void pn_forest_draw(pn_canvas *c, const pn_forest_row *row, size_t n, const char *x_label)
{
    const pn_type right = {7.5, PN_MUTED, PN_END, false}, plain = {size, PN_INK, PN_START, false},
                  bold = {size, PN_INK, PN_START, true}, pale = {size, PN_MUTED, PN_START, false};
    const pn_pen one = {PN_MUTED, 0.8, PN_DASHED};
    pn_axes a = {.canvas = c, .left = at_plot, .top = 14, .width = plot_width, .height = line * (double)n + 4, .y_high = 1};
    const double at_detail = place_details(row, n, &plain);
    find_scale(&a, row, n);
    pn_axes_draw_x(&a, x_label);
    pn_axes_mark_x(&a, 1, &one);
    pn_canvas_text(c, at_ratio, 8, &right, "ratio (95 % interval)");
    pn_canvas_text(c, at_p, 8, &right, "p");
    for (size_t i = 0; i < n; i++) {
        double y = a.top + line * ((double)i + 0.5) + 2;
        if (row[i].heading) {
            pn_canvas_text_within(c, 0, y + 2.8, c->width, &bold, row[i].name);
            continue;
        }
        pn_canvas_text_within(c, 8, y + 2.8, at_detail - 12, &plain, row[i].name);
        pn_canvas_text_within(c, at_detail, y + 2.8, at_plot - at_detail - 6, &pale, row[i].detail);
        put_interval(&a, &row[i], y);
        put_numbers(c, &row[i], y + 2.8);
    }
}
