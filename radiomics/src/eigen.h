/* radiomics/src/eigen.h - eigenvalues of small real symmetric matrices. */
#ifndef RX_EIGEN_H
#define RX_EIGEN_H
#include <stddef.h>

/* Eigenvalues of a symmetric 3x3 matrix (row-major), ascending, by Jacobi rotations: small
 * ones come out with small errors. */
void rx_eigen3(double out[3], const double a[9]);

/* Overwrite the lower triangle of the n x n matrix a (row-major; the rest is not read) by
 * Householder reflections; d[n] and e[n] receive diagonal and subdiagonal (e[0] = 0) of a
 * tridiagonal matrix with the same eigenvalues. work[n]. */
void rx_tridiagonal(double *a, size_t n, double *d, double *e, double *work);

/* The k-th smallest (from 0) eigenvalue of that matrix, by bisection to the last bits. */
double rx_tridiagonal_eigenvalue(const double *d, const double *e, size_t n, size_t k);

/* x[n]: the tridiagonal matrix's eigenvector of length 1 that belongs to one of its eigenvalues
 * lambda, by inverse iteration. work[3n]. */
void rx_tridiagonal_vector(double *x, const double *d, const double *e, size_t n, double lambda,
                           double *work);

/* Make it the eigenvector of the matrix whose reflections rx_tridiagonal left in a. */
void rx_tridiagonal_undo(double *x, const double *a, size_t n);

#endif
