/* cmd/extract_store.h - finished cases on disk, one line of JSON each: the journal beside the output,
 * from which an interrupted extraction goes on. */
#ifndef PN_EXTRACT_STORE_H
#define PN_EXTRACT_STORE_H
#include <stdbool.h>
#include <stdio.h>
#include "cmd/extract_case.h"
#include "cmd/extract_row.h"

typedef struct ex_store {
    char path[PN_PATH_SIZE];        /* "": a temporary file without a name                     */
    FILE *file;
    long *place;                    /* where the line of each case begins; -1: not measured    */
    bool *done;
    size_t n, n_done, n_kept;       /* kept: of them, from the journal                         */
} ex_store;

/* output: NULL keeps the lines in a file without a name. Else OUTPUT.partial, which is locked, so
 * that one process at a time works for one output. With resume, lines of cases whose key is the same
 * are kept, unless the case failed; an incomplete last line is dropped. Without, it begins empty. */
PN_CHECKED int ex_store_open(ex_store *out, const char *output, bool resume, char (*keys)[PN_DIGEST_HEX_SIZE],
                             size_t n, pn_error *err);
PN_CHECKED int ex_store_add(ex_store *s, size_t number, const char *line, size_t n, pn_error *err);
PN_CHECKED int ex_store_rows(ex_rows *rows, ex_store *s, size_t number, pn_error *err);
/* remove: the journal is no longer needed. */
void ex_store_close(ex_store *s, bool remove);

#endif
