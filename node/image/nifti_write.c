#include <math.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>
#include "base/file.h"
#include "image/image.h"

enum { FIRST_OFFSET = 352, SECOND_OFFSET = 544, LONGEST_FIRST = 32767 };

static void put(uint8_t *h, size_t at, const void *v, size_t size) { memcpy(h + at, v, size); }

static void put_int16(uint8_t *h, size_t at, int v)
{
    int16_t x = (int16_t)v;
    put(h, at, &x, sizeof x);
}

static void put_float(uint8_t *h, size_t at, double v)
{
    float x = (float)v;
    put(h, at, &x, sizeof x);
}

static int code_of(pn_voxel_type t)
{
    static const int codes[] = {
        [PN_VOXEL_I8] = 256, [PN_VOXEL_U8] = 2, [PN_VOXEL_I16] = 4, [PN_VOXEL_U16] = 512,
        [PN_VOXEL_I32] = 8, [PN_VOXEL_U32] = 768, [PN_VOXEL_I64] = 1024, [PN_VOXEL_U64] = 1280,
        [PN_VOXEL_F32] = 16, [PN_VOXEL_F64] = 64};
    return codes[t];
}

/* The grid in RAS: rows of the affine, and the quaternion of its rotation with qfac. */
typedef struct placed { double srow[3][4], quatern[3], qfac; } placed;

/* The quaternion of a rotation, real part not negative; by its largest component, which no rounding
 * harms (Shepperd 1978). */
static void quaternion(double q[3], double m[3][3])
{
    double trace = m[0][0] + m[1][1] + m[2][2];
    double four[4] = {1 + trace, 1 + 2 * m[0][0] - trace, 1 + 2 * m[1][1] - trace, 1 + 2 * m[2][2] - trace};
    int big = 0;
    for (int i = 1; i < 4; i++) { big = four[i] > four[big] ? i : big; }
    double a, b, c, d, s = 2 * sqrt(fmax(four[big], 0));
    switch (big) {
    case 0: a = s / 4; b = (m[2][1] - m[1][2]) / s; c = (m[0][2] - m[2][0]) / s; d = (m[1][0] - m[0][1]) / s; break;
    case 1: b = s / 4; a = (m[2][1] - m[1][2]) / s; c = (m[0][1] + m[1][0]) / s; d = (m[0][2] + m[2][0]) / s; break;
    case 2: c = s / 4; a = (m[0][2] - m[2][0]) / s; b = (m[0][1] + m[1][0]) / s; d = (m[1][2] + m[2][1]) / s; break;
    default: d = s / 4; a = (m[1][0] - m[0][1]) / s; b = (m[0][2] + m[2][0]) / s; c = (m[1][2] + m[2][1]) / s; break;
    }
    double turn = a < 0 ? -1 : 1;
    q[0] = turn * b;
    q[1] = turn * c;
    q[2] = turn * d;
}

static placed place(const rx_grid *g)
{
    placed p = {.qfac = 1};
    double m[3][3];
    for (int r = 0; r < 3; r++) {
        double turn = r < 2 ? -1 : 1;                               /* LPS to RAS           */
        for (int a = 0; a < 3; a++) {
            m[r][a] = turn * g->direction[3 * r + a];
            p.srow[r][a] = m[r][a] * g->spacing_mm[a];
        }
        p.srow[r][3] = turn * g->origin_mm[r];
    }
    double det = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                 + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    if (det < 0) {
        p.qfac = -1;
        for (int r = 0; r < 3; r++) { m[r][2] = -m[r][2]; }
    }
    quaternion(p.quatern, m);
    return p;
}

static void first_header(uint8_t h[FIRST_OFFSET], const rx_grid *g, pn_voxel_type type, const placed *p)
{
    int32_t size = 348;
    put(h, 0, &size, sizeof size);
    put_int16(h, 40, 3);
    for (size_t a = 0; a < 7; a++) {
        put_int16(h, 42 + 2 * a, a < 3 ? (int)g->dim[a] : 1);
        put_float(h, 80 + 4 * a, a < 3 ? g->spacing_mm[a] : 0);
    }
    put_int16(h, 70, code_of(type));
    put_int16(h, 72, (int)(8 * pn_voxel_size(type)));
    put_float(h, 76, p->qfac);
    put_float(h, 108, FIRST_OFFSET);
    put_float(h, 112, 1);
    h[123] = 2;                                                     /* mm                   */
    put_int16(h, 252, 1);
    put_int16(h, 254, 1);
    for (size_t r = 0; r < 3; r++) {
        put_float(h, 256 + 4 * r, p->quatern[r]);
        put_float(h, 268 + 4 * r, p->srow[r][3]);
        for (size_t a = 0; a < 4; a++) { put_float(h, 280 + 16 * r + 4 * a, p->srow[r][a]); }
    }
    put(h, 344, "n+1", 4);
}

