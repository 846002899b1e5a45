/* Resampling as ITK does it: interpolators by what they must give, grids and casts by hand. */
#include "pyr.h"
#include "region.h"

static const double identity[9] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };

static uint32_t seed;
static double noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (double)(seed >> 8) / 65536.0 - 128;
}

static testimage noisy(size_t nx, size_t ny, size_t nz)
{
    testimage t = { grid_of(nx, ny, nz, 0.7, 1.3, 2), malloc(nx * ny * nz * sizeof(double)) };
    assert_non_null(t.v);
    for (size_t i = 0; i < nx * ny * nz; i++) { t.v[i] = noise(); }
    return t;
}

static rx_volume resampled(const testimage *t, const rx_grid *grid, rx_interpolator how, rx_pixel pixel)
{
    rx_image image = { t->grid, RX_F64, t->v };
    rx_volume out;
    rx_error err = { 0 };
    CHECK_OK(rx_resample_image(&out, grid, &image, pixel, how, &err), err);
    return out;
}

/* A new grid in the image's index space: spacing and origin as multiples of the old ones. */
static rx_grid grid_at(const testimage *t, const double origin[3], const double step[3], const size_t n[3])
{
    rx_grid g = t->grid;
    for (int a = 0; a < 3; a++) {
        g.origin_mm[a] = origin[a] * t->grid.spacing_mm[a];
        g.spacing_mm[a] = step[a] * t->grid.spacing_mm[a];
        g.dim[a] = n[a];
    }
    return g;
}

static void test_resample__voxels_on_voxels_stay(void **state)
{
    (void)state;
    static const rx_interpolator all[] = { RX_SITK_NEAREST_NEIGHBOR, RX_SITK_LINEAR, RX_SITK_BSPLINE,
        RX_SITK_LABEL_GAUSSIAN, RX_SITK_HAMMING_WINDOWED_SINC, RX_SITK_COSINE_WINDOWED_SINC,
        RX_SITK_WELCH_WINDOWED_SINC, RX_SITK_LANCZOS_WINDOWED_SINC, RX_SITK_BLACKMAN_WINDOWED_SINC };
    testimage t = noisy(30, 7, 5);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        rx_volume v = resampled(&t, &t.grid, all[i], RX_PIXEL_F64);
        /* ITK starts the recursion of the spline with 18 terms: 6 * 128 * 0.268^18 */
        double off = all[i] == RX_SITK_BSPLINE ? 4e-8 : 1e-11;
        for (size_t at = 0; at < 30 * 7 * 5; at++) { CHECK_NEAR(v.voxels[at], t.v[at], 0, off); }
        rx_volume_free(&v);
    }
    volume_free(&t);
}

/* Interpolators of order one and more give a plane back, away from the border at least. */
static void test_resample__plane(void **state)
{
    (void)state;
    testimage t = noisy(60, 60, 60);
    for (size_t k = 0; k < 60; k++) {
        for (size_t j = 0; j < 60; j++) {
            for (size_t i = 0; i < 60; i++) {
                t.v[(k * 60 + j) * 60 + i] = 3 * (double)i - 2 * (double)j + 0.5 * (double)k;
            }
        }
    }
    const double origin[3] = { 25.3, 28.9, 27.1 }, step[3] = { 0.4, 0.3, 0.9 };
    const size_t n[3] = { 6, 5, 4 };
    rx_grid g = grid_at(&t, origin, step, n);
    static const rx_interpolator two[] = { RX_SITK_LINEAR, RX_SITK_BSPLINE };
    for (int w = 0; w < 2; w++) {
        rx_volume v = resampled(&t, &g, two[w], RX_PIXEL_F64);
        for (size_t k = 0; k < n[2]; k++) {
            for (size_t j = 0; j < n[1]; j++) {
                for (size_t i = 0; i < n[0]; i++) {
                    double x = origin[0] + step[0] * (double)i, y = origin[1] + step[1] * (double)j;
                    double z = origin[2] + step[2] * (double)k;
                    CHECK_NEAR(v.voxels[(k * n[1] + j) * n[0] + i], 3 * x - 2 * y + 0.5 * z, 1e-11, 1e-11);
                }
            }
        }
        rx_volume_free(&v);
    }
    volume_free(&t);
}

