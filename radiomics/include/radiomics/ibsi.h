/* radiomics/ibsi.h - the `ibsi` profile: image preparation and the features of IBSI 1.
 *
 * Definitions are those of the reference manual of the Image Biomarker Standardisation Initiative
 * (sections are cited as "IBSI 3.1.2"). Values are named by the tag of the initiative's reference
 * tables and, for texture, the aggregation: `morph_volume`, `stat_mean`, `cm_contrast_3D_avg`,
 * `szm_sze_2_5D`. Never the names of the PyRadiomics profile. */
#ifndef RX_IBSI_H
#define RX_IBSI_H
#include <radiomics/error.h>
#include <radiomics/extract.h>
#include <radiomics/image.h>
#include <radiomics/results.h>
#include <radiomics/volume.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IBSI 2.4. */
typedef enum rx_ibsi_interpolation {
    RX_IBSI_NEAREST, RX_IBSI_LINEAR, RX_IBSI_CUBIC_SPLINE
} rx_ibsi_interpolation;

/* IBSI 2.7. Without bins, intensities must be whole numbers from 1 on and are the grey levels
 * themselves (the digital phantom); for the intensity-volume histogram they are taken as they are. */
typedef enum rx_ibsi_binning {
    RX_IBSI_NO_BINS, RX_IBSI_BIN_SIZE, RX_IBSI_BIN_NUMBER
} rx_ibsi_binning;

typedef struct rx_ibsi_bins {
    rx_ibsi_binning by;
    double size;                  /* RX_IBSI_BIN_SIZE: intensity units                         */
    unsigned number;              /* RX_IBSI_BIN_NUMBER                                        */
} rx_ibsi_bins;

/* Feature families, to be ored. */
enum {
    RX_IBSI_MORPHOLOGY = 1 << 0,  /* morph_  IBSI 3.1                                          */
    RX_IBSI_LOCAL      = 1 << 1,  /* loc_    IBSI 3.2                                          */
    RX_IBSI_STATISTICS = 1 << 2,  /* stat_   IBSI 3.3                                          */
    RX_IBSI_HISTOGRAM  = 1 << 3,  /* ih_     IBSI 3.4                                          */
    RX_IBSI_IVH        = 1 << 4,  /* ivh_    IBSI 3.5                                          */
    RX_IBSI_GLCM       = 1 << 5,  /* cm_     IBSI 3.6                                          */
    RX_IBSI_GLRLM      = 1 << 6,  /* rlm_    IBSI 3.7                                          */
    RX_IBSI_GLSZM      = 1 << 7,  /* szm_    IBSI 3.8                                          */
    RX_IBSI_GLDZM      = 1 << 8,  /* dzm_    IBSI 3.9                                          */
    RX_IBSI_NGTDM      = 1 << 9,  /* ngt_    IBSI 3.10                                         */
    RX_IBSI_NGLDM      = 1 << 10, /* ngl_    IBSI 3.11                                         */
    RX_IBSI_ALL_FAMILIES = (1 << 11) - 1,
    RX_IBSI_TEXTURES   = RX_IBSI_GLCM | RX_IBSI_GLRLM | RX_IBSI_GLSZM | RX_IBSI_GLDZM
                         | RX_IBSI_NGTDM | RX_IBSI_NGLDM
};

/* How texture matrices are put together, to be ored. The first six are for co-occurrences and
 * run lengths (IBSI 3.6.1, 3.7.1), the last three for zones and neighbourhoods (IBSI 3.8.1 on). */
enum {
    RX_IBSI_2D_AVG    = 1 << 0,   /* 2D_avg    BTW3: by slice and direction, averaged          */
    RX_IBSI_2D_COMB   = 1 << 1,   /* 2D_comb   SUJT: directions merged by slice, averaged      */
    RX_IBSI_2_5D_AVG  = 1 << 2,   /* 2_5D_avg  JJUI: slices merged by direction, averaged      */
    RX_IBSI_2_5D_COMB = 1 << 3,   /* 2_5D_comb ZW7Z: all merged                                */
    RX_IBSI_3D_AVG    = 1 << 4,   /* 3D_avg    ITBB: by direction, averaged                    */
    RX_IBSI_3D_COMB   = 1 << 5,   /* 3D_comb   IAZD: directions merged                         */
    RX_IBSI_2D        = 1 << 6,   /* 2D        8QNN: by slice, averaged                        */
    RX_IBSI_2_5D      = 1 << 7,   /* 2_5D      62GR: slices merged                             */
    RX_IBSI_3D        = 1 << 8,   /* 3D        KOBO                                            */
    RX_IBSI_FLAT_AGGREGATIONS = RX_IBSI_2D_AVG | RX_IBSI_2D_COMB | RX_IBSI_2_5D_AVG
                                | RX_IBSI_2_5D_COMB | RX_IBSI_2D | RX_IBSI_2_5D,
    RX_IBSI_SOLID_AGGREGATIONS = RX_IBSI_3D_AVG | RX_IBSI_3D_COMB | RX_IBSI_3D,
    RX_IBSI_ALL_AGGREGATIONS = (1 << 9) - 1
};

typedef struct rx_ibsi_texture_settings {
    unsigned families;            /* the texture families wanted; in rx_ibsi this is ignored
                                     and rx_ibsi.families counts                               */
    unsigned aggregations;
    unsigned distance;            /* Chebyshev, voxels, 1 to 8: GLCM, NGTDM, NGLDM             */
    double ngldm_alpha;           /* coarseness of NGLDM, in grey levels                       */
} rx_ibsi_texture_settings;

