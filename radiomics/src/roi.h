/* radiomics/src/roi.h - the region of interest, cropped to its box, and its grey levels. */
#ifndef RX_ROI_H
#define RX_ROI_H
#include <stddef.h>
#include <stdint.h>
#include <radiomics/error.h>
#include <radiomics/extract.h>
#include "workspace.h"

/* Borrowed from the workspace; valid until the next region is cropped. */
typedef struct rx_roi {
    size_t min[3], n[3];        /* box in the image: first index and size                  */
    double spacing_mm[3];
    size_t voxels;

    /* The region as bits in the box padded by one voxel on every side: padded index
     * (i,j,k) is bit i%64 of bits[(k*(n[1]+2) + j)*words + i/64]. */
    const uint64_t *bits;
    size_t words;

    const double *values;       /* the region's intensities, i fastest, then j, k; NULL once
                                   another class has taken their memory                    */
    double lowest, highest;
} rx_roi;

/* The region's grey levels in the box with a halo of `pad` zeros on every side. */
typedef struct rx_levels {
    const uint16_t *voxels;     /* of the whole array; 0 is outside the region             */
    size_t pad;
    size_t stride[3];           /* in voxels: 1, row, slice                                */
    size_t n[3];                /* box size without halo                                   */
    double spacing_mm[3];
    size_t total;               /* voxels in the region                                    */
    const uint16_t *begin, *end;/* [k*n[1] + j]: all of row (j, k)'s voxels in the region
                                   lie at begin <= i < end                                  */
    size_t array;               /* voxels in the array                                     */
    unsigned lowest, highest;   /* the highest is PyRadiomics' Ng                          */
    unsigned present;           /* how many levels occur                                   */
    const uint16_t *level;      /* [present], ascending: dense index to level              */
    const uint32_t *count;      /* [present]: voxels of each                               */
    const uint16_t *dense;      /* [highest + 1]: level to dense index                     */
} rx_levels;

/* Index in l->voxels of box voxel (i, j, k). */
static inline size_t rx_levels_at(const rx_levels *l, size_t i, size_t j, size_t k)
{
    return (i + l->pad) + (j + l->pad) * l->stride[1] + (k + l->pad) * l->stride[2];
}

/* A row of the box: its first voxel that matters, and how many from there. */
typedef struct rx_row { const uint16_t *voxels; size_t n; } rx_row;

static inline rx_row rx_levels_row(const rx_levels *l, size_t j, size_t k)
{
    size_t begin = l->begin[k * l->n[1] + j], end = l->end[k * l->n[1] + j];
    return (rx_row){ l->voxels + rx_levels_at(l, begin, j, k), end - begin };
}

/* Row of padded (j, k) in roi->bits. */
static inline const uint64_t *rx_roi_row(const rx_roi *roi, size_t j, size_t k)
{
    return roi->bits + (k * (roi->n[1] + 2) + j) * roi->words;
}

/* Index of the lowest and highest set bit of a word that is not 0. */
static inline unsigned rx_lowest_bit(uint64_t w)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(w);
#else
    unsigned n = 0;
    while (!(w >> n & 1)) { n++; }
    return n;
#endif
}

static inline unsigned rx_highest_bit(uint64_t w)
{
#if defined(__GNUC__)
    return 63u - (unsigned)__builtin_clzll(w);
#else
    unsigned n = 63;
    while (!(w >> n & 1)) { n--; }
    return n;
#endif
}

/* crop.c: image and mask have voxels, and lie on one sensible grid (to RX_GEOMETRY_TOLERANCE). */
RX_CHECKED int rx_check_pair(const rx_image *image, const rx_mask *mask, rx_error *err);

/* crop.c: check the grids, find the box, refuse what is too small, gather the voxels. */
RX_CHECKED int rx_crop(rx_roi *roi, const rx_image *image, const rx_mask *mask,
                       const rx_settings *s, rx_workspace *ws, rx_error *err);

/* crop.c: the same for the mask alone, of any size: no intensities. */
RX_CHECKED int rx_crop_mask(rx_roi *roi, const rx_mask *mask, rx_workspace *ws, rx_error *err);

/* crop.c: n intensities from index `at` on, as doubles. */
void rx_copy_voxels(double *out, const rx_image *image, size_t at, size_t n);

/* discretise.c: IBSI 2.7, with PyRadiomics' bin edges; needs roi->values. */
RX_CHECKED int rx_discretise(rx_levels *l, const rx_roi *roi, const rx_settings *s,
                             rx_workspace *ws, rx_error *err);

/* components.c: number of 26-connected parts of the region. */
RX_CHECKED int rx_components(unsigned *parts, const rx_roi *roi, rx_workspace *ws, rx_error *err);

#endif
