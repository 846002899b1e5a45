/* queue/store_sql_queue.c - claims of cases and what becomes of them. */
#include <string.h>
#include "base/file.h"
#include "queue/store_sql.h"

/* The states as a term of their own: of an index that holds these states only. A row of the
 * future means that the clock was set back since: its pause or lease would last that much longer.
 * A minute for hosts that differ; ?2 is the lease that everyone takes. */
#define DUE                                                                                \
    "SELECT id FROM cases WHERE state IN ('ready','running') AND"                          \
    " ((state='ready' AND (not_before_ms<=?1 OR updated_ms>?1+60000)) OR"                  \
    " (state='running' AND (lease_until_ms<=?1 OR lease_until_ms>?1+?2+60000)))"           \
    " ORDER BY priority DESC, turn, ready_ms, id LIMIT 1"

/* lock: within a claim. Where rows can be locked, those that another is claiming are passed. */
static int due_case(int64_t *id, sql_store *s, bool lock, int64_t now_ms, int64_t lease_ms,
                    pn_error *err)
{
    bool rows = lock && s->driver->dialect == SQL_POSTGRESQL;
    return sql_int(id, s, err, rows ? DUE " FOR UPDATE SKIP LOCKED" : DUE, "ii", now_ms,
                   lease_ms);
}

static int claim(pn_case *out, bool *got, sql_store *s, int64_t now_ms, const char *owner,
                 int64_t lease_ms, pn_error *err)
{
    int64_t id = 0;
    int rc = due_case(&id, s, true, now_ms, lease_ms, err);
    if (rc) { return rc; }
    if (!id) {
        *got = false;
        return 0;
    }
    char first[15];
    pn_datetime_local(first, now_ms);
    rc = sql_run(NULL, s, err,
                 "UPDATE cases SET state='running', attempts=attempts+1, fence=fence+1,"
                 " lease_owner=?2, lease_until_ms=?3, updated_ms=?4,"
                 " content_datetime=CASE content_datetime WHEN '' THEN ?5"
                 " ELSE content_datetime END WHERE id=?1",
                 "itiit", id, owner, now_ms + lease_ms, now_ms, first);
    if (!rc) { rc = sql_get_case(out, &s->base, id, err); }
    if (!rc) { *got = true; }
    return rc;
}

int sql_claim_case(pn_case *out, bool *got, pn_store *ps, int64_t now_ms, const char *owner,
                   int64_t lease_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int64_t id = 0;
    /* An idle worker polls; only one that found something asks for the write lock. */
    int rc = due_case(&id, s, false, now_ms, lease_ms, err);
    if (rc) { return rc; }
    if (!id) {
        *got = false;
        return 0;
    }
    rc = sql_enter_claim(s, err);
    if (rc) { return rc; }
    return sql_leave(s, claim(out, got, s, now_ms, owner, lease_ms, err), err);
}

/* The verdict on an UPDATE that names case and fence. */
static int fenced(int rc, int changed, int64_t id, int64_t fence, pn_error *err)
{
    if (rc || changed) { return rc; }
    return pn_fail(err, PN_EINVAL, "case %lld: attempt %lld is not the running one",
                   (long long)id, (long long)fence);
}

int sql_renew_case(pn_store *ps, int64_t id, int64_t fence, int64_t lease_until_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET lease_until_ms=?3"
                     " WHERE id=?1 AND fence=?2 AND state='running'",
                     "iii", id, fence, lease_until_ms);
    return fenced(rc, changed, id, fence, err);
}

int sql_release_case(pn_store *ps, int64_t id, int64_t fence, int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET state='ready', attempts=attempts-1, lease_owner='',"
                     " lease_until_ms=0, updated_ms=?3"
                     " WHERE id=?1 AND fence=?2 AND state='running'",
                     "iii", id, fence, now_ms);
    return fenced(rc, changed, id, fence, err);
}

static const char *first_hold(const pn_outgoing *out, size_t n_out)
{
    for (size_t i = 0; i < n_out; i++) {
        if (out[i].hold) { return out[i].hold; }
    }
    return "";
}

int sql_case_reported(pn_store *ps, int64_t id, int64_t fence, const char *report_sop_uid,
                      const char *report_series_uid, const char *result_dir,
                      const pn_outgoing *out, size_t n_out, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int changed = 0;
    int rc = sql_enter(s, err);
    if (rc) { return rc; }
    rc = sql_run(&changed, s, err,
                 "UPDATE cases SET state='reported', reason=?6, report_sop_uid=?3,"
                 " result_dir=?4, lease_owner='', lease_until_ms=0, updated_ms=?5,"
                 " report_series_uid=?7 WHERE id=?1 AND fence=?2 AND state='running'",
                 "iittitt", id, fence, report_sop_uid, result_dir, now_ms,
                 first_hold(out, n_out), report_series_uid);
    rc = fenced(rc, changed, id, fence, err);
    if (!rc) { rc = sql_insert_outgoing(s, id, out, n_out, now_ms, err); }
    return sql_leave(s, rc, err);
}

int sql_case_failed(pn_store *ps, int64_t id, int64_t fence, bool permanent, const char *reason,
                    int64_t not_before_ms, int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET state=?3, reason=?4, not_before_ms=?5, lease_owner='',"
                     " lease_until_ms=0, updated_ms=?6"
                     " WHERE id=?1 AND fence=?2 AND state='running'",
                     "iittii", id, fence, permanent ? "failed" : "ready", reason, not_before_ms,
                     now_ms);
    return fenced(rc, changed, id, fence, err);
}

int sql_case_not_applicable(pn_store *ps, int64_t id, int64_t fence, const char *reason,
                            int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET state='not_applicable', reason=?3, lease_owner='',"
                     " lease_until_ms=0, updated_ms=?4"
                     " WHERE id=?1 AND fence=?2 AND state='running'",
                     "iiti", id, fence, reason, now_ms);
    return fenced(rc, changed, id, fence, err);
}

int sql_release_owner(size_t *n, pn_store *ps, const char *owner, int64_t now_ms, pn_error *err)
{
    int cases = 0, deliveries = 0;
    int rc = sql_run(&cases, sql_of(ps), err,
                     "UPDATE cases SET lease_until_ms=0, updated_ms=?2"
                     " WHERE state='running' AND lease_owner=?1", "ti", owner, now_ms);
    if (rc) { return rc; }
    rc = sql_run(&deliveries, sql_of(ps), err,
                 "UPDATE outbox SET lease_until_ms=0, updated_ms=?2"
                 " WHERE state='pending' AND lease_until_ms>0 AND lease_owner=?1", "ti", owner,
                 now_ms);
    if (!rc) { *n = (size_t)(cases + deliveries); }
    return rc;
}
