/* The receiver: prognode role receiver
 *
 * Purpose     take instances from the network into the spool, durably, and say Success after that.
 * Processes   this one accepts and counts; a child for each association reads what the peer says,
 *             from the first byte of the association request on, and ends with it. A peer that is
 *             mute, slow or hostile has only its own child to hurt.
 * Files       writes tmp/ and incoming/ of the spool, nothing else.
 * Privileges  the listening sockets and the TLS key; no database, no outbound connection, no data set decoded. */
#include "role/receiver.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "dicom/runtime.h"
#include "dicom/scp.h"
#include "role/access.h"
#include "role/keys.h"
#include "role/role.h"
#include "role/spool_sink.h"
#include "spool/spool.h"

enum {
    DRAIN_S = 25,              /* systemd and the supervisor wait 30 s                       */
    BACKLOG = 256,
    MAX_REFUSALS = 64,         /* waiting for their request, to be rejected politely         */
    REFUSAL_MS = 2000,
    EXIT_SYNC_FAILED = 74,     /* of a child; EX_IOERR                                       */
};

/* ---- Child: one association --------------------------------------------------------------- */

static volatile sig_atomic_t draining = 0;

static void on_drain(int signal_number)
{
    (void)signal_number;
    draining = 1;
}

typedef struct session {
    pn_spool_sink sink;        /* first: the handler's */
    const char *peer;
} session;

static void log_accepted(void *payload, const char *calling_ae, unsigned n_contexts)
{
    const session *s = payload;
    char quoted[80];
    pn_log(PN_LOG_INFO, "association_accepted", "peer=%s calling=%s contexts=%u", s->peer,
           pn_log_quote(quoted, sizeof quoted, calling_ae), n_contexts);
}

static void log_secured(void *payload, const pn_tls_peer *peer)
{
    const session *s = payload;
    char quoted[PN_SUBJECT_SIZE];
    pn_log(PN_LOG_INFO, "tls_established", "peer=%s version=%s cipher=%s subject=%s fingerprint=%s",
           s->peer, peer->version, peer->cipher,
           pn_log_quote(quoted, sizeof quoted, peer->subject), peer->fingerprint);
}

static bool is_draining(void *payload)
{
    (void)payload;
    return draining != 0;
}

static void log_end(const session *s, const pn_scp_result *r, int rc, const pn_error *why,
                    int64_t begun_ms)
{
    char calling[80], called[80], reason[512];
    (void)pn_log_quote(calling, sizeof calling, r->calling_ae);
    if (strcmp(r->end, "rejected") == 0) {
        pn_log(PN_LOG_WARN, "association_rejected", "peer=%s calling=%s called=%s reason=\"%s\"",
               s->peer, calling, pn_log_quote(called, sizeof called, r->called_ae), r->why_rejected);
        return;
    }
    if (strcmp(r->end, "refused") == 0) {
        pn_log(PN_LOG_WARN, "connection_refused", "peer=%s reason=%s", s->peer,
               pn_log_quote(reason, sizeof reason, why->msg));
        return;
    }
    pn_log(rc == PN_OK ? PN_LOG_INFO : PN_LOG_WARN, "association_ended",
           "peer=%s calling=%s end=\"%s\" stored=%u failed=%u echoed=%u events=%u bytes=%llu dur_ms=%lld "
           "reason=%s", s->peer, calling, r->end, r->n_stored, r->n_failed, r->n_echoed, r->n_events,
           (unsigned long long)s->sink.n_bytes, (long long)(pn_mono_ms() - begun_ms),
           pn_log_quote(reason, sizeof reason, rc == PN_OK ? "" : why->msg));
}

/* tls: NULL on the port without. */
static _Noreturn void serve_one(const cfg_node *cfg, pn_spool *spool, int fd, const char *peer,
                                const pn_tls *tls)
{
    (void)prctl(PR_SET_NAME, "pn-association");
    int64_t begun_ms = pn_mono_ms();
    session s = { .sink = PN_SPOOL_SINK_INIT(spool), .peer = peer };
    const pn_scp_opts opts = {
        .ae_title = cfg->ae_title,
        .more_ae_titles = (const char *const *)cfg->access.called_ae_titles,
        .n_more_ae_titles = cfg->access.n_called_ae_titles,
        .calling_ae_titles = (const char *const *)cfg->access.calling_ae_titles,
        .n_calling_ae_titles = cfg->access.n_calling_ae_titles,
        .tls = tls,
        .artim_s = cfg->artim_s,
        .idle_timeout_s = cfg->idle_timeout_s,
        .max_instance_bytes = cfg->max_instance_bytes,
    };
    const pn_scp_handler handler = {
        .begin = pn_sink_begin, .write = pn_sink_write, .commit = pn_sink_commit, .abort = pn_sink_abort,
        .secured = log_secured, .accepted = log_accepted, .draining = is_draining, .must_stop = pn_sink_must_stop, .payload = &s,
    };
    pn_scp_result result = {0};
    pn_error why = {0};
    int rc = pn_scp_serve(&result, fd, &opts, &handler, &why);
    log_end(&s, &result, rc, &why, begun_ms);
    _exit(s.sink.sync_failed ? EXIT_SYNC_FAILED : 0);
}

