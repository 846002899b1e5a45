/* Shape features of bodies whose measures are known. */
#include "region.h"

static const double pi = 3.14159265358979323846;

/* The mesh of a cuboid of voxels is the sum (Minkowski) of the box of their centres and an
 * octahedron that reaches half a voxel along each axis. */
static void check_cuboid(size_t a, size_t b, size_t c, double sx, double sy, double sz)
{
    region r = region_new(grid_of(a + 3, b + 2, c + 1, sx, sy, sz));
    for (size_t k = 0; k < c; k++) {
        for (size_t j = 0; j < b; j++) {
            for (size_t i = 0; i < a; i++) { region_set(&r, i + 2, j + 1, k, 1); }
        }
    }
    rx_settings s = any_settings();
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);

    double p = (double)(a - 1) * sx, q = (double)(b - 1) * sy, t = (double)(c - 1) * sz;
    double x = sx / 2, y = sy / 2, z = sz / 2;
    double volume = p * q * t + 2 * (p * q * z + p * t * y + q * t * x)
                  + 2 * (p * y * z + q * x * z + t * x * y) + 4.0 / 3 * x * y * z;
    double area = 2 * (p * q + p * t + q * t)
                + 4 * (p * hypot(y, z) + q * hypot(x, z) + t * hypot(x, y))
                + 4 * sqrt(x * x * y * y + y * y * z * z + x * x * z * z);
    CHECK_NEAR(val(v, "shape_MeshVolume"), volume, 1e-12, 0);
    CHECK_NEAR(val(v, "shape_SurfaceArea"), area, 1e-12, 0);
    CHECK_NEAR(val(v, "shape_SurfaceVolumeRatio"), area / volume, 1e-12, 0);
    CHECK_NEAR(val(v, "shape_VoxelVolume"), (double)(a * b * c) * sx * sy * sz, 1e-12, 0);
    CHECK_NEAR(val(v, "shape_Sphericity"), cbrt(36 * pi * volume * volume) / area, 1e-12, 0);

    double xx = (p + sx) * (p + sx), yy = (q + sy) * (q + sy), zz = (t + sz) * (t + sz);
    double most = fmax(xx + q * q + t * t, fmax(p * p + yy + t * t, p * p + q * q + zz));
    CHECK_NEAR(val(v, "shape_Maximum3DDiameter"), sqrt(most), 1e-12, 0);
    CHECK_NEAR(val(v, "shape_Maximum2DDiameterSlice"), sqrt(fmax(xx + q * q, p * p + yy)), 1e-12, 0);
    CHECK_NEAR(val(v, "shape_Maximum2DDiameterColumn"), sqrt(fmax(xx + t * t, p * p + zz)), 1e-12, 0);
    CHECK_NEAR(val(v, "shape_Maximum2DDiameterRow"), sqrt(fmax(yy + t * t, q * q + zz)), 1e-12, 0);

    /* variance of 0..n-1 is (n^2 - 1) / 12 */
    double l[3] = { ((double)(a * a) - 1) / 12 * sx * sx, ((double)(b * b) - 1) / 12 * sy * sy,
                    ((double)(c * c) - 1) / 12 * sz * sz };
    double major = fmax(l[0], fmax(l[1], l[2])), least = fmin(l[0], fmin(l[1], l[2]));
    double minor = fmax(fmin(l[0], l[1]), fmin(fmax(l[0], l[1]), l[2]));
    CHECK_NEAR(val(v, "shape_MajorAxisLength"), 4 * sqrt(major), 1e-12, 0);
    CHECK_NEAR(val(v, "shape_MinorAxisLength"), 4 * sqrt(minor), 1e-12, 1e-12);
    CHECK_NEAR(val(v, "shape_LeastAxisLength"), 4 * sqrt(least), 1e-12, 1e-12);
    CHECK_NEAR(val(v, "shape_Elongation"), sqrt(minor / major), 1e-12, 1e-12);
    CHECK_NEAR(val(v, "shape_Flatness"), sqrt(least / major), 1e-12, 1e-12);
    region_free(&r);
}

