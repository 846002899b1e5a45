/* mem.h - zeroed arrays, never of length 0, NULL where the size cannot be had. */
#ifndef SV_MEM_H
#define SV_MEM_H

#include <stdint.h>
#include <stdlib.h>

#include <survival/error.h>

#define SV_NEW(type, n) ((type *)sv_zeroed((n), sizeof(type)))

static inline void *sv_zeroed(size_t n, size_t size)
{
    if (n > PTRDIFF_MAX / size) { return NULL; }
    return calloc(n > 0 ? n : 1, size);
}

static inline int sv_no_memory(sv_error *err, const char *what)
{
    return sv_fail(err, SV_ENOMEM, "out of memory for %s", what);
}

#endif
