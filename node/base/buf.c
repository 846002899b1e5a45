#include "base/buf.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reserve(pn_buf *b, size_t more, pn_error *err)
{
    if (more > SIZE_MAX / 2 - b->n - 1) { return pn_fail(err, PN_ELIMIT, "text too long"); }
    size_t want = b->n + more + 1;
    if (want <= b->room) { return PN_OK; }
    size_t room = b->room < 128 ? 128 : b->room;
    while (room < want) { room *= 2; }
    char *p = realloc(b->p, room);
    if (p == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu bytes", room); }
    b->p = p;
    b->room = room;
    return PN_OK;
}

int pn_buf_add(pn_buf *b, const void *p, size_t n, pn_error *err)
{
    int rc = reserve(b, n, err);
    if (rc != PN_OK) { return rc; }
    if (n > 0) { memcpy(b->p + b->n, p, n); }
    b->n += n;
    b->p[b->n] = '\0';
    return PN_OK;
}

int pn_buf_printf(pn_buf *b, pn_error *err, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    int rc = n < 0 ? pn_fail(err, PN_EINTERNAL, "bad format") : reserve(b, (size_t)n, err);
    if (rc == PN_OK) {
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
    return rc;
}

void pn_buf_free(pn_buf *b)
{
    free(b->p);
    *b = (pn_buf){0};
}
