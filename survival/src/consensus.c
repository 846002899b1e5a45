/* consensus.c - repeated clustering of subsets, and what the repeats agree on. */
#include <survival/consensus.h>

#include <math.h>
#include <string.h>

#include <survival/rng.h>

#include "cluster_work.h"
#include "mem.h"
#include "num.h"
#include "vector.h"

#define NOT_DRAWN 255u

typedef struct run {
    const sv_consensus_opts *o;
    const sv_matrix *x;
    size_t n, p, m, f;           /* items and features: all, and those of a draw                  */
    double *rows;                /* n x p, scaled for the metric; as they are if features vary    */
    double *d;                   /* n x n, if all features are used                               */
    double *sub_rows, *sub_d;    /* those of a draw                                               */
    uint32_t *item, *feature, *deck, *scratch;
    int *label;
    unsigned char *code;         /* [n] group of an item in this draw, or NOT_DRAWN               */
    uint16_t *together;          /* n x n, lower half: draws with both                            */
    uint16_t *same;              /* ... for each k: draws with both in one group                  */
    int *order;
    sv_linkage_work link;
    sv_pam_work pam;
} run;

static int check_shape(const sv_matrix *x, const sv_consensus_opts *o, sv_error *err)
{
    if (o->max_k < 2 || o->max_k > SV_MAX_CONSENSUS_K) {
        return sv_fail(err, SV_EINVAL, "max_k is %zu, must be 2..%zu", o->max_k, SV_MAX_CONSENSUS_K);
    }
    if (o->repeats < 1 || o->repeats > SV_MAX_CONSENSUS_REPEATS) {
        return sv_fail(err, SV_EINVAL, "repeats is %zu, must be 1..%zu", o->repeats, SV_MAX_CONSENSUS_REPEATS);
    }
    if (!(o->item_share > 0 && o->item_share <= 1) || !(o->feature_share > 0 && o->feature_share <= 1)) {
        return sv_fail(err, SV_EINVAL, "shares of items and features are %g and %g, must be above 0, to 1", o->item_share,
                       o->feature_share);
    }
    if (o->inner > SV_INNER_KMEANS || o->metric > SV_METRIC_SPEARMAN || o->inner_linkage > SV_LINK_WARD_D2 ||
        o->final_linkage > SV_LINK_WARD_D2 || (o->inner == SV_INNER_KMEANS && o->kmeans_starts == 0)) {
        return sv_fail(err, SV_EINVAL, "clustering method, linkage, distance or k-means starts are not known");
    }
    if (x->rows > SV_MAX_ITEMS) {
        return sv_fail(err, SV_ELIMIT, "%zu items, clustering takes at most %zu", x->rows, SV_MAX_ITEMS);
    }
    return SV_OK;
}

static int check_draws(const run *r, sv_error *err)
{
    if (r->m < r->o->max_k + 1 || r->m > r->n) {
        return sv_fail(err, SV_ETOOSMALL, "%zu of %zu items a draw are not enough for %zu groups", r->m, r->n,
                       r->o->max_k);
    }
    if (r->f < 1) { return sv_fail(err, SV_ETOOSMALL, "a share of %g of %zu features is none", r->o->feature_share, r->p); }
    return SV_OK;
}

static void run_free(run *r)
{
    free(r->rows);
    free(r->d);
    free(r->sub_rows);
    free(r->sub_d);
    free(r->item);
    free(r->feature);
    free(r->deck);
    free(r->scratch);
    free(r->label);
    free(r->code);
    free(r->together);
    free(r->same);
    free(r->order);
    sv_linkage_free(&r->link);
    sv_pam_free(&r->pam);
}

static int run_new(run *r, sv_error *err)
{
    size_t n = r->n, p = r->p, m = r->m, deck = n > p ? n : p;
    if (p > SIZE_MAX / n) { return sv_no_memory(err, "consensus clustering"); }
    r->rows = SV_NEW(double, n * p);
    r->d = SV_NEW(double, r->o->inner != SV_INNER_KMEANS && r->f == p ? n * n : 1);
    r->sub_rows = SV_NEW(double, m * r->f);
    r->sub_d = SV_NEW(double, n * n);
    r->item = SV_NEW(uint32_t, n);
    r->feature = SV_NEW(uint32_t, p);
    r->deck = SV_NEW(uint32_t, deck);
    r->scratch = SV_NEW(uint32_t, n);
    r->label = SV_NEW(int, n);
    r->code = SV_NEW(unsigned char, n);
    r->together = SV_NEW(uint16_t, n * n);
    r->same = SV_NEW(uint16_t, (r->o->max_k - 1) * n * n);
    r->order = SV_NEW(int, r->o->max_k + 1);
    if (!r->rows || !r->d || !r->sub_rows || !r->sub_d || !r->item || !r->feature || !r->deck || !r->scratch ||
        !r->label || !r->code || !r->together || !r->same || !r->order) {
        return sv_no_memory(err, "consensus clustering");
    }
    int rc = sv_linkage_new(&r->link, n, err);
    return rc != SV_OK ? rc : sv_pam_new(&r->pam, n, r->o->max_k, err);
}

