/* role/keeper.h - retention: what is done goes, in the order and at the time that the
 * configuration says (retention:), and nothing of an unfinished case ever. */
#ifndef PN_KEEPER_H
#define PN_KEEPER_H
#include <stdbool.h>
#include <stdint.h>
#include <config/node.h>
#include "base/error.h"
#include "queue/store.h"
#include "spool/spool.h"

typedef struct pn_keeper {
    const cfg_node *cfg;
    pn_store *store;
    pn_spool spool;
    bool spool_open;
    bool refusing;                 /* less room than spool.reserve: it was said              */
    bool was_low;                  /* at the last turn                                       */
    int64_t walked_to;             /* id of the last instance looked at in this pass         */
    int64_t pass_due_ms, sweep_due_ms, warn_due_ms, quarantine_due_ms;
    pn_keep_cursor oldest;         /* of the cases that made room                            */
} pn_keeper;

/* Open store and spool. cfg is borrowed. Close after a failure too. */
PN_CHECKED int pn_keeper_open(pn_keeper *out, const cfg_node *cfg, pn_error *err);
void pn_keeper_close(pn_keeper *k);

/* One bounded piece of work at the time now_ms: make room where there is too little, look at the
 * next few hundred instances, remove what is marked; once a minute look at quarantine/, once an
 * hour sweep results/ and tmp/.
 * Fails as the store and the spool do. */
PN_CHECKED int pn_keeper_turn(pn_keeper *k, int64_t now_ms, pn_error *err);

/* The role's main loop: returns when pn_role_stop is set, or on an error that only a restart can
 * cure. */
PN_CHECKED int pn_keeper_run(const cfg_node *cfg, pn_error *err);

#endif
