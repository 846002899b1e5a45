#include "pyradiomics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <radiomics/filters.h>

#include "file.h"
#include "prepare.h"

enum { MAX_BYTES = 65536 };

/* ---- Values that a table cannot say -------------------------------------- */

static int read_ignored(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    (void)r, (void)obj, (void)f, (void)n;
    return CFG_OK;
}

/* PyRadiomics takes an empty value for "not set": what the default is for these. */
static int read_optional(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    return yt_is_null(n) ? CFG_OK : fd_read_value(r, obj, f->sub->fields, n);
}

static bool read_number(double *v, const yt_node *n)
{
    return n->kind == YT_SCALAR && n->plain && txt_real(v, n->text) && !isinf(*v);
}

static int read_distances(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_settings *s = &((rx_pyr_own *)obj)->features;
    enum { MAX = sizeof s->distances / sizeof s->distances[0] };
    (void)f;
    if (n->kind != YT_LIST || n->n < 1 || n->n > MAX) {
        return fd_expected(r, n, "a list of 1 to %d distances", MAX);
    }
    s->n_distances = 0;
    for (const yt_node *item = n->first; item; item = item->next) {
        uint64_t v;
        if (item->kind != YT_SCALAR || !item->plain || !txt_uint(&v, item->text) || v < 1 || v > 8) {
            return fd_expected(r, item, "an integer 1 to 8");
        }
        for (unsigned i = 0; i < s->n_distances; i++) {
            if (s->distances[i] == v) { return fd_expected(r, item, "each distance once"); }
        }
        s->distances[s->n_distances++] = (unsigned)v;
    }
    return CFG_OK;
}

static int read_sigmas(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_pyr_own *own = obj;
    (void)f;
    if (n->kind != YT_LIST || n->n > RX_MAX_SIGMAS) {
        return fd_expected(r, n, "a list of at most %d widths in mm", RX_MAX_SIGMAS);
    }
    own->filter.n_sigma = 0;
    for (const yt_node *item = n->first; item; item = item->next) {
        double v;
        uint64_t whole;
        rx_error rx = {0};
        if (!read_number(&v, item) || !(v > 0)) { return fd_expected(r, item, "a number above 0, in mm"); }
        /* The way in which it is written becomes part of the image's name. */
        if (rx_pyr_add_sigma(own, v, txt_uint(&whole, item->text), &rx) != RX_OK) {
            return fd_fail(r, item, NULL, "%s", rx.msg);
        }
    }
    return CFG_OK;
}

/* One of some words; returns its number or -1. */
static int word_of(const yt_node *n, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words && n->kind == YT_SCALAR; i++) {
        if (strcmp(n->text, words[i]) == 0) { return (int)i; }
    }
    return -1;
}

static int read_norm(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    static const char *const words[] = {"no_weighting", "manhattan", "euclidean", "infinity"};
    static const rx_norm norms[] = {RX_NORM_NO_WEIGHTING, RX_NORM_MANHATTAN, RX_NORM_EUCLIDEAN,
                                    RX_NORM_INFINITY};
    rx_norm *to = &((rx_pyr_own *)obj)->features.weighting_norm;
    (void)f;
    int i = word_of(n, words, 4);
    if (i < 0 && !yt_is_null(n)) {
        return fd_expected(r, n, "nothing, no_weighting, manhattan, euclidean or infinity");
    }
    *to = i < 0 ? RX_NORM_NONE : norms[i];
    return CFG_OK;
}

static const char *wavelet_at(const void *list, size_t i)
{
    (void)list;
    return rx_wavelet_name((unsigned)i);
}

static int read_wavelet(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_filter_settings *s = &((rx_pyr_own *)obj)->filter;
    size_t count = 0;
    (void)f;
    if (n->kind != YT_SCALAR || yt_is_null(n)) { return fd_expected(r, n, "the name of a wavelet"); }
    for (; wavelet_at(NULL, count); count++) {
        const char *name = wavelet_at(NULL, count);
        if (strcmp(name, n->text) == 0 && strlen(name) < sizeof s->wavelet) {
            snprintf(s->wavelet, sizeof s->wavelet, "%s", name);
            return CFG_OK;
        }
    }
    char shown[TXT_SHOWN_SIZE];
    txt_show(shown, n->text);
    const char *near = txt_nearest(n->text, wavelet_at, NULL, count);
    return fd_fail(r, n, NULL, "unknown wavelet \"%s\"%s%s%s", shown, near ? ", did you mean \"" : "",
                   near ? near : ", expected a discrete one such as coif1, db2, haar", near ? "\"?" : "");
}

