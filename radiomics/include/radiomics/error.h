/* radiomics/error.h - how this library reports failure.
 *
 * Every function that can fail returns an rx_code and fills the caller's rx_error
 * (which may be NULL). There is no heap in it, so running out of memory can be told too.
 * Messages are one line, name the value and the limit, and hold no patient data. */
#ifndef RX_ERROR_H
#define RX_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RX_CHECKED __attribute__((warn_unused_result))
#define RX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define RX_CHECKED
#define RX_PRINTF(fmt, args)
#endif

typedef enum rx_code {
    RX_OK = 0,
    RX_EINVAL,  /* an argument or setting is outside its range              */
    RX_ENOMEM,  /* memory could not be had                                  */
    RX_EEMPTY,  /* the mask holds no voxel of the label                     */
    RX_ETOOSMALL, /* fewer voxels or dimensions than the settings ask for   */
    RX_ELIMIT,  /* would need more grey levels or memory than is sensible   */
    RX_EGRID,   /* image and mask do not lie on one grid                    */
} rx_code;

typedef struct rx_error {
    rx_code code;
    char msg[240];
} rx_error;

/* Fill err (if any) and return code, so that callers write `return rx_fail(...)`. */
int rx_fail(rx_error *err, rx_code code, const char *fmt, ...) RX_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif
