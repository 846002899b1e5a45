/* test_mahalanobis.c - correlation and distance, from first principles. */
#include <check.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <survival/dist.h>
#include <survival/mahalanobis.h>
#include <survival/quantile.h>
#include <survival/rng.h>

enum { MAX_N = 4000, MAX_P = 4 };
static double x[MAX_N * MAX_P], z[MAX_N * MAX_P], distance[MAX_N], other[MAX_N];

/* Normal columns, mixed so that they correlate: x = mix * normals + shift. */
static void normal_sample(double *out, size_t n, size_t p, const double *mix, uint64_t seed)
{
    sv_rng rng = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < n; i++) {
        double g[MAX_P];
        for (size_t j = 0; j < p; j++) { g[j] = sv_normal_quantile(sv_rng_uniform(&rng)); }
        for (size_t j = 0; j < p; j++) {
            out[i * p + j] = 10.0 * (double)j;
            for (size_t k = 0; k < p; k++) { out[i * p + j] += mix[j * MAX_P + k] * g[k]; }
        }
    }
}

/* As the training does it: standardise, correlate, factor, measure each row. */
static void distances(double *out, const double *values, size_t n, size_t p)
{
    double r[MAX_P * MAX_P], l[MAX_P * MAX_P], work[MAX_P];
    for (size_t j = 0; j < p; j++) {
        static double column[MAX_N];
        for (size_t i = 0; i < n; i++) { column[i] = values[i * p + j]; }
        double mean = sv_mean(column, n), sd = sv_sd(column, n);
        for (size_t i = 0; i < n; i++) { z[i * p + j] = (column[i] - mean) / sd; }
    }
    const sv_matrix m = sv_matrix_rowmajor(z, n, p);
    sv_error err = { 0 };
    CHECK_OK(sv_correlation(r, &m, &err), err);
    CHECK_OK(sv_metric_factor(l, r, p, NULL, &err), err);
    for (size_t i = 0; i < n; i++) { out[i] = sv_mahalanobis(l, z + i * p, p, work); }
}

static const double mixed[16] = { 1, 0, 0, 0, .8, .6, 0, 0, -.3, .5, .7, 0, .2, -.4, .1, 2 };

static void test_mahalanobis__two_columns_by_hand(void **state)
{
    (void)state;
    const double r[4] = { 1, .6, .6, 1 }, v[2] = { 1, -1 };
    double l[4], work[2];
    sv_error err = { 0 };
    CHECK_OK(sv_metric_factor(l, r, 2, NULL, &err), err);
    CHECK_NEAR(l[2], .6, 1e-15, 0);
    CHECK_NEAR(l[3], .8, 1e-15, 0);
    /* (z1^2 - 2 r z1 z2 + z2^2) / (1 - r^2) = (1 + 1.2 + 1) / 0.64 */
    CHECK_NEAR(sv_mahalanobis(l, v, 2, work), sqrt(5), 1e-15, 0);
    const double along[2] = { 1, 1 };            /* with the correlation it is less far */
    CHECK_NEAR(sv_mahalanobis(l, along, 2, work), sqrt(.8 / .64), 1e-15, 0);
    const double none[2] = { 1, NAN };
    assert_true(isnan(sv_mahalanobis(l, none, 2, work)));
}

/* trace(C^-1 C (n-1)) = p (n-1): an identity, not an approximation. */
static void test_mahalanobis__squares_add_up_to_p_times_n_minus_1(void **state)
{
    (void)state;
    for (size_t p = 1; p <= MAX_P; p++) {
        size_t n = 57;
        double sum = 0;
        normal_sample(x, n, p, mixed, 7 + p);
        distances(distance, x, n, p);
        for (size_t i = 0; i < n; i++) { sum += distance[i] * distance[i]; }
        CHECK_NEAR(sum, (double)(p * (n - 1)), 1e-12, 0);
    }
}

