/* radiomics/pyradiomics.h - the `pyradiomics` profile: what PyRadiomics 3.1 does with an image, a
 * mask and a parameter file, value for value.
 *
 *     rx_pyradiomics s;
 *     rx_pyradiomics_default(&s);                       // Original, all features, binWidth 25
 *     s.base.features.bin_width = 10;                   // `setting:` of the parameter file
 *     s.resample = true;
 *     s.spacing_mm[0] = s.spacing_mm[1] = s.spacing_mm[2] = 1;
 *     rx_pyr_image *log = rx_pyradiomics_add_image(&s, RX_IMAGE_LOG, &err);   // a copy of s.base
 *     rx_pyr_add_sigma(&log->own, 3, false, &err);      // `log-sigma-3-0-mm-3D_...`
 *     rx_results values = { 0 };
 *     rx_pyradiomics_extract(&values, NULL, &image, &mask, &s, ws, &err);
 *
 * The order of work: normalise, resample (or pre-crop), check the mask, re-segment, and for each
 * image type: filter, crop to the region's box, features. Shape belongs to `original` alone.
 * Where PyRadiomics' own arithmetic has the image's type, so has this: `pixel` says which. */
#ifndef RX_PYRADIOMICS_H
#define RX_PYRADIOMICS_H
#include <stdbool.h>
#include <radiomics/error.h>
#include <radiomics/extract.h>
#include <radiomics/filters.h>
#include <radiomics/image.h>
#include <radiomics/results.h>
#include <radiomics/volume.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The type that the image's voxels had where they were read (a reader may widen them to float or
 * double): results of resampling are cast to it. RX_PIXEL_STORED: the rx_image's own type. */
typedef enum rx_pixel {
    RX_PIXEL_STORED,
    RX_PIXEL_I8, RX_PIXEL_U8, RX_PIXEL_I16, RX_PIXEL_U16, RX_PIXEL_I32, RX_PIXEL_U32,
    RX_PIXEL_I64, RX_PIXEL_U64, RX_PIXEL_F32, RX_PIXEL_F64
} rx_pixel;

/* SimpleITK's names and numbers, as PyRadiomics takes them. */
typedef enum rx_interpolator {
    RX_SITK_NONE,                     /* None: no resampling, whatever the spacing             */
    RX_SITK_NEAREST_NEIGHBOR, RX_SITK_LINEAR, RX_SITK_BSPLINE, RX_SITK_GAUSSIAN,
    RX_SITK_LABEL_GAUSSIAN, RX_SITK_HAMMING_WINDOWED_SINC, RX_SITK_COSINE_WINDOWED_SINC,
    RX_SITK_WELCH_WINDOWED_SINC, RX_SITK_LANCZOS_WINDOWED_SINC, RX_SITK_BLACKMAN_WINDOWED_SINC
} rx_interpolator;

typedef enum rx_resegment { RX_RESEGMENT_ABSOLUTE, RX_RESEGMENT_RELATIVE, RX_RESEGMENT_SIGMA }
    rx_resegment;

enum { RX_PYR_MAX_IMAGES = 32, RX_PYR_NSHAPE2D = 10 };

/* What an image type may have of its own. */
typedef struct rx_pyr_own {
    rx_settings features;            /* binning, textures, force2D, weightingNorm; its `enabled`
                                        and ROI minima count in rx_pyradiomics.base alone      */
    rx_filter_settings filter;       /* sigma, wavelet, level, lbp ...; its force_2d and
                                        force_2d_dimension are not looked at: those of
                                        `features` count                                       */
} rx_pyr_own;

typedef struct rx_pyr_image { rx_image_type type; rx_pyr_own own; } rx_pyr_image;

/* The 9 features of a flat region and, last, the deprecated SphericalDisproportion; sorted as
 * PyRadiomics sorts. */
typedef enum rx_pyr_shape2d {
    RX_SHAPE2D_ELONGATION, RX_SHAPE2D_MAJOR_AXIS_LENGTH, RX_SHAPE2D_MAXIMUM_DIAMETER,
    RX_SHAPE2D_MESH_SURFACE, RX_SHAPE2D_MINOR_AXIS_LENGTH, RX_SHAPE2D_PERIMETER,
    RX_SHAPE2D_PERIMETER_SURFACE_RATIO, RX_SHAPE2D_PIXEL_SURFACE, RX_SHAPE2D_SPHERICITY,
    RX_SHAPE2D_SPHERICAL_DISPROPORTION
} rx_pyr_shape2d;

