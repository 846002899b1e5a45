/* The compute process: job.json in, the objects, report.json and outcome.json out. */
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "pipeline/assess.h"
#include "pipeline/job.h"
#include "pipeline/measure.h"
#include "pipeline/model_file.h"
#include "pipeline/objects.h"
#include "report/messages.h"

static int write_json(const pn_report *report, const char *folder, pn_error *err)
{
    char path[PN_PATH_SIZE];
    char *json = NULL;
    int rc = pn_report_to_json(&json, report, err);
    if (rc != PN_OK) { return rc; }
    rc = pn_path(path, sizeof path, err, "%s/%s", folder, PN_REPORT_FILE);
    if (rc == PN_OK) { rc = pn_write_file(path, json, strlen(json), false, err); }
    free(json);
    return rc;
}

static int write_files(pn_outcome *out, pn_report *report, const pn_job *job, const pn_measurement *m,
                       const char *folder, pn_error *err)
{
    pn_messages *words = NULL;
    const char *own_words = job->messages[0] != '\0' ? job->messages : NULL;
    int rc = pn_messages_load(&words, report->language, own_words, err);
    if (rc != PN_OK) { return rc; }
    const pn_objects_opts opts = {.seg = job->seg, .picture = job->picture, .pdf = job->pdf, .words = words};
    rc = pn_objects_write(out, report, m, &opts, folder, err);
    if (rc == PN_OK) { rc = write_json(report, folder, err); }
    pn_messages_free(words);
    return rc;
}

static int assess_job(pn_report *report, const pn_job *job, const pn_measurement *m,
                      const cfg_model *model, pn_error *err)
{
    const char **digests = calloc(job->n_images, sizeof *digests);
    if (digests == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for digests"); }
    for (size_t i = 0; i < job->n_images; i++) { digests[i] = job->images[i].digest; }
    pn_assess_opts opts = {
        .version = job->version,
        .comprehensive_3d = job->comprehensive_3d,
        .matched_by_series = job->matched_by_series,
        .several_contours = pn_contour_policy_read(job->several_contours),
        .clinical = job->clinical.n > 0 ? &job->clinical : NULL,
        .contour_digest = job->contour.digest,
        .image_digests = digests,
        .n_images = job->n_images,
    };
    memcpy(opts.content_datetime, job->content_datetime, sizeof opts.content_datetime);
    memcpy(opts.predecessor_sop_uid, job->predecessor_sop_uid, PN_UID_SIZE);
    memcpy(opts.predecessor_series_uid, job->predecessor_series_uid, PN_UID_SIZE);
    memcpy(opts.institution, job->institution, sizeof opts.institution);
    memcpy(opts.station_name, job->station_name, sizeof opts.station_name);
    memcpy(opts.language, job->language, sizeof opts.language);
    int rc = pn_assess(report, m, model, &opts, err);
    free(digests);
    return rc;
}

static int open_model(cfg_model *out, const pn_job *job, pn_error *err)
{
    cfg_model_ref ref = {0};
    memcpy(ref.file, job->model_path, sizeof ref.file);
    memcpy(ref.sha256, job->model_sha256, sizeof ref.sha256);
    return pn_model_open(out, &ref, NULL, err);
}

/* Everything that can fail because of the case itself. */
static int run(pn_outcome *out, pn_report *report, const pn_job *job, const char *folder, pn_error *err)
{
    cfg_model model = {0};
    int rc = open_model(&model, job, err);
    if (rc != PN_OK) { return rc; }
    pn_measurement m = {0};
    const char **paths = calloc(job->n_images, sizeof *paths);
    if (paths == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for paths");
        goto out;
    }
    for (size_t i = 0; i < job->n_images; i++) { paths[i] = job->images[i].path; }
    rc = pn_measure(&m, job->contour.path, paths, job->n_images, job->rois, job->n_rois,
                    &model.extraction, err);
    if (rc != PN_OK || (rc = assess_job(report, job, &m, &model, err)) != PN_OK) { goto out; }
    rc = write_files(out, report, job, &m, folder, err);
out:
    free(paths);
    pn_measurement_free(&m);
    cfg_model_free(&model);
    return rc;
}

int pn_job_run(const char *folder, pn_error *err)
{
    pn_job job = {0};
    int rc = pn_job_load(&job, folder, err);
    if (rc != PN_OK) { return rc; }
    pn_report report = {0};
    pn_outcome outcome = {0};
    outcome.reported = run(&outcome, &report, &job, folder, &outcome.failure) == PN_OK;
    pn_report_free(&report);
    pn_job_free(&job);
    return pn_outcome_save(&outcome, folder, err);
}
