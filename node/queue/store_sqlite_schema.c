/* queue/store_sqlite_schema.c - the tables, and the steps from one version to the next.
 *
 * Version rule: a released step is never edited; a change is a new step at the end. The step's
 * place in the list is the version that it makes. States are stored as the words that the
 * operator reads; times as milliseconds since 1970 UTC. */
#include "queue/store_sqlite.h"

static const char step_1[] =
    "CREATE TABLE mark(name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
    "CREATE TABLE instance("
    " id INTEGER PRIMARY KEY,"                  /* order of arrival */
    " sop_uid TEXT NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL,"
    " sop_class_uid TEXT NOT NULL, study_uid TEXT NOT NULL, series_uid TEXT NOT NULL,"
    " frame_uid TEXT NOT NULL, patient_id TEXT NOT NULL, issuer TEXT NOT NULL,"
    " modality TEXT NOT NULL, source_ae TEXT NOT NULL,"
    " received_ms INTEGER NOT NULL, size INTEGER NOT NULL,"
    " conflict INTEGER NOT NULL DEFAULT 0, header TEXT,"
    " UNIQUE(sop_uid, digest)) STRICT;"
    "CREATE INDEX instance_series ON instance(series_uid, kind, sop_uid);"
    "CREATE INDEX instance_frame ON instance(study_uid, frame_uid, kind, series_uid);"
    "CREATE INDEX instance_contour ON instance(digest) WHERE header IS NOT NULL;"
    "CREATE TABLE cases("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"    /* a number that people quote: never again */
    " state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',"
    " contour_uid TEXT NOT NULL, contour_digest TEXT NOT NULL, contour_kind TEXT NOT NULL,"
    " patient_id TEXT NOT NULL, issuer TEXT NOT NULL, study_uid TEXT NOT NULL,"
    " frame_uid TEXT NOT NULL, series_uid TEXT NOT NULL,"
    " model_index INTEGER NOT NULL, model_id TEXT NOT NULL, model_sha256 TEXT NOT NULL,"
    " rois TEXT NOT NULL,"                      /* numbers, separated by commas */
    " n_expected INTEGER NOT NULL, n_present INTEGER NOT NULL DEFAULT 0,"
    " by_series INTEGER NOT NULL DEFAULT 0,"
    " fallback_at_ms INTEGER NOT NULL, give_up_at_ms INTEGER NOT NULL,"
    " conflict_accepted INTEGER NOT NULL DEFAULT 0,"
    " match_at_ms INTEGER NOT NULL DEFAULT 0,"  /* an open case is looked at from here on */
    " created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " not_before_ms INTEGER NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0,"
    " lease_owner TEXT NOT NULL DEFAULT '', lease_until_ms INTEGER NOT NULL DEFAULT 0,"
    " content_datetime TEXT NOT NULL DEFAULT '', version INTEGER NOT NULL DEFAULT 1,"
    " predecessor_sop_uid TEXT NOT NULL DEFAULT '',"
    " predecessor_series_uid TEXT NOT NULL DEFAULT '',"
    " report_sop_uid TEXT NOT NULL DEFAULT '', result_dir TEXT NOT NULL DEFAULT '',"
    " UNIQUE(contour_digest, model_id)) STRICT;"
    "CREATE INDEX cases_open ON cases(state, match_at_ms);"
    "CREATE INDEX cases_contour ON cases(contour_uid);"
    "CREATE INDEX cases_series ON cases(series_uid, state);"
    "CREATE INDEX cases_study ON cases(study_uid, state);"
    "CREATE TABLE case_image("
    " case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE CASCADE,"
    " sop_uid TEXT NOT NULL, PRIMARY KEY(case_id, sop_uid)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX case_image_uid ON case_image(sop_uid);"
    "CREATE TABLE outbox("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE CASCADE,"
    " archive TEXT NOT NULL, path TEXT NOT NULL,"
    " sop_class_uid TEXT NOT NULL, sop_uid TEXT NOT NULL,"
    " state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0,"
    " fence INTEGER NOT NULL DEFAULT 0, next_at_ms INTEGER NOT NULL,"
    " lease_owner TEXT NOT NULL DEFAULT '', lease_until_ms INTEGER NOT NULL DEFAULT 0,"
    " updated_ms INTEGER NOT NULL, last_status INTEGER NOT NULL DEFAULT -1,"
    " last_comment TEXT NOT NULL DEFAULT '',"
    " UNIQUE(case_id, archive, sop_uid)) STRICT;"
    "CREATE INDEX outbox_due ON outbox(state, archive, next_at_ms);";

