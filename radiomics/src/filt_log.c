/* Laplacian of Gaussian as PyRadiomics has it: ITK's LaplacianRecursiveGaussian, normalised across
 * scale. The second derivative along one axis and the Gaussian along the others are recursive
 * filters of fourth order (R. Deriche, Recursively implementing the Gaussian and its derivatives,
 * INRIA 1893, 1993; G. Farneback and C.-F. Westin, Improving Deriche-style recursive Gaussian
 * filters, J. Math. Imaging Vision 26, 2006), run forwards and backwards:
 *
 *   y+[i] = n0 x[i] + n1 x[i-1] + n2 x[i-2] + n3 x[i-3] - d1 y+[i-1] - ... - d4 y+[i-4]
 *   y-[i] = m1 x[i+1] + ... + m4 x[i+4]                 - d1 y-[i+1] - ... - d4 y-[i+4]
 *
 * with the edge voxel repeated without end. Lines are filtered in double; between the passes, and
 * in the sum over the axes, values are float, as in ITK: the passes run in its order. Sixteen
 * lines go side by side, so that the recursion of one does not wait for itself.
 *
 * Only a box of the result is wanted, so each pass keeps of its axis what lies in the box; before
 * that, lines are needed over the whole length of the axes still to be filtered. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filt.h"

enum { LANES = 16, STRETCH = 32, MIN_LENGTH = 4 };

/* Coefficients of one pass. end_n, end_m: of the repeated edge, for y+ and y-, that stand for
 * outputs beyond it. */
typedef struct recursion {
    double n[4], m[4], d[4], end_n[4], end_m[4];
} recursion;

/* Sums over a filter's coefficients: sum c_k, sum k c_k, sum k^2 c_k. */
typedef struct moments { double s, d, e; } moments;

/* The damped waves whose sum is the Gaussian (first row) or its second derivative, Deriche's fit:
 * a1 cos(w1 x) + b1 sin(w1 x) times exp(l1 x), and the same with a2, b2, w2, l2. */
typedef struct fit { double a1, b1, a2, b2; } fit;
static const fit gauss = { 1.3530, 1.8151, -0.3531, 0.0902 };
static const fit second = { -1.3563, 5.2318, 0.3446, -2.2355 };
static const double w1 = 0.6681, l1 = -1.3932, w2 = 2.0787, l2 = -1.3732;

static moments denominator(double d[4], double sigma)
{
    double c1 = cos(w1 / sigma), c2 = cos(w2 / sigma), e1 = exp(l1 / sigma), e2 = exp(l2 / sigma);
    d[3] = e1 * e1 * e2 * e2;
    d[2] = -2 * c1 * e1 * e2 * e2;
    d[2] += -2 * c2 * e2 * e1 * e1;
    d[1] = 4 * c2 * c1 * e1 * e2;
    d[1] += e1 * e1 + e2 * e2;
    d[0] = -2 * (e2 * c2 + e1 * c1);
    return (moments){ 1.0 + d[0] + d[1] + d[2] + d[3], d[0] + 2 * d[1] + 3 * d[2] + 4 * d[3],
                      d[0] + 4 * d[1] + 9 * d[2] + 16 * d[3] };
}

static moments numerator(double n[4], double sigma, fit f)
{
    double s1 = sin(w1 / sigma), s2 = sin(w2 / sigma), c1 = cos(w1 / sigma), c2 = cos(w2 / sigma);
    double e1 = exp(l1 / sigma), e2 = exp(l2 / sigma);
    n[0] = f.a1 + f.a2;
    n[1] = e2 * (f.b2 * s2 - (f.a2 + 2 * f.a1) * c2);
    n[1] += e1 * (f.b1 * s1 - (f.a1 + 2 * f.a2) * c1);
    n[2] = (f.a1 + f.a2) * c2 * c1;
    n[2] -= f.b1 * c2 * s1 + f.b2 * c1 * s2;
    n[2] *= 2 * e1 * e2;
    n[2] += f.a2 * e1 * e1 + f.a1 * e2 * e2;
    n[3] = e2 * e1 * e1 * (f.b2 * s2 - f.a2 * c2);
    n[3] += e1 * e2 * e2 * (f.b1 * s1 - f.a1 * c1);
    return (moments){ n[0] + n[1] + n[2] + n[3], n[1] + 2 * n[2] + 3 * n[3],
                      n[1] + 4 * n[2] + 9 * n[3] };
}

