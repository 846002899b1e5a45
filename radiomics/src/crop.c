#include <math.h>
#include <string.h>
#include "bounds.h"
#include "roi.h"

static int check_grid(const char *what, const rx_grid *g, size_t element, rx_error *err)
{
    size_t n = element;
    for (int a = 0; a < 3; a++) {
        if (g->dim[a] == 0) { return rx_fail(err, RX_EINVAL, "%s: dim[%d] is 0", what, a); }
        if (!rx_size_mul(&n, n, g->dim[a])) {
            return rx_fail(err, RX_ELIMIT, "%s: %zu x %zu x %zu voxels overflow the address space",
                           what, g->dim[0], g->dim[1], g->dim[2]);
        }
        if (!(g->spacing_mm[a] > 0) || !isfinite(g->spacing_mm[a])) {
            return rx_fail(err, RX_EINVAL, "%s: spacing_mm[%d] is %g, must be positive", what, a,
                           g->spacing_mm[a]);
        }
        if (!isfinite(g->origin_mm[a])) {
            return rx_fail(err, RX_EINVAL, "%s: origin_mm[%d] is not finite", what, a);
        }
    }
    for (int a = 0; a < 9; a++) {
        if (!isfinite(g->direction[a])) {
            return rx_fail(err, RX_EINVAL, "%s: direction[%d] is not finite", what, a);
        }
    }
    return RX_OK;
}

static int check_same_grid(const rx_grid *image, const rx_grid *mask, rx_error *err)
{
    double tolerance = RX_GEOMETRY_TOLERANCE * image->spacing_mm[0];
    for (int a = 0; a < 3; a++) {
        if (image->dim[a] != mask->dim[a]) {
            return rx_fail(err, RX_EGRID, "dim[%d] is %zu in the image and %zu in the mask", a,
                           image->dim[a], mask->dim[a]);
        }
        if (!(fabs(image->spacing_mm[a] - mask->spacing_mm[a]) <= tolerance)) {
            return rx_fail(err, RX_EGRID, "spacing_mm[%d] is %.9g in the image and %.9g in the mask",
                           a, image->spacing_mm[a], mask->spacing_mm[a]);
        }
        if (!(fabs(image->origin_mm[a] - mask->origin_mm[a]) <= tolerance)) {
            return rx_fail(err, RX_EGRID, "origin_mm[%d] is %.9g in the image and %.9g in the mask",
                           a, image->origin_mm[a], mask->origin_mm[a]);
        }
    }
    for (int a = 0; a < 9; a++) {
        if (!(fabs(image->direction[a] - mask->direction[a]) <= RX_GEOMETRY_TOLERANCE)) {
            return rx_fail(err, RX_EGRID, "direction[%d] is %.9g in the image and %.9g in the mask",
                           a, image->direction[a], mask->direction[a]);
        }
    }
    return RX_OK;
}

/* memchr finds the rows that matter at memory speed: most of an image is outside, and what lies
 * between two rows is looked through in one go. */
static int find_box(rx_roi *roi, const rx_mask *mask, rx_error *err)
{
    const size_t *dim = mask->grid.dim;
    const size_t total = dim[0] * dim[1] * dim[2];
    size_t lo[3] = { SIZE_MAX, SIZE_MAX, SIZE_MAX }, hi[3] = { 0, 0, 0 };
    bool any = false;
    for (size_t at = 0; at < total;) {
        const uint8_t *first = memchr(mask->voxels + at, mask->label, total - at);
        if (!first) { break; }
        size_t row_number = (size_t)(first - mask->voxels) / dim[0];
        const uint8_t *row = mask->voxels + row_number * dim[0];
        size_t i0 = (size_t)(first - row), j = row_number % dim[1], k = row_number / dim[1];
        hi[0] = i0 > hi[0] ? i0 : hi[0];
        if (memchr(row + hi[0] + 1, mask->label, dim[0] - hi[0] - 1)) {
            hi[0] = dim[0] - 1;
            while (row[hi[0]] != mask->label) { hi[0]--; }
        }
        lo[0] = i0 < lo[0] ? i0 : lo[0];
        lo[1] = j < lo[1] ? j : lo[1];
        hi[1] = j > hi[1] ? j : hi[1];
        if (!any) { lo[2] = k; }
        hi[2] = k;
        any = true;
        at = (row_number + 1) * dim[0];
    }
    if (!any) {
        return rx_fail(err, RX_EEMPTY, "no voxel of the mask has label %u", (unsigned)mask->label);
    }
    for (int a = 0; a < 3; a++) {
        roi->min[a] = lo[a];
        roi->n[a] = hi[a] - lo[a] + 1;
        if (roi->n[a] > RX_MAX_AXIS) {
            return rx_fail(err, RX_ELIMIT, "the region spans %zu voxels along axis %d, at most %d",
                           roi->n[a], a, RX_MAX_AXIS);
        }
    }
    return RX_OK;
}

