/* Owned volumes, regions and lists of results. */
#include <math.h>
#include <radiomics/results.h>
#include <radiomics/volume.h>
#include "region.h"

static const rx_grid grid = {
    .dim = { 3, 2, 2 }, .spacing_mm = { 1, 2, 3 }, .direction = { 1, 0, 0, 0, 1, 0, 0, 0, 1 },
};

static void test_copies_every_type(void **state)
{
    (void)state;
    int16_t i16[12];
    float f32[12];
    double f64[12];
    for (int i = 0; i < 12; i++) { i16[i] = (int16_t)(i - 6); f32[i] = (float)(i - 6); f64[i] = i - 6; }
    const rx_image images[] = { { grid, RX_I16, i16 }, { grid, RX_F32, f32 }, { grid, RX_F64, f64 } };
    for (size_t t = 0; t < 3; t++) {
        rx_volume v;
        rx_error err;
        CHECK_OK(rx_volume_copy(&v, &images[t], &err), err);
        rx_image view = rx_volume_image(&v);
        assert_int_equal(view.type, RX_F64);
        assert_memory_equal(&view.grid, &grid, sizeof grid);
        assert_memory_equal(view.voxels, f64, sizeof f64);
        rx_volume_free(&v);
        assert_null(v.voxels);
    }
}

static void test_region_takes_the_label(void **state)
{
    (void)state;
    const uint8_t voxels[12] = { 0, 1, 2, 3, 2, 2, 0, 0, 1, 1, 0, 2 };
    rx_mask mask = { grid, voxels, 2 };
    rx_region r;
    rx_error err;
    CHECK_OK(rx_region_copy(&r, &mask, &err), err);
    for (int i = 0; i < 12; i++) { assert_int_equal(r.voxels[i], voxels[i] == 2); }
    assert_int_equal(rx_region_mask(&r).label, 1);
    rx_region_free(&r);
    rx_region_free(NULL);
}

static void test_refuses_sizes(void **state)
{
    (void)state;
    rx_volume v;
    rx_error err;
    rx_grid g = grid;
    g.dim[1] = 0;
    assert_int_equal(rx_volume_new(&v, &g, &err), RX_EINVAL);
    g.dim[1] = (size_t)1 << 40;
    g.dim[0] = (size_t)1 << 40;
    assert_int_equal(rx_volume_new(&v, &g, &err), RX_ELIMIT);
    assert_null(v.voxels);
    rx_image none = { grid, RX_F64, NULL };
    assert_int_equal(rx_volume_copy(&v, &none, &err), RX_EINVAL);
}

static void test_results_by_name(void **state)
{
    (void)state;
    rx_results r = { 0 };
    rx_error err;
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "image_class_%d", i);
        CHECK_OK(rx_results_add(&r, name, i % 2 ? "ACUI" : NULL, NULL, i == 7 ? (double)INFINITY : i, &err), err);
    }
    assert_int_equal(r.n, 300);
    const rx_result *found = rx_results_find(&r, "image_class_251");
    assert_non_null(found);
    assert_true(found->value.v >= 251 && found->value.v <= 251);
    assert_string_equal(found->ibsi_code, "ACUI");
    assert_string_equal(found->ibsi_aggregation, "");
    found = rx_results_find(&r, "image_class_7");
    assert_int_equal(found->value.why, RX_UNDEFINED);
    assert_true(isnan(found->value.v));
    assert_null(rx_results_find(&r, "image_class_300"));
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[199] = '\0';
    assert_int_equal(rx_results_add(&r, longest, NULL, NULL, 1, &err), RX_EINVAL);
    assert_int_equal(r.n, 300);
    rx_results_clear(&r);
    assert_null(rx_results_find(&r, "image_class_251"));
    rx_results_free(&r);
    assert_int_equal(r.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_every_type), cmocka_unit_test(test_region_takes_the_label),
        cmocka_unit_test(test_refuses_sizes), cmocka_unit_test(test_results_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
