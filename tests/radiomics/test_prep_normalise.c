/* Normalisation and thresholds: what must hold of the result, whatever the image. */
#include "prep.h"
#include "prep_volume.h"

static rx_volume skewed(uint64_t seed, double scale, double shift)
{
    rx_volume v = new_volume(9, 8, 7);
    for (size_t i = 0; i < voxels(&v); i++) {
        double u = next_uniform(&seed);
        v.voxels[i] = shift + scale * u * u * u;
    }
    return v;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Against a full sort, with ties, in one pass of many percentiles. */
static void percentiles_are_those_of_the_sorted_values(void **state)
{
    (void)state;
    static const double q[] = { 0, 1, 10, 25, 50, 50.5, 99, 99.9, 100 };
    enum { N_Q = sizeof q / sizeof *q };
    uint64_t seed = 3;
    for (size_t n = 1; n < 400; n = n * 2 + 1) {
        for (int levels = 2; levels < 2000; levels *= 9) {
            double *v = malloc(n * sizeof *v), *sorted = malloc(n * sizeof *v), out[N_Q];
            assert_true(v && sorted);
            for (size_t i = 0; i < n; i++) { v[i] = sorted[i] = floor(next_uniform(&seed) * levels); }
            qsort(sorted, n, sizeof *sorted, by_value);
            rx_prep_percentiles(out, q, N_Q, v, n);
            for (int p = 0; p < N_Q; p++) {
                double at = q[p] / 100 * (double)(n - 1);
                size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;
                double want = sorted[low] + (sorted[high] - sorted[low]) * (at - (double)low);
                CHECK_NEAR(out[p], want, 1e-12, 1e-12);
            }
            free(v);
            free(sorted);
        }
    }
}

static void ranks_of_values_that_defy_the_pivot(void **state)
{
    (void)state;
    enum { N = 5000 };
    double *v = malloc(N * sizeof *v);
    assert_non_null(v);
    for (size_t shape = 0; shape < 4; shape++) {
        for (size_t r = 0; r < N; r += 617) {
            for (size_t i = 0; i < N; i++) {           /* a permutation of 0 .. N - 1 each */
                size_t x = shape == 0 ? i : shape == 1 ? N - 1 - i
                         : shape == 2 ? (i % 2 ? i / 2 : N - 1 - i / 2) : (i < N / 2 ? 2 * i : 2 * (N - 1 - i) + 1);
                v[i] = (double)x;
            }
            CHECK_NEAR(rx_prep_select(v, N, r), (double)r, 0, 0);
            for (size_t i = 0; i < N; i++) { assert_true(i < r ? v[i] < v[r] : v[i] >= v[r]); }
        }
    }
    free(v);
}

static void z_score_has_mean_0_and_sd_1_where_it_was_taken(void **state)
{
    (void)state;
    rx_volume v = skewed(1, 900, -200);
    rx_region r = new_region(&v);
    double sum = 0, squares = 0, n = 0;
    for (size_t i = 0; i < voxels(&v); i++) { r.voxels[i] = i % 3 == 0; }
    rx_volume before = copy_of(&v);
    CHECK_OK(rx_normalise_z(&v, &r, 50, &err), err);
    for (size_t i = 0; i < voxels(&v); i += 3, n++) { sum += v.voxels[i]; }
    for (size_t i = 0; i < voxels(&v); i += 3) { squares += (v.voxels[i] - sum / n) * (v.voxels[i] - sum / n); }
    CHECK_NEAR(sum / n, 0, 0, 1e-12);
    CHECK_NEAR(sqrt(squares / (n - 1)), 50, 1e-13, 0);
    /* voxels outside move along: the map is one line */
    double slope = (v.voxels[1] - v.voxels[0]) / (before.voxels[1] - before.voxels[0]);
    CHECK_NEAR(v.voxels[4] - v.voxels[0], slope * (before.voxels[4] - before.voxels[0]), 1e-10, 0);
    rx_volume_free(&v);
    rx_volume_free(&before);
    rx_region_free(&r);
}

static void percentiles_come_to_lie_where_they_are_asked_to(void **state)
{
    (void)state;
    static const double from[2] = { 5, 95 }, to[2] = { -1, 3 };
    for (int clip = 0; clip < 2; clip++) {
        rx_volume v = skewed(2, 300, 40);
        CHECK_OK(rx_normalise_percentile(&v, NULL, from, to, clip, &err), err);
        double *x = NULL, got[2], lowest = INFINITY, highest = -INFINITY;
        size_t n;
        for (size_t i = 0; i < voxels(&v); i++) {
            lowest = fmin(lowest, v.voxels[i]);
            highest = fmax(highest, v.voxels[i]);
        }
        CHECK_OK(rx_prep_values(&x, &n, &v, NULL, &err), err);
        rx_prep_percentiles(got, from, 2, x, n);
        if (!clip) {                       /* else one of the two voxels beside it has moved */
            CHECK_NEAR(got[0], -1, 1e-12, 0);
            CHECK_NEAR(got[1], 3, 1e-12, 0);
        }
        assert_true(clip ? lowest == -1 && highest == 3 : lowest < -1 && highest > 3);
        free(x);
        rx_volume_free(&v);
    }
}

/* Images that differ by scale and shift only come out equal, and keep their order. */
static void histogram_matching_undoes_scale_and_shift(void **state)
{
    (void)state;
    rx_landmarks l;
    rx_landmarks_default(&l);
    for (uint64_t s = 10; s < 14; s++) {
        rx_volume v = skewed(s, 100 * (double)s, (double)s);
        CHECK_OK(rx_landmarks_learn(&l, &v, NULL, &err), err);
        rx_volume_free(&v);
    }
    assert_int_equal(l.images, 4);
    CHECK_OK(rx_landmarks_check(&l, &err), err);
    rx_volume a = skewed(20, 700, 0), b = skewed(20, 31, 5000), first = copy_of(&a);
    CHECK_OK(rx_normalise_histogram(&a, NULL, &l, &err), err);
    CHECK_OK(rx_normalise_histogram(&b, NULL, &l, &err), err);
    double *x = NULL, got[RX_MAX_LANDMARKS];
    size_t n;
    CHECK_OK(rx_prep_values(&x, &n, &a, NULL, &err), err);
    rx_prep_percentiles(got, l.percentile, l.n, x, n);
    /* between landmarks the map is linear, but a percentile may lie between two voxels on either
     * side of a landmark */
    for (size_t i = 0; i < l.n; i++) { CHECK_NEAR(got[i], l.standard[i], 0, 0.2); }
    for (size_t i = 0; i < voxels(&a); i++) {
        CHECK_NEAR(a.voxels[i], b.voxels[i], 0, 1e-9);
        for (size_t j = i + 1; j < i + 20 && j < voxels(&a); j++) {
            if (first.voxels[i] < first.voxels[j]) { assert_true(a.voxels[i] <= a.voxels[j]); }
        }
    }
    free(x);
    rx_volume_free(&a);
    rx_volume_free(&b);
    rx_volume_free(&first);
}

/* One training image: its own landmarks are the standard, so it only changes its scale. */
static void an_image_matched_to_itself_is_a_line(void **state)
{
    (void)state;
    rx_landmarks l;
    rx_landmarks_default(&l);
    rx_volume v = skewed(5, 80, 7), before = copy_of(&v);
    CHECK_OK(rx_landmarks_learn(&l, &v, NULL, &err), err);
    CHECK_OK(rx_normalise_histogram(&v, NULL, &l, &err), err);
    double slope = (v.voxels[9] - v.voxels[3]) / (before.voxels[9] - before.voxels[3]);
    for (size_t i = 0; i < voxels(&v); i++) {
        CHECK_NEAR(v.voxels[i] - v.voxels[3], slope * (before.voxels[i] - before.voxels[3]), 1e-9, 1e-9);
    }
    rx_volume_free(&v);
    rx_volume_free(&before);
}

/* Half of the image is background 0: several landmarks fall together. */
static void equal_landmarks_are_one(void **state)
{
    (void)state;
    rx_landmarks l;
    rx_landmarks_default(&l);
    rx_volume v = skewed(6, 100, 1);
    CHECK_OK(rx_landmarks_learn(&l, &v, NULL, &err), err);
    for (size_t i = 0; i < voxels(&v); i += 2) { v.voxels[i] = 0; }
    CHECK_OK(rx_normalise_histogram(&v, NULL, &l, &err), err);
    double mean = 0;                               /* landmarks 1, 10, ..., 40 are all 0 */
    for (size_t i = 0; i < 5; i++) { mean += l.standard[i] / 5; }
    CHECK_NEAR(v.voxels[0], mean, 1e-9, 0);
    for (size_t i = 1; i < voxels(&v); i += 2) { assert_true(isfinite(v.voxels[i]) && v.voxels[i] >= mean); }
    rx_volume_free(&v);
}

static void thresholds_narrow_the_region_on_the_image_as_it_was(void **state)
{
    (void)state;
    rx_volume v = new_volume(10, 1, 1);
    rx_region r = new_region(&v);
    for (size_t i = 0; i < 10; i++) {
        v.voxels[i] = (double)i * 100 - 500;
        r.voxels[i] = i > 1;
    }
    rx_prepare p;
    rx_prepare_default(&p);
    assert_true(rx_prepare_is_none(&p));
    p.threshold = true;
    p.threshold_hu[0] = -200;
    p.threshold_hu[1] = 200;
    p.normalise = RX_NORMALISE_Z;
    p.normalise_of = RX_OF_REGION;
    assert_false(rx_prepare_is_none(&p));
    CHECK_OK(rx_prepare_apply(&v, &r, &p, &err), err);
    for (size_t i = 0; i < 10; i++) { assert_int_equal(r.voxels[i], i >= 3 && i <= 7); }
    CHECK_NEAR(v.voxels[5], 0, 0, 1e-15);          /* mean of -200 .. 200 */
    p.normalise = RX_NORMALISE_NONE;
    p.threshold_hu[0] = p.threshold_hu[1] = 77;
    assert_int_equal(rx_prepare_apply(&v, &r, &p, &err), RX_EEMPTY);
    assert_non_null(strstr(err.msg, "between 77 and 77"));
    rx_volume_free(&v);
    rx_region_free(&r);
}

/* Half of the image is dark: the statistics are those of the bright half. */
static void the_foreground_is_what_lies_above_the_mean(void **state)
{
    (void)state;
    rx_volume v = skewed(8, 10, 100);
    rx_region r = new_region(&v);
    rx_prepare p;
    rx_prepare_default(&p);
    p.normalise = RX_NORMALISE_Z;
    p.normalise_of = RX_OF_FOREGROUND;
    for (size_t i = 0; i < voxels(&v); i += 2) { v.voxels[i] = 1; }
    CHECK_OK(rx_prepare_apply(&v, &r, &p, &err), err);
    double sum = 0, n = 0;
    for (size_t i = 1; i < voxels(&v); i += 2, n++) { sum += v.voxels[i]; }
    CHECK_NEAR(sum / n, 0, 0, 1e-12);
    assert_true(v.voxels[0] < -20);
    rx_region bright;
    for (size_t i = 0; i < voxels(&v); i++) { v.voxels[i] = 3; }
    assert_int_equal(rx_foreground(&bright, &v, &err), RX_EEMPTY);
    assert_null(bright.voxels);
    rx_volume_free(&v);
    rx_region_free(&r);
}

static void what_cannot_be_normalised_is_told(void **state)
{
    (void)state;
    static const double one[2] = { 0, 1 }, back[2] = { 60, 40 };
    rx_volume v = new_volume(4, 4, 4), other = new_volume(4, 4, 5);
    rx_region wrong = new_region(&other), none = new_region(&v);
    rx_landmarks l;
    rx_landmarks_default(&l);
    assert_int_equal(rx_normalise_z(&v, NULL, 1, &err), RX_EINVAL);         /* constant */
    assert_int_equal(rx_normalise_percentile(&v, NULL, one, one, false, &err), RX_EINVAL);
    assert_int_equal(rx_normalise_percentile(&v, NULL, back, one, false, &err), RX_EINVAL);
    assert_int_equal(rx_landmarks_learn(&l, &v, NULL, &err), RX_EINVAL);
    assert_int_equal(l.images, 0);
    assert_int_equal(rx_normalise_histogram(&v, NULL, &l, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "not learned"));
    assert_int_equal(rx_normalise_z(&v, &wrong, 1, &err), RX_EGRID);
    assert_int_equal(rx_normalise_z(&v, &none, 1, &err), RX_EEMPTY);
    v.voxels[21] = NAN;
    assert_int_equal(rx_normalise_z(&v, NULL, 1, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "(1, 1, 1)"));
    rx_volume_free(&v);
    rx_volume_free(&other);
    rx_region_free(&wrong);
    rx_region_free(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
        cmocka_unit_test(ranks_of_values_that_defy_the_pivot),
        cmocka_unit_test(z_score_has_mean_0_and_sd_1_where_it_was_taken),
        cmocka_unit_test(percentiles_come_to_lie_where_they_are_asked_to),
        cmocka_unit_test(histogram_matching_undoes_scale_and_shift),
        cmocka_unit_test(an_image_matched_to_itself_is_a_line),
        cmocka_unit_test(equal_landmarks_are_one),
        cmocka_unit_test(thresholds_narrow_the_region_on_the_image_as_it_was),
        cmocka_unit_test(the_foreground_is_what_lies_above_the_mean),
        cmocka_unit_test(what_cannot_be_normalised_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
