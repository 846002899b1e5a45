/* cmd/train.c - `prognode train`: build a model file from features and survival data.
 *
 * Reads a feature table (as `prognode extract` writes it) and a clinical table, joins them by
 * patient, fits a Cox model and writes a model file for `serve` and `predict`. Prints what was
 * fitted on stdout, warnings and errors on stderr. Exit codes: 0 done, 1 failed, 2 wrong use. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/extraction.h>
#include <config/model.h>
#include "base/csv.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "cmd/cmd.h"
#include "pipeline/train.h"
#include "pipeline/train_data.h"

static const char usage[] =
    "usage: prognode train --features F.csv --clinical C.csv --use NAME[,NAME...] -o MODEL.yaml\n"
    "\n"
    "Fit a Cox model to features and survival data and write it as a model file.\n"
    "\n"
    "data\n"
    "      --features FILE     feature table, one row a patient (from `prognode extract`)\n"
    "      --clinical FILE     follow-up, one row a patient\n"
    "      --use NAMES         features of the model, by column name, with commas between\n"
    "      --id-column NAME    column that identifies the patient in both tables (default case)\n"
    "      --time-column NAME  time from imaging to event or end of follow-up (default time)\n"
    "      --time-unit UNIT    days (default), months (30.4375 days) or years (365.25 days)\n"
    "      --event-column NAME 1: the event happened, 0: not until then (default event)\n"
    "model\n"
    "      --cutpoint C        median (default), maxstat or a number: high risk above it\n"
    "      --horizons YEARS    survival is told at these years (default 1,3,5)\n"
    "      --model-id ID       lower-case letters, digits and - (default trained-model)\n"
    "      --model-version V   (default 1.0.0)\n"
    "      --title TEXT        one line for the report\n"
    "      --description TEXT  what it was trained on, and what it is for\n"
    "      --endpoint TEXT     (default overall survival)\n"
    "      --research-only B   yes (default) or no: every report says it is for research only\n"
    "intended use\n"
    "      --modality LIST     (default CT)\n"
    "      --body-part TEXT    (default any)\n"
    "      --contours PATTERNS names of the contour to measure, as GTV*,*tumor*; also picks the\n"
    "                          rows of the feature table, where it has a column roi\n"
    "      --slice-spacing L:H accepted spacing of slices in mm (default any)\n"
    "      --pixel-spacing L:H accepted spacing of pixels in mm (default any)\n"
    "      --min-voxels N      smallest region (default 1)\n"
    "      --extraction FILE   parameter file that the features were extracted with\n"
    "                          (default: the default settings)\n"
    "  -o, --output FILE       the model file; required\n"
    "  -h, --help              print this\n";

typedef struct list { char **v; size_t n; } list;

typedef struct train_args {
    const char *features, *clinical, *extraction, *output, *body_part;
    const char *id_column, *time_column, *event_column;
    const char *model_id, *version, *title, *description, *endpoint;
    list use, contours, modality;
    double days_per_unit;
    pn_train_cut cut;
    double cut_value;
    double horizons[CFG_MAX_HORIZONS];
    size_t n_horizons;
    bool research_only;
    cfg_range slice_spacing, pixel_spacing;
    size_t min_voxels;
} train_args;

/* ---- options --------------------------------------------------------------------------- */

static int wrong(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "prognode train: --%s is \"%s\", expected %s\n", option, value, expected);
    return PN_EXIT_USAGE;
}

static void free_list(list *l)
{
    for (size_t i = 0; i < l->n; i++) { free(l->v[i]); }
    free(l->v);
    *l = (list){0};
}

/* Items between commas; false for an empty item or no memory. */
static bool split_list(list *out, const char *text)
{
    free_list(out);
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
    list l = {0};
    bool good = split_list(&l, text) && l.n <= CFG_MAX_HORIZONS;
    for (size_t i = 0; i < l.n && good; i++) {
        good = number(&a->horizons[i], l.v[i]) && a->horizons[i] > (i == 0 ? 0 : a->horizons[i - 1]);
    }
    a->n_horizons = l.n;
    free_list(&l);
    return good;
}

static bool time_unit(train_args *a, const char *text)
{
    static const struct { const char *word; double days; } units[] = {
        {"days", 1.0}, {"months", 30.4375}, {"years", 365.25}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text, units[i].word) == 0) {
            a->days_per_unit = units[i].days;
            return true;
        }
    }
    return false;
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

enum { OPT_FEATURES = 256, OPT_CLINICAL, OPT_USE, OPT_ID, OPT_TIME, OPT_UNIT, OPT_EVENT, OPT_CUT,
       OPT_HORIZONS, OPT_MODEL_ID, OPT_VERSION, OPT_TITLE, OPT_DESCRIPTION, OPT_ENDPOINT, OPT_RESEARCH,
       OPT_MODALITY, OPT_BODY, OPT_CONTOURS, OPT_SLICE, OPT_PIXEL, OPT_MIN, OPT_EXTRACTION };

