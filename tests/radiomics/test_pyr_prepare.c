/* What happens to image and mask before features: normalisation, checks, correction, re-segmentation,
 * cropping; each by hand on small images. */
#include "pyr.h"
#include "region.h"

typedef struct setup { region r; rx_pyradiomics s; rx_pyr_prepared p; rx_trace t; rx_error err; } setup;

/* A block of 4 x 3 x 2 voxels in an image of 8 x 8 x 6. */
static void make(setup *x)
{
    *x = (setup){ .r = region_new(grid_of(8, 8, 6, 1, 1, 2)) };
    for (size_t i = 0; i < region_size(&x->r); i++) { x->r.image[i] = (double)(i * 7 % 31); }
    for (size_t k = 2; k < 4; k++) {
        for (size_t j = 1; j < 4; j++) {
            for (size_t i = 2; i < 6; i++) { x->r.mask[region_at(&x->r, i, j, k)] = 1; }
        }
    }
    rx_pyradiomics_default(&x->s);
}

static int prepare_masked(setup *x, const rx_mask *mask)
{
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { x->r.grid, RX_F64, x->r.image };
    int rc = rx_pyradiomics_prepare(&x->p, &x->t, &image, mask, &x->s, ws, &x->err);
    rx_workspace_free(ws);
    return rc;
}

static int prepare(setup *x)
{
    rx_mask mask = { x->r.grid, x->r.mask, 1 };
    return prepare_masked(x, &mask);
}

static void drop(setup *x)
{
    rx_pyr_prepared_free(&x->p);
    region_free(&x->r);
}

static size_t voxels_of(const rx_mask *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->grid.dim[0] * m->grid.dim[1] * m->grid.dim[2]; i++) { n += m->voxels[i] == m->label; }
    return n;
}

static void test_prepare__nothing_to_do_copies_nothing(void **state)
{
    (void)state;
    setup x;
    make(&x);
    CHECK_OK(prepare(&x), x.err);
    assert_ptr_equal(x.p.image.voxels, x.r.image);
    assert_ptr_equal(x.p.mask.voxels, x.r.mask);
    assert_ptr_equal(x.p.shape_mask.voxels, x.r.mask);
    assert_null(x.p.own_image.voxels);
    assert_null(x.p.own_mask.voxels);
    assert_null(x.p.own_shape_mask.voxels);
    const size_t min[3] = { 2, 1, 2 }, max[3] = { 5, 3, 3 };
    assert_memory_equal(x.p.box_min, min, sizeof min);
    assert_memory_equal(x.p.box_max, max, sizeof max);
    assert_int_equal(x.t.mask_original.voxels, 24);
    assert_int_equal(x.t.mask_original.parts, 1);
    CHECK_NEAR(x.t.mask_original.centre_index[0], 3.5, 1e-15, 0);
    CHECK_NEAR(x.t.mask_original.centre_mm[2], 5, 1e-15, 0);
    assert_false(x.t.mask_original.has_intensities);
    assert_false(x.t.mask_interpolated.present || x.t.mask_resegmented.present || x.t.mask_corrected.present);
    drop(&x);
}

static void test_prepare__normalise(void **state)
{
    (void)state;
    setup x;
    make(&x);
    for (size_t i = 0; i < region_size(&x.r); i++) { x.r.image[i] = (double)(i % 8); }
    x.s.normalize = true;
    x.s.normalize_scale = 100;
    x.s.remove_outliers = 1;
    CHECK_OK(prepare(&x), x.err);
    const double *v = x.p.image.voxels;
    double sd = sqrt(5.25 * 384 / 383);
    CHECK_NEAR(v[4], 50 / sd, 1e-13, 0);
    CHECK_NEAR(v[3], -50 / sd, 1e-13, 0);
    CHECK_NEAR(v[7], 100, 0, 0);                    /* 1.53 deviations, cut to 1 */
    CHECK_NEAR(v[0], -100, 0, 0);
    assert_int_equal(x.p.pixel, RX_PIXEL_F64);
    CHECK_NEAR(x.t.image_original.mean, 3.5, 1e-15, 0);
    rx_pyr_prepared_free(&x.p);
    for (size_t i = 0; i < region_size(&x.r); i++) { x.r.image[i] = 4; }
    assert_int_equal(prepare(&x), RX_EINVAL);
    assert_non_null(strstr(x.err.msg, "variance 0"));
    drop(&x);
}

static void test_prepare__sizes(void **state)
{
    (void)state;
    setup x;
    make(&x);
    x.s.base.features.minimum_roi_size = 23;
    CHECK_OK(prepare(&x), x.err);
    rx_pyr_prepared_free(&x.p);
    x.s.base.features.minimum_roi_size = 24;
    assert_int_equal(prepare(&x), RX_ETOOSMALL);
    x.s.base.features.minimum_roi_size = 0;
    memset(x.r.mask, 0, region_size(&x.r));
    assert_int_equal(prepare(&x), RX_EEMPTY);
    x.r.mask[3] = 1;
    x.s.base.features.minimum_roi_dimensions = 1;
    assert_int_equal(prepare(&x), RX_ETOOSMALL);
    x.r.mask[4] = 1;
    CHECK_OK(prepare(&x), x.err);
    rx_pyr_prepared_free(&x.p);
    x.s.base.features.minimum_roi_dimensions = 2;
    assert_int_equal(prepare(&x), RX_ETOOSMALL);
    drop(&x);
}

