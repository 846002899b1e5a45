/* Feature maps: the kernel moved over the region, one voxel after the other. */
#include <radiomics/maps.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bounds.h"
#include "maps_kernel.h"

void rx_map_settings_default(rx_map_settings *s)
{
    *s = (rx_map_settings){ .kernel_radius = 1, .masked_kernel = true };
    rx_settings_default(&s->features);
}

int rx_map_settings_check(const rx_map_settings *s, rx_error *err)
{
    if (s->kernel_radius < 1 || s->kernel_radius > RX_MAX_KERNEL_RADIUS) {
        return rx_fail(err, RX_EINVAL, "kernelRadius is %u, must be 1 to %d", s->kernel_radius,
                       RX_MAX_KERNEL_RADIUS);
    }
    return rx_settings_check(&s->features, err);
}

void rx_map_free(rx_map *map)
{
    if (!map) { return; }
    rx_volume_free(&map->volume);
    *map = (rx_map){ 0 };
}

/* Levels that a kernel can have: a table of pairs of them is at most 32 MB. */
enum { MOST_LEVELS = 2048 };

/* All that is needed while the kernel moves. */
typedef struct mapping {
    const rx_map_settings *s;
    rx_map *maps;
    size_t n;
    bool wanted[RX_NCLASSES];
    bool with_mcc;

    size_t min[3];              /* of the grown box, in the image                            */
    rx_grid grid;               /* of the grown box                                          */
    rx_volume image;            /* intensities in it                                         */
    rx_region region, kernels;  /* whose values are wanted; what kernels see                 */
    rx_roi seen;                /* the box of what kernels see, in the grown one             */
    rx_levels levels;
    uint16_t *number;           /* [highest + 1]: a level's number in the kernel, or 0       */

    rx_kernel k;
    rx_map_glcm *glcm;
    rx_map_sizes *sizes;
} mapping;

/* ---- What the kernels see ---------------------------------------------------------------------- */

static int check_features(mapping *m, const int *features, rx_error *err)
{
    const rx_feature_def *defs = rx_features();
    for (size_t i = 0; i < m->n; i++) {
        if (features[i] < 0 || features[i] >= RX_NFEATURES) {
            return rx_fail(err, RX_EINVAL, "feature %d does not exist", features[i]);
        }
        const rx_feature_def *d = &defs[features[i]];
        if (d->cls == RX_SHAPE) {
            return rx_fail(err, RX_EINVAL, "%s is of the whole region: there is no map of it", d->full_name);
        }
        m->wanted[d->cls] = true;
        m->with_mcc = m->with_mcc || features[i] == (int)rx_class_first(RX_GLCM) + glcm_MCC;
    }
    return RX_OK;
}

static void grow_box(mapping *m, const rx_roi *roi, const rx_grid *g)
{
    size_t r = m->s->kernel_radius;
    m->grid = *g;
    for (int a = 0; a < 3; a++) {
        size_t end = roi->min[a] + roi->n[a] + r;
        m->min[a] = roi->min[a] > r ? roi->min[a] - r : 0;
        m->grid.dim[a] = (end < g->dim[a] ? end : g->dim[a]) - m->min[a];
    }
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            m->grid.origin_mm[a] += g->direction[3 * a + b] * g->spacing_mm[b] * (double)m->min[b];
        }
    }
}

static int copy_box(mapping *m, const rx_image *image, const rx_mask *mask, rx_error *err)
{
    const size_t *n = m->grid.dim, *dim = image->grid.dim;
    int rc;
    if ((rc = rx_volume_new(&m->image, &m->grid, err)) != RX_OK
        || (rc = rx_region_new(&m->region, &m->grid, err)) != RX_OK
        || (rc = rx_region_new(&m->kernels, &m->grid, err)) != RX_OK) {
        return rc;
    }
    for (size_t k = 0; k < n[2]; k++) {
        for (size_t j = 0; j < n[1]; j++) {
            size_t to = (k * n[1] + j) * n[0];
            size_t from = ((k + m->min[2]) * dim[1] + j + m->min[1]) * dim[0] + m->min[0];
            rx_copy_voxels(m->image.voxels + to, image, from, n[0]);
            for (size_t i = 0; i < n[0]; i++) {
                bool in = mask->voxels[from + i] == mask->label;
                m->region.voxels[to + i] = in;
                m->kernels.voxels[to + i] = in || !m->s->masked_kernel;
                if (m->kernels.voxels[to + i] && !isfinite(m->image.voxels[to + i])) {
                    return rx_fail(err, RX_EINVAL, "the voxel at index (%zu, %zu, %zu), which kernels see, is "
                                   "not finite", i + m->min[0], j + m->min[1], k + m->min[2]);
                }
            }
        }
    }
    return RX_OK;
}

