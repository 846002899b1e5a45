/* cmd/matrix_table.h - a table of numbers with a name for each row and each column. */
#ifndef PN_MATRIX_TABLE_H
#define PN_MATRIX_TABLE_H
#include <survival/surv.h>
#include "base/csv.h"

typedef struct mt_table {
    pn_csv csv;
    double *v;               /* n_rows * n_columns, row-major             */
    size_t n_rows, n_columns;
    size_t *at;              /* [n_columns]: the column of the csv        */
} mt_table;

/* The first column names the rows, all others hold numbers. Fails: as pn_csv_read; PN_EFORMAT (a cell
 * without a number, no row or column of numbers, a row's name empty or there twice). */
PN_CHECKED int mt_read(mt_table *out, const char *path, pn_error *err);
/* Of a table that also holds other things: only the columns whose first value is a number, without those that begin
 * with `diagnostics_`; an empty cell, NA or NaN is NaN. Fails as mt_read: also for text below a number. */
PN_CHECKED int mt_read_numbers(mt_table *out, const char *path, pn_error *err);
void mt_free(mt_table *t);
const char *mt_row(const mt_table *t, size_t row);
const char *mt_column(const mt_table *t, size_t column);

/* Rows of `t` in the order of the names in `like`, others left out: at[i] is the row of t for row i of like.
 * Fails: PN_ENOTFOUND (names the first one that is missing). */
PN_CHECKED int mt_match_rows(size_t *at, const mt_table *t, const mt_table *like, pn_error *err);

/* Rows of both tables with the same name, in the order of a: a[i] and b[i], at most as many as a has rows. */
PN_CHECKED int mt_join_rows(size_t *a, size_t *b, size_t *n, const mt_table *ta, const mt_table *tb, pn_error *err);

/* A folder's file, written whole or not at all. */
PN_CHECKED int mt_write(const char *folder, const char *name, const pn_buf *b, pn_error *err);

/* "Working: 12 of 100" on a terminal's stderr; nothing elsewhere. */
void mt_progress(const char *verb, size_t done, size_t all);

#endif
