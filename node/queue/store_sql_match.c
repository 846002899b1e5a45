/* queue/store_sql_match.c - the facts that matching decides on, and its decisions. */
#include <stdio.h>
#include <string.h>
#include "queue/store_sql.h"

/* Enhanced CT, MR, PET, and those converted from single frames. */
#define MULTIFRAME                                                                         \
    "('1.2.840.10008.5.1.4.1.1.2.1','1.2.840.10008.5.1.4.1.1.2.2',"                        \
    "'1.2.840.10008.5.1.4.1.1.4.1','1.2.840.10008.5.1.4.1.1.4.4',"                         \
    "'1.2.840.10008.5.1.4.1.1.130','1.2.840.10008.5.1.4.1.1.128.1')"

/* The series of the images that are named and there. */
static int own_series(pn_match_facts *f, sql_store *s, const pn_case *c, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    memcpy(f->series_uid, c->series_uid, sizeof f->series_uid);
    if (!c->drawn_only) { return 0; }
    int rc = sql_stmt(&st, s, err,
                      "SELECT CASE WHEN min(i.series_uid)=max(i.series_uid) THEN"
                      " max(i.series_uid) ELSE '' END,"
                      " count(DISTINCT CASE WHEN i.sop_class_uid IN " MULTIFRAME
                      " THEN i.sop_uid END) FROM case_image ci"
                      " JOIN instance i ON i.sop_uid=ci.sop_uid"
                      " WHERE ci.case_id=?1 AND i.current=1 AND i.kind='" PN_INSTANCE_IMAGE "'",
                      "i", c->id);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    bool whole = f->n_expected > 0 && f->n_present == f->n_expected;
    if (!c->series_uid[0] && whole) { SQL_TEXT(f->series_uid, st, 0); }
    f->n_multiframe = (size_t)sql_i64(st, 1);
    sql_done(st);
    return 0;
}

static int named_images(pn_match_facts *f, sql_store *s, int64_t id, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err,
                      "SELECT count(*), count(*) FILTER(WHERE EXISTS(SELECT 1 FROM instance i"
                      " WHERE i.sop_uid=ci.sop_uid AND i.kind='" PN_INSTANCE_IMAGE "'"
                      " AND i.current=1))"
                      " FROM case_image ci WHERE case_id=?1", "i", id);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    f->n_expected = (size_t)sql_i64(st, 0);
    f->n_present = (size_t)sql_i64(st, 1);
    sql_done(st);
    return 0;
}

/* min and max: an aggregate that needs no list of what differs. */
#define SAME_IDENTITY                                                                      \
    "CASE WHEN min(i.identity_digest)=max(i.identity_digest) THEN max(i.identity_digest)"  \
    " ELSE '' END"

static int first_text(char *dst, size_t n, sql_store *s, sql_rows *st, pn_error *err)
{
    bool row = false;
    int rc = sql_step(&row, s, st, err);
    if (rc) { return rc; }
    if (row) {
        sql_text(dst, n, st, 0);
        sql_done(st);
    } else {
        dst[0] = '\0';
    }
    return 0;
}

static int conflicts(pn_match_facts *f, sql_store *s, const pn_case *c, pn_error *err)
{
    sql_rows *st = NULL;
    int rc = sql_stmt(&st, s, err,
                      "SELECT i.sop_uid FROM case_image ci"
                      " JOIN instance i ON i.sop_uid=ci.sop_uid"
                      " WHERE ci.case_id=?1 AND i.conflict=1 LIMIT 1", "i", c->id);
    if (!rc) { rc = first_text(f->conflict_uid, sizeof f->conflict_uid, s, st, err); }
    if (rc) { return rc; }
    rc = sql_stmt(&st, s, err,
                  "SELECT " SAME_IDENTITY " FROM case_image ci"
                  " JOIN instance i ON i.sop_uid=ci.sop_uid"
                  " WHERE ci.case_id=?1 AND i.current=1 AND i.kind='" PN_INSTANCE_IMAGE "'",
                  "i", c->id);
    if (!rc) { rc = first_text(f->identity, sizeof f->identity, s, st, err); }
    return rc;
}

static int named_series(pn_match_facts *f, sql_store *s, const char *series, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    if (!series[0]) { return 0; }
    int rc = sql_stmt(&st, s, err,
                      "SELECT count(DISTINCT sop_uid), coalesce(max(received_ms), 0),"
                      " coalesce(min(CASE conflict WHEN 1 THEN sop_uid END), ''),"
                      " " SAME_IDENTITY " FROM instance i"
                      " WHERE series_uid=?1 AND kind='" PN_INSTANCE_IMAGE "' AND current=1",
                      "t", series);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    f->n_series = (size_t)sql_i64(st, 0);
    f->series_last_ms = sql_i64(st, 1);
    SQL_TEXT(f->series_conflict_uid, st, 2);
    SQL_TEXT(f->series_identity, st, 3);
    sql_done(st);
    return 0;
}

