/* The fetcher: prognode role fetcher
 *
 * Purpose     complete waiting cases from the archives that may be asked (archives: query).
 * Files       C-GET writes tmp/ and incoming/ of the spool, as the receiver does.
 * Privileges  outbound connections, the database; no data set is decoded. Of a peer's answers
 *             only UIDs are taken, and only those that the case lacks are asked for or stored. */
#include "role/fetcher.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/file.h"
#include "base/log.h"
#include "dicom/query.h"
#include "dicom/runtime.h"
#include "dicom/scan.h"
#include "queue/store.h"
#include "role/backoff.h"
#include "role/keys.h"
#include "role/role.h"
#include "role/spool_sink.h"
#include "spool/spool.h"

enum {
    POLL_MS = 500,
    BATCH = 100,               /* UIDs of one request                                        */
    REQUEST_S = 900,           /* one request with all that it brings                        */
    LEASE_MS = 90 * 1000, RENEW_MS = 15 * 1000,
};

typedef struct fetcher {
    pn_spool_sink sink;        /* of C-GET; first: the handler's                               */
    const cfg_node *cfg;
    pn_store *store;
    pn_spool spool;
    bool spool_open;
    char owner[PN_OWNER_SIZE];
    pn_pull pull;              /* under way                                                  */
    int64_t renew_at_ms;       /* monotonic                                                  */
    bool lost;                 /* another has the case by now                                */
    pn_file_list missing;      /* what is asked for, by rising UID                           */
    size_t series_count;       /* instances of the case's series, the most that one has      */
    pn_tls *tls;               /* where one of the archives wants it                         */
} fetcher;

bool pn_fetcher_wanted(const cfg_node *cfg)
{
    for (size_t i = 0; i < cfg->n_archives && cfg->pull_after_s > 0; i++) {
        if (strcmp(cfg->archives[i].query, "none") != 0) { return true; }
    }
    return false;
}

/* Asked a few times a second while an archive is waited for, and at each object that it sends. */
static bool is_stopping(void *ctx)
{
    fetcher *f = ctx;
    int64_t now = pn_mono_ms();
    if (now >= f->renew_at_ms) {
        pn_error why = {0};
        int64_t at = pn_now_ms();
        int rc = pn_store_renew_pull(f->store, f->pull.case_id, f->pull.fence, at + LEASE_MS, at,
                                     &why);
        f->lost = f->lost || rc == PN_EINVAL;
        f->renew_at_ms = now + RENEW_MS;
    }
    return pn_role_stop != 0 || f->lost;
}

static pn_query_opts query_opts(fetcher *f)
{
    return (pn_query_opts){.total_timeout_s = REQUEST_S, .give_up = is_stopping, .ctx = f};
}

static int by_uid(const void *a, const void *b)
{
    const pn_file_ref *x = a, *y = b;
    return strcmp(x->sop_uid, y->sop_uid);
}

static bool is_missing(const fetcher *f, const char *uid)
{
    pn_file_ref key = {0};
    (void)snprintf(key.sop_uid, sizeof key.sop_uid, "%s", uid);
    return f->missing.n > 0 &&
           bsearch(&key, f->missing.item, f->missing.n, sizeof key, by_uid) != NULL;
}

/* ---- C-GET: into the spool ---------------------------------------------------------------- */

static int get_begin(void *payload, const pn_scp_instance *instance, pn_error *err)
{
    fetcher *f = payload;
    (void)is_stopping(f);
    if (!is_missing(f, instance->sop_uid)) {
        return pn_fail(err, PN_EINVAL, "this instance was not asked for");
    }
    return pn_sink_begin(f, instance, err);
}

/* ---- One archive -------------------------------------------------------------------------- */

typedef struct asked {         /* what one archive did */
    size_t n_series;           /* instances of the series, where it is asked for as a whole  */
    size_t n_missing;          /* of them, or of the named ones, what is not here            */
    size_t n_found;            /* of the missing                                             */
    size_t n_sent;             /* as it says, or as we have stored                           */
} asked;

