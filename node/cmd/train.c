/* cmd/train.c - `prognode train`: build a model file from features and survival data.
 *
 * Reads a feature table (as `prognode extract` writes it) and a clinical table, joins them by
 * patient, fits a Cox model and writes a model file for `serve` and `predict`. Prints what was
 * fitted on stdout, warnings and errors on stderr. Exit codes: 0 done, 1 failed, 2 wrong use. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/pyradiomics.h>
#include <config/model.h>
#include <config/node.h>
#include "base/csv.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/train_args.h"
#include "cmd/train_frame.h"
#include "cmd/train_page.h"
#include "cmd/train_recipe.h"
#include "pipeline/select_features.h"
#include "pipeline/train.h"
#include "pipeline/train_data.h"

/* Once it is known how many features it has. */
static int name_model(cfg_model *m, const train_args *a, pn_error *err)
{
    char title[sizeof m->title], description[CFG_TEXT_SIZE];
    const char *plural = a->use.n == 1 ? "" : "s", *chosen = a->select ? ", chosen by the LASSO" : "";
    snprintf(title, sizeof title, "Cox model of %zu feature%s", a->use.n, plural);
    const char *kind = a->clinical_use.n > 0 ? "radiomic and clinical" : "radiomic";
    snprintf(description, sizeof description, "Cox model of %zu %s feature%s%s", a->use.n, kind, plural, chosen);
    int rc = train_fit_text(m->title, sizeof m->title, "title", a->title != NULL ? a->title : title, err);
    return rc != PN_OK ? rc : train_fit_text(m->description, sizeof m->description, "description",
                                       a->description != NULL ? a->description : description, err);
}

/* ---- which features ------------------------------------------------------------------------ */

static int add_name(train_list *list, const char *name, pn_error *err)
{
    char **v = realloc(list->v, (list->n + 1) * sizeof *v);
    if (v == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the features' names"); }
    list->v = v;
    v[list->n] = strdup(name);
    if (v[list->n] == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the features' names"); }
    list->n++;
    return PN_OK;
}

static bool has_name(const train_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i], name) == 0) { return true; }
    }
    return false;
}

/* A column that a pattern may take: a number in every row, and not the same in all. */
static bool is_usable(const pn_csv *t, size_t column)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t row = 0; row < t->n_rows; row++) {
        double v;
        if (pn_csv_number(&v, t, row, column, PN_CSV_REQUIRED, NULL) != PN_OK) { return false; }
        low = fmin(low, v);
        high = fmax(high, v);
    }
    return high - low > 1e-12 * fmax(fabs(low), fabs(high));
}

/* The columns that a pattern names and the extraction gives, in the table's order. */
static int add_matching(train_list *out, size_t *unusable, const cfg_model *m, const char *pattern, const pn_csv *t,
                        pn_error *err)
{
    size_t before = out->n;
    int rc = PN_OK;
    for (size_t c = 0; c < t->n_columns && rc == PN_OK; c++) {
        const char *name = pn_csv_column_name(t, c);
        if (!cfg_pattern_match(pattern, name) || !rx_pyradiomics_gives(&m->extraction, name) || has_name(out, name)) {
            continue;
        }
        if (is_usable(t, c)) { rc = add_name(out, name, err); } else { ++*unusable; }
    }
    if (rc == PN_OK && out->n == before) {
        rc = pn_fail(err, PN_EINVAL, "--use: %s has no usable feature that matches \"%.80s\"", t->name, pattern);
    }
    return rc;
}

/* The node must be able to measure what the model wants. */
static int check_name(const cfg_model *m, const train_args *a, const char *name, pn_error *err)
{
    if (rx_pyradiomics_feature(NULL, name) < 0) {
        return pn_fail(err, PN_EINVAL, "--use: \"%.80s\" is not a feature that prognode measures", name);
    }
    if (!rx_pyradiomics_gives(&m->extraction, name)) {
        return pn_fail(err, PN_EINVAL, "--use: %s is not given by %s", name,
                       a->extraction != NULL ? a->extraction : "the default settings");
    }
    return PN_OK;
}

