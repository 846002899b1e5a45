/* NIfTI-1 (nifti1.h of the NIfTI Data Format Working Group, 2003) and NIfTI-2 (2011), one file.
 *
 * Geometry is read as ITK reads it, so that grids agree with what SimpleITK would say: the spacing
 * is pixdim, the axes are those of qform (else sform) without their length, both of single
 * precision where the header is; from RAS to LPS by turning x and y round. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "image/parts.h"

typedef struct header {
    bool second;                 /* NIfTI-2                                                   */
    bool swapped;
    int64_t dim[8];
    int datatype, units;
    double pixdim[8];
    double offset, slope, inter;
    int qform, sform;
    double quatern[3], qoffset[3], srow[3][4];
} header;

/* ---- Fields ---------------------------------------------------------------------------------- */

typedef struct cursor { const uint8_t *p; bool swapped; } cursor;

static void take(void *out, const cursor *c, size_t at, size_t size)
{
    memcpy(out, c->p + at, size);
    if (c->swapped) { pn_swap_bytes(out, 1, size); }
}

static int int16_at(const cursor *c, size_t at)
{
    int16_t v;
    take(&v, c, at, sizeof v);
    return v;
}

static int32_t int32_at(const cursor *c, size_t at)
{
    int32_t v;
    take(&v, c, at, sizeof v);
    return v;
}

static int64_t int64_at(const cursor *c, size_t at)
{
    int64_t v;
    take(&v, c, at, sizeof v);
    return v;
}

static double float_at(const cursor *c, size_t at)
{
    float v;
    take(&v, c, at, sizeof v);
    return (double)v;
}

static double double_at(const cursor *c, size_t at)
{
    double v;
    take(&v, c, at, sizeof v);
    return v;
}

static void read_first(header *h, const cursor *c)
{
    for (size_t i = 0; i < 8; i++) {
        h->dim[i] = int16_at(c, 40 + 2 * i);
        h->pixdim[i] = float_at(c, 76 + 4 * i);
    }
    h->datatype = int16_at(c, 70);
    h->offset = float_at(c, 108);
    h->slope = float_at(c, 112);
    h->inter = float_at(c, 116);
    h->units = c->p[123];
    h->qform = int16_at(c, 252);
    h->sform = int16_at(c, 254);
    for (size_t i = 0; i < 3; i++) {
        h->quatern[i] = float_at(c, 256 + 4 * i);
        h->qoffset[i] = float_at(c, 268 + 4 * i);
        for (size_t j = 0; j < 4; j++) { h->srow[i][j] = float_at(c, 280 + 16 * i + 4 * j); }
    }
}

static void read_second(header *h, const cursor *c)
{
    for (size_t i = 0; i < 8; i++) {
        h->dim[i] = int64_at(c, 16 + 8 * i);
        h->pixdim[i] = double_at(c, 104 + 8 * i);
    }
    h->datatype = int16_at(c, 12);
    h->offset = (double)int64_at(c, 168);
    h->slope = double_at(c, 176);
    h->inter = double_at(c, 184);
    h->units = int32_at(c, 500);
    h->qform = int32_at(c, 344);
    h->sform = int32_at(c, 348);
    for (size_t i = 0; i < 3; i++) {
        h->quatern[i] = double_at(c, 352 + 8 * i);
        h->qoffset[i] = double_at(c, 376 + 8 * i);
        for (size_t j = 0; j < 4; j++) { h->srow[i][j] = double_at(c, 400 + 32 * i + 8 * j); }
    }
}

enum { FIRST_SIZE = 348, SECOND_SIZE = 540 };

/* The header's size, which is also its byte order's mark; 0: no NIfTI. */
static int size_of_header(bool *swapped, const uint8_t *p)
{
    int32_t size;
    memcpy(&size, p, sizeof size);
    *swapped = false;
    for (int turn = 0; turn < 2; turn++) {
        if (size == FIRST_SIZE || size == SECOND_SIZE) { return size; }
        pn_swap_bytes(&size, 1, sizeof size);
        *swapped = true;
    }
    return 0;
}

