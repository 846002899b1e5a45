/* role/sandbox.c - see sandbox.h. */
#include "role/sandbox.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"

/* Sanitized builds look for leaks at exit from a second process that traces the first. */
#ifdef PN_SANITIZED
#include <sanitizer/lsan_interface.h>
static bool locked_up = false;
int __lsan_is_turned_off(void) { return locked_up; }
#endif

/* ---- Limits -------------------------------------------------------------------------------------- */

static int set_limit(int what, uint64_t value, const char *name, pn_error *err)
{
    const struct rlimit l = {(rlim_t)value, (rlim_t)value};
    if (setrlimit((__rlimit_resource_t)what, &l) == 0) { return PN_OK; }
    return pn_fail(err, PN_EINTERNAL, "sandbox: cannot set %s: %s", name, strerror(errno));
}

static int limit_resources(const pn_sandbox_opts *o, pn_error *err)
{
    (void)signal(SIGXFSZ, SIG_IGN);     /* an error of write tells more than a death */
    int rc = set_limit(RLIMIT_CORE, 0, "RLIMIT_CORE", err);   /* no patient data in core files */
    if (rc == PN_OK && o->max_files) {
        rc = set_limit(RLIMIT_NOFILE, o->max_files, "RLIMIT_NOFILE", err);
    }
    if (rc == PN_OK && o->max_file_bytes) {
        rc = set_limit(RLIMIT_FSIZE, o->max_file_bytes, "RLIMIT_FSIZE", err);
    }
#ifndef PN_SANITIZED
    if (rc == PN_OK && o->max_memory_bytes) {
        rc = set_limit(RLIMIT_AS, o->max_memory_bytes, "RLIMIT_AS", err);
    }
#endif
    return rc;
}

/* Where the machine's memory ends, the kernel shall take this process and not the receiver. */
static void offer_to_oom_killer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) { return; }
    ssize_t written = write(fd, "800", 3);
    (void)written;
    close(fd);
}

/* ---- One thread ------------------------------------------------------------------------------------ */

static int check_single_thread(pn_error *err)
{
    DIR *dir = opendir("/proc/self/task");
    if (dir == NULL) {
        return pn_fail(err, PN_EINTERNAL, "sandbox: /proc/self/task: %s", strerror(errno));
    }
    unsigned n = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) { n += entry->d_name[0] != '.'; }
    closedir(dir);
    if (n == 1) { return PN_OK; }
    return pn_fail(err, PN_EINTERNAL, "sandbox: the process has %u threads, expected 1", n);
}

/* ---- Landlock ---------------------------------------------------------------------------------------
 * By number: libc has no wrappers, and the header may be older than the kernel. */

#define ACCESS_TRUNCATE  (1ULL << 14)       /* ABI 3 */
#define ACCESS_IOCTL_DEV (1ULL << 15)       /* ABI 5 */
#define NET_BIND_CONNECT 3ULL               /* ABI 4 */
#define SCOPE_SOCKET_SIGNAL 3ULL            /* ABI 6 */

struct ruleset { uint64_t fs, net, scoped; };

static const uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE;

/* Everything that the version knows is forbidden unless a rule allows it. */
static struct ruleset handled(int abi)
{
    struct ruleset r = {.fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};   /* ABI 1: bits 0 to 12 */
    if (abi >= 2) { r.fs |= LANDLOCK_ACCESS_FS_REFER; }
    if (abi >= 3) { r.fs |= ACCESS_TRUNCATE; }
    if (abi >= 4) { r.net = NET_BIND_CONNECT; }
    if (abi >= 5) { r.fs |= ACCESS_IOCTL_DEV; }
    if (abi >= 6) { r.scoped = SCOPE_SOCKET_SIGNAL; }
    return r;
}

/* The kernel refuses a structure with bytes that it does not know, unless they are 0; older
 * ones are given what they know. */
static size_t ruleset_size(int abi)
{
    if (abi >= 6) { return sizeof(struct ruleset); }
    return abi >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, net);
}

