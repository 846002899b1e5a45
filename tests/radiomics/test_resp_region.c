/* Response maps around a region, borders, odd images, refused settings, names. */
#include "resp_case.h"
#include "resp_lines.h"

/* ---- around a region ------------------------------------------------------------------ */

static rx_region region_of(const rx_grid *grid, const size_t min[3], const size_t max[3])
{
    rx_region r;
    rx_error err;
    CHECK_OK(rx_region_new(&r, grid, &err), err);
    for (size_t i = 0; i < grid->dim[0] * grid->dim[1] * grid->dim[2]; i++) {
        size_t at[3] = { i % grid->dim[0], i / grid->dim[0] % grid->dim[1], i / grid->dim[0] / grid->dim[1] };
        bool in = (at[0] + at[1] + at[2]) % 3 != 0 || memcmp(at, min, sizeof at) == 0 || memcmp(at, max, sizeof at) == 0;
        for (int a = 0; a < 3; a++) { in = in && at[a] >= min[a] && at[a] <= max[a]; }
        r.voxels[i] = in;
    }
    return r;
}

static void check_region(const rx_volume *image, const size_t min[3], const size_t max[3], const rx_response *f)
{
    rx_error err;
    rx_region region = region_of(&image->grid, min, max), part;
    rx_volume whole = case_map(image, f), map;
    CHECK_OK(rx_response_map_region(&map, &part, image, &region, f, &err), err);
    bool fourier = f->kind >= RX_RESPONSE_GABOR && f->kind != RX_RESPONSE_WAVELET;
    for (size_t i = 0; i < case_count(&map); i++) {
        const size_t *dim = map.grid.dim;
        size_t x = min[0] + i % dim[0], y = min[1] + i / dim[0] % dim[1], z = min[2] + i / dim[0] / dim[1];
        double want = *case_at(&whole, x, y, z);
        if (fourier) {
            CHECK_NEAR(map.voxels[i], want, 1e-12, 1e-9);
        } else {
            CHECK_NEAR(map.voxels[i], want, 0, 0);       /* to the last bit */
        }
        assert_int_equal(part.voxels[i], region.voxels[(z * image->grid.dim[1] + y) * image->grid.dim[0] + x]);
    }
    for (int a = 0; a < 3; a++) {
        assert_int_equal(map.grid.dim[a], max[a] - min[a] + 1);
        CHECK_NEAR(map.grid.origin_mm[a], (double)min[a] * map.grid.spacing_mm[a], 1e-15, 0);
    }
    assert_memory_equal(&map.grid, &part.grid, sizeof map.grid);
    rx_volume_free(&whole);
    rx_volume_free(&map);
    rx_region_free(&part);
    rx_region_free(&region);
}

static void test_resp_region__equals_the_whole(void **state)
{
    (void)state;
    static const size_t boxes[3][2][3] = {
        { { 24, 12, 12 }, { 29, 15, 14 } },      /* inside           */
        { { 0, 3, 17 }, { 6, 11, 19 } },         /* at the border    */
        { { 40, 20, 9 }, { 40, 20, 9 } },        /* one voxel        */
    };
    rx_volume image = case_random(48, 24, 20, 1);
    for (int b = 0; b < 3; b++) {
        for (int n = 0; n < CASE_FILTERS; n++) {
            rx_response f = case_filter(n, b == 2);
            f.boundary = (rx_boundary)((n + b) % RX_NBOUNDARIES);
            f.sigma_mm = 1;
            check_region(&image, boxes[b][0], boxes[b][1], &f);
        }
    }
    rx_volume_free(&image);
}

static void test_resp_region__decimated_region_keeps_its_voxels(void **state)
{
    (void)state;
    rx_error err;
    rx_volume image = case_random(12, 12, 12, 1), map;
    const size_t min[3] = { 4, 4, 4 }, max[3] = { 8, 8, 8 }, odd[3] = { 5, 5, 5 };
    rx_response f = case_filter(7, false);
    f.decimated = true;
    rx_region region = region_of(&image.grid, min, max), part;
    CHECK_OK(rx_response_map_region(&map, &part, &image, &region, &f, &err), err);
    for (size_t i = 0; i < 6 * 6 * 6; i++) {
        size_t x = 2 * (i % 6), y = 2 * (i / 6 % 6), z = 2 * (i / 36);
        assert_int_equal(part.voxels[i], region.voxels[(z * 12 + y) * 12 + x]);
    }
    rx_volume_free(&map);
    rx_region_free(&part);
    rx_region_free(&region);
    region = region_of(&image.grid, odd, odd);       /* its one voxel is not kept */
    assert_int_equal(rx_response_map_region(&map, &part, &image, &region, &f, &err), RX_EEMPTY);
    assert_null(map.voxels);
    assert_null(part.voxels);
    rx_region_free(&region);
    rx_volume_free(&image);
}

