/* queue/store_sql.h - the store in SQL, over two drivers: sqlite and postgresql.
 *
 * What a store does is written once, in store_sql_*.c, in SQL that both understand (arguments
 * are ?1, ?2, …; numbers are 64 bits wide, also those that mean yes or no; the few
 * texts that differ ask for the dialect). A driver connects, prepares, runs and makes the tables.
 *
 * Isolation is the same with both: transactions that write (sql_enter, batches) run one after
 * the other, so that what one has read stays true until it ends. sqlite has one write lock; the
 * postgresql driver takes one advisory lock. Claims and renewals do without it: they lock their
 * row (FOR UPDATE SKIP LOCKED) or are one statement that names the attempt. */
#ifndef PN_STORE_SQL_H
#define PN_STORE_SQL_H
#include "queue/store_backend.h"

enum { SQL_MAX_STATEMENTS = 160, SQL_MAX_ARGUMENTS = 40 };

typedef struct sql_store sql_store;
typedef enum sql_dialect { SQL_SQLITE, SQL_POSTGRESQL } sql_dialect;

typedef struct sql_value {
    bool is_text;
    const char *text;          /* NULL: SQL's NULL */
    int64_t number;
} sql_value;

/* A statement, prepared once for each text (the texts are constants, known by their address),
 * and where its rows are read. */
typedef struct sql_rows {
    const char *sql;
    const struct sql_driver *driver;
    void *handle;              /* the driver's                                               */
    int row;                   /* the driver's                                               */
} sql_rows;

typedef struct sql_driver {
    sql_dialect dialect;       /* for the few texts that differ                              */
    const char *begin;         /* of a transaction that writes: alone                        */
    const char *begin_claim;   /* of a claim                                                 */
    void (*close)(sql_store *s);
    int (*check)(sql_store *s, pn_error *err);
    int (*lead)(pn_lead *out, sql_store *s, pn_error *err);
    int (*ready)(sql_store *s, pn_error *err);                     /* before each statement   */
    int (*script)(sql_store *s, const char *sql, pn_error *err);   /* without rows            */
    bool (*in_transaction)(const sql_store *s);
    int (*prepare)(sql_rows *r, sql_store *s, const sql_value *v, int n, pn_error *err);
    int (*run)(sql_rows *r, sql_store *s, const sql_value *v, int n, pn_error *err);
    int (*step)(bool *row, sql_rows *r, sql_store *s, pn_error *err);
    int (*changed)(const sql_rows *r, const sql_store *s);
    const char *(*text)(const sql_rows *r, int col);               /* NULL where NULL         */
    int64_t (*number)(const sql_rows *r, int col);                 /* 0 where NULL            */
    void (*done)(sql_rows *r);
} sql_driver;

struct sql_store {             /* a driver's own struct begins with this one */
    pn_store base;
    const sql_driver *driver;
    bool in_batch;             /* between pn_store_begin and commit                          */
    bool in_step;              /* between sql_enter and sql_leave                            */
    bool leading;
    sql_rows cache[SQL_MAX_STATEMENTS];
    size_t n_cache;
};
extern const pn_store_ops sql_ops;     /* every driver's */

static inline sql_store *sql_of(pn_store *s) { return (sql_store *)(void *)s; }

/* ---- store_sql.c ---- */

/* Run the statement of a text.
 * fmt: one letter an argument, ?1 first: t const char * (NULL gives NULL), i int64_t. */
PN_CHECKED int sql_stmt(sql_rows **out, sql_store *s, pn_error *err, const char *sql,
                        const char *fmt, ...);
/* The next row; *row false: that was all (and the statement is done). */
PN_CHECKED int sql_step(bool *row, sql_store *s, sql_rows *st, pn_error *err);
/* No more rows are wanted. */
void sql_done(sql_rows *st);
/* A statement without rows; *changed (may be NULL) the rows that it changed. */
PN_CHECKED int sql_run(int *changed, sql_store *s, pn_error *err, const char *sql,
                       const char *fmt, ...);
/* The first column of the first row, 0 where there is no row or NULL. */
PN_CHECKED int sql_int(int64_t *out, sql_store *s, pn_error *err, const char *sql,
                       const char *fmt, ...);
