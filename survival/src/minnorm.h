/* minnorm.h - singular values, and least squares of least norm by them. */
#ifndef SV_MINNORM_H
#define SV_MINNORM_H

#include <stdbool.h>
#include <stddef.h>

#include <survival/error.h>

typedef struct sv_min_norm_info { size_t rank; double largest, smallest; } sv_min_norm_info;

/* a: rows x cols, rows >= cols, column after column; destroyed.
 * turned false: x[cols] of least norm among those that make |a x - t[rows]| least;
 * turned true: x[rows] of least norm with |a' x - t[cols]| least.
 * Singular values of at most tolerance times the largest count as 0. Householder's QR, then
 * one-sided Jacobi rotations (Drmac & Veselic 2008), in a fixed order. Fails: SV_ENOMEM. */
SV_CHECKED int sv_min_norm(double *x, sv_min_norm_info *info, double *a, size_t rows, size_t cols,
                           const double *t, bool turned, double tolerance, sv_error *err);

/* The same parts for themselves: a = left diag(s) right', a as above and destroyed. The first *rank of
 * s[cols], left[cols][rows] and right[cols][cols] are filled, vector after vector, s falling; equal
 * ones keep the columns' order. Fails: SV_ENOMEM. */
SV_CHECKED int sv_singular(double *left, double *s, double *right, size_t *rank, double *a, size_t rows,
                           size_t cols, double tolerance, sv_error *err);

#endif
