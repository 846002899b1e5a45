/* radiomics/src/sizematrix.h - features of matrices that count things by grey level and size.
 *
 * Runs by length (GLRLM, IBSI 3.7), zones by voxels (GLSZM, IBSI 3.8) or distance (GLDZM, IBSI
 * 3.9) and dependences by number of voxels (GLDM, IBSI's NGLDM 3.11) share their formulas. */
#ifndef RX_SIZEMATRIX_H
#define RX_SIZEMATRIX_H
#include <stddef.h>
#include <stdint.h>
#include <radiomics/error.h>
#include "classes.h"
#include "roi.h"
#include "workspace.h"

/* `count` things of one size and level; the level is a dense index. */
typedef struct rx_sized { double count; uint32_t size; uint16_t level; } rx_sized;

typedef struct rx_sizematrix {
    size_t width;                /* sizes 1..width are counted in the table                 */
    const uint32_t *count;       /* [present][width], or NULL and                           */
    const double *weighted;      /* [present][width]                                        */
    const rx_sized *large;       /* things larger than width, ascending by size, then level */
    size_t n_large;
    double eps;                  /* added to what logarithms are taken of                   */
} rx_sizematrix;

typedef enum rx_size_feature {
    SZ_SMALL, SZ_LARGE, SZ_LEVEL_NONUNIFORMITY, SZ_LEVEL_NONUNIFORMITY_NORM,
    SZ_SIZE_NONUNIFORMITY, SZ_SIZE_NONUNIFORMITY_NORM, SZ_PERCENTAGE, SZ_LEVEL_VARIANCE,
    SZ_SIZE_VARIANCE, SZ_ENTROPY, SZ_LOW, SZ_HIGH, SZ_SMALL_LOW, SZ_SMALL_HIGH, SZ_LARGE_LOW,
    SZ_LARGE_HIGH, SZ_ENERGY, SZ_THINGS, SZ_N
} rx_size_feature;               /* SZ_THINGS: how many were counted                        */

/* All NaN but SZ_THINGS if nothing is counted. SZ_PERCENTAGE is things per sum of their sizes.
 * Uses ws->margins. */
RX_CHECKED int rx_sizematrix_features(double out[SZ_N], const rx_sizematrix *m,
                                      const rx_levels *l, rx_workspace *ws, rx_error *err);

/* The same as features of a class, by its names: runs, zones, dependences. */
void rx_glrlm_name(double out[N_GLRLM], const double f[SZ_N]);
void rx_glszm_name(double out[N_GLSZM], const double f[SZ_N]);
void rx_gldm_name(double out[N_GLDM], const double f[SZ_N]);

/* Put n things into the order that `large` must have. */
void rx_sized_sort(rx_sized *things, size_t n);
#endif
