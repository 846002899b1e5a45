/* forest_survival.c - random survival forests. */
#include <survival/forest.h>

#include <math.h>
#include <string.h>
#include <survival/concordance.h>

#include "bag.h"
#include "mem.h"
#include "num.h"
#include "split_logrank.h"
#include "times.h"

static void tree_free(sv_hazard_tree *t)
{
    free(t->node);
    free(t->step);
    free(t->at);
    free(t->rise);
    free(t->mortality);
}

void sv_survival_forest_free(sv_survival_forest *f)
{
    if (f == NULL) { return; }
    for (size_t t = 0; f->tree != NULL && t < f->trees; t++) { tree_free(&f->tree[t]); }
    free(f->tree);
    free(f->time);
    free(f->oob);
    free(f->importance);
    *f = (sv_survival_forest){ 0 };
}

typedef struct followed {
    sv_survival_forest f;
    const sv_surv *s;
    sv_times ranks;
    uint32_t *place;              /* [distinct times] in f.time, of death times                   */
    double *watched;              /* [distinct times] training rows whose time is no earlier      */
    sv_logrank_rule rule;
    double *time, *risk;          /* [n] scratch of the error                                     */
    int *event;
} followed;

/* The Nelson-Aalen steps of a leaf's rows, behind those there are; returns their new number. */
static size_t add_steps(sv_hazard_tree *t, size_t used, followed *w, size_t leaf, const uint32_t *row, size_t n)
{
    sv_logrank_count(w->rule.dead, w->rule.gone, w->ranks.n_distinct, w->ranks.stop, w->s->event, row, n);
    double at_risk = (double)n;
    for (size_t k = 0; k < w->ranks.n_distinct; k++) {
        if (w->rule.dead[k] > 0) {
            t->at[used] = w->place[k];
            t->rise[used] = w->rule.dead[k] / at_risk;
            t->mortality[leaf] += t->rise[used++] * w->watched[k];
        }
        at_risk -= w->rule.gone[k];
    }
    return used;
}

static int take(void *forest, size_t tree, const sv_grower *g, sv_error *err)
{
    followed *w = forest;
    sv_hazard_tree *t = &w->f.tree[tree];
    size_t events = g->node[0].errors, used = 0;
    *t = (sv_hazard_tree){ g->nodes, SV_NEW(sv_tree_node, g->nodes), SV_NEW(size_t, g->nodes + 1),
                           SV_NEW(uint32_t, events), SV_NEW(double, events), SV_NEW(double, g->nodes) };
    if (!(t->node && t->step && t->at && t->rise && t->mortality)) { return sv_no_memory(err, "a survival tree"); }
    memcpy(t->node, g->node, g->nodes * sizeof *t->node);
    for (size_t k = 0; k < g->nodes; k++) {
        t->step[k] = used;
        if (t->node[k].column == SV_TREE_LEAF && t->node[k].errors > 0) {
            used = add_steps(t, used, w, k, g->row + g->from[k], t->node[k].rows);
        }
    }
    t->step[g->nodes] = used;
    return SV_OK;
}

static const sv_tree_node *node(size_t *nodes, const void *forest, size_t tree)
{
    const sv_hazard_tree *t = &((const followed *)forest)->f.tree[tree];
    *nodes = t->nodes;
    return t->node;
}

static const double *leaf(const void *forest, size_t tree, size_t at)
{
    return &((const followed *)forest)->f.tree[tree].mortality[at];
}

static int discordance(double *out, const void *forest, const double *mean, sv_error *err)
{
    const followed *w = forest;
    size_t m = 0;
    for (size_t i = 0; i < w->f.n; i++) {
        if (isnan(mean[i])) { continue; }
        w->time[m] = w->s->time[i];
        w->event[m] = w->s->event[i];
        w->risk[m++] = mean[i];
    }
    *out = SV_NAN;
    if (m == 0) { return SV_OK; }
    sv_concordance c;
    const sv_surv s = { .n = m, .time = w->time, .event = w->event };
    int rc = sv_concordance_harrell(&c, w->risk, &s, err);
    *out = 1 - c.c;
    return rc;
}

/* Death times, their places, and how many are watched until each time. */
static int list_times(followed *w, sv_error *err)
{
    size_t all = w->ranks.n_distinct, n = w->f.n;
    w->place = SV_NEW(uint32_t, all);
    w->watched = SV_NEW(double, all);
    bool *dies = SV_NEW(bool, all);
    if (w->place == NULL || w->watched == NULL || dies == NULL) {
        free(dies);
        return sv_no_memory(err, "death times");
    }
    for (size_t i = 0; i < n; i++) {
        dies[w->ranks.stop[i]] |= w->s->event[i] == 1;
        w->watched[w->ranks.stop[i]]++;
    }
    for (size_t k = all; k-- > 1;) { w->watched[k - 1] += w->watched[k]; }
    for (size_t k = 0; k < all; k++) { w->place[k] = (uint32_t)(dies[k] ? w->f.times++ : 0); }
    w->f.time = SV_NEW(double, w->f.times);
    for (size_t k = 0; w->f.time != NULL && k < all; k++) {
        if (dies[k]) { w->f.time[w->place[k]] = w->ranks.value[k]; }
    }
    free(dies);
    return w->f.time != NULL ? SV_OK : sv_no_memory(err, "death times");
}

