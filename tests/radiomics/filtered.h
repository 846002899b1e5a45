/* tests/radiomics/filtered.h - images for the filters' tests, and what a filter makes of them. */
#ifndef RX_TEST_FILTERED_H
#define RX_TEST_FILTERED_H
#include "check.h"
#include "testimage.h"
#include <radiomics/filters.h>
#include <stdlib.h>
#include <string.h>

static inline size_t grid_size(const rx_grid *g) { return g->dim[0] * g->dim[1] * g->dim[2]; }

/* All 0. */
static inline testimage image_new(size_t nx, size_t ny, size_t nz, double sx, double sy, double sz)
{
    testimage t = { grid_of(nx, ny, nz, sx, sy, sz), NULL };
    t.v = calloc(grid_size(&t.grid), sizeof *t.v);
    assert_non_null(t.v);
    return t;
}

static inline double *voxel_of(const testimage *t, size_t i, size_t j, size_t k)
{
    return &t->v[(k * t->grid.dim[1] + j) * t->grid.dim[0] + i];
}

static inline double uniform(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* Whole numbers from -1000 to 2000. */
static inline void fill_random(testimage *t, uint64_t seed)
{
    for (size_t i = 0; i < grid_size(&t->grid); i++) { t->v[i] = floor(uniform(&seed) * 3000) - 1000; }
}

static inline rx_image view_of_image(const testimage *t) { return (rx_image){ t->grid, RX_F64, t->v }; }

static inline double *doubles_of(const rx_image *image)
{
    size_t n = grid_size(&image->grid);
    double *v = malloc(n * sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < n; i++) {
        v[i] = image->type == RX_F32 ? (double)((const float *)image->voxels)[i]
                                     : ((const double *)image->voxels)[i];
    }
    return v;
}

/* The image of that name that the filter makes, to be freed; the test fails if there is none.
 * names: if not NULL, all names in order, each followed by a space. */
static inline double *filter_named(const rx_image *image, rx_scalar as, const rx_mask *mask, const rx_box *box,
                                   rx_image_type type, const rx_filter_settings *s, const char *name,
                                   char *names)
{
    rx_error err = { 0 };
    rx_filter *f = NULL;
    rx_filtered out;
    bool more = false;
    double *found = NULL;
    CHECK_OK(rx_filter_open(&f, image, as, mask, box, type, s, &err), err);
    for (;;) {
        CHECK_OK(rx_filter_next(&more, &out, f, &err), err);
        if (!more) { break; }
        if (names) { strcat(strcat(names, out.name), " "); }
        if (strcmp(out.name, name) == 0) {
            assert_false(out.skipped);
            assert_null(found);
            found = doubles_of(&out.image);
        }
    }
    rx_filter_free(f);
    if (!found) { fail_msg("no image is named %s", name); }
    return found;
}

static inline double *filter_image(const testimage *t, rx_image_type type, const rx_filter_settings *s,
                                   const char *name)
{
    rx_image image = view_of_image(t);
    return filter_named(&image, RX_F64, NULL, NULL, type, s, name, NULL);
}

/* A box of the image gives the same bits as the whole, for every image that the filter makes. */
static inline void check_boxes(const rx_image *image, rx_scalar as, const rx_mask *mask, rx_image_type type,
                               const rx_filter_settings *s)
{
    const size_t *d = image->grid.dim;
    const rx_box boxes[] = {
        { { 0, 0, 0 }, { 0, 0, 0 } },
        { { d[0] - 1, d[1] - 1, d[2] - 1 }, { d[0] - 1, d[1] - 1, d[2] - 1 } },
        { { d[0] / 3, 0, d[2] / 2 }, { d[0] / 2, d[1] - 1, d[2] / 2 } },
        { { 1, d[1] / 4, 0 }, { d[0] - 2, d[1] / 2, d[2] - 1 } },
    };
    for (size_t b = 0; b < sizeof boxes / sizeof boxes[0]; b++) {
        rx_error err = { 0 };
        rx_filter *f = NULL;
        rx_filtered out;
        bool more = false;
        CHECK_OK(rx_filter_open(&f, image, as, mask, &boxes[b], type, s, &err), err);
        for (;;) {
            CHECK_OK(rx_filter_next(&more, &out, f, &err), err);
            if (!more) { break; }
            double *whole = filter_named(image, as, mask, NULL, type, s, out.name, NULL);
            double *part = doubles_of(&out.image), *at = part;
            for (size_t k = boxes[b].min[2]; k <= boxes[b].max[2]; k++) {
                for (size_t j = boxes[b].min[1]; j <= boxes[b].max[1]; j++) {
                    for (size_t i = boxes[b].min[0]; i <= boxes[b].max[0]; i++, at++) {
                        CHECK_NEAR(*at, whole[(k * d[1] + j) * d[0] + i], 0, 0);
                    }
                }
            }
            assert_int_equal((size_t)(at - part), grid_size(&out.image.grid));
            for (int a = 0; a < 3; a++) {
                CHECK_NEAR(out.image.grid.origin_mm[a], image->grid.origin_mm[a]
                           + (double)boxes[b].min[a] * image->grid.spacing_mm[a], 0, 1e-12);
            }
            free(part);
            free(whole);
        }
        rx_filter_free(f);
    }
}

#endif
