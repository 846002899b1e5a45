#include "cmd/deconvolve_page.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "plot/axes.h"
#include "plot/heat.h"

static size_t n_ks(const deconvolve_content *c) { return c->options->k_max - c->options->k_min + 1; }

/* Over the runs; NaN where none had so many corners. */
static void spread(double *low, double *high, size_t *runs, size_t *least, const deconvolve_content *c, size_t q)
{
    *low = *high = NAN;
    *runs = *least = 0;
    for (size_t r = 0; r < c->runs; r++) {
        double v = c->mdl[r * n_ks(c) + q];
        *least += c->chosen[r] == c->options->k_min + q ? 1 : 0;
        if (!isfinite(v)) { continue; }
        *low = *runs > 0 ? fmin(*low, v) : v;
        *high = *runs > 0 ? fmax(*high, v) : v;
        ++*runs;
    }
}

static void put_identity(pn_sheet *s, const deconvolve_content *c)
{
    static const double share[] = {1, 2.6};
    pn_sheet_heading(s, 1, "Deconvolution of bulk expression");
    pn_sheet_table(s, 2, share, NULL);
    pn_sheet_fact(s, "Table", "%s", c->table);
    pn_sheet_fact(s, "Samples, genes", "%zu, %zu; used after the filter: %zu", c->fit->samples, c->fit->genes, c->cam->prep.n);
    pn_sheet_fact(s, "Runs", "%zu, from seed %llu on; %zu clusters, %zu starts each", c->runs, (unsigned long long)c->options->seed,
                  c->options->clusters, c->options->starts);
    pn_sheet_fact(s, "Shown", "%zu subpopulations%s", c->fit->k,
                  c->fit == &c->cam->fit[c->cam->best] ? ", the number of least description length" : ", as asked for");
    pn_sheet_table_end(s);
}

static void put_table(pn_sheet *s, const deconvolve_content *c)
{
    static const double share[] = {1, 1, 1.6, 1.6, 1.6};
    static const char *const head[] = {"K", "runs", "least MDL", "largest MDL", "least of its run in"};
    size_t agree = 0;
    pn_sheet_heading(s, 2, "How many subpopulations");
    pn_sheet_table(s, 5, share, head);
    for (size_t q = 0; q < n_ks(c); q++) {
        double low, high;
        size_t runs, least;
        char text[5][48];
        spread(&low, &high, &runs, &least, c, q);
        agree = least > agree ? least : agree;
        (void)snprintf(text[0], sizeof text[0], "%zu", c->options->k_min + q);
        (void)snprintf(text[1], sizeof text[1], "%zu", runs);
        (void)snprintf(text[2], sizeof text[2], runs > 0 ? "%.1f" : "", low);
        (void)snprintf(text[3], sizeof text[3], runs > 0 ? "%.1f" : "", high);
        (void)snprintf(text[4], sizeof text[4], "%zu of %zu", least, c->runs);
        pn_sheet_row(s, (const char *const[]){text[0], text[1], text[2], text[3], text[4]});
    }
    pn_sheet_table_end(s);
    if (2 * agree <= c->runs) {
        pn_sheet_note(s, "The runs do not agree on the number of subpopulations: no number is the best of more than %zu of %zu.", agree,
                      c->runs);
    }
}

