/* What a locked-up process can still do, tried in child processes: each enters the sandbox, tries
 * one thing and tells by its exit code, or dies of it. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "dicom/runtime.h"
#include "role/header_child.h"
#include "role/role.h"
#include "role/sandbox.h"

enum { DONE = 0, UNEXPECTED = 99, REFUSED = 98 };   /* exit codes beside errno's values */

static char root[64], given[96], other[96], folder[96], inside[128], outside[96];

static void put(const char *path, const char *text)
{
    pn_error err = { 0 };
    CHECK_OK(pn_write_file(path, text, strlen(text), false, &err), err);
}

static int setup(void **state)
{
    (void)state;
    strcpy(root, "/tmp/pn-sandbox-XXXXXX");
    if (!mkdtemp(root)) { return -1; }
    snprintf(given, sizeof given, "%s/given", root);
    snprintf(other, sizeof other, "%s/other", root);
    snprintf(outside, sizeof outside, "%s/outside", root);
    snprintf(folder, sizeof folder, "%s/folder", root);
    snprintf(inside, sizeof inside, "%s/inside", folder);
    put(given, "given");
    put(other, "other");
    return mkdir(folder, 0700);
}

static int teardown(void **state)
{
    (void)state;
    pn_error err;
    return pn_remove_tree(root, &err);
}

/* ---- Trying ---------------------------------------------------------------------------------- */

typedef int try_fn(void);      /* DONE, or errno of the failure */

static int outcome(bool done) { return done ? DONE : errno; }

static const char *const readable[1] = { given };
static const pn_sandbox_opts writer = { .readable = readable, .n_readable = 1,
                                        .writable_folder = folder };
static const pn_sandbox_opts reader = { .readable = readable, .n_readable = 1 };

/* Its wait status; `before` (may be NULL) runs ahead of the sandbox. */
static int try_in(const pn_sandbox_opts *opts, try_fn *before, try_fn *attempt)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pn_error err = { 0 };
        if (before && before() != DONE) { _exit(UNEXPECTED); }
        if (pn_sandbox_enter(opts, &err) != PN_OK) {
            fprintf(stderr, "%s\n", err.msg);
            _exit(REFUSED);
        }
        _exit(attempt());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int ends_with(int code) { return code << 8; }

static void expect(const char *what, int got, int want)
{
    char is[64], should[64];
    if (got == want) { return; }
    pn_exit_words(is, sizeof is, got);
    pn_exit_words(should, sizeof should, want);
    fail_msg("%s: %s, expected %s", what, is, should);
}

static bool has_landlock(void) { return pn_sandbox_landlock_abi() > 0; }

/* ---- Files --------------------------------------------------------------------------------------- */

static int opens(const char *path, int flags) { return outcome(open(path, flags, 0600) >= 0); }
static int read_given(void) { return opens(given, O_RDONLY); }
static int read_other(void) { return opens(other, O_RDONLY); }
static int read_passwd(void) { return opens("/etc/passwd", O_RDONLY); }
#ifndef PN_SANITIZED        /* which must read /proc/self to say where it failed */
static int read_environment(void) { return opens("/proc/self/environ", O_RDONLY); }
#endif
static int read_self_memory(void) { return opens("/proc/self/mem", O_RDWR); }
static int read_root(void) { return opens("/", O_RDONLY | O_DIRECTORY); }
static int write_given(void) { return opens(given, O_WRONLY); }
static int empty_given(void) { return opens(given, O_WRONLY | O_TRUNC); }
static int empty_by_reading(void) { return opens(given, O_RDONLY | O_TRUNC); }
static int make_outside(void) { return opens(outside, O_WRONLY | O_CREAT); }
static int make_by_dots(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s/../outside", folder);
    return opens(path, O_WRONLY | O_CREAT | O_EXCL);
}
static int make_unnamed(void) { return opens(root, O_TMPFILE | O_RDWR); }
static int make_inside(void)
{
    pn_error err = { 0 };
    int rc = pn_write_file(inside, "x", 1, true, &err);
    return rc == PN_OK && unlink(inside) == 0 ? DONE : UNEXPECTED;
}
static int move_out(void)
{
    int fd = open(inside, O_WRONLY | O_CREAT, 0600);
    return fd < 0 ? UNEXPECTED : outcome(rename(inside, outside) == 0);
}
static int move_in(void) { return outcome(rename(other, inside) == 0); }
static int remove_given(void) { return outcome(unlink(given) == 0); }
static int write_reader(void) { return opens(inside, O_WRONLY | O_CREAT); }

