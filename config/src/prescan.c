#include "prescan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "yaml_tree.h"

/* Length of the UTF-8 sequence at p, or 0 where it is none (RFC 3629: shortest form, no
 * surrogates, at most U+10FFFF). */
static size_t sequence_length(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80) { return 1; }
    size_t len = p[0] >= 0xc2 && p[0] <= 0xdf ? 2
               : (p[0] & 0xf0) == 0xe0        ? 3
               : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
                                              : 0;
    if (len == 0 || len > left) { return 0; }
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) { return 0; }
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
        return 0;
    }
    return len;
}

typedef struct scan {
    unsigned line, column, depth;
    char quote;               /* ' or " while inside, else 0                    */
    bool comment, escaped;
    char before;              /* the character before, '\n' at the start        */
} scan;

static bool starts_token(char before)
{
    return strchr(" \t\n\r[{,:-?", before) != NULL;
}

static void follow(scan *s, char c)
{
    if (s->comment) {
        s->comment = c != '\n' && c != '\r';
    } else if (s->quote != 0) {
        if (s->escaped) { s->escaped = false; }
        else if (s->quote == '"' && c == '\\') { s->escaped = true; }
        else if (c == s->quote) { s->quote = 0; }
    } else if (c == '#' && strchr(" \t\n\r", s->before)) {
        s->comment = true;
    } else if ((c == '"' || c == '\'') && starts_token(s->before)) {
        s->quote = c;
    } else if (c == '[' || c == '{') {
        s->depth++;
    } else if ((c == ']' || c == '}') && s->depth > 0) {
        s->depth--;
    }
}

int cfg_prescan(const char *bytes, size_t n, size_t max_bytes, unsigned max_depth,
                const char *name, cfg_error *err)
{
    if (n > max_bytes) {
        return cfg_fail(err, CFG_ELIMIT, name, 0, 0, "%zu bytes, expected at most %zu", n,
                        max_bytes);
    }
    scan s = {.line = 1, .column = 1, .before = '\n'};
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < n;) {
        size_t len = sequence_length(p + i, n - i);
        if (len == 0) {
            return cfg_fail(err, CFG_ESYNTAX, name, s.line, s.column,
                            "byte 0x%02x, expected UTF-8 text", p[i]);
        }
        char c = bytes[i];
        if ((p[i] < 0x20 && c != '\t' && c != '\n' && c != '\r') || p[i] == 0x7f) {
            return cfg_fail(err, CFG_ESYNTAX, name, s.line, s.column,
                            "control character 0x%02x, expected text", p[i]);
        }
        follow(&s, c);
        if (s.depth > max_depth) {
            return cfg_fail(err, CFG_ELIMIT, name, s.line, s.column,
                            "lists and mappings nested deeper than %u", max_depth);
        }
        bool line_end = c == '\n' || (c == '\r' && (i + 1 == n || bytes[i + 1] != '\n'));
        s.line += line_end;
        s.column = line_end ? 1 : s.column + 1;
        s.before = c;
        i += len;
    }
    return CFG_OK;
}
