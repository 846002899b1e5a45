/* times.c - ranks of event times under the tie rule of surv.h. */
#include "times.h"

#include <math.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "sort.h"

#define TIE_TOLERANCE 1.490116119384765625e-8 /* sqrt of the machine epsilon, 2^-26 */

/* The mean of the distinct absolute values, the yardstick of the relative tie rule. */
static double distinct_mean(const double *sorted, size_t m)
{
    double sum = 0;
    size_t k = 0;
    for (size_t i = 0; i < m; i++) {
        if (i > 0 && sorted[i] == sorted[i - 1]) { continue; }
        sum += fabs(sorted[i]);
        k++;
    }
    return k > 0 ? sum / (double)k : 0;
}

/* Assign rank[] to the m keys, which are sorted, and list the value of each rank; returns the number of ranks.
 * merged: some rank holds more than one value. */
static size_t merge_ties(uint32_t *rank, double *value, bool *merged, const double *sorted,
                         const uint32_t *order, size_t m)
{
    double mean = distinct_mean(sorted, m);
    size_t k = 0;
    for (size_t i = 0; i < m; i++) {
        double t = sorted[i];
        double gap = i > 0 ? t - sorted[i - 1] : SV_INF;
        bool tied = gap <= TIE_TOLERANCE || gap / mean <= TIE_TOLERANCE;
        if (!tied) { value[k++] = t; }
        *merged = *merged || (tied && gap > 0);
        rank[order[i]] = (uint32_t)(k - 1);
    }
    return k;
}

/* Rows merged into one time must stand in row order, whatever their raw times were. */
static int order_by_rank(sv_times *out, sv_error *err)
{
    for (size_t i = 0; i < out->n; i++) { out->order[i] = (uint32_t)i; }
    return sv_sort_by_code(out->order, out->stop, out->n_distinct, out->n, err);
}

static int rank_all(sv_times *out, const sv_surv *s, double *key, uint32_t *order, uint32_t *rank,
                    sv_error *err)
{
    size_t n = s->n, m = s->start != NULL ? 2 * n : n;
    memcpy(key, s->time, n * sizeof *key);
    if (s->start != NULL) { memcpy(key + n, s->start, n * sizeof *key); }
    int rc = sv_sort_keys(key, order, key, m, err);
    if (rc != SV_OK) { return rc; }
    bool merged = false;
    out->n_distinct = merge_ties(rank, out->value, &merged, key, order, m);
    memcpy(out->stop, rank, n * sizeof *rank);
    if (s->start != NULL) { memcpy(out->start, rank + n, n * sizeof *rank); }
    for (size_t i = 0; s->start != NULL && i < n; i++) {
        if (out->start[i] >= out->stop[i]) {
            return sv_fail(err, SV_EDATA, "row %zu runs from %g to %g, which count as the same time",
                           i, s->start[i], s->time[i]);
        }
    }
    if (merged || s->start != NULL) { return order_by_rank(out, err); }
    memcpy(out->order, order, n * sizeof *order);
    return SV_OK;
}

int sv_times_rank(sv_times *out, const sv_surv *s, sv_error *err)
{
    size_t n = s->n, m = s->start != NULL ? 2 * n : n;
    *out = (sv_times){ .n = n };
    double *key = SV_NEW(double, m);
    uint32_t *order = SV_NEW(uint32_t, m), *rank = SV_NEW(uint32_t, m);
    out->value = SV_NEW(double, m);
    out->stop = SV_NEW(uint32_t, n);
    out->order = SV_NEW(uint32_t, n);
    out->start = s->start != NULL ? SV_NEW(uint32_t, n) : NULL;
    int rc = SV_OK;
    if (key == NULL || order == NULL || rank == NULL || out->value == NULL || out->stop == NULL ||
        out->order == NULL || (s->start != NULL && out->start == NULL)) {
        rc = sv_no_memory(err, "times");
    } else {
        rc = rank_all(out, s, key, order, rank, err);
    }
    free(key);
    free(order);
    free(rank);
    if (rc != SV_OK) { sv_times_free(out); }
    return rc;
}

void sv_times_free(sv_times *t)
{
    if (t == NULL) { return; }
    free(t->value);
    free(t->stop);
    free(t->start);
    free(t->order);
    *t = (sv_times){ 0 };
}
