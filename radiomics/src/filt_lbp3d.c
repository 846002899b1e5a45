/* Local binary patterns in space as PyRadiomics has them (after J. Banerjee et al., 3D LBP-based
 * rotationally invariant region description, ACCV 2012 Workshops, LNCS 7728): the image is sampled
 * by cubic splines on a sphere around each voxel of the region, a sample is 1 where it is not below
 * the voxel, and the pattern f is split into the degrees n of spherical harmonics. Image m(n+1) is
 * the norm of f's part of degree n over the samples,
 *     g_n(v) = sum over m of c_nm Y_nm(v),   c_nm = sum over samples u of f(u) Y_nm(u),
 * and image k the kurtosis of the samples themselves.
 *
 * As there: the coordinates (x, y, z) of a sample count along (k, j, i); Y takes the angle from z as
 * azimuth and that in the plane as inclination; samples beyond the image are 0. Degrees +m and -m
 * give conjugates, so g_n is real, in 2n + 1 functions: Y_n0, and sqrt 2 times the real and (with
 * sign) imaginary part of Y_nm. The norm is a quadratic form in f's sums with them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filt.h"
#include "roi.h"

/* How a sample at a position along one axis is interpolated: from four coefficients. */
typedef struct tap { ptrdiff_t at[4]; double weight[4]; bool inside; } tap;

/* The functions of one degree: values at the samples, and what two of them give over all samples. */
typedef struct degree {
    unsigned n;                 /* 2n + 1 functions                                            */
    double *values;             /* [function * samples + sample]                               */
    double *gram;               /* [(2n + 1)^2]                                                */
    double *sign;               /* +1, -1 for imaginary parts: of c Y                          */
} degree;

struct rx_lbp3d_work {
    double (*sample)[3];
    size_t samples;
    degree *degrees;            /* [lbp3d_levels]                                              */
    size_t from[3], n[3];       /* the part of the image whose coefficients are kept           */
    double *spline;             /* [n[0] * n[1] * n[2]], i fastest                             */
    tap *taps[3];               /* axis i, j, k: [(index in the box) * samples + sample]       */
    double *maps;               /* [image * voxels of the region in the box + voxel]           */
    size_t region;
};

void rx_lbp3d_work_free(rx_lbp3d_work *w)
{
    if (!w) { return; }
    for (unsigned n = 0; w->degrees && w->degrees[n].values; n++) {
        free(w->degrees[n].values);
        free(w->degrees[n].gram);
    }
    free(w->degrees);
    free(w->sample);
    free(w->spline);
    for (int a = 0; a < 3; a++) { free(w->taps[a]); }
    free(w->maps);
    free(w);
}

/* One axis of the coefficients of a cubic spline through the voxels, mirrored at the ends (M.
 * Unser et al., IEEE PAMI 13(3), 1991): n elements `stride` apart, of `lanes` lines side by side. */
static void prefilter(double *c, size_t n, size_t stride, size_t lanes)
{
    const double z = -0.267949192431122706, gain = (1 - z) * (1 - 1 / z);    /* sqrt 3 - 2 */
    if (n < 2) { return; }
    double far = pow(z, (double)(n - 1)), power = z, *last = c + (n - 1) * stride;
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l < lanes; l++) { c[i * stride + l] *= gain; }
    }
    for (size_t l = 0; l < lanes; l++) { c[l] += far * last[l]; }
    for (size_t i = 1; i + 1 < n; i++, power *= z) {
        const double *a = c + i * stride, *b = c + (n - 1 - i) * stride;
        for (size_t l = 0; l < lanes; l++) { c[l] += power * (a[l] + far * b[l]); }
    }
    for (size_t l = 0; l < lanes; l++) { c[l] /= 1 - far * far; }
    for (size_t i = 1; i < n; i++) {
        double *a = c + i * stride;
        for (size_t l = 0; l < lanes; l++) { a[l] += z * (a - stride)[l]; }
    }
    for (size_t l = 0; l < lanes; l++) {
        last[l] = (z * (last - stride)[l] + last[l]) * z / (z * z - 1);
    }
    for (size_t i = n - 1; i-- > 0;) {
        double *a = c + i * stride;
        for (size_t l = 0; l < lanes; l++) { a[l] = z * ((a + stride)[l] - a[l]); }
    }
}

