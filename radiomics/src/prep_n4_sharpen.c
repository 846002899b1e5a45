/* Sharpening of the histogram of log intensities (Sled et al., IEEE TMI 17 (1998) 87-97): the
 * field's logarithms are taken as a Gaussian that has blurred the histogram; a Wiener filter takes
 * the blur away, and each intensity goes to its expectation under the sharper histogram. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "prep_n4.h"

int rx_n4_sharpen_new(n4_field *f, const rx_n4 *s, rx_error *err)
{
    f->padded = 2;
    while (f->padded < s->histogram_bins) { f->padded *= 2; }
    f->padded *= 2;
    f->u = calloc(4 * f->padded, sizeof *f->u);
    if (!f->u) { return rx_fail(err, RX_ENOMEM, "no memory for %zu bins", f->padded); }
    f->mean = f->u + f->padded;
    f->blur = f->mean + f->padded;
    f->value = (double *)(void *)(f->blur + f->padded);
    return rx_fft_new(&f->fft, f->padded, err);
}

void rx_n4_sharpen_free(n4_field *f)
{
    rx_fft_free(f->fft);
    free(f->u);
}

static void transform(n4_field *f, rx_complex *v, bool inverse)
{
    rx_fft_run(f->fft, v, 1, f->padded, 1, inverse);
}

/* Transform of the Gaussian, real since it is symmetric. */
static void make_blur(n4_field *f, double fwhm_bins)
{
    static const double ln2 = 0.69314718055994530942, pi = 3.14159265358979323846;
    double a = 4 * ln2 / (fwhm_bins * fwhm_bins), scale = 2 * sqrt(ln2 / pi) / fwhm_bins;
    for (size_t k = 0; k < f->padded; k++) {
        double x = (double)(k <= f->padded / 2 ? k : f->padded - k);
        f->blur[k] = (rx_complex){ scale * exp(-a * x * x), 0 };
    }
    transform(f, f->blur, false);
}

/* Share of each point in the two bins beside it. */
static void make_histogram(n4_field *f, double lowest, double width, size_t bins, size_t offset)
{
    memset(f->u, 0, f->padded * sizeof *f->u);
    for (size_t p = 0; p < f->n; p++) {
        if (!f->inside[p]) { continue; }
        double at = (f->logs[p] - f->bias[p] - lowest) / width;
        size_t b = at < (double)(bins - 1) ? (size_t)at : bins - 2;
        double t = at - (double)b;
        f->u[offset + b].re += 1 - t;
        f->u[offset + b + 1].re += t;
    }
}

static void multiply(rx_complex *v, const rx_complex *by, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        v[k].re *= by[k].re;
        v[k].im *= by[k].re;
    }
}

/* value[b]: expectation of the true log intensity where `b` was seen. */
static void find_expectations(n4_field *f, double noise, double lowest, double width, size_t bins,
                              size_t offset)
{
    size_t n = f->padded;
    transform(f, f->u, false);
    for (size_t k = 0; k < n; k++) {
        double b = f->blur[k].re, wiener = b / (b * b + noise);
        f->u[k].re *= wiener;
        f->u[k].im *= wiener;
    }
    transform(f, f->u, true);
    for (size_t k = 0; k < n; k++) {
        double u = fmax(f->u[k].re, 0), x = lowest + ((double)k - (double)offset) * width;
        f->u[k] = (rx_complex){ u, 0 };
        f->mean[k] = (rx_complex){ u * x, 0 };
    }
    transform(f, f->u, false);
    transform(f, f->mean, false);
    multiply(f->u, f->blur, n);
    multiply(f->mean, f->blur, n);
    transform(f, f->u, true);
    transform(f, f->mean, true);
    double most = 0;
    for (size_t k = 0; k < n; k++) { most = fmax(most, f->u[k].re); }
    for (size_t b = 0; b < bins; b++) {
        double u = f->u[offset + b].re;            /* nothing there: left where it is */
        f->value[b] = u > 1e-12 * most ? f->mean[offset + b].re / u : lowest + (double)b * width;
    }
}

bool rx_n4_sharpen(n4_field *f, const rx_n4 *s)
{
    size_t bins = s->histogram_bins, offset = (f->padded - bins) / 2;
    double lowest = INFINITY, highest = -INFINITY;
    for (size_t p = 0; p < f->n; p++) {
        if (!f->inside[p]) { continue; }
        double u = f->logs[p] - f->bias[p];
        lowest = fmin(lowest, u);
        highest = fmax(highest, u);
    }
    double width = (highest - lowest) / (double)(bins - 1);
    if (!(width > 1e-12)) { return false; }
    make_blur(f, s->fwhm / width);
    make_histogram(f, lowest, width, bins, offset);
    find_expectations(f, s->wiener_noise, lowest, width, bins, offset);
    for (size_t p = 0; p < f->n; p++) {
        f->change[p] = 0;
        if (!f->inside[p]) { continue; }
        double u = f->logs[p] - f->bias[p], at = (u - lowest) / width;
        size_t b = at < (double)(bins - 1) ? (size_t)at : bins - 2;
        double t = at - (double)b;
        f->change[p] = u - (f->value[b] + t * (f->value[b + 1] - f->value[b]));
    }
    return true;
}
