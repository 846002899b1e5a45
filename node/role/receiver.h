/* role/receiver.h - the process that listens: one child for each association. */
#ifndef PN_RECEIVER_H
#define PN_RECEIVER_H
#include <config/node.h>
#include "base/error.h"

/* What the supervisor gave, and keeps. Listening sockets: -1: open one on cfg->listen, where
 * cfg->port or cfg->tls.port is not 0. tls: the key, where cfg->tls.port is not 0. */
typedef struct pn_receiver_fds { int plain, secure, tls; } pn_receiver_fds;

/* Accept associations until SIGTERM or SIGINT. After SIGHUP new ones get the new TLS key.
 *
 * An address that may not connect (cfg->access) is rejected (1, 1, 1) where it asks without TLS,
 * and disconnected at once on the TLS port.
 *
 * Over the limits (cfg->max_associations, cfg->max_associations_per_address) a request is
 * rejected as transient, local limit exceeded; while stopping, as temporary congestion; on the TLS
 * port, where a rejection would cost a handshake, it is disconnected. After a
 * stop signal open associations get 25 s, and are ended earlier where they pause.
 *
 * Removes at its start what dead writers left in the spool. PN_EIO: a sync failed in a child;
 * nothing more was acknowledged, and only a restart may do so. */
PN_CHECKED int pn_receiver_run(const cfg_node *cfg, const pn_receiver_fds *fds, pn_error *err);

#endif
