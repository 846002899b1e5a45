#include <radiomics/volume.h>
#include <stdlib.h>
#include <string.h>
#include "bounds.h"
#include "roi.h"

int rx_grid_voxels(size_t *n, const rx_grid *grid, rx_error *err)
{
    size_t total = 1;
    for (int a = 0; a < 3; a++) {
        if (grid->dim[a] == 0) {
            return rx_fail(err, RX_EINVAL, "axis %d of the grid has no voxel", a);
        }
        if (!rx_size_mul(&total, total, grid->dim[a]) || total > RX_MAX_BOX_VOXELS) {
            return rx_fail(err, RX_ELIMIT, "%zu x %zu x %zu voxels, at most %zu in all", grid->dim[0],
                           grid->dim[1], grid->dim[2], RX_MAX_BOX_VOXELS);
        }
    }
    *n = total;
    return RX_OK;
}

static int make(void **voxels, const rx_grid *grid, size_t element, rx_error *err)
{
    size_t n = 0;
    int rc = rx_grid_voxels(&n, grid, err);
    if (rc != RX_OK) { return rc; }
    *voxels = calloc(n, element);
    if (!*voxels) {
        return rx_fail(err, RX_ENOMEM, "no memory for %zu voxels of %zu bytes", n, element);
    }
    return RX_OK;
}

int rx_volume_new(rx_volume *v, const rx_grid *grid, rx_error *err)
{
    void *voxels = NULL;
    *v = (rx_volume){ 0 };
    int rc = make(&voxels, grid, sizeof *v->voxels, err);
    if (rc == RX_OK) { *v = (rx_volume){ *grid, voxels }; }
    return rc;
}

int rx_region_new(rx_region *r, const rx_grid *grid, rx_error *err)
{
    void *voxels = NULL;
    *r = (rx_region){ 0 };
    int rc = make(&voxels, grid, sizeof *r->voxels, err);
    if (rc == RX_OK) { *r = (rx_region){ *grid, voxels }; }
    return rc;
}

void rx_volume_free(rx_volume *v)
{
    if (!v) { return; }
    free(v->voxels);
    *v = (rx_volume){ 0 };
}

void rx_region_free(rx_region *r)
{
    if (!r) { return; }
    free(r->voxels);
    *r = (rx_region){ 0 };
}

int rx_volume_copy(rx_volume *v, const rx_image *image, rx_error *err)
{
    if (!image->voxels) { return rx_fail(err, RX_EINVAL, "the image has no voxels"); }
    size_t n = 0;
    int rc = rx_grid_voxels(&n, &image->grid, err);
    if (rc != RX_OK || (rc = rx_volume_new(v, &image->grid, err)) != RX_OK) { return rc; }
    rx_copy_voxels(v->voxels, image, 0, n);
    return RX_OK;
}

int rx_region_copy(rx_region *r, const rx_mask *mask, rx_error *err)
{
    if (!mask->voxels) { return rx_fail(err, RX_EINVAL, "the mask has no voxels"); }
    size_t n = 0;
    int rc = rx_grid_voxels(&n, &mask->grid, err);
    if (rc != RX_OK || (rc = rx_region_new(r, &mask->grid, err)) != RX_OK) { return rc; }
    for (size_t i = 0; i < n; i++) { r->voxels[i] = mask->voxels[i] == mask->label; }
    return RX_OK;
}

rx_image rx_volume_image(const rx_volume *v)
{
    return (rx_image){ v->grid, RX_F64, v->voxels };
}

rx_mask rx_region_mask(const rx_region *r)
{
    return (rx_mask){ r->grid, r->voxels, 1 };
}
