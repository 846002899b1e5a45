/* queue/store_sqlite.c - the sqlite driver: opening, statements. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
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

/* ---- the driver ---- */

static int ready(sql_store *ss, pn_error *err)
{
    (void)ss;
    (void)err;
    return 0;
}

static int script(sql_store *ss, const char *sql, pn_error *err)
{
    int rc = sqlite3_exec(sq(ss)->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sq_fail(sq(ss), err, rc, "statement");
}

static int prepare(sql_rows *r, sql_store *ss, const sql_value *v, int n, pn_error *err)
{
    (void)v;
    (void)n;
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v3(sq(ss)->db, r->sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
    if (rc != SQLITE_OK) { return sq_fail(sq(ss), err, rc, "prepare"); }
    r->handle = st;
    return 0;
}

static int run(sql_rows *r, sql_store *ss, const sql_value *v, int n, pn_error *err)
{
    sqlite3_clear_bindings(r->handle);
    for (int i = 0; i < n; i++) {
        int rc = v[i].is_text
                     ? sqlite3_bind_text(r->handle, i + 1, v[i].text, -1, SQLITE_TRANSIENT)
                     : sqlite3_bind_int64(r->handle, i + 1, v[i].number);
        if (rc != SQLITE_OK) { return sq_fail(sq(ss), err, rc, "bind"); }
    }
    return 0;
}

static int step(bool *row, sql_rows *r, sql_store *ss, pn_error *err)
{
    int rc = sqlite3_step(r->handle);
    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW) { return 0; }
    int failed = rc == SQLITE_DONE ? 0 : sq_fail(sq(ss), err, rc, "step");
    sqlite3_reset(r->handle);
    return failed;
}

static int changed(const sql_rows *r, const sql_store *ss)
{
    (void)ss;
    return sqlite3_changes(sqlite3_db_handle(r->handle));
}

static const char *text(const sql_rows *r, int col)
{
    return (const char *)sqlite3_column_text(r->handle, col);
}

static int64_t number(const sql_rows *r, int col) { return sqlite3_column_int64(r->handle, col); }

static void done(sql_rows *r) { sqlite3_reset(r->handle); }

static bool in_transaction(const sql_store *ss)
{
    const sq_store *s = (const sq_store *)(const void *)ss;
    return !sqlite3_get_autocommit(s->db);
}

/* One node has the spool (the supervisor's lock), and its indexer is one process. */
static int lead(pn_lead *out, sql_store *ss, pn_error *err)
{
    (void)err;
    *out = ss->leading ? PN_LEAD_HELD : PN_LEAD_NEW;
    ss->leading = true;
    return 0;
}

static int check(sql_store *ss, pn_error *err)
{
    sql_rows *st = NULL;
    bool row = false;
    int rc = sql_stmt(&st, ss, err, "PRAGMA integrity_check(1)", "");
    if (!rc) { rc = sql_step(&row, ss, st, err); }
    if (rc) { return rc; }
    char finding[256] = "no answer";
    if (row) { SQL_TEXT(finding, st, 0); }
    sql_done(st);
    if (strcmp(finding, "ok") != 0) {
        return pn_fail(err, PN_ESTORE, "database: damaged: %s", finding);
    }
    return 0;
}

static void close_store(sql_store *ss)
{
    for (size_t i = 0; i < ss->n_cache; i++) { sqlite3_finalize(ss->cache[i].handle); }
    sqlite3_close(sq(ss)->db);
    free(ss);
}

/* IMMEDIATE: the write lock is waited for here, where the busy handler works; a read
 * transaction that wants to write later would fail at once. */
static const sql_driver driver = {
    .dialect = SQL_SQLITE,
    .begin = "BEGIN IMMEDIATE", .begin_claim = "BEGIN IMMEDIATE",
    .close = close_store, .check = check, .lead = lead, .ready = ready, .script = script,
    .in_transaction = in_transaction, .prepare = prepare, .run = run, .step = step,
    .changed = changed, .text = text, .number = number, .done = done,
};

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
        if (rc == SQLITE_ROW) {
            snprintf(mode, sizeof mode, "%s", (const char *)sqlite3_column_text(st, 0));
        }
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
                             "PRAGMA cache_size=-32768; PRAGMA trusted_schema=OFF",
                      NULL, NULL, NULL);
    if (rc != SQLITE_OK) { return sq_fail(s, err, rc, "pragma"); }
    return sq_schema_update(s, err);
}


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
    s->sql.base.ops = &sql_ops;
    s->sql.base.read_only = opts->read_only;
    s->sql.driver = &driver;
    rc = prepare_connection(s, path, opts, err);
    if (rc) {
        close_store(&s->sql);
        return rc;
    }
    *out = &s->sql.base;
    return 0;
}
