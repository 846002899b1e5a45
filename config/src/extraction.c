#include "extraction.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

/* ---- Settings that change nothing, and settings that we lack --------------
 * PyRadiomics has more settings than exist here. One whose value leaves our result as
 * PyRadiomics' is read and dropped; any other value is refused by name. */

static int read_ignored(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    (void)r, (void)obj, (void)f, (void)n;
    return CFG_OK;
}

static int read_false_only(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    bool v = false;
    (void)obj;
    if (yt_is_null(n)) { return CFG_OK; }
    if (n->kind != YT_SCALAR || !n->plain || !txt_bool(&v, n->text)) {
        return fd_expected(r, n, "true or false");
    }
    return v ? fd_fail(r, n, NULL, "got true, but %s is not supported yet", f->key) : CFG_OK;
}

static int read_null_only(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    (void)obj;
    if (yt_is_null(n) || (n->kind == YT_LIST && n->n == 0)) { return CFG_OK; }
    return fd_fail(r, n, NULL, "a value is given, but %s is not supported yet", f->key);
}

static int read_label(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    uint64_t v;
    (void)obj, (void)f;
    if (n->kind == YT_SCALAR && n->plain && txt_uint(&v, n->text) && v == 1) { return CFG_OK; }
    return fd_expected(r, n, "1, the label of the only region in a mask");
}

static int read_distances(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_settings *s = obj;
    enum { MAX = sizeof s->distances / sizeof s->distances[0] };
    (void)f;
    if (n->kind != YT_LIST || n->n < 1 || n->n > MAX) {
        return fd_expected(r, n, "a list of 1 to %d distances", MAX);
    }
    s->n_distances = 0;
    for (const yt_node *item = n->first; item; item = item->next) {
        uint64_t v;
        if (item->kind != YT_SCALAR || !item->plain || !txt_uint(&v, item->text) || v < 1 ||
            v > 32) {
            return fd_expected(r, item, "an integer 1 to 32");
        }
        for (unsigned i = 0; i < s->n_distances; i++) {
            if (s->distances[i] == v) {
                return fd_expected(r, item, "each distance once");
            }
        }
        s->distances[s->n_distances++] = (unsigned)v;
    }
    return CFG_OK;
}

/* PyRadiomics takes an empty value for "not set". */
static int read_optional(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    return yt_is_null(n) ? CFG_OK : fd_read_value(r, obj, f->sub->fields, n);
}

static const fd_hook ignored = {.read = read_ignored}, false_only = {.read = read_false_only},
                     null_only = {.read = read_null_only}, label_one = {.read = read_label},
                     distance_list = {.read = read_distances}, optional = {.read = read_optional};

#define AT(m) .offset = offsetof(rx_settings, m)
#define RANGE(lo, hi) .bounded = true, .min = (lo), .max = (hi)

static const fd_field bin_count_field = {"binCount", FD_UINT, AT(bin_count), RANGE(1, 65535)};
static const fd_table bin_count_table = {.fields = &bin_count_field, .n = 1};
static const fd_field roi_size_field = {"minimumROISize", FD_SIZE, AT(minimum_roi_size),
                                        RANGE(1, 1e12)};
static const fd_table roi_size_table = {.fields = &roi_size_field, .n = 1};