static void test_mahalanobis__does_not_change_under_affine_maps(void **state)
{
    (void)state;
    const size_t n = 200, p = 3;
    const double map[9] = { 2, -1, 0, .5, 3, 1e3, 1e-4, 0, 1 };
    static double moved[200 * 3];
    normal_sample(x, n, p, mixed, 3);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++) {
            moved[i * p + j] = 1e4 * (double)(j + 1);
            for (size_t k = 0; k < p; k++) { moved[i * p + j] += map[j * p + k] * x[i * p + k]; }
        }
    }
    distances(distance, x, n, p);
    distances(other, moved, n, p);
    for (size_t i = 0; i < n; i++) { CHECK_NEAR(other[i], distance[i], 1e-6, 0); }
}

static int ascending(const void *a, const void *b)
{
    double u = *(const double *)a, v = *(const double *)b;
    return u < v ? -1 : u > v;
}

/* D^2 of normal data is chi-square with p degrees of freedom (mean and covariance estimated from
 * 4000 rows): Kolmogorov's distance below its 1 % point 1.63 / sqrt(n). */
static void test_mahalanobis__of_normal_data_is_chi_square(void **state)
{
    (void)state;
    for (size_t p = 1; p <= MAX_P; p++) {
        const size_t n = MAX_N;
        double ks = 0;
        normal_sample(x, n, p, mixed, 100 + p);
        distances(distance, x, n, p);
        qsort(distance, n, sizeof *distance, ascending);
        for (size_t i = 0; i < n; i++) {
            double cdf = 1 - sv_chisq_upper(distance[i] * distance[i], (int)p);
            ks = fmax(ks, fmax(fabs(cdf - (double)i / (double)n), fabs(cdf - (double)(i + 1) / (double)n)));
        }
        if (ks * sqrt((double)n) > 1.63) { fail_msg("p = %zu: distance %g", p, ks * sqrt((double)n)); }
        /* and with another number of degrees it is not */
        double wrong = 0;
        for (size_t i = 0; i < n; i++) {
            double cdf = 1 - sv_chisq_upper(distance[i] * distance[i], (int)p + 1);
            wrong = fmax(wrong, fabs(cdf - (double)i / (double)n));
        }
        assert_true(wrong * sqrt((double)n) > 1.63);
    }
}

static void test_correlation__of_plain_columns(void **state)
{
    (void)state;
    const double v[12] = { 1, 2, -1, 2, 4, -3, 3, 6, 0, 4, 8, -2 };   /* second = 2 * first */
    const sv_matrix m = sv_matrix_rowmajor(v, 4, 3);
    double r[9];
    sv_error err = { 0 };
    CHECK_OK(sv_correlation(r, &m, &err), err);
    CHECK_NEAR(r[1], 1, 1e-15, 0);
    assert_true(r[0] == 1 && r[4] == 1 && r[8] == 1 && r[1] == r[3] && r[5] == r[7]);
    /* sum (x - 2.5)(y + 1.5) = 0, so the third column is uncorrelated with the first */
    CHECK_NEAR(r[2], 0, 0, 1e-15);
    /* neither huge nor tiny units make a difference */
    double scaled[12];
    for (size_t i = 0; i < 12; i++) { scaled[i] = v[i] * (i % 3 == 0 ? 1e200 : 1e-200); }
    const sv_matrix extreme = sv_matrix_rowmajor(scaled, 4, 3);
    CHECK_OK(sv_correlation(r, &extreme, &err), err);
    CHECK_NEAR(r[1], 1, 1e-15, 0);
}

