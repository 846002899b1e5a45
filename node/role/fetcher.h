/* role/fetcher.h - asks the archives for the images that a case lacks.
 *
 * A case that waits for images longer than cases.pull_after_s is looked up in each archive with
 * `query`: C-FIND tells what it has, C-MOVE has it sent to our own receiver, C-GET is the other
 * way. Asked for are the named images that are not there; where a case waits for a series as a
 * whole, what is not there of it, and how many instances it has, which says when it is complete.
 * One request at a time; attempts and the next time are in the store, what came of the last one
 * is part of the case's reason. */
#ifndef PN_FETCHER_H
#define PN_FETCHER_H
#include <stdbool.h>
#include <config/node.h>
#include "base/error.h"

/* Whether the configuration asks for it at all. */
bool pn_fetcher_wanted(const cfg_node *cfg);

/* The role's main loop: returns when pn_role_stop is set, or on an error that only a restart can
 * cure (a sync of the spool that failed is one). */
PN_CHECKED int pn_fetcher_run(const cfg_node *cfg, pn_error *err);

#endif
