/* Intensity statistics (IBSI 3.3, 3.4.18, 3.4.19). Kurtosis is not reduced by 3. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "classes.h"

enum { BLOCK = 256, LANES = 4, BUCKETS = 4096, RANKS = 10 };

/* Sums are made of blocks' sums: the rounding error stays near that of a pairwise sum. LANES
 * blocks are added up side by side, since one addition would have to wait for the one before;
 * their sums join in the blocks' order, so the result does not depend on LANES. */
static size_t blocks_at(size_t at, size_t n)
{
    return n - at >= LANES * BLOCK ? LANES : 1;
}

static size_t block_length(size_t at, size_t n)
{
    return n - at < BLOCK ? n - at : BLOCK;
}

typedef struct sums { double values, squares; } sums;

static inline void add_blocks(sums *t, const double *v, size_t blocks, size_t length, double shift)
{
    double values[LANES] = { 0 }, squares[LANES] = { 0 };
    for (size_t i = 0; i < length; i++) {
        for (size_t q = 0; q < blocks; q++) {
            double x = v[q * BLOCK + i], y = x + shift;
            values[q] += x;
            squares[q] += y * y;
        }
    }
    for (size_t q = 0; q < blocks; q++) {
        t->values += values[q];
        t->squares += squares[q];
    }
}

/* Sum of the values, and of the squares of the shifted values. */
static sums sum_up(const double *v, size_t n, double shift)
{
    sums t = { 0, 0 };
    for (size_t at = 0; at < n;) {
        size_t blocks = blocks_at(at, n), length = block_length(at, n);
        if (blocks == LANES) { add_blocks(&t, v + at, LANES, BLOCK, shift); }
        else { add_blocks(&t, v + at, 1, length, shift); }
        at += blocks * length;
    }
    return t;
}

typedef struct moments { double m1abs, m2, m3, m4; } moments;

static inline void add_powers(moments *t, const double *v, size_t blocks, size_t length, double mean)
{
    double p1[LANES] = { 0 }, p2[LANES] = { 0 }, p3[LANES] = { 0 }, p4[LANES] = { 0 };
    for (size_t i = 0; i < length; i++) {
        for (size_t q = 0; q < blocks; q++) {
            double d = v[q * BLOCK + i] - mean, dd = d * d;
            p1[q] += fabs(d);
            p2[q] += dd;
            p3[q] += dd * d;
            p4[q] += dd * dd;
        }
    }
    for (size_t q = 0; q < blocks; q++) {
        t->m1abs += p1[q];
        t->m2 += p2[q];
        t->m3 += p3[q];
        t->m4 += p4[q];
    }
}

static moments central_moments(const double *v, size_t n, double mean)
{
    moments t = { 0, 0, 0, 0 };
    for (size_t at = 0; at < n;) {
        size_t blocks = blocks_at(at, n), length = block_length(at, n);
        if (blocks == LANES) { add_powers(&t, v + at, LANES, BLOCK, mean); }
        else { add_powers(&t, v + at, 1, length, mean); }
        at += blocks * length;
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

/* A bucket that holds a wanted rank: its values are gathered and sorted. */
typedef struct wanted {
    size_t bucket, below;      /* which, and how many values lie in lower ones              */
    size_t first, n;           /* its values in the gathered ones                           */
} wanted;

/* The buckets of ascending ranks; returns how many there are. */
static size_t find_wanted(wanted w[RANKS], size_t of_rank[RANKS], const size_t rank[RANKS],
                          const buckets *b)
{
    size_t n = 0, below = 0, bucket = 0, gathered = 0;
    for (int r = 0; r < RANKS; r++) {
        while (below + b->count[bucket] <= rank[r]) { below += b->count[bucket++]; }
        if (n == 0 || w[n - 1].bucket != bucket) {
            w[n++] = (wanted){ bucket, below, gathered, 0 };
            gathered += b->count[bucket];
        }
        of_rank[r] = n - 1;
    }
    return n;
}

static void gather(double *out, wanted *w, size_t n_wanted, const buckets *b, const double *v, size_t n)
{
    uint8_t slot[BUCKETS] = { 0 };
    for (size_t i = 0; i < n_wanted; i++) { slot[w[i].bucket] = (uint8_t)(i + 1); }
    for (size_t i = 0; i < n; i++) {
        size_t s = slot[bucket_of(b, v[i])];
        if (s == 0) { continue; }
        out[w[s - 1].first + w[s - 1].n++] = v[i];
    }
}

/* Intensities are integers more often than not, and then those of a bucket are all equal. */
static void sort(double *v, size_t n)
{
    size_t i = 1;
    while (i < n && v[i] >= v[i - 1]) { i++; }
    if (i < n) { qsort(v, n, sizeof *v, ascending); }
}

/* The values of the given ranks (from 0, ascending): only the buckets that hold a wanted rank
 * are sorted. */
static int select_ranks(double out[RANKS], const size_t rank[RANKS], const rx_roi *roi,
                        rx_workspace *ws, rx_error *err)
{
    buckets b = { .lowest = roi->lowest, .scale = BUCKETS / (roi->highest - roi->lowest) };
    if (!isfinite(b.scale)) { b.scale = 0; }
    for (size_t i = 0; i < roi->voxels; i++) { b.count[bucket_of(&b, roi->values[i])]++; }
    wanted w[RANKS];
    size_t of_rank[RANKS], n = find_wanted(w, of_rank, rank, &b);
    size_t total = w[n - 1].first + b.count[w[n - 1].bucket];
    double *gathered = rx_buf_need(&ws->reals, total, sizeof *gathered, err);
    if (!gathered) { return RX_ENOMEM; }
    gather(gathered, w, n, &b, roi->values, roi->voxels);
    for (size_t i = 0; i < n; i++) { sort(gathered + w[i].first, w[i].n); }
    for (int r = 0; r < RANKS; r++) {
        const wanted *of = &w[of_rank[r]];
        out[r] = gathered[of->first + rank[r] - of->below];
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

typedef struct within { double total; size_t n; } within;

static inline void add_within(within *t, const double *v, size_t blocks, size_t length, double lo,
                              double hi, bool deviations, double mean)
{
    double total[LANES] = { 0 };
    for (size_t i = 0; i < length; i++) {
        for (size_t q = 0; q < blocks; q++) {
            double y = v[q * BLOCK + i], x = deviations ? fabs(y - mean) : y;
            bool in = (y >= lo) & (y <= hi);
            total[q] += in ? x : 0;
            t->n += in;
        }
    }
    for (size_t q = 0; q < blocks; q++) { t->total += total[q]; }
}

/* Mean of the values within [lo, hi], or with `deviations` of their distances from mean. */
static double mean_within(const double *v, size_t n, double lo, double hi, bool deviations, double mean)
{
    within t = { 0, 0 };
    for (size_t at = 0; at < n;) {
        size_t blocks = blocks_at(at, n), length = block_length(at, n);
        if (blocks == LANES) { add_within(&t, v + at, LANES, BLOCK, lo, hi, deviations, mean); }
        else { add_within(&t, v + at, 1, length, lo, hi, deviations, mean); }
        at += blocks * length;
    }
    return t.total / (double)t.n;
}

static double robust_deviation(const double *v, size_t n, double lo, double hi)
{
    return mean_within(v, n, lo, hi, true, mean_within(v, n, lo, hi, false, 0));
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
    sums t = sum_up(v, n, s->voxel_array_shift);
    double mean = flat ? roi->lowest : t.values / N, energy = t.squares;
    moments m = central_moments(v, n, mean);

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
