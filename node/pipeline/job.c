#include "pipeline/job.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "pipeline/job_json.h"

static int fail_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a job"); }

int pn_job_json_save(cJSON *json, const char *folder, const char *name, pn_error *err)
{
    char path[PN_PATH_SIZE];
    int rc = pn_path(path, sizeof path, err, "%s/%s", folder, name);
    if (rc != PN_OK) { return rc; }
    char *text = cJSON_Print(json);
    if (text == NULL) { return fail_memory(err); }
    rc = pn_write_file(path, text, strlen(text), true, err);
    cJSON_free(text);
    return rc;
}

int pn_job_json_load(cJSON **json, const char *folder, const char *name, pn_error *err)
{
    char path[PN_PATH_SIZE];
    int rc = pn_path(path, sizeof path, err, "%s/%s", folder, name);
    if (rc != PN_OK) { return rc; }
    char *text = NULL;
    size_t n = 0;
    if ((rc = pn_read_file(&text, &n, path, PN_MAX_JSON_BYTES, err)) != PN_OK) { return rc; }
    *json = cJSON_ParseWithLength(text, n);
    free(text);
    if (*json == NULL) { return pn_fail(err, PN_EFORMAT, "%s is not JSON", path); }
    return PN_OK;
}

bool pn_job_get_text(const cJSON *json, const char *key, char *out, size_t size)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    if (text == NULL || strlen(text) >= size) { return false; }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

bool pn_job_get_number(const cJSON *json, const char *key, double low, double high, double *out)
{
    double v = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(json, key));
    if (isnan(v) || v < low || v > high) { return false; }
    *out = v;
    return true;
}

bool pn_job_get_bool(const cJSON *json, const char *key, bool *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    *out = cJSON_IsTrue(item);
    return cJSON_IsBool(item);
}

/* Absent in jobs of version 0.1.0, which made the report only. */
static bool get_switch(const cJSON *json, const char *key, bool *out)
{
    *out = false;
    return !cJSON_HasObjectItem(json, key) || pn_job_get_bool(json, key, out);
}

static bool get_choice(const cJSON *json, const char *key, char *out, size_t size)
{
    out[0] = '\0';
    return !cJSON_HasObjectItem(json, key) || pn_job_get_text(json, key, out, size);
}

static cJSON *file_to_json(const pn_job_file *f)
{
    cJSON *json = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(json, "path", f->path);
    (void)cJSON_AddStringToObject(json, "digest", f->digest);
    return json;
}

static bool file_from_json(pn_job_file *f, const cJSON *json)
{
    return pn_job_get_text(json, "path", f->path, sizeof f->path) &&
           pn_job_get_text(json, "digest", f->digest, sizeof f->digest);
}

/* Numbers as text: cJSON writes 15 digits, and a value must come back bit for bit. */
static bool value_to_json(cJSON *values, const pn_clinical_value *v)
{
    char number[32] = "";
    if (isfinite(v->value)) { (void)snprintf(number, sizeof number, "%.17g", v->value); }
    cJSON *item = cJSON_CreateObject();
    if (cJSON_AddStringToObject(item, "name", v->name) != NULL &&
        cJSON_AddStringToObject(item, "value", number) != NULL &&
        cJSON_AddStringToObject(item, "why", v->why) != NULL && cJSON_AddItemToArray(values, item)) {
        return true;
    }
    cJSON_Delete(item);
    return false;
}

/* False: no memory. One value less would be one that is not known. */
static bool clinical_to_json(cJSON *json, const pn_clinical *c)
{
    if (c->n == 0) { return true; }
    cJSON *o = cJSON_AddObjectToObject(json, "clinical");
    cJSON *values = cJSON_AddArrayToObject(o, "values");
    bool good = values != NULL && cJSON_AddStringToObject(o, "patient_id", c->patient_id) != NULL &&
                cJSON_AddStringToObject(o, "patient_id_issuer", c->patient_id_issuer) != NULL;
    for (size_t i = 0; i < c->n && good; i++) { good = value_to_json(values, &c->values[i]); }
    return good;
}

