/* cmd/enrich_patients.c - see enrich.h: gene sets in each patient of a table of expression. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "cmd/enrich.h"
#include "cmd/matrix_table.h"

typedef struct cohort {
    mt_table table, means;
    size_t n_genes, n_patients;
    const char **gene;                 /* [n_genes]                                         */
    bool patient_rows;
    double *v;                         /* with means: [n_patients][n_genes], else NULL      */
    sv_matrix x;                       /* patients by genes                                 */
    double *mean, *sd;                 /* [n_genes]                                         */
} cohort;

static void cohort_free(cohort *c)
{
    mt_free(&c->table);
    mt_free(&c->means);
    free(c->gene);
    free(c->v);
    free(c->mean);
    free(c->sd);
}

static const char *patient_name(const cohort *c, size_t i)
{
    return c->patient_rows ? mt_row(&c->table, i) : mt_column(&c->table, i);
}

static int fail_memory(const cohort *c, pn_error *err)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients of %zu genes", c->n_patients, c->n_genes);
}

static int read_table(cohort *c, const enrich_options *o, pn_error *err)
{
    mt_table *t = &c->table;
    int rc = mt_read(t, o->expression, err);
    if (rc != PN_OK) { return rc; }
    c->patient_rows = o->patient_rows;
    c->n_genes = o->patient_rows ? t->n_columns : t->n_rows;
    c->n_patients = o->patient_rows ? t->n_rows : t->n_columns;
    c->x = (sv_matrix){t->v, c->n_patients, c->n_genes, o->patient_rows ? t->n_columns : 1, o->patient_rows ? 1 : t->n_columns};
    c->gene = calloc(c->n_genes, sizeof *c->gene);
    if (c->gene == NULL) { return fail_memory(c, err); }
    for (size_t j = 0; j < c->n_genes; j++) { c->gene[j] = o->patient_rows ? mt_column(t, j) : mt_row(t, j); }
    return PN_OK;
}

/* ---- Means of another table ------------------------------------------------------------------------ */

static int find_column(size_t *out, const mt_table *t, const char *name, pn_error *err)
{
    for (size_t j = 0; j < t->n_columns; j++) {
        if (strcmp(mt_column(t, j), name) == 0) {
            *out = j;
            return PN_OK;
        }
    }
    return pn_fail(err, PN_ENOTFOUND, "%s has no column \"%s\", expected gene, mean and sd", t->csv.name, name);
}

/* The genes of the means, in their order, and no others. */
static int take_genes(cohort *c, const size_t *at, pn_error *err)
{
    size_t n = c->means.n_rows;
    for (size_t j = 0; j < n; j++) {
        if (at[j] == c->n_genes) {
            return pn_fail(err, PN_ENOTFOUND, "%s has no gene \"%.40s\", which %s has", c->table.csv.name,
                           mt_row(&c->means, j), c->means.csv.name);
        }
    }
    c->v = calloc(c->n_patients * n, sizeof *c->v);
    const char **gene = calloc(n, sizeof *gene);
    if (c->v == NULL || gene == NULL) {
        free(gene);
        return fail_memory(c, err);
    }
    for (size_t i = 0; i < c->n_patients; i++) {
        for (size_t j = 0; j < n; j++) { c->v[i * n + j] = sv_at(&c->x, i, at[j]); }
    }
    for (size_t j = 0; j < n; j++) { gene[j] = mt_row(&c->means, j); }
    free(c->gene);
    c->gene = gene;
    c->n_genes = n;
    c->x = sv_matrix_rowmajor(c->v, c->n_patients, n);
    return PN_OK;
}

static int read_means(cohort *c, const enrich_options *o, pn_error *err)
{
    const mt_table *m = &c->means;
    size_t mean = 0, sd = 0;
    int rc = mt_read(&c->means, o->means, err);
    if (rc == PN_OK) { rc = find_column(&mean, m, "mean", err); }
    if (rc == PN_OK) { rc = find_column(&sd, m, "sd", err); }
    if (rc != PN_OK) { return rc; }
    const char **like = calloc(m->n_rows, sizeof *like);
    size_t *at = calloc(m->n_rows, sizeof *at);
    c->mean = calloc(m->n_rows, sizeof *c->mean);
    c->sd = calloc(m->n_rows, sizeof *c->sd);
    if (like == NULL || at == NULL || c->mean == NULL || c->sd == NULL) { rc = fail_memory(c, err); }
    for (size_t j = 0; j < m->n_rows && rc == PN_OK; j++) {
        like[j] = mt_row(m, j);
        c->mean[j] = m->v[j * m->n_columns + mean];
        c->sd[j] = m->v[j * m->n_columns + sd];
        if (!(c->sd[j] >= 0)) {
            rc = pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"sd\": %g, expected at least 0", m->csv.name,
                         pn_csv_row_number(&m->csv, j), c->sd[j]);
        }
    }
    if (rc == PN_OK) { rc = pn_names_find(at, like, m->n_rows, c->gene, c->n_genes, err); }
    if (rc == PN_OK) { rc = take_genes(c, at, err); }
    free(like);
    free(at);
    return rc;
}

