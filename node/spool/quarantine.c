#include "spool/quarantine.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/meta.h"

enum { NAME_SIZE = PN_DIGEST_HEX_SIZE + 8, HEX = PN_DIGEST_HEX_SIZE - 1 };

static int fail_errno(pn_error *err, const char *what, const char *name)
{
    return pn_fail_transient(err, PN_EIO, "cannot %s quarantine/%s: %s", what, name, strerror(errno));
}

static void name_of(char out[NAME_SIZE], const char *digest, const char *suffix)
{
    (void)snprintf(out, NAME_SIZE, "%.64s%s", digest, suffix);
}

static bool is_digest(const char *name)
{
    return strspn(name, "0123456789abcdef") == HEX;
}

/* ---- Listing ------------------------------------------------------------------------------ */

static bool stat_file(struct stat *st, const pn_spool *s, const char *digest, const char *suffix)
{
    char name[NAME_SIZE];
    name_of(name, digest, suffix);
    return fstatat(s->quarantine_fd, name, st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st->st_mode);
}

/* Known by its reason, which is written first and removed last; an object that lacks one (a
 * power cut may lose it) is known by itself. */
static bool look(pn_quarantined *q, const pn_spool *s, const char *name)
{
    struct stat st, object;
    *q = (pn_quarantined){0};
    if (!is_digest(name)) { return false; }
    bool reason = strcmp(name + HEX, ".reason") == 0;
    if (!reason && strcmp(name + HEX, ".dcm") != 0) { return false; }
    memcpy(q->digest, name, HEX);
    bool has_object = stat_file(&object, s, q->digest, ".dcm");
    if (!stat_file(&st, s, q->digest, ".reason")) {
        if (reason || !has_object) { return false; }
        st = object;
    } else if (!reason) {
        return false;
    }
    q->since_ms = (int64_t)st.st_mtim.tv_sec * 1000;
    q->n_bytes = has_object ? (uint64_t)object.st_size : 0;
    q->listed = stat_file(&st, s, q->digest, ".listed");
    return true;
}

static int by_age(const void *a, const void *b)
{
    const pn_quarantined *x = a, *y = b;
    if (x->since_ms != y->since_ms) { return x->since_ms < y->since_ms ? -1 : 1; }
    return strcmp(x->digest, y->digest);
}

int pn_quarantine_list(pn_quarantined **out, size_t *n, const pn_spool *s, pn_error *err)
{
    pn_quarantined *list = NULL;
    size_t used = 0, room = 0;
    int fd = openat(s->quarantine_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        int rc = fail_errno(err, "read", "");
        if (fd >= 0) { (void)close(fd); }
        return rc;
    }
    int rc = PN_OK;
    const struct dirent *e;
    while (rc == PN_OK && (e = readdir(dir)) != NULL) {
        pn_quarantined q;
        if (!look(&q, s, e->d_name)) { continue; }
        if (used == room) {
            room = room > 0 ? 2 * room : 64;
            pn_quarantined *more = realloc(list, room * sizeof *more);
            if (more == NULL) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu files", room); }
            if (more != NULL) { list = more; }
        }
        if (rc == PN_OK) { list[used++] = q; }
    }
    (void)closedir(dir);
    if (rc != PN_OK) {
        free(list);
        return rc;
    }
    if (used > 0) { qsort(list, used, sizeof *list, by_age); }
    *out = list;
    *n = used;
    return PN_OK;
}

/* ---- Who it was --------------------------------------------------------------------------- */

/* Bytes of a file's beginning; 0 where there is none. */
static size_t read_start(char *out, size_t size, const pn_spool *s, const char *digest,
                         const char *suffix)
{
    char name[NAME_SIZE];
    name_of(name, digest, suffix);
    int fd = openat(s->quarantine_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) { return 0; }
    ssize_t n = read(fd, out, size - 1);
    (void)close(fd);
    if (n < 0) { n = 0; }
    out[n] = '\0';
    return (size_t)n;
}

/* A text element of the head that our own writer made (spool/meta.c); anything else is "". */
static void head_text(char *out, size_t size, const uint8_t *head, size_t n, unsigned element)
{
    out[0] = '\0';
    for (size_t at = 132; at + 8 <= n && head[at] == 0x02 && head[at + 1] == 0;) {
        unsigned got = (unsigned)head[at + 2] | (unsigned)head[at + 3] << 8;
        bool is_long = head[at + 4] == 'O';
        if (is_long && at + 12 > n) { return; }
        size_t length = (size_t)head[at + 6] | (size_t)head[at + 7] << 8, value = at + 8;
        if (is_long) {
            length = (size_t)head[at + 8] | (size_t)head[at + 9] << 8;
            value = at + 12;
        }
        if (length > n - value) { return; }
        if (got == element) {
            size_t used = 0;
            for (size_t i = 0; i < length && used + 1 < size; i++) {
                char c = (char)head[value + i];
                if (c > 0x20 && c < 0x7f) { out[used++] = c; }
            }
            out[used] = '\0';
            return;
        }
        at = value + length;
    }
}

