#include "prepare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "file.h"

enum { MAX_BYTES = 65536, PATH_SIZE = 4096 };

/* What a block is read into: landmark files are looked for in a folder. */
typedef struct block {
    rx_prepare p;
    const char *folder;
} block;

/* ---- Words ----------------------------------------------------------------- */


static const char *word_at(const void *list, size_t i) { return ((const char *const *)list)[i]; }

/* The word's place, or -1 and the message. */
static int read_word(const fd_reader *r, const char *const *list, size_t n, const yt_node *node)
{
    for (size_t i = 0; node->kind == YT_SCALAR && i < n; i++) {
        if (strcmp(list[i], node->text) == 0) { return (int)i; }
    }
    char all[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && used < sizeof all; i++) {
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", list[i]);
    }
    const char *near = node->kind == YT_SCALAR ? txt_nearest(node->text, word_at, list, n) : NULL;
    (void)fd_expected(r, node, "%s%s%s", all, near ? "; did you mean " : "", near ? near : "");
    return -1;
}

static const char *const denoise_words[] = {"none", "median", "gaussian", "nlm"};
static const char *const normalise_words[] = {"none", "z", "percentile", "histogram"};
static const char *const region_words[] = {"image", "roi", "foreground"};

static int read_denoise(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    int i = read_word(r, denoise_words, 4, n);
    (void)f;
    if (i >= 0) { ((block *)obj)->p.denoise = (rx_denoise)i; }
    return i >= 0 ? CFG_OK : CFG_EVALUE;
}

static int read_normalise(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    int i = read_word(r, normalise_words, 4, n);
    (void)f;
    if (i >= 0) { ((block *)obj)->p.normalise = (rx_normalise)i; }
    return i >= 0 ? CFG_OK : CFG_EVALUE;
}

static int read_region(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    int i = read_word(r, region_words, 3, n);
    (void)f;
    if (i >= 0) { ((block *)obj)->p.normalise_of = (rx_normalise_of)i; }
    return i >= 0 ? CFG_OK : CFG_EVALUE;
}

/* ---- Lists ------------------------------------------------------------------- */

static bool whole_number(unsigned *out, const yt_node *n, unsigned lo, unsigned hi)
{
    uint64_t v;
    if (n->kind != YT_SCALAR || !n->plain || !txt_uint(&v, n->text) || v < lo || v > hi) { return false; }
    *out = (unsigned)v;
    return true;
}

static int read_iterations(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_n4 *s = &((block *)obj)->p.bias;
    (void)f;
    if (n->kind != YT_LIST || n->n < 1 || n->n > RX_N4_MAX_LEVELS) {
        return fd_expected(r, n, "a list of iterations for 1 to %d levels", RX_N4_MAX_LEVELS);
    }
    s->levels = 0;
    for (const yt_node *item = n->first; item; item = item->next) {
        if (!whole_number(&s->iterations[s->levels++], item, 1, RX_N4_MAX_ITERATIONS)) {
            return fd_expected(r, item, "an integer 1 to %d", RX_N4_MAX_ITERATIONS);
        }
    }
    return CFG_OK;
}

static int read_mesh(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    rx_n4 *s = &((block *)obj)->p.bias;
    int a = 0;
    (void)f;
    if (n->kind != YT_LIST || n->n != 3) { return fd_expected(r, n, "a list of 3 numbers of elements"); }
    for (const yt_node *item = n->first; item; item = item->next) {
        if (!whole_number(&s->mesh[a++], item, 1, 32)) { return fd_expected(r, item, "an integer 1 to 32"); }
    }
    return CFG_OK;
}

