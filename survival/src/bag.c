/* bag.c - bootstrap samples and the rows that they leave out. */
#include "bag.h"

#include <math.h>
#include <string.h>

#include "mem.h"
#include "num.h"

int sv_bag_check(const sv_matrix *x, const sv_forest_opts *o, sv_error *err)
{
    if (o->trees < 1 || o->trees > SV_FOREST_MAX_TREES) {
        return sv_fail(err, SV_EINVAL, "%zu trees, expected 1 to %zu", o->trees, SV_FOREST_MAX_TREES);
    }
    if (o->min_leaf < 1) { return sv_fail(err, SV_EINVAL, "min_leaf is 0, expected at least 1"); }
    if (o->max_depth > SV_GROW_MAX_DEPTH) {
        return sv_fail(err, SV_EINVAL, "max_depth is %zu, expected at most %d", o->max_depth, SV_GROW_MAX_DEPTH);
    }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc != SV_OK) { return rc; }
    if (o->columns > x->cols) {
        return sv_fail(err, SV_EINVAL, "%zu columns to draw, expected at most the %zu there are", o->columns, x->cols);
    }
    if (x->rows < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu row, at least 2 are needed", x->rows); }
    if (x->rows > SV_MAX_ROWS || x->rows > SV_FOREST_MAX_CELLS / o->trees || x->cols > SV_FOREST_MAX_CELLS / o->trees) {
        return sv_fail(err, SV_ELIMIT, "%zu trees of %zu rows and %zu columns, at most %zu of their products are accepted",
                       o->trees, x->rows, x->cols, SV_FOREST_MAX_CELLS);
    }
    return SV_OK;
}

typedef struct bags {
    const sv_bag_kind *kind;
    const sv_columns *columns;
    size_t n, trees;
    uint64_t seed;
    uint32_t *leaf;               /* [trees][n] of rows out of bag; SV_IN_BAG                     */
    uint32_t *votes;              /* [n] trees that left the row out                              */
    double *sum;                  /* [n][width] of what their leaves say                          */
} bags;

static sv_rng draw(uint32_t *row, bags *b, size_t tree)
{
    sv_rng r = sv_rng_stream(b->seed, tree);
    uint32_t *leaf = b->leaf + tree * b->n;
    for (size_t i = 0; i < b->n; i++) {
        row[i] = (uint32_t)sv_rng_below(&r, b->n);
        leaf[row[i]] = SV_IN_BAG;
    }
    return r;
}

static void ask(bags *b, size_t tree)
{
    uint32_t *leaf = b->leaf + tree * b->n;
    size_t width = b->kind->width, nodes;
    const sv_tree_node *node = b->kind->node(&nodes, b->kind->forest, tree);
    for (size_t i = 0; i < b->n; i++) {
        if (leaf[i] == SV_IN_BAG) { continue; }
        leaf[i] = (uint32_t)sv_leaf_of(node, b->columns, i);
        b->votes[i]++;
        const double *says = b->kind->leaf(b->kind->forest, tree, leaf[i]);
        for (size_t c = 0; c < width; c++) { b->sum[i * width + c] += says[c]; }
    }
}

static int grow_all(bags *b, const sv_rule *rule, const sv_forest_opts *o, sv_error *err)
{
    sv_grower g;
    int rc = sv_grower_init(&g, b->columns, b->n, err);
    g.rule = rule;
    g.min_split = 2;
    g.min_leaf = o->min_leaf;
    g.max_depth = o->max_depth;
    g.tries = o->columns > 0 ? o->columns : (size_t)sqrt((double)b->columns->p);
    for (size_t t = 0; rc == SV_OK && t < b->trees; t++) {
        sv_rng r = draw(g.row, b, t);
        g.rng = &r;
        sv_grow(&g);
        rc = b->kind->take(b->kind->forest, t, &g, err);
        if (rc != SV_OK) { break; }
        ask(b, t);
        if (o->progress != NULL && !o->progress(o->context, t + 1, b->trees)) {
            rc = sv_fail(err, SV_EINVAL, "stopped after %zu of %zu trees", t + 1, b->trees);
        }
    }
    sv_grower_free(&g);
    return rc;
}

