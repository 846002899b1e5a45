/* Fractional segments and label maps, frames that lie otherwise than the images, other grids. */
#include "check.h"
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "dicom_fixture.h"
#include "seg_fixture.h"
#include <stdlib.h>
#include <string.h>

static pn_error err;

static int mask_of(pn_mask *m, const seg_spec *s, int segment, const pn_volume *v)
{
    const char *path = tmp_path("seg.dcm");
    seg_write(s, path);
    return pn_mask_from_seg(m, path, segment, v, &err);
}

/* Three slices of 4 x 2 pixels, z = 0, 3, 6. */
static void small_volume(pn_volume *v)
{
    const char *paths[3];
    stack_write(paths, 3, 4, 2);
    CHECK_OK(pn_volume_load(v, paths, 3, &err), err);
}

static void check_refused(const seg_spec *s, int segment, const pn_volume *v, pn_code code, const char *says)
{
    pn_mask m;
    int rc = mask_of(&m, s, segment, v);
    if (rc != (int)code || strstr(err.msg, says) == NULL) {
        fail_msg("%d \"%s\", expected %d \"%s\"", rc, err.msg, (int)code, says);
    }
}

/* ---- Fractional ----------------------------------------------------------------- */

static const frame_spec one_frame[] = {{1, "0\\0\\3", NULL}};

static seg_spec fractional(const uint8_t *values)
{
    seg_spec s = seg_default();
    s.type = "FRACTIONAL";
    s.fraction = "PROBABILITY";
    s.maximum = 255;
    s.allocated = 8;
    s.rows = 2;
    s.columns = 4;
    s.frame = one_frame;
    s.n_frames = 1;
    s.frames = "1";
    s.bits = values;
    s.n_bits = 8;
    return s;
}

