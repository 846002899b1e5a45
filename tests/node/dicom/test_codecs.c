/* Compressed pixel data: what was compressed without loss comes back bit for bit, what was
 * compressed with loss says so, and what is damaged, cut off or lies about its size is refused.
 *
 * PN_DAMAGE_ROUNDS: rounds of random damage for each kind (default 150). */
#include "check.h"
#include "dicom/runtime.h"
#include "dicom/volume.h"
#include "dicom_fixture.h"
#include "j2k_encode.h"
#include "multiframe_fixture.h"
#include <stdlib.h>
#include <string.h>

#define RLE      "1.2.840.10008.1.2.5"
#define BASELINE "1.2.840.10008.1.2.4.50"
#define EXTENDED "1.2.840.10008.1.2.4.51"
#define LOSSLESS "1.2.840.10008.1.2.4.57"
#define SV1      "1.2.840.10008.1.2.4.70"
#define LS       "1.2.840.10008.1.2.4.80"
#define LS_NEAR  "1.2.840.10008.1.2.4.81"
#define J2K      "1.2.840.10008.1.2.4.90"
#define J2K_ANY  "1.2.840.10008.1.2.4.91"

static pn_error err;

/* ---- Images -------------------------------------------------------------------------- */

enum { MAX_PIXELS = 61 * 47 };

typedef struct format {
    unsigned allocated, stored, is_signed;
} format;

static uint32_t seed = 20261121;
static uint32_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* A slope with an edge and noise; the extremes of the format among it. Values in `values`, cells
 * in `cells`. */
static void draw(int32_t *values, uint8_t *cells, unsigned columns, unsigned rows, format f)
{
    int32_t low = f.is_signed ? -(int32_t)(1u << (f.stored - 1)) : 0, span = (int32_t)((1u << f.stored) - 1);
    for (unsigned i = 0; i < columns * rows; i++) {
        unsigned x = i % columns, y = i / columns;
        int32_t v = (int32_t)((double)span * (0.2 + 0.3 * x / columns + (y > rows / 2 ? 0.2 : 0)));
        v += (int32_t)(next_random() % (1u + (unsigned)span / 40));
        if (i == 7) { v = 0; }
        if (i == 20) { v = span; }
        values[i] = low + v;
        uint32_t cell = (uint32_t)values[i] & (uint32_t)span;
        if (f.allocated == 8) {
            cells[i] = (uint8_t)cell;
        } else {
            cells[2 * i] = (uint8_t)cell;
            cells[2 * i + 1] = (uint8_t)(cell >> 8);
        }
    }
}

static slice_spec image_spec(unsigned columns, unsigned rows, format f)
{
    slice_spec s = slice_default();
    s.columns = columns;
    s.rows = rows;
    s.allocated = f.allocated;
    s.stored = f.stored;
    s.high = f.stored - 1;
    s.is_signed = f.is_signed;
    s.intercept = "-1024";
    s.pixel_vr = f.allocated == 8 ? "OB" : "OW";
    s.n_pixels = (size_t)columns * rows * (f.allocated / 8);
    return s;
}

static void append(const char *path, const dcm *d)
{
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(d->data, 1, d->n, file), d->n);
    fclose(file);
}

/* The image with `code` as its only frame, in pieces of at most `piece` bytes (0: whole). */
static void write_coded(const char *path, slice_spec s, const char *syntax, const void *code, size_t n, size_t piece)
{
    dcm d = {.n = 0};
    s.syntax = syntax;
    s.pixels = NULL;
    slice_write(&s, path);
    dcm_tag(&d, 0x7FE00010, "OB", 0xFFFFFFFFu);
    dcm_bytes(&d, 0xFFFEE000u, "", "", 0);
    for (size_t at = 0; at < n; at += piece > 0 ? piece : n) {
        size_t left = n - at, take = piece > 0 && piece < left ? piece : left;
        dcm_bytes(&d, 0xFFFEE000u, "", (const uint8_t *)code + at, take);
        if (take % 2 != 0) { fail_msg("odd fragment in a test"); }
    }
    dcm_end(&d);
    append(path, &d);
    dcm_free(&d);
}

