/* pipeline/objects.c - see objects.h. */
#include "pipeline/objects.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "dicom/seg_write.h"
#include "report/page.h"
#include "report/sr_codes.h"

#define COMPREHENSIVE_SR    "1.2.840.10008.5.1.4.1.1.88.33"
#define COMPREHENSIVE_3D_SR "1.2.840.10008.5.1.4.1.1.88.34"
#define SECONDARY_CAPTURE   "1.2.840.10008.5.1.4.1.1.7"
#define ENCAPSULATED_PDF    "1.2.840.10008.5.1.4.1.1.104.1"

/* The SR has 901. */
enum { SEG_SERIES = 900, SC_SERIES = 902, PDF_SERIES = 903 };

static int derive(char sop_uid[PN_UID_SIZE], char series_uid[PN_UID_SIZE], const char *word,
                  const char *of, pn_error *err)
{
    const char *sop[] = {"object", word, of, NULL}, *series[] = {"series", word, of, NULL};
    int rc = pn_uid_from_parts(sop_uid, sop, err);
    return rc == PN_OK ? pn_uid_from_parts(series_uid, series, err) : rc;
}

static pn_object *append(pn_outcome *out, pn_object_kind kind, const char *file, const char *sop_class)
{
    pn_object *o = &out->objects[out->n_objects++];
    *o = (pn_object){.kind = kind};
    (void)snprintf(o->file, sizeof o->file, "%s", file);
    (void)snprintf(o->sop_class_uid, sizeof o->sop_class_uid, "%s", sop_class);
    return o;
}

static int path_of(char path[PN_PATH_SIZE], const char *folder, const pn_object *o, pn_error *err)
{
    return pn_path(path, PN_PATH_SIZE, err, "%s/%s", folder, o->file);
}

/* A companion of the report that this case does not allow is left out; what may pass is not. */
static int leave_out(pn_outcome *out, int rc, pn_error *err)
{
    char quoted[512];
    if (rc == PN_OK || err->cls == PN_TRANSIENT) { return rc; }
    const pn_object *o = &out->objects[--out->n_objects];
    pn_log(PN_LOG_WARN, "object_left_out", "kind=%s reason=%s", pn_object_kind_word(o->kind),
           pn_log_quote(quoted, sizeof quoted, err->msg));
    return PN_OK;
}

/* ---- Segmentation ----------------------------------------------------------------------------- */

static pn_code_triple finding_of(const pn_report_region *r)
{
    bool whole = r->code_value[0] != '\0' && r->code_scheme[0] != '\0' && r->code_meaning[0] != '\0';
    return whole ? PN_CODE(r->code_value, r->code_scheme, r->code_meaning) : C_NEOPLASM;
}

/* Names as the SR tells them: Tracking Identifier and Tracking ID are to be the same. */
static void name_region(char name[PN_LO_SIZE], const pn_report_region *r)
{
    (void)snprintf(name, PN_LO_SIZE, "%s", r->name);
    if (name[0] == '\0') { (void)snprintf(name, PN_LO_SIZE, "Region %d", r->number); }
}

/* The regions of the report are those of the measurement that could be measured, in its order. */
static size_t list_segments(pn_seg_segment *segments, char (*names)[PN_LO_SIZE], const pn_report *r,
                            const pn_measurement *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_regions && n < r->n_regions; i++) {
        if (m->regions[i].failure.code != PN_OK) { continue; }
        const pn_report_region *region = &r->regions[n];
        name_region(names[n], region);
        segments[n] = (pn_seg_segment){
            .mask = &m->regions[i].mask,
            .label = names[n],
            .tracking_uid = region->tracking_uid,
            .finding = finding_of(region),
            .site = PN_CODE(region->site_value, region->site_scheme, region->site_meaning),
        };
        n++;
    }
    return n;
}

