/* dicom/commit.h - asking an archive to keep what it took: Storage Commitment Push Model, PS3.4 J. */
#ifndef PN_COMMIT_H
#define PN_COMMIT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "dicom/scp.h"
#include "dicom/scu.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_commit_ref { const char *sop_class_uid, *sop_uid; } pn_commit_ref;

/* Request commitment of n objects under a Transaction UID that was never used before (N-ACTION), and
 * stay on the association for wait_s in case the archive reports on it there. A report goes to the
 * handler, as pn_scp_serve would give it; *n_reports counts them. handler NULL: nobody waits. The other way is an association of
 * the archive's own, to our receiver.
 * PN_OK: the archive has the request. Fails as pn_scu_echo, and: PN_EUNSUPPORTED (it does not offer
 * the service), PN_EPEER (a failure status). What fails after the request was taken is no failure. */
PN_CHECKED int pn_commit_request_send(unsigned *n_reports, const pn_scu_peer *peer,
                                      const char *transaction_uid, const pn_commit_ref *refs, size_t n,
                                      const pn_scp_handler *handler, unsigned wait_s, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
