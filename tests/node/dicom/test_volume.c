/* A series as one volume: order, rescale, pixel layouts, and the series that are no volume. */
#include "check.h"
#include "dicom/runtime.h"
#include "dicom/volume.h"
#include "dicom_fixture.h"
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static pn_error err;

static double voxel(const pn_volume *v, size_t at)
{
    switch (v->image.type) {
    case RX_I16: return ((const int16_t *)v->image.voxels)[at];
    case RX_F32: return (double)((const float *)v->image.voxels)[at];
    default: return ((const double *)v->image.voxels)[at];
    }
}

static int load_one(pn_volume *v, const slice_spec *s)
{
    const char *path = tmp_path("one.dcm");
    slice_write(s, path);
    return pn_volume_load(v, &path, 1, &err);
}

/* Up to 6 slices as the table says; paths in the order given. */
static int load_slices(pn_volume *v, const slice_spec *s, size_t n)
{
    const char *paths[6];
    for (size_t k = 0; k < n; k++) {
        char name[16];
        snprintf(name, sizeof name, "s%zu.dcm", k);
        paths[k] = tmp_path(name);
        slice_write(&s[k], paths[k]);
    }
    return pn_volume_load(v, paths, n, &err);
}

/* ---- Values --------------------------------------------------------------------- */

static void expect(const slice_spec *s, rx_scalar type, const double *want)
{
    pn_volume v;
    CHECK_OK(load_one(&v, s), err);
    assert_int_equal(v.image.type, type);
    for (size_t i = 0; i < 6; i++) {
        if (voxel(&v, i) != want[i]) { fail_msg("voxel %zu = %.17g, expected %.17g", i, voxel(&v, i), want[i]); }
    }
    pn_volume_free(&v);
}

static void test_signed_and_unsigned(void **state)
{
    (void)state;
    const int16_t pixels[] = {-1024, -1, 0, 1, 3071, 32767};
    const double same[] = {-1024, -1, 0, 1, 3071, 32767}, up[] = {64512, 65535, 0, 1, 3071, 32767};
    slice_spec s = slice_default();
    s.pixels = pixels;
    expect(&s, RX_I16, same);
    s.syntax = SYNTAX_IMPLICIT;
    expect(&s, RX_I16, same);
    s.is_signed = 0;                       /* 64512 does not fit into 16 bits with a sign     */
    expect(&s, RX_F32, up);
}

static void test_big_endian(void **state)
{
    (void)state;
    const uint8_t pixels[] = {0xFC, 0x00, 0xFF, 0xFF, 0, 0, 0, 1, 0x0B, 0xFF, 0x7F, 0xFF};
    const double want[] = {-1024, -1, 0, 1, 3071, 32767};
    slice_spec s = slice_default();
    s.syntax = SYNTAX_BIG_ENDIAN;
    s.pixels = pixels;
    expect(&s, RX_I16, want);
}

/* 12 bits stored: what stands above the high bit or below the value is not the pixel's. */
static void test_bits_stored(void **state)
{
    (void)state;
    const uint16_t low[] = {0xF001, 0x0FFF, 0x0800, 0xF7FF, 0xA000, 0x1234};
    const double as_signed[] = {1, -1, -2048, 2047, 0, 0x234};
    const double as_unsigned[] = {1, 4095, 2048, 2047, 0, 0x234};
    const uint16_t high[] = {0x001F, 0xFFFF, 0x8000, 0x7FFA, 0x000C, 0x2345};
    slice_spec s = slice_default();
    s.stored = 12;
    s.high = 11;
    s.pixels = low;
    expect(&s, RX_I16, as_signed);
    s.is_signed = 0;
    expect(&s, RX_I16, as_unsigned);
    s.high = 15;
    s.pixels = high;
    expect(&s, RX_I16, as_unsigned);
}

