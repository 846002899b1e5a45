#include "fields.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 96 };

static const char *member(const void *obj, size_t offset)
{
    return (const char *)obj + offset;
}

static size_t count_of(const void *obj, const fd_field *f)
{
    size_t n = f->max_items;
    if (f->count_offset != FD_NO_COUNT) { memcpy(&n, member(obj, f->count_offset), sizeof n); }
    return n;
}

static void pad(txt_buf *b, unsigned indent)
{
    txt_add(b, "%*s", (int)indent, "");
}

/* ---- Values -------------------------------------------------------------- */

void fd_write_reals(txt_buf *b, const double *v, size_t n, unsigned indent)
{
    char digits[TXT_REAL_SIZE];
    size_t column = 0;
    txt_add(b, "[");
    for (size_t i = 0; i < n; i++) {
        txt_put_real(digits, v[i]);
        if (i) { txt_add(b, column > LINE_WIDTH - indent - 28 ? ",\n" : ", "); }
        if (i && column > LINE_WIDTH - indent - 28) {
            pad(b, indent);
            column = 0;
        }
        txt_add(b, "%s", digits);
        column += strlen(digits) + 2;
    }
    txt_add(b, "]\n");
}

static void write_integer(txt_buf *b, const void *obj, const fd_field *f)
{
    uint16_t u16;
    unsigned u;
    size_t size;
    uint64_t u64;
    const char *from = member(obj, f->offset);
    switch (f->type) {
    case FD_U16: memcpy(&u16, from, sizeof u16); u64 = u16; break;
    case FD_UINT: memcpy(&u, from, sizeof u); u64 = u; break;
    case FD_SIZE: memcpy(&size, from, sizeof size); u64 = size; break;
    default: memcpy(&u64, from, sizeof u64); break;
    }
    txt_add(b, "%llu\n", (unsigned long long)u64);
}

static void write_bool(txt_buf *b, const void *obj, const fd_field *f)
{
    bool v;
    memcpy(&v, member(obj, f->offset), sizeof v);
    if (f->type == FD_BOOL) { txt_add(b, "%s\n", v ? "true" : "false"); }
    else { txt_add(b, "%s\n", f->word[v ? 0 : 1]); }
}

static void write_word(txt_buf *b, const void *obj, const fd_field *f)
{
    int at;
    memcpy(&at, member(obj, f->offset), sizeof at);
    const char *p = f->words;
    for (; at > 0; at--) { p += strcspn(p, "|") + 1; }
    txt_add(b, "%.*s\n", (int)strcspn(p, "|"), p);
}

static void write_reals(txt_buf *b, const void *obj, const fd_field *f, unsigned indent)
{
    const double *v;
    if (f->type == FD_REALS) { memcpy(&v, member(obj, f->offset), sizeof v); }
    else { v = (const double *)(const void *)member(obj, f->offset); }
    fd_write_reals(b, v, count_of(obj, f), indent + 2);
}

static void write_texts(txt_buf *b, const void *obj, const fd_field *f)
{
    size_t n = count_of(obj, f);
    const char *list = NULL;
    if (f->type == FD_TEXTS) { memcpy(&list, member(obj, f->offset), sizeof list); }
    txt_add(b, "[");
    for (size_t i = 0; i < n; i++) {
        const char *text = member(obj, f->offset + i * f->size);
        if (list) { memcpy(&text, list + i * sizeof text, sizeof text); }
        txt_add(b, "%s", i ? ", " : "");
        txt_add_quoted(b, text);
    }
    txt_add(b, "]\n");
}

static void write_maps(txt_buf *b, const void *obj, const fd_field *f, unsigned indent)
{
    size_t n = count_of(obj, f);
    const char *items;
    memcpy(&items, member(obj, f->offset), sizeof items);
    if (n == 0) { txt_add(b, " []\n"); }
    else { txt_add(b, "\n"); }
    for (size_t i = 0; i < n; i++) {
        pad(b, indent + 2);
        txt_add(b, "-\n");
        fd_write(b, items + i * f->size, f->sub, indent + 4);
    }
}

