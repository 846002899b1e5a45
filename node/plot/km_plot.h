/* plot/km_plot.h - Kaplan-Meier curves with their confidence bands and the patients at risk below. */
#ifndef PN_PLOT_KM_PLOT_H
#define PN_PLOT_KM_PLOT_H
#include <survival/km.h>
#include "plot/canvas.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_km_curve {
    const char *name;
    const sv_km *km;                   /* n 0: an empty group, listed without a curve */
    pn_pen pen;
} pn_km_curve;

/* How high the canvas should be for n curves. */
double pn_km_plot_height(size_t n);
/* unit: days a unit of the time scale, whose name is x_label. */
void pn_km_plot(pn_canvas *c, const pn_km_curve *curve, size_t n, double unit, const char *x_label, const char *y_label);

#ifdef __cplusplus
}
#endif
#endif
