#include "cmd/train_args.h"
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/cmd.h"
#include "cmd/option.h"

static const char usage[] =
    "usage: prognode train --features F.csv --clinical C.csv --use NAME[,NAME...] -o MODEL.yaml\n"
    "\n"
    "       prognode train --features F.csv --clinical C.csv --recipe RECIPE.yaml [-o MODEL.yaml]\n"
    "\n"
    "Fit a Cox model to features and survival data and write it as a model file; or carry out a recipe, and judge it by\n"
    "patients that none of its steps saw.\n"
    "\n"
    "recipe\n"
    "      --recipe FILE       steps, their settings and seeds, and how they are assessed (docs/BUILDING-A-MODEL.md);\n"
    "                          it takes the place of --use, --cutpoint, --horizons and of the options of selection\n"
    "      --expression FILE   gene expression, a row a gene, a column a patient; where the recipe wants it\n"
    "      --profiles FILE     expression of given subpopulations (expression.csv of `prognode deconvolve`), instead of\n"
    "                          those that the recipe finds or names\n"
    "      --table FILE        the figures and how often each feature was chosen, as CSV\n"
    "      --out-of-fold FILE  score and group of each patient by chains fitted without that patient, as CSV\n"
    "data\n"
    "      --features FILE     feature table, one row a patient (from `prognode extract`)\n"
    "      --clinical FILE     follow-up, one row a patient\n"
    "      --use NAMES         features of the model, by column name, with commas between; patterns with\n"
    "                          `*` and `?` stand for all that match, as 'original_*,wavelet-LLH_*'\n"
    "      --clinical-use NAMES  columns of the clinical table that are features too: PatientAge (years), PatientSex\n"
    "                          (M, F, or 1, 0), PatientWeight (kg) and PatientSize (m), which the node takes from the\n"
    "                          images' header, and any others, which it takes from its own table by these names\n"
    "      --id-column NAME    column that identifies the patient in both tables (default case)\n"
    "      --time-column NAME  time from imaging to event or end of follow-up (default time)\n"
    "      --time-unit UNIT    days (default), months (30.4375 days) or years (365.25 days)\n"
    "      --event-column NAME 1: the event happened, 0: not until then (default event)\n"
    "selection\n"
    "      --select HOW        none (default), or lasso: of the features named, those that the LASSO (Cox) chooses\n"
    "      --redundancy R      lasso: before, of two features with a rank correlation above R one goes (default 1: none)\n"
    "      --folds N           lasso: of the cross-validation (default 10); events are spread evenly, drawn by --seed\n"
    "      --lambda WHICH      lasso: min (default), the best by cross-validation, or 1se, the sparsest within one\n"
    "                          standard error of it, which is often the empty model\n"
    "model\n"
    "      --cutpoint C        median (default), maxstat or a number: high risk above it\n"
    "      --horizons YEARS    survival is told at these years (default 1,3,5)\n"
    "      --bootstrap N       fit N samples of the patients again, for intervals of score and\n"
    "                          survival (default 500, 0: no intervals)\n"
    "      --seed N            of the samples' random numbers (default 1)\n"
    "      --model-id ID       lower-case letters, digits and - (default trained-model)\n"
    "      --model-version V   (default 1.0.0)\n"
    "      --title TEXT        one line for the report\n"
    "      --description TEXT  what it was trained on, and what it is for\n"
    "      --endpoint TEXT     (default overall survival)\n"
    "      --research-only B   yes (default) or no: every report says it is for research only\n";

