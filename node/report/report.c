/* report/report.c - ownership, and the words of gates. */
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

void pn_report_free(pn_report *r)
{
    if (r == NULL) { return; }
    free(r->images);
    for (size_t i = 0; i < r->n_regions; i++) {
        free(r->regions[i].result.gates);
        free(r->regions[i].result.drivers);
        rx_results_free(&r->regions[i].filtered);
    }
    free(r->regions);
    for (size_t i = 0; i < r->n_km; i++) {
        free(r->km[i].time_days);
        free(r->km[i].survival);
        free(r->km[i].n_risk);
    }
    free(r->km);
    free(r->performance);
    free(r->variables);
    memset(r, 0, sizeof *r);
}

pn_report_result *pn_report_main_mut(pn_report *r) { return &r->regions[r->main_region].result; }

const pn_report_result *pn_report_main(const pn_report *r)
{
    return &r->regions[r->main_region].result;
}

size_t pn_report_n_scored(const pn_report *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_regions; i++) { n += r->regions[i].result.applicable; }
    return n;
}

static const char *const policy_words[] = {"refuse", "largest", "each"};

const char *pn_contour_policy_word(pn_contour_policy p)
{
    return (unsigned)p <= PN_CONTOURS_EACH ? policy_words[p] : policy_words[0];
}

pn_contour_policy pn_contour_policy_read(const char *word)
{
    if (strcmp(word, policy_words[PN_CONTOURS_LARGEST]) == 0) { return PN_CONTOURS_LARGEST; }
    if (strcmp(word, policy_words[PN_CONTOURS_EACH]) == 0) { return PN_CONTOURS_EACH; }
    return PN_CONTOURS_REFUSE;
}

const char *pn_gate_kind_word(pn_gate_kind k)
{
    static const char *const words[PN_NGATE_KINDS] = {
        [PN_GATE_MODALITY] = "modality",
        [PN_GATE_CONTRAST] = "contrast",
        [PN_GATE_SLICE_THICKNESS] = "slice_thickness",
        [PN_GATE_SLICE_SPACING] = "slice_spacing",
        [PN_GATE_PIXEL_SPACING] = "pixel_spacing",
        [PN_GATE_MISSING_SLICES] = "missing_slices",
        [PN_GATE_CONTOUR_COUNT] = "contour_count",
        [PN_GATE_MEASURABLE] = "measurable",
        [PN_GATE_VARIABLE] = "variable",
        [PN_GATE_ROI_VOXELS] = "roi_voxels",
        [PN_GATE_FEATURE_RANGE] = "feature_range",
        [PN_GATE_DISTANCE] = "distance",
        [PN_GATE_SCORE] = "score",
    };
    return (unsigned)k < PN_NGATE_KINDS ? words[k] : "unknown";
}

const char *pn_gate_state_word(pn_gate_state s)
{
    static const char *const words[] = {"passed", "warned", "failed", "unknown"};
    return (unsigned)s < sizeof words / sizeof words[0] ? words[s] : "unknown";
}

int pn_report_device_uid(char uid[PN_UID_SIZE], const pn_report *r, pn_error *err)
{
    const char *parts[] = {"prognode device", r->model_sha256, PN_VERSION, NULL};
    return pn_uid_from_parts(uid, parts, err);
}
