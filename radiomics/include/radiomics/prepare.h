/* radiomics/prepare.h - what is done to an image before anything is measured on it.
 *
 * Each step changes a volume in place and is a function of its own; rx_prepare lists those that
 * are wanted, and rx_prepare_apply runs them in this order: the region narrowed by the
 * intensities as they were read, bias field, denoising, normalisation. None is part of a profile:
 * all are off unless asked for, and what was done belongs beside every value. */
#ifndef RX_PREPARE_H
#define RX_PREPARE_H
#include <stdbool.h>
#include <radiomics/error.h>
#include <radiomics/volume.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Bias field of MR: N4, Tustison et al., IEEE TMI 29 (2010) 1310-1320 ---------------- */

enum { RX_N4_MAX_LEVELS = 8, RX_N4_MAX_ITERATIONS = 1000 };

typedef struct rx_n4 {
    unsigned levels;                         /* resolutions of the B-spline mesh, 1 to 8      */
    unsigned iterations[RX_N4_MAX_LEVELS];   /* at most, per level; level n has 2^n as many
                                                mesh elements an axis as the first            */
    double convergence;                      /* stop a level when the coefficient of variation
                                                of the field's change is below this           */
    unsigned mesh[3];                        /* elements of the first level's mesh, 1 to 32   */
    unsigned shrink;                         /* field fitted on every shrink-th voxel, 1 to 8 */
    unsigned histogram_bins;                 /* 16 to 4096                                    */
    bool otsu;                               /* fit only to voxels above Otsu's threshold, where
                                                no region is given                            */
    double fwhm;                             /* of the field's Gaussian, in log intensity     */
    double wiener_noise;                     /* of the deconvolution                          */
} rx_n4;

/* ITK's defaults with the usual four levels: 50 iterations each, 1e-3, mesh 1, shrink 4,
 * 200 bins, 0.15, 0.01, Otsu. */
void rx_n4_default(rx_n4 *s);
/* Divide by the field that is fitted inside `region` (NULL: all, or as `otsu` says) and evaluated
 * everywhere. field: the field itself, may be NULL; its mean logarithm in the region is 0.
 * Voxels that are not positive take no part in the fit. Fails: RX_EINVAL (settings, a voxel
 * that is not finite), RX_EEMPTY (fewer than 10 positive voxels), RX_EGRID, RX_ENOMEM. */
RX_CHECKED int rx_n4_correct(rx_volume *v, rx_volume *field, const rx_region *region,
                             const rx_n4 *s, rx_error *err);

/* ---- Denoising ---------------------------------------------------------------------------- */

typedef enum rx_denoise {
    RX_DENOISE_NONE, RX_DENOISE_MEDIAN, RX_DENOISE_GAUSSIAN, RX_DENOISE_NLM
} rx_denoise;

/* The median of the box of 2 radius + 1 voxels an axis, 1 to 5; the image's edge is repeated. */
RX_CHECKED int rx_denoise_median(rx_volume *v, unsigned radius, rx_error *err);
/* Convolution with a sampled Gaussian of sigma_mm, cut at 4 sigma, each axis by its own spacing;
 * the edge is repeated. */
RX_CHECKED int rx_denoise_gaussian(rx_volume *v, double sigma_mm, rx_error *err);

/* Non-local means (Buades, Coll and Morel, CVPR 2005; in 3D as Coupe et al., IEEE TMI 27 (2008)):
 * the mean over the voxels of a search box, each weighted by exp(-d / (2 beta sigma^2)) with d the
 * mean squared difference of the patches around the two voxels; the voxel itself has the largest
 * weight of the others. */
typedef struct rx_nlm {
    unsigned patch_radius, search_radius;    /* 1 to 3, 1 to 10                                */
    double sigma;                            /* of the noise; 0: estimated                     */
    double beta;
} rx_nlm;
RX_CHECKED int rx_denoise_nlm(rx_volume *v, const rx_nlm *s, rx_error *err);
/* Standard deviation of white noise from pseudo-residuals, made robust by the median (Coupe). */
RX_CHECKED int rx_noise_sigma(double *sigma, const rx_volume *v, rx_error *err);

/* ---- Intensities --------------------------------------------------------------------------- */

