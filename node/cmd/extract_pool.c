#include "cmd/extract_pool.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "cmd/extract_measure.h"

typedef struct worker {
    pid_t pid;                  /* 0: none                                                     */
    int to, from;               /* numbers of cases go there, lines come from there            */
    size_t number;              /* of the case at work                                         */
    bool busy;
    pn_buf line;
} worker;

typedef struct pool {
    const ex_cases *cases;
    const bool *done;
    char (*keys)[PN_DIGEST_HEX_SIZE];
    const ex_setup *setup;
    ex_finished *finished;
    void *user;
    worker *workers;
    size_t n, next;             /* next: case to be given out                                  */
} pool;

static volatile sig_atomic_t stop_signal;

static void on_signal(int sig) { stop_signal = sig; }

/* ---- The worker ------------------------------------------------------------------------------ */

static int one_case(pn_buf *line, const pool *p, size_t number, rx_workspace *ws, pn_error *err)
{
    ex_rows rows = {0};
    pn_error why = {0};
    int rc = ex_measure(&rows, p->cases, number, p->setup, ws, &why);
    if (rc != PN_OK) { rc = ex_measure_failed(&rows, &p->cases->v[number], &why, err); }
    line->n = 0;
    if (rc == PN_OK) { rc = ex_rows_to_json(line, number, p->keys[number], &rows, err); }
    ex_rows_free(&rows);
    return rc;
}

/* Until there is nothing more to read. Never returns into the parent's code. */
static _Noreturn void work(const pool *p, int from, int to)
{
    pn_error err = {0};
    pn_buf line = {0};
    size_t number;
    int status = 0;
    rx_workspace *ws = rx_workspace_new();
    FILE *orders = fdopen(from, "r");
    if (ws == NULL || orders == NULL) { _exit(1); }
    while (status == 0 && fscanf(orders, "%zu", &number) == 1) {
        if (one_case(&line, p, number, ws, &err) != PN_OK || pn_write_all(to, line.p, line.n, "a pipe", &err) != PN_OK) {
            status = 1;
        }
    }
    pn_buf_free(&line);
    rx_workspace_free(ws);
    _exit(status);
}

static int start(pool *p, worker *w, pn_error *err)
{
    int orders[2], lines[2];
    if (pipe2(orders, O_CLOEXEC) != 0) { return pn_fail_transient(err, PN_EIO, "cannot make a pipe: %s", strerror(errno)); }
    if (pipe2(lines, O_CLOEXEC) != 0) {
        close(orders[0]);
        close(orders[1]);
        return pn_fail_transient(err, PN_EIO, "cannot make a pipe: %s", strerror(errno));
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        /* Ctrl-C is the parent's to act on; its death must not leave anyone at work. */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGTERM, SIG_DFL);
        for (size_t i = 0; i < p->n; i++) {
            if (p->workers[i].pid > 0 && &p->workers[i] != w) {
                close(p->workers[i].to);
                close(p->workers[i].from);
            }
        }
        close(orders[1]);
        close(lines[0]);
        work(p, orders[0], lines[1]);
    }
    close(orders[0]);
    close(lines[1]);
    if (pid < 0) {
        close(orders[1]);
        close(lines[0]);
        return pn_fail_transient(err, PN_EIO, "cannot start a worker: %s", strerror(errno));
    }
    w->pid = pid;
    w->to = orders[1];
    w->from = lines[0];
    w->busy = false;
    w->line.n = 0;
    return PN_OK;
}

/* ---- The parent ------------------------------------------------------------------------------ */

/* Closes the pipes and waits; returns the status that waitpid tells. */
static int end(worker *w, bool kill_it)
{
    int status = 0;
    if (w->pid <= 0) { return 0; }
    if (kill_it) { (void)kill(w->pid, SIGKILL); }
    close(w->to);
    close(w->from);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) { continue; }
    w->pid = 0;
    return status;
}

static bool give(pool *p, worker *w)
{
    char order[32];
    while (p->next < p->cases->n && p->done[p->next]) { p->next++; }
    if (p->next >= p->cases->n) { return false; }
    int n = snprintf(order, sizeof order, "%zu\n", p->next);
    w->number = p->next++;
    w->busy = true;
    /* A worker that died already is seen where its lines are read. */
    ssize_t written = write(w->to, order, (size_t)n);
    (void)written;
    return true;
}

