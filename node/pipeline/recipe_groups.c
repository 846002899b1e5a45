#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/consensus.h>
#include <survival/deconvolve.h>
#include <survival/logrank.h>
#include "pipeline/recipe_steps.h"

/* What is grouped: rows are patients; v owned. */
typedef struct material { sv_matrix m; double *v; } material;

static int no_memory(pn_error *err, size_t n)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for groups of %zu patients", n);
}

/* ---- deconvolve -------------------------------------------------------------------------------- */

static double *linear_expression(const cfg_recipe *r, const pn_cohort *c)
{
    const size_t cells = c->n * c->expression.n;
    double *v = malloc((cells + 1) * sizeof *v);
    for (size_t i = 0; v != NULL && i < cells; i++) {
        v[i] = r->deconvolve.log2 ? exp2(c->expression.v[i]) : c->expression.v[i];
    }
    return v;
}

/* Subpopulations of the training patients' own expression. */
static int discover(material *out, pn_chain_groups *g, const cfg_recipe_deconvolve *d, const sv_matrix *x, pn_error *err)
{
    sv_cam_opts o = SV_CAM_OPTS_INIT;
    sv_cam cam = {0};
    sv_error sv = {0};
    if (d->subpopulations > 0) { o.k_min = o.k_max = d->subpopulations; }
    o.seed = d->seed;
    o.starts = 10;
    double *mdl = calloc(d->runs * (o.k_max - o.k_min + 1), sizeof *mdl);
    size_t *chosen = calloc(d->runs, sizeof *chosen);
    int rc = mdl != NULL && chosen != NULL ? PN_OK : no_memory(err, x->cols);
    if (rc == PN_OK && sv_cam_multistart(&cam, mdl, chosen, d->runs, x, &o, &sv) != SV_OK) {
        rc = pn_step_failed(err, CFG_STEP_DECONVOLVE, &sv);
    }
    if (rc == PN_OK && cam.n == 0) {
        rc = pn_fail(err, PN_EINVAL, "deconvolve: no run gave subpopulations: there were too few corners");
    }
    if (rc == PN_OK) {
        sv_cam_fit *f = &cam.fit[cam.best];
        out->v = f->a;                       /* taken over, as the profiles */
        out->m = sv_matrix_rowmajor(f->a, f->samples, f->k);
        g->profiles = f->s;
        g->subpopulations = f->k;
        f->a = f->s = NULL;
    }
    sv_cam_free(&cam);
    free(mdl);
    free(chosen);
    return rc;
}

static int deconvolve(material *out, pn_chain_groups *g, const pn_recipe_inputs *in, const pn_cohort *c, pn_error *err)
{
    if (c->expression.n == 0) { return pn_fail(err, PN_EINVAL, "deconvolve: there is no expression table"); }
    double *v = linear_expression(in->recipe, c);
    if (v == NULL) { return no_memory(err, c->n); }
    const sv_matrix x = sv_matrix_rowmajor(v, c->expression.n, c->n);     /* genes x patients */
    sv_error sv = {0};
    int rc = PN_OK;
    if (in->profiles == NULL) {
        rc = discover(out, g, &in->recipe->deconvolve, &x, err);
    } else {
        const size_t k = in->profiles->cols;
        double *a = calloc(c->n * k + 1, sizeof *a);
        if (a == NULL) { rc = no_memory(err, c->n); }
        if (rc == PN_OK && sv_cam_proportions(a, &x, in->profiles, true, &sv) != SV_OK) {
            rc = pn_step_failed(err, CFG_STEP_DECONVOLVE, &sv);
        }
        *out = (material){sv_matrix_rowmajor(a, c->n, k), a};
        g->subpopulations = k;
    }
    free(v);
    return rc;
}

/* ---- cluster ------------------------------------------------------------------------------------ */

/* "s3" of subpopulations that were found, else the name of the column. */
static const char *column_name(char buf[24], const pn_recipe_inputs *in, const pn_chain *c, const pn_cohort *train, size_t j)
{
    switch ((cfg_cluster_on)in->recipe->cluster.on) {
    case CFG_ON_FEATURES: return train->feature.name[c->kept[j]];
    case CFG_ON_EXPRESSION: return train->expression.name[j];
    default: break;
    }
    if (in->profiles != NULL) { return in->profile_name[j]; }
    (void)snprintf(buf, 24, "s%zu", j + 1);
    return buf;
}

/* Only the columns that the recipe names; the copy is row by row. */
static int narrow(material *out, const material *all, const pn_recipe_inputs *in, const pn_chain *c, const pn_cohort *train,
                  pn_error *err)
{
    char buf[24];
    size_t p = 0;
    size_t *at = calloc(all->m.cols + 1, sizeof *at);
    if (at == NULL) { return no_memory(err, train->n); }
    for (size_t j = 0; j < all->m.cols; j++) {
        if (pn_names_match(&in->recipe->cluster.columns, column_name(buf, in, c, train, j))) { at[p++] = j; }
    }
    double *v = calloc(train->n * p + 1, sizeof *v);
    int rc = v == NULL ? no_memory(err, train->n) : PN_OK;
    if (rc == PN_OK && p == 0) { rc = pn_fail(err, PN_EINVAL, "cluster: none of %zu columns matches", all->m.cols); }
    for (size_t i = 0; i < train->n && rc == PN_OK; i++) {
        for (size_t j = 0; j < p; j++) { v[i * p + j] = sv_at(&all->m, i, at[j]); }
    }
    free(at);
    *out = (material){sv_matrix_rowmajor(v, train->n, p), v};
    return rc;
}

