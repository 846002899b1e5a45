/* unit_launcher UNIT CALLS COMMAND... - run a command under what a systemd unit forbids, where no
 * systemd runs: the calls that are not in the file CALLS (one name a line) get EPERM, and the
 * unit's settings that systemd makes filters of are made filters here:
 *
 *   NoNewPrivileges, SystemCallArchitectures=native, MemoryDenyWriteExecute, RestrictNamespaces,
 *   RestrictAddressFamilies, RestrictRealtime, RestrictSUIDSGID, LockPersonality; UMask, LimitCORE
 *
 * Users, capabilities and mounts are left to who calls it. COMMAND "probe" tries one call of each
 * kind and says what came of it. Exit code 2: a setting of the unit is not understood. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static scmp_filter_ctx filter;

static void must(int rc, const char *what)
{
    if (rc >= 0) { return; }
    fprintf(stderr, "unit_launcher: %s: %s\n", what, strerror(-rc));
    exit(2);
}

/* Whether the unit says KEY=yes; unknown values end the program. */
static bool is_on(const char *unit, const char *key)
{
    char line[64];
    (void)snprintf(line, sizeof line, "\n%s=", key);
    const char *at = strstr(unit, line);
    if (at == NULL) { return false; }
    at += strlen(line);
    if (strncmp(at, "yes\n", 4) != 0) {
        fprintf(stderr, "unit_launcher: %s is not yes\n", key);
        exit(2);
    }
    return true;
}

/* SystemCallFilter; names that this kernel or architecture does not have are passed over, as
 * systemd does. */
static void allow_listed(const char *calls)
{
    char name[64];
    FILE *in = fopen(calls, "r");
    if (in == NULL) { must(-errno, calls); }
    while (in != NULL && fscanf(in, "%63s", name) == 1) {
        int nr = seccomp_syscall_resolve_name(name);
        if (nr >= 0) { must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0), name); }
    }
    (void)fclose(in);
}

static scmp_filter_ctx deny_filter(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (f == NULL) { must(-ENOMEM, "seccomp_init"); }
    return f;
}

static void load(scmp_filter_ctx f, const char *what)
{
    must(seccomp_load(f), what);
    seccomp_release(f);
}