static int report_crash(pool *p, worker *w, int status, pn_error *err)
{
    ex_rows rows = {0};
    pn_buf line = {0};
    pn_error why = {0};
    if (WIFSIGNALED(status)) {
        (void)pn_fail(&why, PN_ECRASH, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        (void)pn_fail(&why, PN_ECRASH, "exit code %d", WEXITSTATUS(status));
    }
    int rc = ex_measure_failed(&rows, &p->cases->v[w->number], &why, err);
    if (rc == PN_OK) { rc = ex_rows_to_json(&line, w->number, p->keys[w->number], &rows, err); }
    if (rc == PN_OK) { rc = p->finished(p->user, w->number, line.p, line.n, err); }
    ex_rows_free(&rows);
    pn_buf_free(&line);
    return rc;
}

/* What a worker has to say: a piece of a line, the end of it, or its own end. */
static int hear(pool *p, worker *w, pn_error *err)
{
    char piece[65536];
    ssize_t got = read(w->from, piece, sizeof piece);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) { return PN_OK; }
    if (got <= 0) {
        int status = end(w, false);
        int rc = w->busy ? report_crash(p, w, status, err) : PN_OK;
        w->busy = false;
        return rc;
    }
    int rc = pn_buf_add(&w->line, piece, (size_t)got, err);
    if (rc != PN_OK || w->line.p[w->line.n - 1] != '\n') { return rc; }
    rc = p->finished(p->user, w->number, w->line.p, w->line.n, err);
    w->busy = false;
    w->line.n = 0;
    return rc;
}

/* Workers for what is left, at most as many as cases. */
static int engage(pool *p, pn_error *err)
{
    for (size_t i = 0; i < p->n; i++) {
        worker *w = &p->workers[i];
        while (p->next < p->cases->n && p->done[p->next]) { p->next++; }
        if (w->busy || p->next >= p->cases->n) { continue; }
        int rc = w->pid > 0 ? PN_OK : start(p, w, err);
        if (rc != PN_OK) { return rc; }
        (void)give(p, w);
    }
    return PN_OK;
}

static int supervise(pool *p, pn_error *err)
{
    struct pollfd fds[EX_MAX_JOBS];
    worker *who[EX_MAX_JOBS];
    for (;;) {
        int rc = engage(p, err);
        nfds_t n = 0;
        for (size_t i = 0; rc == PN_OK && i < p->n; i++) {
            if (!p->workers[i].busy) { continue; }
            who[n] = &p->workers[i];
            fds[n++] = (struct pollfd){.fd = p->workers[i].from, .events = POLLIN};
        }
        if (rc != PN_OK || n == 0) { return rc; }
        /* A signal between the look and the wait is seen a second later. */
        if (stop_signal == 0) { (void)poll(fds, n, 1000); }
        if (stop_signal != 0) { return pn_fail(err, PN_EINTERNAL, "stopped by %s", strsignal(stop_signal)); }
        for (nfds_t i = 0; rc == PN_OK && i < n; i++) {
            if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) { rc = hear(p, who[i], err); }
        }
        if (rc != PN_OK) { return rc; }
    }
}

int ex_pool_run(const ex_cases *cases, const bool *done, char (*keys)[PN_DIGEST_HEX_SIZE], const ex_setup *s,
                ex_finished *finished, void *user, int *interrupted, pn_error *err)
{
    pool p = {.cases = cases, .done = done, .keys = keys, .setup = s, .finished = finished, .user = user,
              .n = s->jobs < cases->n ? s->jobs : cases->n};
    struct sigaction act = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN}, before_int, before_term, before_pipe;
    p.workers = calloc(p.n > 0 ? p.n : 1, sizeof *p.workers);
    if (p.workers == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu workers", p.n); }
    stop_signal = 0;
    (void)sigaction(SIGINT, &act, &before_int);
    (void)sigaction(SIGTERM, &act, &before_term);
    (void)sigaction(SIGPIPE, &ignore, &before_pipe);
    int rc = supervise(&p, err);
    for (size_t i = 0; i < p.n; i++) {
        (void)end(&p.workers[i], rc != PN_OK);
        pn_buf_free(&p.workers[i].line);
    }
    (void)sigaction(SIGINT, &before_int, NULL);
    (void)sigaction(SIGTERM, &before_term, NULL);
    (void)sigaction(SIGPIPE, &before_pipe, NULL);
    free(p.workers);
    *interrupted = stop_signal;
    return rc;
}
