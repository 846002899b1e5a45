/* pipeline/train_spread.h - how the training patients lie among themselves, and how sure the model
 * made from them is: the correlations and distances, and the bootstrap replicates of a model file.
 *
 * z: the standardised features, n rows, column by column, as pn_train_fit makes them. */
#ifndef PN_PIPELINE_TRAIN_SPREAD_H
#define PN_PIPELINE_TRAIN_SPREAD_H
#include <survival/surv.h>
#include "pipeline/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fill m's correlation, distance quantiles and max_mahalanobis: the o->distance_percentile-th
 * percentile of the training patients' distances, INFINITY where that is 0. m->features are
 * named. Fails with PN_EINVAL, naming them, where a feature is a combination of others. */
PN_CHECKED int pn_train_distances(cfg_model *m, const double *z, size_t n, const pn_train_opts *o,
                                  pn_error *err);

/* Fill m's bootstrap from o->replicates samples; the features are not selected anew in each.
 * m->features, horizons and baseline are there. Samples that cannot be fitted are left out and
 * counted in *told. Fails with PN_EINVAL where none can be fitted. */
PN_CHECKED int pn_train_bootstrap(cfg_model *m, pn_train_bootstrap_summary *told, const double *z,
                                  const sv_surv *s, const pn_train_opts *o, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
