/* NIfTI: voxels, scaling, geometry in LPS, both byte orders, refusals; what is written reads back. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "image_fixture.h"

static pn_image read_ok(const nifti_file *f)
{
    pn_image im = {0};
    pn_error err = {0};
    CHECK_OK(pn_image_parse(&im, f->bytes, f->n, "x.nii", 0, &err), err);
    return im;
}

static void check_count(const pn_image *im)
{
    for (size_t i = 0; i < im->n; i++) { CHECK_NEAR(pn_image_value(im, i), (double)i, 0, 0); }
}

static void test_nifti__voxels_and_spacing(void **state)
{
    (void)state;
    nifti_file f = nifti_of(3, 4, 5);
    pn_image im = read_ok(&f);
    assert_int_equal(im.type, PN_VOXEL_I16);
    assert_int_equal(im.n, 60);
    const size_t dim[3] = {3, 4, 5};
    const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    for (int a = 0; a < 3; a++) {
        assert_int_equal(im.grid.dim[a], dim[a]);
        CHECK_NEAR(im.grid.spacing_mm[a], a + 2, 0, 0);
        CHECK_NEAR(im.grid.origin_mm[a], 0, 0, 0);
    }
    for (int i = 0; i < 9; i++) { CHECK_NEAR(im.grid.direction[i], identity[i], 0, 0); }
    check_count(&im);
    pn_image_free(&im);
}

static void test_nifti__packed_in_several_members(void **state)
{
    (void)state;
    nifti_file f = nifti_of(3, 4, 5);
    uint8_t both[4096];
    size_t n1, n2;
    memcpy(both, packed(&n1, f.bytes, 400), 1000);
    const uint8_t *second = packed(&n2, f.bytes + 400, f.n - 400);
    memcpy(both + n1, second, n2);
    pn_image im = {0};
    pn_error err = {0};
    CHECK_OK(pn_image_parse(&im, both, n1 + n2, "x.nii.gz", 0, &err), err);
    check_count(&im);
    pn_image_free(&im);
    require_refused(both, n1 + n2 - 12, PN_EFORMAT, "truncated");
    both[n1 + 14] ^= 0xff;
    both[n1 + 15] ^= 0xff;
    assert_int_not_equal(pn_image_parse(&im, both, n1 + n2, "x.nii.gz", 0, &err), PN_OK);
}

static void test_nifti__the_other_byte_order(void **state)
{
    (void)state;
    nifti_file f = nifti_of(2, 2, 2);
    static const struct { size_t from, to, size; } parts[] = {
        {0, 4, 4}, {40, 56, 2}, {68, 76, 2}, {76, 120, 4}, {252, 256, 2}, {256, 328, 4}, {352, 368, 2}};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        for (size_t at = parts[p].from; at < parts[p].to; at += parts[p].size) {
            for (size_t low = 0; low < parts[p].size / 2; low++) {
                uint8_t *a = f.bytes + at + low, *b = f.bytes + at + parts[p].size - 1 - low, kept = *a;
                *a = *b;
                *b = kept;
            }
        }
    }
    pn_image im = read_ok(&f);
    CHECK_NEAR(im.grid.spacing_mm[2], 4, 0, 0);
    check_count(&im);
    pn_image_free(&im);
}

/* The stated factors make reals of integers: 3 * 0.5 - 1000. */
static void test_nifti__scaled_to_reals(void **state)
{
    (void)state;
    nifti_file f = nifti_of(2, 2, 2);
    set_f32(&f, 112, 0.5);
    set_f32(&f, 116, -1000);
    pn_image im = read_ok(&f);
    assert_int_equal(im.type, PN_VOXEL_F32);
    CHECK_NEAR(pn_image_value(&im, 3), -998.5, 0, 0);
    pn_image_free(&im);
    set_f32(&f, 112, (double)NAN);
    require_refused(f.bytes, f.n, PN_EFORMAT, "scale");
}