/* Patterns become names. */
static int expand_use(train_args *a, const cfg_model *m, const pn_csv *t, pn_error *err)
{
    train_list names = {0};
    size_t unusable = 0;
    int rc = PN_OK;
    for (size_t i = 0; i < a->use.n && rc == PN_OK; i++) {
        const char *wanted = a->use.v[i];
        if (strpbrk(wanted, "*?") != NULL) {
            rc = add_matching(&names, &unusable, m, wanted, t, err);
        } else if ((rc = check_name(m, a, wanted, err)) == PN_OK) {
            rc = has_name(&names, wanted) ? pn_fail(err, PN_EINVAL, "--use: %s is named twice", wanted)
                                          : add_name(&names, wanted, err);
        }
    }
    if (unusable > 0) {
        fprintf(stderr, "prognode train: warning: %zu columns of %s are left out: constant, or without a number in some row\n",
                unusable, t->name);
    }
    train_list given = a->use;
    a->use = names;
    for (size_t i = 0; i < given.n; i++) { free(given.v[i]); }
    free(given.v);
    return rc;
}

/* Where the node takes a feature from. */
static cfg_source source_of(const train_args *a, const char *name)
{
    if (!has_name(&a->clinical_use, name)) { return CFG_SOURCE_IMAGE; }
    return cfg_patient_variable_find(name) >= 0 ? CFG_SOURCE_PATIENT : CFG_SOURCE_TABLE;
}

/* After the features of the images, in the order given. */
static int add_clinical(train_args *a, const pn_csv *clinical, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; i < a->clinical_use.n && rc == PN_OK; i++) {
        const char *name = a->clinical_use.v[i];
        size_t column;
        if (rx_pyradiomics_feature(NULL, name) >= 0) {
            return pn_fail(err, PN_EINVAL, "--clinical-use: %s is a feature of images, expected it in --use", name);
        }
        if (has_name(&a->use, name)) { return pn_fail(err, PN_EINVAL, "--clinical-use: %s is named twice", name); }
        rc = pn_csv_find(&column, clinical, name, err);
        if (rc == PN_OK) { rc = add_name(&a->use, name, err); }
    }
    return rc;
}

/* ---- tables ------------------------------------------------------------------------------- */

static int read_data(pn_train_data *d, cfg_model *m, train_args *a, pn_error *err)
{
    pn_csv features = {0}, clinical = {0};
    pn_sha256 digest;
    int rc = pn_sha256_init(&digest, err);
    if (rc != PN_OK) { return rc; }
    rc = train_read_table(&features, &digest, a->features, err);
    if (rc == PN_OK) { rc = train_read_table(&clinical, &digest, a->clinical, err); }
    uint8_t raw[PN_SHA256_SIZE];
    pn_sha256_final(&digest, raw);
    pn_hex(m->table_sha256, raw, sizeof raw);
    if (rc == PN_OK) { rc = expand_use(a, m, &features, err); }
    if (rc == PN_OK) { rc = add_clinical(a, &clinical, err); }
    cfg_source *sources = calloc(a->use.n + 1, sizeof *sources);
    if (rc == PN_OK && sources == NULL) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for the features"); }
    for (size_t i = 0; rc == PN_OK && i < a->use.n; i++) { sources[i] = source_of(a, a->use.v[i]); }
    char settings[CFG_PYRADIOMICS_TEXT_SIZE];
    (void)cfg_pyradiomics_text(settings, sizeof settings, &m->extraction);
    const pn_train_columns columns = {
        .id = a->id_column, .time = a->time_column, .event = a->event_column,
        .days_per_unit = a->days_per_unit, .features = (const char *const *)a->use.v,
        .n_features = a->use.n, .sources = sources, .contours = (const char *const *)a->contours.v,
        .n_contours = a->contours.n, .settings = settings};
    if (rc == PN_OK) { rc = pn_train_join(d, &features, &clinical, &columns, err); }
    pn_csv_free(&features);
    pn_csv_free(&clinical);
    free(sources);
    return rc;
}

/* ---- what the user reads ------------------------------------------------------------------- */

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
        printf("%-44s %9.3f  %-17s %s\n", t->name, t->hazard_ratio, ci, train_p_text(p, t->p));
    }
    printf("\nlikelihood ratio test: p %s\n", train_p_text(p, s->likelihood_ratio_p));
    printf("C-index %.3f (SE %.3f), apparent: of the patients it was fitted to; expect less in others\n",
           s->c_index, s->c_index_se);
    static const char *const how[] = {"the median score", "the largest log-rank statistic", "given"};
    printf("cut-point %.4f (%s)\n", m->cutpoint, how[a->cut]);
    printf("  low risk  %5zu patients, %5zu events\n", s->low.patients, s->low.events);
    printf("  high risk %5zu patients, %5zu events\n", s->high.patients, s->high.events);
    if (a->cut == PN_CUT_MAXSTAT) {
        printf("  p %s with allowance for the search, on the same patients\n", train_p_text(p, s->cut_p));
    } else {
        printf("  log-rank p %s, on the same patients\n", train_p_text(p, s->logrank_p));
    }
    if (s->bootstrap.drawn > 0) {
        printf("intervals from %zu of %zu bootstrap samples, the features as given in each\n",
               s->bootstrap.fitted, s->bootstrap.drawn);
    }
    if (isfinite(m->max_mahalanobis)) {
        printf("for cases up to a Mahalanobis distance of %.3f from the mean of these patients\n",
               m->max_mahalanobis);
    }
    if (a->select) {
        printf("chosen and fitted on the same patients: hazard ratios, p values and C-index are too good by what the\n"
               "search found by chance; `prognode validate` on other patients tells what remains\n");
    }
    printf("not validated on other patients\nwrote %s\n", a->output);
}

