/* Tables of numbers for the verbs that take whole matrices. */
#include "cmd/hold.h"
#include "cmd/matrix_table.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/limits.h"

const char *mt_row(const mt_table *t, size_t row) { return pn_csv_cell(&t->csv, row, 0); }
const char *mt_column(const mt_table *t, size_t column) { return pn_csv_column_name(&t->csv, t->at[column]); }

void mt_free(mt_table *t)
{
    pn_csv_free(&t->csv);
    free(t->v);
    free(t->at);
    *t = (mt_table){0};
}

typedef struct named { const char *name; size_t row; } named;

static int by_name(const void *a, const void *b) { return strcmp(((const named *)a)->name, ((const named *)b)->name); }

/* Rows sorted by their names. */
static int sorted_rows(named **out, const mt_table *t, pn_error *err)
{
    named *n = calloc(t->n_rows, sizeof *n);
    if (n == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %s", t->csv.name); }
    for (size_t r = 0; r < t->n_rows; r++) {
        n[r].row = r;
        int rc = pn_csv_id(&n[r].name, &t->csv, r, 0, err);
        if (rc != PN_OK) {
            free(n);
            return rc;
        }
    }
    qsort(n, t->n_rows, sizeof *n, by_name);
    for (size_t r = 0; r < t->n_rows; r++) {
        if (r == 0 || strcmp(n[r].name, n[r - 1].name) != 0) { continue; }
        int rc = pn_fail(err, PN_EFORMAT, "%s: rows %zu and %zu have the same name", t->csv.name,
                         pn_csv_row_number(&t->csv, n[r - 1].row), pn_csv_row_number(&t->csv, n[r].row));
        free(n);
        return rc;
    }
    *out = n;
    return PN_OK;
}

/* A column whose first value is a number, some of which may be missing. Text further down is an error later on: it
 * must not make the column vanish. */
static bool is_number_column(const pn_csv *csv, size_t column)
{
    if (strncmp(pn_csv_column_name(csv, column), "diagnostics_", 12) == 0) { return false; }
    for (size_t r = 0; r < csv->n_rows; r++) {
        double v;
        if (pn_csv_number(&v, csv, r, column, PN_CSV_NAN, NULL) != PN_OK) { return false; }
        if (!isnan(v)) { return true; }
    }
    return false;
}

static int take_columns(mt_table *t, bool only_numbers, pn_error *err)
{
    t->n_rows = t->csv.n_rows;
    t->at = calloc(t->csv.n_columns, sizeof *t->at);
    if (t->at == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %s", t->csv.name); }
    for (size_t c = 1; c < t->csv.n_columns; c++) {
        if (!only_numbers || is_number_column(&t->csv, c)) { t->at[t->n_columns++] = c; }
    }
    int rc = pn_csv_need_rows(&t->csv, err);
    if (rc != PN_OK) { return rc; }
    if (t->n_columns == 0) {
        return pn_fail(err, PN_EFORMAT, "%s has %zu rows of %zu columns of numbers, expected a name and at least one number",
                       t->csv.name, t->n_rows, t->n_columns);
    }
    return PN_OK;
}

static int read_cells(mt_table *t, pn_csv_missing missing, pn_error *err)
{
    t->v = calloc(t->n_rows * t->n_columns, sizeof *t->v);       /* fewer than the cells in memory */
    if (t->v == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %s", t->csv.name); }
    for (size_t r = 0; r < t->n_rows; r++) {
        for (size_t c = 0; c < t->n_columns; c++) {
            int rc = pn_csv_number(&t->v[r * t->n_columns + c], &t->csv, r, t->at[c], missing, err);
            if (rc != PN_OK) { return rc; }
        }
    }
    named *n = NULL;
    int rc = sorted_rows(&n, t, err);
    free(n);
    return rc;
}

static int read_table(mt_table *out, const char *path, bool only_numbers, pn_error *err)
{
    mt_table t = {0};
    int rc = pn_csv_read(&t.csv, path, err);
    if (rc != PN_OK) { return rc; }
    rc = take_columns(&t, only_numbers, err);
    if (rc == PN_OK) { rc = read_cells(&t, only_numbers ? PN_CSV_NAN : PN_CSV_REQUIRED, err); }
    if (rc == PN_OK) { *out = t; } else { mt_free(&t); }
    return rc;
}

int mt_read(mt_table *out, const char *path, pn_error *err) { return read_table(out, path, false, err); }
int mt_read_numbers(mt_table *out, const char *path, pn_error *err) { return read_table(out, path, true, err); }

int mt_match_rows(size_t *at, const mt_table *t, const mt_table *like, pn_error *err)
{
    named *n = NULL;
    int rc = sorted_rows(&n, t, err);
    for (size_t r = 0; r < like->n_rows && rc == PN_OK; r++) {
        named probe = {mt_row(like, r), 0};
        const named *found = bsearch(&probe, n, t->n_rows, sizeof *n, by_name);
        if (found == NULL) {
            rc = pn_fail(err, PN_ENOTFOUND, "%s has no row \"%.40s\", which %s has", t->csv.name, probe.name,
                         like->csv.name);
        } else {
            at[r] = found->row;
        }
    }
    free(n);
    return rc;
}

int mt_join_rows(size_t *a, size_t *b, size_t *n, const mt_table *ta, const mt_table *tb, pn_error *err)
{
    named *sorted = NULL;
    int rc = sorted_rows(&sorted, tb, err);
    *n = 0;
    for (size_t r = 0; r < ta->n_rows && rc == PN_OK; r++) {
        named probe = {mt_row(ta, r), 0};
        const named *found = bsearch(&probe, sorted, tb->n_rows, sizeof *sorted, by_name);
        if (found == NULL) { continue; }
        a[*n] = r;
        b[(*n)++] = found->row;
    }
    free(sorted);
    return rc;
}

int mt_write(const char *folder, const char *name, const pn_buf *b, pn_error *err)
{
    char path[PN_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return pn_fail(err, PN_EINVAL, "the path of %s is longer than %d bytes", name, PN_PATH_SIZE - 1);
    }
    return hold_and_write(path, b->p, b->n, err);
}

void mt_progress(const char *verb, size_t done, size_t all)
{
    if (isatty(STDERR_FILENO)) { fprintf(stderr, "\r%s: %zu of %zu%s", verb, done, all, done == all ? "\n" : ""); }
}