/* "sop=1.2.3 from=AE", the second line of a reason without its object. */
static void take_second_line(pn_quarantine_facts *f, const char *line)
{
    (void)sscanf(line, "sop=%64[0-9.-] from=%16s", f->sop_uid, f->calling_ae);
    if (strcmp(f->sop_uid, "-") == 0) { f->sop_uid[0] = '\0'; }
    if (strcmp(f->calling_ae, "-") == 0) { f->calling_ae[0] = '\0'; }
}

int pn_quarantine_facts_of(pn_quarantine_facts *out, const pn_spool *s, const char *digest,
                           pn_error *err)
{
    char text[1024], head[PN_SPOOL_HEAD_MAX + 1];
    *out = (pn_quarantine_facts){0};
    if (!is_digest(digest) || digest[HEX] != '\0') {
        return pn_fail(err, PN_EINVAL, "not a digest of 64 hexadecimal digits");
    }
    size_t n = read_start(text, sizeof text, s, digest, ".reason");
    size_t n_head = read_start(head, sizeof head, s, digest, ".dcm");
    if (n == 0 && n_head == 0) { return pn_fail(err, PN_ENOTFOUND, "%s is not in quarantine", digest); }
    char *end = n > 0 ? strchr(text, '\n') : NULL;
    if (end != NULL) {
        *end = '\0';
        take_second_line(out, end + 1);
    }
    (void)snprintf(out->reason, sizeof out->reason, "%s", n > 0 ? text : "no reason is left");
    if (n_head > 0) {
        head_text(out->sop_uid, sizeof out->sop_uid, (const uint8_t *)head, n_head, 0x0003);
        head_text(out->calling_ae, sizeof out->calling_ae, (const uint8_t *)head, n_head, 0x0016);
    }
    return PN_OK;
}

/* ---- Changing ----------------------------------------------------------------------------- */

int pn_quarantine_set_listed(const pn_spool *s, const char *digest, pn_error *err)
{
    char name[NAME_SIZE];
    name_of(name, digest, ".listed");
    int fd = openat(s->quarantine_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) { return fail_errno(err, "write", name); }
    (void)close(fd);
    return PN_OK;
}

static int unlink_one(const pn_spool *s, const char *digest, const char *suffix, pn_error *err)
{
    char name[NAME_SIZE];
    name_of(name, digest, suffix);
    if (unlinkat(s->quarantine_fd, name, 0) == 0 || errno == ENOENT) { return PN_OK; }
    return fail_errno(err, "remove", name);
}

/* Keeps the date of the reason: it is the date of the finding. */
static int keep_who_it_was(const pn_spool *s, const pn_quarantined *q, pn_error *err)
{
    pn_quarantine_facts f;
    char path[PN_PATH_SIZE], text[700];
    int rc = pn_quarantine_facts_of(&f, s, q->digest, err);
    if (rc == PN_ENOTFOUND) { return PN_OK; }
    if (rc == PN_OK) { rc = pn_path(path, sizeof path, err, "%s/quarantine/%s.reason", s->root, q->digest); }
    if (rc != PN_OK) { return rc; }
    int n = snprintf(text, sizeof text, "%s\nsop=%s from=%s\n", f.reason, f.sop_uid[0] ? f.sop_uid : "-",
                     f.calling_ae[0] ? f.calling_ae : "-");
    rc = pn_write_file(path, text, (size_t)n, true, err);
    const struct timespec since = {.tv_sec = (time_t)(q->since_ms / 1000)}, times[2] = {since, since};
    if (rc == PN_OK && utimensat(AT_FDCWD, path, times, 0) != 0) { return fail_errno(err, "date", q->digest); }
    return rc;
}

int pn_quarantine_remove(const pn_spool *s, const pn_quarantined *q, pn_error *err)
{
    int rc = PN_OK;
    if (!q->listed && q->n_bytes > 0) { rc = keep_who_it_was(s, q, err); }
    if (rc == PN_OK) { rc = unlink_one(s, q->digest, ".dcm", err); }
    if (rc != PN_OK || !q->listed) { return rc; }
    rc = unlink_one(s, q->digest, ".listed", err);
    return rc == PN_OK ? unlink_one(s, q->digest, ".reason", err) : rc;
}