static void test_8_and_32_bits(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 1, 127, 128, 255, 7};
    const double as_unsigned[] = {0, 1, 127, 128, 255, 7}, as_signed[] = {0, 1, 127, -128, -1, 7};
    const uint8_t swapped[] = {1, 0, 128, 127, 7, 255};
    slice_spec s = slice_default();
    s.allocated = s.stored = 8;
    s.high = 7;
    s.n_pixels = 6;
    s.pixels = bytes;
    s.pixel_vr = "OB";
    expect(&s, RX_I16, as_signed);
    s.is_signed = 0;
    expect(&s, RX_I16, as_unsigned);
    s.syntax = SYNTAX_BIG_ENDIAN;          /* OB is not swapped, OW is                        */
    expect(&s, RX_I16, as_unsigned);
    s.pixel_vr = "OW";
    s.pixels = swapped;
    expect(&s, RX_I16, as_unsigned);

    const int32_t words[] = {-5, 0, 70000, 16777216, 1, 2}, wide[] = {-5, 0, 16777217, INT32_MAX, INT32_MIN, 2};
    const double want[] = {-5, 0, 70000, 16777216, 1, 2}, want_wide[] = {-5, 0, 16777217, INT32_MAX, INT32_MIN, 2};
    s = slice_default();
    s.allocated = s.stored = 32;
    s.high = 31;
    s.n_pixels = 24;
    s.pixels = words;
    expect(&s, RX_F32, want);
    s.pixels = wide;                       /* 2^24 + 1 is not a float                         */
    expect(&s, RX_F64, want_wide);
}

static void test_rescale_type(void **state)
{
    (void)state;
    const int16_t pixels[] = {0, 1, 2, 3, 1000, -8};
    const double hu[] = {-1024, -1022, -1020, -1018, 976, -1040};
    const double half[] = {0.25, 0.75, 1.25, 1.75, 500.25, -3.75};
    const double milli[] = {0, 0.001, 2 * 0.001, 3 * 0.001, 1000 * 0.001, -8 * 0.001};
    slice_spec s = slice_default();
    s.pixels = pixels;
    s.slope = "2";
    s.intercept = "-1024";
    expect(&s, RX_I16, hu);
    s.slope = "0.5";
    s.intercept = " +.25 ";
    expect(&s, RX_F32, half);
    s.slope = "1E-3";
    s.intercept = "0";
    expect(&s, RX_F64, milli);
    /* Absent: allowed for MR, whose values have no unit; not for CT. */
    s.slope = s.intercept = NULL;
    pn_volume v;
    assert_int_equal(load_one(&v, &s), PN_EFORMAT);
    assert_non_null(strstr(err.msg, "not HU"));
    const double raw[] = {0, 1, 2, 3, 1000, -8};
    s.class_uid = CLASS_MR;
    expect(&s, RX_I16, raw);
}

/* A decimal point is a point in every locale. */
static void test_locale_does_not_matter(void **state)
{
    (void)state;
    const int16_t pixels[] = {0, 1, 2, 3, 4, 5};
    const double half[] = {0, 0.5, 1, 1.5, 2, 2.5};
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL) {
        print_message("no locale with a decimal comma is installed\n");
        skip();
    }
    slice_spec s = slice_default();
    s.pixels = pixels;
    s.slope = "0.5";
    expect(&s, RX_F32, half);
    setlocale(LC_ALL, "C");
}

/* ---- Order and geometry ------------------------------------------------------------- */

static const int16_t tagged[4][6] = {{10, 11, 12, 13, 14, 15}, {20, 21, 22, 23, 24, 25},
                                     {30, 31, 32, 33, 34, 35}, {40, 41, 42, 43, 44, 45}};
static const char *const uids[4] = {"1.2.3.4.1", "1.2.3.4.2", "1.2.3.4.3", "1.2.3.4.4"};
static const char *const numbers[4] = {"1", "2", "3", "4"};

static void four(slice_spec s[4], const char *const position[4])
{
    for (int k = 0; k < 4; k++) {
        s[k] = slice_default();
        s[k].position = position[k];
        s[k].sop_uid = uids[k];
        s[k].number = numbers[k];
        s[k].pixels = tagged[k];
    }
}

