/* test_quantile.c - means, spreads and type-7 quantiles; values from R's mean, sd and quantile. */
#include <check.h>

#include <survival/quantile.h>

static void test_quantile__type_7(void **state)
{
    (void)state;
    const double x[] = { 7, 1, 3, 10, 4 };            /* sorted 1 3 4 7 10 */
    const double prob[] = { 0, 0.1, 0.25, 0.5, 0.9, 1 };
    const double want[] = { 1, 1.8, 3, 4, 8.8, 10 };  /* quantile(c(7, 1, 3, 10, 4), prob) */
    double got[6];
    sv_error err;
    CHECK_OK(sv_quantile(got, x, 5, prob, 6, &err), err);
    for (size_t i = 0; i < 6; i++) { CHECK_NEAR(got[i], want[i], 1e-14, 0); }
    CHECK_NEAR(sv_quantile_sorted(x, 1, 0.3), 7, 0, 0);
    assert_true(isnan(sv_quantile_sorted(x, 0, 0.3)) && isnan(sv_quantile_sorted(x, 1, 1.1)));
}

static void test_quantile__mean_and_sd_survive_a_large_offset(void **state)
{
    (void)state;
    const double x[] = { 1e9 + 1, 1e9 + 2, 1e9 + 4 };
    CHECK_NEAR(sv_mean(x, 3) - 1e9, 7.0 / 3, 1e-7, 0);
    CHECK_NEAR(sv_sd(x, 3), sqrt(7.0 / 3), 1e-7, 0);
    const double y[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
    CHECK_NEAR(sv_mean(y, 8), 5, 1e-15, 0);
    CHECK_NEAR(sv_sd(y, 8), sqrt(32.0 / 7), 1e-15, 0);
    assert_true(isnan(sv_mean(y, 0)) && isnan(sv_sd(y, 1)));
}

static void test_quantile__bad_input_is_refused(void **state)
{
    (void)state;
    const double x[] = { 1, (double)NAN }, half = 0.5, percent = 50;
    double got = 3;
    sv_error err;
    assert_int_equal(sv_quantile(&got, x, 2, &half, 1, &err), SV_EDATA);
    assert_string_equal(err.msg, "value 1 is nan, expected a finite number");
    assert_true(isnan(got));
    assert_int_equal(sv_quantile(&got, x, 1, &percent, 1, &err), SV_EINVAL);
    assert_int_equal(sv_quantile(&got, x, 0, &half, 1, &err), SV_ETOOSMALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantile__type_7),
        cmocka_unit_test(test_quantile__mean_and_sd_survive_a_large_offset),
        cmocka_unit_test(test_quantile__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
