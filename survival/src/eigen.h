/* eigen.h - eigenvectors of a symmetric matrix. */
#ifndef SV_EIGEN_H
#define SV_EIGEN_H

#include <stddef.h>

#include <survival/error.h>

/* a (p x p, symmetric; destroyed): value[p] descending, vector[q*p .. q*p+p) of length 1 belongs to
 * value[q]; the sign is such that its largest component is positive (the first of equal ones).
 * Fails: SV_ENUMERIC (no convergence: values that are not finite), SV_ENOMEM. */
SV_CHECKED int sv_eigen_symmetric(double *value, double *vector, double *a, size_t p, sv_error *err);

#endif
