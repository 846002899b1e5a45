/* bench_blast PORT AE ASSOCIATIONS OBJECTS FILE [PIXEL-BYTES] - the fastest client that C-STORE allows.
 *
 * Sends OBJECTS different objects over each of ASSOCIATIONS associations at once: FILE's data set
 * (Part 10, uncompressed, explicit little endian) under SOP Instance UIDs of its own. The PDUs are built
 * before the clock starts, TCP_NODELAY is on; what is left is the receiver. PIXEL-BYTES replaces the
 * pixel data by that many bytes.
 *
 * Prints objects a second, then the median, the 99th percentile and the longest of the times from
 * the first byte of an object to its response, in ms. Any answer but Success ends it with 1. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PDU = 131072, LEAST_PDU = 4096, PRIVATE_DIGITS = 12, MOST_ASSOCIATIONS = 256 };

static const char *called_ae;
static uint16_t port;
static unsigned n_objects;
static size_t fragment = PDU - 6;      /* less where the receiver takes no PDU of that size */
static char class_uid[65], sop_uid[65], syntax_uid[65];

/* One object as the bytes of its PDUs; uid_at: where the changing end of the UID stands. */
typedef struct message {
    uint8_t *bytes;
    size_t n, uid_at[2];
} message;

static message object;
static uint8_t *data_set;
static size_t n_data_set;
static pthread_barrier_t all_are_accepted;
static double *times_ms;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench_blast: %s\n", what);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- Bytes -------------------------------------------------------------------------------- */

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_le32(uint8_t *p, size_t v)
{
    for (int i = 0; i < 4; i++) { p[i] = (uint8_t)(v >> (8 * i)); }
}

static void put_be(uint8_t *p, size_t v, int n)
{
    for (int i = 0; i < n; i++) { p[i] = (uint8_t)(v >> (8 * (n - 1 - i))); }
}

/* Explicit little endian: the place of the element's value, or NULL. Sequences are not entered. */
static uint8_t *find(uint8_t *p, const uint8_t *end, uint16_t group, uint16_t element, size_t *n)
{
    while (end - p >= 8) {
        uint16_t g = (uint16_t)(p[0] | p[1] << 8), e = (uint16_t)(p[2] | p[3] << 8);
        bool wide = memchr("OUS", p[4], 3) != NULL && strchr("BWFDLVNQTC", p[5]) != NULL &&
                    memcmp(p + 4, "UI", 2) != 0 && memcmp(p + 4, "UL", 2) != 0 &&
                    memcmp(p + 4, "ST", 2) != 0 && memcmp(p + 4, "SL", 2) != 0;
        size_t length = wide ? le32(p + 8) : (size_t)(p[6] | p[7] << 8), head = wide ? 12 : 8;
        if (g == group && e == element) {
            *n = length;
            return p + head;
        }
        if (length > (size_t)(end - p) - head) { die("FILE has a sequence of undefined length"); }
        p += head + length;
    }
    return NULL;
}

static void take_uid(char out[65], uint8_t *p, const uint8_t *end, uint16_t group, uint16_t element)
{
    size_t n = 0;
    const uint8_t *uid = find(p, end, group, element, &n);
    if (uid == NULL || n > 64) { die("FILE lacks a UID"); }
    memcpy(out, uid, n);
    out[n] = '\0';
}

/* ---- The object --------------------------------------------------------------------------- */

static uint8_t *put_text(uint8_t *p, uint16_t element, const char *text)
{
    size_t n = strlen(text), even = n + (n & 1);
    memset(p, 0, 8 + even);
    p[2] = (uint8_t)(element & 0xff);
    p[3] = (uint8_t)(element >> 8);
    put_le32(p + 4, even);
    memcpy(p + 8, text, n);
    return p + 8 + even;
}

static uint8_t *put_number(uint8_t *p, uint16_t element, uint16_t value)
{
    memset(p, 0, 10);
    p[2] = (uint8_t)(element & 0xff);
    p[3] = (uint8_t)(element >> 8);
    p[4] = 2;
    p[8] = (uint8_t)(value & 0xff);
    p[9] = (uint8_t)(value >> 8);
    return p + 10;
}

static uint8_t *put_pdu(uint8_t *p, const uint8_t *bytes, size_t n, bool command, bool last)
{
    p[0] = 0x04;
    p[1] = 0;
    put_be(p + 2, n + 6, 4);
    put_be(p + 6, n + 2, 4);
    p[10] = 1;
    p[11] = (uint8_t)((command ? 1 : 0) | (last ? 2 : 0));
    memcpy(p + 12, bytes, n);
    return p + 12 + n;
}

