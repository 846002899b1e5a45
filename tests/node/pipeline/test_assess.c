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
    for (int i = 0; i < 3; i++) { (void)snprintf(slices[i].sop_uid, PN_UID_SIZE, "1.9.%d", i + 1); }
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
    m.slice_thickness_mm = (cfg_range){-INFINITY, INFINITY};
    m.max_missing_slices = m.max_mahalanobis = INFINITY;
    set_text(m.contrast, sizeof m.contrast, "any");
    m.min_roi_voxels = 100;
    rx_pyradiomics_default(&m.extraction);
    for (int i = 0; i < 2; i++) {
        set_text(features[i].name, sizeof features[i].name, rx_features()[i + 3].full_name);
        features[i].source = CFG_SOURCE_IMAGE;
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

/* The only gate of the kind; NULL: there is none, or several. */
static const pn_report_gate *gate(const pn_report_result *result, pn_gate_kind kind)
{
    const pn_report_gate *found = NULL;
    for (size_t i = 0; i < result->n_gates; i++) {
        if (result->gates[i].kind != kind) { continue; }
        if (found != NULL) { return NULL; }
        found = &result->gates[i];
    }
    return found;
}

static void check_gate(const pn_report_result *result, pn_gate_kind kind, pn_gate_state state, double found,
                       double low, double high, const char *found_text, const char *wanted_text)
{
    const pn_report_gate *g = gate(result, kind);
    if (g == NULL) { fail_msg("no single gate %s", pn_gate_kind_word(kind)); }
    if (g->state != state) {
        fail_msg("%s: %s, expected %s", pn_gate_kind_word(kind), pn_gate_state_word(g->state),
                 pn_gate_state_word(state));
    }
    CHECK_NEAR(g->found, found, 1e-12, 0);
    CHECK_NEAR(g->low, low, 1e-12, 0);
    CHECK_NEAR(g->high, high, 1e-12, 0);
    assert_string_equal(g->found_text, found_text);
    assert_string_equal(g->wanted_text, wanted_text);
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
    static const struct {
        pn_gate_kind kind;
        double found, low, high;
        const char *found_text, *wanted_text;
    } gates[] = {
        {PN_GATE_MODALITY, NAN, NAN, NAN, "MR", "CT"},
        {PN_GATE_SLICE_SPACING, 7, .5, 5, "", ""},
        {PN_GATE_PIXEL_SPACING, .2, .5, 5, "", ""},
        {PN_GATE_ROI_VOXELS, 99, 100, INFINITY, "", ""},
        {PN_GATE_MEASURABLE, NAN, NAN, NAN, "feature original_firstorder_Energy has no value", ""},
        {PN_GATE_CONTOUR_COUNT, 2, NAN, 1, "", ""},
        {PN_GATE_CONTRAST, NAN, NAN, NAN, "with", "without"},
        {PN_GATE_SLICE_THICKNESS, 8, 1, 3, "", ""},
        {PN_GATE_MISSING_SLICES, 2, -INFINITY, 1, "", ""},
        {PN_GATE_FEATURE_RANGE, 4, 0, 3.5, "", ""},
        {PN_GATE_DISTANCE, 2.5, -INFINITY, 2.4, "", ""},
        {PN_GATE_VARIABLE, NAN, NAN, NAN, "the images do not tell Patient's Sex", ""},
        {PN_GATE_SCORE, NAN, NAN, NAN, "the score of model \"test\" is not finite", ""},
    };
    static double correlation[] = {1, 0, 0, 1}, quantile[] = {0, .5, 1, 1.5, 2, 2.5, 3};
    for (size_t g = 0; g < sizeof gates / sizeof gates[0]; g++) {
        pn_measurement m = measurement();
        cfg_model c = model();
        pn_assess_opts o = options();
        char *uids[] = {(char[]){"1.9.1"}, (char[]){"1.9.7"}, (char[]){"1.9.8"}};
        pn_ref_series series = {.image_uids = uids, .n_image_uids = 3};
        switch (gates[g].kind) {
        case PN_GATE_MODALITY: set_text(m.volume.study.modality, 17, "MR"); break;
        case PN_GATE_SLICE_SPACING: m.volume.image.grid.spacing_mm[2] = 7; break;
        case PN_GATE_PIXEL_SPACING:
            m.volume.image.grid.spacing_mm[0] = m.volume.image.grid.spacing_mm[1] = .2;
            break;
        case PN_GATE_ROI_VOXELS: regions[0].diagnostics.roi_voxels = 99; break;
        case PN_GATE_MEASURABLE:
            set_text(features[0].name, sizeof features[0].name, "original_firstorder_Energy");
            regions[0].values[rx_feature_index("original_firstorder_Energy")] = (rx_value){NAN, RX_UNDEFINED};
            break;
        case PN_GATE_CONTOUR_COUNT: m.n_regions = 2; break;
        case PN_GATE_CONTRAST:
            set_text(m.volume.study.contrast_agent, PN_LO_SIZE, "Iopamidol");
            set_text(c.contrast, sizeof c.contrast, "without");
            break;
        case PN_GATE_SLICE_THICKNESS:
            set_text(m.volume.study.slice_thickness_mm, 17, "8");
            c.slice_thickness_mm = (cfg_range){1, 3};
            break;
        case PN_GATE_MISSING_SLICES:
            m.contour.series = &series;
            m.contour.n_series = 1;
            c.max_missing_slices = 1;
            break;
        case PN_GATE_FEATURE_RANGE: features[0].quantile[6] = 3.5; break;
        case PN_GATE_DISTANCE:                   /* z = 1.5 and 2 */
            c.correlation = correlation;
            c.n_correlation = 4;
            c.distance_quantile = quantile;
            c.n_distance_quantile = CFG_NQUANTILES;
            c.max_mahalanobis = 2.4;
            break;
        case PN_GATE_VARIABLE:
            set_text(features[0].name, sizeof features[0].name, "PatientSex");
            features[0].source = CFG_SOURCE_PATIENT;
            break;
        case PN_GATE_SCORE: features[0].coefficient = features[1].coefficient = 1.7e308; break;
        case PN_NGATE_KINDS: break;
        }
        pn_report r = assess(&m, &c, &o);
        const pn_report_result *result = pn_report_main(&r);
        if (result->applicable) { fail_msg("%s: the model still applies", pn_gate_kind_word(gates[g].kind)); }
        check_gate(result, gates[g].kind, PN_GATE_FAILED, gates[g].found, gates[g].low, gates[g].high,
                   gates[g].found_text, gates[g].wanted_text);
        for (size_t i = 0; i < result->n_gates; i++) {
            assert_true(result->gates[i].kind == gates[g].kind || result->gates[i].state == PN_GATE_PASSED);
            if (i > 0) { assert_true(result->gates[i].kind > result->gates[i - 1].kind); }
        }
        assert_true(isnan(result->score) && isnan(result->score_interval.low));
        assert_int_equal(result->n_survival, 0);
        assert_int_equal(result->n_drivers, 2);  /* the features are told, without a part in a score */
        assert_true(isnan(result->drivers[0].contribution) && isnan(result->drivers[1].contribution));
        CHECK_NEAR(r.regions[0].values[10].v, 11, 0, 0);
        pn_report_free(&r);
    }
}

/* Age from the header and a value from the table: score .5 (4.5 - 1)/2 - 2 (61 - 1)/20. */
static void variables__take_part_in_the_score_and_in_the_uids(void **state)
{
    (void)state;
    static pn_clinical_value value = {.name = "CEA", .value = 4.5};
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    pn_report plain = assess(&m, &c, &o);
    set_text(m.volume.study.patient_id, PN_LO_SIZE, "P1");
    set_text(m.volume.study.patient_age, 17, "061Y");
    set_text(features[0].name, sizeof features[0].name, "CEA");
    features[0].source = CFG_SOURCE_TABLE;
    set_text(features[1].name, sizeof features[1].name, "PatientAge");
    features[1].source = CFG_SOURCE_PATIENT;
    features[1].sd = 20;
    features[1].quantile[6] = 90;
    pn_clinical clinical = {.patient_id = "P1", .values = &value, .n = 1};
    o.clinical = &clinical;
    pn_report r = assess(&m, &c, &o);
    const pn_report_result *result = pn_report_main(&r);
    assert_true(result->applicable);
    CHECK_NEAR(result->score, .5 * 3.5 / 2 - 2 * 60.0 / 20, 1e-15, 0);
    check_gate(result, PN_GATE_VARIABLE, PN_GATE_PASSED, NAN, NAN, NAN, "", "");
    assert_int_equal(r.n_variables, 2);
    assert_true(strcmp(plain.sop_uid, r.sop_uid) != 0);

    pn_report again = assess(&m, &c, &o);                /* the same inputs, the same document */
    assert_string_equal(again.sop_uid, r.sop_uid);
    pn_report_free(&again);
    value.value = nextafter(4.5, 5);                     /* another input, another document */
    again = assess(&m, &c, &o);
    assert_true(strcmp(again.sop_uid, r.sop_uid) != 0);
    pn_report_free(&again);
    value = (pn_clinical_value){.name = "CEA", .value = NAN, .why = "row 3"};
    again = assess(&m, &c, &o);
    assert_true(strcmp(again.sop_uid, r.sop_uid) != 0);
    assert_false(pn_report_main(&again)->applicable);
    check_gate(pn_report_main(&again), PN_GATE_VARIABLE, PN_GATE_FAILED, NAN, NAN, NAN, "row 3", "");
    assert_string_equal(gate(pn_report_main(&again), PN_GATE_VARIABLE)->subject, "CEA");
    assert_int_equal(pn_report_main(&again)->n_drivers, 2);
    pn_report_free(&again);

    set_text(clinical.patient_id, sizeof clinical.patient_id, "P2");
    pn_report none = {0};
    pn_error err = {0};
    assert_int_equal(pn_assess(&none, &m, &c, &o, &err), PN_EIDENTITY);
    value = (pn_clinical_value){.name = "CEA", .value = 4.5};
    pn_report_free(&r);
    pn_report_free(&plain);
}

/* What the images do not say is told and does not take the group. */
static void unknown__is_to_bear_in_mind(void **state)
{
    (void)state;
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    set_text(c.contrast, sizeof c.contrast, "with");
    c.slice_thickness_mm = (cfg_range){1, 3};
    c.max_missing_slices = 0;
    pn_report r = assess(&m, &c, &o);
    assert_true(pn_report_main(&r)->applicable);
    check_gate(pn_report_main(&r), PN_GATE_CONTRAST, PN_GATE_UNKNOWN, NAN, NAN, NAN, "", "with");
    check_gate(pn_report_main(&r), PN_GATE_SLICE_THICKNESS, PN_GATE_UNKNOWN, NAN, 1, 3, "", "");
    check_gate(pn_report_main(&r), PN_GATE_MISSING_SLICES, PN_GATE_UNKNOWN, NAN, -INFINITY, 0, "", "");
    pn_report_free(&r);

    static const char *const none[] = {"NONE", "no", "Without Contrast"};
    for (size_t i = 0; i < 3; i++) {
        set_text(m.volume.study.contrast_agent, PN_LO_SIZE, none[i]);
        r = assess(&m, &c, &o);
        check_gate(pn_report_main(&r), PN_GATE_CONTRAST, PN_GATE_FAILED, NAN, NAN, NAN, "without", "with");
        pn_report_free(&r);
    }
    set_text(m.volume.study.contrast_agent, PN_LO_SIZE, "NONIONIC IODINE");
    r = assess(&m, &c, &o);
    check_gate(pn_report_main(&r), PN_GATE_CONTRAST, PN_GATE_PASSED, NAN, NAN, NAN, "with", "with");
    pn_report_free(&r);
}

/* The edges of the training patients' values belong to them. */
static void training_range__includes_its_ends(void **state)
{
    (void)state;
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    features[0].quantile[6] = 4;                 /* the feature is 4 */
    features[1].quantile[0] = 5;                 /* the feature is 5 */
    for (int q = 1; q < CFG_NQUANTILES; q++) { features[1].quantile[q] = 5 + q; }
    pn_report r = assess(&m, &c, &o);
    assert_true(pn_report_main(&r)->applicable);
    const pn_report_gate *g = gate(pn_report_main(&r), PN_GATE_FEATURE_RANGE);
    assert_non_null(g);
    assert_string_equal(g->subject, "");
    pn_report_free(&r);
    features[0].quantile[6] = nextafter(4, 0);
    features[1].quantile[0] = nextafter(5, 6);
    r = assess(&m, &c, &o);
    assert_null(gate(pn_report_main(&r), PN_GATE_FEATURE_RANGE));       /* one for each of the two */
    assert_false(pn_report_main(&r)->applicable);
    pn_report_free(&r);
}

static void distance__is_that_of_the_correlated_features(void **state)
{
    (void)state;
    static double correlation[] = {1, .6, .6, 1}, quantile[] = {0, 1, 2, 3, 4, 5, 6};
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    c.correlation = correlation;
    c.n_correlation = 4;
    c.distance_quantile = quantile;
    c.n_distance_quantile = CFG_NQUANTILES;
    pn_report r = assess(&m, &c, &o);
    /* z = 1.5 and 2: (2.25 - 2 * 0.6 * 3 + 4) / 0.64 */
    CHECK_NEAR(pn_report_main(&r)->mahalanobis, sqrt(2.65 / .64), 1e-12, 0);
    CHECK_NEAR(pn_report_main(&r)->mahalanobis_percentile, 25 + 25 * (sqrt(2.65 / .64) - 2), 1e-9, 0);
    assert_null(gate(pn_report_main(&r), PN_GATE_DISTANCE));            /* any distance is allowed */
    assert_true(isnan(r.mahalanobis_limit));
    pn_report_free(&r);
    c.max_mahalanobis = 2.5;
    r = assess(&m, &c, &o);
    check_gate(pn_report_main(&r), PN_GATE_DISTANCE, PN_GATE_PASSED, sqrt(2.65 / .64), -INFINITY, 2.5, "", "");
    CHECK_NEAR(r.mahalanobis_limit, 2.5, 0, 0);
    pn_report_free(&r);
}

/* Replicates with hazard and coefficients that can be followed by hand. */
static void intervals__are_those_of_the_replicates(void **state)
{
    (void)state;
    enum { B = 5 };
    static double coefficient[B * 2], hazard[B * 3];
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    for (int b = 0; b < B; b++) {                /* lp_b = 1.5 c: -5, -4, -3.25, -2, -1 */
        static const double lp[B] = {-5, -4, -3.25, -2, -1};
        coefficient[b * 2] = lp[b] / 1.5;
        for (int h = 0; h < 3; h++) { hazard[b * 3 + h] = .1 * (h + 1); }
    }
    c.boot_coefficient = coefficient;
    c.n_boot_coefficient = B * 2;
    c.boot_cumhaz = hazard;
    c.n_boot_cumhaz = B * 3;
    pn_report r = assess(&m, &c, &o);
    const pn_report_result *result = pn_report_main(&r);
    assert_int_equal(r.n_replicates, B);
    /* The score, -3.25, is the middle one: no bias; 2.5 % of five lies a tenth of a step in. */
    CHECK_NEAR(result->score_interval.low, -5 + .1, 1e-9, 0);
    CHECK_NEAR(result->score_interval.high, -1 - .1, 1e-9, 0);
    /* above the cut-point of -4 are three of five: -4 itself is not */
    CHECK_NEAR(result->group_agreement, .6, 1e-12, 0);
    double high = exp(-.1 * exp(-5)), next = exp(-.1 * exp(-4));
    CHECK_NEAR(result->survival[0].interval.high, high - .1 * (high - next), 1e-9, 0);
    assert_true(result->survival[0].interval.low < result->survival[0].probability);
    assert_true(result->survival[1].interval.high < result->survival[0].interval.high);
    pn_report_free(&r);
}

/* Two tumours: the second is smaller and has the higher score. */
static void several_contours__go_by_the_policy(void **state)
{
    (void)state;
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    m.n_regions = 2;
    regions[1].diagnostics.roi_voxels = 300;
    regions[1].values[3].v = 5;                  /* score -3 instead of -3.25 */
    o.several_contours = PN_CONTOURS_LARGEST;
    pn_report r = assess(&m, &c, &o);
    assert_int_equal(r.main_region, 0);
    assert_int_equal(pn_report_n_scored(&r), 1);
    assert_true(r.regions[0].result.applicable && !r.regions[1].result.assessed);
    check_gate(&r.regions[0].result, PN_GATE_CONTOUR_COUNT, PN_GATE_WARNED, 2, NAN, 1, "", "");
    assert_int_equal(r.regions[1].result.n_gates, 0);
    char largest_uid[PN_UID_SIZE];
    memcpy(largest_uid, r.sop_uid, sizeof largest_uid);
    pn_report_free(&r);

    o.several_contours = PN_CONTOURS_EACH;
    r = assess(&m, &c, &o);
    assert_int_equal(r.main_region, 1);          /* the highest score heads the report */
    assert_int_equal(pn_report_n_scored(&r), 2);
    CHECK_NEAR(r.regions[0].result.score, -3.25, 1e-12, 0);
    CHECK_NEAR(r.regions[1].result.score, -3, 1e-12, 0);
    check_gate(&r.regions[0].result, PN_GATE_CONTOUR_COUNT, PN_GATE_PASSED, 2, NAN, NAN, "", "");
    assert_string_not_equal(r.sop_uid, largest_uid);
    pn_report_free(&r);

    regions[1].diagnostics.roi_voxels = 50;      /* too small for the model: the other one heads */
    r = assess(&m, &c, &o);
    assert_int_equal(r.main_region, 0);
    assert_int_equal(pn_report_n_scored(&r), 1);
    assert_true(r.regions[1].result.assessed);
    check_gate(&r.regions[1].result, PN_GATE_ROI_VOXELS, PN_GATE_FAILED, 50, 100, INFINITY, "", "");
    pn_report_free(&r);

    /* one that cannot be measured may have been the largest, but is a tumour of its own */
    (void)pn_fail(&regions[1].failure, PN_EGEOMETRY, "contour 3 is tilted");
    r = assess(&m, &c, &o);
    assert_true(pn_report_main(&r)->applicable);
    check_gate(pn_report_main(&r), PN_GATE_MEASURABLE, PN_GATE_WARNED, 1, NAN, 0, "contour 3 is tilted", "");
    pn_report_free(&r);
    o.several_contours = PN_CONTOURS_LARGEST;
    r = assess(&m, &c, &o);
    assert_false(pn_report_main(&r)->applicable);
    check_gate(pn_report_main(&r), PN_GATE_MEASURABLE, PN_GATE_FAILED, 1, NAN, 0, "contour 3 is tilted", "");
    pn_report_free(&r);
}

static void missing_slices__count_each_named_image_once(void **state)
{
    (void)state;
    char *listed[] = {(char[]){"1.9.1"}, (char[]){"1.9.2"}, (char[]){"1.9.4"}};
    char *drawn[] = {(char[]){"1.9.4"}, (char[]){"1.9.5"}, (char[]){"1.9.3"}};
    pn_ref_series series = {.image_uids = listed, .n_image_uids = 3};
    pn_roi roi = {.number = 1, .image_uids = drawn, .n_image_uids = 3};
    pn_measurement m = measurement();
    cfg_model c = model();
    pn_assess_opts o = options();
    m.contour.series = &series;
    m.contour.n_series = 1;
    m.contour.rois = &roi;
    m.contour.n_rois = 1;
    c.max_missing_slices = 5;
    pn_report r = assess(&m, &c, &o);            /* there are 1.9.1 to 1.9.3 */
    check_gate(pn_report_main(&r), PN_GATE_MISSING_SLICES, PN_GATE_PASSED, 2, -INFINITY, 5, "", "");
    pn_report_free(&r);
    set_text(series.series_uid, PN_UID_SIZE, "1.77");                   /* another series' images */
    r = assess(&m, &c, &o);
    check_gate(pn_report_main(&r), PN_GATE_MISSING_SLICES, PN_GATE_PASSED, 2, -INFINITY, 5, "", "");
    pn_report_free(&r);
    roi.n_image_uids = 2;                        /* 1.9.4 and 1.9.5: none is there */
    r = assess(&m, &c, &o);
    check_gate(pn_report_main(&r), PN_GATE_MISSING_SLICES, PN_GATE_UNKNOWN, NAN, -INFINITY, 5, "", "");
    pn_report_free(&r);
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
    for (int change = 0; change < 9; change++) {
        m = measurement();
        c = model();
        o = options();
        const char *others[] = {"aa", "bb", "xx"};
        if (change == 0) { o.contour_digest = "ee"; }
        if (change == 1) { o.image_digests = others; }
        if (change == 2) { o.n_images = 2; }
        if (change == 3) { set_text(c.file_sha256, sizeof c.file_sha256, "f00"); }
        if (change == 4) { c.extraction.images[0].own.features.bin_width = 10; }
        if (change == 5) { set_text(o.predecessor_sop_uid, PN_UID_SIZE, "2.25.1"); }
        if (change == 6) { o.version = 2; }
        if (change == 7) { o.several_contours = PN_CONTOURS_EACH; }
        if (change == 8) { set_text(o.language, sizeof o.language, "de"); }
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
    check_gate(pn_report_main(&r), PN_GATE_MEASURABLE, PN_GATE_FAILED, 1, NAN, 0, "contour 3 is tilted", "");
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
    set_text(m.volume.note, sizeof m.volume.note, "lossily compressed");
    pn_report r = assess(&m, &c, &o);
    assert_true(pn_report_main(&r)->applicable);
    assert_true(r.matched_by_series);
    assert_true(says(&r, "lossily compressed"));
    pn_report_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eligible_case__gets_score_group_survival_and_drivers),
        cmocka_unit_test(each_gate__leaves_the_features_and_takes_the_group),
        cmocka_unit_test(variables__take_part_in_the_score_and_in_the_uids),
        cmocka_unit_test(unknown__is_to_bear_in_mind),
        cmocka_unit_test(training_range__includes_its_ends),
        cmocka_unit_test(distance__is_that_of_the_correlated_features),
        cmocka_unit_test(intervals__are_those_of_the_replicates),
        cmocka_unit_test(several_contours__go_by_the_policy),
        cmocka_unit_test(missing_slices__count_each_named_image_once),
        cmocka_unit_test(uids__repeat_for_the_same_inputs_in_any_order),
        cmocka_unit_test(uids__change_with_everything_that_the_report_depends_on),
        cmocka_unit_test(region_that_failed__is_left_out_and_told),
        cmocka_unit_test(matched_by_series__is_said_and_does_not_take_the_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
