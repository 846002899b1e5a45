/* pipeline/recipe.h - a training recipe carried out: patients become a chain of fitted steps, and the chain
 * gives patients scores and groups.
 *
 * pn_recipe_fit sees the training patients and nothing else; everything that a step learns (columns, groups,
 * centre effects, means, coefficients, networks, the cut-point) stands in the chain. pn_recipe_apply judges each
 * patient by the chain and that patient's own values alone. */
#ifndef PN_PIPELINE_RECIPE_H
#define PN_PIPELINE_RECIPE_H
#include <config/recipe.h>
#include <survival/combat.h>
#include <survival/elm.h>
#include <survival/learner.h>
#include <survival/surv.h>
#include "base/error.h"
#include "pipeline/cohort.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The recipe and the tables that it names; all borrowed. They know nothing of the patients of the cohort. */
typedef struct pn_recipe_inputs {
    const cfg_recipe *recipe;
    /* Given subpopulations: rows are the cohort's genes, in its order; NULL: found in the expression. */
    const sv_matrix *profiles;
    const char *const *profile_name;     /* [profiles->cols]                                       */
    const int *reference_centre;         /* its code in the cohort; NULL: none                     */
    const double *reliability;           /* [features of the cohort] ICC; NaN: not in the table; NULL: no table */
} pn_recipe_inputs;

/* Groups of the training patients. */
typedef struct pn_chain_groups {
    size_t subpopulations;               /* 0: no deconvolution                                    */
    double *profiles;                    /* [genes][subpopulations] as found, or NULL              */
    size_t k;                            /* 0: no groups                                           */
    int *group;                          /* [training patients] 1..k                               */
    size_t *size;                        /* [k]                                                    */
    double *ratio;                       /* [k] observed over expected events                      */
    double logrank_p, pac;
    size_t worst;                        /* 1..k: the label's group                                */
    int *label;                          /* [training patients] 1: in that group                   */
} pn_chain_groups;

typedef struct pn_chain {
    size_t n, events;                    /* training patients                                      */
    pn_chain_groups groups;
    size_t *kept; size_t n_kept;         /* columns of the cohort's features, after the filter     */
    size_t unmeasured, constant, unreliable, redundant;   /* columns that the filter left out, by reason */
    sv_combat combat;                    /* of the kept columns; p is 0: none                      */
    double *mean, *sd;                   /* [n_kept]                                               */
    size_t *chosen; size_t n_chosen;     /* among kept; none: the selection is empty, every score is 0 */
    double lambda;                       /* of the selection; NaN: none                            */
    double *coef;                        /* [n_chosen] a standard deviation; not of elm            */
    sv_elm *network; size_t n_networks;
    sv_fitted *fitted; sv_learner learner;   /* of a learner, as set or chosen; else NULL          */
    double *combine; size_t n_combine;   /* log hazard ratios: of the score, then of the clinical columns */
    size_t *clinical; double *clinical_mean;   /* [n_combine - 1] columns, and what they are centred at */
    double cut, cut_p;
} pn_chain;

/* Whether the recipe's learner exists, with its settings and what it learns from. PN_EINVAL says what there is. */
PN_CHECKED int pn_recipe_check(const cfg_recipe *r, pn_error *err);

/* Fit to the patients of `train`. Warnings of the fit are told by the figures in *out.
 * Fails: PN_EINVAL (no event, no column left, a step that cannot be done: the message names the step); PN_ENOMEM.
 * *out is untouched on failure. */
PN_CHECKED int pn_recipe_fit(pn_chain *out, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err);
void pn_chain_free(pn_chain *c);                 /* NULL and a zeroed struct are fine */

/* score[of->n], higher is worse, and group[of->n]: 1 high risk, 0 low risk. A patient without a value that the chain
 * needs, or of a centre that it has not seen, gets NaN and -1. Fails: PN_ENOMEM, PN_EINVAL (another cohort's columns). */
PN_CHECKED int pn_recipe_apply(double *score, int *group, const pn_chain *c, const pn_recipe_inputs *in,
                               const pn_cohort *of, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
