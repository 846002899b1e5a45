/* cmd/report_folder.c - see report_folder.h. */
#include "cmd/report_folder.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/model.h>
#include <config/node.h>
#include "base/file.h"
#include "base/hash.h"
#include "dicom/folder.h"
#include "dicom/scan.h"
#include "pipeline/collect.h"
#include "pipeline/model_file.h"
#include "pipeline/select.h"

typedef struct maker {
    report_jobs_list *out;
    pn_folder folder;
    cfg_node cfg;                      /* zeroed without a configuration                     */
    cfg_model_ref only;                /* --model                                            */
    cfg_model_ref *refs; size_t n_models;
    cfg_model *models;
    char time[15];
    bool by_config;
} maker;

/* The node's digest of an object: over its transfer syntax and its data set, byte for byte. */
static int digest_of(char hex[PN_DIGEST_HEX_SIZE], const char *path, pn_error *err)
{
    static char block[1 << 16];
    pn_scan scan;
    pn_sha256 sha = {0};
    uint8_t sum[PN_SHA256_SIZE];
    int rc = pn_scan_file(&scan, path, err);
    if (rc == PN_OK) { rc = pn_sha256_init(&sha, err); }
    if (rc != PN_OK) { return rc; }
    pn_sha256_update(&sha, scan.transfer_syntax_uid, strlen(scan.transfer_syntax_uid) + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 || lseek(fd, (off_t)scan.dataset_offset, SEEK_SET) < 0 ? -1 : 1;
    while (got > 0) {
        got = read(fd, block, sizeof block);
        if (got > 0) { pn_sha256_update(&sha, block, (size_t)got); }
    }
    int why = errno;
    if (fd >= 0) { (void)close(fd); }
    pn_sha256_final(&sha, sum);
    pn_hex(hex, sum, sizeof sum);
    return got == 0 ? PN_OK : pn_fail_transient(err, PN_EIO, "%s: %s", path, strerror(why));
}

/* Absolute, since the job lies in another folder. */
static int take_file(pn_job_file *out, const char *path, pn_error *err)
{
    char *whole = realpath(path, NULL);
    if (whole == NULL) { return pn_fail(err, PN_ENOTFOUND, "%s: %s", path, strerror(errno)); }
    int rc = pn_path(out->path, sizeof out->path, err, "%s", whole);
    free(whole);
    return rc == PN_OK ? digest_of(out->digest, out->path, err) : rc;
}

/* ---- Settings --------------------------------------------------------------------------------- */

static int load_models(maker *m, pn_error *err)
{
    m->models = calloc(m->n_models, sizeof *m->models);
    if (m->models == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for models"); }
    for (size_t i = 0; i < m->n_models; i++) {
        int rc = pn_model_open(&m->models[i], &m->refs[i], &m->cfg.signatures, err);
        if (rc != PN_OK) { return rc; }
    }
    return PN_OK;
}

static int load_settings(maker *m, const report_settings *s, pn_error *err)
{
    cfg_error e = {0};
    if (s->time != NULL) { memcpy(m->time, s->time, sizeof m->time); }
    else { pn_datetime_local(m->time, pn_now_ms()); }
    m->by_config = s->config != NULL;
    m->refs = &m->only;
    m->n_models = 1;
    if (m->by_config) {
        if (cfg_node_load(&m->cfg, s->config, &e) != CFG_OK) { return pn_fail(err, PN_ECONFIG, "%s", e.msg); }
        m->refs = m->cfg.models;
        m->n_models = m->cfg.n_models;
    } else {
        char *whole = realpath(s->model, NULL);
        if (whole == NULL) { return pn_fail(err, PN_ECONFIG, "%s: %s", s->model, strerror(errno)); }
        int rc = pn_path(m->only.file, sizeof m->only.file, err, "%s", whole);
        free(whole);
        if (rc == PN_OK && s->clinical_table != NULL) {
            rc = pn_path(m->cfg.clinical_table, sizeof m->cfg.clinical_table, err, "%s", s->clinical_table);
        }
        if (rc != PN_OK) { return rc; }
    }
    return load_models(m, err);
}

/* Without a configuration: all objects, as its defaults say. */
static void fill_settings(pn_job *job, const maker *m, size_t model)
{
    const cfg_node *c = &m->cfg;
    memcpy(job->model_path, m->refs[model].file, sizeof job->model_path);
    memcpy(job->model_sha256, m->models[model].file_sha256, sizeof job->model_sha256);
    memcpy(job->content_datetime, m->time, sizeof job->content_datetime);
    job->version = 1;
    job->comprehensive_3d = !m->by_config || c->comprehensive_3d;
    job->seg = !m->by_config || c->report_seg;
    job->picture = !m->by_config || c->report_picture;
    job->pdf = !m->by_config || c->report_pdf;
    memcpy(job->language, c->report_language, sizeof job->language);
    memcpy(job->messages, c->report_messages, sizeof job->messages);
    memcpy(job->several_contours, c->several_contours, sizeof job->several_contours);
    memcpy(job->institution, c->institution, sizeof job->institution);
    memcpy(job->station_name, c->station_name, sizeof job->station_name);
}

/* ---- Jobs --------------------------------------------------------------------------------------- */

static pn_job *append(report_jobs_list *l, pn_error *err)
{
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 8;
        pn_job *more = realloc(l->item, l->room * sizeof *more);
        if (more == NULL) {
            (void)pn_fail_transient(err, PN_ENOMEM, "no memory for %zu reports", l->room);
            return NULL;
        }
        l->item = more;
    }
    pn_job *job = &l->item[l->n++];
    *job = (pn_job){0};
    return job;
}

static int fill_files(pn_job *job, const pn_collected *images, const pn_folder_entry *contour, pn_error *err)
{
    int rc = take_file(&job->contour, contour->path, err);
    job->images = calloc(images->n, sizeof *job->images);
    if (rc == PN_OK && job->images == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu images", images->n);
    }
    for (size_t i = 0; rc == PN_OK && i < images->n; i++) {
        rc = take_file(&job->images[job->n_images++], images->paths[i], err);
    }
    job->matched_by_series = images->by_series;
    return rc;
}

/* *rois becomes the job's. */
static int add_job(maker *m, const pn_folder_entry *contour, size_t model, int **rois, size_t n_rois,
                   pn_error *err)
{
    pn_collected images = {0};
    pn_error why = {0};
    int rc = pn_collect_images(&images, &m->folder, &contour->header, *rois, n_rois, &why);
    if (rc != PN_OK && why.cls == PN_PERMANENT) {
        fprintf(stderr, "prognode report: contour %s: %s\n", contour->path, why.msg);
        m->out->n_failed++;
        return PN_OK;
    }
    if (rc != PN_OK) {
        if (err) { *err = why; }
        return rc;
    }
    pn_job *job = append(m->out, err);
    if (job == NULL) {
        pn_collected_free(&images);
        return PN_ENOMEM;
    }
    job->rois = *rois;
    job->n_rois = n_rois;
    *rois = NULL;
    fill_settings(job, m, model);
    rc = fill_files(job, &images, contour, err);
    pn_collected_free(&images);
    if (rc == PN_OK) {
        rc = pn_clinical_of(&job->clinical, m->cfg.clinical_table, &m->models[model], contour->header.patient_id,
                            contour->header.patient_id_issuer, err);
    }
    return rc;
}

static int add_contour(maker *m, const pn_folder_entry *contour, pn_error *err)
{
    for (size_t i = 0; i < m->n_models; i++) {
        const cfg_model *model = &m->models[i];
        bool own = m->refs[i].n_contours > 0;
        int *rois = NULL;
        size_t n = 0;
        int rc = pn_select_regions(&rois, &n, &contour->header, own ? m->refs[i].contours : model->contours,
                                   own ? m->refs[i].n_contours : model->n_contours, model->segment_codes,
                                   model->n_segment_codes, err);
        if (rc == PN_OK && n > 0) { rc = add_job(m, contour, i, &rois, n, err); }
        free(rois);
        if (rc != PN_OK) { return rc; }
    }
    return PN_OK;
}

static void on_file(void *user, const char *path, const pn_error *problem)
{
    (void)user;
    if (problem != NULL) { fprintf(stderr, "prognode report: %s: passed over: %s\n", path, problem->msg); }
}

static int make_jobs(maker *m, const char *const *paths, size_t n_paths, pn_error *err)
{
    size_t n_contours = 0;
    int rc = pn_folder_scan(&m->folder, paths, n_paths, on_file, NULL, err);
    for (size_t i = 0; rc == PN_OK && i < m->folder.n; i++) {
        const pn_kind kind = m->folder.entries[i].header.kind;
        if (kind != PN_KIND_RTSTRUCT && kind != PN_KIND_SEG) { continue; }
        n_contours++;
        rc = add_contour(m, &m->folder.entries[i], err);
    }
    if (rc == PN_OK && n_contours == 0) {
        return pn_fail(err, PN_ENOTFOUND, "no RTSTRUCT or SEG among %zu DICOM files (%zu other files)",
                       m->folder.n, m->folder.n_not_dicom);
    }
    if (rc == PN_OK && m->out->n + m->out->n_failed == 0) {
        return pn_fail(err, PN_ENOTFOUND, "no model wants any region of the %zu contour objects", n_contours);
    }
    return rc;
}

int report_jobs_of(report_jobs_list *out, const report_settings *settings, const char *const *paths,
                   size_t n_paths, pn_error *err)
{
    maker *m = calloc(1, sizeof *m);
    if (m == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for settings"); }
    m->out = out;
    int rc = load_settings(m, settings, err);
    if (rc == PN_OK) { rc = make_jobs(m, paths, n_paths, err); }
    for (size_t i = 0; m->models != NULL && i < m->n_models; i++) { cfg_model_free(&m->models[i]); }
    free(m->models);
    pn_folder_free(&m->folder);
    cfg_node_free(&m->cfg);
    free(m);
    return rc;
}

void report_jobs_free(report_jobs_list *l)
{
    for (size_t i = 0; i < l->n; i++) { pn_job_free(&l->item[i]); }
    free(l->item);
    *l = (report_jobs_list){0};
}
