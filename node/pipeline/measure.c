#include "pipeline/measure.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/pyradiomics.h>

pn_code pn_error_from_rx(pn_error *err, const rx_error *rx)
{
    static const pn_code codes[] = {
        [RX_OK] = PN_OK,           [RX_EINVAL] = PN_EINVAL, [RX_ENOMEM] = PN_ENOMEM,
        [RX_EEMPTY] = PN_EEMPTY,   [RX_ETOOSMALL] = PN_EEMPTY, [RX_ELIMIT] = PN_ELIMIT,
        [RX_EGRID] = PN_EGEOMETRY,
    };
    pn_code code = codes[rx->code];
    if (code == PN_ENOMEM) {
        (void)pn_fail_transient(err, code, "%s", rx->msg);
    } else {
        (void)pn_fail(err, code, "%s", rx->msg);
    }
    return code;
}

static const pn_roi *find_roi(const pn_header *h, int number)
{
    for (size_t i = 0; i < h->n_rois; i++) {
        if (h->rois[i].number == number) { return &h->rois[i]; }
    }
    return NULL;
}

static int load_mask(pn_mask *mask, const pn_header *contour, const char *path, int number,
                     const pn_volume *volume, pn_error *err)
{
    if (contour->kind == PN_KIND_RTSTRUCT) {
        return pn_mask_from_rtstruct(mask, path, number, volume, err);
    }
    return pn_mask_from_seg(mask, path, number, volume, err);
}

/* Voxels and box as drawn: what models are told of their smallest region. */
static rx_diagnostics diagnostics_of(const rx_trace *t)
{
    const rx_trace_mask *mask = &t->mask_original;
    rx_diagnostics d = {.roi_voxels = mask->voxels, .grey_levels = t->grey_levels, .roi_components = mask->parts,
                        .roi_min = (double)NAN, .roi_max = (double)NAN, .roi_mean = (double)NAN};
    memcpy(d.box_min, mask->box_min, sizeof d.box_min);
    memcpy(d.box_max, mask->box_max, sizeof d.box_max);
    return d;
}

static int add_filtered(pn_region *region, const rx_result *from, rx_error *err)
{
    int rc = rx_results_add(&region->filtered, from->name, from->ibsi_code, from->ibsi_aggregation,
                            from->value.v, err);
    if (rc == RX_OK) { region->filtered.v[region->filtered.n - 1].value = from->value; }
    return rc;
}

/* The 107 of `original` by their place, what other images gave by name. */
static int sort_values(pn_region *region, const rx_results *all, rx_error *err)
{
    for (size_t f = 0; f < RX_NFEATURES; f++) { region->values[f] = (rx_value){NAN, RX_NOT_ASKED}; }
    for (size_t i = 0; i < all->n; i++) {
        int index = rx_feature_index(all->v[i].name);
        if (index >= 0) {
            region->values[index] = all->v[i].value;
            continue;
        }
        int rc = add_filtered(region, &all->v[i], err);
        if (rc != RX_OK) { return rc; }
    }
    return RX_OK;
}

static void add_note(pn_region *region, const rx_trace *t)
{
    for (unsigned i = 0; i < t->n_notes; i++) {
        size_t n = strlen(region->note);
        (void)snprintf(region->note + n, sizeof region->note - n, "%s%s", n > 0 ? "; " : "", t->notes[i]);
    }
}

static int measure_images(pn_region *region, const rx_image *image, const rx_mask *mask,
                          const rx_pyradiomics *settings, rx_workspace *ws, rx_error *err)
{
    if (cfg_pyradiomics_is_plain(settings)) {
        return rx_extract(region->values, &region->diagnostics, image, mask, &settings->base.features, ws, err);
    }
    rx_results all = {0};
    rx_trace trace;
    int rc = rx_pyradiomics_extract(&all, &trace, image, mask, settings, ws, err);
    if (rc == RX_OK) { rc = sort_values(region, &all, err); }
    if (rc == RX_OK) {
        region->diagnostics = diagnostics_of(&trace);
        add_note(region, &trace);
    }
    rx_results_free(&all);
    return rc;
}

static int measure_region(pn_region *region, const pn_measurement *m, const char *contour_path,
                          const rx_pyradiomics *settings, rx_workspace *ws, pn_error *err)
{
    pn_mask mask = {0};
    int rc = load_mask(&mask, &m->contour, contour_path, region->roi.number, &m->volume, err);
    if (rc != PN_OK) { return rc; }
    memcpy(region->note, mask.note, sizeof region->note);
    rx_error rx = {0};
    if (measure_images(region, &m->volume.image, &mask.mask, settings, ws, &rx) != RX_OK) {
        rc = pn_error_from_rx(err, &rx);
    }
    if (rc == PN_OK) { rc = pn_mask_pack(&region->mask, &mask, err); }
    pn_mask_free(&mask);
    return rc;
}

static void start_region(pn_region *region, const pn_roi *roi)
{
    region->roi = *roi;
    region->roi.image_uids = NULL;
    region->roi.n_image_uids = 0;
    for (size_t f = 0; f < RX_NFEATURES; f++) {
        region->values[f] = (rx_value){NAN, RX_UNDEFINED};
    }
}

int pn_measure(pn_measurement *out, const char *contour_path, const char *const *image_paths,
               size_t n_images, const int *roi_numbers, size_t n_rois, const rx_pyradiomics *settings,
               pn_error *err)
{
    pn_measurement m = {0};
    rx_workspace *ws = NULL;
    int rc = pn_header_read(&m.contour, contour_path, err);
    if (rc != PN_OK) { goto out; }
    if (m.contour.kind != PN_KIND_RTSTRUCT && m.contour.kind != PN_KIND_SEG) {
        rc = pn_fail(err, PN_EUNSUPPORTED, "%s holds %s, expected RTSTRUCT or SEG", contour_path,
                     pn_kind_word(m.contour.kind));
        goto out;
    }
    if ((rc = pn_volume_load(&m.volume, image_paths, n_images, err)) != PN_OK) { goto out; }
    ws = rx_workspace_new();
    m.regions = calloc(n_rois > 0 ? n_rois : 1, sizeof *m.regions);
    if (ws == NULL || m.regions == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu regions", n_rois);
        goto out;
    }
    for (size_t i = 0; i < n_rois; i++) {
        const pn_roi *roi = find_roi(&m.contour, roi_numbers[i]);
        if (roi == NULL) {
            rc = pn_fail(err, PN_ENOTFOUND, "the contour object has no region number %d", roi_numbers[i]);
            goto out;
        }
        pn_region *region = &m.regions[m.n_regions++];
        start_region(region, roi);
        pn_error failure = {0};
        (void)measure_region(region, &m, contour_path, settings, ws, &failure);
        region->failure = failure;
        if (failure.cls == PN_TRANSIENT && failure.code != PN_OK) {
            *err = failure;
            rc = (int)failure.code;
            goto out;
        }
    }
    *out = m;
    m = (pn_measurement){0};
out:
    rx_workspace_free(ws);
    pn_measurement_free(&m);
    return rc;
}

void pn_measurement_free(pn_measurement *m)
{
    if (m == NULL) { return; }
    pn_header_free(&m->contour);
    pn_volume_free(&m->volume);
    for (size_t i = 0; i < m->n_regions; i++) {
        pn_packed_mask_free(&m->regions[i].mask);
        rx_results_free(&m->regions[i].filtered);
    }
    free(m->regions);
    *m = (pn_measurement){0};
}