/* All 24 orders of the files give one volume; rescale goes with its slice. */
static void test_any_order_of_files(void **state)
{
    (void)state;
    static const char *const z[4] = {"-5\\7\\-6", "-5\\7\\-3", "-5\\7\\0", "-5\\7\\3"};
    static const char *const intercepts[4] = {"0", "1000", "-2000", "3000"};
    slice_spec s[4], mixed[4];
    four(s, z);
    for (int k = 0; k < 4; k++) { s[k].intercept = intercepts[k]; }
    for (int order = 0; order < 24; order++) {
        int left[4] = {0, 1, 2, 3}, code = order;
        for (int k = 0; k < 4; k++) {
            int pick = code % (4 - k);
            code /= 4 - k;
            mixed[k] = s[left[pick]];
            for (int m = pick; m < 3; m++) { left[m] = left[m + 1]; }
        }
        pn_volume v;
        CHECK_OK(load_slices(&v, mixed, 4), err);
        assert_int_equal(v.image.grid.dim[0], 3);
        assert_int_equal(v.image.grid.dim[1], 2);
        assert_int_equal(v.image.grid.dim[2], 4);
        CHECK_NEAR(v.image.grid.spacing_mm[2], 3, 0, 0);
        CHECK_NEAR(v.image.grid.origin_mm[0], -5, 0, 0);
        CHECK_NEAR(v.image.grid.origin_mm[2], -6, 0, 0);
        for (size_t k = 0; k < 4; k++) {
            assert_string_equal(v.slices[k].sop_uid, uids[k]);
            for (size_t i = 0; i < 6; i++) {
                CHECK_NEAR(voxel(&v, 6 * k + i), tagged[k][i] + atof(intercepts[k]), 0, 0);
            }
        }
        assert_int_equal(v.image.type, RX_I16);
        pn_volume_free(&v);
    }
}

/* Coronal planes with columns running down: the normal is row x column, whatever z does. */
static void test_direction_and_spacing(void **state)
{
    (void)state;
    static const char *const y[4] = {"0\\2\\0", "0\\4\\0", "0\\6\\0", "0\\8\\0"};
    /* Columns: i = x, j = -z, k = x cross -z = y. */
    static const double want[9] = {1, 0, 0, 0, 0, 1, 0, -1, 0};
    slice_spec s[4];
    four(s, y);
    for (int k = 0; k < 4; k++) {
        s[k].orientation = "1\\0\\0\\0\\0\\-1";
        s[k].spacing = "0.5\\0.25";
    }
    pn_volume v;
    CHECK_OK(load_slices(&v, s, 4), err);
    CHECK_NEAR(v.image.grid.spacing_mm[0], 0.25, 0, 0);      /* between columns: along i       */
    CHECK_NEAR(v.image.grid.spacing_mm[1], 0.5, 0, 0);
    CHECK_NEAR(v.image.grid.spacing_mm[2], 2, 0, 1e-12);
    for (int i = 0; i < 9; i++) { CHECK_NEAR(v.image.grid.direction[i], want[i], 0, 1e-15); }
    assert_string_equal(v.slices[0].sop_uid, uids[0]);
    pn_volume_free(&v);
}

typedef struct refused_stack {
    const char *position[4];
    const char *says[3];
} refused_stack;

