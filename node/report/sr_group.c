/* report/sr_group.c - a region's measurement group (TID 1411).
 *
 * A viewer prints the group from its top, and a reader looks at the first screen: whether the
 * model applies stands first, then the risk group, how sure it is, which contour and which model,
 * then survival and what drove the score. Identity and features follow, and last what is for
 * machines and for those who look closer. The order inside a group is free; in the document it
 * is not, so all this cannot stand higher. */
#include "report/sr_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "report/feature_codes.h"
#include "report/sr_codes.h"
#include "report/words.h"

enum { HEADLINE_DRIVERS = 3 };

/* ---- Headline ------------------------------------------------------------------------------- */

static void put_text(pn_sr_writer *w, pn_code_triple name, const char *text)
{
    pn_sr_text(w->sr, PN_SR_CONTAINS, name, text);
}

static void put_survival_lines(pn_sr_writer *w, const pn_report_result *result)
{
    char name[PN_WORDS_SIZE / 3], value[PN_WORDS_SIZE / 3], line[PN_WORDS_SIZE];
    bool plain = pn_report_plain_survival(w->report);
    for (size_t i = 0; i < result->n_survival; i++) {
        pn_words_survival_name(name, sizeof name, w->words, w->report, &result->survival[i]);
        pn_words_survival(value, sizeof value, w->words, &result->survival[i]);
        (void)snprintf(line, sizeof line, "%s: %s", name, value);
        put_text(w, plain ? C_SURVIVAL : C_EVENT_FREE, line);
    }
}

static void put_headline(pn_sr_writer *w, const pn_report_region *region)
{
    const pn_report_result *result = &region->result;
    char text[PN_WORDS_SIZE];
    pn_sr_code(w->sr, PN_SR_CONTAINS, C_APPLICABLE, result->applicable ? C_YES : C_NO);
    pn_words_applies(text, sizeof text, w->words, w->report, result);
    put_text(w, C_APPLICABILITY, text);
    pn_sr_put_risk_level(w, result);
    if (result->applicable) {
        pn_sr_put_number(w, C_SCORE, result->score, RX_DEFINED, C_NO_UNITS);
        pn_words_certainty(text, sizeof text, w->words, w->report, result);
        put_text(w, C_CERTAINTY, text);
    }
    pn_words_contour(text, sizeof text, w->words, w->report, region);
    put_text(w, C_MEASURED_CONTOUR, text);
    pn_words_model(text, sizeof text, w->words, w->report);
    put_text(w, C_MODEL, text);
    if (result->applicable) { put_survival_lines(w, result); }
    pn_sr_put_drivers(w, result, HEADLINE_DRIVERS);
}

/* ---- Identity ------------------------------------------------------------------------------- */

static void put_segment(pn_sr_writer *w, const char *sop_class, const char *sop_uid,
                        unsigned number)
{
    pn_sr_image(w->sr, PN_SR_CONTAINS, C_SEGMENT, sop_class, sop_uid, number);
    pn_sr_uidref(w->sr, PN_SR_CONTAINS, C_SOURCE_SERIES, w->report->study.series_uid);
}

static void put_reference(pn_sr_writer *w, const pn_report_region *region)
{
    const pn_report *r = w->report;
    if (w->form->refer_to_segment) {
        put_segment(w, PN_SEGMENTATION_STORAGE, w->form->seg_sop_uid,
                    (unsigned)(region - r->regions) + 1);
        return;
    }
    if (r->contour_kind == PN_KIND_SEG) {
        put_segment(w, r->contour_sop_class, r->contour_sop_uid, (unsigned)region->number);
        return;
    }
    char number[16];
    (void)snprintf(number, sizeof number, "%d", region->number);
    pn_sr_composite(w->sr, PN_SR_CONTAINS, C_REGION_IN_SPACE, r->contour_sop_class,
                    r->contour_sop_uid);
    pn_sr_open_last(w->sr);
    /* TID 1411 row 12c says HAS PROPERTIES, which common readers refuse below COMPOSITE. */
    pn_sr_text(w->sr, PN_SR_HAS_ACQ_CONTEXT, C_REGION_NUMBER, number);
    pn_sr_close(w->sr);
}

/* A segment may carry a code without its meaning; that must not cost the report. */
static bool is_complete(pn_code_triple c)
{
    return c.value[0] != '\0' && c.scheme[0] != '\0' && c.meaning[0] != '\0';
}

/* image: "" for the region itself, else what was made of the image, which is tracked as a thing of its
 * own: viewers take what has one UID for one thing. */
