#include "cmd/cluster_page.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "plot/axes.h"
#include "plot/heat.h"
#include "plot/silhouette.h"

/* Lines told apart by colour and dash. */
static pn_pen pen_of(size_t i)
{
    static const uint32_t colours[] = {PN_LOW_RISK, PN_HIGH_RISK, PN_GOOD, PN_CARE, PN_MUTED};
    return (pn_pen){colours[i % 5], 1.3, (pn_dash)(i % 3)};
}

static void put_identity(pn_sheet *s, const cluster_content *c)
{
    static const double share[] = {1, 2.6};
    static const char *const inner[] = {"hierarchical", "medoids", "k-means"}, *const metric[] = {"Euclidean", "Pearson", "Spearman"};
    const sv_consensus_opts *o = c->options;
    pn_sheet_heading(s, 1, "Consensus clustering");
    pn_sheet_table(s, 2, share, NULL);
    pn_sheet_fact(s, "Table", "%s", c->table);
    pn_sheet_fact(s, "Patients, features", "%zu, %zu", c->found->n, c->features);
    pn_sheet_fact(s, "Method", "%s%s%s distance", inner[o->inner], o->inner == SV_INNER_KMEANS ? "; silhouettes by " : ", ",
                  o->inner == SV_INNER_KMEANS ? metric[SV_METRIC_EUCLIDEAN] : metric[o->metric]);
    pn_sheet_fact(s, "Draws", "%zu, each of %g of the patients and %g of the features; seed %llu", o->repeats, o->item_share,
                  o->feature_share, (unsigned long long)o->seed);
    pn_sheet_table_end(s);
    if (c->null_p == NULL) {
        pn_sheet_note(s, "Any data fall into groups. Whether these are more than chance is told by --null, which was not asked for.");
    }
}

static double mean_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) { sum += v[i]; }
    return sum / (double)n;
}

static void put_summary(pn_sheet *s, const cluster_content *c)
{
    static const double share[] = {1, 1, 1.2, 1, 1.4, 1.4, 1.6};
    static const char *const head[] = {"groups", "area", "delta area", "PAC", "PAC, p", "smallest group", "mean silhouette"};
    const sv_consensus *f = c->found;
    pn_sheet_heading(s, 2, "How many groups");
    pn_sheet_table(s, 7, share, head);
    for (size_t q = 0; q + 1 < f->max_k; q++) {
        char text[7][32] = {{0}};
        (void)snprintf(text[0], sizeof text[0], "%zu", q + 2);
        (void)snprintf(text[1], sizeof text[1], "%.4f", f->area[q]);
        (void)snprintf(text[2], sizeof text[2], "%.4f", f->delta[q]);
        (void)snprintf(text[3], sizeof text[3], "%.4f", f->pac[q]);
        if (c->null_p != NULL) { (void)snprintf(text[4], sizeof text[4], "%.4f", c->null_p[q]); }
        (void)snprintf(text[5], sizeof text[5], "%zu", f->smallest[q]);
        (void)snprintf(text[6], sizeof text[6], "%.4f", mean_of(c->silhouette + q * f->n, f->n));
        pn_sheet_row(s, (const char *const[]){text[0], text[1], text[2], text[3], text[4], text[5], text[6]});
    }
    pn_sheet_table_end(s);
    pn_sheet_text(s, "PAC: share of the pairs that neither stay together nor apart (consensus between 0.1 and 0.9); less is clearer.%s",
                  c->null_p != NULL ? " Its p compares with tables without groups." : "");
}

static void put_cdf(pn_sheet *s, const sv_consensus *f)
{
    double x[SV_CONSENSUS_BINS];
    pn_legend legend[SV_MAX_CONSENSUS_K] = {0};
    char words[SV_MAX_CONSENSUS_K][16];
    size_t ks = f->max_k - 1;
    for (size_t i = 0; i < SV_CONSENSUS_BINS; i++) { x[i] = (double)(i + 1) / SV_CONSENSUS_BINS; }
    for (size_t q = 0; q < ks; q++) {
        (void)snprintf(words[q], sizeof words[q], "%zu", q + 2);
        legend[q] = (pn_legend){words[q], pen_of(q), false, PN_DISC};
    }
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, 210, "Distribution of the consensus", "For each number of groups: flat between "
                                   "the ends where pairs are either always or never together");
    pn_axes a = pn_axes_on(c, PN_LEGEND_LINE * (double)pn_axes_legend_lines(c, legend, ks), 0);
    pn_axes_draw(&a, "consensus", "share of the pairs");
    pn_axes_legend(&a, legend, ks);
    for (size_t q = 0; q < ks; q++) { pn_axes_steps(&a, x, f->cdf + q * SV_CONSENSUS_BINS, SV_CONSENSUS_BINS, &legend[q].pen); }
    pn_sheet_figure_end(s);
}

