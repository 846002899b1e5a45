/* dicom/volume.h - a CT series as one volume in HU, or a refusal that names the slices. */
#ifndef PN_DICOM_VOLUME_H
#define PN_DICOM_VOLUME_H
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <radiomics/image.h>
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Patient and study attributes of the first file given, for the report. UTF-8, trimmed, control
 * characters as spaces; "" where absent or empty. Too long text is cut at a character's edge,
 * but never Patient ID or its issuer. */
typedef struct pn_study {
    char patient_name[PN_LO_SIZE], patient_id[PN_LO_SIZE], patient_id_issuer[PN_LO_SIZE];
    char patient_birth_date[17], patient_sex[17], patient_age[17];
    char patient_weight_kg[17], patient_size_m[17];
    char study_uid[PN_UID_SIZE], study_date[17], study_time[17], study_id[PN_LO_SIZE];
    char accession[PN_LO_SIZE], referring_physician[PN_LO_SIZE], study_description[PN_LO_SIZE];
    char series_uid[PN_UID_SIZE], series_description[PN_LO_SIZE], series_number[17];
    char frame_of_reference_uid[PN_UID_SIZE], modality[17], body_part[PN_LO_SIZE];
    char manufacturer[PN_LO_SIZE], model_name[PN_LO_SIZE], convolution_kernel[PN_LO_SIZE];
    char slice_thickness_mm[17], contrast_agent[PN_LO_SIZE];
} pn_study;

typedef struct pn_slice {
    char sop_uid[PN_UID_SIZE], sop_class_uid[PN_UID_SIZE];
    double position_mm[3];             /* Image Position (Patient)                    */
    unsigned frame_number;             /* in a multi-frame image, from 1; else 0      */
} pn_slice;

typedef struct pn_volume {
    rx_image image;                    /* voxels owned by this struct; HU for CT      */
    void *voxels;
    pn_slice *slices; size_t n_slices; /* sorted along the normal, = grid.dim[2]      */
    pn_study study;
    /* Of the first slice's VOI window, in the voxels' units; width 0: none is stated.          */
    double window_centre, window_width;
    char note[96];                     /* what to bear in mind of the images; "" : nothing */
} pn_volume;

/* Read the files of ONE series: single-frame CT, MR or PET images, or multi-frame ones (Enhanced
 * CT, MR, PET and those converted from single frames), whose frames are slices like any other; sort along the slice normal, apply rescale per slice.
 * RX_I16 where every value fits, RX_F32 where every value is exact in it, else RX_F64.
 * Refuses, with a message that names the slices (instance number and position):
 *   PN_EGEOMETRY   duplicates in position, gaps, uneven spacing (off the median by more than 1 %
 *                  and 0.01 mm), gantry tilt (sideways shift of more than a tenth of a pixel over
 *                  the stack), mixed orientation, size, pixel spacing, a single slice without
 *                  thickness
 *   PN_EIDENTITY   slices that differ in patient, issuer, study, series or frame of reference
 *   PN_EUNSUPPORTED colour, frames of several volumes (stacks, temporal positions, echoes ...),
 *                  multi-frame images without functional groups, Modality LUT Sequence, lossy compression of signed pixels
 *   PN_EFORMAT     truncated pixel data, a codestream that is damaged or not what the header says, missing attributes, a CT without Rescale Slope and
 *                  Intercept (other modalities: 1 and 0)
 *   PN_ELIMIT      more than PN_MAX_SLICES files or frames, or PN_MAX_VOXELS voxels
 * The grid's k axis is row x column; its spacing is the mean distance of the slices, or the
 * Slice Thickness of a single one. The frame of reference may be "" (see mask.h).
 * Lossily compressed images are measured, and `note` says so. Photometric interpretation
 * MONOCHROME1 changes no value.
 * Padding voxels (Pixel Padding Value/Range) keep their rescaled value. */
PN_CHECKED int pn_volume_load(pn_volume *out, const char *const *paths, size_t n, pn_error *err);
void pn_volume_free(pn_volume *v);

#ifdef __cplusplus
}
#endif
#endif