/* An even number of bytes; caller frees. */
static uint8_t *j2k(size_t *n, unsigned columns, unsigned rows, format f, const int32_t *values, unsigned tile, double rate)
{
    j2k_spec spec = {.columns = columns, .rows = rows, .components = 1, .precision = f.stored,
                     .is_signed = f.is_signed != 0, .tile = tile, .rate = rate};
    uint8_t *code = j2k_encode(n, &spec, values);
    assert_non_null(code);
    if (*n % 2 != 0) {
        code = realloc(code, *n + 1);
        assert_non_null(code);
        code[(*n)++] = 0;
    }
    return code;
}

static void run(const char *command, const char *from, const char *to)
{
    char line[1200];
    snprintf(line, sizeof line, "%s '%s' '%s' >/dev/null 2>&1", command, from, to);
    if (system(line) != 0) { fail_msg("%s failed (DCMTK's tools are needed)", line); }
}

static int load(pn_volume *v, const char *path) { return pn_volume_load(v, &path, 1, &err); }

static size_t voxel_bytes(const pn_volume *v)
{
    size_t one = v->image.type == RX_I16 ? 2 : v->image.type == RX_F32 ? 4 : 8;
    return one * v->image.grid.dim[0] * v->image.grid.dim[1] * v->image.grid.dim[2];
}

static double voxel(const pn_volume *v, size_t at)
{
    return v->image.type == RX_I16 ? (double)((const int16_t *)v->voxels)[at] : (double)((const float *)v->voxels)[at];
}

static void check_same(const pn_volume *want, const char *path, const char *what)
{
    pn_volume v;
    int rc = load(&v, path);
    if (rc != 0) { fail_msg("%s: %d %s", what, rc, err.msg); }
    if (v.image.type != want->image.type || voxel_bytes(&v) != voxel_bytes(want) ||
        memcmp(v.voxels, want->voxels, voxel_bytes(&v)) != 0) {
        fail_msg("%s: other voxels than uncompressed", what);
    }
    if (v.note[0] != '\0') { fail_msg("%s: \"%s\"", what, v.note); }
    pn_volume_free(&v);
}

/* ---- Without loss ---------------------------------------------------------------------- */

static const format formats[] = {{16, 16, 1}, {16, 16, 0}, {16, 12, 1}, {16, 12, 0}, {16, 10, 0}, {8, 8, 0}, {8, 8, 1}};
enum { N_FORMATS = sizeof formats / sizeof formats[0] };

static void test_lossless_is_bit_for_bit(void **state)
{
    (void)state;
    static const char *const tools[] = {
        "dcmcrle", "dcmcjpeg +e1", "dcmcjpeg +e1 +fs 1", "dcmcjpeg +el +sv 1", "dcmcjpeg +el +sv 2",
        "dcmcjpeg +el +sv 4", "dcmcjpeg +el +sv 5", "dcmcjpeg +el +sv 6", "dcmcjpeg +el +sv 7", "dcmcjpls +el",
    };
    static int32_t values[MAX_PIXELS];
    static uint8_t cells[2 * MAX_PIXELS];
    for (size_t i = 0; i < N_FORMATS; i++) {
        format f = formats[i];
        slice_spec s = image_spec(61, 47, f);
        char what[120];
        pn_volume plain;
        draw(values, cells, 61, 47, f);
        s.pixels = cells;
        const char *from = tmp_path("plain.dcm"), *to = tmp_path("coded.dcm");
        slice_write(&s, from);
        CHECK_OK(load(&plain, from), err);
        assert_true(voxel(&plain, 20) == (double)values[20] - 1024);
        for (size_t t = 0; t < sizeof tools / sizeof tools[0]; t++) {
            run(tools[t], from, to);
            snprintf(what, sizeof what, "%s, %u of %u bits, signed %u", tools[t], f.stored, f.allocated, f.is_signed);
            check_same(&plain, to, what);
        }
        for (unsigned tile = 0; tile <= 20; tile += 20) {
            size_t n;
            uint8_t *code = j2k(&n, 61, 47, f, values, tile, 0);
            write_coded(to, s, J2K, code, n, tile == 0 ? 0 : 256);
            snprintf(what, sizeof what, "JPEG 2000, tiles of %u, %u of %u bits, signed %u", tile, f.stored, f.allocated, f.is_signed);
            check_same(&plain, to, what);
            free(code);
        }
        pn_volume_free(&plain);
    }
}

