/* Shapes and intensities that nobody draws on purpose: values, NaN with its reason, or a refusal
 * that says why; and never anything else. */
#include "hostile.h"

static const hostile shapes[] = {
    { "no voxel", hostile_none, REFUSED, RX_EEMPTY, "label 1" },
    { "one voxel", hostile_one_voxel, REFUSED, RX_ETOOSMALL, "single voxel" },
    { "two voxels", hostile_two_voxels, ANY_VALUES, RX_OK, "" },
    { "a line along x", hostile_line_x, ANY_VALUES, RX_OK, "" },
    { "a line along y", hostile_line_y, ANY_VALUES, RX_OK, "" },
    { "a line along z", hostile_line_z, ANY_VALUES, RX_OK, "" },
    { "a slice of xy", hostile_slice_xy, ANY_VALUES, RX_OK, "" },
    { "a slice of xz", hostile_slice_xz, ANY_VALUES, RX_OK, "" },
    { "a slice of yz", hostile_slice_yz, ANY_VALUES, RX_OK, "" },
    { "a diagonal", hostile_diagonal, ANY_VALUES, RX_OK, "" },
    { "scattered voxels", hostile_scattered, ANY_VALUES, RX_OK, "" },
    { "two voxels in two corners", hostile_far_apart, ANY_VALUES, RX_OK, "" },
    { "the whole image", hostile_whole_image, ANY_VALUES, RX_OK, "" },
    { "a corner of the image", hostile_at_the_border, ANY_VALUES, RX_OK, "" },
    { "a hollow box", hostile_hollow, ANY_VALUES, RX_OK, "" },
    { "one intensity", hostile_constant, ANY_VALUES, RX_OK, "" },
    { "two intensities", hostile_two_levels, ANY_VALUES, RX_OK, "" },
    { "an outlier", hostile_an_outlier, ANY_VALUES, RX_OK, "" },
    { "huge intensities", hostile_huge_values, REFUSED, RX_ELIMIT, "grey levels" },
    { "tiny intensities", hostile_tiny_values, ANY_VALUES, RX_OK, "" },
    { "a NaN inside", hostile_nan_inside, REFUSED, RX_EINVAL, "(5, 5, 5)" },
    { "an infinity inside", hostile_infinite_inside, REFUSED, RX_EINVAL, "(5, 5, 5)" },
    { "a NaN outside", hostile_nan_outside, ANY_VALUES, RX_OK, "" },
    { "65,535 levels", hostile_65535_levels, ANY_VALUES, RX_OK, "" },
    { "65,600 levels", hostile_65600_levels, REFUSED, RX_ELIMIT, "65600 grey levels" },
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* Each value is a number, or NaN and said to be undefined; that of what was not asked for is not.
 * Only MCC's matrix can be too large for a region of this size. */
static void check_values(const rx_value *v, const rx_settings *s, const char *what)
{
    for (int i = 0; i < RX_NFEATURES; i++) {
        rx_why want = !s->enabled[i] ? RX_NOT_ASKED : isnan(v[i].v) ? RX_UNDEFINED : RX_DEFINED;
        if (v[i].why == RX_TOO_LARGE && i == rx_feature_index("original_glcm_MCC")) { want = RX_TOO_LARGE; }
        if (v[i].why != want || isinf(v[i].v) || (v[i].why != RX_DEFINED && !isnan(v[i].v))) {
            fail_msg("%s: %s is %g with reason %d", what, rx_features()[i].full_name, v[i].v,
                     (int)v[i].why);
        }
    }
}

static void check_refusal(const rx_value *v, const rx_error *err, const hostile *h, int rc)
{
    if (h->fate != REFUSED || rc != (int)h->code || err->code != h->code) {
        fail_msg("%s: refused with %d: %s", h->name, rc, err->msg);
    }
    if (!strstr(err->msg, h->word)) { fail_msg("%s: \"%s\" does not say %s", h->name, err->msg, h->word); }
    assert_null(strchr(err->msg, '\n'));
    for (int i = 0; i < RX_NFEATURES; i++) { assert_true(isnan(v[i].v) && v[i].why != RX_DEFINED); }
}

static int extract(rx_value v[RX_NFEATURES], rx_diagnostics *d, const region *r, rx_scalar type,
                   const void *voxels, const rx_settings *s, rx_workspace *ws, rx_error *err)
{
    rx_image image = { r->grid, type, voxels };
    rx_mask mask = { r->grid, r->mask, 1 };
    return rx_extract(v, d, &image, &mask, s, ws, err);
}

static void test_hostile__original(void **state)
{
    (void)state;
    rx_settings s = any_settings();
    rx_workspace *ws = rx_workspace_new();            /* one for all: nothing may be left behind */
    for (int n = 0; n < N_SHAPES; n++) {
        const hostile *h = &shapes[n];
        region r = h->make();
        rx_value v[RX_NFEATURES];
        rx_diagnostics d;
        rx_error err = { 0 };
        int rc = extract(v, &d, &r, RX_F64, r.image, &s, ws, &err);
        if (rc != RX_OK) {
            check_refusal(v, &err, h, rc);
        } else {
            if (h->fate == REFUSED) { fail_msg("%s: was not refused", h->name); }
            check_values(v, &s, h->name);
            assert_true(d.roi_voxels > 0 && d.roi_components > 0 && d.grey_levels > 0);
        }
        region_free(&r);
    }
    rx_workspace_free(ws);
}

/* What has only one direction or one slice still has its other settings. */
static void test_hostile__settings(void **state)
{
    (void)state;
    static const rx_norm norms[] = { RX_NORM_NONE, RX_NORM_EUCLIDEAN };
    rx_workspace *ws = rx_workspace_new();
    for (int variant = 0; variant < 16; variant++) {
        rx_settings s = any_settings();
        s.bin_count = variant & 1 ? 16 : 0;
        s.symmetrical_glcm = !(variant & 2);
        s.force_2d = variant & 4;
        s.force_2d_dimension = (unsigned)variant % 3;
        s.weighting_norm = norms[variant >> 3 & 1];
        s.gldm_alpha = variant & 1 ? 1.5 : 0;
        s.distances[0] = variant & 2 ? 3 : 1;
        for (int n = 0; n < N_SHAPES; n++) {
            if (shapes[n].fate == REFUSED || shapes[n].make == hostile_tiny_values) { continue; }
            if (shapes[n].make == hostile_65535_levels && variant % 5) { continue; }    /* slow */
            region r = shapes[n].make();
            rx_value v[RX_NFEATURES];
            rx_error err = { 0 };
            CHECK_OK(extract(v, NULL, &r, RX_F64, r.image, &s, ws, &err), err);
            check_values(v, &s, shapes[n].name);
            region_free(&r);
        }
    }
    rx_workspace_free(ws);
}

static void test_hostile__65535_levels(void **state)
{
    (void)state;
    rx_settings s = any_settings();
    region r = hostile_65535_levels();
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    check_values(v, &s, "65,535 levels");
    double N = 65535;
    CHECK_NEAR(val(v, "firstorder_Entropy"), log2(N), 1e-10, 0);
    CHECK_NEAR(val(v, "firstorder_Uniformity"), 1 / N, 1e-12, 0);
    CHECK_NEAR(val(v, "firstorder_Median"), 25 * (N - 1) / 2, 1e-12, 0);
    CHECK_NEAR(val(v, "shape_VoxelVolume"), N, 1e-12, 0);
    /* every level once: the textures have closed forms, too; 255 x 257 voxels in a slice */
    CHECK_NEAR(val(v, "glrlm_RunPercentage"), 1, 1e-12, 0);
    CHECK_NEAR(val(v, "glszm_GrayLevelVariance"), (N * N - 1) / 12, 1e-10, 0);
    CHECK_NEAR(val(v, "gldm_SmallDependenceEmphasis"), 1, 1e-12, 0);
    CHECK_NEAR(val(v, "glcm_JointEntropy"), (log2(2 * 254 * 257.0) + log2(2 * 255 * 256.0) + 2 * log2(2 * 254 * 256.0)) / 4, 1e-9, 0);
    /* sum over i, j of (1/N^2)(i-j)^2 is (N^2-1)/6; of |i-j|/N, (N^2-1)/3; of 2/N (i-j)^2, (N^2-1)N/3 */
    double mean_s = val(v, "ngtdm_Contrast") * (N * (N - 1)) / ((N * N - 1) / 6);
    CHECK_NEAR(val(v, "ngtdm_Coarseness"), 1 / mean_s, 1e-10, 0);
    CHECK_NEAR(val(v, "ngtdm_Busyness"), mean_s / ((N * N - 1) / 3), 1e-10, 0);
    CHECK_NEAR(val(v, "ngtdm_Strength"), (N * N - 1) * N / 3 / (mean_s * N), 1e-10, 0);
    assert_int_equal(named(v, "glcm_MCC").why, RX_TOO_LARGE);
    region_free(&r);
}

/* With every level once, the textures have closed forms. */
static void test_hostile__2048_levels(void **state)
{
    (void)state;
    rx_settings s = any_settings();
    s.enabled[rx_feature_index("original_glcm_MCC")] = false;     /* seconds, not a case of its own */
    region r = hostile_2048_levels();
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    check_values(v, &s, "2,048 levels");
    double N = 2048;
    CHECK_NEAR(val(v, "glrlm_RunPercentage"), 1, 1e-12, 0);
    CHECK_NEAR(val(v, "glszm_ZonePercentage"), 1, 1e-12, 0);
    CHECK_NEAR(val(v, "glszm_GrayLevelNonUniformity"), 1, 1e-12, 0);
    CHECK_NEAR(val(v, "glrlm_GrayLevelNonUniformityNormalized"), 1 / N, 1e-12, 0);
    CHECK_NEAR(val(v, "glszm_GrayLevelVariance"), (N * N - 1) / 12, 1e-10, 0);
    CHECK_NEAR(val(v, "gldm_SmallDependenceEmphasis"), 1, 1e-12, 0);
    region_free(&r);
}

/* 10 million voxels of a ball in a box of 19 million; under the sanitizers a smaller one. */
static void test_hostile__large(void **state)
{
    (void)state;
#ifdef PN_SANITIZED
    const size_t n = 64;
#else
    const size_t n = 268;
#endif
    rx_grid grid = grid_of(n, n, n, 1, 1, 1);
    int16_t *voxels = malloc(n * n * n * sizeof *voxels);
    uint8_t *label = malloc(n * n * n);
    assert_true(voxels && label);
    double centre = (double)(n - 1) / 2, radius = (double)n / 2;
    size_t at = 0, inside = 0;
    for (size_t k = 0; k < n; k++) {
        for (size_t j = 0; j < n; j++) {
            for (size_t i = 0; i < n; i++, at++) {
                double x = (double)i - centre, y = (double)j - centre, z = (double)k - centre;
                label[at] = x * x + y * y + z * z <= radius * radius;
                voxels[at] = (int16_t)((i * 7 + j * 13 + k * 29) % 331);
                inside += label[at];
            }
        }
    }
    region r = { .grid = grid, .mask = label };
    rx_settings s = any_settings();
    rx_workspace *ws = rx_workspace_new();
    rx_value v[RX_NFEATURES];
    rx_diagnostics d;
    rx_error err = { 0 };
    CHECK_OK(extract(v, &d, &r, RX_I16, voxels, &s, ws, &err), err);
    check_values(v, &s, "a large ball");
    assert_int_equal(d.roi_voxels, inside);
    assert_int_equal(d.roi_components, 1);
    double ball = 4.0 / 3 * 3.14159265358979 * radius * radius * radius;
    CHECK_NEAR(val(v, "shape_MeshVolume"), ball, 1e-2, 0);
    CHECK_NEAR(val(v, "shape_Maximum3DDiameter"), 2 * radius, 3e-2, 0);
    CHECK_NEAR(val(v, "shape_Sphericity"), 1, 0.1, 0);            /* voxel faces: below 1 */
    rx_workspace_free(ws);
    free(voxels);
    free(label);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile__original),
        cmocka_unit_test(test_hostile__settings),
        cmocka_unit_test(test_hostile__65535_levels),
        cmocka_unit_test(test_hostile__2048_levels),
        cmocka_unit_test(test_hostile__large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
