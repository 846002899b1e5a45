/* dicom/scp.h - one association as acceptor: C-ECHO, C-STORE, and N-EVENT-REPORT on commitments.
 *
 * A report goes to the handler as an object of the class Storage Commitment Push Model.
 * Nothing of a data set is looked at; its bytes go to the handler as they come, in constant
 * memory. One association a process: DCMTK takes the socket from a global variable. */
#ifndef PN_SCP_H
#define PN_SCP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"
#include "base/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Statuses that we answer (PS3.4 B.2.3, PS3.7 C). */
enum {
    PN_STATUS_SUCCESS = 0x0000,
    PN_STATUS_PROCESSING_FAILURE = 0x0110,   /* the disk failed                              */
    PN_STATUS_NO_SUCH_INSTANCE = 0x0112,     /* N-EVENT-REPORT on another instance            */
    PN_STATUS_NO_SUCH_CLASS = 0x0118,        /* N-EVENT-REPORT of another class               */
    PN_STATUS_INVALID_SOP_INSTANCE = 0x0117, /* SOP Instance UID is not a UID                */
    PN_STATUS_SOP_CLASS_NOT_SUPPORTED = 0x0122, /* not the context's abstract syntax         */
    PN_STATUS_MISSING_ATTRIBUTE = 0x0120,    /* no data set or no UID                        */
    PN_STATUS_OUT_OF_RESOURCES = 0xa700,     /* disk full, under the reserve, object too large */
    PN_STATUS_CANNOT_UNDERSTAND = 0xc000,    /* everything else                              */
};

typedef struct pn_scp_opts {
    const char *ae_title;          /* ours; a request for another one is rejected (1, 1, 7)  */
    const char *const *more_ae_titles; size_t n_more_ae_titles;    /* of ours as well        */
    const char *const *calling_ae_titles; size_t n_calling_ae_titles;  /* who may call; none
                                      here: whoever. Others are rejected (1, 1, 3)           */
    const pn_tls *tls;             /* NULL: the association is plain                         */
    unsigned artim_s;              /* from now until the whole A-ASSOCIATE-RQ is here, a TLS
                                      handshake before it included                           */
    unsigned idle_timeout_s;       /* for every PDU to be complete                           */
    uint64_t max_instance_bytes;   /* an object more than this larger is not drained: A-ABORT */
} pn_scp_opts;

/* What a C-STORE is, for the handler. Texts live until the call returns. */
typedef struct pn_scp_instance {
    const char *sop_class_uid, *sop_uid, *transfer_syntax_uid, *calling_ae;
} pn_scp_instance;

/* begin, write* and then commit or abort, in that order; after a begin that failed, nothing.
 * Return PN_OK or fill err; the code makes the status: PN_ENOSPC and PN_ELIMIT A700, PN_EIO 0110,
 * others C000, with the message as Error Comment. After a failed write come no more of them, but
 * an abort. Success is answered when commit has returned PN_OK, and only then.
 * draining may be NULL; true: end the association as soon as no message is under way. */
typedef struct pn_scp_handler {
    int (*begin)(void *payload, const pn_scp_instance *instance, pn_error *err);
    int (*write)(void *payload, const void *bytes, size_t n, pn_error *err);
    int (*commit)(void *payload, pn_error *err);
    void (*abort)(void *payload);
    /* Called once, after the TLS handshake; may be NULL. */
    void (*secured)(void *payload, const pn_tls_peer *peer);
    /* Called once, when the association is accepted. */
    void (*accepted)(void *payload, const char *calling_ae, unsigned n_contexts);
    bool (*draining)(void *payload);
    /* True: nothing may be acknowledged any more; the association is aborted. */
    bool (*must_stop)(void *payload);
    void *payload;
} pn_scp_handler;

typedef struct pn_scp_result {
    char calling_ae[PN_AE_SIZE], called_ae[PN_AE_SIZE];   /* as sent; outside text           */
    bool accepted;
    unsigned n_stored, n_failed, n_echoed;
    unsigned n_events;             /* reports on commitments that were taken                   */
    const char *end;               /* "released", "aborted by peer", "closed by peer", "timed out",
                                      "rejected", "violation", "stopped", "refused" (TLS failed,
                                      or came where it should not); static                   */
    const char *why_rejected;      /* "called AE title", …; static; NULL if it was not       */
} pn_scp_result;

/* Serve the association on fd, a connected stream socket that stays the caller's to close.
 * PN_OK: it ended by release, or was rejected. Else PN_ENET (the peer vanished, aborted, timed
 * out, was refused), PN_EFORMAT (it broke the protocol), PN_EIO (must_stop); out is filled in any case. */
PN_CHECKED int pn_scp_serve(pn_scp_result *out, int fd, const pn_scp_opts *opts,
                            const pn_scp_handler *handler, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
