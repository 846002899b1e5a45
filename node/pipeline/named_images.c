#include "pipeline/named_images.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pn_named_images_free(pn_named_images *n)
{
    if (n == NULL) { return; }
    free(n->uids);
    memset(n, 0, sizeof *n);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool wanted(const int *rois, size_t n, int number)
{
    for (size_t i = 0; i < n; i++) {
        if (rois[i] == number) { return true; }
    }
    return false;
}

static int append(pn_named_images *out, char *const *uids, size_t n, pn_error *err)
{
    if (n == 0) { return 0; }
    /* Regions repeat each other's images; the cap before removing doubles is only against
     * memory, the store's own holds after. */
    if (n > (size_t)PN_MAX_ROIS * PN_MAX_SLICES - out->n) {
        return pn_fail(err, PN_ELIMIT, "the contour object names more images than can be held");
    }
    const char **more = realloc(out->uids, (out->n + n) * sizeof *more);
    if (more == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu UIDs", n); }
    out->uids = more;
    for (size_t i = 0; i < n; i++) { out->uids[out->n++] = uids[i]; }
    return 0;
}

static void sort_unique(pn_named_images *out)
{
    if (out->n == 0) { return; }
    qsort(out->uids, out->n, sizeof *out->uids, by_text);
    size_t kept = 1;
    for (size_t i = 1; i < out->n; i++) {
        if (strcmp(out->uids[i], out->uids[kept - 1]) != 0) { out->uids[kept++] = out->uids[i]; }
    }
    out->n = kept;
}

static bool shares_image(const pn_named_images *sorted, size_t n, const pn_ref_series *series)
{
    for (size_t i = 0; i < series->n_image_uids; i++) {
        const char *uid = series->image_uids[i];
        if (bsearch(&uid, sorted->uids, n, sizeof *sorted->uids, by_text)) { return true; }
    }
    return false;
}

/* The series that are meant: those that share an image with the regions; where there is but
 * one, that; where the regions name no image, all. */
static int add_series(pn_named_images *out, const pn_header *h, pn_error *err)
{
    size_t n_own = out->n, n_meant = 0;
    for (size_t i = 0; i < h->n_series; i++) {
        const pn_ref_series *series = &h->series[i];
        /* Lists are appended behind the sorted part that is searched. */
        if (n_own > 0 && h->n_series > 1 && !shares_image(out, n_own, series)) { continue; }
        char *name = n_meant == 0 ? out->series_uid : out->other_series_uid;
        if (n_meant < 2) { snprintf(name, PN_UID_SIZE, "%s", series->series_uid); }
        n_meant++;
        int rc = append(out, series->image_uids, series->n_image_uids, err);
        if (rc != PN_OK) { return rc; }
    }
    if (n_own > 0 && n_meant > 1) {      /* the images decide; no one series can stand in */
        out->series_uid[0] = out->other_series_uid[0] = '\0';
    }
    return PN_OK;
}

/* The images of some regions, sorted, each once. */
static int drawn_on(pn_named_images *out, const pn_header *h, size_t first, size_t n, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = first; rc == PN_OK && i < first + n; i++) {
        rc = append(out, h->rois[i].image_uids, h->rois[i].n_image_uids, err);
    }
    sort_unique(out);
    return rc;
}

static bool holds_all(const pn_named_images *drawn, const pn_named_images *named)
{
    if (drawn->n < named->n) { return false; }
    for (size_t i = 0; i < named->n; i++) {
        if (!bsearch(&named->uids[i], drawn->uids, drawn->n, sizeof *drawn->uids, by_text)) {
            return false;
        }
    }
    return true;
}

static int look_at_drawn(pn_named_images *out, const pn_header *h, const int *rois, size_t n_rois,
                         pn_error *err)
{
    pn_named_images drawn = {0};
    int rc = drawn_on(&drawn, h, 0, h->n_rois, err);
    out->drawn_only = rc == PN_OK && out->n > 0 && holds_all(&drawn, out);
    pn_named_images_free(&drawn);
    for (size_t i = 0; rc == PN_OK && out->drawn_only && i < h->n_rois; i++) {
        if (h->kind != PN_KIND_RTSTRUCT || wanted(rois, n_rois, h->rois[i].number)) { continue; }
        rc = drawn_on(&drawn, h, i, 1, err);
        out->drawn_only = !holds_all(&drawn, out);
        pn_named_images_free(&drawn);
    }
    return rc;
}

int pn_named_images_of(pn_named_images *out, const pn_header *contour, const int *rois,
                          size_t n_rois, pn_error *err)
{
    pn_named_images n = {0};
    int rc = PN_OK;
    for (size_t i = 0; rc == PN_OK && i < contour->n_rois; i++) {
        const pn_roi *roi = &contour->rois[i];
        if (wanted(rois, n_rois, roi->number)) {
            rc = append(&n, roi->image_uids, roi->n_image_uids, err);
        }
    }
    sort_unique(&n);
    if (rc == PN_OK) { rc = add_series(&n, contour, err); }
    sort_unique(&n);
    if (rc == PN_OK && n.n > PN_MAX_SLICES) {
        rc = pn_fail(err, PN_ELIMIT, "%zu images named, at most %d", n.n, PN_MAX_SLICES);
    }
    if (rc == PN_OK) { rc = look_at_drawn(&n, contour, rois, n_rois, err); }
    if (rc != PN_OK) {
        pn_named_images_free(&n);
        return rc;
    }
    *out = n;
    return PN_OK;
}
