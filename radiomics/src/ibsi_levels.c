/* Grey levels (IBSI 2.7). */
#include <math.h>
#include <string.h>
#include "bounds.h"
#include "ibsi_families.h"

rx_ibsi_scale rx_ibsi_scale_of(const rx_ibsi_case *c, const rx_ibsi_bins *bins)
{
    double lowest = c->sorted[0], highest = c->sorted[c->n - 1];
    rx_ibsi_scale s = { bins->by, (double)NAN, (double)NAN, highest - lowest, bins->number };
    if (bins->by == RX_IBSI_BIN_SIZE) {
        /* the lower bound of the re-segmentation range, so that levels mean the same in all images */
        s.origin = isfinite(c->settings->lowest) ? c->settings->lowest : lowest;
        s.size = bins->size;
    } else if (bins->by == RX_IBSI_BIN_NUMBER) {
        s.origin = lowest;
        s.size = s.range / bins->number;
    }
    return s;
}

unsigned rx_ibsi_level(const rx_ibsi_scale *s, double x)
{
    double level;
    switch (s->by) {
    case RX_IBSI_BIN_SIZE:
        level = floor((x - s->origin) / s->size) + 1;
        break;
    case RX_IBSI_BIN_NUMBER:
        if (!(s->range > 0)) { return 1; }
        level = floor(s->number * ((x - s->origin) / s->range)) + 1;
        if (level > s->number) { level = s->number; }     /* the highest intensity */
        break;
    default:
        level = x == floor(x) ? x : 0;
        break;
    }
    return level >= 1 && level <= RX_MAX_GREY_LEVELS ? (unsigned)level : 0;
}

/* Some level of these is 0 exactly if one of the extremes' is, or a value is no whole number. */
static int check_scale(const rx_ibsi_case *c, const rx_ibsi_scale *s, rx_error *err)
{
    double lowest = c->sorted[0], highest = c->sorted[c->n - 1];
    if (s->by == RX_IBSI_BIN_NUMBER && !isfinite(s->range)) {
        return rx_fail(err, RX_ELIMIT, "%u bins between %g and %g cannot be told apart", s->number,
                       lowest, highest);
    }
    if (s->by == RX_IBSI_BIN_SIZE) {
        double levels = floor((highest - s->origin) / s->size) + 1;
        if (lowest < s->origin) {
            return rx_fail(err, RX_EINVAL, "intensity %g lies below the first bin's %g", lowest, s->origin);
        }
        if (!(levels <= RX_MAX_GREY_LEVELS)) {
            return rx_fail(err, RX_ELIMIT, "%.15g grey levels of width %g between %g and %g, at most %d",
                           levels, s->size, s->origin, highest, RX_MAX_GREY_LEVELS);
        }
    }
    if (s->by != RX_IBSI_NO_BINS) { return RX_OK; }
    for (size_t i = 0; i < c->n; i++) {
        if (rx_ibsi_level(s, c->sorted[i]) == 0) {
            return rx_fail(err, RX_EINVAL, "intensity %g is no grey level: without bins, intensities must "
                           "be whole numbers from 1 to %d", c->sorted[i], RX_MAX_GREY_LEVELS);
        }
    }
    return RX_OK;
}

/* The array with its halo; level tables and rows in one buffer. */
typedef struct arrays { uint16_t *voxels, *level, *dense, *begin, *end; uint32_t *count; } arrays;

static int make_arrays(arrays *a, rx_levels *l, const rx_roi *roi, size_t levels, rx_workspace *ws,
                       rx_error *err)
{
    size_t total = 1, rows = roi->n[1] * roi->n[2], shorts = 4 * (levels + 1) + 2 * rows;
    bool fits = true;
    for (int x = 0; x < 3; x++) {
        l->n[x] = roi->n[x];
        l->spacing_mm[x] = roi->spacing_mm[x];
        l->stride[x] = total;
        fits = fits && rx_size_mul(&total, total, roi->n[x] + 2 * l->pad);
    }
    if (!fits || total > RX_MAX_BOX_VOXELS) {
        return rx_fail(err, RX_ELIMIT, "the region's box has %zu x %zu x %zu voxels, at most %zu in all",
                       roi->n[0], roi->n[1], roi->n[2], RX_MAX_BOX_VOXELS);
    }
    l->array = total;
    a->voxels = rx_buf_need(&ws->levels, total, sizeof *a->voxels, err);
    a->level = rx_buf_need(&ws->tables, shorts, sizeof *a->level, err);
    if (!a->voxels || !a->level) { return RX_ENOMEM; }
    memset(a->voxels, 0, total * sizeof *a->voxels);
    memset(a->level, 0, shorts * sizeof *a->level);
    a->count = (uint32_t *)(void *)a->level;                 /* a counter is two shorts */
    a->level += 2 * (levels + 1);
    a->dense = a->level + levels + 1;
    a->begin = a->dense + levels + 1;
    a->end = a->begin + rows;
    return RX_OK;
}

static void fill_row(const arrays *a, const rx_levels *l, const rx_ibsi_case *c, const rx_ibsi_scale *s,
                     size_t j, size_t k)
{
    const uint8_t *in = rx_ibsi_mask_row(c, j, k);
    const double *v = rx_ibsi_value_row(c, j, k);
    uint16_t *o = a->voxels + rx_levels_at(l, 0, j, k);
    size_t row = k * l->n[1] + j;
    for (size_t i = 0; i < l->n[0]; i++) {
        if (!in[i]) { continue; }
        unsigned level = rx_ibsi_level(s, v[i]);
        o[i] = (uint16_t)level;
        a->count[level]++;
        if (a->end[row] == 0) { a->begin[row] = (uint16_t)i; }
        a->end[row] = (uint16_t)(i + 1);
    }
}

int rx_ibsi_levels(rx_levels *l, const rx_ibsi_case *c, const rx_ibsi_scale *s, size_t pad,
                   rx_workspace *ws, rx_error *err)
{
    arrays a = { 0 };
    *l = (rx_levels){ .pad = pad, .total = c->n };
    int rc = check_scale(c, s, err);
    if (rc != RX_OK) { return rc; }
    size_t highest = rx_ibsi_level(s, c->sorted[c->n - 1]);
    if ((rc = make_arrays(&a, l, &c->roi, highest, ws, err)) != RX_OK) { return rc; }
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) { fill_row(&a, l, c, s, j, k); }
    }
    for (size_t g = 1; g <= highest; g++) {
        if (a.count[g] == 0) { continue; }
        a.level[l->present] = (uint16_t)g;
        a.dense[g] = (uint16_t)l->present;
        a.count[l->present++] = a.count[g];                  /* in place: present < g */
    }
    l->voxels = a.voxels;
    l->level = a.level;
    l->dense = a.dense;
    l->count = a.count;
    l->begin = a.begin;
    l->end = a.end;
    l->lowest = a.level[0];
    l->highest = (unsigned)highest;
    return RX_OK;
}
