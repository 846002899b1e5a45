/* queue/store_sql_cases.c - cases: making, reading, listing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "queue/store_sql.h"

const char sql_case_by_id[] =
    "SELECT id, state, reason, contour_uid, contour_digest, contour_kind, patient_id, issuer,"
    " study_uid, frame_uid, series_uid, model_index, model_id, model_sha256, rois, n_expected,"
    " n_present, by_series, fallback_at_ms, give_up_at_ms, created_ms, updated_ms,"
    " not_before_ms, attempts, fence, lease_owner, lease_until_ms, content_datetime, version,"
    " predecessor_sop_uid, predecessor_series_uid, report_sop_uid, result_dir,"
    " conflict_accepted, model_version, lineage, contour_datetime, priority, ready_ms,"
    " images_identity, report_series_uid, run, withdrawn, drawn_only, source_ae FROM cases"
    " WHERE id=?1";

static int format_rois(pn_buf *b, const pn_case *c, pn_error *err)
{
    int rc = pn_buf_add(b, "", 0, err);
    for (size_t i = 0; !rc && i < c->n_rois; i++) {
        rc = pn_buf_printf(b, err, i ? ",%d" : "%d", c->roi_numbers[i]);
    }
    return rc;
}

static void parse_rois(pn_case *c, const char *text)
{
    c->n_rois = 0;
    while (text && *text && c->n_rois < PN_MAX_ROIS) {
        char *end;
        c->roi_numbers[c->n_rois++] = (int)strtol(text, &end, 10);
        text = *end == ',' ? end + 1 : NULL;
    }
}

void sql_read_case(pn_case *out, sql_rows *st)
{
    memset(out, 0, sizeof *out);
    char state[24];
    out->id = sql_i64(st, 0);
    SQL_TEXT(state, st, 1);
    if (!pn_case_state_parse(&out->state, state)) { out->state = PN_CASE_HELD; }
    SQL_TEXT(out->reason, st, 2);
    SQL_TEXT(out->contour_uid, st, 3);
    SQL_TEXT(out->contour_digest, st, 4);
    SQL_TEXT(out->contour_kind, st, 5);
    SQL_TEXT(out->patient_id, st, 6);
    SQL_TEXT(out->patient_id_issuer, st, 7);
    SQL_TEXT(out->study_uid, st, 8);
    SQL_TEXT(out->frame_of_reference_uid, st, 9);
    SQL_TEXT(out->series_uid, st, 10);
    out->model_index = (int)sql_i64(st, 11);
    SQL_TEXT(out->model_id, st, 12);
    SQL_TEXT(out->model_sha256, st, 13);
    parse_rois(out, sql_str(st, 14));
    out->n_expected = (size_t)sql_i64(st, 15);
    out->n_present = (size_t)sql_i64(st, 16);
    out->by_series = sql_i64(st, 17) != 0;
    out->fallback_at_ms = sql_i64(st, 18);
    out->give_up_at_ms = sql_i64(st, 19);
    out->created_ms = sql_i64(st, 20);
    out->updated_ms = sql_i64(st, 21);
    out->not_before_ms = sql_i64(st, 22);
    out->attempts = (unsigned)sql_i64(st, 23);
    out->fence = sql_i64(st, 24);
    SQL_TEXT(out->lease_owner, st, 25);
    out->lease_until_ms = sql_i64(st, 26);
    SQL_TEXT(out->content_datetime, st, 27);
    out->version = (unsigned)sql_i64(st, 28);
    SQL_TEXT(out->predecessor_sop_uid, st, 29);
    SQL_TEXT(out->predecessor_series_uid, st, 30);
    SQL_TEXT(out->report_sop_uid, st, 31);
    SQL_TEXT(out->result_dir, st, 32);
    out->conflict_accepted = sql_i64(st, 33) != 0;
    SQL_TEXT(out->model_version, st, 34);
    SQL_TEXT(out->lineage, st, 35);
    SQL_TEXT(out->contour_datetime, st, 36);
    out->priority = (unsigned)sql_i64(st, 37);
    out->ready_ms = sql_i64(st, 38);
    SQL_TEXT(out->images_identity, st, 39);
    SQL_TEXT(out->report_series_uid, st, 40);
    out->again = sql_i64(st, 41) > 0;
    SQL_TEXT(out->withdrawn, st, 42);
    out->drawn_only = sql_i64(st, 43) != 0;
    SQL_TEXT(out->source_ae, st, 44);
}

/* ?25: the number of a case that had one, 0: the next. */
#define INSERT_CASE(next)                                                              \
    "INSERT INTO cases(state, reason, contour_uid, contour_digest, contour_kind,"      \
    " patient_id, issuer, study_uid, frame_uid, series_uid, model_index,"              \
    " model_id, model_sha256, rois, n_expected, fallback_at_ms, give_up_at_ms,"        \
    " created_ms, updated_ms, version, predecessor_sop_uid,"                           \
    " predecessor_series_uid, model_version, lineage, contour_datetime,"               \
    " priority, id, drawn_only, source_ae, run) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,"           \
    "?14,0,?15,?16,?17,?17,?18,?19,?20,?21,?22,?23,?24,coalesce(nullif(?25,0), " next "),"\
    "?26,?27,"                                                                         \
    "(SELECT coalesce(max(run)+1,0) FROM cases"                                        \
    " WHERE contour_digest=?4 AND model_id=?12)) RETURNING id"
