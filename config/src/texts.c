#include <config/texts.h>

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "text.h"
#include "yaml_tree.h"

enum { MAX_BYTES = 65536, MAX_TEXTS = 1024 };

static int check_text(const yt_node *n, const char *name, cfg_error *err)
{
    if (n->kind != YT_SCALAR || yt_is_null(n) || n->text[0] == '\0') {
        return cfg_fail_at(err, name, n, NULL, "expected a text");
    }
    size_t length = strlen(n->text);
    if (length > CFG_TEXT_MAX_BYTES) {
        return cfg_fail_at(err, name, n, NULL, "text of %zu bytes, expected at most %d", length,
                           CFG_TEXT_MAX_BYTES);
    }
    for (const unsigned char *p = (const unsigned char *)n->text; *p != '\0'; p++) {
        if (p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)) {
            return cfg_fail_at(err, name, n, NULL, "control character in a text, expected one line");
        }
    }
    return CFG_OK;
}

static int add_text(cfg_texts *out, const yt_node *n, const char *name, cfg_error *err)
{
    char path[YT_PATH_SIZE];
    yt_path(path, n);
    if (strlen(path) >= CFG_TEXT_KEY_SIZE) {
        return cfg_fail_at(err, name, n, NULL, "key of %zu characters, expected at most %d",
                           strlen(path), CFG_TEXT_KEY_SIZE - 1);
    }
    if (out->n == MAX_TEXTS) {
        return cfg_fail_at(err, name, n, NULL, "more than %d texts", MAX_TEXTS);
    }
    int rc = check_text(n, name, err);
    if (rc != CFG_OK) { return rc; }
    cfg_named_text *t = &out->items[out->n];
    t->text = strdup(n->text);
    if (t->text == NULL) { return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "out of memory"); }
    out->n++;
    strcpy(t->key, path);
    t->line = n->line;
    t->column = n->column;
    return CFG_OK;
}

/* Depth is bounded by the tree itself. */
static int add_texts(cfg_texts *out, const yt_node *map, const char *name, cfg_error *err)
{
    int rc = CFG_OK;
    for (const yt_node *n = map->first; n != NULL && rc == CFG_OK; n = n->next) {
        rc = n->kind == YT_MAP ? add_texts(out, n, name, err) : add_text(out, n, name, err);
    }
    return rc;
}

int cfg_texts_parse(cfg_texts *out, const char *bytes, size_t n, const char *name, cfg_error *err)
{
    yt_tree tree;
    cfg_texts texts = {0};
    int rc = yt_parse(&tree, bytes, n, MAX_BYTES, name, err);
    if (rc != CFG_OK) { return rc; }
    texts.items = calloc(MAX_TEXTS, sizeof *texts.items);
    if (texts.items == NULL) {
        rc = cfg_fail(err, CFG_ENOMEM, name, 0, 0, "out of memory");
    } else if (tree.root == NULL || tree.root->kind != YT_MAP) {
        rc = cfg_fail(err, CFG_EVALUE, name, 0, 0, "expected keys with texts");
    } else {
        rc = add_texts(&texts, tree.root, name, err);
    }
    yt_free(&tree);
    if (rc != CFG_OK) {
        cfg_texts_free(&texts);
        return rc;
    }
    *out = texts;
    return CFG_OK;
}

int cfg_texts_load(cfg_texts *out, const char *path, cfg_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    int rc = cfg_file_read(&bytes, &n, path, MAX_BYTES, err);
    if (rc != CFG_OK) { return rc; }
    rc = cfg_texts_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

void cfg_texts_free(cfg_texts *t)
{
    if (t == NULL) { return; }
    for (size_t i = 0; i < t->n; i++) { free(t->items[i].text); }
    free(t->items);
    memset(t, 0, sizeof *t);
}
