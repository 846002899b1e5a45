/* From settings to a response map, of the whole image or around a region. */
#include <math.h>
#include <radiomics/response.h>
#include <string.h>
#include "resp_kinds.h"
#include "resp_lines.h"

static int check_grid(const rx_grid *grid, rx_error *err)
{
    size_t n;
    int rc = rx_grid_voxels(&n, grid, err);
    for (int a = 0; rc == RX_OK && a < 3; a++) {
        double s = grid->spacing_mm[a];
        if (!(s > 0) || !isfinite(s)) { rc = rx_fail(err, RX_EINVAL, "spacing_mm[%d] is %g", a, s); }
    }
    return rc;
}

static int check_voxels(const rx_volume *image, rx_error *err)
{
    const size_t n = image->grid.dim[0] * image->grid.dim[1] * image->grid.dim[2];
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(image->voxels[i])) {
            return rx_fail(err, RX_EINVAL, "a voxel of the image to be filtered is %g", image->voxels[i]);
        }
    }
    return RX_OK;
}

enum { WIDEST = 2048, MOST_GB = 8 };

static bool is_fourier(const rx_response *f)
{
    return f->kind == RX_RESPONSE_SIMONCELLI || f->kind == RX_RESPONSE_SHANNON || rx_response_has_riesz(f);
}

/* Half the width of the kernel, in voxels; 0 for filters that have none. */
static double kernel_radius(const rx_response *f, double spacing)
{
    switch (f->kind) {
    case RX_RESPONSE_MEAN: return f->support / 2;
    case RX_RESPONSE_LOG: return floor(f->cutoff * f->sigma_mm / spacing + 0.5);
    case RX_RESPONSE_LAWS: return 2.0 + f->energy_distance;
    case RX_RESPONSE_GABOR: return rx_gabor_radius(f, spacing);
    case RX_RESPONSE_WAVELET: return rx_wavelet_reach(f);
    default: return 0;
    }
}

static int check_width(const rx_volume *image, const rx_response *f, rx_error *err)
{
    for (int a = 0; a < (f->by_slice ? 2 : 3); a++) {
        double radius = kernel_radius(f, image->grid.spacing_mm[a]);
        if (f->steered && rx_response_has_riesz(f)) {
            radius = fmax(radius, rx_tensor_radius(f, image->grid.spacing_mm[a]));
        }
        if (!(radius <= WIDEST)) {
            return rx_fail(err, RX_ELIMIT, "a %s kernel that reaches %.0f voxels along axis %d, at most %d",
                           rx_response_kind_name(f->kind), radius, a, WIDEST);
        }
    }
    return RX_OK;
}

static double voxels_of(const rx_grid *grid, const rx_response *f)
{
    double n = 1;
    for (int a = 0; a < 3; a++) {
        bool widened = is_fourier(f) && !(f->by_slice && a == 2);
        n *= (double)grid->dim[a] + (widened ? 2.0 * (double)rx_band_pad(f, grid, a) : 0);
    }
    return n;
}

/* What a filter holds at a time beside the image, in doubles a voxel (of the widened image). */
static double held(const rx_response *f)
{
    if (is_fourier(f)) {
        double spectra = f->by_slice ? 1 : 4;
        return f->steered && rx_response_has_riesz(f) ? spectra + 13 : spectra;
    }
    switch (f->kind) {
    case RX_RESPONSE_GABOR: return 1;
    case RX_RESPONSE_LOG: return 4;
    default: return 5;
    }
}

static int check_memory(const rx_volume *image, const rx_response *f, rx_error *err)
{
    double gb = held(f) * voxels_of(&image->grid, f) * sizeof(double) / 1e9;
    if (gb <= MOST_GB) { return RX_OK; }
    return rx_fail(err, RX_ELIMIT, "a %s filter of %zu x %zu x %zu voxels needs %.1f GB, at most %d",
                   rx_response_kind_name(f->kind), image->grid.dim[0], image->grid.dim[1], image->grid.dim[2], gb,
                   MOST_GB);
}

static int whole_gabor(rx_volume *map, const rx_volume *image, const rx_response *f, rx_error *err)
{
    rx_part whole = { { 0, 0, 0 }, { image->grid.dim[0], image->grid.dim[1], image->grid.dim[2] } };
    return rx_response_gabor(map, image, &whole, f, err);
}

