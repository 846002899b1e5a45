#include "image/image.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/limits.h"
#include "image/parts.h"

/* ---- Types ----------------------------------------------------------------------------------- */

static const struct { size_t size; const char *word; } types[] = {
    [PN_VOXEL_I8] = {1, "8-bit integer"},    [PN_VOXEL_U8] = {1, "8-bit unsigned"},
    [PN_VOXEL_I16] = {2, "16-bit integer"},  [PN_VOXEL_U16] = {2, "16-bit unsigned"},
    [PN_VOXEL_I32] = {4, "32-bit integer"},  [PN_VOXEL_U32] = {4, "32-bit unsigned"},
    [PN_VOXEL_I64] = {8, "64-bit integer"},  [PN_VOXEL_U64] = {8, "64-bit unsigned"},
    [PN_VOXEL_F32] = {4, "32-bit real"},     [PN_VOXEL_F64] = {8, "64-bit real"},
};

size_t pn_voxel_size(pn_voxel_type t) { return types[t].size; }
const char *pn_voxel_word(pn_voxel_type t) { return types[t].word; }

double pn_image_value(const pn_image *im, size_t i)
{
    switch (im->type) {
    case PN_VOXEL_I8:  return ((const int8_t *)im->voxels)[i];
    case PN_VOXEL_U8:  return ((const uint8_t *)im->voxels)[i];
    case PN_VOXEL_I16: return ((const int16_t *)im->voxels)[i];
    case PN_VOXEL_U16: return ((const uint16_t *)im->voxels)[i];
    case PN_VOXEL_I32: return ((const int32_t *)im->voxels)[i];
    case PN_VOXEL_U32: return ((const uint32_t *)im->voxels)[i];
    case PN_VOXEL_I64: return (double)((const int64_t *)im->voxels)[i];
    case PN_VOXEL_U64: return (double)((const uint64_t *)im->voxels)[i];
    case PN_VOXEL_F32: return (double)((const float *)im->voxels)[i];
    case PN_VOXEL_F64: return ((const double *)im->voxels)[i];
    }
    return NAN;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* folder: of a mapped file; NULL: the bytes are in memory. */
static int parse(pn_image *out, const uint8_t *bytes, size_t n, const char *name,
                 const char *folder, unsigned channel, pn_error *err)
{
    uint8_t head[348];
    const uint8_t *start = bytes;
    size_t n_start = n;
    pn_image im = {0};
    int rc;
    if (pn_is_gzip(bytes, n)) {
        pn_error none;
        if (pn_inflate(head, sizeof head, bytes, n, name, &none) == PN_OK) {
            start = head;
            n_start = sizeof head;
        }
    }
    if (pn_is_nifti(start, n_start)) {
        rc = pn_nifti_parse(&im, bytes, n, folder != NULL, name, err);
    } else if (pn_is_nrrd(bytes, n)) {
        rc = pn_nrrd_parse(&im, bytes, n, name, folder, channel, err);
    } else {
        rc = pn_fail(err, PN_EFORMAT, "%s is neither NIfTI (.nii, .nii.gz) nor NRRD", name);
    }
    if (rc == PN_OK) { rc = pn_image_check_grid(&im, name, err); }
    if (rc != PN_OK) {
        pn_image_free(&im);
        return rc;
    }
    *out = im;
    return PN_OK;
}

int pn_image_parse(pn_image *out, const uint8_t *bytes, size_t n, const char *name,
                   unsigned channel, pn_error *err)
{
    return parse(out, bytes, n, name, NULL, channel, err);
}

int pn_image_read(pn_image *out, const char *path, unsigned channel, pn_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (folder == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a path"); }
    pn_mapped file;
    int rc = pn_mapped_open(&file, path, err);
    if (rc == PN_OK) {
        rc = parse(out, file.p, file.n, path, folder, channel, err);
        pn_mapped_close(&file);
    }
    free(folder);
    return rc;
}

void pn_image_free(pn_image *im)
{
    if (im == NULL) { return; }
    free(im->voxels);
    *im = (pn_image){0};
}

bool pn_image_has_name(const char *path)
{
    static const char *const ends[] = {".nii", ".nii.gz", ".nrrd", ".nhdr"};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t m = strlen(ends[i]);
        if (n > m && strcasecmp(path + n - m, ends[i]) == 0) { return true; }
    }
    return false;
}

/* ---- What both readers need ------------------------------------------------------------------ */

int pn_image_count(pn_image *im, const char *name, pn_error *err)
{
    const size_t *d = im->grid.dim;
    uint64_t n = 1;
    for (int a = 0; a < 3; a++) {
        if (d[a] == 0) { return pn_fail(err, PN_EFORMAT, "%s has no voxels along axis %d", name, a + 1); }
        if (d[a] > PN_MAX_VOXELS || n * d[a] > PN_MAX_VOXELS) {
            return pn_fail(err, PN_ELIMIT, "%s states %zu x %zu x %zu voxels, expected at most %llu",
                           name, d[0], d[1], d[2], PN_MAX_VOXELS);
        }
        n *= d[a];
    }
    im->n = (size_t)n;
    return PN_OK;
}

int pn_image_room(void **out, const pn_image *im, size_t size, const char *name, pn_error *err)
{
    *out = malloc(im->n * size);
    return *out != NULL ? PN_OK
                        : pn_fail_transient(err, PN_ENOMEM, "no memory for %zu voxels of %s", im->n, name);
}

void pn_swap_bytes(void *voxels, size_t n, size_t size)
{
    uint8_t *p = voxels;
    for (size_t i = 0; i < n && size > 1; i++, p += size) {
        for (size_t low = 0, high = size - 1; low < high; low++, high--) {
            uint8_t kept = p[low];
            p[low] = p[high];
            p[high] = kept;
        }
    }
}

int pn_image_axes(pn_image *im, double axes[3][3], const char *name, pn_error *err)
{
    rx_grid *g = &im->grid;
    for (int a = 0; a < 3; a++) {
        const double *v = axes[a];
        double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        if (!(length > 0 && isfinite(length))) {
            return pn_fail(err, PN_EGEOMETRY, "%s: the spacing along axis %d is %g mm, expected more than 0",
                           name, a + 1, length);
        }
        g->spacing_mm[a] = length;
        for (int r = 0; r < 3; r++) { g->direction[3 * r + a] = v[r] / length; }
    }
    return PN_OK;
}

int pn_image_check_grid(const pn_image *im, const char *name, pn_error *err)
{
    const rx_grid *g = &im->grid;
    for (int a = 0; a < 3; a++) {
        if (!(g->spacing_mm[a] > 0 && isfinite(g->spacing_mm[a]))) {
            return pn_fail(err, PN_EGEOMETRY, "%s: the spacing along axis %d is %g mm, expected more than 0",
                           name, a + 1, g->spacing_mm[a]);
        }
        if (!isfinite(g->origin_mm[a])) {
            return pn_fail(err, PN_EGEOMETRY, "%s: the first voxel's position is not finite", name);
        }
        for (int b = 0; b <= a; b++) {
            const double *d = g->direction;
            double dot = d[a] * d[b] + d[3 + a] * d[3 + b] + d[6 + a] * d[6 + b];
            if (!(fabs(dot - (a == b ? 1.0 : 0.0)) < 1e-3)) {
                return pn_fail(err, PN_EGEOMETRY, "%s: axes %d and %d are not perpendicular unit vectors "
                               "(their product is %.4g); a sheared grid must be resampled first",
                               name, b + 1, a + 1, dot);
            }
        }
    }
    return PN_OK;
}

/* ---- Voxels for the library, labels ---------------------------------------------------------- */

/* What whole numbers from least to most fit in. */
static rx_scalar scalar_for(double least, double most)
{
    if (least >= INT16_MIN && most <= INT16_MAX) { return RX_I16; }
    return least >= -16777216 && most <= 16777216 ? RX_F32 : RX_F64;
}

int pn_image_view(rx_image *out, void **owned, const pn_image *im, pn_error *err)
{
    static const size_t sizes[] = {[RX_I16] = 2, [RX_F32] = 4, [RX_F64] = 8};
    double least = HUGE_VAL, most = -HUGE_VAL;
    *owned = NULL;
    *out = (rx_image){.grid = im->grid, .voxels = im->voxels};
    switch (im->type) {
    case PN_VOXEL_I16: out->type = RX_I16; return PN_OK;
    case PN_VOXEL_F32: out->type = RX_F32; return PN_OK;
    case PN_VOXEL_F64: out->type = RX_F64; return PN_OK;
    default: break;
    }
    for (size_t i = 0; i < im->n; i++) {
        double v = pn_image_value(im, i);
        least = fmin(least, v);
        most = fmax(most, v);
    }
    out->type = scalar_for(least, most);
    int rc = pn_image_room(owned, im, sizes[out->type], "an image", err);
    if (rc != PN_OK) { return rc; }
    for (size_t i = 0; i < im->n; i++) {
        double v = pn_image_value(im, i);
        switch (out->type) {
        case RX_I16: ((int16_t *)*owned)[i] = (int16_t)v; break;
        case RX_F32: ((float *)*owned)[i] = (float)v; break;
        case RX_F64: ((double *)*owned)[i] = v; break;
        }
    }
    out->voxels = *owned;
    return PN_OK;
}

/* Fractions are cut off; what is below 1, too large or no number is background. */
#define LABELS_FROM(T)                                                                   \
    do {                                                                                 \
        const T *v = (const T *)im->voxels + from;                                       \
        for (size_t i = 0; i < n; i++) {                                                 \
            out[i] = (double)v[i] >= 1 && (double)v[i] < 4294967296.0 ? (uint32_t)v[i] : 0; \
        }                                                                                \
    } while (0)

void pn_image_labels_at(uint32_t *out, const pn_image *im, size_t from, size_t n)
{
    switch (im->type) {
    case PN_VOXEL_I8:  LABELS_FROM(int8_t); break;
    case PN_VOXEL_U8:  LABELS_FROM(uint8_t); break;
    case PN_VOXEL_I16: LABELS_FROM(int16_t); break;
    case PN_VOXEL_U16: LABELS_FROM(uint16_t); break;
    case PN_VOXEL_I32: LABELS_FROM(int32_t); break;
    case PN_VOXEL_U32: LABELS_FROM(uint32_t); break;
    case PN_VOXEL_I64: LABELS_FROM(int64_t); break;
    case PN_VOXEL_U64: LABELS_FROM(uint64_t); break;
    case PN_VOXEL_F32: LABELS_FROM(float); break;
    case PN_VOXEL_F64: LABELS_FROM(double); break;
    }
}

/* The labels piece by piece: voxels `at` to `at + n`. */
enum { PIECE = 4096 };
typedef struct labels_piece { uint32_t v[PIECE]; size_t at, n; } labels_piece;

static bool next_piece(labels_piece *p, const pn_image *im)
{
    p->at += p->n;
    p->n = im->n - p->at < PIECE ? im->n - p->at : PIECE;
    pn_image_labels_at(p->v, im, p->at, p->n);
    return p->n > 0;
}

static int compare_labels(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Puts a label into the list if it is not there; false: there is no room. */
static bool note_label(uint32_t *found, size_t *n_found, uint32_t label)
{
    size_t at = 0;
    while (at < *n_found && found[at] != label) { at++; }
    if (at < *n_found) { return true; }
    if (*n_found == PN_MAX_ROIS) { return false; }
    found[(*n_found)++] = label;
    return true;
}

int pn_image_labels(uint32_t **labels, size_t *n, const pn_image *im, pn_error *err)
{
    uint32_t *found = malloc(PN_MAX_ROIS * sizeof *found), last = 0;
    size_t n_found = 0;
    labels_piece p = {.at = 0};
    bool room = true;
    if (found == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for labels"); }
    while (room && next_piece(&p, im)) {
        for (size_t i = 0; room && i < p.n; i++) {
            if (p.v[i] == 0 || p.v[i] == last) { continue; }
            last = p.v[i];
            room = note_label(found, &n_found, last);
        }
    }
    if (!room) {
        free(found);
        return pn_fail(err, PN_ELIMIT, "more than %d different labels: is this an image, not a mask?", PN_MAX_ROIS);
    }
    qsort(found, n_found, sizeof *found, compare_labels);
    *labels = found;
    *n = n_found;
    return PN_OK;
}

/* No label needs more room than its voxel had, so none is overwritten before it is read. */
#define KEEP_AS(T)                                                                       \
    do {                                                                                 \
        T *to = im->voxels;                                                              \
        for (p = (labels_piece){.at = 0}; next_piece(&p, im);) {                         \
            for (size_t i = 0; i < p.n; i++) { to[p.at + i] = (T)p.v[i]; }               \
        }                                                                                \
    } while (0)

void pn_image_keep_labels(pn_image *im)
{
    uint32_t most = 0;
    labels_piece p = {.at = 0};
    while (next_piece(&p, im)) {
        for (size_t i = 0; i < p.n; i++) { most = p.v[i] > most ? p.v[i] : most; }
    }
    pn_voxel_type type = most <= UINT8_MAX ? PN_VOXEL_U8 : most <= UINT16_MAX ? PN_VOXEL_U16 : PN_VOXEL_U32;
    if (type == PN_VOXEL_U8) { KEEP_AS(uint8_t); } else if (type == PN_VOXEL_U16) { KEEP_AS(uint16_t); } else { KEEP_AS(uint32_t); }
    void *shrunk = realloc(im->voxels, im->n * pn_voxel_size(type));
    if (shrunk != NULL) { im->voxels = shrunk; }
    im->type = type;
}

size_t pn_image_label_voxels(const pn_image *im, uint32_t label)
{
    size_t inside = 0;
    labels_piece p = {.at = 0};
    while (label != 0 && next_piece(&p, im)) {
        for (size_t i = 0; i < p.n; i++) { inside += p.v[i] == label; }
    }
    return inside;
}

size_t pn_image_region(uint8_t *out, const pn_image *im, uint32_t label)
{
    size_t inside = 0;
    labels_piece p = {.at = 0};
    while (next_piece(&p, im)) {
        for (size_t i = 0; i < p.n; i++) {
            out[p.at + i] = label != 0 && p.v[i] == label;
            inside += out[p.at + i];
        }
    }
    return inside;
}
