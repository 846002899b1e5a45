#include <radiomics/extract.h>
#include <math.h>
#include "classes.h"
#include "bounds.h"
#include "neighbours.h"

void rx_settings_default(rx_settings *s)
{
    *s = (rx_settings){
        .bin_width = 25,
        .symmetrical_glcm = true,
        .distances = { 1 },
        .n_distances = 1,
        .minimum_roi_dimensions = 2,
    };
    for (int i = 0; i < RX_NFEATURES; i++) { s->enabled[i] = true; }
}

int rx_settings_check(const rx_settings *s, rx_error *err)
{
    if (s->bin_count == 0 && (!(s->bin_width > 0) || !isfinite(s->bin_width))) {
        return rx_fail(err, RX_EINVAL, "binWidth is %g, must be positive", s->bin_width);
    }
    if (s->bin_count > RX_MAX_GREY_LEVELS) {
        return rx_fail(err, RX_EINVAL, "binCount is %u, at most %d", s->bin_count, RX_MAX_GREY_LEVELS);
    }
    if (!isfinite(s->voxel_array_shift)) {
        return rx_fail(err, RX_EINVAL, "voxelArrayShift is not finite");
    }
    size_t room = sizeof s->distances / sizeof *s->distances;
    if (s->n_distances < 1 || s->n_distances > room) {
        return rx_fail(err, RX_EINVAL, "distances has %u entries, must have 1 to %zu", s->n_distances, room);
    }
    for (unsigned i = 0; i < s->n_distances; i++) {
        if (s->distances[i] < 1 || s->distances[i] > RX_MAX_DISTANCE) {
            return rx_fail(err, RX_EINVAL, "distances[%u] is %u, must be 1 to %d", i, s->distances[i],
                           RX_MAX_DISTANCE);
        }
    }
    if (!(s->gldm_alpha >= 0)) {
        return rx_fail(err, RX_EINVAL, "gldm_a is %g, must not be negative", s->gldm_alpha);
    }
    if (s->force_2d_dimension > 2) {
        return rx_fail(err, RX_EINVAL, "force2Ddimension is %u, must be 0, 1 or 2", s->force_2d_dimension);
    }
    if ((unsigned)s->weighting_norm >= RX_NNORMS) {
        return rx_fail(err, RX_EINVAL, "weightingNorm %d is unknown", (int)s->weighting_norm);
    }
    if (s->minimum_roi_dimensions < 1 || s->minimum_roi_dimensions > 3) {
        return rx_fail(err, RX_EINVAL, "minimumROIDimensions is %u, must be 1, 2 or 3",
                       s->minimum_roi_dimensions);
    }
    return RX_OK;
}

const char *rx_why_text(rx_why why)
{
    switch (why) {
    case RX_DEFINED: return "";
    case RX_NOT_ASKED: return "not asked for";
    case RX_TOO_LARGE: return "too many grey levels";
    case RX_UNDEFINED: break;
    }
    return "no value for this region";
}

static bool wanted(const rx_settings *s, rx_class cls)
{
    for (unsigned i = 0; i < rx_class_size(cls); i++) {
        if (s->enabled[rx_class_first(cls) + i]) { return true; }
    }
    return false;
}

static void clear(rx_value out[RX_NFEATURES], const rx_settings *s)
{
    for (int i = 0; i < RX_NFEATURES; i++) {
        out[i] = (rx_value){ NAN, s->enabled[i] ? RX_UNDEFINED : RX_NOT_ASKED };
    }
}

static void store(rx_value out[RX_NFEATURES], const double *f, rx_class cls, const rx_settings *s)
{
    for (unsigned i = 0; i < rx_class_size(cls); i++) {
        unsigned at = rx_class_first(cls) + i;
        if (s->enabled[at] && isfinite(f[i])) { out[at] = (rx_value){ f[i], RX_DEFINED }; }
    }
}

/* A class whose matrix would be too large does not keep the others from their values. */
static void leave_out(rx_value out[RX_NFEATURES], rx_class cls, const rx_settings *s, rx_error *err)
{
    if (err) { *err = (rx_error){ 0 }; }
    for (unsigned i = 0; i < rx_class_size(cls); i++) {
        unsigned at = rx_class_first(cls) + i;
        if (s->enabled[at]) { out[at].why = RX_TOO_LARGE; }
    }
}

static double mean_of(const rx_roi *roi)
{
    double sum = 0;
    for (size_t at = 0; at < roi->voxels; at += 256) {
        double part = 0;
        for (size_t i = at; i < roi->voxels && i < at + 256; i++) { part += roi->values[i]; }
        sum += part;
    }
    return sum / (double)roi->voxels;
}

