/* The bounded walk: accepts what is well-formed, refuses the rest by offset and tag, and does
 * not recurse. */
#include "check.h"
#include "dicom/runtime.h"
#include "dicom/scan.h"
#include "dicom_fixture.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pn_error err;
static pn_scan out;

static void identify(dcm *d)
{
    dcm_text(d, 0x00080016, "UI", CLASS_CT);
    dcm_text(d, 0x00080018, "UI", "1.2.3.4");
}

static dcm begun(const char *syntax)
{
    dcm d = dcm_part10(syntax, CLASS_CT, "1.2.3.4");
    identify(&d);
    return d;
}

static int scan(dcm *d)
{
    int rc = pn_scan_bytes(&out, d->data, d->n, &err);
    dcm_free(d);
    return rc;
}

#define REFUSED(d, code, says)                                                         \
    do {                                                                               \
        int rc_ = scan(d);                                                             \
        if (rc_ != (code) || strstr(err.msg, (says)) == NULL) {                        \
            fail_msg("%d \"%s\", expected %d \"%s\"", rc_, err.msg, (int)(code), says); \
        }                                                                              \
    } while (0)

static void test_three_syntaxes(void **state)
{
    (void)state;
    static const char *const syntaxes[] = {SYNTAX_IMPLICIT, SYNTAX_EXPLICIT, SYNTAX_BIG_ENDIAN};
    for (int i = 0; i < 3; i++) {
        dcm d = begun(syntaxes[i]);
        dcm_text(&d, 0x0020000D, "UI", "1.2.3.5");
        dcm_text(&d, 0x0020000E, "UI", "1.2.3.6");
        dcm_begin(&d, 0x00081115);
        dcm_item(&d);
        dcm_text(&d, 0x0020000E, "UI", "9.9.9");       /* nested: not the object's own       */
        dcm_end_item(&d);
        dcm_end(&d);
        dcm_bytes(&d, 0x7FE00010, "OW", "\xFE\xFF\x00\xE0 pixels", 11);
        size_t n = d.n;
        CHECK_OK(scan(&d), err);
        assert_string_equal(out.transfer_syntax_uid, syntaxes[i]);
        assert_string_equal(out.sop_class_uid, CLASS_CT);
        assert_string_equal(out.sop_uid, "1.2.3.4");
        assert_string_equal(out.study_uid, "1.2.3.5");
        assert_string_equal(out.series_uid, "1.2.3.6");
        assert_true(out.has_pixels);
        assert_string_equal(out.pixel_vr, "OW");
        assert_int_equal(out.pixel_length, 12);
        assert_int_equal(out.pixel_offset, n - 12);
        assert_int_equal(out.max_depth, 1);
        assert_int_equal(out.n_elements, 10);
        assert_int_equal(out.implicit_vr, i == 0);
        assert_int_equal(out.big_endian, i == 2);
    }
}

static void test_bare_dataset(void **state)
{
    (void)state;
    dcm d = dcm_dataset(SYNTAX_IMPLICIT);
    identify(&d);
    CHECK_OK(pn_scan_dataset(&out, d.data, d.n, SYNTAX_IMPLICIT, &err), err);
    assert_string_equal(out.sop_uid, "1.2.3.4");
    assert_int_equal(pn_scan_bytes(&out, d.data, d.n, &err), PN_EFORMAT);
    dcm_free(&d);
}

/* Defined lengths, which the fixture does not write elsewhere: sequence 16 = item 8 + 8. */
static void test_defined_lengths(void **state)
{
    (void)state;
    for (uint32_t wrong = 0; wrong < 3; wrong++) {
        dcm d = begun(SYNTAX_EXPLICIT);
        dcm_tag(&d, 0x00081115, "SQ", 18);
        dcm_tag(&d, 0xFFFEE000u, "", wrong == 1 ? 11 : 10);   /* past its sequence            */
        dcm_tag(&d, 0x00080060, "CS", wrong == 2 ? 4 : 2);    /* past its item                */
        dcm_raw(&d, "CT", 2);
        dcm_text(&d, 0x00100020, "LO", "P1");
        if (wrong == 0) {
            CHECK_OK(scan(&d), err);
            assert_int_equal(out.max_depth, 1);
        } else {
            REFUSED(&d, PN_EFORMAT, wrong == 1 ? "(FFFE,E000): length 11 is more than the 10 bytes left"
                                               : "(0008,0060): length 4 is more than the 2 bytes left");
        }
    }
}

