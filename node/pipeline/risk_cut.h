/* pipeline/risk_cut.h - the score above which a patient is in the group of high risk. */
#ifndef PN_PIPELINE_RISK_CUT_H
#define PN_PIPELINE_RISK_CUT_H
#include <survival/surv.h>
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pn_train_cut {
    PN_CUT_MEDIAN,         /* of the training patients' scores                             */
    PN_CUT_MAXSTAT,        /* largest log-rank statistic, each group at least 10 %          */
    PN_CUT_VALUE,
} pn_train_cut;

/* *cut: by `how` among score[s->n], or `value`; *p: of PN_CUT_MAXSTAT, with allowance for the search (Lausen, Sauerbrei
 * & Schumacher 1994), else NaN. Fails: PN_EINVAL (the best cut has the earlier events below it; as sv_maxstat_find),
 * PN_ENOMEM. */
PN_CHECKED int pn_risk_cut(double *cut, double *p, const double *score, const sv_surv *s, pn_train_cut how,
                           double value, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
