/* NIfTI and NRRD files: what is read is a volume whose every voxel can be looked at, and is the same
 * after it was written and read again. The first byte chooses the channel. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fuzz.h"
#include "image/image.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void look_at_labels(const pn_image *im)
{
    uint32_t *labels = NULL;
    uint8_t *region = malloc(im->n);
    size_t n = 0, inside = 0;
    pn_error err = {0};
    fz_require(region != NULL);
    if (pn_image_labels(&labels, &n, im, &err) != PN_OK) {
        fz_require(err.code == PN_ELIMIT);
    } else {
        for (size_t i = 0; i < n && i < 4; i++) {
            fz_require(labels[i] > 0 && (i == 0 || labels[i] > labels[i - 1]));
            size_t here = pn_image_region(region, im, labels[i]);
            fz_require(here > 0);
            inside += here;
        }
        fz_require(inside <= im->n);
    }
    free(labels);
    free(region);
}

static void write_and_read(const pn_image *im)
{
    pn_image again = {0};
    pn_error err = {0};
    char path[256];
    snprintf(path, sizeof path, "%s/again.nii", fz_folder());
    fz_require(pn_nifti_write(path, &im->grid, im->voxels, im->type, &err) == PN_OK);
    /* Single precision may make nothing of a spacing, or infinity. */
    if (pn_image_read(&again, path, 0, &err) == PN_OK) {
        fz_require(again.n == im->n && again.type == im->type);
        fz_require(memcmp(again.voxels, im->voxels, im->n * pn_voxel_size(im->type)) == 0);
        pn_image_free(&again);
    } else {
        fz_require(err.code == PN_EGEOMETRY);
    }
    (void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_image im;
    if (n < 1) { return 0; }
    int rc = pn_image_parse(&im, bytes + 1, n - 1, "x", bytes[0], &err);
    if (rc != PN_OK) {
        fz_require(rc == (int)err.code && rc != PN_EINTERNAL && err.msg[0] != '\0');
        return 0;
    }
    const rx_grid *g = &im.grid;
    fz_require(im.n == g->dim[0] * g->dim[1] * g->dim[2]);
    for (int a = 0; a < 3; a++) {
        fz_require(g->spacing_mm[a] > 0 && isfinite(g->spacing_mm[a]) && isfinite(g->origin_mm[a]));
    }
    rx_image view;
    void *owned;
    fz_require(pn_image_view(&view, &owned, &im, &err) == PN_OK && view.voxels != NULL);
    free(owned);
    look_at_labels(&im);
    write_and_read(&im);
    pn_image_free(&im);
    return 0;
}
