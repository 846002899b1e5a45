#include "pipeline/svg.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEFT = 62, TOP = 12, WIDTH = 460, HEIGHT = 300, BOTTOM = 46, RIGHT = 14, LINE = 17 };

static void put(pn_svg *s, const char *fmt, ...) PN_PRINTF(2, 3);
static void put(pn_svg *s, const char *fmt, ...)
{
    char text[512];
    if (s->rc != PN_OK) { return; }
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    s->rc = n < 0 || (size_t)n >= sizeof text ? (int)pn_fail(s->err, PN_ELIMIT, "a plot's mark is too long")
                                              : pn_buf_add(s->b, text, (size_t)n, s->err);
}

void pn_svg_text(pn_svg *s, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        switch (*p) {
        case '<': put(s, "&lt;"); break;
        case '>': put(s, "&gt;"); break;
        case '&': put(s, "&amp;"); break;
        case '"': put(s, "&quot;"); break;
        case '\'': put(s, "&#39;"); break;
        default: put(s, "%c", (unsigned char)*p < 0x20 ? ' ' : *p); break;
        }
    }
}

size_t pn_svg_ticks(double *first, double *step, double low, double high)
{
    double raw = (high - low) / 6, power = pow(10, floor(log10(raw))), unit = raw / power;
    *step = power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10);
    *first = ceil(low / *step - 1e-9) * *step;
    return (size_t)floor((high - *first) / *step + 1e-9) + 1;
}

static double to_x(const pn_svg *s, double x) { return LEFT + WIDTH * (x - s->x_low) / (s->x_high - s->x_low); }
static double to_y(const pn_svg *s, double y) { return TOP + HEIGHT * (s->y_high - y) / (s->y_high - s->y_low); }

static void put_axes(pn_svg *s)
{
    double first, step;
    size_t n = pn_svg_ticks(&first, &step, s->x_low, s->x_high);
    for (size_t i = 0; i < n; i++) {
        double v = first + (double)i * step, x = to_x(s, v);
        put(s, "<path class=\"tick\" d=\"M%.1f %dv5\"/><text x=\"%.1f\" y=\"%d\" class=\"mid\">%.4g</text>", x,
            TOP + HEIGHT, x, TOP + HEIGHT + 18, fabs(v) < 1e-12 ? 0 : v);
    }
    n = pn_svg_ticks(&first, &step, s->y_low, s->y_high);
    for (size_t i = 0; i < n; i++) {
        double v = first + (double)i * step, y = to_y(s, v);
        put(s, "<path class=\"tick\" d=\"M%d %.1fh-5\"/><text x=\"%d\" y=\"%.1f\" class=\"end\">%.4g</text>", LEFT, y,
            LEFT - 8, y + 4, fabs(v) < 1e-12 ? 0 : v);
    }
}

void pn_svg_open(pn_svg *s, const char *title, const char *x_label, const char *y_label, unsigned below)
{
    int height = TOP + HEIGHT + BOTTOM + LINE * (int)below;
    put(s, "<svg viewBox=\"0 0 %d %d\" role=\"img\"><title>", LEFT + WIDTH + RIGHT, height);
    pn_svg_text(s, title);
    put(s, "</title><rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", LEFT, TOP, WIDTH, HEIGHT);
    put_axes(s);
    put(s, "<text class=\"mid\" x=\"%d\" y=\"%d\">", LEFT + WIDTH / 2, TOP + HEIGHT + 36);
    pn_svg_text(s, x_label);
    put(s, "</text><text class=\"mid\" transform=\"translate(14 %d) rotate(-90)\">", TOP + HEIGHT / 2);
    pn_svg_text(s, y_label);
    put(s, "</text>");
}

void pn_svg_close(pn_svg *s) { put(s, "</svg>\n"); }

/* What lies outside of the frame is drawn on its edge. */
static double inside(double v, double low, double high) { return v < low ? low : v > high ? high : v; }

void pn_svg_line(pn_svg *s, const double *x, const double *y, size_t n, const char *css)
{
    bool drawing = false;
    put(s, "<path class=\"%s\" d=\"", css);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) {
            drawing = false;
            continue;
        }
        put(s, "%c%.1f %.1f", drawing ? 'L' : 'M', to_x(s, inside(x[i], s->x_low, s->x_high)),
            to_y(s, inside(y[i], s->y_low, s->y_high)));
        drawing = true;
    }
    put(s, "\"/>");
}

void pn_svg_steps(pn_svg *s, const double *x, const double *y, size_t n, const char *css)
{
    put(s, "<path class=\"%s\" d=\"", css);
    for (size_t i = 0; i < n && x[i] <= s->x_high; i++) {
        put(s, i == 0 ? "M%.1f %.1f" : "H%.1fV%.1f", to_x(s, x[i]), to_y(s, inside(y[i], s->y_low, s->y_high)));
    }
    put(s, "\"/>");
}

void pn_svg_point(pn_svg *s, double x, double y, double low, double high, const char *css)
{
    if (!isfinite(x) || !isfinite(y)) { return; }
    double at = to_x(s, inside(x, s->x_low, s->x_high));
    if (isfinite(low) && isfinite(high)) {
        put(s, "<path class=\"%s\" d=\"M%.1f %.1fV%.1f\"/>", css, at, to_y(s, inside(low, s->y_low, s->y_high)),
            to_y(s, inside(high, s->y_low, s->y_high)));
    }
    put(s, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>", css, at,
        to_y(s, inside(y, s->y_low, s->y_high)));
}

void pn_svg_below(pn_svg *s, double x, unsigned line, const char *css, const char *text)
{
    put(s, "<text class=\"mid %s\" x=\"%.1f\" y=\"%d\">", css, to_x(s, x), TOP + HEIGHT + 54 + LINE * (int)line);
    pn_svg_text(s, text);
    put(s, "</text>");
}
