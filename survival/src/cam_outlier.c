/* cam_outlier.c - local outlier factors by looking at all pairs, and spatial medians. */
#include <math.h>
#include <string.h>

#include <survival/quantile.h>

#include "cam.h"
#include "mem.h"
#include "num.h"
#include "vector.h"

/* square[j]: squared distance of point i to all; columns of the points one after the other. */
SV_WIDE static void squares(double *restrict square, const double *restrict columns, size_t n, size_t p, size_t i)
{
    memset(square, 0, n * sizeof *square);
    for (size_t q = 0; q < p; q++) {
        const double *restrict c = columns + q * n;
        double own = c[i];
        for (size_t j = 0; j < n; j++) { square[j] += (c[j] - own) * (c[j] - own); }
    }
}

/* The k nearest points, nearest first; at[] and their squared distances. Of equal ones the lower number. */
static void nearest(uint32_t *at, double *best, const double *square, size_t n, size_t self, size_t k)
{
    size_t have = 0;
    for (size_t j = 0; j < n; j++) {
        if (j == self || (have == k && square[j] >= best[k - 1])) { continue; }
        size_t t = have < k ? have++ : k - 1;
        for (; t > 0 && best[t - 1] > square[j]; t--) {
            best[t] = best[t - 1];
            at[t] = at[t - 1];
        }
        best[t] = square[j];
        at[t] = (uint32_t)j;
    }
}

int sv_local_outliers(double *factor, const double *x, size_t n, size_t p, size_t k, sv_error *err)
{
    double *columns = SV_NEW(double, n * p), *square = SV_NEW(double, n), *far = SV_NEW(double, n * k),
           *density = SV_NEW(double, n);
    uint32_t *at = SV_NEW(uint32_t, n * k);
    int rc = columns && square && far && density && at ? SV_OK : sv_no_memory(err, "local outliers");
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        for (size_t q = 0; q < p; q++) { columns[q * n + i] = x[i * p + q]; }
    }
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        squares(square, columns, n, p, i);
        nearest(at + i * k, far + i * k, square, n, i, k);
    }
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        double reach = 0;
        for (size_t q = 0; q < k; q++) { reach += sqrt(fmax(far[i * k + q], far[(size_t)at[i * k + q] * k + k - 1])); }
        density[i] = (double)k / reach;              /* infinite among k and more equal points */
    }
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        double sum = 0;
        for (size_t q = 0; q < k; q++) {
            double of = density[at[i * k + q]];
            sum += isinf(density[i]) ? 1 : fmin(of, 1e100) / density[i];
        }
        factor[i] = sum / (double)k;
    }
    free(columns);
    free(square);
    free(far);
    free(density);
    free(at);
    return rc;
}

/* One step of Weiszfeld with the correction of Vardi & Zhang for points that the estimate sits on. Returns
 * how far it moved. */
static double step(double *m, double *next, double *pull, const sv_matrix *rows)
{
    size_t p = rows->cols;
    double weight = 0, sitting = 0, force = 0, moved = 0;
    memset(next, 0, p * sizeof *next);
    memset(pull, 0, p * sizeof *pull);
    for (size_t i = 0; i < rows->rows; i++) {
        double d = 0;
        for (size_t j = 0; j < p; j++) { d += (sv_at(rows, i, j) - m[j]) * (sv_at(rows, i, j) - m[j]); }
        d = sqrt(d);
        if (!(d > 0)) {
            sitting++;
            continue;
        }
        weight += 1 / d;
        for (size_t j = 0; j < p; j++) {
            next[j] += sv_at(rows, i, j) / d;
            pull[j] += (sv_at(rows, i, j) - m[j]) / d;
        }
    }
    if (!(weight > 0)) { return 0; }
    for (size_t j = 0; j < p; j++) { force += pull[j] * pull[j]; }
    double hold = sitting > 0 ? fmin(1, sitting / sqrt(force)) : 0;
    for (size_t j = 0; j < p; j++) {
        double to = (1 - hold) * (next[j] / weight) + hold * m[j];
        moved = fmax(moved, fabs(to - m[j]));
        m[j] = to;
    }
    return moved;
}

int sv_spatial_median(double *out, const sv_matrix *rows, sv_error *err)
{
    size_t n = rows->rows, p = rows->cols;
    if (n == 0 || p == 0) { return sv_fail(err, SV_ETOOSMALL, "%zu points of %zu columns have no median", n, p); }
    int rc = sv_matrix_check(rows, n, NULL, err);
    if (rc != SV_OK) { return rc; }
    double *column = SV_NEW(double, n), *next = SV_NEW(double, p), *pull = SV_NEW(double, p), half = 0.5, size = 0;
    rc = column && next && pull ? SV_OK : sv_no_memory(err, "a spatial median");
    for (size_t j = 0; rc == SV_OK && j < p; j++) {
        for (size_t i = 0; i < n; i++) { column[i] = sv_at(rows, i, j); }
        rc = sv_quantile(out + j, column, n, &half, 1, err);
        for (size_t i = 0; i < n; i++) { size = fmax(size, fabs(column[i])); }
    }
    for (size_t t = 0; rc == SV_OK && t < 5000; t++) {
        if (step(out, next, pull, rows) <= 1e-13 * size) { break; }
    }
    free(column);
    free(next);
    free(pull);
    return rc;
}