/* Every prefix of a good file is refused, and none reads beyond its end (the sanitizer looks on). */
static void test_every_truncation(void **state)
{
    (void)state;
    dcm d = begun(SYNTAX_EXPLICIT);
    dcm_begin(&d, 0x00081115);
    dcm_item(&d);
    dcm_text(&d, 0x0020000E, "UI", "9.9.9");
    dcm_end_item(&d);
    dcm_end(&d);
    size_t whole_elements = 0;
    dcm_bytes(&d, 0x7FE00010, "OW", "pixels", 6);
    CHECK_OK(pn_scan_bytes(&out, d.data, d.n, &err), err);
    for (size_t n = 0; n < d.n; n++) {
        uint8_t *copy = malloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, d.data, n);
        uint8_t *tight = realloc(copy, n > 0 ? n : 1);
        whole_elements += pn_scan_bytes(&out, tight, n, &err) == 0;
        free(tight);
    }
    /* Cuts between two top-level elements after both UIDs are themselves well-formed. */
    assert_int_equal(whole_elements, 2);
    dcm_free(&d);
}

static void test_length_beyond_end(void **state)
{
    (void)state;
    dcm d = begun(SYNTAX_IMPLICIT);
    dcm_tag(&d, 0x00101010, "AS", 0x7FFFFFFF);
    REFUSED(&d, PN_EFORMAT, "(0010,1010): length 2147483647 is more than the 0 bytes left");
    d = begun(SYNTAX_EXPLICIT);
    dcm_tag(&d, 0x7FE00010, "OB", 0xFFFFFFFEu);
    REFUSED(&d, PN_EFORMAT, "(7FE0,0010): length 4294967294");
}

/* ---- Nesting ---------------------------------------------------------------------- */

static dcm nested(const char *syntax, unsigned depth)
{
    dcm d = begun(syntax);
    for (unsigned i = 0; i < depth; i++) {
        dcm_begin(&d, 0x00081115);
        dcm_item(&d);
    }
    for (unsigned i = 0; i < depth; i++) {
        dcm_end_item(&d);
        dcm_end(&d);
    }
    return d;
}

static void test_nesting(void **state)
{
    (void)state;
    static const char *const syntaxes[] = {SYNTAX_IMPLICIT, SYNTAX_EXPLICIT, SYNTAX_BIG_ENDIAN};
    for (int i = 0; i < 3; i++) {
        dcm d = nested(syntaxes[i], 64);
        CHECK_OK(scan(&d), err);
        assert_int_equal(out.max_depth, 64);
        static const unsigned deep[] = {65, 20000, 200000};
        for (int k = 0; k < 3; k++) {
            d = nested(syntaxes[i], deep[k]);
            REFUSED(&d, PN_ELIMIT, "sequences nested deeper than 64");
        }
    }
}

/* Implicit VR with defined lengths hides its sequences behind tags: they are found anyway. */
static void test_nesting_with_defined_lengths(void **state)
{
    (void)state;
    enum { DEPTH = 1000 };
    dcm d = begun(SYNTAX_IMPLICIT);
    for (uint32_t i = 0; i < DEPTH; i++) {
        uint32_t inner = 16 * (DEPTH - i - 1);
        dcm_tag(&d, 0x00081115, "SQ", inner + 8);
        dcm_tag(&d, 0xFFFEE000u, "", inner);
    }
    REFUSED(&d, PN_ELIMIT, "nested deeper than 64");
}

/* Unknown VR of undefined length holds implicit little endian, whatever is around it. */
static void test_unknown_vr_of_undefined_length(void **state)
{
    (void)state;
    dcm d = begun(SYNTAX_EXPLICIT);
    dcm_tag(&d, 0x00091001, "UN", 0xFFFFFFFFu);
    dcm_item(&d);
    d.implicit = true;
    dcm_text(&d, 0x00080060, "CS", "CT");
    d.implicit = false;
    dcm_end_item(&d);
    dcm_end(&d);
    dcm_text(&d, 0x00100020, "LO", "P1");
    CHECK_OK(scan(&d), err);
    assert_int_equal(out.max_depth, 1);
}