/* Codes for encoders that leave what is above High Bit in the pixel cells (overlays once). */
static void test_whole_cells_coded(void **state)
{
    (void)state;
    static const uint16_t cells[6] = {0xF001, 0x0FFF, 0x0800, 0xF7FF, 0xA000, 0x1234};
    slice_spec s = slice_default();
    pn_volume plain;
    s.stored = 12;
    s.high = 11;
    s.pixels = cells;
    const char *from = tmp_path("plain.dcm"), *to = tmp_path("coded.dcm");
    slice_write(&s, from);
    CHECK_OK(load(&plain, from), err);
    assert_true(voxel(&plain, 2) == -2048);
    run("dcmcjpeg +e1", from, to);
    check_same(&plain, to, "JPEG");
    run("dcmcrle", from, to);
    check_same(&plain, to, "RLE");
    pn_volume_free(&plain);
}

/* A frame in one fragment or in several; in several, a table has to say where each begins. */
static void test_frames_of_one_file(void **state)
{
    (void)state;
    enum { FRAMES = 4, COLUMNS = 61, ROWS = 47 };
    static int32_t values[MAX_PIXELS];
    static int16_t pixels[FRAMES * COLUMNS * ROWS];
    static const char *const tools[] = {"dcmcrle", "dcmcrle +fs 1", "dcmcjpeg +e1 -ot", "dcmcjpeg +e1 +fs 1", "dcmcjpls +el +fs 1"};
    mf_groups groups[FRAMES] = {{.position = "0\\0\\0"}, {.position = "0\\0\\3"}, {.position = "0\\0\\6"}, {.position = "0\\0\\9"}};
    mf_spec s = mf_default();
    for (size_t k = 0; k < FRAMES; k++) {
        draw(values, (uint8_t *)(pixels + k * COLUMNS * ROWS), COLUMNS, ROWS, (format){16, 16, 1});
    }
    s.columns = COLUMNS;
    s.rows = ROWS;
    s.frames = "4";
    s.frame = groups;
    s.n_frames = FRAMES;
    s.pixels = pixels;
    s.n_pixels = FRAMES * COLUMNS * ROWS;
    const char *from = tmp_path("plain.dcm"), *to = tmp_path("coded.dcm");
    pn_volume plain, v;
    mf_write(&s, from);
    CHECK_OK(load(&plain, from), err);
    assert_int_equal(plain.image.grid.dim[2], FRAMES);
    for (size_t t = 0; t < sizeof tools / sizeof tools[0]; t++) {
        run(tools[t], from, to);
        check_same(&plain, to, tools[t]);
    }
    run("dcmcjpeg +e1 +fs 1 -ot", from, to);
    assert_int_equal(load(&v, to), PN_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "without a Basic Offset Table"));
    pn_volume_free(&plain);
}

/* MONOCHROME1 says how to show values, and nothing about what they are. */
static void test_monochrome1_keeps_its_values(void **state)
{
    (void)state;
    static const int16_t pixels[6] = {-1000, 0, 40, 1000, 2000, 3000};
    slice_spec s = slice_default();
    pn_volume plain, inverse;
    s.pixels = pixels;
    slice_write(&s, tmp_path("two.dcm"));
    s.photometric = "MONOCHROME1";
    slice_write(&s, tmp_path("one.dcm"));
    CHECK_OK(load(&plain, tmp_path("two.dcm")), err);
    CHECK_OK(load(&inverse, tmp_path("one.dcm")), err);
    assert_memory_equal(plain.voxels, inverse.voxels, voxel_bytes(&plain));
    run("dcmcrle", tmp_path("one.dcm"), tmp_path("coded.dcm"));
    check_same(&plain, tmp_path("coded.dcm"), "MONOCHROME1 in RLE");
    pn_volume_free(&plain);
    pn_volume_free(&inverse);
    s.photometric = "MONOCHROME3";
    slice_write(&s, tmp_path("one.dcm"));
    assert_int_equal(load(&plain, tmp_path("one.dcm")), PN_EUNSUPPORTED);
}

/* Written by hand from PS3.5 annex G: the control byte -128 stands for nothing, a literal and a
 * replicate run, the most significant byte first. */
