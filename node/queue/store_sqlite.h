/* queue/store_sqlite.h - what the files of the sqlite backend share. */
#ifndef PN_STORE_SQLITE_H
#define PN_STORE_SQLITE_H
#include <sqlite3.h>
#include "queue/store_backend.h"

enum { SQ_MAX_STATEMENTS = 128 };

typedef struct sq_store {
    pn_store base;
    sqlite3 *db;
    bool in_batch;             /* between pn_store_begin and commit                          */
    bool leading;              /* said so once                                               */
    struct { const char *sql; sqlite3_stmt *st; } cache[SQ_MAX_STATEMENTS];
    size_t n_cache;
} sq_store;

static inline sq_store *sq(pn_store *s) { return (sq_store *)(void *)s; }

/* The prepared statement of a text, reset and bound. Prepared once for each text: the texts
 * are constants, known by their address.
 * fmt: one letter an argument, ?1 first: t const char * (NULL gives NULL), i int64_t. */
PN_CHECKED int sq_stmt(sqlite3_stmt **out, sq_store *s, pn_error *err, const char *sql,
                       const char *fmt, ...);
/* One step; *row true: a row lies in the statement, false: it is done (and reset). */
PN_CHECKED int sq_step(bool *row, sq_store *s, sqlite3_stmt *st, pn_error *err);
/* A statement without rows; *changed (may be NULL) the rows that it changed. */
PN_CHECKED int sq_run(int *changed, sq_store *s, pn_error *err, const char *sql,
                      const char *fmt, ...);
/* The first column of the first row, 0 where there is no row or NULL. */
PN_CHECKED int sq_int(int64_t *out, sq_store *s, pn_error *err, const char *sql,
                      const char *fmt, ...);
/* The first column of every row; caller frees *out. */
PN_CHECKED int sq_ints(int64_t **out, size_t *n, sq_store *s, pn_error *err, const char *sql,
                       const char *fmt, ...);
/* Column as text into a buffer of n bytes. */
void sq_text(char *dst, size_t n, sqlite3_stmt *st, int col);
#define SQ_TEXT(dst, st, col) sq_text((dst), sizeof(dst), (st), (col))
int sq_fail(sq_store *s, pn_error *err, int rc, const char *what);

/* A write transaction around one function's work: `rc = sq_enter(); if (!rc) rc = work();
 * return sq_leave(s, rc, err);`. Inside a batch it is a savepoint. */
PN_CHECKED int sq_enter(sq_store *s, pn_error *err);
PN_CHECKED int sq_leave(sq_store *s, int rc, pn_error *err);

/* "NFS", "CIFS", … where a statfs f_type is a network file system, else NULL. */
const char *sq_network_fs(long f_type);

int sq_schema_update(sq_store *s, pn_error *err);
/* Read-only: only look whether the version is ours. */
int sq_schema_verify(sq_store *s, pn_error *err);

/* store_sqlite_catalogue.c */
int sq_add_instance(pn_added *, pn_store *, const pn_instance *, pn_error *);
int sq_get_instance(pn_instance *, pn_store *, const char *, const char *, pn_error *);
int sq_count_instances(size_t *, pn_store *, pn_error *);
int sq_catalogue_complete(bool *, pn_store *, pn_error *);
int sq_set_catalogue_complete(pn_store *, pn_error *);
int sq_contours_without_case(pn_store *, pn_instance_fn, void *, pn_error *);
/* store_sqlite_cases.c */
extern const char sq_case_by_id[];
void sq_read_case(pn_case *out, sqlite3_stmt *st);   /* a row of sq_case_by_id */
/* "INSERT …" of a case and its images; id 0: the next number. */
int sq_insert_case(int64_t *id, sq_store *s, const pn_case *in, const char *const *image_uids,
                   size_t n_image_uids, int64_t now_ms, pn_error *err);