static int read_landmarks(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    block *b = obj;
    char path[PATH_SIZE];
    cfg_error err = {0};
    (void)f;
    if (n->kind != YT_SCALAR || n->text[0] == '\0') { return fd_expected(r, n, "the path of a landmark file"); }
    if (!b->folder) { return fd_fail(r, n, NULL, "a landmark file cannot be named here"); }
    bool whole = n->text[0] == '/';
    int used = snprintf(path, sizeof path, "%s%s%s", whole ? "" : b->folder, whole ? "" : "/", n->text);
    if (used < 0 || (size_t)used >= sizeof path) { return fd_expected(r, n, "a path of less than %d bytes", PATH_SIZE); }
    if (cfg_landmarks_load(&b->p.landmarks, path, &err)) { return fd_fail(r, n, NULL, "%s", err.msg); }
    return CFG_OK;
}

/* ---- The block ------------------------------------------------------------------ */

#define AT(m) .offset = offsetof(block, p.m)
#define RANGE(lo, hi) .bounded = true, .min = (lo), .max = (hi)
#define ABOVE(lo) .bounded = true, .above_min = true, .min = (lo), .max = HUGE_VAL

static const fd_hook denoise_method = {.read = read_denoise}, normalise_method = {.read = read_normalise},
                     region = {.read = read_region}, iterations = {.read = read_iterations},
                     mesh = {.read = read_mesh}, landmarks = {.read = read_landmarks};

static const fd_field bias_fields[] = {
    {"iterations", FD_HOOK, .hook = &iterations},
    {"convergence", FD_REAL, AT(bias.convergence), RANGE(0, 1)},
    {"mesh", FD_HOOK, .hook = &mesh},
    {"shrink", FD_UINT, AT(bias.shrink), RANGE(1, 8)},
    {"bins", FD_UINT, AT(bias.histogram_bins), RANGE(16, 4096)},
    {"fwhm", FD_REAL, AT(bias.fwhm), ABOVE(0)},
    {"noise", FD_REAL, AT(bias.wiener_noise), ABOVE(0)},
    {"otsu", FD_BOOL, AT(bias.otsu)},
};

static const fd_field denoise_fields[] = {
    {"method", FD_HOOK, .hook = &denoise_method},
    {"radius", FD_UINT, AT(median_radius), RANGE(1, 5)},
    {"sigma_mm", FD_REAL, AT(gaussian_sigma_mm), ABOVE(0)},
    {"patch", FD_UINT, AT(nlm.patch_radius), RANGE(1, 3)},
    {"search", FD_UINT, AT(nlm.search_radius), RANGE(1, 10)},
    {"noise", FD_REAL, AT(nlm.sigma), RANGE(0, HUGE_VAL)},
    {"beta", FD_REAL, AT(nlm.beta), ABOVE(0)},
};

static const fd_field normalise_fields[] = {
    {"method", FD_HOOK, .hook = &normalise_method},
    {"of", FD_HOOK, .hook = &region},
    {"scale", FD_REAL, AT(z_scale), ABOVE(0)},
    {"from", FD_REALS_FIXED, AT(percentile_from), .min_items = 2, .max_items = 2, RANGE(0, 100)},
    {"to", FD_REALS_FIXED, AT(percentile_to), .min_items = 2, .max_items = 2},
    {"clip", FD_BOOL, AT(percentile_clip)},
    {"landmarks", FD_HOOK, .hook = &landmarks},
};

static const fd_field threshold_field = {"threshold", FD_REALS_FIXED, AT(threshold_hu), .min_items = 2,
                                         .max_items = 2, .infinite = true};

/* Keys that are there; the others keep their default. */
static int read_some(const fd_reader *r, block *b, const fd_table *known, const yt_node *map)
{
    if (yt_is_null(map)) { return CFG_OK; }
    if (map->kind != YT_MAP) { return fd_expected(r, map, "a mapping"); }
    int rc = fd_check_keys(r, known, map);
    for (const yt_node *n = map->first; n && !rc; n = n->next) {
        for (size_t i = 0; i < known->n; i++) {
            if (strcmp(known->fields[i].key, n->key) == 0) { rc = fd_read_value(r, b, &known->fields[i], n); }
        }
    }
    return rc;
}

