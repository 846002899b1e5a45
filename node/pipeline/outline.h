/* pipeline/outline.h - the outline of a region of one slice as closed polygons. */
#ifndef PN_PIPELINE_OUTLINE_H
#define PN_PIPELINE_OUTLINE_H
#include <stddef.h>
#include "base/error.h"
#include "dicom/phantom_write.h"

/* Grow-only list of polygons. */
typedef struct pn_outline { pn_polygon *polygons; size_t n, room; } pn_outline;

/* Marching squares over the nodes field[j*w + i] of one slice, inside where field < 0; nodes
 * beyond the rectangle count as outside. Every node that is inside, and no other, lies inside
 * the polygons by the even-odd rule, also after the coordinates are rounded to 1e-4 mm: a
 * crossing keeps 5 % of the edge from both nodes. Node (i, j) lies at (x0 + i dx, y0 + j dy) mm.
 * Appends to out; fails: PN_ENOMEM. */
PN_CHECKED int pn_outline_add(pn_outline *out, const double *field, size_t w, size_t h, size_t slice,
                              const double origin_mm[2], const double spacing_mm[2], pn_error *err);
/* An axis-parallel ellipse around the origin with 100 points. Fails: PN_ENOMEM. */
PN_CHECKED int pn_outline_ellipse(pn_outline *out, double a_mm, double b_mm, size_t slice,
                                  pn_error *err);
void pn_polygons_free(pn_polygon *p, size_t n);

#endif
