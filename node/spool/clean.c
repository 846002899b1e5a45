/* What retention takes from the spool's folders. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool/clean.h"

/* Written last before before_ms, and held by nobody. */
static bool is_left(int tmp_fd, const char *name, int64_t before_ms)
{
    struct stat st;
    if (fstatat(tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
        (int64_t)st.st_mtim.tv_sec * 1000 >= before_ms) {
        return false;
    }
    int fd = openat(tmp_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) { return false; }
    bool held = flock(fd, LOCK_EX | LOCK_NB) != 0;
    (void)close(fd);
    return !held;
}

int pn_spool_clean_old(size_t *n_removed, pn_spool *s, int64_t before_ms, pn_error *err)
{
    int fd = openat(s->tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        int saved = errno;
        if (fd >= 0) { (void)close(fd); }
        return pn_fail_transient(err, PN_EIO, "cannot read tmp/: %s", strerror(saved));
    }
    size_t n = 0;
    const struct dirent *e;
    while ((e = readdir(dir)) != NULL) {
        if (e->d_name[0] != '.' && is_left(s->tmp_fd, e->d_name, before_ms) &&
            unlinkat(s->tmp_fd, e->d_name, 0) == 0) {
            n++;
        }
    }
    (void)closedir(dir);
    *n_removed = n;
    return PN_OK;
}

int pn_spool_remove_adopted(pn_spool *s, const char *digest, pn_error *err)
{
    char name[PN_DIGEST_HEX_SIZE + 8];
    if (strspn(digest, "0123456789abcdef") != PN_DIGEST_HEX_SIZE - 1 ||
        digest[PN_DIGEST_HEX_SIZE - 1] != '\0') {
        return pn_fail(err, PN_EINVAL, "not a digest of 64 hexadecimal digits");
    }
    (void)snprintf(name, sizeof name, "%.2s/%.64s.dcm", digest, digest);
    if (unlinkat(s->instances_fd, name, 0) != 0 && errno != ENOENT) {
        return pn_fail_transient(err, PN_EIO, "cannot remove instance %s: %s", digest,
                                 strerror(errno));
    }
    return PN_OK;
}
