/* cam_search.c - the sets of corners whose simplex lies nearest to all other candidates.
 *
 * The point of a simplex nearest to x is either the foot of x on the simplex's plane, if its barycentric
 * coordinates are >= 0, or it lies in a facet. So the distances of all candidates to a set of k come from
 * the foot, by one more row of a Cholesky factor that all sets with the same beginning share, and from the
 * stored distances to its k facets of k - 1. Every set of fewer than k corners is looked at once, none is
 * solved by iteration, and all candidates are treated at once. */
#include <math.h>
#include <string.h>

#include "cam.h"
#include "mem.h"
#include "num.h"
#include "vector.h"

#define MAX_TABLE ((size_t)256 << 20)      /* bytes of distances to the sets of k - 1 */
#define MAX_SETS 2.5e6
#define FLAT 1e-12                         /* a corner this near the plane of the others spans nothing */
#define UNIT 1e-10                         /* margins are in debCAM's units: its data rows are scaled by 1e-5 */

enum { N = (int)SV_CAM_MAX_CLUSTERS, K = (int)SV_CAM_MAX_K };

typedef struct search {
    size_t n, k;                   /* candidates; corners of the sets looked at now            */
    double square[N][N];           /* squared distances of candidates                          */
    double *before, *table;        /* [rank][n] squared distances to sets of k - 1 and of k    */
    double skip[K][N + 1];         /* skip[t][v]: sets passed over when place t moves up to v  */
    size_t at[K];                  /* the set                                                  */
    bool flat[K];                  /* it spans nothing from here on                            */
    double l[K][K];                /* factor of the edges from at[0]                           */
    double y[K][N], rest[K][N];    /* coordinates in it; squared distance to the plane so far  */
    double w[K][N], least[N];
} search;

static double choose(size_t n, size_t k)
{
    double c = 1;
    for (size_t i = 0; i < k; i++) { c = c * (double)(n - i) / (double)(i + 1); }
    return k > n ? 0 : floor(c + 0.5);
}

bool sv_cam_affordable(size_t n, size_t k)
{
    return choose(n, k) <= MAX_SETS && choose(n, k - 1) * (double)n * (double)sizeof(double) <= (double)MAX_TABLE;
}

/* Sets are ranked in lexicographic order: for sets of m, place t at v stands behind skip[t][v] sets. */
static void count_ranks(search *s, size_t m)
{
    for (size_t t = 0; t < m; t++) {
        s->skip[t][0] = 0;
        for (size_t v = 0; v < s->n; v++) { s->skip[t][v + 1] = s->skip[t][v] + choose(s->n - 1 - v, m - 1 - t); }
    }
}

/* Rank among sets of k - 1 of the facet without place `out`, its last member being `last`. */
static size_t facet_rank(const search *s, size_t out, size_t last)
{
    double rank = 0;
    size_t from = 0, place = 0;
    for (size_t t = 0; t < s->k; t++) {
        if (t == out) { continue; }
        size_t v = t + 1 < s->k ? s->at[t] : last;
        rank += s->skip[place][v] - s->skip[place][from];
        from = v + 1;
        place++;
    }
    return (size_t)rank;
}

/* Corner v joins the set at place t > 0: its row of the factor, and every candidate's coordinate. */
SV_WIDE static void extend(search *s, size_t t, size_t v)
{
    size_t a = s->at[0], n = s->n;
    const double *from_a = s->square[a], *from_v = s->square[v];
    double own = from_v[a], pivot = own;
    s->at[t] = v;
    for (size_t q = 1; q < t; q++) {
        double g = (own + from_a[s->at[q]] - from_v[s->at[q]]) / 2;
        for (size_t m = 1; m < q; m++) { g -= s->l[t][m] * s->l[q][m]; }
        s->l[t][q] = s->flat[q] ? 0 : g / s->l[q][q];
        pivot -= s->l[t][q] * s->l[t][q];
    }
    s->flat[t] = s->flat[t - 1] || !(pivot > FLAT * own);
    if (s->flat[t]) { return; }
    s->l[t][t] = sqrt(pivot);
    double *restrict y = s->y[t], *restrict rest = s->rest[t];
    const double *restrict last = s->rest[t - 1], inverse = 1 / s->l[t][t];
    for (size_t i = 0; i < n; i++) { y[i] = (own + from_a[i] - from_v[i]) / 2; }
    for (size_t q = 1; q < t; q++) {
        const double *restrict yq = s->y[q], l = s->l[t][q];
        for (size_t i = 0; i < n; i++) { y[i] -= l * yq[i]; }
    }
    for (size_t i = 0; i < n; i++) {
        y[i] *= inverse;
        rest[i] = last[i] - y[i] * y[i];
    }
}

