/* radiomics/extract.h - from image, mask and settings to named feature values.
 *
 * The features, their names, definitions and order are those of PyRadiomics 3.1
 * (`original_*`, 107 of them), its choices for degenerate regions included; each definition is
 * given where it is computed, with its IBSI section. The library starts no threads and keeps no
 * state but the workspace; the same input gives the same bits, whatever the image's type. */
#ifndef RX_EXTRACT_H
#define RX_EXTRACT_H
#include <stdbool.h>
#include <radiomics/error.h>
#include <radiomics/image.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rx_class {
    RX_SHAPE, RX_FIRSTORDER, RX_GLCM, RX_GLDM, RX_GLRLM, RX_GLSZM, RX_NGTDM,
    RX_NCLASSES
} rx_class;

enum { RX_NFEATURES = 107 };

/* A feature as a definition: what it is, whatever the image. */
typedef struct rx_feature_def {
    const char *name;       /* "Elongation"                                        */
    const char *full_name;  /* "original_shape_Elongation": the column name         */
    rx_class cls;
} rx_feature_def;

/* The 107 definitions in output order (class by class, names sorted as PyRadiomics does). */
const rx_feature_def *rx_features(void);
const char *rx_class_name(rx_class cls);              /* "shape", "firstorder", ...   */
/* Index of a full name in rx_features(), or -1. */
int rx_feature_index(const char *full_name);

/* Why a value is NaN. Undefined for a valid region is not an error. */
typedef enum rx_why {
    RX_DEFINED = 0,
    RX_NOT_ASKED,         /* its class or feature is switched off                      */
    RX_UNDEFINED,         /* the formula has no value for this region                  */
    RX_TOO_LARGE,         /* so many grey levels occur that it would take too much
                             memory or time                                            */
} rx_why;
/* In words: "no value for this region", "too many grey levels", "not asked for"; "" for a value. */
const char *rx_why_text(rx_why why);

typedef struct rx_value { double v; rx_why why; } rx_value;

/* weightingNorm: how a direction of the GLCM and GLRLM is weighted by its length in mm before
 * the directions are merged into one matrix; RX_NORM_NONE keeps them apart and averages. */
typedef enum rx_norm {
    RX_NORM_NONE,                 /* None                                               */
    RX_NORM_NO_WEIGHTING,         /* "no_weighting": merged, each with weight 1         */
    RX_NORM_MANHATTAN,            /* "manhattan": exp(-(sum of lengths)^2)              */
    RX_NORM_EUCLIDEAN,            /* "euclidean"                                        */
    RX_NORM_INFINITY,             /* "infinity": the largest of the three lengths       */
    RX_NNORMS
} rx_norm;

/* The settings that exist, with PyRadiomics' names in the comments and its defaults. */
typedef struct rx_settings {
    double bin_width;             /* binWidth, intensity units; used if bin_count == 0  */
    unsigned bin_count;           /* binCount; 0: fixed bin width                        */
    double voxel_array_shift;     /* voxelArrayShift                                     */
    bool symmetrical_glcm;        /* symmetricalGLCM                                     */
    unsigned distances[8];        /* distances, Chebyshev, 1 to 8 voxels (GLCM, GLDM, NGTDM) */
    unsigned n_distances;
    double gldm_alpha;            /* gldm_a, in grey levels                              */
    bool force_2d;                /* force2D: textures slice by slice, one matrix for all */
    unsigned force_2d_dimension;  /* force2Ddimension as in PyRadiomics, whose arrays are
                                     k, j, i: 0: slices of constant k, 1: of j, 2: of i  */
    rx_norm weighting_norm;       /* weightingNorm                                       */
    unsigned minimum_roi_dimensions; /* minimumROIDimensions, 1..3                       */
    size_t minimum_roi_size;      /* minimumROISize: more voxels than this; 0: no minimum */
    bool enabled[RX_NFEATURES];   /* featureClass                                        */
} rx_settings;

void rx_settings_default(rx_settings *s);
/* Succeeds if every value is in range; the message names the one that is not. */
RX_CHECKED int rx_settings_check(const rx_settings *s, rx_error *err);

/* What was measured, for the report and for tracing a value back. */
typedef struct rx_diagnostics {
    size_t roi_voxels;
    size_t box_min[3], box_max[3];  /* inclusive, index space of the image             */
    double roi_min, roi_max, roi_mean;
    unsigned grey_levels;           /* bins from the ROI's lowest to its highest       */
    unsigned roi_components;        /* 26-connected                                    */
} rx_diagnostics;

/* One per thread, grow-only, reused over regions; hot loops allocate nothing. */
typedef struct rx_workspace rx_workspace;
rx_workspace *rx_workspace_new(void);          /* NULL: no memory                      */
void rx_workspace_free(rx_workspace *ws);      /* NULL is fine                         */

/* Compute out[RX_NFEATURES]. On failure every value is NaN. diag may be NULL.
 * The masks' and image's grids must agree as for ITK: sizes exactly, origin and spacing to 1e-6
 * of the first spacing, direction cosines to 1e-6; spacing is taken from the image.
 * Fails: RX_EGRID, RX_EEMPTY, RX_ETOOSMALL (a single voxel always is), RX_EINVAL (settings, grid;
 * a NaN or infinite voxel in the region), RX_ELIMIT (more than 65,535 bins; a box of more
 * than 2^31 voxels), RX_ENOMEM. */
RX_CHECKED int rx_extract(rx_value out[RX_NFEATURES], rx_diagnostics *diag,
                          const rx_image *image, const rx_mask *mask,
                          const rx_settings *settings, rx_workspace *ws, rx_error *err);

#ifdef __cplusplus
}
#endif
#endif
