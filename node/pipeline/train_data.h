/* pipeline/train_data.h - a feature table and a clinical table joined into training data. */
#ifndef PN_PIPELINE_TRAIN_DATA_H
#define PN_PIPELINE_TRAIN_DATA_H
#include <stdbool.h>
#include <stddef.h>
#include <config/model.h>
#include "base/csv.h"
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_TRAIN_MAX_LISTED = 10 };

/* Which columns say what. */
typedef struct pn_train_columns {
    const char *id;                /* in both tables; "case"                               */
    const char *time, *event;      /* in the clinical table; event: 1 it happened, 0 not   */
    double days_per_unit;          /* of time                                              */
    const char *const *features;   /* columns of the feature table, in the model's order   */
    size_t n_features;
    /* One a feature: those that are not of images are columns of the clinical table, or of the feature
     * table where that one has none of the name; PatientSex may be M or F. NULL: all are of images. */
    const cfg_source *sources;
    /* Where the feature table has a column "roi", only its rows that match one of these
     * patterns are used (`*`, `?`, without regard to case); none: all rows.               */
    const char *const *contours;
    size_t n_contours;
    /* Where the feature table tells the settings it was extracted with (PN_SETTINGS_COLUMN), they
     * must be these; NULL: any. */
    const char *settings;
    /* Take columns as they are: a missing value becomes NaN, a constant column stays. */
    bool incomplete;
} pn_train_columns;

#define PN_SETTINGS_COLUMN "diagnostics_Configuration_Settings"

/* Rows of one table without a partner in the other. */
typedef struct pn_train_unmatched {
    size_t n;
    size_t row[PN_TRAIN_MAX_LISTED];   /* the first ones, numbered as in a spreadsheet      */
} pn_train_unmatched;

typedef struct pn_train_data {
    size_t n, p;
    double *x;                     /* n * p, column by column, as measured                  */
    size_t *feature_row, *clinical_row;   /* [n] of the tables, from 0                      */
    double *time_days;
    int *event;
    size_t events;
    pn_train_unmatched features_only, clinical_only;
} pn_train_data;

/* Join by ID; patients stand in the order of the feature table.
 * Refuses, naming file, row and column: an ID that is empty, has a blank at its ends or is used twice, a missing or
 * non-numeric value, a negative time, one beyond PN_MAX_FOLLOW_UP_YEARS, only times of 0, an event other than 0 and 1, a feature column without
 * variation, features extracted with other settings (PN_EFORMAT); a column that is not there (PN_ENOTFOUND); no common patient, no event
 * (PN_EINVAL). *out is untouched on failure. */
PN_CHECKED int pn_train_join(pn_train_data *out, const pn_csv *features, const pn_csv *clinical,
                             const pn_train_columns *columns, pn_error *err);
void pn_train_data_free(pn_train_data *d);     /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
