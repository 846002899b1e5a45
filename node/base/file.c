#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/limits.h"

/* The class of a failed system call: lack of room passes, a wrong path does not. */
static int fail_errno(pn_error *err, int e, const char *what, const char *path)
{
    if (e == ENOSPC || e == EDQUOT) {
        return pn_fail_transient(err, PN_ENOSPC, "%s %s: %s", what, path, strerror(e));
    }
    if (e == ENOENT) { return pn_fail(err, PN_ENOTFOUND, "%s %s: %s", what, path, strerror(e)); }
    return pn_fail_transient(err, PN_EIO, "%s %s: %s", what, path, strerror(e));
}

int pn_path(char *buf, size_t size, pn_error *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= size) {
        return pn_fail(err, PN_ELIMIT, "path of %d characters is longer than %zu", n, size - 1);
    }
    return PN_OK;
}

int pn_mkdir_p(const char *path, pn_error *err)
{
    char part[PN_PATH_SIZE];
    int rc = pn_path(part, sizeof part, err, "%s", path);
    if (rc != PN_OK) { return rc; }
    for (char *p = part + 1;; p++) {
        if (*p != '/' && *p != '\0') { continue; }
        char kept = *p;
        *p = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return fail_errno(err, errno, "cannot make folder", part);
        }
        *p = kept;
        if (kept == '\0') { break; }
    }
    struct stat st;
    if (stat(path, &st) != 0) { return fail_errno(err, errno, "cannot look at", path); }
    if (!S_ISDIR(st.st_mode)) { return pn_fail(err, PN_EIO, "%s is not a folder", path); }
    return PN_OK;
}

/* What an open file holds; pipes and /proc tell no size: grow until the end or the limit. */
static int read_open(char **out, size_t *n, int fd, const struct stat *st, const char *path, size_t max,
                     pn_error *err)
{
    int rc = PN_OK;
    char *bytes = NULL;
    size_t have = 0;
    if (st->st_size > 0 && (uint64_t)st->st_size > max) {
        rc = pn_fail(err, PN_ELIMIT, "%s has %lld bytes, at most %zu are read", path,
                     (long long)st->st_size, max);
    }
    size_t room = st->st_size > 0 ? (size_t)st->st_size + 1 : 65536;
    while (rc == PN_OK) {
        if (bytes == NULL || have + 1 >= room) {
            if (bytes != NULL) { room *= 2; }
            if (room > max + 2) { room = max + 2; }
            char *more = realloc(bytes, room);
            if (more == NULL) {
                rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu bytes of %s", room, path);
                break;
            }
            bytes = more;
        }
        ssize_t got = read(fd, bytes + have, room - 1 - have);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { rc = fail_errno(err, errno, "cannot read", path); break; }
        if (got == 0) { break; }
        have += (size_t)got;
        if (have > max) {
            rc = pn_fail(err, PN_ELIMIT, "%s has more than %zu bytes", path, max);
        }
    }
    if (rc != PN_OK) {
        free(bytes);
        return rc;
    }
    bytes[have] = '\0';
    *out = bytes;
    *n = have;
    return PN_OK;
}

static int read_path(char **out, size_t *n, const char *path, size_t max, bool regular, pn_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0));
    if (fd < 0) { return fail_errno(err, errno, "cannot open", path); }
    struct stat st;
    int rc;
    if (fstat(fd, &st) != 0) {
        rc = fail_errno(err, errno, "cannot look at", path);
    } else if (S_ISDIR(st.st_mode) || (regular && !S_ISREG(st.st_mode))) {
        rc = pn_fail(err, PN_EIO, "%s is %s, expected a file", path, S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
    } else {
        rc = read_open(out, n, fd, &st, path, max, err);
    }
    close(fd);
    return rc;
}

int pn_read_file(char **out, size_t *n, const char *path, size_t max, pn_error *err)
{
    return read_path(out, n, path, max, false, err);
}

