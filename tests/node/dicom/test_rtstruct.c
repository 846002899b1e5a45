/* RTSTRUCT regions as masks: published masks voxel for voxel, and what must be refused. */
#include "check.h"
#include "contour_fixture.h"
#include "dicom/runtime.h"
#include <stdlib.h>
#include <string.h>

static pn_error err;

static int load_folder(pn_volume *v, const char *folder)
{
    char **paths;
    size_t n = paths_read(&paths, folder);
    int rc = pn_volume_load(v, (const char *const *)paths, n, &err);
    paths_free(paths, n);
    return rc;
}

/* ---- Published masks --------------------------------------------------------- */

typedef struct published {
    const char *images, *rtstruct, *nifti;
    int roi;
    size_t voxels;
} published;

/* Both NIfTI files keep the index order of the DICOM series. */
static size_t differences(const pn_mask *m, const double *want)
{
    const size_t *d = m->mask.grid.dim;
    size_t n = 0;
    for (size_t i = 0; i < d[0] * d[1] * d[2]; i++) { n += (want[i] != 0) != (m->voxels[i] != 0); }
    return n;
}

static void check_published(const published *p)
{
    pn_volume v;
    pn_mask m;
    size_t dim[3];
    CHECK_OK(load_folder(&v, p->images), err);
    CHECK_OK(pn_mask_from_rtstruct(&m, p->rtstruct, p->roi, &v, &err), err);
    double *want = nifti_read(p->nifti, dim);
    assert_non_null(want);
    for (int i = 0; i < 3; i++) { assert_int_equal(dim[i], v.image.grid.dim[i]); }
    assert_int_equal(differences(&m, want), 0);
    assert_int_equal(m.n_voxels, p->voxels);
    free(want);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

#define DATA(path) SHARED("data/radiomics/" path)

/* IBSI 1 CT phantom: 125,256 voxels in the region. */
static void test_ibsi_phantom(void **state)
{
    (void)state;
    published p = {DATA("ibsi_1_ct_radiomics_phantom/dicom/image"),
                   DATA("ibsi_1_ct_radiomics_phantom/dicom/mask/DCM_RS_00060.dcm"),
                   DATA("ibsi_1_ct_radiomics_phantom/nifti/mask/mask.nii.gz"), 1, 125256};
    SKIP_WITHOUT(DATA("ibsi_1_ct_radiomics_phantom"));
    check_published(&p);
}

static void test_sts_ct(void **state)
{
    (void)state;
    published p = {DATA("ibsi_validation_sts/STS_001/dicom/CT/image"),
                   DATA("ibsi_validation_sts/STS_001/dicom/CT/mask/RS.dcm"),
                   DATA("ibsi_validation_sts/STS_001/nifti/CT_mask.nii.gz"), 1, 117145};
    SKIP_WITHOUT(DATA("ibsi_validation_sts"));
    check_published(&p);
}

/* The same region on the other two series of the study. */
static void test_sts_mr_and_pet(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_validation_sts"));
    published mr = {DATA("ibsi_validation_sts/STS_001/dicom/MR_T1/image"),
                    DATA("ibsi_validation_sts/STS_001/dicom/MR_T1/mask/RS.dcm"),
                    DATA("ibsi_validation_sts/STS_001/nifti/MR_T1_mask.nii.gz"), 1, 117145};
    published pet = {DATA("ibsi_validation_sts/STS_001/dicom/PET/image"),
                     DATA("ibsi_validation_sts/STS_001/dicom/PET/mask/RS.dcm"),
                     DATA("ibsi_validation_sts/STS_001/nifti/PET_mask.nii.gz"), 1, 5095};
    check_published(&mr);
    check_published(&pet);
}

/* ---- First principles ----------------------------------------------------------- */

/* Five 20 x 16 slices of 1 mm, z = 0, 3, 6, 9, 12. */
static void small_volume(pn_volume *v)
{
    const char *paths[5];
    stack_write(paths, 5, 20, 16);
    CHECK_OK(pn_volume_load(v, paths, 5, &err), err);
}

static void test_square_with_hole(void **state)
{
    (void)state;
    const contour_spec c[] = {
        {.data = "1.5\\1.5\\6\\11.5\\1.5\\6\\11.5\\11.5\\6\\1.5\\11.5\\6", .points = "4"},
        {.data = "3.5\\3.5\\6\\5.5\\3.5\\6\\5.5\\5.5\\6\\3.5\\5.5\\6", .points = "4"},
        {.data = "1.5\\1.5\\9\\3.5\\1.5\\9\\3.5\\4.5\\9\\1.5\\4.5\\9"},   /* no count: allowed  */
    };
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    CHECK_OK(mask_of(&m, &v, c, 3, &err), err);
    assert_int_equal(count_slice(&m, 2), 100 - 4);
    assert_int_equal(count_slice(&m, 3), 2 * 3);
    assert_int_equal(m.n_voxels, 102);
    assert_int_equal(m.n_contours, 3);
    assert_string_equal(m.note, "");
    assert_int_equal(m.voxels[(2 * 16 + 2) * 20 + 2], 1);
    assert_int_equal(m.voxels[(2 * 16 + 4) * 20 + 4], 0);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void test_open_and_degenerate_contours_are_noted(void **state)
{
    (void)state;
    const contour_spec c[] = {
        {.data = "1.5\\1.5\\6\\4.5\\1.5\\6\\4.5\\4.5\\6"},
        {.data = "1\\1\\6\\9\\1\\6", .points = "2"},
        {.data = "", .points = "0"},
        {.data = "1\\1\\6", .points = "1", .type = "POINT"},
        {.data = "1\\1\\7\\2\\2\\7", .type = "OPEN_PLANAR"},
    };
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    CHECK_OK(mask_of(&m, &v, c, 5, &err), err);
    assert_int_equal(m.n_contours, 1);
    assert_string_equal(m.note, "2 open contours or points ignored; 2 contours without area ignored");
    pn_mask_free(&m);
    assert_int_equal(mask_of(&m, &v, c + 1, 4, &err), PN_EEMPTY);
    pn_volume_free(&v);
}

typedef struct refusal {
    contour_spec contour;
    pn_code code;
    const char *says;
} refusal;

static void test_contours_that_are_refused(void **state)
{
    (void)state;
    static const refusal table[] = {
        {{.data = "1\\1\\4.5\\9\\1\\4.5\\9\\9\\4.5"}, PN_EGEOMETRY, "1.5 mm from the nearest plane"},
        {{.data = "1\\1\\-3\\9\\1\\-3\\9\\9\\-3"}, PN_EGEOMETRY, "slice 1 of 5"},
        {{.data = "1\\1\\3\\9\\1\\3\\9\\9\\6"}, PN_EGEOMETRY, "not parallel"},
        {{.data = "1\\1\\3\\90\\1\\3\\9\\9\\3"}, PN_EGEOMETRY, "point 2 (90, 1, 3 mm) lies outside"},
        {{.data = "1\\1\\3\\nan\\1\\3\\9\\9\\3"}, PN_EFORMAT, "point 2: \"nan\""},
        {{.data = "1\\1\\3\\inf\\1\\3\\9\\9\\3"}, PN_EFORMAT, "\"inf\""},
        {{.data = "1\\1\\3\\1e308\\1\\3\\9\\9\\3"}, PN_EFORMAT, "\"1e308\""},
        {{.data = "1\\1\\3\\1e999\\1\\3\\9\\9\\3"}, PN_EFORMAT, "\"1e999\""},
        {{.data = "1\\1\\3\\1,5\\1\\3\\9\\9\\3"}, PN_EFORMAT, "\"1,5\""},
        {{.data = "1\\1\\3\\0x10\\1\\3\\9\\9\\3"}, PN_EFORMAT, "\"0x10\""},
        {{.data = "1\\1\\3\\\\1\\3\\9\\9\\3"}, PN_EFORMAT, "\"\""},
        {{.data = "1\\1\\3\\+-2\\1\\3\\9\\9\\3"}, PN_EFORMAT, "\"+-2\""},
        {{.data = "1\\1\\3\\9\\1\\3\\9\\9"}, PN_EFORMAT, "8 numbers, not a multiple of 3"},
        {{.data = "1\\1\\3\\9\\1\\3\\9\\9\\3", .points = "4"}, PN_EFORMAT, "is 4, Contour Data holds 3"},
        {{.data = "1\\1\\3\\9\\1\\3\\9\\9\\3", .points = "-1"}, PN_EFORMAT, "is -1"},
        {{.data = "", .points = "55"}, PN_EFORMAT, "is 55, Contour Data holds 0"},
        {{.data = "1\\1\\3", .points = "10000000"}, PN_ELIMIT, "5000000 points"},
        {{.data = NULL, .points = "3"}, PN_EFORMAT, "Contour Data is missing"},
        {{.data = "1\\1\\3\\9\\1\\3\\9\\9\\3", .type = "BLOB"}, PN_EFORMAT, "\"BLOB\""},
        {{.data = "1.1\\1.1\\3\\1.2\\1.1\\3\\1.2\\1.2\\3"}, PN_EEMPTY, "no voxel centre"},
    };
    pn_volume v;
    small_volume(&v);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        pn_mask m;
        int rc = mask_of(&m, &v, &table[i].contour, 1, &err);
        if (rc != (int)table[i].code || strstr(err.msg, table[i].says) == NULL) {
            fail_msg("row %zu: %d \"%s\", expected %d \"%s\"", i, rc, err.msg, (int)table[i].code, table[i].says);
        }
    }
    pn_volume_free(&v);
}

static void test_odd_but_legal_decimal_strings(void **state)
{
    (void)state;
    const contour_spec c = {.data = " +1.5\\1.50000000000\\6.\\ 4.5e0 \\.15E1\\+6\\4.5\\4.5\\0.6e+01"};
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    CHECK_OK(mask_of(&m, &v, &c, 1, &err), err);
    assert_true(m.n_voxels >= 3);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void test_region_must_exist(void **state)
{
    (void)state;
    rtstruct_spec s = rtstruct_default();
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    rtstruct_write(&s, tmp_path("rs.dcm"));
    assert_int_equal(pn_mask_from_rtstruct(&m, tmp_path("rs.dcm"), 2, &v, &err), PN_ENOTFOUND);
    assert_int_equal(pn_mask_from_rtstruct(&m, tmp_path("rs.dcm"), 1, &v, &err), PN_EEMPTY);
    pn_volume_free(&v);
}

/* Ten million points in one element: refused by counting, before any point is stored. */
static void test_ten_million_points(void **state)
{
    (void)state;
    size_t n = 10000000;
    char *text = malloc(6 * n);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) { memcpy(text + 6 * i, "1\\1\\3\\", 6); }
    text[6 * n - 1] = '\0';
    const contour_spec c = {.data = text};
    pn_volume v;
    pn_mask m;
    small_volume(&v);
    assert_int_equal(mask_of(&m, &v, &c, 1, &err), PN_ELIMIT);
    assert_non_null(strstr(err.msg, "5000000 points"));
    free(text);
    pn_volume_free(&v);
}

/* ---- Identity ------------------------------------------------------------------------ */

static int with_identity(const rtstruct_spec *s, const pn_volume *v)
{
    pn_mask m;
    const char *path = tmp_path("rs.dcm");
    rtstruct_write(s, path);
    int rc = pn_mask_from_rtstruct(&m, path, 1, v, &err);
    if (rc == 0) { pn_mask_free(&m); }
    return rc;
}

static void test_identity(void **state)
{
    (void)state;
    const contour_spec c = {.data = "1.5\\1.5\\6\\4.5\\1.5\\6\\4.5\\4.5\\6"};
    rtstruct_spec good = rtstruct_default(), s;
    good.contours = &c;
    good.n_contours = 1;
    pn_volume v;
    small_volume(&v);
    assert_int_equal(with_identity(&good, &v), 0);

    s = good; s.patient = "P2";
    assert_int_equal(with_identity(&s, &v), PN_EIDENTITY);
    assert_non_null(strstr(err.msg, "\"P2\""));
    assert_non_null(strstr(err.msg, "\"P1\""));
    s = good; s.study = "1.2.3.77";
    assert_int_equal(with_identity(&s, &v), PN_EIDENTITY);
    s = good; s.frame = "1.2.3.88";
    assert_int_equal(with_identity(&s, &v), PN_EIDENTITY);
    assert_non_null(strstr(err.msg, "1.2.3.88"));

    /* No frame of reference: only contours drawn on these very images will do. */
    s = good; s.frame = NULL;
    assert_int_equal(with_identity(&s, &v), PN_EIDENTITY);
    s.image_uid = "1.2.3.4.3";
    assert_int_equal(with_identity(&s, &v), 0);
    s.image_uid = "1.2.3.4.33";
    assert_int_equal(with_identity(&s, &v), PN_EIDENTITY);

    /* An issuer that only one side states is no conflict; two that differ are. */
    s = good; s.issuer = "HOSPITAL A";
    assert_int_equal(with_identity(&s, &v), 0);
    strcpy(v.study.patient_id_issuer, "HOSPITAL B");
    assert_int_equal(with_identity(&s, &v), PN_EIDENTITY);
    pn_volume_free(&v);
}

/* Contours of a toolkit that made up a frame of reference of its own. */
static void test_foreign_frame_in_real_data(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("rt_utils_oriented"));
    const char *ct[] = {DATA("rt_utils_oriented/mock_data/ct_1.dcm"), DATA("rt_utils_oriented/mock_data/ct_2.dcm")};
    pn_volume v;
    pn_mask m;
    CHECK_OK(pn_volume_load(&v, ct, 2, &err), err);
    assert_int_equal(pn_mask_from_rtstruct(&m, DATA("rt_utils_oriented/mock_data/rt.dcm"), 1, &v, &err), PN_EIDENTITY);
    pn_volume_free(&v);
}

