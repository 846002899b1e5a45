#include "raw.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/hash.h"

/* ---- Sockets and PDUs --------------------------------------------------------------------- */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int raw_listen(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = loopback(0);
    socklen_t n = sizeof a;
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
        abort();
    }
    *port = ntohs(a.sin_port);
    return fd;
}

uint16_t raw_free_port(void)
{
    uint16_t port = 0;
    close(raw_listen(&port));
    return port;
}

int raw_connect(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = loopback(port);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        return -1;
    }
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

bool raw_send(int fd, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR) { continue; }
        if (done <= 0) { return false; }
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static int read_exactly(int fd, uint8_t *p, size_t n, int timeout_ms)
{
    while (n > 0) {
        struct pollfd w = { .fd = fd, .events = POLLIN };
        int ready = poll(&w, 1, timeout_ms);
        if (ready == 0) { return RAW_TIMED_OUT; }
        ssize_t got = recv(fd, p, n, 0);
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { return RAW_CLOSED; }
        p += got;
        n -= (size_t)got;
    }
    return 0;
}

int raw_read_pdu(raw_pdu *out, int fd, int timeout_ms)
{
    uint8_t head[6];
    int rc = read_exactly(fd, head, sizeof head, timeout_ms);
    if (rc != 0) { return rc; }
    out->n = (size_t)head[2] << 24 | (size_t)head[3] << 16 | (size_t)head[4] << 8 | head[5];
    if (out->n > sizeof out->body) { return RAW_CLOSED; }
    rc = read_exactly(fd, out->body, out->n, timeout_ms);
    return rc != 0 ? rc : head[0];
}

bool raw_send_pdu(int fd, int type, const void *body, size_t n)
{
    uint8_t *pdu = malloc(n + 6);
    const uint8_t head[6] = { (uint8_t)type, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
                              (uint8_t)(n >> 8), (uint8_t)n };
    memcpy(pdu, head, 6);
    memcpy(pdu + 6, body, n);
    bool sent = raw_send(fd, pdu, n + 6);
    free(pdu);
    return sent;
}

/* ---- Association -------------------------------------------------------------------------- */

static uint8_t *item(uint8_t *p, int type, const void *body, size_t n)
{
    p[0] = (uint8_t)type;
    p[1] = 0;
    p[2] = (uint8_t)(n >> 8);
    p[3] = (uint8_t)n;
    memcpy(p + 4, body, n);
    return p + 4 + n;
}

static uint8_t *head(uint8_t *p, const char *called, const char *calling)
{
    memset(p, 0, 68);
    p[1] = 1;
    memset(p + 4, ' ', 32);
    memcpy(p + 4, called, strlen(called));
    memcpy(p + 20, calling, strlen(calling));
    return p + 68;
}

static uint8_t *user_information(uint8_t *p)
{
    static const uint8_t max_pdu[4] = { 0, 2, 0, 0 };
    uint8_t body[100], *q = item(body, 0x51, max_pdu, 4);
    q = item(q, 0x52, "1.2.3", 5);
    return item(p, 0x50, body, (size_t)(q - body));
}

bool raw_request_association(int fd, const raw_request *rq)
{
    uint8_t body[2000], context[1000];
    uint8_t *p = head(body, rq->called, rq->calling);
    p = item(p, 0x10, rq->application_context, strlen(rq->application_context));
    static const uint8_t id[4] = { 1, 0, 0, 0 };
    memcpy(context, id, 4);
    uint8_t *c = item(context + 4, 0x30, rq->abstract_syntax, strlen(rq->abstract_syntax));
    for (size_t i = 0; i < 4 && rq->transfer_syntaxes[i] != NULL; i++) {
        c = item(c, 0x40, rq->transfer_syntaxes[i], strlen(rq->transfer_syntaxes[i]));
    }
    p = item(p, 0x20, context, (size_t)(c - context));
    p = user_information(p);
    return raw_send_pdu(fd, PDU_RQ, body, (size_t)(p - body));
}

