/* queue/store.c - the store's public face: checks arguments, then hands over to the backend. */
#include <stdlib.h>
#include <string.h>
#include "queue/store_backend.h"

static const char *const state_words[PN_CASE_NSTATES] = {
    [PN_CASE_RECEIVED] = "received",   [PN_CASE_WAITING] = "waiting",
    [PN_CASE_READY] = "ready",         [PN_CASE_RUNNING] = "running",
    [PN_CASE_REPORTED] = "reported",   [PN_CASE_DELIVERED] = "delivered",
    [PN_CASE_COMMITTED] = "committed", [PN_CASE_HELD] = "held",
    [PN_CASE_FAILED] = "failed",       [PN_CASE_NOT_APPLICABLE] = "not_applicable",
    [PN_CASE_EXPIRED] = "expired",     [PN_CASE_DROPPED] = "dropped",
};

const char *pn_case_state_word(pn_case_state state)
{
    return (unsigned)state < PN_CASE_NSTATES ? state_words[state] : "unknown";
}

bool pn_case_state_parse(pn_case_state *out, const char *word)
{
    for (unsigned i = 0; i < PN_CASE_NSTATES; i++) {
        if (strcmp(state_words[i], word) == 0) {
            *out = (pn_case_state)i;
            return true;
        }
    }
    return false;
}

const char *pn_commitment_word(pn_commitment c)
{
    switch (c) {
    case PN_COMMITMENT_NONE: return "";
    case PN_COMMITMENT_DUE: return "due";
    case PN_COMMITMENT_ASKED: return "asked";
    case PN_COMMITMENT_COMMITTED: return "committed";
    }
    return "unknown";
}

const char *pn_delivery_state_word(pn_delivery_state state)
{
    switch (state) {
    case PN_DELIVERY_PENDING: return "pending";
    case PN_DELIVERY_SENT: return "sent";
    case PN_DELIVERY_FAILED: return "failed";
    case PN_DELIVERY_HELD: return "held";
    case PN_DELIVERY_QUEUED: return "queued";
    case PN_DELIVERY_SPARE: return "spare";
    case PN_DELIVERY_REFUSED: return "refused";
    }
    return "unknown";
}

void pn_instance_free(pn_instance *i)
{
    if (!i) { return; }
    free(i->header_json);
    memset(i, 0, sizeof *i);
}

void pn_file_list_free(pn_file_list *l)
{
    if (!l) { return; }
    free(l->item);
    memset(l, 0, sizeof *l);
}

bool pn_store_is_server(const char *database)
{
    size_t word = strspn(database, "abcdefghijklmnopqrstuvwxyz_");
    return strncmp(database, "postgresql://", 13) == 0 ||
           strncmp(database, "postgres://", 11) == 0 || (word > 0 && database[word] == '=');
}

int pn_store_open(pn_store **out, const char *database, const pn_store_opts *opts, pn_error *err)
{
    static const pn_store_opts defaults = PN_STORE_OPTS_INIT;
    if (!out || !database || !database[0]) {
        return pn_fail(err, PN_EINVAL, "store: the name of the database is empty");
    }
    if (!opts) { opts = &defaults; }
    return pn_store_is_server(database) ? pn_store_pg_open(out, database, opts, err)
                                        : pn_store_sqlite_open(out, database, opts, err);
}

void pn_store_close(pn_store *s)
{
    if (s) { s->ops->close(s); }
}

static int missing(pn_error *err, const char *what)
{
    return pn_fail(err, PN_EINVAL, "store: %s is missing", what);
}

/* The arguments that every function has; the writing ones also refuse a read-only store. */
#define NEED(cond, what)                                                                   \
    do {                                                                                   \
        if (!(cond)) { return missing(err, what); }                                        \
    } while (0)
#define NEED_WRITABLE(s)                                                                   \
    do {                                                                                   \
        NEED(s, "the store");                                                              \
        if ((s)->read_only) { return pn_fail(err, PN_EINVAL, "store: opened read-only"); } \
    } while (0)

int pn_store_check(pn_store *s, pn_error *err)
{
    NEED(s, "the store");
    return s->ops->check(s, err);
}

int pn_store_begin(pn_store *s, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->begin(s, err);
}

int pn_store_commit(pn_store *s, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->commit(s, err);
}

void pn_store_rollback(pn_store *s)
{
    if (s) { s->ops->rollback(s); }
}

