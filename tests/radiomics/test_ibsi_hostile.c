/* The ibsi profile on shapes and intensities that nobody draws on purpose: values, NaN with its
 * reason, or a refusal that says why. */
#include "hostile.h"
#include <radiomics/ibsi.h>

static const hostile shapes[] = {
    { "no voxel", hostile_none, REFUSED, RX_EEMPTY, "label 1" },
    { "one voxel", hostile_one_voxel, ANY_VALUES, RX_OK, "" },
    { "two voxels", hostile_two_voxels, ANY_VALUES, RX_OK, "" },
    { "a line along x", hostile_line_x, ANY_VALUES, RX_OK, "" },
    { "a line along y", hostile_line_y, ANY_VALUES, RX_OK, "" },
    { "a line along z", hostile_line_z, ANY_VALUES, RX_OK, "" },
    { "a slice of xy", hostile_slice_xy, ANY_VALUES, RX_OK, "" },
    { "a slice of xz", hostile_slice_xz, ANY_VALUES, RX_OK, "" },
    { "a slice of yz", hostile_slice_yz, ANY_VALUES, RX_OK, "" },
    { "a diagonal", hostile_diagonal, ANY_VALUES, RX_OK, "" },
    { "scattered voxels", hostile_scattered, ANY_VALUES, RX_OK, "" },
    { "two voxels in two corners", hostile_far_apart, ANY_VALUES, RX_OK, "" },
    { "the whole image", hostile_whole_image, ANY_VALUES, RX_OK, "" },
    { "a corner of the image", hostile_at_the_border, ANY_VALUES, RX_OK, "" },
    { "a hollow box", hostile_hollow, ANY_VALUES, RX_OK, "" },
    { "one intensity", hostile_constant, ANY_VALUES, RX_OK, "" },
    { "two intensities", hostile_two_levels, ANY_VALUES, RX_OK, "" },
    { "an outlier", hostile_an_outlier, ANY_VALUES, RX_OK, "" },
    { "huge intensities", hostile_huge_values, ANY_VALUES, RX_OK, "" },
    { "tiny intensities", hostile_tiny_values, ANY_VALUES, RX_OK, "" },
    { "a NaN inside", hostile_nan_inside, REFUSED, RX_EINVAL, "(5, 5, 5)" },
    { "an infinity inside", hostile_infinite_inside, REFUSED, RX_EINVAL, "(5, 5, 5)" },
    { "a NaN outside", hostile_nan_outside, ANY_VALUES, RX_OK, "" },
    { "2,048 levels", hostile_2048_levels, ANY_VALUES, RX_OK, "" },
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static int extract(rx_results *out, rx_ibsi_trace *t, const region *r, const rx_ibsi *s, rx_error *err)
{
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    int rc = rx_ibsi_extract(out, t, &image, &mask, s, ws, err);
    rx_workspace_free(ws);
    return rc;
}

static void check_values(const rx_results *v, const char *what)
{
    for (size_t i = 0; i < v->n; i++) {
        const rx_value *x = &v->v[i].value;
        bool fine = x->why == RX_DEFINED ? isfinite(x->v) : x->why != RX_NOT_ASKED && isnan(x->v);
        if (!fine) { fail_msg("%s: %s is %g with reason %d", what, v->v[i].name, x->v, (int)x->why); }
    }
}

static void run(const hostile *h, const rx_ibsi *s, size_t values)
{
    region r = h->make();
    rx_results v = { 0 };
    rx_ibsi_trace t;
    rx_error err = { 0 };
    int rc = extract(&v, &t, &r, s, &err);
    if (h->fate == REFUSED) {
        if (rc != (int)h->code || !strstr(err.msg, h->word)) {
            fail_msg("%s: %d: \"%s\" does not say %s", h->name, rc, err.msg, h->word);
        }
        assert_int_equal(v.n, 0);
    } else {
        if (rc != RX_OK) { fail_msg("%s: %s", h->name, err.msg); }
        assert_int_equal(v.n, values);
        check_values(&v, h->name);
    }
    rx_results_free(&v);
    region_free(&r);
}

static void test_ibsi_hostile__as_it_is(void **state)
{
    (void)state;
    rx_ibsi s;
    rx_ibsi_default(&s);
    for (int i = 0; i < N_SHAPES; i++) { run(&shapes[i], &s, 215); }
    s.texture.aggregations = RX_IBSI_ALL_AGGREGATIONS;
    for (int i = 0; i < N_SHAPES; i++) { run(&shapes[i], &s, 79 + 408); }
}

/* Voxels half as large, by splines, and outliers filtered: every step has something to do. */
static void test_ibsi_hostile__interpolated(void **state)
{
    (void)state;
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.image_interpolation = RX_IBSI_CUBIC_SPLINE;
    s.outlier_sigma = 3;
    s.spacing_mm[0] = s.spacing_mm[1] = s.spacing_mm[2] = 1;
    s.ivh_bins = (rx_ibsi_bins){ .by = RX_IBSI_BIN_NUMBER, .number = 100 };
    for (int i = 0; i < N_SHAPES; i++) {
        hostile h = shapes[i];
        if (strstr(h.name, "inside")) { h.word = "not finite"; }
        run(&h, &s, 215);
    }
}

/* What a region of one voxel has. */
static void test_ibsi_hostile__one_voxel(void **state)
{
    (void)state;
    region r = hostile_one_voxel();
    rx_results v = { 0 };
    rx_ibsi s;
    rx_error err;
    double x = r.image[region_at(&r, 3, 3, 3)];
    rx_ibsi_default(&s);
    CHECK_OK(extract(&v, NULL, &r, &s, &err), err);
    CHECK_NEAR(rx_results_find(&v, "stat_mean")->value.v, x, 0, 0);
    CHECK_NEAR(rx_results_find(&v, "stat_var")->value.v, 0, 0, 0);
    CHECK_NEAR(rx_results_find(&v, "morph_vol_approx")->value.v, 4.5, 1e-15, 0);
    CHECK_NEAR(rx_results_find(&v, "morph_volume")->value.v, 4.5 / 6, 1e-12, 0);
    CHECK_NEAR(rx_results_find(&v, "morph_vol_dens_conv_hull")->value.v, 1, 1e-12, 0);
    CHECK_NEAR(rx_results_find(&v, "morph_com")->value.v, 0, 0, 1e-12);
    static const char *const without[] = { "morph_pca_maj_axis", "morph_moran_i", "morph_geary_c", "ih_max_grad" };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rx_results_find(&v, without[i])->value.why, RX_UNDEFINED);
    }
    rx_results_free(&v);
    region_free(&r);
}

