/* report/sr_content.c - what a report says as a Structured Report: TID 1500 with a measurement
 * group a region (TID 1411), the model's result, and what the reader must know of both.
 *
 * Every item has a name: a viewer that prints the tree fails on one without. Risk items stand
 * first in the main region's group, which is itself the first, so that they head the page. */
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "dicom/sr.h"
#include "report/feature_codes.h"
#include "report/sr_codes.h"
#include "report/words.h"

enum { SERIES_NUMBER = 901, TEXT_SIZE = 1024 };

#define SEGMENTATION "1.2.840.10008.5.1.4.1.1.66.4"

static int check_report(const pn_report *r, pn_error *err)
{
    if (r->n_regions == 0 || r->main_region >= r->n_regions) {
        return pn_fail(err, PN_EINVAL, "report: main region %zu of %zu", r->main_region,
                       r->n_regions);
    }
    if (r->n_images == 0) { return pn_fail(err, PN_EINVAL, "report: names no image"); }
    if (r->contour_kind != PN_KIND_RTSTRUCT && r->contour_kind != PN_KIND_SEG) {
        return pn_fail(err, PN_EINVAL, "report: contours are '%s', expected RTSTRUCT or SEG",
                       pn_kind_word(r->contour_kind));
    }
    if (r->model_id[0] == '\0' || r->model_version[0] == '\0') {
        return pn_fail(err, PN_EINVAL, "report: model '%s' version '%s', expected both",
                       r->model_id, r->model_version);
    }
    if (strlen(r->content_datetime) != 14) {
        return pn_fail(err, PN_EINVAL, "report: content time '%s', expected YYYYMMDDHHMMSS",
                       r->content_datetime);
    }
    if (pn_report_main(r)->applicable && (!isfinite(pn_report_main(r)->score) || !isfinite(r->cutpoint))) {
        return pn_fail(err, PN_EINVAL, "report: score %g, cut-point %g, expected numbers",
                       pn_report_main(r)->score, r->cutpoint);
    }
    return PN_OK;
}

/* What computed this: another model or another version of the software is another device. */
static int device_uid(char uid[PN_UID_SIZE], const pn_report *r, pn_error *err)
{
    const char *parts[] = {"prognode device", r->model_sha256, PN_VERSION, NULL};
    return pn_uid_from_parts(uid, parts, err);
}

static void describe(char *buf, size_t size, const pn_report *r)
{
    const char *use = r->research_use_only ? " research use only:" : ":";
    if (pn_report_main(r)->applicable) {
        (void)snprintf(buf, size, "prognode%s %s risk (%.3g)", use,
                       pn_report_main(r)->high_risk ? "HIGH" : "LOW", pn_report_main(r)->score);
    } else {
        (void)snprintf(buf, size, "prognode%s risk not assessed", use);
    }
}

static int start(pn_sr **sr, const pn_report *r, const pn_sr_form *form, pn_error *err)
{
    char date[9], time[7], description[128];
    (void)snprintf(date, sizeof date, "%.8s", r->content_datetime);
    (void)snprintf(time, sizeof time, "%.6s", r->content_datetime + 8);
    describe(description, sizeof description, r);
    pn_sr_header header = {
        .comprehensive_3d = form->comprehensive_3d,
        .study = &r->study,
        .sop_uid = form->sop_uid[0] != '\0' ? form->sop_uid : r->sop_uid,
        .series_uid = form->series_uid[0] != '\0' ? form->series_uid : r->series_uid,
        .date = date,
        .time = time,
        .series_number = SERIES_NUMBER,
        .instance_number = 1,
        .series_description = description,
        .institution = r->institution,
        .station_name = r->station_name,
        .manufacturer = PN_MANUFACTURER,
        .model_name = "prognode",
        .serial_number = r->station_name[0] != '\0' ? r->station_name : "prognode",
        .software_version = PN_VERSION,
    };
    return pn_sr_new(sr, &header, C_TITLE, "1500", err);
}

