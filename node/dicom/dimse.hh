/* dicom/dimse.hh - DIMSE messages over a DCMTK association, without its data set parser.
 *
 * PDUs and the association's state machine are DCMTK's (DUL). The command set is ours: a flat
 * list of a dozen elements that needs no recursion and no dictionary, so that a command set
 * that nests sequences 20,000 deep is a wrong command set and not a stack overflow, and a bad
 * UID is seen as it was sent. Data sets pass through as bytes.
 *
 * Private to dicom/. */
#ifndef PN_DIMSE_HH
#define PN_DIMSE_HH
#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmnet/assoc.h"
#include "dcmtk/dcmnet/dul.h"
#include <cstddef>
#include <cstdint>
#include "base/error.h"
#include "base/limits.h"
#include "dicom/transport.hh"

enum : uint16_t {                       /* Command Field, PS3.7 E.1 */
    C_STORE_RQ = 0x0001, C_STORE_RSP = 0x8001,
    C_GET_RQ   = 0x0010, C_GET_RSP   = 0x8010,
    C_FIND_RQ  = 0x0020, C_FIND_RSP  = 0x8020,
    C_MOVE_RQ  = 0x0021, C_MOVE_RSP  = 0x8021,
    C_ECHO_RQ  = 0x0030, C_ECHO_RSP  = 0x8030,
    N_EVENT_REPORT_RQ = 0x0100, N_EVENT_REPORT_RSP = 0x8100,
    N_ACTION_RQ = 0x0130, N_ACTION_RSP = 0x8130,
    C_CANCEL_RQ = 0x0fff,
};
enum : uint16_t { NO_DATA_SET = 0x0101, WITH_DATA_SET = 0x0001 };

enum { MAX_PDU = 131072, COMMENT_SIZE = 65 };

/* The elements that the messages above have. Absent texts are empty, absent numbers 0. */
struct Command {
    uint8_t context_id = 0;             /* presentation context, not of the command set      */
    uint16_t field = 0;
    uint16_t message_id = 0;            /* of a request; of a response: the one responded to */
    uint16_t priority = 0;
    uint16_t data_set = NO_DATA_SET;
    uint16_t status = 0;
    char sop_class_uid[PN_UID_SIZE] = "";
    char sop_uid[PN_UID_SIZE] = "";
    bool sop_uid_too_long = false;      /* was cut; no valid UID                             */
    char comment[COMMENT_SIZE] = "";
    char move_destination[PN_AE_SIZE] = "";
    char requested_class_uid[PN_UID_SIZE] = "", requested_uid[PN_UID_SIZE] = "";   /* N-ACTION */
    uint16_t event_type = 0, action_type = 0;
    uint16_t n_completed = 0, n_failed = 0, n_warning = 0;     /* sub-operations            */
};

/* How reading ended. */
enum Incoming { GOT_MESSAGE, PEER_RELEASED, PEER_ABORTED, PEER_CLOSED, TIMED_OUT, VIOLATION };

/* A data set's bytes as they come. Never fails: who cannot use them throws them away, since the
 * peer goes on sending until the end in any case. */
typedef void take_bytes(void *ctx, const void *bytes, size_t n);

class Dimse {
public:
    Dimse(T_ASC_Association *association, Timing &t) : assoc(association), timing(t) {}

    /* The next command set; each PDU has to be complete within idle_s. VIOLATION with the reason
     * in err: a fragment of a data set, more than PN_MAX_COMMAND_BYTES, not a command set. */
    Incoming read_command(Command &out, unsigned idle_s, pn_error *err);
    /* The data set that belongs to the command. More than max_bytes is a VIOLATION. */
    Incoming read_data_set(uint8_t context_id, uint64_t max_bytes, take_bytes *take, void *ctx,
                           unsigned idle_s, pn_error *err);
    bool write_command(const Command &c, unsigned within_s);
    /* One fragment of a data set. */
    bool write_data(uint8_t context_id, const void *bytes, size_t n, bool last, unsigned within_s);

private:
    Incoming next_fragment(DUL_PDV &pdv, unsigned idle_s, pn_error *err);
    T_ASC_Association *assoc;
    Timing &timing;
    uint8_t command[PN_MAX_COMMAND_BYTES];
};

/* Read a command set (implicit little endian, group 0000 only, ascending or not). PN_EFORMAT. */
PN_CHECKED int parse_command(Command &out, const uint8_t *bytes, size_t n, pn_error *err);
/* Write one; returns its length, at most 512. */
size_t format_command(uint8_t out[512], const Command &c);
/* PS3.5 9.1: digits and dots, at most 64, no empty component, no leading zero. */
bool is_uid(const char *s);

#endif