static int dispatch(rx_volume *map, const rx_volume *image, const rx_response *f, rx_error *err)
{
    switch (f->kind) {
    case RX_RESPONSE_MEAN:
    case RX_RESPONSE_LAWS:
    case RX_RESPONSE_WAVELET: return rx_response_separable(map, image, f, err);
    case RX_RESPONSE_GABOR: return whole_gabor(map, image, f, err);
    case RX_RESPONSE_LOG:
        return rx_response_has_riesz(f) ? rx_response_band(map, image, f, err) : rx_response_log(map, image, f, err);
    default: return rx_response_band(map, image, f, err);
    }
}

static int check_all(const rx_volume *image, const rx_response *f, rx_error *err)
{
    int rc = rx_response_check(f, err);
    if (rc == RX_OK) { rc = check_grid(&image->grid, err); }
    if (rc == RX_OK) { rc = check_width(image, f, err); }
    if (rc == RX_OK) { rc = check_memory(image, f, err); }
    if (rc == RX_OK) { rc = check_voxels(image, err); }
    return rc;
}

int rx_response_map(rx_volume *map, const rx_volume *image, const rx_response *f, rx_error *err)
{
    rx_volume made = { 0 };
    *map = (rx_volume){ 0 };
    int rc = check_all(image, f, err);
    if (rc == RX_OK) { rc = dispatch(&made, image, f, err); }
    if (rc == RX_OK) {
        *map = made;
    } else {
        rx_volume_free(&made);
    }
    return rc;
}

void rx_response_reach(size_t reach[3], const rx_response *f, const rx_grid *grid)
{
    for (int a = 0; a < 3; a++) {
        double r = is_fourier(f) ? (double)INFINITY : kernel_radius(f, grid->spacing_mm[a]);
        reach[a] = f->by_slice && a == 2 ? 0 : r < 1e9 ? (size_t)r : SIZE_MAX;
    }
}

/* ---- around a region -------------------------------------------------------------------- */

static bool region_box(rx_part *b, const rx_region *region)
{
    const size_t *dim = region->grid.dim;
    size_t max[3] = { 0, 0, 0 };
    bool any = false;
    for (int a = 0; a < 3; a++) { b->min[a] = SIZE_MAX; }
    for (size_t k = 0; k < dim[2]; k++) {
        for (size_t j = 0; j < dim[1]; j++) {
            const uint8_t *row = region->voxels + (k * dim[1] + j) * dim[0];
            for (size_t i = 0; i < dim[0]; i++) {
                if (!row[i]) { continue; }
                const size_t at[3] = { i, j, k };
                any = true;
                for (int a = 0; a < 3; a++) {
                    if (at[a] < b->min[a]) { b->min[a] = at[a]; }
                    if (at[a] > max[a]) { max[a] = at[a]; }
                }
            }
        }
    }
    for (int a = 0; any && a < 3; a++) { b->n[a] = max[a] - b->min[a] + 1; }
    return any;
}

static bool thins(const rx_response *f)
{
    return f->kind == RX_RESPONSE_WAVELET && f->decimated;
}

rx_grid rx_part_grid(const rx_grid *grid, const rx_part *b)
{
    rx_grid g = *grid;
    for (int a = 0; a < 3; a++) {
        g.dim[a] = b->n[a];
        for (int r = 0; r < 3; r++) {
            g.origin_mm[r] += grid->direction[3 * r + a] * grid->spacing_mm[a] * (double)b->min[a];
        }
    }
    return g;
}

/* The region's box and what the filter can reach from it. A decimated transform keeps voxels by
 * their place in the image and a periodic one meets the other side: they need the whole. */
static rx_part wanted_part(const rx_part *roi, const rx_grid *grid, const rx_response *f)
{
    size_t reach[3];
    rx_part b;
    rx_response_reach(reach, f, grid);
    for (int a = 0; a < 3; a++) {
        size_t last = roi->min[a] + roi->n[a] - 1;
        bool all = thins(f) || (f->boundary == RX_BOUNDARY_PERIODIC && !(f->by_slice && a == 2));
        if (all || reach[a] >= grid->dim[a]) {
            b.min[a] = 0;
            b.n[a] = grid->dim[a];
            continue;
        }
        b.min[a] = roi->min[a] > reach[a] ? roi->min[a] - reach[a] : 0;
        size_t end = last + reach[a] < grid->dim[a] ? last + reach[a] : grid->dim[a] - 1;
        b.n[a] = end - b.min[a] + 1;
    }
    return b;
}

