/* The picture page as DICOM objects: the same bytes each time, the images' patient and study, the
 * same numbers and sentences as the SR. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "dicom/header.h"
#include "dicom/pdf_write.h"
#include "dicom/runtime.h"
#include "dicom/sr.h"
#include "fixture.h"
#include "page_fixture.h"
#include "report/words.h"

static void same_bytes(const char *a, const char *b)
{
    char *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    pn_error err = {0};
    CHECK_OK(pn_read_file(&x, &n, a, 1 << 26, &err), err);
    CHECK_OK(pn_read_file(&y, &m, b, 1 << 26, &err), err);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}

/* Also in another process, and after other pages were drawn. First of the tests: the child then
 * loads its fonts itself. */
static void test_page_objects__same_report_same_bytes(void **state)
{
    (void)state;
    page_case c, other;
    page_case_usual(&c, true);
    page_case_usual(&other, false);
    char folder[600];
    (void)snprintf(folder, sizeof folder, "%s", fixture_path(""));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        assert_int_equal(setenv("PN_KEEP_PAGES", folder, 1), 0);    /* the parent's */
        page_write(&c, "child", "zh");
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    page_write(&other, "other", "de");
    page_write(&c, "parent", "zh");
    same_bytes(fixture_path("child.sc.dcm"), page_path("parent", "sc"));
    same_bytes(fixture_path("child.pdf.dcm"), page_path("parent", "pdf"));
    page_case_free(&c);
    page_case_free(&other);
}

static void check_header(const char *path, const char *sop_class, const char *sop_uid, const pn_study *s)
{
    pn_header h = {0};
    pn_error err = {0};
    CHECK_OK(pn_header_read(&h, path, &err), err);
    assert_int_equal(h.kind, PN_KIND_OWN);           /* routed back to us, it makes no case */
    assert_string_equal(h.sop_class_uid, sop_class);
    assert_string_equal(h.sop_uid, sop_uid);
    assert_string_equal(h.study_uid, s->study_uid);
    assert_string_equal(h.patient_id, s->patient_id);
    assert_string_equal(h.patient_id_issuer, s->patient_id_issuer);
    assert_string_equal(h.accession, s->accession);
    pn_header_free(&h);
}

static void check_attributes(const char *path, const char *const *lines, size_t n)
{
    static char out[1 << 18];
    assert_int_equal(run_tool(out, sizeof out, "dcmdump -Un +L %s", path), 0);
    for (size_t i = 0; i < n; i++) {
        if (strstr(out, lines[i]) == NULL) { fail_msg("%s has no %s", path, lines[i]); }
    }
}

static void test_page_objects__say_what_the_images_say(void **state)
{
    (void)state;
    page_case c;
    page_case_usual(&c, false);
    page_write(&c, "objects", "en");
    check_header(page_path("objects", "sc"), "1.2.840.10008.5.1.4.1.1.7", "2.25.200", &c.report.study);
    check_header(page_path("objects", "pdf"), "1.2.840.10008.5.1.4.1.1.104.1", "2.25.300", &c.report.study);
    page_case_free(&c);
    if (!have_tool("dcmdump")) { return; }
    static const char *const both[] = {
        "(0008,0005) CS [ISO_IR 192]", "(0010,0010) PN [M\u00fcller^J\u00f6rg]", "(0010,0020) LO [PAT-0815]",
        "(0010,0021) LO [HOSPITAL_A]", "(0010,0030) DA [19500131]", "(0010,0040) CS [M]", "(0010,1010) AS [075Y]",
        "(0008,0020) DA [20260102]", "(0008,0030) TM [101112]", "(0020,0010) SH [S1]", "(0008,0050) SH [ACC42]",
        "(0008,0090) PN [Referrer^R]", "(0008,1030) LO [CT abdomen]", "(0028,0301) CS [YES]",
        "(0008,0064) CS [WSD]", "(0008,0023) DA [20260301]", "(0008,0033) TM [120506]",
        "UI [1.2.3.4.5.9.1]", "UI [1.2.3.4.5.9.12]", "UI [1.2.3.4.5.10]", "UI [2.25.100]"};
    static const char *const picture[] = {
        "(0008,0008) CS [DERIVED\\SECONDARY]", "(0008,0060) CS [OT]", "(0028,0004) CS [RGB]", "(0028,0010) US 1190",
        "(0028,0011) US 1684", "(0020,0011) IS [902]", "(0008,2112) SQ", "(0008,114a) SQ"};
    static const char *const document[] = {
        "(0008,0060) CS [DOC]", "(0042,0012) LO [application/pdf]", "(0042,0010) ST [prognode demo-os 1.0.0]",
        "(0020,0011) IS [903]", "(0042,0013) SQ"};
    check_attributes(page_path("objects", "sc"), both, sizeof both / sizeof both[0]);
    check_attributes(page_path("objects", "pdf"), both, sizeof both / sizeof both[0]);
    check_attributes(page_path("objects", "sc"), picture, sizeof picture / sizeof picture[0]);
    check_attributes(page_path("objects", "pdf"), document, sizeof document / sizeof document[0]);
}

