/* Names, choices and settings of the pyradiomics profile: what comes out, and under which name. */
#include "pyr.h"
#include "region.h"

static region blob(void)
{
    region r = region_new(grid_of(14, 13, 12, 1, 1.5, 2));
    uint32_t seed = 7;
    for (size_t i = 0; i < region_size(&r); i++) {
        seed = seed * 1664525u + 1013904223u;
        r.image[i] = (double)(seed >> 20) / 8 - 100;
    }
    for (size_t k = 3; k < 9; k++) {
        for (size_t j = 3; j < 9; j++) {
            for (size_t i = 4; i < 10; i++) { r.mask[region_at(&r, i, j, k)] = (i + j + k) % 7 != 0; }
        }
    }
    return r;
}

static int extract(rx_results *out, rx_trace *t, const region *r, const rx_pyradiomics *s, rx_error *err)
{
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    int rc = rx_pyradiomics_extract(out, t, &image, &mask, s, ws, err);
    rx_workspace_free(ws);
    return rc;
}

static double value(const rx_results *r, const char *name)
{
    const rx_result *v = rx_results_find(r, name);
    if (!v) { fail_msg("no value %s", name); }
    return v ? v->value.v : 0;
}

static void only(rx_pyradiomics *s, const char *cls, const char *feature)
{
    rx_error err = { 0 };
    rx_pyradiomics_disable_features(s);
    CHECK_OK(rx_pyradiomics_enable(s, cls, feature, &err), err);
}

static void test_features__defaults_are_the_107(void **state)
{
    (void)state;
    region r = blob();
    rx_pyradiomics s;
    rx_results out = { 0 };
    rx_value v[RX_NFEATURES];
    rx_error err = { 0 };
    rx_trace t;
    rx_pyradiomics_default(&s);
    CHECK_OK(extract(&out, &t, &r, &s, &err), err);
    assert_int_equal(region_try(v, NULL, &r, &s.base.features, &err), RX_OK);
    assert_int_equal(out.n, RX_NFEATURES);
    for (int i = 0; i < RX_NFEATURES; i++) {
        assert_string_equal(out.v[i].name, rx_features()[i].full_name);
        CHECK_NEAR(out.v[i].value.v, v[i].v, 0, 0);
    }
    assert_true(t.grey_levels > 1);
    assert_int_equal(t.n_notes, 0);
    rx_results_free(&out);
    region_free(&r);
}

static void test_features__names_that_are_taken(void **state)
{
    (void)state;
    rx_pyradiomics s;
    rx_error err = { 0 };
    unsigned classes = 0, features = 0;
    rx_pyradiomics_default(&s);
    for (const char *cls; (cls = rx_pyr_class_name(classes)) != NULL; classes++) {
        for (unsigned i = 0; rx_pyr_feature_name(cls, i); i++) {
            CHECK_OK(rx_pyradiomics_enable(&s, cls, rx_pyr_feature_name(cls, i), &err), err);
            features++;
        }
    }
    assert_int_equal(classes, 8);
    assert_int_equal(features, 107 + 4 + 6 + 10);   /* deprecated; without value; shape2D */
    assert_null(rx_pyr_feature_name("shapes", 0));
    assert_int_equal(rx_pyradiomics_enable(&s, "glcm", "Contrasts", &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "Contrasts"));
    assert_int_equal(rx_pyradiomics_enable(&s, "GLCM", NULL, &err), RX_EINVAL);
    assert_int_equal(rx_pyradiomics_enable(&s, "glrlm", "Busyness", &err), RX_EINVAL);
    for (int i = 0; i < RX_NIMAGE_TYPES; i++) {
        assert_int_equal(rx_image_type_of(rx_image_type_name((rx_image_type)i)), i);
    }
    assert_int_equal(rx_image_type_of("wavelet"), -1);
    assert_int_equal(rx_interpolator_of("sitkBSpline"), 3);       /* SimpleITK's number */
    assert_int_equal(rx_interpolator_of("sitkBlackmanWindowedSinc"), 10);
    assert_int_equal(rx_interpolator_of("sitkBspline"), -1);
    assert_string_equal(rx_interpolator_name(RX_SITK_LINEAR), "sitkLinear");
}

