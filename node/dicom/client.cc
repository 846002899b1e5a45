#include "dicom/client.hh"
#include "dicom/guard.hh"
#include "dcmtk/dcmdata/dcuid.h"
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <arpa/inet.h>
#include <netdb.h>
#include <unistd.h>
#include "base/implementation.h"

static const unsigned goodbye_s = 5;

Client::~Client()
{
    if (established) {
        timing.within_s(goodbye_s);
        (void)ASC_abortAssociation(assoc);
    }
    if (assoc != nullptr) { (void)ASC_destroyAssociation(&assoc); }
    else if (params != nullptr) { (void)ASC_destroyAssociationParameters(&params); }
    if (network != nullptr) { (void)ASC_dropNetwork(&network); }
}

static int resolve(char out[INET_ADDRSTRLEN], const char *host, pn_error *err)
{
    addrinfo hints = {}, *found = nullptr;
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    int rc = getaddrinfo(host, nullptr, &hints, &found);
    if (rc != 0) {
        return pn_fail_transient(err, PN_ENET, "cannot find host %s: %s", host, gai_strerror(rc));
    }
    sockaddr_in address;
    std::memcpy(&address, found->ai_addr, sizeof address);
    freeaddrinfo(found);
    (void)inet_ntop(AF_INET, &address.sin_addr, out, INET_ADDRSTRLEN);
    return PN_OK;
}

int Client::rejected(pn_error *err)
{
    T_ASC_RejectParameters rej = {};
    (void)ASC_getRejectParameters(params, &rej);
    const char *reason = "no reason given";
    bool permanent = true;
    switch (rej.reason) {
    case ASC_REASON_SU_APPCONTEXTNAMENOTSUPPORTED: reason = "application context"; break;
    case ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED: reason = "calling AE title not known"; break;
    case ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED: reason = "called AE title not known"; break;
    case ASC_REASON_SP_ACSE_PROTOCOLVERSIONNOTSUPPORTED: reason = "protocol version"; break;
    case ASC_REASON_SP_PRES_TEMPORARYCONGESTION: reason = "congestion"; permanent = false; break;
    case ASC_REASON_SP_PRES_LOCALLIMITEXCEEDED: reason = "local limit"; permanent = false; break;
    default: permanent = false; break;
    }
    if (rej.result == ASC_RESULT_REJECTEDTRANSIENT) { permanent = false; }
    return (permanent ? pn_fail : pn_fail_transient)(
        err, PN_ENET, "%s:%u rejected the association of %s with %s: %s", peer.host,
        static_cast<unsigned>(peer.port), peer.calling_ae, peer.called_ae, reason);
}