static void test_shape__cuboids(void **state)
{
    (void)state;
    check_cuboid(3, 3, 3, 1, 1, 1);
    check_cuboid(5, 3, 2, 0.5, 1.25, 3);
    check_cuboid(70, 2, 3, 0.7, 1, 2);      /* more than one word of bits */
    check_cuboid(4, 3, 1, 1, 2, 3);         /* one slice                  */
    check_cuboid(2, 1, 1, 1, 1, 1);         /* a line                     */
    check_cuboid(62, 1, 5, 1, 1, 1);        /* ends at a word's border    */
    check_cuboid(63, 2, 2, 1, 1, 1);
    check_cuboid(64, 2, 2, 1, 1, 1);
}

/* Ellipsoid with half axes in mm in the middle of a grid that just holds it. */
static region ellipsoid(double a, double b, double c, double spacing)
{
    size_t n[3] = { (size_t)(2 * a / spacing) + 3, (size_t)(2 * b / spacing) + 3, (size_t)(2 * c / spacing) + 3 };
    region r = region_new(grid_of(n[0], n[1], n[2], spacing, spacing, spacing));
    for (size_t k = 0; k < n[2]; k++) {
        for (size_t j = 0; j < n[1]; j++) {
            for (size_t i = 0; i < n[0]; i++) {
                double x = ((double)i - (double)(n[0] - 1) / 2) * spacing / a;
                double y = ((double)j - (double)(n[1] - 1) / 2) * spacing / b;
                double z = ((double)k - (double)(n[2] - 1) / 2) * spacing / c;
                if (x * x + y * y + z * z <= 1) { region_set(&r, i, j, k, 1); }
            }
        }
    }
    return r;
}

static void test_shape__sphere(void **state)
{
    (void)state;
    const double radius = 15;
    region r = ellipsoid(radius, radius, radius, 0.5);
    rx_settings s = any_settings();
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    double volume = 4.0 / 3 * pi * radius * radius * radius;
    CHECK_NEAR(val(v, "shape_MeshVolume"), volume, 2e-3, 0);
    CHECK_NEAR(val(v, "shape_VoxelVolume"), volume, 2e-3, 0);
    CHECK_NEAR(val(v, "shape_Maximum3DDiameter"), 2 * radius, 2e-2, 0);
    CHECK_NEAR(val(v, "shape_Maximum2DDiameterSlice"), 2 * radius, 2e-2, 0);
    CHECK_NEAR(val(v, "shape_MajorAxisLength"), 4 * radius / sqrt(5), 2e-3, 0);
    CHECK_NEAR(val(v, "shape_Elongation"), 1, 1e-12, 0);
    CHECK_NEAR(val(v, "shape_Flatness"), 1, 1e-12, 0);
    /* the surface of a binary sphere stays rough however fine the grid: about 9 % too large */
    double area = val(v, "shape_SurfaceArea") / (4 * pi * radius * radius);
    assert_true(area > 1.05 && area < 1.12);
    region_free(&r);
}

static void test_shape__ellipsoid(void **state)
{
    (void)state;
    region r = ellipsoid(20, 12, 8, 0.5);
    rx_settings s = any_settings();
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    CHECK_NEAR(val(v, "shape_MeshVolume"), 4.0 / 3 * pi * 20 * 12 * 8, 3e-3, 0);
    CHECK_NEAR(val(v, "shape_MajorAxisLength"), 80 / sqrt(5), 2e-3, 0);
    CHECK_NEAR(val(v, "shape_MinorAxisLength"), 48 / sqrt(5), 2e-3, 0);
    CHECK_NEAR(val(v, "shape_LeastAxisLength"), 32 / sqrt(5), 2e-3, 0);
    CHECK_NEAR(val(v, "shape_Elongation"), 0.6, 3e-3, 0);
    CHECK_NEAR(val(v, "shape_Flatness"), 0.4, 3e-3, 0);
    region_free(&r);
}

