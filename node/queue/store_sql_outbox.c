/* queue/store_sql_outbox.c - deliveries: one row for each object and archive.
 *
 * Of a case and an archive only the object of the lowest place that is not settled is pending;
 * later ones are queued, and become pending with the transaction that settles it. So a poll looks
 * at pending rows only, and no crash can put a report before the segment that it names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/store_sql.h"

static const char delivery_by_id[] =
    "SELECT id, case_id, archive, path, sop_class_uid, sop_uid, state, attempts, fence,"
    " next_at_ms, lease_until_ms, updated_ms, last_status, last_comment, kind, place, choice,"
    " names_segment, tried_ms, commitment, commit_requests, commit_at_ms FROM outbox WHERE id=?1";

int sql_insert_outgoing(sql_store *s, int64_t case_id, const pn_outgoing *out, size_t n_out,
                        int64_t now_ms, pn_error *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n_out; i++) {
        const char *state = out[i].choice > 0 ? "spare" : out[i].hold ? "held" : "queued";
        rc = sql_run(NULL, s, err,
                     "INSERT INTO outbox(case_id, archive, path, sop_class_uid, sop_uid,"
                     " next_at_ms, updated_ms, state, kind, place, choice, names_segment)"
                     " VALUES(?1,?2,?3,?4,?5,?6,?6,?7,?8,?9,?10,?11)",
                     "ittttittiii", case_id, out[i].archive, out[i].path, out[i].sop_class_uid,
                     out[i].sop_uid, now_ms, state, out[i].kind ? out[i].kind : "sr",
                     (int64_t)out[i].place, (int64_t)out[i].choice, (int64_t)out[i].names_segment);
    }
    return rc ? rc : sql_advance(s, case_id, now_ms, err);
}

int sql_advance(sql_store *s, int64_t case_id, int64_t now_ms, pn_error *err)
{
    return sql_run(NULL, s, err,
                   "UPDATE outbox SET state='pending', next_at_ms=?2, updated_ms=?2"
                   " WHERE case_id=?1 AND state='queued' AND NOT EXISTS(SELECT 1 FROM outbox b"
                   " WHERE b.case_id=outbox.case_id AND b.archive=outbox.archive AND"
                   " (b.state IN ('pending','failed','held') OR"
                   " (b.state='queued' AND b.place<outbox.place)))", "ii", case_id, now_ms);
}

static void read_delivery(pn_delivery *d, sql_rows *st)
{
    char state[16];
    memset(d, 0, sizeof *d);
    d->id = sql_i64(st, 0);
    d->case_id = sql_i64(st, 1);
    SQL_TEXT(d->archive, st, 2);
    SQL_TEXT(d->path, st, 3);
    SQL_TEXT(d->sop_class_uid, st, 4);
    SQL_TEXT(d->sop_uid, st, 5);
    SQL_TEXT(state, st, 6);
    while (d->state < PN_DELIVERY_REFUSED && strcmp(state, pn_delivery_state_word(d->state)) != 0) {
        d->state++;
    }
    d->attempts = (unsigned)sql_i64(st, 7);
    d->fence = sql_i64(st, 8);
    d->next_at_ms = sql_i64(st, 9);
    d->lease_until_ms = sql_i64(st, 10);
    d->updated_ms = sql_i64(st, 11);
    d->last_status = (int)sql_i64(st, 12);
    SQL_TEXT(d->last_comment, st, 13);
    SQL_TEXT(d->kind, st, 14);
    d->place = (unsigned)sql_i64(st, 15);
    d->choice = (unsigned)sql_i64(st, 16);
    d->names_segment = sql_i64(st, 17) != 0;
    d->tried_ms = sql_i64(st, 18);
    SQL_TEXT(state, st, 19);
    while (d->commitment < PN_COMMITMENT_COMMITTED && strcmp(state, pn_commitment_word(d->commitment)) != 0) {
        d->commitment++;
    }
    d->commit_requests = (unsigned)sql_i64(st, 20);
    d->commit_at_ms = sql_i64(st, 21);
}

static int get_delivery(pn_delivery *out, sql_store *s, int64_t id, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err, delivery_by_id, "i", id);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc) { return rc; }
    if (!row) { return pn_fail(err, PN_ENOTFOUND, "no delivery %lld", (long long)id); }
    read_delivery(out, st);
    sql_done(st);
    return 0;
}

/* A row of the future: the clock was set back since (see store_sql_queue.c). */
#define DUE                                                                                \
    "SELECT id FROM outbox WHERE state='pending' AND"                                      \
    " ((next_at_ms<=?1 AND lease_until_ms<=?1) OR updated_ms>?1+60000)"                    \
    " AND (?2 IS NULL OR archive=?2) ORDER BY next_at_ms, id LIMIT 1"

