/* radiomics/src/ibsi_solid.h - bodies around the surface mesh: IBSI 3.1.17 to 3.1.26. */
#ifndef RX_IBSI_SOLID_H
#define RX_IBSI_SOLID_H
#include "hull.h"

typedef struct rx_vertex { double mm[3]; } rx_vertex;
/* Corners, seen from outside anticlockwise; beside[i] shares the edge from corner i to the next. */
typedef struct rx_face { uint32_t corner[3], beside[3]; } rx_face;

/* Convex hull of the mesh's vertices, exact: the vertices are integers in half voxels. */
typedef struct rx_hull {
    rx_vertex *vertex;            /* those that faces use                                     */
    rx_face *face;
    size_t n_vertices, n_faces;
} rx_hull;

typedef struct rx_size { double volume_mm3, area_mm2; } rx_size;

/* The caller frees with rx_hull_free, also after failure. Uses the workspace as rx_corners_find.
 * Fails: RX_ELIMIT, RX_ENOMEM. */
RX_CHECKED int rx_hull_make(rx_hull *h, const rx_roi *roi, rx_workspace *ws, rx_error *err);
void rx_hull_free(rx_hull *h);

rx_size rx_hull_size(const rx_hull *h);
/* The smallest box that has a side on a face of the hull. Fails: RX_ENOMEM. */
RX_CHECKED int rx_hull_box(rx_size *out, const rx_hull *h, rx_error *err);
/* The smallest ellipsoid around the hull, to 1e-7 of its volume. Fails: RX_ENOMEM. */
RX_CHECKED int rx_hull_ellipsoid(rx_size *out, const rx_hull *h, rx_error *err);

/* Volume and, as IBSI defines it, surface of the ellipsoid with the semi-axes a >= b >= c. */
rx_size rx_ellipsoid_size(double a, double b, double c);

#endif