static void sandbox__files_that_are_named_and_no_others(void **state)
{
    (void)state;
    if (!has_landlock()) { skip(); }
    const struct { const char *what; const pn_sandbox_opts *in; try_fn *attempt; int want; } cases[] = {
        { "read what was given", &writer, read_given, DONE },
        { "another patient's file", &writer, read_other, EACCES },
        { "/etc/passwd", &writer, read_passwd, EACCES },
        { "the root folder", &writer, read_root, EACCES },
        { "its own memory as a file", &writer, read_self_memory, EACCES },
        { "write to what was given", &writer, write_given, EACCES },
        { "empty what was given", &writer, empty_given, EACCES },
        { "a file outside", &writer, make_outside, EACCES },
        { "a file outside by ..", &writer, make_by_dots, EACCES },
        { "a file without a name", &writer, make_unnamed, EACCES },
        { "a file in its folder", &writer, make_inside, DONE },
        { "move a file out", &writer, move_out, EXDEV },
        { "move a file in", &writer, move_in, EXDEV },
        { "remove what was given", &writer, remove_given, EACCES },
        { "reader: what was given", &reader, read_given, DONE },
        { "reader: another patient's file", &reader, read_other, EACCES },
        { "reader: /etc/passwd", &reader, read_passwd, EACCES },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int got = try_in(cases[i].in, NULL, cases[i].attempt);
        /* Landlock may call moving between folders either. */
        if (cases[i].want == EXDEV && got == ends_with(EACCES)) { got = ends_with(EXDEV); }
        expect(cases[i].what, got, ends_with(cases[i].want));
    }
#ifndef PN_SANITIZED
    expect("environment", try_in(&writer, NULL, read_environment), ends_with(EACCES));
#endif
    struct stat st;
    assert_int_equal(stat(given, &st), 0);
    assert_int_equal(st.st_size, 5);
    assert_int_not_equal(access(outside, F_OK), 0);
}

static void sandbox__every_landlock_version_holds(void **state)
{
    (void)state;
    if (!has_landlock()) { skip(); }
    for (int abi = 1; abi <= pn_sandbox_landlock_abi(); abi++) {
        pn_sandbox_opts old = writer;
        char what[48];
        old.max_landlock_abi = abi;
        const struct { try_fn *attempt; int want; } cases[] = {
            { read_given, DONE }, { make_inside, DONE }, { read_passwd, EACCES },
            { write_given, EACCES }, { empty_given, EACCES }, { make_outside, EACCES },
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            snprintf(what, sizeof what, "ABI %d, case %zu", abi, i);
            expect(what, try_in(&old, NULL, cases[i].attempt), ends_with(cases[i].want));
        }
        /* Version 3 is the first that knows of emptying. */
        expect("empty by reading", try_in(&old, NULL, empty_by_reading), SIGSYS);
    }
    struct stat st;
    assert_int_equal(stat(given, &st), 0);
    assert_int_equal(st.st_size, 5);
}

/* As a kernel without Landlock answers. */
static int hide_landlock(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(landlock_create_ruleset), 0);
    if (rc == 0) { rc = seccomp_load(ctx); }
    seccomp_release(ctx);
    return rc == 0 ? DONE : UNEXPECTED;
}
static int try_socket(void) { return outcome(socket(AF_INET, SOCK_STREAM, 0) >= 0); }
static int announce_without(void)
{
    pn_error err = { 0 };
    char path[96], *text = NULL;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/log", root);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0) { return UNEXPECTED; }
    if (hide_landlock() != DONE || pn_sandbox_announce("compute", &err) != PN_OK) { return UNEXPECTED; }
    if (pn_read_file(&text, &n, path, 4096, &err) != PN_OK) { return UNEXPECTED; }
    bool said = strstr(text, "level=warn") &&
                strstr(text, "event=sandbox process=compute landlock=none seccomp=on");
    free(text);
    return said ? DONE : UNEXPECTED;
}