static void put_identity(pn_sr_writer *w, const pn_report_region *region, bool main_region, const char *image,
                         const char *tracking_uid)
{
    char name[PN_WORDS_SIZE];
    pn_words_region(name, sizeof name, w->words, region);
    size_t n = strlen(name);
    (void)snprintf(name + n, sizeof name - n, "%s%s", image[0] != '\0' ? " " : "", image);
    pn_sr_text(w->sr, PN_SR_HAS_OBS_CONTEXT, C_TRACKING_ID, name);
    pn_sr_uidref(w->sr, PN_SR_HAS_OBS_CONTEXT, C_TRACKING_UID, tracking_uid);
    pn_code_triple finding =
        PN_CODE(region->code_value, region->code_scheme, region->code_meaning);
    if (is_complete(finding)) {
        pn_sr_code(w->sr, PN_SR_CONTAINS, C_FINDING, finding);
    } else if (main_region || region->result.assessed) {
        pn_sr_code(w->sr, PN_SR_CONTAINS, C_FINDING, C_NEOPLASM);
    }
    put_reference(w, region);
    pn_code_triple site = PN_CODE(region->site_value, region->site_scheme, region->site_meaning);
    if (is_complete(site)) { pn_sr_code(w->sr, PN_SR_HAS_CONCEPT_MOD, C_FINDING_SITE, site); }
}

/* ---- Numbers -------------------------------------------------------------------------------- */

static void put_feature(pn_sr_writer *w, const char *name, rx_value value, const char *modality)
{
    const pn_feature_code *code = pn_feature_code_find(name);
    pn_unit unit = pn_feature_unit(code, modality);
    pn_sr_put_number(w, PN_CODE(code->value, code->scheme, code->meaning), value.v, value.why,
                     PN_CODE(unit.ucum, "UCUM", unit.meaning));
}

static void put_features(pn_sr_writer *w, const pn_report_region *region)
{
    const rx_feature_def *features = rx_features();
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        put_feature(w, features[i].full_name, region->values[i], w->report->study.modality);
    }
}

void pn_sr_put_score(pn_sr_writer *w, const pn_report_result *result)
{
    pn_sr_put_known(w, C_CUTPOINT, w->report->cutpoint, C_NO_UNITS);
    const bool committee = w->report->n_networks > 0;
    pn_sr_put_known(w, committee ? C_NETWORKS_LOW : C_SCORE_LOW, result->score_interval.low, C_NO_UNITS);
    pn_sr_put_known(w, committee ? C_NETWORKS_HIGH : C_SCORE_HIGH, result->score_interval.high, C_NO_UNITS);
    pn_sr_put_known(w, committee ? C_NETWORKS_AGREE : C_AGREEMENT, 100 * result->group_agreement, C_PERCENT);
}

/* The code tells endpoint and horizon apart: PRG-S3Y survival, PRG-E3Y event-free; its limits are
 * PRG-S3YLO and PRG-S3YHI. */
static void put_horizon(pn_sr_writer *w, const pn_report_survival *s)
{
    static const struct { const char *code, *words; } limits[] = {
        {"", ""}, {"LO", ", lower 95 percent limit"}, {"HI", ", upper 95 percent limit"}};
    const double values[] = {s->probability, s->interval.low, s->interval.high};
    char name[80], value[24], meaning[120];
    pn_report_survival_name(name, sizeof name, w->report, s->years);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(value, sizeof value, "PRG-%c%.4gY%s",
                       pn_report_plain_survival(w->report) ? 'S' : 'E', s->years, limits[i].code);
        (void)snprintf(meaning, sizeof meaning, "%s%s", name, limits[i].words);
        pn_sr_put_known(w, PN_CODE(value, PN_SCHEME, meaning), 100 * values[i], C_PERCENT);
    }
}

void pn_sr_put_survival(pn_sr_writer *w, const pn_report_result *result)
{
    for (size_t i = 0; i < result->n_survival; i++) { put_horizon(w, &result->survival[i]); }
}

/* ---- Gates ---------------------------------------------------------------------------------- */

static pn_code_triple gate_code(pn_gate_kind kind)
{
    static const struct { const char *value, *meaning; } codes[PN_NGATE_KINDS] = {
        [PN_GATE_MODALITY] = {"PRG-G-MOD", "Eligibility: modality"},
        [PN_GATE_CONTRAST] = {"PRG-G-CONTRAST", "Eligibility: contrast agent"},
        [PN_GATE_SLICE_THICKNESS] = {"PRG-G-THICK", "Eligibility: slice thickness"},
        [PN_GATE_SLICE_SPACING] = {"PRG-G-SLICE", "Eligibility: slice spacing"},
        [PN_GATE_PIXEL_SPACING] = {"PRG-G-PIXEL", "Eligibility: pixel spacing"},
        [PN_GATE_MISSING_SLICES] = {"PRG-G-GAPS", "Eligibility: missing slices"},
        [PN_GATE_CONTOUR_COUNT] = {"PRG-G-COUNT", "Eligibility: number of contours"},
        [PN_GATE_MEASURABLE] = {"PRG-G-MEAS", "Eligibility: measurable"},
        [PN_GATE_VARIABLE] = {"PRG-G-VAR", "Eligibility: variables of the patient"},
        [PN_GATE_ROI_VOXELS] = {"PRG-G-VOXELS", "Eligibility: size of contour"},
        [PN_GATE_FEATURE_RANGE] = {"PRG-G-RANGE", "Eligibility: within training values"},
        [PN_GATE_DISTANCE] = {"PRG-G-DIST", "Eligibility: distance from training patients"},
        [PN_GATE_SCORE] = {"PRG-G-SCORE", "Eligibility: score"},
    };
    return PN_CODE(codes[kind].value, PN_SCHEME, codes[kind].meaning);
}

