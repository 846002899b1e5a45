/* The same content as a web page and as a PDF document. */
#include "sheet_fixture.h"

static void write_some(pn_sheet *s, unsigned rows)
{
    static const double share[] = {2, 1, 1};
    static const char *const head[] = {"what", "value", "p"};
    const pn_pen pen = {PN_LOW_RISK, 1, PN_DASHED};
    const pn_type type = {8, PN_INK, PN_MIDDLE, false};
    static const uint32_t cells[] = {0xFF0000, 0x00FF00, 0x0000FF, 0xFFFFFF};
    static const double triangle[] = {20, 20, 60, 20, 40, 60};
    pn_sheet_heading(s, 1, "Validation of %s", "<b>a & \"b\"</b>");
    pn_sheet_text(s, "A paragraph with %d words: M\xc3\xbcller, \xe4\xb8\xad\xe6\x96\x87.", 7);
    pn_sheet_note(s, "Beware of <script>alert(1)</script>");
    pn_sheet_heading(s, 2, "Numbers");
    pn_sheet_table(s, 3, share, head);
    for (unsigned i = 0; i < rows; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "row%u", i);
        pn_sheet_row(s, (const char *const[]){name, "0.731", "< 0.0001"});
    }
    pn_sheet_table_end(s);
    for (int i = 0; i < 3; i++) {
        pn_canvas *c = pn_sheet_figure(s, i < 2 ? PN_FIGURE_HALF : PN_FIGURE_WIDE, 150, "A <figure>", "its caption");
        pn_canvas_line(c, 0, 0, c->width, c->height, &pen);
        pn_canvas_area(c, triangle, 3, PN_HIGH_RISK, 0.3);
        pn_canvas_mark(c, PN_DISC, 80, 80, 3, PN_GOOD);
        pn_canvas_text(c, 90, 90, &type, "drawn & told");
        pn_canvas_text_upward(c, 10, 90, &type, "upward");
        pn_canvas_text_within(c, 90, 110, 60, &type, "this text is too long for its room");
        pn_canvas_cells(c, 100, 10, 40, 40, cells, 2, 2);
        pn_sheet_figure_end(s);
    }
    pn_sheet_heading(s, 3, "End");
    pn_sheet_text(s, "after");
}

static void make(pn_buf *out, pn_sheet_form form, unsigned rows)
{
    pn_sheet *s = NULL;
    pn_error err = {0};
    CHECK_OK(pn_sheet_open(&s, form, "T & <t>", &err), err);
    write_some(s, rows);
    CHECK_OK(pn_sheet_finish(s, out, &err), err);
    pn_sheet_free(s);
}

static void test_page_means_what_it_says(void **state)
{
    (void)state;
    pn_buf page = {0};
    make(&page, PN_SHEET_HTML, 3);
    assert_non_null(strstr(page.p, "<title>T &amp; &lt;t&gt;</title>"));
    assert_non_null(strstr(page.p, "<h1>Validation of &lt;b&gt;a &amp; &quot;b&quot;&lt;/b&gt;</h1>"));
    assert_null(strstr(page.p, "<script"));
    assert_null(strstr(page.p, "http"));
    assert_non_null(strstr(page.p, "M\xc3\xbcller, \xe4\xb8\xad\xe6\x96\x87."));
    assert_int_equal(count(page.p, "<svg "), 3);
    assert_int_equal(count(page.p, "drawn &amp; told</text>"), 3);
    assert_int_equal(count(page.p, "\xe2\x80\xa6</text>"), 3);
    assert_int_equal(count(page.p, "<div class=\"plots\">"), 1);       /* two beside each other */
    assert_int_equal(count(page.p, "href=\"data:image/png;base64,iVBORw0KGgo"), 3);
    assert_int_equal(count(page.p, "<td>0.731</td>"), 3);
    assert_int_equal(count(page.p, "<div") , count(page.p, "</div>"));
    pn_buf_free(&page);
}

static void test_drawings_are_well_formed(void **state)
{
    (void)state;
    if (!have_tool("xmllint")) { skip(); }
    pn_buf page = {0};
    make(&page, PN_SHEET_HTML, 1);
    for (char *p = page.p; (p = strstr(p, "<svg ")) != NULL; p++) {
        char *end = strstr(p, "</svg>");
        pn_buf svg = {.p = p, .n = (size_t)(end + 6 - p)};
        int status;
        char *told = run_on(&svg, "xmllint --noout $f", &status);
        if (status != 0) { fail_msg("%s", told); }
        free(told);
    }
    pn_buf_free(&page);
}

