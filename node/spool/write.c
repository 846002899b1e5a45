/* Writing an instance: tmp/ -> sync -> incoming/ -> sync of the name. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "spool/meta.h"
#include "spool/spool.h"

/* Few, large writes: a peer's PDU may carry as little as 4 KB. */
enum { BUFFER_BYTES = 256 * 1024 };

static bool is_room(int e) { return e == ENOSPC || e == EDQUOT || e == EFBIG; }

/* A file system that became read-only has no room either: the sender is to try again. */
static int fail_errno(pn_error *err, int e, const char *what)
{
    pn_code code = is_room(e) || e == EROFS ? PN_ENOSPC : PN_EIO;
    return pn_fail_transient(err, code, "%s: %s", what, strerror(e));
}

/* Remember the first failure: after it the file is not the data set any more. */
static int keep(pn_spool_writer *w, const pn_error *e, pn_error *err)
{
    if (w->failed.code == PN_OK) { w->failed = *e; }
    if (err != NULL) { *err = w->failed; }
    return w->failed.code;
}

static int flush(pn_spool_writer *w, const void *bytes, size_t n, pn_error *err)
{
    const uint8_t *p = bytes;
    while (n > 0) {
        ssize_t done = write(w->fd, p, n);
        if (done < 0 && errno == EINTR) { continue; }
        if (done <= 0) {
            return fail_errno(err, done < 0 ? errno : EIO, "cannot write the instance");
        }
        p += done;
        n -= (size_t)done;
    }
    return PN_OK;
}

static int append(pn_spool_writer *w, const uint8_t *bytes, size_t n, pn_error *err)
{
    if (w->n_buffered + n > BUFFER_BYTES) {
        int rc = flush(w, w->buffer, w->n_buffered, err);
        if (rc != PN_OK) { return rc; }
        w->n_buffered = 0;
        if (n >= BUFFER_BYTES) { return flush(w, bytes, n, err); }
    }
    memcpy(w->buffer + w->n_buffered, bytes, n);
    w->n_buffered += n;
    return PN_OK;
}

static int check_reserve(pn_spool *s, pn_error *err)
{
    uint64_t free_bytes = 0;
    int rc = pn_spool_free_bytes(&free_bytes, s, err);
    if (rc == PN_OK && free_bytes < s->opts.reserve_bytes) {
        return pn_fail_transient(err, PN_ENOSPC,
                                 "%" PRIu64 " bytes free, the reserve is %" PRIu64, free_bytes,
                                 s->opts.reserve_bytes);
    }
    return rc;
}

/* The name carries the writer's pid and host; the lock tells a living writer from a reused
 * pid. */
