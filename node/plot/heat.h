/* plot/heat.h - a matrix as colours. */
#ifndef PN_PLOT_HEAT_H
#define PN_PLOT_HEAT_H
#include "plot/canvas.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_heat {
    const double *v;                   /* rows * columns, row after row; not finite: grey     */
    size_t rows, columns;
    double low, high;                  /* of the colours; beyond them the outermost           */
    bool two_sided;                    /* blue - white - orange; else white - blue            */
    const char *scale;                 /* what the colours mean                               */
    const char *const *row_name;       /* [rows] at the left, or NULL                         */
    const char *const *column_name;    /* [columns] below, upward, or NULL                    */
    /* A bar over the columns: two values of each, told by colour; or NULL. */
    const bool *bar;
    const char *bar_name;              /* of what is true (dark)                              */
    const size_t *mark; size_t n_marks;    /* upright lines after so many columns             */
} pn_heat;

/* Over the whole canvas, with its scale below. Names that find no room are left out. */
void pn_heat_draw(pn_canvas *c, const pn_heat *h);
/* A height in which names of rows can be read. */
double pn_heat_height(const pn_heat *h);

/* The colour of a share 0..1 of the scale. */
uint32_t pn_heat_colour(double share, bool two_sided);

#ifdef __cplusplus
}
#endif
#endif