int pn_sandbox_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static int allow_path(int ruleset, const char *path, uint64_t access, pn_error *err)
{
    struct landlock_path_beneath_attr rule = {
        .allowed_access = access,
        .parent_fd = open(path, O_PATH | O_CLOEXEC),
    };
    if (rule.parent_fd < 0) {
        if (errno == ENOENT) { return PN_OK; }
        return pn_fail(err, PN_EINTERNAL, "sandbox: %s: %s", path, strerror(errno));
    }
    long failed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0u);
    int saved = errno;
    close(rule.parent_fd);
    if (failed == 0) { return PN_OK; }
    return pn_fail(err, PN_EINTERNAL, "sandbox: landlock_add_rule %s: %s", path, strerror(saved));
}

static int restrict_files(const pn_sandbox_opts *o, pn_error *err)
{
    int abi = pn_sandbox_landlock_abi();
    if (o->max_landlock_abi > 0 && o->max_landlock_abi < abi) { abi = o->max_landlock_abi; }
    if (abi == 0) { return PN_OK; }
    const struct ruleset r = handled(abi);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &r, ruleset_size(abi), 0u);
    if (fd < 0) {
        return pn_fail(err, PN_EINTERNAL, "sandbox: landlock_create_ruleset: %s", strerror(errno));
    }
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < o->n_readable; i++) {
        rc = allow_path(fd, o->readable[i], read_file, err);
    }
    /* The folder itself is opened to be synced, which is reading a directory. */
    const uint64_t writing = read_file | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
                             LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                             (abi >= 3 ? ACCESS_TRUNCATE : 0);
    if (rc == PN_OK && o->writable_folder) { rc = allow_path(fd, o->writable_folder, writing, err); }
#ifdef PN_SANITIZED
    /* A sanitizer's report names places in the code: maps, the binary and its libraries. */
    static const char *const symbols[] = {"/proc/self", "/usr/lib", "/lib", "/proc/self/exe"};
    for (size_t i = 0; rc == PN_OK && i < sizeof symbols / sizeof symbols[0]; i++) {
        rc = allow_path(fd, symbols[i], read_file, err);
    }
#endif
    if (rc == PN_OK && syscall(SYS_landlock_restrict_self, fd, 0u) != 0) {
        rc = pn_fail(err, PN_EINTERNAL, "sandbox: landlock_restrict_self: %s", strerror(errno));
    }
    close(fd);
    return rc;
}

/* ---- seccomp ------------------------------------------------------------------------------------------ */

/* Memory, open descriptors, the clock, and an orderly death. No name here opens, makes or
 * changes a file, a process or a socket. */
static const int always[] = {
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(fstat64),
    SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(stat), SCMP_SYS(statx), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),                  /* glibc's qsort asks how much memory there is */
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),   /* a codec may count processors */
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* For who may write: where is Landlock's business. */
static const int writing_calls[] = {
    SCMP_SYS(pwrite64), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
};

#ifdef PN_SANITIZED
static const int sanitizer_calls[] = {
    SCMP_SYS(sigaltstack), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(prctl),
    SCMP_SYS(getrlimit), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(getuid), SCMP_SYS(geteuid),
};
#endif

/* rc: of libseccomp, 0 or -errno; the first failure is kept. */
static void keep_first(int *first, int rc)
{
    if (*first == 0) { *first = rc; }
}

static void allow_calls(int *rc, scmp_filter_ctx ctx, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        keep_first(rc, seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0));
    }
}

/* Argument `arg` of the call, under the mask, must have the value. */
static void allow_if(int *rc, scmp_filter_ctx ctx, int call, unsigned arg, uint64_t mask, uint64_t value)
{
    keep_first(rc, seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
                                    SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, mask, value)));
}

