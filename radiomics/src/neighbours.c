/* GLDM and NGTDM counts in one pass.
 *
 * A row of voxels is compared with its neighbour rows one offset at a time: the inner loops
 * have no branches and run over consecutive 16-bit levels, which compilers vectorise. */
#include <math.h>
#include <string.h>
#include "classes.h"
#include "bounds.h"
#include "offsets.h"

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
        size_t row = l->dense[centre[i]] * (nb->most + 1);
        uint64_t own = (uint64_t)r->neighbours[i] * centre[i], sum = r->sum[i];
        nb->dependent[row + r->dependent[i]]++;
        nb->difference[row + r->neighbours[i]] += own > sum ? own - sum : sum - own;
    }
}

int rx_neighbours_count(rx_neighbours *nb, const rx_levels *l, const rx_settings *s,
                        rx_workspace *ws, rx_error *err)
{
    size_t step[RX_MAX_OFFSETS], steps = rx_half_offsets(step, l, s->distances, s->n_distances);
    size_t n = l->n[0], cells;
    nb->most = 2 * steps;
    if (!rx_size_mul(&cells, l->present, nb->most + 1)) {
        return rx_fail(err, RX_ELIMIT, "%u grey levels with %zu neighbours are too many", l->present,
                       nb->most);
    }
    nb->difference = rx_buf_need(&ws->counts, cells, sizeof(uint64_t) + sizeof(uint32_t), err);
    row_sums r = { .sum = rx_buf_need(&ws->reals, n, sizeof(uint32_t) + 2 * sizeof(uint16_t), err) };
    if (!nb->difference || !r.sum) { return RX_ENOMEM; }
    nb->dependent = (uint32_t *)(nb->difference + cells);
    memset(nb->difference, 0, cells * (sizeof(uint64_t) + sizeof(uint32_t)));
    r.neighbours = (uint16_t *)(r.sum + n);
    r.dependent = r.neighbours + n;

    int alpha = s->gldm_alpha < RX_MAX_GREY_LEVELS ? (int)floor(s->gldm_alpha) : RX_MAX_GREY_LEVELS;
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            const uint16_t *centre = row.voxels;
            memset(r.sum, 0, n * (sizeof(uint32_t) + 2 * sizeof(uint16_t)));
            for (size_t o = 0; o < steps; o++) {
                const uint16_t *pair[2] = { centre + step[o], centre - step[o] };
                for (int side = 0; side < 2; side++) {
                    if (alpha == 0) { add_row_same(&r, centre, pair[side], row.n); }
                    else { add_row_near(&r, centre, pair[side], row.n, alpha); }
                }
            }
            count_row(nb, &r, l, centre, row.n);
        }
    }
    return RX_OK;
}
