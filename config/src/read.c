#include "fields.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Messages ------------------------------------------------------------ */

int fd_fail(const fd_reader *r, const yt_node *n, const char *key, const char *fmt, ...)
{
    char text[320];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const yt_node *there = key ? yt_get(n, key) : NULL;
    return cfg_fail_at(r->err, r->name, there ? there : n, there ? NULL : key, "%s", text);
}

int fd_expected(const fd_reader *r, const yt_node *n, const char *fmt, ...)
{
    char what[FD_WHAT_SIZE], shown[TXT_SHOWN_SIZE];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (yt_is_null(n)) { return fd_fail(r, n, NULL, "got nothing, expected %s", what); }
    if (n->kind == YT_LIST) { return fd_fail(r, n, NULL, "got a list, expected %s", what); }
    if (n->kind == YT_MAP) { return fd_fail(r, n, NULL, "got a mapping, expected %s", what); }
    txt_show(shown, n->text);
    return fd_fail(r, n, NULL, "got \"%s\", expected %s", shown, what);
}

static void what_number(char buf[FD_WHAT_SIZE], const fd_field *f, const char *noun)
{
    if (!f->bounded) { snprintf(buf, FD_WHAT_SIZE, "%s", noun); }
    else if (f->above_min && isinf(f->max)) {
        snprintf(buf, FD_WHAT_SIZE, "%s above %.15g", noun, f->min);
    } else if (f->above_min) {
        snprintf(buf, FD_WHAT_SIZE, "%s above %.15g, at most %.15g", noun, f->min, f->max);
    } else if (isinf(f->max)) {
        snprintf(buf, FD_WHAT_SIZE, "%s of at least %.15g", noun, f->min);
    } else {
        snprintf(buf, FD_WHAT_SIZE, "%s %.15g to %.15g", noun, f->min, f->max);
    }
}

static void what_items(char buf[FD_WHAT_SIZE], const fd_field *f, const char *noun)
{
    if (f->min_items == f->max_items) {
        snprintf(buf, FD_WHAT_SIZE, "a list of %zu %s", f->min_items, noun);
    } else {
        snprintf(buf, FD_WHAT_SIZE, "a list of %zu to %zu %s", f->min_items, f->max_items, noun);
    }
}

/* "a, b or c" */
static void what_words(char buf[FD_WHAT_SIZE], const char *words)
{
    size_t used = 0;
    buf[0] = '\0';
    for (const char *p = words; *p && used < FD_WHAT_SIZE - 1;) {
        size_t n = strcspn(p, "|");
        const char *end = p + n + (p[n] == '|');
        const char *between = p == words ? "" : end[0] ? ", " : " or ";
        int more = snprintf(buf + used, FD_WHAT_SIZE - used, "%s%.*s", between, (int)n, p);
        used += more > 0 ? (size_t)more : 0;
        p = end;
    }
}

void fd_what(char buf[FD_WHAT_SIZE], const fd_field *f)
{
    if (f->expected) {
        snprintf(buf, FD_WHAT_SIZE, "%s", f->expected);
        return;
    }
    switch (f->type) {
    case FD_BOOL: snprintf(buf, FD_WHAT_SIZE, "true or false"); break;
    case FD_EITHER: snprintf(buf, FD_WHAT_SIZE, "%s or %s", f->word[0], f->word[1]); break;
    case FD_U16:
    case FD_UINT:
    case FD_SIZE: what_number(buf, f, "an integer"); break;
    case FD_BYTES: what_number(buf, f, "a number of bytes (512, 64 MiB, 5 GiB)"); break;
    case FD_REAL: what_number(buf, f, "a number"); break;
    case FD_TEXT:
        if (f->words) { what_words(buf, f->words); }
        else { snprintf(buf, FD_WHAT_SIZE, "text of %zu to %zu bytes", f->min_items, f->size - 1); }
        break;
    case FD_WORD: what_words(buf, f->words); break;
    case FD_CONST: snprintf(buf, FD_WHAT_SIZE, "%s", f->def); break;
    case FD_REALS_FIXED:
    case FD_REALS: what_items(buf, f, "numbers"); break;
    case FD_TEXTS_FIXED:
    case FD_TEXTS: what_items(buf, f, "texts"); break;
    case FD_MAP: snprintf(buf, FD_WHAT_SIZE, "a mapping"); break;
    case FD_MAPS: what_items(buf, f, "mappings"); break;
    case FD_HOOK: snprintf(buf, FD_WHAT_SIZE, "a mapping"); break;
    }
}

static int wrong(const fd_reader *r, const yt_node *n, const fd_field *f)
{
    char what[FD_WHAT_SIZE];
    fd_what(what, f);
    return fd_expected(r, n, "%s", what);
}