/* ---- Oblique planes ------------------------------------------------------------------- */

/* A rectangle drawn in the index space of an oblique, anisotropic stack (the planes of
 * rt_utils_oriented, as one series), sent through patient space. */
static void test_oblique_anisotropic(void **state)
{
    (void)state;
    static const char *const positions[] = {"122.0159697\\-428.1596334\\38.0798058", "123\\-432\\30",
                                            "122.50798485\\-430.0798167\\34.0399029"};
    static const char *const uids[] = {"1.2.3.4.3", "1.2.3.4.1", "1.2.3.4.2"};
    pn_volume v;
    pn_mask m;
    char names[3][256];
    const char *paths[3];
    for (int k = 0; k < 3; k++) {
        slice_spec s = slice_default();
        s.orientation = ".9541666\\-.2080757\\.2151061\\.2785886\\.880128\\-.3843997";
        s.spacing = "3.5\\2.5";
        s.position = positions[k];
        s.sop_uid = uids[k];
        s.frame = NULL;
        s.rows = 60;
        s.columns = 40;
        s.n_pixels = 60 * 40 * 2;
        snprintf(names[k], sizeof names[k], "%s", tmp_path(uids[k]));
        slice_write(&s, paths[k] = names[k]);
    }
    CHECK_OK(pn_volume_load(&v, paths, 3, &err), err);
    assert_string_equal(v.slices[0].sop_uid, "1.2.3.4.1");
    const rx_grid *g = &v.image.grid;
    CHECK_NEAR(g->spacing_mm[0], 2.5, 0, 1e-12);
    CHECK_NEAR(g->spacing_mm[1], 3.5, 0, 1e-12);
    const double corner[4][2] = {{9.5, 19.5}, {29.5, 19.5}, {29.5, 49.5}, {9.5, 49.5}};
    char text[400] = "";
    for (int p = 0; p < 4; p++) {
        for (int r = 0; r < 3; r++) {
            double x = g->origin_mm[r] + g->direction[3 * r] * corner[p][0] * g->spacing_mm[0] +
                       g->direction[3 * r + 1] * corner[p][1] * g->spacing_mm[1] +
                       g->direction[3 * r + 2] * g->spacing_mm[2];
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.8f", p + r > 0 ? "\\" : "", x);
        }
    }
    const contour_spec c = {.data = text};
    rtstruct_spec s = rtstruct_default();
    s.frame = NULL;
    s.image_uid = v.slices[1].sop_uid;
    s.contours = &c;
    s.n_contours = 1;
    rtstruct_write(&s, tmp_path("rs.dcm"));
    CHECK_OK(pn_mask_from_rtstruct(&m, tmp_path("rs.dcm"), 1, &v, &err), err);
    assert_int_equal(m.n_voxels, 20 * 30);
    assert_int_equal(count_slice(&m, 1), 20 * 30);
    assert_int_equal(m.voxels[(g->dim[1] + 20) * g->dim[0] + 10], 1);
    assert_int_equal(m.voxels[(g->dim[1] + 19) * g->dim[0] + 10], 0);
    assert_int_equal(m.voxels[(g->dim[1] + 49) * g->dim[0] + 29], 1);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_ibsi_phantom, dicom_clear),
        cmocka_unit_test_teardown(test_sts_ct, dicom_clear),
        cmocka_unit_test_teardown(test_sts_mr_and_pet, dicom_clear),
        cmocka_unit_test_teardown(test_square_with_hole, dicom_clear),
        cmocka_unit_test_teardown(test_open_and_degenerate_contours_are_noted, dicom_clear),
        cmocka_unit_test_teardown(test_contours_that_are_refused, dicom_clear),
        cmocka_unit_test_teardown(test_odd_but_legal_decimal_strings, dicom_clear),
        cmocka_unit_test_teardown(test_region_must_exist, dicom_clear),
        cmocka_unit_test_teardown(test_ten_million_points, dicom_clear),
        cmocka_unit_test_teardown(test_identity, dicom_clear),
        cmocka_unit_test_teardown(test_foreign_frame_in_real_data, dicom_clear),
        cmocka_unit_test_teardown(test_oblique_anisotropic, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
