#include "cmd/extract_maps.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/node.h>
#include <radiomics/maps.h>
#include "base/file.h"
#include "base/hash.h"
#include "dicom/parametric_map.h"
#include "dicom/scan.h"
#include "image/image.h"
#include "pipeline/measure.h"
#include "report/feature_codes.h"

enum { NAME_SIZE = RX_NAME_SIZE, PATH_SIZE = 4096, TEXT_SIZE = 1024 };

static const size_t MOST_BYTES = (size_t)1 << 29;      /* of maps in memory at once, but for the first */

/* "glcm_Contrast" of feature f. */
static const char *short_name(int f) { return rx_features()[f].full_name + sizeof "original_" - 1; }

static bool has_map(int f) { return rx_features()[f].cls != RX_SHAPE; }

static bool has_wildcard(const char *pattern) { return strpbrk(pattern, "*?") != NULL; }

/* ---- Names --------------------------------------------------------------------------------------- */

/* Image types have names of their own: only what stands behind them can be known. */
static bool is_name(const char *name)
{
    size_t n = strlen(name);
    for (int f = 0; f < RX_NFEATURES; f++) {
        size_t m = strlen(short_name(f));
        bool ends = n >= m && strcmp(name + n - m, short_name(f)) == 0;
        if (has_map(f) && ends && (n == m || name[n - m - 1] == '_')) { return true; }
    }
    return false;
}

int ex_map_patterns(char **patterns, size_t *n, size_t room, char *list, pn_error *err)
{
    char *rest = list;
    while (rest != NULL) {
        char *name = rest, *comma = strchr(rest, ',');
        rest = comma != NULL ? comma + 1 : NULL;
        if (comma != NULL) { *comma = '\0'; }
        static char all[] = "*";
        if (strcmp(name, "all") == 0) { name = all; }
        if (*n == room) { return pn_fail(err, PN_EINVAL, "--maps: more than %zu names", room); }
        if (!has_wildcard(name) && !is_name(name)) {
            return pn_fail(err, PN_EINVAL, "--maps: \"%.80s\" is no feature that has maps; names are as "
                           "original_glcm_Contrast, glcm_Contrast, wavelet-LLH_firstorder_Mean, *_glcm_*", name);
        }
        patterns[(*n)++] = name;
    }
    return PN_OK;
}

/* Is the feature of an image wanted? */
static bool is_wanted(const ex_map_request *q, const char *full_name, int f)
{
    for (size_t i = 0; i < q->n_patterns; i++) {
        const char *p = q->patterns[i];
        if (has_wildcard(p)) {
            if (q->settings->settings.base.features.enabled[f] && cfg_pattern_match(p, full_name)) { return true; }
        } else if (strcmp(p, full_name) == 0 ||
                   (strcmp(p, short_name(f)) == 0 && strncmp(full_name, "original_", 9) == 0)) {
            return true;
        }
    }
    return false;
}

/* ---- One map as files ------------------------------------------------------------------------------ */

typedef struct work {
    const ex_map_request *q;
    ex_map_made made;
    void *user;
    rx_workspace *ws;
    rx_grid grid;                        /* of the prepared image                             */
    char datetime[15], series_uid[PN_UID_SIZE], device_uid[PN_UID_SIZE];
    size_t n_made, at_once;
    pn_error *err;                       /* of what is not the library's                      */
} work;

static int name_objects(work *w, pn_error *err)
{
    const ex_map_request *q = w->q;
    const char *const series[] = {"map series", q->volume->study.series_uid, q->contour_uid, q->region, q->digest, NULL};
    const char *const device[] = {"map device", q->digest, NULL};
    pn_datetime_local(w->datetime, pn_now_ms());
    int rc = pn_uid_from_parts(w->series_uid, series, err);
    return rc == PN_OK ? pn_uid_from_parts(w->device_uid, device, err) : rc;
}

