/* role/restore.c - see restore.h. */
#include "role/restore.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cjson/cJSON.h>
#include "base/file.h"
#include "base/log.h"
#include "pipeline/job.h"
#include "pipeline/named_images.h"
#include "role/outgoing.h"
#include "role/withdrawn.h"

typedef struct attempt {
    long long id, fence;       /* results/<id>.<fence>                                        */
} attempt;

typedef struct restorer {
    pn_intake *in;
    pn_store *store;
    const pn_spool *spool;
    pn_header_reader *reader;
    int64_t now_ms;
} restorer;

/* What one folder says. */
typedef struct finding {
    attempt at;
    char folder[PN_PATH_SIZE];
    pn_job job;
    pn_outcome outcome;
    char model_id[PN_NAME_SIZE], model_version[PN_NAME_SIZE], model_sha256[PN_DIGEST_HEX_SIZE];
    pn_header contour;
    pn_case c;
} finding;

/* ---- The folders ---------------------------------------------------------------------------- */

static int by_case(const void *a, const void *b)
{
    const attempt *x = a, *y = b;
    if (x->id != y->id) { return x->id < y->id ? -1 : 1; }
    return x->fence > y->fence ? -1 : x->fence < y->fence;      /* the last attempt first */
}

static int list_attempts(attempt **out, size_t *n, const char *root, pn_error *err)
{
    size_t room = 0;
    struct dirent *e;
    *out = NULL;
    *n = 0;
    DIR *dir = opendir(root);
    if (dir == NULL && errno == ENOENT) { return PN_OK; }
    if (dir == NULL) { return pn_fail_transient(err, PN_EIO, "%s: %s", root, strerror(errno)); }
    while ((e = readdir(dir)) != NULL) {
        attempt a;
        char rest;
        if (sscanf(e->d_name, "%18lld.%18lld%c", &a.id, &a.fence, &rest) != 2 || a.id < 1) { continue; }
        if (*n == room) {
            room = room ? 2 * room : 64;
            attempt *more = realloc(*out, room * sizeof *more);
            if (more == NULL) {
                closedir(dir);
                free(*out);
                return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu results", room);
            }
            *out = more;
        }
        (*out)[(*n)++] = a;
    }
    closedir(dir);
    if (*n > 0) { qsort(*out, *n, sizeof **out, by_case); }
    return PN_OK;
}

