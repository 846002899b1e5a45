#include "role/access.h"
#include <string.h>
#include <config/access.h>

bool pn_access_address(const cfg_node *cfg, const uint8_t address[16])
{
    const cfg_access *a = &cfg->access;
    for (size_t i = 0; i < a->n_addresses; i++) {
        if (cfg_address_in(a->addresses[i], address)) { return true; }
    }
    return a->n_addresses == 0;
}

bool pn_access_certificate(void *ctx, const char *subject, const char *fingerprint)
{
    const cfg_access *a = &((const cfg_node *)ctx)->access;
    for (size_t i = 0; i < a->n_certificates; i++) {
        if (strcmp(a->certificates[i], subject) == 0 ||
            cfg_fingerprint_is(a->certificates[i], fingerprint)) {
            return true;
        }
    }
    return a->n_certificates == 0;
}