static void put_delta(pn_sheet *s, const sv_consensus *f)
{
    double k[SV_MAX_CONSENSUS_K], low = 0, high = 0.1;
    size_t ks = f->max_k - 1;
    const pn_pen pen = pen_of(0);
    for (size_t q = 0; q < ks; q++) {
        k[q] = (double)q + 2;
        low = fmin(low, f->delta[q]);
        high = fmax(high, f->delta[q]);
    }
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, 210, "Delta area", "Growth of the area under the distribution with one group more "
                                   "(for 2: the area)");
    pn_axes a = pn_axes_on(c, 0, 0);
    a.x_low = 1.5;
    a.x_whole = true;
    a.x_high = (double)f->max_k + 0.5;
    a.y_low = low;
    a.y_high = 1.08 * high;
    pn_axes_draw(&a, "groups", "delta area");
    pn_axes_line(&a, k, f->delta, ks, &pen);
    for (size_t q = 0; q < ks; q++) { pn_axes_point(&a, k[q], f->delta[q], NAN, NAN, PN_DISC, PN_LOW_RISK); }
    pn_sheet_figure_end(s);
}

/* Items in the order of the leaves of the tree that the groups were cut from: like ones side by side. */
static bool order_leaves(size_t *order, const double *m, size_t n, sv_linkage linkage)
{
    sv_hclust tree = {0};
    double *apart = calloc(n * n, sizeof *apart);
    long *open = calloc(n + 1, sizeof *open);
    size_t depth = 0, used = 0;
    bool whole = apart != NULL && open != NULL;
    for (size_t i = 0; whole && i < n * n; i++) { apart[i] = 1 - m[i]; }
    whole = whole && sv_hclust_fit(&tree, apart, n, linkage, NULL) == SV_OK;
    if (whole) { open[depth++] = (long)n - 1; }
    while (whole && depth > 0) {                         /* -i: item i; +t: what step t joined; from 1 */
        long at = open[--depth];
        if (at < 0) {
            order[used++] = (size_t)(-at) - 1;
        } else {
            open[depth++] = tree.merge[2 * (at - 1) + 1];
            open[depth++] = tree.merge[2 * (at - 1)];
        }
    }
    sv_hclust_free(&tree);
    free(apart);
    free(open);
    return whole && used == n;
}

static void put_matrix(pn_sheet *s, const cluster_content *content, size_t q)
{
    const sv_consensus *f = content->found;
    size_t n = f->n, edges = 0;
    const double *m = f->matrix + q * n * n;
    size_t *order = calloc(2 * n, sizeof *order), *edge = order != NULL ? order + n : NULL;
    double *v = calloc(n * n, sizeof *v);
    bool whole = order != NULL && v != NULL && order_leaves(order, m, n, content->options->final_linkage);
    for (size_t i = 0; whole && i < n; i++) {
        if (i > 0 && f->label[q * n + order[i]] != f->label[q * n + order[i - 1]]) { edge[edges++] = i; }
        for (size_t j = 0; j < n; j++) { v[i * n + j] = m[order[i] * n + order[j]]; }
    }
    const pn_heat h = {.v = v, .rows = n, .columns = n, .high = 1, .scale = "consensus", .mark = edge, .n_marks = edges};
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_HALF, 255, "Consensus matrix", "Patients in the order of the tree; lines part the groups");
    c->no_memory = !whole;
    if (whole) { pn_heat_draw(c, &h); }
    pn_sheet_figure_end(s);
    free(order);
    free(v);
}

int cluster_page(pn_buf *out, pn_sheet_form form, const cluster_content *c, pn_error *err)
{
    const sv_consensus *f = c->found;
    pn_sheet *s = NULL;
    int rc = pn_sheet_open(&s, form, "Consensus clustering", err);
    if (rc != PN_OK) { return rc; }
    put_identity(s, c);
    put_summary(s, c);
    put_cdf(s, f);
    put_delta(s, f);
    for (size_t q = 0; q + 1 < f->max_k; q++) {
        char caption[120];
        (void)snprintf(caption, sizeof caption, "By group, with the number of its patients; mean width %.4f", mean_of(c->silhouette + q * f->n, f->n));
        pn_sheet_heading(s, 2, "%zu groups", q + 2);
        put_matrix(s, c, q);
        pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_HALF, 255, "Silhouettes", caption);
        pn_silhouette_draw(canvas, c->silhouette + q * f->n, f->label + q * f->n, f->n, q + 2);
        pn_sheet_figure_end(s);
    }
    rc = pn_sheet_finish(s, out, err);
    pn_sheet_free(s);
    return rc;
}
