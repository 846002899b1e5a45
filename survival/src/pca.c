/* pca.c - principal components. */
#include <survival/pca.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "minnorm.h"

void sv_pca_free(sv_pca *p)
{
    if (p == NULL) { return; }
    free(p->centre);
    free(p->scale);
    free(p->rotation);
    free(p->sdev);
    *p = (sv_pca){ 0 };
}

/* Mean and standard deviation of a column, with a second pass that takes up the first's rounding. */
static void moments(double *mean, double *sd, const sv_matrix *x, size_t col)
{
    double n = (double)x->rows, sum = 0, rest = 0, squares = 0;
    for (size_t i = 0; i < x->rows; i++) { sum += sv_at(x, i, col); }
    for (size_t i = 0; i < x->rows; i++) { rest += sv_at(x, i, col) - sum / n; }
    *mean = sum / n + rest / n;
    for (size_t i = 0; i < x->rows; i++) {
        double d = sv_at(x, i, col) - *mean;
        squares += d * d;
    }
    *sd = sqrt(squares / (n - 1));
}

static int standards(sv_pca *p, const sv_matrix *x, const sv_pca_opts *o, sv_error *err)
{
    p->total = 0;
    for (size_t j = 0; j < p->p; j++) {
        double sd;
        moments(&p->centre[j], &sd, x, j);
        bool constant = !(sd > 1e-14 * fabs(p->centre[j]));
        if (o->scale && constant) {
            return sv_fail(err, SV_EDATA, "column %zu%s%.80s%s is constant and cannot be scaled", j,
                           o->names != NULL ? " (" : "", o->names != NULL ? o->names[j] : "",
                           o->names != NULL ? ")" : "");
        }
        p->scale[j] = o->scale ? sd : 1;
        if (!isfinite(sd)) { return sv_fail(err, SV_EDATA, "column %zu varies beyond the finite numbers", j); }
        p->total += constant ? 0 : o->scale ? 1 : sd * sd;
    }
    if (!(p->total > 0)) { return sv_fail(err, SV_EDATA, "all %zu columns are constant", p->p); }
    return SV_OK;
}

/* The loading of largest size becomes positive. */
static void turn(double *v, size_t p)
{
    size_t at = 0;
    for (size_t j = 1; j < p; j++) {
        if (fabs(v[j]) > fabs(v[at])) { at = j; }
    }
    if (v[at] >= 0) { return; }
    for (size_t j = 0; j < p; j++) { v[j] = -v[j]; }
}

/* The table's longer side becomes the columns' length. */
static int decompose(sv_pca *p, const sv_matrix *x, size_t wanted, sv_error *err)
{
    size_t n = x->rows, m = p->p, longer = n > m ? n : m, shorter = n > m ? m : n;
    bool tall = n >= m;
    bool fits = longer <= SIZE_MAX / sizeof(double) / shorter;
    double *a = fits ? SV_NEW(double, longer * shorter) : NULL, *left = fits ? SV_NEW(double, longer * shorter) : NULL;
    double *right = SV_NEW(double, shorter * shorter), *s = SV_NEW(double, shorter);
    size_t rank = 0;
    int rc = a && left && right && s ? SV_OK : sv_no_memory(err, "principal components");
    if (rc == SV_OK) {
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < m; j++) {
                a[tall ? j * n + i : i * m + j] = (sv_at(x, i, j) - p->centre[j]) / p->scale[j];
            }
        }
        rc = sv_singular(left, s, right, &rank, a, longer, shorter, (double)longer * DBL_EPSILON, err);
    }
    if (rc == SV_OK) {
        p->components = wanted > 0 && wanted < rank ? wanted : rank;
        p->rotation = SV_NEW(double, p->components * m);
        p->sdev = SV_NEW(double, p->components);
        if (p->rotation == NULL || p->sdev == NULL) { rc = sv_no_memory(err, "principal components"); }
    }
    for (size_t k = 0; rc == SV_OK && k < p->components; k++) {
        double *v = p->rotation + k * m;
        memcpy(v, (tall ? right : left) + k * m, m * sizeof *v);
        turn(v, m);
        p->sdev[k] = s[k] / sqrt((double)n - 1);
    }
    free(a);
    free(left);
    free(right);
    free(s);
    return rc;
}

int sv_pca_fit(sv_pca *out, const sv_matrix *x, const sv_pca_opts *opts, sv_error *err)
{
    int rc = sv_matrix_check(x, x->rows, opts->names, err);
    if (rc != SV_OK) { return rc; }
    if (x->rows < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu row, at least 2 are needed", x->rows); }
    if (x->rows > SV_PCA_MAX_SHORT && x->cols > SV_PCA_MAX_SHORT) {
        return sv_fail(err, SV_ELIMIT, "%zu rows and %zu columns, one of both must be at most %zu", x->rows, x->cols,
                       SV_PCA_MAX_SHORT);
    }
    sv_pca p = { .p = x->cols, .centre = SV_NEW(double, x->cols), .scale = SV_NEW(double, x->cols) };
    rc = p.centre && p.scale ? standards(&p, x, opts, err) : sv_no_memory(err, "principal components");
    if (rc == SV_OK) { rc = decompose(&p, x, opts->components, err); }
    if (rc == SV_OK) { *out = p; } else { sv_pca_free(&p); }
    return rc;
}

int sv_pca_scores(double *out, const sv_pca *p, const sv_matrix *x, sv_error *err)
{
    if (x->cols != p->p) {
        return sv_fail(err, SV_EINVAL, "%zu columns, the components were fitted on %zu", x->cols, p->p);
    }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        for (size_t k = 0; k < p->components; k++) {
            double sum = 0;
            for (size_t j = 0; j < p->p; j++) {
                sum += (sv_at(x, i, j) - p->centre[j]) / p->scale[j] * p->rotation[k * p->p + j];
            }
            out[i * p->components + k] = sum;
        }
    }
    return rc;
}
