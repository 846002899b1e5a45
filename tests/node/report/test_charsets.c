/* Patient names of every character set that DICOM has: an image with the name as it is sent goes
 * in, and the report holds the same name in UTF-8.
 *
 * The bytes of single-byte sets, GB18030, GBK, KS X 1001, GB 2312 and JIS were made with Python's
 * codecs; the names of the Japanese, Korean and Chinese examples are those of PS3.5, annexes H, I,
 * J and K. */
#include "fixture.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "../dicom/dicom_fixture.h"
#include "base/file.h"
#include "dicom/runtime.h"
#include "dicom/volume.h"
#include "report/messages.h"

static const struct { const char *set, *bytes, *utf8; } names[] = {
{NULL, "Smith^John", "Smith^John"},
    {"ISO_IR 100", "Buc^J\xE9r\xF4me", "Buc^Jérôme"},
    {"ISO_IR 101", "Wa\xB3\xEAsa^\xA3ukasz", "Wałęsa^Łukasz"},
    {"ISO_IR 109", "\xC6" "apelo^\xDE" "an\xF8o", "Ĉapelo^Ŝanĝo"},
    {"ISO_IR 110", "B\xBArzi\xF1\xB9^J\xE0nis", "Bērziņš^Jānis"},
    {"ISO_IR 144", "\xBB\xEE\xDA\xE1\xD5\xDC\xD1\xE3\xE0\xD3^\xC0\xDE\xD7\xD0", "Люксембург^Роза"},
    {"ISO_IR 127", "\xE2\xC8\xC7\xE6\xEA^\xE4\xE6\xD2\xC7\xD1", "قباني^لنزار"},
    {"ISO_IR 126",
     "\xC4\xE9\xEF\xED\xFD\xF3\xE9\xEF\xF2^\xD3\xEF\xEB\xF9\xEC\xFC\xF2",
     "Διονύσιος^Σολωμός"},
    {"ISO_IR 138", "\xF9\xF8\xE5\xEF^\xE3\xE1\xE5\xF8\xE4", "שרון^דבורה"},
    {"ISO_IR 148", "\xC7" "avu\xFEo\xF0lu^\xDDpek", "Çavuşoğlu^İpek"},
    {"ISO_IR 203", "\xBCuvre^\xB4ofie", "Œuvre^Žofie"},
    {"ISO_IR 166", "\xCA\xC1\xAA\xD2\xC2^\xE3\xA8\xB4\xD5", "สมชาย^ใจดี"},
    {"ISO_IR 13", "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3", "ﾔﾏﾀﾞ^ﾀﾛｳ"},
    {"ISO_IR 192", "\xE7\x8E\x8B^\xE5\xB0\x8F\xE4\xB8\x9C", "王^小东"},
    {"GB18030", "Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB", "Wang^XiaoDong=王^小东"},
    {"GB18030", "Li^Si=\xC0\xEE^\x81" "9\xEE" "9\x95" "2\x82" "6", "Li^Si=李^㐀𠀀"},
    {"GBK", "Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB", "Wang^XiaoDong=王^小东"},
    {"\\ISO 2022 IR 100", "\x1B-ABuc^\x1B-AJ\xE9r\xF4me", "Buc^Jérôme"},
    {"\\ISO 2022 IR 101", "\x1B-BWa\xB3\xEAsa^\x1B-B\xA3ukasz", "Wałęsa^Łukasz"},
    {"\\ISO 2022 IR 109", "\x1B-C\xC6" "apelo^\x1B-C\xDE" "an\xF8o", "Ĉapelo^Ŝanĝo"},
    {"\\ISO 2022 IR 110", "\x1B-DB\xBArzi\xF1\xB9^\x1B-DJ\xE0nis", "Bērziņš^Jānis"},
    {"\\ISO 2022 IR 144",
     "\x1B-L\xBB\xEE\xDA\xE1\xD5\xDC\xD1\xE3\xE0\xD3^\x1B-L\xC0\xDE\xD7\xD0",
     "Люксембург^Роза"},
    {"\\ISO 2022 IR 127", "\x1B-G\xE2\xC8\xC7\xE6\xEA^\x1B-G\xE4\xE6\xD2\xC7\xD1", "قباني^لنزار"},
    {"\\ISO 2022 IR 126",
     "\x1B-F\xC4\xE9\xEF\xED\xFD\xF3\xE9\xEF\xF2^\x1B-F\xD3\xEF\xEB\xF9\xEC\xFC\xF2",
     "Διονύσιος^Σολωμός"},
    {"\\ISO 2022 IR 138", "\x1B-H\xF9\xF8\xE5\xEF^\x1B-H\xE3\xE1\xE5\xF8\xE4", "שרון^דבורה"},
    {"\\ISO 2022 IR 148", "\x1B-M\xC7" "avu\xFEo\xF0lu^\x1B-M\xDDpek", "Çavuşoğlu^İpek"},
    {"\\ISO 2022 IR 203", "\x1B-b\xBCuvre^\x1B-b\xB4ofie", "Œuvre^Žofie"},
    {"\\ISO 2022 IR 166", "\x1B-T\xCA\xC1\xAA\xD2\xC2^\x1B-T\xE3\xA8\xB4\xD5", "สมชาย^ใจดี"},
    {"ISO 2022 IR 100", "Buc^J\xE9r\xF4me", "Buc^Jérôme"},
    {"\\ISO 2022 IR 58", "Zhang=\xD5\xC5^\xD0\xA1\xB6\xAB", "Zhang=张^小东"},     /* no escapes */
    {"\\ISO 2022 IR 149", "Hong=\xFB\xF3", "Hong=洪"},
    {"ISO-IR 144", "\xBB\xEE\xDA", "Люк"},
    {"ISO_IR_100", "M\xFCller", "Müller"},
    {"ISO_IR 6", "Smith", "Smith"},
    {"ISO 2022 IR 6\\ISO 2022 IR 203", "\x1B-b\xBCuvre", "Œuvre"},
    {"ISO 2022 IR 13", "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3", "ﾔﾏﾀﾞ^ﾀﾛｳ"},
    {"\\ISO 2022 IR 13", "\x1B)I\xD4\xCF\xC0\xDE^\x1B)I\xC0\xDB\xB3", "ﾔﾏﾀﾞ^ﾀﾛｳ"},
    {"\\ISO 2022 IR 87",
     "Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$\?$m$&\x1B(B",
     "Yamada^Tarou=山田^太郎=やまだ^たろう"},
    {"ISO 2022 IR 13\\ISO 2022 IR 87",
     "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$\?$m$&\x1B(J",
     "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"},
    {"\\ISO 2022 IR 159", "Kou^Jou=\x1B$(D0!0\"\x1B(B", "Kou^Jou=丂丄"},
    {"\\ISO 2022 IR 149",
     "Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF",
     "Hong^Gildong=洪^吉洞=홍^길동"},
    {"\\ISO 2022 IR 58", "Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB=", "Zhang^XiaoDong=张^小东="},
    {"ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126",
     "J\xE9r\xF4me=\x1B-L\xBB\xEE\xDA\xE1=\x1B-F\xC4\xE9\xEF\xED",
     "Jérôme=Люкс=Διον"},
};
enum { NNAMES = sizeof names / sizeof names[0] };

