/* pipeline/measure.h - from files to measured regions: the same for the node and offline. */
#ifndef PN_MEASURE_H
#define PN_MEASURE_H
#include <radiomics/pyradiomics.h>
#include "base/error.h"
#include "dicom/header.h"
#include "dicom/mask.h"
#include "dicom/packed.h"
#include "dicom/volume.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One region: its values, or why there are none. */
typedef struct pn_region {
    pn_roi roi;                      /* number, name, codes; image lists not filled    */
    rx_value values[RX_NFEATURES];   /* of the image as it came or was prepared        */
    rx_results filtered;             /* of what filters made of it; owned              */
    rx_diagnostics diagnostics;      /* of the region as drawn; intensities NaN where it was
                                        measured on another grid                       */
    char note[240];
    pn_packed_mask mask;             /* of what was measured; empty where it was not   */
    pn_error failure;                /* code PN_OK: measured                           */
} pn_region;

typedef struct pn_measurement {
    pn_header contour;
    pn_volume volume;
    pn_region *regions;
    size_t n_regions;
} pn_measurement;

/* Read the images of one series and measure the given regions of the contour object.
 * A region that cannot be measured is told in its `failure` (PN_EIDENTITY where contour and
 * images disagree in patient, study or frame of reference, see dicom/mask.h); the call fails
 * only where the contour object or the volume is unusable. */
PN_CHECKED int pn_measure(pn_measurement *out, const char *contour_path,
                          const char *const *image_paths, size_t n_images,
                          const int *roi_numbers, size_t n_rois,
                          const rx_pyradiomics *settings, pn_error *err);
void pn_measurement_free(pn_measurement *m);

pn_code pn_error_from_rx(pn_error *err, const rx_error *rx);   /* returns err's code */

#ifdef __cplusplus
}
#endif
#endif
