/* pipeline/outcome.c - what a compute process leaves, as JSON; see job.h. */
#include <string.h>
#include "pipeline/job_json.h"
#include "pipeline/job.h"

static const char *const kind_words[] = {"seg", "sr", "sc", "pdf"};

const char *pn_object_kind_word(pn_object_kind k) { return kind_words[k]; }

const pn_object *pn_outcome_report(const pn_outcome *o)
{
    size_t i = 0;
    while (o->objects[i].kind != PN_OBJECT_SR || o->objects[i].choice != 0) { i++; }
    return &o->objects[i];
}

/* ---- Writing ---------------------------------------------------------------------------------- */

static cJSON *object_to_json(const pn_object *o)
{
    cJSON *json = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(json, "kind", pn_object_kind_word(o->kind));
    (void)cJSON_AddStringToObject(json, "file", o->file);
    (void)cJSON_AddStringToObject(json, "sop_class_uid", o->sop_class_uid);
    (void)cJSON_AddStringToObject(json, "sop_uid", o->sop_uid);
    (void)cJSON_AddStringToObject(json, "series_uid", o->series_uid);
    (void)cJSON_AddNumberToObject(json, "choice", o->choice);
    (void)cJSON_AddBoolToObject(json, "names_segment", o->names_segment);
    return json;
}

int pn_outcome_save(const pn_outcome *o, const char *folder, pn_error *err)
{
    cJSON *json = cJSON_CreateObject();
    if (json == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for an outcome"); }
    (void)cJSON_AddBoolToObject(json, "reported", o->reported);
    if (o->reported) {
        cJSON *objects = cJSON_AddArrayToObject(json, "objects");
        for (size_t i = 0; i < o->n_objects; i++) {
            (void)cJSON_AddItemToArray(objects, object_to_json(&o->objects[i]));
        }
    } else {
        (void)cJSON_AddNumberToObject(json, "code", o->failure.code);
        (void)cJSON_AddBoolToObject(json, "transient", o->failure.cls == PN_TRANSIENT);
        (void)cJSON_AddStringToObject(json, "message", o->failure.msg);
    }
    int rc = pn_job_json_save(json, folder, PN_OUTCOME_FILE, err);
    cJSON_Delete(json);
    return rc;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

/* A name in the folder, never a way out of it. */
static bool is_file_name(const char *text)
{
    return text[0] != '\0' && text[0] != '.' && strchr(text, '/') == NULL;
}

static bool get_uids(const cJSON *json, pn_object *o)
{
    return pn_job_get_text(json, "sop_class_uid", o->sop_class_uid, PN_UID_SIZE) &&
           pn_job_get_text(json, "sop_uid", o->sop_uid, PN_UID_SIZE) &&
           pn_job_get_text(json, "series_uid", o->series_uid, PN_UID_SIZE);
}

static bool object_from_json(pn_object *o, const cJSON *json)
{
    char kind[8];
    double choice = 0;
    bool good = pn_job_get_text(json, "kind", kind, sizeof kind) &&
                pn_job_get_text(json, "file", o->file, sizeof o->file) && is_file_name(o->file) &&
                get_uids(json, o) && pn_job_get_number(json, "choice", 0, PN_MAX_OBJECTS, &choice) &&
                pn_job_get_bool(json, "names_segment", &o->names_segment);
    size_t k = 0;
    while (good && k < 4 && strcmp(kind, kind_words[k]) != 0) { k++; }
    o->kind = (pn_object_kind)k;
    o->choice = (unsigned)choice;
    return good && k < 4;
}

static bool objects_from_json(pn_outcome *o, const cJSON *json)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "objects"), *item;
    int n = cJSON_GetArraySize(list), n_reports = 0;
    if (n < 1 || n > PN_MAX_OBJECTS) { return false; }
    cJSON_ArrayForEach(item, list)
    {
        pn_object *object = &o->objects[o->n_objects++];
        if (!object_from_json(object, item)) { return false; }
        n_reports += object->kind == PN_OBJECT_SR && object->choice == 0;
    }
    return n_reports == 1;
}

/* Version 0.1.0 left one report, named at the top. */
static bool report_from_json(pn_outcome *o, const cJSON *json)
{
    o->objects[0] = (pn_object){.kind = PN_OBJECT_SR, .file = PN_SR_FILE};
    o->n_objects = 1;
    return get_uids(json, &o->objects[0]);
}

int pn_outcome_load(pn_outcome *out, const char *folder, pn_error *err)
{
    cJSON *json = NULL;
    int rc = pn_job_json_load(&json, folder, PN_OUTCOME_FILE, err);
    if (rc != PN_OK) { return rc; }
    pn_outcome o = {0};
    bool good = pn_job_get_bool(json, "reported", &o.reported);
    if (good && o.reported) {
        good = cJSON_HasObjectItem(json, "objects") ? objects_from_json(&o, json) : report_from_json(&o, json);
    } else if (good) {
        double code = 0;
        bool transient = false;
        good = pn_job_get_number(json, "code", 1, PN_EINTERNAL, &code) &&
               pn_job_get_bool(json, "transient", &transient) &&
               pn_job_get_text(json, "message", o.failure.msg, sizeof o.failure.msg);
        o.failure.code = (pn_code)(int)code;
        o.failure.cls = transient ? PN_TRANSIENT : PN_PERMANENT;
    }
    cJSON_Delete(json);
    if (!good) { return pn_fail(err, PN_EFORMAT, "%s/%s is broken", folder, PN_OUTCOME_FILE); }
    *out = o;
    return PN_OK;
}
