/* cmd/peer_tls.h - the configuration and its keys, for the verbs that call archives. */
#ifndef PN_CMD_PEER_TLS_H
#define PN_CMD_PEER_TLS_H
#include <config/node.h>
#include "base/tls.h"

/* The node's configuration; an exit code, with the reason on stderr after "prognode VERB: ". */
int peer_config_load(cfg_node *cfg, const char *verb, const char *path);
/* The client's side of the configuration's tls:, NULL where it has none. A certificate whose time is over
 * is left to the peer's judgement. An exit code as above; *out by pn_tls_close. */
int peer_tls_open(pn_tls **out, const char *verb, const cfg_node *cfg);

#endif
