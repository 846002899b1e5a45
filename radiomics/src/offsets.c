#include "offsets.h"
#include <stdlib.h>
#include "bounds.h"

static bool wanted(int length, const unsigned *distances, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (distances[i] == (unsigned)length) { return true; }
    }
    return false;
}

static int larger(int a, int b) { return a > b ? a : b; }

size_t rx_half_offsets(size_t *out, const rx_levels *l, const unsigned *distances, unsigned n)
{
    int d = 0, reach[3];
    for (unsigned i = 0; i < n; i++) { d = larger(d, (int)distances[i]); }
    for (int a = 0; a < 3; a++) { reach[a] = l->n[a] <= (size_t)d ? (int)l->n[a] - 1 : d; }
    size_t count = 0;
    for (int z = 0; z <= reach[2]; z++) {
        for (int y = z ? -reach[1] : 0; y <= reach[1]; y++) {
            for (int x = z || y ? -reach[0] : 1; x <= reach[0]; x++) {
                int length = larger(abs(x), larger(abs(y), z));
                if (!wanted(length, distances, n) || count == RX_MAX_OFFSETS) { continue; }
                ptrdiff_t step = x + y * (ptrdiff_t)l->stride[1] + z * (ptrdiff_t)l->stride[2];
                out[count++] = (size_t)step;
            }
        }
    }
    return count;
}
