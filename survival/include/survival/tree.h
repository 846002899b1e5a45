/* survival/tree.h - classification trees (CART).
 *
 * Breiman, Friedman, Olshen & Stone 1984: splits of one column by the largest fall of Gini's index,
 * then the smallest subtree of least cost, errors + cp x errors of the root x leaves. The same rules
 * as R's rpart without surrogates and cross-validation. One thread, no shared state. */
#ifndef SV_TREE_H
#define SV_TREE_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_tree_opts {
    size_t min_split;             /* rows a node needs to be split                                */
    size_t min_leaf;              /* rows that either side must keep, >= 1                        */
    size_t max_depth;             /* 0: the root alone; at most 60                                */
    double cp;                    /* >= 0: cost of a leaf in errors of the root; 0: no pruning but
                                     of splits that save no error                                 */
} sv_tree_opts;
#define SV_TREE_OPTS_INIT { .min_split = 20, .min_leaf = 7, .max_depth = 30, .cp = 0.01 }

#define SV_TREE_LEAF SIZE_MAX

/* A row goes to `above` where its value in `column` exceeds threshold, else to `below`. */
typedef struct sv_tree_node {
    size_t column;                /* SV_TREE_LEAF: no split                                       */
    double threshold;             /* midway between neighbouring values                           */
    size_t below, above;          /* nodes, both behind this one                                  */
    size_t rows, errors;          /* training rows, and those not of its commonest label          */
} sv_tree_node;

typedef struct sv_tree {
    size_t p, classes, nodes;
    int *label;                   /* [classes] rising                                             */
    sv_tree_node *node;           /* [nodes], the root first                                      */
    double *share;                /* [nodes][classes] of the node's training rows                 */
} sv_tree;

void sv_tree_free(sv_tree *t);    /* NULL-safe; leaves *t empty */

/* label: any codes. Of equally good splits the first column's lowest is taken. *out belongs to the
 * caller (sv_tree_free). Fails, *out untouched: as sv_matrix_check; SV_EINVAL (an option); SV_EDATA
 * (fewer than 2 labels); SV_ETOOSMALL (fewer than 2 rows); SV_ELIMIT (more than 1000 labels);
 * SV_ENOMEM. */
SV_CHECKED int sv_tree_fit(sv_tree *out, const sv_matrix *x, const int *label, const sv_tree_opts *opts, sv_error *err);

/* share[row * classes + c] of the leaf that each row falls into. Fails, share untouched: as
 * sv_matrix_check; SV_EINVAL (another number of columns than fitted). */
SV_CHECKED int sv_tree_predict(double *share, const sv_tree *t, const sv_matrix *x, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