static void sandbox__without_landlock_seccomp_stands_alone(void **state)
{
    (void)state;
    expect("reading", try_in(&writer, hide_landlock, read_given), ends_with(DONE));
    expect("writing", try_in(&writer, hide_landlock, make_inside), ends_with(DONE));
    expect("a socket", try_in(&writer, hide_landlock, try_socket), SIGSYS);
    expect("reader writes", try_in(&reader, hide_landlock, write_reader), SIGSYS);
    pid_t pid = fork();
    if (pid == 0) { _exit(announce_without()); }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    expect("announcement", status, ends_with(DONE));
}

/* ---- Calls --------------------------------------------------------------------------------------- */

static int call(long number, unsigned long a, unsigned long b, unsigned long c)
{
    return outcome(syscall(number, a, b, c, 0ul, 0ul, 0ul) >= 0);
}
static int try_unix(void) { return outcome(socket(AF_UNIX, SOCK_DGRAM, 0) >= 0); }
static int try_connect(void) { return call(SYS_connect, 0, 0, 0); }
static int try_bind(void) { return call(SYS_bind, 0, 0, 0); }
static int try_sendto(void) { return call(SYS_sendto, 1, 0, 0); }
static int try_execve(void) { return outcome(execl("/bin/true", "true", (char *)NULL) == 0); }
static int try_execveat(void) { return call(SYS_execveat, 0, 0, 0); }
static int try_fork(void) { return outcome(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0); }
static int try_clone3(void) { return call(SYS_clone3, 0, 0, 0); }
static int try_ptrace(void) { return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0); }
static int try_kill(void) { return outcome(kill(getppid(), 0) == 0); }
static int try_signal_parent(void) { return call(SYS_tgkill, 1, 1, 0); }
static int try_by_handle(void) { return call(SYS_open_by_handle_at, 0, 0, 0); }
static int try_openat2(void) { return call(SYS_openat2, 0, 0, 0); }
static int try_memfd(void) { return outcome(memfd_create("x", 0) >= 0); }
static int try_link(void) { return outcome(link(given, inside) == 0); }
static int try_symlink(void) { return outcome(symlink(given, inside) == 0); }
static int try_mkdir(void) { return outcome(mkdir(inside, 0700) == 0); }
static int try_chmod(void) { return outcome(chmod(given, 0777) == 0); }
static int try_truncate(void) { return outcome(truncate(given, 0) == 0); }
static int try_io_uring(void) { return call(SYS_io_uring_setup, 1, 0, 0); }
static int try_bpf(void) { return call(SYS_bpf, 0, 0, 0); }
static int try_unshare(void) { return outcome(unshare(CLONE_NEWUSER) == 0); }
static int try_mount(void) { return call(SYS_mount, 0, 0, 0); }
static int try_peek(void) { return outcome(process_vm_readv(getpid(), NULL, 0, NULL, 0, 0) >= 0); }
static int try_userfaultfd(void) { return call(SYS_userfaultfd, 0, 0, 0); }
static int try_perf(void) { return call(SYS_perf_event_open, 0, 0, 0); }
static int try_keys(void) { return call(SYS_keyctl, 0, 0, 0); }
static int try_dup(void) { return outcome(dup(1) >= 0); }
static int try_tty_input(void) { return call(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, 0); }
static int try_raise_limit(void)
{
    const struct rlimit l = { 100, 100 };
    return outcome(setrlimit(RLIMIT_NOFILE, &l) == 0);
}
static int try_code_from_data(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return outcome(p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
}
static int try_code(void)
{
    return outcome(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}
#ifdef __x86_64__
static int try_other_abi(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");   /* getpid of i386 */
    return DONE;
}
#endif

static void sandbox__calls_that_are_not_listed_kill(void **state)
{
    (void)state;
    static const struct { const char *what; try_fn *attempt; } cases[] = {
        { "socket", try_socket }, { "unix socket", try_unix }, { "connect", try_connect },
        { "bind", try_bind }, { "sendto", try_sendto }, { "execve", try_execve },
        { "execveat", try_execveat }, { "fork", try_fork }, { "clone3", try_clone3 },
        { "ptrace", try_ptrace }, { "kill", try_kill }, { "tgkill of another", try_signal_parent },
        { "open_by_handle_at", try_by_handle }, { "openat2", try_openat2 },
        { "memfd_create", try_memfd }, { "link", try_link }, { "symlink", try_symlink },
        { "mkdir", try_mkdir }, { "chmod", try_chmod }, { "truncate", try_truncate },
        { "io_uring_setup", try_io_uring }, { "bpf", try_bpf }, { "unshare", try_unshare },
        { "mount", try_mount }, { "process_vm_readv", try_peek }, { "userfaultfd", try_userfaultfd },
        { "perf_event_open", try_perf }, { "keyctl", try_keys }, { "dup", try_dup },
        { "ioctl TIOCSTI", try_tty_input }, { "setrlimit", try_raise_limit },
        { "data to code", try_code_from_data }, { "mapped code", try_code },
#ifdef __x86_64__
        { "int 0x80", try_other_abi },
#endif
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect(cases[i].what, try_in(&writer, NULL, cases[i].attempt), SIGSYS);
        expect(cases[i].what, try_in(&reader, NULL, cases[i].attempt), SIGSYS);
    }
}

static int try_fsync(void) { return outcome(fsync(1) == 0); }
static int try_rename(void) { return outcome(rename(given, inside) == 0); }
static int try_unlink(void) { return outcome(unlink(given) == 0); }

static void sandbox__reader_has_no_call_that_changes_a_file(void **state)
{
    (void)state;
    expect("open to write", try_in(&reader, NULL, write_reader), SIGSYS);
    expect("open to empty", try_in(&reader, NULL, empty_by_reading), SIGSYS);
    expect("open unnamed", try_in(&reader, NULL, make_unnamed), SIGSYS);
    expect("fsync", try_in(&reader, NULL, try_fsync), SIGSYS);
    expect("rename", try_in(&reader, NULL, try_rename), SIGSYS);
    expect("unlink", try_in(&reader, NULL, try_unlink), SIGSYS);
}

/* ---- Dying and limits -------------------------------------------------------------------------------- */

static int die_of_abort(void) { abort(); }
static int die_of_signal(void)
{
    (void)signal(SIGSEGV, SIG_DFL);     /* not to be reported by a sanitizer */
    return raise(SIGSEGV);
}

static void sandbox__other_deaths_keep_their_names(void **state)
{
    (void)state;
    expect("abort", try_in(&writer, NULL, die_of_abort), SIGABRT);
    expect("segmentation fault", try_in(&reader, NULL, die_of_signal), SIGSEGV);
}

static int open_many(void)
{
    for (int i = 0; i < 100; i++) {
        if (open(given, O_RDONLY) < 0) { return errno; }
    }
    return DONE;
}
static int write_much(void)
{
    static char block[4096];
    int fd = open(inside, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < 10; i++) {
        if (write(fd, block, sizeof block) < 0) { return errno; }
    }
    return DONE;
}
#ifndef PN_SANITIZED
static int take_much(void)
{
    void *volatile p = malloc(3ULL << 30);
    return p != NULL ? DONE : errno;
}
#endif

static void sandbox__limits_are_errors(void **state)
{
    (void)state;
    pn_sandbox_opts small = writer;
    small.max_files = 20;
    small.max_file_bytes = 10000;
    small.max_memory_bytes = 2ULL << 30;
    expect("open files", try_in(&small, NULL, open_many), ends_with(EMFILE));
    expect("bytes of a file", try_in(&small, NULL, write_much), ends_with(EFBIG));
#ifndef PN_SANITIZED
    expect("memory", try_in(&small, NULL, take_much), ends_with(ENOMEM));
#endif
}

static void *do_nothing(void *arg)
{
    pause();
    return arg;
}
static int start_thread(void)
{
    pthread_t t;
    return pthread_create(&t, NULL, do_nothing, NULL) == 0 ? DONE : UNEXPECTED;
}

static void sandbox__second_thread_is_refused(void **state)
{
    (void)state;
    expect("two threads", try_in(&writer, start_thread, read_passwd), ends_with(REFUSED));
}

#ifdef PN_SANITIZED
static int read_beyond(void)
{
    char *volatile p = malloc(8);
    volatile int i = 8;
    int c = p[i];
    free(p);
    return c == 0 ? DONE : UNEXPECTED;
}

/* A report of AddressSanitizer from within the sandbox can be read. */
static void sandbox__sanitizer_can_report(void **state)
{
    (void)state;
    char path[96], *text = NULL;
    size_t n = 0;
    pn_error err = { 0 };
    snprintf(path, sizeof path, "%s/report", root);
    int kept = dup(STDERR_FILENO), fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(kept >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    int status = try_in(&writer, NULL, read_beyond);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    CHECK_OK(pn_read_file(&text, &n, path, 1 << 20, &err), err);
    if (status == 0 || !strstr(text, "heap-buffer-overflow") || !strstr(text, "read_beyond")) {
        fail_msg("status %d, report: %.600s", status, text);
    }
    free(text);
    close(kept);
    close(fd);
}
#endif

/* ---- The real header process -------------------------------------------------------------------------- */

static bool status_says(pid_t pid, const char *line)
{
    char path[48], *text = NULL;
    size_t n = 0;
    pn_error err = { 0 };
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    CHECK_OK(pn_read_file(&text, &n, path, 1 << 16, &err), err);
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

/* This program is its header process: /proc/self/exe role header SPOOL. */
static void header_process__is_locked_up(void **state)
{
    (void)state;
    char incoming[96], file[128];
    snprintf(incoming, sizeof incoming, "%s/incoming", root);
    snprintf(file, sizeof file, "%s/x.dcm", incoming);
    assert_int_equal(mkdir(incoming, 0700), 0);
    put(file, "not DICOM");
    pn_header_reader r = { .spool = root };
    pn_header h = { 0 };
    pn_error err = { 0 };
    assert_int_equal(pn_header_reader_read(&h, NULL, &r, file, &err), PN_EFORMAT);
    assert_true(status_says(r.pid, "Seccomp:\t2"));
    assert_true(status_says(r.pid, "NoNewPrivs:\t1"));
    assert_true(status_says(r.pid, "Threads:\t1"));
    if (has_landlock()) {
        assert_int_equal(pn_header_reader_read(&h, NULL, &r, other, &err), PN_EIO);
        assert_int_equal(err.cls, PN_TRANSIENT);
        assert_non_null(strstr(err.msg, "Permission denied"));
    }
    assert_int_equal(r.n_deaths, 0);
    pn_header_reader_close(&r);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "role") == 0) {
        pn_header_child_run(argv[3]);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandbox__files_that_are_named_and_no_others),
        cmocka_unit_test(sandbox__every_landlock_version_holds),
        cmocka_unit_test(sandbox__without_landlock_seccomp_stands_alone),
        cmocka_unit_test(sandbox__calls_that_are_not_listed_kill),
        cmocka_unit_test(sandbox__reader_has_no_call_that_changes_a_file),
        cmocka_unit_test(sandbox__other_deaths_keep_their_names),
        cmocka_unit_test(sandbox__limits_are_errors),
        cmocka_unit_test(sandbox__second_thread_is_refused),
#ifdef PN_SANITIZED
        cmocka_unit_test(sandbox__sanitizer_can_report),
#endif
        cmocka_unit_test(header_process__is_locked_up),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
