#include "cmd/validate_args.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/pyradiomics.h>
#include "base/csv.h"
#include "cmd/cmd.h"

static const char usage[] =
    "usage: prognode validate MODEL.yaml --features F.csv --clinical C.csv [-o PAGE] [options]\n"
    "       prognode validate MODEL.yaml --compare OTHER.yaml --features F.csv --clinical C.csv [options]\n"
    "\n"
    "Judge a model on patients that it was not made from. Nothing is fitted again: C-index (Harrell,\n"
    "Uno), calibration slope, Kaplan-Meier curves of its groups with log-rank test and hazard ratio,\n"
    "at each of its horizons AUC, Brier score, calibration and decision curve, AUC and Brier score over\n"
    "time, hazard ratios of the score and its groups by themselves and beside clinical columns.\n"
    "\n"
    "      --features FILE     feature table, one row a patient (from `prognode extract`)\n"
    "      --clinical FILE     follow-up, one row a patient\n"
    "      --id-column NAME    column that identifies the patient in both tables (default case)\n"
    "      --time-column NAME  time from imaging to event or end of follow-up (default time)\n"
    "      --time-unit UNIT    days (default), months (30.4375 days) or years (365.25 days)\n"
    "      --event-column NAME 1: the event happened, 0: not until then (default event)\n"
    "      --cohort TEXT       who the patients are, for the page (default: the name of the feature table)\n"
    "      --adjust LIST       clinical columns to set beside the score, with commas: numbers as they are, other\n"
    "                          texts as groups; factor(NAME) takes numbers for groups\n"
    "      --group-column NAME groups of patients by a clinical column, as stages or subtypes (2 to 8): curves,\n"
    "                          log-rank test, and test for a trend in their order\n"
    "  -o, --output FILE       page with plots, the model's equation and nomogram, TRIPOD items and radiomics\n"
    "                          quality score: HTML that needs nothing else, or PDF where FILE ends in .pdf\n"
    "      --pdf FILE          the same as PDF, beside -o\n"
    "      --table FILE        the numbers as CSV\n"
    "      --points FILE       the points of the plots as CSV\n"
    "  -q, --quiet             no progress on a terminal\n"
    "  -h, --help              this text\n"
    "\n"
    "With another model, page and table hold the differences of the two on the same patients: AUC at\n"
    "each horizon, C-index, Brier score, net benefit, and who is moved to another risk.\n"
    "      --compare FILE      the other model\n"
    "      --compare-features FILE\n"
    "                          its features, where they are in another table\n"
    "      --clinical-columns LIST\n"
    "                          columns of the follow-up table: whether each score adds to them (likelihood\n"
    "                          ratio test; Cox models fitted to these patients)\n"
    "      --risk-limits LIST  limits of risk categories, as 0.1,0.3 (default: none)\n"
    "      --bootstrap N       resamples for intervals of reclassification (default 1000; 0: none)\n"
    "      --seed N            of the resamples (default 1)\n"
    "\n"
    "exit: 0 done, 1 failed, 2 wrong use\n";

static bool limits(validate_args *a, const char *text)
{
    opt_list l = {0};
    bool good = opt_list_split(&l, text) && l.n <= SV_RECLASSIFY_MAX_LIMITS;
    for (size_t i = 0; good && i < l.n; i++) {
        char *end;
        a->limits[i] = strtod(l.v[i], &end);
        good = *end == '\0' && a->limits[i] > (i == 0 ? 0 : a->limits[i - 1]) && a->limits[i] < 1;
    }
    a->n_limits = l.n;
    opt_list_free(&l);
    return good || opt_wrong("validate", "risk-limits", text, "up to 9 rising numbers between 0 and 1 with commas between");
}

static const char *complaint(const validate_args *a)
{
    if (a->model == NULL) { return "the model file is missing"; }
    if (a->features == NULL) { return "--features is missing"; }
    if (a->clinical == NULL) { return "--clinical is missing"; }
    if (a->other == NULL && (a->other_features != NULL || a->clinical_columns.n > 0 || a->n_limits > 0)) {
        return "--compare-features, --clinical-columns and --risk-limits are for --compare";
    }
    if (a->other != NULL && (a->pdf != NULL || a->points != NULL || a->adjust.n > 0 || a->groups != NULL)) {
        return "--pdf, --points, --adjust and --group-column are not for --compare";
    }
    return NULL;
}

