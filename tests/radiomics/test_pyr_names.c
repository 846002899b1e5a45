/* What settings give, by name: against what an extraction does give. */
#include <radiomics/pyradiomics.h>
#include "region.h"

static region small_cube(void)
{
    rx_grid g = { .dim = { 12, 12, 12 }, .spacing_mm = { 1, 1, 1 }, .direction = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    region r = region_new(g);
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = (double)(i * 7919 % 101); }
    for (size_t k = 3; k < 9; k++) {
        for (size_t j = 3; j < 9; j++) {
            for (size_t i = 3; i < 9; i++) { r.mask[region_at(&r, i, j, k)] = 1; }
        }
    }
    return r;
}

/* Every image type, wavelets on two levels. */
static void settings_with_all(rx_pyradiomics *s)
{
    rx_error err;
    rx_pyradiomics_default(s);
    for (int t = RX_IMAGE_LOG; t < RX_NIMAGE_TYPES; t++) {
        rx_pyr_image *image = rx_pyradiomics_add_image(s, (rx_image_type)t, &err);
        assert_non_null(image);
        image->own.filter.level = 2;
        if (t == RX_IMAGE_LOG) {
            CHECK_OK(rx_pyr_add_sigma(&image->own, 2, true, &err), err);
            CHECK_OK(rx_pyr_add_sigma(&image->own, 1.5, false, &err), err);
        }
    }
}

static void check_given(const rx_pyradiomics *s)
{
    region r = small_cube();
    rx_results values = { 0 };
    rx_error err;
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r.grid, RX_F64, r.image };
    rx_mask mask = { r.grid, r.mask, 1 };
    CHECK_OK(rx_pyradiomics_extract(&values, NULL, &image, &mask, s, ws, &err), err);
    assert_true(values.n > 100);
    for (size_t i = 0; i < values.n; i++) {
        char name[RX_FILTERED_NAME];
        int index = rx_pyradiomics_feature(name, values.v[i].name);
        assert_true(index >= 0);
        size_t n = strlen(name);
        assert_memory_equal(values.v[i].name, name, n);
        assert_string_equal(values.v[i].name + n, rx_features()[index].full_name + strlen("original"));
        if (!rx_pyradiomics_gives(s, values.v[i].name)) { fail_msg("%s", values.v[i].name); }
    }
    rx_results_free(&values);
    rx_workspace_free(ws);
    region_free(&r);
}

static void test_all_that_is_given(void **state)
{
    (void)state;
    rx_pyradiomics s;
    settings_with_all(&s);
    check_given(&s);
    for (unsigned i = 0; i < s.n_images; i++) { s.images[i].own.features.force_2d = true; }
    s.base.features.force_2d = true;
    check_given(&s);
}

static void test_nothing_else(void **state)
{
    (void)state;
    static const char *const not_given[] = {
        "", "_", "original", "original_", "original_glcm_Nothing", "glcm_Contrast", "wavelet-LLH_shape_Flatness",
        "wavelet-LLL_glcm_Contrast", "wavelet3-LLH_glcm_Contrast", "log-sigma-2-0-mm-3D_glcm_Contrast",
        "log-sigma-3-mm-3D_glcm_Contrast", "lbp-3D-m3_glcm_Contrast", "Square_glcm_Contrast",
    };
    rx_pyradiomics s, plain;
    settings_with_all(&s);
    rx_pyradiomics_default(&plain);
    for (size_t i = 0; i < sizeof not_given / sizeof *not_given; i++) {
        assert_false(rx_pyradiomics_gives(&plain, not_given[i]));
        /* on two levels the only LLL is the second's */
        assert_false(rx_pyradiomics_gives(&s, not_given[i]));
    }
    assert_true(rx_pyradiomics_gives(&s, "wavelet2-LLL_glcm_Contrast"));
    assert_true(rx_pyradiomics_gives(&s, "log-sigma-1-5-mm-3D_glcm_Contrast"));
    assert_false(rx_pyradiomics_gives(&plain, "wavelet-LLH_glcm_Contrast"));
    plain.base.features.enabled[rx_feature_index("original_glcm_Contrast")] = false;
    assert_false(rx_pyradiomics_gives(&plain, "original_glcm_Contrast"));
    assert_true(rx_pyradiomics_gives(&plain, "original_glcm_Correlation"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_is_given), cmocka_unit_test(test_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
