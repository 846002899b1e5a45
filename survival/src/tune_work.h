/* tune_work.h - what plain and nested cross-validation share. */
#ifndef SV_TUNE_WORK_H
#define SV_TUNE_WORK_H

#include <survival/tune.h>

#include "part.h"

/* Both sides of a fold, as data for a learner. */
typedef struct sv_sides {
    sv_part in, rest;
    sv_matrix x_in, x_rest;
    sv_surv surv_in, surv_rest;
    sv_outcome y_in, y_rest;
} sv_sides;

/* survival: by y->surv, else by y->label. Views point into *s: it must not be moved. Fails: SV_ENOMEM. */
SV_CHECKED int sv_sides_make(sv_sides *s, bool survival, const sv_matrix *x, const sv_outcome *y, const int *fold, size_t k,
                             sv_error *err);
void sv_sides_free(sv_sides *s);

/* Data, options and grid of a learner: whatever does not hang on a fold. */
SV_CHECKED int sv_tune_check(const sv_learner *base, const sv_grid *grid, const sv_matrix *x, const sv_outcome *y,
                             sv_criterion criterion, const sv_folds *folds, sv_error *err);

size_t sv_grid_cells(const sv_grid *g);       /* of a grid that passed the check                   */

/* Folds of one repeat, drawn or copied; checked. Fails: SV_ETOOSMALL (an empty fold), SV_EINVAL, SV_ENOMEM. */
SV_CHECKED int sv_folds_of(int *fold, const sv_folds *f, size_t repeat, bool survival, const sv_outcome *y, size_t n,
                           sv_error *err);

/* Mean and standard deviation (NaN for one) of the values that are numbers; returns how many those are. */
size_t sv_mean_defined(double *mean, double *sd, const double *v, size_t n);

#endif
