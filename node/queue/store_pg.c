/* queue/store_pg.c - the postgresql driver: connecting, statements, leadership.
 *
 * A lost connection: the call that notices it fails as transient, and so does everything up to
 * the end of its transaction or batch. A later call connects again; between attempts that fail
 * there is a growing pause, in which calls fail at once. Callers need nothing but another try. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "queue/store_pg.h"

enum { FIRST_PAUSE_MS = 100, MAX_PAUSE_MS = 5000, OLDEST_SERVER = 120000 };
/* pg_type.dat: the object ids of int8 and text are fixed. */
enum { OID_INT8 = 20, OID_TEXT = 25 };

/* ---- failures ---- */

/* libpq's messages have several lines; ours one. */
static void one_line(char *dst, size_t n, const char *text)
{
    size_t used = 0;
    for (; text && *text && used + 1 < n; text++) {
        bool blank = *text == '\n' || *text == '\t' || *text == ' ';
        if (blank && (used == 0 || dst[used - 1] == ' ')) { continue; }
        dst[used++] = blank ? ' ' : *text;
    }
    while (used > 0 && dst[used - 1] == ' ') { used--; }
    dst[used] = '\0';
}

/* SQLSTATE classes that pass: connection, rollback by serialization or deadlock, resources,
 * an operator's intervention; and a lock not had in time, a transaction cut for idling, a server
 * that is (still) a standby. */
static bool will_pass(const char *state)
{
    static const char *const list[] = { "08", "40", "53", "57", "55P03", "25P03", "25006" };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (strncmp(state, list[i], strlen(list[i])) == 0) { return true; }
    }
    return false;
}

/* By the server's answer, or, res NULL, by the state of the connection. */
static int fail(pg_store *s, pn_error *err, const PGresult *res, const char *what)
{
    char why[300];
    const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
    bool lost = PQstatus(s->conn) == CONNECTION_BAD;
    if (lost) { s->sql.leading = false; }
    if (!state || lost) {
        one_line(why, sizeof why, PQerrorMessage(s->conn));
        return pn_fail_transient(err, PN_ESTORE, "database: %s: %s", what,
                                 why[0] ? why : "connection lost");
    }
    /* The primary message only: the detail may quote a row. */
    one_line(why, sizeof why, PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY));
    if (will_pass(state)) {
        return pn_fail_transient(err, PN_ESTORE, "database: %s: %s (%s)", what, why, state);
    }
    bool value = strncmp(state, "22", 2) == 0;     /* one that the database cannot hold */
    return pn_fail(err, value ? PN_EINVAL : PN_ESTORE, "database: %s: %s (%s)", what, why, state);
}

static bool went_well(const PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* ---- connecting ---- */

static void ignore_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

/* What a node can rely on nothing less than. */
static int check_server(pg_store *s, pn_error *err)
{
    if (PQserverVersion(s->conn) < OLDEST_SERVER) {
        return pn_fail(err, PN_ECONFIG, "database: PostgreSQL %d, expected 12 or newer",
                       PQserverVersion(s->conn) / 10000);
    }
    const char *encoding = PQparameterStatus(s->conn, "server_encoding");
    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        return pn_fail(err, PN_ECONFIG, "database: its encoding is %s, expected UTF8",
                       encoding ? encoding : "unknown");
    }
    PGresult *res = PQexec(s->conn, "SHOW fsync");
    bool off = PQresultStatus(res) == PGRES_TUPLES_OK && strcmp(PQgetvalue(res, 0, 0), "off") == 0;
    PQclear(res);
    if (off) {
        return pn_fail(err, PN_ECONFIG, "database: the server runs with fsync off, expected on");
    }
    return 0;
}

/* Keepalives on the server's side too: the leases and locks of a host that vanished (no power,
 * no network) must not be held by its connection for the two hours of TCP's default.
 * synchronous_commit off would lose what was committed; any other setting is the site's.
 * Every statement of ours goes from a few rows to others by an index; the statistics of a young
 * table would have whole tables scanned and joined. */
static int prepare_session(pg_store *s, pn_error *err)
{
    char sql[640];
    snprintf(sql, sizeof sql,
             "SET tcp_keepalives_idle=10; SET tcp_keepalives_interval=5;"
             "SET tcp_keepalives_count=3; SET tcp_user_timeout=25000;"
             "SET lock_timeout=%u; SET idle_in_transaction_session_timeout=60000;"
             "SET enable_seqscan=off; SET enable_hashjoin=off; SET enable_mergejoin=off;"
             "SET jit=off;"
             "SELECT set_config('synchronous_commit', 'on', false)"
             " WHERE current_setting('synchronous_commit')='off';"
             "SET default_transaction_read_only=%s",
             s->busy_timeout_ms, s->sql.base.read_only ? "on" : "off");
    PGresult *res = PQexec(s->conn, sql);
    int rc = went_well(res) ? 0 : fail(s, err, res, "session");
    PQclear(res);
    return rc;
}

