#include "yaml_tree.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "prescan.h"

/* ---- Messages ------------------------------------------------------------ */

static int vfail(cfg_error *err, cfg_code code, const char *name, unsigned line, unsigned column,
                 const char *path, const char *fmt, va_list ap) CFG_PRINTF(7, 0);

static int vfail(cfg_error *err, cfg_code code, const char *name, unsigned line, unsigned column,
                 const char *path, const char *fmt, va_list ap)
{
    if (!err) { return (int)code; }
    *err = (cfg_error){.code = code, .line = line, .column = column};
    int used = line ? snprintf(err->msg, sizeof err->msg, "%.200s:%u:%u: ", name, line, column)
                    : snprintf(err->msg, sizeof err->msg, "%.200s: ", name);
    size_t at = used > 0 ? (size_t)used : 0;
    if (path[0]) {
        used = snprintf(err->msg + at, sizeof err->msg - at, "%s: ", path);
        at += used > 0 ? (size_t)used : 0;
    }
    if (at < sizeof err->msg) { vsnprintf(err->msg + at, sizeof err->msg - at, fmt, ap); }
    return (int)code;
}

int cfg_fail(cfg_error *err, cfg_code code, const char *name, unsigned line, unsigned column,
             const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfail(err, code, name, line, column, "", fmt, ap);
    va_end(ap);
    return (int)code;
}

void yt_path(char buf[YT_PATH_SIZE], const yt_node *n)
{
    const yt_node *chain[YT_MAX_DEPTH + 1];
    size_t depth = 0;
    for (; n && n->parent && depth < YT_MAX_DEPTH + 1; n = n->parent) { chain[depth++] = n; }
    size_t at = 0;
    buf[0] = '\0';
    while (depth-- > 0 && at < YT_PATH_SIZE) {
        const yt_node *step = chain[depth];
        int used = step->key
                       ? snprintf(buf + at, YT_PATH_SIZE - at, "%s%.64s", at ? "." : "", step->key)
                       : snprintf(buf + at, YT_PATH_SIZE - at, "[%zu]", step->index);
        at += used > 0 ? (size_t)used : 0;
    }
}

int cfg_fail_at(cfg_error *err, const char *name, const yt_node *n, const char *key,
                const char *fmt, ...)
{
    char path[YT_PATH_SIZE];
    yt_path(path, n);
    if (key) {
        size_t at = strlen(path);
        snprintf(path + at, sizeof path - at, "%s%s", at ? "." : "", key);
    }
    va_list ap;
    va_start(ap, fmt);
    vfail(err, CFG_EVALUE, name, n->line, n->column, path, fmt, ap);
    va_end(ap);
    return CFG_EVALUE;
}

/* ---- Memory: all of a tree goes at once ---------------------------------- */

typedef struct yt_chunk {
    struct yt_chunk *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
} yt_chunk;

static void *take(yt_tree *t, size_t size)
{
    size_t align = _Alignof(max_align_t);
    size = (size + align - 1) / align * align;
    yt_chunk *c = t->chunks;
    if (!c || c->size - c->used < size) {
        size_t room = size > 65536 ? size : 65536;
        c = malloc(sizeof *c + room);
        if (!c) { return NULL; }
        *c = (yt_chunk){.next = t->chunks, .size = room};
        t->chunks = c;
    }
    void *p = c->bytes + c->used;
    c->used += size;
    return p;
}

