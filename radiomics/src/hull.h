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

/* Vertices among which all corners of the convex hull are, each once, in half voxels from the centre
 * of the padded box's first voxel (which is outside). Borrowed from ws->list. */
typedef struct rx_corner { int32_t at[3]; } rx_corner;
typedef struct rx_corners { const rx_corner *p; size_t n; } rx_corners;

RX_CHECKED int rx_corners_find(rx_corners *c, const rx_roi *roi, rx_workspace *ws, rx_error *err);
#endif
