/* pipeline/time_curves.h - how well a model tells patients apart, and how far its risks lie from what happened,
 * over the follow-up of a validation. */
#ifndef PN_PIPELINE_TIME_CURVES_H
#define PN_PIPELINE_TIME_CURVES_H
#include <config/model.h>
#include "base/error.h"
#include "pipeline/train_data.h"
#include "pipeline/validate.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_TIME_POINTS = 50 };

/* At equally spaced times: from when a twentieth of the events (at least 2) has been, until a tenth of the
 * patients (at least 2) is watched. What is not known is NaN. */
typedef struct pn_time_curves {
    size_t n;                                          /* 0: too few events, or patients        */
    double years[PN_TIME_POINTS];
    double auc[PN_TIME_POINTS], auc_low[PN_TIME_POINTS], auc_high[PN_TIME_POINTS];       /* of the score, 95 % limits */
    /* Of the predicted risk; of the same risk for all (Kaplan-Meier of these patients). NaN beyond the follow-up
     * of the training patients, and for models without a baseline hazard. */
    double brier[PN_TIME_POINTS], brier_null[PN_TIME_POINTS];
    double ibs, ibs_null, ibs_years;                   /* integrated from the first to this time */
} pn_time_curves;

/* v: of these patients. Fails: PN_ENOMEM, PN_EINVAL (what the numbers cannot be made of). */
PN_CHECKED int pn_time_curves_of(pn_time_curves *out, const cfg_model *m, const pn_train_data *d, const pn_validation *v,
                                 pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