/* The next stretch of voxels with the label in a row of n, from *end on; false if none. */
static bool next_stretch(size_t *begin, size_t *end, const uint8_t *row, size_t n, uint8_t label)
{
    const uint8_t *found = *end < n ? memchr(row + *end, label, n - *end) : NULL;
    if (!found) { return false; }
    *begin = *end = (size_t)(found - row);
    uint64_t eight, all = label * UINT64_C(0x0101010101010101);
    for (; *end + 8 <= n; *end += 8) {
        memcpy(&eight, row + *end, 8);
        if (eight != all) { break; }
    }
    while (*end < n && row[*end] == label) { ++*end; }
    return true;
}

static const uint8_t *mask_row(const rx_roi *roi, const rx_mask *mask, size_t j, size_t k)
{
    const size_t *dim = mask->grid.dim;
    return mask->voxels + ((k + roi->min[2]) * dim[1] + j + roi->min[1]) * dim[0] + roi->min[0];
}

static void set_bits(uint64_t *row, size_t begin, size_t end)
{
    for (size_t w = begin / 64; w * 64 < end; w++) {
        uint64_t in = ~(uint64_t)0;
        if (begin > w * 64) { in <<= begin - w * 64; }
        if (end < w * 64 + 64) { in &= ((uint64_t)1 << (end - w * 64)) - 1; }
        row[w] |= in;
    }
}

static int make_bits(rx_roi *roi, const rx_mask *mask, rx_workspace *ws, rx_error *err)
{
    roi->words = (roi->n[0] + 2 + 63) / 64;
    size_t box, total = roi->words * (roi->n[1] + 2) * (roi->n[2] + 2);   /* axes are bounded */
    if (!rx_size_mul(&box, roi->n[0] + 2, (roi->n[1] + 2) * (roi->n[2] + 2))
        || box > RX_MAX_BOX_VOXELS) {
        return rx_fail(err, RX_ELIMIT, "the region's box has %zu x %zu x %zu voxels, at most %zu in all",
                       roi->n[0], roi->n[1], roi->n[2], RX_MAX_BOX_VOXELS);
    }
    uint64_t *bits = rx_buf_need(&ws->bits, total, sizeof *bits, err);
    if (!bits) { return RX_ENOMEM; }
    memset(bits, 0, total * sizeof *bits);
    roi->bits = bits;
    roi->voxels = 0;
    for (size_t k = 0; k < roi->n[2]; k++) {
        for (size_t j = 0; j < roi->n[1]; j++) {
            uint64_t *row = bits + ((k + 1) * (roi->n[1] + 2) + j + 1) * roi->words;
            const uint8_t *m = mask_row(roi, mask, j, k);
            for (size_t begin, end = 0; next_stretch(&begin, &end, m, roi->n[0], mask->label);) {
                set_bits(row, begin + 1, end + 1);
                roi->voxels += end - begin;
            }
        }
    }
    return RX_OK;
}

static int check_size(const rx_roi *roi, const rx_settings *s, rx_error *err)
{
    unsigned dims = 0;
    for (int a = 0; a < 3; a++) { dims += roi->n[a] > 1; }
    if (dims == 0) { return rx_fail(err, RX_ETOOSMALL, "the region is a single voxel"); }
    if (dims < s->minimum_roi_dimensions) {
        return rx_fail(err, RX_ETOOSMALL, "the region has %u dimensions, at least %u are asked for",
                       dims, s->minimum_roi_dimensions);
    }
    if (s->minimum_roi_size > 0 && roi->voxels <= s->minimum_roi_size) {
        return rx_fail(err, RX_ETOOSMALL, "the region has %zu voxels, more than %zu are asked for",
                       roi->voxels, s->minimum_roi_size);
    }
    return RX_OK;
}

void rx_copy_voxels(double *out, const rx_image *image, size_t at, size_t n)
{
    const int16_t *i16 = image->voxels;
    const float *f32 = image->voxels;
    const double *f64 = image->voxels;
    switch (image->type) {
    case RX_I16: for (size_t i = 0; i < n; i++) { out[i] = i16[at + i]; } break;
    case RX_F32: for (size_t i = 0; i < n; i++) { out[i] = (double)f32[at + i]; } break;
    case RX_F64: memcpy(out, f64 + at, n * sizeof *out); break;
    }
}

/* Widens the region's range; the index of the first value that is not finite, or n. Four lanes:
 * one comparison need not wait for the one before. */
