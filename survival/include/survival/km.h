/* survival/km.h - Kaplan-Meier curves. */
#ifndef SV_KM_H
#define SV_KM_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sv_km_estimator {
    SV_KM_PRODUCT,     /* S = product of (1 - d/n)                        */
    SV_KM_EXP_CUMHAZ,  /* S = exp(-sum d/n), Fleming & Harrington         */
} sv_km_estimator;

typedef enum sv_km_ci { SV_KM_CI_LOG, SV_KM_CI_LOGLOG, SV_KM_CI_PLAIN } sv_km_ci;

typedef enum sv_km_variance {
    SV_KM_VAR_AUTO,       /* jackknife if a weight is no whole number, else Greenwood (R's rule) */
    SV_KM_VAR_GREENWOOD,  /* weights are counts of identical patients                           */
    SV_KM_VAR_JACKKNIFE,  /* infinitesimal jackknife: weights are sampling weights              */
} sv_km_variance;

typedef struct sv_km_opts {
    sv_km_estimator estimator;
    sv_km_ci ci;
    sv_km_variance variance;
    double level;  /* of the interval, 0 < level < 1 */
} sv_km_opts;
#define SV_KM_OPTS_INIT \
    { .estimator = SV_KM_PRODUCT, .ci = SV_KM_CI_LOG, .variance = SV_KM_VAR_AUTO, .level = 0.95 }

/* One curve; entry i holds from time[i] until time[i + 1]. Every time at which a row ends is
 * listed. S is 1 before time[0]. With weights n_risk, n_event and n_censor are sums of weights. */
typedef struct sv_km {
    size_t n;
    double *time, *n_risk, *n_event, *n_censor;
    double *surv, *std_err;     /* std_err of S itself; NaN where S is 0 (Greenwood)     */
    double *cumhaz, *std_chaz;  /* Nelson-Aalen and its standard error                   */
    double *lower, *upper;      /* NaN where S is 0; log-log: also where S is 1          */
    size_t rows, events;        /* unweighted                                            */
} sv_km;

/* Curve of the rows with keep[i] (NULL: all). Ties are judged over all rows of s, so that groups
 * cut out of one s agree on them. s->stratum takes no part. A curve without any event is valid
 * (S = 1). Interval limits with z = normal quantile and sigma = std_err / S: log
 * S exp(-+ z sigma), upper at most 1; log-log S^exp(-+ z sigma / log S); plain S -+ z S sigma,
 * kept within 0..1. out owns its arrays on success; free with sv_km_free; untouched on failure.
 * Fails: as sv_surv_check; SV_ETOOSMALL (no row kept); SV_EINVAL (options); SV_ENOMEM. */
SV_CHECKED int sv_km_fit(sv_km *out, const sv_surv *s, const bool *keep, const sv_km_opts *opts,
                         sv_error *err);
void sv_km_free(sv_km *km);

#define SV_KM_MAX_GROUPS ((size_t)1000)

/* The curves of k groups, out[g] of the rows with group[i] == g, as sv_km_fit makes them; the times are sorted once.
 * group[0..s->n): 0..k-1, each with a row. out[k] untouched on failure.
 * Fails: as sv_km_fit; SV_EINVAL (k, a group outside 0..k-1); SV_ETOOSMALL (an empty group). */
SV_CHECKED int sv_km_fit_groups(sv_km *out, const sv_surv *s, const int *group, size_t k, const sv_km_opts *opts,
                                sv_error *err);

typedef struct sv_km_estimate {
    double value, lower, upper;
} sv_km_estimate;

/* Time by which a fraction p (0 < p < 1; 0.5: the median) had the event: the first time with
 * S <= 1 - p; where S equals 1 - p (within 1.5e-8) over [t1, t2), the middle of t1 and t2, the
 * time of the next drop. Limits by the same rule on the limits of the curve. NaN: not reached. */
sv_km_estimate sv_km_quantile(const sv_km *km, double p);

/* S(t) with its limits: 1 before the first time (limits 1), NaN after the last. */
sv_km_estimate sv_km_at(const sv_km *km, double t);

/* Weight at risk just before t, for a table below the curve; 0 after the last time. For
 * start-stop data the count is that of the next time listed. */
double sv_km_at_risk(const sv_km *km, double t);

/* Restricted mean survival time up to tau > 0, the area under S, and its Greenwood standard
 * error. Beyond its last time the curve is carried on level, so take tau no later than the
 * shortest follow-up of the groups compared. NaN if tau is not positive and finite. */
void sv_km_rmean(double *mean, double *std_err, const sv_km *km, double tau);

#ifdef __cplusplus
}
#endif
#endif