/* What the samples around the box can touch: the sphere's reach, and two coefficients more. */
static void set_reach(rx_lbp3d_work *w, const rx_filter *f)
{
    size_t reach = (size_t)ceil(f->s.lbp3d_icosphere_radius) + 2;
    for (int a = 0; a < 3; a++) {
        size_t last = f->image.grid.dim[a] - 1;
        size_t end = last - f->box.max[a] > reach ? f->box.max[a] + reach : last;
        w->from[a] = f->box.min[a] > reach ? f->box.min[a] - reach : 0;
        w->n[a] = end - w->from[a] + 1;
    }
}

/* Along k, row by row of the image; then slice by slice along j and i. Lines are whole, since each
 * coefficient hangs on all of its line; only those within reach are kept. */
static int make_spline(rx_lbp3d_work *w, const rx_filter *f, rx_error *err)
{
    const size_t *d = f->image.grid.dim, *n = w->n;
    double *slab = rx_filt_alloc(d[0] * d[2], sizeof *slab, err);
    w->spline = slab ? rx_filt_alloc(d[0] * d[1] * n[2], sizeof *w->spline, err) : NULL;
    if (!w->spline) {
        free(slab);
        return RX_ENOMEM;
    }
    for (size_t j = 0; j < d[1]; j++) {
        for (size_t k = 0; k < d[2]; k++) {
            rx_copy_voxels(slab + k * d[0], &f->image, (k * d[1] + j) * d[0], d[0]);
        }
        prefilter(slab, d[2], d[0], d[0]);
        for (size_t k = 0; k < n[2]; k++) {
            memcpy(w->spline + (k * d[1] + j) * d[0], slab + (w->from[2] + k) * d[0], d[0] * sizeof *slab);
        }
    }
    free(slab);
    for (size_t k = 0; k < n[2]; k++) {
        double *slice = w->spline + k * d[0] * d[1];
        prefilter(slice, d[1], d[0], d[0]);
        for (size_t j = 0; j < n[1]; j++) {
            double *row = slice + (w->from[1] + j) * d[0];
            prefilter(row, d[0], 1, 1);
            memmove(w->spline + (k * n[1] + j) * n[0], row + w->from[0], n[0] * sizeof *row);
        }
    }
    return RX_OK;
}

static ptrdiff_t mirror(ptrdiff_t i, ptrdiff_t n)
{
    if (n < 2) { return 0; }
    ptrdiff_t period = 2 * n - 2;
    i %= period;
    if (i < 0) { i += period; }
    return i < n ? i : period - i;
}

static tap tap_of(double at, size_t n, size_t from)
{
    tap t = { { 0 }, { 0 }, at >= 0 && at <= (double)(n - 1) };
    if (!t.inside) { return t; }
    double low = floor(at), y = at - low, z = 1.0 - y;
    t.weight[1] = (y * y * (y - 2.0) * 3.0 + 4.0) / 6.0;
    t.weight[2] = (z * z * (z - 2.0) * 3.0 + 4.0) / 6.0;
    t.weight[0] = z * z * z / 6.0;
    t.weight[3] = 1.0 - t.weight[0] - t.weight[1] - t.weight[2];
    for (ptrdiff_t k = 0; k < 4; k++) {
        t.at[k] = mirror((ptrdiff_t)low - 1 + k, (ptrdiff_t)n) - (ptrdiff_t)from;
    }
    return t;
}

static int make_taps(rx_lbp3d_work *w, const rx_filter *f, rx_error *err)
{
    for (int a = 0; a < 3; a++) {
        w->taps[a] = rx_filt_alloc(f->n[a] * w->samples, sizeof *w->taps[a], err);
        if (!w->taps[a]) { return RX_ENOMEM; }
        for (size_t i = 0; i < f->n[a]; i++) {
            for (size_t s = 0; s < w->samples; s++) {
                double at = (double)(f->box.min[a] + i) + w->sample[s][2 - a];
                w->taps[a][i * w->samples + s] = tap_of(at, f->image.grid.dim[a], w->from[a]);
            }
        }
    }
    return RX_OK;
}

/* P_n^m(x) with the sign (-1)^m, 0 <= m <= n. */
static double legendre(unsigned n, unsigned m, double x)
{
    double p = 1, below = 0, s = sqrt((1 - x) * (1 + x));
    for (unsigned i = 1; i <= m; i++) { p *= -(2.0 * i - 1) * s; }
    for (unsigned i = m + 1; i <= n; i++) {
        double next = ((2.0 * i - 1) * x * p - (double)(i + m - 1) * below) / (double)(i - m);
        below = p;
        p = next;
    }
    return p;
}

static double norm_of_harmonic(unsigned n, unsigned m)
{
    const double pi = 3.141592653589793;
    double ratio = 1;                        /* (n - m)! / (n + m)! */
    for (unsigned i = n - m + 1; i <= n + m; i++) { ratio /= i; }
    return sqrt((2.0 * n + 1) / (4 * pi) * ratio);
}

