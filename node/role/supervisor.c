/* The supervisor: starts the roles, restarts what dies, stops all in order.
 *
 * It parses nothing but its own configuration and talks to nobody. A role that dies is started
 * again at once the first time and then ever later, up to half a minute, so that a fault that
 * stays does not become a storm. Two supervisors cannot share a spool: the lock on its folder
 * belongs to the process and goes with it, so a killed node leaves nothing stale behind. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "pipeline/model_file.h"
#include "queue/store.h"
#include "role/fetcher.h"
#include "role/keys.h"
#include "role/role.h"

enum {
    MAX_CHILDREN = 96,
    MAX_WORKERS = 64,                  /* as the configuration allows */
    BACKOFF_FIRST_MS = 500,
    BACKOFF_MAX_MS = 30000,
    HEALTHY_AFTER_MS = 60000,   /* a role that ran this long starts from the first backoff */
    STOP_AFTER_MS = 30000,
};

typedef struct child {
    const char *role, *arg;
    pid_t pid;                  /* 0: not running */
    int64_t started_ms, restart_ms;
    int backoff_ms;
} child;

typedef struct supervisor {
    cfg_node cfg;
    char config_path[PN_PATH_SIZE];
    int config_fd, models_fd, listen_fd, listen_tls_fd, tls_fd, lock_fd, signal_fd;
    pn_tls_facts tls;                  /* where tls_fd is >= 0 */
    int64_t warn_ms;                   /* when to look at the dates next, realtime */
    child children[MAX_CHILDREN];
    char slots[MAX_WORKERS][8];        /* "0", "1", … */
    size_t n;
} supervisor;

/* A file in memory, for the roles to read. */
static int hand_over(int *fd, const char *name, const char *bytes, size_t n, pn_error *err)
{
    *fd = memfd_create(name, MFD_CLOEXEC);
    if (*fd < 0) { return pn_fail(err, PN_EIO, "memfd_create: %s", strerror(errno)); }
    return pn_write_all(*fd, bytes, n, name, err);
}

/* A copy of the configuration that the roles read, whatever becomes of the file. */
static int keep_config(supervisor *s, const char *path, pn_error *err)
{
    char real[PN_PATH_SIZE];
    char *resolved = realpath(path, NULL);
    int rc = pn_path(real, sizeof real, err, "%s", resolved != NULL ? resolved : path);
    free(resolved);
    if (rc != PN_OK) { return rc; }
    memcpy(s->config_path, real, sizeof real);

    char *bytes = NULL;
    size_t n = 0;
    if (pn_read_file(&bytes, &n, real, 1 << 20, err) != PN_OK) {
        return pn_fail(err, PN_ECONFIG, "%s: cannot be read", real);
    }
    cfg_error cfg_err = {0};
    if (cfg_node_parse(&s->cfg, bytes, n, real, &cfg_err) != CFG_OK) {
        rc = pn_fail(err, PN_ECONFIG, "%s", cfg_err.msg);
    } else {
        rc = hand_over(&s->config_fd, "prognode-config", bytes, n, err);
    }
    free(bytes);
    return rc;
}

/* The models as they are now: whatever becomes of the files, the roles run these bytes. */
static int keep_models(supervisor *s, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; i < s->cfg.n_models && rc == PN_OK; i++) {
        pn_model_file f = {0};
        rc = pn_model_file_open(&f, &s->cfg.models[i], &s->cfg.signatures, err);
        if (rc == PN_OK) {
            pn_log(PN_LOG_INFO, "model", "id=%s version=%s sha256=%.12s signed_by=%.12s", f.model.id, f.model.version,
                   f.model.file_sha256, f.signer[0] != '\0' ? f.signer : "-");
            rc = pn_model_pin(&s->cfg.models[i], s->cfg.spool, &f, err);
        }
        if (rc == PN_OK && cfg_model_uses(&f.model, CFG_SOURCE_TABLE) && s->cfg.clinical_table[0] == '\0') {
            rc = pn_fail(err, PN_ECONFIG, "%s needs a clinical table, and cases.clinical_table names none", f.model.id);
        }
        pn_model_file_free(&f);
    }
    char *pins = NULL;
    if (rc == PN_OK) { rc = pn_model_pins_write(&pins, &s->cfg, err); }
    if (rc == PN_OK) { rc = hand_over(&s->models_fd, "prognode-models", pins, strlen(pins), err); }
    free(pins);
    return rc;
}