static void test_shape__two_blobs(void **state)
{
    (void)state;
    region one = region_new(grid_of(20, 5, 5, 1, 1, 1)), two = region_new(grid_of(20, 5, 5, 1, 1, 1));
    for (size_t k = 0; k < 5; k++) {            /* the mask touches every border of the image */
        for (size_t j = 0; j < 5; j++) {
            for (size_t i = 0; i < 5; i++) {
                region_set(&one, i, j, k, 1);
                region_set(&two, i, j, k, 1);
                region_set(&two, i + 15, j, k, 1);
            }
        }
    }
    rx_settings s = any_settings();
    rx_value v1[RX_NFEATURES], v2[RX_NFEATURES];
    rx_diagnostics diag;
    rx_error err = { 0 };
    CHECK_OK(region_try(v1, &diag, &one, &s, &err), err);
    assert_int_equal(diag.roi_components, 1);
    CHECK_OK(region_try(v2, &diag, &two, &s, &err), err);
    assert_int_equal(diag.roi_components, 2);
    assert_int_equal(diag.box_min[0], 0);
    assert_int_equal(diag.box_max[0], 19);
    CHECK_NEAR(val(v2, "shape_MeshVolume"), 2 * val(v1, "shape_MeshVolume"), 1e-12, 0);
    CHECK_NEAR(val(v2, "shape_SurfaceArea"), 2 * val(v1, "shape_SurfaceArea"), 1e-12, 0);
    CHECK_NEAR(val(v2, "shape_Maximum3DDiameter"), sqrt(20 * 20 + 4 * 4 + 4 * 4), 1e-12, 0);
    region_free(&one);
    region_free(&two);
}

/* Parts that touch at a corner are one for 26 neighbours. */
static void test_shape__corner_contact_is_one_component(void **state)
{
    (void)state;
    region r = region_new(grid_of(4, 4, 4, 1, 1, 1));
    for (size_t i = 0; i < 4; i++) { region_set(&r, i, i, i, 1); }
    region_set(&r, 0, 3, 3, 1);
    rx_settings s = any_settings();
    rx_value v[RX_NFEATURES];
    rx_diagnostics diag;
    rx_error err = { 0 };
    CHECK_OK(region_try(v, &diag, &r, &s, &err), err);
    assert_int_equal(diag.roi_components, 2);
    region_free(&r);
}

static void test_shape__spacing_scales(void **state)
{
    (void)state;
    region r = random_blob(7, grid_of(24, 22, 20, 1, 1.5, 2), 0);
    rx_settings s = any_settings();
    rx_value v1[RX_NFEATURES], v3[RX_NFEATURES];
    region_extract(v1, &r, &s);
    for (int a = 0; a < 3; a++) { r.grid.spacing_mm[a] *= 3; }
    region_extract(v3, &r, &s);
    CHECK_NEAR(val(v3, "shape_MeshVolume"), 27 * val(v1, "shape_MeshVolume"), 1e-12, 0);
    CHECK_NEAR(val(v3, "shape_SurfaceArea"), 9 * val(v1, "shape_SurfaceArea"), 1e-12, 0);
    CHECK_NEAR(val(v3, "shape_Maximum3DDiameter"), 3 * val(v1, "shape_Maximum3DDiameter"), 1e-12, 0);
    CHECK_NEAR(val(v3, "shape_LeastAxisLength"), 3 * val(v1, "shape_LeastAxisLength"), 1e-10, 0);
    CHECK_NEAR(val(v3, "shape_Sphericity"), val(v1, "shape_Sphericity"), 1e-12, 0);
    CHECK_NEAR(val(v3, "glcm_Contrast"), val(v1, "glcm_Contrast"), 0, 0);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape__cuboids), cmocka_unit_test(test_shape__sphere),
        cmocka_unit_test(test_shape__ellipsoid), cmocka_unit_test(test_shape__two_blobs),
        cmocka_unit_test(test_shape__corner_contact_is_one_component),
        cmocka_unit_test(test_shape__spacing_scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
