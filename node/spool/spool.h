/* spool/spool.h - received instances on disk: durable before they are acknowledged.
 *
 *   tmp/          what is being written; nothing in it counts
 *   incoming/     <digest>.dcm, complete and durable, not yet in the catalogue
 *   instances/ab/ <digest>.dcm, in the catalogue; ab = first two digits of the digest
 *   quarantine/   <digest>.dcm and <digest>.reason
 *   results/      folders of the compute processes
 *
 * Files are Part 10 files whose data set is what the sender sent, byte for byte. They are named
 * by the SHA-256 of transfer syntax UID, one NUL, data set; never by anything a peer chose as a
 * name. The same content stored twice is one file. Folders have mode 0700, files 0600.
 *
 * A name in incoming/ is self-checking and is made by rename after the data were written, so
 * whoever finds it may trust it; the folders are the truth, the catalogue is rebuilt from them.
 * A file is in incoming/ or in instances/, and moves between them by one rename, which the
 * journal of the file system makes all or nothing.
 *
 * Not for several threads. Several processes may use one spool at a time, also of several hosts
 * where their file system is shared and gives one name to one of two who rename. */
#ifndef PN_SPOOL_H
#define PN_SPOOL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/hash.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_spool_opts {
    uint64_t reserve_bytes;        /* below this much free space nothing new is begun       */
    uint64_t max_instance_bytes;   /* of one data set                                       */
    const char *host_name;         /* of this host among those that share the spool; NULL   */
                                   /* or "": its own name. Read by pn_spool_open only       */
} pn_spool_opts;
#define PN_SPOOL_OPTS_INIT { .reserve_bytes = 0, .max_instance_bytes = PN_MAX_INSTANCE_BYTES }

typedef struct pn_spool {
    char root[PN_PATH_SIZE];
    pn_spool_opts opts;
    char host[65];                 /* in the names in tmp/                                  */
    int tmp_fd, incoming_fd, instances_fd, quarantine_fd;   /* folders */
    unsigned long n_begun;         /* makes names in tmp/ unique                            */
    bool ordered;                  /* one sync of a file makes its new name durable too     */
    uint8_t *spare;                /* a write buffer that no writer has, or NULL            */
} pn_spool;

/* Open the spool, making the folders that are missing. Fails: PN_EIO, PN_ENOSPC, PN_ELIMIT. */
PN_CHECKED int pn_spool_open(pn_spool *out, const char *root, const pn_spool_opts *opts,
                             pn_error *err);
void pn_spool_close(pn_spool *s);            /* after a successful open, once */

/* Free bytes for this user on the spool's file system. */
PN_CHECKED int pn_spool_free_bytes(uint64_t *out, const pn_spool *s, pn_error *err);

/* Remove what writers of this host that no longer live left in tmp/, and what other hosts left
 * there more than a day ago. *n_removed may be NULL. */
PN_CHECKED int pn_spool_clean_tmp(size_t *n_removed, pn_spool *s, pn_error *err);

/* ---- Writing ------------------------------------------------------------------------------ */

/* For the file meta information. The UIDs have 1 to 64 characters, the title at most 16. */
typedef struct pn_spool_meta {
    const char *sop_class_uid, *sop_uid, *transfer_syntax_uid, *calling_ae;
} pn_spool_meta;

typedef struct pn_spool_writer {
    pn_spool *spool;
    int fd;                        /* -1: nothing open                                      */
    char tmp_name[128];
    pn_sha256 sha;
    uint8_t *buffer; size_t n_buffered;
    size_t n_head;                 /* of the buffer: meta information, which is not hashed  */
    uint64_t n_bytes;              /* of the data set so far                                */
    uint64_t n_written;            /* of the file, without what is buffered                 */
    pn_error failed;               /* the first failure; later calls repeat it              */
    bool sync_failed;              /* the disk did not keep what it had taken               */
} pn_spool_writer;

/* Start a file. Fails before anything is written: PN_ENOSPC (less than the reserve is free, or
 * no room), PN_EINVAL (meta), PN_EIO. After a failure the writer needs no abort. */
PN_CHECKED int pn_spool_begin(pn_spool_writer *w, pn_spool *s, const pn_spool_meta *meta,
                              pn_error *err);
/* Append bytes of the data set. Fails: PN_ENOSPC, PN_ELIMIT (max_instance_bytes), PN_EIO. */
PN_CHECKED int pn_spool_write(pn_spool_writer *w, const void *bytes, size_t n, pn_error *err);
/* Write the data back, give the name in incoming/, sync: the file where the file system is
 * `ordered`, else the data before and the folder after. PN_OK means: survives a power cut.
 * Fails as pn_spool_write does; nothing is then visible, unless the last sync failed. Where
 * w->sync_failed is set, the caller must acknowledge nothing more and end: the kernel reports a
 * lost write once, and a second sync would lie.
 * The writer is finished either way; digest is only set on success. */
PN_CHECKED int pn_spool_commit(pn_spool_writer *w, char digest[PN_DIGEST_HEX_SIZE], pn_error *err);
void pn_spool_abort(pn_spool_writer *w);     /* after begin; a finished writer is fine */

/* ---- Reading and moving ------------------------------------------------------------------- */

typedef struct pn_spool_entry {
    char digest[PN_DIGEST_HEX_SIZE];
    uint64_t n_bytes;              /* of the file                                           */
    int64_t mtime_ms;
} pn_spool_entry;

/* Up to max files of incoming/, in no order. Names that are not ours, links and folders are
 * passed over. */
PN_CHECKED int pn_spool_incoming(pn_spool_entry *out, size_t max, size_t *n, pn_spool *s,
                                 pn_error *err);
/* Every file of instances/. A visit that returns other than PN_OK ends the walk with that code
 * (and fills err). */
typedef int pn_spool_visit(void *ctx, const pn_spool_entry *entry, pn_error *err);
PN_CHECKED int pn_spool_each_instance(pn_spool *s, pn_spool_visit *visit, void *ctx,
                                      pn_error *err);

/* incoming/ -> instances/, once the catalogue has the instance. Done already is PN_OK.
 * PN_ENOTFOUND: in neither. */
PN_CHECKED int pn_spool_adopt(pn_spool *s, const char *digest, pn_error *err);
/* Where the instance lies now, instances/ first. PN_ENOTFOUND: nowhere (or in quarantine). */
PN_CHECKED int pn_spool_path(char out[PN_PATH_SIZE], const pn_spool *s, const char *digest,
                             pn_error *err);
/* Out of the way, with one line that says why. Done already is PN_OK. */
PN_CHECKED int pn_spool_quarantine(pn_spool *s, const char *digest, const char *reason,
                                   pn_error *err);
/* Remove the instance for good, wherever it lies (retention). Absent is PN_OK. */
PN_CHECKED int pn_spool_remove(pn_spool *s, const char *digest, pn_error *err);
/* <root>/results/<name>; the folder is not made. name: [A-Za-z0-9._-], no leading dot. */
PN_CHECKED int pn_spool_result_path(char out[PN_PATH_SIZE], const pn_spool *s, const char *name,
                                    pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
