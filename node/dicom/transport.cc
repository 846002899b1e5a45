#include "dicom/transport.hh"
#include "dcmtk/dcmnet/cond.h"
#include "dcmtk/dcmnet/dul.h"
#include <algorithm>
#include <cerrno>
#include <new>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include "base/file.h"

/* Longest sleep in poll(), so that give_up is asked often enough. */
static const int64_t slice_ms = 250;

/* What a connection may begin with: a TLS record of type handshake, or DICOM's request. */
enum { TLS_HANDSHAKE = 0x16, ASSOCIATE_RQ = 0x01 };

static void set_option(int fd, int option)
{
    int on = 1;      /* fails on other than TCP sockets, where there is nothing to set */
    (void)setsockopt(fd, IPPROTO_TCP, option, &on, sizeof on);
}

void Timing::within_s(unsigned seconds)
{
    deadline_ms = pn_mono_ms() + static_cast<int64_t>(seconds) * 1000;
}

Connection::Connection(DcmNativeSocketType socket, Timing &t) : DcmTCPConnection(socket), timing(t)
{
    set_option(socket, TCP_NODELAY);
    set_option(socket, TCP_QUICKACK);
}

bool Connection::wait(short events, int64_t until_ms)
{
    for (;;) {
        int64_t left = until_ms - pn_mono_ms();
        if (left <= 0) { return false; }
        if (timing.give_up != nullptr && timing.give_up(timing.give_up_ctx)) { return false; }
        pollfd p = { getSocket(), events, 0 };
        int n = poll(&p, 1, static_cast<int>(std::min(left, slice_ms)));
        /* Hang-up and error count as ready: the next read tells which. */
        if (n > 0) { return true; }
        if (n < 0 && errno != EINTR) { return false; }
    }
}

ssize_t Connection::take(void *buf, size_t n, short &events)
{
    for (;;) {
        ssize_t got = recv(getSocket(), buf, n, MSG_DONTWAIT);
        if (got >= 0) {
            set_option(getSocket(), TCP_QUICKACK);
            return got;
        }
        if (errno == EINTR) { continue; }
        events = errno == EAGAIN || errno == EWOULDBLOCK ? POLLIN : 0;
        return -1;
    }
}