static int read_lbp_method(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    static const char *const words[] = {"default", "ror", "uniform", "var"};
    static const rx_lbp_method methods[] = {RX_LBP_DEFAULT, RX_LBP_ROR, RX_LBP_UNIFORM, RX_LBP_VAR};
    (void)f;
    int i = word_of(n, words, 4);
    if (i < 0) { return fd_expected(r, n, "default, ror, uniform or var"); }
    ((rx_pyr_own *)obj)->filter.lbp2d_method = methods[i];
    return CFG_OK;
}

static int read_label(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    uint64_t v;
    (void)f;
    if (n->kind != YT_SCALAR || !n->plain || !txt_uint(&v, n->text) || v < 1 || v > UINT32_MAX) {
        return fd_expected(r, n, "an integer 1 to 4294967295");
    }
    ((cfg_pyradiomics *)obj)->label = (uint32_t)v;
    return CFG_OK;
}

static int read_spacing(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_pyradiomics *s = &((cfg_pyradiomics *)obj)->settings;
    size_t i = 0;
    (void)f;
    if (yt_is_null(n)) { return CFG_OK; }
    if (n->kind != YT_LIST || n->n != 3) {
        return fd_expected(r, n, "a list of 3 spacings in mm (x, y, z), or nothing");
    }
    for (const yt_node *item = n->first; item; item = item->next, i++) {
        if (!read_number(&s->spacing_mm[i], item) || !(s->spacing_mm[i] >= 0)) {
            return fd_expected(r, item, "a number of at least 0, in mm (0: as it is)");
        }
    }
    s->resample = true;
    return CFG_OK;
}

static const char *interpolator_at(const void *list, size_t i)
{
    (void)list;
    return rx_interpolator_name((rx_interpolator)(i + 1));
}

static int read_interpolator(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    enum { COUNT = RX_SITK_BLACKMAN_WINDOWED_SINC };
    rx_interpolator *to = &((cfg_pyradiomics *)obj)->settings.interpolator;
    uint64_t number;
    (void)f;
    if (yt_is_null(n)) {
        *to = RX_SITK_NONE;
        return CFG_OK;
    }
    if (n->kind == YT_SCALAR && n->plain && txt_uint(&number, n->text)) {
        if (number < 1 || number > COUNT) { return fd_expected(r, n, "an integer 1 to %d, or a name", COUNT); }
        *to = (rx_interpolator)number;
        return CFG_OK;
    }
    if (n->kind != YT_SCALAR) { return fd_expected(r, n, "the name of an interpolator"); }
    int i = rx_interpolator_of(n->text);
    if (i > 0) {
        *to = (rx_interpolator)i;
        return CFG_OK;
    }
    char shown[TXT_SHOWN_SIZE];
    txt_show(shown, n->text);
    const char *near = txt_nearest(n->text, interpolator_at, NULL, COUNT);
    return fd_fail(r, n, NULL, "unknown interpolator \"%s\"%s%s%s", shown, near ? ", did you mean \"" : "",
                   near ? near : ", expected one of SimpleITK's such as sitkBSpline", near ? "\"?" : "");
}

static int read_range(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_pyradiomics *s = &((cfg_pyradiomics *)obj)->settings;
    (void)f;
    if (yt_is_null(n)) { return CFG_OK; }
    if (n->kind != YT_LIST || n->n < 1 || n->n > 2) {
        return fd_expected(r, n, "a list of 1 or 2 bounds, or nothing");
    }
    s->n_resegment = 0;
    for (const yt_node *item = n->first; item; item = item->next) {
        if (!read_number(&s->resegment_range[s->n_resegment], item)) { return fd_expected(r, item, "a number"); }
        s->n_resegment++;
    }
    return CFG_OK;
}

