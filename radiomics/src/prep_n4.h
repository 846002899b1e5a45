/* radiomics/src/prep_n4.h - parts of the bias field correction. */
#ifndef RX_PREP_N4_H
#define RX_PREP_N4_H
#include "fft.h"
#include "prep.h"

/* A cubic B-spline over the whole image: `mesh` elements an axis, whose ends are the centres of
 * the first and last voxel, and so mesh + 3 control points. */
typedef struct rx_n4_spline {
    size_t mesh[3], control[3];
    double *total;             /* [control]: all fits so far                                   */
    double *fit;               /* [control]: the last one                                      */
    double *weight;            /* [control]: sum of squared weights of the points (Lee's delta) */
    double *part[2];           /* partial sums, an axis already contracted                      */
} rx_n4_spline;

typedef struct n4_field {
    size_t full[3], step[3], first[3], dim[3], n;   /* of the image; of its thinned-out points  */
    uint8_t *inside;           /* [n]                                                          */
    size_t points;             /* inside                                                        */
    double *logs, *bias;       /* [n]: of the image, of the field                               */
    double *change;            /* [n]: what sharpening changed; then, fitted, what is added     */
    rx_n4_spline spline[RX_N4_MAX_LEVELS];
    rx_fft *fft;               /* of the padded histogram                                       */
    rx_complex *u, *mean, *blur;
    double *value;             /* [histogram_bins]                                             */
    size_t padded;
} n4_field;

RX_CHECKED int rx_n4_check(const rx_n4 *s, rx_error *err);

RX_CHECKED int rx_n4_sharpen_new(n4_field *f, const rx_n4 *s, rx_error *err);
void rx_n4_sharpen_free(n4_field *f);
/* change = logs - bias - its sharpened value; false where all points have one intensity. */
bool rx_n4_sharpen(n4_field *f, const rx_n4 *s);

RX_CHECKED int rx_n4_spline_new(rx_n4_spline *b, const n4_field *f, const size_t mesh[3], rx_error *err);
void rx_n4_spline_free(rx_n4_spline *b);
/* Fit f->change at the points, add the fit to the total, and replace f->change by it. */
void rx_n4_spline_fit(rx_n4_spline *b, n4_field *f);
/* Add the total's value at the image's voxels (0, j, k), (1, j, k), ... */
void rx_n4_spline_add_row(double *row, const rx_n4_spline *b, const n4_field *f, size_t j, size_t k);

#endif
