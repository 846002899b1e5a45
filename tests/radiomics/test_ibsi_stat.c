/* Statistics, histograms, grey levels and local intensity of the ibsi profile, each beside its
 * definition written out plainly. */
#include "region.h"
#include <radiomics/ibsi.h>

static rx_workspace *ws;

static int setup(void **state) { (void)state; return (ws = rx_workspace_new()) ? 0 : -1; }
static int teardown(void **state) { (void)state; rx_workspace_free(ws); return 0; }

static rx_results measure(const region *r, const rx_ibsi *s, rx_ibsi_trace *t)
{
    rx_results v = { 0 };
    rx_error err;
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    CHECK_OK(rx_ibsi_extract(&v, t, &image, &mask, s, ws, &err), err);
    return v;
}

static rx_ibsi only(unsigned families)
{
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.families = families;
    return s;
}

static double value(const rx_results *v, const char *tag)
{
    const rx_result *r = rx_results_find(v, tag);
    if (!r) { fail_msg("no %s", tag); return 0; }
    return r->value.v;
}

/* A row of voxels with these intensities. */
static region row(const double *x, size_t n)
{
    region r = region_new(grid_of(n, 1, 1, 1, 1, 1));
    for (size_t i = 0; i < n; i++) { region_set(&r, i, 0, 0, x[i]); }
    return r;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at_rank(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    return sorted[i] + (at - (double)i) * (sorted[i + 1 < n ? i + 1 : i] - sorted[i]);
}

static void test_ibsi_stat__definitions(void **state)
{
    (void)state;
    enum { N = 1003 };
    double x[N], y[N], mean = 0, m2 = 0, m3 = 0, m4 = 0, energy = 0, mad = 0, medad = 0, sum = 0, rmad = 0;
    uint64_t seed = 4;
    for (int i = 0; i < N; i++) { y[i] = x[i] = 100 * next_uniform(&seed) * next_uniform(&seed) - 20; }
    qsort(y, N, sizeof *y, ascending);
    double p10 = at_rank(y, N, 0.1), p25 = at_rank(y, N, 0.25), p50 = at_rank(y, N, 0.5);
    double p75 = at_rank(y, N, 0.75), p90 = at_rank(y, N, 0.9), kept = 0;
    for (int i = 0; i < N; i++) { mean += x[i] / N; }
    for (int i = 0; i < N; i++) {
        double d = x[i] - mean;
        m2 += d * d / N;
        m3 += d * d * d / N;
        m4 += d * d * d * d / N;
        energy += x[i] * x[i];
        mad += fabs(d) / N;
        medad += fabs(x[i] - p50) / N;
        if (x[i] >= p10 && x[i] <= p90) { sum += x[i]; kept++; }
    }
    for (int i = 0; i < N; i++) {
        if (x[i] >= p10 && x[i] <= p90) { rmad += fabs(x[i] - sum / kept) / kept; }
    }
    region r = row(x, N);
    rx_ibsi s = only(RX_IBSI_STATISTICS);
    rx_results v = measure(&r, &s, NULL);
    const struct { const char *tag; double want; } w[] = {
        { "stat_mean", mean }, { "stat_var", m2 }, { "stat_skew", m3 / pow(m2, 1.5) },
        { "stat_kurt", m4 / (m2 * m2) - 3 }, { "stat_median", p50 }, { "stat_min", y[0] }, { "stat_p10", p10 },
        { "stat_p90", p90 }, { "stat_max", y[N - 1] }, { "stat_iqr", p75 - p25 },
        { "stat_range", y[N - 1] - y[0] }, { "stat_mad", mad }, { "stat_rmad", rmad }, { "stat_medad", medad },
        { "stat_cov", sqrt(m2) / mean }, { "stat_qcod", (p75 - p25) / (p75 + p25) }, { "stat_energy", energy },
        { "stat_rms", sqrt(energy / N) },
    };
    assert_int_equal(v.n, sizeof w / sizeof *w);
    for (size_t i = 0; i < v.n; i++) { CHECK_NEAR(value(&v, w[i].tag), w[i].want, 1e-11, 1e-13); }
    rx_results_free(&v);
    region_free(&r);
}

/* Negative zero, negative numbers and equal ones: sorted by bits, they must come out as numbers. */
static void test_ibsi_stat__order(void **state)
{
    (void)state;
    const double x[] = { 3, -0.0, -7.5, 1e-300, 0.0, -1e300, 2, 2, -1e-300, 1e300, -7.5 };
    region r = row(x, sizeof x / sizeof *x);
    rx_ibsi s = only(RX_IBSI_STATISTICS);
    rx_results v = measure(&r, &s, NULL);
    CHECK_NEAR(value(&v, "stat_min"), -1e300, 0, 0);
    CHECK_NEAR(value(&v, "stat_max"), 1e300, 0, 0);
    CHECK_NEAR(value(&v, "stat_median"), 0, 0, 0);
    CHECK_NEAR(value(&v, "stat_p90"), 3, 0, 0);
    CHECK_NEAR(value(&v, "stat_p10"), -7.5, 0, 0);
    rx_results_free(&v);
    region_free(&r);
}

/* ---- grey levels --------------------------------------------------------------------------- */

static rx_results levels_of(const double *x, size_t n, rx_ibsi_bins bins, double lowest, rx_ibsi_trace *t)
{
    region r = row(x, n);
    rx_ibsi s = only(RX_IBSI_HISTOGRAM);
    s.bins = bins;
    s.lowest = lowest;
    rx_results v = measure(&r, &s, t);
    region_free(&r);
    return v;
}

static void test_ibsi_stat__bins(void **state)
{
    (void)state;
    const double x[] = { -10, -5, 0, 4.999, 5, 12, 30 };
    rx_ibsi_trace t;
    rx_ibsi_bins size5 = { .by = RX_IBSI_BIN_SIZE, .size = 5 }, four = { .by = RX_IBSI_BIN_NUMBER, .number = 4 };
    /* from the region's minimum: 1 2 3 3 4 5 9 */
    rx_results v = levels_of(x, 7, size5, -INFINITY, &t);
    assert_true(t.grey_levels == 9 && t.bin_origin == -10 && t.bin_size == 5);
    CHECK_NEAR(value(&v, "ih_mean"), 27.0 / 7, 1e-15, 0);
    CHECK_NEAR(value(&v, "ih_mode"), 3, 0, 0);
    rx_results_free(&v);
    /* from the lower bound of the re-segmentation range: 4 5 6 6 7 8 12 */
    v = levels_of(x, 7, size5, -25, &t);
    assert_true(t.grey_levels == 12 && t.bin_origin == -25);
    CHECK_NEAR(value(&v, "ih_min"), 4, 0, 0);
    CHECK_NEAR(value(&v, "ih_mean"), 48.0 / 7, 1e-15, 0);
    rx_results_free(&v);
    /* quarters of 40: 1 1 2 2 2 3 4, the maximum in the last one */
    v = levels_of(x, 7, four, -25, &t);
    assert_true(t.grey_levels == 4 && t.bin_origin == -10 && t.bin_size == 10);
    CHECK_NEAR(value(&v, "ih_mean"), 15.0 / 7, 1e-15, 0);
    CHECK_NEAR(value(&v, "ih_max"), 4, 0, 0);
    rx_results_free(&v);
}

/* 5 2 0 0 9 1 voxels of levels 2 .. 7, none of level 1. */
static void test_ibsi_stat__histogram(void **state)
{
    (void)state;
    const size_t count[8] = { 0, 0, 5, 2, 0, 0, 9, 1 };
    double x[17], *end = x, entropy = 0, uniformity = 0;
    for (int g = 1; g <= 7; g++) {
        for (size_t i = 0; i < count[g]; i++) { *end++ = g; }
        double p = (double)count[g] / 17;
        entropy -= p > 0 ? p * log2(p) : 0;
        uniformity += p * p;
    }
    rx_results v = levels_of(x, 17, (rx_ibsi_bins){ .by = RX_IBSI_NO_BINS }, -INFINITY, NULL);
    /* gradients: 5, 1, -2.5, -1, 4.5, 0.5, -8 */
    const struct { const char *tag; double want; } w[] = {
        { "ih_max_grad", 5 }, { "ih_max_grad_g", 1 }, { "ih_min_grad", -8 }, { "ih_min_grad_g", 7 },
        { "ih_mode", 6 }, { "ih_entropy", entropy }, { "ih_uniformity", uniformity }, { "ih_median", 6 },
        { "ih_p10", 2 }, { "ih_p90", 6 }, { "ih_mean", 77.0 / 17 }, { "ih_range", 5 }, { "ih_iqr", 4 },
    };
    for (size_t i = 0; i < sizeof w / sizeof *w; i++) { CHECK_NEAR(value(&v, w[i].tag), w[i].want, 1e-14, 0); }
    rx_results_free(&v);
    /* equally frequent levels: the one nearest to the mean, of two equally near the lower */
    const double tie[] = { 1, 1, 4, 4, 9, 9 }, even[] = { 2, 2, 6, 6 };
    v = levels_of(tie, 6, (rx_ibsi_bins){ .by = RX_IBSI_NO_BINS }, -INFINITY, NULL);
    CHECK_NEAR(value(&v, "ih_mode"), 4, 0, 0);
    rx_results_free(&v);
    v = levels_of(even, 4, (rx_ibsi_bins){ .by = RX_IBSI_NO_BINS }, -INFINITY, NULL);
    CHECK_NEAR(value(&v, "ih_mode"), 2, 0, 0);
    rx_results_free(&v);
}

/* ---- intensity-volume histogram ------------------------------------------------------------ */

/* The curve's points one by one: intensity g[i], and level[i] or x itself compared to it. */
static void plain_ivh(double out[7], const double *g, size_t points, double lo, double hi, const double *level,
                      const double *at, size_t n)
{
    double nu_before = 0, v[2] = { 0, 0 }, i_[2] = { NAN, NAN }, area = 0;
    for (size_t p = points; p-- > 0;) {
        double nu = 0, gamma = (g[p] - lo) / (hi - lo);
        for (size_t x = 0; x < n; x++) { nu += (level[x] >= at[p]) / (double)n; }
        if (gamma >= 0.1) { v[0] = nu; }
        if (gamma >= 0.9) { v[1] = nu; }
        if (nu <= 0.1 + 1e-12) { i_[0] = g[p]; }
        if (nu <= 0.9 + 1e-12) { i_[1] = g[p]; }
        if (p + 1 < points) { area += (nu + nu_before) / 2 * (g[p + 1] - g[p]) / (hi - lo); }
        nu_before = nu;
    }
    const double all[7] = { v[0], v[1], i_[0], i_[1], v[0] - v[1], i_[0] - i_[1], area };
    memcpy(out, all, sizeof all);
}

static void check_ivh(const region *r, const rx_ibsi *s, const double want[7])
{
    static const char *const tag[] = { "ivh_v10", "ivh_v90", "ivh_i10", "ivh_i90", "ivh_diff_v10_v90",
                                       "ivh_diff_i10_i90", "ivh_auc" };
    rx_results v = measure(r, s, NULL);
    assert_int_equal(v.n, 7);
    for (int i = 0; i < 7; i++) { CHECK_NEAR(value(&v, tag[i]), want[i], 1e-11, 1e-12); }
    rx_results_free(&v);
}

static void test_ibsi_stat__ivh(void **state)
{
    (void)state;
    enum { N = 333, MOST = 1200 };
    double x[N], level[N], g[MOST], at[MOST], want[7];
    uint64_t seed = 9;
    for (int i = 0; i < N; i++) { x[i] = floor(300 * next_uniform(&seed) * next_uniform(&seed)) - 40; }
    region r = row(x, N);
    rx_ibsi s = only(RX_IBSI_IVH);
    s.lowest = -50;
    s.highest = 350;
    /* as they are: every whole number of the range */
    for (int i = 0; i < 401; i++) { g[i] = at[i] = i - 50; }
    plain_ivh(want, g, 401, -50, 350, x, at, N);
    check_ivh(&r, &s, want);
    /* bins of 2.5: their centres; the last one begins at the upper bound */
    s.ivh_bins = (rx_ibsi_bins){ .by = RX_IBSI_BIN_SIZE, .size = 2.5 };
    for (int i = 0; i < N; i++) { level[i] = floor((x[i] + 50) / 2.5) + 1; }
    for (int i = 0; i < 161; i++) { g[i] = -50 + 2.5 * (i + 0.5); at[i] = i + 1; }
    plain_ivh(want, g, 161, g[0], g[160], level, at, N);
    check_ivh(&r, &s, want);
    /* 1,000 bins: their numbers */
    s.ivh_bins = (rx_ibsi_bins){ .by = RX_IBSI_BIN_NUMBER, .number = 1000 };
    double lo = x[0], hi = x[0];
    for (int i = 0; i < N; i++) { lo = fmin(lo, x[i]); hi = fmax(hi, x[i]); }
    for (int i = 0; i < N; i++) { level[i] = fmin(1000, floor(1000 * ((x[i] - lo) / (hi - lo))) + 1); }
    for (int i = 0; i < 1000; i++) { g[i] = at[i] = i + 1; }
    plain_ivh(want, g, 1000, 1, 1000, level, at, N);
    check_ivh(&r, &s, want);
    region_free(&r);
}

/* Intensities that are no whole numbers, as they are: only those that occur. */
static void test_ibsi_stat__ivh_of_any_numbers(void **state)
{
    (void)state;
    enum { N = 50 };
    double x[N], sorted[N], want[7];
    uint64_t seed = 2;
    for (int i = 0; i < N; i++) { sorted[i] = x[i] = next_uniform(&seed) - 0.5; }
    qsort(sorted, N, sizeof *sorted, ascending);
    region r = row(x, N);
    rx_ibsi s = only(RX_IBSI_IVH);
    plain_ivh(want, sorted, N, sorted[0], sorted[N - 1], x, sorted, N);
    check_ivh(&r, &s, want);
    region_free(&r);
}

/* ---- local intensity ------------------------------------------------------------------------ */

static double sphere_mean(const region *r, size_t i, size_t j, size_t k)
{
    double sum = 0, n = 0, reach = cbrt(3 / (4 * 3.14159265358979323846)) * 10;
    const size_t *dim = r->grid.dim;
    for (size_t at = 0; at < region_size(r); at++) {
        double x = ((double)(at % dim[0]) - (double)i) * r->grid.spacing_mm[0];
        double y = ((double)(at / dim[0] % dim[1]) - (double)j) * r->grid.spacing_mm[1];
        double z = ((double)(at / dim[0] / dim[1]) - (double)k) * r->grid.spacing_mm[2];
        if (x * x + y * y + z * z > reach * reach || !isfinite(r->image[at])) { continue; }
        sum += r->image[at];
        n++;
    }
    return sum / n;
}

static void test_ibsi_stat__local_intensity(void **state)
{
    (void)state;
    const double spacing[][3] = { { 1, 1.2, 3 }, { 2, 2, 2 }, { 6.5, 0.9, 7 }, { 9, 9, 9 } };
    for (int c = 0; c < 4; c++) {
        region r = random_blob(11 + (uint64_t)c, grid_of(17, 15, 12, spacing[c][0], spacing[c][1], spacing[c][2]), 90);
        double highest = -INFINITY, local = -INFINITY, global = -INFINITY;
        uint64_t seed = 3;
        r.image[0] = (double)NAN;                     /* outside: counts for no sphere */
        for (size_t at = 0; at < region_size(&r); at++) {
            r.image[at] = floor(r.image[at]) + (next_uniform(&seed) < 0.05 ? 200 : 0);
            if (r.mask[at]) { highest = fmax(highest, fmin(r.image[at], 250)); }
        }
        for (size_t at = 0; at < region_size(&r); at++) {
            if (!r.mask[at]) { continue; }
            r.image[at] = fmin(r.image[at], 250);     /* several voxels share the maximum */
        }
        for (size_t at = 0; at < region_size(&r); at++) {
            const size_t *dim = r.grid.dim;
            if (!r.mask[at]) { continue; }
            double m = sphere_mean(&r, at % dim[0], at / dim[0] % dim[1], at / dim[0] / dim[1]);
            global = fmax(global, m);
            if (r.image[at] == highest) { local = fmax(local, m); }
        }
        rx_ibsi s = only(RX_IBSI_LOCAL);
        rx_results v = measure(&r, &s, NULL);
        CHECK_NEAR(value(&v, "loc_peak_loc"), local, 1e-12, 1e-12);
        CHECK_NEAR(value(&v, "loc_peak_glob"), global, 1e-12, 1e-12);
        rx_results_free(&v);
        region_free(&r);
    }
}

/* ---- composition ------------------------------------------------------------------------------ */

static void test_ibsi_stat__families_and_suffix(void **state)
{
    (void)state;
    region r = random_blob(2, grid_of(14, 13, 12, 1, 1, 2), 90);
    rx_ibsi s = only(RX_IBSI_ALL_FAMILIES);
    s.texture.aggregations = RX_IBSI_ALL_AGGREGATIONS;
    rx_results all = measure(&r, &s, NULL);
    assert_int_equal(all.n, 487);
    for (size_t i = 0; i < all.n; i++) {
        for (size_t j = 0; j < i; j++) { assert_string_not_equal(all.v[i].name, all.v[j].name); }
    }
    /* a family alone has the values that it has among all */
    for (unsigned f = 0; f < 11; f++) {
        s.families = 1u << f;
        rx_results one = measure(&r, &s, NULL);
        assert_true(one.n > 0);
        for (size_t i = 0; i < one.n; i++) {
            CHECK_NEAR(one.v[i].value.v, value(&all, one.v[i].name), 0, 0);
        }
        rx_results_free(&one);
    }
    rx_ibsi_prepared p;
    rx_error err;
    rx_image image = { r.grid, RX_F64, r.image };
    rx_mask mask = { r.grid, r.mask, 1 };
    s.families = RX_IBSI_STATISTICS | RX_IBSI_GLCM;
    CHECK_OK(rx_ibsi_prepare(&p, NULL, &image, &mask, &s, &err), err);
    rx_results named_ = { 0 };
    CHECK_OK(rx_ibsi_features(&named_, NULL, &p, &s, "_log3", ws, &err), err);
    assert_non_null(rx_results_find(&named_, "stat_mean_log3"));
    assert_non_null(rx_results_find(&named_, "cm_contrast_3D_avg_log3"));
    assert_null(rx_results_find(&named_, "stat_mean"));
    rx_results_free(&named_);
    rx_ibsi_prepared_free(&p);
    rx_results_free(&all);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ibsi_stat__definitions),
        cmocka_unit_test(test_ibsi_stat__order),
        cmocka_unit_test(test_ibsi_stat__bins),
        cmocka_unit_test(test_ibsi_stat__histogram),
        cmocka_unit_test(test_ibsi_stat__ivh),
        cmocka_unit_test(test_ibsi_stat__ivh_of_any_numbers),
        cmocka_unit_test(test_ibsi_stat__local_intensity),
        cmocka_unit_test(test_ibsi_stat__families_and_suffix),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