#define DENY(f, error, call, n, ...) \
    must(seccomp_rule_add(f, SCMP_ACT_ERRNO(error), SCMP_SYS(call), n, __VA_ARGS__), #call)
#define WITH_BITS(arg, bits) SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), (scmp_datum_t)(bits))

static void deny_write_execute(void)
{
    scmp_filter_ctx f = deny_filter();
    DENY(f, EPERM, mmap, 1, WITH_BITS(2, PROT_EXEC | PROT_WRITE));
    DENY(f, EPERM, mprotect, 1, WITH_BITS(2, PROT_EXEC));
    DENY(f, EPERM, pkey_mprotect, 1, WITH_BITS(2, PROT_EXEC));
    load(f, "MemoryDenyWriteExecute");
}

static void deny_namespaces(void)
{
    static const unsigned long kinds[] = { CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                           CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET };
    scmp_filter_ctx f = deny_filter();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        DENY(f, EPERM, unshare, 1, WITH_BITS(0, kinds[i]));
        DENY(f, EPERM, clone, 1, WITH_BITS(0, kinds[i]));
    }
    DENY(f, EPERM, setns, 1, SCMP_CMP(1, SCMP_CMP_GE, 0));
    must(seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
    load(f, "RestrictNamespaces");
}

/* AF_UNIX, AF_INET and AF_INET6 are what the unit lists. */
static void deny_families(const char *unit)
{
    if (strstr(unit, "\nRestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n") == NULL) {
        fputs("unit_launcher: other address families than expected\n", stderr);
        exit(2);
    }
    scmp_filter_ctx f = deny_filter();
    DENY(f, EAFNOSUPPORT, socket, 1, SCMP_CMP(0, SCMP_CMP_GT, AF_INET6));
    for (int family = 0; family < AF_INET6; family++) {
        if (family == AF_UNIX || family == AF_INET) { continue; }
        DENY(f, EAFNOSUPPORT, socket, 1, SCMP_CMP(0, SCMP_CMP_EQ, (scmp_datum_t)family));
    }
    load(f, "RestrictAddressFamilies");
}

static void deny_rest(bool realtime, bool suid, bool personality_locked)
{
    scmp_filter_ctx f = deny_filter();
    if (realtime) { DENY(f, EPERM, sched_setscheduler, 1, SCMP_CMP(1, SCMP_CMP_NE, SCHED_OTHER)); }
    if (personality_locked) {
        DENY(f, EPERM, personality, 1, SCMP_CMP(0, SCMP_CMP_NE, PER_LINUX));
    }
    static const unsigned bits[] = { S_ISUID, S_ISGID };
    for (size_t i = 0; suid && i < 2; i++) {
        DENY(f, EPERM, chmod, 1, WITH_BITS(1, bits[i]));
        DENY(f, EPERM, fchmod, 1, WITH_BITS(1, bits[i]));
        DENY(f, EPERM, fchmodat, 1, WITH_BITS(2, bits[i]));
        DENY(f, EPERM, mkdir, 1, WITH_BITS(1, bits[i]));
        DENY(f, EPERM, mkdirat, 1, WITH_BITS(2, bits[i]));
        DENY(f, EPERM, open, 2, WITH_BITS(1, O_CREAT), WITH_BITS(2, bits[i]));
        DENY(f, EPERM, openat, 2, WITH_BITS(2, O_CREAT), WITH_BITS(3, bits[i]));
    }
    load(f, "RestrictRealtime, RestrictSUIDSGID, LockPersonality");
}

static int outcome(const char *what, long rc)
{
    printf("%s %s\n", what, rc >= 0 ? "allowed" : strerrorname_np(errno));
    return 0;
}

static int probe(void)
{
    outcome("mount", mount("none", "/", "tmpfs", 0, NULL));
    outcome("write-execute", mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                             == MAP_FAILED ? -1 : 0);
    outcome("packet", socket(AF_PACKET, SOCK_DGRAM, 0));
    outcome("inet", socket(AF_INET, SOCK_STREAM, 0));
    outcome("namespace", unshare(CLONE_NEWUSER));
    outcome("personality", personality(0x0020000));
    outcome("suid", open("probe", O_WRONLY | O_CREAT, 04700));
    outcome("setuid", setuid(0));
    outcome("landlock", syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
    struct rlimit l;
    outcome("limits", getrlimit(RLIMIT_AS, &l) == 0 ? setrlimit(RLIMIT_AS, &l) : -1);
    return 0;
}

int main(int argc, char **argv)
{
    static char unit[16384] = "\n";
    if (argc < 4) {
        fputs("usage: unit_launcher UNIT CALLS COMMAND...\n", stderr);
        return 2;
    }
    FILE *in = fopen(argv[1], "r");
    if (in == NULL || fread(unit + 1, 1, sizeof unit - 2, in) == 0) { must(-errno, argv[1]); }
    const struct rlimit none = { 0, 0 };
    if (strstr(unit, "\nLimitCORE=0\n") != NULL) { must(setrlimit(RLIMIT_CORE, &none), "LimitCORE"); }
    if (strstr(unit, "\nUMask=0077\n") != NULL) { (void)umask(0077); }
    if (is_on(unit, "NoNewPrivileges") && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        must(-errno, "NoNewPrivileges");
    }
    if (is_on(unit, "MemoryDenyWriteExecute")) { deny_write_execute(); }
    if (is_on(unit, "RestrictNamespaces")) { deny_namespaces(); }
    deny_families(unit);
    deny_rest(is_on(unit, "RestrictRealtime"), is_on(unit, "RestrictSUIDSGID"),
              is_on(unit, "LockPersonality"));
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) { must(-ENOMEM, "seccomp_init"); }
    must(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "architecture");
    allow_listed(argv[2]);
    load(filter, "SystemCallFilter");
    if (strcmp(argv[3], "probe") == 0) { return probe(); }
    execv(argv[3], argv + 3);
    perror(argv[3]);
    return 2;
}