/* A qform of half a turn about z: RAS (-1,-1,1) is LPS (1,1,1), unturned. */
static void test_nifti__qform_from_ras_to_lps(void **state)
{
    (void)state;
    nifti_file f = nifti_of(3, 3, 3);
    set_i16(&f, 252, 1);
    set_f32(&f, 264, 1);                      /* quatern_d */
    set_f32(&f, 268, 10);
    set_f32(&f, 272, 20);
    set_f32(&f, 276, 30);
    pn_image im = read_ok(&f);
    const double origin[3] = {-10, -20, 30}, direction[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    for (int i = 0; i < 3; i++) { CHECK_NEAR(im.grid.origin_mm[i], origin[i], 0, 0); }
    for (int i = 0; i < 9; i++) { CHECK_NEAR(im.grid.direction[i], direction[i], 0, 1e-12); }
    pn_image_free(&im);
    set_f32(&f, 76, -1);                      /* qfac: z the other way round */
    im = read_ok(&f);
    CHECK_NEAR(im.grid.direction[8], -1, 0, 1e-12);
    pn_image_free(&im);
}

static void test_nifti__sform_where_there_is_no_qform(void **state)
{
    (void)state;
    nifti_file f = nifti_of(3, 3, 3);
    const double rows[3][4] = {{0, 3, 0, 5}, {2, 0, 0, 6}, {0, 0, 4, 7}};   /* x and y change places */
    set_i16(&f, 254, 2);
    for (size_t r = 0; r < 3; r++) {
        for (size_t c = 0; c < 4; c++) { set_f32(&f, 280 + 16 * r + 4 * c, rows[r][c]); }
    }
    pn_image im = read_ok(&f);
    const double want[9] = {0, -1, 0, -1, 0, 0, 0, 0, 1}, origin[3] = {-5, -6, 7};
    for (int i = 0; i < 9; i++) { CHECK_NEAR(im.grid.direction[i], want[i], 0, 1e-12); }
    for (int i = 0; i < 3; i++) { CHECK_NEAR(im.grid.origin_mm[i], origin[i], 0, 0); }
    assert_string_equal(im.note, "");
    pn_image_free(&im);
    set_i16(&f, 252, 1);                      /* a qform that says something else */
    im = read_ok(&f);
    assert_non_null(strstr(im.note, "qform"));
    pn_image_free(&im);
    set_i16(&f, 252, 0);
    set_f32(&f, 284, 1);                      /* shear */
    set_f32(&f, 300, 3);
    require_refused(f.bytes, f.n, PN_EGEOMETRY, "perpendicular");
}

static void test_nifti__flat_images_and_units(void **state)
{
    (void)state;
    nifti_file f = nifti_of(4, 4, 1);
    set_i16(&f, 40, 2);
    f.bytes[123] = 3;                          /* micrometres */
    pn_image im = read_ok(&f);
    assert_int_equal(im.grid.dim[2], 1);
    CHECK_NEAR(im.grid.spacing_mm[0], 0.002, 1e-12, 0);
    pn_image_free(&im);
}

static void test_nifti__hostile_headers(void **state)
{
    (void)state;
    static const struct { size_t at; int value; pn_code code; const char *word; } wrong[] = {
        {40, 0, PN_EFORMAT, "dimensions"}, {40, 8, PN_EFORMAT, "dimensions"},
        {42, 0, PN_EFORMAT, "axis 1"}, {44, -3, PN_EFORMAT, "axis 2"}, {42, 32767, PN_EFORMAT, "truncated"},
        {70, 128, PN_EUNSUPPORTED, "RGB"}, {70, 32, PN_EUNSUPPORTED, "complex"}, {70, 99, PN_EFORMAT, "99"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        nifti_file f = nifti_of(3, 3, 3);
        set_i16(&f, wrong[i].at, wrong[i].value);
        require_refused(f.bytes, f.n, wrong[i].code, wrong[i].word);
    }
    nifti_file f = nifti_of(3, 3, 3);
    for (size_t n = 0; n < f.n; n += 13) {     /* every truncation */
        pn_image im = {0};
        pn_error err = {0};
        assert_int_not_equal(pn_image_parse(&im, f.bytes, n, "x", 0, &err), PN_OK);
    }
    set_f32(&f, 80, 0);
    require_refused(f.bytes, f.n, PN_EGEOMETRY, "spacing");
    set_f32(&f, 80, (double)INFINITY);
    require_refused(f.bytes, f.n, PN_EGEOMETRY, "spacing");
    f = nifti_of(3, 3, 3);
    set_f32(&f, 108, 1e30);
    require_refused(f.bytes, f.n, PN_EFORMAT, "begin");
    f = nifti_of(3, 3, 3);
    set_i16(&f, 40, 4);
    set_i16(&f, 48, 7);
    require_refused(f.bytes, f.n, PN_EUNSUPPORTED, "series of 7");
    for (size_t a = 0; a < 3; a++) { set_i16(&f, 42 + 2 * a, 32767); }
    set_i16(&f, 48, 1);
    require_refused(f.bytes, f.n, PN_ELIMIT, "32767");
    f = nifti_of(3, 3, 3);
    memcpy(f.bytes + 344, "ni1", 4);
    require_refused(f.bytes, f.n, PN_EUNSUPPORTED, "pair");
    require_refused("nothing at all", 14, PN_EFORMAT, "neither");
}

/* A mask's labels: fractions cut off, what is below one is background. */
static void test_nifti__labels(void **state)
{
    (void)state;
    float v[8] = {0, 1, 2.9f, 2, -1, 300, NAN, 0.5f};
    pn_image im = {.type = PN_VOXEL_F32, .voxels = v, .n = 8};
    uint32_t *labels;
    uint8_t region[8];
    size_t n;
    pn_error err = {0};
    CHECK_OK(pn_image_labels(&labels, &n, &im, &err), err);
    assert_int_equal(n, 3);
    assert_int_equal(labels[0], 1);
    assert_int_equal(labels[1], 2);
    assert_int_equal(labels[2], 300);
    free(labels);
    assert_int_equal(pn_image_region(region, &im, 2), 2);
    assert_int_equal(region[2], 1);
    assert_int_equal(region[1], 0);
    assert_int_equal(pn_image_region(region, &im, 0), 0);
    assert_int_equal(pn_image_label_voxels(&im, 2), 2);
    assert_int_equal(pn_image_label_voxels(&im, 0), 0);
}

/* Kept labels take the room that they need, whatever they were stored as. */
static void test_nifti__labels_in_less_room(void **state)
{
    (void)state;
    static const struct { double most; pn_voxel_type type; } cases[] = {
        {255, PN_VOXEL_U8}, {256, PN_VOXEL_U16}, {65535, PN_VOXEL_U16}, {65536, PN_VOXEL_U32}, {4294967295.0, PN_VOXEL_U32}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double *v = malloc(5 * sizeof *v);
        const double given[5] = {0, 1.5, -3, cases[i].most, 7}, want[5] = {0, 1, 0, cases[i].most, 7};
        assert_non_null(v);
        memcpy(v, given, sizeof given);
        pn_image im = {.type = PN_VOXEL_F64, .voxels = v, .n = 5};
        pn_image_keep_labels(&im);
        assert_int_equal(im.type, cases[i].type);
        for (size_t k = 0; k < 5; k++) { CHECK_NEAR(pn_image_value(&im, k), want[k], 0, 0); }
        pn_image_free(&im);
    }
    int8_t *small = malloc(3);
    assert_non_null(small);
    small[0] = -1;
    small[1] = 1;
    small[2] = 127;
    pn_image im = {.type = PN_VOXEL_I8, .voxels = small, .n = 3};
    pn_image_keep_labels(&im);
    CHECK_NEAR(pn_image_value(&im, 0), 0, 0, 0);
    CHECK_NEAR(pn_image_value(&im, 2), 127, 0, 0);
    pn_image_free(&im);
}

/* Whole numbers are handed on in the smallest type that holds them. */
static void test_nifti__views(void **state)
{
    (void)state;
    static const struct { uint32_t most; rx_scalar type; } cases[] = {
        {0, RX_I16}, {32767, RX_I16}, {32768, RX_F32}, {16777216, RX_F32}, {16777217, RX_F64}, {4294967295u, RX_F64}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t v[2] = {1, cases[i].most};
        pn_image im = {.type = PN_VOXEL_U32, .voxels = v, .n = 2};
        rx_image view;
        void *owned;
        pn_error err = {0};
        CHECK_OK(pn_image_view(&view, &owned, &im, &err), err);
        assert_int_equal(view.type, cases[i].type);
        double got = view.type == RX_I16 ? ((const int16_t *)view.voxels)[1]
                     : view.type == RX_F32 ? (double)((const float *)view.voxels)[1] : ((const double *)view.voxels)[1];
        CHECK_NEAR(got, cases[i].most, 0, 0);
        free(owned);
    }
}

static void write_and_read(const rx_grid *g, pn_voxel_type type, const void *voxels, const char *ending,
                           double tolerance)
{
    char path[64];
    pn_image im = {0};
    pn_error err = {0};
    snprintf(path, sizeof path, "/tmp/test_nifti.%d%s", (int)getpid(), ending);
    CHECK_OK(pn_nifti_write(path, g, voxels, type, &err), err);
    CHECK_OK(pn_image_read(&im, path, 0, &err), err);
    (void)unlink(path);
    assert_int_equal(im.type, type);
    assert_memory_equal(im.voxels, voxels, im.n * pn_voxel_size(type));
    for (int i = 0; i < 9; i++) { CHECK_NEAR(im.grid.direction[i], g->direction[i], 0, tolerance); }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(im.grid.dim[i], g->dim[i]);
        CHECK_NEAR(im.grid.spacing_mm[i], g->spacing_mm[i], tolerance, 0);
        CHECK_NEAR(im.grid.origin_mm[i], g->origin_mm[i], tolerance, 0);
    }
    assert_string_equal(im.note, "");
    pn_image_free(&im);
}

/* Oblique and left-handed grids come back to single precision; a long axis makes NIfTI-2, exact. */
static void test_nifti__written_and_read_back(void **state)
{
    (void)state;
    double v[60];
    uint8_t mask[40000] = {0};
    for (size_t i = 0; i < 60; i++) { v[i] = sin((double)i); }
    rx_grid g = {.dim = {3, 4, 5}, .spacing_mm = {0.7, 1.3, 2.1}, .origin_mm = {-99.5, 12.25, 800.125},
                 .direction = {0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6}};
    write_and_read(&g, PN_VOXEL_F64, v, ".nii", 1e-6);
    write_and_read(&g, PN_VOXEL_F64, v, ".nii.gz", 1e-6);
    for (int r = 0; r < 3; r++) { g.direction[3 * r + 1] *= -1; }
    write_and_read(&g, PN_VOXEL_F64, v, ".nii.gz", 1e-6);
    g.dim[0] = 40000;
    g.dim[1] = g.dim[2] = 1;
    mask[39999] = 7;
    write_and_read(&g, PN_VOXEL_U8, mask, ".nii.gz", 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nifti__voxels_and_spacing),
        cmocka_unit_test(test_nifti__packed_in_several_members),
        cmocka_unit_test(test_nifti__the_other_byte_order),
        cmocka_unit_test(test_nifti__scaled_to_reals),
        cmocka_unit_test(test_nifti__qform_from_ras_to_lps),
        cmocka_unit_test(test_nifti__sform_where_there_is_no_qform),
        cmocka_unit_test(test_nifti__flat_images_and_units),
        cmocka_unit_test(test_nifti__hostile_headers),
        cmocka_unit_test(test_nifti__labels),
        cmocka_unit_test(test_nifti__labels_in_less_room),
        cmocka_unit_test(test_nifti__views),
        cmocka_unit_test(test_nifti__written_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
