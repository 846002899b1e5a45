#include "pipeline/collect.h"
#include <stdlib.h>
#include <string.h>
#include "pipeline/named_images.h"

static bool contains(const char *const *sorted, size_t n, const char *uid)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(uid, sorted[mid]);
        if (order == 0) { return true; }
        if (order < 0) { high = mid; } else { low = mid + 1; }
    }
    return false;
}

/* The images for which `wanted` says yes; a SOP UID that stands in two files is taken once. */
typedef bool wanted_fn(const pn_header *image, const void *arg);

static bool seen_before(const pn_folder *folder, size_t entry)
{
    for (size_t i = 0; i < entry; i++) {
        if (folder->entries[i].header.kind == PN_KIND_IMAGE &&
            strcmp(folder->entries[i].header.sop_uid, folder->entries[entry].header.sop_uid) == 0) {
            return true;
        }
    }
    return false;
}

static void take(pn_collected *c, const pn_folder *folder, wanted_fn *wanted, const void *arg)
{
    c->n = 0;
    for (size_t i = 0; i < folder->n; i++) {
        const pn_header *h = &folder->entries[i].header;
        if (h->kind == PN_KIND_IMAGE && wanted(h, arg) && !seen_before(folder, i)) {
            c->paths[c->n++] = folder->entries[i].path;
        }
    }
}

static bool is_named(const pn_header *image, const void *arg)
{
    const pn_named_images *list = arg;
    return contains(list->uids, list->n, image->sop_uid);
}

static bool in_series(const pn_header *image, const void *arg)
{
    return strcmp(arg, image->series_uid) == 0;
}

static bool in_same_frame(const pn_header *image, const void *arg)
{
    const pn_header *contour = arg;
    return strcmp(image->study_uid, contour->study_uid) == 0 &&
           strcmp(image->frame_of_reference_uid, contour->frame_of_reference_uid) == 0;
}

static const char *series_of(const pn_folder *folder, const char *path)
{
    for (size_t i = 0; i < folder->n; i++) {
        if (folder->entries[i].path == path) { return folder->entries[i].header.series_uid; }
    }
    return "";
}

static int take_only_series(pn_collected *c, const pn_folder *folder, const pn_header *contour,
                            pn_error *err)
{
    take(c, folder, in_same_frame, contour);
    if (c->n == 0) {
        return pn_fail(err, PN_ENOTFOUND, "the contour object names no images, and no image series "
                                          "of its study and frame of reference is there");
    }
    const char *first = series_of(folder, c->paths[0]);
    for (size_t i = 1; i < c->n; i++) {
        const char *other = series_of(folder, c->paths[i]);
        if (strcmp(first, other) != 0) {
            return pn_fail(err, PN_ENOTFOUND, "the contour object names no images, and two series are "
                                              "there to choose from: %s and %s", first, other);
        }
    }
    c->by_series = true;
    return PN_OK;
}

/* The series that the named images are of, unless they are multi-frame, of which each is a volume
 * by itself, or of several series. */
static void take_whole_series(pn_collected *c, const pn_folder *folder)
{
    const char *series = series_of(folder, c->paths[0]);
    for (size_t i = 0, n = 0; i < folder->n && n < c->n; i++) {
        if (folder->entries[i].path != c->paths[n]) { continue; }
        n++;
        if (strcmp(series, folder->entries[i].header.series_uid) != 0 ||
            pn_is_multiframe_class(folder->entries[i].header.sop_class_uid)) {
            return;
        }
    }
    take(c, folder, in_series, series);
}

static const char *first_missing(const pn_named_images *list, const pn_folder *folder)
{
    for (size_t i = 0; i < list->n; i++) {
        bool found = false;
        for (size_t e = 0; e < folder->n && !found; e++) {
            found = strcmp(folder->entries[e].header.sop_uid, list->uids[i]) == 0;
        }
        if (!found) { return list->uids[i]; }
    }
    return "";
}

static int choose(pn_collected *c, const pn_folder *folder, const pn_header *contour,
                  const pn_named_images *named, pn_error *err)
{
    if (named->n == 0 && named->other_series_uid[0] != '\0') {
        return pn_fail(err, PN_ENOTFOUND, "the contour object names no images, but two series: %s and %s",
                       named->series_uid, named->other_series_uid);
    }
    if (named->n == 0 && named->series_uid[0] == '\0') {
        return take_only_series(c, folder, contour, err);
    }
    take(c, folder, is_named, named);
    if (c->n == named->n && named->n > 0) {
        if (named->drawn_only) { take_whole_series(c, folder); }
        return PN_OK;
    }
    if (c->n > 0) {
        return pn_fail(err, PN_ENOTFOUND, "%zu of %zu named images are missing, the first is %s",
                       named->n - c->n, named->n, first_missing(named, folder));
    }
    take(c, folder, in_series, named->series_uid);
    if (c->n == 0) {
        return pn_fail(err, PN_ENOTFOUND, "none of the %zu named images is there, nor the named series",
                       named->n);
    }
    c->by_series = true;
    return PN_OK;
}

int pn_collect_images(pn_collected *out, const pn_folder *folder, const pn_header *contour,
                      const int *rois, size_t n_rois, pn_error *err)
{
    pn_named_images named = {0};
    pn_collected c = {0};
    int rc = pn_named_images_of(&named, contour, rois, n_rois, err);
    if (rc != PN_OK) { return rc; }
    c.paths = calloc(folder->n > 0 ? folder->n : 1, sizeof *c.paths);
    rc = c.paths == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for %zu paths", folder->n)
                         : choose(&c, folder, contour, &named, err);
    pn_named_images_free(&named);
    if (rc != PN_OK) {
        pn_collected_free(&c);
        return rc;
    }
    *out = c;
    return PN_OK;
}

void pn_collected_free(pn_collected *c)
{
    if (c == NULL) { return; }
    free(c->paths);
    *c = (pn_collected){0};
}
