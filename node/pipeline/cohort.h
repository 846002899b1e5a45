/* pipeline/cohort.h - the patients that a recipe is fitted to or applied to: all that is known of them.
 *
 * What is fitted sees a cohort of its training patients and nothing else: pn_cohort_take copies them out,
 * so that no other patient is within reach. */
#ifndef PN_PIPELINE_COHORT_H
#define PN_PIPELINE_COHORT_H
#include <stddef.h>
#include <survival/surv.h>
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One row a patient, v column by column; NaN: missing. */
typedef struct pn_columns {
    const char *const *name;         /* [n] borrowed                                              */
    size_t n;
    double *v;
} pn_columns;

typedef struct pn_cohort {
    size_t n, events;
    size_t *patient;                 /* [n] number in the whole cohort, ascending; the same twice where drawn twice */
    double *time_days;
    int *event;
    pn_columns feature, clinical;
    pn_columns expression;           /* genes; none where there is no table                       */
    int *centre;                     /* [n] codes; NULL: none                                     */
} pn_cohort;

/* Copy the rows row[0..n), ascending, out of `all`; they keep their patient numbers. Fails: PN_ENOMEM; *out is
 * untouched then. */
PN_CHECKED int pn_cohort_take(pn_cohort *out, const pn_cohort *all, const size_t *row, size_t n, pn_error *err);
void pn_cohort_free(pn_cohort *c);             /* NULL and a zeroed struct are fine */

/* Its follow-up, borrowed. */
sv_surv pn_cohort_surv(const pn_cohort *c);

#ifdef __cplusplus
}
#endif
#endif
