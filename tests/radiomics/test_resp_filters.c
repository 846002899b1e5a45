/* What IBSI 2's filters must do whatever the image: their kernel for an impulse, nothing for a
 * constant, turned with the image, cut out of the whole, no energy lost between bands. */
#include "resp_case.h"
#include <radiomics/filters.h>

/* ---- impulse response ------------------------------------------------------------------ */

static rx_volume impulse(size_t n, size_t at)
{
    rx_volume v = case_volume(n, n, n, 1);
    *case_at(&v, at, at, at) = 1;
    return v;
}

static void test_resp_filters__impulse_gives_log_kernel(void **state)
{
    (void)state;
    rx_volume image = impulse(25, 12);
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_LOG);
    f.cutoff = 3.4;                              /* floor(3.4 * 1.5 + 0.5) = 5 voxels */
    for (int flat = 0; flat < 2; flat++) {
        f.by_slice = flat;
        rx_volume map = case_map(&image, &f);
        for (int z = -12; z <= 12; z++) {
            for (int y = -12; y <= 12; y++) {
                for (int x = -12; x <= 12; x++) {
                    bool inside = abs(x) <= 5 && abs(y) <= 5 && (flat ? z == 0 : abs(z) <= 5);
                    double r = x * x + y * y + z * z, s = 1.5 * 1.5, d = flat ? 2 : 3;
                    double want = -1 / s * pow(2 * acos(-1) * s, -d / 2) * (d - r / s) * exp(-r / (2 * s));
                    CHECK_NEAR(*case_at(&map, (size_t)(x + 12), (size_t)(y + 12), (size_t)(z + 12)),
                               inside ? want : 0, 1e-12, 1e-17);
                }
            }
        }
        rx_volume_free(&map);
    }
    rx_volume_free(&image);
}

static void test_resp_filters__impulse_gives_laws_kernel(void **state)
{
    (void)state;
    static const double l5[5] = { 1, 4, 6, 4, 1 }, e5[5] = { -1, -2, 0, 2, 1 }, w5[5] = { -1, 2, 0, -2, 1 };
    const double unit = sqrt(70.0 * 10 * 10);
    rx_volume image = impulse(9, 4);
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_LAWS);
    memcpy(f.kernels, "E5L5W5", 7);
    rx_volume map = case_map(&image, &f);
    for (size_t z = 0; z < 9; z++) {
        for (size_t y = 0; y < 9; y++) {
            for (size_t x = 0; x < 9; x++) {
                bool inside = x >= 2 && x <= 6 && y >= 2 && y <= 6 && z >= 2 && z <= 6;
                double want = inside ? e5[x - 2] * l5[y - 2] * w5[z - 2] / unit : 0;
                CHECK_NEAR(*case_at(&map, x, y, z), want, 1e-14, 1e-17);
            }
        }
    }
    rx_volume_free(&map);
    rx_volume_free(&image);
}

static void test_resp_filters__impulse_gives_gabor_envelope(void **state)
{
    (void)state;
    rx_volume image = impulse(31, 15);
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_GABOR);
    f.sigma_mm = 2;
    f.aspect = 0.7;
    f.theta = 0.4;
    f.boundary = RX_BOUNDARY_ZERO;
    rx_volume map = case_map(&image, &f);
    for (int y = -15; y <= 15; y++) {
        for (int x = -15; x <= 15; x++) {
            double along = x * cos(0.4) + y * sin(0.4), aside = y * cos(0.4) - x * sin(0.4);
            double want = exp(-(along * along + 0.49 * aside * aside) / 8);
            CHECK_NEAR(*case_at(&map, (size_t)(x + 15), (size_t)(y + 15), 15), want, 1e-9, 1e-10);
        }
    }
    CHECK_NEAR(*case_at(&map, 15, 15, 14), 0, 0, 1e-15);   /* other slices hear nothing */
    rx_volume_free(&map);
    rx_volume_free(&image);
}

/* A step of four digits is the whole part of a turn that is meant. */
static void test_resp_filters__gabor_steps_make_a_whole_turn(void **state)
{
    (void)state;
    rx_volume image = case_random(9, 8, 7, 1);
    rx_response f = case_filter(6, false);
    rx_volume exact = case_map(&image, &f);
    f.theta_step = 0.3927;
    rx_volume near = case_map(&image, &f);
    for (size_t i = 0; i < case_count(&image); i++) { CHECK_NEAR(near.voxels[i], exact.voxels[i], 0, 0); }
    rx_volume_free(&exact);
    rx_volume_free(&near);
    rx_volume_free(&image);
}