static void test_features__deprecated(void **state)
{
    (void)state;
    region r = blob();
    rx_pyradiomics s;
    rx_results all = { 0 }, out = { 0 };
    rx_error err = { 0 };
    rx_pyradiomics_default(&s);
    CHECK_OK(extract(&all, NULL, &r, &s, &err), err);
    only(&s, "shape", "Compactness1");
    CHECK_OK(rx_pyradiomics_enable(&s, "shape", "Compactness2", &err), err);
    CHECK_OK(rx_pyradiomics_enable(&s, "shape", "SphericalDisproportion", &err), err);
    CHECK_OK(rx_pyradiomics_enable(&s, "firstorder", "StandardDeviation", &err), err);
    CHECK_OK(rx_pyradiomics_enable(&s, "glcm", "Dissimilarity", &err), err);
    CHECK_OK(extract(&out, NULL, &r, &s, &err), err);
    assert_int_equal(out.n, 4);                     /* none for Dissimilarity */
    double volume = value(&all, "original_shape_MeshVolume"), area = value(&all, "original_shape_SurfaceArea");
    double sphericity = value(&all, "original_shape_Sphericity"), pi = 3.14159265358979323846;
    CHECK_NEAR(value(&out, "original_shape_Compactness1"), volume / sqrt(pi * area * area * area), 1e-14, 0);
    CHECK_NEAR(value(&out, "original_shape_Compactness2"), pow(sphericity, 3), 1e-13, 0);
    CHECK_NEAR(value(&out, "original_shape_SphericalDisproportion"), 1 / sphericity, 1e-14, 0);
    CHECK_NEAR(value(&out, "original_firstorder_StandardDeviation"),
               sqrt(value(&all, "original_firstorder_Variance")), 0, 0);
    rx_results_free(&all);
    rx_results_free(&out);
    region_free(&r);
}

/* ---- image types ---- */

static void test_features__image_types_have_their_own_settings(void **state)
{
    (void)state;
    region r = blob();
    rx_pyradiomics s;
    rx_results narrow = { 0 }, wide = { 0 }, own = { 0 };
    rx_error err = { 0 };
    rx_pyradiomics_default(&s);
    only(&s, "glcm", "JointEntropy");
    CHECK_OK(rx_pyradiomics_enable(&s, "shape", "VoxelVolume", &err), err);
    s.n_images = 0;
    s.base.features.bin_width = 10;
    assert_non_null(rx_pyradiomics_add_image(&s, RX_IMAGE_WAVELET, &err));
    CHECK_OK(extract(&narrow, NULL, &r, &s, &err), err);
    s.images[0].own.features.bin_width = 80;
    CHECK_OK(extract(&wide, NULL, &r, &s, &err), err);
    s.images[0].own.features.bin_width = 10;
    rx_pyr_image *second = rx_pyradiomics_add_image(&s, RX_IMAGE_ORIGINAL, &err);
    assert_non_null(second);
    second->own.features.bin_width = 80;
    CHECK_OK(extract(&own, NULL, &r, &s, &err), err);
    /* shape is of the original, though that is not among the types */
    assert_int_equal(narrow.n, 9);
    assert_string_equal(narrow.v[0].name, "original_shape_VoxelVolume");
    assert_string_equal(narrow.v[1].name, "wavelet-LLH_glcm_JointEntropy");
    assert_string_equal(narrow.v[8].name, "wavelet-LLL_glcm_JointEntropy");
    assert_true(narrow.v[3].value.v > wide.v[3].value.v);
    assert_int_equal(own.n, 10);
    for (size_t i = 0; i < 9; i++) { CHECK_NEAR(own.v[i].value.v, narrow.v[i].value.v, 0, 0); }
    assert_string_equal(own.v[9].name, "original_glcm_JointEntropy");
    rx_results_free(&narrow);
    rx_results_free(&wide);
    rx_results_free(&own);
    region_free(&r);
}

