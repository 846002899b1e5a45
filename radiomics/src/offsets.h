/* radiomics/src/offsets.h - directions to neighbours, and the slices in which to look. */
#ifndef RX_OFFSETS_H
#define RX_OFFSETS_H
#include "roi.h"

/* One way to a neighbour: as a step in l->voxels, always positive, and in voxels along i, j, k. */
typedef struct rx_offset { size_t step; int8_t by[3]; } rx_offset;

enum { RX_NO_AXIS = 3 };

/* One of each pair of opposite directions with Chebyshev length among `distances` that has no
 * part along axis `flat` (RX_NO_AXIS: any), in a fixed order: 13 for distance 1, 4 in a plane.
 * Those that lead out of the box from every voxel are left out if `fitting`; else the halo must
 * be as wide as the longest. out must hold RX_MAX_OFFSETS; returns how many. */
size_t rx_half_offsets(rx_offset *out, const rx_levels *l, const unsigned *distances, unsigned n,
                       unsigned flat, bool fitting);

/* Its length in mm; RX_NORM_EUCLIDEAN, _MANHATTAN or _INFINITY, else 1. */
double rx_offset_length(const rx_offset *o, const double *spacing_mm, rx_norm norm);

/* The axis that force2D keeps textures from going along, or RX_NO_AXIS. */
unsigned rx_flat_axis(const rx_settings *s);

/* Slices begin <= k < end of the box. */
typedef struct rx_slab { size_t begin, end; } rx_slab;

static inline rx_slab rx_whole(const rx_levels *l) { return (rx_slab){ 0, l->n[2] }; }

/* Voxels of each level [l->present] in a slab; returns their sum. */
size_t rx_slab_count(uint32_t *count, const rx_levels *l, rx_slab slab);

#endif
