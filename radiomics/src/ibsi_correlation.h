/* radiomics/src/ibsi_correlation.h - Moran's I and Geary's C (IBSI 3.1.28, 3.1.29). */
#ifndef RX_IBSI_CORRELATION_H
#define RX_IBSI_CORRELATION_H
#include "ibsi_families.h"

typedef struct rx_correlation { double moran_i, geary_c; } rx_correlation;

/* With the inverse distances in mm between voxels of the intensity mask as weights, over all pairs;
 * both NaN if there is one voxel or one intensity. Fails: RX_ELIMIT, RX_ENOMEM. */
RX_CHECKED int rx_correlate(rx_correlation *out, const rx_ibsi_case *c, rx_error *err);
#endif