static void build(void)
{
    size_t n = n_data_set;
    uint8_t command[512], *c = command + 12;
    c = put_text(c, 0x0002, class_uid);
    c = put_number(c, 0x0100, 0x0001);
    c = put_number(c, 0x0110, 1);
    c = put_number(c, 0x0700, 0);
    c = put_number(c, 0x0800, 0x0102);
    uint8_t *uid = c + 8;
    c = put_text(c, 0x1000, sop_uid);
    memset(command, 0, 12);
    command[4] = 4;
    put_le32(command + 8, (size_t)(c - command) - 12);

    size_t in_data = 0, tail = strlen(sop_uid) - PRIVATE_DIGITS;
    const uint8_t *there = find(data_set, data_set + n, 0x0008, 0x0018, &in_data);
    if (there == NULL || (size_t)(there - data_set) + in_data > fragment) { die("no SOP Instance UID"); }
    object.bytes = malloc(n + (n / fragment + 2) * 12 + sizeof command);
    if (object.bytes == NULL) { die("no memory"); }
    uint8_t *p = put_pdu(object.bytes, command, (size_t)(c - command), true, true);
    object.uid_at[0] = 12 + (size_t)(uid - command) + tail;
    object.uid_at[1] = (size_t)(p - object.bytes) + 12 + (size_t)(there - data_set) + tail;
    for (size_t at = 0; at < n;) {
        size_t part = n - at < fragment ? n - at : fragment;
        p = put_pdu(p, data_set + at, part, false, at + part == n);
        at += part;
    }
    object.n = (size_t)(p - object.bytes);
}

static void load(const char *path, const char *pixel_bytes)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL || fseek(in, 0, SEEK_END) != 0) { die("cannot read FILE"); }
    size_t n = (size_t)ftell(in), extra = pixel_bytes ? strtoull(pixel_bytes, NULL, 10) : 0;
    uint8_t *bytes = calloc(1, n + extra);
    rewind(in);
    if (bytes == NULL || fread(bytes, 1, n, in) != n || n < 144) { die("cannot read FILE"); }
    (void)fclose(in);
    size_t start = 144 + le32(bytes + 140);
    take_uid(syntax_uid, bytes + 132, bytes + start, 0x0002, 0x0010);
    take_uid(class_uid, bytes + start, bytes + n, 0x0008, 0x0016);
    take_uid(sop_uid, bytes + start, bytes + n, 0x0008, 0x0018);
    if (strlen(sop_uid) < PRIVATE_DIGITS + 2) { die("the SOP Instance UID is too short"); }
    if (extra > 0) {
        size_t old = 0;
        uint8_t *pixels = find(bytes + start, bytes + n, 0x7fe0, 0x0010, &old);
        if (pixels == NULL) { die("FILE has no pixel data"); }
        put_le32(pixels - 4, extra);
        n = (size_t)(pixels - bytes) + extra;
    }
    n_data_set = n - start;
    memmove(bytes, bytes + start, n_data_set);
    data_set = bytes;
}

/* ---- Associations ------------------------------------------------------------------------- */

static void send_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done <= 0) { die("the receiver closed the connection"); }
        p += done;
        n -= (size_t)done;
    }
}

static void read_all(int fd, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(fd, p, n, 0);
        if (got <= 0) { die("the receiver closed the connection"); }
        p += got;
        n -= (size_t)got;
    }
}

static size_t read_pdu(int fd, uint8_t body[PDU])
{
    uint8_t head[6];
    read_all(fd, head, sizeof head);
    size_t n = (size_t)head[2] << 24 | (size_t)head[3] << 16 | (size_t)head[4] << 8 | head[5];
    if (n > PDU) { die("a PDU is too large"); }
    read_all(fd, body, n);
    return head[0] == 0x02 || head[0] == 0x04 ? n : 0;
}

static uint8_t *put_item(uint8_t *p, uint8_t type, const void *bytes, size_t n)
{
    p[0] = type;
    p[1] = 0;
    put_be(p + 2, n, 2);
    memcpy(p + 4, bytes, n);
    return p + 4 + n;
}

static void associate(int fd)
{
    static const char context_name[] = "1.2.840.10008.3.1.1.1", own_class[] = "2.25.1";
    uint8_t rq[1024] = { 0x01 }, context[256] = { 1 }, user[64], length[4], *p, *c = context + 4;
    put_be(rq + 6, 1, 2);
    memset(rq + 10, ' ', 32);
    memcpy(rq + 10, called_ae, strnlen(called_ae, 16));
    memcpy(rq + 26, "BLAST", 5);
    p = put_item(rq + 74, 0x10, context_name, sizeof context_name - 1);
    c = put_item(c, 0x30, class_uid, strlen(class_uid));
    c = put_item(c, 0x40, syntax_uid, strlen(syntax_uid));
    p = put_item(p, 0x20, context, (size_t)(c - context));
    put_be(length, PDU, 4);
    c = put_item(user, 0x51, length, 4);
    c = put_item(c, 0x52, own_class, sizeof own_class - 1);
    p = put_item(p, 0x50, user, (size_t)(c - user));
    put_be(rq + 2, (size_t)(p - rq) - 6, 4);
    send_all(fd, rq, (size_t)(p - rq));
    static _Thread_local uint8_t answer[PDU];
    size_t n = read_pdu(fd, answer);
    if (n == 0) { die("the association was rejected"); }
    for (size_t at = 68; at + 8 <= n;) {       /* into the user information, past other items */
        size_t n_item = (size_t)answer[at + 2] << 8 | answer[at + 3];
        if (answer[at] == 0x51 && n_item == 4) {
            size_t most = (size_t)answer[at + 5] << 16 | (size_t)answer[at + 6] << 8 | answer[at + 7];
            if (most >= LEAST_PDU && most < fragment + 6) { fragment = most - 6; }
        }
        at += 4 + (answer[at] == 0x50 ? 0 : n_item);
    }
}