static void add_schemes(pn_sr *sr)
{
    pn_sr_coding_scheme(sr, "IBSI", "1.2.840.10008.2.16.13",
                        "Image Biomarker Standardisation Initiative", "");
    pn_sr_coding_scheme(sr, PN_SCHEME, NULL, "prognode private codes", "prognode");
    pn_sr_coding_scheme(sr, "99PYRADIOMICS", NULL, "PyRadiomics private codes",
                        "PyRadiomics community");
}

static void add_references(pn_sr *sr, const pn_report *r, const pn_sr_form *form,
                           const char *device)
{
    for (size_t i = 0; i < r->n_images; i++) {
        pn_sr_evidence(sr, r->study.series_uid, r->images[i].sop_class_uid,
                       r->images[i].sop_uid);
    }
    pn_sr_evidence(sr, r->contour_series_uid, r->contour_sop_class, r->contour_sop_uid);
    if (form->refer_to_segment) {
        pn_sr_evidence(sr, form->seg_series_uid, SEGMENTATION, form->seg_sop_uid);
    }
    if (r->predecessor_sop_uid[0] != '\0') {
        pn_sr_predecessor(sr, r->predecessor_series_uid, r->predecessor_sop_uid);
    }
    char model[128];
    (void)snprintf(model, sizeof model, "%s %s", r->model_id, r->model_version);
    pn_sr_equipment(sr, C_PROCESSING_EQUIPMENT, PN_MANUFACTURER, model, PN_VERSION, device,
                    "Radiomic features and prognostic model");
}

static void add_context(pn_sr *sr, const pn_report *r, const char *device)
{
    pn_sr_code(sr, PN_SR_HAS_CONCEPT_MOD, C_LANGUAGE, C_ENGLISH);
    pn_sr_code(sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_TYPE, C_DEVICE);
    pn_sr_uidref(sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_UID, device);
    pn_sr_text(sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_NAME,
               r->station_name[0] != '\0' ? r->station_name : "prognode");
    pn_sr_text(sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_MAKER, PN_MANUFACTURER);
    pn_sr_text(sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_MODEL, "prognode");
    pn_code_triple procedure = C_PROCEDURE_CT;
    if (strcmp(r->study.modality, "MR") == 0) { procedure = C_PROCEDURE_MR; }
    if (strcmp(r->study.modality, "PT") == 0) { procedure = C_PROCEDURE_PT; }
    pn_sr_code(sr, PN_SR_HAS_CONCEPT_MOD, C_PROCEDURE, procedure);
}

static void add_algorithm(pn_sr *sr, const char *name, const char *version)
{
    pn_sr_text(sr, PN_SR_HAS_CONCEPT_MOD, C_ALGORITHM_NAME, name);
    pn_sr_text(sr, PN_SR_HAS_CONCEPT_MOD, C_ALGORITHM_VERSION, version);
}

static void add_parameter(pn_sr *sr, const char *name, const char *value)
{
    char text[TEXT_SIZE];
    (void)snprintf(text, sizeof text, "%s: %s", name, value);
    pn_sr_text(sr, PN_SR_HAS_CONCEPT_MOD, C_ALGORITHM_PARAMETERS, text);
}

static void add_model(pn_sr *sr, const pn_report *r)
{
    char cutpoint[64];
    (void)snprintf(cutpoint, sizeof cutpoint, "high risk where the score is above %.9g",
                   r->cutpoint);
    add_algorithm(sr, r->model_title[0] != '\0' ? r->model_title : r->model_id,
                  r->model_version);
    add_parameter(sr, "model", r->model_id);
    add_parameter(sr, "sha256", r->model_sha256);
    add_parameter(sr, "cut-point", cutpoint);
    add_parameter(sr, "endpoint", r->endpoint[0] != '\0' ? r->endpoint : "survival");
}