static void test_features__sigma_is_named_as_written(void **state)
{
    (void)state;
    region r = blob();
    rx_pyradiomics s;
    rx_results out = { 0 };
    rx_trace t;
    rx_error err = { 0 };
    rx_pyradiomics_default(&s);
    only(&s, "firstorder", "Mean");
    s.n_images = 0;
    rx_pyr_image *log = rx_pyradiomics_add_image(&s, RX_IMAGE_LOG, &err);
    CHECK_OK(rx_pyr_add_sigma(&log->own, 2, true, &err), err);
    CHECK_OK(rx_pyr_add_sigma(&log->own, 2, false, &err), err);
    CHECK_OK(rx_pyr_add_sigma(&log->own, 0.5, false, &err), err);
    CHECK_OK(rx_pyr_add_sigma(&log->own, 40, false, &err), err);    /* wider than the image */
    CHECK_OK(extract(&out, &t, &r, &s, &err), err);
    assert_int_equal(out.n, 3);
    assert_string_equal(out.v[0].name, "log-sigma-2-mm-3D_firstorder_Mean");
    assert_string_equal(out.v[1].name, "log-sigma-2-0-mm-3D_firstorder_Mean");
    assert_string_equal(out.v[2].name, "log-sigma-0-5-mm-3D_firstorder_Mean");
    CHECK_NEAR(out.v[0].value.v, out.v[1].value.v, 0, 0);
    assert_int_equal(t.n_notes, 1);
    assert_non_null(strstr(t.notes[0], "log-sigma-40-0-mm-3D"));
    rx_results_free(&out);
    region_free(&r);
}

static int count_images(void *user, const char *name, const rx_image *image, const rx_mask *mask,
                        const rx_pyr_own *own, rx_error *err)
{
    (void)own;
    size_t *n = user;
    bool original = strcmp(name, "original") == 0;
    for (int a = 0; a < 3; a++) {
        if (image->grid.dim[a] != mask->grid.dim[a]) { return rx_fail(err, RX_EGRID, "%s", name); }
        size_t want = original ? (size_t)(14 - a) : 8;     /* the box is 6 wide, and one on each side */
        if (image->grid.dim[a] != want) { return rx_fail(err, RX_EINVAL, "%s: %zu", name, image->grid.dim[a]); }
    }
    ++*n;
    return *n == 5 ? RX_ELIMIT : RX_OK;
}

static void test_features__images_one_by_one(void **state)
{
    (void)state;
    region r = blob();
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r.grid, RX_F64, r.image };
    rx_mask mask = { r.grid, r.mask, 1 };
    rx_pyradiomics s;
    rx_pyr_prepared p;
    rx_error err = { 0 };
    size_t n = 0;
    rx_pyradiomics_default(&s);
    assert_non_null(rx_pyradiomics_add_image(&s, RX_IMAGE_SQUARE, &err));
    assert_non_null(rx_pyradiomics_add_image(&s, RX_IMAGE_GRADIENT, &err));
    CHECK_OK(rx_pyradiomics_prepare(&p, NULL, &image, &mask, &s, ws, &err), err);
    CHECK_OK(rx_pyradiomics_images(&p, NULL, &s, 1, count_images, &n, &err), err);
    assert_int_equal(n, 3);
    assert_non_null(rx_pyradiomics_add_image(&s, RX_IMAGE_WAVELET, &err));
    n = 0;
    assert_int_equal(rx_pyradiomics_images(&p, NULL, &s, 1, count_images, &n, &err), RX_ELIMIT);
    assert_int_equal(n, 5);                                /* and it stopped there */
    rx_pyr_prepared_free(&p);
    rx_workspace_free(ws);
    region_free(&r);
}

/* ---- shape2D ---- */

static rx_pyradiomics flat(unsigned dimension)
{
    rx_pyradiomics s;
    rx_pyradiomics_default(&s);
    only(&s, "shape2D", NULL);
    s.base.features.force_2d = true;
    s.base.features.force_2d_dimension = dimension;
    s.images[0].own = s.base;
    return s;
}

