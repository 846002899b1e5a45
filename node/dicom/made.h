/* dicom/made.h - what every object that prognode makes says of patient, study and itself. */
#ifndef PN_DICOM_MADE_H
#define PN_DICOM_MADE_H
#include "dicom/volume.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Patient and study attributes are copied as they are in the images, so that no archive splits
 * the study; our own texts are cut to 64 characters. Texts are UTF-8 and lent; "" is left out
 * where DICOM does not require the attribute. */
typedef struct pn_made {
    const pn_study *study;
    const char *sop_class_uid, *sop_uid, *series_uid;
    const char *modality;              /* "SEG", "OT", "DOC"                             */
    const char *datetime;              /* YYYYMMDDHHMMSS: content, series and creation     */
    unsigned series_number;
    const char *series_description;
    const char *institution, *station_name;
    const char *model;                 /* identity and version of the prognostic model     */
    const char *device_uid;            /* of software and model together                   */
} pn_made;

#ifdef __cplusplus
}
#endif
#endif
