/* From image and mask to what features are computed of: IBSI 2.4 (interpolation), 2.5 (rounding and
 * partially covered voxels) and 2.6 (re-segmentation). */
#include <radiomics/ibsi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bounds.h"
#include "ibsi_resample.h"
#include "ibsi_volume.h"
#include "roi.h"

/* Voxels that are interpolated at most: 4 GB of them. */
#define MOST_VOXELS ((size_t)1 << 29)

/* First and number along each axis, of the interpolated grid. */
typedef struct window { size_t first[3], n[3]; } window;

typedef struct target {
    rx_new_axis axis[3];
    rx_grid grid;
} target;

static int make_target(target *t, const rx_grid *old, const rx_ibsi *s, rx_error *err)
{
    size_t voxels;
    t->grid = *old;
    for (int a = 0; a < 3; a++) {
        double to = s->by_slice && a == 2 ? 0 : s->spacing_mm[a];
        t->axis[a] = rx_new_axis_of(old->dim[a], old->spacing_mm[a], to);
        t->grid.dim[a] = t->axis[a].n;
        if (to > 0) { t->grid.spacing_mm[a] = to; }
        double shift = t->axis[a].first * old->spacing_mm[a];
        for (int x = 0; x < 3; x++) { t->grid.origin_mm[x] += old->direction[3 * x + a] * shift; }
    }
    return rx_grid_voxels(&voxels, &t->grid, err);
}

static rx_grid grid_of_window(const rx_grid *whole, const window *w)
{
    rx_grid g = *whole;
    for (int a = 0; a < 3; a++) {
        g.dim[a] = w->n[a];
        for (int x = 0; x < 3; x++) {
            g.origin_mm[x] += whole->direction[3 * x + a] * (double)w->first[a] * whole->spacing_mm[a];
        }
    }
    return g;
}

/* New voxels that old voxels lo..hi can reach: none lies farther than two old voxels, the reach of
 * a cubic spline's largest weights; the tails beyond stay under any threshold in use. */
static window reached(const target *t, const size_t lo[3], const size_t hi[3], rx_ibsi_interpolation how)
{
    window w;
    double reach = how == RX_IBSI_CUBIC_SPLINE ? 8 : 1;
    for (int a = 0; a < 3; a++) {
        const rx_new_axis *g = &t->axis[a];
        double first = floor(((double)lo[a] - reach - g->first) / g->step) - 1;
        double last = ceil(((double)hi[a] + reach - g->first) / g->step) + 1;
        double end = (double)(g->n - 1);
        first = first < 0 ? 0 : first > end ? end : first;
        last = last < 0 ? 0 : last > end ? end : last;
        w.first[a] = (size_t)first;
        w.n[a] = (size_t)(last - first) + 1;
    }
    return w;
}

/* RX_ELIMIT if the window is too large for sensible memory. */
static int check_window(const window *w, const rx_grid *whole, rx_error *err)
{
    double voxels = (double)w->n[0] * (double)w->n[1] * (double)w->n[2];
    if (voxels <= (double)MOST_VOXELS) { return RX_OK; }
    return rx_fail(err, RX_ELIMIT, "%zu x %zu x %zu voxels of %g x %g x %g mm around the region need %.0f GB; "
                   "at most %zu voxels", w->n[0], w->n[1], w->n[2], whole->spacing_mm[0],
                   whole->spacing_mm[1], whole->spacing_mm[2], voxels * sizeof(double) / 1e9, MOST_VOXELS);
}

static int resample_window(double *out, const rx_line_source *lines, const target *t, const window *w,
                           const size_t old[3], rx_ibsi_interpolation how, rx_error *err)
{
    rx_axis axis[3] = { { 0 }, { 0 }, { 0 } };
    int rc = RX_OK;
    for (int a = 0; a < 3 && rc == RX_OK; a++) {
        rc = rx_axis_plan(&axis[a], &t->axis[a], w->first[a], w->n[a], old[a], how, err);
    }
    if (rc == RX_OK) { rc = rx_resample(out, lines, axis, err); }
    for (int a = 0; a < 3; a++) { rx_axis_free(&axis[a]); }
    return rc;
}

