/* linalg.h - the little dense algebra this library needs.
 *
 * linalg.c is the one file that may include cblas.h or lapacke.h. Matrices are p x p, row-major. */
#ifndef SV_LINALG_H
#define SV_LINALG_H

#include <stddef.h>

/* upper(a) += sum over i of c[i] * x_i x_i', x_i = x[i*p .. i*p+p). The order of the sums is
 * fixed, so the result does not depend on any thread count. */
void sv_gram_add(double *a, size_t p, const double *x, const double *c, size_t n);

/* Copy the upper triangle onto the lower. */
void sv_mirror_upper(double *a, size_t p);

/* Factor the symmetric non-negative a = L D L' in place: L (unit) below, D on the diagonal.
 * A pivot below tol times the largest diagonal, or at most floor[j] (if given), is taken for
 * zero: its D is 0 and its column drops out of every later solve. LAPACK offers no such rule
 * (dpstrf reorders the columns, so it drops another one). Returns the rank. */
size_t sv_ldl(double *a, size_t p, double tol, const double *floor);

/* y := G y with G the generalised inverse that is zero in the dropped columns. */
void sv_ldl_solve(const double *ldl, size_t p, double *y);

/* inv := G, row-major; dropped rows and columns are zero. */
void sv_ldl_inverse(double *inv, const double *ldl, size_t p);

/* x' a x for the full symmetric a. */
double sv_quadratic(const double *a, const double *x, size_t p);

#endif
