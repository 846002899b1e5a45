/* radiomics/src/offsets.h - directions to neighbours. */
#ifndef RX_OFFSETS_H
#define RX_OFFSETS_H
#include "roi.h"

/* One of each pair of opposite directions with Chebyshev length in s->distances, that fits
 * into the box (13 for distance 1 in three dimensions), as steps in l->voxels; all steps are
 * positive, in a fixed order. out must hold RX_MAX_OFFSETS; returns how many. */
size_t rx_half_offsets(size_t *out, const rx_levels *l, const unsigned *distances, unsigned n);

#endif
