/* Filters of one voxel at a time, the gradient, the original; what settings and images are refused. */
#include "filtered.h"
#include <radiomics/volume.h>

static rx_filter_settings defaults(void)
{
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    return s;
}

static void test_point__formulas(void **state)
{
    (void)state;
    testimage t = image_new(3, 2, 1, 1, 1, 1);
    const double x[] = { 0, 3, -400, 100, -0.25, 1 }, m = 400;
    memcpy(t.v, x, sizeof x);
    rx_filter_settings s = defaults();
    double *square = filter_image(&t, RX_IMAGE_SQUARE, &s, "square");
    double *root = filter_image(&t, RX_IMAGE_SQUAREROOT, &s, "squareroot");
    double *logarithm = filter_image(&t, RX_IMAGE_LOGARITHM, &s, "logarithm");
    double *exponential = filter_image(&t, RX_IMAGE_EXPONENTIAL, &s, "exponential");
    double *original = filter_image(&t, RX_IMAGE_ORIGINAL, &s, "original");
    for (int i = 0; i < 6; i++) {
        double a = fabs(x[i]), sign = x[i] < 0 ? -1 : 1;
        CHECK_NEAR(square[i], x[i] * x[i] / m, 1e-14, 0);
        CHECK_NEAR(root[i], sign * sqrt(m * a), 1e-14, 0);
        CHECK_NEAR(logarithm[i], sign * log(a + 1) * m / log(m + 1), 1e-14, 0);
        CHECK_NEAR(exponential[i], pow(m, x[i] / m), 1e-13, 0);
        CHECK_NEAR(original[i], x[i], 0, 0);
    }
    /* the greatest magnitude keeps its size */
    CHECK_NEAR(square[2], 400, 1e-14, 0);
    CHECK_NEAR(root[2], -400, 1e-14, 0);
    CHECK_NEAR(logarithm[2], -400, 1e-14, 0);
    free(square);
    free(root);
    free(logarithm);
    free(exponential);
    free(original);
    volume_free(&t);
}

/* The maximum is of the whole image, not of the box. */
static void test_point__boxes_and_types(void **state)
{
    (void)state;
    testimage t = image_new(7, 6, 5, 0.5, 1, 2);
    fill_random(&t, 12);
    *voxel_of(&t, 6, 0, 4) = 9000;
    int16_t *whole = volume_i16(&t);
    rx_filter_settings s = defaults();
    rx_image image = view_of_image(&t), i16 = { t.grid, RX_I16, whole };
    static const struct { rx_image_type type; const char *name; } types[] = {
        { RX_IMAGE_ORIGINAL, "original" },       { RX_IMAGE_SQUARE, "square" },
        { RX_IMAGE_SQUAREROOT, "squareroot" },   { RX_IMAGE_LOGARITHM, "logarithm" },
        { RX_IMAGE_EXPONENTIAL, "exponential" }, { RX_IMAGE_GRADIENT, "gradient" },
    };
    for (int k = 0; k < 6; k++) {
        check_boxes(&image, RX_F64, NULL, types[k].type, &s);
        double *a = filter_image(&t, types[k].type, &s, types[k].name);
        double *b = filter_named(&i16, RX_I16, NULL, NULL, types[k].type, &s, types[k].name, NULL);
        assert_memory_equal(a, b, grid_size(&t.grid) * sizeof *a);
        free(a);
        free(b);
    }
    free(whole);
    volume_free(&t);
}

/* An image of 0 has no scale; only squareroot and the gradient make something of it. */
static void test_point__empty_image(void **state)
{
    (void)state;
    testimage t = image_new(4, 4, 4, 1, 1, 1);
    rx_filter_settings s = defaults();
    rx_image image = view_of_image(&t);
    for (rx_image_type type = RX_IMAGE_SQUARE; type <= RX_IMAGE_GRADIENT; type++) {
        rx_filter *f = NULL;
        rx_filtered out;
        rx_error err = { 0 };
        bool more = false, defined = type == RX_IMAGE_SQUAREROOT || type == RX_IMAGE_GRADIENT;
        CHECK_OK(rx_filter_open(&f, &image, RX_F64, NULL, NULL, type, &s, &err), err);
        CHECK_OK(rx_filter_next(&more, &out, f, &err), err);
        assert_true(more);
        assert_int_equal(out.skipped, !defined);
        if (defined) {
            double *v = doubles_of(&out.image);
            for (size_t i = 0; i < 64; i++) { CHECK_NEAR(v[i], 0, 0, 0); }
            free(v);
        } else {
            assert_non_null(strstr(out.why, "0 everywhere"));
        }
        rx_filter_free(f);
    }
    volume_free(&t);
}

/* Of a linear function its slope, and at an edge half of the part across it; without spacing, in
 * grey values a voxel. */
