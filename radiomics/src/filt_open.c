/* Settings of the image types, and what is common to all filters: checks, the box, memory. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <radiomics/volume.h>
#include "bounds.h"
#include "filt.h"
#include "roi.h"
#include "workspace.h"

enum {
    MAX_LEVEL = 64,            /* of wavelets: each is a pass over the image                   */
    MAX_LBP_SAMPLES = 31,      /* a pattern is an int                                          */
    MAX_SUBDIVISION = 4,       /* of the icosahedron: 2,562 vertices                           */
};

static const double MAX_RADIUS = 1000;      /* voxels, LBP */

const char *rx_image_type_name(rx_image_type type)
{
    static const char *const names[RX_NIMAGE_TYPES] = {
        [RX_IMAGE_ORIGINAL] = "Original",       [RX_IMAGE_LOG] = "LoG",
        [RX_IMAGE_WAVELET] = "Wavelet",         [RX_IMAGE_SQUARE] = "Square",
        [RX_IMAGE_SQUAREROOT] = "SquareRoot",   [RX_IMAGE_LOGARITHM] = "Logarithm",
        [RX_IMAGE_EXPONENTIAL] = "Exponential", [RX_IMAGE_GRADIENT] = "Gradient",
        [RX_IMAGE_LBP2D] = "LBP2D",             [RX_IMAGE_LBP3D] = "LBP3D",
    };
    return (unsigned)type < RX_NIMAGE_TYPES ? names[type] : "?";
}

const char *rx_lbp_method_name(rx_lbp_method method)
{
    static const char *const names[RX_NLBP_METHODS] = { "default", "ror", "uniform", "nri_uniform",
                                                        "var" };
    return (unsigned)method < RX_NLBP_METHODS ? names[method] : "?";
}

void rx_filter_settings_default(rx_filter_settings *s)
{
    *s = (rx_filter_settings){
        .wavelet = "coif1",
        .level = 1,
        .gradient_use_spacing = true,
        .lbp2d_radius = 1,
        .lbp2d_samples = 8,
        .lbp2d_method = RX_LBP_UNIFORM,
        .lbp3d_levels = 2,
        .integer_range = { INT16_MIN, INT16_MAX },
        .lbp3d_icosphere_radius = 1,
        .lbp3d_icosphere_subdivision = 1,
    };
}

static int check_count(const char *what, unsigned v, unsigned lowest, unsigned highest, rx_error *err)
{
    if (v < lowest || v > highest) {
        return rx_fail(err, RX_EINVAL, "%s is %u, must be %u to %u", what, v, lowest, highest);
    }
    return RX_OK;
}

static int check_radius(const char *what, double v, rx_error *err)
{
    if (!(v > 0 && v <= MAX_RADIUS)) {
        return rx_fail(err, RX_EINVAL, "%s is %g, must be above 0 and at most %g", what, v, MAX_RADIUS);
    }
    return RX_OK;
}

static int check_sigmas(const rx_filter_settings *s, rx_error *err)
{
    int rc = check_count("number of sigmas", s->n_sigma, 0, RX_MAX_SIGMAS, err);
    for (unsigned i = 0; rc == RX_OK && i < s->n_sigma; i++) {
        double v = s->sigma[i].mm;
        if (!(v > 0) || !isfinite(v)) {
            rc = rx_fail(err, RX_EINVAL, "sigma is %g, must be above 0", v);
        }
    }
    return rc;
}

static int check_wavelet(const rx_filter_settings *s, rx_error *err)
{
    double lo[RX_MAX_WAVELET], hi[RX_MAX_WAVELET];
    unsigned n;
    int rc = rx_wavelet_filters(lo, hi, &n, s->wavelet, err);
    if (rc == RX_OK) { rc = check_count("level", s->level, 1, MAX_LEVEL, err); }
    if (rc == RX_OK) { rc = check_count("start_level", s->start_level, 0, MAX_LEVEL, err); }
    return rc;
}

static int check_lbp3d(const rx_filter_settings *s, rx_error *err)
{
    int rc = check_count("lbp3DLevels", s->lbp3d_levels, 1, RX_MAX_LBP3D_LEVELS, err);
    if (rc == RX_OK) { rc = check_radius("lbp3DIcosphereRadius", s->lbp3d_icosphere_radius, err); }
    if (rc == RX_OK) {
        rc = check_count("lbp3DIcosphereSubdivision", s->lbp3d_icosphere_subdivision, 0,
                         MAX_SUBDIVISION, err);
    }
    return rc;
}

static int check_lbp2d(const rx_filter_settings *s, rx_error *err)
{
    int rc = check_count("lbp2DSamples", s->lbp2d_samples, 1, MAX_LBP_SAMPLES, err);
    if (rc == RX_OK) { rc = check_radius("lbp2DRadius", s->lbp2d_radius, err); }
    if (rc == RX_OK && (unsigned)s->lbp2d_method >= RX_NLBP_METHODS) {
        rc = rx_fail(err, RX_EINVAL, "lbp2DMethod %d is unknown", (int)s->lbp2d_method);
    }
    return rc;
}

