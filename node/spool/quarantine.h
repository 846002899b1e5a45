/* spool/quarantine.h - what lies in quarantine/: objects that could not be read, each with a
 * reason, until age or size takes them.
 *
 *   <digest>.dcm      the object; may have been removed
 *   <digest>.reason   why, in one line; once the object is gone, who it was in a second one
 *   <digest>.listed   empty: an operator has been shown it
 *
 * The reason outlives the object until an operator has been shown it, so that nothing vanishes
 * unseen. */
#ifndef PN_SPOOL_QUARANTINE_H
#define PN_SPOOL_QUARANTINE_H
#include "spool/spool.h"

typedef struct pn_quarantined {
    char digest[PN_DIGEST_HEX_SIZE];
    int64_t since_ms;
    uint64_t n_bytes;              /* of the object, 0: it has been removed                 */
    bool listed;
} pn_quarantined;

/* What a person is told of one of them. Outside text, printable ASCII but for the reason. */
typedef struct pn_quarantine_facts {
    char sop_uid[PN_UID_SIZE], calling_ae[PN_AE_SIZE];     /* of the C-STORE, "" where unknown */
    char reason[512];
} pn_quarantine_facts;

/* All of them, the oldest first; free(*out). */
PN_CHECKED int pn_quarantine_list(pn_quarantined **out, size_t *n, const pn_spool *s,
                                  pn_error *err);
PN_CHECKED int pn_quarantine_facts_of(pn_quarantine_facts *out, const pn_spool *s,
                                      const char *digest, pn_error *err);
/* An operator has been shown it. */
PN_CHECKED int pn_quarantine_set_listed(const pn_spool *s, const char *digest, pn_error *err);
/* Remove the object, and where it was listed all that is left of it. Absent is PN_OK. */
PN_CHECKED int pn_quarantine_remove(const pn_spool *s, const pn_quarantined *q, pn_error *err);

#endif
