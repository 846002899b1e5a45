/* Noise: median and Gaussian filters, and an estimate of how much there is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "prep.h"

enum { MAX_MEDIAN = 5, MAX_TAPS = 4096 };

static size_t clamp(ptrdiff_t i, size_t n)
{
    return i < 0 ? 0 : (size_t)i < n ? (size_t)i : n - 1;
}

/* ---- Median ------------------------------------------------------------------------------------- */

static double median_around(double *box, const rx_volume *v, unsigned r, const size_t at[3])
{
    const size_t *d = v->grid.dim;
    ptrdiff_t reach = (ptrdiff_t)r;
    size_t n = 0;
    for (ptrdiff_t z = -reach; z <= reach; z++) {
        for (ptrdiff_t y = -reach; y <= reach; y++) {
            size_t row = (clamp((ptrdiff_t)at[2] + z, d[2]) * d[1] + clamp((ptrdiff_t)at[1] + y, d[1])) * d[0];
            for (ptrdiff_t x = -reach; x <= reach; x++) {
                box[n++] = v->voxels[row + clamp((ptrdiff_t)at[0] + x, d[0])];
            }
        }
    }
    return rx_prep_select(box, n, n / 2);          /* n is odd */
}

int rx_denoise_median(rx_volume *v, unsigned radius, rx_error *err)
{
    double box[(2 * MAX_MEDIAN + 1) * (2 * MAX_MEDIAN + 1) * (2 * MAX_MEDIAN + 1)];
    size_t n;
    if (radius < 1 || radius > MAX_MEDIAN) {
        return rx_fail(err, RX_EINVAL, "median radius is %u, must be 1 to %d", radius, MAX_MEDIAN);
    }
    int rc = rx_prep_check(&n, v, err);
    if (rc != RX_OK) { return rc; }
    double *out = malloc(n * sizeof *out);
    if (!out) { return rx_fail(err, RX_ENOMEM, "no memory for %zu voxels", n); }
    const size_t *d = v->grid.dim;
    for (size_t i = 0; i < n; i++) {
        const size_t at[3] = { i % d[0], i / d[0] % d[1], i / d[0] / d[1] };
        out[i] = median_around(box, v, radius, at);
    }
    memcpy(v->voxels, out, n * sizeof *out);
    free(out);
    return RX_OK;
}

/* ---- Gaussian ------------------------------------------------------------------------------------ */

/* Weights 0 .. taps of one side, that sum to 1 with those of the other side. */
static size_t gaussian(double weight[MAX_TAPS + 1], double sigma)
{
    size_t taps = (size_t)ceil(4 * sigma);
    double sum = 0;
    for (size_t t = 0; t <= taps; t++) {
        weight[t] = exp(-(double)(t * t) / (2 * sigma * sigma));
        sum += t ? 2 * weight[t] : weight[t];
    }
    for (size_t t = 0; t <= taps; t++) { weight[t] /= sum; }
    return taps;
}

static void smooth_line(double *out, const double *v, size_t n, size_t stride, const double *weight,
                        size_t taps)
{
    for (size_t i = 0; i < n; i++) {
        double sum = weight[0] * v[i * stride];
        for (size_t t = 1; t <= taps; t++) {
            size_t left = i > t ? i - t : 0, right = i + t < n ? i + t : n - 1;
            sum += weight[t] * (v[left * stride] + v[right * stride]);
        }
        out[i] = sum;
    }
}

static void smooth_axis(rx_volume *v, int axis, double *line, const double *weight, size_t taps)
{
    const size_t *d = v->grid.dim;
    size_t n = d[0] * d[1] * d[2], stride = axis == 0 ? 1 : axis == 1 ? d[0] : d[0] * d[1];
    for (size_t i = 0; i < n; i++) {
        if (i / stride % d[axis] != 0) { continue; }
        smooth_line(line, v->voxels + i, d[axis], stride, weight, taps);
        for (size_t t = 0; t < d[axis]; t++) { v->voxels[i + t * stride] = line[t]; }
    }
}

int rx_denoise_gaussian(rx_volume *v, double sigma_mm, rx_error *err)
{
    double weight[MAX_TAPS + 1];
    size_t n, longest = 1;
    int rc = rx_prep_check(&n, v, err);
    if (rc != RX_OK) { return rc; }
    for (int a = 0; a < 3; a++) {
        double sigma = sigma_mm / v->grid.spacing_mm[a];
        if (!(sigma_mm > 0) || !(4 * sigma <= MAX_TAPS)) {
            return rx_fail(err, RX_EINVAL, "Gaussian sigma is %g mm, %g voxels; must be positive and at "
                           "most %d voxels", sigma_mm, sigma, MAX_TAPS / 4);
        }
        longest = v->grid.dim[a] > longest ? v->grid.dim[a] : longest;
    }
    double *line = malloc(longest * sizeof *line);
    if (!line) { return rx_fail(err, RX_ENOMEM, "no memory for a row of %zu voxels", longest); }
    for (int a = 0; a < 3; a++) {
        if (v->grid.dim[a] == 1) { continue; }
        size_t taps = gaussian(weight, sigma_mm / v->grid.spacing_mm[a]);
        smooth_axis(v, a, line, weight, taps);
    }
    free(line);
    return RX_OK;
}

/* ---- How much noise ------------------------------------------------------------------------------ */

/* Difference from the mean of the m nearest neighbours, scaled to the noise's own variance. */
static double residual(const rx_volume *v, size_t i, const size_t *stride, int axes)
{
    double sum = 0, m = 2.0 * axes;
    for (int a = 0; a < axes; a++) { sum += v->voxels[i - stride[a]] + v->voxels[i + stride[a]]; }
    return sqrt(m / (m + 1)) * (v->voxels[i] - sum / m);
}

static bool is_inner(const size_t *d, size_t i)
{
    const size_t at[3] = { i % d[0], i / d[0] % d[1], i / d[0] / d[1] };
    for (int a = 0; a < 3; a++) {
        if (d[a] >= 3 && (at[a] == 0 || at[a] + 1 == d[a])) { return false; }
    }
    return true;
}

int rx_noise_sigma(double *sigma, const rx_volume *v, rx_error *err)
{
    const size_t *d = v->grid.dim, all[3] = { 1, d[0], d[0] * d[1] };
    size_t n, stride[3], inner = 0;
    int axes = 0, rc = rx_prep_check(&n, v, err);
    if (rc != RX_OK) { return rc; }
    for (int a = 0; a < 3; a++) {
        if (d[a] >= 3) { stride[axes++] = all[a]; }
    }
    if (axes == 0) {
        return rx_fail(err, RX_ETOOSMALL, "noise of %zu x %zu x %zu voxels cannot be told", d[0], d[1], d[2]);
    }
    double *r = malloc(n * sizeof *r);
    if (!r) { return rx_fail(err, RX_ENOMEM, "no memory for %zu voxels", n); }
    for (size_t i = 0; i < n; i++) {
        if (is_inner(d, i)) { r[inner++] = residual(v, i, stride, axes); }
    }
    double middle = rx_prep_select(r, inner, inner / 2);
    for (size_t i = 0; i < inner; i++) { r[i] = fabs(r[i] - middle); }
    *sigma = 1.4826 * rx_prep_select(r, inner, inner / 2);   /* of a normal distribution's median */
    free(r);
    return RX_OK;
}
