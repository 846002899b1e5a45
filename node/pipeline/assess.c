#include "pipeline/assess.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/pyradiomics.h>
#include "base/hash.h"
#include "pipeline/gates.h"
#include "pipeline/score.h"
#include "pipeline/variables.h"

static void add_reason(pn_report *r, const char *fmt, ...) PN_PRINTF(2, 3);
static void add_reason(pn_report *r, const char *fmt, ...)
{
    if (r->n_reasons == sizeof r->reasons / sizeof r->reasons[0]) { return; }
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(r->reasons[r->n_reasons++], sizeof r->reasons[0], fmt, ap);
    va_end(ap);
}

/* ---- Regions --------------------------------------------------------------------------------- */

static int tracking_uid(char uid[PN_UID_SIZE], const pn_report *r, const pn_region *region,
                        pn_error *err)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", region->roi.number);
    /* The name, not the object: an edited contour of the same tumour keeps its identity. */
    const char *parts[] = {"tracking", r->study.study_uid, r->study.series_uid, region->roi.name,
                           region->roi.name[0] == '\0' ? number : "", NULL};
    return pn_uid_from_parts(uid, parts, err);
}

static int copy_filtered(rx_results *to, const rx_results *from, pn_error *err)
{
    if (from->n == 0) { return PN_OK; }
    to->v = calloc(from->n, sizeof *to->v);
    if (to->v == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu values", from->n); }
    memcpy(to->v, from->v, from->n * sizeof *to->v);
    to->n = to->room = from->n;
    return PN_OK;
}

static int copy_regions(pn_report *r, const pn_measurement *m, pn_error *err)
{
    r->regions = calloc(m->n_regions > 0 ? m->n_regions : 1, sizeof *r->regions);
    if (r->regions == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for regions"); }
    const pn_error *first = NULL;
    for (size_t i = 0; i < m->n_regions; i++) {
        const pn_region *from = &m->regions[i];
        if (from->failure.code != PN_OK) {
            if (first == NULL) { first = &from->failure; }
            continue;
        }
        pn_report_region *to = &r->regions[r->n_regions++];
        to->number = from->roi.number;
        memcpy(to->name, from->roi.name, sizeof to->name);
        memcpy(to->code_value, from->roi.code_value, sizeof to->code_value);
        memcpy(to->code_scheme, from->roi.code_scheme, sizeof to->code_scheme);
        memcpy(to->code_meaning, from->roi.code_meaning, sizeof to->code_meaning);
        memcpy(to->values, from->values, sizeof to->values);
        memcpy(to->note, from->note, sizeof to->note);
        to->diagnostics = from->diagnostics;
        int rc = tracking_uid(to->tracking_uid, r, from, err);
        if (rc == PN_OK) { rc = copy_filtered(&to->filtered, &from->filtered, err); }
        if (rc != PN_OK) { return rc; }
    }
    if (r->n_regions > 0) { return PN_OK; }
    if (first == NULL) { return pn_fail(err, PN_EEMPTY, "no region was asked for"); }
    *err = *first;
    return (int)first->code;
}

/* ---- Identity -------------------------------------------------------------------------------- */

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What a table says is an input like the images; what their header says is among their bytes. */
static void add_variables(pn_sha256 *s, const pn_report *r)
{
    for (size_t i = 0; i < r->n_variables; i++) {
        const pn_report_variable *v = &r->variables[i];
        char text[sizeof v->name + sizeof v->why + 40];
        if (v->source != CFG_SOURCE_TABLE) { continue; }
        (void)snprintf(text, sizeof text, "%s=%.17g %s", v->name, isnan(v->value) ? 0 : v->value, v->why);
        pn_sha256_update(s, text, strlen(text) + 1);
    }
}

/* One digest over all that decides the document's content. Image digests are sorted, so that
 * the order of arrival does not matter. */
static int inputs_digest(char hex[PN_DIGEST_HEX_SIZE], const pn_report *r,
                         const pn_assess_opts *opts, pn_error *err)
{
    const char **sorted = calloc(opts->n_images + 1, sizeof *sorted);
    if (sorted == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for digests"); }
    memcpy(sorted, opts->image_digests, opts->n_images * sizeof *sorted);
    qsort(sorted, opts->n_images, sizeof *sorted, compare_text);

    pn_sha256 s = {0};
    int rc = pn_sha256_init(&s, err);
    if (rc == PN_OK) {
        char version[16];
        (void)snprintf(version, sizeof version, "%u", r->version);
        const char *texts[] = {PN_VERSION,         r->model_sha256,        r->settings,
                               version,            r->predecessor_sop_uid, opts->contour_digest,
                               r->comprehensive_3d ? "3d" : "2d",
                               pn_contour_policy_word(r->several_contours), r->language};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            pn_sha256_update(&s, texts[i], strlen(texts[i]) + 1);
        }
        for (size_t i = 0; i < opts->n_images; i++) {
            pn_sha256_update(&s, sorted[i], strlen(sorted[i]) + 1);
        }
        for (size_t i = 0; i < r->n_regions; i++) {
            pn_sha256_update(&s, &r->regions[i].number, sizeof r->regions[i].number);
        }
        add_variables(&s, r);
        uint8_t digest[PN_SHA256_SIZE];
        pn_sha256_final(&s, digest);
        pn_hex(hex, digest, sizeof digest);
    }
    free(sorted);
    return rc;
}

static int make_uids(pn_report *r, const pn_assess_opts *opts, pn_error *err)
{
    char inputs[PN_DIGEST_HEX_SIZE];
    int rc = inputs_digest(inputs, r, opts, err);
    if (rc != PN_OK) { return rc; }
    const char *sop[] = {"sr", inputs, NULL}, *series[] = {"sr-series", inputs, NULL};
    rc = pn_uid_from_parts(r->sop_uid, sop, err);
    return rc == PN_OK ? pn_uid_from_parts(r->series_uid, series, err) : rc;
}

/* ---- Which slices there are ------------------------------------------------------------------ */

/* Distinct UIDs that the contour object names for the images' series or the regions asked for. */
static size_t named_images(const char **named, const pn_measurement *m)
{
    size_t n = 0;
    for (size_t s = 0; s < m->contour.n_series; s++) {
        const pn_ref_series *series = &m->contour.series[s];
        if (strcmp(series->series_uid, m->volume.study.series_uid) != 0) { continue; }
        for (size_t i = 0; i < series->n_image_uids; i++) {
            if (named != NULL) { named[n] = series->image_uids[i]; }
            n++;
        }
    }
    for (size_t r = 0; r < m->n_regions; r++) {
        for (size_t k = 0; k < m->contour.n_rois; k++) {
            const pn_roi *roi = &m->contour.rois[k];
            if (roi->number != m->regions[r].roi.number) { continue; }
            for (size_t i = 0; i < roi->n_image_uids; i++) {
                if (named != NULL) { named[n] = roi->image_uids[i]; }
                n++;
            }
        }
    }
    return n;
}

/* How many of them are not there; NaN where the contour names none of what is there. */
static int count_missing(double *missing, const pn_measurement *m, pn_error *err)
{
    const size_t n = named_images(NULL, m), n_slices = m->volume.n_slices;
    const char **named = calloc(n + 1, sizeof *named), **there = calloc(n_slices + 1, sizeof *there);
    *missing = NAN;
    if (named == NULL || there == NULL) {
        free(named);
        free(there);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for image lists");
    }
    (void)named_images(named, m);
    for (size_t i = 0; i < n_slices; i++) { there[i] = m->volume.slices[i].sop_uid; }
    qsort(named, n, sizeof *named, compare_text);
    qsort(there, n_slices, sizeof *there, compare_text);
    size_t absent = 0, present = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(named[i], named[i - 1]) == 0) { continue; }
        if (bsearch(&named[i], there, n_slices, sizeof *there, compare_text) != NULL) {
            present++;
        } else {
            absent++;
        }
    }
    if (present > 0) { *missing = (double)absent; }
    free(named);
    free(there);
    return PN_OK;
}

