/* radiomics/src/prep.h - what the steps of the preparation share. */
#ifndef RX_PREP_H
#define RX_PREP_H
#include <radiomics/prepare.h>

/* A copy of the intensities in the region, or of all (NULL); *out is freed by the caller. Fails:
 * RX_EGRID (other sizes), RX_EEMPTY, RX_EINVAL (a voxel that is not finite), RX_ENOMEM. */
RX_CHECKED int rx_prep_values(double **out, size_t *n, const rx_volume *v, const rx_region *region,
                              rx_error *err);
/* That the region has the volume's sizes. */
RX_CHECKED int rx_prep_same_size(const rx_volume *v, const rx_region *region, rx_error *err);
/* Percentiles q[count] (0 to 100, ascending) of v[n], by linear interpolation between ranks as
 * numpy does; v is put into another order. */
void rx_prep_percentiles(double *out, const double *q, size_t count, double *v, size_t n);
/* The value of a rank among v[n], which is put into another order: smaller ones before it. */
double rx_prep_select(double *v, size_t n, size_t rank);
/* That every voxel is finite, and the grid whole; *n: how many. */
RX_CHECKED int rx_prep_check(size_t *n, const rx_volume *v, rx_error *err);

#endif
