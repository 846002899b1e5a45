/* cam_fit.c - the corners for one K, proportions, expression and code length. */
#include <math.h>
#include <string.h>

#include <survival/nnls.h>

#include "cam.h"
#include "mem.h"
#include "num.h"

int sv_cam_rescale(double *a, size_t rows, size_t k, const double *target, sv_error *err)
{
    double z[SV_NNLS_MAX_COLS];
    sv_matrix m = sv_matrix_rowmajor(a, rows, k), b = sv_matrix_rowmajor(target, rows, 1);
    int rc = sv_nnls(z, NULL, &m, &b, err);
    for (size_t c = 0; rc == SV_OK && c < k; c++) {
        double square = 0;
        for (size_t i = 0; i < rows; i++) { square += a[i * k + c] * a[i * k + c]; }
        if (z[c] < 1e-10) { z[c] = 0.01 / sqrt(square); }
        for (size_t i = 0; i < rows; i++) { a[i * k + c] *= z[c]; }
    }
    return rc;
}

/* The Gram matrix of the columns of a. */
static void gram(double *g, const double *a, size_t rows, size_t k)
{
    memset(g, 0, k * k * sizeof *g);
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < k; c++) {
            for (size_t d = 0; d < k; d++) { g[c * k + d] += a[i * k + c] * a[i * k + d]; }
        }
    }
}

/* Squared residual of point x (rows) on a; z: the coefficients. */
static double residual(sv_gram_solver *s, double *z, const double *a, const double *x, size_t rows, size_t k)
{
    double c[SV_CAM_MAX_K] = { 0 }, sum = 0;
    for (size_t i = 0; i < rows; i++) {
        for (size_t q = 0; q < k; q++) { c[q] += a[i * k + q] * x[i]; }
    }
    sv_gram_solve(s, z, c);
    for (size_t i = 0; i < rows; i++) {
        double e = x[i];
        for (size_t q = 0; q < k; q++) { e -= a[i * k + q] * z[q]; }
        sum += e * e;
    }
    return sum;
}

/* Reconstruction error of a set of corners, over the genes that are in a large cluster. */
static int reconstruct(double *error, sv_gram_solver *s, const sv_cam_prep *p, const unsigned char *valid,
                       const double *target, const sv_cam_corners *c, const size_t *set, size_t k, sv_error *err)
{
    double a[SV_CAM_MAX_DIMS * SV_CAM_MAX_K], g[SV_CAM_MAX_K * SV_CAM_MAX_K], z[SV_CAM_MAX_K];
    for (size_t i = 0; i < p->dims; i++) {
        for (size_t q = 0; q < k; q++) { a[i * k + q] = c->centre[set[q] * c->dims + i]; }
    }
    int rc = sv_cam_rescale(a, p->dims, k, target, err);
    if (rc != SV_OK) { return rc; }
    gram(g, a, p->dims, k);
    sv_gram_set(s, g, k);
    *error = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (valid[i]) { *error += residual(s, z, a, p->reduced + i * p->dims, p->dims, k); }
    }
    return SV_OK;
}

int sv_cam_estimate_a(double *a, const sv_matrix *x, const int *marker, size_t k, sv_error *err)
{
    size_t m = x->cols;
    double *rows = SV_NEW(double, x->rows * m), *median = SV_NEW(double, m), *ones = SV_NEW(double, m);
    int rc = rows && median && ones ? SV_OK : sv_no_memory(err, "proportions");
    for (size_t c = 0; rc == SV_OK && c < k; c++) {
        size_t n = 0;
        for (size_t g = 0; g < x->rows; g++) {
            if (marker[g] != (int)c + 1) { continue; }
            double sum = 0;
            for (size_t j = 0; j < m; j++) { sum += sv_at(x, g, j); }
            if (!(sum > 0)) { continue; }
            for (size_t j = 0; j < m; j++) { rows[n * m + j] = sv_at(x, g, j) / sum; }
            n++;
        }
        if (n == 0) {
            rc = sv_fail(err, SV_ETOOSMALL, "subpopulation %zu has no marker with any expression", c + 1);
            break;
        }
        sv_matrix points = sv_matrix_rowmajor(rows, n, m);
        rc = sv_spatial_median(median, &points, err);
        for (size_t j = 0; rc == SV_OK && j < m; j++) { a[j * k + c] = median[j]; }
    }
    for (size_t j = 0; rc == SV_OK && j < m; j++) { ones[j] = 1; }
    if (rc == SV_OK) { rc = sv_cam_rescale(a, m, k, ones, err); }
    free(rows);
    free(median);
    free(ones);
    return rc;
}

int sv_cam_close_rows(double *a, size_t m, size_t k, sv_error *err)
{
    for (size_t j = 0; j < m; j++) {
        double sum = 0;
        for (size_t c = 0; c < k; c++) { sum += a[j * k + c]; }
        if (!(sum > 0)) { return sv_fail(err, SV_ENUMERIC, "no subpopulation is expressed in sample %zu", j + 1); }
        for (size_t c = 0; c < k; c++) { a[j * k + c] /= sum; }
    }
    return SV_OK;
}

int sv_cam_estimate_s(double *s, const sv_matrix *x, const double *a, size_t k, sv_error *err)
{
    sv_matrix am = sv_matrix_rowmajor(a, x->cols, k), bm = { x->v, x->cols, x->rows, x->col_step, x->row_step };
    return sv_nnls(s, NULL, &am, &bm, err);
}

