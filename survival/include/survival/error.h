/* survival/error.h - how this library reports failure.
 *
 * Every function that can fail returns an sv_code and fills the caller's sv_error
 * (which may be NULL). There is no heap in it, so running out of memory can be told too.
 * Messages are one line, name the value and what was expected, and hold no patient data. */
#ifndef SV_ERROR_H
#define SV_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SV_CHECKED __attribute__((warn_unused_result))
#define SV_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SV_CHECKED
#define SV_PRINTF(fmt, args)
#endif

typedef enum sv_code {
    SV_OK = 0,
    SV_EINVAL,    /* an argument or setting is outside its range                  */
    SV_ENOMEM,    /* memory could not be had                                      */
    SV_EDATA,     /* a time, event, weight or covariate is not usable             */
    SV_ENOEVENT,  /* no event in the data, nothing can be estimated               */
    SV_ETOOSMALL, /* fewer rows, groups or cut-points than the method needs       */
    SV_ELIMIT,    /* larger than this library is prepared to handle               */
    SV_ENUMERIC,  /* the arithmetic left the finite numbers                       */
} sv_code;

typedef struct sv_error {
    sv_code code;
    char msg[240];
} sv_error;

/* Fill err (if any) and return code, so that callers write `return sv_fail(...)`. */
int sv_fail(sv_error *err, sv_code code, const char *fmt, ...) SV_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif
