/* role/intake.c - see intake.h. */
#include "role/intake.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/hash.h"
#include "pipeline/model_file.h"
#include "pipeline/named_images.h"
#include "pipeline/select.h"
#include "role/matching.h"

int pn_intake_open(pn_intake *out, const cfg_node *cfg, pn_error *err)
{
    pn_intake in = {.cfg = cfg, .models = calloc(cfg->n_models + 1, sizeof *in.models)};
    if (in.models == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for models"); }
    for (size_t i = 0; i < cfg->n_models; i++) {
        int rc = pn_model_open(&in.models[i], &cfg->models[i], &cfg->signatures, err);
        if (rc != PN_OK) {
            pn_intake_close(&in);
            return rc;
        }
    }
    *out = in;
    return PN_OK;
}

void pn_intake_close(pn_intake *in)
{
    if (in == NULL || in->models == NULL) { return; }
    for (size_t i = 0; i < in->cfg->n_models; i++) { cfg_model_free(&in->models[i]); }
    free(in->models);
    memset(in, 0, sizeof *in);
}

#define COPY(dst, src) ((void)snprintf((dst), sizeof(dst), "%s", (src)))

void pn_intake_instance(pn_instance *out, const pn_header *h, const char *digest, uint64_t size,
                        int64_t received_ms)
{
    memset(out, 0, sizeof *out);
    COPY(out->sop_uid, h->sop_uid);
    COPY(out->digest, digest);
    COPY(out->kind, pn_kind_word(h->kind));
    COPY(out->sop_class_uid, h->sop_class_uid);
    COPY(out->study_uid, h->study_uid);
    COPY(out->series_uid, h->series_uid);
    COPY(out->frame_of_reference_uid, h->frame_of_reference_uid);
    COPY(out->patient_id, h->patient_id);
    COPY(out->patient_id_issuer, h->patient_id_issuer);
    COPY(out->modality, h->modality);
    COPY(out->source_ae, h->source_ae);
    COPY(out->pixel_digest, h->pixel_digest);
    COPY(out->identity_digest, h->identity_digest);
    out->size = size;
    out->received_ms = received_ms;
}

/* YYYYMMDD, with or without hours, minutes, seconds, fraction: what two can be compared by. */
static bool is_datetime(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n >= 8 && n <= 14 && n % 2 == 0;
}

static void describe_contour(pn_case *c, const pn_intake *in, const pn_header *h,
                             const char *digest, int64_t now_ms)
{
    memset(c, 0, sizeof *c);
    c->model_index = -1;
    COPY(c->contour_uid, h->sop_uid);
    COPY(c->contour_digest, digest);
    COPY(c->contour_kind, pn_kind_word(h->kind));
    COPY(c->source_ae, h->source_ae);
    COPY(c->patient_id, h->patient_id);
    COPY(c->patient_id_issuer, h->patient_id_issuer);
    COPY(c->study_uid, h->study_uid);
    COPY(c->frame_of_reference_uid, h->frame_of_reference_uid);
    c->fallback_at_ms = now_ms + (int64_t)in->cfg->series_fallback_s * 1000;
    c->give_up_at_ms = now_ms + (int64_t)in->cfg->give_up_s * 1000;
    if (is_datetime(h->structure_datetime)) { COPY(c->contour_datetime, h->structure_datetime); }
    for (size_t i = 0; i < in->cfg->n_urgent_ae_titles; i++) {
        if (strcmp(in->cfg->urgent_ae_titles[i], h->source_ae) == 0) { c->priority = 1; }
    }
}

/* The names of the regions that are there, for who wonders why no model wanted them. */
static int say_regions(pn_case *c, const pn_header *h, pn_error *err)
{
    pn_buf names = {0};
    int rc = pn_buf_printf(&names, err, "no model wants %s: ",
                           h->n_rois ? "any of these regions" : "it");
    for (size_t i = 0; rc == PN_OK && i < h->n_rois && names.n < PN_REASON_SIZE; i++) {
        const pn_roi *roi = &h->rois[i];
        bool empty = h->kind == PN_KIND_RTSTRUCT && roi->n_contours == 0;
        rc = pn_buf_printf(&names, err, "%s%s%s", i ? ", " : "", roi->name[0] ? roi->name : "(no name)",
                           empty ? " (empty)" : "");
    }
    if (rc == PN_OK && h->n_rois == 0) { rc = pn_buf_printf(&names, err, "no regions"); }
    if (rc == PN_OK) { snprintf(c->reason, sizeof c->reason, "%.500s", names.p); }
    pn_buf_free(&names);
    return rc;
}

/* Images named, or why that leads nowhere. */
static int name_images(pn_named_images *images, pn_case *c, const pn_header *h, pn_error *err)
{
    pn_error why = {0};
    int rc = pn_named_images_of(images, h, c->roi_numbers, c->n_rois, &why);
    if (rc != PN_OK && why.cls == PN_TRANSIENT) {
        if (err) { *err = why; }
        return rc;
    }
    if (rc != PN_OK) {
        c->state = PN_CASE_FAILED;
        snprintf(c->reason, sizeof c->reason, "%s", why.msg);
        return PN_OK;
    }
    COPY(c->series_uid, images->series_uid);
    c->drawn_only = images->drawn_only;
    if (images->other_series_uid[0]) {
        c->state = PN_CASE_FAILED;
        snprintf(c->reason, sizeof c->reason,
                 "the regions name no images, and the contour names several series: %s, %s",
                 images->series_uid, images->other_series_uid);
    }
    return PN_OK;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The regions' names, sorted; a region without a name is known by its number. */
static int add_region_names(pn_buf *text, const pn_case *c, const pn_header *h, pn_error *err)
{
    const char **names = calloc(c->n_rois + 1, sizeof *names);
    if (names == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for names"); }
    int rc = PN_OK;
    size_t n = 0;
    for (size_t i = 0; i < h->n_rois; i++) {
        for (size_t j = 0; j < c->n_rois; j++) {
            if (h->rois[i].number != c->roi_numbers[j] || n == c->n_rois) { continue; }
            if (h->rois[i].name[0]) { names[n++] = h->rois[i].name; }
            else if (rc == PN_OK) { rc = pn_buf_printf(text, err, "#%d\n", h->rois[i].number); }
        }
    }
    qsort(names, n, sizeof *names, compare_text);
    for (size_t i = 0; rc == PN_OK && i < n; i++) {
        rc = pn_buf_printf(text, err, "=%s\n", names[i]);
    }
    free(names);
    return rc;
}

static int set_lineage(pn_case *c, const pn_header *h, pn_error *err)
{
    pn_buf text = {0};
    uint8_t digest[PN_SHA256_SIZE];
    bool series = c->series_uid[0] != '\0';
    int rc = pn_buf_printf(&text, err, "%s\n%s\n%s %s\n%s\n", c->contour_kind, c->study_uid,
                           series ? "series" : "frame",
                           series ? c->series_uid : c->frame_of_reference_uid, c->model_id);
    if (rc == PN_OK) { rc = add_region_names(&text, c, h, err); }
    if (rc == PN_OK) { rc = pn_sha256_of(digest, text.p, text.n, err); }
    if (rc == PN_OK) { pn_hex(c->lineage, digest, sizeof digest); }
    pn_buf_free(&text);
    return rc;
}

/* By as much as both of them say. */
static bool is_earlier(const char *a, const char *b)
{
    size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
    return n > 0 && strncmp(a, b, n) < 0;
}

static int refuse_outdated(pn_case *c, pn_store *s, pn_error *err)
{
    pn_lineage_facts f;
    int rc = pn_store_lineage(&f, s, c->lineage, 0, err);
    if (rc == PN_OK && f.newest_id != 0 && is_earlier(c->contour_datetime, f.newest_datetime)) {
        c->state = PN_CASE_NOT_APPLICABLE;
        snprintf(c->reason, sizeof c->reason, "older than the contour of case %lld",
                 (long long)f.newest_id);
    }
    return rc;
}

static int make_case(int64_t *id, bool *made, pn_case *c, pn_store *s, const pn_header *h,
                     int64_t now_ms, pn_error *err)
{
    pn_named_images images = {0};
    int rc = name_images(&images, c, h, err);
    if (rc == PN_OK) { rc = set_lineage(c, h, err); }
    if (rc == PN_OK && c->state == PN_CASE_RECEIVED && !c->again) {
        rc = refuse_outdated(c, s, err);
    }
    if (rc == PN_OK) {
        rc = pn_store_add_case(id, made, s, c, images.uids, images.n, now_ms, err);
    }
    pn_named_images_free(&images);
    return rc;
}

static int model_wants(size_t *n_rois, pn_case *c, const pn_intake *in, size_t model,
                       const pn_header *h, pn_error *err)
{
    const cfg_model_ref *ref = &in->cfg->models[model];
    const cfg_model *m = &in->models[model];
    bool own = ref->n_contours > 0;
    int *numbers = NULL;
    int rc = pn_select_regions(&numbers, n_rois, h, own ? ref->contours : m->contours,
                               own ? ref->n_contours : m->n_contours, m->segment_codes,
                               m->n_segment_codes, err);
    if (rc != PN_OK) { return rc; }
    if (*n_rois > PN_MAX_ROIS) { *n_rois = PN_MAX_ROIS; }   /* the header's own limit */
    memcpy(c->roi_numbers, numbers, *n_rois * sizeof *numbers);
    free(numbers);
    c->n_rois = *n_rois;
    c->model_index = (int)model;
    COPY(c->model_id, m->id);
    COPY(c->model_version, m->version);
    COPY(c->model_sha256, m->file_sha256);
    return PN_OK;
}

static int make_cases(size_t *n_made, pn_case *c, pn_intake *in, pn_store *s, const pn_header *h,
                      const char *digest, int64_t now_ms, pn_error *err)
{
    size_t n_wanted = 0;
    int64_t id = 0;
    bool made = false;
    for (size_t i = 0; i < in->cfg->n_models; i++) {
        size_t n_rois = 0;
        describe_contour(c, in, h, digest, now_ms);
        int rc = model_wants(&n_rois, c, in, i, h, err);
        if (rc == PN_OK && n_rois > 0) {
            n_wanted++;
            rc = make_case(&id, &made, c, s, h, now_ms, err);
            *n_made += rc == PN_OK && made;
        }
        if (rc != PN_OK) { return rc; }
    }
    if (n_wanted > 0) { return PN_OK; }
    describe_contour(c, in, h, digest, now_ms);
    c->state = PN_CASE_NOT_APPLICABLE;
    int rc = say_regions(c, h, err);
    if (rc == PN_OK) { rc = pn_store_add_case(&id, &made, s, c, NULL, 0, now_ms, err); }
    *n_made += rc == PN_OK && made;
    return rc;
}

int pn_intake_contour(size_t *n_made, pn_intake *in, pn_store *s, const pn_header *h,
                      const char *digest, int64_t now_ms, pn_error *err)
{
    *n_made = 0;
    pn_case *c = malloc(sizeof *c);
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    int rc = make_cases(n_made, c, in, s, h, digest, now_ms, err);
    free(c);
    return rc;
}

/* ---- Again ------------------------------------------------------------------------------------- */

int pn_intake_describe(pn_case *out, size_t *n_rois, const pn_intake *in, size_t model,
                       const pn_header *h, const char *digest, int64_t now_ms, pn_error *err)
{
    pn_named_images images = {0};
    describe_contour(out, in, h, digest, now_ms);
    int rc = model_wants(n_rois, out, in, model, h, err);
    if (rc != PN_OK || *n_rois == 0) { return rc; }
    rc = name_images(&images, out, h, err);
    pn_named_images_free(&images);
    return rc == PN_OK ? set_lineage(out, h, err) : rc;
}

static int find_model(size_t *out, const pn_intake *in, const char *id, pn_error *err)
{
    for (size_t i = 0; i < in->cfg->n_models; i++) {
        if (strcmp(in->models[i].id, id) == 0) {
            *out = i;
            return PN_OK;
        }
    }
    return pn_fail(err, PN_ECONFIG, "no model %s is configured", id);
}

static int make_again(int64_t *id, pn_case *c, pn_intake *in, pn_store *s, const pn_case *old,
                      size_t model, const pn_header *h, int64_t now_ms, pn_error *err)
{
    size_t n_rois = 0;
    bool made = false;
    describe_contour(c, in, h, old->contour_digest, now_ms);
    int rc = model_wants(&n_rois, c, in, model, h, err);
    if (rc != PN_OK) { return rc; }
    if (n_rois == 0) {
        return pn_fail(err, PN_EINVAL, "model %s wants none of the regions of case %lld",
                       in->models[model].id, (long long)old->id);
    }
    c->again = true;
    if (old->priority > c->priority) { c->priority = old->priority; }
    return make_case(id, &made, c, s, h, now_ms, err);
}

int pn_intake_again(int64_t *id, pn_intake *in, pn_store *s, const pn_case *old,
                    const char *model_id, int64_t now_ms, pn_error *err)
{
    size_t model = 0;
    pn_lineage_facts f;
    int rc = find_model(&model, in, model_id, err);
    if (rc == PN_OK) { rc = pn_store_lineage(&f, s, old->lineage, old->id, err); }
    if (rc != PN_OK) { return rc; }
    if (f.later_id != 0) {
        return pn_fail(err, PN_EINVAL, "case %lld has been superseded by case %lld",
                       (long long)old->id, (long long)f.later_id);
    }
    pn_instance contour = {0};
    pn_header h = {0};
    pn_case *c = malloc(sizeof *c);
    rc = c == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for a case")
                   : pn_store_get_instance(&contour, s, old->contour_uid, old->contour_digest, err);
    if (rc == PN_OK && contour.header_json == NULL) {
        rc = pn_fail(err, PN_ENOTFOUND, "no header of contour %s", old->contour_uid);
    }
    if (rc == PN_OK) { rc = pn_header_from_json(&h, contour.header_json, err); }
    if (rc == PN_OK) { rc = make_again(id, c, in, s, old, model, &h, now_ms, err); }
    pn_header_free(&h);
    pn_instance_free(&contour);
    free(c);
    return rc;
}
