/* The Laplacian of Gaussian against the analytic one, and against what follows from its definition. */
#include "filtered.h"

static rx_filter_settings with_sigma(double mm)
{
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    s.sigma[s.n_sigma++] = (rx_sigma){ mm, false };
    return s;
}

/* A blob exp(-r^2/(2 w^2)) under a Gaussian of sigma has width^2 s = w^2 + sigma^2, height (w^2/s)^1.5
 * and sigma^2 times its Laplacian is sigma^2 (r^2/s^2 - 3/s) times it. Deriche's approximation, the
 * derivative's above all, is good to one part in a hundred of the centre's value. */
static void check_blob(const double spacing[3], const size_t n[3], double sigma, double tolerance)
{
    const double w = 4;
    testimage t = image_new(n[0], n[1], n[2], spacing[0], spacing[1], spacing[2]);
    double s = w * w + sigma * sigma, height = 1000 * pow(w * w / s, 1.5), worst = 0;
    double *expected = calloc(grid_size(&t.grid), sizeof *expected);
    for (size_t at = 0; at < grid_size(&t.grid); at++) {
        const size_t index[3] = { at % n[0], at / n[0] % n[1], at / n[0] / n[1] };
        double r2 = 0;
        for (int a = 0; a < 3; a++) {
            double d = ((double)index[a] - (double)(n[a] / 2)) * spacing[a];
            r2 += d * d;
        }
        t.v[at] = 1000 * exp(-r2 / (2 * w * w));
        expected[at] = sigma * sigma * height * exp(-r2 / (2 * s)) * (r2 / (s * s) - 3 / s);
    }
    rx_filter_settings settings = with_sigma(sigma);
    char name[64];
    snprintf(name, sizeof name, "log-sigma-%.1f-mm-3D", sigma);
    *strchr(name, '.') = '-';
    double *v = filter_image(&t, RX_IMAGE_LOG, &settings, name), most = sigma * sigma * height * 3 / s;
    for (size_t at = 0; at < grid_size(&t.grid); at++) { worst = fmax(worst, fabs(v[at] - expected[at]) / most); }
    printf("sigma %g: largest difference %.2g of the centre's value\n", sigma, worst);
    assert_true(worst < tolerance);
    free(expected);
    free(v);
    volume_free(&t);
}

static void test_log__gaussian_blob(void **state)
{
    (void)state;
    check_blob((const double[]){ 1, 1, 1 }, (const size_t[]){ 48, 48, 48 }, 2.0, 0.0125);
    check_blob((const double[]){ 1, 1, 1 }, (const size_t[]){ 60, 60, 60 }, 3.0, 0.0125);
    check_blob((const double[]){ 0.5, 1, 2 }, (const size_t[]){ 96, 48, 24 }, 3.0, 0.0125);
}

/* 0 of a constant, to single precision of its value. */
static void test_log__constant_is_0(void **state)
{
    (void)state;
    testimage t = image_new(11, 9, 8, 0.7, 1.3, 2);
    for (size_t i = 0; i < grid_size(&t.grid); i++) { t.v[i] = 1000; }
    rx_filter_settings s = with_sigma(2);
    double *v = filter_image(&t, RX_IMAGE_LOG, &s, "log-sigma-2-0-mm-3D");
    for (size_t i = 0; i < grid_size(&t.grid); i++) { CHECK_NEAR(v[i], 0, 0, 1e-3); }
    free(v);
    volume_free(&t);
}

/* Second derivatives are scaled to be exact: of x^2 2, far from the edges; so sigma^2 times 2 for
 * each axis, whatever its spacing. */
static void test_log__paraboloid(void **state)
{
    (void)state;
    testimage t = image_new(81, 65, 49, 0.5, 0.75, 1);
    for (size_t at = 0; at < grid_size(&t.grid); at++) {
        double x = ((double)(at % 81) - 40) * 0.5, y = ((double)(at / 81 % 65) - 32) * 0.75;
        double z = (double)(at / 81 / 65) - 24;
        t.v[at] = x * x + 3 * y * y - 2 * z * z + 5 * x - y + 7;
    }
    rx_filter_settings s = with_sigma(1.5);
    double *v = filter_image(&t, RX_IMAGE_LOG, &s, "log-sigma-1-5-mm-3D");
    double want = 1.5 * 1.5 * (2 + 6 - 4);
    CHECK_NEAR(v[(24 * 65 + 32) * 81 + 40], want, 0, 2e-3);
    CHECK_NEAR(v[(23 * 65 + 30) * 81 + 44], want, 0, 2e-3);
    free(v);
    volume_free(&t);
}

/* Exchanging two axes with their spacings exchanges them in the result, to single precision; turning
 * an axis round turns the result, since both passes over a line are one filter. */
