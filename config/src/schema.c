#include "fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- JSON ---------------------------------------------------------------- */

static void pad(txt_buf *b, unsigned indent)
{
    txt_add(b, "%*s", (int)indent, "");
}

static void json_bytes(txt_buf *b, const char *text, size_t n)
{
    txt_add(b, "\"");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') { txt_add(b, "\\%c", c); }
        else if (c < 0x20) { txt_add(b, "\\u%04x", c); }
        else { txt_add(b, "%c", text[i]); }
    }
    txt_add(b, "\"");
}

static void json_text(txt_buf *b, const char *text)
{
    json_bytes(b, text, strlen(text));
}

/* ---- Values -------------------------------------------------------------- */

static void range(txt_buf *b, const fd_field *f)
{
    if (!f->bounded) { return; }
    if (!isinf(f->min)) { txt_add(b, ", \"%s\": %.15g", f->above_min ? "exclusiveMinimum" : "minimum", f->min); }
    if (!isinf(f->max)) { txt_add(b, ", \"maximum\": %.15g", f->max); }
}

static void words(txt_buf *b, const char *list)
{
    txt_add(b, "\"enum\": [");
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, "|");
        if (p != list) { txt_add(b, ", "); }
        json_bytes(b, p, n);
        p += n + (p[n] == '|');
    }
    txt_add(b, "]");
}

/* YAML's reader takes a text without quotes that looks like a number or a boolean for one of those;
 * the node takes it for the text that it is. */
static void text(txt_buf *b, const fd_field *f, size_t least)
{
    txt_add(b, "\"type\": [\"string\", \"number\", \"boolean\"], \"minLength\": %zu, \"maxLength\": %zu", least,
            f->size - 1);
}

static void items(txt_buf *b, const fd_field *f)
{
    txt_add(b, "\"type\": \"array\", \"minItems\": %zu, \"maxItems\": %zu", f->min_items, f->max_items);
}

static void number(txt_buf *b, const fd_field *f)
{
    txt_add(b, "\"type\": \"number\"");
    range(b, f);
}

static void table(txt_buf *b, const fd_table *t, unsigned indent);

/* What the value is, without its outer braces. */
static void value(txt_buf *b, const fd_field *f, unsigned indent)
{
    switch (f->type) {
    case FD_BOOL: txt_add(b, "\"type\": \"boolean\""); break;
    case FD_EITHER:
        txt_add(b, "\"enum\": [");
        json_text(b, f->word[0]);
        txt_add(b, ", ");
        json_text(b, f->word[1]);
        txt_add(b, "]");
        break;
    case FD_U16:
    case FD_UINT:
    case FD_SIZE:
        txt_add(b, "\"type\": \"integer\"");
        range(b, f);
        break;
    case FD_BYTES:
        txt_add(b, "\"type\": [\"integer\", \"string\"], \"pattern\": \"^[0-9]+ *(KiB|MiB|GiB|TiB)?$\"");
        range(b, f);
        break;
    case FD_REAL: number(b, f); break;
    case FD_TEXT:
        if (f->words) { words(b, f->words); }
        else { text(b, f, f->min_items); }
        break;
    case FD_WORD: words(b, f->words); break;
    case FD_CONST:
        txt_add(b, "\"const\": ");
        json_text(b, f->def);
        break;
    case FD_REALS_FIXED:
    case FD_REALS:
        items(b, f);
        txt_add(b, ", \"items\": {");
        number(b, f);
        txt_add(b, "}");
        break;
    case FD_TEXTS_FIXED:
    case FD_TEXTS:
        items(b, f);
        txt_add(b, ", \"items\": {");
        text(b, f, 1);
        txt_add(b, "}");
        break;
    case FD_MAP:
        /* A section with nothing in it is as good as none. */
        txt_add(b, fd_may_be_absent(f) ? "\"type\": [\"object\", \"null\"],\n" : "\"type\": \"object\",\n");
        table(b, f->sub, indent);
        break;
    case FD_MAPS:
        items(b, f);
        txt_add(b, ",\n");
        pad(b, indent);
        txt_add(b, "\"items\": {\n");
        pad(b, indent + 2);
        txt_add(b, "\"type\": \"object\",\n");
        table(b, f->sub, indent + 2);
        txt_add(b, "\n");
        pad(b, indent);
        txt_add(b, "}");
        break;
    case FD_HOOK: break;
    }
}

/* The default is written as YAML; lists and numbers are written alike in JSON. */
static void default_of(txt_buf *b, const fd_field *f)
{
    txt_add(b, ", \"default\": ");
    if (f->type != FD_BYTES && f->type != FD_EITHER && f->type != FD_TEXT) { txt_add(b, "%s", f->def); }
    else { json_text(b, strcmp(f->def, "\"\"") == 0 ? "" : f->def); }
}

static void description(txt_buf *b, const fd_field *f)
{
    char what[FD_WHAT_SIZE], line[1024];
    if (f->type == FD_MAP || f->type == FD_MAPS) {
        json_text(b, f->doc);
        return;
    }
    fd_what(what, f);
    snprintf(line, sizeof line, "%s Expects %s.", f->doc, what);
    json_text(b, line);
}

/* ---- Mappings ------------------------------------------------------------ */

static void required(txt_buf *b, const fd_table *t, unsigned indent)
{
    bool any = false;
    for (size_t i = 0; i < t->n; i++) {
        if (fd_may_be_absent(&t->fields[i])) { continue; }
        if (!any) { pad(b, indent); }
        txt_add(b, any ? ", " : "\"required\": [");
        json_text(b, t->fields[i].key);
        any = true;
    }
    if (any) { txt_add(b, "],\n"); }
}

/* What a mapping holds, after its type: the last line is left open. */
static void table(txt_buf *b, const fd_table *t, unsigned indent)
{
    pad(b, indent);
    txt_add(b, "\"additionalProperties\": false,\n");
    required(b, t, indent);
    pad(b, indent);
    txt_add(b, "\"properties\": {\n");
    for (size_t i = 0; i < t->n; i++) {
        const fd_field *f = &t->fields[i];
        pad(b, indent + 2);
        json_text(b, f->key);
        txt_add(b, ": {\n");
        pad(b, indent + 4);
        txt_add(b, "\"description\": ");
        description(b, f);
        txt_add(b, ",\n");
        pad(b, indent + 4);
        value(b, f, indent + 4);
        if (f->def && f->type != FD_CONST) { default_of(b, f); }
        txt_add(b, "\n");
        pad(b, indent + 2);
        txt_add(b, i + 1 < t->n ? "},\n" : "}\n");
    }
    pad(b, indent);
    txt_add(b, "}");
}

void fd_schema(txt_buf *b, const fd_table *t, const char *title)
{
    txt_add(b, "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"title\": ");
    json_text(b, title);
    txt_add(b, ",\n  \"type\": \"object\",\n");
    table(b, t, 2);
    txt_add(b, "\n}\n");
}