static void test_rle_by_hand(void **state)
{
    (void)state;
    uint8_t code[64 + 12 + 8] = {2, 0, 0, 0, 64, 0, 0, 0, 76, 0, 0, 0};
    const uint8_t high[12] = {128, 0xFE, 0x01, 128, 2, 0x00, 0x7F, 0xFF, 0, 0, 0, 0}, low[8] = {0xFB, 0x05, 128, 128};
    static const double want[6] = {0x105, 0x105, 0x105, 0x005, 0x7F05, -251};
    memcpy(code + 64, high, sizeof high);
    memcpy(code + 76, low, sizeof low);
    pn_volume v;
    write_coded(tmp_path("rle.dcm"), slice_default(), RLE, code, sizeof code, 0);
    CHECK_OK(load(&v, tmp_path("rle.dcm")), err);
    for (size_t i = 0; i < 6; i++) { CHECK_NEAR(voxel(&v, i), want[i], 0, 0); }
    pn_volume_free(&v);
}

/* ---- With loss ------------------------------------------------------------------------- */

static void check_close(const pn_volume *want, const char *path, double most, const char *says)
{
    pn_volume v;
    double worst = 0;
    CHECK_OK(load(&v, path), err);
    assert_int_equal(voxel_bytes(&v), voxel_bytes(want));
    size_t n = v.image.grid.dim[0] * v.image.grid.dim[1];
    for (size_t i = 0; i < n; i++) { worst = fmax(worst, fabs(voxel(&v, i) - voxel(want, i))); }
    if (!(worst <= most && worst > 0)) { fail_msg("%s: worst %g, expected 0 to %g", path, worst, most); }
    if (strncmp(v.note, says, strlen(says)) != 0) { fail_msg("note \"%s\"", v.note); }
    pn_volume_free(&v);
}

static void test_lossy_is_close_and_says_so(void **state)
{
    (void)state;
    static int32_t values[MAX_PIXELS];
    static uint8_t cells[2 * MAX_PIXELS];
    static const char says[] = "Images are lossily compressed (ratio up to ";
    format eight = {8, 8, 0}, twelve = {16, 12, 0};
    pn_volume plain;
    slice_spec s = image_spec(61, 47, eight);
    const char *from = tmp_path("plain.dcm"), *to = tmp_path("coded.dcm");
    draw(values, cells, 61, 47, eight);
    s.pixels = cells;
    slice_write(&s, from);
    CHECK_OK(load(&plain, from), err);
    run("dcmcjpeg +eb +q 95 +un", from, to);
    check_close(&plain, to, 25, says);
    pn_volume_free(&plain);

    s = image_spec(61, 47, twelve);
    draw(values, cells, 61, 47, twelve);
    s.pixels = cells;
    slice_write(&s, from);
    CHECK_OK(load(&plain, from), err);
    run("dcmcjpeg +ee +bt +q 95 +un +sr", from, to);
    check_close(&plain, to, 400, says);
    run("dcmcjpls +en +md 3 +un", from, to);
    check_close(&plain, to, 3, says);
    size_t n;
    uint8_t *code = j2k(&n, 61, 47, twelve, values, 0, 2.5);
    write_coded(to, s, J2K_ANY, code, n, 0);
    check_close(&plain, to, 150, says);
    write_coded(to, s, J2K, code, n, 0);           /* 9/7 where only 5/3 may be               */
    pn_volume v;
    assert_int_equal(load(&v, to), PN_EFORMAT);
    assert_non_null(strstr(err.msg, "irreversible"));
    free(code);
    pn_volume_free(&plain);
}

/* The header's word is enough, and its ratios multiply. */
static void test_loss_before_this_file(void **state)
{
    (void)state;
    dcm d = {.n = 0};
    slice_spec s = slice_default();
    pn_volume v;
    s.pixels = NULL;
    slice_write(&s, tmp_path("was.dcm"));
    dcm_text(&d, 0x00282110, "CS", "01");
    dcm_text(&d, 0x00282112, "DS", "4\\2.5");
    dcm_bytes(&d, 0x7FE00010, "OW", "\0\0\0\0\0\0\0\0\0\0\0", 12);
    append(tmp_path("was.dcm"), &d);
    dcm_free(&d);
    CHECK_OK(load(&v, tmp_path("was.dcm")), err);
    assert_string_equal(v.note, "Images are lossily compressed (ratio up to 10)");
    pn_volume_free(&v);
}

/* ---- Objects that lie -------------------------------------------------------------------- */

static void refused(pn_code code, const char *says, int line)
{
    pn_volume v;
    int rc = load(&v, tmp_path("bad.dcm"));
    if (rc != (int)code || strstr(err.msg, says) == NULL) {
        fail_msg("line %d: %d \"%s\", expected %d \"%s\"", line, rc, rc == 0 ? "" : err.msg, (int)code, says);
    }
}
#define REFUSED(code, says) refused(code, says, __LINE__)

