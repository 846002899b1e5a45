/* survival/cox_check.h - residuals, robust variance and proportional hazards test of a Cox model.
 *
 * Same conventions, and on the same data the same numbers, as residuals, cluster() and cox.zph of R's
 * survival package (Therneau & Grambsch 2000, ch. 4, 6, 7; the score test of version 3.0 on).
 * Columns that the fit dropped have NaN. All functions: x, s and ties are those of the fit. */
#ifndef SV_COX_CHECK_H
#define SV_COX_CHECK_H

#include <survival/cox.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_cox_residuals {
    size_t n, p;
    double *martingale;   /* [n] events less expected events                                    */
    double *deviance;     /* [n] the same, made symmetric: sign(M) sqrt(-2 (M + d log(d - M)))  */
    double *score;        /* [n][p] of a row, its weight not multiplied in; sums to 0 by weight */
    double *dfbeta;       /* [n][p] about how much a row's weight of 1 moves each coefficient   */
} sv_cox_residuals;

/* out owns its arrays on success; free with sv_cox_residuals_free; untouched on failure.
 * Fails: as sv_surv_check and sv_matrix_check; SV_EINVAL (shapes, ties); SV_ENOEVENT; SV_ENOMEM. */
SV_CHECKED int sv_cox_residuals_of(sv_cox_residuals *out, const sv_cox *fit, const sv_matrix *x,
                                   const sv_surv *s, sv_ties ties, sv_error *err);
void sv_cox_residuals_free(sv_cox_residuals *r);

/* Sandwich variance vcov[p*p]: sums of weight x dfbeta over the rows of a cluster, squared. cluster: a
 * code a row (the patient, where one has several rows), or NULL: each row by itself.
 * Fails: as above. */
SV_CHECKED int sv_cox_robust(double *vcov, const sv_cox *fit, const sv_matrix *x, const sv_surv *s,
                             const int *cluster, sv_ties ties, sv_error *err);

typedef enum sv_zph_time {
    SV_ZPH_KM,            /* 1 - Kaplan-Meier just before the death                             */
    SV_ZPH_RANK,          /* rank among the times of all rows                                   */
    SV_ZPH_IDENTITY,
    SV_ZPH_LOG,           /* needs times above 0                                                */
} sv_zph_time;

/* Does a log hazard ratio change with g(time)? Chi-square of each column by itself (1 degree of
 * freedom) and of all together. Small p: it does. */
typedef struct sv_cox_zph {
    size_t p, df;         /* df: of the global test, the columns that were not dropped         */
    double *chisq, *p_value;      /* [p]                                                        */
    double global_chisq, global_p;
    size_t n_deaths;
    double *g, *time;     /* [n_deaths] by stratum, then time                                   */
    double *residual;     /* [n_deaths][p] scaled Schoenfeld residual + coefficient: its trend
                             over g is that of the log hazard ratio                             */
} sv_cox_zph;

/* out owns its arrays on success; free with sv_cox_zph_free; untouched on failure.
 * Fails: as above; SV_EDATA (SV_ZPH_LOG and a death at 0). */
SV_CHECKED int sv_cox_zph_test(sv_cox_zph *out, const sv_cox *fit, const sv_matrix *x, const sv_surv *s,
                               sv_zph_time g, sv_ties ties, sv_error *err);
void sv_cox_zph_free(sv_cox_zph *z);

#ifdef __cplusplus
}
#endif
#endif