static const fd_field setting_fields[] = {
    {"binWidth", FD_REAL, AT(bin_width), .bounded = true, .above_min = true, .max = HUGE_VAL},
    {"binCount", FD_HOOK, .hook = &optional, .sub = &bin_count_table},
    {"voxelArrayShift", FD_REAL, AT(voxel_array_shift)},
    {"symmetricalGLCM", FD_BOOL, AT(symmetrical_glcm)},
    {"distances", FD_HOOK, .hook = &distance_list},
    {"gldm_a", FD_REAL, AT(gldm_alpha), RANGE(0, HUGE_VAL)},
    {"minimumROIDimensions", FD_UINT, AT(minimum_roi_dimensions), RANGE(1, 3)},
    {"minimumROISize", FD_HOOK, .hook = &optional, .sub = &roi_size_table},
    {"label", FD_HOOK, .hook = &label_one},
    /* They steer PyRadiomics' own running, not its numbers. */
    {"additionalInfo", FD_HOOK, .hook = &ignored},
    {"enableCExtensions", FD_HOOK, .hook = &ignored},
    {"geometryTolerance", FD_HOOK, .hook = &ignored},
    {"label_channel", FD_HOOK, .hook = &ignored},
    {"preCrop", FD_HOOK, .hook = &ignored},
    {"padDistance", FD_HOOK, .hook = &ignored},
    /* They belong to a setting or a filter that is off wherever the file is accepted. */
    {"interpolator", FD_HOOK, .hook = &ignored},
    {"normalizeScale", FD_HOOK, .hook = &ignored},
    {"removeOutliers", FD_HOOK, .hook = &ignored},
    {"force2Ddimension", FD_HOOK, .hook = &ignored},
    {"resegmentMode", FD_HOOK, .hook = &ignored},
    {"resegmentShape", FD_HOOK, .hook = &ignored},
    {"sigma", FD_HOOK, .hook = &ignored},
    {"start_level", FD_HOOK, .hook = &ignored},
    {"level", FD_HOOK, .hook = &ignored},
    {"wavelet", FD_HOOK, .hook = &ignored},
    {"gradientUseSpacing", FD_HOOK, .hook = &ignored},
    {"lbp2DRadius", FD_HOOK, .hook = &ignored},
    {"lbp2DSamples", FD_HOOK, .hook = &ignored},
    {"lbp2DMethod", FD_HOOK, .hook = &ignored},
    {"lbp3DLevels", FD_HOOK, .hook = &ignored},
    {"lbp3DIcosphereRadius", FD_HOOK, .hook = &ignored},
    {"lbp3DIcosphereSubdivision", FD_HOOK, .hook = &ignored},
    /* Not here yet. */
    {"normalize", FD_HOOK, .hook = &false_only},
    {"correctMask", FD_HOOK, .hook = &false_only},
    {"force2D", FD_HOOK, .hook = &false_only},
    {"resampledPixelSpacing", FD_HOOK, .hook = &null_only},
    {"resegmentRange", FD_HOOK, .hook = &null_only},
    {"weightingNorm", FD_HOOK, .hook = &null_only},
};

/* rx_settings_default gave the defaults; a key that is not there must leave them. */
static int read_settings(const fd_reader *r, rx_settings *out, const yt_node *map)
{
    static const fd_table known = {FD_TABLE(setting_fields)};
    int rc = fd_check_keys(r, &known, map);
    for (const yt_node *n = map->first; n && !rc; n = n->next) {
        for (size_t i = 0; i < known.n; i++) {
            const fd_field *f = &known.fields[i];
            if (strcmp(f->key, n->key) == 0) { rc = fd_read_value(r, out, f, n); }
        }
    }
    return rc;
}

/* ---- Image types --------------------------------------------------------- */

static const char *const image_types[] = {"LoG", "Wavelet", "Square", "SquareRoot", "Logarithm",
                                          "Exponential", "Gradient", "LBP2D", "LBP3D"};

static const char *explain_image_type(const char *key)
{
    for (size_t i = 0; i < sizeof image_types / sizeof image_types[0]; i++) {
        if (strcmp(key, image_types[i]) == 0) {
            return "this image type is not supported yet, expected Original only";
        }
    }
    return NULL;
}

static int read_image_types(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    static const fd_field original[] = {{"Original", FD_HOOK, .hook = &ignored}};
    static const fd_table known = {FD_TABLE(original), .explain_unknown = explain_image_type};
    (void)f;
    if (n->kind != YT_MAP && !yt_is_null(n)) { return fd_expected(r, n, "a mapping"); }
    int rc = fd_check_keys(r, &known, n);
    const yt_node *own = yt_get(n, "Original");
    if (rc || !own || yt_is_null(own)) { return rc; }
    /* What stands here overrules `setting` for this image type. */
    return own->kind == YT_MAP ? read_settings(r, obj, own) : fd_expected(r, own, "a mapping");
}

