/* survival/penalised.h - LASSO and elastic-net paths of Cox and logistic regression.
 *
 * Minimised, with weights scaled to sum 1 and columns centred and divided by their standard
 * deviation (divisor n):
 *
 *     -loglik(beta) + lambda * sum_j f_j (alpha |beta_j| + (1 - alpha) beta_j^2 / 2)
 *
 * over a falling sequence of lambda, each fit starting from the one before (Simon, Friedman,
 * Hastie, Tibshirani 2011, J Stat Softw 39(5); Tibshirani et al. 2012, J R Stat Soc B 74:245 for
 * the strong rule). Same conventions, and at a tight threshold the same numbers, as glmnet 4.1:
 * Breslow's treatment of ties, coefficients returned on the columns' own scale. Ties between
 * deaths and censorings are exact at any size of the times. One thread, no shared state. */
#ifndef SV_PENALISED_H
#define SV_PENALISED_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_PATH_MAX_LAMBDA ((size_t)1000)
#define SV_PATH_MAX_CELLS ((size_t)1 << 28)   /* rows x columns, and columns x lambdas */

typedef struct sv_path_opts {
    double alpha;               /* 1 LASSO, 0 ridge                                              */
    size_t n_lambda;            /* length of the sequence where lambda is NULL                   */
    double lambda_min_ratio;    /* last / first; 0: 0.01 if rows < columns, else 0.0001          */
    const double *lambda;       /* own sequence of n_lambda values, falling; or NULL             */
    const double *penalty_factor; /* [columns] >= 0, scaled to sum to their number; NULL: all 1   */
    bool standardise;           /* false: columns are centred only                               */
    double threshold;           /* stop where no step can gain more than this share of the null
                                   deviance; 1e-7 is glmnet's                                    */
    size_t max_passes;          /* over the coefficients, in the whole path                      */
    bool stop_early;            /* end the path when it gains nothing more, as glmnet does;
                                   never with an own sequence                                    */
    const char *const *names;   /* one a column, for messages only; or NULL                      */
} sv_path_opts;
#define SV_PATH_OPTS_INIT \
    { .alpha = 1, .n_lambda = 100, .standardise = true, .threshold = 1e-10, \
      .max_passes = 1000000, .stop_early = true }

typedef enum sv_path_end {
    SV_PATH_WHOLE,              /* every lambda asked for                                        */
    SV_PATH_NO_MORE_GAIN,       /* stop_early                                                    */
    SV_PATH_PASSES,             /* max_passes ran out: the lambdas before are right              */
    SV_PATH_DIVERGED,           /* the likelihood could not be raised any more: as above         */
} sv_path_end;

typedef struct sv_path {
    size_t n, p, n_lambda;      /* n_lambda: fits there are                                      */
    double *lambda;             /* [n_lambda]                                                    */
    double *coef;               /* [n_lambda][p], 0 for what is not selected or constant         */
    double *intercept;          /* [n_lambda]; 0 for Cox                                         */
    size_t *n_selected;         /* [n_lambda] coefficients that are not 0                        */
    double *deviance_ratio;     /* [n_lambda] share of the null deviance explained               */
    double null_deviance;       /* 2 (saturated - null log likelihood), in the caller's weights  */
    sv_path_end end;
    size_t passes;
} sv_path;

/* Fit. x: one row a row of s. strata, start times and weights as s has them.
 * out owns its arrays on success; free with sv_path_free; untouched on failure.
 * Fails: as sv_surv_check and sv_matrix_check; SV_ENOEVENT; SV_EINVAL (options, names which);
 * SV_ELIMIT; SV_EDATA (no column varies); SV_ENUMERIC (max_passes or the likelihood gave out at the
 * first lambda); SV_ENOMEM. */
SV_CHECKED int sv_path_cox(sv_path *out, const sv_matrix *x, const sv_surv *s,
                           const sv_path_opts *opts, sv_error *err);

/* Fit. y: 0 or 1 a row of x; weight: > 0, or NULL. Fails also where only one class occurs
 * (SV_EDATA). */
SV_CHECKED int sv_path_logistic(sv_path *out, const sv_matrix *x, const int *y,
                                const double *weight, const sv_path_opts *opts, sv_error *err);
void sv_path_free(sv_path *path);

/* Coefficients at any lambda: linear between the two neighbours of the sequence, constant beyond
 * its ends. coef[p]; *intercept may be NULL. Fails: SV_EINVAL. */
SV_CHECKED int sv_path_at(double *coef, double *intercept, const sv_path *path, double lambda,
                          sv_error *err);

/* ---- Cross-validation ------------------------------------------------------------------------ */

typedef enum sv_cv_measure {
    SV_CV_DEVIANCE,             /* Cox: of the partial likelihood; logistic: binomial            */
    SV_CV_CONCORDANCE,          /* Cox: Harrell's C within each fold                             */
    SV_CV_AUC,                  /* logistic: within each fold                                    */
    SV_CV_MISCLASSIFIED,        /* logistic: at 1/2                                              */
} sv_cv_measure;

typedef struct sv_cv_opts {
    sv_cv_measure measure;
    bool grouped;               /* Cox deviance of a fold: of all rows less that of the others;
                                   false: of the fold alone, which needs about 10 deaths in each */
    bool (*progress)(void *context, size_t done, size_t all);   /* after each fold; false: stop  */
    void *context;
} sv_cv_opts;
#define SV_CV_OPTS_INIT { .measure = SV_CV_DEVIANCE, .grouped = true }

typedef struct sv_cv {
    size_t n_lambda;
    double *lambda;             /* [n_lambda] of the path of all rows                            */
    double *mean, *se;          /* [n_lambda] of the measure over folds; a fold counts by its
                                   events (Cox deviance), else by its weights; one without events or
                                   pairs says nothing and is left out, also of the number of folds
                                   in se (which glmnet counts)                                   */
    size_t best, one_se;        /* into lambda: the largest lambda with the best mean, and the
                                   largest within one se of it; often the empty model            */
} sv_cv;

/* Cross-validate the path of all rows: each fold's path is fitted without it on a sequence of its
 * own and read off at `path`'s lambdas (sv_path_at). fold[i] in 0..folds-1. Nothing of a
 * fold enters its fit. Fails: as the fit; SV_EINVAL (fold codes, a measure of the other family,
 * progress said stop); SV_ENOEVENT (a fold's remainder has none, or no fold can be judged); SV_ETOOSMALL (fewer than 3 folds, an empty fold). */
SV_CHECKED int sv_cv_cox(sv_cv *out, const sv_path *path, const sv_matrix *x, const sv_surv *s,
                         const int *fold, size_t folds, const sv_path_opts *opts,
                         const sv_cv_opts *cv, sv_error *err);
SV_CHECKED int sv_cv_logistic(sv_cv *out, const sv_path *path, const sv_matrix *x, const int *y,
                              const double *weight, const int *fold, size_t folds,
                              const sv_path_opts *opts, const sv_cv_opts *cv, sv_error *err);
void sv_cv_free(sv_cv *cv);

/* fold[n] for `folds` folds of equal size, events (1) spread evenly over them, drawn by `seed`
 * (survival/rng.h). Fails: SV_EINVAL (folds), SV_ENOMEM. */
SV_CHECKED int sv_cv_folds(int *fold, const int *event, size_t n, size_t folds, uint64_t seed,
                           sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
