/* dicom/header_json.c - pn_header as one line of JSON, and back.
 *
 * Contour objects name the same images region after region, so each UID is written once, in
 * "images", and lists hold positions in it. The reader trusts nothing: it may hear from a
 * process that parsed a hostile file. */
#include "dicom/header.h"
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[] = {"other", "image", "rtstruct", "seg", "own", "commitment"};
enum { N_KINDS = sizeof kind_words / sizeof *kind_words };

const char *pn_kind_word(pn_kind k)
{
    return (unsigned)k < N_KINDS ? kind_words[k] : "?";
}

static void free_uids(char **uids, size_t n)
{
    for (size_t i = 0; i < n && uids != NULL; i++) { free(uids[i]); }
    free(uids);
}

void pn_header_free(pn_header *h)
{
    if (h == NULL) { return; }
    for (size_t i = 0; i < h->n_rois; i++) { free_uids(h->rois[i].image_uids, h->rois[i].n_image_uids); }
    for (size_t i = 0; i < h->n_series; i++) {
        free_uids(h->series[i].image_uids, h->series[i].n_image_uids);
    }
    free(h->rois);
    free(h->series);
    free(h->kept);
    *h = (pn_header){.kind = PN_KIND_OTHER};
}

/* One row a text field, so that writer and reader cannot drift apart. */
typedef struct field {
    const char *name;
    size_t offset, size;
} field;
#define FIELD(type, f) {#f, offsetof(type, f), sizeof(((type *)0)->f)}

static const field header_fields[] = {
    FIELD(pn_header, sop_class_uid), FIELD(pn_header, sop_uid), FIELD(pn_header, study_uid),
    FIELD(pn_header, series_uid), FIELD(pn_header, frame_of_reference_uid),
    FIELD(pn_header, transfer_syntax_uid), FIELD(pn_header, modality),
    FIELD(pn_header, patient_id), FIELD(pn_header, patient_id_issuer),
    FIELD(pn_header, accession), FIELD(pn_header, source_ae), FIELD(pn_header, instance_number),
    FIELD(pn_header, structure_label), FIELD(pn_header, structure_datetime),
    FIELD(pn_header, pixel_digest), FIELD(pn_header, identity_digest), FIELD(pn_header, transaction_uid),
};
static const field roi_fields[] = {
    FIELD(pn_roi, name), FIELD(pn_roi, code_value), FIELD(pn_roi, code_scheme),
    FIELD(pn_roi, code_meaning),
};
static const field series_fields[] = {FIELD(pn_ref_series, series_uid)};
static const field kept_fields[] = {FIELD(pn_kept, sop_uid)};
#define N_FIELDS(table) (sizeof(table) / sizeof *(table))

/* ---- Write ---------------------------------------------------------------- */

/* Every UID of the header once, sorted; lists look their positions up. Borrowed pointers. */
typedef struct uid_table {
    const char **uids;
    size_t n;
} uid_table;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int collect_uids(uid_table *t, const pn_header *h, pn_error *err)
{
    size_t total = 0;
    for (size_t i = 0; i < h->n_rois; i++) { total += h->rois[i].n_image_uids; }
    for (size_t i = 0; i < h->n_series; i++) { total += h->series[i].n_image_uids; }
    *t = (uid_table){.n = 0};
    if (total == 0) { return 0; }
    t->uids = calloc(total, sizeof *t->uids);
    if (t->uids == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    size_t n = 0;
    for (size_t i = 0; i < h->n_rois; i++) {
        for (size_t j = 0; j < h->rois[i].n_image_uids; j++) { t->uids[n++] = h->rois[i].image_uids[j]; }
    }
    for (size_t i = 0; i < h->n_series; i++) {
        for (size_t j = 0; j < h->series[i].n_image_uids; j++) {
            t->uids[n++] = h->series[i].image_uids[j];
        }
    }
    qsort(t->uids, n, sizeof *t->uids, by_text);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(t->uids[t->n - 1], t->uids[i]) != 0) { t->uids[t->n++] = t->uids[i]; }
    }
    return 0;
}

