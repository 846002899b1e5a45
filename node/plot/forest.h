/* plot/forest.h - hazard ratios with their intervals, one below the other. */
#ifndef PN_PLOT_FOREST_H
#define PN_PLOT_FOREST_H
#include "plot/canvas.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_forest_row {
    const char *name, *detail;         /* detail: the groups, or the unit; may be ""          */
    double ratio, low, high, p;        /* not finite: told as a dash                          */
    bool heading;                      /* only the name, in bold                              */
} pn_forest_row;

double pn_forest_height(size_t rows);
/* On a wide canvas; the scale is logarithmic, 1 is marked. */
void pn_forest_draw(pn_canvas *c, const pn_forest_row *row, size_t n, const char *x_label);

#ifdef __cplusplus
}
#endif
#endif
