#include <config/ibsi.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "file.h"
#include "prepare.h"

enum { MAX_BYTES = 65536 };

/* ---- Words that stand for bits ------------------------------------------- */

typedef struct bit { const char *word; unsigned value; } bit;

static const bit families[] = {
    {"morphology", RX_IBSI_MORPHOLOGY}, {"local", RX_IBSI_LOCAL}, {"statistics", RX_IBSI_STATISTICS},
    {"histogram", RX_IBSI_HISTOGRAM}, {"ivh", RX_IBSI_IVH}, {"glcm", RX_IBSI_GLCM},
    {"glrlm", RX_IBSI_GLRLM}, {"glszm", RX_IBSI_GLSZM}, {"gldzm", RX_IBSI_GLDZM},
    {"ngtdm", RX_IBSI_NGTDM}, {"ngldm", RX_IBSI_NGLDM}};
static const bit aggregations[] = {
    {"2D_avg", RX_IBSI_2D_AVG}, {"2D_comb", RX_IBSI_2D_COMB}, {"2_5D_avg", RX_IBSI_2_5D_AVG},
    {"2_5D_comb", RX_IBSI_2_5D_COMB}, {"3D_avg", RX_IBSI_3D_AVG}, {"3D_comb", RX_IBSI_3D_COMB},
    {"2D", RX_IBSI_2D}, {"2_5D", RX_IBSI_2_5D}, {"3D", RX_IBSI_3D}};
static const bit interpolations[] = {
    {"nearest", RX_IBSI_NEAREST}, {"linear", RX_IBSI_LINEAR}, {"cubic_spline", RX_IBSI_CUBIC_SPLINE}};
enum { N_FAMILIES = sizeof families / sizeof families[0],
       N_AGGREGATIONS = sizeof aggregations / sizeof aggregations[0],
       N_INTERPOLATIONS = sizeof interpolations / sizeof interpolations[0] };

static const char *bit_at(const void *list, size_t i)
{
    return ((const bit *)list)[i].word;
}

static int read_word(const fd_reader *r, unsigned *out, const bit *words, size_t n_words,
                     const yt_node *n, const char *noun)
{
    if (n->kind != YT_SCALAR || yt_is_null(n)) { return fd_expected(r, n, "the name of a %s", noun); }
    for (size_t i = 0; i < n_words; i++) {
        if (strcmp(words[i].word, n->text) == 0) {
            *out = words[i].value;
            return CFG_OK;
        }
    }
    char shown[TXT_SHOWN_SIZE];
    txt_show(shown, n->text);
    const char *near = txt_nearest(n->text, bit_at, words, n_words);
    return fd_fail(r, n, NULL, "unknown %s \"%s\"%s%s%s%s", noun, shown, near ? ", did you mean \"" : ", expected one such as ",
                   near ? near : words[0].word, near ? "\"" : "", near ? "?" : "");
}

static int read_words(const fd_reader *r, unsigned *out, const bit *words, size_t n_words,
                      const yt_node *n, const char *noun)
{
    unsigned all = 0;
    int rc = CFG_OK;
    if (n->kind != YT_LIST || n->n == 0) { return fd_expected(r, n, "a list of at least one %s", noun); }
    for (const yt_node *item = n->first; item && !rc; item = item->next) {
        unsigned value = 0;
        rc = read_word(r, &value, words, n_words, item, noun);
        all |= value;
    }
    if (!rc) { *out = all; }
    return rc;
}

static int read_families(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    cfg_ibsi *s = obj;
    return read_words(r, f->offset == 0 ? &s->settings.families : &s->filter_families, families, N_FAMILIES, n, "family");
}

static int read_aggregations(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    (void)f;
    return read_words(r, &((cfg_ibsi *)obj)->settings.texture.aggregations, aggregations,
                      N_AGGREGATIONS, n, "aggregation");
}

static int read_interpolation(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_ibsi *s = &((cfg_ibsi *)obj)->settings;
    unsigned value = 0;
    int rc = read_word(r, &value, interpolations, N_INTERPOLATIONS, n, "interpolation");
    if (rc) { return rc; }
    *(f->offset == 0 ? &s->image_interpolation : &s->mask_interpolation) = (rx_ibsi_interpolation)value;
    return CFG_OK;
}

/* ---- Bins: none, {size: 25} or {number: 32} ------------------------------ */

