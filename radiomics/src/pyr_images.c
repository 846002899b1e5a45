#include <string.h>
#include "pyr.h"

typedef struct passing {
    const rx_pyr_prepared *p;
    rx_trace *trace;
    rx_pyr_visit *visit;
    void *user;
    rx_error *err;
    rx_box box;             /* of what filters make                                    */
    rx_region region;       /* the mask there                                          */
} passing;

/* The filters' element types: all whole numbers are one to them. */
static rx_scalar scalar_of(rx_pixel pixel)
{
    if (pixel == RX_PIXEL_F64) { return RX_F64; }
    return pixel == RX_PIXEL_F32 ? RX_F32 : RX_I16;
}

/* Where images of whole numbers end, which LBP3D heeds. */
static void set_range(double range[2], rx_pixel pixel)
{
    static const double ranges[][2] = {
        [RX_PIXEL_I8] = { INT8_MIN, INT8_MAX },   [RX_PIXEL_U8] = { 0, UINT8_MAX },
        [RX_PIXEL_I16] = { INT16_MIN, INT16_MAX }, [RX_PIXEL_U16] = { 0, UINT16_MAX },
        [RX_PIXEL_I32] = { INT32_MIN, INT32_MAX }, [RX_PIXEL_U32] = { 0, UINT32_MAX },
        [RX_PIXEL_I64] = { -0x1p63, 0x1p63 },      [RX_PIXEL_U64] = { 0, 0x1p64 },
    };
    if (pixel < RX_PIXEL_I8 || pixel > RX_PIXEL_U64) { return; }
    memcpy(range, ranges[pixel], sizeof ranges[pixel]);
}

static void find_box(passing *w, size_t pad)
{
    const rx_pyr_prepared *p = w->p;
    for (int a = 0; a < 3; a++) {
        size_t last = p->image.grid.dim[a] - 1;
        w->box.min[a] = p->box_min[a] > pad ? p->box_min[a] - pad : 0;
        w->box.max[a] = last - p->box_max[a] > pad ? p->box_max[a] + pad : last;
    }
}

/* The mask in the box, made when the first filter wants it. */
static int need_region(passing *w)
{
    if (w->region.voxels) { return RX_OK; }
    const rx_mask *m = &w->p->mask;
    rx_grid grid = rx_grid_box(&m->grid, w->box.min, w->box.max);
    int rc = rx_region_new(&w->region, &grid, w->err);
    if (rc != RX_OK) { return rc; }
    uint8_t *to = w->region.voxels;
    for (size_t k = w->box.min[2]; k <= w->box.max[2]; k++) {
        for (size_t j = w->box.min[1]; j <= w->box.max[1]; j++) {
            const uint8_t *row = m->voxels + (k * m->grid.dim[1] + j) * m->grid.dim[0] + w->box.min[0];
            for (size_t i = 0; i < grid.dim[0]; i++) { *to++ = row[i] == m->label; }
        }
    }
    return RX_OK;
}

static int show(passing *w, const rx_filtered *f, const rx_pyr_own *own)
{
    if (f->skipped) {
        rx_trace_note(w->trace, "%s: %s", f->name, f->why);
        return RX_OK;
    }
    rx_mask mask = rx_region_mask(&w->region);
    mask.grid = f->image.grid;
    return w->visit(w->user, f->name, &f->image, &mask, own, w->err);
}

static int filtered(passing *w, const rx_pyr_image *type)
{
    rx_filter_settings s = type->own.filter;
    s.force_2d = type->own.features.force_2d;
    s.force_2d_dimension = type->own.features.force_2d_dimension;
    set_range(s.integer_range, w->p->pixel);
    rx_filter *f = NULL;
    rx_filtered out;
    bool more = false;
    int rc = need_region(w);
    if (rc != RX_OK
        || (rc = rx_filter_open(&f, &w->p->image, scalar_of(w->p->pixel), &w->p->mask, &w->box,
                                type->type, &s, w->err)) != RX_OK) {
        return rc;
    }
    while ((rc = rx_filter_next(&more, &out, f, w->err)) == RX_OK && more) {
        if ((rc = show(w, &out, &type->own)) != RX_OK) { break; }
    }
    rx_filter_free(f);
    return rc;
}

int rx_pyradiomics_images(const rx_pyr_prepared *p, rx_trace *trace, const rx_pyradiomics *settings,
                          size_t pad, rx_pyr_visit *visit, void *user, rx_error *err)
{
    if (!p || !settings || !visit || !p->image.voxels) {
        return rx_fail(err, RX_EINVAL, "rx_pyradiomics_images: an argument is missing");
    }
    passing w = { .p = p, .trace = trace, .visit = visit, .user = user, .err = err };
    find_box(&w, pad);
    int rc = RX_OK;
    for (unsigned i = 0; rc == RX_OK && i < settings->n_images; i++) {
        const rx_pyr_image *type = &settings->images[i];
        if (type->type == RX_IMAGE_ORIGINAL) {
            rc = visit(user, "original", &p->image, &p->mask, &type->own, err);
        } else {
            rc = filtered(&w, type);
        }
    }
    rx_region_free(&w.region);
    return rc;
}
