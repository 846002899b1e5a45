/* radiomics/src/filt_recursion.h - ITK's recursive Gaussian and its second derivative over lines. */
#ifndef RX_FILT_RECURSION_H
#define RX_FILT_RECURSION_H
#include <stddef.h>

enum { RX_LANES = 16, RX_MIN_LINE = 4 };

/* Lines side by side, so that the recursion of one does not wait for itself. */
typedef double rx_lanes[RX_LANES];

/* Coefficients of one pass. end_n, end_m: of the repeated edge, for y+ and y-, that stand for
 * outputs beyond it. */
typedef struct rx_recursion {
    double n[4], m[4], d[4], end_n[4], end_m[4];
} rx_recursion;

/* Gaussian of sum 1; sigma in voxels. */
void rx_recursion_smoothing(rx_recursion *r, double sigma);
/* Second derivative: of a constant 0, of x^2/2 (x in voxels) sigma_mm^2. */
void rx_recursion_second(rx_recursion *r, double sigma, double sigma_mm);

/* y[begin..end] of lines x[0..length-1], RX_MIN_LINE or more. y: scratch below begin. */
void rx_recursion_run(rx_lanes *restrict y, const rx_lanes *restrict x, size_t length, size_t begin,
                      size_t end, const rx_recursion *r);

#endif
