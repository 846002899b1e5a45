/* tests_shape.c - tests of whole distributions. */
#include <survival/tests.h>

#include <stdbool.h>
#include <string.h>
#include <survival/dist.h>

#include "mem.h"
#include "sample.h"
#include "sort.h"

#define MAX_PATHS 1e8

/* P(sqrt(n) D > z) in the limit: the series that converges fast for this z. */
static double kolmogorov_upper(double z)
{
    const double pi = 3.14159265358979323846;
    if (z <= 0) { return 1; }
    double sum = 0;
    if (z < 1) {
        for (int k = 1; k < 40; k += 2) { sum += exp(-k * k * pi * pi / (8 * z * z)); }
        return 1 - sqrt(2 * pi) / z * sum;
    }
    for (int k = 1; k < 20; k++) { sum += (k % 2 == 1 ? 2 : -2) * exp(-2.0 * k * k * z * z); }
    return sum;
}

/* P(D >= d): a random path from (0, 0) to (nx, ny), one step a value, leaves the band |i/nx - j/ny| < d
 * where a value differs from the next. through[j]: has left on the way to (i, j). */
static int paths_p(double *p, const double *sorted, size_t nx, size_t ny, double d, sv_error *err)
{
    double *through = SV_NEW(double, ny + 1);
    if (through == NULL) { return sv_no_memory(err, "the paths of a Kolmogorov-Smirnov test"); }
    double m = (double)nx, n = (double)ny, bound = (0.5 + floor(d * m * n - 1e-7)) / (m * n);
    for (size_t i = 0; i <= nx; i++) {
        for (size_t j = 0; j <= ny; j++) {
            size_t at = i + j;
            bool ends = at > 0 && (at == nx + ny || sorted[at - 1] != sorted[at]);
            if (ends && fabs((double)i / m - (double)j / n) >= bound) {
                through[j] = 1;
            } else if (at > 0) {
                double left = i > 0 ? through[j] * (double)i : 0, up = j > 0 ? through[j - 1] * (double)j : 0;
                through[j] = (left + up) / (double)at;
            }
        }
    }
    *p = through[ny];
    free(through);
    return SV_OK;
}

/* The largest distance of the two step functions; sorted: all values, ascending. */
static double largest_distance(double *sorted, const uint32_t *order, const double *all, size_t nx, size_t ny)
{
    double largest = 0;
    size_t i = 0, j = 0, n = nx + ny;
    for (size_t at = 0; at < n; at++) {
        sorted[at] = all[order[at]];
        if (order[at] < nx) { i++; } else { j++; }
        if (at + 1 < n && all[order[at + 1]] == sorted[at]) { continue; }
        largest = fmax(largest, fabs((double)i / (double)nx - (double)j / (double)ny));
    }
    return largest;
}

int sv_ks(sv_test *out, const double *x, size_t nx, const double *y, size_t ny, sv_exactness how, sv_error *err)
{
    int rc = sv_sample_check(x, nx, 1, "the first sample", err);
    if (rc == SV_OK) { rc = sv_sample_check(y, ny, 1, "the second sample", err); }
    if (rc != SV_OK) { return rc; }
    double a = (double)nx, b = (double)ny;
    if (how == SV_TEST_EXACT && a * b > MAX_PATHS) {
        return sv_fail(err, SV_ELIMIT, "%zu and %zu values, an exact test takes a product of at most %g", nx, ny,
                       MAX_PATHS);
    }
    size_t n = nx + ny;
    double *all = SV_NEW(double, n), *sorted = SV_NEW(double, n);
    uint32_t *order = SV_NEW(uint32_t, n);
    rc = all && sorted && order ? SV_OK : sv_no_memory(err, "a Kolmogorov-Smirnov test");
    if (rc == SV_OK) {
        memcpy(all, x, nx * sizeof *x);
        memcpy(all + nx, y, ny * sizeof *y);
        rc = sv_sort_rows(order, all, n, err);
    }
    if (rc == SV_OK) {
        sv_test t = SV_TEST_NONE;
        t.statistic = largest_distance(sorted, order, all, nx, ny);
        if (how == SV_TEST_EXACT || (how == SV_TEST_AUTO && a * b < 10000)) {
            rc = paths_p(&t.p, sorted, nx, ny, t.statistic, err);
        } else {
            t.p = fmin(1, kolmogorov_upper(t.statistic * sqrt(a * b / (a + b))));
        }
        if (rc == SV_OK) { *out = t; }
    }
    free(all);
    free(sorted);
    free(order);
    return rc;
}

/* ---- Shapiro & Wilk, with the polynomials of Royston 1995 ------------------------------------ */

static double polynomial(const double *c, size_t terms, double x)
{
    double v = 0;
    for (size_t i = terms; i-- > 0;) { v = v * x + c[i]; }
    return v;
}

