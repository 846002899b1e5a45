/* base/csv.h - tables in RFC 4180 form: reading with limits and checks, writing with quotes.
 *
 * The first record names the columns; names must differ and may not be empty. Cells may be
 * quoted; lines end in LF or CRLF; a byte order mark is skipped; empty lines are skipped. Rows are
 * numbered as a spreadsheet shows them: the header is row 1. Messages look like
 *   clinical.csv: row 14, column "age": "abc" is not a number
 * and quote no more than 40 bytes of a cell. */
#ifndef PN_CSV_H
#define PN_CSV_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A table in memory. Rows and columns count from 0 here; pn_csv_row_number gives the number for
 * people. */
typedef struct pn_csv {
    char *name;             /* for messages: the file's path as given                      */
    size_t n_columns, n_rows;
    char *bytes;            /* the text, unquoted in place, each cell ended by NUL          */
    uint32_t *header;       /* [n_columns] offsets into bytes                              */
    uint32_t *cells;        /* [n_rows * n_columns]                                        */
    uint32_t *row_number;   /* [n_rows]                                                    */
} pn_csv;

/* Fails: PN_EIO, PN_ENOTFOUND, PN_ELIMIT (base/limits.h), PN_EFORMAT (empty file, no row length
 * that fits the header, a quote that does not close, NUL bytes, bytes that are not UTF-8, a carriage
 * return on its own, column names missing or used twice, one column whose name has semicolons or tabs),
 * PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_csv_read(pn_csv *out, const char *path, pn_error *err);
PN_CHECKED int pn_csv_parse(pn_csv *out, const char *bytes, size_t n, const char *name,
                            pn_error *err);
void pn_csv_free(pn_csv *t);               /* NULL and a zeroed struct are fine */

const char *pn_csv_column_name(const pn_csv *t, size_t column);
const char *pn_csv_cell(const pn_csv *t, size_t row, size_t column);
size_t pn_csv_row_number(const pn_csv *t, size_t row);
bool pn_csv_has(const pn_csv *t, const char *column);
/* Index of a column; PN_ENOTFOUND lists the first columns that exist. */
PN_CHECKED int pn_csv_find(size_t *out, const pn_csv *t, const char *column, pn_error *err);

/* PN_EFORMAT where there is a header and nothing below it. */
PN_CHECKED int pn_csv_need_rows(const pn_csv *t, pn_error *err);
/* A cell by which rows of tables meet: not empty, no blank at its ends, for which no partner would be found
 * (PN_EFORMAT). Lent by t. */
PN_CHECKED int pn_csv_id(const char **out, const pn_csv *t, size_t row, size_t column, pn_error *err);

typedef enum pn_csv_missing {
    PN_CSV_REQUIRED,       /* an empty cell, NA or NaN is an error                         */
    PN_CSV_NAN,            /* ... is a NaN                                                 */
} pn_csv_missing;

/* A finite decimal number ("-1.5e3"), always with a point, whatever the locale; blanks round it
 * are skipped. Hexadecimal and infinite numbers, and those beyond PN_MAX_CSV_NUMBER, are refused
 * (PN_EFORMAT). */
PN_CHECKED int pn_csv_number(double *out, const pn_csv *t, size_t row, size_t column,
                             pn_csv_missing missing, pn_error *err);

/* ---- writing: cells of a row are separated by the caller's `first` flag ----------------------- */

/* One cell, quoted where it must be; a comma before it unless first. */
PN_CHECKED int pn_csv_put(pn_buf *b, bool first, const char *cell, pn_error *err);
/* The shortest of %.15g, %.16g, %.17g that reads back as the same number; NaN as an empty cell. */
PN_CHECKED int pn_csv_put_number(pn_buf *b, bool first, double v, pn_error *err);
PN_CHECKED int pn_csv_end_row(pn_buf *b, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
