/* The report as a file: valid for the checkers, repeatable, complete, and read back as written. */
#include "fixture.h"

#include "sr_items.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "dicom/runtime.h"

static int setup(void **state)
{
    (void)state;
    pn_error err = {0};
    return pn_dicom_init(&err);
}

static void write_and_read(pn_sr_document *d, const pn_report *r)
{
    pn_error err = {0};
    const char *path = fixture_path("read.dcm");
    fixture_write(r, path);
    CHECK_OK(pn_sr_read(d, path, &err), err);
}

/* ---- Checkers ---------------------------------------------------------------------------- */

static void assert_valid(const pn_report *r, const char *name)
{
    static char out[1 << 20];
    const char *path = fixture_path(name);
    fixture_write(r, path);
    if (have_tool("dciodvfy")) {
        (void)run_tool(out, sizeof out, "dciodvfy -new '%s'", path);
        assert_non_null(strstr(out, "Comprehensive"));   /* it knew the kind of object */
        if (strstr(out, "Error") != NULL) { fail_msg("%s: %s", name, strstr(out, "Error")); }
    }
    if (have_tool("dsrdump")) {
        int status = run_tool(out, sizeof out, "dsrdump '%s'", path);
        if (status != 0) { fail_msg("dsrdump %s: %d: %s", name, status, out); }
        assert_non_null(strstr(out, "Oncology Measurement Report"));
        assert_null(strstr(out, "E: "));
    }
}

#define FILL(field, c)                                                                     \
    do {                                                                                   \
        memset((field), (c), sizeof(field) - 1);                                           \
        (field)[sizeof(field) - 1] = '\0';                                                 \
    } while (0)

static void test_sr__checkers_accept_every_variant(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 16; variant++) {
        pn_report r;
        char name[32];
        if (variant & 1) { fixture_seg_report(&r); } else { fixture_report(&r); }
        if (variant & 2) { fixture_not_applicable(&r); }
        if (variant & 4) { fixture_add_region(&r, (variant & 1) != 0); }
        if (variant & 8) {
            r.comprehensive_3d = false;
            r.regions[0].values[5] = (rx_value){NAN, RX_UNDEFINED};
            r.regions[0].values[6] = (rx_value){NAN, RX_NOT_ASKED};
            r.matched_by_series = true;
            r.version = 2;
            (void)snprintf(r.predecessor_sop_uid, PN_UID_SIZE, "2.25.90");
            (void)snprintf(r.predecessor_series_uid, PN_UID_SIZE, "2.25.91");
        }
        (void)snprintf(name, sizeof name, "variant%u.dcm", variant);
        assert_valid(&r, name);
        pn_report_free(&r);
    }
}

static void test_sr__checkers_accept_missing_attributes(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    pn_study bare = {0};
    memcpy(bare.study_uid, r.study.study_uid, sizeof bare.study_uid);
    memcpy(bare.series_uid, r.study.series_uid, sizeof bare.series_uid);
    r.study = bare;
    r.institution[0] = r.station_name[0] = r.model_title[0] = r.endpoint[0] = '\0';
    r.regions[0].name[0] = '\0';
    assert_valid(&r, "missing.dcm");
    pn_report_free(&r);
}

static void test_sr__checkers_accept_long_texts(void **state)
{
    (void)state;
    pn_report r;
    fixture_seg_report(&r);
    fixture_add_region(&r, false);
    FILL(r.settings, 's');
    FILL(r.model_title, 't');
    FILL(r.model_id, 'm');
    FILL(r.model_version, '9');
    FILL(r.endpoint, 'e');
    FILL(r.regions[1].note, 'n');
    FILL(r.reasons[0], 'r');
    r.n_reasons = 1;
    FILL(r.regions[0].name, 'g');
    FILL(r.regions[0].code_meaning, 'c');
    memset(r.study.study_description, 'd', 64);
    (void)snprintf(r.station_name, sizeof r.station_name, "a\\b-0123456789ab");
    assert_valid(&r, "long.dcm");
    pn_report_free(&r);
}

