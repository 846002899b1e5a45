#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>
#include "image/parts.h"

int pn_mapped_open(pn_mapped *out, const char *path, pn_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0) {
        return pn_fail(err, errno == ENOENT ? PN_ENOTFOUND : PN_EIO, "cannot open %s: %s", path, strerror(errno));
    }
    int rc = PN_OK;
    if (fstat(fd, &st) != 0) {
        rc = pn_fail(err, PN_EIO, "cannot look at %s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        rc = pn_fail(err, PN_EIO, "%s is not a file", path);
    } else if (st.st_size == 0) {
        rc = pn_fail(err, PN_EFORMAT, "%s is empty", path);
    }
    if (rc == PN_OK) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            rc = pn_fail_transient(err, PN_EIO, "cannot map %s: %s", path, strerror(errno));
        } else {
            *out = (pn_mapped){.p = p, .n = (size_t)st.st_size};
        }
    }
    close(fd);
    return rc;
}

void pn_mapped_close(pn_mapped *m)
{
    union { const uint8_t *given; void *wanted; } p = {.given = m->p};
    if (m->p != NULL) { (void)munmap(p.wanted, m->n); }
    *m = (pn_mapped){0};
}

void pn_copy_out(void *to, const uint8_t *from, size_t n, bool mapped)
{
    const size_t piece = (size_t)16 << 20;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (size_t at = 0; at < n; at += piece) {
        size_t now = n - at < piece ? n - at : piece;
        memcpy((uint8_t *)to + at, from + at, now);
        /* Whole pages within; the file has them still. */
        union { uintptr_t number; void *p; } begin = {.number = ((uintptr_t)(from + at) + page - 1) / page * page};
        uintptr_t end = (uintptr_t)(from + at + now) / page * page;
        if (mapped && end > begin.number) { (void)madvise(begin.p, end - begin.number, MADV_DONTNEED); }
    }
}

bool pn_is_gzip(const uint8_t *p, size_t n) { return n > 2 && p[0] == 0x1f && p[1] == 0x8b; }

/* Deflate needs at least one bit for 258 bytes, 2 bytes of them a few bits; zlib's documented
 * bound is 1032 to 1. */
uint64_t pn_inflate_bound(size_t n_in) { return (uint64_t)n_in * 1032; }

static uInt piece(size_t n) { return n > INT_MAX ? (uInt)INT_MAX : (uInt)n; }

int pn_inflate(uint8_t *out, size_t n, const uint8_t *in, size_t n_in, const char *name, pn_error *err)
{
    z_stream z = {0};
    size_t got = 0, used = 0;
    if (inflateInit2(&z, 15 + 32) != Z_OK) { return pn_fail_transient(err, PN_ENOMEM, "no memory to unpack %s", name); }
    int state = Z_OK;
    while (got < n && (state == Z_OK || state == Z_STREAM_END)) {
        if (state == Z_STREAM_END && inflateReset(&z) != Z_OK) { break; }
        uInt give = piece(n_in - used), take = piece(n - got);
        z.next_in = in + used;
        z.avail_in = give;
        z.next_out = out + got;
        z.avail_out = take;
        state = inflate(&z, Z_NO_FLUSH);
        size_t eaten = give - z.avail_in, made = take - z.avail_out;
        used += eaten;
        got += made;
        if (eaten == 0 && made == 0) { break; }
    }
    (void)inflateEnd(&z);
    if (got == n) { return PN_OK; }
    if (state == Z_OK || state == Z_BUF_ERROR || state == Z_STREAM_END) {
        return pn_fail(err, PN_EFORMAT, "%s is truncated: %zu bytes unpacked, expected %zu", name, got, n);
    }
    return pn_fail(err, PN_EFORMAT, "%s is damaged: its compressed data cannot be unpacked after %zu bytes", name, got);
}
