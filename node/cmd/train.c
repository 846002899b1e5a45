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
#include "base/csv.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/train_args.h"
#include "pipeline/train.h"
#include "pipeline/train_data.h"

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
    m->slice_thickness_mm = a->slice_thickness;
    m->max_missing_slices = a->max_missing;
    if (rc == PN_OK) { rc = fit_text(m->contrast, sizeof m->contrast, "contrast", a->contrast, err); }
    m->min_roi_voxels = a->min_voxels;
    return rc;
}

static int copy_contours(cfg_model *m, const train_list *contours, pn_error *err)
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
    cfg_pyradiomics file;
    cfg_error cfg = {0};
    cfg_pyradiomics_default(&file);
    if (a->extraction != NULL && cfg_pyradiomics_load(&file, a->extraction, &cfg) != CFG_OK) {
        return pn_fail(err, PN_ECONFIG, "%s", cfg.msg);
    }
    m->extraction = file.settings;
    for (size_t i = 0; i < a->use.n; i++) {
        if (rx_pyradiomics_feature(NULL, a->use.v[i]) < 0) {
            return pn_fail(err, PN_EINVAL, "--use: \"%.80s\" is not a feature that prognode measures",
                           a->use.v[i]);
        }
        if (!rx_pyradiomics_gives(&m->extraction, a->use.v[i])) {
            return pn_fail(err, PN_EINVAL, "--use: %s is not given by %s", a->use.v[i],
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
    char settings[CFG_PYRADIOMICS_TEXT_SIZE];
    (void)cfg_pyradiomics_text(settings, sizeof settings, &m->extraction);
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
    if (s->bootstrap.drawn > 0) {
        printf("intervals from %zu of %zu bootstrap samples, the features as given in each\n",
               s->bootstrap.fitted, s->bootstrap.drawn);
    }
    if (isfinite(m->max_mahalanobis)) {
        printf("for cases up to a Mahalanobis distance of %.3f from the mean of these patients\n",
               m->max_mahalanobis);
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

static void show_progress(void *context, size_t done, size_t all)
{
    const train_args *a = context;
    if (a->quiet || !isatty(STDERR_FILENO) || (done < all && done % 10 != 0)) { return; }
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    for (size_t i = 0; i < WIDTH; i++) { bar[i] = i < done * WIDTH / all ? '#' : '.'; }
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %zu of %zu bootstrap samples\033[K%s", bar, done, all, done < all ? "" : "\n");
}

static int train(train_args *a, pn_error *err)
{
    cfg_model m = {0};
    pn_train_data d = {0};
    pn_train_summary s = {0};
    const pn_train_opts opts = {.features = (const char *const *)a->use.v, .cut = a->cut,
                                .cut_value = a->cut_value, .horizon_years = a->horizons,
                                .n_horizons = a->n_horizons,
                                .distance_percentile = a->distance_percentile,
                                .replicates = a->replicates, .seed = a->seed,
                                .progress = show_progress, .progress_context = a};
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
    int code = train_args_parse(&a, argc, argv);
    if (code == 0) {
        pn_error err = {0};
        if (train(&a, &err) != PN_OK) {
            fprintf(stderr, "prognode train: %s\n", err.msg);
            code = PN_EXIT_FAILED;
        }
    }
    train_args_free(&a);
    return code < 0 ? PN_EXIT_OK : code;
}
