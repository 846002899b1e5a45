/* The spool's folders: opening, walking, moving between them. Writing is in write.c. */
#include "spool/journal.h"
#include "spool/spool.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/file.h"

enum { FILE_NAME_SIZE = PN_DIGEST_HEX_SIZE + 4,        /* <digest>.dcm */
       STALE_MS = 86400000 };

static int fail_errno(pn_error *err, int e, const char *what, const char *name)
{
    if (e == ENOENT) { return pn_fail(err, PN_ENOTFOUND, "%s %s: %s", what, name, strerror(e)); }
    bool room = e == ENOSPC || e == EDQUOT;
    return pn_fail_transient(err, room ? PN_ENOSPC : PN_EIO, "%s %s: %s", what, name, strerror(e));
}

/* ---- Names -------------------------------------------------------------------------------- */

static bool is_digest(const char *s, size_t n)
{
    if (n != PN_DIGEST_HEX_SIZE - 1) { return false; }
    for (size_t i = 0; i < n; i++) {
        if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f'))) { return false; }
    }
    return true;
}

static int check_digest(const char *digest, pn_error *err)
{
    if (!is_digest(digest, strnlen(digest, PN_DIGEST_HEX_SIZE))) {
        return pn_fail(err, PN_EINVAL, "not a digest of 64 hexadecimal digits");
    }
    return PN_OK;
}

static void file_name(char out[FILE_NAME_SIZE], const char *digest)
{
    (void)snprintf(out, FILE_NAME_SIZE, "%.64s.dcm", digest);
}

/* "ab/<digest>.dcm", relative to instances/. */
static void instance_name(char out[FILE_NAME_SIZE + 3], const char *digest)
{
    (void)snprintf(out, FILE_NAME_SIZE + 3, "%.2s/%.64s.dcm", digest, digest);
}

/* Fill entry from a folder's name, if it is a regular file named as ours are. */
static bool entry_of(pn_spool_entry *out, int dir_fd, const char *name)
{
    size_t n = strlen(name);
    if (n != FILE_NAME_SIZE - 1 || strcmp(name + n - 4, ".dcm") != 0 || !is_digest(name, n - 4)) {
        return false;
    }
    struct stat st;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) {
        return false;
    }
    memcpy(out->digest, name, n - 4);
    out->digest[n - 4] = '\0';
    out->n_bytes = (uint64_t)st.st_size;
    out->mtime_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    return true;
}

/* ---- Open --------------------------------------------------------------------------------- */

static int open_folder(int *out, int parent_fd, const char *name, bool *made, pn_error *err)
{
    if (mkdirat(parent_fd, name, 0700) == 0) {
        *made = true;
    } else if (errno != EEXIST) {
        return fail_errno(err, errno, "cannot make the spool's folder", name);
    }
    *out = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*out < 0) { return fail_errno(err, errno, "cannot open the spool's folder", name); }
    return PN_OK;
}

/* All 256 at once, so that an instance never has to wait for a folder to become durable. */
static int make_instance_folders(int instances_fd, pn_error *err)
{
    bool made = false;
    for (unsigned i = 0; i < 256; i++) {
        char name[3];
        (void)snprintf(name, sizeof name, "%02x", i);
        if (mkdirat(instances_fd, name, 0700) == 0) {
            made = true;
        } else if (errno != EEXIST) {
            return fail_errno(err, errno, "cannot make folder instances/", name);
        }
    }
    if (made && fsync(instances_fd) != 0) {
        return fail_errno(err, errno, "cannot sync", "instances/");
    }
    return PN_OK;
}

static void close_all(pn_spool *s)
{
    int *fds[] = { &s->tmp_fd, &s->incoming_fd, &s->instances_fd, &s->quarantine_fd };
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] >= 0) { (void)close(*fds[i]); }
        *fds[i] = -1;
    }
}

int pn_spool_open(pn_spool *out, const char *root, const pn_spool_opts *opts, pn_error *err)
{
    pn_spool s = { .opts = *opts, .tmp_fd = -1, .incoming_fd = -1, .instances_fd = -1,
                   .quarantine_fd = -1 };
    pn_host_name(s.host, opts->host_name != NULL ? opts->host_name : "");
    s.opts.host_name = NULL;
    int rc = pn_path(s.root, sizeof s.root, err, "%s", root);
    if (rc == PN_OK) { rc = pn_mkdir_p(root, err); }
    if (rc != PN_OK) { return rc; }
    int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0) { return fail_errno(err, errno, "cannot open spool", root); }

    bool made = false;
    int results_fd = -1;
    rc = open_folder(&s.tmp_fd, root_fd, "tmp", &made, err);
    if (rc == PN_OK) { rc = open_folder(&s.incoming_fd, root_fd, "incoming", &made, err); }
    if (rc == PN_OK) { rc = open_folder(&s.instances_fd, root_fd, "instances", &made, err); }
    if (rc == PN_OK) { rc = open_folder(&s.quarantine_fd, root_fd, "quarantine", &made, err); }
    if (rc == PN_OK) { rc = open_folder(&results_fd, root_fd, "results", &made, err); }
    if (rc == PN_OK) { rc = make_instance_folders(s.instances_fd, err); }
    if (rc == PN_OK && made && fsync(root_fd) != 0) {
        rc = fail_errno(err, errno, "cannot sync spool", root);
    }
    if (results_fd >= 0) { (void)close(results_fd); }
    (void)close(root_fd);
    s.ordered = rc == PN_OK && pn_spool_is_ordered(s.tmp_fd);
    if (rc != PN_OK) {
        close_all(&s);
        return rc;
    }
    *out = s;
    return PN_OK;
}

