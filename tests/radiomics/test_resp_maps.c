/* The 33 consensus response maps of IBSI 2: every voxel within 1 % of the map's range. */
#include "check.h"
#include "csv.h"
#include "testimage.h"
#include <radiomics/response.h>
#include <stdlib.h>
#include <string.h>

#define PHANTOMS "data/radiomics/ibsi_2_digital_phantom/nifti/"
#define MAPS "data/radiomics/ibsi_2_reference_response_maps/"
#define TABLE "reference/radiomics/ibsi2_phase1_maps.csv"

#define PI 3.14159265358979323846

enum { FLAT = 1, INVARIANT = 2, MAXIMUM = 4 };

/* Filters as the reference table has them. The Riesz orders there are along x, y, z too. */
static const struct map_case {
    const char *id;
    rx_response_kind kind;
    int flags;
    rx_boundary boundary;
    rx_response with;               /* what its kind uses, taken over below */
} cases[] = {
    { "1.a.1", RX_RESPONSE_MEAN, 0, RX_BOUNDARY_ZERO, { .support = 15 } },
    { "1.a.2", RX_RESPONSE_MEAN, 0, RX_BOUNDARY_NEAREST, { .support = 15 } },
    { "1.a.3", RX_RESPONSE_MEAN, 0, RX_BOUNDARY_PERIODIC, { .support = 15 } },
    { "1.a.4", RX_RESPONSE_MEAN, 0, RX_BOUNDARY_MIRROR, { .support = 15 } },
    { "1.b.1", RX_RESPONSE_MEAN, FLAT, RX_BOUNDARY_ZERO, { .support = 15 } },
    { "2.a", RX_RESPONSE_LOG, 0, RX_BOUNDARY_ZERO, { .sigma_mm = 3, .cutoff = 4 } },
    { "2.b", RX_RESPONSE_LOG, 0, RX_BOUNDARY_MIRROR, { .sigma_mm = 5, .cutoff = 4 } },
    { "2.c", RX_RESPONSE_LOG, FLAT, RX_BOUNDARY_MIRROR, { .sigma_mm = 5, .cutoff = 4 } },
    { "3.a.1", RX_RESPONSE_LAWS, 0, RX_BOUNDARY_ZERO, { .kernels = "E5L5S5" } },
    { "3.a.2", RX_RESPONSE_LAWS, INVARIANT | MAXIMUM, RX_BOUNDARY_ZERO, { .kernels = "E5L5S5" } },
    { "3.a.3", RX_RESPONSE_LAWS, INVARIANT | MAXIMUM, RX_BOUNDARY_ZERO,
      { .kernels = "E5L5S5", .energy_distance = 7 } },
    { "3.b.1", RX_RESPONSE_LAWS, 0, RX_BOUNDARY_MIRROR, { .kernels = "E3W5R5" } },
    { "3.b.2", RX_RESPONSE_LAWS, INVARIANT | MAXIMUM, RX_BOUNDARY_MIRROR, { .kernels = "E3W5R5" } },
    { "3.b.3", RX_RESPONSE_LAWS, INVARIANT | MAXIMUM, RX_BOUNDARY_MIRROR,
      { .kernels = "E3W5R5", .energy_distance = 7 } },
    { "3.c.1", RX_RESPONSE_LAWS, FLAT, RX_BOUNDARY_MIRROR, { .kernels = "L5S5" } },
    { "3.c.2", RX_RESPONSE_LAWS, FLAT | INVARIANT | MAXIMUM, RX_BOUNDARY_MIRROR, { .kernels = "L5S5" } },
    { "3.c.3", RX_RESPONSE_LAWS, FLAT | INVARIANT | MAXIMUM, RX_BOUNDARY_MIRROR,
      { .kernels = "L5S5", .energy_distance = 7 } },
    { "4.a.1", RX_RESPONSE_GABOR, FLAT, RX_BOUNDARY_ZERO,
      { .sigma_mm = 10, .wavelength_mm = 4, .aspect = 0.5, .theta = PI / 3 } },
    { "4.a.2", RX_RESPONSE_GABOR, INVARIANT, RX_BOUNDARY_ZERO,
      { .sigma_mm = 10, .wavelength_mm = 4, .aspect = 0.5, .theta_step = PI / 4 } },
    { "4.b.1", RX_RESPONSE_GABOR, FLAT, RX_BOUNDARY_MIRROR,
      { .sigma_mm = 20, .wavelength_mm = 8, .aspect = 2.5, .theta = 5 * PI / 4 } },
    { "4.b.2", RX_RESPONSE_GABOR, INVARIANT, RX_BOUNDARY_MIRROR,
      { .sigma_mm = 20, .wavelength_mm = 8, .aspect = 2.5, .theta_step = PI / 8 } },
    { "5.a.1", RX_RESPONSE_WAVELET, 0, RX_BOUNDARY_ZERO, { .wavelet = "db2", .kernels = "LHL", .level = 1 } },
    { "5.a.2", RX_RESPONSE_WAVELET, INVARIANT, RX_BOUNDARY_ZERO,
      { .wavelet = "db2", .kernels = "LHL", .level = 1 } },
    { "6.a.1", RX_RESPONSE_WAVELET, 0, RX_BOUNDARY_PERIODIC,
      { .wavelet = "coif1", .kernels = "HHL", .level = 1 } },
    { "6.a.2", RX_RESPONSE_WAVELET, INVARIANT, RX_BOUNDARY_PERIODIC,
      { .wavelet = "coif1", .kernels = "HHL", .level = 1 } },
    { "7.a.1", RX_RESPONSE_WAVELET, INVARIANT, RX_BOUNDARY_MIRROR,
      { .wavelet = "haar", .kernels = "LLL", .level = 2 } },
    { "7.a.2", RX_RESPONSE_WAVELET, INVARIANT, RX_BOUNDARY_MIRROR,
      { .wavelet = "haar", .kernels = "HHH", .level = 2 } },
    { "8.a.1", RX_RESPONSE_SIMONCELLI, 0, RX_BOUNDARY_PERIODIC, { .level = 1 } },
    { "8.a.2", RX_RESPONSE_SIMONCELLI, 0, RX_BOUNDARY_PERIODIC, { .level = 2 } },
    { "8.a.3", RX_RESPONSE_SIMONCELLI, 0, RX_BOUNDARY_PERIODIC, { .level = 3 } },
    { "9.a", RX_RESPONSE_LOG, 0, RX_BOUNDARY_ZERO, { .sigma_mm = 3, .cutoff = 4, .riesz = { 1, 0, 0 } } },
    { "9.b.1", RX_RESPONSE_LOG, 0, RX_BOUNDARY_ZERO, { .sigma_mm = 3, .cutoff = 4, .riesz = { 0, 2, 0 } } },
    { "10.b.1", RX_RESPONSE_SIMONCELLI, 0, RX_BOUNDARY_NEAREST, { .level = 1, .riesz = { 0, 2, 0 } } },
};

