#include "pipeline/clinical.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/file.h"

#define ID_COLUMN     "PatientID"
#define ISSUER_COLUMN "IssuerOfPatientID"

/* ---- the table ------------------------------------------------------------------------------- */

/* A pipe would hold up who reads it for as long as its writer likes. */
static int check_kind(const char *path, pn_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return pn_fail(err, PN_EIO, "%s is not a regular file", path);
    }
    return PN_OK;                      /* what is not there is told by reading it */
}

int pn_clinical_read(pn_csv *out, const char *path, pn_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    int rc = check_kind(path, err);
    if (rc == PN_OK) { rc = pn_read_file(&bytes, &n, path, PN_MAX_CLINICAL_BYTES, err); }
    if (rc != PN_OK) { return rc; }
    pn_csv t = {0};
    rc = pn_csv_parse(&t, bytes, n, path, err);
    free(bytes);
    if (rc == PN_OK && !pn_csv_has(&t, ID_COLUMN)) {
        rc = pn_fail(err, PN_EFORMAT, "%s has no column \"" ID_COLUMN "\"", path);
    }
    if (rc == PN_OK) {
        *out = t;
    } else {
        pn_csv_free(&t);
    }
    return rc;
}

int pn_clinical_check(const pn_csv *t, const cfg_model *m, pn_error *err)
{
    for (size_t i = 0; i < m->n_features; i++) {
        if (m->features[i].source != CFG_SOURCE_TABLE || pn_csv_has(t, m->features[i].name)) { continue; }
        return pn_fail(err, PN_EFORMAT, "%s has no column \"%s\", which model \"%s\" needs", t->name,
                       m->features[i].name, m->id);
    }
    return PN_OK;
}

/* ---- the patient's row ----------------------------------------------------------------------- */

/* Whether the cell is the text, blanks round it aside. */
static bool cell_is(const char *cell, const char *text)
{
    size_t n = strlen(cell);
    while (n > 0 && (cell[n - 1] == ' ' || cell[n - 1] == '\t')) { n--; }
    while (n > 0 && (cell[0] == ' ' || cell[0] == '\t')) {
        cell++;
        n--;
    }
    return n == strlen(text) && memcmp(cell, text, n) == 0;
}

/* Columns of a table that are there; n_columns: it is not. */
static size_t column_of(const pn_csv *t, const char *name)
{
    size_t column;
    return pn_csv_find(&column, t, name, NULL) == PN_OK ? column : t->n_columns;
}

/* The one row of the patient: true; else why there is none. */
static bool find_row(size_t *row, char why[PN_WHY_SIZE], const pn_csv *t, const char *patient_id,
                     const char *issuer)
{
    const size_t id = column_of(t, ID_COLUMN), by = column_of(t, ISSUER_COLUMN);
    size_t n = 0, other = 0;
    why[0] = '\0';
    if (patient_id[0] == '\0') {
        snprintf(why, PN_WHY_SIZE, "the images have no Patient ID to look for");
        return false;
    }
    for (size_t r = 0; r < t->n_rows; r++) {
        if (!cell_is(pn_csv_cell(t, r, id), patient_id)) { continue; }
        const char *row_issuer = by < t->n_columns ? pn_csv_cell(t, r, by) : "";
        if (issuer[0] != '\0' && !cell_is(row_issuer, "") && !cell_is(row_issuer, issuer)) { continue; }
        if (n++ == 0) { *row = r; } else { other = r; }
    }
    if (n == 0) { snprintf(why, PN_WHY_SIZE, "the clinical table has no row for this patient"); }
    if (n > 1) {
        snprintf(why, PN_WHY_SIZE, "%zu rows of the clinical table are of this patient, among them %zu and %zu",
                 n, pn_csv_row_number(t, *row), pn_csv_row_number(t, other));
    }
    return n == 1;
}

/* The message of a cell without the table's path, as ASCII: a report takes no other bytes for granted. */
static void tell(char why[PN_WHY_SIZE], const pn_csv *t, const char *message)
{
    const size_t prefix = strlen(t->name) + 2;
    if (strlen(message) > prefix && strncmp(message, t->name, prefix - 2) == 0) { message += prefix; }
    snprintf(why, PN_WHY_SIZE, "clinical table: %s", message);
    for (unsigned char *p = (unsigned char *)why; *p != '\0'; p++) {
        if (*p < 0x20 || *p > 0x7e) { *p = '?'; }
    }
}

static void take_value(pn_clinical_value *to, const pn_csv *t, size_t row)
{
    pn_error err = {0};
    if (pn_csv_number(&to->value, t, row, column_of(t, to->name), PN_CSV_REQUIRED, &err) != PN_OK) {
        to->value = (double)NAN;
        tell(to->why, t, err.msg);
    }
}

static int make_room(pn_clinical *c, const cfg_model *m, const char *patient_id, const char *issuer, pn_error *err)
{
    c->values = calloc(m->n_features, sizeof *c->values);
    if (c->values == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu values", m->n_features); }
    snprintf(c->patient_id, sizeof c->patient_id, "%s", patient_id);
    snprintf(c->patient_id_issuer, sizeof c->patient_id_issuer, "%s", issuer);
    for (size_t i = 0; i < m->n_features; i++) {
        if (m->features[i].source != CFG_SOURCE_TABLE) { continue; }
        pn_clinical_value *v = &c->values[c->n++];
        memcpy(v->name, m->features[i].name, sizeof v->name);
        v->value = (double)NAN;
    }
    return PN_OK;
}

int pn_clinical_look_up(pn_clinical *out, const pn_csv *t, const cfg_model *m, const char *patient_id,
                        const char *issuer, pn_error *err)
{
    pn_clinical c = {0};
    if (!cfg_model_uses(m, CFG_SOURCE_TABLE)) {
        *out = c;
        return PN_OK;
    }
    int rc = pn_clinical_check(t, m, err);
    if (rc == PN_OK) { rc = make_room(&c, m, patient_id, issuer, err); }
    if (rc != PN_OK) { return rc; }
    char why[PN_WHY_SIZE];
    size_t row = 0;
    const bool found = find_row(&row, why, t, patient_id, issuer);
    for (size_t i = 0; i < c.n; i++) {
        if (found) { take_value(&c.values[i], t, row); } else { memcpy(c.values[i].why, why, sizeof why); }
    }
    *out = c;
    return PN_OK;
}

int pn_clinical_of(pn_clinical *out, const char *path, const cfg_model *m, const char *patient_id,
                   const char *issuer, pn_error *err)
{
    if (!cfg_model_uses(m, CFG_SOURCE_TABLE)) {
        *out = (pn_clinical){0};
        return PN_OK;
    }
    if (path[0] == '\0') {
        return pn_fail(err, PN_ECONFIG, "model \"%s\" needs a clinical table, and none is configured", m->id);
    }
    pn_csv t = {0};
    int rc = pn_clinical_read(&t, path, err);
    if (rc == PN_OK) { rc = pn_clinical_look_up(out, &t, m, patient_id, issuer, err); }
    pn_csv_free(&t);
    return rc;
}

void pn_clinical_free(pn_clinical *c)
{
    if (c == NULL) { return; }
    free(c->values);
    *c = (pn_clinical){0};
}