static int read_mode(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    static const char *const words[] = {"absolute", "relative", "sigma"};
    static const rx_resegment modes[] = {RX_RESEGMENT_ABSOLUTE, RX_RESEGMENT_RELATIVE, RX_RESEGMENT_SIGMA};
    (void)f;
    int i = word_of(n, words, 3);
    if (i < 0) { return fd_expected(r, n, "absolute, relative or sigma"); }
    ((cfg_pyradiomics *)obj)->settings.resegment_mode = modes[i];
    return CFG_OK;
}

/* PyRadiomics' own example writes `nan`, which is a word in YAML. */
static int read_init_value(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    static const char *const words[] = {"nan", ".nan", "NaN", ".NaN", ".NAN"};
    double *to = &((cfg_pyradiomics *)obj)->init_value;
    (void)f;
    if (word_of(n, words, 5) >= 0) {
        *to = (double)NAN;
        return CFG_OK;
    }
    return read_number(to, n) ? CFG_OK : fd_expected(r, n, "a number or nan");
}

/* ---- The settings -------------------------------------------------------- */

static const fd_hook ignored = {.read = read_ignored}, optional = {.read = read_optional},
                     distances = {.read = read_distances}, sigmas = {.read = read_sigmas},
                     norm = {.read = read_norm}, wavelet = {.read = read_wavelet},
                     lbp_method = {.read = read_lbp_method}, label = {.read = read_label},
                     spacing = {.read = read_spacing}, interpolator = {.read = read_interpolator},
                     range = {.read = read_range}, mode = {.read = read_mode},
                     init_value = {.read = read_init_value};

#define RANGE(lo, hi) .bounded = true, .min = (lo), .max = (hi)
#define ABOVE(lo) .bounded = true, .above_min = true, .min = (lo), .max = HUGE_VAL
#define OWN(m) .offset = offsetof(rx_pyr_own, m)
#define ALL(m) .offset = offsetof(cfg_pyradiomics, m)
#define OPTIONAL(name, field) \
    static const fd_field name##_field = field; \
    static const fd_table name##_table = {.fields = &name##_field, .n = 1}
#define FIELD(...) {__VA_ARGS__}

OPTIONAL(bin_count, FIELD("binCount", FD_UINT, OWN(features.bin_count), RANGE(1, 65535)));
OPTIONAL(roi_size, FIELD("minimumROISize", FD_SIZE, ALL(settings.base.features.minimum_roi_size), RANGE(1, 1e12)));
OPTIONAL(tolerance, FIELD("geometryTolerance", FD_REAL, ALL(settings.geometry_tolerance), ABOVE(0)));
OPTIONAL(outliers, FIELD("removeOutliers", FD_REAL, ALL(settings.remove_outliers), ABOVE(0)));
OPTIONAL(channel, FIELD("label_channel", FD_UINT, ALL(label_channel), RANGE(0, 65535)));

/* What an image type may have of its own. */
static const fd_field own_fields[] = {
    {"binWidth", FD_REAL, OWN(features.bin_width), ABOVE(0)},
    {"binCount", FD_HOOK, .hook = &optional, .sub = &bin_count_table},
    {"voxelArrayShift", FD_REAL, OWN(features.voxel_array_shift)},
    {"symmetricalGLCM", FD_BOOL, OWN(features.symmetrical_glcm)},
    {"distances", FD_HOOK, .hook = &distances},
    {"gldm_a", FD_REAL, OWN(features.gldm_alpha), RANGE(0, HUGE_VAL)},
    {"weightingNorm", FD_HOOK, .hook = &norm},
    {"force2D", FD_BOOL, OWN(features.force_2d)},
    {"force2Ddimension", FD_UINT, OWN(features.force_2d_dimension), RANGE(0, 2)},
    {"sigma", FD_HOOK, .hook = &sigmas},
    {"start_level", FD_UINT, OWN(filter.start_level), RANGE(0, 32)},
    {"level", FD_UINT, OWN(filter.level), RANGE(1, 32)},
    {"wavelet", FD_HOOK, .hook = &wavelet},
    {"gradientUseSpacing", FD_BOOL, OWN(filter.gradient_use_spacing)},
    {"lbp2DRadius", FD_REAL, OWN(filter.lbp2d_radius), ABOVE(0)},
    {"lbp2DSamples", FD_UINT, OWN(filter.lbp2d_samples), RANGE(1, 32)},
    {"lbp2DMethod", FD_HOOK, .hook = &lbp_method},
    {"lbp3DLevels", FD_UINT, OWN(filter.lbp3d_levels), RANGE(1, 32)},
    {"lbp3DIcosphereRadius", FD_REAL, OWN(filter.lbp3d_icosphere_radius), ABOVE(0)},
    {"lbp3DIcosphereSubdivision", FD_UINT, OWN(filter.lbp3d_icosphere_subdivision), RANGE(0, 6)},
};

