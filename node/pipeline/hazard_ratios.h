/* pipeline/hazard_ratios.h - a score, its risk groups and clinical columns in Cox models, one by one and together. */
#ifndef PN_PIPELINE_HAZARD_RATIOS_H
#define PN_PIPELINE_HAZARD_RATIOS_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "pipeline/clinical_columns.h"
#include "pipeline/train_data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A hazard ratio, with its 95 % interval and Wald's p; by Firth's likelihood, with profile limits, where a coefficient of
 * the model has no bound (the detail says so); NaN: it could not be fitted. */
typedef struct pn_hazard_ratio {
    char name[65], detail[80];     /* detail tells the number of patients where it is not the model's */
    double ratio, low, high, p;
} pn_hazard_ratio;

/* A Cox model in these patients. */
typedef struct pn_adjusted {
    char title[96];
    size_t patients, events;       /* those without a missing value                           */
    pn_hazard_ratio *row; size_t n_rows;       /* owned                                       */
    char trouble[160];             /* why there are no numbers; else ""                       */
} pn_adjusted;

typedef struct pn_forest {
    pn_adjusted alone;             /* each column by itself; patients: all                     */
    pn_adjusted with_score;        /* the score and all columns; no rows without columns */
    pn_adjusted with_group;        /* the risk group and all columns                        */
} pn_forest;

/* score[d->n]; high[d->n]; c may be NULL. The score's ratio is for one standard deviation among these
 * patients. What cannot be fitted (a constant column) is NaN. Fails: PN_ENOMEM. */
PN_CHECKED int pn_forest_fit(pn_forest *out, const pn_train_data *d, const double *score, const bool *high,
                             const pn_clinical_columns *c, pn_error *err);
void pn_forest_free(pn_forest *f);             /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