static void test_metric__collinear_column_is_named_with_its_partners(void **state)
{
    (void)state;
    const size_t n = 60, p = 4;
    normal_sample(x, n, p, mixed, 11);
    for (size_t i = 0; i < n; i++) {             /* column 3 = column 0 - 2 column 2 */
        x[i * p + 3] = x[i * p] - 2 * x[i * p + 2];
    }
    const sv_matrix m = sv_matrix_rowmajor(x, n, p);
    double r[16], l[16], weight[3], sd[4], column[60];
    size_t which = 0;
    sv_error err = { 0 };
    CHECK_OK(sv_correlation(r, &m, &err), err);
    assert_int_equal(sv_metric_factor(l, r, p, &which, &err), SV_ENUMERIC);
    assert_int_equal(which, 3);
    assert_true(isnan(l[0]));
    for (size_t j = 0; j < p; j++) {
        for (size_t i = 0; i < n; i++) { column[i] = x[i * p + j]; }
        sd[j] = sv_sd(column, n);
    }
    CHECK_OK(sv_metric_explain(weight, r, p, 3, &err), err);
    CHECK_NEAR(weight[0], sd[0] / sd[3], 1e-9, 0);
    CHECK_NEAR(weight[1], 0, 0, 1e-9);
    CHECK_NEAR(weight[2], -2 * sd[2] / sd[3], 1e-9, 0);
    /* Nearly so is not so: one part in a thousand of its own is enough. */
    sv_rng rng = sv_rng_stream(5, 5);
    for (size_t i = 0; i < n; i++) {
        x[i * p + 3] += 1e-3 * sd[3] * sv_normal_quantile(sv_rng_uniform(&rng));
    }
    CHECK_OK(sv_correlation(r, &m, &err), err);
    CHECK_OK(sv_metric_factor(l, r, p, &which, &err), err);
    assert_int_equal(which, p);
}

static void test_metric__bad_input_is_refused(void **state)
{
    (void)state;
    const double constant[6] = { 1, 5, 2, 5, 3, 5 }, hole[4] = { 1, NAN, 2, 3 };
    double r[4], l[4], weight[1];
    sv_error err = { 0 };
    const sv_matrix c = sv_matrix_rowmajor(constant, 3, 2), h = sv_matrix_rowmajor(hole, 2, 2),
                    one = sv_matrix_rowmajor(constant, 1, 2), none = sv_matrix_rowmajor(constant, 3, 0),
                    wide = sv_matrix_rowmajor(constant, 1, SV_MAX_METRIC_COLS + 1);
    assert_int_equal(sv_correlation(r, &c, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "column 1 is 5"));
    assert_true(isnan(r[1]));
    assert_int_equal(sv_correlation(r, &h, &err), SV_EDATA);
    assert_int_equal(sv_correlation(r, &one, &err), SV_ETOOSMALL);
    assert_int_equal(sv_correlation(r, &none, &err), SV_EINVAL);
    assert_int_equal(sv_correlation(r, &wide, &err), SV_ELIMIT);
    const double lopsided[4] = { 1, .5, .4, 1 }, big[4] = { 1, 1.5, 1.5, 1 }, scaled[4] = { 2, 0, 0, 1 };
    const double unknown[4] = { 1, NAN, NAN, 1 };
    assert_int_equal(sv_metric_factor(l, lopsided, 2, NULL, &err), SV_EINVAL);
    assert_int_equal(sv_metric_factor(l, big, 2, NULL, &err), SV_EINVAL);
    assert_int_equal(sv_metric_factor(l, scaled, 2, NULL, &err), SV_EINVAL);
    assert_int_equal(sv_metric_factor(l, unknown, 2, NULL, &err), SV_EINVAL);
    /* every pair is possible, the three together are not: no correlation matrix */
    const double impossible[9] = { 1, .9, .9, .9, 1, -.9, .9, -.9, 1 };
    double l3[9];
    assert_int_equal(sv_metric_factor(l3, impossible, 3, NULL, &err), SV_ENUMERIC);
    assert_int_equal(sv_metric_explain(weight, big, 2, 0, &err), SV_EINVAL);
    assert_int_equal(sv_metric_explain(weight, big, 2, 2, &err), SV_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mahalanobis__two_columns_by_hand),
        cmocka_unit_test(test_mahalanobis__squares_add_up_to_p_times_n_minus_1),
        cmocka_unit_test(test_mahalanobis__does_not_change_under_affine_maps),
        cmocka_unit_test(test_mahalanobis__of_normal_data_is_chi_square),
        cmocka_unit_test(test_correlation__of_plain_columns),
        cmocka_unit_test(test_metric__collinear_column_is_named_with_its_partners),
        cmocka_unit_test(test_metric__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
