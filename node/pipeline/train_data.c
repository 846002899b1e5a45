#include "pipeline/train_data.h"
#include <config/node.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "pipeline/score.h"
#include "pipeline/variables.h"

/* A row under its ID; sorted lists of these are joined. */
typedef struct keyed { const char *id; size_t row; } keyed;

typedef struct key_list { keyed *k; size_t n; } key_list;

static int no_memory(pn_error *err)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for the training data");
}

static int by_id(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : x->row < y->row ? -1 : x->row > y->row;
}

static bool wanted_roi(const char *roi, const pn_train_columns *c)
{
    for (size_t i = 0; i < c->n_contours; i++) {
        if (cfg_pattern_match(c->contours[i], roi)) { return true; }
    }
    return c->n_contours == 0;
}

/* roi_column: n_columns where regions take no part. */
static int collect(key_list *out, const pn_csv *t, const pn_train_columns *c, size_t roi_column,
                   pn_error *err)
{
    size_t id;
    int rc = pn_csv_find(&id, t, c->id, err);
    if (rc == PN_OK) { rc = pn_csv_need_rows(t, err); }
    if (rc != PN_OK) { return rc; }
    out->k = malloc((t->n_rows + 1) * sizeof *out->k);
    if (out->k == NULL) { return no_memory(err); }
    for (size_t row = 0; row < t->n_rows; row++) {
        if (roi_column < t->n_columns && !wanted_roi(pn_csv_cell(t, row, roi_column), c)) { continue; }
        const char *text;
        if ((rc = pn_csv_id(&text, t, row, id, err)) != PN_OK) { return rc; }
        out->k[out->n++] = (keyed){text, row};
    }
    qsort(out->k, out->n, sizeof *out->k, by_id);
    for (size_t i = 1; i < out->n; i++) {
        if (strcmp(out->k[i - 1].id, out->k[i].id) == 0) {
            return pn_fail(err, PN_EFORMAT, "%s: rows %zu and %zu have the same \"%s\"%s", t->name,
                           pn_csv_row_number(t, out->k[i - 1].row),
                           pn_csv_row_number(t, out->k[i].row), c->id,
                           roi_column < t->n_columns ? "; choose one region a patient by its contour"
                                                     : "");
        }
    }
    return PN_OK;
}

static void note_unmatched(pn_train_unmatched *u, const pn_csv *t, size_t row)
{
    if (u->n < PN_TRAIN_MAX_LISTED) { u->row[u->n] = pn_csv_row_number(t, row); }
    u->n++;
}

typedef struct pair { size_t feature_row, clinical_row; } pair;

static int by_feature_row(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    return x->feature_row < y->feature_row ? -1 : x->feature_row > y->feature_row;
}

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

static void sort_listed(pn_train_unmatched *u)
{
    qsort(u->row, u->n < PN_TRAIN_MAX_LISTED ? u->n : PN_TRAIN_MAX_LISTED, sizeof u->row[0], by_size);
}

static size_t match(pair *pairs, pn_train_data *d, const pn_csv *features, const key_list *f,
                    const pn_csv *clinical, const key_list *c)
{
    size_t n = 0, i = 0, j = 0;
    while (i < f->n || j < c->n) {
        int order = i == f->n ? 1 : j == c->n ? -1 : strcmp(f->k[i].id, c->k[j].id);
        if (order == 0) {
            pairs[n++] = (pair){f->k[i++].row, c->k[j++].row};
        } else if (order < 0) {
            note_unmatched(&d->features_only, features, f->k[i++].row);
        } else {
            note_unmatched(&d->clinical_only, clinical, c->k[j++].row);
        }
    }
    sort_listed(&d->features_only);
    sort_listed(&d->clinical_only);
    qsort(pairs, n, sizeof *pairs, by_feature_row);
    return n;
}

static int read_outcomes(pn_train_data *d, const pn_csv *t, const pair *pairs,
                         const pn_train_columns *c, pn_error *err)
{
    size_t time, event;
    int rc = pn_csv_find(&time, t, c->time, err);
    if (rc == PN_OK) { rc = pn_csv_find(&event, t, c->event, err); }
    for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
        size_t row = pairs[i].clinical_row;
        double had = 0;
        rc = pn_csv_number(&d->time_days[i], t, row, time, PN_CSV_REQUIRED, err);
        if (rc == PN_OK) { rc = pn_csv_number(&had, t, row, event, PN_CSV_REQUIRED, err); }
        if (rc != PN_OK) { break; }
        if (d->time_days[i] < 0) {
            rc = pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%s\": the time %g is negative", t->name,
                         pn_csv_row_number(t, row), c->time, d->time_days[i]);
        } else if (d->time_days[i] * c->days_per_unit > PN_MAX_FOLLOW_UP_YEARS * PN_DAYS_PER_YEAR) {
            rc = pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%s\": the time %g is more than %d years; are its unit and "
                         "--time-unit the same?", t->name, pn_csv_row_number(t, row), c->time, d->time_days[i],
                         PN_MAX_FOLLOW_UP_YEARS);
        } else if (had < 0 || had > 1 || (had > 0 && had < 1)) {
            rc = pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%s\": the event is %g, expected 0 or 1",
                         t->name, pn_csv_row_number(t, row), c->event, had);
        }
        d->time_days[i] *= c->days_per_unit;
        d->event[i] = had > 0;
        d->events += had > 0;
    }
    double longest = 0;
    for (size_t i = 0; i < d->n && rc == PN_OK; i++) { longest = d->time_days[i] > longest ? d->time_days[i] : longest; }
    if (rc == PN_OK && !(longest > 0)) {
        rc = pn_fail(err, PN_EINVAL, "%s: all %zu times are 0 (column \"%s\")", t->name, d->n, c->time);
    }
    if (rc == PN_OK && d->events == 0) {
        rc = pn_fail(err, PN_EINVAL, "%s: none of the %zu patients has an event (column \"%s\")", t->name,
                     d->n, c->event);
    }
    return rc;
}

