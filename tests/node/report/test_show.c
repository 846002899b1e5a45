/* A report as text for the terminal: what is printed, and for foreign reports as well. */
#include "fixture.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "dicom/runtime.h"
#include "report/show.h"

static int setup(void **state)
{
    (void)state;
    pn_error err = {0};
    return pn_dicom_init(&err);
}

/* The text of the report's file; owned by the caller's buffer. */
static void show(pn_buf *out, const pn_report *r)
{
    pn_error err = {0};
    pn_sr_document d = {0};
    fixture_write(r, fixture_path("show.dcm"));
    CHECK_OK(pn_sr_read(&d, fixture_path("show.dcm"), &err), err);
    CHECK_OK(pn_show(out, &d, &err), err);
    pn_sr_document_free(&d);
}

static void assert_has(const pn_buf *text, const char *what)
{
    if (strstr(text->p, what) == NULL) { fail_msg("no '%s' in\n%s", what, text->p); }
}

static void test_show__headline_then_features(void **state)
{
    (void)state;
    pn_report r;
    pn_buf text = {0};
    fixture_report(&r);
    show(&text, &r);
    assert_has(&text, "2026-03-01 12:05:06");
    assert_has(&text, "High risk");
    assert_has(&text, "1.372 (high risk above 0.25)");
    assert_has(&text, "demo-os 1.0.0 (research use only)");
    assert_has(&text, "  Model applies  Yes. The model applies to this case.\n  Risk group     High risk\n");
    assert_has(&text, "  How sure       Score 1.372 (95 % interval 0.9123 to 1.8)");
    assert_has(&text, "  Contour        GTV-1 (RTSTRUCT \"contours\", 1234 voxels");
    assert_has(&text, "  Survival       1-year survival: 87.7 % (95 % interval 80.0 to 95.0 %)\n"
                      "                 3-year survival: 33.3 %");
    assert_has(&text, "  Driven by      shape_MeshVolume");
    assert_has(&text, "Eligibility\n  - Modality: passed. modality is CT\n");
    assert_has(&text, "Region GTV-1 (Neoplasm)");
    assert_has(&text, "1.2.3.4.5.10 ROI 4");
    assert_has(&text, "shape_Elongation");
    assert_has(&text, "IBSI Q3CK");
    assert_true(strstr(text.p, "High risk") < strstr(text.p, "shape_Elongation"));
    pn_buf_free(&text);
    pn_report_free(&r);
}

