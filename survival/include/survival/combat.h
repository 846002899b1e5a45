/* survival/combat.h - harmonisation of features between centres (ComBat).
 *
 * Johnson, Li & Rabinovic 2007 (Biostatistics 8:118), in the form of sva 3.46: an additive and a
 * multiplicative effect of each batch on each feature, shrunk over the features by empirical Bayes.
 * Fitted on training data; then the frozen effects are taken off any data of those batches, and a
 * new centre's effects can be added without touching the fit. One thread, no shared state.
 *
 * Covariates are what the harmonisation must keep (histology, stage ...), never the outcome of the
 * model: with it, what is harmonised would know the answer. */
#ifndef SV_COMBAT_H
#define SV_COMBAT_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_combat_opts {
    bool nonparametric;           /* priors by their empirical distribution: O(features^2)        */
    bool mean_only;               /* the additive effect only                                     */
    const int *reference;         /* batch to whose values the others are brought; or NULL: all   */
    double tolerance;             /* relative change at which the shrinking stops; sva's is 1e-4  */
    size_t max_iterations;
    const char *const *names;     /* the covariates', for messages only; or NULL                  */
} sv_combat_opts;
#define SV_COMBAT_OPTS_INIT { .tolerance = 1e-4, .max_iterations = 10000 }

typedef struct sv_combat {
    size_t p, covariates, batches;
    int *batch;                   /* [batches] their codes                                        */
    double *grand;                /* [p] mean at covariates of 0                                  */
    double *scale;                /* [p] standard deviation left by batches and covariates        */
    double *beta;                 /* [covariates][p]                                              */
    double *gamma;                /* [batches][p] additive effect, in units of scale              */
    double *delta;                /* [batches][p] effect on the variance                          */
    unsigned char *untouched;     /* [p] 1: constant within a batch when fitted; passed through   */
} sv_combat;

void sv_combat_free(sv_combat *c);    /* NULL-safe; leaves *c empty */

/* Can covariates and batches be told apart? Fails: SV_EDATA where a covariate is constant, or one is
 * a sum of the batches and the covariates before it (it is named): then nothing can say which of
 * them made a difference. Call it with the outcome as the only covariate, too, before trusting any
 * harmonised comparison. */
SV_CHECKED int sv_combat_check(const int *batch, size_t n, const sv_matrix *covariates,
                               const char *const *names, sv_error *err);

/* x: rows of patients, columns of features; covariates: as many rows, or NULL. Without a reference at
 * least 2 batches; of one batch with reference, the fit is that batch's own (see sv_combat_add).
 * Fewer than 2 features that vary lend each other nothing: the effects are then not shrunk.
 * *out belongs to the caller (sv_combat_free). Fails, *out untouched: as sv_matrix_check and
 * sv_combat_check; SV_ETOOSMALL (a batch of 1 row, unless mean_only; too few batches or rows);
 * SV_EINVAL (an option; a reference that is no batch); SV_ENUMERIC (no convergence); SV_ENOMEM. */
SV_CHECKED int sv_combat_fit(sv_combat *out, const sv_matrix *x, const int *batch, const sv_matrix *covariates,
                             const sv_combat_opts *opts, sv_error *err);

/* Add a batch that the fit did not see, from its own rows: its effects are those against the frozen
 * means and scales. A feature constant in it is passed through for this batch. Fails, *c unchanged:
 * as sv_combat_fit; SV_EINVAL also for a batch that is known. */
SV_CHECKED int sv_combat_add(sv_combat *c, int batch, const sv_matrix *x, const sv_matrix *covariates,
                             const sv_combat_opts *opts, sv_error *err);

/* out[row * p + feature]: harmonised values; rows of the reference come back as they are. Fails, out
 * untouched: as sv_matrix_check; SV_EINVAL (other numbers of columns than fitted); SV_EDATA (a batch
 * that the fit does not know: its row and code are named); SV_ENOMEM. */
SV_CHECKED int sv_combat_apply(double *out, const sv_combat *c, const sv_matrix *x, const int *batch,
                               const sv_matrix *covariates, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
