/* One perturbation: cut out the region and its surroundings, and change them step by step. */
#include <math.h>
#include <string.h>
#include "perturb.h"
#include "roi.h"

void rx_perturb_default(rx_perturb *p)
{
    *p = (rx_perturb){ .interpolation = RX_PERTURB_CUBIC, .margin_mm = 25 };
}

static bool within(double x, double lo, double hi) { return x >= lo && x <= hi; }

int rx_perturb_check(const rx_perturb *p, rx_error *err)
{
    if (!within(p->noise, 0, 1000)) { return rx_fail(err, RX_EINVAL, "noise is %g, must be 0 to 1000", p->noise); }
    if (!(p->noise_sd >= 0) || !isfinite(p->noise_sd)) {
        return rx_fail(err, RX_EINVAL, "noise_sd is %g, must not be negative", p->noise_sd);
    }
    if (!within(p->angle_deg, -180, 180)) {
        return rx_fail(err, RX_EINVAL, "angle_deg is %g, must be -180 to 180", p->angle_deg);
    }
    for (int a = 0; a < 3; a++) {
        if (!within(p->shift[a], -1, 1)) {
            return rx_fail(err, RX_EINVAL, "shift[%d] is %g voxels, must be -1 to 1", a, p->shift[a]);
        }
    }
    if ((unsigned)p->interpolation > RX_PERTURB_CUBIC) {
        return rx_fail(err, RX_EINVAL, "interpolation %d is unknown", (int)p->interpolation);
    }
    if (!within(p->volume_change, -0.9, 9)) {
        return rx_fail(err, RX_EINVAL, "volume_change is %g, must be -0.9 to 9", p->volume_change);
    }
    if (!(p->margin_mm >= 0)) {
        return rx_fail(err, RX_EINVAL, "margin_mm is %g, must not be negative", p->margin_mm);
    }
    return RX_OK;
}

typedef struct box { size_t from[3], n[3]; } box;

/* How far the region may reach beyond its box along an axis when it is turned and moved, in mm. */
static double reach(const rx_perturb *p, const rx_roi *roi, int axis)
{
    double more = p->shift[axis] == 0 ? 0 : roi->spacing_mm[axis];
    if (p->angle_deg == 0 || axis == 2) { return more; }
    double half[2], c, s;
    rx_turn(&c, &s, p->angle_deg);
    for (int a = 0; a < 2; a++) { half[a] = (double)roi->n[a] * roi->spacing_mm[a] / 2; }
    double turned = fabs(c) * half[axis] + fabs(s) * half[1 - axis];
    return more + fmax(0, turned - half[axis]) + 2 * roi->spacing_mm[axis];
}

/* The region's box with its margin, as far as the image goes. */
static void widen(box *b, const rx_roi *roi, const rx_grid *g, const rx_perturb *p)
{
    for (int a = 0; a < 3; a++) {
        double most = (double)g->dim[a], wide = ceil(fmax(p->margin_mm, reach(p, roi, a)) / g->spacing_mm[a]);
        size_t margin = wide < most ? (size_t)wide : g->dim[a];
        size_t end = roi->min[a] + roi->n[a];
        b->from[a] = roi->min[a] > margin ? roi->min[a] - margin : 0;
        end = end + margin < g->dim[a] ? end + margin : g->dim[a];
        b->n[a] = end - b->from[a];
    }
}

static rx_grid cut_grid(const rx_grid *g, const box *b)
{
    rx_grid cut = *g;
    for (int a = 0; a < 3; a++) {
        cut.dim[a] = b->n[a];
        for (int r = 0; r < 3; r++) {
            cut.origin_mm[r] += g->direction[3 * r + a] * g->spacing_mm[a] * (double)b->from[a];
        }
    }
    return cut;
}

static int cut(rx_volume *v, rx_region *r, const rx_image *image, const rx_mask *mask, const box *b, rx_error *err)
{
    rx_grid grid = cut_grid(&image->grid, b);
    int rc = rx_volume_new(v, &grid, err);
    if (rc == RX_OK) { rc = rx_region_new(r, &grid, err); }
    for (size_t k = 0, to = 0; rc == RX_OK && k < b->n[2]; k++) {
        for (size_t j = 0; j < b->n[1]; j++, to += b->n[0]) {
            size_t at = ((k + b->from[2]) * image->grid.dim[1] + j + b->from[1]) * image->grid.dim[0] + b->from[0];
            rx_copy_voxels(v->voxels + to, image, at, b->n[0]);
            for (size_t i = 0; i < b->n[0]; i++) { r->voxels[to + i] = mask->voxels[at + i] == mask->label; }
        }
    }
    return rc;
}

