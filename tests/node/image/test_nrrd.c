/* NRRD: encodings, types, spaces, channels, detached headers, refusals. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "image_fixture.h"

/* A header's text and voxels behind it. */
typedef struct nrrd_file { uint8_t bytes[8192]; size_t n; } nrrd_file;

static nrrd_file nrrd_of(const char *header, const void *voxels, size_t n)
{
    nrrd_file f = {.n = strlen(header)};
    memcpy(f.bytes, header, f.n);
    memcpy(f.bytes + f.n, voxels, n);
    f.n += n;
    return f;
}

#define HEAD "NRRD0004\n# a comment\ntype: short\ndimension: 3\n"
#define SPACE "space: left-posterior-superior\nsizes: 2 3 2\nspace directions: (2,0,0) (0,3,0) (0,0,4)\n" \
              "kinds: domain domain domain\nspace origin: (1,2,-3)\n"

static const int16_t count[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

static pn_image read_ok(const nrrd_file *f, unsigned channel)
{
    pn_image im = {0};
    pn_error err = {0};
    CHECK_OK(pn_image_parse(&im, f->bytes, f->n, "x.nrrd", channel, &err), err);
    return im;
}

static void check_count(const pn_image *im)
{
    assert_int_equal(im->n, 12);
    for (size_t i = 0; i < 12; i++) { CHECK_NEAR(pn_image_value(im, i), (double)i, 0, 0); }
}

static void test_nrrd__encodings_of_one_volume(void **state)
{
    (void)state;
    uint8_t big[24], gz[512];
    size_t n_gz;
    for (size_t i = 0; i < 24; i++) { big[i] = ((const uint8_t *)count)[i ^ 1]; }
    memcpy(gz, packed(&n_gz, count, sizeof count), 512);
    const char *text = "0 1 2 3\n4,5 6 7 8 9 10 11\n";
    nrrd_file files[] = {
        nrrd_of(HEAD SPACE "endian: little\nencoding: raw\n\n", count, sizeof count),
        nrrd_of(HEAD SPACE "endian: big\nencoding: raw\n\n", big, sizeof big),
        nrrd_of(HEAD SPACE "endian: little\nencoding: gzip\n\n", gz, n_gz),
        nrrd_of(HEAD SPACE "encoding: ascii\n\n", text, strlen(text)),
        nrrd_of(HEAD SPACE "endian: little\r\nencoding: raw\r\nbyte skip: -1\r\n\r\njunk", count, sizeof count),
        nrrd_of(HEAD SPACE "endian: little\nencoding: raw\nline skip: 2\nbyteskip: 3\n\none\ntwo\n...", count, sizeof count),
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        pn_image im = read_ok(&files[i], 0);
        assert_int_equal(im.type, PN_VOXEL_I16);
        check_count(&im);
        const double spacing[3] = {2, 3, 4}, origin[3] = {1, 2, -3};
        for (int a = 0; a < 3; a++) {
            CHECK_NEAR(im.grid.spacing_mm[a], spacing[a], 0, 0);
            CHECK_NEAR(im.grid.origin_mm[a], origin[a], 0, 0);
        }
        assert_string_equal(im.note, "");
        pn_image_free(&im);
    }
}

static void test_nrrd__every_type(void **state)
{
    (void)state;
    static const struct { const char *name; pn_voxel_type type; } types[] = {
        {"int8", PN_VOXEL_I8}, {"unsigned char", PN_VOXEL_U8}, {"short", PN_VOXEL_I16},
        {"unsigned short", PN_VOXEL_U16}, {"int", PN_VOXEL_I32}, {"uint32_t", PN_VOXEL_U32},
        {"long long", PN_VOXEL_I64}, {"uint64", PN_VOXEL_U64}, {"float", PN_VOXEL_F32}, {"double", PN_VOXEL_F64}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char header[256];
        snprintf(header, sizeof header, "NRRD0005\ntype: %s\ndimension: 3\nsizes: 2 1 1\nencoding: text\n\n",
                 types[i].name);
        nrrd_file f = nrrd_of(header, "7 100", 5);
        pn_image im = read_ok(&f, 0);
        assert_int_equal(im.type, types[i].type);
        CHECK_NEAR(pn_image_value(&im, 1), 100, 0, 0);
        pn_image_free(&im);
    }
}

/* RAS and LAS are turned; without a space the spacings count. */
static void test_nrrd__spaces(void **state)
{
    (void)state;
    static const struct { const char *space; double x, y; } spaces[] = {
        {"right-anterior-superior", -1, -1}, {"RAS", -1, -1}, {"LAS", 1, -1}, {"lps", 1, 1}};
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        char header[512];
        snprintf(header, sizeof header, "NRRD0004\ntype: uchar\ndimension: 3\nspace: %s\nsizes: 1 1 1\n"
                 "space directions: (0,2,0) (3,0,0) (0,0,-4)\nspace origin: (10,20,30)\nencoding: raw\n\n",
                 spaces[i].space);
        nrrd_file f = nrrd_of(header, "\x05", 1);
        pn_image im = read_ok(&f, 0);
        CHECK_NEAR(im.grid.origin_mm[0], 10 * spaces[i].x, 0, 0);
        CHECK_NEAR(im.grid.origin_mm[1], 20 * spaces[i].y, 0, 0);
        CHECK_NEAR(im.grid.direction[3], spaces[i].y, 0, 0);       /* i runs along y */
        CHECK_NEAR(im.grid.direction[1], spaces[i].x, 0, 0);
        CHECK_NEAR(im.grid.direction[8], -1, 0, 0);
        pn_image_free(&im);
    }
    nrrd_file f = nrrd_of("NRRD0001\ntype: uchar\ndimension: 2\nsizes: 2 2\nspacings: 0.5 0.25\nencoding: raw\n\n", "\1\2\3\4", 4);
    pn_image im = read_ok(&f, 0);
    CHECK_NEAR(im.grid.spacing_mm[1], 0.25, 0, 0);
    assert_int_equal(im.grid.dim[2], 1);
    assert_true(im.note[0] != '\0');
    pn_image_free(&im);
}

