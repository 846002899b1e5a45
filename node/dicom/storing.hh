/* dicom/storing.hh - a C-STORE request taken: of a sender, or as a sub-operation of our C-GET.
 *
 * Private to dicom/. */
#ifndef PN_STORING_HH
#define PN_STORING_HH
#include "dicom/dimse.hh"
#include "dicom/scp.h"

struct StoreContext {
    Dimse &dimse;
    T_ASC_Parameters *params;
    const pn_scp_handler &handler;
    const char *peer_ae;
    uint64_t max_instance_bytes;
    unsigned idle_s;
};

/* An N-EVENT-REPORT on commitments into the handler, as if it were stored: its data set becomes a file
 * of the class that reported. As take_store. */
Incoming take_event(uint16_t &status, pn_error &why, const StoreContext &context, const Command &rq,
                    pn_error *err);

/* The data set of this request into the handler. GOT_MESSAGE: status is what to answer, with the
 * reason in why where it is no success. Else the association is at its end. */
Incoming take_store(uint16_t &status, pn_error &why, const StoreContext &context, const Command &rq,
                    pn_error *err);

bool answer_message(Dimse &dimse, const Command &rq, uint16_t field, uint16_t status,
                    const char *comment, unsigned within_s);

#endif