/* NaN and infinity are told by their qualifier; a number is never made up. */
static void add_number(pn_sr *sr, pn_code_triple name, double v, rx_why why, pn_code_triple unit)
{
    if (isfinite(v)) {
        pn_sr_num(sr, PN_SR_CONTAINS, name, v, unit);
    } else if (isinf(v)) {
        pn_sr_num_absent(sr, PN_SR_CONTAINS, name,
                         v > 0 ? C_POSITIVE_INFINITY : C_NEGATIVE_INFINITY);
    } else {
        pn_sr_num_absent(sr, PN_SR_CONTAINS, name,
                         why == RX_NOT_ASKED ? C_NOT_ATTEMPTED : C_NOT_A_NUMBER);
    }
}

static void add_risk_level(pn_sr *sr, const pn_report *r)
{
    pn_code_triple level = C_NOT_ASSESSED;
    if (pn_report_main(r)->applicable) { level = pn_report_main(r)->high_risk ? C_HIGH_RISK : C_LOW_RISK; }
    pn_sr_code(sr, PN_SR_CONTAINS, C_RISK_LEVEL, level);
}

static void add_score(pn_sr *sr, const pn_report *r)
{
    if (!pn_report_main(r)->applicable) { return; }
    add_number(sr, C_SCORE, pn_report_main(r)->score, RX_DEFINED, C_NO_UNITS);
    add_number(sr, C_CUTPOINT, r->cutpoint, RX_DEFINED, C_NO_UNITS);
}

static void add_headline(pn_sr *sr, const pn_report *r)
{
    char text[TEXT_SIZE];
    add_risk_level(sr, r);
    add_score(sr, r);
    pn_sr_code(sr, PN_SR_CONTAINS, C_APPLICABLE, pn_report_main(r)->applicable ? C_YES : C_NO);
    if (pn_report_main(r)->applicable) {
        (void)snprintf(text, sizeof text,
                       "The case is within the intended use of the model. The score %.4g is %s "
                       "the cut-point %.4g: %s risk.",
                       pn_report_main(r)->score, pn_report_main(r)->high_risk ? "above" : "not above", r->cutpoint,
                       pn_report_main(r)->high_risk ? "high" : "low");
    } else {
        (void)snprintf(text, sizeof text,
                       "The model does not apply to this case; no risk group is given.%s%s",
                       r->n_reasons > 0 ? " Reason: " : "", r->n_reasons > 0 ? r->reasons[0] : "");
    }
    pn_sr_text(sr, PN_SR_CONTAINS, C_APPLICABILITY, text);
    (void)snprintf(text, sizeof text, "%s %s%s", r->model_id, r->model_version,
                   r->research_use_only ? " (research use only)" : "");
    pn_sr_text(sr, PN_SR_CONTAINS, C_MODEL, text);
}

static void add_region_reference(pn_sr *sr, const pn_report *r, const pn_sr_form *form,
                                 const pn_report_region *region)
{
    if (form->refer_to_segment) {
        pn_sr_image(sr, PN_SR_CONTAINS, C_SEGMENT, SEGMENTATION, form->seg_sop_uid,
                    (unsigned)(region - r->regions) + 1);
        pn_sr_uidref(sr, PN_SR_CONTAINS, C_SOURCE_SERIES, r->study.series_uid);
        return;
    }
    if (r->contour_kind == PN_KIND_SEG) {
        pn_sr_image(sr, PN_SR_CONTAINS, C_SEGMENT, r->contour_sop_class, r->contour_sop_uid,
                    (unsigned)region->number);
        pn_sr_uidref(sr, PN_SR_CONTAINS, C_SOURCE_SERIES, r->study.series_uid);
        return;
    }
    char number[16];
    (void)snprintf(number, sizeof number, "%d", region->number);
    pn_sr_composite(sr, PN_SR_CONTAINS, C_REGION_IN_SPACE, r->contour_sop_class,
                    r->contour_sop_uid);
    pn_sr_open_last(sr);
    /* TID 1411 row 12c says HAS PROPERTIES, which common readers refuse below COMPOSITE. */
    pn_sr_text(sr, PN_SR_HAS_ACQ_CONTEXT, C_REGION_NUMBER, number);
    pn_sr_close(sr);
}

