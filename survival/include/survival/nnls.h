/* survival/nnls.h - least squares with coefficients that may not be negative.
 *
 * Minimises |A x - b|^2 over x >= 0 from the Gram matrix A'A and A'b (Lawson & Hanson 1974, ch. 23;
 * many right-hand sides share the factors of the passive sets, as in van Benthem & Keenan 2004; the
 * exchange of whole sets is that of Kim & Park 2011 with Lawson & Hanson's steps where it would not
 * end). The minimum is unique where the columns of A are independent; else one of the minima. */
#ifndef SV_NNLS_H
#define SV_NNLS_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_NNLS_MAX_COLS ((size_t)64)

/* For each column j of b: x[j * k + i], i < k = a->cols, the coefficients; rss[j] (or NULL) the sum
 * of squared residuals. A column of A that is zero gets 0.
 * Fails, x and rss NaN: SV_ETOOSMALL (no row or no column), SV_ELIMIT (more than SV_NNLS_MAX_COLS
 * columns), SV_EINVAL (a and b differ in rows), SV_EDATA (a value not finite), SV_ENOMEM. */
SV_CHECKED int sv_nnls(double *x, double *rss, const sv_matrix *a, const sv_matrix *b, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
