/* Laplacian of Gaussian as PyRadiomics has it: ITK's LaplacianRecursiveGaussian, normalised across
 * scale: for each axis, the second derivative along it (filt_recursion.c) and then Gaussians along
 * the others, i before j before k, added up over their spacings squared. Lines are filtered in
 * double; between the passes and in the sum, values are float, as in ITK.
 *
 * Only a box of the result is wanted, so each pass keeps of its axis what lies in the box; before
 * that, lines are needed over the whole length of the axes still to be filtered. The first two
 * passes go slab by slab, and the third adds to the result, so that what stands between them is a
 * slab, and the box lengthened along one axis. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "filt.h"
#include "filt_recursion.h"

enum { STRETCH = 32 };

/* Lines to be filtered: voxel i of line l is at[l * line + i * step]. Either line or step is 1: the
 * lines lie side by side, or they are rows. */
typedef struct lines {
    const void *at;
    rx_scalar type;
    size_t n, length, line, step;
} lines;

/* Where filtered lines go, of which `begin` to `end` are kept: at[l * line + (i - begin) * step]. */
typedef struct kept {
    float *at;
    size_t begin, end, line, step;
} kept;

typedef struct passing {
    rx_filter *f;
    rx_recursion second[3], smooth[3];   /* along each axis                                  */
    float *slab;
    rx_lanes *x, *y;
} passing;

/* n lines of l from line `first` on; 0 for the lanes that are left. Rows are read a stretch at a time. */
#define DEFINE_LOAD(name, type)                                                                        \
    static void name(rx_lanes *restrict to, const type *restrict from, const lines *l, size_t n)       \
    {                                                                                                  \
        if (n < RX_LANES) { memset(to, 0, l->length * sizeof *to); }                                   \
        if (l->line == 1) {                                                                            \
            for (size_t i = 0; n == RX_LANES && i < l->length; i++, from += l->step) {                 \
                for (size_t k = 0; k < RX_LANES; k++) { to[i][k] = (double)from[k]; }                  \
            }                                                                                          \
            for (size_t i = 0; n < RX_LANES && i < l->length; i++, from += l->step) {                  \
                for (size_t k = 0; k < n; k++) { to[i][k] = (double)from[k]; }                         \
            }                                                                                          \
            return;                                                                                    \
        }                                                                                              \
        for (size_t i = 0; i < l->length; i += STRETCH) {                                              \
            size_t end = l->length - i < STRETCH ? l->length : i + STRETCH;                            \
            for (size_t k = 0; k < n; k++) {                                                           \
                for (size_t j = i; j < end; j++) { to[j][k] = (double)from[k * l->line + j]; }         \
            }                                                                                          \
        }                                                                                              \
    }
DEFINE_LOAD(load_i16, int16_t)
DEFINE_LOAD(load_f32, float)
DEFINE_LOAD(load_f64, double)

static void load(rx_lanes *to, const lines *l, size_t first, size_t n)
{
    size_t at = first * l->line;
    switch (l->type) {
    case RX_I16: load_i16(to, (const int16_t *)l->at + at, l, n); break;
    case RX_F32: load_f32(to, (const float *)l->at + at, l, n); break;
    default: load_f64(to, (const double *)l->at + at, l, n); break;
    }
}

static void store(const kept *to, const rx_lanes *y, size_t first, size_t n)
{
    float *at = to->at + first * to->line;
    for (size_t k = 0; to->line != 1 && k < n; k++, at += to->line) {
        for (size_t i = to->begin; i <= to->end; i++) { at[i - to->begin] = (float)y[i][k]; }
    }
    for (size_t i = to->begin; to->line == 1 && i <= to->end; i++, at += to->step) {
        for (size_t k = 0; k < n; k++) { at[k] = (float)y[i][k]; }
    }
}

