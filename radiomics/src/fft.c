/* Transforms of many lines at a time: RX_BATCH lines stand side by side, so that every inner
 * loop runs over neighbours in memory whatever the axis (Stockham's self-sorting form, with real
 * and imaginary parts apart). */
#include "fft.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "workspace.h"

enum { BATCH = 8, LARGEST_PRIME = 31, MOST_FACTORS = 32 };

static const double TWO_PI = 6.283185307179586476925286766559;

struct rx_fft {
    size_t n;
    unsigned factors[MOST_FACTORS], n_factors;
    double *cosine, *sine;          /* exp(-2 pi i k / n), k < n                       */
    double *re[2], *im[2];          /* [n * BATCH] each: the two sides of a stage      */
    /* for a length with a large prime factor: a convolution with exp(pi i k^2 / n) */
    struct rx_fft *inner;           /* of the padded length; NULL: mixed radix          */
    double *chirp_re, *chirp_im;    /* exp(-pi i k^2 / n), k < n                        */
    double *filter_re, *filter_im;  /* transform of the conjugate chirp, over inner->n  */
};

size_t rx_fft_good_size(size_t n)
{
    for (size_t m = n > 0 ? n : 1;; m++) {
        size_t r = m;
        while (r % 2 == 0) { r /= 2; }
        while (r % 3 == 0) { r /= 3; }
        while (r % 5 == 0) { r /= 5; }
        if (r == 1) { return m; }
    }
}

/* Factors 4 first: half the passes over memory of 2. False if a prime is too large. */
static bool factorise(rx_fft *p)
{
    size_t r = p->n;
    p->n_factors = 0;
    while (r % 4 == 0) { p->factors[p->n_factors++] = 4; r /= 4; }
    for (unsigned f = 2; f <= LARGEST_PRIME; f++) {
        while (r % f == 0) { p->factors[p->n_factors++] = f; r /= f; }
    }
    return r == 1;
}

/* One stage: m = n_cur/radix butterflies of `radix` elements, each over s neighbours. Reads
 * x[q + s(j + m k)], writes y[q + s(radix j + t)] times exp(-2 pi i j t / n_cur). */
typedef struct stage {
    const double *xr, *xi;
    double *yr, *yi;
    size_t m, s, twiddle_step;      /* twiddle of j*t stands at j*t*twiddle_step        */
    const double *cosine, *sine;
} stage;

static void butterfly_2(const stage *g)
{
    const size_t s = g->s;
    for (size_t j = 0; j < g->m; j++) {
        const double *ar = g->xr + s * j, *ai = g->xi + s * j;
        const double *br = ar + s * g->m, *bi = ai + s * g->m;
        double *yr = g->yr + 2 * s * j, *yi = g->yi + 2 * s * j;
        const double c = g->cosine[j * g->twiddle_step], d = g->sine[j * g->twiddle_step];
        for (size_t q = 0; q < s; q++) {
            double dr = ar[q] - br[q], di = ai[q] - bi[q];
            yr[q] = ar[q] + br[q];
            yi[q] = ai[q] + bi[q];
            yr[q + s] = dr * c - di * d;
            yi[q + s] = dr * d + di * c;
        }
    }
}

