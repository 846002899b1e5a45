/* classify.c - nearest neighbours and naive Bayes. */
#include <survival/classify.h>

#include <math.h>
#include <string.h>

#include "classes.h"
#include "mem.h"
#include "moments.h"
#include "num.h"
#include "sort.h"

#define MAX_CLASSES 1000

int sv_classes_of(uint32_t **class_of, int **label_of, size_t *classes, const int *label, size_t n, sv_error *err)
{
    uint32_t *code = SV_NEW(uint32_t, n);
    int *name = NULL;
    size_t k = 0;
    int rc = code != NULL ? sv_dense_code(code, &k, label, n, err) : sv_no_memory(err, "classes");
    if (rc == SV_OK && k < 2) { rc = sv_fail(err, SV_EDATA, "all %zu rows have label %d, expected 2 labels", n, label[0]); }
    if (rc == SV_OK && k > MAX_CLASSES) { rc = sv_fail(err, SV_ELIMIT, "%zu labels, at most %d are accepted", k, MAX_CLASSES); }
    if (rc == SV_OK && (name = SV_NEW(int, k)) == NULL) { rc = sv_no_memory(err, "classes"); }
    if (rc != SV_OK) {
        free(code);
        return rc;
    }
    for (size_t i = 0; i < n; i++) { name[code[i]] = label[i]; }
    *class_of = code;
    *label_of = name;
    *classes = k;
    return SV_OK;
}

int sv_binary_check(size_t *ones, const int *label, size_t n, sv_error *err)
{
    *ones = 0;
    for (size_t i = 0; i < n; i++) {
        if (label[i] != 0 && label[i] != 1) {
            return sv_fail(err, SV_EDATA, "label[%zu] is %d, expected 0 or 1", i, label[i]);
        }
        *ones += label[i] == 1 ? 1 : 0;
    }
    if (*ones == 0 || *ones == n) {
        return sv_fail(err, SV_EDATA, "%zu of %zu rows have label 1, expected some of each", *ones, n);
    }
    return SV_OK;
}

static int check_columns(size_t fitted, const sv_matrix *x, sv_error *err)
{
    if (x->cols != fitted) { return sv_fail(err, SV_EINVAL, "%zu columns, the classifier was fitted on %zu", x->cols, fitted); }
    return sv_matrix_check(x, x->rows, NULL, err);
}

/* ---- nearest neighbours ---------------------------------------------------------------------- */

void sv_knn_free(sv_knn *f)
{
    if (f == NULL) { return; }
    free(f->label);
    free(f->class_of);
    free(f->x);
    free(f->centre);
    free(f->scale);
    *f = (sv_knn){ 0 };
}

int sv_knn_fit(sv_knn *out, const sv_matrix *x, const int *label, size_t k, bool scale, sv_error *err)
{
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc != SV_OK) { return rc; }
    if (x->rows < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu row, at least 2 are needed", x->rows); }
    if (k < 1 || k > x->rows) { return sv_fail(err, SV_EINVAL, "k is %zu, expected 1 to the %zu rows", k, x->rows); }
    sv_knn f = { .n = x->rows, .p = x->cols, .k = k };
    rc = sv_classes_of(&f.class_of, &f.label, &f.classes, label, f.n, err);
    if (rc == SV_OK) {
        f.x = f.n > SIZE_MAX / f.p ? NULL : SV_NEW(double, f.n * f.p);
        f.centre = SV_NEW(double, f.p);
        f.scale = SV_NEW(double, f.p);
        rc = f.x && f.centre && f.scale ? SV_OK : sv_no_memory(err, "neighbours");
    }
    for (size_t j = 0; rc == SV_OK && j < f.p; j++) {
        double sd;
        sv_column_moments(&f.centre[j], &sd, x, j, NULL, 0);
        f.scale[j] = scale && sd > 0 ? sd : 1;
        for (size_t i = 0; i < f.n; i++) { f.x[i * f.p + j] = (sv_at(x, i, j) - f.centre[j]) / f.scale[j]; }
    }
    if (rc == SV_OK) { *out = f; } else { sv_knn_free(&f); }
    return rc;
}

/* The k-th smallest of d[0..n), by selection; the order of d is lost. */
static double kth(double *d, size_t n, size_t k)
{
    size_t lo = 0, hi = n - 1, at = k - 1;
    while (lo < hi) {
        double pivot = d[lo + (hi - lo) / 2];
        size_t i = lo, j = hi;
        for (;;) {
            while (d[i] < pivot) { i++; }
            while (d[j] > pivot) { j--; }
            if (i >= j) { break; }
            double swap = d[i];
            d[i++] = d[j];
            d[j--] = swap;
        }
        if (at <= j) { hi = j; } else { lo = j + 1; }
    }
    return d[at];
}

