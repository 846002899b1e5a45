/* role/commitment.h - does an archive keep what it took? Asked by its sender, answered by the archive. */
#ifndef PN_COMMITMENT_H
#define PN_COMMITMENT_H
#include <config/node.h>
#include "base/error.h"
#include "base/tls.h"
#include "dicom/header.h"
#include "queue/store.h"
#include "role/spool_sink.h"

typedef struct pn_committer {
    pn_spool_sink sink;        /* first: the handler's. A report that comes at once is put where the receiver
                                  puts those that come later: in incoming/                         */
    const cfg_node *cfg;
    const cfg_archive *archive;
    pn_store *store;           /* lent */
    pn_spool spool;
    bool spool_open;
} pn_committer;

bool pn_commitment_wanted(const cfg_archive *archive);
/* When the archive is to be asked about what it has taken now; 0: it is not. A rejection note, of the
 * kind "note", is not asked about. */
int64_t pn_commitment_due(const cfg_archive *archive, const char *kind, int64_t now_ms);

/* The store is lent to it. */
PN_CHECKED int pn_committer_open(pn_committer *out, const cfg_node *cfg, const cfg_archive *archive,
                                 pn_store *store, pn_error *err);
void pn_committer_close(pn_committer *c);      /* a zeroed one is fine */

/* Ask about what is due, if anything is. tls as the sender has it. Errors are those of the store, and a
 * sync that failed; what the archive fails in is tried again. */
PN_CHECKED int pn_committer_turn(bool *asked, pn_committer *c, const pn_tls *tls, pn_error *err);

/* An archive's report, as the header child has read it. A report twice does nothing. */
PN_CHECKED int pn_commitment_take(pn_store *store, const cfg_node *cfg, const pn_header *report,
                                  int64_t now_ms, pn_error *err);

#endif
