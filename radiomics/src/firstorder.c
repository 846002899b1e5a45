/* Intensity statistics (IBSI 3.3, 3.4.18, 3.4.19). Kurtosis is not reduced by 3. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "classes.h"

enum { BLOCK = 256, BUCKETS = 4096, RANKS = 10 };

/* Sum of term(v - shift) over all values, in blocks: the rounding error stays near that of a
 * pairwise sum. */
typedef double (*term_fn)(double);

static double sum_of(term_fn term, const double *v, size_t n, double shift)
{
    double total = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = n - at < BLOCK ? n : at + BLOCK;
        double part = 0;
        for (size_t i = at; i < end; i++) { part += term(v[i] - shift); }
        total += part;
    }
    return total;
}

static double itself(double x) { return x; }
static double square(double x) { return x * x; }

typedef struct moments { double m1abs, m2, m3, m4; } moments;

static moments central_moments(const double *v, size_t n, double mean)
{
    moments t = { 0, 0, 0, 0 };
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = n - at < BLOCK ? n : at + BLOCK;
        double p1 = 0, p2 = 0, p3 = 0, p4 = 0;
        for (size_t i = at; i < end; i++) {
            double d = v[i] - mean, dd = d * d;
            p1 += fabs(d);
            p2 += dd;
            p3 += dd * d;
            p4 += dd * dd;
        }
        t.m1abs += p1;
        t.m2 += p2;
        t.m3 += p3;
        t.m4 += p4;
    }
    double N = (double)n;
    return (moments){ t.m1abs / N, t.m2 / N, t.m3 / N, t.m4 / N };
}

/* ---- order statistics ---------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct buckets {
    double lowest, scale;
    size_t count[BUCKETS];
} buckets;

/* Monotone in x, so buckets never interleave. */
static size_t bucket_of(const buckets *b, double x)
{
    double at = (x - b->lowest) * b->scale;
    return at < BUCKETS - 1 ? (size_t)at : BUCKETS - 1;
}

/* The values of the given ranks (from 0, ascending) in sorted order: only the buckets
 * that hold a wanted rank are sorted. */
static int select_ranks(double out[RANKS], const size_t rank[RANKS], const rx_roi *roi,
                        rx_workspace *ws, rx_error *err)
{
    size_t n = roi->voxels, below = 0, bucket = 0, sorted = BUCKETS, largest = 0;
    buckets b = { .lowest = roi->lowest, .scale = BUCKETS / (roi->highest - roi->lowest) };
    if (!isfinite(b.scale)) { b.scale = 0; }
    for (size_t i = 0; i < n; i++) { b.count[bucket_of(&b, roi->values[i])]++; }
    for (size_t i = 0; i < BUCKETS; i++) { largest = b.count[i] > largest ? b.count[i] : largest; }
    double *in_bucket = rx_buf_need(&ws->reals, largest, sizeof *in_bucket, err);
    if (!in_bucket) { return RX_ENOMEM; }
    for (int r = 0; r < RANKS; r++) {
        while (below + b.count[bucket] <= rank[r]) { below += b.count[bucket++]; }
        if (sorted != bucket) {
            size_t m = 0;
            for (size_t i = 0; i < n; i++) {
                if (bucket_of(&b, roi->values[i]) == bucket) { in_bucket[m++] = roi->values[i]; }
            }
            qsort(in_bucket, m, sizeof *in_bucket, ascending);
            sorted = bucket;
        }
        out[r] = in_bucket[rank[r] - below];
    }
    return RX_OK;
}

/* numpy's linear interpolation between the neighbours of rank q (n-1). */
static double interpolate(double a, double b, double t)
{
    double step = b - a;
    return t >= 0.5 ? b - step * (1 - t) : a + step * t;
}

typedef struct percentiles { double p10, p25, p50, p75, p90; } percentiles;

