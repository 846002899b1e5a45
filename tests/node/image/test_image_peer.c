/* Real files, against libnifti and a reader that the tests have of their own. */
#include "check.h"
#include <string.h>
#include "image/image.h"
#include "testimage.h"

static void compare(const char *path)
{
    if (!have_shared(path)) { skip(); }
    testimage want;
    pn_image im = {0};
    pn_error err = {0};
    assert_int_equal(volume_read(&want, path), 0);
    CHECK_OK(pn_image_read(&im, path, 0, &err), err);
    for (int a = 0; a < 3; a++) {
        assert_int_equal(im.grid.dim[a], want.grid.dim[a]);
        CHECK_NEAR(im.grid.spacing_mm[a], want.grid.spacing_mm[a], 1e-15, 0);
    }
    for (size_t i = 0; i < im.n; i++) {
        if (pn_image_value(&im, i) != want.v[i]) { fail_msg("%s: voxel %zu", path, i); }
    }
    pn_image_free(&im);
    volume_free(&want);
}

static void test_image__agrees_with_other_readers(void **state)
{
    (void)state;
    compare(SHARED("data/radiomics/pyradiomics/brain1_image.nrrd"));
    compare(SHARED("data/radiomics/pyradiomics/brain1_label.nrrd"));
    compare(SHARED("data/radiomics/pyradiomics/brain2_image.nrrd"));
    compare(SHARED("data/radiomics/ibsi_1_ct_radiomics_phantom/nifti/image/phantom.nii.gz"));
    compare(SHARED("data/radiomics/ibsi_1_ct_radiomics_phantom/nifti/mask/mask.nii.gz"));
    compare(SHARED("data/radiomics/ibsi_2_digital_phantom/nifti/orientation/image/orientation.nii.gz"));
    compare(SHARED("data/radiomics/ibsi_validation_sts/STS_001/nifti/PET_image.nii.gz"));
}

/* ITK's centre of mass of the label (PyRadiomics' diagnostics): first voxel, axes and spacing. */
static void test_image__places_voxels_where_itk_does(void **state)
{
    (void)state;
    SKIP_WITHOUT(SHARED("data/radiomics/pyradiomics/brain1_label.nrrd"));
    pn_image im = {0};
    pn_error err = {0};
    CHECK_OK(pn_image_read(&im, SHARED("data/radiomics/pyradiomics/brain1_label.nrrd"), 0, &err), err);
    const double index[3] = {186.98549673676578, 106.3562968334542, 14.38917089678511};
    const double mm[3] = {46.47304432559825, 16.518518098863908, 15.529610829103234};
    for (int r = 0; r < 3; r++) {
        double at = im.grid.origin_mm[r];
        for (int a = 0; a < 3; a++) { at += im.grid.direction[3 * r + a] * im.grid.spacing_mm[a] * index[a]; }
        CHECK_NEAR(at, mm[r], 1e-12, 0);
    }
    pn_image_free(&im);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_image__agrees_with_other_readers),
        cmocka_unit_test(test_image__places_voxels_where_itk_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
