/* dicom/client.hh - one association as requestor, under our own deadlines.
 *
 * Private to dicom/; scu.cc stores and echoes over it, query.cc finds, moves and gets. */
#ifndef PN_CLIENT_HH
#define PN_CLIENT_HH
#include <memory>
#include <string>
#include <vector>
#include "dicom/dimse.hh"
#include "dicom/scu.h"
#include "dicom/transport.hh"

/* Presentation context IDs are the odd numbers up to 255. */
enum { MAX_CONTEXTS = 128 };

struct Syntax {
    std::string sop_class, transfer;
    bool peer_sends = false;               /* propose the roles for C-GET's sub-operations   */
    bool operator==(const Syntax &o) const
    {
        return sop_class == o.sop_class && transfer == o.transfer && peer_sends == o.peer_sends;
    }
};

class Client {
public:
    explicit Client(const pn_scu_peer &p) : peer(p) {}
    ~Client();                             /* aborts what was not released                   */
    int connect(const std::vector<Syntax> &syntaxes, pn_error *err);
    /* Of syntaxes[i]; 0: the peer did not accept this pair. */
    uint8_t context_of(size_t i) const;
    /* A response without a data set to this message. */
    int response(Command &rsp, uint16_t field, uint16_t message_id, pn_error *err);
    /* A data set, whole. */
    int data_set(uint8_t context_id, const std::vector<uint8_t> &bytes, unsigned within_s, const char *when,
                 pn_error *err);
    /* The connection broke or the peer was late: PN_ENET, transient. */
    int lost(const char *when, pn_error *err);
    /* The peer said what it must not: PN_ENET, transient. */
    int broke(const char *how, pn_error *err);
    void release();

    const pn_scu_peer &peer;
    Timing timing;
    std::unique_ptr<Dimse> dimse;          /* once connected */
    T_ASC_Association *assoc = nullptr;
    T_ASC_Parameters *params = nullptr;    /* until the association owns them */
    uint16_t last_message_id = 0;

private:
    int rejected(pn_error *err);
    Transport transport { timing, peer.secure ? peer.tls : nullptr, &peer.expected };
    T_ASC_Network *network = nullptr;
    bool established = false;
};

#endif
