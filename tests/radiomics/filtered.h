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

static inline void check_box(const rx_filtered *part, const rx_filtered *whole, const rx_box *box)
{
    assert_string_equal(part->name, whole->name);
    assert_int_equal(part->image.type, whole->image.type);
    const rx_grid *g = &whole->image.grid;
    double *a = doubles_of(&part->image), *b = doubles_of(&whole->image), *at = a;
    for (size_t k = box->min[2]; k <= box->max[2]; k++) {
        for (size_t j = box->min[1]; j <= box->max[1]; j++) {
            for (size_t i = box->min[0]; i <= box->max[0]; i++, at++) {
                CHECK_NEAR(*at, b[(k * g->dim[1] + j) * g->dim[0] + i], 0, 0);
            }
        }
    }
    assert_int_equal((size_t)(at - a), grid_size(&part->image.grid));
    for (int c = 0; c < 3; c++) {
        CHECK_NEAR(part->image.grid.origin_mm[c], g->origin_mm[c] + (double)box->min[c] * g->spacing_mm[c], 0,
                   1e-12);
    }
    free(a);
    free(b);
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
        rx_filter *f = NULL, *all = NULL;
        rx_filtered part, whole;
        bool more = false, more_of_all = false;
        unsigned images = 0;
        CHECK_OK(rx_filter_open(&f, image, as, mask, &boxes[b], type, s, &err), err);
        CHECK_OK(rx_filter_open(&all, image, as, mask, NULL, type, s, &err), err);
        for (;; images++) {
            CHECK_OK(rx_filter_next(&more, &part, f, &err), err);
            CHECK_OK(rx_filter_next(&more_of_all, &whole, all, &err), err);
            assert_int_equal(more, more_of_all);
            if (!more) { break; }
            check_box(&part, &whole, &boxes[b]);
        }
        assert_true(images > 0);
        rx_filter_free(f);
        rx_filter_free(all);
    }
}

#endif
