/* enrich.c - walks down sorted lists. Only the hits are visited: a set of k genes costs O(k log k). */
#include <survival/enrich.h>

#include <math.h>
#include <string.h>

#include <survival/rng.h>

#include "mem.h"
#include "num.h"
#include "sort.h"

#define MAX_PERMUTATIONS ((size_t)10000000)

/* ---- What all need --------------------------------------------------------------------------- */

static int check_sets(const sv_gene_sets *s, size_t genes, sv_error *err)
{
    if (s->start[0] != 0) { return sv_fail(err, SV_EINVAL, "the first set starts at %zu, expected 0", s->start[0]); }
    for (size_t k = 0; k < s->n; k++) {
        if (s->start[k + 1] < s->start[k] || s->start[k + 1] - s->start[k] > genes) {
            return sv_fail(err, SV_EINVAL, "set %zu runs from %zu to %zu, expected at most %zu genes", k,
                           s->start[k], s->start[k + 1], genes);
        }
    }
    uint32_t *last = SV_NEW(uint32_t, genes);      /* the last set that has the gene, + 1 */
    if (last == NULL) { return sv_no_memory(err, "gene sets"); }
    int rc = SV_OK;
    for (size_t k = 0; k < s->n && rc == SV_OK; k++) {
        for (size_t i = s->start[k]; i < s->start[k + 1] && rc == SV_OK; i++) {
            uint32_t g = s->gene[i];
            if (g >= genes || last[g] == k + 1) {
                rc = sv_fail(err, SV_EINVAL, "set %zu has gene %u %s", k, (unsigned)g,
                             g >= genes ? "which is not among the genes" : "twice");
            } else {
                last[g] = (uint32_t)(k + 1);
            }
        }
    }
    free(last);
    return rc;
}

static int compare_places(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* order[place]: the gene that stands there when key falls; equal keys keep their order. */
static int order_falling(uint32_t *order, double *key, size_t n, sv_error *err)
{
    for (size_t g = 0; g < n; g++) { key[g] = -key[g]; }
    int rc = sv_sort_rows(order, key, n, err);
    for (size_t g = 0; g < n; g++) { key[g] = -key[g]; }
    return rc;
}

typedef struct walk { double top, bottom; size_t at_top, at_bottom; } walk;

/* place[k], ascending: where the hits stand among n; weight of each place: the size of its step. */
static walk walk_list(const uint32_t *place, size_t k, const double *weight, size_t n)
{
    walk w = { 0, 0, 0, 0 };
    double total = 0, reached = 0, misses = (double)(n - k);
    for (size_t j = 0; j < k; j++) { total += weight[place[j]]; }
    for (size_t j = 0; j < k; j++) {
        double lost = (double)(place[j] - j) / misses;
        double before = (total > 0 ? reached / total : (double)j / (double)k) - lost;
        reached += weight[place[j]];
        double after = (total > 0 ? reached / total : (double)(j + 1) / (double)k) - lost;
        if (after > w.top) {
            w.top = after;
            w.at_top = j + 1;
        }
        if (before < w.bottom) {
            w.bottom = before;
            w.at_bottom = k - j;
        }
    }
    return w;
}

/* ---- A ranked list --------------------------------------------------------------------------- */

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
        rc = order_falling(r->deck, r->weight, n, err);
    }
    for (size_t k = 0; rc == SV_OK && k < n; k++) {
        r->place[r->deck[k]] = (uint32_t)k;
        r->weight[k] = pow(fabs(stat[r->deck[k]]), o->exponent);
    }
    if (rc != SV_OK) { ranked_free(r); }
    return rc;
}

static double score_of(const walk *w)
{
    return w->top > -w->bottom ? w->top : w->top < -w->bottom ? w->bottom : 0;
}