/* What the methods need, that keys alone do not show. */
static int check_block(const fd_reader *r, const block *b, const yt_node *map)
{
    const rx_prepare *p = &b->p;
    const yt_node *normalise = yt_get(map, "normalise");
    rx_error rx = {0};
    if (p->normalise == RX_NORMALISE_HISTOGRAM && p->landmarks.images == 0) {
        return fd_fail(r, normalise, "landmarks", "method histogram needs a landmark file");
    }
    if (!(p->percentile_from[0] < p->percentile_from[1])) {
        return fd_fail(r, normalise, "from", "percentiles must ascend");
    }
    if (!(p->percentile_to[0] < p->percentile_to[1])) {
        return fd_fail(r, normalise, "to", "the range must ascend");
    }
    return rx_prepare_check(p, &rx) == RX_OK ? CFG_OK : fd_fail(r, map, NULL, "%s", rx.msg);
}

static int read_block(const fd_reader *r, block *b, const yt_node *map)
{
    static const fd_field keys[] = {{.key = "threshold"}, {.key = "bias_field"}, {.key = "denoise"},
                                    {.key = "normalise"}};
    static const fd_table known = {FD_TABLE(keys)}, bias = {FD_TABLE(bias_fields)},
                          denoise = {FD_TABLE(denoise_fields)}, normalise = {FD_TABLE(normalise_fields)};
    if (!map || yt_is_null(map)) { return CFG_OK; }
    if (map->kind != YT_MAP) {
        return fd_expected(r, map, "a mapping with threshold, bias_field, denoise and normalise");
    }
    int rc = fd_check_keys(r, &known, map);
    const yt_node *n = yt_get(map, "threshold");
    if (!rc && n && !yt_is_null(n)) {
        b->p.threshold = true;
        rc = fd_read_value(r, b, &threshold_field, n);
    }
    if (!rc && (n = yt_get(map, "bias_field")) != NULL) {
        b->p.bias_correct = true;
        rc = read_some(r, b, &bias, n);
    }
    if (!rc && (n = yt_get(map, "denoise")) != NULL) { rc = read_some(r, b, &denoise, n); }
    if (!rc && (n = yt_get(map, "normalise")) != NULL) { rc = read_some(r, b, &normalise, n); }
    return rc ? rc : check_block(r, b, map);
}

yt_node *cfg_prepare_detach(yt_node *root)
{
    if (!root || root->kind != YT_MAP) { return NULL; }
    for (yt_node *before = NULL, *n = root->first; n; before = n, n = n->next) {
        if (!n->key || strcmp(n->key, "prepare") != 0) { continue; }
        if (before) { before->next = n->next; } else { root->first = n->next; }
        if (root->last == n) { root->last = before; }
        root->n--;
        n->next = NULL;
        return n;
    }
    return NULL;
}

int cfg_prepare_parse(rx_prepare *out, const char *bytes, size_t n, const char *name, const char *folder,
                      cfg_error *err)
{
    txt_locale locale;
    if (!txt_locale_enter(&locale)) { return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "not enough memory"); }
    fd_reader r = {.name = name, .err = err};
    block b = {.folder = folder};
    yt_tree tree;
    rx_prepare_default(&b.p);
    int rc = yt_parse(&tree, bytes, n, MAX_BYTES, name, err);
    if (!rc) {
        rc = read_block(&r, &b, tree.root && tree.root->kind == YT_MAP ? yt_get(tree.root, "prepare") : NULL);
        yt_free(&tree);
    }
    txt_locale_leave(&locale);
    if (!rc) { *out = b.p; }
    return rc;
}

int cfg_prepare_load(rx_prepare *out, const char *path, cfg_error *err)
{
    char *bytes, folder[PATH_SIZE];
    size_t n;
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof folder) { return cfg_fail(err, CFG_EVALUE, path, 0, 0, "the path is too long"); }
    snprintf(folder, sizeof folder, "%.*s", (int)length, path);
    int rc = cfg_file_read(&bytes, &n, path, MAX_BYTES, err);
    if (rc) { return rc; }
    rc = cfg_prepare_parse(out, bytes, n, path, !slash ? "." : length == 0 ? "/" : folder, err);
    free(bytes);
    return rc;
}