int validate_args_parse(validate_args *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"features", required_argument, NULL, 'f'},  {"clinical", required_argument, NULL, 'c'},
        {"id-column", required_argument, NULL, 'i'}, {"time-column", required_argument, NULL, 't'},
        {"time-unit", required_argument, NULL, 'u'}, {"event-column", required_argument, NULL, 'e'},
        {"cohort", required_argument, NULL, 'w'},    {"output", required_argument, NULL, 'o'},
        {"table", required_argument, NULL, 'T'},     {"help", no_argument, NULL, 'h'},
        {"pdf", required_argument, NULL, 'p'},       {"points", required_argument, NULL, 'P'},
        {"adjust", required_argument, NULL, 'a'},    {"group-column", required_argument, NULL, 'g'},
        {"compare", required_argument, NULL, 'C'},   {"compare-features", required_argument, NULL, 'F'},
        {"clinical-columns", required_argument, NULL, 'l'}, {"risk-limits", required_argument, NULL, 'r'},
        {"bootstrap", required_argument, NULL, 'b'}, {"seed", required_argument, NULL, 's'},
        {"quiet", no_argument, NULL, 'q'},           {NULL, 0, NULL, 0}};
    bool good = true;
    *a = (validate_args){.id = "case", .time = "time", .event = "event", .days_per_unit = 1, .replicates = 1000, .seed = 1};
    optind = 1;
    for (int c; good && (c = getopt_long(argc, argv, "o:qh", options, NULL)) != -1;) {
        switch (c) {
        case 'f': a->features = optarg; break;
        case 'c': a->clinical = optarg; break;
        case 'i': a->id = optarg; break;
        case 't': a->time = optarg; break;
        case 'e': a->event = optarg; break;
        case 'w': a->cohort = optarg; break;
        case 'o': a->output = optarg; break;
        case 'T': a->table = optarg; break;
        case 'p': a->pdf = optarg; break;
        case 'P': a->points = optarg; break;
        case 'a':
            good = opt_list_split(&a->adjust, optarg) || opt_wrong("validate", "adjust", optarg, "names with commas between");
            break;
        case 'g': a->groups = optarg; break;
        case 'C': a->other = optarg; break;
        case 'F': a->other_features = optarg; break;
        case 'q': a->quiet = true; break;
        case 'u': good = opt_time_unit(&a->days_per_unit, "validate", "time-unit", optarg); break;
        case 'r': good = limits(a, optarg); break;
        case 'b': good = opt_whole(&a->replicates, "validate", "bootstrap", optarg, 0, 100000); break;
        case 's': good = opt_whole(&a->seed, "validate", "seed", optarg, 0, 9007199254740992.0); break;
        case 'l':
            good = opt_list_split(&a->clinical_columns, optarg) ||
                   opt_wrong("validate", "clinical-columns", optarg, "names with commas between");
            break;
        case 'h': fputs(usage, stdout); return -1;
        default: return PN_EXIT_USAGE;
        }
    }
    if (!good) { return PN_EXIT_USAGE; }
    a->model = optind < argc ? argv[optind++] : NULL;
    const char *wrong = complaint(a);
    if (wrong != NULL || optind < argc) {
        fprintf(stderr, wrong != NULL ? "prognode validate: %s\n" : "prognode validate: unexpected argument \"%.100s\"\n",
                wrong != NULL ? wrong : argv[optind]);
        return PN_EXIT_USAGE;
    }
    if (a->cohort == NULL) { a->cohort = a->features; }
    return 0;
}

int validate_read_patients(pn_train_data *d, pn_clinical_columns *c, const cfg_model *m, const char *path,
                           const validate_args *a, pn_error *err)
{
    static char settings[CFG_PYRADIOMICS_TEXT_SIZE];
    pn_csv features = {0}, clinical = {0};
    const char **names = calloc(m->n_features, sizeof *names);
    cfg_source *sources = calloc(m->n_features, sizeof *sources);
    if (names == NULL || sources == NULL) {
        free(names);
        free(sources);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for names");
    }
    for (size_t i = 0; i < m->n_features; i++) {
        names[i] = m->features[i].name;
        sources[i] = m->features[i].source;
    }
    (void)cfg_pyradiomics_text(settings, sizeof settings, &m->extraction);
    const pn_train_columns columns = {
        .id = a->id, .time = a->time, .event = a->event, .days_per_unit = a->days_per_unit, .features = names,
        .n_features = m->n_features, .sources = sources, .contours = (const char *const *)m->contours, .n_contours = m->n_contours,
        .settings = settings};
    int rc = pn_csv_read(&features, path, err);
    if (rc == PN_OK) { rc = pn_csv_read(&clinical, a->clinical, err); }
    if (rc == PN_OK) { rc = pn_train_join(d, &features, &clinical, &columns, err); }
    if (rc == PN_OK && c != NULL) {
        rc = pn_clinical_columns_read(c, &clinical, d->clinical_row, d->n, (const char *const *)a->adjust.v, a->adjust.n, PN_CSV_NAN,
                                      err);
        if (rc != PN_OK) { pn_train_data_free(d); }
    }
    pn_csv_free(&features);
    pn_csv_free(&clinical);
    free(names);
    free(sources);
    return rc;
}

void validate_args_free(validate_args *a)
{
    opt_list_free(&a->clinical_columns);
    opt_list_free(&a->adjust);
}
