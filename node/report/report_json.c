/* report/report_json.c - a report as JSON. Numbers that do not exist are null, with the reason. */
#include "report/report.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "report/words.h"

/* cJSON answers NULL where memory runs out; one flag carries that to the end. */
typedef struct builder {
    bool failed;
} builder;

static void text(builder *b, cJSON *o, const char *name, const char *value)
{
    if (cJSON_AddStringToObject(o, name, value) == NULL) { b->failed = true; }
}

static void flag(builder *b, cJSON *o, const char *name, bool value)
{
    if (cJSON_AddBoolToObject(o, name, value) == NULL) { b->failed = true; }
}

static void number(builder *b, cJSON *o, const char *name, double value)
{
    cJSON *item = isfinite(value) ? cJSON_AddNumberToObject(o, name, value)
                                  : cJSON_AddNullToObject(o, name);
    if (item == NULL) { b->failed = true; }
}

static cJSON *object(builder *b, cJSON *parent, const char *name)
{
    cJSON *o = cJSON_AddObjectToObject(parent, name);
    if (o == NULL) { b->failed = true; }
    return o;
}

static cJSON *array(builder *b, cJSON *parent, const char *name)
{
    cJSON *a = cJSON_AddArrayToObject(parent, name);
    if (a == NULL) { b->failed = true; }
    return a;
}

/* A new object at the end of an array. */
static cJSON *append(builder *b, cJSON *parent)
{
    cJSON *o = cJSON_CreateObject();
    if (o == NULL || !cJSON_AddItemToArray(parent, o)) {
        cJSON_Delete(o);
        b->failed = true;
        return NULL;
    }
    return o;
}

static void add_study(builder *b, cJSON *root, const pn_report *r)
{
    const pn_study *s = &r->study;
    cJSON *o = object(b, root, "study");
    text(b, o, "patient_id", s->patient_id);
    text(b, o, "patient_id_issuer", s->patient_id_issuer);
    text(b, o, "study_uid", s->study_uid);
    text(b, o, "study_date", s->study_date);
    text(b, o, "accession", s->accession);
    text(b, o, "series_uid", s->series_uid);
    text(b, o, "modality", s->modality);
    number(b, o, "images", (double)r->n_images);
    flag(b, o, "matched_by_series", r->matched_by_series);
}

static void add_contour(builder *b, cJSON *root, const pn_report *r)
{
    cJSON *o = object(b, root, "contours");
    text(b, o, "kind", pn_kind_word(r->contour_kind));
    text(b, o, "sop_uid", r->contour_sop_uid);
    text(b, o, "series_uid", r->contour_series_uid);
    text(b, o, "label", r->contour_label);
}

static void add_model(builder *b, cJSON *root, const pn_report *r)
{
    cJSON *o = object(b, root, "model");
    text(b, o, "id", r->model_id);
    text(b, o, "version", r->model_version);
    text(b, o, "title", r->model_title);
    text(b, o, "sha256", r->model_sha256);
    text(b, o, "endpoint", r->endpoint);
    flag(b, o, "research_use_only", r->research_use_only);
    number(b, o, "cutpoint", r->cutpoint);
    text(b, o, "settings", r->settings);
}

static void add_survival(builder *b, cJSON *risk, const pn_report *r)
{
    cJSON *list = array(b, risk, "survival");
    for (size_t i = 0; pn_report_main(r)->applicable && i < pn_report_main(r)->n_survival; i++) {
        cJSON *o = append(b, list);
        number(b, o, "years", pn_report_main(r)->survival[i].years);
        number(b, o, "probability", pn_report_main(r)->survival[i].probability);
    }
}

static void add_drivers(builder *b, cJSON *risk, const pn_report *r)
{
    cJSON *list = array(b, risk, "contributions");
    for (size_t i = 0; pn_report_main(r)->applicable && i < pn_report_main(r)->n_drivers; i++) {
        const pn_report_driver *d = &pn_report_main(r)->drivers[i];
        cJSON *o = append(b, list);
        text(b, o, "feature", d->name);
        number(b, o, "value", d->value);
        number(b, o, "z", d->z);
        number(b, o, "contribution", d->contribution);
        number(b, o, "percentile", d->percentile);
    }
}

static void add_risk(builder *b, cJSON *root, const pn_report *r)
{
    cJSON *o = object(b, root, "risk");
    flag(b, o, "applicable", pn_report_main(r)->applicable);
    text(b, o, "level", pn_report_risk_word(pn_report_main(r)));
    number(b, o, "score", pn_report_main(r)->applicable ? pn_report_main(r)->score : (double)NAN);
    cJSON *reasons = array(b, o, "reasons");
    for (size_t i = 0; i < r->n_reasons; i++) {
        cJSON *reason = cJSON_CreateString(r->reasons[i]);
        if (reason == NULL || !cJSON_AddItemToArray(reasons, reason)) {
            cJSON_Delete(reason);
            b->failed = true;
        }
    }
    add_survival(b, o, r);
    add_drivers(b, o, r);
}

static void add_features(builder *b, cJSON *parent, const pn_report_region *region)
{
    const rx_feature_def *features = rx_features();
    cJSON *values = object(b, parent, "features");
    cJSON *undefined = object(b, parent, "undefined");
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        const char *name = features[i].full_name;
        const rx_value *v = &region->values[i];
        if (v->why == RX_NOT_ASKED) { continue; }
        number(b, values, name, v->v);
        if (!isfinite(v->v)) { text(b, undefined, name, "no value for this region"); }
    }
}

static void add_regions(builder *b, cJSON *root, const pn_report *r)
{
    cJSON *list = array(b, root, "regions");
    for (size_t i = 0; i < r->n_regions; i++) {
        const pn_report_region *region = &r->regions[i];
        cJSON *o = append(b, list);
        number(b, o, "number", region->number);
        text(b, o, "name", region->name);
        flag(b, o, "main", i == r->main_region);
        text(b, o, "tracking_uid", region->tracking_uid);
        text(b, o, "note", region->note);
        number(b, o, "voxels", (double)region->diagnostics.roi_voxels);
        add_features(b, o, region);
    }
}

int pn_report_to_json(char **out, const pn_report *r, pn_error *err)
{
    builder b = {false};
    cJSON *root = cJSON_CreateObject();
    if (root == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    text(&b, root, "software_version", PN_VERSION);
    text(&b, root, "sop_uid", r->sop_uid);
    text(&b, root, "series_uid", r->series_uid);
    text(&b, root, "content_datetime", r->content_datetime);
    number(&b, root, "version", r->version);
    text(&b, root, "predecessor_sop_uid", r->predecessor_sop_uid);
    add_study(&b, root, r);
    add_contour(&b, root, r);
    add_model(&b, root, r);
    add_risk(&b, root, r);
    add_regions(&b, root, r);
    char *json = b.failed ? NULL : cJSON_Print(root);
    cJSON_Delete(root);
    if (json == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    *out = json;
    return PN_OK;
}