/* ---- One region ------------------------------------------------------------------------------ */

static void gather_values(double *values, const pn_report *r, const pn_report_region *region,
                          const cfg_model *model)
{
    size_t variable = 0;                      /* they stand in the model's order */
    for (size_t i = 0; i < model->n_features; i++) {
        const char *name = model->features[i].name;
        if (model->features[i].source != CFG_SOURCE_IMAGE) {
            values[i] = r->variables[variable++].value;
            continue;
        }
        int index = rx_feature_index(name);
        const rx_result *filtered = index < 0 ? rx_results_find(&region->filtered, name) : NULL;
        /* PyRadiomics leaves an image out where the region is too small for its filter. */
        values[i] = index >= 0 ? region->values[index].v : filtered != NULL ? filtered->value.v : (double)NAN;
    }
}

/* A horizon beyond the training patients' follow-up has no probability and is left out. */
static void take_survival(pn_report_result *to, const pn_score_result *score)
{
    for (size_t h = 0; h < score->n_survival; h++) {
        if (isfinite(score->survival[h].probability)) {
            to->survival[to->n_survival++] = score->survival[h];
        }
    }
}

static int score(pn_report_result *to, const cfg_model *model, const double *values, pn_error *err)
{
    pn_score_result result = {0};
    pn_error why = {0};
    if (pn_score(&result, model, values, &why) == PN_OK) {
        to->score = result.lp;
        to->high_risk = result.high_risk;
        to->score_interval = result.interval;
        to->group_agreement = result.group_agreement;
        take_survival(to, &result);
        to->drivers = result.drivers;         /* ours from here on */
        to->n_drivers = result.n_drivers;
        return PN_OK;
    }
    if (why.cls == PN_TRANSIENT) {
        *err = why;
        return (int)why.code;
    }
    return pn_gates_no_score(to, why.msg, err);
}

