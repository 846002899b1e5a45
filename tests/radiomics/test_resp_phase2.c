/* IBSI 2, second phase: statistics of nine filters' responses in the CT phantom, slice by slice (A)
 * and in the volume (B), against the consensus values. Rows without a value are run all the same. */
#include "check.h"
#include "csv.h"
#include "testimage.h"
#include <radiomics/ibsi_response.h>
#include <stdlib.h>
#include <string.h>

#define PHANTOM "data/radiomics/ibsi_1_ct_radiomics_phantom/nifti/"
#define TABLE "reference/radiomics/ibsi2_reference.csv"

enum { FILTERS = 9 };
static testimage image, mask;
static uint8_t *label;
static csv table;

static int read_phantom(void **state)
{
    (void)state;
    if (!have_shared(SHARED(PHANTOM)) || !have_shared(SHARED(TABLE))) { return 0; }
    if (!csv_read(&table, SHARED(TABLE)) || volume_read(&image, SHARED(PHANTOM "image/phantom.nii.gz")) != 0
        || volume_read(&mask, SHARED(PHANTOM "mask/mask.nii.gz")) != 0) { return -1; }
    size_t n = image.grid.dim[0] * image.grid.dim[1] * image.grid.dim[2];
    for (size_t i = 0; i < n; i++) { image.v[i] = rint(image.v[i]); }
    label = volume_mask(&mask);
    return 0;
}

static int forget_phantom(void **state)
{
    (void)state;
    csv_free(&table);
    volume_free(&image);
    volume_free(&mask);
    free(label);
    return 0;
}

/* Filter n of the phase, from 2 on (1 is no filter). */
static rx_response filter_of(int n, bool flat)
{
    static const rx_response_kind kinds[FILTERS + 1] = {
        0, 0, RX_RESPONSE_MEAN, RX_RESPONSE_LOG, RX_RESPONSE_LAWS, RX_RESPONSE_GABOR, RX_RESPONSE_WAVELET,
        RX_RESPONSE_WAVELET, RX_RESPONSE_SIMONCELLI, RX_RESPONSE_SIMONCELLI,
    };
    static const char *const kernels[FILTERS + 1][2] = {
        [4] = { "L5E5E5", "L5E5" }, [6] = { "LLH", "LH" }, [7] = { "HHH", "HH" },
    };
    rx_response f;
    rx_response_default(&f, kinds[n]);
    f.by_slice = flat;
    f.rotation_invariant = n >= 4 && n <= 7;
    f.pooling = n == 4 ? RX_POOLING_MAX : RX_POOLING_AVERAGE;
    f.energy_distance = 7;
    if (kernels[n][flat]) { snprintf(f.kernels, sizeof f.kernels, "%s", kernels[n][flat]); }
    f.level = n == 7 || n == 9 ? 2 : 1;
    if (n == 5) {
        f.sigma_mm = 5;
        f.wavelength_mm = 2;
        f.aspect = 1.5;
    }
    if (n >= 8) { f.boundary = RX_BOUNDARY_PERIODIC; }
    return f;
}

static rx_ibsi settings_of(bool flat)
{
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.by_slice = flat;
    s.lowest = -1000;
    s.highest = 400;
    s.families = RX_IBSI_STATISTICS;
    if (!flat) {
        for (int a = 0; a < 3; a++) { s.spacing_mm[a] = 1; }
        s.image_interpolation = RX_IBSI_CUBIC_SPLINE;
        s.mask_interpolation = RX_IBSI_LINEAR;
        s.round_intensities = true;
    }
    return s;
}

/* Holds the rows of filter n against the results; *off counts those outside their tolerance. */
static int compare(int *off, const rx_results *got, int n, bool flat)
{
    char id[8], filter[RX_RESPONSE_NAME_SIZE], name[RX_NAME_SIZE];
    rx_error err;
    int checked = 0;
    snprintf(id, sizeof id, "%d.%c", n, flat ? 'A' : 'B');
    rx_response f = filter_of(n > 1 ? n : 2, flat);
    CHECK_OK(rx_response_name(filter, &f, &err), err);
    for (size_t r = 0; r < table.rows; r++) {
        double want = csv_num(&table, r, "value"), tolerance = csv_num(&table, r, "tolerance");
        if (strcmp(csv_text(&table, r, "filter_id"), id) != 0 || isnan(want)) { continue; }
        snprintf(name, sizeof name, "%s%s%s", csv_text(&table, r, "tag"), n > 1 ? "_" : "", n > 1 ? filter : "");
        const rx_result *v = rx_results_find(got, name);
        assert_non_null(v);
        assert_string_equal(v->ibsi_code, csv_text(&table, r, "ibsi_code"));
        checked++;
        if (!(fabs(v->value.v - want) <= tolerance)) {
            fprintf(stderr, "%s %s = %.6g, consensus %.6g +- %.6g\n", id, name, v->value.v, want, tolerance);
            (*off)++;
        }
    }
    return checked;
}

static void phase2(bool flat, int expected)
{
    rx_error err;
    rx_workspace *ws = rx_workspace_new();
    rx_ibsi s = settings_of(flat);
    rx_results got = { 0 };
    rx_image im = { image.grid, RX_F64, image.v };
    rx_mask m = { mask.grid, label, 1 };
    rx_response filters[FILTERS - 1];
    rx_ibsi_responses r;
    rx_ibsi_responses_default(&r, &s);
    r.filters = filters;
    r.n = FILTERS - 1;
    for (int n = 2; n <= FILTERS; n++) { filters[n - 2] = filter_of(n, flat); }
    CHECK_OK(rx_ibsi_extract_filtered(&got, NULL, &im, &m, &s, &r, ws, &err), err);
    assert_int_equal(got.n, FILTERS * 18);
    for (size_t i = 0; i < got.n; i++) { assert_int_equal(got.v[i].value.why, RX_DEFINED); }
    int checked = 0, off = 0;
    for (int n = 1; n <= FILTERS; n++) { checked += compare(&off, &got, n, flat); }
    rx_results_free(&got);
    rx_workspace_free(ws);
    printf("%d rows held against the consensus, %d outside\n", checked, off);
    assert_int_equal(off, 0);
    assert_true(checked >= expected);
}

static void test_resp_phase2__slices(void **state)
{
    (void)state;
    SKIP_WITHOUT(SHARED(PHANTOM));
    SKIP_WITHOUT(SHARED(TABLE));
    phase2(true, 9 * 18);
}

static void test_resp_phase2__volume(void **state)
{
    (void)state;
#if defined(PN_SANITIZED)
    skip();                        /* seven million voxels: in the plain build */
#endif
    SKIP_WITHOUT(SHARED(PHANTOM));
    SKIP_WITHOUT(SHARED(TABLE));
    phase2(false, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resp_phase2__slices),
        cmocka_unit_test(test_resp_phase2__volume),
    };
    return cmocka_run_group_tests(tests, read_phantom, forget_phantom);
}
