/* survival/correlation.h - Pearson's, Spearman's and Kendall's correlation, with their tests.
 *
 * The conventions are those of R's cor.test. Higher ranks go to higher values, equal values take
 * their mean rank. Whole matrices: survival/redundancy.h. */
#ifndef SV_CORRELATION_H
#define SV_CORRELATION_H

#include <survival/tests.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All fail, *out untouched: SV_ETOOSMALL (fewer pairs than named), SV_EDATA (a value not finite),
 * SV_ELIMIT, SV_ENOMEM. estimate: the coefficient. All is NaN where x or y is constant. */

/* n >= 3. statistic: t with df1 = n - 2; interval by Fisher's z, NaN for n = 3. SV_EINVAL: level. */
SV_CHECKED int sv_pearson(sv_test *out, const double *x, const double *y, size_t n, double level,
                          sv_error *err);

/* n >= 3. statistic: S = (n^3 - n)(1 - rho)/6. Without ties the exact p for n <= 9 and Edgeworth's
 * series (Best & Roberts 1975, AS 89) for n <= 1290; else, and for SV_TEST_APPROXIMATE, Student's t.
 * SV_TEST_EXACT is the same as AUTO. */
SV_CHECKED int sv_spearman(sv_test *out, const double *x, const double *y, size_t n, sv_exactness how,
                           sv_error *err);

/* Tau-b, n >= 2, in O(n log n). Exact without ties for n < 50 (AUTO) or up to n = 100 (EXACT, which
 * also falls to the normal with ties): statistic T, the concordant pairs; else z with the variance
 * that ties leave, without a continuity correction. *exact (or NULL) says which it was. */
SV_CHECKED int sv_kendall(sv_test *out, int *exact, const double *x, const double *y, size_t n,
                          sv_exactness how, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
