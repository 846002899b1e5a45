#include "pipeline/phantom.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/limits.h"
#include "pipeline/noise.h"
#include "pipeline/outline.h"

/* One stream of random numbers a purpose; the values are part of what a seed means. */
enum { STREAM_DRAW = 1, STREAM_LOBES, STREAM_BUMPS, STREAM_COARSE, STREAM_FINE, STREAM_TISSUE,
       STREAM_SCANNER, STREAM_BOWEL };
enum { N_LOOPS = 6 };
static const double fat_rim_mm = 12.0;

static uint64_t stream(uint64_t seed, int64_t purpose)
{
    return pn_noise_key(seed, purpose, 0, 0);
}

static double square(double x)
{
    return x * x;
}

/* Newton's iteration instead of libm's cbrt, whose last digit differs between machines. */
static double cube_root(double x)
{
    double r = 1.0;
    for (int i = 0; i < 60 && x > 0; i++) { r = (2.0 * r + x / (r * r)) / 3.0; }
    return x > 0 ? r : 0.0;
}

/* Semi-axes of the body, which is the same in every slice. */
static void body_semiaxes(double ab[2], const pn_phantom_params *p)
{
    ab[0] = 0.42 * (double)p->dim[0] * p->spacing_mm[0];
    ab[1] = 0.30 * (double)p->dim[1] * p->spacing_mm[1];
}

/* ---- one member of a cohort ------------------------------------------------------------ */

static double drawn(uint64_t seed, int64_t which, double low, double high)
{
    return low + (high - low) * pn_noise_uniform(pn_noise_key(stream(seed, STREAM_DRAW), which, 0, 0));
}

void pn_phantom_draw(pn_phantom_params *out, uint64_t seed, pn_phantom_size size)
{
    static const struct {
        size_t dim[3];
        double spacing[3], radius_low, radius_high;
    } of[] = {
        [PN_PHANTOM_SMALL] = {{128, 128, 40}, {2.5, 2.5, 3.0}, 14.0, 24.0},
        [PN_PHANTOM_STANDARD] = {{256, 256, 80}, {1.5, 1.5, 3.0}, 16.0, 30.0},
        [PN_PHANTOM_LARGE] = {{512, 512, 200}, {0.75, 0.75, 1.5}, 34.0, 34.6},
    };
    pn_phantom_params p = {.seed = seed, .necrotic_hu = 12.0, .noise_hu = 10.0};
    memcpy(p.dim, of[size].dim, sizeof p.dim);
    memcpy(p.spacing_mm, of[size].spacing, sizeof p.spacing_mm);
    double ab[2];
    body_semiaxes(ab, &p);
    p.irregularity = drawn(seed, 0, 0.02, 0.34);
    p.heterogeneity_hu = drawn(seed, 1, 6.0, 60.0);
    p.correlation_mm = drawn(seed, 2, 5.0, 12.0);
    p.tumour_hu = drawn(seed, 3, 30.0, 80.0);
    p.necrotic_fraction = drawn(seed, 4, 0.0, 0.35);
    p.tumour_centre_mm[0] = ab[0] * drawn(seed, 5, 0.36, 0.44);
    p.tumour_centre_mm[1] = ab[1] * drawn(seed, 6, -0.15, 0.05);
    p.tumour_centre_mm[2] = drawn(seed, 7, -6.0, 6.0);
    /* An uneven surface encloses 1 + 3 irregularity^2 times the volume of the ellipsoid; taken
     * back here, so that size and shape of the cohort vary independently. */
    double radius = drawn(seed, 8, of[size].radius_low, of[size].radius_high) /
                    cube_root(1.0 + 3.0 * square(p.irregularity));
    double stretch = drawn(seed, 9, 0.88, 1.12), flatten = drawn(seed, 10, 0.9, 1.1);
    p.tumour_semiaxis_mm[0] = radius * stretch;
    p.tumour_semiaxis_mm[1] = radius * flatten;
    p.tumour_semiaxis_mm[2] = radius / (stretch * flatten);
    *out = p;
}

/* ---- the tumour ---------------------------------------------------------------------------- */

/* Position in the frame where the ellipsoid is the unit sphere: its distance d from the middle,
 * and the radius of the uneven surface in that direction. */
typedef struct depth { double d, radius; } depth;