int Client::connect(const std::vector<Syntax> &syntaxes, pn_error *err)
{
    if (peer.secure && peer.tls == nullptr) {
        return pn_fail(err, PN_EINTERNAL, "no TLS key for %s", peer.host);
    }
    char numeric[INET_ADDRSTRLEN];
    int rc = resolve(numeric, peer.host, err);
    if (rc != PN_OK) { return rc; }
    std::string address = std::string(numeric) + ":" + std::to_string(peer.port);

    dcmConnectionTimeout.set(static_cast<Sint32>(peer.connect_timeout_s));
    OFCondition cond = ASC_initializeNetwork(NET_REQUESTOR, 0,
                                             static_cast<int>(peer.dimse_timeout_s), &network);
    if (cond.good()) { cond = ASC_setTransportLayer(network, &transport, 0); }
    if (cond.good()) { cond = ASC_createAssociationParameters(&params, MAX_PDU); }
    if (cond.good()) {
        (void)std::snprintf(params->ourImplementationClassUID,
                            sizeof params->ourImplementationClassUID, "%s",
                            PN_IMPLEMENTATION_CLASS_UID);
        (void)std::snprintf(params->ourImplementationVersionName,
                            sizeof params->ourImplementationVersionName, "%s",
                            PN_IMPLEMENTATION_VERSION);
        cond = ASC_setAPTitles(params, peer.calling_ae, peer.called_ae, nullptr);
    }
    char local[256] = "";
    (void)gethostname(local, 60);
    if (cond.good()) { cond = ASC_setPresentationAddresses(params, local, address.c_str()); }
    for (size_t i = 0; i < syntaxes.size() && cond.good(); i++) {
        const char *transfer = syntaxes[i].transfer.c_str();
        cond = ASC_addPresentationContext(params, static_cast<uint8_t>(2 * i + 1),
                                          syntaxes[i].sop_class.c_str(), &transfer, 1,
                                          syntaxes[i].peer_sends ? ASC_SC_ROLE_SCP
                                                                 : ASC_SC_ROLE_DEFAULT);
    }
    if (cond.bad()) { return fail_condition(err, PN_EINTERNAL, cond, "cannot set up the association"); }

    if (peer.secure) {
        cond = ASC_setTransportLayerType(params, OFTrue);
        if (cond.bad()) { return fail_condition(err, PN_EINTERNAL, cond, "cannot set up the association"); }
    }
    timing.within_s(peer.connect_timeout_s + peer.dimse_timeout_s);
    cond = ASC_requestAssociation(network, params, &assoc, nullptr, nullptr, DUL_NOBLOCK,
                                  static_cast<int>(peer.dimse_timeout_s));
    if (cond == DUL_ASSOCIATIONREJECTED) { return rejected(err); }
    if (cond.bad() && timing.refused.code != PN_OK) {
        return pn_fail_transient(err, PN_ENET, "no TLS with %s:%u: %s", peer.host,
                                 static_cast<unsigned>(peer.port), timing.refused.msg);
    }
    if (cond.bad()) {
        return pn_fail_transient(err, PN_ENET, "no association with %s:%u: %s", peer.host,
                                 static_cast<unsigned>(peer.port),
                                 timing.expired ? "timed out" : cond.text());
    }
    established = true;
    dimse = std::make_unique<Dimse>(assoc, timing);
    return PN_OK;
}

uint8_t Client::context_of(size_t i) const
{
    T_ASC_PresentationContext pc;
    std::memset(&pc, 0, sizeof pc);
    uint8_t id = static_cast<uint8_t>(2 * i + 1);
    return ASC_findAcceptedPresentationContext(params, id, &pc).good() ? id : 0;
}

int Client::lost(const char *when, pn_error *err)
{
    return pn_fail_transient(err, PN_ENET, "%s:%u %s %s", peer.host,
                             static_cast<unsigned>(peer.port),
                             timing.expired ? "timed out" : "ended the association", when);
}

int Client::broke(const char *how, pn_error *err)
{
    return pn_fail_transient(err, PN_ENET, "%s:%u broke the protocol: %s", peer.host,
                             static_cast<unsigned>(peer.port), how);
}

int Client::response(Command &rsp, uint16_t field, uint16_t message_id, pn_error *err)
{
    pn_error why = {};
    Incoming got = dimse->read_command(rsp, peer.dimse_timeout_s, &why);
    if (got == VIOLATION) { return broke(why.msg, err); }
    if (got != GOT_MESSAGE) { return lost("before its answer", err); }
    if (rsp.field != field || rsp.message_id != message_id || rsp.data_set != NO_DATA_SET) {
        return pn_fail_transient(err, PN_ENET, "%s:%u sent command %04x for message %u, expected "
                                 "%04x for %u", peer.host, static_cast<unsigned>(peer.port),
                                 static_cast<unsigned>(rsp.field),
                                 static_cast<unsigned>(rsp.message_id),
                                 static_cast<unsigned>(field), static_cast<unsigned>(message_id));
    }
    return PN_OK;
}

int Client::data_set(uint8_t context_id, const std::vector<uint8_t> &bytes, unsigned within_s,
                     const char *when, pn_error *err)
{
    size_t most = std::max<size_t>(static_cast<size_t>(assoc->sendPDVLength), 2) & ~static_cast<size_t>(1);
    for (size_t at = 0; at < bytes.size();) {
        size_t n = std::min(most, bytes.size() - at);
        if (!dimse->write_data(context_id, bytes.data() + at, n, at + n == bytes.size(), within_s)) {
            return lost(when, err);
        }
        at += n;
    }
    return PN_OK;
}

void Client::release()
{
    timing.within_s(goodbye_s);
    if (ASC_releaseAssociation(assoc).good()) { established = false; }
}
