/* radiomics/src/maps_kernel.h - the voxels around one voxel, and the features of so few.
 *
 * The kernels of classes.h go over boxes of millions of voxels and tables of thousands of cells.
 * Around a voxel there are a few dozen pairs among a few dozen levels: what follows keeps lists
 * of the cells that are not empty, and never looks at the others. */
#ifndef RX_MAPS_KERNEL_H
#define RX_MAPS_KERNEL_H
#include <radiomics/maps.h>
#include "classes.h"
#include "sizematrix.h"

typedef struct rx_step {
    size_t step;               /* in cells of the cube                                       */
    int d[3];
    double pair_weight;        /* of GLCM and GLRLM, where directions are merged             */
    double run_weight;
} rx_step;

typedef struct rx_kernel {
    size_t side[3];            /* voxels, without halo                                       */
    size_t halo;
    size_t stride[3];
    size_t most;               /* voxels that it can have                                    */

    /* Of the voxel at work. A cell's number is its level's place in `grey` plus 1; 0: outside. */
    uint16_t *cube;
    size_t *at;                /* [voxels]: cells, ascending                                 */
    double *value;             /* [voxels]: intensities in the order of `at`                 */
    size_t voxels;
    uint16_t *grey;            /* [levels]: grey levels in the order in which they appear    */
    uint32_t *count;           /* [levels]: voxels of each                                   */
    unsigned levels;

    /* Of all kernels of the region. */
    unsigned highest;          /* Ng                                                         */
    bool one_level;            /* the whole region has one level                             */
    unsigned most_levels;
    rx_step *pair;             /* one of each two opposite directions, for `distances`       */
    size_t pairs;
    rx_step *line;             /* the same for distance 1                                    */
    size_t lines;
    const rx_settings *s;
    double voxel_mm3;
} rx_kernel;

/* Scratch of a family: made once, for kernels up to k->most voxels (ws: outlives it); *out is freed by the _free
 * of the same name, NULL is fine. */
typedef struct rx_map_glcm rx_map_glcm;
RX_CHECKED int rx_map_glcm_new(rx_map_glcm **out, const rx_kernel *k, bool with_mcc, rx_workspace *ws,
                               rx_error *err);
void rx_map_glcm_free(rx_map_glcm *m);
typedef struct rx_map_sizes rx_map_sizes;
RX_CHECKED int rx_map_sizes_new(rx_map_sizes **out, const rx_kernel *k, rx_error *err);
void rx_map_sizes_free(rx_map_sizes *t);

/* The features of the kernel's voxels, NaN where there is none. */
void rx_map_firstorder(double out[N_FIRSTORDER], rx_kernel *k);   /* sorts k->value */
RX_CHECKED int rx_map_glcm_features(double out[N_GLCM], const rx_kernel *k, rx_map_glcm *m,
                                    rx_error *err);
void rx_map_glrlm_features(double out[N_GLRLM], const rx_kernel *k, rx_map_sizes *t);
void rx_map_glszm_features(double out[N_GLSZM], const rx_kernel *k, rx_map_sizes *t);
/* gldm or ngtdm may be NULL. */
void rx_map_neighbour_features(double *gldm, double *ngtdm, const rx_kernel *k, rx_map_sizes *t);

#endif
