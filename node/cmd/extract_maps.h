/* cmd/extract_maps.h - feature maps of one region as files: what `extract --maps` makes of a case. */
#ifndef PN_EXTRACT_MAPS_H
#define PN_EXTRACT_MAPS_H
#include <stdbool.h>
#include <config/pyradiomics.h>
#include "base/error.h"
#include "dicom/volume.h"

typedef struct ex_map_request {
    rx_image image;                    /* and what is asked for, as ex_subject has it          */
    rx_pixel pixel;
    rx_mask mask;
    const cfg_pyradiomics *settings;
    bool prepared;                     /* intensities are no longer those of the images       */
    char *const *patterns; size_t n_patterns;  /* of full names, `*` and `?`; see ex_map_check  */
    const char *folder, *stem;         /* files: folder/stem_<feature>.nii.gz and .dcm         */
    /* of DICOM images; else NULL and ""                                                         */
    const pn_volume *volume;
    const char *contour_uid, *region;
    const char *settings_text, *digest;  /* of all that the values depend on but the images     */
} ex_map_request;

/* Told of each map with the path of its NIfTI file. */
typedef int (*ex_map_made)(void *user, const char *feature, const char *path, pn_error *err);

/* A list with commas into patterns (lent parts of `list`, which is cut up). "all" is every feature
 * that the settings enable, "glcm_Contrast" is short for "original_glcm_Contrast". PN_EINVAL: a
 * name without a wildcard that is none of a feature that has maps; more than `room` names. */
PN_CHECKED int ex_map_patterns(char **patterns, size_t *n, size_t room, char *list, pn_error *err);

/* Make the maps of all image types of the settings, on the grid of the prepared image (that of the
 * image itself unless it is resampled), 64-bit NIfTI, and for DICOM images Parametric Map objects
 * too. A pattern with a wildcard takes enabled features only. Memory: the maps of one class at
 * most, and of large regions fewer at a time. Fails as rx_pyradiomics_extract and rx_maps do;
 * PN_ENOTFOUND where no image type gives such a feature. */
PN_CHECKED int ex_maps(const ex_map_request *q, ex_map_made made, void *user, rx_workspace *ws, pn_error *err);

#endif
