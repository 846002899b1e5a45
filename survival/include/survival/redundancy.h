/* survival/redundancy.h - columns that say the same: rank correlation, and which of them to drop. */
#ifndef SV_REDUNDANCY_H
#define SV_REDUNDANCY_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* r[i * p + j]: Spearman's correlation of columns i and j of x, ties by their mean rank; 1 on the
 * diagonal; NaN beside a column that is constant. Fails: SV_ETOOSMALL (fewer than 2 rows or no
 * column), SV_EDATA (a value not finite), SV_ENOMEM. */
SV_CHECKED int sv_spearman_matrix(double *r, const sv_matrix *x, sv_error *err);

/* Columns to drop so that no two of the rest correlate by more than cutoff, as caret's
 * findCorrelation(exact = TRUE) chooses them: the columns are gone through in the order of their
 * mean |r| to all others, largest first; of two that correlate too much the first goes if its mean
 * |r| with those still there exceeds the mean |r| of the rest, else the second.
 * dropped[0..*n): column numbers, those looked at first first; partner (or NULL): for each, the
 * column because of which it went, which may have been dropped itself later. Room for p each.
 * r is symmetric, its diagonal is not looked at; NaN counts as 0 correlation.
 * Fails: SV_EINVAL (cutoff outside [0, 1]), SV_ENOMEM. */
SV_CHECKED int sv_find_redundant(size_t *dropped, size_t *partner, size_t *n, const double *r, size_t p,
                                 double cutoff, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