static void test_rle_that_lies(void **state)
{
    (void)state;
    static uint8_t code[64 + 60000];
    slice_spec s = slice_default();
    const char *bad = tmp_path("bad.dcm");
    write_coded(bad, s, RLE, code, 32, 0);
    REFUSED(PN_EFORMAT, "has no header");
    write_coded(bad, s, RLE, code, 64, 0);
    REFUSED(PN_EFORMAT, "RLE frame of 0 segments, expected 2");
    code[0] = 15;
    write_coded(bad, s, RLE, code, 128, 0);
    REFUSED(PN_EFORMAT, "RLE frame of 15 segments, expected 2");
    code[0] = 2;
    code[4] = 64;
    code[8] = 64;
    write_coded(bad, s, RLE, code, 128, 0);
    REFUSED(PN_EFORMAT, "RLE segment 1 begins at 64");
    code[8] = 200;
    write_coded(bad, s, RLE, code, 128, 0);
    REFUSED(PN_EFORMAT, "RLE segment 2 begins at 200 of 128");
    code[8] = 66;                          /* 128 bytes where 6 belong                        */
    code[64] = 0x81;
    write_coded(bad, s, RLE, code, 70, 0);
    REFUSED(PN_EFORMAT, "RLE segment 1 holds more than the 6 bytes");
    code[64] = 0xFB;                       /* 6, and then 2                                   */
    code[66] = 0xFF;
    write_coded(bad, s, RLE, code, 68, 0);
    REFUSED(PN_EFORMAT, "RLE segment 2 holds 2 bytes, expected 6");
    code[66] = 0x05;                       /* a literal run of 6 with 1 byte there            */
    write_coded(bad, s, RLE, code, 68, 0);
    REFUSED(PN_EFORMAT, "RLE segment 2 holds 0 bytes, expected 6");
    /* A bomb: 3.8 MB of runs for 12 bytes of image. */
    memset(code + 64, 0x81, sizeof code - 64);
    write_coded(bad, s, RLE, code, sizeof code, 0);
    REFUSED(PN_EFORMAT, "holds more than the 6 bytes");
    /* An image of 4 G pixels that 64 bytes could stand for. */
    s.rows = s.columns = 65535;
    write_coded(bad, s, RLE, code, 128, 0);
    REFUSED(PN_ELIMIT, "compressed image of 65535 x 65535 pixels");
}

/* Patch a codestream's header, big endian, and expect a refusal. */
static void patch16(uint8_t *code, size_t at, unsigned v)
{
    code[at] = (uint8_t)(v >> 8);
    code[at + 1] = (uint8_t)v;
}

static uint8_t *coded_bytes(size_t *n, const char *path)
{
    static uint8_t file[1 << 17];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t size = fread(file, 1, sizeof file, f);
    fclose(f);
    assert_true(size < sizeof file);
    /* Pixel Data, its table item, and then the frame. */
    static const uint8_t tag[] = {0xE0, 0x7F, 0x10, 0x00, 'O', 'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0x00, 0xE0};
    for (size_t i = 0; i + sizeof tag + 16 < size; i++) {
        if (memcmp(file + i, tag, sizeof tag) != 0) { continue; }
        size_t at = i + sizeof tag;
        at += 4 + (file[at] | (size_t)file[at + 1] << 8);
        *n = file[at + 4] | (size_t)file[at + 5] << 8 | (size_t)file[at + 6] << 16;
        assert_true(at + 8 + *n <= size);
        uint8_t *out = malloc(*n);
        assert_non_null(out);
        memcpy(out, file + at + 8, *n);
        return out;
    }
    fail_msg("no compressed pixel data in %s", path);
    return NULL;
}

static size_t find_marker(const uint8_t *code, size_t n, unsigned marker)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (code[i] == 0xFF && code[i + 1] == marker) { return i; }
    }
    fail_msg("no marker FF%02X", marker);
    return 0;
}