/* The first column of every row; caller frees *out. */
PN_CHECKED int sql_ints(int64_t **out, size_t *n, sql_store *s, pn_error *err, const char *sql,
                        const char *fmt, ...);
int64_t sql_i64(const sql_rows *st, int col);
const char *sql_str(const sql_rows *st, int col);     /* NULL where NULL; until the next step */
/* Column as text into a buffer of n bytes. */
void sql_text(char *dst, size_t n, const sql_rows *st, int col);
#define SQL_TEXT(dst, st, col) sql_text((dst), sizeof(dst), (st), (col))

/* A write transaction around one function's work: `rc = sql_enter(); if (!rc) rc = work();
 * return sql_leave(s, rc, err);`. Inside a batch it is a savepoint. */
PN_CHECKED int sql_enter(sql_store *s, pn_error *err);
PN_CHECKED int sql_enter_claim(sql_store *s, pn_error *err);
PN_CHECKED int sql_leave(sql_store *s, int rc, pn_error *err);
/* For drivers: forget every statement (the connection is another one). */
void sql_forget(sql_store *s);

/* store_sql_catalogue.c */
int sql_add_instance(pn_added *, pn_store *, const pn_instance *, pn_error *);
int sql_get_instance(pn_instance *, pn_store *, const char *, const char *, pn_error *);
int sql_count_instances(size_t *, pn_store *, pn_error *);
int sql_next_files(pn_file_row *, size_t *, pn_store *, int64_t, size_t, pn_error *);
int sql_file_gone(pn_store *, int64_t, int64_t, pn_error *);
int sql_catalogue_complete(bool *, pn_store *, pn_error *);
int sql_set_catalogue_complete(pn_store *, pn_error *);
int sql_contours_without_case(pn_store *, pn_instance_fn, void *, pn_error *);
/* store_sql_cases.c */
extern const char sql_case_by_id[];
void sql_read_case(pn_case *out, sql_rows *st);   /* a row of sql_case_by_id */
/* "INSERT …" of a case and its images; id 0: the next number. */
int sql_insert_case(int64_t *id, sql_store *s, const pn_case *in, const char *const *image_uids,
                    size_t n_image_uids, int64_t now_ms, pn_error *err);
/* Rows of the outbox. */
int sql_insert_outgoing(sql_store *s, int64_t case_id, const pn_outgoing *out, size_t n_out,
                        int64_t now_ms, pn_error *err);
/* What may be sent now that something before it is settled: queued -> pending. */
int sql_advance(sql_store *s, int64_t case_id, int64_t now_ms, pn_error *err);
int sql_add_case(int64_t *, bool *, pn_store *, const pn_case *, const char *const *, size_t,
                 int64_t, pn_error *);
int sql_get_case(pn_case *, pn_store *, int64_t, pn_error *);
int sql_list_cases(pn_store *, pn_case_state, size_t, pn_case_fn, void *, pn_error *);
int sql_count(pn_store_counts *, pn_store *, pn_error *);
int sql_case_images(pn_file_list *, pn_store *, int64_t, pn_error *);
int sql_case_missing(pn_file_list *, pn_store *, int64_t, size_t, pn_error *);
int sql_series_images(pn_file_list *, pn_store *, const char *, pn_error *);
/* store_sql_operator.c */
int sql_retry_case(pn_case_state *, pn_store *, int64_t, int64_t, int64_t, pn_error *);
int sql_steer_case(pn_case_state *, pn_store *, int64_t, pn_steer, const char *, int64_t, int64_t,
                   pn_error *);
/* store_sql_versions.c */
int sql_restore_case(bool *, pn_store *, const pn_case *, const char *const *, size_t,
                     const pn_outgoing *, size_t, int64_t, pn_error *);
int sql_lineage(pn_lineage_facts *, pn_store *, const char *, int64_t, pn_error *);
int sql_supersede(size_t *, pn_store *, const char *, int64_t, int64_t, pn_error *);
int sql_next_to_revise(pn_case *, bool *, pn_store *, pn_error *);
int sql_revised(pn_store *, int64_t, pn_error *);
int sql_move_clock(size_t *, pn_store *, int64_t, int64_t, int64_t, pn_error *);
int sql_newest_change(int64_t *, pn_store *, pn_error *);
int sql_expire_cases(size_t *, pn_store *, int64_t, int64_t, pn_error *);
int sql_count_reports(size_t *, pn_store *, const char *, pn_error *);
/* store_sql_match.c */
int sql_match_facts(pn_match_facts *, pn_store *, const pn_case *, pn_error *);
int sql_identity_conflict(pn_identity_conflict *, bool *, pn_store *, const pn_case *,
                          const char *, bool, pn_error *);
