/* role/commitment.c - see commitment.h. */
#include "role/commitment.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "dicom/commit.h"
#include "dicom/query.h"
#include "dicom/scan.h"
#include "role/backoff.h"

enum {
    WAIT_S = 3,                /* for a report on the same association                       */
    FIND_S = 120,
    NO_SUCH_INSTANCE = 0x0112, /* Failure Reason of what a query does not find               */
};

bool pn_commitment_wanted(const cfg_archive *archive) { return strcmp(archive->commitment, "none") != 0; }

int64_t pn_commitment_due(const cfg_archive *archive, const char *kind, int64_t now_ms)
{
    bool wanted = pn_commitment_wanted(archive) && strcmp(kind, "note") != 0;
    return wanted ? now_ms + (int64_t)archive->commitment_delay_s * 1000 : 0;
}

int pn_committer_open(pn_committer *out, const cfg_node *cfg, const cfg_archive *archive, pn_store *store,
                      pn_error *err)
{
    *out = (pn_committer){.cfg = cfg, .archive = archive, .store = store, .sink = PN_SPOOL_SINK_INIT(&out->spool)};
    if (!pn_commitment_wanted(archive)) { return PN_OK; }
    const pn_spool_opts opts = {.reserve_bytes = 0, .max_instance_bytes = PN_MAX_QUERY_BYTES,
                                .host_name = cfg->host_name};
    int rc = pn_spool_open(&out->spool, cfg->spool, &opts, err);
    out->spool_open = rc == PN_OK;
    return rc;
}

void pn_committer_close(pn_committer *c)
{
    if (c->spool_open) { pn_spool_close(&c->spool); }
    *c = (pn_committer){0};
}

/* ---- Asking -------------------------------------------------------------------------------- */

/* Nobody else can know it: an answer that names it comes from who was asked. */
static int new_transaction(char uid[PN_UID_SIZE], pn_error *err)
{
    uint8_t random[PN_SHA256_SIZE];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        return pn_fail_transient(err, PN_EIO, "no random numbers for a Transaction UID");
    }
    pn_uid_from_digest(uid, random);
    return PN_OK;
}

static int request(pn_committer *c, const pn_scu_peer *peer, const char *transaction_uid,
                   const pn_commit_request *r, pn_error *why)
{
    const pn_scp_handler handler = {.begin = pn_sink_begin, .write = pn_sink_write, .commit = pn_sink_commit,
                                    .abort = pn_sink_abort, .payload = c};
    pn_commit_ref *refs = calloc(r->n, sizeof *refs);
    if (refs == NULL) { return pn_fail_transient(why, PN_ENOMEM, "no memory for a request"); }
    for (size_t i = 0; i < r->n; i++) {
        refs[i] = (pn_commit_ref){r->object[i].sop_class_uid, r->object[i].sop_uid};
    }
    unsigned n_reports = 0;
    int rc = pn_commit_request_send(&n_reports, peer, transaction_uid, refs, r->n, &handler, WAIT_S, why);
    free(refs);
    return rc;
}

static int look_up(bool *there, const pn_scu_peer *peer, const pn_commit_object *o, pn_error *why)
{
    const pn_query_opts opts = {.total_timeout_s = FIND_S};
    pn_scan file;
    pn_found_list found = {0};
    int rc = pn_scan_file(&file, o->path, why);
    if (rc == PN_OK) { rc = pn_query_find(&found, peer, file.study_uid, file.series_uid, &opts, why); }
    *there = false;
    for (size_t i = 0; rc == PN_OK && i < found.n; i++) {
        *there = *there || strcmp(found.item[i].sop_uid, o->sop_uid) == 0;
    }
    pn_found_list_free(&found);
    return rc;
}

static void log_outcome(const char *transaction_uid, const pn_commit_outcome *o)
{
    pn_log(o->n_failed > 0 ? PN_LOG_WARN : PN_LOG_INFO, "commitment",
           "transaction=%s committed=%zu failed=%zu unknown=%zu cases=%zu", transaction_uid, o->n_committed,
           o->n_failed, o->n_unknown, o->n_cases);
}

