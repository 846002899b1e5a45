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

void opt_list_free(opt_list *l)
{
    for (size_t i = 0; i < l->n; i++) { free(l->v[i]); }
    free(l->v);
    *l = (opt_list){0};
}

bool opt_list_split(opt_list *out, const char *text)
{
    opt_list_free(out);
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ",");
        char **grown = realloc(out->v, (out->n + 1) * sizeof *grown);
        if (grown == NULL) { return false; }
        out->v = grown;
        out->v[out->n] = strndup(p, n);
        if (n == 0 || out->v[out->n] == NULL) {
            free(out->v[out->n]);
            return false;
        }
        out->n++;
        p += n;
        if (*p == '\0') { return true; }
    }
}

bool opt_time_unit(double *days, const char *verb, const char *option, const char *text)
{
    static const struct { const char *word; double days; } units[] = {
        {"days", 1.0}, {"months", 30.4375}, {"years", 365.25}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text, units[i].word) == 0) {
            *days = units[i].days;
            return true;
        }
    }
    return opt_wrong(verb, option, text, "days, months or years");
}
