#include "dicom/scp.h"
#include "dicom/classes.hh"
#include "dicom/guard.hh"
#include "dicom/dimse.hh"
#include "dicom/runtime.h"
#include "dicom/storing.hh"
#include "dcmtk/dcmnet/dimse.h"
#include "dcmtk/dcmdata/dcuid.h"
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <vector>
#include <unistd.h>
#include "base/file.h"
#include "base/implementation.h"

/* ---- What we accept (docs/CONFORMANCE) ---------------------------------------------------- */

static const char *image_classes[] = {
    UID_CTImageStorage, UID_EnhancedCTImageStorage, UID_LegacyConvertedEnhancedCTImageStorage,
    UID_MRImageStorage, UID_EnhancedMRImageStorage, UID_LegacyConvertedEnhancedMRImageStorage,
    UID_PositronEmissionTomographyImageStorage, UID_EnhancedPETImageStorage,
    UID_LegacyConvertedEnhancedPETImageStorage,
};
static const char *other_classes[] = {
    UID_VerificationSOPClass,
    UID_RTStructureSetStorage, UID_SegmentationStorage, PN_UID_LABEL_MAP_SEGMENTATION,
    /* What we make ourselves: routed back to us it is taken, so that nobody retries for ever. */
    UID_BasicTextSRStorage, UID_EnhancedSRStorage, UID_ComprehensiveSRStorage,
    UID_Comprehensive3DSRStorage, UID_KeyObjectSelectionDocumentStorage, UID_SecondaryCaptureImageStorage,
    UID_EncapsulatedPDFStorage, UID_ParametricMapStorage,
};
/* Most wanted first. */
static const char *uncompressed[] = {
    UID_LittleEndianExplicitTransferSyntax,
    UID_LittleEndianImplicitTransferSyntax,
    UID_BigEndianExplicitTransferSyntax,
};
/* What dicom/pixels.hh decodes, which is not done here. Deflated is refused: a megabyte of it may
 * stand for a gigabyte, and the whole data set would have to be inflated to see its header. */
static const char *compressed[] = {
    UID_RLELosslessTransferSyntax,
    UID_JPEGProcess1TransferSyntax, UID_JPEGProcess2_4TransferSyntax,
    UID_JPEGProcess14TransferSyntax, UID_JPEGProcess14SV1TransferSyntax,
    UID_JPEGLSLosslessTransferSyntax, UID_JPEGLSLossyTransferSyntax,
    UID_JPEG2000LosslessOnlyTransferSyntax, UID_JPEG2000TransferSyntax,
};

/* Time for answers and for the goodbye; a peer that does not read is not waited for longer. */
static const unsigned goodbye_s = 2;
/* A sender that pauses for longer than this when we want to stop is between two series. */
static const int64_t drain_idle_ms = 2000;

namespace {

struct Association {
    T_ASC_Network *network = nullptr;
    T_ASC_Association *assoc = nullptr;
    ~Association()
    {
        if (assoc != nullptr) {
            (void)ASC_dropAssociation(assoc);
            (void)ASC_destroyAssociation(&assoc);
        }
        if (network != nullptr) { (void)ASC_dropNetwork(&network); }
        dcmExternalSocketHandle.set(-1);
    }
};

class Server {
public:
    Server(pn_scp_result &result, const pn_scp_opts &o, const pn_scp_handler &h)
        : out(result), opts(o), handler(h)
    {
        timing.give_up = draining_between_messages;
        timing.give_up_ctx = this;
    }
    int serve(int fd, pn_error *err);

private:
    int receive_request(int fd, pn_error *err);
    void announce_peer();
    bool negotiate(T_ASC_RejectParameters &rej);
    int accept(pn_error *err);
    int messages(pn_error *err);
    int ended(Incoming how, pn_error *err);
    Incoming store(const Command &rq, pn_error *err);
    Incoming event(const Command &rq, pn_error *err);
    bool answer(const Command &rq, uint16_t field, uint16_t status, const char *comment);
    static bool draining_between_messages(void *ctx);