int raw_associate(uint16_t port)
{
    static const raw_request rq = RAW_REQUEST;
    static raw_pdu pdu;
    int fd = raw_connect(port);
    if (fd < 0) { return -1; }
    if (!raw_request_association(fd, &rq) || raw_read_pdu(&pdu, fd, 5000) != PDU_AC) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Where the item of context 1 begins; 0: there is none. */
static size_t find_context(const raw_pdu *ac)
{
    for (size_t at = 68; at + 8 <= ac->n;) {
        size_t n = (size_t)ac->body[at + 2] << 8 | ac->body[at + 3];
        if (ac->body[at] == 0x21 && ac->body[at + 4] == 1) { return at; }
        at += 4 + n;
    }
    return 0;
}

int raw_context_result(const raw_pdu *ac)
{
    size_t at = find_context(ac);
    return at > 0 ? ac->body[at + 6] : -1;
}

const char *raw_context_syntax(const raw_pdu *ac)
{
    static char uid[65];
    size_t at = find_context(ac), n = 0;
    if (at > 0 && at + 12 <= ac->n && ac->body[at + 8] == 0x40) { n = (size_t)ac->body[at + 10] << 8 | ac->body[at + 11]; }
    if (n >= sizeof uid || at + 12 + n > ac->n) { n = 0; }
    memcpy(uid, ac->body + at + 12, n);
    uid[n] = '\0';
    return uid;
}

/* ---- Messages ----------------------------------------------------------------------------- */

bool raw_fragment(int fd, bool command, bool last, const void *bytes, size_t n)
{
    uint8_t *body = malloc(n + 6);
    size_t length = n + 2;
    const uint8_t pdv[6] = { (uint8_t)(length >> 24), (uint8_t)(length >> 16),
                             (uint8_t)(length >> 8), (uint8_t)length, 1,
                             (uint8_t)((command ? 1 : 0) | (last ? 2 : 0)) };
    memcpy(body, pdv, 6);
    memcpy(body + 6, bytes, n);
    bool sent = raw_send_pdu(fd, PDU_DATA, body, n + 6);
    free(body);
    return sent;
}

static uint8_t *element(uint8_t *p, unsigned number, const void *value, size_t n)
{
    size_t padded = n + (n & 1);
    memset(p, 0, 8 + padded);
    p[2] = (uint8_t)number;
    p[3] = (uint8_t)(number >> 8);
    p[4] = (uint8_t)padded;
    p[5] = (uint8_t)(padded >> 8);
    memcpy(p + 8, value, n);
    return p + 8 + padded;
}

static uint8_t *element16(uint8_t *p, unsigned number, unsigned value)
{
    const uint8_t v[2] = { (uint8_t)value, (uint8_t)(value >> 8) };
    return element(p, number, v, 2);
}

size_t raw_store_command(uint8_t *out, const char *sop_class, const char *sop_uid, unsigned id)
{
    uint8_t *p = element(out, 0x0002, sop_class, strlen(sop_class));
    p = element16(p, 0x0100, 0x0001);
    p = element16(p, 0x0110, id);
    p = element16(p, 0x0700, 0);
    p = element16(p, 0x0800, 1);
    p = element(p, 0x1000, sop_uid, strlen(sop_uid));
    return (size_t)(p - out);
}

size_t raw_event_command(uint8_t *out, const char *sop_class, const char *sop_uid, unsigned id)
{
    uint8_t *p = element(out, 0x0002, sop_class, strlen(sop_class));
    p = element16(p, 0x0100, 0x0100);
    p = element16(p, 0x0110, id);
    p = element16(p, 0x0800, 1);
    p = element(p, 0x1000, sop_uid, strlen(sop_uid));
    p = element16(p, 0x1002, 1);
    return (size_t)(p - out);
}

int raw_status(int fd, int timeout_ms)
{
    static raw_pdu pdu;
    int type = raw_read_pdu(&pdu, fd, timeout_ms);
    if (type == RAW_TIMED_OUT) { return type; }
    if (type != PDU_DATA) { return RAW_CLOSED; }
    for (size_t at = 6; at + 8 <= pdu.n;) {
        size_t n = pdu.body[at + 4] | (size_t)pdu.body[at + 5] << 8;
        if (pdu.body[at + 2] == 0x00 && pdu.body[at + 3] == 0x09) {
            return pdu.body[at + 8] | pdu.body[at + 9] << 8;
        }
        at += 8 + n;
    }
    return RAW_CLOSED;
}

int raw_store(int fd, const char *sop_class, const char *sop_uid, const void *data, size_t n)
{
    static unsigned id = 0;
    uint8_t command[512];
    size_t length = raw_store_command(command, sop_class, sop_uid, ++id & 0xffff);
    if (!raw_fragment(fd, true, true, command, length)) { return RAW_CLOSED; }
    const uint8_t *p = data;
    for (size_t left = n; left > 0;) {
        size_t now = left < 65536 ? left : 65536;
        left -= now;
        if (!raw_fragment(fd, false, left == 0, p, now)) { return RAW_CLOSED; }
        p += now;
    }
    return raw_status(fd, 10000);
}

/* ---- As acceptor -------------------------------------------------------------------------- */

/* The request names the syntax somewhere. */
static bool raw_proposes(const raw_pdu *rq, const char *syntax)
{
    size_t n = strlen(syntax);
    for (size_t at = 0; at + 4 + n <= rq->n; at++) {
        if (rq->body[at] == 0x40 && rq->body[at + 2] == (n >> 8) && rq->body[at + 3] == (n & 0xff) &&
            memcmp(rq->body + at + 4, syntax, n) == 0) {
            return true;
        }
    }
    return false;
}

bool raw_answer(int fd, const raw_pdu *rq, int status, const char *comment)
{
    unsigned field = 0, id = 0;
    for (size_t at = 6; at + 10 <= rq->n;) {
        size_t n = rq->body[at + 4] | (size_t)rq->body[at + 5] << 8;
        unsigned value = rq->body[at + 8] | (unsigned)rq->body[at + 9] << 8;
        if (rq->body[at + 2] == 0x00 && rq->body[at + 3] == 0x01) { field = value; }
        if (rq->body[at + 2] == 0x10 && rq->body[at + 3] == 0x01) { id = value; }
        at += 8 + n;
    }
    uint8_t rsp[512];
    uint8_t *p = element16(rsp, 0x0100, field | 0x8000);
    p = element16(p, 0x0120, id);
    p = element16(p, 0x0800, 0x0101);
    p = element16(p, 0x0900, (unsigned)status);
    if (comment[0] != '\0') { p = element(p, 0x0902, comment, strlen(comment)); }
    return raw_fragment(fd, true, true, rsp, (size_t)(p - rsp));
}

int raw_accept(int listen_fd)
{
    static raw_pdu pdu;
    int fd = accept(listen_fd, NULL, NULL);
    if (fd < 0 || raw_read_pdu(&pdu, fd, 5000) != PDU_RQ) { return -1; }
    uint8_t body[500], context[100] = { 1, 0, 0, 0 };
    uint8_t *p = head(body, "PEER", "RAW");
    p = item(p, 0x10, APPLICATION_CONTEXT, strlen(APPLICATION_CONTEXT));
    const char *syntax = raw_proposes(&pdu, EXPLICIT_LE) ? EXPLICIT_LE : IMPLICIT_LE;
    uint8_t *c = item(context + 4, 0x40, syntax, strlen(syntax));
    p = item(p, 0x21, context, (size_t)(c - context));
    p = user_information(p);
    (void)raw_send_pdu(fd, PDU_AC, body, (size_t)(p - body));
    return fd;
}

void raw_serve(int listen_fd, int status, const char *comment)
{
    static raw_pdu pdu, command;
    int fd = raw_accept(listen_fd);
    while (fd >= 0) {
        int type = raw_read_pdu(&pdu, fd, 5000);
        if (type == PDU_RELEASE_RQ) {
            static const uint8_t zeros[4] = {0};
            (void)raw_send_pdu(fd, PDU_RELEASE_RP, zeros, 4);
        }
        if (type != PDU_DATA) { break; }
        if ((pdu.body[5] & 1) != 0) { command = pdu; continue; }
        if ((pdu.body[5] & 2) == 0) { continue; }
        if (status == RAW_CLOSED) { break; }
        if (status == RAW_TIMED_OUT) { (void)poll(NULL, 0, 5000); break; }
        if (!raw_answer(fd, &command, status, comment)) { break; }
    }
    if (fd >= 0) { close(fd); }
}

/* ---- Instances ---------------------------------------------------------------------------- */

static uint8_t *explicit_element(uint8_t *p, unsigned group, unsigned number, const char *vr,
                                 const void *value, size_t n)
{
    bool is_long = strcmp(vr, "OW") == 0 || strcmp(vr, "OB") == 0;
    size_t padded = n + (n & 1), at = is_long ? 12 : 8, width = is_long ? 4 : 2;
    memset(p, 0, at + padded);
    p[0] = (uint8_t)group;
    p[1] = (uint8_t)(group >> 8);
    p[2] = (uint8_t)number;
    p[3] = (uint8_t)(number >> 8);
    memcpy(p + 4, vr, 2);
    for (size_t i = 0; i < width; i++) { p[at - width + i] = (uint8_t)(padded >> 8 * i); }
    memcpy(p + at, value, n);
    return p + at + padded;
}

static uint8_t *explicit_text(uint8_t *p, unsigned group, unsigned number, const char *vr,
                              const char *text)
{
    return explicit_element(p, group, number, vr, text, strlen(text));
}

void raw_ct_uid(char uid[65], unsigned index) { (void)snprintf(uid, 65, "1.2.3.4.5.%u", index + 1); }

uint8_t *raw_ct(size_t *n, unsigned index, size_t pixel_bytes)
{
    static const uint8_t one[2] = { 1, 0 }, sixteen[2] = { 16, 0 }, fifteen[2] = { 15, 0 };
    uint8_t *bytes = malloc(pixel_bytes + 1000), *pixels = malloc(pixel_bytes);
    uint32_t x = index * 2654435761u + 1;
    for (size_t i = 0; i < pixel_bytes; i++) {
        x = x * 1664525u + 1013904223u;
        pixels[i] = (uint8_t)(x >> 24);
    }
    char uid[65];
    raw_ct_uid(uid, index);
    const uint8_t rows[2] = { (uint8_t)(pixel_bytes / 1024), (uint8_t)(pixel_bytes / 1024 >> 8) };
    static const uint8_t columns[2] = { 0, 2 };
    uint8_t *p = explicit_text(bytes, 0x08, 0x16, "UI", CT_IMAGE);
    p = explicit_text(p, 0x08, 0x18, "UI", uid);
    p = explicit_text(p, 0x08, 0x60, "CS", "CT");
    p = explicit_text(p, 0x10, 0x20, "LO", "TEST");
    p = explicit_text(p, 0x20, 0x0d, "UI", "1.2.3.4");
    p = explicit_text(p, 0x20, 0x0e, "UI", "1.2.3.4.5");
    p = explicit_element(p, 0x28, 0x02, "US", one, 2);
    p = explicit_text(p, 0x28, 0x04, "CS", "MONOCHROME2");
    p = explicit_element(p, 0x28, 0x10, "US", rows, 2);
    p = explicit_element(p, 0x28, 0x11, "US", columns, 2);
    p = explicit_element(p, 0x28, 0x100, "US", sixteen, 2);
    p = explicit_element(p, 0x28, 0x101, "US", sixteen, 2);
    p = explicit_element(p, 0x28, 0x102, "US", fifteen, 2);
    p = explicit_element(p, 0x28, 0x103, "US", one, 2);
    p = explicit_element(p, 0x7fe0, 0x10, "OW", pixels, pixel_bytes);
    free(pixels);
    *n = (size_t)(p - bytes);
    return bytes;
}

int raw_write_ct(const char *path, unsigned index, size_t pixel_bytes)
{
    static const uint8_t version[2] = { 0, 1 };
    uint8_t head_bytes[500] = {0}, *group = head_bytes + 132, *p = group + 12;
    char uid[65];
    raw_ct_uid(uid, index);
    memcpy(head_bytes + 128, "DICM", 4);
    p = explicit_element(p, 2, 1, "OB", version, 2);
    p = explicit_text(p, 2, 2, "UI", CT_IMAGE);
    p = explicit_text(p, 2, 3, "UI", uid);
    p = explicit_text(p, 2, 0x10, "UI", EXPLICIT_LE);
    p = explicit_text(p, 2, 0x12, "UI", "1.2.3");
    const uint8_t length[4] = { (uint8_t)(p - (group + 12)), 0, 0, 0 };
    (void)explicit_element(group, 2, 0, "UL", length, 4);
    size_t n = 0;
    uint8_t *data = raw_ct(&n, index, pixel_bytes);
    FILE *f = fopen(path, "wb");
    size_t n_head = (size_t)(p - head_bytes);
    bool good = f != NULL && fwrite(head_bytes, 1, n_head, f) == n_head &&
                fwrite(data, 1, n, f) == n;
    if (f != NULL && fclose(f) != 0) { good = false; }
    free(data);
    return good ? 0 : -1;
}

void raw_digest(char hex[65], const char *transfer_syntax, const void *data, size_t n)
{
    pn_sha256 s = {0};
    uint8_t sum[PN_SHA256_SIZE];
    if (pn_sha256_init(&s, NULL) != 0) { abort(); }
    pn_sha256_update(&s, transfer_syntax, strlen(transfer_syntax) + 1);
    pn_sha256_update(&s, data, n);
    pn_sha256_final(&s, sum);
    pn_hex(hex, sum, sizeof sum);
}

/* ---- Processes ---------------------------------------------------------------------------- */

int sh(const char *fmt, ...)
{
    char command[2048];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(command, sizeof command, fmt, ap);
    va_end(ap);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

size_t count_files(const char *folder, const char *sub)
{
    char command[512], line[32] = "";
    (void)snprintf(command, sizeof command, "ls -A %s/%s | wc -l", folder, sub);
    FILE *p = popen(command, "r");
    if (p == NULL || fgets(line, sizeof line, p) == NULL) { abort(); }
    (void)pclose(p);
    return (size_t)atol(line);
}

long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
