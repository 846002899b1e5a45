/* distance.c - distances between rows, and the nearest of a few centres. */
#include <survival/cluster.h>

#include <math.h>
#include <string.h>

#include "cluster_work.h"
#include "mem.h"
#include "num.h"
#include "sort.h"
#include "vector.h"

/* Mean ranks in place of the values. */
static int rank_row(double *row, double *key, uint32_t *order, size_t p, sv_error *err)
{
    memcpy(key, row, p * sizeof *key);
    int rc = sv_sort_rows(order, key, p, err);
    for (size_t at = 0; rc == SV_OK && at < p;) {
        size_t end = at + 1;
        while (end < p && key[order[end]] <= key[order[at]]) { end++; }
        for (size_t q = at; q < end; q++) { row[order[q]] = (double)(at + end - 1) / 2; }
        at = end;
    }
    return rc;
}

/* Centred and of length 1. What is left of a constant row after centring is rounding of its size. */
static int standardise(double *row, size_t p, size_t number, sv_error *err)
{
    double mean = 0, rest = 0, largest = 0;
    for (size_t j = 0; j < p; j++) {
        mean += row[j] / (double)p;
        largest = fmax(largest, fabs(row[j]));
    }
    for (size_t j = 0; j < p; j++) { rest += (row[j] - mean) / (double)p; }
    mean += rest;
    for (size_t j = 0; j < p; j++) { row[j] -= mean; }
    double length = sqrt(sv_dot(row, row, p));
    if (!(length > 1e-14 * largest * sqrt((double)p)) || !isfinite(length)) {
        return sv_fail(err, SV_EDATA, "row %zu is constant over %zu features: it has no correlation", number, p);
    }
    for (size_t j = 0; j < p; j++) { row[j] /= length; }
    return SV_OK;
}

int sv_metric_rows(double *rows, const sv_matrix *x, sv_metric metric, sv_error *err)
{
    size_t n = x->rows, p = x->cols;
    if (metric > SV_METRIC_SPEARMAN) { return sv_fail(err, SV_EINVAL, "distance %d is not known", (int)metric); }
    if (p < (metric == SV_METRIC_EUCLIDEAN ? 1 : 2)) {
        return sv_fail(err, SV_ETOOSMALL, "%zu features are too few for this distance", p);
    }
    int rc = sv_matrix_check(x, n, NULL, err);
    double *key = SV_NEW(double, p);
    uint32_t *order = SV_NEW(uint32_t, p);
    if (rc == SV_OK && (key == NULL || order == NULL)) { rc = sv_no_memory(err, "distances"); }
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        double *row = rows + i * p;
        for (size_t j = 0; j < p; j++) { row[j] = sv_at(x, i, j); }
        if (metric == SV_METRIC_SPEARMAN) { rc = rank_row(row, key, order, p, err); }
        if (rc == SV_OK && metric != SV_METRIC_EUCLIDEAN) { rc = standardise(row, p, i + 1, err); }
    }
    free(key);
    free(order);
    return rc;
}

static double squared_difference(const double *a, const double *b, size_t p)
{
    double s[4] = { 0, 0, 0, 0 };
    size_t j = 0;
    for (; j + 4 <= p; j += 4) {
        for (size_t q = 0; q < 4; q++) { s[q] += (a[j + q] - b[j + q]) * (a[j + q] - b[j + q]); }
    }
    for (; j < p; j++) { s[0] += (a[j] - b[j]) * (a[j] - b[j]); }
    return (s[0] + s[1]) + (s[2] + s[3]);
}

double sv_metric_between(const double *a, const double *b, size_t p, sv_metric metric)
{
    if (metric == SV_METRIC_EUCLIDEAN) { return sqrt(squared_difference(a, b, p)); }
    return fmax(0, 1 - sv_dot(a, b, p));
}

int sv_distance(double *d, const sv_matrix *x, sv_metric metric, sv_error *err)
{
    size_t n = x->rows, p = x->cols;
    if (n < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu rows have no distances", n); }
    if (n > SV_MAX_ITEMS) {
        return sv_fail(err, SV_ELIMIT, "%zu rows, distances take at most %zu", n, SV_MAX_ITEMS);
    }
    double *rows = p > SIZE_MAX / n ? NULL : SV_NEW(double, n * p);
    int rc = rows != NULL ? sv_metric_rows(rows, x, metric, err) : sv_no_memory(err, "distances");
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        d[i * n + i] = 0;
        for (size_t j = 0; j < i; j++) {
            d[i * n + j] = d[j * n + i] = sv_metric_between(rows + i * p, rows + j * p, p, metric);
        }
    }
    free(rows);
    return rc;
}

int sv_centroids(double *centre, const sv_matrix *x, const int *label, size_t k, sv_error *err)
{
    size_t p = x->cols;
    if (k == 0) { return sv_fail(err, SV_EINVAL, "0 groups have no centre"); }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    size_t *size = SV_NEW(size_t, k);
    if (rc == SV_OK && size == NULL) { rc = sv_no_memory(err, "centres"); }
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        if (label[i] < 1 || (size_t)label[i] > k) {
            rc = sv_fail(err, SV_EINVAL, "label %d of row %zu is outside 1..%zu", label[i], i + 1, k);
        } else {
            size[label[i] - 1]++;
        }
    }
    for (size_t c = 0; rc == SV_OK && c < k; c++) {
        if (size[c] == 0) { rc = sv_fail(err, SV_ETOOSMALL, "group %zu has no row", c + 1); }
    }
    if (rc == SV_OK) {
        memset(centre, 0, k * p * sizeof *centre);
        for (size_t i = 0; i < x->rows; i++) {
            size_t c = (size_t)label[i] - 1;
            for (size_t j = 0; j < p; j++) { centre[c * p + j] += sv_at(x, i, j) / (double)size[c]; }
        }
    }
    free(size);
    return rc;
}

static void nearest(int *label, double *distance, double *second, const double *row, const double *centres,
                    size_t k, size_t p, sv_metric metric)
{
    double best = SV_INF, next = SV_INF;
    for (size_t c = 0; c < k; c++) {
        double v = sv_metric_between(row, centres + c * p, p, metric);
        if (v < best) {
            next = best;
            best = v;
            *label = (int)c + 1;
        } else if (v < next) {
            next = v;
        }
    }
    if (distance != NULL) { *distance = best; }
    if (second != NULL) { *second = next; }
}

int sv_assign(int *label, double *distance, double *second, const sv_matrix *x, const double *centre, size_t k,
              sv_metric metric, sv_error *err)
{
    size_t m = x->rows, p = x->cols;
    if (k == 0) { return sv_fail(err, SV_EINVAL, "nobody can be assigned to 0 groups"); }
    sv_matrix c = sv_matrix_rowmajor(centre, k, p);
    double *rows = p > SIZE_MAX / (m + k) ? NULL : SV_NEW(double, (m + k) * p);
    int rc = rows != NULL ? sv_metric_rows(rows, x, metric, err) : sv_no_memory(err, "assignment");
    if (rc == SV_OK) { rc = sv_metric_rows(rows + m * p, &c, metric, err); }
    for (size_t i = 0; rc == SV_OK && i < m; i++) {
        nearest(label + i, distance != NULL ? distance + i : NULL, second != NULL ? second + i : NULL, rows + i * p,
                rows + m * p, k, p, metric);
    }
    free(rows);
    return rc;
}
