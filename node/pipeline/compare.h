/* pipeline/compare.h - two models judged on the same patients, and each against clinical variables. */
#ifndef PN_PIPELINE_COMPARE_H
#define PN_PIPELINE_COMPARE_H
#include <stdint.h>
#include <survival/compare.h>
#include <survival/reclassify.h>
#include "pipeline/added_value.h"
#include "pipeline/validate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* At a horizon of the first model. What needs risks is NaN where a model predicts none then; all is NaN where
 * these patients were not watched so long. */
typedef struct pn_comparison_horizon {
    double years;
    sv_difference auc;
    double auc_p_adjusted;                           /* for the number of horizons               */
    bool risks;                                      /* both models predict a risk, and the patients were watched */
    sv_difference brier;
    sv_reclassification moved;                       /* from the other model's risks to the first's */
    sv_decision decision[2][PN_DECISION_POINTS];     /* thresholds 0.01, 0.03 ... 0.99           */
} pn_comparison_horizon;

typedef struct pn_comparison {
    size_t patients, events;
    sv_difference harrell, uno;                      /* first less other                         */
    double uno_days;                                 /* the last horizon that was watched, else the last event */
    sv_difference ibs; double ibs_years;             /* integrated Brier score, of two Cox models; else NaN */
    double spearman;                                 /* of the two scores; NaN: one does not vary */
    size_t group[2][2];                              /* patients: [high by the first][high by the other] */
    pn_comparison_horizon horizon[CFG_MAX_HORIZONS];
    size_t n_horizons;
    size_t replicates, n_limits;
    size_t n_clinical;                               /* columns; 0: no clinical variables        */
    pn_added_value added[2];                         /* first, other                             */
    char warnings[PN_VALIDATION_WARNINGS][240]; size_t n_warnings;
} pn_comparison;

typedef struct pn_compare_opts {
    const double *limits; size_t n_limits;           /* of risk categories (survival/reclassify.h) */
    size_t replicates;                               /* bootstrap of the reclassification        */
    uint64_t seed;
    const pn_clinical_columns *clinical;                   /* of the same patients, or NULL            */
    void (*progress)(void *context, size_t done, size_t all);    /* after each horizon; or NULL   */
    void *context;
} pn_compare_opts;

/* first, other: patient by patient the same people in the same order, each with the features of its model; the
 * follow-up is that of first. Fails: PN_EINVAL (fewer than 2 patients, nobody with an event, a score that
 * overflows), PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_compare(pn_comparison *out, const cfg_model *first, const pn_train_data *d_first, const cfg_model *other,
                          const pn_train_data *d_other, const pn_compare_opts *opts, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
