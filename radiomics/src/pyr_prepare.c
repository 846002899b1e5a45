#include <string.h>
#include "bounds.h"
#include "pyr.h"

typedef struct prep {
    rx_pyr_prepared *p;
    rx_trace *trace;              /* may be NULL                                       */
    const rx_pyradiomics *s;
    rx_workspace *ws;
    rx_error *err;
    bool boxed;                   /* min, max, voxels are those of p->mask             */
    size_t min[3], max[3], voxels;
} prep;

/* The prepared image is now this one; the one before is not wanted any more. */
static void take_image(prep *q, rx_volume *v)
{
    rx_volume_free(&q->p->own_image);
    q->p->own_image = *v;
    q->p->image = rx_volume_image(&q->p->own_image);
}

static void take_mask(prep *q, rx_region *r)
{
    rx_region_free(&q->p->own_mask);
    q->p->own_mask = *r;
    q->boxed = false;
    q->p->mask = rx_region_mask(&q->p->own_mask);
}

/* Fails with RX_EEMPTY if there is no region. */
static int find_region(prep *q)
{
    rx_roi roi;
    if (q->boxed) { return RX_OK; }
    int rc = rx_crop_mask(&roi, &q->p->mask, q->ws, q->err);
    if (rc != RX_OK) { return rc; }
    for (int a = 0; a < 3; a++) {
        q->min[a] = roi.min[a];
        q->max[a] = roi.min[a] + roi.n[a] - 1;
    }
    q->voxels = roi.voxels;
    q->boxed = true;
    return RX_OK;
}

static int region_box(prep *q, size_t min[3], size_t max[3], size_t *voxels)
{
    int rc = find_region(q);
    memcpy(min, q->min, sizeof q->min);
    memcpy(max, q->max, sizeof q->max);
    if (voxels) { *voxels = q->voxels; }
    return rc;
}

/* ---- cropping to a box with padding ---- */

static void pad_box(size_t min[3], size_t max[3], const rx_grid *g, size_t pad)
{
    for (int a = 0; a < 3; a++) {
        min[a] = min[a] > pad ? min[a] - pad : 0;
        max[a] = g->dim[a] - 1 - max[a] > pad ? max[a] + pad : g->dim[a] - 1;
    }
}

static int crop(prep *q, const size_t min[3], const size_t max[3])
{
    const rx_pyr_prepared *p = q->p;
    rx_grid box = rx_grid_box(&p->image.grid, min, max);
    rx_volume v = { 0 };
    rx_region r = { 0 };
    int rc;
    if ((rc = rx_volume_new(&v, &box, q->err)) != RX_OK
        || (rc = rx_region_new(&r, &box, q->err)) != RX_OK) {
        rx_volume_free(&v);
        return rc;
    }
    const size_t *dim = p->image.grid.dim;
    for (size_t k = 0; k < box.dim[2]; k++) {
        for (size_t j = 0; j < box.dim[1]; j++) {
            size_t from = ((k + min[2]) * dim[1] + j + min[1]) * dim[0] + min[0];
            size_t to = (k * box.dim[1] + j) * box.dim[0];
            rx_copy_voxels(v.voxels + to, &p->image, from, box.dim[0]);
            for (size_t i = 0; i < box.dim[0]; i++) {
                r.voxels[to + i] = p->mask.voxels[from + i] == p->mask.label;
            }
        }
    }
    take_image(q, &v);
    take_mask(q, &r);
    return RX_OK;
}

/* ---- the steps, in PyRadiomics' order ---- */

static int normalize(prep *q)
{
    rx_volume v;
    if (!q->s->normalize) { return RX_OK; }
    int rc = rx_normalize_image(&v, &q->p->image, q->s, q->err);
    if (rc != RX_OK) { return rc; }
    take_image(q, &v);
    q->p->pixel = RX_PIXEL_F64;
    return RX_OK;
}

/* The mask on the image's own grid. */
static int mask_to_image(prep *q)
{
    rx_region r;
    int rc = rx_resample_mask(&r, &q->p->image.grid, &q->p->mask, q->err);
    if (rc == RX_OK) { take_mask(q, &r); }
    return rc;
}

