/* pipeline/recipe_steps.h - the steps of pipeline/recipe.h, one function each; not for others. */
#ifndef PN_PIPELINE_RECIPE_STEPS_H
#define PN_PIPELINE_RECIPE_STEPS_H
#include "pipeline/recipe.h"

/* deconvolve, cluster, label: fill c->groups. z: the training patients' kept features as scaled, or NULL. */
PN_CHECKED int pn_step_groups(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, const double *z,
                              pn_error *err);

/* filter, harmonise, scale: fill c->kept to c->sd. */
PN_CHECKED int pn_step_columns(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err);
/* z[of->n * n_kept], column by column: the kept features of any patients, harmonised and scaled; NaN where a value or
 * its centre is unknown. */
PN_CHECKED int pn_chain_scaled(double *z, const pn_chain *c, const pn_cohort *of, pn_error *err);

/* select: fill c->chosen, lambda and, for the penalised model, coef. */
PN_CHECKED int pn_step_select(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, const double *z, pn_error *err);

/* model: fill coef or network. x[n * n_chosen], column by column. names: of the chosen columns, for messages. */
PN_CHECKED int pn_step_model(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, const double *x,
                             const char *const *names, pn_error *err);

/* deconvolve to model: all that makes the score of the features. *c is the caller's to free, also after a failure. */
PN_CHECKED int pn_steps_to_score(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err);
/* By them alone, without combine. */
PN_CHECKED int pn_chain_features_score(double *score, const pn_chain *c, const pn_cohort *of, pn_error *err);

/* Fill fitted and learner, by x and label or follow-up. pipeline/recipe_learner.c */
PN_CHECKED int pn_step_learner(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, const sv_matrix *x, pn_error *err);

/* combine: fill combine, clinical and clinical_mean. */
PN_CHECKED int pn_step_combine(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err);

/* coef[x->cols] of Cox regression, within strata (NULL: one); columns that determine each other, separate the events or
 * are as many as those are refused by name. */
PN_CHECKED int pn_fit_cox(double *coef, const pn_cohort *train, const sv_matrix *x, const int *stratum,
                          const char *const *names, cfg_step step, pn_error *err);

/* The matching of a name against a list of names and patterns. */
bool pn_names_match(const cfg_names *names, const char *name);

/* "step: ..." of an error of the library. */
int pn_step_failed(pn_error *err, cfg_step step, const sv_error *sv);

#endif
