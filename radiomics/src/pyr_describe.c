#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "classes.h"
#include "pyr.h"

typedef struct text { char *p; size_t size, used; } text;

static void put(text *t, const char *fmt, ...) RX_PRINTF(2, 3);
static void put(text *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    size_t left = t->used < t->size ? t->size - t->used : 0;
    int n = vsnprintf(left ? t->p + t->used : NULL, left, fmt, args);
    va_end(args);
    t->used += n > 0 ? (size_t)n : 0;
}

static void put_features(text *t, const rx_settings *f)
{
    static const char *const norms[RX_NNORMS] = { "None", "no_weighting", "manhattan", "euclidean",
                                                  "infinity" };
    if (f->bin_count > 0) {
        put(t, "binCount=%u\n", f->bin_count);
    } else {
        put(t, "binWidth=%.17g\n", f->bin_width);
    }
    put(t, "voxelArrayShift=%.17g\nsymmetricalGLCM=%d\ndistances=", f->voxel_array_shift,
        f->symmetrical_glcm);
    for (unsigned i = 0; i < f->n_distances; i++) { put(t, "%s%u", i ? "," : "", f->distances[i]); }
    put(t, "\ngldm_a=%.17g\nforce2D=%d\nforce2Ddimension=%u\nweightingNorm=%s\n", f->gldm_alpha,
        f->force_2d, f->force_2d_dimension,
        (unsigned)f->weighting_norm < RX_NNORMS ? norms[f->weighting_norm] : "?");
}

static void put_filter(text *t, const rx_filter_settings *f, rx_image_type type)
{
    switch (type) {
    case RX_IMAGE_LOG:
        put(t, "sigma=");
        for (unsigned i = 0; i < f->n_sigma; i++) {
            put(t, "%s%.17g%s", i ? "," : "", f->sigma[i].mm, f->sigma[i].integer ? "" : "f");
        }
        put(t, "\n");
        break;
    case RX_IMAGE_WAVELET:
        put(t, "wavelet=%s\nstart_level=%u\nlevel=%u\n", f->wavelet, f->start_level, f->level);
        break;
    case RX_IMAGE_GRADIENT: put(t, "gradientUseSpacing=%d\n", f->gradient_use_spacing); break;
    case RX_IMAGE_LBP2D:
        put(t, "lbp2DRadius=%.17g\nlbp2DSamples=%u\nlbp2DMethod=%s\n", f->lbp2d_radius,
            f->lbp2d_samples, rx_lbp_method_name(f->lbp2d_method));
        break;
    case RX_IMAGE_LBP3D:
        put(t, "lbp3DLevels=%u\nlbp3DIcosphereRadius=%.17g\nlbp3DIcosphereSubdivision=%u\n",
            f->lbp3d_levels, f->lbp3d_icosphere_radius, f->lbp3d_icosphere_subdivision);
        break;
    default: break;
    }
}

static void put_preparation(text *t, const rx_pyradiomics *s)
{
    static const char *const modes[] = { "absolute", "relative", "sigma" };
    if (s->normalize) {
        put(t, "normalizeScale=%.17g\nremoveOutliers=%.17g\n", s->normalize_scale, s->remove_outliers);
    }
    if (s->resample && s->interpolator != RX_SITK_NONE) {
        put(t, "resampledPixelSpacing=%.17g,%.17g,%.17g\ninterpolator=%s\npadDistance=%u\n",
            s->spacing_mm[0], s->spacing_mm[1], s->spacing_mm[2],
            rx_interpolator_name(s->interpolator), s->pad_distance);
    } else if (s->pre_crop) {
        put(t, "preCrop=1\npadDistance=%u\n", s->pad_distance);
    }
    put(t, "correctMask=%d\ngeometryTolerance=%.17g\n", s->correct_mask, s->geometry_tolerance);
    if (s->n_resegment > 0) {
        put(t, "resegmentRange=%.17g", s->resegment_range[0]);
        if (s->n_resegment > 1) { put(t, ",%.17g", s->resegment_range[1]); }
        put(t, "\nresegmentMode=%s\nresegmentShape=%d\nshapeInResegmentedBox=%d\n",
            (unsigned)s->resegment_mode < 3 ? modes[s->resegment_mode] : "?", s->resegment_shape,
            s->shape_in_resegmented_box);
    }
    put(t, "minimumROIDimensions=%u\nminimumROISize=%zu\n", s->base.features.minimum_roi_dimensions,
        s->base.features.minimum_roi_size);
}

static void put_enabled(text *t, const rx_pyradiomics *s)
{
    for (unsigned c = 0; c < RX_NCLASSES; c++) {
        const bool *on = s->base.features.enabled + rx_class_first((rx_class)c);
        unsigned n = rx_class_size((rx_class)c), wanted = 0;
        for (unsigned i = 0; i < n; i++) { wanted += on[i]; }
        if (wanted == 0) { continue; }
        put(t, "%s=%s", rx_class_name((rx_class)c), wanted == n ? "all" : "");
        for (unsigned i = 0, at = 0; i < n && wanted < n; i++) {
            if (on[i]) {
                put(t, "%s%s", at++ ? "," : "", rx_features()[rx_class_first((rx_class)c) + i].name);
            }
        }
        put(t, "\n");
    }
    static const char *const old[RX_NDEPRECATED] = {
        "shape_Compactness1", "shape_Compactness2", "shape_SphericalDisproportion",
        "firstorder_StandardDeviation",
    };
    for (unsigned i = 0; i < RX_NDEPRECATED; i++) {
        if (s->deprecated[i]) { put(t, "%s\n", old[i]); }
    }
    bool flat = false;
    for (unsigned i = 0; i < RX_PYR_NSHAPE2D; i++) {
        if (s->shape2d[i]) { put(t, "shape2D_%s\n", rx_shape2d_name(i)); }
        flat = flat || s->shape2d[i];
    }
    if (flat) {
        put(t, "shape2D: force2D=%d, force2Ddimension=%u\n", s->base.features.force_2d,
            s->base.features.force_2d_dimension);
    }
    if (s->shape2d_must_be_flat) { put(t, "shape2DMustBeFlat=1\n"); }
}

size_t rx_pyradiomics_describe(char *out, size_t size, const rx_pyradiomics *s)
{
    text t = { out, size, 0 };
    if (size > 0) { out[0] = '\0'; }
    put(&t, "profile=pyradiomics-3.1\npixel=%d\n", (int)s->pixel);
    put_preparation(&t, s);
    put_enabled(&t, s);
    for (unsigned i = 0; i < s->n_images && i < RX_PYR_MAX_IMAGES; i++) {
        put(&t, "[%s]\n", rx_image_type_name(s->images[i].type));
        put_filter(&t, &s->images[i].own.filter, s->images[i].type);
        put_features(&t, &s->images[i].own.features);
    }
    return t.used;
}