static void test_gradient__linear(void **state)
{
    (void)state;
    testimage t = image_new(6, 5, 4, 0.5, 2, 3);
    for (size_t at = 0; at < 120; at++) {
        t.v[at] = 3 * (double)(at % 6) - 8 * (double)(at / 6 % 5) + 12 * (double)(at / 30);
    }
    rx_filter_settings s = defaults();
    for (int use = 1; use >= 0; use--) {
        s.gradient_use_spacing = use;
        double *v = filter_image(&t, RX_IMAGE_GRADIENT, &s, "gradient");
        const double slope[3] = { use ? 6 : 3, use ? 4 : 8, use ? 4 : 12 };
        const size_t n[3] = { 6, 5, 4 };
        for (size_t at = 0; at < 120; at++) {
            const size_t index[3] = { at % 6, at / 6 % 5, at / 30 };
            double sum = 0;
            for (int a = 0; a < 3; a++) {
                double here = slope[a] / (index[a] == 0 || index[a] == n[a] - 1 ? 2 : 1);
                sum += here * here;
            }
            CHECK_NEAR(v[at], sqrt(sum), 1e-7, 0);
        }
        free(v);
    }
    volume_free(&t);
}

/* One voxel along an axis has no slope there. */
static void test_gradient__flat_axes(void **state)
{
    (void)state;
    testimage t = image_new(5, 1, 1, 1, 1, 1);
    for (int i = 0; i < 5; i++) { t.v[i] = i * i; }
    rx_filter_settings s = defaults();
    double *v = filter_image(&t, RX_IMAGE_GRADIENT, &s, "gradient");
    const double want[] = { 0.5, 2, 4, 6, 3.5 };
    for (int i = 0; i < 5; i++) { CHECK_NEAR(v[i], want[i], 0, 0); }
    free(v);
    volume_free(&t);
}

/* One spoils all where every voxel counts, and its neighbourhood only elsewhere. */
static void test_point__voxels_that_are_not_finite(void **state)
{
    (void)state;
    testimage t = image_new(16, 12, 14, 1, 1, 1);
    rx_filter_settings s = defaults();
    s.sigma[s.n_sigma++] = (rx_sigma){ 1, false };
    rx_image image = view_of_image(&t);
    const double bad[] = { (double)NAN, (double)INFINITY, (double)-INFINITY };
    static const struct { rx_image_type type; const char *name; } near[] = {
        { RX_IMAGE_ORIGINAL, "original" }, { RX_IMAGE_WAVELET, "wavelet-LLL" }, { RX_IMAGE_GRADIENT, "gradient" },
    };
    for (int b = 0; b < 3; b++) {
        *voxel_of(&t, 8, 6, 7) = bad[b];
        for (rx_image_type type = RX_IMAGE_LOG; type <= RX_IMAGE_EXPONENTIAL; type++) {
            rx_filter *f = NULL;
            rx_error err = { 0 };
            if (type == RX_IMAGE_WAVELET) { continue; }
            assert_int_equal(rx_filter_open(&f, &image, RX_F64, NULL, NULL, type, &s, &err), RX_EINVAL);
            assert_null(f);
            assert_non_null(strstr(err.msg, "not finite"));
            assert_non_null(strstr(err.msg, rx_image_type_name(type)));
        }
        for (int n = 0; n < 3; n++) {
            double *v = filter_image(&t, near[n].type, &s, near[n].name);
            bool spoilt = false;
            for (size_t at = 0; at < grid_size(&t.grid); at++) {
                double x = (double)(at % 16) - 8, y = (double)(at / 16 % 12) - 6, z = (double)(at / 192) - 7;
                if (fabs(x) > 3 || fabs(y) > 3 || fabs(z) > 3) { assert_true(isfinite(v[at])); }
                spoilt = spoilt || !isfinite(v[at]);
            }
            assert_true(spoilt);
            free(v);
        }
    }
    volume_free(&t);
}