void fd_write(txt_buf *b, const void *obj, const fd_table *t, unsigned indent)
{
    double v;
    char digits[TXT_REAL_SIZE];
    for (size_t i = 0; i < t->n; i++) {
        const fd_field *f = &t->fields[i];
        if ((f->when && !f->when(obj)) || (f->unsaid && f->unsaid(obj))) { continue; }
        pad(b, indent);
        txt_add(b, "%s:", f->key);
        if (f->type != FD_MAP && f->type != FD_MAPS && f->type != FD_HOOK) { txt_add(b, " "); }
        switch (f->type) {
        case FD_BOOL:
        case FD_EITHER: write_bool(b, obj, f); break;
        case FD_U16:
        case FD_UINT:
        case FD_SIZE:
        case FD_BYTES: write_integer(b, obj, f); break;
        case FD_REAL:
            memcpy(&v, member(obj, f->offset), sizeof v);
            txt_put_real(digits, v);
            txt_add(b, "%s\n", digits);
            break;
        case FD_TEXT:
            txt_add_quoted(b, member(obj, f->offset));
            txt_add(b, "\n");
            break;
        case FD_WORD: write_word(b, obj, f); break;
        case FD_CONST: txt_add(b, "%s\n", f->def); break;
        case FD_REALS:
        case FD_REALS_FIXED: write_reals(b, obj, f, indent); break;
        case FD_TEXTS:
        case FD_TEXTS_FIXED: write_texts(b, obj, f); break;
        case FD_MAP:
            txt_add(b, "\n");
            fd_write(b, member(obj, f->offset), f->sub, indent + 2);
            break;
        case FD_MAPS: write_maps(b, obj, f, indent); break;
        case FD_HOOK: f->hook->write(b, obj, f, indent); break;
        }
    }
}

/* ---- Reference ----------------------------------------------------------- */

/* `text` as comment lines of at most LINE_WIDTH columns. */
static void comment(txt_buf *b, const char *text, unsigned indent)
{
    size_t column = 0;
    while (*text) {
        size_t word = strcspn(text, " ");
        if (column == 0 || column + word + 1 > LINE_WIDTH) {
            if (column) { txt_add(b, "\n"); }
            pad(b, indent);
            txt_add(b, "#");
            column = indent + 1;
        }
        txt_add(b, " %.*s", (int)word, text);
        column += word + 1;
        text += word;
        text += strspn(text, " ");
    }
    txt_add(b, "\n");
}

static void reference_key(txt_buf *b, const fd_field *f, unsigned indent)
{
    char what[FD_WHAT_SIZE], line[1024];
    fd_what(what, f);
    bool section = f->type == FD_MAP || f->type == FD_MAPS;
    if (section) { snprintf(line, sizeof line, "%s", f->doc); }
    else if (f->type == FD_CONST) { snprintf(line, sizeof line, "%s Always %s.", f->doc, f->def); }
    else {
        snprintf(line, sizeof line, "%s Expects %s; %s%s.", f->doc, what,
                 f->def ? "default " : "required", f->def ? f->def : "");
    }
    comment(b, line, indent);
    pad(b, indent);
    const char *value = f->example ? f->example : f->def ? f->def : "";
    txt_add(b, section ? "%s:%s%s" : "%s:%s%s\n", f->key, section || !value[0] ? "" : " ",
            section ? "\n" : value);
}

void fd_reference(txt_buf *b, const fd_table *t, unsigned indent)
{
    for (size_t i = 0; i < t->n; i++) {
        const fd_field *f = &t->fields[i];
        if (i > 0 && indent == 0) { txt_add(b, "\n"); }
        reference_key(b, f, indent);
        if (f->type == FD_MAP) { fd_reference(b, f->sub, indent + 2); }
        if (f->type == FD_MAPS) {
            pad(b, indent + 2);
            txt_add(b, "-\n");
            fd_reference(b, f->sub, indent + 4);
        }
    }
}
