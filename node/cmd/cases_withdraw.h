/* cmd/cases_withdraw.h - `prognode cases withdraw`: take back what archives hold of a case. */
#ifndef PN_CASES_WITHDRAW_H
#define PN_CASES_WITHDRAW_H
#include <config/node.h>
#include "queue/store.h"

/* Write a rejection note for each archive that holds objects of the case, and queue it; what was
 * not sent yet is not sent. One transaction: either all of it, or nothing. *state: the case's
 * afterwards; *n_notes: how many archives get one. Fails: as pn_store_withdraw_case, PN_ENOTFOUND
 * where the case's results are gone. */
PN_CHECKED int cases_withdraw(pn_case_state *state, size_t *n_notes, pn_store *s, const cfg_node *cfg,
                              int64_t id, const char *reason, pn_error *err);

#endif