/* Versions of reports. `cases` is made anew because its uniqueness changes; what refers to it
 * does so by name, and foreign keys are off meanwhile. */
static const char step_2[] =
    "ALTER TABLE instance ADD COLUMN pixel_digest TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE instance ADD COLUMN identity_digest TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE instance ADD COLUMN current INTEGER NOT NULL DEFAULT 0;"
    "UPDATE instance SET current=1 WHERE id IN (SELECT min(id) FROM instance GROUP BY sop_uid);"
    "UPDATE instance SET conflict=0 WHERE header IS NOT NULL;"
    "CREATE TABLE cases_2("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"    /* a number that people quote: never again */
    " state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',"
    " contour_uid TEXT NOT NULL, contour_digest TEXT NOT NULL, contour_kind TEXT NOT NULL,"
    " patient_id TEXT NOT NULL, issuer TEXT NOT NULL, study_uid TEXT NOT NULL,"
    " frame_uid TEXT NOT NULL, series_uid TEXT NOT NULL,"
    " model_index INTEGER NOT NULL, model_id TEXT NOT NULL, model_sha256 TEXT NOT NULL,"
    " rois TEXT NOT NULL,"                      /* numbers, separated by commas */
    " n_expected INTEGER NOT NULL, n_present INTEGER NOT NULL DEFAULT 0,"
    " by_series INTEGER NOT NULL DEFAULT 0,"
    " fallback_at_ms INTEGER NOT NULL, give_up_at_ms INTEGER NOT NULL,"
    " conflict_accepted INTEGER NOT NULL DEFAULT 0,"
    " match_at_ms INTEGER NOT NULL DEFAULT 0,"  /* to be looked at from here on */
    " created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " not_before_ms INTEGER NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0,"
    " lease_owner TEXT NOT NULL DEFAULT '', lease_until_ms INTEGER NOT NULL DEFAULT 0,"
    " content_datetime TEXT NOT NULL DEFAULT '', version INTEGER NOT NULL DEFAULT 1,"
    " predecessor_sop_uid TEXT NOT NULL DEFAULT '',"
    " predecessor_series_uid TEXT NOT NULL DEFAULT '',"
    " report_sop_uid TEXT NOT NULL DEFAULT '', result_dir TEXT NOT NULL DEFAULT '',"
    " model_version TEXT NOT NULL DEFAULT '', lineage TEXT NOT NULL DEFAULT '',"
    " contour_datetime TEXT NOT NULL DEFAULT '',"
    " run INTEGER NOT NULL DEFAULT 0,"          /* of the same contour and model: 0, 1, … */
    " priority INTEGER NOT NULL DEFAULT 0, ready_ms INTEGER NOT NULL DEFAULT 0,"
    " images_identity TEXT NOT NULL DEFAULT '', report_series_uid TEXT NOT NULL DEFAULT '',"
    " UNIQUE(contour_digest, model_id, run)) STRICT;"
    "INSERT INTO cases_2(id, state, reason, contour_uid, contour_digest, contour_kind,"
    " patient_id, issuer, study_uid, frame_uid, series_uid, model_index, model_id,"
    " model_sha256, rois, n_expected, n_present, by_series, fallback_at_ms, give_up_at_ms,"
    " conflict_accepted, match_at_ms, created_ms, updated_ms, not_before_ms, attempts, fence,"
    " lease_owner, lease_until_ms, content_datetime, version, predecessor_sop_uid,"
    " predecessor_series_uid, report_sop_uid, result_dir)"
    " SELECT id, state, reason, contour_uid, contour_digest, contour_kind,"
    " patient_id, issuer, study_uid, frame_uid, series_uid, model_index, model_id,"
    " model_sha256, rois, n_expected, n_present, by_series, fallback_at_ms, give_up_at_ms,"
    " conflict_accepted, match_at_ms, created_ms, updated_ms, not_before_ms, attempts, fence,"
    " lease_owner, lease_until_ms, content_datetime, version, predecessor_sop_uid,"
    " predecessor_series_uid, report_sop_uid, result_dir FROM cases;"
    "DROP TABLE cases;"
    "ALTER TABLE cases_2 RENAME TO cases;"
    "CREATE INDEX cases_open ON cases(state, match_at_ms);"
    "CREATE INDEX cases_contour ON cases(contour_uid);"
    "CREATE INDEX cases_series ON cases(series_uid, state);"
    "CREATE INDEX cases_study ON cases(study_uid, state);"
    "CREATE INDEX cases_lineage ON cases(lineage, id);"
    "CREATE INDEX cases_model ON cases(model_sha256, report_sop_uid);";

