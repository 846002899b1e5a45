/* What is refused, with which code, and what the message names. */
#include "region.h"

static region cube(size_t n)
{
    region r = region_new(grid_of(n + 2, n + 2, n + 2, 1, 1, 1));
    for (size_t k = 1; k <= n; k++) {
        for (size_t j = 1; j <= n; j++) {
            for (size_t i = 1; i <= n; i++) { region_set(&r, i, j, k, (double)(i * j + 30 * k)); }
        }
    }
    return r;
}

/* Refused with that code and word; and no value is left over. */
static void refuse(const region *r, const rx_settings *s, rx_code code, const char *word)
{
    rx_value v[RX_NFEATURES];
    rx_error err = { 0 };
    int rc = region_try(v, NULL, r, s, &err);
    if (rc != (int)code) { fail_msg("got code %d (%s), expected %d", rc, err.msg, (int)code); }
    assert_int_equal(err.code, code);
    if (!strstr(err.msg, word)) { fail_msg("\"%s\" does not name %s", err.msg, word); }
    assert_null(strchr(err.msg, '\n'));
    for (int i = 0; i < RX_NFEATURES; i++) {
        assert_true(isnan(v[i].v));
        assert_int_equal(v[i].why, RX_UNDEFINED);
    }
    assert_int_equal(region_try(v, NULL, r, s, NULL), code);
}

static void test_refusals__voxels(void **state)
{
    (void)state;
    rx_settings s;
    rx_settings_default(&s);
    const double bad[] = { (double)NAN, (double)INFINITY, -(double)INFINITY };
    for (int i = 0; i < 3; i++) {
        region r = cube(3);
        r.image[region_at(&r, 2, 3, 1)] = bad[i];
        refuse(&r, &s, RX_EINVAL, "(2, 3, 1)");
        r.image[region_at(&r, 2, 3, 1)] = 1;
        r.image[0] = bad[i];                       /* outside the region it does not matter */
        rx_value v[RX_NFEATURES];
        region_extract(v, &r, &s);
        region_free(&r);
    }
}

static void test_refusals__size(void **state)
{
    (void)state;
    rx_settings s;
    rx_settings_default(&s);
    region r = cube(3);
    s.minimum_roi_size = 27;                       /* as PyRadiomics: more than the minimum */
    refuse(&r, &s, RX_ETOOSMALL, "27");
    s.minimum_roi_size = 26;
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    region_free(&r);

    rx_settings_default(&s);
    r = region_new(grid_of(4, 4, 4, 1, 1, 1));
    refuse(&r, &s, RX_EEMPTY, "label 1");
    region_set(&r, 1, 1, 1, 5);
    s.minimum_roi_dimensions = 1;
    refuse(&r, &s, RX_ETOOSMALL, "single voxel");
    region_set(&r, 1, 2, 1, 5);
    region_extract(v, &r, &s);
    s.minimum_roi_dimensions = 2;
    refuse(&r, &s, RX_ETOOSMALL, "1 dimensions");
    region_set(&r, 2, 2, 1, 5);
    s.minimum_roi_dimensions = 3;
    refuse(&r, &s, RX_ETOOSMALL, "at least 3");
    region_free(&r);
}

static int extract_on(const rx_grid *image_grid, const rx_grid *mask_grid, rx_error *err)
{
    region r = cube(3);
    rx_settings s;
    rx_settings_default(&s);
    rx_workspace *ws = rx_workspace_new();
    rx_value v[RX_NFEATURES];
    rx_image image = { *image_grid, RX_F64, r.image };
    rx_mask mask = { *mask_grid, r.mask, 1 };
    int rc = rx_extract(v, NULL, &image, &mask, &s, ws, err);
    rx_workspace_free(ws);
    region_free(&r);
    return rc;
}

static void test_refusals__grids(void **state)
{
    (void)state;
    const rx_grid g = grid_of(5, 5, 5, 1, 1, 1);
    rx_error err = { 0 };
    rx_grid m = g;
    CHECK_OK(extract_on(&g, &m, &err), err);
    m.spacing_mm[1] += 5e-7;
    m.origin_mm[2] -= 5e-7;
    m.direction[1] += 5e-7;
    CHECK_OK(extract_on(&g, &m, &err), err);
    m = g;
    m.dim[2] = 4;
    assert_int_equal(extract_on(&g, &m, &err), RX_EGRID);
    m = g;
    m.spacing_mm[1] += 5e-6;
    assert_int_equal(extract_on(&g, &m, &err), RX_EGRID);
    assert_non_null(strstr(err.msg, "spacing_mm[1]"));
    m = g;
    m.origin_mm[0] = 1e-5;
    assert_int_equal(extract_on(&g, &m, &err), RX_EGRID);
    m = g;
    m.direction[4] = -1;
    assert_int_equal(extract_on(&g, &m, &err), RX_EGRID);
    m = g;
    m.origin_mm[0] = (double)NAN;
    assert_int_equal(extract_on(&g, &m, &err), RX_EINVAL);
    m = g;
    m.spacing_mm[2] = 0;
    assert_int_equal(extract_on(&m, &g, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "spacing_mm[2]"));
    m = g;
    m.dim[0] = 0;
    assert_int_equal(extract_on(&m, &g, &err), RX_EINVAL);
    m = g;
    m.dim[0] = m.dim[1] = SIZE_MAX / 2;
    assert_int_equal(extract_on(&m, &m, &err), RX_ELIMIT);
}