static int connect_now(pg_store *s, pn_error *err)
{
    /* What stands before dbname is a default that the connection string may change. */
    const char *const keys[] = { "connect_timeout", "keepalives_idle", "keepalives_interval",
                                 "keepalives_count", "tcp_user_timeout",
                                 "fallback_application_name", "dbname", "client_encoding", NULL };
    const char *const values[] = { "5", "10", "5", "3", "25000", "prognode", s->conninfo, "UTF8",
                                   NULL };
    sql_forget(&s->sql);
    s->sql.leading = false;
    PQfinish(s->conn);
    s->conn = PQconnectdbParams(keys, values, 1);
    if (!s->conn) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    if (PQstatus(s->conn) != CONNECTION_OK) { return fail(s, err, NULL, "connect"); }
    PQsetNoticeReceiver(s->conn, ignore_notice, NULL);
    int rc = check_server(s, err);
    return rc ? rc : prepare_session(s, err);
}

static int ready(sql_store *ss, pn_error *err)
{
    pg_store *s = pg(ss);
    if (s->conn && PQstatus(s->conn) == CONNECTION_OK) { return 0; }
    if (ss->in_batch || ss->in_step) {
        return pn_fail_transient(err, PN_ESTORE, "database: the connection was lost");
    }
    int64_t now = pn_mono_ms();
    if (now < s->connect_after_ms) {
        return pn_fail_transient(err, PN_ESTORE, "database: not connected, next attempt in %lld ms",
                                 (long long)(s->connect_after_ms - now));
    }
    int rc = connect_now(s, err);
    if (!rc) {
        s->pause_ms = FIRST_PAUSE_MS;
        return 0;
    }
    PQfinish(s->conn);      /* also one that is open but not as it must be */
    s->conn = NULL;
    s->connect_after_ms = pn_mono_ms() + s->pause_ms;
    s->pause_ms = s->pause_ms * 2 > MAX_PAUSE_MS ? MAX_PAUSE_MS : s->pause_ms * 2;
    return rc;
}

/* ---- statements ---- */

int pg_script(sql_store *ss, const char *sql, pn_error *err)
{
    pg_store *s = pg(ss);
    if (!s->conn) { return pn_fail_transient(err, PN_ESTORE, "database: not connected"); }
    PGresult *res = PQexec(s->conn, sql);
    int rc = went_well(res) ? 0 : fail(s, err, res, "statement");
    /* COMMIT of a transaction that has failed answers ROLLBACK, and is no error to the server. */
    if (!rc && strcmp(sql, "COMMIT") == 0 && strcmp(PQcmdStatus(res), "COMMIT") != 0) {
        rc = pn_fail(err, PN_ESTORE, "database: the transaction had failed and was undone");
    }
    PQclear(res);
    return rc;
}

static bool in_transaction(const sql_store *ss)
{
    const pg_store *s = (const pg_store *)(const void *)ss;
    if (!s->conn || PQstatus(s->conn) != CONNECTION_OK) { return false; }
    return PQtransactionStatus(s->conn) != PQTRANS_IDLE;
}

static void name_of(char name[16], const sql_rows *r, const sql_store *ss)
{
    snprintf(name, 16, "s%d", (int)(r - ss->cache));
}

/* ?1 is written $1 here; the texts hold no other question mark. */
static char *dollars(const char *sql)
{
    char *copy = strdup(sql);
    for (char *p = copy; p && *p; p++) {
        if (*p == '?') { *p = '$'; }
    }
    return copy;
}

static int prepare(sql_rows *r, sql_store *ss, const sql_value *v, int n, pn_error *err)
{
    pg_store *s = pg(ss);
    Oid types[SQL_MAX_ARGUMENTS];
    char name[16], *sql = dollars(r->sql);
    if (!sql) { return pn_fail(err, PN_ENOMEM, "database: no memory"); }
    for (int i = 0; i < n; i++) { types[i] = v[i].is_text ? OID_TEXT : OID_INT8; }
    name_of(name, r, ss);
    PGresult *res = PQprepare(s->conn, name, sql, n, types);
    free(sql);
    int rc = went_well(res) ? 0 : fail(s, err, res, "prepare");
    PQclear(res);
    return rc;
}

static int run(sql_rows *r, sql_store *ss, const sql_value *v, int n, pn_error *err)
{
    pg_store *s = pg(ss);
    const char *values[SQL_MAX_ARGUMENTS];
    char name[16], numbers[SQL_MAX_ARGUMENTS][24];
    for (int i = 0; i < n; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)v[i].number);
        values[i] = v[i].is_text ? v[i].text : numbers[i];
    }
    name_of(name, r, ss);
    PGresult *res = PQexecPrepared(s->conn, name, n, values, NULL, NULL, 0);
    if (went_well(res)) {
        r->handle = res;
        r->row = -1;
        return 0;
    }
    int rc = fail(s, err, res, "statement");
    PQclear(res);
    return rc;
}