static int read_bins(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    static const fd_field keys[] = {
        {"size", FD_REAL, .offset = offsetof(rx_ibsi_bins, size), .bounded = true, .above_min = true, .max = HUGE_VAL},
        {"number", FD_UINT, .offset = offsetof(rx_ibsi_bins, number), .bounded = true, .min = 1, .max = 65535}};
    static const fd_table known = {FD_TABLE(keys)};
    cfg_ibsi *s = obj;
    rx_ibsi_bins *const to[] = {&s->settings.bins, &s->settings.ivh_bins, &s->filter_bins, &s->filter_ivh_bins};
    rx_ibsi_bins bins = {0};
    int rc = CFG_OK;
    if (n->kind == YT_MAP && n->n == 1) {
        rc = fd_check_keys(r, &known, n);
        bool number = strcmp(n->first->key, "number") == 0;
        if (!rc) { rc = fd_read_value(r, &bins, &keys[number], n->first); }
        bins.by = number ? RX_IBSI_BIN_NUMBER : RX_IBSI_BIN_SIZE;
    } else if (n->kind != YT_SCALAR || strcmp(n->text, "none") != 0) {
        return fd_expected(r, n, "none, {size: N} or {number: N}");
    }
    if (!rc) { *to[f->offset] = bins; }
    return rc;
}

static int read_range(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_ibsi *s = &((cfg_ibsi *)obj)->settings;
    double v[2];
    size_t i = 0;
    (void)f;
    if (n->kind != YT_LIST || n->n != 2) { return fd_expected(r, n, "a list of 2 numbers, -.inf or .inf among them"); }
    for (const yt_node *item = n->first; item; item = item->next, i++) {
        if (item->kind != YT_SCALAR || !item->plain || !txt_real(&v[i], item->text)) {
            return fd_expected(r, item, "a number, -.inf or .inf");
        }
    }
    if (!(v[0] < v[1])) { return fd_fail(r, n, NULL, "got %g to %g, expected the lower bound first", v[0], v[1]); }
    s->lowest = v[0];
    s->highest = v[1];
    return CFG_OK;
}

static int read_label(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    uint64_t v;
    (void)f;
    if (n->kind != YT_SCALAR || !n->plain || !txt_uint(&v, n->text) || v < 1 || v > UINT32_MAX) {
        return fd_expected(r, n, "an integer 1 to 4294967295");
    }
    ((cfg_ibsi *)obj)->label = (uint32_t)v;
    return CFG_OK;
}

/* ---- Filters ------------------------------------------------------------- */

#define OF(m) .offset = offsetof(rx_response, m)
#define RANGE(lo, hi) .bounded = true, .min = (lo), .max = (hi)
#define ABOVE(lo) .bounded = true, .above_min = true, .min = (lo), .max = HUGE_VAL

static int read_choice(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_response *s = obj;
    bool boundary = f->offset == offsetof(rx_response, boundary);
    bit words[RX_NBOUNDARIES];
    size_t count = boundary ? RX_NBOUNDARIES : RX_NPOOLINGS;
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        words[i] = (bit){boundary ? rx_boundary_name((rx_boundary)i) : rx_pooling_name((rx_pooling)i), (unsigned)i};
    }
    int rc = read_word(r, &value, words, count, n, boundary ? "boundary" : "pooling");
    if (!rc && boundary) { s->boundary = (rx_boundary)value; }
    if (!rc && !boundary) { s->pooling = (rx_pooling)value; }
    return rc;
}

static int read_riesz(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_response *s = obj;
    size_t i = 0;
    (void)f;
    if (n->kind != YT_LIST || n->n != 3) { return fd_expected(r, n, "a list of 3 orders (x, y, z)"); }
    for (const yt_node *item = n->first; item; item = item->next, i++) {
        uint64_t v;
        if (item->kind != YT_SCALAR || !item->plain || !txt_uint(&v, item->text) || v > 8) {
            return fd_expected(r, item, "an integer 0 to 8");
        }
        s->riesz[i] = (unsigned)v;
    }
    return CFG_OK;
}

static const fd_hook choice = {.read = read_choice}, riesz = {.read = read_riesz};