static void expect(const region *r, const rx_ibsi *s, rx_code code, const char *word)
{
    rx_results v = { 0 };
    rx_error err = { 0 };
    int rc = extract(&v, NULL, r, s, &err);
    if (rc != (int)code || !strstr(err.msg, word)) {
        fail_msg("%d: \"%s\" does not say \"%s\"", rc, err.msg, word);
    }
    assert_int_equal(v.n, 0);
    rx_results_free(&v);
}

static void test_ibsi_hostile__refusals(void **state)
{
    (void)state;
    region r = hostile_box(7, 6, 5);
    r.image[region_at(&r, 4, 4, 4)] = 17.5;
    rx_ibsi good, s;
    rx_ibsi_default(&good);
    good.families = RX_IBSI_STATISTICS | RX_IBSI_HISTOGRAM;
#define WITH(change, code, word) do { s = good; change; expect(&r, &s, code, word); } while (0)
    WITH(s.spacing_mm[1] = -1, RX_EINVAL, "spacing_mm[1] is -1");
    WITH(s.spacing_mm[2] = (double)NAN, RX_EINVAL, "spacing_mm[2] is");
    WITH(s.spacing_mm[0] = 1e-9, RX_ELIMIT, "voxels");
    WITH(s.spacing_mm[0] = 1e-300, RX_ELIMIT, "voxels");
    WITH(s.mask_threshold = 0, RX_EINVAL, "threshold is 0");
    WITH(s.margin_mm = -1, RX_EINVAL, "margin_mm is -1");
    WITH((s.lowest = 5, s.highest = 4), RX_EINVAL, "[5, 4]");
    WITH(s.outlier_sigma = -3, RX_EINVAL, "outlier_sigma is -3");
    WITH(s.lowest = 1e6, RX_EEMPTY, "re-segmentation");
    WITH((s.bins.by = RX_IBSI_BIN_SIZE, s.bins.size = 0), RX_EINVAL, "bin size is 0");
    WITH((s.bins.by = RX_IBSI_BIN_SIZE, s.bins.size = 1e-4), RX_ELIMIT, "grey levels of width 0.0001");
    WITH(s.bins.number = 0, RX_EINVAL, "number of bins is 0");
    WITH(s.bins.number = 65536, RX_EINVAL, "65536");
    WITH(s.bins.by = (rx_ibsi_binning)7, RX_EINVAL, "discretisation 7");
    WITH(s.bins.by = RX_IBSI_NO_BINS, RX_EINVAL, "no grey level");
    WITH(s.image_interpolation = (rx_ibsi_interpolation)9, RX_EINVAL, "image interpolation 9");
    WITH(s.families = 1 << 20, RX_EINVAL, "families 0x100000");
    WITH(s.texture.aggregations = 1 << 12, RX_EINVAL, "aggregations 0x1000");
    WITH(s.texture.distance = 0, RX_EINVAL, "distance is 0");
    WITH(s.texture.ngldm_alpha = -1, RX_EINVAL, "ngldm_alpha is -1");
    WITH((s.families = RX_IBSI_IVH, s.ivh_bins.by = RX_IBSI_BIN_SIZE, s.ivh_bins.size = 1e-9), RX_ELIMIT,
         "intensity-volume histogram");
#undef WITH
    region_free(&r);
    region all = hostile_whole_image();                 /* 30,000 x 3,000 x 16 voxels */
    s = good;
    s.spacing_mm[0] = 0.0008;
    s.spacing_mm[1] = 0.01;
    expect(&all, &s, RX_ELIMIT, "need 12 GB; at most 536870912 voxels");
    region_free(&all);
}

/* A mask of another grid, and one too small to survive its interpolation. */
static void test_ibsi_hostile__masks(void **state)
{
    (void)state;
    region r = hostile_one_voxel();
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.spacing_mm[0] = s.spacing_mm[1] = s.spacing_mm[2] = 7;
    expect(&r, &s, RX_EEMPTY, "after interpolation to 7 x 7 x 7 mm");
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r.grid, RX_F64, r.image };
    rx_mask mask = { r.grid, r.mask, 1 };
    rx_results v = { 0 };
    rx_error err;
    mask.grid.origin_mm[0] = 3;
    assert_int_equal(rx_ibsi_extract(&v, NULL, &image, &mask, &s, ws, &err), RX_EGRID);
    mask.grid.dim[2]--;
    assert_int_equal(rx_ibsi_extract(&v, NULL, &image, &mask, &s, ws, &err), RX_EGRID);
    rx_workspace_free(ws);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ibsi_hostile__as_it_is),
        cmocka_unit_test(test_ibsi_hostile__interpolated),
        cmocka_unit_test(test_ibsi_hostile__one_voxel),
        cmocka_unit_test(test_ibsi_hostile__refusals),
        cmocka_unit_test(test_ibsi_hostile__masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
