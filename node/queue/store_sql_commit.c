/* queue/store_sql_commit.c - storage commitment: what archives are asked to keep, and what they say.
 *
 * An object is asked about under the Transaction UID of the latest request: an answer to an earlier
 * one finds nothing. An object that is not kept goes back into the outbox. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/store_sql.h"

/* ---- Asking -------------------------------------------------------------------------------- */

/* A row of the future: the clock was set back since (see store_sql_queue.c). */
#define DUE                                                                                \
    "FROM outbox WHERE archive=?1 AND commitment IN ('due','asked') AND state='sent'"      \
    " AND (commit_at_ms<=?2 OR updated_ms>?2+60000)"

static int read_request(pn_commit_request *out, sql_store *s, const char *transaction_uid, pn_error *err)
{
    pn_commit_request r = {.object = calloc(PN_COMMIT_MAX_OBJECTS, sizeof *r.object)};
    if (!r.object) { return pn_fail(err, PN_ENOMEM, "database: no memory for a request"); }
    sql_rows *st = NULL;
    bool row = true;
    int rc = sql_stmt(&st, s, err, "SELECT id, case_id, path, sop_class_uid, sop_uid, commit_requests"
                      " FROM outbox WHERE transaction_uid=?1 AND commitment='asked' ORDER BY id", "t",
                      transaction_uid);
    while (!rc && row && r.n < PN_COMMIT_MAX_OBJECTS) {
        rc = sql_step(&row, s, st, err);
        if (rc || !row) { break; }
        pn_commit_object *o = &r.object[r.n++];
        o->id = sql_i64(st, 0);
        o->case_id = sql_i64(st, 1);
        SQL_TEXT(o->path, st, 2);
        SQL_TEXT(o->sop_class_uid, st, 3);
        SQL_TEXT(o->sop_uid, st, 4);
        unsigned attempts = (unsigned)sql_i64(st, 5);
        if (attempts > r.attempts) { r.attempts = attempts; }
    }
    if (!rc && row) { sql_done(st); }
    if (rc) {
        pn_commit_request_free(&r);
        return rc;
    }
    *out = r;
    return 0;
}

static int claim(pn_commit_request *out, sql_store *s, const char *archive, const char *transaction_uid,
                 int64_t answer_by_ms, int64_t now_ms, pn_error *err)
{
    int rc = sql_run(NULL, s, err,
                     "UPDATE outbox SET commitment='asked', transaction_uid=?3, commit_at_ms=?4,"
                     " commit_requests=commit_requests+1, updated_ms=?2 WHERE id IN"
                     " (SELECT id " DUE " ORDER BY commit_at_ms, id LIMIT ?5)", "titii", archive, now_ms,
                     transaction_uid, answer_by_ms, (int64_t)PN_COMMIT_MAX_OBJECTS);
    return rc ? rc : read_request(out, s, transaction_uid, err);
}

int sql_claim_commitment(pn_commit_request *out, bool *got, pn_store *ps, const char *archive,
                         const char *transaction_uid, int64_t answer_by_ms, int64_t now_ms,
                         pn_error *err)
{
    sql_store *s = sql_of(ps);
    int64_t id = 0;
    *got = false;
    int rc = sql_int(&id, s, err, "SELECT id " DUE " LIMIT 1", "ti", archive, now_ms);
    if (rc || !id) { return rc; }
    rc = sql_enter(s, err);
    if (rc) { return rc; }
    pn_commit_request r = {0};
    rc = sql_leave(s, claim(&r, s, archive, transaction_uid, answer_by_ms, now_ms, err), err);
    if (rc || r.n == 0) {
        pn_commit_request_free(&r);
        return rc;
    }
    *got = true;
    *out = r;
    return 0;
}

int sql_commitment_later(pn_store *ps, const char *transaction_uid, const char *comment,
                         int64_t next_at_ms, int64_t now_ms, pn_error *err)
{
    return sql_run(NULL, sql_of(ps), err,
                   "UPDATE outbox SET commitment='due', commit_at_ms=?3, last_comment=?2, updated_ms=?4"
                   " WHERE transaction_uid=?1 AND commitment='asked'", "ttii", transaction_uid, comment,
                   next_at_ms, now_ms);
}

/* ---- Answers ------------------------------------------------------------------------------- */

/* Failure Reason, PS3.3 C.14. */
static const char *words_of(int reason)
{
    switch (reason) {
    case 0x0110: return "processing failure";
    case 0x0112: return "no such object instance";
    case 0x0119: return "class and instance conflict";
    case 0x0122: return "SOP class not supported";
    case 0x0131: return "duplicate transaction UID";
    case 0x0213: return "resource limitation";
    default: return "no reason known";
    }
}

typedef struct asked_row {
    int64_t id, case_id, failures;
    char archive[PN_NAME_SIZE], kind[PN_KIND_SIZE];
} asked_row;

/* id 0: no answer is waited for. */
static int find_asked(asked_row *out, sql_store *s, const char *transaction_uid, const char *sop_uid,
                      pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    memset(out, 0, sizeof *out);
    int rc = sql_stmt(&st, s, err, "SELECT id, case_id, commit_failures, archive, kind FROM outbox"
                      " WHERE transaction_uid=?1 AND sop_uid=?2 AND commitment='asked'", "tt",
                      transaction_uid, sop_uid);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    out->id = sql_i64(st, 0);
    out->case_id = sql_i64(st, 1);
    out->failures = sql_i64(st, 2);
    SQL_TEXT(out->archive, st, 3);
    SQL_TEXT(out->kind, st, 4);
    sql_done(st);
    return 0;
}