static void test_point__settings_that_are_refused(void **state)
{
    (void)state;
    rx_error err;
    rx_filter_settings s;
#define REFUSED(kind, change, text)                                                                \
    do {                                                                                           \
        s = defaults();                                                                            \
        change;                                                                                    \
        assert_int_equal(rx_filter_settings_check(&s, kind, &err), RX_EINVAL);                     \
        if (!strstr(err.msg, text)) { fail_msg("'%s' does not name '%s'", err.msg, text); }        \
    } while (0)
    REFUSED(RX_IMAGE_LOG, (s.n_sigma = 1, s.sigma[0].mm = 0), "sigma is 0");
    REFUSED(RX_IMAGE_LOG, (s.n_sigma = 1, s.sigma[0].mm = (double)NAN), "sigma is");
    REFUSED(RX_IMAGE_LOG, s.n_sigma = RX_MAX_SIGMAS + 1, "33");
    REFUSED(RX_IMAGE_WAVELET, strcpy(s.wavelet, "db0"), "'db0'");
    REFUSED(RX_IMAGE_WAVELET, strcpy(s.wavelet, "db39"), "'db39'");
    REFUSED(RX_IMAGE_WAVELET, strcpy(s.wavelet, "db4x"), "'db4x'");
    REFUSED(RX_IMAGE_WAVELET, strcpy(s.wavelet, "sym1"), "'sym1'");
    REFUSED(RX_IMAGE_WAVELET, strcpy(s.wavelet, "bior1.2"), "'bior1.2'");
    REFUSED(RX_IMAGE_WAVELET, strcpy(s.wavelet, ""), "''");
    REFUSED(RX_IMAGE_WAVELET, strcpy(s.wavelet, "haarhaarhaarhaa"), "'haarhaar");
    REFUSED(RX_IMAGE_WAVELET, s.level = 0, "level is 0");
    REFUSED(RX_IMAGE_WAVELET, s.start_level = 1000, "start_level is 1000");
    REFUSED(RX_IMAGE_WAVELET, s.force_2d_dimension = 3, "force2Ddimension is 3");
    REFUSED(RX_IMAGE_LBP2D, s.lbp2d_samples = 0, "lbp2DSamples is 0");
    REFUSED(RX_IMAGE_LBP2D, s.lbp2d_samples = 32, "lbp2DSamples is 32");
    REFUSED(RX_IMAGE_LBP2D, s.lbp2d_radius = -1, "lbp2DRadius is -1");
    REFUSED(RX_IMAGE_LBP2D, s.lbp2d_method = (rx_lbp_method)7, "lbp2DMethod");
    REFUSED(RX_IMAGE_LBP3D, s.lbp3d_levels = 0, "lbp3DLevels is 0");
    REFUSED(RX_IMAGE_LBP3D, s.lbp3d_icosphere_radius = (double)NAN, "lbp3DIcosphereRadius");
    REFUSED(RX_IMAGE_LBP3D, s.lbp3d_icosphere_subdivision = 5, "lbp3DIcosphereSubdivision is 5");
    REFUSED(RX_NIMAGE_TYPES, (void)0, "image type");
#undef REFUSED
    /* what a type does not use is not looked at */
    s = defaults();
    strcpy(s.wavelet, "none");
    s.lbp2d_samples = 0;
    CHECK_OK(rx_filter_settings_check(&s, RX_IMAGE_SQUARE, &err), err);
}

static void test_point__boxes_and_masks_that_are_refused(void **state)
{
    (void)state;
    testimage t = image_new(4, 3, 2, 1, 1, 1);
    uint8_t label[24] = { 0 };
    rx_filter_settings s = defaults();
    rx_image image = view_of_image(&t), none = { t.grid, RX_F64, NULL }, thin = view_of_image(&t);
    rx_mask other = { t.grid, label, 1 };
    other.grid.dim[1] = 4;
    thin.grid.spacing_mm[2] = 0;
    const rx_box outside = { { 0, 0, 0 }, { 3, 3, 1 } }, reversed = { { 2, 0, 0 }, { 1, 2, 1 } };
    rx_filter *f = NULL;
    rx_error err = { 0 };
    assert_int_equal(rx_filter_open(&f, &image, RX_F64, NULL, &outside, RX_IMAGE_SQUARE, &s, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "axis 1, which has 3"));
    assert_int_equal(rx_filter_open(&f, &image, RX_F64, NULL, &reversed, RX_IMAGE_SQUARE, &s, &err), RX_EINVAL);
    assert_int_equal(rx_filter_open(&f, &none, RX_F64, NULL, NULL, RX_IMAGE_SQUARE, &s, &err), RX_EINVAL);
    assert_int_equal(rx_filter_open(&f, &thin, RX_F64, NULL, NULL, RX_IMAGE_SQUARE, &s, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "spacing_mm[2] is 0"));
    assert_int_equal(rx_filter_open(&f, &image, RX_F64, NULL, NULL, RX_IMAGE_LBP3D, &s, &err), RX_EINVAL);
    assert_int_equal(rx_filter_open(&f, &image, RX_F64, &other, NULL, RX_IMAGE_LBP3D, &s, &err), RX_EGRID);
    assert_null(f);
    rx_filter_free(NULL);
    volume_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_point__formulas),
        cmocka_unit_test(test_point__boxes_and_types),
        cmocka_unit_test(test_point__empty_image),
        cmocka_unit_test(test_gradient__linear),
        cmocka_unit_test(test_gradient__flat_axes),
        cmocka_unit_test(test_point__voxels_that_are_not_finite),
        cmocka_unit_test(test_point__settings_that_are_refused),
        cmocka_unit_test(test_point__boxes_and_masks_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
