/* Settings files of the ibsi profile: what they mean, what is refused and where. */
#include "check.h"
#include <string.h>
#include <config/ibsi.h>

static int parse(cfg_ibsi *s, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_ibsi_parse(s, text, strlen(text), "i.yaml", err);
}

static cfg_ibsi loaded(const char *text)
{
    cfg_ibsi s;
    cfg_error err;
    CHECK_OK(parse(&s, text, &err), err);
    return s;
}

static void test_ibsi__nothing_is_the_default(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{}\n", "# words\n"};
    static char want[CFG_IBSI_TEXT_SIZE], got[CFG_IBSI_TEXT_SIZE];
    cfg_ibsi fresh;
    cfg_ibsi_default(&fresh);
    cfg_ibsi_text(want, sizeof want, &fresh);
    for (size_t i = 0; i < 3; i++) {
        cfg_ibsi s = loaded(texts[i]);
        cfg_ibsi_text(got, sizeof got, &s);
        assert_string_equal(got, want);
        assert_int_equal(s.label, 1);
    }
    assert_non_null(strstr(want, "dimension=3D"));
    assert_non_null(strstr(want, "bins=number:32"));
}

/* IBSI 1, configurations B and E: between them every key but the filters. */
static void test_ibsi__configurations(void **state)
{
    (void)state;
    cfg_ibsi s = loaded("dimension: 2D\nspacing_mm: [2, 2, 0]\nimage_interpolation: linear\nmask_interpolation: nearest\n"
                        "mask_threshold: 0.4\nround_intensities: true\nrange: [-500, .inf]\nbins: {number: 32}\n"
                        "ivh_bins: none\nlabel: 2\nlabel_channel: 1\nfamilies: [statistics, glcm]\n"
                        "aggregations: [2D_avg, 2_5D_comb]\ndistance: 2\nngldm_alpha: 1\n");
    const rx_ibsi *i = &s.settings;
    assert_true(i->by_slice && i->round_intensities);
    CHECK_NEAR(i->spacing_mm[0], 2, 0, 0);
    assert_int_equal(i->mask_interpolation, RX_IBSI_NEAREST);
    CHECK_NEAR(i->mask_threshold, 0.4, 0, 0);
    CHECK_NEAR(i->lowest, -500, 0, 0);
    assert_true(isinf(i->highest));
    assert_int_equal(i->bins.by, RX_IBSI_BIN_NUMBER);
    assert_int_equal(i->bins.number, 32);
    assert_int_equal(i->ivh_bins.by, RX_IBSI_NO_BINS);
    assert_int_equal(i->families, RX_IBSI_STATISTICS | RX_IBSI_GLCM);
    assert_int_equal(i->texture.aggregations, RX_IBSI_2D_AVG | RX_IBSI_2_5D_COMB);
    assert_int_equal(i->texture.distance, 2);
    CHECK_NEAR(i->texture.ngldm_alpha, 1, 0, 0);
    assert_int_equal(s.label, 2);
    assert_int_equal(s.label_channel, 1);
    s = loaded("spacing_mm: [2, 2, 2]\nimage_interpolation: cubic_spline\nrange: [-1000, 400]\noutlier_sigma: 3\n"
               "bins: {size: 25}\nivh_bins: {number: 1000}\n");
    assert_int_equal(s.settings.image_interpolation, RX_IBSI_CUBIC_SPLINE);
    CHECK_NEAR(s.settings.outlier_sigma, 3, 0, 0);
    assert_int_equal(s.settings.bins.by, RX_IBSI_BIN_SIZE);
    CHECK_NEAR(s.settings.bins.size, 25, 0, 0);
    assert_int_equal(s.settings.ivh_bins.number, 1000);
}

static void test_ibsi__slices_alone_have_no_textures_across(void **state)
{
    (void)state;
    cfg_ibsi s = loaded("dimension: 2D\n");
    assert_int_equal(s.settings.texture.aggregations, RX_IBSI_FLAT_AGGREGATIONS);
    s = loaded("dimension: 3D\n");
    assert_int_equal(s.settings.texture.aggregations & RX_IBSI_SOLID_AGGREGATIONS, RX_IBSI_SOLID_AGGREGATIONS);
}