/* ---- the mask ------------------------------------------------------------------------ */

static bool resamples(const target *t, const rx_grid *old)
{
    return memcmp(t->grid.dim, old->dim, sizeof old->dim) != 0
           || memcmp(t->grid.spacing_mm, old->spacing_mm, sizeof old->spacing_mm) != 0;
}

/* IBSI 2.4: voxels whose interpolated share of the region reaches the threshold. */
static int interpolate_mask(rx_region *out, window *w, const rx_mask *mask, const target *t,
                            const rx_ibsi_mask_trace *box, const rx_ibsi *s, rx_error *err)
{
    *w = reached(t, box->box_min, box->box_max, s->mask_interpolation);
    rx_grid grid = grid_of_window(&t->grid, w);
    rx_volume share = { 0 };
    rx_line_source lines = rx_mask_lines(mask);
    int rc;
    if ((rc = check_window(w, &t->grid, err)) != RX_OK || (rc = rx_region_new(out, &grid, err)) != RX_OK
        || (rc = rx_volume_new(&share, &grid, err)) != RX_OK
        || (rc = resample_window(share.voxels, &lines, t, w, mask->grid.dim, s->mask_interpolation,
                                 err)) != RX_OK) {
        rx_volume_free(&share);
        return rc;
    }
    /* weights that add up to the threshold may miss it by their rounding */
    double least = s->mask_threshold - 1e-9;
    size_t n = grid.dim[0] * grid.dim[1] * grid.dim[2];
    for (size_t i = 0; i < n; i++) { out->voxels[i] = share.voxels[i] >= least; }
    rx_volume_free(&share);
    return RX_OK;
}

static void copy_window(uint8_t *out, const window *to, const rx_region *from, const window *at)
{
    for (size_t k = 0; k < at->n[2]; k++) {
        for (size_t j = 0; j < at->n[1]; j++) {
            size_t y = at->first[1] + j, z = at->first[2] + k;
            if (y < to->first[1] || y >= to->first[1] + to->n[1] || z < to->first[2]
                || z >= to->first[2] + to->n[2]) { continue; }
            uint8_t *row = out + ((z - to->first[2]) * to->n[1] + y - to->first[1]) * to->n[0];
            const uint8_t *in = from->voxels + (k * at->n[1] + j) * at->n[0];
            size_t begin = at->first[0] > to->first[0] ? at->first[0] : to->first[0];
            size_t end = at->first[0] + at->n[0];
            if (end > to->first[0] + to->n[0]) { end = to->first[0] + to->n[0]; }
            if (begin < end) { memcpy(row + begin - to->first[0], in + begin - at->first[0], end - begin); }
        }
    }
}

/* The region's box in the whole grid, for a region that stands at window w. */
static void trace_mask(rx_ibsi_mask_trace *t, const rx_region *r, const window *w)
{
    *t = rx_trace_mask(r->voxels, r->grid.dim, 1);
    if (t->voxels == 0) { return; }
    for (int a = 0; a < 3; a++) {
        t->box_min[a] += w->first[a];
        t->box_max[a] += w->first[a];
    }
}

static window around(const rx_ibsi_mask_trace *box, const rx_grid *whole, double margin_mm)
{
    window w;
    for (int a = 0; a < 3; a++) {
        double more = ceil(margin_mm / whole->spacing_mm[a]);
        size_t before = box->box_min[a], after = whole->dim[a] - 1 - box->box_max[a];
        before = more < (double)before ? (size_t)more : before;
        after = more < (double)after ? (size_t)more : after;
        w.first[a] = box->box_min[a] - before;
        w.n[a] = box->box_max[a] + after - w.first[a] + 1;
    }
    return w;
}