/* In the order in which the steps are done (IBSI 2). */
typedef struct rx_ibsi {
    bool by_slice;                /* 2D: spacing_mm[2] is ignored, slices are left as they are */
    double spacing_mm[3];         /* new voxel size; 0: as it is, along that axis              */
    rx_ibsi_interpolation image_interpolation, mask_interpolation;
    double mask_threshold;        /* interpolated mask's voxels in the region: at least this   */
    double margin_mm;             /* how much of the image around the region is interpolated at
                                     least; INFINITY: all of it, as filters need it            */
    bool round_intensities;       /* to the nearest whole number, after interpolation          */
    double lowest, highest;       /* re-segmentation range, closed; -INFINITY, INFINITY: none  */
    double outlier_sigma;         /* re-segmentation: mean +- this; 0: none (both are done on
                                     the region's intensities before re-segmentation)          */
    rx_ibsi_bins bins;            /* for intensity histogram and texture                       */
    rx_ibsi_bins ivh_bins;        /* for the intensity-volume histogram                        */
    unsigned families;
    rx_ibsi_texture_settings texture;
} rx_ibsi;

/* 3D, no interpolation (linear if a spacing is set), no rounding, no re-segmentation, 32 bins, IVH
 * as it is, all families, 3D aggregations, distance 1, alpha 0, no margin beyond what local intensity
 * needs. */
void rx_ibsi_default(rx_ibsi *s);
/* Succeeds if every value is in range; the message names the one that is not. */
RX_CHECKED int rx_ibsi_check(const rx_ibsi *s, rx_error *err);

/* A mask after a step: how many voxels, and its box in the index space of the step's grid. */
typedef struct rx_ibsi_mask_trace {
    size_t voxels;
    size_t box_min[3], box_max[3];            /* inclusive; all 0 if no voxel is left          */
} rx_ibsi_mask_trace;

/* Image and region after a step, as in the diagnostic part of IBSI's reference tables. The grid and
 * boxes are those of the whole image; image_mean .. image_max of an image that was interpolated
 * only around the region are NaN. */
typedef struct rx_ibsi_step {
    rx_grid grid;
    double image_mean, image_min, image_max;
    rx_ibsi_mask_trace morphological, intensity;
    double roi_mean, roi_min, roi_max;        /* within the intensity mask; NaN if empty       */
} rx_ibsi_step;

typedef struct rx_ibsi_trace {
    rx_ibsi_step initial, interpolated, resegmented;
    double bin_origin, bin_size;              /* grey level 1 begins at origin; NaN if no bins */
    unsigned grey_levels;                     /* highest grey level in the region              */
} rx_ibsi_trace;

/* The image ready for features. Morphology uses the morphological mask, everything else the
 * intensity mask, which re-segmentation made smaller (IBSI 2.6, 2.8). */
typedef struct rx_ibsi_prepared {
    rx_volume image;
    rx_region morphological, intensity;       /* on the image's grid                           */
} rx_ibsi_prepared;

/* Interpolation to rounding to re-segmentation. The new grid is aligned to the centre of the old
 * one (IBSI 2.4). What is prepared is the box of the region and margin_mm around it, on
 * that grid. trace may be NULL. The caller frees *p with rx_ibsi_prepared_free, also after failure.
 * Fails: RX_EINVAL, RX_EGRID, RX_EEMPTY (no voxel of the label, or none left after a
 * step), RX_ELIMIT, RX_ENOMEM. */
RX_CHECKED int rx_ibsi_prepare(rx_ibsi_prepared *p, rx_ibsi_trace *trace, const rx_image *image,
                               const rx_mask *mask, const rx_ibsi *settings, rx_error *err);
void rx_ibsi_prepared_free(rx_ibsi_prepared *p);

/* *p with another image: a filter's response on part of p's grid, or on every n-th voxel of it (what
 * rx_response_map_region makes of p's *morphological* mask, so that no part of it is lost). Both
 * masks are cut and thinned alike. *response is taken over; freed with *out, on failure by the
 * caller. Fails: RX_EGRID (the response lies elsewhere), RX_ENOMEM. */
RX_CHECKED int rx_ibsi_prepared_response(rx_ibsi_prepared *out, const rx_ibsi_prepared *p,
                                         const rx_volume *response, rx_error *err);

/* Append the features asked for by settings->families of what is in *p, which may hold another
 * image than rx_ibsi_prepare's (a filter's response) on the same grid. suffix (NULL: none) is put
 * behind every name. The re-segmentation range counts for bins of fixed size and for the IVH: of a
 * response, leave it open. trace (may be NULL) receives the bins. Values that a region has not are NaN.
 * Fails: RX_EINVAL (a NaN or infinite voxel in the region, intensities that are no grey levels
 * without bins), RX_EEMPTY, RX_ELIMIT, RX_ENOMEM. */
RX_CHECKED int rx_ibsi_features(rx_results *out, rx_ibsi_trace *trace, const rx_ibsi_prepared *p,
                                const rx_ibsi *settings, const char *suffix, rx_workspace *ws,
                                rx_error *err);

/* Both in one. trace may be NULL. On failure *out is as it was. */
RX_CHECKED int rx_ibsi_extract(rx_results *out, rx_ibsi_trace *trace, const rx_image *image,
                               const rx_mask *mask, const rx_ibsi *settings, rx_workspace *ws,
                               rx_error *err);

#ifdef __cplusplus
}
#endif
#endif
