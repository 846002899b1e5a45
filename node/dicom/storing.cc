#include "dicom/storing.hh"
#include "dcmtk/dcmdata/dcuid.h"
#include <cstdio>
#include <cstring>

namespace {

/* One C-STORE under way. */
struct Store {
    const pn_scp_handler *handler;
    bool open = false;              /* the handler waits for bytes                          */
    pn_error err = {};              /* the first failure; code PN_OK: none                  */

    void fail(const pn_error &e)
    {
        if (err.code == PN_OK) { err = e; }
        if (open) { handler->abort(handler->payload); }
        open = false;
    }
};

void take(void *ctx, const void *bytes, size_t n)
{
    Store &s = *static_cast<Store *>(ctx);
    if (!s.open) { return; }                       /* drained, so that the association lives */
    pn_error e = {};
    if (s.handler->write(s.handler->payload, bytes, n, &e) != PN_OK) { s.fail(e); }
}

}

bool answer_message(Dimse &dimse, const Command &rq, uint16_t field, uint16_t status,
                    const char *comment, unsigned within_s)
{
    Command rsp;
    rsp.context_id = rq.context_id;
    rsp.field = field;
    rsp.message_id = rq.message_id;
    rsp.status = status;
    (void)std::snprintf(rsp.sop_class_uid, sizeof rsp.sop_class_uid, "%s", rq.sop_class_uid);
    rsp.event_type = rq.event_type;
    if ((field == C_STORE_RSP || field == N_EVENT_REPORT_RSP) && is_uid(rq.sop_uid)) {
        (void)std::snprintf(rsp.sop_uid, sizeof rsp.sop_uid, "%s", rq.sop_uid);
    }
    /* Error Comment is LO: printable, 64 characters. */
    size_t n = 0;
    for (const char *c = comment; *c != '\0' && n < sizeof rsp.comment - 1; c++) {
        rsp.comment[n++] = *c >= 0x20 && *c <= 0x7e && *c != '\\' ? *c : '?';
    }
    return dimse.write_command(rsp, within_s);
}

static uint16_t status_of(pn_code code)
{
    switch (code) {
    case PN_OK: return PN_STATUS_SUCCESS;
    case PN_ENOSPC:
    case PN_ELIMIT: return PN_STATUS_OUT_OF_RESOURCES;
    case PN_EIO: return PN_STATUS_PROCESSING_FAILURE;
    default: return PN_STATUS_CANNOT_UNDERSTAND;
    }
}

/* What is wrong with the request itself, or PN_STATUS_SUCCESS. */
static uint16_t check(const Command &rq, const T_ASC_PresentationContext &pc, pn_error *err)
{
    if (std::strcmp(rq.sop_class_uid, pc.abstractSyntax) != 0 ||
        std::strcmp(rq.sop_class_uid, UID_VerificationSOPClass) == 0 ||
        std::strcmp(rq.sop_class_uid, UID_StorageCommitmentPushModelSOPClass) == 0) {
        (void)pn_fail(err, PN_EINVAL, "SOP class is not that of the presentation context");
        return PN_STATUS_SOP_CLASS_NOT_SUPPORTED;
    }
    if (rq.sop_uid[0] == '\0') {
        (void)pn_fail(err, PN_EINVAL, "no Affected SOP Instance UID");
        return PN_STATUS_MISSING_ATTRIBUTE;
    }
    if (rq.sop_uid_too_long || !is_uid(rq.sop_uid)) {
        (void)pn_fail(err, PN_EINVAL, "Affected SOP Instance UID is not a UID");
        return PN_STATUS_INVALID_SOP_INSTANCE;
    }
    return PN_STATUS_SUCCESS;
}

/* PS3.7 10.1.1.1.8; the peer sends the report again. */
static uint16_t event_status_of(pn_code code)
{
    return code == PN_OK ? PN_STATUS_SUCCESS : PN_STATUS_PROCESSING_FAILURE;
}

static uint16_t check_event(const Command &rq, const T_ASC_PresentationContext &pc, pn_error *err)
{
    if (std::strcmp(rq.sop_class_uid, pc.abstractSyntax) != 0 ||
        std::strcmp(rq.sop_class_uid, UID_StorageCommitmentPushModelSOPClass) != 0) {
        (void)pn_fail(err, PN_EINVAL, "SOP class is not Storage Commitment");
        return PN_STATUS_NO_SUCH_CLASS;
    }
    if (std::strcmp(rq.sop_uid, UID_StorageCommitmentPushModelSOPInstance) != 0) {
        (void)pn_fail(err, PN_EINVAL, "SOP instance is not that of Storage Commitment");
        return PN_STATUS_NO_SUCH_INSTANCE;
    }
    return PN_STATUS_SUCCESS;
}

namespace {

/* What taking an object and taking a report differ in. */
struct Service {
    const char *name;
    uint16_t (*check)(const Command &, const T_ASC_PresentationContext &, pn_error *);
    uint16_t (*status)(pn_code);
    uint64_t most;                  /* bytes that are drained; more ends the association    */
};

Incoming take_message(uint16_t &status, pn_error &why, const StoreContext &context, const Command &rq,
                      const Service &service, pn_error *err)
{
    T_ASC_PresentationContext pc;
    std::memset(&pc, 0, sizeof pc);
    if (ASC_findAcceptedPresentationContext(context.params, rq.context_id, &pc).bad()) {
        (void)pn_fail(err, PN_EFORMAT, "%s on presentation context %u, which is not accepted",
                      service.name, static_cast<unsigned>(rq.context_id));
        return VIOLATION;
    }
    if (rq.data_set == NO_DATA_SET) {
        (void)pn_fail(&why, PN_EINVAL, "%s without a data set", service.name);
        status = PN_STATUS_MISSING_ATTRIBUTE;
        return GOT_MESSAGE;
    }
    const pn_scp_handler &handler = context.handler;
    Store s;
    s.handler = &handler;
    status = service.check(rq, pc, &s.err);
    if (status == PN_STATUS_SUCCESS) {
        pn_scp_instance instance = { rq.sop_class_uid, rq.sop_uid, pc.acceptedTransferSyntax,
                                     context.peer_ae };
        pn_error e = {};
        if (handler.begin(handler.payload, &instance, &e) == PN_OK) { s.open = true; }
        else { s.fail(e); }
    }
    Incoming got = context.dimse.read_data_set(rq.context_id, service.most, take, &s, context.idle_s, err);
    if (got != GOT_MESSAGE) {
        pn_error e = {};
        (void)pn_fail_transient(&e, PN_ENET, "data set broken off");
        s.fail(e);
        return got;
    }
    if (s.open) {
        s.open = false;
        pn_error e = {};
        if (handler.commit(handler.payload, &e) != PN_OK) { s.fail(e); }
    }
    if (status == PN_STATUS_SUCCESS) { status = service.status(s.err.code); }
    why = s.err;
    return GOT_MESSAGE;
}

}

Incoming take_store(uint16_t &status, pn_error &why, const StoreContext &context, const Command &rq,
                    pn_error *err)
{
    /* Twice the limit: an honest sender of one too large object keeps its association. */
    uint64_t most = context.max_instance_bytes;
    const Service service = { "C-STORE", check, status_of, most > UINT64_MAX / 2 ? UINT64_MAX : most * 2 };
    return take_message(status, why, context, rq, service, err);
}

Incoming take_event(uint16_t &status, pn_error &why, const StoreContext &context, const Command &rq,
                    pn_error *err)
{
    const Service service = { "N-EVENT-REPORT", check_event, event_status_of, PN_MAX_QUERY_BYTES };
    return take_message(status, why, context, rq, service, err);
}
