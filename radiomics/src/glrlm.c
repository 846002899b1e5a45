/* Grey level run length matrix: IBSI 3.7, features averaged over directions (ITBB).
 * A direction in which no line meets two voxels of the region is left out. */
#include <math.h>
#include <string.h>
#include "classes.h"
#include "bounds.h"
#include "offsets.h"
#include "sizematrix.h"

/* Where runs of two or more start. Without branches: compilers vectorise the first loop, and
 * the second one does not wait for unpredictable jumps. */
static size_t find_starts(uint16_t *start, uint8_t *flag, rx_row row, size_t step)
{
    const uint16_t *at = row.voxels, *next = at + step, *before = at - step;
    for (size_t i = 0; i < row.n; i++) {
        flag[i] = (uint8_t)((at[i] == next[i]) & (at[i] != before[i]) & (at[i] != 0));
    }
    size_t n = 0;
    for (size_t i = 0; i < row.n; i++) {
        start[n] = (uint16_t)i;
        n += flag[i];
    }
    return n;
}

/* Count the runs along one direction; returns the longest. Most runs in a textured region are
 * single voxels: those are not looked for, they are the voxels that the others leave over. */
static size_t count_runs(uint32_t *count, size_t width, const rx_levels *l, size_t step,
                         uint16_t *start, uint8_t *flag)
{
    size_t longest = 1;
    for (unsigned g = 0; g < l->present; g++) { count[g * width] = l->count[g]; }
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            size_t starts = find_starts(start, flag, row, step);
            for (size_t s = 0; s < starts; s++) {
                const uint16_t *at = row.voxels + start[s];
                size_t length = 2;
                while (at[length * step] == *at) { length++; }
                uint32_t *of_level = count + l->dense[*at] * width;
                of_level[length - 1]++;
                of_level[0] -= (uint32_t)length;
                if (length > longest) { longest = length; }
            }
        }
    }
    return longest;
}

/* Does some line in this direction meet the region twice, maybe with a gap? */
static bool meets_twice(const rx_levels *l, size_t step)
{
    size_t first = rx_levels_at(l, 0, 0, 0);
    size_t last = rx_levels_at(l, l->n[0] - 1, l->n[1] - 1, l->n[2] - 1);
    for (size_t at = first; at <= last; at++) {
        if (l->voxels[at] && l->voxels[at + step]) { return true; }
    }
    /* with a gap: follow every line until it leaves the box (rare: scattered regions only) */
    for (size_t at = first; at <= last; at++) {
        if (!l->voxels[at]) { continue; }
        for (size_t next = at + step; next <= last; next += step) {
            size_t nx = next % l->stride[1];
            size_t ny = next / l->stride[1] % (l->stride[2] / l->stride[1]);
            bool inside = nx >= l->pad && nx < l->pad + l->n[0] && ny >= l->pad
                       && ny < l->pad + l->n[1];
            if (!inside) { break; }
            if (l->voxels[next]) { return true; }
        }
    }
    return false;
}

int rx_glrlm(double out[N_GLRLM], const rx_levels *l, rx_workspace *ws, rx_error *err)
{
    static const unsigned one = 1;
    size_t step[RX_MAX_OFFSETS], steps = rx_half_offsets(step, l, &one, 1);
    size_t width = 1, cells;
    for (int a = 0; a < 3; a++) { width = l->n[a] > width ? l->n[a] : width; }
    if (!rx_size_mul(&cells, width, l->present)) {
        return rx_fail(err, RX_ELIMIT, "%u grey levels with runs of %zu are too many", l->present, width);
    }
    uint32_t *count = rx_buf_need(&ws->counts, cells, sizeof *count, err);
    uint16_t *start = rx_buf_need(&ws->reals, l->n[0] + 1, sizeof *start + sizeof(uint8_t), err);
    if (!count || !start) { return RX_ENOMEM; }
    uint8_t *flag = (uint8_t *)(start + l->n[0] + 1);

    double sum[SZ_N] = { 0 }, f[SZ_N];
    unsigned directions = 0;
    for (size_t d = 0; d < steps; d++) {
        memset(count, 0, cells * sizeof *count);
        size_t longest = count_runs(count, width, l, step[d], start, flag);
        if (longest < 2 && !meets_twice(l, step[d])) { continue; }
        rx_sizematrix m = { .width = width, .count = count };
        int rc = rx_sizematrix_features(f, &m, l, ws, err);
        if (rc != RX_OK) { return rc; }
        for (int x = 0; x < SZ_N; x++) { sum[x] += f[x]; }
        directions++;
    }
    for (int x = 0; x < SZ_N; x++) { f[x] = directions ? sum[x] / directions : (double)NAN; }

    out[glrlm_GrayLevelNonUniformity] = f[SZ_LEVEL_NONUNIFORMITY];
    out[glrlm_GrayLevelNonUniformityNormalized] = f[SZ_LEVEL_NONUNIFORMITY_NORM];
    out[glrlm_GrayLevelVariance] = f[SZ_LEVEL_VARIANCE];
    out[glrlm_HighGrayLevelRunEmphasis] = f[SZ_HIGH];
    out[glrlm_LongRunEmphasis] = f[SZ_LARGE];
    out[glrlm_LongRunHighGrayLevelEmphasis] = f[SZ_LARGE_HIGH];
    out[glrlm_LongRunLowGrayLevelEmphasis] = f[SZ_LARGE_LOW];
    out[glrlm_LowGrayLevelRunEmphasis] = f[SZ_LOW];
    out[glrlm_RunEntropy] = f[SZ_ENTROPY];
    out[glrlm_RunLengthNonUniformity] = f[SZ_SIZE_NONUNIFORMITY];
    out[glrlm_RunLengthNonUniformityNormalized] = f[SZ_SIZE_NONUNIFORMITY_NORM];
    out[glrlm_RunPercentage] = f[SZ_PERCENTAGE];
    out[glrlm_RunVariance] = f[SZ_SIZE_VARIANCE];
    out[glrlm_ShortRunEmphasis] = f[SZ_SMALL];
    out[glrlm_ShortRunHighGrayLevelEmphasis] = f[SZ_SMALL_HIGH];
    out[glrlm_ShortRunLowGrayLevelEmphasis] = f[SZ_SMALL_LOW];
    return RX_OK;
}
