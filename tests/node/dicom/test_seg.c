/* Binary segments as masks: bit packing, placement, published label volumes, refusals. */
#include "check.h"
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "dicom_fixture.h"
#include "seg_fixture.h"
#include <stdlib.h>
#include <string.h>

static pn_error err;

#define DATA(path) SHARED("data/radiomics/dcmqi_seg/" path)

static int load_folder(pn_volume *v, const char *folder)
{
    char **paths;
    size_t n = paths_read(&paths, folder);
    int rc = pn_volume_load(v, (const char *const *)paths, n, &err);
    paths_free(paths, n);
    return rc;
}

/* ---- Published label volumes --------------------------------------------------- */

/* `label`: value in the NRRD that is this segment; 0: any. */
static void check_nrrd(const char *series, const char *seg, int segment, const char *nrrd, int label)
{
    pn_volume v;
    pn_mask m;
    size_t dim[3], want_n = 0, wrong = 0;
    CHECK_OK(load_folder(&v, series), err);
    CHECK_OK(pn_mask_from_seg(&m, seg, segment, &v, &err), err);
    double *want = nrrd_read(nrrd, dim);
    assert_non_null(want);
    for (int i = 0; i < 3; i++) { assert_int_equal(dim[i], v.image.grid.dim[i]); }
    for (size_t i = 0; i < dim[0] * dim[1] * dim[2]; i++) {
        bool in = label != 0 ? want[i] == label : want[i] != 0;
        want_n += in;
        wrong += in != (m.voxels[i] != 0);
    }
    assert_true(want_n > 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(m.n_voxels, want_n);
    free(want);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void test_liver(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("liver.dcm"));
    check_nrrd(DATA("ct-3slice"), DATA("liver.dcm"), 1, DATA("liver_seg.nrrd"), 0);
}

/* 23 x 38 pixels are no multiple of 8: frames begin inside a byte. */
static void test_bit_packing(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("24x38x3"));
    check_nrrd(DATA("24x38x3/image"), DATA("24x38x3/seg/label.seg"), 1, DATA("24x38x3/nrrd/label.nrrd"), 0);
    check_nrrd(DATA("23x38x3/image"), DATA("23x38x3/seg/label.seg"), 1, DATA("23x38x3/nrrd/label.nrrd"), 0);
}

/* Another patient's images: refused before anything is placed. */
static void test_another_patient_is_refused(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("liver.dcm"));
    pn_volume v;
    pn_mask m;
    CHECK_OK(load_folder(&v, DATA("24x38x3/image")), err);
    assert_int_equal(pn_mask_from_seg(&m, DATA("liver.dcm"), 1, &v, &err), PN_EIDENTITY);
    pn_volume_free(&v);
}

/* Five segments that overlap, so that the published labels stand in three volumes; frames that
 * mark nothing are left out. */
static void test_overlapping_segments(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("partial_overlaps.dcm"));
    check_nrrd(DATA("ct-3slice"), DATA("partial_overlaps.dcm"), 1, DATA("partial_overlaps-1.nrrd"), 1);
    check_nrrd(DATA("ct-3slice"), DATA("partial_overlaps.dcm"), 2, DATA("partial_overlaps-2.nrrd"), 2);
    check_nrrd(DATA("ct-3slice"), DATA("partial_overlaps.dcm"), 3, DATA("partial_overlaps-3.nrrd"), 3);
    check_nrrd(DATA("ct-3slice"), DATA("partial_overlaps.dcm"), 4, DATA("partial_overlaps-1.nrrd"), 4);
    check_nrrd(DATA("ct-3slice"), DATA("partial_overlaps.dcm"), 5, DATA("partial_overlaps-1.nrrd"), 5);
}

/* Label maps whose middle slice has no frame, with and without a Pixel Padding Value. */
static void test_sparse_label_maps(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("sparse-labelmap-ppv5.dcm"));
    check_nrrd(DATA("24x38x3/image"), DATA("sparse-labelmap-ppv5.dcm"), 1, DATA("sparse_labelmap_ppv5_seg.nrrd"), 1);
    check_nrrd(DATA("24x38x3/image"), DATA("sparse-labelmap-noppv.dcm"), 1, DATA("sparse_labelmap_noppv_seg.nrrd"), 1);
}

