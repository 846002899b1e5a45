/* hostile_peer PORT [TLS_PORT] - a peer that sends a node what no toolkit sends: other protocols, broken
 * PDUs, bad UIDs, data sets that are traps. One well-behaved association is open all the while and
 * stores an image before and after. Exit code 0: every answer was the expected one. */
#include "../node/net/raw.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint16_t port, tls_port;
static int failures;

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "hostile_peer: %s\n", what);
        failures++;
    }
}

/* The node ends the connection, by an abort or at once. */
static void ends(int fd, const char *what)
{
    static raw_pdu pdu;
    int type;
    while ((type = raw_read_pdu(&pdu, fd, 15000)) > 0) {}
    check(type == RAW_CLOSED, what);
    close(fd);
}

static void other_protocols(void)
{
    static uint8_t noise[100000];
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        x = x * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(x >> 24);
    }
    int fd = raw_connect(port);
    (void)raw_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
    ends(fd, "an HTTP request is not ended");
    fd = raw_connect(port);
    (void)raw_send(fd, noise, sizeof noise);
    ends(fd, "garbage is not ended");
    fd = raw_associate(port);
    (void)raw_send(fd, noise, sizeof noise);
    ends(fd, "garbage on an association is not ended");
    /* The beginning of a TLS 1.2 handshake. */
    fd = raw_connect(port);
    static const uint8_t hello[] = { 0x16, 3, 1, 0, 0xc8, 1, 0, 0, 0xc4, 3, 3 };
    (void)raw_send(fd, hello, sizeof hello);
    (void)raw_send(fd, noise, 0xcd - sizeof hello);
    ends(fd, "a TLS hello is not ended");
    fd = raw_connect(port);
    (void)raw_send(fd, "\x01\x00\xff\xff\xff\xff\x00\x01", 8);
    ends(fd, "a request of 4 GB is not ended");
}

/* A deflated data set may be a thousand times its size: the syntax is not accepted, and a data set
 * that comes on the refused context all the same is not read. */
static void deflated(void)
{
    static raw_pdu pdu;
    static const uint8_t bomb[4000] = { 0xed, 0xc1 };
    uint8_t command[512];
    raw_request rq = RAW_REQUEST;
    rq.transfer_syntaxes[0] = DEFLATED_LE;
    int fd = raw_connect(port);
    bool answered = raw_request_association(fd, &rq) && raw_read_pdu(&pdu, fd, 15000) == PDU_AC;
    check(answered && raw_context_result(&pdu) == 4, "Deflated is not refused as a transfer syntax");
    size_t n = raw_store_command(command, CT_IMAGE, "1.2.3.4", 1);
    (void)raw_fragment(fd, true, true, command, n);
    (void)raw_fragment(fd, false, true, bomb, sizeof bomb);
    ends(fd, "a store on a refused context is not ended");
}

