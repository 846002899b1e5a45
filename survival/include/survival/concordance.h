/* survival/concordance.h - Harrell's concordance index. */
#ifndef SV_CONCORDANCE_H
#define SV_CONCORDANCE_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sums of weight products over pairs; plain numbers of pairs without weights. */
typedef struct sv_concordance {
    double c;           /* (concordant + tied_risk / 2) / comparable; NaN without such a pair   */
    double se;          /* by the infinitesimal jackknife; NaN with c                           */
    double concordant, discordant;
    double tied_risk;   /* comparable, equal risk                                               */
    double tied_time;   /* two events at one time, different risk: not comparable               */
    double tied_both;   /* two events at one time, equal risk: not comparable                   */
} sv_concordance;

/* How well risk[0..s->n) orders the events; HIGHER means EARLIER. A pair is comparable if one
 * has the event while the other is still watched: later, or censored at that very time. Pairs
 * are formed within strata. O(n log n). Variance: sum over rows of (weight x dC/dweight)^2.
 * Data without any comparable pair are not a failure: c and se are NaN.
 * Fails: as sv_surv_check; SV_EDATA (risk not finite); SV_ENOMEM. c and se are then NaN. */
SV_CHECKED int sv_concordance_harrell(sv_concordance *out, const double *risk, const sv_surv *s,
                                      sv_error *err);

/* Uno et al. (2011, Stat Med 30:1105): each death up to tau counts 1 / G(t-)^2, so that C does not
 * depend on how many were censored. tau: INFINITY for all deaths; better a time until which some were
 * watched, since late deaths weigh most. The variance takes the weights for known (as R's
 * concordance with timewt = "n/G2"). Right-censored data without weights, start times, strata.
 * Fails: as above and as sv_censoring_fit; SV_EINVAL (tau). */
SV_CHECKED int sv_concordance_uno(sv_concordance *out, const double *risk, double tau, const sv_surv *s,
                                  sv_error *err);

/* 95 % interval of an index between 0 and 1 (C, AUC), on the scale of its logit: near 1 the estimates lean, and
 * estimate +- 1.96 se holds too seldom with few events. At 0, at 1 and with se 0 the estimate itself; NaN with either. */
void sv_index_interval(double *low, double *high, double estimate, double se);

/* Goenen & Heller (2005, Biometrika 92:965): the concordance that a Cox model with linear predictor
 * lp[0..n) implies; it needs no follow-up, and is right only if the model is. Pairs with equal
 * predictors do not count as ordered. O(n^2). Fails: SV_EDATA; *out is then NaN. */
SV_CHECKED int sv_concordance_gonen_heller(double *out, const double *lp, size_t n, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
