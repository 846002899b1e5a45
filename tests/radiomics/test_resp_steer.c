/* Riesz transforms steered by the structure tensor: the strongest direction of a plane wave, energy
 * voxel by voxel, turned images. */
#include "resp_case.h"

enum { N = 33 };

static rx_response steered(unsigned x, unsigned y, unsigned z, bool flat)
{
    rx_response f;
    rx_response_default(&f, RX_RESPONSE_SIMONCELLI);
    f.boundary = RX_BOUNDARY_PERIODIC;
    f.by_slice = flat;
    f.steered = true;
    f.riesz[0] = x;
    f.riesz[1] = y;
    f.riesz[2] = z;
    return f;
}

static double phase(size_t i, bool flat)
{
    double turns = 6.0 * (double)(i % N) + 4.0 * (double)(i / N % N) + (flat ? 0 : 2.0) * (double)(i / N / N);
    return 2 * acos(-1) * turns / N;
}

/* Along the wave the second order is its negative and the first its Hilbert transform; across it there
 * is nothing. */
static void test_resp_steer__follows_a_wave(void **state)
{
    (void)state;
    for (int flat = 0; flat < 2; flat++) {
        rx_volume image = case_volume(N, N, N, 1);
        for (size_t i = 0; i < case_count(&image); i++) { image.voxels[i] = cos(phase(i, flat)); }
        rx_response f = steered(0, 0, 0, flat);
        rx_volume plain = case_map(&image, &f);
        double height = plain.voxels[0];
        assert_true(height > 0.5);
        f = steered(2, 0, 0, flat);
        rx_volume along = case_map(&image, &f);
        f = steered(0, 2, 0, flat);
        rx_volume across = case_map(&image, &f);
        f = steered(1, 0, 0, flat);
        rx_volume first = case_map(&image, &f);
        for (size_t i = 0; i < case_count(&image); i++) {
            CHECK_NEAR(along.voxels[i], -plain.voxels[i], 0, 1e-9);
            CHECK_NEAR(across.voxels[i], 0, 0, 1e-9);
            CHECK_NEAR(first.voxels[i], height * fabs(sin(phase(i, flat))), 0, 1e-9);
        }
        rx_volume_free(&plain);
        rx_volume_free(&along);
        rx_volume_free(&across);
        rx_volume_free(&first);
        rx_volume_free(&image);
    }
}

/* Turning the axes changes no voxel's energy over all orders of one sum. */
static void test_resp_steer__keeps_each_voxels_energy(void **state)
{
    (void)state;
    rx_volume image = case_random(13, 12, 9, 1);
    const size_t n = case_count(&image);
    double *turned = calloc(n, sizeof *turned), *straight = calloc(n, sizeof *straight);
    for (int flat = 0; flat < 2; flat++) {
        for (unsigned all = 1; all <= 4; all++) {
            memset(turned, 0, n * sizeof *turned);
            memset(straight, 0, n * sizeof *straight);
            double difference = 0;
            for (unsigned x = 0; x <= all; x++) {
                for (unsigned y = flat ? all - x : 0; x + y <= all; y++) {
                    rx_response f = steered(x, y, all - x - y, flat);
                    f.boundary = RX_BOUNDARY_MIRROR;
                    rx_volume a = case_map(&image, &f);
                    f.steered = false;
                    rx_volume b = case_map(&image, &f);
                    for (size_t i = 0; i < n; i++) {
                        turned[i] += a.voxels[i] * a.voxels[i];
                        straight[i] += b.voxels[i] * b.voxels[i];
                        difference = fmax(difference, fabs(a.voxels[i] - b.voxels[i]));
                    }
                    rx_volume_free(&a);
                    rx_volume_free(&b);
                }
            }
            assert_true(difference > 1);
            for (size_t i = 0; i < n; i++) { CHECK_NEAR(turned[i], straight[i], 1e-9, 1e-9); }
        }
    }
    free(turned);
    free(straight);
    rx_volume_free(&image);
}

/* x to y, y to -x: the map of a turned image is the turned map. */
static void test_resp_steer__turns_with_the_image(void **state)
{
    (void)state;
    rx_volume image = case_random(15, 15, 15, 1), other = case_volume(15, 15, 15, 1);
    for (size_t i = 0; i < case_count(&image); i++) {
        *case_at(&other, 14 - i / 15 % 15, i % 15, i / 225) = image.voxels[i];
    }
    for (int flat = 0; flat < 2; flat++) {
        rx_response f = steered(1, 1, 0, flat);
        rx_volume a = case_map(&image, &f), b = case_map(&other, &f);
        for (size_t i = 0; i < case_count(&a); i++) {
            CHECK_NEAR(*case_at(&b, 14 - i / 15 % 15, i % 15, i / 225), a.voxels[i], 1e-7, 1e-7);
        }
        rx_volume_free(&a);
        rx_volume_free(&b);
    }
    rx_volume_free(&image);
    rx_volume_free(&other);
}

static void test_resp_steer__borders_on_nothing(void **state)
{
    (void)state;
    rx_error err;
    rx_volume image = case_volume(7, 6, 5, 1), map;
    rx_response f = steered(2, 1, 0, false);
    map = case_map(&image, &f);
    for (size_t i = 0; i < case_count(&map); i++) { CHECK_NEAR(map.voxels[i], 0, 0, 0); }
    rx_volume_free(&map);
    f.tensor_sigma_mm = 1e5;
    assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_ELIMIT);
    f.tensor_sigma_mm = 0;
    assert_int_equal(rx_response_map(&map, &image, &f, &err), RX_EINVAL);
    rx_volume_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resp_steer__follows_a_wave),
        cmocka_unit_test(test_resp_steer__keeps_each_voxels_energy),
        cmocka_unit_test(test_resp_steer__turns_with_the_image),
        cmocka_unit_test(test_resp_steer__borders_on_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
