/* grow.h - growing one tree from rows of a matrix: what classification trees and forests have in common.
 *
 * The columns are put in order once. A node's rows are then had in the order of a column by going through that
 * order, or by sorting where the node holds but few of all rows. What makes a split good is the caller's rule. */
#ifndef SV_GROW_H
#define SV_GROW_H

#include <stdint.h>

#include <survival/rng.h>
#include <survival/tree.h>

#include "sort.h"

#define SV_GROW_MAX_DEPTH 60

typedef struct sv_columns {
    size_t n, p;
    double *v;                    /* [p][n]                                                       */
    uint32_t *order;              /* [p][n] rows of each column, rising                           */
    uint32_t *rank;               /* [p][n] of each row's value among the distinct ones           */
} sv_columns;

/* Fails: SV_ELIMIT (too many rows, or cells), SV_ENOMEM. */
SV_CHECKED int sv_columns_of(sv_columns *out, const sv_matrix *x, sv_error *err);
void sv_columns_free(sv_columns *c);

typedef struct sv_rule {
    void *state;
    /* A node's rows (a row may stand there several times): fill node->errors, prepare for scan. false: leave
     * the node as it is. */
    bool (*open)(void *state, sv_tree_node *node, const uint32_t *row, size_t n);
    /* The rows in order of a column, by the ranks of their values; a split lies behind sorted[i] where i + 1 >= least, n - i - 1 >= least and
     * sorted[i].key < sorted[i + 1].key. If the best of them is better than *gain (from 0 on): *after = i,
     * its gain, true. */
    bool (*scan)(void *state, size_t *after, double *gain, const sv_keyed *sorted, size_t n, size_t least);
} sv_rule;

typedef struct sv_grower {
    const sv_columns *columns;
    const sv_rule *rule;
    size_t min_split, min_leaf, max_depth;
    size_t tries;                 /* columns looked at for a split, drawn anew for each node; more while
                                     none of them can split it                                    */
    sv_rng *rng;                  /* draws them; NULL: all, in their order                        */
    size_t rows;
    uint32_t *row;                /* [rows] in: the rows, with repeats; out: those of a node together */
    size_t nodes;                 /* out                                                          */
    sv_tree_node *node;           /* [2 rows] out: the root first, children behind their parents  */
    size_t *from;                 /* [2 rows] out: where each node's rows begin                   */
    uint32_t *column, *copies, *moved;        /* scratch: [p], [n], [rows]                        */
    sv_keyed *sorted;             /* [2 rows]                                                     */
} sv_grower;

/* Room for `rows` rows; the caller sets the rest, and row before each tree. Fails: SV_ENOMEM (free as well). */
SV_CHECKED int sv_grower_init(sv_grower *g, const sv_columns *c, size_t rows, sv_error *err);
void sv_grower_free(sv_grower *g);

void sv_grow(sv_grower *g);

/* The leaf of a row of the columns, and of a row whose value in one column is another. */
size_t sv_leaf_of(const sv_tree_node *node, const sv_columns *c, size_t row);
size_t sv_leaf_with(const sv_tree_node *node, const sv_columns *c, size_t row, size_t column, double value);

/* The leaf of a row of any matrix. */
size_t sv_leaf_at(const sv_tree_node *node, const sv_matrix *x, size_t row);

#endif
