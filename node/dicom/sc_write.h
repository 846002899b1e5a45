/* dicom/sc_write.h - a picture of ours as an RGB Secondary Capture image. */
#ifndef PN_SC_WRITE_H
#define PN_SC_WRITE_H
#include <stdint.h>
#include "base/error.h"
#include "dicom/made.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an object of ours is derived from. */
typedef struct pn_sources {
    const pn_slice *images; size_t n_images;           /* frames of one object beside each other */
    const char *contour_sop_class_uid, *contour_sop_uid;
    const char *report_sop_class_uid, *report_sop_uid; /* the SR with the same content; "": none */
} pn_sources;

typedef struct pn_sc {
    pn_made made;                      /* its SOP class and modality are set here             */
    pn_sources sources;
    const uint8_t *rgb;                /* rows * columns * 3, row by row; lent                */
    unsigned rows, columns;            /* at most 65535 each                                  */
    const char *description;           /* of how it was derived                               */
} pn_sc;

/* The plain Secondary Capture class, which every viewer knows; one frame, uncompressed.
 * Burned In Annotation is YES, since patient and study are written in the picture. Whole or not
 * at all; the same picture gives the same bytes. Fails: PN_EINVAL (UIDs, time, size), and as
 * pn_write_file. */
PN_CHECKED int pn_sc_write(const pn_sc *sc, const char *path, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