static const char usage_use[] =          /* C promises no longer texts than 4095 bytes */
    "intended use\n"
    "      --modality LIST     (default CT)\n"
    "      --body-part TEXT    (default any)\n"
    "      --contours PATTERNS names of the contour to measure, as GTV*,*tumor*; also picks the\n"
    "                          rows of the feature table, where it has a column roi\n"
    "      --slice-spacing L:H accepted spacing of slices in mm (default any)\n"
    "      --pixel-spacing L:H accepted spacing of pixels in mm (default any)\n"
    "      --slice-thickness L:H accepted thickness of slices in mm (default any)\n"
    "      --contrast C        contrast medium: any (default), with or without\n"
    "      --max-missing-slices N  slices that the contour names and that may lack (default any)\n"
    "      --max-distance P    refuse what lies farther from the training mean (Mahalanobis) than P\n"
    "                          percent of the training patients (default 100; 0: nothing)\n"
    "      --min-voxels N      smallest region (default 1)\n"
    "      --extraction FILE   parameter file that the features were extracted with\n"
    "                          (default: the default settings)\n"
    "      --page FILE         also a page with plots: hazard ratios, optimism and calibration by the bootstrap,\n"
    "                          path and cross-validation of the LASSO; PDF where FILE ends in .pdf, else HTML\n"
    "      --path-table FILE   lasso: path and cross-validation as CSV\n"
    "  -o, --output FILE       the model file; required without --recipe\n"
    "  -q, --quiet             no progress\n"
    "  -h, --help              print this\n";

static int wrong(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "prognode train: --%s is \"%s\", expected %s\n", option, value, expected);
    return PN_EXIT_USAGE;
}

static bool number(double *out, const char *text)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

static bool range(cfg_range *out, const char *text)
{
    char *end, *stop;
    *out = (cfg_range){strtod(text, &end), 0};
    if (end == text || *end != ':') { return false; }
    out->high = strtod(end + 1, &stop);
    return stop != end + 1 && *stop == '\0' && out->low >= 0 && out->high >= out->low;
}

static bool horizons(train_args *a, const char *text)
{
    train_list l = {0};
    bool good = opt_list_split(&l, text) && l.n <= CFG_MAX_HORIZONS;
    for (size_t i = 0; i < l.n && good; i++) {
        good = number(&a->horizons[i], l.v[i]) && a->horizons[i] > (i == 0 ? 0 : a->horizons[i - 1]);
    }
    a->n_horizons = l.n;
    opt_list_free(&l);
    return good;
}

static bool cutpoint(train_args *a, const char *text)
{
    if (strcmp(text, "median") == 0) {
        a->cut = PN_CUT_MEDIAN;
    } else if (strcmp(text, "maxstat") == 0) {
        a->cut = PN_CUT_MAXSTAT;
    } else {
        a->cut = PN_CUT_VALUE;
        return number(&a->cut_value, text);
    }
    return true;
}

static bool model_id(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && text[n] == '\0' && n < sizeof ((cfg_model *)0)->id;
}

static bool yes_no(bool *out, const char *text)
{
    *out = strcmp(text, "yes") == 0;
    return *out || strcmp(text, "no") == 0;
}

static bool whole_number(size_t *out, const char *text)
{
    char *end;
    errno = 0;
    unsigned long v = strtoul(text, &end, 10);
    *out = v;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && v <= 1000000000;
}

enum { OPT_FEATURES = 256, OPT_CLINICAL, OPT_USE, OPT_CLINICAL_USE, OPT_ID, OPT_TIME, OPT_UNIT, OPT_EVENT, OPT_CUT,
       OPT_HORIZONS, OPT_MODEL_ID, OPT_VERSION, OPT_TITLE, OPT_DESCRIPTION, OPT_ENDPOINT, OPT_RESEARCH,
       OPT_MODALITY, OPT_BODY, OPT_CONTOURS, OPT_SLICE, OPT_PIXEL, OPT_MIN, OPT_EXTRACTION, OPT_BOOTSTRAP,
       OPT_SEED, OPT_THICKNESS, OPT_CONTRAST, OPT_MISSING, OPT_DISTANCE, OPT_SELECT, OPT_REDUNDANCY, OPT_FOLDS, OPT_LAMBDA,
       OPT_RECIPE, OPT_EXPRESSION, OPT_PROFILES, OPT_TABLE, OPT_OUT_OF_FOLD, OPT_PAGE, OPT_PATH_TABLE };

