#include "prep.h"
#include <math.h>
#include <stdlib.h>

int rx_prep_check(size_t *n, const rx_volume *v, rx_error *err)
{
    if (!v->voxels) { return rx_fail(err, RX_EINVAL, "the volume has no voxels"); }
    int rc = rx_grid_voxels(n, &v->grid, err);
    for (size_t i = 0; rc == RX_OK && i < *n; i++) {
        if (!isfinite(v->voxels[i])) {
            const size_t *d = v->grid.dim;
            rc = rx_fail(err, RX_EINVAL, "the voxel at index (%zu, %zu, %zu) is not finite", i % d[0],
                         i / d[0] % d[1], i / d[0] / d[1]);
        }
    }
    for (int a = 0; rc == RX_OK && a < 3; a++) {
        if (!(v->grid.spacing_mm[a] > 0) || !isfinite(v->grid.spacing_mm[a])) {
            rc = rx_fail(err, RX_EINVAL, "spacing_mm[%d] is %g, must be positive", a, v->grid.spacing_mm[a]);
        }
    }
    return rc;
}

int rx_prep_same_size(const rx_volume *v, const rx_region *region, rx_error *err)
{
    for (int a = 0; a < 3; a++) {
        if (region->grid.dim[a] != v->grid.dim[a]) {
            return rx_fail(err, RX_EGRID, "dim[%d] is %zu in the image and %zu in the region", a,
                           v->grid.dim[a], region->grid.dim[a]);
        }
    }
    return RX_OK;
}

int rx_prep_values(double **out, size_t *n, const rx_volume *v, const rx_region *region, rx_error *err)
{
    size_t all, count = 0;
    int rc = rx_prep_check(&all, v, err);
    if (rc == RX_OK && region) { rc = rx_prep_same_size(v, region, err); }
    if (rc != RX_OK) { return rc; }
    for (size_t i = 0; i < all; i++) { count += !region || region->voxels[i]; }
    if (count == 0) { return rx_fail(err, RX_EEMPTY, "the region has no voxel"); }
    double *values = malloc(count * sizeof *values);
    if (!values) { return rx_fail(err, RX_ENOMEM, "no memory for %zu intensities", count); }
    *out = values;
    *n = count;
    for (size_t i = 0; i < all; i++) {
        if (!region || region->voxels[i]) { *values++ = v->voxels[i]; }
    }
    return RX_OK;
}

/* ---- Ranks ----------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of_3(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* Hoare's FIND; values that keep its parts lopsided are sorted instead. */
double rx_prep_select(double *v, size_t n, size_t rank)
{
    ptrdiff_t lo = 0, hi = (ptrdiff_t)n - 1, r = (ptrdiff_t)rank;
    for (int rounds = 0; lo < hi; rounds++) {
        if (rounds == 128) {
            qsort(v + lo, (size_t)(hi - lo + 1), sizeof *v, ascending);
            break;
        }
        double pivot = median_of_3(v[lo], v[lo + (hi - lo) / 2], v[hi]);
        ptrdiff_t i = lo, j = hi;
        while (i <= j) {
            while (v[i] < pivot) { i++; }
            while (v[j] > pivot) { j--; }
            if (i > j) { break; }
            double t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (r <= j) { hi = j; } else if (r >= i) { lo = i; } else { break; }
    }
    return v[rank];
}

void rx_prep_percentiles(double *out, const double *q, size_t count, double *v, size_t n)
{
    size_t done = 0;                         /* what lies before is smaller, and not looked at */
    for (size_t p = 0; p < count; p++) {
        double at = q[p] / 100 * (double)(n - 1), t = at - floor(at);
        size_t r = (size_t)at < n - 1 ? (size_t)at : n - 1;
        double low = rx_prep_select(v + done, n - done, r - done), high = low;
        if (r + 1 < n) {
            high = v[r + 1];
            for (size_t i = r + 2; i < n; i++) { high = fmin(high, v[i]); }
        }
        done = r;
        out[p] = t >= 0.5 ? high - (high - low) * (1 - t) : low + (high - low) * t;
    }
}
