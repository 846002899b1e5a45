/* power_disk MOUNTPOINT BYTES - a disk with a volatile write cache, as the file MOUNTPOINT/disk.
 *
 * Put a loop device over it and a file system on that. What the kernel writes lies in the cache
 * until the kernel asks for a flush (the loop driver makes an fsync of each), as in a drive that
 * acknowledges writes early and has no capacitor. So what survives is what the file system's own
 * barriers guarantee, and a sync that the program forgot loses its data.
 *
 *   SIGUSR1   the power goes: of the blocks that were not flushed each is lost or kept at random
 *             (all lost, half, or all but a few; in no order), and every request fails from now on
 *   SIGUSR2   the power is back: the disk shows what is left
 *   SIGTERM   the end
 *
 * One line on stdout for each cut: flushes so far, blocks that were unflushed, blocks lost. Speaks
 * the kernel's FUSE protocol itself (linux/fuse.h); needs root. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BLOCK = 4096, FILE_NODE = 2, MOST_WRITE = 128 * 1024, REQUEST = MOST_WRITE + 4096 };

static struct {
    int fuse_fd, signal_fd;
    size_t size;
    uint8_t *shown, *durable;      /* with the cache, and without it */
    uint8_t *dirty;                /* a flag for each block          */
    unsigned long n_flushes;
    bool off;
    uint64_t random;
} disk = { .random = 88172645463325252u };

static uint64_t next_random(void)
{
    disk.random ^= disk.random << 13;
    disk.random ^= disk.random >> 7;
    disk.random ^= disk.random << 17;
    return disk.random;
}

/* ---- The cache ---------------------------------------------------------------------------- */

static void flush(void)
{
    disk.n_flushes++;
    for (size_t i = 0; i < disk.size / BLOCK; i++) {
        if (!disk.dirty[i]) { continue; }
        memcpy(disk.durable + i * BLOCK, disk.shown + i * BLOCK, BLOCK);
        disk.dirty[i] = 0;
    }
}

static void cut(void)
{
    static const unsigned percent_lost[] = { 100, 50, 5 };
    unsigned percent = percent_lost[next_random() % 3];
    unsigned long n_dirty = 0, n_lost = 0;
    for (size_t i = 0; i < disk.size / BLOCK; i++) {
        if (!disk.dirty[i]) { continue; }
        n_dirty++;
        if (next_random() % 100 < percent) {
            n_lost++;
        } else {
            memcpy(disk.durable + i * BLOCK, disk.shown + i * BLOCK, BLOCK);
        }
    }
    disk.off = true;
    printf("%lu flushes, %lu blocks not flushed, %lu lost\n", disk.n_flushes, n_dirty, n_lost);
    (void)fflush(stdout);
}

static void power_on(void)
{
    memcpy(disk.shown, disk.durable, disk.size);
    memset(disk.dirty, 0, disk.size / BLOCK);
    disk.off = false;
}

/* ---- FUSE --------------------------------------------------------------------------------- */

static void answer(uint64_t unique, int error, const void *body, size_t n)
{
    struct fuse_out_header out = { .unique = unique, .error = -error };
    struct iovec parts[2] = { { &out, sizeof out }, { 0 } };
    union { const void *in; void *out; } cast = { .in = body };
    parts[1] = (struct iovec){ cast.out, error == 0 ? n : 0 };
    out.len = (uint32_t)(sizeof out + parts[1].iov_len);
    if (writev(disk.fuse_fd, parts, 2) < 0 && errno != ENOENT) { perror("power_disk: answer"); }
}

static struct fuse_attr attributes(uint64_t node)
{
    struct fuse_attr a = { .ino = node, .nlink = 1, .blksize = BLOCK };
    a.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600;
    a.size = node == FUSE_ROOT_ID ? 0 : disk.size;
    a.blocks = a.size / 512;
    return a;
}

static void read_some(uint64_t unique, const struct fuse_read_in *in)
{
    if (disk.off || in->offset > disk.size) {
        answer(unique, EIO, NULL, 0);
        return;
    }
    size_t n = in->size;
    if (n > disk.size - in->offset) { n = disk.size - in->offset; }
    answer(unique, 0, disk.shown + in->offset, n);
}