/* lock: see due_case. */
static int due_delivery(int64_t *id, sql_store *s, bool lock, int64_t now_ms, const char *archive,
                        pn_error *err)
{
    bool rows = lock && s->driver->dialect == SQL_POSTGRESQL;
    return sql_int(id, s, err, rows ? DUE " FOR UPDATE SKIP LOCKED" : DUE, "it", now_ms, archive);
}

static int claim(pn_delivery *out, bool *got, sql_store *s, int64_t now_ms, const char *owner,
                 const char *archive, int64_t lease_ms, pn_error *err)
{
    int64_t id = 0;
    int rc = due_delivery(&id, s, true, now_ms, archive, err);
    if (rc) { return rc; }
    if (!id) {
        *got = false;
        return 0;
    }
    rc = sql_run(NULL, s, err,
                 "UPDATE outbox SET attempts=attempts+1, fence=fence+1, lease_owner=?2,"
                 " lease_until_ms=?3, updated_ms=?4 WHERE id=?1",
                 "itii", id, owner, now_ms + lease_ms, now_ms);
    if (!rc) { rc = get_delivery(out, s, id, err); }
    if (!rc) { *got = true; }
    return rc;
}

int sql_claim_delivery(pn_delivery *out, bool *got, pn_store *ps, int64_t now_ms,
                       const char *owner, const char *archive, int64_t lease_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int64_t id = 0;
    int rc = due_delivery(&id, s, false, now_ms, archive, err);
    if (rc) { return rc; }
    if (!id) {
        *got = false;
        return 0;
    }
    rc = sql_enter_claim(s, err);
    if (rc) { return rc; }
    return sql_leave(s, claim(out, got, s, now_ms, owner, archive, lease_ms, err), err);
}

/* What came of the claimed attempt; refuses where another has the delivery by now. */
static int settle(sql_store *s, int64_t id, int64_t fence, const char *state, int64_t next_at_ms,
                  int status, const char *comment, int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, s, err,
                     "UPDATE outbox SET state=?3, next_at_ms=?4, last_status=?5,"
                     " last_comment=?6, lease_owner='', lease_until_ms=0, updated_ms=?7,"
                     " tried_ms=CASE WHEN tried_ms=0 AND ?5<>-1 THEN ?7 ELSE tried_ms END"
                     " WHERE id=?1 AND fence=?2 AND state='pending'",
                     "iitiiti", id, fence, state, next_at_ms, (int64_t)status, comment, now_ms);
    if (rc || changed) { return rc; }
    return pn_fail(err, PN_EINVAL, "delivery %lld: attempt %lld is not the running one",
                   (long long)id, (long long)fence);
}

/* After one object is settled: the next may go, or the case is done. What an archive refused
 * stays in the reason. */
static int go_on(bool *done, sql_store *s, int64_t case_id, int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_advance(s, case_id, now_ms, err);
    if (!rc) {
        rc = sql_run(&changed, s, err,
                     "UPDATE cases SET updated_ms=?2, state="
                     " CASE withdrawn WHEN '' THEN 'delivered' ELSE 'dropped' END,"
                     " reason=CASE WHEN withdrawn<>'' THEN 'withdrawn: ' || withdrawn"
                     " WHEN EXISTS(SELECT 1 FROM outbox o WHERE o.case_id=cases.id AND"
                     " o.state='refused') THEN reason ELSE '' END"
                     " WHERE id=?1 AND state='reported'"
                     " AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.case_id=cases.id"
                     " AND o.state NOT IN ('sent','spare','refused'))", "ii", case_id, now_ms);
    }
    if (!rc) { *done = changed > 0; }
    /* The others may have been committed before this one was sent. */
    return rc || !changed ? rc : sql_commit_case(&changed, s, case_id, now_ms, err);
}