static bool write_fields(cJSON *object, const void *from, const field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *text = (const char *)from + fields[i].offset;
        if (text[0] != '\0' && cJSON_AddStringToObject(object, fields[i].name, text) == NULL) {
            return false;
        }
    }
    return true;
}

static bool write_list(cJSON *object, char *const *uids, size_t n, const uid_table *t)
{
    cJSON *list = cJSON_AddArrayToObject(object, "images");
    for (size_t i = 0; i < n && list != NULL; i++) {
        const char *key = uids[i];
        const char **at = bsearch(&key, t->uids, t->n, sizeof *t->uids, by_text);
        cJSON *number = cJSON_CreateNumber((double)(at - t->uids));
        if (number == NULL || !cJSON_AddItemToArray(list, number)) { return false; }
    }
    return list != NULL;
}

static cJSON *add_object(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();
    if (object != NULL && !cJSON_AddItemToArray(array, object)) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

static bool write_rois(cJSON *root, const pn_header *h, const uid_table *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "rois");
    if (array == NULL) { return false; }
    for (size_t i = 0; i < h->n_rois; i++) {
        const pn_roi *r = &h->rois[i];
        cJSON *o = add_object(array);
        if (o == NULL || cJSON_AddNumberToObject(o, "number", r->number) == NULL ||
            cJSON_AddNumberToObject(o, "contours", (double)r->n_contours) == NULL ||
            !write_fields(o, r, roi_fields, N_FIELDS(roi_fields)) ||
            !write_list(o, r->image_uids, r->n_image_uids, t)) {
            return false;
        }
    }
    return true;
}

static bool write_series(cJSON *root, const pn_header *h, const uid_table *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "series");
    if (array == NULL) { return false; }
    for (size_t i = 0; i < h->n_series; i++) {
        const pn_ref_series *s = &h->series[i];
        cJSON *o = add_object(array);
        if (o == NULL || !write_fields(o, s, series_fields, N_FIELDS(series_fields)) ||
            !write_list(o, s->image_uids, s->n_image_uids, t)) {
            return false;
        }
    }
    return true;
}

static bool write_kept(cJSON *root, const pn_header *h)
{
    cJSON *array = cJSON_AddArrayToObject(root, "kept");
    if (array == NULL) { return false; }
    for (size_t i = 0; i < h->n_kept; i++) {
        cJSON *o = add_object(array);
        if (o == NULL || cJSON_AddNumberToObject(o, "reason", h->kept[i].reason) == NULL ||
            !write_fields(o, &h->kept[i], kept_fields, N_FIELDS(kept_fields))) {
            return false;
        }
    }
    return true;
}

static bool write_header(cJSON *root, const pn_header *h, const uid_table *t)
{
    if (cJSON_AddStringToObject(root, "kind", pn_kind_word(h->kind)) == NULL ||
        !write_fields(root, h, header_fields, N_FIELDS(header_fields))) {
        return false;
    }
    if (h->n_frames > 0 && cJSON_AddNumberToObject(root, "frames", h->n_frames) == NULL) { return false; }
    if (h->n_kept > 0 && !write_kept(root, h)) { return false; }
    if (h->n_rois == 0 && h->n_series == 0) { return true; }
    /* cJSON makes no list of no strings. */
    cJSON *images = t->n > 0 ? cJSON_CreateStringArray(t->uids, (int)t->n) : cJSON_CreateArray();
    if (images == NULL || !cJSON_AddItemToObject(root, "images", images)) {
        cJSON_Delete(images);
        return false;
    }
    return write_rois(root, h, t) && write_series(root, h, t);
}