static int find_percentiles(percentiles *out, const rx_roi *roi, rx_workspace *ws, rx_error *err)
{
    static const double q[RANKS / 2] = { 0.1, 0.25, 0.5, 0.75, 0.9 };
    size_t rank[RANKS], n = roi->voxels;
    double part[RANKS / 2], x[RANKS], p[RANKS / 2];
    for (int i = 0; i < RANKS / 2; i++) {
        double at = q[i] * (double)(n - 1);
        rank[2 * i] = (size_t)at;
        rank[2 * i + 1] = rank[2 * i] + 1 < n ? rank[2 * i] + 1 : n - 1;
        part[i] = at - floor(at);
    }
    /* ascending for the selection: with few voxels neighbouring pairs may overlap */
    size_t order[RANKS];
    memcpy(order, rank, sizeof order);
    for (int i = 1; i < RANKS; i++) {
        for (int j = i; j > 0 && order[j] < order[j - 1]; j--) {
            size_t t = order[j];
            order[j] = order[j - 1];
            order[j - 1] = t;
        }
    }
    int rc = select_ranks(x, order, roi, ws, err);
    if (rc != RX_OK) { return rc; }
    for (int i = 0; i < RANKS / 2; i++) {
        double end[2] = { 0, 0 };
        for (int r = 0; r < RANKS; r++) {
            if (order[r] == rank[2 * i]) { end[0] = x[r]; }
            if (order[r] == rank[2 * i + 1]) { end[1] = x[r]; }
        }
        p[i] = interpolate(end[0], end[1], part[i]);
    }
    *out = (percentiles){ p[0], p[1], p[2], p[3], p[4] };
    return RX_OK;
}

/* Sum of the values within [lo, hi], or with `deviations` of their distances from mean. */
static double sum_within(size_t *kept, const double *v, size_t n, double lo, double hi,
                         bool deviations, double mean)
{
    double total = 0;
    size_t count = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = n - at < BLOCK ? n : at + BLOCK;
        double part = 0;
        for (size_t i = at; i < end; i++) {
            bool in = v[i] >= lo && v[i] <= hi;
            double x = deviations ? fabs(v[i] - mean) : v[i];
            part += in ? x : 0;
            count += in;
        }
        total += part;
    }
    *kept = count;
    return total;
}

static double robust_deviation(const double *v, size_t n, double lo, double hi)
{
    size_t kept;
    double mean = sum_within(&kept, v, n, lo, hi, false, 0) / (double)kept;
    return sum_within(&kept, v, n, lo, hi, true, mean) / (double)kept;
}

int rx_firstorder(double out[N_FIRSTORDER], const rx_roi *roi, const rx_levels *l,
                  const rx_settings *s, rx_workspace *ws, rx_error *err)
{
    size_t n = roi->voxels;
    double N = (double)n;
    const double *v = roi->values, *mm = roi->spacing_mm;
    percentiles p;
    int rc = find_percentiles(&p, roi, ws, err);
    if (rc != RX_OK) { return rc; }

    bool flat = roi->lowest == roi->highest;
    double mean = flat ? roi->lowest : sum_of(itself, v, n, 0) / N;
    moments m = central_moments(v, n, mean);
    double energy = sum_of(square, v, n, -s->voxel_array_shift);

    double entropy = 0, uniformity = 0;
    for (unsigned i = 0; i < l->present; i++) {
        double pi = l->count[i] / N;
        entropy -= pi * log2(pi + DBL_EPSILON);
        uniformity += pi * pi;
    }

    out[firstorder_10Percentile] = p.p10;
    out[firstorder_90Percentile] = p.p90;
    out[firstorder_Energy] = energy;
    out[firstorder_Entropy] = entropy;
    out[firstorder_InterquartileRange] = p.p75 - p.p25;
    out[firstorder_Kurtosis] = m.m2 > 0 ? m.m4 / (m.m2 * m.m2) : 0;
    out[firstorder_Maximum] = roi->highest;
    out[firstorder_MeanAbsoluteDeviation] = m.m1abs;
    out[firstorder_Mean] = mean;
    out[firstorder_Median] = p.p50;
    out[firstorder_Minimum] = roi->lowest;
    out[firstorder_Range] = roi->highest - roi->lowest;
    out[firstorder_RobustMeanAbsoluteDeviation] = robust_deviation(v, n, p.p10, p.p90);
    out[firstorder_RootMeanSquared] = sqrt(energy / N);
    out[firstorder_Skewness] = m.m2 > 0 ? m.m3 / (m.m2 * sqrt(m.m2)) : 0;
    out[firstorder_TotalEnergy] = mm[0] * mm[1] * mm[2] * energy;
    out[firstorder_Uniformity] = uniformity;
    out[firstorder_Variance] = m.m2;
    return RX_OK;
}
