/* The builder alone: decimal strings, refusals, and that nothing is written after one. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "dicom/runtime.h"
#include "dicom/sr.h"

static const pn_code_triple TITLE = {"126001", "DCM", "Oncology Measurement Report"};
static const pn_code_triple COMMENT = {"121106", "DCM", "Comment"};
static const pn_code_triple NO_UNITS = {"1", "UCUM", "no units"};
static pn_study study;

static int setup(void **state)
{
    (void)state;
    pn_error err = {0};
    (void)snprintf(study.study_uid, sizeof study.study_uid, "1.2.3");
    return pn_dicom_init(&err);
}

static pn_sr_header header(void)
{
    return (pn_sr_header){
        .comprehensive_3d = true, .study = &study, .sop_uid = "2.25.1", .series_uid = "2.25.2",
        .date = "20260101", .time = "120000", .series_number = 901, .instance_number = 1,
        .series_description = "test", .institution = "", .station_name = "",
        .manufacturer = "m", .model_name = "n", .serial_number = "1", .software_version = "0",
    };
}

static pn_sr *start(void)
{
    pn_error err = {0};
    pn_sr_header h = header();
    pn_sr *sr = NULL;
    CHECK_OK(pn_sr_new(&sr, &h, TITLE, "1500", &err), err);
    return sr;
}

static const char *file_path(void)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "/tmp/prognode-test-builder-%ld.dcm", (long)getpid());
    return path;
}

/* Saving fails with `code`, says `word`, and leaves no file. */
static void assert_refused(pn_sr *sr, pn_code code, const char *word)
{
    pn_error err = {0};
    (void)unlink(file_path());
    assert_int_equal(pn_sr_save(sr, file_path(), &err), code);
    assert_int_equal(err.code, code);
    if (strstr(err.msg, word) == NULL) { fail_msg("'%s' is not in '%s'", word, err.msg); }
    assert_int_equal(access(file_path(), F_OK), -1);
    pn_sr_free(sr);
}

static void test_decimal__fits_and_is_nearest(void **state)
{
    (void)state;
    static const struct { double v; const char *want; } cases[] = {
        {0, "0"}, {-0.0, "-0"}, {0.1, "0.1"}, {1.372, "1.372"}, {-2.5, "-2.5"}, {1e100, "1e+100"},
        {1.0 / 3, "0.33333333333333"}, {-1.0 / 3, "-0.3333333333333"},
        {-1.0 / 3 * 1e-200, "-3.33333333e-201"}, {123456789012345678.0, "1.2345678901e+17"},
        {5e-324, "5e-324"}, {-1.7976931348623157e308, "-1.79769313e+308"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[PN_DS_SIZE];
        pn_sr_decimal(got, cases[i].v);
        assert_string_equal(got, cases[i].want);
    }
}

static void test_decimal__precision_over_many_magnitudes(void **state)
{
    (void)state;
    double v = 1.0 / 7;
    for (int i = 0; i < 600; i++) {
        double x = (i % 2 == 0 ? v : -v) * pow(10, i / 2 - 150);
        char got[PN_DS_SIZE];
        pn_sr_decimal(got, x);
        assert_in_range(strlen(got), 1, 16);
        CHECK_NEAR(strtod(got, NULL), x, 6e-9, 0);
    }
}

static void test_builder__illegal_relationship_is_an_error(void **state)
{
    (void)state;
    pn_sr *sr = start();
    pn_sr_composite(sr, PN_SR_CONTAINS, (pn_code_triple){"130488", "DCM", "Region in Space"},
                    "1.2.840.10008.5.1.4.1.1.481.3", "1.2.3.4");
    pn_sr_open_last(sr);
    pn_sr_text(sr, PN_SR_HAS_PROPERTIES, COMMENT, "4");
    pn_sr_close(sr);
    pn_sr_text(sr, PN_SR_CONTAINS, COMMENT, "what follows does not hide it");
    assert_refused(sr, PN_EINVAL, "relationship");
}

static void test_builder__bad_values_are_errors(void **state)
{
    (void)state;
    pn_code_triple name = {"PRG-X", "99PROGNODE", "x"};
    pn_sr *sr = start();
    pn_sr_uidref(sr, PN_SR_CONTAINS, name, "no uid");
    assert_refused(sr, PN_EINVAL, "PRG-X");
    sr = start();
    pn_sr_num(sr, PN_SR_CONTAINS, name, NAN, NO_UNITS);
    assert_refused(sr, PN_EINVAL, "not finite");
    sr = start();
    pn_sr_image(sr, PN_SR_CONTAINS, name, "1.2.840.10008.5.1.4.1.1.66.4", "1.2.3", 65536);
    assert_refused(sr, PN_EINVAL, "PRG-X");
    sr = start();
    pn_sr_text(sr, PN_SR_CONTAINS, name, "");
    assert_refused(sr, PN_EINVAL, "PRG-X");
    sr = start();
    pn_sr_evidence(sr, "1.2", "1.2.840.10008.5.1.4.1.1.2", "not a uid");
    assert_refused(sr, PN_EINVAL, "evidence");
}

static void test_builder__unbalanced_close_is_an_error(void **state)
{
    (void)state;
    pn_sr *sr = start();
    pn_sr_close(sr);
    assert_refused(sr, PN_EINTERNAL, "close");
    sr = start();
    pn_sr_open_last(sr);
    assert_refused(sr, PN_EINTERNAL, "open");
}

static void test_builder__header_uids_are_checked(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_sr_header h = header();
    h.sop_uid = "";
    pn_sr *sr = NULL;
    assert_int_equal(pn_sr_new(&sr, &h, TITLE, "1500", &err), PN_EINVAL);
    assert_null(sr);
}

static void test_builder__missing_folder_is_an_error(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_sr *sr = start();
    pn_sr_text(sr, PN_SR_CONTAINS, COMMENT, "x");
    assert_int_not_equal(pn_sr_save(sr, "/nonexistent/folder/x.dcm", &err), PN_OK);
    assert_non_null(strstr(err.msg, "/nonexistent/folder"));
    pn_sr_free(sr);
}

static void test_read__not_a_report(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_sr_document d = {0};
    CHECK_OK(pn_write_file(file_path(), "hello", 5, false, &err), err);
    assert_int_equal(pn_sr_read(&d, file_path(), &err), PN_EFORMAT);
    assert_int_not_equal(pn_sr_read(&d, "/nonexistent.dcm", &err), PN_OK);
    assert_null(d.items);
    (void)unlink(file_path());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal__fits_and_is_nearest),
        cmocka_unit_test(test_decimal__precision_over_many_magnitudes),
        cmocka_unit_test(test_builder__illegal_relationship_is_an_error),
        cmocka_unit_test(test_builder__bad_values_are_errors),
        cmocka_unit_test(test_builder__unbalanced_close_is_an_error),
        cmocka_unit_test(test_builder__header_uids_are_checked),
        cmocka_unit_test(test_builder__missing_folder_is_an_error),
        cmocka_unit_test(test_read__not_a_report),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
