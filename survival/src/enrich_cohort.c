/* enrich_cohort.c - scores that a patient has among the others of a cohort: GSVA and PLAGE. */
#include <survival/enrich.h>

#include <math.h>

#include <survival/dist.h>
#include <survival/pca.h>

#include "enrich_work.h"
#include "mem.h"
#include "num.h"

/* ---- Genes that vary ----------------------------------------------------------------------------- */

typedef struct moments { double mean, sd; } moments;

static moments moments_of(const sv_matrix *x, size_t column)
{
    double sum = 0, squares = 0, n = (double)x->rows;
    for (size_t i = 0; i < x->rows; i++) { sum += sv_at(x, i, column); }
    for (size_t i = 0; i < x->rows; i++) { squares += pow(sv_at(x, i, column) - sum / n, 2); }
    return (moments){ sum / n, sqrt(squares / (n - 1)) };
}

static bool varies(const sv_matrix *x, size_t column)
{
    for (size_t i = 1; i < x->rows; i++) {
        double a = sv_at(x, 0, column), b = sv_at(x, i, column);
        if (a < b || a > b) { return true; }
    }
    return false;
}

/* The sets of the genes that vary, under new numbers. */
typedef struct varying { size_t n; size_t *column, *start; uint32_t *gene; } varying;

static void varying_free(varying *v)
{
    free(v->column);
    free(v->start);
    free(v->gene);
}

static int varying_make(varying *v, const sv_matrix *x, const sv_gene_sets *sets, sv_error *err)
{
    if (x->rows < 2) { return sv_fail(err, SV_ETOOSMALL, "%zu rows, expected a cohort of 2 at least", x->rows); }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc == SV_OK) { rc = sv_sets_check(sets, x->cols, err); }
    if (rc != SV_OK) { return rc; }
    uint32_t *number = SV_NEW(uint32_t, x->cols);                      /* + 1; 0: does not vary */
    *v = (varying){ 0, SV_NEW(size_t, x->cols), SV_NEW(size_t, sets->n + 1), SV_NEW(uint32_t, sets->start[sets->n]) };
    if (number == NULL || v->column == NULL || v->start == NULL || v->gene == NULL) {
        free(number);
        varying_free(v);
        return sv_no_memory(err, "gene sets");
    }
    for (size_t j = 0; j < x->cols; j++) {
        if (!varies(x, j)) { continue; }
        v->column[v->n] = j;
        number[j] = (uint32_t)++v->n;
    }
    size_t at = 0;
    for (size_t k = 0; k < sets->n; k++) {
        for (size_t a = sets->start[k]; a < sets->start[k + 1]; a++) {
            if (number[sets->gene[a]] > 0) { v->gene[at++] = number[sets->gene[a]] - 1; }
        }
        v->start[k + 1] = at;
    }
    free(number);
    return SV_OK;
}

/* ---- GSVA ---------------------------------------------------------------------------------------- */

enum { TABLE_STEPS = 10000, TABLE_END = 10 };

static double normal_share(const double *table, double v)
{
    if (v < -TABLE_END) { return 0; }
    if (v > TABLE_END) { return 1; }
    double share = table[(size_t)(fabs(v) / TABLE_END * TABLE_STEPS)];
    return v < 0 ? 1 - share : share;
}

/* density[i * n + g]: the log odds of patient i's place among all, for one gene. */
static void place_gene(double *density, size_t n, size_t g, const sv_matrix *x, size_t column, double *value,
                       const double *table)
{
    double width = moments_of(x, column).sd / 4;
    for (size_t i = 0; i < x->rows; i++) { value[i] = sv_at(x, i, column); }
    for (size_t i = 0; i < x->rows; i++) {
        double share = 0;
        for (size_t j = 0; j < x->rows; j++) { share += normal_share(table, (value[i] - value[j]) / width); }
        share /= (double)x->rows;
        density[i * n + g] = -log((1 - share) / share);
    }
}