bool pn_is_nifti(const uint8_t *head, size_t n)
{
    bool swapped;
    if (n < FIRST_SIZE) { return false; }
    int size = size_of_header(&swapped, head);
    if (size == SECOND_SIZE) { return memcmp(head + 4, "n+2", 4) == 0 || memcmp(head + 4, "ni2", 4) == 0; }
    return size == FIRST_SIZE && (memcmp(head + 344, "n+1", 4) == 0 || memcmp(head + 344, "ni1", 4) == 0);
}

static int read_header(header *h, const uint8_t *bytes, size_t n, const char *name, pn_error *err)
{
    uint8_t unpacked[SECOND_SIZE];
    const uint8_t *p = bytes;
    if (pn_is_gzip(bytes, n)) {
        int rc = pn_inflate(unpacked, FIRST_SIZE, bytes, n, name, err);
        if (rc == PN_OK && size_of_header(&h->swapped, unpacked) == SECOND_SIZE) {
            rc = pn_inflate(unpacked, SECOND_SIZE, bytes, n, name, err);
        }
        if (rc != PN_OK) { return rc; }
        p = unpacked;
        n = SECOND_SIZE;
    }
    h->second = size_of_header(&h->swapped, p) == SECOND_SIZE;
    if (h->second && n < SECOND_SIZE) {
        return pn_fail(err, PN_EFORMAT, "%s is truncated in its header", name);
    }
    const char *magic = (const char *)p + (h->second ? 4 : 344);
    if (magic[1] == 'i') {
        return pn_fail(err, PN_EUNSUPPORTED, "%s is the header of a pair (.hdr, .img), expected one "
                       "file (.nii, .nii.gz)", name);
    }
    cursor c = {.p = p, .swapped = h->swapped};
    if (h->second) { read_second(h, &c); } else { read_first(h, &c); }
    return PN_OK;
}

/* ---- What the header means ------------------------------------------------------------------- */

static int set_type(pn_image *im, const header *h, const char *name, pn_error *err)
{
    static const struct { int code; pn_voxel_type type; } known[] = {
        {2, PN_VOXEL_U8}, {4, PN_VOXEL_I16}, {8, PN_VOXEL_I32}, {16, PN_VOXEL_F32}, {64, PN_VOXEL_F64},
        {256, PN_VOXEL_I8}, {512, PN_VOXEL_U16}, {768, PN_VOXEL_U32}, {1024, PN_VOXEL_I64},
        {1280, PN_VOXEL_U64}};
    static const struct { int code; const char *word; } strange[] = {
        {1, "single bits"}, {32, "complex numbers"}, {128, "RGB colours"}, {1536, "128-bit reals"},
        {1792, "complex numbers"}, {2048, "complex numbers"}, {2304, "RGBA colours"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == h->datatype) {
            im->type = known[i].type;
            return PN_OK;
        }
    }
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        if (strange[i].code == h->datatype) {
            return pn_fail(err, PN_EUNSUPPORTED, "%s holds %s, expected integers or reals", name, strange[i].word);
        }
    }
    return pn_fail(err, PN_EFORMAT, "%s states data type %d, which NIfTI does not know", name, h->datatype);
}

static int set_size(pn_image *im, const header *h, const char *name, pn_error *err)
{
    int64_t n = h->dim[0];
    if (n < 2 || n > 7) {
        return pn_fail(err, PN_EFORMAT, "%s states %lld dimensions, expected 3", name, (long long)n);
    }
    for (int a = 1; a <= (int)n; a++) {
        if (h->dim[a] < 1) {
            return pn_fail(err, PN_EFORMAT, "%s states %lld voxels along axis %d", name, (long long)h->dim[a], a);
        }
        if (a > 3 && h->dim[a] > 1) {
            return pn_fail(err, PN_EUNSUPPORTED, "%s holds a series of %lld volumes (axis %d), expected one",
                           name, (long long)h->dim[a], a);
        }
    }
    for (int a = 0; a < 3; a++) { im->grid.dim[a] = a < n ? (size_t)h->dim[a + 1] : 1; }
    im->channels = 1;
    return pn_image_count(im, name, err);
}

