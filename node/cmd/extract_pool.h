/* cmd/extract_pool.h - cases measured by worker processes, so that what kills one of them costs one
 * case. */
#ifndef PN_EXTRACT_POOL_H
#define PN_EXTRACT_POOL_H
#include <stdbool.h>
#include "cmd/extract_case.h"

/* One finished case in the parent, as ex_rows_to_json writes it; in the order in which they end. */
typedef int ex_finished(void *user, size_t number, const char *line, size_t n, pn_error *err);

/* Measure every case that is not `done` yet. keys: of all cases, for the lines. A worker that dies
 * leaves a line with PN_ECRASH, and another worker takes its place. Ends early with PN_EINTERNAL and
 * *interrupted where SIGINT or SIGTERM came (the workers are gone then), or with the code that
 * `finished` returned. */
PN_CHECKED int ex_pool_run(const ex_cases *cases, const bool *done, char (*keys)[PN_DIGEST_HEX_SIZE],
                           const ex_setup *s, ex_finished *finished, void *user, int *interrupted, pn_error *err);

#endif
