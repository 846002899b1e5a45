#include "plot/canvas.h"
#include <string.h>

void pn_canvas_path(pn_canvas *c, const double *xy, size_t n, const pn_pen *pen)
{
    if (n >= 2 && pen->width > 0) { c->kind->path(c, xy, n, pen); }
}

void pn_canvas_area(pn_canvas *c, const double *xy, size_t n, uint32_t rgb, double opacity)
{
    if (n >= 3) { c->kind->area(c, xy, n, rgb, opacity); }
}

void pn_canvas_line(pn_canvas *c, double x0, double y0, double x1, double y1, const pn_pen *pen)
{
    const double xy[] = {x0, y0, x1, y1};
    pn_canvas_path(c, xy, 2, pen);
}

void pn_canvas_fill(pn_canvas *c, double x, double y, double width, double height, uint32_t rgb)
{
    const double xy[] = {x, y, x + width, y, x + width, y + height, x, y + height};
    pn_canvas_area(c, xy, 4, rgb, 1);
}

void pn_canvas_frame(pn_canvas *c, double x, double y, double width, double height, const pn_pen *pen)
{
    const double xy[] = {x, y, x + width, y, x + width, y + height, x, y + height, x, y};
    pn_canvas_path(c, xy, 5, pen);
}

void pn_canvas_mark(pn_canvas *c, pn_shape shape, double x, double y, double radius, uint32_t rgb)
{
    const double r = radius, s = 0.9 * radius;
    const double square[] = {x - s, y - s, x + s, y - s, x + s, y + s, x - s, y + s};
    const double diamond[] = {x, y - 1.25 * r, x + 1.25 * r, y, x, y + 1.25 * r, x - 1.25 * r, y};
    const double triangle[] = {x, y - 1.1 * r, x + 1.08 * r, y + 0.83 * r, x - 1.08 * r, y + 0.83 * r};
    switch (shape) {
    case PN_DISC: c->kind->disc(c, x, y, radius, rgb); break;
    case PN_SQUARE: pn_canvas_area(c, square, 4, rgb, 1); break;
    case PN_DIAMOND: pn_canvas_area(c, diamond, 4, rgb, 1); break;
    case PN_TRIANGLE: pn_canvas_area(c, triangle, 3, rgb, 1); break;
    }
}

void pn_canvas_text(pn_canvas *c, double x, double y, const pn_type *type, const char *text)
{
    if (text[0] != '\0') { c->kind->text(c, x, y, type, false, text); }
}

void pn_canvas_text_upward(pn_canvas *c, double x, double y, const pn_type *type, const char *text)
{
    if (text[0] != '\0') { c->kind->text(c, x, y, type, true, text); }
}

/* Shares of the size; a character of more than one byte counts at its first. */
static double advance(unsigned char b)
{
    if (b >= 0xE0) { return 1; }
    if (b >= 0xC0) { return 0.6; }
    if (b >= 0x80) { return 0; }
    if (strchr("ijl.,:;|!'()[] ", b) != NULL) { return 0.3; }
    if (strchr("frt-/", b) != NULL) { return 0.37; }
    if (strchr("mwMW@%", b) != NULL) { return 0.9; }
    if (b >= 'A' && b <= 'Z') { return 0.67; }
    return 0.57;
}

double pn_canvas_text_width(const pn_type *type, const char *text)
{
    double width = 0;
    for (const char *p = text; *p != '\0'; p++) { width += advance((unsigned char)*p); }
    return width * type->size * (type->bold ? 1.06 : 1);
}

void pn_canvas_text_within(pn_canvas *c, double x, double y, double room, const pn_type *type, const char *text)
{
    char cut[512];
    if (pn_canvas_text_width(type, text) <= room) {
        pn_canvas_text(c, x, y, type, text);
        return;
    }
    size_t n = 0;
    double width = type->size;                     /* the ellipsis */
    while (text[n] != '\0' && n < sizeof cut - 8) {
        width += advance((unsigned char)text[n]) * type->size * (type->bold ? 1.06 : 1);
        if (width > room) { break; }
        n++;
    }
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) { n--; }
    memcpy(cut, text, n);
    memcpy(cut + n, "\xe2\x80\xa6", 4);
    pn_canvas_text(c, x, y, type, cut);
}

void pn_canvas_cells(pn_canvas *c, double x, double y, double width, double height, const uint32_t *rgb, size_t columns,
                     size_t rows)
{
    if (columns > 0 && rows > 0) { c->kind->cells(c, x, y, width, height, rgb, columns, rows); }
}
