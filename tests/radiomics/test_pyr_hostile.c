/* Small strange images under settings drawn at random: an answer or a refusal with a message, the
 * same one each time, and never a crash. */
#include "pyr.h"
#include "region.h"

static uint32_t seed;
static unsigned draw(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static double between(double lo, double hi) { return lo + (hi - lo) * draw(10001) / 10000.0; }

static region make(void)
{
    static const double dims[] = { 1, 1, 2, 3, 5, 8, 13 };
    size_t n[3];
    double mm[3];
    for (int a = 0; a < 3; a++) {
        n[a] = (size_t)dims[draw(7)];
        mm[a] = between(0.3, 4);
    }
    region r = region_new(grid_of(n[0], n[1], n[2], mm[0], mm[1], mm[2]));
    double turn = draw(2) ? between(-3, 3) : 0;
    const double d[9] = { cos(turn), -sin(turn), 0, sin(turn), cos(turn), 0, 0, 0, draw(2) ? 1 : -1 };
    memcpy(r.grid.direction, d, sizeof d);
    unsigned kind = draw(6), share = 1 + draw(4);
    for (size_t i = 0; i < region_size(&r); i++) {
        r.image[i] = kind == 0 ? 7 : kind == 1 ? draw(2) * 1000 : kind == 2 ? between(-1e-3, 1e-3)
                     : kind == 3 ? between(-1e5, 1e5) : (double)draw(4096) - 1024;
        r.mask[i] = draw(share) == 0;
    }
    if (kind == 5) { r.image[draw((unsigned)region_size(&r))] = draw(2) ? (double)NAN : (double)INFINITY; }
    return r;
}

static void settings(rx_pyradiomics *s)
{
    rx_error err = { 0 };
    rx_pyradiomics_default(s);
    rx_settings *f = &s->base.features;
    f->bin_width = between(0.5, 100);
    f->bin_count = draw(3) ? 0 : 1 + draw(64);
    f->force_2d = draw(3) == 0;
    f->force_2d_dimension = draw(3);
    f->weighting_norm = (rx_norm)draw(RX_NNORMS);
    f->minimum_roi_dimensions = 1 + draw(3);
    f->distances[0] = 1 + draw(3);
    s->pixel = (rx_pixel)draw(RX_PIXEL_F64 + 1);
    s->normalize = draw(4) == 0;
    s->normalize_scale = between(0.1, 100);
    s->remove_outliers = draw(2) ? 0 : between(0.1, 3);
    s->resample = draw(2);
    s->interpolator = (rx_interpolator)draw(11);
    for (int a = 0; a < 3; a++) { s->spacing_mm[a] = draw(4) ? between(0.4, 6) : 0; }
    s->pad_distance = draw(7);
    s->pre_crop = draw(2);
    s->correct_mask = draw(2);
    s->n_resegment = draw(3);
    s->resegment_mode = (rx_resegment)draw(3);
    for (int i = 0; i < 2; i++) { s->resegment_range[i] = between(-3, 3) * (s->resegment_mode == 0 ? 500 : 1); }
    s->resegment_shape = draw(2);
    s->shape_in_resegmented_box = draw(2);
    for (int i = 0; i < RX_PYR_NSHAPE2D; i++) { s->shape2d[i] = true; }
    for (int i = 0; i < RX_NDEPRECATED; i++) { s->deprecated[i] = draw(2); }
    s->n_images = 0;
    for (int i = 0; i < RX_NIMAGE_TYPES; i++) {
        if (draw(3)) { continue; }
        rx_pyr_image *image = rx_pyradiomics_add_image(s, (rx_image_type)i, &err);
        assert_non_null(image);
        CHECK_OK(rx_pyr_add_sigma(&image->own, between(0.2, 5), draw(2), &err), err);
    }
}

static int extract(rx_results *out, rx_trace *t, const region *r, const rx_grid *mask_grid,
                   const rx_pyradiomics *s, rx_workspace *ws, rx_error *err)
{
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { *mask_grid, r->mask, 1 };
    rx_results_clear(out);
    *err = (rx_error){ 0 };
    return rx_pyradiomics_extract(out, t, &image, &mask, s, ws, err);
}

static void test_hostile__random(void **state)
{
    (void)state;
    static rx_pyradiomics s;
    static rx_trace t;
    rx_workspace *ws = rx_workspace_new();
    rx_results a = { 0 }, b = { 0 };
    rx_error err, again;
    unsigned done = 0, refused = 0;
    for (seed = 1; done + refused < 400;) {
        uint32_t this_one = seed;
        region r = make();
        settings(&s);
        rx_grid grid = r.grid;
        if (draw(5) == 0) { grid.origin_mm[draw(3)] += between(-2, 2); }
        int rc = extract(&a, &t, &r, &grid, &s, ws, &err);
        int twice = extract(&b, NULL, &r, &grid, &s, ws, &again);
        if (rc != twice || a.n != b.n) { fail_msg("seed %u: %d then %d", this_one, rc, twice); }
        if (rc != RX_OK) {
            assert_in_range(rc, RX_EINVAL, RX_EGRID);
            assert_true(rc != RX_ENOMEM && strlen(err.msg) > 10);
            assert_int_equal(a.n, 0);
        }
        for (size_t i = 0; i < a.n; i++) {
            bool same = a.v[i].value.v == b.v[i].value.v || (isnan(a.v[i].value.v) && isnan(b.v[i].value.v));
            if (!same || isinf(a.v[i].value.v)) { fail_msg("seed %u: %s", this_one, a.v[i].name); }
        }
        done += rc == RX_OK;
        refused += rc != RX_OK;
        region_free(&r);
    }
    printf("%u measured, %u refused\n", done, refused);
    assert_true(done > 50 && refused > 50);
    rx_results_free(&a);
    rx_results_free(&b);
    rx_workspace_free(ws);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_hostile__random) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