/* What PyRadiomics computes only if asked for by name. */
typedef enum rx_pyr_deprecated {
    RX_DEPRECATED_COMPACTNESS1, RX_DEPRECATED_COMPACTNESS2, RX_DEPRECATED_SPHERICAL_DISPROPORTION,
    RX_DEPRECATED_STANDARD_DEVIATION, RX_NDEPRECATED
} rx_pyr_deprecated;

/* All settings; rx_pyradiomics_default gives PyRadiomics' own. No pointers: copy it freely. */
typedef struct rx_pyradiomics {
    rx_pixel pixel;
    rx_pyr_own base;                 /* `setting:`; base.features.enabled: `featureClass:`      */
    bool shape2d[RX_PYR_NSHAPE2D];   /* computed where force2D is set and the region has one
                                        slice along force2Ddimension                           */
    bool deprecated[RX_NDEPRECATED];
    rx_pyr_image images[RX_PYR_MAX_IMAGES];  /* `imageType:`, in its order                     */
    unsigned n_images;

    bool normalize;                  /* normalize                                              */
    double normalize_scale;          /* normalizeScale: 1                                      */
    double remove_outliers;          /* removeOutliers, standard deviations; 0: none           */
    bool resample;                   /* resampledPixelSpacing is given                         */
    double spacing_mm[3];            /* ... x, y, z; 0: as the mask's                          */
    rx_interpolator interpolator;    /* interpolator: B-spline                                 */
    unsigned pad_distance;           /* padDistance: 5 voxels of the new grid                  */
    bool pre_crop;                   /* preCrop                                                */
    bool correct_mask;               /* correctMask                                            */
    double geometry_tolerance;       /* geometryTolerance; 0: ITK's, 1e-6                      */
    unsigned n_resegment;            /* resegmentRange: 0 none, 1 lower bound, 2 both          */
    double resegment_range[2];
    rx_resegment resegment_mode;     /* resegmentMode: absolute                                */
    bool resegment_shape;            /* resegmentShape                                         */

    /* PyRadiomics crops the mask of the shape features to the box of the re-segmented region,
     * though it says that shape is not re-segmented: true (the default) does as it does, false
     * leaves the mask whole. */
    bool shape_in_resegmented_box;
    /* PyRadiomics fails a region of several slices when shape2D is on; false (the default) leaves
     * shape2D out with a note, true fails with RX_EINVAL. */
    bool shape2d_must_be_flat;
} rx_pyradiomics;

void rx_pyradiomics_default(rx_pyradiomics *s);
/* Succeeds if every value is in range; the message names PyRadiomics' setting. */
RX_CHECKED int rx_pyradiomics_check(const rx_pyradiomics *s, rx_error *err);

/* Append an image type with a copy of s->base as its own settings (set the base first); NULL and
 * err filled if there are RX_PYR_MAX_IMAGES. To replace the default, set n_images = 0 first. */
rx_pyr_image *rx_pyradiomics_add_image(rx_pyradiomics *s, rx_image_type type, rx_error *err);
/* Append a width to own->filter.sigma, once; RX_EINVAL if there are RX_MAX_SIGMAS. */
RX_CHECKED int rx_pyr_add_sigma(rx_pyr_own *own, double mm, bool integer, rx_error *err);

/* Names as in parameter files. */
int rx_image_type_of(const char *name);                       /* "LoG", "LBP2D"; or -1         */
const char *rx_interpolator_name(rx_interpolator i);          /* "sitkBSpline"; "None"         */
int rx_interpolator_of(const char *name);                     /* or -1                         */

/* `featureClass:` Switch everything off, then on what is named. cls: "shape", "shape2D",
 * "firstorder", "glcm", ...; feature NULL: all of the class that are not deprecated. A name that
 * PyRadiomics knows but answers without a value (glcm: Dissimilarity, Homogeneity1, Homogeneity2,
 * SumVariance; gldm: GrayLevelNonUniformityNormalized, DependencePercentage) is accepted and
 * gives none. RX_EINVAL: no such class or feature. */
void rx_pyradiomics_disable_features(rx_pyradiomics *s);
RX_CHECKED int rx_pyradiomics_enable(rx_pyradiomics *s, const char *cls, const char *feature,
                                     rx_error *err);
/* The names that rx_pyradiomics_enable takes, for messages: class i of a list, feature i of a
 * class; NULL past the end or for an unknown class. */
const char *rx_pyr_class_name(unsigned i);
const char *rx_pyr_feature_name(const char *cls, unsigned i);

/* ---- what happened on the way ---- */

typedef struct rx_trace_image {
    bool present;
    rx_grid grid;
    double mean, min, max;           /* of all voxels                                          */
} rx_trace_image;