static void test_stacks_that_are_refused(void **state)
{
    (void)state;
    static const refused_stack table[] = {
        {{"0\\0\\0", "0\\0\\3", "0\\0\\9", "0\\0\\12"}, {"slice 2 (z = 3 mm) and slice 3 (z = 9 mm)", "6 mm apart, the others 3 mm", "1 slice is missing"}},
        {{"0\\0\\0", "0\\0\\3", "0\\0\\12", "0\\0\\15"}, {"slice 2", "2 slices are missing", "slice 3"}},
        {{"0\\0\\0", "0\\0\\3", "0\\0\\3", "0\\0\\6"}, {"slice 2 (z = 3 mm)", "slice 3 (z = 3 mm)", "same position"}},
        {{"0\\0\\0", "0\\0\\3", "0\\0\\6.1", "0\\0\\9.1"}, {"slice 2", "slice 3", "3.1 mm apart"}},
        {{"0\\0\\0", "0\\1\\3", "0\\2\\6", "0\\3\\9"}, {"slice 1 (z = 0 mm)", "gantry tilt", "18.4349 degrees"}},
        {{"0\\0\\0", "0\\0\\3", "0.5\\0\\6", "0\\0\\9"}, {"slice 3 (z = 6 mm)", "shifted by 0.5 mm", ""}},
        {{"0\\0\\0", "0\\0\\nan", "0\\0\\6", "0\\0\\9"}, {"image 2", "Image Position", "nan"}},
        {{"0\\0\\0", "0\\0\\1e9", "0\\0\\6", "0\\0\\9"}, {"image 2", "1e+09 mm", ""}},
        {{"0\\0\\0", "0\\0", "0\\0\\6", "0\\0\\9"}, {"image 2", "expected 3 decimal numbers", ""}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        slice_spec s[4];
        four(s, table[i].position);
        pn_volume v;
        pn_code want = i < 6 ? PN_EGEOMETRY : PN_EFORMAT;
        int rc = load_slices(&v, s, 4);
        bool says = true;
        for (int w = 0; w < 3; w++) { says = says && strstr(err.msg, table[i].says[w]) != NULL; }
        if (rc != (int)want || !says) { fail_msg("row %zu: %d \"%s\"", i, rc, err.msg); }
    }
}

/* Within 1 % (or a hundredth of a millimetre) rounding is forgiven. */
static void test_rounded_positions(void **state)
{
    (void)state;
    static const char *const z[4] = {"0\\0\\0", "0\\0\\3.02", "0\\0\\6", "0\\0\\9.01"};
    static const char *const thin[4] = {"0\\0\\0", "0\\0\\0.63", "0\\0\\1.25", "0\\0\\1.88"};
    slice_spec s[4];
    pn_volume v;
    four(s, z);
    CHECK_OK(load_slices(&v, s, 4), err);
    CHECK_NEAR(v.image.grid.spacing_mm[2], 9.01 / 3, 1e-14, 0);
    pn_volume_free(&v);
    four(s, thin);
    CHECK_OK(load_slices(&v, s, 4), err);
    pn_volume_free(&v);
}

static void test_same_image_twice(void **state)
{
    (void)state;
    static const char *const z[4] = {"0\\0\\0", "0\\0\\3", "0\\0\\6", "0\\0\\9"};
    slice_spec s[5];
    four(s, z);
    s[4] = s[2];
    pn_volume v;
    assert_int_equal(load_slices(&v, s, 5), PN_EGEOMETRY);
    assert_non_null(strstr(err.msg, "same image twice"));
}

static void test_slices_must_agree(void **state)
{
    (void)state;
    static const char *const z[4] = {"0\\0\\0", "0\\0\\3", "0\\0\\6", "0\\0\\9"};
    pn_volume v;
    for (int row = 0; row < 9; row++) {
        slice_spec s[4];
        four(s, z);
        const char *says = "";
        pn_code code = PN_EIDENTITY;
        switch (row) {
        case 0: s[2].patient = "P2"; says = "Patient ID: \"P1\" and \"P2\""; break;
        case 1: s[2].issuer = "B"; says = "Issuer of Patient ID"; break;
        case 2: s[2].study = "1.2.9"; says = "Study Instance UID"; break;
        case 3: s[2].series = "1.2.9"; says = "Series Instance UID"; break;
        case 4: s[2].frame = "1.2.9"; says = "Frame of Reference UID"; break;
        case 5: s[2].orientation = "0\\1\\0\\-1\\0\\0"; says = "orientation"; code = PN_EGEOMETRY; break;
        case 6: s[2].spacing = "1\\1.1"; says = "pixel spacing: 1 and 1.1 mm"; code = PN_EGEOMETRY; break;
        case 7: s[2].rows = 3; s[2].n_pixels = 18; says = "3 x 2 and 3 x 3 pixels"; code = PN_EGEOMETRY; break;
        default: s[2].position = NULL; says = "Image Position (Patient) is missing"; code = PN_EFORMAT; break;
        }
        int rc = load_slices(&v, s, 4);
        if (rc != (int)code || strstr(err.msg, says) == NULL || strstr(err.msg, row == 8 ? "image 3" : "slice 3") == NULL) {
            fail_msg("row %d: %d \"%s\"", row, rc, err.msg);
        }
    }
}

static void test_single_slice(void **state)
{
    (void)state;
    slice_spec s = slice_default();
    pn_volume v;
    CHECK_OK(load_one(&v, &s), err);
    CHECK_NEAR(v.image.grid.spacing_mm[2], 3, 0, 0);
    pn_volume_free(&v);
    static const char *const none[] = {NULL, "", "0", "-1"};
    for (int i = 0; i < 4; i++) {
        s.thickness = none[i];
        assert_int_equal(load_one(&v, &s), PN_EGEOMETRY);
        assert_non_null(strstr(err.msg, "single slice"));
    }
}

/* ---- What is no image of ours --------------------------------------------------------- */

static void test_images_that_are_refused(void **state)
{
    (void)state;
    for (int row = 0; row < 14; row++) {
        slice_spec s = slice_default();
        const char *says = "";
        pn_code code = PN_EFORMAT;
        switch (row) {
        case 0: s.frames = "2"; says = "multi-frame image (2 frames)"; code = PN_EUNSUPPORTED; break;
        case 1: s.samples = 3; says = "not a grey-scale image"; code = PN_EUNSUPPORTED; break;
        case 2: s.photometric = "RGB"; says = "\"RGB\""; code = PN_EUNSUPPORTED; break;
        case 3: s.photometric = "PALETTE COLOR"; says = "grey-scale"; code = PN_EUNSUPPORTED; break;
        case 4: s.allocated = 12; says = "Bits Allocated is 12"; code = PN_EUNSUPPORTED; break;
        case 5: s.stored = 17; says = "Bits Stored 17"; break;
        case 6: s.high = 16; says = "High Bit 16"; break;
        case 7: s.n_pixels = 10; says = "pixel data of 10 bytes, expected 12"; break;
        case 8: s.n_pixels = 14; says = "pixel data of 14 bytes, expected 12"; break;
        case 9: s.pixels = NULL; says = "no pixel data"; break;
        case 10: s.slope = "0"; says = "Rescale Slope is 0"; break;
        case 11: s.spacing = "0\\1"; says = "Pixel Spacing"; break;
        case 12: s.orientation = "1\\0\\0\\1\\0\\0"; says = "perpendicular"; break;
        default: s.rows = 0; says = "3 x 0 pixels"; break;
        }
        pn_volume v;
        int rc = load_one(&v, &s);
        if (rc != (int)code || strstr(err.msg, says) == NULL) { fail_msg("row %d: %d \"%s\"", row, rc, err.msg); }
    }
    pn_volume v;
    assert_int_equal(pn_volume_load(&v, NULL, 1, &err), PN_EINVAL);
    const char *const none = NULL;
    assert_int_equal(pn_volume_load(&v, &none, 0, &err), PN_EINVAL);
    const char *const absent = "/nonexistent.dcm";
    assert_int_equal(pn_volume_load(&v, &absent, 1, &err), PN_ENOTFOUND);
}

/* ---- Real series ------------------------------------------------------------------------- */

#define DATA(path) SHARED("data/radiomics/" path)

static int load_folder(pn_volume *v, const char *folder)
{
    char **paths;
    size_t n = paths_read(&paths, folder);
    int rc = pn_volume_load(v, (const char *const *)paths, n, &err);
    paths_free(paths, n);
    return rc;
}

static void check_nifti(const char *series, const char *nifti, double tolerance)
{
    pn_volume v;
    size_t dim[3], n;
    CHECK_OK(load_folder(&v, series), err);
    double *want = nifti_read(nifti, dim);
    assert_non_null(want);
    for (int i = 0; i < 3; i++) { assert_int_equal(dim[i], v.image.grid.dim[i]); }
    n = dim[0] * dim[1] * dim[2];
    double worst = 0;
    for (size_t i = 0; i < n; i++) { worst = fmax(worst, fabs(voxel(&v, i) - round(want[i]))); }
    assert_true(worst <= tolerance);
    free(want);
    pn_volume_free(&v);
}

/* The published NIfTI images of the same series, rounded to whole HU. */
static void test_published_images(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_1_ct_radiomics_phantom"));
    check_nifti(DATA("ibsi_1_ct_radiomics_phantom/dicom/image"), DATA("ibsi_1_ct_radiomics_phantom/nifti/image/phantom.nii.gz"), 0);
    SKIP_WITHOUT(DATA("ibsi_validation_sts"));
    check_nifti(DATA("ibsi_validation_sts/STS_001/dicom/CT/image"), DATA("ibsi_validation_sts/STS_001/nifti/CT_image.nii.gz"), 0);
}

/* Largest difference from the published volume, in its own units. */
static double worst_difference(const char *series, const char *nifti)
{
    pn_volume v;
    size_t dim[3];
    double worst = 0;
    CHECK_OK(load_folder(&v, series), err);
    double *want = nifti_read(nifti, dim);
    assert_non_null(want);
    for (int i = 0; i < 3; i++) { assert_int_equal(dim[i], v.image.grid.dim[i]); }
    for (size_t i = 0; i < dim[0] * dim[1] * dim[2]; i++) { worst = fmax(worst, fabs(voxel(&v, i) - want[i])); }
    free(want);
    pn_volume_free(&v);
    return worst;
}

/* MR and PET as published: normalised intensities and SUV. */
static void test_published_mr_and_pet(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_validation_sts"));
    double mr = worst_difference(DATA("ibsi_validation_sts/STS_001/dicom/MR_T1/image"), DATA("ibsi_validation_sts/STS_001/nifti/MR_T1_image.nii.gz"));
    double pet = worst_difference(DATA("ibsi_validation_sts/STS_001/dicom/PET/image"), DATA("ibsi_validation_sts/STS_001/nifti/PET_image.nii.gz"));
    assert_true(mr <= 0);                      /* whole numbers in both                      */
    assert_true(pet <= 0x1p-19);               /* up to 25.4, published as float: its last digit there */
}

static void test_pet_keeps_its_slope_per_slice(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_validation_sts"));
    pn_volume v;
    CHECK_OK(load_folder(&v, DATA("ibsi_validation_sts/STS_001/dicom/PET/image")), err);
    assert_int_equal(v.image.type, RX_F64);
    assert_string_equal(v.study.modality, "PT");
    pn_volume_free(&v);
}

static void test_tilted_head_is_refused(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("gantry_tilt_ge"));
    pn_volume v;
    assert_int_equal(load_folder(&v, DATA("gantry_tilt_ge/dicom")), PN_EGEOMETRY);
    assert_non_null(strstr(err.msg, "gantry tilt"));
}

