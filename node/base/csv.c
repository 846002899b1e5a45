#include "base/csv.h"
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/limits.h"

/* ---- splitting ------------------------------------------------------------------------- */

typedef struct reader {
    pn_csv t;
    size_t n;               /* bytes of text                                               */
    size_t at;
    size_t record;          /* number of the record being read, from 1                     */
    uint32_t *row;          /* cells of the record being read                              */
    size_t n_row, row_room, cell_room, number_room;
    pn_error *err;
} reader;

static int no_memory(pn_error *err)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for a table");
}

/* Room for n entries of 4 bytes; doubles what is there. */
static bool make_room(uint32_t **list, size_t *room, size_t n)
{
    if (n <= *room) { return true; }
    size_t grown = *room < 256 ? 256 : *room;
    while (grown < n) { grown *= 2; }       /* n is bounded by PN_MAX_CSV_BYTES + columns */
    uint32_t *p = realloc(*list, grown * sizeof *p);
    if (p == NULL) { return false; }
    *list = p;
    *room = grown;
    return true;
}

static int add_cell(reader *r, size_t start)
{
    if (r->n_row >= PN_MAX_CSV_COLUMNS) {
        return pn_fail(r->err, PN_ELIMIT, "%s: row %zu has more than %d columns", r->t.name, r->record,
                       PN_MAX_CSV_COLUMNS);
    }
    if (!make_room(&r->row, &r->row_room, r->n_row + 1)) { return no_memory(r->err); }
    r->row[r->n_row++] = (uint32_t)start;
    return PN_OK;
}

/* Steps over the end of a line; returns its length, 0 where there is none. */
static size_t line_end(const reader *r)
{
    const char *p = r->t.bytes + r->at;
    if (r->at >= r->n) { return 0; }
    if (p[0] == '\n') { return 1; }
    return p[0] == '\r' && r->at + 1 < r->n && p[1] == '\n' ? 2 : 0;
}

/* The quoted cell at r->at is unquoted in place; text only ever moves towards its start. */
static int read_quoted(reader *r, size_t *end)
{
    char *b = r->t.bytes;
    size_t to = r->at;
    for (r->at++; r->at < r->n; r->at++) {
        if (b[r->at] == '"') {
            if (r->at + 1 >= r->n || b[r->at + 1] != '"') {
                *end = to;
                r->at++;
                return PN_OK;
            }
            r->at++;
        }
        b[to++] = b[r->at];
    }
    return pn_fail(r->err, PN_EFORMAT, "%s: row %zu, cell %zu: the quote does not close", r->t.name,
                   r->record, r->n_row + 1);
}

static int read_plain(reader *r, size_t *end)
{
    const char *b = r->t.bytes;
    for (; r->at < r->n && b[r->at] != ',' && b[r->at] != '\n'; r->at++) {
        if (b[r->at] == '"') {
            return pn_fail(r->err, PN_EFORMAT, "%s: row %zu, cell %zu: a quote inside a cell that "
                           "does not begin with one", r->t.name, r->record, r->n_row + 1);
        }
        if (b[r->at] == '\r') {
            if (line_end(r) == 2) { break; }
            return pn_fail(r->err, PN_EFORMAT, "%s: row %zu, cell %zu: a carriage return without a "
                           "line feed", r->t.name, r->record, r->n_row + 1);
        }
    }
    *end = r->at;
    return PN_OK;
}

/* One record into r->row. The byte after a cell is a separator that has been looked at, so that
 * the NUL may take its place. */
