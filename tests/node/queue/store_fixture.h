/* A store of its own for each test, of each backend in turn, and short ways to fill it. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H
#include "queue/store.h"

typedef struct fixture {
    char folder[64], path[192];        /* path: of the file, or the connection string */
    pn_store *s;
    pn_error err;
} fixture;

extern const char *fixture_backend;    /* "sqlite" or "postgresql" */
/* Run the tests over sqlite, then over PostgreSQL where it is installed. */
#define FIXTURE_RUN(tests)                                                                    \
    (cmocka_run_group_tests_name("sqlite", tests, NULL, NULL) +                               \
     (fixture_postgresql() ? cmocka_run_group_tests_name("postgresql", tests, NULL, NULL) : 0))
int fixture_postgresql(void);          /* from now on; 0: it is not installed */

int fixture_setup(void **state);
int fixture_teardown(void **state);
/* The name of another database, empty yet. */
void fixture_new_database(char *path, size_t n, const fixture *f);
void fixture_reopen(fixture *f);       /* close and open: what was not durable is gone */

/* An image (digest, and pixel digest "p-<digest>") of series `series` in study "1.2.study", patient "P1", frame "1.2.frame". */
pn_instance image_of(const char *sop_uid, const char *digest, const char *series);
pn_added add(fixture *f, const pn_instance *in);
/* A case of contour `contour` (digest "d-<contour>") and model `model`, with images "<p>.1" …
 * "<p>.n" of series "1.2.series"; fallback at 1000, give up at 5000. */
int64_t add_case(fixture *f, const char *contour, const char *model, const char *prefix, int n,
                 int64_t now_ms);
/* The same, decided as ready. */
int64_t add_ready(fixture *f, const char *contour, int64_t now_ms);
pn_case *case_of(fixture *f, int64_t id);   /* one static case: valid until the next call */
#endif