static const struct option options[] = {
    {"features", required_argument, NULL, OPT_FEATURES},
    {"clinical", required_argument, NULL, OPT_CLINICAL},
    {"use", required_argument, NULL, OPT_USE},
    {"clinical-use", required_argument, NULL, OPT_CLINICAL_USE},
    {"id-column", required_argument, NULL, OPT_ID},
    {"time-column", required_argument, NULL, OPT_TIME},
    {"time-unit", required_argument, NULL, OPT_UNIT},
    {"event-column", required_argument, NULL, OPT_EVENT},
    {"cutpoint", required_argument, NULL, OPT_CUT},
    {"horizons", required_argument, NULL, OPT_HORIZONS},
    {"model-id", required_argument, NULL, OPT_MODEL_ID},
    {"model-version", required_argument, NULL, OPT_VERSION},
    {"title", required_argument, NULL, OPT_TITLE},
    {"description", required_argument, NULL, OPT_DESCRIPTION},
    {"endpoint", required_argument, NULL, OPT_ENDPOINT},
    {"research-only", required_argument, NULL, OPT_RESEARCH},
    {"modality", required_argument, NULL, OPT_MODALITY},
    {"body-part", required_argument, NULL, OPT_BODY},
    {"contours", required_argument, NULL, OPT_CONTOURS},
    {"slice-spacing", required_argument, NULL, OPT_SLICE},
    {"pixel-spacing", required_argument, NULL, OPT_PIXEL},
    {"min-voxels", required_argument, NULL, OPT_MIN},
    {"extraction", required_argument, NULL, OPT_EXTRACTION},
    {"bootstrap", required_argument, NULL, OPT_BOOTSTRAP},
    {"seed", required_argument, NULL, OPT_SEED},
    {"slice-thickness", required_argument, NULL, OPT_THICKNESS},
    {"contrast", required_argument, NULL, OPT_CONTRAST},
    {"max-missing-slices", required_argument, NULL, OPT_MISSING},
    {"max-distance", required_argument, NULL, OPT_DISTANCE},
    {"select", required_argument, NULL, OPT_SELECT},
    {"redundancy", required_argument, NULL, OPT_REDUNDANCY},
    {"folds", required_argument, NULL, OPT_FOLDS},
    {"lambda", required_argument, NULL, OPT_LAMBDA},
    {"recipe", required_argument, NULL, OPT_RECIPE},
    {"expression", required_argument, NULL, OPT_EXPRESSION},
    {"profiles", required_argument, NULL, OPT_PROFILES},
    {"table", required_argument, NULL, OPT_TABLE},
    {"out-of-fold", required_argument, NULL, OPT_OUT_OF_FOLD},
    {"page", required_argument, NULL, OPT_PAGE},
    {"path-table", required_argument, NULL, OPT_PATH_TABLE},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0}};

/* Options that are kept as they stand; NULL: not one of them. */
static const char **text_option(train_args *a, int c)
{
    switch (c) {
    case OPT_FEATURES: return &a->features;
    case OPT_CLINICAL: return &a->clinical;
    case OPT_ID: return &a->id_column;
    case OPT_TIME: return &a->time_column;
    case OPT_EVENT: return &a->event_column;
    case OPT_VERSION: return &a->version;
    case OPT_TITLE: return &a->title;
    case OPT_DESCRIPTION: return &a->description;
    case OPT_ENDPOINT: return &a->endpoint;
    case OPT_BODY: return &a->body_part;
    case OPT_EXTRACTION: return &a->extraction;
    case OPT_RECIPE: return &a->recipe;
    case OPT_EXPRESSION: return &a->expression;
    case OPT_PROFILES: return &a->profiles;
    case OPT_TABLE: return &a->table;
    case OPT_OUT_OF_FOLD: return &a->out_of_fold;
    case OPT_PAGE: return &a->page;
    case OPT_PATH_TABLE: return &a->path_table;
    case 'o': return &a->output;
    default: return NULL;
    }
}

static int contrast(train_args *a, const char *text)
{
    a->contrast = text;
    return strcmp(text, "any") == 0 || strcmp(text, "with") == 0 || strcmp(text, "without") == 0
               ? 0 : wrong("contrast", text, "any, with or without");
}