/* What is common to all regions of the case. */
typedef struct case_facts {
    size_t n_asked, n_unmeasured;
    const char *failure;                      /* of the first that could not be measured */
    double missing_slices;
} case_facts;

static int assess_region(pn_report *r, pn_report_region *region, const pn_measurement *m,
                         const cfg_model *model, const case_facts *facts, pn_error *err)
{
    pn_report_result *to = &region->result;
    double *values = calloc(model->n_features + 1, sizeof *values);
    if (values == NULL) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", model->n_features);
    }
    *to = pn_result_start();
    gather_values(values, r, region, model);
    int rc = pn_gates_images(to, model, &r->study, &m->volume.image.grid, facts->missing_slices, err);
    if (rc == PN_OK) {
        rc = pn_gates_contours(to, r->several_contours, facts->n_asked, facts->n_unmeasured,
                               facts->failure, err);
    }
    if (rc == PN_OK) {
        rc = pn_gates_region(to, model, (double)region->diagnostics.roi_voxels, values, err);
    }
    if (rc == PN_OK) { rc = pn_gates_variables(to, r->variables, r->n_variables, err); }
    if (rc == PN_OK) { rc = pn_gates_training(to, model, values, err); }
    if (rc == PN_OK && to->applicable) { rc = score(to, model, values, err); }
    if (rc == PN_OK && to->drivers == NULL && model->n_features > 0) {
        rc = pn_score_describe(&to->drivers, model, values, err);
        if (rc == PN_OK) { to->n_drivers = model->n_features; }
    }
    free(values);
    return rc;
}

/* ---- All regions ----------------------------------------------------------------------------- */

static size_t largest_region(const pn_report *r)
{
    size_t best = 0;
    for (size_t i = 1; i < r->n_regions; i++) {
        if (r->regions[i].diagnostics.roi_voxels > r->regions[best].diagnostics.roi_voxels) { best = i; }
    }
    return best;
}

static size_t highest_region(const pn_report *r)
{
    size_t best = r->n_regions;
    for (size_t i = 0; i < r->n_regions; i++) {
        const pn_report_result *result = &r->regions[i].result;
        if (!result->applicable) { continue; }
        if (best == r->n_regions || result->score > r->regions[best].result.score) { best = i; }
    }
    return best < r->n_regions ? best : largest_region(r);
}

static int assess_regions(pn_report *r, const pn_measurement *m, const cfg_model *model, pn_error *err)
{
    case_facts facts = {.n_asked = m->n_regions, .failure = ""};
    for (size_t i = m->n_regions; i-- > 0;) {
        if (m->regions[i].failure.code == PN_OK) { continue; }
        facts.n_unmeasured++;
        facts.failure = m->regions[i].failure.msg;
    }
    int rc = count_missing(&facts.missing_slices, m, err);
    r->main_region = largest_region(r);
    bool only_largest = r->several_contours == PN_CONTOURS_LARGEST;
    for (size_t i = 0; i < r->n_regions && rc == PN_OK; i++) {
        if (only_largest && i != r->main_region) { continue; }
        rc = assess_region(r, &r->regions[i], m, model, &facts, err);
    }
    if (rc == PN_OK && !only_largest) { r->main_region = highest_region(r); }
    return rc;
}

/* ---- Putting it together --------------------------------------------------------------------- */

static void copy_model(pn_report *r, const cfg_model *model)
{
    memcpy(r->model_id, model->id, sizeof r->model_id);
    memcpy(r->model_version, model->version, sizeof r->model_version);
    memcpy(r->model_title, model->title, sizeof r->model_title);
    memcpy(r->model_sha256, model->file_sha256, sizeof r->model_sha256);
    memcpy(r->endpoint, model->endpoint, sizeof r->endpoint);
    r->research_use_only = model->research_use_only;
    r->cutpoint = model->cutpoint;
    bool limited = model->n_correlation > 0 && isfinite(model->max_mahalanobis);
    r->mahalanobis_limit = limited ? model->max_mahalanobis : (double)NAN;
    r->n_replicates = (unsigned)cfg_model_replicates(model);
    r->n_networks = (unsigned)model->elm.n_networks;
    r->training_patients = model->n_patients;
    r->training_events = model->n_events;
    r->c_index = model->c_index;
    r->c_index_se = model->c_index_se;
    memcpy(r->limitations, model->card.limitations, sizeof r->limitations);
    memcpy(r->recipe_name, model->card.recipe_name, sizeof r->recipe_name);
    memcpy(r->recipe_sha256, model->card.recipe_sha256, sizeof r->recipe_sha256);
    (void)cfg_pyradiomics_text(r->settings, sizeof r->settings, &model->extraction);
}

