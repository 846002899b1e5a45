/* cmd/train_args.h - the options of `prognode train`. */
#ifndef PN_CMD_TRAIN_ARGS_H
#define PN_CMD_TRAIN_ARGS_H
#include <stdbool.h>
#include <stddef.h>
#include <config/model.h>
#include "cmd/option.h"
#include "pipeline/train.h"

typedef opt_list train_list;

typedef struct train_args {
    const char *features, *clinical, *extraction, *output, *body_part;
    const char *recipe, *expression, *profiles, *table, *out_of_fold;   /* of a recipe; or NULL */
    const char *id_column, *time_column, *event_column;
    const char *model_id, *version, *title, *description, *endpoint;
    train_list use, clinical_use, contours, modality;
    double days_per_unit;
    pn_train_cut cut;
    double cut_value;
    double horizons[CFG_MAX_HORIZONS];
    size_t n_horizons;
    bool research_only;
    cfg_range slice_spacing, pixel_spacing, slice_thickness;
    const char *contrast;
    double max_missing;              /* slices; INFINITY: any number                */
    double distance_percentile;
    size_t min_voxels, replicates, seed;
    bool select;                     /* by the LASSO                                */
    double redundancy;               /* |Spearman| above which one of two goes; 1: none */
    size_t folds;
    bool one_se;
    const char *own_choice;          /* an option that a recipe decides, or NULL     */
    const char *page, *path_table;   /* of the model by itself; or NULL              */
    bool quiet;
} train_args;

/* Fill a from the command line; errors are told on stderr. Returns 0 to go on, -1 where the help
 * was printed, else an exit code. Texts point into argv. Free with train_args_free, always. */
int train_args_parse(train_args *a, int argc, char **argv);
void train_args_free(train_args *a);

#endif