/* ---- Scalars ------------------------------------------------------------- */

static char *member(void *obj, size_t offset)
{
    return (char *)obj + offset;
}

static bool is_plain(const yt_node *n)
{
    return n->kind == YT_SCALAR && n->plain;
}

static bool in_range(const fd_field *f, double v)
{
    return !f->bounded || (v <= f->max && (f->above_min ? v > f->min : v >= f->min));
}

static int read_integer(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    uint64_t v;
    if (!is_plain(n) || !txt_uint(&v, n->text) || !in_range(f, (double)v)) {
        return wrong(r, n, f);
    }
    char *to = member(obj, f->offset);
    uint16_t u16 = (uint16_t)v;
    unsigned u = (unsigned)v;
    size_t size = (size_t)v;
    if (f->type == FD_U16 && u16 == v) { memcpy(to, &u16, sizeof u16); }
    else if (f->type == FD_UINT && u == v) { memcpy(to, &u, sizeof u); }
    else if (f->type == FD_SIZE && size == v) { memcpy(to, &size, sizeof size); }
    else { return wrong(r, n, f); }
    return CFG_OK;
}

static int read_bytes(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
    char digits[24];
    size_t used = is_plain(n) ? strspn(n->text, "0123456789") : 0;
    uint64_t v;
    if (used == 0 || used >= sizeof digits) { return wrong(r, n, f); }
    memcpy(digits, n->text, used);
    digits[used] = '\0';
    const char *unit = n->text + used + strspn(n->text + used, " ");
    if (!txt_uint(&v, digits)) { return wrong(r, n, f); }
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i]) != 0) { continue; }
        if (v > (UINT64_MAX >> (10 * i)) || !in_range(f, (double)(v << (10 * i)))) { break; }
        v <<= 10 * i;
        memcpy(member(obj, f->offset), &v, sizeof v);
        return CFG_OK;
    }
    return wrong(r, n, f);
}

/* A number of a list fails as "a number ...", a scalar field with its own words. */
static int read_real(const fd_reader *r, double *out, const fd_field *f, const yt_node *n)
{
    double v;
    if (is_plain(n) && txt_real(&v, n->text) && (f->infinite || !isinf(v)) && in_range(f, v)) {
        *out = v;
        return CFG_OK;
    }
    if (f->type == FD_REAL) { return wrong(r, n, f); }
    char what[FD_WHAT_SIZE];
    what_number(what, f, f->infinite ? "a number or .inf" : "a number");
    return fd_expected(r, n, "%s", what);
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) { return true; }
    }
    return false;
}

/* Its place among words parted by '|'; -1: none of them. */
static int word_at(const char *words, const char *text)
{
    int at = 0;
    for (const char *p = words; *p; at++) {
        size_t length = strcspn(p, "|");
        if (strlen(text) == length && memcmp(p, text, length) == 0) { return at; }
        p += length + (p[length] == '|');
    }
    return -1;
}

static bool text_fits(const fd_field *f, const yt_node *n)
{
    if (n->kind != YT_SCALAR || yt_is_null(n)) { return false; }
    if (f->words && word_at(f->words, n->text) < 0) { return false; }
    size_t len = strlen(n->text), least = f->type == FD_TEXT ? f->min_items : 0;
    return len < f->size && len >= least && !has_control(n->text) &&
           (!f->ok || f->ok(n->text));
}

static int read_text(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    if (!text_fits(f, n)) { return wrong(r, n, f); }
    memcpy(member(obj, f->offset), n->text, strlen(n->text) + 1);
    return CFG_OK;
}

static int read_bool(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    bool v;
    if (f->type == FD_BOOL) {
        if (!is_plain(n) || !txt_bool(&v, n->text)) { return wrong(r, n, f); }
    } else {
        v = n->kind == YT_SCALAR && strcmp(n->text, f->word[0]) == 0;
        if (!v && (n->kind != YT_SCALAR || strcmp(n->text, f->word[1]) != 0)) {
            return wrong(r, n, f);
        }
    }
    memcpy(member(obj, f->offset), &v, sizeof v);
    return CFG_OK;
}

static int read_word(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    int at = n->kind == YT_SCALAR ? word_at(f->words, n->text) : -1;
    if (at < 0) { return wrong(r, n, f); }
    memcpy(member(obj, f->offset), &at, sizeof at);
    return CFG_OK;
}

/* ---- Lists --------------------------------------------------------------- */

static void set_count(void *obj, const fd_field *f, size_t n)
{
    if (f->count_offset != FD_NO_COUNT) { memcpy(member(obj, f->count_offset), &n, sizeof n); }
}