static int connect_to(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, room = 4 << 20;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof a) != 0) { die("cannot connect"); }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    return fd;
}

/* The status in a C-STORE-RSP's command set. */
static unsigned status_in(const uint8_t *pdu, size_t n)
{
    for (size_t at = 6; at + 10 <= n; at += 8 + le32(pdu + at + 4)) {
        if (le32(pdu + at) == 0x09000000u) { return (unsigned)(pdu[at + 8] | pdu[at + 9] << 8); }
    }
    return 0xffff;
}

static void leave(int fd)
{
    static const uint8_t release[10] = { 0x05, 0, 0, 0, 0, 4 };
    uint8_t answer[10];
    send_all(fd, release, sizeof release);
    (void)recv(fd, answer, sizeof answer, MSG_WAITALL);
    (void)close(fd);
}

static void *one_association(void *arg)
{
    size_t number = (size_t)(uintptr_t)arg;
    uint8_t *bytes = malloc(object.n), *answer = malloc(PDU);
    if (bytes == NULL || answer == NULL) { die("no memory"); }
    memcpy(bytes, object.bytes, object.n);
    int fd = connect_to();
    associate(fd);
    (void)pthread_barrier_wait(&all_are_accepted);
    for (unsigned i = 0; i < n_objects; i++) {
        char digits[PRIVATE_DIGITS + 1];
        (void)snprintf(digits, sizeof digits, "%04u%03u%05u", 1000 + (unsigned)getpid() % 9000,
                       (unsigned)number, i % 100000);
        for (int k = 0; k < 2; k++) { memcpy(bytes + object.uid_at[k], digits, PRIVATE_DIGITS); }
        double begun = now_ms();
        send_all(fd, bytes, object.n);
        size_t n = read_pdu(fd, answer);
        unsigned status = status_in(answer, n);
        if (status != 0) {
            fprintf(stderr, "bench_blast: status %04x\n", status);
            exit(1);
        }
        times_ms[number * n_objects + i] = now_ms() - begun;
    }
    leave(fd);
    free(answer);
    free(bytes);
    return NULL;
}

/* What size of PDU the receiver takes, before the objects are cut into them. */
static void ask_for_size(void)
{
    int fd = connect_to();
    associate(fd);
    leave(fd);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fputs("usage: bench_blast PORT AE ASSOCIATIONS OBJECTS FILE [PIXEL-BYTES]\n", stderr);
        return 2;
    }
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    called_ae = argv[2];
    size_t n_associations = strtoul(argv[3], NULL, 10);
    n_objects = (unsigned)strtoul(argv[4], NULL, 10);
    if (n_associations < 1 || n_associations > MOST_ASSOCIATIONS || n_objects < 1) { return 2; }
    load(argv[5], argc > 6 ? argv[6] : NULL);
    ask_for_size();
    build();
    times_ms = calloc(n_associations * n_objects, sizeof *times_ms);
    pthread_t threads[MOST_ASSOCIATIONS];
    if (times_ms == NULL ||
        pthread_barrier_init(&all_are_accepted, NULL, (unsigned)n_associations + 1) != 0) {
        die("no memory");
    }
    for (size_t i = 0; i < n_associations; i++) {
        if (pthread_create(&threads[i], NULL, one_association, (void *)(uintptr_t)i) != 0) { die("no thread"); }
    }
    (void)pthread_barrier_wait(&all_are_accepted);
    double begun = now_ms();
    for (size_t i = 0; i < n_associations; i++) { (void)pthread_join(threads[i], NULL); }
    double took = now_ms() - begun;
    size_t n = n_associations * n_objects;
    qsort(times_ms, n, sizeof *times_ms, by_size);
    printf("%.0f %.2f %.2f %.2f\n", (double)n / took * 1e3, times_ms[n / 2], times_ms[n * 99 / 100],
           times_ms[n - 1]);
    free(times_ms);
    free(data_set);
    free(object.bytes);
    return 0;
}
