/* role/gone.h - rows of the catalogue whose file is no longer in the spool. */
#ifndef PN_GONE_H
#define PN_GONE_H
#include "queue/store.h"
#include "spool/spool.h"

typedef struct pn_gone {
    size_t n_rows;             /* instances that should have a file                          */
    size_t n_gone;             /* of them, those that have none                              */
    size_t n_unknown;          /* files in instances/ that no row names                      */
    size_t n_reports;          /* reports still to be sent whose folder is gone              */
} pn_gone;

/* Look at all of them; with `mark`, say so in the store (pn_store_file_gone): cases that count on
 * such a file wait for it again. Nothing is deleted, and no row of a case is changed otherwise.
 * Each is a line in the log. The node may be running. */
PN_CHECKED int pn_look_for_gone(pn_gone *out, pn_store *s, pn_spool *spool, bool mark,
                                int64_t now_ms, pn_error *err);

#endif
