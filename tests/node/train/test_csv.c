/* CSV reader and writer: RFC 4180 forms, hostile input, numbers. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "base/csv.h"
#include "base/limits.h"

static int parse(pn_csv *t, const char *text, pn_error *err)
{
    return pn_csv_parse(t, text, strlen(text), "t.csv", err);
}

static void test_csv__reads_quotes_crlf_bom_and_blank_lines(void **state)
{
    (void)state;
    pn_csv t;
    pn_error err = {0};
    CHECK_OK(parse(&t, "\xef\xbb\xbf" "case,\"a,b\",c\r\n\r\n\"x\"\"y\",\"line\r\nbreak\",\r\nP2,,3\n", &err), err);
    assert_int_equal(t.n_columns, 3);
    assert_int_equal(t.n_rows, 2);
    assert_string_equal(pn_csv_column_name(&t, 0), "case");
    assert_string_equal(pn_csv_column_name(&t, 1), "a,b");
    assert_string_equal(pn_csv_cell(&t, 0, 0), "x\"y");
    assert_string_equal(pn_csv_cell(&t, 0, 1), "line\r\nbreak");
    assert_string_equal(pn_csv_cell(&t, 0, 2), "");
    assert_string_equal(pn_csv_cell(&t, 1, 1), "");
    assert_string_equal(pn_csv_cell(&t, 1, 2), "3");
    assert_int_equal(pn_csv_row_number(&t, 0), 3);      /* the empty line is row 2 */
    pn_csv_free(&t);
}

static void test_csv__last_line_needs_no_end(void **state)
{
    (void)state;
    pn_csv t;
    pn_error err = {0};
    CHECK_OK(parse(&t, "a,b\n1,", &err), err);
    assert_int_equal(t.n_rows, 1);
    assert_string_equal(pn_csv_cell(&t, 0, 1), "");
    pn_csv_free(&t);
    CHECK_OK(parse(&t, "a,b\n1,\"\"", &err), err);
    assert_string_equal(pn_csv_cell(&t, 0, 1), "");
    pn_csv_free(&t);
    CHECK_OK(parse(&t, "a,b", &err), err);
    assert_int_equal(t.n_rows, 0);
    pn_csv_free(&t);
}

static void test_csv__refuses_what_is_not_a_table(void **state)
{
    (void)state;
    static const struct { const char *text, *message; } bad[] = {
        {"", "empty"},
        {"\xef\xbb\xbf\r\n\n", "empty"},
        {"a,b\n1,2,3\n", "row 2 has 3 cells, the header has 2"},
        {"a,b\n1,2\n7\n", "row 3 has 1 cell, the header has 2"},
        {"a,b\n1,\"2\n3,4\n", "row 2, cell 2: the quote does not close"},
        {"a,b\n1,\"2\"x\n", "row 2, cell 2: text after the closing quote"},
        {"a,b\n1,2\"x\n", "row 2, cell 2: a quote inside a cell"},
        {"a,b\n1,2\rx\n", "row 2, cell 2: a carriage return without a line feed"},
        {"a,b\r1,2\r", "row 1, cell 2: a carriage return without a line feed"},
        {"a,b,a\n", "two columns are named \"a\""},
        {"a,,c\n", "column 2 has no name"},
        {"a;b;c\n1;2;3\n", "separated by semicolons, expected commas"},
        {"a\tb\n1\t2\n", "separated by tabs, expected commas"},
        {"a,b\n1,\xfc\n", "line 2: the byte fc is no character of UTF-8"},
        {"a,b\n1,\xc3", "line 2: the byte c3 is no character of UTF-8"},           /* cut */
        {"a,b\n1,\xc0\xaf\n", "line 2: the byte c0"},                            /* overlong */
        {"a,b\n1,\xe0\x80\x80\n", "line 2: the byte e0"},
        {"a,b\n1,\xed\xa0\x80\n", "line 2: the byte ed"},                        /* half of a pair */
        {"a,b\n1,\xf4\x90\x80\x80\n", "line 2: the byte f4"},                    /* beyond U+10FFFF */
        {"\"", "the quote does not close"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        pn_csv t = {0};
        pn_error err = {0};
        assert_int_equal(parse(&t, bad[i].text, &err), PN_EFORMAT);
        if (strstr(err.msg, bad[i].message) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.msg, bad[i].message);
        }
        assert_int_equal(strncmp(err.msg, "t.csv: ", 7), 0);
        assert_null(t.bytes);
    }
}

