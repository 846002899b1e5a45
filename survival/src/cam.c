/* cam.c - the whole deconvolution, from many starts, and what follows from a known A or S. */
#include <math.h>
#include <string.h>

#include <survival/cluster.h>
#include <survival/nnls.h>

#include "cam.h"
#include "mem.h"
#include "num.h"

#define SUM_WEIGHT 1e5        /* the row that holds the sum of proportions at 1 */

static int check_range(const sv_cam_opts *o, sv_error *err)
{
    if (o->k_min < 2 || o->k_min > o->k_max || o->k_max > SV_CAM_MAX_K || o->clusters < o->k_max ||
        o->clusters > SV_CAM_MAX_CLUSTERS || o->starts == 0 || o->iterations == 0 || o->candidates == 0) {
        return sv_fail(err, SV_EINVAL, "K from %zu to %zu (within 2..%u), %zu clusters (at most %u), %zu starts of %zu",
                       o->k_min, o->k_max, SV_CAM_MAX_K, o->clusters, SV_CAM_MAX_CLUSTERS, o->starts, o->iterations);
    }
    return SV_OK;
}

static int cluster_genes(int *label, const sv_cam_prep *p, const sv_cam_opts *o, uint64_t seed, sv_error *err)
{
    sv_kmeans_opts ko = { SV_KMEANS_HARTIGAN_WONG, o->starts, o->iterations, seed, NULL };
    /* the first component is 1 for all */
    sv_matrix m = { p->projected + 1, p->n, p->dims - 1, p->dims, 1 };
    sv_kmeans f;
    int rc = sv_kmeans_fit(&f, &m, o->clusters, &ko, err);
    if (rc == SV_OK) {
        memcpy(label, f.label, p->n * sizeof *label);
        sv_kmeans_free(&f);
    }
    return rc;
}

/* Fits for every K that the corners allow, fit[0] of k_min; *n of them. Where all sets of K corners are too
 * many, that K and the larger ones choose among fewer. */
static int fit_all(sv_cam_fit *fit, size_t *n, const sv_matrix *x, const sv_cam_prep *p, const int *label,
                   const sv_cam_opts *o, sv_error *err)
{
    sv_cam_corners c;
    *n = 0;
    int rc = sv_cam_corner_candidates(&c, p, label, o->clusters, o->min_genes, err);
    if (rc != SV_OK) { return rc; }
    for (size_t k = o->k_min; rc == SV_OK && k <= o->k_max && k <= c.n && k <= p->dims; k++) {
        if (!sv_cam_affordable(c.n, k) && o->quick >= k) { rc = sv_cam_pick_corners(&c, o->quick, err); }
        if (rc == SV_OK) { rc = sv_cam_fit_k(fit + *n, x, p, &c, label, o->clusters, k, o, err); }
        if (rc == SV_OK) { ++*n; }
    }
    if (rc == SV_OK && *n == 0) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu corners in %zu dimensions do not allow %zu subpopulations", c.n, p->dims,
                     o->k_min);
    }
    sv_cam_corners_free(&c);
    if (rc != SV_OK) {
        for (size_t i = 0; i < *n; i++) { sv_cam_fit_free(fit + i); }
    }
    return rc;
}

static size_t least_mdl(const sv_cam_fit *fit, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        if (fit[i].mdl < fit[best].mdl) { best = i; }
    }
    return best;
}

void sv_cam_free(sv_cam *c)
{
    for (size_t i = 0; i < c->n; i++) { sv_cam_fit_free(c->fit + i); }
    free(c->fit);
    free(c->label);
    sv_cam_prep_free(&c->prep);
    *c = (sv_cam){ 0 };
}