static int lock_spool(supervisor *s, pn_error *err)
{
    int rc = pn_mkdir_p(s->cfg.spool, err);
    /* With PostgreSQL several nodes may share a spool. */
    if (rc != PN_OK || pn_store_is_server(s->cfg.database)) { return rc; }
    s->lock_fd = open(s->cfg.spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->lock_fd < 0 || flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return pn_fail(err, PN_EIO, "the spool %s is in use by another prognode (%s)", s->cfg.spool,
                       strerror(errno));
    }
    return PN_OK;
}

/* The socket is the supervisor's, so that a restarted receiver loses no connection request. */
static int open_listener(int *out, const supervisor *s, unsigned number, pn_error *err)
{
    char port[8];
    if (number == 0) { return PN_OK; }
    (void)snprintf(port, sizeof port, "%u", number);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int gai = getaddrinfo(s->cfg.listen, port, &hints, &found);
    if (gai != 0) {
        return pn_fail(err, PN_ECONFIG, "node.listen \"%s\": %s, expected an IP address", s->cfg.listen,
                       gai_strerror(gai));
    }
    int on = 1;
    int fd = *out = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 256) == 0;
    int saved = errno;
    freeaddrinfo(found);
    if (good) { return PN_OK; }
    return pn_fail(err, PN_ENET, "cannot listen on %s port %s: %s", s->cfg.listen, port, strerror(saved));
}

/* ---- The TLS key ------------------------------------------------------------------------------- */

static void warn_of_dates(supervisor *s, int64_t now_ms)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    char lines[PN_KEYS_MAX_WARNINGS][PN_KEYS_WARNING_SIZE], quoted[PN_KEYS_WARNING_SIZE];
    size_t n = pn_keys_warnings(lines, &s->tls, now_ms);
    for (size_t i = 0; i < n; i++) {
        pn_log(PN_LOG_WARN, "tls_expiry", "what=%s", pn_log_quote(quoted, sizeof quoted, lines[i]));
    }
    s->warn_ms = now_ms + DAY_MS;
}

static int put_key(supervisor *s, const pn_tls_material *m, const pn_tls_facts *facts, pn_error *err)
{
    int rc = pn_tls_material_put(s->tls_fd, m, err);
    if (rc != PN_OK) { return rc; }
    char quoted[PN_SUBJECT_SIZE];
    s->tls = *facts;
    pn_log(PN_LOG_INFO, "tls_key", "subject=%s fingerprint=%s ca=%u crl=%u",
           pn_log_quote(quoted, sizeof quoted, facts->subject), facts->fingerprint, facts->n_ca,
           facts->n_crl);
    warn_of_dates(s, pn_now_ms());
    return PN_OK;
}

/* A certificate whose time is over does not keep the node from its other work; peers refuse it,
 * and the log says why. */
static int take_key(supervisor *s, pn_error *err)
{
    if (!cfg_node_uses_tls(&s->cfg)) { return PN_OK; }
    pn_tls_material m = {0};
    pn_tls_facts facts = {0};
    pn_keys_shield();
    int rc = pn_keys_read(&m, &facts, &s->cfg, pn_now_ms(), err);
    if (rc == PN_OK || rc == PN_EUNSUPPORTED) {
        s->tls_fd = memfd_create("prognode-tls", MFD_CLOEXEC);
        rc = s->tls_fd < 0 ? pn_fail(err, PN_EIO, "memfd_create: %s", strerror(errno))
                           : put_key(s, &m, &facts, err);
    }
    pn_tls_material_free(&m);
    return rc;
}

