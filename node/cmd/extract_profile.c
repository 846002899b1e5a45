/* Diagnostics and features of one region by either profile. PyRadiomics' diagnostics have its names
 * and its order. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "cmd/extract_maps.h"
#include "cmd/extract_measure.h"
#include "pipeline/measure.h"
#include "report/feature_codes.h"

enum { NAME_SIZE = 80 };

static int put_settings(ex_row *row, const ex_setup *s, pn_error *err)
{
    int rc = ex_put(row, "diagnostics_Versions_prognode", PN_VERSION, err);
    if (rc == PN_OK) {
        rc = ex_put(row, "diagnostics_Configuration_Profile", s->profile == EX_IBSI ? "ibsi" : "pyradiomics-3.1", err);
    }
    if (rc == PN_OK) { rc = ex_put(row, "diagnostics_Configuration_Settings", s->settings_text, err); }
    if (rc == PN_OK) { rc = ex_put(row, "diagnostics_Configuration_SettingsDigest", s->digest, err); }
    return rc;
}

/* One property after the other of a thing named so: stops at the first that fails. */
typedef struct puts { ex_row *row; const char *thing; pn_error *err; int rc; } puts_t;

static void full_name(char name[NAME_SIZE], const puts_t *p, const char *property)
{
    (void)snprintf(name, NAME_SIZE, "diagnostics_%s_%s", p->thing, property);
}

static void put_text(puts_t *p, const char *property, const char *v)
{
    char name[NAME_SIZE];
    full_name(name, p, property);
    if (p->rc == PN_OK) { p->rc = ex_put(p->row, name, v, p->err); }
}

static void put_number(puts_t *p, const char *property, double v)
{
    char name[NAME_SIZE];
    full_name(name, p, property);
    if (p->rc == PN_OK) { p->rc = ex_put_number(p->row, name, v, p->err); }
}

static void put_count(puts_t *p, const char *property, size_t v)
{
    char name[NAME_SIZE];
    full_name(name, p, property);
    if (p->rc == PN_OK) { p->rc = ex_put_count(p->row, name, v, p->err); }
}

static void put_reals(puts_t *p, const char *property, const double v[3])
{
    char name[NAME_SIZE];
    full_name(name, p, property);
    if (p->rc == PN_OK) { p->rc = ex_put_reals(p->row, name, v, 3, p->err); }
}

static void put_grid(puts_t *p, const rx_grid *g)
{
    char name[NAME_SIZE];
    put_reals(p, "Spacing", g->spacing_mm);
    full_name(name, p, "Size");
    if (p->rc == PN_OK) { p->rc = ex_put_counts(p->row, name, g->dim, 3, p->err); }
}

static void put_box(puts_t *p, const size_t low[3], const size_t high[3])
{
    char name[NAME_SIZE];
    const size_t box[6] = {low[0], low[1], low[2], high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1};
    full_name(name, p, "BoundingBox");
    if (p->rc == PN_OK) { p->rc = ex_put_counts(p->row, name, box, 6, p->err); }
}

static void put_levels(puts_t *p, double mean, double least, double most)
{
    put_number(p, "Mean", mean);
    put_number(p, "Minimum", least);
    put_number(p, "Maximum", most);
}

/* ---- PyRadiomics ----------------------------------------------------------------------------- */

static int put_image(ex_row *row, const char *thing, const rx_trace_image *t, const char *sha1, pn_error *err)
{
    puts_t p = {.row = row, .thing = thing, .err = err};
    if (!t->present) { return PN_OK; }
    if (sha1 != NULL) {
        put_text(&p, "Hash", sha1);
        put_text(&p, "Dimensionality", "3D");
    }
    put_grid(&p, &t->grid);
    put_levels(&p, t->mean, t->min, t->max);
    return p.rc;
}

static int put_mask(ex_row *row, const char *thing, const rx_trace_mask *t, const char *sha1, pn_error *err)
{
    puts_t p = {.row = row, .thing = thing, .err = err};
    if (!t->present) { return PN_OK; }
    if (sha1 != NULL) { put_text(&p, "Hash", sha1); }
    put_grid(&p, &t->grid);
    put_box(&p, t->box_min, t->box_max);
    put_count(&p, "VoxelNum", t->voxels);
    put_count(&p, "VolumeNum", t->parts);
    put_reals(&p, "CenterOfMassIndex", t->centre_index);
    put_reals(&p, "CenterOfMass", t->centre_mm);
    if (t->has_intensities) { put_levels(&p, t->mean, t->min, t->max); }
    return p.rc;
}

