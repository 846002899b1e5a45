/* report/page_draw.c - see page_draw.h. */
#include "report/page_draw.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

double pn_axis_at(const pn_axis *a, double value)
{
    double share = (value - a->low) / (a->high - a->low);
    return a->from + (a->to - a->from) * fmin(fmax(share, 0), 1);
}

double pn_axis_step(double low, double high, unsigned n)
{
    double rough = (high - low) / n, power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

void pn_draw_colour(cairo_t *cr, uint32_t rgb)
{
    cairo_set_source_rgb(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

static void round_path(cairo_t *cr, pn_box b, double r)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, b.x + b.w - r, b.y + r, r, -PI / 2, 0);
    cairo_arc(cr, b.x + b.w - r, b.y + b.h - r, r, 0, PI / 2);
    cairo_arc(cr, b.x + r, b.y + b.h - r, r, PI / 2, PI);
    cairo_arc(cr, b.x + r, b.y + r, r, PI, 3 * PI / 2);
    cairo_close_path(cr);
}

void pn_draw_fill(pn_page *p, pn_box b, double radius, uint32_t rgb)
{
    pn_draw_colour(p->cr, rgb);
    if (radius > 0) {
        round_path(p->cr, b, radius);
    } else {
        cairo_rectangle(p->cr, b.x, b.y, b.w, b.h);
    }
    cairo_fill(p->cr);
}

void pn_draw_panel(pn_page *p, pn_box b) { pn_draw_fill(p, b, 5, PN_PANEL); }

void pn_draw_rule(pn_page *p, double x0, double y0, double x1, double y1, double width, uint32_t rgb)
{
    pn_draw_colour(p->cr, rgb);
    cairo_set_line_width(p->cr, width);
    cairo_move_to(p->cr, x0, y0);
    cairo_line_to(p->cr, x1, y1);
    cairo_stroke(p->cr);
}

double pn_draw_text(pn_page *p, double x, double y, double width, double size, pn_weight weight,
                    uint32_t rgb, pn_align align, const char *text)
{
    const pn_text_style style = {size, weight, rgb, align};
    return pn_text_line(p->type, &style, x, y, width, text);
}

pn_box pn_draw_title(pn_page *p, pn_box b, const char *text)
{
    (void)pn_draw_text(p, b.x, b.y + 9, b.w, 9.5, PN_BOLD, PN_INK, PN_LEFT, text);
    return (pn_box){b.x, b.y + 18, b.w, b.h - 18};
}

uint32_t pn_group_colour(bool high) { return high ? PN_HIGH_RISK : PN_LOW_RISK; }

static void triangle(cairo_t *cr, double x, double y, double r)
{
    cairo_move_to(cr, x, y - r);
    cairo_line_to(cr, x + 0.98 * r, y + 0.75 * r);
    cairo_line_to(cr, x - 0.98 * r, y + 0.75 * r);
    cairo_close_path(cr);
}

static void disc(cairo_t *cr, double x, double y, double r)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y, r, 0, 2 * PI);
}

void pn_draw_group_mark(pn_page *p, bool high, double x, double y, double radius)
{
    pn_draw_colour(p->cr, pn_group_colour(high));
    if (high) {
        triangle(p->cr, x, y, 1.1 * radius);
    } else {
        disc(p->cr, x, y, radius);
    }
    cairo_fill(p->cr);
}

static void tick(cairo_t *cr, double x, double y, double r)
{
    cairo_move_to(cr, x - 0.5 * r, y + 0.02 * r);
    cairo_line_to(cr, x - 0.12 * r, y + 0.4 * r);
    cairo_line_to(cr, x + 0.52 * r, y - 0.4 * r);
}

static void cross(cairo_t *cr, double x, double y, double r)
{
    for (int s = -1; s <= 1; s += 2) {
        cairo_move_to(cr, x - 0.4 * r, y - s * 0.4 * r);
        cairo_line_to(cr, x + 0.4 * r, y + s * 0.4 * r);
    }
}

static void exclamation(cairo_t *cr, double x, double y, double r)
{
    cairo_move_to(cr, x, y - 0.38 * r);
    cairo_line_to(cr, x, y + 0.15 * r);
    cairo_move_to(cr, x, y + 0.46 * r);
    cairo_line_to(cr, x, y + 0.47 * r);
}

static void question(cairo_t *cr, double x, double y, double r)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y - 0.22 * r, 0.3 * r, -PI, 0.35 * PI);
    cairo_line_to(cr, x, y + 0.25 * r);
    cairo_move_to(cr, x, y + 0.55 * r);
    cairo_line_to(cr, x, y + 0.56 * r);
}

void pn_draw_sign(pn_page *p, pn_gate_state state, double x, double y, double radius)
{
    static const uint32_t colour[] = {PN_GOOD, PN_CARE, PN_HIGH_RISK, PN_MUTED};
    cairo_t *cr = p->cr;
    pn_draw_colour(cr, colour[state]);
    if (state == PN_GATE_WARNED) {
        triangle(cr, x, y, 1.15 * radius);
    } else {
        disc(cr, x, y, radius);
    }
    cairo_fill(cr);
    pn_draw_colour(cr, PN_PAPER);
    cairo_set_line_width(cr, 0.24 * radius);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    switch (state) {
    case PN_GATE_PASSED: tick(cr, x, y, radius); break;
    case PN_GATE_WARNED: exclamation(cr, x, y, radius); break;
    case PN_GATE_FAILED: cross(cr, x, y, radius); break;
    case PN_GATE_UNKNOWN: question(cr, x, y, radius); break;
    }
    cairo_stroke(cr);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_MITER);
}
