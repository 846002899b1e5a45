/* bench_floor PORT FOLDER MODE - the least that can receive and keep: what the machine allows.
 *
 * A process for each association takes bench_blast's objects, believes every length, answers
 * Success once the object is kept as MODE says, and looks at nothing else. Ends with SIGTERM.
 *
 *   discard   not at all: the protocol's share
 *   written   file, rename; no sync
 *   file      a file each: fdatasync, rename, fsync of the folder
 *   range     a file each: sync_file_range, rename, fsync of the file (ext4, XFS)
 *   named     the same, and the name is the SHA-256 of the content
 *   early     range, with each half megabyte on its way to the disk at once
 *   direct    a file each: O_DIRECT from one buffer, rename, fsync of the file
 *   group     range, but one fsync of the folder for all who wait
 *   syncfs    write, rename, one syncfs for all who wait
 *   segment   one file for all, written once beforehand and overwritten in turns; one fdatasync
 *             for all who wait. Nothing is moved out of it: a part of a store, not one
 *   drained   segment, and another process that makes a file of each object, durably, before its
 *             place is used again */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/hash.h"

enum { BUFFER = 1 << 20, PDU = 131072, EARLY = 512 * 1024, PAGE = 4096,
       PLACES = 512, DRAIN_BATCH = 32 };      /* places of BUFFER bytes in the segment */

typedef enum mode {
    DISCARD, WRITTEN, FILE_EACH, RANGE, NAMED, EARLY_RANGE, DIRECT, GROUP, SYNCFS, SEGMENT, DRAINED
} mode;
static const char *const mode_names[] = { "discard", "written", "file", "range", "named", "early", "direct",
                                          "group", "syncfs", "segment", "drained" };

/* Who waits for a sync takes a number; whoever gets the lock syncs for all numbers given so far. */
typedef struct shared {
    pthread_mutex_t lock;
    _Atomic uint64_t given, next_place, n_drained;
    uint64_t done;
    _Atomic uint64_t kept[PLACES];      /* bytes of a synced object that waits to be drained, or 0 */
} shared;

static mode how;
static int folder_fd, segment_fd = -1;
static shared *all;

/* One association. */
static int peer, file_fd = -1;
static uint8_t *in, *direct;
static size_t in_at, in_end, n_direct;
static uint64_t n_object, n_started, place;
static unsigned long n_files;
static char part_name[64], final_name[80];
static pn_sha256 sha;

static _Noreturn void die(const char *what)
{
    perror(what);
    _exit(1);
}

/* ---- Keeping ------------------------------------------------------------------------------ */

static void keep_begin(void)
{
    n_object = n_started = n_direct = 0;
    if (how == DISCARD) { return; }
    if (how == SEGMENT || how == DRAINED) {
        place = atomic_fetch_add(&all->next_place, 1);
        while (how == DRAINED && place >= atomic_load(&all->n_drained) + PLACES) { (void)usleep(200); }
        return;
    }
    (void)snprintf(part_name, sizeof part_name, "tmp/%ld-%lu", (long)getpid(), n_files);
    (void)snprintf(final_name, sizeof final_name, "in/%ld-%lu", (long)getpid(), n_files++);
    file_fd = openat(folder_fd, part_name, O_WRONLY | O_CREAT | O_EXCL | (how == DIRECT ? O_DIRECT : 0), 0600);
    if (file_fd < 0 || (how == NAMED && pn_sha256_init(&sha, NULL) != PN_OK)) { die("open"); }
}

static void put(int fd, const uint8_t *p, size_t n, off_t at)
{
    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, at);
        if (done <= 0) { die("write"); }
        p += done;
        at += done;
        n -= (size_t)done;
    }
}

static void keep_bytes(const uint8_t *p, size_t n)
{
    if (how == DISCARD) { return; }
    if (how == DIRECT) {
        for (size_t part; n > 0; p += part, n -= part) {
            part = n < BUFFER - n_direct ? n : BUFFER - n_direct;
            memcpy(direct + n_direct, p, part);
            n_direct += part;
            if (n_direct == BUFFER) {
                put(file_fd, direct, BUFFER, (off_t)n_object);
                n_object += BUFFER;
                n_direct = 0;
            }
        }
        return;
    }
    if (how == SEGMENT || how == DRAINED) {
        if (n_object + n > BUFFER) { die("the object is larger than a place in the segment"); }
        put(segment_fd, p, n, (off_t)(place % PLACES * BUFFER + n_object));
    } else {
        put(file_fd, p, n, (off_t)n_object);
    }
    n_object += n;
    if (how == NAMED) { pn_sha256_update(&sha, p, n); }
    if (how == EARLY_RANGE && n_object - n_started >= EARLY) {
        (void)sync_file_range(file_fd, (off_t)n_started, (off_t)(n_object - n_started), SYNC_FILE_RANGE_WRITE);
        n_started = n_object;
    }
}

