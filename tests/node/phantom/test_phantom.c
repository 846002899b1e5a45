/* Artificial patients before they become files: same seed, same voxels; analytic volumes;
 * outlines that enclose exactly the tumour's voxels; parameters that do what they say. */
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "base/hash.h"
#include "pipeline/noise.h"
#include "pipeline/outline.h"
#include "pipeline/phantom.h"

static const double pi = 3.14159265358979323846;

/* A smooth ellipsoid in a small volume of fine voxels. */
static pn_phantom_params ellipsoid(void)
{
    pn_phantom_params p;
    pn_phantom_draw(&p, 5, PN_PHANTOM_SMALL);
    p.irregularity = 0;
    p.tumour_semiaxis_mm[0] = 24;
    p.tumour_semiaxis_mm[1] = 20;
    p.tumour_semiaxis_mm[2] = 28;
    return p;
}

static pn_phantom made(const pn_phantom_params *p)
{
    pn_phantom ph = {0};
    pn_error err = {0};
    CHECK_OK(pn_phantom_make(&ph, p, &err), err);
    return ph;
}

static size_t voxels(const pn_phantom *ph)
{
    return ph->grid.dim[0] * ph->grid.dim[1] * ph->grid.dim[2];
}

static void test_noise__has_the_moments_it_claims(void **state)
{
    (void)state;
    double sum = 0, squares = 0, field_sum = 0, field_squares = 0;
    const int n = 200000;
    for (int i = 0; i < n; i++) {
        double v = pn_noise_normal(pn_noise_key(1, i, 0, 0));
        double f = pn_noise_field(2, 1.37 * i, 0.71 * i, -2.3 * i);
        assert_true(fabs(v) < 3.47);
        sum += v;
        squares += v * v;
        field_sum += f;
        field_squares += f * f;
    }
    CHECK_NEAR(sum / n, 0, 0, 0.01);
    CHECK_NEAR(squares / n, 1, 0.01, 0);
    CHECK_NEAR(field_sum / n, 0, 0, 0.01);
    CHECK_NEAR(field_squares / n, 1, 0.015, 0);
    /* On a lattice point the field is the lattice's own value, and it is continuous there. */
    double at = pn_noise_field(3, 5, -4, 2);
    CHECK_NEAR(at, pn_noise_normal(pn_noise_key(3, 5, -4, 2)), 1e-12, 0);
    CHECK_NEAR(pn_noise_field(3, 5 - 1e-7, -4, 2), at, 0, 1e-5);
}

/* The first output of SplitMix64 for seed 0 and 1234567 (published with the generator). */
static void test_noise__is_splitmix64(void **state)
{
    (void)state;
    assert_true(pn_noise_hash(0) == 0xe220a8397b1dcdafULL);
    assert_true(pn_noise_hash(1234567) == 6457827717110365317ULL);
}

/* The same bytes on every machine: the digest was taken once, on x86-64 with GCC 12. */
static void test_phantom__same_seed_same_voxels(void **state)
{
    (void)state;
    pn_phantom_params p;
    pn_phantom_draw(&p, 42, PN_PHANTOM_SMALL);
    pn_phantom a = made(&p), b = made(&p);
    assert_memory_equal(a.hu, b.hu, voxels(&a) * sizeof *a.hu);
    assert_memory_equal(a.mask, b.mask, voxels(&a));
    uint8_t digest[PN_SHA256_SIZE];
    char hex[65];
    pn_error err = {0};
    CHECK_OK(pn_sha256_of(digest, a.hu, voxels(&a) * sizeof *a.hu, &err), err);
    pn_hex(hex, digest, sizeof digest);
    assert_string_equal(hex, "0c36664b30955f2a7b6c242f11e0241baf5c418c503617cfab40ffef0137203a");
    pn_phantom_free(&b);
    pn_phantom_draw(&p, 43, PN_PHANTOM_SMALL);
    b = made(&p);
    assert_memory_not_equal(a.hu, b.hu, voxels(&a) * sizeof *a.hu);
    pn_phantom_free(&a);
    pn_phantom_free(&b);
}

static void test_phantom__smooth_tumour_has_the_ellipsoids_volume(void **state)
{
    (void)state;
    const pn_phantom_params p = ellipsoid();
    pn_phantom ph = made(&p);
    double volume = (double)ph.tumour_voxels * 2.5 * 2.5 * 3.0;
    CHECK_NEAR(volume, 4.0 / 3.0 * pi * 24 * 20 * 28, 0.01, 0);
    pn_phantom_free(&ph);
}