/* out[i]: squared distance of candidate i to the set, whose facets' distances are in facet[]. */
SV_WIDE static void weigh(search *s, double *restrict out, const double *const *facet)
{
    size_t k = s->k, n = s->n;
    memcpy(out, facet[0], n * sizeof *out);
    for (size_t f = 1; f < k; f++) {
        const double *restrict d = facet[f];
        for (size_t i = 0; i < n; i++) { out[i] = out[i] < d[i] ? out[i] : d[i]; }
    }
    if (s->flat[k - 1]) { return; }
    double *restrict first = s->w[0], *restrict least = s->least;
    for (size_t i = 0; i < n; i++) { first[i] = 1; }
    for (size_t i = 0; i < n; i++) { least[i] = 0; }
    for (size_t q = k - 1; q > 0; q--) {
        double *restrict w = s->w[q], inverse = 1 / s->l[q][q];
        memcpy(w, s->y[q], n * sizeof *w);
        for (size_t m = q + 1; m < k; m++) {
            const double *restrict wm = s->w[m], l = s->l[m][q];
            for (size_t i = 0; i < n; i++) { w[i] -= l * wm[i]; }
        }
        for (size_t i = 0; i < n; i++) {
            w[i] *= inverse;
            first[i] -= w[i];
            least[i] = least[i] < w[i] ? least[i] : w[i];
        }
    }
    const double *restrict rest = s->rest[k - 1];
    for (size_t i = 0; i < n; i++) {
        double foot = rest[i] > 0 ? rest[i] : 0;
        out[i] = least[i] >= 0 && first[i] >= 0 ? foot : out[i];
    }
}

/* Best sets so far: a heap with the worst on top; of equal margins the one found first is better. */
typedef struct list {
    size_t n, room, k;
    double *margin;
    size_t *number, *set;
} list;

static bool worse(const list *b, size_t i, size_t j)
{
    return b->margin[i] > b->margin[j] || (!(b->margin[i] < b->margin[j]) && b->number[i] > b->number[j]);
}

static void put(list *b, size_t i, double margin, size_t number, const size_t *set)
{
    b->margin[i] = margin;
    b->number[i] = number;
    memcpy(b->set + i * b->k, set, b->k * sizeof *set);
}

static void exchange(list *b, size_t i, size_t j)
{
    size_t set[K], number = b->number[i];
    double margin = b->margin[i];
    memcpy(set, b->set + i * b->k, b->k * sizeof *set);
    put(b, i, b->margin[j], b->number[j], b->set + j * b->k);
    put(b, j, margin, number, set);
}

static void sink(list *b, size_t i, size_t n)
{
    for (;;) {
        size_t top = i, left = 2 * i + 1;
        if (left < n && worse(b, left, top)) { top = left; }
        if (left + 1 < n && worse(b, left + 1, top)) { top = left + 1; }
        if (top == i) { return; }
        exchange(b, i, top);
        i = top;
    }
}

static void offer(list *b, double margin, size_t number, const size_t *set)
{
    if (b->n < b->room) {
        put(b, b->n++, margin, number, set);
        if (b->n == b->room) {
            for (size_t i = b->n / 2; i-- > 0;) { sink(b, i, b->n); }
        }
    } else if (margin < b->margin[0]) {
        put(b, 0, margin, number, set);
        sink(b, 0, b->n);
    }
}

static void arrange(list *b)
{
    for (size_t i = b->n / 2; i-- > 0;) { sink(b, i, b->n); }
    for (size_t m = b->n; m-- > 1;) {
        exchange(b, 0, m);
        sink(b, 0, m);
    }
}

