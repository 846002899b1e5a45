/* bag.h - bootstrap samples, trees grown to them, and what those say of the rows left out: the same for forests of
 * labels and of follow-up. */
#ifndef SV_BAG_H
#define SV_BAG_H

#include <survival/forest.h>

#include "grow.h"

#define SV_IN_BAG UINT32_MAX

/* What a forest is made of. forest: the caller's. */
typedef struct sv_bag_kind {
    void *forest;
    size_t width;                 /* numbers that a leaf says                                     */
    int (*take)(void *forest, size_t tree, const sv_grower *g, sv_error *err);
    const sv_tree_node *(*node)(size_t *nodes, const void *forest, size_t tree);
    const double *(*leaf)(const void *forest, size_t tree, size_t node);       /* [width]          */
    /* Of mean[rows][width], NaN for rows that no tree left out. */
    int (*error)(double *out, const void *forest, const double *mean, sv_error *err);
} sv_bag_kind;

/* Checks options and matrix. */
SV_CHECKED int sv_bag_check(const sv_matrix *x, const sv_forest_opts *o, sv_error *err);

/* Grows o->trees trees, each taken by kind. oob[n][width], error, importance[p] (NULL: not wanted). */
SV_CHECKED int sv_bag_grow(double *oob, double *error, double *importance, const sv_bag_kind *kind,
                           const sv_columns *columns, const sv_rule *rule, const sv_forest_opts *o, sv_error *err);

#endif
