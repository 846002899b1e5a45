/* risk.c - planning the risk sets. */
#include "risk.h"

#include "mem.h"
#include "sort.h"
#include "times.h"

static int allocate(sv_risk *out, size_t n, sv_error *err)
{
    *out = (sv_risk){ .n = n };
    out->row = SV_NEW(uint32_t, n);
    out->first = SV_NEW(uint32_t, n);
    out->last = SV_NEW(uint32_t, n);
    out->weight = SV_NEW(double, n);
    out->stratum = SV_NEW(int, n);
    out->time = SV_NEW(double, n);
    out->group_row = SV_NEW(uint32_t, n);
    out->group_dead = SV_NEW(uint32_t, n);
    out->group_base = SV_NEW(uint32_t, n);
    out->late = SV_NEW(uint32_t, n);
    if (out->row == NULL || out->first == NULL || out->last == NULL || out->weight == NULL ||
        out->stratum == NULL || out->time == NULL || out->group_row == NULL ||
        out->group_dead == NULL || out->group_base == NULL || out->late == NULL) {
        return sv_no_memory(err, "risk sets");
    }
    return SV_OK;
}

/* Positions: by stratum, then time, then deaths before censorings, then row. */
static int sort_positions(sv_risk *out, const sv_surv *s, const sv_times *t, uint32_t *code,
                          size_t *n_strata, sv_error *err)
{
    size_t n = s->n, at = 0;
    for (size_t lo = 0, hi; lo < n; lo = hi) {
        for (hi = lo; hi < n && t->stop[t->order[hi]] == t->stop[t->order[lo]];) { hi++; }
        for (int event = 1; event >= 0; event--) {
            for (size_t i = lo; i < hi; i++) {
                if (s->event[t->order[i]] == event) { out->row[at++] = t->order[i]; }
            }
        }
    }
    *n_strata = 1;
    if (s->stratum == NULL) { return SV_OK; }
    int rc = sv_dense_code(code, n_strata, s->stratum, n, err);
    return rc != SV_OK ? rc : sv_sort_by_code(out->row, code, *n_strata, n, err);
}

/* Number the death times of the positions lo..hi of one stratum and set `last`. */
static void find_groups(sv_risk *out, const sv_surv *s, const sv_times *t, size_t lo, size_t hi)
{
    size_t base = out->n_groups;
    for (size_t i = lo, j; i < hi; i = j) {
        uint32_t rank = t->stop[out->row[i]], dead = 0;
        for (j = i; j < hi && t->stop[out->row[j]] == rank; j++) {
            dead += s->event[out->row[j]] == 1;
        }
        if (dead > 0) {
            out->group_row[out->n_groups] = (uint32_t)i;
            out->group_dead[out->n_groups] = dead;
            out->group_base[out->n_groups] = (uint32_t)base;
            out->n_groups++;
        }
        for (size_t k = i; k < j; k++) {
            out->first[k] = (uint32_t)base;
            out->last[k] = (uint32_t)out->n_groups;
        }
    }
}

/* The first group after the entry of position i: at risk means start < death time. */
static uint32_t first_group_after(const sv_risk *r, const sv_times *t, size_t i)
{
    uint32_t start = t->start[r->row[i]];
    size_t lo = r->first[i], hi = r->last[i];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->stop[r->row[r->group_row[mid]]] > start) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    return (uint32_t)lo;
}

static int find_late_entries(sv_risk *out, const sv_times *t, sv_error *err)
{
    uint32_t *first = SV_NEW(uint32_t, out->n);
    if (first == NULL) { return sv_no_memory(err, "risk sets"); }
    for (size_t i = 0; i < out->n; i++) {
        first[i] = first_group_after(out, t, i);
        if (first[i] > out->first[i] && first[i] < out->last[i]) {
            out->late[out->n_late++] = (uint32_t)i;
        }
        out->first[i] = first[i];
    }
    for (size_t i = 0; i < out->n_late; i++) { first[i] = out->first[out->late[i]]; }
    uint32_t *code = SV_NEW(uint32_t, out->n);
    int rc = code == NULL ? sv_no_memory(err, "risk sets") : SV_OK;
    if (rc == SV_OK) {
        for (size_t i = 0; i < out->n_late; i++) { code[out->late[i]] = first[i]; }
        rc = sv_sort_by_code(out->late, code, out->n_groups + 1, out->n_late, err);
    }
    free(first);
    free(code);
    return rc;
}

static int build(sv_risk *out, const sv_surv *s, const sv_times *t, uint32_t *code, sv_error *err)
{
    size_t n_strata;
    int rc = sort_positions(out, s, t, code, &n_strata, err);
    if (rc != SV_OK) { return rc; }
    for (size_t lo = 0, hi; lo < s->n; lo = hi) {
        for (hi = lo; hi < s->n && code[out->row[hi]] == code[out->row[lo]];) { hi++; }
        find_groups(out, s, t, lo, hi);
    }
    if (out->n_groups == 0) {
        return sv_fail(err, SV_ENOEVENT, "none of the %zu rows has an event", s->n);
    }
    for (size_t i = 0; i < s->n; i++) {
        uint32_t row = out->row[i];
        out->weight[i] = s->weight != NULL ? s->weight[row] : 1;
        out->stratum[i] = s->stratum != NULL ? s->stratum[row] : 0;
        out->time[i] = t->value[t->stop[row]];
    }
    return s->start != NULL ? find_late_entries(out, t, err) : SV_OK;
}

int sv_risk_plan(sv_risk *out, const sv_surv *s, sv_error *err)
{
    sv_times t = { 0 };
    int rc = sv_times_rank(&t, s, err);
    if (rc != SV_OK) { return rc; }
    uint32_t *code = SV_NEW(uint32_t, s->n);
    rc = allocate(out, s->n, err);
    if (rc == SV_OK && code == NULL) { rc = sv_no_memory(err, "risk sets"); }
    if (rc == SV_OK) { rc = build(out, s, &t, code, err); }
    free(code);
    sv_times_free(&t);
    if (rc != SV_OK) { sv_risk_free(out); }
    return rc;
}

void sv_risk_free(sv_risk *r)
{
    if (r == NULL) { return; }
    free(r->row);
    free(r->first);
    free(r->last);
    free(r->weight);
    free(r->stratum);
    free(r->time);
    free(r->group_row);
    free(r->group_dead);
    free(r->group_base);
    free(r->late);
    *r = (sv_risk){ 0 };
}