/* Rounded to float before and after it is added. */
static void add(const kept *to, const rx_lanes *y, size_t first, size_t n, double per_area)
{
    float *at = to->at + first * to->line;
    for (size_t i = to->begin; i <= to->end; i++, at += to->step) {
        for (size_t k = 0; k < n; k++) { at[k] = (float)((double)at[k] + (double)(float)y[i][k] * per_area); }
    }
}

/* per_area 0: store; else add, to lines that lie side by side. */
static void pass(const passing *p, const kept *to, const lines *from, const rx_recursion *r, double per_area)
{
    for (size_t first = 0; first < from->n; first += RX_LANES) {
        size_t n = from->n - first < RX_LANES ? from->n - first : RX_LANES;
        load(p->x, from, first, n);
        rx_recursion_run(p->y, (const rx_lanes *)p->x, from->length, to->begin, to->end, r);
        if (per_area > 0) {
            add(to, (const rx_lanes *)p->y, first, n, per_area);
        } else {
            store(to, (const rx_lanes *)p->y, first, n);
        }
    }
}

static const void *voxel_at(const rx_image *image, size_t at)
{
    switch (image->type) {
    case RX_I16: return (const int16_t *)image->voxels + at;
    case RX_F32: return (const float *)image->voxels + at;
    default: return (const double *)image->voxels + at;
    }
}

/* Derived along i, slice by slice: i and j, then k. */
static void derived_along_i(const passing *p, double per_area)
{
    const rx_filter *f = p->f;
    const size_t *d = f->image.grid.dim, *n = f->n, *lo = f->box.min, *hi = f->box.max;
    size_t plane = n[0] * n[1];
    for (size_t k = 0; k < d[2]; k++) {
        lines rows = { voxel_at(&f->image, k * d[0] * d[1]), f->image.type, d[1], d[0], d[0], 1 };
        kept slab = { p->slab, lo[0], hi[0], n[0], 1 };
        pass(p, &slab, &rows, &p->second[0], 0);
        lines columns = { p->slab, RX_F32, n[0], d[1], 1, n[0] };
        kept to = { f->lines + k * plane, lo[1], hi[1], 1, n[0] };
        pass(p, &to, &columns, &p->smooth[1], 0);
    }
    lines through = { f->lines, RX_F32, plane, d[2], 1, plane };
    kept out = { f->out, lo[2], hi[2], 1, plane };
    pass(p, &out, &through, &p->smooth[2], per_area);
}

/* Along j, slice by slice: j and i, then k. */
static void derived_along_j(const passing *p, double per_area)
{
    const rx_filter *f = p->f;
    const size_t *d = f->image.grid.dim, *n = f->n, *lo = f->box.min, *hi = f->box.max;
    size_t plane = n[0] * n[1];
    for (size_t k = 0; k < d[2]; k++) {
        lines columns = { voxel_at(&f->image, k * d[0] * d[1]), f->image.type, d[0], d[1], 1, d[0] };
        kept slab = { p->slab, lo[1], hi[1], 1, d[0] };
        pass(p, &slab, &columns, &p->second[1], 0);
        lines rows = { p->slab, RX_F32, n[1], d[0], d[0], 1 };
        kept to = { f->lines + k * plane, lo[0], hi[0], n[0], 1 };
        pass(p, &to, &rows, &p->smooth[0], 0);
    }
    lines through = { f->lines, RX_F32, plane, d[2], 1, plane };
    kept out = { f->out, lo[2], hi[2], 1, plane };
    pass(p, &out, &through, &p->smooth[2], per_area);
}

