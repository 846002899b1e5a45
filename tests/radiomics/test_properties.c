/* What holds for every region, tried on random ones: bounds, orders and identities between
 * features that come from different code. */
#include "region.h"

static region random_region(uint64_t *seed)
{
    size_t n[3];
    for (int a = 0; a < 3; a++) { n[a] = 1 + (size_t)(next_uniform(seed) * (a == 0 ? 70 : 9)); }
    region r = region_new(grid_of(n[0], n[1], n[2], 0.5 + next_uniform(seed), 0.5 + next_uniform(seed),
                                  0.5 + 4 * next_uniform(seed)));
    double density = next_uniform(seed), spread = pow(10, 4 * next_uniform(seed) - 1);
    double smooth = next_uniform(seed) < 0.3 ? 0 : 1;
    for (size_t i = 0; i < region_size(&r); i++) {
        r.image[i] = (double)(float)(spread * (next_uniform(seed) - 0.5) * smooth + 40);
        r.mask[i] = next_uniform(seed) < density;
    }
    return r;
}

static void check_bounds(const rx_value *v)
{
    static const struct { const char *name; double lowest, highest; } bounds[] = {
        { "shape_Elongation", 0, 1 }, { "shape_Flatness", 0, 1 }, { "firstorder_Uniformity", 0, 1 },
        { "firstorder_Entropy", -1e-14, 16 }, { "firstorder_Variance", 0, 1e300 },
        { "glcm_JointEnergy", 0, 1 }, { "glcm_Correlation", -1, 1 }, { "glcm_MCC", 0, 1 },
        { "glcm_Imc1", -1, 0 }, { "glcm_Imc2", 0, 1 }, { "glcm_Id", 0, 1 }, { "glcm_Idmn", 0, 1 },
        { "glcm_MaximumProbability", 0, 1 }, { "glcm_JointEntropy", -1e-14, 32 },
        { "gldm_SmallDependenceEmphasis", 0, 1 }, { "gldm_LargeDependenceEmphasis", 1, 729 },
        { "glrlm_RunPercentage", 0, 1 }, { "glrlm_ShortRunEmphasis", 0, 1 },
        { "glszm_ZonePercentage", 0, 1 }, { "glszm_SmallAreaEmphasis", 0, 1 },
        { "ngtdm_Coarseness", 0, 1e6 }, { "ngtdm_Busyness", 0, 1e300 },
    };
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        rx_value x = named(v, bounds[i].name);
        if (x.why != RX_DEFINED) { continue; }
        if (!(x.v >= bounds[i].lowest - 1e-9 && x.v <= bounds[i].highest + 1e-9)) {
            fail_msg("%s is %.17g, outside [%g, %g]", bounds[i].name, x.v, bounds[i].lowest, bounds[i].highest);
        }
    }
}

static void check_orders(const rx_value *v)
{
    static const char *order[][2] = {
        { "firstorder_Minimum", "firstorder_10Percentile" }, { "firstorder_10Percentile", "firstorder_Median" },
        { "firstorder_Median", "firstorder_90Percentile" }, { "firstorder_90Percentile", "firstorder_Maximum" },
        { "shape_Flatness", "shape_Elongation" }, { "shape_LeastAxisLength", "shape_MinorAxisLength" },
        { "shape_MinorAxisLength", "shape_MajorAxisLength" },
        { "shape_Maximum2DDiameterSlice", "shape_Maximum3DDiameter" },
        { "shape_Maximum2DDiameterRow", "shape_Maximum3DDiameter" },
        { "shape_Maximum2DDiameterColumn", "shape_Maximum3DDiameter" },
        { "glcm_Idm", "glcm_Id" }, { "glszm_ZonePercentage", "glrlm_RunPercentage" },
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        double a = val(v, order[i][0]), b = val(v, order[i][1]);
        if (isnan(a) || isnan(b)) { continue; }
        if (!(a <= b + 1e-9 * fabs(b) + 1e-12)) { fail_msg("%s %.17g > %s %.17g", order[i][0], a, order[i][1], b); }
    }
}

static void check_identities(const rx_value *v, double voxels)
{
    double mean = val(v, "firstorder_Mean"), variance = val(v, "firstorder_Variance");
    CHECK_NEAR(val(v, "firstorder_Energy"), voxels * (variance + mean * mean), 1e-11, 0);
    CHECK_NEAR(val(v, "firstorder_RootMeanSquared"), sqrt(variance + mean * mean), 1e-11, 0);
    CHECK_NEAR(val(v, "gldm_GrayLevelNonUniformity"), voxels * val(v, "firstorder_Uniformity"), 1e-11, 0);
    if (named(v, "glcm_Contrast").why == RX_DEFINED) {
        /* var(i + j) + var(i - j) = 2 var(i) + 2 var(j), and a symmetric matrix has equal means */
        CHECK_NEAR(val(v, "glcm_ClusterTendency") + val(v, "glcm_Contrast"), 4 * val(v, "glcm_SumSquares"), 1e-10, 1e-10);
        CHECK_NEAR(val(v, "glcm_SumAverage"), 2 * val(v, "glcm_JointAverage"), 1e-12, 0);
    }
}

static void test_properties__random_regions(void **state)
{
    (void)state;
    uint64_t seed = 2026;
    int defined = 0;
    rx_workspace *ws = rx_workspace_new();
    for (int round = 0; round < 400; round++) {
        region r = random_region(&seed);
        rx_settings s = any_settings();
        if (next_uniform(&seed) < 0.4) { s.bin_count = 1 + (unsigned)(50 * next_uniform(&seed)); }
        rx_value v[RX_NFEATURES], w[RX_NFEATURES];
        rx_error err = { 0 };
        rx_diagnostics diag;
        rx_image image = { r.grid, RX_F64, r.image };
        rx_mask mask = { r.grid, r.mask, 1 };
        int rc = rx_extract(v, &diag, &image, &mask, &s, ws, &err);
        if (rc == RX_OK) {
            check_bounds(v);
            check_orders(v);
            check_identities(v, (double)diag.roi_voxels);
            testimage as = { r.grid, r.image };
            float *f32 = volume_f32(&as);
            image = (rx_image){ r.grid, RX_F32, f32 };
            CHECK_OK(rx_extract(w, NULL, &image, &mask, &s, ws, &err), err);
            for (int i = 0; i < RX_NFEATURES; i++) { CHECK_NEAR(w[i].v, v[i].v, 0, 0); }
            free(f32);
            defined++;
        } else {
            assert_true(rc == RX_EEMPTY || rc == RX_ETOOSMALL);
        }
        region_free(&r);
    }
    rx_workspace_free(ws);
    assert_true(defined > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_properties__random_regions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