int sv_knn_predict(double *share, const sv_knn *f, const sv_matrix *x, sv_error *err)
{
    int rc = check_columns(f->p, x, err);
    if (rc != SV_OK) { return rc; }
    double *d = SV_NEW(double, f->n), *work = SV_NEW(double, f->n), *row = SV_NEW(double, f->p);
    rc = d && work && row ? SV_OK : sv_no_memory(err, "neighbours");
    for (size_t r = 0; rc == SV_OK && r < x->rows; r++) {
        double *out = share + r * f->classes, all = 0;
        for (size_t j = 0; j < f->p; j++) { row[j] = (sv_at(x, r, j) - f->centre[j]) / f->scale[j]; }
        for (size_t i = 0; i < f->n; i++) {
            d[i] = 0;
            for (size_t j = 0; j < f->p; j++) { d[i] += (row[j] - f->x[i * f->p + j]) * (row[j] - f->x[i * f->p + j]); }
        }
        memcpy(work, d, f->n * sizeof *d);
        double bound = kth(work, f->n, f->k) * (1 + 1e-12);    /* as far, but for rounding */
        memset(out, 0, f->classes * sizeof *out);
        for (size_t i = 0; i < f->n; i++) {
            if (d[i] > bound) { continue; }
            out[f->class_of[i]]++;
            all++;
        }
        for (size_t c = 0; c < f->classes; c++) { out[c] /= all; }
    }
    free(d);
    free(work);
    free(row);
    return rc;
}

/* ---- naive Bayes ----------------------------------------------------------------------------- */

void sv_bayes_free(sv_bayes *f)
{
    if (f == NULL) { return; }
    free(f->label);
    free(f->prior);
    free(f->mean);
    free(f->sd);
    *f = (sv_bayes){ 0 };
}

static int fit_column(sv_bayes *f, const sv_matrix *x, size_t j, const uint32_t *class_of, double floor, sv_error *err)
{
    double mean, whole;
    sv_column_moments(&mean, &whole, x, j, NULL, 0);
    for (size_t c = 0; c < f->classes; c++) {
        double *sd = &f->sd[c * f->p + j];
        sv_column_moments(&f->mean[c * f->p + j], sd, x, j, class_of, c);
        *sd = whole > 0 ? fmax(*sd, floor * whole) : SV_NAN;
        if (*sd == 0) {
            return sv_fail(err, SV_EDATA, "column %zu is constant in the rows of label %d, a floor of its spread is needed",
                           j, f->label[c]);
        }
    }
    return SV_OK;
}

int sv_bayes_fit(sv_bayes *out, const sv_matrix *x, const int *label, double floor, sv_error *err)
{
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc != SV_OK) { return rc; }
    if (x->rows < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu row, at least 2 are needed", x->rows); }
    if (!(floor >= 0 && isfinite(floor))) { return sv_fail(err, SV_EINVAL, "floor is %g, expected at least 0", floor); }
    sv_bayes f = { .p = x->cols };
    uint32_t *class_of = NULL;
    rc = sv_classes_of(&class_of, &f.label, &f.classes, label, x->rows, err);
    if (rc == SV_OK) {
        f.prior = SV_NEW(double, f.classes);
        f.mean = f.p > SIZE_MAX / f.classes ? NULL : SV_NEW(double, f.classes * f.p);
        f.sd = f.p > SIZE_MAX / f.classes ? NULL : SV_NEW(double, f.classes * f.p);
        rc = f.prior && f.mean && f.sd ? SV_OK : sv_no_memory(err, "naive Bayes");
    }
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) { f.prior[class_of[i]]++; }
    for (size_t c = 0; rc == SV_OK && c < f.classes; c++) {
        if (f.prior[c] < 2) {
            rc = sv_fail(err, SV_ETOOSMALL, "1 row has label %d, at least 2 are needed", f.label[c]);
        }
        f.prior[c] /= (double)x->rows;
    }
    for (size_t j = 0; rc == SV_OK && j < f.p; j++) { rc = fit_column(&f, x, j, class_of, floor, err); }
    free(class_of);
    if (rc == SV_OK) { *out = f; } else { sv_bayes_free(&f); }
    return rc;
}

int sv_bayes_predict(double *share, const sv_bayes *f, const sv_matrix *x, sv_error *err)
{
    int rc = check_columns(f->p, x, err);
    if (rc != SV_OK) { return rc; }
    for (size_t r = 0; r < x->rows; r++) {
        double *out = share + r * f->classes, top = -SV_INF, all = 0;
        for (size_t c = 0; c < f->classes; c++) {
            double log_density = log(f->prior[c]);
            for (size_t j = 0; j < f->p; j++) {
                double sd = f->sd[c * f->p + j];
                if (isnan(sd)) { continue; }
                double d = (sv_at(x, r, j) - f->mean[c * f->p + j]) / sd;
                log_density -= log(sd) + d * d / 2;
            }
            out[c] = log_density;
            top = fmax(top, log_density);
        }
        for (size_t c = 0; c < f->classes; c++) {
            out[c] = exp(out[c] - top);
            all += out[c];
        }
        for (size_t c = 0; c < f->classes; c++) { out[c] /= all; }
    }
    return SV_OK;
}