/* What is settled once, before any filter. */
static const fd_field general_fields[] = {
    {"minimumROIDimensions", FD_UINT, ALL(settings.base.features.minimum_roi_dimensions), RANGE(1, 3)},
    {"minimumROISize", FD_HOOK, .hook = &optional, .sub = &roi_size_table},
    {"geometryTolerance", FD_HOOK, .hook = &optional, .sub = &tolerance_table},
    {"correctMask", FD_BOOL, ALL(settings.correct_mask)},
    {"additionalInfo", FD_BOOL, ALL(additional_info)},
    {"label", FD_HOOK, .hook = &label},
    {"label_channel", FD_HOOK, .hook = &optional, .sub = &channel_table},
    {"normalize", FD_BOOL, ALL(settings.normalize)},
    {"normalizeScale", FD_REAL, ALL(settings.normalize_scale), ABOVE(0)},
    {"removeOutliers", FD_HOOK, .hook = &optional, .sub = &outliers_table},
    {"resampledPixelSpacing", FD_HOOK, .hook = &spacing},
    {"interpolator", FD_HOOK, .hook = &interpolator},
    {"padDistance", FD_UINT, ALL(settings.pad_distance), RANGE(0, 10000)},
    {"preCrop", FD_BOOL, ALL(settings.pre_crop)},
    {"resegmentRange", FD_HOOK, .hook = &range},
    {"resegmentMode", FD_HOOK, .hook = &mode},
    {"resegmentShape", FD_BOOL, ALL(settings.resegment_shape)},
    /* Which code PyRadiomics 2 ran, not what it gave. */
    {"enableCExtensions", FD_HOOK, .hook = &ignored},
    /* Ours: radiomics/pyradiomics.h says what they restore. */
    {"shapeInResegmentedBox", FD_BOOL, ALL(settings.shape_in_resegmented_box)},
    {"shape2DMustBeFlat", FD_BOOL, ALL(settings.shape2d_must_be_flat)},
};

static const fd_field voxel_fields[] = {
    {"kernelRadius", FD_UINT, ALL(kernel_radius), RANGE(1, 100)},
    {"maskedKernel", FD_BOOL, ALL(masked_kernel)},
    {"initValue", FD_HOOK, .hook = &init_value},
    /* How many voxels PyRadiomics holds in memory at once. */
    {"voxelBatch", FD_HOOK, .hook = &ignored},
};

enum { N_OWN = sizeof own_fields / sizeof own_fields[0],
       N_GENERAL = sizeof general_fields / sizeof general_fields[0],
       N_VOXEL = sizeof voxel_fields / sizeof voxel_fields[0] };

static const fd_field *find(const fd_field *fields, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].key, key) == 0) { return &fields[i]; }
    }
    return NULL;
}

static const char *explain_for_image(const char *key)
{
    return find(general_fields, N_GENERAL, key)
               ? "has no effect on one image type, write it under `setting`" : NULL;
}

static int read_own(const fd_reader *r, rx_pyr_own *own, const yt_node *map)
{
    static const fd_table known = {FD_TABLE(own_fields), .explain_unknown = explain_for_image};
    int rc = fd_check_keys(r, &known, map);
    for (const yt_node *n = map->first; n && !rc; n = n->next) {
        rc = fd_read_value(r, own, find(own_fields, N_OWN, n->key), n);
    }
    return rc;
}

