#include "pipeline/assess.h"
#include <string.h>
#include "check.h"

/* One measured region whose features are 1, 2, 3, ... and a model of two of them. */
static pn_region regions[2];
static pn_slice slices[3];
static cfg_model_feature features[2];
static double baseline_days[] = {100, 400, 2000}, baseline_hazard[] = {.1, .3, .9};
static const char *digests[] = {"aa", "bb", "cc"};

static void set_text(char *to, size_t size, const char *text) { (void)snprintf(to, size, "%s", text); }

static pn_measurement measurement(void)
{
    pn_measurement m = {0};
    m.contour.kind = PN_KIND_RTSTRUCT;
    set_text(m.contour.sop_uid, PN_UID_SIZE, "1.2.3");
    m.volume.image.grid = (rx_grid){{10, 10, 3}, {1, 1, 3}, {0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    set_text(m.volume.study.modality, 17, "CT");
    set_text(m.volume.study.study_uid, PN_UID_SIZE, "1.2");
    m.volume.slices = slices;
    m.volume.n_slices = 3;
    m.regions = regions;
    m.n_regions = 1;
    for (int r = 0; r < 2; r++) {
        memset(&regions[r], 0, sizeof regions[r]);
        regions[r].roi.number = r + 1;
        set_text(regions[r].roi.name, PN_LO_SIZE, r == 0 ? "GTV-1" : "GTV-2");
        regions[r].diagnostics.roi_voxels = 500;
        for (int f = 0; f < RX_NFEATURES; f++) { regions[r].values[f].v = f + 1; }
    }
    return m;
}

static cfg_model model(void)
{
    cfg_model m = {0};
    set_text(m.id, sizeof m.id, "test");
    set_text(m.version, sizeof m.version, "1");
    set_text(m.modality[0], 17, "CT");
    m.n_modality = 1;
    m.slice_spacing_mm = m.pixel_spacing_mm = (cfg_range){.5, 5};
    m.min_roi_voxels = 100;
    rx_settings_default(&m.extraction);
    for (int i = 0; i < 2; i++) {
        set_text(features[i].name, sizeof features[i].name, rx_features()[i + 3].full_name);
        features[i].coefficient = i == 0 ? .5 : -2;
        features[i].mean = 1;
        features[i].sd = 2;
        for (int q = 0; q < CFG_NQUANTILES; q++) { features[i].quantile[q] = q; }
    }
    m.features = features;
    m.n_features = 2;
    m.cutpoint = -4;
    m.baseline_time_days = baseline_days;
    m.baseline_cumhaz = baseline_hazard;
    m.n_baseline = 3;
    m.horizon_years[0] = 1;
    m.horizon_years[1] = 3;
    m.horizon_years[2] = 20;
    m.n_horizons = 3;
    return m;
}

static pn_assess_opts options(void)
{
    pn_assess_opts o = {.version = 1, .contour_digest = "dd", .image_digests = digests, .n_images = 3};
    set_text(o.content_datetime, sizeof o.content_datetime, "20260131120000");
    return o;
}

static pn_report assess(const pn_measurement *m, const cfg_model *c, const pn_assess_opts *o)
{
    pn_report r = {0};
    pn_error err = {0};
    CHECK_OK(pn_assess(&r, m, c, o, &err), err);
    return r;
}

static bool says(const pn_report *r, const char *text)
{
    for (size_t i = 0; i < r->n_reasons; i++) {
        if (strstr(r->reasons[i], text) != NULL) { return true; }
    }
    return false;
}

/* Features 4 and 5 are 4 and 5: score .5 (4-1)/2 - 2 (5-1)/2 = .75 - 4. */
static void eligible_case__gets_score_group_survival_and_drivers(void **state)
{
    (void)state;
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    pn_report r = assess(&m, &c, &o);
    assert_true(pn_report_main(&r)->applicable);
    CHECK_NEAR(pn_report_main(&r)->score, -3.25, 1e-15, 0);
    assert_true(pn_report_main(&r)->high_risk);                       /* above the cut-point of -4 */
    assert_int_equal(pn_report_main(&r)->n_survival, 2);              /* 20 years lie beyond the follow-up */
    CHECK_NEAR(pn_report_main(&r)->survival[0].probability, exp(-.1 * exp(-3.25)), 1e-15, 0);
    CHECK_NEAR(pn_report_main(&r)->survival[1].probability, exp(-.3 * exp(-3.25)), 1e-15, 0);
    assert_int_equal(pn_report_main(&r)->n_drivers, 2);
    CHECK_NEAR(pn_report_main(&r)->drivers[0].contribution, -4, 1e-15, 0);
    CHECK_NEAR(pn_report_main(&r)->drivers[1].contribution, .75, 1e-15, 0);
    assert_int_equal(r.n_images, 3);
    pn_report_free(&r);
}

static void each_gate__leaves_the_features_and_takes_the_group(void **state)
{
    (void)state;
    static const struct { const char *what, *reason; } gates[] = {
        {"modality", "Modality is MR"},          {"slices", "Slice spacing is 7"},
        {"pixels", "Pixel spacing is 0.2"},   {"voxels", "holds 99 voxels"},
        {"undefined", "has no value"}, {"two", "2 contours"},
    };
    for (size_t g = 0; g < sizeof gates / sizeof gates[0]; g++) {
        pn_measurement m = measurement();
        cfg_model c = model();
        pn_assess_opts o = options();
        if (g == 0) { set_text(m.volume.study.modality, 17, "MR"); }
        if (g == 1) { m.volume.image.grid.spacing_mm[2] = 7; }
        if (g == 2) { m.volume.image.grid.spacing_mm[0] = m.volume.image.grid.spacing_mm[1] = .2; }
        if (g == 3) { regions[0].diagnostics.roi_voxels = 99; }
        if (g == 4) { regions[0].values[3] = (rx_value){NAN, RX_UNDEFINED}; }
        if (g == 5) { m.n_regions = 2; }
        pn_report r = assess(&m, &c, &o);
        if (pn_report_main(&r)->applicable) { fail_msg("%s: the model still applies", gates[g].what); }
        if (!says(&r, gates[g].reason)) { fail_msg("%s: the reason is \"%s\"", gates[g].what, r.reasons[0]); }
        assert_true(isnan(pn_report_main(&r)->score));
        assert_int_equal(pn_report_main(&r)->n_survival, 0);
        CHECK_NEAR(r.regions[0].values[10].v, 11, 0, 0);
        pn_report_free(&r);
    }
}

static void uids__repeat_for_the_same_inputs_in_any_order(void **state)
{
    (void)state;
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options(), turned = options();
    const char *other_order[] = {"cc", "aa", "bb"};
    turned.image_digests = other_order;
    pn_report a = assess(&m, &c, &o), b = assess(&m, &c, &turned);
    assert_string_equal(a.sop_uid, b.sop_uid);
    assert_string_equal(a.series_uid, b.series_uid);
    assert_string_not_equal(a.sop_uid, a.series_uid);
    assert_memory_equal(a.sop_uid, "2.25.", 5);
    pn_report_free(&a);
    pn_report_free(&b);
}

static void uids__change_with_everything_that_the_report_depends_on(void **state)
{
    (void)state;
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    pn_report first = assess(&m, &c, &o);
    for (int change = 0; change < 7; change++) {
        m = measurement();
        c = model();
        o = options();
        const char *others[] = {"aa", "bb", "xx"};
        if (change == 0) { o.contour_digest = "ee"; }
        if (change == 1) { o.image_digests = others; }
        if (change == 2) { o.n_images = 2; }
        if (change == 3) { set_text(c.file_sha256, sizeof c.file_sha256, "f00"); }
        if (change == 4) { c.extraction.bin_width = 10; }
        if (change == 5) { set_text(o.predecessor_sop_uid, PN_UID_SIZE, "2.25.1"); }
        if (change == 6) { o.version = 2; }
        pn_report r = assess(&m, &c, &o);
        if (strcmp(r.sop_uid, first.sop_uid) == 0) { fail_msg("change %d left the UID as it was", change); }
        assert_string_equal(r.regions[0].tracking_uid, first.regions[0].tracking_uid);
        pn_report_free(&r);
    }
    pn_report_free(&first);
}

static void region_that_failed__is_left_out_and_told(void **state)
{
    (void)state;
    pn_measurement m = measurement();
    m.n_regions = 2;
    (void)pn_fail(&regions[0].failure, PN_EGEOMETRY, "contour 3 is tilted");
    cfg_model c = model();
    pn_assess_opts o = options();
    pn_report r = assess(&m, &c, &o);
    assert_int_equal(r.n_regions, 1);
    assert_int_equal(r.regions[0].number, 2);
    assert_false(pn_report_main(&r)->applicable);
    assert_true(says(&r, "contour 3 is tilted"));
    pn_report_free(&r);

    (void)pn_fail(&regions[1].failure, PN_EEMPTY, "no voxel");
    pn_error err = {0};
    assert_int_equal(pn_assess(&r, &m, &c, &o, &err), PN_EGEOMETRY);
    assert_string_equal(err.msg, "contour 3 is tilted");
}

static void matched_by_series__is_said_and_does_not_take_the_group(void **state)
{
    (void)state;
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    o.matched_by_series = true;
    pn_report r = assess(&m, &c, &o);
    assert_true(pn_report_main(&r)->applicable);
    assert_true(says(&r, "series"));
    pn_report_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eligible_case__gets_score_group_survival_and_drivers),
        cmocka_unit_test(each_gate__leaves_the_features_and_takes_the_group),
        cmocka_unit_test(uids__repeat_for_the_same_inputs_in_any_order),
        cmocka_unit_test(uids__change_with_everything_that_the_report_depends_on),
        cmocka_unit_test(region_that_failed__is_left_out_and_told),
        cmocka_unit_test(matched_by_series__is_said_and_does_not_take_the_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
