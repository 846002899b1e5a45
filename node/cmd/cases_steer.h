/* cmd/cases_steer.h - the verbs of `prognode cases` that change something. */
#ifndef PN_CASES_STEER_H
#define PN_CASES_STEER_H
#include <config/node.h>
#include "queue/store.h"

typedef struct cases_verb cases_verb;

/* NULL: not one of them. */
const cases_verb *cases_verb_of(const char *word);

/* Apply the verb to each case, tell what became of it, and log it. model: for rerun, NULL: the
 * case's own. Gives the exit code. */
int cases_steer(pn_store *s, const cases_verb *verb, const cfg_node *cfg, const char *model,
                const int64_t *ids, size_t n_ids);

#endif