/* The code of the feature, and its unit where the image's own intensities were measured. */
static void code_of(pn_code_triple *quantity, pn_code_triple *unit, const work *w, const char *full_name, int f)
{
    const pn_feature_code *code = &pn_feature_codes()[f];
    bool own = strncmp(full_name, "original_", 9) == 0 && !w->q->prepared && !w->q->settings->settings.normalize;
    pn_unit u = pn_feature_unit(code, w->q->volume->study.modality);
    *quantity = (pn_code_triple){code->value, code->scheme, code->meaning};
    *unit = own ? (pn_code_triple){u.ucum, "UCUM", u.meaning} : (pn_code_triple){"1", "UCUM", "no units"};
}

static int write_object(work *w, const rx_volume *v, const char *full_name, int f, const char *path, pn_error *err)
{
    const ex_map_request *q = w->q;
    char sop_uid[PN_UID_SIZE], description[TEXT_SIZE], derivation[TEXT_SIZE];
    const char *const parts[] = {"map", w->series_uid, full_name, NULL};
    int rc = pn_uid_from_parts(sop_uid, parts, err);
    if (rc != PN_OK) { return rc; }
    (void)snprintf(description, sizeof description, "%s of %s", full_name, q->region);
    (void)snprintf(derivation, sizeof derivation, "%s in a moving kernel; kernelRadius=%u maskedKernel=%s %s", full_name,
                   q->settings->kernel_radius, q->settings->masked_kernel ? "true" : "false", q->settings_text);
    pn_made made = {
        .study = &q->volume->study, .sop_class_uid = PN_UID_PARAMETRIC_MAP, .sop_uid = sop_uid,
        .series_uid = w->series_uid, .modality = q->volume->study.modality, .datetime = w->datetime,
        .series_number = 990, .series_description = "prognode: feature maps", .institution = "", .station_name = "",
        .model = "feature maps", .device_uid = w->device_uid};
    pn_parametric_map map = {.grid = &v->grid, .values = v->voxels, .padding = q->settings->init_value,
                             .label = full_name, .description = description, .derivation = derivation};
    code_of(&map.quantity, &map.unit, w, full_name, f);
    return pn_parametric_map_write(&made, q->volume, &map, path, err);
}

static int write_map(work *w, const rx_volume *v, const char *full_name, int f, pn_error *err)
{
    const ex_map_request *q = w->q;
    char path[PATH_SIZE];
    int rc = PN_OK;
    if (q->volume != NULL) {
        rc = pn_path(path, sizeof path, err, "%s/%s_%s.dcm", q->folder, q->stem, full_name);
        if (rc == PN_OK) { rc = write_object(w, v, full_name, f, path, err); }
    }
    if (rc == PN_OK) { rc = pn_path(path, sizeof path, err, "%s/%s_%s.nii.gz", q->folder, q->stem, full_name); }
    if (rc == PN_OK) { rc = pn_nifti_write(path, &v->grid, v->voxels, PN_VOXEL_F64, err); }
    if (rc == PN_OK) { rc = w->made(w->user, full_name, path, err); }
    w->n_made += rc == PN_OK;
    return rc;
}

/* ---- All maps of an image ---------------------------------------------------------------------------- */

/* Where a grid cut out of the prepared image's begins in it. */
static void place(size_t first[3], const rx_grid *part, const rx_grid *whole)
{
    for (int a = 0; a < 3; a++) {
        double along = 0;
        for (int b = 0; b < 3; b++) {
            along += whole->direction[3 * b + a] * (part->origin_mm[b] - whole->origin_mm[b]);
        }
        double at = floor(along / whole->spacing_mm[a] + 0.5);
        first[a] = at > 0 ? (size_t)at : 0;
    }
}