static int get(size_t *n, fetcher *f, const pn_scu_peer *peer, const pn_query_what *what,
               pn_error *err)
{
    const pn_scp_handler handler = {
        .begin = get_begin, .write = pn_sink_write, .commit = pn_sink_commit, .abort = pn_sink_abort,
        .must_stop = pn_sink_must_stop, .payload = f,
    };
    pn_query_result r;
    const pn_query_opts opts = query_opts(f);
    int rc = pn_query_get(&r, peer, what, &handler, f->cfg->max_instance_bytes, &opts, err);
    *n = r.n_stored;
    return rc;
}

/* An archive that was not told where we are refuses the move, and may still allow the get. */
static int retrieve(size_t *n, fetcher *f, const cfg_archive *a, const pn_scu_peer *peer,
                    const pn_query_what *what, pn_error *err)
{
    if (strcmp(a->query, "get") == 0) { return get(n, f, peer, what, err); }
    pn_query_result r;
    const pn_query_opts opts = query_opts(f);
    int rc = pn_query_move(&r, peer, f->cfg->ae_title, what, &opts, err);
    *n = r.n_completed;
    if (rc != PN_EPEER && rc != PN_EUNSUPPORTED) { return rc; }
    pn_error second = {0};
    if (get(n, f, peer, what, &second) == PN_OK) { return PN_OK; }
    return pn_wrap(err, "C-MOVE");         /* what the administrator has to mend */
}

/* Those of the missing that lie in one series, [begin, end) of the list. */
static int retrieve_series(asked *out, fetcher *f, const cfg_archive *a, const pn_scu_peer *peer,
                           const char *study, const pn_found_list *found, size_t begin, size_t end,
                           pn_error *err)
{
    const char *uids[BATCH];
    size_t n_uids = 0;
    int rc = PN_OK;
    for (size_t i = begin; i < end && rc == PN_OK && !pn_role_stop; i++) {
        if (is_missing(f, found->item[i].sop_uid)) { uids[n_uids++] = found->item[i].sop_uid; }
        if (n_uids == 0 || (n_uids < BATCH && i + 1 < end)) { continue; }
        const pn_query_what what = {.study_uid = study, .series_uid = found->item[begin].series_uid,
                                    .uids = uids, .n_uids = n_uids};
        size_t n = 0;
        out->n_found += n_uids;
        rc = retrieve(&n, f, a, peer, &what, err);
        out->n_sent += n;
        n_uids = 0;
    }
    return rc;
}

/* What is not here of what was found becomes what is missing. An archive may answer an instance
 * twice, or without a UID. */
static int seek_rest(size_t *n_here, fetcher *f, const pn_case *c, const pn_found_list *found,
                     pn_error *err)
{
    pn_file_list here = {0}, rest = {0};
    int rc = pn_store_series_images(&here, f->store, c->series_uid, err);
    if (rc != PN_OK) { return rc; }
    rest.item = calloc(found->n + 1, sizeof *rest.item);
    if (rest.item == NULL) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu UIDs", found->n); }
    if (here.n > 0) { qsort(here.item, here.n, sizeof *here.item, by_uid); }
    for (size_t i = 0; rc == PN_OK && i < found->n; i++) {
        pn_file_ref *one = &rest.item[rest.n];
        (void)snprintf(one->sop_uid, sizeof one->sop_uid, "%s", found->item[i].sop_uid);
        bool is_here = here.n > 0 && bsearch(one, here.item, here.n, sizeof *one, by_uid) != NULL;
        if (pn_uid_is_valid(one->sop_uid) && !is_here) { rest.n++; }
    }
    if (rc == PN_OK && rest.n > 0) { qsort(rest.item, rest.n, sizeof *rest.item, by_uid); }
    *n_here = here.n;
    pn_file_list_free(&here);
    if (rc != PN_OK) {
        pn_file_list_free(&rest);
        return rc;
    }
    pn_file_list_free(&f->missing);
    f->missing = rest;
    return PN_OK;
}