/* The frame header of JPEG and JPEG-LS: length, precision, lines, samples a line, components. */
static void lie_in_frame_header(const slice_spec *s, const char *syntax, const uint8_t *good, size_t n, unsigned marker)
{
    static const struct { size_t at; unsigned v; const char *says; } lies[] = {
        {5, 30000, "codestream of 24 x 30000 pixels, expected 24 x 17"},
        {7, 65535, "codestream of 65535 x 17 pixels, expected 24 x 17"},
        {5, 16, "codestream of 24 x 16 pixels"},
        {5, 0, ""},
    };
    uint8_t *code = malloc(n);
    assert_non_null(code);
    size_t sof = find_marker(good, n, marker);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        memcpy(code, good, n);
        patch16(code, sof + lies[i].at, lies[i].v);
        write_coded(tmp_path("bad.dcm"), *s, syntax, code, n, 0);
        REFUSED(PN_EFORMAT, lies[i].says);
    }
    memcpy(code, good, n);
    code[sof + 9] = 3;
    write_coded(tmp_path("bad.dcm"), *s, syntax, code, n, 0);
    REFUSED(PN_EFORMAT, "");
    memcpy(code, good, n);
    code[sof + 4] = 7;
    write_coded(tmp_path("bad.dcm"), *s, syntax, code, n, 0);
    REFUSED(PN_EFORMAT, "codestream of 7 bits");
    free(code);
}

static void test_jpeg_that_lies(void **state)
{
    (void)state;
    static int32_t values[MAX_PIXELS];
    static uint8_t cells[2 * MAX_PIXELS];
    format f = {16, 12, 0}, signed12 = {16, 12, 1};
    slice_spec s = image_spec(24, 17, f);
    const char *bad = tmp_path("bad.dcm");
    size_t n;
    draw(values, cells, 24, 17, f);
    s.pixels = cells;
    slice_write(&s, tmp_path("plain.dcm"));
    run("dcmcjpeg +e1", tmp_path("plain.dcm"), tmp_path("coded.dcm"));
    uint8_t *code = coded_bytes(&n, tmp_path("coded.dcm"));
    lie_in_frame_header(&s, SV1, code, n, 0xC3);
    write_coded(bad, s, EXTENDED, code, n, 0);
    REFUSED(PN_EUNSUPPORTED, "process SOF3 in transfer syntax " EXTENDED);
    size_t sos = find_marker(code, n, 0xDA);
    code[sos + 9] = 2;
    write_coded(bad, s, SV1, code, n, 0);
    REFUSED(PN_EUNSUPPORTED, "without its 2 lowest bits");
    free(code);

    run("dcmcjpeg +ee +bt +un +sr", tmp_path("plain.dcm"), tmp_path("coded.dcm"));
    code = coded_bytes(&n, tmp_path("coded.dcm"));
    lie_in_frame_header(&s, EXTENDED, code, n, 0xC1);
    write_coded(bad, s, BASELINE, code, n, 0);
    REFUSED(PN_EUNSUPPORTED, "process SOF1");
    write_coded(bad, image_spec(24, 17, signed12), EXTENDED, code, n, 0);
    REFUSED(PN_EUNSUPPORTED, "signed pixels in lossy JPEG");
    free(code);

    run("dcmcjpls +el", tmp_path("plain.dcm"), tmp_path("coded.dcm"));
    code = coded_bytes(&n, tmp_path("coded.dcm"));
    lie_in_frame_header(&s, LS, code, n, 0xF7);
    free(code);
    run("dcmcjpls +en +un", tmp_path("plain.dcm"), tmp_path("coded.dcm"));
    code = coded_bytes(&n, tmp_path("coded.dcm"));
    write_coded(bad, s, LS, code, n, 0);
    REFUSED(PN_EFORMAT, "near-lossless JPEG-LS codestream in a lossless transfer syntax");
    write_coded(bad, image_spec(24, 17, signed12), LS_NEAR, code, n, 0);
    REFUSED(PN_EUNSUPPORTED, "signed pixels in near-lossless");
    free(code);
}