static depth tumour_depth(const pn_phantom_params *p, const double at_mm[3])
{
    double q[3], d2 = 0;
    for (int a = 0; a < 3; a++) {
        q[a] = (at_mm[a] - p->tumour_centre_mm[a]) / p->tumour_semiaxis_mm[a];
        d2 += q[a] * q[a];
    }
    depth out = {sqrt(d2), 1.0};
    if (out.d < 1e-6 || p->irregularity <= 0) { return out; }
    for (int a = 0; a < 3; a++) { q[a] /= out.d; }
    double lobes = pn_noise_field(stream(p->seed, STREAM_LOBES), 1.4 * q[0], 1.4 * q[1], 1.4 * q[2]);
    double bumps = pn_noise_field(stream(p->seed, STREAM_BUMPS), 3.0 * q[0], 3.0 * q[1], 3.0 * q[2]);
    double s = (lobes + 0.5 * bumps) / sqrt(1.25);
    /* Bent to stay within +-2, so that the radius stays positive and the extent known. */
    out.radius = 1.0 + p->irregularity * s / sqrt(1.0 + square(s) / 4.0);
    return out;
}

static double tumour_hu(const pn_phantom_params *p, const double at_mm[3], depth where)
{
    double x[3], y[3];
    for (int a = 0; a < 3; a++) {
        x[a] = at_mm[a] / p->correlation_mm;
        y[a] = 2.0 * x[a];
    }
    double texture = (pn_noise_field(stream(p->seed, STREAM_COARSE), x[0], x[1], x[2]) +
                      0.5 * pn_noise_field(stream(p->seed, STREAM_FINE), y[0], y[1], y[2])) /
                     sqrt(1.25) * p->heterogeneity_hu;
    double vital = p->tumour_hu + texture, necrotic = p->necrotic_hu + 0.3 * texture;
    /* The core is the same shape, shrunk to its share of the volume, with a soft border. */
    double edge = cube_root(p->necrotic_fraction);
    double t = (where.d / where.radius - edge) / 0.1 + 0.5;
    if (edge <= 0 || t >= 1.0) { return vital; }
    if (t <= 0) { return necrotic; }
    return necrotic + (vital - necrotic) * t * t * (3.0 - 2.0 * t);
}

/* ---- everything round it --------------------------------------------------------------------- */

typedef struct anatomy {
    const pn_phantom_params *p;
    double a, b, half_z;                        /* mm */
    double loop[N_LOOPS][3], loop_radius[N_LOOPS], loop_half_z[N_LOOPS];
} anatomy;

static void build_anatomy(anatomy *an, const pn_phantom_params *p)
{
    double ab[2];
    body_semiaxes(ab, p);
    *an = (anatomy){.p = p, .a = ab[0], .b = ab[1],
                    .half_z = 0.5 * (double)p->dim[2] * p->spacing_mm[2]};
    uint64_t seed = stream(p->seed, STREAM_BOWEL);
    for (int i = 0; i < N_LOOPS; i++) {
        double u[4];
        for (int k = 0; k < 4; k++) { u[k] = pn_noise_uniform(pn_noise_key(seed, i, k, 0)); }
        an->loop[i][0] = an->a * (-0.35 + 0.12 * i + 0.06 * u[0]);
        an->loop[i][1] = an->b * (-0.62 + 0.12 * u[1]);
        an->loop[i][2] = an->half_z * (2.0 * u[2] - 1.0);
        an->loop_radius[i] = 0.09 * an->a * (0.8 + 0.5 * u[3]);
        an->loop_half_z[i] = 0.3 * an->half_z * (0.7 + u[0]);
    }
}

static double couch_or_air(const anatomy *an, const double at[3])
{
    double below = at[1] - (an->b + 6.0);
    if (below < 0 || below > 22.0 || fabs(at[0]) > 1.02 * an->a) { return -1000.0; }
    return below < 3.0 || below > 19.0 ? -120.0 : -880.0;      /* shell and foam */
}

/* Returns false where there is no bone. */
static bool spine(double *hu, const anatomy *an, const double at[3])
{
    double r = 0.13 * an->a;
    double vertebra = (square(at[0]) + square(at[1] - 0.50 * an->b) * 1.4) / square(r);
    double canal = (square(at[0]) + square(at[1] - 0.74 * an->b)) / square(0.45 * r);
    double process = square(at[0] / (0.25 * r)) + square((at[1] - 0.86 * an->b) / (0.7 * r));
    double step = at[2] / 30.0 - floor(at[2] / 30.0);
    if (canal < 1.0) {
        *hu = canal < 0.55 ? 25.0 : 600.0;
    } else if (vertebra < 1.0) {
        *hu = step > 0.82 ? 85.0 : vertebra > 0.8 || step < 0.06 || step > 0.76 ? 620.0 : 210.0;
    } else if (process < 1.0) {
        *hu = 450.0;
    } else {
        return false;
    }
    return true;
}

