/* file.h - a file's bytes in and out; the library touches no other I/O. */
#ifndef CFG_FILE_H
#define CFG_FILE_H
#include <stddef.h>
#include <config/error.h>

/* All bytes of a regular file of at most max_bytes; the caller frees *out. */
CFG_CHECKED int cfg_file_read(char **out, size_t *n, const char *path, size_t max_bytes,
                              cfg_error *err);
/* Whole or not at all: temporary name in the same folder, sync, rename, sync of the folder. */
CFG_CHECKED int cfg_file_write(const char *path, const char *bytes, size_t n, cfg_error *err);
/* SHA-256 as 64 hexadecimal digits. */
CFG_CHECKED int cfg_sha256(char hex[65], const char *bytes, size_t n, const char *name,
                           cfg_error *err);
#endif
