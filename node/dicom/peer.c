#include <config/node.h>
#include "dicom/scu.h"

pn_scu_peer pn_scu_peer_of(const struct cfg_node *cfg, const struct cfg_archive *archive,
                           const pn_tls *tls)
{
    return (pn_scu_peer){
        .host = archive->host,
        .port = archive->port,
        .called_ae = archive->ae_title,
        .calling_ae = cfg->ae_title,
        .connect_timeout_s = archive->connect_timeout_s,
        .dimse_timeout_s = archive->dimse_timeout_s,
        .secure = archive->tls,
        .tls = tls,
        .expected = {
            .name = archive->tls_name[0] ? archive->tls_name : archive->host,
            .fingerprint = archive->tls_fingerprint[0] ? archive->tls_fingerprint : NULL,
        },
    };
}

void pn_scu_classify(pn_scu_result *r, unsigned status)
{
    unsigned high = status >> 8;
    r->status = (int)status;
    r->stored = status == 0x0000 || high >> 4 == 0xb || status == 0x0111;
    r->cls = high == 0xa7 || high == 0xa9 ? PN_TRANSIENT : PN_PERMANENT;
}
