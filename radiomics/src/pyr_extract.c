#include <math.h>
#include <stdio.h>
#include <string.h>
#include "classes.h"
#include "pyr.h"

#define PI 3.14159265358979323846

typedef struct job {
    rx_results *out;
    rx_trace *trace;
    const rx_pyradiomics *s;
    const rx_pyr_prepared *p;
    rx_workspace *ws;
    rx_error *err;
} job;

/* "original" + "_" + what follows "original" in the full name, or with the class between. */
static int add(job *q, const char *image, const char *cls, const char *feature, rx_value value)
{
    char name[RX_NAME_SIZE];
    int n = snprintf(name, sizeof name, "%s_%s_%s", image, cls, feature);
    if (n < 0 || (size_t)n >= sizeof name) {
        return rx_fail(q->err, RX_EINVAL, "the name %s_%s_%s is too long", image, cls, feature);
    }
    int rc = rx_results_add(q->out, name, NULL, NULL, value.v, q->err);
    if (rc == RX_OK && value.why == RX_TOO_LARGE) { q->out->v[q->out->n - 1].value.why = RX_TOO_LARGE; }
    return rc;
}

static int add_class(job *q, const char *image, rx_class cls, const rx_value v[RX_NFEATURES])
{
    const bool *enabled = q->s->base.features.enabled;
    for (unsigned i = 0; i < rx_class_size(cls); i++) {
        unsigned at = rx_class_first(cls) + i;
        if (!enabled[at]) { continue; }
        int rc = add(q, image, rx_class_name(cls), rx_features()[at].name, v[at]);
        if (rc != RX_OK) { return rc; }
    }
    return RX_OK;
}

/* ---- shape ---- */

static bool any(const bool *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (wanted[i]) { return true; }
    }
    return false;
}

static int add_deprecated_shape(job *q, const double f[N_SHAPE])
{
    double volume = f[shape_MeshVolume], area = f[shape_SurfaceArea];
    const struct { const char *name; double v; } what[] = {
        [RX_DEPRECATED_COMPACTNESS1] = { "Compactness1", volume / (pow(area, 1.5) * sqrt(PI)) },
        [RX_DEPRECATED_COMPACTNESS2] = { "Compactness2", 36 * PI * volume * volume / (area * area * area) },
        [RX_DEPRECATED_SPHERICAL_DISPROPORTION]
            = { "SphericalDisproportion", area / cbrt(36 * PI * volume * volume) },
    };
    for (unsigned i = 0; i < sizeof what / sizeof *what; i++) {
        if (!q->s->deprecated[i]) { continue; }
        int rc = add(q, "original", "shape", what[i].name, (rx_value){ what[i].v, RX_DEFINED });
        if (rc != RX_OK) { return rc; }
    }
    return RX_OK;
}

static int shape(job *q, const rx_roi *roi)
{
    const bool *enabled = q->s->base.features.enabled + rx_class_first(RX_SHAPE);
    bool old = any(q->s->deprecated, RX_DEPRECATED_STANDARD_DEVIATION);
    if (!any(enabled, N_SHAPE) && !old) { return RX_OK; }
    double f[N_SHAPE];
    rx_value v[RX_NFEATURES];
    int rc = rx_shape(f, roi, q->ws, q->err);
    if (rc != RX_OK) { return rc; }
    for (unsigned i = 0; i < N_SHAPE; i++) { v[rx_class_first(RX_SHAPE) + i] = (rx_value){ f[i], RX_DEFINED }; }
    rc = add_class(q, "original", RX_SHAPE, v);
    return rc != RX_OK ? rc : add_deprecated_shape(q, f);
}

static int shape2d(job *q, const rx_roi *roi)
{
    const rx_settings *f = &q->s->base.features;
    if (!any(q->s->shape2d, RX_PYR_NSHAPE2D)) { return RX_OK; }
    if (!f->force_2d) {
        rx_trace_note(q->trace, "shape2D: left out, it needs force2D");
        return RX_OK;
    }
    unsigned across = 2 - f->force_2d_dimension;
    if (roi->n[across] > 1) {
        if (q->s->shape2d_must_be_flat) {
            return rx_fail(q->err, RX_EINVAL, "shape2D: the region has %zu slices along "
                           "force2Ddimension %u, must have one", roi->n[across], f->force_2d_dimension);
        }
        rx_trace_note(q->trace, "shape2D: left out, the region has %zu slices along force2Ddimension %u",
                      roi->n[across], f->force_2d_dimension);
        return RX_OK;
    }
    double v[RX_PYR_NSHAPE2D];
    int rc = rx_shape2d(v, roi, f->force_2d_dimension, q->err);
    for (unsigned i = 0; rc == RX_OK && i < RX_PYR_NSHAPE2D; i++) {
        if (!q->s->shape2d[i]) { continue; }
        rc = add(q, "original", "shape2D", rx_shape2d_name(i), (rx_value){ v[i], RX_DEFINED });
    }
    return rc;
}

/* The slices that the region lies in, of an image and its mask, as views: the rest need not be
 * searched again. Either may be NULL. */