static bool value_from_json(pn_clinical_value *v, const cJSON *json)
{
    char number[32], *end = NULL;
    if (!pn_job_get_text(json, "name", v->name, sizeof v->name) ||
        !pn_job_get_text(json, "value", number, sizeof number) ||
        !pn_job_get_text(json, "why", v->why, sizeof v->why)) {
        return false;
    }
    v->value = number[0] == '\0' ? (double)NAN : strtod(number, &end);
    return number[0] == '\0' ? v->why[0] != '\0' : *end == '\0' && isfinite(v->value) && v->why[0] == '\0';
}

/* Absent where the model takes nothing from a table. */
static bool clinical_from_json(pn_clinical *c, const cJSON *json)
{
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(json, "clinical"), *item;
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(o, "values");
    const int n = cJSON_GetArraySize(values);
    if (o == NULL) { return true; }
    if (n < 1 || n > CFG_MAX_MODEL_FEATURES ||
        !pn_job_get_text(o, "patient_id", c->patient_id, sizeof c->patient_id) ||
        !pn_job_get_text(o, "patient_id_issuer", c->patient_id_issuer, sizeof c->patient_id_issuer)) {
        return false;
    }
    c->values = calloc((size_t)n, sizeof *c->values);
    if (c->values == NULL) { return false; }
    cJSON_ArrayForEach(item, values)
    {
        if (!value_from_json(&c->values[c->n++], item)) { return false; }
    }
    return true;
}

int pn_job_save(const pn_job *job, const char *folder, pn_error *err)
{
    cJSON *json = cJSON_CreateObject();
    if (json == NULL) { return fail_memory(err); }
    (void)cJSON_AddNumberToObject(json, "case_id", (double)job->case_id);
    (void)cJSON_AddStringToObject(json, "model", job->model_path);
    (void)cJSON_AddStringToObject(json, "model_sha256", job->model_sha256);
    (void)cJSON_AddBoolToObject(json, "matched_by_series", job->matched_by_series);
    (void)cJSON_AddBoolToObject(json, "whole_series", job->whole_series);
    (void)cJSON_AddBoolToObject(json, "comprehensive_3d", job->comprehensive_3d);
    (void)cJSON_AddBoolToObject(json, "seg", job->seg);
    (void)cJSON_AddBoolToObject(json, "picture", job->picture);
    (void)cJSON_AddBoolToObject(json, "pdf", job->pdf);
    (void)cJSON_AddStringToObject(json, "language", job->language);
    (void)cJSON_AddStringToObject(json, "messages", job->messages);
    (void)cJSON_AddStringToObject(json, "several_contours", job->several_contours);
    (void)cJSON_AddStringToObject(json, "content_datetime", job->content_datetime);
    (void)cJSON_AddNumberToObject(json, "version", job->version);
    (void)cJSON_AddStringToObject(json, "predecessor_sop_uid", job->predecessor_sop_uid);
    (void)cJSON_AddStringToObject(json, "predecessor_series_uid", job->predecessor_series_uid);
    (void)cJSON_AddStringToObject(json, "institution", job->institution);
    (void)cJSON_AddStringToObject(json, "station_name", job->station_name);
    (void)cJSON_AddItemToObject(json, "contour", file_to_json(&job->contour));
    (void)cJSON_AddItemToObject(json, "rois", cJSON_CreateIntArray(job->rois, (int)job->n_rois));
    cJSON *images = cJSON_AddArrayToObject(json, "images");
    for (size_t i = 0; i < job->n_images; i++) {
        (void)cJSON_AddItemToArray(images, file_to_json(&job->images[i]));
    }
    int rc = clinical_to_json(json, &job->clinical) ? pn_job_json_save(json, folder, PN_JOB_FILE, err)
                                                    : fail_memory(err);
    cJSON_Delete(json);
    return rc;
}

