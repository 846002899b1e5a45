/* tests/radiomics/prep_volume.h - volumes for the tests of the preparation. */
#ifndef RX_TEST_PREP_VOLUME_H
#define RX_TEST_PREP_VOLUME_H
#include "check.h"
#include "region.h"
#include <math.h>
#include <radiomics/prepare.h>

static rx_error err;

static inline rx_volume new_volume(size_t nx, size_t ny, size_t nz)
{
    rx_volume v;
    rx_grid g = grid_of(nx, ny, nz, 1, 1, 1);
    CHECK_OK(rx_volume_new(&v, &g, &err), err);
    return v;
}

static inline rx_region new_region(const rx_volume *v)
{
    rx_region r;
    CHECK_OK(rx_region_new(&r, &v->grid, &err), err);
    return r;
}

static inline size_t voxels(const rx_volume *v)
{
    return v->grid.dim[0] * v->grid.dim[1] * v->grid.dim[2];
}

/* Standard normal (Box and Muller). */
static inline double next_normal(uint64_t *seed)
{
    double u = next_uniform(seed), w = next_uniform(seed);
    return sqrt(-2 * log(1 - u)) * cos(6.28318530717958647692 * w);
}

static inline rx_volume copy_of(const rx_volume *v)
{
    rx_volume c;
    rx_image image = rx_volume_image(v);
    CHECK_OK(rx_volume_copy(&c, &image, &err), err);
    return c;
}

#endif