static void score_set(sv_gsea *out, const ranked *r, const uint32_t *gene, size_t k)
{
    *out = (sv_gsea){ .size = k, .es = SV_NAN, .es_pos = SV_NAN, .es_neg = SV_NAN, .nes = SV_NAN, .p = SV_NAN };
    if (k == 0 || k == r->n) { return; }
    for (size_t j = 0; j < k; j++) { r->hits[j] = r->place[gene[j]]; }
    qsort(r->hits, k, sizeof *r->hits, compare_places);
    walk w = walk_list(r->hits, k, r->weight, r->n);
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
        qsort(r->hits, k, sizeof *r->hits, compare_places);
        walk w = walk_list(r->hits, k, r->weight, r->n);
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
    if (rc == SV_OK) { rc = check_sets(sets, genes, err); }
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

/* ---- Patient by patient ---------------------------------------------------------------------- */

typedef struct patient {
    size_t n;
    double *value;            /* [n] of the genes                                            */
    uint32_t *order;          /* [n] gene at each place                                      */
    double *weight;           /* [n] by place                                                */
    size_t *first;            /* [n + 1] into set: the sets that a gene is in                */
    uint32_t *set;
    uint32_t *hits;           /* those of set k from start[k] on: their places, ascending    */
    size_t *dealt;            /* [sets] end of the hits so far                               */
} patient;

static void patient_free(patient *p)
{
    free(p->value);
    free(p->order);
    free(p->weight);
    free(p->first);
    free(p->set);
    free(p->hits);
    free(p->dealt);
}

/* first, set: the sets turned round. */
static void list_sets_of_genes(patient *p, const sv_gene_sets *sets)
{
    for (size_t a = 0; a < sets->start[sets->n]; a++) { p->first[sets->gene[a]]++; }
    size_t before = 0;
    for (size_t g = 0; g <= p->n; g++) {
        size_t here = p->first[g];
        p->first[g] = before;
        before += here;
    }
    for (size_t k = 0; k < sets->n; k++) {
        for (size_t a = sets->start[k]; a < sets->start[k + 1]; a++) { p->set[p->first[sets->gene[a]]++] = (uint32_t)k; }
    }
    for (size_t g = p->n; g > 0; g--) { p->first[g] = p->first[g - 1]; }   /* each now stood at its end */
    p->first[0] = 0;
}

static int patient_make(patient *p, const sv_matrix *x, const sv_gene_sets *sets, sv_error *err)
{
    size_t n = x->cols;
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc == SV_OK) { rc = check_sets(sets, n, err); }
    if (rc != SV_OK) { return rc; }
    size_t members = sets->start[sets->n];
    *p = (patient){ .n = n, .value = SV_NEW(double, n), .order = SV_NEW(uint32_t, n), .weight = SV_NEW(double, n),
                    .first = SV_NEW(size_t, n + 1), .set = SV_NEW(uint32_t, members),
                    .hits = SV_NEW(uint32_t, members), .dealt = SV_NEW(size_t, sets->n) };
    if (p->value != NULL && p->order != NULL && p->weight != NULL && p->first != NULL && p->set != NULL &&
        p->hits != NULL && p->dealt != NULL) {
        list_sets_of_genes(p, sets);
        return SV_OK;
    }
    patient_free(p);
    return sv_no_memory(err, "a patient's genes");
}

/* Sort the genes of one patient and deal their places out to the sets, so that no set needs sorting. */
static int rank_patient(patient *p, const sv_gene_sets *sets, sv_error *err)
{
    int rc = order_falling(p->order, p->value, p->n, err);
    if (rc != SV_OK) { return rc; }
    memcpy(p->dealt, sets->start, sets->n * sizeof *p->dealt);
    for (size_t k = 0; k < p->n; k++) {
        size_t g = p->order[k];
        for (size_t a = p->first[g]; a < p->first[g + 1]; a++) { p->hits[p->dealt[p->set[a]]++] = (uint32_t)k; }
    }
    return SV_OK;
}

static double column_mean(const sv_matrix *x, size_t j)
{
    double sum = 0;
    for (size_t i = 0; i < x->rows; i++) { sum += sv_at(x, i, j); }
    return sum / (double)x->rows;
}