static int read_setting(const fd_reader *r, cfg_pyradiomics *out, const yt_node *map)
{
    fd_field all[N_OWN + N_GENERAL];
    memcpy(all, own_fields, sizeof own_fields);
    memcpy(all + N_OWN, general_fields, sizeof general_fields);
    const fd_table known = {.fields = all, .n = N_OWN + N_GENERAL};
    int rc = fd_check_keys(r, &known, map);
    for (const yt_node *n = map->first; n && !rc; n = n->next) {
        const fd_field *own = find(own_fields, N_OWN, n->key);
        rc = own ? fd_read_value(r, &out->settings.base, own, n)
                 : fd_read_value(r, out, find(general_fields, N_GENERAL, n->key), n);
    }
    return rc;
}

static int read_voxel_setting(const fd_reader *r, cfg_pyradiomics *out, const yt_node *map)
{
    static const fd_table known = {FD_TABLE(voxel_fields)};
    int rc = fd_check_keys(r, &known, map);
    for (const yt_node *n = map->first; n && !rc; n = n->next) {
        rc = fd_read_value(r, out, find(voxel_fields, N_VOXEL, n->key), n);
    }
    return rc;
}

/* ---- Image types --------------------------------------------------------- */

static int read_image_type(const fd_reader *r, cfg_pyradiomics *out, const yt_node *n)
{
    rx_error rx = {0};
    rx_pyr_image *image = rx_pyradiomics_add_image(&out->settings, (rx_image_type)rx_image_type_of(n->key), &rx);
    if (!image) { return fd_fail(r, n, NULL, "%s", rx.msg); }
    if (yt_is_null(n)) { return CFG_OK; }
    return n->kind == YT_MAP ? read_own(r, &image->own, n)
                             : fd_expected(r, n, "a mapping of settings, or {}");
}

static int read_image_types(const fd_reader *r, cfg_pyradiomics *out, const yt_node *n)
{
    fd_field keys[RX_NIMAGE_TYPES] = {{0}};
    const fd_table known = {FD_TABLE(keys)};
    for (int i = 0; i < RX_NIMAGE_TYPES; i++) { keys[i].key = rx_image_type_name((rx_image_type)i); }
    if (n && n->kind != YT_MAP && !yt_is_null(n)) { return fd_expected(r, n, "a mapping"); }
    out->settings.n_images = 0;
    if (!n || n->n == 0) {
        rx_error rx = {0};
        return rx_pyradiomics_add_image(&out->settings, RX_IMAGE_ORIGINAL, &rx) ? CFG_OK : CFG_EVALUE;
    }
    int rc = fd_check_keys(r, &known, n);
    for (const yt_node *type = n->first; type && !rc; type = type->next) {
        rc = read_image_type(r, out, type);
    }
    return rc;
}

/* ---- The file ------------------------------------------------------------ */

static const char *explain_section(const char *key)
{
    if (strcmp(key, "prepare") == 0) { return "a model measures images as they are; prepare is for files of extract"; }
    return strcmp(key, "inputImage") == 0 ? "the name before PyRadiomics 1.3, write imageType instead" : NULL;
}

/* The library's message names a setting; the node where it stands, the image types' first. */
static const yt_node *culprit(const yt_node *map, const char *message)
{
    const yt_node *sections[] = {yt_get(map, "imageType"), yt_get(map, "setting")};
    for (int i = 0; i < 2; i++) {
        for (const yt_node *n = sections[i] ? sections[i]->first : NULL; n; n = n->next) {
            if (i == 1 && strstr(message, n->key)) { return n; }
            for (const yt_node *own = i == 0 ? n->first : NULL; own; own = own->next) {
                if (own->key && strstr(message, own->key)) { return own; }
            }
        }
    }
    return sections[1] ? sections[1] : sections[0];
}

static int check(const fd_reader *r, const cfg_pyradiomics *out, const yt_node *map)
{
    rx_error rx = {0};
    if (rx_pyradiomics_check(&out->settings, &rx) == RX_OK) { return CFG_OK; }
    const yt_node *at = map ? culprit(map, rx.msg) : NULL;
    return at ? fd_fail(r, at, NULL, "%s", rx.msg)
              : cfg_fail(r->err, CFG_EVALUE, r->name, 0, 0, "%s", rx.msg);
}

