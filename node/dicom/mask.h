/* dicom/mask.h - contours and segments as masks on the volume's grid. */
#ifndef PN_DICOM_MASK_H
#define PN_DICOM_MASK_H
#include <stdint.h>
#include <stddef.h>
#include "base/error.h"
#include "dicom/volume.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_mask {
    rx_mask mask;            /* label 1; voxels owned by this struct                   */
    uint8_t *voxels;
    size_t n_voxels;         /* inside                                                 */
    size_t n_contours;       /* used                                                   */
    char note[240];          /* what a reader should know ("2 open contours ignored"); may be "" */
} pn_mask;

/* RTSTRUCT region -> mask: a voxel is inside where its centre is, even-odd over all closed
 * planar contours of one slice (so a contour inside another is a hole). A contour belongs to
 * the slice whose plane is within half a slice spacing... exactly: within 1 % of the spacing or
 * 0.05 mm of its plane; contours between slices, tilted or outside the volume are refused by
 * number (PN_EGEOMETRY). Fails: PN_EEMPTY (no contour, or no voxel centre inside),
 * PN_EIDENTITY (other frame of reference, patient or study than the volume). */
PN_CHECKED int pn_mask_from_rtstruct(pn_mask *out, const char *path, int roi_number,
                                     const pn_volume *volume, pn_error *err);

/* Binary SEG segment -> mask; frames are placed by position and orientation, which must be the
 * volume's grid (PN_EGEOMETRY else). */
PN_CHECKED int pn_mask_from_seg(pn_mask *out, const char *path, int segment_number,
                                const pn_volume *volume, pn_error *err);
void pn_mask_free(pn_mask *m);

#ifdef __cplusplus
}
#endif
#endif
