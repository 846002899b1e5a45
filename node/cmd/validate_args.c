#include "cmd/validate_args.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/pyradiomics.h>
#include "base/csv.h"
#include "cmd/cmd.h"

static const char usage[] =
    "usage: prognode validate MODEL.yaml --features F.csv --clinical C.csv [-o PAGE.html] [options]\n"
    "\n"
    "Judge a model on patients that it was not made from. Nothing is fitted again: C-index (Harrell,\n"
    "Uno), calibration slope, Kaplan-Meier curves of its groups with log-rank test and hazard ratio,\n"
    "and at each of its horizons AUC, Brier score, calibration and decision curve.\n"
    "\n"
    "      --features FILE     feature table, one row a patient (from `prognode extract`)\n"
    "      --clinical FILE     follow-up, one row a patient\n"
    "      --id-column NAME    column that identifies the patient in both tables (default case)\n"
    "      --time-column NAME  time from imaging to event or end of follow-up (default time)\n"
    "      --time-unit UNIT    days (default), months (30.4375 days) or years (365.25 days)\n"
    "      --event-column NAME 1: the event happened, 0: not until then (default event)\n"
    "      --cohort TEXT       who the patients are, for the page (default: the name of the feature table)\n"
    "  -o, --output FILE       page with plots (HTML, needs nothing else)\n"
    "      --table FILE        the numbers as CSV\n"
    "  -h, --help              this text\n"
    "\n"
    "exit: 0 done, 1 failed, 2 wrong use\n";

static int parse_unit(validate_args *a, const char *text)
{
    static const struct { const char *word; double days; } units[] = {{"days", 1}, {"months", 30.4375},
                                                                      {"years", 365.25}};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, units[i].word) == 0) {
            a->days_per_unit = units[i].days;
            return 0;
        }
    }
    fprintf(stderr, "prognode validate: --time-unit \"%.40s\", expected days, months or years\n", text);
    return PN_EXIT_USAGE;
}

int validate_args_parse(validate_args *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"features", required_argument, NULL, 'f'},  {"clinical", required_argument, NULL, 'c'},
        {"id-column", required_argument, NULL, 'i'}, {"time-column", required_argument, NULL, 't'},
        {"time-unit", required_argument, NULL, 'u'}, {"event-column", required_argument, NULL, 'e'},
        {"cohort", required_argument, NULL, 'w'},    {"output", required_argument, NULL, 'o'},
        {"table", required_argument, NULL, 'T'},     {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    *a = (validate_args){.id = "case", .time = "time", .event = "event", .days_per_unit = 1};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        switch (c) {
        case 'f': a->features = optarg; break;
        case 'c': a->clinical = optarg; break;
        case 'i': a->id = optarg; break;
        case 't': a->time = optarg; break;
        case 'e': a->event = optarg; break;
        case 'w': a->cohort = optarg; break;
        case 'o': a->output = optarg; break;
        case 'T': a->table = optarg; break;
        case 'u':
            if (parse_unit(a, optarg) != 0) { return PN_EXIT_USAGE; }
            break;
        case 'h': fputs(usage, stdout); return -1;
        default: return PN_EXIT_USAGE;
        }
    }
    a->model = optind < argc ? argv[optind++] : NULL;
    const char *missing = a->model == NULL ? "the model file" : a->features == NULL ? "--features"
                          : a->clinical == NULL ? "--clinical" : NULL;
    if (missing != NULL || optind < argc) {
        fprintf(stderr, missing != NULL ? "prognode validate: %s is missing\n"
                                        : "prognode validate: unexpected argument \"%.100s\"\n",
                missing != NULL ? missing : argv[optind]);
        return PN_EXIT_USAGE;
    }
    if (a->cohort == NULL) { a->cohort = a->features; }
    return 0;
}

int validate_read_patients(pn_train_data *d, const cfg_model *m, const validate_args *a, pn_error *err)
{
    static char settings[CFG_PYRADIOMICS_TEXT_SIZE];
    pn_csv features = {0}, clinical = {0};
    const char **names = calloc(m->n_features, sizeof *names);
    if (names == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for names"); }
    for (size_t i = 0; i < m->n_features; i++) { names[i] = m->features[i].name; }
    (void)cfg_pyradiomics_text(settings, sizeof settings, &m->extraction);
    const pn_train_columns columns = {
        .id = a->id, .time = a->time, .event = a->event, .days_per_unit = a->days_per_unit, .features = names,
        .n_features = m->n_features, .contours = (const char *const *)m->contours, .n_contours = m->n_contours,
        .settings = settings};
    int rc = pn_csv_read(&features, a->features, err);
    if (rc == PN_OK) { rc = pn_csv_read(&clinical, a->clinical, err); }
    if (rc == PN_OK) { rc = pn_train_join(d, &features, &clinical, &columns, err); }
    pn_csv_free(&features);
    pn_csv_free(&clinical);
    free(names);
    return rc;
}
