#include "base/error.h"
#include <string.h>
#include "base/buf.h"
#include "check.h"

static void fail__fills_code_class_and_message(void **state)
{
    (void)state;
    pn_error err = {0};
    assert_int_equal(pn_fail(&err, PN_EGEOMETRY, "gap of %d mm", 5), PN_EGEOMETRY);
    assert_int_equal(err.code, PN_EGEOMETRY);
    assert_int_equal(err.cls, PN_PERMANENT);
    assert_string_equal(err.msg, "gap of 5 mm");
    assert_int_equal(pn_fail_transient(&err, PN_ENET, "away"), PN_ENET);
    assert_int_equal(err.cls, PN_TRANSIENT);
    assert_int_equal(pn_fail(NULL, PN_EIO, "nobody listens"), PN_EIO);
}

static void wrap__puts_context_before_the_message(void **state)
{
    (void)state;
    pn_error err = {0};
    (void)pn_fail_transient(&err, PN_EIO, "no room");
    assert_int_equal(pn_wrap(&err, "case %d", 7), PN_EIO);
    assert_string_equal(err.msg, "case 7: no room");
    assert_int_equal(err.cls, PN_TRANSIENT);
}

static void messages__are_cut_never_overrun(void **state)
{
    (void)state;
    pn_error err = {0};
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)pn_fail(&err, PN_EIO, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    (void)pn_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

static void code_word__every_code_has_one(void **state)
{
    (void)state;
    for (int code = PN_OK; code <= PN_EINTERNAL; code++) {
        assert_string_not_equal(pn_code_word((pn_code)code), "unknown");
    }
    assert_string_equal(pn_code_word(PN_EIDENTITY), "identity conflict");
}

static void buf__grows_and_stays_terminated(void **state)
{
    (void)state;
    pn_buf b = {0};
    pn_error err = {0};
    for (int i = 0; i < 1000; i++) { CHECK_OK(pn_buf_printf(&b, &err, "%03d,", i), err); }
    assert_int_equal(b.n, 4000);
    assert_int_equal(strlen(b.p), 4000);
    CHECK_OK(pn_buf_add(&b, "end", 3, &err), err);
    assert_string_equal(b.p + 3996, "999,end");
    assert_int_equal(pn_buf_add(&b, "", SIZE_MAX / 2, &err), PN_ELIMIT);
    pn_buf_free(&b);
    assert_null(b.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail__fills_code_class_and_message),
        cmocka_unit_test(wrap__puts_context_before_the_message),
        cmocka_unit_test(messages__are_cut_never_overrun),
        cmocka_unit_test(code_word__every_code_has_one),
        cmocka_unit_test(buf__grows_and_stays_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
