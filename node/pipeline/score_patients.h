/* pipeline/score_patients.h - a model applied to all patients of a table. */
#ifndef PN_PIPELINE_SCORE_PATIENTS_H
#define PN_PIPELINE_SCORE_PATIENTS_H
#include <stdbool.h>
#include <config/model.h>
#include "base/error.h"
#include "pipeline/train_data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of patient i of d, whose columns are the model's features in its order: score[i], high[i], and
 * risk[i * m->n_horizons + h], 1 - S(horizon h), NaN beyond the training follow-up. Fails: as pn_score. */
PN_CHECKED int pn_score_patients(double *score, bool *high, double *risk, const cfg_model *m, const pn_train_data *d,
                                 pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
