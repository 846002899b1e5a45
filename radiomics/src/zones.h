/* radiomics/src/zones.h - connected voxels of one grey level (IBSI 3.8): found once, for both
 * profiles, and counted by how large they are (GLSZM) or how near the border (GLDZM). */
#ifndef RX_ZONES_H
#define RX_ZONES_H
#include "offsets.h"
#include "sizematrix.h"

/* [l->array]: for a voxel of the region another one of its zone, or minus the zone's size. */
typedef struct rx_zones { const int32_t *parent; } rx_zones;

/* Zones of neighbours in 26 directions, or of 8 in planes across axis `flat`. In ws->voxels;
 * also uses ws->reals. */
RX_CHECKED int rx_zones_find(rx_zones *z, const rx_levels *l, unsigned flat, rx_workspace *ws,
                             rx_error *err);

/* Count the zones that have their root in the slab: those of a flat search if it is one or more
 * of their planes. value: NULL to count by size, or [l->array]: by the value at the root. *m is in
 * ws->counts and ws->list. */
RX_CHECKED int rx_zones_count(rx_sizematrix *m, const rx_zones *z, const rx_levels *l, rx_slab slab,
                              const uint16_t *value, rx_workspace *ws, rx_error *err);
#endif