/* Along one axis, by the definitions: the others are on voxels. */
static void test_resample__one_point_by_hand(void **state)
{
    (void)state;
    testimage t = noisy(20, 1, 1);
    const double origin[3] = { 9.3, 0, 0 }, step[3] = { 1, 1, 1 }, pi = 3.14159265358979323846;
    const size_t n[3] = { 1, 1, 1 };
    rx_grid g = grid_at(&t, origin, step, n);

    rx_volume v = resampled(&t, &g, RX_SITK_LINEAR, RX_PIXEL_F64);
    CHECK_NEAR(v.voxels[0], 0.7 * t.v[9] + 0.3 * t.v[10], 1e-12, 1e-12);
    rx_volume_free(&v);

    double sum = 0, total = 0;
    for (int i = 6; i <= 13; i++) {       /* 3.2 voxels to either side, from 9.3 + 0.5 */
        double w = erf((i + 0.5 - 9.3) / (sqrt(2) * 0.8)) - erf((i - 0.5 - 9.3) / (sqrt(2) * 0.8));
        if (i >= 13) { continue; }
        sum += w * t.v[i];
        total += w;
    }
    v = resampled(&t, &g, RX_SITK_GAUSSIAN, RX_PIXEL_F64);
    CHECK_NEAR(v.voxels[0], sum / total, 1e-12, 1e-12);
    rx_volume_free(&v);

    v = resampled(&t, &g, RX_SITK_LABEL_GAUSSIAN, RX_PIXEL_F64);
    CHECK_NEAR(v.voxels[0], t.v[9], 0, 0);
    rx_volume_free(&v);

    double sinc[5] = { 0 };
    for (int i = 5; i <= 14; i++) {
        double x = 9.3 - i, kernel = sin(pi * x) / (pi * x), z = pi * x / 5;
        const double window[5] = { 0.54 + 0.46 * cos(z), cos(z / 2), 1 - x * x / 25, sin(z) / z,
                                   0.42 + 0.5 * cos(z) + 0.08 * cos(2 * z) };
        for (int w = 0; w < 5; w++) { sinc[w] += window[w] * kernel * t.v[i]; }
    }
    for (int w = 0; w < 5; w++) {
        v = resampled(&t, &g, (rx_interpolator)(RX_SITK_HAMMING_WINDOWED_SINC + w), RX_PIXEL_F64);
        CHECK_NEAR(v.voxels[0], sinc[w], 1e-11, 1e-11);
        rx_volume_free(&v);
    }
    volume_free(&t);
}

/* Natural order of operations in the whole image, and only around the grid: the same bits. */
static void test_resample__box_is_enough(void **state)
{
    (void)state;
    testimage t = noisy(230, 12, 160);
    const double origin[3] = { 110.37, 3.1, 77.77 }, step[3] = { 0.81, 0.9, 0.63 };
    const size_t n[3] = { 9, 6, 8 };
    rx_grid g = grid_at(&t, origin, step, n);
    rx_volume v = resampled(&t, &g, RX_SITK_BSPLINE, RX_PIXEL_F64);

    rx_sampler s = { .how = RX_SITK_BSPLINE, .at = { NAN, NAN, NAN } };
    rx_error err = { 0 };
    rx_affine from, to;
    memcpy(s.dim, t.grid.dim, sizeof s.dim);
    memcpy(s.n, t.grid.dim, sizeof s.n);
    s.v = t.v;
    CHECK_OK(rx_bspline_coefficients(&s, &err), err);
    CHECK_OK(rx_affine_of(&from, &t.grid, &err), err);
    CHECK_OK(rx_affine_of(&to, &g, &err), err);
    for (size_t k = 0; k < n[2]; k++) {
        for (size_t j = 0; j < n[1]; j++) {
            double mm[3], first[3], past[3], x[3];
            rx_affine_voxel(mm, &to, (const size_t[3]){ 0, j, k });
            rx_affine_index(first, &from, mm);
            rx_affine_voxel(mm, &to, (const size_t[3]){ n[0], j, k });
            rx_affine_index(past, &from, mm);
            for (size_t i = 0; i < n[0]; i++) {
                for (int a = 0; a < 3; a++) { x[a] = first[a] + (double)i / (double)n[0] * (past[a] - first[a]); }
                CHECK_NEAR(v.voxels[(k * n[1] + j) * n[0] + i], rx_sample(&s, x), 0, 0);
            }
        }
    }
    rx_volume_free(&v);
    volume_free(&t);
}

/* The spline of the mirrored image: even around the first and the last voxel. */
static void test_resample__spline_mirrors(void **state)
{
    (void)state;
    testimage t = noisy(9, 4, 2);
    const double origin[3] = { -0.4, 0, 0 }, step[3] = { 0.8, 1, 1 };
    const size_t n[3] = { 2, 4, 2 };
    rx_grid g = grid_at(&t, origin, step, n);            /* -0.4 and 0.4 */
    rx_volume v = resampled(&t, &g, RX_SITK_BSPLINE, RX_PIXEL_F64);
    for (size_t row = 0; row < 8; row++) { CHECK_NEAR(v.voxels[2 * row], v.voxels[2 * row + 1], 1e-9, 1e-9); }
    rx_volume_free(&v);
    volume_free(&t);
}

