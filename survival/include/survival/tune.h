/* survival/tune.h - choosing a learner's settings by cross-validation, and judging the whole procedure by another
 * around it.
 *
 * A setting that did best among many did so partly by luck, so the criterion it was chosen by flatters it; nested
 * cross-validation (Varma & Simon 2006, BMC Bioinformatics 7:91) repeats the choice within each outer fold's
 * training rows and judges it on rows that had no part in it. Every fit is given a copy of its training rows and
 * nothing else: scales, penalties and settings are learnt from them alone. Criteria are taken within a held-out
 * fold, since scores of two fits need not share a unit. Folds are drawn with events or labels spread evenly
 * (sv_cv_folds). Labels are 0 and 1. One thread; the same seed gives the same result. */
#ifndef SV_TUNE_H
#define SV_TUNE_H

#include <survival/learner.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_GRID_MAX_CELLS ((size_t)100000)
#define SV_GRID_MAX_AXES SV_LEARNER_MAX_PARAMS
#define SV_TUNE_MAX_REPEATS ((size_t)1000)

/* ---- criteria -------------------------------------------------------------------------------- */

typedef enum sv_criterion {
    SV_CRITERION_AUC,             /* "auc": area under the ROC curve                              */
    SV_CRITERION_ACCURACY,        /* "accuracy": share of rows on the right side of sv_fitted_cut  */
    SV_CRITERION_LOG_LOSS,        /* "log_loss": mean -log P(the row's label), P at least 1e-15; the
                                     least is best; needs sv_learner_gives_shares                 */
    SV_CRITERION_CONCORDANCE,     /* "concordance": Harrell's C                                   */
    SV_CRITERIA
} sv_criterion;

const char *sv_criterion_name(sv_criterion c);
bool sv_criterion_by_name(sv_criterion *out, const char *name);
bool sv_criterion_least_is_best(sv_criterion c);
bool sv_criterion_survival(sv_criterion c);   /* of follow-up, else of labels                     */

/* Of a model on given rows. NaN where the rows have but one label, or no comparable pair. Fails, out NaN: as
 * sv_fitted_score or sv_fitted_shares; SV_EINVAL (a criterion of the other kind). */
SV_CHECKED int sv_criterion_value(double *out, sv_criterion c, const sv_fitted *f, const sv_matrix *x,
                                  const sv_outcome *y, sv_error *err);

/* ---- grids ----------------------------------------------------------------------------------- */

/* Every combination of the values of its axes; none: one cell, the learner as it is. Cells are counted with the last
 * axis running fastest: put what is simpler first, it wins where two do equally well. */
typedef struct sv_grid_axis { const char *name; const double *value; size_t n; } sv_grid_axis;
typedef struct sv_grid { const sv_grid_axis *axis; size_t axes; } sv_grid;

/* The learner with the settings of a cell. Fails, *l untouched: SV_EINVAL (as sv_learner_set; no such cell). */
SV_CHECKED int sv_grid_learner(sv_learner *l, const sv_learner *base, const sv_grid *g, size_t cell, sv_error *err);

/* ---- cross-validation ------------------------------------------------------------------------ */

typedef struct sv_folds {
    size_t folds, repeats;        /* 2 or more; 1 or more                                         */
    uint64_t seed;                /* of the folds                                                 */
    const int *fold;              /* [repeats][rows] own folds 0..folds-1; or NULL: drawn         */
} sv_folds;

typedef bool (*sv_tune_progress)(void *context, size_t done, size_t all);     /* false: stop       */

/* Fit to the rows whose fold is not k: no other row's columns or outcome are so much as read. Fails: as
 * sv_learner_fit. */
SV_CHECKED int sv_fit_without_fold(sv_fitted **out, const sv_learner *l, const sv_matrix *x, const sv_outcome *y,
                                   const int *fold, size_t k, sv_error *err);

typedef struct sv_tune_opts {
    sv_criterion criterion;
    sv_folds folds;
    bool one_se;                  /* take the first cell whose mean lies within a standard error (sd /
                                     sqrt folds) of the best one's: the simpler one, in a grid so ordered */
    sv_tune_progress progress;    /* after each fit; or NULL                                      */
    void *context;
} sv_tune_opts;

typedef struct sv_tune {
    size_t cells, axes, fits;
    double *value;                /* [cells][axes]                                                */
    double *mean, *sd;            /* [cells] of the criterion over the folds of all repeats in which it is
                                     defined; sd NaN for one fold; both NaN where a fit failed    */
    size_t *failed;               /* [cells] fits that failed; such a cell is not chosen          */
    size_t best;                  /* the chosen cell; its mean is what it was chosen by, not an estimate
                                     of how well it will do                                       */
} sv_tune;

void sv_tune_free(sv_tune *t);    /* NULL-safe; leaves *t empty */

/* *out belongs to the caller (sv_tune_free). Fails, *out untouched: as sv_matrix_check and sv_surv_check; SV_EINVAL
 * (grid, folds, criterion of the other kind, log loss without probabilities, progress said stop); SV_EDATA (a label; one
 * class); SV_ELIMIT; SV_ETOOSMALL (an empty fold; the criterion is defined in no fold); SV_ENUMERIC (every cell
 * failed, told with the first message); SV_ENOMEM. */
SV_CHECKED int sv_tune_grid(sv_tune *out, const sv_learner *base, const sv_grid *grid, const sv_matrix *x,
                            const sv_outcome *y, const sv_tune_opts *opts, sv_error *err);

/* ---- nested ---------------------------------------------------------------------------------- */

/* Fold k of repeat r is place r * folds + k of the arrays [repeats * folds]. */
typedef struct sv_nested {
    size_t n, folds, repeats, axes;
    int *fold;                    /* [repeats][n]                                                 */
    double *score;                /* [repeats][n] of each row, by the model that did not see it    */
    size_t *cell;                 /* [repeats * folds] the cell chosen                            */
    double *value;                /* [repeats * folds][axes] its settings                         */
    double *chosen_by;            /* [repeats * folds] its mean within                            */
    double *criterion;            /* [repeats * folds] what it reached outside; NaN: undefined     */
    double mean, sd;              /* of criterion over folds and repeats. The folds share rows, so sd /
                                     sqrt(their number) is too small for a standard error         */
} sv_nested;

void sv_nested_free(sv_nested *t);        /* NULL-safe; leaves *t empty */

/* Within each outer fold's training rows sv_tune_grid chooses by `inner` (whose own folds must be NULL; drawn anew for
 * each outer fold from its seed), the chosen learner is fitted to all of them and asked about the fold. progress of
 * inner counts all fits. Fails: as sv_tune_grid, and where the fit of an outer fold fails, which the message names. */
SV_CHECKED int sv_nested_cv(sv_nested *out, const sv_learner *base, const sv_grid *grid, const sv_matrix *x,
                            const sv_outcome *y, const sv_folds *outer, const sv_tune_opts *inner, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
