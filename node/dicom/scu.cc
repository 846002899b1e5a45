#include "dicom/scu.h"
#include "dicom/dimse.hh"
#include "dicom/guard.hh"
#include "dicom/part10.hh"
#include "dicom/runtime.h"
#include "dcmtk/dcmdata/dcuid.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>
#include <arpa/inet.h>
#include <netdb.h>
#include <unistd.h>
#include "base/implementation.h"

namespace {

/* Presentation context IDs are the odd numbers up to 255. */
enum { MAX_CONTEXTS = 128 };
const unsigned goodbye_s = 5;

struct Syntax {
    std::string sop_class, transfer;
    bool operator==(const Syntax &o) const
    {
        return sop_class == o.sop_class && transfer == o.transfer;
    }
};

class Client {
public:
    explicit Client(const pn_scu_peer &p) : peer(p) {}
    ~Client();
    int connect(const std::vector<Syntax> &syntaxes, pn_error *err);
    /* 0: the peer did not accept this pair. */
    uint8_t context_of(size_t i) const;
    int echo(pn_error *err);
    int store(pn_scu_result &out, const char *path, uint8_t context_id, pn_error *err);
    void release();

private:
    int rejected(pn_error *err);
    int response(Command &rsp, uint16_t field, uint16_t message_id, pn_error *err);
    int lost(const char *when, pn_error *err);

    const pn_scu_peer &peer;
    Timing timing;
    Transport transport { timing };
    T_ASC_Network *network = nullptr;
    T_ASC_Association *assoc = nullptr;
    T_ASC_Parameters *params = nullptr;    /* until the association owns them */
    std::unique_ptr<Dimse> dimse;
    bool established = false;
    uint16_t last_message_id = 0;
};

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

int resolve(char out[INET_ADDRSTRLEN], const char *host, pn_error *err)
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
                                          syntaxes[i].sop_class.c_str(), &transfer, 1);
    }
    if (cond.bad()) { return fail_condition(err, PN_EINTERNAL, cond, "cannot set up the association"); }

    timing.within_s(peer.connect_timeout_s + peer.dimse_timeout_s);
    cond = ASC_requestAssociation(network, params, &assoc, nullptr, nullptr, DUL_NOBLOCK,
                                  static_cast<int>(peer.dimse_timeout_s));
    if (cond == DUL_ASSOCIATIONREJECTED) { return rejected(err); }
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

