/* eigen.c - tridiagonal form by reflections, then QL steps with implicit shifts (Golub & Van Loan 2013,
 * ch. 8.3; Wilkinson & Reinsch 1971). LAPACK would split the sums by its thread count. */
#include "eigen.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "mem.h"
#include "sort.h"
#include "vector.h"

/* a becomes tridiagonal: diagonal d, off-diagonal e (e[i] joins i and i + 1); q collects the reflections as
 * rows, so that q a q' is tridiagonal. v, w: scratch of p. */
static void tridiagonal(double *d, double *e, double *q, double *a, double *v, double *w, size_t p)
{
    memset(q, 0, p * p * sizeof *q);
    for (size_t i = 0; i < p; i++) { q[i * p + i] = 1; }
    for (size_t c = 0; c + 2 < p; c++) {
        size_t m = p - c - 1;
        const double *below = a + c * p + c + 1;     /* row c holds column c */
        double size = 0;
        for (size_t i = 0; i < m; i++) { size = fmax(size, fabs(below[i])); }
        if (!(size > 0)) { continue; }
        double sum = 0;
        for (size_t i = 0; i < m; i++) {
            v[i] = below[i] / size;
            sum += v[i] * v[i];
        }
        double length = v[0] > 0 ? -sqrt(sum) : sqrt(sum);
        double square = sum - v[0] * length;         /* half of |v|^2 once v[0] is moved */
        v[0] -= length;
        if (!(square > 0)) { continue; }
        for (size_t i = 0; i < m; i++) { w[i] = sv_dot(a + (c + 1 + i) * p + c + 1, v, m) / square; }
        double half = sv_dot(v, w, m) / (2 * square);
        for (size_t i = 0; i < m; i++) { w[i] -= half * v[i]; }
        for (size_t i = 0; i < m; i++) {
            double *row = a + (c + 1 + i) * p + c + 1;
            for (size_t j = 0; j < m; j++) { row[j] -= v[i] * w[j] + w[i] * v[j]; }
        }
        a[c * p + c + 1] = length * size;
        memset(w, 0, p * sizeof *w);
        for (size_t i = 0; i < m; i++) { sv_add_scaled(w, v[i] / square, q + (c + 1 + i) * p, p); }
        for (size_t i = 0; i < m; i++) { sv_add_scaled(q + (c + 1 + i) * p, -v[i], w, p); }
    }
    for (size_t i = 0; i < p; i++) {
        d[i] = a[i * p + i];
        e[i] = i + 1 < p ? a[i * p + i + 1] : 0;
    }
}

/* One QL step with shift on the unreduced block lo..hi; the rotations go to the rows of q. */
static void ql_step(double *d, double *e, double *q, size_t lo, size_t hi, size_t p)
{
    double g = (d[lo + 1] - d[lo]) / (2 * e[lo]), r = hypot(g, 1), s = 1, c = 1, shift = 0;
    g = d[hi] - d[lo] + e[lo] / (g + (g < 0 ? -r : r));
    for (size_t i = hi; i-- > lo;) {
        double f = s * e[i], b = c * e[i];
        r = hypot(f, g);
        e[i + 1] = r;
        if (!(r > 0)) {                              /* the block falls apart here */
            d[i + 1] -= shift;
            e[hi] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - shift;
        r = (d[i] - g) * s + 2 * c * b;
        shift = s * r;
        d[i + 1] = g + shift;
        g = c * r - b;
        double *x = q + i * p, *y = q + (i + 1) * p;
        for (size_t k = 0; k < p; k++) {
            double t = y[k];
            y[k] = s * x[k] + c * t;
            x[k] = c * x[k] - s * t;
        }
    }
    d[lo] -= shift;
    e[lo] = g;
    e[hi] = 0;
}

static bool diagonal(double *d, double *e, double *q, size_t p)
{
    for (size_t lo = 0; lo < p; lo++) {
        for (size_t turn = 0;; turn++) {
            size_t hi = lo;
            while (hi + 1 < p && !(fabs(e[hi]) <= DBL_EPSILON * (fabs(d[hi]) + fabs(d[hi + 1])))) { hi++; }
            if (hi == lo) { break; }
            if (turn == 60) { return false; }
            ql_step(d, e, q, lo, hi, p);
        }
    }
    return true;
}

static void sorted(double *value, double *vector, const double *d, const double *q, const uint32_t *order, size_t p)
{
    for (size_t r = 0; r < p; r++) {
        size_t from = order[r], largest = 0;
        const double *row = q + from * p;
        for (size_t k = 1; k < p; k++) {
            if (fabs(row[k]) > fabs(row[largest])) { largest = k; }
        }
        double sign = row[largest] < 0 ? -1 : 1;
        value[r] = d[from];
        for (size_t k = 0; k < p; k++) { vector[r * p + k] = sign * row[k]; }
    }
}

int sv_eigen_symmetric(double *value, double *vector, double *a, size_t p, sv_error *err)
{
    double *work = SV_NEW(double, p * (p + 5));
    uint32_t *order = SV_NEW(uint32_t, p);
    int rc = work && order ? SV_OK : sv_no_memory(err, "eigenvectors");
    if (rc == SV_OK) {
        double *q = work, *d = q + p * p, *e = d + p, *v = e + p, *w = v + p, *key = w + p;
        tridiagonal(d, e, q, a, v, w, p);
        if (!diagonal(d, e, q, p)) { rc = sv_fail(err, SV_ENUMERIC, "eigenvalues of %zu x %zu do not converge", p, p); }
        for (size_t i = 0; i < p; i++) { key[i] = -d[i]; }
        if (rc == SV_OK) { rc = sv_sort_rows(order, key, p, err); }
        if (rc == SV_OK) { sorted(value, vector, d, q, order, p); }
    }
    free(work);
    free(order);
    return rc;
}
