#include <config/node.h>

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(const char **from, const char **end, const char *text)
{
    *from = text;
    *end = text + strlen(text);
    while (*from < *end && is_blank(**from)) { (*from)++; }
    while (*end > *from && is_blank((*end)[-1])) { (*end)--; }
}

/* One UTF-8 character on. */
static const char *after(const char *p, const char *end)
{
    p++;
    while (p < end && ((unsigned char)*p & 0xc0) == 0x80) { p++; }
    return p;
}

/* Only the last `*` ever needs another try: at worst the product of the two lengths. */
bool cfg_pattern_match(const char *pattern, const char *name)
{
    const char *p, *p_end, *s, *s_end, *star = NULL, *retry = NULL;
    trim(&p, &p_end, pattern);
    trim(&s, &s_end, name);
    while (s < s_end) {
        if (p < p_end && *p == '*') {
            star = ++p;
            retry = s;
        } else if (p < p_end && *p == '?') {
            p++;
            s = after(s, s_end);
        } else if (p < p_end && lower(*p) == lower(*s)) {
            p++;
            s++;
        } else if (star) {
            p = star;
            retry = after(retry, s_end);
            s = retry;
        } else {
            return false;
        }
    }
    while (p < p_end && *p == '*') { p++; }
    return p == p_end;
}
