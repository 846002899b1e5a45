/* GLDM and NGTDM counts in one pass.
 *
 * A block of voxels is compared with its neighbours one offset at a time: the inner loops have no
 * branches and are as long as a vector or two; the copies at the end tell compilers that nothing
 * overlaps. */
#include <math.h>
#include <string.h>
#include "classes.h"
#include "blocks.h"
#include "bounds.h"
#include "neighbours.h"

/* [RX_BLOCK]: of a block of voxels. */
typedef struct block_sums {
    uint16_t *neighbours, *dependent;
    uint32_t *sum;
} block_sums;

static inline void add_same(const block_sums *r, const uint16_t *centre, const rx_offset *offset,
                            size_t n_offsets, size_t n)
{
    uint16_t neighbours[RX_BLOCK] = { 0 }, dependent[RX_BLOCK] = { 0 };
    uint32_t sum[RX_BLOCK] = { 0 };
    for (size_t o = 0; o < 2 * n_offsets; o++) {
        const uint16_t *other = o & 1 ? centre - offset[o / 2].step : centre + offset[o / 2].step;
        for (size_t i = 0; i < n; i++) {
            neighbours[i] = (uint16_t)(neighbours[i] + (other[i] != 0));
            dependent[i] = (uint16_t)(dependent[i] + (other[i] == centre[i]));
            sum[i] += other[i];
        }
    }
    memcpy(r->neighbours, neighbours, n * sizeof *neighbours);
    memcpy(r->dependent, dependent, n * sizeof *dependent);
    memcpy(r->sum, sum, n * sizeof *sum);
}

static void add_near(const block_sums *r, const uint16_t *centre, const rx_offset *offset, size_t n_offsets,
                     size_t n, int alpha)
{
    uint16_t neighbours[RX_BLOCK] = { 0 }, dependent[RX_BLOCK] = { 0 };
    uint32_t sum[RX_BLOCK] = { 0 };
    for (size_t o = 0; o < 2 * n_offsets; o++) {
        const uint16_t *other = o & 1 ? centre - offset[o / 2].step : centre + offset[o / 2].step;
        for (size_t i = 0; i < n; i++) {
            int difference = other[i] > centre[i] ? other[i] - centre[i] : centre[i] - other[i];
            neighbours[i] = (uint16_t)(neighbours[i] + (other[i] != 0));
            dependent[i] = (uint16_t)(dependent[i] + ((other[i] != 0) & (difference <= alpha)));
            sum[i] += other[i];
        }
    }
    memcpy(r->neighbours, neighbours, n * sizeof *neighbours);
    memcpy(r->dependent, dependent, n * sizeof *dependent);
    memcpy(r->sum, sum, n * sizeof *sum);
}

static void count_row(rx_neighbours *nb, const block_sums *r, const rx_levels *l,
                      const uint16_t *centre, size_t first, size_t n)
{
    for (size_t i = first; i < n; i++) {
        if (centre[i] == 0) { continue; }
        size_t level = l->dense[centre[i]], row = level * (nb->most + 1);
        uint64_t own = (uint64_t)r->neighbours[i] * centre[i], sum = r->sum[i];
        nb->dependent[row + r->dependent[i]]++;
        nb->difference[row + r->neighbours[i]] += own > sum ? own - sum : sum - own;
        if (r->neighbours[i] == 0) { nb->isolated[level]++; }
    }
}

static int make_tables(rx_neighbours *nb, block_sums *r, const rx_levels *l, rx_workspace *ws,
                       rx_error *err)
{
    size_t cells, element = sizeof(uint64_t) + sizeof(uint32_t);
    if (!rx_size_mul(&cells, l->present, nb->most + 1) || cells > RX_MAX_CELLS) {
        return rx_fail(err, RX_ELIMIT, "%u grey levels with %zu neighbours are too many", l->present,
                       nb->most);
    }
    nb->difference = rx_buf_need(&ws->counts, cells + l->present, element, err);
    r->sum = rx_buf_need(&ws->reals, RX_BLOCK, sizeof *r->sum + 2 * sizeof *r->neighbours, err);
    if (!nb->difference || !r->sum) { return RX_ENOMEM; }
    memset(nb->difference, 0, (cells + l->present) * element);
    nb->dependent = (uint32_t *)(nb->difference + cells);
    nb->isolated = nb->dependent + cells;
    r->neighbours = (uint16_t *)(r->sum + RX_BLOCK);
    r->dependent = r->neighbours + RX_BLOCK;
    return RX_OK;
}

static void add_block(const block_sums *r, const uint16_t *centre, size_t n, const rx_offset *offset,
                      size_t n_offsets, int near)
{
    if (near > 0) { add_near(r, centre, offset, n_offsets, n, near); }
    else if (n == RX_BLOCK) { add_same(r, centre, offset, n_offsets, RX_BLOCK); }
    else { add_same(r, centre, offset, n_offsets, n); }
}

int rx_neighbours_in(rx_neighbours *nb, const rx_levels *l, rx_slab slab, const rx_offset *offset,
                     size_t n_offsets, double alpha, rx_workspace *ws, rx_error *err)
{
    block_sums r = { 0 };
    nb->most = 2 * n_offsets;
    int rc = make_tables(nb, &r, l, ws, err);
    if (rc != RX_OK) { return rc; }
    int near = alpha < RX_MAX_GREY_LEVELS ? (int)floor(alpha) : RX_MAX_GREY_LEVELS;
    for (size_t k = slab.begin; k < slab.end; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            for (size_t i = 0, done = 0; i < row.n; i = rx_next_block(i, row.n)) {
                size_t n = row.n - i < RX_BLOCK ? row.n - i : RX_BLOCK;
                add_block(&r, row.voxels + i, n, offset, n_offsets, near);
                count_row(nb, &r, l, row.voxels + i, done - i, n);
                done = i + n;
            }
        }
    }
    return RX_OK;
}

int rx_neighbours_count(rx_neighbours *nb, const rx_levels *l, const rx_settings *s,
                        rx_workspace *ws, rx_error *err)
{
    rx_offset offset[RX_MAX_OFFSETS];
    size_t n = rx_half_offsets(offset, l, s->distances, s->n_distances, rx_flat_axis(s), true);
    return rx_neighbours_in(nb, l, rx_whole(l), offset, n, s->gldm_alpha, ws, err);
}
