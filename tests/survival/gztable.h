/* gztable.h - a table of numbers with row names, packed by gzip or not. */
#ifndef TEST_GZTABLE_H
#define TEST_GZTABLE_H

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct gztable {
    size_t rows, cols;
    char (*name)[32];        /* of the rows; "" where the table has none */
    double *v;               /* rows x cols */
} gztable;

static inline void gztable_free(gztable *t)
{
    free(t->name);
    free(t->v);
}

/* names: the first column holds names (cut at 31 bytes), the others numbers. */
static inline gztable gztable_read(const char *path, bool names)
{
    enum { LINE = 200000 };
    char command[700], *line = malloc(LINE);
    (void)snprintf(command, sizeof command, "gzip -cdf '%s'", path);
    FILE *f = popen(command, "r");
    if (f == NULL || line == NULL || fgets(line, LINE, f) == NULL) { fail_msg("cannot read %s", path); }
    gztable t = { .cols = names ? 0 : 1 };
    for (const char *p = line; *p != '\0'; p++) { t.cols += *p == ','; }
    size_t room = 0;
    while (fgets(line, LINE, f) != NULL) {
        if (t.rows == room) {
            room = room == 0 ? 256 : 2 * room;
            t.v = realloc(t.v, room * t.cols * sizeof *t.v);
            t.name = realloc(t.name, room * sizeof *t.name);
            if (t.v == NULL || t.name == NULL) { fail_msg("no memory for %s", path); }
        }
        char *at = line;
        t.name[t.rows][0] = '\0';
        if (names) {
            char *end = strchr(line, ',');
            if (end == NULL) { fail_msg("%s: row %zu has no name", path, t.rows + 1); }
            (void)snprintf(t.name[t.rows], sizeof t.name[0], "%.*s", (int)(end - line) - (line[0] == '"' ? 2 : 0),
                           line + (line[0] == '"'));
            at = end + 1;
        }
        for (size_t j = 0; j < t.cols; j++) {
            char *end;
            t.v[t.rows * t.cols + j] = strtod(at, &end);
            if (end == at) { fail_msg("%s: row %zu column %zu is no number", path, t.rows + 1, j + 1); }
            at = end + 1;
        }
        t.rows++;
    }
    (void)pclose(f);
    free(line);
    return t;
}

#endif