/* E[(1 + irregularity * s)^3] = 1 + 3 irregularity^2 for s of mean 0 and variance 1. */
static void test_phantom__drawn_size_does_not_follow_irregularity(void **state)
{
    (void)state;
    double ratio[2] = {0, 0};
    for (uint64_t seed = 1; seed <= 24; seed++) {
        for (int uneven = 0; uneven < 2; uneven++) {
            pn_phantom_params p;
            pn_phantom_draw(&p, seed, PN_PHANTOM_SMALL);
            double growth = 1 + 3 * p.irregularity * p.irregularity;
            double volume = 4.0 / 3.0 * pi * p.tumour_semiaxis_mm[0] * p.tumour_semiaxis_mm[1] *
                            p.tumour_semiaxis_mm[2] * growth;
            if (!uneven) { p.irregularity = 0; }
            pn_phantom ph = made(&p);
            ratio[uneven] += (double)ph.tumour_voxels * 2.5 * 2.5 * 3.0 / volume / 24;
            pn_phantom_free(&ph);
        }
    }
    CHECK_NEAR(ratio[1], 1, 0, 0.15);
    assert_true(ratio[0] < ratio[1] + 0.1);
}

/* Even-odd rule over the polygons of one slice. */
static bool inside(const pn_phantom *ph, size_t k, double x, double y)
{
    bool in = false;
    for (size_t i = 0; i < ph->n_tumour; i++) {
        const pn_polygon *p = &ph->tumour[i];
        if (p->slice != k) { continue; }
        for (size_t a = 0, b = p->n - 1; a < p->n; b = a++) {
            const double *u = p->xy_mm + 2 * a, *v = p->xy_mm + 2 * b;
            if ((u[1] > y) != (v[1] > y) && x < (v[0] - u[0]) * (y - u[1]) / (v[1] - u[1]) + u[0]) { in = !in; }
        }
    }
    return in;
}

static void test_phantom__outlines_enclose_exactly_the_tumours_voxels(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        pn_phantom_params p;
        pn_phantom_draw(&p, seed, PN_PHANTOM_SMALL);
        p.irregularity = 0.4;
        for (int a = 0; a < 3; a++) { p.tumour_semiaxis_mm[a] *= 0.8; }
        pn_phantom ph = made(&p);
        const size_t w = ph.grid.dim[0], h = ph.grid.dim[1];
        size_t wrong = 0;
        for (size_t k = 0; k < ph.grid.dim[2]; k++) {
            for (size_t n = 0; n < w * h; n++) {
                double x = ph.grid.origin_mm[0] + (double)(n % w) * 2.5;
                double y = ph.grid.origin_mm[1] + (double)(n / w) * 2.5;
                wrong += inside(&ph, k, x, y) != (ph.mask[k * w * h + n] == 1);
            }
        }
        assert_int_equal(wrong, 0);
        pn_phantom_free(&ph);
    }
}

/* Diagonal neighbours, a hole, a region at the rim: closed, finite steps, nothing twice. */
static void test_outline__saddles_holes_and_rims(void **state)
{
    (void)state;
    static const struct { const char *picture; size_t w, h, polygons; } cases[] = {
        {"#..#" ".##." ".##." "#..#", 4, 4, 5},
        {"#####" "#...#" "#.#.#" "#...#" "#####", 5, 5, 3},
        {"#.#" ".#." "#.#", 3, 3, 5},
        {"#", 1, 1, 1},
        {"....", 2, 2, 0},
    };
    static const double origin[2] = {-10, 5}, spacing[2] = {0.75, 1.5};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        double field[25];
        for (size_t i = 0; i < cases[c].w * cases[c].h; i++) { field[i] = cases[c].picture[i] == '#' ? -1 : 1; }
        pn_outline o = {0};
        pn_error err = {0};
        CHECK_OK(pn_outline_add(&o, field, cases[c].w, cases[c].h, 3, origin, spacing, &err), err);
        assert_int_equal(o.n, cases[c].polygons);
        for (size_t i = 0; i < o.n; i++) {
            const pn_polygon *p = &o.polygons[i];
            assert_int_equal(p->slice, 3);
            assert_true(p->n >= 4);
            for (size_t a = 0; a < p->n; a++) {
                const double *u = p->xy_mm + 2 * a, *v = p->xy_mm + 2 * ((a + 1) % p->n);
                assert_true(fabs(u[0] - v[0]) < 0.76 && fabs(u[1] - v[1]) < 1.51);
            }
        }
        pn_polygons_free(o.polygons, o.n);
    }
}