typedef enum rx_normalise {
    RX_NORMALISE_NONE, RX_NORMALISE_Z, RX_NORMALISE_PERCENTILE, RX_NORMALISE_HISTOGRAM
} rx_normalise;

/* Whose intensities are looked at; all voxels are changed. */
typedef enum rx_normalise_of { RX_OF_IMAGE, RX_OF_REGION, RX_OF_FOREGROUND } rx_normalise_of;

/* The voxels above the mean of all, as Nyul et al. part the body from the background; the caller
 * frees it. RX_EEMPTY where all are the same. */
RX_CHECKED int rx_foreground(rx_region *out, const rx_volume *v, rx_error *err);

/* (x - mean) / sd * scale, of the voxels in `region` or of all (NULL); sd with N - 1. Fails with
 * RX_EINVAL where they are all the same. */
RX_CHECKED int rx_normalise_z(rx_volume *v, const rx_region *region, double scale, rx_error *err);
/* Linear: the `from[0]`-th percentile to `to[0]`, `from[1]` to `to[1]`; percentiles of the voxels
 * in `region` or of all, by linear interpolation. clip: to the range of `to`. */
RX_CHECKED int rx_normalise_percentile(rx_volume *v, const rx_region *region, const double from[2],
                                       const double to[2], bool clip, rx_error *err);

/* Histogram matching by landmarks: Nyul, Udupa and Zhang, IEEE TMI 19 (2000) 143-150. */
enum { RX_MAX_LANDMARKS = 32 };
typedef struct rx_landmarks {
    size_t n;                                /* 2 to 32                                        */
    double percentile[RX_MAX_LANDMARKS];     /* ascending, 0 to 100                            */
    double standard[RX_MAX_LANDMARKS];       /* ascending: where each comes to lie             */
    size_t images;                           /* that it was learned from                       */
} rx_landmarks;

/* 1, 10, 20, ... 90, 99 onto 0 to 100; standard not yet learned. */
void rx_landmarks_default(rx_landmarks *l);
RX_CHECKED int rx_landmarks_check(const rx_landmarks *l, rx_error *err);
/* One more image of the training set: its landmarks, mapped so that its first and last lie on
 * the standard's first and last, enter the mean that `standard` is. To begin: images 0, and
 * standard[0] < standard[n - 1] the scale. Fails with RX_EINVAL where the image's first and last
 * landmark are the same. */
RX_CHECKED int rx_landmarks_learn(rx_landmarks *l, const rx_volume *v, const rx_region *region,
                                  rx_error *err);
/* The image's landmarks onto the standard's, linear between them and beyond the outer ones with
 * the slope of the nearest segment. Equal landmarks of an image are one. */
RX_CHECKED int rx_normalise_histogram(rx_volume *v, const rx_region *region, const rx_landmarks *l,
                                      rx_error *err);

/* ---- The region ----------------------------------------------------------------------------- */

/* Keep the region's voxels with lowest <= intensity <= highest (either may be infinite). */
RX_CHECKED int rx_threshold(rx_region *region, const rx_volume *v, double lowest, double highest,
                            rx_error *err);

/* ---- All of it -------------------------------------------------------------------------------- */

typedef struct rx_prepare {
    bool bias_correct;
    rx_n4 bias;
    rx_denoise denoise;
    unsigned median_radius;
    double gaussian_sigma_mm;
    rx_nlm nlm;
    rx_normalise normalise;
    rx_normalise_of normalise_of;            /* whose statistics and percentiles count         */
    double z_scale;
    double percentile_from[2], percentile_to[2];
    bool percentile_clip;
    rx_landmarks landmarks;
    bool threshold;
    double threshold_hu[2];                  /* in the units of the image as it was read: told
                                                before anything else is done to it              */
} rx_prepare;

void rx_prepare_default(rx_prepare *p);      /* nothing is done */
bool rx_prepare_is_none(const rx_prepare *p);
RX_CHECKED int rx_prepare_check(const rx_prepare *p, rx_error *err);
/* All steps that are asked for. `region` is 1 in the region of interest; it is narrowed by the
 * threshold, after whose last voxel the call fails with RX_EEMPTY. On failure volume and region
 * are in between. */
RX_CHECKED int rx_prepare_apply(rx_volume *v, rx_region *region, const rx_prepare *p, rx_error *err);

#ifdef __cplusplus
}
#endif
#endif
