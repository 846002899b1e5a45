/* queue/store_sql.c - statements and transactions over a driver, and the table of functions. */
#include "queue/store_sql.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- statements ---- */

static int lookup(sql_rows **out, sql_store *s, const char *sql, const sql_value *v, int n,
                  pn_error *err)
{
    for (size_t i = 0; i < s->n_cache; i++) {
        if (s->cache[i].sql == sql) {
            *out = &s->cache[i];
            s->driver->done(*out);
            return 0;
        }
    }
    if (s->n_cache == SQL_MAX_STATEMENTS) {
        return pn_fail(err, PN_EINTERNAL, "database: more than %d statements",
                       SQL_MAX_STATEMENTS);
    }
    sql_rows *r = &s->cache[s->n_cache];
    *r = (sql_rows){ .sql = sql, .driver = s->driver };
    int rc = s->driver->prepare(r, s, v, n, err);
    if (rc) { return rc; }
    s->n_cache++;
    *out = r;
    return 0;
}

static int vstmt(sql_rows **out, sql_store *s, pn_error *err, const char *sql, const char *fmt,
                 va_list ap)
{
    sql_value v[SQL_MAX_ARGUMENTS];
    int n = 0;
    for (; fmt[n]; n++) {
        if (n == SQL_MAX_ARGUMENTS) {
            return pn_fail(err, PN_EINTERNAL, "database: more than %d arguments",
                           SQL_MAX_ARGUMENTS);
        }
        v[n] = (sql_value){ .is_text = fmt[n] == 't' };
        if (v[n].is_text) {
            v[n].text = va_arg(ap, const char *);
        } else {
            v[n].number = va_arg(ap, int64_t);
        }
    }
    sql_rows *r = NULL;
    int rc = s->driver->ready(s, err);
    if (!rc) { rc = lookup(&r, s, sql, v, n, err); }
    if (!rc) { rc = s->driver->run(r, s, v, n, err); }
    if (!rc) { *out = r; }
    return rc;
}

int sql_stmt(sql_rows **out, sql_store *s, pn_error *err, const char *sql, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = vstmt(out, s, err, sql, fmt, ap);
    va_end(ap);
    return rc;
}

int sql_step(bool *row, sql_store *s, sql_rows *st, pn_error *err)
{
    return s->driver->step(row, st, s, err);
}

void sql_done(sql_rows *st) { st->driver->done(st); }

int sql_run(int *changed, sql_store *s, pn_error *err, const char *sql, const char *fmt, ...)
{
    sql_rows *st = NULL;
    va_list ap;
    va_start(ap, fmt);
    int rc = vstmt(&st, s, err, sql, fmt, ap);
    va_end(ap);
    bool row = false;
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc) { return rc; }
    if (changed) { *changed = s->driver->changed(st, s); }
    sql_done(st);
    return 0;
}

int sql_int(int64_t *out, sql_store *s, pn_error *err, const char *sql, const char *fmt, ...)
{
    sql_rows *st = NULL;
    va_list ap;
    va_start(ap, fmt);
    int rc = vstmt(&st, s, err, sql, fmt, ap);
    va_end(ap);
    bool row = false;
    if (!rc) { rc = sql_step(&row, s, st, err); }
    if (rc) { return rc; }
    *out = row ? sql_i64(st, 0) : 0;
    sql_done(st);
    return 0;
}

int sql_ints(int64_t **out, size_t *n, sql_store *s, pn_error *err, const char *sql,
             const char *fmt, ...)
{
    sql_rows *st = NULL;
    va_list ap;
    va_start(ap, fmt);
    int rc = vstmt(&st, s, err, sql, fmt, ap);
    va_end(ap);
    int64_t *list = NULL;
    size_t used = 0, room = 0;
    bool row = true;
    while (!rc) {
        rc = sql_step(&row, s, st, err);
        if (rc || !row) { break; }
        if (used == room) {
            room = room ? 2 * room : 64;
            int64_t *more = realloc(list, room * sizeof *list);
            if (!more) {
                sql_done(st);
                rc = pn_fail(err, PN_ENOMEM, "database: no memory for %zu rows", room);
                break;
            }
            list = more;
        }
        list[used++] = sql_i64(st, 0);
    }
    if (rc) {
        free(list);
        return rc;
    }
    *out = list;
    *n = used;
    return 0;
}

int64_t sql_i64(const sql_rows *st, int col) { return st->driver->number(st, col); }

const char *sql_str(const sql_rows *st, int col) { return st->driver->text(st, col); }

void sql_text(char *dst, size_t n, const sql_rows *st, int col)
{
    const char *t = sql_str(st, col);
    size_t len = t ? strnlen(t, n - 1) : 0;
    if (len) { memcpy(dst, t, len); }
    dst[len] = '\0';
}

void sql_forget(sql_store *s)
{
    for (size_t i = 0; i < s->n_cache; i++) { s->driver->done(&s->cache[i]); }
    s->n_cache = 0;
}

/* ---- transactions ---- */

