#include "pipeline/select.h"
#include <stdlib.h>
#include <string.h>

static bool name_matches(const pn_roi *roi, char *const *patterns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cfg_pattern_match(patterns[i], roi->name)) { return true; }
    }
    return false;
}

static bool code_matches(const pn_roi *roi, const cfg_concept *codes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(codes[i].value, roi->code_value) == 0 &&
            strcmp(codes[i].scheme, roi->code_scheme) == 0) {
            return true;
        }
    }
    return false;
}

int pn_select_regions(int **numbers, size_t *n, const pn_header *contour, char *const *patterns,
                      size_t n_patterns, const cfg_concept *codes, size_t n_codes, pn_error *err)
{
    int *found = calloc(contour->n_rois > 0 ? contour->n_rois : 1, sizeof *found);
    if (found == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for region numbers"); }
    size_t count = 0;
    for (size_t i = 0; i < contour->n_rois; i++) {
        const pn_roi *roi = &contour->rois[i];
        if (contour->kind == PN_KIND_RTSTRUCT && roi->n_contours == 0) { continue; }
        if (name_matches(roi, patterns, n_patterns) || code_matches(roi, codes, n_codes)) {
            found[count++] = roi->number;
        }
    }
    *numbers = found;
    *n = count;
    return PN_OK;
}