static int read_record(reader *r)
{
    char *b = r->t.bytes;
    r->n_row = 0;
    for (bool more = true; more;) {
        size_t start = r->at, end = start;
        bool quoted = r->at < r->n && b[r->at] == '"';
        int rc = quoted ? read_quoted(r, &end) : read_plain(r, &end);
        if (rc == PN_OK) { rc = add_cell(r, start); }
        if (rc != PN_OK) { return rc; }
        more = r->at < r->n && b[r->at] == ',';
        size_t step = more ? 1 : line_end(r);
        if (step == 0 && r->at < r->n) {
            return pn_fail(r->err, PN_EFORMAT, "%s: row %zu, cell %zu: text after the closing quote",
                           r->t.name, r->record, r->n_row);
        }
        b[end] = '\0';
        r->at += step;
    }
    return PN_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_names(const pn_csv *t, pn_error *err)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        if (t->bytes[t->header[c]] == '\0') {
            return pn_fail(err, PN_EFORMAT, "%s: column %zu has no name", t->name, c + 1);
        }
    }
    const char *only = t->bytes + t->header[0], *other = strpbrk(only, ";\t");
    if (t->n_columns == 1 && other != NULL) {
        return pn_fail(err, PN_EFORMAT, "%s: one column, \"%.60s\": its cells seem to be separated by %s, expected commas",
                       t->name, only, *other == ';' ? "semicolons" : "tabs");
    }
    const char **names = malloc(t->n_columns * sizeof *names);
    if (names == NULL) { return no_memory(err); }
    for (size_t c = 0; c < t->n_columns; c++) { names[c] = t->bytes + t->header[c]; }
    qsort(names, t->n_columns, sizeof *names, by_text);
    int rc = PN_OK;
    for (size_t c = 1; c < t->n_columns && rc == PN_OK; c++) {
        if (strcmp(names[c - 1], names[c]) == 0) {
            rc = pn_fail(err, PN_EFORMAT, "%s: two columns are named \"%.80s\"", t->name, names[c]);
        }
    }
    free(names);
    return rc;
}

static int keep_record(reader *r)
{
    pn_csv *t = &r->t;
    if (t->header == NULL) {
        t->header = malloc(r->n_row * sizeof *t->header);
        if (t->header == NULL) { return no_memory(r->err); }
        memcpy(t->header, r->row, r->n_row * sizeof *t->header);
        t->n_columns = r->n_row;
        return check_names(t, r->err);
    }
    if (r->n_row != t->n_columns) {
        return pn_fail(r->err, PN_EFORMAT, "%s: row %zu has %zu cell%s, the header has %zu", t->name,
                       r->record, r->n_row, r->n_row == 1 ? "" : "s", t->n_columns);
    }
    if (t->n_rows >= PN_MAX_CSV_ROWS) {
        return pn_fail(r->err, PN_ELIMIT, "%s: more than %d rows", t->name, PN_MAX_CSV_ROWS);
    }
    size_t used = t->n_rows * t->n_columns;
    if (!make_room(&t->cells, &r->cell_room, used + t->n_columns) ||
        !make_room(&t->row_number, &r->number_room, t->n_rows + 1)) {
        return no_memory(r->err);
    }
    memcpy(t->cells + used, r->row, t->n_columns * sizeof *t->cells);
    t->row_number[t->n_rows++] = (uint32_t)r->record;
    return PN_OK;
}

/* Length of the character at p, of at most n bytes; 0: it is none of UTF-8 (RFC 3629). */
static size_t character(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80) { return 1; }
    size_t length = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    if (length == 0 || length > n) { return 0; }
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) { return 0; }
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool outside = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return overlong || outside ? 0 : length;
}

static int check_characters(const reader *r)
{
    const unsigned char *b = (const unsigned char *)r->t.bytes;
    size_t line = 1;
    for (size_t at = 0; at < r->n;) {
        size_t length = character(b + at, r->n - at);
        if (length == 0) {
            return pn_fail(r->err, PN_EFORMAT, "%s: line %zu: the byte %02x is no character of UTF-8; save the table as "
                           "UTF-8", r->t.name, line, b[at]);
        }
        line += b[at] == '\n';
        at += length;
    }
    return PN_OK;
}

static int read_all(reader *r)
{
    const pn_csv *t = &r->t;
    const char *nul = memchr(t->bytes, '\0', r->n);
    if (nul != NULL) {
        return pn_fail(r->err, PN_EFORMAT, "%s: a NUL byte at offset %zu; expected a text file in UTF-8",
                       t->name, (size_t)(nul - t->bytes));
    }
    int rc = check_characters(r);
    if (rc != PN_OK) { return rc; }
    if (r->n >= 3 && memcmp(t->bytes, "\xef\xbb\xbf", 3) == 0) { r->at = 3; }
    for (r->record = 1; r->at < r->n; r->record++) {
        size_t blank = line_end(r);
        if (blank > 0) {
            r->at += blank;
            continue;
        }
        rc = read_record(r);
        if (rc == PN_OK) { rc = keep_record(r); }
        if (rc != PN_OK) { return rc; }
    }
    if (t->header == NULL) {
        return pn_fail(r->err, PN_EFORMAT, "%s: empty; expected a header row", t->name);
    }
    return PN_OK;
}

