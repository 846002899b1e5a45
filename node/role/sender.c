/* The sender: one process for each archive, so that one that is away delays no other.
 *
 * It sends the finished objects as the bytes that they are; a report sent twice after a crash
 * has the same UID and is the same report. Pauses between attempts double from retry_first_s
 * to retry_max_s, with a spread of a quarter, and are kept in the database. What the archive took
 * it is asked to keep (role/commitment.h), where it is to be asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "dicom/runtime.h"
#include "dicom/scu.h"
#include "queue/store.h"
#include "role/backoff.h"
#include "role/commitment.h"
#include "role/keys.h"
#include "role/role.h"

enum { POLL_MS = 200 };

typedef struct sender {
    const cfg_node *cfg;
    const cfg_archive *archive;
    pn_store *store;
    char owner[PN_OWNER_SIZE];
    pn_tls *tls;               /* where the archive wants it                                 */
    pn_committer committer;
} sender;

static const cfg_archive *find_archive(const cfg_node *cfg, const char *name)
{
    for (size_t i = 0; i < cfg->n_archives; i++) {
        if (strcmp(cfg->archives[i].name, name) == 0) { return &cfg->archives[i]; }
    }
    return NULL;
}

/* A segmentation that the archive has, and puts off, holds back its report only so long. While
 * the archive is away it knows of nothing, and the time does not run. */
static bool is_out_of_patience(const cfg_node *cfg, const pn_delivery *d, const pn_scu_result *result,
                               int64_t now)
{
    int64_t since = d->tried_ms > 0 ? d->tried_ms : now;
    return strcmp(d->kind, "seg") == 0 && result->tried &&
           now - since >= (int64_t)cfg->segment_patience_s * 1000;
}

static int record(pn_store *store, const cfg_node *cfg, const cfg_archive *archive, const pn_delivery *d, int sent,
                  const pn_scu_result *result, const pn_error *why, pn_error *err)
{
    int64_t now = pn_now_ms();
    char quoted[512];
    if (sent == PN_OK && result->stored) {
        bool done = false;
        int rc = pn_store_delivery_sent(&done, store, d->id, d->fence, result->status, result->comment,
                                        pn_commitment_due(archive, d->kind, now), now, err);
        pn_log(PN_LOG_INFO, "delivered", "case=%lld archive=%s kind=%s sop=%s status=%04x attempt=%u",
               (long long)d->case_id, d->archive, d->kind, d->sop_uid, (unsigned)result->status, d->attempts);
        return rc;
    }
    int status = result->status >= 0 ? result->status : result->tried ? PN_CUT_SHORT : PN_NO_ANSWER;
    const char *comment = sent == PN_OK ? result->comment : why->msg;
    bool permanent = sent == PN_OK ? result->cls == PN_PERMANENT : why->cls == PN_PERMANENT;
    if (result->refused || (!permanent && is_out_of_patience(cfg, d, result, now))) {
        pn_log(PN_LOG_WARN, "delivery_refused", "case=%lld archive=%s kind=%s attempt=%u status=%d reason=%s",
               (long long)d->case_id, d->archive, d->kind, d->attempts, status,
               pn_log_quote(quoted, sizeof quoted, comment));
        return pn_store_delivery_refused(NULL, store, d->id, d->fence, status, comment, now, err);
    }
    int64_t next = now + pn_backoff_ms(cfg, d->id, d->attempts);
    pn_log(PN_LOG_WARN, permanent ? "delivery_failed" : "delivery_postponed",
           "case=%lld archive=%s kind=%s attempt=%u status=%d retry_in_ms=%lld reason=%s",
           (long long)d->case_id, d->archive, d->kind, d->attempts, status,
           permanent ? 0LL : (long long)(next - now), pn_log_quote(quoted, sizeof quoted, comment));
    if (permanent) {
        return pn_store_delivery_failed(store, d->id, d->fence, status, comment, now, err);
    }
    return pn_store_delivery_retry(store, d->id, d->fence, next, status, comment, now, err);
}

static int turn(void *role, unsigned *nap_ms, pn_error *err)
{
    sender *s = role;
    const cfg_archive *archive = s->archive;
    pn_delivery d = {0};
    bool got = false;
    pn_keys_follow(&s->tls);
    int64_t lease = ((int64_t)archive->connect_timeout_s + 2 * (int64_t)archive->dimse_timeout_s) * 1000 + 5000;
    int rc = pn_store_claim_delivery(&d, &got, s->store, pn_now_ms(), s->owner, archive->name, lease,
                                     err);
    *nap_ms = got ? 0 : POLL_MS;
    if (rc == PN_OK && !got) {
        rc = pn_committer_turn(&got, &s->committer, s->tls, err);
        *nap_ms = got ? 0 : POLL_MS;
        return rc;
    }
    if (rc != PN_OK) { return rc; }

    pn_scu_result result = {0};
    pn_error why = {0};
    const char *path = d.path;
    pn_scu_peer peer = pn_scu_peer_of(s->cfg, archive, s->tls);
    int sent = pn_scu_store(&peer, &path, 1, &result, &why);
    return record(s->store, s->cfg, archive, &d, sent, &result, &why, err);
}

int pn_sender_run(const cfg_node *cfg, const char *name, pn_error *err)
{
    sender s = {.cfg = cfg, .archive = find_archive(cfg, name)};
    if (s.archive == NULL) { return pn_fail(err, PN_ECONFIG, "no archive is called \"%s\"", name); }
    int rc = pn_dicom_init(err);
    if (rc == PN_OK && s.archive->tls) { rc = pn_keys_client(&s.tls, PN_FD_TLS, err); }
    if (rc == PN_OK) { rc = pn_store_open(&s.store, cfg->database, NULL, err); }
    if (rc == PN_OK) { rc = pn_committer_open(&s.committer, cfg, s.archive, s.store, err); }
    if (rc == PN_OK) {
        pn_role_owner(s.owner, cfg, "sender", name);
        pn_role_take_over(s.store, s.owner);
        rc = pn_role_loop(turn, &s, "store_busy", err);
    }
    pn_committer_close(&s.committer);
    pn_store_close(s.store);
    pn_tls_close(s.tls);
    return rc;
}