/* ---- Parent: who is connected ------------------------------------------------------------- */

typedef struct address { uint8_t bytes[16]; } address;     /* IPv6, or IPv4 mapped into it */

typedef struct child { pid_t pid; address from; } child;

/* Of an A-ASSOCIATE-RJ, PS3.8 9.3.4. */
typedef struct rejection { uint8_t result, source, reason; } rejection;
static const rejection congestion = { 2, 3, 1 }, local_limit = { 2, 3, 2 }, no_reason = { 1, 1, 1 };

/* A connection that is not served: it gets its rejection once it has asked. */
typedef struct refusal { int fd; int64_t until_ms; rejection why; } refusal;

enum { PLAIN, SECURE, N_LISTENERS };
typedef struct listener { int fd; bool own; } listener;      /* fd -1: none */

typedef struct receiver {
    const cfg_node *cfg;
    pn_spool spool;
    listener listeners[N_LISTENERS];
    int tls_fd, signal_fd;
    pn_tls *tls;
    bool stopping, sync_failed;
    int64_t stop_by_ms;
    child *children; size_t n_children;
    refusal refusals[MAX_REFUSALS]; size_t n_refusals;
} receiver;

static void address_of(address *out, char text[INET6_ADDRSTRLEN], const struct sockaddr_storage *a)
{
    memset(out, 0, sizeof *out);
    (void)snprintf(text, INET6_ADDRSTRLEN, "unknown");
    if (a->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, a, sizeof in);
        out->bytes[10] = out->bytes[11] = 0xff;
        memcpy(out->bytes + 12, &in.sin_addr, 4);
        (void)inet_ntop(AF_INET, &in.sin_addr, text, INET6_ADDRSTRLEN);
    } else if (a->ss_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, a, sizeof in);
        memcpy(out->bytes, &in.sin6_addr, 16);
        (void)inet_ntop(AF_INET6, &in.sin6_addr, text, INET6_ADDRSTRLEN);
    }
}

static size_t count_from(const receiver *r, const address *from)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_children; i++) {
        if (memcmp(&r->children[i].from, from, sizeof *from) == 0) { n++; }
    }
    return n;
}

/* ---- Refusals ----------------------------------------------------------------------------- */

static void reject(int fd, rejection why)
{
    const uint8_t pdu[10] = { 0x03, 0, 0, 0, 0, 4, 0, why.result, why.source, why.reason };
    uint8_t request[65536];      /* read, so that closing does not reset what we send */
    (void)recv(fd, request, sizeof request, MSG_DONTWAIT);
    (void)send(fd, pdu, sizeof pdu, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
}

static void refuse_later(receiver *r, int fd, int which, rejection why)
{
    if (which == SECURE || r->n_refusals == MAX_REFUSALS) {
        (void)close(fd);
        return;
    }
    r->refusals[r->n_refusals++] = (refusal){ fd, pn_mono_ms() + REFUSAL_MS, why };
}

static void end_refusal(receiver *r, size_t i)
{
    (void)close(r->refusals[i].fd);
    r->refusals[i] = r->refusals[--r->n_refusals];
}

/* ---- Parent: the loop --------------------------------------------------------------------- */

static void start_child(receiver *r, int fd, int which, const address *from, const char *peer)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        pn_log(PN_LOG_ERROR, "fork_failed", "peer=%s errno=%d", peer, errno);
        refuse_later(r, fd, which, local_limit);
        return;
    }
    if (pid > 0) {
        (void)close(fd);
        r->children[r->n_children++] = (child){ pid, *from };
        return;
    }
    /* A parent that was killed cannot count us any more: finish what is under way. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) { _exit(0); }
    for (int i = 0; i < N_LISTENERS; i++) {
        if (r->listeners[i].fd >= 0) { (void)close(r->listeners[i].fd); }
    }
    (void)close(r->signal_fd);
    for (size_t i = 0; i < r->n_refusals; i++) { (void)close(r->refusals[i].fd); }
    const struct sigaction drain = { .sa_handler = on_drain };
    (void)sigaction(SIGTERM, &drain, NULL);
    (void)sigaction(SIGINT, &drain, NULL);
    (void)signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    serve_one(r->cfg, &r->spool, fd, peer, which == SECURE ? r->tls : NULL);
}

static void accept_one(receiver *r, int which)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    int fd = accept4(r->listeners[which].fd, (struct sockaddr *)&a, &n, SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            pn_log(PN_LOG_ERROR, "accept_failed", "errno=%d", errno);
            (void)poll(NULL, 0, 100);      /* the connection stays in the backlog */
        }
        return;
    }
    address from;
    char peer[INET6_ADDRSTRLEN];
    address_of(&from, peer, &a);
    if (!pn_access_address(r->cfg, from.bytes)) {
        pn_log(PN_LOG_WARN, "association_rejected", "peer=%s reason=address", peer);
        refuse_later(r, fd, which, no_reason);
        return;
    }
    const char *limit = NULL;
    if (r->stopping) { limit = "stopping"; }
    else if (r->n_children >= r->cfg->max_associations) { limit = "total"; }
    else if (count_from(r, &from) >= r->cfg->max_associations_per_address) { limit = "address"; }
    if (limit != NULL) {
        pn_log(PN_LOG_WARN, "association_refused", "peer=%s limit=%s", peer, limit);
        refuse_later(r, fd, which, r->stopping ? congestion : local_limit);
        return;
    }
    start_child(r, fd, which, &from, peer);
}

