/* cmd/validate.c - `prognode validate`: a model file on patients that it was not made from. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/model.h>
#include <config/pyradiomics.h>
#include "base/csv.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "pipeline/train_data.h"
#include "pipeline/validation_page.h"

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

typedef struct validate_args {
    const char *model, *features, *clinical, *output, *table, *cohort, *id, *time, *event;
    double days_per_unit;
} validate_args;

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

static int parse_args(validate_args *a, int argc, char **argv)
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

static int read_patients(pn_train_data *d, const cfg_model *m, const validate_args *a, pn_error *err)
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

static void print_line(const char *what, double v, double se, double lowest, double highest)
{
    printf("%-34s %.3f (95 %% CI %.3f to %.3f)\n", what, v, fmax(v - 1.96 * se, lowest), fmin(v + 1.96 * se, highest));
}

static void print_summary(const pn_validation *v)
{
    printf("%zu patients, %zu events\n", v->patients, v->events);
    print_line("C-index (Harrell)", v->c, v->c_se, 0, 1);
    if (isfinite(v->uno)) { print_line("C-index (Uno)", v->uno, v->uno_se, 0, 1); }
    if (isfinite(v->slope)) { print_line("calibration slope (1: right)", v->slope, v->slope_se, -HUGE_VAL, HUGE_VAL); }
    printf("low risk %zu patients, %zu events; high risk %zu, %zu\n", v->group_patients[0], v->group_events[0],
           v->group_patients[1], v->group_events[1]);
    if (isfinite(v->hr)) {
        printf("hazard ratio, high against low     %.3f (95 %% CI %.3f to %.3f), log-rank p %.4g\n", v->hr, v->hr_low,
               v->hr_high, v->logrank_p);
    }
    for (size_t h = 0; h < v->n_horizons; h++) {
        const pn_validation_horizon *z = &v->horizon[h];
        if (!isfinite(z->auc)) { continue; }
        printf("at %.3g years: AUC %.3f (95 %% CI %.3f to %.3f)", z->years, z->auc,
               fmax(z->auc - 1.96 * z->auc_se, 0), fmin(z->auc + 1.96 * z->auc_se, 1));
        if (isfinite(z->brier)) {
            printf(", Brier %.4f (same risk for all: %.4f), predicted risk %.3f, observed %.3f", z->brier, z->brier_null,
                   z->predicted, z->observed);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < v->n_warnings; i++) { fprintf(stderr, "prognode validate: warning: %s\n", v->warnings[i]); }
}

static void print_unmatched(const pn_train_unmatched *u, const char *here, const char *there)
{
    if (u->n > 0) {
        fprintf(stderr, "prognode validate: warning: %zu rows of %s without a partner in %s, the first is row %zu\n", u->n,
                here, there, u->row[0]);
    }
}

static int write_results(const pn_validation *v, const cfg_model *m, const validate_args *a, pn_error *err)
{
    pn_buf page = {0}, table = {0};
    int rc = pn_validation_page(&page, v, m, a->cohort, err);
    if (rc == PN_OK) { rc = pn_validation_table(&table, v, err); }
    if (rc == PN_OK && a->output != NULL) { rc = pn_write_file(a->output, page.p, page.n, false, err); }
    if (rc == PN_OK && a->table != NULL) { rc = pn_write_file(a->table, table.p, table.n, false, err); }
    pn_buf_free(&page);
    pn_buf_free(&table);
    return rc;
}

static int validate(const validate_args *a, pn_error *err)
{
    cfg_model m = {0};
    cfg_error cfg = {0};
    pn_train_data d = {0};
    pn_validation v = {0};
    if (cfg_model_load(&m, a->model, &cfg) != CFG_OK) { return pn_fail(err, PN_ECONFIG, "%s", cfg.msg); }
    int rc = read_patients(&d, &m, a, err);
    if (rc == PN_OK) { rc = pn_validate(&v, &m, &d, err); }
    if (rc == PN_OK) { rc = write_results(&v, &m, a, err); }
    if (rc == PN_OK) {
        print_unmatched(&d.features_only, a->features, a->clinical);
        print_unmatched(&d.clinical_only, a->clinical, a->features);
        print_summary(&v);
    }
    pn_validation_free(&v);
    pn_train_data_free(&d);
    cfg_model_free(&m);
    return rc;
}

int cmd_validate(int argc, char **argv)
{
    validate_args a;
    pn_error err = {0};
    int code = parse_args(&a, argc, argv);
    if (code != 0) { return code < 0 ? PN_EXIT_OK : code; }
    if (validate(&a, &err) == PN_OK) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode validate: %s\n", err.msg);
    return PN_EXIT_FAILED;
}
