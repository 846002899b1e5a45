/* Repeated measurements from tables: rows meet by their identifier, columns by their name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/csv.h"
#include "cmd/reliability.h"

/* A row by its identifier: the cells of the identifying columns, a unit separator behind each. */
typedef struct keyed { char *key; size_t row; } keyed;

typedef struct tables {
    size_t n;
    pn_csv csv[RL_MAX_TABLES];
    keyed *keys[RL_MAX_TABLES];               /* sorted                                        */
    size_t id[RL_MAX_TABLES][RL_MAX_IDS], n_ids;
} tables;

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the tables"); }

static void tables_free(tables *t)
{
    for (size_t i = 0; i < t->n; i++) {
        for (size_t r = 0; t->keys[i] != NULL && r < t->csv[i].n_rows; r++) { free(t->keys[i][r].key); }
        free(t->keys[i]);
        pn_csv_free(&t->csv[i]);
    }
}

/* Columns that identify a row: those asked for, or case and roi, or the first one. */
static int find_ids(tables *t, const rl_options *o, pn_error *err)
{
    const char *name[RL_MAX_IDS] = {"case", "roi"};
    t->n_ids = o->n_ids;
    for (size_t c = 0; c < o->n_ids; c++) { name[c] = o->ids[c]; }
    if (t->n_ids == 0) {
        bool all[2] = {true, true};
        for (size_t i = 0; i < t->n; i++) {
            for (size_t c = 0; c < 2; c++) { all[c] = all[c] && pn_csv_has(&t->csv[i], name[c]); }
        }
        t->n_ids = all[0] && all[1] ? 2 : 1;
        if (!all[0]) { name[0] = pn_csv_column_name(&t->csv[0], 0); }
    }
    for (size_t i = 0; i < t->n; i++) {
        for (size_t c = 0; c < t->n_ids; c++) {
            int rc = pn_csv_find(&t->id[i][c], &t->csv[i], name[c], err);
            if (rc != PN_OK) { return rc; }
        }
    }
    return PN_OK;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const keyed *)a)->key, ((const keyed *)b)->key);
}

static int make_key(keyed *out, const tables *t, size_t i, size_t row, pn_error *err)
{
    pn_buf b = {0};
    for (size_t c = 0; c < t->n_ids; c++) {
        const char *id = "";
        int rc = pn_csv_id(&id, &t->csv[i], row, t->id[i][c], err);
        if (rc == PN_OK) { rc = pn_buf_printf(&b, err, "%s\x1f", id); }
        if (rc != PN_OK) {
            pn_buf_free(&b);
            return rc;
        }
    }
    *out = (keyed){b.p, row};
    return PN_OK;
}

static int make_keys(tables *t, size_t i, pn_error *err)
{
    const pn_csv *csv = &t->csv[i];
    int code = pn_csv_need_rows(csv, err);
    if (code != PN_OK) { return code; }
    t->keys[i] = calloc(csv->n_rows, sizeof *t->keys[i]);
    if (t->keys[i] == NULL) { return no_memory(err); }
    for (size_t r = 0; r < csv->n_rows; r++) {
        int rc = make_key(&t->keys[i][r], t, i, r, err);
        if (rc != PN_OK) { return rc; }
    }
    qsort(t->keys[i], csv->n_rows, sizeof *t->keys[i], by_key);
    for (size_t r = 1; r < csv->n_rows; r++) {
        const keyed *one = &t->keys[i][r - 1], *two = &t->keys[i][r];
        if (strcmp(one->key, two->key) == 0) {
            return pn_fail(err, PN_EFORMAT, "%s: rows %zu and %zu have the same identifier; --id names "
                           "the columns that tell rows apart", csv->name, pn_csv_row_number(csv, one->row),
                           pn_csv_row_number(csv, two->row));
        }
    }
    return PN_OK;
}

/* row[i * k + j]: the row of subject i in table j; in the order of the first table. */
static int match(size_t **out, rl_study *s, const tables *t, pn_error *err)
{
    const size_t most = t->csv[0].n_rows;
    size_t *row = calloc(most * t->n, sizeof *row);
    keyed probe = {0};
    int rc = row != NULL ? PN_OK : no_memory(err);
    for (size_t r = 0; r < most && rc == PN_OK; r++) {
        free(probe.key);
        rc = make_key(&probe, t, 0, r, err);
        bool everywhere = rc == PN_OK;
        for (size_t j = 0; j < t->n && everywhere; j++) {
            const keyed *k = bsearch(&probe, t->keys[j], t->csv[j].n_rows, sizeof *k, by_key);
            everywhere = k != NULL;
            if (k != NULL) { row[s->n * t->n + j] = k->row; }
        }
        s->n += everywhere;
    }
    free(probe.key);
    for (size_t j = 0; j < t->n; j++) { s->left_out += t->csv[j].n_rows - s->n; }
    if (rc == PN_OK && s->n < 2) {
        rc = pn_fail(err, PN_EINVAL, "%zu rows stand in every table, at least 2 are needed", s->n);
    }
    if (rc != PN_OK) {
        free(row);
        return rc;
    }
    *out = row;
    return PN_OK;
}

