/* The wavelets' figures against their defining equations, and the stationary transform against
 * what follows from its definition; the digital phantoms' consensus maps of IBSI 2. */
#include "filtered.h"

#define IBSI "data/radiomics/ibsi_2_digital_phantom/nifti/"
#define MAPS "data/radiomics/ibsi_2_reference_response_maps/"

typedef struct bank { double lo[RX_MAX_WAVELET], hi[RX_MAX_WAVELET]; unsigned n; } bank;

static bank bank_of(const char *name)
{
    bank b;
    rx_error err = { 0 };
    CHECK_OK(rx_wavelet_filters(b.lo, b.hi, &b.n, name, &err), err);
    return b;
}

/* sum over k of a[k] b[k + shift] */
static double product(const double *a, const double *b, unsigned n, int shift)
{
    double sum = 0;
    for (int k = 0; k < (int)n; k++) {
        if (k + shift >= 0 && k + shift < (int)n) { sum += a[k] * b[k + shift]; }
    }
    return sum;
}

/* How far the figures of a family go, which are PyWavelets': Daubechies' and the coiflets to the last
 * digit, the symlets and higher splines to twelve or so; Meyer's wavelet, endless by nature, is cut. */
static double digits_of(const char *name)
{
    if (strcmp(name, "dmey") == 0) { return 3e-3; }
    if (strncmp(name, "sym", 3) == 0) { return 2e-11; }
    return name[1] == 'i' || name[0] == 'r' ? 2e-12 : 2e-14;
}

static void test_wavelet__translates_are_orthogonal_to_their_dual(void **state)
{
    (void)state;
    unsigned names = 0;
    for (const char *name; (name = rx_wavelet_name(names)); names++) {
        char dual[RX_WAVELET_NAME];
        snprintf(dual, sizeof dual, "%s", name);
        if (strncmp(name, "bior", 4) == 0) { memcpy(dual, "rbio", 4); }
        if (strncmp(name, "rbio", 4) == 0) { memcpy(dual, "bior", 4); }
        bank a = bank_of(name), b = bank_of(dual);
        double tolerance = digits_of(name);
        assert_int_equal(a.n, b.n);
        assert_int_equal(a.n % 2, 0);
        for (int shift = -(int)a.n + 2; shift < (int)a.n; shift += 2) {
            CHECK_NEAR(product(a.lo, b.lo, a.n, shift), shift == 0, 0, tolerance);
            CHECK_NEAR(product(a.hi, b.hi, a.n, shift), shift == 0, 0, tolerance);
            CHECK_NEAR(product(a.lo, b.hi, a.n, shift), 0, 0, tolerance);
        }
        double low = 0, high = 0;
        for (unsigned k = 0; k < a.n; k++) {
            low += a.lo[k];
            high += a.hi[k];
        }
        CHECK_NEAR(low, sqrt(2), 0, tolerance);
        CHECK_NEAR(high, 0, 0, tolerance);
    }
    assert_int_equal(names, 1 + 38 + 19 + 17 + 15 + 15 + 1);
}

/* sum over k of ((k - middle) / n)^p times the filter */
static double moment(const double *f, unsigned n, unsigned p)
{
    double sum = 0, middle = (n - 1) / 2.0;
    for (unsigned k = 0; k < n; k++) { sum += f[k] * pow((k - middle) / n, p); }
    return sum;
}

static void test_wavelet__vanishing_moments(void **state)
{
    (void)state;
    static const struct { const char *family; unsigned first, last, per_order; } families[] = {
        { "db", 1, 38, 1 }, { "sym", 2, 20, 1 }, { "coif", 1, 17, 2 },
    };
    for (int f = 0; f < 3; f++) {
        for (unsigned order = families[f].first; order <= families[f].last; order++) {
            char name[RX_WAVELET_NAME];
            snprintf(name, sizeof name, "%s%u", families[f].family, order);
            bank b = bank_of(name);
            unsigned vanishing = order * families[f].per_order;
            for (unsigned p = 0; p < vanishing; p++) { CHECK_NEAR(moment(b.hi, b.n, p), 0, 0, digits_of(name)); }
            if (vanishing < 8) { assert_true(fabs(moment(b.hi, b.n, vanishing)) > 1e-8); }
        }
    }
}

