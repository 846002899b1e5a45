/* crowd - many peers at once, made of bytes.
 *
 *   mute PORT N CLOSED_S     N connections of 127.0.0.2 that say nothing, a third of them before
 *                            the request, a third in its middle, a third on an association; one
 *                            of 127.0.0.3 that says a byte every 100 ms. C-ECHOs of 127.0.0.1 are
 *                            answered while all are open; prints how fast. All are closed by the
 *                            node within CLOSED_S.
 *   senders PORT N OBJECTS BYTES FOLDER
 *                            N processes at once store OBJECTS images each, of BYTES pixels, and
 *                            one that all of them have. Each association is accepted, or rejected
 *                            as a transient limit and tried again. FOLDER gets the objects as
 *                            files, and the list `ack`.
 *   churn PORT N             N times each kind of association that is not meant to last
 *
 * Exit code 0: every answer was the expected one. */
#include "../node/net/raw.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_MUTE = 1000, ECHOES = 20, SENDER_PATIENCE_MS = 120000 };

static uint16_t port;
static int failures;

static void check(bool good, const char *what)
{
    if (good) { return; }
    fprintf(stderr, "crowd: %s\n", what);
    failures++;
}

static int connect_from(const char *address)
{
    struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
    to.sin_port = htons(port);
    (void)inet_pton(AF_INET, address, &from.sin_addr);
    (void)inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (bind(fd, (const struct sockaddr *)&from, sizeof from) != 0 ||
                    connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* ---- C-ECHO ------------------------------------------------------------------------------- */

static bool echo(void)
{
    static const uint8_t command[] = {
        0, 0, 0x02, 0, 18, 0, 0, 0, '1', '.', '2', '.', '8', '4', '0', '.', '1', '0', '0', '0', '8',
        '.', '1', '.', '1', 0,
        0, 0, 0x00, 1, 2, 0, 0, 0, 0x30, 0, 0, 0, 0x10, 1, 2, 0, 0, 0, 1, 0,
        0, 0, 0x00, 8, 2, 0, 0, 0, 0x01, 1 };
    static raw_pdu pdu;
    raw_request rq = RAW_REQUEST;
    rq.abstract_syntax = VERIFICATION;
    rq.transfer_syntaxes[0] = IMPLICIT_LE;
    int fd = raw_connect(port);
    bool good = fd >= 0 && raw_request_association(fd, &rq) &&
                raw_read_pdu(&pdu, fd, 10000) == PDU_AC && raw_context_result(&pdu) == 0 &&
                raw_fragment(fd, true, true, command, sizeof command) && raw_status(fd, 10000) == 0;
    if (good) { good = raw_send_pdu(fd, PDU_RELEASE_RQ, "\0\0\0\0", 4) && raw_read_pdu(&pdu, fd, 10000) == PDU_RELEASE_RP; }
    if (fd >= 0) { close(fd); }
    return good;
}

/* ---- Mute and slow ------------------------------------------------------------------------ */

static bool is_open(int fd)
{
    uint8_t byte;
    ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n > 0 || (n < 0 && errno == EAGAIN);
}

static size_t count_open(const int *fds, size_t n)
{
    size_t open = 0;
    for (size_t i = 0; i < n; i++) { open += is_open(fds[i]); }
    return open;
}

/* The next byte of a request that would be 256 bytes long. */
static void say_one_byte(int fd)
{
    static const uint8_t head[] = { 1, 0, 0, 0, 1, 0, 0, 1 };
    static size_t said;
    (void)raw_send(fd, said < sizeof head ? head + said : head + 1, 1);
    said++;
}

static int mute_one(size_t i)
{
    static raw_pdu pdu;
    raw_request rq = RAW_REQUEST;
    int fd = connect_from("127.0.0.2");
    if (fd < 0) { return -1; }
    if (i % 3 == 1) { (void)raw_send(fd, "\x01\x00\x00\x00\x01\x00\x00\x01", 8); }
    if (i % 3 == 2 && (!raw_request_association(fd, &rq) || raw_read_pdu(&pdu, fd, 10000) != PDU_AC)) {
        check(false, "a peer that will be mute is not accepted");
    }
    return fd;
}

/* What an association was told before it was closed is read, so that only the end remains. */
static void drain(int fd)
{
    uint8_t bytes[512];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {}
}

static void mute(size_t n, int closed_s)
{
    static int fds[MOST_MUTE];
    const struct rlimit files = { MOST_MUTE + 64, MOST_MUTE + 64 };
    (void)setrlimit(RLIMIT_NOFILE, &files);
    for (size_t i = 0; i < n; i++) {
        fds[i] = mute_one(i);
        check(fds[i] >= 0, "cannot connect");
    }
    int slow = connect_from("127.0.0.3");
    long long begun = now_ms(), slowest = 0;
    for (int i = 0; i < ECHOES; i++) {
        say_one_byte(slow);
        long long before = now_ms();
        check(echo(), "a C-ECHO is not answered");
        if (now_ms() - before > slowest) { slowest = now_ms() - before; }
    }
    printf("%zu mute connections, %zu of them open after %d C-ECHOs; the slowest took %lld ms\n", n,
           count_open(fds, n), ECHOES, slowest);
    check(count_open(fds, n) == n && is_open(slow), "a connection was closed before its time");
    while ((count_open(fds, n) > 0 || is_open(slow)) && now_ms() - begun < closed_s * 1000LL) {
        for (size_t i = 0; i < n; i++) { drain(fds[i]); }
        say_one_byte(slow);
        (void)poll(NULL, 0, 100);
    }
    size_t left = count_open(fds, n) + is_open(slow);
    printf("%zu open after %.1f s\n", left, (double)(now_ms() - begun) / 1000);
    check(left == 0, "mute connections stay open");
}

/* ---- Senders ------------------------------------------------------------------------------ */

/* An association, tried again while it is rejected as 2, 3, 2: transient, local limit. */
static int associate_patiently(unsigned *n_rejected)
{
    static raw_pdu pdu;
    raw_request rq = RAW_REQUEST;
    for (long long until = now_ms() + SENDER_PATIENCE_MS; now_ms() < until;) {
        int fd = raw_connect(port);
        if (fd < 0) { return -1; }
        if (!raw_request_association(fd, &rq)) { close(fd); continue; }
        int type = raw_read_pdu(&pdu, fd, 30000);
        if (type == PDU_AC) { return fd; }
        close(fd);
        if (type != PDU_RJ || pdu.n < 4 || pdu.body[1] != 2 || pdu.body[2] != 3 || pdu.body[3] != 2) {
            fprintf(stderr, "crowd: answered by type %d\n", type);
            return -1;
        }
        ++*n_rejected;
        (void)poll(NULL, 0, 50);
    }
    return -1;
}

static int send_all(unsigned sender, unsigned objects, size_t bytes, unsigned *n_rejected)
{
    static raw_pdu pdu;
    int fd = associate_patiently(n_rejected), failed = fd < 0;
    for (unsigned i = 0; i <= objects && !failed; i++) {
        size_t n;
        char uid[65];
        unsigned index = i == 0 ? 0 : 1 + sender * objects + i;
        uint8_t *ct = raw_ct(&n, index, bytes);
        raw_ct_uid(uid, index);
        failed = raw_store(fd, CT_IMAGE, uid, ct, n) != 0;
        free(ct);
    }
    if (!failed) {
        failed = !raw_send_pdu(fd, PDU_RELEASE_RQ, "\0\0\0\0", 4) ||
                 raw_read_pdu(&pdu, fd, 30000) != PDU_RELEASE_RP;
    }
    return failed;
}

static void write_files(unsigned n, unsigned objects, size_t bytes, const char *folder)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/ack", folder);
    FILE *list = fopen(path, "w");
    if (!list) { abort(); }
    for (unsigned k = 0; k <= n * objects; k++) {
        unsigned index = k == 0 ? 0 : k + 1;      /* the first of sender 0 is 2 */
        (void)snprintf(path, sizeof path, "%s/%u.dcm", folder, index);
        check(raw_write_ct(path, index, bytes) == 0, "cannot write a file");
        fprintf(list, "%s\n", path);
    }
    check(fclose(list) == 0, "cannot write the list");
}

static void senders(unsigned n, unsigned objects, size_t bytes, const char *folder)
{
    int answers[2];
    if (pipe(answers) != 0) { abort(); }
    long long begun = now_ms();
    for (unsigned i = 0; i < n; i++) {
        if (fork() == 0) {
            unsigned n_rejected = 0;
            int failed = send_all(i, objects, bytes, &n_rejected);
            if (write(answers[1], &n_rejected, sizeof n_rejected) < 0) { failed = 1; }
            _exit(failed);
        }
    }
    unsigned sum = 0, n_rejected;
    for (unsigned i = 0; i < n; i++) {
        int status;
        (void)wait(&status);
        check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a sender was not served");
    }
    close(answers[1]);
    while (read(answers[0], &n_rejected, sizeof n_rejected) == (ssize_t)sizeof n_rejected) { sum += n_rejected; }
    printf("%u senders at once, %u objects each and one of all: %u times rejected for the limit, %.1f s\n",
           n, objects, sum, (double)(now_ms() - begun) / 1000);
    write_files(n, objects, bytes, folder);
}

/* ---- Churn -------------------------------------------------------------------------------- */

static uint8_t *put_item(uint8_t *p, int type, const void *bytes, size_t n)
{
    *p++ = (uint8_t)type;
    *p++ = 0;
    *p++ = (uint8_t)(n >> 8);
    *p++ = (uint8_t)n;
    memcpy(p, bytes, n);
    return p + n;
}

/* A request whose user information names the same user twice: what DCMTK loses memory of. */
static bool request_with_two_users(int fd)
{
    static const uint8_t user[] = { 1, 0, 0, 4, 'u', 's', 'e', 'r', 0, 0 };
    uint8_t body[600] = { 0, 1 }, context[100] = { 1, 0, 0, 0 }, users[200], *p = body + 68;
    memset(body + 4, ' ', 32);
    memcpy(body + 4, "PROGNODE", 8);
    memcpy(body + 20, "CROWD", 5);
    p = put_item(p, 0x10, APPLICATION_CONTEXT, strlen(APPLICATION_CONTEXT));
    uint8_t *c = put_item(context + 4, 0x30, VERIFICATION, strlen(VERIFICATION));
    c = put_item(c, 0x40, IMPLICIT_LE, strlen(IMPLICIT_LE));
    p = put_item(p, 0x20, context, (size_t)(c - context));
    uint8_t *u = put_item(users, 0x51, "\0\0\x40\0", 4);
    u = put_item(u, 0x52, "1.2.3", 5);
    u = put_item(u, 0x58, user, sizeof user);
    u = put_item(u, 0x58, user, sizeof user);
    p = put_item(p, 0x50, users, (size_t)(u - users));
    return raw_send_pdu(fd, PDU_RQ, body, (size_t)(p - body));
}

static void churn(unsigned n)
{
    static raw_pdu pdu;
    long long begun = now_ms();
    for (unsigned i = 0; i < n; i++) {
        int fd = raw_connect(port);                      /* nothing */
        close(fd);
        check(echo(), "a C-ECHO is not answered");
        fd = raw_associate(port);                        /* gone without a word, and aborted */
        check(fd >= 0, "not accepted");
        if (i % 2 == 0) { (void)raw_send_pdu(fd, PDU_ABORT, "\0\0\0\0", 4); }
        close(fd);
        fd = raw_connect(port);                          /* data before the request */
        (void)raw_fragment(fd, false, true, "abcd", 4);
        while (raw_read_pdu(&pdu, fd, 10000) > 0) {}
        close(fd);
        fd = raw_connect(port);                          /* the same user twice */
        (void)request_with_two_users(fd);
        int type = raw_read_pdu(&pdu, fd, 10000);
        check(type == PDU_AC || type == PDU_RJ || type == PDU_ABORT || type == RAW_CLOSED, "two users");
        close(fd);
        raw_request rq = RAW_REQUEST;                    /* a request upon an association */
        fd = raw_associate(port);
        (void)raw_request_association(fd, &rq);
        while ((type = raw_read_pdu(&pdu, fd, 10000)) > 0) {}
        check(type == RAW_CLOSED, "a second request is not ended");
        close(fd);
    }
    double s = (double)(now_ms() - begun) / 1000;
    printf("%u times six kinds of connections in %.1f s, %.0f a second\n", n, s, 6 * n / s);
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (argc > 2) { port = (uint16_t)strtoul(argv[2], NULL, 10); }
    size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    if (strcmp(verb, "mute") == 0 && argc == 5 && n <= MOST_MUTE) { mute(n, atoi(argv[4])); }
    else if (strcmp(verb, "senders") == 0 && argc == 7) {
        senders((unsigned)n, (unsigned)strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10), argv[6]);
    }
    else if (strcmp(verb, "churn") == 0 && argc == 4) { churn((unsigned)n); }
    else {
        fputs("usage: crowd mute|senders|churn PORT ...\n", stderr);
        return 2;
    }
    return failures == 0 ? 0 : 1;
}
