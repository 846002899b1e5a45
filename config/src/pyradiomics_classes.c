/* featureClass: which features, by class and by name. */
#include <stdio.h>
#include <string.h>

#include "pyradiomics.h"

static const char *class_at(const void *list, size_t i)
{
    (void)list;
    return rx_pyr_class_name((unsigned)i);
}

static const char *feature_at(const void *cls, size_t i)
{
    return rx_pyr_feature_name(cls, (unsigned)i);
}

static size_t count(const char *(*at)(const void *, size_t), const void *list)
{
    size_t n = 0;
    while (at(list, n)) { n++; }
    return n;
}

static bool knows(const char *(*at)(const void *, size_t), const void *list, const char *name)
{
    for (size_t i = 0; at(list, i); i++) {
        if (strcmp(at(list, i), name) == 0) { return true; }
    }
    return false;
}

static int enable(const fd_reader *r, cfg_pyradiomics *out, const char *cls, const char *feature,
                  const yt_node *n)
{
    rx_error rx = {0};
    if (rx_pyradiomics_enable(&out->settings, cls, feature, &rx) == RX_OK) { return CFG_OK; }
    return fd_fail(r, n, NULL, "%s", rx.msg);
}

static int read_feature(const fd_reader *r, cfg_pyradiomics *out, const char *cls,
                        const yt_node *item)
{
    if (item->kind != YT_SCALAR || yt_is_null(item)) {
        return fd_expected(r, item, "the name of a feature");
    }
    if (knows(feature_at, cls, item->text)) { return enable(r, out, cls, item->text, item); }
    char shown[TXT_SHOWN_SIZE];
    txt_show(shown, item->text);
    const char *near = txt_nearest(item->text, feature_at, cls, count(feature_at, cls));
    return fd_fail(r, item, NULL, "unknown feature \"%s\" of class %s%s%s%s", shown, cls,
                   near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int read_class(const fd_reader *r, cfg_pyradiomics *out, const yt_node *n)
{
    if (yt_is_null(n) || (n->kind == YT_LIST && n->n == 0)) {
        return enable(r, out, n->key, NULL, n);
    }
    if (n->kind != YT_LIST) { return fd_expected(r, n, "a list of features, or nothing for all"); }
    int rc = CFG_OK;
    for (const yt_node *item = n->first; item && !rc; item = item->next) {
        rc = read_feature(r, out, n->key, item);
    }
    return rc;
}

int cfg_pyradiomics_classes(const fd_reader *r, cfg_pyradiomics *out, const yt_node *n)
{
    enum { MAX_CLASSES = 16 };
    fd_field keys[MAX_CLASSES] = {{0}};
    fd_table known = {.fields = keys};
    if (n && n->kind != YT_MAP && !yt_is_null(n)) { return fd_expected(r, n, "a mapping"); }
    if (!n || n->n == 0) {
        /* Everything, as PyRadiomics takes it; shape2D is left out there for want of force2D. */
        return out->settings.base.features.force_2d ? enable(r, out, "shape2D", NULL, n) : CFG_OK;
    }
    for (; known.n < MAX_CLASSES && class_at(NULL, known.n); known.n++) {
        keys[known.n].key = class_at(NULL, known.n);
    }
    int rc = fd_check_keys(r, &known, n);
    rx_pyradiomics_disable_features(&out->settings);
    for (const yt_node *cls = n->first; cls && !rc; cls = cls->next) { rc = read_class(r, out, cls); }
    return rc;
}