/* The backward filter mirrors the forward one without its tap at 0; the edges follow. */
static void complete(recursion *r, double scale)
{
    double sn = 0, sm = 0, sd = 1;
    for (int k = 0; k < 4; k++) { r->n[k] *= scale; }
    for (int k = 0; k < 3; k++) { r->m[k] = r->n[k + 1] - r->d[k] * r->n[0]; }
    r->m[3] = -r->d[3] * r->n[0];
    for (int k = 0; k < 4; k++) {
        sn += r->n[k];
        sm += r->m[k];
        sd += r->d[k];
    }
    for (int k = 0; k < 4; k++) {
        r->end_n[k] = r->d[k] * sn / sd;
        r->end_m[k] = r->d[k] * sm / sd;
    }
}

/* Gaussian of sum 1; sigma in voxels. */
static void smoothing(recursion *r, double sigma)
{
    moments d = denominator(r->d, sigma), n = numerator(r->n, sigma, gauss);
    complete(r, 1.0 / (2 * n.s / d.s - r->n[0]));
}

/* Second derivative: of a constant 0 (by a share of the Gaussian), of x^2/2 the scale, sigma_mm^2. */
static void second_derivative(recursion *r, double sigma, double sigma_mm)
{
    double n0[4];
    moments d = denominator(r->d, sigma);
    moments g = numerator(n0, sigma, gauss), n = numerator(r->n, sigma, second);
    double share = -(2 * n.s - d.s * r->n[0]) / (2 * g.s - d.s * n0[0]);
    for (int k = 0; k < 4; k++) { r->n[k] += share * n0[k]; }
    n.s += share * g.s;
    n.d += share * g.d;
    n.e += share * g.e;
    double alpha = n.e * d.s * d.s - d.e * n.s * d.s - 2 * n.d * d.d * d.s + 2 * d.d * d.d * n.s;
    alpha /= d.s * d.s * d.s;
    complete(r, sigma_mm * sigma_mm / alpha);
}

typedef double lanes[LANES];

static inline void step(double *restrict y, const double *x0, const double *x1, const double *x2,
                        const double *x3, const double c[4], const double *y1, const double *y2,
                        const double *y3, const double *y4, const double d[4])
{
    for (int l = 0; l < LANES; l++) {
        double v = x0[l] * c[0] + x1[l] * c[1] + x2[l] * c[2] + x3[l] * c[3];
        v -= y1[l] * d[0] + y2[l] * d[1] + y3[l] * d[2] + y4[l] * d[3];
        y[l] = v;
    }
}

/* Forwards over x[0..end], into y. The first four reach over the edge: what would be an input
 * there is the edge voxel, what would be an output is it times its coefficient. */
static void forwards(lanes *restrict y, const lanes *restrict x, size_t end, const recursion *r)
{
    for (size_t i = 0; i < MIN_LENGTH && i <= end; i++) {
        const double *in[4], *before[4];
        double d[4];
        for (size_t k = 0; k < 4; k++) {
            in[k] = x[i >= k ? i - k : 0];
            before[k] = i > k ? y[i - k - 1] : x[0];
            d[k] = i > k ? r->d[k] : r->end_n[k];
        }
        step(y[i], in[0], in[1], in[2], in[3], r->n, before[0], before[1], before[2], before[3], d);
    }
    for (size_t i = MIN_LENGTH; i <= end; i++) {
        step(y[i], x[i], x[i - 1], x[i - 2], x[i - 3], r->n, y[i - 1], y[i - 2], y[i - 3], y[i - 4],
             r->d);
    }
}

/* Backwards over x[last..begin], added to y where begin <= i <= end. The last eight outputs are
 * kept in a ring. */
static void backwards(lanes *restrict y, const lanes *restrict x, size_t begin, size_t end, size_t last,
                      const recursion *r)
{
    lanes ring[8];
    for (size_t i = last + 1; i-- > begin;) {
        size_t past = last - i;              /* voxels between this and the edge */
        const double *in[4], *after[4];
        double d[4];
        for (size_t k = 0; k < 4; k++) {
            in[k] = x[past > k ? i + k + 1 : last];
            after[k] = past > k ? ring[(past - k - 1) % 8] : x[last];
            d[k] = past > k ? r->d[k] : r->end_m[k];
        }
        double *to = ring[past % 8];
        step(to, in[0], in[1], in[2], in[3], r->m, after[0], after[1], after[2], after[3], d);
        if (i <= end) {
            for (int l = 0; l < LANES; l++) { y[i][l] += to[l]; }
        }
    }
}