static int copy_performance(pn_report *r, const cfg_model *model, pn_error *err)
{
    const cfg_card *card = &model->card;
    if (card->n_performance == 0) { return PN_OK; }
    r->performance = calloc(card->n_performance, sizeof *r->performance);
    if (r->performance == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for figures"); }
    memcpy(r->performance, card->performance, card->n_performance * sizeof *r->performance);
    r->n_performance = card->n_performance;
    return PN_OK;
}

static double *copy_numbers(const double *from, size_t n)
{
    double *to = calloc(n > 0 ? n : 1, sizeof *to);
    if (to != NULL && n > 0) { memcpy(to, from, n * sizeof *to); }
    return to;
}

static int copy_curves(pn_report *r, const cfg_model *model, pn_error *err)
{
    r->km = calloc(model->n_km > 0 ? model->n_km : 1, sizeof *r->km);
    if (r->km == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for curves"); }
    for (size_t i = 0; i < model->n_km; i++) {
        const cfg_km_curve *from = &model->km[i];
        cfg_km_curve *to = &r->km[r->n_km++];
        *to = *from;
        to->time_days = copy_numbers(from->time_days, from->n);
        to->survival = copy_numbers(from->survival, from->n);
        to->n_risk = copy_numbers(from->n_risk, from->n);
        if (to->time_days == NULL || to->survival == NULL || to->n_risk == NULL) {
            return pn_fail_transient(err, PN_ENOMEM, "no memory for curves");
        }
    }
    return PN_OK;
}

static int copy_inputs(pn_report *r, const pn_measurement *m, const pn_assess_opts *opts,
                       pn_error *err)
{
    r->study = m->volume.study;
    r->images = calloc(m->volume.n_slices, sizeof *r->images);
    if (r->images == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for image list"); }
    memcpy(r->images, m->volume.slices, m->volume.n_slices * sizeof *r->images);
    r->n_images = m->volume.n_slices;
    r->contour_kind = m->contour.kind;
    memcpy(r->contour_sop_class, m->contour.sop_class_uid, PN_UID_SIZE);
    memcpy(r->contour_sop_uid, m->contour.sop_uid, PN_UID_SIZE);
    memcpy(r->contour_series_uid, m->contour.series_uid, PN_UID_SIZE);
    memcpy(r->contour_label, m->contour.structure_label, sizeof r->contour_label);

    memcpy(r->content_datetime, opts->content_datetime, sizeof r->content_datetime);
    memcpy(r->predecessor_sop_uid, opts->predecessor_sop_uid, PN_UID_SIZE);
    memcpy(r->predecessor_series_uid, opts->predecessor_series_uid, PN_UID_SIZE);
    memcpy(r->language, opts->language, sizeof r->language);
    memcpy(r->institution, opts->institution, sizeof r->institution);
    memcpy(r->station_name, opts->station_name, sizeof r->station_name);
    r->version = opts->version;
    r->comprehensive_3d = opts->comprehensive_3d;
    r->matched_by_series = opts->matched_by_series;
    r->several_contours = opts->several_contours;
    return PN_OK;
}

int pn_assess(pn_report *out, const pn_measurement *m, const cfg_model *model,
              const pn_assess_opts *opts, pn_error *err)
{
    pn_report r = {0};
    copy_model(&r, model);
    int rc = copy_inputs(&r, m, opts, err);
    if (rc == PN_OK) { rc = copy_curves(&r, model, err); }
    if (rc == PN_OK) { rc = copy_performance(&r, model, err); }
    if (rc == PN_OK) { rc = pn_variables_gather(&r, model, opts->clinical, err); }
    if (rc == PN_OK) { rc = copy_regions(&r, m, err); }
    if (rc == PN_OK) { rc = make_uids(&r, opts, err); }
    if (rc == PN_OK) { rc = assess_regions(&r, m, model, err); }
    if (rc != PN_OK) {
        pn_report_free(&r);
        return rc;
    }
    if (m->volume.note[0] != '\0') { add_reason(&r, "%s", m->volume.note); }
    *out = r;
    return PN_OK;
}
