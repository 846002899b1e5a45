/* role/restore.h - reports that lie in results/ and that the database does not know.
 *
 * A lost database must not make a second document of what was reported: the cases come back with
 * their numbers, versions, predecessors and times, state `reported`, and the objects are sent
 * again as the bytes that they are. */
#ifndef PN_RESTORE_H
#define PN_RESTORE_H
#include "role/header_child.h"
#include "role/intake.h"
#include "spool/spool.h"

/* Restore what results/ holds, in the order of the case numbers; the catalogue has the images.
 * Folders that are not finished, or whose contour or model is no longer there, are passed over
 * (and logged). *n: how many cases were restored. */
PN_CHECKED int pn_restore_reports(size_t *n, pn_intake *in, pn_store *s, const pn_spool *spool,
                                  pn_header_reader *reader, int64_t now_ms, pn_error *err);

#endif