static int setup(void **state)
{
    (void)state;
    pn_error err = {0};
    int rc = pn_dicom_init(&err);
    return rc == 0 ? pn_dicom_preload_charsets(&err) : rc;
}

static int clear(void **state)
{
    tmp_clear();
    return fixture_cleanup(state);
}

/* The study as the pipeline gets it: from the pixels' file. */
static void read_study(pn_study *out, const char *set, const char *bytes)
{
    pn_error err = {0};
    pn_volume v = {0};
    slice_spec s = slice_default();
    s.character_set = set;
    s.patient_name = bytes;
    s.thickness = "3";
    const char *path = tmp_path("slice.dcm");
    slice_write(&s, path);
    CHECK_OK(pn_volume_load(&v, &path, 1, &err), err);
    *out = v.study;
    pn_volume_free(&v);
}

/* The value of an element with a two-byte length, in a file of Explicit VR Little Endian, without
 * its padding. The tag's bytes and VR together occur nowhere else. */
static void raw_value(char *out, size_t size, const char *file, size_t n, const char tag[6])
{
    const char *at = memmem(file, n, tag, 6);
    assert_non_null(at);
    size_t length = (unsigned char)at[6] | (size_t)(unsigned char)at[7] << 8;
    assert_true(length < size && at + 8 + length <= file + n);
    memcpy(out, at + 8, length);
    while (length > 0 && out[length - 1] == ' ') { length--; }
    out[length] = '\0';
}

static void test_charsets__name_arrives_in_the_report(void **state)
{
    (void)state;
    size_t wrong = 0;
    assert_true(NNAMES >= 25);
    for (size_t i = 0; i < NNAMES; i++) {
        pn_report r;
        char *file = NULL, name[1024], set[64];
        size_t n = 0;
        pn_error err = {0};
        fixture_report(&r);
        pn_study images;
        read_study(&images, names[i].set, names[i].bytes);
        memcpy(r.study.patient_name, images.patient_name, sizeof r.study.patient_name);
        memcpy(r.regions[0].name, images.patient_name, sizeof r.regions[0].name);
        fixture_write(&r, fixture_path("name.dcm"));
        CHECK_OK(pn_read_file(&file, &n, fixture_path("name.dcm"), 1 << 22, &err), err);
        raw_value(name, sizeof name, file, n, "\x10\x00\x10\x00PN");
        raw_value(set, sizeof set, file, n, "\x08\x00\x05\x00" "CS");
        assert_string_equal(set, "ISO_IR 192");
        /* the same text as the region's name: in the tracking identifier and in a sentence */
        size_t found = 0;
        for (const char *p = file; (p = memmem(p, n - (size_t)(p - file), names[i].utf8, strlen(names[i].utf8))) != NULL; p++) {
            found++;
        }
        if (strcmp(name, names[i].utf8) != 0 || found < 3) {
            fprintf(stderr, "%s: '%s', expected '%s'\n", names[i].set != NULL ? names[i].set : "none", name,
                    names[i].utf8);
            wrong++;
        }
        free(file);
        pn_report_free(&r);
    }
    assert_int_equal(wrong, 0);
}

/* A name that would have to be guessed is not put into a report. */
static void test_charsets__unknown_set_is_refused(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_volume v = {0};
    slice_spec s = slice_default();
    const char *path = tmp_path("slice.dcm");
    s.character_set = "ISO_IR 999";
    s.patient_name = "M\xFCller";
    s.thickness = "3";
    slice_write(&s, path);
    assert_int_equal(pn_volume_load(&v, &path, 1, &err), PN_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "Specific Character Set \"ISO_IR 999\" is not known"));
    assert_null(strstr(err.msg, "ller"));
    s.patient_name = "Mueller";              /* nothing to guess */
    slice_write(&s, path);
    CHECK_OK(pn_volume_load(&v, &path, 1, &err), err);
    assert_string_equal(v.study.patient_name, "Mueller");
    pn_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charsets__name_arrives_in_the_report),
        cmocka_unit_test(test_charsets__unknown_set_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, clear);
}
