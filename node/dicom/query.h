/* dicom/query.h - asking an archive for images: C-FIND, C-MOVE and C-GET in the Study Root model.
 *
 * What a peer answers is outside input: an answer has at most PN_MAX_QUERY_BYTES, a query at most
 * PN_MAX_SLICES answers, its structure is walked by dicom/scan and only UIDs are taken from it.
 * One association at a time in a process. */
#ifndef PN_QUERY_H
#define PN_QUERY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"
#include "dicom/scp.h"
#include "dicom/scu.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_query_opts {
    unsigned total_timeout_s;      /* of one call, whatever the peer goes on sending         */
    bool (*give_up)(void *ctx);    /* asked while waiting; true ends the call; may be NULL   */
    void *ctx;
} pn_query_opts;

typedef struct pn_found { char series_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE]; } pn_found;
typedef struct pn_found_list { pn_found *item; size_t n; } pn_found_list;
void pn_found_list_free(pn_found_list *l);

/* The instances of a series that the archive has; series_uid "": of every series of the study (at
 * most PN_MAX_QUERY_SERIES). None is PN_OK. Fails as pn_scu_echo, and: PN_EUNSUPPORTED (it does
 * not offer the query), PN_EPEER (a failure status; transient where A7xx), PN_ELIMIT. */
PN_CHECKED int pn_query_find(pn_found_list *out, const pn_scu_peer *peer, const char *study_uid,
                             const char *series_uid, const pn_query_opts *opts, pn_error *err);

/* What to fetch. n_uids 0: the whole series. */
typedef struct pn_query_what {
    const char *study_uid, *series_uid;
    const char *const *uids; size_t n_uids;
} pn_query_what;

typedef struct pn_query_result {
    int status;                    /* the last response's, or PN_SCU_NO_STATUS               */
    unsigned n_completed, n_failed;    /* sub-operations, as the peer says                   */
    unsigned n_stored;             /* C-GET: acknowledged by us with Success                 */
} pn_query_result;

/* Have the archive send them to `destination`, an AE title that it knows. Returns when it says
 * that it has done so. PN_OK: status 0000 or Bxxx. Fails as pn_query_find. */
PN_CHECKED int pn_query_move(pn_query_result *out, const pn_scu_peer *peer,
                             const char *destination, const pn_query_what *what,
                             const pn_query_opts *opts, pn_error *err);

/* Have the archive send them over this association, into the handler, whose contract is that of
 * pn_scp_serve: an object is acknowledged once commit has returned PN_OK. */
PN_CHECKED int pn_query_get(pn_query_result *out, const pn_scu_peer *peer,
                            const pn_query_what *what, const pn_scp_handler *handler,
                            uint64_t max_instance_bytes, const pn_query_opts *opts,
                            pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
