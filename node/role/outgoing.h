/* role/outgoing.h - where a case's objects go. */
#ifndef PN_OUTGOING_H
#define PN_OUTGOING_H
#include <config/node.h>
#include "pipeline/job.h"
#include "queue/store.h"
#include "role/withdrawn.h"

/* The objects of one attempt for every archive that is to get them. Texts lie in it or in what it
 * was made of. */
typedef struct pn_outgoing_list {
    pn_outgoing *item; size_t n;
    char (*paths)[PN_PATH_SIZE];
} pn_outgoing_list;

/* An archive that some model names as its shadow gets only the reports of that model's first
 * `shadow` cases; the others get all reports but those. Without a shadow archive, the first
 * reports go to the usual archives but are held. n_reports: how many cases of this model have a
 * report already. cfg and o are lent to the list. */
PN_CHECKED int pn_outgoing_list_make(pn_outgoing_list *out, const cfg_node *cfg, size_t model,
                                     size_t n_reports, const char *folder, const pn_outcome *o,
                                     pn_error *err);
/* Send the notes, which are lent, and nothing else of the list: its objects stay as spare, so that
 * they are known as our own. */
PN_CHECKED int pn_outgoing_list_replace(pn_outgoing_list *l, const pn_withdrawn *by, pn_error *err);
void pn_outgoing_list_free(pn_outgoing_list *l);

#endif