static void test_jpeg2000_that_lies(void **state)
{
    (void)state;
    static int32_t values[MAX_PIXELS];
    static uint8_t cells[2 * MAX_PIXELS];
    format f = {16, 12, 1}, unsigned12 = {16, 12, 0}, signed16 = {16, 16, 1};
    slice_spec s = image_spec(24, 17, f);
    const char *bad = tmp_path("bad.dcm");
    size_t n;
    draw(values, cells, 24, 17, f);
    uint8_t *code = j2k(&n, 24, 17, f, values, 0, 0), *copy = malloc(n);
    assert_non_null(copy);
    static const struct { size_t at; unsigned v; pn_code code; const char *says; } lies[] = {
        {8, 0x7FFF, PN_EFORMAT, "pixels, expected 24 x 17"}, {14, 16, PN_EFORMAT, "24 x 16 pixels"},
        {14, 30000, PN_EFORMAT, "24 x 30000 pixels"}, {18, 1, PN_EUNSUPPORTED, "offset"},
        {40, 3, PN_EFORMAT, "codestream of 3 components"}, {42, 0x0B01, PN_EFORMAT, "unsigned samples, Pixel Representation is 1"},
        {42, 0x8701, PN_EFORMAT, "codestream of 8 bits, expected 12 to 16"}, {43, 0x0201, PN_EUNSUPPORTED, "subsampling"},
        {26, 0, PN_EFORMAT, "tiles of no size"}, {6, 0x4000, PN_EUNSUPPORTED, "more than part 1"}, {0, 0, PN_EFORMAT, "begin"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        memcpy(copy, code, n);
        patch16(copy, lies[i].at, lies[i].v);
        write_coded(bad, s, J2K, copy, n, 0);
        REFUSED(lies[i].code, lies[i].says);
    }
    /* As many tiles as pixels, with none of their data: each would cost kilobytes. */
    memcpy(copy, code, n);
    patch16(copy, 10, 8192);
    patch16(copy, 14, 8192);
    patch16(copy, 26, 1);
    patch16(copy, 30, 1);
    s.rows = s.columns = 8192;
    write_coded(bad, s, J2K, copy, n, 0);
    REFUSED(PN_ELIMIT, "codestream of 67108864 tiles");
    free(copy);
    /* Right in itself, but not this header's. */
    write_coded(bad, image_spec(24, 17, unsigned12), J2K, code, n, 0);
    REFUSED(PN_EFORMAT, "signed samples, Pixel Representation is 0");
    write_coded(bad, image_spec(24, 17, signed16), J2K, code, n, 0);
    REFUSED(PN_EFORMAT, "codestream of 12 bits, expected 16 to 16");
    write_coded(bad, image_spec(17, 24, f), J2K, code, n, 0);
    REFUSED(PN_EFORMAT, "24 x 17 pixels, expected 17 x 24");
    s = image_spec(24, 17, f);
    s.allocated = 32;
    write_coded(bad, s, J2K, code, n, 0);
    REFUSED(PN_EUNSUPPORTED, "Bits Allocated is 32");
    free(code);
}

static void test_fragments_that_are_no_frames(void **state)
{
    (void)state;
    slice_spec s = slice_default();
    const char *bad = tmp_path("bad.dcm");
    dcm d = {.n = 0};
    write_coded(bad, s, RLE, "", 0, 0);
    REFUSED(PN_EFORMAT, "0 fragments for 1 frames");
    s.syntax = RLE;                        /* a length where fragments should be              */
    s.pixels = "0123456789A";
    slice_write(&s, bad);
    REFUSED(PN_EFORMAT, "explicit length");
    s.pixels = NULL;
    slice_write(&s, bad);
    dcm_tag(&d, 0x7FE00010, "OB", 0xFFFFFFFFu);
    dcm_bytes(&d, 0xFFFEE000u, "", "\0\0\0\0\0\0\0", 8);
    dcm_bytes(&d, 0xFFFEE000u, "", "ab", 2);
    dcm_end(&d);
    append(bad, &d);
    dcm_free(&d);
    REFUSED(PN_EFORMAT, "Basic Offset Table of 8 bytes for 1 frames");
}

/* ---- Damage -------------------------------------------------------------------------------- */

static const struct kind { const char *tool, *syntax; format f; } kinds[] = {
    {"dcmcrle", RLE, {16, 12, 1}},
    {"dcmcjpeg +eb +un", BASELINE, {8, 8, 0}},
    {"dcmcjpeg +ee +bt +un", EXTENDED, {16, 12, 0}},
    {"dcmcjpeg +el +sv 4", LOSSLESS, {16, 16, 1}},
    {"dcmcjpeg +e1", SV1, {8, 8, 0}},
    {"dcmcjpls +el", LS, {16, 12, 1}},
    {"dcmcjpls +en +un", LS_NEAR, {16, 12, 0}},
    {NULL, J2K, {16, 12, 1}},
    {NULL, J2K_ANY, {16, 12, 1}},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* A good frame of 24 x 17 pixels of that kind, and its header. */
static uint8_t *good_frame(size_t *n, slice_spec *s, const struct kind *k)
{
    static int32_t values[MAX_PIXELS];
    static uint8_t cells[2 * MAX_PIXELS];
    *s = image_spec(24, 17, k->f);
    draw(values, cells, 24, 17, k->f);
    if (k->tool == NULL) { return j2k(n, 24, 17, k->f, values, strcmp(k->syntax, J2K) == 0 ? 0 : 16, strcmp(k->syntax, J2K) == 0 ? 0 : 3); }
    s->pixels = cells;
    slice_write(s, tmp_path("plain.dcm"));
    run(k->tool, tmp_path("plain.dcm"), tmp_path("coded.dcm"));
    return coded_bytes(n, tmp_path("coded.dcm"));
}

/* Cut at every even byte: never an image, but for bytes that stand behind its end. */
static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        slice_spec s;
        size_t n;
        pn_volume v;
        uint8_t *code = good_frame(&n, &s, &kinds[i]);
        const char *path = tmp_path("cut.dcm");
        write_coded(path, s, kinds[i].syntax, code, n, 0);
        CHECK_OK(load(&v, path), err);
        pn_volume_free(&v);
        for (size_t cut = 0; cut + 2 < n; cut += 2) {
            write_coded(path, s, kinds[i].syntax, code, cut, 0);
            int rc = load(&v, path);
            if (rc == 0) { fail_msg("%s: read with %zu of %zu bytes", kinds[i].syntax, cut, n); }
            assert_int_equal(rc, PN_EFORMAT);
        }
        free(code);
    }
}

