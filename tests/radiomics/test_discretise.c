/* Grey levels against numpy's rule written out: all edges in an array, then count. */
#include "region.h"
#include "roi.h"

enum { MOST_EDGES = 70000 };

static double edges[MOST_EDGES];

/* numpy.arange(min - min % w, max + 2 w, w) */
static size_t width_edges(double lowest, double highest, double w)
{
    double rest = fmod(lowest, w);
    if (rest < 0) { rest += w; }
    double start = lowest - rest, stop = highest + 2 * w;
    size_t n = (size_t)ceil((stop - start) / w);
    double second = start + w;
    for (size_t i = 0; i < n; i++) { edges[i] = start + (double)i * (second - start); }
    return n;
}

/* numpy.histogram(..., bins)[1], last edge + 1 */
static size_t count_edges(double lowest, double highest, unsigned bins)
{
    if (lowest == highest) {
        lowest -= 0.5;
        highest += 0.5;
    }
    double step = (highest - lowest) / bins;
    for (size_t i = 0; i < bins; i++) { edges[i] = (double)i * step + lowest; }
    edges[bins] = highest + 1;
    return bins + 1;
}

static void check(const double *value, size_t n, double width, unsigned bins)
{
    region r = region_new(grid_of(n, 1, 1, 1, 1, 1));
    double lowest = INFINITY, highest = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        region_set(&r, i, 0, 0, value[i]);
        lowest = fmin(lowest, value[i]);
        highest = fmax(highest, value[i]);
    }
    size_t n_edges = bins ? count_edges(lowest, highest, bins) : width_edges(lowest, highest, width);
    assert_true(n_edges <= MOST_EDGES);

    rx_workspace *ws = rx_workspace_new();
    rx_settings s = any_settings();
    s.bin_width = width;
    s.bin_count = bins;
    rx_image image = { r.grid, RX_F64, r.image };
    rx_mask mask = { r.grid, r.mask, 1 };
    rx_roi roi;
    rx_levels l;
    rx_error err = { 0 };
    CHECK_OK(rx_crop(&roi, &image, &mask, &s, ws, &err), err);
    CHECK_OK(rx_discretise(&l, &roi, &s, ws, &err), err);
    unsigned top = 0, bottom = 65535;
    uint32_t total = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned want = 0;
        while (want < n_edges && edges[want] <= value[i]) { want++; }
        unsigned got = l.voxels[rx_levels_at(&l, i, 0, 0)];
        if (got != want) { fail_msg("%.17g is level %u, expected %u", value[i], got, want); }
        assert_int_equal(l.level[l.dense[got]], got);
        top = want > top ? want : top;
        bottom = want < bottom ? want : bottom;
    }
    for (unsigned g = 0; g < l.present; g++) { total += l.count[g]; }
    assert_int_equal(total, n);
    assert_int_equal(l.highest, top);
    assert_int_equal(l.lowest, bottom);
    rx_workspace_free(ws);
    region_free(&r);
}

static void test_discretise__values_on_edges(void **state)
{
    (void)state;
    double v[200];
    static const double widths[] = { 0.1, 0.3, 1.0 / 3, 25, 0.7 };
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (int i = 0; i < 200; i++) {
            double at = (i - 80) * widths[w];
            v[i] = i % 3 == 0 ? at : i % 3 == 1 ? nextafter(at, -INFINITY) : nextafter(at, INFINITY);
        }
        check(v, 200, widths[w], 0);
        check(v + 81, 100, widths[w], 0);
        check(v, 200, 0, 32);
        check(v, 200, 0, 199);
    }
}

static void test_discretise__random_values(void **state)
{
    (void)state;
    uint64_t seed = 11;
    double v[1000];
    for (int round = 0; round < 40; round++) {
        double scale = pow(10, 6 * next_uniform(&seed) - 3), shift = 100 * (next_uniform(&seed) - 0.5);
        for (int i = 0; i < 1000; i++) { v[i] = scale * (next_uniform(&seed) - 0.5) + shift; }
        check(v, 1000, scale / (1 + 300 * next_uniform(&seed)), 0);
        check(v, 1000, 0, 1 + (unsigned)(300 * next_uniform(&seed)));
    }
}

static void test_discretise__documented_example(void **state)
{
    (void)state;
    const double ct[] = { 54, 75, 100, 124.9, 150, 166 }, flat[] = { 5, 5, 5 };
    check(ct, 6, 25, 0);         /* edges 50, 75, 100, ... as PyRadiomics' manual has it */
    check(flat, 3, 25, 0);
    check(flat, 3, 0, 4);
    check(flat, 3, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discretise__values_on_edges),
        cmocka_unit_test(test_discretise__random_values),
        cmocka_unit_test(test_discretise__documented_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
