/* tests/support/csv.h - reads a small CSV file with a header line into memory, for tests. */
#ifndef PN_TEST_CSV_H
#define PN_TEST_CSV_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct csv {
    char *text;      /* the file, cut into cells */
    char **cell;     /* [(rows + 1) * cols], the header first */
    size_t rows, cols;
} csv;

static inline void csv_free(csv *c)
{
    free(c->text);
    free(c->cell);
    *c = (csv){ 0 };
}

static inline char *csv_slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) { return NULL; }
    size_t have = 0, room = 1 << 16;
    char *text = malloc(room);
    while (text != NULL) {
        have += fread(text + have, 1, room - have - 1, f);
        if (have < room - 1) { break; }
        char *more = realloc(text, room *= 2);
        if (more == NULL) { free(text); }
        text = more;
    }
    (void)fclose(f);
    if (text != NULL) { text[have] = '\0'; }
    return text;
}

/* Cut one cell starting at p; returns what follows it and says whether the line ended. */
static inline char *csv_cut(char *p, char **cell, bool *line_end)
{
    char *to = p;
    *cell = p;
    bool quoted = false;
    for (;; p++) {
        if (*p == '"') {
            if (quoted && p[1] == '"') { *to++ = *p++; } else { quoted = !quoted; }
        } else if (*p == '\0' || (!quoted && (*p == ',' || *p == '\n'))) {
            break;
        } else if (*p != '\r') {
            *to++ = *p;
        }
    }
    char stop = *p;
    *line_end = stop != ',';
    *to = '\0';
    return stop == '\0' ? p : p + 1;
}

/* False if the file cannot be read or its lines differ in length. */
static inline bool csv_read(csv *c, const char *path)
{
    *c = (csv){ .text = csv_slurp(path) };
    if (c->text == NULL) { return false; }
    char *end = c->text + strlen(c->text), *p = c->text;
    size_t n = 0, room = 0, in_line = 0, lines = 0;
    while (p < end) {
        if (n == room) {
            room = room == 0 ? 1024 : 2 * room;
            c->cell = realloc(c->cell, room * sizeof *c->cell);
            if (c->cell == NULL) { return false; }
        }
        bool line_end;
        p = csv_cut(p, &c->cell[n++], &line_end);
        in_line++;
        if (!line_end) { continue; }
        if (lines == 0) { c->cols = in_line; }
        if (in_line != c->cols) { return false; }
        lines++;
        in_line = 0;
    }
    c->rows = lines > 0 ? lines - 1 : 0;
    return lines > 0;
}

/* Column of that name; a test that asks for another one ends here. */
static inline size_t csv_col(const csv *c, const char *name)
{
    for (size_t j = 0; j < c->cols; j++) {
        if (strcmp(c->cell[j], name) == 0) { return j; }
    }
    fprintf(stderr, "no column %s\n", name);
    abort();
}

static inline const char *csv_text(const csv *c, size_t row, const char *name)
{
    return c->cell[(row + 1) * c->cols + csv_col(c, name)];
}

/* The number in a cell; NaN for NA and for text. */
static inline double csv_num_at(const csv *c, size_t row, size_t col)
{
    const char *s = c->cell[(row + 1) * c->cols + col];
    char *end;
    double v = strtod(s, &end);
    return end == s || *end != '\0' ? (double)NAN : v;
}

static inline double csv_num(const csv *c, size_t row, const char *name)
{
    return csv_num_at(c, row, csv_col(c, name));
}

/* A named column as a new array. */
static inline double *csv_column(const csv *c, const char *name)
{
    double *v = calloc(c->rows > 0 ? c->rows : 1, sizeof *v);
    size_t j = csv_col(c, name);
    for (size_t i = 0; v != NULL && i < c->rows; i++) { v[i] = csv_num_at(c, i, j); }
    return v;
}

/* The value beside `stat` in a two-column table of statistics. */
static inline double csv_stat(const csv *c, const char *stat)
{
    for (size_t i = 0; i < c->rows; i++) {
        if (strcmp(csv_text(c, i, c->cell[0]), stat) == 0) { return csv_num_at(c, i, 1); }
    }
    fprintf(stderr, "no statistic %s\n", stat);
    abort();
}

#endif