/* All distances, where every draw uses the same features. */
static int prepare(run *r, sv_error *err)
{
    bool plain = r->o->inner == SV_INNER_KMEANS || r->f < r->p;
    sv_metric metric = plain ? SV_METRIC_EUCLIDEAN : r->o->metric;
    int rc = sv_metric_rows(r->rows, r->x, metric, err);
    if (rc != SV_OK || plain) { return rc; }
    for (size_t i = 0; i < r->n; i++) {
        for (size_t j = 0; j < i; j++) {
            r->d[i * r->n + j] = r->d[j * r->n + i] =
                sv_metric_between(r->rows + i * r->p, r->rows + j * r->p, r->p, metric);
        }
    }
    return SV_OK;
}

/* m of n numbers, ascending: the first m of a shuffle, marked in code. */
static void draw(uint32_t *out, size_t m, uint32_t *deck, size_t n, sv_rng *rng)
{
    for (size_t i = 0; i < n; i++) { deck[i] = (uint32_t)i; }
    for (size_t i = 0; i < m; i++) {
        size_t other = i + (size_t)sv_rng_below(rng, n - i);
        uint32_t t = deck[other];
        deck[other] = deck[i];
        deck[i] = t;
    }
    /* The rest of the deck is done with: it serves to sort by counting. */
    for (size_t i = 0; i < m; i++) { out[i] = deck[i]; }
    memset(deck, 0, n * sizeof *deck);
    for (size_t i = 0; i < m; i++) { deck[out[i]] = 1; }
    for (size_t i = 0, at = 0; i < n; i++) {
        if (deck[i]) { out[at++] = (uint32_t)i; }
    }
}

static int take_items(run *r, size_t repeat, sv_rng *rng, sv_error *err)
{
    if (r->o->items != NULL) {
        memcpy(r->item, r->o->items + repeat * r->m, r->m * sizeof *r->item);
    } else if (r->m == r->n) {
        for (size_t i = 0; i < r->n; i++) { r->item[i] = (uint32_t)i; }
    } else {
        draw(r->item, r->m, r->deck, r->n, rng);
    }
    memset(r->code, NOT_DRAWN, r->n);
    for (size_t a = 0; a < r->m; a++) {
        if (r->item[a] >= r->n || r->code[r->item[a]] != NOT_DRAWN) {
            return sv_fail(err, SV_EINVAL, "item %u of given draw %zu is twice there, or not one of %zu rows",
                           (unsigned)r->item[a] + 1, repeat + 1, r->n);
        }
        r->code[r->item[a]] = 0;
    }
    if (r->f < r->p) {
        draw(r->feature, r->f, r->deck, r->p, rng);
    } else {
        for (size_t j = 0; j < r->p; j++) { r->feature[j] = (uint32_t)j; }
    }
    return SV_OK;
}

static void take_rows(run *r)
{
    for (size_t a = 0; a < r->m; a++) {
        const double *row = r->rows + r->item[a] * r->p;
        for (size_t j = 0; j < r->f; j++) { r->sub_rows[a * r->f + j] = row[r->feature[j]]; }
    }
}

