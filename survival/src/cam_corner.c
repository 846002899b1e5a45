/* cam_corner.c - which clusters of genes can be corners. */
#include <math.h>
#include <string.h>

#include "cam.h"
#include "mem.h"
#include "num.h"
#include "vector.h"

/* The spatial median of the points of one cluster. */
static int cluster_centre(double *out, double *rows, const sv_cam_prep *p, const int *label, int c, sv_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (label[i] == c) { memcpy(rows + n++ * p->dims, p->projected + i * p->dims, p->dims * sizeof *rows); }
    }
    sv_matrix m = sv_matrix_rowmajor(rows, n, p->dims);
    return sv_spatial_median(out, &m, err);
}

static void gram(double *g, const double *v, size_t n, size_t p)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) { g[i * n + j] = g[j * n + i] = sv_dot(v + i * p, v + j * p, p); }
    }
}

/* Non-negative least squares of candidate q on the candidates in at[0..k), from the Gram matrix of all: the
 * squared distance to their cone. block: k x k of scratch; c, x: k. */
static double cone_distance(sv_gram_solver *s, double *c, double *x, const double *g, size_t n, const size_t *at,
                            size_t k, size_t q)
{
    for (size_t i = 0; i < k; i++) { c[i] = g[at[i] * n + q]; }
    sv_gram_solve(s, x, c);
    double rest = g[q * n + q];
    for (size_t i = 0; i < k; i++) {
        double along = 0;
        for (size_t j = 0; j < k; j++) { along += g[at[i] * n + at[j]] * x[j]; }
        rest += x[i] * (along - 2 * c[i]);
    }
    return fmax(0, rest);
}

static void take_block(sv_gram_solver *s, double *block, const double *g, size_t n, const size_t *at, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) { block[i * k + j] = g[at[i] * n + at[j]]; }
    }
    sv_gram_set(s, block, k);
}

typedef struct cone_work {
    sv_gram_solver solver;
    double *g, *block, *c, *x;
    size_t *at, *trial, *other;
} cone_work;

static int cone_new(cone_work *w, const sv_cam_corners *c, sv_error *err)
{
    size_t n = c->n_all;
    *w = (cone_work){ .g = SV_NEW(double, n * n), .block = SV_NEW(double, n * n), .c = SV_NEW(double, n),
                      .x = SV_NEW(double, n), .at = SV_NEW(size_t, n + 1), .trial = SV_NEW(size_t, n + 1),
                      .other = SV_NEW(size_t, n + 1) };
    if (!w->g || !w->block || !w->c || !w->x || !w->at || !w->trial || !w->other) {
        return sv_no_memory(err, "corners");
    }
    gram(w->g, c->all, n, c->dims);
    return sv_gram_new(&w->solver, n, err);
}

static void cone_free(cone_work *w)
{
    sv_gram_free(&w->solver);
    free(w->g);
    free(w->block);
    free(w->c);
    free(w->x);
    free(w->at);
    free(w->trial);
    free(w->other);
}

static void keep(sv_cam_corners *c, const size_t *place, size_t k, const int *cluster_of)
{
    for (size_t i = 0; i < k; i++) {
        memcpy(c->centre + i * c->dims, c->all + place[i] * c->dims, c->dims * sizeof *c->centre);
        c->cluster[i] = cluster_of[place[i]];
        c->place[i] = place[i];
    }
    c->n = k;
}

/* Drop candidates inside the hull of the others. All lie in the plane where the first component is 1, so
 * the hull is the cone's section; what is left as a distance of them is rounding. */
static int drop_inner(sv_cam_corners *c, const int *cluster_of, sv_error *err)
{
    cone_work w;
    int rc = cone_new(&w, c, err);
    size_t kept = 0, n = c->n_all;
    for (size_t q = 0; rc == SV_OK && q < n; q++) {
        size_t k = 0;
        for (size_t i = 0; i < n; i++) {
            if (i != q) { w.trial[k++] = i; }
        }
        take_block(&w.solver, w.block, w.g, n, w.trial, k);
        if (cone_distance(&w.solver, w.c, w.x, w.g, n, w.trial, k, q) > 1e-12 * w.g[q * n + q]) { w.at[kept++] = q; }
    }
    if (rc == SV_OK) { keep(c, w.at, kept, cluster_of); }
    cone_free(&w);
    return rc;
}

static int check_labels(const sv_cam_prep *p, const int *label, size_t clusters, size_t *size, sv_error *err)
{
    if (clusters < 2 || clusters > SV_CAM_MAX_CLUSTERS) {
        return sv_fail(err, SV_EINVAL, "%zu clusters of genes, must be 2..%u", clusters, SV_CAM_MAX_CLUSTERS);
    }
    for (size_t i = 0; i < p->n; i++) {
        if (label[i] < 1 || (size_t)label[i] > clusters) {
            return sv_fail(err, SV_EINVAL, "cluster %d of gene %zu is outside 1..%zu", label[i], p->gene[i] + 1, clusters);
        }
        size[label[i] - 1]++;
    }
    return SV_OK;
}