static void sync_for_all(int (*sync_one)(int), int fd)
{
    uint64_t number = atomic_fetch_add(&all->given, 1) + 1;
    (void)pthread_mutex_lock(&all->lock);
    if (all->done < number) {
        uint64_t covered = atomic_load(&all->given);
        if (sync_one(fd) != 0) { die("sync"); }
        all->done = covered;
    }
    (void)pthread_mutex_unlock(&all->lock);
}

static void write_back(void)
{
    if (sync_file_range(file_fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                                       SYNC_FILE_RANGE_WAIT_AFTER) != 0) {
        die("sync_file_range");
    }
}

static void give_name(void)
{
    if (renameat(folder_fd, part_name, folder_fd, final_name) != 0) { die("rename"); }
}

static void keep_end(int in_fd)
{
    switch (how) {
    case DISCARD: return;
    case SEGMENT:
    case DRAINED:
        sync_for_all(fdatasync, segment_fd);
        if (how == DRAINED) { atomic_store(&all->kept[place % PLACES], n_object); }
        return;
    case WRITTEN:
        give_name();
        break;
    case FILE_EACH:
        if (fdatasync(file_fd) != 0) { die("fdatasync"); }
        give_name();
        if (fsync(in_fd) != 0) { die("fsync"); }
        break;
    case DIRECT: {
        size_t whole = (n_direct + PAGE - 1) / PAGE * PAGE;
        put(file_fd, direct, whole, (off_t)n_object);
        if (ftruncate(file_fd, (off_t)(n_object + n_direct)) != 0) { die("ftruncate"); }
        give_name();
        if (fsync(file_fd) != 0) { die("fsync"); }
        break;
    }
    case NAMED: {
        uint8_t sum[PN_SHA256_SIZE];
        memcpy(final_name, "in/", 3);
        pn_sha256_final(&sha, sum);
        pn_hex(final_name + 3, sum, sizeof sum);
    } /* FALLTHROUGH */
    case RANGE:
    case EARLY_RANGE:
        write_back();
        give_name();
        if (fsync(file_fd) != 0) { die("fsync"); }
        break;
    case GROUP:
        write_back();
        give_name();
        sync_for_all(fsync, in_fd);
        break;
    case SYNCFS:
        give_name();
        sync_for_all(syncfs, in_fd);
        break;
    }
    (void)close(file_fd);
}