/* ---- Means of this table --------------------------------------------------------------------------- */

static int own_means(cohort *c, pn_error *err)
{
    double n = (double)c->n_patients;
    c->mean = calloc(c->n_genes, sizeof *c->mean);
    c->sd = calloc(c->n_genes, sizeof *c->sd);
    if (c->mean == NULL || c->sd == NULL) { return fail_memory(c, err); }
    for (size_t j = 0; j < c->n_genes; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < c->n_patients; i++) { sum += sv_at(&c->x, i, j); }
        c->mean[j] = sum / n;
        for (size_t i = 0; i < c->n_patients; i++) { squares += pow(sv_at(&c->x, i, j) - c->mean[j], 2); }
        c->sd[j] = sqrt(squares / (n - 1));
    }
    return PN_OK;
}

static int write_means(const cohort *c, const char *path, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "gene,mean,sd\n");
    for (size_t j = 0; j < c->n_genes && rc == PN_OK; j++) {
        rc = pn_csv_put(&b, true, c->gene[j], err);
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, c->mean[j], err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, c->sd[j], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = pn_write_file(path, b.p, b.n, false, err); }
    pn_buf_free(&b);
    return rc;
}

/* One patient has no mean but itself. */
static int check_patients(const cohort *c, const enrich_options *o, pn_error *err)
{
    if (c->n_patients > 1 || o->means != NULL || (o->method == ENRICH_SSGSEA && o->save_means == NULL)) { return PN_OK; }
    return pn_fail(err, PN_EINVAL, "%s has one patient, expected a cohort, or --means of one", c->table.csv.name);
}

/* ---- Scores ---------------------------------------------------------------------------------------- */

static int score(double *out, const cohort *c, const pn_met_sets *m, int method, pn_error *err)
{
    const double exponent = 0.25;      /* of ssGSEA, as everybody has it */
    const sv_gene_sets s = pn_met_sets_view(m);
    sv_error se = {0};
    int rc = SV_OK;
    switch (method) {
    case ENRICH_SPECTRUM: rc = sv_functional_spectrum(out, &c->x, c->mean, &s, &se); break;
    case ENRICH_SSGSEA: rc = sv_ssgsea(out, &c->x, exponent, &s, &se); break;
    case ENRICH_GSVA: rc = sv_gsva(out, &c->x, &s, &se); break;
    case ENRICH_PLAGE: rc = sv_plage(out, &c->x, &s, &se); break;
    default: rc = sv_combined_z(out, &c->x, c->mean, c->sd, &s, &se); break;
    }
    return rc == SV_OK ? PN_OK : pn_fail(err, PN_EINVAL, "%s: %s", c->table.csv.name, se.msg);
}

static int write_scores(const double *v, const cohort *c, const pn_gene_sets *sets, const pn_met_sets *m, const char *path,
                        pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_csv_put(&b, true, "sample", err);
    for (size_t k = 0; k < m->n && rc == PN_OK; k++) { rc = pn_csv_put(&b, false, sets->name[m->set[k]], err); }
    if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    for (size_t i = 0; i < c->n_patients && rc == PN_OK; i++) {
        rc = pn_csv_put(&b, true, patient_name(c, i), err);
        for (size_t k = 0; k < m->n && rc == PN_OK; k++) { rc = pn_csv_put_number(&b, false, v[i * m->n + k], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK && path != NULL) { rc = pn_write_file(path, b.p, b.n, false, err); }
    if (rc == PN_OK && path == NULL && (fwrite(b.p, 1, b.n, stdout) != b.n || fflush(stdout) != 0)) {
        rc = pn_fail(err, PN_EIO, "cannot write to stdout");
    }
    pn_buf_free(&b);
    return rc;
}

int enrich_patients(const enrich_options *o, const pn_gene_sets *sets, pn_error *err)
{
    cohort c = {0};
    pn_met_sets m = {0};
    double *v = NULL;
    int rc = read_table(&c, o, err);
    if (rc == PN_OK) { rc = check_patients(&c, o, err); }
    if (rc == PN_OK) { rc = o->means != NULL ? read_means(&c, o, err) : own_means(&c, err); }
    if (rc == PN_OK) { rc = enrich_meet(&m, o, sets, c.gene, c.n_genes, err); }
    if (rc == PN_OK && (v = calloc(c.n_patients * m.n, sizeof *v)) == NULL) { rc = fail_memory(&c, err); }
    if (rc == PN_OK) { rc = score(v, &c, &m, o->method, err); }
    if (rc == PN_OK && o->save_means != NULL) { rc = write_means(&c, o->save_means, err); }
    if (rc == PN_OK) { rc = write_scores(v, &c, sets, &m, o->output, err); }
    free(v);
    pn_met_sets_free(&m);
    cohort_free(&c);
    return rc;
}
