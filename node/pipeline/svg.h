/* pipeline/svg.h - plots as SVG inside of an HTML page. The first failure is kept in `rc`; what follows then
 * adds nothing. */
#ifndef PN_PIPELINE_SVG_H
#define PN_PIPELINE_SVG_H
#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_svg {
    pn_buf *b;
    pn_error *err;
    int rc;
    double x_low, x_high, y_low, y_high;     /* what the axes show, in the data's units */
} pn_svg;

/* Text with the characters that HTML gives a meaning escaped. */
void pn_svg_text(pn_svg *s, const char *text);

/* A plot of its own: frame, ticks at round numbers, labels. `below`: room under the axis for that many lines of
 * pn_svg_below. title is read by screen readers. */
void pn_svg_open(pn_svg *s, const char *title, const char *x_label, const char *y_label, unsigned below);
void pn_svg_close(pn_svg *s);

/* CSS classes of the page colour the marks: "a", "b", "grey" ... A point that is not finite breaks a line. */
void pn_svg_line(pn_svg *s, const double *x, const double *y, size_t n, const char *css);
/* Level until the next x, then down or up. */
void pn_svg_steps(pn_svg *s, const double *x, const double *y, size_t n, const char *css);
void pn_svg_point(pn_svg *s, double x, double y, double low, double high, const char *css);
/* Text under the axis at x, in line 0, 1 ... */
void pn_svg_below(pn_svg *s, double x, unsigned line, const char *css, const char *text);

/* Round numbers over a range: *first, *step; how many there are. */
size_t pn_svg_ticks(double *first, double *step, double low, double high);

#ifdef __cplusplus
}
#endif
#endif
