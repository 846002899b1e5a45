#include "cmd/recipe_tables.h"
#include <config/node.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/limits.h"

static int no_memory(pn_error *err)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for the tables");
}

void recipe_tables_free(recipe_tables *t)
{
    pn_cohort_free(&t->cohort);
    free(t->id);
    pn_csv_free(&t->features);
    pn_csv_free(&t->clinical);
    pn_csv_free(&t->reliability_csv);
    mt_free(&t->expression);
    mt_free(&t->profiles);
    free(t->feature_name);
    free(t->clinical_name);
    free(t->gene_name);
    free(t->profile_name);
    free(t->profile);
    free(t->reliability);
    *t = (recipe_tables){0};
}

/* ---- features ------------------------------------------------------------------------------------ */

static bool matches(const cfg_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (cfg_pattern_match(names->v[i], name)) { return true; }
    }
    return false;
}

static bool is_candidate(const cfg_recipe *r, const train_args *a, const char *name)
{
    if (strcmp(name, a->id_column) == 0 || strcmp(name, "roi") == 0 || strncmp(name, "diagnostics_", 12) == 0) { return false; }
    return !r->has[CFG_STEP_FILTER] || (matches(&r->filter.columns, name) && !matches(&r->filter.except, name));
}

static bool has_a_number(const pn_csv *t, size_t column)
{
    for (size_t row = 0; row < t->n_rows; row++) {
        double v;
        if (pn_csv_number(&v, t, row, column, PN_CSV_REQUIRED, NULL) == PN_OK) { return true; }
    }
    return false;
}

/* Columns with numbers; one that mixes numbers and texts is told when it is read. */
static int choose_features(recipe_tables *t, size_t *n, const cfg_recipe *r, const train_args *a, pn_error *err)
{
    t->feature_name = calloc(t->features.n_columns + 1, sizeof *t->feature_name);
    if (t->feature_name == NULL) { return no_memory(err); }
    *n = 0;
    for (size_t c = 0; c < t->features.n_columns; c++) {
        const char *name = pn_csv_column_name(&t->features, c);
        if (!is_candidate(r, a, name)) { continue; }
        if (has_a_number(&t->features, c)) { t->feature_name[(*n)++] = name; } else { t->texts++; }
    }
    return *n > 0 ? PN_OK : pn_fail(err, PN_EINVAL, "%s has no column of numbers that the recipe's filter names",
                                    t->features.name);
}

static int refuse_missing(const recipe_tables *t, const pn_train_data *d, pn_error *err)
{
    for (size_t j = 0; j < d->p; j++) {
        for (size_t i = 0; i < d->n; i++) {
            if (isfinite(d->x[j * d->n + i])) { continue; }
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%s\": the value is missing; complete it, or let the recipe's "
                           "filter say missing: drop", t->features.name,
                           pn_csv_row_number(&t->features, d->feature_row[i]), t->feature_name[j]);
        }
    }
    return PN_OK;
}

/* ---- clinical columns ------------------------------------------------------------------------------- */

static int read_clinical(recipe_tables *t, const cfg_recipe *r, const pn_train_data *d, pn_error *err)
{
    const cfg_names *names = &r->combine.clinical;
    pn_columns *c = &t->cohort.clinical;
    t->clinical_name = calloc(names->n + 1, sizeof *t->clinical_name);
    c->v = calloc(d->n * names->n + 1, sizeof *c->v);
    if (t->clinical_name == NULL || c->v == NULL) { return no_memory(err); }
    c->name = t->clinical_name;
    for (size_t j = 0; j < names->n; j++) {
        size_t column;
        int rc = pn_csv_find(&column, &t->clinical, names->v[j], err);
        for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
            rc = pn_csv_number(&c->v[j * d->n + i], &t->clinical, d->clinical_row[i], column, PN_CSV_REQUIRED, err);
        }
        if (rc != PN_OK) { return rc; }
        t->clinical_name[c->n++] = names->v[j];
    }
    return PN_OK;
}

