#include "pipeline/measure.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static int measure_region(pn_region *region, const pn_measurement *m, const char *contour_path,
                          const rx_settings *settings, rx_workspace *ws, pn_error *err)
{
    pn_mask mask = {0};
    int rc = load_mask(&mask, &m->contour, contour_path, region->roi.number, &m->volume, err);
    if (rc != PN_OK) { return rc; }
    memcpy(region->note, mask.note, sizeof region->note);
    rx_error rx = {0};
    if (rx_extract(region->values, &region->diagnostics, &m->volume.image, &mask.mask, settings, ws,
                   &rx) != RX_OK) {
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
               size_t n_images, const int *roi_numbers, size_t n_rois, const rx_settings *settings,
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
    for (size_t i = 0; i < m->n_regions; i++) { pn_packed_mask_free(&m->regions[i].mask); }
    free(m->regions);
    *m = (pn_measurement){0};
}
