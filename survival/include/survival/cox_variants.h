/* survival/cox_variants.h - Cox models by the exact likelihood of ties, with a ridge or Firth's penalty, and by backward
 * elimination. Same conventions, and on the same data the same numbers, as coxph(ties = "exact"), ridge() of
 * R's survival and stepAIC(direction = "backward") of MASS. */
#ifndef SV_COX_VARIANTS_H
#define SV_COX_VARIANTS_H

#include <survival/cox.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_EXACT_MAX_TIES ((size_t)600)
#define SV_BACKWARD_MAX_COLS ((size_t)200)

/* The discrete-time logistic likelihood (Cox 1972; the sums over all subsets of the risk set by the recursion
 * of Gail, Lubin & Rubinstein 1981, Biometrika 68:703): for times so coarse that most deaths are tied. Strata
 * and start times, but no weights; opts->ties takes no part. Everything in out means what sv_cox_fit says.
 * Takes rows x ties x columns^2 steps a death time.
 * Fails: as sv_cox_fit; SV_EINVAL (weights); SV_ELIMIT (more than SV_EXACT_MAX_TIES deaths at a time); SV_EDATA
 * (a column is constant, a combination of others or separates the events). */
SV_CHECKED int sv_cox_fit_exact(sv_cox *out, const sv_matrix *x, const sv_surv *s, const sv_cox_opts *opts,
                                sv_error *err);

/* log likelihood - theta/2 * sum of coef^2, theta >= 0, the columns in the units given: scale them first, unless
 * their units mean the same. vcov and se are those of the inverse penalised information, loglik is without the
 * penalty; rank, score, wald and their p-values are NaN or 0, since they have no chi-square distribution. *df:
 * effective degrees of freedom, trace(information x vcov); or NULL. With theta > 0 also more columns than rows.
 * Fails: as sv_cox_fit; SV_EINVAL (theta); SV_EDATA (theta 0 and collinear columns); SV_ENUMERIC (no convergence). */
SV_CHECKED int sv_cox_fit_ridge(sv_cox *out, double *df, const sv_matrix *x, const sv_surv *s, double theta,
                                const sv_cox_opts *opts, sv_error *err);

/* Firth's penalty, log likelihood + 1/2 log det information (Firth 1993, Biometrika 80:27; Heinze & Schemper 2001,
 * Biometrics 57:114): takes off most of the bias of few events, and gives finite coefficients where the likelihood is
 * monotone, as where one group has no event at all (SV_COX_INFINITE). Judge its coefficients by the profile of the
 * penalised likelihood, since its se is that of a normal shape which it does not have. */
typedef struct sv_firth {
    sv_cox fit;           /* loglik0, loglik, lrt: penalised; vcov: inverse information at the end; no flags */
    double *lower, *upper;        /* [p] profile limits of the coefficients; infinite: the profile has none */
    double *p_value;      /* [p] penalised likelihood ratio test of each coefficient, 1 degree of freedom    */
} sv_firth;

#define SV_FIRTH_MAX_COLS ((size_t)30)

/* Strata and start times as sv_cox_fit; opts NULL: Efron's ties, 200 steps. level of the limits. out owns its arrays on
 * success; free with sv_firth_free; untouched on failure. Takes about 4 p fits of p columns, times 50 a limit.
 * Fails: as sv_cox_fit; SV_ELIMIT (more than SV_FIRTH_MAX_COLS columns); SV_EINVAL (level); SV_EDATA (a column is
 * constant or a combination of others); SV_ENUMERIC (no convergence). */
SV_CHECKED int sv_cox_fit_firth(sv_firth *out, const sv_matrix *x, const sv_surv *s, double level,
                                const sv_cox_opts *opts, sv_error *err);
void sv_firth_free(sv_firth *f);

/* Each step drops the term whose loss lowers AIC = -2 loglik + 2 df most, until none does. The coefficients of
 * the model left over are too large and their standard errors too small, since the same data chose them: judge
 * such a model on other data, or repeat the choice in each resample. */
typedef struct sv_backward {
    size_t n_steps;
    int *dropped;         /* [n_steps] code of the term                                            */
    double *loglik, *aic; /* [n_steps + 1] of the full model, then after each step                 */
    size_t p;
    bool *kept;           /* [p] columns left                                                      */
} sv_backward;

/* term[x->cols]: the term each column belongs to (the indicators of a factor share one), or NULL: the column's
 * number. out owns its arrays on success; free with sv_backward_free; untouched on failure.
 * Fails: as sv_cox_fit; SV_ELIMIT (more than SV_BACKWARD_MAX_COLS columns). */
SV_CHECKED int sv_cox_backward(sv_backward *out, const sv_matrix *x, const sv_surv *s, const int *term,
                               const sv_cox_opts *opts, sv_error *err);
void sv_backward_free(sv_backward *b);

#ifdef __cplusplus
}
#endif
#endif