/* Half of 255 is 127.5; half of 200 is 100. */
static void test_fractional_from_one_half(void **state)
{
    (void)state;
    static const uint8_t values[8] = {0, 127, 128, 255, 1, 99, 100, 200};
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    seg_spec s = fractional(values);
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    const uint8_t in_255[8] = {0, 0, 1, 1, 0, 0, 0, 1};
    assert_memory_equal(m.voxels + 8, in_255, 8);
    assert_int_equal(m.n_voxels, 3);
    assert_string_equal(m.note, "fractional segment (PROBABILITY): inside where it is at least half of the maximum, 255");
    pn_mask_free(&m);

    static const uint8_t to_200[8] = {0, 99, 100, 101, 200, 0, 0, 1};
    s = fractional(to_200);
    s.fraction = "OCCUPANCY";
    s.maximum = 200;
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    const uint8_t in_200[8] = {0, 0, 1, 1, 1, 0, 0, 0};
    assert_memory_equal(m.voxels + 8, in_200, 8);
    assert_non_null(strstr(m.note, "OCCUPANCY"));
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void test_fractional_refusals(void **state)
{
    (void)state;
    static const uint8_t values[8] = {0, 127, 128, 255, 1, 99, 100, 200}, none[8] = {0, 1, 127};
    pn_volume v;
    small_volume(&v);
    seg_spec s = fractional(values);
    s.maximum = 254;
    check_refused(&s, 1, &v, PN_EFORMAT, "frame 1: a value of 255, the Maximum Fractional Value is 254");
    s = fractional(values); s.maximum = 0;
    check_refused(&s, 1, &v, PN_EFORMAT, "Maximum Fractional Value");
    s = fractional(values); s.fraction = "LIKELIHOOD";
    check_refused(&s, 1, &v, PN_EUNSUPPORTED, "\"LIKELIHOOD\"");
    s = fractional(values); s.n_bits = 6;
    check_refused(&s, 1, &v, PN_EFORMAT, "pixel data of 6 bytes, expected 8");
    s = fractional(values); s.allocated = 1;
    check_refused(&s, 1, &v, PN_EUNSUPPORTED, "Bits Allocated is 1");
    s = fractional(none);
    check_refused(&s, 1, &v, PN_EEMPTY, "it marks no voxel");
    pn_volume_free(&v);
}

/* ---- Label maps ------------------------------------------------------------------- */

/* z = 0 and 6; there is no frame for z = 3. */
static const frame_spec two_frames[] = {{0, "0\\0\\6", NULL}, {0, "0\\0\\0", NULL}};
static const uint8_t labels[16] = {1, 1, 2, 0, 0, 0, 3, 2, 0, 2, 0, 0, 0, 0, 0, 1};

static seg_spec label_map(void)
{
    seg_spec s = seg_default();
    s.type = "LABELMAP";
    s.class_uid = CLASS_LABEL_MAP;
    s.allocated = 8;
    s.rows = 2;
    s.columns = 4;
    s.frame = two_frames;
    s.n_frames = 2;
    s.frames = "2";
    s.bits = labels;
    s.n_bits = 16;
    return s;
}

static void check_label_map(const seg_spec *s, const pn_volume *v)
{
    for (int segment = 1; segment <= 3; segment++) {
        pn_mask m;
        CHECK_OK(mask_of(&m, s, segment, v), err);
        for (size_t i = 0; i < 8; i++) {
            assert_int_equal(m.voxels[16 + i], labels[i] == segment);
            assert_int_equal(m.voxels[8 + i], 0);
            assert_int_equal(m.voxels[i], labels[8 + i] == segment);
        }
        assert_int_equal(m.n_voxels, 3 - (segment == 3 ? 2 : 0));
        assert_string_equal(m.note, "");
        pn_mask_free(&m);
    }
}

static void test_label_map(void **state)
{
    (void)state;
    pn_volume v;
    small_volume(&v);
    seg_spec s = label_map();
    check_label_map(&s, &v);
    s.photometric = "PALETTE COLOR";
    check_label_map(&s, &v);
    uint8_t wide[32] = {0};
    for (size_t i = 0; i < 16; i++) { wide[2 * i] = labels[i]; }
    s.allocated = 16;
    s.bits = wide;
    s.n_bits = sizeof wide;
    check_label_map(&s, &v);
    wide[1] = 1;                               /* 257: not segment 1                         */
    pn_mask m;
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    assert_int_equal(m.n_voxels, 2);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void test_label_map_refusals(void **state)
{
    (void)state;
    pn_volume v;
    small_volume(&v);
    seg_spec s = label_map();
    s.padding = 2;
    check_refused(&s, 2, &v, PN_EUNSUPPORTED, "segment 2 is the background of the label map");
    check_refused(&s, 4, &v, PN_ENOTFOUND, "no segment has the number 4");
    s = label_map(); s.type = "BINARY";
    check_refused(&s, 1, &v, PN_EUNSUPPORTED, "Segmentation Type \"BINARY\", expected LABELMAP");
    s = label_map(); s.allocated = 32; s.n_bits = 16; s.rows = 1; s.columns = 2;
    check_refused(&s, 1, &v, PN_EFORMAT, "label map segmentation of 32 bits allocated");
    s = label_map(); s.photometric = "RGB";
    check_refused(&s, 1, &v, PN_EUNSUPPORTED, "\"RGB\"");
    static const uint8_t without_three[16] = {1, 1, 2};
    s = label_map(); s.bits = without_three;
    check_refused(&s, 3, &v, PN_EEMPTY, "segment 3: it marks no voxel");
    pn_volume_free(&v);
}

/* ---- Frames that lie otherwise than the images --------------------------------------- */

enum { NX = 4, NY = 3, NZ = 5, N = NX * NY * NZ };
static const size_t dim[3] = {NX, NY, NZ};
static const double spacing[3] = {1.25, 2, 3}, origin[3] = {10, -20, 7};
static const double axes[3][3] = {{0.8, 0.6, 0}, {-0.6, 0.8, 0}, {0, 0, 1}};

/* A pattern that no exchange or reversal of axes maps to itself. */
static bool pattern(const size_t at[3]) { return (at[0] * 7 + at[1] * 3 + at[2] * at[2] * 5 + at[0] * at[1]) % 4 == 1; }

static const char *point_text(char text[96], const size_t at[3])
{
    double p[3];
    for (int r = 0; r < 3; r++) {
        p[r] = origin[r];
        for (int a = 0; a < 3; a++) { p[r] += axes[a][r] * spacing[a] * (double)at[a]; }
    }
    snprintf(text, 96, "%.6f\\%.6f\\%.6f", p[0], p[1], p[2]);
    return text;
}

static void turned_volume(pn_volume *v)
{
    char names[NZ][256], position[96];
    const char *paths[NZ];
    for (size_t k = 0; k < NZ; k++) {
        char uid[32];
        slice_spec s = slice_default();
        snprintf(uid, sizeof uid, "1.2.3.4.%zu", k + 1);
        s.sop_uid = uid;
        s.position = point_text(position, (size_t[]){0, 0, k});
        s.orientation = "0.8\\0.6\\0\\-0.6\\0.8\\0";
        s.spacing = "2\\1.25";
        s.rows = NY;
        s.columns = NX;
        s.n_pixels = 2 * NX * NY;
        snprintf(names[k], sizeof names[k], "%s", tmp_path(uid));
        slice_write(&s, paths[k] = names[k]);
    }
    CHECK_OK(pn_volume_load(v, paths, NZ, &err), err);
}

/* Frames whose columns count along axis a and rows along axis b, backwards where asked. */
typedef struct turn {
    int a, b;
    bool a_back, b_back;
} turn;

static void check_turn(const pn_volume *v, turn t)
{
    int c = 3 - t.a - t.b;
    frame_spec f[5];
    char positions[5][96], orientation[160], pixel_spacing[40], frames[8];
    uint8_t bits[N / 8 + 2] = {0};
    size_t bit = 0, want = 0;
    for (size_t n = 0; n < dim[c]; n++) {
        size_t at[3] = {0, 0, 0};
        at[t.a] = t.a_back ? dim[t.a] - 1 : 0;
        at[t.b] = t.b_back ? dim[t.b] - 1 : 0;
        at[c] = dim[c] - 1 - n;
        f[n] = (frame_spec){1, point_text(positions[n], at), NULL};
        for (size_t row = 0; row < dim[t.b]; row++) {
            for (size_t column = 0; column < dim[t.a]; column++, bit++) {
                at[t.a] = t.a_back ? dim[t.a] - 1 - column : column;
                at[t.b] = t.b_back ? dim[t.b] - 1 - row : row;
                if (pattern(at)) { bits[bit / 8] = (uint8_t)(bits[bit / 8] | 1u << bit % 8); }
                want += pattern(at);
            }
        }
    }
    double u[3], w[3];
    for (int r = 0; r < 3; r++) {
        u[r] = t.a_back ? -axes[t.a][r] : axes[t.a][r];
        w[r] = t.b_back ? -axes[t.b][r] : axes[t.b][r];
    }
    snprintf(orientation, sizeof orientation, "%g\\%g\\%g\\%g\\%g\\%g", u[0], u[1], u[2], w[0], w[1], w[2]);
    snprintf(pixel_spacing, sizeof pixel_spacing, "%g\\%g", spacing[t.b], spacing[t.a]);
    snprintf(frames, sizeof frames, "%zu", dim[c]);
    seg_spec s = seg_default();
    s.frame = f;
    s.n_frames = dim[c];
    s.frames = frames;
    s.orientation = orientation;
    s.spacing = pixel_spacing;
    s.rows = (unsigned)dim[t.b];
    s.columns = (unsigned)dim[t.a];
    s.bits = bits;
    s.n_bits = (bit + 7) / 8;
    pn_mask m;
    CHECK_OK(mask_of(&m, &s, 1, v), err);
    assert_int_equal(m.n_voxels, want);
    for (size_t i = 0; i < N; i++) {
        size_t at[3] = {i % NX, i / NX % NY, i / (NX * NY)};
        if (m.voxels[i] != pattern(at)) { fail_msg("axes %d%d %d%d: voxel %zu", t.a, t.b, t.a_back, t.b_back, i); }
    }
    pn_mask_free(&m);
}

/* All 24: axial, coronal and sagittal frames, mirrored and transposed ones, on an oblique grid
 * whose three spacings differ. */
static void test_every_exchange_of_axes(void **state)
{
    (void)state;
    pn_volume v;
    turned_volume(&v);
    int n = 0;
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            for (int back = 0; a != b && back < 4; back++, n++) {
                check_turn(&v, (turn){a, b, (back & 1) != 0, (back & 2) != 0});
            }
        }
    }
    assert_int_equal(n, 24);
    pn_volume_free(&v);
}