static bool lists_from_json(pn_job *job, const cJSON *json)
{
    const cJSON *images = cJSON_GetObjectItemCaseSensitive(json, "images");
    const cJSON *rois = cJSON_GetObjectItemCaseSensitive(json, "rois");
    int n_images = cJSON_GetArraySize(images), n_rois = cJSON_GetArraySize(rois);
    if (n_images < 1 || n_images > PN_MAX_SLICES || n_rois < 1 || n_rois > PN_MAX_ROIS) {
        return false;
    }
    job->images = calloc((size_t)n_images, sizeof *job->images);
    job->rois = calloc((size_t)n_rois, sizeof *job->rois);
    if (job->images == NULL || job->rois == NULL) { return false; }
    const cJSON *item;
    cJSON_ArrayForEach(item, images)
    {
        if (!file_from_json(&job->images[job->n_images++], item)) { return false; }
    }
    cJSON_ArrayForEach(item, rois)
    {
        if (!cJSON_IsNumber(item)) { return false; }
        job->rois[job->n_rois++] = item->valueint;
    }
    return true;
}

int pn_job_load(pn_job *out, const char *folder, pn_error *err)
{
    cJSON *json = NULL;
    int rc = pn_job_json_load(&json, folder, PN_JOB_FILE, err);
    if (rc != PN_OK) { return rc; }
    pn_job job = {0};
    double id = 0, version = 0;
    /* 15 digits are what cJSON writes exactly. */
    bool good = pn_job_get_number(json, "case_id", 0, 1e15 - 1, &id) &&
                pn_job_get_number(json, "version", 1, 1e6, &version) &&
                pn_job_get_text(json, "model", job.model_path, sizeof job.model_path) &&
                get_choice(json, "model_sha256", job.model_sha256, sizeof job.model_sha256) &&
                pn_job_get_bool(json, "matched_by_series", &job.matched_by_series) &&
                pn_job_get_bool(json, "comprehensive_3d", &job.comprehensive_3d) &&
                get_switch(json, "seg", &job.seg) && get_switch(json, "picture", &job.picture) &&
                get_switch(json, "pdf", &job.pdf) &&
                get_choice(json, "language", job.language, sizeof job.language) &&
                get_choice(json, "messages", job.messages, sizeof job.messages) &&
                get_choice(json, "several_contours", job.several_contours, sizeof job.several_contours) &&
                pn_job_get_text(json, "content_datetime", job.content_datetime, sizeof job.content_datetime) &&
                pn_job_get_text(json, "predecessor_sop_uid", job.predecessor_sop_uid, PN_UID_SIZE) &&
                pn_job_get_text(json, "predecessor_series_uid", job.predecessor_series_uid, PN_UID_SIZE) &&
                pn_job_get_text(json, "institution", job.institution, sizeof job.institution) &&
                pn_job_get_text(json, "station_name", job.station_name, sizeof job.station_name) &&
                file_from_json(&job.contour, cJSON_GetObjectItemCaseSensitive(json, "contour")) &&
                lists_from_json(&job, json) && clinical_from_json(&job.clinical, json);
    /* Jobs of before this was said. */
    if (!pn_job_get_bool(json, "whole_series", &job.whole_series)) {
        job.whole_series = job.matched_by_series;
    }
    cJSON_Delete(json);
    if (!good) {
        pn_job_free(&job);
        return pn_fail(err, PN_EFORMAT, "%s/%s is not a job of this version", folder, PN_JOB_FILE);
    }
    job.case_id = (int64_t)id;
    job.version = (unsigned)version;
    *out = job;
    return PN_OK;
}

void pn_job_free(pn_job *job)
{
    if (job == NULL) { return; }
    free(job->images);
    free(job->rois);
    pn_clinical_free(&job->clinical);
    *job = (pn_job){0};
}
