#include "dicom/packed.h"
#include <stdlib.h>
#include <string.h>

size_t pn_packed_slice_bytes(const pn_packed_mask *p) { return (p->width * p->height + 7) / 8; }

static bool is_inside(const pn_mask *m, size_t k)
{
    size_t n = m->mask.grid.dim[0] * m->mask.grid.dim[1];
    return memchr(m->voxels + k * n, 1, n) != NULL;
}

static void pack_slice(uint8_t *bits, const uint8_t *voxels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bits[i / 8] = (uint8_t)(bits[i / 8] | (voxels[i] != 0) << (i % 8));
    }
}

int pn_mask_pack(pn_packed_mask *out, const pn_mask *m, pn_error *err)
{
    const size_t *dim = m->mask.grid.dim;
    pn_packed_mask p = {.width = dim[0], .height = dim[1]};
    for (size_t k = 0; k < dim[2]; k++) { p.n_slices += is_inside(m, k); }
    size_t bytes = pn_packed_slice_bytes(&p);
    p.slice = calloc(p.n_slices + 1, sizeof *p.slice);
    p.bits = calloc(p.n_slices + 1, bytes);
    if (p.slice == NULL || p.bits == NULL) {
        pn_packed_mask_free(&p);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for a mask");
    }
    for (size_t k = 0, n = 0; k < dim[2]; k++) {
        if (!is_inside(m, k)) { continue; }
        p.slice[n] = k;
        pack_slice(p.bits + n++ * bytes, m->voxels + k * dim[0] * dim[1], dim[0] * dim[1]);
    }
    *out = p;
    return PN_OK;
}

void pn_packed_mask_free(pn_packed_mask *p)
{
    if (p == NULL) { return; }
    free(p->slice);
    free(p->bits);
    *p = (pn_packed_mask){0};
}

bool pn_packed_at(const pn_packed_mask *p, size_t n, size_t i, size_t j)
{
    size_t bit = j * p->width + i;
    return (p->bits[n * pn_packed_slice_bytes(p) + bit / 8] >> (bit % 8) & 1) != 0;
}