static void slices(rx_image *image, rx_mask *mask, size_t first, size_t last)
{
    static const size_t element[] = { [RX_I16] = 2, [RX_F32] = 4, [RX_F64] = 8 };
    if (image) {
        size_t at = first * image->grid.dim[0] * image->grid.dim[1] * element[image->type];
        image->voxels = (const unsigned char *)image->voxels + at;
        image->grid.dim[2] = last - first + 1;
    }
    if (mask) {
        mask->voxels += first * mask->grid.dim[0] * mask->grid.dim[1];
        mask->grid.dim[2] = last - first + 1;
    }
}

static int shapes(job *q)
{
    rx_roi roi;
    rx_mask mask = q->p->shape_mask;
    /* the box is that of the re-segmented region, which this mask can leave */
    if (q->s->n_resegment == 0) { slices(NULL, &mask, q->p->box_min[2], q->p->box_max[2]); }
    int rc = rx_crop_mask(&roi, &mask, q->ws, q->err);
    if (rc != RX_OK) { return rc; }
    memcpy(roi.spacing_mm, q->p->image.grid.spacing_mm, sizeof roi.spacing_mm);
    return (rc = shape(q, &roi)) != RX_OK ? rc : shape2d(q, &roi);
}

/* ---- the other classes, image by image ---- */

/* What the image's own settings ask for, of the features that all images have. */
static rx_settings settings_of(const job *q, const rx_pyr_own *own)
{
    rx_settings f = own->features;
    const rx_settings *base = &q->s->base.features;
    memcpy(f.enabled, base->enabled, sizeof f.enabled);
    memset(f.enabled + rx_class_first(RX_SHAPE), 0, N_SHAPE * sizeof *f.enabled);
    f.minimum_roi_dimensions = 1;      /* checked already */
    f.minimum_roi_size = 0;
    if (q->s->deprecated[RX_DEPRECATED_STANDARD_DEVIATION]) {
        f.enabled[rx_class_first(RX_FIRSTORDER) + firstorder_Variance] = true;
    }
    return f;
}

static int add_image(job *q, const char *image, const rx_value v[RX_NFEATURES])
{
    int rc = RX_OK;
    for (int c = RX_FIRSTORDER; rc == RX_OK && c < RX_NCLASSES; c++) {
        rc = add_class(q, image, (rx_class)c, v);
        if (c != RX_FIRSTORDER || rc != RX_OK || !q->s->deprecated[RX_DEPRECATED_STANDARD_DEVIATION]) {
            continue;
        }
        rx_value sd = v[rx_class_first(RX_FIRSTORDER) + firstorder_Variance];
        sd.v = sqrt(sd.v);
        rc = add(q, image, "firstorder", "StandardDeviation", sd);
    }
    return rc;
}

static int on_image(void *user, const char *name, const rx_image *image, const rx_mask *mask,
                    const rx_pyr_own *own, rx_error *err)
{
    job *q = user;
    rx_settings f = settings_of(q, own);
    rx_value v[RX_NFEATURES];
    rx_diagnostics diag;
    bool original = strcmp(name, "original") == 0;
    if (!any(f.enabled, RX_NFEATURES)) { return RX_OK; }
    rx_image im = *image;
    rx_mask m = *mask;
    if (original) { slices(&im, &m, q->p->box_min[2], q->p->box_max[2]); }
    rx_error why = { 0 };
    int rc = rx_extract(v, original && q->trace ? &diag : NULL, &im, &m, &f, q->ws, &why);
    /* once more for its message, which names a voxel by its place in the whole image */
    if (rc == RX_EINVAL && original) { rc = rx_extract(v, NULL, image, mask, &f, q->ws, &why); }
    if (rc == RX_OK && original && q->trace) { q->trace->grey_levels = diag.grey_levels; }
    /* One filter's image that cannot be measured does not take the others' values with it. */
    if (rc != RX_OK && (original || (rc != RX_ELIMIT && rc != RX_EINVAL))) {
        return rx_fail(err, (rx_code)rc, "%s: %.200s", name, why.msg);
    }
    if (rc != RX_OK) { rx_trace_note(q->trace, "%s: no values: %.150s", name, why.msg); }
    return add_image(q, name, v);
}

int rx_pyradiomics_extract(rx_results *out, rx_trace *trace, const rx_image *image,
                           const rx_mask *mask, const rx_pyradiomics *settings, rx_workspace *ws,
                           rx_error *err)
{
    if (!out) { return rx_fail(err, RX_EINVAL, "rx_pyradiomics_extract: an argument is missing"); }
    rx_pyr_prepared p;
    size_t before = out->n;
    int rc = rx_pyradiomics_prepare(&p, trace, image, mask, settings, ws, err);
    if (rc != RX_OK) { return rc; }
    job q = { out, trace, settings, &p, ws, err };
    if ((rc = shapes(&q)) == RX_OK) {
        rc = rx_pyradiomics_images(&p, trace, settings, 0, on_image, &q, err);
    }
    if (rc != RX_OK) { out->n = before; }
    rx_pyr_prepared_free(&p);
    return rc;
}