/* Level 2: the low-pass filter, then the high-pass filter with its taps two voxels apart. */
static void test_resp_filters__impulse_gives_wavelet_cascade(void **state)
{
    (void)state;
    double lo[RX_MAX_WAVELET], hi[RX_MAX_WAVELET], line[64] = { 0 };
    unsigned n;
    rx_error err;
    CHECK_OK(rx_wavelet_filters(lo, hi, &n, "db2", &err), err);
    for (unsigned a = 0; a < n; a++) {
        for (unsigned b = 0; b < n; b++) { line[16 + (a - n / 2) + 2 * (b - n / 2)] += lo[a] * hi[b]; }
    }
    rx_volume image = case_volume(33, 1, 1, 1);
    *case_at(&image, 16, 0, 0) = 1;
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_WAVELET);
    memcpy(f.wavelet, "db2", 4);
    memcpy(f.kernels, "HL", 3);
    f.by_slice = true;
    f.level = 2;
    rx_volume map = case_map(&image, &f);
    for (size_t x = 0; x < 33; x++) {
        CHECK_NEAR(*case_at(&map, x, 0, 0), 2 * line[x], 1e-12, 1e-14);  /* L sums to sqrt 2, twice, along y */
    }
    rx_volume_free(&map);
    rx_volume_free(&image);
}

/* ---- constants and shifts -------------------------------------------------------------- */

/* What is left of a constant 1: the sum of the kernel's weights. */
static double gain(const rx_response *f)
{
    if (f->kind == RX_RESPONSE_MEAN) { return 1; }
    return 0;                                    /* each of the others has a part that sums to 0 */
}

static void test_resp_filters__constant_image(void **state)
{
    (void)state;
    for (int flat = 0; flat < 2; flat++) {
        for (int n = 0; n < CASE_FILTERS; n++) {
            rx_response f = case_filter(n, flat);
            f.boundary = RX_BOUNDARY_PERIODIC;
            if (f.kind == RX_RESPONSE_LOG) { f.cutoff = 12; }       /* sampled and cut off, it sums to 0 only so */
            if (f.kind == RX_RESPONSE_GABOR) { f.sigma_mm = 3; }    /* sums to exp(-2 pi^2 sigma^2 / lambda^2) */
            rx_volume image = case_volume(21, 17, 13, 1);
            for (size_t i = 0; i < case_count(&image); i++) { image.voxels[i] = 7; }
            rx_volume map = case_map(&image, &f);
            for (size_t i = 0; i < case_count(&map); i++) { CHECK_NEAR(map.voxels[i], 7 * gain(&f), 1e-12, 1e-6); }
            rx_volume_free(&map);
            rx_volume_free(&image);
        }
    }
}

static void test_resp_filters__periodic_maps_move_with_the_image(void **state)
{
    (void)state;
    const size_t dim[3] = { 15, 12, 10 }, by[3] = { 4, 7, 3 };
    rx_volume image = case_random(dim[0], dim[1], dim[2], 1), moved = case_volume(dim[0], dim[1], dim[2], 1);
    for (size_t i = 0; i < case_count(&image); i++) {
        size_t x = (i % 15 + by[0]) % 15, y = (i / 15 % 12 + by[1]) % 12, z = (i / 180 + by[2]) % 10;
        *case_at(&moved, x, y, z) = image.voxels[i];
    }
    for (int n = 0; n < CASE_FILTERS; n++) {
        rx_response f = case_filter(n, false);
        f.boundary = RX_BOUNDARY_PERIODIC;
        rx_volume a = case_map(&image, &f), b = case_map(&moved, &f);
        for (size_t i = 0; i < case_count(&a); i++) {
            size_t x = (i % 15 + by[0]) % 15, y = (i / 15 % 12 + by[1]) % 12, z = (i / 180 + by[2]) % 10;
            CHECK_NEAR(*case_at(&b, x, y, z), a.voxels[i], 1e-10, 1e-9);
        }
        rx_volume_free(&a);
        rx_volume_free(&b);
    }
    rx_volume_free(&image);
    rx_volume_free(&moved);
}

/* ---- rotations --------------------------------------------------------------------------- */