/* ---- Made by hand ------------------------------------------------------------------ */

/* Volume of 5 x 3 pixels, z = 0, 3, 6; segment 1 on z = 6 and 0, segment 2 on z = 3. 15 bits a
 * frame: the second frame begins with the last bit of the second byte. */
static const frame_spec frames[] = {
    {1, "0\\0\\6", NULL}, {2, "0\\0\\3", NULL}, {1, "0\\0\\0", NULL},
};
static const uint8_t bits[] = {
    0x01, 0x40 | 0x80,       /* frame 0: pixels 0 and 14; frame 1: pixel 0                     */
    0x00, 0x00,              /* rest of frame 1 (bits 1..14) is 16..29                         */
    0xFF, 0x1F,              /* frame 2 is bits 30..44: pixels 2..14                           */
};

static seg_spec three_frames(void)
{
    seg_spec s = seg_default();
    s.frames = "3";
    s.rows = 3;
    s.columns = 5;
    s.frame = frames;
    s.n_frames = 3;
    s.bits = bits;
    s.n_bits = sizeof bits;
    return s;
}

static void small_volume(pn_volume *v)
{
    const char *paths[3];
    stack_write(paths, 3, 5, 3);
    CHECK_OK(pn_volume_load(v, paths, 3, &err), err);
}

static int mask_of(pn_mask *m, const seg_spec *s, int segment, const pn_volume *v)
{
    const char *path = tmp_path("seg.dcm");
    seg_write(s, path);
    return pn_mask_from_seg(m, path, segment, v, &err);
}

static void test_frames_across_bytes(void **state)
{
    (void)state;
    seg_spec s = three_frames();
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    assert_int_equal(m.n_contours, 2);
    assert_int_equal(m.n_voxels, 2 + 13);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(m.voxels[30 + i], i == 0 || i == 14);
        assert_int_equal(m.voxels[15 + i], 0);
        assert_int_equal(m.voxels[i], i >= 2);
    }
    pn_mask_free(&m);
    CHECK_OK(mask_of(&m, &s, 2, &v), err);
    assert_int_equal(m.n_voxels, 1);
    assert_int_equal(m.voxels[15], 1);
    pn_mask_free(&m);
    assert_int_equal(mask_of(&m, &s, 3, &v), PN_EEMPTY);
    assert_int_equal(mask_of(&m, &s, 4, &v), PN_ENOTFOUND);
    pn_volume_free(&v);
}