static bool is_id(const tables *t, size_t column)
{
    for (size_t c = 0; c < t->n_ids; c++) {
        if (t->id[0][c] == column) { return true; }
    }
    return false;
}

static bool asked_for(const rl_options *o, const char *name)
{
    for (size_t i = 0; i < o->n_only; i++) {
        if (strncmp(name, o->only[i], strlen(o->only[i])) == 0) { return true; }
    }
    return o->n_only == 0 && strncmp(name, "diagnostics_", 12) != 0;
}

/* Where the first table's column stands in each; false: it is no feature of all tables. */
static bool everywhere(size_t *column, const tables *t, const rl_options *o, size_t first)
{
    const char *name = pn_csv_column_name(&t->csv[0], first);
    if (is_id(t, first) || !asked_for(o, name)) { return false; }
    for (size_t j = 0; j < t->n; j++) {
        if (!pn_csv_has(&t->csv[j], name) || pn_csv_find(&column[j], &t->csv[j], name, NULL) != PN_OK) { return false; }
    }
    return true;
}

/* The values of one column. A column whose first cell is text is none of numbers (*numbers false);
 * text further down is an error. */
static int read_column(double *v, bool *numbers, const tables *t, const size_t *column, const size_t *row,
                       size_t n, pn_error *err)
{
    *numbers = true;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < t->n; j++) {
            int rc = pn_csv_number(&v[i * t->n + j], &t->csv[j], row[i * t->n + j], column[j], PN_CSV_NAN, err);
            if (rc == PN_OK) { continue; }
            if (i == 0) {
                *numbers = false;
                return PN_OK;
            }
            return rc;
        }
    }
    return PN_OK;
}

static int read_values(rl_study *s, const tables *t, const size_t *row, const rl_options *o, pn_error *err)
{
    const size_t most = t->csv[0].n_columns;
    s->k = t->n;
    s->feature = calloc(most, sizeof *s->feature);
    s->v = s->n > SIZE_MAX / sizeof(double) / most / s->k ? NULL : calloc(most * s->n * s->k, sizeof *s->v);
    if (s->feature == NULL || s->v == NULL) { return no_memory(err); }
    for (size_t c = 0; c < most; c++) {
        size_t column[RL_MAX_TABLES];
        bool numbers;
        if (!everywhere(column, t, o, c)) { continue; }
        int rc = read_column(s->v + s->p * s->n * s->k, &numbers, t, column, row, s->n, err);
        if (rc != PN_OK) { return rc; }
        if (!numbers) { continue; }
        if ((s->feature[s->p] = strdup(pn_csv_column_name(&t->csv[0], c))) == NULL) { return no_memory(err); }
        s->p++;
    }
    return s->p > 0 ? PN_OK : pn_fail(err, PN_EFORMAT, "the tables have no column of numbers in common");
}

int rl_read_tables(rl_study *out, const rl_options *o, pn_error *err)
{
    tables t = {0};
    rl_study s = {0};
    size_t *row = NULL;
    int rc = PN_OK;
    for (size_t i = 0; i < o->n_tables && rc == PN_OK; i++) {
        rc = pn_csv_read(&t.csv[i], o->tables[i], err);
        t.n += rc == PN_OK;
    }
    if (rc == PN_OK) { rc = find_ids(&t, o, err); }
    for (size_t i = 0; i < t.n && rc == PN_OK; i++) { rc = make_keys(&t, i, err); }
    if (rc == PN_OK) { rc = match(&row, &s, &t, err); }
    if (rc == PN_OK) { rc = read_values(&s, &t, row, o, err); }
    if (rc == PN_OK && s.left_out > 0 && !o->quiet) {
        fprintf(stderr, "prognode reliability: %zu rows do not stand in every table and are left out\n", s.left_out);
    }
    free(row);
    tables_free(&t);
    if (rc != PN_OK) { rl_study_free(&s); } else { *out = s; }
    return rc;
}