/* New files that are not fit for use leave the old ones in use. */
static void renew_key(supervisor *s)
{
    if (s->tls_fd < 0) {
        pn_log(PN_LOG_INFO, "reload_ignored", "reason=\"no TLS is configured\"");
        return;
    }
    pn_tls_material m = {0};
    pn_tls_facts facts = {0};
    pn_error why = {0};
    int rc = pn_keys_read(&m, &facts, &s->cfg, pn_now_ms(), &why);
    if (rc == PN_OK) { rc = put_key(s, &m, &facts, &why); }
    pn_tls_material_free(&m);
    if (rc != PN_OK) {
        char quoted[512];
        pn_log(PN_LOG_ERROR, "tls_kept", "reason=%s", pn_log_quote(quoted, sizeof quoted, why.msg));
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        const child *c = &s->children[i];
        if (c->pid > 0 && pn_keys_wanted(&s->cfg, c->role, c->arg)) { (void)kill(c->pid, SIGHUP); }
    }
}

/* ---- Processes ----------------------------------------------------------------------------------- */

static int open_signals(supervisor *s, pn_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    return s->signal_fd >= 0 ? PN_OK : pn_fail(err, PN_EIO, "signalfd: %s", strerror(errno));
}

static void add_child(supervisor *s, const char *role, const char *arg)
{
    if (s->n < MAX_CHILDREN) {
        s->children[s->n++] = (child){.role = role, .arg = arg, .backoff_ms = BACKOFF_FIRST_MS};
    }
}

static void plan_children(supervisor *s)
{
    add_child(s, "indexer", NULL);
    for (unsigned i = 0; i < s->cfg.workers && i < MAX_WORKERS; i++) {
        (void)snprintf(s->slots[i], sizeof s->slots[i], "%u", i);
        add_child(s, "worker", s->slots[i]);
    }
    for (size_t i = 0; i < s->cfg.n_archives; i++) { add_child(s, "sender", s->cfg.archives[i].name); }
    if (pn_fetcher_wanted(&s->cfg)) { add_child(s, "fetcher", NULL); }
    add_child(s, "keeper", NULL);
    add_child(s, "receiver", NULL);
}

static void start_child(supervisor *s, child *c)
{
    const char *args[] = {"role", c->role, "--config", s->config_path, NULL, NULL, NULL};
    if (c->arg != NULL) {
        args[4] = strcmp(c->role, "worker") == 0 ? "--slot" : "--archive";
        args[5] = c->arg;
    }
    pn_error err = {0};
    c->started_ms = pn_mono_ms();
    bool receives = strcmp(c->role, "receiver") == 0;
    const int fds[PN_N_FDS] = {s->config_fd, receives ? s->listen_fd : -1,
                               receives ? s->listen_tls_fd : -1,
                               pn_keys_wanted(&s->cfg, c->role, c->arg) ? s->tls_fd : -1, s->models_fd};
    if (pn_spawn(&c->pid, args, fds, &err) != PN_OK) {
        c->pid = 0;
        c->restart_ms = c->started_ms + c->backoff_ms;
        char quoted[256];
        pn_log(PN_LOG_ERROR, "role_start_failed", "name=%s reason=%s", c->role,
               pn_log_quote(quoted, sizeof quoted, err.msg));
    }
}

static void on_child_end(supervisor *s, pid_t pid, int status, bool stopping)
{
    for (size_t i = 0; i < s->n; i++) {
        child *c = &s->children[i];
        if (c->pid != pid) { continue; }
        int64_t now = pn_mono_ms();
        c->pid = 0;
        if (stopping) { return; }
        if (now - c->started_ms >= HEALTHY_AFTER_MS) { c->backoff_ms = BACKOFF_FIRST_MS; }
        c->restart_ms = now + c->backoff_ms;
        char words[64];
        pn_log(PN_LOG_ERROR, "role_ended", "name=%s child=%d how=\"%s\" restart_in_ms=%d", c->role,
               (int)pid, pn_exit_words(words, sizeof words, status), c->backoff_ms);
        c->backoff_ms = c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : c->backoff_ms * 2;
        return;
    }
}

static void reap(supervisor *s, bool stopping)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) { on_child_end(s, pid, status, stopping); }
}

