/* queue/store_sqlite.c - the sqlite backend: opening, statements, transactions. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "queue/store_sqlite.h"

int sq_fail(sq_store *s, pn_error *err, int rc, const char *what)
{
    const char *why = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    int primary = rc & 0xff;
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_IOERR ||
        primary == SQLITE_FULL) {
        return pn_fail_transient(err, PN_ESTORE, "database: %s: %s (%d)", what, why, rc);
    }
    return pn_fail(err, PN_ESTORE, "database: %s: %s (%d)", what, why, rc);
}

/* ---- statements ---- */

static int lookup(sqlite3_stmt **out, sq_store *s, const char *sql, pn_error *err)
{
    for (size_t i = 0; i < s->n_cache; i++) {
        if (s->cache[i].sql == sql) {
            *out = s->cache[i].st;
            return sqlite3_reset(*out), sqlite3_clear_bindings(*out), 0;
        }
    }
    if (s->n_cache == SQ_MAX_STATEMENTS) {
        return pn_fail(err, PN_EINTERNAL, "database: more than %d statements", SQ_MAX_STATEMENTS);
    }
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    if (rc != SQLITE_OK) { return sq_fail(s, err, rc, "prepare"); }
    s->cache[s->n_cache].sql = sql;
    s->cache[s->n_cache++].st = *out;
    return 0;
}

static int bind(sq_store *s, sqlite3_stmt *st, const char *fmt, va_list ap, pn_error *err)
{
    for (int i = 0; fmt[i]; i++) {
        int rc;
        if (fmt[i] == 't') {
            rc = sqlite3_bind_text(st, i + 1, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
        } else {
            rc = sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t));
        }
        if (rc != SQLITE_OK) { return sq_fail(s, err, rc, "bind"); }
    }
    return 0;
}

static int vstmt(sqlite3_stmt **out, sq_store *s, pn_error *err, const char *sql, const char *fmt,
                 va_list ap)
{
    sqlite3_stmt *st = NULL;
    int rc = lookup(&st, s, sql, err);
    if (!rc) { rc = bind(s, st, fmt, ap, err); }
    if (!rc) { *out = st; }
    return rc;
}

int sq_stmt(sqlite3_stmt **out, sq_store *s, pn_error *err, const char *sql, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = vstmt(out, s, err, sql, fmt, ap);
    va_end(ap);
    return rc;
}

int sq_step(bool *row, sq_store *s, sqlite3_stmt *st, pn_error *err)
{
    int rc = sqlite3_step(st);
    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW) { return 0; }
    int failed = rc == SQLITE_DONE ? 0 : sq_fail(s, err, rc, "step");
    sqlite3_reset(st);
    return failed;
}

int sq_run(int *changed, sq_store *s, pn_error *err, const char *sql, const char *fmt, ...)
{
    sqlite3_stmt *st = NULL;
    va_list ap;
    va_start(ap, fmt);
    int rc = vstmt(&st, s, err, sql, fmt, ap);
    va_end(ap);
    bool row = false;
    if (!rc) { rc = sq_step(&row, s, st, err); }
    if (!rc && row) { sqlite3_reset(st); }
    if (!rc && changed) { *changed = sqlite3_changes(s->db); }
    return rc;
}

int sq_int(int64_t *out, sq_store *s, pn_error *err, const char *sql, const char *fmt, ...)
{
    sqlite3_stmt *st = NULL;
    va_list ap;
    va_start(ap, fmt);
    int rc = vstmt(&st, s, err, sql, fmt, ap);
    va_end(ap);
    bool row = false;
    if (!rc) { rc = sq_step(&row, s, st, err); }
    if (rc) { return rc; }
    *out = row ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return 0;
}

int sq_ints(int64_t **out, size_t *n, sq_store *s, pn_error *err, const char *sql,
            const char *fmt, ...)
{
    sqlite3_stmt *st = NULL;
    va_list ap;
    va_start(ap, fmt);
    int rc = vstmt(&st, s, err, sql, fmt, ap);
    va_end(ap);
    int64_t *list = NULL;
    size_t used = 0, room = 0;
    bool row = true;
    while (!rc) {
        rc = sq_step(&row, s, st, err);
        if (rc || !row) { break; }
        if (used == room) {
            room = room ? 2 * room : 64;
            int64_t *more = realloc(list, room * sizeof *list);
            if (!more) {
                sqlite3_reset(st);
                rc = pn_fail(err, PN_ENOMEM, "database: no memory for %zu rows", room);
                break;
            }
            list = more;
        }
        list[used++] = sqlite3_column_int64(st, 0);
    }
    if (rc) {
        free(list);
        return rc;
    }
    *out = list;
    *n = used;
    return 0;
}