typedef struct rx_trace_mask {
    bool present;
    rx_grid grid;
    size_t box_min[3], box_max[3];   /* inclusive, index space of `grid`                       */
    size_t voxels;
    unsigned parts;                  /* 26-connected: VolumeNum                                */
    double centre_index[3], centre_mm[3];
    bool has_intensities;            /* not for the mask as it came                            */
    double mean, min, max;           /* of the region                                          */
} rx_trace_mask;

enum { RX_TRACE_NOTES = 16, RX_TRACE_NOTE_SIZE = 200 };

/* PyRadiomics' diagnostics: `Image-original`, `Image-interpolated`, `Mask-original`, ... */
typedef struct rx_trace {
    rx_trace_image image_original, image_interpolated;
    rx_trace_mask mask_original, mask_corrected, mask_interpolated, mask_resegmented;
    unsigned grey_levels;            /* of `original`, if it was asked for                     */
    unsigned n_notes;                /* what PyRadiomics logs as warnings: image types left out */
    char notes[RX_TRACE_NOTES][RX_TRACE_NOTE_SIZE];
} rx_trace;

/* Append the values to *out, named as PyRadiomics names them: those asked for, shape first, then
 * image by image, class by class in the order of rx_features(). trace may be NULL, which saves
 * the passes over the whole image that it costs. The mask may lie on another grid than the image
 * where PyRadiomics allows it (resampling, correctMask). On failure *out is as it was.
 * Fails: RX_EGRID (grids differ; the region leaves the image), RX_EEMPTY (no voxel of the label;
 * none after re-segmentation), RX_ETOOSMALL (one voxel; minimumROISize; minimumROIDimensions),
 * RX_EINVAL (settings, a voxel that is not finite), RX_ELIMIT (a grid or a number of grey levels
 * that is not sensible, with the number), RX_ENOMEM. */
RX_CHECKED int rx_pyradiomics_extract(rx_results *out, rx_trace *trace, const rx_image *image,
                                      const rx_mask *mask, const rx_pyradiomics *settings,
                                      rx_workspace *ws, rx_error *err);

/* The definition (an index into rx_features()) and the image ("original", "wavelet-LLH") that a column's
 * name speaks of; -1 if it is none of those. image may be NULL. */
int rx_pyradiomics_feature(char image[RX_FILTERED_NAME], const char *name);
/* Do these settings give a value of that name, one of the definitions of rx_features()? An image may
 * still be left out for a region (see notes). */
bool rx_pyradiomics_gives(const rx_pyradiomics *s, const char *name);

/* The settings as text that is the same for the same settings and differs for others: what a
 * settings digest is made of. At most size bytes with the closing 0; returns the length needed,
 * as snprintf. */
size_t rx_pyradiomics_describe(char *out, size_t size, const rx_pyradiomics *s);

/* ---- the steps one by one, for maps and for looking at what was measured ---- */

/* The image and the masks after preparation: views of the caller's voxels where nothing had to be
 * made, else of voxels owned here. Free with rx_pyr_prepared_free; all zero is empty. */
typedef struct rx_pyr_prepared {
    rx_image image;
    rx_mask mask;                    /* re-segmented, if asked for                             */
    rx_mask shape_mask;              /* for the shape features                                 */
    size_t box_min[3], box_max[3];   /* of `mask`, inclusive                                   */
    rx_pixel pixel;                  /* of the image after preparation, never RX_PIXEL_STORED  */
    rx_volume own_image;
    rx_region own_mask, own_shape_mask;
} rx_pyr_prepared;

RX_CHECKED int rx_pyradiomics_prepare(rx_pyr_prepared *p, rx_trace *trace, const rx_image *image,
                                      const rx_mask *mask, const rx_pyradiomics *settings,
                                      rx_workspace *ws, rx_error *err);
void rx_pyr_prepared_free(rx_pyr_prepared *p);

/* Called with each image of each type in order: `original`, `log-sigma-3-0-mm-3D`, ... The image
 * and the mask lie on one grid: the prepared image's for `original`, that of the region's box with
 * `pad` voxels around it (as far as the image goes) for what a filter made. The views last until
 * it returns; a code other than RX_OK stops. */
typedef int rx_pyr_visit(void *user, const char *name, const rx_image *image, const rx_mask *mask,
                         const rx_pyr_own *own, rx_error *err);
RX_CHECKED int rx_pyradiomics_images(const rx_pyr_prepared *p, rx_trace *trace,
                                     const rx_pyradiomics *settings, size_t pad,
                                     rx_pyr_visit *visit, void *user, rx_error *err);

#ifdef __cplusplus
}
#endif
#endif