static int check_finite(const rx_volume *v, rx_error *err)
{
    size_t n = v->grid.dim[0] * v->grid.dim[1] * v->grid.dim[2];
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(v->voxels[i])) {
            return rx_fail(err, RX_EINVAL, "a voxel near the region is not finite");
        }
    }
    return RX_OK;
}

/* ---- turning and moving the grid --------------------------------------------------------- */

/* Keys 1981, a = -1/2, at distances 1 + t, t, 1 - t, 2 - t. */
static void cubic_weights(double w[4], double t)
{
    w[0] = ((-0.5 * t + 1) * t - 0.5) * t;
    w[1] = (1.5 * t - 2.5) * t * t + 1;
    w[2] = ((-1.5 * t + 2) * t + 0.5) * t;
    w[3] = (0.5 * t - 0.5) * t * t;
}

typedef struct taps { ptrdiff_t first; int n; double w[4]; } taps;

static taps taps_at(double x, bool cubic)
{
    double base = floor(x), t = x - base;
    if (cubic) {
        taps c = { (ptrdiff_t)base - 1, 4, { 0 } };
        cubic_weights(c.w, t);
        return c;
    }
    return (taps){ (ptrdiff_t)base, 2, { 1 - t, t, 0, 0 } };
}

static size_t clamp(ptrdiff_t i, size_t n)
{
    return i < 0 ? 0 : (size_t)i < n ? (size_t)i : n - 1;
}

static double image_at(const rx_volume *v, const double p[3], bool cubic)
{
    const size_t *dim = v->grid.dim;
    taps t[3];
    for (int a = 0; a < 3; a++) { t[a] = taps_at(p[a], cubic); }
    double sum = 0;
    for (int k = 0; k < t[2].n; k++) {
        if (t[2].w[k] == 0) { continue; }
        for (int j = 0; j < t[1].n; j++) {
            const double *row = v->voxels + (clamp(t[2].first + k, dim[2]) * dim[1] + clamp(t[1].first + j, dim[1])) * dim[0];
            double part = 0;
            for (int i = 0; i < t[0].n; i++) { part += t[0].w[i] * row[clamp(t[0].first + i, dim[0])]; }
            sum += t[2].w[k] * t[1].w[j] * part;
        }
    }
    return sum;
}

/* Outside the grid is outside the region. */
static uint8_t region_at(const rx_region *r, const double p[3])
{
    const size_t *dim = r->grid.dim;
    taps t[3];
    for (int a = 0; a < 3; a++) { t[a] = taps_at(p[a], false); }
    double sum = 0;
    for (int c = 0; c < 8; c++) {
        const int bit[3] = { c & 1, c >> 1 & 1, c >> 2 };
        double w = 1;
        bool in = true;
        size_t at = 0;
        for (int a = 2; a >= 0; a--) {
            ptrdiff_t i = t[a].first + bit[a];
            w *= t[a].w[bit[a]];
            in = in && i >= 0 && (size_t)i < dim[a];
            at = at * dim[a] + (in ? (size_t)i : 0);
        }
        if (in && w > 0) { sum += w * r->voxels[at]; }
    }
    return sum >= 0.5 - 1e-9;                     /* halves that rounding put just below */
}

typedef struct motion { double centre[3], cosine, sine, shift[3], mm[2]; } motion;

/* Where the voxel (i, j, k) of the moved grid lies in the old one. */
static void move(double p[3], const motion *m, size_t i, size_t j, size_t k)
{
    double x = ((double)i + m->shift[0] - m->centre[0]) * m->mm[0];
    double y = ((double)j + m->shift[1] - m->centre[1]) * m->mm[1];
    p[0] = m->centre[0] + (m->cosine * x - m->sine * y) / m->mm[0];
    p[1] = m->centre[1] + (m->sine * x + m->cosine * y) / m->mm[1];
    p[2] = (double)k + m->shift[2];
}