/* Known closed forms. */
static void test_wavelet__haar_and_db2_by_hand(void **state)
{
    (void)state;
    bank haar = bank_of("haar"), upper = bank_of("DB1"), db2 = bank_of("db2");
    double r = sqrt(0.5), s = sqrt(3), d = 4 * sqrt(2);
    assert_memory_equal(haar.lo, upper.lo, haar.n * sizeof(double));
    const double lo[] = { r, r }, hi[] = { -r, r };
    for (int i = 0; i < 2; i++) {
        CHECK_NEAR(haar.lo[i], lo[i], 1e-15, 0);
        CHECK_NEAR(haar.hi[i], hi[i], 1e-15, 0);
    }
    const double want[] = { (1 - s) / d, (3 - s) / d, (3 + s) / d, (1 + s) / d };
    for (int i = 0; i < 4; i++) {
        CHECK_NEAR(db2.lo[i], want[i], 2e-15, 0);
        CHECK_NEAR(db2.hi[i], want[3 - i] * (i % 2 ? 1 : -1), 2e-15, 0);
    }
}

/* What tap an output takes from an input: several, if the filter is longer than the period. */
static double response(const double *f, unsigned n, size_t output, size_t input, size_t period)
{
    double sum = 0;
    for (size_t t = 0; t < n; t++) {
        if ((output + n / 2 + 8 * period * n - t) % period == input) { sum += f[t]; }
    }
    return sum;
}

static void test_wavelet__impulse(void **state)
{
    (void)state;
    static const char *const names[] = { "coif1", "haar", "bior2.2", "rbio3.1", "sym5", "db9" };
    for (int w = 0; w < 6; w++) {
        testimage t = image_new(10, 6, 8, 1, 1, 1);
        *voxel_of(&t, 7, 2, 5) = 1;
        bank b = bank_of(names[w]);
        rx_filter_settings s;
        rx_filter_settings_default(&s);
        strcpy(s.wavelet, names[w]);
        for (int code = 0; code < 8; code++) {
            char name[20] = "wavelet-";
            const double *f[3];
            for (int a = 0; a < 3; a++) {
                bool high = code >> (2 - a) & 1;
                f[a] = high ? b.hi : b.lo;
                name[8 + a] = high ? 'H' : 'L';
            }
            double *v = filter_image(&t, RX_IMAGE_WAVELET, &s, name);
            for (size_t k = 0; k < 8; k++) {
                for (size_t j = 0; j < 6; j++) {
                    for (size_t i = 0; i < 10; i++) {
                        double want = response(f[0], b.n, i, 7, 10) * response(f[1], b.n, j, 2, 6)
                                      * response(f[2], b.n, k, 5, 8);
                        CHECK_NEAR(v[(k * 6 + j) * 10 + i], want, 0, 1e-15);
                    }
                }
            }
            free(v);
        }
        volume_free(&t);
    }
}

/* Energy of all eight images is eight times the image's: along each axis, a and d hold twice. */
static void test_wavelet__energy(void **state)
{
    (void)state;
    testimage t = image_new(12, 14, 10, 1, 1, 1);
    fill_random(&t, 3);
    double energy = 0;
    for (size_t i = 0; i < grid_size(&t.grid); i++) { energy += t.v[i] * t.v[i]; }
    static const char *const wavelets[] = { "haar", "db4", "coif1", "coif3", "sym8", "db20" };
    for (int w = 0; w < 6; w++) {
        rx_filter_settings s;
        rx_filter_settings_default(&s);
        strcpy(s.wavelet, wavelets[w]);
        double sum = 0;
        for (int code = 0; code < 8; code++) {
            char name[20];
            snprintf(name, sizeof name, "wavelet-%c%c%c", code & 4 ? 'H' : 'L', code & 2 ? 'H' : 'L',
                     code & 1 ? 'H' : 'L');
            double *v = filter_image(&t, RX_IMAGE_WAVELET, &s, name);
            for (size_t i = 0; i < grid_size(&t.grid); i++) { sum += v[i] * v[i]; }
            free(v);
        }
        CHECK_NEAR(sum, 8 * energy, 1e-11, 0);
    }
    volume_free(&t);
}

/* x[i] = 1/2 sum over outputs o of a[o] s[t] + d[o] r[t] with the dual filters, along one axis. */
static void test_wavelet__reconstruction(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { { "bior4.4", "rbio4.4" }, { "bior2.8", "rbio2.8" },
                                            { "rbio5.5", "bior5.5" }, { "coif2", "coif2" } };
    enum { N = 40 };
    testimage t = image_new(N, 1, 1, 1, 1, 1);
    fill_random(&t, 5);
    for (int w = 0; w < 4; w++) {
        bank dual = bank_of(pairs[w][1]);
        rx_filter_settings s;
        rx_filter_settings_default(&s);
        strcpy(s.wavelet, pairs[w][0]);
        /* along j and k there is one voxel, repeated: low-pass doubles, high-pass gives 0 */
        double *a = filter_image(&t, RX_IMAGE_WAVELET, &s, "wavelet-LLL");
        double *d = filter_image(&t, RX_IMAGE_WAVELET, &s, "wavelet-HLL");
        double *none = filter_image(&t, RX_IMAGE_WAVELET, &s, "wavelet-LHL");
        for (int i = 0; i < N; i++) {
            double x = 0;
            for (int tap = 0; tap < (int)dual.n; tap++) {
                int o = (i - (int)dual.n / 2 + tap + 10 * N) % N;
                x += a[o] * dual.lo[tap] + d[o] * dual.hi[tap];
            }
            CHECK_NEAR(x / 2 / 2, t.v[i], 0, 1e-8);
            CHECK_NEAR(none[i], 0, 0, 1e-8);
        }
        free(a);
        free(d);
        free(none);
    }
    volume_free(&t);
}

