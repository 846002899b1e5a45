/* survival/decision.h - decision curves: is acting on a predicted risk better than treating all or
 * none?
 *
 * Net benefit at threshold pt = TP/n - FP/n * pt/(1 - pt), positive being risk >= pt (at pt = 0:
 * risk > 0), Vickers & Elkin 2006 (Med Decis Making 26:565); with censoring the events among the
 * positives are 1 - Kaplan-Meier of the positives at t, Vickers et al. 2008 (BMC Med Inform Decis
 * Mak 8:53). */
#ifndef SV_DECISION_H
#define SV_DECISION_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_decision {
    double threshold;
    double positive;      /* share of the rows that are positive                             */
    double true_positive, false_positive;     /* shares of all rows                          */
    double net_benefit;   /* 0: as good as treating none                                     */
    double treat_all;     /* net benefit of treating all                                     */
} sv_decision;

/* A point a threshold. risk[n] in 0..1, thresholds in 0..1 (1 excluded). For survival the risk is
 * that of an event by t > 0; a point is NaN where none of the positives was watched until t.
 * Fails: SV_EINVAL (thresholds, t); SV_EDATA (a risk, an event); as sv_surv_check and sv_km_fit. */
SV_CHECKED int sv_decision_binary(sv_decision *out, const double *risk, const int *event, size_t n,
                                  const double *thresholds, size_t n_thresholds, sv_error *err);
SV_CHECKED int sv_decision_survival(sv_decision *out, const double *risk, const sv_surv *s, double t,
                                    const double *thresholds, size_t n_thresholds, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
