/* mvnorm.h - a multivariate normal probability. */
#ifndef SV_MVNORM_H
#define SV_MVNORM_H

#include <stddef.h>

#include <survival/error.h>

/* *p = P(max |Z_k| > bound) of k standard normal variables with correlation corr[k*k], k at most 64; good to
 * 2e-4 for k up to 10. Correlations of 1 are fine. Always the same value: no random numbers.
 * Fails: SV_ENOMEM. */
SV_CHECKED int sv_mvnorm_beyond(double *p, double bound, const double *corr, size_t k, sv_error *err);

#endif