static pn_code_triple state_code(pn_gate_state state)
{
    switch (state) {
    case PN_GATE_PASSED: return C_GATE_PASSED;
    case PN_GATE_WARNED: return C_GATE_WARNED;
    case PN_GATE_FAILED: return C_GATE_FAILED;
    case PN_GATE_UNKNOWN: break;
    }
    return C_GATE_UNKNOWN;
}

void pn_sr_put_gates(pn_sr_writer *w, const pn_report_result *result)
{
    for (size_t i = 0; i < result->n_gates; i++) {
        const pn_report_gate *gate = &result->gates[i];
        pn_sr_code(w->sr, PN_SR_CONTAINS, gate_code(gate->kind), state_code(gate->state));
    }
}

void pn_sr_put_gate_statements(pn_sr_writer *w, const pn_report_result *result)
{
    char statement[PN_WORDS_SIZE / 2], text[PN_WORDS_SIZE];
    for (size_t i = 0; i < result->n_gates; i++) {
        const pn_report_gate *gate = &result->gates[i];
        pn_words_gate(statement, sizeof statement, w->words, gate);
        (void)snprintf(text, sizeof text, "%s: %s. %s", pn_words_gate_name(w->words, gate),
                       pn_words_gate_state(w->words, gate->state), statement);
        put_text(w, C_GATE_STATEMENT, text);
    }
}

/* ---- Group ---------------------------------------------------------------------------------- */

/* What is for machines, and for those who look closer. */
static void put_result(pn_sr_writer *w, const pn_report_result *result, bool main_region)
{
    if (result->applicable) {
        pn_sr_put_score(w, result);
        pn_sr_put_survival(w, result);
    }
    pn_sr_put_known(w, C_DISTANCE, result->mahalanobis, C_NO_UNITS);
    pn_sr_put_known(w, C_DISTANCE_RANK, result->mahalanobis_percentile, C_PERCENT);
    if (main_region) { return; }      /* its gates stand among the evaluations */
    pn_sr_put_gates(w, result);
    pn_sr_put_gate_statements(w, result);
}

void pn_sr_put_group(pn_sr_writer *w, const pn_report_region *region)
{
    const pn_report *r = w->report;
    bool main_region = region == &r->regions[r->main_region];
    bool assessed = region->result.assessed;
    pn_sr_container(w->sr, PN_SR_CONTAINS, C_GROUP, "1411");
    if (main_region || assessed) { put_headline(w, region); }
    put_identity(w, region, main_region, "", region->tracking_uid);
    put_features(w, region);
    if (assessed) { put_result(w, &region->result, main_region); }
    if (region->note[0] != '\0') { put_text(w, C_COMMENT, region->note); }
    pn_sr_close(w->sr);
}

/* A group for each image: its features have the codes of the unfiltered image's. What a filter gives is
 * not in Hounsfield units. */
int pn_sr_put_filtered(pn_sr_writer *w, const pn_report_region *region, pn_error *err)
{
    char image[RX_FILTERED_NAME], before[RX_FILTERED_NAME] = "", uid[PN_UID_SIZE];
    for (size_t i = 0; i < region->filtered.n; i++) {
        const rx_result *r = &region->filtered.v[i];
        int index = rx_pyradiomics_feature(image, r->name);
        if (index < 0) { return pn_fail(err, PN_EINVAL, "a report has no code for %s", r->name); }
        if (strcmp(image, before) != 0) {
            const char *parts[] = {"filtered", region->tracking_uid, image, NULL};
            int rc = pn_uid_from_parts(uid, parts, err);
            if (rc != PN_OK) { return rc; }
            if (before[0] != '\0') { pn_sr_close(w->sr); }
            pn_sr_container(w->sr, PN_SR_CONTAINS, C_GROUP, "1411");
            put_identity(w, region, region == &w->report->regions[w->report->main_region], image, uid);
            put_text(w, C_IMAGE_FILTER, image);
            memcpy(before, image, sizeof before);
        }
        put_feature(w, rx_features()[index].full_name, r->value, "");
    }
    if (before[0] != '\0') { pn_sr_close(w->sr); }
    return PN_OK;
}
