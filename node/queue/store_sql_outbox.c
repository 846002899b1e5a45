/* queue/store_sql_outbox.c - deliveries: one row for each object and archive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/store_sql.h"

static const char delivery_by_id[] =
    "SELECT id, case_id, archive, path, sop_class_uid, sop_uid, state, attempts, fence,"
    " next_at_ms, lease_until_ms, updated_ms, last_status, last_comment"
    " FROM outbox WHERE id=?1";

int sql_insert_outgoing(sql_store *s, int64_t case_id, const pn_outgoing *out, size_t n_out,
                        int64_t now_ms, pn_error *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n_out; i++) {
        rc = sql_run(NULL, s, err,
                     "INSERT INTO outbox(case_id, archive, path, sop_class_uid, sop_uid,"
                     " next_at_ms, updated_ms, state) VALUES(?1,?2,?3,?4,?5,?6,?6,?7)",
                     "ittttit", case_id, out[i].archive, out[i].path, out[i].sop_class_uid,
                     out[i].sop_uid, now_ms, out[i].hold ? "held" : "pending");
    }
    return rc;
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
    d->state = strcmp(state, "sent") == 0     ? PN_DELIVERY_SENT
               : strcmp(state, "failed") == 0 ? PN_DELIVERY_FAILED
               : strcmp(state, "held") == 0   ? PN_DELIVERY_HELD
                                              : PN_DELIVERY_PENDING;
    d->attempts = (unsigned)sql_i64(st, 7);
    d->fence = sql_i64(st, 8);
    d->next_at_ms = sql_i64(st, 9);
    d->lease_until_ms = sql_i64(st, 10);
    d->updated_ms = sql_i64(st, 11);
    d->last_status = (int)sql_i64(st, 12);
    SQL_TEXT(d->last_comment, st, 13);
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
                     " last_comment=?6, lease_owner='', lease_until_ms=0, updated_ms=?7"
                     " WHERE id=?1 AND fence=?2 AND state='pending'",
                     "iitiiti", id, fence, state, next_at_ms, (int64_t)status, comment, now_ms);
    if (rc || changed) { return rc; }
    return pn_fail(err, PN_EINVAL, "delivery %lld: attempt %lld is not the running one",
                   (long long)id, (long long)fence);
}

static int sent(bool *done, sql_store *s, int64_t id, int64_t fence, int status,
                const char *comment, int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = settle(s, id, fence, "sent", now_ms, status, comment, now_ms, err);
    if (!rc) {
        rc = sql_run(&changed, s, err,
                     "UPDATE cases SET state='delivered', reason='', updated_ms=?2"
                     " WHERE id=(SELECT case_id FROM outbox WHERE id=?1) AND state='reported'"
                     " AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.case_id=cases.id"
                     " AND o.state<>'sent')", "ii", id, now_ms);
    }
    if (!rc) { *done = changed > 0; }
    return rc;
}

int sql_delivery_sent(bool *case_done, pn_store *ps, int64_t id, int64_t fence, int status,
                      const char *comment, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    bool done = false;
    int rc = sql_enter(s, err);
    if (!rc) { rc = sql_leave(s, sent(&done, s, id, fence, status, comment, now_ms, err), err); }
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
