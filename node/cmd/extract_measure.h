/* cmd/extract_measure.h - one case measured: what a worker does. */
#ifndef PN_EXTRACT_MEASURE_H
#define PN_EXTRACT_MEASURE_H
#include <radiomics/extract.h>
#include "cmd/extract_case.h"
#include "cmd/extract_row.h"
#include "dicom/volume.h"
#include "image/image.h"

/* Rows of a case, at least one. What cannot be measured is a row with its failure; the call
 * itself fails only where there is no memory for a row. */
PN_CHECKED int ex_measure(ex_rows *out, const ex_cases *cases, size_t i, const ex_setup *s, rx_workspace *ws,
                          pn_error *err);

/* One row that says why the case has no other. */
PN_CHECKED int ex_measure_failed(ex_rows *out, const ex_case *c, const pn_error *why, pn_error *err);

/* What a profile measures on. */
typedef struct ex_subject {
    rx_image image;
    rx_pixel pixel;                 /* the type that the voxels had in their file              */
    rx_mask mask;                   /* label 1                                                 */
    char image_sha1[41], mask_sha1[41];   /* of the voxels in that type; of 32-bit labels; ""  */
    char stem[128];                 /* of files of it: "Case-1_2_GTV"                          */
    const pn_volume *volume;        /* of DICOM images, for objects; NULL                      */
    const char *contour_uid, *region;   /* with them: of the contour object, "" ; its name     */
} ex_subject;

/* Diagnostics and features by the profile of the setup, behind what the row has (extract_profile.c). */
PN_CHECKED int ex_profile_run(ex_row *row, const ex_subject *subject, const ex_setup *s, rx_workspace *ws,
                              pn_error *err);

#endif