static int resample(prep *q)
{
    rx_pyr_prepared *p = q->p;
    size_t min[3], max[3];
    rx_grid grid;
    bool same = false;
    int rc;
    if (!q->s->resample || q->s->interpolator == RX_SITK_NONE) { return RX_OK; }
    if ((rc = region_box(q, min, max, NULL)) != RX_OK
        || (rc = rx_pyr_grid(&grid, &same, &p->image.grid, &p->mask.grid, min, max, q->s, q->err))
           != RX_OK) {
        return rc;
    }
    if (same) {
        if ((rc = mask_to_image(q)) != RX_OK || (rc = region_box(q, min, max, NULL)) != RX_OK) {
            return rc;
        }
        pad_box(min, max, &p->image.grid, q->s->pad_distance);
        rc = crop(q, min, max);
    } else {
        rx_volume v;
        rx_region r;
        rc = rx_resample_image(&v, &grid, &p->image, p->pixel, q->s->interpolator, q->err);
        if (rc != RX_OK) { return rc; }
        rc = rx_resample_mask(&r, &grid, &p->mask, q->err);
        if (rc != RX_OK) {
            rx_volume_free(&v);
            return rc;
        }
        take_image(q, &v);
        take_mask(q, &r);
    }
    if (rc != RX_OK || !q->trace) { return rc; }
    rc = rx_trace_image_of(&q->trace->image_interpolated, &p->image, q->err);
    return rc != RX_OK ? rc : rx_trace_mask_of(&q->trace->mask_interpolated, &p->image, &p->mask,
                                               q->ws, q->err);
}

/* PyRadiomics' checkMask: the same grid (or made so), enough dimensions, enough voxels. */
static int check_mask(prep *q, bool *corrected)
{
    rx_pyr_prepared *p = q->p;
    size_t min[3], max[3], voxels = 0;
    double tolerance = q->s->geometry_tolerance > 0 ? q->s->geometry_tolerance : RX_GEOMETRY_TOLERANCE;
    int rc = rx_same_space(&p->image.grid, &p->mask.grid, tolerance, q->err);
    if (rc != RX_OK && !q->s->correct_mask) { return rc; }
    if (rc != RX_OK) {
        *corrected = true;
        if ((rc = region_box(q, min, max, NULL)) != RX_OK
            || (rc = rx_check_region(&p->image.grid, &p->mask.grid, min, max, q->err)) != RX_OK
            || (rc = mask_to_image(q)) != RX_OK) {
            return rc;
        }
    }
    p->mask.grid = p->image.grid;      /* what is within the tolerance counts as equal */
    if ((rc = region_box(q, min, max, &voxels)) != RX_OK) { return rc; }
    unsigned dims = 0;
    for (int a = 0; a < 3; a++) { dims += max[a] > min[a]; }
    const rx_settings *f = &q->s->base.features;
    if (dims == 0) { return rx_fail(q->err, RX_ETOOSMALL, "the region is a single voxel"); }
    if (dims < f->minimum_roi_dimensions) {
        return rx_fail(q->err, RX_ETOOSMALL, "the region has %u dimensions, minimumROIDimensions asks "
                       "for %u", dims, f->minimum_roi_dimensions);
    }
    if (f->minimum_roi_size > 0 && voxels <= f->minimum_roi_size) {
        return rx_fail(q->err, RX_ETOOSMALL, "the region has %zu voxels, minimumROISize asks for more "
                       "than %zu", voxels, f->minimum_roi_size);
    }
    memcpy(p->box_min, min, sizeof min);
    memcpy(p->box_max, max, sizeof max);
    return RX_OK;
}

static int pre_crop(prep *q)
{
    size_t min[3], max[3];
    bool corrected = false;
    if (!q->s->pre_crop || (q->s->resample && q->s->interpolator != RX_SITK_NONE)) { return RX_OK; }
    int rc = check_mask(q, &corrected);
    if (rc != RX_OK) { return rc; }
    memcpy(min, q->p->box_min, sizeof min);
    memcpy(max, q->p->box_max, sizeof max);
    pad_box(min, max, &q->p->image.grid, q->s->pad_distance);
    return crop(q, min, max);
}

/* The shape features' mask: that before re-segmentation, without what lies outside of the box of
 * the region after it. */
static int crop_shape_mask(prep *q)
{
    rx_pyr_prepared *p = q->p;
    rx_region r;
    int rc = rx_region_copy(&r, &p->shape_mask, q->err);
    if (rc != RX_OK) { return rc; }
    const size_t *dim = r.grid.dim;
    for (size_t k = 0; k < dim[2]; k++) {
        for (size_t j = 0; j < dim[1]; j++) {
            uint8_t *row = r.voxels + (k * dim[1] + j) * dim[0];
            bool out = k < p->box_min[2] || k > p->box_max[2] || j < p->box_min[1] || j > p->box_max[1];
            size_t before = out ? dim[0] : p->box_min[0], after = out ? dim[0] : p->box_max[0] + 1;
            memset(row, 0, before);
            memset(row + after, 0, dim[0] - after);
        }
    }
    rx_region_free(&p->own_shape_mask);
    p->own_shape_mask = r;
    p->shape_mask = rx_region_mask(&p->own_shape_mask);
    return RX_OK;
}

