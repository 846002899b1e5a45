/* error.c - filling an sv_error. */
#include <survival/error.h>

#include <stdarg.h>
#include <stdio.h>

int sv_fail(sv_error *err, sv_code code, const char *fmt, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, fmt);
        err->code = code;
        (void)vsnprintf(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
    }
    return (int)code;
}
