/* radiomics/src/hull.h - largest distances between the mesh's vertices.
 * Fails: RX_ELIMIT, RX_ENOMEM. Uses ws->counts, margins, reals and list. */
#ifndef RX_HULL_H
#define RX_HULL_H
#include <radiomics/error.h>
#include "roi.h"
#include "workspace.h"

typedef struct rx_diameters {
    double overall_mm;
    double plane_mm[3];   /* [a]: of vertices with the same coordinate along axis a    */
} rx_diameters;

RX_CHECKED int rx_diameters_find(rx_diameters *d, const rx_roi *roi, rx_workspace *ws,
                                 rx_error *err);
#endif
