/* pipeline/select.h - which regions of a contour object a model is meant for. */
#ifndef PN_SELECT_H
#define PN_SELECT_H
#include <config/model.h>
#include <config/node.h>
#include "base/error.h"
#include "dicom/header.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ROI names against the patterns, segments also by their property type code; a region without
 * contours never matches. Writes the matching numbers in the object's order (caller frees
 * *numbers); none is not an error. */
PN_CHECKED int pn_select_regions(int **numbers, size_t *n, const pn_header *contour,
                                 char *const *patterns, size_t n_patterns,
                                 const cfg_concept *codes, size_t n_codes, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
