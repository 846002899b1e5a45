/* Parameter files written: what a model file keeps of them, and one line for reports. */
#include <stdio.h>
#include <string.h>

#include "pyradiomics.h"

typedef struct writer {
    txt_buf *b;
    int pad;
    const rx_pyr_own *known;       /* what need not be said again; NULL: all is said */
} writer;

static void put_real(const writer *w, const char *key, double v, double known)
{
    char digits[TXT_REAL_SIZE];
    if (w->known && v == known) { return; }
    txt_put_real(digits, v);
    txt_add(w->b, "%*s%s: %s\n", w->pad, "", key, digits);
}

static void put_uint(const writer *w, const char *key, unsigned v, unsigned known)
{
    if (w->known && v == known) { return; }
    txt_add(w->b, "%*s%s: %u\n", w->pad, "", key, v);
}

static void put_bool(const writer *w, const char *key, bool v, bool known)
{
    if (w->known && v == known) { return; }
    txt_add(w->b, "%*s%s: %s\n", w->pad, "", key, v ? "true" : "false");
}

static void put_word(const writer *w, const char *key, const char *v, bool known)
{
    if (!known) { txt_add(w->b, "%*s%s: %s\n", w->pad, "", key, v); }
}

static void put_distances(const writer *w, const rx_settings *s)
{
    const rx_settings *k = w->known ? &w->known->features : NULL;
    if (k && k->n_distances == s->n_distances &&
        memcmp(k->distances, s->distances, s->n_distances * sizeof s->distances[0]) == 0) {
        return;
    }
    txt_add(w->b, "%*sdistances: [", w->pad, "");
    for (unsigned i = 0; i < s->n_distances; i++) { txt_add(w->b, "%s%u", i ? ", " : "", s->distances[i]); }
    txt_add(w->b, "]\n");
}

static void put_features(const writer *w, const rx_settings *s)
{
    static const char *const norms[] = {[RX_NORM_NONE] = "", [RX_NORM_NO_WEIGHTING] = "no_weighting",
                                        [RX_NORM_MANHATTAN] = "manhattan", [RX_NORM_EUCLIDEAN] = "euclidean",
                                        [RX_NORM_INFINITY] = "infinity"};
    rx_settings standard;
    rx_settings_default(&standard);
    const rx_pyr_own ours = {.features = standard};      /* what is only said where it differs */
    const rx_settings *k = w->known ? &w->known->features : &standard;
    put_real(w, "binWidth", s->bin_width, k->bin_width);
    if (s->bin_count != k->bin_count) { txt_add(w->b, "%*sbinCount: %u\n", w->pad, "", s->bin_count); }
    put_real(w, "voxelArrayShift", s->voxel_array_shift, k->voxel_array_shift);
    put_bool(w, "symmetricalGLCM", s->symmetrical_glcm, k->symmetrical_glcm);
    put_distances(w, s);
    put_real(w, "gldm_a", s->gldm_alpha, k->gldm_alpha);
    put_word(w, "weightingNorm", norms[s->weighting_norm], s->weighting_norm == k->weighting_norm);
    const writer changes = {w->b, w->pad, w->known ? w->known : &ours};
    put_bool(&changes, "force2D", s->force_2d, k->force_2d);
    put_uint(&changes, "force2Ddimension", s->force_2d_dimension, k->force_2d_dimension);
}

static void put_sigmas(const writer *w, const rx_filter_settings *s, const rx_filter_settings *k)
{
    char digits[TXT_REAL_SIZE];
    bool same = s->n_sigma == k->n_sigma;
    for (unsigned i = 0; same && i < s->n_sigma; i++) {
        same = s->sigma[i].mm == k->sigma[i].mm && s->sigma[i].integer == k->sigma[i].integer;
    }
    if (same) { return; }
    txt_add(w->b, "%*ssigma: [", w->pad, "");
    for (unsigned i = 0; i < s->n_sigma; i++) {
        txt_put_real(digits, s->sigma[i].mm);
        /* The way in which it is written becomes part of the image's name. */
        bool bare = !s->sigma[i].integer && !strpbrk(digits, ".en");
        txt_add(w->b, "%s%s%s", i ? ", " : "", digits, bare ? ".0" : "");
    }
    txt_add(w->b, "]\n");
}