/* An odd axis is as one with its first voxel added at the end. */
static void test_wavelet__odd_axes(void **state)
{
    (void)state;
    testimage odd = image_new(9, 7, 5, 1, 1, 1), even = image_new(10, 8, 6, 1, 1, 1);
    fill_random(&odd, 8);
    for (size_t k = 0; k < 6; k++) {
        for (size_t j = 0; j < 8; j++) {
            for (size_t i = 0; i < 10; i++) { *voxel_of(&even, i, j, k) = *voxel_of(&odd, i % 9, j % 7, k % 5); }
        }
    }
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    s.level = 2;
    static const char *const names[] = { "wavelet-HLH", "wavelet2-LHH", "wavelet2-LLL" };
    for (int n = 0; n < 3; n++) {
        double *a = filter_image(&odd, RX_IMAGE_WAVELET, &s, names[n]);
        double *b = filter_image(&even, RX_IMAGE_WAVELET, &s, names[n]);
        for (size_t k = 0; k < 5; k++) {
            for (size_t j = 0; j < 7; j++) {
                for (size_t i = 0; i < 9; i++) { CHECK_NEAR(a[(k * 7 + j) * 9 + i], b[(k * 8 + j) * 10 + i], 0, 0); }
            }
        }
        free(a);
        free(b);
    }
    volume_free(&odd);
    volume_free(&even);
}

/* The second level is the first of the first's approximation; skipping a level starts there. */
static void test_wavelet__levels(void **state)
{
    (void)state;
    testimage t = image_new(8, 10, 6, 1, 1, 1), approximation = image_new(8, 10, 6, 1, 1, 1);
    fill_random(&t, 21);
    rx_filter_settings s, two, skip;
    rx_filter_settings_default(&s);
    strcpy(s.wavelet, "db3");
    two = skip = s;
    two.level = 2;
    skip.start_level = 1;
    double *low = filter_image(&t, RX_IMAGE_WAVELET, &s, "wavelet-LLL");
    memcpy(approximation.v, low, grid_size(&t.grid) * sizeof *low);
    double *want = filter_image(&approximation, RX_IMAGE_WAVELET, &s, "wavelet-HHL");
    double *second = filter_image(&t, RX_IMAGE_WAVELET, &two, "wavelet2-HHL");
    double *skipped = filter_image(&t, RX_IMAGE_WAVELET, &skip, "wavelet-HHL");
    for (size_t i = 0; i < grid_size(&t.grid); i++) {
        CHECK_NEAR(second[i], want[i], 0, 0);
        CHECK_NEAR(skipped[i], want[i], 0, 0);
    }
    char names[600] = "";
    rx_image image = view_of_image(&t);
    free(filter_named(&image, RX_F64, NULL, NULL, RX_IMAGE_WAVELET, &two, "wavelet2-LLL", names));
    assert_string_equal(names, "wavelet-LLH wavelet-LHL wavelet-LHH wavelet-HLL wavelet-HLH wavelet-HHL "
                               "wavelet-HHH wavelet2-LLH wavelet2-LHL wavelet2-LHH wavelet2-HLL "
                               "wavelet2-HLH wavelet2-HHL wavelet2-HHH wavelet2-LLL ");
    free(low);
    free(want);
    free(second);
    free(skipped);
    volume_free(&t);
    volume_free(&approximation);
}

/* Two letters, of the axes that are left: x before y before z. */
static void test_wavelet__slices(void **state)
{
    (void)state;
    testimage t = image_new(6, 8, 4, 1, 1, 1);
    *voxel_of(&t, 2, 3, 1) = 1;
    bank b = bank_of("coif1");
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    s.force_2d = true;
    const size_t at[3] = { 2, 3, 1 };
    for (unsigned dimension = 0; dimension < 3; dimension++) {
        s.force_2d_dimension = dimension;
        size_t left = 2 - dimension, first = left == 0 ? 1 : 0, second = left == 2 ? 1 : 2;
        char names[80] = "";
        rx_image image = view_of_image(&t);
        double *v = filter_named(&image, RX_F64, NULL, NULL, RX_IMAGE_WAVELET, &s, "wavelet-LH", names);
        assert_string_equal(names, "wavelet-LH wavelet-HL wavelet-HH wavelet-LL ");
        for (size_t n = 0; n < grid_size(&t.grid); n++) {
            size_t index[3] = { n % 6, n / 6 % 8, n / 48 };
            double want = index[left] != at[left] ? 0
                : response(b.lo, b.n, index[first], at[first], t.grid.dim[first])
                      * response(b.hi, b.n, index[second], at[second], t.grid.dim[second]);
            CHECK_NEAR(v[n], want, 0, 1e-15);
        }
        free(v);
    }
    volume_free(&t);
}

