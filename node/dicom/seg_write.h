/* dicom/seg_write.h - masks as a DICOM Segmentation (PS3.3 A.51): BINARY, a segment a mask. */
#ifndef PN_DICOM_SEG_WRITE_H
#define PN_DICOM_SEG_WRITE_H
#include "dicom/made.h"
#include "dicom/packed.h"
#include "dicom/sr.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One segment; its number is its place in the list, from 1. */
typedef struct pn_seg_segment {
    const pn_packed_mask *mask;        /* on the volume's grid, at least one slice        */
    const char *label;                 /* Segment Label and Tracking ID                   */
    const char *tracking_uid;
    pn_code_triple finding;            /* Segmented Property Type; all three texts needed */
    pn_code_triple site;               /* Anatomic Region, "" where not known             */
} pn_seg_segment;

/* Write the file: frames of the non-empty slices only, segment by segment, each in the place and
 * with the reference of the image that it was drawn on, so that the masks come back voxel for
 * voxel (mask.h). `made.sop_class_uid` and `modality` must be those of a Segmentation. The
 * algorithm is told as semi-automatic: contours, whose origin is not known, filled by prognode.
 * Fails with PN_EINVAL (nothing to write, a mask of another grid, a volume without a frame of
 * reference, which DICOM requires here) or as pn_write_file does. */
PN_CHECKED int pn_seg_write(const pn_made *made, const pn_volume *volume,
                            const pn_seg_segment *segments, size_t n_segments, const char *path,
                            pn_error *err);

#define PN_UID_SEGMENTATION "1.2.840.10008.5.1.4.1.1.66.4"

#ifdef __cplusplus
}
#endif
#endif
