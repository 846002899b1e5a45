/* pipeline/recipe_assess.h - what a recipe is worth: the whole chain is fitted again without some of the
 * patients, and judged by those it has not seen.
 *
 * Repeated cross-validation: patients are judged by chains that were fitted without them. Scores of different chains
 * are not comparable, so pairs and times are judged within folds; groups are, since each chain has its own cut.
 * Bootstrap: Harrell's optimism, the fall of C from the patients drawn to all patients (Harrell, Lee & Mark 1996,
 * Stat Med 15:361). */
#ifndef PN_PIPELINE_RECIPE_ASSESS_H
#define PN_PIPELINE_RECIPE_ASSESS_H
#include "pipeline/recipe.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_recipe_group { size_t patients, events; } pn_recipe_group;

/* How scores and groups fit what happened; NaN: cannot be said. */
typedef struct pn_recipe_figures {
    size_t patients;                     /* with a score                                          */
    double c, c_se;                      /* Harrell                                               */
    double uno;                          /* up to the last horizon                                */
    double auc[CFG_MAX_RECIPE_HORIZONS];
    pn_recipe_group low, high;
    double hazard_ratio, hr_low, hr_high;   /* high to low group                                  */
    double logrank_p;
} pn_recipe_figures;

typedef struct pn_recipe_assessment {
    size_t n;                            /* patients                                              */
    pn_recipe_figures apparent;          /* of the chain fitted to all, on the same patients      */
    size_t repeats, folds;               /* repeats is 0: no cross-validation                     */
    int *fold;                           /* [repeats * n]                                         */
    double *score; int *group;           /* [repeats * n] out of fold; NaN and -1 where unknown   */
    pn_recipe_figures *of_repeat;        /* [repeats]                                             */
    size_t fits, failed, empty;          /* chains; those without fit; those that chose nothing   */
    char failure[480];                   /* the first one                                         */
    size_t *chosen;                      /* [features] chains that chose each                     */
    size_t fewest, most;                 /* features of a chain                                   */
    size_t drawn, fitted;                /* bootstrap samples                                     */
    double optimism, corrected_c;        /* NaN without                                           */
} pn_recipe_assessment;

typedef struct pn_recipe_assess_opts {
    void (*progress)(void *context, size_t done, size_t all);   /* of the fits; or NULL            */
    void *context;
} pn_recipe_assess_opts;

/* Assess as in->recipe->assess says; `whole` was fitted to all of c. A chain that cannot be fitted leaves its patients
 * without score and is counted. Fails: PN_EINVAL (no chain could be fitted: says why the first could not); PN_ENOMEM. */
PN_CHECKED int pn_recipe_assess(pn_recipe_assessment *out, const pn_chain *whole, const pn_recipe_inputs *in,
                                const pn_cohort *c, const pn_recipe_assess_opts *opts, pn_error *err);
void pn_recipe_assessment_free(pn_recipe_assessment *a);     /* NULL and a zeroed struct are fine */

/* The chain fitted without the patients of fold[i] == which. */
PN_CHECKED int pn_recipe_fit_without(pn_chain *out, const pn_recipe_inputs *in, const pn_cohort *c, const int *fold,
                                     int which, pn_error *err);

/* score, group: of the patients of c; stratum: pairs and times are judged within it, or NULL. */
PN_CHECKED int pn_recipe_judge(pn_recipe_figures *out, const double *score, const int *group, const int *stratum,
                               const pn_cohort *c, const cfg_recipe_assess *a, pn_error *err);

/* Mean, median, spread and ends over repeats of one figure: get(figures, which). NaN ones are passed over; n: the others. */
typedef struct pn_recipe_spread { size_t n; double mean, median, sd, least, most; } pn_recipe_spread;
typedef double pn_recipe_figure(const pn_recipe_figures *f, size_t which);
pn_recipe_spread pn_recipe_over_repeats(const pn_recipe_assessment *a, pn_recipe_figure *get, size_t which);

#ifdef __cplusplus
}
#endif
#endif