static int grow(followed *w, const sv_matrix *x, const sv_forest_opts *o, sv_error *err)
{
    sv_survival_forest *f = &w->f;
    sv_columns columns = { 0 };
    f->tree = SV_NEW(sv_hazard_tree, f->trees);
    f->oob = SV_NEW(double, f->n);
    f->importance = o->importance ? SV_NEW(double, f->p) : NULL;
    w->time = SV_NEW(double, f->n);
    w->risk = SV_NEW(double, f->n);
    w->event = SV_NEW(int, f->n);
    bool room = f->tree && f->oob && (f->importance || !o->importance) && w->time && w->risk && w->event;
    int rc = room ? sv_columns_of(&columns, x, err) : sv_no_memory(err, "a forest");
    if (rc == SV_OK) { rc = sv_logrank_rule_init(&w->rule, w->ranks.stop, w->s->event, w->ranks.n_distinct, err); }
    if (rc == SV_OK) {
        sv_rule rule = sv_logrank_rule_of(&w->rule);
        const sv_bag_kind kind = { w, 1, take, node, leaf, discordance };
        rc = sv_bag_grow(f->oob, &f->oob_error, f->importance, &kind, &columns, &rule, o, err);
    }
    sv_logrank_rule_free(&w->rule);
    sv_columns_free(&columns);
    return rc;
}

static int check(const sv_matrix *x, const sv_surv *s, const sv_forest_opts *o, sv_error *err)
{
    int rc = sv_bag_check(x, o, err);
    if (rc == SV_OK) { rc = sv_surv_check(s, 2, err); }
    if (rc != SV_OK) { return rc; }
    if (s->n != x->rows) { return sv_fail(err, SV_EINVAL, "follow-up of %zu rows for %zu rows of columns", s->n, x->rows); }
    if (s->start != NULL || s->weight != NULL || s->stratum != NULL) {
        return sv_fail(err, SV_EINVAL, "a survival forest takes no start times, weights or strata");
    }
    if (sv_surv_events(s) == 0) { return sv_fail(err, SV_ENOEVENT, "none of %zu rows has an event", s->n); }
    return SV_OK;
}

int sv_survival_forest_fit(sv_survival_forest *out, const sv_matrix *x, const sv_surv *s, const sv_forest_opts *opts,
                           sv_error *err)
{
    int rc = check(x, s, opts, err);
    if (rc != SV_OK) { return rc; }
    followed w = { .f = { .n = x->rows, .p = x->cols, .trees = opts->trees }, .s = s };
    rc = sv_times_rank(&w.ranks, s, err);
    if (rc == SV_OK) {
        rc = list_times(&w, err);
        if (rc == SV_OK) { rc = grow(&w, x, opts, err); }
        sv_times_free(&w.ranks);
    }
    free(w.place);
    free(w.watched);
    free(w.time);
    free(w.risk);
    free(w.event);
    if (rc == SV_OK) { *out = w.f; } else { sv_survival_forest_free(&w.f); }
    return rc;
}

static int check_new(const sv_survival_forest *f, const sv_matrix *x, sv_error *err)
{
    if (x->cols != f->p) { return sv_fail(err, SV_EINVAL, "%zu columns, the forest was fitted on %zu", x->cols, f->p); }
    return sv_matrix_check(x, x->rows, NULL, err);
}

int sv_survival_forest_score(double *mortality, const sv_survival_forest *f, const sv_matrix *x, sv_error *err)
{
    int rc = check_new(f, x, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        mortality[i] = 0;
        for (size_t t = 0; t < f->trees; t++) { mortality[i] += f->tree[t].mortality[sv_leaf_at(f->tree[t].node, x, i)]; }
        mortality[i] /= (double)f->trees;
    }
    return rc;
}

int sv_survival_forest_hazard(double *hazard, const sv_survival_forest *f, const sv_matrix *x, sv_error *err)
{
    int rc = check_new(f, x, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        double *h = hazard + i * f->times;
        memset(h, 0, f->times * sizeof *h);
        for (size_t t = 0; t < f->trees; t++) {
            const sv_hazard_tree *tree = &f->tree[t];
            size_t at = sv_leaf_at(tree->node, x, i);
            for (size_t k = tree->step[at]; k < tree->step[at + 1]; k++) { h[tree->at[k]] += tree->rise[k]; }
        }
        for (size_t k = 0; k < f->times; k++) { h[k] = h[k] / (double)f->trees + (k > 0 ? h[k - 1] : 0); }
    }
    return rc;
}
