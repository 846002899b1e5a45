/* dicom/parametric_map.h - a feature map as a DICOM Parametric Map (PS3.3 A.75), float pixels. */
#ifndef PN_DICOM_PARAMETRIC_MAP_H
#define PN_DICOM_PARAMETRIC_MAP_H
#include "dicom/made.h"
#include "dicom/sr.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_parametric_map {
    const rx_grid *grid;               /* of the values; in the volume's patient space         */
    const double *values;              /* i fastest; lent                                      */
    double padding;                    /* what stands where there is no value; may be NaN      */
    pn_code_triple quantity;           /* what is mapped, all three texts needed               */
    pn_code_triple unit;               /* UCUM                                                 */
    const char *label;                 /* "original_glcm_Contrast": of the mapping             */
    const char *description;           /* of the content: 64 characters                        */
    const char *derivation;            /* how it was made: kernel and settings; 1,024 characters */
} pn_parametric_map;

/* One object, whose frames are the grid's slices that hold any value beside the padding (bit for
 * bit, so a NaN padding is told from none), whole, as 32-bit floats. The Real World Value Mapping
 * is the identity from the lowest to the highest value, with the quantity's code; the padding is
 * the Float Pixel Padding Value. Every frame names the images that lie in its plane (on a grid of
 * its own: those within a slice of it) as its sources; the object names all of the volume's.
 * made.sop_class_uid must be PN_UID_PARAMETRIC_MAP; its modality that of the images.
 * Fails: PN_EINVAL (no value, more than 65,535 pixels an axis, a grid that is not perpendicular, a
 * volume without a frame of reference, codes or UIDs missing, a value beyond 32-bit floats),
 * PN_ELIMIT (2 GiB of pixels), or as pn_write_file does. */
PN_CHECKED int pn_parametric_map_write(const pn_made *made, const pn_volume *volume,
                                       const pn_parametric_map *map, const char *path, pn_error *err);

#define PN_UID_PARAMETRIC_MAP "1.2.840.10008.5.1.4.1.1.30"

#ifdef __cplusplus
}
#endif
#endif
