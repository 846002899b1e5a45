/* survival/compare.h - two models judged on the same patients: is one of them better?
 *
 * Paired: of each patient it is known what both models say, so that the difference of an index has the variance of
 * the difference of the two influence functions (AUC: Blanche, Dartigues & Jacqmin-Gadda 2013, Stat Med 32:5381,
 * as compare() of R's timeROC; C: as concordance() of R's survival with two models). The models are taken as they
 * are: where one was fitted to these very patients the comparison flatters it. Outcomes of yes and no:
 * sv_roc_compare. Who moves to another risk category: survival/reclassify.h. */
#ifndef SV_COMPARE_H
#define SV_COMPARE_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_COMPARE_MAX_TIMES ((size_t)64)

/* NaN where an index does not exist. Where both models say the same of every patient in so far as the index
 * looks at it, difference, se and z are 0 and p is 1. */
typedef struct sv_difference {
    double a, b;              /* the index of either                                             */
    double difference;        /* a - b                                                           */
    double se;                /* of the difference                                               */
    double low, high;         /* 95 % interval of the difference, by the normal distribution     */
    double z, p;              /* p is two-sided                                                  */
} sv_difference;

/* AUC(t) at each of n_times ascending times; HIGHER marker means EARLIER event. p_adjusted[n_times], or NULL: of
 * the largest |z| of all the times, P(max |Z_k| > |z|) with the correlation of the differences, which are jointly
 * normal; good to 2e-4, and never below p nor above n_times p.
 * Fails: as sv_auc_at; SV_EINVAL (times); SV_ELIMIT (more than SV_COMPARE_MAX_TIMES); SV_ENOMEM. */
SV_CHECKED int sv_compare_auc(sv_difference *out, double *p_adjusted, const double *times, size_t n_times,
                              const double *a, const double *b, const sv_surv *s, sv_error *err);

/* Harrell's C; HIGHER risk means EARLIER event. Fails: as sv_concordance_harrell. */
SV_CHECKED int sv_compare_harrell(sv_difference *out, const double *a, const double *b, const sv_surv *s,
                                  sv_error *err);

/* Uno's C until tau, its weights taken for known. Fails: as sv_concordance_uno. */
SV_CHECKED int sv_compare_uno(sv_difference *out, const double *a, const double *b, double tau, const sv_surv *s,
                              sv_error *err);

/* Brier score at each of n_times ascending times, estimation of G included in the variance; a difference below 0
 * speaks for a. risk_a, risk_b[i * n_times + k]: risk of row i by times[k]. integrated, or NULL: of the scores
 * over the times by SV_IBS_STEPS (survival/brier.h). Fails: as sv_brier; SV_ELIMIT (more than
 * SV_COMPARE_MAX_TIMES). */
SV_CHECKED int sv_compare_brier(sv_difference *out, sv_difference *integrated, const double *times, size_t n_times,
                                const double *risk_a, const double *risk_b, const sv_surv *s, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