/* What was asked for decides the values: it is told whole, however much of it there is. */
static void test_sr__settings_stand_whole(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    pn_error err = {0};
    fixture_seg_report(&r);
    FILL(r.settings, 's');
    fixture_write(&r, fixture_path("settings.dcm"));
    CHECK_OK(pn_sr_read(&d, fixture_path("settings.dcm"), &err), err);
    size_t found = 0;
    for (size_t i = 0; i < d.n_items; i++) {
        const char *at = strstr(d.items[i].value, "settings: ");
        found += at != NULL && strcmp(at + strlen("settings: "), r.settings) == 0;
    }
    assert_int_equal(found, 1);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* LO holds 64 characters, whatever their bytes (dciodvfy counts bytes, so it cannot judge). */
static void test_sr__meanings_are_cut_at_a_character(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    pn_error err = {0};
    char want[129] = "";
    fixture_seg_report(&r);
    for (size_t i = 0; i < 100; i++) {
        memcpy(r.regions[0].code_meaning + 2 * i, "\xc3\xa4", 3);
        if (i < 64) { memcpy(want + 2 * i, "\xc3\xa4", 3); }
        if (i < 100) { memcpy(r.regions[0].name + 2 * i, "\xc3\xbc", 3); }
    }
    fixture_write(&r, fixture_path("cut.dcm"));
    CHECK_OK(pn_sr_read(&d, fixture_path("cut.dcm"), &err), err);
    bool finding = false, name = false;
    for (size_t i = 0; i < d.n_items; i++) {
        finding = finding || strcmp(d.items[i].value, want) == 0;
        name = name || strcmp(d.items[i].value, r.regions[0].name) == 0;   /* text: not cut */
    }
    assert_true(finding && name);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* ---- Repeatable ---------------------------------------------------------------------------- */

static void test_sr__same_report_same_bytes(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_report r;
    fixture_seg_report(&r);
    fixture_add_region(&r, true);
    char *a = NULL, *b = NULL;
    size_t na = 0, nb = 0;
    fixture_write(&r, fixture_path("one.dcm"));
    sleep(1);   /* a time of writing would show */
    fixture_write(&r, fixture_path("two.dcm"));
    CHECK_OK(pn_read_file(&a, &na, fixture_path("one.dcm"), 1 << 24, &err), err);
    CHECK_OK(pn_read_file(&b, &nb, fixture_path("two.dcm"), 1 << 24, &err), err);
    assert_int_equal(na, nb);
    assert_memory_equal(a, b, na);
    free(a);
    free(b);
    pn_report_free(&r);
}

static void test_sr__only_given_uids_stand_in_the_header(void **state)
{
    (void)state;
    if (!have_tool("dcmdump")) { skip(); }
    pn_report r;
    fixture_report(&r);
    fixture_write(&r, fixture_path("uids.dcm"));
    static char out[1 << 20];
    assert_int_equal(run_tool(out, sizeof out, "dcmdump '%s'", fixture_path("uids.dcm")), 0);
    assert_non_null(strstr(out, "SOPInstanceUID"));
    assert_null(strstr(out, "1.2.276.0.7230010"));   /* the root of what DCMTK makes up */
    assert_non_null(strstr(out, "(0008,0012) DA [20260301]"));
    assert_non_null(strstr(out, "(0008,0013) TM [120506]"));
    assert_non_null(strstr(out, "(0008,0005) CS [ISO_IR 192]"));
    assert_non_null(strstr(out, "=LittleEndianExplicit"));
    assert_non_null(strstr(out, "(0020,0011) IS [901]"));
    pn_report_free(&r);
}

/* ---- Content -------------------------------------------------------------------------------- */

static void test_sr__values_come_back_in_full(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    write_and_read(&d, &r);
    const pn_feature_code *codes = pn_feature_codes();
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        pn_code_triple name = {codes[i].value, codes[i].scheme, codes[i].meaning};
        const pn_sr_item *item = only(&d, name);
        assert_string_equal(item->name, codes[i].meaning);
        assert_string_equal(item->type, "NUM");
        assert_string_equal(item->unit, codes[i].ucum);
        assert_true(item->has_number);
        if (item->number != fixture_value(i)) {   /* bit for bit */
            fail_msg("%s: %.17g, expected %.17g", item->name, item->number, fixture_value(i));
        }
        CHECK_NEAR(strtod(item->value, NULL), fixture_value(i), 1e-9, 0);
        assert_in_range(strlen(item->value), 1, 16);
    }
    assert_true(d.items[nth(&d, C_SCORE, 0)].number == pn_report_main(&r)->score);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* The same with another reader than our own; it prints 17 digits, of which the last may be off. */
static void test_sr__dcmdump_finds_every_value_in_full(void **state)
{
    (void)state;
    if (!have_tool("dcmdump")) { skip(); }
    pn_report r;
    static char out[1 << 20];
    const char *tag = "(0040,a161) FD ";
    fixture_report(&r);
    fixture_write(&r, fixture_path("dump.dcm"));
    assert_int_equal(run_tool(out, sizeof out, "dcmdump '%s'", fixture_path("dump.dcm")), 0);
    size_t next = 0;
    for (const char *p = strstr(out, tag); p != NULL; p = strstr(p + 1, tag)) {
        double v = strtod(p + strlen(tag), NULL);
        if (next < RX_NFEATURES && near_enough(v, fixture_value(next), 5e-16, 0)) { next++; }
    }
    assert_int_equal(next, RX_NFEATURES);
    pn_report_free(&r);
}

static void test_sr__undefined_values_are_told_not_made_up(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    r.regions[0].values[0] = (rx_value){NAN, RX_UNDEFINED};
    r.regions[0].values[1] = (rx_value){NAN, RX_NOT_ASKED};
    r.regions[0].values[2] = (rx_value){INFINITY, RX_DEFINED};
    r.regions[0].values[3] = (rx_value){-INFINITY, RX_DEFINED};
    write_and_read(&d, &r);
    static const char *const want[] = {"114000", "114007", "114002", "114001"};
    const pn_feature_code *codes = pn_feature_codes();
    for (size_t i = 0; i < 4; i++) {
        const pn_sr_item *item = only(&d, PN_CODE(codes[i].value, codes[i].scheme, ""));
        assert_string_equal(item->type, "NUM");
        assert_false(item->has_number);
        assert_string_equal(item->value_code, want[i]);
        assert_string_equal(item->value_scheme, "DCM");
        assert_string_equal(item->unit, "");
    }
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* ---- Filtered images ----------------------------------------------------------------------- */

static void add_filtered(pn_report_region *region, const char *name, double v)
{
    rx_error err;
    CHECK_OK(rx_results_add(&region->filtered, name, NULL, NULL, v, &err), err);
}

/* Two images of the main region, one of the other. */
static void filtered_report(pn_report *r)
{
    fixture_report(r);
    fixture_add_region(r, false);
    add_filtered(&r->regions[0], "log-sigma-3-0-mm-3D_firstorder_Mean", -1.25);
    add_filtered(&r->regions[0], "log-sigma-3-0-mm-3D_glcm_Contrast", 3.5);
    add_filtered(&r->regions[0], "wavelet-LLH_glcm_Contrast", 4.5);
    add_filtered(&r->regions[0], "wavelet-LLH_glcm_MCC", (double)NAN);
    add_filtered(&r->regions[1], "wavelet-LLH_glcm_Contrast", 5.5);
}

static void test_sr__each_filtered_image_has_a_group_of_its_own(void **state)
{
    (void)state;
    static const struct { const char *id; size_t region, features; double first; } want[] = {
        {"GTV-1 log-sigma-3-0-mm-3D", 0, 2, -1.25}, {"GTV-1 wavelet-LLH", 0, 2, 4.5},
        {"Node left wavelet-LLH", 1, 1, 5.5}};
    pn_report r;
    pn_sr_document d = {0};
    filtered_report(&r);
    assert_valid(&r, "filtered.dcm");
    write_and_read(&d, &r);
    assert_int_equal(count(&d, C_GROUP), 5);
    for (size_t g = 0; g < 3; g++) {
        size_t start = nth(&d, C_GROUP, g + 2), features = 0;
        assert_string_equal(d.items[nth(&d, C_TRACKING_ID, g + 2)].value, want[g].id);
        assert_string_not_equal(d.items[nth(&d, C_TRACKING_UID, g + 2)].value, r.regions[want[g].region].tracking_uid);
        assert_non_null(strstr(want[g].id, d.items[nth(&d, C_IMAGE_FILTER, g)].value));
        for (size_t i = start; i < end_of(&d, start); i++) {
            if (!is_feature(&d.items[i])) { continue; }
            if (features == 0) { CHECK_NEAR(d.items[i].number, want[g].first, 0, 0); }
            if (strcmp(d.items[i].name_code, "Q4LE") == 0) {    /* the mean: not of Hounsfield units any more */
                assert_string_equal(d.items[i].unit, "[arb'U]");
            }
            features++;
        }
        assert_int_equal(features, want[g].features);
    }
    assert_string_not_equal(d.items[nth(&d, C_TRACKING_UID, 2)].value, d.items[nth(&d, C_TRACKING_UID, 3)].value);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr__feature_without_a_code_is_refused(void **state)
{
    (void)state;
    pn_report r;
    pn_error err = {0};
    fixture_report(&r);
    add_filtered(&r.regions[0], "original_shape2D_Perimeter", 1);
    assert_int_equal(pn_report_write_sr(&r, NULL, fixture_path("none.dcm"), &err), PN_EINVAL);
    assert_non_null(strstr(err.msg, "original_shape2D_Perimeter"));
    pn_report_free(&r);
}

static void test_sr__risk_heads_the_main_group_only(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    fixture_add_region(&r, true);
    write_and_read(&d, &r);
    size_t group = nth(&d, C_GROUP, 0), second = nth(&d, C_GROUP, 1);
    assert_int_equal(count(&d, C_GROUP), 2);
    assert_true(is(&d.items[group + 1], C_APPLICABLE));
    assert_true(is(&d.items[group + 3], C_RISK_LEVEL));
    assert_string_equal(d.items[group + 3].value_code, "723509005");
    assert_true(is(&d.items[group + 4], C_SCORE));
    for (size_t i = second; i < end_of(&d, second); i++) {
        assert_false(is(&d.items[i], C_RISK_LEVEL) || is(&d.items[i], C_SCORE) ||
                     is(&d.items[i], C_APPLICABLE) || is(&d.items[i], C_MODEL));
    }
    /* the main region is the second of the report, and the first in the document */
    assert_string_equal(d.items[nth(&d, C_TRACKING_ID, 0)].value, "Node left");
    assert_string_equal(d.items[nth(&d, C_TRACKING_ID, 1)].value, "GTV-1");
    for (size_t g = 0; g < 2; g++) {
        size_t features = 0, start = nth(&d, C_GROUP, g);
        for (size_t i = start; i < end_of(&d, start); i++) { features += is_feature(&d.items[i]); }
        assert_int_equal(features, RX_NFEATURES);
    }
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr__incomplete_segment_code_is_left_out(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_seg_report(&r);
    r.regions[0].code_meaning[0] = '\0';
    r.regions[0].site_scheme[0] = '\0';
    write_and_read(&d, &r);
    assert_string_equal(only(&d, C_FINDING)->value, "Neoplasm");
    assert_int_equal(count(&d, C_FINDING_SITE), 0);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr__low_risk(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    pn_report_main_mut(&r)->high_risk = false;
    pn_report_main_mut(&r)->score = -0.5;
    write_and_read(&d, &r);
    assert_int_equal(count(&d, C_RISK_LEVEL), 2);   /* group and qualitative evaluation */
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(d.items[nth(&d, C_RISK_LEVEL, i)].value_code, "723505004");
    }
    assert_non_null(strstr(d.series_description, "LOW risk (-0.5)"));
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr__not_applicable_has_features_and_reasons_but_no_risk(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    fixture_not_applicable(&r);
    write_and_read(&d, &r);
    size_t features = 0, reasons = 0;
    for (size_t i = 0; i < d.n_items; i++) {
        const pn_sr_item *item = &d.items[i];
        features += is_feature(item);
        assert_string_not_equal(item->value_code, "723509005");
        assert_string_not_equal(item->value_code, "723505004");
        for (size_t k = 0; k < r.n_reasons; k++) {
            reasons += is(item, C_COMMENT) && strcmp(item->value, r.reasons[k]) == 0;
        }
        assert_false(strncmp(item->name_code, "PRG-S", 5) == 0 && item->has_number);
    }
    assert_int_equal(features, RX_NFEATURES);
    assert_int_equal(reasons, 2);
    assert_int_equal(count(&d, C_SCORE), 0);
    assert_true(only(&d, C_CUTPOINT)->number == r.cutpoint);     /* of the model, not the patient */
    assert_string_equal(only(&d, C_APPLICABLE)->value, "No");
    assert_non_null(strstr(only(&d, C_APPLICABILITY)->value, "slice spacing is 7.5 mm"));
    assert_string_equal(d.items[nth(&d, C_RISK_LEVEL, 1)].value, "Not assessed");
    assert_non_null(strstr(d.series_description, "not assessed"));
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr__rtstruct_and_seg_references(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    write_and_read(&d, &r);
    size_t region = nth(&d, C_REGION_IN_SPACE, 0);
    assert_string_equal(d.items[region].type, "COMPOSITE");
    assert_non_null(strstr(d.items[region].value, r.contour_sop_uid));
    assert_true(is(&d.items[region + 1], C_REGION_NUMBER));
    assert_string_equal(d.items[region + 1].relation, "HAS ACQ CONTEXT");
    assert_string_equal(d.items[region + 1].value, "4");
    assert_int_equal(count(&d, C_SEGMENT), 0);
    pn_sr_document_free(&d);
    pn_report_free(&r);

    fixture_seg_report(&r);
    write_and_read(&d, &r);
    const pn_sr_item *segment = only(&d, C_SEGMENT);
    assert_string_equal(segment->type, "IMAGE");
    assert_non_null(strstr(segment->value, "1.2.3.4.5.10 segment 4"));
    assert_string_equal(only(&d, C_SOURCE_SERIES)->value, r.study.series_uid);
    assert_string_equal(only(&d, C_FINDING)->value, "Neoplasm, Primary");
    assert_string_equal(only(&d, C_FINDING_SITE)->value, "Colon");
    assert_int_equal(count(&d, C_REGION_IN_SPACE), 0);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* A viewer prints the whole tree and fails on an item without a name. */
static void test_sr__every_item_has_a_name(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_seg_report(&r);
    fixture_add_region(&r, false);
    write_and_read(&d, &r);
    for (size_t i = 0; i < d.n_items; i++) {
        assert_string_not_equal(d.items[i].name, "");
        assert_string_not_equal(d.items[i].name_code, "");
    }
    assert_string_equal(d.template_id, "1500");
    assert_true(is(&d.items[0], C_TITLE));
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr__survival_names_the_endpoint(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    write_and_read(&d, &r);
    assert_int_equal(count(&d, PN_CODE("PRG-S3Y", PN_SCHEME, "")), 2);   /* group, derived */
    const pn_sr_item *item = &d.items[nth(&d, PN_CODE("PRG-S3Y", PN_SCHEME, ""), 1)];
    assert_string_equal(item->name, "Predicted 3-year survival");
    assert_string_equal(item->unit, "%");
    CHECK_NEAR(item->number, 100.0 / 3, 1e-15, 0);
    pn_sr_document_free(&d);
    (void)snprintf(r.endpoint, sizeof r.endpoint, "local recurrence");
    write_and_read(&d, &r);
    assert_string_equal(d.items[nth(&d, PN_CODE("PRG-E3Y", PN_SCHEME, ""), 1)].name,
                        "Predicted 3-year event-free probability");
    assert_int_equal(count(&d, PN_CODE("PRG-S3Y", PN_SCHEME, "")), 0);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr__comments_say_what_a_reader_must_know(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    r.matched_by_series = true;
    write_and_read(&d, &r);
    bool research = false, model = false, matched = false;
    for (size_t i = 0; i < d.n_items; i++) {
        if (!is(&d.items[i], C_COMMENT)) { continue; }
        const char *text = d.items[i].value;
        research = research || strstr(text, "Research use only") != NULL;
        model = model || strstr(text, r.model_title) != NULL;
        matched = matched || strstr(text, "None of the images") != NULL;
    }
    assert_true(research && model && matched);
    assert_int_equal(count(&d, C_CONTRIBUTION), 4);      /* headline, evaluations */
    assert_non_null(strstr(d.series_description, "research use only"));
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* ---- Header --------------------------------------------------------------------------------- */

static void test_sr__study_attributes_are_copied(void **state)
{
    (void)state;
    if (!have_tool("dcmdump")) { skip(); }
    pn_report r;
    fixture_report(&r);
    (void)snprintf(r.predecessor_sop_uid, PN_UID_SIZE, "2.25.90");
    (void)snprintf(r.predecessor_series_uid, PN_UID_SIZE, "2.25.91");
    fixture_write(&r, fixture_path("header.dcm"));
    static char out[1 << 20];
    (void)run_tool(out, sizeof out, "dcmdump +L '%s'", fixture_path("header.dcm"));
    static const char *const want[] = {
        "PN [M\xc3\xbcller^J\xc3\xb6rg]", "(0010,0020) LO [PAT-0815]", "(0010,0021) LO [HOSPITAL_A]",
        "(0010,0030) DA [19500131]", "(0010,1010) AS [075Y]", "(0020,000d) UI [1.2.3.4.5.1]",
        "(0008,0020) DA [20260102]", "(0008,0030) TM [101112]", "(0020,0010) SH [S1]",
        "(0008,0050) SH [ACC42]", "(0008,0090) PN [Referrer^R]", "(0008,1030) LO [CT abdomen]",
        "(0008,0060) CS [SR]", "(0008,0070) LO [prognode]", "(0040,a491) CS [COMPLETE]",
        "(0040,a493) CS [UNVERIFIED]", "ContributingEquipmentSequence", "[demo-os 1.0.0]",
        "1.2.840.10008.2.16.13", "PredecessorDocumentsSequence", "[2.25.90]",
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        if (strstr(out, want[i]) == NULL) { fail_msg("no '%s' in the file", want[i]); }
    }
    size_t references = 0;
    for (const char *p = out; (p = strstr(p, "[1.2.3.4.5.9.")) != NULL; p++) { references++; }
    assert_int_equal(references, FIXTURE_IMAGES);
    pn_report_free(&r);
}

/* The slices of a multi-frame image are one instance; it stands in the evidence once. */
static void test_sr__multiframe_image_is_named_once(void **state)
{
    (void)state;
    if (!have_tool("dcmdump")) { skip(); }
    pn_report r;
    fixture_report(&r);
    for (size_t i = 0; i < r.n_images; i++) {
        (void)snprintf(r.images[i].sop_class_uid, PN_UID_SIZE, "1.2.840.10008.5.1.4.1.1.2.1");
        (void)snprintf(r.images[i].sop_uid, PN_UID_SIZE, "1.2.3.4.5.9.1");
        r.images[i].frame_number = (unsigned)i + 1;
    }
    fixture_write(&r, fixture_path("frames.dcm"));
    static char out[1 << 20];
    (void)run_tool(out, sizeof out, "dcmdump +L '%s'", fixture_path("frames.dcm"));
    size_t references = 0;
    for (const char *p = out; (p = strstr(p, "[1.2.3.4.5.9.1]")) != NULL; p++) { references++; }
    assert_int_equal(references, 1);
    pn_report_free(&r);
}

static void test_sr__large_evidence(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    free(r.images);
    r.n_images = 2000;
    r.images = calloc(r.n_images, sizeof *r.images);
    assert_non_null(r.images);
    for (size_t i = 0; i < r.n_images; i++) {
        (void)snprintf(r.images[i].sop_class_uid, PN_UID_SIZE, "1.2.840.10008.5.1.4.1.1.2");
        (void)snprintf(r.images[i].sop_uid, PN_UID_SIZE, "1.2.3.4.5.9.%zu", i + 1);
    }
    pn_sr_document d = {0};
    write_and_read(&d, &r);     /* more than one chunk of the writer's memory */
    assert_true(d.n_items > RX_NFEATURES);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr__impossible_reports_are_refused(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_report r;
    const char *path = fixture_path("refused.dcm");
    fixture_report(&r);
    pn_report_main_mut(&r)->score = NAN;
    assert_int_equal(pn_report_write_sr(&r, NULL, path, &err), PN_EINVAL);
    pn_report_main_mut(&r)->score = 1;
    r.main_region = 1;
    assert_int_equal(pn_report_write_sr(&r, NULL, path, &err), PN_EINVAL);
    r.main_region = 0;
    r.model_version[0] = '\0';
    assert_int_equal(pn_report_write_sr(&r, NULL, path, &err), PN_EINVAL);
    r.model_version[0] = '1';
    r.content_datetime[8] = '\0';
    assert_int_equal(pn_report_write_sr(&r, NULL, path, &err), PN_EINVAL);
    (void)snprintf(r.content_datetime, sizeof r.content_datetime, "20260301120506");
    (void)snprintf(r.contour_sop_uid, sizeof r.contour_sop_uid, "nonsense");
    assert_int_equal(pn_report_write_sr(&r, NULL, path, &err), PN_EINVAL);
    assert_int_equal(access(path, F_OK), -1);
    pn_report_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sr__checkers_accept_every_variant),
        cmocka_unit_test(test_sr__checkers_accept_missing_attributes),
        cmocka_unit_test(test_sr__checkers_accept_long_texts),
        cmocka_unit_test(test_sr__settings_stand_whole),
        cmocka_unit_test(test_sr__meanings_are_cut_at_a_character),
        cmocka_unit_test(test_sr__same_report_same_bytes),
        cmocka_unit_test(test_sr__only_given_uids_stand_in_the_header),
        cmocka_unit_test(test_sr__values_come_back_in_full),
        cmocka_unit_test(test_sr__dcmdump_finds_every_value_in_full),
        cmocka_unit_test(test_sr__undefined_values_are_told_not_made_up),
        cmocka_unit_test(test_sr__each_filtered_image_has_a_group_of_its_own),
        cmocka_unit_test(test_sr__feature_without_a_code_is_refused),
        cmocka_unit_test(test_sr__risk_heads_the_main_group_only),
        cmocka_unit_test(test_sr__incomplete_segment_code_is_left_out),
        cmocka_unit_test(test_sr__low_risk),
        cmocka_unit_test(test_sr__not_applicable_has_features_and_reasons_but_no_risk),
        cmocka_unit_test(test_sr__rtstruct_and_seg_references),
        cmocka_unit_test(test_sr__every_item_has_a_name),
        cmocka_unit_test(test_sr__survival_names_the_endpoint),
        cmocka_unit_test(test_sr__comments_say_what_a_reader_must_know),
        cmocka_unit_test(test_sr__study_attributes_are_copied),
        cmocka_unit_test(test_sr__multiframe_image_is_named_once),
        cmocka_unit_test(test_sr__large_evidence),
        cmocka_unit_test(test_sr__impossible_reports_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, fixture_cleanup);
}