/* ---- Feature classes ----------------------------------------------------- */

static const char *explain_class(const char *key)
{
    return strcmp(key, "shape2D") == 0 ? "shape2D features are not supported yet" : NULL;
}

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

static const char *name_at(const void *list, size_t i)
{
    return ((const rx_feature_def *)list)[i].name;
}

/* Deprecated in PyRadiomics, computed there when asked for by name. */
static bool is_deprecated(rx_class cls, const char *name)
{
    static const struct { rx_class cls; const char *name; } gone[] = {
        {RX_SHAPE, "Compactness1"}, {RX_SHAPE, "Compactness2"},
        {RX_SHAPE, "SphericalDisproportion"},
        {RX_FIRSTORDER, "StandardDeviation"}, {RX_GLCM, "Dissimilarity"},
        {RX_GLCM, "Homogeneity1"}, {RX_GLCM, "Homogeneity2"}, {RX_GLCM, "SumVariance"},
        {RX_GLDM, "DependencePercentage"}, {RX_GLDM, "GrayLevelNonUniformityNormalized"}};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        if (gone[i].cls == cls && strcmp(gone[i].name, name) == 0) { return true; }
    }
    return false;
}

static int read_feature(const fd_reader *r, bool *enabled, rx_class cls, const yt_node *item)
{
    class_names names = features_of(cls);
    if (item->kind != YT_SCALAR || yt_is_null(item)) {
        return fd_expected(r, item, "the name of a feature");
    }
    for (size_t i = 0; i < names.n; i++) {
        if (strcmp(names.first[i].name, item->text) == 0) {
            enabled[(size_t)(names.first - rx_features()) + i] = true;
            return CFG_OK;
        }
    }
    char shown[TXT_SHOWN_SIZE];
    txt_show(shown, item->text);
    if (is_deprecated(cls, item->text)) {
        return fd_fail(r, item, NULL, "the deprecated feature \"%s\" is not supported", shown);
    }
    const char *near = txt_nearest(item->text, name_at, names.first, names.n);
    return fd_fail(r, item, NULL, "unknown feature \"%s\" of class %s%s%s%s", shown,
                   rx_class_name(cls), near ? ", did you mean \"" : "", near ? near : "",
                   near ? "\"?" : "");
}

static int read_class(const fd_reader *r, bool *enabled, rx_class cls, const yt_node *n)
{
    class_names names = features_of(cls);
    if (yt_is_null(n) || (n->kind == YT_LIST && n->n == 0)) {
        for (size_t i = 0; i < names.n; i++) {
            enabled[(size_t)(names.first - rx_features()) + i] = true;
        }
        return CFG_OK;
    }
    if (n->kind != YT_LIST) { return fd_expected(r, n, "a list of features, or nothing for all"); }
    int rc = CFG_OK;
    for (const yt_node *item = n->first; item && !rc; item = item->next) {
        rc = read_feature(r, enabled, cls, item);
    }
    return rc;
}

static int read_classes(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_settings *s = obj;
    (void)f;
    if (n->kind != YT_MAP && !yt_is_null(n)) { return fd_expected(r, n, "a mapping"); }
    if (n->n == 0) { return CFG_OK; }           /* PyRadiomics: all of them */
    fd_field keys[RX_NCLASSES];
    for (unsigned c = 0; c < RX_NCLASSES; c++) {
        keys[c] = (fd_field){.key = rx_class_name((rx_class)c)};
    }
    fd_table known = {FD_TABLE(keys), .explain_unknown = explain_class};
    int rc = fd_check_keys(r, &known, n);
    memset(s->enabled, 0, sizeof s->enabled);
    for (unsigned c = 0; c < RX_NCLASSES && !rc; c++) {
        const yt_node *mine = yt_get(n, keys[c].key);
        if (mine) { rc = read_class(r, s->enabled, (rx_class)c, mine); }
    }
    return rc;
}

