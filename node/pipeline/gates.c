#include "pipeline/gates.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pn_report_result pn_result_start(void)
{
    return (pn_report_result){.assessed = true,
                              .applicable = true,
                              .score = NAN,
                              .score_interval = {NAN, NAN},
                              .group_agreement = NAN,
                              .mahalanobis = NAN,
                              .mahalanobis_percentile = NAN};
}

/* A new gate at the end of the list, without numbers; NULL: no memory. */
static pn_report_gate *add(pn_report_result *to, pn_gate_kind kind, pn_gate_state state, pn_error *err)
{
    pn_report_gate *grown = realloc(to->gates, (to->n_gates + 1) * sizeof *grown);
    if (grown == NULL) {
        (void)pn_fail_transient(err, PN_ENOMEM, "no memory for gates");
        return NULL;
    }
    to->gates = grown;
    if (state == PN_GATE_FAILED) { to->applicable = false; }
    pn_report_gate *gate = &grown[to->n_gates++];
    *gate = (pn_report_gate){.kind = kind, .state = state, .found = NAN, .low = NAN, .high = NAN};
    return gate;
}

static bool is_open(cfg_range r) { return isinf(r.low) && isinf(r.high); }

static bool inside(double v, cfg_range r) { return v >= r.low && v <= r.high; }

/* A number against its range; NaN: not known. A range open at both ends asks nothing. */
static int add_range(pn_report_result *to, pn_gate_kind kind, double found, cfg_range wanted, pn_error *err)
{
    if (is_open(wanted)) { return PN_OK; }
    pn_gate_state state = isnan(found) ? PN_GATE_UNKNOWN
                          : inside(found, wanted) ? PN_GATE_PASSED : PN_GATE_FAILED;
    pn_report_gate *gate = add(to, kind, state, err);
    if (gate == NULL) { return PN_ENOMEM; }
    gate->found = found;
    gate->low = wanted.low;
    gate->high = wanted.high;
    return PN_OK;
}

/* ---- images ------------------------------------------------------------------------------ */

static int add_modality(pn_report_result *to, const cfg_model *model, const char *found, pn_error *err)
{
    bool good = model->n_modality == 0;
    if (good) { return PN_OK; }
    char wanted[sizeof((pn_report_gate *)0)->wanted_text] = "";
    size_t used = 0;
    for (size_t i = 0; i < model->n_modality; i++) {
        good = good || strcmp(model->modality[i], found) == 0;
        int more = snprintf(wanted + used, sizeof wanted - used, "%s%s", i > 0 ? ", " : "",
                            model->modality[i]);
        if (more > 0 && used + (size_t)more < sizeof wanted) { used += (size_t)more; }
    }
    pn_report_gate *gate = add(to, PN_GATE_MODALITY, good ? PN_GATE_PASSED : PN_GATE_FAILED, err);
    if (gate == NULL) { return PN_ENOMEM; }
    snprintf(gate->found_text, sizeof gate->found_text, "%s", found);
    memcpy(gate->wanted_text, wanted, sizeof gate->wanted_text);
    return PN_OK;
}

static bool is_word(const char *text, const char *word)
{
    while (*word != '\0' && tolower((unsigned char)*text) == *word) {
        text++;
        word++;
    }
    return *word == '\0' && *text == '\0';
}

static const char *contrast_of(const pn_study *study)
{
    static const char *const none[] = {"none", "no", "n", "without", "native", "non", "non-contrast",
                                       "no contrast", "no iv contrast", "without contrast", "0"};
    if (study->contrast_agent[0] == '\0') { return ""; }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (is_word(study->contrast_agent, none[i])) { return "without"; }
    }
    return "with";
}

static int add_contrast(pn_report_result *to, const cfg_model *model, const pn_study *study, pn_error *err)
{
    const char *found = contrast_of(study);
    if (model->contrast[0] == '\0' || strcmp(model->contrast, "any") == 0) { return PN_OK; }
    pn_gate_state state = found[0] == '\0' ? PN_GATE_UNKNOWN
                          : strcmp(found, model->contrast) == 0 ? PN_GATE_PASSED : PN_GATE_FAILED;
    pn_report_gate *gate = add(to, PN_GATE_CONTRAST, state, err);
    if (gate == NULL) { return PN_ENOMEM; }
    snprintf(gate->found_text, sizeof gate->found_text, "%s", found);
    snprintf(gate->wanted_text, sizeof gate->wanted_text, "%s", model->contrast);
    return PN_OK;
}

