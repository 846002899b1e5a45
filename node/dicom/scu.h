/* dicom/scu.h - one association as requestor: C-ECHO, and C-STORE of finished files.
 *
 * One association at a time in a process (DCMTK's time-outs are global). */
#ifndef PN_SCU_H
#define PN_SCU_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"
#include "base/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cfg_node;
struct cfg_archive;

/* The texts are the caller's. Names of hosts are looked up as IPv4. */
typedef struct pn_scu_peer {
    const char *host;
    uint16_t port;
    const char *called_ae, *calling_ae;    /* at most 16 characters each                    */
    unsigned connect_timeout_s;            /* TCP                                           */
    unsigned dimse_timeout_s;              /* the answer to the association request; each PDU
                                              of a message; the answer to a message         */
    bool secure;                           /* over TLS, or not at all                       */
    const pn_tls *tls;                     /* if secure                                     */
    pn_tls_expected expected;              /* if secure                                     */
} pn_scu_peer;

/* Borrows from all. tls may be NULL where the archive does not want it. */
pn_scu_peer pn_scu_peer_of(const struct cfg_node *cfg, const struct cfg_archive *archive,
                           const pn_tls *tls);

enum { PN_SCU_NO_STATUS = -1, PN_SCU_COMMENT_SIZE = 160 };

/* What became of one file. */
typedef struct pn_scu_result {
    bool stored;                   /* 0000, Bxxx (warning), 0111 (the peer has it already)   */
    bool tried;                    /* it was on its way: the peer knows of it                */
    bool refused;                  /* the peer takes no such object (its class, or a permanent
                                      status): another object may be taken                   */
    pn_class cls;                  /* of a failure: worth another try?                       */
    int status;                    /* of the C-STORE-RSP, or PN_SCU_NO_STATUS                */
    char comment[PN_SCU_COMMENT_SIZE]; /* the peer's Error Comment, or our reason; outside text */
} pn_scu_result;

/* stored and cls from a status: A7xx and A9xx (resources, data set does not match) are transient,
 * every other failure is permanent. */
void pn_scu_classify(pn_scu_result *r, unsigned status);

/* Verification. Fails: PN_ENET (transient: unreachable, timed out, aborted, rejected for now;
 * permanent: rejected because of a title or the application context, Verification not accepted),
 * PN_EPEER (an answer other than 0000). */
PN_CHECKED int pn_scu_echo(const pn_scu_peer *peer, pn_error *err);

/* What an association could carry. transfer_syntax_uid NULL: Implicit VR Little Endian. */
typedef struct pn_scu_offer { const char *sop_class_uid, *transfer_syntax_uid; bool accepted; } pn_scu_offer;
/* Propose up to 128 of them, note which the peer accepts, and release. Fails as pn_scu_echo. */
PN_CHECKED int pn_scu_negotiate(pn_scu_offer *offers, size_t n, const pn_scu_peer *peer, pn_error *err);

/* Send n Part 10 files over one association, each data set byte for byte as it lies in the file;
 * each SOP class is proposed with the file's own transfer syntax. results[n] is filled in any
 * case. PN_OK: every file got its answer, or could not be sent for a reason of its own (broken
 * file, context refused: status PN_SCU_NO_STATUS). Else as pn_scu_echo: the association failed,
 * and the files without an answer are marked transient, unless the failure is permanent. */
PN_CHECKED int pn_scu_store(const pn_scu_peer *peer, const char *const *paths, size_t n,
                            pn_scu_result results[], pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
