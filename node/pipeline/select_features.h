/* pipeline/select_features.h - which of many features go into a model: those that others repeat are left
 * out, then the LASSO chooses (Cox, cross-validated). */
#ifndef PN_PIPELINE_SELECT_FEATURES_H
#define PN_PIPELINE_SELECT_FEATURES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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
    void (*progress)(void *context, size_t done, size_t all);   /* after each fold; or NULL          */
    void *progress_context;
} pn_selection_opts;

typedef struct pn_selection {
    size_t *chosen; size_t n;      /* columns of the data, ascending; owned                         */
    size_t redundant;              /* how many were left out before                                 */
    double lambda;
} pn_selection;

/* Fails: PN_EINVAL where nothing is chosen (the message says what to try), where a fold's remainder has no
 * event, and for options; PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_select_features(pn_selection *out, const pn_train_data *d, const pn_selection_opts *opts,
                                  pn_error *err);
void pn_selection_free(pn_selection *s);       /* NULL and a zeroed struct are fine */

/* Keep only the chosen columns. */
void pn_train_data_keep(pn_train_data *d, const pn_selection *s);

#ifdef __cplusplus
}
#endif
#endif
