/* cmd/peer_tls.c - see peer_tls.h. */
#include "cmd/peer_tls.h"
#include <stdio.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "role/keys.h"

int peer_config_load(cfg_node *cfg, const char *verb, const char *path)
{
    cfg_error err = {0};
    if (cfg_node_load(cfg, path, &err) == CFG_OK) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode %s: %s\n", verb, err.msg);
    return PN_EXIT_USAGE;
}

int peer_tls_open(pn_tls **out, const char *verb, const cfg_node *cfg)
{
    pn_tls_material m = {0};
    pn_tls_facts facts = {0};
    const pn_tls_opts opts = { .server = false };
    pn_error err = {0};
    *out = NULL;
    if (cfg->tls.certificate[0] == '\0') { return PN_EXIT_OK; }
    int rc = pn_keys_read(&m, &facts, cfg, pn_now_ms(), &err);
    if (rc == PN_OK || rc == PN_EUNSUPPORTED) { rc = pn_tls_open(out, &m, &opts, &err); }
    pn_tls_material_free(&m);
    if (rc != PN_OK) { fprintf(stderr, "prognode %s: %s\n", verb, err.msg); }
    return rc == PN_OK ? PN_EXIT_OK : PN_EXIT_USAGE;
}
