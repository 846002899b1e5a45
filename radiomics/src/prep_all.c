/* The preparation's steps in their order, and the settings of all of them. */
#include <math.h>
#include "prep_n4.h"

void rx_prepare_default(rx_prepare *p)
{
    *p = (rx_prepare){
        .median_radius = 1,
        .gaussian_sigma_mm = 1,
        .nlm = { .patch_radius = 1, .search_radius = 3, .beta = 1 },
        .z_scale = 1,
        .percentile_from = { 1, 99 },
        .percentile_to = { 0, 1 },
        .percentile_clip = true,
        .threshold_hu = { -INFINITY, INFINITY },
    };
    rx_n4_default(&p->bias);
    rx_landmarks_default(&p->landmarks);
}

bool rx_prepare_is_none(const rx_prepare *p)
{
    return !p->bias_correct && p->denoise == RX_DENOISE_NONE && p->normalise == RX_NORMALISE_NONE
        && !p->threshold;
}

static int check_threshold(double lowest, double highest, rx_error *err)
{
    if (!(lowest <= highest)) {
        return rx_fail(err, RX_EINVAL, "threshold from %g to %g, must ascend", lowest, highest);
    }
    return RX_OK;
}

/* What needs no image to be seen wrong; the steps check the rest of their own. */
int rx_prepare_check(const rx_prepare *p, rx_error *err)
{
    int rc = p->bias_correct ? rx_n4_check(&p->bias, err) : RX_OK;
    if (rc == RX_OK && p->threshold) { rc = check_threshold(p->threshold_hu[0], p->threshold_hu[1], err); }
    if (rc == RX_OK && p->normalise == RX_NORMALISE_HISTOGRAM) { rc = rx_landmarks_check(&p->landmarks, err); }
    if (rc == RX_OK && (unsigned)p->denoise > RX_DENOISE_NLM) {
        rc = rx_fail(err, RX_EINVAL, "denoising method %d is unknown", (int)p->denoise);
    }
    if (rc == RX_OK && (unsigned)p->normalise_of > RX_OF_FOREGROUND) {
        rc = rx_fail(err, RX_EINVAL, "normalisation by %d is unknown", (int)p->normalise_of);
    }
    if (rc == RX_OK && (unsigned)p->normalise > RX_NORMALISE_HISTOGRAM) {
        rc = rx_fail(err, RX_EINVAL, "normalisation method %d is unknown", (int)p->normalise);
    }
    return rc;
}

int rx_threshold(rx_region *region, const rx_volume *v, double lowest, double highest, rx_error *err)
{
    size_t n, kept = 0;
    int rc = check_threshold(lowest, highest, err);
    if (rc == RX_OK) { rc = rx_grid_voxels(&n, &v->grid, err); }
    if (rc == RX_OK) { rc = rx_prep_same_size(v, region, err); }
    if (rc != RX_OK) { return rc; }
    for (size_t i = 0; i < n; i++) {
        bool in = region->voxels[i] && v->voxels[i] >= lowest && v->voxels[i] <= highest;
        region->voxels[i] = in;
        kept += in;
    }
    if (kept == 0) {
        return rx_fail(err, RX_EEMPTY, "no voxel of the region lies between %g and %g", lowest, highest);
    }
    return RX_OK;
}

static int denoise(rx_volume *v, const rx_prepare *p, rx_error *err)
{
    switch (p->denoise) {
    case RX_DENOISE_MEDIAN: return rx_denoise_median(v, p->median_radius, err);
    case RX_DENOISE_GAUSSIAN: return rx_denoise_gaussian(v, p->gaussian_sigma_mm, err);
    case RX_DENOISE_NLM: return rx_denoise_nlm(v, &p->nlm, err);
    default: return RX_OK;
    }
}

int rx_foreground(rx_region *out, const rx_volume *v, rx_error *err)
{
    size_t n, inside = 0;
    double sum = 0;
    *out = (rx_region){ 0 };
    int rc = rx_prep_check(&n, v, err);
    if (rc == RX_OK) { rc = rx_region_new(out, &v->grid, err); }
    if (rc != RX_OK) { return rc; }
    bool flat = true;                  /* of equal voxels rounding may put the mean below */
    for (size_t i = 0; i < n; i++) {
        sum += v->voxels[i];
        flat = flat && v->voxels[i] == v->voxels[0];
    }
    for (size_t i = 0; i < n && !flat; i++) {
        out->voxels[i] = v->voxels[i] > sum / (double)n;
        inside += out->voxels[i];
    }
    if (inside > 0) { return RX_OK; }
    rx_region_free(out);
    return rx_fail(err, RX_EEMPTY, "all voxels are %g: there is no foreground", v->voxels[0]);
}

static int normalise_by(rx_volume *v, const rx_region *of, const rx_prepare *p, rx_error *err)
{
    switch (p->normalise) {
    case RX_NORMALISE_Z: return rx_normalise_z(v, of, p->z_scale, err);
    case RX_NORMALISE_PERCENTILE:
        return rx_normalise_percentile(v, of, p->percentile_from, p->percentile_to, p->percentile_clip, err);
    case RX_NORMALISE_HISTOGRAM: return rx_normalise_histogram(v, of, &p->landmarks, err);
    default: return RX_OK;
    }
}

static int normalise(rx_volume *v, const rx_region *region, const rx_prepare *p, rx_error *err)
{
    if (p->normalise == RX_NORMALISE_NONE) { return RX_OK; }
    if (p->normalise_of != RX_OF_FOREGROUND) {
        return normalise_by(v, p->normalise_of == RX_OF_REGION ? region : NULL, p, err);
    }
    rx_region foreground;
    int rc = rx_foreground(&foreground, v, err);
    if (rc == RX_OK) { rc = normalise_by(v, &foreground, p, err); }
    rx_region_free(&foreground);
    return rc;
}

int rx_prepare_apply(rx_volume *v, rx_region *region, const rx_prepare *p, rx_error *err)
{
    int rc = rx_prepare_check(p, err);
    if (rc == RX_OK && p->threshold) {
        rc = rx_threshold(region, v, p->threshold_hu[0], p->threshold_hu[1], err);
    }
    if (rc == RX_OK && p->bias_correct) { rc = rx_n4_correct(v, NULL, NULL, &p->bias, err); }
    if (rc == RX_OK) { rc = denoise(v, p, err); }
    if (rc == RX_OK) { rc = normalise(v, region, p, err); }
    return rc;
}
