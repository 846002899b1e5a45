/* survival/fdist.h - the F distribution with degrees of freedom that need not be whole numbers.
 *
 * By the regularised incomplete beta function and its continued fraction (Abramowitz & Stegun
 * 26.5.8, 26.6.2). Relative error below 1e-11 for degrees of freedom from 0.1 to 1e5. Arguments
 * outside the domain give NaN. Re-entrant. */
#ifndef SV_FDIST_H
#define SV_FDIST_H

#ifdef __cplusplus
extern "C" {
#endif

double sv_f_lower(double x, double df1, double df2);      /* P(F <= x)                     */
double sv_f_upper(double x, double df1, double df2);      /* P(F > x)                      */
/* x with P(F <= x) = p, for 0 < p < 1. */
double sv_f_quantile(double p, double df1, double df2);

#ifdef __cplusplus
}
#endif
#endif
