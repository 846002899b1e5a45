/* Image types of one voxel at a time, scaled by the greatest magnitude m of the whole image
 * (PyRadiomics' imageoperations):
 *   square       (x / sqrt m)^2
 *   squareroot   sign(x) sqrt(m |x|)
 *   logarithm    sign(x) log(|x| + 1) m / log(m + 1)
 *   exponential  exp(x log(m) / m)
 * and the gradient, ITK's GradientMagnitude: half the difference of both neighbours along each
 * axis over the spacing, edge voxels repeated beyond the image, in double, given as float. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "filt.h"
#include "roi.h"

typedef double point_fn(double x, double c);

static double square(double x, double c)
{
    double y = c * x;
    return y * y;
}

static double square_root(double x, double c) { return x > 0 ? sqrt(x * c) : x < 0 ? -sqrt(-x * c) : x; }
static double logarithm(double x, double c)
{
    return (x > 0 ? log(x + 1) : x < 0 ? -log(-x + 1) : x) * c;
}
static double exponential(double x, double c) { return exp(c * x); }

static const struct point { const char *name; point_fn *at; } points[RX_NIMAGE_TYPES] = {
    [RX_IMAGE_SQUARE] = { "square", square },
    [RX_IMAGE_SQUAREROOT] = { "squareroot", square_root },
    [RX_IMAGE_LOGARITHM] = { "logarithm", logarithm },
    [RX_IMAGE_EXPONENTIAL] = { "exponential", exponential },
};

/* What PyRadiomics multiplies by, of the greatest magnitude. */
static double coefficient(rx_image_type type, double highest)
{
    switch (type) {
    case RX_IMAGE_SQUARE: return 1 / sqrt(highest);
    case RX_IMAGE_SQUAREROOT: return highest;
    case RX_IMAGE_LOGARITHM: return highest / log(highest + 1);
    default: return log(highest) / highest;
    }
}

int rx_filt_point(bool *more, rx_filtered *out, rx_filter *f, rx_error *err)
{
    (void)err;
    *more = f->at == 0;
    if (!*more) { return RX_OK; }
    const struct point *p = &points[f->type];
    double c = coefficient(f->type, f->highest), *to = f->out;
    if (!isfinite(c)) {
        rx_filt_skip(out, "the image is 0 everywhere, or so small that %s divides by 0", p->name);
        return RX_OK;
    }
    const size_t *dim = f->image.grid.dim;
    for (size_t k = f->box.min[2]; k <= f->box.max[2]; k++) {
        for (size_t j = f->box.min[1]; j <= f->box.max[1]; j++, to += f->n[0]) {
            rx_copy_voxels(to, &f->image, (k * dim[1] + j) * dim[0] + f->box.min[0], f->n[0]);
            for (size_t i = 0; i < f->n[0]; i++) { to[i] = p->at(to[i], c); }
        }
    }
    return RX_OK;
}

/* The part of row (j, k) that lies in the box, and the voxel on either side of it; beyond an edge
 * that at the edge. */
static void copy_row(double *to, const rx_filter *f, size_t j, size_t k)
{
    const size_t *dim = f->image.grid.dim;
    size_t x0 = f->box.min[0], x1 = f->box.max[0], row = (k * dim[1] + j) * dim[0];
    size_t from = x0 > 0 ? x0 - 1 : 0, end = x1 + 1 < dim[0] ? x1 + 1 : x1;
    rx_copy_voxels(to + (x0 == 0), &f->image, row + from, end - from + 1);
    if (x0 == 0) { to[0] = to[1]; }
    if (x1 + 1 == dim[0]) { to[f->n[0] + 1] = to[f->n[0]]; }
}

static size_t before(size_t i) { return i > 0 ? i - 1 : 0; }
static size_t after(size_t i, size_t n) { return i + 1 < n ? i + 1 : i; }

static void gradient_row(float *to, double *const row[5], const double c[3], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double gx = row[0][i + 2] * c[0] - row[0][i] * c[0];
        double gy = row[2][i + 1] * c[1] - row[1][i + 1] * c[1];
        double gz = row[4][i + 1] * c[2] - row[3][i + 1] * c[2];
        to[i] = (float)sqrt(gx * gx + gy * gy + gz * gz);
    }
}

int rx_filt_gradient(bool *more, rx_filter *f, rx_error *err)
{
    *more = f->at == 0;
    if (!*more) { return RX_OK; }
    const size_t *dim = f->image.grid.dim;
    size_t width = f->n[0] + 2;
    double *memory = rx_filt_alloc(5 * width, sizeof *memory, err), *row[5], c[3];
    if (!memory) { return RX_ENOMEM; }
    for (size_t r = 0; r < 5; r++) { row[r] = memory + r * width; }
    for (int a = 0; a < 3; a++) {
        c[a] = f->s.gradient_use_spacing ? 0.5 * (1.0 / f->image.grid.spacing_mm[a]) : 0.5;
    }
    float *to = f->out;
    for (size_t k = f->box.min[2]; k <= f->box.max[2]; k++) {
        for (size_t j = f->box.min[1]; j <= f->box.max[1]; j++, to += f->n[0]) {
            copy_row(row[0], f, j, k);
            copy_row(row[1], f, before(j), k);
            copy_row(row[2], f, after(j, dim[1]), k);
            copy_row(row[3], f, j, before(k));
            copy_row(row[4], f, j, after(k, dim[2]));
            gradient_row(to, row, c, f->n[0]);
        }
    }
    free(memory);
    return RX_OK;
}
