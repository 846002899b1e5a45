/* role/header_child.c - see header_child.h. */
#include "role/header_child.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "dicom/runtime.h"
#include "role/role.h"
#include "role/sandbox.h"

enum { DEFAULT_TIMEOUT_MS = 30000, CHILD_FILES = 32 };
static const uint64_t child_memory_bytes = 4ULL << 30;

/* ---- The child --------------------------------------------------------------------------------- */

static int lock_up(const char *spool, pn_error *err)
{
    char incoming[PN_PATH_SIZE], instances[PN_PATH_SIZE], results[PN_PATH_SIZE];
    int rc = pn_path(incoming, sizeof incoming, err, "%s/incoming", spool);
    if (rc == PN_OK) { rc = pn_path(instances, sizeof instances, err, "%s/instances", spool); }
    if (rc == PN_OK) { rc = pn_path(results, sizeof results, err, "%s/results", spool); }
    if (rc != PN_OK) { return rc; }
    const char *const readable[] = {incoming, instances, results};
    const pn_sandbox_opts opts = {.readable = readable, .n_readable = 3, .max_files = CHILD_FILES,
                                  .max_memory_bytes = child_memory_bytes};
    return pn_sandbox_enter(&opts, err);
}

static int answer_failure(const pn_error *why)
{
    char line[sizeof why->msg];
    (void)snprintf(line, sizeof line, "%s", why->msg);
    for (char *p = line; *p; p++) {
        if ((unsigned char)*p < 0x20) { *p = ' '; }
    }
    bool file_at_fault = why->cls == PN_PERMANENT && why->code != PN_EIO && why->code != PN_ENOMEM;
    return printf("%s %s\n", file_at_fault ? "bad" : "later", line) < 0;
}

static int answer(const char *path)
{
    pn_header h = {0};
    pn_error why = {0};
    char *json = NULL;
    int rc = pn_header_read(&h, path, &why);
    if (rc == PN_OK) { rc = pn_header_to_json(&json, &h, &why); }
    int lost = rc == PN_OK ? printf("ok %s\n", json) < 0 : answer_failure(&why);
    free(json);
    pn_header_free(&h);
    return lost || fflush(stdout) != 0;
}

static int prepare(const char *spool, pn_error *err)
{
    int rc = pn_dicom_init(err);
    if (rc == PN_OK) { rc = pn_dicom_preload_charsets(err); }
    return rc == PN_OK ? lock_up(spool, err) : rc;
}

void pn_header_child_run(const char *spool)
{
    pn_log_role("header");
    (void)prctl(PR_SET_NAME, "pn-header");
    (void)signal(SIGPIPE, SIG_DFL);     /* a parent that is gone ends the child */
    /* A child that cannot be made safe reads nothing, and says so: ending would look like a
     * death from the file, which would be put away for it. */
    pn_error unsafe = {0};
    bool safe = prepare(spool, &unsafe) == PN_OK;
    unsafe.cls = PN_TRANSIENT;
    char *path = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&path, &room, stdin)) > 0) {
        if (path[n - 1] == '\n') { path[n - 1] = '\0'; }
        if (safe ? answer(path) != 0 : answer_failure(&unsafe) != 0 || fflush(stdout) != 0) { break; }
    }
    free(path);
}

/* ---- The parent's side --------------------------------------------------------------------------- */

/* Between fork and exec: only async-signal-safe calls. */
static _Noreturn void become_child(pid_t parent, char *spool, int in, int out)
{
    static char self[] = "prognode", role[] = "role", header[] = "header";
    char *const argv[] = {self, role, header, spool, NULL};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { _exit(127); }
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0) { _exit(127); }
    (void)syscall(SYS_close_range, 3u, ~0u, 0u);
    execv("/proc/self/exe", argv);
    _exit(127);
}

static int start(pn_header_reader *r, pn_error *err)
{
    int to[2], from[2];
    char spool[PN_PATH_SIZE];
    int rc = pn_path(spool, sizeof spool, err, "%s", r->spool != NULL ? r->spool : "");
    if (rc != PN_OK) { return rc; }
    if (pipe2(to, O_CLOEXEC) != 0) {
        return pn_fail_transient(err, PN_EIO, "pipe: %s", strerror(errno));
    }
    if (pipe2(from, O_CLOEXEC) != 0) {
        rc = pn_fail_transient(err, PN_EIO, "pipe: %s", strerror(errno));
        close(to[0]);
        close(to[1]);
        return rc;
    }
    (void)setenv("OPENBLAS_NUM_THREADS", "1", 1);
    pid_t parent = getpid();
    r->pid = fork();
    if (r->pid == 0) { become_child(parent, spool, to[0], from[1]); }
    close(to[0]);
    close(from[1]);
    if (r->pid < 0) {
        r->pid = 0;
        close(to[1]);
        close(from[0]);
        return pn_fail_transient(err, PN_EIO, "cannot fork: %s", strerror(errno));
    }
    r->to = to[1];
    r->from = from[0];
    return PN_OK;
}

