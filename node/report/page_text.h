/* report/page_text.h - lines and paragraphs of text, of any script and direction, on a page.
 *
 * Text is UTF-8 and is drawn as it is: what is no UTF-8 becomes U+FFFD, control characters a space,
 * and characters that only steer direction or join are dropped, so that a text cannot rearrange
 * its neighbours. Lengths are in points, as the page's. */
#ifndef PN_REPORT_PAGE_TEXT_H
#define PN_REPORT_PAGE_TEXT_H
#include <cairo.h>
#include <stdint.h>
#include "report/page_fonts.h"

typedef enum pn_align { PN_LEFT, PN_CENTRE, PN_RIGHT } pn_align;

typedef struct pn_text_style {
    double size;
    pn_weight weight;
    uint32_t rgb;            /* 0xRRGGBB                                                   */
    pn_align align;          /* within the width                                           */
} pn_text_style;

typedef struct pn_typesetter pn_typesetter;   /* fonts and scratch memory */

/* Draws on cr, which it does not own. Caller frees. Fails: PN_ENOMEM, and as pn_fonts_load. */
PN_CHECKED int pn_typesetter_new(pn_typesetter **out, cairo_t *cr, pn_error *err);
void pn_typesetter_free(pn_typesetter *t);
/* False once memory ran out: what was drawn since is not whole. */
bool pn_typesetter_ok(const pn_typesetter *t);

/* The natural width of a line. */
double pn_text_width(pn_typesetter *t, const pn_text_style *style, const char *text);
/* One line with its baseline at y, in [x, x + width]; what does not fit is cut with an ellipsis.
 * Nothing is painted more than a line's height above or below. Returns the width drawn. */
double pn_text_line(pn_typesetter *t, const pn_text_style *style, double x, double y,
                    double width, const char *text);
/* A paragraph, its first baseline at y, further ones `leading` below; at most max_lines, the last
 * of which is cut with an ellipsis. Returns the number of lines drawn; with `draw` false, of those
 * that would be. */
unsigned pn_text_block(pn_typesetter *t, const pn_text_style *style, double x, double y,
                       double width, double leading, unsigned max_lines, bool draw,
                       const char *text);

#endif
