/* role/access.h - the lists of `access:`. */
#ifndef PN_ACCESS_H
#define PN_ACCESS_H
#include <stdbool.h>
#include <stdint.h>
#include <config/node.h>

/* address: IPv6, or IPv4 mapped into it. */
bool pn_access_address(const cfg_node *cfg, const uint8_t address[16]);
/* For pn_tls_opts: ctx is the cfg_node. */
bool pn_access_certificate(void *ctx, const char *subject, const char *fingerprint);

#endif
