/* survival/logrank.h - log-rank test of k groups, with the usual weights, strata and pairs. */
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

typedef enum sv_logrank_weight {
    SV_LOGRANK_FLEMING_HARRINGTON,  /* S^p (1 - S)^q, Kaplan-Meier S just before: p = q = 0 the log-rank test;
                                       q > 0 looks at late differences                                   */
    SV_LOGRANK_GEHAN,               /* n, all at risk: generalised Wilcoxon                              */
    SV_LOGRANK_TARONE_WARE,         /* sqrt(n)                                                           */
    SV_LOGRANK_PETO,                /* product of 1 - d / (n + 1) up to and with the time                */
    SV_LOGRANK_MODIFIED_PETO,       /* the same times n / (n + 1) (Andersen)                             */
} sv_logrank_weight;

/* The test with these weights of the death times, n, d and S those of the stratum; p, q: of Fleming and
 * Harrington only. Choose the weight before seeing the curves. Fails: as sv_logrank_test; SV_EINVAL (weight). */
SV_CHECKED int sv_logrank_weighted(sv_logrank *out, const sv_surv *s, const int *group, sv_logrank_weight weight,
                                   double p, double q, sv_error *err);

/* p-values of every two groups of `all`, a test of the same data: p[k (k - 1) / 2] by rows of the lower
 * triangle, (1,0), (2,0), (2,1), ...; not adjusted for their number (sv_p_adjust does that). NaN where a pair has
 * no event or is never at risk together. Fails: as sv_logrank_weighted. */
SV_CHECKED int sv_logrank_pairwise(double *p, const sv_logrank *all, const sv_surv *s, const int *group,
                                   sv_logrank_weight weight, double a, double b, sv_error *err);

/* Do the hazards rise or fall along the groups? score[t->k], one a group in the order of t->code, ascending as the
 * groups are thought to: chi-square of 1 degree of freedom, (sum score (observed - expected))^2 / score' var score
 * (Tarone 1975, Biometrika 62:679). NaN where the scores do not differ among groups at risk. Not affected by the
 * scores' zero and unit. With two groups the test itself. */
void sv_logrank_trend(double *chisq, double *p, const sv_logrank *t, const double *score);

void sv_logrank_free(sv_logrank *t);

#ifdef __cplusplus
}
#endif
#endif
