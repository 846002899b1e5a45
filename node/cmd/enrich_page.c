#include "cmd/enrich_page.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "plot/axes.h"

enum { LISTED = 30, DRAWN = 6 };

/* The walk bends before and after each hit: 2 points a hit, and both ends. */
static void draw_walk(pn_canvas *c, const enrich_result *r, double exponent)
{
    size_t k = r->g.size, n = r->list->n, points = 0;
    double *xy = calloc(2 * (2 * k + 2), sizeof *xy), *x = xy, *y = xy != NULL ? xy + 2 * k + 2 : NULL, total = 0, up = 0;
    if (xy == NULL) {
        c->no_memory = true;
        return;
    }
    for (size_t j = 0; j < k; j++) { total += pow(fabs(r->list->statistic[r->place[j]]), exponent); }
    x[points] = 0;
    y[points++] = 0;
    for (size_t j = 0; j < k; j++) {
        double lost = (double)(r->place[j] - j) / (double)(n - k);
        x[points] = (double)r->place[j];
        y[points++] = up - lost;
        up += total > 0 ? pow(fabs(r->list->statistic[r->place[j]]), exponent) / total : 1 / (double)k;
        x[points] = (double)r->place[j] + 1;
        y[points++] = up - lost;
    }
    x[points] = (double)n;
    y[points++] = 0;
    pn_axes a = pn_axes_on(c, 0, 14);
    a.x_high = (double)n;
    a.x_whole = true;
    a.y_low = fmin(-0.1, floor(10 * r->g.es_neg) / 10);
    a.y_high = fmax(0.1, ceil(10 * r->g.es_pos) / 10);
    pn_axes_draw(&a, "place in the list", "running sum");
    const pn_pen zero = {PN_INK, 0.6, PN_DOTTED}, line = {PN_LOW_RISK, 1.4, PN_SOLID}, tick = {PN_INK, 0.5, PN_SOLID};
    const double ends[] = {0, (double)n}, level[] = {0, 0};
    pn_axes_line(&a, ends, level, 2, &zero);
    pn_axes_line(&a, x, y, points, &line);
    for (size_t j = 0; j < k; j++) {
        double at = pn_axes_x(&a, (double)r->place[j] + 0.5);
        pn_canvas_line(c, at, c->height - 10, at, c->height - 2, &tick);
    }
    free(xy);
}

static void put_table(pn_sheet *s, const enrich_result *r, size_t n)
{
    static const double share[] = {4.4, 0.8, 1, 1, 1.4, 1.4, 1.2};
    static const char *const head[] = {"gene set", "genes", "ES", "NES", "p", "adjusted p", "leading edge"};
    pn_sheet_table(s, 7, share, head);
    for (size_t i = 0; i < n && i < LISTED; i++) {
        const sv_gsea *g = &r[i].g;
        char text[6][48];
        (void)snprintf(text[0], sizeof text[0], "%zu", g->size);
        (void)snprintf(text[1], sizeof text[1], "%.3f", g->es);
        (void)snprintf(text[2], sizeof text[2], isfinite(g->nes) ? "%.2f" : "", g->nes);
        (void)snprintf(text[3], sizeof text[3], isnan(g->log2err) ? "at most %.2g" : "%.2g", g->p);
        (void)snprintf(text[4], sizeof text[4], "%.2g", r[i].adjusted);
        (void)snprintf(text[5], sizeof text[5], "%zu", g->leading);
        pn_sheet_row(s, (const char *const[]){r[i].set, text[0], text[1], text[2], text[3], text[4], text[5]});
    }
    pn_sheet_table_end(s);
    if (n > LISTED) { pn_sheet_text(s, "The %d sets of least p-value of %zu.", LISTED, n); }
}

static void put_list(pn_sheet *s, const enrich_result *r, size_t n, const sv_gsea_opts *opts)
{
    if (r->list->label[0] != '\0') { pn_sheet_heading(s, 2, "Markers of %s", r->list->label); }
    put_table(s, r, n);
    for (size_t i = 0; i < n && i < DRAWN; i++) {
        char caption[160];
        if (!isfinite(r[i].g.es)) { continue; }
        (void)snprintf(caption, sizeof caption, "ES %.3f, p %.2g, adjusted p %.2g; marks below: the %zu genes of the set",
                       r[i].g.es, r[i].g.p, r[i].adjusted, r[i].g.size);
        draw_walk(pn_sheet_figure(s, PN_FIGURE_HALF, 170, r[i].set, caption), &r[i], opts->exponent);
        pn_sheet_figure_end(s);
    }
}

int enrich_page(pn_buf *out, pn_sheet_form form, const char *table, const char *sets, const enrich_result *r, size_t n,
                const sv_gsea_opts *opts, pn_error *err)
{
    static const double share[] = {1, 2.6};
    pn_sheet *s = NULL;
    int rc = pn_sheet_open(&s, form, "Enrichment of gene sets", err);
    if (rc != PN_OK) { return rc; }
    pn_sheet_heading(s, 1, "Enrichment of gene sets");
    pn_sheet_table(s, 2, share, NULL);
    pn_sheet_fact(s, "Table", "%s", table);
    pn_sheet_fact(s, "Gene sets", "%s", sets);
    pn_sheet_fact(s, "Method", "GSEA of ranked genes, exponent %g; %zu permutations%s, seed %llu", opts->exponent,
                  opts->permutations, opts->ladder > 0 ? ", multilevel splitting for small p-values" : "",
                  (unsigned long long)opts->seed);
    pn_sheet_fact(s, "Adjusted p", "Benjamini and Hochberg, over all sets and lists");
    pn_sheet_table_end(s);
    for (size_t i = 0; i < n;) {
        size_t of = 0;
        while (i + of < n && r[i + of].list == r[i].list) { of++; }
        put_list(s, r + i, of, opts);
        i += of;
    }
    rc = pn_sheet_finish(s, out, err);
    pn_sheet_free(s);
    return rc;
}