static double thickness_of(const pn_study *study)
{
    char *end;
    double v = strtod(study->slice_thickness_mm, &end);
    return end != study->slice_thickness_mm && *end == '\0' && isfinite(v) && v > 0 ? v : (double)NAN;
}

int pn_gates_images(pn_report_result *to, const cfg_model *model, const pn_study *study,
                    const rx_grid *grid, double missing_slices, pn_error *err)
{
    const double pixel = fmax(grid->spacing_mm[0], grid->spacing_mm[1]);
    const cfg_range missing = {-INFINITY, model->max_missing_slices};
    int rc = add_modality(to, model, study->modality, err);
    if (rc == PN_OK) { rc = add_contrast(to, model, study, err); }
    if (rc == PN_OK) {
        rc = add_range(to, PN_GATE_SLICE_THICKNESS, thickness_of(study), model->slice_thickness_mm, err);
    }
    if (rc == PN_OK) {
        rc = add_range(to, PN_GATE_SLICE_SPACING, grid->spacing_mm[2], model->slice_spacing_mm, err);
    }
    if (rc == PN_OK) { rc = add_range(to, PN_GATE_PIXEL_SPACING, pixel, model->pixel_spacing_mm, err); }
    if (rc == PN_OK) { rc = add_range(to, PN_GATE_MISSING_SLICES, missing_slices, missing, err); }
    return rc;
}

/* ---- contours ---------------------------------------------------------------------------- */

int pn_gates_contours(pn_report_result *to, pn_contour_policy policy, size_t n, size_t unmeasured,
                      const char *failure, pn_error *err)
{
    pn_gate_state state = PN_GATE_PASSED;
    if (n > 1 && policy == PN_CONTOURS_REFUSE) { state = PN_GATE_FAILED; }
    if (n > 1 && policy == PN_CONTOURS_LARGEST) { state = PN_GATE_WARNED; }
    pn_report_gate *gate = add(to, PN_GATE_CONTOUR_COUNT, state, err);
    if (gate == NULL) { return PN_ENOMEM; }
    gate->found = (double)n;
    if (policy != PN_CONTOURS_EACH) { gate->high = 1; }
    if (unmeasured == 0) { return PN_OK; }
    /* The one that could not be measured may have been the largest. */
    state = policy == PN_CONTOURS_EACH ? PN_GATE_WARNED : PN_GATE_FAILED;
    gate = add(to, PN_GATE_MEASURABLE, state, err);
    if (gate == NULL) { return PN_ENOMEM; }
    gate->found = (double)unmeasured;
    gate->high = 0;
    snprintf(gate->found_text, sizeof gate->found_text, "%s", failure);
    return PN_OK;
}

int pn_gates_region(pn_report_result *to, const cfg_model *model, double voxels, const double *values,
                    pn_error *err)
{
    for (size_t i = 0; i < model->n_features; i++) {
        if (isfinite(values[i]) || model->features[i].source != CFG_SOURCE_IMAGE) { continue; }
        pn_report_gate *gate = add(to, PN_GATE_MEASURABLE, PN_GATE_FAILED, err);
        if (gate == NULL) { return PN_ENOMEM; }
        snprintf(gate->subject, sizeof gate->subject, "%s", model->features[i].name);
        snprintf(gate->found_text, sizeof gate->found_text, "feature %.127s has no value",
                 model->features[i].name);
    }
    if (model->min_roi_voxels == 0) { return PN_OK; }
    const cfg_range wanted = {(double)model->min_roi_voxels, INFINITY};
    return add_range(to, PN_GATE_ROI_VOXELS, voxels, wanted, err);
}

