/* cmd/validate_args.h - the options of `prognode validate`, and the patients that they name. */
#ifndef PN_CMD_VALIDATE_ARGS_H
#define PN_CMD_VALIDATE_ARGS_H
#include <stdbool.h>
#include <config/model.h>
#include <survival/reclassify.h>
#include "cmd/option.h"
#include "pipeline/clinical_columns.h"
#include "pipeline/train_data.h"

typedef struct validate_args {
    const char *model, *features, *clinical, *output, *pdf, *table, *points, *cohort, *id, *time, *event;
    double days_per_unit;
    const char *groups;                      /* clinical column whose groups are shown; NULL: none */
    opt_list adjust;                         /* clinical columns beside the score             */
    /* with another model; NULL: none */
    const char *other, *other_features;      /* its features are in this table; NULL: in the same one */
    opt_list clinical_columns;
    double limits[SV_RECLASSIFY_MAX_LIMITS]; size_t n_limits;
    size_t replicates, seed;
    bool quiet;
} validate_args;

/* Fill a from the command line; errors are told on stderr. Returns 0 to go on, -1 where the help
 * was printed, else an exit code. Texts point into argv. Free with validate_args_free,
 * always. */
int validate_args_parse(validate_args *a, int argc, char **argv);
void validate_args_free(validate_args *a);

/* The model's features of the table at `path`, joined with the follow-up of a->clinical, and in *c (may be NULL)
 * the columns to adjust for. Fails: as pn_csv_read, pn_train_join and pn_clinical_columns_read. */
PN_CHECKED int validate_read_patients(pn_train_data *d, pn_clinical_columns *c, const cfg_model *m, const char *path,
                                      const validate_args *a, pn_error *err);

#endif