/* The set of least reconstruction error among those of least margin. */
static int choose_corners(sv_cam_fit *f, const sv_cam_prep *p, const sv_cam_corners *c, const unsigned char *valid,
                          size_t most, sv_error *err)
{
    size_t k = f->k, n = 0, *set = SV_NEW(size_t, most * k);
    double *margin = SV_NEW(double, most), *target = SV_NEW(double, p->dims);
    sv_gram_solver s = { 0 };
    int rc = set && margin && target ? sv_gram_new(&s, k, err) : sv_no_memory(err, "corners");
    if (rc == SV_OK) { rc = sv_cam_search(set, margin, &n, most, c, k, err); }
    for (size_t q = 0; rc == SV_OK && q < p->dims; q++) {
        for (size_t j = 0; j < p->samples; j++) { target[q] += p->w[q * p->samples + j]; }
    }
    f->reconstruction = SV_INF;
    for (size_t r = 0; rc == SV_OK && r < n; r++) {
        double error;
        rc = reconstruct(&error, &s, p, valid, target, c, set + r * k, k, err);
        if (rc != SV_OK || !(error < f->reconstruction)) { continue; }
        f->reconstruction = error;
        f->margin = margin[r];
        for (size_t q = 0; q < k; q++) { f->cluster[q] = c->cluster[set[r * k + q]]; }
    }
    sv_gram_free(&s);
    free(set);
    free(margin);
    free(target);
    return rc;
}

/* Code length in nats: Gaussian residuals of n genes, and the parameters of A and S. */
static void code_length(sv_cam_fit *f, const sv_matrix *x, const sv_cam_prep *p, const unsigned char *valid)
{
    double square = 0, n = 0, m = (double)f->samples, k = (double)f->k;
    for (size_t i = 0; i < p->n; i++) {
        if (!valid[i]) { continue; }
        n++;
        for (size_t j = 0; j < f->samples; j++) {
            double e = sv_at(x, p->gene[i], j);
            for (size_t c = 0; c < f->k; c++) { e -= f->a[j * f->k + c] * f->s[p->gene[i] * f->k + c]; }
            square += e * e;
        }
    }
    f->data_length = m * n / 2 * log(square / (m * n));
    f->mdl = f->data_length + (k - 1) * m / 2 * log(n) + k * n / 2 * log(m);
}

static int mark(int *marker, unsigned char *valid, const sv_cam_fit *f, const sv_cam_prep *p, const int *label,
                size_t clusters, size_t min_genes, sv_error *err)
{
    size_t size[SV_CAM_MAX_CLUSTERS] = { 0 };
    for (size_t i = 0; i < p->n; i++) {
        if (label[i] < 1 || (size_t)label[i] > clusters || clusters > SV_CAM_MAX_CLUSTERS) {
            return sv_fail(err, SV_EINVAL, "cluster %d of gene %zu is outside 1..%zu", label[i], p->gene[i] + 1, clusters);
        }
        size[label[i] - 1]++;
    }
    for (size_t i = 0; i < p->n; i++) {
        valid[i] = size[label[i] - 1] >= min_genes;
        for (size_t c = 0; marker != NULL && c < f->k; c++) {
            if (label[i] == f->cluster[c]) { marker[p->gene[i]] = (int)c + 1; }
        }
    }
    return SV_OK;
}

int sv_cam_fit_k(sv_cam_fit *out, const sv_matrix *x, const sv_cam_prep *prep, const sv_cam_corners *c, const int *label,
                 size_t clusters, size_t k, const sv_cam_opts *opts, sv_error *err)
{
    static const sv_cam_opts usual = SV_CAM_OPTS_INIT;
    const sv_cam_opts *o = opts != NULL ? opts : &usual;
    if (k < 2 || k > SV_CAM_MAX_K || o->candidates == 0 || x->rows != prep->genes || x->cols != prep->samples) {
        return sv_fail(err, SV_EINVAL, "K is %zu (2..%u), candidate sets %zu, expression %zu x %zu for %zu x %zu", k,
                       SV_CAM_MAX_K, o->candidates, x->rows, x->cols, prep->genes, prep->samples);
    }
    sv_cam_fit f = { .k = k, .samples = x->cols, .genes = x->rows, .a = SV_NEW(double, x->cols * k),
                     .s = SV_NEW(double, x->rows * k), .marker = SV_NEW(int, x->rows) };
    unsigned char *valid = SV_NEW(unsigned char, prep->n);
    int rc = f.a && f.s && f.marker && valid ? SV_OK : sv_no_memory(err, "deconvolution");
    if (rc == SV_OK) { rc = mark(NULL, valid, &f, prep, label, clusters, o->min_genes, err); }
    if (rc == SV_OK) { rc = choose_corners(&f, prep, c, valid, o->candidates, err); }
    if (rc == SV_OK) { rc = mark(f.marker, valid, &f, prep, label, clusters, o->min_genes, err); }
    if (rc == SV_OK) { rc = sv_cam_estimate_a(f.a, x, f.marker, k, err); }
    if (rc == SV_OK) { rc = sv_cam_estimate_s(f.s, x, f.a, k, err); }
    if (rc == SV_OK) { code_length(&f, x, prep, valid); }
    if (rc == SV_OK) { rc = sv_cam_close_rows(f.a, f.samples, k, err); }
    free(valid);
    if (rc == SV_OK) { *out = f; } else { sv_cam_fit_free(&f); }
    return rc;
}

void sv_cam_fit_free(sv_cam_fit *f)
{
    free(f->a);
    free(f->s);
    free(f->marker);
    *f = (sv_cam_fit){ 0 };
}
