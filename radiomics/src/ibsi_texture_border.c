/* Distance to the region's border, in voxel faces (IBSI 3.9): erosion by the 6- or 4-connected
 * element counts them, and so do two passes of a city-block distance transform. */
#include "ibsi_texture_families.h"

static bool inside(const rx_roi *roi, size_t i, size_t j, size_t k)
{
    return rx_roi_row(roi, j + 1, k + 1)[(i + 1) / 64] >> ((i + 1) % 64) & 1;
}

static uint16_t less(uint16_t a, uint16_t b) { return a < b ? a : b; }

/* One more than the nearest of those before, or after, along each axis; the halo is 0. Lines to
 * the border are no longer than an axis, so 16 bits hold them. */
static void pass(uint16_t *d, const rx_levels *l, bool flat, bool forward)
{
    for (size_t kk = 0; kk < l->n[2]; kk++) {
        size_t k = forward ? kk : l->n[2] - 1 - kk;
        for (size_t jj = 0; jj < l->n[1]; jj++) {
            size_t j = forward ? jj : l->n[1] - 1 - jj;
            for (size_t ii = 0; ii < l->n[0]; ii++) {
                size_t at = rx_levels_at(l, forward ? ii : l->n[0] - 1 - ii, j, k);
                if (d[at] == 0) { continue; }
                for (int a = 0; a < (flat ? 2 : 3); a++) {
                    uint16_t next = d[forward ? at - l->stride[a] : at + l->stride[a]];
                    d[at] = less(d[at], (uint16_t)(next + 1));
                }
            }
        }
    }
}

int rx_texture_border(uint16_t **distance, const rx_levels *l, const rx_roi *roi, bool flat,
                      rx_workspace *ws, rx_error *err)
{
    uint16_t *d = rx_buf_need(&ws->dense, l->array, sizeof *d, err);
    if (!d) { return RX_ENOMEM; }
    for (size_t at = 0; at < l->array; at++) { d[at] = 0; }
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            for (size_t i = 0; i < l->n[0]; i++) {
                if (inside(roi, i, j, k)) { d[rx_levels_at(l, i, j, k)] = UINT16_MAX - 1; }
            }
        }
    }
    pass(d, l, flat, true);
    pass(d, l, flat, false);
    *distance = d;
    return RX_OK;
}
