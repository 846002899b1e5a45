/* survival/dist.h - tail probabilities and quantiles for p-values and intervals.
 *
 * Relative error below 1e-12 also far out in the tails. None of these can fail: arguments
 * outside the domain give NaN. Re-entrant. */
#ifndef SV_DIST_H
#define SV_DIST_H

#ifdef __cplusplus
extern "C" {
#endif

double sv_normal_density(double x);
double sv_normal_cdf(double x);        /* P(Z <= x)          */
double sv_normal_upper(double x);      /* P(Z > x)           */
double sv_normal_two_sided(double z);  /* P(|Z| > |z|)       */
double sv_normal_quantile(double p);   /* x with P(Z <= x) = p; +-infinity at 0 and 1 */

/* P(X > x) for chi-square with df = 1, 2, ... degrees of freedom, df <= 100000; 1 for x <= 0.
 * By the finite sums for integer and half-integer order (Abramowitz & Stegun 26.4.4, 26.4.5). */
double sv_chisq_upper(double x, int df);

#ifdef __cplusplus
}
#endif
#endif