static double tissue_hu(const anatomy *an, const double at[3])
{
    const pn_phantom_params *p = an->p;
    if (square(at[0] / an->a) + square(at[1] / an->b) >= 1.0) { return couch_or_air(an, at); }
    double texture = pn_noise_field(stream(p->seed, STREAM_TISSUE), at[0] / 9.0, at[1] / 9.0,
                                    at[2] / 9.0);
    if (square(at[0] / (an->a - fat_rim_mm)) + square(at[1] / (an->b - fat_rim_mm)) >= 1.0) {
        return -100.0 + 5.0 * texture;
    }
    double bone;
    if (spine(&bone, an, at)) { return bone; }
    for (int i = 0; i < N_LOOPS; i++) {
        double r2 = (square(at[0] - an->loop[i][0]) + square(at[1] - an->loop[i][1])) /
                        square(an->loop_radius[i]) +
                    square((at[2] - an->loop[i][2]) / an->loop_half_z[i]);
        if (r2 < 0.7) { return -940.0; }
        if (r2 < 1.0) { return 38.0; }
    }
    double liver = square((at[0] + 0.45 * an->a) / (0.40 * an->a)) +
                   square((at[1] + 0.05 * an->b) / (0.55 * an->b)) +
                   square((at[2] - 0.3 * an->half_z) / (0.9 * an->half_z));
    if (liver < 1.0) { return 62.0 + 4.0 * texture; }
    return 42.0 + 12.0 * texture;
}

/* ---- volume and outlines ---------------------------------------------------------------------- */

static bool within(double v, double low, double high)
{
    return v >= low && v <= high;      /* false for NaN */
}

static int check_params(const pn_phantom_params *p, pn_error *err)
{
    for (int a = 0; a < 3; a++) {
        if (p->dim[a] < 16 || p->dim[a] > 1024) {
            return pn_fail(err, PN_EINVAL, "phantom dim[%d] is %zu, expected 16 to 1024", a, p->dim[a]);
        }
        if (!within(p->spacing_mm[a], 0.2, 10)) {
            return pn_fail(err, PN_EINVAL, "phantom spacing_mm[%d] is %g, expected 0.2 to 10", a,
                           p->spacing_mm[a]);
        }
        if (!within(p->tumour_semiaxis_mm[a], 2, 200)) {
            return pn_fail(err, PN_EINVAL, "tumour_semiaxis_mm[%d] is %g, expected 2 to 200", a,
                           p->tumour_semiaxis_mm[a]);
        }
        if (!within(p->tumour_centre_mm[a], -500, 500)) {
            return pn_fail(err, PN_EINVAL, "tumour_centre_mm[%d] is %g, expected -500 to 500", a,
                           p->tumour_centre_mm[a]);
        }
    }
    const struct { const char *name; double v, low, high; } rest[] = {
        {"irregularity", p->irregularity, 0, 0.4},
        {"tumour_hu", p->tumour_hu, -1000, 2000},
        {"heterogeneity_hu", p->heterogeneity_hu, 0, 500},
        {"correlation_mm", p->correlation_mm, 0.5, 200},
        {"necrotic_fraction", p->necrotic_fraction, 0, 0.8},
        {"necrotic_hu", p->necrotic_hu, -1000, 2000},
        {"noise_hu", p->noise_hu, 0, 200},
    };
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        if (!within(rest[i].v, rest[i].low, rest[i].high)) {
            return pn_fail(err, PN_EINVAL, "phantom %s is %g, expected %g to %g", rest[i].name,
                           rest[i].v, rest[i].low, rest[i].high);
        }
    }
    return PN_OK;
}

