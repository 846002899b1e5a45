/* A pair of local sockets in place of a TCP connection: no ports, no waiting, nothing left over. */
#include <netdb.h>
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

/* Nobody's name is looked up: with a mute name server each association would wait for 5 s or more. */
int getnameinfo(const struct sockaddr *address, socklen_t n, char *host, socklen_t host_size,
                char *service, socklen_t service_size, int flags)
{
    (void)address, (void)n, (void)host, (void)host_size, (void)service, (void)service_size, (void)flags;
    fz_broken(__FILE__, __LINE__, "no peer's name is looked up");
}

/* DCMTK 3.6.7 loses parts of an A-ASSOCIATE PDU whose user information is broken; no more than
 * the PDU's size an association, and as acceptor the process ends with the association. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libdcmnet"; }
