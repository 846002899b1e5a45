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
    static const char *const policies[] = {"refuse", "largest", "each"};
    text(b, o, "several", policies[r->several_contours]);
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
    number(b, o, "mahalanobis_limit", r->mahalanobis_limit);
    number(b, o, "bootstrap_replicates", r->n_replicates);
    cJSON *training = object(b, o, "training");
    number(b, training, "patients", r->training_patients);
    number(b, training, "events", r->training_events);
    number(b, training, "c_index", r->c_index);
    number(b, training, "c_index_se", r->c_index_se);
    number(b, o, "networks", r->n_networks);
    text(b, o, "limitations", r->limitations);
    text(b, o, "recipe_name", r->recipe_name);
    text(b, o, "recipe_sha256", r->recipe_sha256);
    cJSON *list = array(b, o, "performance");
    for (size_t i = 0; i < r->n_performance; i++) {
        const cfg_figure *f = &r->performance[i];
        cJSON *figure = append(b, list);
        text(b, figure, "name", f->name);
        number(b, figure, "estimate", f->estimate);
        number(b, figure, "low", f->low);
        number(b, figure, "high", f->high);
        text(b, figure, "how", f->how);
    }
}

static void add_variables(builder *b, cJSON *root, const pn_report *r)
{
    cJSON *list = array(b, root, "variables");
    for (size_t i = 0; i < r->n_variables; i++) {
        const pn_report_variable *v = &r->variables[i];
        cJSON *o = append(b, list);
        text(b, o, "name", v->name);
        text(b, o, "source", cfg_source_word(v->source));
        number(b, o, "value", v->value);
        text(b, o, "why", v->why);
    }
}

/* Both ends null where it is not known. */
static void interval(builder *b, cJSON *o, const char *name, pn_interval i)
{
    cJSON *ends = object(b, o, name);
    number(b, ends, "low", i.low);
    number(b, ends, "high", i.high);
}

static void add_survival(builder *b, cJSON *risk, const pn_report_result *result)
{
    cJSON *list = array(b, risk, "survival");
    for (size_t i = 0; result->applicable && i < result->n_survival; i++) {
        cJSON *o = append(b, list);
        number(b, o, "years", result->survival[i].years);
        number(b, o, "probability", result->survival[i].probability);
        interval(b, o, "interval", result->survival[i].interval);
    }
}

/* Also where the model does not apply: then contributions are null. */
static void add_drivers(builder *b, cJSON *risk, const pn_report_result *result)
{
    cJSON *list = array(b, risk, "contributions");
    for (size_t i = 0; i < result->n_drivers; i++) {
        const pn_report_driver *d = &result->drivers[i];
        cJSON *o = append(b, list);
        text(b, o, "feature", d->name);
        number(b, o, "value", d->value);
        number(b, o, "z", d->z);
        number(b, o, "contribution", d->contribution);
        number(b, o, "percentile", d->percentile);
        cJSON *quantiles = cJSON_CreateDoubleArray(d->quantile, CFG_NQUANTILES);
        if (quantiles == NULL || !cJSON_AddItemToObject(o, "training_quantiles", quantiles)) {
            cJSON_Delete(quantiles);
            b->failed = true;
        }
    }
}

static void add_gates(builder *b, cJSON *risk, const pn_report_result *result)
{
    cJSON *list = array(b, risk, "gates");
    for (size_t i = 0; i < result->n_gates; i++) {
        const pn_report_gate *g = &result->gates[i];
        cJSON *o = append(b, list);
        text(b, o, "gate", pn_gate_kind_word(g->kind));
        text(b, o, "state", pn_gate_state_word(g->state));
        text(b, o, "subject", g->subject);
        number(b, o, "found", g->found);
        number(b, o, "low", g->low);
        number(b, o, "high", g->high);
        text(b, o, "found_text", g->found_text);
        text(b, o, "wanted_text", g->wanted_text);
    }
}

static void add_result(builder *b, cJSON *o, const pn_report_result *result)
{
    const pn_interval none = {NAN, NAN};
    bool has = result->applicable;
    flag(b, o, "applicable", has);
    text(b, o, "level", pn_report_risk_word(result));
    number(b, o, "score", has ? result->score : (double)NAN);
    interval(b, o, "score_interval", has ? result->score_interval : none);
    number(b, o, "group_agreement", has ? result->group_agreement : (double)NAN);
    number(b, o, "mahalanobis", result->mahalanobis);
    number(b, o, "mahalanobis_percentile", result->mahalanobis_percentile);
    add_survival(b, o, result);
    add_drivers(b, o, result);
    add_gates(b, o, result);
}

/* The main region's result, and what is to be borne in mind of the whole case. */
static void add_risk(builder *b, cJSON *root, const pn_report *r)
{
    cJSON *o = object(b, root, "risk");
    number(b, o, "region", r->regions[r->main_region].number);
    add_result(b, o, pn_report_main(r));
    cJSON *reasons = array(b, o, "reasons");
    for (size_t i = 0; i < r->n_reasons; i++) {
        cJSON *reason = cJSON_CreateString(r->reasons[i]);
        if (reason == NULL || !cJSON_AddItemToArray(reasons, reason)) {
            cJSON_Delete(reason);
            b->failed = true;
        }
    }
}

static void add_value(builder *b, cJSON *values, cJSON *undefined, const char *name, rx_value v)
{
    if (v.why == RX_NOT_ASKED) { return; }
    number(b, values, name, v.v);
    if (!isfinite(v.v)) { text(b, undefined, name, rx_why_text(v.why)); }
}

static void add_features(builder *b, cJSON *parent, const pn_report_region *region)
{
    const rx_feature_def *features = rx_features();
    cJSON *values = object(b, parent, "features");
    cJSON *undefined = object(b, parent, "undefined");
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        add_value(b, values, undefined, features[i].full_name, region->values[i]);
    }
    for (size_t i = 0; i < region->filtered.n; i++) {
        add_value(b, values, undefined, region->filtered.v[i].name, region->filtered.v[i].value);
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
        if (region->result.assessed) { add_result(b, object(b, o, "risk"), &region->result); }
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
    text(&b, root, "language", r->language[0] != '\0' ? r->language : "en");
    text(&b, root, "predecessor_sop_uid", r->predecessor_sop_uid);
    add_study(&b, root, r);
    add_contour(&b, root, r);
    add_model(&b, root, r);
    add_variables(&b, root, r);
    add_risk(&b, root, r);
    add_regions(&b, root, r);
    char *json = b.failed ? NULL : cJSON_Print(root);
    cJSON_Delete(root);
    if (json == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    *out = json;
    return PN_OK;
}
