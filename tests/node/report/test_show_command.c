/* `prognode show` as a command: output and exit codes. */
#include "fixture.h"

#include "check.h"

#include <string.h>

#include "dicom/runtime.h"

static int setup(void **state)
{
    (void)state;
    pn_error err = {0};
    return pn_dicom_init(&err);
}

static void test_show_command__output_and_exit_codes(void **state)
{
    (void)state;
    pn_report r;
    static char out[1 << 16];
    fixture_report(&r);
    fixture_write(&r, fixture_path("command.dcm"));
    assert_int_equal(run_tool(out, sizeof out, "%s show '%s'", PN_BINARY,
                              fixture_path("command.dcm")), 0);
    assert_non_null(strstr(out, "High risk"));
    assert_int_equal(run_tool(out, sizeof out, "%s show", PN_BINARY), 2);
    assert_int_equal(run_tool(out, sizeof out, "%s show /nonexistent.dcm", PN_BINARY), 1);
    assert_non_null(strstr(out, "prognode show: "));
    assert_int_equal(run_tool(out, sizeof out, "%s show --help", PN_BINARY), 0);
    assert_non_null(strstr(out, "usage: prognode show"));
    pn_report_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_show_command__output_and_exit_codes),
    };
    return cmocka_run_group_tests(tests, setup, fixture_cleanup);
}