int pn_header_to_json(char **out, const pn_header *h, pn_error *err)
{
    if (out == NULL || h == NULL) { return pn_fail(err, PN_EINVAL, "pn_header_to_json: null argument"); }
    uid_table table;
    int rc = collect_uids(&table, h, err);
    if (rc != 0) { return rc; }
    if (table.n > INT_MAX) {
        free(table.uids);
        return pn_fail(err, PN_ELIMIT, "header names too many images");
    }
    cJSON *root = cJSON_CreateObject();
    char *text = root != NULL && write_header(root, h, &table) ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    free(table.uids);
    if (text == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    if (strlen(text) > PN_MAX_JSON_BYTES) {
        cJSON_free(text);
        return pn_fail(err, PN_ELIMIT, "header is more than %llu bytes of JSON", PN_MAX_JSON_BYTES);
    }
    *out = text;
    return 0;
}

/* ---- Read ----------------------------------------------------------------- */

static int read_fields(void *to, const cJSON *object, const field *fields, size_t n, pn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, fields[i].name);
        if (v == NULL) { continue; }
        if (!cJSON_IsString(v) || strlen(v->valuestring) >= fields[i].size) {
            return pn_fail(err, PN_EFORMAT, "header JSON: \"%s\" is not text of at most %zu bytes",
                           fields[i].name, fields[i].size - 1);
        }
        memcpy((char *)to + fields[i].offset, v->valuestring, strlen(v->valuestring) + 1);
    }
    return 0;
}

static bool whole_number(const cJSON *v, double low, double high, double *out)
{
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= low && v->valuedouble <= high)) { return false; }
    *out = v->valuedouble;
    return *out == (double)(int64_t)*out;
}

/* Positions in `images` -> owned copies of the UIDs. */
static int read_list(char ***uids, size_t *n, const cJSON *object, const cJSON *const *images,
                     size_t n_images, pn_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "images"), *v;
    if (!cJSON_IsArray(list)) { return pn_fail(err, PN_EFORMAT, "header JSON: a list of images is missing"); }
    size_t count = (size_t)cJSON_GetArraySize(list);
    if (count > PN_MAX_SLICES) { return pn_fail(err, PN_ELIMIT, "header JSON: %zu images in one list", count); }
    if (count == 0) { return 0; }
    *uids = calloc(count, sizeof **uids);
    if (*uids == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    cJSON_ArrayForEach(v, list) {
        double at;
        if (n_images == 0 || !whole_number(v, 0, (double)(n_images - 1), &at)) {
            return pn_fail(err, PN_EFORMAT, "header JSON: an image number is outside the table");
        }
        (*uids)[*n] = strdup(images[(size_t)at]->valuestring);
        if ((*uids)[*n] == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
        ++*n;
    }
    return 0;
}

static int read_roi(pn_roi *roi, const cJSON *o, const cJSON *const *images, size_t n_images,
                    pn_error *err)
{
    double number, contours;
    if (!whole_number(cJSON_GetObjectItemCaseSensitive(o, "number"), INT_MIN, INT_MAX, &number) ||
        !whole_number(cJSON_GetObjectItemCaseSensitive(o, "contours"), 0, INT_MAX, &contours)) {
        return pn_fail(err, PN_EFORMAT, "header JSON: a region without number or contours");
    }
    roi->number = (int)number;
    roi->n_contours = (size_t)contours;
    int rc = read_fields(roi, o, roi_fields, N_FIELDS(roi_fields), err);
    return rc != 0 ? rc : read_list(&roi->image_uids, &roi->n_image_uids, o, images, n_images, err);
}

static int read_contours(pn_header *h, const cJSON *root, const cJSON *const *images,
                         size_t n_images, pn_error *err)
{
    const cJSON *rois = cJSON_GetObjectItemCaseSensitive(root, "rois"), *o;
    const cJSON *series = cJSON_GetObjectItemCaseSensitive(root, "series");
    size_t n_rois = (size_t)cJSON_GetArraySize(rois), n_series = (size_t)cJSON_GetArraySize(series);
    if (n_rois > PN_MAX_ROIS || n_series > PN_MAX_SLICES) {
        return pn_fail(err, PN_ELIMIT, "header JSON: %zu regions, %zu series", n_rois, n_series);
    }
    h->rois = calloc(n_rois + 1, sizeof *h->rois);
    h->series = calloc(n_series + 1, sizeof *h->series);
    if (h->rois == NULL || h->series == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    cJSON_ArrayForEach(o, rois) {
        int rc = read_roi(&h->rois[h->n_rois++], o, images, n_images, err);
        if (rc != 0) { return rc; }
    }
    cJSON_ArrayForEach(o, series) {
        pn_ref_series *s = &h->series[h->n_series++];
        int rc = read_fields(s, o, series_fields, N_FIELDS(series_fields), err);
        if (rc == 0) { rc = read_list(&s->image_uids, &s->n_image_uids, o, images, n_images, err); }
        if (rc != 0) { return rc; }
    }
    return 0;
}

static int read_kept(pn_header *h, const cJSON *root, pn_error *err)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, "kept"), *o;
    size_t n = (size_t)cJSON_GetArraySize(array);
    if (n > PN_MAX_COMMITMENTS) { return pn_fail(err, PN_ELIMIT, "header JSON: %zu objects kept", n); }
    h->kept = calloc(n + 1, sizeof *h->kept);
    if (h->kept == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    cJSON_ArrayForEach(o, array) {
        double reason;
        pn_kept *k = &h->kept[h->n_kept++];
        if (!whole_number(cJSON_GetObjectItemCaseSensitive(o, "reason"), PN_KEPT, 65535, &reason)) {
            return pn_fail(err, PN_EFORMAT, "header JSON: an object kept without a reason");
        }
        k->reason = (int)reason;
        int rc = read_fields(k, o, kept_fields, N_FIELDS(kept_fields), err);
        if (rc != 0) { return rc; }
    }
    return 0;
}

/* The table of UIDs, so that a position is found without walking a list. */
static int index_images(const cJSON ***out, size_t *n, const cJSON *root, pn_error *err)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, "images"), *v;
    size_t count = (size_t)cJSON_GetArraySize(array);
    *out = calloc(count + 1, sizeof **out);
    if (*out == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    cJSON_ArrayForEach(v, array) {
        if (!cJSON_IsString(v) || strlen(v->valuestring) >= PN_UID_SIZE) {
            return pn_fail(err, PN_EFORMAT, "header JSON: \"images\" holds other than UIDs");
        }
        (*out)[(*n)++] = v;
    }
    return 0;
}