static size_t get_count(const void *obj, const fd_field *f)
{
    size_t n = f->max_items;
    if (f->count_offset != FD_NO_COUNT) {
        memcpy(&n, (const char *)obj + f->count_offset, sizeof n);
    }
    return n;
}

/* A zeroed array of n items stored in the field, with its count. */
static void *new_array(const fd_reader *r, void *obj, const fd_field *f, size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) {
        cfg_fail(r->err, CFG_ENOMEM, r->name, 0, 0, "not enough memory");
        return NULL;
    }
    memcpy(member(obj, f->offset), &p, sizeof p);
    set_count(obj, f, n);
    return p;
}

static int read_reals(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    double *to;
    if (f->type == FD_REALS) {
        to = new_array(r, obj, f, n->n, sizeof *to);
        if (!to) { return CFG_ENOMEM; }
    } else {
        /* The member is a double array, so the offset is aligned for one. */
        to = (double *)(void *)member(obj, f->offset);
        set_count(obj, f, n->n);
    }
    for (const yt_node *item = n->first; item; item = item->next) {
        int rc = read_real(r, to++, f, item);
        if (rc) { return rc; }
    }
    return CFG_OK;
}

static int read_text_item(const fd_reader *r, const fd_field *f, const yt_node *item)
{
    /* min_items is the list's; an empty text in a list is always a slip. */
    if (text_fits(f, item) && item->text[0]) { return CFG_OK; }
    if (f->ok && f->expected) { return fd_expected(r, item, "%s", f->expected); }
    return fd_expected(r, item, "text of 1 to %zu bytes", f->size - 1);
}

static int read_texts(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    char **to = f->type == FD_TEXTS ? new_array(r, obj, f, n->n, sizeof *to) : NULL;
    if (f->type == FD_TEXTS && !to) { return CFG_ENOMEM; }
    for (const yt_node *item = n->first; item; item = item->next) {
        int rc = read_text_item(r, f, item);
        if (rc) { return rc; }
        size_t size = strlen(item->text) + 1;
        char *text = to ? malloc(size) : member(obj, f->offset + item->index * f->size);
        if (!text) {
            return cfg_fail(r->err, CFG_ENOMEM, r->name, 0, 0, "not enough memory");
        }
        memcpy(text, item->text, size);
        if (to) { to[item->index] = text; }
    }
    set_count(obj, f, n->n);
    return CFG_OK;
}

static int read_maps(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    char *to = new_array(r, obj, f, n->n, f->size);
    if (!to) { return CFG_ENOMEM; }
    for (const yt_node *item = n->first; item; item = item->next) {
        int rc = fd_read(r, to, f->sub, item);
        if (rc) { return rc; }
        to += f->size;
    }
    return CFG_OK;
}

static int read_list(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    if (n->kind != YT_LIST) { return wrong(r, n, f); }
    if (n->n < f->min_items || n->n > f->max_items) {
        char what[FD_WHAT_SIZE];
        fd_what(what, f);
        return fd_fail(r, n, NULL, "got %zu items, expected %s", n->n, what);
    }
    switch (f->type) {
    case FD_REALS:
    case FD_REALS_FIXED: return read_reals(r, obj, f, n);
    case FD_TEXTS:
    case FD_TEXTS_FIXED: return read_texts(r, obj, f, n);
    default: return read_maps(r, obj, f, n);
    }
}

/* ---- Fields and mappings ------------------------------------------------- */

int fd_read_value(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    switch (f->type) {
    case FD_BOOL:
    case FD_EITHER: return read_bool(r, obj, f, n);
    case FD_U16:
    case FD_UINT:
    case FD_SIZE: return read_integer(r, obj, f, n);
    case FD_BYTES: return read_bytes(r, obj, f, n);
    case FD_REAL: {
        double v;
        int rc = read_real(r, &v, f, n);
        if (!rc) { memcpy(member(obj, f->offset), &v, sizeof v); }
        return rc;
    }
    case FD_TEXT: return read_text(r, obj, f, n);
    case FD_WORD: return read_word(r, obj, f, n);
    case FD_CONST:
        return n->kind == YT_SCALAR && strcmp(n->text, f->def) == 0 ? CFG_OK : wrong(r, n, f);
    case FD_MAP: return fd_read(r, member(obj, f->offset), f->sub, n);
    case FD_HOOK: return f->hook->read(r, obj, f, n);
    default: return read_list(r, obj, f, n);
    }
}

bool fd_may_be_absent(const fd_field *f)
{
    if (f->type == FD_CONST) { return false; }
    if (f->type != FD_MAP) { return f->def != NULL; }
    for (size_t i = 0; i < f->sub->n; i++) {
        if (!fd_may_be_absent(&f->sub->fields[i])) { return false; }
    }
    return true;
}

