#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bounds.h"
#include "pyr.h"

rx_pixel rx_pixel_of(const rx_image *image, rx_pixel stored)
{
    static const rx_pixel own[] = { [RX_I16] = RX_PIXEL_I16, [RX_F32] = RX_PIXEL_F32,
                                    [RX_F64] = RX_PIXEL_F64 };
    return stored == RX_PIXEL_STORED ? own[image->type] : stored;
}

bool rx_pixel_is_integer(rx_pixel pixel) { return pixel < RX_PIXEL_F32; }

/* As ITK casts: cut to the type's range, fractions cut off. */
double rx_cast(double v, rx_pixel pixel)
{
    static const struct { double min, max; } range[] = {
        [RX_PIXEL_I8] = { -128, 127 },
        [RX_PIXEL_U8] = { 0, 255 },
        [RX_PIXEL_I16] = { -32768, 32767 },
        [RX_PIXEL_U16] = { 0, 65535 },
        [RX_PIXEL_I32] = { -2147483648.0, 2147483647.0 },
        [RX_PIXEL_U32] = { 0, 4294967295.0 },
        [RX_PIXEL_I64] = { -9223372036854775808.0, 9223372036854775807.0 },
        [RX_PIXEL_U64] = { 0, 18446744073709551615.0 },
    };
    if (pixel == RX_PIXEL_F64) { return v; }
    if (pixel == RX_PIXEL_F32) { return (double)(float)v; }
    if (v < range[pixel].min) { return range[pixel].min; }
    if (v > range[pixel].max) { return range[pixel].max; }
    return trunc(v);
}

/* Voxels on every side of what a point needs: the recursions of the spline forget where they
 * began at a factor of 0.27 a voxel, and after this many agree to the last bit. */
enum { SPLINE_MARGIN = 48, REACH = 6 };

/* The box of the image in which the grid's points lie, with the margin; empty if there is none. */
static bool reach(rx_sampler *s, const rx_affine *image, const rx_affine *to, const rx_grid *grid)
{
    double low[3] = { INFINITY, INFINITY, INFINITY }, high[3] = { -INFINITY, -INFINITY, -INFINITY };
    for (int corner = 0; corner < 8; corner++) {
        size_t at[3];
        double mm[3], index[3];
        for (int a = 0; a < 3; a++) { at[a] = corner >> a & 1 ? grid->dim[a] : 0; }
        rx_affine_voxel(mm, to, at);
        rx_affine_index(index, image, mm);
        for (int a = 0; a < 3; a++) {
            low[a] = fmin(low[a], index[a]);
            high[a] = fmax(high[a], index[a]);
        }
    }
    double margin = REACH + (s->how == RX_SITK_BSPLINE ? SPLINE_MARGIN : 0);
    for (int a = 0; a < 3; a++) {
        double last = (double)s->dim[a] - 1;
        double from = fmax(floor(low[a]) - margin, 0), to_index = fmin(ceil(high[a]) + margin, last);
        if (!(from <= to_index)) { return false; }
        s->lo[a] = (size_t)from;
        s->n[a] = (size_t)to_index - s->lo[a] + 1;
    }
    return true;
}

static int load(rx_sampler *s, const rx_image *image, rx_error *err)
{
    size_t n = s->n[0] * s->n[1] * s->n[2];
    s->v = malloc(n * sizeof *s->v);
    if (!s->v) { return rx_fail(err, RX_ENOMEM, "no memory for %zu voxels", n); }
    for (size_t k = 0; k < s->n[2]; k++) {
        for (size_t j = 0; j < s->n[1]; j++) {
            double *row = s->v + (k * s->n[1] + j) * s->n[0];
            size_t at = ((k + s->lo[2]) * s->dim[1] + j + s->lo[1]) * s->dim[0] + s->lo[0];
            rx_copy_voxels(row, image, at, s->n[0]);
            for (size_t i = 0; i < s->n[0]; i++) {
                if (isfinite(row[i])) { continue; }
                return rx_fail(err, RX_EINVAL, "the voxel at index (%zu, %zu, %zu) is not finite, which "
                               "resampling would spread", i + s->lo[0], j + s->lo[1], k + s->lo[2]);
            }
        }
    }
    return s->how == RX_SITK_BSPLINE ? rx_bspline_coefficients(s, err) : RX_OK;
}

/* ITK goes along a row of the new grid between the two ends' continuous indices, the second one
 * voxel past the last. */
typedef struct row_walk { double start[3], along[3]; size_t n; } row_walk;