static int read_section(const fd_reader *r, cfg_pyradiomics *out, const yt_node *n,
                        int (*read)(const fd_reader *, cfg_pyradiomics *, const yt_node *))
{
    if (!n || yt_is_null(n)) { return CFG_OK; }
    return n->kind == YT_MAP ? read(r, out, n) : fd_expected(r, n, "a mapping");
}

int cfg_pyradiomics_read(const fd_reader *r, cfg_pyradiomics *out, const yt_node *map)
{
    static const fd_field sections[] = {{.key = "setting"}, {.key = "imageType"},
                                        {.key = "featureClass"}, {.key = "voxelSetting"}};
    static const fd_table known = {FD_TABLE(sections), .explain_unknown = explain_section};
    cfg_pyradiomics s;
    cfg_pyradiomics_default(&s);
    if (map && yt_is_null(map)) { map = NULL; }
    if (map && map->kind != YT_MAP) {
        return fd_expected(r, map, "a mapping with setting, imageType and featureClass");
    }
    int rc = map ? fd_check_keys(r, &known, map) : CFG_OK;
    /* An image type starts from what `setting` says, wherever that stands. */
    if (!rc) { rc = read_section(r, &s, yt_get(map, "setting"), read_setting); }
    if (!rc) { rc = read_section(r, &s, yt_get(map, "voxelSetting"), read_voxel_setting); }
    if (!rc) { rc = cfg_pyradiomics_classes(r, &s, yt_get(map, "featureClass")); }
    if (!rc) { rc = read_image_types(r, &s, yt_get(map, "imageType")); }
    if (!rc) { rc = check(r, &s, map); }
    if (!rc) { *out = s; }
    return rc;
}

void cfg_pyradiomics_default(cfg_pyradiomics *out)
{
    *out = (cfg_pyradiomics){.label = 1, .additional_info = true, .kernel_radius = 1, .masked_kernel = true};
    rx_pyradiomics_default(&out->settings);
}

int cfg_pyradiomics_parse(cfg_pyradiomics *out, const char *bytes, size_t n, const char *name,
                          cfg_error *err)
{
    txt_locale locale;
    if (!txt_locale_enter(&locale)) { return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "not enough memory"); }
    fd_reader r = {.name = name, .err = err};
    yt_tree tree;
    int rc = yt_parse(&tree, bytes, n, MAX_BYTES, name, err);
    if (!rc) {
        (void)cfg_prepare_detach(tree.root);           /* read by cfg_prepare_load */
        rc = cfg_pyradiomics_read(&r, out, tree.root);
        yt_free(&tree);
    }
    txt_locale_leave(&locale);
    return rc;
}

int cfg_pyradiomics_load(cfg_pyradiomics *out, const char *path, cfg_error *err)
{
    char *bytes;
    size_t n;
    int rc = cfg_file_read(&bytes, &n, path, MAX_BYTES, err);
    if (rc) { return rc; }
    rc = cfg_pyradiomics_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

/* ---- Plain --------------------------------------------------------------- */

bool cfg_pyradiomics_is_plain(const rx_pyradiomics *s)
{
    const rx_settings *f = &s->base.features, *own = &s->images[0].own.features;
    bool same_bins = own->bin_width == f->bin_width && own->bin_count == f->bin_count &&
                     own->voxel_array_shift == f->voxel_array_shift && own->symmetrical_glcm == f->symmetrical_glcm &&
                     own->gldm_alpha == f->gldm_alpha && own->n_distances == f->n_distances &&
                     memcmp(own->distances, f->distances, f->n_distances * sizeof f->distances[0]) == 0 &&
                     !own->force_2d && own->weighting_norm == RX_NORM_NONE;
    bool extra = false;
    for (int i = 0; i < RX_PYR_NSHAPE2D; i++) { extra = extra || s->shape2d[i]; }
    for (int i = 0; i < RX_NDEPRECATED; i++) { extra = extra || s->deprecated[i]; }
    bool resampled = s->resample && s->interpolator != RX_SITK_NONE;
    return s->n_images == 1 && s->images[0].type == RX_IMAGE_ORIGINAL && same_bins && !f->force_2d &&
           f->weighting_norm == RX_NORM_NONE && !extra && !s->normalize && !resampled && !s->pre_crop &&
           !s->correct_mask && s->n_resegment == 0;
}
