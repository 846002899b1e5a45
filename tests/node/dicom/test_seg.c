/* Binary segments as masks: bit packing, placement, published label volumes, refusals. */
#include "check.h"
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "dicom_fixture.h"
#include <stdlib.h>
#include <string.h>

static pn_error err;

static int start(void **state)
{
    (void)state;
    return pn_dicom_init(&err);
}

static int clear(void **state)
{
    (void)state;
    tmp_clear();
    return 0;
}

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

static void test_label_map_is_refused(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("sparse-labelmap-ppv5.dcm"));
    pn_volume v;
    pn_mask m;
    CHECK_OK(load_folder(&v, DATA("24x38x3/image")), err);
    assert_int_equal(pn_mask_from_seg(&m, DATA("sparse-labelmap-ppv5.dcm"), 1, &v, &err), PN_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "LABELMAP"));
    /* Another patient's images: refused before anything is placed. */
    assert_int_equal(pn_mask_from_seg(&m, DATA("liver.dcm"), 1, &v, &err), PN_EIDENTITY);
    pn_volume_free(&v);
}

/* ---- Made by hand ------------------------------------------------------------------ */

typedef struct frame_spec {
    unsigned segment;
    const char *position;
    const char *orientation;               /* NULL: the shared one                           */
} frame_spec;

typedef struct seg_spec {
    const char *type, *class_uid, *frames, *spacing, *orientation, *frame_uid;
    unsigned rows, columns, allocated;
    const frame_spec *frame;
    size_t n_frames;
    const uint8_t *bits;
    size_t n_bits;                         /* bytes                                          */
} seg_spec;

static void code_item(dcm *d, uint32_t sequence, uint32_t tag, const char *vr, const char *value)
{
    dcm_begin(d, sequence);
    dcm_item(d);
    dcm_text(d, tag, vr, value);
    dcm_end_item(d);
    dcm_end(d);
}

static void write_frame(dcm *d, const frame_spec *f)
{
    dcm_item(d);
    dcm_begin(d, 0x0062000A);
    dcm_item(d);
    dcm_us(d, 0x0062000B, f->segment);
    dcm_end_item(d);
    dcm_end(d);
    if (f->position != NULL) { code_item(d, 0x00209113, 0x00200032, "DS", f->position); }
    if (f->orientation != NULL) { code_item(d, 0x00209116, 0x00200037, "DS", f->orientation); }
    dcm_end_item(d);
}

static void write_segment(dcm *d, unsigned number)
{
    dcm_item(d);
    dcm_us(d, 0x00620004, number);
    dcm_text(d, 0x00620005, "LO", "Segment");
    dcm_end_item(d);
}

static void seg_write(const seg_spec *s, const char *path)
{
    dcm d = dcm_part10(SYNTAX_EXPLICIT, s->class_uid, "1.2.3.7");
    dcm_text(&d, 0x00080016, "UI", s->class_uid);
    dcm_text(&d, 0x00080018, "UI", "1.2.3.7");
    dcm_text(&d, 0x00100020, "LO", "P1");
    dcm_text(&d, 0x0020000D, "UI", "1.2.3.1");
    dcm_text(&d, 0x0020000E, "UI", "1.2.3.70");
    if (s->frame_uid != NULL) { dcm_text(&d, 0x00200052, "UI", s->frame_uid); }
    dcm_text(&d, 0x00280008, "IS", s->frames);
    dcm_us(&d, 0x00280010, s->rows);
    dcm_us(&d, 0x00280011, s->columns);
    dcm_us(&d, 0x00280100, s->allocated);
    dcm_text(&d, 0x00620001, "CS", s->type);
    dcm_begin(&d, 0x00620002);
    write_segment(&d, 1);
    write_segment(&d, 2);
    write_segment(&d, 3);
    dcm_end(&d);
    dcm_begin(&d, 0x52009229);
    dcm_item(&d);
    if (s->orientation != NULL) { code_item(&d, 0x00209116, 0x00200037, "DS", s->orientation); }
    if (s->spacing != NULL) { code_item(&d, 0x00289110, 0x00280030, "DS", s->spacing); }
    dcm_end_item(&d);
    dcm_end(&d);
    dcm_begin(&d, 0x52009230);
    for (size_t f = 0; f < s->n_frames; f++) { write_frame(&d, &s->frame[f]); }
    dcm_end(&d);
    dcm_bytes(&d, 0x7FE00010, "OB", s->bits, s->n_bits);
    dcm_write(&d, path);
    dcm_free(&d);
}

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

static seg_spec seg_default(void)
{
    return (seg_spec){.type = "BINARY", .class_uid = CLASS_SEG, .frames = "3", .spacing = "1\\1",
                      .orientation = "1\\0\\0\\0\\1\\0", .frame_uid = "1.2.3.3", .rows = 3, .columns = 5,
                      .allocated = 1, .frame = frames, .n_frames = 3, .bits = bits, .n_bits = sizeof bits};
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
    seg_spec s = seg_default();
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
    seg_spec s = seg_default();
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
    seg_spec s = seg_default();
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
    static const frame_spec outside[] = {{1, "1\\0\\3", NULL}}, turned[] = {{1, "0\\0\\3", "0\\1\\0\\1\\0\\0"}};
    static const frame_spec nowhere[] = {{1, NULL, NULL}}, huge[] = {{1, "1e300\\0\\3", NULL}};
    static const frame_spec twice[] = {{1, "0\\0\\3", NULL}, {1, "0\\0\\3", NULL}, {2, "0\\0\\0", NULL}};
    pn_volume v;
    small_volume(&v);
    for (int row = 0; row < 17; row++) {
        seg_spec s = seg_default();
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
        case 7: s.spacing = "1\\1.1"; says = "pixel spacing of 1.1 mm"; break;
        case 8: s.spacing = NULL; says = "no Pixel Measures Sequence"; break;
        case 9: s.orientation = NULL; says = "no Plane Orientation Sequence"; break;
        case 10: s.type = "FRACTIONAL"; says = "\"FRACTIONAL\""; code = PN_EUNSUPPORTED; break;
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
        cmocka_unit_test_teardown(test_liver, clear),
        cmocka_unit_test_teardown(test_bit_packing, clear),
        cmocka_unit_test_teardown(test_label_map_is_refused, clear),
        cmocka_unit_test_teardown(test_frames_across_bytes, clear),
        cmocka_unit_test_teardown(test_cut_out, clear),
        cmocka_unit_test_teardown(test_anisotropic_pixels, clear),
        cmocka_unit_test_teardown(test_segments_that_are_refused, clear),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
