/* The worker: takes ready cases from the queue and runs one compute process for each.
 *
 * It never looks into a DICOM file. What the compute process leaves is a folder
 * results/<case>.<fence>/ that the database names only once it is complete, so a crash at any
 * point leaves either the old state or the new one; folders that no row names are swept when
 * the case is done. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "pipeline/job.h"
#include "pipeline/model_file.h"
#include "queue/store.h"
#include "role/outgoing.h"
#include "role/role.h"
#include "role/sandbox.h"
#include "spool/spool.h"

/* The lease is short and renewed while the compute process lives, so that a case of a killed
 * node is taken up again soon, here or on another host. */
enum { POLL_MS = 100, LEASE_MS = 15000, RENEW_MS = 5000, RETRY_MS = 2000 };
/* With less room than this, a compute process that died may have died of it. */
enum { ROOM_BYTES = 1 << 20 };

typedef struct worker {
    const cfg_node *cfg;
    pn_store *store;
    pn_spool spool;
    char owner[PN_OWNER_SIZE];
    cfg_model *models;                  /* the configured ones, in order */
} worker;

static int open_worker(worker *w, const cfg_node *cfg, const char *slot, pn_error *err)
{
    w->cfg = cfg;
    pn_role_owner(w->owner, cfg, "worker", slot);
    w->models = calloc(cfg->n_models, sizeof *w->models);
    if (w->models == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for models"); }
    for (size_t i = 0; i < cfg->n_models; i++) {
        int rc = pn_model_open(&w->models[i], &cfg->models[i], &cfg->signatures, err);
        if (rc != PN_OK) { return rc; }
    }
    const pn_spool_opts opts = {.reserve_bytes = 0, .max_instance_bytes = cfg->max_instance_bytes,
                                .host_name = cfg->host_name};
    int rc = pn_spool_open(&w->spool, cfg->spool, &opts, err);
    if (rc != PN_OK) { return rc; }
    rc = pn_store_open(&w->store, cfg->database, NULL, err);
    if (rc == PN_OK) { pn_role_take_over(w->store, w->owner); }
    return rc;
}

/* n_models where it is none of ours. */
static size_t model_index(const worker *w, const char *id)
{
    size_t i = 0;
    while (i < w->cfg->n_models && strcmp(w->models[i].id, id) != 0) { i++; }
    return i;
}

/* A power cut may undo a move into instances/ whose row is durable. The indexer makes it again,
 * but not before this worker may have claimed the case, and the path of a job must stay true. */
static int find_file(pn_job_file *out, pn_spool *spool, const char *digest, pn_error *err)
{
    memcpy(out->digest, digest, PN_DIGEST_HEX_SIZE);
    int rc = pn_spool_adopt(spool, digest, err);
    return rc == PN_OK ? pn_spool_path(out->path, spool, digest, err) : rc;
}

static int fill_files(pn_job *job, worker *w, const pn_case *c, pn_error *err)
{
    pn_file_list list = {0};
    int rc = pn_store_case_images(&list, w->store, c->id, err);
    if (rc != PN_OK) { return rc; }
    job->images = calloc(list.n > 0 ? list.n : 1, sizeof *job->images);
    job->rois = calloc(c->n_rois > 0 ? c->n_rois : 1, sizeof *job->rois);
    if (job->images == NULL || job->rois == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu images", list.n);
    }
    for (size_t i = 0; rc == PN_OK && i < list.n; i++) {
        rc = find_file(&job->images[job->n_images++], &w->spool, list.item[i].digest, err);
    }
    pn_file_list_free(&list);
    if (rc != PN_OK) { return rc; }
    memcpy(job->rois, c->roi_numbers, c->n_rois * sizeof *job->rois);
    job->n_rois = c->n_rois;
    return find_file(&job->contour, &w->spool, c->contour_digest, err);
}

/* The table as it is now, by the patient of the contour object; compute holds that against the
 * images. A table that cannot be used may be in the middle of being replaced. */
static int fill_clinical(pn_job *job, const worker *w, const pn_case *c, const cfg_model *model, pn_error *err)
{
    char quoted[512];
    int rc = pn_clinical_of(&job->clinical, w->cfg->clinical_table, model, c->patient_id, c->patient_id_issuer, err);
    if (rc == PN_OK) { return rc; }
    err->cls = PN_TRANSIENT;
    pn_log(PN_LOG_WARN, "clinical_table", "case=%lld reason=%s", (long long)c->id,
           pn_log_quote(quoted, sizeof quoted, err->msg));
    return pn_wrap(err, "clinical table");
}

static int make_job(pn_job *job, worker *w, const pn_case *c, pn_error *err)
{
    size_t model = model_index(w, c->model_id);
    if (model == w->cfg->n_models) {
        return pn_fail(err, PN_ECONFIG, "model %s is no longer configured", c->model_id);
    }
    *job = (pn_job){
        .case_id = c->id,
        .matched_by_series = c->by_series && c->n_present == 0,
        .whole_series = c->by_series,
        .comprehensive_3d = w->cfg->comprehensive_3d,
        .seg = w->cfg->report_seg,
        .picture = w->cfg->report_picture,
        .pdf = w->cfg->report_pdf,
        .version = c->version,
    };
    memcpy(job->language, w->cfg->report_language, sizeof job->language);
    memcpy(job->messages, w->cfg->report_messages, sizeof job->messages);
    memcpy(job->several_contours, w->cfg->several_contours, sizeof job->several_contours);
    memcpy(job->content_datetime, c->content_datetime, sizeof job->content_datetime);
    memcpy(job->predecessor_sop_uid, c->predecessor_sop_uid, PN_UID_SIZE);
    memcpy(job->predecessor_series_uid, c->predecessor_series_uid, PN_UID_SIZE);
    memcpy(job->institution, w->cfg->institution, sizeof job->institution);
    memcpy(job->station_name, w->cfg->station_name, sizeof job->station_name);
    memcpy(job->model_sha256, w->cfg->models[model].sha256, sizeof job->model_sha256);
    int rc = pn_path(job->model_path, sizeof job->model_path, err, "%s", w->cfg->models[model].file);
    if (rc == PN_OK) { rc = fill_clinical(job, w, c, &w->models[model], err); }
    return rc == PN_OK ? fill_files(job, w, c, err) : rc;
}

/* Set from outside, before the child has read anything; the rest it gives up itself. Sanitized
 * builds need terabytes of addresses for their shadow memory. */
static void limit_child(pid_t pid, const cfg_node *cfg)
{
    const struct rlimit none = {0, 0}, cpu = {cfg->compute_timeout_s, cfg->compute_timeout_s + 5};
    (void)prlimit(pid, RLIMIT_CORE, &none, NULL);
    (void)prlimit(pid, RLIMIT_CPU, &cpu, NULL);
#ifndef PN_SANITIZED
    const struct rlimit memory = {cfg->compute_memory_bytes, cfg->compute_memory_bytes};
    (void)prlimit(pid, RLIMIT_AS, &memory, NULL);
#endif
}

/* How a compute process that has ended is told. */
static int judge(int status, bool late, unsigned timeout_s, pn_error *err)
{
    char words[64];
    if (late) { return pn_fail_transient(err, PN_ECRASH, "compute ran longer than %u s", timeout_s); }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) { return PN_OK; }
    return pn_fail_transient(err, PN_ECRASH, "compute died: %s",
                             pn_exit_words(words, sizeof words, status));
}

