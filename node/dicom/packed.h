/* dicom/packed.h - a mask as the slices that are not empty, eight voxels a byte: small enough
 * to keep for the picture and the segmentation while other regions are measured. */
#ifndef PN_DICOM_PACKED_H
#define PN_DICOM_PACKED_H
#include <stdbool.h>
#include "dicom/mask.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_packed_mask {
    size_t width, height;              /* of a slice, pixels                             */
    size_t n_slices;                   /* with a voxel inside                            */
    size_t *slice;                     /* their numbers in the volume, rising; owned     */
    uint8_t *bits;                     /* pn_packed_slice_bytes each, owned              */
} pn_packed_mask;

/* Fails with PN_ENOMEM only. An empty mask gives n_slices 0. */
PN_CHECKED int pn_mask_pack(pn_packed_mask *out, const pn_mask *m, pn_error *err);
void pn_packed_mask_free(pn_packed_mask *p);   /* NULL and zeroed are fine */

size_t pn_packed_slice_bytes(const pn_packed_mask *p);
/* Voxel (i, j) of the n-th slice that is not empty, n < n_slices. Bits from the least
 * significant up, rows one after the other (PS3.5 8.2). */
bool pn_packed_at(const pn_packed_mask *p, size_t n, size_t i, size_t j);

#ifdef __cplusplus
}
#endif
#endif
