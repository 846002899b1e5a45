#include "base/error.h"
#include <stdio.h>
#include <string.h>

int pn_vfail(pn_error *err, pn_class cls, pn_code code, const char *fmt, va_list ap)
{
    if (err != NULL) {
        err->code = code;
        err->cls = cls;
        (void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    }
    return (int)code;
}

int pn_fail(pn_error *err, pn_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)pn_vfail(err, PN_PERMANENT, code, fmt, ap);
    va_end(ap);
    return (int)code;
}

int pn_fail_transient(pn_error *err, pn_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)pn_vfail(err, PN_TRANSIENT, code, fmt, ap);
    va_end(ap);
    return (int)code;
}

int pn_wrap(pn_error *err, const char *fmt, ...)
{
    if (err == NULL) { return (int)PN_EINTERNAL; }
    char context[sizeof err->msg], whole[2 * sizeof err->msg + 2];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(context, sizeof context, fmt, ap);
    va_end(ap);
    (void)snprintf(whole, sizeof whole, "%s: %s", context, err->msg);
    memcpy(err->msg, whole, sizeof err->msg - 1);   /* the tail is cut where it is too long */
    err->msg[sizeof err->msg - 1] = '\0';
    return (int)err->code;
}

const char *pn_code_word(pn_code code)
{
    switch (code) {
    case PN_OK: return "ok";
    case PN_EINVAL: return "invalid argument";
    case PN_ENOMEM: return "out of memory";
    case PN_EIO: return "input/output error";
    case PN_ENOSPC: return "no space";
    case PN_ENOTFOUND: return "not found";
    case PN_EFORMAT: return "broken object";
    case PN_EUNSUPPORTED: return "not supported";
    case PN_ELIMIT: return "limit exceeded";
    case PN_EGEOMETRY: return "geometry";
    case PN_EIDENTITY: return "identity conflict";
    case PN_EEMPTY: return "empty region";
    case PN_ECONFIG: return "configuration";
    case PN_ESTORE: return "database";
    case PN_ENET: return "network";
    case PN_EPEER: return "refused by peer";
    case PN_ECRASH: return "process died";
    case PN_EINTERNAL: return "internal error";
    }
    return "unknown";
}
