/* cam.h - what the stages of the deconvolution share. */
#ifndef SV_CAM_H
#define SV_CAM_H

#include <survival/deconvolve.h>

#include "nnls_gram.h"

/* Local outlier factor (Breunig et al. 2000) of n points of p columns among their k neighbours. */
SV_CHECKED int sv_local_outliers(double *factor, const double *x, size_t n, size_t p, size_t k, sv_error *err);

/* Rows times their scale: the corners a (L rows, k columns, row-major) become A diag(z), z the non-negative
 * least squares solution of A z = target; columns that it leaves out get .01 / |column|. */
SV_CHECKED int sv_cam_rescale(double *a, size_t rows, size_t k, const double *target, sv_error *err);

/* Whether all sets of k of n corners can be weighed in memory and time. */
bool sv_cam_affordable(size_t n, size_t k);

/* a (samples x k): the spatial median of x / sum(x) over the genes with marker c + 1, in sample space, scaled
 * so that rows sum to 1 as nearly as they can. */
SV_CHECKED int sv_cam_estimate_a(double *a, const sv_matrix *x, const int *marker, size_t k, sv_error *err);

/* Divide every row by its sum. Fails: SV_ENUMERIC (a row of zeros: names the sample). */
SV_CHECKED int sv_cam_close_rows(double *a, size_t samples, size_t k, sv_error *err);

/* s[genes * k]: non-negative least squares of every row of x on a. */
SV_CHECKED int sv_cam_estimate_s(double *s, const sv_matrix *x, const double *a, size_t k, sv_error *err);

#endif