/* Rows of the outbox. */
int sq_insert_outgoing(sq_store *s, int64_t case_id, const pn_outgoing *out, size_t n_out,
                       int64_t now_ms, pn_error *err);
int sq_add_case(int64_t *, bool *, pn_store *, const pn_case *, const char *const *, size_t,
                int64_t, pn_error *);
int sq_get_case(pn_case *, pn_store *, int64_t, pn_error *);
int sq_list_cases(pn_store *, pn_case_state, size_t, pn_case_fn, void *, pn_error *);
int sq_count(pn_store_counts *, pn_store *, pn_error *);
int sq_case_images(pn_file_list *, pn_store *, int64_t, pn_error *);
int sq_case_missing(pn_file_list *, pn_store *, int64_t, size_t, pn_error *);
/* store_sqlite_operator.c */
int sq_retry_case(pn_case_state *, pn_store *, int64_t, int64_t, int64_t, pn_error *);
int sq_steer_case(pn_case_state *, pn_store *, int64_t, pn_steer, const char *, int64_t, int64_t,
                  pn_error *);
/* store_sqlite_versions.c */
int sq_restore_case(bool *, pn_store *, const pn_case *, const char *const *, size_t,
                    const pn_outgoing *, size_t, int64_t, pn_error *);
int sq_lineage(pn_lineage_facts *, pn_store *, const char *, int64_t, pn_error *);
int sq_supersede(size_t *, pn_store *, const char *, int64_t, int64_t, pn_error *);
int sq_next_to_revise(pn_case *, bool *, pn_store *, pn_error *);
int sq_revised(pn_store *, int64_t, pn_error *);
int sq_expire_cases(size_t *, pn_store *, int64_t, int64_t, pn_error *);
int sq_count_reports(size_t *, pn_store *, const char *, pn_error *);
/* store_sqlite_match.c */
int sq_match_facts(pn_match_facts *, pn_store *, const pn_case *, pn_error *);
int sq_identity_conflict(pn_identity_conflict *, bool *, pn_store *, const pn_case *,
                         const char *, bool, pn_error *);
int sq_next_to_match(pn_case *, bool *, pn_store *, int64_t, pn_error *);
int sq_decide_case(pn_store *, int64_t, const pn_match_decision *, int64_t, pn_error *);
int sq_hold_users_of(size_t *, pn_store *, const char *, const char *, int64_t, pn_error *);
/* store_sqlite_queue.c */
int sq_lead(pn_lead *, pn_store *, pn_error *);
int sq_release_owner(size_t *, pn_store *, const char *, int64_t, pn_error *);
int sq_claim_case(pn_case *, bool *, pn_store *, int64_t, const char *, int64_t, pn_error *);
int sq_renew_case(pn_store *, int64_t, int64_t, int64_t, pn_error *);
int sq_release_case(pn_store *, int64_t, int64_t, int64_t, pn_error *);
int sq_case_reported(pn_store *, int64_t, int64_t, const char *, const char *, const char *,
                     const pn_outgoing *, size_t, int64_t, pn_error *);
int sq_case_failed(pn_store *, int64_t, int64_t, bool, const char *, int64_t, int64_t,
                   pn_error *);
int sq_case_not_applicable(pn_store *, int64_t, int64_t, const char *, int64_t, pn_error *);
/* store_sqlite_outbox.c */
int sq_claim_delivery(pn_delivery *, bool *, pn_store *, int64_t, const char *, const char *,
                      int64_t, pn_error *);
int sq_delivery_sent(bool *, pn_store *, int64_t, int64_t, int, const char *, int64_t,
                     pn_error *);
int sq_delivery_retry(pn_store *, int64_t, int64_t, int64_t, int, const char *, int64_t,
                      pn_error *);
int sq_delivery_failed(pn_store *, int64_t, int64_t, int, const char *, int64_t, pn_error *);
int sq_case_deliveries(pn_store *, int64_t, pn_delivery_fn, void *, pn_error *);

#endif