int pn_store_add_instance(pn_added *out, pn_store *s, const pn_instance *in, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(out && in, "the instance");
    NEED(in->sop_uid[0], "the SOP Instance UID");
    NEED(in->digest[0], "the digest");
    return s->ops->add_instance(out, s, in, err);
}

int pn_store_get_instance(pn_instance *out, pn_store *s, const char *sop_uid, const char *digest,
                          pn_error *err)
{
    NEED(s, "the store");
    NEED(out && sop_uid, "the SOP Instance UID");
    return s->ops->get_instance(out, s, sop_uid, digest, err);
}

int pn_store_count_instances(size_t *out, pn_store *s, pn_error *err)
{
    NEED(s && out, "the store");
    return s->ops->count_instances(out, s, err);
}

int pn_store_catalogue_complete(bool *out, pn_store *s, pn_error *err)
{
    NEED(s && out, "the store");
    return s->ops->catalogue_complete(out, s, err);
}

int pn_store_set_catalogue_complete(pn_store *s, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->set_catalogue_complete(s, err);
}

int pn_store_contours_without_case(pn_store *s, pn_instance_fn fn, void *arg, pn_error *err)
{
    NEED(s && fn, "the store or the callback");
    return s->ops->contours_without_case(s, fn, arg, err);
}

static int check_case(const pn_case *in, const char *const *image_uids, size_t n_image_uids,
                      pn_error *err)
{
    NEED(in->contour_uid[0] && in->contour_digest[0], "the contour object of the case");
    NEED(image_uids || n_image_uids == 0, "the list of images");
    if (in->n_rois > PN_MAX_ROIS) {
        return pn_fail(err, PN_ELIMIT, "store: a case with %zu regions, at most %d", in->n_rois,
                       PN_MAX_ROIS);
    }
    if (n_image_uids > PN_MAX_SLICES) {
        return pn_fail(err, PN_ELIMIT, "store: a case with %zu images, at most %d", n_image_uids,
                       PN_MAX_SLICES);
    }
    return PN_OK;
}

int pn_store_add_case(int64_t *id, bool *made, pn_store *s, const pn_case *in,
                      const char *const *image_uids, size_t n_image_uids, int64_t now_ms,
                      pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(id && made && in, "the case");
    if (in->state != PN_CASE_RECEIVED && in->state != PN_CASE_NOT_APPLICABLE &&
        in->state != PN_CASE_HELD && in->state != PN_CASE_FAILED) {
        return pn_fail(err, PN_EINVAL, "store: a new case cannot be %s",
                       pn_case_state_word(in->state));
    }
    int rc = check_case(in, image_uids, n_image_uids, err);
    return rc ? rc : s->ops->add_case(id, made, s, in, image_uids, n_image_uids, now_ms, err);
}

static int check_outgoing(const pn_outgoing *out, size_t n_out, pn_error *err)
{
    NEED(out && n_out > 0, "a destination for the report");
    for (size_t i = 0; i < n_out; i++) {
        NEED(out[i].archive && out[i].path && out[i].sop_class_uid && out[i].sop_uid,
             "a part of the outgoing object");
    }
    return PN_OK;
}

int pn_store_restore_case(bool *made, pn_store *s, const pn_case *in,
                          const char *const *image_uids, size_t n_image_uids,
                          const pn_outgoing *out, size_t n_out, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(made && in && in->id > 0, "the case or its number");
    NEED(in->report_sop_uid[0] && in->content_datetime[0], "the report of the case");
    int rc = check_case(in, image_uids, n_image_uids, err);
    if (!rc) { rc = check_outgoing(out, n_out, err); }
    return rc ? rc : s->ops->restore_case(made, s, in, image_uids, n_image_uids, out, n_out,
                                          now_ms, err);
}

int pn_store_get_case(pn_case *out, pn_store *s, int64_t id, pn_error *err)
{
    NEED(s && out, "the store");
    return s->ops->get_case(out, s, id, err);
}

int pn_store_list_cases(pn_store *s, pn_case_state state, size_t limit, pn_case_fn fn, void *arg,
                        pn_error *err)
{
    NEED(s && fn, "the store or the callback");
    return s->ops->list_cases(s, state, limit, fn, arg, err);
}

int pn_store_count(pn_store_counts *out, pn_store *s, pn_error *err)
{
    NEED(s && out, "the store");
    return s->ops->count(out, s, err);
}

