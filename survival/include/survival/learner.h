/* survival/learner.h - one way to fit, and to ask, any of the models that predict an outcome from columns.
 *
 * A learner is a method with its settings, which have names and ranges so that a file can give them and
 * survival/tune.h can search them. Fitting sees the training rows alone: their means and standard deviations
 * scale the columns of later rows as well (a column that is constant in training counts as 0 for ever); trees
 * and forests take columns as they are. The same rows, settings and seed give the same model. Methods
 * themselves: survival/elm.h, svm.h, classify.h, tree.h, forest.h, logistic.h, penalised.h, cox.h,
 * cox_variants.h. One thread. */
#ifndef SV_LEARNER_H
#define SV_LEARNER_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sv_method {
    /* of labels */
    SV_METHOD_ELM,                /* "elm": committee of extreme learning machines                */
    SV_METHOD_SVM,                /* "svm"                                                        */
    SV_METHOD_KNN,                /* "knn": nearest neighbours                                    */
    SV_METHOD_BAYES,              /* "naive_bayes"                                                */
    SV_METHOD_TREE,               /* "tree"                                                       */
    SV_METHOD_FOREST,             /* "forest": random forest                                      */
    SV_METHOD_LOGISTIC,           /* "logistic"                                                   */
    SV_METHOD_LASSO_LOGISTIC,     /* "lasso_logistic": elastic net                                */
    /* of follow-up */
    SV_METHOD_COX,                /* "cox"                                                        */
    SV_METHOD_RIDGE_COX,          /* "ridge_cox"                                                  */
    SV_METHOD_LASSO_COX,          /* "lasso_cox": elastic net                                     */
    SV_METHOD_SURVIVAL_FOREST,    /* "survival_forest"                                            */
    SV_METHODS
} sv_method;

/* A setting of a method. */
typedef struct sv_param {
    const char *name;
    double low, high, usual;      /* allowed range, ends included; what it is where nobody says   */
    bool whole;                   /* whole numbers only                                           */
    const char *const *choice;    /* names of the values 0, 1, ...; NULL: a number                */
    const char *meaning;          /* one line                                                     */
} sv_param;

const char *sv_method_name(sv_method m);                      /* as in files                          */
bool sv_method_by_name(sv_method *out, const char *name);     /* false: no such method                */
bool sv_method_survival(sv_method m);                         /* of follow-up, else of labels         */
bool sv_method_many_labels(sv_method m);                      /* of any labels; else of 0 and 1 only  */
const sv_param *sv_method_params(sv_method m, size_t *n);     /* lent for ever                        */

#define SV_LEARNER_MAX_PARAMS 6

typedef struct sv_learner {
    sv_method method;
    uint64_t seed;                /* of what is drawn: networks, folds, bootstrap samples         */
    double value[SV_LEARNER_MAX_PARAMS];      /* of sv_method_params, in its order                 */
} sv_learner;

/* With its usual settings and a seed of 1. */
sv_learner sv_learner_of(sv_method m);

/* Fails, *l as it was: SV_EINVAL (no such setting or choice, a value outside its range; says which are). */
SV_CHECKED int sv_learner_set(sv_learner *l, const char *name, double value, sv_error *err);
SV_CHECKED int sv_learner_choose(sv_learner *l, const char *name, const char *choice, sv_error *err);

/* Does the learner, so set, give probabilities of labels (sv_fitted_shares)? */
bool sv_learner_gives_shares(const sv_learner *l);

/* What happened to the rows: label[rows] or surv, as the method asks; the other may be NULL. */
typedef struct sv_outcome {
    const int *label;
    const sv_surv *surv;
} sv_outcome;

/* ---- fitting and asking ---------------------------------------------------------------------- */

typedef struct sv_fitted sv_fitted;

/* *out belongs to the caller (sv_fitted_free). Fails, *out untouched: as sv_matrix_check and the method;
 * SV_EINVAL (a value of l, an outcome that the method needs is NULL). */
SV_CHECKED int sv_learner_fit(sv_fitted **out, const sv_learner *l, const sv_matrix *x, const sv_outcome *y,
                              sv_error *err);
void sv_fitted_free(sv_fitted *f);            /* NULL-safe */

/* score[row]: higher speaks for label 1, or for an earlier event. Scores of two fits need not have the same
 * unit. Fails, score untouched: as sv_matrix_check; SV_EINVAL (another number of columns than fitted; labels
 * other than 0 and 1); SV_ENOMEM. */
SV_CHECKED int sv_fitted_score(double *score, const sv_fitted *f, const sv_matrix *x, sv_error *err);

/* Above it a score predicts label 1; NaN for survival. */
double sv_fitted_cut(const sv_fitted *f);

/* Number of labels, and they, rising, lent; 0 for survival. */
size_t sv_fitted_labels(const int **label, const sv_fitted *f);

/* share[row * labels + c]: probability of label c. Fails, share untouched: as the score; SV_EINVAL where
 * sv_learner_gives_shares says no. */
SV_CHECKED int sv_fitted_shares(double *share, const sv_fitted *f, const sv_matrix *x, sv_error *err);

/* Of the linear methods (linear svm among them): score = *intercept + sum of coef[j] x column j, in the
 * columns' own units; coef[columns], 0 for what is not in the model. Returns false for the others. */
bool sv_fitted_linear(double *coef, double *intercept, const sv_fitted *f);

#ifdef __cplusplus
}
#endif
#endif