int rx_filter_settings_check(const rx_filter_settings *s, rx_image_type type, rx_error *err)
{
    if ((unsigned)type >= RX_NIMAGE_TYPES) {
        return rx_fail(err, RX_EINVAL, "image type %d is unknown", (int)type);
    }
    int rc = check_count("force2Ddimension", s->force_2d_dimension, 0, 2, err);
    if (rc != RX_OK) { return rc; }
    switch (type) {
    case RX_IMAGE_LOG: return check_sigmas(s, err);
    case RX_IMAGE_WAVELET: return check_wavelet(s, err);
    case RX_IMAGE_LBP2D: return check_lbp2d(s, err);
    case RX_IMAGE_LBP3D: return check_lbp3d(s, err);
    default: return RX_OK;
    }
}

void *rx_filt_alloc(size_t n, size_t element, rx_error *err)
{
    size_t bytes = 0;
    void *p = rx_size_mul(&bytes, n ? n : 1, element) ? malloc(bytes) : NULL;
    if (!p) { (void)rx_fail(err, RX_ENOMEM, "no memory for %zu values of %zu bytes", n, element); }
    return p;
}

void rx_filt_skip(rx_filtered *out, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(out->why, sizeof out->why, fmt, args);
    va_end(args);
    out->skipped = true;
}

static int check_image(const rx_image *image, rx_error *err)
{
    size_t n = 0;
    if (!image->voxels) { return rx_fail(err, RX_EINVAL, "the image has no voxels"); }
    if ((unsigned)image->type > RX_F64) {
        return rx_fail(err, RX_EINVAL, "image type %d is unknown", (int)image->type);
    }
    for (int a = 0; a < 3; a++) {
        if (!(image->grid.spacing_mm[a] > 0) || !isfinite(image->grid.spacing_mm[a])) {
            return rx_fail(err, RX_EINVAL, "spacing_mm[%d] is %g, must be positive", a,
                           image->grid.spacing_mm[a]);
        }
    }
    return rx_grid_voxels(&n, &image->grid, err);
}

static int check_box(const rx_box *box, const rx_grid *grid, rx_error *err)
{
    for (int a = 0; a < 3; a++) {
        if (box->min[a] > box->max[a] || box->max[a] >= grid->dim[a]) {
            return rx_fail(err, RX_EINVAL, "voxels %zu to %zu of axis %d, which has %zu", box->min[a],
                           box->max[a], a, grid->dim[a]);
        }
    }
    return RX_OK;
}

/* Four maxima side by side, since comparing each with the last would wait for it. A voxel that is
 * not finite makes `sum` NaN. */
static void look(double *highest, double *sum, const double *v, size_t n)
{
    double m[4] = { *highest, 0, 0, 0 }, s[4] = { *sum, 0, 0, 0 };
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t l = 0; l < 4; l++) {
            double x = fabs(v[i + l]);
            m[l] = x > m[l] ? x : m[l];
            s[l] += x * 0;
        }
    }
    for (; i < n; i++) {
        double x = fabs(v[i]);
        m[0] = x > m[0] ? x : m[0];
        s[0] += x * 0;
    }
    *highest = fmax(fmax(m[0], m[1]), fmax(m[2], m[3]));
    *sum = s[0] + s[1] + s[2] + s[3];
}

/* Of these every voxel of the image has a part in every value. */
static bool looks_at_all(rx_image_type type)
{
    return type != RX_IMAGE_ORIGINAL && type != RX_IMAGE_WAVELET && type != RX_IMAGE_GRADIENT
           && type != RX_IMAGE_LBP2D;
}

static int find_highest(rx_filter *f, rx_error *err)
{
    enum { AT_ONCE = 2048 };
    double v[AT_ONCE], sum = 0;
    const size_t *dim = f->image.grid.dim;
    size_t total = dim[0] * dim[1] * dim[2];
    f->highest = 0;
    for (size_t at = 0; at < total; at += AT_ONCE) {
        size_t n = total - at < AT_ONCE ? total - at : AT_ONCE;
        if (f->image.type == RX_F64) {
            look(&f->highest, &sum, (const double *)f->image.voxels + at, n);
        } else {
            rx_copy_voxels(v, &f->image, at, n);
            look(&f->highest, &sum, v, n);
        }
        if (isnan(sum)) {
            return rx_fail(err, RX_EINVAL, "a voxel of the image is not finite, so %s has no values",
                           rx_image_type_name(f->type));
        }
    }
    return RX_OK;
}

static void set_box(rx_filter *f, const rx_box *box)
{
    const size_t *dim = f->image.grid.dim;
    f->voxels = 1;
    for (int a = 0; a < 3; a++) {
        f->box.min[a] = box ? box->min[a] : 0;
        f->box.max[a] = box ? box->max[a] : dim[a] - 1;
        f->n[a] = f->box.max[a] - f->box.min[a] + 1;
        f->voxels *= f->n[a];
    }
}

