/* role/outgoing.h - where a case's report goes. */
#ifndef PN_OUTGOING_H
#define PN_OUTGOING_H
#include <config/node.h>
#include "queue/store.h"

/* One entry for each archive that is to get the report, at most cfg->n_archives. An archive that
 * some model names as its shadow gets only the reports of that model's first `shadow` cases; the
 * others get all reports but those. Without a shadow archive, the first reports go to the usual
 * archives but are held. n_reports: how many cases of this model have a report already.
 * Texts are lent. */
size_t pn_outgoing_for(pn_outgoing *out, const cfg_node *cfg, size_t model, size_t n_reports,
                       const char *path, const char *sop_class_uid, const char *sop_uid);

#endif
