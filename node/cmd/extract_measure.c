#include "cmd/extract_measure.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/hash.h"
#include "dicom/mask.h"
#include "dicom/suv.h"
#include "pipeline/collect.h"
#include "pipeline/select.h"

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a row"); }

static int put_columns(ex_row *row, const ex_case *c, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < c->n_columns; i++) {
        rc = ex_put(row, c->columns[i].name, c->columns[i].text, err);
    }
    return rc;
}

int ex_measure_failed(ex_rows *out, const ex_case *c, const pn_error *why, pn_error *err)
{
    ex_row *row = ex_rows_add(out);
    if (row == NULL) { return no_memory(err); }
    row->failure = *why;
    return put_columns(row, c, err);
}

/* ---- An image file and a mask file ----------------------------------------------------------- */

static rx_pixel pixel_of(pn_voxel_type t)
{
    static const rx_pixel pixels[] = {
        [PN_VOXEL_I8] = RX_PIXEL_I8,   [PN_VOXEL_U8] = RX_PIXEL_U8,   [PN_VOXEL_I16] = RX_PIXEL_I16,
        [PN_VOXEL_U16] = RX_PIXEL_U16, [PN_VOXEL_I32] = RX_PIXEL_I32, [PN_VOXEL_U32] = RX_PIXEL_U32,
        [PN_VOXEL_I64] = RX_PIXEL_I64, [PN_VOXEL_U64] = RX_PIXEL_U64, [PN_VOXEL_F32] = RX_PIXEL_F32,
        [PN_VOXEL_F64] = RX_PIXEL_F64};
    return pixels[t];
}

/* The image of a case with a mask file: from a file, or from the one series of a DICOM folder. */
typedef struct loaded {
    pn_image file;
    pn_volume volume;
    void *owned;
    ex_subject subject;
    char note[160];
} loaded;

