/* radiomics/src/ibsi_resample.h - interpolation of images on a grid, axis by axis (IBSI 2.4). */
#ifndef RX_IBSI_RESAMPLE_H
#define RX_IBSI_RESAMPLE_H
#include <stddef.h>
#include <radiomics/error.h>
#include <radiomics/ibsi.h>

enum { RX_MAX_TAPS = 4 };

/* How the samples out_first .. out_first+n_out-1 of an axis are made: sample i is the sum of
 * weight[i*taps + t] * in[index[i*taps + t]], where in[0] is the image's sample in_first. The
 * spline's weights are for its coefficients. */
typedef struct rx_axis {
    size_t in_first, n_in, n_out;
    unsigned taps;
    bool spline;
    size_t *index;
    double *weight;
} rx_axis;

/* A line of samples: n of them from (i, j, k) on, i ascending. */
typedef struct rx_line_source {
    void (*read)(double *out, const struct rx_line_source *s, size_t i, size_t j, size_t k, size_t n);
    const rx_image *image;
    const rx_mask *mask;
} rx_line_source;

rx_line_source rx_image_lines(const rx_image *image);
rx_line_source rx_mask_lines(const rx_mask *mask);       /* 1 where the label is, else 0 */

/* Size of an axis of n voxels of spacing s in voxels of spacing to, and where new voxel i lies in
 * voxels of the old axis: first + i * step (IBSI 2.4: the centres of both grids coincide). */
typedef struct rx_new_axis { size_t n; double first, step; } rx_new_axis;
rx_new_axis rx_new_axis_of(size_t n, double spacing, double to);

/* The plan for the samples first .. first+count-1 of the new axis. Positions outside of the image
 * take the value at its border. Fails: RX_ENOMEM. The caller frees with rx_axis_free. */
RX_CHECKED int rx_axis_plan(rx_axis *a, const rx_new_axis *grid, size_t first, size_t count,
                            size_t n_old, rx_ibsi_interpolation how, rx_error *err);
void rx_axis_free(rx_axis *a);

/* out[n_out of axis 2][of axis 1][of axis 0]. Fails: RX_ENOMEM. */
RX_CHECKED int rx_resample(double *out, const rx_line_source *source, const rx_axis axis[3],
                           rx_error *err);
#endif
