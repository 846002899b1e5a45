/* dicom/runtime.h - what must be true of DCMTK before anything else in dicom/ is called. */
#ifndef PN_DICOM_RUNTIME_H
#define PN_DICOM_RUNTIME_H
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Load the data dictionary (its absence is an error), silence DCMTK's own logger below ERROR,
 * set TCP_NODELAY for its sockets. Idempotent. Call once in each process before threads. */
PN_CHECKED int pn_dicom_init(pn_error *err);
/* Open the character set converters and keep them, for processes that lose the right to read
 * files (call before locking down). Idempotent; a few milliseconds. */
PN_CHECKED int pn_dicom_preload_charsets(pn_error *err);
const char *pn_dicom_version(void);     /* "DCMTK 3.6.7"                                */

#ifdef __cplusplus
}
#endif
#endif