static void test_prepare__tolerance(void **state)
{
    (void)state;
    setup x;
    make(&x);
    rx_mask mask = { x.r.grid, x.r.mask, 1 };
    mask.grid.origin_mm[0] = 1e-4;
    assert_int_equal(prepare_masked(&x, &mask), RX_EGRID);
    assert_non_null(strstr(x.err.msg, "geometryTolerance"));
    x.s.geometry_tolerance = 1e-3;
    CHECK_OK(prepare_masked(&x, &mask), x.err);
    assert_false(x.t.mask_corrected.present);
    CHECK_NEAR(x.p.mask.grid.origin_mm[0], 0, 0, 0);     /* what is close enough is the same */
    drop(&x);
}

static void test_prepare__correct_mask(void **state)
{
    (void)state;
    setup x;
    make(&x);
    rx_mask mask = { x.r.grid, x.r.mask, 1 };
    mask.grid.origin_mm[0] = 1.2;                         /* the region one voxel to the right */
    mask.grid.origin_mm[1] = -0.4;
    assert_int_equal(prepare_masked(&x, &mask), RX_EGRID);
    x.s.correct_mask = true;
    CHECK_OK(prepare_masked(&x, &mask), x.err);
    assert_true(x.t.mask_corrected.present);
    assert_int_equal(x.t.mask_corrected.voxels, 24);
    assert_int_equal(x.p.box_min[0], 3);
    assert_int_equal(x.p.box_min[1], 1);
    rx_pyr_prepared_free(&x.p);
    mask.grid.origin_mm[0] = 2.6;                         /* it would leave the image */
    assert_int_equal(prepare_masked(&x, &mask), RX_EGRID);
    drop(&x);
}

static void test_prepare__resample_other_grid(void **state)
{
    (void)state;
    setup x;
    make(&x);
    rx_mask mask = { x.r.grid, x.r.mask, 1 };
    mask.grid.origin_mm[0] = 1;                           /* PyRadiomics takes the mask's grid */
    x.s.resample = true;
    x.s.spacing_mm[0] = x.s.spacing_mm[1] = x.s.spacing_mm[2] = 0.5;
    x.s.pad_distance = 0;                                 /* the grid ends where PyRadiomics' ends */
    CHECK_OK(prepare_masked(&x, &mask), x.err);
    assert_int_equal(x.t.mask_interpolated.voxels, 24 * 2 * 2 * 4 * 7 / 8);
    rx_pyr_prepared_free(&x.p);
    x.s.pad_distance = 1;
    CHECK_OK(prepare_masked(&x, &mask), x.err);
    assert_true(x.t.mask_interpolated.present);
    assert_int_equal(x.t.mask_interpolated.voxels, 24 * 2 * 2 * 4);
    CHECK_NEAR(x.p.image.grid.spacing_mm[2], 0.5, 0, 0);
    rx_pyr_prepared_free(&x.p);
    x.s.interpolator = RX_SITK_NONE;                      /* None: nothing is resampled */
    mask.grid = x.r.grid;
    CHECK_OK(prepare_masked(&x, &mask), x.err);
    assert_ptr_equal(x.p.image.voxels, x.r.image);
    x.s.interpolator = RX_SITK_LINEAR;
    rx_pyr_prepared_free(&x.p);
    x.r.image[7] = NAN;
    assert_int_equal(prepare_masked(&x, &mask), RX_EINVAL);
    assert_non_null(strstr(x.err.msg, "(7, 0, 0)"));
    drop(&x);
}

/* The spacing is the image's already: cropped with the padding, no voxel changed. */
static void test_prepare__resample_same_spacing(void **state)
{
    (void)state;
    setup x;
    make(&x);
    x.s.resample = true;
    x.s.spacing_mm[0] = 1;
    x.s.spacing_mm[1] = 0;
    x.s.spacing_mm[2] = 2.00001;
    x.s.pad_distance = 1;
    CHECK_OK(prepare(&x), x.err);
    const size_t dim[3] = { 6, 5, 4 };
    assert_memory_equal(x.p.image.grid.dim, dim, sizeof dim);
    CHECK_NEAR(x.p.image.grid.origin_mm[0], 1, 0, 0);
    CHECK_NEAR(x.p.image.grid.origin_mm[2], 2, 0, 0);
    CHECK_NEAR(((const double *)x.p.image.voxels)[0], x.r.image[region_at(&x.r, 1, 0, 1)], 0, 0);
    assert_int_equal(voxels_of(&x.p.mask), 24);
    drop(&x);
}