static bool replicates(train_args *a, const char *text)
{
    return whole_number(&a->replicates, text) && a->replicates <= 10000;
}

static bool max_missing(train_args *a, const char *text)
{
    size_t n;
    bool good = whole_number(&n, text);
    a->max_missing = good ? (double)n : 0;
    return good;
}

static bool percentile(double *out, const char *text)
{
    return number(out, text) && *out >= 0 && *out <= 100;
}

/* One of two words. */
static bool either(bool *first, const char *text, const char *yes, const char *no)
{
    *first = strcmp(text, yes) == 0;
    return *first || strcmp(text, no) == 0;
}

static bool redundancy(train_args *a, const char *text)
{
    return number(&a->redundancy, text) && a->redundancy > 0 && a->redundancy <= 1;
}

static bool folds(train_args *a, const char *text)
{
    return whole_number(&a->folds, text) && a->folds >= 3 && a->folds <= 1000;
}

static int checked_option(train_args *a, int c, const char *v)
{
    const char *const list_form = "a list with commas between and no empty item";
    switch (c) {
    case OPT_USE: return opt_list_split(&a->use, v) ? 0 : wrong("use", v, list_form);
    case OPT_CLINICAL_USE:
        return opt_list_split(&a->clinical_use, v) ? 0 : wrong("clinical-use", v, list_form);
    case OPT_CONTOURS: return opt_list_split(&a->contours, v) ? 0 : wrong("contours", v, list_form);
    case OPT_MODALITY:
        return opt_list_split(&a->modality, v) && a->modality.n <= 8 ? 0 : wrong("modality", v, list_form);
    case OPT_UNIT: return opt_time_unit(&a->days_per_unit, "train", "time-unit", v) ? 0 : PN_EXIT_USAGE;
    case OPT_CUT: return cutpoint(a, v) ? 0 : wrong("cutpoint", v, "median, maxstat or a number");
    case OPT_HORIZONS:
        return horizons(a, v) ? 0 : wrong("horizons", v, "up to 8 rising numbers of years above 0");
    case OPT_RESEARCH: return yes_no(&a->research_only, v) ? 0 : wrong("research-only", v, "yes or no");
    case OPT_SLICE: return range(&a->slice_spacing, v) ? 0 : wrong("slice-spacing", v, "LOW:HIGH in mm");
    case OPT_PIXEL: return range(&a->pixel_spacing, v) ? 0 : wrong("pixel-spacing", v, "LOW:HIGH in mm");
    case OPT_MIN: return whole_number(&a->min_voxels, v) ? 0 : wrong("min-voxels", v, "a whole number");
    case OPT_THICKNESS:
        return range(&a->slice_thickness, v) ? 0 : wrong("slice-thickness", v, "LOW:HIGH in mm");
    case OPT_CONTRAST: return contrast(a, v);
    case OPT_MISSING: return max_missing(a, v) ? 0 : wrong("max-missing-slices", v, "a whole number");
    case OPT_DISTANCE:
        return percentile(&a->distance_percentile, v) ? 0 : wrong("max-distance", v, "a number 0 to 100");
    case OPT_BOOTSTRAP:
        return replicates(a, v) ? 0 : wrong("bootstrap", v, "a whole number up to 10000");
    case OPT_SEED: return whole_number(&a->seed, v) ? 0 : wrong("seed", v, "a whole number up to 1000000000");
    case OPT_SELECT: return either(&a->select, v, "lasso", "none") ? 0 : wrong("select", v, "lasso or none");
    case OPT_REDUNDANCY:
        return redundancy(a, v) ? 0 : wrong("redundancy", v, "a number above 0, at most 1");
    case OPT_FOLDS: return folds(a, v) ? 0 : wrong("folds", v, "a whole number 3 to 1000");
    case OPT_LAMBDA: return either(&a->one_se, v, "1se", "min") ? 0 : wrong("lambda", v, "min or 1se");
    case OPT_MODEL_ID:
        a->model_id = v;
        return model_id(v) ? 0 : wrong("model-id", v, "up to 64 lower-case letters, digits and -");
    default: return PN_EXIT_USAGE;
    }
}

