/* Real series and contours that cannot be measured as they are: each is refused by name. The
 * messages stand in docs/CONFORMANCE.md. */
#include "check.h"
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "dicom_fixture.h"
#include <string.h>

static pn_error err;

#define DATA(path) SHARED("data/radiomics/" path)

static void check_says(int rc, pn_code code, const char *says)
{
    if (rc != (int)code || strcmp(err.msg, says) != 0) {
        fail_msg("%d \"%s\", expected %d \"%s\"", rc, err.msg, (int)code, says);
    }
}

static void test_gantry_tilt(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("gantry_tilt_ge"));
    char **paths;
    pn_volume v;
    size_t n = paths_read(&paths, DATA("gantry_tilt_ge/dicom"));
    int rc = pn_volume_load(&v, (const char *const *)paths, n, &err);
    paths_free(paths, n);
    check_says(rc, PN_EGEOMETRY,
               "slice 1 (z = 5.83606 mm) and slice 2 (z = 10.0561 mm) are not stacked along the normal of their "
               "planes: shifted by 1.33903 mm (gantry tilt of 18.5 degrees?)");
}

/* Two slices of a longer series: contours of a toolkit that made up a frame of reference, and
 * contours that were drawn on slices which are not there, with references that lead nowhere. */
static void test_foreign_contours(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("rt_utils_oriented"));
    const char *ct[] = {DATA("rt_utils_oriented/mock_data/ct_1.dcm"), DATA("rt_utils_oriented/mock_data/ct_2.dcm")};
    static const char *const off = "region 1: contour 1 of 3: lies 5 mm from the nearest plane, slice 2 of 2 (z = 65 mm)";
    const struct { const char *path; pn_code code; const char *says; } table[] = {
        {DATA("rt_utils_oriented/mock_data/rt.dcm"), PN_EIDENTITY,
         "Frame of Reference UID is 1.2.826.0.1.3680043.8.498.41321784967516118556817630335498661397 in the contour "
         "object, 1.2.840.113619.2.405.3.84541899.902.1605198123.912.6060.1 in the images"},
        {DATA("rt_utils_oriented/mock_data/invalid_reference_rt.dcm"), PN_EGEOMETRY, off},
        {DATA("rt_utils_oriented/mock_data/non_existent_reference_rt.dcm"), PN_EGEOMETRY, off},
    };
    pn_volume v;
    CHECK_OK(pn_volume_load(&v, ct, 2, &err), err);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        pn_mask m;
        check_says(pn_mask_from_rtstruct(&m, table[i].path, 1, &v, &err), table[i].code, table[i].says);
    }
    pn_volume_free(&v);
}

static void test_single_slices_of_several_studies(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("rt_utils_oriented"));
    const char *two[] = {DATA("rt_utils_oriented/oriented_data/0.dcm"), DATA("rt_utils_oriented/oriented_data/1.dcm")};
    pn_volume v;
    check_says(pn_volume_load(&v, two, 2, &err), PN_EIDENTITY,
               "slice without number (z = 30 mm) and slice without number (z = 34.0399 mm) differ in Study Instance "
               "UID: \"1.2.826.0.1.3680043.2.1125.1.83545599788643802094408645795466753\" and "
               "\"1.2.826.0.1.3680043.2.1125.1.20755700046321570399888844081016617\"");
    check_says(pn_volume_load(&v, two, 1, &err), PN_EGEOMETRY,
               "a single slice with a Slice Thickness of 0 mm: its extent is unknown");
}

static void test_stacks(void **state)
{
    (void)state;
    const char *paths[6];
    pn_volume v;
    stack_write(paths, 6, 4, 4);
    const char *const gap[] = {paths[0], paths[1], paths[2], paths[5]};
    check_says(pn_volume_load(&v, gap, 4, &err), PN_EGEOMETRY,
               "slice 3 (z = 6 mm) and slice 6 (z = 15 mm) are 9 mm apart, the others 3 mm: 2 slices are missing between them");
    const char *const twice[] = {paths[0], paths[1], paths[2], paths[1]};
    check_says(pn_volume_load(&v, twice, 4, &err), PN_EGEOMETRY,
               "slice 2 (z = 3 mm) and slice 2 (z = 3 mm) are the same image twice");
    slice_spec s = slice_default();
    s.rows = s.columns = 4;
    s.n_pixels = 32;
    s.sop_uid = "1.2.3.4.77";
    s.number = "77";
    s.position = "0\\0\\3";
    slice_write(&s, tmp_path("copy.dcm"));
    const char *const beside[] = {paths[0], paths[1], paths[2], tmp_path("copy.dcm")};
    check_says(pn_volume_load(&v, beside, 4, &err), PN_EGEOMETRY,
               "slice 2 (z = 3 mm) and slice 77 (z = 3 mm) lie at the same position");
    s.position = "0\\0\\7.5";
    slice_write(&s, tmp_path("uneven.dcm"));
    const char *const uneven[] = {paths[0], paths[1], paths[2], tmp_path("uneven.dcm")};
    check_says(pn_volume_load(&v, uneven, 4, &err), PN_EGEOMETRY,
               "slice 3 (z = 6 mm) and slice 77 (z = 7.5 mm) are 1.5 mm apart, the others 3 mm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_gantry_tilt, dicom_clear),
        cmocka_unit_test_teardown(test_foreign_contours, dicom_clear),
        cmocka_unit_test_teardown(test_single_slices_of_several_studies, dicom_clear),
        cmocka_unit_test_teardown(test_stacks, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
