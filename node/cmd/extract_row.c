#include "cmd/extract_row.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a row"); }

ex_row *ex_rows_add(ex_rows *rows)
{
    ex_row *v = realloc(rows->v, (rows->n + 1) * sizeof *v);
    if (v == NULL) { return NULL; }
    rows->v = v;
    v[rows->n] = (ex_row){0};
    return &v[rows->n++];
}

void ex_rows_free(ex_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        ex_row *r = &rows->v[i];
        for (size_t c = 0; c < r->n_cells; c++) {
            free(r->cells[c].name);
            free(r->cells[c].text);
        }
        free(r->cells);
        rx_results_free(&r->values);
    }
    free(rows->v);
    *rows = (ex_rows){0};
}

/* ---- Cells ----------------------------------------------------------------------------------- */

static int put(ex_row *row, const char *name, const char *text, bool number, pn_error *err)
{
    if (row->n_cells == row->room) {
        size_t room = row->room == 0 ? 64 : 2 * row->room;
        ex_cell *grown = realloc(row->cells, room * sizeof *grown);
        if (grown == NULL) { return no_memory(err); }
        row->cells = grown;
        row->room = room;
    }
    ex_cell cell = {.name = strdup(name), .text = strdup(text), .number = number};
    if (cell.name == NULL || cell.text == NULL) {
        free(cell.name);
        free(cell.text);
        return no_memory(err);
    }
    row->cells[row->n_cells++] = cell;
    return PN_OK;
}

int ex_put(ex_row *row, const char *name, const char *text, pn_error *err)
{
    return put(row, name, text, false, err);
}

int ex_putf(ex_row *row, pn_error *err, const char *name, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return put(row, name, text, false, err);
}

int ex_put_number(ex_row *row, const char *name, double v, pn_error *err)
{
    char text[EX_NUMBER_SIZE];
    if (!isfinite(v)) { return put(row, name, "", false, err); }
    ex_repr(text, v);
    return put(row, name, text, true, err);
}

int ex_put_count(ex_row *row, const char *name, size_t v, pn_error *err)
{
    char text[EX_NUMBER_SIZE];
    (void)snprintf(text, sizeof text, "%zu", v);
    return put(row, name, text, true, err);
}

int ex_put_reals(ex_row *row, const char *name, const double *v, size_t n, pn_error *err)
{
    char text[512], one[EX_NUMBER_SIZE];
    int used = snprintf(text, sizeof text, "(");
    for (size_t i = 0; i < n; i++) {
        ex_repr(one, v[i]);
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%s", i > 0 ? ", " : "", one);
    }
    (void)snprintf(text + used, sizeof text - (size_t)used, ")");
    return put(row, name, text, false, err);
}

int ex_put_counts(ex_row *row, const char *name, const size_t *v, size_t n, pn_error *err)
{
    char text[512];
    int used = snprintf(text, sizeof text, "(");
    for (size_t i = 0; i < n; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%zu", i > 0 ? ", " : "", v[i]);
    }
    (void)snprintf(text + used, sizeof text - (size_t)used, ")");
    return put(row, name, text, false, err);
}

int ex_note(ex_row *row, const char *text, pn_error *err)
{
    static const char name[] = "diagnostics_Note";
    size_t i = 0;
    if (text[0] == '\0') { return PN_OK; }
    while (i < row->n_cells && strcmp(row->cells[i].name, name) != 0) { i++; }
    if (i == row->n_cells) { return put(row, name, text, false, err); }
    size_t size = strlen(row->cells[i].text) + strlen(text) + 3;
    char *both = malloc(size);
    if (both == NULL) { return no_memory(err); }
    (void)snprintf(both, size, "%s%s%s", row->cells[i].text, row->cells[i].text[0] != '\0' ? "; " : "", text);
    free(row->cells[i].text);
    row->cells[i].text = both;
    return PN_OK;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

void ex_number(char buf[EX_NUMBER_SIZE], double v)
{
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(buf, EX_NUMBER_SIZE, "%.*g", digits, v);
        if (strtod(buf, NULL) == v) { return; }
    }
}