/* Takes bytes, which has a NUL after its n characters, on success and on failure. */
static int parse_owned(pn_csv *out, char *bytes, size_t n, const char *name, pn_error *err)
{
    reader r = {.t = {.bytes = bytes, .name = strdup(name)}, .n = n, .err = err};
    int rc = r.t.name == NULL ? no_memory(err) : read_all(&r);
    free(r.row);
    if (rc != PN_OK) {
        pn_csv_free(&r.t);
        return rc;
    }
    *out = r.t;
    return PN_OK;
}

int pn_csv_read(pn_csv *out, const char *path, pn_error *err)
{
    char *bytes;
    size_t n;
    int rc = pn_read_file(&bytes, &n, path, PN_MAX_CSV_BYTES, err);
    return rc == PN_OK ? parse_owned(out, bytes, n, path, err) : rc;
}

int pn_csv_parse(pn_csv *out, const char *bytes, size_t n, const char *name, pn_error *err)
{
    if (n > PN_MAX_CSV_BYTES) {
        return pn_fail(err, PN_ELIMIT, "%s: %zu bytes, at most %llu are read", name, n,
                       PN_MAX_CSV_BYTES);
    }
    char *copy = malloc(n + 1);
    if (copy == NULL) { return no_memory(err); }
    if (n > 0) { memcpy(copy, bytes, n); }
    copy[n] = '\0';
    return parse_owned(out, copy, n, name, err);
}

void pn_csv_free(pn_csv *t)
{
    if (t == NULL) { return; }
    free(t->name);
    free(t->bytes);
    free(t->header);
    free(t->cells);
    free(t->row_number);
    *t = (pn_csv){0};
}

/* ---- looking up ------------------------------------------------------------------------- */

const char *pn_csv_column_name(const pn_csv *t, size_t column)
{
    return t->bytes + t->header[column];
}

const char *pn_csv_cell(const pn_csv *t, size_t row, size_t column)
{
    return t->bytes + t->cells[row * t->n_columns + column];
}

size_t pn_csv_row_number(const pn_csv *t, size_t row)
{
    return t->row_number[row];
}

static size_t column_index(const pn_csv *t, const char *column)
{
    size_t c = 0;
    while (c < t->n_columns && strcmp(pn_csv_column_name(t, c), column) != 0) { c++; }
    return c;
}

bool pn_csv_has(const pn_csv *t, const char *column)
{
    return column_index(t, column) < t->n_columns;
}

int pn_csv_find(size_t *out, const pn_csv *t, const char *column, pn_error *err)
{
    size_t c = column_index(t, column);
    if (c < t->n_columns) {
        *out = c;
        return PN_OK;
    }
    char some[200] = "";
    size_t used = 0;
    for (c = 0; c < t->n_columns && c < 6 && used < sizeof some; c++) {
        int n = snprintf(some + used, sizeof some - used, "%s%.40s", c == 0 ? "" : ", ",
                         pn_csv_column_name(t, c));
        used += n > 0 ? (size_t)n : 0;
    }
    return pn_fail(err, PN_ENOTFOUND, "%s: no column \"%.80s\"; there are %zu: %s%s", t->name, column,
                   t->n_columns, some, t->n_columns > 6 ? ", ..." : "");
}

int pn_csv_need_rows(const pn_csv *t, pn_error *err)
{
    return t->n_rows > 0 ? PN_OK : pn_fail(err, PN_EFORMAT, "%s: a header and no rows", t->name);
}

int pn_csv_id(const char **out, const pn_csv *t, size_t row, size_t column, pn_error *err)
{
    const char *text = pn_csv_cell(t, row, column);
    const size_t n = strlen(text), number = pn_csv_row_number(t, row);
    if (n == 0) {
        return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.80s\": the value is missing", t->name, number,
                       pn_csv_column_name(t, column));
    }
    if (strchr(" \t\r\n", text[0]) != NULL || strchr(" \t\r\n", text[n - 1]) != NULL) {
        return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.80s\": \"%.40s\" begins or ends with a blank", t->name,
                       number, pn_csv_column_name(t, column), text);
    }
    *out = text;
    return PN_OK;
}

/* ---- numbers ------------------------------------------------------------------------------ */

