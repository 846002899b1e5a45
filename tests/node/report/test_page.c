/* The picture page of usual and of awkward cases. With PN_KEEP_PAGES=FOLDER each page is left there
 * as DICOM, to look at. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "page_fixture.h"
#include "report/page_draw.h"

/* ---- Awkward cases: each gives a page that the validator takes, with all text inside it -------- */

static pn_report_result *result_of(page_case *c) { return pn_report_main_mut(&c->report); }

static void check_inside(const char *name)
{
    double x0, y0, x1, y1;
    int words = 0;
    for (const char *p = page_text(name, "-bbox"); (p = strstr(p, "<word ")) != NULL; p++) {
        assert_int_equal(sscanf(p, "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\"", &x0, &y0, &x1, &y1), 4);
        if (x0 < 20 || y0 < 10 || x1 > 841.9 - 20 || y1 > 595.3 - 4) { fail_msg("%s: outside the page: %.200s", name, p); }
        words++;
    }
    assert_true(words > 60);
}

static void check_valid(const char *path)
{
    static char out[1 << 16];
    (void)run_tool(out, sizeof out, "dciodvfy -new %s", path);
    if (strstr(out, "Error") != NULL) { fail_msg("%s: %s", path, out); }
}

static void check_page(page_case *c, const char *name, const char *language)
{
    page_write(c, name, language);
    if (have_tool("dciodvfy")) {
        check_valid(page_path(name, "sc"));
        check_valid(page_path(name, "pdf"));
    }
    if (have_tool("pdftotext") && have_tool("dcm2pdf")) { check_inside(name); }
    page_case_free(c);
}

static void test_page__usual(void **state)
{
    (void)state;
    page_case c;
    page_case_usual(&c, false);
    check_page(&c, "usual", "en");
}

static void test_page__low_risk_in_german(void **state)
{
    (void)state;
    page_case c;
    page_case_usual(&c, true);
    fixture_assess_second(&c.report);
    c.report.matched_by_series = true;
    (void)snprintf(c.report.regions[0].note, sizeof c.report.regions[0].note, "2 open contours ignored");
    pn_report_result *s = result_of(&c);
    s->high_risk = false;
    s->score = -0.41;
    s->score_interval = (pn_interval){-0.95, 0.31};
    s->group_agreement = 0.91;
    s->n_survival = 3;
    s->survival[2] = (pn_report_survival){5, 0.613, {0.42, 0.77}};
    c.report.research_use_only = false;
    check_page(&c, "low-de", "de");
}

static void add_gate(pn_report_result *s, pn_report_gate gate)
{
    s->gates = realloc(s->gates, (s->n_gates + 1) * sizeof *s->gates);
    assert_non_null(s->gates);
    s->gates[s->n_gates++] = gate;
}

/* Everything that can be wrong is. */
static void refuse(page_case *c)
{
    pn_report_result *s = result_of(c);
    fixture_not_applicable(&c->report);
    s->n_gates = 0;
    add_gate(s, (pn_report_gate){.kind = PN_GATE_MODALITY, .state = PN_GATE_FAILED, .found = NAN, .low = NAN, .high = NAN,
                                 .found_text = "MR", .wanted_text = "CT"});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_CONTRAST, .state = PN_GATE_UNKNOWN, .found = NAN, .low = NAN,
                                 .high = NAN, .wanted_text = "with"});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_SLICE_THICKNESS, .found = 3, .low = 0.5, .high = 5});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_SLICE_SPACING, .state = PN_GATE_FAILED, .found = 7.5, .low = 0.5, .high = 5});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_PIXEL_SPACING, .found = 0.8, .low = 0.3, .high = 1.5});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_MISSING_SLICES, .state = PN_GATE_WARNED, .found = 1, .low = 0, .high = 0});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_CONTOUR_COUNT, .found = 1, .low = 1, .high = 1});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_MEASURABLE, .state = PN_GATE_FAILED, .found = 1, .low = NAN, .high = NAN,
                                 .found_text = "region 7: contour 3 reaches 12.5 mm beyond the images"});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_ROI_VOXELS, .state = PN_GATE_FAILED, .found = 12, .low = 64, .high = INFINITY});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_FEATURE_RANGE, .state = PN_GATE_FAILED, .found = 31.4, .low = 0.2,
                                 .high = 22, .subject = "original_ngtdm_Busyness"});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_DISTANCE, .state = PN_GATE_FAILED, .found = 6.1, .low = 0, .high = 3.5});
    add_gate(s, (pn_report_gate){.kind = PN_GATE_SCORE, .state = PN_GATE_FAILED, .found = NAN, .low = NAN, .high = NAN,
                                 .found_text = "original_glcm_Imc1 has no value"});
    for (size_t i = 0; i < s->n_drivers; i++) { s->drivers[i].contribution = NAN; }
}

static void test_page__not_applicable(void **state)
{
    (void)state;
    static const char *const languages[] = {"en", "de", "zh"};
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        page_case c;
        page_case_usual(&c, false);
        refuse(&c);
        (void)snprintf(name, sizeof name, "refused-%s", languages[i]);
        check_page(&c, name, languages[i]);
    }
}

/* Nothing is known but that there is a region. */
static void test_page__bare(void **state)
{
    (void)state;
    page_case c;
    page_case_make(&c, &page_usual, false);
    pn_report_result *s = result_of(&c);
    s->score_interval = (pn_interval){NAN, NAN};
    s->group_agreement = NAN;
    s->n_survival = 0;
    s->n_gates = 0;
    s->n_drivers = 0;
    c.report.training_patients = 0;
    c.report.model_title[0] = '\0';
    c.report.study = (pn_study){.study_uid = "1.2.3", .series_uid = "1.2.4", .modality = "PT"};
    pn_page_images_free(&c.images);
    check_page(&c, "bare", "en");
}