#define CASE_SEQUENCE "pg_get_serial_sequence('cases', 'id')"
#define NEXT_ID "nextval(" CASE_SEQUENCE ")"

static int insert_row(int64_t *id, sql_store *s, const pn_case *in, int64_t now_ms,
                      pn_error *err)
{
    pn_buf rois = { 0 };
    bool own = *id != 0;
    int rc = format_rois(&rois, in, err);
    if (!rc) {
        rc = sql_int(id, s, err,
                     s->driver->dialect == SQL_POSTGRESQL ? INSERT_CASE(NEXT_ID)
                                                          : INSERT_CASE("NULL"),
                     "ttttttttttitttiiiitttttiiit", pn_case_state_word(in->state), in->reason,
                     in->contour_uid, in->contour_digest, in->contour_kind, in->patient_id,
                     in->patient_id_issuer, in->study_uid, in->frame_of_reference_uid,
                     in->series_uid, (int64_t)in->model_index, in->model_id, in->model_sha256,
                     rois.p ? rois.p : "", in->fallback_at_ms, in->give_up_at_ms, now_ms,
                     (int64_t)(in->version ? in->version : 1), in->predecessor_sop_uid,
                     in->predecessor_series_uid, in->model_version, in->lineage,
                     in->contour_datetime, (int64_t)in->priority, *id, (int64_t)in->drawn_only,
                     in->source_ae);
    }
    pn_buf_free(&rois);
    /* sqlite's own numbers go on from the highest; a sequence has to be told. */
    if (!rc && own && s->driver->dialect == SQL_POSTGRESQL) {
        rc = sql_run(NULL, s, err, "SELECT setval(" CASE_SEQUENCE ", greatest(" NEXT_ID ","
                                   " (SELECT max(id) FROM cases)))", "");
    }
    return rc;
}

int sql_insert_case(int64_t *id, sql_store *s, const pn_case *in, const char *const *image_uids,
                    size_t n, int64_t now_ms, pn_error *err)
{
    int rc = insert_row(id, s, in, now_ms, err);
    for (size_t i = 0; !rc && i < n; i++) {
        /* A UID that the contour names twice is one image. */
        rc = sql_run(NULL, s, err,
                     "INSERT INTO case_image(case_id, sop_uid) VALUES(?1,?2)"
                     " ON CONFLICT DO NOTHING", "it",
                     *id, image_uids[i]);
    }
    if (rc) { return rc; }
    return sql_run(NULL, s, err,
                   "UPDATE cases SET n_expected="
                   "(SELECT count(*) FROM case_image WHERE case_id=?1) WHERE id=?1", "i", *id);
}

