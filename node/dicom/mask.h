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
 * planar contours of one slice (so a contour inside another is a hole); edges as raster.h says.
 * A contour belongs to the slice in whose plane all its points lie, to within 1 % of the slice
 * spacing or 0.05 mm, whichever is more. Passed over and counted in the note: open contours and
 * points, contours without area (fewer than three different points, or all on one line), and a
 * CLOSED_PLANAR contour that repeats another point for point. The note also counts the slices
 * without a contour between the first and the last. Fails, naming the contour by its place in
 * the object (from 1):
 *   PN_EGEOMETRY   a contour between slices, not parallel to them, or reaching more than a
 *                  pixel beyond the images
 *   PN_EIDENTITY   other patient, study or frame of reference than the volume (both values are
 *                  in the message: show it to the operator, do not log it). An issuer that only
 *                  one side states is no conflict. Where one side states no frame of reference,
 *                  a contour must name one of the volume's images
 *   PN_EEMPTY      no closed contour with an area, or no voxel centre inside
 *   PN_ENOTFOUND   no such region
 *   PN_EFORMAT     numbers that are none, not finite, or beyond PN_MAX_COORDINATE_MM; counts
 *                  that do not match
 *   PN_ELIMIT      PN_MAX_CONTOURS, PN_MAX_CONTOUR_POINTS: seen before the points are read */
PN_CHECKED int pn_mask_from_rtstruct(pn_mask *out, const char *path, int roi_number,
                                     const pn_volume *volume, pn_error *err);

/* SEG segment -> mask. BINARY: the frames of the segment, which may overlap others. FRACTIONAL:
 * inside where value / Maximum Fractional Value >= 0.5, said in the note. LABELMAP: where the
 * value is the segment's number; the background (0 and the Pixel Padding Value) is no segment.
 * Slices without a frame are empty. Frames are placed by position and orientation: any exchange
 * or reversal of the volume's axes is placed exactly, and a frame may be a cut-out. n_contours
 * counts frames. Identity as above. Nothing is resampled:
 *   PN_EGEOMETRY   another orientation, pixel spacing or slice distance, with both grids in the
 *                  message; pixels beside or beyond the grid; two frames on one slice
 *   PN_EUNSUPPORTED other types, compressed binary segments, the background of a label map */
PN_CHECKED int pn_mask_from_seg(pn_mask *out, const char *path, int segment_number,
                                const pn_volume *volume, pn_error *err);
void pn_mask_free(pn_mask *m);

#ifdef __cplusplus
}
#endif
#endif
