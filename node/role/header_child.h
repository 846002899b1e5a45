/* role/header_child.h - headers are read by a process that may die of them.
 *
 * `prognode role header SPOOL` reads one path a line on stdin and answers each with one line on
 * stdout: `ok <json of pn_header_to_json>`, `bad <message>` (the file is at fault) or
 * `later <message>` (a file system or memory error, or the child could not be made safe). It is
 * locked up: of all files it can read those of the spool's incoming/, instances/ and results/. The
 * reader below is its parent's side. */
#ifndef PN_HEADER_CHILD_H
#define PN_HEADER_CHILD_H
#include <sys/types.h>
#include "base/buf.h"
#include "base/error.h"
#include "dicom/header.h"

/* The child's loop; returns at end of input. */
void pn_header_child_run(const char *spool);

typedef struct pn_header_reader {
    unsigned timeout_ms;       /* for one file; set before the first read, 0: 30 s           */
    const char *spool;         /* its folder, borrowed; set before the first read            */
    pid_t pid;                 /* 0: not running                                             */
    int to, from;
    pn_buf line;
    unsigned n_deaths;         /* children that died or were killed for being late           */
} pn_header_reader;            /* start from {0}; the child is started by the first read     */

/* Read one file's header; *json (may be NULL) the line it came as, freed by the caller. A child
 * that dies or takes too long is replaced and the file is tried once more. Fails: PN_ECRASH,
 * permanent: it failed so twice; other permanent errors: what the child says of the file;
 * transient errors: try later. */
PN_CHECKED int pn_header_reader_read(pn_header *out, char **json, pn_header_reader *r,
                                     const char *path, pn_error *err);
void pn_header_reader_close(pn_header_reader *r);

#endif
