/* hclust.c - agglomerative clustering by nearest later neighbours (Anderberg 1973; Murtagh 1985).
 *
 * Every cluster knows its nearest cluster among the later ones, so a step looks at n distances, and only
 * clusters that had one of the two joined look anew: n^2 in practice, whatever the linkage. Chains of
 * nearest neighbours would be n^2 in every case, but join equal distances in another order than R. */
#include <survival/cluster.h>

#include <math.h>
#include <string.h>

#include "cluster_work.h"
#include "mem.h"
#include "num.h"

int sv_linkage_new(sv_linkage_work *w, size_t n, sv_error *err)
{
    *w = (sv_linkage_work){ .nearest = SV_NEW(double, n), .at = SV_NEW(uint32_t, n), .live = SV_NEW(uint32_t, n),
                            .size = SV_NEW(uint32_t, n), .step = SV_NEW(uint32_t, 2 * n),
                            .height = SV_NEW(double, n) };
    if (w->nearest && w->at && w->live && w->size && w->step && w->height) { return SV_OK; }
    sv_linkage_free(w);
    return sv_no_memory(err, "hierarchical clustering");
}

void sv_linkage_free(sv_linkage_work *w)
{
    free(w->nearest);
    free(w->at);
    free(w->live);
    free(w->size);
    free(w->step);
    free(w->height);
    *w = (sv_linkage_work){ 0 };
}

/* Lance & Williams 1967: distance of cluster q to the union of a and b. */
static inline double joined(sv_linkage linkage, double aq, double bq, double ab, double na, double nb, double nq)
{
    switch (linkage) {
    case SV_LINK_SINGLE: return aq < bq ? aq : bq;
    case SV_LINK_COMPLETE: return aq > bq ? aq : bq;
    case SV_LINK_AVERAGE: return (na * aq + nb * bq) / (na + nb);
    case SV_LINK_MCQUITTY: return (aq + bq) / 2;
    case SV_LINK_MEDIAN: return ((aq + bq) - ab / 2) / 2;
    case SV_LINK_CENTROID: return (na * aq + nb * bq - na * nb * ab / (na + nb)) / (na + nb);
    case SV_LINK_WARD_D:
    case SV_LINK_WARD_D2: return ((na + nq) * aq + (nb + nq) * bq - nq * ab) / (na + nb + nq);
    }
    return SV_NAN;
}

/* The nearest of live[from..m) to cluster i. Only the half above the diagonal is kept up to date. */
static void look(sv_linkage_work *w, const double *d, size_t n, size_t i, size_t from, size_t m)
{
    const double *row = d + i * n;
    double best = SV_INF;
    uint32_t at = 0;
    for (size_t q = from; q < m; q++) {
        if (row[w->live[q]] < best) {
            best = row[w->live[q]];
            at = w->live[q];
        }
    }
    w->nearest[i] = best;
    w->at[i] = at;
}

/* Position in live[] of the cluster whose nearest later one is nearest of all. */
static size_t closest(const sv_linkage_work *w, size_t m)
{
    size_t best = 0;
    for (size_t q = 1; q + 1 < m; q++) {
        if (w->nearest[w->live[q]] < w->nearest[w->live[best]]) { best = q; }
    }
    return best;
}

static void update(sv_linkage_work *w, double *d, size_t n, size_t m, size_t a, size_t b, sv_linkage linkage)
{
    double na = w->size[a], nb = w->size[b], ab = d[a * n + b], best = SV_INF;
    uint32_t at = 0;
    for (size_t q = 0; q < m; q++) {
        size_t i = w->live[q];
        if (i == a || i == b) { continue; }
        double *aq = i < a ? d + i * n + a : d + a * n + i;
        double bq = i < b ? d[i * n + b] : d[b * n + i];
        double v = joined(linkage, *aq, bq, ab, na, nb, w->size[i]);
        *aq = v;
        if (i > a) {
            if (v < best) {
                best = v;
                at = (uint32_t)i;
            }
        } else if (v < w->nearest[i]) {          /* only where heights may fall */
            w->nearest[i] = v;
            w->at[i] = (uint32_t)a;
        }
    }
    w->nearest[a] = best;
    w->at[a] = at;
}

static size_t forget(uint32_t *live, size_t m, size_t b)
{
    size_t q = 0;
    while (live[q] != b) { q++; }
    memmove(live + q, live + q + 1, (m - q - 1) * sizeof *live);
    return m - 1;
}

void sv_linkage_run(sv_linkage_work *w, double *d, size_t n, sv_linkage linkage)
{
    if (linkage == SV_LINK_WARD_D2) {
        for (size_t i = 0; i < n * n; i++) { d[i] *= d[i]; }
    }
    for (size_t i = 0; i < n; i++) {
        w->live[i] = (uint32_t)i;
        w->size[i] = 1;
    }
    for (size_t i = 0; i < n; i++) { look(w, d, n, i, i + 1, n); }
    size_t m = n;
    for (size_t s = 0; s + 1 < n; s++) {
        size_t a = w->live[closest(w, m)], b = w->at[a];
        w->step[2 * s] = (uint32_t)a;
        w->step[2 * s + 1] = (uint32_t)b;
        w->height[s] = linkage == SV_LINK_WARD_D2 ? sqrt(w->nearest[a]) : w->nearest[a];
        update(w, d, n, m, a, b, linkage);
        w->size[a] += w->size[b];
        m = forget(w->live, m, b);
        for (size_t q = 0; q + 1 < m; q++) {
            size_t i = w->live[q];
            if (i != a && (w->at[i] == a || w->at[i] == b)) { look(w, d, n, i, q + 1, m); }
        }
    }
}

