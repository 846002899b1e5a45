/* tests/radiomics/resp_case.h - images and filters that the tests of response maps share. */
#ifndef PN_RESP_CASE_H
#define PN_RESP_CASE_H
#include "check.h"
#include "testimage.h"
#include <radiomics/response.h>
#include <stdlib.h>
#include <string.h>

static inline double case_noise(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0 - 0.5;
}

static inline size_t case_count(const rx_volume *v)
{
    return v->grid.dim[0] * v->grid.dim[1] * v->grid.dim[2];
}

static inline rx_volume case_volume(size_t nx, size_t ny, size_t nz, double spacing)
{
    rx_volume v;
    rx_error err;
    rx_grid grid = grid_of(nx, ny, nz, spacing, spacing, spacing);
    CHECK_OK(rx_volume_new(&v, &grid, &err), err);
    return v;
}

static inline rx_volume case_random(size_t nx, size_t ny, size_t nz, double spacing)
{
    rx_volume v = case_volume(nx, ny, nz, spacing);
    uint64_t seed = nx * 10007 + ny * 101 + nz;
    for (size_t i = 0; i < case_count(&v); i++) { v.voxels[i] = 1000 * case_noise(&seed); }
    return v;
}

static inline double *case_at(const rx_volume *v, size_t i, size_t j, size_t k)
{
    return &v->voxels[(k * v->grid.dim[1] + j) * v->grid.dim[0] + i];
}

static inline rx_volume case_map(const rx_volume *image, const rx_response *f)
{
    rx_volume map;
    rx_error err;
    CHECK_OK(rx_response_map(&map, image, f, &err), err);
    return map;
}

/* One filter of every kind, with what makes its way through the code the longest. */
enum { CASE_FILTERS = 14 };
static inline rx_response case_filter(int n, bool flat)
{
    static const rx_response_kind kinds[CASE_FILTERS] = {
        RX_RESPONSE_MEAN, RX_RESPONSE_LOG, RX_RESPONSE_LAWS, RX_RESPONSE_LAWS, RX_RESPONSE_LAWS,
        RX_RESPONSE_GABOR, RX_RESPONSE_GABOR, RX_RESPONSE_WAVELET, RX_RESPONSE_WAVELET, RX_RESPONSE_WAVELET,
        RX_RESPONSE_SIMONCELLI, RX_RESPONSE_SHANNON, RX_RESPONSE_SIMONCELLI, RX_RESPONSE_LOG,
    };
    rx_response f;
    rx_response_default(&f, kinds[n]);
    f.by_slice = flat;
    f.rotation_invariant = n == 3 || n == 4 || n == 6 || n == 8;
    f.pooling = n == 4 || n == 6 ? RX_POOLING_MAX : RX_POOLING_AVERAGE;
    f.energy_distance = n == 4 ? 2 : 0;
    f.level = n == 8 ? 2 : 1;
    if (f.kind == RX_RESPONSE_LAWS) { snprintf(f.kernels, sizeof f.kernels, "%s", flat ? "L5E3" : "L5E3S5"); }
    if (f.kind == RX_RESPONSE_WAVELET) { snprintf(f.kernels, sizeof f.kernels, "%s", flat ? "LH" : "LLH"); }
    if (n == 9) { memcpy(f.wavelet, "coif1", 6); }
    if (n == 12) { f.riesz[0] = 1; }
    if (n == 13) { f.riesz[1] = 2; }
    return f;
}

#endif