static void walk_row(row_walk *w, const rx_affine *image, const rx_affine *to, const rx_grid *grid,
                     size_t j, size_t k)
{
    double mm[3];
    rx_affine_voxel(mm, to, (const size_t[3]){ 0, j, k });
    rx_affine_index(w->start, image, mm);
    rx_affine_voxel(mm, to, (const size_t[3]){ grid->dim[0], j, k });
    rx_affine_index(w->along, image, mm);
    for (int a = 0; a < 3; a++) { w->along[a] -= w->start[a]; }
    w->n = grid->dim[0];
}

/* False outside of the image, whose voxels reach half a voxel from their centres. */
static bool walk_to(double x[3], const row_walk *w, const size_t dim[3], size_t i)
{
    double alpha = (double)i / (double)w->n;
    bool inside = true;
    for (int a = 0; a < 3; a++) {
        x[a] = w->start[a] + alpha * w->along[a];
        inside = inside && x[a] >= -0.5 && x[a] < (double)(dim[a] - 1) + 0.5;
    }
    return inside;
}

/* A row along the image's own x, by fours. */
static void spline_row(double *v, rx_sampler *s, const row_walk *w, rx_pixel pixel)
{
    double x[4][3], value[4];
    size_t at[4];
    int n = 0;
    for (size_t i = 0; i < w->n; i++) {
        at[n] = i;
        n += walk_to(x[n], w, s->dim, i);
        if (n == 0 || (n < 4 && i + 1 < w->n)) { continue; }
        for (int p = n; p < 4; p++) { memcpy(x[p], x[0], sizeof x[p]); }
        rx_bspline_four(value, s, x);
        for (int p = 0; p < n; p++) { v[at[p]] = rx_cast(value[p], pixel); }
        n = 0;
    }
}

int rx_resample_image(rx_volume *out, const rx_grid *grid, const rx_image *image, rx_pixel pixel,
                      rx_interpolator how, rx_error *err)
{
    rx_affine from, to;
    rx_sampler s = { .how = how, .at = { NAN, NAN, NAN } };
    row_walk w;
    memcpy(s.dim, image->grid.dim, sizeof s.dim);
    int rc;
    if ((rc = rx_affine_of(&from, &image->grid, err)) != RX_OK
        || (rc = rx_affine_of(&to, grid, err)) != RX_OK
        || (rc = rx_volume_new(out, grid, err)) != RX_OK) {
        return rc;
    }
    if (!reach(&s, &from, &to, grid)) { return RX_OK; }
    rc = load(&s, image, err);
    double *v = out->voxels;
    for (size_t k = 0; rc == RX_OK && k < grid->dim[2]; k++) {
        for (size_t j = 0; j < grid->dim[1]; j++) {
            walk_row(&w, &from, &to, grid, j, k);
            if (how == RX_SITK_BSPLINE && w.along[1] == 0 && w.along[2] == 0) {
                spline_row(v, &s, &w, pixel);
                v += w.n;
                continue;
            }
            for (size_t i = 0; i < w.n; i++, v++) {
                double x[3];
                if (walk_to(x, &w, s.dim, i)) { *v = rx_cast(rx_sample(&s, x), pixel); }
            }
        }
    }
    free(s.v);
    if (rc != RX_OK) { rx_volume_free(out); }
    return rc;
}

static size_t nearest(double x, size_t dim)
{
    double at = floor(nearbyint(2 * x + 0.5) / 2);
    return at < 0 ? 0 : at > (double)(dim - 1) ? dim - 1 : (size_t)at;
}

int rx_resample_mask(rx_region *out, const rx_grid *grid, const rx_mask *mask, rx_error *err)
{
    rx_affine from, to;
    row_walk w;
    const size_t *dim = mask->grid.dim;
    int rc;
    if ((rc = rx_affine_of(&from, &mask->grid, err)) != RX_OK
        || (rc = rx_affine_of(&to, grid, err)) != RX_OK
        || (rc = rx_region_new(out, grid, err)) != RX_OK) {
        return rc;
    }
    uint8_t *v = out->voxels;
    for (size_t k = 0; k < grid->dim[2]; k++) {
        for (size_t j = 0; j < grid->dim[1]; j++) {
            walk_row(&w, &from, &to, grid, j, k);
            for (size_t i = 0; i < w.n; i++, v++) {
                double x[3];
                if (!walk_to(x, &w, dim, i)) { continue; }
                size_t at = (nearest(x[2], dim[2]) * dim[1] + nearest(x[1], dim[1])) * dim[0]
                            + nearest(x[0], dim[0]);
                *v = mask->voxels[at] == mask->label;
            }
        }
    }
    return RX_OK;
}