static void test_document_holds_the_same_text(void **state)
{
    (void)state;
    if (!have_tool("pdftotext")) { skip(); }
    pn_buf pdf = {0};
    int status;
    make(&pdf, PN_SHEET_PDF, 150);
    assert_memory_equal(pdf.p, "%PDF", 4);
    char *text = run_on(&pdf, "pdftotext -layout $f -", &status);
    assert_int_equal(status, 0);
    assert_non_null(strstr(text, "Validation of <b>a & \"b\"</b>"));
    assert_non_null(strstr(text, "M\xc3\xbcller, \xe4\xb8\xad\xe6\x96\x87."));
    assert_non_null(strstr(text, "Beware of <script>alert(1)</script>"));
    assert_int_equal(count(text, "drawn & told"), 3);
    assert_int_equal(count(text, "0.731"), 150);
    assert_true(count(text, "\f") >= 4);                               /* pages */
    assert_int_equal(count(text, "page 2"), 1);
    for (unsigned i = 0; i < 150; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "row%u ", i);
        if (count(text, name) != 1) { fail_msg("%s is there %zu times", name, count(text, name)); }
    }
    assert_true(count(text, "value") >= 3);                            /* the head, on each page */
    free(text);
    pn_buf_free(&pdf);
}

static void test_same_content_gives_same_bytes(void **state)
{
    (void)state;
    for (int form = PN_SHEET_HTML; form <= PN_SHEET_PDF; form++) {
        pn_buf a = {0}, b = {0};
        make(&a, (pn_sheet_form)form, 10);
        sleep(form == PN_SHEET_PDF ? 2 : 0);                           /* no clock in it */
        make(&b, (pn_sheet_form)form, 10);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.p, b.p, a.n);
        pn_buf_free(&a);
        pn_buf_free(&b);
    }
}

static void test_limits(void **state)
{
    (void)state;
    char *longest = malloc(6001);
    double share[PN_SHEET_MAX_COLUMNS + 1] = {1, 1, 1};
    assert_non_null(longest);
    memset(longest, 'x', 6000);
    memcpy(longest, "\xc3\xa4\xc3\xa4", 4);
    longest[6000] = '\0';
    for (int form = PN_SHEET_HTML; form <= PN_SHEET_PDF; form++) {
        pn_sheet *s = NULL;
        pn_error err = {0};
        pn_buf out = {0};
        CHECK_OK(pn_sheet_open(&s, (pn_sheet_form)form, longest, &err), err);
        pn_sheet_text(s, "%s", longest);
        pn_sheet_fact(s, "", "%s", "");
        CHECK_OK(pn_sheet_finish(s, &out, &err), err);
        assert_true(out.n > 0);
        pn_buf_free(&out);
        pn_sheet_free(s);

        CHECK_OK(pn_sheet_open(&s, (pn_sheet_form)form, "t", &err), err);
        pn_sheet_table(s, PN_SHEET_MAX_COLUMNS + 1, share, NULL);
        pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_WIDE, 100, "after a failure", "");
        const pn_pen pen = {0, 1, PN_SOLID};
        pn_canvas_line(c, 0, 0, 10, 10, &pen);
        pn_sheet_figure_end(s);
        assert_int_equal(pn_sheet_finish(s, &out, &err), PN_EINTERNAL);
        assert_true(strstr(err.msg, "13 columns") != NULL && out.p == NULL);
        pn_sheet_free(s);
    }
    assert_int_equal(pn_sheet_form_of("a.pdf"), PN_SHEET_PDF);
    assert_int_equal(pn_sheet_form_of("a.PDF"), PN_SHEET_PDF);
    assert_int_equal(pn_sheet_form_of("pdf"), PN_SHEET_HTML);
    assert_int_equal(pn_sheet_form_of("a.pdf.html"), PN_SHEET_HTML);
    pn_sheet_free(NULL);
    free(longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_means_what_it_says), cmocka_unit_test(test_drawings_are_well_formed),
        cmocka_unit_test(test_document_holds_the_same_text), cmocka_unit_test(test_same_content_gives_same_bytes),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
