/* queue/store_pg.h - what the two files of the postgresql driver share. */
#ifndef PN_STORE_PG_H
#define PN_STORE_PG_H
#include <libpq-fe.h>
#include "queue/store_sql.h"

typedef struct pg_store {
    sql_store sql;
    PGconn *conn;              /* NULL: not connected                                        */
    char *conninfo;
    unsigned busy_timeout_ms;
    int64_t connect_after_ms;  /* monotonic: not before                                      */
    int pause_ms;              /* after the next failure to connect                          */
} pg_store;

static inline pg_store *pg(sql_store *s) { return (pg_store *)(void *)s; }

int pg_script(sql_store *s, const char *sql, pn_error *err);
int pg_schema_update(pg_store *s, pn_error *err);
/* Read-only: only look whether the version is ours. */
int pg_schema_verify(pg_store *s, pn_error *err);

#endif
