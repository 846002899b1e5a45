/* A store in a folder of its own, and short ways to fill it. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H
#include "queue/store.h"

typedef struct fixture {
    char folder[64], path[96];
    pn_store *s;
    pn_error err;
} fixture;

int fixture_setup(void **state);
int fixture_teardown(void **state);
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
