/* pipeline/validate.h - a model judged on patients that it was not fitted to. Nothing is fitted again but
 * what tells how well the predictions hold: one slope, one hazard ratio. */
#ifndef PN_PIPELINE_VALIDATE_H
#define PN_PIPELINE_VALIDATE_H
#include <stdbool.h>
#include <stddef.h>
#include <config/model.h>
#include <survival/decision.h>
#include <survival/km.h>
#include "base/error.h"
#include "pipeline/train_data.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_CALIBRATION_GROUPS = 5, PN_DECISION_POINTS = 50, PN_RISK_BINS = 20, PN_VALIDATION_WARNINGS = 24 };

/* Patients of similar predicted risk: what was predicted, what happened (1 - Kaplan-Meier). */
typedef struct pn_calibration_group {
    size_t patients;
    double predicted;              /* mean risk                                           */
    double observed, low, high;    /* with 95 % limits; NaN where none was watched so long */
} pn_calibration_group;

/* At one of the model's horizons. NaN where these patients were not watched so long, or where the
 * model's training patients were not. */
typedef struct pn_validation_horizon {
    double years;
    size_t cases, controls;        /* event before; watched for longer without            */
    double auc, auc_se;            /* of the score, higher is earlier                     */
    double brier, brier_null;      /* of the predicted risk; of the same risk for all     */
    double predicted, observed;    /* mean predicted risk; 1 - Kaplan-Meier               */
    pn_calibration_group group[PN_CALIBRATION_GROUPS];
    size_t n_groups;
    double risk_share[PN_RISK_BINS];   /* of the patients, by predicted risk, bins of equal width */
    sv_decision decision[PN_DECISION_POINTS];      /* thresholds 0.01, 0.03 ... 0.99       */
    double *roc_x, *roc_y; size_t n_roc;           /* owned: 1 - specificity, sensitivity  */
} pn_validation_horizon;

typedef struct pn_validation {
    size_t patients, events;
    double follow_up_days;         /* median, by the reverse Kaplan-Meier method; NaN: none */
    double *score;                 /* [patients], owned                                    */
    bool *high;                    /* [patients], owned                                    */
    double c, c_se;                /* Harrell                                              */
    double uno, uno_se;            /* Uno, until uno_days                                  */
    double uno_days;               /* the last horizon that was watched, else the last event */
    double slope, slope_se, slope_p; /* of a linear predictor in a Cox model; 1: right; p: whether it differs */
    double hr, hr_low, hr_high, hr_p;/* high against low risk; NaN where a group is empty   */
    double logrank, logrank_p;
    double zph_p;                  /* does the score's effect change with time?             */
    size_t group_patients[2], group_events[2];     /* low, high                             */
    sv_km km[2];                   /* owned; of an empty group all zero                     */
    pn_validation_horizon horizon[CFG_MAX_HORIZONS];
    size_t n_horizons;
    char warnings[PN_VALIDATION_WARNINGS][240]; size_t n_warnings;
} pn_validation;

/* d: the model's features in its order. Fails: PN_EINVAL (a score that overflows; fewer than 2 patients;
 * nobody with an event), PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_validate(pn_validation *out, const cfg_model *m, const pn_train_data *d, pn_error *err);
void pn_validation_free(pn_validation *v);     /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
