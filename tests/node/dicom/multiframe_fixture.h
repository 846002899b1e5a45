/* tests/node/dicom/multiframe_fixture.h - Enhanced images made byte by byte. */
#ifndef PN_TEST_MULTIFRAME_FIXTURE_H
#define PN_TEST_MULTIFRAME_FIXTURE_H
#include "dicom_fixture.h"

#define CLASS_ENHANCED_CT  "1.2.840.10008.5.1.4.1.1.2.1"
#define CLASS_ENHANCED_MR  "1.2.840.10008.5.1.4.1.1.4.1"
#define CLASS_ENHANCED_PET "1.2.840.10008.5.1.4.1.1.130"

/* What a functional group says; NULL: nothing, so that the group or attribute is absent. */
typedef struct mf_groups {
    const char *position, *orientation, *spacing, *thickness, *slope, *intercept, *rescale_type;
    const char *stack, *ct_type, *mr_type, *component;
    unsigned temporal;                         /* 0: none                                    */
    double echo_ms, b_value, cardiac;          /* 0: none                                    */
} mf_groups;

typedef struct mf_spec {
    const char *class_uid, *sop_uid, *frames, *modality;
    unsigned rows, columns, parts;             /* parts 0: no concatenation                  */
    mf_groups shared;
    const mf_groups *frame;
    size_t n_frames;                           /* items of the per-frame sequence; 0: none   */
    const int16_t *pixels;
    size_t n_pixels;                           /* numbers                                    */
} mf_spec;

/* Enhanced CT, 1 mm, axial, slope 1, intercept 0, thickness 3; no frames and no pixels. */
mf_spec mf_default(void);
void mf_write(const mf_spec *s, const char *path);

#endif
