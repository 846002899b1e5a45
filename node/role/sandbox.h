/* role/sandbox.h - how a process that decodes what strangers made gives up everything else.
 *
 * Two layers: Landlock says which files can be opened, seccomp which system calls there are. A
 * call that is not on the list kills the process (SIGSYS), so that whoever waits for it sees
 * "signal 31 (Bad system call)"; a path that is not on the list is EACCES. Both hold for the
 * rest of the process's life and for nobody else. docs/ARCHITECTURE.md, "Sandbox", lists what
 * is allowed. */
#ifndef PN_SANDBOX_H
#define PN_SANDBOX_H
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

typedef struct pn_sandbox_opts {
    const char *const *readable;   /* files, or folders with all that is in them             */
    size_t n_readable;             /* what does not exist is left out                        */
    const char *writable_folder;   /* files may be made, replaced and removed in it; NULL:
                                      the process opens nothing for writing                  */
    unsigned max_files;            /* open at once; 0: as it is                              */
    uint64_t max_memory_bytes;     /* of address space; 0: as it is. Not in sanitized builds,
                                      whose shadow memory takes terabytes of addresses       */
    uint64_t max_file_bytes;       /* of one file written; 0: as it is. EFBIG beyond it      */
    int max_landlock_abi;          /* 0: what the kernel knows; lower: as an older kernel    */
} pn_sandbox_opts;

/* Lock the calling process up. Whatever reads files late (character set converters, time zone,
 * OpenSSL's configuration) must have been used before. Without Landlock in the kernel seccomp
 * stands alone. Fails: PN_EINTERNAL where the process has a second thread (which would stay
 * free) or a layer that the kernel has refuses; the process must then not go on. */
PN_CHECKED int pn_sandbox_enter(const pn_sandbox_opts *opts, pn_error *err);

/* The kernel's Landlock version, 0: none. */
int pn_sandbox_landlock_abi(void);
/* Log what pn_sandbox_enter will use for the processes of that name: event=sandbox. Fails:
 * PN_ECONFIG where the kernel has no seccomp filters, without which nothing is decoded. */
PN_CHECKED int pn_sandbox_announce(const char *process, pn_error *err);

#endif
