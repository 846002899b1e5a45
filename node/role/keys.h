/* role/keys.h - the node's TLS key and certificates.
 *
 * The supervisor reads the files, checks them and keeps their bytes in a file in memory, whose
 * descriptor (PN_FD_TLS) goes to the roles that talk to peers over TLS and to no other. SIGHUP
 * makes it read them again; the roles follow for new associations, open ones go on as they are. */
#ifndef PN_KEYS_H
#define PN_KEYS_H
#include <stddef.h>
#include <stdint.h>
#include <config/node.h>
#include "base/error.h"
#include "base/tls.h"

enum { PN_KEYS_WARN_DAYS = 30, PN_KEYS_MAX_WARNINGS = 3, PN_KEYS_WARNING_SIZE = 320 };

/* The files that cfg->tls names, read and found fit for use: key and certificate are a pair, the
 * CA and CRL files hold what they should, the certificate's dates are good at now_ms. PN_ECONFIG.
 * With PN_EUNSUPPORTED only the dates are wrong, and material and facts are filled. */
PN_CHECKED int pn_keys_read(pn_tls_material *out, pn_tls_facts *facts, const cfg_node *cfg,
                            int64_t now_ms, pn_error *err);
/* What ends soon or has ended: certificate, a CA, the revocation lists. Returns how many. */
size_t pn_keys_warnings(char out[PN_KEYS_MAX_WARNINGS][PN_KEYS_WARNING_SIZE], const pn_tls_facts *facts,
                        int64_t now_ms);

/* No other process of this user may look into this one's memory or descriptors. Sanitized builds
 * leave it out: their search for leaks is such another process. */
void pn_keys_shield(void);

/* Whether this role, of this archive (of a sender), is given the descriptor. */
bool pn_keys_wanted(const cfg_node *cfg, const char *role, const char *archive);

/* For a role: from PN_FD_TLS, or the descriptor that a test has. cfg is lent for as long. */
PN_CHECKED int pn_keys_server(pn_tls **out, const cfg_node *cfg, int fd, pn_error *err);
PN_CHECKED int pn_keys_client(pn_tls **out, int fd, pn_error *err);
/* In the loop of a role that has a client's: after SIGHUP take the new key. NULL stays NULL. */
void pn_keys_follow(pn_tls **tls);
/* Take the new one in place of *tls; a failure is logged and leaves it. */
void pn_keys_swap(pn_tls **tls, pn_tls *fresh, int rc, const pn_error *why);

#endif