static void loaded_free(loaded *l)
{
    pn_image_free(&l->file);
    pn_volume_free(&l->volume);
    free(l->owned);
    *l = (loaded){0};
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_dicom(const char *path)
{
    char head[132] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool dicom = fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head && memcmp(head + 128, "DICM", 4) == 0;
    if (fd >= 0) { close(fd); }
    return dicom;
}

/* All images of the only series in a folder. */
static int load_series(pn_volume *volume, char note[PN_SUV_TEXT_SIZE], const char *path, bool suv, pn_error *err)
{
    pn_folder folder = {0};
    const char **paths = NULL;
    size_t n = 0;
    const char *series = NULL;
    int rc = pn_folder_scan(&folder, &path, 1, ex_tell_file, NULL, err);
    if (rc == PN_OK && (paths = calloc(folder.n + 1, sizeof *paths)) == NULL) { rc = no_memory(err); }
    for (size_t i = 0; rc == PN_OK && i < folder.n; i++) {
        const pn_header *h = &folder.entries[i].header;
        if (h->kind != PN_KIND_IMAGE) { continue; }
        if (series != NULL && strcmp(series, h->series_uid) != 0) {
            rc = pn_fail(err, PN_ENOTFOUND, "two image series are in the folder: %s and %s", series, h->series_uid);
        }
        series = h->series_uid;
        paths[n++] = folder.entries[i].path;
    }
    if (rc == PN_OK && n == 0) { rc = pn_fail(err, PN_ENOTFOUND, "no DICOM image in the folder %s", path); }
    if (rc == PN_OK) { rc = pn_volume_load(volume, paths, n, err); }
    if (rc == PN_OK && suv) { rc = pn_volume_to_suv(note, volume, paths, n, err); }
    free(paths);
    pn_folder_free(&folder);
    return rc;
}

static int hash_voxels(char sha1[PN_SHA1_HEX_SIZE], const pn_image *im, pn_error *err)
{
    pn_sha1 h;
    int rc = pn_sha1_init(&h, err);
    if (rc != PN_OK) { return rc; }
    pn_sha1_update(&h, im->voxels, im->n * pn_voxel_size(im->type));
    pn_sha1_final(&h, sha1);
    return PN_OK;
}

/* ITK hashes the mask as 32-bit labels. */
static int hash_labels(char sha1[PN_SHA1_HEX_SIZE], const pn_image *mask, pn_error *err)
{
    enum { PIECE = 16384 };
    uint32_t labels[PIECE];
    pn_sha1 h;
    int rc = pn_sha1_init(&h, err);
    if (rc != PN_OK) { return rc; }
    for (size_t i = 0; i < mask->n;) {
        size_t k = mask->n - i < PIECE ? mask->n - i : PIECE;
        pn_image_labels_at(labels, mask, i, k);
        pn_sha1_update(&h, labels, k * sizeof labels[0]);
        i += k;
    }
    pn_sha1_final(&h, sha1);
    return PN_OK;
}

static int load_image(loaded *l, const char *path, bool suv, pn_error *err)
{
    if (is_folder(path)) {
        int rc = load_series(&l->volume, l->note, path, suv, err);
        l->subject.image = l->volume.image;
        l->subject.volume = &l->volume;
        l->subject.contour_uid = "";
        return rc;
    }
    int rc = pn_image_read(&l->file, path, 0, err);
    if (rc == PN_OK && l->file.channels != 1) {
        rc = pn_fail(err, PN_EUNSUPPORTED, "%s has %u values a voxel, expected one", path, l->file.channels);
    }
    if (rc == PN_OK) { rc = hash_voxels(l->subject.image_sha1, &l->file, err); }
    if (rc == PN_OK) { rc = pn_image_view(&l->subject.image, &l->owned, &l->file, err); }
    if (rc != PN_OK) { return rc; }
    l->subject.pixel = pixel_of(l->file.type);
    memcpy(l->note, l->file.note, sizeof l->note);
    if (l->owned != NULL) {                       /* the copy is all that is looked at from here  */
        free(l->file.voxels);
        l->file.voxels = NULL;
    }
    return PN_OK;
}

static void list_labels(char *text, size_t size, const uint32_t *labels, size_t n)
{
    int used = snprintf(text, size, "%s", n == 0 ? "none" : "");
    for (size_t i = 0; i < n && (size_t)used < size; i++) {
        used += snprintf(text + used, size - (size_t)used, "%s%lu", i > 0 ? ", " : "", (unsigned long)labels[i]);
    }
}

/* region: room for a mask of one label, NULL where the mask's own 8-bit labels do. */
static int measure_label(ex_row *row, loaded *l, const pn_image *mask, uint8_t *region, uint32_t label,
                         const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    if (pn_image_label_voxels(mask, label) == 0) {
        uint32_t *there = NULL;
        size_t n = 0;
        char text[200];
        int rc = pn_image_labels(&there, &n, mask, err);
        if (rc != PN_OK) { return rc; }
        list_labels(text, sizeof text, there, n);
        free(there);
        return pn_fail(err, PN_EEMPTY, "the mask has no voxel of label %lu; its labels: %s", (unsigned long)label, text);
    }
    if (region != NULL) { (void)pn_image_region(region, mask, label); }
    l->subject.mask = (rx_mask){.grid = mask->grid, .voxels = region != NULL ? region : mask->voxels,
                                .label = region != NULL ? 1 : (uint8_t)label};
    return ex_profile_run(row, &l->subject, s, ws, err);
}

/* Which labels the case wants. The caller frees *labels. */
static int wanted_labels(uint32_t **labels, size_t *n, bool *told, const pn_image *mask, const ex_case *c,
                         const ex_setup *s, pn_error *err)
{
    uint32_t settled = s->profile == EX_IBSI ? s->ibsi.label : s->pyradiomics.label;
    *told = c->label == 0 && (s->all_labels || s->n_labels > 0);
    if (c->label == 0 && s->all_labels) {
        int rc = pn_image_labels(labels, n, mask, err);
        if (rc == PN_OK && *n == 0) {
            free(*labels);
            *labels = NULL;
            rc = pn_fail(err, PN_EEMPTY, "the mask has no label");
        }
        return rc;
    }
    *n = c->label == 0 && s->n_labels > 0 ? s->n_labels : 1;
    *labels = malloc(*n * sizeof **labels);
    if (*labels == NULL) { return no_memory(err); }
    for (size_t i = 0; i < *n; i++) { (*labels)[i] = c->label != 0 ? c->label : s->n_labels > 0 ? s->labels[i] : settled; }
    return PN_OK;
}

static int measure_labels(ex_rows *out, loaded *l, const pn_image *mask, const ex_case *c, const ex_setup *s,
                          rx_workspace *ws, pn_error *why, pn_error *err)
{
    uint32_t *labels = NULL;
    size_t n = 0;
    bool told = false;
    uint8_t *region = mask->type == PN_VOXEL_U8 ? NULL : malloc(mask->n);
    if (mask->type != PN_VOXEL_U8 && region == NULL) { return pn_fail_transient(why, PN_ENOMEM, "no memory for a mask"); }
    int rc = wanted_labels(&labels, &n, &told, mask, c, s, why);
    for (size_t i = 0; rc == PN_OK && i < n; i++) {
        ex_row *row = ex_rows_add(out);
        if (row == NULL) { rc = no_memory(err); break; }
        if (told || c->label != 0) { (void)snprintf(row->region, sizeof row->region, "label %lu", (unsigned long)labels[i]); }
        rc = put_columns(row, c, err);
        if (rc == PN_OK && told) { rc = ex_put_count(row, "Label", labels[i], err); }
        if (rc != PN_OK) { break; }
        (void)snprintf(l->subject.stem, sizeof l->subject.stem, "Case-%zu_label-%lu", c->number, (unsigned long)labels[i]);
        l->subject.region = row->region[0] != '\0' ? row->region : "mask";
        pn_error failure = {0};
        (void)measure_label(row, l, mask, region, labels[i], s, ws, &failure);
        row->failure = failure;
        if (failure.code == PN_OK) { rc = ex_note(row, l->note, err); }
    }
    free(labels);
    free(region);
    return rc;
}

static int measure_files(ex_rows *out, const ex_case *c, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    loaded l = {0};
    pn_image mask = {0};
    pn_error why = {0};
    unsigned channel = c->channel >= 0 ? (unsigned)c->channel
                       : s->profile == EX_IBSI ? s->ibsi.label_channel : s->pyradiomics.label_channel;
    /* The mask first: what its labels do not need is given back before the image comes. */
    int rc = pn_image_read(&mask, c->mask, channel, &why);
    if (rc == PN_OK) {
        pn_image_keep_labels(&mask);
        rc = hash_labels(l.subject.mask_sha1, &mask, &why);
    }
    if (rc == PN_OK) { rc = load_image(&l, c->image, s->suv, &why); }
    if (rc == PN_OK) {
        rc = measure_labels(out, &l, &mask, c, s, ws, &why, err);
        if (rc != PN_OK && why.code == PN_OK) { goto out; }
    }
    rc = rc != PN_OK ? ex_measure_failed(out, c, &why, err) : PN_OK;
out:
    pn_image_free(&mask);
    loaded_free(&l);
    return rc;
}

/* ---- A contour object ------------------------------------------------------------------------ */

static const pn_roi *find_roi(const pn_header *h, int number)
{
    for (size_t i = 0; i < h->n_rois; i++) {
        if (h->rois[i].number == number) { return &h->rois[i]; }
    }
    return NULL;
}

/* What a batch file says of a case counts more than what its objects do. */
static int put_unless_there(ex_row *row, const char *name, const char *text, pn_error *err)
{
    for (size_t i = 0; i < row->n_cells; i++) {
        if (strcmp(row->cells[i].name, name) == 0) { return PN_OK; }
    }
    return ex_put(row, name, text, err);
}

static int put_identity(ex_row *row, const pn_volume *v, const pn_header *contour, const pn_roi *roi, pn_error *err)
{
    int rc = put_unless_there(row, "case", v->study.patient_id, err);
    if (rc == PN_OK) { rc = put_unless_there(row, "roi", roi->name, err); }
    if (rc == PN_OK) { rc = put_unless_there(row, "image_series", v->study.series_uid, err); }
    if (rc == PN_OK) { rc = put_unless_there(row, "contour_sop", contour->sop_uid, err); }
    return rc;
}

/* What any file system takes; the number keeps apart what this makes equal. */
static void name_roi(char *stem, size_t size, const ex_case *c, const pn_roi *roi)
{
    int n = snprintf(stem, size, "Case-%zu_%d_%.60s", c->number, roi->number, roi->name);
    for (int i = 0; i < n && (size_t)i < size && stem[i] != '\0'; i++) {
        bool plain = (stem[i] >= 'a' && stem[i] <= 'z') || (stem[i] >= 'A' && stem[i] <= 'Z') ||
                     (stem[i] >= '0' && stem[i] <= '9') || stem[i] == '-' || stem[i] == '_';
        if (!plain) { stem[i] = '_'; }
    }
}

static int measure_roi(ex_row *row, const pn_volume *v, const pn_folder_entry *entry, const pn_roi *roi, const char *about,
                       const ex_case *c, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    pn_mask mask = {0};
    int rc = entry->header.kind == PN_KIND_RTSTRUCT ? pn_mask_from_rtstruct(&mask, entry->path, roi->number, v, err)
                                                    : pn_mask_from_seg(&mask, entry->path, roi->number, v, err);
    if (rc != PN_OK) { return rc; }
    ex_subject subject = {.image = v->image, .mask = mask.mask, .volume = v, .contour_uid = entry->header.sop_uid,
                          .region = roi->name};
    name_roi(subject.stem, sizeof subject.stem, c, roi);
    rc = ex_profile_run(row, &subject, s, ws, err);
    if (rc == PN_OK) { rc = ex_note(row, mask.note, err); }
    if (rc == PN_OK) { rc = ex_note(row, about, err); }
    if (rc == PN_OK) { rc = ex_note(row, v->note, err); }
    pn_mask_free(&mask);
    return rc;
}

static int measure_rois(ex_rows *out, const pn_folder *folder, const pn_folder_entry *entry, const int *rois,
                        size_t n_rois, const ex_case *c, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    pn_collected images = {0};
    pn_volume volume = {0};
    pn_error why = {0};
    char suv[PN_SUV_TEXT_SIZE] = "";
    int rc = pn_collect_images(&images, folder, &entry->header, rois, n_rois, &why);
    if (rc == PN_OK) { rc = pn_volume_load(&volume, images.paths, images.n, &why); }
    if (rc == PN_OK && s->suv) { rc = pn_volume_to_suv(suv, &volume, images.paths, images.n, &why); }
    if (rc != PN_OK) { rc = ex_measure_failed(out, c, &why, err); }
    for (size_t i = 0; rc == PN_OK && why.code == PN_OK && i < n_rois; i++) {
        const pn_roi *roi = find_roi(&entry->header, rois[i]);
        ex_row *row = ex_rows_add(out);
        if (row == NULL || roi == NULL) { rc = no_memory(err); break; }
        (void)snprintf(row->region, sizeof row->region, "region %s", roi->name);
        rc = put_columns(row, c, err);
        if (rc == PN_OK) { rc = put_identity(row, &volume, &entry->header, roi, err); }
        if (rc != PN_OK) { break; }
        pn_error failure = {0};
        (void)measure_roi(row, &volume, entry, roi, images.by_series ? "images matched by series" : "", c, s, ws, &failure);
        row->failure = failure;
        if (failure.code == PN_OK) { rc = ex_note(row, suv, err); }
    }
    pn_volume_free(&volume);
    pn_collected_free(&images);
    return rc;
}

/* A row of a batch file whose mask is a contour object and whose image is the folder with its images. */
static int measure_dicom_pair(ex_rows *out, const ex_case *c, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    static char any[] = "*";
    char *own[] = {c->roi != NULL ? c->roi : any};
    char *const *patterns = c->roi == NULL && s->n_patterns > 0 ? s->patterns : own;
    size_t n_patterns = c->roi == NULL && s->n_patterns > 0 ? s->n_patterns : 1;
    const char *const paths[] = {c->image, c->mask};
    pn_folder folder = {0};
    pn_error why = {0};
    int *rois = NULL;
    size_t n_rois = 0, at = 0;
    int rc = pn_folder_scan(&folder, paths, 2, ex_tell_file, NULL, &why);
    /* The mask was given last, and by itself. */
    while (rc == PN_OK && at < folder.n && strcmp(folder.entries[at].path, c->mask) != 0) { at++; }
    if (rc == PN_OK && (at == folder.n || (folder.entries[at].header.kind != PN_KIND_RTSTRUCT &&
                                           folder.entries[at].header.kind != PN_KIND_SEG))) {
        rc = pn_fail(&why, PN_EUNSUPPORTED, "the mask %s is a DICOM file, but no RTSTRUCT or SEG", c->mask);
    }
    if (rc == PN_OK) {
        rc = pn_select_regions(&rois, &n_rois, &folder.entries[at].header, patterns, n_patterns, NULL, 0, &why);
    }
    if (rc == PN_OK && n_rois == 0) { rc = pn_fail(&why, PN_ENOTFOUND, "no region named \"%.60s\"", patterns[0]); }
    rc = rc != PN_OK ? ex_measure_failed(out, c, &why, err)
                     : measure_rois(out, &folder, &folder.entries[at], rois, n_rois, c, s, ws, err);
    free(rois);
    pn_folder_free(&folder);
    return rc;
}

int ex_measure(ex_rows *out, const ex_cases *cases, size_t i, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    const ex_case *c = &cases->v[i];
    ex_rows rows = {0};
    int rc;
    if (c->mask == NULL) {
        rc = measure_rois(&rows, &cases->folder, &cases->folder.entries[c->entry], c->rois, c->n_rois, c, s, ws, err);
    } else if (is_dicom(c->mask)) {
        rc = measure_dicom_pair(&rows, c, s, ws, err);
    } else {
        rc = measure_files(&rows, c, s, ws, err);
    }
    if (rc != PN_OK) {
        ex_rows_free(&rows);
        return rc;
    }
    *out = rows;
    return PN_OK;
}
