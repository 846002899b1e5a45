/* radiomics/src/mesh.h - surface mesh of the region by marching cubes (IBSI 3.1). */
#ifndef RX_MESH_H
#define RX_MESH_H
#include <stdint.h>

/* Triangles of one configuration of a cube of 8 voxel centres. Corner c = x + 2y + 4z with
 * x, y, z in {0, 1}; a point is given in half voxels from corner 0. */
typedef struct rx_cube {
    uint8_t triangles;
    int8_t point[5][3][3];       /* [triangle][vertex][axis]                           */
} rx_cube;

typedef struct rx_mesh_table { rx_cube cube[256]; } rx_mesh_table;

void rx_mesh_table_init(rx_mesh_table *t);

struct rx_roi;
/* Area in mm^2 and signed volume in mm^3 of the region's mesh. */
void rx_mesh_measure(double *area_mm2, double *volume_mm3, const struct rx_roi *roi,
                     const rx_mesh_table *t);

#endif
