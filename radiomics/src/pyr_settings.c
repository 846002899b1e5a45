#include <math.h>
#include <string.h>
#include "bounds.h"
#include "classes.h"
#include "pyr.h"

static const char *const interpolators[] = {
    "None", "sitkNearestNeighbor", "sitkLinear", "sitkBSpline", "sitkGaussian", "sitkLabelGaussian",
    "sitkHammingWindowedSinc", "sitkCosineWindowedSinc", "sitkWelchWindowedSinc",
    "sitkLanczosWindowedSinc", "sitkBlackmanWindowedSinc",
};
enum { N_INTERPOLATORS = sizeof interpolators / sizeof *interpolators };

/* What rx_features() has not: features that are computed if named, and names without a value. */
typedef struct extra { const char *cls, *name; int deprecated, shape2d; } extra;

static const extra extras[] = {
    { "shape", "Compactness1", RX_DEPRECATED_COMPACTNESS1, -1 },
    { "shape", "Compactness2", RX_DEPRECATED_COMPACTNESS2, -1 },
    { "shape", "SphericalDisproportion", RX_DEPRECATED_SPHERICAL_DISPROPORTION, -1 },
    { "firstorder", "StandardDeviation", RX_DEPRECATED_STANDARD_DEVIATION, -1 },
    { "glcm", "Dissimilarity", -1, -1 },
    { "glcm", "Homogeneity1", -1, -1 },
    { "glcm", "Homogeneity2", -1, -1 },
    { "glcm", "SumVariance", -1, -1 },
    { "gldm", "GrayLevelNonUniformityNormalized", -1, -1 },
    { "gldm", "DependencePercentage", -1, -1 },
    { "shape2D", "Elongation", -1, RX_SHAPE2D_ELONGATION },
    { "shape2D", "MajorAxisLength", -1, RX_SHAPE2D_MAJOR_AXIS_LENGTH },
    { "shape2D", "MaximumDiameter", -1, RX_SHAPE2D_MAXIMUM_DIAMETER },
    { "shape2D", "MeshSurface", -1, RX_SHAPE2D_MESH_SURFACE },
    { "shape2D", "MinorAxisLength", -1, RX_SHAPE2D_MINOR_AXIS_LENGTH },
    { "shape2D", "Perimeter", -1, RX_SHAPE2D_PERIMETER },
    { "shape2D", "PerimeterSurfaceRatio", -1, RX_SHAPE2D_PERIMETER_SURFACE_RATIO },
    { "shape2D", "PixelSurface", -1, RX_SHAPE2D_PIXEL_SURFACE },
    { "shape2D", "Sphericity", -1, RX_SHAPE2D_SPHERICITY },
    { "shape2D", "SphericalDisproportion", -1, RX_SHAPE2D_SPHERICAL_DISPROPORTION },
};
enum { N_EXTRAS = sizeof extras / sizeof *extras };

const char *rx_shape2d_name(unsigned i)
{
    for (unsigned e = 0; e < N_EXTRAS; e++) {
        if (extras[e].shape2d == (int)i) { return extras[e].name; }
    }
    return "?";
}

void rx_pyradiomics_default(rx_pyradiomics *s)
{
    *s = (rx_pyradiomics){
        .normalize_scale = 1,
        .interpolator = RX_SITK_BSPLINE,
        .pad_distance = 5,
        .resegment_mode = RX_RESEGMENT_ABSOLUTE,
        .shape_in_resegmented_box = true,
    };
    rx_settings_default(&s->base.features);
    rx_filter_settings_default(&s->base.filter);
    s->images[0] = (rx_pyr_image){ RX_IMAGE_ORIGINAL, s->base };
    s->n_images = 1;
}