/* Distances of the draw; hierarchical clustering reads only those above the diagonal. */
static int take_distances(run *r, sv_error *err)
{
    size_t m = r->m;
    bool upper = r->o->inner == SV_INNER_HCLUST;
    if (r->f == r->p) {
        for (size_t a = 0; a < m; a++) {
            const double *row = r->d + r->item[a] * r->n;
            for (size_t b = upper ? a + 1 : 0; b < m; b++) { r->sub_d[a * m + b] = row[r->item[b]]; }
        }
        return SV_OK;
    }
    take_rows(r);
    sv_matrix sub = sv_matrix_rowmajor(r->sub_rows, m, r->f);
    int rc = sv_metric_rows(r->sub_rows, &sub, r->o->metric, err);
    for (size_t a = 0; rc == SV_OK && a < m; a++) {
        for (size_t b = 0; b < a; b++) {
            double v = sv_metric_between(r->sub_rows + a * r->f, r->sub_rows + b * r->f, r->f, r->o->metric);
            r->sub_d[b * m + a] = v;
            if (!upper) { r->sub_d[a * m + b] = v; }
        }
        if (!upper) { r->sub_d[a * m + a] = 0; }
    }
    return rc;
}

static int kmeans(run *r, size_t k, uint64_t seed, sv_error *err)
{
    sv_matrix sub = sv_matrix_rowmajor(r->sub_rows, r->m, r->f);
    sv_kmeans_opts o = { SV_KMEANS_HARTIGAN_WONG, r->o->kmeans_starts, 100, seed, NULL };
    sv_kmeans fit;
    int rc = sv_kmeans_fit(&fit, &sub, k, &o, err);
    if (rc == SV_OK) {
        memcpy(r->label, fit.label, r->m * sizeof *r->label);
        sv_kmeans_free(&fit);
    }
    return rc;
}

/* count[i*n + j] += 1 for j < i in the same group. */
SV_WIDE static void count_row(uint16_t *restrict count, const unsigned char *restrict code, unsigned char own, size_t n)
{
    for (size_t j = 0; j < n; j++) { count[j] = (uint16_t)(count[j] + (code[j] == own)); }
}

static void count_pairs(uint16_t *count, const unsigned char *code, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (code[i] != NOT_DRAWN) { count_row(count + i * n, code, code[i], i); }
    }
}

static int cluster_draw(run *r, size_t repeat, sv_error *err)
{
    sv_rng rng = sv_rng_stream(r->o->seed, repeat);
    int rc = take_items(r, repeat, &rng, err);
    if (rc != SV_OK) { return rc; }
    count_pairs(r->together, r->code, r->n);
    if (r->o->inner == SV_INNER_KMEANS) { take_rows(r); } else { rc = take_distances(r, err); }
    if (rc == SV_OK && r->o->inner == SV_INNER_HCLUST) {
        sv_linkage_run(&r->link, r->sub_d, r->m, r->o->inner_linkage);
    }
    for (size_t k = 2; rc == SV_OK && k <= r->o->max_k; k++) {
        if (r->o->inner == SV_INNER_HCLUST) {
            sv_linkage_cut(r->label, r->scratch, r->link.step, r->m, k);
        } else if (r->o->inner == SV_INNER_PAM) {
            (void)sv_pam_run(&r->pam, r->sub_d, r->m, k);
            for (size_t a = 0; a < r->m; a++) { r->label[a] = (int)r->pam.which[a]; }
        } else {
            rc = kmeans(r, k, sv_rng_next(&rng), err);
        }
        for (size_t a = 0; a < r->m; a++) { r->code[r->item[a]] = (unsigned char)r->label[a]; }
        if (rc == SV_OK) { count_pairs(r->same + (k - 2) * r->n * r->n, r->code, r->n); }
    }
    return rc;
}

static void share_matrix(double *matrix, const uint16_t *same, const uint16_t *together, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        matrix[i * n + i] = 1;
        for (size_t j = 0; j < i; j++) {
            double of = together[i * n + j];
            matrix[i * n + j] = matrix[j * n + i] = of > 0 ? same[i * n + j] / of : 0;
        }
    }
}

/* Bins are closed above, as R's hist; the slack keeps a share like 3/10 in its bin. */
static void distribution(sv_consensus *c, size_t q)
{
    size_t n = c->n;
    const double *m = c->matrix + q * n * n;
    double *cdf = c->cdf + q * SV_CONSENSUS_BINS, pairs = (double)n * (double)(n - 1) / 2, ambiguous = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            double v = m[i * n + j], above = ceil((v - 1e-9) * SV_CONSENSUS_BINS) - 1;
            cdf[(size_t)fmin(fmax(above, 0), SV_CONSENSUS_BINS - 1)] += 1;
            ambiguous += v > 0.1 && v < 0.9;
        }
    }
    c->area[q] = 0;
    for (size_t b = 0; b < SV_CONSENSUS_BINS; b++) {
        sum += cdf[b];
        cdf[b] = sum / pairs;
        c->area[q] += cdf[b] / SV_CONSENSUS_BINS;
    }
    c->pac[q] = ambiguous / pairs;
    c->delta[q] = q == 0 ? c->area[0] : (c->area[q] - c->area[q - 1]) / c->area[q - 1];
}

