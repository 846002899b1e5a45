/* spool/journal.h - what one sync of a file means on the spool's file system. Private to spool/. */
#ifndef PN_SPOOL_JOURNAL_H
#define PN_SPOOL_JOURNAL_H
#include <stdbool.h>

/* True where the file system is known to keep its metadata in one journal, in order: there a sync
 * of a file that was renamed makes the new name durable too, and a rename is never durable before
 * the data that had been written back before it. So ext4 and XFS; false for all others, and where
 * /proc does not tell. */
bool pn_spool_is_ordered(int fd);

#endif