static int write_seg_file(const pn_object *o, const pn_report *r, const pn_measurement *m,
                          const char *folder, pn_error *err)
{
    char path[PN_PATH_SIZE], device[PN_UID_SIZE], model[128];
    pn_seg_segment *segments = calloc(r->n_regions, sizeof *segments);
    char (*names)[PN_LO_SIZE] = calloc(r->n_regions, sizeof *names);
    int rc = segments == NULL || names == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for segments")
                                               : path_of(path, folder, o, err);
    if (rc == PN_OK) { rc = pn_report_device_uid(device, r, err); }
    if (rc == PN_OK) {
        (void)snprintf(model, sizeof model, "%s %s", r->model_id, r->model_version);
        const pn_made made = {
            .study = &r->study, .sop_class_uid = o->sop_class_uid, .sop_uid = o->sop_uid,
            .series_uid = o->series_uid, .modality = "SEG", .datetime = r->content_datetime,
            .series_number = SEG_SERIES, .series_description = "prognode: measured region",
            .institution = r->institution, .station_name = r->station_name, .model = model,
            .device_uid = device,
        };
        rc = pn_seg_write(&made, &m->volume, segments, list_segments(segments, names, r, m), path, err);
    }
    free(segments);
    free(names);
    return rc;
}

static int write_seg(pn_outcome *out, const pn_report *r, const pn_measurement *m, const char *folder,
                     pn_error *err)
{
    pn_object *o = append(out, PN_OBJECT_SEG, "seg.dcm", PN_UID_SEGMENTATION);
    int rc = derive(o->sop_uid, o->series_uid, "seg", r->sop_uid, err);
    if (rc == PN_OK) { rc = write_seg_file(o, r, m, folder, err); }
    return leave_out(out, rc, err);
}

/* ---- Reports ---------------------------------------------------------------------------------- */

typedef struct form {
    bool comprehensive_3d, names_segment;
    const char *word, *file;
} form;

/* One form of the report. The predecessor that it names is the earlier report in the same form:
 * that is what an archive which takes this form has. */
static int write_form(pn_object *o, const pn_report *r, const form *f, const pn_object *seg,
                      const pn_messages *words, const char *folder, pn_error *err)
{
    char path[PN_PATH_SIZE];
    pn_report as_form = *r;             /* what it owns stays the report's */
    pn_sr_form how = {.comprehensive_3d = f->comprehensive_3d, .refer_to_segment = f->names_segment,
                      .messages = words};
    o->names_segment = f->names_segment;
    int rc = path_of(path, folder, o, err);
    if (rc != PN_OK) { return rc; }
    if (o->choice > 0 && r->predecessor_sop_uid[0] != '\0') {
        rc = derive(as_form.predecessor_sop_uid, as_form.predecessor_series_uid, f->word,
                    r->predecessor_sop_uid, err);
        if (rc != PN_OK) { return rc; }
    }
    memcpy(how.sop_uid, o->sop_uid, PN_UID_SIZE);
    memcpy(how.series_uid, o->series_uid, PN_UID_SIZE);
    if (f->names_segment) {
        memcpy(how.seg_sop_uid, seg->sop_uid, PN_UID_SIZE);
        memcpy(how.seg_series_uid, seg->series_uid, PN_UID_SIZE);
    }
    return pn_report_write_sr(&as_form, &how, path, err);
}

/* The forms that may be needed, the preferred one first. */
static size_t list_forms(form forms[4], bool comprehensive_3d, bool seg)
{
    size_t n = 0;
    for (int names = seg; names >= 0; names--) {
        const char *word = names ? "segment 3d" : "region 3d", *flat = names ? "segment" : "region";
        if (comprehensive_3d) {
            forms[n++] = (form){true, names, word, names ? "sr-segment-3d.dcm" : "sr-region-3d.dcm"};
        }
        forms[n++] = (form){false, names, flat, names ? "sr-segment.dcm" : "sr-region.dcm"};
    }
    forms[0].file = PN_SR_FILE;
    return n;
}