static void test_ibsi__filters(void **state)
{
    (void)state;
    cfg_ibsi s = loaded("filters:\n  - {filter: log, sigma_mm: 3, cutoff: 4, boundary: periodic}\n"
                        "  - {filter: laws, dimension: 2D, kernels: L5E5, rotation_invariant: true, pooling: max, energy_distance: 7}\n"
                        "  - {filter: wavelet, wavelet: db2, kernels: LLH, level: 2}\n"
                        "  - {filter: simoncelli, riesz: [1, 0, 0]}\n");
    static char text[CFG_IBSI_TEXT_SIZE];
    assert_int_equal(s.n_filters, 4);
    assert_int_equal(s.filters[0].kind, RX_RESPONSE_LOG);
    CHECK_NEAR(s.filters[0].sigma_mm, 3, 0, 0);
    assert_int_equal(s.filters[0].boundary, RX_BOUNDARY_PERIODIC);
    assert_true(s.filters[1].by_slice && s.filters[1].rotation_invariant);
    assert_int_equal(s.filters[1].pooling, RX_POOLING_MAX);
    assert_int_equal(s.filters[1].energy_distance, 7);
    assert_string_equal(s.filters[2].wavelet, "db2");
    assert_int_equal(s.filters[2].level, 2);
    assert_int_equal(s.filters[3].riesz[0], 1);
    cfg_ibsi_text(text, sizeof text, &s);
    assert_non_null(strstr(text, " filter=log_3d_s3_c4_periodic"));
}

static void test_ibsi__responses(void **state)
{
    (void)state;
    /* filters of slices where the profile is of slices, wherever that is said */
    cfg_ibsi s = loaded("filters:\n  - {filter: laws}\n  - {filter: wavelet, dimension: 3D}\nbins: {number: 16}\n"
                        "families: [morphology, local, statistics, glcm]\ndimension: 2D\n");
    rx_ibsi_responses r = cfg_ibsi_responses(&s);
    assert_true(r.n == 2 && r.filters == s.filters);
    assert_true(s.filters[0].by_slice && !s.filters[1].by_slice);
    assert_string_equal(s.filters[0].kernels, "L5E5");
    assert_string_equal(s.filters[1].kernels, "LLH");
    assert_int_equal(r.families, RX_IBSI_STATISTICS | RX_IBSI_GLCM);
    assert_true(r.bins.by == RX_IBSI_BIN_NUMBER && r.bins.number == 16);
    assert_true(r.ivh_bins.by == RX_IBSI_BIN_NUMBER && r.ivh_bins.number == 1000);
    s = loaded("bins: {size: 25}\nfilter_families: [ivh]\nfilter_ivh_bins: {number: 100}\nfilters: [{filter: mean}]\n");
    r = cfg_ibsi_responses(&s);
    assert_int_equal(r.families, RX_IBSI_IVH);
    assert_true(r.bins.by == RX_IBSI_BIN_NUMBER && r.bins.number == 32);
    assert_int_equal(r.ivh_bins.number, 100);
    s = loaded("filter_bins: {size: 0.5}\n");
    assert_true(s.filter_bins.by == RX_IBSI_BIN_SIZE);
}

static void test_ibsi__texts_tell_settings_apart(void **state)
{
    (void)state;
    static const char *const files[] = {
        "", "dimension: 2D", "spacing_mm: [1, 1, 1]", "spacing_mm: [1, 1, 2]",
        "spacing_mm: [1, 1, 1]\nimage_interpolation: nearest", "spacing_mm: [1, 1, 1]\nmask_interpolation: nearest",
        "mask_threshold: 0.6", "round_intensities: true", "range: [0, 1]", "range: [-.inf, 1]", "outlier_sigma: 3",
        "bins: {size: 3}", "bins: {number: 3}", "ivh_bins: {size: 3}", "families: [glcm]", "aggregations: [3D_avg]",
        "distance: 2", "ngldm_alpha: 2", "filters: [{filter: mean}]", "filters: [{filter: mean, support: 7}]",
        "filters: [{filter: mean}]\nfilter_families: [glcm]", "filters: [{filter: mean}]\nfilter_bins: {number: 3}",
        "filters: [{filter: mean}]\nfilter_ivh_bins: {number: 3}"};
    enum { N = sizeof files / sizeof files[0] };
    static char texts[N][CFG_IBSI_TEXT_SIZE];
    for (size_t i = 0; i < N; i++) {
        cfg_ibsi s = loaded(files[i]);
        cfg_ibsi_text(texts[i], sizeof texts[i], &s);
        assert_null(strchr(texts[i], '\n'));
        for (size_t j = 0; j < i; j++) {
            if (strcmp(texts[i], texts[j]) == 0) { fail_msg("%s and %s give the same text", files[i], files[j]); }
        }
    }
}