void sq_text(char *dst, size_t n, sqlite3_stmt *st, int col)
{
    const unsigned char *t = sqlite3_column_text(st, col);
    size_t len = t ? strnlen((const char *)t, n - 1) : 0;
    if (len) { memcpy(dst, t, len); }
    dst[len] = '\0';
}

/* ---- transactions ---- */

int sq_enter(sq_store *s, pn_error *err)
{
    /* IMMEDIATE: the write lock is waited for here, where the busy handler works; a read
     * transaction that wants to write later would fail at once. */
    return sq_run(NULL, s, err, s->in_batch ? "SAVEPOINT step" : "BEGIN IMMEDIATE", "");
}

int sq_leave(sq_store *s, int rc, pn_error *err)
{
    if (rc == 0) {
        rc = sq_run(NULL, s, err, s->in_batch ? "RELEASE step" : "COMMIT", "");
        if (rc == 0) { return 0; }
    }
    if (sqlite3_get_autocommit(s->db)) { return rc; }   /* sqlite has rolled back by itself */
    sqlite3_exec(s->db, s->in_batch ? "ROLLBACK TO step; RELEASE step" : "ROLLBACK", NULL, NULL,
                 NULL);
    return rc;
}

static int batch_begin(pn_store *ps, pn_error *err)
{
    sq_store *s = sq(ps);
    if (s->in_batch) { return pn_fail(err, PN_EINVAL, "store: a batch within a batch"); }
    int rc = sq_enter(s, err);
    if (!rc) { s->in_batch = true; }
    return rc;
}

static int batch_commit(pn_store *ps, pn_error *err)
{
    sq_store *s = sq(ps);
    if (!s->in_batch) { return pn_fail(err, PN_EINVAL, "store: commit without begin"); }
    s->in_batch = false;
    return sq_leave(s, 0, err);
}

static void batch_rollback(pn_store *ps)
{
    sq_store *s = sq(ps);
    if (!s->in_batch) { return; }
    s->in_batch = false;
    if (!sqlite3_get_autocommit(s->db)) { sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL); }
}

static int check(pn_store *ps, pn_error *err)
{
    sq_store *s = sq(ps);
    sqlite3_stmt *st = NULL;
    bool row = false;
    int rc = sq_stmt(&st, s, err, "PRAGMA integrity_check(1)", "");
    if (!rc) { rc = sq_step(&row, s, st, err); }
    if (rc) { return rc; }
    char finding[256] = "no answer";
    if (row) { SQ_TEXT(finding, st, 0); }
    sqlite3_reset(st);
    if (strcmp(finding, "ok") != 0) {
        return pn_fail(err, PN_ESTORE, "database: damaged: %s", finding);
    }
    return 0;
}

/* ---- opening ---- */

const char *sq_network_fs(long f_type)
{
    static const struct { unsigned long magic; const char *name; } list[] = {
        { 0x6969, "NFS" },       { 0xFF534D42, "CIFS" }, { 0x517B, "SMB" },
        { 0xFE534D42, "SMB2" },  { 0x5346414F, "AFS" },  { 0x00C36400, "Ceph" },
        { 0x01021997, "9P" },    { 0x0BD00BD0, "Lustre" },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if ((unsigned long)f_type == list[i].magic ||
            (unsigned int)f_type == (unsigned int)list[i].magic) {
            return list[i].name;
        }
    }
    return NULL;
}

static int refuse_network(const char *path, pn_error *err)
{
    char copy[PN_PATH_SIZE];
    int rc = pn_path(copy, sizeof copy, err, "%s", path);
    if (rc) { return rc; }
    const char *folder = dirname(copy);
    struct statfs fs;
    if (statfs(folder, &fs) != 0) {
        return pn_fail(err, PN_EIO, "database: folder %s: %s", folder, strerror(errno));
    }
    const char *name = sq_network_fs((long)fs.f_type);
    if (name) {
        return pn_fail(err, PN_ECONFIG,
                       "database: %s lies on a network file system (%s), where its locks "
                       "do not hold: choose a local disk", path, name);
    }
    return 0;
}

/* The database holds Patient IDs: it, and the files that sqlite puts beside it with the same
 * mode, are the owner's only. */
static int create_private(const char *path, pn_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) { return pn_fail(err, PN_EIO, "database: %s: %s", path, strerror(errno)); }
    close(fd);
    return 0;
}