int sv_cam_corner_candidates(sv_cam_corners *out, const sv_cam_prep *prep, const int *label, size_t clusters,
                             size_t min_genes, sv_error *err)
{
    size_t size[SV_CAM_MAX_CLUSTERS] = { 0 }, least = min_genes > 1 ? min_genes : 1;
    int rc = check_labels(prep, label, clusters, size, err);
    if (rc != SV_OK) { return rc; }
    sv_cam_corners c = { .dims = prep->dims, .cluster = SV_NEW(int, clusters), .place = SV_NEW(size_t, clusters),
                         .centre = SV_NEW(double, clusters * prep->dims), .all = SV_NEW(double, clusters * prep->dims) };
    int cluster_of[SV_CAM_MAX_CLUSTERS];
    double *rows = SV_NEW(double, prep->n * prep->dims);
    rc = c.cluster && c.place && c.centre && c.all && rows ? SV_OK : sv_no_memory(err, "corners");
    for (size_t q = 0; rc == SV_OK && q < clusters; q++) {
        if (size[q] < least) {
            c.outliers += size[q];
            continue;
        }
        cluster_of[c.n_all] = (int)q + 1;
        rc = cluster_centre(c.all + c.n_all * c.dims, rows, prep, label, (int)q + 1, err);
        c.n_all++;
    }
    if (rc == SV_OK && c.n_all < 2) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu of %zu clusters hold at least %zu genes, corners need 2", c.n_all, clusters, least);
    }
    if (rc == SV_OK) { rc = drop_inner(&c, cluster_of, err); }
    free(rows);
    if (rc == SV_OK) { *out = c; } else { sv_cam_corners_free(&c); }
    return rc;
}

void sv_cam_corners_free(sv_cam_corners *c)
{
    free(c->cluster);
    free(c->place);
    free(c->centre);
    free(c->all);
    *c = (sv_cam_corners){ 0 };
}

/* Summed squared distance of all medians to the cone of those in at[]. */
static double cost(cone_work *w, size_t n, const size_t *at, size_t k)
{
    double sum = 0;
    take_block(&w->solver, w->block, w->g, n, at, k);
    for (size_t q = 0; q < n; q++) { sum += cone_distance(&w->solver, w->c, w->x, w->g, n, at, k, q); }
    return sum;
}

/* The candidate not in at[0..k) that lowers the cost most goes to its end. */
static double add_best(cone_work *w, const sv_cam_corners *c, size_t *at, size_t k)
{
    double best = SV_INF;
    size_t add = 0;
    for (size_t p = 0; p < c->n; p++) {
        size_t q = c->place[p];
        bool in = false;
        for (size_t i = 0; i < k; i++) { in = in || at[i] == q; }
        if (in) { continue; }
        at[k] = q;
        double v = cost(w, c->n_all, at, k + 1);
        if (v < best) {
            best = v;
            add = q;
        }
    }
    at[k] = add;
    return best;
}

/* Position in at[0..k) of the member that is missed least. */
static size_t worst(cone_work *w, size_t n, const size_t *at, size_t k, double *without)
{
    *without = SV_INF;
    size_t found = 0;
    for (size_t i = 0; i < k; i++) {
        size_t m = 0;
        for (size_t j = 0; j < k; j++) {
            if (j != i) { w->trial[m++] = at[j]; }
        }
        double v = cost(w, n, w->trial, m);
        if (v < *without) {
            *without = v;
            found = i;
        }
    }
    return found;
}

/* Forward by the best, back while a smaller set gets better than it was (Pudil et al. 1994); goes on to a few
 * more than `most`, since stepping back from there may better the set of `most`. */
static void float_forward(cone_work *w, const sv_cam_corners *c, size_t most, size_t *kept)
{
    double reached[SV_CAM_MAX_CLUSTERS + 1];
    size_t n = c->n_all, goal = most + 8 < c->n ? most + 8 : c->n, k = 0;
    for (size_t i = 0; i <= goal; i++) { reached[i] = SV_INF; }
    while (k < goal) {
        double now = add_best(w, c, w->at, k++), without;
        size_t newest = w->at[k - 1];
        if (k > 2) {
            size_t bad = worst(w, n, w->at, k, &without);
            bool back = w->at[bad] != newest;
            while (back && without < reached[k - 1]) {
                memmove(w->at + bad, w->at + bad + 1, (k - bad - 1) * sizeof *w->at);
                k--;
                now = without;
                if (k <= 2) { break; }
                bad = worst(w, n, w->at, k, &without);
            }
        }
        reached[k] = now;
        if (k == most) { memcpy(kept, w->at, k * sizeof *kept); }
    }
}

int sv_cam_pick_corners(sv_cam_corners *c, size_t most, sv_error *err)
{
    if (most < 2) { return sv_fail(err, SV_EINVAL, "%zu corners to keep, must be 2 or more", most); }
    if (c->n <= most) { return SV_OK; }
    cone_work w;
    int rc = cone_new(&w, c, err);
    int cluster_of[SV_CAM_MAX_CLUSTERS];
    for (size_t p = 0; p < c->n; p++) { cluster_of[c->place[p]] = c->cluster[p]; }
    if (rc == SV_OK) {
        float_forward(&w, c, most, w.other);
        keep(c, w.other, most, cluster_of);
    }
    cone_free(&w);
    return rc;
}