static int insert_case(int64_t *id, bool *made, sql_store *s, const pn_case *in,
                       const char *const *image_uids, size_t n, int64_t now_ms, pn_error *err)
{
    int64_t known = 0;
    int rc = sql_int(&known, s, err,
                     "SELECT min(id) FROM cases WHERE contour_digest=?1 AND model_id=?2", "tt",
                     in->contour_digest, in->model_id);
    if (rc) { return rc; }
    if (known && !in->again) {
        *id = known;
        *made = false;
        return 0;
    }
    int64_t new_id = 0;
    rc = sql_insert_case(&new_id, s, in, image_uids, n, now_ms, err);
    if (rc) { return rc; }
    *id = new_id;
    *made = true;
    return 0;
}

int sql_add_case(int64_t *id, bool *made, pn_store *ps, const pn_case *in,
                 const char *const *image_uids, size_t n_image_uids, int64_t now_ms,
                 pn_error *err)
{
    sql_store *s = sql_of(ps);
    int rc = sql_enter(s, err);
    if (rc) { return rc; }
    rc = insert_case(id, made, s, in, image_uids, n_image_uids, now_ms, err);
    return sql_leave(s, rc, err);
}

int sql_get_case(pn_case *out, pn_store *ps, int64_t id, pn_error *err)
{
    sql_store *s = sql_of(ps);
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err, sql_case_by_id, "i", id);
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc) { return rc; }
    if (!row) { return pn_fail(err, PN_ENOTFOUND, "no case %lld", (long long)id); }
    sql_read_case(out, st);
    sql_done(st);
    return 0;
}

int sql_list_cases(pn_store *ps, pn_case_state state, size_t limit, pn_case_fn fn, void *arg,
                   pn_error *err)
{
    sql_store *s = sql_of(ps);
    bool all = (unsigned)state >= PN_CASE_NSTATES;
    int64_t *ids = NULL;
    size_t n = 0;
    int rc = sql_ints(&ids, &n, s, err,
                      "SELECT id FROM cases WHERE ?1 IS NULL OR state=?1"
                      " ORDER BY id DESC LIMIT ?2",
                      "ti", all ? NULL : pn_case_state_word(state),
                      limit ? (int64_t)limit : INT64_MAX);
    pn_case *c = rc ? NULL : malloc(sizeof *c);
    if (!rc && !c) { rc = pn_fail(err, PN_ENOMEM, "database: no memory"); }
    for (size_t i = 0; !rc && i < n; i++) {
        rc = sql_get_case(c, ps, ids[i], err);
        if (!rc) { rc = fn(arg, c, err); }
    }
    free(c);
    free(ids);
    return rc;
}

static int count_cases(pn_store_counts *out, sql_store *s, pn_error *err)
{
    sql_rows *st = NULL;
    int rc = sql_stmt(&st, s, err, "SELECT state, count(*) FROM cases GROUP BY state", "");
    bool row = true;
    while (!rc) {
        rc = sql_step(&row, s, st, err);
        if (rc || !row) { break; }
        char word[24];
        pn_case_state state;
        SQL_TEXT(word, st, 0);
        if (pn_case_state_parse(&state, word)) {
            out->cases[state] = (size_t)sql_i64(st, 1);
        }
    }
    return rc;
}

static int count_deliveries(pn_store_counts *out, sql_store *s, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err,
                      "SELECT count(*) FILTER(WHERE state IN ('pending','queued')),"
                      " count(*) FILTER(WHERE state='failed'),"
                      " count(*) FILTER(WHERE state='sent'),"
                      " count(*) FILTER(WHERE state='held'),"
                      " count(*) FILTER(WHERE commitment IN ('due','asked')) FROM outbox", "");
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    out->deliveries_pending = (size_t)sql_i64(st, 0);
    out->deliveries_failed = (size_t)sql_i64(st, 1);
    out->deliveries_sent = (size_t)sql_i64(st, 2);
    out->deliveries_held = (size_t)sql_i64(st, 3);
    out->commitments_open = (size_t)sql_i64(st, 4);
    sql_done(st);
    return 0;
}

static int count_oddities(pn_store_counts *out, sql_store *s, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, s, err,
                      "SELECT count(DISTINCT CASE WHEN conflict=1 THEN sop_uid END),"
                      " count(DISTINCT CASE WHEN kind='own' THEN sop_uid END) FROM instance", "");
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc || !row) { return rc; }
    out->conflicts = (size_t)sql_i64(st, 0);
    out->own_returned = (size_t)sql_i64(st, 1);
    sql_done(st);
    return 0;
}

