/* queue/store_sql_versions.c - lineages: which case replaces which, and what is looked at
 * again. */
#include "queue/store_sql.h"

/* ---- Restoring ------------------------------------------------------------------------------ */

static bool sends_something(const pn_outgoing *out, size_t n_out)
{
    for (size_t i = 0; i < n_out; i++) {
        if (out[i].choice == 0) { return true; }
    }
    return false;
}

static int restore(bool *made, sql_store *s, const pn_case *in, const char *const *image_uids,
                   size_t n_image_uids, const pn_outgoing *out, size_t n_out, int64_t now_ms,
                   pn_error *err)
{
    int64_t known = 0, id = in->id;
    int rc = sql_int(&known, s, err,
                     "SELECT count(*) FROM cases WHERE id=?1 OR"
                     " (contour_digest=?2 AND model_id=?3 AND version=?4)", "itti", in->id,
                     in->contour_digest, in->model_id, (int64_t)in->version);
    if (rc) { return rc; }
    *made = known == 0;
    if (known) { return 0; }
    rc = sql_insert_case(&id, s, in, image_uids, n_image_uids, now_ms, err);
    if (!rc) {
        rc = sql_run(NULL, s, err,
                     "UPDATE cases SET state=?11, withdrawn=?12, reason=CASE ?12 WHEN '' THEN ''"
                     " ELSE 'withdrawn: ' || ?12 END, n_present=?2, by_series=?3,"
                     " content_datetime=?4, report_sop_uid=?5, report_series_uid=?6,"
                     " result_dir=?7, fence=?8, match_at_ms=?9, images_identity=?10 WHERE id=?1",
                     "iiittttiittt", id, (int64_t)in->n_present, (int64_t)in->by_series,
                     in->content_datetime, in->report_sop_uid, in->report_series_uid,
                     in->result_dir, in->fence, INT64_MAX, in->images_identity,
                     sends_something(out, n_out) ? "reported" : "dropped", in->withdrawn);
    }
    return rc ? rc : sql_insert_outgoing(s, id, out, n_out, now_ms, err);
}

int sql_restore_case(bool *made, pn_store *ps, const pn_case *in, const char *const *image_uids,
                     size_t n_image_uids, const pn_outgoing *out, size_t n_out, int64_t now_ms,
                     pn_error *err)
{
    sql_store *s = sql_of(ps);
    int rc = sql_enter(s, err);
    if (rc) { return rc; }
    rc = restore(made, s, in, image_uids, n_image_uids, out, n_out, now_ms, err);
    return sql_leave(s, rc, err);
}

/* ---- Lineage ---------------------------------------------------------------------------------- */

static int newest(pn_lineage_facts *f, sql_store *s, const char *lineage, int64_t id,
                  pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err,
                      "SELECT id, contour_datetime FROM cases WHERE lineage=?1 AND id<>?2 AND"
                      " state NOT IN ('dropped','expired','not_applicable')"
                      " ORDER BY id DESC LIMIT 1", "ti", lineage, id);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    f->newest_id = sql_i64(st, 0);
    SQL_TEXT(f->newest_datetime, st, 1);
    sql_done(st);
    return 0;
}

static int predecessor(pn_lineage_facts *f, sql_store *s, const char *lineage, int64_t id,
                       pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err,
                      "SELECT id, version, report_sop_uid, report_series_uid FROM cases"
                      " WHERE lineage=?1 AND (id<?2 OR ?2=0) AND id<>?2 AND report_sop_uid<>''"
                      " ORDER BY id DESC LIMIT 1", "ti", lineage, id);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    f->predecessor_id = sql_i64(st, 0);
    f->version = (unsigned)sql_i64(st, 1);
    SQL_TEXT(f->sop_uid, st, 2);
    SQL_TEXT(f->series_uid, st, 3);
    sql_done(st);
    return 0;
}

