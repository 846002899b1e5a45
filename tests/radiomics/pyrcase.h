/* tests/radiomics/pyrcase.h - the public images that PyRadiomics' outputs exist for. */
#ifndef RX_TEST_PYRCASE_H
#define RX_TEST_PYRCASE_H
#include "check.h"
#include "testimage.h"
#include <radiomics/pyradiomics.h>
#include <stdlib.h>
#include <string.h>

#define PYR_GOLDEN "reference/radiomics/golden/"
#define PYR_NRRD "data/radiomics/pyradiomics/"
#define PYR_IBSI "data/radiomics/ibsi_1_ct_radiomics_phantom/nifti/"
#define PYR_STS "data/radiomics/ibsi_validation_sts/STS_001/nifti/"

/* The NIfTI files' placement, which the reader of tests leaves out: LPS, single precision. */
typedef struct pyrcase { const char *name, *image, *mask; float origin[3]; bool nifti; } pyrcase;

static const pyrcase pyr_cases[] = {
    { "brain1", PYR_NRRD "brain1_image.nrrd", PYR_NRRD "brain1_label.nrrd", { 0 }, false },
    { "brain2", PYR_NRRD "brain2_image.nrrd", PYR_NRRD "brain2_label.nrrd", { 0 }, false },
    { "breast1", PYR_NRRD "breast1_image.nrrd", PYR_NRRD "breast1_label.nrrd", { 0 }, false },
    { "ibsi_ct_gtv", PYR_IBSI "image/phantom.nii.gz", PYR_IBSI "mask/mask.nii.gz",
      { -174.3945F, -79.6255F, -100.4F }, true },
    { "sts001_ct", PYR_STS "CT_image.nii.gz", PYR_STS "CT_mask.nii.gz",
      { -23.437616F, -86.91415F, -881.32F }, true },
};

typedef struct pyrdata {
    rx_image image;
    rx_mask mask;
    rx_pixel pixel;
    testimage v;
    uint8_t *label;
    int16_t *i16;
} pyrdata;

/* False, and a message, where the files are not there. */
static inline bool pyr_read(pyrdata *d, const pyrcase *c)
{
    char path[512];
    testimage m;
    *d = (pyrdata){ 0 };
    snprintf(path, sizeof path, SHARED("%s"), c->image);
    if (!have_shared(path)) { return false; }
    assert_int_equal(volume_read(&d->v, path), 0);
    snprintf(path, sizeof path, SHARED("%s"), c->mask);
    assert_int_equal(volume_read(&m, path), 0);
    if (c->nifti) {
        for (int a = 0; a < 3; a++) { d->v.grid.origin_mm[a] = (double)c->origin[a]; }
        m.grid = d->v.grid;
    }
    d->label = volume_mask(&m);
    d->mask = (rx_mask){ m.grid, d->label, 1 };
    d->pixel = RX_PIXEL_I16;      /* whole numbers, whatever the files hold them in */
    if (c->nifti) {
        d->image = (rx_image){ d->v.grid, RX_F64, d->v.v };
    } else {
        d->i16 = volume_i16(&d->v);
        d->image = (rx_image){ d->v.grid, RX_I16, d->i16 };
    }
    volume_free(&m);
    return true;
}

static inline void pyr_free(pyrdata *d)
{
    volume_free(&d->v);
    free(d->label);
    free(d->i16);
}

#endif