static int check_preparation(const rx_pyradiomics *s, rx_error *err)
{
    if ((unsigned)s->pixel > RX_PIXEL_F64) {
        return rx_fail(err, RX_EINVAL, "pixel type %d is unknown", (int)s->pixel);
    }
    if (!(s->normalize_scale > 0) || !isfinite(s->normalize_scale)) {
        return rx_fail(err, RX_EINVAL, "normalizeScale is %g, must be positive", s->normalize_scale);
    }
    if (!(s->remove_outliers >= 0)) {
        return rx_fail(err, RX_EINVAL, "removeOutliers is %g, must be positive", s->remove_outliers);
    }
    for (int a = 0; s->resample && a < 3; a++) {
        if (!(s->spacing_mm[a] >= 0) || !isfinite(s->spacing_mm[a])) {
            return rx_fail(err, RX_EINVAL, "resampledPixelSpacing[%d] is %g, must not be negative", a,
                           s->spacing_mm[a]);
        }
    }
    if ((unsigned)s->interpolator >= N_INTERPOLATORS) {
        return rx_fail(err, RX_EINVAL, "interpolator is %d, must be 1 to 10", (int)s->interpolator);
    }
    if (s->pad_distance > RX_MAX_AXIS) {
        return rx_fail(err, RX_EINVAL, "padDistance is %u, at most %d", s->pad_distance, RX_MAX_AXIS);
    }
    if (!(s->geometry_tolerance >= 0)) {
        return rx_fail(err, RX_EINVAL, "geometryTolerance is %g, must be positive", s->geometry_tolerance);
    }
    if (s->n_resegment > 2) {
        return rx_fail(err, RX_EINVAL, "resegmentRange has %u values, must have 1 or 2", s->n_resegment);
    }
    for (unsigned i = 0; i < s->n_resegment; i++) {
        if (isnan(s->resegment_range[i])) {
            return rx_fail(err, RX_EINVAL, "resegmentRange[%u] is not a number", i);
        }
    }
    if ((unsigned)s->resegment_mode > RX_RESEGMENT_SIGMA) {
        return rx_fail(err, RX_EINVAL, "resegmentMode %d is unknown", (int)s->resegment_mode);
    }
    return RX_OK;
}

int rx_pyradiomics_check(const rx_pyradiomics *s, rx_error *err)
{
    int rc;
    if ((rc = check_preparation(s, err)) != RX_OK
        || (rc = rx_settings_check(&s->base.features, err)) != RX_OK) {
        return rc;
    }
    if (s->n_images > RX_PYR_MAX_IMAGES) {
        return rx_fail(err, RX_EINVAL, "imageType has %u entries, at most %d", s->n_images,
                       RX_PYR_MAX_IMAGES);
    }
    for (unsigned i = 0; i < s->n_images; i++) {
        const rx_pyr_own *own = &s->images[i].own;
        for (unsigned j = 0; j < i; j++) {
            if (s->images[j].type != s->images[i].type) { continue; }
            return rx_fail(err, RX_EINVAL, "imageType has %s twice", rx_image_type_name(s->images[i].type));
        }
        if ((rc = rx_settings_check(&own->features, err)) != RX_OK
            || (rc = rx_filter_settings_check(&own->filter, s->images[i].type, err)) != RX_OK) {
            return rc;
        }
    }
    return RX_OK;
}

rx_pyr_image *rx_pyradiomics_add_image(rx_pyradiomics *s, rx_image_type type, rx_error *err)
{
    if (s->n_images >= RX_PYR_MAX_IMAGES || (unsigned)type >= RX_NIMAGE_TYPES) {
        rx_fail(err, RX_EINVAL, "imageType: at most %d entries of %d known types", RX_PYR_MAX_IMAGES,
                RX_NIMAGE_TYPES);
        return NULL;
    }
    rx_pyr_image *image = &s->images[s->n_images++];
    *image = (rx_pyr_image){ type, s->base };
    return image;
}