static int cut_volume(rx_volume *out, const rx_volume *in, const rx_part *b, rx_error *err)
{
    rx_grid grid = rx_part_grid(&in->grid, b);
    int rc = rx_volume_new(out, &grid, err);
    for (size_t k = 0; rc == RX_OK && k < b->n[2]; k++) {
        for (size_t j = 0; j < b->n[1]; j++) {
            size_t from = ((k + b->min[2]) * in->grid.dim[1] + j + b->min[1]) * in->grid.dim[0] + b->min[0];
            memcpy(out->voxels + (k * b->n[1] + j) * b->n[0], in->voxels + from, b->n[0] * sizeof *out->voxels);
        }
    }
    return rc;
}

/* The voxels of *region that the map has: every keep-th from b->min on. */
static int cut_region(rx_region *out, const rx_region *region, const rx_grid *grid, const rx_part *b,
                      const size_t keep[3], rx_error *err)
{
    size_t left = 0;
    int rc = rx_region_new(out, grid, err);
    for (size_t k = 0; rc == RX_OK && k < grid->dim[2]; k++) {
        for (size_t j = 0; j < grid->dim[1]; j++) {
            for (size_t i = 0; i < grid->dim[0]; i++) {
                size_t x = i * keep[0] + b->min[0], y = j * keep[1] + b->min[1], z = k * keep[2] + b->min[2];
                uint8_t in = region->voxels[(z * region->grid.dim[1] + y) * region->grid.dim[0] + x] != 0;
                out->voxels[(k * grid->dim[1] + j) * grid->dim[0] + i] = in;
                left += in;
            }
        }
    }
    if (rc == RX_OK && left == 0) { rc = rx_fail(err, RX_EEMPTY, "no voxel of the region is left after decimation"); }
    return rc;
}

static int map_of_part(rx_volume *map, const rx_volume *image, const rx_part *roi, const rx_response *f,
                       rx_error *err)
{
    rx_part wanted = wanted_part(roi, &image->grid, f), inner = *roi;
    rx_volume cut = { 0 }, wide = { 0 };
    for (int a = 0; a < 3; a++) { inner.min[a] -= wanted.min[a]; }
    int rc = cut_volume(&cut, image, &wanted, err);
    if (rc == RX_OK && f->kind == RX_RESPONSE_GABOR) {
        rc = check_all(&cut, f, err);
        if (rc == RX_OK) { rc = rx_response_gabor(map, &cut, &inner, f, err); }
    } else if (rc == RX_OK && thins(f)) {
        rc = rx_response_map(map, &cut, f, err);
    } else if (rc == RX_OK) {
        rc = rx_response_map(&wide, &cut, f, err);
        rx_volume_free(&cut);
        if (rc == RX_OK) { rc = cut_volume(map, &wide, &inner, err); }
    }
    rx_volume_free(&cut);
    rx_volume_free(&wide);
    return rc;
}

int rx_response_map_region(rx_volume *map, rx_region *part, const rx_volume *image, const rx_region *region,
                           const rx_response *f, rx_error *err)
{
    rx_part roi;
    rx_volume made = { 0 };
    rx_region made_part = { 0 };
    *map = (rx_volume){ 0 };
    *part = (rx_region){ 0 };
    int rc = rx_response_check(f, err);
    if (rc != RX_OK) { return rc; }
    if (memcmp(image->grid.dim, region->grid.dim, sizeof image->grid.dim) != 0) {
        return rx_fail(err, RX_EGRID, "image and region differ in size");
    }
    if (!region_box(&roi, region)) { return rx_fail(err, RX_EEMPTY, "the region to be filtered has no voxel"); }
    rc = map_of_part(&made, image, &roi, f, err);
    size_t keep[3] = { 1, 1, 1 };
    for (int a = 0; thins(f) && a < (f->by_slice ? 2 : 3); a++) {
        keep[a] = (size_t)1 << f->level;
    }
    if (thins(f)) { memset(roi.min, 0, sizeof roi.min); }
    if (rc == RX_OK) { rc = cut_region(&made_part, region, &made.grid, &roi, keep, err); }
    if (rc == RX_OK) {
        *map = made;
        *part = made_part;
    } else {
        rx_volume_free(&made);
        rx_region_free(&made_part);
    }
    return rc;
}