int sv_functional_spectrum(double *out, const sv_matrix *x, const double *centre, const sv_gene_sets *sets,
                           sv_error *err)
{
    patient p;
    int rc = patient_make(&p, x, sets, err);
    if (rc != SV_OK) { return rc; }
    double *own = SV_NEW(double, x->cols);
    if (own == NULL) { rc = sv_no_memory(err, "the genes' means"); }
    for (size_t j = 0; rc == SV_OK && j < x->cols; j++) { own[j] = centre != NULL ? centre[j] : column_mean(x, j); }
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        for (size_t j = 0; j < p.n; j++) { p.value[j] = sv_at(x, i, j) - own[j]; }
        rc = rank_patient(&p, sets, err);
        for (size_t k = 0; k < p.n; k++) { p.weight[k] = fabs(p.value[p.order[k]]); }
        for (size_t k = 0; rc == SV_OK && k < sets->n; k++) {
            size_t n = sets->start[k + 1] - sets->start[k];
            walk w = n > 0 && n < p.n ? walk_list(p.hits + sets->start[k], n, p.weight, p.n) : (walk){ 0, 0, 0, 0 };
            out[i * sets->n + k] = w.top > -w.bottom ? w.top : w.bottom;
        }
    }
    free(own);
    patient_free(&p);
    return rc;
}

/* Ranks 1 for the lowest; equal values share the whole part of their mean rank. */
static void floor_ranks(patient *p)
{
    for (size_t at = 0; at < p->n;) {
        size_t end = at;
        while (end < p->n && p->value[p->order[end]] >= p->value[p->order[at]]) { end++; }
        /* places at..end-1 from the top are ranks n-end+1 .. n-at */
        double rank = floor(((double)(p->n - end + 1) + (double)(p->n - at)) / 2);
        for (size_t k = at; k < end; k++) { p->weight[k] = rank; }
        at = end;
    }
}

int sv_ssgsea(double *out, const sv_matrix *x, double exponent, const sv_gene_sets *sets, sv_error *err)
{
    patient p;
    if (!(exponent >= 0 && isfinite(exponent))) {
        return sv_fail(err, SV_EINVAL, "exponent is %g, expected a number >= 0", exponent);
    }
    int rc = patient_make(&p, x, sets, err);
    if (rc != SV_OK) { return rc; }
    double genes = (double)p.n;
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        for (size_t j = 0; j < p.n; j++) { p.value[j] = sv_at(x, i, j); }
        rc = rank_patient(&p, sets, err);
        floor_ranks(&p);
        for (size_t k = 0; k < p.n; k++) { p.weight[k] = pow(p.weight[k], exponent); }
        for (size_t k = 0; rc == SV_OK && k < sets->n; k++) {
            size_t n = sets->start[k + 1] - sets->start[k];
            const uint32_t *hits = p.hits + sets->start[k];
            double weighted = 0, total = 0, tail = 0;
            for (size_t j = 0; j < n; j++) {
                double left = genes - (double)hits[j], w = p.weight[hits[j]];
                weighted += w * left;
                total += w;
                tail += left;
            }
            double misses = genes - (double)n;
            out[i * sets->n + k] = n > 0 && misses > 0
                                       ? weighted / total - (genes * (genes + 1) / 2 - tail) / misses : SV_NAN;
        }
    }
    patient_free(&p);
    return rc;
}

int sv_combined_z(double *out, const sv_matrix *x, const double *mean, const double *sd, const sv_gene_sets *sets,
                  sv_error *err)
{
    patient p;
    if ((mean == NULL) != (sd == NULL)) { return sv_fail(err, SV_EINVAL, "mean and sd come together"); }
    int rc = patient_make(&p, x, sets, err);
    if (rc != SV_OK) { return rc; }
    for (size_t j = 0; j < p.n; j++) {             /* weight: 1 / sd, 0 where a gene does not vary */
        double m = mean != NULL ? mean[j] : column_mean(x, j), squares = 0;
        for (size_t i = 0; mean == NULL && i < x->rows; i++) {
            squares += (sv_at(x, i, j) - m) * (sv_at(x, i, j) - m);
        }
        double s = sd != NULL ? sd[j] : sqrt(squares / ((double)x->rows - 1));
        p.value[j] = m;
        p.weight[j] = s > 0 && isfinite(s) ? 1 / s : 0;
    }
    for (size_t i = 0; i < x->rows; i++) {
        for (size_t k = 0; k < sets->n; k++) {
            double sum = 0, n = 0;
            for (size_t a = sets->start[k]; a < sets->start[k + 1]; a++) {
                size_t j = sets->gene[a];
                sum += (sv_at(x, i, j) - p.value[j]) * p.weight[j];
                n += p.weight[j] > 0;
            }
            out[i * sets->n + k] = n > 0 ? sum / sqrt(n) : SV_NAN;
        }
    }
    patient_free(&p);
    return rc;
}
