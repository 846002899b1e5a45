/* A PostgreSQL of the test's own: in a temporary folder, on a unix socket, as user postgres
 * (initdb refuses root), gone with the test. */
#ifndef PG_SERVER_H
#define PG_SERVER_H
#include <stdbool.h>
#include <stddef.h>

/* False, with a message, where PostgreSQL is not installed. */
bool pg_server_start(void);
void pg_server_stop(void);             /* and remove the folder */
/* Kill it at once, as a crash does, and start it again on the same data. */
void pg_server_crash(void);
void pg_server_resume(void);
/* A schema of its own, empty: its connection string. */
void pg_server_new_database(char *conninfo, size_t n);
/* Run a statement as the server's owner; the first value of the answer as a number. */
long pg_server_ask(const char *sql);
#endif
