/* survival/forest.h - random forests of labels and of follow-up.
 *
 * Trees grown to bootstrap samples of the rows, each split the best of a few columns drawn for it (Breiman 2001,
 * Mach Learn 45:5): of labels by Gini's index, of follow-up by the log-rank statistic, with Nelson & Aalen's
 * cumulative hazard in the leaves (Ishwaran, Kogalur, Blackstone & Lauer 2008, Ann Appl Stat 2:841). What a
 * forest says of a training row is taken from the trees whose sample left it out ("out of bag"), which is an
 * honest estimate where its rows and settings were not chosen by it. Tree t draws from sv_rng_stream(seed, t):
 * the same forest on every machine, in whatever order trees are grown. One thread. */
#ifndef SV_FOREST_H
#define SV_FOREST_H

#include <survival/surv.h>
#include <survival/tree.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_FOREST_MAX_TREES ((size_t)100000)
#define SV_FOREST_MAX_CELLS ((size_t)1 << 29)     /* trees x rows, and trees x columns              */

typedef struct sv_forest_opts {
    size_t trees;
    size_t columns;               /* drawn for each split; 0: the square root of their number; others
                                     follow while none of them can split the node                  */
    size_t min_leaf;              /* rows (with repeats) that either side of a split must keep     */
    size_t max_depth;             /* at most 60                                                    */
    uint64_t seed;
    bool importance;
    bool (*progress)(void *context, size_t done, size_t all);     /* after each tree; false: stop; or NULL */
    void *context;
} sv_forest_opts;
#define SV_FOREST_OPTS_INIT { .trees = 500, .min_leaf = 1, .max_depth = 60, .seed = 1 }
#define SV_SURVIVAL_FOREST_OPTS_INIT { .trees = 500, .min_leaf = 15, .max_depth = 60, .seed = 1 }

/* importance[column]: by how much the error out of bag grows where the column's values are exchanged at random
 * among the rows out of each tree's bag (Breiman 2001, section 10). Fits fail, *out untouched: as sv_matrix_check;
 * SV_EINVAL (an option; progress said stop); SV_ETOOSMALL (fewer than 2 rows); SV_ELIMIT; SV_ENOMEM. */

/* ---- of labels ------------------------------------------------------------------------------- */

typedef struct sv_forest {
    size_t n, p, trees, classes;
    int *label;                   /* [classes] rising                                             */
    sv_tree *tree;                /* [trees] without labels of their own                          */
    double *oob;                  /* [n][classes] mean share out of bag; NaN: in every bag         */
    double oob_error;             /* share of rows whose largest oob is not their own label's (the
                                     first of equal ones is taken)                                */
    double *importance;           /* [p], or NULL                                                 */
} sv_forest;

void sv_forest_free(sv_forest *f);        /* NULL-safe; leaves *f empty */

/* label: any codes. Fails also: SV_EDATA (fewer than 2 labels), SV_ELIMIT (more than 1000). */
SV_CHECKED int sv_forest_fit(sv_forest *out, const sv_matrix *x, const int *label, const sv_forest_opts *opts,
                             sv_error *err);

/* share[row * classes + c]: mean over trees of the shares in the leaf that the row falls into. Fails, share
 * untouched: as sv_matrix_check; SV_EINVAL (another number of columns than fitted). */
SV_CHECKED int sv_forest_predict(double *share, const sv_forest *f, const sv_matrix *x, sv_error *err);

/* ---- of follow-up ---------------------------------------------------------------------------- */

/* node[].errors counts events. */
typedef struct sv_hazard_tree {
    size_t nodes;
    sv_tree_node *node;           /* [nodes] the root first                                       */
    size_t *step;                 /* [nodes + 1] where a leaf's steps begin                       */
    uint32_t *at;                 /* [step[nodes]] place of the time in time[]                     */
    double *rise;                 /* of the cumulative hazard: deaths over those at risk           */
    double *mortality;            /* [nodes] of leaves                                            */
} sv_hazard_tree;

typedef struct sv_survival_forest {
    size_t n, p, trees, times;
    double *time;                 /* [times] at which the training rows died, rising              */
    sv_hazard_tree *tree;         /* [trees]                                                      */
    double *oob;                  /* [n] mortality out of bag; NaN: in every bag                   */
    double oob_error;             /* 1 - Harrell's C of oob; NaN without a comparable pair         */
    double *importance;           /* [p], or NULL                                                 */
} sv_survival_forest;

void sv_survival_forest_free(sv_survival_forest *f);      /* NULL-safe; leaves *f empty */

/* Right-censored follow-up. Fails also: as sv_surv_check; SV_EINVAL (weights, start times or strata); SV_ENOEVENT. */
SV_CHECKED int sv_survival_forest_fit(sv_survival_forest *out, const sv_matrix *x, const sv_surv *s,
                                      const sv_forest_opts *opts, sv_error *err);

/* mortality[row]: the events to be expected among the training rows had they all the row's cumulative hazard, the
 * sum of it over their times; higher means earlier. Fails, output untouched: as sv_forest_predict. */
SV_CHECKED int sv_survival_forest_score(double *mortality, const sv_survival_forest *f, const sv_matrix *x, sv_error *err);

/* hazard[row * times + k]: cumulative hazard at time[k], mean over trees. */
SV_CHECKED int sv_survival_forest_hazard(double *hazard, const sv_survival_forest *f, const sv_matrix *x, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