/* A code a centre: the row in which it stands first. */
static int read_centres(recipe_tables *t, const cfg_recipe *r, const pn_train_data *d, pn_error *err)
{
    if (!r->has[CFG_STEP_HARMONISE]) { return PN_OK; }
    size_t column;
    int rc = pn_csv_find(&column, &t->clinical, r->harmonise.centre, err);
    if (rc != PN_OK) { return rc; }
    t->cohort.centre = calloc(d->n + 1, sizeof *t->cohort.centre);
    if (t->cohort.centre == NULL) { return no_memory(err); }
    t->reference = -1;
    for (size_t i = 0; i < d->n; i++) {
        const char *name;
        size_t first = 0;
        if ((rc = pn_csv_id(&name, &t->clinical, d->clinical_row[i], column, err)) != PN_OK) { return rc; }
        while (strcmp(pn_csv_cell(&t->clinical, d->clinical_row[first], column), name) != 0) { first++; }
        t->cohort.centre[i] = (int)first;
        if (strcmp(name, r->harmonise.reference) == 0) { t->reference = (int)first; }
    }
    if (r->harmonise.reference[0] == '\0') { return PN_OK; }
    t->inputs.reference_centre = &t->reference;
    return t->reference >= 0 ? PN_OK : pn_fail(err, PN_EINVAL, "%s: no patient has \"%.80s\" in column \"%s\"", t->clinical.name,
                                               r->harmonise.reference, r->harmonise.centre);
}

/* ---- expression and profiles -------------------------------------------------------------------------- */

/* A path of the recipe, from the recipe's folder. */
static int beside(char out[PN_PATH_SIZE], const char *recipe, const char *path, pn_error *err)
{
    const char *slash = strrchr(recipe, '/');
    if (path[0] == '/' || slash == NULL) { return pn_path(out, PN_PATH_SIZE, err, "%s", path); }
    return pn_path(out, PN_PATH_SIZE, err, "%.*s/%s", (int)(slash - recipe), recipe, path);
}

/* Where the given profiles stand; "": nowhere. */
static int profiles_path(char out[PN_PATH_SIZE], const cfg_recipe *r, const train_args *a, pn_error *err)
{
    out[0] = '\0';
    if (!r->has[CFG_STEP_DECONVOLVE]) { return PN_OK; }
    if (a->profiles != NULL) { return pn_path(out, PN_PATH_SIZE, err, "%s", a->profiles); }
    return r->deconvolve.profiles[0] != '\0' ? beside(out, a->recipe, r->deconvolve.profiles, err) : PN_OK;
}

static int read_profiles(recipe_tables *t, const cfg_recipe *r, const train_args *a, size_t *gene_row, size_t *genes,
                         pn_error *err)
{
    char path[PN_PATH_SIZE];
    int rc = profiles_path(path, r, a, err);
    if (rc == PN_OK && path[0] == '\0') {
        *genes = t->expression.n_rows;
        for (size_t g = 0; g < *genes; g++) { gene_row[g] = g; }
        return PN_OK;
    }
    if (rc == PN_OK) { rc = mt_read(&t->profiles, path, err); }
    if (rc == PN_OK && t->profiles.n_rows > t->expression.n_rows) {
        rc = pn_fail(err, PN_EINVAL, "%s has %zu genes, %s has %zu", t->profiles.csv.name, t->profiles.n_rows,
                     t->expression.csv.name, t->expression.n_rows);
    }
    if (rc == PN_OK) { rc = mt_match_rows(gene_row, &t->expression, &t->profiles, err); }
    if (rc != PN_OK) { return rc; }
    *genes = t->profiles.n_rows;
    t->profile_matrix = sv_matrix_rowmajor(t->profiles.v, t->profiles.n_rows, t->profiles.n_columns);
    t->inputs.profiles = &t->profile_matrix;
    t->profile_name = calloc(t->profiles.n_columns + 1, sizeof *t->profile_name);
    if (t->profile_name == NULL) { return no_memory(err); }
    for (size_t k = 0; k < t->profiles.n_columns; k++) { t->profile_name[k] = mt_column(&t->profiles, k); }
    t->inputs.profile_name = t->profile_name;
    return PN_OK;
}

/* column[i]: of the expression table, of patient i; SIZE_MAX: it has none. */
static size_t find_patients(size_t *column, const recipe_tables *t)
{
    size_t found = 0;
    for (size_t i = 0; i < t->cohort.n; i++) {
        column[i] = SIZE_MAX;
        for (size_t c = 0; c < t->expression.n_columns && column[i] == SIZE_MAX; c++) {
            if (strcmp(mt_column(&t->expression, c), t->id[i]) == 0) { column[i] = c; }
        }
        found += column[i] != SIZE_MAX;
    }
    return found;
}