/* Columns x, y, z of the rotation that (b, c, d) stands for, z turned round for qfac -1. */
static bool rotation(double m[3][3], const header *h)
{
    double b = h->quatern[0], c = h->quatern[1], d = h->quatern[2];
    double a = 1 - (b * b + c * c + d * d);
    if (!isfinite(a)) { return false; }
    if (a < 1e-7) {              /* half a turn: rounding may have left less than nothing      */
        double length = sqrt(b * b + c * c + d * d);
        b /= length;
        c /= length;
        d /= length;
        a = 0;
    } else {
        a = sqrt(a);
    }
    double qfac = h->pixdim[0] < 0 ? -1 : 1;
    const double r[3][3] = {
        {a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c) * qfac},
        {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b) * qfac},
        {2 * (b * d - a * c), 2 * (c * d + a * b), (a * a + d * d - c * c - b * b) * qfac}};
    memcpy(m, r, sizeof r);
    return true;
}

static double single(const header *h, double v) { return h->second ? v : (double)(float)v; }

/* Say so where the two transforms put the volume elsewhere: by more than half a voxel. */
static void compare_forms(pn_image *im, const header *h, double q[3][3])
{
    double worst = 0;
    for (int corner = 0; corner < 8; corner++) {
        double off[3] = {h->qoffset[0] - h->srow[0][3], h->qoffset[1] - h->srow[1][3], h->qoffset[2] - h->srow[2][3]};
        for (int a = 0; a < 3; a++) {
            double at = (corner >> a & 1) != 0 ? (double)(im->grid.dim[a] - 1) : 0;
            for (int r = 0; r < 3; r++) { off[r] += at * (q[r][a] * h->pixdim[a + 1] - h->srow[r][a]); }
        }
        worst = fmax(worst, sqrt(off[0] * off[0] + off[1] * off[1] + off[2] * off[2]));
    }
    double least = fmin(h->pixdim[1], fmin(h->pixdim[2], h->pixdim[3]));
    if (worst > 0.5 * least) {
        (void)snprintf(im->note, sizeof im->note, "qform and sform differ by up to %.3g mm; qform was taken", worst);
    }
}

static int set_grid(pn_image *im, header *h, const char *name, pn_error *err)
{
    static const double scale[8] = {1, 1000, 1, 0.001, 1, 1, 1, 1};    /* unknown, m, mm, um */
    double mm = scale[h->units & 7], axes[3][3];
    rx_grid *g = &im->grid;
    for (int a = 0; a < 3; a++) {
        /* Flat images often leave the third one 0. */
        if (g->dim[a] == 1 && h->pixdim[a + 1] == 0) { h->pixdim[a + 1] = 1; }
        double spacing = h->pixdim[a + 1] * mm;
        if (!(spacing > 0 && isfinite(spacing))) {
            return pn_fail(err, PN_EGEOMETRY, "%s: the spacing along axis %d is %g mm, expected more than 0",
                           name, a + 1, spacing);
        }
        for (int r = 0; r < 3; r++) { axes[a][r] = a == r; }
        g->origin_mm[a] = 0;
    }
    double m[3][3];
    bool turned = rotation(m, h);
    if (h->qform > 0) {
        if (!turned) { return pn_fail(err, PN_EGEOMETRY, "%s: its qform is no rotation", name); }
        if (h->sform > 0) { compare_forms(im, h, m); }
    }
    for (int r = 0; r < 3 && (h->qform > 0 || h->sform > 0); r++) {
        double turn = r < 2 ? -1 : 1;                              /* RAS to LPS             */
        g->origin_mm[r] = turn * mm * (h->qform > 0 ? h->qoffset[r] : h->srow[r][3]);
        for (int a = 0; a < 3; a++) {
            axes[a][r] = turn * (h->qform > 0 ? single(h, m[r][a] * h->pixdim[a + 1]) : h->srow[r][a]);
        }
    }
    int rc = pn_image_axes(im, axes, name, err);
    for (int a = 0; a < 3; a++) { g->spacing_mm[a] = h->pixdim[a + 1] * mm; }
    return rc;
}

