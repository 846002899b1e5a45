/* Tables of numbers for the verbs that take whole matrices. */
#include "cmd/matrix_table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/limits.h"

const char *mt_row(const mt_table *t, size_t row) { return pn_csv_cell(&t->csv, row, 0); }
const char *mt_column(const mt_table *t, size_t column) { return pn_csv_column_name(&t->csv, column + 1); }

void mt_free(mt_table *t)
{
    pn_csv_free(&t->csv);
    free(t->v);
    *t = (mt_table){0};
}

typedef struct named { const char *name; size_t row; } named;

static int by_name(const void *a, const void *b) { return strcmp(((const named *)a)->name, ((const named *)b)->name); }

/* Rows sorted by their names. */
static int sorted_rows(named **out, const mt_table *t, pn_error *err)
{
    named *n = calloc(t->n_rows, sizeof *n);
    if (n == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %s", t->csv.name); }
    for (size_t r = 0; r < t->n_rows; r++) { n[r] = (named){mt_row(t, r), r}; }
    qsort(n, t->n_rows, sizeof *n, by_name);
    for (size_t r = 0; r < t->n_rows; r++) {
        bool twice = r > 0 && strcmp(n[r].name, n[r - 1].name) == 0;
        if (n[r].name[0] != '\0' && !twice) { continue; }
        int rc = twice ? pn_fail(err, PN_EFORMAT, "%s: rows %zu and %zu have the same name", t->csv.name,
                                 pn_csv_row_number(&t->csv, n[r - 1].row), pn_csv_row_number(&t->csv, n[r].row))
                       : pn_fail(err, PN_EFORMAT, "%s: row %zu has no name", t->csv.name,
                                 pn_csv_row_number(&t->csv, n[r].row));
        free(n);
        return rc;
    }
    *out = n;
    return PN_OK;
}

static int read_numbers(mt_table *t, pn_error *err)
{
    if (t->csv.n_rows == 0 || t->csv.n_columns < 2) {
        return pn_fail(err, PN_EFORMAT, "%s has %zu rows of %zu columns; a name and at least one number are needed",
                       t->csv.name, t->csv.n_rows, t->csv.n_columns);
    }
    t->n_rows = t->csv.n_rows;
    t->n_columns = t->csv.n_columns - 1;
    t->v = calloc(t->n_rows * t->n_columns, sizeof *t->v);       /* fewer than the cells in memory */
    if (t->v == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %s", t->csv.name); }
    for (size_t r = 0; r < t->n_rows; r++) {
        for (size_t c = 0; c < t->n_columns; c++) {
            int rc = pn_csv_number(&t->v[r * t->n_columns + c], &t->csv, r, c + 1, PN_CSV_REQUIRED, err);
            if (rc != PN_OK) { return rc; }
        }
    }
    named *n = NULL;
    int rc = sorted_rows(&n, t, err);
    free(n);
    return rc;
}

int mt_read(mt_table *out, const char *path, pn_error *err)
{
    mt_table t = {0};
    int rc = pn_csv_read(&t.csv, path, err);
    if (rc != PN_OK) { return rc; }
    rc = read_numbers(&t, err);
    if (rc == PN_OK) { *out = t; } else { mt_free(&t); }
    return rc;
}

int mt_match_rows(size_t *at, const mt_table *t, const mt_table *like, pn_error *err)
{
    named *n = NULL;
    int rc = sorted_rows(&n, t, err);
    for (size_t r = 0; r < like->n_rows && rc == PN_OK; r++) {
        named probe = {mt_row(like, r), 0};
        const named *found = bsearch(&probe, n, t->n_rows, sizeof *n, by_name);
        if (found == NULL) {
            rc = pn_fail(err, PN_ENOTFOUND, "%s has no row \"%.40s\", which %s has", t->csv.name, probe.name, like->csv.name);
        } else {
            at[r] = found->row;
        }
    }
    free(n);
    return rc;
}

int mt_write(const char *folder, const char *name, const pn_buf *b, pn_error *err)
{
    char path[PN_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return pn_fail(err, PN_EINVAL, "the path of %s is longer than %d bytes", name, PN_PATH_SIZE - 1);
    }
    return pn_write_file(path, b->p, b->n, false, err);
}

void mt_progress(const char *verb, size_t done, size_t all)
{
    if (isatty(STDERR_FILENO)) { fprintf(stderr, "\r%s: %zu of %zu%s", verb, done, all, done == all ? "\n" : ""); }
}
