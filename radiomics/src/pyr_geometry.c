#include "pyr.h"
#include <math.h>
#include <string.h>
#include "bounds.h"

/* The inverse of a matrix of a grid, in extended precision: ITK takes it from a singular value
 * decomposition, exact to the last bit for axes along x, y and z. */
static bool invert(double out[9], const double m[9])
{
    static const int next[3] = { 1, 2, 0 }, last[3] = { 2, 0, 1 };
    long double cofactor[9], det = 0;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            int a = next[i], b = last[i], c = next[j], d = last[j];
            cofactor[3 * i + j] = (long double)m[3 * a + c] * m[3 * b + d]
                                  - (long double)m[3 * a + d] * m[3 * b + c];
        }
        det += m[3 * i] * cofactor[3 * i];
    }
    if (!(fabsl(det) > 0)) { return false; }
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) { out[3 * j + i] = (double)(cofactor[3 * i + j] / det); }
    }
    return true;
}

int rx_affine_of(rx_affine *a, const rx_grid *g, rx_error *err)
{
    for (int i = 0; i < 3; i++) {
        if (!(g->spacing_mm[i] > 0) || !isfinite(g->spacing_mm[i])) {
            return rx_fail(err, RX_EINVAL, "spacing_mm[%d] is %g, must be positive", i, g->spacing_mm[i]);
        }
        if (!isfinite(g->origin_mm[i])) {
            return rx_fail(err, RX_EINVAL, "origin_mm[%d] is not finite", i);
        }
        for (int j = 0; j < 3; j++) {
            a->to_mm[3 * i + j] = g->direction[3 * i + j] * g->spacing_mm[j];
        }
        a->origin_mm[i] = g->origin_mm[i];
    }
    for (int i = 0; i < 9; i++) {
        if (!isfinite(g->direction[i])) { return rx_fail(err, RX_EINVAL, "direction[%d] is not finite", i); }
    }
    if (!invert(a->to_index, a->to_mm)) {
        return rx_fail(err, RX_EINVAL, "the grid's directions do not span space");
    }
    return RX_OK;
}

void rx_affine_point(double mm[3], const rx_affine *a, const double index[3])
{
    for (int i = 0; i < 3; i++) {
        double sum = 0;
        for (int j = 0; j < 3; j++) { sum += a->to_mm[3 * i + j] * index[j]; }
        mm[i] = sum + a->origin_mm[i];
    }
}

void rx_affine_voxel(double mm[3], const rx_affine *a, const size_t index[3])
{
    for (int i = 0; i < 3; i++) {
        mm[i] = a->origin_mm[i];
        for (int j = 0; j < 3; j++) { mm[i] += a->to_mm[3 * i + j] * (double)index[j]; }
    }
}

void rx_affine_index(double index[3], const rx_affine *a, const double mm[3])
{
    for (int i = 0; i < 3; i++) {
        double sum = 0;
        for (int j = 0; j < 3; j++) { sum += a->to_index[3 * i + j] * (mm[j] - a->origin_mm[j]); }
        index[i] = sum;
    }
}

int rx_same_space(const rx_grid *image, const rx_grid *mask, double tolerance, rx_error *err)
{
    double mm = fabs(tolerance * image->spacing_mm[0]);
    for (int a = 0; a < 3; a++) {
        if (image->dim[a] != mask->dim[a]) {
            return rx_fail(err, RX_EGRID, "dim[%d] is %zu in the image and %zu in the mask; correctMask "
                           "would resample the mask", a, image->dim[a], mask->dim[a]);
        }
        if (!(fabs(image->spacing_mm[a] - mask->spacing_mm[a]) <= mm)) {
            return rx_fail(err, RX_EGRID, "spacing_mm[%d] is %.9g in the image and %.9g in the mask; "
                           "see geometryTolerance and correctMask", a, image->spacing_mm[a],
                           mask->spacing_mm[a]);
        }
        if (!(fabs(image->origin_mm[a] - mask->origin_mm[a]) <= mm)) {
            return rx_fail(err, RX_EGRID, "origin_mm[%d] is %.9g in the image and %.9g in the mask; "
                           "see geometryTolerance and correctMask", a, image->origin_mm[a],
                           mask->origin_mm[a]);
        }
    }
    for (int a = 0; a < 9; a++) {
        if (!(fabs(image->direction[a] - mask->direction[a]) <= tolerance)) {
            return rx_fail(err, RX_EGRID, "direction[%d] is %.9g in the image and %.9g in the mask; "
                           "see geometryTolerance and correctMask", a, image->direction[a],
                           mask->direction[a]);
        }
    }
    return RX_OK;
}

rx_grid rx_grid_box(const rx_grid *g, const size_t min[3], const size_t max[3])
{
    rx_grid out = *g;
    for (int i = 0; i < 3; i++) {
        out.dim[i] = max[i] - min[i] + 1;
        for (int j = 0; j < 3; j++) {
            out.origin_mm[i] += g->direction[3 * i + j] * g->spacing_mm[j] * (double)min[j];
        }
    }
    return out;
}
