/* pipeline/training_page.h - a model on the patients that it was made from, as a page with plots and as a table. */
#ifndef PN_PIPELINE_TRAINING_PAGE_H
#define PN_PIPELINE_TRAINING_PAGE_H
#include <survival/calibration.h>
#include "pipeline/select_features.h"
#include "pipeline/train.h"
#include "plot/sheet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The model fitted again to patients drawn again, and judged on all: what judging it on its own patients hides. */
typedef struct pn_optimism {
    size_t n;                          /* horizons                                           */
    double years[CFG_MAX_HORIZONS];
    sv_validation at[CFG_MAX_HORIZONS + 1];    /* the measures are those of the first; without a horizon one entry */
} pn_optimism;

typedef struct pn_optimism_opts {
    size_t replicates;
    uint64_t seed;
    void (*progress)(void *context, size_t done, size_t all);   /* or NULL */
    void *context;
} pn_optimism_opts;

/* Of m's horizons within the follow-up. Fails: PN_EINVAL (the model cannot be fitted), PN_ENOMEM. */
PN_CHECKED int pn_optimism_of(pn_optimism *out, const cfg_model *m, const pn_train_data *d, const pn_optimism_opts *opts,
                              pn_error *err);
void pn_optimism_free(pn_optimism *o);         /* NULL and a zeroed struct are fine */

/* What there is to show; all borrowed. */
typedef struct pn_training_content {
    const cfg_model *m;
    const pn_train_summary *s;
    const char *table;                 /* the feature table                                  */
    const pn_selection_path *path;     /* of the LASSO; NULL: nothing was selected           */
    const char *const *names;          /* of the columns before the selection                */
    const pn_optimism *optimism;
} pn_training_content;

/* Hazard ratios, groups, optimism and calibration with bootstrap correction; coefficient path and cross-validation
 * of the LASSO. Appends to *out. */
PN_CHECKED int pn_training_page(pn_buf *out, pn_sheet_form form, const pn_training_content *c, pn_error *err);

/* CSV of the path, a row a lambda: lambda, cv_mean, cv_se, selected, chosen, then a coefficient for each feature that is
 * ever selected, for one standard deviation. */
PN_CHECKED int pn_path_table(pn_buf *out, const pn_selection_path *path, const char *const *names, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
