/* What tests of sheets ask of a page or document. */
#ifndef SHEET_FIXTURE_H
#define SHEET_FIXTURE_H
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "plot/sheet.h"

static inline bool have_tool(const char *name)
{
    char command[200];
    (void)snprintf(command, sizeof command, "command -v %s > /dev/null 2>&1", name);
    if (system(command) == 0) { return true; }
    fprintf(stderr, "SKIPPED: %s is not installed\n", name);
    return false;
}

/* What a tool makes of the bytes, both streams; free it. `%s` in the command is the file. */
static inline char *run_on(const pn_buf *bytes, const char *command, int *status)
{
    char name[] = "/tmp/prognode-sheet.XXXXXX", text[300], *out = calloc(1, 1 << 20);
    int fd = mkstemp(name);
    assert_true(fd >= 0 && out != NULL);
    assert_true(write(fd, bytes->p, bytes->n) == (ssize_t)bytes->n);
    close(fd);
    (void)snprintf(text, sizeof text, "f=%s; %s 2>&1", name, command);
    FILE *p = popen(text, "r");
    assert_non_null(p);
    size_t n = fread(out, 1, (1 << 20) - 1, p);
    out[n] = '\0';
    *status = pclose(p);
    unlink(name);
    return out;
}

static inline size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what)) { n++; }
    return n;
}

#endif