/* A rectangle of 4 x 3 pixels of 1 x 1.5 mm: its corners are cut from midpoint to midpoint. */
static void test_shape2d__rectangle(void **state)
{
    (void)state;
    for (unsigned dimension = 0; dimension < 3; dimension++) {
        int across = 2 - (int)dimension, x = across == 0 ? 1 : 0, y = across == 2 ? 1 : 2;
        rx_grid g = grid_of(9, 9, 9, 1, 1, 1);
        g.spacing_mm[y] = 1.5;
        g.spacing_mm[across] = 7;
        region r = region_new(g);
        for (size_t j = 0; j < 3; j++) {
            for (size_t i = 0; i < 4; i++) {
                size_t at[3] = { 5, 5, 5 };
                at[x] = 2 + i;
                at[y] = 3 + j;
                region_set(&r, at[0], at[1], at[2], 1);
            }
        }
        rx_pyradiomics s = flat(dimension);
        s.shape2d[RX_SHAPE2D_SPHERICAL_DISPROPORTION] = true;
        rx_results out = { 0 };
        rx_error err = { 0 };
        CHECK_OK(extract(&out, NULL, &r, &s, &err), err);
        assert_int_equal(out.n, 10);
        double area = 12 * 1.5 - 4 * 0.125 * 1.5, slope = sqrt(0.25 + 0.5625);
        double perimeter = 2 * 3 + 2 * 2 * 1.5 + 4 * slope, pi = 3.14159265358979323846;
        CHECK_NEAR(value(&out, "original_shape2D_MeshSurface"), area, 1e-14, 0);
        CHECK_NEAR(value(&out, "original_shape2D_PixelSurface"), 18, 1e-14, 0);
        CHECK_NEAR(value(&out, "original_shape2D_Perimeter"), perimeter, 1e-14, 0);
        CHECK_NEAR(value(&out, "original_shape2D_PerimeterSurfaceRatio"), perimeter / area, 1e-14, 0);
        CHECK_NEAR(value(&out, "original_shape2D_Sphericity"), 2 * sqrt(pi * area) / perimeter, 1e-14, 0);
        CHECK_NEAR(value(&out, "original_shape2D_SphericalDisproportion"), perimeter / (2 * sqrt(pi * area)), 1e-14, 0);
        /* from the left edge's middle of one corner to the right of the opposite: 4 by 3; or 3 by 4.5 */
        CHECK_NEAR(value(&out, "original_shape2D_MaximumDiameter"), sqrt(9 + 20.25), 1e-14, 0);
        double major = 15.0 / 12, minor = 2.25 * 8 / 12;        /* variances of 4 and 3 pixels */
        CHECK_NEAR(value(&out, "original_shape2D_MajorAxisLength"), 4 * sqrt(fmax(major, minor)), 1e-14, 0);
        CHECK_NEAR(value(&out, "original_shape2D_MinorAxisLength"), 4 * sqrt(fmin(major, minor)), 1e-14, 0);
        CHECK_NEAR(value(&out, "original_shape2D_Elongation"), sqrt(fmin(major, minor) / fmax(major, minor)), 1e-14, 0);
        rx_results_free(&out);
        region_free(&r);
    }
}

/* Pixels that touch at a corner: two outlines, each a square on its corner. */
static void test_shape2d__corner_to_corner(void **state)
{
    (void)state;
    region r = region_new(grid_of(6, 6, 3, 1, 1, 1));
    region_set(&r, 2, 2, 1, 1);
    region_set(&r, 3, 3, 1, 2);
    rx_pyradiomics s = flat(0);
    rx_results out = { 0 };
    rx_error err = { 0 };
    CHECK_OK(extract(&out, NULL, &r, &s, &err), err);
    CHECK_NEAR(value(&out, "original_shape2D_PixelSurface"), 2, 0, 0);
    CHECK_NEAR(value(&out, "original_shape2D_MinorAxisLength"), 0, 0, 1e-15);
    CHECK_NEAR(value(&out, "original_shape2D_MajorAxisLength"), 4 * sqrt(0.5), 1e-14, 0);
    CHECK_NEAR(value(&out, "original_shape2D_MaximumDiameter"), sqrt(5), 1e-14, 0);
    CHECK_NEAR(value(&out, "original_shape2D_Perimeter"), 8 * sqrt(0.5), 1e-14, 0);
    rx_results_free(&out);
    region_free(&r);
}

static void test_shape2d__several_slices(void **state)
{
    (void)state;
    region r = blob();
    rx_pyradiomics s = flat(0);
    rx_results out = { 0 };
    rx_trace t;
    rx_error err = { 0 };
    CHECK_OK(extract(&out, &t, &r, &s, &err), err);
    assert_int_equal(out.n, 0);
    assert_int_equal(t.n_notes, 1);
    assert_non_null(strstr(t.notes[0], "6 slices"));
    s.shape2d_must_be_flat = true;
    assert_int_equal(extract(&out, &t, &r, &s, &err), RX_EINVAL);
    s.base.features.force_2d = false;
    CHECK_OK(extract(&out, &t, &r, &s, &err), err);
    assert_non_null(strstr(t.notes[0], "force2D"));
    rx_results_free(&out);
    region_free(&r);
}

