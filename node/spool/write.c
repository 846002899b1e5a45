/* Writing an instance: tmp/ -> disk -> incoming/ -> sync. */
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

/* Few, large writes: a peer's PDU may carry as little as 4 KB. Each is on its way to the disk, and
 * hashed, while the peer sends the next. */
enum { BUFFER_BYTES = 512 * 1024 };

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

static int write_all(pn_spool_writer *w, const uint8_t *p, size_t n, pn_error *err)
{
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

/* The buffer to the file, and the disk set to work; that this fails is met again at commit. */
static int flush(pn_spool_writer *w, pn_error *err)
{
    int rc = write_all(w, w->buffer, w->n_buffered, err);
    if (rc != PN_OK) { return rc; }
    (void)sync_file_range(w->fd, (off_t)w->n_written, (off_t)w->n_buffered, SYNC_FILE_RANGE_WRITE);
    size_t n_head = w->n_head;
    pn_sha256_update(&w->sha, w->buffer + n_head, w->n_buffered - n_head);
    w->n_head = 0;
    w->n_written += w->n_buffered;
    w->n_buffered = 0;
    return PN_OK;
}

static int append(pn_spool_writer *w, const uint8_t *bytes, size_t n, pn_error *err)
{
    while (n > 0) {
        size_t room = BUFFER_BYTES - w->n_buffered, part = n < room ? n : room;
        memcpy(w->buffer + w->n_buffered, bytes, part);
        w->n_buffered += part;
        bytes += part;
        n -= part;
        if (w->n_buffered < BUFFER_BYTES) { break; }
        int rc = flush(w, err);
        if (rc != PN_OK) { return rc; }
    }
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

/* One buffer goes from writer to writer: fresh pages for each instance cost as much as hashing. */
static int take_buffer(pn_spool_writer *w, pn_error *err)
{
    w->buffer = w->spool->spare != NULL ? w->spool->spare : malloc(BUFFER_BYTES);
    w->spool->spare = NULL;
    if (w->buffer == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a write buffer"); }
    return PN_OK;
}

static void give_buffer_back(pn_spool_writer *w)
{
    if (w->spool->spare == NULL) { w->spool->spare = w->buffer; }
    else { free(w->buffer); }
    w->buffer = NULL;
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
    if (rc == PN_OK) { rc = take_buffer(w, err); }
    if (rc == PN_OK) { rc = create(w, err); }
    if (rc != PN_OK) {
        pn_spool_abort(w);
        return rc;
    }
    memcpy(w->buffer, head, n_head);
    w->n_buffered = w->n_head = n_head;
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
    w->n_bytes += n;
    return PN_OK;
}

/* Lack of room found late is still only this file's loss; anything else is the disk's. */
static int fail_sync(pn_spool_writer *w, int e, pn_error *err)
{
    w->sync_failed = w->sync_failed || !is_room(e);
    return fail_errno(err, e, "cannot sync the instance");
}

/* After this the file may get its name. Where the file system is ordered the data are only written
 * back, which spares a commit of the journal; the sync for it comes with the name's. */
static int write_back(pn_spool_writer *w, pn_error *err)
{
    const unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                         SYNC_FILE_RANGE_WAIT_AFTER;
    int rc = w->spool->ordered ? sync_file_range(w->fd, 0, 0, all) : fdatasync(w->fd);
    return rc == 0 ? PN_OK : fail_sync(w, errno, err);
}

/* From the rename on the name is visible; only its durability is open until the sync. */
static int publish(pn_spool_writer *w, const char *digest, pn_error *err)
{
    pn_spool *s = w->spool;
    char name[PN_DIGEST_HEX_SIZE + 4];
    (void)snprintf(name, sizeof name, "%s.dcm", digest);
    if (renameat(s->tmp_fd, w->tmp_name, s->incoming_fd, name) != 0) {
        return fail_errno(err, errno, "cannot rename into incoming/");
    }
    w->tmp_name[0] = '\0';
    if (fsync(s->ordered ? w->fd : s->incoming_fd) != 0) {
        int rc = fail_errno(err, errno, "cannot sync what is in incoming/");
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
    if (rc == PN_OK) { rc = flush(w, &e); }
    if (rc == PN_OK) { rc = write_back(w, &e); }
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
    if (w->buffer != NULL) { give_buffer_back(w); }
}
