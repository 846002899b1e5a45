/* pipeline/clinical_columns.h - columns of a table as columns of a regression.
 *
 * A column of numbers stays one. One with text in it holds categories: a column of 0 and 1 for each but the most
 * frequent one (of equally frequent ones the first in the order of bytes), with which the others are compared. */
#ifndef PN_PIPELINE_CLINICAL_COLUMNS_H
#define PN_PIPELINE_CLINICAL_COLUMNS_H
#include <stddef.h>
#include "base/csv.h"
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_MAX_CLINICAL_COLUMNS = 20, PN_MAX_LEVELS = 12,
       PN_MAX_CLINICAL_TERMS = PN_MAX_CLINICAL_COLUMNS * (PN_MAX_LEVELS - 1) };

typedef struct pn_clinical_term {
    char name[65];                               /* the column                                     */
    char detail[65];                             /* "per unit", or "III against I"                 */
} pn_clinical_term;

typedef struct pn_clinical_columns {
    size_t n, p;
    double *x;                                   /* [n * p] column by column; NaN: missing         */
    pn_clinical_term *term;                      /* [p]                                            */
} pn_clinical_columns;

/* The columns `names`, of rows[0..n) of the table (from 0); "factor(NAME)" takes numbers for categories. missing: what an
 * empty cell, NA or NaN is. Fails, naming row and column: a missing value that is required, a column with one value
 * only, or with more than PN_MAX_LEVELS categories (PN_EFORMAT); a column that is not there (PN_ENOTFOUND) or is named
 * twice, more than PN_MAX_CLINICAL_COLUMNS (PN_EINVAL); PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_clinical_columns_read(pn_clinical_columns *out, const pn_csv *t, const size_t *rows, size_t n,
                                        const char *const *names, size_t n_names, pn_csv_missing missing, pn_error *err);
void pn_clinical_columns_free(pn_clinical_columns *c);       /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
