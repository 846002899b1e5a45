/* role/spool_sink.h - what a peer sends goes into the spool: the handler's part that the receiver, the
 * fetcher (C-GET) and the sender (reports on commitments) have in common. */
#ifndef PN_SPOOL_SINK_H
#define PN_SPOOL_SINK_H
#include "dicom/scp.h"
#include "spool/spool.h"

typedef struct pn_spool_sink {
    pn_spool *spool;           /* lent */
    pn_spool_writer writer;
    uint64_t n_bytes;          /* of the stored data sets                                    */
    bool sync_failed;          /* nothing may be acknowledged any more                       */
} pn_spool_sink;
#define PN_SPOOL_SINK_INIT(s) { .spool = (s), .writer = { .fd = -1 } }

/* For pn_scp_handler; payload: a pn_spool_sink, or a struct that begins with one. */
int pn_sink_begin(void *payload, const pn_scp_instance *instance, pn_error *err);
int pn_sink_write(void *payload, const void *bytes, size_t n, pn_error *err);
int pn_sink_commit(void *payload, pn_error *err);
void pn_sink_abort(void *payload);
bool pn_sink_must_stop(void *payload);

#endif