static void test_wavelet__boxes_and_types(void **state)
{
    (void)state;
    testimage t = image_new(9, 12, 7, 1, 1, 1);
    fill_random(&t, 99);
    static const char *const wavelets[] = { "coif1", "db7", "bior3.9" };
    for (int w = 0; w < 3; w++) {
        rx_filter_settings s;
        rx_filter_settings_default(&s);
        strcpy(s.wavelet, wavelets[w]);
        s.level = 2;
        rx_image image = view_of_image(&t);
        check_boxes(&image, RX_F64, NULL, RX_IMAGE_WAVELET, &s);
        check_boxes(&image, RX_F32, NULL, RX_IMAGE_WAVELET, &s);
        int16_t *whole = volume_i16(&t);
        float *single = volume_f32(&t);
        rx_image i16 = { t.grid, RX_I16, whole }, f32 = { t.grid, RX_F32, single };
        double *a = filter_image(&t, RX_IMAGE_WAVELET, &s, "wavelet2-LHL");
        double *b = filter_named(&i16, RX_I16, NULL, NULL, RX_IMAGE_WAVELET, &s, "wavelet2-LHL", NULL);
        double *c = filter_named(&f32, RX_F32, NULL, NULL, RX_IMAGE_WAVELET, &s, "wavelet2-LHL", NULL);
        double furthest = 0;
        for (size_t i = 0; i < grid_size(&t.grid); i++) {
            CHECK_NEAR(b[i], a[i], 0, 0);
            CHECK_NEAR(c[i], a[i], 0, 0.02);      /* single precision, of values up to 3e4 */
            furthest = fmax(furthest, fabs(c[i] - a[i]));
        }
        assert_true(furthest > 0);
        free(a);
        free(b);
        free(c);
        free(whole);
        free(single);
    }
    volume_free(&t);
}

static void check_map(const char *phantom, const char *map, const char *wavelet, const char *name)
{
    testimage image, want;
    SKIP_WITHOUT(phantom);
    assert_int_equal(volume_read(&image, phantom), 0);
    assert_int_equal(volume_read(&want, map), 0);
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    strcpy(s.wavelet, wavelet);
    double *v = filter_image(&image, RX_IMAGE_WAVELET, &s, name), lowest = INFINITY, highest = -INFINITY, worst = 0;
    for (size_t i = 0; i < grid_size(&image.grid); i++) {
        lowest = fmin(lowest, want.v[i]);
        highest = fmax(highest, want.v[i]);
        worst = fmax(worst, fabs(v[i] - want.v[i]));
    }
    printf("%s %s: largest difference %.2g of a range of %.4g\n", wavelet, name, worst, highest - lowest);
    assert_true(worst < 1e-5 * (highest - lowest));
    free(v);
    volume_free(&image);
    volume_free(&want);
}

static void test_wavelet__consensus_map_of_sphere(void **state)
{
    (void)state;
    check_map(SHARED(IBSI "sphere/image/sphere.nii.gz"), SHARED(MAPS "6_a_1-ValidCRM.nii.gz"), "coif1",
              "wavelet-HHL");
}

static void test_wavelet__consensus_map_of_impulse(void **state)
{
    (void)state;
    check_map(SHARED(IBSI "impulse/image/impulse.nii.gz"), SHARED(MAPS "5_a_1-ValidCRM.nii.gz"), "db2",
              "wavelet-LHL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wavelet__translates_are_orthogonal_to_their_dual),
        cmocka_unit_test(test_wavelet__vanishing_moments),
        cmocka_unit_test(test_wavelet__haar_and_db2_by_hand),
        cmocka_unit_test(test_wavelet__impulse),
        cmocka_unit_test(test_wavelet__energy),
        cmocka_unit_test(test_wavelet__reconstruction),
        cmocka_unit_test(test_wavelet__odd_axes),
        cmocka_unit_test(test_wavelet__levels),
        cmocka_unit_test(test_wavelet__slices),
        cmocka_unit_test(test_wavelet__boxes_and_types),
        cmocka_unit_test(test_wavelet__consensus_map_of_sphere),
        cmocka_unit_test(test_wavelet__consensus_map_of_impulse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
