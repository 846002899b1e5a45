#include <radiomics/ibsi.h>
#include <math.h>
#include "bounds.h"

void rx_ibsi_default(rx_ibsi *s)
{
    *s = (rx_ibsi){
        .image_interpolation = RX_IBSI_LINEAR,
        .mask_interpolation = RX_IBSI_LINEAR,
        .mask_threshold = 0.5,
        .lowest = -INFINITY,
        .highest = INFINITY,
        .bins = { .by = RX_IBSI_BIN_NUMBER, .number = 32 },
        .ivh_bins = { .by = RX_IBSI_NO_BINS },
        .families = RX_IBSI_ALL_FAMILIES,
        .texture = { .aggregations = RX_IBSI_SOLID_AGGREGATIONS, .distance = 1 },
    };
}

static int check_bins(const char *what, const rx_ibsi_bins *b, rx_error *err)
{
    switch (b->by) {
    case RX_IBSI_NO_BINS: return RX_OK;
    case RX_IBSI_BIN_SIZE:
        if (b->size > 0 && isfinite(b->size)) { return RX_OK; }
        return rx_fail(err, RX_EINVAL, "%s: the bin size is %g, must be positive", what, b->size);
    case RX_IBSI_BIN_NUMBER:
        if (b->number >= 1 && b->number <= RX_MAX_GREY_LEVELS) { return RX_OK; }
        return rx_fail(err, RX_EINVAL, "%s: the number of bins is %u, must be 1 to %d", what, b->number,
                       RX_MAX_GREY_LEVELS);
    }
    return rx_fail(err, RX_EINVAL, "%s: discretisation %d is unknown", what, (int)b->by);
}

static int check_interpolation(const char *what, rx_ibsi_interpolation how, rx_error *err)
{
    if ((unsigned)how <= RX_IBSI_CUBIC_SPLINE) { return RX_OK; }
    return rx_fail(err, RX_EINVAL, "%s interpolation %d is unknown", what, (int)how);
}

static int check_texture(const rx_ibsi_texture_settings *t, rx_error *err)
{
    if (t->aggregations & ~(unsigned)RX_IBSI_ALL_AGGREGATIONS) {
        return rx_fail(err, RX_EINVAL, "aggregations 0x%x hold unknown ones", t->aggregations);
    }
    if (t->distance < 1 || t->distance > RX_MAX_DISTANCE) {
        return rx_fail(err, RX_EINVAL, "the distance is %u, must be 1 to %d", t->distance, RX_MAX_DISTANCE);
    }
    if (!(t->ngldm_alpha >= 0)) {
        return rx_fail(err, RX_EINVAL, "ngldm_alpha is %g, must not be negative", t->ngldm_alpha);
    }
    return RX_OK;
}

int rx_ibsi_check(const rx_ibsi *s, rx_error *err)
{
    int rc;
    for (int a = 0; a < 3; a++) {
        if (!(s->spacing_mm[a] >= 0) || !isfinite(s->spacing_mm[a])) {
            return rx_fail(err, RX_EINVAL, "the new spacing_mm[%d] is %g, must be positive (or 0: as it is)",
                           a, s->spacing_mm[a]);
        }
    }
    if ((rc = check_interpolation("image", s->image_interpolation, err)) != RX_OK
        || (rc = check_interpolation("mask", s->mask_interpolation, err)) != RX_OK) {
        return rc;
    }
    if (!(s->mask_threshold > 0 && s->mask_threshold <= 1)) {
        return rx_fail(err, RX_EINVAL, "the mask threshold is %g, must be above 0 and at most 1",
                       s->mask_threshold);
    }
    if (!(s->margin_mm >= 0)) {
        return rx_fail(err, RX_EINVAL, "margin_mm is %g, must not be negative", s->margin_mm);
    }
    if (!(s->lowest <= s->highest)) {
        return rx_fail(err, RX_EINVAL, "the re-segmentation range is [%g, %g]", s->lowest, s->highest);
    }
    if (!(s->outlier_sigma >= 0) || !isfinite(s->outlier_sigma)) {
        return rx_fail(err, RX_EINVAL, "outlier_sigma is %g, must be positive (or 0: none)", s->outlier_sigma);
    }
    if ((rc = check_bins("grey levels", &s->bins, err)) != RX_OK
        || (rc = check_bins("intensity-volume histogram", &s->ivh_bins, err)) != RX_OK) {
        return rc;
    }
    if (s->families & ~(unsigned)RX_IBSI_ALL_FAMILIES) {
        return rx_fail(err, RX_EINVAL, "families 0x%x hold unknown ones", s->families);
    }
    return check_texture(&s->texture, err);
}