static void test_csv__refuses_nul_bytes_and_too_many_columns(void **state)
{
    (void)state;
    pn_csv t = {0};
    pn_error err = {0};
    assert_int_equal(pn_csv_parse(&t, "a,b\n1,\0", 8, "t.csv", &err), PN_EFORMAT);
    assert_non_null(strstr(err.msg, "NUL byte at offset 6"));
    char *wide = malloc(2 * PN_MAX_CSV_COLUMNS + 3);
    assert_non_null(wide);
    memset(wide, ',', 2 * PN_MAX_CSV_COLUMNS + 2);
    wide[2 * PN_MAX_CSV_COLUMNS + 2] = '\0';
    assert_int_equal(parse(&t, wide, &err), PN_ELIMIT);
    free(wide);
}

/* Every prefix of every short text over the characters that matter either parses or is refused;
 * the sanitizers watch. */
static void test_csv__survives_every_short_text(void **state)
{
    (void)state;
    static const char alphabet[] = "a,\"\r\n";
    for (unsigned code = 0; code < 5 * 5 * 5 * 5 * 5 * 5; code++) {
        char text[9] = "h,i\n";
        size_t n = code % 2 == 0 ? 4 : 0;
        for (unsigned rest = code, k = 0; k < 4; k++, rest /= 5) { text[n++] = alphabet[rest % 5]; }
        pn_csv t;
        pn_error err;
        if (pn_csv_parse(&t, text, n, "t", &err) == PN_OK) {
            for (size_t r = 0; r < t.n_rows; r++) {
                for (size_t c = 0; c < t.n_columns; c++) { assert_true(strlen(pn_csv_cell(&t, r, c)) <= n); }
            }
            pn_csv_free(&t);
        }
    }
}

static void test_csv__find_lists_what_is_there(void **state)
{
    (void)state;
    pn_csv t;
    pn_error err = {0};
    size_t column;
    CHECK_OK(parse(&t, "case,time\n", &err), err);
    CHECK_OK(pn_csv_find(&column, &t, "time", &err), err);
    assert_int_equal(column, 1);
    assert_int_equal(pn_csv_find(&column, &t, "tme", &err), PN_ENOTFOUND);
    assert_string_equal(err.msg, "t.csv: no column \"tme\"; there are 2: case, time");
    pn_csv_free(&t);
}

static void test_csv__numbers(void **state)
{
    (void)state;
    static const struct { const char *text; double want; } good[] = {
        {"0", 0}, {"-1.5e3", -1500}, {"+.5", 0.5}, {"7.", 7}, {" 12\t", 12},
        {"2.2250738585072014e-308", 2.2250738585072014e-308}, {"0.1", 0.1}, {"1E2", 100}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[80];
        snprintf(text, sizeof text, "a\n%s\n", good[i].text);
        pn_csv t;
        pn_error err = {0};
        double v;
        CHECK_OK(parse(&t, text, &err), err);
        CHECK_OK(pn_csv_number(&v, &t, 0, 0, PN_CSV_REQUIRED, &err), err);
        assert_true(v >= good[i].want && v <= good[i].want);
        pn_csv_free(&t);
    }
    static const char *const bad[] = {"abc", "1,5", "0x10", "inf", "-Infinity", "1e", "1e+", ".", "--1",
                                      "1 2", "1e999", "1;2", "\xc2\xa0" "1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[80];
        snprintf(text, sizeof text, "case,age\nP1,3\nP2,\"%s\"\n", bad[i]);
        pn_csv t;
        pn_error err = {0};
        double v = 77;
        CHECK_OK(parse(&t, text, &err), err);
        assert_int_equal(pn_csv_number(&v, &t, 1, 1, PN_CSV_NAN, &err), PN_EFORMAT);
        assert_non_null(strstr(err.msg, "t.csv: row 3, column \"age\": \""));
        assert_non_null(strstr(err.msg, bad[i]));
        pn_csv_free(&t);
    }
}