static void reap(receiver *r)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < r->n_children; i++) {
            if (r->children[i].pid == pid) {
                r->children[i] = r->children[--r->n_children];
                break;
            }
        }
        if (WIFSIGNALED(status)) {
            pn_log(PN_LOG_ERROR, "association_died", "pid=%d signal=%d", (int)pid,
                   WTERMSIG(status));
        }
        int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        if (code == EXIT_SYNC_FAILED) {
            r->sync_failed = true;
        } else if (code != 0) {
            pn_log(PN_LOG_ERROR, "association_died", "pid=%d exit=%d", (int)pid, code);
        }
    }
}

static void signal_children(const receiver *r, int signal_number)
{
    for (size_t i = 0; i < r->n_children; i++) { (void)kill(r->children[i].pid, signal_number); }
}

static void begin_stop(receiver *r)
{
    if (r->stopping) { return; }
    r->stopping = true;
    r->stop_by_ms = pn_mono_ms() + DRAIN_S * 1000;
    pn_log(PN_LOG_INFO, "receiver_stopping", "open=%zu", r->n_children);
    signal_children(r, SIGTERM);
}

/* Children that are at work keep the key that they were forked with. */
static void renew_key(receiver *r)
{
    if (r->tls == NULL) { return; }
    pn_tls *fresh = NULL;
    pn_error why = {0};
    int rc = pn_keys_server(&fresh, r->cfg, r->tls_fd, &why);
    pn_keys_swap(&r->tls, fresh, rc, &why);
}

static void take_signals(receiver *r)
{
    struct signalfd_siginfo info;
    while (read(r->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) { renew_key(r); }
        else if (info.ssi_signo != SIGCHLD) { begin_stop(r); }
    }
    reap(r);
}

static void turn(receiver *r)
{
    enum { FIRST = 1 + N_LISTENERS };      /* of the refusals */
    struct pollfd p[FIRST + MAX_REFUSALS];
    p[0] = (struct pollfd){ .fd = r->signal_fd, .events = POLLIN };
    for (int i = 0; i < N_LISTENERS; i++) {
        p[1 + i] = (struct pollfd){ .fd = r->listeners[i].fd, .events = POLLIN };
    }
    size_t n_refusals = r->n_refusals;
    for (size_t i = 0; i < n_refusals; i++) {
        p[FIRST + i] = (struct pollfd){ .fd = r->refusals[i].fd, .events = POLLIN };
    }
    int wait_ms = n_refusals > 0 || r->stopping ? 250 : -1;
    if (poll(p, FIRST + (nfds_t)n_refusals, wait_ms) < 0) { return; }
    /* Backwards, because the last one takes the place of one that is ended. */
    int64_t now = pn_mono_ms();
    for (size_t i = n_refusals; i-- > 0;) {
        if (p[FIRST + i].revents != 0) { reject(r->refusals[i].fd, r->refusals[i].why); }
        if (p[FIRST + i].revents != 0 || now >= r->refusals[i].until_ms) { end_refusal(r, i); }
    }
    if (p[0].revents != 0) { take_signals(r); }
    for (int i = 0; i < N_LISTENERS; i++) {
        if (p[1 + i].revents != 0) { accept_one(r, i); }
    }
}

/* ---- Start -------------------------------------------------------------------------------- */

static int open_listener(int *out, const cfg_node *cfg, unsigned number, pn_error *err)
{
    char port[8];
    (void)snprintf(port, sizeof port, "%u", number);
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(cfg->listen, port, &hints, &found);
    if (rc != 0) {
        return pn_fail(err, PN_ECONFIG, "cannot listen on %s: %s", cfg->listen, gai_strerror(rc));
    }
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    int e = errno;
    freeaddrinfo(found);
    if (!good) {
        if (fd >= 0) { (void)close(fd); }
        return pn_fail_transient(err, PN_ENET, "cannot listen on %s port %s: %s", cfg->listen, port,
                                 strerror(e));
    }
    *out = fd;
    return PN_OK;
}