/* Only what differs. */
static void put_filter(const writer *w, const rx_filter_settings *s)
{
    rx_filter_settings standard;
    rx_filter_settings_default(&standard);
    const rx_pyr_own none = {.filter = standard};
    const writer d = {w->b, w->pad, w->known ? w->known : &none};
    const rx_filter_settings *k = &d.known->filter;
    put_sigmas(&d, s, k);
    put_uint(&d, "start_level", s->start_level, k->start_level);
    put_uint(&d, "level", s->level, k->level);
    put_word(&d, "wavelet", s->wavelet, strcmp(s->wavelet, k->wavelet) == 0);
    put_bool(&d, "gradientUseSpacing", s->gradient_use_spacing, k->gradient_use_spacing);
    put_real(&d, "lbp2DRadius", s->lbp2d_radius, k->lbp2d_radius);
    put_uint(&d, "lbp2DSamples", s->lbp2d_samples, k->lbp2d_samples);
    put_word(&d, "lbp2DMethod", rx_lbp_method_name(s->lbp2d_method), s->lbp2d_method == k->lbp2d_method);
    put_uint(&d, "lbp3DLevels", s->lbp3d_levels, k->lbp3d_levels);
    put_real(&d, "lbp3DIcosphereRadius", s->lbp3d_icosphere_radius, k->lbp3d_icosphere_radius);
    put_uint(&d, "lbp3DIcosphereSubdivision", s->lbp3d_icosphere_subdivision, k->lbp3d_icosphere_subdivision);
}

static void put_reals(const writer *w, const char *key, const double *v, unsigned n)
{
    char digits[TXT_REAL_SIZE];
    txt_add(w->b, "%*s%s: [", w->pad, "", key);
    for (unsigned i = 0; i < n; i++) {
        txt_put_real(digits, v[i]);
        txt_add(w->b, "%s%s", i ? ", " : "", digits);
    }
    txt_add(w->b, "]\n");
}

/* Only what differs from PyRadiomics' own. */
static void put_general(txt_buf *b, const rx_pyradiomics *s, int pad)
{
    static const char *const modes[] = {"absolute", "relative", "sigma"};
    rx_pyradiomics k;
    rx_pyradiomics_default(&k);
    const writer w = {b, pad, &k.base};
    put_bool(&w, "normalize", s->normalize, k.normalize);
    put_real(&w, "normalizeScale", s->normalize_scale, k.normalize_scale);
    put_real(&w, "removeOutliers", s->remove_outliers, k.remove_outliers);
    if (s->resample) { put_reals(&w, "resampledPixelSpacing", s->spacing_mm, 3); }
    put_word(&w, "interpolator", s->interpolator == RX_SITK_NONE ? "" : rx_interpolator_name(s->interpolator),
             s->interpolator == k.interpolator);
    put_uint(&w, "padDistance", s->pad_distance, k.pad_distance);
    put_bool(&w, "preCrop", s->pre_crop, k.pre_crop);
    put_bool(&w, "correctMask", s->correct_mask, k.correct_mask);
    put_real(&w, "geometryTolerance", s->geometry_tolerance, k.geometry_tolerance);
    if (s->n_resegment > 0) { put_reals(&w, "resegmentRange", s->resegment_range, s->n_resegment); }
    put_word(&w, "resegmentMode", modes[s->resegment_mode], s->resegment_mode == k.resegment_mode);
    put_bool(&w, "resegmentShape", s->resegment_shape, k.resegment_shape);
    put_bool(&w, "shapeInResegmentedBox", s->shape_in_resegmented_box, k.shape_in_resegmented_box);
    put_bool(&w, "shape2DMustBeFlat", s->shape2d_must_be_flat, k.shape2d_must_be_flat);
}

static void put_images(txt_buf *b, const rx_pyradiomics *s, int pad)
{
    txt_add(b, "%*simageType:\n", pad, "");
    for (unsigned i = 0; i < s->n_images; i++) {
        const rx_pyr_image *image = &s->images[i];
        size_t before;
        txt_add(b, "%*s%s:", pad + 2, "", rx_image_type_name(image->type));
        before = b->n;
        txt_add(b, "\n");
        const writer w = {b, pad + 4, &s->base};
        put_features(&w, &image->own.features);
        put_filter(&w, &image->own.filter);
        if (!b->failed && b->n == before + 1) {      /* nothing of its own */
            b->n = before;
            txt_add(b, " {}\n");
        }
    }
}

/* ---- Classes ------------------------------------------------------------- */

typedef struct class_names {
    const rx_feature_def *first;
    size_t n;
} class_names;

static class_names features_of(rx_class cls)
{
    const rx_feature_def *all = rx_features();
    size_t from = 0, to;
    while (from < RX_NFEATURES && all[from].cls != cls) { from++; }
    for (to = from; to < RX_NFEATURES && all[to].cls == cls;) { to++; }
    return (class_names){.first = all + from, .n = to - from};
}

