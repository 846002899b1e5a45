/* plot/canvas.h - what plots are drawn on: a rectangle of a page, in points, y growing downward.
 *
 * A plot is written once; the canvas that a sheet lends (plot/sheet.h) makes SVG or PDF of it. Text stays
 * text in both. Drawing does not fail by itself: the sheet tells at its end. */
#ifndef PN_PLOT_CANVAS_H
#define PN_PLOT_CANVAS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "report/colours.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pn_dash { PN_SOLID, PN_DASHED, PN_DOTTED } pn_dash;
typedef struct pn_pen { uint32_t rgb; double width; pn_dash dash; } pn_pen;
typedef enum pn_anchor { PN_START, PN_MIDDLE, PN_END } pn_anchor;     /* which part of a text stands at x */
typedef struct pn_type { double size; uint32_t rgb; pn_anchor anchor; bool bold; } pn_type;
typedef enum pn_shape { PN_DISC, PN_SQUARE, PN_DIAMOND, PN_TRIANGLE } pn_shape;

typedef struct pn_canvas pn_canvas;

/* What a kind of canvas can do; drawn on through the functions below. */
typedef struct pn_canvas_kind {
    void (*path)(pn_canvas *c, const double *xy, size_t n, const pn_pen *pen);              /* open         */
    void (*area)(pn_canvas *c, const double *xy, size_t n, uint32_t rgb, double opacity);   /* closed       */
    void (*disc)(pn_canvas *c, double x, double y, double radius, uint32_t rgb);
    void (*text)(pn_canvas *c, double x, double y, const pn_type *type, bool upward, const char *text);
    void (*cells)(pn_canvas *c, double x, double y, double width, double height, const uint32_t *rgb, size_t columns,
                  size_t rows);
} pn_canvas_kind;

struct pn_canvas {
    const pn_canvas_kind *kind;
    double width, height;
    bool no_memory;                    /* a plot could not be drawn whole: its sheet fails */
};

void pn_canvas_line(pn_canvas *c, double x0, double y0, double x1, double y1, const pn_pen *pen);
/* xy: n points, x and y in turn. Fewer than 2 (3 for an area) draw nothing. */
void pn_canvas_path(pn_canvas *c, const double *xy, size_t n, const pn_pen *pen);
void pn_canvas_area(pn_canvas *c, const double *xy, size_t n, uint32_t rgb, double opacity);
void pn_canvas_fill(pn_canvas *c, double x, double y, double width, double height, uint32_t rgb);
void pn_canvas_frame(pn_canvas *c, double x, double y, double width, double height, const pn_pen *pen);
void pn_canvas_mark(pn_canvas *c, pn_shape shape, double x, double y, double radius, uint32_t rgb);
/* The baseline at y; `upward`: turned by a quarter, reading from below. */
void pn_canvas_text(pn_canvas *c, double x, double y, const pn_type *type, const char *text);
void pn_canvas_text_upward(pn_canvas *c, double x, double y, const pn_type *type, const char *text);
/* The same, shortened with an ellipsis to about `room` points. */
void pn_canvas_text_within(pn_canvas *c, double x, double y, double room, const pn_type *type, const char *text);
/* A raster with sharp edges: rgb[row * columns + column], the first row on top. */
void pn_canvas_cells(pn_canvas *c, double x, double y, double width, double height, const uint32_t *rgb, size_t columns,
                     size_t rows);

/* About how wide a text is: the fonts of a browser are not known here. */
double pn_canvas_text_width(const pn_type *type, const char *text);

#ifdef __cplusplus
}
#endif
#endif