static int read_absent(const fd_reader *r, void *obj, const fd_field *f, const yt_node *map)
{
    if (!fd_may_be_absent(f)) {
        char what[FD_WHAT_SIZE];
        fd_what(what, f);
        return fd_fail(r, map, f->key, "missing, expected %s", what);
    }
    if (f->type == FD_MAP) { return fd_read(r, member(obj, f->offset), f->sub, NULL); }
    yt_tree t;
    int rc = yt_parse(&t, f->def, strlen(f->def), 1024, f->key, r->err);
    if (rc) { return rc; }
    rc = fd_read_value(r, obj, f, t.root);
    yt_free(&t);
    return rc;
}

static const char *key_at(const void *list, size_t i)
{
    return ((const fd_field *)list)[i].key;
}

static int fail_unknown(const fd_reader *r, const fd_table *t, const yt_node *n)
{
    yt_node at = *n;              /* the message points at the key, not at its value */
    at.line = n->key_line;
    at.column = n->key_column;
    const char *why = t->explain_unknown ? t->explain_unknown(n->key) : NULL;
    if (why) { return fd_fail(r, &at, NULL, "%s", why); }
    const char *near = txt_nearest(n->key, key_at, t->fields, t->n);
    if (near) { return fd_fail(r, &at, NULL, "unknown key, did you mean \"%s\"?", near); }
    char known[200] = "";
    for (size_t i = 0, used = 0; i < t->n && used + 40 < sizeof known; i++) {
        int more = snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                            t->fields[i].key);
        used += more > 0 ? (size_t)more : 0;
    }
    return fd_fail(r, &at, NULL, "unknown key, expected one of %s", known);
}

int fd_check_keys(const fd_reader *r, const fd_table *t, const yt_node *map)
{
    for (const yt_node *n = map->first; n; n = n->next) {
        bool known = false;
        for (size_t i = 0; i < t->n && !known; i++) {
            known = strcmp(n->key, t->fields[i].key) == 0;
        }
        if (!known) { return fail_unknown(r, t, n); }
    }
    return CFG_OK;
}

/* Several fields may share a key, each for objects of another kind. */
static int check_meaning(const fd_reader *r, const void *obj, const fd_table *t, const yt_node *n)
{
    const fd_field *stranger = NULL;
    for (size_t i = 0; i < t->n; i++) {
        const fd_field *f = &t->fields[i];
        if (strcmp(n->key, f->key) != 0) { continue; }
        if (!f->when || f->when(obj)) { return CFG_OK; }
        stranger = f;
    }
    yt_node at = *n;
    at.line = n->key_line;
    at.column = n->key_column;
    return fd_fail(r, &at, NULL, "only %s", stranger ? stranger->when_text : "");
}

int fd_read(const fd_reader *r, void *obj, const fd_table *t, const yt_node *map)
{
    if (map && map->kind != YT_MAP && !yt_is_null(map)) {
        return fd_expected(r, map, "a mapping");
    }
    int rc = map && map->kind == YT_MAP ? fd_check_keys(r, t, map) : CFG_OK;
    for (size_t i = 0; i < t->n && !rc; i++) {
        const fd_field *f = &t->fields[i];
        if (f->when && !f->when(obj)) { continue; }
        const yt_node *n = yt_get(map, f->key);
        rc = n ? fd_read_value(r, obj, f, n) : read_absent(r, obj, f, map);
    }
    for (const yt_node *n = map && map->kind == YT_MAP ? map->first : NULL; n && !rc; n = n->next) {
        rc = check_meaning(r, obj, t, n);
    }
    return rc || !t->check ? rc : t->check(r, obj, map);
}

/* ---- Freeing ------------------------------------------------------------- */

static void free_field(void *obj, const fd_field *f)
{
    if (f->type == FD_MAP) {
        fd_free(member(obj, f->offset), f->sub);
        return;
    }
    if (f->type != FD_REALS && f->type != FD_TEXTS && f->type != FD_MAPS) { return; }
    char *p;
    memcpy(&p, member(obj, f->offset), sizeof p);
    for (size_t i = 0; p && i < get_count(obj, f); i++) {
        char *text;
        if (f->type == FD_MAPS) { fd_free(p + i * f->size, f->sub); }
        if (f->type == FD_TEXTS) {
            memcpy(&text, p + i * sizeof text, sizeof text);
            free(text);
        }
    }
    free(p);
    p = NULL;
    memcpy(member(obj, f->offset), &p, sizeof p);
    set_count(obj, f, 0);
}

void fd_free(void *obj, const fd_table *t)
{
    for (size_t i = 0; i < t->n; i++) { free_field(obj, &t->fields[i]); }
}
