/* queue/store_sql_keep.c - what is pulled from archives, and what is removed when.
 *
 * A file is removed in two steps: its row is marked (and no case counts on it from then on), then
 * the file goes, in a transaction that looks at the mark again. An object that comes back in
 * between takes the mark away, and whatever is killed in between leaves the mark for the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/store_sql.h"

/* Of the cases called c: what is delivered and waits for the archives to say that they keep it is not
 * finished. */
#define FINISHED(c)                                                                        \
    "(" c ".state IN ('committed','not_applicable','expired','dropped') OR (" c ".state='delivered'" \
    " AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.case_id=" c ".id AND o.commitment IN ('due','asked'))))"

/* ---- Pulling ---------------------------------------------------------------------------------- */

static int due_pull(int64_t *id, sql_store *s, int64_t now_ms, const char *owner,
                    int64_t created_before_ms, pn_error *err)
{
    return sql_int(id, s, err,
                   "SELECT c.id FROM cases c LEFT JOIN pull p ON p.case_id=c.id"
                   " WHERE c.state='waiting' AND c.created_ms<=?2 AND (c.n_expected>c.n_present"
                   "  OR (c.series_uid<>'' AND (c.n_expected=0 OR c.drawn_only=1)))"
                   " AND (p.case_id IS NULL OR p.updated_ms>?1+60000 OR (p.next_at_ms<=?1"
                   "  AND (p.lease_until_ms<=?1 OR p.lease_owner=?3)))"
                   " ORDER BY coalesce(p.next_at_ms, 0), c.id LIMIT 1",
                   "iit", now_ms, created_before_ms, owner);
}

static int claim_pull(pn_pull *out, bool *got, sql_store *s, int64_t now_ms, const char *owner,
                      int64_t created_before_ms, int64_t lease_ms, pn_error *err)
{
    int64_t id = 0;
    int rc = due_pull(&id, s, now_ms, owner, created_before_ms, err);
    *got = rc == 0 && id != 0;
    if (rc || !id) { return rc; }
    rc = sql_run(NULL, s, err,
                 "INSERT INTO pull(case_id, attempts, fence, lease_owner, lease_until_ms,"
                 " updated_ms) VALUES(?1, 1, 1, ?2, ?3, ?4) ON CONFLICT(case_id) DO UPDATE SET"
                 " attempts=pull.attempts+1, fence=pull.fence+1, lease_owner=?2,"
                 " lease_until_ms=?3, updated_ms=?4", "itii", id, owner, now_ms + lease_ms,
                 now_ms);
    sql_rows *st = NULL;
    bool row = false;
    if (!rc) {
        rc = sql_stmt(&st, s, err, "SELECT attempts, fence FROM pull WHERE case_id=?1", "i", id);
    }
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    *out = (pn_pull){ .case_id = id, .attempts = (unsigned)sql_i64(st, 0),
                      .fence = sql_i64(st, 1) };
    sql_done(st);
    return 0;
}

int sql_claim_pull(pn_pull *out, bool *got, pn_store *ps, int64_t now_ms, const char *owner,
                   int64_t created_before_ms, int64_t lease_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int64_t id = 0;
    int rc = due_pull(&id, s, now_ms, owner, created_before_ms, err);
    *got = false;
    if (rc || !id) { return rc; }
    rc = sql_enter(s, err);
    if (rc) { return rc; }
    return sql_leave(s, claim_pull(out, got, s, now_ms, owner, created_before_ms, lease_ms, err),
                     err);
}

static int fenced(int rc, int changed, int64_t id, int64_t fence, pn_error *err)
{
    if (rc || changed) { return rc; }
    return pn_fail(err, PN_EINVAL, "case %lld: request %lld is not the running one",
                   (long long)id, (long long)fence);
}

int sql_renew_pull(pn_store *ps, int64_t id, int64_t fence, int64_t lease_until_ms,
                   int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE pull SET lease_until_ms=?3, updated_ms=?4"
                     " WHERE case_id=?1 AND fence=?2 AND lease_owner<>''", "iiii", id, fence,
                     lease_until_ms, now_ms);
    return fenced(rc, changed, id, fence, err);
}

static int pull_done(sql_store *s, int64_t id, int64_t fence, const char *note,
                     size_t series_count, int64_t next_at_ms, int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, s, err,
                     "UPDATE pull SET note=?3, next_at_ms=?4, lease_owner='', lease_until_ms=0,"
                     " series_count=CASE WHEN ?5>0 THEN ?5 ELSE series_count END, updated_ms=?6"
                     " WHERE case_id=?1 AND fence=?2", "iitiii", id, fence, note, next_at_ms,
                     (int64_t)series_count, now_ms);
    rc = fenced(rc, changed, id, fence, err);
    return rc ? rc : sql_run(NULL, s, err,
                   "UPDATE cases SET match_at_ms=0 WHERE id=?1 AND state='waiting'", "i", id);
}

