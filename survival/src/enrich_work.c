/* enrich_work.c - walks down sorted lists. Only the hits are visited: a set of k genes costs O(k log k). */
#include "enrich_work.h"

#include <string.h>

#include "mem.h"
#include "sort.h"

int sv_sets_check(const sv_gene_sets *s, size_t genes, sv_error *err)
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

int sv_compare_places(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int sv_order_falling(uint32_t *order, double *key, size_t n, sv_error *err)
{
    for (size_t g = 0; g < n; g++) { key[g] = -key[g]; }
    int rc = sv_sort_rows(order, key, n, err);
    for (size_t g = 0; g < n; g++) { key[g] = -key[g]; }
    return rc;
}

sv_walk sv_walk_list(const uint32_t *place, size_t k, const double *weight, size_t n)
{
    sv_walk w = { 0, 0, 0, 0 };
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

/* ---- Patient by patient ---------------------------------------------------------------------- */

void sv_patient_free(sv_patient *p)
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
static void list_sets_of_genes(sv_patient *p, const sv_gene_sets *sets)
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

int sv_patient_make(sv_patient *p, const sv_matrix *x, const sv_gene_sets *sets, sv_error *err)
{
    size_t n = x->cols;
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc == SV_OK) { rc = sv_sets_check(sets, n, err); }
    if (rc != SV_OK) { return rc; }
    size_t members = sets->start[sets->n];
    *p = (sv_patient){ .n = n, .value = SV_NEW(double, n), .order = SV_NEW(uint32_t, n), .weight = SV_NEW(double, n),
                    .first = SV_NEW(size_t, n + 1), .set = SV_NEW(uint32_t, members),
                    .hits = SV_NEW(uint32_t, members), .dealt = SV_NEW(size_t, sets->n) };
    if (p->value != NULL && p->order != NULL && p->weight != NULL && p->first != NULL && p->set != NULL &&
        p->hits != NULL && p->dealt != NULL) {
        list_sets_of_genes(p, sets);
        return SV_OK;
    }
    sv_patient_free(p);
    return sv_no_memory(err, "a patient's genes");
}

/* Sort the genes of one patient and deal their places out to the sets, so that no set needs sorting. */
int sv_patient_rank(sv_patient *p, const sv_gene_sets *sets, sv_error *err)
{
    int rc = sv_order_falling(p->order, p->value, p->n, err);
    if (rc != SV_OK) { return rc; }
    memcpy(p->dealt, sets->start, sets->n * sizeof *p->dealt);
    for (size_t k = 0; k < p->n; k++) {
        size_t g = p->order[k];
        for (size_t a = p->first[g]; a < p->first[g + 1]; a++) { p->hits[p->dealt[p->set[a]]++] = (uint32_t)k; }
    }
    return SV_OK;
}
