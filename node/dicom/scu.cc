#include "dicom/scu.h"
#include "dicom/client.hh"
#include "dicom/guard.hh"
#include "dicom/part10.hh"
#include "dicom/runtime.h"
#include "dcmtk/dcmdata/dcuid.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>
#include <unistd.h>

namespace {

int echo(Client &c, pn_error *err)
{
    Command rq, rsp;
    rq.context_id = c.context_of(0);
    if (rq.context_id == 0) {
        return pn_fail(err, PN_ENET, "%s:%u does not accept Verification", c.peer.host,
                       static_cast<unsigned>(c.peer.port));
    }
    rq.field = C_ECHO_RQ;
    rq.message_id = ++c.last_message_id;
    (void)std::snprintf(rq.sop_class_uid, sizeof rq.sop_class_uid, "%s", UID_VerificationSOPClass);
    if (!c.dimse->write_command(rq, c.peer.dimse_timeout_s)) {
        return c.lost("during C-ECHO", err);
    }
    int rc = c.response(rsp, C_ECHO_RSP, rq.message_id, err);
    if (rc == PN_OK && rsp.status != 0) {
        return pn_fail(err, PN_EPEER, "%s:%u answered C-ECHO with status %04x", c.peer.host,
                       static_cast<unsigned>(c.peer.port), static_cast<unsigned>(rsp.status));
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
int store(pn_scu_result &out, Client &c, const char *path, uint8_t context_id, pn_error *err)
{
    Part10 file;
    pn_error why = {};
    if (file.open(path, &why) != PN_OK) { return own_failure(out, why.cls, why.msg); }

    Command rq, rsp;
    rq.context_id = context_id;
    rq.field = C_STORE_RQ;
    rq.message_id = ++c.last_message_id;
    rq.data_set = WITH_DATA_SET;
    std::memcpy(rq.sop_class_uid, file.sop_class_uid, sizeof rq.sop_class_uid);
    std::memcpy(rq.sop_uid, file.sop_uid, sizeof rq.sop_uid);
    out.tried = true;
    if (!c.dimse->write_command(rq, c.peer.dimse_timeout_s)) {
        return c.lost("during C-STORE", err);
    }

    std::vector<uint8_t> block(std::max<size_t>(static_cast<size_t>(c.assoc->sendPDVLength), 2) &
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
        if (!c.dimse->write_data(context_id, block.data(), n, left == 0, c.peer.dimse_timeout_s)) {
            return c.lost("during C-STORE", err);
        }
    }
    int rc = c.response(rsp, C_STORE_RSP, rq.message_id, err);
    if (rc != PN_OK) { return rc; }
    pn_scu_classify(&out, rsp.status);
    out.refused = !out.stored && out.cls == PN_PERMANENT;
    (void)std::snprintf(out.comment, sizeof out.comment, "%s", rsp.comment);
    return PN_OK;
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
            results[i].refused = true;
        } else {
            rc = store(results[i], client, paths[i], context_id, err);
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
        if (rc == PN_OK) { rc = echo(client, e); }
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

int pn_scu_negotiate(pn_scu_offer *offers, size_t n, const pn_scu_peer *peer, pn_error *err)
{
    return guarded(err, [&] {
        pn_error local = {};
        pn_error *e = err != nullptr ? err : &local;
        if (n > MAX_CONTEXTS) { return pn_fail(e, PN_EINVAL, "%zu kinds of objects, at most %d", n, MAX_CONTEXTS); }
        std::vector<Syntax> syntaxes;
        for (size_t i = 0; i < n; i++) {
            const char *transfer = offers[i].transfer_syntax_uid;
            syntaxes.push_back({ offers[i].sop_class_uid,
                                 transfer != nullptr ? transfer : UID_LittleEndianImplicitTransferSyntax });
        }
        int rc = pn_dicom_init(e);
        Client client(*peer);
        if (rc == PN_OK) { rc = client.connect(syntaxes, e); }
        if (rc != PN_OK) { return rc; }
        for (size_t i = 0; i < n; i++) { offers[i].accepted = client.context_of(i) != 0; }
        client.release();
        return rc;
    });
}
