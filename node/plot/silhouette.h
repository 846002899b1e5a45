/* plot/silhouette.h - how well each item lies in its group, group by group. */
#ifndef PN_PLOT_SILHOUETTE_H
#define PN_PLOT_SILHOUETTE_H
#include "plot/canvas.h"

#ifdef __cplusplus
extern "C" {
#endif

/* width[n] in -1..1 of items in groups label[n], 1..k: bars from the widest to the narrowest of each group. */
void pn_silhouette_draw(pn_canvas *c, const double *width, const int *label, size_t n, size_t k);

#ifdef __cplusplus
}
#endif
#endif
