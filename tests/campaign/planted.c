/* planted.c - runs the campaign: planted [COHORTS] [PART ...], PART a word of the table below. Exit 0: all figures are
 * as they must be; 1: some are not; 2: a call failed. */
#include "planted.h"

#include <string.h>

static const struct part {
    const char *name;
    void (*run)(report *r);
} parts[] = {
    { "cox", planted_cox },           { "validation", planted_validation },
    { "selection", planted_selection }, { "null-survival", planted_null_survival },
    { "null-groups", planted_null_groups }, { "null-judging", planted_null_judging },
    { "curves", planted_curves },     { "subclones", planted_subclones },
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static bool asked(const char *name, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) { return true; }
    }
    return argc <= 2;
}

int main(int argc, char **argv)
{
    report r = { .cohorts = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 12, .seed = 1 };
    if (r.cohorts < 12) {
        fputs("usage: planted [COHORTS] [PART ...], at least 12 cohorts; parts:", stderr);
        for (size_t k = 0; k < PARTS; k++) { fprintf(stderr, " %s", parts[k].name); }
        fputc('\n', stderr);
        return 2;
    }
    for (size_t k = 0; k < PARTS; k++) {
        if (!asked(parts[k].name, argc, argv)) { continue; }
        printf("---- %s\n", parts[k].name);
        parts[k].run(&r);
        fflush(stdout);
    }
    printf("%zu figures, %zu not as they must be\n", r.figures, r.wrong);
    return r.wrong == 0 ? 0 : 1;
}
