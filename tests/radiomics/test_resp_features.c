/* Features of responses: the IBSI profile with filters against its parts put together by hand. */
#include "resp_case.h"
#include <radiomics/ibsi_response.h>

static rx_volume image;
static rx_region region;
static rx_workspace *ws;

static int make_case(void **state)
{
    (void)state;
    image = case_random(30, 28, 22, 1.5);
    rx_error err;
    if (rx_region_new(&region, &image.grid, &err) != RX_OK) { return -1; }
    for (size_t i = 0; i < case_count(&image); i++) {
        double x = (double)(i % 30) - 17, y = (double)(i / 30 % 28) - 8, z = (double)(i / 840) - 12;
        region.voxels[i] = x * x + y * y + z * z < 40;
    }
    ws = rx_workspace_new();
    return ws ? 0 : -1;
}

static int forget_case(void **state)
{
    (void)state;
    rx_volume_free(&image);
    rx_region_free(&region);
    rx_workspace_free(ws);
    return 0;
}

static rx_ibsi settings(void)
{
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.lowest = -300;
    s.highest = 450;
    s.outlier_sigma = 2;
    return s;
}

static rx_results extract(const rx_ibsi *s, const rx_ibsi_responses *r)
{
    rx_results out = { 0 };
    rx_error err;
    rx_image im = rx_volume_image(&image);
    rx_mask m = rx_region_mask(&region);
    CHECK_OK(rx_ibsi_extract_filtered(&out, NULL, &im, &m, s, r, ws, &err), err);
    return out;
}

/* The whole image filtered, then measured within the re-segmented region. */
static rx_results by_hand(const rx_ibsi *s, const rx_response *f)
{
    rx_results out = { 0 };
    rx_error err;
    rx_image im = rx_volume_image(&image);
    rx_mask m = rx_region_mask(&region);
    rx_ibsi_prepared p;
    rx_ibsi wide = *s, of_response = *s;
    wide.margin_mm = (double)INFINITY;
    CHECK_OK(rx_ibsi_prepare(&p, NULL, &im, &m, &wide, &err), err);
    rx_volume map = case_map(&p.image, f);
    rx_ibsi_prepared response = { map, p.morphological, p.intensity };
    of_response.families &= ~(unsigned)(RX_IBSI_MORPHOLOGY | RX_IBSI_LOCAL);
    of_response.lowest = -(double)INFINITY;
    of_response.highest = (double)INFINITY;
    of_response.outlier_sigma = 0;
    of_response.ivh_bins = (rx_ibsi_bins){ .by = RX_IBSI_BIN_NUMBER, .number = 1000 };
    CHECK_OK(rx_ibsi_features(&out, NULL, &response, &of_response, "_x", ws, &err), err);
    rx_volume_free(&map);
    rx_ibsi_prepared_free(&p);
    return out;
}

static void test_resp_features__are_those_of_the_whole_map(void **state)
{
    (void)state;
    rx_error err;
    rx_ibsi s = settings();
    rx_ibsi_responses r;
    rx_ibsi_responses_default(&r, &s);
    rx_results plain = extract(&s, &r), also_plain = extract(&s, NULL);
    assert_int_equal(plain.n, also_plain.n);
    for (int n = 0; n < CASE_FILTERS; n++) {
        rx_response f = case_filter(n, false);
        f.sigma_mm = 1;
        char name[RX_RESPONSE_NAME_SIZE];
        CHECK_OK(rx_response_name(name, &f, &err), err);
        r.filters = &f;
        r.n = 1;
        rx_results got = extract(&s, &r), want = by_hand(&s, &f);
        assert_int_equal(got.n, plain.n + want.n);
        for (size_t i = 0; i < plain.n; i++) {
            assert_string_equal(got.v[i].name, plain.v[i].name);
            CHECK_NEAR(got.v[i].value.v, plain.v[i].value.v, 1e-12, 1e-14);
            CHECK_NEAR(also_plain.v[i].value.v, plain.v[i].value.v, 0, 0);
        }
        for (size_t i = 0; i < want.n; i++) {
            const rx_result *g = &got.v[plain.n + i], *w = &want.v[i];
            size_t length = strlen(w->name) - 2;
            assert_memory_equal(g->name, w->name, length);
            assert_int_equal(g->name[length], '_');
            assert_string_equal(g->name + length + 1, name);
            assert_string_equal(g->ibsi_code, w->ibsi_code);
            CHECK_NEAR(g->value.v, w->value.v, 1e-6, 1e-9);
        }
        rx_results_free(&got);
        rx_results_free(&want);
    }
    rx_results_free(&plain);
    rx_results_free(&also_plain);
}

static void test_resp_features__several_filters_and_families(void **state)
{
    (void)state;
    rx_ibsi s = settings();
    rx_response filters[3] = { case_filter(0, true), case_filter(7, false), case_filter(10, false) };
    filters[1].decimated = true;
    rx_ibsi_responses r;
    s.families = RX_IBSI_MORPHOLOGY | RX_IBSI_STATISTICS;
    s.bins = (rx_ibsi_bins){ .by = RX_IBSI_BIN_SIZE, .size = 25 };
    rx_ibsi_responses_default(&r, &s);
    assert_int_equal(r.families, RX_IBSI_STATISTICS);
    assert_true(r.bins.by == RX_IBSI_BIN_NUMBER && r.bins.number == 32);
    r.filters = filters;
    r.n = 3;
    rx_results plain = extract(&s, NULL), got = extract(&s, &r);
    assert_int_equal(got.n, plain.n + 3 * 18);
    assert_non_null(rx_results_find(&got, "stat_mean_mean_2d_5_mirror"));
    assert_non_null(rx_results_find(&got, "stat_var_wavelet_3d_db3_LLH_1_decimated_mirror"));
    assert_non_null(rx_results_find(&got, "stat_kurt_simoncelli_3d_1_mirror"));
    rx_results_free(&plain);
    rx_results_free(&got);
}

static void test_resp_features__failure_leaves_the_list(void **state)
{
    (void)state;
    rx_error err;
    rx_results out = { 0 };
    rx_image im = rx_volume_image(&image);
    rx_mask m = rx_region_mask(&region);
    rx_ibsi s = settings();
    rx_response filters[2] = { case_filter(0, false), case_filter(0, false) };
    rx_ibsi_responses r;
    rx_ibsi_responses_default(&r, &s);
    r.filters = filters;
    r.n = 2;
    CHECK_OK(rx_results_add(&out, "mine", "", "", 1, &err), err);
    filters[1].support = 2;
    assert_int_equal(rx_ibsi_extract_filtered(&out, NULL, &im, &m, &s, &r, ws, &err), RX_EINVAL);
    assert_int_equal(out.n, 1);
    filters[1].support = 3;
    r.bins.by = RX_IBSI_NO_BINS;                 /* responses are no grey levels */
    assert_int_equal(rx_ibsi_extract_filtered(&out, NULL, &im, &m, &s, &r, ws, &err), RX_EINVAL);
    assert_int_equal(out.n, 1);
    rx_ibsi_responses_default(&r, &s);
    r.families = RX_IBSI_LOCAL;
    assert_int_equal(rx_ibsi_extract_filtered(&out, NULL, &im, &m, &s, &r, ws, &err), RX_EINVAL);
    assert_int_equal(out.n, 1);
    rx_results_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resp_features__are_those_of_the_whole_map),
        cmocka_unit_test(test_resp_features__several_filters_and_families),
        cmocka_unit_test(test_resp_features__failure_leaves_the_list),
    };
    return cmocka_run_group_tests(tests, make_case, forget_case);
}
