/* base/file.h - files, written whole or not at all, and the clocks. */
#ifndef PN_FILE_H
#define PN_FILE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* snprintf that fails (PN_ELIMIT) where the path would be cut. */
PN_CHECKED int pn_path(char *buf, size_t size, pn_error *err, const char *fmt, ...) PN_PRINTF(4, 5);

/* Make the folder and its parents, mode 0700; existing ones are fine. */
PN_CHECKED int pn_mkdir_p(const char *path, pn_error *err);
/* The whole file in memory with a NUL after it; more than max bytes is PN_ELIMIT. free(*out). */
PN_CHECKED int pn_read_file(char **out, size_t *n, const char *path, size_t max, pn_error *err);
/* The same of a regular file only: a pipe or a device is refused, and not waited for. */
PN_CHECKED int pn_read_regular_file(char **out, size_t *n, const char *path, size_t max, pn_error *err);
/* Temporary name beside it, write, sync, rename; with durable also the folder is synced. */
PN_CHECKED int pn_write_file(const char *path, const void *bytes, size_t n, bool durable,
                             pn_error *err);
/* write(2) until all is written; EINTR and short writes are handled. */
PN_CHECKED int pn_write_all(int fd, const void *bytes, size_t n, const char *what, pn_error *err);
PN_CHECKED int pn_sync_dir(const char *path, pn_error *err);
/* Remove a folder and what is in it (links are removed, not followed). Absent is fine. */
PN_CHECKED int pn_remove_tree(const char *path, pn_error *err);

/* The name of this host, or what the configuration calls it: 1 to 64 of A-Z a-z 0-9 . - _ */
void pn_host_name(char out[65], const char *configured);

int64_t pn_now_ms(void);        /* CLOCK_REALTIME, since 1970 UTC */
/* Sleep; a signal ends it early, so that a role sees its stop at once. */
void pn_nap_ms(unsigned ms);
int64_t pn_mono_ms(void);       /* CLOCK_MONOTONIC                */
int64_t pn_boot_ms(void);       /* CLOCK_BOOTTIME: goes on while the machine sleeps */
/* Local time as YYYYMMDDHHMMSS, the way DICOM writes date and time. */
void pn_datetime_local(char out[15], int64_t ms);

#ifdef __cplusplus
}
#endif
#endif