int pn_read_regular_file(char **out, size_t *n, const char *path, size_t max, pn_error *err)
{
    return read_path(out, n, path, max, true, err);
}

int pn_write_all(int fd, const void *bytes, size_t n, const char *what, pn_error *err)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR) { continue; }
        if (done < 0) { return fail_errno(err, errno, "cannot write", what); }
        p += done;
        n -= (size_t)done;
    }
    return PN_OK;
}

int pn_sync_dir(const char *path, pn_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) { return fail_errno(err, errno, "cannot open folder", path); }
    int failed = fsync(fd) != 0 ? errno : 0;
    close(fd);
    return failed ? fail_errno(err, failed, "cannot sync folder", path) : PN_OK;
}

int pn_write_file(const char *path, const void *bytes, size_t n, bool durable, pn_error *err)
{
    char temp[PN_PATH_SIZE];
    int rc = pn_path(temp, sizeof temp, err, "%s.%d.tmp", path, (int)getpid());
    if (rc != PN_OK) { return rc; }
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) { return fail_errno(err, errno, "cannot create", temp); }
    rc = pn_write_all(fd, bytes, n, temp, err);
    if (rc == PN_OK && fsync(fd) != 0) { rc = fail_errno(err, errno, "cannot sync", temp); }
    if (close(fd) != 0 && rc == PN_OK) { rc = fail_errno(err, errno, "cannot close", temp); }
    if (rc == PN_OK && rename(temp, path) != 0) {
        rc = fail_errno(err, errno, "cannot rename to", path);
    }
    if (rc != PN_OK) {
        (void)unlink(temp);
        return rc;
    }
    if (!durable) { return PN_OK; }
    char folder[PN_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    rc = pn_path(folder, sizeof folder, err, "%.*s", slash == NULL ? 1 : (int)(slash - path),
                 slash == NULL ? "." : path);
    if (rc != PN_OK) { return rc; }
    return pn_sync_dir(folder[0] == '\0' ? "/" : folder, err);
}

static int remove_in(int dirfd, const char *name, pn_error *err)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT) { return PN_OK; }
    if (errno != EISDIR && errno != EPERM) { return fail_errno(err, errno, "cannot remove", name); }

    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) { return fail_errno(err, errno, "cannot open folder", name); }
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int e = errno;
        close(fd);
        return fail_errno(err, e, "cannot read folder", name);
    }
    int rc = PN_OK;
    struct dirent *entry;
    while (rc == PN_OK && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            rc = remove_in(fd, entry->d_name, err);
        }
    }
    closedir(dir);
    if (rc == PN_OK && unlinkat(dirfd, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
        rc = fail_errno(err, errno, "cannot remove folder", name);
    }
    return rc;
}

int pn_remove_tree(const char *path, pn_error *err) { return remove_in(AT_FDCWD, path, err); }

static int64_t clock_ms(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t pn_now_ms(void) { return clock_ms(CLOCK_REALTIME); }
void pn_nap_ms(unsigned ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000L};
    (void)nanosleep(&t, NULL);
}

int64_t pn_mono_ms(void) { return clock_ms(CLOCK_MONOTONIC); }

int64_t pn_boot_ms(void) { return clock_ms(CLOCK_BOOTTIME); }

void pn_datetime_local(char out[15], int64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    struct tm local;
    localtime_r(&t, &local);
    (void)strftime(out, 15, "%Y%m%d%H%M%S", &local);
}

void pn_host_name(char out[65], const char *configured)
{
    char name[65] = "";
    if (configured[0] != '\0') {
        (void)snprintf(name, sizeof name, "%s", configured);
    } else if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') {
        (void)snprintf(name, sizeof name, "node");
    }
    for (char *p = name; *p != '\0'; p++) {
        bool fine = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                    (*p >= '0' && *p <= '9') || *p == '.' || *p == '-' || *p == '_';
        if (!fine) { *p = '_'; }
    }
    memcpy(out, name, sizeof name);
}
