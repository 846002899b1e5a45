/* dicom/transport.hh - TCP under DCMTK with our own deadlines.
 *
 * DCMTK's time-outs start anew with every read, so that a peer that sends one byte a second is
 * never late, and it leaves Nagle on and waits for delayed acknowledgements: about 40 ms for
 * every message. Here a deadline covers a whole phase (a PDU, the association request), and
 * TCP_QUICKACK is armed again after each read, because the kernel forgets it. */
#ifndef PN_TRANSPORT_HH
#define PN_TRANSPORT_HH
#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmnet/dcmlayer.h"
#include "dcmtk/dcmnet/dcmtrans.h"
#include <cstdint>

/* What reads and writes have to keep to. The owner sets it, the connection obeys. */
struct Timing {
    int64_t deadline_ms = 0;         /* monotonic; reads and writes fail after it           */
    bool expired = false;            /* a read or write has failed for the deadline         */
    bool closed = false;             /* a read has met the end or a reset                   */
    /* Asked whenever a read has to wait; true ends the wait as if the deadline had come. */
    bool (*give_up)(void *ctx) = nullptr;
    void *give_up_ctx = nullptr;

    void within_s(unsigned seconds);
};

class Connection : public DcmTCPConnection {
public:
    Connection(DcmNativeSocketType socket, Timing &timing);
    ssize_t read(void *buf, size_t n) override;
    /* All n bytes, or -1. */
    ssize_t write(void *buf, size_t n) override;
    OFBool networkDataAvailable(int timeout_s) override;

private:
    bool wait(short events, int64_t until_ms);
    Timing &timing;
};

class Transport : public DcmTransportLayer {
public:
    explicit Transport(Timing &t) : timing(t) {}
    /* Plain connections only; nullptr if a secure one is asked for. */
    DcmTransportConnection *createConnection(DcmNativeSocketType socket, OFBool secure) override;

private:
    Timing &timing;
};

#endif
