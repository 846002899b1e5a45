#include "cmd/option.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool opt_wrong(const char *verb, const char *option, const char *text, const char *expected)
{
    fprintf(stderr, "prognode %s: --%s is \"%s\", expected %s\n", verb, option, text, expected);
    return false;
}

static bool number(double *out, const char *verb, const char *option, const char *text, double lo, double hi,
                   bool whole)
{
    char *end, expected[80];
    double v = strtod(text, &end);
    if (end == text || *end != '\0' || !(v >= lo && v <= hi) || (whole && v != floor(v))) {
        (void)snprintf(expected, sizeof expected, "a %snumber from %.16g to %.16g", whole ? "whole " : "", lo, hi);
        return opt_wrong(verb, option, text, expected);
    }
    *out = v;
    return true;
}

bool opt_number(double *out, const char *verb, const char *option, const char *text, double lo, double hi)
{
    return number(out, verb, option, text, lo, hi, false);
}

bool opt_whole(size_t *out, const char *verb, const char *option, const char *text, double lo, double hi)
{
    double v;
    if (!number(&v, verb, option, text, lo, hi, true)) { return false; }
    *out = (size_t)v;
    return true;
}

bool opt_one_of(int *out, const char *verb, const char *option, const char *text, const char *names)
{
    int at = 0;
    for (const char *p = names; *p != '\0'; at++) {
        size_t n = strcspn(p, "|");
        if (strlen(text) == n && strncmp(p, text, n) == 0) {
            *out = at;
            return true;
        }
        p += n + (p[n] == '|');
    }
    return opt_wrong(verb, option, text, names);
}
