/* queue/store_sql_catalogue.c - instances: what lies in the spool. */
#include <stdlib.h>
#include <string.h>
#include "queue/store_sql.h"

#define INSTANCE_COLUMNS                                                                   \
    "sop_uid, digest, kind, sop_class_uid, study_uid, series_uid, frame_uid, patient_id,"  \
    " issuer, modality, source_ae, received_ms, size, conflict, header, pixel_digest,"    \
    " identity_digest, current"

static int read_instance(pn_instance *out, sql_rows *st, pn_error *err)
{
    pn_instance i = { 0 };
    SQL_TEXT(i.sop_uid, st, 0);
    SQL_TEXT(i.digest, st, 1);
    SQL_TEXT(i.kind, st, 2);
    SQL_TEXT(i.sop_class_uid, st, 3);
    SQL_TEXT(i.study_uid, st, 4);
    SQL_TEXT(i.series_uid, st, 5);
    SQL_TEXT(i.frame_of_reference_uid, st, 6);
    SQL_TEXT(i.patient_id, st, 7);
    SQL_TEXT(i.patient_id_issuer, st, 8);
    SQL_TEXT(i.modality, st, 9);
    SQL_TEXT(i.source_ae, st, 10);
    i.received_ms = sql_i64(st, 11);
    i.size = (uint64_t)sql_i64(st, 12);
    i.conflict = sql_i64(st, 13) != 0;
    const char *header = sql_str(st, 14);
    if (header) {
        i.header_json = strdup(header);
        if (!i.header_json) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    }
    SQL_TEXT(i.pixel_digest, st, 15);
    SQL_TEXT(i.identity_digest, st, 16);
    i.current = sql_i64(st, 17) != 0;
    *out = i;
    return 0;
}

#define FINISHED "('running','reported','delivered','committed')"

/* A change of the cases that name an image. Which they are is asked first: as a subquery of the
 * change PostgreSQL would, as long as it has no statistics, begin with all cases in the states of
 * the change and look into each for the image. */
static int change_users(sql_store *s, const char *sop_uid, const char *change, pn_error *err)
{
    int64_t *ids = NULL;
    size_t n = 0;
    int rc = sql_ints(&ids, &n, s, err, "SELECT case_id FROM case_image WHERE sop_uid=?1", "t",
                      sop_uid);
    for (size_t i = 0; i < n && !rc; i++) { rc = sql_run(NULL, s, err, change, "i", ids[i]); }
    free(ids);
    return rc;
}

/* The open cases that may change by this instance: those that name it, those that use its
 * series, those that look for any series of its study. */
static int wake_open(sql_store *s, const pn_instance *in, pn_error *err)
{
    int rc = change_users(s, in->sop_uid,
                          "UPDATE cases SET match_at_ms=0 WHERE id=?1 AND match_at_ms<>0"
                          " AND state IN ('received','waiting')", err);
    if (rc) { return rc; }
    rc = sql_run(NULL, s, err,
                 "UPDATE cases SET match_at_ms=0 WHERE match_at_ms<>0"
                  " AND state IN ('received','waiting') AND"
                 " series_uid=?1 AND ?1<>''", "t", in->series_uid);
    if (rc) { return rc; }
    return sql_run(NULL, s, err,
                   "UPDATE cases SET match_at_ms=0 WHERE match_at_ms<>0"
                   " AND state IN ('received','waiting') AND"
                   " study_uid=?1 AND n_expected=0", "t", in->study_uid);
}

/* Another copy of an image: what is ready is matched again, what is finished is looked at. */
static int wake_users(sql_store *s, const char *sop_uid, pn_error *err)
{
    int rc = change_users(s, sop_uid,
                          "UPDATE cases SET state='waiting', match_at_ms=0 WHERE id=?1 AND"
                          " state='ready'", err);
    if (rc) { return rc; }
    return change_users(s, sop_uid,
                        "UPDATE cases SET match_at_ms=0 WHERE id=?1 AND match_at_ms<>0"
                        " AND state IN " FINISHED, err);
}

/* Cases that use the whole series; ready ones take what is there when they are claimed. */
static int wake_users_of_series(sql_store *s, const pn_instance *in, pn_error *err)
{
    if (strcmp(in->kind, PN_INSTANCE_IMAGE) != 0 || !in->series_uid[0]) { return 0; }
    return sql_run(NULL, s, err,
                   "UPDATE cases SET match_at_ms=0 WHERE match_at_ms<>0"
                   " AND series_uid=?1 AND by_series=1 AND"
                   " state IN ('ready','running','reported','delivered','committed')",
                   "t", in->series_uid);
}

