/* base/error.h - how the node reports failure.
 *
 * Same shape as rx_error and sv_error, plus the class that the queue needs to choose
 * between another try and giving up. The caller owns it; there is no heap in it.
 * Messages: one line, no trailing full stop, name the value and what was expected,
 * no patient names. */
#ifndef PN_ERROR_H
#define PN_ERROR_H
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PN_CHECKED __attribute__((warn_unused_result))
#define PN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PN_CHECKED
#define PN_PRINTF(fmt, args)
#endif

typedef enum pn_code {
    PN_OK = 0,
    PN_EINVAL,     /* an argument, option or setting is wrong             */
    PN_ENOMEM,
    PN_EIO,        /* file system: open, read, write, sync, rename        */
    PN_ENOSPC,     /* no room, or less than the reserve                   */
    PN_ENOTFOUND,  /* the file, case or row is not there                  */
    PN_EFORMAT,    /* not the format it should be, or broken              */
    PN_EUNSUPPORTED, /* valid, but not something that we process          */
    PN_ELIMIT,     /* larger than a limit of base/limits.h                */
    PN_EGEOMETRY,  /* slices or masks do not make one volume              */
    PN_EIDENTITY,  /* objects disagree about patient, study or frame      */
    PN_EEMPTY,     /* the contour selects no voxel                        */
    PN_ECONFIG,
    PN_ESTORE,     /* database                                            */
    PN_ENET,       /* peer unreachable, rejected, aborted, timed out      */
    PN_EPEER,      /* peer answered with a failure status                 */
    PN_ECRASH,     /* a child process died                                */
    PN_EINTERNAL,
} pn_code;

/* Worth another try later, or not. */
typedef enum pn_class { PN_PERMANENT = 0, PN_TRANSIENT } pn_class;

typedef struct pn_error {
    pn_code code;
    pn_class cls;
    char msg[480];
} pn_error;

/* Fill err (may be NULL) and return code. pn_fail is permanent, pn_fail_transient is not. */
int pn_fail(pn_error *err, pn_code code, const char *fmt, ...) PN_PRINTF(3, 4);
int pn_fail_transient(pn_error *err, pn_code code, const char *fmt, ...) PN_PRINTF(3, 4);
int pn_vfail(pn_error *err, pn_class cls, pn_code code, const char *fmt, va_list ap);
/* "context: " before the message that is already there; returns err's code. */
int pn_wrap(pn_error *err, const char *fmt, ...) PN_PRINTF(2, 3);
/* The word that the operator reads: "identity conflict", "network", ... */
const char *pn_code_word(pn_code code);

#ifdef __cplusplus
}
#endif
#endif
