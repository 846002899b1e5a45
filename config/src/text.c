#include "text.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool txt_locale_enter(txt_locale *l)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c) { return false; }
    l->mine = c;
    l->before = uselocale(c);
    return true;
}

void txt_locale_leave(txt_locale *l)
{
    uselocale((locale_t)l->before);
    freelocale((locale_t)l->mine);
}

/* ---- Reading ------------------------------------------------------------- */

static size_t count_digits(const char *p)
{
    return strspn(p, "0123456789");
}

bool txt_uint(uint64_t *out, const char *text)
{
    const char *p = text + (text[0] == '+');
    size_t n = count_digits(p);
    if (n == 0 || n > 19 || p[n] != '\0' || (p[0] == '0' && n > 1)) { return false; }
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) { v = v * 10 + (uint64_t)(p[i] - '0'); }
    *out = v;
    return true;
}

static bool is_infinity(double *out, const char *text)
{
    const char *p = text + (text[0] == '-' || text[0] == '+');
    if (strcmp(p, ".inf") != 0 && strcmp(p, ".Inf") != 0 && strcmp(p, ".INF") != 0) {
        return false;
    }
    *out = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    return true;
}

bool txt_real(double *out, const char *text)
{
    if (is_infinity(out, text)) { return true; }
    const char *p = text + (text[0] == '-' || text[0] == '+');
    size_t whole = count_digits(p), fraction = 0;
    if (whole > 1 && p[0] == '0') { return false; }
    p += whole;
    if (*p == '.') {
        fraction = count_digits(++p);
        p += fraction;
    }
    if (whole + fraction == 0) { return false; }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        size_t exponent = count_digits(p);
        if (exponent == 0) { return false; }
        p += exponent;
    }
    if (*p != '\0') { return false; }
    double v = strtod(text, NULL);
    if (!isfinite(v)) { return false; }
    *out = v;
    return true;
}

bool txt_bool(bool *out, const char *text)
{
    static const char *const words[2][9] = {
        {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"},
        {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}};
    for (size_t v = 0; v < 2; v++) {
        for (size_t i = 0; i < 9; i++) {
            if (strcmp(text, words[v][i]) == 0) {
                *out = v == 1;
                return true;
            }
        }
    }
    return false;
}

/* ---- Writing ------------------------------------------------------------- */

void txt_put_real(char buf[TXT_REAL_SIZE], double v)
{
    if (isinf(v)) {
        snprintf(buf, TXT_REAL_SIZE, v < 0 ? "-.inf" : ".inf");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, TXT_REAL_SIZE, "%.*g", digits, v);
        if (strtod(buf, NULL) == v) { return; }
    }
}

void txt_show(char buf[TXT_SHOWN_SIZE], const char *text)
{
    size_t n = strlen(text), keep = n;
    if (n > 60) {
        keep = 60;
        while (keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80) { keep--; }
    }
    for (size_t i = 0; i < keep; i++) {
        unsigned char c = (unsigned char)text[i];
        buf[i] = c < 0x20 || c == 0x7f ? '?' : text[i];
    }
    memcpy(buf + keep, n > keep ? "..." : "", n > keep ? 4 : 1);
}

void txt_add(txt_buf *b, const char *fmt, ...)
{
    if (b->failed) { return; }
    for (;;) {
        va_list ap;
        va_start(ap, fmt);
        size_t left = b->room - b->n;
        int used = vsnprintf(b->text ? b->text + b->n : NULL, left, fmt, ap);
        va_end(ap);
        if (used >= 0 && (size_t)used < left) {
            b->n += (size_t)used;
            return;
        }
        size_t room = (b->room ? b->room * 2 : 4096) + (used > 0 ? (size_t)used : 0);
        char *grown = used < 0 ? NULL : realloc(b->text, room);
        if (!grown) {
            b->failed = true;
            return;
        }
        b->text = grown;
        b->room = room;
    }
}

/* YAML takes U+0085, U+2028 and U+2029 for line ends and would fold them to blanks. */
static const char *line_end_escape(const char *p, size_t *len)
{
    *len = strncmp(p, "\xc2\x85", 2) == 0 ? 2 : 3;
    if (*len == 2) { return "\\N"; }
    if (strncmp(p, "\xe2\x80\xa8", 3) == 0) { return "\\L"; }
    if (strncmp(p, "\xe2\x80\xa9", 3) == 0) { return "\\P"; }
    return NULL;
}

void txt_add_quoted(txt_buf *b, const char *text)
{
    txt_add(b, "\"");
    for (const char *p = text; *p;) {
        size_t len;
        const char *escape = line_end_escape(p, &len);
        unsigned char c = (unsigned char)*p;
        if (escape) {
            txt_add(b, "%s", escape);
            p += len;
            continue;
        }
        if (c == '"' || c == '\\') { txt_add(b, "\\%c", c); }
        else if (c < 0x20 || c == 0x7f) { txt_add(b, "\\x%02x", c); }
        else { txt_add(b, "%c", *p); }
        p++;
    }
    txt_add(b, "\"");
}

void txt_buf_free(txt_buf *b)
{
    free(b->text);
    *b = (txt_buf){0};
}

/* ---- Spelling ------------------------------------------------------------ */

enum { LONGEST_WORD = 64 };

/* Levenshtein's distance, case aside; words longer than 64 bytes are far from everything. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b), row[LONGEST_WORD + 1];
    if (na > LONGEST_WORD || nb > LONGEST_WORD) { return SIZE_MAX; }
    for (size_t j = 0; j <= nb; j++) { row[j] = j; }
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t best = diagonal + !same;
            if (row[j] + 1 < best) { best = row[j] + 1; }
            if (row[j - 1] + 1 < best) { best = row[j - 1] + 1; }
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[nb];
}

const char *txt_nearest(const char *text, const char *(*word)(const void *list, size_t i),
                        const void *list, size_t n)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t d = edit_distance(text, word(list, i));
        /* Half of the word changed is another word, not a slip. */
        if (d < least && d <= (strlen(word(list, i)) + 1) / 2) {
            least = d;
            best = word(list, i);
        }
    }
    return best;
}