static int resegment(prep *q)
{
    rx_pyr_prepared *p = q->p;
    bool corrected = false;
    p->shape_mask = p->mask;
    if (q->s->n_resegment == 0) { return RX_OK; }
    rx_region r;
    int rc = rx_resegment_mask(&r, &p->image, &p->mask, p->pixel, q->s, q->err);
    if (rc != RX_OK) { return rc; }
    /* the mask before it stays, for the shape */
    p->own_shape_mask = p->own_mask;
    p->own_mask = (rx_region){ 0 };
    take_mask(q, &r);
    if ((rc = check_mask(q, &corrected)) != RX_OK) { return rc; }
    if (q->trace) {
        rc = rx_trace_mask_of(&q->trace->mask_resegmented, &p->image, &p->mask, q->ws, q->err);
        if (rc != RX_OK) { return rc; }
    }
    if (q->s->resegment_shape) {
        rx_region_free(&p->own_shape_mask);
        p->shape_mask = p->mask;
        return RX_OK;
    }
    return q->s->shape_in_resegmented_box ? crop_shape_mask(q) : RX_OK;
}

static int steps(prep *q)
{
    rx_pyr_prepared *p = q->p;
    rx_trace *t = q->trace;
    bool corrected = false;
    int rc = find_region(q);
    if (rc != RX_OK) { return rc; }
    if (t && ((rc = rx_trace_image_of(&t->image_original, &p->image, q->err)) != RX_OK
              || (rc = rx_trace_mask_of(&t->mask_original, NULL, &p->mask, q->ws, q->err)) != RX_OK)) {
        return rc;
    }
    if ((rc = normalize(q)) != RX_OK || (rc = resample(q)) != RX_OK || (rc = pre_crop(q)) != RX_OK
        || (rc = check_mask(q, &corrected)) != RX_OK) {
        return rc;
    }
    if (t && corrected
        && (rc = rx_trace_mask_of(&t->mask_corrected, &p->image, &p->mask, q->ws, q->err)) != RX_OK) {
        return rc;
    }
    return resegment(q);
}

static int check_input(const rx_image *image, const rx_mask *mask, rx_error *err)
{
    size_t n;
    rx_affine a;
    int rc;
    if (!image->voxels || !mask->voxels) {
        return rx_fail(err, RX_EINVAL, "the image or the mask has no voxels");
    }
    if ((unsigned)image->type > RX_F64) {
        return rx_fail(err, RX_EINVAL, "image type %d is unknown", (int)image->type);
    }
    if ((rc = rx_grid_voxels(&n, &image->grid, err)) != RX_OK
        || (rc = rx_grid_voxels(&n, &mask->grid, err)) != RX_OK
        || (rc = rx_affine_of(&a, &image->grid, err)) != RX_OK) {
        return rc;
    }
    return rx_affine_of(&a, &mask->grid, err);
}

int rx_pyradiomics_prepare(rx_pyr_prepared *p, rx_trace *trace, const rx_image *image,
                           const rx_mask *mask, const rx_pyradiomics *settings, rx_workspace *ws,
                           rx_error *err)
{
    if (!p || !image || !mask || !settings || !ws) {
        return rx_fail(err, RX_EINVAL, "rx_pyradiomics_prepare: an argument is missing");
    }
    *p = (rx_pyr_prepared){ 0 };
    if (trace) { *trace = (rx_trace){ 0 }; }
    int rc = rx_pyradiomics_check(settings, err);
    if (rc != RX_OK || (rc = check_input(image, mask, err)) != RX_OK) { return rc; }
    p->image = *image;
    p->mask = *mask;
    p->pixel = rx_pixel_of(image, settings->pixel);
    prep q = { .p = p, .trace = trace, .s = settings, .ws = ws, .err = err };
    rc = steps(&q);
    if (rc != RX_OK) { rx_pyr_prepared_free(p); }
    return rc;
}

void rx_pyr_prepared_free(rx_pyr_prepared *p)
{
    if (!p) { return; }
    rx_volume_free(&p->own_image);
    rx_region_free(&p->own_mask);
    rx_region_free(&p->own_shape_mask);
    *p = (rx_pyr_prepared){ 0 };
}