/* 65,535 levels, neighbourhoods of 17^3 - 1 voxels. */
static void test_refusals__large_neighbourhoods(void **state)
{
    (void)state;
    region r = region_new(grid_of(41, 40, 40, 1, 1, 1));
    for (size_t i = 0; i < 65600; i++) { region_set(&r, i % 41, i / 41 % 40, i / 1640, (double)(i % 65535)); }
    rx_settings s;
    rx_settings_default(&s);
    s.bin_width = 1;
    s.n_distances = 8;
    for (unsigned d = 0; d < 8; d++) { s.distances[d] = d + 1; }
    for (int f = 0; f < RX_NFEATURES; f++) { s.enabled[f] = rx_features()[f].cls != RX_GLCM; }
    rx_value v[RX_NFEATURES];
    rx_error err = { 0 };
    assert_int_equal(region_try(v, NULL, &r, &s, &err), RX_OK);
    assert_int_equal(err.code, RX_OK);                       /* and nothing is said of it  */
    assert_int_equal(named(v, "gldm_SmallDependenceEmphasis").why, RX_TOO_LARGE);
    assert_int_equal(named(v, "ngtdm_Contrast").why, RX_TOO_LARGE);
    assert_true(isnan(val(v, "ngtdm_Contrast")));
    assert_int_equal(named(v, "glszm_ZonePercentage").why, RX_DEFINED);
    region_free(&r);
}

static void test_refusals__grey_levels(void **state)
{
    (void)state;
    rx_settings s;
    rx_settings_default(&s);
    s.bin_width = 1;
    region r = region_new(grid_of(256, 256, 1, 1, 1, 1));
    for (size_t i = 0; i < 65536; i++) { region_set(&r, i % 256, i / 256, 0, (double)(i < 65535 ? i : 0)); }
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);                               /* each of them occurs        */
    CHECK_NEAR(val(v, "firstorder_Maximum"), 65534, 0, 0);
    assert_int_equal(named(v, "glcm_Contrast").why, RX_DEFINED);
    assert_int_equal(named(v, "glcm_MCC").why, RX_TOO_LARGE);
    assert_true(isnan(val(v, "glcm_MCC")));
    for (int f = 0; f < RX_NFEATURES; f++) { s.enabled[f] = rx_features()[f].cls <= RX_FIRSTORDER; }
    region_extract(v, &r, &s);
    assert_int_equal(named(v, "glcm_Contrast").why, RX_NOT_ASKED);

    rx_settings_default(&s);
    s.bin_width = 1e-3;
    refuse(&r, &s, RX_ELIMIT, "65534001 grey levels");
    r.image[5] = 1e300;
    refuse(&r, &s, RX_ELIMIT, "1e+300");
    region_free(&r);

    r = cube(2);
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = 1e18 + 256 * (double)(i % 3); }
    s.bin_width = 0.5;
    rx_error err = { 0 };
    assert_int_not_equal(region_try(v, NULL, &r, &s, &err), RX_OK);
    region_free(&r);
}

/* Two voxels far apart must not cost the memory of all that lies between them. */
static void test_refusals__thin_wide_box(void **state)
{
    (void)state;
    const size_t side = 4200;
    rx_grid grid = grid_of(1, side, side, 1, 1, 1);
    int16_t *voxels = calloc(side * side, sizeof *voxels);
    uint8_t *label = calloc(side * side, 1);
    assert_true(voxels && label);
    label[0] = label[side * side - 1] = 1;
    rx_image image = { grid, RX_I16, voxels };
    rx_mask mask = { grid, label, 1 };
    rx_workspace *ws = rx_workspace_new();
    rx_settings s;
    rx_settings_default(&s);
    rx_value v[RX_NFEATURES];
    rx_error err = { 0 };
    assert_int_equal(rx_extract(v, NULL, &image, &mask, &s, ws, &err), RX_ELIMIT);
    assert_non_null(strstr(err.msg, "4200 x 4200"));
    rx_workspace_free(ws);
    free(voxels);
    free(label);
}

static void test_refusals__immeasurable_range(void **state)
{
    (void)state;
    region r = cube(2);
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = i % 2 ? 1.7e308 : -1.7e308; }
    rx_settings s;
    rx_settings_default(&s);
    refuse(&r, &s, RX_ELIMIT, "1.7e+308");
    s.bin_count = 4;
    refuse(&r, &s, RX_ELIMIT, "1.7e+308");
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = i % 2 ? 1e16 : 1e16 + 2; }
    refuse(&r, &s, RX_ELIMIT, "told apart");        /* two doubles lie there, and 4 bins */
    region_free(&r);
}

