/* role/indexer.h - the indexer: from files in the spool to cases in the queue.
 *
 * It alone moves files out of incoming/. Each one's header is read by a child process, the
 * catalogue gets a row, contour objects get their cases, and then the file is adopted into
 * instances/; open cases that may have changed are decided. Everything is decided from spool
 * and store, so that it may be killed anywhere and started again. */
#ifndef PN_INDEXER_H
#define PN_INDEXER_H
#include <config/node.h>
#include "base/error.h"
#include "role/gone.h"

/* Runs until pn_role_stop is set, or an error that only a restart can cure. */
PN_CHECKED int pn_indexer_run(const cfg_node *cfg, pn_error *err);

/* Bring the store in line with the folders, once: `prognode queue reconcile`, and what the
 * indexer does by itself where the database is new. The node may be running. */
typedef struct pn_reconciled {
    size_t n_instances;        /* in the catalogue now                                       */
    size_t n_added;            /* of them, rows that were missing                            */
    size_t n_restored;         /* cases whose reports were found in results/                 */
    pn_gone gone;              /* rows without files; with dry_run also files without rows   */
} pn_reconciled;
/* dry_run: look, and change nothing; of the above only `gone` is filled. */
PN_CHECKED int pn_indexer_reconcile(pn_reconciled *out, const cfg_node *cfg, bool dry_run,
                                    pn_error *err);

#endif