static void test_phantom__body_outline_is_a_closed_ellipse(void **state)
{
    (void)state;
    const pn_phantom_params p = ellipsoid();
    pn_phantom ph = made(&p);
    assert_int_equal(ph.n_body, 40);
    for (size_t k = 0; k < ph.body[7].n; k++) {
        const double *xy = ph.body[7].xy_mm + 2 * k;
        CHECK_NEAR(pow(xy[0] / (0.42 * 320), 2) + pow(xy[1] / (0.30 * 320), 2), 1, 1e-12, 0);
        CHECK_NEAR(xy[0], 0.42 * 320 * cos(2 * pi * (double)k / 100), 0, 1e-10);
    }
    pn_phantom_free(&ph);
}

static void tumour_moments(double *mean, double *sd, const pn_phantom *ph)
{
    double sum = 0, squares = 0, n = (double)ph->tumour_voxels;
    for (size_t i = 0; i < voxels(ph); i++) {
        if (ph->mask[i]) {
            sum += ph->hu[i];
            squares += (double)ph->hu[i] * ph->hu[i];
        }
    }
    *mean = sum / n;
    *sd = sqrt(squares / n - *mean * *mean);
}

static void test_phantom__parameters_act_on_the_tumour(void **state)
{
    (void)state;
    pn_phantom_params p = ellipsoid();
    double mean, sd;
    p.necrotic_fraction = p.noise_hu = p.heterogeneity_hu = 0;
    p.tumour_hu = 300;
    pn_phantom ph = made(&p);
    size_t middle = 0;
    for (size_t i = 0; i < voxels(&ph); i++) { middle += ph.mask[i] && ph.hu[i] == 300; }
    assert_true(middle > ph.tumour_voxels / 2);          /* only the blurred rim differs */
    pn_phantom_free(&ph);
    p.tumour_hu = 42;                                    /* as the tissue around it       */
    p.heterogeneity_hu = 50;
    p.correlation_mm = 6;                                /* many patches: the mean is steady */
    ph = made(&p);
    tumour_moments(&mean, &sd, &ph);
    CHECK_NEAR(mean, 42, 0, 15);
    assert_true(sd > 25 && sd < 60);                     /* the blur takes part of the 50 */
    pn_phantom_free(&ph);
    p.heterogeneity_hu = 0;
    p.noise_hu = 20;
    ph = made(&p);
    tumour_moments(&mean, &sd, &ph);
    CHECK_NEAR(sd, 20, 0.1, 0);
    pn_phantom_free(&ph);
    p.noise_hu = 0;
    p.tumour_hu = 212;
    p.necrotic_hu = 12;
    p.necrotic_fraction = 0.3;
    ph = made(&p);
    size_t core = 0;
    for (size_t i = 0; i < voxels(&ph); i++) { core += ph.mask[i] && ph.hu[i] < 112; }
    CHECK_NEAR((double)core / (double)ph.tumour_voxels, 0.3, 0, 0.06);
    pn_phantom_free(&ph);
}

static void test_phantom__refuses_bad_parameters(void **state)
{
    (void)state;
    const pn_phantom_params good = ellipsoid();
    pn_phantom_params bad[7];
    for (size_t i = 0; i < 7; i++) { bad[i] = good; }
    bad[0].dim[1] = 2000;
    bad[1].spacing_mm[2] = NAN;
    bad[2].irregularity = 0.9;
    bad[3].tumour_semiaxis_mm[2] = 80;
    bad[4].tumour_centre_mm[0] = 120;
    bad[5].correlation_mm = 0;
    bad[6].tumour_centre_mm[2] = -500;
    static const char *const message[] = {"dim[1] is 2000", "spacing_mm[2]", "irregularity is 0.9", "volume's end",
                                          "leaves the body", "correlation_mm is 0", "holds no voxel"};
    for (size_t i = 0; i < 7; i++) {
        pn_phantom ph = {0};
        pn_error err = {0};
        assert_int_equal(pn_phantom_make(&ph, &bad[i], &err), PN_EINVAL);
        if (strstr(err.msg, message[i]) == NULL) { fail_msg("\"%s\" does not say \"%s\"", err.msg, message[i]); }
        assert_null(ph.hu);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise__has_the_moments_it_claims),
        cmocka_unit_test(test_noise__is_splitmix64),
        cmocka_unit_test(test_phantom__same_seed_same_voxels),
        cmocka_unit_test(test_phantom__smooth_tumour_has_the_ellipsoids_volume),
        cmocka_unit_test(test_phantom__drawn_size_does_not_follow_irregularity),
        cmocka_unit_test(test_phantom__outlines_enclose_exactly_the_tumours_voxels),
        cmocka_unit_test(test_outline__saddles_holes_and_rims),
        cmocka_unit_test(test_phantom__body_outline_is_a_closed_ellipse),
        cmocka_unit_test(test_phantom__parameters_act_on_the_tumour),
        cmocka_unit_test(test_phantom__refuses_bad_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
