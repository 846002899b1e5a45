/* PyRadiomics' grid for resampling: the corner of the mask's first voxel stays, and only the box of
 * the region with its padding is made. */
#include <math.h>
#include <string.h>
#include "bounds.h"
#include "pyr.h"

/* More voxels of doubles than this (4 GB) is a mistake in the spacing. */
static const double most_voxels = 536870912.0;

int rx_check_region(const rx_grid *image, const rx_grid *mask, const size_t min[3],
                    const size_t max[3], rx_error *err)
{
    rx_affine from, to;
    int rc;
    if ((rc = rx_affine_of(&from, mask, err)) != RX_OK || (rc = rx_affine_of(&to, image, err)) != RX_OK) {
        return rc;
    }
    double corner[2][3];
    for (int c = 0; c < 2; c++) {
        double index[3], mm[3];
        for (int a = 0; a < 3; a++) { index[a] = (double)(c ? max[a] + 1 : min[a]) - 0.5; }
        rx_affine_point(mm, &from, index);
        rx_affine_index(corner[c], &to, mm);
    }
    for (int a = 0; a < 3; a++) {
        double low = fmin(corner[0][a], corner[1][a]), high = fmax(corner[0][a], corner[1][a]);
        if (!(low >= -0.5 - 1e-3) || !(high <= (double)image->dim[a] - 0.5 + 1e-3)) {
            return rx_fail(err, RX_EGRID, "the region leaves the image: from %.4g to %.4g along axis %d, "
                           "which has %zu voxels", low, high, a, image->dim[a]);
        }
    }
    return RX_OK;
}

/* numpy.allclose with its tolerances */
static bool all_close(const double a[3], const double b[3])
{
    for (int i = 0; i < 3; i++) {
        if (!(fabs(a[i] - b[i]) <= 1e-8 + 1e-5 * fabs(b[i]))) { return false; }
    }
    return true;
}

int rx_pyr_grid(rx_grid *grid, bool *same, const rx_grid *image, const rx_grid *mask,
                const size_t min[3], const size_t max[3], const rx_pyradiomics *s, rx_error *err)
{
    int rc = rx_check_region(image, mask, min, max, err);
    if (rc != RX_OK) { return rc; }
    double spacing[3], origin[3], total = 1;
    const double *old = mask->spacing_mm;
    for (int a = 0; a < 3; a++) {
        spacing[a] = s->spacing_mm[a] == 0 || min[a] == max[a] ? old[a] : s->spacing_mm[a];
    }
    *same = all_close(image->spacing_mm, spacing);
    if (*same) { return RX_OK; }

    *grid = *mask;
    for (int a = 0; a < 3; a++) {
        double ratio = old[a] / spacing[a], pad = s->pad_distance;
        double low = floor(((double)min[a] - 0.5) * ratio - pad);
        double high = ceil(((double)(max[a] + 1) - 0.5) * ratio + pad);
        double last = ceil((double)mask->dim[a] * ratio) - 1;
        if (low < 0) { low = 0; }
        if (high > last) { high = last; }
        double n = high - low + 1;
        total *= n;
        if (!(n >= 1) || !(n <= RX_MAX_AXIS) || !(total <= most_voxels)) {
            return rx_fail(err, RX_ELIMIT, "resampling to %g x %g x %g mm makes %.6g or more voxels, at "
                           "most %.6g (%d along one axis)", spacing[0], spacing[1], spacing[2], total,
                           most_voxels, RX_MAX_AXIS);
        }
        grid->dim[a] = (size_t)n;
        grid->spacing_mm[a] = spacing[a];
        origin[a] = 0.5 * (spacing[a] - old[a]) / old[a] + low / ratio;
    }
    rx_affine from;
    if ((rc = rx_affine_of(&from, mask, err)) != RX_OK) { return rc; }
    rx_affine_point(grid->origin_mm, &from, origin);
    return RX_OK;
}