static rx_scalar type_out(rx_image_type type, rx_scalar as)
{
    if (type == RX_IMAGE_LOG || type == RX_IMAGE_GRADIENT) { return RX_F32; }
    return type == RX_IMAGE_WAVELET && as == RX_F32 ? RX_F32 : RX_F64;
}

static int check_mask(const rx_mask *mask, const rx_image *image, rx_error *err)
{
    if (!mask || !mask->voxels) { return rx_fail(err, RX_EINVAL, "LBP3D needs a mask"); }
    for (int a = 0; a < 3; a++) {
        if (mask->grid.dim[a] != image->grid.dim[a]) {
            return rx_fail(err, RX_EGRID, "dim[%d] is %zu in the image and %zu in the mask", a,
                           image->grid.dim[a], mask->grid.dim[a]);
        }
    }
    return RX_OK;
}

int rx_filter_open(rx_filter **out, const rx_image *image, rx_scalar as, const rx_mask *mask,
                   const rx_box *box, rx_image_type type, const rx_filter_settings *settings,
                   rx_error *err)
{
    *out = NULL;
    int rc;
    if ((rc = rx_filter_settings_check(settings, type, err)) != RX_OK
        || (rc = check_image(image, err)) != RX_OK
        || (box && (rc = check_box(box, &image->grid, err)) != RX_OK)
        || (type == RX_IMAGE_LBP3D && (rc = check_mask(mask, image, err)) != RX_OK)) {
        return rc;
    }
    rx_filter *f = calloc(1, sizeof *f);
    if (!f) { return rx_fail(err, RX_ENOMEM, "no memory for a filter"); }
    f->type = type;
    f->s = *settings;
    f->image = *image;
    f->as = as;
    f->out_type = type_out(type, as);
    if (mask) { f->mask = *mask; }
    set_box(f, box);
    rc = looks_at_all(type) ? find_highest(f, err) : RX_OK;
    if (rc == RX_OK) {
        f->out = rx_filt_alloc(f->voxels, f->out_type == RX_F32 ? sizeof(float) : sizeof(double), err);
        rc = f->out ? RX_OK : RX_ENOMEM;
    }
    if (rc != RX_OK) {
        rx_filter_free(f);
        return rc;
    }
    *out = f;
    return RX_OK;
}

/* The grid of the box: its first voxel is the origin. */
static rx_grid box_grid(const rx_filter *f)
{
    rx_grid g = f->image.grid;
    for (int a = 0; a < 3; a++) {
        g.dim[a] = f->n[a];
        for (int b = 0; b < 3; b++) {
            g.origin_mm[a] += g.direction[a * 3 + b] * (double)f->box.min[b] * g.spacing_mm[b];
        }
    }
    return g;
}

static int original(bool *more, rx_filter *f)
{
    *more = f->at == 0;
    if (!*more) { return RX_OK; }
    double *to = f->out;
    const size_t *dim = f->image.grid.dim;
    for (size_t k = f->box.min[2]; k <= f->box.max[2]; k++) {
        for (size_t j = f->box.min[1]; j <= f->box.max[1]; j++, to += f->n[0]) {
            rx_copy_voxels(to, &f->image, (k * dim[1] + j) * dim[0] + f->box.min[0], f->n[0]);
        }
    }
    return RX_OK;
}

int rx_filter_next(bool *more, rx_filtered *out, rx_filter *f, rx_error *err)
{
    *out = (rx_filtered){ .skipped = false };
    int rc;
    switch (f->type) {
    case RX_IMAGE_ORIGINAL: rc = original(more, f); break;
    case RX_IMAGE_LOG:      rc = rx_filt_log(more, out, f, err); break;
    case RX_IMAGE_WAVELET:  rc = rx_filt_wavelet(more, f, err); break;
    case RX_IMAGE_GRADIENT: rc = rx_filt_gradient(more, f, err); break;
    case RX_IMAGE_LBP2D:    rc = rx_filt_lbp2d(more, f, err); break;
    case RX_IMAGE_LBP3D:    rc = rx_filt_lbp3d(more, f, err); break;
    default:                rc = rx_filt_point(more, out, f, err); break;
    }
    if (rc != RX_OK) {
        *more = false;
        return rc;
    }
    if (*more) { (void)rx_filter_image_name(out->name, f->type, &f->s, f->at); }
    f->at += *more;
    if (*more && !out->skipped) { out->image = (rx_image){ box_grid(f), f->out_type, f->out }; }
    return RX_OK;
}

void rx_filter_free(rx_filter *f)
{
    if (!f) { return; }
    rx_wavelet_work_free(f->wavelet);
    rx_lbp3d_work_free(f->lbp3d);
    free(f->lines);
    free(f->out);
    free(f);
}
