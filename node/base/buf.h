/* base/buf.h - a growing piece of text; always NUL-terminated once something was added. */
#ifndef PN_BUF_H
#define PN_BUF_H
#include <stddef.h>
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_buf { char *p; size_t n, room; } pn_buf;   /* start from {0} */

PN_CHECKED int pn_buf_add(pn_buf *b, const void *p, size_t n, pn_error *err);
PN_CHECKED int pn_buf_printf(pn_buf *b, pn_error *err, const char *fmt, ...) PN_PRINTF(3, 4);
void pn_buf_free(pn_buf *b);

#ifdef __cplusplus
}
#endif
#endif
