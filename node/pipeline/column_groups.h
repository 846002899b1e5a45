/* pipeline/column_groups.h - survival of the groups that a clinical column names: stages, subtypes, clusters. */
#ifndef PN_PIPELINE_COLUMN_GROUPS_H
#define PN_PIPELINE_COLUMN_GROUPS_H
#include <stddef.h>
#include <survival/km.h>
#include "base/csv.h"
#include "base/error.h"
#include "pipeline/train_data.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_MAX_COLUMN_GROUPS = 8 };

typedef struct pn_column_group {
    char name[65];                   /* the cells' text                                          */
    size_t patients, events;
    sv_km km;                        /* owned                                                    */
    sv_km_estimate median_days;      /* NaN: not reached                                         */
} pn_column_group;

typedef struct pn_column_groups {
    char column[65];                 /* "": none was asked for                                   */
    pn_column_group group[PN_MAX_COLUMN_GROUPS];
    size_t n;
    size_t missing;                  /* patients without a value: in no group                    */
    double logrank, logrank_p;       /* do the curves differ? NaN: no test                       */
    int df;
    double trend, trend_p;           /* do they rise or fall in the order of the groups?         */
} pn_column_groups;

/* Groups of the patients of d by a column of the clinical table that d was joined with: in the order of the numbers
 * where all cells are numbers, else in that of their bytes. An empty cell, NA or NaN is missing. Fails:
 * PN_ENOTFOUND (no such column); PN_EFORMAT (fewer than 2 groups; more than PN_MAX_COLUMN_GROUPS: names the row);
 * PN_ENOMEM. *out is untouched on failure. */
PN_CHECKED int pn_column_groups_read(pn_column_groups *out, const pn_csv *clinical, const pn_train_data *d,
                                     const char *column, pn_error *err);
void pn_column_groups_free(pn_column_groups *g);     /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
