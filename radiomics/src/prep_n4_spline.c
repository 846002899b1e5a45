/* Scattered data by B-splines: Lee, Wolberg and Shin, IEEE TVCG 3 (1997) 228-244, their BA
 * algorithm, as N4 uses it.
 *
 * A point with value z alone would be met by control points w_c z / sum(w^2), w the 64 weights of
 * the cubic B-spline at it; a control point takes the mean of what its points ask for, weighted
 * by w_c^2. The points lie on a grid, so weights are products of one of each axis, and all sums
 * over points, and all values at them, are made axis by axis. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "prep_n4.h"

static const size_t MOST_CONTROLS = (size_t)1 << 26;

/* The four weights at a voxel's centre, and the first control point that they are of. */
typedef struct basis { size_t first; double w[4]; } basis;

static basis basis_at(size_t voxel, size_t voxels, size_t mesh)
{
    double t = voxels > 1 ? (double)voxel / (double)(voxels - 1) * (double)mesh : 0;
    size_t e = (size_t)t < mesh - 1 ? (size_t)t : mesh - 1;
    double u = t - (double)e, v = 1 - u;
    return (basis){ e, { v * v * v / 6, (3 * u * u * u - 6 * u * u + 4) / 6,
                         (3 * v * v * v - 6 * v * v + 4) / 6, u * u * u / 6 } };
}

/* At point p of the thinned-out grid. */
static basis basis_of(const n4_field *f, const rx_n4_spline *b, int axis, size_t p)
{
    return basis_at(f->first[axis] + p * f->step[axis], f->full[axis], b->mesh[axis]);
}

typedef enum weighting { PLAIN, SQUARES, SHARES } weighting;

static void weigh(basis *x, weighting how)
{
    double squares = 0;
    for (int m = 0; m < 4; m++) { squares += x->w[m] * x->w[m]; }
    for (int m = 0; m < 4; m++) {
        double w = x->w[m];
        x->w[m] = how == PLAIN ? w : how == SQUARES ? w * w : w * w * w / squares;
    }
}

/* From points to control points along the middle axis of [outer][points][inner]. */
static void gather(double *out, const double *in, const n4_field *f, const rx_n4_spline *b, int axis,
                   size_t outer, size_t inner, weighting how)
{
    size_t points = f->dim[axis], controls = b->control[axis];
    memset(out, 0, outer * controls * inner * sizeof *out);
    for (size_t p = 0; p < points; p++) {
        basis x = basis_of(f, b, axis, p);
        weigh(&x, how);
        for (size_t o = 0; o < outer; o++) {
            const double *from = in + (o * points + p) * inner;
            for (size_t m = 0; m < 4; m++) {
                double *to = out + (o * controls + x.first + m) * inner;
                for (size_t i = 0; i < inner; i++) { to[i] += x.w[m] * from[i]; }
            }
        }
    }
}

/* The reverse: values at the points. */
static void spread(double *out, const double *in, const n4_field *f, const rx_n4_spline *b, int axis,
                   size_t outer, size_t inner)
{
    size_t points = f->dim[axis], controls = b->control[axis];
    for (size_t p = 0; p < points; p++) {
        basis x = basis_of(f, b, axis, p);
        for (size_t o = 0; o < outer; o++) {
            const double *from = in + (o * controls + x.first) * inner;
            double *to = out + (o * points + p) * inner;
            for (size_t i = 0; i < inner; i++) {
                to[i] = x.w[0] * from[i] + x.w[1] * from[inner + i] + x.w[2] * from[2 * inner + i]
                      + x.w[3] * from[3 * inner + i];
            }
        }
    }
}

static void gather_all(double *out, const double *in, const n4_field *f, rx_n4_spline *b, weighting how)
{
    const size_t *d = f->dim, *c = b->control;
    gather(b->part[0], in, f, b, 0, d[2] * d[1], 1, how);
    gather(b->part[1], b->part[0], f, b, 1, d[2], c[0], how);
    gather(out, b->part[1], f, b, 2, 1, c[1] * c[0], how);
}

int rx_n4_spline_new(rx_n4_spline *b, const n4_field *f, const size_t mesh[3], rx_error *err)
{
    size_t controls = 1;
    for (int a = 0; a < 3; a++) {
        b->mesh[a] = mesh[a];
        b->control[a] = mesh[a] + 3;
        controls *= b->control[a];             /* each at most 2^12 + 3 */
    }
    if (controls > MOST_CONTROLS) {
        return rx_fail(err, RX_ELIMIT, "N4: a mesh of %zu x %zu x %zu elements is too fine", mesh[0],
                       mesh[1], mesh[2]);
    }
    double *ones = malloc(f->n * sizeof *ones);
    b->total = calloc(3 * controls, sizeof *b->total);
    b->part[0] = malloc(b->control[0] * f->dim[1] * f->dim[2] * sizeof(double));
    b->part[1] = malloc(b->control[0] * b->control[1] * f->dim[2] * sizeof(double));
    if (!ones || !b->total || !b->part[0] || !b->part[1]) {
        free(ones);
        return rx_fail(err, RX_ENOMEM, "no memory for a mesh of %zu control points", controls);
    }
    b->fit = b->total + controls;
    b->weight = b->fit + controls;
    for (size_t p = 0; p < f->n; p++) { ones[p] = f->inside[p]; }
    gather_all(b->weight, ones, f, b, SQUARES);
    free(ones);
    return RX_OK;
}

void rx_n4_spline_free(rx_n4_spline *b)
{
    free(b->total);
    free(b->part[0]);
    free(b->part[1]);
    *b = (rx_n4_spline){ 0 };
}

void rx_n4_spline_fit(rx_n4_spline *b, n4_field *f)
{
    const size_t *d = f->dim, *c = b->control;
    gather_all(b->fit, f->change, f, b, SHARES);
    for (size_t i = 0; i < c[0] * c[1] * c[2]; i++) {
        b->fit[i] = b->weight[i] > 0 ? b->fit[i] / b->weight[i] : 0;
        b->total[i] += b->fit[i];
    }
    spread(b->part[1], b->fit, f, b, 2, 1, c[1] * c[0]);
    spread(b->part[0], b->part[1], f, b, 1, d[2], c[0]);
    spread(f->change, b->part[0], f, b, 0, d[2] * d[1], 1);
}

void rx_n4_spline_add_row(double *row, const rx_n4_spline *b, const n4_field *f, size_t j, size_t k)
{
    if (!b->total) { return; }
    const size_t *c = b->control;
    basis y = basis_at(j, f->full[1], b->mesh[1]), z = basis_at(k, f->full[2], b->mesh[2]);
    double *line = b->part[1];                 /* has room for [control[0]] and more */
    memset(line, 0, c[0] * sizeof *line);
    for (size_t n = 0; n < 4; n++) {
        for (size_t m = 0; m < 4; m++) {
            const double *from = b->total + ((z.first + n) * c[1] + y.first + m) * c[0];
            for (size_t i = 0; i < c[0]; i++) { line[i] += z.w[n] * y.w[m] * from[i]; }
        }
    }
    for (size_t i = 0; i < f->full[0]; i++) {
        basis x = basis_at(i, f->full[0], b->mesh[0]);
        for (size_t m = 0; m < 4; m++) { row[i] += x.w[m] * line[x.first + m]; }
    }
}