/* Python writes 1e16 and up, and below 1e-4, with an exponent of at least two digits; the digits
 * are the fewest that read back. */
void ex_repr(char buf[EX_NUMBER_SIZE], double v)
{
    char shortest[EX_NUMBER_SIZE];
    int digits = 1;
    if (!isfinite(v)) {
        (void)snprintf(buf, EX_NUMBER_SIZE, "%s", isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
        return;
    }
    for (; digits <= 17; digits++) {
        (void)snprintf(shortest, sizeof shortest, "%.*e", digits - 1, v);
        if (strtod(shortest, NULL) == v) { break; }
    }
    int exponent = atoi(strchr(shortest, 'e') + 1);
    if (v != 0 && (exponent < -4 || exponent >= 16)) {
        (void)snprintf(buf, EX_NUMBER_SIZE, "%s", shortest);
        return;
    }
    int decimals = digits - 1 - exponent;
    (void)snprintf(buf, EX_NUMBER_SIZE, "%.*f", decimals > 1 ? decimals : 1, v);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

int ex_json_text(pn_buf *b, const char *text, pn_error *err)
{
    int rc = pn_buf_add(b, "\"", 1, err);
    for (const char *p = text; rc == PN_OK && *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\') { rc = pn_buf_printf(b, err, "\\%c", c); }
        else if (c < 0x20) { rc = pn_buf_printf(b, err, "\\u%04x", c); }
        else { rc = pn_buf_add(b, p, 1, err); }
    }
    return rc == PN_OK ? pn_buf_add(b, "\"", 1, err) : rc;
}

static int put_values(pn_buf *b, const rx_results *values, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < values->n; i++) {
        const rx_result *r = &values->v[i];
        char number[EX_NUMBER_SIZE] = "null";
        if (isfinite(r->value.v)) { ex_number(number, r->value.v); }
        rc = pn_buf_printf(b, err, "%s[", i > 0 ? "," : "");
        if (rc == PN_OK) { rc = ex_json_text(b, r->name, err); }
        if (rc == PN_OK) {
            rc = pn_buf_printf(b, err, ",%s,\"%s\",\"%s\",%d]", number, r->ibsi_code, r->ibsi_aggregation, (int)r->value.why);
        }
    }
    return rc;
}

static int put_row(pn_buf *b, const ex_row *r, pn_error *err)
{
    int rc = pn_buf_printf(b, err, "{\"code\":%d,\"message\":", (int)r->failure.code);
    if (rc == PN_OK) { rc = ex_json_text(b, r->failure.msg, err); }
    if (rc == PN_OK) { rc = pn_buf_printf(b, err, ",\"region\":"); }
    if (rc == PN_OK) { rc = ex_json_text(b, r->region, err); }
    if (rc == PN_OK) { rc = pn_buf_printf(b, err, ",\"cells\":["); }
    for (size_t i = 0; rc == PN_OK && i < r->n_cells; i++) {
        rc = pn_buf_printf(b, err, "%s[", i > 0 ? "," : "");
        if (rc == PN_OK) { rc = ex_json_text(b, r->cells[i].name, err); }
        if (rc == PN_OK) { rc = pn_buf_printf(b, err, ","); }
        if (rc == PN_OK) { rc = ex_json_text(b, r->cells[i].text, err); }
        if (rc == PN_OK) { rc = pn_buf_printf(b, err, ",%s]", r->cells[i].number ? "true" : "false"); }
    }
    if (rc == PN_OK) { rc = pn_buf_printf(b, err, "],\"values\":["); }
    if (rc == PN_OK) { rc = put_values(b, &r->values, err); }
    return rc == PN_OK ? pn_buf_printf(b, err, "]}") : rc;
}

int ex_rows_to_json(pn_buf *b, size_t number, const char *key, const ex_rows *rows, pn_error *err)
{
    int rc = pn_buf_printf(b, err, "{\"case\":%zu,\"key\":\"%s\",\"rows\":[", number, key);
    for (size_t i = 0; rc == PN_OK && i < rows->n; i++) {
        if (i > 0) { rc = pn_buf_printf(b, err, ","); }
        if (rc == PN_OK) { rc = put_row(b, &rows->v[i], err); }
    }
    return rc == PN_OK ? pn_buf_printf(b, err, "]}\n") : rc;
}

/* The text at a place of an array, or NULL. */
static const char *text_at(const cJSON *array, int i)
{
    return cJSON_GetStringValue(cJSON_GetArrayItem(array, i));
}

static int take_value(rx_results *values, const cJSON *item, pn_error *err)
{
    const char *name = text_at(item, 0), *ibsi = text_at(item, 2), *aggregation = text_at(item, 3);
    const cJSON *v = cJSON_GetArrayItem(item, 1), *why = cJSON_GetArrayItem(item, 4);
    rx_error rx = {0};
    if (name == NULL || v == NULL || ibsi == NULL || aggregation == NULL || !cJSON_IsNumber(why) || why->valueint < RX_DEFINED ||
        why->valueint > RX_TOO_LARGE || (why->valueint == RX_DEFINED) != cJSON_IsNumber(v)) {
        return pn_fail(err, PN_EFORMAT, "not a value");
    }
    double number = cJSON_IsNumber(v) ? v->valuedouble : (double)NAN;
    if (rx_results_add(values, name, ibsi, aggregation, number, &rx) != RX_OK) {
        return pn_fail_transient(err, PN_ENOMEM, "%s", rx.msg);
    }
    values->v[values->n - 1].value.why = (rx_why)why->valueint;
    return PN_OK;
}

static int take_row(ex_row *row, const cJSON *json, pn_error *err)
{
    const cJSON *item;
    const char *message = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "message"));
    const char *region = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "region"));
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(json, "code");
    int rc = PN_OK;
    if (message == NULL || region == NULL || !cJSON_IsNumber(code)) { return pn_fail(err, PN_EFORMAT, "not a row"); }
    row->failure.code = (pn_code)code->valueint;
    (void)snprintf(row->failure.msg, sizeof row->failure.msg, "%s", message);
    (void)snprintf(row->region, sizeof row->region, "%s", region);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "cells")) {
        const char *name = text_at(item, 0), *text = text_at(item, 1);
        if (name == NULL || text == NULL) { return pn_fail(err, PN_EFORMAT, "not a cell"); }
        rc = put(row, name, text, cJSON_IsTrue(cJSON_GetArrayItem(item, 2)), err);
        if (rc != PN_OK) { return rc; }
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "values")) {
        rc = take_value(&row->values, item, err);
        if (rc != PN_OK) { return rc; }
    }
    return PN_OK;
}

int ex_rows_from_json(size_t *number, char **key, ex_rows *rows, const char *line, size_t n, pn_error *err)
{
    cJSON *json = cJSON_ParseWithLength(line, n);
    const cJSON *which = cJSON_GetObjectItemCaseSensitive(json, "case"), *item;
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "key"));
    ex_rows got = {0};
    int rc = PN_OK;
    if (!cJSON_IsNumber(which) || which->valuedouble < 0 || text == NULL) {
        rc = pn_fail(err, PN_EFORMAT, "not the rows of a case");
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "rows")) {
        ex_row *row = rc == PN_OK ? ex_rows_add(&got) : NULL;
        if (rc == PN_OK) { rc = row == NULL ? no_memory(err) : take_row(row, item, err); }
    }
    if (rc == PN_OK && number != NULL) { *number = (size_t)which->valuedouble; }
    if (rc == PN_OK && key != NULL && (*key = strdup(text)) == NULL) { rc = no_memory(err); }
    cJSON_Delete(json);
    if (rc != PN_OK) {
        ex_rows_free(&got);
        return rc;
    }
    *rows = got;
    return PN_OK;
}