static int check_varies(const double *x, size_t n, const pn_csv *t, const char *column, pn_error *err)
{
    double low = x[0], high = x[0];
    for (size_t i = 1; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    double size = high > -low ? high : -low;
    if (high - low > 1e-12 * size) { return PN_OK; }
    return pn_fail(err, PN_EFORMAT, "%s: column \"%s\" is constant (%g in all %zu patients)", t->name,
                   column, low, n);
}

static int read_features(pn_train_data *d, const pn_csv *features, const pn_csv *clinical, const pair *pairs,
                         const pn_train_columns *c, pn_error *err)
{
    const pn_csv_missing missing = c->incomplete ? PN_CSV_NAN : PN_CSV_REQUIRED;
    for (size_t j = 0; j < d->p; j++) {
        size_t column;
        double *x = d->x + j * d->n;
        const cfg_source source = c->sources != NULL ? c->sources[j] : CFG_SOURCE_IMAGE;
        const bool elsewhere = source != CFG_SOURCE_IMAGE && pn_csv_has(clinical, c->features[j]);
        const pn_csv *t = elsewhere ? clinical : features;
        int rc = pn_csv_find(&column, t, c->features[j], err);
        for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
            rc = pn_variable_cell(&x[i], t, elsewhere ? pairs[i].clinical_row : pairs[i].feature_row, column, source,
                                  c->features[j], missing, err);
        }
        if (rc == PN_OK && !c->incomplete) { rc = check_varies(x, d->n, t, c->features[j], err); }
        if (rc != PN_OK) { return rc; }
    }
    return PN_OK;
}

static int check_settings(const pn_train_data *d, const pn_csv *t, const pair *pairs,
                          const pn_train_columns *c, pn_error *err)
{
    size_t column;
    if (c->settings == NULL || !pn_csv_has(t, PN_SETTINGS_COLUMN)) { return PN_OK; }
    int rc = pn_csv_find(&column, t, PN_SETTINGS_COLUMN, err);
    for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
        const char *have = pn_csv_cell(t, pairs[i].feature_row, column);
        if (strcmp(have, c->settings) != 0) {
            rc = pn_fail(err, PN_EFORMAT, "%s: row %zu was extracted with the settings \"%.120s\", the "
                         "model has \"%.120s\"", t->name, pn_csv_row_number(t, pairs[i].feature_row),
                         have, c->settings);
        }
    }
    return rc;
}

static int build(pn_train_data *d, const pn_csv *features, const pn_csv *clinical, const pair *pairs,
                 const pn_train_columns *c, pn_error *err)
{
    d->x = calloc(d->n * d->p, sizeof *d->x);
    d->time_days = calloc(d->n, sizeof *d->time_days);
    d->event = calloc(d->n, sizeof *d->event);
    d->feature_row = calloc(d->n, sizeof *d->feature_row);
    d->clinical_row = calloc(d->n, sizeof *d->clinical_row);
    if (d->x == NULL || d->time_days == NULL || d->event == NULL || d->feature_row == NULL ||
        d->clinical_row == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < d->n; i++) {
        d->feature_row[i] = pairs[i].feature_row;
        d->clinical_row[i] = pairs[i].clinical_row;
    }
    int rc = check_settings(d, features, pairs, c, err);
    if (rc == PN_OK) { rc = read_outcomes(d, clinical, pairs, c, err); }
    return rc == PN_OK ? read_features(d, features, clinical, pairs, c, err) : rc;
}

int pn_train_join(pn_train_data *out, const pn_csv *features, const pn_csv *clinical,
                  const pn_train_columns *c, pn_error *err)
{
    pn_train_data d = {.p = c->n_features};
    key_list f = {0}, k = {0};
    pair *pairs = NULL;
    if (d.p == 0 || d.p > PN_MAX_CSV_COLUMNS) {
        return pn_fail(err, PN_EINVAL, "%zu features, expected 1 to %d", d.p, PN_MAX_CSV_COLUMNS);
    }
    size_t roi = features->n_columns;
    int rc = PN_OK;
    if (pn_csv_has(features, "roi")) { rc = pn_csv_find(&roi, features, "roi", err); }
    if (rc == PN_OK) { rc = collect(&f, features, c, roi, err); }
    if (rc == PN_OK) { rc = collect(&k, clinical, c, clinical->n_columns, err); }
    if (rc == PN_OK) {
        pairs = malloc((f.n + 1) * sizeof *pairs);
        rc = pairs == NULL ? no_memory(err) : PN_OK;
    }
    if (rc == PN_OK) {
        d.n = match(pairs, &d, features, &f, clinical, &k);
        if (d.n == 0) {
            rc = pn_fail(err, PN_EINVAL, "%s (%zu rows used) and %s (%zu rows) have no \"%s\" in common",
                         features->name, f.n, clinical->name, k.n, c->id);
        }
    }
    if (rc == PN_OK) { rc = build(&d, features, clinical, pairs, c, err); }
    free(f.k);
    free(k.k);
    free(pairs);
    if (rc != PN_OK) {
        pn_train_data_free(&d);
        return rc;
    }
    *out = d;
    return PN_OK;
}

void pn_train_data_free(pn_train_data *d)
{
    if (d == NULL) { return; }
    free(d->x);
    free(d->time_days);
    free(d->event);
    free(d->feature_row);
    free(d->clinical_row);
    *d = (pn_train_data){0};
}