int pn_gates_variables(pn_report_result *to, const pn_report_variable *variables, size_t n, pn_error *err)
{
    bool all_known = true;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(variables[i].value)) { continue; }
        all_known = false;
        pn_report_gate *gate = add(to, PN_GATE_VARIABLE, PN_GATE_FAILED, err);
        if (gate == NULL) { return PN_ENOMEM; }
        snprintf(gate->subject, sizeof gate->subject, "%s", variables[i].name);
        snprintf(gate->found_text, sizeof gate->found_text, "%s", variables[i].why);
    }
    return n == 0 || !all_known || add(to, PN_GATE_VARIABLE, PN_GATE_PASSED, err) != NULL ? PN_OK : PN_ENOMEM;
}

/* ---- training patients ------------------------------------------------------------------- */

static int add_feature_ranges(pn_report_result *to, const cfg_model *model, const double *values,
                              pn_error *err)
{
    bool all_inside = true;
    for (size_t i = 0; i < model->n_features; i++) {
        const cfg_model_feature *f = &model->features[i];
        const cfg_range seen = {f->quantile[0], f->quantile[CFG_NQUANTILES - 1]};
        if (isnan(values[i]) || inside(values[i], seen)) { continue; }
        all_inside = false;
        pn_report_gate *gate = add(to, PN_GATE_FEATURE_RANGE, PN_GATE_FAILED, err);
        if (gate == NULL) { return PN_ENOMEM; }
        snprintf(gate->subject, sizeof gate->subject, "%s", f->name);
        gate->found = values[i];
        gate->low = seen.low;
        gate->high = seen.high;
    }
    return !all_inside || add(to, PN_GATE_FEATURE_RANGE, PN_GATE_PASSED, err) != NULL ? PN_OK : PN_ENOMEM;
}

int pn_gates_training(pn_report_result *to, const cfg_model *model, const double *values, pn_error *err)
{
    pn_distance distance;
    int rc = add_feature_ranges(to, model, values, err);
    if (rc == PN_OK) { rc = pn_score_distance(&distance, model, values, err); }
    if (rc != PN_OK) { return rc; }
    to->mahalanobis = distance.mahalanobis;
    to->mahalanobis_percentile = distance.percentile;
    const cfg_range allowed = {-INFINITY, model->max_mahalanobis};
    return model->n_correlation > 0
               ? add_range(to, PN_GATE_DISTANCE, distance.mahalanobis, allowed, err) : PN_OK;
}

int pn_gates_no_score(pn_report_result *to, const char *why, pn_error *err)
{
    pn_report_gate *gate = add(to, PN_GATE_SCORE, PN_GATE_FAILED, err);
    if (gate == NULL) { return PN_ENOMEM; }
    snprintf(gate->found_text, sizeof gate->found_text, "%s", why);
    return PN_OK;
}

/* ---- in words ---------------------------------------------------------------------------- */

void pn_gate_text(char *buf, size_t size, const pn_report_gate *gate)
{
    char found[300], wanted[200];
    const bool named = gate->kind == PN_GATE_FEATURE_RANGE || gate->kind == PN_GATE_VARIABLE;
    const char *what = named && gate->subject[0] != '\0'
                           ? gate->subject : pn_gate_kind_word(gate->kind);
    if (gate->found_text[0] != '\0') {
        snprintf(found, sizeof found, "\"%s\"", gate->found_text);
    } else if (isnan(gate->found)) {
        snprintf(found, sizeof found, "not known");
    } else {
        snprintf(found, sizeof found, "%.6g", gate->found);
    }
    bool low = isfinite(gate->low), high = isfinite(gate->high);
    if (gate->wanted_text[0] != '\0') {
        snprintf(wanted, sizeof wanted, ", expected %s", gate->wanted_text);
    } else if (low && high) {
        snprintf(wanted, sizeof wanted, ", expected %.6g to %.6g", gate->low, gate->high);
    } else if (low || high) {
        snprintf(wanted, sizeof wanted, ", expected at %s %.6g", low ? "least" : "most",
                 low ? gate->low : gate->high);
    } else {
        wanted[0] = '\0';
    }
    snprintf(buf, size, "%s is %s%s", what, found, wanted);
}
