/* dicom/suv.h - PET volumes as standardised uptake values by body weight, in g/ml. */
#ifndef PN_DICOM_SUV_H
#define PN_DICOM_SUV_H
#include <stddef.h>
#include "base/error.h"
#include "dicom/volume.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Turn the voxels of a volume into SUVbw, in g/ml; paths: the files that it was read from.
 * SUVbw = activity concentration (Bq/ml) * body weight (g) / injected dose decayed to the time
 * that the images are corrected to (Bq). By Units (0054,1001):
 *   GML   is SUV already: nothing is changed (SUV Type, where stated, must be BW)
 *   BQML  needs decay-corrected images, Patient's Weight, Radionuclide Total Dose and, unless the
 *         images are corrected to administration (ADMIN), Half Life and the injection's time. With
 *         START the images are corrected to the series' time, or to the first acquisition where
 *         the series' time is after it (a series made later); the note then says so
 *   CNTS  needs Philips' SUV scale factor (7053,1000)
 * Writes what was done into *text ("BQML, factor 0.000193, decay 3012 s"). The volume becomes
 * RX_F64. Fails with PN_EUNSUPPORTED (no PET, other units, another SUV type, several frames in a
 * file, not decay-corrected) and PN_EFORMAT (a value that is missing or impossible, by name). */
enum { PN_SUV_TEXT_SIZE = 120 };
PN_CHECKED int pn_volume_to_suv(char text[PN_SUV_TEXT_SIZE], pn_volume *v, const char *const *paths, size_t n,
                                pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