static int fill_expression(recipe_tables *t, const size_t *column, const size_t *gene_row, size_t genes, pn_error *err)
{
    pn_columns *e = &t->cohort.expression;
    t->gene_name = calloc(genes + 1, sizeof *t->gene_name);
    double *v = calloc(t->cohort.n * genes + 1, sizeof *v);
    if (t->gene_name == NULL || v == NULL) {
        free(v);
        return no_memory(err);
    }
    for (size_t g = 0; g < genes; g++) {
        t->gene_name[g] = mt_row(&t->expression, gene_row[g]);
        for (size_t i = 0; i < t->cohort.n; i++) {
            v[g * t->cohort.n + i] = t->expression.v[gene_row[g] * t->expression.n_columns + column[i]];
        }
    }
    free(e->v);
    *e = (pn_columns){t->gene_name, genes, v};
    return PN_OK;
}

/* Patients without expression leave the cohort. */
static int keep_expressed(recipe_tables *t, size_t *column, size_t found, pn_error *err)
{
    if (found == t->cohort.n) { return PN_OK; }
    if (found == 0) {
        return pn_fail(err, PN_EINVAL, "no column of %s is the name of a patient; expected a row a gene, a column a patient",
                       t->expression.csv.name);
    }
    size_t *row = calloc(found, sizeof *row), n = 0;
    pn_cohort kept = {0};
    if (row == NULL) { return no_memory(err); }
    for (size_t i = 0; i < t->cohort.n; i++) {
        if (column[i] == SIZE_MAX) { continue; }
        t->id[n] = t->id[i];
        column[n] = column[i];
        row[n++] = i;
    }
    t->without_expression = t->cohort.n - n;
    int rc = pn_cohort_take(&kept, &t->cohort, row, n, err);
    if (rc == PN_OK) {
        pn_cohort_free(&t->cohort);
        t->cohort = kept;
        for (size_t i = 0; i < n; i++) { t->cohort.patient[i] = i; }
    }
    free(row);
    return rc;
}

static int read_expression(recipe_tables *t, const cfg_recipe *r, const train_args *a, pn_error *err)
{
    const bool wanted = r->has[CFG_STEP_DECONVOLVE] || (r->has[CFG_STEP_CLUSTER] && r->cluster.on == CFG_ON_EXPRESSION);
    if (!wanted) { return PN_OK; }
    if (a->expression == NULL) {
        return pn_fail(err, PN_EINVAL, "the recipe's step %s needs --expression", r->has[CFG_STEP_DECONVOLVE] ? "deconvolve"
                                                                                                       : "cluster");
    }
    int rc = mt_read(&t->expression, a->expression, err);
    if (rc != PN_OK) { return rc; }
    size_t *column = calloc(t->cohort.n + 1, sizeof *column), *gene_row = calloc(t->expression.n_rows + 1, sizeof *gene_row);
    size_t genes = 0;
    rc = column != NULL && gene_row != NULL ? keep_expressed(t, column, find_patients(column, t), err) : no_memory(err);
    if (rc == PN_OK) { rc = read_profiles(t, r, a, gene_row, &genes, err); }
    if (rc == PN_OK) { rc = fill_expression(t, column, gene_row, genes, err); }
    free(column);
    free(gene_row);
    return rc;
}

/* ---- reliability ------------------------------------------------------------------------------------------ */

static int read_reliability(recipe_tables *t, const cfg_recipe *r, const train_args *a, pn_error *err)
{
    char path[PN_PATH_SIZE];
    if (!r->has[CFG_STEP_FILTER] || r->filter.reliability[0] == '\0') { return PN_OK; }
    const pn_csv *csv = &t->reliability_csv;
    size_t feature = 0, icc = 0, known = 0;
    int rc = beside(path, a->recipe, r->filter.reliability, err);
    if (rc == PN_OK) { rc = pn_csv_read(&t->reliability_csv, path, err); }
    if (rc == PN_OK) { rc = pn_csv_find(&feature, csv, "feature", err); }
    if (rc == PN_OK) { rc = pn_csv_find(&icc, csv, "icc", err); }
    if (rc != PN_OK) { return rc; }
    t->reliability = calloc(t->cohort.feature.n + 1, sizeof *t->reliability);
    if (t->reliability == NULL) { return no_memory(err); }
    for (size_t j = 0; j < t->cohort.feature.n; j++) {
        t->reliability[j] = NAN;
        for (size_t row = 0; row < csv->n_rows && rc == PN_OK; row++) {
            if (strcmp(pn_csv_cell(csv, row, feature), t->feature_name[j]) != 0) { continue; }
            rc = pn_csv_number(&t->reliability[j], csv, row, icc, PN_CSV_NAN, err);
            known++;
        }
    }
    t->inputs.reliability = t->reliability;
    return rc == PN_OK && known == 0 ? pn_fail(err, PN_EINVAL, "%s knows none of the features", csv->name) : rc;
}

