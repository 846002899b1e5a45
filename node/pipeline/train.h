/* pipeline/train.h - a Cox model fitted to training data, as a model file's content.
 *
 * Features are standardised (mean 0, spread 1, divisor n - 1), the coefficients are those of Cox
 * regression with Efron's ties, the baseline cumulative hazard is that of a patient whose
 * features all equal the training means. */
#ifndef PN_PIPELINE_TRAIN_H
#define PN_PIPELINE_TRAIN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <config/model.h>
#include <survival/surv.h>
#include "base/error.h"
#include "pipeline/risk_cut.h"
#include "pipeline/train_data.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_train_opts {
    const char *const *features;     /* names, in the order of the data's columns          */
    pn_train_cut cut;
    double cut_value;                /* for PN_CUT_VALUE                                   */
    const double *horizon_years;     /* ascending; those beyond the follow-up are left out */
    size_t n_horizons;
    double distance_percentile;      /* 0..100: a case that lies farther from the mean than this
                                        share of the training patients is refused; 0: none is */
    /* [features] log hazard ratios a standard deviation, taken as they are (of a penalised regression, say); NULL:
     * fitted. Given ones have no interval, no p and no bootstrap samples.                 */
    const double *coefficient;
    size_t replicates;               /* bootstrap samples; 0: no intervals                 */
    uint64_t seed;                   /* of their random numbers, at most 1e12              */
    void (*progress)(void *context, size_t done, size_t all);   /* of the samples; or NULL  */
    void *progress_context;
} pn_train_opts;

/* A coefficient as a reader judges it. */
typedef struct pn_train_term {
    const char *name;                /* borrowed from the options                          */
    double hazard_ratio, low, high;  /* per standard deviation, with its 95 % interval     */
    double p;                        /* Wald, two-sided                                    */
} pn_train_term;

/* What became of the bootstrap samples. */
typedef struct pn_train_bootstrap_summary {
    size_t drawn, fitted;
    size_t no_event, dropped, infinite, not_converged;   /* why the others were left out     */
} pn_train_bootstrap_summary;

typedef struct pn_train_group { size_t patients, events; } pn_train_group;

typedef struct pn_train_summary {
    pn_train_term *terms; size_t n_terms;       /* owned                                   */
    double likelihood_ratio_p;
    double c_index, c_index_se;                 /* apparent                                */
    pn_train_group low, high;
    double logrank_p;                           /* between the groups, on the same patients */
    double cut_p;                               /* PN_CUT_MAXSTAT: allows for the search (Lausen,
                                                   Sauerbrei & Schumacher 1994)             */
    pn_train_bootstrap_summary bootstrap;
    char warnings[8][240]; size_t n_warnings;
} pn_train_summary;

/* Fill m->features, cutpoint, baseline, horizons, bootstrap, max_mahalanobis and training figures;
 * everything else of *m (identity, the rest of the intended use, extraction, table digest) is the
 * caller's and stays.
 * Warns at more features than events / 10, at horizons beyond the follow-up and at bootstrap
 * samples that could not be fitted. Fails with PN_EINVAL: as many features as events, or more; a
 * feature that others determine (all are named), or that separates the events perfectly; no convergence; a cut-point that leaves a group empty.
 * PN_ENOMEM. On failure *m is unchanged. */
PN_CHECKED int pn_train_fit(cfg_model *m, pn_train_summary *summary, const pn_train_data *d,
                            const pn_train_opts *opts, pn_error *err);
/* Of the above only m->features (names, means, spreads, quantiles), the correlations and distances. On failure *m is
 * half filled. */
PN_CHECKED int pn_train_describe(cfg_model *m, const pn_train_data *d, const pn_train_opts *opts, pn_error *err);

/* The Kaplan-Meier curve of the rows kept, with its numbers at risk, as that of a risk group. */
PN_CHECKED int pn_train_curve(cfg_km_curve *out, const sv_surv *s, const bool *keep, bool high,
                              const pn_train_group *count, pn_error *err);

void pn_train_summary_free(pn_train_summary *s);   /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