/* Interpolated mask in *w, which becomes the window of everything: the region and its margin. */
static int prepare_mask(rx_ibsi_prepared *p, window *w, rx_ibsi_mask_trace *box, const rx_mask *mask,
                        const target *t, const rx_ibsi_mask_trace *before, const rx_ibsi *s,
                        rx_error *err)
{
    rx_region reach = { 0 };
    window at = { { 0, 0, 0 }, { mask->grid.dim[0], mask->grid.dim[1], mask->grid.dim[2] } };
    int rc = RX_OK;
    bool moved = resamples(t, &mask->grid);
    *box = *before;
    if (moved) {
        rc = interpolate_mask(&reach, &at, mask, t, before, s, err);
        if (rc == RX_OK) { trace_mask(box, &reach, &at); }
    }
    if (rc == RX_OK && box->voxels == 0) {
        rc = rx_fail(err, RX_EEMPTY, "the region has no voxel left after interpolation to "
                     "%g x %g x %g mm", t->grid.spacing_mm[0], t->grid.spacing_mm[1], t->grid.spacing_mm[2]);
    }
    if (rc == RX_OK) {
        double margin = fmax(s->margin_mm, s->families & RX_IBSI_LOCAL ? RX_SPHERE_MM : 0);
        *w = around(box, &t->grid, margin);
        rx_grid grid = grid_of_window(&t->grid, w);
        rc = check_window(w, &t->grid, err);
        if (rc == RX_OK) { rc = rx_region_new(&p->morphological, &grid, err); }
    }
    if (rc == RX_OK && moved) {
        copy_window(p->morphological.voxels, w, &reach, &at);
    } else if (rc == RX_OK) {
        rx_copy_label(p->morphological.voxels, w->first, w->n, mask);
    }
    rx_region_free(&reach);
    return rc;
}

/* ---- re-segmentation ----------------------------------------------------------------- */

/* IBSI 2.6: the ranges of both methods are those of the region as it was segmented; a voxel must
 * lie in both. The region's voxels are finite. */
static void resegment(rx_ibsi_prepared *p, const rx_ibsi *s, const rx_ibsi_step *before)
{
    double lowest = s->lowest, highest = s->highest;
    size_t n = p->image.grid.dim[0] * p->image.grid.dim[1] * p->image.grid.dim[2];
    const double *v = p->image.voxels;
    uint8_t *in = p->intensity.voxels;
    /* equal intensities have no outliers, though their mean be rounded */
    if (s->outlier_sigma > 0 && before->roi_max > before->roi_min) {
        /* in units of the range: neither huge nor tiny intensities lose their squares */
        double sum = 0, range = before->roi_max - before->roi_min;
        for (size_t i = 0; i < n; i++) {
            if (!in[i]) { continue; }
            double d = (v[i] - before->roi_mean) / range;
            sum += d * d;
        }
        double reach = s->outlier_sigma * sqrt(sum / (double)before->intensity.voxels) * range;
        lowest = fmax(lowest, before->roi_mean - reach);
        highest = fmin(highest, before->roi_mean + reach);
    }
    for (size_t i = 0; i < n; i++) { in[i] = in[i] && v[i] >= lowest && v[i] <= highest; }
}

/* ---- all steps ----------------------------------------------------------------------- */

static void trace_region(rx_ibsi_step *step, const rx_ibsi_prepared *p, const window *w)
{
    trace_mask(&step->morphological, &p->morphological, w);
    trace_mask(&step->intensity, &p->intensity, w);
    rx_trace_intensities(step, p->image.voxels, p->intensity.voxels,
                         p->image.grid.dim[0] * p->image.grid.dim[1] * p->image.grid.dim[2]);
}

