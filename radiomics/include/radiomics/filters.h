/* radiomics/filters.h - PyRadiomics' image types: what makes `log-sigma-1-0-mm-3D`, `wavelet-LLH`,
 * `square` ... of an image, with that program's names, order and choices at the borders.
 *
 * One filter can give several images. They come one at a time, in a buffer that the filter reuses:
 *
 *     rx_filter *f = NULL;
 *     rx_filtered out;
 *     bool more = false;
 *     int rc = rx_filter_open(&f, &image, RX_F64, &mask, &box, RX_IMAGE_WAVELET, &settings, err);
 *     while (rc == RX_OK && (rc = rx_filter_next(&more, &out, f, err)) == RX_OK && more) {
 *         use out.image, named out.name, on the grid of the box
 *     }
 *     rx_filter_free(f);
 *
 * A filter sees the whole image but computes only a box of it (that around the region of interest,
 * say); the values are the same to the last bit as if it had computed all. Working memory is a few
 * times the box, or the box lengthened to the image along one axis (LoG) or two (LBP3D); wavelets
 * beyond the first level need four copies of the image. */
#ifndef RX_FILTERS_H
#define RX_FILTERS_H
#include <stdbool.h>
#include <radiomics/error.h>
#include <radiomics/image.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rx_image_type {
    RX_IMAGE_ORIGINAL, RX_IMAGE_LOG, RX_IMAGE_WAVELET, RX_IMAGE_SQUARE, RX_IMAGE_SQUAREROOT,
    RX_IMAGE_LOGARITHM, RX_IMAGE_EXPONENTIAL, RX_IMAGE_GRADIENT, RX_IMAGE_LBP2D, RX_IMAGE_LBP3D,
    RX_NIMAGE_TYPES
} rx_image_type;

/* "Original", "LoG", "Wavelet", ...: the keys of PyRadiomics' `imageType`. */
const char *rx_image_type_name(rx_image_type type);

/* scikit-image's methods of local_binary_pattern. */
typedef enum rx_lbp_method {
    RX_LBP_DEFAULT, RX_LBP_ROR, RX_LBP_UNIFORM, RX_LBP_NRI_UNIFORM, RX_LBP_VAR, RX_NLBP_METHODS
} rx_lbp_method;

const char *rx_lbp_method_name(rx_lbp_method method);  /* "default", "ror", "uniform", ... */

enum { RX_MAX_SIGMAS = 32, RX_WAVELET_NAME = 16, RX_MAX_WAVELET = 102, RX_FILTERED_NAME = 64 };

/* Sigma of the Gaussian. A parameter file's `2` names log-sigma-2-mm-3D, its `2.0` log-sigma-2-0-mm-3D. */
typedef struct rx_sigma {
    double mm;
    bool integer;          /* was written as a whole number without a point */
} rx_sigma;

/* Settings with PyRadiomics' names in the comments, and its defaults. */
typedef struct rx_filter_settings {
    rx_sigma sigma[RX_MAX_SIGMAS];     /* sigma: none by default                                  */
    unsigned n_sigma;
    char wavelet[RX_WAVELET_NAME];     /* wavelet: "coif1"                                        */
    unsigned start_level;              /* start_level: 0, levels skipped                          */
    unsigned level;                    /* level: 1, levels given                                  */
    bool gradient_use_spacing;         /* gradientUseSpacing: true                                */
    double lbp2d_radius;               /* lbp2DRadius: 1, voxels                                  */
    unsigned lbp2d_samples;            /* lbp2DSamples: 8; 1 to 31                                */
    rx_lbp_method lbp2d_method;        /* lbp2DMethod: uniform                                    */
    unsigned lbp3d_levels;             /* lbp3DLevels: 2                                          */
    double lbp3d_icosphere_radius;     /* lbp3DIcosphereRadius: 1, voxels                         */
    unsigned lbp3d_icosphere_subdivision; /* lbp3DIcosphereSubdivision: 1                         */
    double integer_range[2];           /* least and greatest value of an image of integers, where
                                        * LBP3D cuts its samples; -32768, 32767                  */
    bool force_2d;                     /* force2D: wavelets leave out the axis below              */
    unsigned force_2d_dimension;       /* force2Ddimension: 0, 1, 2 for the k, j, i axis: also the
                                        * axis across LBP2D's planes, force_2d or not             */
} rx_filter_settings;

void rx_filter_settings_default(rx_filter_settings *s);
/* Succeeds if what `type` uses is in range; the message names the setting that is not. */
RX_CHECKED int rx_filter_settings_check(const rx_filter_settings *s, rx_image_type type, rx_error *err);

/* Voxels from min to max, both included, in the index space of the image. */
typedef struct rx_box {
    size_t min[3], max[3];
} rx_box;

typedef struct rx_filter rx_filter;

typedef struct rx_filtered {
    char name[RX_FILTERED_NAME];  /* "wavelet-LLH"                                              */
    rx_image image;               /* of the box (its origin moved); borrowed until the next call */
    bool skipped;                 /* PyRadiomics leaves this image out: no voxels, `why` tells   */
    char why[120];
} rx_filtered;

/* image: borrowed, like mask, until rx_filter_free. `as` is the element type that
 * PyRadiomics would hold the image in, whatever the type it has here: filters round where theirs do
 * (wavelets of float images are computed in single precision; LBP of integer images is cut to
 * integers). mask is needed for RX_IMAGE_LBP3D only, which has 0 outside of it. box NULL: the whole.
 * Images are RX_F32 where PyRadiomics' are (LoG, gradient; wavelets of `as` RX_F32), RX_F64 else.
 * Fails with RX_EINVAL (settings, grid, box; a wavelet that is not known), RX_EGRID (mask),
 * RX_ELIMIT, RX_ENOMEM; and with RX_EINVAL if a voxel is not finite where that would spoil the whole:
 * for all types but Original, Wavelet, Gradient and LBP2D, where it shows near itself only. *f is owned
 * by the caller; NULL on failure. */
RX_CHECKED int rx_filter_open(rx_filter **f, const rx_image *image, rx_scalar as, const rx_mask *mask,
                              const rx_box *box, rx_image_type type, const rx_filter_settings *settings,
                              rx_error *err);
/* The next image, or *more false when there is none. Fails with RX_ENOMEM. */
RX_CHECKED int rx_filter_next(bool *more, rx_filtered *out, rx_filter *f, rx_error *err);
void rx_filter_free(rx_filter *f);   /* NULL is fine */

/* The name of the n-th image (from 0) that a type gives: what rx_filter_next puts into rx_filtered.
 * False past the last. */
bool rx_filter_image_name(char name[RX_FILTERED_NAME], rx_image_type type,
                          const rx_filter_settings *s, unsigned n);

/* The n-th wavelet's name, PyWavelets' discrete ones; NULL past the last. */
const char *rx_wavelet_name(unsigned n);
/* Decomposition filters of a wavelet, in PyWavelets' order; *n taps in lo and hi, both of
 * RX_MAX_WAVELET. Fails with RX_EINVAL if there is none of that name (upper or lower case). */
RX_CHECKED int rx_wavelet_filters(double lo[RX_MAX_WAVELET], double hi[RX_MAX_WAVELET], unsigned *n,
                                  const char *name, rx_error *err);

#ifdef __cplusplus
}
#endif
#endif