/* A segment may carry a code without its meaning; that must not cost the report. */
static bool is_complete(pn_code_triple c)
{
    return c.value[0] != '\0' && c.scheme[0] != '\0' && c.meaning[0] != '\0';
}

static void add_region_identity(pn_sr *sr, const pn_report *r, const pn_sr_form *form,
                                const pn_report_region *region, bool main_region)
{
    char name[PN_LO_SIZE];
    (void)snprintf(name, sizeof name, "%s", region->name);
    if (name[0] == '\0') { (void)snprintf(name, sizeof name, "Region %d", region->number); }
    pn_sr_text(sr, PN_SR_HAS_OBS_CONTEXT, C_TRACKING_ID, name);
    pn_sr_uidref(sr, PN_SR_HAS_OBS_CONTEXT, C_TRACKING_UID, region->tracking_uid);
    pn_code_triple finding =
        PN_CODE(region->code_value, region->code_scheme, region->code_meaning);
    if (is_complete(finding)) {
        pn_sr_code(sr, PN_SR_CONTAINS, C_FINDING, finding);
    } else if (main_region) {
        pn_sr_code(sr, PN_SR_CONTAINS, C_FINDING, C_NEOPLASM);
    }
    add_region_reference(sr, r, form, region);
    pn_code_triple site = PN_CODE(region->site_value, region->site_scheme, region->site_meaning);
    if (is_complete(site)) { pn_sr_code(sr, PN_SR_HAS_CONCEPT_MOD, C_FINDING_SITE, site); }
}

static void add_features(pn_sr *sr, const pn_report *r, const pn_report_region *region)
{
    const rx_feature_def *features = rx_features();
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        const pn_feature_code *code = pn_feature_code_find(features[i].full_name);
        pn_unit unit = pn_feature_unit(code, r->study.modality);
        add_number(sr, PN_CODE(code->value, code->scheme, code->meaning), region->values[i].v,
                   region->values[i].why, PN_CODE(unit.ucum, "UCUM", unit.meaning));
    }
}

static void add_group(pn_sr *sr, const pn_report *r, const pn_sr_form *form,
                      const pn_report_region *region)
{
    bool main_region = region == &r->regions[r->main_region];
    pn_sr_container(sr, PN_SR_CONTAINS, C_GROUP, "1411");
    if (main_region) { add_headline(sr, r); }
    add_region_identity(sr, r, form, region, main_region);
    add_features(sr, r, region);
    if (region->note[0] != '\0') { pn_sr_text(sr, PN_SR_CONTAINS, C_COMMENT, region->note); }
    pn_sr_close(sr);
}

static void add_measurements(pn_sr *sr, const pn_report *r, const pn_sr_form *form)
{
    pn_sr_container(sr, PN_SR_CONTAINS, C_MEASUREMENTS, NULL);
    add_algorithm(sr, "prognode radiomics (PyRadiomics 3.1 definitions)", PN_VERSION);
    add_parameter(sr, "settings", r->settings);
    add_group(sr, r, form, &r->regions[r->main_region]);
    for (size_t i = 0; i < r->n_regions; i++) {
        if (i != r->main_region) { add_group(sr, r, form, &r->regions[i]); }
    }
    pn_sr_close(sr);
}