int sql_next_to_match(pn_case *, bool *, pn_store *, int64_t, pn_error *);
int sql_decide_case(pn_store *, int64_t, const pn_match_decision *, int64_t, pn_error *);
int sql_hold_users_of(size_t *, pn_store *, const char *, const char *, int64_t, pn_error *);
/* store_sql_queue.c */
int sql_release_owner(size_t *, pn_store *, const char *, int64_t, pn_error *);
int sql_claim_case(pn_case *, bool *, pn_store *, int64_t, const char *, int64_t, pn_error *);
int sql_renew_case(pn_store *, int64_t, int64_t, int64_t, pn_error *);
int sql_release_case(pn_store *, int64_t, int64_t, int64_t, pn_error *);
int sql_case_reported(pn_store *, int64_t, int64_t, const char *, const char *, const char *,
                      const pn_outgoing *, size_t, int64_t, pn_error *);
int sql_case_failed(pn_store *, int64_t, int64_t, bool, const char *, int64_t, int64_t,
                    pn_error *);
int sql_case_not_applicable(pn_store *, int64_t, int64_t, const char *, int64_t, pn_error *);
/* store_sql_keep.c */
int sql_claim_pull(pn_pull *, bool *, pn_store *, int64_t, const char *, int64_t, int64_t,
                   pn_error *);
int sql_renew_pull(pn_store *, int64_t, int64_t, int64_t, int64_t, pn_error *);
int sql_pull_done(pn_store *, int64_t, int64_t, const char *, size_t, int64_t, int64_t,
                  pn_error *);
/* n_removed, removed_ms and pull_note of facts that are filled otherwise. */
int sql_keep_facts(pn_match_facts *f, sql_store *s, const pn_case *c, pn_error *err);
int sql_mark_due(size_t *, int64_t *, pn_store *, const pn_keep_rule *, size_t, int64_t,
                 pn_error *);
int sql_mark_oldest(size_t *, bool *, pn_keep_cursor *, pn_store *, int64_t, pn_error *);
int sql_remove_marked(size_t *, pn_store *, size_t, pn_remove_fn, void *, pn_error *);
int sql_next_results(int64_t *, bool *, pn_store *, int64_t, pn_error *);
int sql_results_removed(pn_store *, int64_t, int64_t, pn_error *);
/* store_sql_outbox.c */
int sql_claim_delivery(pn_delivery *, bool *, pn_store *, int64_t, const char *, const char *,
                       int64_t, pn_error *);
int sql_delivery_sent(bool *, pn_store *, int64_t, int64_t, int, const char *, int64_t, int64_t,
                      pn_error *);
int sql_delivery_retry(pn_store *, int64_t, int64_t, int64_t, int, const char *, int64_t,
                       pn_error *);
int sql_delivery_failed(pn_store *, int64_t, int64_t, int, const char *, int64_t, pn_error *);
int sql_delivery_refused(bool *, pn_store *, int64_t, int64_t, int, const char *, int64_t,
                         pn_error *);
int sql_is_own_object(bool *, pn_store *, const char *, pn_error *);
int sql_withdraw_case(pn_case_state *, pn_store *, int64_t, const char *, const pn_outgoing *,
                      size_t, int64_t, pn_error *);
int sql_case_deliveries(pn_store *, int64_t, pn_delivery_fn, void *, pn_error *);
/* store_sql_commit.c */
int sql_claim_commitment(pn_commit_request *, bool *, pn_store *, const char *, const char *,
                         int64_t, int64_t, pn_error *);
int sql_commitment_later(pn_store *, const char *, const char *, int64_t, int64_t, pn_error *);
int sql_commitment_answer(pn_commit_outcome *, pn_store *, const char *, const pn_commit_answer *,
                          size_t, int64_t, int64_t, pn_error *);
/* The delivered case is committed, where the archives that are asked have said so. */
int sql_commit_case(int *changed, sql_store *s, int64_t case_id, int64_t now_ms, pn_error *err);

#endif
