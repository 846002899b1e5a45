/* radiomics/src/neighbours.h - counts of every voxel's neighbourhood, for dependences (GLDM, IBSI's
 * NGLDM 3.11) and grey tone differences (NGTDM, IBSI 3.10), in one pass for both profiles. */
#ifndef RX_NEIGHBOURS_H
#define RX_NEIGHBOURS_H
#include "offsets.h"
#include "sizematrix.h"

typedef struct rx_neighbours {
    size_t most;              /* neighbours that a voxel can have                           */
    uint32_t *dependent;      /* [present][most+1]: voxels by number of dependent neighbours*/
    uint64_t *difference;     /* [present][most+1]: sum of |neighbours * level - their sum|,
                                 by number of neighbours in the region                      */
    uint32_t *isolated;       /* [present]: voxels without a neighbour in the region        */
} rx_neighbours;

/* Voxels of a slab and the neighbours at both sides of each offset. A neighbour is dependent if
 * its level differs by at most alpha. In ws->counts; also uses ws->reals. */
RX_CHECKED int rx_neighbours_in(rx_neighbours *nb, const rx_levels *l, rx_slab slab,
                                const rx_offset *offset, size_t n_offsets, double alpha,
                                rx_workspace *ws, rx_error *err);

/* As PyRadiomics' settings have it. */
RX_CHECKED int rx_neighbours_count(rx_neighbours *nb, const rx_levels *l, const rx_settings *s,
                                   rx_workspace *ws, rx_error *err);

/* Features of dependences, the voxel itself included. Uses ws->margins. */
RX_CHECKED int rx_dependence_features(double out[SZ_N], const rx_neighbours *nb, const rx_levels *l,
                                      double eps, rx_workspace *ws, rx_error *err);

/* Features of grey tone differences, in the order of classes.h; isolated: voxels without a
 * neighbour count, with difference 0 (PyRadiomics), or are left out (IBSI). Uses ws->reals. */
RX_CHECKED int rx_difference_features(double *out, const rx_neighbours *nb, const rx_levels *l,
                                      bool isolated, rx_workspace *ws, rx_error *err);
#endif
