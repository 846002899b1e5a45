/* The parent's side of the header child, against children that die, hang and lie. This program
 * is its own child: /proc/self/exe role header. */
#include "check.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "role/header_child.h"

/* Answers by what the path says; everything else goes to the real child. */
static int child(void)
{
    char line[PN_PATH_SIZE];
    while (fgets(line, sizeof line, stdin)) {
        if (strstr(line, "crash")) { raise(SIGKILL); }
        if (strstr(line, "hang")) { sleep(60); }
        if (strstr(line, "babble")) { puts("what?"); }
        if (strstr(line, "bad")) { puts("bad no DICM at byte 128"); }
        if (strstr(line, "unsafe")) { printf("later pid %d\n", (int)getpid()); }
        if (strstr(line, "lie")) { puts("ok {\"kind\":"); }
        if (strstr(line, "once")) {          /* dies the first time only */
            line[strcspn(line, "\n")] = '\0';
            if (access(line, F_OK) != 0) {
                fclose(fopen(line, "w"));
                raise(SIGKILL);
            }
            puts("bad but alive");
        }
        fflush(stdout);
    }
    return 0;
}

static void child__that_dies_twice_condemns_the_file_only(void **state)
{
    (void)state;
    pn_header_reader r = { 0 };
    pn_header h = { 0 };
    pn_error err = { 0 };
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, "/x/crash", &err), PN_ECRASH);
    assert_int_equal(err.cls, PN_PERMANENT);
    assert_non_null(strstr(err.msg, "signal 9"));
    assert_int_equal(r.n_deaths, 2);
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, "/x/bad", &err), PN_EFORMAT);
    assert_string_equal(err.msg, "no DICM at byte 128");
    pn_header_reader_close(&r);
}

static void child__that_dies_once_gets_another_chance(void **state)
{
    (void)state;
    pn_header_reader r = { 0 };
    pn_header h = { 0 };
    pn_error err = { 0 };
    char path[64];
    snprintf(path, sizeof path, "/tmp/pn-once-%d", (int)getpid());
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, path, &err), PN_EFORMAT);
    assert_string_equal(err.msg, "but alive");
    assert_int_equal(r.n_deaths, 1);
    unlink(path);
    pn_header_reader_close(&r);
}

static void child__that_hangs_is_killed(void **state)
{
    (void)state;
    pn_header_reader r = { .timeout_ms = 150 };
    pn_header h = { 0 };
    pn_error err = { 0 };
    int64_t began = pn_mono_ms();
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, "/x/hang", &err), PN_ECRASH);
    assert_true(pn_mono_ms() - began < 5000);
    assert_non_null(strstr(err.msg, "no answer in time"));
    pn_header_reader_close(&r);
}

static void child__that_talks_nonsense_is_an_error(void **state)
{
    (void)state;
    pn_header_reader r = { 0 };
    pn_header h = { 0 };
    pn_error err = { 0 };
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, "/x/babble", &err), PN_EFORMAT);
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, "/x/lie", &err), PN_EFORMAT);
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, "/x/a\nb", &err), PN_EINVAL);
    pn_header_reader_close(&r);
}

/* It may be the child that something is wrong with, and not for the next one. */
static void child__that_says_later_is_replaced(void **state)
{
    (void)state;
    pn_header_reader r = { 0 };
    pn_header h = { 0 };
    pn_error first = { 0 }, second = { 0 };
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, "/x/unsafe", &first), PN_EIO);
    assert_int_equal(first.cls, PN_TRANSIENT);
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, "/x/unsafe", &second), PN_EIO);
    assert_string_not_equal(first.msg, second.msg);
    assert_int_equal(r.n_deaths, 0);
    pn_header_reader_close(&r);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "role") == 0) { return child(); }
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child__that_dies_twice_condemns_the_file_only),
        cmocka_unit_test(child__that_dies_once_gets_another_chance),
        cmocka_unit_test(child__that_hangs_is_killed),
        cmocka_unit_test(child__that_says_later_is_replaced),
        cmocka_unit_test(child__that_talks_nonsense_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
