/* The picture page is drawn where no file can be opened but those of one folder: a process loads
 * the fonts, locks itself up, and draws names in every script that the fonts have. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "dicom/runtime.h"
#include "../report/fixture.h"
#include "../report/page_fixture.h"
#include "role/sandbox.h"

static char folder[64];

/* What a locked-up process makes of the case; its exit code. */
static int draw_locked_up(page_case *c, const char *language)
{
    pn_error err = {0};
    pn_messages *words = NULL;
    const pn_page_form form = {"2.25.200", "2.25.201", "", "", 902};
    const pn_sandbox_opts opts = {.writable_folder = folder, .max_files = 64,
                                  .max_memory_bytes = 2ULL << 30, .max_file_bytes = 64 << 20};
    char sc[128], pdf[128];
    (void)snprintf(sc, sizeof sc, "%s/%s.dcm", folder, language);
    (void)snprintf(pdf, sizeof pdf, "%s/%s.pdf.dcm", folder, language);
    bool landlock = pn_sandbox_landlock_abi() > 0;
    int rc = pn_dicom_init(&err);
    if (rc == PN_OK) { rc = pn_page_preload(&err); }
    if (rc == PN_OK) { rc = pn_sandbox_enter(&opts, &err); }
    if (rc == PN_OK && landlock && fopen("/etc/passwd", "r") != NULL) { return 3; }
    if (rc == PN_OK) { rc = pn_messages_load(&words, language, NULL, &err); }
    if (rc == PN_OK) { rc = pn_report_write_sc(&c->report, &c->images, words, &form, sc, &err); }
    if (rc == PN_OK) { rc = pn_report_write_pdf(&c->report, &c->images, words, &form, pdf, &err); }
    if (rc != PN_OK) { fprintf(stderr, "%s\n", err.msg); }
    return rc == PN_OK ? 0 : 1;
}

static void test_page_sandbox__draws_every_script_without_files(void **state)
{
    (void)state;
    page_case c;
    page_case_make(&c, &page_usual, true);
    page_case_curves(&c);
    page_case_features(&c);
    /* Latin, Greek, Cyrillic, Hebrew, Arabic, Thai, Devanagari, Armenian, Georgian, CJK, Hangul. */
    (void)snprintf(c.report.study.patient_name, sizeof c.report.study.patient_name,
                   "M\u00fcller \u0394\u03b9\u03bf\u03bd \u042e\u0440\u0438\u0439 \u05e9\u05e8\u05d5\u05df "
                   "\u0642\u0628\u0627\u0646\u064a \u0e2a\u0e21\u0e0a\u0e32\u0e22 \u0915\u092e\u0932 \u0531\u0576 "
                   "\u10d0\u10dc \u5c71\u7530 \uae40\ud76c");
    (void)snprintf(c.report.regions[0].name, sizeof c.report.regions[0].name, "\u80bf\u7624 \u2200 \U0001F600");
    static const char *const languages[] = {"en", "de", "zh"};
    for (size_t i = 0; i < 3; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) { _exit(draw_locked_up(&c, languages[i])); }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFSIGNALED(status)) { fail_msg("killed by signal %d", WTERMSIG(status)); }
        assert_int_equal(WEXITSTATUS(status), 0);
        char path[128];
        struct stat st;
        (void)snprintf(path, sizeof path, "%s/%s.pdf.dcm", folder, languages[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_true(st.st_size > 20000);
    }
    page_case_free(&c);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/prognode-test-page-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return pn_remove_tree(folder, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_page_sandbox__draws_every_script_without_files)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