static const struct option options[] = {
    {"features", required_argument, NULL, OPT_FEATURES},
    {"clinical", required_argument, NULL, OPT_CLINICAL},
    {"use", required_argument, NULL, OPT_USE},
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
    {"output", required_argument, NULL, 'o'},
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
    case 'o': return &a->output;
    default: return NULL;
    }
}

static int checked_option(train_args *a, int c, const char *v)
{
    const char *const list_form = "a list with commas between and no empty item";
    switch (c) {
    case OPT_USE: return split_list(&a->use, v) ? 0 : wrong("use", v, list_form);
    case OPT_CONTOURS: return split_list(&a->contours, v) ? 0 : wrong("contours", v, list_form);
    case OPT_MODALITY:
        return split_list(&a->modality, v) && a->modality.n <= 8 ? 0 : wrong("modality", v, list_form);
    case OPT_UNIT: return time_unit(a, v) ? 0 : wrong("time-unit", v, "days, months or years");
    case OPT_CUT: return cutpoint(a, v) ? 0 : wrong("cutpoint", v, "median, maxstat or a number");
    case OPT_HORIZONS:
        return horizons(a, v) ? 0 : wrong("horizons", v, "up to 8 rising numbers of years above 0");
    case OPT_RESEARCH: return yes_no(&a->research_only, v) ? 0 : wrong("research-only", v, "yes or no");
    case OPT_SLICE: return range(&a->slice_spacing, v) ? 0 : wrong("slice-spacing", v, "LOW:HIGH in mm");
    case OPT_PIXEL: return range(&a->pixel_spacing, v) ? 0 : wrong("pixel-spacing", v, "LOW:HIGH in mm");
    case OPT_MIN: return whole_number(&a->min_voxels, v) ? 0 : wrong("min-voxels", v, "a whole number");
    case OPT_MODEL_ID:
        a->model_id = v;
        return model_id(v) ? 0 : wrong("model-id", v, "up to 64 lower-case letters, digits and -");
    default: return PN_EXIT_USAGE;
    }
}

static int check_required(const train_args *a, int argc, char **argv)
{
    const struct { const char *option; bool given; } required[] = {
        {"--features", a->features != NULL}, {"--clinical", a->clinical != NULL},
        {"--use", a->use.n > 0}, {"-o", a->output != NULL}};
    if (optind < argc) {
        fprintf(stderr, "prognode train: unexpected argument \"%s\"\n", argv[optind]);
        return PN_EXIT_USAGE;
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

/* Returns -1 where help was printed, 0 to go on, else an exit code. */
static int parse_args(train_args *a, int argc, char **argv)
{
    *a = (train_args){.id_column = "case", .time_column = "time", .event_column = "event",
                      .model_id = "trained-model", .version = "1.0.0", .endpoint = "overall survival",
                      .body_part = "", .days_per_unit = 1.0, .horizons = {1, 3, 5}, .n_horizons = 3,
                      .research_only = true, .slice_spacing = {-INFINITY, INFINITY},
                      .pixel_spacing = {-INFINITY, INFINITY}, .min_voxels = 1};
    if (!split_list(&a->modality, "CT")) { return PN_EXIT_FAILED; }
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return -1;
        }
        if (c == '?') { return PN_EXIT_USAGE; }
        const char **text = text_option(a, c);
        if (text != NULL) {
            *text = optarg;
            continue;
        }
        int rc = checked_option(a, c, optarg);
        if (rc != 0) { return rc; }
    }
    return check_required(a, argc, argv);
}

/* ---- the model's frame ------------------------------------------------------------------- */

static int fit_text(char *to, size_t size, const char *option, const char *text, pn_error *err)
{
    if (strlen(text) >= size) {
        return pn_fail(err, PN_EINVAL, "--%s has %zu bytes, at most %zu fit", option, strlen(text),
                       size - 1);
    }
    memcpy(to, text, strlen(text) + 1);
    return PN_OK;
}

