/* queue/store_sqlite.h - what the two files of the sqlite driver share. */
#ifndef PN_STORE_SQLITE_H
#define PN_STORE_SQLITE_H
#include <sqlite3.h>
#include "queue/store_sql.h"

typedef struct sq_store {
    sql_store sql;
    sqlite3 *db;
} sq_store;

static inline sq_store *sq(sql_store *s) { return (sq_store *)(void *)s; }

int sq_fail(sq_store *s, pn_error *err, int rc, const char *what);

/* "NFS", "CIFS", … where a statfs f_type is a network file system, else NULL. */
const char *sq_network_fs(long f_type);

int sq_schema_update(sq_store *s, pn_error *err);
/* Read-only: only look whether the version is ours. */
int sq_schema_verify(sq_store *s, pn_error *err);

#endif
