/* queue/store_sql_operator.c - what an operator does to a case. */
#include <stdio.h>
#include <stdlib.h>
#include "queue/store_sql.h"

static int release_held(sql_store *s, const pn_case *c, int64_t give_up_ms, int64_t now_ms,
                      pn_error *err)
{
    return sql_run(NULL, s, err,
                   "UPDATE cases SET state='waiting', reason='', conflict_accepted=1,"
                   " match_at_ms=0, give_up_at_ms="
                   "  CASE WHEN give_up_at_ms<?3 THEN ?3 ELSE give_up_at_ms END,"
                   " updated_ms=?2"
                   " WHERE id=?1", "iii", c->id, now_ms, now_ms + give_up_ms);
}

/* A case that was claimed once had passed the matching, and the images stay: straight back to
 * the workers. Any other failed in the matching, and matching decides again. */
static int retry_failed(sql_store *s, const pn_case *c, int64_t give_up_ms, int64_t now_ms,
                        pn_error *err)
{
    return sql_run(NULL, s, err,
                   "UPDATE cases SET state=?2, reason='', attempts=0, not_before_ms=?3,"
                   " match_at_ms=0, give_up_at_ms="
                   "  CASE WHEN give_up_at_ms<?4 THEN ?4 ELSE give_up_at_ms END,"
                   " updated_ms=?3"
                   " WHERE id=?1",
                   "itii", c->id, c->fence > 0 ? "ready" : "waiting", now_ms,
                   now_ms + give_up_ms);
}

static int retry_deliveries(sql_store *s, const pn_case *c, int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, s, err,
                     "UPDATE outbox SET state='pending', attempts=0, next_at_ms=?2, tried_ms=0, commit_failures=0,"
                     " lease_until_ms=0, updated_ms=?2 WHERE case_id=?1 AND state='failed'",
                     "ii", c->id, now_ms);
    if (rc) { return rc; }
    if (!changed) {
        return pn_fail(err, PN_EINVAL, "case %lld is %s and nothing of it has failed",
                       (long long)c->id, pn_case_state_word(c->state));
    }
    return sql_run(NULL, s, err, "UPDATE cases SET reason='', updated_ms=?2 WHERE id=?1", "ii",
                   c->id, now_ms);
}

/* A case whose place a later contour has taken is not to be reported after it. */
static int refuse_superseded(sql_store *s, const pn_case *c, pn_error *err)
{
    pn_lineage_facts f = { 0 };
    int rc = c->lineage[0] ? sql_lineage(&f, &s->base, c->lineage, c->id, err) : 0;
    if (rc || !f.later_id) { return rc; }
    return pn_fail(err, PN_EINVAL, "case %lld has been superseded by case %lld",
                   (long long)c->id, (long long)f.later_id);
}

static int retry(pn_case_state *state, sql_store *s, pn_case *c, int64_t id, int64_t give_up_ms,
                 int64_t now_ms, pn_error *err)
{
    int rc = sql_get_case(c, &s->base, id, err);
    if (!rc && c->state != PN_CASE_REPORTED) { rc = refuse_superseded(s, c, err); }
    if (rc) { return rc; }
    rc = c->state == PN_CASE_FAILED ? retry_failed(s, c, give_up_ms, now_ms, err)
         : c->state == PN_CASE_HELD ? release_held(s, c, give_up_ms, now_ms, err)
                                    : retry_deliveries(s, c, now_ms, err);
    if (!rc) { rc = sql_get_case(c, &s->base, id, err); }
    if (!rc) { *state = c->state; }
    return rc;
}

int sql_retry_case(pn_case_state *state, pn_store *ps, int64_t id, int64_t give_up_ms,
                   int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    pn_case *c = malloc(sizeof *c);
    if (!c) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    int rc = sql_enter(s, err);
    if (!rc) { rc = sql_leave(s, retry(state, s, c, id, give_up_ms, now_ms, err), err); }
    free(c);
    return rc;
}

/* One statement for the case, one for its deliveries; a case that is in none of the states is
 * refused. */
static int change(sql_store *s, const pn_case *c, const char *reason, int64_t now_ms,
                  const char *cases_sql, const char *outbox_sql, const char *word, pn_error *err)
{
    int changed = 0, moved = 0;
    int rc = cases_sql ? sql_run(&changed, s, err, cases_sql, "iti", c->id, reason, now_ms) : 0;
    if (!rc && outbox_sql && c->state == PN_CASE_REPORTED) {
        rc = sql_run(&moved, s, err, outbox_sql, "i", c->id);
        if (!rc && moved && !changed) {
            rc = sql_run(NULL, s, err, "UPDATE cases SET reason=?2, updated_ms=?3 WHERE id=?1",
                         "iti", c->id, reason, now_ms);
        }
    }
    if (rc || changed || moved) { return rc; }
    return pn_fail(err, PN_EINVAL, "case %lld is %s: there is nothing to %s", (long long)c->id,
                   pn_case_state_word(c->state), word);
}

static int hold(sql_store *s, const pn_case *c, const char *reason, int64_t now_ms, pn_error *err)
{
    return change(s, c, reason, now_ms,
                  "UPDATE cases SET state='held', reason=?2, updated_ms=?3, lease_owner='',"
                  " lease_until_ms=0 WHERE id=?1"
                  " AND state IN ('received','waiting','ready','running')",
                  /* A delivery that is under way is leased and comes to its end. */
                  "UPDATE outbox SET state='held' WHERE case_id=?1 AND (state='queued' OR"
                  " (state='pending' AND lease_owner=''))", "hold", err);
}

