#include <radiomics/error.h>
#include <stdarg.h>
#include <stdio.h>

int rx_fail(rx_error *err, rx_code code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        err->code = code;
        vsnprintf(err->msg, sizeof err->msg, fmt, ap);
        va_end(ap);
    }
    return (int)code;
}