/* ---- Other grids ------------------------------------------------------------------------ */

static const uint8_t ones[16] = {0xFF, 0xFF, 0xFF, 0xFF};

static seg_spec ones_on(const frame_spec *f, size_t n)
{
    seg_spec s = seg_default();
    s.rows = 2;
    s.columns = 4;
    s.frame = f;
    s.n_frames = n;
    s.frames = n == 1 ? "1" : n == 2 ? "2" : "3";
    s.bits = ones;
    s.n_bits = n;
    return s;
}

static void test_other_grids_are_refused_with_both_named(void **state)
{
    (void)state;
    pn_volume v;
    small_volume(&v);
    seg_spec s = ones_on(one_frame, 1);
    s.spacing = "0.5\\0.5";
    check_refused(&s, 1, &v, PN_EGEOMETRY,
                  "segment 1: frame 1: other pixel spacing than the images: 4 x 2 pixels of 0.5 x 0.5 mm along "
                  "(1, 0, 0) and (0, 1, 0); the images have 4 x 2 x 3 voxels of 1 x 1 x 3 mm along (1, 0, 0), "
                  "(0, 1, 0) and (0, 0, 1)");
    s = ones_on(one_frame, 1);
    s.orientation = "0.996195\\0.087156\\0\\-0.087156\\0.996195\\0";     /* five degrees        */
    check_refused(&s, 1, &v, PN_EGEOMETRY, "other orientation than the images: 4 x 2 pixels of 1 x 1 mm along "
                                           "(0.9962, 0.087156, 0)");
    s = ones_on(one_frame, 1);
    s.orientation = "1\\0\\0\\1\\0\\0";
    check_refused(&s, 1, &v, PN_EGEOMETRY, "other orientation");
    static const frame_spec half[] = {{1, "0.5\\0\\3", NULL}};
    s = ones_on(half, 1);
    check_refused(&s, 1, &v, PN_EGEOMETRY, "0.5 and 0 mm beside it");
    static const frame_spec beyond[] = {{1, "-1\\0\\3", NULL}};
    s = ones_on(beyond, 1);
    check_refused(&s, 1, &v, PN_EGEOMETRY, "they reach beyond it");
    /* Reversed rows, and the position of the first pixel not reversed with them. */
    s = ones_on(one_frame, 1);
    s.orientation = "-1\\0\\0\\0\\1\\0";
    check_refused(&s, 1, &v, PN_EGEOMETRY, "they reach beyond it");
    pn_volume_free(&v);
}