/* The code tells endpoint and horizon apart: PRG-S3Y survival, PRG-E3Y event-free. */
static void add_survival(pn_sr *sr, const pn_report *r, const pn_report_survival *s)
{
    char value[24], meaning[80];
    (void)snprintf(value, sizeof value, "PRG-%c%.4gY", pn_report_plain_survival(r) ? 'S' : 'E',
                   s->years);
    pn_report_survival_name(meaning, sizeof meaning, r, s->years);
    add_number(sr, PN_CODE(value, PN_SCHEME, meaning), 100 * s->probability, RX_DEFINED,
               C_PERCENT);
}

static void add_result(pn_sr *sr, const pn_report *r)
{
    if (!pn_report_main(r)->applicable) { return; }
    pn_sr_container(sr, PN_SR_CONTAINS, C_DERIVED, NULL);
    add_model(sr, r);
    add_score(sr, r);
    for (size_t i = 0; i < pn_report_main(r)->n_survival; i++) { add_survival(sr, r, &pn_report_main(r)->survival[i]); }
    pn_sr_close(sr);
}

static void add_comment(pn_sr *sr, const char *text)
{
    pn_sr_text(sr, PN_SR_CONTAINS, C_COMMENT, text);
}

static void add_drivers(pn_sr *sr, const pn_report *r)
{
    char text[TEXT_SIZE];
    for (size_t i = 0; pn_report_main(r)->applicable && i < pn_report_main(r)->n_drivers; i++) {
        const pn_report_driver *d = &pn_report_main(r)->drivers[i];
        (void)snprintf(text, sizeof text,
                       "%s: %+.4g (value %.6g, %+.2f standard deviations, percentile %.0f of the "
                       "training patients)",
                       d->name, d->contribution, d->value, d->z, d->percentile);
        pn_sr_text(sr, PN_SR_CONTAINS, C_CONTRIBUTION, text);
    }
}

static void add_evaluation(pn_sr *sr, const pn_report *r)
{
    char text[TEXT_SIZE];
    pn_sr_container(sr, PN_SR_CONTAINS, C_QUALITATIVE, NULL);
    add_risk_level(sr, r);
    if (r->research_use_only) {
        add_comment(sr, "Research use only. Not for diagnosis or treatment decisions.");
    }
    (void)snprintf(text, sizeof text, "Model: %s (%s %s), endpoint: %s, sha256 %s.",
                   r->model_title[0] != '\0' ? r->model_title : r->model_id, r->model_id,
                   r->model_version, r->endpoint[0] != '\0' ? r->endpoint : "survival",
                   r->model_sha256);
    add_comment(sr, text);
    for (size_t i = 0; i < r->n_reasons; i++) {
        (void)snprintf(text, sizeof text, "%s: %s",
                       pn_report_main(r)->applicable ? "To bear in mind" : "Not assessed because", r->reasons[i]);
        add_comment(sr, text);
    }
    if (r->matched_by_series) {
        add_comment(sr, "None of the images that the contours name was received; the images were "
                        "taken from the series that they name.");
    }
    if (r->predecessor_sop_uid[0] != '\0') {
        (void)snprintf(text, sizeof text, "Version %u of this report; replaces %s.", r->version,
                       r->predecessor_sop_uid);
        add_comment(sr, text);
    }
    add_drivers(sr, r);
    pn_sr_close(sr);
}

int pn_report_write_sr(const pn_report *r, const pn_sr_form *form, const char *path,
                       pn_error *err)
{
    const pn_sr_form own = {.comprehensive_3d = r->comprehensive_3d};
    char device[PN_UID_SIZE];
    pn_sr *sr = NULL;
    if (form == NULL) { form = &own; }
    int rc = check_report(r, err);
    if (rc == 0) { rc = device_uid(device, r, err); }
    if (rc == 0) { rc = start(&sr, r, form, err); }
    if (rc != 0) { return rc; }
    add_schemes(sr);
    add_references(sr, r, form, device);
    add_context(sr, r, device);
    add_measurements(sr, r, form);
    add_result(sr, r);
    add_evaluation(sr, r);
    rc = pn_sr_save(sr, path, err);
    pn_sr_free(sr);
    return rc;
}
