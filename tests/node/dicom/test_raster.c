/* Polygons to pixels: counts that geometry gives. */
#include "check.h"
#include "dicom/raster.h"
#include <string.h>

enum { NX = 64, NY = 48 };
static uint8_t slice[NX * NY];

static size_t draw(const double *xy, size_t n)
{
    memset(slice, 0, sizeof slice);
    pn_raster_edges(slice, NX, NY, xy, n);
    return pn_raster_fill(slice, NX, NY);
}

static void test_square_between_centres(void **state)
{
    (void)state;
    const double xy[] = {9.5, 4.5, 19.5, 4.5, 19.5, 24.5, 9.5, 24.5};
    assert_int_equal(draw(xy, 4), 10 * 20);
    assert_int_equal(slice[5 * NX + 10], 1);
    assert_int_equal(slice[5 * NX + 9], 0);
    assert_int_equal(slice[24 * NX + 19], 1);
    assert_int_equal(slice[25 * NX + 19], 0);
}

/* Edges exactly through centres: left and upper in, right and lower out. */
static void test_half_open_edges(void **state)
{
    (void)state;
    const double xy[] = {10, 5, 20, 5, 20, 25, 10, 25};
    assert_int_equal(draw(xy, 4), 10 * 20);
    assert_int_equal(slice[5 * NX + 10], 1);
    assert_int_equal(slice[5 * NX + 20], 0);
    assert_int_equal(slice[25 * NX + 10], 0);
}

/* The corner to start from and the sense of rotation do not matter. */
static void test_start_and_sense(void **state)
{
    (void)state;
    const double xy[] = {3.2, 2.1, 40.7, 9.4, 33.3, 41.9, 12.8, 30.1, 20.5, 18.6};
    uint8_t first[sizeof slice];
    draw(xy, 5);
    memcpy(first, slice, sizeof slice);
    for (size_t start = 0; start < 5; start++) {
        for (int sense = 0; sense < 2; sense++) {
            double turned[10];
            for (size_t p = 0; p < 5; p++) {
                size_t from = sense ? (start + 5 - p) % 5 : (start + p) % 5;
                memcpy(turned + 2 * p, xy + 2 * from, 2 * sizeof *xy);
            }
            draw(turned, 5);
            assert_memory_equal(slice, first, sizeof slice);
        }
    }
}

/* Point by point, by the definition of the even-odd rule. */
static void test_concave_against_definition(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 200; round++) {
        double xy[2 * 9];
        for (size_t i = 0; i < 18; i++) {
            seed = seed * 1664525u + 1013904223u;
            /* Halves and quarters, so that ties with centres occur. */
            xy[i] = (double)((seed >> 10) % (i % 2 == 0 ? 4u * NX : 4u * NY)) / 4 - 2;
        }
        draw(xy, 9);
        for (size_t j = 0; j < NY; j++) {
            for (size_t i = 0; i < NX; i++) {
                int inside = 0;
                for (size_t a = 0; a < 9; a++) {
                    size_t b = (a + 1) % 9;
                    double y0 = xy[2 * a + 1], y1 = xy[2 * b + 1], y = (double)j;
                    if ((y0 > y) == (y1 > y)) { continue; }
                    inside ^= (double)i >= xy[2 * a] + (y - y0) * (xy[2 * b] - xy[2 * a]) / (y1 - y0);
                }
                assert_int_equal(slice[j * NX + i], inside);
            }
        }
    }
}

static void test_hole_and_island(void **state)
{
    (void)state;
    const double outer[] = {1.5, 1.5, 41.5, 1.5, 41.5, 41.5, 1.5, 41.5};
    const double hole[] = {9.5, 9.5, 29.5, 9.5, 29.5, 29.5, 9.5, 29.5};
    const double island[] = {14.5, 14.5, 19.5, 14.5, 19.5, 19.5, 14.5, 19.5};
    memset(slice, 0, sizeof slice);
    pn_raster_edges(slice, NX, NY, outer, 4);
    pn_raster_edges(slice, NX, NY, hole, 4);
    pn_raster_edges(slice, NX, NY, island, 4);
    assert_int_equal(pn_raster_fill(slice, NX, NY), 1600 - 400 + 25);
}

