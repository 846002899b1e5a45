/* mahalanobis.c - correlation, its Cholesky factor, distances. */
#include <survival/mahalanobis.h>

#include <math.h>
#include <string.h>

#include <survival/quantile.h>

#include "mem.h"
#include "num.h"

static void fill_nan(double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) { v[i] = SV_NAN; }
}

static int check_columns(size_t p, sv_error *err)
{
    if (p == 0) { return sv_fail(err, SV_EINVAL, "no columns, expected at least one"); }
    if (p > SV_MAX_METRIC_COLS) {
        return sv_fail(err, SV_ELIMIT, "%zu columns, at most %zu are accepted", p, SV_MAX_METRIC_COLS);
    }
    return SV_OK;
}

/* z[0..n): column j with mean 0 and length 1. Scaled by its largest deviation first, so that
 * values near the ends of the number range neither overflow nor vanish when squared. */
static int unit_column(double *z, const sv_matrix *x, size_t j, sv_error *err)
{
    size_t n = x->rows;
    for (size_t i = 0; i < n; i++) { z[i] = sv_at(x, i, j); }
    double mean = sv_mean(z, n), largest = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        z[i] -= mean;
        largest = fmax(largest, fabs(z[i]));
    }
    if (!isfinite(mean) || !isfinite(largest)) {
        return sv_fail(err, SV_ENUMERIC, "column %zu holds numbers too large to work with", j);
    }
    bool constant = true;
    for (size_t i = 1; i < n && constant; i++) { constant = sv_at(x, i, j) == sv_at(x, 0, j); }
    if (constant || largest == 0) {
        return sv_fail(err, SV_EDATA, "column %zu is %g in every row: it has no correlation", j, mean);
    }
    for (size_t i = 0; i < n; i++) {
        z[i] /= largest;
        sum += z[i] * z[i];
    }
    for (size_t i = 0; i < n; i++) { z[i] /= sqrt(sum); }
    return SV_OK;
}

int sv_correlation(double *r, const sv_matrix *x, sv_error *err)
{
    size_t n = x->rows, p = x->cols;
    int rc = check_columns(p, err);
    if (rc != SV_OK) { return rc; }
    fill_nan(r, p * p);
    if (n < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu rows, expected at least 2", n); }
    rc = sv_matrix_check(x, n, NULL, err);
    if (rc != SV_OK) { return rc; }
    double *z = n <= SIZE_MAX / p ? SV_NEW(double, n * p) : NULL;
    if (z == NULL) { return sv_no_memory(err, "correlations"); }
    for (size_t j = 0; j < p && rc == SV_OK; j++) { rc = unit_column(z + j * n, x, j, err); }
    for (size_t j = 0; j < p && rc == SV_OK; j++) {
        r[j * p + j] = 1;
        for (size_t k = 0; k < j; k++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++) { sum += z[j * n + i] * z[k * n + i]; }
            r[j * p + k] = r[k * p + j] = fmin(1, fmax(-1, sum));
        }
    }
    free(z);
    return rc;
}

static int check_correlation(const double *r, size_t p, sv_error *err)
{
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k <= j; k++) {
            double v = r[j * p + k], other = r[k * p + j];
            bool good = j == k ? v == 1 : v >= -1 && v <= 1 && v == other;
            if (!good) {
                return sv_fail(err, SV_EINVAL, "correlation of columns %zu and %zu is %g and %g, "
                               "expected %s", j, k, v, other,
                               j == k ? "1" : "one number from -1 to 1");
            }
        }
    }
    return SV_OK;
}

/* Row j of the factor; false where column j adds nothing to those before it. */
static bool factor_row(double *l, const double *r, size_t p, size_t j)
{
    double rest = 1;                             /* unexplained share of column j's variance */
    for (size_t k = 0; k < j; k++) {
        double sum = r[j * p + k];
        for (size_t i = 0; i < k; i++) { sum -= l[j * p + i] * l[k * p + i]; }
        l[j * p + k] = sum / l[k * p + k];
        rest -= l[j * p + k] * l[j * p + k];
    }
    l[j * p + j] = sqrt(rest);
    return rest >= SV_COLLINEAR;
}

int sv_metric_factor(double *l, const double *r, size_t p, size_t *column, sv_error *err)
{
    int rc = check_columns(p, err);
    if (column != NULL) { *column = p; }
    if (rc != SV_OK) { return rc; }
    rc = check_correlation(r, p, err);
    memset(l, 0, p * p * sizeof *l);
    for (size_t j = 0; j < p && rc == SV_OK; j++) {
        if (factor_row(l, r, p, j)) { continue; }
        if (column != NULL) { *column = j; }
        rc = sv_fail(err, SV_ENUMERIC, "column %zu is a combination of the columns before it", j);
    }
    if (rc != SV_OK) { fill_nan(l, p * p); }
    return rc;
}

int sv_metric_explain(double *weight, const double *r, size_t p, size_t j, sv_error *err)
{
    if (j == 0 || j >= p) {
        return sv_fail(err, SV_EINVAL, "column %zu, expected 1 to %zu", j, p > 0 ? p - 1 : 0);
    }
    fill_nan(weight, j);
    double *before = SV_NEW(double, j * j), *l = SV_NEW(double, j * j);
    int rc = before != NULL && l != NULL ? SV_OK : sv_no_memory(err, "a regression");
    for (size_t i = 0; i < j && rc == SV_OK; i++) {
        for (size_t k = 0; k < j; k++) { before[i * j + k] = r[i * p + k]; }
    }
    if (rc == SV_OK) { rc = sv_metric_factor(l, before, j, NULL, err); }
    for (size_t i = 0; i < j && rc == SV_OK; i++) {          /* L y = r_j, then L' w = y */
        double sum = r[j * p + i];
        for (size_t k = 0; k < i; k++) { sum -= l[i * j + k] * weight[k]; }
        weight[i] = sum / l[i * j + i];
    }
    for (size_t i = j; i-- > 0 && rc == SV_OK;) {
        for (size_t k = i + 1; k < j; k++) { weight[i] -= l[k * j + i] * weight[k]; }
        weight[i] /= l[i * j + i];
    }
    free(before);
    free(l);
    return rc;
}

double sv_mahalanobis(const double *l, const double *z, size_t p, double *work)
{
    double square = 0;
    for (size_t j = 0; j < p; j++) {
        double sum = z[j];
        for (size_t k = 0; k < j; k++) { sum -= l[j * p + k] * work[k]; }
        work[j] = sum / l[j * p + j];
        square += work[j] * work[j];
    }
    return isfinite(square) ? sqrt(square) : SV_NAN;
}