/* ---- all of them --------------------------------------------------------------------------------------------- */

/* The cohort takes over what was joined. */
static int take_cohort(recipe_tables *t, pn_train_data *d, const train_args *a, pn_error *err)
{
    size_t id;
    int rc = pn_csv_find(&id, &t->features, a->id_column, err);
    if (rc != PN_OK) { return rc; }
    t->id = calloc(d->n + 1, sizeof *t->id);
    t->cohort.patient = calloc(d->n + 1, sizeof *t->cohort.patient);
    t->cohort.expression.v = calloc(1, sizeof *t->cohort.expression.v);
    if (t->id == NULL || t->cohort.patient == NULL || t->cohort.expression.v == NULL) { return no_memory(err); }
    for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
        rc = pn_csv_id(&t->id[i], &t->features, d->feature_row[i], id, err);
        t->cohort.patient[i] = i;
    }
    if (rc != PN_OK) { return rc; }
    t->features_only = d->features_only;
    t->clinical_only = d->clinical_only;
    t->cohort.n = d->n;
    t->cohort.events = d->events;
    t->cohort.time_days = d->time_days;
    t->cohort.event = d->event;
    t->cohort.feature = (pn_columns){t->feature_name, d->p, d->x};
    d->time_days = d->x = NULL;
    d->event = NULL;
    return PN_OK;
}

static int join(recipe_tables *t, const cfg_recipe *r, const train_args *a, const char *settings, pn_error *err)
{
    size_t n_features = 0;
    pn_train_data d = {0};
    int rc = choose_features(t, &n_features, r, a, err);
    const pn_train_columns columns = {
        .id = a->id_column, .time = a->time_column, .event = a->event_column, .days_per_unit = a->days_per_unit,
        .features = t->feature_name, .n_features = n_features, .contours = (const char *const *)a->contours.v,
        .n_contours = a->contours.n, .settings = settings, .incomplete = true};
    if (rc == PN_OK) { rc = pn_train_join(&d, &t->features, &t->clinical, &columns, err); }
    if (rc == PN_OK && !(r->has[CFG_STEP_FILTER] && r->filter.missing == CFG_MISSING_DROP)) { rc = refuse_missing(t, &d, err); }
    if (rc == PN_OK) { rc = read_clinical(t, r, &d, err); }
    if (rc == PN_OK) { rc = read_centres(t, r, &d, err); }
    if (rc == PN_OK) { rc = take_cohort(t, &d, a, err); }
    pn_train_data_free(&d);
    return rc;
}

/* Bytes of a further table into the digest of all. */
static int digest_file(pn_sha256 *digest, const char *path, pn_error *err)
{
    char *bytes;
    size_t n;
    if (path == NULL || path[0] == '\0') { return PN_OK; }
    int rc = pn_read_file(&bytes, &n, path, PN_MAX_CSV_BYTES, err);
    if (rc != PN_OK) { return rc; }
    pn_sha256_update(digest, bytes, n);
    free(bytes);
    return PN_OK;
}

static int read_digested(recipe_tables *t, const cfg_recipe *r, const train_args *a, pn_error *err)
{
    pn_sha256 digest;
    uint8_t raw[PN_SHA256_SIZE];
    char profiles[PN_PATH_SIZE] = "";
    int rc = pn_sha256_init(&digest, err);
    if (rc != PN_OK) { return rc; }
    rc = train_read_table(&t->features, &digest, a->features, err);
    if (rc == PN_OK) { rc = train_read_table(&t->clinical, &digest, a->clinical, err); }
    if (rc == PN_OK) { rc = digest_file(&digest, a->expression, err); }
    if (rc == PN_OK) { rc = profiles_path(profiles, r, a, err); }
    if (rc == PN_OK) { rc = digest_file(&digest, profiles, err); }
    pn_sha256_final(&digest, raw);
    pn_hex(t->table_sha256, raw, sizeof raw);
    return rc;
}

int recipe_tables_read(recipe_tables *t, const cfg_recipe *r, const train_args *a, const char *settings, pn_error *err)
{
    *t = (recipe_tables){.inputs = {.recipe = r}};
    int rc = read_digested(t, r, a, err);
    if (rc == PN_OK) { rc = join(t, r, a, settings, err); }
    if (rc == PN_OK) { rc = read_expression(t, r, a, err); }
    return rc == PN_OK ? read_reliability(t, r, a, err) : rc;
}
