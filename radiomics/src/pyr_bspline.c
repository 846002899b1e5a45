/* Cubic B-splines through the voxels, with mirrors at the image's borders (M. Unser, IEEE Signal
 * Processing Magazine 16(6), 1999, box 2), in the order of operations that ITK has: truncation to
 * whole numbers shows the last bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pyr.h"

/* sqrt(3) - 2, and how many terms of its powers ITK sums to start the recursion (1e-10). */
#define POLE (-0.26794919243112281)
enum { HORIZON = 18 };

/* The first coefficient of the causal pass: the mirrored line's infinite sum, cut or closed. */
static double causal_start(const double *c, size_t n)
{
    double zn = POLE, sum = c[0];
    if (HORIZON < n) {
        for (size_t i = 1; i < HORIZON; i++) {
            sum += zn * c[i];
            zn *= POLE;
        }
        return sum;
    }
    double iz = 1.0 / POLE, z2n = pow(POLE, (double)(n - 1));
    sum += z2n * c[n - 1];
    z2n *= z2n * iz;
    for (size_t i = 1; i + 1 < n; i++) {
        sum += (zn + z2n) * c[i];
        zn *= POLE;
        z2n *= iz;
    }
    return sum / (1.0 - zn * zn);
}

static void line_coefficients(double *c, size_t n)
{
    if (n == 1) { return; }
    double gain = 1.0 * (1.0 - POLE) * (1.0 - 1.0 / POLE);
    for (size_t i = 0; i < n; i++) { c[i] *= gain; }
    c[0] = causal_start(c, n);
    for (size_t i = 1; i < n; i++) { c[i] += POLE * c[i - 1]; }
    c[n - 1] = (POLE / (POLE * POLE - 1.0)) * (POLE * c[n - 2] + c[n - 1]);
    for (size_t i = n - 1; i-- > 0;) { c[i] = POLE * (c[i + 1] - c[i]); }
}

/* Lines along y and z are done 8 at a time, so that memory is read in rows. */
enum { LINES = 8 };

static void axis_coefficients(double *v, const size_t n[3], int axis, double *scratch)
{
    size_t stride[3] = { 1, n[0], n[0] * n[1] };
    size_t across = axis == 0 ? 1 : 0, other = axis == 2 ? 1 : 2, length = n[axis];
    for (size_t b = 0; b < n[other]; b++) {
        for (size_t a = 0; a < n[across]; a += LINES) {
            size_t lines = n[across] - a < LINES ? n[across] - a : LINES;
            double *base = v + a * stride[across] + b * stride[other];
            for (size_t i = 0; i < length; i++) {
                for (size_t l = 0; l < lines; l++) {
                    scratch[l * length + i] = base[i * stride[axis] + l * stride[across]];
                }
            }
            for (size_t l = 0; l < lines; l++) { line_coefficients(scratch + l * length, length); }
            for (size_t i = 0; i < length; i++) {
                for (size_t l = 0; l < lines; l++) {
                    base[i * stride[axis] + l * stride[across]] = scratch[l * length + i];
                }
            }
        }
    }
}

int rx_bspline_coefficients(rx_sampler *s, rx_error *err)
{
    size_t longest = 1;
    for (int a = 0; a < 3; a++) { longest = s->n[a] > longest ? s->n[a] : longest; }
    double *scratch = malloc(LINES * longest * sizeof *scratch);
    if (!scratch) { return rx_fail(err, RX_ENOMEM, "no memory for lines of %zu voxels", longest); }
    for (int axis = 0; axis < 3; axis++) { axis_coefficients(s->v, s->n, axis, scratch); }
    free(scratch);
    return RX_OK;
}

/* Mirror at the first and the last voxel; one that is alone is its own mirror. */
static size_t mirrored(ptrdiff_t i, size_t dim)
{
    ptrdiff_t end = (ptrdiff_t)dim - 1;
    if (end == 0) { return 0; }
    if (i < 0) { i = -i; }
    if (i >= end) { i = end - (i - end); }
    return (size_t)(i < 0 ? 0 : i);
}

/* floor of a float that is not far below 0, without the library's call. */
static ptrdiff_t floor_of(float x)
{
    ptrdiff_t down = (ptrdiff_t)x;
    return (float)down > x ? down - 1 : down;
}

static void find_weights(double t[4], size_t index[4], const rx_sampler *s, int a, double x)
{
    ptrdiff_t first = floor_of((float)x) - 1;
    double w = x - (double)(first + 1);
    t[3] = (1.0 / 6.0) * w * w * w;
    t[0] = (1.0 / 6.0) + 0.5 * w * (w - 1.0) - t[3];
    t[2] = w + t[0] - 2.0 * t[3];
    t[1] = 1.0 - t[0] - t[2] - t[3];
    for (int k = 0; k < 4; k++) {
        index[k] = mirrored(first + k, s->dim[a]) - s->lo[a];
    }
}

static void axis_weights(rx_sampler *s, int a, double x)
{
    if (s->at[a] == x) { return; }
    find_weights(s->weight[a], s->index[a], s, a, x);
    s->at[a] = x;
}

double rx_bspline_at(rx_sampler *s, const double index[3])
{
    for (int a = 0; a < 3; a++) {
        axis_weights(s, a, index[a]);
    }
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        for (int j = 0; j < 4; j++) {
            const double *row = s->v + (s->index[2][k] * s->n[1] + s->index[1][j]) * s->n[0];
            for (int i = 0; i < 4; i++) {
                double w = s->weight[0][i] * s->weight[1][j] * s->weight[2][k];
                sum += w * row[s->index[0][i]];
            }
        }
    }
    return sum;
}

void rx_bspline_four(double out[4], rx_sampler *s, double x[4][3])
{
    double weight[4][4], sum[4] = { 0, 0, 0, 0 };
    size_t index[4][4];
    for (int a = 1; a < 3; a++) { axis_weights(s, a, x[0][a]); }
    for (int p = 0; p < 4; p++) { find_weights(weight[p], index[p], s, 0, x[p][0]); }
    for (int k = 0; k < 4; k++) {
        for (int j = 0; j < 4; j++) {
            const double *row = s->v + (s->index[2][k] * s->n[1] + s->index[1][j]) * s->n[0];
            double wy = s->weight[1][j], wz = s->weight[2][k];
            for (int i = 0; i < 4; i++) {
                for (int p = 0; p < 4; p++) { sum[p] += weight[p][i] * wy * wz * row[index[p][i]]; }
            }
        }
    }
    memcpy(out, sum, sizeof sum);
}
