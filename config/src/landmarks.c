/* Landmark files: percentiles, where they lie on the standard scale, and how many images taught so. */
#include <math.h>
#include <stdlib.h>

#include <config/prepare.h>

#include "fields.h"
#include "file.h"

enum { MAX_BYTES = 65536 };

typedef struct file {
    double *percentiles, *standard;
    size_t n_percentiles, n_standard;
    size_t images;
} file;

#define LIST(m) .offset = offsetof(file, m), .count_offset = offsetof(file, n_##m), .min_items = 2, \
                .max_items = RX_MAX_LANDMARKS

static const fd_field fields[] = {
    {"landmarks", FD_CONST, .def = "1", .doc = "The format's version."},
    {"percentiles", FD_REALS, LIST(percentiles), .bounded = true, .min = 0, .max = 100},
    {"standard", FD_REALS, LIST(standard)},
    {"images", FD_SIZE, .offset = offsetof(file, images), .bounded = true, .min = 1, .max = 1e9},
};
static const fd_table table = {FD_TABLE(fields)};

static int take(rx_landmarks *out, const file *f, const fd_reader *r, const yt_node *root)
{
    rx_landmarks l = {.n = f->n_percentiles, .images = f->images};
    rx_error rx = {0};
    if (f->n_standard != f->n_percentiles) {
        return fd_fail(r, root, "standard", "%zu values for %zu percentiles", f->n_standard, f->n_percentiles);
    }
    for (size_t i = 0; i < l.n; i++) {
        l.percentile[i] = f->percentiles[i];
        l.standard[i] = f->standard[i];
    }
    if (rx_landmarks_check(&l, &rx) != RX_OK) { return fd_fail(r, root, NULL, "%s", rx.msg); }
    *out = l;
    return CFG_OK;
}

static int parse(rx_landmarks *out, const char *bytes, size_t n, const char *name, cfg_error *err)
{
    fd_reader r = {.name = name, .err = err};
    yt_tree tree;
    file f = {0};
    int rc = yt_parse(&tree, bytes, n, MAX_BYTES, name, err);
    if (rc) { return rc; }
    if (!tree.root) { rc = cfg_fail(err, CFG_EVALUE, name, 0, 0, "the file is empty"); }
    if (!rc) { rc = fd_read(&r, &f, &table, tree.root); }
    if (!rc) { rc = take(out, &f, &r, tree.root); }
    fd_free(&f, &table);
    yt_free(&tree);
    return rc;
}

int cfg_landmarks_load(rx_landmarks *out, const char *path, cfg_error *err)
{
    char *bytes;
    size_t n;
    txt_locale locale;
    int rc = cfg_file_read(&bytes, &n, path, MAX_BYTES, err);
    if (rc) { return rc; }
    if (txt_locale_enter(&locale)) {
        rc = parse(out, bytes, n, path, err);
        txt_locale_leave(&locale);
    } else {
        rc = cfg_fail(err, CFG_ENOMEM, path, 0, 0, "not enough memory");
    }
    free(bytes);
    return rc;
}

static void add_list(txt_buf *b, const char *key, const double *v, size_t n)
{
    char digits[TXT_REAL_SIZE];
    txt_add(b, "%s: [", key);
    for (size_t i = 0; i < n; i++) {
        txt_put_real(digits, v[i]);
        txt_add(b, "%s%s", i ? ", " : "", digits);
    }
    txt_add(b, "]\n");
}

int cfg_landmarks_save(const rx_landmarks *l, const char *path, cfg_error *err)
{
    txt_buf b = {0};
    txt_locale locale;
    rx_error rx = {0};
    if (rx_landmarks_check(l, &rx) != RX_OK) { return cfg_fail(err, CFG_EVALUE, path, 0, 0, "%s", rx.msg); }
    if (!txt_locale_enter(&locale)) { return cfg_fail(err, CFG_ENOMEM, path, 0, 0, "not enough memory"); }
    txt_add(&b, "landmarks: 1\n");
    add_list(&b, "percentiles", l->percentile, l->n);
    add_list(&b, "standard", l->standard, l->n);
    txt_add(&b, "images: %zu\n", l->images);
    txt_locale_leave(&locale);
    int rc = b.failed ? cfg_fail(err, CFG_ENOMEM, path, 0, 0, "not enough memory")
                      : cfg_file_write(path, b.text, b.n, err);
    txt_buf_free(&b);
    return rc;
}