/* Wait for the compute process and keep the lease meanwhile. A stop, the time limit or a lost
 * lease kills the process. */
static int await(worker *w, const pn_case *c, pid_t pid, bool *given_up, pn_error *err)
{
    unsigned timeout_s = w->cfg->compute_timeout_s;
    int64_t until = pn_mono_ms() + (int64_t)timeout_s * 1000, renew = pn_mono_ms() + RENEW_MS;
    bool late = false;
    for (;;) {
        int status = 0;
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid) { return judge(status, late, timeout_s, err); }
        if (ended < 0 && errno != EINTR) {
            return pn_fail_transient(err, PN_EIO, "waitpid: %s", strerror(errno));
        }
        int64_t now = pn_mono_ms();
        if (now >= renew) {
            pn_error lost = {0};
            int rc = pn_store_renew_case(w->store, c->id, c->fence, pn_now_ms() + LEASE_MS, &lost);
            *given_up = *given_up || (rc != PN_OK && lost.cls == PN_PERMANENT);
            renew = now + RENEW_MS;
        }
        *given_up = *given_up || pn_role_stop;
        late = late || now > until;
        if (*given_up || late) { (void)kill(pid, SIGKILL); }
        pn_nap_ms(5);
    }
}

static int compute(pn_outcome *outcome, worker *w, const pn_case *c, const char *folder,
                   bool *given_up, pn_error *err)
{
    const char *args[] = {"role", "compute", folder, NULL};
    pid_t pid = 0;
    int rc = pn_spawn(&pid, args, NULL, err);
    if (rc != PN_OK) { return rc; }
    limit_child(pid, w->cfg);
    if ((rc = await(w, c, pid, given_up, err)) != PN_OK) { return rc; }
    return pn_outcome_load(outcome, folder, err);
}

