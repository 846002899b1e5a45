#include "role/keys.h"
#include <string.h>
#include <sys/prctl.h>
#include "base/log.h"
#include "role/access.h"
#include "role/role.h"

void pn_keys_shield(void)
{
#ifndef PN_SANITIZED
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

bool pn_keys_wanted(const cfg_node *cfg, const char *role, const char *archive)
{
    if (strcmp(role, "receiver") == 0) { return cfg->tls.port != 0; }
    bool fetcher = strcmp(role, "fetcher") == 0, sender = strcmp(role, "sender") == 0;
    for (size_t i = 0; i < cfg->n_archives; i++) {
        const cfg_archive *a = &cfg->archives[i];
        bool asked = fetcher ? strcmp(a->query, "none") != 0 : sender && strcmp(a->name, archive) == 0;
        if (a->tls && asked) { return true; }
    }
    return false;
}

static int open_from(pn_tls **out, int fd, const pn_tls_opts *opts, pn_error *err)
{
    pn_tls_material m = {0};
    pn_keys_shield();
    int rc = pn_tls_material_get(&m, fd, err);
    if (rc == PN_OK) { rc = pn_tls_open(out, &m, opts, err); }
    pn_tls_material_free(&m);
    return rc;
}

int pn_keys_server(pn_tls **out, const cfg_node *cfg, int fd, pn_error *err)
{
    union { const cfg_node *in; void *ctx; } lent = {cfg};     /* it is only read */
    const pn_tls_opts opts = {.server = true, .client_certificate = cfg->tls.client_certificate,
                              .allowed = pn_access_certificate, .ctx = lent.ctx};
    return open_from(out, fd, &opts, err);
}

int pn_keys_client(pn_tls **out, int fd, pn_error *err)
{
    const pn_tls_opts opts = {.server = false};
    return open_from(out, fd, &opts, err);
}

void pn_keys_follow(pn_tls **tls)
{
    if (!pn_role_reload || *tls == NULL) { return; }
    pn_tls *fresh = NULL;
    pn_error why = {0};
    pn_role_reload = 0;
    int rc = pn_keys_client(&fresh, PN_FD_TLS, &why);
    pn_keys_swap(tls, fresh, rc, &why);
}

void pn_keys_swap(pn_tls **tls, pn_tls *fresh, int rc, const pn_error *why)
{
    if (rc == PN_OK) {
        pn_tls_close(*tls);
        *tls = fresh;
        pn_log(PN_LOG_INFO, "tls_renewed", "%s", "");
        return;
    }
    char quoted[512];
    pn_log(PN_LOG_ERROR, "tls_kept", "reason=%s", pn_log_quote(quoted, sizeof quoted, why->msg));
}
