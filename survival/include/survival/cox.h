/* survival/cox.h - Cox proportional hazards regression.
 *
 * Partial likelihood with Efron's or Breslow's treatment of ties (Therneau & Grambsch 2000,
 * ch. 3), case weights, strata and start-stop data. Same conventions, and on the same data the
 * same numbers, as coxph of R's survival package. One thread per call; no shared state; the
 * result does not depend on any thread count. */
#ifndef SV_COX_H
#define SV_COX_H

#include <survival/baseline.h>
#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_COX_MAX_COLS ((size_t)4096)

typedef struct sv_cox_opts {
    sv_ties ties;
    int max_iter;              /* Newton steps, 1..1000                                          */
    double eps;                /* stop when |1 - previous loglik / loglik| <= eps                */
    double singular_tol;       /* a pivot below this times the largest is a singular column      */
    const char *const *names;  /* one a column, for messages only; or NULL                       */
} sv_cox_opts;
#define SV_COX_OPTS_INIT \
    { .ties = SV_TIES_EFRON, .max_iter = 20, .eps = 1e-9, .singular_tol = 1.818989403545856e-12 }

/* What is special about a coefficient; a set of bits, 0 when nothing is. */
typedef enum sv_cox_flag {
    SV_COX_DROPPED = 1,   /* constant or a combination of earlier columns: coef, se are NaN    */
    SV_COX_INFINITE = 2,  /* still on the move when the fit stopped: the likelihood is monotone
                             in it (or max_iter was too small); coef is merely where it stood  */
} sv_cox_flag;

typedef struct sv_cox {
    size_t n, p, n_event;
    double *coef;         /* [p] log hazard ratio a unit of the column; NaN if dropped          */
    double *se;           /* [p] standard error; NaN if dropped                                 */
    double *vcov;         /* [p*p] inverse information; dropped rows and columns NaN            */
    double *mean;         /* [p] weighted mean; 0 for columns of only -1, 0 and 1 (R's rule)    */
    unsigned char *flag;  /* [p] sv_cox_flag bits                                               */
    size_t rank;          /* of the information at coef = 0: degrees of freedom of the tests    */
    double loglik0, loglik;      /* at coef = 0 and at the end                                  */
    double lrt, score, wald;     /* likelihood ratio, score (at 0) and Wald chi-square          */
    double lrt_p, score_p, wald_p;
    int iter;             /* Newton steps taken                                                 */
    bool converged;       /* false: max_iter ran out, the numbers are those of the last step    */
    bool overfit;         /* p >= n_event: the fit is likely to mean nothing                    */
} sv_cox;

/* Fit. x: one row a row of s, any layout (sv_matrix_rowmajor, sv_matrix_colmajor).
 * out owns its arrays on success; free with sv_cox_free. Untouched on failure.
 * Fails: as sv_surv_check and sv_matrix_check; SV_ETOOSMALL (fewer than 2 rows); SV_ENOEVENT;
 * SV_ELIMIT (columns, or rows x columns); SV_EINVAL (options); SV_ENUMERIC (sums of a column or
 * the likelihood overflow); SV_ENOMEM. Not reaching convergence is not a failure: see converged. */
SV_CHECKED int sv_cox_fit(sv_cox *out, const sv_matrix *x, const sv_surv *s,
                          const sv_cox_opts *opts, sv_error *err);
void sv_cox_free(sv_cox *fit);

/* out[i] = sum over the columns j not dropped of coef[j] * x(i, j), uncentred: the predictor
 * whose zero is x = 0, which is what sv_baseline_fit and a stored model want. Fails: SV_EINVAL,
 * SV_EDATA; out is then filled with NaN. */
SV_CHECKED int sv_cox_predict(double *out, const sv_cox *fit, const sv_matrix *x, sv_error *err);

/* mean'coef: subtract it from a predictor to centre it, as R's predict(type = "lp") does. */
double sv_cox_centre(const sv_cox *fit);

/* Wald interval of the hazard ratio of column j at `level` (0.95): out[0] lower, out[1] upper;
 * NaN if the column was dropped. */
void sv_cox_hazard_ratio_ci(double out[2], const sv_cox *fit, size_t j, double level);

#ifdef __cplusplus
}
#endif
#endif
