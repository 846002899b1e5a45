/* survival/baseline.h - partial likelihood and baseline hazard for a given linear predictor.
 *
 * The linear predictor may come from any proportional hazards model (Cox, LASSO-Cox, a score
 * fixed elsewhere). Higher means an earlier event. */
#ifndef SV_BASELINE_H
#define SV_BASELINE_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How deaths at the same time share their risk set. */
typedef enum sv_ties { SV_TIES_EFRON, SV_TIES_BRESLOW } sv_ties;

/* Cumulative baseline hazard, one step function a stratum. Entries are sorted by stratum code,
 * then time, and list every distinct time at which a row ends, with or without an event. */
typedef struct sv_baseline {
    size_t n;
    int *stratum;    /* the caller's code; 0 where the data had no strata             */
    double *time;
    double *hazard;  /* H0(t) of a row whose linear predictor is 0, from t = 0 on     */
} sv_baseline;

/* Fit H0 to lp[0..s->n): at each death time Efron adds sum over l < m of
 * (W/m) / (S0 - (l/m) D0), Breslow W / S0; S0 sums weight * exp(lp) at risk, D0 over the m dead,
 * W their weights (Therneau & Grambsch 2000, ch. 10). To have H0 at the means of the covariates
 * instead of at 0, pass lp - mean'beta, or multiply by exp(mean'beta).
 * out owns its arrays on success; free with sv_baseline_free. Untouched on failure.
 * Fails: as sv_surv_check, SV_EDATA (lp not finite), SV_ENOEVENT, SV_ENUMERIC (overflow),
 * SV_ENOMEM. */
SV_CHECKED int sv_baseline_fit(sv_baseline *out, const double *lp, const sv_surv *s, sv_ties ties,
                               sv_error *err);
void sv_baseline_free(sv_baseline *b);

/* H0(t) in one stratum: 0 before its first time; NaN beyond its last, where nobody was watched
 * any more, or if the stratum is unknown. O(log n). */
double sv_baseline_at(const sv_baseline *b, int stratum, double t);

/* Survival probability exp(-h0 exp(lp)); h0 as sv_baseline_at gives it. */
double sv_survival_probability(double h0, double lp);

/* The log partial likelihood of lp as it stands (no coefficient is fitted); NaN on failure.
 * Fails: as sv_baseline_fit. */
SV_CHECKED int sv_partial_loglik(double *out, const double *lp, const sv_surv *s, sv_ties ties,
                                 sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