static void build_grid(rx_grid *g, const pn_phantom_params *p)
{
    *g = (rx_grid){.direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    for (int a = 0; a < 3; a++) {
        g->dim[a] = p->dim[a];
        g->spacing_mm[a] = p->spacing_mm[a];
        g->origin_mm[a] = -0.5 * (double)(p->dim[a] - 1) * p->spacing_mm[a];
    }
}

static void voxel_mm(double at[3], const rx_grid *g, size_t i, size_t j, size_t k)
{
    at[0] = g->origin_mm[0] + (double)i * g->spacing_mm[0];
    at[1] = g->origin_mm[1] + (double)j * g->spacing_mm[1];
    at[2] = g->origin_mm[2] + (double)k * g->spacing_mm[2];
}

/* How far beyond or within the tumour's surface each voxel of the slice lies; < 0 inside. */
static size_t tumour_slice(double *field, uint8_t *mask, const pn_phantom *ph, size_t k)
{
    const rx_grid *g = &ph->grid;
    double reach = 1.0 + 2.0 * ph->params.irregularity;
    size_t inside = 0;
    for (size_t j = 0, n = 0; j < g->dim[1]; j++) {
        for (size_t i = 0; i < g->dim[0]; i++, n++) {
            double at[3];
            voxel_mm(at, g, i, j, k);
            double far = 0;
            for (int a = 0; a < 3; a++) {
                far += square((at[a] - ph->params.tumour_centre_mm[a]) /
                              ph->params.tumour_semiaxis_mm[a]);
            }
            field[n] = 1.0;
            if (far < square(reach)) {
                depth where = tumour_depth(&ph->params, at);
                field[n] = where.d - where.radius;
            }
            mask[n] = field[n] < 0;
            inside += mask[n];
        }
    }
    return inside;
}

static int draw_outlines(pn_phantom *ph, pn_error *err)
{
    const rx_grid *g = &ph->grid;
    const size_t slice_voxels = g->dim[0] * g->dim[1];
    double ab[2];
    body_semiaxes(ab, &ph->params);
    pn_outline tumour = {0}, body = {0};
    double *field = malloc(slice_voxels * sizeof *field);
    int rc = field != NULL ? PN_OK : pn_fail_transient(err, PN_ENOMEM, "no memory for a phantom");
    for (size_t k = 0; k < g->dim[2] && rc == PN_OK; k++) {
        size_t inside = tumour_slice(field, ph->mask + k * slice_voxels, ph, k);
        ph->tumour_voxels += inside;
        if (inside > 0 && (k == 0 || k == g->dim[2] - 1)) {
            rc = pn_fail(err, PN_EINVAL, "the phantom's tumour reaches the volume's end in slice %zu", k);
        }
        if (rc == PN_OK && inside > 0) {
            rc = pn_outline_add(&tumour, field, g->dim[0], g->dim[1], k, g->origin_mm, g->spacing_mm,
                                err);
        }
        if (rc == PN_OK) { rc = pn_outline_ellipse(&body, ab[0], ab[1], k, err); }
    }
    free(field);
    ph->tumour = tumour.polygons;
    ph->n_tumour = tumour.n;
    ph->body = body.polygons;
    ph->n_body = body.n;
    if (rc == PN_OK && ph->tumour_voxels == 0) {
        rc = pn_fail(err, PN_EINVAL, "the phantom's tumour holds no voxel");
    }
    return rc;
}

static int check_tumour_in_body(const pn_phantom *ph, pn_error *err)
{
    double ab[2];
    body_semiaxes(ab, &ph->params);
    for (size_t i = 0; i < ph->n_tumour; i++) {
        const pn_polygon *p = &ph->tumour[i];
        for (size_t k = 0; k < p->n; k++) {
            if (square(p->xy_mm[2 * k] / ab[0]) + square(p->xy_mm[2 * k + 1] / ab[1]) >= 1.0) {
                return pn_fail(err, PN_EINVAL, "the phantom's tumour leaves the body in slice %zu",
                               p->slice);
            }
        }
    }
    return PN_OK;
}

/* The weights 1 2 1 along i and along j: the scanner's point spread. */
static void blur(double *slice, double *line, size_t w, size_t h)
{
    for (size_t j = 0; j < h; j++) {
        double *row = slice + j * w, left = row[0];
        for (size_t i = 0; i < w; i++) {
            double here = row[i], right = i + 1 < w ? row[i + 1] : here;
            row[i] = 0.25 * (left + 2.0 * here + right);
            left = here;
        }
    }
    memcpy(line, slice, w * sizeof *line);
    for (size_t j = 0; j < h; j++) {
        for (size_t i = 0; i < w; i++) {
            double here = slice[j * w + i], below = j + 1 < h ? slice[(j + 1) * w + i] : here;
            slice[j * w + i] = 0.25 * (line[i] + 2.0 * here + below);
            line[i] = here;
        }
    }
}

static void fill_slice(double *slice, const pn_phantom *ph, const anatomy *an, size_t k)
{
    const pn_phantom_params *p = &ph->params;
    const rx_grid *g = &ph->grid;
    const uint8_t *mask = ph->mask + k * g->dim[0] * g->dim[1];
    uint64_t scanner = stream(p->seed, STREAM_SCANNER);
    for (size_t j = 0, n = 0; j < g->dim[1]; j++) {
        for (size_t i = 0; i < g->dim[0]; i++, n++) {
            double at[3];
            voxel_mm(at, g, i, j, k);
            double hu = mask[n] ? tumour_hu(p, at, tumour_depth(p, at)) : tissue_hu(an, at);
            /* The blur that follows leaves 3/8 of the spread of independent noise. */
            double noise = pn_noise_normal(pn_noise_key(scanner, (int64_t)i, (int64_t)j, (int64_t)k));
            slice[n] = hu + p->noise_hu * noise / 0.375;
        }
    }
}

static int fill_volume(pn_phantom *ph, pn_error *err)
{
    const rx_grid *g = &ph->grid;
    const size_t slice_voxels = g->dim[0] * g->dim[1];
    anatomy an;
    build_anatomy(&an, &ph->params);
    double *slice = malloc((slice_voxels + g->dim[0]) * sizeof *slice);
    if (slice == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a phantom"); }
    for (size_t k = 0; k < g->dim[2]; k++) {
        fill_slice(slice, ph, &an, k);
        blur(slice, slice + slice_voxels, g->dim[0], g->dim[1]);
        for (size_t n = 0; n < slice_voxels; n++) {
            double hu = floor(slice[n] + 0.5);
            ph->hu[k * slice_voxels + n] = (int16_t)(hu < -1024 ? -1024 : hu > 3071 ? 3071 : hu);
        }
    }
    free(slice);
    return PN_OK;
}

int pn_phantom_make(pn_phantom *out, const pn_phantom_params *p, pn_error *err)
{
    int rc = check_params(p, err);
    if (rc != PN_OK) { return rc; }
    pn_phantom ph = {.params = *p};
    build_grid(&ph.grid, p);
    size_t voxels = p->dim[0] * p->dim[1] * p->dim[2];    /* at most 2^30 */
    ph.hu = malloc(voxels * sizeof *ph.hu);
    ph.mask = malloc(voxels);
    rc = ph.hu != NULL && ph.mask != NULL
             ? PN_OK
             : pn_fail_transient(err, PN_ENOMEM, "no memory for a phantom of %zu voxels", voxels);
    if (rc == PN_OK) { rc = draw_outlines(&ph, err); }
    if (rc == PN_OK) { rc = check_tumour_in_body(&ph, err); }
    if (rc == PN_OK) { rc = fill_volume(&ph, err); }
    if (rc != PN_OK) {
        pn_phantom_free(&ph);
        return rc;
    }
    *out = ph;
    return PN_OK;
}

void pn_phantom_free(pn_phantom *p)
{
    if (p == NULL) { return; }
    free(p->hu);
    free(p->mask);
    pn_polygons_free(p->tumour, p->n_tumour);
    pn_polygons_free(p->body, p->n_body);
    *p = (pn_phantom){0};
}

int pn_phantom_save(const pn_phantom *ph, const char *dir, unsigned long number, bool rtstruct,
                    bool seg, pn_error *err)
{
    const pn_phantom_params *p = &ph->params;
    char identity[640];
    snprintf(identity, sizeof identity,
             "seed=%" PRIu64 " dim=%zux%zux%zu spacing=%.17gx%.17gx%.17g centre=%.17g,%.17g,%.17g "
             "semiaxis=%.17g,%.17g,%.17g irregularity=%.17g hu=%.17g heterogeneity=%.17g "
             "correlation=%.17g necrotic=%.17g,%.17g noise=%.17g",
             p->seed, p->dim[0], p->dim[1], p->dim[2], p->spacing_mm[0], p->spacing_mm[1],
             p->spacing_mm[2], p->tumour_centre_mm[0], p->tumour_centre_mm[1],
             p->tumour_centre_mm[2], p->tumour_semiaxis_mm[0], p->tumour_semiaxis_mm[1],
             p->tumour_semiaxis_mm[2], p->irregularity, p->tumour_hu, p->heterogeneity_hu,
             p->correlation_mm, p->necrotic_fraction, p->necrotic_hu, p->noise_hu);
    const pn_drawn_roi rois[] = {{"GTV-1", "GTV", ph->tumour, ph->n_tumour},
                                 {"Body", "EXTERNAL", ph->body, ph->n_body}};
    const pn_phantom_series s = {.identity = identity, .number = number, .grid = ph->grid,
                                 .hu = ph->hu, .rois = rois, .n_rois = 2, .mask = ph->mask,
                                 .slice_thickness_mm = ph->grid.spacing_mm[2]};
    int rc = pn_mkdir_p(dir, err);
    if (rc == PN_OK) { rc = pn_phantom_write_ct(&s, dir, err); }
    if (rc == PN_OK && rtstruct) { rc = pn_phantom_write_rtstruct(&s, dir, err); }
    if (rc == PN_OK && seg) { rc = pn_phantom_write_seg(&s, dir, err); }
    return rc;
}
