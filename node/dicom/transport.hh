/* dicom/transport.hh - TCP and TLS under DCMTK with our own deadlines.
 *
 * DCMTK's time-outs start anew with every read, so that a peer that sends one byte a second is
 * never late, and it leaves Nagle on and waits for delayed acknowledgements: about 40 ms for
 * every message. Here a deadline covers a whole phase (a PDU; the TLS handshake and association
 * request together), and TCP_QUICKACK is armed again after each read, because the kernel forgets
 * it. DCMTK's own TLS layer is not used: it waits without a deadline of ours. */
#ifndef PN_TRANSPORT_HH
#define PN_TRANSPORT_HH
#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmnet/dcmlayer.h"
#include "dcmtk/dcmnet/dcmtrans.h"
#include <cstdint>
#include "base/error.h"
#include "base/tls.h"

/* What reads and writes have to keep to. The owner sets it, the connection obeys. */
struct Timing {
    int64_t deadline_ms = 0;         /* monotonic; reads and writes fail after it           */
    bool expired = false;            /* a read or write has failed for the deadline         */
    bool closed = false;             /* a read has met the end or a reset                   */
    pn_error refused = {};           /* code PN_ENET: TLS failed, or came where it should not */
    /* Asked whenever a read has to wait; true ends the wait as if the deadline had come. */
    bool (*give_up)(void *ctx) = nullptr;
    void *give_up_ctx = nullptr;

    void within_s(unsigned seconds);
};

/* A plain connection; the base of the other. */
class Connection : public DcmTCPConnection {
public:
    Connection(DcmNativeSocketType socket, Timing &timing);
    /* Fails where the peer begins with TLS. */
    OFCondition serverSideHandshake() override;
    ssize_t read(void *buf, size_t n) override;
    /* All n bytes, or -1. */
    ssize_t write(void *buf, size_t n) override;
    OFBool networkDataAvailable(int timeout_s) override;

protected:
    /* What is there now. Else 0 at the end, -1 with events = 0 on failure, or -1 with the events
     * of poll() to wait for. */
    virtual ssize_t take(void *buf, size_t n, short &events);
    virtual ssize_t give(const void *buf, size_t n, short &events);
    virtual bool buffered() const { return false; }
    bool wait(short events, int64_t until_ms);
    /* The peer's first byte, still unread; -1: none came. */
    int first_byte();
    OFCondition refuse(const char *why);
    Timing &timing;
};

class SecureConnection : public Connection {
public:
    /* tls and expected (for a client) are borrowed. */
    SecureConnection(DcmNativeSocketType socket, Timing &timing, const pn_tls *tls,
                     const pn_tls_expected *expected);
    ~SecureConnection() override;
    OFCondition serverSideHandshake() override;
    OFCondition clientSideHandshake() override;
    void closeTransportConnection() override;      /* DCMTK's close() calls it */
    OFBool isTransparentConnection() override { return OFFalse; }
    /* nullptr before the handshake. */
    const pn_tls_peer *peer() const { return stream != nullptr ? pn_tls_peer_of(stream) : nullptr; }

protected:
    ssize_t take(void *buf, size_t n, short &events) override;
    ssize_t give(const void *buf, size_t n, short &events) override;
    bool buffered() const override;

private:
    OFCondition handshake();
    ssize_t outcome(ssize_t r, short &events);
    const pn_tls *tls;
    const pn_tls_expected *expected;
    pn_tls_stream *stream = nullptr;
};

/* Plain connections, or with tls secure ones only. */
class Transport : public DcmTransportLayer {
public:
    explicit Transport(Timing &t, const pn_tls *with = nullptr, const pn_tls_expected *whom = nullptr)
        : timing(t), tls(with), expected(whom) {}
    DcmTransportConnection *createConnection(DcmNativeSocketType socket, OFBool secure) override;

private:
    Timing &timing;
    const pn_tls *tls;
    const pn_tls_expected *expected;
};

#endif
