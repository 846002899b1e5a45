/* The picture page. With PN_KEEP_PAGES=FOLDER each page is left there as DICOM, to look at. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "fixture.h"
#include "page_fixture.h"

static const char *page_path(const char *name, const char *kind)
{
    static char path[2][512];
    static unsigned next;
    const char *keep = getenv("PN_KEEP_PAGES");
    char file[128];
    (void)snprintf(file, sizeof file, "%s.%s.dcm", name, kind);
    if (keep == NULL) { return fixture_path(file); }
    char *p = path[next++ % 2];
    (void)snprintf(p, sizeof path[0], "%s/%s", keep, file);
    return p;
}

static const pn_page_form sc_form = {"2.25.200", "2.25.201", "1.2.840.10008.5.1.4.1.1.88.34", "2.25.100", 902};
static const pn_page_form pdf_form = {"2.25.300", "2.25.301", "1.2.840.10008.5.1.4.1.1.88.34", "2.25.100", 903};

static void write_both(const page_case *c, const char *name, const char *language)
{
    pn_messages *words = page_words(language);
    pn_error err = {0};
    CHECK_OK(pn_report_write_sc(&c->report, &c->images, words, &sc_form, page_path(name, "sc"), &err), err);
    CHECK_OK(pn_report_write_pdf(&c->report, &c->images, words, &pdf_form, page_path(name, "pdf"), &err), err);
    pn_messages_free(words);
}

static void test_page__usual(void **state)
{
    (void)state;
    page_case c;
    page_case_make(&c, &page_usual, false);
    page_case_curves(&c);
    page_case_features(&c);
    write_both(&c, "usual", "en");
    page_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page__usual),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_cleanup);
}