/* ---- Structure ----------------------------------------------------------------------- */

static void test_broken_structure(void **state)
{
    (void)state;
    dcm d = begun(SYNTAX_EXPLICIT);
    dcm_begin(&d, 0x00081115);
    dcm_item(&d);
    REFUSED(&d, PN_EFORMAT, "not closed");

    d = begun(SYNTAX_EXPLICIT);
    dcm_end_item(&d);
    REFUSED(&d, PN_EFORMAT, "delimiter out of place");

    d = begun(SYNTAX_EXPLICIT);
    dcm_begin(&d, 0x00081115);
    dcm_end_item(&d);
    REFUSED(&d, PN_EFORMAT, "delimiter out of place");

    d = begun(SYNTAX_EXPLICIT);
    dcm_begin(&d, 0x00081115);
    dcm_text(&d, 0x00080060, "CS", "CT");
    REFUSED(&d, PN_EFORMAT, "(0008,0060): a data element where an item should be");

    d = begun(SYNTAX_EXPLICIT);
    dcm_tag(&d, 0x00100020, "??", 2);
    REFUSED(&d, PN_EFORMAT, "(0010,0020): unknown value representation");

    d = begun(SYNTAX_EXPLICIT);
    dcm_tag(&d, 0x00091001, "OB", 0xFFFFFFFFu);
    REFUSED(&d, PN_EFORMAT, "undefined length in other than a sequence");

    d = begun(SYNTAX_EXPLICIT);
    dcm_raw(&d, "\0", 1);
    REFUSED(&d, PN_EFORMAT, "1 stray bytes");
}

static void test_identifiers(void **state)
{
    (void)state;
    dcm d = dcm_part10(SYNTAX_EXPLICIT, CLASS_CT, "1.2.3.4");
    dcm_text(&d, 0x00080016, "UI", CLASS_CT);
    REFUSED(&d, PN_EFORMAT, "no SOP Instance UID");

    d = dcm_part10(SYNTAX_EXPLICIT, CLASS_CT, "1.2.3.5");
    identify(&d);
    REFUSED(&d, PN_EFORMAT, "SOP Instance UID is 1.2.3.5 in the file meta information, 1.2.3.4 in the data set");

    d = dcm_part10(SYNTAX_EXPLICIT, CLASS_MR, "1.2.3.4");
    identify(&d);
    REFUSED(&d, PN_EFORMAT, "SOP Class UID");

    d = begun(SYNTAX_EXPLICIT);
    dcm_text(&d, 0x00080018, "UI", "1.2.3.4");
    REFUSED(&d, PN_EFORMAT, "(0008,0018): appears twice");

    static const char *const bad[] = {"../../x", "1..2", ".1", "1.", "1.2a",
        "1.23456789012345678901234567890123456789012345678901234567890123456"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        d = begun(SYNTAX_EXPLICIT);
        dcm_text(&d, 0x0020000D, "UI", bad[i]);
        REFUSED(&d, PN_EFORMAT, "(0020,000D): ");
        assert_false(pn_uid_is_valid(bad[i]));
    }
    assert_true(pn_uid_is_valid("1.2.840.10008.1.2"));
    assert_false(pn_uid_is_valid(""));
}

static void test_transfer_syntaxes(void **state)
{
    (void)state;
    dcm d = begun("1.2.840.10008.1.2.1.99");
    REFUSED(&d, PN_EUNSUPPORTED, "deflated");
    d = begun("1.2.3.4.5");
    REFUSED(&d, PN_EUNSUPPORTED, "1.2.3.4.5 is not accepted");
}

