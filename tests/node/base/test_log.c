#include "base/log.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "check.h"

/* What pn_log writes to stderr, by way of a file. */
static char *captured(void (*write_lines)(void))
{
    static char text[8192];
    char path[] = "/tmp/prognode-log-XXXXXX";
    int fd = mkstemp(path), saved = dup(STDERR_FILENO);
    assert_true(fd >= 0 && saved >= 0);
    dup2(fd, STDERR_FILENO);
    write_lines();
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    close(fd);
    unlink(path);
    return text;
}

static void two_events(void)
{
    char quoted[64];
    pn_log_role("test");
    pn_log(PN_LOG_INFO, "one", "a=%d b=%s", 1, pn_log_quote(quoted, sizeof quoted, "x\ny=\"z\""));
    pn_log(PN_LOG_DEBUG, "hidden", "a=%d", 2);
    pn_log(PN_LOG_ERROR, "two", "a=%d", 3);
}

static void log__one_line_an_event_with_escaped_values(void **state)
{
    (void)state;
    const char *text = captured(two_events);
    assert_non_null(strstr(text, "level=info role=test"));
    assert_non_null(strstr(text, "event=one a=1 b=\"x\\x0ay=\\\"z\\\"\"\n"));
    assert_non_null(strstr(text, "level=error"));
    assert_null(strstr(text, "hidden"));
    size_t lines = 0;
    for (const char *p = text; *p != '\0'; p++) { lines += *p == '\n'; }
    assert_int_equal(lines, 2);
}

static void very_long(void)
{
    char text[5000];
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    pn_log(PN_LOG_WARN, "long", "text=%s", text);
}

static void log__cuts_a_long_line_and_ends_it(void **state)
{
    (void)state;
    const char *text = captured(very_long);
    assert_true(strlen(text) <= 2048);
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void quote__never_overruns_whatever_the_size(void **state)
{
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        char *buf = malloc(size + 1);
        buf[size] = '#';
        (void)pn_log_quote(buf, size, "\x01\x02\"\\abcdefghijklmnopqrstuvwxyz\x7f");
        assert_int_equal(buf[size], '#');
        if (size > 0) { assert_true(strlen(buf) < size); }
        free(buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log__one_line_an_event_with_escaped_values),
        cmocka_unit_test(log__cuts_a_long_line_and_ends_it),
        cmocka_unit_test(quote__never_overruns_whatever_the_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