/* The same contour twice cancels; two halves make the whole, none twice, none left out. */
static void test_xor_and_shared_edge(void **state)
{
    (void)state;
    const double left[] = {3, 3, 17, 3, 22, 40, 3, 40}, right[] = {17, 3, 50, 3, 50, 40, 22, 40};
    const double whole[] = {3, 3, 50, 3, 50, 40, 3, 40};
    uint8_t both[sizeof slice];
    memset(slice, 0, sizeof slice);
    pn_raster_edges(slice, NX, NY, left, 4);
    pn_raster_edges(slice, NX, NY, left, 4);
    assert_int_equal(pn_raster_fill(slice, NX, NY), 0);
    size_t n = draw(left, 4) + draw(right, 4);
    assert_int_equal(n, 47 * 37);
    memset(slice, 0, sizeof slice);
    pn_raster_edges(slice, NX, NY, left, 4);
    pn_raster_edges(slice, NX, NY, right, 4);
    assert_int_equal(pn_raster_fill(slice, NX, NY), n);
    memcpy(both, slice, sizeof slice);
    draw(whole, 4);
    assert_memory_equal(slice, both, sizeof slice);
}

static void test_translation_by_whole_pixels(void **state)
{
    (void)state;
    const double xy[] = {3.25, 2.5, 20.75, 9.5, 13.5, 21.25, 12.5, 10.5};
    uint8_t before[sizeof slice];
    size_t n = draw(xy, 4);
    memcpy(before, slice, sizeof slice);
    double moved[8];
    for (size_t i = 0; i < 8; i++) { moved[i] = xy[i] + (i % 2 == 0 ? 11 : 7); }
    assert_int_equal(draw(moved, 4), n);
    for (size_t j = 0; j + 7 < NY; j++) {
        for (size_t i = 0; i + 11 < NX; i++) {
            assert_int_equal(slice[(j + 7) * NX + i + 11], before[j * NX + i]);
        }
    }
}

/* A disc's area converges to pi r^2 as the pixels get finer. */
static void test_area_converges(void **state)
{
    (void)state;
    static uint8_t fine[800 * 800];
    double last = 1;
    for (double r = 25; r <= 400; r *= 4) {
        double xy[2 * 720];
        for (size_t p = 0; p < 720; p++) {
            xy[2 * p] = 399.7 + (r - 2) * cos((double)p * M_PI / 360);
            xy[2 * p + 1] = 399.4 + (r - 2) * sin((double)p * M_PI / 360);
        }
        memset(fine, 0, sizeof fine);
        pn_raster_edges(fine, 800, 800, xy, 720);
        double want = 360 * (r - 2) * (r - 2) * sin(M_PI / 360);     /* the polygon's own area */
        double off = fabs((double)pn_raster_fill(fine, 800, 800) / want - 1);
        assert_true(off < 1 / r);
        assert_true(off < last);
        last = off;
    }
}

/* Beyond the slice on all sides: clipped, not wrapped. */
static void test_clipping(void **state)
{
    (void)state;
    const double around[] = {-1e5, -1e5, 1e5, -1e5, 1e5, 1e5, -1e5, 1e5};
    const double beside[] = {70, 5, 90, 5, 90, 20, 70, 20};
    const double left[] = {-30, 5, 4.5, 5, 4.5, 15, -30, 15};
    const double below[] = {5, 47.5, 10, 47.5, 10, 90, 5, 90};
    assert_int_equal(draw(around, 4), NX * NY);
    assert_int_equal(draw(beside, 4), 0);
    assert_int_equal(draw(left, 4), 5 * 10);
    assert_int_equal(draw(below, 4), 0);
}

static void test_degenerate(void **state)
{
    (void)state;
    const double line[] = {5, 5, 30, 30, 5, 5}, flat[] = {5, 5, 30, 5, 20, 5}, point[] = {5, 5};
    assert_int_equal(draw(line, 3), 0);
    assert_int_equal(draw(flat, 3), 0);
    assert_int_equal(draw(point, 1), 0);
    assert_int_equal(draw(point, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_square_between_centres), cmocka_unit_test(test_half_open_edges),
        cmocka_unit_test(test_start_and_sense),        cmocka_unit_test(test_concave_against_definition),
        cmocka_unit_test(test_hole_and_island),        cmocka_unit_test(test_xor_and_shared_edge),
        cmocka_unit_test(test_translation_by_whole_pixels), cmocka_unit_test(test_area_converges),
        cmocka_unit_test(test_clipping),               cmocka_unit_test(test_degenerate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
