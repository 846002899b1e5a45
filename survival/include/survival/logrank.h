/* survival/logrank.h - log-rank test of k groups, with the G-rho weights and strata. */
#ifndef SV_LOGRANK_H
#define SV_LOGRANK_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_LOGRANK_MAX_GROUPS ((size_t)1000)

typedef struct sv_logrank {
    size_t k;            /* distinct groups in the data                                   */
    int *code;           /* [k] the caller's codes, ascending                             */
    size_t *n;           /* [k] rows                                                      */
    double *observed;    /* [k] weighted numbers of events                                */
    double *expected;    /* [k] the same if the groups did not differ                     */
    double *var;         /* [k*k] of observed - expected                                  */
    double chisq, p;
    int df;              /* groups with expected > 0, less one                            */
} sv_logrank;

/* Test whether the groups share one survival curve. group[0..s->n): any codes. rho: each death
 * time weighs S(t-)^rho, S the pooled Kaplan-Meier curve of its stratum; 0 is the log-rank test,
 * 1 the Peto & Peto modification of the Wilcoxon test (Harrington & Fleming 1982).
 * out owns its arrays on success; free with sv_logrank_free; untouched on failure.
 * Fails: as sv_surv_check; SV_EINVAL (weights or start times given: not defined here; rho not
 * finite); SV_ETOOSMALL (fewer than 2 groups, or fewer than 2 that are ever at risk at a death);
 * SV_ELIMIT (groups); SV_ENOEVENT; SV_ENOMEM. */
SV_CHECKED int sv_logrank_test(sv_logrank *out, const sv_surv *s, const int *group, double rho,
                               sv_error *err);
void sv_logrank_free(sv_logrank *t);

#ifdef __cplusplus
}
#endif
#endif