static int put_map(work *w, rx_map *map, const char *image_name, const rx_grid *grid, rx_error *err)
{
    char full_name[2 * NAME_SIZE];
    size_t first[3];
    rx_volume whole = {0};
    (void)snprintf(full_name, sizeof full_name, "%s_%s", image_name, short_name(map->feature));
    place(first, grid, &w->grid);
    for (int a = 0; a < 3; a++) { map->min[a] += first[a]; }
    int rc = rx_map_on_grid(&whole, map, &w->grid, w->q->settings->init_value, err);
    if (rc == RX_OK && write_map(w, &whole, full_name, map->feature, w->err) != PN_OK) {
        rc = rx_fail(err, RX_EINVAL, "%s", w->err->msg);
    }
    rx_volume_free(&whole);
    return rc;
}

/* How many maps of the region's box are held at a time. */
static size_t at_once(const rx_pyr_prepared *p, unsigned radius)
{
    double bytes = sizeof(double);
    for (int a = 0; a < 3; a++) { bytes *= (double)(p->box_max[a] - p->box_min[a] + 1) + 2.0 * radius; }
    double n = (double)MOST_BYTES / bytes;
    return n < 1 ? 1 : n > RX_NFEATURES ? RX_NFEATURES : (size_t)n;
}

static int visit(void *user, const char *name, const rx_image *image, const rx_mask *mask, const rx_pyr_own *own,
                 rx_error *err)
{
    work *w = user;
    const cfg_pyradiomics *c = w->q->settings;
    rx_map_settings s = {.features = own->features, .kernel_radius = c->kernel_radius,
                         .masked_kernel = c->masked_kernel, .init_value = c->init_value};
    s.features.minimum_roi_dimensions = c->settings.base.features.minimum_roi_dimensions;
    s.features.minimum_roi_size = c->settings.base.features.minimum_roi_size;
    int rc = RX_OK;
    for (int f = 0; rc == RX_OK && f < RX_NFEATURES;) {
        int features[RX_NFEATURES];
        size_t n = 0;
        rx_class cls = rx_features()[f].cls;
        for (; f < RX_NFEATURES && rx_features()[f].cls == cls && n < w->at_once; f++) {
            char full_name[2 * NAME_SIZE];
            (void)snprintf(full_name, sizeof full_name, "%s_%s", name, short_name(f));
            if (has_map(f) && is_wanted(w->q, full_name, f)) { features[n++] = f; }
        }
        if (n == 0) { continue; }
        rx_map maps[RX_NFEATURES];
        rc = rx_maps(maps, features, n, image, mask, &s, NULL, NULL, w->ws, err);
        for (size_t i = 0; i < n; i++) {
            if (rc == RX_OK) { rc = put_map(w, &maps[i], name, &image->grid, err); }
            rx_map_free(&maps[i]);
        }
    }
    return rc;
}

int ex_maps(const ex_map_request *q, ex_map_made made, void *user, rx_workspace *ws, pn_error *err)
{
    rx_pyradiomics settings = q->settings->settings;
    rx_pyr_prepared p = {0};
    rx_error rx = {0};
    pn_error other = {0};
    work w = {.q = q, .made = made, .user = user, .ws = ws, .err = &other};
    int rc = q->volume != NULL ? name_objects(&w, err) : PN_OK;
    if (rc == PN_OK) { rc = pn_mkdir_p(q->folder, err); }
    if (rc != PN_OK) { return rc; }
    settings.pixel = q->pixel;
    int code = rx_pyradiomics_prepare(&p, NULL, &q->image, &q->mask, &settings, ws, &rx);
    if (code == RX_OK) {
        w.grid = p.image.grid;
        w.at_once = at_once(&p, q->settings->kernel_radius);
        code = rx_pyradiomics_images(&p, NULL, &settings, q->settings->kernel_radius, visit, &w, &rx);
    }
    rx_pyr_prepared_free(&p);
    if (other.code != PN_OK) {
        *err = other;
        return (int)other.code;
    }
    if (code != RX_OK) { return (int)pn_error_from_rx(err, &rx); }
    return w.n_made > 0 ? PN_OK : pn_fail(err, PN_ENOTFOUND, "no image type of the settings gives a feature of that name");
}