/* What a pass reads: an image, or floats of an earlier pass. */
typedef struct source {
    const void *voxels;
    rx_scalar type;
    size_t n[3];
} source;

/* to[i][l] = from[l * row + i * step] for i < length and l < n; 0 for the lanes that are left. Either
 * row or step is 1: the lines lie side by side, or they are rows, which are read a stretch at a time. */
#define DEFINE_LOAD(name, type)                                                                        \
    static void name(lanes *restrict to, const type *restrict from, size_t length, size_t row,         \
                     size_t step, size_t n)                                                            \
    {                                                                                                  \
        if (n < LANES) { memset(to, 0, length * sizeof *to); }                                         \
        for (size_t i = 0; row == 1 && n == LANES && i < length; i++, from += step) {                  \
            for (size_t l = 0; l < LANES; l++) { to[i][l] = (double)from[l]; }                         \
        }                                                                                              \
        for (size_t i = 0; row == 1 && n < LANES && i < length; i++, from += step) {                   \
            for (size_t l = 0; l < n; l++) { to[i][l] = (double)from[l]; }                             \
        }                                                                                              \
        for (size_t i = 0; row != 1 && i < length; i += STRETCH) {                                     \
            size_t end = length - i < STRETCH ? length : i + STRETCH;                                  \
            for (size_t l = 0; l < n; l++) {                                                           \
                for (size_t k = i; k < end; k++) { to[k][l] = (double)from[l * row + k]; }             \
            }                                                                                          \
        }                                                                                              \
    }
DEFINE_LOAD(load_i16, int16_t)
DEFINE_LOAD(load_f32, float)
DEFINE_LOAD(load_f64, double)

static void load(lanes *to, const source *s, size_t at, size_t length, size_t row, size_t step, size_t n)
{
    switch (s->type) {
    case RX_I16: load_i16(to, (const int16_t *)s->voxels + at, length, row, step, n); break;
    case RX_F32: load_f32(to, (const float *)s->voxels + at, length, row, step, n); break;
    default: load_f64(to, (const double *)s->voxels + at, length, row, step, n); break;
    }
}

typedef struct pass_memory { lanes *x, *y; } pass_memory;

static void filter_lines(pass_memory m, size_t length, size_t begin, size_t end, const recursion *r)
{
    forwards(m.y, (const lanes *)m.x, end, r);
    backwards(m.y, (const lanes *)m.x, begin, end, length - 1, r);
}

/* Along x, LANES rows at once. `to` may be the source's floats: outputs never run ahead of what is
 * still to be read. */
static void pass_x(float *to, const source *s, size_t begin, size_t end, const recursion *r, pass_memory m)
{
    size_t rows = s->n[1] * s->n[2], keep = end - begin + 1;
    for (size_t first = 0; first < rows; first += LANES) {
        size_t n = rows - first < LANES ? rows - first : LANES;
        load(m.x, s, first * s->n[0], s->n[0], s->n[0], 1, n);
        filter_lines(m, s->n[0], begin, end, r);
        for (size_t l = 0; l < n; l++) {
            float *row = to + (first + l) * keep;
            for (size_t i = 0; i < keep; i++) { row[i] = (float)m.y[begin + i][l]; }
        }
    }
}

static void store(float *restrict to, const lanes *restrict y, size_t count, size_t step, size_t n)
{
    for (size_t i = 0; i < count; i++, to += step) {
        if (n == LANES) {
            for (size_t l = 0; l < LANES; l++) { to[l] = (float)y[i][l]; }
        } else {
            for (size_t l = 0; l < n; l++) { to[l] = (float)y[i][l]; }
        }
    }
}

