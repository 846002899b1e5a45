/* tests/radiomics/hostile.h - regions that nobody draws on purpose. */
#ifndef RX_TEST_HOSTILE_H
#define RX_TEST_HOSTILE_H
#include "region.h"

/* What a profile may do with a shape. */
typedef enum hostile_fate {
    ANY_VALUES,        /* values; some may be NaN, each with its reason                        */
    REFUSED,           /* refused with `code`                                                  */
} hostile_fate;

typedef struct hostile {
    const char *name;
    region (*make)(void);
    hostile_fate fate;
    rx_code code;
    const char *word;  /* that the refusal names                                               */
} hostile;

/* A shape with nothing in it, some room around it. */
static inline region hostile_room(void) { return region_new(grid_of(24, 20, 16, 1, 1.5, 3)); }

static inline double hostile_texture(size_t i, size_t j, size_t k)
{
    uint64_t seed = i * 73856093u ^ j * 19349663u ^ k * 83492791u;
    return floor(10 * (double)i + 4 * (double)j - 7 * (double)k + 90 * next_uniform(&seed));
}

static inline void hostile_fill(region *r, const size_t from[3], const size_t to[3])
{
    for (size_t k = from[2]; k < to[2]; k++) {
        for (size_t j = from[1]; j < to[1]; j++) {
            for (size_t i = from[0]; i < to[0]; i++) { region_set(r, i, j, k, hostile_texture(i, j, k)); }
        }
    }
}

static inline region hostile_box(size_t nx, size_t ny, size_t nz)
{
    region r = hostile_room();
    const size_t from[3] = { 3, 3, 3 }, to[3] = { 3 + nx, 3 + ny, 3 + nz };
    hostile_fill(&r, from, to);
    return r;
}

static inline region hostile_none(void) { return hostile_room(); }
static inline region hostile_one_voxel(void) { return hostile_box(1, 1, 1); }
static inline region hostile_two_voxels(void) { return hostile_box(2, 1, 1); }
static inline region hostile_line_x(void) { return hostile_box(9, 1, 1); }
static inline region hostile_line_y(void) { return hostile_box(1, 9, 1); }
static inline region hostile_line_z(void) { return hostile_box(1, 1, 9); }
static inline region hostile_slice_xy(void) { return hostile_box(9, 8, 1); }
static inline region hostile_slice_xz(void) { return hostile_box(9, 1, 8); }
static inline region hostile_slice_yz(void) { return hostile_box(1, 9, 8); }

static inline region hostile_diagonal(void)
{
    region r = hostile_room();
    for (size_t i = 0; i < 12; i++) { region_set(&r, i, i, i, hostile_texture(i, i, i)); }
    return r;
}

static inline region hostile_scattered(void)
{
    region r = hostile_room();
    for (size_t i = 0; i < 24; i += 3) {
        for (size_t j = 0; j < 20; j += 3) {
            for (size_t k = 0; k < 16; k += 3) { region_set(&r, i, j, k, hostile_texture(i, j, k)); }
        }
    }
    return r;
}

static inline region hostile_far_apart(void)
{
    region r = hostile_room();
    region_set(&r, 0, 0, 0, 1);
    region_set(&r, 23, 19, 15, 500);
    return r;
}

static inline region hostile_whole_image(void)
{
    region r = hostile_room();
    const size_t from[3] = { 0, 0, 0 };
    hostile_fill(&r, from, r.grid.dim);
    return r;
}

static inline region hostile_at_the_border(void)
{
    region r = hostile_room();
    const size_t from[3] = { 18, 14, 11 };
    hostile_fill(&r, from, r.grid.dim);
    return r;
}

static inline region hostile_hollow(void)
{
    region r = hostile_box(9, 9, 9);
    for (size_t k = 5; k < 10; k++) {
        for (size_t j = 5; j < 10; j++) {
            for (size_t i = 5; i < 10; i++) { r.mask[region_at(&r, i, j, k)] = 0; }
        }
    }
    return r;
}

static inline void hostile_give(region *r, double (*value)(size_t nth))
{
    size_t nth = 0;
    for (size_t at = 0; at < region_size(r); at++) {
        if (r->mask[at]) { r->image[at] = value(nth++); }
    }
}

static inline double hostile_same(size_t nth) { return (void)nth, 42; }
static inline double hostile_either(size_t nth) { return nth % 3 == 0 ? 0 : 100; }
static inline double hostile_outlier(size_t nth) { return nth == 7 ? 20000 : (double)(nth % 5); }
static inline double hostile_huge(size_t nth) { return nth % 2 ? 1e300 : -1e300; }
static inline double hostile_tiny(size_t nth) { return nth % 2 ? 1e-310 : 2e-310; }

static inline region hostile_constant(void)
{
    region r = hostile_box(7, 6, 5);
    hostile_give(&r, hostile_same);
    return r;
}

static inline region hostile_two_levels(void)
{
    region r = hostile_box(7, 6, 5);
    hostile_give(&r, hostile_either);
    return r;
}

static inline region hostile_an_outlier(void)
{
    region r = hostile_box(7, 6, 5);
    hostile_give(&r, hostile_outlier);
    return r;
}

static inline region hostile_huge_values(void)
{
    region r = hostile_box(7, 6, 5);
    hostile_give(&r, hostile_huge);
    return r;
}

static inline region hostile_tiny_values(void)
{
    region r = hostile_box(7, 6, 5);
    hostile_give(&r, hostile_tiny);
    return r;
}

static inline region hostile_nan_inside(void)
{
    region r = hostile_box(7, 6, 5);
    r.image[region_at(&r, 5, 5, 5)] = (double)NAN;
    return r;
}

static inline region hostile_infinite_inside(void)
{
    region r = hostile_box(7, 6, 5);
    r.image[region_at(&r, 5, 5, 5)] = -(double)INFINITY;
    return r;
}

static inline region hostile_nan_outside(void)
{
    region r = hostile_box(7, 6, 5);
    r.image[region_at(&r, 0, 0, 0)] = (double)NAN;
    r.image[region_at(&r, 2, 3, 3)] = (double)INFINITY;
    return r;
}

/* 25 each: as many grey levels as bins of width 25 allow, and more. */
static inline double hostile_step(size_t nth) { return 25 * (double)nth; }

static inline region hostile_levels(size_t nx, size_t ny, size_t nz)
{
    region r = region_new(grid_of(nx + 2, ny + 2, nz + 2, 1, 1, 1));
    const size_t from[3] = { 1, 1, 1 }, to[3] = { 1 + nx, 1 + ny, 1 + nz };
    hostile_fill(&r, from, to);
    hostile_give(&r, hostile_step);
    return r;
}

static inline region hostile_2048_levels(void) { return hostile_levels(16, 16, 8); }
static inline region hostile_65535_levels(void) { return hostile_levels(255, 257, 1); }
static inline region hostile_65600_levels(void) { return hostile_levels(41, 40, 40); }

#endif