static size_t count_enabled(const rx_settings *s, class_names names)
{
    size_t n = 0;
    for (size_t i = 0; i < names.n; i++) {
        n += s->enabled[(size_t)(names.first - rx_features()) + i];
    }
    return n;
}

/* "Mean,Energy" of a class, in the order of the table. */
static void add_enabled(txt_buf *b, const rx_settings *s, class_names names, const char *between)
{
    bool any = false;
    for (size_t i = 0; i < names.n; i++) {
        if (!s->enabled[(size_t)(names.first - rx_features()) + i]) { continue; }
        txt_add(b, "%s%s", any ? between : "", names.first[i].name);
        any = true;
    }
}

static void put_classes(txt_buf *b, const rx_settings *s, unsigned indent)
{
    int pad = (int)indent;
    txt_add(b, "%*sfeatureClass:\n", pad, "");
    for (unsigned c = 0; c < RX_NCLASSES; c++) {
        class_names names = features_of((rx_class)c);
        size_t on = count_enabled(s, names);
        if (on == 0) { continue; }
        txt_add(b, "%*s%s: [", pad + 2, "", rx_class_name((rx_class)c));
        if (on < names.n) { add_enabled(b, s, names, ", "); }
        txt_add(b, "]\n");
    }
}

void cfg_pyradiomics_write(txt_buf *b, const rx_pyradiomics *s, unsigned indent)
{
    int pad = (int)indent;
    const writer w = {b, pad + 2, NULL};
    const rx_settings *f = &s->base.features;
    txt_add(b, "%*ssetting:\n", pad, "");
    put_features(&w, f);
    txt_add(b, "%*sminimumROIDimensions: %u\n", pad + 2, "", f->minimum_roi_dimensions);
    if (f->minimum_roi_size) { txt_add(b, "%*sminimumROISize: %zu\n", pad + 2, "", f->minimum_roi_size); }
    put_filter(&w, &s->base.filter);
    put_general(b, s, pad + 2);
    put_images(b, s, pad);
    put_classes(b, f, indent);
}

/* ---- One line ------------------------------------------------------------ */

static void add_text(txt_buf *b, const rx_settings *s)
{
    char digits[TXT_REAL_SIZE];
    txt_put_real(digits, s->bin_width);
    if (s->bin_count) { txt_add(b, "binCount=%u", s->bin_count); }
    else { txt_add(b, "binWidth=%s", digits); }
    txt_put_real(digits, s->voxel_array_shift);
    txt_add(b, " voxelArrayShift=%s symmetricalGLCM=%s distances=", digits,
            s->symmetrical_glcm ? "true" : "false");
    for (unsigned i = 0; i < s->n_distances; i++) {
        txt_add(b, "%s%u", i ? "," : "", s->distances[i]);
    }
    txt_put_real(digits, s->gldm_alpha);
    txt_add(b, " gldm_a=%s minimumROIDimensions=%u minimumROISize=%zu", digits,
            s->minimum_roi_dimensions, s->minimum_roi_size);
    for (unsigned c = 0; c < RX_NCLASSES; c++) {
        class_names names = features_of((rx_class)c);
        size_t on = count_enabled(s, names);
        txt_add(b, " %s=", rx_class_name((rx_class)c));
        if (on == 0 || on == names.n) { txt_add(b, "%s", on ? "all" : "none"); }
        else { add_enabled(b, s, names, ","); }
    }
}

/* The length is that of the whole text, as of snprintf. */
static size_t plain_text(char *buf, size_t size, const rx_settings *s)
{
    txt_buf b = {0};
    txt_locale locale;
    if (!txt_locale_enter(&locale)) { return 0; }
    add_text(&b, s);
    txt_locale_leave(&locale);
    size_t n = b.failed ? 0 : b.n;
    if (!b.failed && size > 0) { snprintf(buf, size, "%s", b.text); }
    txt_buf_free(&b);
    return n;
}

/* What plain settings have always been told as; for others, all there is to tell. */
size_t cfg_pyradiomics_text(char *buf, size_t size, const rx_pyradiomics *s)
{
    if (size > 0) { buf[0] = '\0'; }
    if (cfg_pyradiomics_is_plain(s)) { return plain_text(buf, size, &s->base.features); }
    size_t n = rx_pyradiomics_describe(buf, size, s) - 1;      /* the last line's end */
    for (char *p = buf; size > 0 && *p; p++) {
        if (*p == '\n') { *p = p[1] ? ' ' : '\0'; }
    }
    return n;
}