/* Weights of the upper half, the largest value's first. */
static void shapiro_weights(double *a, size_t n)
{
    static const double last[] = { 0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056 };
    static const double second[] = { 0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633 };
    size_t half = n / 2;
    if (n == 3) {
        a[0] = sqrt(0.5);
        return;
    }
    double squares = 0, u = 1 / sqrt((double)n);
    for (size_t i = 0; i < half; i++) {
        a[i] = -sv_normal_quantile(((double)i + 0.625) / ((double)n + 0.25));
        squares += 2 * a[i] * a[i];
    }
    double length = sqrt(squares), m0 = a[0], m1 = a[1], rest = squares - 2 * m0 * m0;
    a[0] = polynomial(last, 6, u) + m0 / length;
    double left = 1 - 2 * a[0] * a[0];
    size_t from = 1;
    if (n > 5) {
        a[1] = polynomial(second, 6, u) + m1 / length;
        rest -= 2 * m1 * m1;
        left -= 2 * a[1] * a[1];
        from = 2;
    }
    for (size_t i = from; i < half; i++) { a[i] /= sqrt(rest / left); }
}

/* 1 - W, which is small: W is a squared correlation of the sorted values and the weights. */
static double shapiro_lack(const double *sorted, const double *a, size_t n)
{
    double mean = 0, range = sorted[n - 1] - sorted[0], xx = 0, aa = 0, ax = 0;
    for (size_t i = 0; i < n; i++) { mean += (sorted[i] - sorted[0]) / range / (double)n; }
    for (size_t i = 0; i < n; i++) {
        size_t j = i < n / 2 ? i : n - 1 - i;
        double weight = 2 * i + 1 == n ? 0 : i < n / 2 ? -a[j] : a[j];
        double d = (sorted[i] - sorted[0]) / range - mean;
        xx += d * d;
        aa += weight * weight;
        ax += weight * d;
    }
    double both = sqrt(xx * aa);
    return (both - ax) * (both + ax) / (xx * aa);
}

static double shapiro_p(double lack, size_t size)
{
    static const double bound[] = { -2.273, 0.459 };
    static const double mean_small[] = { 0.544, -0.39978, 0.025054, -6.714e-4 };
    static const double sd_small[] = { 1.3822, -0.77857, 0.062767, -0.0020322 };
    static const double mean_large[] = { -1.5861, -0.31082, -0.083751, 0.0038915 };
    static const double sd_large[] = { -0.4803, -0.082676, 0.0030302 };
    double n = (double)size;
    if (size == 3) {
        double p = 6 / 3.14159265358979323846 * (asin(sqrt(1 - lack)) - asin(sqrt(0.75)));
        return fmax(0, fmin(1, p));
    }
    double y = log(lack), mean, sd;
    if (size <= 11) {
        double g = polynomial(bound, 2, n);
        if (y >= g) { return 0; }
        y = -log(g - y);
        mean = polynomial(mean_small, 4, n);
        sd = exp(polynomial(sd_small, 4, n));
    } else {
        mean = polynomial(mean_large, 4, log(n));
        sd = exp(polynomial(sd_large, 3, log(n)));
    }
    return sv_normal_upper((y - mean) / sd);
}

int sv_shapiro(sv_test *out, const double *x, size_t n, sv_error *err)
{
    int rc = sv_sample_check(x, n, 3, "the sample", err);
    if (rc != SV_OK) { return rc; }
    if (n > 5000) { return sv_fail(err, SV_ELIMIT, "%zu values, the test of normality takes at most 5000", n); }
    double *sorted = SV_NEW(double, n), *a = SV_NEW(double, n);
    uint32_t *order = SV_NEW(uint32_t, n);
    rc = sorted && a && order ? sv_sort_rows(order, x, n, err) : sv_no_memory(err, "a test of normality");
    for (size_t i = 0; rc == SV_OK && i < n; i++) { sorted[i] = x[order[i]]; }
    if (rc == SV_OK && !isfinite(sorted[n - 1] - sorted[0])) {
        rc = sv_fail(err, SV_EDATA, "the values' range is no finite number");
    }
    if (rc == SV_OK && !(sorted[n - 1] > sorted[0])) {
        rc = sv_fail(err, SV_EDATA, "all %zu values are %g, expected some that differ", n, x[0]);
    }
    if (rc == SV_OK) {
        shapiro_weights(a, n);
        sv_test t = SV_TEST_NONE;
        double lack = fmax(0, shapiro_lack(sorted, a, n));
        t.statistic = 1 - lack;
        t.p = shapiro_p(lack, n);
        *out = t;
    }
    free(sorted);
    free(a);
    free(order);
    return rc;
}
