/* Zones by union-find over the box. */
#include "zones.h"
#include "blocks.h"
#include <string.h>
#include "bounds.h"

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

/* The earlier neighbours of a voxel: bit o of a set stands for the one at -step[o]. Two of
 * them that are neighbours of each other and of one level are in one zone already, so after
 * uniting with one, those next to it can be left out; the one with most neighbours is first. */
typedef struct earlier {
    size_t step[16], n;
    uint16_t beside[16];       /* the sets of those next to each, itself included          */
} earlier;

static bool contains(const size_t *step, size_t n, size_t s)
{
    for (size_t i = 0; i < n; i++) {
        if (step[i] == s) { return true; }
    }
    return false;
}

static bool are_beside(const earlier *e, size_t a, size_t b)
{
    size_t apart = a > b ? a - b : b - a;
    return apart == 0 || contains(e->step, e->n, apart);
}

static void find_earlier(earlier *e, const rx_levels *l, unsigned flat)
{
    static const unsigned one = 1;
    rx_offset all[RX_MAX_OFFSETS];
    size_t degree[16];
    e->n = rx_half_offsets(all, l, &one, 1, flat, true);
    for (size_t i = 0; i < e->n; i++) { e->step[i] = all[i].step; }
    for (size_t i = 0; i < e->n; i++) {
        degree[i] = 0;
        for (size_t j = 0; j < e->n; j++) { degree[i] += are_beside(e, e->step[i], e->step[j]); }
    }
    for (size_t i = 1; i < e->n; i++) {
        for (size_t j = i; j > 0 && degree[j] > degree[j - 1]; j--) {
            size_t d = degree[j], s = e->step[j];
            degree[j] = degree[j - 1];
            e->step[j] = e->step[j - 1];
            degree[j - 1] = d;
            e->step[j - 1] = s;
        }
    }
    for (size_t i = 0; i < e->n; i++) {
        e->beside[i] = 0;
        for (size_t j = 0; j < e->n; j++) {
            if (are_beside(e, e->step[i], e->step[j])) { e->beside[i] |= (uint16_t)(1u << j); }
        }
    }
}

static void find_equal_in(uint16_t *restrict equal, const uint16_t *at, const earlier *e, size_t n)
{
    memset(equal, 0, n * sizeof *equal);
    for (size_t o = 0; o < e->n; o++) {
        const uint16_t *other = at - e->step[o];
        uint16_t bit = (uint16_t)(1u << o);
        for (size_t i = 0; i < n; i++) {
            uint16_t same = (uint16_t)-(at[i] == other[i]);      /* all bits, or none */
            equal[i] = (uint16_t)(equal[i] | (same & bit));
        }
    }
}

/* equal[i]: the set of earlier neighbours with voxel i's level. */
static void find_equal(uint16_t *equal, rx_row row, const earlier *e)
{
    for (size_t i = 0; i < row.n; i = rx_next_block(i, row.n)) {
        if (row.n - i >= RX_BLOCK) { find_equal_in(equal + i, row.voxels + i, e, RX_BLOCK); }
        else { find_equal_in(equal + i, row.voxels + i, e, row.n - i); }
    }
}

static void find_zones(int32_t *parent, uint16_t *equal, const rx_levels *l, unsigned flat)
{
    earlier e;
    find_earlier(&e, l, flat);
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            size_t first = (size_t)(row.voxels - l->voxels);
            find_equal(equal, row, &e);
            for (size_t i = 0; i < row.n; i++) {
                if (row.voxels[i] == 0) { continue; }
                int32_t root = (int32_t)(first + i);
                parent[root] = -1;
                for (unsigned set = equal[i]; set;) {
                    unsigned o = rx_lowest_bit(set);
                    root = unite(parent, root, (int32_t)(first + i - e.step[o]));
                    set &= ~(unsigned)e.beside[o];
                }
            }
        }
    }
}

int rx_zones_find(rx_zones *z, const rx_levels *l, unsigned flat, rx_workspace *ws, rx_error *err)
{
    int32_t *parent = rx_buf_need(&ws->voxels, l->array, sizeof *parent, err);
    uint16_t *equal = rx_buf_need(&ws->reals, l->n[0], sizeof *equal, err);
    if (!parent || !equal) { return RX_ENOMEM; }
    find_zones(parent, equal, l, flat);
    z->parent = parent;
    return RX_OK;
}

/* Small zones into the table; returns how many are too large for it, which are listed. */
static size_t count_zones(uint32_t *count, size_t width, rx_sized *large, const rx_zones *z,
                          const rx_levels *l, rx_slab slab, const uint16_t *value)
{
    size_t n = 0;
    for (size_t k = slab.begin; k < slab.end; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            const int32_t *up = z->parent + (row.voxels - l->voxels);
            const uint16_t *own = value ? value + (row.voxels - l->voxels) : NULL;
            for (size_t i = 0; i < row.n; i++) {
                if (row.voxels[i] == 0 || up[i] >= 0) { continue; }
                uint32_t size = own ? own[i] : (uint32_t)-up[i];
                uint16_t level = l->dense[row.voxels[i]];
                if (size <= width) {
                    count[level * width + size - 1]++;
                } else {
                    large[n++] = (rx_sized){ 1, size, level };
                }
            }
        }
    }
    return n;
}

/* How many zones of the slab have a value above width. */
static size_t count_large(size_t width, const rx_zones *z, const rx_levels *l, rx_slab slab,
                          const uint16_t *value)
{
    size_t n = 0;
    for (size_t k = slab.begin; k < slab.end; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            size_t at = (size_t)(row.voxels - l->voxels);
            for (size_t i = 0; i < row.n; i++) {
                n += row.voxels[i] != 0 && z->parent[at + i] < 0 && value[at + i] > width;
            }
        }
    }
    return n;
}

int rx_zones_count(rx_sizematrix *m, const rx_zones *z, const rx_levels *l, rx_slab slab,
                   const uint16_t *value, rx_workspace *ws, rx_error *err)
{
    size_t width = TABLE_CELLS / l->present < TABLE_WIDTH ? TABLE_CELLS / l->present : TABLE_WIDTH;
    uint32_t *count = rx_buf_need(&ws->counts, l->present * width, sizeof *count, err);
    size_t most = value ? count_large(width, z, l, slab, value) : l->total / (width + 1);
    rx_sized *large = rx_buf_need(&ws->list, most + 1, sizeof *large, err);
    if (!count || !large) { return RX_ENOMEM; }
    memset(count, 0, l->present * width * sizeof *count);
    size_t n_large = count_zones(count, width, large, z, l, slab, value);
    rx_sized_sort(large, n_large);
    *m = (rx_sizematrix){ .width = width, .count = count, .large = large, .n_large = n_large };
    return RX_OK;
}
