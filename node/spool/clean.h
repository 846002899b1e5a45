/* spool/clean.h - what retention takes from the spool's folders. */
#ifndef PN_SPOOL_CLEAN_H
#define PN_SPOOL_CLEAN_H
#include <stdint.h>
#include "spool/spool.h"

/* Remove from tmp/ what was last written before before_ms and is held by no writer. */
PN_CHECKED int pn_spool_clean_old(size_t *n_removed, pn_spool *s, int64_t before_ms,
                                  pn_error *err);
/* Remove an instance from instances/ only: a copy that has come again and lies in incoming/
 * stays. Absent is PN_OK. */
PN_CHECKED int pn_spool_remove_adopted(pn_spool *s, const char *digest, pn_error *err);

#endif
