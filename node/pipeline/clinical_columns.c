#include "pipeline/clinical_columns.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pn_clinical_columns_free(pn_clinical_columns *c)
{
    if (c == NULL) { return; }
    free(c->x);
    free(c->name);
    *c = (pn_clinical_columns){0};
}

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for covariates"); }

typedef struct column { const pn_csv *t; const size_t *rows; size_t n, at; } column;

static const char *cell(const column *c, size_t i) { return pn_csv_cell(c->t, c->rows[i], c->at); }

static int compare_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* The distinct texts, ascending, into level[PN_MAX_LEVELS]. */
static int find_levels(const char **level, size_t *n_levels, const column *c, pn_error *err)
{
    const char **all = malloc((c->n + 1) * sizeof *all);
    if (all == NULL) { return no_memory(err); }
    for (size_t i = 0; i < c->n; i++) { all[i] = cell(c, i); }
    qsort(all, c->n, sizeof *all, compare_text);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (i > 0 && strcmp(all[i], all[i - 1]) == 0) { continue; }
        if (n < PN_MAX_LEVELS) { level[n] = all[i]; }
        n++;
    }
    free(all);
    *n_levels = n;
    if (n <= PN_MAX_LEVELS) { return PN_OK; }
    return pn_fail(err, PN_EFORMAT, "%s: column \"%.80s\" has text and %zu different values, expected numbers or at most "
                   "%d categories", c->t->name, pn_csv_column_name(c->t, c->at), n, PN_MAX_LEVELS);
}

/* Numbers, or false where a cell is text; fails where one is missing. */
static int read_numbers(double *v, bool *numbers, const column *c, pn_error *err)
{
    *numbers = true;
    for (size_t i = 0; i < c->n; i++) {
        double one;
        int rc = pn_csv_number(&one, c->t, c->rows[i], c->at, PN_CSV_NAN, NULL);
        if (rc == PN_OK && isnan(one)) {
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.80s\": the value is missing", c->t->name,
                           pn_csv_row_number(c->t, c->rows[i]), pn_csv_column_name(c->t, c->at));
        }
        if (rc != PN_OK) {
            *numbers = false;
        } else {
            v[i] = one;
        }
    }
    return PN_OK;
}

static int check_varies(bool varies, const column *c, pn_error *err)
{
    if (varies) { return PN_OK; }
    return pn_fail(err, PN_EFORMAT, "%s: column \"%.80s\" is constant (\"%.40s\" in all %zu patients)", c->t->name,
                   pn_csv_column_name(c->t, c->at), cell(c, 0), c->n);
}

static int add_column(pn_clinical_columns *out, const column *c, pn_error *err)
{
    double *v = out->x + out->p * c->n;
    const char *name = pn_csv_column_name(c->t, c->at), *level[PN_MAX_LEVELS];
    bool numbers, varies = false;
    size_t levels = 0;
    int rc = read_numbers(v, &numbers, c, err);
    if (rc != PN_OK) { return rc; }
    if (numbers) {
        for (size_t i = 1; i < c->n; i++) { varies = varies || v[i] < v[0] || v[i] > v[0]; }
        (void)snprintf(out->name[out->p++], PN_CLINICAL_NAME_SIZE, "%s", name);
        return check_varies(varies, c, err);
    }
    rc = find_levels(level, &levels, c, err);
    if (rc == PN_OK) { rc = check_varies(levels > 1, c, err); }
    for (size_t k = 1; rc == PN_OK && k < levels; k++, v += c->n) {
        for (size_t i = 0; i < c->n; i++) { v[i] = strcmp(cell(c, i), level[k]) == 0; }
        (void)snprintf(out->name[out->p++], PN_CLINICAL_NAME_SIZE, "%.48s: %.40s", name, level[k]);
    }
    return rc;
}

int pn_clinical_columns_read(pn_clinical_columns *out, const pn_csv *t, const size_t *rows, size_t n, const char *const *names,
                       size_t n_names, pn_error *err)
{
    if (n_names > PN_MAX_CLINICAL_COLUMNS || n == 0) {
        return pn_fail(err, PN_EINVAL, "%zu covariates of %zu patients, expected at most %d of at least one", n_names, n,
                       PN_MAX_CLINICAL_COLUMNS);
    }
    const size_t room = n_names * (PN_MAX_LEVELS - 1);
    pn_clinical_columns c = {.n = n, .x = calloc(n * room + 1, sizeof *c.x), .name = calloc(room + 1, sizeof *c.name)};
    int rc = c.x == NULL || c.name == NULL ? no_memory(err) : PN_OK;
    for (size_t j = 0; rc == PN_OK && j < n_names; j++) {
        column col = {.t = t, .rows = rows, .n = n};
        for (size_t k = 0; rc == PN_OK && k < j; k++) {
            if (strcmp(names[k], names[j]) == 0) {
                rc = pn_fail(err, PN_EINVAL, "the column \"%.80s\" is named twice", names[j]);
            }
        }
        if (rc == PN_OK) { rc = pn_csv_find(&col.at, t, names[j], err); }
        if (rc == PN_OK) { rc = add_column(&c, &col, err); }
    }
    if (rc != PN_OK) {
        pn_clinical_columns_free(&c);
        return rc;
    }
    *out = c;
    return PN_OK;
}