static int check_required(const train_args *a, int argc, char **argv)
{
    const bool by_recipe = a->recipe != NULL;
    const struct { const char *option; bool given; } required[] = {
        {"--features", a->features != NULL}, {"--clinical", a->clinical != NULL},
        {"--use", by_recipe || a->use.n > 0}, {"-o", by_recipe || a->output != NULL}};
    const struct { const char *option; bool given; } of_recipes[] = {
        {"expression", a->expression != NULL}, {"profiles", a->profiles != NULL}, {"table", a->table != NULL},
        {"out-of-fold", a->out_of_fold != NULL}};
    if (optind < argc) {
        fprintf(stderr, "prognode train: unexpected argument \"%s\"\n", argv[optind]);
        return PN_EXIT_USAGE;
    }
    if (by_recipe && (a->page != NULL || a->path_table != NULL)) {
        fprintf(stderr, "prognode train: --%s does not go with --recipe\n", a->page != NULL ? "page" : "path-table");
        return PN_EXIT_USAGE;
    }
    if (a->path_table != NULL && !a->select) {
        fprintf(stderr, "prognode train: --path-table goes with --select lasso\n");
        return PN_EXIT_USAGE;
    }
    if (by_recipe && a->own_choice != NULL) {
        fprintf(stderr, "prognode train: --%s does not go with --recipe, which decides it\n", a->own_choice);
        return PN_EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof of_recipes / sizeof of_recipes[0] && !by_recipe; i++) {
        if (of_recipes[i].given) {
            fprintf(stderr, "prognode train: --%s goes with --recipe\n", of_recipes[i].option);
            return PN_EXIT_USAGE;
        }
    }
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (!required[i].given) {
            fprintf(stderr, "prognode train: %s is missing; see prognode train --help\n",
                    required[i].option);
            return PN_EXIT_USAGE;
        }
    }
    return 0;
}

/* Options that a recipe decides. */
static const char *decided_by_recipe(int c)
{
    switch (c) {
    case OPT_USE: return "use";
    case OPT_CLINICAL_USE: return "clinical-use";
    case OPT_CUT: return "cutpoint";
    case OPT_HORIZONS: return "horizons";
    case OPT_SELECT: return "select";
    case OPT_REDUNDANCY: return "redundancy";
    case OPT_FOLDS: return "folds";
    case OPT_LAMBDA: return "lambda";
    default: return NULL;
    }
}

int train_args_parse(train_args *a, int argc, char **argv)
{
    *a = (train_args){.id_column = "case", .time_column = "time", .event_column = "event",
                      .model_id = "trained-model", .version = "1.0.0", .endpoint = "overall survival",
                      .body_part = "", .days_per_unit = 1.0, .horizons = {1, 3, 5}, .n_horizons = 3,
                      .research_only = true, .slice_spacing = {-INFINITY, INFINITY},
                      .pixel_spacing = {-INFINITY, INFINITY}, .min_voxels = 1,
                      .slice_thickness = {-INFINITY, INFINITY}, .contrast = "any",
                      .max_missing = INFINITY, .distance_percentile = 100, .replicates = 500, .seed = 1,
                      .redundancy = 1, .folds = 10};
    if (!opt_list_split(&a->modality, "CT")) { return PN_EXIT_FAILED; }
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:hq", options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            fputs(usage_use, stdout);
            return -1;
        }
        if (c == '?') { return PN_EXIT_USAGE; }
        if (c == 'q') {
            a->quiet = true;
            continue;
        }
        const char **text = text_option(a, c);
        if (text != NULL) {
            *text = optarg;
            continue;
        }
        if (decided_by_recipe(c) != NULL) { a->own_choice = decided_by_recipe(c); }
        int rc = checked_option(a, c, optarg);
        if (rc != 0) { return rc; }
    }
    return check_required(a, argc, argv);
}

void train_args_free(train_args *a)
{
    opt_list_free(&a->use);
    opt_list_free(&a->clinical_use);
    opt_list_free(&a->contours);
    opt_list_free(&a->modality);
}
