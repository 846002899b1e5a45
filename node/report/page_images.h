/* report/page_images.h - the key slices of a region as the picture page shows them: grey values
 * through a window, the outline of what was measured, and where left and right are. */
#ifndef PN_REPORT_PAGE_IMAGES_H
#define PN_REPORT_PAGE_IMAGES_H
#include "base/error.h"
#include "dicom/packed.h"
#include "dicom/volume.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_PAGE_SLICES = 3, PN_PAGE_PIXELS = 640 };

/* A piece of outline between two voxels, in pixels of the picture; the corner of its first pixel
 * is (0, 0). It runs along one of the axes. */
typedef struct pn_edge { double x0, y0, x1, y1; } pn_edge;

typedef struct pn_page_slice {
    size_t index;                      /* in the volume, from 0                               */
    double z_mm;                       /* of its Image Position (Patient)                     */
    double area_mm2;                   /* of the region in this slice                         */
    uint8_t *grey;                     /* owned; width * height, row by row                   */
    size_t width, height;              /* at most PN_PAGE_PIXELS each                         */
    pn_edge *outline; size_t n_outline;  /* owned: of the measured region                     */
    pn_edge *others; size_t n_others;    /* owned: of the other regions                       */
} pn_page_slice;

typedef struct pn_page_images {
    pn_page_slice slices[PN_PAGE_SLICES]; size_t n_slices;   /* in the volume's order; may be 0 */
    size_t largest;                    /* which of them has the largest area                  */
    size_t n_volume_slices;
    double pixel_mm[2];                /* of a picture's pixel, along x and y                 */
    char left[4], right[4], top[4], bottom[4];  /* toward which the sides lie: "R", "LA", …  */
    double window_low, window_high;    /* shown as black and as white                         */
} pn_page_images;

/* The slice with the largest area of the region, and those at a quarter and three quarters of its
 * extent; where the largest is near one of these, the middle one instead. All three are cut to the
 * same part of the image around it. Window: that of the images
 * where they state one; else of soft tissue or lung for CT, and the range of the values for
 * others. `others`: masks of further regions, drawn where they lie in the same slices.
 * Fails: PN_EINVAL (mask and image differ in size), PN_ENOMEM. An empty mask gives no slices. */
PN_CHECKED int pn_page_images_make(pn_page_images *out, const pn_volume *volume,
                                   const pn_packed_mask *mask,
                                   const pn_packed_mask *const *others, size_t n_others,
                                   pn_error *err);
void pn_page_images_free(pn_page_images *p);   /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