int Client::response(Command &rsp, uint16_t field, uint16_t message_id, pn_error *err)
{
    pn_error why = {};
    Incoming got = dimse->read_command(rsp, peer.dimse_timeout_s, &why);
    if (got == VIOLATION) {
        return pn_fail_transient(err, PN_ENET, "%s:%u broke the protocol: %s", peer.host,
                                 static_cast<unsigned>(peer.port), why.msg);
    }
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

int Client::echo(pn_error *err)
{
    Command rq, rsp;
    rq.context_id = context_of(0);
    if (rq.context_id == 0) {
        return pn_fail(err, PN_ENET, "%s:%u does not accept Verification", peer.host,
                       static_cast<unsigned>(peer.port));
    }
    rq.field = C_ECHO_RQ;
    rq.message_id = ++last_message_id;
    (void)std::snprintf(rq.sop_class_uid, sizeof rq.sop_class_uid, "%s", UID_VerificationSOPClass);
    if (!dimse->write_command(rq, peer.dimse_timeout_s)) { return lost("during C-ECHO", err); }
    int rc = response(rsp, C_ECHO_RSP, rq.message_id, err);
    if (rc == PN_OK && rsp.status != 0) {
        return pn_fail(err, PN_EPEER, "%s:%u answered C-ECHO with status %04x", peer.host,
                       static_cast<unsigned>(peer.port), static_cast<unsigned>(rsp.status));
    }
    return rc;
}

int own_failure(pn_scu_result &out, pn_class cls, const char *why)
{
    out.cls = cls;
    (void)std::snprintf(out.comment, sizeof out.comment, "%.*s",
                        static_cast<int>(sizeof out.comment - 1), why);
    return PN_OK;
}

/* PN_OK: out says what became of the file. Else the association is lost. */
int Client::store(pn_scu_result &out, const char *path, uint8_t context_id, pn_error *err)
{
    Part10 file;
    pn_error why = {};
    if (file.open(path, &why) != PN_OK) { return own_failure(out, why.cls, why.msg); }

    Command rq, rsp;
    rq.context_id = context_id;
    rq.field = C_STORE_RQ;
    rq.message_id = ++last_message_id;
    rq.data_set = WITH_DATA_SET;
    std::memcpy(rq.sop_class_uid, file.sop_class_uid, sizeof rq.sop_class_uid);
    std::memcpy(rq.sop_uid, file.sop_uid, sizeof rq.sop_uid);
    if (!dimse->write_command(rq, peer.dimse_timeout_s)) { return lost("during C-STORE", err); }

    std::vector<uint8_t> block(std::max<size_t>(static_cast<size_t>(assoc->sendPDVLength), 2) &
                               ~static_cast<size_t>(1));
    uint64_t left = file.n_bytes;
    while (left > 0) {
        size_t n = static_cast<size_t>(std::min<uint64_t>(left, block.size()));
        for (size_t have = 0; have < n;) {
            ssize_t got = read(file.fd, block.data() + have, n - have);
            if (got < 0 && errno == EINTR) { continue; }
            if (got <= 0) {
                /* Half a data set is on its way: only an abort takes it back. */
                return pn_fail_transient(err, PN_EIO, "cannot read %s to its end", path);
            }
            have += static_cast<size_t>(got);
        }
        left -= n;
        if (!dimse->write_data(context_id, block.data(), n, left == 0, peer.dimse_timeout_s)) {
            return lost("during C-STORE", err);
        }
    }
    int rc = response(rsp, C_STORE_RSP, rq.message_id, err);
    if (rc != PN_OK) { return rc; }
    pn_scu_classify(&out, rsp.status);
    (void)std::snprintf(out.comment, sizeof out.comment, "%s", rsp.comment);
    return PN_OK;
}

void Client::release()
{
    timing.within_s(goodbye_s);
    if (ASC_releaseAssociation(assoc).good()) { established = false; }
}

/* The file's place among the pairs to propose; -1: it cannot be sent, result says why. */
int place(std::vector<Syntax> &syntaxes, const char *path, pn_scu_result &result)
{
    Part10 file;
    pn_error why = {};
    if (file.open(path, &why) != PN_OK) {
        (void)own_failure(result, why.cls, why.msg);
        return -1;
    }
    Syntax s = { file.sop_class_uid, file.transfer_syntax_uid };
    auto at = std::find(syntaxes.begin(), syntaxes.end(), s);
    if (at == syntaxes.end()) {
        if (syntaxes.size() >= MAX_CONTEXTS) {
            (void)own_failure(result, PN_TRANSIENT, "more than 128 kinds of objects at once");
            return -1;
        }
        at = syntaxes.insert(at, s);
    }
    return static_cast<int>(at - syntaxes.begin());
}

int store_all(const pn_scu_peer &peer, const char *const *paths, size_t n, pn_scu_result *results,
              pn_error *err)
{
    std::vector<Syntax> syntaxes;
    std::vector<int> places(n);
    for (size_t i = 0; i < n; i++) { places[i] = place(syntaxes, paths[i], results[i]); }
    if (syntaxes.empty()) { return PN_OK; }

    Client client(peer);
    int rc = client.connect(syntaxes, err);
    for (size_t i = 0; i < n && rc == PN_OK; i++) {
        if (places[i] < 0) { continue; }
        uint8_t context_id = client.context_of(static_cast<size_t>(places[i]));
        if (context_id == 0) {
            (void)own_failure(results[i], PN_PERMANENT,
                              "the peer does not accept this SOP class and transfer syntax");
        } else {
            rc = client.store(results[i], paths[i], context_id, err);
        }
        places[i] = rc == PN_OK ? -1 : places[i];
    }
    if (rc == PN_OK) {
        client.release();
        return PN_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (places[i] >= 0) { (void)own_failure(results[i], err->cls, err->msg); }
    }
    return rc;
}

}

int pn_scu_echo(const pn_scu_peer *peer, pn_error *err)
{
    return guarded(err, [&] {
        pn_error local = {};
        pn_error *e = err != nullptr ? err : &local;
        int rc = pn_dicom_init(e);
        if (rc != PN_OK) { return rc; }
        Client client(*peer);
        rc = client.connect({ { UID_VerificationSOPClass, UID_LittleEndianImplicitTransferSyntax } },
                            e);
        if (rc == PN_OK) { rc = client.echo(e); }
        if (rc == PN_OK) { client.release(); }
        return rc;
    });
}

int pn_scu_store(const pn_scu_peer *peer, const char *const *paths, size_t n,
                 pn_scu_result results[], pn_error *err)
{
    return guarded(err, [&] {
        pn_error local = {};
        pn_error *e = err != nullptr ? err : &local;
        for (size_t i = 0; i < n; i++) {
            results[i] = pn_scu_result();
            results[i].cls = PN_TRANSIENT;
            results[i].status = PN_SCU_NO_STATUS;
        }
        int rc = pn_dicom_init(e);
        return rc == PN_OK ? store_all(*peer, paths, n, results, e) : rc;
    });
}
