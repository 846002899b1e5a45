/* survival/brier.h - how far predicted risks lie from what happened.
 *
 * Brier score of Graf et al. (1999, Stat Med 18:2529) with weights by the censoring distribution:
 *
 *     BS(t) = 1/n sum_i [ 1(T_i <= t, event) (1 - p_i)^2 / G(T_i-) + 1(T_i > t) p_i^2 / G(t) ]
 *
 * with p_i the risk of an event by t. 0.25 is what a coin gets; less is better; the risk that is
 * the same for all (1 - Kaplan-Meier) is the one to beat. */
#ifndef SV_BRIER_H
#define SV_BRIER_H

#include <survival/censoring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* score[k] at each of n_times ascending times > 0; risk[i * n_times + k] in 0..1 is row i's risk by
 * times[k]; NULL: 1 - Kaplan-Meier of s for all rows. se may be NULL: standard deviation of the
 * rows' terms over sqrt(n), which takes the weights for known.
 * Fails: as sv_censoring_fit; SV_EINVAL (times); SV_EDATA (a risk; a time after which nobody was
 * watched, where G is 0); SV_ENOMEM. */
SV_CHECKED int sv_brier(double *score, double *se, const double *risk, const double *times,
                        size_t n_times, const sv_surv *s, sv_error *err);

typedef enum sv_ibs_rule {
    SV_IBS_STEPS,       /* from 0 on, each score holds until the next time; over the last time:
                           what R's riskRegression and pec report                            */
    SV_IBS_TRAPEZOID,   /* between first and last time, as scikit-survival                   */
} sv_ibs_rule;

/* Integrated Brier score over times[0..n). NaN with a single time under the trapezoid rule. */
double sv_brier_integrated(const double *score, const double *times, size_t n, sv_ibs_rule rule);

#ifdef __cplusplus
}
#endif
#endif