static int diagnose(rx_diagnostics *diag, const rx_roi *roi, rx_workspace *ws, rx_error *err)
{
    *diag = (rx_diagnostics){
        .roi_voxels = roi->voxels,
        .roi_min = roi->lowest,
        .roi_max = roi->highest,
        .roi_mean = mean_of(roi),
    };
    for (int a = 0; a < 3; a++) {
        diag->box_min[a] = roi->min[a];
        diag->box_max[a] = roi->min[a] + roi->n[a] - 1;
    }
    return rx_components(&diag->roi_components, roi, ws, err);
}

static int texture(rx_value out[RX_NFEATURES], const rx_levels *l, const rx_settings *s,
                   rx_workspace *ws, rx_error *err)
{
    double f[RX_NFEATURES];
    int rc;
    if (wanted(s, RX_GLCM)) {
        if ((rc = rx_glcm(f, l, s, ws, err)) == RX_OK) { store(out, f, RX_GLCM, s); }
        else if (rc == RX_ELIMIT) { leave_out(out, RX_GLCM, s, err); }
        else { return rc; }
        unsigned mcc = rx_class_first(RX_GLCM) + glcm_MCC;
        if (out[mcc].why == RX_UNDEFINED && l->present > RX_MAX_MCC_LEVELS) { out[mcc].why = RX_TOO_LARGE; }
    }
    if (wanted(s, RX_GLRLM)) {
        if ((rc = rx_glrlm(f, l, s, ws, err)) != RX_OK) { return rc; }
        store(out, f, RX_GLRLM, s);
    }
    if (wanted(s, RX_GLSZM)) {
        if ((rc = rx_glszm(f, l, s, ws, err)) != RX_OK) { return rc; }
        store(out, f, RX_GLSZM, s);
    }
    if (wanted(s, RX_GLDM) || wanted(s, RX_NGTDM)) {
        rx_neighbours nb;
        rc = rx_neighbours_count(&nb, l, s, ws, err);
        if (rc == RX_ELIMIT) {
            leave_out(out, RX_GLDM, s, err);
            leave_out(out, RX_NGTDM, s, err);
            return RX_OK;
        }
        if (rc != RX_OK) { return rc; }
        if ((rc = rx_gldm(f, l, &nb, ws, err)) != RX_OK) { return rc; }
        store(out, f, RX_GLDM, s);
        if ((rc = rx_ngtdm(f, l, &nb, ws, err)) != RX_OK) { return rc; }
        store(out, f, RX_NGTDM, s);
    }
    return RX_OK;
}

static int compute(rx_value out[RX_NFEATURES], rx_diagnostics *diag, const rx_image *image,
                   const rx_mask *mask, const rx_settings *s, rx_workspace *ws, rx_error *err)
{
    double f[RX_NFEATURES];
    rx_roi roi;
    rx_levels levels;
    int rc = rx_crop(&roi, image, mask, s, ws, err);
    if (rc != RX_OK) { return rc; }
    if (diag && (rc = diagnose(diag, &roi, ws, err)) != RX_OK) { return rc; }
    if (wanted(s, RX_SHAPE)) {
        if ((rc = rx_shape(f, &roi, ws, err)) != RX_OK) { return rc; }
        store(out, f, RX_SHAPE, s);
    }
    bool textures = false;
    for (int c = RX_GLCM; c < RX_NCLASSES; c++) { textures = textures || wanted(s, (rx_class)c); }
    if (!textures && !wanted(s, RX_FIRSTORDER) && !diag) { return RX_OK; }

    if ((rc = rx_discretise(&levels, &roi, s, ws, err)) != RX_OK) { return rc; }
    if (diag) { diag->grey_levels = levels.highest - levels.lowest + 1; }
    if (wanted(s, RX_FIRSTORDER)) {
        if ((rc = rx_firstorder(f, &roi, &levels, s, ws, err)) != RX_OK) { return rc; }
        store(out, f, RX_FIRSTORDER, s);
    }
    roi.values = NULL;                /* the zone search takes their memory */
    return textures ? texture(out, &levels, s, ws, err) : RX_OK;
}

int rx_extract(rx_value out[RX_NFEATURES], rx_diagnostics *diag, const rx_image *image,
               const rx_mask *mask, const rx_settings *settings, rx_workspace *ws, rx_error *err)
{
    if (!out || !image || !mask || !settings || !ws) {
        return rx_fail(err, RX_EINVAL, "rx_extract: an argument is missing");
    }
    clear(out, settings);
    int rc = rx_settings_check(settings, err);
    if (rc == RX_OK) { rc = compute(out, diag, image, mask, settings, ws, err); }
    if (rc != RX_OK) { clear(out, settings); }
    return rc;
}