static int prepare_folder(char folder[PN_PATH_SIZE], worker *w, const pn_case *c, const pn_job *job,
                          pn_error *err)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%lld.%lld", (long long)c->id, (long long)c->fence);
    int rc = pn_spool_result_path(folder, &w->spool, name, err);
    if (rc != PN_OK || (rc = pn_remove_tree(folder, err)) != PN_OK ||
        (rc = pn_mkdir_p(folder, err)) != PN_OK) {
        return rc;
    }
    return pn_job_save(job, folder, err);
}

/* Folders of earlier attempts at this case. What cannot be removed is only disk space. */
static void sweep(worker *w, int64_t case_id, const char *kept)
{
    char root[PN_PATH_SIZE], prefix[32], path[PN_PATH_SIZE];
    pn_error ignored;
    (void)snprintf(prefix, sizeof prefix, "%lld.", (long long)case_id);
    if (pn_path(root, sizeof root, &ignored, "%s/results", w->spool.root) != PN_OK) { return; }
    DIR *dir = opendir(root);
    if (dir == NULL) { return; }
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) { continue; }
        if (pn_path(path, sizeof path, &ignored, "%s/%s", root, entry->d_name) == PN_OK &&
            strcmp(path, kept) != 0) {
            (void)!pn_remove_tree(path, &ignored);
        }
    }
    closedir(dir);
}

/* Counting and recording are one transaction: of a model's first N cases exactly N are held. */
static int queue_objects(worker *w, const pn_case *c, const pn_outcome *o, const char *folder,
                         pn_error *err)
{
    const pn_object *report = pn_outcome_report(o);
    pn_outgoing_list out = {0};
    size_t n_reports = 0;
    int rc = pn_store_begin(w->store, err);
    if (rc == PN_OK) { rc = pn_store_count_reports(&n_reports, w->store, c->model_sha256, err); }
    if (rc == PN_OK) {
        rc = pn_outgoing_list_make(&out, w->cfg, model_index(w, c->model_id), n_reports, folder, o, err);
    }
    if (rc == PN_OK) {
        rc = pn_store_case_reported(w->store, c->id, c->fence, report->sop_uid, report->series_uid,
                                    folder, out.item, out.n, pn_now_ms(), err);
    }
    if (rc == PN_OK) { rc = pn_store_commit(w->store, err); }
    if (rc != PN_OK) { pn_store_rollback(w->store); }
    pn_outgoing_list_free(&out);
    return rc;
}

static int record_report(worker *w, const pn_case *c, const pn_outcome *o, const char *folder,
                         pn_error *err)
{
    char results[PN_PATH_SIZE];
    int rc = pn_path(results, sizeof results, err, "%s/results", w->spool.root);
    if (rc == PN_OK) { rc = pn_sync_dir(folder, err); }
    if (rc == PN_OK) { rc = pn_sync_dir(results, err); }
    if (rc != PN_OK) { return rc; }
    rc = queue_objects(w, c, o, folder, err);
    if (rc == PN_OK) { sweep(w, c->id, folder); }
    return rc;
}