/* ---- As text ------------------------------------------------------------------------- */

static void add_real(txt_buf *b, const char *before, double v)
{
    char digits[TXT_REAL_SIZE];
    txt_put_real(digits, v);
    txt_add(b, "%s%s", before, digits);
}

static void add_bias(txt_buf *b, const rx_n4 *s)
{
    txt_add(b, " bias_field=n4:iterations");
    for (unsigned l = 0; l < s->levels; l++) { txt_add(b, "%s%u", l ? "," : "=", s->iterations[l]); }
    add_real(b, ":convergence=", s->convergence);
    txt_add(b, ":mesh=%u,%u,%u:shrink=%u:bins=%u", s->mesh[0], s->mesh[1], s->mesh[2], s->shrink, s->histogram_bins);
    add_real(b, ":fwhm=", s->fwhm);
    add_real(b, ":noise=", s->wiener_noise);
    txt_add(b, ":otsu=%s", s->otsu ? "true" : "false");
}

static void add_denoise(txt_buf *b, const rx_prepare *p)
{
    if (p->denoise == RX_DENOISE_NONE) { return; }
    txt_add(b, " denoise=%s", denoise_words[p->denoise]);
    if (p->denoise == RX_DENOISE_MEDIAN) { txt_add(b, ":radius=%u", p->median_radius); }
    if (p->denoise == RX_DENOISE_GAUSSIAN) { add_real(b, ":sigma_mm=", p->gaussian_sigma_mm); }
    if (p->denoise == RX_DENOISE_NLM) {
        txt_add(b, ":patch=%u:search=%u", p->nlm.patch_radius, p->nlm.search_radius);
        add_real(b, ":noise=", p->nlm.sigma);
        add_real(b, ":beta=", p->nlm.beta);
    }
}

static void add_normalise(txt_buf *b, const rx_prepare *p)
{
    if (p->normalise == RX_NORMALISE_NONE) { return; }
    txt_add(b, " normalise=%s:of=%s", normalise_words[p->normalise], region_words[p->normalise_of]);
    if (p->normalise == RX_NORMALISE_Z) { add_real(b, ":scale=", p->z_scale); }
    if (p->normalise == RX_NORMALISE_PERCENTILE) {
        add_real(b, ":from=", p->percentile_from[0]);
        add_real(b, ",", p->percentile_from[1]);
        add_real(b, ":to=", p->percentile_to[0]);
        add_real(b, ",", p->percentile_to[1]);
        txt_add(b, ":clip=%s", p->percentile_clip ? "true" : "false");
    }
    if (p->normalise == RX_NORMALISE_HISTOGRAM) {
        for (size_t i = 0; i < p->landmarks.n; i++) {
            add_real(b, i ? "," : ":landmarks=", p->landmarks.percentile[i]);
            add_real(b, "@", p->landmarks.standard[i]);
        }
    }
}

void cfg_prepare_text(char *buf, size_t size, const rx_prepare *p)
{
    txt_buf b = {0};
    txt_locale locale;
    if (size == 0) { return; }
    buf[0] = '\0';
    if (rx_prepare_is_none(p) || !txt_locale_enter(&locale)) { return; }
    txt_add(&b, "prepare");
    if (p->threshold) {
        add_real(&b, " threshold=", p->threshold_hu[0]);
        add_real(&b, ",", p->threshold_hu[1]);
    }
    if (p->bias_correct) { add_bias(&b, &p->bias); }
    add_denoise(&b, p);
    add_normalise(&b, p);
    txt_locale_leave(&locale);
    if (!b.failed) { snprintf(buf, size, "%s", b.text); }
    txt_buf_free(&b);
}