static void test_log__symmetries(void **state)
{
    (void)state;
    testimage t = image_new(13, 9, 17, 0.8, 1.1, 2.5), turned = image_new(17, 9, 13, 2.5, 1.1, 0.8);
    fill_random(&t, 17);
    for (size_t k = 0; k < 17; k++) {
        for (size_t j = 0; j < 9; j++) {
            for (size_t i = 0; i < 13; i++) { *voxel_of(&turned, k, j, 12 - i) = *voxel_of(&t, i, j, k); }
        }
    }
    rx_filter_settings s = with_sigma(2.5);
    double *a = filter_image(&t, RX_IMAGE_LOG, &s, "log-sigma-2-5-mm-3D");
    double *b = filter_image(&turned, RX_IMAGE_LOG, &s, "log-sigma-2-5-mm-3D");
    for (size_t k = 0; k < 17; k++) {
        for (size_t j = 0; j < 9; j++) {
            for (size_t i = 0; i < 13; i++) {
                CHECK_NEAR(b[((12 - i) * 9 + j) * 17 + k], a[(k * 9 + j) * 13 + i], 1e-4, 0.05);
            }
        }
    }
    free(a);
    free(b);
    volume_free(&t);
    volume_free(&turned);
}

/* The recursion written out for one line, in the plainest way: an edge repeated so often that the
 * start no longer matters, both directions, the sum. */
static double plain_line(const double *x, int n, int at, double sigma, bool derivative)
{
    static const double a[2][4] = { { 1.3530, 1.8151, -0.3531, 0.0902 }, { -1.3563, 5.2318, 0.3446, -2.2355 } };
    enum { REACH = 400 };
    double h[2][REACH], sum[2] = { 0, 0 }, second = 0, out = 0;
    for (int f = 0; f < 2; f++) {
        for (int i = 0; i < REACH; i++) {
            double u = i / sigma;
            h[f][i] = (a[f][0] * cos(0.6681 * u) + a[f][1] * sin(0.6681 * u)) * exp(-1.3932 * u)
                      + (a[f][2] * cos(2.0787 * u) + a[f][3] * sin(2.0787 * u)) * exp(-1.3732 * u);
            sum[f] += h[f][i] * (i ? 2 : 1);
        }
    }
    double share = derivative ? -sum[1] / sum[0] : 0;
    for (int i = 0; i < REACH; i++) {
        h[0][i] = derivative ? h[1][i] + share * h[0][i] : h[0][i] / sum[0];
        second += h[0][i] * i * i;                 /* half the sum over both sides */
    }
    for (int i = -REACH + 1; i < REACH; i++) {
        int from = at + i < 0 ? 0 : at + i >= n ? n - 1 : at + i;
        out += x[from] * h[0][abs(i)] / (derivative ? second : 1);
    }
    return out;
}

/* All three terms on a small image, by the plain filter in double. */
static void test_log__plain_convolution(void **state)
{
    (void)state;
    enum { X = 7, Y = 5, Z = 6 };
    const size_t n[3] = { X, Y, Z };
    const double spacing[3] = { 0.9, 1.5, 1.2 }, sigma = 1.8;
    testimage t = image_new(X, Y, Z, spacing[0], spacing[1], spacing[2]);
    fill_random(&t, 4);
    rx_filter_settings s = with_sigma(sigma);
    double *v = filter_image(&t, RX_IMAGE_LOG, &s, "log-sigma-1-8-mm-3D");
    double *sum = calloc(X * Y * Z, sizeof *sum), *now = malloc(X * Y * Z * sizeof *now);
    for (int derived = 0; derived < 3; derived++) {
        memcpy(now, t.v, X * Y * Z * sizeof *now);
        for (int a = 0; a < 3; a++) {
            size_t stride = a == 0 ? 1 : a == 1 ? X : X * Y;
            double line[8], out[8];
            for (size_t at = 0; at < X * Y * Z; at++) {
                if (at / stride % n[a] != 0) { continue; }
                for (size_t i = 0; i < n[a]; i++) { line[i] = now[at + i * stride]; }
                for (size_t i = 0; i < n[a]; i++) {
                    out[i] = plain_line(line, (int)n[a], (int)i, sigma / spacing[a], a == derived);
                }
                for (size_t i = 0; i < n[a]; i++) { now[at + i * stride] = out[i]; }
            }
        }
        for (size_t at = 0; at < X * Y * Z; at++) {
            sum[at] += now[at] * sigma * sigma / (spacing[derived] * spacing[derived]);
        }
    }
    for (size_t at = 0; at < X * Y * Z; at++) { CHECK_NEAR(v[at], sum[at], 1e-5, 1e-2); }
    free(v);
    free(sum);
    free(now);
    volume_free(&t);
}

static void test_log__boxes_and_types(void **state)
{
    (void)state;
    testimage t = image_new(37, 8, 9, 1, 2, 1.5);
    fill_random(&t, 31);
    rx_filter_settings s = with_sigma(3);
    s.sigma[s.n_sigma++] = (rx_sigma){ 1, true };
    rx_image image = view_of_image(&t);
    check_boxes(&image, RX_I16, NULL, RX_IMAGE_LOG, &s);
    int16_t *whole = volume_i16(&t);
    rx_image i16 = { t.grid, RX_I16, whole };
    double *a = filter_named(&image, RX_I16, NULL, NULL, RX_IMAGE_LOG, &s, "log-sigma-1-mm-3D", NULL);
    double *b = filter_named(&i16, RX_I16, NULL, NULL, RX_IMAGE_LOG, &s, "log-sigma-1-mm-3D", NULL);
    assert_memory_equal(a, b, grid_size(&t.grid) * sizeof *a);
    free(a);
    free(b);
    free(whole);
    volume_free(&t);
}

