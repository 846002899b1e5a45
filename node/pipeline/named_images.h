/* pipeline/named_images.h - the images that a contour object says it was drawn on. */
#ifndef PN_NAMED_IMAGES_H
#define PN_NAMED_IMAGES_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/limits.h"
#include "dicom/header.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The images that a contour object names for some of its regions. */
typedef struct pn_named_images {
    const char **uids; size_t n;       /* the array is owned, the texts are the header's      */
    char series_uid[PN_UID_SIZE];      /* the one series meant; "" where none or several      */
    char other_series_uid[PN_UID_SIZE];/* the regions name no image, and two series are meant */
    /* Every image named is one that some region is drawn on: such a list does not say where the
     * series begins and ends. Not so where an RTSTRUCT has a region on every one of them that is
     * not among the wanted: that is an outline of the body, and the list is the series. */
    bool drawn_only;
} pn_named_images;
void pn_named_images_free(pn_named_images *n);

/* The union of the regions' own image lists and the lists of the referenced series that share
 * an image with them. Where the regions name no image: every referenced series' list. A UID
 * may appear twice. Fails: PN_ENOMEM, PN_ELIMIT (more than PN_MAX_SLICES). */
PN_CHECKED int pn_named_images_of(pn_named_images *out, const pn_header *contour,
                                     const int *rois, size_t n_rois, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