int sql_pull_done(pn_store *ps, int64_t id, int64_t fence, const char *note, size_t series_count,
                  int64_t next_at_ms, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int rc = sql_enter(s, err);
    if (rc) { return rc; }
    return sql_leave(s, pull_done(s, id, fence, note, series_count, next_at_ms, now_ms, err),
                     err);
}

/* ---- What matching has to know ---------------------------------------------------------------- */

static int removed(pn_match_facts *f, sql_store *s, sql_rows *st, pn_error *err)
{
    bool row = false;
    int rc = sql_step(&row, s, st, err);
    if (rc || !row) { return rc; }
    f->n_removed = (size_t)sql_i64(st, 0);
    f->removed_ms = sql_i64(st, 1);
    sql_done(st);
    return 0;
}

static int removed_images(pn_match_facts *f, sql_store *s, const pn_case *c, pn_error *err)
{
    sql_rows *st = NULL;
    int rc = sql_stmt(&st, s, err,
                      "SELECT count(DISTINCT i.sop_uid), coalesce(max(i.removed_ms), 0)"
                      " FROM case_image ci JOIN instance i ON i.sop_uid=ci.sop_uid"
                      " WHERE ci.case_id=?1 AND i.removed_ms>0 AND NOT EXISTS(SELECT 1 FROM"
                      " instance o WHERE o.sop_uid=ci.sop_uid AND o.current=1)", "i", c->id);
    if (!rc) { rc = removed(f, s, st, err); }
    if (rc || f->n_removed || f->n_series || !c->series_uid[0]) { return rc; }
    rc = sql_stmt(&st, s, err,
                  "SELECT count(DISTINCT sop_uid), coalesce(max(removed_ms), 0) FROM instance"
                  " WHERE series_uid=?1 AND kind='" PN_INSTANCE_IMAGE "' AND removed_ms>0",
                  "t", c->series_uid);
    return rc ? rc : removed(f, s, st, err);
}

int sql_keep_facts(pn_match_facts *f, sql_store *s, const pn_case *c, pn_error *err)
{
    bool all_there = f->n_expected > 0 && f->n_present == f->n_expected;
    if (all_there && !c->drawn_only) { return 0; }
    sql_rows *st = NULL;
    bool row = false;
    int rc = all_there ? 0 : removed_images(f, s, c, err);
    if (!rc) {
        rc = sql_stmt(&st, s, err, "SELECT note, series_count FROM pull WHERE case_id=?1", "i",
                      c->id);
    }
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    SQL_TEXT(f->pull_note, st, 0);
    f->series_count = (size_t)sql_i64(st, 1);
    sql_done(st);
    return 0;
}

/* ---- Marking ---------------------------------------------------------------------------------- */

typedef struct kept {          /* one instance, and who needs it */
    char sop_uid[PN_UID_SIZE], digest[PN_DIGEST_HEX_SIZE], series_uid[PN_UID_SIZE];
    int64_t came_ms;
    bool there, needed;
} kept;

/* Needed: an unfinished case names it, uses its series, or lies in its study, whatever becomes of
 * that case's images. */
static int look(kept *k, sql_store *s, int64_t id, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    memset(k, 0, sizeof *k);
    int rc = sql_stmt(&st, s, err,
                      "SELECT sop_uid, digest, series_uid,"
                      " CASE WHEN came_ms>received_ms THEN came_ms ELSE received_ms END,"
                      " CASE WHEN EXISTS(SELECT 1 FROM cases c WHERE c.study_uid=i.study_uid"
                      "  AND NOT " FINISHED("c") ")"
                      " OR EXISTS(SELECT 1 FROM cases c WHERE c.contour_digest=i.digest"
                      "  AND NOT " FINISHED("c") ")"
                      " OR EXISTS(SELECT 1 FROM cases c WHERE c.series_uid=i.series_uid"
                      "  AND c.series_uid<>'' AND NOT " FINISHED("c") ")"
                      " OR EXISTS(SELECT 1 FROM case_image ci JOIN cases c ON c.id=ci.case_id"
                      "  WHERE ci.sop_uid=i.sop_uid AND NOT " FINISHED("c") ")"
                      " THEN 1 ELSE 0 END FROM instance i WHERE id=?1 AND removed_ms=0",
                      "i", id);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    SQL_TEXT(k->sop_uid, st, 0);
    SQL_TEXT(k->digest, st, 1);
    SQL_TEXT(k->series_uid, st, 2);
    k->came_ms = sql_i64(st, 3);
    k->needed = sql_i64(st, 4) != 0;
    k->there = true;
    sql_done(st);
    return 0;
}