/* Where an archive has said how many instances the series has. */
static int whole_series(pn_match_facts *f, sql_store *s, pn_error *err)
{
    int64_t n = 0;
    if (f->series_count == 0) { return 0; }
    int rc = sql_int(&n, s, err, "SELECT count(DISTINCT sop_uid) FROM instance"
                                 " WHERE series_uid=?1 AND current=1", "t", f->series_uid);
    f->n_series_all = (size_t)n;
    return rc;
}

static int candidates(pn_match_facts *f, sql_store *s, const pn_case *c, pn_error *err)
{
    sql_rows *st = NULL;
    if (!c->study_uid[0] || !c->frame_of_reference_uid[0]) { return 0; }
    int rc = sql_stmt(&st, s, err,
                      "SELECT series_uid, max(received_ms) FROM instance"
                      " WHERE study_uid=?1 AND frame_uid=?2 AND kind='" PN_INSTANCE_IMAGE "'"
                      " AND current=1"
                      " GROUP BY series_uid ORDER BY series_uid",
                      "tt", c->study_uid, c->frame_of_reference_uid);
    bool row = true;
    while (!rc) {
        rc = sql_step(&row, s, st, err);
        if (rc || !row) { break; }
        if (f->n_candidates == 0) { f->candidate_last_ms = sql_i64(st, 1); }
        if (f->n_candidates < 2) { SQL_TEXT(f->candidate[f->n_candidates], st, 0); }
        f->n_candidates++;
    }
    return rc;
}

int sql_match_facts(pn_match_facts *out, pn_store *ps, const pn_case *c, pn_error *err)
{
    sql_store *s = sql_of(ps);
    pn_match_facts f = { 0 };
    int rc = named_images(&f, s, c->id, err);
    if (!rc) { rc = conflicts(&f, s, c, err); }
    if (!rc) { rc = own_series(&f, s, c, err); }
    if (!rc) { rc = named_series(&f, s, f.series_uid, err); }
    if (!rc) { rc = candidates(&f, s, c, err); }
    if (!rc) { rc = sql_keep_facts(&f, s, c, err); }
    if (!rc) { rc = whole_series(&f, s, err); }
    if (!rc) { *out = f; }
    return rc;
}

/* Columns of the first disagreeing image; see the contract for what counts. */
#define DISAGREES                                                                          \
    "(i.patient_id<>?2 OR i.study_uid<>?3 OR (i.issuer<>?4 AND i.issuer<>'' AND ?4<>'')"   \
    " OR (i.frame_uid<>?5 AND i.frame_uid<>'' AND ?5<>''))"
#define IDENTITY                                                                           \
    "SELECT i.sop_uid, i.patient_id, i.study_uid, i.issuer, i.frame_uid,"                \
    " CASE WHEN EXISTS(SELECT 1"                                                           \
    " FROM instance o WHERE (o.sop_uid=i.sop_uid AND o.digest<>i.digest)"                  \
    " OR (o.sop_uid=?6 AND o.digest<>?7)) THEN 1 ELSE 0 END "

static void name_difference(pn_identity_conflict *out, const pn_case *c, sql_rows *st)
{
    const struct { const char *what, *mine; bool may_be_empty; } value[] = {
        { "Patient ID", c->patient_id, false },
        { "Study Instance UID", c->study_uid, false },
        { "Issuer of Patient ID", c->patient_id_issuer, true },
        { "Frame of Reference UID", c->frame_of_reference_uid, true },
    };
    memset(out, 0, sizeof *out);
    SQL_TEXT(out->image_uid, st, 0);
    out->correcting = sql_i64(st, 5) != 0;
    for (int i = 0; i < 4; i++) {
        char theirs[PN_LO_SIZE];
        SQL_TEXT(theirs, st, i + 1);
        bool unstated = !theirs[0] || !value[i].mine[0];
        if (strcmp(theirs, value[i].mine) == 0 || (unstated && value[i].may_be_empty)) {
            continue;
        }
        snprintf(out->what, sizeof out->what, "%s", value[i].what);
        snprintf(out->contour_value, sizeof out->contour_value, "%s", value[i].mine);
        snprintf(out->image_value, sizeof out->image_value, "%s", theirs);
        return;
    }
}

