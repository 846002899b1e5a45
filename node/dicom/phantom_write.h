/* dicom/phantom_write.h - an artificial CT series and its contours as DICOM files.
 *
 * What is written says in several places that it is artificial: Patient's Name "Phantom^NNN",
 * Patient ID "PHANTOM-NNN", Study Description, Image Comments. The same input gives the same
 * bytes: dates are fixed, UIDs are 2.25.<digest of the identity text>. */
#ifndef PN_DICOM_PHANTOM_WRITE_H
#define PN_DICOM_PHANTOM_WRITE_H
#include <stddef.h>
#include <stdint.h>
#include <radiomics/image.h>
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A closed polygon in one slice; the last point is joined to the first. */
typedef struct pn_polygon {
    size_t slice;              /* index along k                                            */
    double *xy_mm;             /* n pairs, patient x and y                                 */
    size_t n;
} pn_polygon;

/* A region as it was drawn. */
typedef struct pn_drawn_roi {
    const char *name;          /* "GTV-1"                                                  */
    const char *interpreted_type; /* RT ROI Interpreted Type: "GTV", "EXTERNAL"            */
    const pn_polygon *polygons;
    size_t n_polygons;
} pn_drawn_roi;

/* All pointers are borrowed. */
typedef struct pn_phantom_series {
    const char *identity;      /* goes into every UID; other content, other text           */
    unsigned long number;      /* NNN                                                      */
    rx_grid grid;              /* axial: identity direction                                */
    const int16_t *hu;         /* -1024..3071                                              */
    const pn_drawn_roi *rois;
    size_t n_rois;
    const uint8_t *mask;       /* 1 inside the first ROI, on the grid; for the SEG         */
    double slice_thickness_mm;
} pn_phantom_series;

/* Write ct-0001.dcm ... into the existing folder dir (explicit VR little endian).
 * Fails: PN_EINVAL (grid, HU outside 12 bits), PN_ELIMIT (path), PN_EIO. */
PN_CHECKED int pn_phantom_write_ct(const pn_phantom_series *s, const char *dir, pn_error *err);
/* Write dir/rtstruct.dcm with all ROIs. */
PN_CHECKED int pn_phantom_write_rtstruct(const pn_phantom_series *s, const char *dir,
                                         pn_error *err);
/* Write dir/seg.dcm, a binary segmentation with the first ROI as its only segment. */
PN_CHECKED int pn_phantom_write_seg(const pn_phantom_series *s, const char *dir, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