int sql_lineage(pn_lineage_facts *out, pn_store *ps, const char *lineage, int64_t id,
                pn_error *err)
{
    sql_store *s = sql_of(ps);
    pn_lineage_facts f = { 0 };
    int rc = newest(&f, s, lineage, id, err);
    if (!rc) { rc = predecessor(&f, s, lineage, id, err); }
    if (!rc) {
        rc = sql_int(&f.running_id, s, err,
                     "SELECT max(id) FROM cases WHERE lineage=?1 AND state='running' AND"
                     " (id<?2 OR ?2=0)", "ti", lineage, id);
    }
    if (!rc && id) {
        rc = sql_int(&f.later_id, s, err,
                     "SELECT max(id) FROM cases WHERE lineage=?1 AND id>?2 AND state IN"
                     " ('ready','running','reported','delivered','committed')", "ti", lineage, id);
    }
    if (!rc) { *out = f; }
    return rc;
}

int sql_supersede(size_t *n, pn_store *ps, const char *lineage, int64_t by_id, int64_t now_ms,
                  pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET state='dropped', reason='superseded by case ' || ?2,"
                     " updated_ms=?3 WHERE lineage=?1 AND id<?2 AND state IN"
                     " ('received','waiting','ready','held')", "tii", lineage, by_id, now_ms);
    if (!rc) { *n = (size_t)changed; }
    return rc;
}

/* ---- Looking again ------------------------------------------------------------------------------ */

int sql_next_to_revise(pn_case *out, bool *found, pn_store *ps, pn_error *err)
{
    int64_t id = 0;
    int rc = sql_int(&id, sql_of(ps), err,
                     "SELECT id FROM cases WHERE state IN ('reported','delivered','committed')"
                     " AND match_at_ms=0 ORDER BY id LIMIT 1", "");
    if (rc) { return rc; }
    *found = id != 0;
    return id ? sql_get_case(out, ps, id, err) : 0;
}

int sql_revised(pn_store *ps, int64_t id, pn_error *err)
{
    return sql_run(NULL, sql_of(ps), err,
                   "UPDATE cases SET match_at_ms=?2 WHERE id=?1 AND state IN"
                   " ('reported','delivered','committed')", "ii", id, INT64_MAX);
}

int sql_expire_cases(size_t *n, pn_store *ps, int64_t before_ms, int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET state='expired', updated_ms=?2,"
                     " reason=CASE reason WHEN '' THEN 'nothing came in time' ELSE reason END"
                     " WHERE created_ms<?1 AND (state IN ('received','waiting')"
                     " OR (state='failed' AND fence=0))", "ii", before_ms, now_ms);
    if (!rc) { *n = (size_t)changed; }
    return rc;
}

int sql_count_reports(size_t *out, pn_store *ps, const char *model_sha256, pn_error *err)
{
    int64_t n = 0;
    int rc = sql_int(&n, sql_of(ps), err,
                     "SELECT count(*) FROM cases WHERE model_sha256=?1 AND report_sop_uid<>''",
                     "t", model_sha256);
    if (!rc) { *out = (size_t)n; }
    return rc;
}

/* ---- The clock ------------------------------------------------------------------------------------ */

int sql_move_clock(size_t *n, pn_store *ps, int64_t by_ms, int64_t from_ms, int64_t before_ms,
                   pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET created_ms=created_ms+?1, updated_ms=updated_ms+?1,"
                     " fallback_at_ms=fallback_at_ms+?1, give_up_at_ms=give_up_at_ms+?1,"
                     " match_at_ms=0 WHERE state IN ('received','waiting')"
                     " AND created_ms>=?2 AND created_ms<?3", "iii", by_ms, from_ms, before_ms);
    if (!rc) { *n = (size_t)changed; }
    return rc;
}

int sql_newest_change(int64_t *out_ms, pn_store *ps, pn_error *err)
{
    return sql_int(out_ms, sql_of(ps), err,
                   "SELECT max(updated_ms) FROM cases WHERE state IN ('received','waiting')", "");
}
