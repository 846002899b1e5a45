/* tests/radiomics/region.h - small regions made by the tests, and their features by name. */
#ifndef RX_TEST_REGION_H
#define RX_TEST_REGION_H
#include "check.h"
#include "testimage.h"
#include <radiomics/extract.h>
#include <stdlib.h>
#include <string.h>

typedef struct region {
    rx_grid grid;
    double *image;
    uint8_t *mask;
} region;

static inline size_t region_size(const region *r)
{
    return r->grid.dim[0] * r->grid.dim[1] * r->grid.dim[2];
}

static inline size_t region_at(const region *r, size_t i, size_t j, size_t k)
{
    return (k * r->grid.dim[1] + j) * r->grid.dim[0] + i;
}

/* Empty mask, image 0. */
static inline region region_new(rx_grid grid)
{
    region r = { .grid = grid };
    r.image = calloc(region_size(&r), sizeof *r.image);
    r.mask = calloc(region_size(&r), 1);
    assert_true(r.image && r.mask);
    return r;
}

static inline void region_free(region *r)
{
    free(r->image);
    free(r->mask);
}

static inline void region_set(region *r, size_t i, size_t j, size_t k, double v)
{
    r->image[region_at(r, i, j, k)] = v;
    r->mask[region_at(r, i, j, k)] = 1;
}

static inline int region_try(rx_value out[RX_NFEATURES], rx_diagnostics *diag, const region *r,
                             const rx_settings *s, rx_error *err)
{
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    int rc = rx_extract(out, diag, &image, &mask, s, ws, err);
    rx_workspace_free(ws);
    return rc;
}

/* With defaults, but for a region of any dimension. */
static inline rx_settings any_settings(void)
{
    rx_settings s;
    rx_settings_default(&s);
    s.minimum_roi_dimensions = 1;
    return s;
}

static inline void region_extract(rx_value out[RX_NFEATURES], const region *r, const rx_settings *s)
{
    rx_error err = { 0 };
    CHECK_OK(region_try(out, NULL, r, s, &err), err);
}

/* "glcm_Contrast" */
static inline rx_value named(const rx_value *out, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "original_%s", name);
    int i = rx_feature_index(full);
    if (i < 0) { fail_msg("no feature %s", full); }
    return out[i];
}

static inline double val(const rx_value *out, const char *name) { return named(out, name).v; }

/* splitmix64: the same numbers everywhere. */
static inline double next_uniform(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

/* A few overlapping balls with noise in them. */
static inline region random_blob(uint64_t seed, rx_grid grid, double noise)
{
    region r = region_new(grid);
    double centre[3][3], radius[3];
    for (int b = 0; b < 3; b++) {
        radius[b] = 2.5 + 2.5 * next_uniform(&seed);
        for (int a = 0; a < 3; a++) {
            double room = (double)grid.dim[a] - 1;
            centre[b][a] = room * (0.35 + 0.3 * next_uniform(&seed));
        }
    }
    for (size_t k = 0; k < grid.dim[2]; k++) {
        for (size_t j = 0; j < grid.dim[1]; j++) {
            for (size_t i = 0; i < grid.dim[0]; i++) {
                double v = 10 * (double)i + 5 * (double)j - 7 * (double)k + noise * next_uniform(&seed);
                r.image[region_at(&r, i, j, k)] = v;
                for (int b = 0; b < 3; b++) {
                    double x = (double)i - centre[b][0], y = (double)j - centre[b][1];
                    double z = (double)k - centre[b][2];
                    if (x * x + y * y + z * z <= radius[b] * radius[b]) {
                        r.mask[region_at(&r, i, j, k)] = 1;
                    }
                }
            }
        }
    }
    return r;
}

#endif