/* A right-angled turn about the axis across a and b: a goes to b, b to -a. */
static rx_volume turned(const rx_volume *v, int a, int b)
{
    size_t dim[3] = { v->grid.dim[0], v->grid.dim[1], v->grid.dim[2] };
    size_t t = dim[a];
    dim[a] = dim[b];
    dim[b] = t;
    rx_volume out = case_volume(dim[0], dim[1], dim[2], v->grid.spacing_mm[0]);
    for (size_t i = 0; i < case_count(v); i++) {
        size_t at[3] = { i % v->grid.dim[0], i / v->grid.dim[0] % v->grid.dim[1], i / v->grid.dim[0] / v->grid.dim[1] };
        size_t to[3] = { at[0], at[1], at[2] };
        to[b] = at[a];
        to[a] = v->grid.dim[b] - 1 - at[b];
        *case_at(&out, to[0], to[1], to[2]) = v->voxels[i];
    }
    return out;
}

static void test_resp_filters__invariant_maps_turn_with_the_image(void **state)
{
    (void)state;
    static const int axes[3][2] = { { 0, 1 }, { 1, 2 }, { 2, 0 } };
    rx_volume image = case_random(14, 11, 9, 1);
    for (int n = 0; n < CASE_FILTERS; n++) {
        for (int flat = 0; flat < 2; flat++) {
            rx_response f = case_filter(n, flat);
            bool isotropic = f.rotation_invariant || n == 0 || n == 1;
            if (!isotropic) { continue; }
            rx_volume map = case_map(&image, &f);
            for (int r = 0; r < (flat ? 1 : 3); r++) {
                rx_volume image_turned = turned(&image, axes[r][0], axes[r][1]);
                rx_volume want = turned(&map, axes[r][0], axes[r][1]), got = case_map(&image_turned, &f);
                for (size_t i = 0; i < case_count(&got); i++) { CHECK_NEAR(got.voxels[i], want.voxels[i], 1e-9, 1e-9); }
                rx_volume_free(&image_turned);
                rx_volume_free(&want);
                rx_volume_free(&got);
            }
            rx_volume_free(&map);
        }
    }
    rx_volume_free(&image);
}

/* The rotations of an odd kernel hold its negative: averaged they are nothing, at most the modulus. */
static void test_resp_filters__odd_kernels_pool_with_their_negative(void **state)
{
    (void)state;
    rx_volume image = case_random(9, 8, 7, 1);
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_LAWS);
    memcpy(f.kernels, "E5E5E5", 7);
    rx_volume plain = case_map(&image, &f);
    f.rotation_invariant = true;
    rx_volume average = case_map(&image, &f);
    f.pooling = RX_POOLING_MAX;
    rx_volume most = case_map(&image, &f);
    for (size_t i = 0; i < case_count(&image); i++) {
        CHECK_NEAR(average.voxels[i], 0, 0, 1e-12);
        CHECK_NEAR(most.voxels[i], fabs(plain.voxels[i]), 1e-12, 0);
    }
    rx_volume_free(&plain);
    rx_volume_free(&average);
    rx_volume_free(&most);
    rx_volume_free(&image);
}

/* ---- energy -------------------------------------------------------------------------------- */

static double energy(const rx_volume *v)
{
    double sum = 0;
    for (size_t i = 0; i < case_count(v); i++) { sum += v->voxels[i] * v->voxels[i]; }
    return sum;
}

/* A wave of 6 periods over 33 voxels (0.375 of the Nyquist frequency) lies in Simoncelli's first two
 * bands, cos^2 + sin^2 of it, and in none further; in Shannon's second band whole. */
static void test_resp_filters__bands_add_up_to_one(void **state)
{
    (void)state;
    rx_volume image = case_volume(33, 33, 33, 1);
    for (size_t i = 0; i < case_count(&image); i++) { image.voxels[i] = cos(2 * acos(-1) * 6.0 * (double)(i / 33 % 33) / 33); }
    static const rx_response_kind kinds[2] = { RX_RESPONSE_SIMONCELLI, RX_RESPONSE_SHANNON };
    for (int q = 0; q < 2; q++) {
        double sum = 0;
        for (unsigned level = 1; level <= 4; level++) {
            rx_response f;
            rx_response_default(&f, kinds[q]);
            f.boundary = RX_BOUNDARY_PERIODIC;
            f.level = level;
            rx_volume map = case_map(&image, &f);
            sum += energy(&map);
            if (level > 2) { CHECK_NEAR(energy(&map), 0, 0, 1e-15 * energy(&image)); }
            rx_volume_free(&map);
        }
        CHECK_NEAR(sum, energy(&image), 1e-12, 0);
    }
    rx_volume_free(&image);
}