static sv_linkage linkage_of(int linkage)
{
    static const sv_linkage all[] = {SV_LINK_SINGLE, SV_LINK_COMPLETE, SV_LINK_AVERAGE, SV_LINK_MCQUITTY, SV_LINK_WARD_D,
                                     SV_LINK_WARD_D2};
    return all[linkage];
}

static int take_groups(pn_chain_groups *g, const sv_consensus *found, const cfg_recipe_cluster *r, pn_error *err)
{
    const size_t k = r->groups, n = found->n;
    g->group = calloc(n + 1, sizeof *g->group);
    g->label = calloc(n + 1, sizeof *g->label);
    g->size = calloc(k + 1, sizeof *g->size);
    g->ratio = calloc(k + 1, sizeof *g->ratio);
    if (g->group == NULL || g->label == NULL || g->size == NULL || g->ratio == NULL) { return no_memory(err, n); }
    memcpy(g->group, found->label + (k - 2) * n, n * sizeof *g->group);
    for (size_t i = 0; i < n; i++) { g->size[g->group[i] - 1]++; }
    g->k = k;
    g->pac = found->pac[k - 2];
    for (size_t j = 0; j < k; j++) {
        if ((double)g->size[j] >= r->smallest * (double)n && g->size[j] >= 2) { continue; }
        return pn_fail(err, PN_EINVAL, "cluster: group %zu of %zu has %zu of %zu patients, expected a share of at least %g",
                       j + 1, k, g->size[j], n, r->smallest);
    }
    return PN_OK;
}

static int cluster(pn_chain_groups *g, const cfg_recipe_cluster *r, const sv_matrix *x, pn_error *err)
{
    static const sv_inner inner[] = {SV_INNER_HCLUST, SV_INNER_PAM, SV_INNER_KMEANS};
    static const sv_metric metric[] = {SV_METRIC_EUCLIDEAN, SV_METRIC_PEARSON, SV_METRIC_SPEARMAN};
    sv_consensus_opts o = SV_CONSENSUS_OPTS_INIT;
    sv_consensus found;
    sv_error sv = {0};
    o.max_k = r->groups;
    o.repeats = r->repetitions;
    o.item_share = r->share;
    o.inner = inner[r->method];
    o.metric = metric[r->distance];
    o.inner_linkage = o.final_linkage = linkage_of(r->linkage);
    o.seed = r->seed;
    if (sv_consensus_fit(&found, x, &o, &sv) != SV_OK) { return pn_step_failed(err, CFG_STEP_CLUSTER, &sv); }
    int rc = take_groups(g, &found, r, err);
    sv_consensus_free(&found);
    return rc;
}

/* ---- label --------------------------------------------------------------------------------------- */

/* The group with the most events for what its patients had to expect. */
static int label_worst(pn_chain_groups *g, const pn_cohort *train, pn_error *err)
{
    const sv_surv s = pn_cohort_surv(train);
    sv_logrank test;
    sv_error sv = {0};
    if (sv_logrank_test(&test, &s, g->group, 0, &sv) != SV_OK) { return pn_step_failed(err, CFG_STEP_LABEL, &sv); }
    g->logrank_p = test.p;
    g->worst = 1;
    for (size_t j = 0; j < test.k && j < g->k; j++) {          /* codes 1..k, all of them there */
        g->ratio[j] = test.expected[j] > 0 ? test.observed[j] / test.expected[j] : 0;
        if (g->ratio[j] > g->ratio[g->worst - 1]) { g->worst = j + 1; }
    }
    sv_logrank_free(&test);
    for (size_t i = 0; i < train->n; i++) { g->label[i] = g->group[i] == (int)g->worst; }
    return PN_OK;
}

int pn_step_groups(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, const double *z, pn_error *err)
{
    const cfg_recipe *r = in->recipe;
    if (!r->has[CFG_STEP_CLUSTER]) { return PN_OK; }
    material all = {0}, used = {0};
    int rc = PN_OK;
    switch ((cfg_cluster_on)r->cluster.on) {
    case CFG_ON_PROPORTIONS: rc = deconvolve(&all, &c->groups, in, train, err); break;
    case CFG_ON_EXPRESSION:
        all.m = sv_matrix_colmajor(train->expression.v, train->n, train->expression.n);
        if (train->expression.n == 0) { rc = pn_fail(err, PN_EINVAL, "cluster: there is no expression table"); }
        break;
    case CFG_ON_FEATURES: all.m = sv_matrix_colmajor(z, train->n, c->n_kept); break;
    }
    if (rc == PN_OK) { rc = narrow(&used, &all, in, c, train, err); }
    if (rc == PN_OK) { rc = cluster(&c->groups, &r->cluster, &used.m, err); }
    if (rc == PN_OK) { rc = label_worst(&c->groups, train, err); }
    free(all.v);
    free(used.v);
    return rc;
}