static void fill_degree(degree *d, const rx_lbp3d_work *w, double radius)
{
    const double sqrt2 = 1.4142135623730951;
    size_t n = w->samples, functions = 2 * d->n + 1;
    for (size_t v = 0; v < n; v++) {
        const double *at = w->sample[v];
        double azimuth = acos(fmax(-1, fmin(1, at[2] / radius))), inclination = atan2(at[1], at[0]);
        for (unsigned m = 0; m <= d->n; m++) {
            double y = norm_of_harmonic(d->n, m) * legendre(d->n, m, cos(inclination));
            if (m == 0) {
                d->values[v] = y;
                continue;
            }
            d->values[(2 * m - 1) * n + v] = sqrt2 * y * cos(m * azimuth);
            d->values[2 * m * n + v] = sqrt2 * y * sin(m * azimuth);
        }
    }
    for (size_t a = 0; a < functions; a++) { d->sign[a] = a > 0 && a % 2 == 0 ? -1 : 1; }
    for (size_t a = 0; a < functions; a++) {
        for (size_t b = 0; b < functions; b++) {
            double sum = 0;
            for (size_t v = 0; v < n; v++) { sum += d->values[a * n + v] * d->values[b * n + v]; }
            d->gram[a * functions + b] = d->sign[a] * d->sign[b] * sum;
        }
    }
}

static int make_degrees(rx_lbp3d_work *w, const rx_filter *f, rx_error *err)
{
    unsigned levels = f->s.lbp3d_levels;
    w->degrees = calloc(levels + 1, sizeof *w->degrees);
    if (!w->degrees) { return rx_fail(err, RX_ENOMEM, "no memory for spherical harmonics"); }
    for (unsigned n = 0; n < levels; n++) {
        degree *d = &w->degrees[n];
        size_t functions = 2 * n + 1;
        d->n = n;
        d->values = rx_filt_alloc(functions * w->samples, sizeof *d->values, err);
        d->gram = rx_filt_alloc(functions * (functions + 1), sizeof *d->gram, err);
        if (!d->values || !d->gram) {
            free(d->gram);
            free(d->values);
            d->values = NULL;
            return RX_ENOMEM;
        }
        d->sign = d->gram + functions * functions;
        fill_degree(d, w, f->s.lbp3d_icosphere_radius);
    }
    return RX_OK;
}

static double interpolate(const rx_lbp3d_work *w, const tap *x, const tap *y, const tap *z)
{
    double sum = 0;
    if (!x->inside || !y->inside || !z->inside) { return 0; }
    for (int c = 0; c < 4; c++) {
        for (int b = 0; b < 4; b++) {
            const double *row = w->spline + ((size_t)z->at[c] * w->n[1] + (size_t)y->at[b]) * w->n[0];
            for (int a = 0; a < 4; a++) {
                sum += row[x->at[a]] * z->weight[c] * y->weight[b] * x->weight[a];
            }
        }
    }
    return sum;
}

/* The sample in the image's own type: of integers the nearest one, halves away from 0. */
static double as_image(double v, const rx_filter *f)
{
    if (f->as == RX_F64) { return v; }
    if (f->as == RX_F32) { return (double)(float)v; }
    return fmin(fmax(trunc(v > 0 ? v + 0.5 : v - 0.5), f->s.integer_range[0]), f->s.integer_range[1]);
}

/* Fourth central moment over the squared second, minus 3. A sphere of equal samples has -3, as
 * SciPy had it until it came to give NaN, which has no place in an image. */
static double kurtosis(const double *v, double *deviation, size_t n)
{
    double mean = rx_filt_sum(v, n) / (double)n;
    for (size_t i = 0; i < n; i++) { deviation[i] = (v[i] - mean) * (v[i] - mean); }
    double m2 = rx_filt_sum(deviation, n) / (double)n;
    if (m2 <= (1e-15 * mean) * (1e-15 * mean)) { return -3; }
    for (size_t i = 0; i < n; i++) { deviation[i] *= deviation[i]; }
    return rx_filt_sum(deviation, n) / (double)n / (m2 * m2) - 3;
}

static double norm_of_degree(const degree *d, const double *pattern, size_t n)
{
    double c[2 * RX_MAX_LBP3D_LEVELS + 1], sum = 0;
    size_t functions = 2 * d->n + 1;
    for (size_t a = 0; a < functions; a++) {
        c[a] = 0;
        for (size_t v = 0; v < n; v++) { c[a] += pattern[v] * d->values[a * n + v]; }
    }
    for (size_t a = 0; a < functions; a++) {
        for (size_t b = 0; b < functions; b++) { sum += c[a] * c[b] * d->gram[a * functions + b]; }
    }
    return sqrt(fmax(sum, 0));
}

