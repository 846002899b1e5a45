/* report/page_draw.h - the parts of the picture page, and what they share. Private to page*.c.
 *
 * All lengths are in points on a page of PN_PAGE_WIDTH x PN_PAGE_HEIGHT; y grows downward. A part
 * draws within its box. Groups differ in line and mark, gates in their sign. */
#ifndef PN_REPORT_PAGE_DRAW_H
#define PN_REPORT_PAGE_DRAW_H
#include <cairo.h>
#include "report/colours.h"
#include "report/messages.h"
#include "report/page_images.h"
#include "report/page_text.h"
#include "report/report.h"

/* A4 on its side. */
#define PN_PAGE_WIDTH  841.89
#define PN_PAGE_HEIGHT 595.276

typedef struct pn_box { double x, y, w, h; } pn_box;

/* Where values stand along a line. */
typedef struct pn_axis { double low, high, from, to; } pn_axis;
double pn_axis_at(const pn_axis *a, double value);       /* clamped to the line's ends        */
/* Steps of 1, 2 or 5 times a power of ten, about n of them. */
double pn_axis_step(double low, double high, unsigned n);

typedef struct pn_page {
    cairo_t *cr;
    pn_typesetter *type;
    const pn_report *report;
    const pn_report_region *region;     /* the main one                                       */
    const pn_report_result *result;     /* its                                                */
    const pn_page_images *images;
    const pn_messages *words;
} pn_page;

/* ---- Shared (page_draw.c) ---------------------------------------------------------------- */
void pn_draw_colour(cairo_t *cr, uint32_t rgb);
void pn_draw_panel(pn_page *p, pn_box b);                 /* a pale ground, round corners      */
void pn_draw_rule(pn_page *p, double x0, double y0, double x1, double y1, double width, uint32_t rgb);
void pn_draw_fill(pn_page *p, pn_box b, double radius, uint32_t rgb);
/* A line of text; returns its width. */
double pn_draw_text(pn_page *p, double x, double y, double width, double size, pn_weight weight,
                    uint32_t rgb, pn_align align, const char *text);
/* A panel's title; returns the box that is left. */
pn_box pn_draw_title(pn_page *p, pn_box b, const char *text);
/* The sign of a gate, of that radius, around (x, y): a tick, a triangle, a cross, a question mark. */
void pn_draw_sign(pn_page *p, pn_gate_state state, double x, double y, double radius);
/* The mark of a risk group: a triangle for high, a disc for low. */
void pn_draw_group_mark(pn_page *p, bool high, double x, double y, double radius);
uint32_t pn_group_colour(bool high);

/* ---- Parts ---------------------------------------------------------------------------------- */
void pn_draw_header(pn_page *p, pn_box b);                /* page_head.c: who and which study   */
void pn_draw_footer(pn_page *p, pn_box b);                /* model, digest, versions            */
void pn_draw_verdict(pn_page *p, pn_box b);               /* page_verdict.c: applies, group, how sure, survival */
/* The score against the cut-point; `axis` may be NULL. */
void pn_draw_gauge(pn_page *p, pn_box b, pn_axis *axis);
void pn_draw_slices(pn_page *p, pn_box b);                /* page_slices.c                      */
/* Where in the part's box the i-th slice has its square, and in the square its picture. */
pn_box pn_slice_square(pn_page *p, pn_box b, size_t i);
pn_box pn_slice_box(const pn_page_images *images, size_t i, pn_box square);
void pn_draw_curves(pn_page *p, pn_box b);                /* page_curves.c                      */
void pn_draw_features(pn_page *p, pn_box b);              /* page_features.c                    */
/* The line on which a feature's values stand: from its training minimum to its maximum, wider
 * where the patient lies outside. */
pn_axis pn_feature_axis(const pn_report_driver *d, double from, double to);
void pn_draw_gates(pn_page *p, pn_box b);                 /* page_gates.c                       */

/* The whole page (page.c). */
void pn_draw_page(pn_page *p);

#endif
