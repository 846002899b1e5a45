#include "dicom/query.h"
#include "dicom/client.hh"
#include "dicom/guard.hh"
#include "dicom/identifier.hh"
#include "dicom/runtime.h"
#include "dicom/scan.h"
#include "dicom/storing.hh"
#include "dcmtk/dcmdata/dcuid.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>
#include "base/file.h"

namespace {

const char *const implicit_le = UID_LittleEndianImplicitTransferSyntax;
enum : uint16_t { PENDING = 0xff00, PENDING_WITH_WARNING = 0xff01 };

/* What our receiver takes as an image, and how. */
const char *const image_classes[] = {
    UID_CTImageStorage, UID_EnhancedCTImageStorage, UID_MRImageStorage, UID_EnhancedMRImageStorage,
    UID_PositronEmissionTomographyImageStorage, UID_EnhancedPETImageStorage,
    UID_LegacyConvertedEnhancedCTImageStorage, UID_LegacyConvertedEnhancedMRImageStorage,
    UID_LegacyConvertedEnhancedPETImageStorage,
};
const char *const image_syntaxes[] = {
    UID_LittleEndianExplicitTransferSyntax, UID_LittleEndianImplicitTransferSyntax,
    UID_BigEndianExplicitTransferSyntax,
    UID_RLELosslessTransferSyntax,
    UID_JPEGProcess1TransferSyntax, UID_JPEGProcess2_4TransferSyntax,
    UID_JPEGProcess14TransferSyntax, UID_JPEGProcess14SV1TransferSyntax,
    UID_JPEGLSLosslessTransferSyntax, UID_JPEGLSLossyTransferSyntax,
    UID_JPEG2000LosslessOnlyTransferSyntax, UID_JPEG2000TransferSyntax,
};

/* ---- Identifiers ---------------------------------------------------------------------------- */

/* sop_uids nullptr: the key is left out; empty: any value. */
Identifier identifier(const char *level, const char *study, const char *series,
                      const std::string *sop_uids)
{
    Identifier id;
    if (sop_uids != nullptr) { id.text(0x0008, 0x0018, *sop_uids, '\0'); }
    id.text(0x0008, 0x0052, level, ' ');
    id.text(0x0020, 0x000d, study, '\0');
    id.text(0x0020, 0x000e, series, '\0');
    return id;
}

struct Answer { std::vector<uint8_t> bytes; };

void take_answer(void *ctx, const void *bytes, size_t n)
{
    const uint8_t *p = static_cast<const uint8_t *>(bytes);
    std::vector<uint8_t> &to = static_cast<Answer *>(ctx)->bytes;
    to.insert(to.end(), p, p + n);
}

/* ---- One request with its answers --------------------------------------------------------- */

class Query {
public:
    Query(const pn_scu_peer &peer, const pn_query_opts &opts) : client(peer)
    {
        until_ms = pn_mono_ms() + static_cast<int64_t>(opts.total_timeout_s) * 1000;
        client.timing.give_up = opts.give_up;
        client.timing.give_up_ctx = opts.ctx;
    }
    int connect(const char *model, bool with_storage, pn_error *err);
    int find(pn_found_list &out, const Identifier &id, const char *series, pn_error *err);
    int retrieve(pn_query_result &out, uint16_t field, const char *destination,
                 const Identifier &id, const pn_scp_handler *handler, uint64_t max_bytes,
                 pn_error *err);
    void release() { client.release(); }

private:
    int send(Command &rq, const Identifier &id, pn_error *err);
    int next(Command &got, Answer &answer, pn_error *err);
    int sub_operation(pn_query_result &out, const Command &store, const pn_scp_handler &handler,
                      uint64_t max_bytes, pn_error *err);
    int ended(const Command &rsp, pn_error *err);
    unsigned patience_s() const;
    Client client;
    const char *sop_class = "";
    int64_t until_ms = 0;
};

/* For the next PDU: the peer's own time-out, or what is left of the whole call. */
unsigned Query::patience_s() const
{
    int64_t left_s = (until_ms - pn_mono_ms()) / 1000;
    return static_cast<unsigned>(std::clamp<int64_t>(left_s, 0, client.peer.dimse_timeout_s));
}

int Query::connect(const char *model, bool with_storage, pn_error *err)
{
    std::vector<Syntax> syntaxes { { model, implicit_le } };
    sop_class = model;
    for (const char *image : image_classes) {
        for (const char *transfer : image_syntaxes) {
            if (with_storage) { syntaxes.push_back({ image, transfer, true }); }
        }
    }
    int rc = client.connect(syntaxes, err);
    if (rc == PN_OK && client.context_of(0) == 0) {
        return pn_fail(err, PN_EUNSUPPORTED, "%s:%u does not offer %s", client.peer.host,
                       static_cast<unsigned>(client.peer.port), dcmFindNameOfUID(model, model));
    }
    return rc;
}

int Query::send(Command &rq, const Identifier &id, pn_error *err)
{
    rq.context_id = client.context_of(0);
    rq.message_id = ++client.last_message_id;
    rq.data_set = WITH_DATA_SET;
    (void)std::snprintf(rq.sop_class_uid, sizeof rq.sop_class_uid, "%s", sop_class);
    if (!client.dimse->write_command(rq, patience_s())) { return client.lost("during a query", err); }
    return client.data_set(rq.context_id, id.bytes, patience_s(), "during a query", err);
}

/* The next message; a response's data set goes into answer, a C-STORE's stays unread. */
int Query::next(Command &got, Answer &answer, pn_error *err)
{
    pn_error why = {};
    answer.bytes.clear();
    Incoming how = client.dimse->read_command(got, patience_s(), &why);
    if (how == GOT_MESSAGE && got.field != C_STORE_RQ && got.data_set != NO_DATA_SET) {
        how = client.dimse->read_data_set(got.context_id, PN_MAX_QUERY_BYTES, take_answer, &answer,
                                          patience_s(), &why);
    }
    if (how == VIOLATION) { return client.broke(why.msg, err); }
    return how == GOT_MESSAGE ? PN_OK : client.lost("before its last answer", err);
}

static const char *words_of(uint16_t status)
{
    switch (status) {
    case 0xa701: case 0xa702: return "out of resources";
    case 0xa801: return "move destination unknown";
    case 0xa900: return "identifier does not match";
    case 0xfe00: return "cancelled";
    case 0x0122: return "SOP class not supported";
    case 0x0124: return "not authorised";
    default: return (status & 0xf000) == 0xc000 ? "unable to process" : "failure";
    }
}

/* PN_OK for a final status that means done. */
int Query::ended(const Command &rsp, pn_error *err)
{
    if (rsp.status == 0 || (rsp.status & 0xf000) == 0xb000) { return PN_OK; }
    bool passing = (rsp.status & 0xff00) == 0xa700;
    return (passing ? pn_fail_transient : pn_fail)(
        err, PN_EPEER, "status %04X (%s)%s%s", static_cast<unsigned>(rsp.status),
        words_of(rsp.status), rsp.comment[0] != '\0' ? ": " : "", rsp.comment);
}

static bool pending(const Command &rsp)
{
    return rsp.status == PENDING || rsp.status == PENDING_WITH_WARNING;
}

static int append(pn_found_list &out, const char *series, const pn_scan &answer, pn_error *err)
{
    if (out.n >= PN_MAX_SLICES) {
        return pn_fail(err, PN_ELIMIT, "more than %d answers to one query", PN_MAX_SLICES);
    }
    if ((out.n & (out.n - 1)) == 0) {      /* full at every power of two */
        size_t room = out.n == 0 ? 1 : 2 * out.n;
        void *more = std::realloc(out.item, room * sizeof *out.item);
        if (more == nullptr) { return pn_fail_transient(err, PN_ENOMEM, "no memory for answers"); }
        out.item = static_cast<pn_found *>(more);
    }
    pn_found &f = out.item[out.n++];
    (void)std::snprintf(f.series_uid, sizeof f.series_uid, "%s",
                        series[0] != '\0' ? series : answer.series_uid);
    (void)std::snprintf(f.sop_uid, sizeof f.sop_uid, "%s", answer.sop_uid);
    return PN_OK;
}

int Query::find(pn_found_list &out, const Identifier &id, const char *series, pn_error *err)
{
    Command rq;
    rq.field = C_FIND_RQ;
    int rc = send(rq, id, err);
    while (rc == PN_OK) {
        Command rsp;
        Answer answer;
        rc = next(rsp, answer, err);
        if (rc != PN_OK) { break; }
        if (rsp.field != C_FIND_RSP || rsp.message_id != rq.message_id) {
            return client.broke("an answer to something else than the query", err);
        }
        if (!pending(rsp)) { return ended(rsp, err); }
        pn_scan found = {};
        pn_error why = {};
        const void *bytes = answer.bytes.empty() ? "" : static_cast<void *>(answer.bytes.data());
        if (pn_scan_identifier(&found, bytes, answer.bytes.size(), &why) != PN_OK) {
            return client.broke(why.msg, err);
        }
        rc = append(out, series, found, err);
    }
    return rc;
}

int Query::sub_operation(pn_query_result &out, const Command &store, const pn_scp_handler &handler,
                         uint64_t max_bytes, pn_error *err)
{
    const StoreContext context = { *client.dimse, client.assoc->params, handler,
                                   client.peer.called_ae, max_bytes, patience_s() };
    uint16_t status = PN_STATUS_SUCCESS;
    pn_error why = {}, broken = {};
    Incoming how = take_store(status, why, context, store, &broken);
    if (handler.must_stop != nullptr && handler.must_stop(handler.payload)) {
        return pn_fail_transient(err, PN_EIO, "a sync failed, nothing more is acknowledged");
    }
    if (how == VIOLATION) { return client.broke(broken.msg, err); }
    if (how != GOT_MESSAGE ||
        !answer_message(*client.dimse, store, C_STORE_RSP, status, why.msg, patience_s())) {
        return client.lost("during C-GET", err);
    }
    out.n_stored += status == PN_STATUS_SUCCESS;
    return PN_OK;
}

int Query::retrieve(pn_query_result &out, uint16_t field, const char *destination,
                    const Identifier &id, const pn_scp_handler *handler, uint64_t max_bytes,
                    pn_error *err)
{
    Command rq;
    rq.field = field;
    (void)std::snprintf(rq.move_destination, sizeof rq.move_destination, "%s", destination);
    uint16_t expected = static_cast<uint16_t>(field | 0x8000);
    int rc = send(rq, id, err);
    for (size_t n = 0; rc == PN_OK; n++) {
        Command got;
        Answer ignored;                    /* the UIDs that failed: the peer's word only */
        if (n > 4 * static_cast<size_t>(PN_MAX_SLICES)) {
            return client.broke("messages without end", err);
        }
        rc = next(got, ignored, err);
        if (rc != PN_OK) { break; }
        if (got.field == C_STORE_RQ && handler != nullptr) {
            rc = sub_operation(out, got, *handler, max_bytes, err);
            continue;
        }
        if (got.field != expected || got.message_id != rq.message_id) {
            return client.broke("an answer to something else than the request", err);
        }
        out.status = got.status;
        out.n_completed = got.n_completed;
        out.n_failed = got.n_failed + got.n_warning;
        if (!pending(got)) { return ended(got, err); }
    }
    return rc;
}

std::string joined(const char *const *uids, size_t n)
{
    std::string all;
    for (size_t i = 0; i < n; i++) {
        if (i > 0) { all += '\\'; }
        all += uids[i];
    }
    return all;
}

Identifier identifier_of(const pn_query_what &what)
{
    std::string uids = joined(what.uids, what.n_uids);
    return identifier(what.n_uids > 0 ? "IMAGE" : "SERIES", what.study_uid, what.series_uid,
                      what.n_uids > 0 ? &uids : nullptr);
}

int find_all(pn_found_list &out, Query &query, const char *study, const char *series, pn_error *err)
{
    const std::string any;
    if (series[0] != '\0') {
        return query.find(out, identifier("IMAGE", study, series, &any), series, err);
    }
    pn_found_list all = {};
    int rc = query.find(all, identifier("SERIES", study, "", nullptr), "", err);
    if (rc == PN_OK && all.n > PN_MAX_QUERY_SERIES) {
        rc = pn_fail(err, PN_ELIMIT, "the study has %zu series, expected at most %d", all.n,
                     PN_MAX_QUERY_SERIES);
    }
    for (size_t i = 0; i < all.n && rc == PN_OK; i++) {
        const char *one = all.item[i].series_uid;
        if (one[0] == '\0') { continue; }
        rc = query.find(out, identifier("IMAGE", study, one, &any), one, err);
    }
    pn_found_list_free(&all);
    return rc;
}

template <class Body> int with_runtime(pn_error *err, Body &&body)
{
    return guarded(err, [&] {
        pn_error local = {};
        pn_error *e = err != nullptr ? err : &local;
        int rc = pn_dicom_init(e);
        return rc == PN_OK ? body(e) : rc;
    });
}

}