static void put_mdl(pn_sheet *s, const deconvolve_content *c)
{
    double k[SV_CAM_MAX_K], best[SV_CAM_MAX_K], most[SV_CAM_MAX_K], low = INFINITY, high = -INFINITY;
    size_t ks = n_ks(c), runs, least;
    const pn_pen blue = {PN_LOW_RISK, 1.6, PN_SOLID}, pale = {PN_BOX_LINE, 0.5, PN_SOLID};
    for (size_t q = 0; q < ks; q++) {
        k[q] = (double)(c->options->k_min + q);
        spread(&best[q], &most[q], &runs, &least, c, q);
        low = runs > 0 ? fmin(low, best[q]) : low;
        high = runs > 0 ? fmax(high, most[q]) : high;
    }
    if (!isfinite(low)) { return; }
    if (!(high > low)) { high = low + 1; }
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, 250, "Description length",
                                        "A pale line is a run; the blue line is the best of all runs, the area reaches to the worst. Less is better.");
    pn_axes a = pn_axes_on(canvas, 0, 0);
    a.x_low = k[0] - 0.3;
    a.x_whole = true;
    a.x_high = k[ks - 1] + 0.3;
    a.y_low = low - 0.05 * (high - low);
    a.y_high = high + 0.05 * (high - low);
    pn_axes_draw(&a, "subpopulations", "MDL (nats)");
    pn_axes_band(&a, k, best, most, ks, false, PN_LOW_RISK);
    for (size_t r = 0; r < c->runs; r++) { pn_axes_line(&a, k, c->mdl + r * ks, ks, &pale); }
    pn_axes_line(&a, k, best, ks, &blue);
    for (size_t q = 0; q < ks; q++) { pn_axes_point(&a, k[q], best[q], NAN, NAN, PN_DISC, PN_LOW_RISK); }
    pn_sheet_figure_end(s);
}

typedef struct place { size_t most; double share; size_t at; } place;

/* By the largest subpopulation, then its share. */
static int by_largest(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->most != y->most) { return x->most < y->most ? -1 : 1; }
    if (x->share > y->share || x->share < y->share) { return x->share > y->share ? -1 : 1; }
    return x->at < y->at ? -1 : x->at > y->at;
}

static void put_proportions(pn_sheet *s, const deconvolve_content *c)
{
    const sv_cam_fit *f = c->fit;
    char words[SV_CAM_MAX_K][64];
    const char *name[SV_CAM_MAX_K];
    place *order = calloc(f->samples + 1, sizeof *order);
    double *v = calloc(f->samples * f->k + 1, sizeof *v);
    bool whole = order != NULL && v != NULL;
    for (size_t i = 0; whole && i < f->samples; i++) {
        const double *a = f->a + i * f->k;
        order[i] = (place){0, a[0], i};
        for (size_t j = 1; j < f->k; j++) {
            if (a[j] > order[i].share) { order[i] = (place){j, a[j], i}; }
        }
    }
    if (whole) { qsort(order, f->samples, sizeof *order, by_largest); }
    for (size_t j = 0; whole && j < f->k; j++) {
        double mean = 0;
        for (size_t i = 0; i < f->samples; i++) {
            v[j * f->samples + i] = f->a[order[i].at * f->k + j];
            mean += v[j * f->samples + i] / (double)f->samples;
        }
        (void)snprintf(words[j], sizeof words[j], "s%zu, mean %.3f", j + 1, mean);
        name[j] = words[j];
    }
    const pn_heat h = {.v = v, .rows = f->k, .columns = f->samples, .high = 1, .scale = "proportion", .row_name = name};
    pn_sheet_heading(s, 2, "Proportions");
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, fmax(pn_heat_height(&h), 40 + 22 * (double)f->k),
                                        "Subpopulations of each sample", "A column is a sample, ordered by its largest subpopulation");
    canvas->no_memory = !whole;
    if (whole) { pn_heat_draw(canvas, &h); }
    pn_sheet_figure_end(s);
    free(order);
    free(v);
}

int deconvolve_page(pn_buf *out, pn_sheet_form form, const deconvolve_content *c, pn_error *err)
{
    pn_sheet *s = NULL;
    int rc = pn_sheet_open(&s, form, "Deconvolution of bulk expression", err);
    if (rc != PN_OK) { return rc; }
    put_identity(s, c);
    put_table(s, c);
    put_mdl(s, c);
    put_proportions(s, c);
    rc = pn_sheet_finish(s, out, err);
    pn_sheet_free(s);
    return rc;
}