static void butterfly_4(const stage *g)
{
    const size_t s = g->s;
    for (size_t j = 0; j < g->m; j++) {
        const double *r0 = g->xr + s * j, *i0 = g->xi + s * j;
        const double *r1 = r0 + s * g->m, *i1 = i0 + s * g->m;
        const double *r2 = r1 + s * g->m, *i2 = i1 + s * g->m;
        const double *r3 = r2 + s * g->m, *i3 = i2 + s * g->m;
        double *yr = g->yr + 4 * s * j, *yi = g->yi + 4 * s * j;
        const size_t w = j * g->twiddle_step;
        const double c1 = g->cosine[w], d1 = g->sine[w];
        const double c2 = g->cosine[2 * w], d2 = g->sine[2 * w];
        const double c3 = g->cosine[3 * w], d3 = g->sine[3 * w];
        for (size_t q = 0; q < s; q++) {
            double apr = r0[q] + r2[q], api = i0[q] + i2[q];
            double amr = r0[q] - r2[q], ami = i0[q] - i2[q];
            double bpr = r1[q] + r3[q], bpi = i1[q] + i3[q];
            double bmr = r1[q] - r3[q], bmi = i1[q] - i3[q];
            yr[q] = apr + bpr;
            yi[q] = api + bpi;
            double t1r = amr + bmi, t1i = ami - bmr;
            double t2r = apr - bpr, t2i = api - bpi;
            double t3r = amr - bmi, t3i = ami + bmr;
            yr[q + s] = t1r * c1 - t1i * d1;
            yi[q + s] = t1r * d1 + t1i * c1;
            yr[q + 2 * s] = t2r * c2 - t2i * d2;
            yi[q + 2 * s] = t2r * d2 + t2i * c2;
            yr[q + 3 * s] = t3r * c3 - t3i * d3;
            yi[q + 3 * s] = t3r * d3 + t3i * c3;
        }
    }
}

/* Element t of a butterfly, times its twiddle factor. */
static inline void put(const stage *g, double *yr, double *yi, size_t t, double re, double im, size_t q,
                       double c, double d)
{
    yr[q + t * g->s] = re * c - im * d;
    yi[q + t * g->s] = re * d + im * c;
}

static void butterfly_3(const stage *g)
{
    static const double sine = 0.86602540378443864676;          /* sin 120 deg */
    const size_t s = g->s, step = s * g->m;
    for (size_t j = 0; j < g->m; j++) {
        const double *xr = g->xr + s * j, *xi = g->xi + s * j;
        double *yr = g->yr + 3 * s * j, *yi = g->yi + 3 * s * j;
        const size_t w = j * g->twiddle_step;
        const double c1 = g->cosine[w], d1 = g->sine[w], c2 = g->cosine[2 * w], d2 = g->sine[2 * w];
        for (size_t q = 0; q < s; q++) {
            double tr = xr[q + step] + xr[q + 2 * step], ti = xi[q + step] + xi[q + 2 * step];
            double er = sine * (xr[q + step] - xr[q + 2 * step]), ei = sine * (xi[q + step] - xi[q + 2 * step]);
            double mr = xr[q] - tr / 2, mi = xi[q] - ti / 2;
            yr[q] = xr[q] + tr;
            yi[q] = xi[q] + ti;
            put(g, yr, yi, 1, mr + ei, mi - er, q, c1, d1);
            put(g, yr, yi, 2, mr - ei, mi + er, q, c2, d2);
        }
    }
}

static void butterfly_5(const stage *g)
{
    static const double ca = 0.30901699437494742410, cb = -0.80901699437494742410;  /* 72, 144 deg */
    static const double sa = 0.95105651629515357212, sb = 0.58778525229247312917;
    const size_t s = g->s, step = s * g->m;
    for (size_t j = 0; j < g->m; j++) {
        const double *r0 = g->xr + s * j, *r1 = r0 + step, *r2 = r1 + step, *r3 = r2 + step, *r4 = r3 + step;
        const double *i0 = g->xi + s * j, *i1 = i0 + step, *i2 = i1 + step, *i3 = i2 + step, *i4 = i3 + step;
        double *yr = g->yr + 5 * s * j, *yi = g->yi + 5 * s * j;
        const size_t w = j * g->twiddle_step;
        const double c1 = g->cosine[w], c2 = g->cosine[2 * w], c3 = g->cosine[3 * w], c4 = g->cosine[4 * w];
        const double d1 = g->sine[w], d2 = g->sine[2 * w], d3 = g->sine[3 * w], d4 = g->sine[4 * w];
        for (size_t q = 0; q < s; q++) {
            double ar = r1[q] + r4[q], ai = i1[q] + i4[q], br = r2[q] + r3[q], bi = i2[q] + i3[q];
            double er = r1[q] - r4[q], ei = i1[q] - i4[q], fr = r2[q] - r3[q], fi = i2[q] - i3[q];
            double mr = r0[q] + ca * ar + cb * br, mi = i0[q] + ca * ai + cb * bi;
            double nr = r0[q] + cb * ar + ca * br, ni = i0[q] + cb * ai + ca * bi;
            double or = sa * er + sb * fr, oi = sa * ei + sb * fi;
            double pr = sb * er - sa * fr, pi = sb * ei - sa * fi;
            yr[q] = r0[q] + ar + br;
            yi[q] = i0[q] + ai + bi;
            put(g, yr, yi, 1, mr + oi, mi - or, q, c1, d1);
            put(g, yr, yi, 2, nr + pi, ni - pr, q, c2, d2);
            put(g, yr, yi, 3, nr - pi, ni + pr, q, c3, d3);
            put(g, yr, yi, 4, mr - oi, mi + or, q, c4, d4);
        }
    }
}