static int read_root(pn_header *h, const cJSON *root, pn_error *err)
{
    const cJSON *kind = cJSON_GetObjectItemCaseSensitive(root, "kind");
    int k = 0;
    while (k < N_KINDS && !(cJSON_IsString(kind) && strcmp(kind->valuestring, kind_words[k]) == 0)) { k++; }
    if (k == N_KINDS) { return pn_fail(err, PN_EFORMAT, "header JSON: \"kind\" is missing or unknown"); }
    h->kind = (pn_kind)k;
    const cJSON *frames = cJSON_GetObjectItemCaseSensitive(root, "frames");
    double n_frames = 0;
    if (frames != NULL && !whole_number(frames, 0, INT_MAX, &n_frames)) {
        return pn_fail(err, PN_EFORMAT, "header JSON: \"frames\" is no count");
    }
    h->n_frames = (unsigned)n_frames;
    int rc = read_fields(h, root, header_fields, N_FIELDS(header_fields), err);
    const cJSON **images = NULL;
    size_t n_images = 0;
    if (rc == 0) { rc = index_images(&images, &n_images, root, err); }
    if (rc == 0) { rc = read_contours(h, root, images, n_images, err); }
    if (rc == 0) { rc = read_kept(h, root, err); }
    free(images);
    return rc;
}

int pn_header_from_json(pn_header *out, const char *json, pn_error *err)
{
    if (out == NULL || json == NULL) { return pn_fail(err, PN_EINVAL, "pn_header_from_json: null argument"); }
    size_t n = strlen(json);
    if (n > PN_MAX_JSON_BYTES) { return pn_fail(err, PN_ELIMIT, "header JSON: %zu bytes", n); }
    cJSON *root = cJSON_ParseWithLengthOpts(json, n + 1, NULL, 1);
    if (root == NULL || !cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return pn_fail(err, PN_EFORMAT, "header JSON: not a JSON object");
    }
    pn_header h = {.kind = PN_KIND_OTHER};
    int rc = read_root(&h, root, err);
    cJSON_Delete(root);
    if (rc != 0) {
        pn_header_free(&h);
        return rc;
    }
    *out = h;
    return 0;
}