/* What a worker, the indexer and a sender ask for ten times a second, whatever the number of
 * cases that are done. */
static const char step_3[] =
    "DROP INDEX cases_open; DROP INDEX outbox_due;"
    "CREATE INDEX cases_open ON cases(match_at_ms) WHERE state IN ('received','waiting');"
    "CREATE INDEX cases_finished ON cases(match_at_ms)"
    " WHERE state IN ('reported','delivered','committed');"
    "CREATE INDEX cases_due ON cases(priority DESC, ready_ms, id)"
    " WHERE state IN ('ready','running');"
    "CREATE INDEX outbox_due ON outbox(next_at_ms, id) WHERE state='pending';";

/* Pulling and retention. */
static const char step_4[] =
    "ALTER TABLE instance ADD COLUMN came_ms INTEGER NOT NULL DEFAULT 0;"      /* again */
    "ALTER TABLE instance ADD COLUMN removed_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE instance ADD COLUMN removed_why TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE instance ADD COLUMN to_unlink INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX instance_kept ON instance(id) WHERE removed_ms=0;"
    "CREATE INDEX instance_unlink ON instance(id) WHERE to_unlink=1;"
    "ALTER TABLE cases ADD COLUMN images_removed_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE cases ADD COLUMN results_removed_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX cases_images ON cases(updated_ms, id) WHERE images_removed_ms=0;"
    "CREATE INDEX cases_results ON cases(updated_ms)"
    " WHERE results_removed_ms=0 AND result_dir<>'';"
    "CREATE TABLE pull("
    " case_id INTEGER PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,"
    " attempts INTEGER NOT NULL, fence INTEGER NOT NULL,"
    " next_at_ms INTEGER NOT NULL DEFAULT 0, lease_owner TEXT NOT NULL DEFAULT '',"
    " lease_until_ms INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '') STRICT;";

/* Several objects of a case: the order of sending, alternatives, and withdrawal. */
static const char step_5[] =
    "ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'sr';"
    "ALTER TABLE outbox ADD COLUMN place INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN choice INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN names_segment INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN tried_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX outbox_object ON outbox(sop_uid);"
    "ALTER TABLE cases ADD COLUMN withdrawn TEXT NOT NULL DEFAULT '';";

/* Contours that name only what they are drawn on, what archives say of a series, and the turns
 * of the senders. Of one sender, what was ready keeps its order. */
static const char step_6[] =
    "ALTER TABLE cases ADD COLUMN drawn_only INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE cases ADD COLUMN source_ae TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE cases ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX cases_due;"
    "CREATE INDEX cases_due ON cases(priority DESC, turn, ready_ms, id)"
    " WHERE state IN ('ready','running');"
    "CREATE INDEX cases_turn ON cases(source_ae, turn) WHERE state IN ('ready','running');"
    "CREATE INDEX cases_running ON cases(turn) WHERE state='running';"
    "ALTER TABLE pull ADD COLUMN series_count INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE pull ADD COLUMN updated_ms INTEGER NOT NULL DEFAULT 0;";