    pn_scp_result &out;
    const pn_scp_opts &opts;
    const pn_scp_handler &handler;
    Timing timing;
    bool between_messages = false;
    int64_t idle_since_ms = 0;
    /* Members end in reverse order: the connection goes before the transport that made it. */
    std::unique_ptr<Transport> transport;
    Association a;
    std::unique_ptr<Dimse> dimse;
};

bool Server::draining_between_messages(void *ctx)
{
    const Server &s = *static_cast<Server *>(ctx);
    return s.between_messages && s.handler.draining != nullptr &&
           s.handler.draining(s.handler.payload) && pn_mono_ms() - s.idle_since_ms >= drain_idle_ms;
}

/* ---- Association establishment ------------------------------------------------------------ */

int Server::receive_request(int fd, pn_error *err)
{
    /* DCMTK closes what it is given. */
    int own = dup(fd);
    if (own < 0) { return pn_fail_transient(err, PN_ENET, "cannot duplicate the socket"); }
    dcmExternalSocketHandle.set(own);
    transport = std::make_unique<Transport>(timing, opts.tls);
    timing.within_s(opts.artim_s);
    OFCondition cond = ASC_initializeNetwork(NET_ACCEPTOR, 0, static_cast<int>(opts.artim_s),
                                             &a.network);
    if (cond.good()) { cond = ASC_setTransportLayer(a.network, transport.get(), 0); }
    if (cond.bad()) {
        (void)close(own);
        return fail_condition(err, PN_EINTERNAL, cond, "cannot set up the association");
    }
    cond = ASC_receiveAssociation(a.network, &a.assoc, MAX_PDU, nullptr, nullptr,
                                  opts.tls != nullptr ? OFTrue : OFFalse, DUL_NOBLOCK,
                                  static_cast<int>(opts.artim_s));
    if (cond.good()) {
        announce_peer();
        return PN_OK;
    }
    if (timing.refused.code != PN_OK) {
        out.end = "refused";
        return pn_fail_transient(err, PN_ENET, "%s", timing.refused.msg);
    }
    if (timing.expired || cond == DUL_READTIMEOUT) {
        out.end = "timed out";
        return pn_fail_transient(err, PN_ENET, "no association request within %u s", opts.artim_s);
    }
    if (timing.closed || cond == DUL_PEERABORTEDASSOCIATION) {
        out.end = "closed by peer";
        return pn_fail_transient(err, PN_ENET, "closed before an association request");
    }
    out.end = "violation";
    return fail_condition(err, PN_EFORMAT, cond, "no association request");
}

void Server::announce_peer()
{
    auto *secure = dynamic_cast<SecureConnection *>(DUL_getTransportConnection(a.assoc->DULassociation));
    if (secure != nullptr && handler.secured != nullptr) {
        handler.secured(handler.payload, secure->peer());
    }
}

static void trim(char *s)
{
    size_t n = std::strlen(s);
    while (n > 0 && s[n - 1] == ' ') { s[--n] = '\0'; }
    size_t lead = std::strspn(s, " ");
    std::memmove(s, s + lead, n - lead + 1);
}

static bool is_among(const char *title, const char *const *titles, size_t n)
{
    return std::any_of(titles, titles + n, [&](const char *t) { return std::strcmp(t, title) == 0; });
}

/* False with the reason: the request is rejected. */
bool Server::negotiate(T_ASC_RejectParameters &rej)
{
    T_ASC_Parameters *p = a.assoc->params;
    rej.result = ASC_RESULT_REJECTEDPERMANENT;
    rej.source = ASC_SOURCE_SERVICEUSER;

    char context[BUFSIZ];
    if (ASC_getApplicationContextName(p, context, sizeof context).bad() ||
        std::strcmp(context, UID_StandardApplicationContext) != 0) {
        out.why_rejected = "application context";
        rej.reason = ASC_REASON_SU_APPCONTEXTNAMENOTSUPPORTED;
        return false;
    }
    char responding[PN_AE_SIZE];
    if (ASC_getAPTitles(p, out.calling_ae, sizeof out.calling_ae, out.called_ae,
                        sizeof out.called_ae, responding, sizeof responding).bad()) {
        out.why_rejected = "no AE titles";
        rej.reason = ASC_REASON_SU_NOREASON;
        return false;
    }
    trim(out.calling_ae);
    trim(out.called_ae);
    if (std::strcmp(out.called_ae, opts.ae_title) != 0 &&
        !is_among(out.called_ae, opts.more_ae_titles, opts.n_more_ae_titles)) {
        out.why_rejected = "called AE title";
        rej.reason = ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED;
        return false;
    }
    bool known = opts.n_calling_ae_titles == 0 ||
                 is_among(out.calling_ae, opts.calling_ae_titles, opts.n_calling_ae_titles);
    for (const char *c = out.calling_ae; *c != '\0'; c++) {
        known = known && *c >= 0x20 && *c <= 0x7e && *c != '\\';
    }
    if (!known) {
        out.why_rejected = "calling AE title";
        rej.reason = ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED;
        return false;
    }
    return true;
}

/* Uncompressed where it is offered, else what the proposer names first. */
static std::vector<const char *> wanted_for_images(T_ASC_Parameters *p)
{
    std::vector<const char *> wanted(std::begin(uncompressed), std::end(uncompressed));
    for (int i = 0; i < ASC_countPresentationContexts(p); i++) {
        T_ASC_PresentationContext pc;
        if (ASC_getPresentationContext(p, i, &pc).bad()) { continue; }
        for (int t = 0; t < pc.transferSyntaxCount; t++) {
            auto same = [&](const char *uid) { return std::strcmp(uid, pc.proposedTransferSyntaxes[t]) == 0; };
            auto known = std::find_if(std::begin(compressed), std::end(compressed), same);
            if (known != std::end(compressed) && std::none_of(wanted.begin(), wanted.end(), same)) {
                wanted.push_back(*known);
            }
        }
    }
    return wanted;
}

/* Here the archive, who calls, is the provider. Not all say so in the negotiation. */
static OFCondition accept_commitment(T_ASC_Parameters *p)
{
    for (int i = 0; i < ASC_countPresentationContexts(p); i++) {
        T_ASC_PresentationContext pc;
        OFCondition cond = ASC_getPresentationContext(p, i, &pc);
        if (cond.bad()) { return cond; }
        if (std::strcmp(pc.abstractSyntax, UID_StorageCommitmentPushModelSOPClass) != 0) { continue; }
        auto offered = [&](const char *uid) {
            return std::any_of(pc.proposedTransferSyntaxes, pc.proposedTransferSyntaxes + pc.transferSyntaxCount,
                               [&](const char *t) { return std::strcmp(t, uid) == 0; });
        };
        auto wanted = std::find_if(std::begin(uncompressed), std::end(uncompressed), offered);
        if (wanted == std::end(uncompressed)) { continue; }
        cond = ASC_acceptPresentationContext(p, pc.presentationContextID, *wanted,
                                             pc.proposedRole == ASC_SC_ROLE_DEFAULT ? ASC_SC_ROLE_DEFAULT
                                                                                    : ASC_SC_ROLE_SCP);
        if (cond.bad()) { return cond; }
    }
    return EC_Normal;
}

static OFCondition accept_contexts(T_ASC_Parameters *p)
{
    std::vector<const char *> wanted = wanted_for_images(p);
    OFCondition cond = ASC_acceptContextsWithPreferredTransferSyntaxes(
        p, image_classes, static_cast<int>(std::size(image_classes)), wanted.data(), static_cast<int>(wanted.size()));
    if (cond.bad()) { return cond; }
    cond = ASC_acceptContextsWithPreferredTransferSyntaxes(
        p, other_classes, static_cast<int>(std::size(other_classes)), uncompressed,
        static_cast<int>(std::size(uncompressed)));
    if (cond.bad()) { return cond; }
    return accept_commitment(p);
}

int Server::accept(pn_error *err)
{
    T_ASC_Parameters *p = a.assoc->params;
    T_ASC_RejectParameters rej = {};
    timing.within_s(opts.idle_timeout_s);
    if (!negotiate(rej)) {
        out.end = "rejected";
        (void)ASC_rejectAssociation(a.assoc, &rej);
        (void)ASC_dropSCPAssociation(a.assoc, static_cast<int>(goodbye_s));
        return PN_OK;
    }
    OFCondition cond = accept_contexts(p);
    (void)std::snprintf(p->ourImplementationClassUID, sizeof p->ourImplementationClassUID, "%s",
                        PN_IMPLEMENTATION_CLASS_UID);
    (void)std::snprintf(p->ourImplementationVersionName, sizeof p->ourImplementationVersionName,
                        "%s", PN_IMPLEMENTATION_VERSION);
    if (cond.good()) { cond = ASC_acknowledgeAssociation(a.assoc); }
    if (cond.bad()) {
        out.end = "violation";
        return fail_condition(err, PN_ENET, cond, "cannot accept the association");
    }
    out.accepted = true;
    if (handler.accepted != nullptr) {
        handler.accepted(handler.payload, out.calling_ae,
                         static_cast<unsigned>(ASC_countAcceptedPresentationContexts(p)));
    }
    return PN_OK;
}

/* ---- Messages ----------------------------------------------------------------------------- */

bool Server::answer(const Command &rq, uint16_t field, uint16_t status, const char *comment)
{
    return answer_message(*dimse, rq, field, status, comment, opts.idle_timeout_s);
}

Incoming Server::store(const Command &rq, pn_error *err)
{
    const StoreContext context = { *dimse, a.assoc->params, handler, out.calling_ae,
                                   opts.max_instance_bytes, opts.idle_timeout_s };
    uint16_t status = PN_STATUS_SUCCESS;
    pn_error why = {};
    Incoming got = take_store(status, why, context, rq, err);
    (got == GOT_MESSAGE && status == PN_STATUS_SUCCESS ? out.n_stored : out.n_failed)++;
    if (got != GOT_MESSAGE) { return got; }
    if (!answer(rq, C_STORE_RSP, status, why.msg)) { return timing.expired ? TIMED_OUT : PEER_CLOSED; }
    return GOT_MESSAGE;
}

Incoming Server::event(const Command &rq, pn_error *err)
{
    const StoreContext context = { *dimse, a.assoc->params, handler, out.calling_ae,
                                   opts.max_instance_bytes, opts.idle_timeout_s };
    uint16_t status = PN_STATUS_SUCCESS;
    pn_error why = {};
    Incoming got = take_event(status, why, context, rq, err);
    if (got != GOT_MESSAGE) { return got; }
    out.n_events += status == PN_STATUS_SUCCESS;
    if (!answer(rq, N_EVENT_REPORT_RSP, status, why.msg)) { return timing.expired ? TIMED_OUT : PEER_CLOSED; }
    return GOT_MESSAGE;
}

/* Close as the way it ended asks for. */
int Server::ended(Incoming how, pn_error *err)
{
    timing.expired = false;
    timing.within_s(goodbye_s);
    between_messages = false;
    switch (how) {
    case PEER_RELEASED:
        out.end = "released";
        (void)ASC_acknowledgeRelease(a.assoc);
        (void)ASC_dropSCPAssociation(a.assoc, static_cast<int>(goodbye_s));
        return PN_OK;
    case PEER_ABORTED:
        out.end = "aborted by peer";
        return pn_fail_transient(err, PN_ENET, "the peer aborted the association");
    case PEER_CLOSED:
        out.end = "closed by peer";
        return pn_fail_transient(err, PN_ENET, "the peer closed the connection");
    case TIMED_OUT:
        (void)ASC_abortAssociation(a.assoc);
        if (handler.draining != nullptr && handler.draining(handler.payload)) {
            out.end = "stopped";
            return PN_OK;
        }
        out.end = "timed out";
        return pn_fail_transient(err, PN_ENET, "no complete PDU within %u s", opts.idle_timeout_s);
    case GOT_MESSAGE:
    case VIOLATION:
        break;
    }
    out.end = "violation";
    (void)ASC_abortAssociation(a.assoc);
    return err != nullptr ? err->code : PN_EFORMAT;
}

int Server::messages(pn_error *err)
{
    dimse = std::make_unique<Dimse>(a.assoc, timing);
    for (;;) {
        Command rq;
        between_messages = true;
        idle_since_ms = pn_mono_ms();
        Incoming got = dimse->read_command(rq, opts.idle_timeout_s, err);
        between_messages = false;
        if (got == GOT_MESSAGE) {
            switch (rq.field) {
            case C_ECHO_RQ:
                out.n_echoed++;
                if (!answer(rq, C_ECHO_RSP, PN_STATUS_SUCCESS, "")) { got = PEER_CLOSED; }
                break;
            case C_STORE_RQ:
                got = store(rq, err);
                break;
            case N_EVENT_REPORT_RQ:
                got = event(rq, err);
                break;
            case C_CANCEL_RQ:
                break;
            default:
                (void)pn_fail(err, PN_EUNSUPPORTED, "command %04x, expected C-STORE or C-ECHO",
                              static_cast<unsigned>(rq.field));
                got = VIOLATION;
            }
        }
        if (handler.must_stop != nullptr && handler.must_stop(handler.payload)) {
            timing.within_s(goodbye_s);
            (void)ASC_abortAssociation(a.assoc);
            out.end = "stopped";
            return pn_fail_transient(err, PN_EIO, "a sync failed, nothing more is acknowledged");
        }
        if (got != GOT_MESSAGE) { return ended(got, err); }
    }
}

int Server::serve(int fd, pn_error *err)
{
    int rc = receive_request(fd, err);
    if (rc == PN_OK) { rc = accept(err); }
    if (rc == PN_OK && out.accepted) { rc = messages(err); }
    return rc;
}

}

int pn_scp_serve(pn_scp_result *out, int fd, const pn_scp_opts *opts,
                 const pn_scp_handler *handler, pn_error *err)
{
    return guarded(err, [&] {
        pn_error local = {};
        pn_error *e = err != nullptr ? err : &local;
        *out = pn_scp_result();
        out->end = "violation";
        int rc = pn_dicom_init(e);
        if (rc != PN_OK) { return rc; }
        Server server(*out, *opts, *handler);
        return server.serve(fd, e);
    });
}