/* On the port with TLS: nothing that comes without a whole handshake gets further. */
static void no_handshake(void)
{
    static const struct { const char *bytes; size_t n; const char *what; } cases[] = {
        { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, "an HTTP request to the TLS port is not ended" },
        { "\x01\x00\x00\x00\x00\x04\x00\x01\x00\x00", 10, "an association without TLS is not ended" },
        { "\x16\x03\x01\xff\xff\x01\x00\xff\xff", 9, "a record of 65,535 bytes is not ended" },
        { "\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9, "a hello of 16 MB is not ended" },
        { "\x15\x03\x01\x00\x02\x02\x28", 7, "an alert instead of a hello is not ended" },
        { "\x17\x03\x03\x00\x04" "abcd", 9, "data without a handshake is not ended" },
        { "\x16\x03\x01\x00\x00\x16\x03\x01\x00\x00", 10, "empty records are not ended" },
        { "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11, "an SSL 2 hello is not ended" },
        { "\x16\x03\x01\x02\x00\x01\x00", 7, "half a hello is not ended" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = raw_connect(tls_port);
        (void)raw_send(fd, cases[i].bytes, cases[i].n);
        ends(fd, cases[i].what);
    }
    int fd = raw_connect(port);
    (void)raw_send(fd, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
    ends(fd, "a TLS hello to the port without TLS is not ended");
}

static void broken_pdus(void)
{
    static uint8_t bytes[2000];
    uint8_t command[512];
    size_t n = raw_store_command(command, CT_IMAGE, "1.2.3", 1);
    int fd = raw_associate(port);
    (void)raw_fragment(fd, true, true, command, n);
    (void)raw_fragment(fd, false, false, bytes, 1001);
    ends(fd, "a fragment of odd length is not ended");
    fd = raw_associate(port);
    (void)raw_fragment(fd, true, true, command, n);
    (void)raw_fragment(fd, false, false, bytes, 1000);
    (void)raw_send_pdu(fd, PDU_RELEASE_RQ, "\0\0\0\0", 4);
    ends(fd, "a release inside a data set is not ended");
}

static void bad_uids(void)
{
    char sixty_five[66] = "";
    memset(sixty_five, '1', 65);
    int fd = raw_associate(port);
    check(raw_store(fd, CT_IMAGE, "../../x", "abcd", 4) == 0x0117, "../../x is not refused");
    check(raw_store(fd, CT_IMAGE, "/tmp/prognode-named-by-peer", "abcd", 4) == 0x0117,
          "a path in /tmp is not refused");
    check(raw_store(fd, CT_IMAGE, sixty_five, "abcd", 4) == 0x0117, "65 characters are not refused");
    check(raw_store(fd, CT_IMAGE, "", "abcd", 4) == 0x0120, "an empty UID is not refused");
    close(fd);
}

/* ---- Data sets: durable, acknowledged, and found out afterwards ------------------------------- */

static uint8_t *put(uint8_t *p, const void *bytes, size_t n)
{
    memcpy(p, bytes, n);
    return p + n;
}

static uint8_t *put_uid(uint8_t *p, uint8_t element, const char *uid)
{
    size_t n = strlen(uid) + strlen(uid) % 2;
    const uint8_t head[8] = { 8, 0, element, 0, 'U', 'I', (uint8_t)n, 0 };
    p = put(p, head, sizeof head);
    memset(p, 0, n);
    memcpy(p, uid, strlen(uid));
    return p + n;
}

static void store_trap(const char *uid, const void *tail, size_t n, const char *what)
{
    uint8_t *bytes = malloc(n + 400);
    if (!bytes) { abort(); }
    uint8_t *p = put_uid(put_uid(bytes, 0x16, CT_IMAGE), 0x18, uid);
    p = put(p, tail, n);
    size_t whole = (size_t)(p - bytes);
    int fd = raw_associate(port);
    check(raw_store(fd, CT_IMAGE, uid, bytes, whole + whole % 2) == 0, what);
    close(fd);
    free(bytes);
}

static void nested(const char *uid, size_t depth)
{
    static const uint8_t level[20] = { 8, 0, 0x15, 0x11, 'S', 'Q', 0, 0, 255, 255, 255, 255,
                                       0xfe, 0xff, 0, 0xe0, 255, 255, 255, 255 };
    uint8_t *tail = malloc(depth * sizeof level);
    if (!tail) { abort(); }
    for (size_t i = 0; i < depth; i++) { memcpy(tail + i * sizeof level, level, sizeof level); }
    store_trap(uid, tail, depth * sizeof level, "a nested data set gets another status");
    free(tail);
}

static void traps(void)
{
    nested("1.2.840.99.20000", 20000);
    nested("1.2.840.99.200000", 200000);
    static const uint8_t long_text[12] = { 0x10, 0, 0x20, 0, 'L', 'O', 0xf0, 0xff, 'a', 'b', 'c', 'd' };
    store_trap("1.2.840.99.1", long_text, sizeof long_text, "a text beyond the end");
    static const uint8_t long_bytes[16] = { 0x11, 0, 0x10, 0x10, 'O', 'B', 0, 0, 0xf0, 255, 255, 255 };
    store_trap("1.2.840.99.2", long_bytes, sizeof long_bytes, "4 GB beyond the end");
    static uint8_t garbage[5000];
    for (size_t i = 0; i < sizeof garbage; i++) { garbage[i] = (uint8_t)(i * 7919 >> 3); }
    store_trap("1.2.840.99.3", garbage, sizeof garbage, "a data set of garbage");
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) { return 2; }
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    tls_port = argc > 2 ? (uint16_t)strtoul(argv[2], NULL, 10) : 0;
    char uid[65];
    size_t n;
    int good = raw_associate(port);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *ct = raw_ct(&n, i, 65536);
        raw_ct_uid(uid, i);
        check(raw_store(good, CT_IMAGE, uid, ct, n) == 0, "the good association's image");
        free(ct);
        if (i > 0) { continue; }
        other_protocols();
        if (tls_port) { no_handshake(); }
        deflated();
        broken_pdus();
        bad_uids();
        traps();
    }
    close(good);
    return failures == 0 ? 0 : 1;
}