static int see(mapping *m, const rx_image *image, const rx_mask *mask, rx_workspace *ws, rx_error *err)
{
    rx_roi roi;
    int rc = rx_crop(&roi, image, mask, &m->s->features, ws, err);
    if (rc != RX_OK) { return rc; }
    grow_box(m, &roi, &image->grid);
    if ((rc = copy_box(m, image, mask, err)) != RX_OK) { return rc; }
    rx_image box = rx_volume_image(&m->image);
    rx_mask kernels = rx_region_mask(&m->kernels);
    if ((rc = rx_crop(&m->seen, &box, &kernels, &m->s->features, ws, err)) != RX_OK
        || (rc = rx_discretise(&m->levels, &m->seen, &m->s->features, ws, err)) != RX_OK) {
        return rc;
    }
    m->number = calloc((size_t)m->levels.highest + 1, sizeof *m->number);
    return m->number ? RX_OK : rx_fail(err, RX_ENOMEM, "no memory for %u grey levels", m->levels.highest);
}

/* ---- The kernel -------------------------------------------------------------------------------- */

static double length_mm(const int d[3], const double spacing_mm[3], rx_norm norm)
{
    double sum = 0, squares = 0, largest = 0;
    for (int a = 0; a < 3; a++) {
        double x = abs(d[a]) * spacing_mm[a];
        sum += x;
        squares += x * x;
        largest = fmax(largest, x);
    }
    switch (norm) {
    case RX_NORM_MANHATTAN: return sum;
    case RX_NORM_EUCLIDEAN: return sqrt(squares);
    case RX_NORM_INFINITY: return largest;
    default: return 1;
    }
}

static bool is_wanted(int length, const unsigned *distances, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (distances[i] == (unsigned)length) { return true; }
    }
    return false;
}

static int larger(int a, int b) { return a > b ? a : b; }

/* One of each two opposite directions of the wanted lengths that fit into the kernel. */
static size_t find_steps(rx_step *out, const mapping *m, const unsigned *distances, unsigned n)
{
    const rx_kernel *k = &m->k;
    const rx_settings *s = &m->s->features;
    int reach[3];
    for (int a = 0; a < 3; a++) {
        reach[a] = (int)(k->side[a] - 1 < k->halo ? k->side[a] - 1 : k->halo);
    }
    size_t count = 0;
    for (int z = 0; z <= reach[2]; z++) {
        for (int y = z ? -reach[1] : 0; y <= reach[1]; y++) {
            for (int x = z || y ? -reach[0] : 1; x <= reach[0]; x++) {
                int length = larger(abs(x), larger(abs(y), z));
                if (!is_wanted(length, distances, n)) { continue; }
                ptrdiff_t step = x + y * (ptrdiff_t)k->stride[1] + z * (ptrdiff_t)k->stride[2];
                rx_step *o = &out[count++];
                *o = (rx_step){ .step = (size_t)step, .d = { x, y, z }, .pair_weight = 1 };
                o->run_weight = length_mm(o->d, m->grid.spacing_mm, s->weighting_norm);
                if (s->weighting_norm > RX_NORM_NO_WEIGHTING) {
                    o->pair_weight = exp(-o->run_weight * o->run_weight);
                }
            }
        }
    }
    return count;
}

static int make_kernel(mapping *m, rx_workspace *ws, rx_error *err)
{
    static const unsigned one = 1;
    rx_kernel *k = &m->k;
    const rx_settings *s = &m->s->features;
    size_t cells = 1;
    k->s = s;
    k->halo = 1;
    for (unsigned i = 0; i < s->n_distances; i++) {
        k->halo = s->distances[i] > k->halo ? s->distances[i] : k->halo;
    }
    k->most = 1;
    k->voxel_mm3 = 1;
    for (int a = 0; a < 3; a++) {
        bool across = s->force_2d && a == 2 - (int)s->force_2d_dimension;
        k->side[a] = across ? 1 : 2 * (size_t)m->s->kernel_radius + 1;
        k->stride[a] = cells;
        cells *= k->side[a] + 2 * k->halo;
        k->most *= k->side[a];
        k->voxel_mm3 *= m->grid.spacing_mm[a];
    }
    k->highest = m->levels.highest;
    k->one_level = m->levels.present == 1;
    k->most_levels = m->levels.present < k->most ? m->levels.present : (unsigned)k->most;
    if (k->most_levels > MOST_LEVELS) {
        return rx_fail(err, RX_ELIMIT, "up to %u grey levels in a kernel of %zu voxels, at most %d; use wider "
                       "bins or a smaller kernelRadius", k->most_levels, k->most, MOST_LEVELS);
    }
    k->cube = calloc(cells, sizeof *k->cube);
    k->at = calloc(k->most, sizeof *k->at);
    k->value = calloc(k->most, sizeof *k->value);
    k->grey = calloc(k->most_levels, sizeof *k->grey);
    k->count = calloc(k->most_levels, sizeof *k->count);
    k->pair = calloc(RX_MAX_OFFSETS, sizeof *k->pair);
    k->line = calloc(13, sizeof *k->line);
    if (!k->cube || !k->at || !k->value || !k->grey || !k->count || !k->pair || !k->line) {
        return rx_fail(err, RX_ENOMEM, "no memory for a kernel of %zu voxels", k->most);
    }
    k->pairs = find_steps(k->pair, m, s->distances, s->n_distances);
    k->lines = find_steps(k->line, m, &one, 1);
    int rc = RX_OK;
    if (m->wanted[RX_GLCM]) { rc = rx_map_glcm_new(&m->glcm, k, m->with_mcc, ws, err); }
    return rc == RX_OK ? rx_map_sizes_new(&m->sizes, k, err) : rc;
}