/* When an instance that nobody needs may go. What came after its last case had ended waits, as if
 * new, for a case to come. */
static int when_due(int64_t *due_ms, const char **why, sql_store *s, const kept *k,
                    const pn_keep_rule *rule, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err,
                      "SELECT count(*), coalesce(max(updated_ms), 0), coalesce(max(updated_ms"
                      " + CASE WHEN state IN ('delivered','committed') THEN ?4 ELSE ?5 END), 0)"
                      " FROM cases WHERE id IN"
                      " (SELECT id FROM cases WHERE contour_digest=?1"
                      "  UNION SELECT case_id FROM case_image WHERE sop_uid=?2"
                      "  UNION SELECT id FROM cases WHERE by_series=1 AND series_uid=?3"
                      "  AND series_uid<>'')",
                      "tttii", k->digest, k->sop_uid, k->series_uid, rule->images_ms,
                      rule->unclaimed_ms);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    bool used = sql_i64(st, 0) > 0;
    int64_t ended_ms = sql_i64(st, 1), by_cases_ms = sql_i64(st, 2);
    sql_done(st);
    bool as_new = !used || k->came_ms > ended_ms;
    int64_t by_age_ms = as_new ? k->came_ms + rule->unclaimed_ms : 0;
    *due_ms = by_age_ms > by_cases_ms ? by_age_ms : by_cases_ms;
    *why = used ? "finished" : "unclaimed";
    return 0;
}

static int is_due(bool *due, const char **why, sql_store *s, int64_t id, const pn_keep_rule *rule,
                  int64_t now_ms, pn_error *err)
{
    kept k;
    int64_t due_ms = INT64_MAX;
    int rc = look(&k, s, id, err);
    if (!rc && k.there && !k.needed) { rc = when_due(&due_ms, why, s, &k, rule, err); }
    *due = rc == 0 && due_ms <= now_ms;
    return rc;
}

static int mark(sql_store *s, int64_t id, const char *why, int64_t now_ms, pn_error *err)
{
    return sql_run(NULL, s, err,
                   "UPDATE instance SET removed_ms=?2, removed_why=?3, to_unlink=1, current=0"
                   " WHERE id=?1", "iit", id, now_ms, why);
}

static int mark_again(size_t *n_marked, sql_store *s, const int64_t *ids, size_t n,
                      const pn_keep_rule *rule, int64_t now_ms, pn_error *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        bool due = false;
        const char *why = "";
        rc = is_due(&due, &why, s, ids[i], rule, now_ms, err);
        if (!rc && due) { rc = mark(s, ids[i], why, now_ms, err); }
        *n_marked += rc == 0 && due;
    }
    return rc;
}

/* First looked at without the lock, which most turns then need not take. */
int sql_mark_due(size_t *n_marked, int64_t *after_id, pn_store *ps, const pn_keep_rule *rule,
                 size_t limit, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int64_t *ids = NULL;
    size_t n = 0, n_due = 0;
    *n_marked = 0;
    int rc = sql_ints(&ids, &n, s, err,
                      "SELECT id FROM instance WHERE removed_ms=0 AND id>?1 ORDER BY id LIMIT ?2",
                      "ii", *after_id, (int64_t)limit);
    if (rc) { return rc; }
    *after_id = n == limit ? ids[n - 1] : 0;
    for (size_t i = 0; !rc && i < n; i++) {
        bool due = false;
        const char *why = "";
        rc = is_due(&due, &why, s, ids[i], rule, now_ms, err);
        if (due) { ids[n_due++] = ids[i]; }
    }
    if (!rc && n_due > 0) {
        rc = sql_enter(s, err);
        if (!rc) {
            rc = sql_leave(s, mark_again(n_marked, s, ids, n_due, rule, now_ms, err), err);
        }
    }
    free(ids);
    return rc;
}