static int describe_model(cfg_model *m, const train_args *a, pn_error *err)
{
    char title[sizeof m->title], description[CFG_TEXT_SIZE];
    snprintf(title, sizeof title, "Cox model of %zu feature%s", a->use.n, a->use.n == 1 ? "" : "s");
    snprintf(description, sizeof description, "Cox model of %zu radiomic feature%s", a->use.n,
             a->use.n == 1 ? "" : "s");
    int rc = fit_text(m->id, sizeof m->id, "model-id", a->model_id, err);
    if (rc == PN_OK) { rc = fit_text(m->version, sizeof m->version, "model-version", a->version, err); }
    if (rc == PN_OK) {
        rc = fit_text(m->title, sizeof m->title, "title", a->title != NULL ? a->title : title, err);
    }
    if (rc == PN_OK) {
        rc = fit_text(m->description, sizeof m->description, "description",
                      a->description != NULL ? a->description : description, err);
    }
    if (rc == PN_OK) { rc = fit_text(m->endpoint, sizeof m->endpoint, "endpoint", a->endpoint, err); }
    if (rc == PN_OK) { rc = fit_text(m->body_part, sizeof m->body_part, "body-part", a->body_part, err); }
    for (size_t i = 0; i < a->modality.n && rc == PN_OK; i++) {
        rc = fit_text(m->modality[m->n_modality++], sizeof m->modality[0], "modality", a->modality.v[i],
                      err);
    }
    m->research_use_only = a->research_only;
    m->slice_spacing_mm = a->slice_spacing;
    m->pixel_spacing_mm = a->pixel_spacing;
    m->min_roi_voxels = a->min_voxels;
    return rc;
}

