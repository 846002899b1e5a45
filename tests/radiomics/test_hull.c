/* Diameters against all pairs of vertices, on random regions. */
#include "region.h"
#include "hull.h"

typedef struct brute { double overall, plane[3]; } brute;

static bool inside(const region *r, long i, long j, long k)
{
    const size_t *n = r->grid.dim;
    if (i < 0 || j < 0 || k < 0 || i >= (long)n[0] || j >= (long)n[1] || k >= (long)n[2]) { return false; }
    return r->mask[region_at(r, (size_t)i, (size_t)j, (size_t)k)] != 0;
}

/* Midpoints between neighbouring voxel centres of which one is inside, in half voxels. */
static size_t find_points(long (*p)[3], const region *r)
{
    size_t n = 0;
    for (long k = -1; k < (long)r->grid.dim[2]; k++) {
        for (long j = -1; j < (long)r->grid.dim[1]; j++) {
            for (long i = -1; i < (long)r->grid.dim[0]; i++) {
                bool here = inside(r, i, j, k);
                const bool beyond[3] = { inside(r, i + 1, j, k), inside(r, i, j + 1, k), inside(r, i, j, k + 1) };
                for (int a = 0; a < 3; a++) {
                    if (beyond[a] == here) { continue; }
                    p[n][0] = 2 * i + (a == 0);
                    p[n][1] = 2 * j + (a == 1);
                    p[n][2] = 2 * k + (a == 2);
                    n++;
                }
            }
        }
    }
    return n;
}

static brute all_pairs(const region *r)
{
    static long p[60000][3];
    size_t n = find_points(p, r);
    assert_true(n < 60000);
    brute b = { 0, { 0, 0, 0 } };
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            double d = 0;
            for (int a = 0; a < 3; a++) {
                double x = (double)(p[i][a] - p[j][a]) * r->grid.spacing_mm[a] / 2;
                d += x * x;
            }
            d = sqrt(d);
            b.overall = fmax(b.overall, d);
            for (int a = 0; a < 3; a++) {
                if (p[i][a] == p[j][a]) { b.plane[a] = fmax(b.plane[a], d); }
            }
        }
    }
    return b;
}

static void check(const region *r)
{
    rx_workspace *ws = rx_workspace_new();
    rx_settings s = any_settings();
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    rx_roi roi;
    rx_diameters d;
    rx_error err = { 0 };
    CHECK_OK(rx_crop(&roi, &image, &mask, &s, ws, &err), err);
    CHECK_OK(rx_diameters_find(&d, &roi, ws, &err), err);
    brute b = all_pairs(r);
    CHECK_NEAR(d.overall_mm, b.overall, 1e-13, 0);
    for (int a = 0; a < 3; a++) { CHECK_NEAR(d.plane_mm[a], b.plane[a], 1e-13, 0); }
    rx_workspace_free(ws);
}

static void test_hull__random_blobs(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        region r = random_blob(seed, grid_of(18, 16, 15, 0.9, 1.1, 0.4 * (double)seed), 0);
        check(&r);
        region_free(&r);
    }
}

static void test_hull__scattered_voxels(void **state)
{
    (void)state;
    uint64_t seed = 99;
    for (int round = 0; round < 12; round++) {
        region r = region_new(grid_of(70, 9, 8, 1, 1.7, 2.3));
        size_t n = 2 + (size_t)(next_uniform(&seed) * 60);
        for (size_t v = 0; v < n; v++) {
            region_set(&r, (size_t)(next_uniform(&seed) * 70), (size_t)(next_uniform(&seed) * 9),
                       (size_t)(next_uniform(&seed) * 8), 1);
        }
        check(&r);
        region_free(&r);
    }
}

/* All points on one sphere: the case in which the fewest can be left out. */
static void test_hull__ball(void **state)
{
    (void)state;
    region r = region_new(grid_of(21, 21, 21, 1, 1, 1));
    for (size_t k = 0; k < 21; k++) {
        for (size_t j = 0; j < 21; j++) {
            for (size_t i = 0; i < 21; i++) {
                double x = (double)i - 10, y = (double)j - 10, z = (double)k - 10;
                if (x * x + y * y + z * z <= 100) { region_set(&r, i, j, k, 1); }
            }
        }
    }
    check(&r);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hull__random_blobs), cmocka_unit_test(test_hull__scattered_voxels),
        cmocka_unit_test(test_hull__ball),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
