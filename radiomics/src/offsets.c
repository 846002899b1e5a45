#include "offsets.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bounds.h"

static bool wanted(int length, const unsigned *distances, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (distances[i] == (unsigned)length) { return true; }
    }
    return false;
}

static int larger(int a, int b) { return a > b ? a : b; }

size_t rx_half_offsets(rx_offset *out, const rx_levels *l, const unsigned *distances, unsigned n,
                       unsigned flat, bool fitting)
{
    int d = 0, reach[3];
    for (unsigned i = 0; i < n; i++) { d = larger(d, (int)distances[i]); }
    for (unsigned a = 0; a < 3; a++) {
        reach[a] = fitting && l->n[a] <= (size_t)d ? (int)l->n[a] - 1 : d;
        if (a == flat) { reach[a] = 0; }
    }
    size_t count = 0;
    for (int z = 0; z <= reach[2]; z++) {
        for (int y = z ? -reach[1] : 0; y <= reach[1]; y++) {
            for (int x = z || y ? -reach[0] : 1; x <= reach[0]; x++) {
                int length = larger(abs(x), larger(abs(y), z));
                if (!wanted(length, distances, n) || count == RX_MAX_OFFSETS) { continue; }
                ptrdiff_t step = x + y * (ptrdiff_t)l->stride[1] + z * (ptrdiff_t)l->stride[2];
                out[count++] = (rx_offset){ (size_t)step, { (int8_t)x, (int8_t)y, (int8_t)z } };
            }
        }
    }
    return count;
}

double rx_offset_length(const rx_offset *o, const double *spacing_mm, rx_norm norm)
{
    double d[3];
    for (int a = 0; a < 3; a++) { d[a] = abs(o->by[a]) * spacing_mm[a]; }
    switch (norm) {
    case RX_NORM_MANHATTAN: return d[0] + d[1] + d[2];
    case RX_NORM_EUCLIDEAN: return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    case RX_NORM_INFINITY: return fmax(d[0], fmax(d[1], d[2]));
    default: return 1;
    }
}

unsigned rx_flat_axis(const rx_settings *s)
{
    return s->force_2d ? 2 - s->force_2d_dimension : (unsigned)RX_NO_AXIS;
}

size_t rx_slab_count(uint32_t *count, const rx_levels *l, rx_slab slab)
{
    if (slab.begin == 0 && slab.end == l->n[2]) {
        memcpy(count, l->count, l->present * sizeof *count);
        return l->total;
    }
    size_t total = 0;
    memset(count, 0, l->present * sizeof *count);
    for (size_t k = slab.begin; k < slab.end; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            for (size_t i = 0; i < row.n; i++) {
                if (row.voxels[i] == 0) { continue; }
                count[l->dense[row.voxels[i]]]++;
                total++;
            }
        }
    }
    return total;
}
