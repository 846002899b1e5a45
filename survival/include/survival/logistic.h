/* survival/logistic.h - logistic regression by maximum likelihood, with Wald's tests.
 *
 * Newton's method (iteratively reweighted least squares), as R's glm(family = binomial), to where a
 * further step moves no prediction. Penalised fits: survival/penalised.h. One thread. */
#ifndef SV_LOGISTIC_H
#define SV_LOGISTIC_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_LOGISTIC_MAX_COLUMNS ((size_t)2000)

typedef enum sv_logistic_end {
    SV_LOGISTIC_CONVERGED,
    SV_LOGISTIC_SEPARATED,        /* some rows' labels follow from a sum of the columns without error:
                                     the likelihood has no maximum, coefficients and their standard
                                     errors mean nothing; the ranking of the rows does              */
    SV_LOGISTIC_ITERATIONS,       /* neither within 200 steps                                       */
} sv_logistic_end;

/* Entry 0 is the intercept, entry 1 + j column j. */
typedef struct sv_logistic {
    size_t n, p;
    double *coef;                 /* [1 + p]; NaN: the column is constant or follows from those before it */
    double *se, *z, *pvalue;      /* [1 + p] Wald; NaN there as well                              */
    double *covariance;           /* [1 + p][1 + p]; 0 there                                      */
    double deviance, null_deviance, aic;
    size_t rank, iterations;
    sv_logistic_end end;
} sv_logistic;

void sv_logistic_free(sv_logistic *f);    /* NULL-safe; leaves *f empty */

/* label: 0 or 1. names: the columns', for messages only, or NULL. *out belongs to the caller
 * (sv_logistic_free). Fails, *out untouched: as sv_matrix_check; SV_EDATA (a label that is neither 0
 * nor 1; all labels alike); SV_ETOOSMALL (not more rows than columns and intercept); SV_ELIMIT;
 * SV_ENOMEM. */
SV_CHECKED int sv_logistic_fit(sv_logistic *out, const sv_matrix *x, const int *label, const char *const *names,
                               sv_error *err);

/* out[row]: probability of label 1; columns without a coefficient are passed over. Fails, out
 * untouched: as sv_matrix_check; SV_EINVAL (another number of columns than fitted). */
SV_CHECKED int sv_logistic_predict(double *out, const sv_logistic *f, const sv_matrix *x, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
