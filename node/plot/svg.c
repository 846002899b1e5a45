/* svg.c - the canvas of HTML sheets: one SVG element in the page. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include "plot/sheet_kind.h"

static pn_svg_canvas *of(pn_canvas *c) { return (pn_svg_canvas *)c; }

void pn_svg_escape(pn_sheet *s, pn_buf *b, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        switch (*p) {
        case '<': pn_sheet_put(s, b, "&lt;"); break;
        case '>': pn_sheet_put(s, b, "&gt;"); break;
        case '&': pn_sheet_put(s, b, "&amp;"); break;
        case '"': pn_sheet_put(s, b, "&quot;"); break;
        case '\'': pn_sheet_put(s, b, "&#39;"); break;
        default: pn_sheet_put(s, b, "%c", (unsigned char)*p < 0x20 || *p == 0x7F ? ' ' : *p); break;
        }
    }
}

static void put_points(pn_svg_canvas *c, const double *xy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pn_sheet_put(c->sheet, c->b, "%c%.2f %.2f", i == 0 ? 'M' : 'L', xy[2 * i], xy[2 * i + 1]);
    }
}

static void path(pn_canvas *canvas, const double *xy, size_t n, const pn_pen *pen)
{
    static const char *const dash[] = {"", " stroke-dasharray=\"5 3\"", " stroke-dasharray=\"1.2 2.2\""};
    pn_svg_canvas *c = of(canvas);
    pn_sheet_put(c->sheet, c->b, "<path fill=\"none\" stroke=\"#%06X\" stroke-width=\"%.2f\"%s d=\"", (unsigned)pen->rgb,
                 pen->width, dash[pen->dash]);
    put_points(c, xy, n);
    pn_sheet_put(c->sheet, c->b, "\"/>\n");
}

static void area(pn_canvas *canvas, const double *xy, size_t n, uint32_t rgb, double opacity)
{
    pn_svg_canvas *c = of(canvas);
    pn_sheet_put(c->sheet, c->b, "<path fill=\"#%06X\"", (unsigned)rgb);
    if (opacity < 1) { pn_sheet_put(c->sheet, c->b, " fill-opacity=\"%.2f\"", opacity); }
    pn_sheet_put(c->sheet, c->b, " d=\"");
    put_points(c, xy, n);
    pn_sheet_put(c->sheet, c->b, "Z\"/>\n");
}

static void disc(pn_canvas *canvas, double x, double y, double radius, uint32_t rgb)
{
    pn_svg_canvas *c = of(canvas);
    pn_sheet_put(c->sheet, c->b, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\" fill=\"#%06X\"/>\n", x, y, radius, (unsigned)rgb);
}

static void text(pn_canvas *canvas, double x, double y, const pn_type *type, bool upward, const char *words)
{
    static const char *const anchor[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    pn_svg_canvas *c = of(canvas);
    if (upward) {
        pn_sheet_put(c->sheet, c->b, "<text transform=\"translate(%.2f %.2f) rotate(-90)\"", x, y);
    } else {
        pn_sheet_put(c->sheet, c->b, "<text x=\"%.2f\" y=\"%.2f\"", x, y);
    }
    pn_sheet_put(c->sheet, c->b, " font-size=\"%.2f\" fill=\"#%06X\"%s%s>", type->size, (unsigned)type->rgb,
                 anchor[type->anchor], type->bold ? " font-weight=\"bold\"" : "");
    pn_svg_escape(c->sheet, c->b, words);
    pn_sheet_put(c->sheet, c->b, "</text>\n");
}

static void put_base64(pn_svg_canvas *c, const pn_buf *bytes)
{
    pn_error e = {0};
    unsigned char *out = bytes->n < (1u << 30) ? malloc(4 * (bytes->n / 3 + 1) + 1) : NULL;
    if (out == NULL) {
        (void)pn_fail_transient(&e, PN_ENOMEM, "no memory for a picture of %zu bytes", bytes->n);
        pn_sheet_fail(c->sheet, &e);
        return;
    }
    int n = EVP_EncodeBlock(out, (const unsigned char *)bytes->p, (int)bytes->n);
    if (pn_buf_add(c->b, out, (size_t)n, &e) != PN_OK) { pn_sheet_fail(c->sheet, &e); }
    free(out);
}

static void cells(pn_canvas *canvas, double x, double y, double width, double height, const uint32_t *rgb, size_t columns,
                  size_t rows)
{
    pn_svg_canvas *c = of(canvas);
    pn_buf png = {0};
    pn_error e = {0};
    if (c->sheet->err.code != PN_OK) { return; }
    if (pn_png_write(&png, rgb, columns, rows, &e) != PN_OK) {
        pn_sheet_fail(c->sheet, &e);
        pn_buf_free(&png);
        return;
    }
    pn_sheet_put(c->sheet, c->b, "<image x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" preserveAspectRatio=\"none\" "
                 "style=\"image-rendering:pixelated\" href=\"data:image/png;base64,", x, y, width, height);
    put_base64(c, &png);
    pn_sheet_put(c->sheet, c->b, "\"/>\n");
    pn_buf_free(&png);
}

void pn_svg_begin(pn_svg_canvas *c, pn_sheet *s, pn_buf *b, double width, double height, const char *title)
{
    static const pn_canvas_kind kind = {path, area, disc, text, cells};
    *c = (pn_svg_canvas){.canvas = {&kind, width, height}, .sheet = s, .b = b};
    pn_sheet_put(s, b, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\"><title>", width, height);
    pn_svg_escape(s, b, title);
    pn_sheet_put(s, b, "</title>\n");
}

void pn_svg_end(pn_svg_canvas *c) { pn_sheet_put(c->sheet, c->b, "</svg>"); }
