/* tree.c - classification trees. */
#include <survival/tree.h>

#include <math.h>
#include <string.h>

#include "classes.h"
#include "mem.h"
#include "sort.h"

#define MAX_DEPTH 60

void sv_tree_free(sv_tree *t)
{
    if (t == NULL) { return; }
    free(t->label);
    free(t->node);
    free(t->share);
    *t = (sv_tree){ 0 };
}

typedef struct grower {
    const sv_matrix *x;
    const sv_tree_opts *o;
    const uint32_t *class_of;
    size_t classes, nodes;
    sv_tree_node *node;           /* room for 2 rows - 1                                          */
    uint32_t *row, *order;        /* rows by node; scratch                                        */
    double *key, *count, *left;   /* [rows], [classes], [classes]                                 */
} grower;

typedef struct split { size_t column; double threshold, gain; } split;

/* Between two values; the lower one where they are neighbouring numbers. */
static double midpoint(double lower, double upper)
{
    double m = lower / 2 + upper / 2;
    return m >= upper || m < lower ? lower : m;
}

static void count_classes(double *count, const grower *g, size_t from, size_t to)
{
    memset(count, 0, g->classes * sizeof *count);
    for (size_t i = from; i < to; i++) { count[g->class_of[g->row[i]]]++; }
}

/* Sum of squared counts over the rows: the larger, the purer. */
static double purity(const double *count, size_t classes, double n)
{
    double sum = 0;
    for (size_t c = 0; c < classes; c++) { sum += count[c] * count[c]; }
    return sum / n;
}

/* The best split of one column, if better than what there is. g->count holds the node's classes. */
static int try_column(split *best, grower *g, size_t col, size_t from, size_t to, sv_error *err)
{
    size_t n = to - from;
    for (size_t i = 0; i < n; i++) { g->key[i] = sv_at(g->x, g->row[from + i], col); }
    int rc = sv_sort_rows(g->order, g->key, n, err);
    if (rc != SV_OK) { return rc; }
    double whole = purity(g->count, g->classes, (double)n), left_squares = 0, right_squares = whole * (double)n;
    memset(g->left, 0, g->classes * sizeof *g->left);
    for (size_t i = 0; i + 1 < n; i++) {
        size_t c = g->class_of[g->row[from + g->order[i]]];
        double right = g->count[c] - g->left[c];
        left_squares += 2 * g->left[c] + 1;
        right_squares -= 2 * right - 1;
        g->left[c]++;
        double here = g->key[g->order[i]], next = g->key[g->order[i + 1]];
        if (!(here < next) || i + 1 < g->o->min_leaf || n - i - 1 < g->o->min_leaf) { continue; }
        double gain = left_squares / (double)(i + 1) + right_squares / (double)(n - i - 1) - whole;
        if (gain > best->gain + 1e-10 * (double)n) { *best = (split){ col, midpoint(here, next), gain }; }
    }
    return SV_OK;
}

/* Rows that stay below come first; returns where those above begin. */
static size_t part(grower *g, const split *s, size_t from, size_t to)
{
    size_t below = from, above = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t r = g->row[i];
        if (sv_at(g->x, r, s->column) > s->threshold) { g->order[above++] = r; } else { g->row[below++] = r; }
    }
    memcpy(g->row + below, g->order, above * sizeof *g->row);
    return below;
}

/* Node `at` of the rows from..to, and all below it. */
static int grow(grower *g, size_t at, size_t from, size_t to, size_t depth, sv_error *err)
{
    size_t n = to - from;
    double most = 0;
    count_classes(g->count, g, from, to);
    for (size_t c = 0; c < g->classes; c++) { most = fmax(most, g->count[c]); }
    g->node[at] = (sv_tree_node){ .column = SV_TREE_LEAF, .rows = n, .errors = n - (size_t)most };
    if (g->node[at].errors == 0 || n < g->o->min_split || n < 2 || depth >= g->o->max_depth) { return SV_OK; }
    split best = { .column = SV_TREE_LEAF };
    for (size_t j = 0; j < g->x->cols; j++) {
        int rc = try_column(&best, g, j, from, to, err);
        if (rc != SV_OK) { return rc; }
    }
    if (best.column == SV_TREE_LEAF) { return SV_OK; }
    size_t middle = part(g, &best, from, to), below = g->nodes, above = g->nodes + 1;
    g->nodes += 2;
    g->node[at].column = best.column;
    g->node[at].threshold = best.threshold;
    g->node[at].below = below;
    g->node[at].above = above;
    int rc = grow(g, below, from, middle, depth + 1, err);
    return rc == SV_OK ? grow(g, above, middle, to, depth + 1, err) : rc;
}

/* The smallest subtree of least cost at `price` errors a leaf: children lie behind their parents. */
static void prune(sv_tree_node *node, double *cost, size_t nodes, double price)
{
    for (size_t k = nodes; k-- > 0;) {
        double alone = (double)node[k].errors + price;
        cost[k] = alone;
        if (node[k].column == SV_TREE_LEAF) { continue; }
        double both = cost[node[k].below] + cost[node[k].above];
        if (alone <= both * (1 + 1e-12)) { node[k].column = SV_TREE_LEAF; } else { cost[k] = both; }
    }
}