static int resample(rx_volume *v, rx_region *r, const motion *m, bool cubic, rx_error *err)
{
    rx_volume moved;
    rx_region where = { 0 };
    int rc = rx_volume_new(&moved, &v->grid, err);
    if (rc == RX_OK) { rc = rx_region_new(&where, &v->grid, err); }
    const size_t *dim = v->grid.dim;
    for (size_t k = 0, at = 0; rc == RX_OK && k < dim[2]; k++) {
        for (size_t j = 0; j < dim[1]; j++) {
            for (size_t i = 0; i < dim[0]; i++, at++) {
                double p[3];
                move(p, m, i, j, k);
                moved.voxels[at] = image_at(v, p, cubic);
                where.voxels[at] = region_at(r, p);
            }
        }
    }
    if (rc != RX_OK) {
        rx_volume_free(&moved);
        return rc;
    }
    rx_volume_free(v);
    rx_region_free(r);
    *v = moved;
    *r = where;
    return RX_OK;
}

static int turn_and_move(rx_volume *v, rx_region *r, const rx_perturb *p, const rx_roi *roi, const box *b,
                         rx_error *err)
{
    if (p->angle_deg == 0 && p->shift[0] == 0 && p->shift[1] == 0 && p->shift[2] == 0) { return RX_OK; }
    motion m = { .mm = { v->grid.spacing_mm[0], v->grid.spacing_mm[1] } };
    rx_turn(&m.cosine, &m.sine, p->angle_deg);
    for (int a = 0; a < 3; a++) {
        m.centre[a] = (double)(roi->min[a] - b->from[a]) + (double)(roi->n[a] - 1) / 2;
        m.shift[a] = p->shift[a];
    }
    return resample(v, r, &m, p->interpolation == RX_PERTURB_CUBIC, err);
}

/* ---- all steps ------------------------------------------------------------------------------ */

static int add_noise(rx_volume *v, const rx_image *from, const rx_perturb *p, rx_error *err)
{
    double sd = p->noise_sd;
    if (p->noise > 0) {
        int rc = rx_perturb_noise_level(&sd, from, err);
        if (rc != RX_OK) { return rc; }
        sd *= p->noise;
    }
    if (sd > 0) { rx_perturb_add_noise(v, sd, p->seed); }
    return RX_OK;
}

static int change(rx_volume *v, rx_region *r, const rx_image *from, const rx_perturb *p, const rx_roi *roi,
                  const box *b, rx_error *err)
{
    int rc = check_finite(v, err);
    if (rc == RX_OK) { rc = add_noise(v, from, p, err); }
    if (rc == RX_OK) { rc = turn_and_move(v, r, p, roi, b, err); }
    if (rc == RX_OK && !memchr(r->voxels, 1, v->grid.dim[0] * v->grid.dim[1] * v->grid.dim[2])) {
        rc = rx_fail(err, RX_EEMPTY, "no voxel of the region is left after turning and moving it");
    }
    if (rc == RX_OK && p->volume_change != 0) { rc = rx_perturb_volume(r, p->volume_change, p->seed, err); }
    if (rc == RX_OK && p->contour) { rc = rx_perturb_contour(r, v, p->seed, err); }
    return rc;
}

int rx_perturb_apply(rx_volume *image, rx_region *region, const rx_image *from, const rx_mask *mask,
                     const rx_perturb *p, rx_error *err)
{
    *image = (rx_volume){ 0 };
    *region = (rx_region){ 0 };
    int rc = rx_perturb_check(p, err);
    if (rc == RX_OK) { rc = rx_check_pair(from, mask, err); }
    if (rc != RX_OK) { return rc; }
    rx_workspace *ws = rx_workspace_new();
    if (!ws) { return rx_fail(err, RX_ENOMEM, "no memory for a perturbation"); }
    rx_roi roi;
    rc = rx_crop_mask(&roi, mask, ws, err);
    if (rc == RX_OK) {
        box b;
        widen(&b, &roi, &from->grid, p);
        rc = cut(image, region, from, mask, &b, err);
        if (rc == RX_OK) { rc = change(image, region, from, p, &roi, &b, err); }
    }
    rx_workspace_free(ws);
    if (rc != RX_OK) {
        rx_volume_free(image);
        rx_region_free(region);
    }
    return rc;
}
