/* Enhanced and converted images: their frames as slices, what is no one volume, and contours. */
#include "check.h"
#include "dicom/header.h"
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "multiframe_fixture.h"
#include <stdlib.h>
#include <string.h>

static pn_error err;

static double voxel(const pn_volume *v, size_t i)
{
    switch (v->image.type) {
    case RX_I16: return ((const int16_t *)v->voxels)[i];
    case RX_F32: return (double)((const float *)v->voxels)[i];
    default: return ((const double *)v->voxels)[i];
    }
}

/* ---- The same series in both forms ------------------------------------------------- */

#define DATA(path) SHARED("data/radiomics/dcmqi_seg/" path)

static void check_both_forms(const char *folder, const char *multiframe, const char *seg)
{
    char **paths;
    pn_volume many, one;
    pn_mask of_many, of_one;
    size_t n = paths_read(&paths, folder);
    CHECK_OK(pn_volume_load(&many, (const char *const *)paths, n, &err), err);
    CHECK_OK(pn_volume_load(&one, &multiframe, 1, &err), err);
    paths_free(paths, n);
    const rx_grid *a = &many.image.grid, *b = &one.image.grid;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(a->dim[i], b->dim[i]);
        CHECK_NEAR(b->spacing_mm[i], a->spacing_mm[i], 1e-6, 0);
        CHECK_NEAR(b->origin_mm[i], a->origin_mm[i], 0, 1e-4);
    }
    for (size_t i = 0; i < a->dim[0] * a->dim[1] * a->dim[2]; i++) {
        if (voxel(&many, i) != voxel(&one, i)) { fail_msg("voxel %zu: %g and %g", i, voxel(&many, i), voxel(&one, i)); }
    }
    for (size_t k = 0; k < one.n_slices; k++) {
        assert_string_equal(one.slices[k].sop_uid, one.slices[0].sop_uid);
        assert_int_equal(one.slices[k].frame_number, k + 1);
        assert_int_equal(many.slices[k].frame_number, 0);
    }
    CHECK_OK(pn_mask_from_seg(&of_many, seg, 1, &many, &err), err);
    CHECK_OK(pn_mask_from_seg(&of_one, seg, 1, &one, &err), err);
    assert_int_equal(of_one.n_voxels, of_many.n_voxels);
    assert_memory_equal(of_one.voxels, of_many.voxels, a->dim[0] * a->dim[1] * a->dim[2]);
    pn_mask_free(&of_one);
    pn_mask_free(&of_many);
    pn_volume_free(&one);
    pn_volume_free(&many);
}

static void test_converted_from_single_frames(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("23x38x3"));
    check_both_forms(DATA("23x38x3/image"), DATA("23x38x3/multiframe/mf.dcm"), DATA("23x38x3/seg/label.seg"));
    check_both_forms(DATA("24x38x3/image"), DATA("24x38x3/multiframe/mf.dcm"), DATA("24x38x3/seg/label.seg"));
}

/* ---- Made by hand --------------------------------------------------------------------- */

/* Frames out of order, z = 6, 0, 3; pixels count up through the file. */
static const mf_groups three[] = {{.position = "0\\0\\6"}, {.position = "0\\0\\0"}, {.position = "0\\0\\3"}};
static const int16_t counting[18] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};

static mf_spec three_frames(void)
{
    mf_spec s = mf_default();
    s.frames = "3";
    s.frame = three;
    s.n_frames = 3;
    s.pixels = counting;
    s.n_pixels = 18;
    return s;
}

static int load(pn_volume *v, const mf_spec *s)
{
    const char *path = tmp_path("mf.dcm");
    mf_write(s, path);
    return pn_volume_load(v, &path, 1, &err);
}