static void show_progress(void *context, size_t done, size_t all)
{
    train_progress(context, done, all, "bootstrap samples");
}

static void show_folds(void *context, size_t done, size_t all)
{
    const train_args *a = context;
    if (a->quiet || !isatty(STDERR_FILENO)) { return; }
    fprintf(stderr, "\rLASSO: fold %zu of %zu\033[K%s", done, all, done < all ? "" : "\n");
}

/* The names before the selection go to *all. */
static int select_features(pn_selection *out, train_list *all, pn_train_data *d, train_args *a, pn_error *err)
{
    const pn_selection_opts o = {.redundancy = a->redundancy, .folds = a->folds, .one_se = a->one_se, .seed = a->seed,
                                 .alpha = 1, .keep_path = a->page != NULL || a->path_table != NULL,
                                 .progress = show_folds, .progress_context = a};
    pn_selection s = {0};
    int rc = pn_select_features(&s, d, &o, err);
    if (rc != PN_OK) { return rc; }
    printf("of %zu features %zu repeat others; the LASSO chooses %zu of the rest (lambda %.4g, %zu folds)\n", d->p,
           s.redundant, s.n, s.lambda, a->folds);
    pn_train_data_keep(d, &s);
    train_list kept = {0};
    for (size_t k = 0; k < s.n && rc == PN_OK; k++) { rc = add_name(&kept, a->use.v[s.chosen[k]], err); }
    *all = a->use;
    a->use = kept;
    *out = s;
    return rc;
}

static int train(train_args *a, pn_error *err)
{
    cfg_model m = {0};
    pn_train_data d = {0};
    pn_train_summary s = {0};
    pn_selection selected = {0};
    train_list all = {0};
    pn_train_opts opts = {.cut = a->cut,
                                .cut_value = a->cut_value, .horizon_years = a->horizons,
                                .n_horizons = a->n_horizons,
                                .distance_percentile = a->distance_percentile,
                                .replicates = a->replicates, .seed = a->seed,
                                .progress = show_progress, .progress_context = a};
    int rc = train_describe(&m, a, err);
    if (rc == PN_OK) { rc = read_data(&d, &m, a, err); }
    if (rc == PN_OK && a->select) { rc = select_features(&selected, &all, &d, a, err); }
    if (rc == PN_OK) { rc = name_model(&m, a, err); }
    opts.features = (const char *const *)a->use.v;      /* as chosen */
    if (rc == PN_OK) { rc = pn_train_fit(&m, &s, &d, &opts, err); }
    for (size_t i = 0; rc == PN_OK && i < m.n_features; i++) {
        m.features[i].source = source_of(a, m.features[i].name);
    }
    if (rc == PN_OK) { rc = train_write_pages(a, &m, &s, &d, selected.path, &all, err); }
    if (rc == PN_OK) { rc = train_save(&m, a->output, err); }
    if (rc == PN_OK) {
        train_print_unmatched(&d.features_only, a->features, a->clinical);
        train_print_unmatched(&d.clinical_only, a->clinical, a->features);
        for (size_t i = 0; i < s.n_warnings; i++) {
            fprintf(stderr, "prognode train: warning: %s\n", s.warnings[i]);
        }
        print_summary(a, &d, &m, &s);
    }
    pn_selection_free(&selected);
    opt_list_free(&all);
    pn_train_summary_free(&s);
    pn_train_data_free(&d);
    cfg_model_free(&m);
    return rc;
}

int cmd_train(int argc, char **argv)
{
    train_args a;
    int code = train_args_parse(&a, argc, argv);
    if (code == 0) {
        pn_error err = {0};
        if ((a.recipe != NULL ? train_by_recipe(&a, &err) : train(&a, &err)) != PN_OK) {
            fprintf(stderr, "prognode train: %s\n", err.msg);
            code = PN_EXIT_FAILED;
        }
    }
    train_args_free(&a);
    return code < 0 ? PN_EXIT_OK : code;
}