static int open_signals(int *out, sigset_t *before, pn_error *err)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, before);
    *out = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (*out < 0) { return pn_fail(err, PN_EINTERNAL, "signalfd: %s", strerror(errno)); }
    return PN_OK;
}

static int listen_on(receiver *r, int which, int given, unsigned port, pn_error *err)
{
    listener *l = &r->listeners[which];
    if (port == 0) { return PN_OK; }
    l->own = given < 0;
    l->fd = given;
    int rc = l->own ? open_listener(&l->fd, r->cfg, port, err) : PN_OK;
    if (rc != PN_OK) { return rc; }
    /* Between poll and accept a peer may have gone: accept must not wait for the next one. */
    int flags = fcntl(l->fd, F_GETFL);
    if (flags < 0 || fcntl(l->fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return pn_fail(err, PN_EINVAL, "descriptor %d is no listening socket", l->fd);
    }
    pn_log(PN_LOG_INFO, "receiver_listening", "address=%s port=%u tls=%s ae=%s", r->cfg->listen, port,
           which == SECURE ? "yes" : "no", r->cfg->ae_title);
    return PN_OK;
}

static int start(receiver *r, const pn_receiver_fds *fds, sigset_t *before, pn_error *err)
{
    const pn_spool_opts opts = { .reserve_bytes = r->cfg->reserve_bytes,
                                 .max_instance_bytes = r->cfg->max_instance_bytes,
                                 .host_name = r->cfg->host_name };
    size_t n_removed = 0;
    int rc = open_signals(&r->signal_fd, before, err);
    if (rc == PN_OK) { rc = pn_dicom_init(err); }       /* once, for all children */
    if (rc == PN_OK) { rc = pn_spool_open(&r->spool, r->cfg->spool, &opts, err); }
    if (rc == PN_OK) { rc = pn_spool_clean_tmp(&n_removed, &r->spool, err); }
    if (rc != PN_OK) { return rc; }
    if (n_removed > 0) { pn_log(PN_LOG_INFO, "tmp_cleaned", "files=%zu", n_removed); }

    r->children = calloc(r->cfg->max_associations + 1u, sizeof *r->children);
    if (r->children == NULL) { return pn_fail(err, PN_ENOMEM, "no memory for associations"); }
    r->tls_fd = fds->tls;
    if (r->cfg->tls.port != 0) { rc = pn_keys_server(&r->tls, r->cfg, fds->tls, err); }
    if (rc == PN_OK) { rc = listen_on(r, PLAIN, fds->plain, r->cfg->port, err); }
    return rc == PN_OK ? listen_on(r, SECURE, fds->secure, r->cfg->tls.port, err) : rc;
}

static void end(receiver *r, const sigset_t *before)
{
    while (r->n_refusals > 0) { end_refusal(r, r->n_refusals - 1); }
    for (int i = 0; i < N_LISTENERS; i++) {
        if (r->listeners[i].own && r->listeners[i].fd >= 0) { (void)close(r->listeners[i].fd); }
    }
    pn_tls_close(r->tls);
    if (r->signal_fd >= 0) { (void)close(r->signal_fd); }
    pn_spool_close(&r->spool);
    free(r->children);
    (void)sigprocmask(SIG_SETMASK, before, NULL);
}

int pn_receiver_run(const cfg_node *cfg, const pn_receiver_fds *fds, pn_error *err)
{
    receiver r = { .cfg = cfg, .listeners = { { .fd = -1 }, { .fd = -1 } }, .signal_fd = -1,
                   .spool = { .tmp_fd = -1, .incoming_fd = -1, .instances_fd = -1,
                              .quarantine_fd = -1 } };
    sigset_t before;
    (void)sigprocmask(SIG_SETMASK, NULL, &before);
    int rc = start(&r, fds, &before, err);
    if (rc == PN_OK && pn_role_stop) { begin_stop(&r); }    /* came before we could block it */
    while (rc == PN_OK && !r.sync_failed) {
        if (r.stopping && r.n_children == 0) { break; }
        if (r.stopping && pn_mono_ms() >= r.stop_by_ms) { break; }
        turn(&r);
    }
    if (r.n_children > 0) {
        signal_children(&r, SIGKILL);
        while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {}
    }
    if (rc == PN_OK && r.sync_failed) {
        rc = pn_fail_transient(err, PN_EIO, "a sync of the spool failed; stopped acknowledging");
    }
    end(&r, &before);
    return rc;
}