void pn_found_list_free(pn_found_list *l)
{
    std::free(l->item);
    *l = pn_found_list();
}

int pn_query_find(pn_found_list *out, const pn_scu_peer *peer, const char *study_uid,
                  const char *series_uid, const pn_query_opts *opts, pn_error *err)
{
    return with_runtime(err, [&](pn_error *e) {
        pn_found_list found = {};
        Query query(*peer, *opts);
        int rc = query.connect(UID_FINDStudyRootQueryRetrieveInformationModel, false, e);
        if (rc == PN_OK) { rc = find_all(found, query, study_uid, series_uid, e); }
        if (rc != PN_OK) {
            pn_found_list_free(&found);
            return rc;
        }
        query.release();
        *out = found;
        return rc;
    });
}

int pn_query_move(pn_query_result *out, const pn_scu_peer *peer, const char *destination,
                  const pn_query_what *what, const pn_query_opts *opts, pn_error *err)
{
    return with_runtime(err, [&](pn_error *e) {
        *out = pn_query_result();
        out->status = PN_SCU_NO_STATUS;
        Query query(*peer, *opts);
        int rc = query.connect(UID_MOVEStudyRootQueryRetrieveInformationModel, false, e);
        if (rc == PN_OK) {
            rc = query.retrieve(*out, C_MOVE_RQ, destination, identifier_of(*what), nullptr, 0, e);
        }
        if (rc == PN_OK) { query.release(); }
        return rc;
    });
}

int pn_query_get(pn_query_result *out, const pn_scu_peer *peer, const pn_query_what *what,
                 const pn_scp_handler *handler, uint64_t max_instance_bytes,
                 const pn_query_opts *opts, pn_error *err)
{
    return with_runtime(err, [&](pn_error *e) {
        *out = pn_query_result();
        out->status = PN_SCU_NO_STATUS;
        Query query(*peer, *opts);
        int rc = query.connect(UID_GETStudyRootQueryRetrieveInformationModel, true, e);
        if (rc == PN_OK) {
            rc = query.retrieve(*out, C_GET_RQ, "", identifier_of(*what), handler,
                                max_instance_bytes, e);
        }
        if (rc == PN_OK) { query.release(); }
        return rc;
    });
}