static const fd_field filter_fields[] = {
    {"filter", FD_TEXT, .size = 16},            /* read first, by itself */
    {"dimension", FD_EITHER, OF(by_slice), .word = {"2D", "3D"}},
    {"boundary", FD_HOOK, OF(boundary), .hook = &choice},
    {"rotation_invariant", FD_BOOL, OF(rotation_invariant)},
    {"pooling", FD_HOOK, OF(pooling), .hook = &choice},
    {"support", FD_UINT, OF(support), RANGE(1, 1001)},
    {"sigma_mm", FD_REAL, OF(sigma_mm), ABOVE(0)},
    {"cutoff", FD_REAL, OF(cutoff), ABOVE(0)},
    {"kernels", FD_TEXT, OF(kernels), .size = sizeof ((rx_response *)0)->kernels, .min_items = 1},
    {"energy_distance", FD_UINT, OF(energy_distance), RANGE(0, 1000)},
    {"wavelength_mm", FD_REAL, OF(wavelength_mm), ABOVE(0)},
    {"aspect", FD_REAL, OF(aspect), ABOVE(0)},
    {"theta", FD_REAL, OF(theta)},
    {"theta_step", FD_REAL, OF(theta_step), ABOVE(0)},
    {"wavelet", FD_TEXT, OF(wavelet), .size = sizeof ((rx_response *)0)->wavelet, .min_items = 1},
    {"level", FD_UINT, OF(level), RANGE(1, 32)},
    {"decimated", FD_BOOL, OF(decimated)},
    {"riesz", FD_HOOK, .hook = &riesz},
    {"steered", FD_BOOL, OF(steered)},
    {"tensor_sigma_mm", FD_REAL, OF(tensor_sigma_mm), ABOVE(0)},
};
enum { N_FILTER_FIELDS = sizeof filter_fields / sizeof filter_fields[0] };

/* Without kernels of its own a filter of slices takes the first two of three. */
static void default_filter(rx_response *out, rx_response_kind kind, bool by_slice, const yt_node *n)
{
    rx_response_default(out, kind);
    const yt_node *dimension = yt_get(n, "dimension");
    out->by_slice = by_slice;
    if (dimension) { by_slice = dimension->kind == YT_SCALAR && strcmp(dimension->text, "2D") == 0; }
    if (by_slice && kind == RX_RESPONSE_LAWS) { out->kernels[4] = '\0'; }
    if (by_slice && kind == RX_RESPONSE_WAVELET) { memcpy(out->kernels, "LH", 3); }
}

static int read_filter(const fd_reader *r, rx_response *out, bool by_slice, const yt_node *n)
{
    static const fd_table known = {FD_TABLE(filter_fields)};
    bit kinds[RX_NRESPONSES];
    unsigned kind = 0;
    if (n->kind != YT_MAP) { return fd_expected(r, n, "a mapping with the key filter"); }
    for (unsigned i = 0; i < RX_NRESPONSES; i++) { kinds[i] = (bit){rx_response_kind_name((rx_response_kind)i), i}; }
    int rc = fd_check_keys(r, &known, n);
    const yt_node *which = yt_get(n, "filter");
    if (!rc && !which) { return fd_fail(r, n, "filter", "missing, expected one such as log, laws, gabor, wavelet"); }
    if (!rc) { rc = read_word(r, &kind, kinds, RX_NRESPONSES, which, "filter"); }
    if (rc) { return rc; }
    default_filter(out, (rx_response_kind)kind, by_slice, n);
    for (const yt_node *v = n->first; v && !rc; v = v->next) {
        for (size_t i = 1; i < N_FILTER_FIELDS && !rc; i++) {
            if (strcmp(filter_fields[i].key, v->key) == 0) { rc = fd_read_value(r, out, &filter_fields[i], v); }
        }
    }
    rx_error rx = {0};
    if (!rc && rx_response_check(out, &rx) != RX_OK) { rc = fd_fail(r, n, NULL, "%s", rx.msg); }
    return rc;
}

static int read_filters(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    cfg_ibsi *s = obj;
    int rc = CFG_OK;
    (void)f;
    if (n->kind != YT_LIST || n->n > CFG_IBSI_MAX_FILTERS) {
        return fd_expected(r, n, "a list of at most %d filters", CFG_IBSI_MAX_FILTERS);
    }
    for (const yt_node *item = n->first; item && !rc; item = item->next) {
        rc = read_filter(r, &s->filters[s->n_filters++], s->settings.by_slice, item);
    }
    return rc;
}

/* ---- The file ------------------------------------------------------------ */

static const fd_hook interpolation = {.read = read_interpolation}, bins = {.read = read_bins},
                     range = {.read = read_range}, some_families = {.read = read_families},
                     some_aggregations = {.read = read_aggregations}, label = {.read = read_label},
                     some_filters = {.read = read_filters};