/* What was found before the archive failed counts; about the rest it is asked again. */
static int find_all(pn_committer *c, const pn_scu_peer *peer, const char *transaction_uid,
                    const pn_commit_request *r, pn_error *why)
{
    pn_commit_answer *answers = calloc(r->n, sizeof *answers);
    if (answers == NULL) { return pn_fail_transient(why, PN_ENOMEM, "no memory for answers"); }
    size_t n = 0;
    int rc = PN_OK;
    while (n < r->n && rc == PN_OK) {
        bool there = false;
        rc = look_up(&there, peer, &r->object[n], why);
        if (rc != PN_OK) { break; }
        answers[n].reason = there ? PN_COMMIT_KEPT : NO_SUCH_INSTANCE;
        memcpy(answers[n].sop_uid, r->object[n].sop_uid, sizeof answers[n].sop_uid);
        n++;
    }
    pn_commit_outcome o = {0};
    pn_error trouble = {0};
    int told = n == 0 ? PN_OK
                      : pn_store_commitment_answer(&o, c->store, transaction_uid, answers, n,
                                                   (int64_t)c->cfg->retry_first_s * 1000, pn_now_ms(), &trouble);
    free(answers);
    if (told != PN_OK) {
        *why = trouble;
        return told;
    }
    if (n > 0) { log_outcome(transaction_uid, &o); }
    return rc;
}

int pn_committer_turn(bool *asked, pn_committer *c, const pn_tls *tls, pn_error *err)
{
    char transaction_uid[PN_UID_SIZE], quoted[512];
    pn_commit_request r = {0};
    *asked = false;
    if (!pn_commitment_wanted(c->archive)) { return PN_OK; }
    int rc = new_transaction(transaction_uid, err);
    int64_t now_ms = pn_now_ms();
    if (rc == PN_OK) {
        rc = pn_store_claim_commitment(&r, asked, c->store, c->archive->name, transaction_uid,
                                       now_ms + (int64_t)c->archive->commitment_timeout_s * 1000, now_ms, err);
    }
    if (rc != PN_OK || !*asked) { return rc; }

    pn_error why = {0};
    const bool find = strcmp(c->archive->commitment, "find") == 0;
    pn_scu_peer peer = pn_scu_peer_of(c->cfg, c->archive, tls);
    int answered = find ? find_all(c, &peer, transaction_uid, &r, &why)
                        : request(c, &peer, transaction_uid, &r, &why);
    now_ms = pn_now_ms();
    if (answered == PN_OK) {
        pn_log(PN_LOG_INFO, "commitment_asked", "archive=%s transaction=%s objects=%zu", c->archive->name,
               transaction_uid, r.n);
    } else {
        int64_t pause = pn_backoff_ms(c->cfg, r.object[0].id, r.attempts);
        pn_log(PN_LOG_WARN, "commitment_postponed", "archive=%s objects=%zu attempt=%u retry_in_ms=%lld reason=%s",
               c->archive->name, r.n, r.attempts, (long long)pause,
               pn_log_quote(quoted, sizeof quoted, why.msg));
        rc = pn_store_commitment_later(c->store, transaction_uid, why.msg, now_ms + pause, now_ms, err);
    }
    pn_commit_request_free(&r);
    if (rc == PN_OK && c->sink.sync_failed) {
        return pn_fail(err, PN_EIO, "a sync of the spool failed; stopped asking for commitment");
    }
    return rc;
}

/* ---- Answers ------------------------------------------------------------------------------- */

int pn_commitment_take(pn_store *store, const cfg_node *cfg, const pn_header *report, int64_t now_ms,
                       pn_error *err)
{
    pn_commit_answer *answers = calloc(report->n_kept + 1, sizeof *answers);
    if (answers == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for answers"); }
    for (size_t i = 0; i < report->n_kept; i++) {
        answers[i].reason = report->kept[i].reason;
        memcpy(answers[i].sop_uid, report->kept[i].sop_uid, sizeof answers[i].sop_uid);
    }
    pn_commit_outcome o = {0};
    int rc = pn_store_commitment_answer(&o, store, report->transaction_uid, answers, report->n_kept,
                                        (int64_t)cfg->retry_first_s * 1000, now_ms, err);
    free(answers);
    if (rc == PN_OK) { log_outcome(report->transaction_uid, &o); }
    return rc;
}
