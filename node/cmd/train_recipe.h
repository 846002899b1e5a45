/* cmd/train_recipe.h - `prognode train --recipe`. */
#ifndef PN_CMD_TRAIN_RECIPE_H
#define PN_CMD_TRAIN_RECIPE_H
#include "cmd/recipe_tables.h"
#include "pipeline/recipe_assess.h"

/* Read the tables, carry the recipe out, assess it, tell it; write what --table, --out-of-fold and -o name. */
PN_CHECKED int train_by_recipe(const train_args *a, pn_error *err);

/* What is told of a fit and of its assessment on stdout, and the same as CSV. cmd/recipe_tell.c */
void recipe_tell_fit(const cfg_recipe *r, const pn_chain *c, const pn_cohort *cohort);
void recipe_tell_assessment(const cfg_recipe *r, const pn_recipe_assessment *a, const pn_cohort *cohort);
PN_CHECKED int recipe_write_table(const char *path, const cfg_recipe *r, const pn_recipe_assessment *a,
                                  const pn_cohort *cohort, pn_error *err);
PN_CHECKED int recipe_write_predictions(const char *path, const recipe_tables *t, const pn_recipe_assessment *a,
                                        pn_error *err);

#endif