/* 3D Slicer's segmentations: layers of labels beside each other or one behind the other. */
static void test_nrrd__channels(void **state)
{
    (void)state;
    nrrd_file f = nrrd_of("NRRD0004\ntype: uchar\ndimension: 4\nspace: LPS\nsizes: 2 2 1 1\nkinds: list domain domain domain\n"
                          "space directions: none (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\n\n", "\1\2\3\4", 4);
    pn_image im = read_ok(&f, 1);
    assert_int_equal(im.channels, 2);
    assert_int_equal(im.n, 2);
    CHECK_NEAR(pn_image_value(&im, 0), 2, 0, 0);
    CHECK_NEAR(pn_image_value(&im, 1), 4, 0, 0);
    pn_image_free(&im);
    pn_error err = {0};
    assert_int_equal(pn_image_parse(&im, f.bytes, f.n, "x", 2, &err), PN_ELIMIT);
    f = nrrd_of("NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 1 1 2\nkinds: domain domain domain vector\nencoding: raw\n\n", "\1\2\3\4", 4);
    im = read_ok(&f, 1);
    CHECK_NEAR(pn_image_value(&im, 0), 3, 0, 0);
    pn_image_free(&im);
}

static void test_nrrd__detached(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_nrrd.XXXXXX", path[64];
    const char *header = HEAD SPACE "endian: little\nencoding: raw\ndata file: voxels.raw\n";
    pn_error err = {0};
    pn_image im = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/voxels.raw", folder);
    CHECK_OK(pn_write_file(path, count, sizeof count, false, &err), err);
    snprintf(path, sizeof path, "%s/x.nhdr", folder);
    CHECK_OK(pn_write_file(path, header, strlen(header), false, &err), err);
    CHECK_OK(pn_image_read(&im, path, 0, &err), err);
    check_count(&im);
    pn_image_free(&im);
    CHECK_OK(pn_remove_tree(folder, &err), err);
    require_refused(header, strlen(header), PN_EUNSUPPORTED, "another file");
    const char *away = HEAD SPACE "endian: little\nencoding: raw\ndata file: ../../etc/passwd\n";
    require_refused(away, strlen(away), PN_EFORMAT, "own folder");
}