/* Two processes may both find a new file: switching to WAL then answers busy without asking
 * the busy handler. */
static int set_wal(sq_store *s, unsigned timeout_ms, pn_error *err)
{
    for (unsigned waited = 0;; waited += 20) {
        char mode[16] = "";
        sqlite3_stmt *st = NULL;
        int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode=WAL", -1, &st, NULL);
        if (rc == SQLITE_OK) { rc = sqlite3_step(st); }
        if (rc == SQLITE_ROW) { SQ_TEXT(mode, st, 0); }
        sqlite3_finalize(st);
        if (rc == SQLITE_ROW && strcmp(mode, "wal") == 0) { return 0; }
        if (rc == SQLITE_ROW) {
            return pn_fail(err, PN_ESTORE, "database: journal mode is %s, expected wal", mode);
        }
        if ((rc & 0xff) != SQLITE_BUSY || waited >= timeout_ms) {
            return sq_fail(s, err, rc, "journal_mode");
        }
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    }
}

static void close_store(pn_store *ps)
{
    sq_store *s = sq(ps);
    for (size_t i = 0; i < s->n_cache; i++) { sqlite3_finalize(s->cache[i].st); }
    sqlite3_close(s->db);
    free(s);
}

static int prepare_connection(sq_store *s, const char *path, const pn_store_opts *opts,
                              pn_error *err)
{
    int flags = opts->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int rc = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK) {
        char what[PN_PATH_SIZE];
        snprintf(what, sizeof what, "open %.900s", path);
        return sq_fail(s, err, rc, what);
    }
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, (int)opts->busy_timeout_ms);
    if (opts->read_only) { return sq_schema_verify(s, err); }
    rc = set_wal(s, opts->busy_timeout_ms, err);
    if (rc) { return rc; }
    rc = sqlite3_exec(s->db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                             "PRAGMA trusted_schema=OFF", NULL, NULL, NULL);
    if (rc != SQLITE_OK) { return sq_fail(s, err, rc, "pragma"); }
    return sq_schema_update(s, err);
}

static const pn_store_ops ops = {
    .name = "sqlite",
    .close = close_store, .check = check,
    .begin = batch_begin, .commit = batch_commit, .rollback = batch_rollback,
    .add_instance = sq_add_instance, .get_instance = sq_get_instance,
    .count_instances = sq_count_instances,
    .catalogue_complete = sq_catalogue_complete,
    .set_catalogue_complete = sq_set_catalogue_complete,
    .contours_without_case = sq_contours_without_case,
    .add_case = sq_add_case, .get_case = sq_get_case, .list_cases = sq_list_cases,
    .count = sq_count, .case_images = sq_case_images, .case_missing = sq_case_missing,
    .match_facts = sq_match_facts, .identity_conflict = sq_identity_conflict,
    .next_to_match = sq_next_to_match, .decide_case = sq_decide_case,
    .hold_users_of = sq_hold_users_of,
    .lead = sq_lead, .release_owner = sq_release_owner,
    .claim_case = sq_claim_case, .renew_case = sq_renew_case,
    .release_case = sq_release_case, .case_reported = sq_case_reported,
    .case_failed = sq_case_failed, .case_not_applicable = sq_case_not_applicable,
    .claim_delivery = sq_claim_delivery, .delivery_sent = sq_delivery_sent,
    .delivery_retry = sq_delivery_retry, .delivery_failed = sq_delivery_failed,
    .case_deliveries = sq_case_deliveries, .retry_case = sq_retry_case,
    .restore_case = sq_restore_case, .lineage = sq_lineage, .supersede = sq_supersede,
    .next_to_revise = sq_next_to_revise, .revised = sq_revised,
    .expire_cases = sq_expire_cases, .count_reports = sq_count_reports,
    .steer_case = sq_steer_case,
};

int pn_store_sqlite_open(pn_store **out, const char *path, const pn_store_opts *opts,
                         pn_error *err)
{
    int rc = refuse_network(path, err);
    if (rc) { return rc; }
    if (opts->read_only && access(path, F_OK) != 0) {
        return pn_fail(err, PN_ENOTFOUND, "database: %s: %s", path, strerror(errno));
    }
    if (!opts->read_only) {
        rc = create_private(path, err);
        if (rc) { return rc; }
    }
    sq_store *s = calloc(1, sizeof *s);
    if (!s) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    s->base.ops = &ops;
    s->base.read_only = opts->read_only;
    rc = prepare_connection(s, path, opts, err);
    if (rc) {
        close_store(&s->base);
        return rc;
    }
    *out = &s->base;
    return 0;
}