static int begin(sv_cam *c, const sv_matrix *x, const sv_cam_opts *o, sv_error *err)
{
    int rc = check_range(o, err);
    *c = (sv_cam){ .clusters = o->clusters };
    if (rc == SV_OK) { rc = sv_cam_prepare(&c->prep, x, o, err); }
    if (rc == SV_OK && o->k_min > c->prep.dims) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu subpopulations cannot be told apart in %zu dimensions of %zu samples", o->k_min,
                     c->prep.dims, x->cols);
    }
    if (rc != SV_OK) { return rc; }
    c->fit = SV_NEW(sv_cam_fit, o->k_max - o->k_min + 1);
    c->label = SV_NEW(int, c->prep.n);
    return c->fit && c->label ? SV_OK : sv_no_memory(err, "deconvolution");
}

int sv_cam_run(sv_cam *out, const sv_matrix *x, const sv_cam_opts *opts, sv_error *err)
{
    static const sv_cam_opts usual = SV_CAM_OPTS_INIT;
    const sv_cam_opts *o = opts != NULL ? opts : &usual;
    sv_cam c;
    size_t n = 0;
    int rc = begin(&c, x, o, err);
    if (rc == SV_OK) { rc = cluster_genes(c.label, &c.prep, o, o->seed, err); }
    if (rc == SV_OK) { rc = fit_all(c.fit, &n, x, &c.prep, c.label, o, err); }
    if (rc == SV_OK) {
        c.n = n;
        c.best = least_mdl(c.fit, n);
        *out = c;
    } else {
        sv_cam_free(&c);
    }
    return rc;
}

/* Keep the better fit of every K. */
static void merge(sv_cam *best, sv_cam_fit *fit, size_t n)
{
    for (size_t q = 0; q < n; q++) {
        if (q < best->n && best->fit[q].mdl <= fit[q].mdl) {
            sv_cam_fit_free(fit + q);
            continue;
        }
        if (q < best->n) { sv_cam_fit_free(best->fit + q); }
        best->fit[q] = fit[q];
    }
    best->n = n > best->n ? n : best->n;
}

static int one_run(sv_cam *best, double *mdl, size_t *chosen, sv_cam_fit *fit, const sv_matrix *x, const sv_cam_opts *o,
                   size_t run, sv_error *err)
{
    size_t ks = o->k_max - o->k_min + 1, n = 0;
    int rc = cluster_genes(best->label, &best->prep, o, o->seed + run, err);
    if (rc == SV_OK) { rc = fit_all(fit, &n, x, &best->prep, best->label, o, err); }
    if (rc != SV_OK) { return rc; }
    for (size_t q = 0; q < n; q++) { mdl[run * ks + q] = fit[q].mdl; }
    chosen[run] = fit[least_mdl(fit, n)].k;
    merge(best, fit, n);
    return SV_OK;
}

int sv_cam_multistart(sv_cam *best, double *mdl, size_t *chosen, size_t runs, const sv_matrix *x, const sv_cam_opts *opts,
                      sv_error *err)
{
    static const sv_cam_opts usual = SV_CAM_OPTS_INIT;
    const sv_cam_opts *o = opts != NULL ? opts : &usual;
    if (runs == 0) { return sv_fail(err, SV_EINVAL, "0 runs of a deconvolution"); }
    sv_cam c;
    int rc = begin(&c, x, o, err);
    size_t ks = o->k_max - o->k_min + 1;
    sv_cam_fit *fit = rc == SV_OK ? SV_NEW(sv_cam_fit, ks) : NULL;
    if (rc == SV_OK && fit == NULL) { rc = sv_no_memory(err, "deconvolution"); }
    int last = SV_OK;
    for (size_t run = 0; rc == SV_OK && run < runs; run++) {
        for (size_t q = 0; q < ks; q++) { mdl[run * ks + q] = SV_NAN; }
        chosen[run] = 0;
        last = one_run(&c, mdl, chosen, fit, x, o, run, err);
        if (last == SV_ENOMEM || last == SV_EINVAL || last == SV_ELIMIT) { rc = last; }
        if (rc == SV_OK && o->progress != NULL && !o->progress(o->context, run + 1, runs)) {
            rc = sv_fail(err, SV_EINVAL, "deconvolution stopped after %zu of %zu runs", run + 1, runs);
        }
    }
    free(fit);
    if (rc == SV_OK && c.n == 0) { rc = last; }
    if (rc == SV_OK) {
        c.best = least_mdl(c.fit, c.n);
        free(c.label);
        c.label = NULL;
        *best = c;
    } else {
        sv_cam_free(&c);
    }
    return rc;
}