static void forget_levels(mapping *m)
{
    for (unsigned g = 0; g < m->k.levels; g++) { m->number[m->k.grey[g]] = 0; }
    m->k.levels = 0;
    m->k.voxels = 0;
}

/* A level's number in the kernel, from 1, given in the order in which they appear. */
static uint16_t number_of(mapping *m, uint16_t level)
{
    rx_kernel *k = &m->k;
    if (m->number[level] == 0) {
        k->grey[k->levels] = level;
        k->count[k->levels] = 0;
        m->number[level] = (uint16_t)++k->levels;
    }
    k->count[m->number[level] - 1]++;
    return m->number[level];
}

/* A row of the kernel: cells cell.. from the grown box's voxels (x, y, z).. */
static void take_row(mapping *m, size_t cell, ptrdiff_t x, ptrdiff_t y, ptrdiff_t z)
{
    rx_kernel *k = &m->k;
    const rx_levels *l = &m->levels;
    const size_t *lo = m->seen.min, *n = m->seen.n;
    memset(k->cube + cell, 0, k->side[0] * sizeof *k->cube);
    ptrdiff_t j = y - (ptrdiff_t)lo[1], h = z - (ptrdiff_t)lo[2];
    if (j < 0 || j >= (ptrdiff_t)n[1] || h < 0 || h >= (ptrdiff_t)n[2]) { return; }
    const uint16_t *level = l->voxels + rx_levels_at(l, 0, (size_t)j, (size_t)h);
    const double *value = m->image.voxels
                        + ((size_t)z * m->grid.dim[1] + (size_t)y) * m->grid.dim[0];
    for (size_t s = 0; s < k->side[0]; s++) {
        ptrdiff_t i = x + (ptrdiff_t)s - (ptrdiff_t)lo[0];
        if (i < 0 || i >= (ptrdiff_t)n[0] || level[i] == 0) { continue; }
        k->cube[cell + s] = number_of(m, level[i]);
        k->value[k->voxels] = value[x + (ptrdiff_t)s];
        k->at[k->voxels++] = cell + s;
    }
}

/* The kernel around the grown box's voxel (x, y, z). */
static void move_to(mapping *m, size_t x, size_t y, size_t z)
{
    rx_kernel *k = &m->k;
    ptrdiff_t first[3];
    const size_t centre[3] = { x, y, z };
    for (int a = 0; a < 3; a++) { first[a] = (ptrdiff_t)centre[a] - (ptrdiff_t)(k->side[a] / 2); }
    forget_levels(m);
    for (size_t c = 0; c < k->side[2]; c++) {
        for (size_t b = 0; b < k->side[1]; b++) {
            size_t cell = k->halo + (b + k->halo) * k->stride[1] + (c + k->halo) * k->stride[2];
            take_row(m, cell, first[0], first[1] + (ptrdiff_t)b, first[2] + (ptrdiff_t)c);
        }
    }
}

static int measure(double f[RX_NFEATURES], mapping *m, rx_error *err)
{
    int rc = RX_OK;
    double *gldm = m->wanted[RX_GLDM] ? f + rx_class_first(RX_GLDM) : NULL;
    double *ngtdm = m->wanted[RX_NGTDM] ? f + rx_class_first(RX_NGTDM) : NULL;
    if (m->wanted[RX_GLCM]) { rc = rx_map_glcm_features(f + rx_class_first(RX_GLCM), &m->k, m->glcm, err); }
    if (m->wanted[RX_GLRLM]) { rx_map_glrlm_features(f + rx_class_first(RX_GLRLM), &m->k, m->sizes); }
    if (m->wanted[RX_GLSZM]) { rx_map_glszm_features(f + rx_class_first(RX_GLSZM), &m->k, m->sizes); }
    if (gldm || ngtdm) { rx_map_neighbour_features(gldm, ngtdm, &m->k, m->sizes); }
    if (m->wanted[RX_FIRSTORDER]) { rx_map_firstorder(f + rx_class_first(RX_FIRSTORDER), &m->k); }
    return rc;
}