static int step(bool *row, sql_rows *r, sql_store *ss, pn_error *err)
{
    (void)ss;
    (void)err;
    *row = ++r->row < PQntuples(r->handle);
    return 0;
}

static int changed(const sql_rows *r, const sql_store *ss)
{
    (void)ss;
    return (int)strtol(PQcmdTuples(r->handle), NULL, 10);
}

static const char *text(const sql_rows *r, int col)
{
    return PQgetisnull(r->handle, r->row, col) ? NULL : PQgetvalue(r->handle, r->row, col);
}

static int64_t number(const sql_rows *r, int col)
{
    return strtoll(PQgetvalue(r->handle, r->row, col), NULL, 10);      /* NULL is "" */
}

static void done(sql_rows *r)
{
    PQclear(r->handle);
    r->handle = NULL;
}

/* ---- leadership ---- */

/* A session's lock: it ends with the connection, as do the transactions of who held it. */
static int lead(pn_lead *out, sql_store *ss, pn_error *err)
{
    int64_t got = 0;
    int rc = ready(ss, err);
    if (rc) { return rc; }
    if (ss->leading) {
        *out = PN_LEAD_HELD;
        return 0;
    }
    rc = sql_int(&got, ss, err, "SELECT CASE WHEN pg_try_advisory_lock("
                                "hashtextextended('prognode leader ' || current_schema(), 0))"
                                " THEN 1 ELSE 0 END", "");
    if (rc) { return rc; }
    ss->leading = got != 0;
    *out = ss->leading ? PN_LEAD_NEW : PN_LEAD_NO;
    return 0;
}

/* The server checks its own pages when it reads them (where it was made with checksums); here
 * every row is read, and none may lack its case. */
static int check(sql_store *ss, pn_error *err)
{
    int64_t read = 0, stray = 0;
    int rc = sql_int(&read, ss, err,
                     "SELECT coalesce((SELECT sum(length(i::text)) FROM instance i), 0)"
                     " + coalesce((SELECT sum(length(c::text)) FROM cases c), 0)"
                     " + coalesce((SELECT sum(length(m::text)) FROM case_image m), 0)"
                     " + coalesce((SELECT sum(length(o::text)) FROM outbox o), 0)", "");
    if (!rc) {
        rc = sql_int(&stray, ss, err,
                     "SELECT (SELECT count(*) FROM case_image m WHERE NOT EXISTS"
                     "  (SELECT 1 FROM cases c WHERE c.id=m.case_id))"
                     " + (SELECT count(*) FROM outbox o WHERE NOT EXISTS"
                     "  (SELECT 1 FROM cases c WHERE c.id=o.case_id))", "");
    }
    if (!rc && stray > 0) {
        rc = pn_fail(err, PN_ESTORE, "database: damaged: %lld rows without their case",
                     (long long)stray);
    }
    return rc;
}

static void close_store(sql_store *ss)
{
    pg_store *s = pg(ss);
    sql_forget(ss);
    PQfinish(s->conn);
    free(s->conninfo);
    free(s);
}

#define WRITER_LOCK \
    "SELECT pg_advisory_xact_lock(hashtextextended('prognode writer ' || current_schema(), 0))"

static const sql_driver driver = {
    .dialect = SQL_POSTGRESQL,
    .begin = "BEGIN; " WRITER_LOCK, .begin_claim = "BEGIN",
    .close = close_store, .check = check, .lead = lead, .ready = ready, .script = pg_script,
    .in_transaction = in_transaction, .prepare = prepare, .run = run, .step = step,
    .changed = changed, .text = text, .number = number, .done = done,
};

int pn_store_pg_open(pn_store **out, const char *conninfo, const pn_store_opts *opts,
                     pn_error *err)
{
    pg_store *s = calloc(1, sizeof *s);
    char *copy = strdup(conninfo);
    if (!s || !copy) {
        free(s);
        free(copy);
        return pn_fail(err, PN_ENOMEM, "database: no memory");
    }
    s->sql.base.ops = &sql_ops;
    s->sql.base.read_only = opts->read_only;
    s->sql.driver = &driver;
    s->conninfo = copy;
    s->busy_timeout_ms = opts->busy_timeout_ms;
    s->pause_ms = FIRST_PAUSE_MS;
    int rc = ready(&s->sql, err);
    if (!rc) { rc = opts->read_only ? pg_schema_verify(s, err) : pg_schema_update(s, err); }
    if (rc) {
        close_store(&s->sql);
        return rc;
    }
    *out = &s->sql.base;
    return 0;
}
