/* The loop that the roles share: what passes is tried again, what stays ends the role. */
#include "check.h"
#include "role/role.h"

typedef struct script {
    const pn_class *cls;           /* of each turn's failure                                */
    size_t n_turns, turn;
} script;

static int fail_as_told(void *role, unsigned *nap_ms, pn_error *err)
{
    script *s = role;
    *nap_ms = 0;
    if (s->turn == s->n_turns) {
        pn_role_stop = 1;
        return PN_OK;
    }
    return s->cls[s->turn++] == PN_TRANSIENT ? pn_fail_transient(err, PN_ESTORE, "away for now")
                                             : pn_fail(err, PN_EIO, "gone for good");
}

static void role_loop__tries_again_what_passes(void **state)
{
    (void)state;
    const pn_class cls[] = {PN_TRANSIENT, PN_TRANSIENT};
    script s = {.cls = cls, .n_turns = 2};
    pn_role_stop = 0;
    assert_int_equal(pn_role_loop(fail_as_told, &s, "test_busy", NULL), PN_OK);
    assert_int_equal(s.turn, 2);
}

static void role_loop__ends_with_what_stays(void **state)
{
    (void)state;
    const pn_class cls[] = {PN_TRANSIENT, PN_PERMANENT, PN_TRANSIENT};
    script s = {.cls = cls, .n_turns = 3};
    pn_error err = {0};
    pn_role_stop = 0;
    assert_int_equal(pn_role_loop(fail_as_told, &s, "test_busy", &err), PN_EIO);
    assert_string_equal(err.msg, "gone for good");
    assert_int_equal(s.turn, 2);
}

static void role_loop__does_nothing_once_stopped(void **state)
{
    (void)state;
    const pn_class cls[] = {PN_PERMANENT};
    script s = {.cls = cls, .n_turns = 1};
    pn_role_stop = 1;
    assert_int_equal(pn_role_loop(fail_as_told, &s, "test_busy", NULL), PN_OK);
    assert_int_equal(s.turn, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(role_loop__tries_again_what_passes),
        cmocka_unit_test(role_loop__ends_with_what_stays),
        cmocka_unit_test(role_loop__does_nothing_once_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
