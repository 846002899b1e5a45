/* radiomics/image.h - images and masks as the library sees them: borrowed views on a grid. */
#ifndef RX_IMAGE_H
#define RX_IMAGE_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A regular grid in patient space (LPS, mm). Index (i,j,k) has i fastest in memory and its
 * centre at origin_mm + direction * (i*spacing_mm[0], j*spacing_mm[1], k*spacing_mm[2]).
 * direction is row-major; its columns are the unit vectors of the i, j and k axes. */
typedef struct rx_grid {
    size_t dim[3];
    double spacing_mm[3];
    double origin_mm[3];
    double direction[9];
} rx_grid;

typedef enum rx_scalar { RX_I16, RX_F32, RX_F64 } rx_scalar;

/* voxels: dim[0]*dim[1]*dim[2] values of `type`, never written or freed by the library. */
typedef struct rx_image {
    rx_grid grid;
    rx_scalar type;
    const void *voxels;
} rx_image;

/* A voxel belongs to the region of interest where voxels[] == label. */
typedef struct rx_mask {
    rx_grid grid;
    const uint8_t *voxels;
    uint8_t label;
} rx_mask;

#ifdef __cplusplus
}
#endif
#endif
