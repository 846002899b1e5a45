/* role/revise.h - finished cases whose images changed afterwards: a new version, or nothing.
 *
 * A case that used a series as a whole is made again when the series has more images than it
 * was computed on. A case whose images came again with the same pixels and another patient or
 * order is made again once all of its images agree on the new identity and the contour does not
 * contradict it (a new Patient ID needs the contour as well, and that makes a case by itself).
 * Until then, and where only other parts of a header changed, nothing happens. */
#ifndef PN_REVISE_H
#define PN_REVISE_H
#include "role/intake.h"

/* Look at one case of pn_store_next_to_revise. *new_id: the case made, 0: none; *why: in words,
 * a constant. Whatever is decided, the case is not found again until the next change. */
PN_CHECKED int pn_revise_case(int64_t *new_id, const char **why, pn_intake *in, pn_store *s,
                              const pn_case *c, int64_t now_ms, pn_error *err);

#endif
