#include "pipeline/assess.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/extraction.h>
#include "base/hash.h"
#include "pipeline/score.h"

static void add_reason(pn_report *r, const char *fmt, ...) PN_PRINTF(2, 3);
static void add_reason(pn_report *r, const char *fmt, ...)
{
    if (r->n_reasons == sizeof r->reasons / sizeof r->reasons[0]) { return; }
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(r->reasons[r->n_reasons++], sizeof r->reasons[0], fmt, ap);
    va_end(ap);
}

/* A reason for which the model does not apply to this case. */
#define NOT_FOR(report, ...)                                                                       \
    do {                                                                                           \
        pn_report_main_mut(report)->applicable = false;                                                              \
        add_reason((report), __VA_ARGS__);                                                         \
    } while (0)

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
                               r->comprehensive_3d ? "3d" : "2d"};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            pn_sha256_update(&s, texts[i], strlen(texts[i]) + 1);
        }
        for (size_t i = 0; i < opts->n_images; i++) {
            pn_sha256_update(&s, sorted[i], strlen(sorted[i]) + 1);
        }
        for (size_t i = 0; i < r->n_regions; i++) {
            pn_sha256_update(&s, &r->regions[i].number, sizeof r->regions[i].number);
        }
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

/* ---- Eligibility ----------------------------------------------------------------------------- */

static bool outside(double v, cfg_range range) { return !(v >= range.low && v <= range.high); }

static void check_modality(pn_report *r, const cfg_model *model)
{
    for (size_t i = 0; i < model->n_modality; i++) {
        if (strcmp(model->modality[i], r->study.modality) == 0) { return; }
    }
    if (model->n_modality > 0) {
        NOT_FOR(r, "Modality is %s; the model is for %s%s", r->study.modality, model->modality[0],
                model->n_modality > 1 ? " and others" : "");
    }
}

static void check_images(pn_report *r, const cfg_model *model, const rx_grid *grid)
{
    double slice = grid->spacing_mm[2];
    double pixel = fmax(grid->spacing_mm[0], grid->spacing_mm[1]);
    if (outside(slice, model->slice_spacing_mm)) {
        NOT_FOR(r, "Slice spacing is %.3g mm; the model is for %.3g to %.3g mm", slice,
                model->slice_spacing_mm.low, model->slice_spacing_mm.high);
    }
    if (outside(pixel, model->pixel_spacing_mm)) {
        NOT_FOR(r, "Pixel spacing is %.3g mm; the model is for %.3g to %.3g mm", pixel,
                model->pixel_spacing_mm.low, model->pixel_spacing_mm.high);
    }
}

static void check_regions(pn_report *r, const cfg_model *model, const pn_measurement *m)
{
    if (m->n_regions > 1) {
        NOT_FOR(r, "%zu contours fit the model, which is for one; none is scored", m->n_regions);
    }
    for (size_t i = 0; i < m->n_regions; i++) {
        if (m->regions[i].failure.code != PN_OK) {
            NOT_FOR(r, "Region %d could not be measured: %.180s", m->regions[i].roi.number,
                    m->regions[i].failure.msg);
        }
    }
    size_t voxels = r->regions[r->main_region].diagnostics.roi_voxels;
    if (voxels < model->min_roi_voxels) {
        NOT_FOR(r, "The contour holds %zu voxels; the model needs at least %zu", voxels,
                model->min_roi_voxels);
    }
}

/* ---- Score ----------------------------------------------------------------------------------- */

static int gather_values(double *values, const pn_report *r, const cfg_model *model, pn_error *err)
{
    for (size_t i = 0; i < model->n_features; i++) {
        int index = rx_feature_index(model->features[i].name);
        if (index < 0) {
            return pn_fail(err, PN_ECONFIG, "the model's feature %s is not known", model->features[i].name);
        }
        values[i] = r->regions[r->main_region].values[index].v;
    }
    return PN_OK;
}

/* A horizon beyond the training patients' follow-up has no probability and is left out. */
static void take_survival(pn_report_result *to, const pn_score_result *result)
{
    for (size_t h = 0; h < result->n_survival; h++) {
        if (isfinite(result->survival[h].probability)) {
            to->survival[to->n_survival++] = result->survival[h];
        }
    }
}

static int score(pn_report *r, const cfg_model *model, pn_error *err)
{
    double *values = calloc(model->n_features, sizeof *values);
    if (values == NULL) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", model->n_features);
    }
    pn_score_result result = {0};
    pn_error why = {0};
    int rc = gather_values(values, r, model, err);
    if (rc == PN_OK && pn_score(&result, model, values, &why) == PN_OK) {
        pn_report_result *to = pn_report_main_mut(r);
        to->score = result.lp;
        to->high_risk = result.high_risk;
        take_survival(to, &result);
        to->drivers = result.drivers;         /* ours from here on */
        to->n_drivers = result.n_drivers;
    } else if (rc == PN_OK && why.cls == PN_TRANSIENT) {
        *err = why;
        rc = (int)why.code;
    } else if (rc == PN_OK) {
        NOT_FOR(r, "%.200s", why.msg);
    }
    free(values);
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
    r->mahalanobis_limit = NAN;
    r->training_patients = model->n_patients;
    r->training_events = model->n_events;
    r->c_index = model->c_index;
    r->c_index_se = model->c_index_se;
    cfg_extraction_text(r->settings, sizeof r->settings, &model->extraction);
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
    memcpy(r->institution, opts->institution, sizeof r->institution);
    memcpy(r->station_name, opts->station_name, sizeof r->station_name);
    r->version = opts->version;
    r->comprehensive_3d = opts->comprehensive_3d;
    r->matched_by_series = opts->matched_by_series;
    return PN_OK;
}

int pn_assess(pn_report *out, const pn_measurement *m, const cfg_model *model,
              const pn_assess_opts *opts, pn_error *err)
{
    pn_report r = {0};
    copy_model(&r, model);
    int rc = copy_inputs(&r, m, opts, err);
    if (rc == PN_OK) { rc = copy_regions(&r, m, err); }
    if (rc == PN_OK) { rc = make_uids(&r, opts, err); }
    if (rc == PN_OK) {
        *pn_report_main_mut(&r) = (pn_report_result){.assessed = true,
                                                     .applicable = true,
                                                     .score = NAN,
                                                     .score_interval = {NAN, NAN},
                                                     .group_agreement = NAN,
                                                     .mahalanobis = NAN,
                                                     .mahalanobis_percentile = NAN};
        check_modality(&r, model);
        check_images(&r, model, &m->volume.image.grid);
        check_regions(&r, model, m);
        if (pn_report_main(&r)->applicable) { rc = score(&r, model, err); }
    }
    if (rc != PN_OK) {
        pn_report_free(&r);
        return rc;
    }
    if (r.matched_by_series) {
        add_reason(&r, "None of the images that the contour names was there; the whole series that it names was measured");
    }
    if (m->volume.note[0] != '\0') { add_reason(&r, "%s", m->volume.note); }
    *out = r;
    return PN_OK;
}