/* ---- The page and the SR --------------------------------------------------------------------- */

/* Without any blanks: where lines break is the page's own. */
static void squeeze(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0'; p++) {
        if (strchr(" \n\r\t\f", *p) == NULL) { *to++ = *p; }
    }
    *to = '\0';
}

static bool on_page(const char *page, const char *text)
{
    char copy[PN_WORDS_SIZE];
    (void)snprintf(copy, sizeof copy, "%s", text);
    squeeze(copy);
    return copy[0] != '\0' && strstr(page, copy) != NULL;
}

/* Numbers of the SR that the page shows, and sentences that it shows word for word. */
static bool is_number(const char *code)
{
    return strcmp(code, "PRG-RS") == 0 || strcmp(code, "PRG-CUT") == 0 || strcmp(code, "PRG-RSLO") == 0 ||
           strcmp(code, "PRG-RSHI") == 0;
}

static bool is_share(const char *code)
{
    return strcmp(code, "PRG-AGR") == 0 || strncmp(code, "PRG-S1Y", 7) == 0 || strncmp(code, "PRG-S3Y", 7) == 0;
}

static bool is_sentence(const char *code)
{
    return strcmp(code, "PRG-APPTXT") == 0 || strcmp(code, "PRG-SURE") == 0 || strcmp(code, "PRG-ROI") == 0 ||
           strcmp(code, "PRG-MODEL") == 0;
}

static void compare_with_sr(page_case *c, const char *name, const char *language, unsigned least_numbers)
{
    char sr[600], number[PN_NUMBER_SIZE];
    (void)snprintf(sr, sizeof sr, "%s", fixture_path("same.sr.dcm"));
    (void)snprintf(c->report.language, sizeof c->report.language, "%s", language);
    fixture_write(&c->report, sr);
    page_write(c, name, language);
    char *page = page_text(name, "-raw");
    squeeze(page);
    pn_sr_document d = {0};
    pn_error err = {0};
    CHECK_OK(pn_sr_read(&d, sr, &err), err);
    unsigned numbers = 0, sentences = 0;
    for (size_t i = 0; i < d.n_items; i++) {
        const pn_sr_item *item = &d.items[i];
        const char *shown = NULL;
        /* Without a score there is nothing to compare with the cut-point, which is the model's. */
        bool unused = strcmp(item->name_code, "PRG-CUT") == 0 && !pn_report_main(&c->report)->applicable;
        if (item->has_number && is_number(item->name_code) && !unused) {
            pn_words_number(number, item->number);
            shown = number;
            numbers++;
        } else if (item->has_number && is_share(item->name_code)) {
            pn_words_percent(number, item->number / 100);
            shown = number;
            numbers++;
        } else if (is_sentence(item->name_code) && strcmp(item->type, "TEXT") == 0) {
            shown = item->value;
            sentences++;
        }
        if (shown != NULL && !on_page(page, shown)) { fail_msg("%s: the page does not show \"%s\" (%s)", name, shown, item->name); }
    }
    assert_true(numbers >= least_numbers);
    assert_true(sentences >= 3);
    pn_sr_document_free(&d);
}

static void test_page_objects__numbers_are_the_srs(void **state)
{
    (void)state;
    if (!have_tool("pdftotext") || !have_tool("dcm2pdf")) { skip(); }
    static const char *const languages[] = {"en", "de", "zh"};
    for (size_t i = 0; i < 3; i++) {
        page_case c;
        page_case_usual(&c, false);
        compare_with_sr(&c, "same", languages[i], 7);
        fixture_not_applicable(&c.report);
        compare_with_sr(&c, "same-not", languages[i], 0);
        page_case_free(&c);
    }
}