/* Any odd radix: pairs k, radix-k share their cosine and sine products. */
static void butterfly_odd(const stage *g, unsigned radix, size_t n)
{
    const size_t s = g->s, half = radix / 2, root = n / radix;
    for (size_t j = 0; j < g->m; j++) {
        for (size_t q = 0; q < s; q++) {
            const double *xr = g->xr + s * j + q, *xi = g->xi + s * j + q;
            double *yr = g->yr + radix * s * j + q, *yi = g->yi + radix * s * j + q;
            const size_t step = s * g->m;
            double pr[LARGEST_PRIME / 2], pi[LARGEST_PRIME / 2], mr[LARGEST_PRIME / 2], mi[LARGEST_PRIME / 2];
            double sr = xr[0], si = xi[0];
            for (size_t k = 1; k <= half; k++) {
                double ar = xr[k * step], ai = xi[k * step];
                double br = xr[(radix - k) * step], bi = xi[(radix - k) * step];
                pr[k - 1] = ar + br;
                pi[k - 1] = ai + bi;
                mr[k - 1] = ar - br;
                mi[k - 1] = ai - bi;
                sr += pr[k - 1];
                si += pi[k - 1];
            }
            yr[0] = sr;
            yi[0] = si;
            for (size_t t = 1; t <= half; t++) {
                double er = xr[0], ei = xi[0], or = 0, oi = 0;
                for (size_t k = 1; k <= half; k++) {
                    size_t w = k * t % radix * root;
                    er += pr[k - 1] * g->cosine[w];
                    ei += pi[k - 1] * g->cosine[w];
                    or += mi[k - 1] * g->sine[w];
                    oi += mr[k - 1] * g->sine[w];
                }
                size_t w = j * t * g->twiddle_step, v = j * (radix - t) * g->twiddle_step;
                double ar = er - or, ai = ei + oi, br = er + or, bi = ei - oi;
                yr[t * s] = ar * g->cosine[w] - ai * g->sine[w];
                yi[t * s] = ar * g->sine[w] + ai * g->cosine[w];
                yr[(radix - t) * s] = br * g->cosine[v] - bi * g->sine[v];
                yi[(radix - t) * s] = br * g->sine[v] + bi * g->cosine[v];
            }
        }
    }
}

/* Forward transform of re[0], im[0] over `lanes` lines; returns the side it ends on. */
static int run_stages(rx_fft *p, size_t lanes)
{
    int from = 0;
    size_t left = p->n, s = lanes;
    for (unsigned f = 0; f < p->n_factors; f++) {
        unsigned radix = p->factors[f];
        stage g = { p->re[from], p->im[from], p->re[1 - from], p->im[1 - from],
                    left / radix, s, p->n / left, p->cosine, p->sine };
        if (radix == 4) {
            butterfly_4(&g);
        } else if (radix == 2) {
            butterfly_2(&g);
        } else if (radix == 3) {
            butterfly_3(&g);
        } else if (radix == 5) {
            butterfly_5(&g);
        } else {
            butterfly_odd(&g, radix, p->n);
        }
        left /= radix;
        s *= radix;
        from = 1 - from;
    }
    return from;
}

