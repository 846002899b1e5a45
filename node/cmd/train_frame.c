#include "cmd/train_frame.h"
#include "cmd/hold.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/pyradiomics.h>
#include "base/file.h"
#include "base/limits.h"

/* ---- the model's frame ------------------------------------------------------------------- */

int train_fit_text(char *to, size_t size, const char *option, const char *text, pn_error *err)
{
    if (strlen(text) >= size) {
        return pn_fail(err, PN_EINVAL, "--%s has %zu bytes, at most %zu fit", option, strlen(text),
                       size - 1);
    }
    memcpy(to, text, strlen(text) + 1);
    return PN_OK;
}

static int describe_use(cfg_model *m, const train_args *a, pn_error *err)
{
    int rc = train_fit_text(m->id, sizeof m->id, "model-id", a->model_id, err);
    if (rc == PN_OK) { rc = train_fit_text(m->version, sizeof m->version, "model-version", a->version, err); }
    if (rc == PN_OK) { rc = train_fit_text(m->endpoint, sizeof m->endpoint, "endpoint", a->endpoint, err); }
    if (rc == PN_OK) { rc = train_fit_text(m->body_part, sizeof m->body_part, "body-part", a->body_part, err); }
    for (size_t i = 0; i < a->modality.n && rc == PN_OK; i++) {
        rc = train_fit_text(m->modality[m->n_modality++], sizeof m->modality[0], "modality", a->modality.v[i],
                      err);
    }
    m->research_use_only = a->research_only;
    m->slice_spacing_mm = a->slice_spacing;
    m->pixel_spacing_mm = a->pixel_spacing;
    m->slice_thickness_mm = a->slice_thickness;
    m->max_missing_slices = a->max_missing;
    if (rc == PN_OK) { rc = train_fit_text(m->contrast, sizeof m->contrast, "contrast", a->contrast, err); }
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

static int read_extraction(cfg_model *m, const train_args *a, pn_error *err)
{
    cfg_pyradiomics file;
    cfg_error cfg = {0};
    cfg_pyradiomics_default(&file);
    if (a->extraction != NULL && cfg_pyradiomics_load(&file, a->extraction, &cfg) != CFG_OK) {
        return pn_fail(err, PN_ECONFIG, "%s", cfg.msg);
    }
    m->extraction = file.settings;
    return PN_OK;
}

int train_describe(cfg_model *m, const train_args *a, pn_error *err)
{
    int rc = describe_use(m, a, err);
    if (rc == PN_OK) { rc = copy_contours(m, &a->contours, err); }
    return rc == PN_OK ? read_extraction(m, a, err) : rc;
}

/* ---- tables and the file ------------------------------------------------------------------- */

int train_read_table(pn_csv *out, pn_sha256 *digest, const char *path, pn_error *err)
{
    char *bytes;
    size_t n;
    int rc = pn_read_file(&bytes, &n, path, PN_MAX_CSV_BYTES, err);
    if (rc != PN_OK) { return rc; }
    pn_sha256_update(digest, bytes, n);
    rc = pn_csv_parse(out, bytes, n, path, err);
    free(bytes);
    return rc == PN_OK ? pn_csv_need_rows(out, err) : rc;
}

int train_save(const cfg_model *m, const char *path, pn_error *err)
{
    cfg_error cfg = {0};
    cfg_model again = {0};
    hold_signals();
    int rc = cfg_model_save(m, path, &cfg);
    release_signals();
    if (rc == CFG_OK) {
        rc = cfg_model_load(&again, path, &cfg);
        cfg_model_free(&again);
    }
    return rc == CFG_OK ? PN_OK : pn_fail(err, PN_EIO, "%s", cfg.msg);
}

/* ---- what the user reads ------------------------------------------------------------------- */

void train_print_unmatched(const pn_train_unmatched *u, const char *here, const char *there)
{
    if (u->n == 0) { return; }
    fprintf(stderr, "prognode train: warning: %zu row%s of %s without a partner in %s: row%s ", u->n,
            u->n == 1 ? "" : "s", here, there, u->n == 1 ? "" : "s");
    for (size_t i = 0; i < u->n && i < PN_TRAIN_MAX_LISTED; i++) {
        fprintf(stderr, "%s%zu", i == 0 ? "" : ", ", u->row[i]);
    }
    fputs(u->n > PN_TRAIN_MAX_LISTED ? ", ...\n" : "\n", stderr);
}

const char *train_p_text(char buf[32], double p)
{
    if (p < 0.0001) { return "<0.0001"; }
    snprintf(buf, 32, "%.4f", p);
    return buf;
}

void train_progress(const train_args *a, size_t done, size_t all, const char *of)
{
    if (a->quiet || !isatty(STDERR_FILENO) || (done < all && done % 10 != 0)) { return; }
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    for (size_t i = 0; i < WIDTH; i++) { bar[i] = i < done * WIDTH / all ? '#' : '.'; }
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %zu of %zu %s\033[K%s", bar, done, all, of, done < all ? "" : "\n");
}
