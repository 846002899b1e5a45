/* tree.c - classification trees. */
#include <survival/tree.h>

#include <math.h>
#include <string.h>

#include "classes.h"
#include "gini.h"
#include "mem.h"

void sv_tree_free(sv_tree *t)
{
    if (t == NULL) { return; }
    free(t->label);
    free(t->node);
    free(t->share);
    *t = (sv_tree){ 0 };
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

/* What is left of the tree, without gaps, with the shares of the rows that each node holds. Returns its place. */
static size_t copy(sv_tree *t, const sv_grower *g, const uint32_t *class_of, size_t from)
{
    const sv_tree_node *n = &g->node[from];
    size_t at = t->nodes++;
    t->node[at] = *n;
    sv_class_shares(t->share + at * t->classes, class_of, t->classes, g->row + g->from[from], n->rows);
    if (n->column == SV_TREE_LEAF) {
        t->node[at].below = t->node[at].above = 0;
        return at;
    }
    size_t below = copy(t, g, class_of, n->below), above = copy(t, g, class_of, n->above);
    t->node[at].below = below;
    t->node[at].above = above;
    return at;
}

int sv_tree_take(sv_tree *t, const sv_grower *g, const uint32_t *class_of, double cp, sv_error *err)
{
    double *cost = SV_NEW(double, g->nodes);
    t->node = SV_NEW(sv_tree_node, g->nodes);
    t->share = g->nodes > SIZE_MAX / t->classes ? NULL : SV_NEW(double, g->nodes * t->classes);
    int rc = cost && t->node && t->share ? SV_OK : sv_no_memory(err, "a tree");
    if (rc == SV_OK) {
        if (cp >= 0) { prune(g->node, cost, g->nodes, cp * (double)g->node[0].errors); }
        (void)copy(t, g, class_of, 0);
    }
    free(cost);
    return rc;
}

static int fit(sv_tree *t, const sv_matrix *x, const uint32_t *class_of, const sv_tree_opts *o, sv_error *err)
{
    sv_columns c = { 0 };
    sv_gini gini = { 0 };
    sv_grower g = { 0 };
    int rc = sv_columns_of(&c, x, err);
    if (rc == SV_OK) { rc = sv_gini_init(&gini, class_of, t->classes, err); }
    if (rc == SV_OK) { rc = sv_grower_init(&g, &c, x->rows, err); }
    if (rc == SV_OK) {
        sv_rule rule = sv_gini_rule(&gini);
        g.rule = &rule;
        g.min_split = o->min_split;
        g.min_leaf = o->min_leaf;
        g.max_depth = o->max_depth;
        g.tries = x->cols;
        for (size_t i = 0; i < x->rows; i++) { g.row[i] = (uint32_t)i; }
        sv_grow(&g);
        rc = sv_tree_take(t, &g, class_of, o->cp, err);
    }
    sv_grower_free(&g);
    sv_gini_free(&gini);
    sv_columns_free(&c);
    return rc;
}

static int check(const sv_tree_opts *o, sv_error *err)
{
    if (o->min_leaf < 1) { return sv_fail(err, SV_EINVAL, "min_leaf is 0, expected at least 1"); }
    if (o->max_depth > SV_GROW_MAX_DEPTH) {
        return sv_fail(err, SV_EINVAL, "max_depth is %zu, expected at most %d", o->max_depth, SV_GROW_MAX_DEPTH);
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
    sv_tree t = { .p = x->cols };
    uint32_t *class_of = NULL;
    rc = sv_classes_of(&class_of, &t.label, &t.classes, label, x->rows, err);
    if (rc == SV_OK) { rc = fit(&t, x, class_of, opts, err); }
    free(class_of);
    if (rc == SV_OK) { *out = t; } else { sv_tree_free(&t); }
    return rc;
}

int sv_tree_predict(double *share, const sv_tree *t, const sv_matrix *x, sv_error *err)
{
    if (x->cols != t->p) { return sv_fail(err, SV_EINVAL, "%zu columns, the tree was fitted on %zu", x->cols, t->p); }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        memcpy(share + i * t->classes, t->share + sv_leaf_at(t->node, x, i) * t->classes, t->classes * sizeof *share);
    }
    return rc;
}
