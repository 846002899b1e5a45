/* radiomics/src/pyr.h - the parts of the pyradiomics profile among themselves. */
#ifndef RX_PYR_H
#define RX_PYR_H
#include <radiomics/pyradiomics.h>
#include "roi.h"

/* ---- pyr_geometry.c: ITK's arithmetic between voxel indices and mm ---- */

typedef struct rx_affine {
    double to_mm[9];       /* direction times spacing                                  */
    double to_index[9];    /* its inverse                                              */
    double origin_mm[3];
} rx_affine;

/* Fails with RX_EINVAL on a grid that is not one: spacing, origin, directions. */
RX_CHECKED int rx_affine_of(rx_affine *a, const rx_grid *g, rx_error *err);
/* A continuous index to mm, mm to a continuous index. */
void rx_affine_point(double mm[3], const rx_affine *a, const double index[3]);
void rx_affine_index(double index[3], const rx_affine *a, const double mm[3]);
/* A voxel's index to mm: ITK adds the origin first here. */
void rx_affine_voxel(double mm[3], const rx_affine *a, const size_t index[3]);

/* Do two grids agree as ITK asks: sizes; origins and spacings within `tolerance` of the first's
 * first spacing; directions within `tolerance`. RX_EGRID and a message if not. */
RX_CHECKED int rx_same_space(const rx_grid *image, const rx_grid *mask, double tolerance,
                             rx_error *err);
/* The part of a grid from min to max, both included. */
rx_grid rx_grid_box(const rx_grid *g, const size_t min[3], const size_t max[3]);

/* ---- pyr_sample.c, pyr_bspline.c: an image between its voxels, as ITK's interpolators ---- */

/* The voxels of the image that the new grid can want, as doubles (for B-splines: coefficients). */
typedef struct rx_sampler {
    double *v;
    size_t lo[3], n[3];    /* first index in the image and number, of v                */
    size_t dim[3];         /* of the whole image                                       */
    rx_interpolator how;
    double spacing_mm[3];
    /* the weights of the last point, by axis: neighbours in a row share most of them  */
    double at[3];
    double weight[3][10];
    size_t index[3][10];
    int taps[3];
} rx_sampler;

double rx_sample(rx_sampler *s, const double index[3]);
double rx_bspline_at(rx_sampler *s, const double index[3]);
/* Four points that differ in x only, side by side: every sum waits for its last addition. */
void rx_bspline_four(double out[4], rx_sampler *s, double x[4][3]);
/* In place: voxels to coefficients of the cubic spline. */
RX_CHECKED int rx_bspline_coefficients(rx_sampler *s, rx_error *err);

/* ---- pyr_resample.c ---- */

/* The image on another grid: values cast to `pixel`, 0 outside of the image. */
RX_CHECKED int rx_resample_image(rx_volume *out, const rx_grid *grid, const rx_image *image,
                                 rx_pixel pixel, rx_interpolator how, rx_error *err);
/* The mask's region on another grid, by nearest neighbour. */
RX_CHECKED int rx_resample_mask(rx_region *out, const rx_grid *grid, const rx_mask *mask,
                                rx_error *err);
double rx_cast(double v, rx_pixel pixel);
rx_pixel rx_pixel_of(const rx_image *image, rx_pixel stored);
bool rx_pixel_is_integer(rx_pixel pixel);

/* ---- pyr_grid.c ---- */

/* Is the box of the mask's region inside the image, half a voxel and 1e-3 allowed; RX_EGRID. */
RX_CHECKED int rx_check_region(const rx_grid *image, const rx_grid *mask, const size_t min[3],
                               const size_t max[3], rx_error *err);
/* PyRadiomics' grid around the region. *same: the image has that spacing already, and *grid is
 * not set. */
RX_CHECKED int rx_pyr_grid(rx_grid *grid, bool *same, const rx_grid *image, const rx_grid *mask,
                           const size_t min[3], const size_t max[3], const rx_pyradiomics *s,
                           rx_error *err);

/* ---- pyr_resegment.c ---- */

/* The voxels of the mask whose intensities are in range, on the mask's grid. */
RX_CHECKED int rx_resegment_mask(rx_region *out, const rx_image *image, const rx_mask *mask,
                                 rx_pixel pixel, const rx_pyradiomics *s, rx_error *err);

/* ---- pyr_normalize.c ---- */
RX_CHECKED int rx_normalize_image(rx_volume *out, const rx_image *image, const rx_pyradiomics *s,
                                  rx_error *err);

/* ---- pyr_trace.c ---- */
RX_CHECKED int rx_trace_image_of(rx_trace_image *t, const rx_image *image, rx_error *err);
/* image may be NULL: no intensities. */
RX_CHECKED int rx_trace_mask_of(rx_trace_mask *t, const rx_image *image, const rx_mask *mask,
                                rx_workspace *ws, rx_error *err);
void rx_trace_note(rx_trace *t, const char *fmt, ...) RX_PRINTF(2, 3);   /* t may be NULL */

/* ---- pyr_shape2d.c ---- */

/* The region's one slice along `dimension` (PyRadiomics' numbering); NaN where undefined. */
RX_CHECKED int rx_shape2d(double out[RX_PYR_NSHAPE2D], const rx_roi *roi, unsigned dimension,
                          rx_error *err);
const char *rx_shape2d_name(unsigned i);

#endif