static void final_groups(sv_consensus *c, run *r, size_t q)
{
    size_t n = c->n, k = q + 2, size[SV_MAX_CONSENSUS_K + 1] = { 0 };
    const double *m = c->matrix + q * n * n;
    int *label = c->label + q * n;
    for (size_t i = 0; i < n * n; i++) { r->sub_d[i] = 1 - m[i]; }
    sv_linkage_run(&r->link, r->sub_d, n, r->o->final_linkage);
    sv_linkage_cut(label, r->scratch, r->link.step, n, k);
    for (size_t i = 0; i < n; i++) { size[label[i]]++; }
    c->smallest[q] = n;
    for (size_t g = 1; g <= k; g++) { c->smallest[q] = size[g] < c->smallest[q] ? size[g] : c->smallest[q]; }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) { sum += j != i && label[j] == label[i] ? m[i * n + j] : 0; }
        size_t others = size[label[i]] - 1;
        c->item[q * n + i] = others > 0 ? sum / (double)others : 1;
    }
}

static int result_new(sv_consensus *c, size_t n, size_t max_k, sv_error *err)
{
    size_t ks = max_k - 1;
    *c = (sv_consensus){ .n = n, .max_k = max_k, .matrix = SV_NEW(double, ks * n * n), .label = SV_NEW(int, ks * n),
                         .cdf = SV_NEW(double, ks * SV_CONSENSUS_BINS), .area = SV_NEW(double, ks),
                         .delta = SV_NEW(double, ks), .pac = SV_NEW(double, ks), .item = SV_NEW(double, ks * n),
                         .smallest = SV_NEW(size_t, ks) };
    if (c->matrix && c->label && c->cdf && c->area && c->delta && c->pac && c->item && c->smallest) { return SV_OK; }
    return sv_no_memory(err, "consensus clustering");
}

void sv_consensus_free(sv_consensus *c)
{
    free(c->matrix);
    free(c->label);
    free(c->cdf);
    free(c->area);
    free(c->delta);
    free(c->pac);
    free(c->item);
    free(c->smallest);
    *c = (sv_consensus){ 0 };
}

static int repeat_all(run *r, sv_error *err)
{
    int rc = prepare(r, err);
    for (size_t b = 0; rc == SV_OK && b < r->o->repeats; b++) {
        rc = cluster_draw(r, b, err);
        if (rc == SV_OK && r->o->progress != NULL && !r->o->progress(r->o->context, b + 1, r->o->repeats)) {
            rc = sv_fail(err, SV_EINVAL, "consensus clustering stopped after %zu of %zu repeats", b + 1, r->o->repeats);
        }
    }
    return rc;
}

int sv_consensus_fit(sv_consensus *out, const sv_matrix *x, const sv_consensus_opts *opts, sv_error *err)
{
    static const sv_consensus_opts usual = SV_CONSENSUS_OPTS_INIT;
    run r = { .o = opts != NULL ? opts : &usual, .x = x, .n = x->rows, .p = x->cols };
    int rc = check_shape(x, r.o, err);
    if (rc != SV_OK) { return rc; }
    r.m = r.o->items != NULL ? r.o->items_each : (size_t)floor(r.o->item_share * (double)r.n);
    r.f = r.o->feature_share < 1 ? (size_t)floor(r.o->feature_share * (double)r.p) : r.p;
    rc = check_draws(&r, err);
    if (rc != SV_OK) { return rc; }
    sv_consensus c = { 0 };
    rc = run_new(&r, err);
    if (rc == SV_OK) { rc = result_new(&c, r.n, r.o->max_k, err); }
    if (rc == SV_OK) { rc = repeat_all(&r, err); }
    for (size_t q = 0; rc == SV_OK && q + 1 < r.o->max_k; q++) {
        share_matrix(c.matrix + q * r.n * r.n, r.same + q * r.n * r.n, r.together, r.n);
        distribution(&c, q);
        final_groups(&c, &r, q);
    }
    run_free(&r);
    if (rc == SV_OK) { *out = c; } else { sv_consensus_free(&c); }
    return rc;
}