/* ---- settings ---- */

static void test_settings__refused(void **state)
{
    (void)state;
    rx_pyradiomics ok, s;
    rx_error err = { 0 };
    rx_pyradiomics_default(&ok);
    CHECK_OK(rx_pyradiomics_check(&ok, &err), err);
#define REFUSED(change, name) \
    do { \
        s = ok; \
        change; \
        assert_int_equal(rx_pyradiomics_check(&s, &err), RX_EINVAL); \
        if (!strstr(err.msg, name)) { fail_msg("%s does not name %s", err.msg, name); } \
    } while (0)
    REFUSED(s.normalize_scale = 0, "normalizeScale");
    REFUSED(s.remove_outliers = -1, "removeOutliers");
    REFUSED((s.resample = true, s.spacing_mm[1] = -1), "resampledPixelSpacing[1]");
    REFUSED((s.resample = true, s.spacing_mm[2] = (double)INFINITY), "resampledPixelSpacing[2]");
    REFUSED(s.interpolator = (rx_interpolator)11, "interpolator");
    REFUSED(s.pad_distance = 1u << 30, "padDistance");
    REFUSED(s.geometry_tolerance = (double)NAN, "geometryTolerance");
    REFUSED(s.n_resegment = 3, "resegmentRange");
    REFUSED((s.n_resegment = 1, s.resegment_range[0] = (double)NAN), "resegmentRange[0]");
    REFUSED(s.resegment_mode = (rx_resegment)3, "resegmentMode");
    REFUSED(s.n_images = RX_PYR_MAX_IMAGES + 1, "imageType");
    REFUSED(s.images[0].own.features.bin_width = 0, "binWidth");
    REFUSED((s.images[0].type = RX_IMAGE_WAVELET, memcpy(s.images[0].own.filter.wavelet, "coif99", 7)), "coif99");
#undef REFUSED
    s = ok;
    for (int i = 1; i < RX_PYR_MAX_IMAGES; i++) { assert_non_null(rx_pyradiomics_add_image(&s, RX_IMAGE_LOG, &err)); }
    assert_null(rx_pyradiomics_add_image(&s, RX_IMAGE_LOG, &err));
    assert_int_equal(rx_pyradiomics_check(&s, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "LoG twice"));
    for (int i = 0; i < 2 * RX_MAX_SIGMAS; i++) {          /* each once */
        CHECK_OK(rx_pyr_add_sigma(&s.base, 1 + i / 2, false, &err), err);
    }
    assert_int_equal(s.base.filter.n_sigma, RX_MAX_SIGMAS);
    assert_int_equal(rx_pyr_add_sigma(&s.base, 1, true, &err), RX_EINVAL);
}

static void describe(char text[16384], const rx_pyradiomics *s)
{
    assert_in_range(rx_pyradiomics_describe(text, 16384, s), 1, 16383);
}

