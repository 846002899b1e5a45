#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "yaml_tree.h"

static int fail_errno(cfg_error *err, const char *path, const char *what)
{
    return cfg_fail(err, CFG_EIO, path, 0, 0, "cannot %s: %s", what, strerror(errno));
}

static int read_all(char *to, size_t *n, size_t room, int fd)
{
    *n = 0;
    while (*n < room) {
        ssize_t got = read(fd, to + *n, room - *n);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return -1; }
        if (got == 0) { return 0; }
        *n += (size_t)got;
    }
    return 0;
}

/* One byte more than allowed is asked for, so that a file growing meanwhile is noticed. */
static int read_open(char **out, size_t *n, int fd, const char *path, size_t max_bytes,
                     cfg_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) { return fail_errno(err, path, "read"); }
    if (!S_ISREG(st.st_mode)) {
        return cfg_fail(err, CFG_EIO, path, 0, 0, "not a regular file");
    }
    if (st.st_size > (off_t)max_bytes) {
        return cfg_fail(err, CFG_ELIMIT, path, 0, 0, "%lld bytes, expected at most %zu",
                        (long long)st.st_size, max_bytes);
    }
    char *bytes = malloc(max_bytes + 1);
    if (!bytes) { return cfg_fail(err, CFG_ENOMEM, path, 0, 0, "not enough memory"); }
    if (read_all(bytes, n, max_bytes + 1, fd) != 0) {
        free(bytes);
        return fail_errno(err, path, "read");
    }
    *out = bytes;
    return CFG_OK;
}

int cfg_file_read(char **out, size_t *n, const char *path, size_t max_bytes, cfg_error *err)
{
    /* A FIFO must not hold the node up; O_NONBLOCK means nothing for regular files. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) { return fail_errno(err, path, "open"); }
    int rc = read_open(out, n, fd, path, max_bytes, err);
    close(fd);
    return rc;
}

static int open_temporary(char *name, size_t size, const char *path)
{
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        int used = snprintf(name, size, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        if (used < 0 || (size_t)used >= size) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd >= 0 || errno != EEXIST) { return fd; }
    }
    return -1;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);
        if (put < 0 && errno == EINTR) { continue; }
        if (put < 0) { return -1; }
        bytes += put;
        n -= (size_t)put;
    }
    return fsync(fd);
}

static int sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    if (n >= sizeof folder - 1) { return 0; }
    memcpy(folder, path, n);
    folder[n] = '\0';
    int fd = open(n ? folder : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) { return -1; }
    int rc = fsync(fd);
    close(fd);
    return rc;
}

int cfg_file_write(const char *path, const char *bytes, size_t n, cfg_error *err)
{
    char temporary[4096];
    int fd = open_temporary(temporary, sizeof temporary, path);
    if (fd < 0) { return fail_errno(err, path, "create"); }
    int bad = write_all(fd, bytes, n);
    int saved = errno;
    if (close(fd) != 0 && !bad) {
        bad = -1;
        saved = errno;
    }
    if (!bad && rename(temporary, path) != 0) {
        bad = -1;
        saved = errno;
    }
    if (bad) {
        unlink(temporary);
        errno = saved;
        return fail_errno(err, path, "write");
    }
    return sync_folder(path) == 0 ? CFG_OK : fail_errno(err, path, "sync the folder");
}

int cfg_sha256(char hex[65], const char *bytes, size_t n, const char *name, cfg_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_Digest(bytes, n, digest, &length, EVP_sha256(), NULL) || length != 32) {
        return cfg_fail(err, CFG_EIO, name, 0, 0, "SHA-256 failed");
    }
    for (size_t i = 0; i < length; i++) { snprintf(hex + 2 * i, 3, "%02x", digest[i]); }
    return CFG_OK;
}