static void test_fragments(void **state)
{
    (void)state;
    dcm d = begun("1.2.840.10008.1.2.4.70");
    dcm_tag(&d, 0x7FE00010, "OB", 0xFFFFFFFFu);
    dcm_bytes(&d, 0xFFFEE000u, "", "", 0);
    dcm_bytes(&d, 0xFFFEE000u, "", "abcdef", 6);
    dcm_end(&d);
    CHECK_OK(scan(&d), err);
    assert_true(out.encapsulated && out.pixel_fragments);
    assert_int_equal(out.n_fragments, 2);
    assert_int_equal(out.pixel_length, 8 + 8 + 6 + 8);

    d = begun("1.2.840.10008.1.2.4.70");
    dcm_tag(&d, 0x7FE00010, "OB", 0xFFFFFFFFu);
    dcm_tag(&d, 0xFFFEE000u, "", 100);
    REFUSED(&d, PN_EFORMAT, "length 100 is more than the 0 bytes left");

    d = begun(SYNTAX_EXPLICIT);
    dcm_tag(&d, 0x7FE00010, "OB", 0xFFFFFFFFu);
    REFUSED(&d, PN_EFORMAT, "uncompressed transfer syntax");

    /* Empty ones by the million: a parser makes an object of each. */
    d = begun("1.2.840.10008.1.2.5");
    dcm_tag(&d, 0x7FE00010, "OB", 0xFFFFFFFFu);
    for (long i = 0; i <= PN_MAX_FRAGMENTS; i++) { dcm_bytes(&d, 0xFFFEE000u, "", "", 0); }
    dcm_end(&d);
    REFUSED(&d, PN_ELIMIT, "too many fragments");
}

/* ---- Files ---------------------------------------------------------------------------- */

static void test_files(void **state)
{
    (void)state;
    assert_int_equal(pn_scan_file(&out, tmp_path("absent"), &err), PN_ENOTFOUND);
    assert_int_equal(pn_scan_file(&out, "/tmp", &err), PN_EFORMAT);
    dcm d = {.n = 0};
    dcm_raw(&d, "hello", 5);
    dcm_write(&d, tmp_path("text"));
    assert_int_equal(pn_scan_file(&out, tmp_path("text"), &err), PN_EFORMAT);
    assert_non_null(strstr(err.msg, "not a DICOM file"));
    dcm_free(&d);

    /* Longer than the reader's window, with an element across its edge. */
    d = begun(SYNTAX_EXPLICIT);
    char text[10001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (uint32_t i = 0; i < 20; i++) { dcm_text(&d, 0x00091010 + i, "LT", text); }
    dcm_bytes(&d, 0x7FE00010, "OW", text, 10000);
    dcm_write(&d, tmp_path("long"));
    CHECK_OK(pn_scan_file(&out, tmp_path("long"), &err), err);
    assert_int_equal(out.size, d.n);
    assert_int_equal(out.pixel_offset, d.n - 10000);
    assert_int_equal(out.n_elements, 23);
    assert_int_equal(truncate(tmp_path("long"), (off_t)d.n - 1), 0);
    assert_int_equal(pn_scan_file(&out, tmp_path("long"), &err), PN_EFORMAT);
    dcm_free(&d);
}

/* One flipped or random byte anywhere may change the verdict, never the walk's good conduct. */
static void test_random_damage(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    static const char *const syntaxes[] = {SYNTAX_IMPLICIT, SYNTAX_EXPLICIT, SYNTAX_BIG_ENDIAN,
                                           "1.2.840.10008.1.2.5"};
    for (int s = 0; s < 4; s++) {
        dcm d = nested(syntaxes[s], 20);
        dcm_text(&d, 0x00100020, "LO", "P1");
        for (int round = 0; round < 20000; round++) {
            seed = seed * 1664525u + 1013904223u;
            size_t at = 132 + (seed >> 8) % (d.n - 132);
            uint8_t before = d.data[at];
            d.data[at] = (uint8_t)(seed >> 3);
            int rc = pn_scan_bytes(&out, d.data, d.n, &err);
            assert_true(rc == 0 || rc == PN_EFORMAT || rc == PN_ELIMIT || rc == PN_EUNSUPPORTED);
            d.data[at] = before;
        }
        dcm_free(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_syntaxes),
        cmocka_unit_test(test_bare_dataset),
        cmocka_unit_test(test_defined_lengths),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_length_beyond_end),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_nesting_with_defined_lengths),
        cmocka_unit_test(test_unknown_vr_of_undefined_length),
        cmocka_unit_test(test_broken_structure),
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_transfer_syntaxes),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test_teardown(test_files, dicom_clear),
        cmocka_unit_test(test_random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
