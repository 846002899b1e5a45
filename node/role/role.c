#include "role/role.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "pipeline/model_file.h"
#include "queue/store.h"

volatile sig_atomic_t pn_role_stop = 0;
volatile sig_atomic_t pn_role_reload = 0;

static void on_stop(int signal_number)
{
    (void)signal_number;
    pn_role_stop = 1;
}

static void on_reload(int signal_number)
{
    (void)signal_number;
    pn_role_reload = 1;
}

/* What the supervisor hands over in a file in memory. */
static int read_handed(char **out, size_t *n, int fd, const char *what, pn_error *err)
{
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int rc = pn_read_file(out, n, path, 1 << 20, err);
    return rc == PN_OK ? rc : pn_wrap(err, "no %s on descriptor %d", what, fd);
}

int pn_role_start(cfg_node *cfg, const char *role, const char *config_name, pn_error *err)
{
    pn_log_role(role);
    char name[16];
    (void)snprintf(name, sizeof name, "pn-%.12s", role);
    (void)prctl(PR_SET_NAME, name);

    struct sigaction stop = {.sa_handler = on_stop};
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGINT, &stop, NULL);
    struct sigaction reload = {.sa_handler = on_reload, .sa_flags = SA_RESTART};
    (void)sigaction(SIGHUP, &reload, NULL);
    (void)signal(SIGPIPE, SIG_IGN);

    char *bytes = NULL, *pins = NULL;
    size_t n = 0, n_pins = 0;
    int rc = read_handed(&bytes, &n, PN_FD_CONFIG, "configuration", err);
    if (rc == PN_OK) { rc = read_handed(&pins, &n_pins, PN_FD_MODELS, "digests of models", err); }
    cfg_error cfg_err = {0};
    if (rc == PN_OK && cfg_node_parse(cfg, bytes, n, config_name, &cfg_err) != CFG_OK) {
        rc = pn_fail(err, PN_ECONFIG, "%s", cfg_err.msg);
    }
    if (rc == PN_OK) { rc = pn_model_pins_read(cfg, pins, err); }
    free(bytes);
    free(pins);
    return rc;
}

/* Between fork and exec: only async-signal-safe calls. */
static _Noreturn void become(char *const *argv, pid_t parent, const int fds[PN_N_FDS])
{
    enum { CLEAR = 32 };
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { _exit(127); }   /* the parent died before prctl */
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGHUP, SIG_IGN);      /* until the role catches it; it reads the key after that */

    /* Move all clear of their targets first, so that no dup2 overwrites another. */
    int moved[PN_N_FDS];
    for (int i = 0; i < PN_N_FDS; i++) {
        moved[i] = fds == NULL || fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD, CLEAR);
    }
    (void)syscall(SYS_close_range, 3u, (unsigned)CLEAR - 1, 0u);
    for (int i = 0; i < PN_N_FDS; i++) {
        if (moved[i] >= 0) { (void)dup2(moved[i], PN_FD_CONFIG + i); }
    }
    (void)syscall(SYS_close_range, (unsigned)PN_FD_END, ~0u, 0u);
    execv("/proc/self/exe", argv);
    _exit(127);
}

int pn_spawn(pid_t *pid, const char *const *args, const int fds[PN_N_FDS], pn_error *err)
{
    char *argv[16] = {NULL};
    static char self[] = "prognode";
    argv[0] = self;
    size_t n = 0;
    while (args[n] != NULL) {
        if (n + 2 >= sizeof argv / sizeof argv[0]) { return pn_fail(err, PN_EINVAL, "too many arguments"); }
        argv[n + 1] = strdup(args[n]);
        n++;
    }
    /* One OpenBLAS thread: it starts threads before main otherwise, and results must not
     * depend on how many there are. */
    (void)setenv("OPENBLAS_NUM_THREADS", "1", 1);
    (void)fflush(NULL);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) { become(argv, parent, fds); }
    int saved = errno;
    for (size_t i = 1; i <= n; i++) { free(argv[i]); }
    if (child < 0) { return pn_fail_transient(err, PN_EIO, "cannot fork: %s", strerror(saved)); }
    *pid = child;
    return PN_OK;
}

const char *pn_exit_words(char *buf, size_t size, int status)
{
    if (WIFSIGNALED(status)) {
        (void)snprintf(buf, size, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        (void)snprintf(buf, size, "exit code %d", WEXITSTATUS(status));
    }
    return buf;
}

void pn_role_owner(char out[PN_OWNER_SIZE], const cfg_node *cfg, const char *role,
                   const char *which)
{
    char host[65];
    pn_host_name(host, cfg->host_name);
    (void)snprintf(out, PN_OWNER_SIZE, "%s:%s:%s", host, role, which);
}

void pn_role_take_over(pn_store *store, const char *owner)
{
    size_t n = 0;
    pn_error why = {0};
    if (pn_store_release_owner(&n, store, owner, pn_now_ms(), &why) != PN_OK) {
        pn_log_store_trouble("leases_kept", &why);
    } else if (n > 0) {
        pn_log(PN_LOG_INFO, "leases_freed", "owner=%s leases=%zu", owner, n);
    }
}

void pn_log_store_trouble(const char *event, const pn_error *why)
{
    enum { EVERY_MS = 5000 };
    static int64_t next_ms = 0;
    int64_t now = pn_mono_ms();
    if (now < next_ms) { return; }
    next_ms = now + EVERY_MS;
    char quoted[512];
    pn_log(PN_LOG_WARN, event, "reason=%s", pn_log_quote(quoted, sizeof quoted, why->msg));
}

int pn_role_loop(pn_role_turn *turn, void *role, const char *event, pn_error *err)
{
    enum { REST_MS = 200 };
    int rc = PN_OK;
    while (rc == PN_OK && !pn_role_stop) {
        pn_error why = {0};
        unsigned nap_ms = 0;
        rc = turn(role, &nap_ms, &why);
        if (rc != PN_OK && why.cls == PN_TRANSIENT) {
            pn_log_store_trouble(event, &why);
            if (nap_ms < REST_MS) { nap_ms = REST_MS; }
            rc = PN_OK;
        } else if (rc != PN_OK && err != NULL) {
            *err = why;
        }
        if (rc == PN_OK && nap_ms > 0 && !pn_role_stop) { pn_nap_ms(nap_ms); }
    }
    return rc;
}