static int end_child(pn_header_reader *r)
{
    int status = 0;
    if (r->pid == 0) { return 0; }
    (void)kill(r->pid, SIGKILL);
    while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR) {}
    close(r->to);
    close(r->from);
    r->pid = 0;
    return status;
}

void pn_header_reader_close(pn_header_reader *r)
{
    if (r == NULL) { return; }
    (void)end_child(r);
    pn_buf_free(&r->line);
}

/* One line without its end into r->line. PN_ECRASH: the child has closed its side or is late. */
static int read_line(pn_header_reader *r, int64_t until_ms, pn_error *err)
{
    r->line.n = 0;
    char chunk[65536];
    for (;;) {
        int64_t left = until_ms - pn_mono_ms();
        if (left <= 0) { return pn_fail(err, PN_ECRASH, "no answer in time"); }
        struct pollfd p = {.fd = r->from, .events = POLLIN};
        int ready = poll(&p, 1, (int)left);
        if (ready < 0 && errno != EINTR) {
            return pn_fail_transient(err, PN_EIO, "poll: %s", strerror(errno));
        }
        if (ready <= 0) { continue; }
        ssize_t n = read(r->from, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) { continue; }
        if (n <= 0) { return pn_fail(err, PN_ECRASH, "died"); }
        int rc = pn_buf_add(&r->line, chunk, (size_t)n, err);
        if (rc != PN_OK) { return rc; }
        if (r->line.p[r->line.n - 1] == '\n') {
            r->line.p[--r->line.n] = '\0';
            return PN_OK;
        }
        if (r->line.n > PN_MAX_JSON_BYTES) {
            return pn_fail(err, PN_ECRASH, "answered more than %llu bytes", PN_MAX_JSON_BYTES);
        }
    }
}

static int ask(pn_header_reader *r, const char *path, pn_error *err)
{
    char line[PN_PATH_SIZE + 2];
    if (strchr(path, '\n') != NULL) { return pn_fail(err, PN_EINVAL, "a path with a line break"); }
    int rc = r->pid == 0 ? start(r, err) : PN_OK;
    if (rc == PN_OK) { rc = pn_path(line, sizeof line, err, "%s\n", path); }
    if (rc != PN_OK) { return rc; }
    pn_error write_err = {0};
    if (pn_write_all(r->to, line, strlen(line), "header child", &write_err) != PN_OK) {
        return pn_fail(err, PN_ECRASH, "died");     /* the role ignores SIGPIPE */
    }
    unsigned timeout_ms = r->timeout_ms ? r->timeout_ms : DEFAULT_TIMEOUT_MS;
    return read_line(r, pn_mono_ms() + timeout_ms, err);
}

/* ask, and once more with a new child where this one did not survive the file. */
static int ask_twice(pn_header_reader *r, const char *path, pn_error *err)
{
    for (int attempt = 1;; attempt++) {
        int rc = ask(r, path, err);
        if (rc != PN_ECRASH) {
            if (rc != PN_OK) { (void)end_child(r); }   /* no half answer may be left over */
            return rc;
        }
        char words[64], why[sizeof err->msg];
        (void)snprintf(why, sizeof why, "%s", err->msg);
        (void)pn_exit_words(words, sizeof words, end_child(r));
        r->n_deaths++;
        if (attempt == 2) {
            return pn_fail(err, PN_ECRASH, "reading the header killed two processes: %.60s, %s",
                           why, words);
        }
    }
}

int pn_header_reader_read(pn_header *out, char **json, pn_header_reader *r, const char *path,
                          pn_error *err)
{
    pn_error local = {0};
    if (err == NULL) { err = &local; }
    int rc = ask_twice(r, path, err);
    if (rc != PN_OK) { return rc; }
    const char *line = r->line.p;
    if (strncmp(line, "bad ", 4) == 0) { return pn_fail(err, PN_EFORMAT, "%s", line + 4); }
    if (strncmp(line, "later ", 6) == 0) {
        rc = pn_fail_transient(err, PN_EIO, "%s", line + 6);
        (void)end_child(r);     /* what ails it may be its own: a new one starts afresh */
        return rc;
    }
    if (strncmp(line, "ok ", 3) != 0) {
        (void)end_child(r);
        return pn_fail(err, PN_EFORMAT, "the header process answered neither ok nor bad");
    }
    rc = pn_header_from_json(out, line + 3, err);
    if (rc != PN_OK || json == NULL) { return rc; }
    *json = strdup(line + 3);
    if (*json == NULL) {
        pn_header_free(out);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for a header");
    }
    return PN_OK;
}