/* ---- The file ------------------------------------------------------------ */

static const char *explain_section(const char *key)
{
    if (strcmp(key, "voxelSetting") == 0) { return "voxel-based extraction is not supported"; }
    if (strcmp(key, "inputImage") == 0) {
        return "the name before PyRadiomics 1.3, write imageType instead";
    }
    return NULL;
}

static int read_setting_section(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    (void)f;
    if (yt_is_null(n)) { return CFG_OK; }
    return n->kind == YT_MAP ? read_settings(r, obj, n) : fd_expected(r, n, "a mapping");
}

static int read_nothing_allowed(const fd_reader *r, const yt_node *map)
{
    return map && map->kind != YT_MAP && !yt_is_null(map)
               ? fd_expected(r, map, "a mapping with setting, imageType and featureClass")
               : CFG_OK;
}

int cfg_extraction_read(const fd_reader *r, rx_settings *out, const yt_node *map)
{
    static const fd_hook hooks[] = {{.read = read_setting_section}, {.read = read_image_types},
                                    {.read = read_classes}};
    static const fd_field sections[] = {{"setting", FD_HOOK, .hook = &hooks[0]},
                                        {"imageType", FD_HOOK, .hook = &hooks[1]},
                                        {"featureClass", FD_HOOK, .hook = &hooks[2]}};
    static const fd_table known = {FD_TABLE(sections), .explain_unknown = explain_section};
    rx_settings s;
    rx_error rx = {0};
    rx_settings_default(&s);
    int rc = read_nothing_allowed(r, map);
    if (!rc && map && map->kind == YT_MAP) { rc = fd_check_keys(r, &known, map); }
    for (size_t i = 0; i < known.n && !rc; i++) {
        const yt_node *n = yt_get(map, sections[i].key);
        if (n) { rc = sections[i].hook->read(r, &s, &sections[i], n); }
    }
    if (!rc && rx_settings_check(&s, &rx) != RX_OK) {
        const yt_node *setting = yt_get(map, "setting");
        rc = setting ? fd_fail(r, setting, NULL, "%s", rx.msg)
                     : cfg_fail(r->err, CFG_EVALUE, r->name, 0, 0, "%s", rx.msg);
    }
    if (!rc) { *out = s; }
    return rc;
}

int cfg_extraction_parse(rx_settings *out, const char *bytes, size_t n, const char *name,
                         cfg_error *err)
{
    txt_locale locale;
    if (!txt_locale_enter(&locale)) {
        return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "not enough memory");
    }
    fd_reader r = {.name = name, .err = err};
    yt_tree tree;
    int rc = yt_parse(&tree, bytes, n, CFG_EXTRACTION_MAX_BYTES, name, err);
    if (!rc) {
        rc = cfg_extraction_read(&r, out, tree.root);
        yt_free(&tree);
    }
    txt_locale_leave(&locale);
    return rc;
}

int cfg_extraction_load(rx_settings *out, const char *path, cfg_error *err)
{
    char *bytes;
    size_t n;
    int rc = cfg_file_read(&bytes, &n, path, CFG_EXTRACTION_MAX_BYTES, err);
    if (rc) { return rc; }
    rc = cfg_extraction_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

/* ---- Writing ------------------------------------------------------------- */

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

void cfg_extraction_write_classes(txt_buf *b, const rx_settings *s, unsigned indent)
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

void cfg_extraction_text(char *buf, size_t size, const rx_settings *s)
{
    txt_buf b = {0};
    txt_locale locale;
    if (size == 0) { return; }
    buf[0] = '\0';
    if (!txt_locale_enter(&locale)) { return; }
    add_text(&b, s);
    txt_locale_leave(&locale);
    if (!b.failed) { snprintf(buf, size, "%s", b.text); }
    txt_buf_free(&b);
}