/* Image and new grid turned together in space: nothing changes, though the axes are not x, y, z now. */
static void test_resample__turned(void **state)
{
    (void)state;
    testimage t = noisy(20, 17, 15);
    const double origin[3] = { 3.371, 2.139, 4.773 }, step[3] = { 0.81, 0.9, 0.63 };
    const size_t n[3] = { 9, 6, 8 };
    double c = cos(0.4), q = sin(0.4), d = cos(1.1), e = sin(1.1);
    const double turned[9] = { c, -q * d, q * e, q, c * d, -c * e, 0, e, d };
    rx_grid g = grid_at(&t, origin, step, n), h = g;
    for (int r = 0; r < 3; r++) {
        h.origin_mm[r] = 0;
        for (int a = 0; a < 3; a++) { h.origin_mm[r] += turned[3 * r + a] * g.origin_mm[a]; }
    }
    memcpy(h.direction, turned, sizeof turned);
    testimage u = t;
    memcpy(u.grid.direction, turned, sizeof turned);
    for (int how = RX_SITK_NEAREST_NEIGHBOR; how <= RX_SITK_BLACKMAN_WINDOWED_SINC; how++) {
        rx_volume a = resampled(&t, &g, (rx_interpolator)how, RX_PIXEL_F64);
        rx_volume b = resampled(&u, &h, (rx_interpolator)how, RX_PIXEL_F64);
        for (size_t i = 0; i < n[0] * n[1] * n[2]; i++) { CHECK_NEAR(b.voxels[i], a.voxels[i], 0, 1e-9); }
        rx_volume_free(&a);
        rx_volume_free(&b);
    }
    volume_free(&t);
}

static void test_resample__outside_is_zero(void **state)
{
    (void)state;
    testimage t = noisy(4, 4, 4);
    const double origin[3] = { -1, 0, 0 }, step[3] = { 0.49, 1, 1 };
    const size_t n[3] = { 12, 1, 1 };                     /* -1, -0.51, -0.02, ... 4.39 */
    rx_grid g = grid_at(&t, origin, step, n);
    rx_volume v = resampled(&t, &g, RX_SITK_LINEAR, RX_PIXEL_F64);
    CHECK_NEAR(v.voxels[0], 0, 0, 0);
    CHECK_NEAR(v.voxels[1], 0, 0, 0);
    CHECK_NEAR(v.voxels[2], t.v[0], 0, 0);
    CHECK_NEAR(v.voxels[9], t.v[3], 0, 0);                /* 3.41: the last voxel reaches to 3.5 */
    CHECK_NEAR(v.voxels[10], 0, 0, 0);
    rx_volume_free(&v);
    volume_free(&t);
}

static void test_resample__casts(void **state)
{
    (void)state;
    CHECK_NEAR(rx_cast(5.9, RX_PIXEL_I16), 5, 0, 0);
    CHECK_NEAR(rx_cast(-5.9, RX_PIXEL_I16), -5, 0, 0);
    CHECK_NEAR(rx_cast(1e9, RX_PIXEL_I16), 32767, 0, 0);
    CHECK_NEAR(rx_cast(-3, RX_PIXEL_U8), 0, 0, 0);
    CHECK_NEAR(rx_cast(256, RX_PIXEL_U8), 255, 0, 0);
    CHECK_NEAR(rx_cast(-129, RX_PIXEL_I8), -128, 0, 0);
    CHECK_NEAR(rx_cast(70000.7, RX_PIXEL_U16), 65535, 0, 0);
    CHECK_NEAR(rx_cast(3e9, RX_PIXEL_I32), 2147483647, 0, 0);
    CHECK_NEAR(rx_cast(-1, RX_PIXEL_U32), 0, 0, 0);
    CHECK_NEAR(rx_cast(1.5e15, RX_PIXEL_I64), 1.5e15, 0, 0);
    CHECK_NEAR(rx_cast(-1, RX_PIXEL_U64), 0, 0, 0);
    CHECK_NEAR(rx_cast(0.1, RX_PIXEL_F32), (double)0.1F, 0, 0);
    CHECK_NEAR(rx_cast(0.1, RX_PIXEL_F64), 0.1, 0, 0);
    testimage t = noisy(6, 6, 6);
    const double origin[3] = { 1.5, 1.5, 1.5 }, step[3] = { 1, 1, 1 };
    const size_t n[3] = { 3, 3, 3 };
    rx_grid g = grid_at(&t, origin, step, n);
    rx_volume v = resampled(&t, &g, RX_SITK_LINEAR, RX_PIXEL_I16), f = resampled(&t, &g, RX_SITK_LINEAR, RX_PIXEL_F64);
    for (size_t i = 0; i < 27; i++) { CHECK_NEAR(v.voxels[i], trunc(f.voxels[i]), 0, 0); }
    rx_volume_free(&v);
    rx_volume_free(&f);
    volume_free(&t);
}

/* ---- the grid ---- */