static double *doubles(size_t n)
{
    size_t bytes;
    return rx_size_mul(&bytes, n, sizeof(double)) ? malloc(bytes) : NULL;
}

void rx_fft_free(rx_fft *p)
{
    if (!p) { return; }
    rx_fft_free(p->inner);
    free(p->cosine);
    free(p->sine);
    free(p->chirp_re);
    free(p->chirp_im);
    free(p->filter_re);
    free(p->filter_im);
    for (int side = 0; side < 2; side++) {
        free(p->re[side]);
        free(p->im[side]);
    }
    free(p);
}

static void roots_of_unity(double *cosine, double *sine, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        double angle = TWO_PI * (double)k / (double)n;
        cosine[k] = cos(angle);
        sine[k] = -sin(angle);
    }
}

/* k^2 mod 2n, so that the angle keeps its digits. */
static int make_chirp(rx_fft *p, rx_error *err)
{
    const size_t n = p->n;
    int rc = rx_fft_new(&p->inner, rx_fft_good_size(2 * n - 1), err);
    if (rc != RX_OK) { return rc; }
    rx_fft *in = p->inner;
    p->chirp_re = doubles(n);
    p->chirp_im = doubles(n);
    p->filter_re = doubles(in->n);
    p->filter_im = doubles(in->n);
    if (!p->chirp_re || !p->chirp_im || !p->filter_re || !p->filter_im) {
        return rx_fail(err, RX_ENOMEM, "no memory for a transform of %zu", n);
    }
    memset(in->re[0], 0, in->n * sizeof(double));
    memset(in->im[0], 0, in->n * sizeof(double));
    for (size_t k = 0; k < n; k++) {
        double angle = TWO_PI / 2 * (double)(uint64_t)((uint64_t)k * k % (2 * n)) / (double)n;
        p->chirp_re[k] = cos(angle);
        p->chirp_im[k] = -sin(angle);
        size_t mirror = k == 0 ? 0 : in->n - k;
        in->re[0][k] = in->re[0][mirror] = p->chirp_re[k];
        in->im[0][k] = in->im[0][mirror] = -p->chirp_im[k];
    }
    int side = run_stages(in, 1);
    for (size_t k = 0; k < in->n; k++) {
        p->filter_re[k] = in->re[side][k] / (double)in->n;
        p->filter_im[k] = in->im[side][k] / (double)in->n;
    }
    return RX_OK;
}

int rx_fft_new(rx_fft **plan, size_t n, rx_error *err)
{
    *plan = NULL;
    if (n == 0) { return rx_fail(err, RX_EINVAL, "a transform of length 0"); }
    if (n > (size_t)1 << 28) { return rx_fail(err, RX_ELIMIT, "a transform of length %zu", n); }
    rx_fft *p = calloc(1, sizeof *p);
    if (!p) { return rx_fail(err, RX_ENOMEM, "no memory for a transform of %zu", n); }
    p->n = n;
    bool smooth = factorise(p), have = true;
    for (int side = 0; side < 2; side++) {
        p->re[side] = doubles(n * BATCH);
        p->im[side] = doubles(n * BATCH);
        have = have && p->re[side] && p->im[side];
    }
    if (have && smooth) {
        p->cosine = doubles(n);
        p->sine = doubles(n);
        have = p->cosine && p->sine;
        if (have) { roots_of_unity(p->cosine, p->sine, n); }
    }
    int rc = have ? RX_OK : rx_fail(err, RX_ENOMEM, "no memory for a transform of %zu", n);
    if (rc == RX_OK && !smooth) { rc = make_chirp(p, err); }
    if (rc != RX_OK) {
        rx_fft_free(p);
        return rc;
    }
    *plan = p;
    return RX_OK;
}