static void test_resp_region__refuses_what_does_not_fit(void **state)
{
    (void)state;
    rx_error err;
    rx_volume image = case_random(5, 5, 5, 1), map;
    rx_grid other = grid_of(5, 5, 4, 1, 1, 1);
    rx_region region, part;
    rx_response f = case_filter(0, false);
    CHECK_OK(rx_region_new(&region, &other, &err), err);
    assert_int_equal(rx_response_map_region(&map, &part, &image, &region, &f, &err), RX_EGRID);
    rx_region_free(&region);
    CHECK_OK(rx_region_new(&region, &image.grid, &err), err);
    assert_int_equal(rx_response_map_region(&map, &part, &image, &region, &f, &err), RX_EEMPTY);
    rx_region_free(&region);
    image.voxels[7] = (double)NAN;
    assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_EINVAL);
    assert_null(map.voxels);
    rx_volume_free(&image);
}

/* ---- borders ------------------------------------------------------------------------------ */

static void test_resp_region__borders(void **state)
{
    (void)state;
    /* of 3 voxels, from position -7 on */
    static const ptrdiff_t mirror[] = { 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2 };
    static const ptrdiff_t periodic[] = { 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0 };
    for (ptrdiff_t i = -7; i < 10; i++) {
        assert_int_equal(rx_boundary_index(i, 3, RX_BOUNDARY_MIRROR), mirror[i + 7]);
        assert_int_equal(rx_boundary_index(i, 3, RX_BOUNDARY_PERIODIC), periodic[i + 7]);
        assert_int_equal(rx_boundary_index(i, 3, RX_BOUNDARY_NEAREST), i < 0 ? 0 : i > 2 ? 2 : i);
        assert_int_equal(rx_boundary_index(i, 3, RX_BOUNDARY_ZERO), i < 0 || i > 2 ? -1 : i);
    }
}

/* Every filter does its work on images thinner than itself. */
static void test_resp_region__thin_images(void **state)
{
    (void)state;
    static const size_t dims[][3] = { { 1, 1, 1 }, { 5, 1, 1 }, { 1, 1, 5 }, { 2, 3, 1 }, { 1, 4, 2 } };
    for (size_t d = 0; d < sizeof dims / sizeof dims[0]; d++) {
        rx_volume image = case_random(dims[d][0], dims[d][1], dims[d][2], 1);
        for (int n = 0; n < CASE_FILTERS; n++) {
            for (int b = 0; b < RX_NBOUNDARIES; b++) {
                rx_response f = case_filter(n, n % 2 == 0);
                f.boundary = (rx_boundary)b;
                rx_volume map = case_map(&image, &f);
                for (size_t i = 0; i < case_count(&map); i++) { assert_true(isfinite(map.voxels[i])); }
                rx_volume_free(&map);
            }
        }
        rx_volume_free(&image);
    }
}

/* ---- settings -------------------------------------------------------------------------------- */

static void refused(const rx_response *f, const char *word)
{
    rx_error err = { RX_OK, "" };
    assert_int_equal(rx_response_check(f, &err), RX_EINVAL);
    if (!strstr(err.msg, word)) { fail_msg("\"%s\" does not name %s", err.msg, word); }
}