static void test_nrrd__hostile_headers(void **state)
{
    (void)state;
    static const struct { const char *text; pn_code code; const char *word; } wrong[] = {
        {"NRRD0004\n", PN_EFORMAT, "dimension"},
        {"NRRD0004\ntype: short\n\n", PN_EFORMAT, "dimension"},
        {"NRRD0004\ndimension: 3\nsizes: 1 1\n\n", PN_EFORMAT, "sizes"},
        {"NRRD0004\nsizes: 1 1 1\n\n", PN_EFORMAT, "dimension"},
        {"NRRD0004\ndimension: 3\nsizes: 1 0 1\n\n", PN_EFORMAT, "sizes"},
        {"NRRD0004\ndimension: 3\nsizes: 1 -5 1\n\n", PN_EFORMAT, "sizes"},
        {"NRRD0004\ndimension: 3\nsizes: 1e9 1e9 1e9\ntype: uchar\nencoding: gzip\n\n", PN_ELIMIT, "1000000000"},
        {"NRRD0004\ndimension: 3\nsizes: 1000 1000 1000\ntype: uchar\nencoding: gzip\n\nabc", PN_EFORMAT, "truncated"},
        {"NRRD0004\ndimension: 3\nsizes: 2 2 2\ntype: uchar\nencoding: gzip\n\nabcdefgh", PN_EFORMAT, "damaged"},
        {"NRRD0004\ndimension: 3\nsizes: 2 2 2\ntype: short\nencoding: raw\n\n0123456789abcdef", PN_EFORMAT, "endian"},
        {"NRRD0004\ndimension: 9\n\n", PN_EUNSUPPORTED, "dimension"},
        {"NRRD0004\ndimension: three\n\n", PN_EFORMAT, "three"},
        {"NRRD0004\ntype: block\n\n", PN_EUNSUPPORTED, "block"},
        {"NRRD0004\ntype: complex\n\n", PN_EFORMAT, "complex"},
        {"NRRD0004\nencoding: bzip2\n\n", PN_EUNSUPPORTED, "bzip2"},
        {"NRRD0004\nspace: left-posterior-superior-time\n\n", PN_EUNSUPPORTED, "time"},
        {"NRRD0004\ndimension: 3\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n\n", PN_EFORMAT, "before"},
        {"NRRD0004\nsizes\n\n", PN_EFORMAT, "field: value"},
        {"NRRD0004\ndimension: 3\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,zero)\n\n", PN_EFORMAT, "zero"},
        {"NRRD0004\ndimension: 3\nspace: LPS\nsizes: 1 1 1\ntype: uchar\nencoding: raw\n"
         "space directions: (1,0,0) (0,0,0) (0,0,1)\n\nx", PN_EGEOMETRY, "axis 2"},
        {"NRRD0004\ndimension: 3\nspace: LPS\nsizes: 1 1 1\ntype: uchar\nencoding: raw\n"
         "space directions: (1,0,0) (1,1,0) (0,0,1)\n\nx", PN_EGEOMETRY, "perpendicular"},
        {"NRRD0004\ndimension: 3\nspace: LPS\nsizes: 1 1 1\ntype: uchar\nencoding: raw\n"
         "space directions: (1,0,0) (0,nan,0) (0,0,1)\n\nx", PN_EGEOMETRY, "axis 2"},
        {"NRRD0004\ndimension: 3\nsizes: 1 1 1\ntype: uchar\nencoding: text\n\n300", PN_EFORMAT, "300"},
        {"NRRD0004\ndimension: 3\nsizes: 1 1 1\ntype: uchar\nencoding: text\n\nx", PN_EFORMAT, "voxel"},
        {"NRRD0004\ndimension: 3\nsizes: 2 2 2\ntype: uchar\nencoding: raw\nbyte skip: 9223372036854775807\n\nx", PN_EFORMAT, "byte skip"},
        {"NRRD0004\ndimension: 4\nsizes: 2 2 2 2\ntype: uchar\nencoding: raw\n\n0123456789abcdef", PN_EUNSUPPORTED, "series"},
        {"NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\ndimension: 3\nkinds: domain domain list\n\n1234",
         PN_EFORMAT, "once"},
        {"NRRD0004\ndimension: 3\ndata file: LIST\n\n", PN_EUNSUPPORTED, "one file"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        require_refused(wrong[i].text, strlen(wrong[i].text), wrong[i].code, wrong[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nrrd__encodings_of_one_volume),
        cmocka_unit_test(test_nrrd__every_type),
        cmocka_unit_test(test_nrrd__spaces),
        cmocka_unit_test(test_nrrd__channels),
        cmocka_unit_test(test_nrrd__detached),
        cmocka_unit_test(test_nrrd__hostile_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