/* Along y or z: the lines of `row` voxels side by side, in so many groups one after the other. */
static void pass_across(float *to, const source *s, int axis, size_t begin, size_t end, const recursion *r,
                        pass_memory m)
{
    size_t length = s->n[axis], keep = end - begin + 1;
    size_t row = axis == 1 ? s->n[0] : s->n[0] * s->n[1], groups = axis == 1 ? s->n[2] : 1;
    for (size_t g = 0; g < groups; g++) {
        for (size_t first = 0; first < row; first += LANES) {
            size_t n = row - first < LANES ? row - first : LANES;
            load(m.x, s, g * length * row + first, length, 1, row, n);
            filter_lines(m, length, begin, end, r);
            store(to + g * keep * row + first, (const lanes *)m.y + begin, keep, row, n);
        }
    }
}

static void pass(float *to, source *s, int axis, const rx_filter *f, const recursion *r, pass_memory m)
{
    size_t begin = f->box.min[axis], end = f->box.max[axis];
    if (axis == 0) {
        pass_x(to, s, begin, end, r, m);
    } else {
        pass_across(to, s, axis, begin, end, r, m);
    }
    s->n[axis] = f->n[axis];
    s->voxels = to;
    s->type = RX_F32;
}

/* out += (derivative along `axis`, smoothed along the others) / spacing^2 */
static void add_axis(float *out, const rx_filter *f, int axis, double sigma_mm, pass_memory m)
{
    const rx_grid *g = &f->image.grid;
    source s = { f->image.voxels, f->image.type, { g->dim[0], g->dim[1], g->dim[2] } };
    recursion r;
    second_derivative(&r, sigma_mm / g->spacing_mm[axis], sigma_mm);
    pass(f->lines, &s, axis, f, &r, m);
    for (int other = 0; other < 3; other++) {
        if (other == axis) { continue; }
        smoothing(&r, sigma_mm / g->spacing_mm[other]);
        pass(f->lines, &s, other, f, &r, m);
    }
    double per_area = 1.0 / (g->spacing_mm[axis] * g->spacing_mm[axis]);
    for (size_t i = 0; i < f->voxels; i++) {
        out[i] = (float)((double)out[i] + (double)f->lines[i] * per_area);
    }
}

/* Floats that the largest first pass leaves. */
static size_t most_lines(const rx_filter *f)
{
    const size_t *dim = f->image.grid.dim;
    size_t most = 0;
    for (int a = 0; a < 3; a++) {
        size_t n = dim[0] * dim[1] * dim[2] / dim[a] * f->n[a];
        if (n > most) { most = n; }
    }
    return most;
}

static int compute(rx_filter *f, double sigma_mm, rx_error *err)
{
    const size_t *dim = f->image.grid.dim;
    size_t length = dim[0] > dim[1] ? dim[0] : dim[1];
    if (dim[2] > length) { length = dim[2]; }
    if (!f->lines && !(f->lines = rx_filt_alloc(most_lines(f), sizeof *f->lines, err))) {
        return RX_ENOMEM;
    }
    lanes *memory = rx_filt_alloc(2 * length, sizeof *memory, err);
    if (!memory) { return RX_ENOMEM; }
    pass_memory m = { memory, memory + length };
    float *out = f->out;
    memset(out, 0, f->voxels * sizeof *out);
    for (int axis = 0; axis < 3; axis++) { add_axis(out, f, axis, sigma_mm, m); }
    free(memory);
    return RX_OK;
}

/* PyRadiomics' conditions; its words are others. */
static void check_size(rx_filtered *out, const rx_filter *f, double sigma)
{
    const rx_grid *g = &f->image.grid;
    for (int a = 0; a < 3; a++) {
        double needed = ceil(sigma / g->spacing_mm[a]) + 1;
        if (g->dim[a] < MIN_LENGTH) {
            rx_filt_skip(out, "axis %d has %zu voxels, LoG needs %d", a, g->dim[a], MIN_LENGTH);
            return;
        }
        if ((double)g->dim[a] < needed) {
            rx_filt_skip(out, "axis %d has %zu voxels, sigma %g mm needs %g", a, g->dim[a], sigma, needed);
            return;
        }
    }
}

int rx_filt_log(bool *more, rx_filtered *out, rx_filter *f, rx_error *err)
{
    *more = f->at < f->s.n_sigma;
    if (!*more) { return RX_OK; }
    rx_sigma sigma = f->s.sigma[f->at];
    check_size(out, f, sigma.mm);
    return out->skipped ? RX_OK : compute(f, sigma.mm, err);
}
