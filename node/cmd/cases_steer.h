/* cmd/cases_steer.h - the verbs of `prognode cases` that change something. */
#ifndef PN_CASES_STEER_H
#define PN_CASES_STEER_H
#include <config/node.h>
#include "queue/store.h"

typedef struct cases_verb cases_verb;

/* NULL: not one of them. */
const cases_verb *cases_verb_of(const char *word);

/* Whether it is one that can be asked of all reports of a model at once. */
bool cases_verb_is_for_many(const cases_verb *verb);

typedef struct cases_steer_opts {
    const char *model;         /* rerun: with this model, NULL: the case's own                */
    const char *reason;        /* withdraw                                                    */
} cases_steer_opts;

/* Apply the verb to each case, tell what became of it, and log it. Gives the exit code. */
int cases_steer(pn_store *s, const cases_verb *verb, const cfg_node *cfg, const cases_steer_opts *opts,
                const int64_t *ids, size_t n_ids);

#endif