static int mark_images(size_t *n_marked, sql_store *s, int64_t case_id, int64_t now_ms,
                       pn_error *err)
{
    int64_t *ids = NULL;
    size_t n = 0;
    int rc = sql_ints(&ids, &n, s, err,
                      "SELECT i.id FROM instance i JOIN cases c ON c.contour_digest=i.digest"
                      " WHERE c.id=?1 AND i.removed_ms=0"
                      " UNION SELECT i.id FROM instance i JOIN case_image ci"
                      " ON ci.sop_uid=i.sop_uid WHERE ci.case_id=?1 AND i.removed_ms=0"
                      " UNION SELECT i.id FROM instance i JOIN cases c ON c.series_uid=i.series_uid"
                      " WHERE c.id=?1 AND c.by_series=1 AND c.series_uid<>'' AND i.removed_ms=0",
                      "i", case_id);
    for (size_t i = 0; !rc && i < n; i++) {
        kept k;
        rc = look(&k, s, ids[i], err);
        if (rc || !k.there || k.needed) { continue; }
        rc = mark(s, ids[i], "low_water", now_ms, err);
        *n_marked += rc == 0;
    }
    free(ids);
    if (rc || *n_marked < n) { return rc; }
    return sql_run(NULL, s, err, "UPDATE cases SET images_removed_ms=?2 WHERE id=?1", "ii",
                   case_id, now_ms);
}

int sql_mark_oldest(size_t *n_marked, bool *found, pn_keep_cursor *at, pn_store *ps,
                    int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    sql_rows *st = NULL;
    *n_marked = 0;
    *found = false;
    int rc = sql_stmt(&st, s, err,
                      "SELECT id, updated_ms FROM cases WHERE " FINISHED("cases")
                      " AND images_removed_ms=0 AND (updated_ms>?1 OR (updated_ms=?1 AND id>?2))"
                      " ORDER BY updated_ms, id LIMIT 1", "ii", at->updated_ms, at->id);
    if (!rc) { rc = sql_step(found, s, st, err); }
    if (rc || !*found) { return rc; }
    *at = (pn_keep_cursor){ .id = sql_i64(st, 0), .updated_ms = sql_i64(st, 1) };
    sql_done(st);
    rc = sql_enter(s, err);
    return rc ? rc : sql_leave(s, mark_images(n_marked, s, at->id, now_ms, err), err);
}

/* ---- Removing --------------------------------------------------------------------------------- */

typedef struct marked { int64_t id; char digest[PN_DIGEST_HEX_SIZE], why[16]; } marked;

static int read_marked(marked *list, size_t *n, sql_store *s, size_t limit, pn_error *err)
{
    sql_rows *st = NULL;
    *n = 0;
    int rc = sql_stmt(&st, s, err,
                      "SELECT id, digest, removed_why FROM instance WHERE to_unlink=1"
                      " ORDER BY id LIMIT ?1", "i", (int64_t)limit);
    bool row = true;
    while (!rc && *n < limit) {
        rc = sql_step(&row, s, st, err);
        if (rc || !row) { return rc; }
        list[*n].id = sql_i64(st, 0);
        SQL_TEXT(list[*n].digest, st, 1);
        SQL_TEXT(list[*n].why, st, 2);
        ++*n;
    }
    if (!rc) { sql_done(st); }
    return rc;
}

static int remove_marked(size_t *n, sql_store *s, marked *list, size_t limit, pn_remove_fn fn,
                         void *arg, pn_error *err)
{
    int rc = read_marked(list, n, s, limit, err);
    for (size_t i = 0; !rc && i < *n; i++) {
        rc = fn(arg, list[i].digest, list[i].why, err);
        if (!rc) {
            rc = sql_run(NULL, s, err, "UPDATE instance SET to_unlink=0 WHERE id=?1", "i",
                         list[i].id);
        }
    }
    return rc;
}

int sql_remove_marked(size_t *n, pn_store *ps, size_t limit, pn_remove_fn fn, void *arg,
                      pn_error *err)
{
    sql_store *s = sql_of(ps);
    int64_t some = 0;
    *n = 0;
    int rc = sql_int(&some, s, err, "SELECT id FROM instance WHERE to_unlink=1 LIMIT 1", "");
    if (rc || !some) { return rc; }
    marked *list = calloc(limit, sizeof *list);
    if (!list) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    rc = sql_enter(s, err);
    if (!rc) { rc = sql_leave(s, remove_marked(n, s, list, limit, fn, arg, err), err); }
    free(list);
    return rc;
}

/* ---- Results ---------------------------------------------------------------------------------- */

int sql_next_results(int64_t *id, bool *found, pn_store *ps, int64_t before_ms, pn_error *err)
{
    int rc = sql_int(id, sql_of(ps), err,
                     "SELECT id FROM cases WHERE " FINISHED("cases") " AND result_dir<>''"
                     " AND results_removed_ms=0 AND updated_ms<=?1 ORDER BY updated_ms LIMIT 1",
                     "i", before_ms);
    *found = rc == 0 && *id != 0;
    return rc;
}

int sql_results_removed(pn_store *ps, int64_t id, int64_t now_ms, pn_error *err)
{
    return sql_run(NULL, sql_of(ps), err,
                   "UPDATE cases SET results_removed_ms=?2 WHERE id=?1", "ii", id, now_ms);
}