/* Bluestein: X[k] = c[k] sum (x[n] c[n]) conj(c[k-n]) with c the chirp. */
static int run_chirp(rx_fft *p, size_t lanes)
{
    rx_fft *in = p->inner;
    for (size_t k = 0; k < p->n; k++) {
        for (size_t b = 0; b < lanes; b++) {
            double r = p->re[0][k * lanes + b], i = p->im[0][k * lanes + b];
            in->re[0][k * lanes + b] = r * p->chirp_re[k] - i * p->chirp_im[k];
            in->im[0][k * lanes + b] = r * p->chirp_im[k] + i * p->chirp_re[k];
        }
    }
    memset(in->re[0] + p->n * lanes, 0, (in->n - p->n) * lanes * sizeof(double));
    memset(in->im[0] + p->n * lanes, 0, (in->n - p->n) * lanes * sizeof(double));
    int side = run_stages(in, lanes);
    /* conjugate, so that the next forward transform is the inverse of the product */
    for (size_t k = 0; k < in->n; k++) {
        for (size_t b = 0; b < lanes; b++) {
            size_t at = k * lanes + b;
            double r = in->re[side][at], i = in->im[side][at];
            double fr = p->filter_re[k], fi = p->filter_im[k];
            in->re[0][at] = r * fr - i * fi;
            in->im[0][at] = -(r * fi + i * fr);
        }
    }
    side = run_stages(in, lanes);
    for (size_t k = 0; k < p->n; k++) {
        for (size_t b = 0; b < lanes; b++) {
            double r = in->re[side][k * lanes + b], i = -in->im[side][k * lanes + b];
            p->re[0][k * lanes + b] = r * p->chirp_re[k] - i * p->chirp_im[k];
            p->im[0][k * lanes + b] = r * p->chirp_im[k] + i * p->chirp_re[k];
        }
    }
    return 0;
}

/* Forward transform of the lines in re[0], im[0]; returns the side of the result. */
static int run(rx_fft *p, size_t lanes)
{
    return p->inner ? run_chirp(p, lanes) : run_stages(p, lanes);
}

void rx_fft_run(rx_fft *p, rx_complex *v, size_t stride, size_t step, size_t count, bool inverse)
{
    /* the inverse is the forward transform with real and imaginary parts exchanged */
    const double scale = inverse ? 1.0 / (double)p->n : 1.0;
    for (size_t first = 0; first < count; first += BATCH) {
        size_t lanes = count - first < BATCH ? count - first : BATCH;
        double *re = inverse ? p->im[0] : p->re[0], *im = inverse ? p->re[0] : p->im[0];
        rx_complex *at = v + first * step;
        for (size_t k = 0; k < p->n; k++) {
            for (size_t b = 0; b < lanes; b++) {
                re[k * lanes + b] = at[k * stride + b * step].re;
                im[k * lanes + b] = at[k * stride + b * step].im;
            }
        }
        int side = run(p, lanes);
        re = inverse ? p->im[side] : p->re[side];
        im = inverse ? p->re[side] : p->im[side];
        for (size_t k = 0; k < p->n; k++) {
            for (size_t b = 0; b < lanes; b++) {
                at[k * stride + b * step] = (rx_complex){ re[k * lanes + b] * scale, im[k * lanes + b] * scale };
            }
        }
    }
}

/* ---- three axes, real ------------------------------------------------------------- */

struct rx_fft3 {
    size_t dim[3], half;            /* half: dim[0]/2 + 1                              */
    rx_fft *axis[3];
};

void rx_fft3_free(rx_fft3 *p)
{
    if (!p) { return; }
    for (int a = 0; a < 3; a++) { rx_fft_free(p->axis[a]); }
    free(p);
}

int rx_fft3_new(rx_fft3 **plan, const size_t dim[3], rx_error *err)
{
    *plan = NULL;
    rx_fft3 *p = calloc(1, sizeof *p);
    if (!p) { return rx_fail(err, RX_ENOMEM, "no memory for a transform"); }
    memcpy(p->dim, dim, sizeof p->dim);
    p->half = dim[0] / 2 + 1;
    for (int a = 0; a < 3; a++) {
        int rc = rx_fft_new(&p->axis[a], dim[a], err);
        if (rc != RX_OK) {
            rx_fft3_free(p);
            return rc;
        }
    }
    *plan = p;
    return RX_OK;
}

size_t rx_fft3_terms(const rx_fft3 *p)
{
    return p->half * p->dim[1] * p->dim[2];
}

