/* tests/node/dicom/seg_fixture.h - SEG objects made byte by byte. */
#ifndef PN_TEST_SEG_FIXTURE_H
#define PN_TEST_SEG_FIXTURE_H
#include "dicom_fixture.h"

#define CLASS_LABEL_MAP "1.2.840.10008.5.1.4.1.1.66.7"

typedef struct frame_spec {
    unsigned segment;                      /* 0: names none, as in a label map               */
    const char *position;
    const char *orientation;               /* NULL: the shared one                           */
} frame_spec;

typedef struct seg_spec {
    const char *type, *class_uid, *frames, *spacing, *orientation, *frame_uid;
    const char *between;                   /* Spacing Between Slices; NULL: none             */
    const char *fraction;                  /* Segmentation Fractional Type; NULL: none       */
    const char *photometric;
    const char *source_uid;                /* named in Referenced Series Sequence; NULL: none */
    unsigned rows, columns, allocated, maximum;   /* maximum 0: none                         */
    int padding;                           /* Pixel Padding Value; -1: none                  */
    const frame_spec *frame;
    size_t n_frames;
    const uint8_t *bits;
    size_t n_bits;                         /* bytes                                          */
} seg_spec;

/* Binary, 1 mm, axial, segments 1, 2 and 3; no frames and no pixels. */
seg_spec seg_default(void);
void seg_write(const seg_spec *s, const char *path);

#endif