/* The case's series as a whole. */
static int ask_for_series(asked *out, fetcher *f, const cfg_archive *a, const pn_scu_peer *peer,
                          const pn_case *c, const pn_found_list *found, pn_error *err)
{
    size_t n_here = 0;
    int rc = seek_rest(&n_here, f, c, found, err);
    out->n_series = found->n;
    out->n_missing = f->missing.n;
    if (found->n > f->series_count) { f->series_count = found->n; }
    if (rc != PN_OK || f->missing.n == 0) { return rc; }
    if (n_here > 0) { return retrieve_series(out, f, a, peer, c->study_uid, found, 0, found->n, err); }
    const pn_query_what what = {.study_uid = c->study_uid, .series_uid = c->series_uid};
    out->n_found = f->missing.n;
    return retrieve(&out->n_sent, f, a, peer, &what, err);
}

static int ask(asked *out, fetcher *f, const cfg_archive *a, const pn_case *c, bool whole,
               pn_error *err)
{
    pn_scu_peer peer = pn_scu_peer_of(f->cfg, a, f->tls);
    pn_found_list found = {0};
    const pn_query_opts opts = query_opts(f);
    int rc = pn_query_find(&found, &peer, c->study_uid, c->series_uid, &opts, err);
    if (rc == PN_OK && whole) {
        rc = ask_for_series(out, f, a, &peer, c, &found, err);
        pn_found_list_free(&found);
        return rc;
    }
    out->n_missing = f->missing.n;
    for (size_t begin = 0, end; begin < found.n && rc == PN_OK && !pn_role_stop; begin = end) {
        const char *series = found.item[begin].series_uid;
        for (end = begin + 1; end < found.n; end++) {
            if (strcmp(found.item[end].series_uid, series) != 0) { break; }
        }
        rc = retrieve_series(out, f, a, &peer, c->study_uid, &found, begin, end, err);
    }
    pn_found_list_free(&found);
    return rc;
}

/* ---- One case ----------------------------------------------------------------------------- */

/* "orthanc 2 times: timed out", after what other archives said. */
static void note_down(char note[PN_NOTE_SIZE], const cfg_archive *a, unsigned attempts,
                      const asked *got, bool whole, int rc, const pn_error *why)
{
    size_t at = strlen(note);
    char what[160];
    if (rc != PN_OK) {
        (void)snprintf(what, sizeof what, "%.150s", why->msg);
    } else if (whole && got->n_series == 0) {
        (void)snprintf(what, sizeof what, "it has nothing of the series");
    } else if (whole) {
        (void)snprintf(what, sizeof what, "it has %zu of the series, %zu of them not here, and sent %zu",
                       got->n_series, got->n_missing, got->n_sent);
    } else if (got->n_found == 0) {
        (void)snprintf(what, sizeof what, "it has none of the %zu missing", got->n_missing);
    } else {
        (void)snprintf(what, sizeof what, "it has %zu of the %zu missing and sent %zu",
                       got->n_found, got->n_missing, got->n_sent);
    }
    (void)snprintf(note + at, PN_NOTE_SIZE - at, "%s%s %u time%s: %s", at ? "; " : "asked ",
                   a->name, attempts, attempts == 1 ? "" : "s", what);
}