static int move_over_region(mapping *m, size_t voxels, rx_map_progress progress, void *user, rx_error *err)
{
    const size_t *n = m->grid.dim;
    double f[RX_NFEATURES];
    size_t done = 0;
    for (size_t z = 0; z < n[2]; z++) {
        for (size_t y = 0; y < n[1]; y++) {
            size_t row = (z * n[1] + y) * n[0], before = done;
            for (size_t x = 0; x < n[0]; x++) {
                if (!m->region.voxels[row + x]) { continue; }
                move_to(m, x, y, z);
                int rc = measure(f, m, err);
                if (rc != RX_OK) { return rc; }
                for (size_t i = 0; i < m->n; i++) {
                    double v = f[m->maps[i].feature];
                    m->maps[i].volume.voxels[row + x] = isfinite(v) ? v : (double)NAN;
                }
                done++;
            }
            if (progress && done > before) { progress(user, done, voxels); }
        }
    }
    return RX_OK;
}

/* ---- All of it ---------------------------------------------------------------------------------- */

static int make_maps(mapping *m, const int *features, rx_error *err)
{
    size_t voxels;
    int rc = rx_grid_voxels(&voxels, &m->grid, err);
    for (size_t i = 0; rc == RX_OK && i < m->n; i++) {
        rx_map *map = &m->maps[i];
        map->feature = features[i];
        memcpy(map->min, m->min, sizeof map->min);
        rc = rx_volume_new(&map->volume, &m->grid, err);
        for (size_t v = 0; rc == RX_OK && v < voxels; v++) { map->volume.voxels[v] = m->s->init_value; }
    }
    return rc;
}

static void put_away(mapping *m)
{
    rx_volume_free(&m->image);
    rx_region_free(&m->region);
    rx_region_free(&m->kernels);
    free(m->number);
    free(m->k.cube);
    free(m->k.at);
    free(m->k.value);
    free(m->k.grey);
    free(m->k.count);
    free(m->k.pair);
    free(m->k.line);
    rx_map_glcm_free(m->glcm);
    rx_map_sizes_free(m->sizes);
}

static size_t count_voxels(const mapping *m)
{
    size_t n = 0;
    for (size_t v = 0; v < m->grid.dim[0] * m->grid.dim[1] * m->grid.dim[2]; v++) {
        n += m->region.voxels[v];
    }
    return n;
}

int rx_maps(rx_map *maps, const int *features, size_t n, const rx_image *image, const rx_mask *mask,
            const rx_map_settings *settings, rx_map_progress progress, void *user, rx_workspace *ws,
            rx_error *err)
{
    if (!maps || !features || n == 0 || !image || !mask || !settings || !ws) {
        return rx_fail(err, RX_EINVAL, "rx_maps: an argument is missing");
    }
    for (size_t i = 0; i < n; i++) { maps[i] = (rx_map){ 0 }; }
    mapping m = { .s = settings, .maps = maps, .n = n };
    int rc;
    if ((rc = rx_map_settings_check(settings, err)) == RX_OK
        && (rc = check_features(&m, features, err)) == RX_OK
        && (rc = see(&m, image, mask, ws, err)) == RX_OK
        && (rc = make_kernel(&m, ws, err)) == RX_OK
        && (rc = make_maps(&m, features, err)) == RX_OK) {
        rc = move_over_region(&m, count_voxels(&m), progress, user, err);
    }
    put_away(&m);
    for (size_t i = 0; rc != RX_OK && i < n; i++) { rx_map_free(&maps[i]); }
    return rc;
}

int rx_map_on_grid(rx_volume *out, const rx_map *map, const rx_grid *image, double init_value,
                   rx_error *err)
{
    const size_t *n = map->volume.grid.dim;
    for (int a = 0; a < 3; a++) {
        if (!map->volume.voxels || map->min[a] + n[a] > image->dim[a]) {
            return rx_fail(err, RX_EGRID, "the map is empty or does not lie on the image's grid");
        }
    }
    int rc = rx_volume_new(out, image, err);
    if (rc != RX_OK) { return rc; }
    size_t all = image->dim[0] * image->dim[1] * image->dim[2];
    for (size_t v = 0; v < all; v++) { out->voxels[v] = init_value; }
    for (size_t k = 0; k < n[2]; k++) {
        for (size_t j = 0; j < n[1]; j++) {
            size_t to = ((k + map->min[2]) * image->dim[1] + j + map->min[1]) * image->dim[0] + map->min[0];
            memcpy(out->voxels + to, map->volume.voxels + (k * n[1] + j) * n[0], n[0] * sizeof(double));
        }
    }
    return RX_OK;
}
