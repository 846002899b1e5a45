/* radiomics/maps.h - feature maps: what a feature is around each voxel of the region.
 *
 * PyRadiomics' voxel mode: the intensities are discretised once, over the region; then a
 * kernel, a box of 2 radius + 1 voxels a side cut at the image's edge, moves over the region's
 * voxels, and the value at a voxel is the feature of the kernel's voxels, with their grey
 * levels and with the whole region's highest level as Ng.
 *
 * Two choices differ from PyRadiomics, and neither changes a number that it gives: where a
 * kernel has no pair in some direction its JointAverage is the mean of the other directions
 * (there: NaN, while its SumAverage is a number), and MCC is computed (there: given up for the
 * whole map). */
#ifndef RX_MAPS_H
#define RX_MAPS_H
#include <radiomics/error.h>
#include <radiomics/extract.h>
#include <radiomics/volume.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RX_MAX_KERNEL_RADIUS = 15 };

typedef struct rx_map_settings {
    rx_settings features;      /* `enabled` is not looked at: the caller lists the features  */
    unsigned kernel_radius;    /* kernelRadius, in voxels along every axis, 1 to 15; with
                                  force_2d 0 across the slices                               */
    bool masked_kernel;        /* maskedKernel: only the region's voxels count; else all of
                                  the kernel's, discretised over the region's box and radius */
    double init_value;         /* initValue, outside the region; may be NaN                  */
} rx_map_settings;

void rx_map_settings_default(rx_map_settings *s);   /* 1, true, 0, rx_settings_default */
RX_CHECKED int rx_map_settings_check(const rx_map_settings *s, rx_error *err);

/* The region's box grown by the kernel's radius (cut at the image's edge), as PyRadiomics
 * returns it. A value that the formula does not give for a kernel is NaN. */
typedef struct rx_map {
    int feature;               /* index in rx_features()                                     */
    rx_volume volume;          /* owned; its grid is the image's, cut to the box             */
    size_t min[3];             /* index in the image of the volume's first voxel             */
} rx_map;

/* Told after each row of voxels; the last call has done == all. */
typedef void (*rx_map_progress)(void *user, size_t voxels_done, size_t voxels);

/* The maps of n features into maps[n], which are empty on failure. One pass over the region,
 * whatever n; memory is that of the maps and of one copy of the box with its levels, so a
 * caller that wants less asks for fewer at a time. progress may be NULL.
 * Fails as rx_extract does, but that it is only in one kernel that there may be no more than 2,048
 * levels (RX_ELIMIT); RX_EINVAL for a feature that is none or one of shape, which has no
 * value around a voxel. */
RX_CHECKED int rx_maps(rx_map *maps, const int *features, size_t n, const rx_image *image,
                       const rx_mask *mask, const rx_map_settings *settings,
                       rx_map_progress progress, void *user, rx_workspace *ws, rx_error *err);

/* The map on the grid of the image that it was made of, init_value around it. */
RX_CHECKED int rx_map_on_grid(rx_volume *out, const rx_map *map, const rx_grid *image,
                              double init_value, rx_error *err);

void rx_map_free(rx_map *map);      /* NULL and empty are fine */

#ifdef __cplusplus
}
#endif
#endif