/* Which copy is current and whether they conflict, over all copies of a SOP UID. */
static int choose_copy(bool *conflict, sql_store *s, const char *sop_uid, pn_error *err)
{
    static const char choose[] =
        "WITH copy AS (SELECT id, pixel_digest, received_ms, removed_ms FROM instance"
        "  WHERE sop_uid=?1),"
        " first AS (SELECT pixel_digest FROM copy ORDER BY received_ms, id LIMIT 1),"
        " last AS (SELECT id FROM copy WHERE pixel_digest=(SELECT pixel_digest FROM first)"
        "  AND removed_ms=0 ORDER BY received_ms DESC, id DESC LIMIT 1)"
        "UPDATE instance SET current=CASE WHEN id=(SELECT id FROM last) THEN 1 ELSE 0 END,"
        " conflict=CASE WHEN EXISTS(SELECT 1 FROM copy"
        "  WHERE pixel_digest<>(SELECT pixel_digest FROM first)) THEN 1 ELSE 0 END"
        " WHERE sop_uid=?1";
    int64_t n = 0;
    int rc = sql_run(NULL, s, err, choose, "t", sop_uid);
    if (!rc) {
        rc = sql_int(&n, s, err, "SELECT count(*) FROM instance WHERE sop_uid=?1 AND conflict=1",
                     "t", sop_uid);
    }
    *conflict = n > 0;
    return rc;
}

/* *added: CONFLICT only where this copy is the one that disagrees. */
static int settle_copies(pn_added *added, sql_store *s, const pn_instance *in, pn_error *err)
{
    bool conflict = false;
    int64_t agrees = 0;
    int rc = choose_copy(&conflict, s, in->sop_uid, err);
    if (!rc) {
        rc = sql_int(&agrees, s, err,
                     "SELECT count(*) FROM instance WHERE sop_uid=?1 AND current=1 AND"
                     " pixel_digest=?2", "tt", in->sop_uid, in->pixel_digest);
    }
    if (!rc) { rc = wake_users(s, in->sop_uid, err); }
    *added = conflict && !agrees ? PN_ADDED_CONFLICT : PN_ADDED_CORRECTED;
    return rc;
}

/* What retention had removed is there again, for the cases that wait for it; it makes no new
 * one. */
static int came_again(sql_store *s, const pn_instance *in, pn_error *err)
{
    int changed = 0;
    bool conflict = false;
    int rc = sql_run(NULL, s, err,
                     "UPDATE instance SET came_ms=?3 WHERE sop_uid=?1 AND digest=?2 AND"
                     " came_ms<?3", "tti", in->sop_uid, in->digest, in->received_ms);
    if (!rc) {
        rc = sql_run(&changed, s, err,
                     "UPDATE instance SET removed_ms=0, removed_why='', to_unlink=0"
                     " WHERE sop_uid=?1 AND digest=?2 AND removed_ms>0", "tt", in->sop_uid,
                     in->digest);
    }
    if (rc || !changed) { return rc; }
    rc = choose_copy(&conflict, s, in->sop_uid, err);
    return rc ? rc : wake_open(s, in, err);
}

static int insert(pn_added *out, sql_store *s, const pn_instance *in, pn_error *err)
{
    int64_t same = 0, others = 0;
    int rc = sql_int(&same, s, err,
                     "SELECT count(*) FROM instance WHERE sop_uid=?1 AND digest=?2", "tt",
                     in->sop_uid, in->digest);
    if (rc) { return rc; }
    if (same) {
        *out = PN_ADDED_SAME;
        return came_again(s, in, err);
    }
    rc = sql_int(&others, s, err, "SELECT count(*) FROM instance WHERE sop_uid=?1", "t",
                 in->sop_uid);
    if (!rc) {
        rc = sql_run(NULL, s, err,
                     "INSERT INTO instance(" INSTANCE_COLUMNS ")"
                     " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,0,?14,?15,?16,1)",
                     "tttttttttttiittt", in->sop_uid, in->digest, in->kind, in->sop_class_uid,
                     in->study_uid, in->series_uid, in->frame_of_reference_uid, in->patient_id,
                     in->patient_id_issuer, in->modality, in->source_ae, in->received_ms,
                     (int64_t)in->size, in->header_json, in->pixel_digest, in->identity_digest);
    }
    pn_added added = PN_ADDED_NEW;
    if (!rc && others) { rc = settle_copies(&added, s, in, err); }
    if (!rc) { rc = wake_open(s, in, err); }
    if (!rc) { rc = wake_users_of_series(s, in, err); }
    if (!rc) { *out = added; }
    return rc;
}

int sql_add_instance(pn_added *out, pn_store *ps, const pn_instance *in, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int rc = sql_enter(s, err);
    if (rc) { return rc; }
    return sql_leave(s, insert(out, s, in, err), err);
}

