/* survival/pca.h - principal components of a table of features.
 *
 * Singular values of the centred (and scaled) table, as R's prcomp: divisor n - 1. Each component's
 * sign is free; here its loading of largest size is positive (the first, of equal ones). Components
 * whose standard deviation is rounding error, at most max(rows, columns) eps times the first, are
 * left out. One thread, in a fixed order. */
#ifndef SV_PCA_H
#define SV_PCA_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_PCA_MAX_SHORT ((size_t)4096)   /* the smaller of rows and columns */

typedef struct sv_pca_opts {
    bool scale;                   /* divide by the columns' standard deviations                   */
    size_t components;            /* at most so many; 0: all there are                            */
    const char *const *names;     /* the columns', for messages only; or NULL                     */
} sv_pca_opts;
#define SV_PCA_OPTS_INIT { .scale = true }

typedef struct sv_pca {
    size_t p, components;
    double *centre, *scale;       /* [p]; scale is 1 where it was not asked for                   */
    double *rotation;             /* [components][p] loadings, of length 1                        */
    double *sdev;                 /* [components] falling                                         */
    double total;                 /* variance of all columns: sdev^2 / total is a component's share */
} sv_pca;

void sv_pca_free(sv_pca *p);      /* NULL-safe; leaves *p empty */

/* *out belongs to the caller (sv_pca_free). Fails, *out untouched: as sv_matrix_check; SV_ETOOSMALL
 * (fewer than 2 rows); SV_EDATA (a constant column where scale is asked for: it is named; all columns
 * constant); SV_ELIMIT (both rows and columns beyond SV_PCA_MAX_SHORT); SV_ENOMEM. */
SV_CHECKED int sv_pca_fit(sv_pca *out, const sv_matrix *x, const sv_pca_opts *opts, sv_error *err);

/* out[row * components + k]: scores of any rows, new ones as well. Fails, out untouched: as
 * sv_matrix_check; SV_EINVAL (another number of columns than fitted). */
SV_CHECKED int sv_pca_scores(double *out, const sv_pca *p, const sv_matrix *x, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