/* A cut-out on the images' grid goes where its first pixel lies. */
static void test_cut_out(void **state)
{
    (void)state;
    static const frame_spec one[] = {{1, "3\\1\\3", NULL}};
    static const uint8_t all[] = {0x0F, 0};
    seg_spec s = three_frames();
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    s.frame = one;
    s.n_frames = 1;
    s.frames = "1";
    s.rows = s.columns = 2;
    s.bits = all;
    s.n_bits = 2;
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    assert_int_equal(m.n_voxels, 4);
    assert_int_equal(m.voxels[15 + 5 + 3], 1);
    assert_int_equal(m.voxels[15 + 10 + 4], 1);
    assert_int_equal(m.voxels[15 + 3], 0);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

/* Spacing is between rows first, between columns second, in images and segments alike. */
static void test_anisotropic_pixels(void **state)
{
    (void)state;
    static const frame_spec one[] = {{1, "2.5\\7\\0", NULL}};
    static const uint8_t all[] = {0x0F, 0};
    slice_spec image = slice_default();
    const char *path = tmp_path("image.dcm");
    image.spacing = "3.5\\2.5";
    image.rows = 4;
    image.columns = 5;
    image.n_pixels = 40;
    slice_write(&image, path);
    pn_volume v;
    pn_mask m;
    CHECK_OK(pn_volume_load(&v, &path, 1, &err), err);
    seg_spec s = three_frames();
    s.spacing = "3.5\\2.5";
    s.frame = one;
    s.n_frames = 1;
    s.frames = "1";
    s.rows = s.columns = 2;
    s.bits = all;
    s.n_bits = 2;
    CHECK_OK(mask_of(&m, &s, 1, &v), err);
    assert_int_equal(m.n_voxels, 4);
    assert_int_equal(m.voxels[2 * 5 + 1], 1);
    pn_mask_free(&m);
    s.spacing = "2.5\\3.5";
    assert_int_equal(mask_of(&m, &s, 1, &v), PN_EGEOMETRY);
    pn_volume_free(&v);
}

static void test_segments_that_are_refused(void **state)
{
    (void)state;
    static const frame_spec off_slice[] = {{1, "0\\0\\1.5", NULL}}, off_pixel[] = {{1, "0.5\\0\\3", NULL}};
    static const frame_spec outside[] = {{1, "1\\0\\3", NULL}}, turned[] = {{1, "0\\0\\3", "0.8\\0.6\\0\\-0.6\\0.8\\0"}};
    static const frame_spec nowhere[] = {{1, NULL, NULL}}, huge[] = {{1, "1e300\\0\\3", NULL}};
    static const frame_spec twice[] = {{1, "0\\0\\3", NULL}, {1, "0\\0\\3", NULL}, {2, "0\\0\\0", NULL}};
    pn_volume v;
    small_volume(&v);
    for (int row = 0; row < 17; row++) {
        seg_spec s = three_frames();
        pn_mask m;
        pn_code code = PN_EGEOMETRY;
        const char *says = "";
        const frame_spec *single = NULL;
        switch (row) {
        case 0: single = off_slice; says = "frame 1: lies 1.5 mm"; break;
        case 1: single = off_pixel; says = "not on the images' grid"; break;
        case 2: single = outside; says = "not on the images' grid"; break;
        case 3: single = turned; says = "other orientation"; break;
        case 4: single = nowhere; says = "no Plane Position Sequence"; break;
        case 5: single = huge; says = "not on the images' grid"; break;
        case 6: s.frame = twice; says = "frame 2: lies on the same slice as frame 1"; break;
        case 7: s.spacing = "1\\1.1"; says = "other pixel spacing than the images: 5 x 3 pixels of 1.1 x 1 mm"; break;
        case 8: s.spacing = NULL; says = "no Pixel Measures Sequence"; break;
        case 9: s.orientation = NULL; says = "no Plane Orientation Sequence"; break;
        case 10: s.type = "PAINTED"; says = "\"PAINTED\""; code = PN_EUNSUPPORTED; break;
        case 11: s.frames = "4"; says = "is 4, but 3 frames"; code = PN_EFORMAT; break;
        case 12: s.frames = "-3"; says = "-3 frames"; code = PN_EFORMAT; break;
        case 13: s.n_bits = 4; says = "pixel data of 4 bytes, expected 6"; code = PN_EFORMAT; break;
        case 14: s.allocated = 8; says = "8 bits allocated"; code = PN_EFORMAT; break;
        case 15: s.frame_uid = "1.2.3.99"; says = "Frame of Reference"; code = PN_EIDENTITY; break;
        default: s.class_uid = CLASS_CT; says = "not a Segmentation"; code = PN_EFORMAT; break;
        }
        if (single != NULL) {
            s.frame = single;
            s.n_frames = 1;
            s.frames = "1";
            s.n_bits = 2;
        }
        int rc = mask_of(&m, &s, 1, &v);
        if (rc != (int)code || strstr(err.msg, says) == NULL) { fail_msg("row %d: %d \"%s\"", row, rc, err.msg); }
    }
    pn_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_liver, dicom_clear),
        cmocka_unit_test_teardown(test_bit_packing, dicom_clear),
        cmocka_unit_test_teardown(test_another_patient_is_refused, dicom_clear),
        cmocka_unit_test_teardown(test_overlapping_segments, dicom_clear),
        cmocka_unit_test_teardown(test_sparse_label_maps, dicom_clear),
        cmocka_unit_test_teardown(test_frames_across_bytes, dicom_clear),
        cmocka_unit_test_teardown(test_cut_out, dicom_clear),
        cmocka_unit_test_teardown(test_anisotropic_pixels, dicom_clear),
        cmocka_unit_test_teardown(test_segments_that_are_refused, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
