/* image/image.h - images and label maps of files that are not DICOM: NIfTI and NRRD.
 *
 * Positions are in DICOM's system (LPS, mm), whatever the file's own. What a file may hold is
 * bounded before memory is taken: no header is believed that its file is too small for. */
#ifndef PN_IMAGE_H
#define PN_IMAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <radiomics/image.h>
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pn_voxel_type {
    PN_VOXEL_I8, PN_VOXEL_U8, PN_VOXEL_I16, PN_VOXEL_U16, PN_VOXEL_I32, PN_VOXEL_U32,
    PN_VOXEL_I64, PN_VOXEL_U64, PN_VOXEL_F32, PN_VOXEL_F64
} pn_voxel_type;

size_t pn_voxel_size(pn_voxel_type t);            /* bytes                                   */
const char *pn_voxel_word(pn_voxel_type t);       /* "16-bit integer"                        */

typedef struct pn_image {
    rx_grid grid;                 /* a flat image has one slice, 1 mm thick where nothing is said */
    pn_voxel_type type;           /* after the file's scaling: F32, or F64 if it holds doubles     */
    void *voxels;                 /* owned; n of them, i fastest                                   */
    size_t n;
    unsigned channels;            /* values a voxel in the file; 1 for a plain image               */
    char note[160];               /* what to bear in mind ("qform and sform differ"); "": nothing  */
} pn_image;

/* Read a file by what it is, not by its name: NIfTI-1 and -2 in one file (.nii, .nii.gz), NRRD
 * 1 to 5 (.nrrd; .nhdr with its data beside it; raw, gzip or text). channel: which value of
 * a voxel is wanted where there are several. Where a NIfTI file states qform and sform, qform
 * counts, as in ITK; a file without either lies at the origin, unturned.
 * Fails: PN_ENOTFOUND, PN_EIO; PN_EFORMAT (neither format, a broken header, too few voxels);
 * PN_EUNSUPPORTED (colour, complex, extended precision, time series, other encodings);
 * PN_EGEOMETRY (spacing not positive, axes that are not perpendicular or not finite);
 * PN_ELIMIT (PN_MAX_VOXELS, or a channel that is not there); PN_ENOMEM. */
PN_CHECKED int pn_image_read(pn_image *out, const char *path, unsigned channel, pn_error *err);
/* The same from memory; `name` stands in messages, and a detached NRRD is refused. */
PN_CHECKED int pn_image_parse(pn_image *out, const uint8_t *bytes, size_t n, const char *name,
                              unsigned channel, pn_error *err);
void pn_image_free(pn_image *im);                 /* NULL and a zeroed struct are fine             */

/* True where the name ends as NIfTI's or NRRD's do, whatever the letters' case. */
bool pn_image_has_name(const char *path);

double pn_image_value(const pn_image *im, size_t i);   /* 64-bit integers rounded to a double   */

/* Intensities as the library takes them: the same voxels where it knows the type, else a copy in
 * *owned (caller frees with free()) of the smallest type that holds them all, exact unless
 * PN_VOXEL_I64 or U64 exceed 2^53. */
PN_CHECKED int pn_image_view(rx_image *out, void **owned, const pn_image *im, pn_error *err);

/* The labels of a mask are its values with their fraction cut off; 0, negative and NaN are
 * background. The different ones, ascending (caller frees *labels); PN_ELIMIT: more than
 * PN_MAX_ROIS. */
PN_CHECKED int pn_image_labels(uint32_t **labels, size_t *n, const pn_image *im, pn_error *err);
/* The labels of n voxels from one on. */
void pn_image_labels_at(uint32_t *out, const pn_image *im, size_t from, size_t n);
/* The labels alone, of 8, 16 or 32 bits as they need, in the place of the voxels. */
void pn_image_keep_labels(pn_image *im);
/* How many voxels have the label. */
size_t pn_image_label_voxels(const pn_image *im, uint32_t label);
/* 1 where the mask has the label, else 0; room for im->n. Returns how many there are. */
size_t pn_image_region(uint8_t *out, const pn_image *im, uint32_t label);

/* Write voxels of a grid as NIfTI-1 (NIfTI-2 where an axis is longer than 32,767): .nii, or
 * compressed where the name ends in .gz; whole or not at all. qform and sform are the grid, in
 * single precision in NIfTI-1. Fails: PN_EIO, PN_ENOSPC, PN_ENOMEM. */
PN_CHECKED int pn_nifti_write(const char *path, const rx_grid *grid, const void *voxels,
                              pn_voxel_type type, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
