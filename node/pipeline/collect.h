/* pipeline/collect.h - which images of a folder belong to a contour object.
 *
 * The same rule as the node's: the images that the contour names (the whole of their series where
 * it names only those that it is drawn on, see named_images.h); where none of them is there
 * but the series that it names is, that series; where it names nothing, the one image series of
 * its study and frame of reference. */
#ifndef PN_COLLECT_H
#define PN_COLLECT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "dicom/folder.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_collected {
    const char **paths;       /* the array is owned, the texts are the folder's            */
    size_t n;
    bool by_series;           /* none of the named images was there                        */
} pn_collected;

/* Fails with PN_ENOTFOUND: some or all images missing (how many, and the first of them), no
 * series or two series to choose from. `rois` are the numbers of the wanted regions. */
PN_CHECKED int pn_collect_images(pn_collected *out, const pn_folder *folder,
                                 const pn_header *contour, const int *rois, size_t n_rois,
                                 pn_error *err);
void pn_collected_free(pn_collected *c);

#ifdef __cplusplus
}
#endif
#endif
