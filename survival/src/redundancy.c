/* redundancy.c - Spearman's correlation of columns, and the choice of which of them to drop. */
#include <survival/redundancy.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "sort.h"

/* out: mean ranks of the column, centred and of length 1; all NaN if it is constant. */
static int standard_ranks(double *out, uint32_t *order, const double *v, size_t n, sv_error *err)
{
    int rc = sv_sort_rows(order, v, n, err);
    if (rc != SV_OK) { return rc; }
    double centre = (double)(n - 1) / 2, squares = 0;
    for (size_t at = 0; at < n;) {
        size_t end = at + 1;
        while (end < n && v[order[end]] == v[order[at]]) { end++; }
        double rank = (double)(at + end - 1) / 2 - centre;
        for (; at < end; at++) { out[order[at]] = rank; }
    }
    for (size_t i = 0; i < n; i++) { squares += out[i] * out[i]; }
    for (size_t i = 0; i < n; i++) { out[i] = squares > 0 ? out[i] / sqrt(squares) : SV_NAN; }
    return SV_OK;
}

/* Four sums: one addition would have to wait for the one before. */
static double dot(const double *a, const double *b, size_t n)
{
    double s[4] = { 0, 0, 0, 0 };
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t q = 0; q < 4; q++) { s[q] += a[i + q] * b[i + q]; }
    }
    for (; i < n; i++) { s[0] += a[i] * b[i]; }
    return (s[0] + s[1]) + (s[2] + s[3]);
}

int sv_spearman_matrix(double *r, const sv_matrix *x, sv_error *err)
{
    size_t n = x->rows, p = x->cols;
    if (n < 2 || p < 1) {
        return sv_fail(err, SV_ETOOSMALL, "%zu rows of %zu columns cannot be correlated", n, p);
    }
    double *ranks = n > SIZE_MAX / p ? NULL : SV_NEW(double, n * p), *column = SV_NEW(double, n);
    uint32_t *order = SV_NEW(uint32_t, n);
    int rc = ranks && column && order ? SV_OK : sv_no_memory(err, "a correlation matrix");
    for (size_t j = 0; rc == SV_OK && j < p; j++) {
        for (size_t i = 0; rc == SV_OK && i < n; i++) {
            column[i] = sv_at(x, i, j);
            if (!isfinite(column[i])) {
                rc = sv_fail(err, SV_EDATA, "row %zu of column %zu is not finite", i + 1, j + 1);
            }
        }
        if (rc == SV_OK) { rc = standard_ranks(ranks + j * n, order, column, n, err); }
    }
    for (size_t i = 0; rc == SV_OK && i < p; i++) {
        r[i * p + i] = 1;
        for (size_t j = 0; j < i; j++) {
            double c = dot(ranks + i * n, ranks + j * n, n);
            r[i * p + j] = r[j * p + i] = fmax(-1, fmin(1, c)) + (c - c);     /* NaN stays NaN */
        }
    }
    free(ranks);
    free(column);
    free(order);
    return rc;
}

/* The columns still there, in the order in which they are looked at, with their |r|. */
typedef struct survey {
    size_t p, *column;
    const double *r;
    unsigned char *gone;
    double *sum;               /* |r| of a column with the others still there                  */
    double total;              /* ... of all of them                                            */
    size_t left;
} survey;

static double strength(const survey *s, size_t i, size_t j)
{
    double c = fabs(s->r[s->column[i] * s->p + s->column[j]]);
    return isnan(c) ? 0 : c;
}

static int by_mean(survey *s, double *key, uint32_t *order, sv_error *err)
{
    for (size_t i = 0; i < s->p; i++) {
        double sum = 0;
        for (size_t j = 0; j < s->p; j++) { sum += i == j ? 0 : strength(s, i, j); }
        key[i] = -sum;
    }
    int rc = sv_sort_rows(order, key, s->p, err);
    for (size_t i = 0; rc == SV_OK && i < s->p; i++) { s->column[i] = order[i]; }
    return rc;
}

static void add_up(survey *s)
{
    s->total = 0;
    s->left = s->p;
    for (size_t i = 0; i < s->p; i++) {
        s->sum[i] = 0;
        for (size_t j = 0; j < s->p; j++) { s->sum[i] += i == j ? 0 : strength(s, i, j); }
        s->total += s->sum[i];
    }
}

static void drop(survey *s, size_t i)
{
    s->gone[i] = 1;
    s->left--;
    s->total -= 2 * s->sum[i];
    for (size_t j = 0; j < s->p; j++) {
        if (!s->gone[j]) { s->sum[j] -= strength(s, i, j); }
    }
}

/* Of i and j, j later: caret compares i's mean with the mean of the matrix without row j. */
static bool first_goes(const survey *s, size_t i, size_t j)
{
    double others = (double)s->left - 1;
    return s->sum[i] / others > (s->total - s->sum[j]) / (others * others);
}

static void choose(survey *s, size_t *because, double cutoff)
{
    for (size_t i = 0; i + 1 < s->p; i++) {
        for (size_t j = i + 1; j < s->p && !s->gone[i]; j++) {
            if (s->gone[j] || !(strength(s, i, j) > cutoff)) { continue; }
            size_t which = first_goes(s, i, j) ? i : j;
            because[which] = which == i ? j : i;
            drop(s, which);
        }
    }
}

int sv_find_redundant(size_t *dropped, size_t *partner, size_t *n, const double *r, size_t p, double cutoff,
                      sv_error *err)
{
    if (!(cutoff >= 0 && cutoff <= 1)) {
        return sv_fail(err, SV_EINVAL, "correlation cutoff is %g, must be 0 to 1", cutoff);
    }
    *n = 0;
    if (p < 2) { return SV_OK; }
    survey s = { .p = p, .r = r, .column = SV_NEW(size_t, p), .gone = SV_NEW(unsigned char, p),
                 .sum = SV_NEW(double, p) };
    size_t *because = SV_NEW(size_t, p);
    uint32_t *order = SV_NEW(uint32_t, p);
    int rc = s.column && s.gone && s.sum && because && order ? SV_OK : sv_no_memory(err, "a redundancy filter");
    if (rc == SV_OK) {
        for (size_t i = 0; i < p; i++) { s.column[i] = i; }
        rc = by_mean(&s, s.sum, order, err);
    }
    if (rc == SV_OK) {
        add_up(&s);
        choose(&s, because, cutoff);
        for (size_t i = 0; i < p; i++) {
            if (!s.gone[i]) { continue; }
            if (partner != NULL) { partner[*n] = s.column[because[i]]; }
            dropped[(*n)++] = s.column[i];
        }
    }
    free(s.column);
    free(s.gone);
    free(s.sum);
    free(because);
    free(order);
    return rc;
}