/* All sets that begin with at[0..k-1): into the table, or into the list. */
static void complete(search *s, list *best, size_t *number)
{
    size_t k = s->k, start = s->at[k - 2] + 1;
    double out[N];
    size_t base[K];
    if (start >= s->n) { return; }
    for (size_t f = 0; f < k; f++) { base[f] = facet_rank(s, f, f == k - 1 ? s->at[k - 2] : start); }
    for (size_t v = start; v < s->n; v++) {
        const double *facet[K];
        for (size_t f = 0; f < k; f++) { facet[f] = s->before + (base[f] + (f < k - 1 ? v - start : 0)) * s->n; }
        extend(s, k - 1, v);
        double *to = s->table != NULL ? s->table + *number * s->n : out;
        weigh(s, to, facet);
        if (s->table == NULL) {
            double sum = 0;
            for (size_t i = 0; i < s->n; i++) { sum += out[i]; }
            offer(best, sum * UNIT, *number, s->at);
        }
        ++*number;
    }
}

static void begin(search *s, size_t v)
{
    s->at[0] = v;
    s->flat[0] = false;
    memcpy(s->rest[0], s->square[v], s->n * sizeof s->rest[0][0]);
}

/* Every beginning of k - 1, in order. */
static void walk(search *s, list *best)
{
    size_t depth = 0, number = 0, last = s->k - 2;
    begin(s, 0);
    for (;;) {
        if (depth == last) {
            complete(s, best, &number);
        } else if (s->at[depth] + 1 < s->n) {
            depth++;
            extend(s, depth, s->at[depth - 1] + 1);
            continue;
        }
        while (s->at[depth] + 1 >= s->n) {
            if (depth-- == 0) { return; }
        }
        if (depth == 0) { begin(s, s->at[0] + 1); } else { extend(s, depth, s->at[depth] + 1); }
    }
}

/* Distances to all smaller sets first, size by size. */
static int run(search *s, list *best, size_t k, sv_error *err)
{
    s->before = SV_NEW(double, s->n * s->n);
    if (s->before == NULL) { return sv_no_memory(err, "the corner search"); }
    for (size_t i = 0; i < s->n; i++) { memcpy(s->before + i * s->n, s->square[i], s->n * sizeof(double)); }
    for (s->k = 2; s->k <= k; s->k++) {
        if (s->k < k) {
            s->table = SV_NEW(double, (size_t)choose(s->n, s->k) * s->n);
            if (s->table == NULL) { return sv_no_memory(err, "the corner search"); }
        }
        count_ranks(s, s->k - 1);
        walk(s, best);
        if (s->k < k) {
            free(s->before);
            s->before = s->table;
            s->table = NULL;
        }
    }
    return SV_OK;
}

int sv_cam_search(size_t *set, double *margin, size_t *n, size_t most, const sv_cam_corners *c, size_t k, sv_error *err)
{
    if (k < 2 || k > c->n || k > SV_CAM_MAX_K || c->n > SV_CAM_MAX_CLUSTERS || most == 0) {
        return sv_fail(err, SV_EINVAL, "%zu corners cannot be searched among %zu candidates", k, c->n);
    }
    if (!sv_cam_affordable(c->n, k)) {
        return sv_fail(err, SV_ELIMIT, "%.0f sets of %zu corners among %zu are too many: pick fewer candidates",
                       choose(c->n, k), k, c->n);
    }
    search *s = SV_NEW(search, 1);
    list best = { .room = most, .k = k, .margin = margin, .number = SV_NEW(size_t, most), .set = set };
    int rc = s != NULL && best.number != NULL ? SV_OK : sv_no_memory(err, "the corner search");
    if (rc == SV_OK) {
        s->n = c->n;
        for (size_t i = 0; i < c->n; i++) {
            for (size_t j = 0; j < c->n; j++) {
                double sum = 0;
                for (size_t q = 0; q < c->dims; q++) {
                    double d = c->centre[i * c->dims + q] - c->centre[j * c->dims + q];
                    sum += d * d;
                }
                s->square[i][j] = sum;
            }
        }
        rc = run(s, &best, k, err);
        free(s->before);
        free(s->table);
    }
    if (rc == SV_OK) {
        arrange(&best);
        *n = best.n;
    }
    free(s);
    free(best.number);
    return rc;
}