/* Starts what is due; returns how long the supervisor may sleep. */
static int start_due(supervisor *s)
{
    int64_t now = pn_mono_ms(), next = now + 60000;
    for (size_t i = 0; i < s->n; i++) {
        child *c = &s->children[i];
        if (c->pid == 0 && c->restart_ms <= now) { start_child(s, c); }
        if (c->pid == 0 && c->restart_ms < next) { next = c->restart_ms; }
    }
    return (int)(next - now);
}

/* systemd's readiness protocol: one datagram to $NOTIFY_SOCKET. */
static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof to.sun_path) { return; }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) { return; }
    memcpy(to.sun_path, path, strlen(path));
    if (to.sun_path[0] == '@') { to.sun_path[0] = '\0'; }
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, len);
    (void)sent;
    close(fd);
}

static bool stop_asked(supervisor *s, int timeout_ms)
{
    struct pollfd p = {.fd = s->signal_fd, .events = POLLIN};
    struct signalfd_siginfo info;
    if (poll(&p, 1, timeout_ms) <= 0 || read(s->signal_fd, &info, sizeof info) != sizeof info) {
        return false;
    }
    if (info.ssi_signo == SIGHUP) { renew_key(s); }
    return info.ssi_signo != SIGCHLD && info.ssi_signo != SIGHUP;
}

static bool any_running(const supervisor *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->children[i].pid > 0) { return true; }
    }
    return false;
}

static void signal_all(const supervisor *s, int signal_number)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->children[i].pid > 0) { (void)kill(s->children[i].pid, signal_number); }
    }
}

static void stop_all(supervisor *s)
{
    notify("STOPPING=1");
    pn_log(PN_LOG_INFO, "stopping", "%s", "");
    signal_all(s, SIGTERM);
    int64_t until = pn_mono_ms() + STOP_AFTER_MS;
    while (any_running(s) && pn_mono_ms() < until) {
        (void)stop_asked(s, 200);
        reap(s, true);
    }
    if (any_running(s)) {
        pn_log(PN_LOG_WARN, "stop_forced", "after_ms=%d", STOP_AFTER_MS);
        signal_all(s, SIGKILL);
    }
    while (waitpid(-1, NULL, 0) > 0) {}
    pn_log(PN_LOG_INFO, "stopped", "%s", "");
}

static void supervise(supervisor *s)
{
    notify("READY=1");
    pn_log(PN_LOG_INFO, "serving", "ae=%s listen=%s port=%u tls_port=%u archives=%zu models=%zu",
           s->cfg.ae_title, s->cfg.listen, (unsigned)s->cfg.port, (unsigned)s->cfg.tls.port, s->cfg.n_archives, s->cfg.n_models);
    for (;;) {
        int sleep_ms = start_due(s);
        if (stop_asked(s, sleep_ms)) { break; }
        reap(s, false);
        if (s->tls_fd >= 0 && pn_now_ms() >= s->warn_ms) { warn_of_dates(s, pn_now_ms()); }
    }
    stop_all(s);
}

int pn_supervisor_run(const char *config_path, pn_error *err)
{
    supervisor *s = calloc(1, sizeof *s);
    if (s == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the supervisor"); }
    s->config_fd = s->models_fd = s->listen_fd = s->listen_tls_fd = s->tls_fd = s->lock_fd = s->signal_fd = -1;
    pn_log_role("supervisor");
    int rc = keep_config(s, config_path, err);
    if (rc == PN_OK) { rc = lock_spool(s, err); }
    if (rc == PN_OK) { rc = keep_models(s, err); }
    if (rc == PN_OK) { rc = take_key(s, err); }
    if (rc == PN_OK) { rc = open_listener(&s->listen_fd, s, s->cfg.port, err); }
    if (rc == PN_OK) { rc = open_listener(&s->listen_tls_fd, s, s->cfg.tls.port, err); }
    if (rc == PN_OK) { rc = open_signals(s, err); }
    if (rc == PN_OK) {
        plan_children(s);
        supervise(s);
    }
    const int fds[] = {s->config_fd, s->models_fd, s->listen_fd, s->listen_tls_fd, s->tls_fd, s->lock_fd, s->signal_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) { close(fds[i]); }
    }
    cfg_node_free(&s->cfg);
    free(s);
    return rc;
}
