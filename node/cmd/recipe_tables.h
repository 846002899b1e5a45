/* cmd/recipe_tables.h - the tables of `train --recipe`, joined by patient. */
#ifndef PN_CMD_RECIPE_TABLES_H
#define PN_CMD_RECIPE_TABLES_H
#include <config/recipe.h>
#include "cmd/matrix_table.h"
#include "cmd/train_frame.h"
#include "pipeline/recipe.h"

typedef struct recipe_tables {
    pn_cohort cohort;
    pn_recipe_inputs inputs;             /* borrows from here                                     */
    const char **id;                     /* [cohort.n]                                            */
    pn_train_unmatched features_only, clinical_only;
    size_t without_expression;           /* patients left out for that                            */
    size_t texts;                        /* feature columns without any number, passed over       */
    char table_sha256[PN_DIGEST_HEX_SIZE];
    /* what the above borrows from */
    pn_csv features, clinical, reliability_csv;
    mt_table expression, profiles;
    const char **feature_name, **clinical_name, **gene_name, **profile_name;
    double *profile, *reliability;
    sv_matrix profile_matrix;
    int reference;
} recipe_tables;

/* Read what the options and the recipe name; *out is filled in place (it points into itself) and freed with
 * recipe_tables_free, also after a failure. Fails as pn_train_join, naming file, row and column; for a missing value
 * where the recipe refuses those; for features extracted with other settings than these (NULL: any); for a table that a step needs and that is not given. */
PN_CHECKED int recipe_tables_read(recipe_tables *out, const cfg_recipe *r, const train_args *a, const char *settings,
                                  pn_error *err);
void recipe_tables_free(recipe_tables *t);

#endif