int pn_store_case_images(pn_file_list *out, pn_store *s, int64_t id, pn_error *err)
{
    NEED(s && out, "the store");
    return s->ops->case_images(out, s, id, err);
}

int pn_store_case_missing(pn_file_list *out, pn_store *s, int64_t id, size_t limit, pn_error *err)
{
    NEED(s && out, "the store");
    return s->ops->case_missing(out, s, id, limit, err);
}

int pn_store_match_facts(pn_match_facts *out, pn_store *s, const pn_case *c, pn_error *err)
{
    NEED(s && out && c, "the case");
    return s->ops->match_facts(out, s, c, err);
}

int pn_store_identity_conflict(pn_identity_conflict *out, bool *found, pn_store *s,
                               const pn_case *c, const char *series_uid, bool by_series,
                               pn_error *err)
{
    NEED(s && out && found && c && series_uid, "the case");
    return s->ops->identity_conflict(out, found, s, c, series_uid, by_series, err);
}

int pn_store_next_to_match(pn_case *out, bool *found, pn_store *s, int64_t now_ms, pn_error *err)
{
    NEED(s && out && found, "the store");
    return s->ops->next_to_match(out, found, s, now_ms, err);
}

int pn_store_decide_case(pn_store *s, int64_t id, const pn_match_decision *d, int64_t now_ms,
                         pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(d, "the decision");
    if (d->state != PN_CASE_RECEIVED && d->state != PN_CASE_WAITING && d->state != PN_CASE_READY &&
        d->state != PN_CASE_HELD && d->state != PN_CASE_FAILED && d->state != PN_CASE_DROPPED) {
        return pn_fail(err, PN_EINVAL, "store: matching cannot make a case %s",
                       pn_case_state_word(d->state));
    }
    return s->ops->decide_case(s, id, d, now_ms, err);
}

int pn_store_hold_users_of(size_t *n, pn_store *s, const char *sop_uid, const char *reason,
                           int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(n && sop_uid && reason, "the SOP Instance UID or the reason");
    return s->ops->hold_users_of(n, s, sop_uid, reason, now_ms, err);
}

int pn_store_lineage(pn_lineage_facts *out, pn_store *s, const char *lineage, int64_t id,
                     pn_error *err)
{
    NEED(s && out && lineage, "the lineage");
    if (!lineage[0]) {
        *out = (pn_lineage_facts){0};
        return PN_OK;
    }
    return s->ops->lineage(out, s, lineage, id, err);
}

int pn_store_supersede(size_t *n, pn_store *s, const char *lineage, int64_t by_id,
                       int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(n && lineage, "the lineage");
    *n = 0;
    return lineage[0] ? s->ops->supersede(n, s, lineage, by_id, now_ms, err) : PN_OK;
}

int pn_store_next_to_revise(pn_case *out, bool *found, pn_store *s, pn_error *err)
{
    NEED(s && out && found, "the store");
    return s->ops->next_to_revise(out, found, s, err);
}

int pn_store_revised(pn_store *s, int64_t id, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->revised(s, id, err);
}

int pn_store_expire_cases(size_t *n, pn_store *s, int64_t before_ms, int64_t now_ms,
                          pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(n, "the number");
    return s->ops->expire_cases(n, s, before_ms, now_ms, err);
}

int pn_store_count_reports(size_t *out, pn_store *s, const char *model_sha256, pn_error *err)
{
    NEED(s && out && model_sha256, "the model");
    return s->ops->count_reports(out, s, model_sha256, err);
}

int pn_store_lead(pn_lead *out, pn_store *s, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(out, "the answer");
    return s->ops->lead(out, s, err);
}

int pn_store_release_owner(size_t *n, pn_store *s, const char *owner, int64_t now_ms,
                           pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(n && owner && owner[0], "the owner of the leases");
    return s->ops->release_owner(n, s, owner, now_ms, err);
}

int pn_store_claim_case(pn_case *out, bool *got, pn_store *s, int64_t now_ms, const char *owner,
                        int64_t lease_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(out && got && owner, "the owner of the lease");
    if (lease_ms <= 0) {
        return pn_fail(err, PN_EINVAL, "store: a lease of %lld ms", (long long)lease_ms);
    }
    return s->ops->claim_case(out, got, s, now_ms, owner, lease_ms, err);
}

int pn_store_renew_case(pn_store *s, int64_t id, int64_t fence, int64_t lease_until_ms,
                        pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->renew_case(s, id, fence, lease_until_ms, err);
}