static void test_csv__missing_is_nan_or_an_error(void **state)
{
    (void)state;
    static const char *const words[] = {"", " ", "NA", "NaN", "nan", " N/A "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char text[40];
        snprintf(text, sizeof text, "a,b\n%s,1\n", words[i]);
        pn_csv t;
        pn_error err = {0};
        double v = 0;
        CHECK_OK(parse(&t, text, &err), err);
        CHECK_OK(pn_csv_number(&v, &t, 0, 0, PN_CSV_NAN, &err), err);
        assert_true(isnan(v));
        assert_int_equal(pn_csv_number(&v, &t, 0, 0, PN_CSV_REQUIRED, &err), PN_EFORMAT);
        assert_string_equal(err.msg, "t.csv: row 2, column \"a\": the value is missing");
        pn_csv_free(&t);
    }
}

static void test_csv__points_stay_points_in_other_locales(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C"};
    for (size_t i = 0; i < 3; i++) {
        if (setlocale(LC_NUMERIC, locales[i]) == NULL) { continue; }
        pn_csv t;
        pn_error err = {0};
        double v;
        CHECK_OK(parse(&t, "a\n2.5\n", &err), err);
        CHECK_OK(pn_csv_number(&v, &t, 0, 0, PN_CSV_REQUIRED, &err), err);
        CHECK_NEAR(v, 2.5, 0, 0);
        pn_csv_free(&t);
    }
    setlocale(LC_NUMERIC, "C");
}

static void test_csv__what_is_written_reads_back(void **state)
{
    (void)state;
    static const char *const cells[] = {"plain", "a,b", "say \"hi\"", "two\nlines", " blanks ", "", "\r"};
    static const double numbers[] = {0.1, 1.0 / 3.0, -1e-300, 12345678.9, 5e-324, NAN, 3};
    pn_buf b = {0};
    pn_error err = {0};
    for (size_t i = 0; i < 7; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%zu", i);
        CHECK_OK(pn_csv_put(&b, i == 0, name, &err), err);
    }
    CHECK_OK(pn_csv_end_row(&b, &err), err);
    for (size_t i = 0; i < 7; i++) { CHECK_OK(pn_csv_put(&b, i == 0, cells[i], &err), err); }
    CHECK_OK(pn_csv_end_row(&b, &err), err);
    for (size_t i = 0; i < 7; i++) { CHECK_OK(pn_csv_put_number(&b, i == 0, numbers[i], &err), err); }
    CHECK_OK(pn_csv_end_row(&b, &err), err);
    pn_csv t;
    CHECK_OK(pn_csv_parse(&t, b.p, b.n, "t.csv", &err), err);
    assert_int_equal(t.n_rows, 2);
    for (size_t i = 0; i < 7; i++) {
        double v;
        assert_string_equal(pn_csv_cell(&t, 0, i), cells[i]);
        CHECK_OK(pn_csv_number(&v, &t, 1, i, PN_CSV_NAN, &err), err);
        CHECK_NEAR(v, numbers[i], 0, 0);
    }
    assert_string_equal(pn_csv_cell(&t, 1, 0), "0.1");
    pn_csv_free(&t);
    pn_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv__reads_quotes_crlf_bom_and_blank_lines),
        cmocka_unit_test(test_csv__last_line_needs_no_end),
        cmocka_unit_test(test_csv__refuses_what_is_not_a_table),
        cmocka_unit_test(test_csv__refuses_nul_bytes_and_too_many_columns),
        cmocka_unit_test(test_csv__survives_every_short_text),
        cmocka_unit_test(test_csv__find_lists_what_is_there),
        cmocka_unit_test(test_csv__numbers),
        cmocka_unit_test(test_csv__missing_is_nan_or_an_error),
        cmocka_unit_test(test_csv__points_stay_points_in_other_locales),
        cmocka_unit_test(test_csv__what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
