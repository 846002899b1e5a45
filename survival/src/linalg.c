/* linalg.c - dense algebra with a fixed order of summation. */
#include "linalg.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Four rows a pass: one load and store of a[] for four products. */
static void gram_add4(double *restrict a, size_t p, const double *restrict x,
                      const double *restrict c)
{
    const double *restrict x0 = x, *restrict x1 = x + p, *restrict x2 = x + 2 * p,
                 *restrict x3 = x + 3 * p;
    for (size_t j = 0; j < p; j++) {
        double t0 = c[0] * x0[j], t1 = c[1] * x1[j], t2 = c[2] * x2[j], t3 = c[3] * x3[j];
        double *restrict row = a + j * p;
        for (size_t k = j; k < p; k++) {
            row[k] += (t0 * x0[k] + t1 * x1[k]) + (t2 * x2[k] + t3 * x3[k]);
        }
    }
}

void sv_gram_add(double *a, size_t p, const double *x, const double *c, size_t n)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) { gram_add4(a, p, x + i * p, c + i); }
    for (; i < n; i++) {
        const double *xi = x + i * p;
        for (size_t j = 0; j < p; j++) {
            double t = c[i] * xi[j];
            for (size_t k = j; k < p; k++) { a[j * p + k] += t * xi[k]; }
        }
    }
}

void sv_mirror_upper(double *a, size_t p)
{
    for (size_t j = 0; j < p; j++) {
        for (size_t k = j + 1; k < p; k++) { a[k * p + j] = a[j * p + k]; }
    }
}

size_t sv_ldl(double *a, size_t p, double tol, const double *floor)
{
    double largest = 0;
    for (size_t j = 0; j < p; j++) { largest = fmax(largest, a[j * p + j]); }
    double least = largest > 0 ? tol * largest : tol;
    size_t rank = 0;
    for (size_t j = 0; j < p; j++) {
        double pivot = a[j * p + j];
        bool keep = pivot >= least && isfinite(pivot) && (floor == NULL || pivot > floor[j]);
        if (!keep) {
            for (size_t i = j; i < p; i++) { a[i * p + j] = 0; }
            continue;
        }
        rank++;
        for (size_t i = j + 1; i < p; i++) {
            double l = a[i * p + j] / pivot;
            for (size_t k = j + 1; k <= i; k++) { a[i * p + k] -= l * a[k * p + j]; }
        }
        for (size_t i = j + 1; i < p; i++) { a[i * p + j] /= pivot; }
    }
    return rank;
}

void sv_ldl_solve(const double *ldl, size_t p, double *y)
{
    for (size_t i = 0; i < p; i++) {
        for (size_t k = 0; k < i; k++) { y[i] -= ldl[i * p + k] * y[k]; }
    }
    for (size_t i = p; i-- > 0;) {
        double d = ldl[i * p + i];
        if (d == 0) {
            y[i] = 0;
            continue;
        }
        y[i] /= d;
        for (size_t k = i + 1; k < p; k++) { y[i] -= ldl[k * p + i] * y[k]; }
    }
}

void sv_ldl_inverse(double *inv, const double *ldl, size_t p)
{
    memset(inv, 0, p * p * sizeof *inv);
    for (size_t j = 0; j < p; j++) {
        if (ldl[j * p + j] == 0) { continue; }
        inv[j * p + j] = 1;
        sv_ldl_solve(ldl, p, inv + j * p);
    }
    for (size_t j = 0; j < p; j++) {
        for (size_t k = j + 1; k < p; k++) {
            double mean = (inv[j * p + k] + inv[k * p + j]) / 2;
            inv[j * p + k] = mean;
            inv[k * p + j] = mean;
        }
    }
}

double sv_quadratic(const double *a, const double *x, size_t p)
{
    double sum = 0;
    for (size_t j = 0; j < p; j++) {
        double row = 0;
        for (size_t k = 0; k < p; k++) { row += a[j * p + k] * x[k]; }
        sum += x[j] * row;
    }
    return sum;
}
