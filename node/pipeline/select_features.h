/* pipeline/select_features.h - which of many features go into a model: those that others repeat are left
 * out, then the LASSO chooses (cross-validated). */
#ifndef PN_PIPELINE_SELECT_FEATURES_H
#define PN_PIPELINE_SELECT_FEATURES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <survival/penalised.h>
#include <survival/surv.h>
#include "base/error.h"
#include "pipeline/train_data.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_selection_opts {
    double redundancy;             /* of two with a larger |Spearman| one goes; 1: all stay         */
    size_t folds;                  /* 3 or more; events are spread evenly over them                 */
    bool one_se;                   /* the sparsest model within one standard error of the best: it is
                                      often empty; else the best                                    */
    uint64_t seed;                 /* of the folds                                                  */
    double alpha;                  /* 1: LASSO; below, above 0: elastic net                         */
    double smallest;               /* last lambda of the path, as a share of the first; 0: 0.0001, or 0.01 where
                                      there are more columns than rows                              */
    const size_t *patient;         /* [rows] whom a row belongs to, equal ones side by side: they share a
                                      fold; NULL: each row is another patient                       */
    void (*progress)(void *context, size_t done, size_t all);   /* after each fold; or NULL          */
    void *progress_context;
    bool keep_path;                /* whether the result holds the path and its cross-validation    */
} pn_selection_opts;

/* The way from the empty model to the full one. */
typedef struct pn_selection_path {
    sv_path fits;                  /* coefficients for one standard deviation of each column        */
    sv_cv cv;
    size_t *column;                /* [fits.p] of the data                                          */
    size_t at;                     /* the fit that was chosen                                       */
} pn_selection_path;

typedef struct pn_selection {
    size_t *chosen; size_t n;      /* columns of the data, ascending; owned                         */
    double *coef;                  /* [n] of the penalised regression, for a unit of the column     */
    size_t redundant;              /* how many were left out before                                 */
    double lambda;
    pn_selection_path *path;       /* with keep_path, else NULL; owned                              */
} pn_selection;

/* Fails: PN_EINVAL where nothing is chosen (the message says what to try), where a fold's remainder has no
 * event, and for options; PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_select_features(pn_selection *out, const pn_train_data *d, const pn_selection_opts *opts,
                                  pn_error *err);
void pn_selection_free(pn_selection *s);       /* NULL and a zeroed struct are fine */

/* kept[0..*n): the columns of x of which no two correlate (Spearman) by more than cutoff, ascending; room for all.
 * Fails: PN_EINVAL (a value is not finite), PN_ENOMEM. */
PN_CHECKED int pn_drop_redundant(size_t *kept, size_t *n, const sv_matrix *x, double cutoff, pn_error *err);

/* The columns of x that the LASSO chooses: Cox on s, or, where label is not NULL, logistic on label[i] 0 or 1.
 * None (n is 0) is an answer. redundancy takes no part. Fails: as pn_select_features. */
PN_CHECKED int pn_lasso(pn_selection *out, const sv_matrix *x, const sv_surv *s, const int *label,
                        const pn_selection_opts *opts, pn_error *err);

/* Folds of the rows, events (or labels 1) spread evenly; patients as in the options. Fails: as sv_cv_folds. */
PN_CHECKED int pn_folds(int *fold, const int *event, const size_t *patient, size_t n, size_t folds, uint64_t seed,
                        pn_error *err);

/* Keep only the chosen columns. */
void pn_train_data_keep(pn_train_data *d, const pn_selection *s);

#ifdef __cplusplus
}
#endif
#endif
