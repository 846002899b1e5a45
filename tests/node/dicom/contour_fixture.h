/* Contours of a structure set as a mask, and its voxels counted. */
#ifndef CONTOUR_FIXTURE_H
#define CONTOUR_FIXTURE_H
#include "dicom/mask.h"
#include "dicom_fixture.h"

/* The mask of region 1 of the default structure set with these contours; its file is tmp_path's. */
int mask_of(pn_mask *m, const pn_volume *v, const contour_spec *contours, size_t n, pn_error *err);
size_t count_slice(const pn_mask *m, size_t k);        /* voxels inside on slice k */
#endif