/* A full disk is not the case's fault and uses up none of its tries. */
static bool lacks_room(const worker *w, const pn_error *why)
{
    uint64_t free_bytes = 0;
    pn_error ignored;
    return why->cls == PN_TRANSIENT &&
           (why->code == PN_ENOSPC ||
            (pn_spool_free_bytes(&free_bytes, &w->spool, &ignored) == PN_OK &&
             free_bytes < ROOM_BYTES));
}

static int postpone(worker *w, const pn_case *c, const pn_error *why, pn_error *err)
{
    char quoted[512];
    pn_log(PN_LOG_WARN, "case_postponed", "case=%lld reason=%s", (long long)c->id,
           pn_log_quote(quoted, sizeof quoted, why->msg));
    int rc = pn_store_release_case(w->store, c->id, c->fence, pn_now_ms(), err);
    for (int i = 0; i < RETRY_MS / POLL_MS && !pn_role_stop; i++) { pn_nap_ms(POLL_MS); }
    return rc;
}

static int record_failure(worker *w, const pn_case *c, const pn_error *why, pn_error *err)
{
    if (lacks_room(w, why)) { return postpone(w, c, why, err); }
    bool last = c->attempts >= w->cfg->max_attempts;
    bool permanent = why->cls == PN_PERMANENT || last;
    char reason[PN_REASON_SIZE];
    (void)snprintf(reason, sizeof reason, "%s: %.440s", pn_code_word(why->code), why->msg);
    int64_t now = pn_now_ms();
    pn_log(PN_LOG_WARN, "case_failed", "case=%lld attempt=%u permanent=%d kind=\"%s\"",
           (long long)c->id, c->attempts, permanent, pn_code_word(why->code));
    return pn_store_case_failed(w->store, c->id, c->fence, permanent, reason,
                                now + RETRY_MS * (int64_t)c->attempts, now, err);
}

static int run_case(worker *w, const pn_case *c, pn_error *err)
{
    pn_job job = {0};
    pn_error why = {0};
    pn_outcome outcome = {0};
    char folder[PN_PATH_SIZE] = "";
    bool given_up = false;
    int64_t began = pn_mono_ms();

    int rc = make_job(&job, w, c, &why);
    if (rc == PN_OK) { rc = prepare_folder(folder, w, c, &job, &why); }
    pn_job_free(&job);
    if (rc == PN_OK) { rc = compute(&outcome, w, c, folder, &given_up, &why); }
    if (given_up) {
        /* Refused where another has the case by now; either way it is not ours. */
        pn_error ignored;
        (void)!pn_store_release_case(w->store, c->id, c->fence, pn_now_ms(), &ignored);
        return PN_OK;
    }
    if (rc == PN_OK && !outcome.reported) { why = outcome.failure; }
    if (rc != PN_OK || !outcome.reported) { return record_failure(w, c, &why, err); }

    rc = record_report(w, c, &outcome, folder, err);
    if (rc == PN_OK) {
        pn_log(PN_LOG_INFO, "case_reported", "case=%lld sop=%s dur_ms=%lld", (long long)c->id,
               pn_outcome_report(&outcome)->sop_uid, (long long)(pn_mono_ms() - began));
    }
    return rc;
}

/* One turn: claim and run. An error of the store ends the worker unless it will pass. */
static int turn(void *role, unsigned *nap_ms, pn_error *err)
{
    worker *w = role;
    pn_case *c = calloc(1, sizeof *c);
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    bool got = false;
    int rc = pn_store_claim_case(c, &got, w->store, pn_now_ms(), w->owner, LEASE_MS, err);
    if (rc == PN_OK && got) { rc = run_case(w, c, err); }
    *nap_ms = got ? 0 : POLL_MS;
    free(c);
    return rc;
}

int pn_worker_run(const cfg_node *cfg, const char *slot, pn_error *err)
{
    worker w = {0};
    int rc = pn_sandbox_announce("compute", err);
    if (rc == PN_OK) { rc = open_worker(&w, cfg, slot, err); }
    if (rc == PN_OK) { rc = pn_role_loop(turn, &w, "store_busy", err); }
    pn_store_close(w.store);
    if (w.spool.root[0] != '\0') { pn_spool_close(&w.spool); }
    for (size_t i = 0; w.models != NULL && i < cfg->n_models; i++) { cfg_model_free(&w.models[i]); }
    free(w.models);
    return rc;
}