void pn_spool_close(pn_spool *s)
{
    close_all(s);
    free(s->spare);
    s->spare = NULL;
}

int pn_spool_free_bytes(uint64_t *out, const pn_spool *s, pn_error *err)
{
    struct statvfs v;
    if (fstatvfs(s->tmp_fd, &v) != 0) {
        return fail_errno(err, errno, "cannot ask for free space of", s->root);
    }
    *out = (uint64_t)v.f_bavail * (uint64_t)v.f_frsize;
    return PN_OK;
}

/* ---- Walk --------------------------------------------------------------------------------- */

/* A stream over a folder that leaves the spool's own descriptor and its position alone. */
static DIR *walk(int parent_fd, const char *name)
{
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) { return NULL; }
    DIR *dir = fdopendir(fd);
    if (dir == NULL) { (void)close(fd); }
    return dir;
}

/* Whether a name of tmp/, <pid>-<n>@<host>.part, was given on this host. */
static bool is_ours(const pn_spool *s, const char *name)
{
    const char *at = strchr(name, '@');
    size_t n = strlen(s->host);
    return at == NULL || (strncmp(at + 1, s->host, n) == 0 && strcmp(at + 1 + n, ".part") == 0);
}

/* Of another host, whose processes cannot be asked: no writer is silent for a day. */
static bool is_stale(int tmp_fd, const char *name)
{
    struct stat st;
    return fstatat(tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (int64_t)st.st_mtim.tv_sec * 1000 + STALE_MS < pn_now_ms();
}

/* A file of tmp/ belongs to a living writer if its process lives and holds its lock. Opened to
 * write: NFS locks no file that is open to read. */
static bool has_writer(int tmp_fd, const char *name)
{
    char *end = NULL;
    long pid = strtol(name, &end, 10);
    if (end == name || *end != '-' || pid <= 0) { return false; }
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) { return false; }
    int fd = openat(tmp_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) { return false; }
    bool locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
    (void)close(fd);
    return locked;
}

int pn_spool_clean_tmp(size_t *n_removed, pn_spool *s, pn_error *err)
{
    DIR *dir = walk(s->tmp_fd, ".");
    if (dir == NULL) { return fail_errno(err, errno, "cannot read", "tmp/"); }
    size_t n = 0;
    struct dirent *e;
    while ((e = readdir(dir)) != NULL) {
        if (e->d_name[0] == '.') { continue; }
        bool kept = is_ours(s, e->d_name) ? has_writer(s->tmp_fd, e->d_name)
                                          : !is_stale(s->tmp_fd, e->d_name);
        if (kept) { continue; }
        if (unlinkat(s->tmp_fd, e->d_name, 0) == 0) { n++; }
    }
    (void)closedir(dir);
    if (n_removed != NULL) { *n_removed = n; }
    return PN_OK;
}

int pn_spool_incoming(pn_spool_entry *out, size_t max, size_t *n, pn_spool *s, pn_error *err)
{
    DIR *dir = walk(s->incoming_fd, ".");
    if (dir == NULL) { return fail_errno(err, errno, "cannot read", "incoming/"); }
    size_t found = 0;
    struct dirent *e;
    while (found < max && (e = readdir(dir)) != NULL) {
        if (entry_of(&out[found], s->incoming_fd, e->d_name)) { found++; }
    }
    (void)closedir(dir);
    *n = found;
    return PN_OK;
}

int pn_spool_each_instance(pn_spool *s, pn_spool_visit *visit, void *ctx, pn_error *err)
{
    int rc = PN_OK;
    for (unsigned i = 0; i < 256 && rc == PN_OK; i++) {
        char name[3];
        (void)snprintf(name, sizeof name, "%02x", i);
        DIR *dir = walk(s->instances_fd, name);
        if (dir == NULL) { return fail_errno(err, errno, "cannot read folder instances/", name); }
        struct dirent *e;
        pn_spool_entry entry;
        while (rc == PN_OK && (e = readdir(dir)) != NULL) {
            if (strncmp(e->d_name, name, 2) == 0 && entry_of(&entry, dirfd(dir), e->d_name)) {
                rc = visit(ctx, &entry, err);
            }
        }
        (void)closedir(dir);
    }
    return rc;
}