#define AT(m) .offset = offsetof(cfg_ibsi, m)

/* Of several keys with one hook, the first has offset 0. */
static const fd_field fields[] = {
    {"dimension", FD_EITHER, AT(settings.by_slice), .word = {"2D", "3D"}},
    {"label", FD_HOOK, .hook = &label},
    {"label_channel", FD_UINT, AT(label_channel), RANGE(0, 65535)},
    {"spacing_mm", FD_REALS_FIXED, AT(settings.spacing_mm), .min_items = 3, .max_items = 3, RANGE(0, 1000)},
    {"image_interpolation", FD_HOOK, .hook = &interpolation},
    {"mask_interpolation", FD_HOOK, .offset = 1, .hook = &interpolation},
    {"mask_threshold", FD_REAL, AT(settings.mask_threshold), .bounded = true, .above_min = true, .max = 1},
    {"round_intensities", FD_BOOL, AT(settings.round_intensities)},
    {"range", FD_HOOK, .hook = &range},
    {"outlier_sigma", FD_REAL, AT(settings.outlier_sigma), RANGE(0, 1000)},
    {"bins", FD_HOOK, .hook = &bins},
    {"ivh_bins", FD_HOOK, .offset = 1, .hook = &bins},
    {"families", FD_HOOK, .hook = &some_families},
    {"aggregations", FD_HOOK, .hook = &some_aggregations},
    {"distance", FD_UINT, AT(settings.texture.distance), RANGE(1, 8)},
    {"ngldm_alpha", FD_REAL, AT(settings.texture.ngldm_alpha), RANGE(0, HUGE_VAL)},
    {"filters", FD_HOOK, .hook = &some_filters},
    {"filter_families", FD_HOOK, .offset = 1, .hook = &some_families},
    {"filter_bins", FD_HOOK, .offset = 2, .hook = &bins},
    {"filter_ivh_bins", FD_HOOK, .offset = 3, .hook = &bins},
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

/* What the file does not say of responses follows from the rest of the settings. */
static void default_responses(cfg_ibsi *s, const yt_node *map)
{
    rx_ibsi_responses d;
    rx_ibsi_responses_default(&d, &s->settings);
    if (!map || !yt_get(map, "filter_families")) { s->filter_families = d.families; }
    if (!map || !yt_get(map, "filter_bins")) { s->filter_bins = d.bins; }
    if (!map || !yt_get(map, "filter_ivh_bins")) { s->filter_ivh_bins = d.ivh_bins; }
}

void cfg_ibsi_default(cfg_ibsi *out)
{
    *out = (cfg_ibsi){.label = 1};
    rx_ibsi_default(&out->settings);
    default_responses(out, NULL);
}

rx_ibsi_responses cfg_ibsi_responses(const cfg_ibsi *s)
{
    return (rx_ibsi_responses){.filters = s->filters, .n = s->n_filters, .families = s->filter_families,
                               .bins = s->filter_bins, .ivh_bins = s->filter_ivh_bins};
}

static int read_file(const fd_reader *r, cfg_ibsi *s, const yt_node *map)
{
    static const fd_table known = {FD_TABLE(fields)};
    int rc = CFG_OK;
    rx_error rx = {0};
    if (map && yt_is_null(map)) { map = NULL; }
    if (map && map->kind != YT_MAP) { return fd_expected(r, map, "a mapping with keys such as spacing_mm and bins"); }
    if (map) { rc = fd_check_keys(r, &known, map); }
    /* first, wherever it stands: filters follow it */
    const yt_node *dimension = map ? yt_get(map, fields[0].key) : NULL;
    if (!rc && dimension) { rc = fd_read_value(r, s, &fields[0], dimension); }
    for (const yt_node *n = map ? map->first : NULL; n && !rc; n = n->next) {
        for (size_t i = 0; i < N_FIELDS && !rc; i++) {
            if (strcmp(fields[i].key, n->key) == 0) { rc = fd_read_value(r, s, &fields[i], n); }
        }
    }
    /* Slice by slice, textures across slices are none; and the other way round. */
    if (!rc && s->settings.by_slice && !yt_get(map, "aggregations")) {
        s->settings.texture.aggregations = RX_IBSI_FLAT_AGGREGATIONS;
    }
    if (!rc) { default_responses(s, map); }
    if (!rc && (s->filter_families & (RX_IBSI_MORPHOLOGY | RX_IBSI_LOCAL))) {
        rc = fd_fail(r, yt_get(map, "filter_families"), NULL, "a response has neither morphology nor local intensity");
    }
    if (!rc && rx_ibsi_check(&s->settings, &rx) != RX_OK) {
        rc = map ? fd_fail(r, map, NULL, "%s", rx.msg) : cfg_fail(r->err, CFG_EVALUE, r->name, 0, 0, "%s", rx.msg);
    }
    return rc;
}

int cfg_ibsi_parse(cfg_ibsi *out, const char *bytes, size_t n, const char *name, cfg_error *err)
{
    txt_locale locale;
    if (!txt_locale_enter(&locale)) { return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "not enough memory"); }
    fd_reader r = {.name = name, .err = err};
    yt_tree tree;
    cfg_ibsi s;
    cfg_ibsi_default(&s);
    int rc = yt_parse(&tree, bytes, n, MAX_BYTES, name, err);
    if (!rc) {
        (void)cfg_prepare_detach(tree.root);           /* read by cfg_prepare_load */
        rc = read_file(&r, &s, tree.root);
        yt_free(&tree);
    }
    txt_locale_leave(&locale);
    if (!rc) { *out = s; }
    return rc;
}

