/* Every feature against PyRadiomics' own output: two discretisations, slices, merged directions;
 * five images. */
#include "check.h"
#include "testimage.h"
#include <radiomics/extract.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN "reference/radiomics/golden/"
#define NRRD "data/radiomics/pyradiomics/"
#define IBSI "data/radiomics/ibsi_1_ct_radiomics_phantom/nifti/"
#define STS "data/radiomics/ibsi_validation_sts/STS_001/nifti/"

typedef struct golden_case { const char *name, *image, *mask; } golden_case;

static const golden_case cases[] = {
    { "brain1", NRRD "brain1_image.nrrd", NRRD "brain1_label.nrrd" },
    { "brain2", NRRD "brain2_image.nrrd", NRRD "brain2_label.nrrd" },
    { "breast1", NRRD "breast1_image.nrrd", NRRD "breast1_label.nrrd" },
    { "ibsi_ct_gtv", IBSI "image/phantom.nii.gz", IBSI "mask/mask.nii.gz" },
    { "sts001_ct", STS "CT_image.nii.gz", STS "CT_mask.nii.gz" },
};

typedef struct golden { double value[RX_NFEATURES]; double voxels, lowest, highest; } golden;

/* ordered: the classes were not listed one by one for that run, so the order is ours, too. */
static void read_golden(golden *g, const char *path, bool ordered)
{
    char line[2048];
    unsigned seen = 0;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *comma = strchr(line, ',');
        if (!comma) { continue; }
        *comma = '\0';
        int i = rx_feature_index(line);
        if (i >= 0) {
            assert_string_equal(rx_features()[i].full_name, line);
            g->value[i] = strtod(comma + 1, NULL);
            if (ordered) { assert_int_equal(i, seen); }
            seen++;
        }
        if (strcmp(line, "diagnostics_Mask-original_VoxelNum") == 0) { g->voxels = strtod(comma + 1, NULL); }
        if (strcmp(line, "diagnostics_Image-original_Minimum") == 0) { g->lowest = strtod(comma + 1, NULL); }
        if (strcmp(line, "diagnostics_Image-original_Maximum") == 0) { g->highest = strtod(comma + 1, NULL); }
    }
    fclose(f);
    assert_int_equal(seen, RX_NFEATURES);
}

/* 1e-8 relative, as the reference's own document asks; 1e-10 where a value is near zero. */
static unsigned compare(const rx_value *got, const golden *g, const char *what)
{
    unsigned off = 0;
    double worst = 0;
    const char *name = "";
    for (int i = 0; i < RX_NFEATURES; i++) {
        double rel = fabs(got[i].v - g->value[i]) / fmax(fabs(g->value[i]), 1e-2);
        if (rel > worst) {
            worst = rel;
            name = rx_features()[i].full_name;
        }
        if (!near_enough(got[i].v, g->value[i], 1e-8, 1e-10)) {
            fprintf(stderr, "%s: %s = %.17g, expected %.17g\n", what, rx_features()[i].full_name,
                    got[i].v, g->value[i]);
            off++;
        }
    }
    printf("%s: largest relative difference %.2g (%s)\n", what, worst, name);
    return off;
}

static void check_case(const golden_case *c)
{
    char path[512];
    testimage image, mask;
    snprintf(path, sizeof path, SHARED("%s"), c->image);
    SKIP_WITHOUT(path);
    assert_int_equal(volume_read(&image, path), 0);
    snprintf(path, sizeof path, SHARED("%s"), c->mask);
    assert_int_equal(volume_read(&mask, path), 0);
    mask.grid = image.grid;     /* the label files' headers are rounded differently */
    size_t n = image.grid.dim[0] * image.grid.dim[1] * image.grid.dim[2];
    uint8_t *label = volume_mask(&mask);
    int16_t *i16 = volume_i16(&image);
    float *f32 = volume_f32(&image);
    rx_workspace *ws = rx_workspace_new();
    rx_error err = { 0 };

    static const char *const config[] = { "bw25", "bc32", "2d_bw25", "merged_bw25" };
    for (int k = 0; k < 4; k++) {
        golden g = { 0 };
        snprintf(path, sizeof path, SHARED(GOLDEN "%s__orig_%s.csv"), c->name, config[k]);
        read_golden(&g, path, k != 2);
        double lowest = INFINITY, highest = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            lowest = fmin(lowest, image.v[i]);
            highest = fmax(highest, image.v[i]);
        }
        CHECK_NEAR(lowest, g.lowest, 0, 0);
        CHECK_NEAR(highest, g.highest, 0, 0);

        rx_settings s;
        rx_settings_default(&s);
        s.bin_count = k == 1 ? 32 : 0;
        s.force_2d = k == 2;
        s.weighting_norm = k == 3 ? RX_NORM_NO_WEIGHTING : RX_NORM_NONE;
        rx_value v64[RX_NFEATURES], v32[RX_NFEATURES], v16[RX_NFEATURES];
        rx_diagnostics diag;
        rx_mask m = { image.grid, label, 1 };
        rx_image im = { image.grid, RX_F64, image.v };
        CHECK_OK(rx_extract(v64, &diag, &im, &m, &s, ws, &err), err);
        assert_int_equal(diag.roi_voxels, (size_t)g.voxels);
        snprintf(path, sizeof path, "%s %s", c->name, config[k]);
        assert_int_equal(compare(v64, &g, path), 0);

        im = (rx_image){ image.grid, RX_F32, f32 };
        CHECK_OK(rx_extract(v32, NULL, &im, &m, &s, ws, &err), err);
        im = (rx_image){ image.grid, RX_I16, i16 };
        CHECK_OK(rx_extract(v16, NULL, &im, &m, &s, ws, &err), err);
        bool whole = true;
        for (size_t i = 0; i < n; i++) { whole = whole && i16[i] == image.v[i]; }
        for (int i = 0; i < RX_NFEATURES; i++) {          /* the type makes no difference at all */
            CHECK_NEAR(v32[i].v, v64[i].v, 0, 0);
            if (whole) { CHECK_NEAR(v16[i].v, v64[i].v, 0, 0); }
        }
    }
    rx_workspace_free(ws);
    free(label);
    free(i16);
    free(f32);
    volume_free(&image);
    volume_free(&mask);
}

#define GOLDEN_TEST(name, index) \
    static void test_golden__##name(void **state) { (void)state; check_case(&cases[index]); }
GOLDEN_TEST(brain1, 0)
GOLDEN_TEST(brain2, 1)
GOLDEN_TEST(breast1, 2)
GOLDEN_TEST(ibsi_ct_gtv, 3)
GOLDEN_TEST(sts001_ct, 4)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden__brain1), cmocka_unit_test(test_golden__brain2),
        cmocka_unit_test(test_golden__breast1), cmocka_unit_test(test_golden__ibsi_ct_gtv),
        cmocka_unit_test(test_golden__sts001_ct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