void yt_free(yt_tree *t)
{
    if (!t) { return; }
    for (yt_chunk *c = t->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *t = (yt_tree){0};
}

/* ---- From events to the tree --------------------------------------------- */

typedef struct builder {
    yt_tree *tree;
    yt_node *open;             /* the list or mapping that is being filled             */
    yt_node key;               /* of the value to come; key.text NULL: none yet        */
    unsigned depth, documents;
    const char *name;
    cfg_error *err;
} builder;

static int fail_event(const builder *b, cfg_code code, const yaml_event_t *e, const char *what)
{
    return cfg_fail(b->err, code, b->name, (unsigned)e->start_mark.line + 1,
                    (unsigned)e->start_mark.column + 1, "%s", what);
}

/* The scalar's text, ended; libyaml lets an escaped NUL through. */
static int keep_text(builder *b, const char **out, const yaml_event_t *e)
{
    size_t n = e->data.scalar.length;
    if (memchr(e->data.scalar.value, '\0', n)) {
        return fail_event(b, CFG_ESYNTAX, e, "NUL character in a text");
    }
    char *copy = take(b->tree, n + 1);
    if (!copy) { return fail_event(b, CFG_ENOMEM, e, "not enough memory"); }
    memcpy(copy, e->data.scalar.value, n);
    copy[n] = '\0';
    *out = copy;
    return CFG_OK;
}

static int set_key(builder *b, const yaml_event_t *e)
{
    if (e->type != YAML_SCALAR_EVENT) {
        return fail_event(b, CFG_ESYNTAX, e, "a key must be a plain word");
    }
    b->key = (yt_node){.line = (unsigned)e->start_mark.line + 1,
                       .column = (unsigned)e->start_mark.column + 1};
    int rc = keep_text(b, &b->key.text, e);
    if (rc) { return rc; }
    if (b->open->n >= YT_MAX_KEYS) {
        return fail_event(b, CFG_ELIMIT, e, "more than 128 keys in one mapping");
    }
    const yt_node *same = yt_get(b->open, b->key.text);
    if (same) {
        yt_node at = {.parent = b->open, .key = b->key.text, .line = b->key.line,
                      .column = b->key.column};
        return cfg_fail_at(b->err, b->name, &at, NULL, "key given twice, first on line %u",
                           same->key_line);
    }
    return CFG_OK;
}

/* A new node where the next value belongs. */
static int add_node(builder *b, yt_node **out, yt_kind kind, const yaml_event_t *e)
{
    if (++b->tree->n_nodes > YT_MAX_NODES) {
        return fail_event(b, CFG_ELIMIT, e, "more than 1000000 values");
    }
    yt_node *n = take(b->tree, sizeof *n);
    if (!n) { return fail_event(b, CFG_ENOMEM, e, "not enough memory"); }
    *n = (yt_node){.kind = kind, .parent = b->open,
                   .line = (unsigned)e->start_mark.line + 1,
                   .column = (unsigned)e->start_mark.column + 1};
    yt_node *up = b->open;
    if (!up) {
        b->tree->root = n;
    } else {
        n->index = up->n++;
        if (up->last) { up->last->next = n; } else { up->first = n; }
        up->last = n;
        if (up->kind == YT_MAP) {
            n->key = b->key.text;
            n->key_line = b->key.line;
            n->key_column = b->key.column;
            b->key.text = NULL;
        }
    }
    *out = n;
    return CFG_OK;
}

static int refuse_extras(const builder *b, const yaml_event_t *e, const yaml_char_t *anchor,
                         const yaml_char_t *tag)
{
    if (anchor) { return fail_event(b, CFG_ESYNTAX, e, "anchors (&name) are not allowed"); }
    if (tag) { return fail_event(b, CFG_ESYNTAX, e, "tags (!name) are not allowed"); }
    return CFG_OK;
}

static int open_node(builder *b, yt_kind kind, const yaml_event_t *e)
{
    if (b->depth >= YT_MAX_DEPTH) {
        return fail_event(b, CFG_ELIMIT, e, "lists and mappings nested deeper than 32");
    }
    yt_node *n;
    int rc = add_node(b, &n, kind, e);
    if (rc) { return rc; }
    b->open = n;
    b->depth++;
    return CFG_OK;
}

static int close_node(builder *b)
{
    b->open = b->open->parent;
    b->depth--;
    return CFG_OK;
}

static int add_scalar(builder *b, const yaml_event_t *e)
{
    yt_node *n;
    int rc = add_node(b, &n, YT_SCALAR, e);
    if (rc) { return rc; }
    n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return keep_text(b, &n->text, e);
}

static int take_event(builder *b, const yaml_event_t *e)
{
    bool value = e->type == YAML_SCALAR_EVENT || e->type == YAML_SEQUENCE_START_EVENT ||
                 e->type == YAML_MAPPING_START_EVENT;
    int rc = e->type == YAML_SCALAR_EVENT
                 ? refuse_extras(b, e, e->data.scalar.anchor, e->data.scalar.tag)
             : e->type == YAML_SEQUENCE_START_EVENT
                 ? refuse_extras(b, e, e->data.sequence_start.anchor, e->data.sequence_start.tag)
             : e->type == YAML_MAPPING_START_EVENT
                 ? refuse_extras(b, e, e->data.mapping_start.anchor, e->data.mapping_start.tag)
                 : CFG_OK;
    if (rc) { return rc; }
    if (value && b->open && b->open->kind == YT_MAP && !b->key.text) { return set_key(b, e); }
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++b->documents > 1
                   ? fail_event(b, CFG_ESYNTAX, e, "a second document, expected one")
                   : CFG_OK;
    case YAML_ALIAS_EVENT: return fail_event(b, CFG_ESYNTAX, e, "aliases (*name) are not allowed");
    case YAML_SCALAR_EVENT: return add_scalar(b, e);
    case YAML_SEQUENCE_START_EVENT: return open_node(b, YT_LIST, e);
    case YAML_MAPPING_START_EVENT: return open_node(b, YT_MAP, e);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close_node(b);
    default: return CFG_OK;
    }
}

static int fail_parser(const builder *b, const yaml_parser_t *p)
{
    if (p->error == YAML_MEMORY_ERROR) {
        return cfg_fail(b->err, CFG_ENOMEM, b->name, 0, 0, "not enough memory");
    }
    return cfg_fail(b->err, CFG_ESYNTAX, b->name, (unsigned)p->problem_mark.line + 1,
                    (unsigned)p->problem_mark.column + 1, "not YAML: %s%s%s",
                    p->context ? p->context : "", p->context ? ", " : "",
                    p->problem ? p->problem : "unknown");
}

static int run_parser(builder *b, yaml_parser_t *p)
{
    for (bool end = false; !end;) {
        yaml_event_t e;
        if (!yaml_parser_parse(p, &e)) { return fail_parser(b, p); }
        end = e.type == YAML_STREAM_END_EVENT;
        int rc = take_event(b, &e);
        yaml_event_delete(&e);
        if (rc) { return rc; }
    }
    return CFG_OK;
}

int yt_parse(yt_tree *out, const char *bytes, size_t n, size_t max_bytes, const char *name,
             cfg_error *err)
{
    *out = (yt_tree){0};
    int rc = cfg_prescan(bytes, n, max_bytes, YT_MAX_DEPTH, name, err);
    if (rc) { return rc; }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "not enough memory");
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, n);
    builder b = {.tree = out, .name = name, .err = err};
    rc = run_parser(&b, &parser);
    yaml_parser_delete(&parser);
    if (rc) { yt_free(out); }
    return rc;
}

/* ---- Looking things up --------------------------------------------------- */

const yt_node *yt_get(const yt_node *map, const char *key)
{
    if (!map || map->kind != YT_MAP) { return NULL; }
    for (const yt_node *n = map->first; n; n = n->next) {
        if (strcmp(n->key, key) == 0) { return n; }
    }
    return NULL;
}

bool yt_is_null(const yt_node *n)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (n->kind != YT_SCALAR || !n->plain) { return false; }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(n->text, words[i]) == 0) { return true; }
    }
    return false;
}