/* "{'Original', 'LoG'}" would say less than the settings do; the names are what a reader looks for. */
static int put_image_types(ex_row *row, const rx_pyradiomics *s, pn_error *err)
{
    char names[512];
    int used = 0;
    for (unsigned i = 0; i < s->n_images; i++) {
        used += snprintf(names + used, sizeof names - (size_t)used, "%s%s", i > 0 ? " " : "",
                         rx_image_type_name(s->images[i].type));
    }
    return ex_put(row, "diagnostics_Configuration_EnabledImageTypes", names, err);
}

static int put_notes(ex_row *row, const rx_trace *t, pn_error *err)
{
    int rc = PN_OK;
    for (unsigned i = 0; rc == PN_OK && i < t->n_notes && i < RX_TRACE_NOTES; i++) { rc = ex_note(row, t->notes[i], err); }
    return rc;
}

static int put_trace(ex_row *row, const rx_trace *t, const ex_subject *subject, const ex_setup *s, pn_error *err)
{
    int rc = put_settings(row, s, err);
    if (rc == PN_OK) { rc = put_image_types(row, &s->pyradiomics.settings, err); }
    if (rc == PN_OK) { rc = put_image(row, "Image-original", &t->image_original, subject->image_sha1, err); }
    if (rc == PN_OK) { rc = put_mask(row, "Mask-original", &t->mask_original, subject->mask_sha1, err); }
    if (rc == PN_OK) { rc = put_image(row, "Image-interpolated", &t->image_interpolated, NULL, err); }
    if (rc == PN_OK) { rc = put_mask(row, "Mask-interpolated", &t->mask_interpolated, NULL, err); }
    if (rc == PN_OK) { rc = put_mask(row, "Mask-corrected", &t->mask_corrected, NULL, err); }
    if (rc == PN_OK) { rc = put_mask(row, "Mask-resegmented", &t->mask_resegmented, NULL, err); }
    return rc == PN_OK ? put_notes(row, t, err) : rc;
}

/* Class and feature decide the code, whatever the image: only `original` stands in the table, and
 * only features of `original` are IBSI's. */
static void put_codes(rx_results *values)
{
    for (size_t i = 0; i < values->n; i++) {
        const pn_feature_code *code = values->v[i].ibsi_code[0] == '\0' ? pn_feature_code_find(values->v[i].name) : NULL;
        if (code != NULL && strcmp(code->scheme, "IBSI") == 0) {
            (void)snprintf(values->v[i].ibsi_code, sizeof values->v[i].ibsi_code, "%.4s", code->value);
        }
    }
}

static int run_pyradiomics(ex_row *row, const ex_subject *subject, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    rx_pyradiomics settings = s->pyradiomics.settings;
    rx_trace trace = {0};
    rx_error rx = {0};
    settings.pixel = subject->pixel;
    if (rx_pyradiomics_extract(&row->values, s->pyradiomics.additional_info ? &trace : NULL, &subject->image,
                               &subject->mask, &settings, ws, &rx) != RX_OK) {
        return (int)pn_error_from_rx(err, &rx);
    }
    put_codes(&row->values);
    return s->pyradiomics.additional_info ? put_trace(row, &trace, subject, s, err) : PN_OK;
}

/* ---- IBSI ------------------------------------------------------------------------------------ */

static int put_ibsi_mask(ex_row *row, const char *kind, const char *step, const rx_ibsi_mask_trace *t, pn_error *err)
{
    char thing[48];
    (void)snprintf(thing, sizeof thing, "Mask-%s-%s", kind, step);
    puts_t p = {.row = row, .thing = thing, .err = err};
    put_count(&p, "VoxelNum", t->voxels);
    if (t->voxels > 0) { put_box(&p, t->box_min, t->box_max); }
    return p.rc;
}

static int put_step(ex_row *row, const char *step, const rx_ibsi_step *t, pn_error *err)
{
    char image[48], roi[48];
    (void)snprintf(image, sizeof image, "Image-%s", step);
    (void)snprintf(roi, sizeof roi, "Region-%s", step);
    puts_t p = {.row = row, .thing = image, .err = err}, q = {.row = row, .thing = roi, .err = err};
    put_grid(&p, &t->grid);
    put_levels(&p, t->image_mean, t->image_min, t->image_max);
    int rc = p.rc == PN_OK ? put_ibsi_mask(row, "morphological", step, &t->morphological, err) : p.rc;
    if (rc == PN_OK) { rc = put_ibsi_mask(row, "intensity", step, &t->intensity, err); }
    if (rc == PN_OK) { put_levels(&q, t->roi_mean, t->roi_min, t->roi_max); }
    return rc == PN_OK ? q.rc : rc;
}