/* Two real rows are one complex line; their transforms are its even and odd parts. */
static void rows_forward(rx_fft3 *p, rx_complex *spectrum, const double *real)
{
    rx_fft *f = p->axis[0];
    const size_t n = p->dim[0], rows = p->dim[1] * p->dim[2];
    for (size_t first = 0; first < rows; first += 2 * BATCH) {
        size_t count = rows - first < 2 * BATCH ? rows - first : 2 * BATCH, lanes = (count + 1) / 2;
        for (size_t b = 0; b < lanes; b++) {
            const double *a = real + (first + 2 * b) * n;
            bool pair = 2 * b + 1 < count;
            for (size_t k = 0; k < n; k++) {
                f->re[0][k * lanes + b] = a[k];
                f->im[0][k * lanes + b] = pair ? a[n + k] : 0;
            }
        }
        int side = run(f, lanes);
        for (size_t b = 0; b < lanes; b++) {
            rx_complex *out = spectrum + (first + 2 * b) * p->half;
            bool pair = 2 * b + 1 < count;
            for (size_t k = 0; k < p->half; k++) {
                size_t here = k * lanes + b, there = (k == 0 ? 0 : n - k) * lanes + b;
                double ar = f->re[side][here], ai = f->im[side][here];
                double br = f->re[side][there], bi = f->im[side][there];
                out[k] = (rx_complex){ (ar + br) / 2, (ai - bi) / 2 };
                if (pair) { out[p->half + k] = (rx_complex){ (ai + bi) / 2, (br - ar) / 2 }; }
            }
        }
    }
}

static void rows_inverse(rx_fft3 *p, double *real, const rx_complex *spectrum)
{
    rx_fft *f = p->axis[0];
    const size_t n = p->dim[0], rows = p->dim[1] * p->dim[2];
    const double scale = 1.0 / (double)n;
    for (size_t first = 0; first < rows; first += 2 * BATCH) {
        size_t count = rows - first < 2 * BATCH ? rows - first : 2 * BATCH, lanes = (count + 1) / 2;
        for (size_t b = 0; b < lanes; b++) {
            const rx_complex *a = spectrum + (first + 2 * b) * p->half;
            bool pair = 2 * b + 1 < count;
            for (size_t k = 0; k < n; k++) {
                bool mirrored = k >= p->half;
                size_t at = mirrored ? n - k : k;
                double sign = mirrored ? -1 : 1;
                double br = pair ? a[p->half + at].re : 0, bi = pair ? sign * a[p->half + at].im : 0;
                /* exchanged, for the inverse */
                f->im[0][k * lanes + b] = a[at].re - bi;
                f->re[0][k * lanes + b] = sign * a[at].im + br;
            }
        }
        int side = run(f, lanes);
        for (size_t b = 0; b < lanes; b++) {
            double *out = real + (first + 2 * b) * n;
            bool pair = 2 * b + 1 < count;
            for (size_t k = 0; k < n; k++) {
                out[k] = f->im[side][k * lanes + b] * scale;
                if (pair) { out[n + k] = f->re[side][k * lanes + b] * scale; }
            }
        }
    }
}

static void columns(rx_fft3 *p, rx_complex *spectrum, bool inverse)
{
    const size_t slice = p->half * p->dim[1];
    if (p->dim[1] > 1) {
        for (size_t k = 0; k < p->dim[2]; k++) {
            rx_fft_run(p->axis[1], spectrum + k * slice, p->half, 1, p->half, inverse);
        }
    }
    if (p->dim[2] > 1) { rx_fft_run(p->axis[2], spectrum, slice, 1, slice, inverse); }
}

void rx_fft3_forward(rx_fft3 *p, rx_complex *spectrum, const double *real)
{
    rows_forward(p, spectrum, real);
    columns(p, spectrum, false);
}

void rx_fft3_inverse(rx_fft3 *p, double *real, rx_complex *spectrum)
{
    columns(p, spectrum, true);
    rows_inverse(p, real, spectrum);
}