int rx_pyr_add_sigma(rx_pyr_own *own, double mm, bool integer, rx_error *err)
{
    rx_filter_settings *f = &own->filter;
    for (unsigned i = 0; i < f->n_sigma; i++) {
        if (f->sigma[i].mm == mm && f->sigma[i].integer == integer) { return RX_OK; }
    }
    if (f->n_sigma >= RX_MAX_SIGMAS) {
        return rx_fail(err, RX_EINVAL, "sigma has more than %d values", RX_MAX_SIGMAS);
    }
    f->sigma[f->n_sigma++] = (rx_sigma){ mm, integer };
    return RX_OK;
}

int rx_image_type_of(const char *name)
{
    for (int i = 0; name && i < RX_NIMAGE_TYPES; i++) {
        if (strcmp(rx_image_type_name((rx_image_type)i), name) == 0) { return i; }
    }
    return -1;
}

const char *rx_interpolator_name(rx_interpolator i)
{
    return (unsigned)i < N_INTERPOLATORS ? interpolators[i] : "?";
}

int rx_interpolator_of(const char *name)
{
    for (int i = 0; name && i < N_INTERPOLATORS; i++) {
        if (strcmp(interpolators[i], name) == 0) { return i; }
    }
    return -1;
}

const char *rx_pyr_class_name(unsigned i)
{
    if (i < RX_NCLASSES) { return rx_class_name((rx_class)i); }
    return i == RX_NCLASSES ? "shape2D" : NULL;
}

static int class_of(const char *name)
{
    for (unsigned i = 0; i <= RX_NCLASSES; i++) {
        if (strcmp(rx_pyr_class_name(i), name) == 0) { return (int)i; }
    }
    return -1;
}

const char *rx_pyr_feature_name(const char *cls, unsigned i)
{
    int c = cls ? class_of(cls) : -1;
    if (c < 0) { return NULL; }
    if (c < RX_NCLASSES) {
        unsigned n = rx_class_size((rx_class)c);
        if (i < n) { return rx_features()[rx_class_first((rx_class)c) + i].name; }
        i -= n;
    }
    for (unsigned e = 0; e < N_EXTRAS; e++) {
        if (strcmp(extras[e].cls, cls) == 0 && i-- == 0) { return extras[e].name; }
    }
    return NULL;
}

void rx_pyradiomics_disable_features(rx_pyradiomics *s)
{
    memset(s->base.features.enabled, 0, sizeof s->base.features.enabled);
    memset(s->shape2d, 0, sizeof s->shape2d);
    memset(s->deprecated, 0, sizeof s->deprecated);
}

static void enable_class(rx_pyradiomics *s, int c)
{
    if (c == RX_NCLASSES) {
        for (int i = 0; i < RX_SHAPE2D_SPHERICAL_DISPROPORTION; i++) { s->shape2d[i] = true; }
        return;
    }
    unsigned first = rx_class_first((rx_class)c);
    for (unsigned i = 0; i < rx_class_size((rx_class)c); i++) { s->base.features.enabled[first + i] = true; }
}

int rx_pyradiomics_enable(rx_pyradiomics *s, const char *cls, const char *feature, rx_error *err)
{
    int c = cls ? class_of(cls) : -1;
    if (c < 0) { return rx_fail(err, RX_EINVAL, "featureClass `%s` is unknown", cls ? cls : ""); }
    if (!feature) {
        enable_class(s, c);
        return RX_OK;
    }
    unsigned n = c < RX_NCLASSES ? rx_class_size((rx_class)c) : 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned at = rx_class_first((rx_class)c) + i;
        if (strcmp(rx_features()[at].name, feature) == 0) {
            s->base.features.enabled[at] = true;
            return RX_OK;
        }
    }
    for (unsigned e = 0; e < N_EXTRAS; e++) {
        const extra *x = &extras[e];
        if (strcmp(x->cls, cls) != 0 || strcmp(x->name, feature) != 0) { continue; }
        if (x->deprecated >= 0) { s->deprecated[x->deprecated] = true; }
        if (x->shape2d >= 0) { s->shape2d[x->shape2d] = true; }
        return RX_OK;
    }
    return rx_fail(err, RX_EINVAL, "featureClass %s has no feature `%s`", cls, feature);
}