int sv_cam_a_from_markers(double *a, const sv_matrix *x, const int *marker, size_t k, sv_error *err)
{
    if (k < 1 || k > SV_CAM_MAX_K) {
        return sv_fail(err, SV_EINVAL, "%zu subpopulations, must be 1..%u", k, SV_CAM_MAX_K);
    }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    for (size_t g = 0; rc == SV_OK && g < x->rows; g++) {
        if (marker[g] < 0 || (size_t)marker[g] > k) {
            rc = sv_fail(err, SV_EINVAL, "marker %d of gene %zu is outside 0..%zu", marker[g], g + 1, k);
        }
    }
    if (rc == SV_OK) { rc = sv_cam_estimate_a(a, x, marker, k, err); }
    return rc == SV_OK ? sv_cam_close_rows(a, x->cols, k, err) : rc;
}

/* held: what a row of SUM_WEIGHT adds to every entry of the normal equations, or 0. */
static void proportions(double *a, sv_gram_solver *solver, const double *g, const sv_matrix *x, const sv_matrix *s,
                        double held)
{
    size_t k = s->cols;
    double c[SV_CAM_MAX_K];
    sv_gram_set(solver, g, k);
    for (size_t j = 0; j < x->cols; j++) {
        for (size_t q = 0; q < k; q++) {
            c[q] = held;
            for (size_t r = 0; r < x->rows; r++) { c[q] += sv_at(s, r, q) * sv_at(x, r, j); }
        }
        sv_gram_solve(solver, a + j * k, c);
    }
}

int sv_cam_proportions(double *a, const sv_matrix *x, const sv_matrix *s, bool divide, sv_error *err)
{
    size_t k = s->cols;
    if (k < 1 || k > SV_CAM_MAX_K || s->rows == 0) {
        return sv_fail(err, SV_EINVAL, "expression of %zu subpopulations in %zu genes, must be 1..%u", k, s->rows, SV_CAM_MAX_K);
    }
    int rc = sv_matrix_check(s, s->rows, NULL, err);
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->rows, NULL, err); }
    if (rc != SV_OK) { return rc; }
    double g[SV_CAM_MAX_K * SV_CAM_MAX_K], held = divide ? 0 : SUM_WEIGHT * SUM_WEIGHT;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) {
            g[i * k + j] = held;
            for (size_t r = 0; r < s->rows; r++) { g[i * k + j] += sv_at(s, r, i) * sv_at(s, r, j); }
        }
    }
    sv_gram_solver solver;
    rc = sv_gram_new(&solver, k, err);
    if (rc != SV_OK) { return rc; }
    proportions(a, &solver, g, x, s, held);
    sv_gram_free(&solver);
    return divide ? sv_cam_close_rows(a, x->cols, k, err) : SV_OK;
}

int sv_cam_markers(int *source, double *fold, const sv_matrix *s, sv_error *err)
{
    if (s->cols < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu subpopulation has nothing to compare with", s->cols); }
    int rc = sv_matrix_check(s, s->rows, NULL, err);
    for (size_t g = 0; rc == SV_OK && g < s->rows; g++) {
        double most = -SV_INF, next = -SV_INF;
        for (size_t c = 0; c < s->cols; c++) {
            double v = sv_at(s, g, c);
            if (v > most) {
                next = most;
                most = v;
                source[g] = (int)c + 1;
            } else if (v > next) {
                next = v;
            }
        }
        fold[g] = most > 0 ? most / next : 1;
    }
    return rc;
}