static void second_header(uint8_t h[SECOND_OFFSET], const rx_grid *g, pn_voxel_type type, const placed *p)
{
    int32_t size = 540, one = 1, mm = 2;
    int64_t offset = SECOND_OFFSET;
    double slope = 1;
    put(h, 0, &size, sizeof size);
    put(h, 4, "n+2\0\r\n\032\n", 8);
    put_int16(h, 12, code_of(type));
    put_int16(h, 14, (int)(8 * pn_voxel_size(type)));
    for (size_t a = 0; a < 8; a++) {
        int64_t n = a == 0 ? 3 : a < 4 ? (int64_t)g->dim[a - 1] : 1;
        double mm_each = a == 0 ? p->qfac : a < 4 ? g->spacing_mm[a - 1] : 0;
        put(h, 16 + 8 * a, &n, sizeof n);
        put(h, 104 + 8 * a, &mm_each, sizeof mm_each);
    }
    put(h, 168, &offset, sizeof offset);
    put(h, 176, &slope, sizeof slope);
    put(h, 344, &one, sizeof one);
    put(h, 348, &one, sizeof one);
    for (size_t r = 0; r < 3; r++) {
        put(h, 352 + 8 * r, &p->quatern[r], 8);
        put(h, 376 + 8 * r, &p->srow[r][3], 8);
        put(h, 400 + 32 * r, p->srow[r], 32);
    }
    put(h, 500, &mm, sizeof mm);
}

/* gzip of what is fed piece by piece into one growing block. */
typedef struct packer { z_stream z; uint8_t *out; size_t n, room; } packer;

static bool feed(packer *k, const uint8_t *p, size_t n, bool last)
{
    for (bool more = true; more;) {
        uInt give = n > 1u << 30 ? 1u << 30 : (uInt)n;
        k->z.next_in = p;
        k->z.avail_in = give;
        int state = Z_OK;
        do {
            if (k->room - k->n < 65536) {
                size_t room = k->room + k->room / 2 + (1u << 20);
                uint8_t *grown = realloc(k->out, room);
                if (grown == NULL) { return false; }
                k->out = grown;
                k->room = room;
            }
            size_t left = k->room - k->n;
            uInt take = left > 1u << 30 ? 1u << 30 : (uInt)left;
            k->z.next_out = k->out + k->n;
            k->z.avail_out = take;
            state = deflate(&k->z, last && give == n ? Z_FINISH : Z_NO_FLUSH);
            k->n += take - k->z.avail_out;
        } while (state == Z_OK && (k->z.avail_out == 0 || (last && give == n)));
        p += give;
        n -= give;
        more = n > 0;
    }
    return true;
}

static int write_packed(const char *path, const uint8_t *header, size_t n_header, const void *voxels,
                        size_t n, pn_error *err)
{
    packer k = {0};
    int rc = PN_OK;
    if (deflateInit2(&k.z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory to pack %s", path);
    }
    if (!feed(&k, header, n_header, false) || !feed(&k, voxels, n, true)) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory to pack %s", path);
    }
    (void)deflateEnd(&k.z);
    if (rc == PN_OK) { rc = pn_write_file(path, k.out, k.n, false, err); }
    free(k.out);
    return rc;
}

static int write_plain(const char *path, const uint8_t *header, size_t n_header, const void *voxels,
                       size_t n, pn_error *err)
{
    uint8_t *whole = malloc(n_header + n);
    if (whole == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu bytes of %s", n, path); }
    memcpy(whole, header, n_header);
    memcpy(whole + n_header, voxels, n);
    int rc = pn_write_file(path, whole, n_header + n, false, err);
    free(whole);
    return rc;
}

int pn_nifti_write(const char *path, const rx_grid *g, const void *voxels, pn_voxel_type type, pn_error *err)
{
    uint8_t header[SECOND_OFFSET] = {0};
    placed p = place(g);
    bool second = g->dim[0] > LONGEST_FIRST || g->dim[1] > LONGEST_FIRST || g->dim[2] > LONGEST_FIRST;
    if (second) { second_header(header, g, type, &p); } else { first_header(header, g, type, &p); }
    size_t n_header = second ? SECOND_OFFSET : FIRST_OFFSET;
    size_t n = g->dim[0] * g->dim[1] * g->dim[2] * pn_voxel_size(type), length = strlen(path);
    bool packed = length > 3 && strcmp(path + length - 3, ".gz") == 0;
    return packed ? write_packed(path, header, n_header, voxels, n, err)
                  : write_plain(path, header, n_header, voxels, n, err);
}
