/* prognode echo as an administrator uses it. */
#include "check.h"
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "raw.h"

static char root[64];
static uint16_t port;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "/tmp/pn-echo-XXXXXX");
    if (mkdtemp(root) == NULL) { return -1; }
    port = raw_free_port();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return pn_remove_tree(root, NULL);
}

static void test_echo__answers_and_refusals(void **state)
{
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char text[8];
        (void)snprintf(text, sizeof text, "%u", (unsigned)port);
        if (freopen("/dev/null", "w", stderr) == NULL) { _exit(126); }
        execl(NET_RECEIVER, "net_receiver", text, root, (char *)NULL);
        _exit(127);
    }
    int rc = -1;
    for (int i = 0; i < 50 && rc != 0; i++) {
        rc = sh("%s echo 127.0.0.1 %u PROGNODE --calling TEST > %s/out 2>%s/err", PN_BINARY,
                (unsigned)port, root, root);
        if (rc != 0) { (void)poll(NULL, 0, 100); }
    }
    assert_int_equal(rc, 0);
    assert_int_equal(sh("grep -qE '^PROGNODE 127.0.0.1:%u answered in [0-9]+ ms$' %s/out", (unsigned)port, root), 0);

    assert_int_equal(sh("%s echo 127.0.0.1 %u SOMEONE 2>%s/err", PN_BINARY, (unsigned)port, root), 1);
    assert_int_equal(sh("grep -q '^prognode echo: .*called AE title not known$' %s/err", root), 0);
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
    assert_int_equal(sh("%s echo 127.0.0.1 %u PROGNODE 2>/dev/null", PN_BINARY, (unsigned)port), 1);
}

static void test_echo__wrong_use(void **state)
{
    (void)state;
    static const char *const uses[] = {
        "echo a b", "echo localhost 0 AE", "echo localhost 65536 AE", "echo localhost x AE",
        "echo localhost 104 SEVENTEEN_LETTERS", "echo localhost 104 AE --calling ''",
        "echo --nonsense", "echo --config /nonexistent.yaml",
    };
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        if (sh("%s %s >/dev/null 2>%s/err", PN_BINARY, uses[i], root) != 2) {
            fail_msg("%s: expected exit code 2", uses[i]);
        }
        assert_int_equal(sh("test -s %s/err", root), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_echo__answers_and_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_echo__wrong_use, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