static int sent(bool *done, sql_store *s, int64_t id, int64_t fence, int status,
                const char *comment, int64_t commit_at_ms, int64_t now_ms, pn_error *err)
{
    pn_delivery d;
    int rc = settle(s, id, fence, "sent", now_ms, status, comment, now_ms, err);
    if (!rc && commit_at_ms > 0) {
        rc = sql_run(NULL, s, err, "UPDATE outbox SET commitment='due', commit_at_ms=?2 WHERE id=?1",
                     "ii", id, commit_at_ms);
    }
    if (!rc) { rc = get_delivery(&d, s, id, err); }
    return rc ? rc : go_on(done, s, d.case_id, now_ms, err);
}

int sql_delivery_sent(bool *case_done, pn_store *ps, int64_t id, int64_t fence, int status,
                      const char *comment, int64_t commit_at_ms, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    bool done = false;
    int rc = sql_enter(s, err);
    if (!rc) {
        rc = sql_leave(s, sent(&done, s, id, fence, status, comment, commit_at_ms, now_ms, err), err);
    }
    if (!rc && case_done) { *case_done = done; }
    return rc;
}

int sql_delivery_retry(pn_store *ps, int64_t id, int64_t fence, int64_t next_at_ms, int status,
                       const char *comment, int64_t now_ms, pn_error *err)
{
    return settle(sql_of(ps), id, fence, "pending", next_at_ms, status, comment, now_ms, err);
}

static int bury(sql_store *s, int64_t id, int64_t fence, int status, const char *comment,
                int64_t now_ms, pn_error *err)
{
    int rc = settle(s, id, fence, "failed", now_ms, status, comment, now_ms, err);
    if (rc) { return rc; }
    pn_delivery d;
    rc = get_delivery(&d, s, id, err);
    if (rc) { return rc; }
    char answer[32] = "no answer", reason[PN_REASON_SIZE];
    if (status >= 0) { snprintf(answer, sizeof answer, "status %04X", (unsigned)status); }
    snprintf(reason, sizeof reason, "delivery to %s failed: %s%s%.380s", d.archive, answer,
             comment[0] ? ": " : "", comment);
    return sql_run(NULL, s, err, "UPDATE cases SET reason=?2, updated_ms=?3 WHERE id=?1", "iti",
                   d.case_id, reason, now_ms);
}

int sql_delivery_failed(pn_store *ps, int64_t id, int64_t fence, int status, const char *comment,
                        int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int rc = sql_enter(s, err);
    if (rc) { return rc; }
    return sql_leave(s, bury(s, id, fence, status, comment, now_ms, err), err);
}

/* ---- Refusals ------------------------------------------------------------------------------- */

/* The best of the alternatives takes its turn, or is held where what it replaces was. */
static int promote(bool *found, sql_store *s, const pn_delivery *d, bool names_segment,
                   unsigned above, bool held, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, s, err,
                     "UPDATE outbox SET state=?6 WHERE id=(SELECT id FROM outbox WHERE"
                     " case_id=?1 AND archive=?2 AND kind='sr' AND state='spare' AND"
                     " names_segment=?3 AND (choice>?4 OR ?5=0) ORDER BY choice LIMIT 1)",
                     "itiiit", d->case_id, d->archive, (int64_t)names_segment, (int64_t)above,
                     (int64_t)(strcmp(d->kind, "sr") == 0), held ? "held" : "queued");
    if (!rc) { *found = changed > 0; }
    return rc;
}

