/* radiomics/volume.h - images and masks that own their voxels: what preparation and filters make. */
#ifndef RX_VOLUME_H
#define RX_VOLUME_H
#include <radiomics/error.h>
#include <radiomics/image.h>

#ifdef __cplusplus
extern "C" {
#endif

/* dim[0]*dim[1]*dim[2] intensities, i fastest, as in rx_image. All zero is empty. */
typedef struct rx_volume {
    rx_grid grid;
    double *voxels;
} rx_volume;

/* 1 in the region of interest, 0 elsewhere. All zero is empty. */
typedef struct rx_region {
    rx_grid grid;
    uint8_t *voxels;
} rx_region;

/* Number of voxels of a grid. Fails with RX_EINVAL on an axis of 0 voxels, RX_ELIMIT if there are
 * more than 2^31 (as rx_extract). */
RX_CHECKED int rx_grid_voxels(size_t *n, const rx_grid *grid, rx_error *err);

/* New, all voxels 0, freed by rx_volume_free and rx_region_free (NULL and empty are fine, which
 * leave *v empty). Fails as rx_grid_voxels, and with RX_ENOMEM; then *v is empty. */
RX_CHECKED int rx_volume_new(rx_volume *v, const rx_grid *grid, rx_error *err);
RX_CHECKED int rx_region_new(rx_region *r, const rx_grid *grid, rx_error *err);
void rx_volume_free(rx_volume *v);
void rx_region_free(rx_region *r);

/* A copy of an image's intensities, and of where a mask has its label. */
RX_CHECKED int rx_volume_copy(rx_volume *v, const rx_image *image, rx_error *err);
RX_CHECKED int rx_region_copy(rx_region *r, const rx_mask *mask, rx_error *err);

/* Borrowed views, valid as long as the volume. */
rx_image rx_volume_image(const rx_volume *v);
rx_mask rx_region_mask(const rx_region *r);

#ifdef __cplusplus
}
#endif
#endif