static int enter(sql_store *s, const char *begin, pn_error *err)
{
    int rc = s->driver->ready(s, err);
    if (!rc) { rc = s->driver->script(s, s->in_batch ? "SAVEPOINT step" : begin, err); }
    s->in_step = rc == 0;
    return rc;
}

int sql_enter(sql_store *s, pn_error *err) { return enter(s, s->driver->begin, err); }

int sql_enter_claim(sql_store *s, pn_error *err) { return enter(s, s->driver->begin_claim, err); }

/* What goes wrong here goes wrong because the transaction has ended already. */
static void undo(sql_store *s, const char *sql)
{
    pn_error ignored;
    if (s->driver->in_transaction(s)) { (void)!s->driver->script(s, sql, &ignored); }
}

int sql_leave(sql_store *s, int rc, pn_error *err)
{
    if (rc == 0) { rc = s->driver->script(s, s->in_batch ? "RELEASE step" : "COMMIT", err); }
    if (rc != 0) { undo(s, s->in_batch ? "ROLLBACK TO step; RELEASE step" : "ROLLBACK"); }
    s->in_step = false;
    return rc;
}

static int batch_begin(pn_store *ps, pn_error *err)
{
    sql_store *s = sql_of(ps);
    if (s->in_batch) { return pn_fail(err, PN_EINVAL, "store: a batch within a batch"); }
    int rc = s->driver->ready(s, err);
    if (!rc) { rc = s->driver->script(s, s->driver->begin, err); }
    s->in_batch = rc == 0;
    return rc;
}

static int batch_commit(pn_store *ps, pn_error *err)
{
    sql_store *s = sql_of(ps);
    if (!s->in_batch) { return pn_fail(err, PN_EINVAL, "store: commit without begin"); }
    int rc = s->driver->script(s, "COMMIT", err);
    if (rc != 0) { undo(s, "ROLLBACK"); }
    s->in_batch = false;
    return rc;
}

static void batch_rollback(pn_store *ps)
{
    sql_store *s = sql_of(ps);
    if (!s->in_batch) { return; }
    undo(s, "ROLLBACK");
    s->in_batch = false;
}

/* ---- the table ---- */

static void close_store(pn_store *ps) { sql_of(ps)->driver->close(sql_of(ps)); }

static int check(pn_store *ps, pn_error *err) { return sql_of(ps)->driver->check(sql_of(ps), err); }

static int lead(pn_lead *out, pn_store *ps, pn_error *err)
{
    return sql_of(ps)->driver->lead(out, sql_of(ps), err);
}

const pn_store_ops sql_ops = {
    .close = close_store, .check = check,
    .begin = batch_begin, .commit = batch_commit, .rollback = batch_rollback,
    .add_instance = sql_add_instance, .get_instance = sql_get_instance,
    .count_instances = sql_count_instances,
    .catalogue_complete = sql_catalogue_complete,
    .set_catalogue_complete = sql_set_catalogue_complete,
    .contours_without_case = sql_contours_without_case,
    .add_case = sql_add_case, .get_case = sql_get_case, .list_cases = sql_list_cases,
    .count = sql_count, .case_images = sql_case_images, .case_missing = sql_case_missing,
    .series_images = sql_series_images, .next_files = sql_next_files,
    .file_gone = sql_file_gone, .renew_pull = sql_renew_pull,
    .move_clock = sql_move_clock, .newest_change = sql_newest_change,
    .match_facts = sql_match_facts, .identity_conflict = sql_identity_conflict,
    .next_to_match = sql_next_to_match, .decide_case = sql_decide_case,
    .hold_users_of = sql_hold_users_of,
    .lead = lead, .release_owner = sql_release_owner,
    .claim_case = sql_claim_case, .renew_case = sql_renew_case,
    .release_case = sql_release_case, .case_reported = sql_case_reported,
    .case_failed = sql_case_failed, .case_not_applicable = sql_case_not_applicable,
    .claim_delivery = sql_claim_delivery, .delivery_sent = sql_delivery_sent,
    .delivery_retry = sql_delivery_retry, .delivery_failed = sql_delivery_failed,
    .delivery_refused = sql_delivery_refused, .is_own_object = sql_is_own_object,
    .claim_commitment = sql_claim_commitment, .commitment_later = sql_commitment_later,
    .commitment_answer = sql_commitment_answer,
    .withdraw_case = sql_withdraw_case,
    .case_deliveries = sql_case_deliveries, .retry_case = sql_retry_case,
    .restore_case = sql_restore_case, .lineage = sql_lineage, .supersede = sql_supersede,
    .next_to_revise = sql_next_to_revise, .revised = sql_revised,
    .expire_cases = sql_expire_cases, .count_reports = sql_count_reports,
    .steer_case = sql_steer_case,
    .claim_pull = sql_claim_pull, .pull_done = sql_pull_done,
    .mark_due = sql_mark_due, .mark_oldest = sql_mark_oldest,
    .remove_marked = sql_remove_marked,
    .next_results = sql_next_results, .results_removed = sql_results_removed,
};