static void test_prepare__pre_crop(void **state)
{
    (void)state;
    setup x;
    make(&x);
    x.s.pre_crop = true;
    x.s.pad_distance = 2;
    CHECK_OK(prepare(&x), x.err);
    const size_t dim[3] = { 8, 6, 6 }, min[3] = { 2, 1, 2 };
    assert_memory_equal(x.p.image.grid.dim, dim, sizeof dim);
    assert_memory_equal(x.p.box_min, min, sizeof min);
    CHECK_NEAR(((const double *)x.p.image.voxels)[8], x.r.image[8], 0, 0);
    assert_int_equal(voxels_of(&x.p.mask), 24);
    drop(&x);
}

/* ---- re-segmentation ---- */

/* Intensities 1 to 24 in the block, in memory's order. */
static void count_up(setup *x)
{
    double v = 0;
    for (size_t i = 0; i < region_size(&x->r); i++) { x->r.image[i] = x->r.mask[i] ? ++v : 1000; }
}

static size_t resegmented(rx_resegment mode, unsigned n, double a, double b)
{
    setup x;
    make(&x);
    count_up(&x);
    x.s.n_resegment = n;
    x.s.resegment_mode = mode;
    x.s.resegment_range[0] = a;
    x.s.resegment_range[1] = b;
    CHECK_OK(prepare(&x), x.err);
    size_t voxels = voxels_of(&x.p.mask);
    assert_int_equal(x.t.mask_resegmented.voxels, voxels);
    drop(&x);
    return voxels;
}

static void test_prepare__resegment_modes(void **state)
{
    (void)state;
    assert_int_equal(resegmented(RX_RESEGMENT_ABSOLUTE, 1, 5, 0), 20);      /* closed */
    assert_int_equal(resegmented(RX_RESEGMENT_ABSOLUTE, 2, 5, 20), 16);
    assert_int_equal(resegmented(RX_RESEGMENT_ABSOLUTE, 2, 20, 5), 16);     /* in either order */
    assert_int_equal(resegmented(RX_RESEGMENT_RELATIVE, 1, 0.5, 0), 13);    /* of 24 */
    assert_int_equal(resegmented(RX_RESEGMENT_RELATIVE, 2, 0.25, 0.5), 7);
    /* mean 12.5, deviation sqrt(575 / 12) = 6.92: 5.58 to 19.42 */
    assert_int_equal(resegmented(RX_RESEGMENT_SIGMA, 2, -1, 1), 14);
    assert_int_equal(resegmented(RX_RESEGMENT_SIGMA, 1, 0, 0), 12);
    setup x;
    make(&x);
    count_up(&x);
    x.s.n_resegment = 1;
    x.s.resegment_range[0] = 25;
    assert_int_equal(prepare(&x), RX_EEMPTY);
    x.s.resegment_range[0] = 24;
    assert_int_equal(prepare(&x), RX_ETOOSMALL);
    x.s.resegment_range[0] = 23;                          /* two voxels, but a line */
    assert_int_equal(prepare(&x), RX_ETOOSMALL);
    drop(&x);
}

/* Thresholds of single precision images are single: 0.1 as a float is more than 0.1. */
static void test_prepare__resegment_single(void **state)
{
    (void)state;
    for (int single = 0; single < 2; single++) {
        setup x;
        make(&x);
        count_up(&x);
        for (size_t i = 0; i < region_size(&x.r); i++) {
            if (x.r.image[i] <= 6) { x.r.image[i] = (double)0.1F; }
        }
        x.s.pixel = single ? RX_PIXEL_F32 : RX_PIXEL_F64;
        x.s.n_resegment = 2;
        x.s.resegment_range[1] = 0.1;
        assert_int_equal(prepare(&x), single ? RX_OK : RX_EEMPTY);
        if (single) { assert_int_equal(voxels_of(&x.p.mask), 6); }
        drop(&x);
    }
}

/* A range that cuts an extremity off: three choices for the shape. */
static void test_prepare__shape_mask(void **state)
{
    (void)state;
    for (int c = 0; c < 3; c++) {
        setup x;
        make(&x);
        count_up(&x);
        region_set(&x.r, 6, 2, 2, 500);
        region_set(&x.r, 7, 2, 2, 500);
        x.r.image[region_at(&x.r, 3, 2, 2)] = 500;         /* inside: out of range, but in the box */
        x.s.n_resegment = 2;
        x.s.resegment_range[1] = 100;
        x.s.shape_in_resegmented_box = c == 0;
        x.s.resegment_shape = c == 2;
        CHECK_OK(prepare(&x), x.err);
        assert_int_equal(voxels_of(&x.p.mask), 23);
        assert_int_equal(voxels_of(&x.p.shape_mask), c == 0 ? 24 : c == 1 ? 26 : 23);
        drop(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare__nothing_to_do_copies_nothing),
        cmocka_unit_test(test_prepare__normalise), cmocka_unit_test(test_prepare__sizes),
        cmocka_unit_test(test_prepare__tolerance), cmocka_unit_test(test_prepare__correct_mask),
        cmocka_unit_test(test_prepare__resample_other_grid),
        cmocka_unit_test(test_prepare__resample_same_spacing), cmocka_unit_test(test_prepare__pre_crop),
        cmocka_unit_test(test_prepare__resegment_modes), cmocka_unit_test(test_prepare__resegment_single),
        cmocka_unit_test(test_prepare__shape_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
