/* gini.h - splits by the largest fall of Gini's index (Breiman, Friedman, Olshen & Stone 1984). */
#ifndef SV_GINI_H
#define SV_GINI_H

#include "grow.h"

typedef struct sv_gini {
    const uint32_t *class_of;     /* [n]                                                          */
    size_t classes;
    double *count, *left;         /* [classes] of the node; of the rows before the split          */
} sv_gini;

/* Fails: SV_ENOMEM (free as well). */
SV_CHECKED int sv_gini_init(sv_gini *s, const uint32_t *class_of, size_t classes, sv_error *err);
void sv_gini_free(sv_gini *s);

/* errors: rows not of the node's commonest class. Of equally good splits the first is kept. */
sv_rule sv_gini_rule(sv_gini *s);

/* share[classes] of the classes among rows. */
void sv_class_shares(double *share, const uint32_t *class_of, size_t classes, const uint32_t *row, size_t n);

/* What was grown, pruned by cp (below 0: not at all), with the shares of its nodes; t->classes is set, node and share
 * are made here and belong to t. Fails: SV_ENOMEM. */
SV_CHECKED int sv_tree_take(sv_tree *t, const sv_grower *g, const uint32_t *class_of, double cp, sv_error *err);

#endif