static void test_random_damage(void **state)
{
    (void)state;
    const char *asked = getenv("PN_DAMAGE_ROUNDS");
    long rounds = asked != NULL ? atol(asked) : 150;
    for (size_t i = 0; i < N_KINDS; i++) {
        slice_spec s;
        size_t n;
        long refusals = 0;
        uint8_t *code = good_frame(&n, &s, &kinds[i]), *copy = malloc(n);
        const char *path = tmp_path("damaged.dcm");
        assert_non_null(copy);
        for (long round = 0; round < rounds; round++) {
            pn_volume v;
            memcpy(copy, code, n);
            for (uint32_t k = 0, times = 1 + next_random() % 6; k < times; k++) {
                size_t within = next_random() % 2 == 0 ? n : n < 128 ? n : 128;
                copy[next_random() % within] = next_random() % 4 == 0 ? 0xFF : (uint8_t)next_random();
            }
            write_coded(path, s, kinds[i].syntax, copy, n, next_random() % 3 == 0 ? 64 : 0);
            int rc = load(&v, path);
            if (rc == 0) { pn_volume_free(&v); }
            refusals += rc != 0;
            if (rc != 0 && rc != PN_EFORMAT && rc != PN_EUNSUPPORTED && rc != PN_ELIMIT) {
                fail_msg("%s: %d \"%s\"", kinds[i].syntax, rc, err.msg);
            }
        }
        if (refusals < rounds / 10) { fail_msg("%s: %ld of %ld refused", kinds[i].syntax, refusals, rounds); }
        free(copy);
        free(code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_lossless_is_bit_for_bit, dicom_clear),
        cmocka_unit_test_teardown(test_whole_cells_coded, dicom_clear),
        cmocka_unit_test_teardown(test_frames_of_one_file, dicom_clear),
        cmocka_unit_test_teardown(test_monochrome1_keeps_its_values, dicom_clear),
        cmocka_unit_test_teardown(test_rle_by_hand, dicom_clear),
        cmocka_unit_test_teardown(test_lossy_is_close_and_says_so, dicom_clear),
        cmocka_unit_test_teardown(test_loss_before_this_file, dicom_clear),
        cmocka_unit_test_teardown(test_rle_that_lies, dicom_clear),
        cmocka_unit_test_teardown(test_jpeg_that_lies, dicom_clear),
        cmocka_unit_test_teardown(test_jpeg2000_that_lies, dicom_clear),
        cmocka_unit_test_teardown(test_fragments_that_are_no_frames, dicom_clear),
        cmocka_unit_test_teardown(test_every_truncation_is_refused, dicom_clear),
        cmocka_unit_test_teardown(test_random_damage, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
