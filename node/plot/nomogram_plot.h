/* plot/nomogram_plot.h - a Cox model to be added by hand: points of each variable, their sum, survival. */
#ifndef PN_PLOT_NOMOGRAM_PLOT_H
#define PN_PLOT_NOMOGRAM_PLOT_H
#include "plot/canvas.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_NOMOGRAM_MAX_VARIABLES = 20, PN_NOMOGRAM_MAX_HORIZONS = 8 };

typedef struct pn_nomogram_variable {
    const char *name;
    double coefficient;                /* log hazard ratio a unit; not 0                          */
    double low, high;                  /* values to show; rounded outward                         */
} pn_nomogram_variable;

typedef struct pn_nomogram_horizon {
    double years;
    double hazard;                     /* cumulative baseline hazard of one whose values are all 0 */
} pn_nomogram_horizon;

double pn_nomogram_height(size_t n, size_t horizons);
/* On a wide canvas. False where there is no such scale (too many variables, no range): nothing is drawn. */
bool pn_nomogram_draw(pn_canvas *c, const pn_nomogram_variable *v, size_t n, const pn_nomogram_horizon *horizon,
                      size_t horizons);

#ifdef __cplusplus
}
#endif
#endif
