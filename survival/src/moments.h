/* moments.h - mean and standard deviation of a column. */
#ifndef SV_MOMENTS_H
#define SV_MOMENTS_H

#include <stdint.h>

#include <survival/surv.h>

/* Of the rows with class_of[row] == c, or of all (class_of NULL); divisor n - 1. sd is 0 where it is
 * no more than rounding. */
void sv_column_moments(double *mean, double *sd, const sv_matrix *x, size_t col, const uint32_t *class_of, size_t c);

#endif
