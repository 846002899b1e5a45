/* radiomics/src/bounds.h - every limit on what the library takes. */
#ifndef RX_BOUNDS_H
#define RX_BOUNDS_H
#include <stdint.h>

enum {
    RX_MAX_AXIS = 65535,           /* voxels along one axis of the box; keeps the hull's
                                      cross products far inside 64 bits                  */
    RX_MAX_GREY_LEVELS = 65535,    /* levels are 16-bit, 0 means outside                 */
    RX_MAX_TABLE_LEVELS = 2048,    /* levels that occur, for co-occurrence matrices that are
                                      tables: at most 16 MB each; beyond, they are lists  */
    RX_MAX_MCC_LEVELS = 2048,      /* levels that occur, for eigenvalues of such a matrix:
                                      a few seconds a direction                           */
    RX_MAX_DISTANCE = 8,           /* voxels, Chebyshev                                  */
    RX_MAX_OFFSETS = (2 * RX_MAX_DISTANCE + 1) * (2 * RX_MAX_DISTANCE + 1)
                     * (2 * RX_MAX_DISTANCE + 1) / 2,  /* half of a full neighbourhood   */
};

/* Cells of a matrix of levels: of merged co-occurrences (16 bytes each) and of neighbourhoods. */
#define RX_MAX_CELLS ((size_t)1 << 26)

/* Voxels of the box with its halo: 32-bit indices in the zone and component searches. */
#define RX_MAX_BOX_VOXELS ((size_t)INT32_MAX)

/* Lines of half-voxel rows in the search for diameters: half a GB of end points, enough for a
 * slice of 4,000 x 4,000 seen edge-on. */
#define RX_MAX_LINES ((size_t)1 << 26)

/* As PyRadiomics' geometryTolerance and ITK: origin and spacing may differ by this share
 * of the first spacing, direction cosines by this number. */
#define RX_GEOMETRY_TOLERANCE 1e-6

#endif
