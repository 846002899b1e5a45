/* cmd/hold.h - Ctrl-C waits while results are written.
 *
 * A verb computes first and writes at its end. Between hold_signals and release_signals SIGINT, SIGTERM and SIGHUP
 * only leave a note; release takes them as if they came then. So the files of a verb are all old or all new, and none
 * stays behind under its temporary name. Pairs may nest. For single-threaded verbs. */
#ifndef PN_CMD_HOLD_H
#define PN_CMD_HOLD_H
#include <stddef.h>
#include "base/error.h"

void hold_signals(void);
void release_signals(void);

/* pn_write_file within a pair. */
PN_CHECKED int hold_and_write(const char *path, const void *bytes, size_t n, pn_error *err);

#endif
