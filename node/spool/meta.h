/* spool/meta.h - the head of a Part 10 file (PS3.10 7.1): preamble, DICM, group 0002. */
#ifndef PN_SPOOL_META_H
#define PN_SPOOL_META_H
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "spool/spool.h"

enum { PN_SPOOL_HEAD_MAX = 1024 };

/* Write the head into out[PN_SPOOL_HEAD_MAX], its length into *n. The preamble is zeros, so that
 * the file cannot be read as a program. PN_EINVAL: an empty or too long UID, a title that is
 * too long or not printable ASCII. */
PN_CHECKED int pn_spool_head(uint8_t *out, size_t *n, const pn_spool_meta *meta, pn_error *err);

#endif
