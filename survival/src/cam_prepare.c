/* cam_prepare.c - from expression to points in a simplex: filter, reduce, project, drop outliers. */
#include <math.h>
#include <string.h>

#include <survival/deconvolve.h>
#include <survival/quantile.h>

#include "cam.h"
#include "eigen.h"
#include "mem.h"
#include "num.h"
#include "vector.h"

static int check_opts(const sv_cam_opts *o, sv_error *err)
{
    if (!(o->low >= 0 && o->low < o->high && o->high <= 1)) {
        return sv_fail(err, SV_EINVAL, "share of genes kept is %g to %g, must rise within 0..1", o->low, o->high);
    }
    if (o->dims < 2 || o->dims > SV_CAM_MAX_DIMS) {
        return sv_fail(err, SV_EINVAL, "dimensions are %zu, must be 2..%u", o->dims, SV_CAM_MAX_DIMS);
    }
    if (!(o->lof_share >= 0 && o->lof_share < 1) || (o->lof_share > 0 && o->lof_neighbours < 1)) {
        return sv_fail(err, SV_EINVAL, "share of local outliers is %g (must be 0 to below 1), neighbours %zu", o->lof_share,
                       o->lof_neighbours);
    }
    return SV_OK;
}

static int check_expression(const sv_matrix *x, sv_error *err)
{
    if (x->cols < 2 || x->rows < 2) {
        return sv_fail(err, SV_ETOOSMALL, "%zu genes in %zu samples cannot be deconvolved", x->rows, x->cols);
    }
    for (size_t g = 0; g < x->rows; g++) {
        for (size_t j = 0; j < x->cols; j++) {
            double v = sv_at(x, g, j);
            if (!(v >= 0) || !isfinite(v)) {
                return sv_fail(err, SV_EDATA, "gene %zu of sample %zu is %g: expression must be linear, finite and >= 0",
                               g + 1, j + 1, v);
            }
        }
    }
    return SV_OK;
}

/* Rows with a norm in (low, high] of all that have any expression. */
static int filter(sv_cam_prep *p, const sv_matrix *x, const sv_cam_opts *o, sv_error *err)
{
    double *norm = SV_NEW(double, p->genes), *some = SV_NEW(double, p->genes), at[2] = { o->low, o->high }, cut[2];
    int rc = norm && some ? SV_OK : sv_no_memory(err, "deconvolution");
    size_t n = 0;
    for (size_t g = 0; rc == SV_OK && g < p->genes; g++) {
        double square = 0;
        for (size_t j = 0; j < p->samples; j++) { square += sv_at(x, g, j) * sv_at(x, g, j); }
        norm[g] = sqrt(square);
        if (norm[g] > 0) { some[n++] = norm[g]; }
    }
    if (rc == SV_OK && n == 0) { rc = sv_fail(err, SV_ETOOSMALL, "no gene of %zu has any expression", p->genes); }
    if (rc == SV_OK) { rc = sv_quantile(cut, some, n, at, 2, err); }
    for (size_t g = 0; rc == SV_OK && g < p->genes; g++) {
        if (norm[g] > cut[0] && norm[g] <= cut[1]) { p->gene[p->n++] = g; }
    }
    free(norm);
    free(some);
    if (rc == SV_OK && p->n <= p->dims) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu of %zu genes pass the filter, %zu dimensions need more", p->n, p->genes, p->dims);
    }
    return rc;
}