/* Few levels over a wide range are welcome. */
static void test_refusals__not_of_sparse_levels(void **state)
{
    (void)state;
    region r = cube(4);
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = i % 2 ? 0 : 65533; }
    rx_settings s;
    rx_settings_default(&s);
    s.bin_width = 1;
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    CHECK_NEAR(val(v, "glcm_DifferenceAverage") * 65533, val(v, "glcm_Contrast"), 1e-12, 0);
    region_free(&r);
}

static void test_refusals__settings(void **state)
{
    (void)state;
    region r = cube(3);
    rx_settings s, good;
    rx_settings_default(&good);
    rx_error err = { 0 };
    CHECK_OK(rx_settings_check(&good, &err), err);

    s = good; s.bin_width = 0;              refuse(&r, &s, RX_EINVAL, "binWidth");
    s = good; s.bin_width = -25;            refuse(&r, &s, RX_EINVAL, "-25");
    s = good; s.bin_width = (double)NAN;    refuse(&r, &s, RX_EINVAL, "binWidth");
    s = good; s.bin_count = 70000;          refuse(&r, &s, RX_EINVAL, "70000");
    s = good; s.n_distances = 0;            refuse(&r, &s, RX_EINVAL, "distances");
    s = good; s.n_distances = 9;            refuse(&r, &s, RX_EINVAL, "distances");
    s = good; s.distances[0] = 0;           refuse(&r, &s, RX_EINVAL, "distances[0]");
    s = good; s.distances[0] = 9;           refuse(&r, &s, RX_EINVAL, "distances[0]");
    s = good; s.gldm_alpha = -1;            refuse(&r, &s, RX_EINVAL, "gldm_a");
    s = good; s.voxel_array_shift = (double)INFINITY; refuse(&r, &s, RX_EINVAL, "voxelArrayShift");
    s = good; s.minimum_roi_dimensions = 0; refuse(&r, &s, RX_EINVAL, "minimumROIDimensions");
    s = good; s.minimum_roi_dimensions = 4; refuse(&r, &s, RX_EINVAL, "minimumROIDimensions");

    rx_value v[RX_NFEATURES];
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r.grid, RX_F64, NULL };
    rx_mask mask = { r.grid, r.mask, 1 };
    assert_int_equal(rx_extract(v, NULL, &image, &mask, &good, ws, &err), RX_EINVAL);
    assert_int_equal(rx_extract(v, NULL, NULL, &mask, &good, ws, &err), RX_EINVAL);
    image.voxels = r.image;
    image.type = (rx_scalar)17;
    assert_int_equal(rx_extract(v, NULL, &image, &mask, &good, ws, &err), RX_EINVAL);
    rx_workspace_free(ws);
    region_free(&r);
}

static void test_refusals__only_what_is_asked(void **state)
{
    (void)state;
    region r = cube(4);
    rx_settings s;
    rx_settings_default(&s);
    rx_value all[RX_NFEATURES], one[RX_NFEATURES];
    region_extract(all, &r, &s);
    for (int f = 0; f < RX_NFEATURES; f++) {
        for (int g = 0; g < RX_NFEATURES; g++) { s.enabled[g] = g == f; }
        region_extract(one, &r, &s);
        for (int g = 0; g < RX_NFEATURES; g++) {
            assert_int_equal(one[g].why, g == f ? RX_DEFINED : RX_NOT_ASKED);
            CHECK_NEAR(one[g].v, g == f ? all[g].v : (double)NAN, 0, 0);
        }
    }
    region_free(&r);
}

static void test_refusals__names(void **state)
{
    (void)state;
    for (int i = 0; i < RX_NFEATURES; i++) {
        const rx_feature_def *d = &rx_features()[i];
        char full[128];
        snprintf(full, sizeof full, "original_%s_%s", rx_class_name(d->cls), d->name);
        assert_string_equal(full, d->full_name);
        assert_int_equal(rx_feature_index(full), i);
    }
    assert_int_equal(rx_feature_index("original_shape_Beauty"), -1);
    assert_int_equal(rx_feature_index(NULL), -1);
    assert_string_equal(rx_class_name(RX_NCLASSES), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals__voxels), cmocka_unit_test(test_refusals__size),
        cmocka_unit_test(test_refusals__grids), cmocka_unit_test(test_refusals__grey_levels),
        cmocka_unit_test(test_refusals__large_neighbourhoods),
        cmocka_unit_test(test_refusals__not_of_sparse_levels),
        cmocka_unit_test(test_refusals__thin_wide_box), cmocka_unit_test(test_refusals__immeasurable_range),
        cmocka_unit_test(test_refusals__settings),
        cmocka_unit_test(test_refusals__only_what_is_asked), cmocka_unit_test(test_refusals__names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
