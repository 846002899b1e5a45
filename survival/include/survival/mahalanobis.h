/* survival/mahalanobis.h - how far a patient lies from the patients of a sample.
 *
 * D = sqrt((x - m)' C^-1 (x - m)) with the sample's mean m and covariance C (Mahalanobis 1936).
 * With z the values standardised by the sample's means and standard deviations and R their
 * correlation matrix, D = sqrt(z' R^-1 z): the same number, whatever the features' units. For
 * normal data and known m and C, D^2 is chi-square with p degrees of freedom. */
#ifndef SV_MAHALANOBIS_H
#define SV_MAHALANOBIS_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_MAX_METRIC_COLS ((size_t)1024)

/* A column whose share of variance that the columns before it do not explain is below this is
 * taken for a combination of them. */
#define SV_COLLINEAR 1e-8

/* Pearson correlations of x's columns: r[p*p], row-major, 1 on the diagonal, symmetric.
 * Fails, r filled with NaN: as sv_matrix_check; SV_ETOOSMALL (fewer than 2 rows); SV_ELIMIT
 * (columns); SV_EDATA (a constant column, by number); SV_ENUMERIC (sums overflow). */
SV_CHECKED int sv_correlation(double *r, const sv_matrix *x, sv_error *err);

/* Factor R = L L' (Cholesky): l[p*p], row-major, zero above the diagonal. *column, if not NULL,
 * receives the first column that the ones before it determine, or p.
 * Fails, l filled with NaN: SV_EINVAL (p is 0; r not symmetric with 1 on its diagonal, or beyond
 * -1..1), SV_ELIMIT; SV_ENUMERIC (a column is a combination of earlier ones, or r is no
 * correlation matrix). */
SV_CHECKED int sv_metric_factor(double *l, const double *r, size_t p, size_t *column, sv_error *err);

/* weight[0..j): those of the regression of standardised column j on the columns before it:
 * where column j is collinear, the large ones say with which. Column j of r must come after
 * columns that sv_metric_factor takes. Fails, weight NaN: as sv_metric_factor, SV_ENOMEM. */
SV_CHECKED int sv_metric_explain(double *weight, const double *r, size_t p, size_t j, sv_error *err);

/* D of one patient's standardised values z[0..p), by forward substitution in work[0..p).
 * NaN where a value is not finite. */
double sv_mahalanobis(const double *l, const double *z, size_t p, double *work);

#ifdef __cplusplus
}
#endif
#endif
