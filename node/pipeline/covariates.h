/* pipeline/covariates.h - clinical columns as columns of a Cox model, and hazard ratios one by one and together.
 *
 * A column of numbers is taken as it is, any other as groups: one column of 0 and 1 for each group but the
 * largest, which the others are compared with. */
#ifndef PN_PIPELINE_COVARIATES_H
#define PN_PIPELINE_COVARIATES_H
#include <stdbool.h>
#include <stddef.h>
#include "base/csv.h"
#include "base/error.h"
#include "pipeline/train_data.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_MAX_COVARIATES = 20, PN_MAX_GROUPS = 8, PN_MAX_COVARIATE_TERMS = 60 };

typedef struct pn_covariate_term {
    char name[65];                 /* the column                                              */
    char detail[65];               /* "per unit", or "II against I"                           */
} pn_covariate_term;

typedef struct pn_covariates {
    size_t n, p;
    pn_covariate_term term[PN_MAX_COVARIATE_TERMS];
    double *x;                     /* [n * p] column by column; NaN: missing                  */
} pn_covariates;

/* names: columns of the clinical table; "factor(NAME)" takes numbers for groups. d: as joined with that table.
 * An empty cell, NA and NaN are missing. Fails: PN_ENOTFOUND (no such column), PN_EFORMAT (more than
 * PN_MAX_GROUPS groups, no value, the same in all: names the column), PN_EINVAL (names twice, too many), PN_ENOMEM. */
PN_CHECKED int pn_covariates_read(pn_covariates *out, const pn_csv *clinical, const pn_train_data *d,
                                  const char *const *names, size_t n_names, pn_error *err);
void pn_covariates_free(pn_covariates *c);     /* NULL and a zeroed struct are fine */

/* A hazard ratio, with its 95 % interval and Wald's p; NaN: it could not be fitted. */
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
    pn_adjusted with_score;        /* the score and all covariates; no rows without covariates */
    pn_adjusted with_group;        /* the risk group and all covariates                        */
} pn_forest;

/* score[d->n]; high[d->n]; c may be NULL. The score's ratio is for one standard deviation among these
 * patients. What cannot be fitted (a separating or constant column) is NaN. Fails: PN_ENOMEM. */
PN_CHECKED int pn_forest_fit(pn_forest *out, const pn_train_data *d, const double *score, const bool *high,
                             const pn_covariates *c, pn_error *err);
void pn_forest_free(pn_forest *f);             /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