static int put_ibsi_trace(ex_row *row, const rx_ibsi_trace *t, const ex_setup *s, pn_error *err)
{
    int rc = put_settings(row, s, err);
    if (rc == PN_OK) { rc = put_step(row, "original", &t->initial, err); }
    if (rc == PN_OK) { rc = put_step(row, "interpolated", &t->interpolated, err); }
    if (rc == PN_OK) { rc = put_step(row, "resegmented", &t->resegmented, err); }
    puts_t p = {.row = row, .thing = "Bins", .err = err, .rc = rc};
    put_number(&p, "Origin", t->bin_origin);
    put_number(&p, "Size", t->bin_size);
    put_count(&p, "Number", t->grey_levels);
    return p.rc;
}

static int run_ibsi(ex_row *row, const ex_subject *subject, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    rx_ibsi_trace trace = {0};
    rx_error rx = {0};
    const rx_ibsi_responses responses = cfg_ibsi_responses(&s->ibsi);
    int rc = rx_ibsi_extract_filtered(&row->values, &trace, &subject->image, &subject->mask, &s->ibsi.settings,
                                      &responses, ws, &rx);
    if (rc != RX_OK) { return (int)pn_error_from_rx(err, &rx); }
    return put_ibsi_trace(row, &trace, s, err);
}

/* ---- Maps ------------------------------------------------------------------------------------- */

static int put_map(void *user, const char *feature, const char *path, pn_error *err)
{
    return ex_put(user, feature, path, err);
}

static int run_maps(ex_row *row, const ex_subject *subject, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    ex_map_request q = {
        .image = subject->image, .pixel = subject->pixel, .mask = subject->mask, .settings = &s->pyradiomics,
        .prepared = !rx_prepare_is_none(&s->prepare), .patterns = s->maps, .n_patterns = s->n_maps,
        .folder = s->maps_folder, .stem = subject->stem, .volume = subject->volume,
        .contour_uid = subject->contour_uid, .region = subject->region, .settings_text = s->settings_text,
        .digest = s->digest};
    int rc = put_settings(row, s, err);
    return rc == PN_OK ? ex_maps(&q, put_map, row, ws, err) : rc;
}

/* ---- What is done to the image first --------------------------------------------------------- */

typedef struct prepared { rx_volume image; rx_region region; } prepared;

static void prepared_free(prepared *p)
{
    rx_volume_free(&p->image);
    rx_region_free(&p->region);
}

/* The subject of copies that are owned by *p. */
static int prepare(prepared *p, ex_subject *subject, const rx_prepare *steps, pn_error *err)
{
    rx_error rx = {0};
    if (rx_volume_copy(&p->image, &subject->image, &rx) != RX_OK ||
        rx_region_copy(&p->region, &subject->mask, &rx) != RX_OK ||
        rx_prepare_apply(&p->image, &p->region, steps, &rx) != RX_OK) {
        return (int)pn_error_from_rx(err, &rx);
    }
    subject->mask = rx_region_mask(&p->region);
    if (steps->bias_correct || steps->denoise != RX_DENOISE_NONE || steps->normalise != RX_NORMALISE_NONE) {
        subject->image = rx_volume_image(&p->image);
        subject->pixel = RX_PIXEL_F64;
    }
    return PN_OK;
}

int ex_profile_run(ex_row *row, const ex_subject *subject, const ex_setup *s, rx_workspace *ws, pn_error *err)
{
    if (s->hook != NULL) { return s->hook(s->hook_user, subject, err); }
    prepared p = {0};
    ex_subject own = *subject;
    int rc = rx_prepare_is_none(&s->prepare) ? PN_OK : prepare(&p, &own, &s->prepare, err);
    if (rc == PN_OK) {
        rc = s->n_maps > 0 ? run_maps(row, &own, s, ws, err)
             : s->profile == EX_IBSI ? run_ibsi(row, &own, s, ws, err) : run_pyradiomics(row, &own, s, ws, err);
    }
    if (rc != PN_OK) { rx_results_clear(&row->values); }
    prepared_free(&p);
    return rc;
}