int pn_store_release_case(pn_store *s, int64_t id, int64_t fence, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->release_case(s, id, fence, now_ms, err);
}

int pn_store_case_reported(pn_store *s, int64_t id, int64_t fence, const char *report_sop_uid,
                           const char *report_series_uid, const char *result_dir,
                           const pn_outgoing *out, size_t n_out, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(report_sop_uid && report_sop_uid[0], "the report's SOP Instance UID");
    NEED(report_series_uid && result_dir, "the report's series or the result folder");
    int rc = check_outgoing(out, n_out, err);
    return rc ? rc : s->ops->case_reported(s, id, fence, report_sop_uid, report_series_uid,
                                           result_dir, out, n_out, now_ms, err);
}

int pn_store_case_failed(pn_store *s, int64_t id, int64_t fence, bool permanent,
                         const char *reason, int64_t not_before_ms, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(reason, "the reason");
    return s->ops->case_failed(s, id, fence, permanent, reason, not_before_ms, now_ms, err);
}

int pn_store_case_not_applicable(pn_store *s, int64_t id, int64_t fence, const char *reason,
                                 int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(reason, "the reason");
    return s->ops->case_not_applicable(s, id, fence, reason, now_ms, err);
}

int pn_store_claim_delivery(pn_delivery *out, bool *got, pn_store *s, int64_t now_ms,
                            const char *owner, const char *archive, int64_t lease_ms,
                            pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(out && got && owner, "the owner of the lease");
    if (lease_ms <= 0) {
        return pn_fail(err, PN_EINVAL, "store: a lease of %lld ms", (long long)lease_ms);
    }
    return s->ops->claim_delivery(out, got, s, now_ms, owner, archive, lease_ms, err);
}

int pn_store_delivery_sent(bool *case_done, pn_store *s, int64_t id, int64_t fence, int status,
                           const char *comment, int64_t commit_at_ms, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->delivery_sent(case_done, s, id, fence, status, comment ? comment : "",
                                 commit_at_ms, now_ms, err);
}

void pn_commit_request_free(pn_commit_request *r)
{
    free(r->object);
    *r = (pn_commit_request){0};
}

int pn_store_claim_commitment(pn_commit_request *out, bool *got, pn_store *s, const char *archive,
                              const char *transaction_uid, int64_t answer_by_ms, int64_t now_ms,
                              pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(out && got && archive && transaction_uid && transaction_uid[0], "the transaction");
    return s->ops->claim_commitment(out, got, s, archive, transaction_uid, answer_by_ms, now_ms, err);
}

int pn_store_commitment_later(pn_store *s, const char *transaction_uid, const char *comment,
                              int64_t next_at_ms, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(transaction_uid && transaction_uid[0], "the transaction");
    return s->ops->commitment_later(s, transaction_uid, comment ? comment : "", next_at_ms, now_ms, err);
}

int pn_store_commitment_answer(pn_commit_outcome *out, pn_store *s, const char *transaction_uid,
                               const pn_commit_answer *answers, size_t n, int64_t again_ms,
                               int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(out && transaction_uid && transaction_uid[0] && (answers || n == 0), "the answer");
    return s->ops->commitment_answer(out, s, transaction_uid, answers, n, again_ms, now_ms, err);
}

int pn_store_delivery_retry(pn_store *s, int64_t id, int64_t fence, int64_t next_at_ms,
                            int status, const char *comment, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->delivery_retry(s, id, fence, next_at_ms, status, comment ? comment : "",
                                  now_ms, err);
}

int pn_store_delivery_failed(pn_store *s, int64_t id, int64_t fence, int status,
                             const char *comment, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->delivery_failed(s, id, fence, status, comment ? comment : "", now_ms, err);
}

int pn_store_delivery_refused(bool *case_done, pn_store *s, int64_t id, int64_t fence, int status,
                              const char *comment, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->delivery_refused(case_done, s, id, fence, status, comment ? comment : "",
                                    now_ms, err);
}

int pn_store_is_own_object(bool *own, pn_store *s, const char *sop_uid, pn_error *err)
{
    NEED(s && own && sop_uid, "the object's UID");
    return s->ops->is_own_object(own, s, sop_uid, err);
}