static const char *skip_digits(const char *p, size_t *n)
{
    for (; *p >= '0' && *p <= '9'; p++) { ++*n; }
    return p;
}

/* [+-]digits[.digits][e[+-]digits] between blanks. */
static bool is_decimal(const char *p)
{
    size_t digits = 0, exponent = 0;
    while (*p == ' ' || *p == '\t') { p++; }
    if (*p == '+' || *p == '-') { p++; }
    p = skip_digits(p, &digits);
    if (*p == '.') { p = skip_digits(p + 1, &digits); }
    if (digits == 0) { return false; }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-') { p++; }
        p = skip_digits(p, &exponent);
        if (exponent == 0) { return false; }
    }
    while (*p == ' ' || *p == '\t') { p++; }
    return *p == '\0';
}

static bool is_missing(const char *p)
{
    static const char *const words[] = {"", "NA", "NaN", "nan", "N/A"};
    while (*p == ' ' || *p == '\t') { p++; }
    size_t n = strlen(p);
    while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t')) { n--; }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == n && memcmp(p, words[i], n) == 0) { return true; }
    }
    return false;
}

enum { NUMBER_SIZE = 128 };      /* more characters than any double needs to be exact enough */

/* The text as the locale wants it: strtod looks for the locale's own decimal point. */
static double decimal_value(const char *text)
{
    char own[NUMBER_SIZE];
    snprintf(own, sizeof own, "%s", text);
    char *point = strchr(own, '.');
    const char *wanted = localeconv()->decimal_point;
    if (point != NULL && strlen(wanted) == 1) { *point = wanted[0]; }
    return strtod(own, NULL);
}

int pn_csv_number(double *out, const pn_csv *t, size_t row, size_t column, pn_csv_missing missing,
                  pn_error *err)
{
    const char *cell = pn_csv_cell(t, row, column);
    const size_t number = pn_csv_row_number(t, row);
    const char *name = pn_csv_column_name(t, column);
    if (is_missing(cell)) {
        if (missing == PN_CSV_NAN) {
            *out = NAN;
            return PN_OK;
        }
        return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.80s\": the value is missing", t->name,
                       number, name);
    }
    if (!is_decimal(cell) || strlen(cell) >= NUMBER_SIZE) {
        return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.80s\": \"%.40s\" is not a number",
                       t->name, number, name, cell);
    }
    double v = decimal_value(cell);
    if (!(fabs(v) <= PN_MAX_CSV_NUMBER)) {
        return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.80s\": \"%.40s\" is out of range",
                       t->name, number, name, cell);
    }
    *out = v;
    return PN_OK;
}

/* ---- writing ------------------------------------------------------------------------------ */

int pn_csv_put(pn_buf *b, bool first, const char *cell, pn_error *err)
{
    int rc = first ? PN_OK : pn_buf_add(b, ",", 1, err);
    if (rc != PN_OK) { return rc; }
    size_t n = strlen(cell);
    bool blank_ends = n > 0 && (cell[0] == ' ' || cell[n - 1] == ' ');
    if (cell[strcspn(cell, ",\"\r\n")] == '\0' && !blank_ends) { return pn_buf_add(b, cell, n, err); }
    rc = pn_buf_add(b, "\"", 1, err);
    for (const char *p = cell; *p != '\0' && rc == PN_OK;) {
        size_t run = strcspn(p, "\"");
        rc = pn_buf_add(b, p, run, err);
        p += run;
        if (rc == PN_OK && *p == '"') {
            rc = pn_buf_add(b, "\"\"", 2, err);
            p++;
        }
    }
    return rc == PN_OK ? pn_buf_add(b, "\"", 1, err) : rc;
}

int pn_csv_put_number(pn_buf *b, bool first, double v, pn_error *err)
{
    if (isnan(v)) { return pn_csv_put(b, first, "", err); }
    char text[40];
    snprintf(text, sizeof text, "%.15g", v);
    if (strtod(text, NULL) < v || strtod(text, NULL) > v) { snprintf(text, sizeof text, "%.16g", v); }
    if (strtod(text, NULL) < v || strtod(text, NULL) > v) { snprintf(text, sizeof text, "%.17g", v); }
    return pn_csv_put(b, first, text, err);
}

int pn_csv_end_row(pn_buf *b, pn_error *err)
{
    return pn_buf_add(b, "\n", 1, err);
}
