/* grow.c - growing one tree. */
#include "grow.h"

#include <string.h>

#include "mem.h"
#include "num.h"

/* Below this share of all rows, sorting a node's is quicker than going through the column's order. */
#define FEW 8

void sv_columns_free(sv_columns *c)
{
    free(c->v);
    free(c->order);
    free(c->rank);
    *c = (sv_columns){ 0 };
}

int sv_columns_of(sv_columns *out, const sv_matrix *x, sv_error *err)
{
    if (x->rows > SV_MAX_ROWS || (x->cols > 0 && x->rows > PTRDIFF_MAX / sizeof(double) / x->cols)) {
        return sv_fail(err, SV_ELIMIT, "%zu rows and %zu columns, at most %zu rows are accepted", x->rows, x->cols, SV_MAX_ROWS);
    }
    sv_columns c = { x->rows, x->cols, SV_NEW(double, x->rows * x->cols), SV_NEW(uint32_t, x->rows * x->cols),
                     SV_NEW(uint32_t, x->rows * x->cols) };
    int rc = c.v && c.order && c.rank ? SV_OK : sv_no_memory(err, "columns in order");
    for (size_t j = 0; rc == SV_OK && j < c.p; j++) {
        double *v = c.v + j * c.n;
        uint32_t *order = c.order + j * c.n, *rank = c.rank + j * c.n;
        for (size_t i = 0; i < c.n; i++) { v[i] = sv_at(x, i, j); }
        rc = sv_sort_rows(order, v, c.n, err);
        for (size_t k = 1; rc == SV_OK && k < c.n; k++) { rank[order[k]] = rank[order[k - 1]] + (v[order[k]] > v[order[k - 1]]); }
    }
    if (rc == SV_OK) { *out = c; } else { sv_columns_free(&c); }
    return rc;
}

int sv_grower_init(sv_grower *g, const sv_columns *c, size_t rows, sv_error *err)
{
    *g = (sv_grower){ .columns = c, .rows = rows, .row = SV_NEW(uint32_t, rows), .node = SV_NEW(sv_tree_node, 2 * rows),
                      .from = SV_NEW(size_t, 2 * rows), .column = SV_NEW(uint32_t, c->p),
                      .copies = SV_NEW(uint32_t, c->n), .moved = SV_NEW(uint32_t, rows),
                      .sorted = SV_NEW(sv_keyed, 2 * rows) };
    if (g->row && g->node && g->from && g->column && g->copies && g->moved && g->sorted) { return SV_OK; }
    return sv_no_memory(err, "growing a tree");
}

void sv_grower_free(sv_grower *g)
{
    free(g->row);
    free(g->node);
    free(g->from);
    free(g->column);
    free(g->copies);
    free(g->moved);
    free(g->sorted);
}

static bool is_small(const sv_grower *g, size_t n) { return n < g->columns->n / FEW; }

/* The node's rows in order of a column. */
static const sv_keyed *in_order(sv_grower *g, size_t col, const uint32_t *row, size_t n)
{
    const uint32_t *rank = g->columns->rank + col * g->columns->n;
    if (is_small(g, n)) {
        for (size_t i = 0; i < n; i++) { g->sorted[i] = (sv_keyed){ rank[row[i]], row[i] }; }
        return sv_sort_keyed(g->sorted, g->sorted + n, n);
    }
    const uint32_t *order = g->columns->order + col * g->columns->n;
    for (size_t at = 0, k = 0; at < n; k++) {
        uint32_t r = order[k];
        for (uint32_t copy = g->copies[r]; copy > 0; copy--) { g->sorted[at++] = (sv_keyed){ rank[r], r }; }
    }
    return g->sorted;
}

typedef struct split { size_t column; double threshold, gain; } split;

static split best_split(sv_grower *g, const uint32_t *row, size_t n)
{
    split best = { .column = SV_TREE_LEAF };
    size_t p = g->columns->p;
    bool counted = !is_small(g, n);
    for (size_t i = 0; counted && i < n; i++) { g->copies[row[i]]++; }
    for (size_t k = 0; k < p && (k < g->tries || best.column == SV_TREE_LEAF); k++) {
        if (g->rng != NULL) {
            size_t other = k + (size_t)sv_rng_below(g->rng, p - k);
            uint32_t swap = g->column[k];
            g->column[k] = g->column[other];
            g->column[other] = swap;
        }
        size_t after = 0, col = g->column[k];
        const sv_keyed *sorted = in_order(g, col, row, n);
        if (!(sorted[0].key < sorted[n - 1].key)) { continue; }
        if (!g->rule->scan(g->rule->state, &after, &best.gain, sorted, n, g->min_leaf)) { continue; }
        best.column = col;
        const double *v = g->columns->v + col * g->columns->n;
        best.threshold = sv_midpoint(v[sorted[after].row], v[sorted[after + 1].row]);
    }
    for (size_t i = 0; counted && i < n; i++) { g->copies[row[i]] = 0; }
    return best;
}

/* Rows that stay below come first; returns how many they are. */
static size_t part(sv_grower *g, const split *s, uint32_t *row, size_t n)
{
    const double *v = g->columns->v + s->column * g->columns->n;
    size_t below = 0, above = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t r = row[i];
        if (v[r] > s->threshold) { g->moved[above++] = r; } else { row[below++] = r; }
    }
    memcpy(row + below, g->moved, above * sizeof *row);
    return below;
}

/* Node `at` of the n rows from `from` on, and all below it. */
static void grow(sv_grower *g, size_t at, size_t from, size_t n, size_t depth)
{
    uint32_t *row = g->row + from;
    sv_tree_node *node = &g->node[at];
    *node = (sv_tree_node){ .column = SV_TREE_LEAF, .rows = n };
    g->from[at] = from;
    bool open = g->rule->open(g->rule->state, node, row, n);
    if (!open || n < g->min_split || n < 2 * g->min_leaf || depth >= g->max_depth) { return; }
    split best = best_split(g, row, n);
    if (best.column == SV_TREE_LEAF) { return; }
    size_t below = part(g, &best, row, n);
    node->column = best.column;
    node->threshold = best.threshold;
    node->below = g->nodes++;
    node->above = g->nodes++;
    grow(g, node->below, from, below, depth + 1);
    grow(g, node->above, from + below, n - below, depth + 1);
}

void sv_grow(sv_grower *g)
{
    for (size_t j = 0; j < g->columns->p; j++) { g->column[j] = (uint32_t)j; }
    g->nodes = 1;
    grow(g, 0, 0, g->rows, 0);
}

size_t sv_leaf_of(const sv_tree_node *node, const sv_columns *c, size_t row)
{
    size_t k = 0;
    while (node[k].column != SV_TREE_LEAF) {
        k = c->v[node[k].column * c->n + row] > node[k].threshold ? node[k].above : node[k].below;
    }
    return k;
}

size_t sv_leaf_with(const sv_tree_node *node, const sv_columns *c, size_t row, size_t column, double value)
{
    size_t k = 0;
    while (node[k].column != SV_TREE_LEAF) {
        double v = node[k].column == column ? value : c->v[node[k].column * c->n + row];
        k = v > node[k].threshold ? node[k].above : node[k].below;
    }
    return k;
}

size_t sv_leaf_at(const sv_tree_node *node, const sv_matrix *x, size_t row)
{
    size_t k = 0;
    while (node[k].column != SV_TREE_LEAF) {
        k = sv_at(x, row, node[k].column) > node[k].threshold ? node[k].above : node[k].below;
    }
    return k;
}
