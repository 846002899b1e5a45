/* Local binary patterns of planes, as scikit-image's local_binary_pattern has them: samples on a
 * circle of radius R around a voxel, interpolated linearly between voxels (0 outside the plane),
 * each a 1 where it is not below the voxel. Sample p of P lies at row -R sin(2 pi p/P) and column
 * R cos(2 pi p/P), rounded to five decimals.
 *
 * The planes are PyRadiomics': across axis force2Ddimension of its (k, j, i), which then changes
 * places with the first: rows and columns are (j, i), (k, i) or (j, k). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "filt.h"
#include "roi.h"

enum { MAX_SAMPLES = 32 };

/* Between which two rows (or columns) a sample lies, and how far from the first. */
typedef struct between { ptrdiff_t low, high; double share; } between;

typedef struct plane {
    const double *v;            /* [rows * columns]                                            */
    size_t rows, columns;
    unsigned samples;
    double row_of[MAX_SAMPLES], column_of[MAX_SAMPLES];
    rx_lbp_method method;
} plane;

static void place_samples(plane *p, double radius)
{
    const double pi = 3.141592653589793;
    double r = (double)(float)radius;                    /* single precision, as in the original */
    for (unsigned i = 0; i < p->samples; i++) {
        double angle = 2 * pi * (double)i / (double)p->samples;
        p->row_of[i] = nearbyint(-r * sin(angle) * 1e5) / 1e5;
        p->column_of[i] = nearbyint(r * cos(angle) * 1e5) / 1e5;
    }
}

static between find(size_t at, double offset)
{
    double to = (double)at + offset, low = floor(to);
    return (between){ (ptrdiff_t)low, (ptrdiff_t)ceil(to), to - low };
}

static double voxel(const plane *p, ptrdiff_t r, ptrdiff_t c)
{
    if (r < 0 || c < 0 || (size_t)r >= p->rows || (size_t)c >= p->columns) { return 0; }
    return p->v[(size_t)r * p->columns + (size_t)c];
}

static double sample(const plane *p, between r, between c)
{
    double top = (1 - c.share) * voxel(p, r.low, c.low) + c.share * voxel(p, r.low, c.high);
    double bottom = (1 - c.share) * voxel(p, r.high, c.low) + c.share * voxel(p, r.high, c.high);
    return (1 - r.share) * top + r.share * bottom;
}

/* Eight sums side by side from eight values on; halves from 129 on. */
double rx_filt_sum(const double *v, size_t n)
{
    double s[8] = { 0 };
    if (n < 8) {
        for (size_t i = 0; i < n; i++) { s[0] += v[i]; }
        return s[0];
    }
    if (n > 128) {
        size_t half = n / 2 - n / 2 % 8;
        return rx_filt_sum(v, half) + rx_filt_sum(v + half, n - half);
    }
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (size_t l = 0; l < 8; l++) { s[l] += v[i + l]; }
    }
    double sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    for (; i < n; i++) { sum += v[i]; }
    return sum;
}

static double variance(const double *v, unsigned n)
{
    double mean = rx_filt_sum(v, n) / n, square[MAX_SAMPLES];
    for (unsigned i = 0; i < n; i++) { square[i] = (v[i] - mean) * (v[i] - mean); }
    return rx_filt_sum(square, n) / n;
}

static unsigned ones(unsigned pattern)
{
    unsigned n = 0;
    for (; pattern; pattern &= pattern - 1) { n++; }
    return n;
}

/* Changes from one sample to the next, without that from the last to the first. */
static unsigned changes(unsigned pattern, unsigned samples)
{
    return ones((pattern ^ pattern >> 1) & ((1u << (samples - 1)) - 1));
}

static unsigned lowest_rotation(unsigned pattern, unsigned samples)
{
    unsigned lowest = pattern;
    for (unsigned i = 1; i < samples; i++) {
        pattern = pattern >> 1 | (pattern & 1) << (samples - 1);
        if (pattern < lowest) { lowest = pattern; }
    }
    return lowest;
}

/* Code of a pattern by its number of ones and its rotation; 1 + the highest if it is not uniform. */
static unsigned not_rotation_invariant(unsigned pattern, unsigned samples)
{
    unsigned n = ones(pattern);
    if (changes(pattern, samples) > 2) { return samples * (samples - 1) + 2; }
    if (n == 0) { return 0; }
    if (n == samples) { return samples * (samples - 1) + 1; }
    unsigned first_one = 0, first_zero = 0;
    while (!(pattern >> first_one & 1)) { first_one++; }
    while (pattern >> first_zero & 1) { first_zero++; }
    unsigned rotation = first_one == 0 ? n - first_zero : samples - first_one;
    return 1 + (n - 1) * samples + rotation;
}

