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
    free(c->term);
    *c = (pn_clinical_columns){0};
}

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for clinical columns"); }

typedef struct column { const pn_csv *t; const size_t *rows; size_t n, at; } column;

static const char *cell(const column *c, size_t i) { return pn_csv_cell(c->t, c->rows[i], c->at); }

static bool is_missing(const char *text)
{
    return text[0] == '\0' || strcmp(text, "NA") == 0 || strcmp(text, "NaN") == 0;
}

/* The name within "factor(NAME)", or the name as it is; longer ones are of no table. */
static bool as_factor(char out[65], const char *name)
{
    size_t n = strlen(name);
    bool factor = n > 8 && strncmp(name, "factor(", 7) == 0 && name[n - 1] == ')';
    (void)snprintf(out, 65, "%.*s", (int)(factor ? n - 8 : n < 64 ? n : 64), factor ? name + 7 : name);
    return factor;
}

static int check_missing(const column *c, pn_error *err)
{
    for (size_t i = 0; i < c->n; i++) {
        if (is_missing(cell(c, i))) {
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.80s\": the value is missing", c->t->name,
                           pn_csv_row_number(c->t, c->rows[i]), pn_csv_column_name(c->t, c->at));
        }
    }
    return PN_OK;
}

/* All numbers, missing ones as NaN? */
static bool read_numbers(double *v, const column *c)
{
    size_t numbers = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (pn_csv_number(&v[i], c->t, c->rows[i], c->at, PN_CSV_NAN, NULL) != PN_OK) { return false; }
        numbers += isfinite(v[i]) ? 1 : 0;
    }
    return numbers > 0;
}

/* ---- Categories ------------------------------------------------------------------------------- */

typedef struct level { const char *text; size_t n; } level;

static int compare_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static int by_size(const void *a, const void *b)
{
    const level *x = a, *y = b;
    return x->n != y->n ? (x->n > y->n ? -1 : 1) : strcmp(x->text, y->text);
}

/* The distinct texts that are not missing, the most frequent first, into out[PN_MAX_LEVELS]. */
static int find_levels(level *out, size_t *n_levels, const column *c, pn_error *err)
{
    const char **all = malloc((c->n + 1) * sizeof *all);
    size_t used = 0, n = 0;
    if (all == NULL) { return no_memory(err); }
    for (size_t i = 0; i < c->n; i++) {
        if (!is_missing(cell(c, i))) { all[used++] = cell(c, i); }
    }
    qsort(all, used, sizeof *all, compare_text);
    for (size_t i = 0; i < used; i++) {
        bool same = i > 0 && strcmp(all[i], all[i - 1]) == 0;
        if (!same && n++ < PN_MAX_LEVELS) { out[n - 1] = (level){all[i], 0}; }
        if (n <= PN_MAX_LEVELS) { out[n - 1].n++; }
    }
    free(all);
    *n_levels = n;
    if (n > PN_MAX_LEVELS) {
        return pn_fail(err, PN_EFORMAT, "%s: column \"%.80s\" has text and %zu different values, expected numbers or at most "
                       "%d categories", c->t->name, pn_csv_column_name(c->t, c->at), n, PN_MAX_LEVELS);
    }
    qsort(out, n, sizeof *out, by_size);
    return PN_OK;
}

static int check_varies(bool varies, const column *c, pn_error *err)
{
    size_t shown = 0;
    if (varies) { return PN_OK; }
    while (shown + 1 < c->n && is_missing(cell(c, shown))) { shown++; }
    return pn_fail(err, PN_EFORMAT, "%s: column \"%.80s\" is constant (\"%.40s\" in all %zu patients)", c->t->name,
                   pn_csv_column_name(c->t, c->at), cell(c, shown), c->n);
}

static int add_levels(pn_clinical_columns *out, const char *name, const column *c, pn_error *err)
{
    level levels[PN_MAX_LEVELS];
    size_t n = 0;
    int rc = find_levels(levels, &n, c, err);
    if (rc == PN_OK) { rc = check_varies(n > 1, c, err); }
    for (size_t k = 1; rc == PN_OK && k < n; k++) {
        double *v = out->x + out->p * c->n;
        pn_clinical_term *term = &out->term[out->p++];
        (void)snprintf(term->name, sizeof term->name, "%s", name);
        (void)snprintf(term->detail, sizeof term->detail, "%.24s against %.24s", levels[k].text, levels[0].text);
        for (size_t i = 0; i < c->n; i++) {
            v[i] = is_missing(cell(c, i)) ? (double)NAN : strcmp(cell(c, i), levels[k].text) == 0;
        }
    }
    return rc;
}

/* ---- All ---------------------------------------------------------------------------------------- */

static int add_column(pn_clinical_columns *out, const char *wanted, column *c, pn_csv_missing missing, pn_error *err)
{
    char name[65];
    double *v = out->x + out->p * c->n, low = INFINITY, high = -INFINITY;
    bool factor = as_factor(name, wanted);
    int rc = pn_csv_find(&c->at, c->t, name, err);
    for (size_t k = 0; rc == PN_OK && k < out->p; k++) {
        if (strcmp(out->term[k].name, name) == 0) { rc = pn_fail(err, PN_EINVAL, "the column \"%s\" is named twice", name); }
    }
    if (rc == PN_OK && missing == PN_CSV_REQUIRED) { rc = check_missing(c, err); }
    if (rc != PN_OK) { return rc; }
    if (factor || !read_numbers(v, c)) { return add_levels(out, name, c, err); }
    for (size_t i = 0; i < c->n; i++) {
        low = isfinite(v[i]) ? fmin(low, v[i]) : low;
        high = isfinite(v[i]) ? fmax(high, v[i]) : high;
    }
    pn_clinical_term *term = &out->term[out->p++];
    (void)snprintf(term->name, sizeof term->name, "%s", name);
    (void)snprintf(term->detail, sizeof term->detail, "per unit");
    return check_varies(high > low, c, err);
}

int pn_clinical_columns_read(pn_clinical_columns *out, const pn_csv *t, const size_t *rows, size_t n, const char *const *names,
                             size_t n_names, pn_csv_missing missing, pn_error *err)
{
    if (n_names > PN_MAX_CLINICAL_COLUMNS || n == 0) {
        return pn_fail(err, PN_EINVAL, "%zu clinical columns of %zu patients, expected at most %d of at least one", n_names, n,
                       PN_MAX_CLINICAL_COLUMNS);
    }
    const size_t room = n_names * (PN_MAX_LEVELS - 1);
    pn_clinical_columns c = {.n = n, .x = calloc(n * room + 1, sizeof *c.x), .term = calloc(room + 1, sizeof *c.term)};
    int rc = c.x == NULL || c.term == NULL ? no_memory(err) : PN_OK;
    for (size_t j = 0; rc == PN_OK && j < n_names; j++) {
        column col = {.t = t, .rows = rows, .n = n};
        rc = add_column(&c, names[j], &col, missing, err);
    }
    if (rc == PN_OK) { *out = c; } else { pn_clinical_columns_free(&c); }
    return rc;
}
