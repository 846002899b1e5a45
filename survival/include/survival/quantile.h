/* survival/quantile.h - mean, standard deviation and quantiles of plain samples. */
#ifndef SV_QUANTILE_H
#define SV_QUANTILE_H

#include <stddef.h>

#include <survival/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Mean of x[0..n), with a second pass that takes up the rounding of the first. NaN if n is 0. */
double sv_mean(const double *x, size_t n);

/* Standard deviation with divisor n - 1. NaN if n < 2. */
double sv_sd(const double *x, size_t n);

/* Quantile type 7 of Hyndman & Fan (1996), R's default, of an ascending sample: with
 * h = (n-1) p, x[floor h] + (h - floor h) (x[floor h + 1] - x[floor h]).
 * NaN if n is 0 or p lies outside 0..1. */
double sv_quantile_sorted(const double *x, size_t n, double p);

/* Type-7 quantiles out[0..k) of an unsorted sample at prob[0..k). Memory: one copy of x.
 * Fails, out filled with NaN: SV_ETOOSMALL (n is 0), SV_ELIMIT, SV_EDATA (x not finite),
 * SV_EINVAL (prob outside 0..1), SV_ENOMEM. */
SV_CHECKED int sv_quantile(double *out, const double *x, size_t n, const double *prob, size_t k,
                           sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
