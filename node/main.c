/* main.c - the verbs of `prognode`, one table. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include "cmd/cmd.h"

typedef struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;       /* NULL: not for people */
} verb;

static const verb verbs[] = {
    {"serve", cmd_serve, "run the node: receive, measure, report, deliver"},
    {"cases", cmd_cases, "list, show and steer the node's cases"},
    {"queue", cmd_queue, "bring the database in line with the spool"},
    {"init", cmd_init, "ask a few questions and write a configuration to start from"},
    {"check-config", cmd_check_config, "check a configuration file and the models it names"},
    {"echo", cmd_echo, "C-ECHO to an archive"},
    {"doctor", cmd_doctor, "ask the archives whether they take what the node sends"},
    {"extract", cmd_extract, "measure features of DICOM folders into a table"},
    {"landmarks", cmd_landmarks, "learn the landmarks of histogram matching from images"},
    {"reliability", cmd_reliability, "tell which features withstand repetition"},
    {"deconvolve", cmd_deconvolve, "find subpopulations in bulk expression"},
    {"cluster", cmd_cluster, "group patients, and put new ones into the groups"},
    {"correlate", cmd_correlate, "correlate columns of tables, with adjusted p-values"},
    {"enrich", cmd_enrich, "score gene sets in a ranked list, or in each patient"},
    {"tune", cmd_tune, "choose a method's settings, and judge the choice by nested cross-validation"},
    {"train", cmd_train, "build a model file from features and survival data"},
    {"validate", cmd_validate, "judge a model file on patients it was not made from"},
    {"predict", cmd_predict, "apply a model file to a feature table"},
    {"model", cmd_model, "show a model file, sign it, check its signature"},
    {"show", cmd_show, "print a Structured Report readably"},
    {"report", cmd_report, "make the objects of a report in a folder, without sending them"},
    {"simulate", cmd_simulate, "make cohorts of artificial patients with a planted truth"},
    {"phantom", cmd_phantom, "make CT series and contours of an artificial patient"},
    {"version", cmd_version, "versions of prognode and the libraries in use"},
    {"role", cmd_role, NULL},
};

static void print_help(FILE *to)
{
    fputs("usage: prognode VERB [options]\n\nverbs:\n", to);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (verbs[i].help != NULL) { fprintf(to, "  %-13s %s\n", verbs[i].name, verbs[i].help); }
    }
    fputs("\n`prognode VERB --help` tells the options of a verb.\n", to);
}

int main(int argc, char **argv)
{
    /* LC_NUMERIC stays "C": every number in a file has a decimal point. */
    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        print_help(stderr);
        return PN_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return PN_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) { return cmd_version(1, argv + 1); }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) { return verbs[i].run(argc - 1, argv + 1); }
    }
    fprintf(stderr, "prognode: unknown verb \"%s\"; `prognode --help` lists them\n", argv[1]);
    return PN_EXIT_USAGE;
}