int sql_get_instance(pn_instance *out, pn_store *ps, const char *sop_uid, const char *digest,
                     pn_error *err)
{
    sql_store *s = sql_of(ps);
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err,
                      "SELECT " INSTANCE_COLUMNS " FROM instance"
                      " WHERE sop_uid=?1 AND (digest=?2 OR (?2 IS NULL AND current=1)) LIMIT 1",
                      "tt", sop_uid, digest);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc) { return rc; }
    if (!row) { return pn_fail(err, PN_ENOTFOUND, "no instance %s", sop_uid); }
    rc = read_instance(out, st, err);
    sql_done(st);
    return rc;
}

int sql_count_instances(size_t *out, pn_store *ps, pn_error *err)
{
    int64_t n = 0;
    int rc = sql_int(&n, sql_of(ps), err, "SELECT count(*) FROM instance", "");
    if (!rc) { *out = (size_t)n; }
    return rc;
}

int sql_catalogue_complete(bool *out, pn_store *ps, pn_error *err)
{
    int64_t n = 0;
    int rc = sql_int(&n, sql_of(ps), err,
                     "SELECT count(*) FROM mark WHERE name='catalogue_complete'", "");
    if (!rc) { *out = n > 0; }
    return rc;
}

int sql_set_catalogue_complete(pn_store *ps, pn_error *err)
{
    return sql_run(NULL, sql_of(ps), err,
                   "INSERT INTO mark(name) VALUES('catalogue_complete')"
                   " ON CONFLICT DO NOTHING", "");
}

static int instance_by_rowid(pn_instance *out, sql_store *s, int64_t rowid, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err, "SELECT " INSTANCE_COLUMNS " FROM instance WHERE id=?1", "i",
                      rowid);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc) { return rc; }
    if (!row) { return pn_fail(err, PN_ENOTFOUND, "no instance %lld", (long long)rowid); }
    rc = read_instance(out, st, err);
    sql_done(st);
    return rc;
}

int sql_contours_without_case(pn_store *ps, pn_instance_fn fn, void *arg, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int64_t *ids = NULL;
    size_t n = 0;
    /* First the list, then the calls: the callback writes. */
    int rc = sql_ints(&ids, &n, s, err,
                      "SELECT id FROM instance WHERE header IS NOT NULL AND NOT EXISTS"
                      " (SELECT 1 FROM cases WHERE contour_digest=instance.digest)"
                      " ORDER BY received_ms, id",
                      "");
    for (size_t i = 0; !rc && i < n; i++) {
        pn_instance in = { 0 };
        rc = instance_by_rowid(&in, s, ids[i], err);
        if (!rc) { rc = fn(arg, &in, err); }
        pn_instance_free(&in);
    }
    free(ids);
    return rc;
}

/* ---- Files that should be there ----------------------------------------------------------------- */

int sql_next_files(pn_file_row *out, size_t *n, pn_store *ps, int64_t after_id, size_t limit,
                   pn_error *err)
{
    sql_store *s = sql_of(ps);
    sql_rows *st = NULL;
    bool row = true;
    *n = 0;
    int rc = sql_stmt(&st, s, err,
                      "SELECT id, digest FROM instance WHERE removed_ms=0 AND id>?1"
                      " ORDER BY id LIMIT ?2", "ii", after_id, (int64_t)limit);
    while (!rc && *n < limit) {
        rc = sql_step(&row, s, st, err);
        if (rc || !row) { return rc; }
        out[*n].id = sql_i64(st, 0);
        SQL_TEXT(out[*n].digest, st, 1);
        ++*n;
    }
    if (!rc) { sql_done(st); }
    return rc;
}

static int file_gone(sql_store *s, int64_t id, int64_t now_ms, pn_error *err)
{
    pn_instance in = { 0 };
    bool conflict = false;
    int changed = 0;
    int rc = sql_run(&changed, s, err,
                     "UPDATE instance SET removed_ms=?2, removed_why='gone', current=0"
                     " WHERE id=?1 AND removed_ms=0", "ii", id, now_ms);
    if (rc || !changed) { return rc; }
    rc = instance_by_rowid(&in, s, id, err);
    if (!rc) { rc = choose_copy(&conflict, s, in.sop_uid, err); }
    if (!rc) { rc = wake_users(s, in.sop_uid, err); }
    if (!rc) { rc = wake_open(s, &in, err); }
    pn_instance_free(&in);
    return rc;
}

int sql_file_gone(pn_store *ps, int64_t id, int64_t now_ms, pn_error *err)
{
    sql_store *s = sql_of(ps);
    int rc = sql_enter(s, err);
    return rc ? rc : sql_leave(s, file_gone(s, id, now_ms, err), err);
}