static size_t look_at(rx_roi *roi, const double *v, size_t n)
{
    enum { LANES = 4 };
    double lowest[LANES], highest[LANES];
    unsigned odd = 0;
    size_t i = 0;
    for (size_t q = 0; q < LANES; q++) {
        lowest[q] = roi->lowest;
        highest[q] = roi->highest;
    }
    for (; i + LANES <= n; i += LANES) {
        for (size_t q = 0; q < LANES; q++) {
            double x = v[i + q];
            odd |= !(x - x == 0);
            lowest[q] = x < lowest[q] ? x : lowest[q];
            highest[q] = x > highest[q] ? x : highest[q];
        }
    }
    for (; i < n; i++) {
        odd |= !(v[i] - v[i] == 0);
        lowest[0] = v[i] < lowest[0] ? v[i] : lowest[0];
        highest[0] = v[i] > highest[0] ? v[i] : highest[0];
    }
    for (size_t q = 0; q < LANES; q++) {
        roi->lowest = lowest[q] < roi->lowest ? lowest[q] : roi->lowest;
        roi->highest = highest[q] > roi->highest ? highest[q] : roi->highest;
    }
    for (i = 0; odd && i < n; i++) {
        if (!isfinite(v[i])) { return i; }
    }
    return n;
}

static int gather(rx_roi *roi, const rx_image *image, const rx_mask *mask, rx_workspace *ws,
                  rx_error *err)
{
    double *values = rx_buf_need(&ws->voxels, roi->voxels, sizeof *values, err);
    if (!values) { return RX_ENOMEM; }
    const size_t *dim = image->grid.dim;
    double *to = values;
    roi->values = values;
    roi->lowest = INFINITY;
    roi->highest = -INFINITY;
    for (size_t k = 0; k < roi->n[2]; k++) {
        for (size_t j = 0; j < roi->n[1]; j++) {
            const uint8_t *m = mask_row(roi, mask, j, k);
            size_t base = ((k + roi->min[2]) * dim[1] + j + roi->min[1]) * dim[0] + roi->min[0];
            for (size_t begin, end = 0; next_stretch(&begin, &end, m, roi->n[0], mask->label);) {
                size_t n = end - begin;
                rx_copy_voxels(to, image, base + begin, n);
                size_t bad = look_at(roi, to, n);
                if (bad < n) {
                    return rx_fail(err, RX_EINVAL, "the voxel at index (%zu, %zu, %zu) in the region "
                                   "is not finite", begin + bad + roi->min[0], j + roi->min[1],
                                   k + roi->min[2]);
                }
                to += n;
            }
        }
    }
    return RX_OK;
}

int rx_crop_mask(rx_roi *roi, const rx_mask *mask, rx_workspace *ws, rx_error *err)
{
    if (!mask->voxels) { return rx_fail(err, RX_EINVAL, "the mask has no voxels"); }
    int rc;
    if ((rc = check_grid("mask", &mask->grid, 1, err)) != RX_OK
        || (rc = find_box(roi, mask, err)) != RX_OK
        || (rc = make_bits(roi, mask, ws, err)) != RX_OK) {
        return rc;
    }
    memcpy(roi->spacing_mm, mask->grid.spacing_mm, sizeof roi->spacing_mm);
    roi->values = NULL;
    return RX_OK;
}

int rx_check_pair(const rx_image *image, const rx_mask *mask, rx_error *err)
{
    static const size_t element[] = { [RX_I16] = 2, [RX_F32] = 4, [RX_F64] = 8 };
    if (!image->voxels || !mask->voxels) {
        return rx_fail(err, RX_EINVAL, "the image or the mask has no voxels");
    }
    if ((unsigned)image->type > RX_F64) {
        return rx_fail(err, RX_EINVAL, "image type %d is unknown", (int)image->type);
    }
    int rc;
    if ((rc = check_grid("image", &image->grid, element[image->type], err)) != RX_OK
        || (rc = check_grid("mask", &mask->grid, 1, err)) != RX_OK) {
        return rc;
    }
    return check_same_grid(&image->grid, &mask->grid, err);
}

int rx_crop(rx_roi *roi, const rx_image *image, const rx_mask *mask, const rx_settings *s,
            rx_workspace *ws, rx_error *err)
{
    int rc;
    if ((rc = rx_check_pair(image, mask, err)) != RX_OK
        || (rc = find_box(roi, mask, err)) != RX_OK
        || (rc = make_bits(roi, mask, ws, err)) != RX_OK
        || (rc = check_size(roi, s, err)) != RX_OK) {
        return rc;
    }
    memcpy(roi->spacing_mm, image->grid.spacing_mm, sizeof roi->spacing_mm);
    return gather(roi, image, mask, ws, err);
}
