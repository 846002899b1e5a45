/* plot/axes.h - a frame with scales on a canvas, and marks at values in the data's units.
 *
 * What lies outside of the scales is drawn on the frame's edge; what is not finite is left out and breaks a
 * line. Series differ in dash or mark, never in colour alone. */
#ifndef PN_PLOT_AXES_H
#define PN_PLOT_AXES_H
#include "plot/canvas.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_axes {
    pn_canvas *canvas;
    double left, top, width, height;              /* of the frame, in points                     */
    double x_low, x_high, y_low, y_high;          /* what the scales show; low < high            */
    bool x_log;                                   /* then 0 < x_low                              */
    bool x_whole;                                 /* numbers at whole values only                */
} pn_axes;

/* A frame that fills the canvas but for the scales' labels, `above` and `below` points for what
 * the caller puts there (a line of legend is PN_LEGEND_LINE). Scales 0..1. */
#define PN_LEGEND_LINE 13.0
pn_axes pn_axes_on(pn_canvas *c, double above, double below);
/* Frame, pale lines at round numbers, numbers, and the names of both scales. */
void pn_axes_draw(const pn_axes *a, const char *x_label, const char *y_label);
/* For scales that the caller labels: only the part that belongs to x, or to y. */
void pn_axes_draw_x(const pn_axes *a, const char *label);
void pn_axes_draw_y(const pn_axes *a, const char *label);

/* Where a value stands, within the frame. */
double pn_axes_x(const pn_axes *a, double x);
double pn_axes_y(const pn_axes *a, double y);

void pn_axes_line(const pn_axes *a, const double *x, const double *y, size_t n, const pn_pen *pen);
/* Level until the next x. */
void pn_axes_steps(const pn_axes *a, const double *x, const double *y, size_t n, const pn_pen *pen);
/* The area between low and high; `steps`: both level until the next x. */
void pn_axes_band(const pn_axes *a, const double *x, const double *low, const double *high, size_t n, bool steps,
                  uint32_t rgb);
/* A mark with an upright interval; one that is not finite is not drawn. */
void pn_axes_point(const pn_axes *a, double x, double y, double low, double high, pn_shape shape, uint32_t rgb);
/* An upright line over the frame's height. */
void pn_axes_mark_x(const pn_axes *a, double x, const pn_pen *pen);

/* What the series are, in lines above the frame. */
typedef struct pn_legend { const char *text; pn_pen pen; bool mark; pn_shape shape; } pn_legend;
void pn_axes_legend(const pn_axes *a, const pn_legend *entry, size_t n);
/* How many lines that takes. */
size_t pn_axes_legend_lines(const pn_canvas *c, const pn_legend *entry, size_t n);

/* Round numbers within low..high: values[PN_AXES_MAX_TICKS], their number. */
#define PN_AXES_MAX_TICKS ((size_t)40)
size_t pn_axes_ticks(double values[PN_AXES_MAX_TICKS], double low, double high, int intervals);
/* The same in steps of 1, 2, 5 times powers of ten; 0 < low. */
size_t pn_axes_log_ticks(double values[PN_AXES_MAX_TICKS], double low, double high);

#ifdef __cplusplus
}
#endif
#endif