int sql_identity_conflict(pn_identity_conflict *out, bool *found, pn_store *ps, const pn_case *c,
                          const char *series_uid, bool by_series, pn_error *err)
{
    sql_store *s = sql_of(ps);
    sql_rows *st = NULL;
    int rc = by_series
        ? sql_stmt(&st, s, err,
                   IDENTITY "FROM instance i WHERE i.series_uid=?1 AND i.current=1 AND"
                   " i.kind='" PN_INSTANCE_IMAGE "' AND " DISAGREES " ORDER BY i.id LIMIT 1",
                   "ttttttt", series_uid, c->patient_id, c->study_uid, c->patient_id_issuer,
                   c->frame_of_reference_uid, c->contour_uid, c->contour_digest)
        : sql_stmt(&st, s, err,
                   IDENTITY "FROM case_image ci JOIN instance i ON i.sop_uid=ci.sop_uid"
                   " WHERE ci.case_id=?1 AND i.current=1 AND i.kind='" PN_INSTANCE_IMAGE "'"
                   " AND " DISAGREES " ORDER BY i.id LIMIT 1",
                   "itttttt", c->id, c->patient_id, c->study_uid, c->patient_id_issuer,
                   c->frame_of_reference_uid, c->contour_uid, c->contour_digest);
    bool row = false;
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc) { return rc; }
    *found = row;
    if (row) {
        name_difference(out, c, st);
        sql_done(st);
    }
    return 0;
}

int sql_next_to_match(pn_case *out, bool *found, pn_store *ps, int64_t now_ms, pn_error *err)
{
    int64_t id = 0;
    int rc = sql_int(&id, sql_of(ps), err,
                     "SELECT id FROM cases WHERE state IN ('received','waiting')"
                     " AND match_at_ms<=?1 ORDER BY id LIMIT 1", "i", now_ms);
    if (rc) { return rc; }
    *found = id != 0;
    return id ? sql_get_case(out, ps, id, err) : 0;
}

/* The place in the queue of a case that becomes ready: the next turn of its sender, and not one
 * that is over. So each sender that has work waiting gets the same share, however much of it
 * there is. */
static int next_turn(int64_t *turn, sql_store *s, int64_t id, pn_error *err)
{
    return sql_int(turn, s, err,
                   "SELECT 1 + CASE WHEN own>served THEN own ELSE served END FROM (SELECT"
                   " coalesce((SELECT max(turn) FROM cases WHERE state IN ('ready','running')"
                   "  AND source_ae=(SELECT source_ae FROM cases WHERE id=?1)), 0) AS own,"
                   " coalesce((SELECT max(turn) FROM cases WHERE state='running'),"
                   "  (SELECT turn-1 FROM cases WHERE state IN ('ready','running')"
                   "  ORDER BY priority DESC, turn, ready_ms, id LIMIT 1), 0) AS served) t",
                   "i", id);
}

int sql_decide_case(pn_store *ps, int64_t id, const pn_match_decision *d, int64_t now_ms,
                    pn_error *err)
{
    int changed = 0;
    int64_t turn = 0;
    bool ready = d->state == PN_CASE_READY;
    int rc = ready ? next_turn(&turn, sql_of(ps), id, err) : 0;
    if (rc) { return rc; }
    rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET state=?2, reason=?3, series_uid=?4, by_series=?5,"
                     " n_present=?6, match_at_ms=?7, updated_ms=?8, not_before_ms=0,"
                     " images_identity=?9,"
                     " ready_ms=CASE WHEN ?10<>0 AND ready_ms=0 THEN ?8 ELSE ready_ms END,"
                     " turn=CASE WHEN ?10<>0 AND ready_ms=0 THEN ?14 ELSE turn END,"
                     " version=CASE WHEN ?11>0 THEN ?11 ELSE version END,"
                     " predecessor_sop_uid=CASE WHEN ?11>0 THEN ?12 ELSE predecessor_sop_uid END,"
                     " predecessor_series_uid="
                     "  CASE WHEN ?11>0 THEN ?13 ELSE predecessor_series_uid END"
                     " WHERE id=?1 AND state IN ('received','waiting')",
                     "itttiiiitiitti", id, pn_case_state_word(d->state), d->reason, d->series_uid,
                     (int64_t)d->by_series, (int64_t)d->n_present, d->next_look_ms, now_ms,
                     d->images_identity, (int64_t)ready, ready ? (int64_t)d->version : (int64_t)0,
                     d->predecessor_sop_uid, d->predecessor_series_uid, turn);
    if (rc) { return rc; }
    if (!changed) {
        return pn_fail(err, PN_EINVAL, "case %lld is not open any more", (long long)id);
    }
    return 0;
}

int sql_hold_users_of(size_t *n, pn_store *ps, const char *sop_uid, const char *reason,
                      int64_t now_ms, pn_error *err)
{
    int changed = 0;
    int rc = sql_run(&changed, sql_of(ps), err,
                     "UPDATE cases SET state='held', reason=?2, conflict_accepted=0, updated_ms=?3"
                     " WHERE state IN ('received','waiting','ready') AND (contour_uid=?1"
                     " OR id IN (SELECT case_id FROM case_image WHERE sop_uid=?1)"
                     " OR (by_series=1 AND series_uid IN"
                     "  (SELECT series_uid FROM instance WHERE sop_uid=?1)))",
                     "tti", sop_uid, reason, now_ms);
    if (!rc) { *n = (size_t)changed; }
    return rc;
}