/* A case that was withdrawn or dropped meanwhile sends nothing any more. */
static int not_kept(sql_store *s, const asked_row *r, int reason, int64_t again_ms, int64_t now_ms,
                    pn_error *err)
{
    const bool last = r->failures + 1 >= PN_COMMIT_MAX_FAILURES;
    char comment[160], why[PN_REASON_SIZE];
    int64_t next_at_ms = now_ms + (again_ms << (r->failures < 20 ? r->failures : 20));
    int changed = 0;
    snprintf(comment, sizeof comment, "not kept by the archive: %04X (%s)", (unsigned)reason, words_of(reason));
    snprintf(why, sizeof why, "%s does not keep the %s that it took: %04X (%s)%s", r->archive, r->kind,
             (unsigned)reason, words_of(reason), last ? "" : "; it is sent again");
    int rc = sql_run(&changed, s, err,
                     "UPDATE cases SET state='reported', reason=?2, updated_ms=?3 WHERE id=?1"
                     " AND state IN ('reported','delivered') AND withdrawn=''", "iti", r->case_id, why,
                     now_ms);
    if (rc) { return rc; }
    if (!changed) { return sql_run(NULL, s, err, "UPDATE outbox SET commitment='' WHERE id=?1", "i", r->id); }
    return sql_run(NULL, s, err,
                   "UPDATE outbox SET state=?2, commitment='', commit_failures=?3, next_at_ms=?4,"
                   " last_comment=?5, updated_ms=?6 WHERE id=?1", "itiiti", r->id,
                   last ? "failed" : "pending", last ? (int64_t)0 : r->failures + 1, next_at_ms, comment,
                   now_ms);
}

static int take(pn_commit_outcome *o, sql_store *s, const char *transaction_uid, const pn_commit_answer *a,
                int64_t again_ms, int64_t now_ms, pn_error *err)
{
    asked_row r;
    int rc = find_asked(&r, s, transaction_uid, a->sop_uid, err);
    if (rc) { return rc; }
    if (!r.id) {
        o->n_unknown++;
        return 0;
    }
    if (a->reason == PN_COMMIT_KEPT) {
        o->n_committed++;
        return sql_run(NULL, s, err, "UPDATE outbox SET commitment='committed', updated_ms=?2 WHERE id=?1",
                       "ii", r.id, now_ms);
    }
    o->n_failed++;
    if (a->reason == PN_COMMIT_DUPLICATE_TRANSACTION) {
        return sql_run(NULL, s, err, "UPDATE outbox SET commitment='due', commit_at_ms=?2, updated_ms=?3"
                       " WHERE id=?1", "iii", r.id, now_ms + again_ms, now_ms);
    }
    return not_kept(s, &r, a->reason, again_ms, now_ms, err);
}

int sql_commit_case(int *changed, sql_store *s, int64_t case_id, int64_t now_ms, pn_error *err)
{
    return sql_run(changed, s, err,
                   "UPDATE cases SET state='committed', updated_ms=?2 WHERE id=?1 AND state='delivered'"
                   " AND EXISTS(SELECT 1 FROM outbox o WHERE o.case_id=cases.id AND"
                   " o.commitment='committed')"
                   " AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.case_id=cases.id AND"
                   " o.commitment IN ('due','asked'))", "ii", case_id, now_ms);
}

static int commit_cases(pn_commit_outcome *o, sql_store *s, const char *transaction_uid, int64_t now_ms,
                        pn_error *err)
{
    int64_t *ids = NULL;
    size_t n = 0;
    int rc = sql_ints(&ids, &n, s, err, "SELECT DISTINCT case_id FROM outbox WHERE transaction_uid=?1", "t",
                      transaction_uid);
    for (size_t i = 0; !rc && i < n; i++) {
        int changed = 0;
        rc = sql_commit_case(&changed, s, ids[i], now_ms, err);
        if (!rc) { o->n_cases += changed > 0; }
    }
    free(ids);
    return rc;
}

static int take_all(pn_commit_outcome *o, sql_store *s, const char *transaction_uid,
                    const pn_commit_answer *answers, size_t n, int64_t again_ms, int64_t now_ms,
                    pn_error *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        rc = take(o, s, transaction_uid, &answers[i], again_ms, now_ms, err);
    }
    return rc ? rc : commit_cases(o, s, transaction_uid, now_ms, err);
}

int sql_commitment_answer(pn_commit_outcome *out, pn_store *ps, const char *transaction_uid,
                          const pn_commit_answer *answers, size_t n, int64_t again_ms, int64_t now_ms,
                          pn_error *err)
{
    sql_store *s = sql_of(ps);
    pn_commit_outcome o = {0};
    int rc = sql_enter(s, err);
    if (rc) { return rc; }
    rc = sql_leave(s, take_all(&o, s, transaction_uid, answers, n, again_ms, now_ms, err), err);
    if (!rc) { *out = o; }
    return rc;
}
