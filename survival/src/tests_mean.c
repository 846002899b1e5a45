/* tests_mean.c - tests of means and variances. */
#include <survival/tests.h>

#include <float.h>
#include <survival/quantile.h>

#include "mem.h"
#include "sample.h"
#include "sort.h"

typedef struct moments { double n, mean, variance; } moments;

static moments moments_of(const double *x, size_t n)
{
    double sd = sv_sd(x, n);
    return (moments){ (double)n, sv_mean(x, n), sd * sd };
}

static int check_two(const double *x, size_t nx, const double *y, size_t ny, double level, sv_error *err)
{
    int rc = sv_level_check(level, err);
    if (rc == SV_OK) { rc = sv_sample_check(x, nx, 2, "the first sample", err); }
    if (rc == SV_OK) { rc = sv_sample_check(y, ny, 2, "the second sample", err); }
    return rc;
}

static int t_from(sv_test *out, double difference, double se, double df, double scale, double level,
                  sv_error *err)
{
    if (!(se > 10 * DBL_EPSILON * scale)) {
        return sv_fail(err, SV_EDATA, "the values do not vary beside their size, %g", scale);
    }
    double t = difference / se, half = sv_t_bound(level, df) * se;
    *out = (sv_test){ t, df, SV_NAN, sv_t_two_sided(t, df), SV_NAN, SV_NAN, difference - half, difference + half };
    return SV_OK;
}

static int two_means(sv_test *out, moments a, moments b, double se, double df, double level, sv_error *err)
{
    int rc = t_from(out, a.mean - b.mean, se, df, fmax(fabs(a.mean), fabs(b.mean)), level, err);
    if (rc != SV_OK) { return rc; }
    out->estimate = a.mean;
    out->estimate2 = b.mean;
    return SV_OK;
}

int sv_t_welch(sv_test *out, const double *x, size_t nx, const double *y, size_t ny, double level, sv_error *err)
{
    int rc = check_two(x, nx, y, ny, level, err);
    if (rc != SV_OK) { return rc; }
    moments a = moments_of(x, nx), b = moments_of(y, ny);
    double va = a.variance / a.n, vb = b.variance / b.n, v = va + vb;
    double df = v > 0 ? v * v / (va * va / (a.n - 1) + vb * vb / (b.n - 1)) : a.n + b.n - 2;
    return two_means(out, a, b, sqrt(v), df, level, err);
}

int sv_t_pooled(sv_test *out, const double *x, size_t nx, const double *y, size_t ny, double level, sv_error *err)
{
    int rc = check_two(x, nx, y, ny, level, err);
    if (rc != SV_OK) { return rc; }
    moments a = moments_of(x, nx), b = moments_of(y, ny);
    double df = a.n + b.n - 2;
    double pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / df;
    return two_means(out, a, b, sqrt(pooled * (1 / a.n + 1 / b.n)), df, level, err);
}

int sv_t_paired(sv_test *out, const double *x, const double *y, size_t n, double level, sv_error *err)
{
    int rc = check_two(x, n, y, n, level, err);
    if (rc != SV_OK) { return rc; }
    double *d = SV_NEW(double, n);
    if (d == NULL) { return sv_no_memory(err, "differences"); }
    for (size_t i = 0; i < n; i++) { d[i] = x[i] - y[i]; }
    moments m = moments_of(d, n);
    free(d);
    rc = t_from(out, m.mean, sqrt(m.variance / m.n), m.n - 1, fabs(m.mean), level, err);
    if (rc == SV_OK) { out->estimate = m.mean; }
    return rc;
}

int sv_variance_test(sv_test *out, const double *x, size_t nx, const double *y, size_t ny, double level,
                     sv_error *err)
{
    int rc = check_two(x, nx, y, ny, level, err);
    if (rc != SV_OK) { return rc; }
    moments a = moments_of(x, nx), b = moments_of(y, ny);
    if (!(b.variance > 0)) { return sv_fail(err, SV_EDATA, "the second sample does not vary"); }
    double f = a.variance / b.variance, df1 = a.n - 1, df2 = b.n - 1, tail = (1 - level) / 2;
    *out = (sv_test){
        .statistic = f, .df1 = df1, .df2 = df2,
        .p = fmin(1, 2 * fmin(sv_f_lower(f, df1, df2), sv_f_upper(f, df1, df2))),
        .estimate = f, .estimate2 = SV_NAN,
        .lower = f / sv_f_quantile(1 - tail, df1, df2), .upper = f / sv_f_quantile(tail, df1, df2),
    };
    return SV_OK;
}

int sv_anova(sv_test *out, const double *x, const int *group, size_t n, sv_error *err)
{
    int rc = sv_sample_check(x, n, 3, "the sample", err);
    if (rc != SV_OK) { return rc; }
    uint32_t *code = SV_NEW(uint32_t, n);
    double *mean = NULL, *size = NULL;
    size_t k = 0;
    rc = code != NULL ? sv_dense_code(code, &k, group, n, err) : sv_no_memory(err, "groups");
    if (rc == SV_OK && (k < 2 || n <= k)) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu values in %zu groups, at least 2 groups and more values than "
                     "groups are needed", n, k);
    }
    if (rc == SV_OK) {
        mean = SV_NEW(double, k);
        size = SV_NEW(double, k);
        if (mean == NULL || size == NULL) { rc = sv_no_memory(err, "groups"); }
    }
    if (rc == SV_OK) {
        double centre = sv_mean(x, n), between = 0, within = 0;
        for (size_t i = 0; i < n; i++) {
            mean[code[i]] += x[i] - centre;
            size[code[i]]++;
        }
        for (size_t g = 0; g < k; g++) {
            mean[g] /= size[g];
            between += size[g] * mean[g] * mean[g];
        }
        for (size_t i = 0; i < n; i++) {
            double d = x[i] - centre - mean[code[i]];
            within += d * d;
        }
        double df1 = (double)(k - 1), df2 = (double)(n - k), f = (between / df1) / (within / df2);
        *out = (sv_test){ f, df1, df2, sv_f_upper(f, df1, df2), SV_NAN, SV_NAN, SV_NAN, SV_NAN };
    }
    free(code);
    free(mean);
    free(size);
    return rc;
}
