/* Laplacian of a Gaussian: the kernel of IBSI 2, sampled at voxel centres and cut off,
 *
 *   -1/sigma^2 (2 pi sigma^2)^(-D/2) (D - |k|^2/sigma^2) exp(-|k|^2 / 2 sigma^2),
 *
 * is the sum over the axes of a Gaussian's second derivative along one and the Gaussian along the
 * others: seven line filters in 3D instead of a cube of weights. */
#include <math.h>
#include <stdlib.h>
#include "resp_kinds.h"
#include "resp_lines.h"

size_t rx_log_radius(double sigma_voxels, double cutoff)
{
    return (size_t)floor(cutoff * sigma_voxels + 0.5);
}

double rx_log_unit(const rx_grid *grid, int axis, bool by_slice)
{
    const double *s = grid->spacing_mm;
    double mean = by_slice ? sqrt(s[0] * s[1]) : cbrt(s[0] * s[1] * s[2]);
    return (mean / s[axis]) * (mean / s[axis]);
}

int rx_gaussian_lines_new(rx_gaussian_lines *g, double sigma, double cutoff, rx_error *err)
{
    g->radius = rx_log_radius(sigma, cutoff);
    const size_t taps = 2 * g->radius + 1;
    g->gauss = malloc(2 * taps * sizeof *g->gauss);
    if (!g->gauss) { return rx_fail(err, RX_ENOMEM, "no memory for a kernel of %zu voxels", taps); }
    g->second = g->gauss + taps;
    const double unit = 1 / (sqrt(2 * acos(-1)) * sigma), variance = sigma * sigma;
    for (size_t t = 0; t < taps; t++) {
        double x = (double)t - (double)g->radius;
        g->gauss[t] = unit * exp(-x * x / (2 * variance));
        g->second[t] = (x * x / variance - 1) / variance * g->gauss[t];
    }
    return RX_OK;
}

typedef struct work {
    const size_t *dim;
    rx_boundary boundary;
    rx_gaussian_lines g[3];
    double unit[3];
} work;

static int pass(const work *w, double *out, const double *in, int axis, bool second, bool accumulate,
                rx_error *err)
{
    const rx_gaussian_lines *g = &w->g[axis];
    rx_line line = { second ? g->second : g->gauss, 2 * g->radius + 1, g->radius, 1, false };
    return rx_line_convolve(out, in, w->dim, axis, &line, w->boundary, 1, accumulate, err);
}

static int in_slices(const work *w, double *out, const double *in, double *a, rx_error *err)
{
    int rc = pass(w, a, in, 0, true, false, err);
    if (rc == RX_OK) { rc = pass(w, out, a, 1, false, false, err); }
    if (rc == RX_OK) { rc = pass(w, a, in, 0, false, false, err); }
    if (rc == RX_OK) { rc = pass(w, out, a, 1, true, true, err); }
    return rc;
}

/* With G and H the Gaussian and its second derivative: Hz Gy Gx + Gz (Hy Gx + Gy Hx). */
static int in_volume(const work *w, double *out, const double *in, double *a, double *b, double *c, rx_error *err)
{
    int rc = pass(w, a, in, 0, true, false, err);
    if (rc == RX_OK) { rc = pass(w, b, a, 1, false, false, err); }
    if (rc == RX_OK) { rc = pass(w, a, in, 0, false, false, err); }
    if (rc == RX_OK) { rc = pass(w, b, a, 1, true, true, err); }
    if (rc == RX_OK) { rc = pass(w, c, a, 1, false, false, err); }
    if (rc == RX_OK) { rc = pass(w, out, b, 2, false, false, err); }
    if (rc == RX_OK) { rc = pass(w, out, c, 2, true, true, err); }
    return rc;
}

int rx_response_log(rx_volume *map, const rx_volume *image, const rx_response *f, rx_error *err)
{
    const rx_grid *grid = &image->grid;
    work w = { .dim = grid->dim, .boundary = f->boundary };
    rx_volume a = { 0 }, b = { 0 }, c = { 0 };
    const int axes = f->by_slice ? 2 : 3;
    int rc = RX_OK;
    for (int axis = 0; axis < axes && rc == RX_OK; axis++) {
        rc = rx_gaussian_lines_new(&w.g[axis], f->sigma_mm / grid->spacing_mm[axis], f->cutoff, err);
        double unit = rx_log_unit(grid, axis, f->by_slice);
        for (size_t t = 0; rc == RX_OK && t <= 2 * w.g[axis].radius; t++) { w.g[axis].second[t] *= unit; }
    }
    if (rc == RX_OK) { rc = rx_volume_new(map, grid, err); }
    if (rc == RX_OK) { rc = rx_volume_new(&a, grid, err); }
    if (rc == RX_OK && axes == 3) { rc = rx_volume_new(&b, grid, err); }
    if (rc == RX_OK && axes == 3) { rc = rx_volume_new(&c, grid, err); }
    if (rc == RX_OK) {
        rc = axes == 2 ? in_slices(&w, map->voxels, image->voxels, a.voxels, err)
                       : in_volume(&w, map->voxels, image->voxels, a.voxels, b.voxels, c.voxels, err);
    }
    rx_volume_free(&a);
    rx_volume_free(&b);
    rx_volume_free(&c);
    for (int axis = 0; axis < axes; axis++) { free(w.g[axis].gauss); }
    return rc;
}