static void allow_opening(int *rc, scmp_filter_ctx ctx, bool writing)
{
    const uint64_t changes = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
#ifdef PN_SANITIZED
    allow_if(rc, ctx, SCMP_SYS(open), 1, changes, O_RDONLY);    /* its own maps and symbols */
    allow_if(rc, ctx, SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD);
#endif
    if (!writing) {
        allow_if(rc, ctx, SCMP_SYS(openat), 2, changes, O_RDONLY);
        return;
    }
    /* O_RDONLY | O_TRUNC empties a file that one may only read, where Landlock is older than
     * version 3. */
    allow_if(rc, ctx, SCMP_SYS(openat), 2, O_TRUNC, 0);
    allow_if(rc, ctx, SCMP_SYS(openat), 2, O_ACCMODE | O_TRUNC, O_WRONLY | O_TRUNC);
    allow_if(rc, ctx, SCMP_SYS(openat), 2, O_ACCMODE | O_TRUNC, O_RDWR | O_TRUNC);
}

static void allow_by_argument(int *rc, scmp_filter_ctx ctx, bool writing)
{
    allow_opening(rc, ctx, writing);
    /* No memory becomes code. */
    allow_if(rc, ctx, SCMP_SYS(mmap), 2, PROT_EXEC, 0);
    allow_if(rc, ctx, SCMP_SYS(mmap2), 2, PROT_EXEC, 0);
    allow_if(rc, ctx, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
    /* stdio asks whether stderr is a terminal; fopen's flags; abort. */
    allow_if(rc, ctx, SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS);
    allow_if(rc, ctx, SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL);
    allow_if(rc, ctx, SCMP_SYS(fcntl64), 1, UINT32_MAX, F_GETFL);
    allow_if(rc, ctx, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint64_t)getpid());
    /* Limits may be looked at. */
    allow_if(rc, ctx, SCMP_SYS(prlimit64), 2, UINT64_MAX, 0);
}

static int restrict_calls(bool writing, pn_error *err)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (ctx == NULL) { return pn_fail_transient(err, PN_ENOMEM, "sandbox: no memory for a filter"); }
    int rc = 0;
    keep_first(&rc, seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    keep_first(&rc, seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2));   /* a tree, not a list */
    allow_calls(&rc, ctx, always, sizeof always / sizeof always[0]);
    allow_by_argument(&rc, ctx, writing);
    if (writing) { allow_calls(&rc, ctx, writing_calls, sizeof writing_calls / sizeof writing_calls[0]); }
#ifdef PN_SANITIZED
    allow_calls(&rc, ctx, sanitizer_calls, sizeof sanitizer_calls / sizeof sanitizer_calls[0]);
#endif
    keep_first(&rc, seccomp_load(ctx));
    seccomp_release(ctx);
    return rc == 0 ? PN_OK : pn_fail(err, PN_EINTERNAL, "sandbox: seccomp: %s", strerror(-rc));
}

/* ---- Together ------------------------------------------------------------------------------------------- */

int pn_sandbox_enter(const pn_sandbox_opts *opts, pn_error *err)
{
    tzset();                            /* /etc/localtime will be out of reach */
    int rc = check_single_thread(err);
    if (rc != PN_OK) { return rc; }
    offer_to_oom_killer();
    if ((rc = limit_resources(opts, err)) != PN_OK) { return rc; }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return pn_fail(err, PN_EINTERNAL, "sandbox: no_new_privs: %s", strerror(errno));
    }
    if ((rc = restrict_files(opts, err)) != PN_OK) { return rc; }
#ifdef PN_SANITIZED
    locked_up = true;
#endif
    return restrict_calls(opts->writable_folder != NULL, err);
}

int pn_sandbox_announce(const char *process, pn_error *err)
{
    const uint32_t kill_process = SECCOMP_RET_KILL_PROCESS;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0u, &kill_process) != 0) {
        return pn_fail(err, PN_ECONFIG, "this kernel has no seccomp filters (%s), and objects are "
                       "decoded in their keeping only", strerror(errno));
    }
    int abi = pn_sandbox_landlock_abi();
    char landlock[16] = "none";
    if (abi > 0) { (void)snprintf(landlock, sizeof landlock, "abi%d", abi); }
    pn_log(abi > 0 ? PN_LOG_INFO : PN_LOG_WARN, "sandbox", "process=%s landlock=%s seccomp=on",
           process, landlock);
    return PN_OK;
}