static void test_settings__described(void **state)
{
    (void)state;
    static char a[16384], b[16384];
    rx_pyradiomics base, s;
    rx_error err = { 0 };
    rx_pyradiomics_default(&base);
    describe(a, &base);
    rx_pyradiomics_default(&s);
    describe(b, &s);
    assert_string_equal(a, b);
    char small[10];
    assert_int_equal(rx_pyradiomics_describe(small, sizeof small, &s), strlen(a));
    assert_string_equal(small, "profile=p");
#define DIFFERS(change) \
    do { \
        s = base; \
        change; \
        describe(b, &s); \
        assert_string_not_equal(a, b); \
    } while (0)
    DIFFERS(s.pixel = RX_PIXEL_I16);
    DIFFERS(s.images[0].own.features.bin_width = 25.000001);
    DIFFERS(s.images[0].own.features.force_2d = true);
    DIFFERS(s.images[0].own.features.distances[s.images[0].own.features.n_distances++] = 2);
    DIFFERS(s.base.features.enabled[44] = false);
    DIFFERS(s.base.features.minimum_roi_size = 50);
    DIFFERS(s.shape2d[3] = true);
    DIFFERS(s.deprecated[1] = true);
    base.shape2d[0] = true;
    describe(a, &base);
    DIFFERS(s.base.features.force_2d = true);
    base.shape2d[0] = false;
    describe(a, &base);
    DIFFERS(s.normalize = true);
    DIFFERS(s.resample = true);
    DIFFERS(s.pre_crop = true);
    DIFFERS(s.correct_mask = true);
    DIFFERS(s.geometry_tolerance = 1e-3);
    DIFFERS(s.n_resegment = 1);
    DIFFERS((void)rx_pyradiomics_add_image(&s, RX_IMAGE_SQUARE, &err));
    DIFFERS(rx_pyradiomics_disable_features(&s));
#undef DIFFERS
    rx_pyr_image *log = rx_pyradiomics_add_image(&base, RX_IMAGE_LOG, &err);
    CHECK_OK(rx_pyr_add_sigma(&log->own, 3, true, &err), err);
    describe(a, &base);
    log->own.filter.sigma[0].integer = false;              /* another name, so another digest */
    describe(b, &base);
    assert_string_not_equal(a, b);
}

/* ---- failures leave no half of the values ---- */

static void test_features__failure(void **state)
{
    (void)state;
    region r = blob();
    rx_pyradiomics s;
    rx_results out = { 0 };
    rx_error err = { 0 };
    rx_pyradiomics_default(&s);
    CHECK_OK(rx_results_add(&out, "kept", NULL, NULL, 1, &err), err);
    size_t bad = region_at(&r, 5, 4, 6);
    assert_int_equal(r.mask[bad], 1);
    r.image[bad] = NAN;
    assert_int_equal(extract(&out, NULL, &r, &s, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "(5, 4, 6)"));
    assert_int_equal(out.n, 1);
    r.image[bad] = 1e9;                                    /* 40 million bins of 25 */
    assert_int_equal(extract(&out, NULL, &r, &s, &err), RX_ELIMIT);
    assert_int_equal(out.n, 1);
    assert_non_null(strstr(err.msg, "original"));
    memset(r.mask, 0, region_size(&r));
    assert_int_equal(extract(&out, NULL, &r, &s, &err), RX_EEMPTY);
    assert_int_equal(extract(NULL, NULL, &r, &s, &err), RX_EINVAL);
    rx_results_free(&out);
    region_free(&r);
}

/* A filter's image that has too many grey levels gives NaN and a note, the others their values. */
static void test_features__one_image_too_many_levels(void **state)
{
    (void)state;
    region r = blob();
    rx_pyradiomics s;
    rx_results out = { 0 };
    rx_trace t;
    rx_error err = { 0 };
    rx_pyradiomics_default(&s);
    only(&s, "glcm", "Contrast");
    rx_pyr_image *square = rx_pyradiomics_add_image(&s, RX_IMAGE_SQUARE, &err);
    assert_non_null(square);
    square->own.features.bin_width = 1e-4;
    CHECK_OK(extract(&out, &t, &r, &s, &err), err);
    assert_int_equal(out.n, 2);
    assert_true(isfinite(value(&out, "original_glcm_Contrast")));
    assert_true(isnan(value(&out, "square_glcm_Contrast")));
    assert_int_equal(t.n_notes, 1);
    assert_non_null(strstr(t.notes[0], "square: no values"));
    rx_results_free(&out);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features__defaults_are_the_107),
        cmocka_unit_test(test_features__names_that_are_taken), cmocka_unit_test(test_features__deprecated),
        cmocka_unit_test(test_features__image_types_have_their_own_settings),
        cmocka_unit_test(test_features__sigma_is_named_as_written),
        cmocka_unit_test(test_features__images_one_by_one), cmocka_unit_test(test_shape2d__rectangle),
        cmocka_unit_test(test_shape2d__corner_to_corner), cmocka_unit_test(test_shape2d__several_slices),
        cmocka_unit_test(test_settings__refused), cmocka_unit_test(test_settings__described),
        cmocka_unit_test(test_features__failure), cmocka_unit_test(test_features__one_image_too_many_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