int pn_store_withdraw_case(pn_case_state *state, pn_store *s, int64_t id, const char *reason,
                           const pn_outgoing *notes, size_t n_notes, int64_t now_ms,
                           pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(state && reason && reason[0], "the reason");
    int rc = n_notes > 0 ? check_outgoing(notes, n_notes, err) : PN_OK;
    return rc ? rc : s->ops->withdraw_case(state, s, id, reason, notes, n_notes, now_ms, err);
}

int pn_store_case_deliveries(pn_store *s, int64_t case_id, pn_delivery_fn fn, void *arg,
                             pn_error *err)
{
    NEED(s && fn, "the store or the callback");
    return s->ops->case_deliveries(s, case_id, fn, arg, err);
}

int pn_store_retry_case(pn_case_state *state, pn_store *s, int64_t id, int64_t give_up_ms,
                        int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(state, "the state");
    return s->ops->retry_case(state, s, id, give_up_ms, now_ms, err);
}

int pn_store_steer_case(pn_case_state *state, pn_store *s, int64_t id, pn_steer what,
                        const char *reason, int64_t give_up_ms, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(state && reason, "the state or the reason");
    return s->ops->steer_case(state, s, id, what, reason, give_up_ms, now_ms, err);
}

int pn_store_claim_pull(pn_pull *out, bool *got, pn_store *s, int64_t now_ms, const char *owner,
                        int64_t created_before_ms, int64_t lease_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(out && got && owner && owner[0], "the owner or the result");
    return s->ops->claim_pull(out, got, s, now_ms, owner, created_before_ms, lease_ms, err);
}

int pn_store_renew_pull(pn_store *s, int64_t case_id, int64_t fence, int64_t lease_until_ms,
                        int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->renew_pull(s, case_id, fence, lease_until_ms, now_ms, err);
}

int pn_store_pull_done(pn_store *s, int64_t case_id, int64_t fence, const char *note,
                       size_t series_count, int64_t next_at_ms, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(note, "the note");
    return s->ops->pull_done(s, case_id, fence, note, series_count, next_at_ms, now_ms, err);
}

int pn_store_series_images(pn_file_list *out, pn_store *s, const char *series_uid, pn_error *err)
{
    NEED(s && out && series_uid, "the store, the series or the result");
    return s->ops->series_images(out, s, series_uid, err);
}

int pn_store_next_files(pn_file_row *out, size_t *n, pn_store *s, int64_t after_id, size_t limit,
                        pn_error *err)
{
    NEED(s && out && n && limit > 0, "the store, the limit or the result");
    return s->ops->next_files(out, n, s, after_id, limit, err);
}

int pn_store_file_gone(pn_store *s, int64_t id, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->file_gone(s, id, now_ms, err);
}

int pn_store_move_clock(size_t *n, pn_store *s, int64_t by_ms, int64_t from_ms, int64_t before_ms,
                        pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(n, "the result");
    return s->ops->move_clock(n, s, by_ms, from_ms, before_ms, err);
}

int pn_store_newest_change(int64_t *out_ms, pn_store *s, pn_error *err)
{
    NEED(s && out_ms, "the store or the result");
    return s->ops->newest_change(out_ms, s, err);
}

int pn_store_mark_due(size_t *n_marked, int64_t *after_id, pn_store *s, const pn_keep_rule *rule,
                      size_t limit, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(n_marked && after_id && rule && limit > 0, "the rule, the limit or the result");
    return s->ops->mark_due(n_marked, after_id, s, rule, limit, now_ms, err);
}

int pn_store_mark_oldest(size_t *n_marked, bool *found, pn_keep_cursor *at, pn_store *s,
                         int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(n_marked && found && at, "the place or the result");
    return s->ops->mark_oldest(n_marked, found, at, s, now_ms, err);
}

int pn_store_remove_marked(size_t *n, pn_store *s, size_t limit, pn_remove_fn fn, void *arg,
                           pn_error *err)
{
    NEED_WRITABLE(s);
    NEED(n && fn && limit > 0, "the limit, the callback or the result");
    return s->ops->remove_marked(n, s, limit, fn, arg, err);
}

int pn_store_next_results(int64_t *case_id, bool *found, pn_store *s, int64_t before_ms,
                          pn_error *err)
{
    NEED(s && case_id && found, "the store or the result");
    return s->ops->next_results(case_id, found, s, before_ms, err);
}

int pn_store_results_removed(pn_store *s, int64_t case_id, int64_t now_ms, pn_error *err)
{
    NEED_WRITABLE(s);
    return s->ops->results_removed(s, case_id, now_ms, err);
}