/* Three files of one folder, each of its own study. */
static void test_series_of_several_studies_is_refused(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("rt_utils_oriented"));
    const char *paths[] = {DATA("rt_utils_oriented/oriented_data/0.dcm"), DATA("rt_utils_oriented/oriented_data/1.dcm")};
    pn_volume v;
    assert_int_equal(pn_volume_load(&v, paths, 2, &err), PN_EIDENTITY);
    assert_int_equal(pn_volume_load(&v, paths, 1, &err), PN_EGEOMETRY);
    assert_non_null(strstr(err.msg, "Slice Thickness"));
}

static void test_study_attributes(void **state)
{
    (void)state;
    slice_spec s = slice_default();
    s.issuer = "SITE";
    pn_volume v;
    CHECK_OK(load_one(&v, &s), err);
    assert_string_equal(v.study.patient_name, "Doe^Jane");
    assert_string_equal(v.study.patient_id, "P1");
    assert_string_equal(v.study.patient_id_issuer, "SITE");
    assert_string_equal(v.study.study_uid, "1.2.3.1");
    assert_string_equal(v.study.study_date, "20200102");
    assert_string_equal(v.study.frame_of_reference_uid, "1.2.3.3");
    assert_string_equal(v.study.slice_thickness_mm, "3");
    assert_string_equal(v.slices[0].sop_class_uid, CLASS_CT);
    pn_volume_free(&v);
    pn_volume_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_signed_and_unsigned, dicom_clear),
        cmocka_unit_test_teardown(test_big_endian, dicom_clear),
        cmocka_unit_test_teardown(test_bits_stored, dicom_clear),
        cmocka_unit_test_teardown(test_8_and_32_bits, dicom_clear),
        cmocka_unit_test_teardown(test_rescale_type, dicom_clear),
        cmocka_unit_test_teardown(test_locale_does_not_matter, dicom_clear),
        cmocka_unit_test_teardown(test_any_order_of_files, dicom_clear),
        cmocka_unit_test_teardown(test_direction_and_spacing, dicom_clear),
        cmocka_unit_test_teardown(test_stacks_that_are_refused, dicom_clear),
        cmocka_unit_test_teardown(test_rounded_positions, dicom_clear),
        cmocka_unit_test_teardown(test_same_image_twice, dicom_clear),
        cmocka_unit_test_teardown(test_slices_must_agree, dicom_clear),
        cmocka_unit_test_teardown(test_single_slice, dicom_clear),
        cmocka_unit_test_teardown(test_images_that_are_refused, dicom_clear),
        cmocka_unit_test_teardown(test_published_images, dicom_clear),
        cmocka_unit_test_teardown(test_published_mr_and_pet, dicom_clear),
        cmocka_unit_test_teardown(test_pet_keeps_its_slope_per_slice, dicom_clear),
        cmocka_unit_test_teardown(test_tilted_head_is_refused, dicom_clear),
        cmocka_unit_test_teardown(test_series_of_several_studies_is_refused, dicom_clear),
        cmocka_unit_test_teardown(test_study_attributes, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
