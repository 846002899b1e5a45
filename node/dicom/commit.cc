#include "dicom/commit.h"
#include "dicom/client.hh"
#include "dicom/guard.hh"
#include "dicom/identifier.hh"
#include "dicom/runtime.h"
#include "dicom/storing.hh"
#include "dcmtk/dcmdata/dcuid.h"
#include <cstdio>
#include "base/file.h"

namespace {

const uint16_t REQUEST_STORAGE_COMMITMENT = 1;      /* Action Type ID, PS3.4 J.3.2 */

Identifier request_of(const char *transaction_uid, const pn_commit_ref *refs, size_t n)
{
    std::vector<Identifier> items(n);
    for (size_t i = 0; i < n; i++) {
        items[i].text(0x0008, 0x1150, refs[i].sop_class_uid, '\0');
        items[i].text(0x0008, 0x1155, refs[i].sop_uid, '\0');
    }
    Identifier all;
    all.text(0x0008, 0x1195, transaction_uid, '\0');
    all.sequence(0x0008, 0x1199, items);
    return all;
}

int ask(Client &c, const Identifier &request, pn_error *err)
{
    Command rq, rsp;
    rq.context_id = c.context_of(0);
    if (rq.context_id == 0) {
        return pn_fail(err, PN_EUNSUPPORTED, "%s:%u does not offer Storage Commitment", c.peer.host,
                       static_cast<unsigned>(c.peer.port));
    }
    rq.field = N_ACTION_RQ;
    rq.message_id = ++c.last_message_id;
    rq.data_set = WITH_DATA_SET;
    rq.action_type = REQUEST_STORAGE_COMMITMENT;
    (void)std::snprintf(rq.requested_class_uid, sizeof rq.requested_class_uid, "%s",
                        UID_StorageCommitmentPushModelSOPClass);
    (void)std::snprintf(rq.requested_uid, sizeof rq.requested_uid, "%s",
                        UID_StorageCommitmentPushModelSOPInstance);
    if (!c.dimse->write_command(rq, c.peer.dimse_timeout_s)) { return c.lost("during N-ACTION", err); }
    int rc = c.data_set(rq.context_id, request.bytes, c.peer.dimse_timeout_s, "during N-ACTION", err);
    if (rc == PN_OK) { rc = c.response(rsp, N_ACTION_RSP, rq.message_id, err); }
    if (rc == PN_OK && rsp.status != 0) {
        return pn_fail_transient(err, PN_EPEER, "%s:%u answered the request for commitment with status %04X%s%s",
                                 c.peer.host, static_cast<unsigned>(c.peer.port),
                                 static_cast<unsigned>(rsp.status), rsp.comment[0] != '\0' ? ": " : "",
                                 rsp.comment);
    }
    return rc;
}

/* False where the association is at its end: the archive still has another way. */
bool listen_for_reports(unsigned &n_reports, Client &c, const pn_scp_handler &handler, unsigned wait_s)
{
    const StoreContext context = { *c.dimse, c.assoc->params, handler, c.peer.called_ae, PN_MAX_QUERY_BYTES,
                                   c.peer.dimse_timeout_s };
    const int64_t until_ms = pn_mono_ms() + static_cast<int64_t>(wait_s) * 1000;
    while (n_reports == 0) {
        int64_t left_ms = until_ms - pn_mono_ms();
        if (left_ms <= 0) { return true; }
        Command rq;
        pn_error why = {};
        Incoming got = c.dimse->read_command(rq, static_cast<unsigned>((left_ms + 999) / 1000), &why);
        if (got == TIMED_OUT) { return true; }
        if (got != GOT_MESSAGE || rq.field != N_EVENT_REPORT_RQ) { return false; }
        uint16_t status = PN_STATUS_SUCCESS;
        if (take_event(status, why, context, rq, &why) != GOT_MESSAGE) { return false; }
        n_reports += status == PN_STATUS_SUCCESS;
        if (!answer_message(*c.dimse, rq, N_EVENT_REPORT_RSP, status, why.msg, c.peer.dimse_timeout_s)) {
            return false;
        }
    }
    return true;
}

}

int pn_commit_request_send(unsigned *n_reports, const pn_scu_peer *peer, const char *transaction_uid,
                           const pn_commit_ref *refs, size_t n, const pn_scp_handler *handler,
                           unsigned wait_s, pn_error *err)
{
    return guarded(err, [&] {
        pn_error local = {};
        pn_error *e = err != nullptr ? err : &local;
        *n_reports = 0;
        int rc = pn_dicom_init(e);
        if (rc != PN_OK) { return rc; }
        Client client(*peer);
        rc = client.connect({ { UID_StorageCommitmentPushModelSOPClass,
                                UID_LittleEndianImplicitTransferSyntax } }, e);
        if (rc == PN_OK) { rc = ask(client, request_of(transaction_uid, refs, n), e); }
        if (rc == PN_OK && (handler == nullptr || listen_for_reports(*n_reports, client, *handler, wait_s))) { client.release(); }
        return rc;
    });
}