static void set_name(page_case *c, const char *name)
{
    (void)snprintf(c->report.study.patient_name, sizeof c->report.study.patient_name, "%s", name);
}

static void test_page__names_in_other_scripts(void **state)
{
    (void)state;
    page_case c;
    page_case_usual(&c, true);
    set_name(&c, "\u5c71\u7530^\u592a\u90ce=\u3084\u307e\u3060^\u305f\u308d\u3046");
    (void)snprintf(c.report.regions[0].name, PN_LO_SIZE, "\u80bf\u7624 \u0394 \u0413\u0422\u0412");
    check_page(&c, "chinese", "zh");
    page_case_usual(&c, false);
    set_name(&c, "\u0642\u0628\u0627\u0646\u064a^\u0644\u0646\u0632\u0627\u0631");
    (void)snprintf(c.report.study.study_description, PN_LO_SIZE, "\u05d1\u05d8\u05df (CT 1) \u0e17\u0e49\u0e2d\u0e07");
    check_page(&c, "arabic", "en");
}

/* What the images and the contours' maker write as they like. */
static size_t free_texts(char *fields[8], page_case *c)
{
    pn_study *s = &c->report.study;
    char *const all[] = {s->patient_name, s->patient_id, s->patient_id_issuer, s->accession, s->study_description,
                         c->report.regions[0].name, c->report.contour_label};
    memcpy(fields, all, sizeof all);
    return sizeof all / sizeof all[0];
}

/* Markup, formats, placeholders, steering characters, bytes that are no UTF-8, no end. */
static void test_page__hostile_texts(void **state)
{
    (void)state;
    page_case c;
    page_case_usual(&c, true);
    static const char *const texts[] = {
        "<b>bold</b>&amp;{score}%s%n\\(x\\)", "\u202e0815\u2066abc\u200f", "\xff\xfe\xc3(\xed\xa0\x80",
        "A\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b\u030c\u030d",
        "/Title (x) >> endobj", "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
        "\U0001F600\U0001F468\u200d\U0001F469\u200d\U0001F467 \a\033[31m"};
    char *fields[8];
    size_t n = free_texts(fields, &c);
    for (size_t i = 0; i < n; i++) { (void)snprintf(fields[i], PN_LO_SIZE, "%s", texts[i]); }
    page_write(&c, "hostile", "en");
    if (have_tool("pdftotext") && have_tool("dcm2pdf")) {
        check_inside("hostile");
        assert_non_null(strstr(page_text("hostile", "-layout"), "<b>bold</b>&amp;{score}%s%n"));
    }
    page_case_free(&c);
    page_case_usual(&c, true);
    n = free_texts(fields, &c);
    for (size_t i = 0; i < n; i++) { memset(fields[i], 'W', PN_LO_SIZE - 1); }
    page_write(&c, "long", "en");       /* identity is copied as it is, too long or not */
    if (have_tool("pdftotext") && have_tool("dcm2pdf")) { check_inside("long"); }
    page_case_free(&c);
}

static void test_page__one_slice(void **state)
{
    (void)state;
    static const page_shape flat = {{128, 128, 1}, {2, 2, 5}, {30, 20, 3}, {0}};
    page_case c;
    page_case_make(&c, &flat, false);
    assert_int_equal(c.images.n_slices, 1);
    check_page(&c, "one-slice", "en");
}

static void test_page__oblique_and_anisotropic(void **state)
{
    (void)state;
    /* Columns of the matrix: the axes of i, j and k. */
    static const page_shape oblique = {{300, 40, 50}, {0.5, 4, 2}, {20, 30, 20},
                                       {0.8, 0, -0.6, 0.6, 0, 0.8, 0, -1, 0}};
    page_case c;
    page_case_make(&c, &oblique, false);
    page_case_curves(&c);
    assert_string_equal(c.images.right, "LP");
    assert_string_equal(c.images.left, "RA");
    assert_string_equal(c.images.top, "H");
    assert_string_equal(c.images.bottom, "F");
    const pn_box square = {0, 0, 100, 100};
    pn_box b = pn_slice_box(&c.images, 0, square);
    double per_x = b.w / (double)c.images.slices[0].width / c.images.pixel_mm[0];
    double per_y = b.h / (double)c.images.slices[0].height / c.images.pixel_mm[1];
    CHECK_NEAR(per_x, per_y, 1e-12, 0);
    check_page(&c, "oblique", "en");
}

static void test_page__large_images(void **state)
{
    (void)state;
    static const page_shape large = {{4096, 4096, 1}, {0.09, 0.09, 1}, {120, 100, 2}, {0}};
    page_case c;
    page_case_make(&c, &large, false);
    for (size_t i = 0; i < c.images.n_slices; i++) {
        assert_true(c.images.slices[i].width <= PN_PAGE_PIXELS && c.images.slices[i].height <= PN_PAGE_PIXELS);
    }
    page_case_curves(&c);
    check_page(&c, "large", "en");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page__usual),
        cmocka_unit_test(test_page__low_risk_in_german),
        cmocka_unit_test(test_page__not_applicable),
        cmocka_unit_test(test_page__bare),
        cmocka_unit_test(test_page__names_in_other_scripts),
        cmocka_unit_test(test_page__hostile_texts),
        cmocka_unit_test(test_page__one_slice),
        cmocka_unit_test(test_page__oblique_and_anisotropic),
        cmocka_unit_test(test_page__large_images),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_cleanup);
}
