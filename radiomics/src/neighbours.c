/* GLDM and NGTDM counts in one pass.
 *
 * A row of voxels is compared with its neighbour rows one offset at a time: the inner loops
 * have no branches and run over consecutive 16-bit levels, which compilers vectorise. */
#include <math.h>
#include <string.h>
#include "classes.h"
#include "bounds.h"
#include "neighbours.h"

typedef struct row_sums {
    uint16_t *neighbours, *dependent;
    uint32_t *sum;
} row_sums;

static void add_row_same(const row_sums *r, const uint16_t *centre, const uint16_t *other, size_t n)
{
    uint16_t *restrict neighbours = r->neighbours, *restrict dependent = r->dependent;
    uint32_t *restrict sum = r->sum;
    for (size_t i = 0; i < n; i++) {
        neighbours[i] = (uint16_t)(neighbours[i] + (other[i] != 0));
        dependent[i] = (uint16_t)(dependent[i] + (other[i] == centre[i]));
        sum[i] += other[i];
    }
}

static void add_row_near(const row_sums *r, const uint16_t *centre, const uint16_t *other, size_t n,
                         int alpha)
{
    for (size_t i = 0; i < n; i++) {
        int difference = other[i] > centre[i] ? other[i] - centre[i] : centre[i] - other[i];
        r->neighbours[i] = (uint16_t)(r->neighbours[i] + (other[i] != 0));
        r->dependent[i] = (uint16_t)(r->dependent[i] + (other[i] != 0 && difference <= alpha));
        r->sum[i] += other[i];
    }
}

static void count_row(rx_neighbours *nb, const row_sums *r, const rx_levels *l,
                      const uint16_t *centre, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (centre[i] == 0) { continue; }
        size_t level = l->dense[centre[i]], row = level * (nb->most + 1);
        uint64_t own = (uint64_t)r->neighbours[i] * centre[i], sum = r->sum[i];
        nb->dependent[row + r->dependent[i]]++;
        nb->difference[row + r->neighbours[i]] += own > sum ? own - sum : sum - own;
        if (r->neighbours[i] == 0) { nb->isolated[level]++; }
    }
}

static int make_tables(rx_neighbours *nb, row_sums *r, const rx_levels *l, rx_workspace *ws, rx_error *err)
{
    size_t n = l->n[0], cells, element = sizeof(uint64_t) + sizeof(uint32_t);
    if (!rx_size_mul(&cells, l->present, nb->most + 1) || cells > RX_MAX_CELLS) {
        return rx_fail(err, RX_ELIMIT, "%u grey levels with %zu neighbours are too many", l->present,
                       nb->most);
    }
    nb->difference = rx_buf_need(&ws->counts, cells + l->present, element, err);
    r->sum = rx_buf_need(&ws->reals, n, sizeof(uint32_t) + 2 * sizeof(uint16_t), err);
    if (!nb->difference || !r->sum) { return RX_ENOMEM; }
    memset(nb->difference, 0, (cells + l->present) * element);
    nb->dependent = (uint32_t *)(nb->difference + cells);
    nb->isolated = nb->dependent + cells;
    r->neighbours = (uint16_t *)(r->sum + n);
    r->dependent = r->neighbours + n;
    return RX_OK;
}

int rx_neighbours_in(rx_neighbours *nb, const rx_levels *l, rx_slab slab, const rx_offset *offset,
                     size_t n_offsets, double alpha, rx_workspace *ws, rx_error *err)
{
    row_sums r = { 0 };
    nb->most = 2 * n_offsets;
    int rc = make_tables(nb, &r, l, ws, err);
    if (rc != RX_OK) { return rc; }
    int near = alpha < RX_MAX_GREY_LEVELS ? (int)floor(alpha) : RX_MAX_GREY_LEVELS;
    for (size_t k = slab.begin; k < slab.end; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            const uint16_t *centre = row.voxels;
            memset(r.sum, 0, l->n[0] * (sizeof(uint32_t) + 2 * sizeof(uint16_t)));
            for (size_t o = 0; o < n_offsets; o++) {
                const uint16_t *pair[2] = { centre + offset[o].step, centre - offset[o].step };
                for (int side = 0; side < 2; side++) {
                    if (near == 0) { add_row_same(&r, centre, pair[side], row.n); }
                    else { add_row_near(&r, centre, pair[side], row.n, near); }
                }
            }
            count_row(nb, &r, l, centre, row.n);
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