static int release(sql_store *s, const pn_case *c, int64_t give_up_ms, int64_t now_ms,
                   pn_error *err)
{
    if (c->state == PN_CASE_HELD) {
        int rc = refuse_superseded(s, c, err);
        return rc ? rc : release_held(s, c, give_up_ms, now_ms, err);
    }
    int rc = change(s, c, "", now_ms, NULL,
                    "UPDATE outbox SET state='queued' WHERE case_id=?1 AND state='held'",
                    "release", err);
    return rc ? rc : sql_advance(s, c->id, now_ms, err);
}

static int drop(sql_store *s, const pn_case *c, const char *reason, int64_t now_ms, pn_error *err)
{
    return change(s, c, reason, now_ms,
                  "UPDATE cases SET state='dropped', reason=?2, updated_ms=?3, lease_owner='',"
                  " lease_until_ms=0 WHERE id=?1 AND state IN"
                  " ('received','waiting','ready','running','held','failed','reported')",
                  "DELETE FROM outbox WHERE case_id=?1 AND state<>'sent'", "drop", err);
}

static int steer(pn_case_state *state, sql_store *s, pn_case *c, int64_t id, pn_steer what,
                 const char *reason, int64_t give_up_ms, int64_t now_ms, pn_error *err)
{
    int rc = sql_get_case(c, &s->base, id, err);
    if (rc) { return rc; }
    switch (what) {
    case PN_STEER_HOLD: rc = hold(s, c, reason, now_ms, err); break;
    case PN_STEER_RELEASE: rc = release(s, c, give_up_ms, now_ms, err); break;
    case PN_STEER_DROP: rc = drop(s, c, reason, now_ms, err); break;
    }
    if (!rc) { rc = sql_get_case(c, &s->base, id, err); }
    if (!rc) { *state = c->state; }
    return rc;
}

int sql_steer_case(pn_case_state *state, pn_store *ps, int64_t id, pn_steer what,
                   const char *reason, int64_t give_up_ms, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    pn_case *c = malloc(sizeof *c);
    if (!c) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    int rc = sql_enter(s, err);
    if (!rc) {
        rc = sql_leave(s, steer(state, s, c, id, what, reason, give_up_ms, now_ms, err), err);
    }
    free(c);
    return rc;
}

/* ---- Withdrawal --------------------------------------------------------------------------------- */

static int check_withdrawal(sql_store *s, const pn_case *c, int64_t now_ms, pn_error *err)
{
    int64_t leased = 0;
    if (c->state != PN_CASE_REPORTED && c->state != PN_CASE_DELIVERED &&
        c->state != PN_CASE_COMMITTED) {
        return pn_fail(err, PN_EINVAL, "case %lld is %s: there is nothing to withdraw",
                       (long long)c->id, pn_case_state_word(c->state));
    }
    if (c->withdrawn[0]) {
        return pn_fail(err, PN_EINVAL, "case %lld has been withdrawn already", (long long)c->id);
    }
    int rc = sql_int(&leased, s, err, "SELECT count(*) FROM outbox WHERE case_id=?1 AND"
                     " state='pending' AND lease_owner<>'' AND lease_until_ms>?2", "ii", c->id, now_ms);
    if (rc || leased == 0) { return rc; }
    return pn_fail(err, PN_EINVAL, "an object of case %lld is being sent just now: try again, or "
                   "hold the case first", (long long)c->id);
}

static int withdraw(pn_case_state *state, sql_store *s, pn_case *c, int64_t id, const char *reason,
                    const pn_outgoing *notes, size_t n_notes, int64_t now_ms, pn_error *err)
{
    char why[PN_REASON_SIZE];
    snprintf(why, sizeof why, "withdrawn: %.400s", reason);
    int rc = sql_get_case(c, &s->base, id, err);
    if (!rc) { rc = check_withdrawal(s, c, now_ms, err); }
    if (!rc) {
        rc = sql_run(NULL, s, err, "DELETE FROM outbox WHERE case_id=?1 AND state<>'sent'", "i", id);
    }
    if (!rc) {       /* what is to be taken back need not be kept */
        rc = sql_run(NULL, s, err, "UPDATE outbox SET commitment='' WHERE case_id=?1 AND commitment IN ('due','asked')",
                     "i", id);
    }
    if (!rc) { rc = sql_insert_outgoing(s, id, notes, n_notes, now_ms, err); }
    if (!rc) {
        rc = sql_run(NULL, s, err, "UPDATE cases SET withdrawn=?2, reason=?3, state=?4,"
                     " updated_ms=?5 WHERE id=?1", "ittti", id, reason, why,
                     n_notes > 0 ? "reported" : "dropped", now_ms);
    }
    if (!rc) { *state = n_notes > 0 ? PN_CASE_REPORTED : PN_CASE_DROPPED; }
    return rc;
}

int sql_withdraw_case(pn_case_state *state, pn_store *ps, int64_t id, const char *reason,
                      const pn_outgoing *notes, size_t n_notes, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    pn_case *c = malloc(sizeof *c);
    if (!c) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    int rc = sql_enter(s, err);
    if (!rc) {
        rc = sql_leave(s, withdraw(state, s, c, id, reason, notes, n_notes, now_ms, err), err);
    }
    free(c);
    return rc;
}