static int create(pn_spool_writer *w, pn_error *err)
{
    pn_spool *s = w->spool;
    for (int attempt = 0; attempt < 16; attempt++) {
        (void)snprintf(w->tmp_name, sizeof w->tmp_name, "%ld-%lu@%s.part", (long)getpid(),
                       ++s->n_begun, s->host);
        w->fd = openat(s->tmp_fd, w->tmp_name,
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (w->fd >= 0) { break; }
        if (errno != EEXIST) { return fail_errno(err, errno, "cannot create a file in tmp/"); }
    }
    if (w->fd < 0) { return fail_errno(err, EEXIST, "cannot create a file in tmp/"); }
    if (flock(w->fd, LOCK_EX | LOCK_NB) != 0) {
        return fail_errno(err, errno, "cannot lock a file in tmp/");
    }
    return PN_OK;
}

int pn_spool_begin(pn_spool_writer *w, pn_spool *s, const pn_spool_meta *meta, pn_error *err)
{
    memset(w, 0, sizeof *w);
    w->spool = s;
    w->fd = -1;
    uint8_t head[PN_SPOOL_HEAD_MAX];
    size_t n_head = 0;
    int rc = pn_spool_head(head, &n_head, meta, err);
    if (rc == PN_OK) { rc = check_reserve(s, err); }
    if (rc == PN_OK) { rc = pn_sha256_init(&w->sha, err); }
    if (rc == PN_OK && (w->buffer = malloc(BUFFER_BYTES)) == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for a write buffer");
    }
    if (rc == PN_OK) { rc = create(w, err); }
    if (rc == PN_OK) { rc = append(w, head, n_head, err); }
    if (rc != PN_OK) {
        pn_spool_abort(w);
        return rc;
    }
    pn_sha256_update(&w->sha, meta->transfer_syntax_uid, strlen(meta->transfer_syntax_uid) + 1);
    return PN_OK;
}

int pn_spool_write(pn_spool_writer *w, const void *bytes, size_t n, pn_error *err)
{
    pn_error e = w->failed;
    if (e.code != PN_OK) { return keep(w, &e, err); }
    if (w->fd < 0) { return pn_fail(err, PN_EINVAL, "writer is not open"); }
    if (n > w->spool->opts.max_instance_bytes - w->n_bytes) {
        (void)pn_fail(&e, PN_ELIMIT, "instance has more than %" PRIu64 " bytes",
                      w->spool->opts.max_instance_bytes);
        return keep(w, &e, err);
    }
    if (append(w, bytes, n, &e) != PN_OK) { return keep(w, &e, err); }
    pn_sha256_update(&w->sha, bytes, n);
    w->n_bytes += n;
    return PN_OK;
}

static int sync_data(pn_spool_writer *w, pn_error *err)
{
    if (fdatasync(w->fd) == 0) { return PN_OK; }
    /* Lack of room found late is still only this file's loss; anything else is the disk's. */
    w->sync_failed = !is_room(errno);
    return fail_errno(err, errno, "cannot sync the instance");
}

/* After this the name is visible; only its durability is open until the folder is synced. */
static int publish(pn_spool_writer *w, const char *digest, pn_error *err)
{
    char name[PN_DIGEST_HEX_SIZE + 4];
    (void)snprintf(name, sizeof name, "%s.dcm", digest);
    if (renameat(w->spool->tmp_fd, w->tmp_name, w->spool->incoming_fd, name) != 0) {
        return fail_errno(err, errno, "cannot rename into incoming/");
    }
    w->tmp_name[0] = '\0';
    if (fsync(w->spool->incoming_fd) != 0) {
        int rc = fail_errno(err, errno, "cannot sync incoming/");
        w->sync_failed = true;
        return rc;
    }
    return PN_OK;
}

int pn_spool_commit(pn_spool_writer *w, char digest[PN_DIGEST_HEX_SIZE], pn_error *err)
{
    pn_error e = w->failed;
    if (e.code == PN_OK && w->fd < 0) { (void)pn_fail(&e, PN_EINVAL, "writer is not open"); }
    int rc = e.code;
    if (rc == PN_OK) { rc = flush(w, w->buffer, w->n_buffered, &e); }
    if (rc == PN_OK) { rc = sync_data(w, &e); }
    if (rc == PN_OK) {
        uint8_t sum[PN_SHA256_SIZE];
        char hex[PN_DIGEST_HEX_SIZE];
        pn_sha256_final(&w->sha, sum);
        pn_hex(hex, sum, sizeof sum);
        rc = publish(w, hex, &e);
        if (rc == PN_OK) { memcpy(digest, hex, sizeof hex); }
    }
    pn_spool_abort(w);
    return rc == PN_OK ? PN_OK : keep(w, &e, err);
}

void pn_spool_abort(pn_spool_writer *w)
{
    if (w->fd >= 0) {
        if (w->tmp_name[0] != '\0') { (void)unlinkat(w->spool->tmp_fd, w->tmp_name, 0); }
        (void)close(w->fd);
        w->fd = -1;
    }
    pn_sha256_discard(&w->sha);
    free(w->buffer);
    w->buffer = NULL;
}