int sql_count(pn_store_counts *out, pn_store *ps, pn_error *err)
{
    sql_store *s = sql_of(ps);
    pn_store_counts c = { 0 };
    int rc = count_cases(&c, s, err);
    if (!rc) { rc = count_deliveries(&c, s, err); }
    if (!rc) { rc = sql_count_instances(&c.instances, ps, err); }
    if (!rc) { rc = count_oddities(&c, s, err); }
    if (!rc) {
        rc = sql_int(&c.oldest_waiting_ms, s, err,
                     "SELECT min(created_ms) FROM cases WHERE state='waiting'", "");
    }
    if (!rc) { *out = c; }
    return rc;
}

static int read_files(pn_file_list *out, sql_store *s, sql_rows *st, pn_error *err)
{
    pn_file_list l = { 0 };
    size_t room = 0;
    int rc = 0;
    for (bool row = true;;) {
        rc = sql_step(&row, s, st, err);
        if (rc || !row) { break; }
        if (l.n == PN_MAX_SLICES) {
            rc = pn_fail(err, PN_ELIMIT, "more than %d images in one case", PN_MAX_SLICES);
            break;
        }
        if (l.n == room) {
            room = room ? 2 * room : 256;
            pn_file_ref *more = realloc(l.item, room * sizeof *more);
            if (!more) {
                rc = pn_fail(err, PN_ENOMEM, "no memory for %zu file names", room);
                break;
            }
            l.item = more;
        }
        SQL_TEXT(l.item[l.n].sop_uid, st, 0);
        SQL_TEXT(l.item[l.n].digest, st, 1);
        l.n++;
    }
    sql_done(st);
    if (rc) {
        pn_file_list_free(&l);
    } else {
        *out = l;
    }
    return rc;
}

int sql_case_images(pn_file_list *out, pn_store *ps, int64_t id, pn_error *err)
{
    sql_store *s = sql_of(ps);
    pn_case *c = malloc(sizeof *c);
    if (!c) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    sql_rows *st = NULL;
    int rc = sql_get_case(c, ps, id, err);
    if (!rc && c->by_series) {
        rc = sql_stmt(&st, s, err,
                      "SELECT sop_uid, digest FROM instance"
                      " WHERE series_uid=?1 AND kind='" PN_INSTANCE_IMAGE "' AND current=1"
                      " ORDER BY sop_uid", "t", c->series_uid);
    } else if (!rc) {
        rc = sql_stmt(&st, s, err,
                      "SELECT i.sop_uid, i.digest FROM case_image ci"
                      " JOIN instance i ON i.sop_uid=ci.sop_uid"
                      " WHERE ci.case_id=?1 AND i.kind='" PN_INSTANCE_IMAGE "' AND i.current=1"
                      " ORDER BY i.sop_uid", "i", id);
    }
    free(c);
    return rc ? rc : read_files(out, s, st, err);
}

int sql_case_missing(pn_file_list *out, pn_store *ps, int64_t id, size_t limit, pn_error *err)
{
    sql_store *s = sql_of(ps);
    sql_rows *st = NULL;
    int rc = sql_stmt(&st, s, err,
                      "SELECT sop_uid, '' FROM case_image ci WHERE case_id=?1 AND NOT EXISTS"
                      " (SELECT 1 FROM instance i WHERE i.sop_uid=ci.sop_uid"
                      "  AND i.kind='" PN_INSTANCE_IMAGE "' AND i.current=1) ORDER BY sop_uid LIMIT ?2",
                      "ii", id, limit ? (int64_t)limit : INT64_MAX);
    return rc ? rc : read_files(out, s, st, err);
}

int sql_series_images(pn_file_list *out, pn_store *ps, const char *series_uid, pn_error *err)
{
    sql_store *s = sql_of(ps);
    sql_rows *st = NULL;
    int rc = sql_stmt(&st, s, err,
                      "SELECT sop_uid, digest FROM instance WHERE series_uid=?1 AND current=1"
                      " ORDER BY sop_uid", "t", series_uid);
    return rc ? rc : read_files(out, s, st, err);
}