/* ---- Move --------------------------------------------------------------------------------- */

static bool is_file(int dir_fd, const char *name)
{
    struct stat st;
    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int pn_spool_adopt(pn_spool *s, const char *digest, pn_error *err)
{
    int rc = check_digest(digest, err);
    if (rc != PN_OK) { return rc; }
    char from[FILE_NAME_SIZE], to[FILE_NAME_SIZE + 3];
    file_name(from, digest);
    instance_name(to, digest);
    if (renameat(s->incoming_fd, from, s->instances_fd, to) == 0) { return PN_OK; }
    if (errno == ENOENT && is_file(s->instances_fd, to)) { return PN_OK; }
    return fail_errno(err, errno, "cannot move into instances/", digest);
}

int pn_spool_path(char out[PN_PATH_SIZE], const pn_spool *s, const char *digest, pn_error *err)
{
    int rc = check_digest(digest, err);
    if (rc != PN_OK) { return rc; }
    char in_instances[FILE_NAME_SIZE + 3], in_incoming[FILE_NAME_SIZE];
    instance_name(in_instances, digest);
    file_name(in_incoming, digest);
    /* Between the two looks it may move, but only from the second place to the first. */
    for (int look = 0; look < 2; look++) {
        if (is_file(s->instances_fd, in_instances)) {
            return pn_path(out, PN_PATH_SIZE, err, "%s/instances/%s", s->root, in_instances);
        }
        if (look == 0 && is_file(s->incoming_fd, in_incoming)) {
            return pn_path(out, PN_PATH_SIZE, err, "%s/incoming/%s", s->root, in_incoming);
        }
    }
    return pn_fail(err, PN_ENOTFOUND, "instance %s is not in the spool", digest);
}

int pn_spool_quarantine(pn_spool *s, const char *digest, const char *reason, pn_error *err)
{
    int rc = check_digest(digest, err);
    if (rc != PN_OK) { return rc; }
    char name[FILE_NAME_SIZE], from[FILE_NAME_SIZE + 3], path[PN_PATH_SIZE], line[512];
    file_name(name, digest);
    instance_name(from, digest);
    /* The reason first: a file in quarantine never lacks it. */
    rc = pn_path(path, sizeof path, err, "%s/quarantine/%s.reason", s->root, digest);
    if (rc != PN_OK) { return rc; }
    bool there = is_file(s->quarantine_fd, name);
    bool elsewhere = is_file(s->incoming_fd, name) || is_file(s->instances_fd, from);
    if (!there && !elsewhere) {
        return pn_fail(err, PN_ENOTFOUND, "instance %s is not in the spool", digest);
    }
    if (elsewhere) {
        int n = snprintf(line, sizeof line, "%s\n", reason);
        size_t length = n < 0 ? 0 : (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
        rc = pn_write_file(path, line, length, false, err);
        if (rc != PN_OK) { return rc; }
    }
    if (renameat(s->incoming_fd, name, s->quarantine_fd, name) != 0 && errno != ENOENT) {
        return fail_errno(err, errno, "cannot move into quarantine/", digest);
    }
    if (renameat(s->instances_fd, from, s->quarantine_fd, name) != 0 && errno != ENOENT) {
        return fail_errno(err, errno, "cannot move into quarantine/", digest);
    }
    if (fsync(s->quarantine_fd) != 0) { return fail_errno(err, errno, "cannot sync", "quarantine/"); }
    return PN_OK;
}

int pn_spool_remove(pn_spool *s, const char *digest, pn_error *err)
{
    int rc = check_digest(digest, err);
    if (rc != PN_OK) { return rc; }
    char name[FILE_NAME_SIZE], in_instances[FILE_NAME_SIZE + 3];
    file_name(name, digest);
    instance_name(in_instances, digest);
    if ((unlinkat(s->incoming_fd, name, 0) != 0 && errno != ENOENT) ||
        (unlinkat(s->instances_fd, in_instances, 0) != 0 && errno != ENOENT) ||
        (unlinkat(s->quarantine_fd, name, 0) != 0 && errno != ENOENT)) {
        return fail_errno(err, errno, "cannot remove instance", digest);
    }
    char reason[PN_DIGEST_HEX_SIZE + 7];
    (void)snprintf(reason, sizeof reason, "%.64s.reason", digest);
    (void)unlinkat(s->quarantine_fd, reason, 0);
    return PN_OK;
}

int pn_spool_result_path(char out[PN_PATH_SIZE], const pn_spool *s, const char *name, pn_error *err)
{
    size_t n = strnlen(name, 129);
    bool good = n > 0 && n < 129 && name[0] != '.';
    for (size_t i = 0; i < n && good; i++) {
        good = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-",
                      name[i]) != NULL;
    }
    if (!good) { return pn_fail(err, PN_EINVAL, "not a name for a results folder"); }
    return pn_path(out, PN_PATH_SIZE, err, "%s/results/%s", s->root, name);
}
