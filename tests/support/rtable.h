/* tests/support/rtable.h - tables of numbers handed over by R, every bit kept: one line with the number of rows and
 * the names of the columns, then the columns one after the other as doubles of this machine. */
#ifndef PN_TEST_RTABLE_H
#define PN_TEST_RTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct rtable {
    size_t rows, cols;
    char *line, **name;
    double *v;               /* [cols][rows] */
} rtable;

static inline void rtable_free(rtable *t)
{
    free(t->line);
    free(t->name);
    free(t->v);
}

/* Ends the program where the file is not such a table. */
static inline rtable rtable_read(const char *path)
{
    rtable t = { 0 };
    size_t room = 0;
    FILE *f = fopen(path, "rb");
    bool good = f != NULL && getline(&t.line, &room, f) > 0;
    char *rest = NULL, *word = good ? strtok_r(t.line, " \n", &rest) : NULL;
    t.rows = word != NULL ? strtoul(word, NULL, 10) : 0;
    t.name = good ? calloc(strlen(t.line) + room, sizeof *t.name) : NULL;
    while (t.name != NULL && (word = strtok_r(NULL, " \n", &rest)) != NULL) { t.name[t.cols++] = word; }
    t.v = t.cols > 0 && t.rows > 0 ? calloc(t.rows * t.cols, sizeof *t.v) : NULL;
    if (t.v == NULL || fread(t.v, sizeof *t.v, t.rows * t.cols, f) != t.rows * t.cols) {
        fprintf(stderr, "%s is no table of doubles\n", path);
        exit(2);
    }
    (void)fclose(f);
    return t;
}

/* The first column called so; NULL: none. */
static inline double *rtable_find(const rtable *t, const char *name)
{
    for (size_t j = 0; j < t->cols; j++) {
        if (strcmp(t->name[j], name) == 0) { return t->v + j * t->rows; }
    }
    return NULL;
}

static inline double *rtable_column(const rtable *t, const char *name)
{
    double *v = rtable_find(t, name);
    if (v == NULL) {
        fprintf(stderr, "no column %s\n", name);
        exit(2);
    }
    return v;
}

/* A column of whole numbers; the caller frees it. NULL: there is none. */
static inline int *rtable_ints(const rtable *t, const char *name)
{
    const double *v = rtable_find(t, name);
    int *out = v != NULL ? calloc(t->rows, sizeof *out) : NULL;
    for (size_t i = 0; out != NULL && i < t->rows; i++) { out[i] = (int)v[i]; }
    return out;
}

/* The first of the columns x1, x2, ... (or any others), which stand together; how many of them in *n. */
static inline const double *rtable_matrix(const rtable *t, char first_letter, size_t *n)
{
    const double *v = NULL;
    *n = 0;
    for (size_t j = 0; j < t->cols; j++) {
        if (t->name[j][0] != first_letter || t->name[j][1] < '0' || t->name[j][1] > '9') { continue; }
        if (v == NULL) { v = t->v + j * t->rows; }
        (*n)++;
    }
    return v;
}

#endif
