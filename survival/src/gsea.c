/* gsea.c - enrichment of a ranked list, judged by permuted genes. */
#include <survival/enrich.h>

#include <math.h>
#include <string.h>

#include <survival/rng.h>

#include "enrich_work.h"
#include "mem.h"
#include "num.h"

#define MAX_PERMUTATIONS ((size_t)10000000)

typedef struct ranked {
    size_t n;
    double *weight;           /* [n] by place                                        */
    uint32_t *place;          /* [n] by gene                                         */
    uint32_t *hits;           /* [n] work                                            */
    uint32_t *deck;           /* [n] places, shuffled                                */
    double *null;             /* [permutations] scores of the size in work           */
} ranked;

static void ranked_free(ranked *r)
{
    free(r->weight);
    free(r->place);
    free(r->hits);
    free(r->deck);
    free(r->null);
}

static int ranked_make(ranked *r, const double *stat, size_t n, const sv_gsea_opts *o, sv_error *err)
{
    *r = (ranked){ .n = n, .weight = SV_NEW(double, n), .place = SV_NEW(uint32_t, n), .hits = SV_NEW(uint32_t, n),
                   .deck = SV_NEW(uint32_t, n), .null = SV_NEW(double, o->permutations) };
    int rc = SV_OK;
    if (r->weight == NULL || r->place == NULL || r->hits == NULL || r->deck == NULL || r->null == NULL) {
        rc = sv_no_memory(err, "the ranked list");
    } else {
        memcpy(r->weight, stat, n * sizeof *stat);
        rc = sv_order_falling(r->deck, r->weight, n, err);
    }
    for (size_t k = 0; rc == SV_OK && k < n; k++) {
        r->place[r->deck[k]] = (uint32_t)k;
        r->weight[k] = pow(fabs(stat[r->deck[k]]), o->exponent);
    }
    if (rc != SV_OK) { ranked_free(r); }
    return rc;
}

static double score_of(const sv_walk *w)
{
    return w->top > -w->bottom ? w->top : w->top < -w->bottom ? w->bottom : 0;
}

static void score_set(sv_gsea *out, const ranked *r, const uint32_t *gene, size_t k)
{
    *out = (sv_gsea){ .size = k, .es = SV_NAN, .es_pos = SV_NAN, .es_neg = SV_NAN, .nes = SV_NAN, .p = SV_NAN };
    if (k == 0 || k == r->n) { return; }
    for (size_t j = 0; j < k; j++) { r->hits[j] = r->place[gene[j]]; }
    qsort(r->hits, k, sizeof *r->hits, sv_compare_places);
    sv_walk w = sv_walk_list(r->hits, k, r->weight, r->n);
    out->es = score_of(&w);
    out->es_pos = w.top;
    out->es_neg = w.bottom;
    out->leading = out->es > 0 ? w.at_top : out->es < 0 ? w.at_bottom : 0;
}

/* Scores of random sets of k genes; their stream is that of the size. */
static void permute(ranked *r, size_t k, const sv_gsea_opts *o)
{
    sv_rng rng = sv_rng_stream(o->seed, k);
    for (size_t i = 0; i < r->n; i++) { r->deck[i] = (uint32_t)i; }
    for (size_t m = 0; m < o->permutations; m++) {
        for (size_t j = 0; j < k; j++) {
            size_t other = j + (size_t)sv_rng_below(&rng, r->n - j);
            uint32_t drawn = r->deck[other];
            r->deck[other] = r->deck[j];
            r->deck[j] = r->hits[j] = drawn;
        }
        qsort(r->hits, k, sizeof *r->hits, sv_compare_places);
        sv_walk w = sv_walk_list(r->hits, k, r->weight, r->n);
        r->null[m] = score_of(&w);
    }
}

static void judge(sv_gsea *g, const ranked *r, size_t permutations)
{
    double beyond = 0, same = 0, sum = 0, sign = g->es < 0 ? -1 : 1;
    for (size_t m = 0; m < permutations; m++) {
        double v = sign * r->null[m];
        if (v < 0) { continue; }
        same++;
        sum += v;
        beyond += v >= sign * g->es;
    }
    g->p = (beyond + 1) / (same + 1);
    if (sum > 0) { g->nes = g->es / (sum / same); }
}

static int check_list(const double *stat, size_t genes, const sv_gsea_opts *o, sv_error *err)
{
    if (!(o->exponent >= 0 && isfinite(o->exponent))) {
        return sv_fail(err, SV_EINVAL, "exponent is %g, expected a number >= 0", o->exponent);
    }
    if (o->permutations > MAX_PERMUTATIONS || genes < 2 || genes > SV_MAX_ROWS) {
        return sv_fail(err, SV_ELIMIT, "%zu genes and %zu permutations, expected 2 or more and at most %zu",
                       genes, o->permutations, MAX_PERMUTATIONS);
    }
    for (size_t g = 0; g < genes; g++) {
        if (!isfinite(stat[g])) {
            return sv_fail(err, SV_EDATA, "statistic of gene %zu is %g, expected a finite number", g, stat[g]);
        }
    }
    return SV_OK;
}

int sv_gsea_ranked(sv_gsea *out, const double *stat, size_t genes, const sv_gene_sets *sets,
                   const sv_gsea_opts *opts, sv_error *err)
{
    ranked r;
    int rc = check_list(stat, genes, opts, err);
    if (rc == SV_OK) { rc = sv_sets_check(sets, genes, err); }
    if (rc == SV_OK) { rc = ranked_make(&r, stat, genes, opts, err); }
    if (rc != SV_OK) { return rc; }
    bool *done = SV_NEW(bool, sets->n);
    if (done == NULL) { rc = sv_no_memory(err, "gene sets"); }
    for (size_t k = 0; rc == SV_OK && k < sets->n; k++) {
        score_set(&out[k], &r, sets->gene + sets->start[k], sets->start[k + 1] - sets->start[k]);
        done[k] = !isfinite(out[k].es) || opts->permutations == 0;
    }
    for (size_t k = 0; rc == SV_OK && k < sets->n; k++) {
        if (done[k]) { continue; }
        permute(&r, out[k].size, opts);
        for (size_t m = k; m < sets->n; m++) {
            if (done[m] || out[m].size != out[k].size) { continue; }
            judge(&out[m], &r, opts->permutations);
            done[m] = true;
        }
    }
    free(done);
    ranked_free(&r);
    return rc;
}
