/* pipeline/clinical_columns.h - columns of a table as covariates of a regression. */
#ifndef PN_PIPELINE_CLINICAL_COLUMNS_H
#define PN_PIPELINE_CLINICAL_COLUMNS_H
#include <stddef.h>
#include "base/csv.h"
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_MAX_CLINICAL_COLUMNS = 64, PN_MAX_LEVELS = 12, PN_CLINICAL_NAME_SIZE = 96 };

typedef struct pn_clinical_columns {
    size_t n, p;
    double *x;                                   /* [n * p] column by column                       */
    char (*name)[PN_CLINICAL_NAME_SIZE];        /* [p] the column's name; of a level "stage: III" */
} pn_clinical_columns;

/* Column by column of `names`, for rows[0..n) of the table (from 0). A column of numbers stays one. One with text
 * in any of these rows holds categories: an indicator for each but the first in the order of bytes.
 * Fails, naming row and column: a missing value, a column with one value only, or with more than PN_MAX_LEVELS
 * categories (PN_EFORMAT); a column that is not there (PN_ENOTFOUND) or is named twice, more than
 * PN_MAX_CLINICAL_COLUMNS (PN_EINVAL); PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_clinical_columns_read(pn_clinical_columns *out, const pn_csv *t, const size_t *rows, size_t n,
                                  const char *const *names, size_t n_names, pn_error *err);
void pn_clinical_columns_free(pn_clinical_columns *c);       /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
