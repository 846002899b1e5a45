#include "minnorm.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "vector.h"

/* Householder vectors below the diagonal of a, R above it, R's diagonal in d, their scales in tau. */
static void factor(double *a, double *d, double *tau, size_t rows, size_t cols)
{
    for (size_t j = 0; j < cols; j++) {
        double *v = a + j * rows + j;
        size_t n = rows - j;
        double norm = sqrt(sv_dot(v, v, n));
        d[j] = v[0] > 0 ? -norm : norm;
        tau[j] = 0;
        if (!(norm > 0)) { continue; }
        v[0] -= d[j];
        tau[j] = -1 / (d[j] * v[0]);               /* 2 / v'v */
        for (size_t k = j + 1; k < cols; k++) {
            double *c = a + k * rows + j;
            sv_add_scaled(c, -tau[j] * sv_dot(v, c, n), v, n);
        }
    }
}

/* y := Q' y, or Q y. */
static void reflect(double *y, const double *a, const double *tau, size_t rows, size_t cols, bool forwards)
{
    for (size_t k = 0; k < cols; k++) {
        size_t j = forwards ? k : cols - 1 - k, n = rows - j;
        const double *v = a + j * rows + j;
        sv_add_scaled(y + j, -tau[j] * sv_dot(v, y + j, n), v, n);
    }
}

/* Turns columns i and j of b (and of v) so that b's become orthogonal; false where they are. */
static bool rotate(double *b, double *v, size_t n, size_t i, size_t j)
{
    double *x = b + i * n, *y = b + j * n;
    double p = sv_dot(x, y, n), xx = sv_dot(x, x, n), yy = sv_dot(y, y, n);
    if (fabs(p) <= 4 * DBL_EPSILON * sqrt(xx) * sqrt(yy)) { return false; }
    double zeta = (yy - xx) / (2 * p);
    double tangent = (zeta >= 0 ? 1 : -1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    double c = 1 / sqrt(1 + tangent * tangent), s = c * tangent;
    double *pairs[2][2] = { { x, y }, { v + i * n, v + j * n } };
    for (int m = 0; m < 2; m++) {
        double *a = pairs[m][0], *e = pairs[m][1];
        for (size_t k = 0; k < n; k++) {
            double ak = a[k], ek = e[k];
            a[k] = c * ak - s * ek;
            e[k] = s * ak + c * ek;
        }
    }
    return true;
}

/* b v = (orthogonal columns); v starts as the identity. */
static void orthogonalise(double *b, double *v, size_t n)
{
    for (size_t j = 0; j < n; j++) { v[j * n + j] = 1; }
    bool moved = true;
    for (int sweep = 0; moved && sweep < 60; sweep++) {
        moved = false;
        for (size_t i = 0; i + 1 < n; i++) {
            for (size_t j = i + 1; j < n; j++) { moved = rotate(b, v, n, i, j) || moved; }
        }
    }
}

/* With R' = U S V': from b = U S, v and c, x = sum over the singular values of
 * left (right . c) / s, where left and right are columns of V and U, or of U and V. */
static void solve(double *x, sv_min_norm_info *info, const double *b, const double *v, const double *c, size_t n,
                  bool turned, double tolerance)
{
    info->largest = 0;
    info->smallest = SV_INF;
    info->rank = 0;
    for (size_t j = 0; j < n; j++) { info->largest = fmax(info->largest, sqrt(sv_dot(b + j * n, b + j * n, n))); }
    memset(x, 0, n * sizeof *x);
    for (size_t j = 0; j < n; j++) {
        const double *us = b + j * n, *vj = v + j * n;
        double s = sqrt(sv_dot(us, us, n));
        if (!(s > tolerance * info->largest)) { continue; }
        info->rank++;
        info->smallest = fmin(info->smallest, s);
        if (turned) {
            sv_add_scaled(x, sv_dot(us, c, n) / (s * s), vj, n);       /* V S^-1 U' c */
        } else {
            sv_add_scaled(x, sv_dot(vj, c, n) / (s * s), us, n);       /* U S^-1 V' c */
        }
    }
}

int sv_min_norm(double *x, sv_min_norm_info *info, double *a, size_t rows, size_t cols, const double *t,
                bool turned, double tolerance, sv_error *err)
{
    double *d = SV_NEW(double, cols), *tau = SV_NEW(double, cols), *b = SV_NEW(double, cols * cols);
    double *v = SV_NEW(double, cols * cols), *y = SV_NEW(double, rows), *z = SV_NEW(double, cols);
    int rc = SV_OK;
    if (d == NULL || tau == NULL || b == NULL || v == NULL || y == NULL || z == NULL) {
        rc = sv_no_memory(err, "singular values");
        goto out;
    }
    factor(a, d, tau, rows, cols);
    for (size_t j = 0; j < cols; j++) {            /* b := R' */
        for (size_t k = j; k < cols; k++) { b[j * cols + k] = k == j ? d[j] : a[k * rows + j]; }
    }
    orthogonalise(b, v, cols);
    if (turned) {                                  /* x = Q V S^-1 U' t */
        solve(z, info, b, v, t, cols, true, tolerance);
        memset(x, 0, rows * sizeof *x);
        memcpy(x, z, cols * sizeof *x);
        reflect(x, a, tau, rows, cols, false);
    } else {                                       /* x = U S^-1 V' Q' t */
        memcpy(y, t, rows * sizeof *y);
        reflect(y, a, tau, rows, cols, true);
        solve(x, info, b, v, y, cols, false, tolerance);
    }
out:
    free(d);
    free(tau);
    free(b);
    free(v);
    free(y);
    free(z);
    return rc;
}

/* order[k]: the column of b with the k-th largest length; its length in s[k]. */
static void by_length(size_t *order, double *s, const double *b, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        double length = sqrt(sv_dot(b + j * n, b + j * n, n));
        size_t k = j;
        for (; k > 0 && s[k - 1] < length; k--) {
            s[k] = s[k - 1];
            order[k] = order[k - 1];
        }
        s[k] = length;
        order[k] = j;
    }
}

int sv_singular(double *left, double *s, double *right, size_t *rank, double *a, size_t rows, size_t cols,
                double tolerance, sv_error *err)
{
    double *d = SV_NEW(double, cols), *tau = SV_NEW(double, cols), *b = SV_NEW(double, cols * cols);
    double *v = SV_NEW(double, cols * cols);
    size_t *order = SV_NEW(size_t, cols);
    int rc = d && tau && b && v && order ? SV_OK : sv_no_memory(err, "singular values");
    if (rc == SV_OK) {
        factor(a, d, tau, rows, cols);
        for (size_t j = 0; j < cols; j++) {        /* b := R' = right S v' */
            for (size_t k = j; k < cols; k++) { b[j * cols + k] = k == j ? d[j] : a[k * rows + j]; }
        }
        orthogonalise(b, v, cols);
        by_length(order, s, b, cols);
        *rank = 0;
        for (size_t k = 0; k < cols && s[k] > tolerance * s[0]; k++) {
            double *l = left + k * rows;
            for (size_t i = 0; i < cols; i++) { right[k * cols + i] = b[order[k] * cols + i] / s[k]; }
            memset(l, 0, rows * sizeof *l);
            memcpy(l, v + order[k] * cols, cols * sizeof *l);
            reflect(l, a, tau, rows, cols, false);
            ++*rank;
        }
    }
    free(d);
    free(tau);
    free(b);
    free(v);
    free(order);
    return rc;
}