/* What the archives were asked to keep, and what they said. */
static const char step_7[] =
    "ALTER TABLE outbox ADD COLUMN commitment TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE outbox ADD COLUMN commit_at_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN commit_requests INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN commit_failures INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN transaction_uid TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX outbox_commit ON outbox(commit_at_ms, id) WHERE commitment IN ('due','asked');"
    "CREATE INDEX outbox_transaction ON outbox(transaction_uid) WHERE transaction_uid<>'';";

static const char *const steps[] = { step_1, step_2, step_3, step_4, step_5, step_6, step_7 };
enum { NEWEST = sizeof steps / sizeof *steps };

static int current_version(int64_t *out, sq_store *s, pn_error *err)
{
    return sql_int(out, &s->sql, err, "SELECT version FROM schema_version", "");
}

static int refuse_newer(int64_t version, pn_error *err)
{
    if (version <= NEWEST) { return 0; }
    return pn_fail(err, PN_ESTORE, "database: schema version %lld, this program knows up to %d",
                   (long long)version, NEWEST);
}

/* The first files of all have version 1, but not yet all of step 1. */
static int complete_step_1(sq_store *s, pn_error *err)
{
    int64_t n = 0;
    int rc = sql_int(&n, &s->sql, err, "SELECT count(*) FROM pragma_table_info('cases')"
                                       " WHERE name='conflict_accepted'", "");
    if (rc || n > 0) { return rc; }
    int sqlite = sqlite3_exec(s->db,
                              "CREATE TABLE mark(name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
                              "ALTER TABLE cases ADD COLUMN conflict_accepted INTEGER NOT NULL"
                              " DEFAULT 0", NULL, NULL, NULL);
    return sqlite == SQLITE_OK ? 0 : sq_fail(s, err, sqlite, "schema");
}

static int apply_steps(sq_store *s, pn_error *err)
{
    int64_t version = 0;
    int rc = current_version(&version, s, err);
    if (!rc) { rc = refuse_newer(version, err); }
    if (!rc && version == 1) { rc = complete_step_1(s, err); }
    for (int64_t v = version; !rc && v < NEWEST; v++) {
        int sqlite = sqlite3_exec(s->db, steps[v], NULL, NULL, NULL);
        if (sqlite != SQLITE_OK) { rc = sq_fail(s, err, sqlite, "schema"); }
    }
    if (rc || version == NEWEST) { return rc; }
    rc = sql_run(NULL, &s->sql, err, "DELETE FROM schema_version", "");
    if (rc) { return rc; }
    return sql_run(NULL, &s->sql, err, "INSERT INTO schema_version(version) VALUES(?1)", "i",
                   (int64_t)NEWEST);
}

int sq_schema_update(sq_store *s, pn_error *err)
{
    int sqlite = sqlite3_exec(s->db,
                              "CREATE TABLE IF NOT EXISTS schema_version("
                              " version INTEGER NOT NULL) STRICT", NULL, NULL, NULL);
    if (sqlite != SQLITE_OK) { return sq_fail(s, err, sqlite, "schema"); }
    int64_t version = 0;
    int rc = current_version(&version, s, err);
    if (rc || version == NEWEST) { return rc; }
    /* Inside a transaction this pragma does nothing, and dropping a table with foreign keys on
     * would empty the tables that refer to it. */
    (void)sqlite3_exec(s->db, "PRAGMA foreign_keys=OFF", NULL, NULL, NULL);
    rc = sql_enter(&s->sql, err);
    if (!rc) { rc = sql_leave(&s->sql, apply_steps(s, err), err); }
    (void)sqlite3_exec(s->db, "PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    return rc;
}

int sq_schema_verify(sq_store *s, pn_error *err)
{
    int64_t version = 0;
    int rc = current_version(&version, s, err);
    if (rc) { return rc; }
    if (version < NEWEST) {
        return pn_fail(err, PN_ESTORE, "database: schema version %lld, expected %d: start the "
                       "node once to bring it up to date", (long long)version, NEWEST);
    }
    return refuse_newer(version, err);
}