static void test_frames_are_sorted(void **state)
{
    (void)state;
    static const unsigned from[3] = {2, 3, 1};
    mf_spec s = three_frames();
    pn_volume v;
    CHECK_OK(load(&v, &s), err);
    assert_int_equal(v.n_slices, 3);
    CHECK_NEAR(v.image.grid.spacing_mm[2], 3, 0, 1e-12);
    assert_string_equal(v.study.slice_thickness_mm, "3");
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(v.slices[k].frame_number, from[k]);
        assert_string_equal(v.slices[k].sop_uid, "1.2.3.4.100");
        CHECK_NEAR(v.slices[k].position_mm[2], 3.0 * (double)k, 0, 0);
        for (size_t i = 0; i < 6; i++) { CHECK_NEAR(voxel(&v, 6 * k + i), (double)(6 * (from[k] - 1) + i), 0, 0); }
    }
    pn_volume_free(&v);
}

/* A frame's own groups go before the shared ones. PET of 1.8e-4 units a step. */
static void test_rescale_of_each_frame(void **state)
{
    (void)state;
    mf_groups own[3];
    memcpy(own, three, sizeof own);
    own[0].slope = "0.00018";
    own[1].slope = "0.00036";
    own[1].intercept = "0.5";
    mf_spec s = three_frames();
    s.class_uid = CLASS_ENHANCED_PET;
    s.modality = "PT";
    s.frame = own;
    pn_volume v;
    CHECK_OK(load(&v, &s), err);
    CHECK_NEAR(voxel(&v, 5), 11 * 0.00036 + 0.5, 0, 0);
    CHECK_NEAR(voxel(&v, 6), 12, 0, 0);
    CHECK_NEAR(voxel(&v, 17), 5 * 0.00018, 0, 0);
    pn_volume_free(&v);
    /* MR without any transformation has the values that are stored. */
    s = three_frames();
    s.class_uid = CLASS_ENHANCED_MR;
    s.modality = "MR";
    s.shared.slope = NULL;
    CHECK_OK(load(&v, &s), err);
    assert_int_equal(v.image.type, RX_I16);
    CHECK_NEAR(voxel(&v, 17), 5, 0, 0);
    pn_volume_free(&v);
}

/* Orientation and spacing may stand in every frame; one frame alone has its thickness. */
static void test_groups_of_the_frame(void **state)
{
    (void)state;
    static const mf_groups one[] = {{.position = "1\\2\\3", .orientation = "0\\1\\0\\0\\0\\-1", .spacing = "2\\4", .thickness = "5"}};
    mf_spec s = three_frames();
    s.frames = "1";
    s.frame = one;
    s.n_frames = 1;
    s.n_pixels = 6;
    pn_volume v;
    CHECK_OK(load(&v, &s), err);
    const rx_grid *g = &v.image.grid;
    CHECK_NEAR(g->spacing_mm[0], 4, 0, 0);
    CHECK_NEAR(g->spacing_mm[1], 2, 0, 0);
    CHECK_NEAR(g->spacing_mm[2], 5, 0, 0);
    CHECK_NEAR(g->direction[3], 1, 0, 0);       /* rows run along y                          */
    CHECK_NEAR(g->direction[2], -1, 0, 0);      /* y x -z = -x                               */
    assert_int_equal(v.slices[0].frame_number, 1);
    pn_volume_free(&v);
}

/* ---- Refused ------------------------------------------------------------------------------ */

typedef struct refusal {
    int frame;                                  /* changed in this frame, from 0             */
    mf_groups with;                             /* what is not NULL or 0                     */
    pn_code code;
    const char *says;
} refusal;

static void set(mf_groups *g, const mf_groups *with)
{
    const char **texts[] = {&g->position, &g->orientation, &g->spacing, &g->slope, &g->intercept, &g->rescale_type,
                            &g->stack, &g->ct_type, &g->mr_type, &g->component};
    const char *const values[] = {with->position, with->orientation, with->spacing, with->slope, with->intercept, with->rescale_type,
                                  with->stack, with->ct_type, with->mr_type, with->component};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (values[i] != NULL) { *texts[i] = values[i]; }
    }
    if (with->temporal != 0) { g->temporal = with->temporal; }
    if (with->echo_ms > 0) { g->echo_ms = with->echo_ms; }
    if (with->b_value > 0) { g->b_value = with->b_value; }
    if (with->cardiac > 0) { g->cardiac = with->cardiac; }
}

