/* Pairs of neighbours' grey levels, counted: IBSI 3.6. */
#include <string.h>
#include "cooccurrence.h"
#include "bounds.h"

bool rx_pairs_fit_table(const rx_levels *l, size_t voxels)
{
    size_t n = l->present;
    return n <= 128 || (n <= RX_MAX_TABLE_LEVELS && n * n <= 8 * voxels);
}

void rx_pairs_count(uint32_t *count, const rx_levels *l, rx_slab slab, const rx_offset *offset,
                    size_t n_offsets)
{
    size_t n = l->present, step[RX_MAX_OFFSETS];
    for (size_t o = 0; o < n_offsets; o++) { step[o] = offset[o].step; }
    for (size_t k = slab.begin; k < slab.end; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            for (size_t i = 0; i < row.n; i++) {
                const uint16_t *at = row.voxels + i;
                if (*at == 0) { continue; }
                uint32_t *from = count + l->dense[*at] * n;
                for (size_t o = 0; o < n_offsets; o++) {
                    uint16_t other = at[step[o]];
                    if (other) { from[o * n * n + l->dense[other]]++; }
                }
            }
        }
    }
}

static void make_symmetric(uint32_t *count, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {      /* the diagonal doubles */
            uint32_t both = count[i * n + j] + count[j * n + i];
            count[i * n + j] = count[j * n + i] = both;
        }
    }
}

int rx_pairs_list(rx_cells *out, uint32_t *count, size_t n, size_t most, bool symmetric,
                  rx_workspace *ws, rx_error *err)
{
    if (most > n * n) { most = n * n; }
    out->n = 0;
    out->v = rx_buf_need(&ws->cells, most, sizeof *out->v, err);
    if (!out->v) { return RX_ENOMEM; }
    if (symmetric) { make_symmetric(count, n); }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            uint32_t c = count[i * n + j];
            if (c) { out->v[out->n++] = (rx_cell){ c, (uint16_t)i, (uint16_t)j }; }
        }
    }
    return RX_OK;
}

static uint32_t key_of(uint16_t i, uint16_t j) { return (uint32_t)i << 16 | j; }

static size_t gather_keys(uint32_t *key, const rx_levels *l, rx_slab slab, size_t step, bool symmetric)
{
    size_t n = 0;
    for (size_t k = slab.begin; k < slab.end; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            for (size_t i = 0; i < row.n; i++) {
                uint16_t a = row.voxels[i], b = row.voxels[i + step];
                if (a == 0 || b == 0) { continue; }
                a = l->dense[a];
                b = l->dense[b];
                key[n++] = key_of(a, b);
                if (symmetric) { key[n++] = key_of(b, a); }
            }
        }
    }
    return n;
}

enum { DIGIT_BITS = 11, DIGITS = 3, BUCKETS = 1 << DIGIT_BITS };

/* Least significant digit first; the result is in `to` if the number of passes is odd. */
static void sort_keys(uint32_t *key, uint32_t *to, size_t n)
{
    for (unsigned d = 0; d < DIGITS; d++) {
        size_t start[BUCKETS + 1] = { 0 };
        unsigned shift = d * DIGIT_BITS;
        for (size_t i = 0; i < n; i++) { start[(key[i] >> shift & (BUCKETS - 1)) + 1]++; }
        for (size_t b = 1; b < BUCKETS; b++) { start[b] += start[b - 1]; }
        for (size_t i = 0; i < n; i++) { to[start[key[i] >> shift & (BUCKETS - 1)]++] = key[i]; }
        uint32_t *t = key;
        key = to;
        to = t;
    }
}

int rx_pairs_sort(rx_cells *out, const rx_levels *l, rx_slab slab, size_t voxels,
                  const rx_offset *offset, bool symmetric, rx_workspace *ws, rx_error *err)
{
    size_t most = voxels * (symmetric ? 2 : 1);
    uint32_t *key = rx_buf_need(&ws->counts, 2 * most, sizeof *key, err), *sorted = key + most;
    if (!key) { return RX_ENOMEM; }
    size_t n = gather_keys(key, l, slab, offset->step, symmetric), distinct = 0;
    sort_keys(key, sorted, n);
    for (size_t i = 0; i < n; i++) { distinct += i == 0 || sorted[i] != sorted[i - 1]; }
    out->n = 0;
    out->v = rx_buf_need(&ws->cells, distinct, sizeof *out->v, err);
    if (!out->v) { return RX_ENOMEM; }
    for (size_t i = 0, end; i < n; i = end) {
        end = i + 1;
        while (end < n && sorted[end] == sorted[i]) { end++; }
        out->v[out->n++] = (rx_cell){ (double)(end - i), (uint16_t)(sorted[i] >> 16),
                                      (uint16_t)(sorted[i] & 0xffff) };
    }
    return RX_OK;
}
