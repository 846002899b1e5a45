/* cmd/extract_row.h - one measured region as a row: what stands before the features, the features,
 * or why there are none. A case is one or more rows; on its way from a worker, and in the journal,
 * it is one line of JSON. */
#ifndef PN_EXTRACT_ROW_H
#define PN_EXTRACT_ROW_H
#include <stdbool.h>
#include <stddef.h>
#include <radiomics/results.h>
#include "base/buf.h"
#include "base/error.h"

typedef struct ex_cell {
    char *name, *text;           /* owned                                                     */
    bool number;                 /* text is a JSON number                                     */
} ex_cell;

typedef struct ex_row {
    ex_cell *cells; size_t n_cells, room;
    rx_results values;
    char region[300];            /* "region GTV-1", "label 2", or "": for messages            */
    pn_error failure;            /* code PN_OK: measured                                      */
} ex_row;

typedef struct ex_rows { ex_row *v; size_t n; } ex_rows;

/* A new row at the end, or NULL: no memory. */
ex_row *ex_rows_add(ex_rows *rows);
void ex_rows_free(ex_rows *rows);

/* Append a cell; both texts are copied. */
PN_CHECKED int ex_put(ex_row *row, const char *name, const char *text, pn_error *err);
PN_CHECKED int ex_putf(ex_row *row, pn_error *err, const char *name, const char *fmt, ...) PN_PRINTF(4, 5);
PN_CHECKED int ex_put_number(ex_row *row, const char *name, double v, pn_error *err);
PN_CHECKED int ex_put_count(ex_row *row, const char *name, size_t v, pn_error *err);
/* "(1.5, 2.0, 3.0)" and "(1, 2, 3)", as Python writes them. */
PN_CHECKED int ex_put_reals(ex_row *row, const char *name, const double *v, size_t n, pn_error *err);
PN_CHECKED int ex_put_counts(ex_row *row, const char *name, const size_t *v, size_t n, pn_error *err);

/* Append to what the cell diagnostics_Note says. */
PN_CHECKED int ex_note(ex_row *row, const char *text, pn_error *err);

enum { EX_NUMBER_SIZE = 32 };
/* The shortest text of 15 to 17 digits that reads back as v. v is finite. */
void ex_number(char buf[EX_NUMBER_SIZE], double v);
/* The same as Python's repr: shortest of any length, with a point or an exponent. */
void ex_repr(char buf[EX_NUMBER_SIZE], double v);

/* Text of a JSON string with its quotes. */
PN_CHECKED int ex_json_text(pn_buf *b, const char *text, pn_error *err);
/* One line, ended by a line feed. */
PN_CHECKED int ex_rows_to_json(pn_buf *b, size_t number, const char *key, const ex_rows *rows, pn_error *err);
/* number and key may be NULL; the caller frees *key and the rows. PN_EFORMAT: no such line. */
PN_CHECKED int ex_rows_from_json(size_t *number, char **key, ex_rows *rows, const char *line, size_t n,
                                 pn_error *err);

#endif
