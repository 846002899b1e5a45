/* learner_work.h - what a method is to learner.c. */
#ifndef SV_LEARNER_WORK_H
#define SV_LEARNER_WORK_H

#include <survival/classify.h>
#include <survival/elm.h>
#include <survival/forest.h>
#include <survival/learner.h>
#include <survival/svm.h>
#include <survival/tree.h>

struct sv_fitted {
    sv_learner how;
    size_t p;
    double *centre, *factor;      /* [p] z = (x - centre) factor; factor 0 where x was constant; NULL: z = x */
    size_t labels;
    int *label;                   /* [labels] rising; NULL for survival                                      */
    union {
        struct { size_t n; sv_elm *net; } elm;
        struct { sv_svm machine; sv_platt sigmoid; } svm;
        sv_knn knn;
        sv_bayes bayes;
        sv_tree tree;
        sv_forest forest;
        sv_survival_forest survival_forest;
        struct { double *coef, intercept; } linear;       /* of z */
    } model;
};

/* Functions get z, checked and with the fitted columns. A fit that fails may leave model half-made: free is
 * called then as well. */
typedef struct sv_method_ops {
    const char *name;
    bool survival, many_labels, scaled;
    double cut;                   /* sv_fitted_cut                                                */
    const sv_param *param;
    size_t params;
    int (*fit)(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err);
    /* One of these: a score, or shares whose last is the score of labels 0 and 1. */
    int (*score)(double *score, const sv_fitted *f, const sv_matrix *z, sv_error *err);
    int (*shares)(double *share, const sv_fitted *f, const sv_matrix *z, sv_error *err);
    /* Of a score method: the probability of label 1 at a score; NULL: none. */
    double (*probability)(const sv_fitted *f, double score);
    bool (*calibrated)(const sv_learner *l);      /* only where it says so; NULL: always           */
    /* Coefficients of z, lent, and their intercept; NULL where it is not linear, or for no method.  */
    const double *(*linear)(double *intercept, const sv_fitted *f);
    void (*free)(sv_fitted *f);
} sv_method_ops;

extern const sv_method_ops sv_ops_elm, sv_ops_svm, sv_ops_knn, sv_ops_bayes, sv_ops_tree, sv_ops_forest, sv_ops_survival_forest;
extern const sv_method_ops sv_ops_logistic, sv_ops_lasso_logistic, sv_ops_cox, sv_ops_ridge_cox, sv_ops_lasso_cox;

#define SV_PARAMS(list) .param = (list), .params = sizeof(list) / sizeof *(list)

static inline size_t sv_whole(double v) { return (size_t)(v + 0.5); }

#endif