/* What is not known is not drawn as a number. */
static void test_page_objects__unknown_is_a_word(void **state)
{
    (void)state;
    if (!have_tool("pdftotext") || !have_tool("dcm2pdf")) { skip(); }
    page_case c;
    page_case_usual(&c, false);
    pn_report_result *s = pn_report_main_mut(&c.report);
    s->score_interval = (pn_interval){NAN, NAN};
    s->group_agreement = NAN;
    s->survival[0].interval = (pn_interval){NAN, NAN};
    for (size_t i = 0; i < s->n_drivers; i++) {
        s->drivers[i].value = s->drivers[i].percentile = s->drivers[i].contribution = NAN;
        for (int q = 0; q < CFG_NQUANTILES; q++) { s->drivers[i].quantile[q] = NAN; }
    }
    s->gates[1].found = NAN;
    c.report.c_index = NAN;
    page_write(&c, "unknown", "en");
    const char *text = page_text("unknown", "-raw");
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, "unknown")) != NULL; p++) { n++; }
    if (n < 2 * s->n_drivers) { fail_msg("%u times unknown: %s", n, text); }
    page_case_free(&c);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static void test_page_objects__refuses_what_makes_no_object(void **state)
{
    (void)state;
    page_case c;
    page_case_usual(&c, false);
    pn_messages *words = page_words("en");
    pn_error err = {0};
    char path[600];
    (void)snprintf(path, sizeof path, "%s", fixture_path("none.dcm"));
    pn_page_form form = {"2.25.x", "2.25.201", NULL, NULL, 902};
    assert_int_equal(pn_report_write_sc(&c.report, &c.images, words, &form, path, &err), PN_EINVAL);
    assert_int_equal(pn_report_write_pdf(&c.report, &c.images, words, &form, path, &err), PN_EINVAL);
    form.sop_uid = "2.25.200";
    strcpy(c.report.content_datetime, "2026");
    assert_int_equal(pn_report_write_sc(&c.report, &c.images, words, &form, path, &err), PN_EINVAL);
    assert_int_equal(pn_report_write_pdf(&c.report, &c.images, words, &form, path, &err), PN_EINVAL);
    strcpy(c.report.content_datetime, "20260301120506");
    c.report.main_region = 7;
    assert_int_equal(pn_page_check("en", &err), PN_OK);
    uint8_t *rgb = NULL;
    assert_int_equal(pn_page_rgb(&rgb, &c.report, &c.images, words, &err), PN_EINVAL);
    c.report.main_region = 0;
    assert_int_equal(pn_report_write_sc(&c.report, &c.images, words, &form, "/nowhere/page.dcm", &err), PN_ENOTFOUND);
    assert_int_equal(access(path, F_OK), -1);
    pn_messages_free(words);
    page_case_free(&c);
}

static void test_page_objects__writers_check_what_they_are_given(void **state)
{
    (void)state;
    page_case c;
    page_case_make(&c, &page_usual, false);
    pn_error err = {0};
    char path[600];
    (void)snprintf(path, sizeof path, "%s", fixture_path("none.dcm"));
    const pn_made made = {.study = &c.report.study, .sop_uid = "2.25.1", .series_uid = "2.25.2",
                          .datetime = "20260301120506", .series_number = 902, .series_description = "", .institution = "",
                          .station_name = "", .model = "m", .device_uid = "2.25.3"};
    const pn_sources sources = {.contour_sop_class_uid = "1.2", .contour_sop_uid = "1.3",
                                .report_sop_class_uid = "", .report_sop_uid = ""};
    static const uint8_t rgb[9] = {0};
    pn_sc sc = {.made = made, .sources = sources, .rgb = rgb, .rows = 70000, .columns = 1, .description = ""};
    assert_int_equal(pn_sc_write(&sc, path, &err), PN_EINVAL);
    sc.rows = 0;
    assert_int_equal(pn_sc_write(&sc, path, &err), PN_EINVAL);
    pn_pdf pdf = {.made = made, .sources = sources, .bytes = "PDF no", .n_bytes = 6, .title = ""};
    assert_int_equal(pn_pdf_write(&pdf, path, &err), PN_EINVAL);
    assert_int_equal(access(path, F_OK), -1);
    sc.rows = 3;                                     /* nine bytes: an odd number, padded */
    CHECK_OK(pn_sc_write(&sc, path, &err), err);
    pdf.bytes = "%PDF-1.5\n";
    pdf.n_bytes = 9;
    CHECK_OK(pn_pdf_write(&pdf, path, &err), err);
    page_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_objects__same_report_same_bytes),
        cmocka_unit_test(test_page_objects__say_what_the_images_say),
        cmocka_unit_test(test_page_objects__numbers_are_the_srs),
        cmocka_unit_test(test_page_objects__unknown_is_a_word),
        cmocka_unit_test(test_page_objects__refuses_what_makes_no_object),
        cmocka_unit_test(test_page_objects__writers_check_what_they_are_given),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_cleanup);
}