static void test_grid__corner_box_and_padding(void **state)
{
    (void)state;
    rx_pyradiomics s;
    rx_grid mask = grid_of(100, 80, 10, 1, 1, 3), g;
    rx_error err = { 0 };
    bool same = true;
    const size_t min[3] = { 40, 2, 3 }, max[3] = { 59, 21, 6 };
    rx_pyradiomics_default(&s);
    s.spacing_mm[0] = 2;
    s.spacing_mm[1] = 0.5;
    s.spacing_mm[2] = 0;                    /* as the mask's */
    CHECK_OK(rx_pyr_grid(&g, &same, &mask, &mask, min, max, &s, &err), err);
    assert_false(same);
    /* x: floor(39.5/2 - 5) = 14 to ceil(59.5/2 + 5) = 35; y: 0 to ceil(43 + 5); z: 0 to 9 */
    assert_int_equal(g.dim[0], 22);
    assert_int_equal(g.dim[1], 49);
    assert_int_equal(g.dim[2], 10);
    CHECK_NEAR(g.origin_mm[0], 0.5 + 28, 1e-12, 0);       /* the corner at -0.5 stays */
    CHECK_NEAR(g.origin_mm[1], -0.25, 1e-12, 0);
    CHECK_NEAR(g.origin_mm[2], 0, 0, 1e-12);
    CHECK_NEAR(g.spacing_mm[2], 3, 0, 0);

    s.spacing_mm[0] = s.spacing_mm[1] = 1;
    CHECK_OK(rx_pyr_grid(&g, &same, &mask, &mask, min, max, &s, &err), err);
    assert_true(same);
    s.spacing_mm[0] = 2;
    const size_t one[3] = { 40, 21, 6 };                   /* one voxel wide: that axis stays */
    CHECK_OK(rx_pyr_grid(&g, &same, &mask, &mask, min, one, &s, &err), err);
    assert_true(same);
    s.spacing_mm[0] = s.spacing_mm[1] = s.spacing_mm[2] = 0.001;
    assert_int_equal(rx_pyr_grid(&g, &same, &mask, &mask, min, max, &s, &err), RX_ELIMIT);
    assert_non_null(strstr(err.msg, "0.001"));
}

static void test_grid__region_leaves_image(void **state)
{
    (void)state;
    rx_grid image = grid_of(10, 10, 10, 1, 1, 1), mask = image;
    rx_error err = { 0 };
    const size_t min[3] = { 0, 0, 0 }, max[3] = { 9, 9, 9 };
    CHECK_OK(rx_check_region(&image, &mask, min, max, &err), err);
    mask.origin_mm[1] = 0.0009;
    CHECK_OK(rx_check_region(&image, &mask, min, max, &err), err);
    mask.origin_mm[1] = 0.0011;
    assert_int_equal(rx_check_region(&image, &mask, min, max, &err), RX_EGRID);
    assert_non_null(strstr(err.msg, "axis 1"));
}

static void test_affine__oblique_and_back(void **state)
{
    (void)state;
    double c = cos(0.3), q = sin(0.3);
    rx_grid g = grid_of(5, 5, 5, 0.5, 2, 3);
    const double turned[9] = { c, -q, 0, q, c, 0, 0, 0, 1 };
    memcpy(g.direction, turned, sizeof turned);
    g.origin_mm[0] = 7;
    rx_affine a;
    rx_error err = { 0 };
    CHECK_OK(rx_affine_of(&a, &g, &err), err);
    const double index[3] = { 1.25, 2.5, -0.75 };
    double mm[3], back[3];
    rx_affine_point(mm, &a, index);
    CHECK_NEAR(mm[0], 7 + c * 0.625 - q * 5, 1e-14, 0);
    CHECK_NEAR(mm[1], q * 0.625 + c * 5, 1e-14, 0);
    rx_affine_index(back, &a, mm);
    for (int i = 0; i < 3; i++) { CHECK_NEAR(back[i], index[i], 1e-14, 0); }
    memcpy(g.direction, identity, sizeof identity);
    g.direction[0] = 0;
    assert_int_equal(rx_affine_of(&a, &g, &err), RX_EINVAL);
    g.direction[0] = NAN;
    assert_int_equal(rx_affine_of(&a, &g, &err), RX_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resample__voxels_on_voxels_stay), cmocka_unit_test(test_resample__plane),
        cmocka_unit_test(test_resample__one_point_by_hand), cmocka_unit_test(test_resample__box_is_enough),
        cmocka_unit_test(test_resample__spline_mirrors), cmocka_unit_test(test_resample__turned),
        cmocka_unit_test(test_resample__outside_is_zero),
        cmocka_unit_test(test_resample__casts), cmocka_unit_test(test_grid__corner_box_and_padding),
        cmocka_unit_test(test_grid__region_leaves_image), cmocka_unit_test(test_affine__oblique_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