/* The Riesz transforms of one order hold together the energy of what they transform. */
static void test_resp_filters__riesz_transforms_keep_the_energy(void **state)
{
    (void)state;
    rx_volume image = case_random(15, 13, 11, 1);
    for (int flat = 0; flat < 2; flat++) {
        rx_response f;
        rx_response_default(&f, RX_RESPONSE_SIMONCELLI);
        f.boundary = RX_BOUNDARY_PERIODIC;
        f.by_slice = flat;
        rx_volume band = case_map(&image, &f);
        for (unsigned all = 1; all <= 4; all++) {
            double sum = 0;
            for (unsigned x = 0; x <= all; x++) {
                for (unsigned y = 0; y <= all - x; y++) {
                    if (flat && x + y < all) { continue; }
                    f.riesz[0] = x;
                    f.riesz[1] = y;
                    f.riesz[2] = all - x - y;
                    rx_volume map = case_map(&image, &f);
                    sum += energy(&map);
                    rx_volume_free(&map);
                }
            }
            CHECK_NEAR(sum, energy(&band), 1e-12, 0);
        }
        rx_volume_free(&band);
    }
    rx_volume_free(&image);
}

/* ---- decimation, spacing --------------------------------------------------------------------- */

static void test_resp_filters__decimated_level_one_is_every_second_voxel(void **state)
{
    (void)state;
    rx_volume image = case_random(13, 10, 9, 2);
    rx_response f = case_filter(7, false);
    rx_volume all = case_map(&image, &f);
    f.decimated = true;
    rx_volume some = case_map(&image, &f);
    assert_int_equal(some.grid.dim[0], 7);
    assert_int_equal(some.grid.dim[1], 5);
    assert_int_equal(some.grid.dim[2], 5);
    CHECK_NEAR(some.grid.spacing_mm[1], 4, 0, 0);
    for (size_t i = 0; i < case_count(&some); i++) {
        size_t x = i % 7, y = i / 7 % 5, z = i / 35;
        CHECK_NEAR(some.voxels[i], *case_at(&all, 2 * x, 2 * y, 2 * z), 1e-14, 1e-12);
    }
    rx_volume_free(&all);
    rx_volume_free(&some);
    rx_volume_free(&image);
}

/* Sizes are in mm: an image and a filter twice as large give the same map. */
static void test_resp_filters__millimetres(void **state)
{
    (void)state;
    rx_volume small = case_random(12, 11, 10, 1), large = case_random(12, 11, 10, 2);
    for (int n = 0; n < CASE_FILTERS; n++) {
        rx_response f = case_filter(n, false), g = f;
        g.sigma_mm *= 2;
        g.wavelength_mm *= 2;
        rx_volume a = case_map(&small, &f), b = case_map(&large, &g);
        for (size_t i = 0; i < case_count(&a); i++) { CHECK_NEAR(a.voxels[i], b.voxels[i], 1e-12, 1e-12); }
        rx_volume_free(&a);
        rx_volume_free(&b);
    }
    rx_volume_free(&small);
    rx_volume_free(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resp_filters__impulse_gives_log_kernel),
        cmocka_unit_test(test_resp_filters__impulse_gives_laws_kernel),
        cmocka_unit_test(test_resp_filters__impulse_gives_gabor_envelope),
        cmocka_unit_test(test_resp_filters__gabor_steps_make_a_whole_turn),
        cmocka_unit_test(test_resp_filters__impulse_gives_wavelet_cascade),
        cmocka_unit_test(test_resp_filters__constant_image),
        cmocka_unit_test(test_resp_filters__periodic_maps_move_with_the_image),
        cmocka_unit_test(test_resp_filters__invariant_maps_turn_with_the_image),
        cmocka_unit_test(test_resp_filters__odd_kernels_pool_with_their_negative),
        cmocka_unit_test(test_resp_filters__bands_add_up_to_one),
        cmocka_unit_test(test_resp_filters__riesz_transforms_keep_the_energy),
        cmocka_unit_test(test_resp_filters__decimated_level_one_is_every_second_voxel),
        cmocka_unit_test(test_resp_filters__millimetres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
