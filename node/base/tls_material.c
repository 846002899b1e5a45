/* base/tls_material.c - certificate, key, CA and CRL as bytes: from their files into the processes
 * that need them. No OpenSSL here. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/tls.h"

static const char *const words[PN_TLS_N_FILES] = {"certificate", "key", "CA", "CRL"};

/* ---- Files ---------------------------------------------------------------------------------- */

static int check_file(int fd, const char *path, int which, size_t *n, pn_error *err)
{
    struct stat s;
    if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) {
        return pn_fail(err, PN_ECONFIG, "TLS %s %s: expected a file", words[which], path);
    }
    if (which == PN_TLS_KEY && (s.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return pn_fail(err, PN_ECONFIG, "TLS key %s has mode %04o: others than its owner may open it, "
                       "expected 0600 or 0400", path, (unsigned)(s.st_mode & 07777));
    }
    if (s.st_size == 0 || (uintmax_t)s.st_size > PN_MAX_TLS_FILE_BYTES) {
        return pn_fail(err, PN_ECONFIG, "TLS %s %s has %lld bytes, expected 1 to %u", words[which],
                       path, (long long)s.st_size, PN_MAX_TLS_FILE_BYTES);
    }
    *n = (size_t)s.st_size;
    return PN_OK;
}

static int read_whole(char **out, size_t n, int fd, const char *path, pn_error *err)
{
    char *bytes = calloc(n + 1, 1);
    if (bytes == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %s", path); }
    size_t have = 0;
    while (have < n) {
        ssize_t got = read(fd, bytes + have, n - have);
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { break; }
        have += (size_t)got;
    }
    if (have == n) {
        *out = bytes;
        return PN_OK;
    }
    explicit_bzero(bytes, n);
    free(bytes);
    return pn_fail(err, PN_ECONFIG, "%s: cannot be read to its end", path);
}

static int read_one(pn_tls_material *m, int which, const char *path, pn_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);    /* a pipe is not waited for */
    if (fd < 0) {
        return pn_fail(err, PN_ECONFIG, "TLS %s %s: %s", words[which], path, strerror(errno));
    }
    size_t n = 0;
    int rc = check_file(fd, path, which, &n, err);
    if (rc == PN_OK) { rc = read_whole(&m->pem[which], n, fd, path, err); }
    if (rc == PN_OK) { m->n[which] = n; }
    close(fd);
    return rc;
}

int pn_tls_material_read(pn_tls_material *out, const char *const paths[PN_TLS_N_FILES], pn_error *err)
{
    pn_tls_material m = {0};
    for (int i = 0; i < PN_TLS_N_FILES; i++) {
        if (i == PN_TLS_CRL && (paths[i] == NULL || paths[i][0] == '\0')) { continue; }
        int rc = read_one(&m, i, paths[i], err);
        if (rc != PN_OK) {
            pn_tls_material_free(&m);
            return rc;
        }
    }
    *out = m;
    return PN_OK;
}

void pn_tls_material_free(pn_tls_material *m)
{
    for (int i = 0; i < PN_TLS_N_FILES; i++) {
        if (m->pem[i] != NULL) { explicit_bzero(m->pem[i], m->n[i]); }
        free(m->pem[i]);
    }
    *m = (pn_tls_material){0};
}

/* ---- From one process to the others ---------------------------------------------------------
 * The image: SHA-256 of all that follows, four lengths, four contents. The digest tells who
 * reads in the middle of a replacement. */

typedef struct head {
    uint8_t digest[PN_SHA256_SIZE];
    uint64_t n[PN_TLS_N_FILES];
} head;

static int digest_of(uint8_t out[PN_SHA256_SIZE], const head *h, const pn_tls_material *m)
{
    pn_sha256 s;
    int rc = pn_sha256_init(&s, NULL);
    if (rc != PN_OK) { return rc; }
    pn_sha256_update(&s, h->n, sizeof h->n);
    for (int i = 0; i < PN_TLS_N_FILES; i++) {
        if (m->n[i] > 0) { pn_sha256_update(&s, m->pem[i], m->n[i]); }
    }
    pn_sha256_final(&s, out);
    return PN_OK;
}

static bool write_at(int fd, const void *bytes, size_t n, off_t *at)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, *at);
        if (done < 0 && errno == EINTR) { continue; }
        if (done <= 0) { return false; }
        p += done;
        n -= (size_t)done;
        *at += done;
    }
    return true;
}

static bool read_at(int fd, void *bytes, size_t n, off_t *at)
{
    char *p = bytes;
    while (n > 0) {
        ssize_t done = pread(fd, p, n, *at);
        if (done < 0 && errno == EINTR) { continue; }
        if (done <= 0) { return false; }
        p += done;
        n -= (size_t)done;
        *at += done;
    }
    return true;
}

int pn_tls_material_put(int fd, const pn_tls_material *m, pn_error *err)
{
    head h = {.n = {0}};
    for (int i = 0; i < PN_TLS_N_FILES; i++) { h.n[i] = m->n[i]; }
    off_t at = 0;
    bool good = digest_of(h.digest, &h, m) == PN_OK && write_at(fd, &h, sizeof h, &at);
    for (int i = 0; good && i < PN_TLS_N_FILES; i++) {
        good = m->n[i] == 0 || write_at(fd, m->pem[i], m->n[i], &at);
    }
    if (good && ftruncate(fd, at) == 0) { return PN_OK; }
    return pn_fail_transient(err, PN_EIO, "cannot hand over the TLS key: %s", strerror(errno));
}

/* True: what is there is whole. */
static bool get_once(pn_tls_material *m, int fd)
{
    head h;
    uint8_t digest[PN_SHA256_SIZE];
    off_t at = 0;
    if (!read_at(fd, &h, sizeof h, &at)) { return false; }
    for (int i = 0; i < PN_TLS_N_FILES; i++) {
        if (h.n[i] > PN_MAX_TLS_FILE_BYTES) { return false; }
        if (h.n[i] == 0) { continue; }
        m->pem[i] = calloc((size_t)h.n[i] + 1, 1);
        if (m->pem[i] == NULL) { return false; }
        m->n[i] = (size_t)h.n[i];
        if (!read_at(fd, m->pem[i], m->n[i], &at)) { return false; }
    }
    return digest_of(digest, &h, m) == PN_OK && memcmp(digest, h.digest, sizeof digest) == 0;
}

int pn_tls_material_get(pn_tls_material *out, int fd, pn_error *err)
{
    enum { TRIES = 50, PAUSE_MS = 10 };
    for (int i = 0; i < TRIES; i++) {
        pn_tls_material m = {0};
        if (get_once(&m, fd)) {
            *out = m;
            return PN_OK;
        }
        pn_tls_material_free(&m);
        pn_nap_ms(PAUSE_MS);
    }
    return pn_fail_transient(err, PN_EIO, "no TLS key on descriptor %d", fd);
}