static void test_frames_that_are_no_one_volume(void **state)
{
    (void)state;
    static const refusal table[] = {
        {2, {.stack = "B"}, PN_EUNSUPPORTED, "several stacks in one image: Stack ID is \"A\" in frame 1, \"B\" in frame 3"},
        {1, {.temporal = 2}, PN_EUNSUPPORTED, "several temporal positions in one image: Temporal Position Index is \"1\" in frame 1, \"2\" in frame 2"},
        {1, {.echo_ms = 80}, PN_EUNSUPPORTED, "several echoes in one image: Effective Echo Time is \"20\" in frame 1, \"80\" in frame 2"},
        {2, {.b_value = 800}, PN_EUNSUPPORTED, "several diffusion weightings"},
        {2, {.cardiac = 70}, PN_EUNSUPPORTED, "several cardiac phases"},
        {2, {.ct_type = "DERIVED\\PRIMARY\\VOLUME\\NONE"}, PN_EUNSUPPORTED, "several frame types"},
        {2, {.mr_type = "DERIVED\\PRIMARY\\DIXON\\FAT"}, PN_EUNSUPPORTED, "several frame types"},
        {2, {.component = "PHASE"}, PN_EUNSUPPORTED, "several components"},
        {2, {.position = "0\\0\\6"}, PN_EGEOMETRY, "frame 1 (z = 6 mm) and frame 3 (z = 6 mm) lie at the same position"},
        {0, {.position = "0\\0\\9"}, PN_EGEOMETRY, "frame 2 (z = 0 mm) and frame 3 (z = 3 mm) are 3 mm apart, the others 6 mm"},
        {0, {.position = "0\\2\\6"}, PN_EGEOMETRY, "frame 2 (z = 0 mm) and frame 1 (z = 6 mm) are not stacked along the normal"},
        {1, {.orientation = "0\\1\\0\\1\\0\\0"}, PN_EGEOMETRY, "frame 1 (z = 6 mm) and frame 2 (z = 0 mm) differ in orientation"},
        {1, {.spacing = "2\\2"}, PN_EGEOMETRY, "differ in pixel spacing"},
        {1, {.position = "0\\0\\nan"}, PN_EFORMAT, "image 7: frame 2: Image Position (Patient)"},
        {1, {.slope = "0", .intercept = "0"}, PN_EFORMAT, "frame 2: Rescale Slope is 0"},
        {1, {.slope = "1", .intercept = "0", .rescale_type = "MGML"}, PN_EUNSUPPORTED, "frame 2: Rescale Type of a CT image is \"MGML\", expected HU"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        mf_groups frames[3];
        for (int f = 0; f < 3; f++) {
            frames[f] = three[f];
            set(&frames[f], &(mf_groups){.stack = "A", .temporal = 1, .echo_ms = 20, .b_value = 50, .cardiac = 30,
                                         .ct_type = "ORIGINAL\\PRIMARY\\AXIAL\\NONE", .component = "MAGNITUDE"});
        }
        mf_spec s = three_frames();
        s.frame = frames;
        pn_volume v;
        CHECK_OK(load(&v, &s), err);            /* all agree: one volume                     */
        pn_volume_free(&v);
        set(&frames[table[i].frame], &table[i].with);
        int rc = load(&v, &s);
        if (rc != (int)table[i].code || strstr(err.msg, table[i].says) == NULL) {
            fail_msg("row %zu: %d \"%s\", expected %d \"%s\"", i, rc, err.msg, (int)table[i].code, table[i].says);
        }
    }
}

static void test_images_that_are_refused(void **state)
{
    (void)state;
    static const mf_groups nowhere[] = {{.stack = "1"}, {.stack = "1"}, {.stack = "1"}};
    for (int row = 0; row < 12; row++) {
        mf_spec s = three_frames();
        pn_code code = PN_EFORMAT;
        const char *says = "";
        switch (row) {
        case 0: s.n_frames = 0; says = "(3 frames) without Per-frame Functional Groups Sequence"; break;
        case 1: s.n_frames = 2; says = "Number of Frames is 3, but 2 frames are described"; break;
        case 2: s.frames = "0"; says = "Number of Frames is 0"; break;
        case 3: s.frames = "20001"; says = "20001 frames are more than the 20000 allowed"; code = PN_ELIMIT; break;
        case 4: s.n_pixels = 15; says = "pixel data of 30 bytes, expected 36"; break;
        case 5: s.frame = nowhere; says = "frame 1: no Plane Position Sequence"; break;
        case 6: s.shared.orientation = NULL; says = "frame 1: no Plane Orientation Sequence"; break;
        case 7: s.shared.spacing = NULL; says = "frame 1: no Pixel Measures Sequence"; break;
        case 8: s.shared.slope = NULL; says = "frame 1: CT image without Rescale Slope"; break;
        case 9: s.parts = 2; says = "1 of the 2 parts that the image was cut into"; code = PN_EUNSUPPORTED; break;
        case 10: s.shared.rescale_type = "MGML"; says = "Rescale Type of a CT image is \"MGML\""; code = PN_EUNSUPPORTED; break;
        default: s.class_uid = CLASS_CT; says = "multi-frame image (3 frames) of a class for single frames"; code = PN_EUNSUPPORTED; break;
        }
        pn_volume v;
        int rc = load(&v, &s);
        if (rc != (int)code || strstr(err.msg, says) == NULL) { fail_msg("row %d: %d \"%s\"", row, rc, err.msg); }
    }
}

/* An image that was cut into two files is one volume again when both are there. */
static void test_concatenation(void **state)
{
    (void)state;
    static const mf_groups upper[] = {{.position = "0\\0\\9"}, {.position = "0\\0\\12"}};
    mf_spec s = three_frames();
    s.parts = 2;
    char first[300], second[300];
    snprintf(first, sizeof first, "%s", tmp_path("part1.dcm"));
    snprintf(second, sizeof second, "%s", tmp_path("part2.dcm"));
    mf_write(&s, first);
    s.sop_uid = "1.2.3.4.101";
    s.frame = upper;
    s.n_frames = 2;
    s.frames = "2";
    s.n_pixels = 12;
    mf_write(&s, second);
    pn_volume v;
    const char *const both[] = {second, first}, *const twice[] = {first, first};
    CHECK_OK(pn_volume_load(&v, both, 2, &err), err);
    assert_int_equal(v.n_slices, 5);
    assert_string_equal(v.slices[2].sop_uid, "1.2.3.4.100");
    assert_string_equal(v.slices[3].sop_uid, "1.2.3.4.101");
    assert_int_equal(v.slices[4].frame_number, 2);
    CHECK_NEAR(voxel(&v, 4 * 6), 6, 0, 0);
    pn_volume_free(&v);
    assert_int_equal(pn_volume_load(&v, twice, 2, &err), PN_EGEOMETRY);
    assert_non_null(strstr(err.msg, "are the same image twice"));
}

/* ---- Header and contours ------------------------------------------------------------------ */

static void test_header(void **state)
{
    (void)state;
    mf_spec s = three_frames();
    pn_header h, again;
    char *json;
    mf_write(&s, tmp_path("mf.dcm"));
    CHECK_OK(pn_header_read(&h, tmp_path("mf.dcm"), &err), err);
    assert_int_equal(h.kind, PN_KIND_IMAGE);
    assert_int_equal(h.n_frames, 3);
    CHECK_OK(pn_header_to_json(&json, &h, &err), err);
    CHECK_OK(pn_header_from_json(&again, json, &err), err);
    assert_int_equal(again.n_frames, 3);
    free(json);
    pn_header_free(&again);
    pn_header_free(&h);
}

/* Two copies that differ in a frame's place or values only are two images. */
static void test_digest_covers_the_groups(void **state)
{
    (void)state;
    mf_groups own[3];
    memcpy(own, three, sizeof own);
    mf_spec s = three_frames();
    s.frame = own;
    pn_header h;
    char digests[4][PN_DIGEST_HEX_SIZE];
    for (int i = 0; i < 4; i++) {
        if (i == 1) { own[2].position = "0\\0\\3.01"; }
        if (i == 2) { s.shared.slope = "2"; }
        if (i == 3) { s.sop_uid = "1.2.3.4.109"; }   /* says nothing of the pixels               */
        mf_write(&s, tmp_path("mf.dcm"));
        CHECK_OK(pn_header_read(&h, tmp_path("mf.dcm"), &err), err);
        snprintf(digests[i], sizeof digests[i], "%s", h.pixel_digest);
        pn_header_free(&h);
    }
    assert_int_equal(strlen(digests[0]), 64);
    assert_string_not_equal(digests[0], digests[1]);
    assert_string_not_equal(digests[1], digests[2]);
    assert_string_equal(digests[2], digests[3]);
}

/* Three contours name the one image; it is expected once. */
static void test_contours_on_frames(void **state)
{
    (void)state;
    const contour_spec c[] = {{.data = "-0.5\\-0.5\\0\\1.5\\-0.5\\0\\1.5\\1.5\\0\\-0.5\\1.5\\0"},
                              {.data = "-0.5\\-0.5\\3\\1.5\\-0.5\\3\\1.5\\1.5\\3\\-0.5\\1.5\\3"},
                              {.data = "-0.5\\-0.5\\6\\0.5\\-0.5\\6\\0.5\\1.5\\6\\-0.5\\1.5\\6"}};
    rtstruct_spec rs = rtstruct_default();
    rs.contours = c;
    rs.n_contours = 3;
    rs.image_uid = "1.2.3.4.100";
    rs.frame = NULL;                            /* so that the name of the image decides     */
    rtstruct_write(&rs, tmp_path("rs.dcm"));
    pn_header h;
    CHECK_OK(pn_header_read(&h, tmp_path("rs.dcm"), &err), err);
    assert_int_equal(h.rois[0].n_image_uids, 1);
    assert_string_equal(h.rois[0].image_uids[0], "1.2.3.4.100");
    pn_header_free(&h);
    mf_spec s = three_frames();
    pn_volume v;
    pn_mask m;
    CHECK_OK(load(&v, &s), err);
    CHECK_OK(pn_mask_from_rtstruct(&m, tmp_path("rs.dcm"), 1, &v, &err), err);
    assert_int_equal(m.n_voxels, 4 + 4 + 2);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_converted_from_single_frames, dicom_clear),
        cmocka_unit_test_teardown(test_frames_are_sorted, dicom_clear),
        cmocka_unit_test_teardown(test_rescale_of_each_frame, dicom_clear),
        cmocka_unit_test_teardown(test_groups_of_the_frame, dicom_clear),
        cmocka_unit_test_teardown(test_frames_that_are_no_one_volume, dicom_clear),
        cmocka_unit_test_teardown(test_images_that_are_refused, dicom_clear),
        cmocka_unit_test_teardown(test_concatenation, dicom_clear),
        cmocka_unit_test_teardown(test_header, dicom_clear),
        cmocka_unit_test_teardown(test_digest_covers_the_groups, dicom_clear),
        cmocka_unit_test_teardown(test_contours_on_frames, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