/* PyRadiomics leaves out images with less than 4 voxels along an axis, or than sigma needs. */
static void test_log__too_small(void **state)
{
    (void)state;
    testimage thin = image_new(10, 10, 3, 1, 1, 1), low = image_new(10, 10, 4, 1, 1, 1);
    rx_filter_settings s = with_sigma(1);
    s.sigma[s.n_sigma++] = (rx_sigma){ 3, false };
    s.sigma[s.n_sigma++] = (rx_sigma){ 3.5, false };
    const struct { testimage *t; bool skipped[3]; } cases[] = { { &thin, { true, true, true } },
                                                               { &low, { false, false, true } } };
    for (int c = 0; c < 2; c++) {
        rx_image image = view_of_image(cases[c].t);
        rx_filter *f = NULL;
        rx_filtered out;
        rx_error err = { 0 };
        bool more = false;
        CHECK_OK(rx_filter_open(&f, &image, RX_F64, NULL, NULL, RX_IMAGE_LOG, &s, &err), err);
        for (int i = 0; i < 3; i++) {
            CHECK_OK(rx_filter_next(&more, &out, f, &err), err);
            assert_true(more);
            assert_int_equal(out.skipped, cases[c].skipped[i]);
            assert_int_equal(out.image.voxels == NULL, cases[c].skipped[i]);
            if (out.skipped) { assert_non_null(strstr(out.why, "axis 2 has")); }
        }
        CHECK_OK(rx_filter_next(&more, &out, f, &err), err);
        assert_false(more);
        rx_filter_free(f);
    }
    volume_free(&thin);
    volume_free(&low);
}

/* A Gaussian that no voxel but its own sees has no second derivative to be scaled by. */
static void test_log__far_below_a_voxel(void **state)
{
    (void)state;
    testimage t = image_new(5, 6, 7, 1, 1, 1);
    rx_image image = view_of_image(&t);
    const double sigma[] = { 1e-3, 1e-300 };
    for (int i = 0; i < 2; i++) {
        rx_filter_settings s = with_sigma(sigma[i]);
        rx_filter *f = NULL;
        rx_filtered out;
        rx_error err = { 0 };
        bool more = false;
        CHECK_OK(rx_filter_open(&f, &image, RX_F64, NULL, NULL, RX_IMAGE_LOG, &s, &err), err);
        CHECK_OK(rx_filter_next(&more, &out, f, &err), err);
        assert_true(more && out.skipped);
        assert_non_null(strstr(out.why, "far below the spacing"));
        rx_filter_free(f);
    }
    volume_free(&t);
}

static void test_log__names(void **state)
{
    (void)state;
    static const struct { rx_sigma sigma; const char *name; } cases[] = {
        { { 3, false }, "log-sigma-3-0-mm-3D" },     { { 3, true }, "log-sigma-3-mm-3D" },
        { { 0.5, false }, "log-sigma-0-5-mm-3D" },   { { 20, false }, "log-sigma-20-0-mm-3D" },
        { { 100, true }, "log-sigma-100-mm-3D" },    { { 0.1, false }, "log-sigma-0-1-mm-3D" },
        { { 1.0 / 3, false }, "log-sigma-0-3333333333333333-mm-3D" },
        { { 0.0001, false }, "log-sigma-0-0001-mm-3D" }, { { 0.00001, false }, "log-sigma-1e-05-mm-3D" },
        { { 1234.5, false }, "log-sigma-1234-5-mm-3D" }, { { 2.675, false }, "log-sigma-2-675-mm-3D" },
    };
    testimage t = image_new(2, 2, 2, 1, 1, 1);
    rx_image image = view_of_image(&t);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        rx_filter_settings s = with_sigma(cases[c].sigma.mm);
        s.sigma[0] = cases[c].sigma;
        rx_filter *f = NULL;
        rx_filtered out;
        rx_error err = { 0 };
        bool more = false;
        CHECK_OK(rx_filter_open(&f, &image, RX_F64, NULL, NULL, RX_IMAGE_LOG, &s, &err), err);
        CHECK_OK(rx_filter_next(&more, &out, f, &err), err);
        assert_string_equal(out.name, cases[c].name);
        rx_filter_free(f);
    }
    volume_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__gaussian_blob),     cmocka_unit_test(test_log__constant_is_0),
        cmocka_unit_test(test_log__paraboloid),        cmocka_unit_test(test_log__symmetries),
        cmocka_unit_test(test_log__plain_convolution), cmocka_unit_test(test_log__boxes_and_types),
        cmocka_unit_test(test_log__too_small),         cmocka_unit_test(test_log__far_below_a_voxel),
        cmocka_unit_test(test_log__names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
