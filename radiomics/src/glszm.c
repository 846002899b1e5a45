/* Grey level size zone matrix: IBSI 3.7. Zones are 26-connected voxels of one level, found by
 * union-find over the box. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "classes.h"
#include "bounds.h"
#include "offsets.h"
#include "sizematrix.h"

enum { TABLE_CELLS = 1 << 18, TABLE_WIDTH = 256 };

/* parent[v] is another voxel of the zone, or -(voxels of the zone) at its root. */
static int32_t find(int32_t *parent, int32_t v)
{
    while (parent[v] >= 0) {
        int32_t up = parent[v];
        if (parent[up] < 0) { return up; }
        parent[v] = parent[up];
        v = parent[up];
    }
    return v;
}

static int32_t unite(int32_t *parent, int32_t a, int32_t b)
{
    int32_t root = find(parent, b);
    if (root == a) { return a; }
    if (parent[root] > parent[a]) {           /* a is the larger zone */
        int32_t t = root;
        root = a;
        a = t;
    }
    parent[root] += parent[a];
    parent[a] = root;
    return root;
}

static void find_zones(int32_t *parent, const rx_levels *l, const size_t *step, size_t steps)
{
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            size_t row = rx_levels_at(l, 0, j, k);
            for (size_t at = row; at < row + l->n[0]; at++) {
                uint16_t g = l->voxels[at];
                if (g == 0) { continue; }
                int32_t root = (int32_t)at;
                parent[at] = -1;
                for (size_t o = 0; o < steps; o++) {
                    size_t other = at - step[o];
                    if (l->voxels[other] == g) { root = unite(parent, root, (int32_t)other); }
                }
            }
        }
    }
}

static int by_size(const void *a, const void *b)
{
    const rx_sized *x = a, *y = b;
    if (x->size != y->size) { return x->size < y->size ? -1 : 1; }
    return (x->level > y->level) - (x->level < y->level);
}

/* Small zones into the table; returns how many are too large for it, and lists them. */
static size_t count_zones(uint32_t *count, size_t width, rx_sized *large, const int32_t *parent,
                          const rx_levels *l)
{
    size_t n = 0;
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            size_t row = rx_levels_at(l, 0, j, k);
            for (size_t at = row; at < row + l->n[0]; at++) {
                if (l->voxels[at] == 0 || parent[at] >= 0) { continue; }
                uint32_t size = (uint32_t)-parent[at];
                uint16_t level = l->dense[l->voxels[at]];
                if (size <= width) {
                    count[level * width + size - 1]++;
                } else {
                    large[n++] = (rx_sized){ size, level };
                }
            }
        }
    }
    return n;
}

int rx_glszm(double out[N_GLSZM], const rx_levels *l, rx_workspace *ws, rx_error *err)
{
    static const unsigned one = 1;
    size_t step[RX_MAX_OFFSETS], steps = rx_half_offsets(step, l, &one, 1);
    size_t width = TABLE_CELLS / l->present < TABLE_WIDTH ? TABLE_CELLS / l->present : TABLE_WIDTH;
    int32_t *parent = rx_buf_need(&ws->voxels, l->array, sizeof *parent, err);
    uint32_t *count = rx_buf_need(&ws->counts, l->present * width, sizeof *count, err);
    rx_sized *large = rx_buf_need(&ws->list, l->total / (width + 1) + 1, sizeof *large, err);
    if (!parent || !count || !large) { return RX_ENOMEM; }

    find_zones(parent, l, step, steps);
    memset(count, 0, l->present * width * sizeof *count);
    size_t n_large = count_zones(count, width, large, parent, l);
    qsort(large, n_large, sizeof *large, by_size);

    double f[SZ_N];
    rx_sizematrix m = { .width = width, .count = count, .large = large, .n_large = n_large };
    int rc = rx_sizematrix_features(f, &m, l, ws, err);
    if (rc != RX_OK) { return rc; }
    out[glszm_GrayLevelNonUniformity] = f[SZ_LEVEL_NONUNIFORMITY];
    out[glszm_GrayLevelNonUniformityNormalized] = f[SZ_LEVEL_NONUNIFORMITY_NORM];
    out[glszm_GrayLevelVariance] = f[SZ_LEVEL_VARIANCE];
    out[glszm_HighGrayLevelZoneEmphasis] = f[SZ_HIGH];
    out[glszm_LargeAreaEmphasis] = f[SZ_LARGE];
    out[glszm_LargeAreaHighGrayLevelEmphasis] = f[SZ_LARGE_HIGH];
    out[glszm_LargeAreaLowGrayLevelEmphasis] = f[SZ_LARGE_LOW];
    out[glszm_LowGrayLevelZoneEmphasis] = f[SZ_LOW];
    out[glszm_SizeZoneNonUniformity] = f[SZ_SIZE_NONUNIFORMITY];
    out[glszm_SizeZoneNonUniformityNormalized] = f[SZ_SIZE_NONUNIFORMITY_NORM];
    out[glszm_SmallAreaEmphasis] = f[SZ_SMALL];
    out[glszm_SmallAreaHighGrayLevelEmphasis] = f[SZ_SMALL_HIGH];
    out[glszm_SmallAreaLowGrayLevelEmphasis] = f[SZ_SMALL_LOW];
    out[glszm_ZoneEntropy] = f[SZ_ENTROPY];
    out[glszm_ZonePercentage] = f[SZ_PERCENTAGE];
    out[glszm_ZoneVariance] = f[SZ_SIZE_VARIANCE];
    return RX_OK;
}