static int prepare_image(rx_ibsi_prepared *p, const rx_image *image, const target *t, const window *w,
                         const rx_ibsi *s, rx_error *err)
{
    rx_grid grid = grid_of_window(&t->grid, w);
    rx_line_source lines = rx_image_lines(image);
    int rc = rx_volume_new(&p->image, &grid, err);
    if (rc == RX_OK) {
        rc = resample_window(p->image.voxels, &lines, t, w, image->grid.dim, s->image_interpolation, err);
    }
    if (rc != RX_OK || !s->round_intensities) { return rc; }
    size_t n = grid.dim[0] * grid.dim[1] * grid.dim[2];
    for (size_t i = 0; i < n; i++) { p->image.voxels[i] = rint(p->image.voxels[i]); }
    return RX_OK;
}

static bool whole(const window *w, const rx_grid *g)
{
    return memcmp(w->n, g->dim, sizeof g->dim) == 0;
}

static int prepare(rx_ibsi_prepared *p, rx_ibsi_trace *trace, const rx_image *image, const rx_mask *mask,
                   const rx_ibsi *s, rx_error *err)
{
    target t;
    window w;
    rx_ibsi_step *first = &trace->initial, *second = &trace->interpolated, *third = &trace->resegmented;
    int rc;
    if ((rc = make_target(&t, &image->grid, s, err)) != RX_OK) { return rc; }
    first->grid = image->grid;
    first->morphological = rx_trace_mask(mask->voxels, mask->grid.dim, mask->label);
    first->intensity = first->morphological;
    if (first->morphological.voxels == 0) {
        return rx_fail(err, RX_EEMPTY, "no voxel of the mask has label %u", (unsigned)mask->label);
    }
    second->grid = t.grid;
    if ((rc = prepare_mask(p, &w, &second->morphological, mask, &t, &first->morphological, s, err)) != RX_OK
        || (rc = prepare_image(p, image, &t, &w, s, err)) != RX_OK
        || (rc = rx_region_new(&p->intensity, &p->image.grid, err)) != RX_OK
        || (rc = rx_check_finite(p->image.voxels, p->morphological.voxels, p->image.grid.dim, w.first,
                                 err)) != RX_OK) {
        return rc;
    }
    size_t n = p->image.grid.dim[0] * p->image.grid.dim[1] * p->image.grid.dim[2];
    memcpy(p->intensity.voxels, p->morphological.voxels, n);
    trace_region(second, p, &w);
    second->image_mean = second->image_min = second->image_max = NAN;
    if (whole(&w, &t.grid)) { rx_trace_volume(second, p->image.voxels, n); }
    resegment(p, s, second);
    *third = *second;
    trace_region(third, p, &w);
    if (third->intensity.voxels == 0) {
        return rx_fail(err, RX_EEMPTY, "none of the region's %zu voxels, %g to %g, is left after "
                       "re-segmentation", second->intensity.voxels, second->roi_min, second->roi_max);
    }
    return RX_OK;
}

int rx_ibsi_prepare(rx_ibsi_prepared *p, rx_ibsi_trace *trace, const rx_image *image,
                    const rx_mask *mask, const rx_ibsi *settings, rx_error *err)
{
    if (!p || !image || !mask || !settings) {
        return rx_fail(err, RX_EINVAL, "rx_ibsi_prepare: an argument is missing");
    }
    *p = (rx_ibsi_prepared){ 0 };
    rx_ibsi_trace own;
    rx_ibsi_trace *t = trace ? trace : &own;
    *t = (rx_ibsi_trace){ .bin_origin = NAN, .bin_size = NAN };
    int rc;
    if ((rc = rx_ibsi_check(settings, err)) != RX_OK
        || (rc = rx_check_pair(image, mask, err)) != RX_OK) {
        return rc;
    }
    rc = prepare(p, t, image, mask, settings, err);
    if (rc == RX_OK && trace) { rx_trace_initial(&trace->initial, image, mask); }
    return rc;
}

void rx_ibsi_prepared_free(rx_ibsi_prepared *p)
{
    if (!p) { return; }
    rx_volume_free(&p->image);
    rx_region_free(&p->morphological);
    rx_region_free(&p->intensity);
}
