/* config/error.h - what is wrong, and where: file:line:column, the key, what was expected. */
#ifndef CFG_ERROR_H
#define CFG_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CFG_CHECKED __attribute__((warn_unused_result))
#define CFG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define CFG_CHECKED
#define CFG_PRINTF(fmt, args)
#endif

typedef enum cfg_code {
    CFG_OK = 0,
    CFG_EIO,      /* cannot be read or written                    */
    CFG_ELIMIT,   /* larger or deeper than allowed                */
    CFG_ESYNTAX,  /* not YAML                                     */
    CFG_EVALUE,   /* unknown key, wrong type, out of range        */
    CFG_ENOMEM,
} cfg_code;

typedef struct cfg_error {
    cfg_code code;
    unsigned line, column;  /* from 1; 0 where the whole file is meant           */
    char msg[480];          /* complete: "node.yaml:7:3: node.prot: unknown ..." */
} cfg_error;

#ifdef __cplusplus
}
#endif
#endif
