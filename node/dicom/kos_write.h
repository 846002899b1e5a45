/* dicom/kos_write.h - a rejection note: a Key Object Selection that asks an archive to take
 * objects of ours as withdrawn (IHE Imaging Object Change Management). */
#ifndef PN_DICOM_KOS_WRITE_H
#define PN_DICOM_KOS_WRITE_H
#include <stddef.h>
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_rejected {
    const char *sop_class_uid, *sop_uid, *series_uid;
} pn_rejected;

typedef struct pn_rejection {
    const char *like;                  /* path of a rejected object: patient and study are taken
                                          from it                                            */
    const pn_rejected *objects; size_t n_objects;      /* at least one; of that study        */
    const char *sop_uid, *series_uid, *device_uid;
    const char *datetime;              /* YYYYMMDDHHMMSS                                     */
    const char *reason;                /* UTF-8, for people                                  */
    const char *institution, *station_name;
} pn_rejection;

#define PN_UID_KEY_OBJECT_SELECTION "1.2.840.10008.5.1.4.1.1.88.59"

/* Title (113001,DCM,"Rejected for Quality Reasons"), TID 2010. Fails: PN_EINVAL (UIDs, time,
 * nothing to reject), as reading `like`, and as pn_write_file. */
PN_CHECKED int pn_rejection_write(const pn_rejection *r, const char *path, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
