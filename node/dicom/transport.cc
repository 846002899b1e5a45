#include "dicom/transport.hh"
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

ssize_t Connection::read(void *buf, size_t n)
{
    for (;;) {
        /* Also where bytes keep coming: a slow sender must not outlive the deadline. */
        if (pn_mono_ms() >= timing.deadline_ms) { break; }
        ssize_t got = recv(getSocket(), buf, n, MSG_DONTWAIT);
        if (got >= 0) {
            set_option(getSocket(), TCP_QUICKACK);
            timing.closed = timing.closed || got == 0;
            return got;
        }
        if (errno == EINTR) { continue; }
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            timing.closed = true;
            return -1;
        }
        if (!wait(POLLIN, timing.deadline_ms)) { break; }
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
        ssize_t done = send(getSocket(), p, left, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (done > 0) {
            p += done;
            left -= static_cast<size_t>(done);
            continue;
        }
        if (done < 0 && errno == EINTR) { continue; }
        if (done < 0 && errno != EAGAIN && errno != EWOULDBLOCK) { return -1; }
        if (!wait(POLLOUT, timing.deadline_ms)) {
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
    pollfd p = { getSocket(), POLLIN, 0 };
    if (poll(&p, 1, 0) > 0) { return OFTrue; }
    if (wait(POLLIN, std::min(own, timing.deadline_ms))) { return OFTrue; }
    timing.expired = true;
    return OFFalse;
}

DcmTransportConnection *Transport::createConnection(DcmNativeSocketType socket, OFBool secure)
{
    if (secure) { return nullptr; }
    return new (std::nothrow) Connection(socket, timing);
}