/* w: the direction of equal samples, then those of most variance beside it. */
static int directions(sv_cam_prep *p, const sv_matrix *x, sv_error *err)
{
    size_t m = p->samples;
    double *mean = SV_NEW(double, m), *row = SV_NEW(double, m), *cov = SV_NEW(double, m * m), *value = SV_NEW(double, m),
           *vector = SV_NEW(double, m * m);
    int rc = mean && row && cov && value && vector ? SV_OK : sv_no_memory(err, "deconvolution");
    for (size_t i = 0; rc == SV_OK && i < p->n; i++) {
        for (size_t j = 0; j < m; j++) { mean[j] += sv_at(x, p->gene[i], j) / (double)p->n; }
    }
    for (size_t i = 0; rc == SV_OK && i < p->n; i++) {
        double along = 0;
        for (size_t j = 0; j < m; j++) {
            row[j] = sv_at(x, p->gene[i], j) - mean[j];
            along += row[j] / (double)m;
        }
        for (size_t j = 0; j < m; j++) { row[j] -= along; }
        for (size_t j = 0; j < m; j++) { sv_add_scaled(cov + j * m, row[j], row, m); }
    }
    if (rc == SV_OK) { rc = sv_eigen_symmetric(value, vector, cov, m, err); }
    if (rc == SV_OK) {
        for (size_t j = 0; j < m; j++) { p->w[j] = 1 / sqrt((double)m); }
        memcpy(p->w + m, vector, (p->dims - 1) * m * sizeof *p->w);
    }
    free(mean);
    free(row);
    free(cov);
    free(value);
    free(vector);
    return rc;
}

static void project(sv_cam_prep *p, const sv_matrix *x)
{
    for (size_t i = 0; i < p->n; i++) {
        double *to = p->reduced + i * p->dims, *on = p->projected + i * p->dims;
        for (size_t q = 0; q < p->dims; q++) {
            to[q] = 0;
            for (size_t j = 0; j < p->samples; j++) { to[q] += p->w[q * p->samples + j] * sv_at(x, p->gene[i], j); }
            on[q] = q == 0 ? 1 : to[q] / to[0];
        }
    }
}

static int drop_outliers(sv_cam_prep *p, const sv_cam_opts *o, sv_error *err)
{
    if (p->n <= o->lof_neighbours) {
        return sv_fail(err, SV_ETOOSMALL, "%zu genes are too few for %zu neighbours each", p->n, o->lof_neighbours);
    }
    double *factor = SV_NEW(double, p->n), at = 1 - o->lof_share, cut;
    int rc = factor != NULL ? SV_OK : sv_no_memory(err, "deconvolution");
    if (rc == SV_OK) { rc = sv_local_outliers(factor, p->projected, p->n, p->dims, o->lof_neighbours, err); }
    if (rc == SV_OK) { rc = sv_quantile(&cut, factor, p->n, &at, 1, err); }
    if (rc == SV_OK) {
        size_t kept = 0;
        for (size_t i = 0; i < p->n; i++) {
            if (factor[i] > cut) { continue; }
            p->gene[kept] = p->gene[i];
            memmove(p->reduced + kept * p->dims, p->reduced + i * p->dims, p->dims * sizeof *p->reduced);
            memmove(p->projected + kept * p->dims, p->projected + i * p->dims, p->dims * sizeof *p->projected);
            kept++;
        }
        p->n = kept;
    }
    free(factor);
    return rc;
}

int sv_cam_prepare(sv_cam_prep *out, const sv_matrix *x, const sv_cam_opts *opts, sv_error *err)
{
    static const sv_cam_opts usual = SV_CAM_OPTS_INIT;
    const sv_cam_opts *o = opts != NULL ? opts : &usual;
    int rc = check_opts(o, err);
    if (rc == SV_OK) { rc = check_expression(x, err); }
    if (rc != SV_OK) { return rc; }
    sv_cam_prep p = { .genes = x->rows, .samples = x->cols, .dims = o->dims < x->cols ? o->dims : x->cols };
    p.gene = SV_NEW(size_t, p.genes);
    p.w = SV_NEW(double, p.dims * p.samples);
    p.reduced = SV_NEW(double, p.genes * p.dims);
    p.projected = SV_NEW(double, p.genes * p.dims);
    rc = p.gene && p.w && p.reduced && p.projected ? filter(&p, x, o, err) : sv_no_memory(err, "deconvolution");
    if (rc == SV_OK) { rc = directions(&p, x, err); }
    if (rc == SV_OK) { project(&p, x); }
    if (rc == SV_OK && o->lof_share > 0) { rc = drop_outliers(&p, o, err); }
    if (rc == SV_OK) { *out = p; } else { sv_cam_prep_free(&p); }
    return rc;
}

void sv_cam_prep_free(sv_cam_prep *p)
{
    free(p->gene);
    free(p->w);
    free(p->reduced);
    free(p->projected);
    *p = (sv_cam_prep){ 0 };
}