/* Reports that name the segment are out of question: others take their place. */
static int do_without_segment(bool *found, sql_store *s, const pn_delivery *d, pn_error *err)
{
    int64_t held = 0;
    int rc = sql_int(&held, s, err, "SELECT count(*) FROM outbox WHERE case_id=?1 AND archive=?2"
                     " AND names_segment=1 AND state='held'", "it", d->case_id, d->archive);
    if (!rc) { rc = promote(found, s, d, false, 0, held > 0, err); }
    if (rc || !*found) { return rc; }
    return sql_run(NULL, s, err, "UPDATE outbox SET state='spare' WHERE case_id=?1 AND archive=?2"
                   " AND names_segment=1 AND state IN ('queued','pending','held')", "it",
                   d->case_id, d->archive);
}

static int replace(bool *found, sql_store *s, const pn_delivery *d, pn_error *err)
{
    *found = true;
    if (strcmp(d->kind, "seg") == 0) { return do_without_segment(found, s, d, err); }
    if (strcmp(d->kind, "sr") == 0) {
        return promote(found, s, d, d->names_segment, d->choice, false, err);
    }
    *found = strcmp(d->kind, "sc") == 0 || strcmp(d->kind, "pdf") == 0;
    return 0;
}

static int say_refused(sql_store *s, const pn_delivery *d, int status, const char *comment,
                       int64_t now_ms, pn_error *err)
{
    char answer[32] = "", reason[PN_REASON_SIZE];
    if (status >= 0) { snprintf(answer, sizeof answer, " with status %04X", (unsigned)status); }
    snprintf(reason, sizeof reason, "%s refused the %s%s%s%.300s", d->archive, d->kind, answer,
             comment[0] ? ": " : "", comment);
    return sql_run(NULL, s, err, "UPDATE cases SET reason=?2, updated_ms=?3 WHERE id=?1", "iti",
                   d->case_id, reason, now_ms);
}

static int refuse(bool *done, sql_store *s, int64_t id, int64_t fence, int status,
                  const char *comment, int64_t now_ms, pn_error *err)
{
    pn_delivery d;
    bool found = false;
    int rc = get_delivery(&d, s, id, err);
    if (!rc) { rc = replace(&found, s, &d, err); }
    if (!rc && !found) { return bury(s, id, fence, status, comment, now_ms, err); }
    if (!rc) { rc = settle(s, id, fence, "refused", now_ms, status, comment, now_ms, err); }
    if (!rc) { rc = say_refused(s, &d, status, comment, now_ms, err); }
    return rc ? rc : go_on(done, s, d.case_id, now_ms, err);
}

int sql_delivery_refused(bool *case_done, pn_store *ps, int64_t id, int64_t fence, int status,
                         const char *comment, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    bool done = false;
    int rc = sql_enter(s, err);
    if (!rc) { rc = sql_leave(s, refuse(&done, s, id, fence, status, comment, now_ms, err), err); }
    if (!rc && case_done) { *case_done = done; }
    return rc;
}

/* ---- What went out --------------------------------------------------------------------------- */

int sql_is_own_object(bool *own, pn_store *ps, const char *sop_uid, pn_error *err)
{
    int64_t n = 0;
    int rc = sql_int(&n, sql_of(ps), err, "SELECT count(*) FROM outbox WHERE sop_uid=?1", "t", sop_uid);
    if (!rc) { *own = n > 0; }
    return rc;
}

int sql_case_deliveries(pn_store *ps, int64_t case_id, pn_delivery_fn fn, void *arg,
                        pn_error *err)
{
    sql_store *s = sql_of(ps);
    int64_t *ids = NULL;
    size_t n = 0;
    int rc = sql_ints(&ids, &n, s, err, "SELECT id FROM outbox WHERE case_id=?1 ORDER BY id", "i",
                      case_id);
    for (size_t i = 0; !rc && i < n; i++) {
        pn_delivery d;
        rc = get_delivery(&d, s, ids[i], err);
        if (!rc) { rc = fn(arg, &d, err); }
    }
    free(ids);
    return rc;
}
