/* Normalisation of intensities: z-score, percentiles, landmarks of the histogram. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "prep.h"

enum { BLOCK = 256 };

static size_t voxels_of(const rx_volume *v)
{
    return v->grid.dim[0] * v->grid.dim[1] * v->grid.dim[2];
}

/* Sums in blocks: the rounding error stays near that of a pairwise sum. */
static double mean_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        double part = 0;
        for (size_t i = at; i < n && i < at + BLOCK; i++) { part += v[i]; }
        sum += part;
    }
    return sum / (double)n;
}

static double deviation_of(const double *v, size_t n, double mean)
{
    double sum = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        double part = 0;
        for (size_t i = at; i < n && i < at + BLOCK; i++) { part += (v[i] - mean) * (v[i] - mean); }
        sum += part;
    }
    return n > 1 ? sqrt(sum / (double)(n - 1)) : 0;
}

int rx_normalise_z(rx_volume *v, const rx_region *region, double scale, rx_error *err)
{
    double *x = NULL;
    size_t n = 0;
    if (!(scale > 0) || !isfinite(scale)) {
        return rx_fail(err, RX_EINVAL, "z-score scale is %g, must be positive", scale);
    }
    int rc = rx_prep_values(&x, &n, v, region, err);
    if (rc != RX_OK) { return rc; }
    double mean = mean_of(x, n), sd = deviation_of(x, n, mean);
    free(x);
    if (!(sd > 0) || !isfinite(sd)) {
        return rx_fail(err, RX_EINVAL, "z-score: the %zu intensities have standard deviation %g", n, sd);
    }
    for (size_t i = 0; i < voxels_of(v); i++) { v->voxels[i] = (v->voxels[i] - mean) / sd * scale; }
    return RX_OK;
}

static int check_percentiles(const double *q, size_t n, rx_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!(q[i] >= 0 && q[i] <= 100)) {
            return rx_fail(err, RX_EINVAL, "percentile %zu is %g, must be 0 to 100", i + 1, q[i]);
        }
        if (i > 0 && !(q[i] > q[i - 1])) {
            return rx_fail(err, RX_EINVAL, "percentile %zu is %g, must be more than %g before it", i + 1,
                           q[i], q[i - 1]);
        }
    }
    return RX_OK;
}

int rx_normalise_percentile(rx_volume *v, const rx_region *region, const double from[2],
                            const double to[2], bool clip, rx_error *err)
{
    double *x = NULL, p[2];
    size_t n = 0;
    if (!isfinite(to[0]) || !isfinite(to[1]) || !(to[0] < to[1])) {
        return rx_fail(err, RX_EINVAL, "percentiles are to lie at %g and %g, must ascend", to[0], to[1]);
    }
    int rc = check_percentiles(from, 2, err);
    if (rc == RX_OK) { rc = rx_prep_values(&x, &n, v, region, err); }
    if (rc != RX_OK) { return rc; }
    rx_prep_percentiles(p, from, 2, x, n);
    free(x);
    if (!(p[1] > p[0])) {
        return rx_fail(err, RX_EINVAL, "percentiles %g and %g are both %g", from[0], from[1], p[0]);
    }
    double slope = (to[1] - to[0]) / (p[1] - p[0]);
    for (size_t i = 0; i < voxels_of(v); i++) {
        double y = to[0] + (v->voxels[i] - p[0]) * slope;
        v->voxels[i] = clip ? fmin(fmax(y, to[0]), to[1]) : y;
    }
    return RX_OK;
}

/* ---- Landmarks --------------------------------------------------------------------------------- */

void rx_landmarks_default(rx_landmarks *l)
{
    *l = (rx_landmarks){ .n = 11, .percentile = { 1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99 } };
    l->standard[l->n - 1] = 100;
}

