/* gsea.c - enrichment of a ranked list, judged by permuted genes and, where those are too few, by a ladder. */
#include <survival/enrich.h>

#include <math.h>
#include <string.h>

#include <survival/rng.h>

#include "enrich_work.h"
#include "gsea_ladder.h"
#include "mem.h"
#include "num.h"

#define MAX_PERMUTATIONS ((size_t)10000000)

typedef struct ranked {
    size_t n;
    double *weight;           /* [n] by place                                        */
    uint32_t *place;          /* [n] by gene                                         */
    uint32_t *hits;           /* [n] places, ascending                                */
    uint64_t *drawn;          /* [n / 64 + 1] bits of the places drawn, none between */
    double *null;             /* [permutations] scores of the size in work           */
} ranked;

static void ranked_free(ranked *r)
{
    free(r->weight);
    free(r->place);
    free(r->hits);
    free(r->drawn);
    free(r->null);
}

static int ranked_make(ranked *r, const double *stat, size_t n, const sv_gsea_opts *o, sv_error *err)
{
    *r = (ranked){ .n = n, .weight = SV_NEW(double, n), .place = SV_NEW(uint32_t, n), .hits = SV_NEW(uint32_t, n),
                   .drawn = SV_NEW(uint64_t, n / 64 + 1), .null = SV_NEW(double, o->permutations) };
    int rc = SV_OK;
    if (r->weight == NULL || r->place == NULL || r->hits == NULL || r->drawn == NULL || r->null == NULL) {
        rc = sv_no_memory(err, "the ranked list");
    } else {
        memcpy(r->weight, stat, n * sizeof *stat);
        rc = sv_order_falling(r->hits, r->weight, n, err);
    }
    for (size_t k = 0; rc == SV_OK && k < n; k++) {
        r->place[r->hits[k]] = (uint32_t)k;
        r->weight[k] = pow(fabs(stat[r->hits[k]]), o->exponent);
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
    *out = (sv_gsea){ .size = k, .es = SV_NAN, .es_pos = SV_NAN, .es_neg = SV_NAN, .nes = SV_NAN, .p = SV_NAN,
                      .log2err = SV_NAN };
    if (k == 0 || k == r->n) { return; }
    for (size_t j = 0; j < k; j++) { r->hits[j] = r->place[gene[j]]; }
    qsort(r->hits, k, sizeof *r->hits, sv_compare_places);
    sv_walk w = sv_walk_list(r->hits, k, r->weight, r->n);
    out->es = score_of(&w);
    out->es_pos = w.top;
    out->es_neg = w.bottom;
    out->leading = out->es > 0 ? w.at_top : out->es < 0 ? w.at_bottom : 0;
}

/* Places of k different genes, ascending: drawn into a set of bits, which is then read. Of more than half of the
 * genes those are drawn that are left out. */
static void draw_hits(ranked *r, size_t k, sv_rng *rng)
{
    bool few = k <= r->n - k;
    for (size_t left = few ? k : r->n - k; left > 0;) {
        size_t place = (size_t)sv_rng_below(rng, r->n);
        uint64_t bit = UINT64_C(1) << place % 64;
        left -= (r->drawn[place / 64] & bit) == 0;
        r->drawn[place / 64] |= bit;
    }
    for (size_t w = 0, j = 0; j < k; w++) {
        uint64_t bits = few ? r->drawn[w] : ~r->drawn[w];
        for (; bits != 0 && j < k; bits &= bits - 1) { r->hits[j++] = (uint32_t)(w * 64 + (unsigned)__builtin_ctzll(bits)); }
    }
    memset(r->drawn, 0, (r->n / 64 + 1) * sizeof *r->drawn);
}

/* Scores of random sets of k genes; their stream is that of the size. */
static void permute(ranked *r, size_t k, const sv_gsea_opts *o)
{
    sv_rng rng = sv_rng_stream(o->seed, k);
    for (size_t m = 0; m < o->permutations; m++) {
        draw_hits(r, k, &rng);
        sv_walk w = sv_walk_list(r->hits, k, r->weight, r->n);
        r->null[m] = score_of(&w);
    }
}

/* What the permutations of its size say of a set. */
typedef struct verdict { double same; bool done, rare; } verdict;

/* trigamma(a) - trigamma(b) of whole numbers, a <= b: the variance of the logarithm of a Beta(a, b - a). */
static double log_beta_variance(double a, double b)
{
    double sum = 0;
    for (double i = a; i < b; i++) { sum += 1 / (i * i); }
    return sum;
}

/* The ladder's error is known before: one cut for each halving. */
static bool is_surer(const sv_gsea *g, const sv_gsea_opts *o)
{
    if (o->ladder == 0) { return false; }
    double z = (double)o->ladder, cuts = floor(1 - log2(g->p));
    return sqrt(cuts * log_beta_variance((z + 1) / 2, z + 1)) / log(2) < g->log2err;
}

static void judge(sv_gsea *g, verdict *v, const ranked *r, const sv_gsea_opts *o)
{
    double beyond = 0, sum = 0, sign = g->es < 0 ? -1 : 1;
    v->same = 0;
    for (size_t m = 0; m < o->permutations; m++) {
        double score = sign * r->null[m];
        if (score < 0) { continue; }
        v->same++;
        sum += score;
        beyond += score >= sign * g->es;
    }
    g->p = (beyond + 1) / (v->same + 1);
    g->log2err = sqrt(log_beta_variance(beyond + 1, v->same + 2)) / log(2);
    if (sum > 0) { g->nes = g->es / (sum / v->same); }
    v->done = true;
    v->rare = g->es < 0 || g->es > 0 ? is_surer(g, o) : false;
}

/* All sets of one size and one side that the permutations cannot judge: one ladder. */
static int climb_size(sv_gsea *out, verdict *v, size_t n_sets, size_t first, const ranked *r, const sv_gsea_opts *o,
                      sv_error *err)
{
    size_t m = 0, k = out[first].size;
    bool below = out[first].es < 0;
    double *work = SV_NEW(double, 3 * n_sets + r->n), *es = work, *p = work != NULL ? es + n_sets : NULL;
    size_t *of = SV_NEW(size_t, n_sets);
    if (work == NULL || of == NULL) {
        free(work);
        free(of);
        return sv_no_memory(err, "rare gene sets");
    }
    double *variance = p + n_sets, *weight = variance + n_sets;
    for (size_t i = first; i < n_sets; i++) {
        if (!v[i].rare || out[i].size != k || (out[i].es < 0) != below) { continue; }
        es[m] = fabs(out[i].es);
        of[m++] = i;
        v[i].rare = false;
    }
    for (size_t i = 0; i < r->n; i++) { weight[i] = r->weight[below ? r->n - 1 - i : i]; }
    const sv_ladder_opts lo = { o->ladder, o->smallest, o->seed, (uint64_t)k * 2 + below + (UINT64_C(1) << 40) };
    int rc = sv_ladder_climb(p, variance, es, m, weight, r->n, k, &lo, err);
    for (size_t i = 0; i < m && rc == SV_OK; i++) {
        sv_gsea *g = &out[of[i]];
        double share = (v[of[i]].same + 1) / ((double)o->permutations + 1), q = p[i] / share;
        g->p = fmin(fmax(q, o->smallest), 1);
        g->log2err = q < o->smallest ? SV_NAN : sqrt(variance[i]) / log(2);
    }
    free(work);
    free(of);
    return rc;
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
    if (o->ladder > 0 && (o->ladder < 3 || o->ladder > SV_LADDER_MAX_SAMPLE || o->ladder % 2 == 0 || !(o->smallest > 0))) {
        return sv_fail(err, SV_EINVAL, "ladder is %zu and smallest %g, expected an odd number 3 to %d and a number > 0",
                       o->ladder, o->smallest, SV_LADDER_MAX_SAMPLE);
    }
    for (size_t g = 0; g < genes; g++) {
        if (!isfinite(stat[g])) {
            return sv_fail(err, SV_EDATA, "statistic of gene %zu is %g, expected a finite number", g, stat[g]);
        }
    }
    return SV_OK;
}

static int tell_progress(const sv_gsea_opts *o, size_t done, size_t all, sv_error *err)
{
    if (o->progress == NULL || o->progress(o->context, done, all)) { return SV_OK; }
    return sv_fail(err, SV_EINVAL, "stopped after %zu of %zu gene sets", done, all);
}

int sv_gsea_ranked(sv_gsea *out, const double *stat, size_t genes, const sv_gene_sets *sets,
                   const sv_gsea_opts *opts, sv_error *err)
{
    ranked r;
    int rc = check_list(stat, genes, opts, err);
    if (rc == SV_OK) { rc = sv_sets_check(sets, genes, err); }
    if (rc == SV_OK) { rc = ranked_make(&r, stat, genes, opts, err); }
    if (rc != SV_OK) { return rc; }
    verdict *v = SV_NEW(verdict, sets->n);
    if (v == NULL) { rc = sv_no_memory(err, "gene sets"); }
    for (size_t k = 0; rc == SV_OK && k < sets->n; k++) {
        score_set(&out[k], &r, sets->gene + sets->start[k], sets->start[k + 1] - sets->start[k]);
        v[k].done = !isfinite(out[k].es) || opts->permutations == 0;
    }
    for (size_t k = 0; rc == SV_OK && k < sets->n; k++) {
        if (!v[k].done) {
            permute(&r, out[k].size, opts);
            for (size_t m = k; m < sets->n; m++) {
                if (!v[m].done && out[m].size == out[k].size) { judge(&out[m], &v[m], &r, opts); }
            }
        }
        if (v[k].rare) { rc = climb_size(out, v, sets->n, k, &r, opts, err); }
        if (rc == SV_OK) { rc = tell_progress(opts, k + 1, sets->n, err); }
    }
    free(v);
    ranked_free(&r);
    return rc;
}
