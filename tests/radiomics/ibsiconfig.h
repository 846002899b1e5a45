/* tests/radiomics/ibsiconfig.h - IBSI 1's phantoms and processing configurations. */
#ifndef PN_TEST_IBSICONFIG_H
#define PN_TEST_IBSICONFIG_H
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "csv.h"
#include "testimage.h"
#include <radiomics/ibsi.h>

typedef struct ibsi_case {
    testimage image_file, mask_file;
    uint8_t *label;
    rx_image image;
    rx_mask mask;
} ibsi_case;

#define IBSI_DIGITAL "data/radiomics/ibsi_1_digital_phantom/nifti/"
#define IBSI_CT "data/radiomics/ibsi_1_ct_radiomics_phantom/nifti/"

static inline bool ibsi_case_read(ibsi_case *c, const char *config)
{
    bool digital = strcmp(config, "digital") == 0;
    const char *image = digital ? SHARED(IBSI_DIGITAL "image/phantom.nii.gz") : SHARED(IBSI_CT "image/phantom.nii.gz");
    const char *mask = digital ? SHARED(IBSI_DIGITAL "mask/mask.nii.gz") : SHARED(IBSI_CT "mask/mask.nii.gz");
    if (!have_shared(image)) { return false; }
    assert_int_equal(volume_read(&c->image_file, image), 0);
    assert_int_equal(volume_read(&c->mask_file, mask), 0);
    c->label = volume_mask(&c->mask_file);
    size_t n = c->image_file.grid.dim[0] * c->image_file.grid.dim[1] * c->image_file.grid.dim[2];
    /* the CT phantom's file holds what scanners round to whole Hounsfield units */
    for (size_t i = 0; !digital && i < n; i++) { c->image_file.v[i] = rint(c->image_file.v[i]); }
    c->image = (rx_image){ c->image_file.grid, RX_F64, c->image_file.v };
    c->mask = (rx_mask){ c->image_file.grid, c->label, 1 };
    return true;
}

static inline void ibsi_case_free(ibsi_case *c)
{
    volume_free(&c->image_file);
    volume_free(&c->mask_file);
    free(c->label);
}

/* The digital phantom, and the configurations A to E of the CT phantom (reference manual, table
 * "configurations"). */
static inline rx_ibsi ibsi_config(const char *config)
{
    rx_ibsi s;
    char which = config[0];
    rx_ibsi_default(&s);
    if (which == 'd') {
        s.bins.by = RX_IBSI_NO_BINS;
        s.texture.aggregations = RX_IBSI_ALL_AGGREGATIONS;
        return s;
    }
    s.by_slice = which == 'A' || which == 'B';
    s.texture.aggregations = s.by_slice ? RX_IBSI_FLAT_AGGREGATIONS : RX_IBSI_SOLID_AGGREGATIONS;
    for (int a = 0; a < 3 && which != 'A'; a++) { s.spacing_mm[a] = 2; }
    s.round_intensities = which != 'A';
    if (which == 'E') { s.image_interpolation = RX_IBSI_CUBIC_SPLINE; }
    if (which != 'D') {
        s.lowest = s.by_slice ? -500 : -1000;
        s.highest = 400;
    }
    if (which == 'D' || which == 'E') { s.outlier_sigma = 3; }
    s.bins = which == 'A' || which == 'C' ? (rx_ibsi_bins){ .by = RX_IBSI_BIN_SIZE, .size = 25 }
                                          : (rx_ibsi_bins){ .by = RX_IBSI_BIN_NUMBER, .number = 32 };
    if (which == 'C') { s.ivh_bins = (rx_ibsi_bins){ .by = RX_IBSI_BIN_SIZE, .size = 2.5 }; }
    if (which == 'E') { s.ivh_bins = (rx_ibsi_bins){ .by = RX_IBSI_BIN_NUMBER, .number = 1000 }; }
    return s;
}

#endif