static int ask_all(char note[PN_NOTE_SIZE], fetcher *f, const pn_case *c, pn_error *err)
{
    /* All that is named is here, or nothing is named: then it is the series that is waited for. */
    bool whole = f->missing.n == 0 && c->series_uid[0] != '\0';
    size_t left = f->missing.n;
    unsigned attempts = f->pull.attempts;
    for (size_t i = 0; i < f->cfg->n_archives && (whole || left > 0) && !is_stopping(f); i++) {
        const cfg_archive *a = &f->cfg->archives[i];
        if (strcmp(a->query, "none") == 0) { continue; }
        asked got = {0};
        pn_error why = {0};
        int rc = ask(&got, f, a, c, whole, &why);
        if (f->sink.sync_failed) {         /* a second sync would lie: only a restart helps */
            return pn_fail(err, PN_EIO, "a sync of the spool failed; stopped fetching");
        }
        char quoted[512];
        pn_log(rc == PN_OK ? PN_LOG_INFO : PN_LOG_WARN, "asked_archive",
               "case=%lld archive=%s attempt=%u missing=%zu found=%zu sent=%zu series=%zu reason=%s",
               (long long)c->id, a->name, attempts, got.n_missing, got.n_found, got.n_sent, got.n_series,
               pn_log_quote(quoted, sizeof quoted, rc == PN_OK ? "" : why.msg));
        note_down(note, a, attempts, &got, whole, rc, &why);
        left -= got.n_sent < left ? got.n_sent : left;
    }
    return PN_OK;
}

static int complete(fetcher *f, pn_error *err)
{
    const pn_pull *p = &f->pull;
    char note[PN_NOTE_SIZE] = "";
    pn_case *c = malloc(sizeof *c);
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    int rc = pn_store_get_case(c, f->store, p->case_id, err);
    if (rc == PN_OK) { rc = pn_store_case_missing(&f->missing, f->store, c->id, 0, err); }
    f->series_count = 0;
    if (rc == PN_OK) { rc = ask_all(note, f, c, err); }
    pn_file_list_free(&f->missing);
    /* Stopped half-way: the attempt counts, and is made again at the next start. */
    if (rc == PN_OK && !pn_role_stop && !f->lost) {
        int64_t now = pn_now_ms();
        rc = pn_store_pull_done(f->store, p->case_id, p->fence, note, f->series_count,
                                now + pn_backoff_ms(f->cfg, p->case_id, p->attempts), now, err);
    }
    free(c);
    return rc;
}

static int turn(void *role, unsigned *nap_ms, pn_error *err)
{
    fetcher *f = role;
    bool got = false;
    pn_keys_follow(&f->tls);
    int64_t now = pn_now_ms();
    f->lost = false;
    f->renew_at_ms = pn_mono_ms() + RENEW_MS;
    int rc = pn_store_claim_pull(&f->pull, &got, f->store, now, f->owner,
                                 now - (int64_t)f->cfg->pull_after_s * 1000, LEASE_MS, err);
    *nap_ms = got ? 0 : POLL_MS;
    if (rc == PN_OK && got) { rc = complete(f, err); }
    return rc;
}

/* ---- The loop ------------------------------------------------------------------------------ */

static int open_fetcher(fetcher *f, const cfg_node *cfg, pn_error *err)
{
    const pn_spool_opts opts = {.reserve_bytes = cfg->reserve_bytes,
                                .max_instance_bytes = cfg->max_instance_bytes,
                                .host_name = cfg->host_name};
    pn_role_owner(f->owner, cfg, "fetcher", "");
    f->cfg = cfg;
    int rc = pn_dicom_init(err);
    if (rc == PN_OK && pn_keys_wanted(cfg, "fetcher", "")) { rc = pn_keys_client(&f->tls, PN_FD_TLS, err); }
    if (rc == PN_OK) { rc = pn_spool_open(&f->spool, cfg->spool, &opts, err); }
    if (rc != PN_OK) { return rc; }
    f->spool_open = true;
    return pn_store_open(&f->store, cfg->database, NULL, err);
}

int pn_fetcher_run(const cfg_node *cfg, pn_error *err)
{
    fetcher f = {0};
    f.sink = (pn_spool_sink)PN_SPOOL_SINK_INIT(&f.spool);
    int rc = open_fetcher(&f, cfg, err);
    if (rc == PN_OK) { rc = pn_role_loop(turn, &f, "fetch_later", err); }
    pn_store_close(f.store);
    pn_tls_close(f.tls);
    if (f.spool_open) { pn_spool_close(&f.spool); }
    return rc;
}