/* Along k, for one j after the other: k and i, then j. */
static void derived_along_k(const passing *p, double per_area)
{
    const rx_filter *f = p->f;
    const size_t *d = f->image.grid.dim, *n = f->n, *lo = f->box.min, *hi = f->box.max;
    for (size_t j = 0; j < d[1]; j++) {
        lines through = { voxel_at(&f->image, j * d[0]), f->image.type, d[0], d[2], 1, d[0] * d[1] };
        kept slab = { p->slab, lo[2], hi[2], 1, d[0] };
        pass(p, &slab, &through, &p->second[2], 0);
        lines rows = { p->slab, RX_F32, n[2], d[0], d[0], 1 };
        kept to = { f->lines + j * n[0], lo[0], hi[0], n[0] * d[1], 1 };
        pass(p, &to, &rows, &p->smooth[0], 0);
    }
    for (size_t k = 0; k < n[2]; k++) {
        lines columns = { f->lines + k * n[0] * d[1], RX_F32, n[0], d[1], 1, n[0] };
        kept out = { (float *)f->out + k * n[0] * n[1], lo[1], hi[1], 1, n[0] };
        pass(p, &out, &columns, &p->smooth[1], per_area);
    }
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static int compute(passing *p, rx_error *err)
{
    rx_filter *f = p->f;
    const size_t *d = f->image.grid.dim, *n = f->n;
    const double *spacing = f->image.grid.spacing_mm;
    size_t length = larger(d[0], larger(d[1], d[2]));
    size_t slab = larger(n[0] * d[1], d[0] * larger(n[1], n[2]));
    if (!f->lines) {
        f->lines = rx_filt_alloc(n[0] * larger(n[1] * d[2], d[1] * n[2]), sizeof *f->lines, err);
        if (!f->lines) { return RX_ENOMEM; }
    }
    p->slab = rx_filt_alloc(slab, sizeof *p->slab, err);
    p->x = p->slab ? rx_filt_alloc(2 * length, sizeof *p->x, err) : NULL;
    if (p->x) {
        p->y = p->x + length;
        memset(f->out, 0, f->voxels * sizeof(float));
        derived_along_i(p, 1.0 / (spacing[0] * spacing[0]));
        derived_along_j(p, 1.0 / (spacing[1] * spacing[1]));
        derived_along_k(p, 1.0 / (spacing[2] * spacing[2]));
    }
    free(p->slab);
    free(p->x);
    return p->x ? RX_OK : RX_ENOMEM;
}

/* PyRadiomics' conditions; its words are others. */
static void check_size(rx_filtered *out, const rx_filter *f, double sigma)
{
    const rx_grid *g = &f->image.grid;
    for (int a = 0; a < 3; a++) {
        double needed = ceil(sigma / g->spacing_mm[a]) + 1;
        if (g->dim[a] < RX_MIN_LINE) {
            rx_filt_skip(out, "axis %d has %zu voxels, LoG needs %d", a, g->dim[a], RX_MIN_LINE);
            return;
        }
        if ((double)g->dim[a] < needed) {
            rx_filt_skip(out, "axis %d has %zu voxels, sigma %g mm needs %g", a, g->dim[a], sigma, needed);
            return;
        }
    }
}

/* Far below a voxel the waves that make the Gaussian vanish between two of them. */
static bool recursions(passing *p, double sigma_mm)
{
    for (int a = 0; a < 3; a++) {
        double sigma = sigma_mm / p->f->image.grid.spacing_mm[a], sum = 0;
        rx_recursion_second(&p->second[a], sigma, sigma_mm);
        rx_recursion_smoothing(&p->smooth[a], sigma);
        for (int k = 0; k < 4; k++) {
            sum += p->second[a].n[k] + p->second[a].m[k] + p->second[a].end_n[k] + p->second[a].end_m[k];
            sum += p->smooth[a].n[k] + p->smooth[a].m[k] + p->smooth[a].end_n[k] + p->smooth[a].end_m[k];
        }
        if (!isfinite(sum)) { return false; }
    }
    return true;
}

int rx_filt_log(bool *more, rx_filtered *out, rx_filter *f, rx_error *err)
{
    *more = f->at < f->s.n_sigma;
    if (!*more) { return RX_OK; }
    passing p = { .f = f };
    double sigma = f->s.sigma[f->at].mm;
    check_size(out, f, sigma);
    if (out->skipped) { return RX_OK; }
    if (!recursions(&p, sigma)) {
        rx_filt_skip(out, "sigma %g mm is too far below the spacing to be computed", sigma);
        return RX_OK;
    }
    return compute(&p, err);
}