static rx_response filter_of(const struct map_case *c)
{
    rx_response f = c->with;
    f.kind = c->kind;
    f.boundary = c->boundary;
    f.by_slice = (c->flags & FLAT) != 0;
    f.rotation_invariant = (c->flags & INVARIANT) != 0;
    f.pooling = c->flags & MAXIMUM ? RX_POOLING_MAX : RX_POOLING_AVERAGE;
    return f;
}

static size_t row_of(const csv *table, const char *id)
{
    size_t r = 0;
    while (r < table->rows && strcmp(csv_text(table, r, "filter_id"), id) != 0) { r++; }
    return r;
}

/* Largest difference in parts of the range allowed. */
static double compare(const csv *table, const struct map_case *c)
{
    size_t r = row_of(table, c->id);
    assert_true(r < table->rows);
    char image_path[512], map_path[512];
    const char *phantom = csv_text(table, r, "phantom");
    snprintf(image_path, sizeof image_path, SHARED(PHANTOMS) "%s/image/%s.nii.gz", phantom, phantom);
    snprintf(map_path, sizeof map_path, SHARED(MAPS) "%s", csv_text(table, r, "map_file"));
    testimage image, want;
    assert_int_equal(volume_read(&image, image_path), 0);
    assert_int_equal(volume_read(&want, map_path), 0);
    rx_volume in = { image.grid, image.v }, map;
    rx_response f = filter_of(c);
    rx_error err;
    CHECK_OK(rx_response_map(&map, &in, &f, &err), err);
    assert_memory_equal(map.grid.dim, want.grid.dim, sizeof map.grid.dim);
    double worst = 0;
    for (size_t i = 0; i < want.grid.dim[0] * want.grid.dim[1] * want.grid.dim[2]; i++) {
        double off = fabs(map.voxels[i] - want.v[i]);
        if (!(off <= worst)) { worst = off; }
    }
    rx_volume_free(&map);
    volume_free(&image);
    volume_free(&want);
    return worst / csv_num(table, r, "tolerance_1pct_of_range");
}

static void test_resp_maps__within_one_percent_of_range(void **state)
{
    (void)state;
    SKIP_WITHOUT(SHARED(TABLE));
    SKIP_WITHOUT(SHARED(MAPS));
    SKIP_WITHOUT(SHARED(PHANTOMS));
    csv table;
    assert_true(csv_read(&table, SHARED(TABLE)));
    const size_t n = sizeof cases / sizeof cases[0];
    assert_int_equal(table.rows, n);
    size_t off = 0;
    for (size_t i = 0; i < n; i++) {
        double part = compare(&table, &cases[i]);
        printf("%-7s largest error %.3g %% of the range\n", cases[i].id, part);
        if (!(part <= 1)) { off++; }
    }
    assert_int_equal(off, 0);
    csv_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_resp_maps__within_one_percent_of_range) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
