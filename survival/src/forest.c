/* forest.c - random forests of labels. */
#include <survival/forest.h>

#include <math.h>
#include <string.h>

#include "bag.h"
#include "classes.h"
#include "gini.h"
#include "mem.h"
#include "num.h"

void sv_forest_free(sv_forest *f)
{
    if (f == NULL) { return; }
    for (size_t t = 0; f->tree != NULL && t < f->trees; t++) { sv_tree_free(&f->tree[t]); }
    free(f->tree);
    free(f->label);
    free(f->oob);
    free(f->importance);
    *f = (sv_forest){ 0 };
}

typedef struct labelled { sv_forest f; uint32_t *class_of; } labelled;

static int take(void *forest, size_t tree, const sv_grower *g, sv_error *err)
{
    labelled *l = forest;
    l->f.tree[tree] = (sv_tree){ .p = l->f.p, .classes = l->f.classes };
    return sv_tree_take(&l->f.tree[tree], g, l->class_of, -1, err);
}

static const sv_tree_node *node(size_t *nodes, const void *forest, size_t tree)
{
    const sv_tree *t = &((const labelled *)forest)->f.tree[tree];
    *nodes = t->nodes;
    return t->node;
}

static const double *leaf(const void *forest, size_t tree, size_t at)
{
    const sv_tree *t = &((const labelled *)forest)->f.tree[tree];
    return t->share + at * t->classes;
}

static int misclassified(double *out, const void *forest, const double *mean, sv_error *err)
{
    const labelled *l = forest;
    double wrong = 0, all = 0;
    (void)err;
    for (size_t i = 0; i < l->f.n; i++) {
        const double *share = mean + i * l->f.classes;
        if (isnan(share[0])) { continue; }
        size_t best = 0;
        for (size_t c = 1; c < l->f.classes; c++) { best = share[c] > share[best] ? c : best; }
        wrong += best != l->class_of[i];
        all++;
    }
    *out = all > 0 ? wrong / all : SV_NAN;
    return SV_OK;
}

static int grow(labelled *l, const sv_matrix *x, const sv_forest_opts *o, sv_error *err)
{
    sv_forest *f = &l->f;
    sv_columns columns = { 0 };
    sv_gini gini = { 0 };
    f->tree = SV_NEW(sv_tree, f->trees);
    f->oob = SV_NEW(double, f->n * f->classes);
    f->importance = o->importance ? SV_NEW(double, f->p) : NULL;
    int rc = f->tree && f->oob && (f->importance || !o->importance) ? SV_OK : sv_no_memory(err, "a forest");
    if (rc == SV_OK) { rc = sv_columns_of(&columns, x, err); }
    if (rc == SV_OK) { rc = sv_gini_init(&gini, l->class_of, f->classes, err); }
    if (rc == SV_OK) {
        sv_rule rule = sv_gini_rule(&gini);
        const sv_bag_kind kind = { l, f->classes, take, node, leaf, misclassified };
        rc = sv_bag_grow(f->oob, &f->oob_error, f->importance, &kind, &columns, &rule, o, err);
    }
    sv_gini_free(&gini);
    sv_columns_free(&columns);
    return rc;
}

int sv_forest_fit(sv_forest *out, const sv_matrix *x, const int *label, const sv_forest_opts *opts, sv_error *err)
{
    int rc = sv_bag_check(x, opts, err);
    if (rc != SV_OK) { return rc; }
    labelled l = { .f = { .n = x->rows, .p = x->cols, .trees = opts->trees } };
    rc = sv_classes_of(&l.class_of, &l.f.label, &l.f.classes, label, x->rows, err);
    if (rc == SV_OK) { rc = grow(&l, x, opts, err); }
    free(l.class_of);
    if (rc == SV_OK) { *out = l.f; } else { sv_forest_free(&l.f); }
    return rc;
}

int sv_forest_predict(double *share, const sv_forest *f, const sv_matrix *x, sv_error *err)
{
    if (x->cols != f->p) { return sv_fail(err, SV_EINVAL, "%zu columns, the forest was fitted on %zu", x->cols, f->p); }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        double *out = share + i * f->classes;
        memset(out, 0, f->classes * sizeof *out);
        for (size_t t = 0; t < f->trees; t++) {
            const double *says = f->tree[t].share + sv_leaf_at(f->tree[t].node, x, i) * f->classes;
            for (size_t c = 0; c < f->classes; c++) { out[c] += says[c]; }
        }
        for (size_t c = 0; c < f->classes; c++) { out[c] /= (double)f->trees; }
    }
    return rc;
}