static int check_scale(const rx_landmarks *l, rx_error *err)
{
    if (l->n < 2 || l->n > RX_MAX_LANDMARKS) {
        return rx_fail(err, RX_EINVAL, "%zu landmarks, must be 2 to %d", l->n, RX_MAX_LANDMARKS);
    }
    double lowest = l->standard[0], highest = l->standard[l->n - 1];
    if (!isfinite(lowest) || !isfinite(highest) || !(lowest < highest)) {
        return rx_fail(err, RX_EINVAL, "the landmarks' scale is %g to %g, must ascend", lowest, highest);
    }
    return check_percentiles(l->percentile, l->n, err);
}

int rx_landmarks_check(const rx_landmarks *l, rx_error *err)
{
    int rc = check_scale(l, err);
    if (rc != RX_OK) { return rc; }
    if (l->images == 0) { return rx_fail(err, RX_EINVAL, "the landmarks are not learned from any image"); }
    for (size_t i = 1; i < l->n; i++) {
        if (!(l->standard[i] >= l->standard[i - 1])) {
            return rx_fail(err, RX_EINVAL, "landmark %zu lies at %g, below %g before it", i + 1,
                           l->standard[i], l->standard[i - 1]);
        }
    }
    return RX_OK;
}

static int find_landmarks(double out[RX_MAX_LANDMARKS], const rx_volume *v, const rx_region *region,
                          const rx_landmarks *l, rx_error *err)
{
    double *x = NULL;
    size_t n = 0;
    int rc = rx_prep_values(&x, &n, v, region, err);
    if (rc != RX_OK) { return rc; }
    rx_prep_percentiles(out, l->percentile, l->n, x, n);
    free(x);
    if (!(out[l->n - 1] > out[0])) {
        return rx_fail(err, RX_EINVAL, "percentiles %g and %g of the image are both %g",
                       l->percentile[0], l->percentile[l->n - 1], out[0]);
    }
    return RX_OK;
}

int rx_landmarks_learn(rx_landmarks *l, const rx_volume *v, const rx_region *region, rx_error *err)
{
    double x[RX_MAX_LANDMARKS];
    int rc = check_scale(l, err);
    if (rc == RX_OK) { rc = find_landmarks(x, v, region, l, err); }
    if (rc != RX_OK) { return rc; }
    double first = l->standard[0], slope = (l->standard[l->n - 1] - first) / (x[l->n - 1] - x[0]);
    double N = (double)++l->images;
    for (size_t i = 1; i + 1 < l->n; i++) {
        double here = first + (x[i] - x[0]) * slope;
        l->standard[i] = N > 1 ? l->standard[i] + (here - l->standard[i]) / N : here;
    }
    return RX_OK;
}

/* Equal landmarks as one, in the middle of their places; returns how many are left. */
static size_t merge_equal(double *x, double *y, size_t n)
{
    size_t out = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        double sum = 0;
        while (end < n && x[end] == x[i]) { sum += y[end++]; }
        x[out] = x[i];
        y[out++] = sum / (double)(end - i);
        i = end;
    }
    return out;
}

int rx_normalise_histogram(rx_volume *v, const rx_region *region, const rx_landmarks *l, rx_error *err)
{
    double x[RX_MAX_LANDMARKS], y[RX_MAX_LANDMARKS];
    int rc = rx_landmarks_check(l, err);
    if (rc == RX_OK) { rc = find_landmarks(x, v, region, l, err); }
    if (rc != RX_OK) { return rc; }
    memcpy(y, l->standard, sizeof y);
    size_t n = merge_equal(x, y, l->n);            /* the first and last differ: two or more */
    for (size_t i = 0; i < voxels_of(v); i++) {
        double t = v->voxels[i];
        size_t s = 0;
        while (s + 2 < n && t >= x[s + 1]) { s++; }
        v->voxels[i] = y[s] + (t - x[s]) * ((y[s + 1] - y[s]) / (x[s + 1] - x[s]));
    }
    return RX_OK;
}