static double code_of(const plane *p, unsigned pattern, const double *texture)
{
    switch (p->method) {
    case RX_LBP_DEFAULT: return pattern;
    case RX_LBP_ROR: return lowest_rotation(pattern, p->samples);
    case RX_LBP_NRI_UNIFORM: return not_rotation_invariant(pattern, p->samples);
    default: break;
    }
    double code = changes(pattern, p->samples) <= 2 ? ones(pattern) : p->samples + 1;
    if (p->method == RX_LBP_UNIFORM) { return code; }
    double v = variance(texture, p->samples);
    return v != 0 ? code / v : (double)NAN;
}

static double code_at(const plane *p, size_t r, const between *rows, size_t c, const between *columns)
{
    double texture[MAX_SAMPLES], centre = p->v[r * p->columns + c];
    unsigned pattern = 0;
    for (unsigned i = 0; i < p->samples; i++) {
        texture[i] = sample(p, rows[i], columns[i]);
        if (texture[i] - centre >= 0) { pattern |= 1u << i; }
    }
    return code_of(p, pattern, texture);
}

/* The axes of the image (0 is i) that are the planes' rows and columns, and the one across. */
typedef struct view { unsigned across, row, column; } view;

static view view_of(unsigned dimension)
{
    static const view views[3] = { { 2, 1, 0 }, { 1, 2, 0 }, { 0, 1, 2 } };
    return views[dimension];
}

static void copy_plane(double *to, const rx_filter *f, view v, size_t at)
{
    const size_t *dim = f->image.grid.dim, stride[3] = { 1, dim[0], dim[0] * dim[1] };
    for (size_t r = 0; r < dim[v.row]; r++) {
        size_t from = at * stride[v.across] + r * stride[v.row];
        if (v.column == 0) {
            rx_copy_voxels(to + r * dim[0], &f->image, from, dim[0]);
            continue;
        }
        for (size_t c = 0; c < dim[v.column]; c++) {
            rx_copy_voxels(to + r * dim[v.column] + c, &f->image, from + c * stride[v.column], 1);
        }
    }
}

/* PyRadiomics writes the codes back into an array of the image's type. A variance that is 0 has
 * no code; where the array holds integers, NaN cannot be kept and is their lowest value. */
static double as_image(double code, rx_scalar as)
{
    if (as == RX_F64) { return code; }
    if (as == RX_F32) { return (double)(float)code; }
    return isnan(code) ? (double)INT16_MIN : trunc(code);
}

static void codes_of_plane(rx_filter *f, const plane *p, view v, size_t at, const between *columns)
{
    const size_t *lo = f->box.min, stride[3] = { 1, f->n[0], f->n[0] * f->n[1] };
    double *out = f->out;
    between rows[MAX_SAMPLES];
    for (size_t r = lo[v.row]; r <= f->box.max[v.row]; r++) {
        for (unsigned i = 0; i < p->samples; i++) { rows[i] = find(r, p->row_of[i]); }
        for (size_t c = lo[v.column]; c <= f->box.max[v.column]; c++) {
            size_t to = (at - lo[v.across]) * stride[v.across] + (r - lo[v.row]) * stride[v.row]
                        + (c - lo[v.column]) * stride[v.column];
            const between *column = columns + (c - lo[v.column]) * p->samples;
            out[to] = as_image(code_at(p, r, rows, c, column), f->as);
        }
    }
}

int rx_filt_lbp2d(bool *more, rx_filter *f, rx_error *err)
{
    *more = f->at == 0;
    if (!*more) { return RX_OK; }
    view v = view_of(f->s.force_2d_dimension);
    const size_t *dim = f->image.grid.dim;
    plane p = { NULL, dim[v.row], dim[v.column], f->s.lbp2d_samples, { 0 }, { 0 }, f->s.lbp2d_method };
    place_samples(&p, f->s.lbp2d_radius);
    double *voxels = rx_filt_alloc(p.rows * p.columns, sizeof *voxels, err);
    between *columns = rx_filt_alloc(f->n[v.column] * p.samples, sizeof *columns, err);
    int rc = voxels && columns ? RX_OK : RX_ENOMEM;
    p.v = voxels;
    for (size_t c = 0; rc == RX_OK && c < f->n[v.column]; c++) {
        for (unsigned i = 0; i < p.samples; i++) {
            columns[c * p.samples + i] = find(f->box.min[v.column] + c, p.column_of[i]);
        }
    }
    for (size_t at = f->box.min[v.across]; rc == RX_OK && at <= f->box.max[v.across]; at++) {
        copy_plane(voxels, f, v, at);
        codes_of_plane(f, &p, v, at, columns);
    }
    free(voxels);
    free(columns);
    return rc;
}
