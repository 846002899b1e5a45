/* pipeline/score.h - a model applied to one set of feature values.
 *
 * The node, `train` and `predict` all score with these functions, so that what was fitted is
 * exactly what runs. */
#ifndef PN_PIPELINE_SCORE_H
#define PN_PIPELINE_SCORE_H
#include <stdbool.h>
#include <stddef.h>
#include <config/model.h>
#include "base/error.h"
#include "report/report.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PN_DAYS_PER_YEAR 365.25

typedef struct pn_score_result {
    double lp;                       /* the score: linear predictor, or mean of the networks */
    bool high_risk;                  /* lp > the model's cut-point                          */
    /* Over the model's bootstrap replicates: 95 % interval of lp, and the share of them that put
     * the patient on the same side of the model's cut-point. Over its networks: their quantiles
     * of 2.5 and 97.5 %, and the same share. NaN where the model has none. */
    pn_interval interval;
    double group_agreement;
    /* One entry a horizon of the model, in its order, with its interval. Probability NaN: the
     * horizon lies beyond the end of the training patients' follow-up. */
    pn_report_survival survival[CFG_MAX_HORIZONS];
    size_t n_survival;
    pn_report_driver *drivers;       /* owned; one a feature, largest |contribution| first   */
    size_t n_drivers;
} pn_score_result;

/* How far the values lie from the training patients. */
typedef struct pn_distance {
    double mahalanobis;              /* NaN: the model does not know its correlations       */
    double percentile;               /* share of the training patients that lie nearer       */
} pn_distance;

/* Of a Cox model: lp = sum over the features, in their order, of coefficient * (value - mean) / sd. The order of
 * the additions is part of the contract: a patient on the cut-point stays on its side. */
double pn_score_linear(const cfg_model *m, const double *values);

/* Of a Cox model: baseline cumulative hazard at t: that of the last listed time <= t, 0 before the first, NaN
 * after the last, where no training patient was watched any more. */
double pn_score_baseline(const cfg_model *m, double time_days);

/* Share of the training patients with a value below v, in percent: linear between the stored
 * quantiles, 0 and 100 outside. Where several quantiles are equal to v, the middle of them. */
double pn_score_percentile(const double quantile[CFG_NQUANTILES], double v);

/* Mahalanobis distance of a patient's values (one a feature, in the model's order) from the
 * training patients' mean, by the model's correlations, and where it lies among theirs. Both NaN
 * where the model has no correlations or a value is missing. Fails: PN_ECONFIG (the correlations
 * are those of no data), PN_ENOMEM. */
PN_CHECKED int pn_score_distance(pn_distance *out, const cfg_model *m, const double *values,
                                 pn_error *err);

/* Each feature with its value and place among the training patients, in the model's order; z and
 * percentile NaN where the value is missing, contribution always. Caller frees *drivers. */
PN_CHECKED int pn_score_describe(pn_report_driver **drivers, const cfg_model *m, const double *values,
                                 pn_error *err);

/* values: one a feature, in the model's order.
 * Cox: survival S(t) = exp(-H0(t) exp(lp)). Intervals are survival/bootstrap.h's: replicate b gives
 * lp_b by its own coefficients, standardised as the model's are, and S_b(t) = exp(-H0_b(t) exp(lp_b)).
 * A feature contributes coefficient * z.
 * Networks: the score of sv_elm_committee, bit for bit, on the standardised values; survival is the
 * Kaplan-Meier curve of the patient's group, with its own limits. A feature contributes the score
 * less the score that the patient would have with that feature at the training mean.
 * Fails: PN_EINVAL, naming the feature, if a value is not finite or the score overflows;
 * PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_score(pn_score_result *out, const cfg_model *m, const double *values, pn_error *err);
void pn_score_free(pn_score_result *r);      /* NULL and a zeroed struct are fine */

/* "low" or "high", as in the model's Kaplan-Meier curves. */
const char *pn_score_group(bool high_risk);

#ifdef __cplusplus
}
#endif
#endif