/* ---- Voxels ---------------------------------------------------------------------------------- */

static int unpack_after(pn_image *im, size_t offset, size_t size, const uint8_t *bytes, size_t n,
                        const char *name, pn_error *err)
{
    /* What stands before the voxels goes through a small buffer of its own: as deflate is a
     * stream, everything is unpacked into one piece and moved. */
    uint8_t *whole = malloc(offset + size);
    if (whole == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu voxels of %s", im->n, name); }
    int rc = pn_inflate(whole, offset + size, bytes, n, name, err);
    if (rc != PN_OK) {
        free(whole);
        return rc;
    }
    memmove(whole, whole + offset, size);
    im->voxels = whole;
    return PN_OK;
}

static int load_voxels(pn_image *im, const header *h, const uint8_t *bytes, size_t n, bool mapped,
                       const char *name, pn_error *err)
{
    double least = h->second ? SECOND_SIZE + 4 : FIRST_SIZE + 4;
    if (!(h->offset <= 1e9)) {
        return pn_fail(err, PN_EFORMAT, "%s states that its voxels begin at byte %g", name, h->offset);
    }
    size_t offset = (size_t)(h->offset < least ? least : h->offset);
    size_t size = im->n * pn_voxel_size(im->type);
    bool packed = pn_is_gzip(bytes, n);
    uint64_t there = packed ? pn_inflate_bound(n) : n;
    if (there < offset || there - offset < size) {
        return pn_fail(err, PN_EFORMAT, "%s is truncated: %zu x %zu x %zu voxels of %zu bytes cannot be in "
                       "its %zu bytes", name, im->grid.dim[0], im->grid.dim[1], im->grid.dim[2],
                       pn_voxel_size(im->type), n);
    }
    if (packed) { return unpack_after(im, offset, size, bytes, n, name, err); }
    int rc = pn_image_room(&im->voxels, im, pn_voxel_size(im->type), name, err);
    if (rc == PN_OK) { pn_copy_out(im->voxels, bytes + offset, size, mapped); }
    return rc;
}

/* value = stored * slope + inter, computed in double and kept as float (ITK does so). */
static int scale(pn_image *im, const header *h, const char *name, pn_error *err)
{
    if (h->slope == 0 || (h->slope == 1 && h->inter == 0)) { return PN_OK; }
    if (!isfinite(h->slope) || !isfinite(h->inter)) {
        return pn_fail(err, PN_EFORMAT, "%s states the scale factors %g and %g", name, h->slope, h->inter);
    }
    bool wide = im->type == PN_VOXEL_F64;
    void *scaled;
    int rc = pn_image_room(&scaled, im, wide ? 8 : 4, name, err);
    if (rc != PN_OK) { return rc; }
    for (size_t i = 0; i < im->n; i++) {
        double v = pn_image_value(im, i) * h->slope + h->inter;
        if (wide) { ((double *)scaled)[i] = v; } else { ((float *)scaled)[i] = (float)v; }
    }
    free(im->voxels);
    im->voxels = scaled;
    im->type = wide ? PN_VOXEL_F64 : PN_VOXEL_F32;
    return PN_OK;
}

int pn_nifti_parse(pn_image *out, const uint8_t *bytes, size_t n, bool mapped, const char *name, pn_error *err)
{
    header h = {0};
    int rc = read_header(&h, bytes, n, name, err);
    if (rc == PN_OK) { rc = set_type(out, &h, name, err); }
    if (rc == PN_OK) { rc = set_size(out, &h, name, err); }
    if (rc == PN_OK) { rc = set_grid(out, &h, name, err); }
    if (rc == PN_OK) { rc = load_voxels(out, &h, bytes, n, mapped, name, err); }
    if (rc != PN_OK) { return rc; }
    if (h.swapped) { pn_swap_bytes(out->voxels, out->n, pn_voxel_size(out->type)); }
    return scale(out, &h, name, err);
}
