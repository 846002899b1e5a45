/* Images of any small size under settings of all kinds: every box has the bits of the whole, whatever
 * is odd, thin, longer than the image or beyond its edges. Run with sanitizers. */
#include "filtered.h"

enum { ROUNDS = 400, MOST = 9 };

static unsigned below(uint64_t *seed, unsigned n) { return (unsigned)(uniform(seed) * n); }

static rx_filter_settings any_settings(uint64_t *seed)
{
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    unsigned wavelets = 0;
    while (rx_wavelet_name(wavelets)) { wavelets++; }
    for (unsigned i = below(seed, 3); i-- > 0;) {
        s.sigma[s.n_sigma++] = (rx_sigma){ 0.2 + 4 * uniform(seed), false };
    }
    snprintf(s.wavelet, sizeof s.wavelet, "%s", rx_wavelet_name(below(seed, wavelets)));
    s.level = 1 + below(seed, 2);
    s.start_level = below(seed, 2);
    s.gradient_use_spacing = below(seed, 2);
    s.lbp2d_radius = 0.1 + 12 * uniform(seed);
    s.lbp2d_samples = 1 + below(seed, 31);
    s.lbp2d_method = (rx_lbp_method)below(seed, RX_NLBP_METHODS);
    s.lbp3d_levels = 1 + below(seed, 4);
    s.lbp3d_icosphere_radius = 0.1 + 12 * uniform(seed);
    s.lbp3d_icosphere_subdivision = below(seed, 2);
    s.force_2d = below(seed, 2);
    s.force_2d_dimension = below(seed, 3);
    return s;
}

static rx_box any_box(uint64_t *seed, const size_t dim[3])
{
    rx_box b;
    for (int a = 0; a < 3; a++) {
        size_t x = below(seed, (unsigned)dim[a]), y = below(seed, (unsigned)dim[a]);
        b.min[a] = x < y ? x : y;
        b.max[a] = x < y ? y : x;
    }
    return b;
}

static unsigned one_round(uint64_t *seed)
{
    testimage t = image_new(1 + below(seed, MOST), 1 + below(seed, MOST), 1 + below(seed, MOST),
                            0.3 + 2 * uniform(seed), 0.3 + 2 * uniform(seed), 0.3 + 2 * uniform(seed));
    fill_random(&t, *seed);
    uint8_t *label = calloc(grid_size(&t.grid), 1);
    assert_non_null(label);
    for (size_t i = 0; i < grid_size(&t.grid); i++) { label[i] = below(seed, 3) == 0; }
    rx_image image = view_of_image(&t);
    rx_mask mask = { t.grid, label, 1 };
    rx_filter_settings s = any_settings(seed);
    rx_box box = any_box(seed, t.grid.dim);
    rx_scalar as = (rx_scalar)below(seed, 3);
    rx_image_type type = (rx_image_type)below(seed, RX_NIMAGE_TYPES);
    rx_filter *f = NULL, *all = NULL;
    rx_error err = { 0 };
    bool more = false, more_of_all = false;
    unsigned images = 0;
    CHECK_OK(rx_filter_open(&f, &image, as, &mask, &box, type, &s, &err), err);
    CHECK_OK(rx_filter_open(&all, &image, as, &mask, NULL, type, &s, &err), err);
    for (;; images++) {
        rx_filtered part, whole;
        char name[RX_FILTERED_NAME];
        CHECK_OK(rx_filter_next(&more, &part, f, &err), err);
        CHECK_OK(rx_filter_next(&more_of_all, &whole, all, &err), err);
        assert_int_equal(more, more_of_all);
        assert_int_equal(more, rx_filter_image_name(name, type, &s, images));
        if (!more) { break; }
        assert_string_equal(part.name, name);
        assert_int_equal(part.skipped, whole.skipped);
        if (!part.skipped) { check_box(&part, &whole, &box); }
    }
    rx_filter_free(f);
    rx_filter_free(all);
    free(label);
    volume_free(&t);
    return images;
}

static void test_filter__any_image_and_settings(void **state)
{
    (void)state;
    uint64_t seed = 2026;
    unsigned images = 0;
    for (int i = 0; i < ROUNDS; i++) { images += one_round(&seed); }
    printf("%u images\n", images);
    assert_true(images > ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_filter__any_image_and_settings) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