size_t sv_label_order(int *label, int *scratch, size_t n, size_t room)
{
    int next = 0;
    memset(scratch, 0, room * sizeof *scratch);
    for (size_t i = 0; i < n; i++) {
        int *code = scratch + label[i];
        if (*code == 0) { *code = ++next; }
        label[i] = *code;
    }
    return (size_t)next;
}

/* A slot keeps the number of its lowest item, so the first item of a group is its slot. */
void sv_linkage_cut(int *label, uint32_t *scratch, const uint32_t *step, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++) { scratch[i] = (uint32_t)i; }
    for (size_t s = n - k; s-- > 0;) { scratch[step[2 * s + 1]] = scratch[step[2 * s]]; }
    int next = 0;
    for (size_t i = 0; i < n; i++) {
        label[i] = scratch[i] == i ? ++next : label[scratch[i]];
    }
}

static int check(const double *d, size_t n, sv_linkage linkage, sv_error *err)
{
    if (n < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu items cannot be clustered", n); }
    if (n > SV_MAX_ITEMS) {
        return sv_fail(err, SV_ELIMIT, "%zu items, clustering takes at most %zu", n, SV_MAX_ITEMS);
    }
    if (linkage > SV_LINK_WARD_D2) { return sv_fail(err, SV_EINVAL, "linkage %d is not known", (int)linkage); }
    for (size_t i = 0; i < n * n; i++) {
        if (!isfinite(d[i]) || d[i] < 0) {
            return sv_fail(err, SV_EDATA, "distance of items %zu and %zu is %g", i / n + 1, i % n + 1, d[i]);
        }
    }
    return SV_OK;
}

/* R's numbering: items negative, steps positive; items first, then the lower number. */
static void number_steps(sv_hclust *h, const sv_linkage_work *w, int *slot)
{
    for (size_t i = 0; i < h->n; i++) { slot[i] = -(int)i - 1; }
    for (size_t s = 0; s + 1 < h->n; s++) {
        int a = slot[w->step[2 * s]], b = slot[w->step[2 * s + 1]];
        bool swap = a > 0 ? b < a : b < 0 && b > a;
        h->merge[2 * s] = swap ? b : a;
        h->merge[2 * s + 1] = swap ? a : b;
        h->height[s] = w->height[s];
        slot[w->step[2 * s]] = (int)s + 1;
    }
}

int sv_hclust_fit(sv_hclust *out, const double *d, size_t n, sv_linkage linkage, sv_error *err)
{
    int rc = check(d, n, linkage, err);
    if (rc != SV_OK) { return rc; }
    sv_linkage_work w = { 0 };
    sv_hclust h = { n, SV_NEW(int, 2 * n), SV_NEW(double, n) };
    double *copy = SV_NEW(double, n * n);
    int *slot = SV_NEW(int, n);
    rc = h.merge && h.height && copy && slot ? sv_linkage_new(&w, n, err) : sv_no_memory(err, "hierarchical clustering");
    if (rc == SV_OK) {
        memcpy(copy, d, n * n * sizeof *copy);
        sv_linkage_run(&w, copy, n, linkage);
        number_steps(&h, &w, slot);
        *out = h;
    } else {
        sv_hclust_free(&h);
    }
    sv_linkage_free(&w);
    free(copy);
    free(slot);
    return rc;
}

void sv_hclust_free(sv_hclust *h)
{
    free(h->merge);
    free(h->height);
    *h = (sv_hclust){ 0 };
}

int sv_cutree(int *label, const sv_hclust *h, size_t k, sv_error *err)
{
    size_t n = h->n;
    if (k < 1 || k > n) { return sv_fail(err, SV_EINVAL, "%zu items cannot be cut into %zu groups", n, k); }
    int *group = SV_NEW(int, n), *scratch = SV_NEW(int, 2 * n);
    if (group == NULL || scratch == NULL) {
        free(group);
        free(scratch);
        return sv_no_memory(err, "cutting a tree");
    }
    /* group[t]: the later step that took in step t, or 0; label[i]: the step that took in item i */
    for (size_t i = 0; i < n; i++) { label[i] = 0; }
    for (size_t s = 0; s < n - k; s++) {
        for (size_t side = 0; side < 2; side++) {
            int m = h->merge[2 * s + side];
            if (m < 0) { label[-m - 1] = (int)s + 1; } else { group[m] = (int)s + 1; }
        }
    }
    for (size_t t = n - k; t > 0; t--) { group[t] = group[t] == 0 ? (int)t : group[group[t]]; }
    for (size_t i = 0; i < n; i++) { label[i] = label[i] > 0 ? group[label[i]] : (int)(n + i); }
    (void)sv_label_order(label, scratch, n, 2 * n);
    free(group);
    free(scratch);
    return SV_OK;
}
