/* A pair of local sockets in place of a TCP connection: no ports, no waiting, nothing left over. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fuzz.h"

void fz_peer(int fds[2], const void *bytes, size_t n)
{
    int room = 1 << 20;
    fz_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    (void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    (void)send(fds[1], bytes, n, MSG_DONTWAIT);
    (void)shutdown(fds[1], SHUT_WR);
}

/* DCMTK gives up where TCP_NODELAY cannot be set, and a local socket has no such option. This
 * definition takes the place of the C library's, also for DCMTK. */
int setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
    if (level == IPPROTO_TCP) { return 0; }
    return (int)syscall(SYS_setsockopt, fd, level, option, value, n);
}

/* DCMTK 3.6.7 loses parts of an A-ASSOCIATE PDU whose user information is broken; no more than
 * the PDU's size an association, and as acceptor the process ends with the association. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libdcmnet"; }