/* One batch: the files' data on their way, the names, then one commit for all of them. */
static void drain_batch(int in_fd)
{
    uint64_t first = atomic_load(&all->n_drained), n = 0;
    int fds[DRAIN_BATCH];
    for (; n < DRAIN_BATCH; n++) {
        uint64_t bytes = atomic_load(&all->kept[(first + n) % PLACES]);
        if (bytes == 0) { break; }
        off_t from = (off_t)((first + n) % PLACES * BUFFER);
        (void)snprintf(part_name, sizeof part_name, "tmp/drain-%lu", (unsigned long)(first + n));
        fds[n] = openat(folder_fd, part_name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fds[n] < 0 || copy_file_range(segment_fd, &from, fds[n], NULL, bytes, 0) != (ssize_t)bytes) {
            die("drain");
        }
        (void)sync_file_range(fds[n], 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    for (uint64_t i = 0; i < n; i++) {
        file_fd = fds[i];
        write_back();
        (void)close(fds[i]);
        (void)snprintf(part_name, sizeof part_name, "tmp/drain-%lu", (unsigned long)(first + i));
        (void)snprintf(final_name, sizeof final_name, "in/drain-%lu", (unsigned long)(first + i));
        give_name();
    }
    if (n == 0) {
        (void)usleep(500);
        return;
    }
    if (fsync(in_fd) != 0) { die("drain"); }
    for (uint64_t i = 0; i < n; i++) { atomic_store(&all->kept[(first + i) % PLACES], 0); }
    atomic_store(&all->n_drained, first + n);
}

/* ---- The protocol ------------------------------------------------------------------------- */

/* At least n bytes lie at in + in_at; false at the end of the connection. */
static bool need(size_t n)
{
    static const int on = 1;
    while (in_end - in_at < n) {
        if (in_at > 0 && in_at + n > BUFFER) {
            memmove(in, in + in_at, in_end - in_at);
            in_end -= in_at;
            in_at = 0;
        }
        ssize_t got = recv(peer, in + in_end, BUFFER - in_end, 0);
        if (got <= 0) { return false; }
        (void)setsockopt(peer, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        in_end += (size_t)got;
    }
    return true;
}

static size_t be32(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static void answer(const uint8_t *p, size_t n)
{
    if (send(peer, p, n, MSG_NOSIGNAL) != (ssize_t)n) { _exit(0); }
}

/* The request comes back with its one context accepted. */
static void accept_association(uint8_t *rq, size_t n)
{
    size_t out = 74, n_context = 0;
    rq[0] = 0x02;
    for (size_t at = 74; at + 4 <= n;) {
        size_t length = (size_t)rq[at + 2] << 8 | rq[at + 3], end = at + 4 + length;
        if (rq[at] == 0x20) {
            size_t abstract = 4 + ((size_t)rq[at + 10] << 8 | rq[at + 11]);
            n_context = length - abstract - 4;        /* its one transfer syntax */
            uint8_t head[8] = { 0x21, 0, (uint8_t)((n_context + 4) >> 8), (uint8_t)(n_context + 4),
                                rq[at + 4], 0, 0, 0 };
            memmove(rq + out + 8, rq + at + 8 + abstract, n_context);
            memcpy(rq + out, head, 8);
            out += 8 + n_context;
        } else {
            memmove(rq + out, rq + at, 4 + length);
            out += 4 + length;
        }
        at = end;
    }
    rq[2] = rq[3] = 0;
    rq[4] = (uint8_t)((out - 6) >> 8);
    rq[5] = (uint8_t)(out - 6);
    answer(rq, out);
}

static void say_success(void)
{
    static const uint8_t rsp[] = {
        0x04, 0, 0, 0, 0, 58, 0, 0, 0, 54, 1, 3,
        0, 0, 0, 0, 4, 0, 0, 0, 40, 0, 0, 0,
        0, 0, 0x00, 1, 2, 0, 0, 0, 0x01, 0x80,
        0, 0, 0x20, 1, 2, 0, 0, 0, 1, 0,
        0, 0, 0x00, 8, 2, 0, 0, 0, 1, 1,
        0, 0, 0x00, 9, 2, 0, 0, 0, 0, 0 };
    answer(rsp, sizeof rsp);
}

static void serve(int in_fd)
{
    static const uint8_t released[10] = { 0x06, 0, 0, 0, 0, 4 };
    bool open = false;
    while (need(6)) {
        uint8_t type = in[in_at];
        size_t n = be32(in + in_at + 2);
        if (n > PDU || !need(6 + n)) { return; }
        uint8_t *pdu = in + in_at;
        in_at += 6 + n;
        if (type == 0x01) {
            accept_association(pdu, 6 + n);
        } else if (type == 0x05) {
            answer(released, sizeof released);
        } else if (type == 0x04 && (pdu[11] & 1) == 0) {
            if (!open) { keep_begin(); }
            open = (pdu[11] & 2) == 0;
            keep_bytes(pdu + 12, n - 6);
            if (!open) {
                keep_end(in_fd);
                say_success();
            }
        }
        if (in_at == in_end) { in_at = in_end = 0; }
    }
}

/* ---- Start -------------------------------------------------------------------------------- */

static void make_shared(void)
{
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t a;
    if (all == MAP_FAILED || pthread_mutexattr_init(&a) != 0 ||
        pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) != 0 ||
        pthread_mutex_init(&all->lock, &a) != 0) {
        die("shared memory");
    }
}

static void make_segment(void)
{
    segment_fd = openat(folder_fd, "segment", O_RDWR | O_CREAT, 0600);
    uint8_t *zeros = calloc(1, BUFFER);
    if (segment_fd < 0 || zeros == NULL) { die("segment"); }
    for (off_t i = 0; i < PLACES; i++) { put(segment_fd, zeros, BUFFER, i * BUFFER); }
    if (fsync(segment_fd) != 0) { die("segment"); }
    free(zeros);
}

static int begin_child(pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int in_fd = openat(folder_fd, "in", O_RDONLY | O_DIRECTORY);
    if (getppid() != parent || in_fd < 0) { die("start"); }
    return in_fd;
}

static void serve_child(int fd, pid_t parent)
{
    int on = 1, in_fd = begin_child(parent);
    peer = fd;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    in = malloc(BUFFER);
    direct = aligned_alloc(PAGE, BUFFER);
    if (in == NULL || direct == NULL) { die("start"); }
    serve(in_fd);
    _exit(0);
}

int main(int argc, char **argv)
{
    size_t m = 0, n_modes = sizeof mode_names / sizeof mode_names[0];
    while (argc == 4 && m < n_modes && strcmp(argv[3], mode_names[m]) != 0) { m++; }
    if (argc != 4 || m == n_modes) {
        fputs("usage: bench_floor PORT FOLDER discard|written|file|range|named|early|direct|group|syncfs|segment|drained\n",
              stderr);
        return 2;
    }
    how = (mode)m;
    folder_fd = open(argv[2], O_RDONLY | O_DIRECTORY);
    if (folder_fd < 0 || (mkdirat(folder_fd, "tmp", 0700) != 0 && errno != EEXIST) ||
        (mkdirat(folder_fd, "in", 0700) != 0 && errno != EEXIST)) {
        die(argv[2]);
    }
    make_shared();
    if (how == SEGMENT || how == DRAINED) { make_segment(); }
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
                             .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 256) != 0) { die("listen"); }
    pid_t parent = getpid();
    if (how == DRAINED && fork() == 0) {
        for (int in_fd = begin_child(parent);;) { drain_batch(in_fd); }
    }
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}       /* so that their CPU time counts as ours */
        if (fd < 0) { continue; }
        pid_t pid = fork();
        if (pid == 0) { serve_child(fd, parent); }
        (void)close(fd);
    }
}
