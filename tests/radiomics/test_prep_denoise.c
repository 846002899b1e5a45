/* Denoising: against direct sums, and what a filter must leave alone. */
#include "prep_volume.h"

static double clamped(const rx_volume *v, long i, long j, long k)
{
    const long n[3] = { (long)v->grid.dim[0], (long)v->grid.dim[1], (long)v->grid.dim[2] };
    long at[3] = { i, j, k };
    for (int a = 0; a < 3; a++) { at[a] = at[a] < 0 ? 0 : at[a] < n[a] ? at[a] : n[a] - 1; }
    return v->voxels[(at[2] * n[1] + at[1]) * n[0] + at[0]];
}

static rx_volume noise(uint64_t seed, size_t nx, size_t ny, size_t nz)
{
    rx_volume v = new_volume(nx, ny, nz);
    for (size_t i = 0; i < voxels(&v); i++) { v.voxels[i] = 100 * next_uniform(&seed); }
    return v;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void medians_are_those_of_the_sorted_box(void **state)
{
    (void)state;
    for (unsigned r = 1; r <= 2; r++) {
        rx_volume v = noise(r, 6, 5, 4), before = copy_of(&v);
        CHECK_OK(rx_denoise_median(&v, r, &err), err);
        for (size_t at = 0; at < voxels(&v); at++) {
            long i = (long)(at % 6), j = (long)(at / 6 % 5), k = (long)(at / 30), reach = (long)r;
            double box[125];
            size_t n = 0;
            for (long z = -reach; z <= reach; z++) {
                for (long y = -reach; y <= reach; y++) {
                    for (long x = -reach; x <= reach; x++) { box[n++] = clamped(&before, i + x, j + y, k + z); }
                }
            }
            qsort(box, n, sizeof *box, by_value);
            CHECK_NEAR(v.voxels[at], box[n / 2], 0, 0);
        }
        rx_volume_free(&v);
        rx_volume_free(&before);
    }
}

/* A single bad voxel vanishes, an edge stays where it is. */
static void medians_take_spikes_and_keep_edges(void **state)
{
    (void)state;
    rx_volume v = new_volume(12, 12, 12);
    for (size_t i = 0; i < voxels(&v); i++) { v.voxels[i] = i % 12 < 6 ? 10 : 20; }
    rx_volume clean = copy_of(&v);
    v.voxels[(5 * 12 + 5) * 12 + 3] = 1e6;
    CHECK_OK(rx_denoise_median(&v, 1, &err), err);
    for (size_t i = 0; i < voxels(&v); i++) { CHECK_NEAR(v.voxels[i], clean.voxels[i], 0, 0); }
    rx_volume_free(&v);
    rx_volume_free(&clean);
}

/* A point becomes the product of three Gaussians in mm, whatever the spacing; sums are kept. */
static void a_point_becomes_a_gaussian(void **state)
{
    (void)state;
    rx_volume v = new_volume(41, 33, 21);
    v.grid.spacing_mm[1] = 1.5;
    v.grid.spacing_mm[2] = 2.5;
    const size_t c[3] = { 20, 16, 10 };
    double sigma = 2.5, sum = 0, variance[3] = { 0, 0, 0 };
    v.voxels[(c[2] * 33 + c[1]) * 41 + c[0]] = 1;
    CHECK_OK(rx_denoise_gaussian(&v, sigma, &err), err);
    for (size_t i = 0; i < voxels(&v); i++) {
        const size_t at[3] = { i % 41, i / 41 % 33, i / 41 / 33 };
        double mm[3], r2 = 0;
        for (int a = 0; a < 3; a++) {
            mm[a] = ((double)at[a] - (double)c[a]) * v.grid.spacing_mm[a];
            r2 += mm[a] * mm[a];
            variance[a] += v.voxels[i] * mm[a] * mm[a];
        }
        sum += v.voxels[i];
        double top = v.voxels[(c[2] * 33 + c[1]) * 41 + c[0]];
        if (r2 < 9 * sigma * sigma) { CHECK_NEAR(v.voxels[i], top * exp(-r2 / (2 * sigma * sigma)), 1e-10, 0); }
    }
    CHECK_NEAR(sum, 1, 1e-12, 0);
    for (int a = 0; a < 3; a++) { CHECK_NEAR(variance[a], sigma * sigma, 2e-3, 0); }   /* cut at 4 sigma */
    rx_volume_free(&v);
}

static void what_is_constant_stays(void **state)
{
    (void)state;
    rx_volume v = new_volume(7, 1, 5);
    for (size_t i = 0; i < voxels(&v); i++) { v.voxels[i] = -321; }
    rx_nlm s = { .patch_radius = 1, .search_radius = 2, .sigma = 5, .beta = 1 };
    CHECK_OK(rx_denoise_median(&v, 1, &err), err);
    CHECK_OK(rx_denoise_gaussian(&v, 3, &err), err);
    CHECK_OK(rx_denoise_nlm(&v, &s, &err), err);
    for (size_t i = 0; i < voxels(&v); i++) { CHECK_NEAR(v.voxels[i], -321, 1e-13, 0); }
    rx_volume_free(&v);
}

/* Voxel by voxel and patch by patch, as the definition has it. */
static double slow_nlm(const rx_volume *v, const rx_nlm *s, long i, long j, long k)
{
    const long *n = (const long[]){ (long)v->grid.dim[0], (long)v->grid.dim[1], (long)v->grid.dim[2] };
    long M = (long)s->search_radius, B = (long)s->patch_radius;
    double sum = 0, weights = 0, largest = 0, size = pow(2.0 * s->patch_radius + 1, 3);
    for (long z = k - M; z <= k + M; z++) {
        for (long y = j - M; y <= j + M; y++) {
            for (long x = i - M; x <= i + M; x++) {
                bool inside = x >= 0 && x < n[0] && y >= 0 && y < n[1] && z >= 0 && z < n[2];
                if (!inside || (x == i && y == j && z == k)) { continue; }
                double d = 0;
                for (long c = -B; c <= B; c++) {
                    for (long b = -B; b <= B; b++) {
                        for (long a = -B; a <= B; a++) {
                            double e = clamped(v, i + a, j + b, k + c) - clamped(v, x + a, y + b, z + c);
                            d += e * e;
                        }
                    }
                }
                double w = exp(-d / size / (2 * s->beta * s->sigma * s->sigma));
                sum += w * clamped(v, x, y, z);
                weights += w;
                largest = fmax(largest, w);
            }
        }
    }
    return (sum + largest * clamped(v, i, j, k)) / (weights + largest);
}

static void non_local_means_is_its_definition(void **state)
{
    (void)state;
    static const size_t dim[3][3] = { { 7, 6, 5 }, { 9, 8, 1 }, { 3, 2, 9 } };
    for (int t = 0; t < 3; t++) {
        rx_volume v = noise(30 + (uint64_t)t, dim[t][0], dim[t][1], dim[t][2]), before = copy_of(&v);
        rx_nlm s = { .patch_radius = t == 1 ? 2 : 1, .search_radius = 3, .sigma = 20, .beta = 0.8 };
        CHECK_OK(rx_denoise_nlm(&v, &s, &err), err);
        for (size_t at = 0; at < voxels(&v); at++) {
            size_t nx = dim[t][0], ny = dim[t][1];
            double want = slow_nlm(&before, &s, (long)(at % nx), (long)(at / nx % ny), (long)(at / nx / ny));
            CHECK_NEAR(v.voxels[at], want, 1e-10, 0);
        }
        rx_volume_free(&v);
        rx_volume_free(&before);
    }
}

static double rms(const rx_volume *a, const rx_volume *b)
{
    double sum = 0;
    for (size_t i = 0; i < voxels(a); i++) { sum += (a->voxels[i] - b->voxels[i]) * (a->voxels[i] - b->voxels[i]); }
    return sqrt(sum / (double)voxels(a));
}

/* Two tissues with white noise: most of the noise goes, and more than with a Gaussian of the best
 * width at the edge between them. */
static void noise_is_measured_and_taken_away(void **state)
{
    (void)state;
    uint64_t seed = 77;
    rx_volume clean = new_volume(32, 32, 12), v = new_volume(32, 32, 12);
    for (size_t i = 0; i < voxels(&v); i++) {
        double x = (double)(i % 32) - 15.5, y = (double)(i / 32 % 32) - 15.5;
        clean.voxels[i] = x * x + y * y < 90 ? 180 : 100;
        v.voxels[i] = clean.voxels[i] + 9 * next_normal(&seed);
    }
    double sigma, best = INFINITY;
    CHECK_OK(rx_noise_sigma(&sigma, &v, &err), err);
    CHECK_NEAR(sigma, 9, 0.15, 0);                 /* every seventh voxel lies beside the edge */
    rx_volume alone = copy_of(&v);
    for (size_t i = 0; i < voxels(&v); i++) { alone.voxels[i] -= clean.voxels[i]; }
    CHECK_OK(rx_noise_sigma(&sigma, &alone, &err), err);
    CHECK_NEAR(sigma, 9, 0.02, 0);
    rx_volume_free(&alone);
    for (double width = 0.4; width < 2; width += 0.2) {
        rx_volume g = copy_of(&v);
        CHECK_OK(rx_denoise_gaussian(&g, width, &err), err);
        best = fmin(best, rms(&g, &clean));
        rx_volume_free(&g);
    }
    rx_nlm s = { .patch_radius = 1, .search_radius = 3, .beta = 1 };
    CHECK_OK(rx_denoise_nlm(&v, &s, &err), err);
    double left = rms(&v, &clean);
    fprintf(stderr, "noise 9: non-local means leaves %.2f, the best Gaussian %.2f\n", left, best);
    assert_true(left < 9.0 / 3);
    assert_true(left < best);
    rx_volume_free(&v);
    rx_volume_free(&clean);
}

static void settings_out_of_range_are_refused(void **state)
{
    (void)state;
    rx_volume v = noise(1, 3, 3, 3), line = new_volume(2, 2, 1);
    rx_nlm s = { .patch_radius = 0, .search_radius = 2, .beta = 1 };
    double sigma;
    assert_int_equal(rx_denoise_median(&v, 0, &err), RX_EINVAL);
    assert_int_equal(rx_denoise_median(&v, 6, &err), RX_EINVAL);
    assert_int_equal(rx_denoise_gaussian(&v, 0, &err), RX_EINVAL);
    assert_int_equal(rx_denoise_gaussian(&v, NAN, &err), RX_EINVAL);
    assert_int_equal(rx_denoise_gaussian(&v, 1e9, &err), RX_EINVAL);
    assert_int_equal(rx_denoise_nlm(&v, &s, &err), RX_EINVAL);
    s.patch_radius = 1;
    s.beta = 0;
    assert_int_equal(rx_denoise_nlm(&v, &s, &err), RX_EINVAL);
    assert_int_equal(rx_noise_sigma(&sigma, &line, &err), RX_ETOOSMALL);
    v.voxels[13] = INFINITY;
    assert_int_equal(rx_denoise_median(&v, 1, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "(1, 1, 1)"));
    rx_volume_free(&v);
    rx_volume_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians_are_those_of_the_sorted_box),
        cmocka_unit_test(medians_take_spikes_and_keep_edges),
        cmocka_unit_test(a_point_becomes_a_gaussian),
        cmocka_unit_test(what_is_constant_stays),
        cmocka_unit_test(non_local_means_is_its_definition),
        cmocka_unit_test(noise_is_measured_and_taken_away),
        cmocka_unit_test(settings_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
