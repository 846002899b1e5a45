/* quantile.c - mean, standard deviation, quantiles. */
#include <survival/quantile.h>

#include <math.h>
#include <survival/surv.h>

#include "mem.h"
#include "num.h"
#include "sort.h"

double sv_mean(const double *x, size_t n)
{
    if (n == 0) { return SV_NAN; }
    double sum = 0, rest = 0;
    for (size_t i = 0; i < n; i++) { sum += x[i]; }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) { rest += x[i] - mean; }
    return mean + rest / (double)n;
}

double sv_sd(const double *x, size_t n)
{
    if (n < 2) { return SV_NAN; }
    double mean = sv_mean(x, n), sum = 0;
    for (size_t i = 0; i < n; i++) { sum += (x[i] - mean) * (x[i] - mean); }
    return sqrt(sum / (double)(n - 1));
}

double sv_quantile_sorted(const double *x, size_t n, double p)
{
    if (n == 0 || !(p >= 0 && p <= 1)) { return SV_NAN; }
    double h = (double)(n - 1) * p;
    size_t lo = (size_t)h;
    if (lo + 1 >= n) { return x[n - 1]; }
    return x[lo] + (h - (double)lo) * (x[lo + 1] - x[lo]);
}

static int check_sample(const double *x, size_t n, const double *prob, size_t k, sv_error *err)
{
    if (n == 0) { return sv_fail(err, SV_ETOOSMALL, "no values to take quantiles of"); }
    if (n > SV_MAX_ROWS) {
        return sv_fail(err, SV_ELIMIT, "%zu values, at most %zu are accepted", n, SV_MAX_ROWS);
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return sv_fail(err, SV_EDATA, "value %zu is %g, expected a finite number", i, x[i]);
        }
    }
    for (size_t i = 0; i < k; i++) {
        if (!(prob[i] >= 0 && prob[i] <= 1)) {
            return sv_fail(err, SV_EINVAL, "probability %zu is %g, expected 0..1", i, prob[i]);
        }
    }
    return SV_OK;
}

int sv_quantile(double *out, const double *x, size_t n, const double *prob, size_t k, sv_error *err)
{
    for (size_t i = 0; i < k; i++) { out[i] = SV_NAN; }
    int rc = check_sample(x, n, prob, k, err);
    if (rc != SV_OK) { return rc; }
    uint32_t *order = SV_NEW(uint32_t, n);
    double *sorted = SV_NEW(double, n);
    if (order == NULL || sorted == NULL) {
        rc = sv_no_memory(err, "quantiles");
    } else {
        rc = sv_sort_rows(order, x, n, err);
    }
    if (rc == SV_OK) {
        for (size_t i = 0; i < n; i++) { sorted[i] = x[order[i]]; }
        for (size_t i = 0; i < k; i++) { out[i] = sv_quantile_sorted(sorted, n, prob[i]); }
    }
    free(order);
    free(sorted);
    return rc;
}