static int copy_contours(cfg_model *m, const list *contours, pn_error *err)
{
    if (contours->n == 0) { return PN_OK; }
    m->contours = calloc(contours->n, sizeof *m->contours);
    if (m->contours == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a model"); }
    for (size_t i = 0; i < contours->n; i++) {
        m->contours[i] = strdup(contours->v[i]);
        if (m->contours[i] == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a model"); }
        m->n_contours++;
    }
    return PN_OK;
}

/* The node must be able to measure what the model wants. */
static int check_extraction(cfg_model *m, const train_args *a, pn_error *err)
{
    rx_settings_default(&m->extraction);
    cfg_error cfg = {0};
    if (a->extraction != NULL && cfg_extraction_load(&m->extraction, a->extraction, &cfg) != CFG_OK) {
        return pn_fail(err, PN_ECONFIG, "%s", cfg.msg);
    }
    for (size_t i = 0; i < a->use.n; i++) {
        int index = rx_feature_index(a->use.v[i]);
        if (index < 0) {
            return pn_fail(err, PN_EINVAL, "--use: \"%.80s\" is not a feature that prognode measures",
                           a->use.v[i]);
        }
        if (!m->extraction.enabled[index]) {
            return pn_fail(err, PN_EINVAL, "--use: %s is switched off in %s", a->use.v[i],
                           a->extraction != NULL ? a->extraction : "the default settings");
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(a->use.v[i], a->use.v[j]) == 0) {
                return pn_fail(err, PN_EINVAL, "--use: %s is named twice", a->use.v[i]);
            }
        }
    }
    return PN_OK;
}

/* ---- tables ------------------------------------------------------------------------------- */

/* Read a table and add its bytes to the digest. */
static int read_table(pn_csv *out, pn_sha256 *digest, const char *path, pn_error *err)
{
    char *bytes;
    size_t n;
    int rc = pn_read_file(&bytes, &n, path, PN_MAX_CSV_BYTES, err);
    if (rc != PN_OK) { return rc; }
    pn_sha256_update(digest, bytes, n);
    rc = pn_csv_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

static int read_data(pn_train_data *d, cfg_model *m, const train_args *a, pn_error *err)
{
    pn_csv features = {0}, clinical = {0};
    pn_sha256 digest;
    int rc = pn_sha256_init(&digest, err);
    if (rc != PN_OK) { return rc; }
    rc = read_table(&features, &digest, a->features, err);
    if (rc == PN_OK) { rc = read_table(&clinical, &digest, a->clinical, err); }
    uint8_t raw[PN_SHA256_SIZE];
    pn_sha256_final(&digest, raw);
    pn_hex(m->table_sha256, raw, sizeof raw);
    char settings[512];
    cfg_extraction_text(settings, sizeof settings, &m->extraction);
    const pn_train_columns columns = {
        .id = a->id_column, .time = a->time_column, .event = a->event_column,
        .days_per_unit = a->days_per_unit, .features = (const char *const *)a->use.v,
        .n_features = a->use.n, .contours = (const char *const *)a->contours.v,
        .n_contours = a->contours.n, .settings = settings};
    if (rc == PN_OK) { rc = pn_train_join(d, &features, &clinical, &columns, err); }
    pn_csv_free(&features);
    pn_csv_free(&clinical);
    return rc;
}

/* ---- what the user reads ------------------------------------------------------------------- */

static void print_unmatched(const pn_train_unmatched *u, const char *here, const char *there)
{
    if (u->n == 0) { return; }
    fprintf(stderr, "prognode train: warning: %zu row%s of %s without a partner in %s: row%s ", u->n,
            u->n == 1 ? "" : "s", here, there, u->n == 1 ? "" : "s");
    for (size_t i = 0; i < u->n && i < PN_TRAIN_MAX_LISTED; i++) {
        fprintf(stderr, "%s%zu", i == 0 ? "" : ", ", u->row[i]);
    }
    fputs(u->n > PN_TRAIN_MAX_LISTED ? ", ...\n" : "\n", stderr);
}

static const char *p_text(char buf[32], double p)
{
    if (p < 0.0001) { return "<0.0001"; }
    snprintf(buf, 32, "%.4f", p);
    return buf;
}

static void print_summary(const train_args *a, const pn_train_data *d, const cfg_model *m,
                          const pn_train_summary *s)
{
    char p[32];
    printf("%zu patients, %zu events\n\n", d->n, d->events);
    printf("%-44s %9s  %-17s %s\n", "feature", "HR per SD", "95 % CI", "p");
    for (size_t i = 0; i < s->n_terms; i++) {
        const pn_train_term *t = &s->terms[i];
        char ci[48];
        snprintf(ci, sizeof ci, "%.3f to %.3f", t->low, t->high);
        printf("%-44s %9.3f  %-17s %s\n", t->name, t->hazard_ratio, ci, p_text(p, t->p));
    }
    printf("\nlikelihood ratio test: p %s\n", p_text(p, s->likelihood_ratio_p));
    printf("C-index %.3f (SE %.3f), apparent: of the patients it was fitted to; expect less in others\n",
           s->c_index, s->c_index_se);
    static const char *const how[] = {"the median score", "the largest log-rank statistic", "given"};
    printf("cut-point %.4f (%s)\n", m->cutpoint, how[a->cut]);
    printf("  low risk  %5zu patients, %5zu events\n", s->low.patients, s->low.events);
    printf("  high risk %5zu patients, %5zu events\n", s->high.patients, s->high.events);
    if (a->cut == PN_CUT_MAXSTAT) {
        printf("  p %s with allowance for the search, on the same patients\n", p_text(p, s->cut_p));
    } else {
        printf("  log-rank p %s, on the same patients\n", p_text(p, s->logrank_p));
    }
    printf("not validated on other patients\nwrote %s\n", a->output);
}

/* A file that does not load again is told here, not when the node starts. */
static int save_model(const cfg_model *m, const char *path, pn_error *err)
{
    cfg_error cfg = {0};
    cfg_model again = {0};
    int rc = cfg_model_save(m, path, &cfg);
    if (rc == CFG_OK) {
        rc = cfg_model_load(&again, path, &cfg);
        cfg_model_free(&again);
    }
    return rc == CFG_OK ? PN_OK : pn_fail(err, PN_EIO, "%s", cfg.msg);
}

static int train(const train_args *a, pn_error *err)
{
    cfg_model m = {0};
    pn_train_data d = {0};
    pn_train_summary s = {0};
    const pn_train_opts opts = {.features = (const char *const *)a->use.v, .cut = a->cut,
                                .cut_value = a->cut_value, .horizon_years = a->horizons,
                                .n_horizons = a->n_horizons};
    int rc = describe_model(&m, a, err);
    if (rc == PN_OK) { rc = copy_contours(&m, &a->contours, err); }
    if (rc == PN_OK) { rc = check_extraction(&m, a, err); }
    if (rc == PN_OK) { rc = read_data(&d, &m, a, err); }
    if (rc == PN_OK) { rc = pn_train_fit(&m, &s, &d, &opts, err); }
    if (rc == PN_OK) { rc = save_model(&m, a->output, err); }
    if (rc == PN_OK) {
        print_unmatched(&d.features_only, a->features, a->clinical);
        print_unmatched(&d.clinical_only, a->clinical, a->features);
        for (size_t i = 0; i < s.n_warnings; i++) {
            fprintf(stderr, "prognode train: warning: %s\n", s.warnings[i]);
        }
        print_summary(a, &d, &m, &s);
    }
    pn_train_summary_free(&s);
    pn_train_data_free(&d);
    cfg_model_free(&m);
    return rc;
}

int cmd_train(int argc, char **argv)
{
    train_args a;
    int code = parse_args(&a, argc, argv);
    if (code == 0) {
        pn_error err = {0};
        if (train(&a, &err) != PN_OK) {
            fprintf(stderr, "prognode train: %s\n", err.msg);
            code = PN_EXIT_FAILED;
        }
    }
    free_list(&a.use);
    free_list(&a.contours);
    free_list(&a.modality);
    return code < 0 ? PN_EXIT_OK : code;
}