static void test_show__all_features_in_columns(void **state)
{
    (void)state;
    pn_report r;
    pn_buf text = {0};
    fixture_seg_report(&r);
    r.regions[0].values[4] = (rx_value){NAN, RX_UNDEFINED};
    show(&text, &r);
    size_t lines = 0;
    const char *scheme_columns[] = {" IBSI ", " 99PYRADIOMICS "};
    for (char *line = strtok(text.p, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        for (size_t k = 0; k < 2; k++) {
            const char *at = strstr(line, scheme_columns[k]);
            if (at == NULL) { continue; }
            lines++;
            assert_int_equal(at - line, 80);
        }
    }
    assert_int_equal(lines, RX_NFEATURES);
    pn_buf_free(&text);
    pn_report_free(&r);
}

static void test_show__filtered_features_by_their_full_names(void **state)
{
    (void)state;
    pn_report r;
    pn_buf text = {0};
    rx_error err;
    fixture_report(&r);
    CHECK_OK(rx_results_add(&r.regions[0].filtered, "wavelet-LLH_glcm_Contrast", NULL, NULL, 4.5, &err), err);
    show(&text, &r);
    assert_has(&text, "Region GTV-1 wavelet-LLH");
    assert_has(&text, "  wavelet-LLH_glcm_Contrast ");
    assert_has(&text, "  glcm_Contrast ");
    pn_buf_free(&text);
    pn_report_free(&r);
}

static void test_show__not_applicable(void **state)
{
    (void)state;
    pn_report r;
    pn_buf text = {0};
    fixture_report(&r);
    fixture_not_applicable(&r);
    show(&text, &r);
    assert_has(&text, "Not assessed");
    assert_has(&text, r.reasons[0]);
    assert_has(&text, r.reasons[1]);
    assert_null(strstr(text.p, "High risk"));
    assert_null(strstr(text.p, "Low risk"));
    pn_buf_free(&text);
    pn_report_free(&r);
}

static void test_show__each_tumour_with_its_result(void **state)
{
    (void)state;
    pn_report r;
    pn_buf text = {0};
    fixture_report(&r);
    fixture_add_region(&r, true);
    fixture_assess_second(&r);
    show(&text, &r);
    const char *high = strstr(text.p, "Risk group     High risk"), *low = strstr(text.p, "Risk group     Low risk");
    const char *second = strstr(text.p, "Region GTV-1");
    assert_non_null(high);
    assert_non_null(low);
    assert_non_null(second);
    assert_true(high < strstr(text.p, "Region Node left") && second < low);
    assert_null(strstr(high + 1, "Risk group     High risk"));
    assert_has(&text, "Score          -1.25 (high risk above 0.25)");
    assert_has(&text, "  Eligibility    Modality: passed. modality is CT");
    pn_buf_free(&text);
    pn_report_free(&r);
}

static void test_show__in_chinese(void **state)
{
    (void)state;
    pn_report r;
    pn_buf text = {0};
    fixture_report(&r);
    (void)snprintf(r.language, sizeof r.language, "zh");
    show(&text, &r);
    assert_has(&text, "Model applies  Yes. 该模型适用于本病例。");
    assert_has(&text, "1 年生存率: 87.7%（95% 区间 80.0 至 95.0%）");
    pn_buf_free(&text);
    pn_report_free(&r);
}

static void test_show__texts_cannot_steer_the_terminal(void **state)
{
    (void)state;
    pn_report r;
    pn_buf text = {0};
    fixture_report(&r);
    (void)snprintf(r.regions[0].name, sizeof r.regions[0].name, "GTV\x1b[31m\xc2\x9b" "2J\r\n1");
    show(&text, &r);
    assert_null(strchr(text.p, '\x1b'));
    assert_null(strchr(text.p, '\r'));
    assert_null(strstr(text.p, "\xc2\x9b"));
    assert_has(&text, "Region GTV");
    pn_buf_free(&text);
    pn_report_free(&r);
}

static void test_show__foreign_report_is_a_tree(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_study study = {0};
    (void)snprintf(study.study_uid, sizeof study.study_uid, "1.2.3");
    pn_sr_header h = {
        .study = &study, .sop_uid = "2.25.1", .series_uid = "2.25.2", .date = "20260101",
        .time = "120000", .series_number = 1, .instance_number = 1, .series_description = "x",
        .institution = "", .station_name = "", .manufacturer = "other", .model_name = "x",
        .serial_number = "1", .software_version = "1",
    };
    pn_code_triple title = {"126000", "DCM", "Imaging Measurement Report"};
    pn_code_triple group = {"125007", "DCM", "Measurement Group"};
    pn_code_triple length = {"410668003", "SCT", "Length"};
    pn_sr *sr = NULL;
    CHECK_OK(pn_sr_new(&sr, &h, title, "1500", &err), err);
    pn_sr_container(sr, PN_SR_CONTAINS, group, NULL);
    pn_sr_num(sr, PN_SR_CONTAINS, length, 12.5, (pn_code_triple){"mm", "UCUM", "millimeter"});
    pn_sr_close(sr);
    CHECK_OK(pn_sr_save(sr, fixture_path("foreign.dcm"), &err), err);
    pn_sr_free(sr);
    pn_sr_document d = {0};
    pn_buf text = {0};
    CHECK_OK(pn_sr_read(&d, fixture_path("foreign.dcm"), &err), err);
    CHECK_OK(pn_show(&text, &d, &err), err);
    assert_string_equal(text.p, "Imaging Measurement Report\n  Measurement Group\n"
                                "    Length: 12.5 mm\n");
    pn_buf_free(&text);
    pn_sr_document_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_show__headline_then_features),
        cmocka_unit_test(test_show__all_features_in_columns),
        cmocka_unit_test(test_show__filtered_features_by_their_full_names),
        cmocka_unit_test(test_show__not_applicable),
        cmocka_unit_test(test_show__each_tumour_with_its_result),
        cmocka_unit_test(test_show__in_chinese),
        cmocka_unit_test(test_show__texts_cannot_steer_the_terminal),
        cmocka_unit_test(test_show__foreign_report_is_a_tree),
    };
    return cmocka_run_group_tests(tests, setup, fixture_cleanup);
}