static void means(double *mean, const bags *b, const double *sum)
{
    size_t width = b->kind->width;
    for (size_t i = 0; i < b->n; i++) {
        for (size_t c = 0; c < width; c++) {
            mean[i * width + c] = b->votes[i] > 0 ? sum[i * width + c] / b->votes[i] : SV_NAN;
        }
    }
}

/* sum[] as it were with a column's values exchanged among the rows out of a tree's bag. */
static void exchange(double *sum, uint32_t *out, const bags *b, size_t tree, size_t col)
{
    const uint32_t *leaf = b->leaf + tree * b->n;
    const double *v = b->columns->v + col * b->n;
    size_t width = b->kind->width, m = 0, nodes;
    const sv_tree_node *node = b->kind->node(&nodes, b->kind->forest, tree);
    sv_rng r = sv_rng_stream(b->seed, b->trees + tree * b->columns->p + col);
    for (size_t i = 0; i < b->n; i++) {
        if (leaf[i] != SV_IN_BAG) { out[m++] = (uint32_t)i; }
    }
    size_t left = m;                               /* out[0..left): whose value is not taken yet */
    for (size_t i = 0; i < b->n; i++) {
        if (leaf[i] == SV_IN_BAG) { continue; }
        size_t k = (size_t)sv_rng_below(&r, left);
        double value = v[out[k]];
        out[k] = out[--left];
        size_t other = sv_leaf_with(node, b->columns, i, col, value);
        if (other == leaf[i]) { continue; }
        const double *was = b->kind->leaf(b->kind->forest, tree, leaf[i]), *is = b->kind->leaf(b->kind->forest, tree, other);
        for (size_t c = 0; c < width; c++) { sum[i * width + c] += is[c] - was[c]; }
    }
}

static int importances(double *importance, const bags *b, double error, sv_error *err)
{
    size_t p = b->columns->p, cells = b->n * b->kind->width;
    double *sum = SV_NEW(double, cells), *mean = SV_NEW(double, cells);
    uint32_t *out = SV_NEW(uint32_t, b->n);
    unsigned char *uses = SV_NEW(unsigned char, b->trees * p);
    int rc = sum && mean && out && uses ? SV_OK : sv_no_memory(err, "importances");
    for (size_t t = 0; rc == SV_OK && t < b->trees; t++) {
        size_t nodes;
        const sv_tree_node *node = b->kind->node(&nodes, b->kind->forest, t);
        for (size_t k = 0; k < nodes; k++) {
            if (node[k].column != SV_TREE_LEAF) { uses[t * p + node[k].column] = 1; }
        }
    }
    for (size_t j = 0; rc == SV_OK && j < p; j++) {
        memcpy(sum, b->sum, cells * sizeof *sum);
        bool used = false;
        for (size_t t = 0; t < b->trees; t++) {
            if (!uses[t * p + j]) { continue; }
            exchange(sum, out, b, t, j);
            used = true;
        }
        double worse = error;
        if (used) {
            means(mean, b, sum);
            rc = b->kind->error(&worse, b->kind->forest, mean, err);
        }
        importance[j] = worse - error;
    }
    free(sum);
    free(mean);
    free(out);
    free(uses);
    return rc;
}

int sv_bag_grow(double *oob, double *error, double *importance, const sv_bag_kind *kind, const sv_columns *columns,
                const sv_rule *rule, const sv_forest_opts *o, sv_error *err)
{
    bags b = { .kind = kind, .columns = columns, .n = columns->n, .trees = o->trees, .seed = o->seed,
               .leaf = SV_NEW(uint32_t, o->trees * columns->n), .votes = SV_NEW(uint32_t, columns->n),
               .sum = SV_NEW(double, columns->n * kind->width) };
    int rc = b.leaf && b.votes && b.sum ? grow_all(&b, rule, o, err) : sv_no_memory(err, "a forest");
    if (rc == SV_OK) {
        means(oob, &b, b.sum);
        rc = kind->error(error, kind->forest, oob, err);
    }
    if (rc == SV_OK && importance != NULL) { rc = importances(importance, &b, *error, err); }
    free(b.leaf);
    free(b.votes);
    free(b.sum);
    return rc;
}