static bool in_region(const rx_filter *f, size_t i, size_t j, size_t k)
{
    const size_t *dim = f->mask.grid.dim, *lo = f->box.min;
    return f->mask.voxels[((k + lo[2]) * dim[1] + j + lo[1]) * dim[0] + i + lo[0]] == f->mask.label;
}

/* Values of every image at one voxel of the box, `at`-th of the region. */
static void measure(rx_lbp3d_work *w, const rx_filter *f, const size_t at[3], size_t nth, double *samples,
                    double *scratch)
{
    const size_t *dim = f->image.grid.dim, *lo = f->box.min;
    const tap *x = w->taps[0] + at[0] * w->samples, *y = w->taps[1] + at[1] * w->samples;
    const tap *z = w->taps[2] + at[2] * w->samples;
    double centre;
    rx_copy_voxels(&centre, &f->image, ((at[2] + lo[2]) * dim[1] + at[1] + lo[1]) * dim[0] + at[0] + lo[0], 1);
    for (size_t v = 0; v < w->samples; v++) {
        samples[v] = as_image(interpolate(w, x + v, y + v, z + v), f);
    }
    unsigned levels = f->s.lbp3d_levels;
    w->maps[levels * w->region + nth] = kurtosis(samples, scratch, w->samples);
    for (size_t v = 0; v < w->samples; v++) { samples[v] = samples[v] >= centre; }
    for (unsigned n = 0; n < levels; n++) {
        w->maps[n * w->region + nth] = norm_of_degree(&w->degrees[n], samples, w->samples);
    }
}

static int measure_region(rx_lbp3d_work *w, const rx_filter *f, rx_error *err)
{
    size_t nth = 0, at[3];
    for (at[2] = 0; at[2] < f->n[2]; at[2]++) {
        for (at[1] = 0; at[1] < f->n[1]; at[1]++) {
            for (at[0] = 0; at[0] < f->n[0]; at[0]++) { w->region += in_region(f, at[0], at[1], at[2]); }
        }
    }
    double *samples = rx_filt_alloc(2 * w->samples, sizeof *samples, err);
    w->maps = samples ? rx_filt_alloc((f->s.lbp3d_levels + 1) * w->region, sizeof *w->maps, err) : NULL;
    for (at[2] = 0; w->maps && at[2] < f->n[2]; at[2]++) {
        for (at[1] = 0; at[1] < f->n[1]; at[1]++) {
            for (at[0] = 0; at[0] < f->n[0]; at[0]++) {
                if (in_region(f, at[0], at[1], at[2])) {
                    measure(w, f, at, nth++, samples, samples + w->samples);
                }
            }
        }
    }
    free(samples);
    return w->maps ? RX_OK : RX_ENOMEM;
}

static int start(rx_filter *f, rx_error *err)
{
    rx_lbp3d_work *w = f->lbp3d = calloc(1, sizeof *w);
    if (!w) { return rx_fail(err, RX_ENOMEM, "no memory for LBP3D"); }
    int rc = rx_filt_icosphere(&w->sample, &w->samples, f->s.lbp3d_icosphere_subdivision,
                               f->s.lbp3d_icosphere_radius, err);
    if (rc == RX_OK) { rc = make_degrees(w, f, err); }
    if (rc == RX_OK) {
        set_reach(w, f);
        rc = make_spline(w, f, err);
    }
    if (rc == RX_OK) { rc = make_taps(w, f, err); }
    if (rc == RX_OK) { rc = measure_region(w, f, err); }
    return rc;
}

int rx_filt_lbp3d(bool *more, rx_filter *f, rx_error *err)
{
    unsigned levels = f->s.lbp3d_levels;
    *more = f->at <= levels;
    if (!*more) { return RX_OK; }
    int rc = f->at == 0 ? start(f, err) : RX_OK;
    if (rc != RX_OK) { return rc; }
    const double *from = f->lbp3d->maps + f->at * f->lbp3d->region;
    double *to = f->out;
    for (size_t k = 0; k < f->n[2]; k++) {
        for (size_t j = 0; j < f->n[1]; j++) {
            for (size_t i = 0; i < f->n[0]; i++) { *to++ = in_region(f, i, j, k) ? *from++ : 0; }
        }
    }
    return RX_OK;
}
