/* report/sr_content.c - a report as a Structured Report: TID 1500 with a measurement group a
 * region (sr_group.c) and the model's result (sr_result.c).
 *
 * Every item has a name: a viewer that prints the tree fails on one without. Items between the
 * root and the first group are few, since a reader's first screen begins with them. */
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/sr_codes.h"
#include "report/sr_writer.h"
#include "report/words.h"

enum { SERIES_NUMBER = 901 };

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
    for (size_t i = 0; i < r->n_regions; i++) {
        const pn_report_result *result = &r->regions[i].result;
        if (result->applicable && (!isfinite(result->score) || !isfinite(r->cutpoint))) {
            return pn_fail(err, PN_EINVAL, "report: score %g, cut-point %g, expected numbers",
                           result->score, r->cutpoint);
        }
    }
    return PN_OK;
}

static int start(pn_sr_writer *w, pn_error *err)
{
    const pn_report *r = w->report;
    const pn_sr_form *form = w->form;
    char date[9], time[7], description[PN_WORDS_SIZE];
    (void)snprintf(date, sizeof date, "%.8s", r->content_datetime);
    (void)snprintf(time, sizeof time, "%.6s", r->content_datetime + 8);
    pn_words_series(description, sizeof description, w->words, r);
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
    return pn_sr_new(&w->sr, &header, C_TITLE, "1500", err);
}

static void add_schemes(pn_sr *sr)
{
    pn_sr_coding_scheme(sr, "IBSI", "1.2.840.10008.2.16.13",
                        "Image Biomarker Standardisation Initiative", "");
    pn_sr_coding_scheme(sr, PN_SCHEME, NULL, "prognode private codes", "prognode");
    pn_sr_coding_scheme(sr, "99PYRADIOMICS", NULL, "PyRadiomics private codes",
                        "PyRadiomics community");
}

static void add_references(pn_sr_writer *w, const char *device)
{
    const pn_report *r = w->report;
    for (size_t i = 0; i < r->n_images; i++) {
        pn_sr_evidence(w->sr, r->study.series_uid, r->images[i].sop_class_uid,
                       r->images[i].sop_uid);
    }
    pn_sr_evidence(w->sr, r->contour_series_uid, r->contour_sop_class, r->contour_sop_uid);
    if (w->form->refer_to_segment) {
        pn_sr_evidence(w->sr, w->form->seg_series_uid, PN_SEGMENTATION_STORAGE,
                       w->form->seg_sop_uid);
    }
    if (r->predecessor_sop_uid[0] != '\0') {
        pn_sr_predecessor(w->sr, r->predecessor_series_uid, r->predecessor_sop_uid);
    }
    char model[128];
    (void)snprintf(model, sizeof model, "%s %s", r->model_id, r->model_version);
    pn_sr_equipment(w->sr, C_PROCESSING_EQUIPMENT, PN_MANUFACTURER, model, PN_VERSION, device,
                    "Radiomic features and prognostic model");
}

static void add_context(pn_sr_writer *w, const char *device)
{
    const pn_report *r = w->report;
    pn_sr_code(w->sr, PN_SR_HAS_CONCEPT_MOD, C_LANGUAGE,
               PN_CODE(pn_messages_language(w->words), "RFC5646",
                       pn_messages_language_name(w->words)));
    pn_sr_code(w->sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_TYPE, C_DEVICE);
    pn_sr_uidref(w->sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_UID, device);
    pn_sr_text(w->sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_NAME,
               r->station_name[0] != '\0' ? r->station_name : "prognode");
    pn_sr_text(w->sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_MAKER, PN_MANUFACTURER);
    pn_sr_text(w->sr, PN_SR_HAS_OBS_CONTEXT, C_OBSERVER_MODEL, "prognode");
    pn_code_triple procedure = C_PROCEDURE_CT;
    if (strcmp(r->study.modality, "MR") == 0) { procedure = C_PROCEDURE_MR; }
    if (strcmp(r->study.modality, "PT") == 0) { procedure = C_PROCEDURE_PT; }
    pn_sr_code(w->sr, PN_SR_HAS_CONCEPT_MOD, C_PROCEDURE, procedure);
}

static int add_measurements(pn_sr_writer *w, pn_error *err)
{
    const pn_report *r = w->report;
    pn_sr_container(w->sr, PN_SR_CONTAINS, C_MEASUREMENTS, NULL);
    pn_sr_put_algorithm(w, "prognode radiomics (PyRadiomics 3.1 definitions)", PN_VERSION);
    pn_sr_put_parameter(w, "settings", r->settings);
    pn_sr_put_group(w, &r->regions[r->main_region]);
    for (size_t i = 0; i < r->n_regions; i++) {
        if (i != r->main_region) { pn_sr_put_group(w, &r->regions[i]); }
    }
    int rc = pn_sr_put_filtered(w, &r->regions[r->main_region], err);
    for (size_t i = 0; rc == PN_OK && i < r->n_regions; i++) {
        if (i != r->main_region) { rc = pn_sr_put_filtered(w, &r->regions[i], err); }
    }
    pn_sr_close(w->sr);
    return rc;
}

static int write_document(pn_sr_writer *w, const char *path, pn_error *err)
{
    char device[PN_UID_SIZE];
    int rc = pn_report_device_uid(device, w->report, err);
    if (rc == PN_OK) { rc = start(w, err); }
    if (rc != PN_OK) { return rc; }
    add_schemes(w->sr);
    add_references(w, device);
    add_context(w, device);
    rc = add_measurements(w, err);
    pn_sr_put_derived(w);
    pn_sr_put_evaluations(w);
    if (rc == PN_OK) { rc = pn_sr_save(w->sr, path, err); }
    pn_sr_free(w->sr);
    return rc;
}

int pn_report_write_sr(const pn_report *r, const pn_sr_form *form, const char *path,
                       pn_error *err)
{
    const pn_sr_form own_form = {.comprehensive_3d = r->comprehensive_3d};
    pn_sr_writer w = {.report = r, .form = form != NULL ? form : &own_form};
    pn_messages *own_words = NULL;
    int rc = check_report(r, err);
    if (rc == PN_OK && w.form->messages == NULL) {
        rc = pn_messages_load(&own_words, r->language, NULL, err);
    }
    if (rc != PN_OK) { return rc; }
    w.words = own_words != NULL ? own_words : w.form->messages;
    rc = write_document(&w, path, err);
    pn_messages_free(own_words);
    return rc;
}
