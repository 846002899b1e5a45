/* pipeline/added_value.h - does a score tell more than clinical variables do? */
#ifndef PN_PIPELINE_ADDED_VALUE_H
#define PN_PIPELINE_ADDED_VALUE_H
#include <stdbool.h>
#include <survival/compare.h>
#include "base/error.h"
#include "pipeline/clinical_columns.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_ADDED_TIMES = 8 };

/* Two Cox models fitted to these patients: clinical variables, and the same with the score. The differences of C
 * and AUC are those of the fitted predictors, with less without; they flatter both models by what the fit itself
 * adapts to the patients. */
typedef struct pn_added_value {
    bool fitted;                     /* false: see why; all else is NaN                          */
    char why[160];
    double chisq, p;                 /* likelihood ratio test of adding the score                */
    int df;
    double hr, hr_low, hr_high;      /* a standard deviation of the score, clinical variables held */
    sv_difference c;                 /* Harrell                                                  */
    sv_difference auc[PN_ADDED_TIMES];           /* one a time                                   */
    double auc_p_adjusted[PN_ADDED_TIMES];       /* for the number of times                      */
    size_t n_times;
} pn_added_value;

/* times: ascending, at most PN_ADDED_TIMES. What the data do not allow (a score that does not vary or follows from
 * the variables, a perfect order, fewer events than columns) is said in why. Fails: PN_EINVAL, PN_ENOMEM. */
PN_CHECKED int pn_added_value_of(pn_added_value *out, const double *score, const pn_clinical_columns *clinical, const sv_surv *s,
                                 const double *times, size_t n_times, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