static bool take_text(char *out, size_t size, const cJSON *o, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    if (text == NULL || strlen(text) >= size) { return false; }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

/* Which model it was: the file may have been replaced since. */
static int read_model(finding *f, pn_error *err)
{
    char path[PN_PATH_SIZE], *text = NULL;
    size_t n = 0;
    int rc = pn_path(path, sizeof path, err, "%s/%s", f->folder, PN_REPORT_FILE);
    if (rc == PN_OK) { rc = pn_read_file(&text, &n, path, PN_MAX_JSON_BYTES, err); }
    if (rc != PN_OK) { return rc; }
    cJSON *json = cJSON_ParseWithLength(text, n);
    const cJSON *model = cJSON_GetObjectItemCaseSensitive(json, "model");
    bool good = take_text(f->model_id, sizeof f->model_id, model, "id") &&
                take_text(f->model_version, sizeof f->model_version, model, "version") &&
                take_text(f->model_sha256, sizeof f->model_sha256, model, "sha256");
    cJSON_Delete(json);
    free(text);
    return good ? PN_OK : pn_fail(err, PN_EFORMAT, "%s names no model", path);
}

static int read_folder(finding *f, const restorer *r, pn_error *err)
{
    char contour[PN_PATH_SIZE];
    int rc = pn_outcome_load(&f->outcome, f->folder, err);
    if (rc == PN_OK && !f->outcome.reported) { rc = pn_fail(err, PN_ENOTFOUND, "it has no report"); }
    if (rc == PN_OK) { rc = pn_job_load(&f->job, f->folder, err); }
    for (size_t i = 0; rc == PN_OK && i < f->outcome.n_objects; i++) {
        char path[PN_PATH_SIZE];
        rc = pn_path(path, sizeof path, err, "%s/%s", f->folder, f->outcome.objects[i].file);
        if (rc == PN_OK && access(path, R_OK) != 0) {
            rc = pn_fail(err, PN_ENOTFOUND, "its %s is gone", f->outcome.objects[i].file);
        }
    }
    if (rc == PN_OK) { rc = read_model(f, err); }
    if (rc == PN_OK) { rc = pn_spool_path(contour, r->spool, f->job.contour.digest, err); }
    return rc == PN_OK ? pn_header_reader_read(&f->contour, NULL, r->reader, contour, err) : rc;
}

/* ---- The case -------------------------------------------------------------------------------- */

static int find_model(size_t *out, const finding *f, const pn_intake *in, pn_error *err)
{
    for (*out = 0; *out < in->cfg->n_models; ++*out) {
        if (strcmp(in->models[*out].id, f->model_id) == 0) { return PN_OK; }
    }
    return pn_fail(err, PN_ENOTFOUND, "its model %s is not configured", f->model_id);
}

/* Of the images as they are now; "" where they differ or one is missing. */
static int images_identity(char out[PN_DIGEST_HEX_SIZE], pn_store *s, const pn_named_images *images,
                           pn_error *err)
{
    out[0] = '\0';
    for (size_t i = 0; i < images->n; i++) {
        pn_instance image = {0};
        int rc = pn_store_get_instance(&image, s, images->uids[i], NULL, err);
        bool differs = i > 0 && strcmp(out, image.identity_digest) != 0;
        if (rc == PN_OK) { memcpy(out, image.identity_digest, PN_DIGEST_HEX_SIZE); }
        pn_instance_free(&image);
        if (rc == PN_ENOTFOUND || differs) {
            out[0] = '\0';
            return PN_OK;
        }
        if (rc != PN_OK) { return rc; }
    }
    return PN_OK;
}

static int fill_case(finding *f, size_t model, const restorer *r, pn_error *err)
{
    size_t n_rois = 0;
    pn_case *c = &f->c;
    int rc = pn_intake_describe(c, &n_rois, r->in, model, &f->contour, f->job.contour.digest,
                                r->now_ms, err);
    if (rc != PN_OK) { return rc; }
    c->id = f->at.id;
    c->fence = f->at.fence;
    memcpy(c->roi_numbers, f->job.rois, f->job.n_rois * sizeof *f->job.rois);
    c->n_rois = f->job.n_rois;
    c->n_present = f->job.matched_by_series ? 0 : f->job.n_images;
    c->by_series = f->job.whole_series;
    c->version = f->job.version;
    memcpy(c->model_version, f->model_version, sizeof c->model_version);
    memcpy(c->model_sha256, f->model_sha256, sizeof c->model_sha256);
    memcpy(c->content_datetime, f->job.content_datetime, sizeof c->content_datetime);
    memcpy(c->predecessor_sop_uid, f->job.predecessor_sop_uid, PN_UID_SIZE);
    memcpy(c->predecessor_series_uid, f->job.predecessor_series_uid, PN_UID_SIZE);
    memcpy(c->report_sop_uid, pn_outcome_report(&f->outcome)->sop_uid, PN_UID_SIZE);
    memcpy(c->report_series_uid, pn_outcome_report(&f->outcome)->series_uid, PN_UID_SIZE);
    return pn_path(c->result_dir, sizeof c->result_dir, err, "%s", f->folder);
}

/* What was taken back is not sent again; its notes are. */
static int take_withdrawal(pn_withdrawn *out, finding *f, pn_error *err)
{
    pn_error why = {0};
    int rc = pn_withdrawn_load(out, f->folder, &why);
    if (rc == PN_ENOTFOUND) { return PN_OK; }
    if (rc != PN_OK) {
        if (err) { *err = why; }
        return rc;
    }
    memcpy(f->c.withdrawn, out->reason, sizeof f->c.withdrawn);
    return PN_OK;
}

static int insert(bool *made, finding *f, size_t model, const restorer *r, pn_error *err)
{
    const cfg_node *cfg = r->in->cfg;
    pn_named_images images = {0};
    size_t n_reports = 0;
    pn_outgoing_list out = {0};
    pn_withdrawn withdrawn = {0};
    int rc = pn_named_images_of(&images, &f->contour, f->c.roi_numbers, f->c.n_rois, err);
    if (rc == PN_OK && !f->c.by_series) {
        rc = images_identity(f->c.images_identity, r->store, &images, err);
    }
    if (rc == PN_OK) { rc = pn_store_count_reports(&n_reports, r->store, f->c.model_sha256, err); }
    if (rc == PN_OK) {
        rc = pn_outgoing_list_make(&out, cfg, model, n_reports, f->folder, &f->outcome, err);
    }
    if (rc == PN_OK) { rc = take_withdrawal(&withdrawn, f, err); }
    if (rc == PN_OK && f->c.withdrawn[0] != '\0') { rc = pn_outgoing_list_replace(&out, &withdrawn, err); }
    if (rc == PN_OK) {
        rc = pn_store_restore_case(made, r->store, &f->c, (const char *const *)images.uids, images.n,
                                   out.item, out.n, r->now_ms, err);
    }
    pn_withdrawn_free(&withdrawn);
    pn_named_images_free(&images);
    pn_outgoing_list_free(&out);
    return rc;
}

static int restore_one(bool *made, const restorer *r, attempt at, const char *root, pn_error *err)
{
    size_t model = 0;
    *made = false;
    finding *f = calloc(1, sizeof *f);
    if (f == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    f->at = at;
    pn_error why = {0};
    int rc = pn_path(f->folder, sizeof f->folder, &why, "%s/%lld.%lld", root, at.id, at.fence);
    if (rc == PN_OK) { rc = read_folder(f, r, &why); }
    if (rc == PN_OK) { rc = find_model(&model, f, r->in, &why); }
    if (rc == PN_OK) { rc = fill_case(f, model, r, &why); }
    if (rc == PN_OK) { rc = insert(made, f, model, r, &why); }
    if (rc != PN_OK && (why.cls == PN_TRANSIENT || rc == PN_ESTORE)) {
        if (err) { *err = why; }
    } else if (rc != PN_OK) {
        char quoted[512];
        pn_log(f->outcome.reported ? PN_LOG_WARN : PN_LOG_DEBUG, "result_not_restored",
               "case=%lld attempt=%lld reason=%s", at.id, at.fence,
               pn_log_quote(quoted, sizeof quoted, why.msg));
        rc = PN_OK;
    }
    pn_job_free(&f->job);
    pn_header_free(&f->contour);
    free(f);
    return rc;
}

/* A contour that has a case by now is not found by who looks for contours without one, and
 * another model may want it too. After all are restored: new cases take new numbers. */
static int make_other_cases(const restorer *r, attempt at, const char *root, pn_error *err)
{
    finding *f = calloc(1, sizeof *f);
    if (f == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    pn_error why = {0};
    size_t n_made = 0;
    int rc = pn_path(f->folder, sizeof f->folder, &why, "%s/%lld.%lld", root, at.id, at.fence);
    if (rc == PN_OK) { rc = read_folder(f, r, &why); }
    rc = rc == PN_OK ? pn_intake_contour(&n_made, r->in, r->store, &f->contour,
                                         f->job.contour.digest, r->now_ms, err)
                     : PN_OK;
    pn_job_free(&f->job);
    pn_header_free(&f->contour);
    free(f);
    return rc;
}

int pn_restore_reports(size_t *n, pn_intake *in, pn_store *s, const pn_spool *spool,
                       pn_header_reader *reader, int64_t now_ms, pn_error *err)
{
    const restorer r = {.in = in, .store = s, .spool = spool, .reader = reader, .now_ms = now_ms};
    char root[PN_PATH_SIZE];
    attempt *attempts = NULL;
    size_t n_attempts = 0;
    *n = 0;
    int rc = pn_path(root, sizeof root, err, "%s/results", spool->root);
    if (rc == PN_OK) { rc = list_attempts(&attempts, &n_attempts, root, err); }
    for (size_t i = 0; rc == PN_OK && i < n_attempts; i++) {
        bool made = false;
        rc = restore_one(&made, &r, attempts[i], root, err);
        *n += made;
    }
    for (size_t i = 0; rc == PN_OK && *n > 0 && in->cfg->n_models > 1 && i < n_attempts; i++) {
        rc = make_other_cases(&r, attempts[i], root, err);
    }
    free(attempts);
    return rc;
}
