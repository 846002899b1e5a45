#include "image_fixture.h"
#include "check.h"
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

void set_i16(nifti_file *f, size_t at, int v)
{
    int16_t x = (int16_t)v;
    memcpy(f->bytes + at, &x, sizeof x);
}

void set_f32(nifti_file *f, size_t at, double v)
{
    float x = (float)v;
    memcpy(f->bytes + at, &x, sizeof x);
}

nifti_file nifti_of(int nx, int ny, int nz)
{
    nifti_file f = {.n = 352 + 2 * (size_t)(nx * ny * nz)};
    const int32_t size = 348;
    const int dim[8] = {3, nx, ny, nz, 1, 1, 1, 1};
    assert_true(f.n <= sizeof f.bytes);
    memcpy(f.bytes, &size, sizeof size);
    for (size_t i = 0; i < 8; i++) { set_i16(&f, 40 + 2 * i, dim[i]); }
    set_i16(&f, 70, 4);
    set_i16(&f, 72, 16);
    for (size_t i = 0; i < 4; i++) { set_f32(&f, 76 + 4 * i, (double)(i + 1)); }
    set_f32(&f, 108, 352);
    memcpy(f.bytes + 344, "n+1", 4);
    for (int i = 0; i < nx * ny * nz; i++) { set_i16(&f, 352 + 2 * (size_t)i, i); }
    return f;
}

void require_refused(const void *bytes, size_t n, pn_code code, const char *word)
{
    pn_image im = {0};
    pn_error err = {0};
    int rc = pn_image_parse(&im, bytes, n, "x.img", 0, &err);
    pn_image_free(&im);
    if (rc != (int)code || strstr(err.msg, word) == NULL) {
        fail_msg("code %d \"%s\", expected %d with \"%s\"", rc, err.msg, (int)code, word);
    }
}

const uint8_t *packed(size_t *n_out, const void *bytes, size_t n)
{
    static uint8_t out[8192];
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = bytes;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = sizeof out;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    *n_out = sizeof out - z.avail_out;
    deflateEnd(&z);
    return out;
}