/* What is left of the tree, without gaps. Returns the node's place. */
static size_t copy(sv_tree *t, const sv_tree_node *node, size_t from)
{
    size_t at = t->nodes++;
    t->node[at] = node[from];
    if (node[from].column == SV_TREE_LEAF) {
        t->node[at].below = t->node[at].above = 0;
        return at;
    }
    size_t below = copy(t, node, node[from].below), above = copy(t, node, node[from].above);
    t->node[at].below = below;
    t->node[at].above = above;
    return at;
}

static void fill_shares(sv_tree *t, const sv_matrix *x, const uint32_t *class_of)
{
    for (size_t i = 0; i < x->rows; i++) {
        for (size_t k = 0;;) {
            const sv_tree_node *n = &t->node[k];
            t->share[k * t->classes + class_of[i]] += 1 / (double)n->rows;
            if (n->column == SV_TREE_LEAF) { break; }
            k = sv_at(x, i, n->column) > n->threshold ? n->above : n->below;
        }
    }
}

static int build(sv_tree *t, grower *g, sv_error *err)
{
    size_t n = g->x->rows;
    for (size_t i = 0; i < n; i++) { g->row[i] = (uint32_t)i; }
    g->nodes = 1;
    int rc = grow(g, 0, 0, n, 0, err);
    if (rc != SV_OK) { return rc; }
    double *cost = SV_NEW(double, g->nodes);
    t->node = SV_NEW(sv_tree_node, g->nodes);
    t->share = g->nodes > SIZE_MAX / t->classes ? NULL : SV_NEW(double, g->nodes * t->classes);
    if (cost == NULL || t->node == NULL || t->share == NULL) {
        rc = sv_no_memory(err, "a tree");
    } else {
        prune(g->node, cost, g->nodes, g->o->cp * (double)g->node[0].errors);
        (void)copy(t, g->node, 0);
        fill_shares(t, g->x, g->class_of);
    }
    free(cost);
    return rc;
}

static int check(const sv_tree_opts *o, sv_error *err)
{
    if (o->min_leaf < 1) { return sv_fail(err, SV_EINVAL, "min_leaf is 0, expected at least 1"); }
    if (o->max_depth > MAX_DEPTH) {
        return sv_fail(err, SV_EINVAL, "max_depth is %zu, expected at most %d", o->max_depth, MAX_DEPTH);
    }
    if (!(o->cp >= 0 && isfinite(o->cp))) { return sv_fail(err, SV_EINVAL, "cp is %g, expected at least 0", o->cp); }
    return SV_OK;
}

int sv_tree_fit(sv_tree *out, const sv_matrix *x, const int *label, const sv_tree_opts *opts, sv_error *err)
{
    int rc = check(opts, err);
    if (rc == SV_OK) { rc = sv_matrix_check(x, x->rows, NULL, err); }
    if (rc != SV_OK) { return rc; }
    if (x->rows < 2 || x->rows > SV_MAX_ROWS) {
        return sv_fail(err, x->rows < 2 ? SV_ETOOSMALL : SV_ELIMIT, "%zu rows, expected 2 to %zu", x->rows, SV_MAX_ROWS);
    }
    size_t n = x->rows;
    sv_tree t = { .p = x->cols };
    uint32_t *class_of = NULL;
    rc = sv_classes_of(&class_of, &t.label, &t.classes, label, n, err);
    if (rc == SV_OK) {
        grower g = { .x = x, .o = opts, .class_of = class_of, .classes = t.classes, .node = SV_NEW(sv_tree_node, 2 * n),
                     .row = SV_NEW(uint32_t, n), .order = SV_NEW(uint32_t, n), .key = SV_NEW(double, n),
                     .count = SV_NEW(double, t.classes), .left = SV_NEW(double, t.classes) };
        bool room = g.node && g.row && g.order && g.key && g.count && g.left;
        rc = room ? build(&t, &g, err) : sv_no_memory(err, "a tree");
        free(g.node);
        free(g.row);
        free(g.order);
        free(g.key);
        free(g.count);
        free(g.left);
    }
    free(class_of);
    if (rc == SV_OK) { *out = t; } else { sv_tree_free(&t); }
    return rc;
}

int sv_tree_predict(double *share, const sv_tree *t, const sv_matrix *x, sv_error *err)
{
    if (x->cols != t->p) { return sv_fail(err, SV_EINVAL, "%zu columns, the tree was fitted on %zu", x->cols, t->p); }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        size_t k = 0;
        while (t->node[k].column != SV_TREE_LEAF) {
            k = sv_at(x, i, t->node[k].column) > t->node[k].threshold ? t->node[k].above : t->node[k].below;
        }
        memcpy(share + i * t->classes, t->share + k * t->classes, t->classes * sizeof *share);
    }
    return rc;
}