static int write_reports(pn_outcome *out, pn_report *r, const pn_objects_opts *opts, const char *folder,
                         pn_error *err)
{
    form forms[4];
    const bool seg = out->n_objects > 0;
    size_t n = list_forms(forms, r->comprehensive_3d, seg);
    for (size_t i = 0; i < n; i++) {
        pn_object *o = append(out, PN_OBJECT_SR, forms[i].file,
                              forms[i].comprehensive_3d ? COMPREHENSIVE_3D_SR : COMPREHENSIVE_SR);
        o->choice = (unsigned)i;
        int rc = derive(o->sop_uid, o->series_uid, forms[i].word, r->sop_uid, err);
        if (rc != PN_OK) { return rc; }
        if (i == 0) {
            memcpy(r->sop_uid, o->sop_uid, PN_UID_SIZE);
            memcpy(r->series_uid, o->series_uid, PN_UID_SIZE);
        }
        rc = write_form(o, r, &forms[i], &out->objects[0], opts->words, folder, err);
        if (rc != PN_OK) { return rc; }
    }
    return PN_OK;
}

/* ---- The page --------------------------------------------------------------------------------- */

static const pn_region *region_of(const pn_measurement *m, size_t report_region)
{
    for (size_t i = 0; i < m->n_regions; i++) {
        if (m->regions[i].failure.code == PN_OK && report_region-- == 0) { return &m->regions[i]; }
    }
    return NULL;
}

static int draw_slices(pn_page_images *images, const pn_report *r, const pn_measurement *m, pn_error *err)
{
    const pn_packed_mask **others = calloc(r->n_regions, sizeof *others);
    if (others == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for masks"); }
    size_t n = 0;
    for (size_t i = 0; i < r->n_regions; i++) {
        if (i != r->main_region) { others[n++] = &region_of(m, i)->mask; }
    }
    int rc = pn_page_images_make(images, &m->volume, &region_of(m, r->main_region)->mask, others, n, err);
    free(others);
    return rc;
}

static int write_page(pn_outcome *out, pn_object_kind kind, const pn_report *r,
                      const pn_page_images *images, const pn_messages *words, const char *folder,
                      pn_error *err)
{
    char path[PN_PATH_SIZE];
    const bool sc = kind == PN_OBJECT_SC;
    pn_object *o = append(out, kind, sc ? "page.dcm" : "page.pdf.dcm", sc ? SECONDARY_CAPTURE : ENCAPSULATED_PDF);
    int rc = derive(o->sop_uid, o->series_uid, pn_object_kind_word(kind), r->sop_uid, err);
    if (rc == PN_OK) { rc = path_of(path, folder, o, err); }
    if (rc == PN_OK) {
        /* No reference to the SR: an archive may have it in another form. */
        const pn_page_form how = {.sop_uid = o->sop_uid, .series_uid = o->series_uid,
                                  .series_number = sc ? SC_SERIES : PDF_SERIES};
        rc = sc ? pn_report_write_sc(r, images, words, &how, path, err)
                : pn_report_write_pdf(r, images, words, &how, path, err);
    }
    return leave_out(out, rc, err);
}

static int write_pages(pn_outcome *out, const pn_report *r, const pn_measurement *m,
                       const pn_objects_opts *opts, const char *folder, pn_error *err)
{
    pn_page_images images = {0};
    int rc = draw_slices(&images, r, m, err);
    if (rc == PN_OK && opts->picture) {
        rc = write_page(out, PN_OBJECT_SC, r, &images, opts->words, folder, err);
    }
    if (rc == PN_OK && opts->pdf) {
        rc = write_page(out, PN_OBJECT_PDF, r, &images, opts->words, folder, err);
    }
    pn_page_images_free(&images);
    return rc;
}

int pn_objects_write(pn_outcome *out, pn_report *report, const pn_measurement *m,
                     const pn_objects_opts *opts, const char *folder, pn_error *err)
{
    int rc = PN_OK;
    out->n_objects = 0;
    if (opts->seg && m->contour.kind == PN_KIND_RTSTRUCT) { rc = write_seg(out, report, m, folder, err); }
    if (rc == PN_OK) { rc = write_reports(out, report, opts, folder, err); }
    if (rc == PN_OK && (opts->picture || opts->pdf)) {
        rc = write_pages(out, report, m, opts, folder, err);
    }
    return rc;
}