int cfg_ibsi_load(cfg_ibsi *out, const char *path, cfg_error *err)
{
    char *bytes;
    size_t n;
    int rc = cfg_file_read(&bytes, &n, path, MAX_BYTES, err);
    if (rc) { return rc; }
    rc = cfg_ibsi_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

/* ---- Text ---------------------------------------------------------------- */

static void add_bins(txt_buf *b, const char *key, const rx_ibsi_bins *v)
{
    char digits[TXT_REAL_SIZE];
    txt_put_real(digits, v->size);
    if (v->by == RX_IBSI_NO_BINS) { txt_add(b, " %s=none", key); }
    else if (v->by == RX_IBSI_BIN_SIZE) { txt_add(b, " %s=size:%s", key, digits); }
    else { txt_add(b, " %s=number:%u", key, v->number); }
}

static void add_bits(txt_buf *b, const char *key, const bit *words, size_t n, unsigned value)
{
    bool any = false;
    txt_add(b, " %s=", key);
    for (size_t i = 0; i < n; i++) {
        if ((value & words[i].value) == 0) { continue; }
        txt_add(b, "%s%s", any ? "," : "", words[i].word);
        any = true;
    }
}

static void add_real(txt_buf *b, const char *before, double v)
{
    char digits[TXT_REAL_SIZE];
    txt_put_real(digits, v);
    txt_add(b, "%s%s", before, digits);
}

static void add_text(txt_buf *b, const cfg_ibsi *c)
{
    const rx_ibsi *s = &c->settings;
    txt_add(b, "dimension=%s", s->by_slice ? "2D" : "3D");
    for (int a = 0; a < 3; a++) { add_real(b, a ? "," : " spacing_mm=", s->spacing_mm[a]); }
    txt_add(b, " image_interpolation=%s mask_interpolation=%s", interpolations[s->image_interpolation].word,
            interpolations[s->mask_interpolation].word);
    add_real(b, " mask_threshold=", s->mask_threshold);
    txt_add(b, " round_intensities=%s", s->round_intensities ? "true" : "false");
    add_real(b, " range=", s->lowest);
    add_real(b, ",", s->highest);
    add_real(b, " outlier_sigma=", s->outlier_sigma);
    add_bins(b, "bins", &s->bins);
    add_bins(b, "ivh_bins", &s->ivh_bins);
    add_bits(b, "families", families, N_FAMILIES, s->families);
    add_bits(b, "aggregations", aggregations, N_AGGREGATIONS, s->texture.aggregations);
    txt_add(b, " distance=%u", s->texture.distance);
    add_real(b, " ngldm_alpha=", s->texture.ngldm_alpha);
    for (size_t i = 0; i < c->n_filters; i++) {
        char name[RX_RESPONSE_NAME_SIZE];
        rx_error rx = {0};
        if (rx_response_name(name, &c->filters[i], &rx) == RX_OK) { txt_add(b, " filter=%s", name); }
    }
    if (c->n_filters == 0) { return; }
    add_bits(b, "filter_families", families, N_FAMILIES, c->filter_families);
    add_bins(b, "filter_bins", &c->filter_bins);
    add_bins(b, "filter_ivh_bins", &c->filter_ivh_bins);
}

void cfg_ibsi_text(char *buf, size_t size, const cfg_ibsi *s)
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
