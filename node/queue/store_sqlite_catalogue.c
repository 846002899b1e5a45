/* queue/store_sqlite_catalogue.c - instances: what lies in the spool. */
#include <stdlib.h>
#include <string.h>
#include "queue/store_sqlite.h"

#define INSTANCE_COLUMNS                                                                   \
    "sop_uid, digest, kind, sop_class_uid, study_uid, series_uid, frame_uid, patient_id,"  \
    " issuer, modality, source_ae, received_ms, size, conflict, header"

static int read_instance(pn_instance *out, sqlite3_stmt *st, pn_error *err)
{
    pn_instance i = { 0 };
    SQ_TEXT(i.sop_uid, st, 0);
    SQ_TEXT(i.digest, st, 1);
    SQ_TEXT(i.kind, st, 2);
    SQ_TEXT(i.sop_class_uid, st, 3);
    SQ_TEXT(i.study_uid, st, 4);
    SQ_TEXT(i.series_uid, st, 5);
    SQ_TEXT(i.frame_of_reference_uid, st, 6);
    SQ_TEXT(i.patient_id, st, 7);
    SQ_TEXT(i.patient_id_issuer, st, 8);
    SQ_TEXT(i.modality, st, 9);
    SQ_TEXT(i.source_ae, st, 10);
    i.received_ms = sqlite3_column_int64(st, 11);
    i.size = (uint64_t)sqlite3_column_int64(st, 12);
    i.conflict = sqlite3_column_int(st, 13) != 0;
    const unsigned char *header = sqlite3_column_text(st, 14);
    if (header) {
        i.header_json = strdup((const char *)header);
        if (!i.header_json) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    }
    *out = i;
    return 0;
}

/* The open cases that may change by this instance: those that name it, those that use its
 * series, those that look for any series of its study. */
static int wake_cases(sq_store *s, const pn_instance *in, pn_error *err)
{
    int rc = sq_run(NULL, s, err,
                    "UPDATE cases SET match_at_ms=0 WHERE state IN ('received','waiting') AND"
                    " id IN (SELECT case_id FROM case_image WHERE sop_uid=?1)",
                    "t", in->sop_uid);
    if (rc) { return rc; }
    rc = sq_run(NULL, s, err,
                "UPDATE cases SET match_at_ms=0 WHERE state IN ('received','waiting') AND"
                " series_uid=?1 AND ?1<>''", "t", in->series_uid);
    if (rc) { return rc; }
    return sq_run(NULL, s, err,
                  "UPDATE cases SET match_at_ms=0 WHERE state IN ('received','waiting') AND"
                  " study_uid=?1 AND n_expected=0", "t", in->study_uid);
}

static int insert(pn_added *out, sq_store *s, const pn_instance *in, pn_error *err)
{
    int64_t same = 0, others = 0;
    int rc = sq_int(&same, s, err,
                    "SELECT count(*) FROM instance WHERE sop_uid=?1 AND digest=?2", "tt",
                    in->sop_uid, in->digest);
    if (rc) { return rc; }
    if (same) {
        *out = PN_ADDED_SAME;
        return 0;
    }
    rc = sq_int(&others, s, err, "SELECT count(*) FROM instance WHERE sop_uid=?1", "t",
                in->sop_uid);
    if (!rc && others) {
        rc = sq_run(NULL, s, err, "UPDATE instance SET conflict=1 WHERE sop_uid=?1", "t",
                    in->sop_uid);
    }
    if (!rc) {
        rc = sq_run(NULL, s, err,
                    "INSERT INTO instance(" INSTANCE_COLUMNS ")"
                    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
                    "tttttttttttiiit", in->sop_uid, in->digest, in->kind, in->sop_class_uid,
                    in->study_uid, in->series_uid, in->frame_of_reference_uid, in->patient_id,
                    in->patient_id_issuer, in->modality, in->source_ae, in->received_ms,
                    (int64_t)in->size, (int64_t)(others > 0), in->header_json);
    }
    if (!rc) { rc = wake_cases(s, in, err); }
    if (!rc) { *out = others ? PN_ADDED_CONFLICT : PN_ADDED_NEW; }
    return rc;
}

int sq_add_instance(pn_added *out, pn_store *ps, const pn_instance *in, pn_error *err)
{
    sq_store *s = sq(ps);
    int rc = sq_enter(s, err);
    if (rc) { return rc; }
    return sq_leave(s, insert(out, s, in, err), err);
}

int sq_get_instance(pn_instance *out, pn_store *ps, const char *sop_uid, const char *digest,
                    pn_error *err)
{
    sq_store *s = sq(ps);
    sqlite3_stmt *st = NULL;
    bool row = false;
    int rc = sq_stmt(&st, s, err,
                     "SELECT " INSTANCE_COLUMNS " FROM instance"
                     " WHERE sop_uid=?1 AND (?2 IS NULL OR digest=?2) ORDER BY id LIMIT 1",
                     "tt", sop_uid, digest);
    if (!rc) { rc = sq_step(&row, s, st, err); }
    if (rc) { return rc; }
    if (!row) { return pn_fail(err, PN_ENOTFOUND, "no instance %s", sop_uid); }
    rc = read_instance(out, st, err);
    sqlite3_reset(st);
    return rc;
}

int sq_count_instances(size_t *out, pn_store *ps, pn_error *err)
{
    int64_t n = 0;
    int rc = sq_int(&n, sq(ps), err, "SELECT count(*) FROM instance", "");
    if (!rc) { *out = (size_t)n; }
    return rc;
}

int sq_catalogue_complete(bool *out, pn_store *ps, pn_error *err)
{
    int64_t n = 0;
    int rc = sq_int(&n, sq(ps), err,
                    "SELECT count(*) FROM mark WHERE name='catalogue_complete'", "");
    if (!rc) { *out = n > 0; }
    return rc;
}

int sq_set_catalogue_complete(pn_store *ps, pn_error *err)
{
    return sq_run(NULL, sq(ps), err,
                  "INSERT OR IGNORE INTO mark(name) VALUES('catalogue_complete')", "");
}

static int instance_by_rowid(pn_instance *out, sq_store *s, int64_t rowid, pn_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    int rc = sq_stmt(&st, s, err, "SELECT " INSTANCE_COLUMNS " FROM instance WHERE id=?1", "i",
                     rowid);
    if (!rc) { rc = sq_step(&row, s, st, err); }
    if (rc) { return rc; }
    if (!row) { return pn_fail(err, PN_ENOTFOUND, "no instance %lld", (long long)rowid); }
    rc = read_instance(out, st, err);
    sqlite3_reset(st);
    return rc;
}

int sq_contours_without_case(pn_store *ps, pn_instance_fn fn, void *arg, pn_error *err)
{
    sq_store *s = sq(ps);
    int64_t *ids = NULL;
    size_t n = 0;
    /* First the list, then the calls: the callback writes. */
    int rc = sq_ints(&ids, &n, s, err,
                     "SELECT id FROM instance WHERE header IS NOT NULL AND NOT EXISTS"
                     " (SELECT 1 FROM cases WHERE contour_digest=instance.digest) ORDER BY id",
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