ssize_t Connection::give(const void *buf, size_t n, short &events)
{
    for (;;) {
        ssize_t done = send(getSocket(), buf, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (done >= 0) { return done; }
        if (errno == EINTR) { continue; }
        events = errno == EAGAIN || errno == EWOULDBLOCK ? POLLOUT : 0;
        return -1;
    }
}

ssize_t Connection::read(void *buf, size_t n)
{
    for (;;) {
        /* Also where bytes keep coming: a slow sender must not outlive the deadline. */
        if (pn_mono_ms() >= timing.deadline_ms) { break; }
        short events = 0;
        ssize_t got = take(buf, n, events);
        if (got >= 0) {
            timing.closed = timing.closed || got == 0;
            return got;
        }
        if (events == 0) {
            timing.closed = true;
            return -1;
        }
        if (!wait(events, timing.deadline_ms)) { break; }
    }
    timing.expired = true;
    errno = ETIMEDOUT;
    return -1;
}

ssize_t Connection::write(void *buf, size_t n)
{
    const char *p = static_cast<const char *>(buf);
    size_t left = n;
    while (left > 0) {
        short events = 0;
        ssize_t done = give(p, left, events);
        if (done > 0) {
            p += done;
            left -= static_cast<size_t>(done);
            continue;
        }
        if (done < 0 && events == 0) { return -1; }
        if (!wait(events, timing.deadline_ms)) {
            timing.expired = true;
            errno = ETIMEDOUT;
            return -1;
        }
    }
    return static_cast<ssize_t>(n);
}

OFBool Connection::networkDataAvailable(int timeout_s)
{
    /* DCMTK passes what is left of its own time-out, which may have become negative. */
    int64_t own = pn_mono_ms() + static_cast<int64_t>(std::max(timeout_s, 0)) * 1000;
    if (buffered()) { return OFTrue; }
    pollfd p = { getSocket(), POLLIN, 0 };
    if (poll(&p, 1, 0) > 0) { return OFTrue; }
    if (wait(POLLIN, std::min(own, timing.deadline_ms))) { return OFTrue; }
    timing.expired = true;
    return OFFalse;
}

/* ---- Before the association ----------------------------------------------------------------- */

int Connection::first_byte()
{
    uint8_t first = 0;
    if (!wait(POLLIN, timing.deadline_ms)) {
        timing.expired = true;
        return -1;
    }
    return recv(getSocket(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 ? first : -1;
}

OFCondition Connection::refuse(const char *why)
{
    (void)pn_fail_transient(&timing.refused, PN_ENET, "%s", why);
    return DUL_NETWORKCLOSED;
}

OFCondition Connection::serverSideHandshake()
{
    if (first_byte() == TLS_HANDSHAKE) { return refuse("TLS on the port without TLS"); }
    return EC_Normal;      /* who sent nothing is met again by the read of the request */
}

/* ---- TLS ------------------------------------------------------------------------------------ */

SecureConnection::SecureConnection(DcmNativeSocketType socket, Timing &t, const pn_tls *with,
                                   const pn_tls_expected *whom)
    : Connection(socket, t), tls(with), expected(whom)
{
}

SecureConnection::~SecureConnection() { pn_tls_end(stream); }

void SecureConnection::closeTransportConnection()
{
    pn_tls_end(stream);
    stream = nullptr;
    Connection::closeTransportConnection();
}

bool SecureConnection::buffered() const { return stream != nullptr && pn_tls_buffered(stream); }

ssize_t SecureConnection::outcome(ssize_t r, short &events)
{
    if (r >= 0) { return r; }
    events = r == PN_TLS_WANT_READ ? POLLIN : r == PN_TLS_WANT_WRITE ? POLLOUT : 0;
    if (events == 0) { (void)refuse(pn_tls_why(stream)); }
    return -1;
}

ssize_t SecureConnection::take(void *buf, size_t n, short &events)
{
    return stream == nullptr ? -1 : outcome(pn_tls_read(stream, buf, n), events);
}

ssize_t SecureConnection::give(const void *buf, size_t n, short &events)
{
    return stream == nullptr ? -1 : outcome(pn_tls_write(stream, buf, n), events);
}

OFCondition SecureConnection::handshake()
{
    pn_error err = {};
    if (pn_tls_start(&stream, tls, getSocket(), expected, &err) != PN_OK) { return refuse(err.msg); }
    for (;;) {
        short events = 0;
        if (outcome(pn_tls_handshake(stream), events) == 0) { return EC_Normal; }
        if (events == 0) { return DUL_NETWORKCLOSED; }
        if (!wait(events, timing.deadline_ms)) {
            timing.expired = true;
            return DUL_READTIMEOUT;
        }
    }
}

OFCondition SecureConnection::serverSideHandshake()
{
    int first = first_byte();
    if (first == ASSOCIATE_RQ) { return refuse("an association without TLS on the TLS port"); }
    if (first >= 0 && first != TLS_HANDSHAKE) { return refuse("no TLS on the TLS port"); }
    return timing.expired ? OFCondition(DUL_READTIMEOUT) : handshake();
}

OFCondition SecureConnection::clientSideHandshake() { return handshake(); }

DcmTransportConnection *Transport::createConnection(DcmNativeSocketType socket, OFBool secure)
{
    if ((secure == OFTrue) != (tls != nullptr)) { return nullptr; }
    if (tls == nullptr) { return new (std::nothrow) Connection(socket, timing); }
    return new (std::nothrow) SecureConnection(socket, timing, tls, expected);
}