static void test_resp_region__refuses_settings(void **state)
{
    (void)state;
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_MEAN);
    f.support = 4;
    refused(&f, "4");
    rx_response_default(&f, RX_RESPONSE_LOG);
    f.sigma_mm = 0;
    refused(&f, "sigma");
    rx_response_default(&f, RX_RESPONSE_LOG);
    f.cutoff = (double)NAN;
    refused(&f, "cut-off");
    rx_response_default(&f, RX_RESPONSE_LAWS);
    memcpy(f.kernels, "L5X5E5", 7);
    refused(&f, "X5");
    memcpy(f.kernels, "L5E5\0\0", 7);
    refused(&f, "3D");
    memset(f.kernels, 'L', sizeof f.kernels);
    refused(&f, "Laws");
    rx_response_default(&f, RX_RESPONSE_GABOR);
    f.rotation_invariant = true;
    f.theta_step = 1;
    refused(&f, "step");
    f.theta_step = acos(-1) / 8;
    f.wavelength_mm = -1;
    refused(&f, "wavelength");
    rx_response_default(&f, RX_RESPONSE_WAVELET);
    memcpy(f.wavelet, "db99", 5);
    refused(&f, "db99");
    rx_response_default(&f, RX_RESPONSE_WAVELET);
    memcpy(f.kernels, "LLX\0\0\0", 7);
    refused(&f, "LLX");
    rx_response_default(&f, RX_RESPONSE_SIMONCELLI);
    f.level = 0;
    refused(&f, "level");
    rx_response_default(&f, RX_RESPONSE_SIMONCELLI);
    f.riesz[1] = 5;
    refused(&f, "5");
    f.riesz[1] = 0;
    f.riesz[2] = 1;
    f.by_slice = true;
    refused(&f, "z");
    f.kind = RX_NRESPONSES;
    refused(&f, "kind");
}

static void test_resp_region__refuses_wide_kernels(void **state)
{
    (void)state;
    rx_error err;
    rx_volume image = case_random(4, 4, 4, 1), map;
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_LOG);
    f.sigma_mm = 1e6;
    assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_ELIMIT);
    f.riesz[0] = 1;
    assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_ELIMIT);
    rx_response_default(&f, RX_RESPONSE_GABOR);
    f.aspect = 1e-4;
    assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_ELIMIT);
    rx_volume_free(&image);
}

/* Refused before a voxel is read: there are none. */
static void test_resp_region__refuses_absurd_memory(void **state)
{
    (void)state;
    rx_error err;
    rx_volume image = { grid_of(1000, 1000, 1000, 1, 1, 1), NULL }, map;
    for (int n = 0; n < CASE_FILTERS; n++) {
        rx_response f = case_filter(n, false);
        if (f.kind == RX_RESPONSE_GABOR) { image.grid.dim[2] = 2000; }
        assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_ELIMIT);
        if (!strstr(err.msg, "GB, at most 8")) { fail_msg("%s", err.msg); }
        image.grid.dim[2] = 1000;
    }
    rx_response f = case_filter(0, false);
    image.grid.dim[1] = 0;
    assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_EINVAL);
    image.grid.dim[1] = 1;
    image.grid.spacing_mm[2] = 0;
    assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_EINVAL);
}

static void test_resp_region__names(void **state)
{
    (void)state;
    char names[2 * CASE_FILTERS][RX_RESPONSE_NAME_SIZE];
    rx_error err;
    for (int n = 0; n < 2 * CASE_FILTERS; n++) {
        rx_response f = case_filter(n / 2, n % 2);
        CHECK_OK(rx_response_name(names[n], &f, &err), err);
        for (int m = 0; m < n; m++) { assert_string_not_equal(names[m], names[n]); }
    }
    assert_string_equal(names[0], "mean_3d_5_mirror");
    assert_string_equal(names[9], "laws_2d_L5E3_inv_max_energy2_mirror");
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_GABOR);
    f.sigma_mm = 1.2345678901e-100;
    f.wavelength_mm = 1.2345678901e-100;
    f.aspect = 1.2345678901e-100;
    f.theta = -1.23456e-100;
    assert_int_equal(rx_response_name(names[0], &f, &err), RX_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resp_region__equals_the_whole),
        cmocka_unit_test(test_resp_region__decimated_region_keeps_its_voxels),
        cmocka_unit_test(test_resp_region__refuses_what_does_not_fit),
        cmocka_unit_test(test_resp_region__borders),
        cmocka_unit_test(test_resp_region__thin_images),
        cmocka_unit_test(test_resp_region__refuses_settings),
        cmocka_unit_test(test_resp_region__refuses_wide_kernels),
        cmocka_unit_test(test_resp_region__refuses_absurd_memory),
        cmocka_unit_test(test_resp_region__names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