/* Frames 6 mm apart on images 3 mm apart would leave every other slice empty. */
static void test_thicker_slices_are_refused(void **state)
{
    (void)state;
    static const frame_spec coarse[] = {{1, "0\\0\\0", NULL}, {1, "0\\0\\6", NULL}};
    static const frame_spec next[] = {{1, "0\\0\\0", NULL}, {1, "0\\0\\3", NULL}};
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    seg_spec s = ones_on(coarse, 2);
    s.between = "6";
    check_refused(&s, 1, &v, PN_EGEOMETRY, "other slices than the images: planes 6 mm apart");
    s.between = "1.5";
    check_refused(&s, 1, &v, PN_EGEOMETRY, "planes 1.5 mm apart");
    s.between = "3";                           /* a gap, not another grid                    */
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    assert_int_equal(m.n_voxels, 16);
    pn_mask_free(&m);
    s = ones_on(next, 2);
    s.between = "6";                           /* which the frames contradict                */
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    pn_mask_free(&m);
    s = ones_on(one_frame, 1);
    s.between = "6";
    check_refused(&s, 1, &v, PN_EGEOMETRY, "planes 6 mm apart");
    s.source_uid = "1.2.3.4.2";                /* drawn on one of these very images          */
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_fractional_from_one_half, dicom_clear),
        cmocka_unit_test_teardown(test_fractional_refusals, dicom_clear),
        cmocka_unit_test_teardown(test_label_map, dicom_clear),
        cmocka_unit_test_teardown(test_label_map_refusals, dicom_clear),
        cmocka_unit_test_teardown(test_every_exchange_of_axes, dicom_clear),
        cmocka_unit_test_teardown(test_other_grids_are_refused_with_both_named, dicom_clear),
        cmocka_unit_test_teardown(test_thicker_slices_are_refused, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
