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

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_wanted(int number, const int *rois, size_t n_rois)
{
    for (size_t i = 0; i < n_rois; i++) {
        if (rois[i] == number) { return true; }
    }
    return false;
}

static size_t append(const char **all, size_t n, char *const *more, size_t n_more)
{
    for (size_t i = 0; i < n_more; i++) { all[n + i] = more[i]; }
    return n + n_more;
}

int pn_expected_images(const char ***uids, size_t *n, const pn_header *contour, const int *rois,
                       size_t n_rois, pn_error *err)
{
    size_t room = 1, count = 0, kept = 0;
    for (size_t i = 0; i < contour->n_rois; i++) { room += contour->rois[i].n_image_uids; }
    for (size_t i = 0; i < contour->n_series; i++) { room += contour->series[i].n_image_uids; }
    const char **all = calloc(room, sizeof *all);
    if (all == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu UIDs", room); }

    for (size_t i = 0; i < contour->n_rois; i++) {
        const pn_roi *roi = &contour->rois[i];
        if (is_wanted(roi->number, rois, n_rois)) {
            count = append(all, count, roi->image_uids, roi->n_image_uids);
        }
    }
    for (size_t i = 0; i < contour->n_series; i++) {
        count = append(all, count, contour->series[i].image_uids, contour->series[i].n_image_uids);
    }
    qsort(all, count, sizeof *all, compare_text);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(all[kept - 1], all[i]) != 0) { all[kept++] = all[i]; }
    }
    *uids = all;
    *n = kept;
    return PN_OK;
}