static void write_some(uint64_t unique, const struct fuse_write_in *in, const uint8_t *bytes)
{
    if (disk.off || in->offset > disk.size || in->size > disk.size - in->offset) {
        answer(unique, EIO, NULL, 0);
        return;
    }
    memcpy(disk.shown + in->offset, bytes, in->size);
    for (size_t i = in->offset / BLOCK; in->size > 0 && i <= (in->offset + in->size - 1) / BLOCK; i++) {
        disk.dirty[i] = 1;
    }
    struct fuse_write_out out = { .size = in->size };
    answer(unique, 0, &out, sizeof out);
}

static void look_up(uint64_t unique, const char *name)
{
    struct fuse_entry_out out = { .nodeid = FILE_NODE, .attr_valid = 3600, .entry_valid = 3600,
                                  .attr = attributes(FILE_NODE) };
    answer(unique, strcmp(name, "disk") == 0 ? 0 : ENOENT, &out, sizeof out);
}

static void start(uint64_t unique, const struct fuse_init_in *in)
{
    struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
                                 .max_readahead = in->max_readahead, .flags = FUSE_BIG_WRITES,
                                 .max_background = 64, .congestion_threshold = 48,
                                 .max_write = MOST_WRITE, .time_gran = 1 };
    answer(unique, 0, &out, sizeof out);
}

static void serve(const struct fuse_in_header *h, const void *body)
{
    const struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };
    const struct fuse_attr_out attr = { .attr_valid = 3600, .attr = attributes(h->nodeid) };
    const struct fuse_statfs_out fs = { .st = { .bsize = BLOCK, .namelen = 255 } };
    switch (h->opcode) {
    case FUSE_INIT: start(h->unique, body); break;
    case FUSE_LOOKUP: look_up(h->unique, body); break;
    case FUSE_GETATTR:
    case FUSE_SETATTR: answer(h->unique, 0, &attr, sizeof attr); break;
    case FUSE_OPEN:
    case FUSE_OPENDIR: answer(h->unique, 0, &opened, sizeof opened); break;
    case FUSE_READ: read_some(h->unique, body); break;
    case FUSE_WRITE:
        write_some(h->unique, body, (const uint8_t *)body + sizeof(struct fuse_write_in));
        break;
    case FUSE_FSYNC:
        if (!disk.off) { flush(); }
        answer(h->unique, disk.off ? EIO : 0, NULL, 0);
        break;
    case FUSE_FLUSH:        /* of a descriptor that is closed: no barrier */
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR: answer(h->unique, 0, NULL, 0); break;
    case FUSE_STATFS: answer(h->unique, 0, &fs, sizeof fs); break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: break;
    default: answer(h->unique, ENOSYS, NULL, 0);
    }
}

/* ---- Start -------------------------------------------------------------------------------- */

static void *room(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        perror("power_disk: memory");
        exit(1);
    }
    return p;
}

static void open_all(const char *where, size_t size)
{
    disk.size = size / BLOCK * BLOCK;
    disk.shown = room(disk.size);
    disk.durable = room(disk.size);
    disk.dirty = room(disk.size / BLOCK);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    disk.signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    disk.fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    char options[96];
    (void)snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", disk.fuse_fd);
    if (disk.fuse_fd < 0 || disk.signal_fd < 0 ||
        mount("power_disk", where, "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
        perror("power_disk: mount");
        exit(77);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) { return 2; }
    open_all(argv[1], strtoull(argv[2], NULL, 10));
    uint8_t *request = room(REQUEST);
    for (;;) {
        struct pollfd p[2] = { { .fd = disk.signal_fd, .events = POLLIN },
                               { .fd = disk.fuse_fd, .events = POLLIN } };
        if (poll(p, 2, -1) < 0) { continue; }
        struct signalfd_siginfo info;
        if (p[0].revents != 0 && read(disk.signal_fd, &info, sizeof info) == sizeof info) {
            if (info.ssi_signo == SIGTERM) { break; }
            if (info.ssi_signo == SIGUSR1) { cut(); }
            if (info.ssi_signo == SIGUSR2) { power_on(); }
        }
        if (p[1].revents == 0) { continue; }
        ssize_t n = read(disk.fuse_fd, request, REQUEST);
        if (n < 0 && errno == ENODEV) { break; }          /* unmounted */
        if (n < (ssize_t)sizeof(struct fuse_in_header)) { continue; }
        serve((const struct fuse_in_header *)(const void *)request, request + sizeof(struct fuse_in_header));
    }
    (void)umount2(argv[1], MNT_DETACH);
    return 0;
}