static int walk_patients(double *out, const double *density, size_t rows, size_t n, const sv_gene_sets *sets, sv_error *err)
{
    const sv_matrix d = sv_matrix_rowmajor(density, rows, n);
    sv_patient p;
    int rc = sv_patient_make(&p, &d, sets, err);
    if (rc != SV_OK) { return rc; }
    for (size_t k = 0; k < n; k++) { p.weight[k] = fabs((double)(n - k) - (double)n / 2); }
    for (size_t i = 0; i < rows && rc == SV_OK; i++) {
        for (size_t g = 0; g < n; g++) { p.value[g] = density[i * n + g]; }
        rc = sv_patient_rank(&p, sets, err);
        for (size_t k = 0; k < sets->n && rc == SV_OK; k++) {
            size_t size = sets->start[k + 1] - sets->start[k];
            sv_walk w = { SV_NAN, SV_NAN, 0, 0 };
            if (size > 0 && size < n) { w = sv_walk_list(p.hits + sets->start[k], size, p.weight, n); }
            out[i * sets->n + k] = w.top + w.bottom;
        }
    }
    sv_patient_free(&p);
    return rc;
}

int sv_gsva(double *out, const sv_matrix *x, const sv_gene_sets *sets, sv_error *err)
{
    varying v;
    int rc = varying_make(&v, x, sets, err);
    if (rc != SV_OK) { return rc; }
    double *density = x->rows > PTRDIFF_MAX / (v.n + 1) ? NULL : SV_NEW(double, x->rows * v.n);
    double *value = SV_NEW(double, x->rows), *table = SV_NEW(double, TABLE_STEPS + 1);
    if (density == NULL || value == NULL || table == NULL) {
        rc = sv_no_memory(err, "the places of genes");
    } else if (v.n == 0) {
        rc = sv_fail(err, SV_EDATA, "no gene varies in the cohort");
    } else {
        for (size_t i = 0; i <= TABLE_STEPS; i++) { table[i] = sv_normal_cdf((double)TABLE_END * (double)i / TABLE_STEPS); }
        for (size_t g = 0; g < v.n; g++) { place_gene(density, v.n, g, x, v.column[g], value, table); }
        const sv_gene_sets kept = { sets->n, v.start, v.gene };
        rc = walk_patients(out, density, x->rows, v.n, &kept, err);
    }
    free(density);
    free(value);
    free(table);
    varying_free(&v);
    return rc;
}

/* ---- PLAGE --------------------------------------------------------------------------------------- */

/* Of length 1, and on the side of the mean of the standardised genes. */
static void put_vector(double *out, size_t step, const double *score, const sv_matrix *genes, const sv_pca *p)
{
    double squares = 0, side = 0;
    for (size_t i = 0; i < genes->rows; i++) {
        double mean = 0;
        for (size_t j = 0; j < genes->cols; j++) { mean += (sv_at(genes, i, j) - p->centre[j]) / p->scale[j]; }
        squares += score[i] * score[i];
        side += score[i] * mean;
    }
    for (size_t i = 0; i < genes->rows; i++) { out[i * step] = (side < 0 ? -1 : 1) * score[i] / sqrt(squares); }
}

static int plage_set(double *out, size_t step, const sv_matrix *genes, sv_error *err)
{
    sv_pca p = { 0 };
    sv_pca_opts o = SV_PCA_OPTS_INIT;
    o.components = 1;
    double *score = SV_NEW(double, genes->rows);
    int rc = score == NULL ? sv_no_memory(err, "a set's scores") : sv_pca_fit(&p, genes, &o, err);
    if (rc == SV_OK) { rc = sv_pca_scores(score, &p, genes, err); }
    if (rc == SV_OK) { put_vector(out, step, score, genes, &p); }
    sv_pca_free(&p);
    free(score);
    return rc;
}

int sv_plage(double *out, const sv_matrix *x, const sv_gene_sets *sets, sv_error *err)
{
    varying v;
    int rc = varying_make(&v, x, sets, err);
    if (rc != SV_OK) { return rc; }
    double *genes = NULL;
    for (size_t k = 0; k < sets->n && rc == SV_OK; k++) {
        size_t size = v.start[k + 1] - v.start[k];
        for (size_t i = 0; size == 0 && i < x->rows; i++) { out[i * sets->n + k] = SV_NAN; }
        if (size == 0) { continue; }
        genes = x->rows > PTRDIFF_MAX / size ? NULL : SV_NEW(double, x->rows * size);
        if (genes == NULL) {
            rc = sv_no_memory(err, "a set's genes");
            break;
        }
        for (size_t i = 0; i < x->rows; i++) {
            for (size_t a = 0; a < size; a++) { genes[i * size + a] = sv_at(x, i, v.column[v.gene[v.start[k] + a]]); }
        }
        const sv_matrix m = sv_matrix_rowmajor(genes, x->rows, size);
        rc = plage_set(out + k, sets->n, &m, err);
        free(genes);
    }
    varying_free(&v);
    return rc;
}
