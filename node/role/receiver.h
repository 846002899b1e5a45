/* role/receiver.h - the process that listens: one child for each association. */
#ifndef PN_RECEIVER_H
#define PN_RECEIVER_H
#include <config/node.h>
#include "base/error.h"

/* Accept associations until SIGTERM or SIGINT. listen_fd: a listening socket, which stays the
 * caller's; -1: open one on cfg->listen and cfg->port.
 *
 * Over the limits (cfg->max_associations, cfg->max_associations_per_address) a request is
 * rejected as transient, local limit exceeded; while stopping, as temporary congestion. After a
 * stop signal open associations get 25 s, and are ended earlier where they pause.
 *
 * Removes at its start what dead writers left in the spool. PN_EIO: a sync failed in a child;
 * nothing more was acknowledged, and only a restart may do so. */
PN_CHECKED int pn_receiver_run(const cfg_node *cfg, int listen_fd, pn_error *err);

#endif