static const struct { const char *text, *message; } bad[] = {
    {"filter_families: [local]\n", "1:18: filter_families: a response has neither morphology nor local intensity"},
    {"spacing: [1, 1, 1]\n", "1:1: spacing: unknown key, did you mean \"spacing_mm\"?"},
    {"spacing_mm: [1, 1]\n", "1:13: spacing_mm: got 2 items, expected a list of 3 numbers"},
    {"dimension: 4D\n", "1:12: dimension: got \"4D\", expected 2D or 3D"},
    {"image_interpolation: cubic\n",
     "1:22: image_interpolation: unknown interpolation \"cubic\", expected one such as nearest"},
    {"mask_threshold: 0\n", "1:17: mask_threshold: got \"0\", expected a number above 0, at most 1"},
    {"range: [400, -1000]\n", "1:8: range: got 400 to -1000, expected the lower bound first"},
    {"range: [a, 1]\n", "1:9: range[0]: got \"a\", expected a number, -.inf or .inf"},
    {"bins: 32\n", "1:7: bins: got \"32\", expected none, {size: N} or {number: N}"},
    {"bins: {numbr: 32}\n", "1:8: bins.numbr: unknown key, did you mean \"number\"?"},
    {"bins: {number: 99999999}\n", "1:16: bins.number: got \"99999999\", expected an integer 1 to 65535"},
    {"families: [glmc]\n", "1:12: families[0]: unknown family \"glmc\", did you mean \"glcm\"?"},
    {"families: []\n", "1:11: families: got a list, expected a list of at least one family"},
    {"aggregations: [3D_Avg]\n", "1:16: aggregations[0]: unknown aggregation \"3D_Avg\", did you mean \"3D_avg\"?"},
    {"filters: [{sigma_mm: 3}]\n",
     "1:11: filters[0].filter: missing, expected one such as log, laws, gabor, wavelet"},
    {"filters: [{filter: lag}]\n", "1:20: filters[0].filter: unknown filter \"lag\", did you mean \"log\"?"},
    {"filters: [{filter: log, sigma: 3}]\n", "1:25: filters[0].sigma: unknown key, did you mean \"sigma_mm\"?"},
    {"filters: [{filter: log, boundary: wrap}]\n",
     "1:35: filters[0].boundary: unknown boundary \"wrap\", expected one such as zero"},
    {"label: 0\n", "1:8: label: got \"0\", expected an integer 1 to 4294967295"},
    {"- 3D\n", "1:1: got a list, expected a mapping with keys such as spacing_mm and bins"},
};

static void test_ibsi__refusals_name_the_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cfg_ibsi s;
        cfg_error err;
        char want[sizeof err.msg];
        if (parse(&s, bad[i].text, &err) != CFG_EVALUE) { fail_msg("not refused (%s):\n%s", err.msg, bad[i].text); }
        snprintf(want, sizeof want, "i.yaml:%s", bad[i].message);
        assert_string_equal(err.msg, want);
    }
    cfg_ibsi s;
    cfg_error err;
    assert_int_equal(parse(&s, "filters: [{filter: laws, kernels: X5E5E5}]\n", &err), CFG_EVALUE);
    assert_non_null(strstr(err.msg, "i.yaml:1:11: filters[0]: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ibsi__nothing_is_the_default),
        cmocka_unit_test(test_ibsi__configurations),
        cmocka_unit_test(test_ibsi__slices_alone_have_no_textures_across),
        cmocka_unit_test(test_ibsi__filters),
        cmocka_unit_test(test_ibsi__responses),
        cmocka_unit_test(test_ibsi__texts_tell_settings_apart),
        cmocka_unit_test(test_ibsi__refusals_name_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
